/* Statements that make something: CREATE, and types. */
#include <string.h>

#include "base/sv.h"
#include "migrate/sqlcatalog.h"
#include "migrate/sqllex.h"
#include "migrate/sqllint_int.h"

static struct sv make_object(struct sqllint_run *r, const char *what, struct sv name)
{
    return arena_fmt(&r->l->arena, "%s %.*s", what, SV_FMT(name));
}

static void make_remember(struct sqllint_run *r, const char *what, struct sv name)
{
    struct sv object = make_object(r, what, name);

    (void)sqllint_know(r, FACT_OBJECT, object);
    sqllint_meet(r, UNTIL_MADE, object);
}

/* --- indexes --- */

/* The columns of an index with commas; empty when one is an expression. */
static struct sv make_columns(struct sqllint_run *r, const json_t *params)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    const json_t *one;
    size_t i;

    json_array_foreach(params, i, one)
    {
        struct sv name = sqltree_sv(one, "IndexElem.name");

        if (!name.n)
            return (struct sv){NULL, 0};
        strbuf_addf(&b, "%s%.*s", i ? ", " : "", SV_FMT(sqllint_ident(r, name)));
    }
    return arena_sv(&r->l->arena, strbuf_sv(&b));
}

/* The statement with CONCURRENTLY behind its word INDEX. */
static struct sv make_concurrent(struct sqllint_run *r)
{
    struct sqllex lex = {.text = r->stmt->text, .db = DB_POSTGRES};
    struct sqllex_token t;

    while (sqllex_next_word(&lex, &t))
        if (t.kind == SQLLEX_WORD && sqllex_is(&t, "INDEX"))
            break;
    return arena_fmt(&r->l->arena, "%.*s CONCURRENTLY %.*s",
                     SV_FMT(sv_sub(r->stmt->text, 0, lex.at)),
                     SV_FMT(sqllint_slice(r, lex.at, r->stmt->text.n)));
}

static void make_concurrent_index(struct sqllint_run *r, const json_t *body, struct sv table)
{
    if (sqltree_flag(body, "if_not_exists"))
        (void)sqllint_add(r, SQLLINT_RUN008, 0, "an invalid %.*s counts as being there",
                          SV_FMT(sqltree_sv(body, "idxname")));
    if (!sqltree_sv(body, "idxname").n)
        (void)sqllint_add(r, SQLLINT_RUN009, 0, "the index on %.*s has no name", SV_FMT(table));
    if (sqllint_find(r, FACT_SPLIT, table) || (r->catalog && sqlcatalog_table(r->catalog, table) &&
                                               sqlcatalog_table(r->catalog, table)->kind == 'p'))
        (void)sqllint_add(r, SQLLINT_PG027, 0, "%.*s is partitioned", SV_FMT(table));
}

static void make_index(struct sqllint_run *r, const json_t *body)
{
    struct sv table = sqllint_table(r, sqltree_at(body, "relation")),
              columns = make_columns(r, sqltree_at(body, "indexParams"));
    bool live = sqllint_is_live(r, table), concurrent = sqltree_flag(body, "concurrent"),
         only = !sqltree_flag(body, "relation.inh");

    make_remember(r, "index", sqltree_sv(body, "idxname"));
    if (concurrent)
        make_concurrent_index(r, body, table);
    if (live && !concurrent && !only) {
        r->works = true;
        (void)sqllint_add(r, SQLLINT_PG001, 0, "nobody writes to %.*s until the index is built",
                          SV_FMT(table));
        if (!sqltree_flag(body, "if_not_exists") && sqltree_sv(body, "idxname").n)
            sqllint_rewrite(r, SQLLINT_PG001, "-- prusik:up tx=no\n%.*s;",
                            SV_FMT(make_concurrent(r)));
    }
    if (live && sqltree_flag(body, "unique") && columns.n && !sqllint_is_counted(r, table, columns))
        (void)sqllint_add(r, SQLLINT_DATA001, 0,
                          "duplicates of (%.*s) in %.*s are not counted before", SV_FMT(columns),
                          SV_FMT(table));
    sqllint_take(r, table, concurrent ? SQLLINT_SUE : SQLLINT_SH);
    sqllint_changes(r, table);
}

/* --- tables --- */

/* A foreign key of a new table, in a column or on its own. */
static void make_foreign(struct sqllint_run *r, const json_t *c)
{
    struct sv parent = sqllint_table(r, sqltree_at(c, "pktable"));

    if (!sqltree_is(c, "contype", "CONSTR_FOREIGN") || !sqllint_is_live(r, parent))
        return;
    sqllint_take(r, parent, SQLLINT_SRE);
    (void)sqllint_add(r, SQLLINT_PG011, sqltree_place(c),
                      "the existing table %.*s is locked for it", SV_FMT(parent));
}

static void make_constraint(struct sqllint_run *r, const json_t *c, struct sv table)
{
    if (sqltree_is(c, "contype", "CONSTR_CHECK"))
        sqllint_check_expr(r, c, table);
    make_foreign(r, c);
}

static void make_table(struct sqllint_run *r, const json_t *body)
{
    struct sv table = sqllint_table(r, sqltree_at(body, "relation"));
    const json_t *elements = sqltree_at(body, "tableElts"), *one, *list, *c;
    size_t i, k;

    if (!sqllint_find(r, FACT_TABLE, table))
        (void)sqllint_know(r, FACT_TABLE, table);
    if (sqltree_at(body, "partspec"))
        (void)sqllint_know(r, FACT_SPLIT, table);
    json_array_foreach(elements, i, one)
    {
        make_constraint(r, sqltree_at(one, "Constraint"), table);
        list = sqltree_at(one, "ColumnDef.constraints");
        json_array_foreach(list, k, c) make_constraint(r, sqltree_at(c, "Constraint"), table);
    }
}

/* CREATE TABLE AS, CREATE MATERIALIZED VIEW. */
static void make_table_as(struct sqllint_run *r, const json_t *body)
{
    struct sv table = sqllint_table(r, sqltree_at(body, "into.rel"));

    (void)sqllint_know(r, FACT_TABLE, table);
    make_remember(r, "object", table);
    if (sqllint_reads(r, sqltree_at(body, "query"))) {
        r->works = true;
        (void)sqllint_know(r, FACT_FILLED, table);
    }
}

/* --- other objects --- */

static void make_view(struct sqllint_run *r, const json_t *body)
{
    struct sv name = sqllint_table(r, sqltree_at(body, "view"));

    make_remember(r, "object", name);
    sqllint_meet(r, UNTIL_VIEW, name);
    if (sqltree_flag(body, "replace"))
        sqllint_grade(r, SQLLINT_B);
}

static void make_function(struct sqllint_run *r, const json_t *body)
{
    make_remember(r, "object", sqllint_name(r, sqltree_at(body, "funcname")));
    sqllint_remember_body(r, body);
    if (sqltree_flag(body, "replace"))
        sqllint_grade(r, SQLLINT_B);
}

static void make_trigger(struct sqllint_run *r, const json_t *body)
{
    struct sv table = sqllint_table(r, sqltree_at(body, "relation"));

    make_remember(
        r, "object",
        arena_fmt(&r->l->arena, "%.*s.%.*s", SV_FMT(table), SV_FMT(sqltree_sv(body, "trigname"))));
    if (!sqllint_is_live(r, table))
        return;
    (void)sqllint_add(r, SQLLINT_PG028, 0, "nobody writes to %.*s meanwhile", SV_FMT(table));
    sqllint_take(r, table, SQLLINT_SRE);
    sqllint_changes(r, table);
}

static void make_policy(struct sqllint_run *r, const json_t *body)
{
    struct sv table = sqllint_table(r, sqltree_at(body, "table"));

    (void)sqllint_know(r, FACT_OBJECT, make_object(r, "policy", table));
    make_remember(r, "object",
                  arena_fmt(&r->l->arena, "%.*s.%.*s", SV_FMT(table),
                            SV_FMT(sqltree_sv(body, "policy_name"))));
    sqllint_meet(r, UNTIL_POLICY, table);
}

static void make_sequence(struct sqllint_run *r, const json_t *body)
{
    make_remember(r, "object", sqllint_table(r, sqltree_at(body, "sequence")));
}

static void make_type(struct sqllint_run *r, const json_t *body)
{
    make_remember(r, "object", sqllint_name(r, sqltree_at(body, "typeName")));
}

static void make_domain(struct sqllint_run *r, const json_t *body)
{
    make_remember(r, "object", sqllint_name(r, sqltree_at(body, "domainname")));
}

static void make_schema(struct sqllint_run *r, const json_t *body)
{
    make_remember(r, "object", sqltree_sv(body, "schemaname"));
}

static void make_extension(struct sqllint_run *r, const json_t *body)
{
    make_remember(r, "object", sqltree_sv(body, "extname"));
}

/* --- types that change --- */

static void make_enum_value(struct sqllint_run *r, const json_t *body)
{
    struct sv type = sqllint_name(r, sqltree_at(body, "typeName")),
              old = sqltree_sv(body, "oldVal");

    if (old.n) {
        if (!sqllint_find(r, FACT_OBJECT, make_object(r, "object", type)))
            (void)sqllint_add(r, SQLLINT_RUN107, 0, "the value %.*s of %.*s is renamed",
                              SV_FMT(old), SV_FMT(type));
        return;
    }
    sqllint_grade(r, SQLLINT_C);
    (void)sqllint_know(r, FACT_VALUE, arena_sv(&r->l->arena, sqltree_sv(body, "newVal")));
}

static void make_alter_domain(struct sqllint_run *r, const json_t *body)
{
    struct sv domain = sqllint_name(r, sqltree_at(body, "typeName")),
              kind = sqltree_sv(body, "subtype");
    bool checks = (sv_is(kind, "C") && !sqltree_flag(body, "def.Constraint.skip_validation")) ||
                  sv_is(kind, "O");

    if (!checks || sqllint_find(r, FACT_OBJECT, make_object(r, "object", domain)))
        return;
    r->works = true;
    (void)sqllint_add(r, SQLLINT_PG031, 0, "every table with a column of %.*s is read",
                      SV_FMT(domain));
    if (sv_is(kind, "C") && sqltree_sv(body, "def.Constraint.conname").n)
        sqllint_rewrite(r, SQLLINT_PG031,
                        "-- prusik:up\n%.*s NOT VALID;\n-- prusik:up\nALTER DOMAIN %.*s VALIDATE "
                        "CONSTRAINT %.*s;",
                        SV_FMT(sqllint_slice(r, 0, r->stmt->text.n)), SV_FMT(domain),
                        SV_FMT(sqllint_ident(r, sqltree_sv(body, "def.Constraint.conname"))));
}

static void make_kept(struct sqllint_run *r, const json_t *body)
{
    (void)body;
    sqllint_grade(r, SQLLINT_B);
}

const struct sqllint_check sqllint_checks_make[] = {
    {"IndexStmt", make_index},
    {"CreateStmt", make_table},
    {"CreateTableAsStmt", make_table_as},
    {"ViewStmt", make_view},
    {"CreateFunctionStmt", make_function},
    {"CreateTrigStmt", make_trigger},
    {"CreatePolicyStmt", make_policy},
    {"CreateSeqStmt", make_sequence},
    {"CreateEnumStmt", make_type},
    {"CompositeTypeStmt", make_type},
    {"CreateDomainStmt", make_domain},
    {"CreateSchemaStmt", make_schema},
    {"CreateExtensionStmt", make_extension},
    {"AlterEnumStmt", make_enum_value},
    {"AlterDomainStmt", make_alter_domain},
    {"CommentStmt", make_kept},
    {"GrantStmt", make_kept},
    {NULL, NULL},
};
