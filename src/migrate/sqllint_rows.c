/* Statements that change or read rows. */
#include <string.h>

#include "base/sv.h"
#include "migrate/sqllint_int.h"

/* --- what a WHERE bounds --- */

static struct sv rows_column(const json_t *ref)
{
    const json_t *fields = sqltree_at(ref, "ColumnRef.fields");
    size_t n = json_array_size(fields);

    return n ? sqltree_sv(json_array_get(fields, n - 1), "String.sval") : (struct sv){NULL, 0};
}

static bool rows_is_id(struct sv column)
{
    static const char *const ids[] = {"id", "uuid", "pk", "ctid"};

    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        if (sv_is(column, ids[i]))
            return true;
    return false;
}

/* A subselect with LIMIT. */
static bool rows_limited(const char *kind, const json_t *body, void *arg)
{
    (void)arg;
    return strcmp(kind, "SelectStmt") == 0 && sqltree_at(body, "limitCount");
}

/* The ends of ranges that conjuncts give. */
struct rows_ends {
    struct sv low, high; /* columns */
    bool bounded;
};

static void rows_compare(const json_t *e, struct rows_ends *ends)
{
    struct sv op = sqltree_sv(e, "name.0.String.sval"),
              column = rows_column(sqltree_at(e, "lexpr")), kind = sqltree_sv(e, "kind");

    if ((sv_is(kind, "AEXPR_BETWEEN") && column.n) ||
        (sv_is(kind, "AEXPR_IN") && rows_is_id(column)) ||
        (sv_is(op, "=") && sv_is(kind, "AEXPR_OP") && rows_is_id(column) &&
         !sqltree_at(e, "rexpr.ColumnRef")))
        ends->bounded = true;
    else if (sv_starts(op, SV(">")) && column.n)
        ends->low = column;
    else if (sv_starts(op, SV("<")) && !sv_is(op, "<>") && column.n)
        ends->high = column;
    if (ends->low.n && sv_eq(ends->low, ends->high))
        ends->bounded = true;
}

static void rows_conjuncts(const json_t *where, struct rows_ends *ends)
{
    const json_t *args = sqltree_at(where, "BoolExpr.args"), *one;
    size_t i;

    if (sqltree_at(where, "A_Expr"))
        rows_compare(sqltree_at(where, "A_Expr"), ends);
    if (sqltree_is(where, "BoolExpr.boolop", "AND_EXPR"))
        json_array_foreach(args, i, one) rows_conjuncts(one, ends);
}

static bool rows_is_bounded(const json_t *where)
{
    struct rows_ends ends = {.bounded = false};

    rows_conjuncts(where, &ends);
    return ends.bounded || sqltree_find(where, rows_limited, NULL);
}

static bool rows_tests_null(const char *kind, const json_t *body, void *arg)
{
    const struct sv *column = arg;

    return strcmp(kind, "NullTest") == 0 && sqltree_is(body, "nulltesttype", "IS_NULL") &&
           sv_eq(rows_column(sqltree_at(body, "arg")), *column);
}

/* --- UPDATE and DELETE --- */

static bool rows_is_backfill(const struct sqllint_run *r)
{
    return r->part->kind == MIGRATION_BACKFILL;
}

/* DDL and rows of one table in one transaction. */
static void rows_beside_ddl(struct sqllint_run *r, struct sv table)
{
    const struct sqllint_known *ddl = sqllint_find(r, FACT_DDL, table);

    if (ddl && r->in_tx && ddl->tx == r->tx)
        (void)sqllint_add(
            r, SQLLINT_RUN003, 0,
            "%.*s was altered in this transaction: it stays locked until the rows are "
            "done",
            SV_FMT(table));
}

static void rows_bound(struct sqllint_run *r, const json_t *where, struct sv table)
{
    if (rows_is_backfill(r))
        return;
    if (!where)
        (void)sqllint_add(r, SQLLINT_DATA002, 0, "every row of %.*s is changed in one transaction",
                          SV_FMT(table));
    else if (!rows_is_bounded(where))
        (void)sqllint_add(r, SQLLINT_DATA003, 0,
                          "how many rows of %.*s are changed at once is not bounded",
                          SV_FMT(table));
    else if (!sqltree_find(where, rows_limited, NULL))
        return;
    r->works = true;
}

/* How an UPDATE of one column can be undone. */
static enum sqllint_grade rows_column_grade(struct sqllint_run *r, const json_t *where,
                                            struct sv table, struct sv column)
{
    struct sv member = arena_fmt(&r->l->arena, "%.*s.%.*s", SV_FMT(table), SV_FMT(column));

    if (sqllint_find(r, FACT_COLUMN, member))
        return SQLLINT_A;
    if (migration_attr(r->part, "keep").n)
        return SQLLINT_B;
    return sqltree_find(where, rows_tests_null, &column) ? SQLLINT_C : SQLLINT_D;
}

static void rows_update(struct sqllint_run *r, const json_t *body)
{
    struct sv table = sqllint_table(r, sqltree_at(body, "relation"));
    const json_t *where = sqltree_at(body, "whereClause"), *list = sqltree_at(body, "targetList"),
                 *one;
    size_t i;

    if (!sqllint_is_live(r, table)) {
        r->works = sqllint_reads(r, body);
        return;
    }
    rows_bound(r, where, table);
    json_array_foreach(list, i, one)
    {
        struct sv column = sqltree_sv(one, "ResTarget.name");
        enum sqllint_grade g = rows_column_grade(r, where, table, column);

        sqllint_grade(r, g);
        if (g == SQLLINT_D)
            (void)sqllint_add(r, SQLLINT_DATA004, 0, "what %.*s of %.*s held before is lost",
                              SV_FMT(column), SV_FMT(table));
    }
    if (r->works)
        rows_beside_ddl(r, table);
}

static void rows_delete(struct sqllint_run *r, const json_t *body)
{
    struct sv table = sqllint_table(r, sqltree_at(body, "relation"));

    sqllint_grade(r, SQLLINT_D);
    if (!sqllint_is_live(r, table))
        return;
    rows_bound(r, sqltree_at(body, "whereClause"), table);
    (void)sqllint_add(r, SQLLINT_DATA005, 0, "the rows of %.*s are only in a backup afterwards",
                      SV_FMT(table));
    if (r->works)
        rows_beside_ddl(r, table);
}

/* --- INSERT --- */

/* Does a row of VALUES give a number for the column at place i? */
static bool rows_gives_number(const json_t *values, size_t column)
{
    const json_t *one;
    size_t i;

    json_array_foreach(values, i,
                       one) if (sqltree_at(json_array_get(sqltree_at(one, "List.items"), column),
                                           "A_Const.ival")) return true;
    return false;
}

static void rows_insert_id(struct sqllint_run *r, const json_t *body, struct sv table)
{
    const json_t *cols = sqltree_at(body, "cols"),
                 *values = sqltree_at(body, "selectStmt.SelectStmt.valuesLists"), *one;
    size_t i;

    if (r->db == DB_SQLITE) /* it goes on behind the highest */
        return;
    json_array_foreach(cols, i, one) if (sqltree_is(one, "ResTarget.name", "id") &&
                                         rows_gives_number(values, i))
        sqllint_until(r,
                      sqllint_add(r, SQLLINT_DATA008, 0,
                                  "an id of %.*s is written, and no setval() follows",
                                  SV_FMT(table)),
                      UNTIL_SETVAL, SV("setval"));
}

static void rows_insert(struct sqllint_run *r, const json_t *body)
{
    struct sv table = sqllint_table(r, sqltree_at(body, "relation"));
    const json_t *select = sqltree_at(body, "selectStmt");
    bool reads = sqllint_reads(r, select), live = sqllint_is_live(r, table);

    r->works = reads;
    if (reads && !live)
        (void)sqllint_know(r, FACT_FILLED, table);
    if (!live)
        return;
    sqllint_grade(r, SQLLINT_B);
    rows_insert_id(r, body, table);
    if (reads)
        rows_beside_ddl(r, table);
}

/* --- SELECT --- */

static bool rows_sets_sequence(const char *kind, const json_t *body, void *arg)
{
    const json_t *names = sqltree_at(body, "funcname");

    (void)arg;
    return strcmp(kind, "FuncCall") == 0 &&
           sqltree_is(json_array_get(names, json_array_size(names) - 1), "String.sval", "setval");
}

static void rows_select(struct sqllint_run *r, const json_t *body)
{
    sqllint_select(r, body);
    if (sqltree_find(body, rows_sets_sequence, NULL)) {
        sqllint_meet(r, UNTIL_SETVAL, SV("setval"));
        return;
    }
    r->works = sqllint_reads(r, body) && !rows_is_bounded(sqltree_at(body, "whereClause")) &&
               !sqltree_at(body, "limitCount");
}

/* --- duplicates that are counted --- */

void sqllint_counted(struct sqllint_run *r, const struct sqltree *t)
{
    const json_t *group = sqltree_at(t->body, "groupClause"), *one;
    CLEANUP(strbuf_release) struct strbuf columns = STRBUF(0);
    struct sv table;
    size_t i;

    if (strcmp(t->kind, "SelectStmt") != 0 || !group)
        return;
    table = sqllint_table(r, sqltree_at(t->body, "fromClause.0.RangeVar"));
    strbuf_add_byte(&columns, ',');
    json_array_foreach(group, i, one)
        strbuf_addf(&columns, "%.*s,", SV_FMT(sqllint_ident(r, rows_column(one))));
    sqllint_know(r, FACT_COUNTED, table)->more = arena_sv(&r->l->arena, strbuf_sv(&columns));
}

bool sqllint_is_counted(const struct sqllint_run *r, struct sv table, struct sv columns)
{
    const struct sqllint_known *k = sqllint_find(r, FACT_COUNTED, table);
    struct sv one;

    while (k && sv_split(&columns, ',', &one)) {
        char name[256];
        size_t n = sv_trim(one).n;

        if (n + 2 > sizeof(name))
            return false;
        name[0] = name[n + 1] = ',';
        memcpy(name + 1, sv_trim(one).p, n);
        if (!sv_has(k->more, (struct sv){name, n + 2}))
            return false;
    }
    return k != NULL;
}

const struct sqllint_check sqllint_checks_rows[] = {
    {"UpdateStmt", rows_update},
    {"DeleteStmt", rows_delete},
    {"InsertStmt", rows_insert},
    {"SelectStmt", rows_select},
    {NULL, NULL},
};
