/*
 * `sources` and `notify` of the binding: which kind each is, and its settings, into the plan.
 */
#include "base/suggest.h"
#include "base/sv.h"
#include "net/listen.h"
#include "plan/make_int.h"
#include "plan/settings.h"
#include "rule/env.h"

/* The first word of a source's name in rules, and the kinds of source that give what it stands for. */
static const struct {
    struct sv prefix, kind, other;
} source_prefixes[] = {
    {SV("alertmanager"), SV("alertmanager"), SV("")},
    {SV("audit"), SV("audit"), SV("")},
    {SV("cgroup"), SV("cgroup"), SV("")},
    {SV("cmd"), SV("command"), SV("")},
    {SV("disk"), SV("disk"), SV("")},
    {SV("events"), SV("event"), SV("")},
    {SV("file"), SV("file"), SV("")},
    {SV("http"), SV("http"), SV("")},
    {SV("log"), SV("log"), SV("journal")},
    {SV("logpatterns"), SV("patterns"), SV("")},
    {SV("proc"), SV("process"), SV("")},
    {SV("prom"), SV("prom"), SV("")},
    {SV("scrape"), SV("scrape"), SV("")},
    {SV("snapshot"), SV("snapshot"), SV("")},
    {SV("sql"), SV("sql"), SV("")},
    {SV("tcp"), SV("tcp"), SV("")},
    {SV("tickets"), SV("tickets"), SV("")},
    {SV("tls"), SV("tls"), SV("")},
};

#define MAKE_ALERTS SV("alertmanager.alerts")

static enum err_code make_entry_bad(struct make *m, const struct yaml_node *n, const char *what)
{
    return err_set(m->err, ERR_INVALID, "%s:%zu: '%.*s' %s", m->b->path, n->line, SV_FMT(n->key),
                   what);
}

static struct sv make_entry_text(const struct yaml_node *n, const char *key)
{
    const struct yaml_node *v = yaml_get(n, key);

    return v && v->kind == YAML_SCALAR ? v->text : (struct sv){NULL, 0};
}

/* "log.app": the kind of source that it is, unless `kind` says which of two. */
static enum err_code make_source_kind(struct make *m, const struct yaml_node *n, struct sv *ret)
{
    size_t dot = sv_find_byte(n->key, '.', 0);
    struct sv prefix = sv_sub(n->key, 0, dot), said = make_entry_text(n, "kind");
    struct suggest near = suggest_begin(prefix);

    if (sv_eq(prefix, SV("alertmanager")) && !sv_eq(n->key, MAKE_ALERTS))
        return make_entry_bad(m, n, "is not alertmanager.alerts, which is all that can be told");
    if (dot == SV_NPOS || dot + 1 == n->key.n || sv_find_byte(n->key, '.', dot + 1) != SV_NPOS)
        return make_entry_bad(m, n, "is not of the form log.NAME");
    for (size_t i = 0; i < ARRAY_LEN(source_prefixes); i++) {
        suggest_offer(&near, source_prefixes[i].prefix);
        if (!sv_eq(prefix, source_prefixes[i].prefix))
            continue;
        *ret = said.n ? said : source_prefixes[i].kind;
        return sv_eq(*ret, source_prefixes[i].kind) || sv_eq(*ret, source_prefixes[i].other)
                   ? ERR_OK
                   : make_entry_bad(m, n, "has a kind that gives something else");
    }
    (void)make_entry_bad(m, n, "is of no kind of source");
    return near.best.p ? err_hint(m->err, "did you mean '%.*s'?", SV_FMT(near.best)) : ERR_INVALID;
}

/* One entry: {kind, unit, settings}. */
static enum err_code make_entry(struct make *m, const struct yaml_node *n, struct sv kind,
                                const char *const *taken, json_t *into)
{
    CLEANUP(mem_freep) char *name = xstrdup_sv(n->key);
    json_t *settings = NULL, *entry;

    if (settings_make(m->b, n, taken, &settings, m->err) != ERR_OK)
        return m->err->code;
    entry = json_object();
    json_put_sv(entry, "kind", kind);
    if (!json_object_get(settings, "unit")) /* one of its own */
        json_put_sv(entry, "unit", make_entry_text(n, "unit"));
    json_put(entry, "settings", settings);
    json_put(into, name, entry);
    return ERR_OK;
}

/* Not that of a value, but one of systemd, whose journal is read. */
static bool make_has_unit_of_systemd(struct sv kind)
{
    return sv_eq(kind, SV("journal")) || sv_eq(kind, SV("patterns"));
}

static enum err_code make_source(struct make *m, const struct yaml_node *n, json_t *into)
{
    static const char *const taken[] = {"kind", "unit", NULL}, *const journal[] = {"kind", NULL};
    struct dim_type type;
    struct sv kind = {NULL, 0};
    double factor;
    bool is_journal;

    if (n->kind != YAML_MAP)
        return make_entry_bad(m, n, "must be a map of settings");
    if (make_source_kind(m, n, &kind) != ERR_OK)
        return m->err->code;
    is_journal = make_has_unit_of_systemd(kind);
    if (!is_journal && yaml_get(n, "unit") &&
        !rule_unit_parse(make_entry_text(n, "unit"), &type, &factor)) {
        (void)make_entry_bad(m, n, "has a unit that is not known: s, ms, B, MiB, percent, ...");
        return sv_eq(kind, SV("log")) ? err_hint(m->err, "of the journal of systemd: kind: journal")
                                      : m->err->code;
    }
    return make_entry(m, n, kind, is_journal ? journal : taken, into);
}

enum err_code make_bound_sources(struct make *m, json_t *watch)
{
    json_t *sources;

    if (!m->b->sources)
        return ERR_OK;
    sources = json_object();
    json_put(watch, "sources", sources);
    for (size_t i = 0; i < m->b->sources->n_items; i++)
        if (make_source(m, &m->b->sources->items[i], sources) != ERR_OK)
            return m->err->code;
    return ERR_OK;
}

static const struct yaml_node *make_alerts(const struct make *m)
{
    for (size_t i = 0; m->b->sources && i < m->b->sources->n_items; i++)
        if (sv_eq(m->b->sources->items[i].key, MAKE_ALERTS))
            return &m->b->sources->items[i];
    return NULL;
}

enum err_code make_listen(struct make *m, json_t *watch)
{
    const struct yaml_node *alerts = make_alerts(m);
    struct listen_address a;

    if (!m->b->listen.n)
        return alerts
                   ? make_entry_bad(m, alerts, "is told by others: watch: {listen: ADDRESS:PORT}")
                   : ERR_OK;
    if (!listen_read(m->b->listen, &a))
        return err_set(m->err, ERR_INVALID,
                       "%s: watch: 'listen' is '%.*s', which is no ADDRESS:PORT", m->b->path,
                       SV_FMT(m->b->listen));
    if (alerts && !a.loopback && !make_entry_text(alerts, "token").n)
        return make_entry_bad(m, alerts, "needs a token: others can reach the address");
    json_put_sv(watch, "listen", m->b->listen);
    return ERR_OK;
}

void make_source_rules(const struct make *m, json_t *rules)
{
    const struct yaml_node *alerts = make_alerts(m);
    static const struct sv text = SV("investigate when alertmanager.alerts.truncated > 0");
    json_t *rule;

    if (!alerts)
        return;
    rule = make_rule(SV("alertmanager-truncated"), text, text, alerts->line, NULL);
    json_put_str(rule, "file", m->b->path);
    json_append(rules, rule);
}

enum err_code make_notify(struct make *m)
{
    static const char *const taken[] = {"kind", NULL};
    json_t *notify;

    if (!m->b->notify)
        return ERR_OK;
    notify = json_object();
    json_put(m->root, "notify", notify);
    for (size_t i = 0; i < m->b->notify->n_items; i++) {
        const struct yaml_node *n = &m->b->notify->items[i];
        struct sv kind = make_entry_text(n, "kind");

        if (n->kind != YAML_MAP || !kind.n)
            return make_entry_bad(m, n, "needs a kind: webhook, slack, email, alertmanager, ...");
        if (make_entry(m, n, kind, taken, notify) != ERR_OK)
            return m->err->code;
    }
    return ERR_OK;
}
