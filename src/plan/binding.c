#include "plan/binding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "plan/binding_int.h"
#include "runbook/yaml.h"

struct binding_reader {
    struct binding *b;
    const char *path;
    struct err *err;
    const struct yaml_node *env_files, *env; /* read last, in this order; NULL: not there */
};

static enum err_code binding_bad(struct binding_reader *r, const struct yaml_node *n,
                                 const char *what)
{
    return err_set(r->err, ERR_INVALID, "%s:%zu: '%.*s' %s", r->path, n->line, SV_FMT(n->key),
                   what);
}

/* --- one function per kind of value; `field` is where it goes --- */

typedef enum err_code binding_read_fn(struct binding_reader *r, const struct yaml_node *n,
                                      void *field);

/* A row of a table of keys: name, how it is read, where it goes in the struct that the table is for. */
struct binding_key {
    const char *name;
    binding_read_fn *read;
    size_t offset;
};

static enum err_code binding_unknown(struct binding_reader *r, const struct yaml_node *n,
                                     const struct binding_key *keys, size_t n_keys)
{
    struct suggest s = suggest_begin(n->key);

    for (size_t i = 0; i < n_keys; i++)
        suggest_offer(&s, sv_from(keys[i].name));
    (void)err_set(r->err, ERR_INVALID, "%s:%zu: unknown key '%.*s'", r->path, n->line,
                  SV_FMT(n->key));
    if (s.best.p)
        return err_hint(r->err, "did you mean '%.*s'?", SV_FMT(s.best));
    return err_hint(r->err, "docs/formats/binding.md lists the keys");
}

/* A section whose entries are all comments is empty. */
static bool binding_is_map(const struct yaml_node *n)
{
    return n->kind == YAML_MAP || (n->kind == YAML_SCALAR && !n->quoted && !n->text.n);
}

static enum err_code binding_map(struct binding_reader *r, const struct yaml_node *map,
                                 const struct binding_key *keys, size_t n_keys, void *into)
{
    if (!binding_is_map(map))
        return binding_bad(r, map, "must be a map of keys");
    for (size_t i = 0; i < map->n_items; i++) {
        const struct yaml_node *n = &map->items[i];
        const struct binding_key *k = NULL;

        for (size_t j = 0; j < n_keys; j++)
            if (sv_eq(n->key, sv_from(keys[j].name)))
                k = &keys[j];
        if (!k)
            return binding_unknown(r, n, keys, n_keys);
        if (k->read(r, n, (char *)into + k->offset) != ERR_OK)
            return r->err->code;
    }
    return ERR_OK;
}

static enum err_code binding_text(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    if (n->kind != YAML_SCALAR || n->text.n == 0)
        return binding_bad(r, n, "must be a text");
    *(struct sv *)field = n->text;
    return ERR_OK;
}

static enum err_code binding_duration(struct binding_reader *r, const struct yaml_node *n,
                                      void *field)
{
    if (n->kind != YAML_SCALAR || !duration_parse(n->text, field))
        return binding_bad(r, n, "must be a duration such as 30s or 5m");
    return ERR_OK;
}

static enum err_code binding_moment(struct binding_reader *r, const struct yaml_node *n,
                                    void *field)
{
    struct sv t = n->text;

    if (n->kind != YAML_SCALAR || !sv_eat_nocase(&t, SV("T+")) || !duration_parse(t, field))
        return binding_bad(r, n, "must be a moment such as T+30m");
    return ERR_OK;
}

static enum err_code binding_scale(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    double v;

    if (n->kind != YAML_SCALAR || !sv_to_f64(n->text, &v) || v <= 0 || v > 1000)
        return binding_bad(r, n, "must be a number above 0, at most 1000");
    *(double *)field = v;
    return ERR_OK;
}

static enum err_code binding_count(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    int64_t v;

    if (n->kind != YAML_SCALAR || !sv_to_i64(n->text, &v) || v < 0 || v > 1000)
        return binding_bad(r, n, "must be a number from 0 to 1000");
    *(int64_t *)field = v;
    return ERR_OK;
}

static enum err_code binding_policy(struct binding_reader *r, const struct yaml_node *n,
                                    void *field)
{
    if (n->kind != YAML_SCALAR || (!sv_eq(n->text, SV("stop")) && !sv_eq(n->text, SV("rollback"))))
        return binding_bad(r, n, "must be stop or rollback");
    *(struct sv *)field = n->text;
    return ERR_OK;
}

static enum err_code binding_doubt(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    if (n->kind != YAML_SCALAR ||
        (!sv_eq(n->text, SV("again")) && !sv_eq(n->text, SV("done")) && !sv_eq(n->text, SV("ask"))))
        return binding_bad(r, n, "must be again, done or ask");
    *(struct sv *)field = n->text;
    return ERR_OK;
}

typedef VEC(struct sv) binding_texts;
typedef VEC(struct binding_pair) binding_pairs;

static enum err_code binding_list(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    binding_texts *list = field;

    if (n->kind != YAML_LIST)
        return binding_bad(r, n, "must be a list");
    for (size_t i = 0; i < n->n_items; i++) {
        if (n->items[i].kind != YAML_SCALAR)
            return binding_bad(r, n, "must be a list of texts");
        *vec_add(list) = n->items[i].text;
    }
    return ERR_OK;
}

/* A list of words into *words and *n_words. */
static enum err_code binding_take_words(struct binding_reader *r, const struct yaml_node *n,
                                        struct sv **words, size_t *n_words)
{
    binding_texts list = {0};
    enum err_code rc = binding_list(r, n, &list);

    if (rc == ERR_OK && list.n == 0)
        rc = binding_bad(r, n, "must not be empty");
    if (rc == ERR_OK) {
        *words = arena_memdup(&r->b->arena, list.v, list.n * sizeof(*list.v));
        *n_words = list.n;
    }
    vec_release(&list);
    return rc;
}

static enum err_code binding_words(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    struct binding_service *s = container_of((struct sv **)field, struct binding_service, command);

    return binding_take_words(r, n, &s->command, &s->n_command);
}

static enum err_code binding_ssh(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    struct binding_host *h = container_of((struct sv **)field, struct binding_host, ssh);

    return binding_take_words(r, n, &h->ssh, &h->n_ssh);
}

static enum err_code binding_pairs_of(struct binding_reader *r, const struct yaml_node *n,
                                      void *field)
{
    binding_pairs *list = field;

    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map of texts");
    for (size_t i = 0; i < n->n_items; i++) {
        const struct yaml_node *item = &n->items[i];

        if (item->kind != YAML_SCALAR)
            return binding_bad(r, item, "must be a text");
        *vec_add(list) = (struct binding_pair){item->key, item->text, item->line};
    }
    return ERR_OK;
}

/* The same where an empty text says nothing: a metric, a rule, the reason of a drop. */
static enum err_code binding_full_pairs(struct binding_reader *r, const struct yaml_node *n,
                                        void *field)
{
    for (size_t i = 0; i < n->n_items; i++)
        if (n->items[i].kind == YAML_SCALAR && !n->items[i].text.n)
            return binding_bad(r, &n->items[i], "must be a text");
    return binding_pairs_of(r, n, field);
}

/* --- structured values --- */

static const struct binding_key binding_variable_keys[] = {
    {"command", binding_text, offsetof(struct binding_variable, command)},
    {"value", binding_text, offsetof(struct binding_variable, value)},
};

static enum err_code binding_variables(struct binding_reader *r, const struct yaml_node *n,
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

static enum err_code binding_services(struct binding_reader *r, const struct yaml_node *n,
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
static bool binding_has_password(struct sv value)
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

static enum err_code binding_databases(struct binding_reader *r, const struct yaml_node *n,
                                       void *field UNUSED)
{
    if (n->kind != YAML_MAP)
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

static enum err_code binding_yes(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    return yaml_bool(n, field) ? ERR_OK : binding_bad(r, n, "must be yes or no");
}

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

static enum err_code binding_hosts(struct binding_reader *r, const struct yaml_node *n,
                                   void *field UNUSED)
{
    if (n->kind != YAML_MAP)
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

static const struct binding_key binding_choice_keys[] = {
    {"when", binding_text, offsetof(struct binding_choice, when)},
    {"contains", binding_text, offsetof(struct binding_choice, contains)},
};

static enum err_code binding_choices(struct binding_reader *r, const struct yaml_node *n,
                                     void *field UNUSED)
{
    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map of choices");
    for (size_t i = 0; i < n->n_items; i++) {
        const struct yaml_node *item = &n->items[i];
        struct binding_choice *c = vec_add(&r->b->choices);

        c->part = item->key;
        c->line = item->line;
        c->fixed = item->kind == YAML_SCALAR;
        if (c->fixed && !yaml_bool(item, &c->yes))
            return binding_bad(r, item, "must be yes, no, or {when: ..., contains: ...}");
        if (c->fixed)
            continue;
        if (binding_map(r, item, binding_choice_keys, ARRAY_LEN(binding_choice_keys), c) != ERR_OK)
            return r->err->code;
        if (!c->when.n || !c->contains.n)
            return binding_bad(r, item, "needs 'when' and 'contains'");
    }
    return ERR_OK;
}

static enum err_code binding_terminal(struct binding_reader *r, const struct yaml_node *n,
                                      void *field)
{
    bool yes;

    if (!yaml_bool(n, &yes))
        return binding_bad(r, n, "must be yes or no");
    *(int *)field = yes;
    return ERR_OK;
}

static enum err_code binding_all(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    if (n->kind != YAML_SCALAR || !sv_eq(n->text, SV("all")))
        return binding_bad(r, n, "must be all: the answer is for each host of the group");
    *(bool *)field = true;
    return ERR_OK;
}

static const struct binding_key binding_answer_keys[] = {
    {"answer", binding_yes, offsetof(struct binding_answer, yes)},
    {"by", binding_text, offsetof(struct binding_answer, by)},
    {"note", binding_text, offsetof(struct binding_answer, note)},
    {"hosts", binding_all, offsetof(struct binding_answer, all)},
};

static enum err_code binding_answers(struct binding_reader *r, const struct yaml_node *n,
                                     void *field UNUSED)
{
    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map of answers");
    for (size_t i = 0; i < n->n_items; i++) {
        const struct yaml_node *item = &n->items[i];
        struct binding_answer *a = vec_add(&r->b->answers);

        a->step = item->key;
        a->line = item->line;
        if (binding_map(r, item, binding_answer_keys, ARRAY_LEN(binding_answer_keys), a) != ERR_OK)
            return r->err->code;
        if (!a->by.n || !yaml_get(item, "answer"))
            return binding_bad(r, item, "needs 'answer' and 'by': an answer has a name");
    }
    return ERR_OK;
}

static enum err_code binding_factor(struct binding_reader *r, const struct yaml_node *n,
                                    void *field)
{
    double v;

    if (n->kind != YAML_SCALAR || !sv_to_f64(n->text, &v) || v < 1 || v > 100)
        return binding_bad(r, n, "must be a number from 1 to 100");
    *(double *)field = v;
    return ERR_OK;
}

/* "20%" */
static enum err_code binding_share(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    struct sv s = n->text;
    double v;

    if (n->kind != YAML_SCALAR || !sv_ends(s, SV("%")) || !sv_to_f64(sv_sub(s, 0, s.n - 1), &v) ||
        v < 0 || v > 100)
        return binding_bad(r, n, "must be a share from 0% to 100%");
    *(double *)field = v / 100;
    return ERR_OK;
}

static const struct binding_key binding_retry_keys[] = {
    {"times", binding_count, offsetof(struct binding_step, retries)},
    {"wait", binding_duration, offsetof(struct binding_step, retry_wait_ms)},
    {"factor", binding_factor, offsetof(struct binding_step, retry_factor)},
    {"max", binding_duration, offsetof(struct binding_step, retry_max_ms)},
    {"jitter", binding_share, offsetof(struct binding_step, retry_jitter)},
};

/* A number, or a map. */
static enum err_code binding_retries(struct binding_reader *r, const struct yaml_node *n,
                                     void *field)
{
    struct binding_step *s = container_of((int64_t *)field, struct binding_step, retries);

    if (n->kind != YAML_MAP)
        return binding_count(r, n, field);
    if (binding_map(r, n, binding_retry_keys, ARRAY_LEN(binding_retry_keys), s) != ERR_OK)
        return r->err->code;
    return s->retries > 0 ? ERR_OK : binding_bad(r, n, "needs times");
}

static const struct binding_key binding_step_keys[] = {
    {"on_failure", binding_text, offsetof(struct binding_step, on_failure)},
    {"timeout", binding_duration, offsetof(struct binding_step, timeout_ms)},
    {"retries", binding_retries, offsetof(struct binding_step, retries)},
    {"undo", binding_text, offsetof(struct binding_step, undo)},
    {"skip", binding_text, offsetof(struct binding_step, skip)},
    {"in_doubt", binding_doubt, offsetof(struct binding_step, in_doubt)},
    {"database", binding_text, offsetof(struct binding_step, database)},
    {"terminal", binding_terminal, offsetof(struct binding_step, terminal)},
};

static enum err_code binding_steps(struct binding_reader *r, const struct yaml_node *n,
                                   void *field UNUSED)
{
    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map of steps");
    for (size_t i = 0; i < n->n_items; i++) {
        struct binding_step *s = vec_add(&r->b->steps);

        *s = (struct binding_step){
            .step = n->items[i].key, .line = n->items[i].line, .retries = -1, .terminal = -1};
        if (binding_map(r, &n->items[i], binding_step_keys, ARRAY_LEN(binding_step_keys), s) !=
            ERR_OK)
            return r->err->code;
    }
    return ERR_OK;
}

static const struct binding_key binding_watch_keys[] = {
    {"interval", binding_duration, offsetof(struct binding, interval_ms)},
    {"until", binding_moment, offsetof(struct binding, until_ms)},
    {"listen", binding_text, offsetof(struct binding, listen)},
};

static enum err_code binding_watch(struct binding_reader *r, const struct yaml_node *n,
                                   void *field UNUSED)
{
    return binding_map(r, n, binding_watch_keys, ARRAY_LEN(binding_watch_keys), r->b);
}

static const struct binding_key binding_maintenance_keys[] = {
    {"flag", binding_text, offsetof(struct binding, flag)},
};

static enum err_code binding_maintenance(struct binding_reader *r, const struct yaml_node *n,
                                         void *field UNUSED)
{
    return binding_map(r, n, binding_maintenance_keys, ARRAY_LEN(binding_maintenance_keys), r->b);
}

/* --- environment --- */

void binding_set_env(struct binding *b, struct sv name, struct sv value, size_t line)
{
    for (size_t i = 0; i < b->env.n; i++)
        if (sv_eq(b->env.v[i].name, name)) {
            b->env.v[i].value = value;
            b->env.v[i].line = line;
            return;
        }
    *vec_add(&b->env) = (struct binding_pair){name, value, line};
}

/* What a quoted value says; *rest is what follows the closing quote.  False: there is none. */
static bool binding_unquote(struct binding *b, struct sv quoted, struct sv *value, struct sv *rest)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    bool escapes = *quoted.p == '"'; /* as in a shell: \" \\ \$ \` */
    size_t i = 1;

    for (; i < quoted.n && quoted.p[i] != *quoted.p; i++) {
        if (escapes && quoted.p[i] == '\\' && i + 1 < quoted.n &&
            sv_find_byte(SV("\"\\$`"), quoted.p[i + 1], 0) != SV_NPOS)
            i++;
        strbuf_add_byte(&out, quoted.p[i]);
    }
    if (i >= quoted.n)
        return false;
    *value = arena_sv(&b->arena, strbuf_sv(&out));
    *rest = sv_trim(sv_sub(quoted, i + 1, quoted.n));
    return true;
}

/* NAME=value, NAME="value", export NAME=value; '#' begins a comment at a line's start or after a blank. */
static enum err_code binding_env_line(struct binding_reader *r, const char *path, size_t line,
                                      struct sv text)
{
    size_t eq;
    struct sv name, value, rest;

    text = sv_trim(text);
    if (!text.n || *text.p == '#')
        return ERR_OK;
    (void)sv_eat(&text, SV("export ")); /* it may be left out */
    eq = sv_find_byte(text, '=', 0);
    name = sv_trim(sv_sub(text, 0, eq));
    if (eq == SV_NPOS || !name.n || sv_find_byte(name, ' ', 0) != SV_NPOS)
        return err_set(r->err, ERR_INVALID, "%s:%zu: not NAME=value", path, line);
    value = sv_trim(sv_sub(text, eq + 1, text.n));
    if (value.n && (*value.p == '"' || *value.p == '\'')) {
        if (!binding_unquote(r->b, value, &value, &rest))
            return err_set(r->err, ERR_INVALID, "%s:%zu: the quote is not closed", path, line);
        if (rest.n && *rest.p != '#')
            return err_set(r->err, ERR_INVALID, "%s:%zu: text after the closing quote", path, line);
    } else if (sv_starts(value, SV("#"))) {
        value = SV("");
    } else {
        value = sv_trim(sv_sub(value, 0, sv_find(value, SV(" #"), 0)));
    }
    binding_set_env(r->b, name, value, line);
    return ERR_OK;
}

static enum err_code binding_slurp(const char *path, size_t max, struct strbuf *text,
                                   struct err *err)
{
    enum err_code rc = file_read(path, max, text, err);

    if (rc != ERR_OK && err->sys == ENOENT)
        rc = err->code = ERR_NOT_FOUND;
    return rc;
}

static enum err_code binding_env_file(struct binding_reader *r, struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(mem_freep) char *plain = xstrdup_sv(name);
    CLEANUP(mem_freep) char *path = path_join(r->b->dir, plain);
    struct sv rest, line;

    if (binding_slurp(path, LIMIT_ENV_FILE_BYTES, &text, r->err) != ERR_OK)
        return r->err->code;
    rest = arena_sv(&r->b->arena, strbuf_sv(&text));
    for (size_t n = 1; sv_next_line(&rest, &line); n++)
        if (binding_env_line(r, path, n, line) != ERR_OK)
            return r->err->code;
    return ERR_OK;
}

static enum err_code binding_note_env_files(struct binding_reader *r, const struct yaml_node *n,
                                            void *field UNUSED)
{
    r->env_files = n;
    return ERR_OK;
}

static enum err_code binding_note_env(struct binding_reader *r, const struct yaml_node *n,
                                      void *field UNUSED)
{
    r->env = n;
    return ERR_OK;
}

static enum err_code binding_env_files(struct binding_reader *r, const struct yaml_node *n)
{
    binding_texts names = {0};
    enum err_code rc = binding_list(r, n, &names);

    for (size_t i = 0; rc == ERR_OK && i < names.n; i++)
        rc = binding_env_file(r, names.v[i]);
    vec_release(&names);
    return rc;
}

static enum err_code binding_env_map(struct binding_reader *r, const struct yaml_node *n)
{
    binding_pairs pairs = {0};
    enum err_code rc = binding_pairs_of(r, n, &pairs);

    for (size_t i = 0; rc == ERR_OK && i < pairs.n; i++)
        binding_set_env(r->b, pairs.v[i].name, pairs.v[i].value, pairs.v[i].line);
    vec_release(&pairs);
    return rc;
}

static enum err_code binding_secret_names(struct binding_reader *r, const struct yaml_node *n,
                                          void *field UNUSED)
{
    binding_texts names = {0};
    enum err_code rc = binding_list(r, n, &names);

    for (size_t i = 0; rc == ERR_OK && i < names.n; i++)
        (void)secrets_add(r->b->secrets, names.v[i], SV("")); /* the value comes when all is read */
    vec_release(&names);
    return rc;
}

bool binding_env(const struct binding *b, struct sv name, struct sv *ret)
{
    CLEANUP(mem_freep) char *plain = NULL;
    const char *v;

    for (size_t i = 0; i < b->env.n; i++)
        if (sv_eq(b->env.v[i].name, name)) {
            *ret = b->env.v[i].value;
            return true;
        }
    plain = xstrdup_sv(name);
    v = getenv(plain);
    if (v)
        *ret = sv_from(v);
    return v != NULL;
}

const struct binding_database *binding_find_database(const struct binding *b, struct sv name)
{
    for (size_t i = 0; i < b->databases.n; i++)
        if (sv_eq(b->databases.v[i].name, name))
            return &b->databases.v[i];
    return NULL;
}

const struct binding_host *binding_find_host(const struct binding *b, struct sv name)
{
    const struct binding_host *any = NULL;

    for (size_t i = 0; i < b->hosts.n; i++) {
        if (sv_eq(b->hosts.v[i].name, name))
            return &b->hosts.v[i];
        if (sv_eq(b->hosts.v[i].name, SV("*")))
            any = &b->hosts.v[i];
    }
    return any;
}

/* --- the whole file --- */

static enum err_code binding_note_map(struct binding_reader *r, const struct yaml_node *n,
                                      void *field)
{
    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map");
    *(const struct yaml_node **)field = n;
    return ERR_OK;
}

/* --- rehearsal --- */

#define BINDING_REHEARSE(member) offsetof(struct binding, rehearse.member)
static const struct binding_key binding_compare_keys[] = {
    {"files", binding_list, BINDING_REHEARSE(files)},
    {"except", binding_list, BINDING_REHEARSE(except)},
    {"services", binding_list, BINDING_REHEARSE(compared)},
    {"databases", binding_list, BINDING_REHEARSE(databases)},
};

static enum err_code binding_compare(struct binding_reader *r, const struct yaml_node *n,
                                     void *field UNUSED)
{
    return binding_map(r, n, binding_compare_keys, ARRAY_LEN(binding_compare_keys), r->b);
}

static const struct binding_key binding_rehearse_keys[] = {
    {"scratch", binding_text, BINDING_REHEARSE(scratch)},
    {"environment", binding_text, BINDING_REHEARSE(environment)},
    {"folder", binding_text, BINDING_REHEARSE(folder)},
    {"prepare", binding_text, BINDING_REHEARSE(prepare)},
    {"env", binding_full_pairs, BINDING_REHEARSE(env)},
    {"hosts", binding_list, BINDING_REHEARSE(hosts)},
    {"services", binding_list, BINDING_REHEARSE(services)},
    {"compare", binding_compare, 0},
};

static enum err_code binding_rehearse(struct binding_reader *r, const struct yaml_node *n,
                                      void *field UNUSED)
{
    r->b->rehearse.line = n->line;
    return binding_map(r, n, binding_rehearse_keys, ARRAY_LEN(binding_rehearse_keys), r->b);
}

static const struct binding_key binding_keys[] = {
    {"environment", binding_text, offsetof(struct binding, environment)},
    {"operator", binding_text, offsetof(struct binding, operator_name)},
    {"store", binding_text, offsetof(struct binding, store)},
    {"workdir", binding_text, offsetof(struct binding, workdir)},
    {"env_files", binding_note_env_files, 0},
    {"env", binding_note_env, 0},
    {"secrets", binding_secret_names, 0},
    {"variables", binding_variables, 0},
    {"services", binding_services, 0},
    {"databases", binding_databases, 0},
    {"hosts", binding_hosts, 0},
    {"maintenance", binding_maintenance, 0},
    {"scrape", binding_text, offsetof(struct binding, scrape)},
    {"probes", binding_full_pairs, offsetof(struct binding, probes)},
    {"metrics", binding_full_pairs, offsetof(struct binding, metrics)},
    {"rules", binding_full_pairs, offsetof(struct binding, rules)},
    {"watch", binding_watch, 0},
    {"drop", binding_full_pairs, offsetof(struct binding, drops)},
    {"choices", binding_choices, 0},
    {"answers", binding_answers, 0},
    {"steps", binding_steps, 0},
    {"approvers", binding_list, offsetof(struct binding, approvers)},
    {"gates", binding_note_map, offsetof(struct binding, gates)},
    {"people", binding_note_map, offsetof(struct binding, people)},
    {"sources", binding_note_map, offsetof(struct binding, sources)},
    {"notify", binding_note_map, offsetof(struct binding, notify)},
    {"flags", binding_note_map, offsetof(struct binding, flag_map)},
    {"lint", binding_note_map, offsetof(struct binding, lint)},
    {"zone", binding_text, offsetof(struct binding, zone)},
    {"on_failure", binding_policy, offsetof(struct binding, on_failure)},
    {"time_scale", binding_scale, offsetof(struct binding, time_scale)},
    {"rehearse", binding_rehearse, 0},
};

static enum err_code binding_read(struct binding *b, const char *path, struct sv text,
                                  struct err *err)
{
    struct binding_reader r = {.b = b, .path = path, .err = err};
    struct yaml_node root;

    if (yaml_parse(text, path, &b->arena, &root, err) != ERR_OK)
        return err->code;
    b->path = xstrdup(path);
    if (binding_map(&r, &root, binding_keys, ARRAY_LEN(binding_keys), b) != ERR_OK)
        return err->code;
    if (binding_check_groups(b, path, err) != ERR_OK)
        return err->code;
    if (r.env_files && binding_env_files(&r, r.env_files) != ERR_OK)
        return err->code;
    return r.env ? binding_env_map(&r, r.env) : ERR_OK;
}

static enum err_code binding_read_file(struct binding *b, const char *path, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (binding_slurp(path, LIMIT_BINDING_BYTES, &text, err) != ERR_OK)
        return err->code;
    return binding_read(b, path, strbuf_sv(&text), err);
}

static enum err_code binding_apply_options(struct binding *b, const struct binding_options *opt,
                                           struct err *err)
{
    if (opt->environment)
        b->environment = arena_sv(&b->arena, sv_from(opt->environment));
    if (opt->operator_name)
        b->operator_name = arena_sv(&b->arena, sv_from(opt->operator_name));
    if (opt->store)
        b->store = arena_sv(&b->arena, sv_from(opt->store));
    if (opt->time_scale > 0)
        b->time_scale = opt->time_scale;
    for (size_t i = 0; i < opt->n_sets; i++) {
        struct sv set = arena_sv(&b->arena, sv_from(opt->sets[i]));
        size_t eq = sv_find_byte(set, '=', 0);

        if (eq == SV_NPOS || eq == 0)
            return err_set(err, ERR_USAGE, "--set '%s' is not NAME=VALUE", opt->sets[i]);
        binding_set_env(b, sv_sub(set, 0, eq), sv_sub(set, eq + 1, set.n), 0);
    }
    return ERR_OK;
}

/* Every secret by name gets its value; names and values that look like one are secrets too. */
static void binding_take_secrets(struct binding *b)
{
    for (size_t i = 0; i < b->env.n; i++)
        if (secrets_is_name(b->secrets, b->env.v[i].name) ||
            secrets_looks_like_name(b->env.v[i].name) || binding_has_password(b->env.v[i].value))
            (void)secrets_add(b->secrets, b->env.v[i].name, b->env.v[i].value);
    for (char **e = environ; *e; e++) {
        struct sv pair = sv_from(*e);
        size_t eq = sv_find_byte(pair, '=', 0);
        struct sv name = sv_sub(pair, 0, eq);

        if (eq != SV_NPOS && (secrets_is_name(b->secrets, name) || secrets_looks_like_name(name)))
            (void)secrets_add(b->secrets, name, sv_sub(pair, eq + 1, pair.n));
    }
}

static enum err_code binding_find(const char *document, const struct binding_options *opt,
                                  struct binding *b, struct err *err)
{
    CLEANUP(mem_freep) char *dir = path_dir(opt->path ? opt->path : document);
    CLEANUP(mem_freep) char *beside = path_join(dir, "prusik.yaml");

    b->dir = realpath(dir, NULL);
    if (!b->dir)
        return err_set(err, ERR_NOT_FOUND, "there is no folder '%s'", dir);
    if (opt->path)
        return binding_read_file(b, opt->path, err);
    return file_exists(beside) ? binding_read_file(b, beside, err) : ERR_OK;
}

static struct binding binding_new(void)
{
    return (struct binding){.interval_ms = 15000,
                            .until_ms = -1,
                            .time_scale = 1,
                            .on_failure = SV("stop"),
                            .store = SV(".prusik"),
                            .workdir = SV("."),
                            .secrets = secrets_new()};
}

/* A binding that was read is handed on; one that was not is given back. */
static enum err_code binding_finish(struct binding *b, enum err_code rc, struct binding *ret)
{
    if (rc != ERR_OK) {
        binding_release(b);
        return rc;
    }
    binding_take_secrets(b);
    *ret = *b;
    return ERR_OK;
}

enum err_code binding_load(const char *document, const struct binding_options *opt,
                           struct binding *ret, struct err *err)
{
    struct binding b = binding_new();
    enum err_code rc = binding_find(document, opt, &b, err);

    if (rc == ERR_OK && opt->rehearse)
        rc = binding_apply_rehearse(&b, err);
    if (rc == ERR_OK)
        rc = binding_apply_options(&b, opt, err);
    if (rc == ERR_OK)
        rc = binding_read_flags(&b, err);
    return binding_finish(&b, rc, ret);
}

enum err_code binding_parse(const char *path, const char *dir, struct sv text, struct binding *ret,
                            struct err *err)
{
    struct binding b = binding_new();
    enum err_code rc;

    b.dir = xstrdup(dir);
    rc = binding_read(&b, path, text, err);
    return binding_finish(&b, rc == ERR_OK ? binding_read_flags(&b, err) : rc, ret);
}

void binding_release(struct binding *b)
{
    vec_release(&b->env);
    vec_release(&b->metrics);
    vec_release(&b->rules);
    vec_release(&b->probes);
    vec_release(&b->drops);
    vec_release(&b->variables);
    vec_release(&b->services);
    vec_release(&b->databases);
    vec_release(&b->hosts);
    vec_release(&b->choices);
    vec_release(&b->answers);
    vec_release(&b->steps);
    vec_release(&b->flags);
    vec_release(&b->approvers);
    binding_release_rehearse(&b->rehearse);
    secrets_free(b->secrets);
    free(b->path);
    free(b->dir);
    arena_release(&b->arena);
    *b = (struct binding){0};
}

/* --- expansion --- */

static size_t binding_name_length(struct sv s)
{
    size_t n = 0;

    while (n < s.n && ascii_is_word(s.p[n]) && !(n == 0 && ascii_is_digit(s.p[n])))
        n++;
    return n;
}

static enum err_code binding_replace(const struct binding *b, struct sv text, bool reveal,
                                     struct strbuf *out, struct err *err)
{
    while (text.n) {
        size_t dollar = sv_find_byte(text, '$', 0);
        struct sv after, name, value;
        bool braces;

        strbuf_add_sv(out, sv_sub(text, 0, dollar));
        if (dollar == SV_NPOS)
            break;
        after = sv_sub(text, dollar + 1, text.n);
        braces = sv_eat(&after, SV("{"));
        name = sv_sub(after, 0, binding_name_length(after));
        after = sv_sub(after, name.n, after.n);
        if (!name.n || (braces && !sv_eat(&after, SV("}"))))
            return err_set(err, ERR_INVALID, "'%.*s': '$' must begin $NAME or ${NAME}",
                           SV_FMT(text));
        if (!binding_env(b, name, &value)) {
            (void)err_set(err, ERR_INVALID, "'%.*s': variable %.*s is not set", SV_FMT(text),
                          SV_FMT(name));
            return err_hint(err, "set it under 'env' in prusik.yaml, or with --set %.*s=...",
                            SV_FMT(name));
        }
        if (!reveal && secrets_is_name(b->secrets, name))
            return err_set(err, ERR_INVALID,
                           "'%.*s': %.*s is a secret, and what stands here is written down",
                           SV_FMT(text), SV_FMT(name));
        strbuf_add_sv(out, value);
        text = after;
    }
    return ERR_OK;
}

enum err_code binding_expand(const struct binding *b, struct sv text, struct strbuf *out,
                             struct err *err)
{
    return binding_replace(b, text, false, out, err);
}

enum err_code binding_reveal(const struct binding *b, struct sv text, struct strbuf *out,
                             struct err *err)
{
    return binding_replace(b, text, true, out, err);
}

enum err_code binding_file(struct binding *b, struct sv text, struct sv *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    CLEANUP(mem_freep) char *path = NULL;

    if (binding_expand(b, text, &out, err) != ERR_OK)
        return err->code;
    path = sv_eq(strbuf_sv(&out), SV(".")) ? xstrdup(b->dir) : path_join(b->dir, strbuf_str(&out));
    *ret = arena_sv(&b->arena, sv_from(path));
    return ERR_OK;
}
