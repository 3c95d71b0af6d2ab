/*
 * What a binding says of things: variables, services, databases, hosts.
 */
#include <string.h>

#include "base/limits.h"
#include "base/sv.h"
#include "plan/binding_int.h"
#include "rule/env.h"
#include "runbook/runbook.h"
#include "runbook/yaml.h"

static const struct binding_key binding_variable_keys[] = {
    {"command", binding_text, offsetof(struct binding_variable, command)},
    {"value", binding_text, offsetof(struct binding_variable, value)},
};

enum err_code binding_variables(struct binding_reader *r, const struct yaml_node *n,
                                void *field UNUSED)
{
    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map");
    for (size_t i = 0; i < n->n_items; i++) {
        const struct yaml_node *item = &n->items[i];
        struct binding_variable *v = vec_add(&r->b->variables);

        v->name = item->key;
        v->line = item->line;
        if (item->kind == YAML_SCALAR)
            v->value = item->text;
        else if (binding_map(r, item, binding_variable_keys, ARRAY_LEN(binding_variable_keys), v) !=
                 ERR_OK)
            return r->err->code;
        if (!v->value.n == !v->command.n)
            return binding_bad(r, item, "needs a value, or a command");
    }
    return ERR_OK;
}

/* {is: EXPRESSION, worse: up, unit: ms} */
struct binding_metric {
    struct sv is, worse, unit;
};

static const struct binding_key binding_metric_keys[] = {
    {"is", binding_text, offsetof(struct binding_metric, is)},
    {"worse", binding_text, offsetof(struct binding_metric, worse)},
    {"unit", binding_text, offsetof(struct binding_metric, unit)},
};

enum err_code binding_metrics(struct binding_reader *r, const struct yaml_node *n,
                              void *field UNUSED)
{
    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map of expressions");
    for (size_t i = 0; i < n->n_items; i++) {
        const struct yaml_node *item = &n->items[i];
        struct binding_metric m = {.is = item->text};
        struct dim_type type;
        double factor;

        if (item->kind == YAML_MAP &&
            binding_map(r, item, binding_metric_keys, ARRAY_LEN(binding_metric_keys), &m) != ERR_OK)
            return r->err->code;
        if (!m.is.n || (item->kind != YAML_MAP && item->kind != YAML_SCALAR))
            return binding_bad(r, item,
                               "must be a text, or {is: EXPRESSION, worse: up or down, unit: ms}");
        if (m.worse.n && !sv_is(m.worse, "up") && !sv_is(m.worse, "down"))
            return binding_bad(r, item, "has a 'worse' that is neither up nor down");
        if (m.unit.n && !rule_unit_parse(m.unit, &type, &factor))
            return binding_bad(r, item,
                               "has a unit that is not known: s, ms, B, MiB, percent, ...");
        *vec_add(&r->b->metrics) = (struct binding_pair){item->key, m.is, item->line};
        if (m.worse.n)
            *vec_add(&r->b->worse) = (struct binding_pair){item->key, m.worse, item->line};
        if (m.unit.n)
            *vec_add(&r->b->units) = (struct binding_pair){item->key, m.unit, item->line};
    }
    return ERR_OK;
}

static const struct binding_key binding_version_keys[] = {
    {"url", binding_text, offsetof(struct binding_version, url)},
    {"field", binding_text, offsetof(struct binding_version, field)},
    {"command", binding_text, offsetof(struct binding_version, command)},
    {"newer_than", binding_text, offsetof(struct binding_version, newer_than)},
    {"is", binding_text, offsetof(struct binding_version, is)},
};

static enum err_code binding_version(struct binding_reader *r, const struct yaml_node *n,
                                     void *field)
{
    struct binding_version *v = field;

    v->line = n->line;
    if (binding_map(r, n, binding_version_keys, ARRAY_LEN(binding_version_keys), v) != ERR_OK)
        return r->err->code;
    if (v->url.n && v->command.n)
        return binding_bad(r, n, "needs a url or a command, not both");
    if (!v->url.n && !v->command.n && (v->is.n || v->field.n || !v->newer_than.n))
        return binding_bad(r, n, "needs a url, a command or newer_than");
    if (v->field.n && !v->url.n)
        return binding_bad(r, n, "has a field, which only the answer of a url has");
    return ERR_OK;
}

static const struct binding_key binding_service_keys[] = {
    {"manager", binding_text, offsetof(struct binding_service, manager)},
    {"unit", binding_text, offsetof(struct binding_service, unit)},
    {"socket", binding_text, offsetof(struct binding_service, socket)},
    {"url", binding_text, offsetof(struct binding_service, url)},
    {"project", binding_text, offsetof(struct binding_service, project)},
    {"dir", binding_text, offsetof(struct binding_service, dir)},
    {"command", binding_words, offsetof(struct binding_service, command)},
    {"pid_file", binding_text, offsetof(struct binding_service, pid_file)},
    {"log", binding_text, offsetof(struct binding_service, log)},
    {"workdir", binding_text, offsetof(struct binding_service, workdir)},
    {"start_timeout", binding_duration, offsetof(struct binding_service, start_timeout_ms)},
    {"stop_timeout", binding_duration, offsetof(struct binding_service, stop_timeout_ms)},
    {"stable", binding_duration, offsetof(struct binding_service, stable_ms)},
    {"crashes", binding_count, offsetof(struct binding_service, crashes)},
    {"ready", binding_text, offsetof(struct binding_service, ready)},
    {"version", binding_version, offsetof(struct binding_service, version)},
};

/* The keys that say how a manager finds its service, and which managers have them. */
enum binding_manager_key {
    HAS_UNIT = 1,
    HAS_SOCKET = 2,
    HAS_URL = 4,
    HAS_PROJECT = 8,
    HAS_DIR = 16,
    HAS_COMMAND = 32,
    HAS_PID_FILE = 64,
    HAS_LOG = 128,
    HAS_WORKDIR = 256
};

static const struct binding_manager {
    const char *name;
    unsigned takes, needs;
} binding_managers[] = {
    {"systemd", HAS_UNIT, 0},
    {"systemd-user", HAS_UNIT, 0},
    {"supervisor", HAS_UNIT | HAS_SOCKET | HAS_URL, 0},
    {"runit", HAS_DIR | HAS_LOG, 0},
    {"compose", HAS_UNIT | HAS_SOCKET | HAS_PROJECT, HAS_PROJECT},
    {"process", HAS_COMMAND | HAS_PID_FILE | HAS_LOG | HAS_WORKDIR, HAS_COMMAND | HAS_PID_FILE},
};

static enum err_code binding_check_manager(struct binding_reader *r, const struct yaml_node *n,
                                           const struct binding_service *s)
{
    const struct {
        const char *key;
        unsigned bit;
        bool given;
    } keys[] = {
        {"unit", HAS_UNIT, s->unit.n > 0},
        {"socket", HAS_SOCKET, s->socket.n > 0},
        {"url", HAS_URL, s->url.n > 0},
        {"project", HAS_PROJECT, s->project.n > 0},
        {"dir", HAS_DIR, s->dir.n > 0},
        {"command", HAS_COMMAND, s->n_command > 0},
        {"pid_file", HAS_PID_FILE, s->pid_file.n > 0},
        {"log", HAS_LOG, s->log.n > 0},
        {"workdir", HAS_WORKDIR, s->workdir.n > 0},
    };
    const struct binding_manager *m = NULL;

    for (size_t i = 0; i < ARRAY_LEN(binding_managers); i++)
        if (sv_eq(s->manager, sv_from(binding_managers[i].name)))
            m = &binding_managers[i];
    if (!m)
        return binding_bad(r, n,
                           "needs a manager: systemd, systemd-user, supervisor, runit, "
                           "compose or process");
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (keys[i].given && !(m->takes & keys[i].bit))
            return err_set(r->err, ERR_INVALID,
                           "%s:%zu: '%.*s' has a %s, which manager %s does not take", r->path,
                           n->line, SV_FMT(n->key), keys[i].key, m->name);
        if (!keys[i].given && (m->needs & keys[i].bit))
            return err_set(r->err, ERR_INVALID, "%s:%zu: '%.*s' needs a %s", r->path, n->line,
                           SV_FMT(n->key), keys[i].key);
    }
    if (sv_eq(n->key, SV("*")) && (m->takes & HAS_PID_FILE || s->unit.n || s->dir.n))
        return binding_bad(r, n, "stands for many: it has no name, folder or process of its own");
    return ERR_OK;
}

enum err_code binding_services(struct binding_reader *r, const struct yaml_node *n,
                               void *field UNUSED)
{
    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map of services");
    for (size_t i = 0; i < n->n_items; i++) {
        const struct yaml_node *item = &n->items[i];
        struct binding_service *s = vec_add(&r->b->services);

        *s = (struct binding_service){.name = item->key,
                                      .line = item->line,
                                      .start_timeout_ms = 30000,
                                      .stop_timeout_ms = 30000,
                                      .stable_ms = 2000};
        if (binding_map(r, item, binding_service_keys, ARRAY_LEN(binding_service_keys), s) !=
                ERR_OK ||
            binding_check_manager(r, item, s) != ERR_OK)
            return r->err->code;
    }
    return ERR_OK;
}

static const struct binding_key binding_database_keys[] = {
    {"url", binding_text, offsetof(struct binding_database, url)},
};

static bool binding_is_address(struct sv url)
{
    return sv_starts(url, SV("sqlite:")) || sv_starts(url, SV("postgresql:")) ||
           sv_starts(url, SV("postgres:")) || sv_starts(url, SV("postgresql+")) ||
           sv_starts(url, SV("$"));
}

/* "postgres://app:hunter2@db/app" */
bool binding_has_password(struct sv value)
{
    size_t scheme = sv_find(value, SV("://"), 0), at, colon;

    if (scheme == SV_NPOS)
        return false;
    value = sv_sub(value, scheme + 3, value.n);
    value = sv_sub(value, 0, sv_find_byte(value, '/', 0));
    at = sv_find_byte(value, '@', 0);
    colon = sv_find_byte(value, ':', 0);
    return at != SV_NPOS && colon < at;
}

enum err_code binding_databases(struct binding_reader *r, const struct yaml_node *n,
                                void *field UNUSED)
{
    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map of databases");
    for (size_t i = 0; i < n->n_items; i++) {
        const struct yaml_node *item = &n->items[i];
        struct binding_database *d = vec_add(&r->b->databases);

        *d = (struct binding_database){.name = item->key, .line = item->line};
        if (binding_map(r, item, binding_database_keys, ARRAY_LEN(binding_database_keys), d) !=
            ERR_OK)
            return r->err->code;
        if (!binding_is_address(d->url))
            return binding_bad(r, item,
                               "needs 'url: sqlite:PATH', 'url: postgresql://...' or 'url: $NAME'");
        if (binding_has_password(d->url) && !sv_has(d->url, SV(":$"))) {
            (void)binding_bad(r, item,
                              "has a password in its address, which would be written down");
            return err_hint(r->err, "put it into an env file, and ${NAME} into the address");
        }
    }
    return ERR_OK;
}

static enum err_code binding_members(struct binding_reader *r, const struct yaml_node *n,
                                     void *field)
{
    struct binding_group *g =
        container_of((struct binding_member **)field, struct binding_group, members);

    if (n->kind != YAML_LIST || n->n_items == 0)
        return binding_bad(r, n, "must be a list of hosts");
    g->members = ARENA_NEWN(&r->b->arena, struct binding_member, n->n_items);
    g->n_members = n->n_items;
    for (size_t i = 0; i < n->n_items; i++) {
        if (n->items[i].kind != YAML_SCALAR || !n->items[i].text.n)
            return binding_bad(r, n, "must be a list of hosts");
        g->members[i] = (struct binding_member){n->items[i].text, n->items[i].line};
    }
    return ERR_OK;
}

static enum err_code binding_batch(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    struct binding_group *g = container_of((int64_t *)field, struct binding_group, batch);
    struct sv text = n->text;

    if (sv_ends(text, SV("%"))) {
        g->percent = true;
        text.n--;
    }
    if (n->kind != YAML_SCALAR || !sv_to_i64(text, &g->batch) || g->batch < 1 ||
        g->batch > (g->percent ? 100 : (int64_t)LIMIT_FLEET_HOSTS))
        return binding_bad(r, n, "must be a number of hosts such as 2, or a share such as 25%");
    return ERR_OK;
}

static const struct binding_key binding_health_keys[] = {
    {"command", binding_text, offsetof(struct binding_group, health_command)},
    {"http", binding_text, offsetof(struct binding_group, health_http)},
    {"within", binding_duration, offsetof(struct binding_group, within_ms)},
    {"every", binding_duration, offsetof(struct binding_group, every_ms)},
};

static enum err_code binding_health(struct binding_reader *r, const struct yaml_node *n,
                                    void *field)
{
    struct binding_group *g = container_of((size_t *)field, struct binding_group, health_line);

    if (binding_map(r, n, binding_health_keys, ARRAY_LEN(binding_health_keys), g) != ERR_OK)
        return r->err->code;
    if (!g->health_command.n == !g->health_http.n)
        return binding_bad(r, n, "needs a command, or http");
    if (g->health_http.n && !sv_has(g->health_http, SV("{host}")) &&
        !sv_has(g->health_http, SV("{address}")))
        return binding_bad(r, n,
                           "has an http that is the same for each host: put {host} or "
                           "{address} into it");
    if (g->every_ms < 1)
        return binding_bad(r, n, "needs an 'every' above 0");
    g->health_line = n->line;
    return ERR_OK;
}

#define BINDING_GROUP(field) offsetof(struct binding_host, group.field)
static const struct binding_key binding_host_keys[] = {
    {"address", binding_text, offsetof(struct binding_host, address)},
    {"ssh", binding_ssh, offsetof(struct binding_host, ssh)},
    {"login", binding_yes, offsetof(struct binding_host, login)},
    {"group", binding_members, BINDING_GROUP(members)},
    {"batch", binding_batch, BINDING_GROUP(batch)},
    {"health", binding_health, BINDING_GROUP(health_line)},
};
#undef BINDING_GROUP

/* What is said of a group is not said of a host, and the other way round. */
static enum err_code binding_check_host(struct binding_reader *r, const struct yaml_node *n,
                                        const struct binding_host *h)
{
    if (sv_starts(h->address, SV("-")))
        return binding_bad(r, n, "must not begin with '-'");
    if (h->group.n_members && (h->address.n || h->n_ssh || h->login))
        return binding_bad(r, n, "is a group: its hosts say how they are reached");
    if (h->group.n_members && sv_eq(h->name, SV("*")))
        return binding_bad(r, n, "cannot be a group");
    if (!h->group.n_members && (h->group.batch || h->group.health_line))
        return binding_bad(r, n, "has no group that batch and health could be for");
    return ERR_OK;
}

enum err_code binding_hosts(struct binding_reader *r, const struct yaml_node *n, void *field UNUSED)
{
    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map of hosts");
    for (size_t i = 0; i < n->n_items; i++) {
        const struct yaml_node *item = &n->items[i];
        struct binding_host *h = vec_add(&r->b->hosts);

        *h = (struct binding_host){
            .name = item->key, .group = {.within_ms = 60000, .every_ms = 1000}, .line = item->line};
        if (item->kind == YAML_SCALAR)
            h->address = item->text;
        else if (binding_map(r, item, binding_host_keys, ARRAY_LEN(binding_host_keys), h) != ERR_OK)
            return r->err->code;
        if (binding_check_host(r, item, h) != ERR_OK)
            return r->err->code;
    }
    return ERR_OK;
}

const struct binding_database *binding_find_database(const struct binding *b, struct sv name)
{
    for (size_t i = 0; i < b->databases.n; i++)
        if (sv_eq(b->databases.v[i].name, name))
            return &b->databases.v[i];
    return NULL;
}

bool binding_host_key(struct sv name, struct strbuf *key)
{
    bool marks = false;

    for (size_t i = 0; i < name.n; i++)
        marks |= ascii_is_digit(name.p[i]) || strchr(".@", name.p[i]);
    for (size_t i = 0; i < name.n; i++)
        if (marks || !strchr(" -_", name.p[i]))
            strbuf_add_byte(key, ascii_lower(name.p[i]));
    return marks;
}

bool binding_same_host(struct sv a, struct sv b, bool several)
{
    CLEANUP(strbuf_release) struct strbuf key_a = STRBUF(0), key_b = STRBUF(0);
    bool marks = binding_host_key(a, &key_a);
    struct sv longer, shorter;

    binding_host_key(b, &key_b);
    longer = strbuf_sv(key_a.n < key_b.n ? &key_b : &key_a);
    shorter = strbuf_sv(key_a.n < key_b.n ? &key_a : &key_b);
    return sv_eq(longer, shorter) || (several && !marks && longer.n == shorter.n + 1 &&
                                      sv_starts(longer, shorter) && sv_ends(longer, SV("s")));
}

const struct binding_host *binding_find_host(const struct binding *b, struct sv name)
{
    const struct binding_host *any = NULL, *same = NULL;
    size_t n = 0;

    for (size_t i = 0; i < b->hosts.n; i++) {
        const struct binding_host *h = &b->hosts.v[i];

        if (sv_eq(h->name, name))
            return h;
        if (sv_ends(name, SV(RB_OR_HERE)))
            continue; /* which of them, somebody says */
        if (sv_eq(h->name, SV("*")))
            any = h;
        else if (binding_same_host(h->name, name, h->group.n_members > 0)) {
            same = h;
            n++;
        }
    }
    return n == 1 ? same : n ? NULL : any; /* of two that it may be, neither */
}
