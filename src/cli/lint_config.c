#include "cli/lint_config.h"

#include <fnmatch.h>
#include <string.h>

#include "base/sv.h"
#include "runbook/yaml_file.h"

/* --- reading --- */

static const struct {
    const char *name;
    enum lint_severity severity;
    bool off;
} config_severities[] = {{"error", LINT_ERROR, false},
                         {"warning", LINT_WARNING, false},
                         {"info", LINT_INFO, false},
                         {"off", LINT_INFO, true}};

static enum err_code config_severity(const struct yaml_file *y, const struct yaml_node *n,
                                     struct sv text, struct lint_config_rule *r)
{
    for (size_t i = 0; i < ARRAY_LEN(config_severities); i++)
        if (sv_is(text, config_severities[i].name)) {
            r->off = config_severities[i].off;
            r->severity = config_severities[i].severity;
            return ERR_OK;
        }
    return yaml_file_bad(y, n, "a severity is error, warning, info or off, not '%.*s'",
                         SV_FMT(text));
}

static enum err_code config_paths(const struct yaml_file *y, const struct yaml_node *n,
                                  struct lint_config_rule *r)
{
    if (!n)
        return ERR_OK;
    if (n->kind != YAML_LIST)
        return yaml_file_bad(y, n, "'paths' is a list of patterns");
    r->paths = ARENA_NEWN(y->arena, struct sv, n->n_items + 1);
    for (size_t i = 0; i < n->n_items; i++) {
        if (n->items[i].kind != YAML_SCALAR)
            return yaml_file_bad(y, &n->items[i], "a pattern of 'paths' is a text");
        r->paths[r->n_paths++] = n->items[i].text;
    }
    return ERR_OK;
}

static bool config_is_day(struct sv s)
{
    for (size_t i = 0; i < s.n; i++)
        if (i == 4 || i == 7 ? s.p[i] != '-' : !ascii_is_digit(s.p[i]))
            return false;
    return s.n == 10;
}

/* PG012: off, or PG012: {severity: info, paths: ["old/"], until: 2026-12-31} */
static enum err_code config_rule(const struct yaml_file *y, const struct yaml_node *n,
                                 struct sv today, struct lint_config *c)
{
    static const char *const known[] = {"severity", "paths", "until", "why", NULL};
    struct lint_config_rule r = {.rule = lint_find_rule(n->key)};
    struct sv severity = {NULL, 0}, until = {NULL, 0}, why;

    if (!r.rule)
        return yaml_file_bad(y, n, "there is no rule '%.*s'", SV_FMT(n->key));
    if (n->kind == YAML_SCALAR)
        severity = n->text;
    else if (yaml_file_keys(y, n, "a rule", known) != ERR_OK ||
             yaml_file_text(y, n, "severity", true, &severity) != ERR_OK ||
             yaml_file_text(y, n, "until", false, &until) != ERR_OK ||
             yaml_file_text(y, n, "why", false, &why) != ERR_OK ||
             config_paths(y, yaml_get(n, "paths"), &r) != ERR_OK)
        return y->err->code;
    if (config_severity(y, n, severity, &r) != ERR_OK)
        return y->err->code;
    if (until.n && !config_is_day(until))
        return yaml_file_bad(y, n, "'until' is a day such as 2026-12-31, not '%.*s'",
                             SV_FMT(until));
    if (!until.n || sv_cmp(until, today) >= 0)
        *vec_add(&c->rules) = r;
    return ERR_OK;
}

static enum err_code config_number(const struct yaml_file *y, const struct yaml_node *n,
                                   int64_t least, int64_t most, int64_t *ret)
{
    int64_t v;

    if (n->kind != YAML_SCALAR || !sv_to_i64(n->text, &v) || v < least || v > most)
        return yaml_file_bad(y, n, "'%.*s' is a number from %lld to %lld", SV_FMT(n->key),
                             (long long)least, (long long)most);
    *ret = v;
    return ERR_OK;
}

static enum err_code config_small(const struct yaml_file *y, const struct yaml_node *n,
                                  struct lint_config *c)
{
    static const char *const known[] = {"rows", "mib", NULL};
    const struct yaml_node *rows, *mib;
    int64_t size = 0;

    if (yaml_file_keys(y, n, "small_table", known) != ERR_OK)
        return y->err->code;
    rows = yaml_get(n, "rows");
    mib = yaml_get(n, "mib");
    if ((rows && config_number(y, rows, 1, 1000000000, &c->small_rows) != ERR_OK) ||
        (mib && config_number(y, mib, 1, 1 << 20, &size) != ERR_OK))
        return y->err->code;
    c->small_bytes = size << 20;
    return ERR_OK;
}

static enum err_code config_entry(const struct yaml_file *y, const struct yaml_node *n,
                                  struct sv today, struct lint_config *c)
{
    int64_t server = 0;

    if (sv_is(n->key, "small_table"))
        return config_small(y, n, c);
    if (!sv_is(n->key, "server"))
        return config_rule(y, n, today, c);
    if (config_number(y, n, 10, 99, &server) != ERR_OK)
        return y->err->code;
    c->server = (int)server;
    return ERR_OK;
}

enum err_code lint_config_read(struct binding *b, struct sv today, struct lint_config *ret,
                               struct err *err)
{
    const struct yaml_file y = {b->path, &b->arena, err};
    struct lint_config c = {.server = 0};

    for (size_t i = 0; b->lint && i < b->lint->n_items; i++)
        if (config_entry(&y, &b->lint->items[i], today, &c) != ERR_OK) {
            lint_config_release(&c);
            return err->code;
        }
    *ret = c;
    return ERR_OK;
}

void lint_config_release(struct lint_config *c)
{
    vec_release(&c->rules);
}

/* --- what was found --- */

static bool config_is_for(const struct lint_config_rule *r, const char *path)
{
    CLEANUP(arena_release) struct arena a = {0};

    for (size_t i = 0; i < r->n_paths; i++)
        if (fnmatch(arena_strdup(&a, r->paths[i]), path, 0) == 0)
            return true;
    return r->n_paths == 0;
}

/* The last entry that speaks of it counts.  False: it is left out. */
static bool config_weigh(const struct lint_config *c, const char *path, struct lint_finding *f)
{
    bool kept = true;

    for (size_t i = 0; i < c->rules.n; i++) {
        const struct lint_config_rule *r = &c->rules.v[i];

        if (f->id != r->rule->id || !config_is_for(r, path))
            continue;
        kept = !r->off;
        f->severity = r->severity;
    }
    return kept;
}

void lint_config_apply(const struct lint_config *c, struct lint_jobs *jobs)
{
    for (size_t i = 0; i < jobs->list.n; i++) {
        struct lint *l = &jobs->list.v[i].lint;
        size_t kept = 0;

        for (size_t k = 0; k < l->findings.n; k++)
            if (config_weigh(c, jobs->list.v[i].path, &l->findings.v[k]))
                l->findings.v[kept++] = l->findings.v[k];
        l->findings.n = kept;
    }
}
