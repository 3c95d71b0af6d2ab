#include "backup/census.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/sv.h"

void census_release(struct census *c)
{
    vec_release(&c->tables);
    vec_release(&c->facts);
    vec_release(&c->settings);
    arena_release(&c->arena);
}

struct census_table *census_add(struct census *c, struct sv table)
{
    struct census_table *t = vec_add(&c->tables);

    t->name = arena_sv(&c->arena, table);
    return t;
}

void census_add_fact(struct census *c, const char *name, struct sv text)
{
    *vec_add(&c->facts) =
        (struct census_fact){arena_sv(&c->arena, sv_from(name)), arena_sv(&c->arena, text)};
}

void census_add_setting(struct census *c, struct sv name, struct sv text)
{
    *vec_add(&c->settings) =
        (struct census_fact){arena_sv(&c->arena, name), arena_sv(&c->arena, text)};
}

static int census_order(const void *a, const void *b)
{
    const struct census_table *x = a, *y = b;

    return sv_cmp(x->name, y->name);
}

void census_sort(struct census *c)
{
    if (c->tables.n)
        qsort(c->tables.v, c->tables.n, sizeof(*c->tables.v), census_order);
}

struct sv census_setting(const struct census *c, const char *name)
{
    for (size_t i = 0; i < c->settings.n; i++)
        if (sv_is(c->settings.v[i].name, name))
            return c->settings.v[i].text;
    return (struct sv){NULL, 0};
}

int64_t census_rows(const struct census *c)
{
    int64_t rows = 0;

    for (size_t i = 0; i < c->tables.n; i++)
        if (__builtin_add_overflow(rows, c->tables.v[i].rows, &rows))
            return INT64_MAX;
    return rows;
}

/* --- JSON --- */

static json_t *census_pairs(const struct census_fact *f, size_t n)
{
    json_t *j = json_object();

    for (size_t i = 0; i < n; i++)
        json_put(j, f[i].name.p, json_sv(f[i].text)); /* a NUL follows what is in the arena */
    return j;
}

void census_write(const struct census *c, struct strbuf *out)
{
    CLEANUP(json_cleanup) json_t *j = json_object();
    json_t *tables = json_array();

    for (size_t i = 0; i < c->tables.n; i++) {
        const struct census_table *t = &c->tables.v[i];
        json_t *table = json_object();

        json_put(table, "name", json_sv(t->name));
        if (t->counted) {
            json_put_int(table, "rows", t->rows);
            json_put_sv(table, "digest", t->digest);
        }
        json_append(tables, table);
    }
    json_put(j, "tables", tables);
    json_put(j, "facts", census_pairs(c->facts.v, c->facts.n));
    json_put(j, "settings", census_pairs(c->settings.v, c->settings.n));
    json_write(j, out);
}

static bool census_read_tables(const json_t *tables, struct census *c)
{
    const json_t *table;
    size_t i;

    json_array_foreach(tables, i, table)
    {
        struct census_table *t;

        if (!json_is_string(json_object_get(table, "name")))
            return false;
        t = census_add(c, json_get_sv(table, "name"));
        t->counted = json_object_get(table, "rows") != NULL;
        t->rows = json_get_int(table, "rows", t->counted ? -1 : 0);
        t->digest = arena_sv(&c->arena, json_get_sv(table, "digest"));
        if (t->rows < 0)
            return false;
    }
    return json_is_array(tables);
}

static bool census_read_pairs(const json_t *j, struct census *c, bool facts)
{
    const char *name;
    const json_t *text;

    json_object_foreach((json_t *)(uintptr_t)j, name, text)
    {
        if (!json_is_string(text))
            return false;
        if (facts)
            census_add_fact(c, name, json_get_sv(j, name));
        else
            census_add_setting(c, sv_from(name), json_get_sv(j, name));
    }
    return json_is_object(j);
}

enum err_code census_read(struct sv text, struct census *ret, struct err *err)
{
    CLEANUP(census_release) struct census c = {0};
    CLEANUP(json_cleanup) json_t *j = NULL;

    if (json_read(text, &j, err) != ERR_OK)
        return err_wrap(err, "the list of tables");
    if (!census_read_tables(json_object_get(j, "tables"), &c) ||
        !census_read_pairs(json_object_get(j, "facts"), &c, true) ||
        !census_read_pairs(json_object_get(j, "settings"), &c, false))
        return err_set(err, ERR_CORRUPT, "the list of tables is not one");
    census_sort(&c);
    *ret = c;
    memset(&c, 0, sizeof(c));
    return ERR_OK;
}

/* --- comparing --- */

static enum err_code census_same_table(const struct census_table *a, const struct census_table *b,
                                       struct err *err)
{
    if (a->rows != b->rows)
        return err_set(err, ERR_FAILED, "count of %.*s: %lld in the snapshot, %lld restored",
                       SV_FMT(a->name), (long long)a->rows, (long long)b->rows);
    if (a->counted != b->counted || !sv_eq(a->digest, b->digest))
        return err_set(err, ERR_FAILED, "rows of %.*s: %lld as in the snapshot, with other values",
                       SV_FMT(a->name), (long long)a->rows);
    return ERR_OK;
}

static enum err_code census_same_tables(const struct census *a, const struct census *b,
                                        struct err *err)
{
    for (size_t i = 0; i < a->tables.n || i < b->tables.n; i++) {
        int order = i >= a->tables.n   ? 1
                    : i >= b->tables.n ? -1
                                       : sv_cmp(a->tables.v[i].name, b->tables.v[i].name);

        if (order < 0)
            return err_set(err, ERR_FAILED, "table %.*s was not restored",
                           SV_FMT(a->tables.v[i].name));
        if (order > 0)
            return err_set(err, ERR_FAILED, "table %.*s was not in the snapshot",
                           SV_FMT(b->tables.v[i].name));
        if (census_same_table(&a->tables.v[i], &b->tables.v[i], err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

static struct sv census_fact(const struct census *c, struct sv name)
{
    for (size_t i = 0; i < c->facts.n; i++)
        if (sv_eq(c->facts.v[i].name, name))
            return c->facts.v[i].text;
    return (struct sv){NULL, 0};
}

enum err_code census_same(const struct census *snapshot, const struct census *restored,
                          struct err *err)
{
    if (census_same_tables(snapshot, restored, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < snapshot->facts.n; i++) {
        const struct census_fact *f = &snapshot->facts.v[i];
        struct sv now = census_fact(restored, f->name);

        if (!sv_eq(f->text, now))
            return err_set(err, ERR_FAILED, "%.*s: %.*s in the snapshot, %.*s restored",
                           SV_FMT(f->name), SV_FMT(f->text), SV_FMT(now));
    }
    return ERR_OK;
}
