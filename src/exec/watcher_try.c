#include "exec/watcher_try.h"

#include "base/clock.h"
#include "base/pool.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "exec/run_event.h"
#include "exec/watcher_int.h"
#include "rule/env.h"

#define TRY_EVENTS_US (30LL * 86400 * 1000000)

struct try_one {
    struct watcher_feed *feed;
    uint64_t began_ns;
    int64_t took_us;
    enum err_code rc;
    size_t *left;
};

static void try_on_report(struct source *s, void *data, enum err_code rc)
{
    struct try_one *t = data;

    assert(s == t->feed->source);
    t->rc = rc;
    t->took_us = (int64_t)((clock_mono_ns() - t->began_ns) / 1000);
    (*t->left)--;
}

/* --- what rules ask for, and no target gives --- */

struct try_missing {
    struct watcher *w;
    const struct plan_checked *rule;
    watcher_try_fn *fn;
    void *arg;
    VEC(struct sv) told;
};

/* A histogram is a family of such names. */
static bool try_is_of(struct sv given, struct sv asked)
{
    static const struct sv ends[] = {SV(""), SV("_bucket"), SV("_count"), SV("_sum"), SV("_total")};
    struct sv end = sv_sub(given, asked.n, given.n);

    for (size_t i = 0; sv_starts(given, asked) && i < ARRAY_LEN(ends); i++)
        if (sv_eq(end, ends[i]))
            return true;
    return false;
}

/* False: no target answered, and nothing can be told; or it is there. */
static bool try_lacks(const struct watcher *w, struct sv name, struct suggest *near)
{
    bool answered = false;

    for (size_t i = 0; i < w->feeds.n; i++) {
        const struct sample_list *l = &w->feeds.v[i].source->samples;

        if (w->feeds.v[i].take != take_scrape)
            continue;
        answered |= l->v.n > 0;
        for (size_t k = 0; k < l->v.n; k++) {
            if (try_is_of(l->v.v[k].name, name))
                return false;
            suggest_offer(near, l->v.v[k].name);
        }
    }
    return answered;
}

static void try_see_name(void *ctx, const struct expr *e, bool rows)
{
    struct try_missing *m = ctx;
    struct suggest near = suggest_begin(e->text);
    struct watcher_tried t = {.name = e->text, .kind = SV("metric"), .rc = ERR_NOT_FOUND};
    struct sv file = json_get_sv(m->rule->of, "file"), alias;
    struct err err;
    bool is_prefix;

    (void)rule_member_find(e->parts, e->n_parts, &is_prefix);
    for (size_t i = 0; i < m->told.n; i++)
        if (sv_eq(m->told.v[i], e->text))
            return;
    if (rows || is_prefix || rule_builtin_find(e) != BUILTIN__N || !try_lacks(m->w, e->text, &near))
        return;
    alias = rule_env_nearest_alias(m->w->rules.env, e->text);
    if (alias.p)
        suggest_offer(&near, alias);
    *vec_add(&m->told) = e->text;
    t.rc = err_set(&err, ERR_NOT_FOUND,
                   "no target gives it, and it is asked for by %.*s (%.*s%sline %lld)",
                   SV_FMT(json_get_sv(m->rule->of, "source")), SV_FMT(file), file.n ? " " : "",
                   (long long)json_get_int(m->rule->of, "line", 0));
    t.rc = near.best.p ? err_hint(&err, "did you mean '%.*s'?", SV_FMT(near.best))
                       : err_hint(&err, "a counter may come with the first event");
    t.err = &err;
    m->fn(m->arg, &t);
}

static void try_missing(struct watcher *w, watcher_try_fn *fn, void *arg)
{
    struct try_missing m = {.w = w, .fn = fn, .arg = arg};

    for (size_t i = 0; i < w->rules.list.n; i++) {
        m.rule = &w->rules.list.v[i];
        rule_each_name(m.rule->rule, try_see_name, &m);
    }
    vec_release(&m.told);
}

static void try_all(struct watcher *w, watcher_try_fn *fn, void *arg)
{
    struct try_one *all = XNEWN(struct try_one, w->feeds.n + 1);
    size_t left = w->feeds.n;
    int64_t now_us = clock_now_us();

    for (size_t i = 0; i < w->feeds.n; i++) {
        struct source_poll poll = {.at_us = now_us, .done = try_on_report, .data = &all[i]};

        all[i] =
            (struct try_one){.feed = &w->feeds.v[i], .began_ns = clock_mono_ns(), .left = &left};
        source_poll(w->feeds.v[i].source, &poll);
    }
    while (left > 0)
        (void)uv_run(w->cfg.loop, UV_RUN_ONCE);
    for (size_t i = 0; i < w->feeds.n; i++) {
        const struct source *s = all[i].feed->source;
        struct watcher_tried t = {.name = all[i].feed->name,
                                  .kind = sv_from(s->ops->kind),
                                  .env = w->rules.env,
                                  .rc = all[i].rc,
                                  .err = &s->err,
                                  .samples = &s->samples,
                                  .took_us = all[i].took_us};

        fn(arg, &t);
    }
    try_missing(w, fn, arg);
    free(all);
}

/* --- how rules ask for it --- */

static bool try_is_plain(struct sv part)
{
    for (size_t i = 0; i < part.n; i++)
        if (!ascii_is_word(part.p[i]) &&
            (part.p[i] != '-' || i == 0 || i + 1 == part.n || part.p[i + 1] == '-'))
            return false;
    return part.n && !ascii_is_digit(part.p[0]) && !rule_word_is_reserved(part);
}

static void try_add_part(struct strbuf *b, struct sv part)
{
    if (b->n)
        strbuf_add_byte(b, '.');
    strbuf_addf(b, try_is_plain(part) ? "%.*s" : "`%.*s`", SV_FMT(part));
}

/* "cmd.queue", "json.checks.0" as a rule writes it; in back quotes is what would not be one name. */
static void try_add_name(struct strbuf *b, struct sv name, bool is_path)
{
    struct sv rest = name, part = {0};

    if (!is_path)
        try_add_part(b, name);
    else
        while (sv_split(&rest, '.', &part))
            try_add_part(b, part);
}

/* It is a name of the rule language, and that one. */
static bool try_reads_as(const struct strbuf *b, struct sv name)
{
    struct arena a = {0};
    struct rule_diag diag;
    struct err err;
    struct expr *e = NULL;
    bool is = rule_parse_expr(&a, strbuf_sv(b), &e, &diag, &err) == ERR_OK &&
              e->kind == EXPR_NAME && sv_eq(e->text, name);

    arena_release(&a);
    return is;
}

/* A member, a probe ("is up"), or the rows that the source itself is. */
static bool try_member(const struct watcher_tried *t, struct sv member, struct strbuf *ret)
{
    CLEANUP(strbuf_release) struct strbuf full = STRBUF(0);
    struct sv rest = t->name, parts[3] = {{0}}, name = member;
    bool is_path = sv_starts(member, SV("json.")) || sv_starts(member, SV("header.")), is_prefix;
    const struct rule_member *row, *self;

    (void)sv_split(&rest, '.', &parts[0]);
    parts[1] = rest;
    parts[2] = member;
    if (is_path)
        (void)sv_split(&name, '.', &parts[2]);
    row = rule_member_find(parts, 3, &is_prefix);
    self = rule_member_find(parts, 2, &is_prefix);
    try_add_name(ret, t->name, true);
    if (sv_is(member, "rows_json"))
        return self && (self->kind == SOURCE_ROWS || self->kind == SOURCE_SET);
    if (sv_is(member, "failures_json")) {
        strbuf_add_str(ret, ".failures");
        return true;
    }
    if (!row && (sv_is(member, "up") || sv_is(member, "alive"))) {
        strbuf_add_str(ret, " is up");
        return self && self->kind == SOURCE_PROBE;
    }
    try_add_name(ret, member, is_path);
    strbuf_addf(&full, "%.*s.%.*s", SV_FMT(t->name), SV_FMT(member));
    return row && try_reads_as(ret, strbuf_sv(&full));
}

bool watcher_tried_rule(const struct watcher_tried *t, const struct sample *s, struct strbuf *ret)
{
    size_t nul = sv_find_byte(s->name, '\0', 0);
    bool is_log = sv_starts(t->name, SV("log.")), is_unit = sv_starts(t->name, SV("unit."));
    struct sv member = is_unit ? unit_member(s->name) : s->name;

    if (is_log && (sv_is(s->name, "records") || sv_is(s->name, "bytes") ||
                   sv_is(s->name, "position") || s->n_labels))
        return false;
    if (is_log) {
        strbuf_addf(ret, "matches(%.*s, ", SV_FMT(t->name));
        rule_print_pattern(sv_sub(s->name, 0, nul), ret);
        if (nul != SV_NPOS) {
            strbuf_add_str(ret, ", not ");
            rule_print_pattern(sv_sub(s->name, nul + 1, s->name.n), ret);
        }
        strbuf_add_byte(ret, ')');
        return true;
    }
    if (sv_eq(t->kind, SV("scrape"))) {
        try_add_name(ret, s->name, false);
        return nul == SV_NPOS && try_reads_as(ret, s->name);
    }
    if (sv_starts(t->name, SV("logpatterns."))) {
        strbuf_addf(ret, "count(%.*s[5m])", SV_FMT(t->name));
        return sv_is(s->name, "patterns");
    }
    if (sv_starts(t->name, SV("tickets.")) || sv_starts(t->name, SV("events."))) {
        strbuf_addf(ret, "%.*s[30d]", SV_FMT(t->name));
        return sv_is(s->name, "new");
    }
    return member.n && try_member(t, member, ret);
}

struct sv watcher_tried_unit(const struct watcher_tried *t, const struct sample *s)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    const struct rule_source *said;
    struct sv base = s->name;

    if (!sv_eq(t->kind, SV("scrape")))
        strbuf_addf(&name, "%.*s.", SV_FMT(t->name));
    else if (!rule_env_source(t->env, base) && sv_ends(base, SV("_sum")))
        base.n -= sizeof("_sum") - 1; /* of a histogram: what its observations are in */
    strbuf_add_sv(&name, base);
    said = rule_env_source(t->env, strbuf_sv(&name));
    return said && said->said.n ? said->said : s->unit;
}

/* --- looking --- */

/* What cannot be judged is another question. */
static void try_ignore(void *arg UNUSED, const json_t *entry UNUSED,
                       const struct rule_finding *f UNUSED)
{
}

static enum err_code try_events(void *arg, struct sv kind, int64_t after_us, watcher_moments *ret,
                                struct err *err)
{
    struct run_events_of *of = arg;

    if (!of->store)
        return ERR_OK;
    of->kind = kind;
    of->after_us = after_us - TRY_EVENTS_US;
    return run_events(of, ret, err);
}

enum err_code watcher_try(const struct plan *p, const struct binding *b, struct store *store,
                          watcher_try_fn *fn, void *arg, struct err *err)
{
    struct run_events_of events = {
        .store = store, .plan = p, .environment = run_events_environment(p)};
    uv_loop_t loop;
    struct watcher *w = XNEW(struct watcher);
    enum err_code rc;

    pool_widen(POOL_LIBUV + watcher_threads(p));
    (void)uv_loop_init(&loop); /* fails only for want of descriptors, which the first use reports */
    w->cfg = (struct watcher_config){.plan = p,
                                     .binding = b,
                                     .loop = &loop,
                                     .http = http_client_new(&loop),
                                     .events = try_events,
                                     .arg = &events};
    w->stopped = true;
    w->interval_ms = p->interval_ms;
    w->samples = samples_new();
    rc = plan_rules_read(p->json, try_ignore, NULL, &w->rules, err);
    if (rc == ERR_OK)
        rc = feeds_open(w, err);
    if (rc == ERR_OK) {
        watcher_ready(w);
        try_all(w, fn, arg);
    }
    http_client_free(w->cfg.http);
    watcher_free(w);
    while (uv_run(&loop, UV_RUN_DEFAULT) != 0)
        ; /* uncovered: what is closing ends in the first turn */
    (void)uv_loop_close(&loop);
    return rc;
}
