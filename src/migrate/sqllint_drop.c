/* Statements that take away, rename, or write anew. */
#include <string.h>

#include "base/sv.h"
#include "migrate/sqllint_int.h"

/* --- DROP --- */

static bool drop_made(struct sqllint_run *r, const char *what, struct sv name)
{
    return sqllint_find(r, FACT_OBJECT, arena_fmt(&r->l->arena, "%s %.*s", what, SV_FMT(name)));
}

static void drop_cascade(struct sqllint_run *r, const json_t *body, struct sv name)
{
    if (sqltree_is(body, "behavior", "DROP_CASCADE"))
        (void)sqllint_add(r, SQLLINT_RUN109, 0, "what depends on %.*s goes with it", SV_FMT(name));
}

static void drop_data(struct sqllint_run *r, enum sqllint_id id, struct sv name)
{
    (void)sqllint_add(r, id, 0, "programs that use %.*s fail", SV_FMT(name));
    (void)sqllint_add(r, SQLLINT_DATA007, 0, "what is in %.*s is gone", SV_FMT(name));
}

static void drop_table(struct sqllint_run *r, const json_t *body, struct sv name)
{
    sqllint_grade(r, SQLLINT_D);
    if (sqllint_find(r, FACT_TABLE, name))
        return;
    drop_data(r, SQLLINT_RUN102, name);
    drop_cascade(r, body, name);
    sqllint_take(r, name, SQLLINT_AEL);
}

static void drop_schema(struct sqllint_run *r, const json_t *body, struct sv name)
{
    sqllint_grade(r, SQLLINT_D);
    if (drop_made(r, "object", name))
        return;
    drop_data(r, SQLLINT_RUN103, name);
    drop_cascade(r, body, name);
}

static void drop_index(struct sqllint_run *r, const json_t *body, struct sv name)
{
    sqllint_grade(r, SQLLINT_B);
    if (drop_made(r, "index", name))
        return;
    if (!sqltree_flag(body, "concurrent")) {
        (void)sqllint_add(r, SQLLINT_PG002, 0, "the table of %.*s is locked against readers",
                          SV_FMT(name));
        if (!sqltree_is(body, "behavior", "DROP_CASCADE") &&
            json_array_size(sqltree_at(body, "objects")) == 1)
            sqllint_rewrite(r, SQLLINT_PG002, "-- prusik:up tx=no\nDROP INDEX CONCURRENTLY %s%.*s;",
                            sqltree_flag(body, "missing_ok") ? "IF EXISTS " : "", SV_FMT(name));
    }
    drop_cascade(r, body, name);
}

static void drop_other(struct sqllint_run *r, const json_t *body, struct sv name)
{
    sqllint_grade(r, sqltree_is(body, "removeType", "OBJECT_EXTENSION") ? SQLLINT_D : SQLLINT_B);
    if (drop_made(r, "object", name))
        return;
    sqllint_until(r, sqllint_add(r, SQLLINT_RUN114, 0, "what still uses %.*s fails", SV_FMT(name)),
                  UNTIL_MADE, arena_fmt(&r->l->arena, "object %.*s", SV_FMT(name)));
    drop_cascade(r, body, name);
}

static const struct {
    const char *type;
    void (*drop)(struct sqllint_run *r, const json_t *body, struct sv name);
} drop_kinds[] = {
    {"OBJECT_TABLE", drop_table},     {"OBJECT_SCHEMA", drop_schema},
    {"OBJECT_INDEX", drop_index},     {"OBJECT_VIEW", drop_other},
    {"OBJECT_MATVIEW", drop_other},   {"OBJECT_FUNCTION", drop_other},
    {"OBJECT_PROCEDURE", drop_other}, {"OBJECT_ROUTINE", drop_other},
    {"OBJECT_AGGREGATE", drop_other}, {"OBJECT_TYPE", drop_other},
    {"OBJECT_DOMAIN", drop_other},    {"OBJECT_TRIGGER", drop_other},
    {"OBJECT_SEQUENCE", drop_other},  {"OBJECT_EXTENSION", drop_other},
    {"OBJECT_POLICY", drop_other},    {"OBJECT_RULE", drop_other},
};

/* Of a function only its name counts: its arguments stand behind it. */
static struct sv drop_name(struct sqllint_run *r, const json_t *object)
{
    const json_t *of_function = sqltree_at(object, "ObjectWithArgs.objname");

    return sqllint_name(r, of_function ? of_function : object);
}

static void drop_check(struct sqllint_run *r, const json_t *body)
{
    const json_t *objects = sqltree_at(body, "objects"), *one;
    struct sv type = sqltree_sv(body, "removeType");
    size_t i;

    for (size_t k = 0; k < ARRAY_LEN(drop_kinds); k++)
        if (sv_is(type, drop_kinds[k].type))
            json_array_foreach(objects, i, one) drop_kinds[k].drop(r, body, drop_name(r, one));
}

static void drop_database(struct sqllint_run *r, const json_t *body)
{
    sqllint_grade(r, SQLLINT_D);
    drop_data(r, SQLLINT_RUN103, sqltree_sv(body, "dbname"));
}

/* --- names --- */

static void rename_table(struct sqllint_run *r, const json_t *body)
{
    struct sv table = sqllint_table(r, sqltree_at(body, "relation")),
              to = sqltree_sv(body, "newname"),
              written = sqllint_written(r, sqltree_at(body, "relation"));
    size_t at;

    if (!sqllint_is_live(r, table)) {
        (void)sqllint_know(r, FACT_TABLE, arena_sv(&r->l->arena, to));
        return;
    }
    at = sqllint_add(r, SQLLINT_RUN105, 0, "queries of %.*s fail", SV_FMT(table));
    sqllint_rewrite(r, SQLLINT_RUN105, "%.*s;\nCREATE VIEW %.*s AS SELECT * FROM %.*s;",
                    SV_FMT(sqllint_slice(r, 0, r->stmt->text.n)), SV_FMT(written),
                    SV_FMT(sqllint_ident(r, to)));
    sqllint_until(r, at, UNTIL_VIEW, table);
    sqllint_take(r, table, SQLLINT_AEL);
    sqllint_changes(r, table);
}

static void rename_column(struct sqllint_run *r, const json_t *body)
{
    struct sv table = sqllint_table(r, sqltree_at(body, "relation")),
              column = sqltree_sv(body, "subname"),
              member = arena_fmt(&r->l->arena, "%.*s.%.*s", SV_FMT(table), SV_FMT(column));

    if (sqltree_is(body, "relationType", "OBJECT_TYPE") || !sqllint_is_live(r, table) ||
        sqllint_find(r, FACT_COLUMN, member))
        return;
    (void)sqllint_add(r, SQLLINT_RUN104, 0, "queries of %.*s of %.*s fail", SV_FMT(column),
                      SV_FMT(table));
    sqllint_take(r, table, SQLLINT_AEL);
    sqllint_changes(r, table);
}

static void rename_other(struct sqllint_run *r, const json_t *body)
{
    struct sv name = sqltree_at(body, "object") ? sqllint_name(r, sqltree_at(body, "object"))
                                                : sqltree_sv(body, "subname");

    if (!drop_made(r, "object", name))
        (void)sqllint_add(r, SQLLINT_RUN107, 0, "what uses %.*s by its name fails", SV_FMT(name));
}

static const struct {
    const char *type;
    void (*rename)(struct sqllint_run *r, const json_t *body);
} rename_kinds[] = {
    {"OBJECT_TABLE", rename_table},   {"OBJECT_VIEW", rename_table},
    {"OBJECT_MATVIEW", rename_table}, {"OBJECT_COLUMN", rename_column},
    {"OBJECT_TYPE", rename_other},    {"OBJECT_SCHEMA", rename_other},
};

static void rename_check(struct sqllint_run *r, const json_t *body)
{
    struct sv type = sqltree_sv(body, "renameType");

    for (size_t i = 0; i < ARRAY_LEN(rename_kinds); i++)
        if (sv_is(type, rename_kinds[i].type))
            rename_kinds[i].rename(r, body);
}

static void drop_set_schema(struct sqllint_run *r, const json_t *body)
{
    struct sv table = sqllint_table(r, sqltree_at(body, "relation"));

    if (!sqltree_is(body, "objectType", "OBJECT_TABLE") || !sqllint_is_live(r, table))
        return;
    (void)sqllint_add(r, SQLLINT_RUN106, 0, "queries of %.*s fail", SV_FMT(table));
    sqllint_take(r, table, SQLLINT_AEL);
    sqllint_changes(r, table);
}

/* --- written anew --- */

static bool drop_option(const json_t *list, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one) if (sqltree_is(one, "DefElem.defname", name)) return true;
    return false;
}

static void drop_reindex(struct sqllint_run *r, const json_t *body)
{
    struct sv name = sqllint_table(r, sqltree_at(body, "relation"));

    sqllint_grade(r, SQLLINT_C);
    if (drop_option(sqltree_at(body, "params"), "concurrently") ||
        sqllint_find(r, FACT_TABLE, name) || drop_made(r, "index", name))
        return;
    r->works = true;
    (void)sqllint_add(r, SQLLINT_PG003, 0, "nobody writes to the table until %.*s is built anew",
                      SV_FMT(name.n ? name : SV("it")));
}

static void drop_vacuum(struct sqllint_run *r, const json_t *body)
{
    sqllint_grade(r, SQLLINT_C);
    if (!drop_option(sqltree_at(body, "options"), "full") || !sqltree_flag(body, "is_vacuumcmd"))
        return;
    r->works = true;
    (void)sqllint_add(r, SQLLINT_PG022, 0, "the table is copied while nobody can read it");
}

static void drop_cluster(struct sqllint_run *r, const json_t *body)
{
    struct sv table = sqllint_table(r, sqltree_at(body, "relation"));

    sqllint_grade(r, SQLLINT_C);
    if (table.n && !sqllint_is_live(r, table))
        return;
    r->works = true;
    (void)sqllint_add(r, SQLLINT_PG022, 0, "the table is copied while nobody can read it");
    sqllint_take(r, table, SQLLINT_AEL);
}

static void drop_refresh(struct sqllint_run *r, const json_t *body)
{
    struct sv view = sqllint_table(r, sqltree_at(body, "relation"));

    sqllint_grade(r, SQLLINT_C);
    r->works = true;
    if (sqltree_flag(body, "concurrent") || !sqllint_is_live(r, view))
        return;
    (void)sqllint_add(r, SQLLINT_PG024, 0, "nobody reads %.*s until its query has ended",
                      SV_FMT(view));
    if (!sqltree_flag(body, "skipData"))
        sqllint_rewrite(r, SQLLINT_PG024, "REFRESH MATERIALIZED VIEW CONCURRENTLY %.*s;",
                        SV_FMT(sqllint_written(r, sqltree_at(body, "relation"))));
}

static void drop_truncate(struct sqllint_run *r, const json_t *body)
{
    const json_t *list = sqltree_at(body, "relations"), *one;
    size_t i;

    sqllint_grade(r, SQLLINT_D);
    json_array_foreach(list, i, one)
    {
        struct sv table = sqllint_table(r, sqltree_at(one, "RangeVar"));

        if (!sqllint_is_live(r, table))
            continue;
        (void)sqllint_add(r, SQLLINT_PG029, 0, "%.*s is locked against readers and emptied",
                          SV_FMT(table));
        (void)sqllint_add(r, SQLLINT_DATA005, 0, "each row of %.*s is deleted", SV_FMT(table));
        drop_cascade(r, body, table);
        sqllint_take(r, table, SQLLINT_AEL);
    }
}

static void drop_lock(struct sqllint_run *r, const json_t *body)
{
    /* LockStmt.mode: 1 ACCESS SHARE ... 8 ACCESS EXCLUSIVE */
    static const enum sqllint_lock levels[] = {[4] = SQLLINT_SUE,
                                               [5] = SQLLINT_SH,
                                               [6] = SQLLINT_SRE,
                                               [7] = SQLLINT_EX,
                                               [8] = SQLLINT_AEL};
    const json_t *list = sqltree_at(body, "relations"), *one;
    size_t mode = (size_t)sqltree_int(body, "mode", 0), i;

    json_array_foreach(list, i, one)
    {
        struct sv table = sqllint_table(r, sqltree_at(one, "RangeVar"));

        if (!sqllint_is_live(r, table))
            continue;
        (void)sqllint_add(r, SQLLINT_PG030, 0, "%.*s is locked to the end of the transaction",
                          SV_FMT(table));
        sqllint_take(r, table, mode < ARRAY_LEN(levels) ? levels[mode] : SQLLINT_AEL);
    }
}

const struct sqllint_check sqllint_checks_drop[] = {
    {"DropStmt", drop_check},
    {"DropdbStmt", drop_database},
    {"RenameStmt", rename_check},
    {"AlterObjectSchemaStmt", drop_set_schema},
    {"ReindexStmt", drop_reindex},
    {"VacuumStmt", drop_vacuum},
    {"ClusterStmt", drop_cluster},
    {"RefreshMatViewStmt", drop_refresh},
    {"TruncateStmt", drop_truncate},
    {"LockStmt", drop_lock},
    {NULL, NULL},
};
