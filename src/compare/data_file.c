#include "compare/data_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "db/db.h"
#include "runbook/yaml_file.h"

struct reader {
    struct yaml_file y;
    struct data_file *f;
    const char *folder;
    const struct data_env *env;
};

static bool is_name_byte(char c, bool first)
{
    return ascii_is_word(c) && !(first && ascii_is_digit(c));
}

/* $NAME and ${NAME}; "$$" is a dollar. */
static enum err_code expand(struct reader *r, const struct yaml_node *at, struct sv *text)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(64u << 10);
    struct sv s = *text;

    for (size_t i = 0; i < s.n; i++) {
        CLEANUP(mem_freep) char *name = NULL;
        size_t from = i + 1, to;
        const char *value;
        bool braces;

        if (s.p[i] != '$' || from >= s.n || s.p[from] == '$') {
            strbuf_add_byte(&out, s.p[i]);
            i += s.p[i] == '$';
            continue;
        }
        braces = s.p[from] == '{';
        from += braces;
        for (to = from; to < s.n && is_name_byte(s.p[to], to == from); to++)
            ;
        if (to == from || (braces && (to == s.n || s.p[to] != '}')))
            return yaml_file_bad(&r->y, at,
                                 "'$' is not followed by a name; a dollar itself is '$$'");
        name = xstrdup_sv(sv_sub(s, from, to));
        value = r->env->get(r->env->arg, name);
        if (!value || !*value)
            return yaml_file_bad(&r->y, at, "'%s' is not set in the environment", name);
        strbuf_add_str(&out, value);
        i = to - !braces;
    }
    if (out.overflow)
        return yaml_file_bad(&r->y, at, "the text is too long with its variables put in");
    *text = arena_sv(&r->f->arena, strbuf_sv(&out));
    return ERR_OK;
}

static enum err_code get_expanded(struct reader *r, const struct yaml_node *map, const char *key,
                                  struct sv *ret)
{
    if (yaml_file_text(&r->y, map, key, true, ret) != ERR_OK)
        return r->y.err->code;
    return expand(r, yaml_get(map, key), ret);
}

/* A text, or a list of texts; absent: none. */
static enum err_code get_names(struct reader *r, const struct yaml_node *map, const char *key,
                               struct sv **ret, size_t *n)
{
    const struct yaml_node *list = yaml_get(map, key);

    *n = !list ? 0 : list->kind == YAML_LIST ? list->n_items : 1;
    if (!list)
        return ERR_OK;
    *ret = ARENA_NEWN(&r->f->arena, struct sv, *n + 1);
    for (size_t i = 0; i < *n; i++) {
        const struct yaml_node *item = list->kind == YAML_LIST ? &list->items[i] : list;

        if (item->kind != YAML_SCALAR || item->text.n == 0)
            return yaml_file_bad(&r->y, item, "'%s' is a list of names", key);
        (*ret)[i] = arena_sv(&r->f->arena, item->text);
    }
    return *n ? ERR_OK : yaml_file_bad(&r->y, list, "'%s' is empty", key);
}

static enum err_code get_timeout(struct reader *r, const struct yaml_node *map, uint64_t *ret)
{
    const struct yaml_node *n = yaml_get(map, "timeout");
    int64_t ms;

    if (!n)
        return ERR_OK;
    if (n->kind != YAML_SCALAR || !duration_parse(n->text, &ms) || ms <= 0)
        return yaml_file_bad(&r->y, n, "'timeout' is no duration");
    *ret = (uint64_t)ms;
    return ERR_OK;
}

/* ---- sources ---- */

static enum err_code relative_path(struct reader *r, struct sv *path)
{
    CLEANUP(mem_freep) char *name = xstrdup_sv(*path);
    CLEANUP(mem_freep) char *full = path_join(r->folder, name);

    *path = arena_sv(&r->f->arena, sv_from(full));
    return ERR_OK;
}

static enum err_code read_sql(struct reader *r, const struct yaml_node *n, struct rows_source *s)
{
    static const char *const known[] = {"database", "query", "timeout", NULL};

    s->kind = ROWS_SQL;
    if (yaml_file_keys(&r->y, n, "a source of SQL", known) != ERR_OK ||
        get_expanded(r, n, "database", &s->where) != ERR_OK ||
        yaml_file_text(&r->y, n, "query", true, &s->query) != ERR_OK ||
        get_timeout(r, n, &s->timeout_ms) != ERR_OK)
        return r->y.err->code;
    return db_is_url(s->where) ? ERR_OK : relative_path(r, &s->where);
}

static enum err_code read_http(struct reader *r, const struct yaml_node *n, struct rows_source *s)
{
    static const char *const known[] = {"url", "rows", "bearer", "timeout", NULL};
    struct sv bearer = {NULL, 0};

    s->kind = ROWS_HTTP;
    if (yaml_file_keys(&r->y, n, "a source of HTTP", known) != ERR_OK ||
        get_expanded(r, n, "url", &s->where) != ERR_OK ||
        yaml_file_text(&r->y, n, "rows", false, &s->at) != ERR_OK ||
        yaml_file_text(&r->y, n, "bearer", false, &bearer) != ERR_OK ||
        get_timeout(r, n, &s->timeout_ms) != ERR_OK)
        return r->y.err->code;
    if (bearer.p) {
        CLEANUP(mem_freep) char *name = xstrdup_sv(bearer);
        const char *value = r->env->get(r->env->arg, name);

        if (!value || !*value)
            return yaml_file_bad(&r->y, yaml_get(n, "bearer"), "'%s' is not set in the environment",
                                 name);
        s->bearer = arena_sv(&r->f->arena, sv_from(value));
    }
    return ERR_OK;
}

static enum err_code read_file(struct reader *r, const struct yaml_node *n, struct rows_source *s)
{
    static const char *const known[] = {"path", "rows", NULL};

    if (yaml_file_keys(&r->y, n, "a source that is a file", known) != ERR_OK ||
        get_expanded(r, n, "path", &s->where) != ERR_OK ||
        yaml_file_text(&r->y, n, "rows", false, &s->at) != ERR_OK)
        return r->y.err->code;
    if (!rows_file_kind(s->where, &s->kind))
        return yaml_file_bad(&r->y, n, "'%.*s' is no .csv, .json, .jsonl or .ndjson",
                             SV_FMT(s->where));
    if (s->kind == ROWS_CSV && s->at.p)
        return yaml_file_bad(&r->y, n, "a CSV file has no 'rows'");
    return relative_path(r, &s->where);
}

static enum err_code read_sources(struct reader *r, const struct yaml_node *root)
{
    static const struct {
        const char *prefix;
        enum err_code (*read)(struct reader *, const struct yaml_node *, struct rows_source *);
    } kinds[] = {{"sql", read_sql}, {"http", read_http}, {"file", read_file}};
    size_t n = 0;

    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        const struct yaml_node *map = yaml_get(root, kinds[k].prefix);

        if (map && map->kind != YAML_MAP)
            return yaml_file_bad(&r->y, map, "'%s' is a map of sources", kinds[k].prefix);
        n += map ? map->n_items : 0;
    }
    r->f->sources = ARENA_NEWN(&r->f->arena, struct rows_source, n + 1);
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        const struct yaml_node *map = yaml_get(root, kinds[k].prefix);

        for (size_t i = 0; map && i < map->n_items; i++) {
            struct rows_source *s = &r->f->sources[r->f->n_sources++];

            s->name =
                arena_fmt(&r->f->arena, "%s.%.*s", kinds[k].prefix, SV_FMT(map->items[i].key));
            if (kinds[k].read(r, &map->items[i], s) != ERR_OK)
                return r->y.err->code;
        }
    }
    return ERR_OK;
}

static enum err_code get_rows(struct reader *r, const struct yaml_node *map,
                              const struct rows_source *otherwise, const struct rows_source **ret)
{
    struct suggest s;
    struct sv name = {NULL, 0};

    if (yaml_file_text(&r->y, map, "rows", !otherwise, &name) != ERR_OK)
        return r->y.err->code;
    *ret = otherwise;
    if (!name.p)
        return ERR_OK;
    s = suggest_begin(name);
    for (size_t i = 0; i < r->f->n_sources; i++) {
        if (sv_eq(r->f->sources[i].name, name)) {
            *ret = &r->f->sources[i];
            return ERR_OK;
        }
        suggest_offer(&s, r->f->sources[i].name);
    }
    (void)yaml_file_bad(&r->y, yaml_get(map, "rows"), "there is no source '%.*s'", SV_FMT(name));
    if (s.best.p)
        return err_hint(r->y.err, "did you mean %.*s?", SV_FMT(s.best));
    return err_hint(r->y.err, "a source is named sql.NAME, http.NAME or file.NAME");
}

/* ---- snapshots ---- */

static enum err_code read_field(struct reader *r, const struct yaml_node *n, struct field *ret)
{
    CLEANUP(json_cleanup) json_t *def = json_object();

    if (n->kind != YAML_MAP)
        return yaml_file_bad(&r->y, n, "a field is a map with a type");
    for (size_t i = 0; i < n->n_items; i++) {
        const struct yaml_node *m = &n->items[i];
        CLEANUP(mem_freep) char *key = xstrdup_sv(m->key);
        bool on;

        if (yaml_bool(m, &on))
            json_put_bool(def, key, on);
        else
            json_put(def, key, json_sv(m->text));
    }
    if (field_read(&r->f->arena, n->key, def, ret, r->y.err) != ERR_OK)
        return err_wrap(r->y.err, "%s:%zu", r->y.path, n->line);
    return ERR_OK;
}

static enum err_code get_fields(struct reader *r, const struct yaml_node *map, struct field **ret,
                                size_t *n)
{
    const struct yaml_node *fields = yaml_get(map, "fields");

    if (!fields)
        return ERR_OK;
    if (fields->kind != YAML_MAP || fields->n_items == 0)
        return yaml_file_bad(&r->y, fields, "'fields' is a map of columns");
    *ret = ARENA_NEWN(&r->f->arena, struct field, fields->n_items);
    for (size_t i = 0; i < fields->n_items; i++)
        if (read_field(r, &fields->items[i], &(*ret)[i]) != ERR_OK)
            return r->y.err->code;
    *n = fields->n_items;
    return ERR_OK;
}

static enum err_code read_snapshot(struct reader *r, const struct yaml_node *n,
                                   struct data_snapshot *s)
{
    static const char *const known[] = {"rows", "key", "fields", NULL};

    s->name = arena_sv(&r->f->arena, n->key);
    if (yaml_file_keys(&r->y, n, "a snapshot", known) != ERR_OK ||
        get_rows(r, n, NULL, &s->rows) != ERR_OK ||
        get_names(r, n, "key", &s->key, &s->n_key) != ERR_OK ||
        get_fields(r, n, &s->fields, &s->n_fields) != ERR_OK)
        return r->y.err->code;
    return s->n_key ? ERR_OK : yaml_file_bad(&r->y, n, "'key' is missing");
}

/* ---- audits ---- */

static enum err_code get_number(struct reader *r, const struct yaml_node *map, const char *key,
                                double otherwise, double *ret)
{
    const struct yaml_node *n = yaml_get(map, key);

    *ret = otherwise;
    if (!n)
        return ERR_OK;
    if (n->kind != YAML_SCALAR || !sv_to_f64(n->text, ret) || *ret < 0 || *ret > 1e6)
        return yaml_file_bad(&r->y, n, "'%s' is no number from 0 to 1000000", key);
    return ERR_OK;
}

static enum err_code get_mostly(struct reader *r, const struct yaml_node *map, double *ret)
{
    const struct yaml_node *n = yaml_get(map, "mostly");
    double percent;

    *ret = 1;
    if (!n)
        return ERR_OK;
    if (n->kind != YAML_SCALAR || !sv_ends(n->text, SV("%")) ||
        !sv_to_f64(sv_sub(n->text, 0, n->text.n - 1), &percent) || percent <= 0 || percent > 100)
        return yaml_file_bad(&r->y, n, "'mostly' is no percentage above 0%%");
    *ret = percent / 100;
    return ERR_OK;
}

static enum err_code get_allowed(struct reader *r, const struct yaml_node *map,
                                 struct data_check *c)
{
    const struct yaml_node *n = yaml_get(map, "values");

    if (!n || n->kind != YAML_LIST || n->n_items == 0)
        return yaml_file_bad(&r->y, map, "'values' is a list of what is allowed");
    c->allowed = json_array();
    for (size_t i = 0; i < n->n_items; i++) {
        const struct yaml_node *v = &n->items[i];
        int64_t number;

        if (v->kind != YAML_SCALAR)
            return yaml_file_bad(&r->y, v, "an allowed value is a text or a number");
        json_append(c->allowed, !v->quoted && sv_to_i64(v->text, &number) ? json_integer(number)
                                                                          : json_sv(v->text));
    }
    return ERR_OK;
}

/* What a check is, by the key that it has. */
static const struct {
    const char *key;
    enum data_check_kind kind;
} check_kinds[] = {{"expr", CHECK_EXPR},
                   {"total", CHECK_TOTAL},
                   {"unique", CHECK_UNIQUE},
                   {"coverage", CHECK_COVERAGE},
                   {"allowed", CHECK_ALLOWED}};

static enum err_code get_kind(struct reader *r, const struct yaml_node *n, struct data_check *c,
                              const char **key)
{
    *key = NULL;
    for (size_t i = 0; i < ARRAY_LEN(check_kinds); i++) {
        if (!yaml_get(n, check_kinds[i].key))
            continue;
        if (*key)
            return yaml_file_bad(&r->y, n, "'%s' and '%s' are two checks", *key,
                                 check_kinds[i].key);
        *key = check_kinds[i].key;
        c->kind = check_kinds[i].kind;
    }
    return *key ? ERR_OK
                : yaml_file_bad(&r->y, n,
                                "a check has one of expr, total, unique, coverage, allowed");
}

static enum err_code read_check(struct reader *r, const struct yaml_node *n,
                                const struct data_audit *a, struct data_check *c)
{
    static const char *const known[] = {"name",   "rows",     "where",   "expr",   "total",
                                        "unique", "coverage", "allowed", "values", "weight",
                                        "mostly", "critical", NULL};
    const struct yaml_node *critical = yaml_get(n, "critical");
    const char *key;

    if (yaml_file_keys(&r->y, n, "a check", known) != ERR_OK ||
        yaml_file_text(&r->y, n, "name", true, &c->name) != ERR_OK ||
        get_rows(r, n, a->rows, &c->rows) != ERR_OK ||
        yaml_file_text(&r->y, n, "where", false, &c->where) != ERR_OK ||
        get_number(r, n, "weight", 1, &c->weight) != ERR_OK ||
        get_mostly(r, n, &c->mostly) != ERR_OK || get_kind(r, n, c, &key) != ERR_OK)
        return r->y.err->code;
    if (critical && !yaml_bool(critical, &c->critical))
        return yaml_file_bad(&r->y, critical, "'critical' is yes or no");
    if (c->kind == CHECK_TOTAL && c->where.p)
        return yaml_file_bad(&r->y, n, "a total has its 'where' inside: count(rows where ...)");
    if (c->kind == CHECK_EXPR || c->kind == CHECK_TOTAL)
        return yaml_file_text(&r->y, n, key, true, &c->expr);
    if (get_names(r, n, key, &c->columns, &c->n_columns) != ERR_OK)
        return r->y.err->code;
    if (c->kind != CHECK_UNIQUE && c->n_columns != 1)
        return yaml_file_bad(&r->y, n, "'%s' names one column", key);
    return c->kind == CHECK_ALLOWED ? get_allowed(r, n, c) : ERR_OK;
}

static enum err_code read_audit(struct reader *r, const struct yaml_node *n, struct data_audit *a)
{
    static const char *const known[] = {"rows", "key", "fields", "distribution", "checks", NULL};
    const struct yaml_node *checks = yaml_get(n, "checks");

    a->name = arena_sv(&r->f->arena, n->key);
    if (yaml_file_keys(&r->y, n, "an audit", known) != ERR_OK ||
        get_rows(r, n, NULL, &a->rows) != ERR_OK ||
        get_names(r, n, "key", &a->key, &a->n_key) != ERR_OK ||
        get_names(r, n, "distribution", &a->distribution, &a->n_distribution) != ERR_OK ||
        get_fields(r, n, &a->fields, &a->n_fields) != ERR_OK)
        return r->y.err->code;
    if (!checks || checks->kind != YAML_LIST || checks->n_items == 0)
        return yaml_file_bad(&r->y, n, "'checks' is a list of one check or more");
    a->checks = ARENA_NEWN(&r->f->arena, struct data_check, checks->n_items);
    for (size_t i = 0; i < checks->n_items; i++) {
        a->n_checks = i + 1; /* what it holds is freed with the file, also when it is wrong */
        if (read_check(r, &checks->items[i], a, &a->checks[i]) != ERR_OK)
            return r->y.err->code;
    }
    return ERR_OK;
}

/* ---- all of it ---- */

static enum err_code read_root(struct reader *r, const struct yaml_node *root)
{
    static const char *const known[] = {"sql", "http", "file", "snapshots", "audits", NULL};
    const struct yaml_node *snapshots = yaml_get(root, "snapshots"), *audits;
    struct data_file *f = r->f;

    if (yaml_file_keys(&r->y, root, "the file", known) != ERR_OK || read_sources(r, root) != ERR_OK)
        return r->y.err->code;
    audits = yaml_get(root, "audits");
    if ((snapshots && snapshots->kind != YAML_MAP) || (audits && audits->kind != YAML_MAP))
        return yaml_file_bad(&r->y, root, "'snapshots' and 'audits' are maps");
    f->snapshots =
        ARENA_NEWN(&f->arena, struct data_snapshot, snapshots ? snapshots->n_items + 1 : 1);
    for (size_t i = 0; snapshots && i < snapshots->n_items; i++)
        if (read_snapshot(r, &snapshots->items[i], &f->snapshots[f->n_snapshots++]) != ERR_OK)
            return r->y.err->code;
    f->audits = ARENA_NEWN(&f->arena, struct data_audit, audits ? audits->n_items + 1 : 1);
    for (size_t i = 0; audits && i < audits->n_items; i++)
        if (read_audit(r, &audits->items[i], &f->audits[f->n_audits++]) != ERR_OK)
            return r->y.err->code;
    return ERR_OK;
}

enum err_code data_file_parse(struct sv text, const char *path, const char *folder,
                              const struct data_env *env, struct data_file *ret, struct err *err)
{
    struct data_file f = {.n_sources = 0};
    struct reader r = {{path, &f.arena, err}, &f, folder, env};
    struct yaml_node root;
    struct arena tree = {0};
    enum err_code rc = yaml_parse(text, path, &tree, &root, err);

    if (rc == ERR_OK)
        rc = read_root(&r, &root);
    arena_release(&tree);
    if (rc == ERR_OK)
        *ret = f;
    else
        data_file_release(&f);
    return rc;
}

void data_file_release(struct data_file *f)
{
    for (size_t i = 0; i < f->n_audits; i++)
        for (size_t k = 0; k < f->audits[i].n_checks; k++)
            json_decref(f->audits[i].checks[k].allowed);
    arena_release(&f->arena);
    memset(f, 0, sizeof(*f));
}

enum err_code data_file_snapshot(const struct data_file *f, struct sv name,
                                 const struct data_snapshot **ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf known = STRBUF(300);

    for (size_t i = 0; i < f->n_snapshots; i++) {
        if (sv_eq(f->snapshots[i].name, name)) {
            *ret = &f->snapshots[i];
            return ERR_OK;
        }
        strbuf_addf(&known, "%s%.*s", i ? ", " : "", SV_FMT(f->snapshots[i].name));
    }
    (void)err_set(err, ERR_NOT_FOUND, "there is no snapshot '%.*s'", SV_FMT(name));
    return err_hint(err, "the data file has: %s", f->n_snapshots ? strbuf_str(&known) : "none");
}

enum err_code data_file_audit(const struct data_file *f, struct sv name,
                              const struct data_audit **ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf known = STRBUF(300);

    for (size_t i = 0; i < f->n_audits; i++) {
        if (sv_eq(f->audits[i].name, name)) {
            *ret = &f->audits[i];
            return ERR_OK;
        }
        strbuf_addf(&known, "%s%.*s", i ? ", " : "", SV_FMT(f->audits[i].name));
    }
    (void)err_set(err, ERR_NOT_FOUND, "there is no audit '%.*s'", SV_FMT(name));
    return err_hint(err, "the data file has: %s", f->n_audits ? strbuf_str(&known) : "none");
}
