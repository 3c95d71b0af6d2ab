/* ALTER TABLE: each of its commands is one row. */
#include <string.h>

#include "base/sv.h"
#include "migrate/sqlcatalog.h"
#include "migrate/sqllint_int.h"

/* One ALTER TABLE. */
struct alter {
    struct sqllint_run *r;
    const json_t *body;
    struct sv table, written; /* its name, and as SQL writes it */
    bool live, drops;         /* drops: a constraint, in the same statement */
    const json_t *cmd;
    size_t at,
        end; /* bytes of the command; end is 0 when another follows, as nothing says where it begins */
    struct sv name; /* of the column or constraint */
};

static struct sv alter_member(const struct alter *a, struct sv name)
{
    return arena_fmt(&a->r->l->arena, "%.*s.%.*s", SV_FMT(a->table), SV_FMT(name));
}

/* --- constraints --- */

struct check_proof {
    struct sqllint_run *r;
    struct sv member; /* "table.constraint" */
};

static struct sv check_column(const json_t *ref)
{
    const json_t *fields = sqltree_at(ref, "ColumnRef.fields");
    size_t n = json_array_size(fields);

    return n ? sqltree_sv(json_array_get(fields, n - 1), "String.sval") : (struct sv){NULL, 0};
}

/* c IS NOT NULL, alone or as a part of an AND. */
static void check_conjuncts(const json_t *expr, const struct check_proof *p)
{
    const json_t *args = sqltree_at(expr, "BoolExpr.args"), *one;
    size_t i;

    if (sqltree_is(expr, "NullTest.nulltesttype", "IS_NOT_NULL")) {
        struct sv column = check_column(sqltree_at(expr, "NullTest.arg"));

        sqllint_know(p->r, FACT_PROOF, p->member)->more = arena_sv(&p->r->l->arena, column);
        return;
    }
    if (sqltree_is(expr, "BoolExpr.boolop", "AND_EXPR"))
        json_array_foreach(args, i, one) check_conjuncts(one, p);
}

void sqllint_check_expr(struct sqllint_run *r, const json_t *constraint, struct sv table)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    const json_t *expr = sqltree_at(constraint, "raw_expr");
    struct check_proof p = {r, arena_fmt(&r->l->arena, "%.*s.%.*s", SV_FMT(table),
                                         SV_FMT(sqltree_sv(constraint, "conname")))};

    if (sqllint_moves(expr, &name))
        (void)sqllint_add(r, SQLLINT_DATA010, sqltree_place(constraint), "the CHECK depends on %s",
                          strbuf_str(&name));
    check_conjuncts(expr, &p);
}

/* What the constraint proves holds from now on. */
static void alter_proved(const struct alter *a, struct sv member)
{
    struct sqllint_run *r = a->r;

    if (!sqllint_find(r, FACT_PROOF, member))
        return;
    for (size_t i = 0; i < r->known.n; i++)
        if (r->known.v[i].fact == FACT_PROOF && sv_eq(r->known.v[i].name, member))
            (void)sqllint_know(r, FACT_PROVED, alter_member(a, r->known.v[i].more));
}

static struct sv alter_keys(const struct alter *a, const json_t *keys)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    const json_t *one;
    size_t i;

    json_array_foreach(keys, i, one) strbuf_addf(
        &b, "%s%.*s", i ? ", " : "", SV_FMT(sqllint_ident(a->r, sqltree_sv(one, "String.sval"))));
    return arena_sv(&a->r->l->arena, strbuf_sv(&b));
}

/* A UNIQUE or PRIMARY KEY over columns that are there. */
static void alter_add_key(const struct alter *a, const json_t *c, bool primary)
{
    enum sqllint_id id = primary ? SQLLINT_PG005 : SQLLINT_PG004;
    struct sv keys = alter_keys(a, sqltree_at(c, "keys")),
              table = sqltree_sv(sqltree_at(a->body, "relation"), "relname"),
              name = a->name.n ? a->name
                               : arena_fmt(&a->r->l->arena, "%.*s_%s", SV_FMT(table),
                                           primary ? "pkey" : "key"),
              index;

    if (sqltree_sv(c, "indexname").n || !a->live)
        return;
    index = sqllint_ident(a->r, arena_fmt(&a->r->l->arena, "%.*s_idx", SV_FMT(name)));
    name = sqllint_ident(a->r, name);
    a->r->works = true;
    (void)sqllint_add(a->r, id, a->at, "the index of %.*s is built while %.*s is locked",
                      SV_FMT(name), SV_FMT(a->table));
    sqllint_rewrite(a->r, id,
                    "-- prusik:up tx=no\nCREATE UNIQUE INDEX CONCURRENTLY %.*s ON %.*s (%.*s);\n"
                    "-- prusik:up\nALTER TABLE %.*s ADD CONSTRAINT %.*s %s USING INDEX %.*s;",
                    SV_FMT(index), SV_FMT(a->written), SV_FMT(keys), SV_FMT(a->written),
                    SV_FMT(name), primary ? "PRIMARY KEY" : "UNIQUE", SV_FMT(index));
    if (!sqllint_is_counted(a->r, a->table, keys))
        (void)sqllint_add(a->r, SQLLINT_DATA001, a->at,
                          "duplicates of (%.*s) in %.*s are not counted before", SV_FMT(keys),
                          SV_FMT(a->table));
}

/* The statement with NOT VALID, and what validates it. */
static void alter_not_valid(const struct alter *a, enum sqllint_id id)
{
    struct sv text = sqllint_slice(a->r, a->at, a->end), name = sqllint_ident(a->r, a->name);

    if (a->name.n && a->end)
        sqllint_rewrite(a->r, id,
                        "-- prusik:up\nALTER TABLE %.*s ADD %.*s NOT VALID;\n"
                        "-- prusik:up\nALTER TABLE %.*s VALIDATE CONSTRAINT %.*s;",
                        SV_FMT(a->written), SV_FMT(text), SV_FMT(a->written), SV_FMT(name));
}

static void alter_add_check(const struct alter *a, const json_t *c)
{
    bool later = sqltree_flag(c, "skip_validation");

    sqllint_check_expr(a->r, c, a->table);
    if (!later)
        alter_proved(a, alter_member(a, a->name));
    if (later || !a->live)
        return;
    a->r->works = true;
    (void)sqllint_add(a->r, SQLLINT_PG008, a->at, "every row of %.*s is checked under lock",
                      SV_FMT(a->table));
    alter_not_valid(a, SQLLINT_PG008);
}

static void alter_add_foreign(const struct alter *a, const json_t *c)
{
    struct sv parent = sqllint_table(a->r, sqltree_at(c, "pktable"));

    (void)sqllint_know(a->r, FACT_KEY, alter_member(a, a->name));
    sqllint_take(a->r, parent, SQLLINT_SRE);
    if (!a->live) {
        if (sqllint_is_live(a->r, parent))
            (void)sqllint_add(a->r, SQLLINT_PG011, a->at,
                              "the existing table %.*s is locked for it", SV_FMT(parent));
        return;
    }
    if (sqltree_flag(c, "skip_validation"))
        return;
    a->r->works = true;
    (void)sqllint_add(a->r, SQLLINT_PG009, a->at,
                      "every row of %.*s is looked up in %.*s while both are locked",
                      SV_FMT(a->table), SV_FMT(parent));
    alter_not_valid(a, SQLLINT_PG009);
}

static void alter_add_constraint(struct alter *a)
{
    const json_t *c = sqltree_at(a->cmd, "def.Constraint");
    struct sv type = sqltree_sv(c, "contype");

    a->name = sqltree_sv(c, "conname");
    a->at = sqltree_place(c);
    (void)sqllint_know(a->r, FACT_ADDED, alter_member(a, a->name));
    if (sqltree_flag(c, "skip_validation"))
        (void)sqllint_know(a->r, FACT_NOT_VALID, alter_member(a, a->name));
    if (sv_is(type, "CONSTR_UNIQUE") || sv_is(type, "CONSTR_PRIMARY"))
        alter_add_key(a, c, sv_is(type, "CONSTR_PRIMARY"));
    else if (sv_is(type, "CONSTR_CHECK"))
        alter_add_check(a, c);
    else if (sv_is(type, "CONSTR_FOREIGN"))
        alter_add_foreign(a, c);
    else if (a->live && sv_is(type, "CONSTR_EXCLUSION")) {
        a->r->works = true;
        (void)sqllint_add(a->r, SQLLINT_PG021, a->at, "its index is built while %.*s is locked",
                          SV_FMT(a->table));
    }
}

static void alter_validate(struct alter *a)
{
    struct sv member = alter_member(a, a->name);
    const struct sqllint_known *k = sqllint_find(a->r, FACT_NOT_VALID, member);
    bool held = k && a->r->in_tx && k->tx == a->r->tx; /* k goes when more is known */

    alter_proved(a, member);
    if (!a->live)
        return;
    a->r->works = true;
    if (held)
        (void)sqllint_add(a->r, SQLLINT_RUN004, a->at,
                          "%.*s was added in this transaction: its lock is still held",
                          SV_FMT(a->name));
}

static bool alter_name_ends(struct sv name, const char *const *ends, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sv_ends(name, sv_from(ends[i])))
            return true;
    return false;
}

static void alter_drop_constraint(struct alter *a)
{
    static const char *const foreign[] = {"_fkey", "_fk"}, *const key[] = {"_pkey", "_key", "_fkey",
                                                                           "_fk"};
    struct sv member = alter_member(a, a->name);
    bool added = sqllint_find(a->r, FACT_ADDED, member) != NULL,
         is_foreign = added ? sqllint_find(a->r, FACT_KEY, member) != NULL
                            : alter_name_ends(a->name, foreign, ARRAY_LEN(foreign)) ||
                                  sv_starts(a->name, SV("fk_")),
         is_key = !added && alter_name_ends(a->name, key, ARRAY_LEN(key));
    const struct sqlcatalog_constraint *there =
        a->r->catalog && !added ? sqlcatalog_constraint(a->r->catalog, a->table, a->name) : NULL;

    sqllint_grade(a->r, SQLLINT_B);
    (void)sqllint_know(a->r, FACT_GONE, member);
    if (!a->live)
        return;
    if (there) {
        is_foreign = there->kind == 'f';
        is_key = is_foreign || there->kind == 'p' || there->kind == 'u';
    }
    if (is_foreign)
        (void)sqllint_add(a->r, SQLLINT_PG012, a->at, "dropping %.*s locks %.*s and %.*s",
                          SV_FMT(a->name), SV_FMT(a->table),
                          SV_FMT(there ? there->parent : SV("the table that it refers to")));
    if (is_key && there)
        (void)sqllint_add(a->r, SQLLINT_RUN111, a->at, "%.*s of %.*s is a key", SV_FMT(a->name),
                          SV_FMT(a->table));
    else if (is_key)
        (void)sqllint_add(a->r, SQLLINT_RUN111, a->at, "%.*s of %.*s is a key by its name",
                          SV_FMT(a->name), SV_FMT(a->table));
}

/* --- columns --- */

static bool alter_type_is(const json_t *type, const char *const *names, size_t n)
{
    const json_t *list = sqltree_at(type, "names");
    struct sv last = sqltree_sv(json_array_get(list, json_array_size(list) - 1), "String.sval");

    for (size_t i = 0; i < n; i++)
        if (sv_is(last, names[i]))
            return true;
    return false;
}
#define ALTER_TYPE_IS(type, table) alter_type_is((type), (table), ARRAY_LEN(table))

static const char *const alter_serials[] = {"serial",  "bigserial", "smallserial",
                                            "serial2", "serial4",   "serial8"};
static const char *const alter_json[] = {"json"};

static const json_t *alter_constraint(const json_t *column, const char *type)
{
    const json_t *list = sqltree_at(column, "constraints"), *one;
    size_t i;

    json_array_foreach(list, i, one) if (sqltree_is(one, "Constraint.contype",
                                                    type)) return sqltree_at(one, "Constraint");
    return NULL;
}

/* "ALTER TABLE t ADD COLUMN c TYPE": the column without its constraints. */
static struct sv alter_bare(const struct alter *a, const json_t *column)
{
    const json_t *list = sqltree_at(column, "constraints"), *one;
    size_t from = sqltree_place(column), to = a->r->stmt->text.n, i;

    json_array_foreach(list, i, one) to =
        size_min(to, sqltree_place(sqltree_at(one, "Constraint")));
    return arena_fmt(&a->r->l->arena, "ALTER TABLE %.*s ADD COLUMN %.*s", SV_FMT(a->written),
                     SV_FMT(sqllint_slice(a->r, from, to)));
}

static void alter_column_default(const struct alter *a, const json_t *column)
{
    const json_t *d = alter_constraint(column, "CONSTR_DEFAULT"), *e = sqltree_at(d, "raw_expr");
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    enum sqllint_volatility v = e ? sqllint_volatile(a->r, e, &name) : SQLLINT_STEADY;
    struct sv bare = alter_bare(a, column), column_name = sqllint_ident(a->r, a->name),
              text = sqllint_slice(a->r, sqltree_place(d), a->end);

    if (v == SQLLINT_STEADY)
        return;
    a->r->works = true;
    if (v == SQLLINT_UNKNOWN)
        (void)sqllint_add(a->r, SQLLINT_PG016, a->at,
                          "whether %s() is volatile cannot be told here: then %.*s is written anew",
                          strbuf_str(&name), SV_FMT(a->table));
    else
        (void)sqllint_add(a->r, SQLLINT_PG016, a->at,
                          "%s() is called for each row: %.*s is written anew under lock",
                          strbuf_str(&name), SV_FMT(a->table));
    if (json_array_size(sqltree_at(column, "constraints")) == 1 && a->end)
        sqllint_rewrite(a->r, SQLLINT_PG016,
                        "-- prusik:up\n%.*s;\nALTER TABLE %.*s ALTER COLUMN %.*s SET %.*s;\n"
                        "-- prusik:backfill job=fill_%.*s table=%.*s key=id\n"
                        "UPDATE %.*s SET %.*s = DEFAULT WHERE %.*s IS NULL;",
                        SV_FMT(bare), SV_FMT(a->written), SV_FMT(column_name), SV_FMT(text),
                        SV_FMT(a->name), SV_FMT(a->table), SV_FMT(a->written), SV_FMT(column_name),
                        SV_FMT(column_name));
}

/* Values that the rows get: serial, identity, generated, default; or NOT NULL and none. */
static void alter_column_values(const struct alter *a, const json_t *column)
{
    static const struct {
        const char *type;
        enum sqllint_id id;
        const char *what;
    } kinds[] = {{"CONSTR_IDENTITY", SQLLINT_PG018, "an identity column"},
                 {"CONSTR_GENERATED", SQLLINT_PG019, "a stored generated column"}};
    bool given = alter_constraint(column, "CONSTR_DEFAULT") != NULL;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (alter_constraint(column, kinds[i].type)) {
            given = a->r->works = true;
            (void)sqllint_add(a->r, kinds[i].id, a->at, "%s: %.*s is written anew under lock",
                              kinds[i].what, SV_FMT(a->table));
        }
    if (ALTER_TYPE_IS(sqltree_at(column, "typeName"), alter_serials)) {
        given = a->r->works = true;
        (void)sqllint_add(a->r, SQLLINT_PG017, a->at,
                          "a serial column: %.*s is written anew under lock", SV_FMT(a->table));
    }
    if (!given && alter_constraint(column, "CONSTR_NOTNULL") &&
        !alter_constraint(column, "CONSTR_PRIMARY"))
        (void)sqllint_add(a->r, SQLLINT_PG015, a->at,
                          "%.*s is NOT NULL and has no default: it fails when %.*s has a row",
                          SV_FMT(a->name), SV_FMT(a->table));
}

static void alter_column_reference(const struct alter *a, const json_t *column)
{
    const json_t *c = alter_constraint(column, "CONSTR_FOREIGN");
    struct sv parent;

    if (!c)
        return;
    parent = sqllint_table(a->r, sqltree_at(c, "pktable"));
    sqllint_take(a->r, parent, SQLLINT_SRE);
    (void)sqllint_add(a->r, SQLLINT_PG010, a->at, "%.*s and %.*s are both locked for it",
                      SV_FMT(a->table), SV_FMT(parent));
    if (alter_constraint(column, "CONSTR_DEFAULT")) {
        a->r->works = true;
        sqllint_severity(a->r, SQLLINT_PG010, SQLLINT_ERROR);
    }
}

static void alter_column_keys(const struct alter *a, const json_t *column)
{
    struct sv bare = alter_bare(a, column), name = sqllint_ident(a->r, a->name);
    const json_t *check = alter_constraint(column, "CONSTR_CHECK");
    struct sv index = sqllint_ident(
        a->r,
        arena_fmt(&a->r->l->arena, "%.*s_%.*s_key",
                  SV_FMT(sqltree_sv(sqltree_at(a->body, "relation"), "relname")), SV_FMT(a->name)));

    if (alter_constraint(column, "CONSTR_UNIQUE") || alter_constraint(column, "CONSTR_PRIMARY")) {
        a->r->works = true;
        (void)sqllint_add(a->r, SQLLINT_PG006, a->at,
                          "the index of %.*s is built while %.*s is locked", SV_FMT(a->name),
                          SV_FMT(a->table));
        if (!alter_constraint(column, "CONSTR_PRIMARY"))
            sqllint_rewrite(a->r, SQLLINT_PG006,
                            "-- prusik:up\n%.*s;\n-- prusik:up tx=no\nCREATE UNIQUE INDEX "
                            "CONCURRENTLY %.*s ON %.*s (%.*s);\n-- prusik:up\nALTER TABLE %.*s ADD "
                            "UNIQUE USING INDEX %.*s;",
                            SV_FMT(bare), SV_FMT(index), SV_FMT(a->written), SV_FMT(name),
                            SV_FMT(a->written), SV_FMT(index));
    }
    if (!check)
        return;
    a->r->works = true;
    (void)sqllint_add(a->r, SQLLINT_PG007, a->at, "every row of %.*s is read under lock",
                      SV_FMT(a->table));
    if (json_array_size(sqltree_at(column, "constraints")) == 1 && a->end &&
        !sqltree_sv(check, "conname").n)
        sqllint_rewrite(
            a->r, SQLLINT_PG007,
            "-- prusik:up\n%.*s;\n-- prusik:up\nALTER TABLE %.*s ADD CONSTRAINT %.*s_check %.*s NOT "
            "VALID;\n-- prusik:up\nALTER TABLE %.*s VALIDATE CONSTRAINT %.*s_check;",
            SV_FMT(bare), SV_FMT(a->written), SV_FMT(a->name),
            SV_FMT(sqllint_slice(a->r, sqltree_place(check), a->end)), SV_FMT(a->written),
            SV_FMT(a->name));
}

static void alter_add_column(struct alter *a)
{
    const json_t *column = sqltree_at(a->cmd, "def.ColumnDef"),
                 *check = alter_constraint(column, "CONSTR_CHECK");

    a->name = sqltree_sv(column, "colname");
    a->at = sqltree_place(column);
    (void)sqllint_know(a->r, FACT_COLUMN, alter_member(a, a->name));
    if (check)
        sqllint_check_expr(a->r, check, a->table);
    if (!a->live)
        return;
    alter_column_keys(a, column);
    alter_column_reference(a, column);
    alter_column_values(a, column);
    alter_column_default(a, column);
    if (ALTER_TYPE_IS(sqltree_at(column, "typeName"), alter_json))
        (void)sqllint_add(a->r, SQLLINT_RUN113, a->at, "%.*s is json", SV_FMT(a->name));
}

static void alter_set_not_null(struct alter *a)
{
    struct sv name = sqllint_ident(a->r, a->name);
    bool proved = sqllint_find(a->r, FACT_PROVED, alter_member(a, a->name)) ||
                  sqllint_is_never_null(a->r, a->table, a->name);

    if (!a->live || (proved && !a->drops))
        return;
    a->r->works = true;
    if (a->drops) {
        (void)sqllint_add(a->r, SQLLINT_PG014, a->at,
                          "the CHECK is gone before it proves that %.*s has no NULL",
                          SV_FMT(a->name));
        return;
    }
    (void)sqllint_add(a->r, SQLLINT_PG013, a->at, "every row of %.*s is read under lock",
                      SV_FMT(a->table));
    sqllint_rewrite(
        a->r, SQLLINT_PG013,
        "-- prusik:up\nALTER TABLE %.*s ADD CONSTRAINT %.*s_not_null CHECK (%.*s IS NOT "
        "NULL) NOT VALID;\n-- prusik:up\nALTER TABLE %.*s VALIDATE CONSTRAINT "
        "%.*s_not_null;\n-- prusik:up\nALTER TABLE %.*s ALTER COLUMN %.*s SET NOT NULL;\n"
        "ALTER TABLE %.*s DROP CONSTRAINT %.*s_not_null;",
        SV_FMT(a->written), SV_FMT(a->name), SV_FMT(name), SV_FMT(a->written), SV_FMT(a->name),
        SV_FMT(a->written), SV_FMT(name), SV_FMT(a->written), SV_FMT(a->name));
}

static void alter_drop_not_null(struct alter *a)
{
    sqllint_grade(a->r, SQLLINT_B);
    if (a->live && !sqllint_find(a->r, FACT_COLUMN, alter_member(a, a->name)))
        (void)sqllint_add(a->r, SQLLINT_RUN108, a->at, "%.*s of %.*s may be NULL from now on",
                          SV_FMT(a->name), SV_FMT(a->table));
}

static void alter_default(struct alter *a)
{
    sqllint_grade(a->r, SQLLINT_B);
    if (a->live && !sqllint_find(a->r, FACT_COLUMN, alter_member(a, a->name)))
        (void)sqllint_add(a->r, SQLLINT_RUN110, a->at, "the default of %.*s of %.*s is %s",
                          SV_FMT(a->name), SV_FMT(a->table),
                          sqltree_at(a->cmd, "def") ? "another" : "dropped");
}

/* A type that cannot hold each value that other types hold. */
static bool alter_is_narrow(const json_t *type)
{
    static const char *const always[] = {"bpchar", "int2", "int4", "float4", "date"};
    static const char *const sized[] = {"varchar", "numeric"};

    return ALTER_TYPE_IS(type, always) ||
           (ALTER_TYPE_IS(type, sized) && sqltree_at(type, "typmods"));
}

/* Does the catalog say that the rows stay as they are? */
static bool alter_type_is_safe(const struct alter *a, const json_t *column)
{
    const json_t *type = sqltree_at(column, "typeName"), *names = sqltree_at(type, "names");
    const struct sqlcatalog_column *c =
        a->r->catalog ? sqlcatalog_column(a->r->catalog, a->table, a->name) : NULL;

    return c && !sqltree_at(column, "raw_default") && !sqltree_at(column, "collClause") &&
           !sqltree_at(type, "arrayBounds") &&
           sqlcatalog_is_safe(
               a->r->catalog, c,
               sqltree_sv(json_array_get(names, json_array_size(names) - 1), "String.sval"),
               sqltree_int(type, "typmods.0.A_Const.ival.ival", -1),
               sqltree_int(type, "typmods.1.A_Const.ival.ival", -1));
}

static void alter_type(struct alter *a)
{
    const json_t *column = sqltree_at(a->cmd, "def.ColumnDef"),
                 *type = sqltree_at(column, "typeName");

    a->at = sqltree_place(column);
    if (!a->live) {
        sqllint_grade(a->r, SQLLINT_D);
        return;
    }
    if (alter_type_is_safe(a, column)) {
        sqllint_grade(a->r, SQLLINT_B);
        return;
    }
    sqllint_grade(a->r, SQLLINT_D);
    a->r->works = true;
    (void)sqllint_add(a->r, SQLLINT_PG020, a->at,
                      "%.*s of %.*s: the table and its indexes are written anew under lock, unless "
                      "the old type makes it safe",
                      SV_FMT(a->name), SV_FMT(a->table));
    if (alter_is_narrow(type))
        (void)sqllint_add(a->r, SQLLINT_DATA006, a->at, "values of %.*s may not fit the new type",
                          SV_FMT(a->name));
    if (sqltree_at(column, "collClause"))
        (void)sqllint_add(a->r, SQLLINT_DATA011, a->at, "%.*s gets another collation",
                          SV_FMT(a->name));
    if (ALTER_TYPE_IS(type, alter_json))
        (void)sqllint_add(a->r, SQLLINT_RUN113, a->at, "%.*s becomes json", SV_FMT(a->name));
}

static void alter_drop_column(struct alter *a)
{
    bool cascade = sqltree_is(a->cmd, "behavior", "DROP_CASCADE"),
         new = sqllint_find(a->r, FACT_COLUMN, alter_member(a, a->name)) != NULL;

    sqllint_grade(a->r, SQLLINT_D);
    if (!a->live || new)
        return;
    (void)sqllint_add(a->r, SQLLINT_RUN101, a->at, "programs that read %.*s of %.*s fail",
                      SV_FMT(a->name), SV_FMT(a->table));
    (void)sqllint_add(a->r, SQLLINT_DATA007, a->at, "the values of %.*s of %.*s are gone",
                      SV_FMT(a->name), SV_FMT(a->table));
    if (cascade)
        (void)sqllint_add(a->r, SQLLINT_RUN109, a->at, "what depends on %.*s goes with it",
                          SV_FMT(a->name));
}

/* --- partitions, triggers, storage --- */

static void alter_attach(struct alter *a)
{
    struct sv child = sqllint_table(a->r, sqltree_at(a->cmd, "def.PartitionCmd.name"));
    bool made = sqllint_find(a->r, FACT_TABLE, child), proved = false;

    for (size_t i = 0; i < a->r->known.n; i++)
        proved = proved ||
                 (a->r->known.v[i].fact == FACT_PROVED && sv_starts(a->r->known.v[i].name, child) &&
                  a->r->known.v[i].name.n > child.n && a->r->known.v[i].name.p[child.n] == '.');
    sqllint_take(a->r, child, SQLLINT_AEL);
    if (!proved && (!made || sqllint_find(a->r, FACT_FILLED, child))) {
        a->r->works = true;
        (void)sqllint_add(a->r, SQLLINT_PG025, a->at, "every row of %.*s is read under lock",
                          SV_FMT(child));
    }
    (void)sqllint_know(a->r, FACT_LIVE, child);
}

static void alter_detach(struct alter *a)
{
    struct sv child = sqllint_table(a->r, sqltree_at(a->cmd, "def.PartitionCmd.name"));

    sqllint_grade(a->r, SQLLINT_B);
    if (sqltree_flag(a->cmd, "def.PartitionCmd.concurrent") || !a->live)
        return;
    sqllint_take(a->r, child, SQLLINT_AEL);
    (void)sqllint_add(a->r, SQLLINT_PG026, a->at, "%.*s and %.*s are locked against readers",
                      SV_FMT(a->table), SV_FMT(child));
    sqllint_rewrite(a->r, SQLLINT_PG026, "-- prusik:up tx=no\n%.*s CONCURRENTLY;",
                    SV_FMT(sqllint_slice(a->r, 0, a->r->stmt->text.n)));
}

static void alter_enable_trigger(struct alter *a)
{
    if (a->live)
        (void)sqllint_add(a->r, SQLLINT_PG028, a->at, "nobody writes to %.*s meanwhile",
                          SV_FMT(a->table));
}

static void alter_disable_trigger(struct alter *a)
{
    bool all = sqltree_is(a->cmd, "subtype", "AT_DisableTrigAll");

    if (a->live)
        (void)sqllint_add(a->r, SQLLINT_PG032, a->at, "%s of %.*s is off for every session",
                          all ? "each trigger, foreign keys included," : "the trigger",
                          SV_FMT(a->table));
}

static void alter_storage(struct alter *a)
{
    if (!a->live)
        return;
    a->r->works = true;
    (void)sqllint_add(a->r, SQLLINT_PG023, a->at, "%.*s is copied under lock", SV_FMT(a->table));
}

static void alter_security(struct alter *a)
{
    if (a->live && !sqllint_find(a->r, FACT_OBJECT,
                                 arena_fmt(&a->r->l->arena, "policy %.*s", SV_FMT(a->table))))
        sqllint_until(a->r,
                      sqllint_add(a->r, SQLLINT_RUN112, a->at, "no policy on %.*s in this file",
                                  SV_FMT(a->table)),
                      UNTIL_POLICY, a->table);
}

static void alter_setting(struct alter *a)
{
    sqllint_grade(a->r, SQLLINT_B);
}

/* The lock that a command takes; those that are not here: ACCESS EXCLUSIVE. */
static const struct {
    const char *type;
    enum sqllint_lock lock;
    void (*check)(struct alter *a);
} alter_commands[] = {
    {"AT_AddColumn", SQLLINT_AEL, alter_add_column},
    {"AT_AddConstraint", SQLLINT_AEL, alter_add_constraint},
    {"AT_ValidateConstraint", SQLLINT_SUE, alter_validate},
    {"AT_DropConstraint", SQLLINT_AEL, alter_drop_constraint},
    {"AT_SetNotNull", SQLLINT_AEL, alter_set_not_null},
    {"AT_DropNotNull", SQLLINT_AEL, alter_drop_not_null},
    {"AT_ColumnDefault", SQLLINT_AEL, alter_default},
    {"AT_AlterColumnType", SQLLINT_AEL, alter_type},
    {"AT_DropColumn", SQLLINT_AEL, alter_drop_column},
    {"AT_AttachPartition", SQLLINT_SUE, alter_attach},
    {"AT_DetachPartition", SQLLINT_AEL, alter_detach},
    {"AT_EnableTrig", SQLLINT_SRE, alter_enable_trigger},
    {"AT_EnableTrigAll", SQLLINT_SRE, alter_enable_trigger},
    {"AT_EnableTrigUser", SQLLINT_SRE, alter_enable_trigger},
    {"AT_EnableAlwaysTrig", SQLLINT_SRE, alter_enable_trigger},
    {"AT_EnableReplicaTrig", SQLLINT_SRE, alter_enable_trigger},
    {"AT_DisableTrig", SQLLINT_SRE, alter_disable_trigger},
    {"AT_DisableTrigAll", SQLLINT_SRE, alter_disable_trigger},
    {"AT_DisableTrigUser", SQLLINT_SRE, alter_disable_trigger},
    {"AT_SetLogged", SQLLINT_AEL, alter_storage},
    {"AT_SetUnLogged", SQLLINT_AEL, alter_storage},
    {"AT_SetAccessMethod", SQLLINT_AEL, alter_storage},
    {"AT_SetTableSpace", SQLLINT_AEL, alter_storage},
    {"AT_EnableRowSecurity", SQLLINT_AEL, alter_security},
    {"AT_SetStatistics", SQLLINT_SUE, alter_setting},
    {"AT_SetRelOptions", SQLLINT_SUE, alter_setting},
    {"AT_ResetRelOptions", SQLLINT_SUE, alter_setting},
    {"AT_SetStorage", SQLLINT_AEL, alter_setting},
    {"AT_ClusterOn", SQLLINT_SUE, alter_setting},
};

/* The lock of one command, which two of them choose by what they are told. */
static enum sqllint_lock alter_lock(const json_t *cmd, size_t row)
{
    if (sqltree_is(cmd, "def.Constraint.contype", "CONSTR_FOREIGN"))
        return SQLLINT_SRE;
    if (sqltree_flag(cmd, "def.PartitionCmd.concurrent"))
        return SQLLINT_SUE;
    return alter_commands[row].lock;
}

static enum sqllint_lock alter_command(struct alter *a)
{
    struct sv type = sqltree_sv(a->cmd, "subtype");

    a->name = sqltree_sv(a->cmd, "name");
    a->at = 0;
    for (size_t i = 0; i < ARRAY_LEN(alter_commands); i++)
        if (sv_is(type, alter_commands[i].type)) {
            alter_commands[i].check(a);
            return alter_lock(a->cmd, i);
        }
    return SQLLINT_AEL;
}

static void alter_check(struct sqllint_run *r, const json_t *body)
{
    const json_t *range = sqltree_at(body, "relation"), *cmds = sqltree_at(body, "cmds"), *one;
    struct alter a = {.r = r, .body = body};
    enum sqllint_lock lock = SQLLINT_UNLOCKED;
    size_t i;

    if (!sqltree_is(body, "objtype", "OBJECT_TABLE"))
        return;
    a.table = sqllint_table(r, range);
    a.written = sqllint_written(r, range);
    a.live = sqllint_is_live(r, a.table);
    json_array_foreach(cmds, i, one) a.drops =
        a.drops || sqltree_is(one, "AlterTableCmd.subtype", "AT_DropConstraint");
    json_array_foreach(cmds, i, one)
    {
        enum sqllint_lock l;

        a.cmd = sqltree_at(one, "AlterTableCmd");
        a.end = i + 1 == json_array_size(cmds) ? r->stmt->text.n : 0;
        l = alter_command(&a);
        lock = l > lock ? l : lock;
    }
    sqllint_take(r, a.table, lock);
    sqllint_changes(r, a.table);
}

const struct sqllint_check sqllint_checks_alter[] = {{"AlterTableStmt", alter_check}, {NULL, NULL}};
