#include "migrate/sqlcatalog.h"

#include <string.h>

#include "base/sv.h"
#include "migrate/sqltree.h"

#define CATALOG_MS    10000 /* of a question */
#define CATALOG_WIDTH 32    /* bytes that a row takes at least */

/* --- reading --- */

#define CATALOG_SCHEMAS                                                       \
    "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ " \
    "'^pg_(toast|temp)'"
/* "table" in public, else "schema.table"; and whether the name alone means it, too */
#define CATALOG_NAME                                                                          \
    "CASE WHEN n.nspname = 'public' THEN c.relname::text ELSE n.nspname || '.' || c.relname " \
    "END, CASE WHEN n.nspname <> 'public' AND pg_table_is_visible(c.oid) THEN c.relname::text END"

static const char catalog_tables[] =
    "SELECT " CATALOG_NAME ", c.relkind, CASE WHEN c.relkind = 'p' THEN "
    "(SELECT coalesce(sum(greatest(p.reltuples, 0)), 0)::bigint FROM pg_partition_tree(c.oid) t JOIN pg_class p "
    "ON p.oid = t.relid WHERE t.isleaf) ELSE c.reltuples::bigint END, CASE WHEN c.relkind = 'p' "
    "THEN (SELECT coalesce(sum(pg_relation_size(t.relid)), 0)::bigint FROM "
    "pg_partition_tree(c.oid) t WHERE t.isleaf) WHEN c.relkind IN ('r', 'm') THEN "
    "pg_relation_size(c.oid) ELSE 0 END FROM pg_class c JOIN pg_namespace n ON n.oid = "
    "c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND " CATALOG_SCHEMAS
    " ORDER BY n.nspname, c.relname";
static const char catalog_columns[] =
    "SELECT " CATALOG_NAME ", a.attname, t.typname, a.atttypmod, a.attnotnull, EXISTS (SELECT 1 "
    "FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY "
    "(k.conkey)) OR EXISTS (SELECT 1 FROM pg_depend d JOIN pg_index i ON i.indexrelid = d.objid WHERE "
    "d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = "
    "c.oid AND d.refobjsubid = a.attnum AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)) "
    "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = "
    "c.relnamespace JOIN pg_type t ON t.oid = a.atttypid WHERE a.attnum > 0 AND NOT "
    "a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND " CATALOG_SCHEMAS
    " ORDER BY n.nspname, c.relname, a.attnum";
static const char catalog_constraints[] =
    "SELECT " CATALOG_NAME ", k.conname, k.contype, CASE WHEN k.contype = 'f' THEN "
    "k.confrelid::regclass::text ELSE '' END, CASE WHEN k.contype = 'c' AND k.convalidated THEN "
    "pg_get_expr(k.conbin, k.conrelid) END "
    "FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = "
    "c.relnamespace WHERE " CATALOG_SCHEMAS " ORDER BY n.nspname, c.relname, k.conname";
static const char catalog_indexes[] =
    "SELECT " CATALOG_NAME
    ", CASE WHEN n.nspname = 'public' THEN o.relname::text ELSE n.nspname || '.' || "
    "o.relname END FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class o ON "
    "o.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE " CATALOG_SCHEMAS
    " ORDER BY 1";
/* of overloads the worst: v > s > i is also the order of the letters */
static const char catalog_functions[] =
    "SELECT CASE WHEN n.nspname = 'public' THEN c.proname::text ELSE n.nspname || '.' || c.proname END, CASE WHEN "
    "n.nspname <> 'public' AND bool_or(pg_function_is_visible(c.oid)) THEN c.proname::text END, max(c.provolatile) "
    "FROM pg_proc c JOIN pg_namespace n ON n.oid = c.pronamespace WHERE " CATALOG_SCHEMAS
    " GROUP BY n.nspname, c.proname ORDER BY 1";

static struct sv catalog_keep(struct sqlcatalog *c, const struct db_value *v)
{
    return v->is_null ? (struct sv){NULL, 0} : arena_sv(&c->arena, v->text);
}

static int64_t catalog_int(const struct db_value *v)
{
    int64_t n;

    return sv_to_i64(v->text, &n) ? n : -1;
}

static char catalog_char(const struct db_value *v)
{
    return v->text.n ? v->text.p[0] : '?';
}

static struct sv catalog_member(struct arena *a, struct sv table, struct sv name)
{
    return arena_fmt(a, "%.*s.%.*s", SV_FMT(table), SV_FMT(name));
}

/* Under both of its names. */
static void catalog_put(struct sqlcatalog *c, struct map *m, const struct db_value *v,
                        const struct db_value *member, size_t at)
{
    for (size_t i = 0; i < 2; i++)
        if (!v[i].is_null)
            (void)map_put(m,
                          member ? catalog_member(&c->arena, v[i].text, member->text) : v[i].text,
                          at); /* the first of a name or another: the order is that of schemas */
}

static enum err_code catalog_on_table(void *arg, const struct db_row *r, struct err *err UNUSED)
{
    struct sqlcatalog *c = arg;

    *vec_add(&c->tables) = (struct sqlcatalog_table){.name = catalog_keep(c, &r->v[0]),
                                                     .kind = catalog_char(&r->v[2]),
                                                     .rows = catalog_int(&r->v[3]),
                                                     .bytes = catalog_int(&r->v[4])};
    catalog_put(c, &c->table_at, r->v, NULL, c->tables.n - 1);
    return ERR_OK;
}

static enum err_code catalog_on_column(void *arg, const struct db_row *r, struct err *err UNUSED)
{
    struct sqlcatalog *c = arg;

    *vec_add(&c->columns) = (struct sqlcatalog_column){.type = catalog_keep(c, &r->v[3]),
                                                       .typmod = catalog_int(&r->v[4]),
                                                       .not_null = sv_is(r->v[5].text, "t"),
                                                       .bound = sv_is(r->v[6].text, "t")};
    catalog_put(c, &c->column_at, r->v, &r->v[2], c->columns.n - 1);
    return ERR_OK;
}

/* c IS NOT NULL, alone or as a part of an AND: the CHECK proves it of the column. */
static void catalog_prove(struct sqlcatalog *c, const json_t *expr, struct sv table,
                          struct sv check)
{
    const json_t *args = sqltree_at(expr, "BoolExpr.args"), *one;
    struct sv column = sqltree_sv(expr, "NullTest.arg.ColumnRef.fields.0.String.sval");
    size_t i;

    if (sqltree_is(expr, "NullTest.nulltesttype", "IS_NOT_NULL") && column.n &&
        map_get(&c->column_at, catalog_member(&c->arena, table, column), &i))
        c->columns.v[i].proof = check;
    if (sqltree_is(expr, "BoolExpr.boolop", "AND_EXPR"))
        json_array_foreach(args, i, one) catalog_prove(c, one, table, check);
}

/* What a valid CHECK says; `expr` as the server writes it. */
static void catalog_on_check(struct sqlcatalog *c, struct sv table, struct sv check, struct sv expr)
{
    CLEANUP(sqltree_release) struct sqltree tree = {.kind = ""};
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(SQLTREE_BYTES);
    struct err err;
    size_t at;

    strbuf_addf(&sql, "SELECT %.*s", SV_FMT(expr));
    if (!sql.overflow && sqltree_parse(strbuf_sv(&sql), &tree, &at, &err) == ERR_OK)
        catalog_prove(c, sqltree_at(tree.body, "targetList.0.ResTarget.val"), table,
                      arena_sv(&c->arena, check)); /* of a newer grammar: nothing is proved */
}

static enum err_code catalog_on_constraint(void *arg, const struct db_row *r,
                                           struct err *err UNUSED)
{
    struct sqlcatalog *c = arg;

    *vec_add(&c->constraints) = (struct sqlcatalog_constraint){.kind = catalog_char(&r->v[3]),
                                                               .parent = catalog_keep(c, &r->v[4])};
    catalog_put(c, &c->constraint_at, r->v, &r->v[2], c->constraints.n - 1);
    if (!r->v[5].is_null)
        catalog_on_check(c, r->v[0].text, r->v[2].text, r->v[5].text);
    return ERR_OK;
}

static enum err_code catalog_on_index(void *arg, const struct db_row *r, struct err *err UNUSED)
{
    struct sqlcatalog *c = arg;
    size_t at;

    if (map_get(&c->table_at, r->v[2].text, &at))
        catalog_put(c, &c->index_at, r->v, NULL, at);
    return ERR_OK;
}

static enum err_code catalog_on_function(void *arg, const struct db_row *r, struct err *err UNUSED)
{
    struct sqlcatalog *c = arg;

    catalog_put(c, &c->function_at, r->v, NULL, (size_t)catalog_char(&r->v[2]));
    return ERR_OK;
}

static const struct {
    const char *sql;
    db_row_fn *fn;
} catalog_questions[] = {
    {catalog_tables, catalog_on_table},           {catalog_columns, catalog_on_column},
    {catalog_constraints, catalog_on_constraint}, {catalog_indexes, catalog_on_index},
    {catalog_functions, catalog_on_function},
};

static enum err_code catalog_ask(struct db *db, struct sqlcatalog *c, struct err *err)
{
    struct db_value zone;

    if (db_run(db, SV("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"), NULL, 0, NULL,
               err) != ERR_OK ||
        db_run(db, SV("SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '10s'"), NULL,
               0, NULL, err) != ERR_OK ||
        db_one(db, &c->arena, SV("SELECT current_setting('TimeZone')"), NULL, 0, &zone, err) !=
            ERR_OK)
        return err->code;
    c->utc = sv_is(zone.text, "UTC") || sv_is(zone.text, "Etc/UTC") || sv_is(zone.text, "GMT");
    for (size_t i = 0; i < ARRAY_LEN(catalog_questions); i++)
        if (db_each(db, sv_from(catalog_questions[i].sql), NULL, 0, catalog_questions[i].fn, c,
                    err) != ERR_OK)
            return err->code;
    return db_run(db, SV("ROLLBACK"), NULL, 0, NULL, err);
}

enum err_code sqlcatalog_read(struct db *db, struct sqlcatalog *ret, struct err *err)
{
    struct sqlcatalog c = {.version = db_version(db),
                           .small_bytes = SQLCATALOG_SMALL_BYTES,
                           .small_rows = SQLCATALOG_SMALL_ROWS};
    enum err_code rc;

    db_limit(db, CATALOG_MS);
    rc = catalog_ask(db, &c, err);
    db_limit(db, 0);
    if (rc == ERR_OK)
        *ret = c;
    else
        sqlcatalog_release(&c);
    return rc;
}

void sqlcatalog_release(struct sqlcatalog *c)
{
    vec_release(&c->tables);
    vec_release(&c->columns);
    vec_release(&c->constraints);
    map_release(&c->table_at);
    map_release(&c->column_at);
    map_release(&c->constraint_at);
    map_release(&c->index_at);
    map_release(&c->function_at);
    map_release(&c->made);
    arena_release(&c->arena);
    *c = (struct sqlcatalog){0};
}

/* --- looking --- */

const struct sqlcatalog_table *sqlcatalog_table(const struct sqlcatalog *c, struct sv name)
{
    size_t at;

    return map_get(&c->table_at, name, &at) ? &c->tables.v[at] : NULL;
}

static bool catalog_get(const struct map *m, struct sv table, struct sv name, size_t *at)
{
    CLEANUP(arena_release) struct arena a = {0};

    return map_get(m, catalog_member(&a, table, name), at);
}

const struct sqlcatalog_column *sqlcatalog_column(const struct sqlcatalog *c, struct sv table,
                                                  struct sv name)
{
    size_t at;

    return catalog_get(&c->column_at, table, name, &at) ? &c->columns.v[at] : NULL;
}

const struct sqlcatalog_constraint *sqlcatalog_constraint(const struct sqlcatalog *c,
                                                          struct sv table, struct sv name)
{
    size_t at;

    return catalog_get(&c->constraint_at, table, name, &at) ? &c->constraints.v[at] : NULL;
}

const struct sqlcatalog_table *sqlcatalog_index(const struct sqlcatalog *c, struct sv name)
{
    size_t at;

    return map_get(&c->index_at, name, &at) ? &c->tables.v[at] : NULL;
}

bool sqlcatalog_is_small(const struct sqlcatalog *c, const struct sqlcatalog_table *t)
{
    int64_t rows = t->rows >= 0 ? t->rows : t->bytes / CATALOG_WIDTH;

    return t->bytes < c->small_bytes && rows < c->small_rows;
}

void sqlcatalog_add(struct sqlcatalog *c, struct sv name)
{
    (void)map_put(&c->made, name, 1); /* again is the same */
}

bool sqlcatalog_is_added(const struct sqlcatalog *c, struct sv name)
{
    return map_get(&c->made, name, NULL);
}

/* --- types --- */

/* What the modifier of the catalog says: varchar and numeric count their own header in. */
static int64_t catalog_modifier(const struct sqlcatalog_column *from, int64_t *second)
{
    int64_t raw = from->typmod - 4;

    *second = -1;
    if (from->typmod < 0)
        return -1;
    if (sv_is(from->type, "varchar"))
        return raw;
    if (!sv_is(from->type, "numeric"))
        return sv_is(from->type, "interval") ? from->typmod & 0xffff : from->typmod;
    *second = ((raw & 0x7ff) ^ 1024) - 1024;
    return raw >> 16 & 0xffff;
}

static const struct {
    const char *from, *to;
    enum { TYPE_ANY, TYPE_WIDER, TYPE_PRECISE, TYPE_UTC } when;
} catalog_safe[] = {
    {"varchar", "varchar", TYPE_WIDER},
    {"varchar", "text", TYPE_ANY},
    {"text", "varchar", TYPE_WIDER},
    {"numeric", "numeric", TYPE_PRECISE},
    {"varbit", "varbit", TYPE_WIDER},
    {"timestamp", "timestamp", TYPE_WIDER},
    {"timestamptz", "timestamptz", TYPE_WIDER},
    {"time", "time", TYPE_WIDER},
    {"timetz", "timetz", TYPE_WIDER},
    {"interval", "interval", TYPE_WIDER},
    {"cidr", "inet", TYPE_ANY},
    {"timestamp", "timestamptz", TYPE_UTC},
    {"timestamptz", "timestamp", TYPE_UTC},
};

bool sqlcatalog_is_safe(const struct sqlcatalog *c, const struct sqlcatalog_column *from,
                        struct sv type, int64_t first, int64_t second)
{
    int64_t scale, size = catalog_modifier(from, &scale);
    bool wider = first < 0 || (size >= 0 && size <= first);

    if (sv_eq(from->type, type) && size == first && (first < 0 || scale < 0 || scale == second))
        return true; /* it stays what it is */
    for (size_t i = 0; !from->bound && i < ARRAY_LEN(catalog_safe); i++)
        if (sv_is(from->type, catalog_safe[i].from) && sv_is(type, catalog_safe[i].to))
            return catalog_safe[i].when == TYPE_ANY ||
                   (catalog_safe[i].when == TYPE_UTC && c->utc && first < 0 && size < 0) ||
                   (catalog_safe[i].when == TYPE_WIDER && wider) ||
                   (catalog_safe[i].when == TYPE_PRECISE &&
                    (first < 0 || (wider && scale == (second < 0 ? 0 : second))));
    return false;
}
