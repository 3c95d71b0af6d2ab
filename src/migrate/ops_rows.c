/* Operations on definitions, and the table of all: their fields, the parts that do it online, and those that undo it.  docs/formats/operations.md */
#include "base/sv.h"
#include "migrate/ops_int.h"

const enum db_kind ops_dbs[2] = {PG, LITE};

struct sv ops_join(struct ops *o, const char *suffix)
{
    return arena_fmt(&o->arena, "%.*s_%.*s%s", SV_FMT(ops_plain(o, "table")),
                     SV_FMT(ops_plain(o, "column")), suffix);
}

const char *ops_rebuild(struct ops *o)
{
    return ops_attr(o, "rebuild", ops_plain(o, "table"));
}

struct sv ops_lit(struct ops *o, const char *key)
{
    return ops_literal(o, ops_text(o, key, PG));
}

/* A batch-wise UPDATE; its keys are the operation's, else the primary key. */
const char *ops_job(struct ops *o, struct sv name, const struct yaml_node *keys)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0), key = STRBUF(0);

    for (size_t i = 0; keys && i < keys->n_items; i++)
        strbuf_addf(&key, "%s%.*s", i ? "," : "", SV_FMT(ops_node_text(o, &keys->items[i], PG)));
    strbuf_add_str(&b, ops_attr(o, "job", name));
    strbuf_add_str(&b, ops_attr(o, "table", ops_text(o, "table", PG)));
    strbuf_add_str(&b, ops_attr(o, "key", key.n ? strbuf_sv(&key) : SV("@primary")));
    return arena_strdup(&o->arena, strbuf_sv(&b));
}

static bool ops_is(const struct yaml_node *other, const char *key, struct sv table)
{
    const struct yaml_node *t = yaml_get(other, key);

    return t && sv_eq(t->text, table);
}

bool ops_touched(struct ops *o, const char *by)
{
    struct sv table = ops_text(o, "table", PG);

    for (size_t i = 0; i < o->n_before; i++) {
        const struct yaml_node *other = &o->before->items[i].items[0];

        if (ops_is(other, "table", table) && sv_is(other->key, by))
            return true;
    }
    return false;
}

/* Nor is it known what a statement of the author's changes: rows before it are not what they will be. */
static bool ops_will_differ(struct ops *o, const char *key)
{
    struct sv table = ops_text(o, key, PG);

    for (size_t i = 0; i < o->n_before; i++) {
        const struct yaml_node *other = &o->before->items[i].items[0];

        if (ops_is(other, "table", table) || ops_is(other, "to", table) || sv_is(other->key, "sql"))
            return true;
    }
    return false;
}

/* --- constraints --- */

/* SET NOT NULL reads the whole table under its lock unless a valid CHECK says the same. */
static void ops_not_null(struct ops *o)
{
    struct sv t = ops_name(o, "table"), c = ops_name(o, "column");
    struct sv nn = ops_quote(o, ops_join(o, "_nn"));

    ops_up(o, PG, NULL, "ALTER TABLE %.*s ADD CONSTRAINT %.*s CHECK (%.*s IS NOT NULL) NOT VALID",
           SV_FMT(t), SV_FMT(nn), SV_FMT(c));
    ops_up(o, PG, NULL, "ALTER TABLE %.*s VALIDATE CONSTRAINT %.*s", SV_FMT(t), SV_FMT(nn));
    ops_up(o, PG, NULL, "ALTER TABLE %.*s ALTER COLUMN %.*s SET NOT NULL", SV_FMT(t), SV_FMT(c));
    ops_up(o, PG, NULL, "ALTER TABLE %.*s DROP CONSTRAINT %.*s", SV_FMT(t), SV_FMT(nn));
}

static void ops_check_constraint(struct ops *o, struct sv name, struct sv expr)
{
    struct sv t = ops_name(o, "table"), n = ops_quote(o, name);

    ops_up(o, PG, NULL, "ALTER TABLE %.*s ADD CONSTRAINT %.*s CHECK (%.*s) NOT VALID", SV_FMT(t),
           SV_FMT(n), SV_FMT(expr));
    ops_up(o, PG, NULL, "ALTER TABLE %.*s VALIDATE CONSTRAINT %.*s", SV_FMT(t), SV_FMT(n));
}

static struct sv ops_upper(struct ops *o, struct sv s)
{
    struct sv copy = arena_sv(&o->arena, s);
    char *p = arena_strdup(&o->arena, copy);

    for (size_t i = 0; i < s.n; i++) {
        if (p[i] >= 'a' && p[i] <= 'z')
            p[i] = (char)(p[i] - 'a' + 'A');
        if (!ascii_is_alpha(p[i]) && p[i] != ' ')
            ops_bad(o, o->node, "'%.*s' is no action of a foreign key", SV_FMT(s));
    }
    return (struct sv){p, s.n};
}

/* "FOREIGN KEY (...) REFERENCES ...", of a map with its fields. */
static struct sv ops_foreign(struct ops *o, const struct yaml_node *fk, struct sv columns)
{
    static const char *const keys[][2] = {{"on_delete", " ON DELETE "},
                                          {"on_update", " ON UPDATE "}};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    bool deferrable = false;

    strbuf_addf(&b, "FOREIGN KEY (%.*s) REFERENCES %.*s (%.*s)", SV_FMT(columns),
                SV_FMT(ops_quote(o, ops_node_text(o, yaml_get(fk, "to_table"), PG))),
                SV_FMT(ops_names(o, yaml_get(fk, "to_columns"))));
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct sv v = ops_node_text(o, yaml_get(fk, keys[i][0]), PG);

        if (v.n)
            strbuf_addf(&b, "%s%.*s", keys[i][1], SV_FMT(ops_upper(o, v)));
    }
    if (yaml_get(fk, "deferrable") && yaml_bool(yaml_get(fk, "deferrable"), &deferrable) &&
        deferrable)
        strbuf_add_str(&b, " DEFERRABLE INITIALLY DEFERRED");
    return arena_sv(&o->arena, strbuf_sv(&b));
}

static void ops_drop_named(struct ops *o, const char *key)
{
    struct sv t = ops_name(o, "table"), n = ops_name(o, key);

    ops_down(o, PG, NULL, "ALTER TABLE %.*s DROP CONSTRAINT %.*s", SV_FMT(t), SV_FMT(n));
    ops_down(o, LITE, ops_rebuild(o), "DROP CONSTRAINT %.*s", SV_FMT(n));
}

/*
 * Before anything is changed: behind NOT VALID the rows that do not fit would be found when the constraint is there already,
 * and refuses what is written.  SQLite's rebuild is one transaction, and names them.
 */
static void ops_rows_fit(struct ops *o, struct sv name, struct sv wrong)
{
    if (!o->failed && !ops_will_differ(o, "table"))
        ops_check(o, PG, arena_fmt(&o->arena, "no row against %.*s", SV_FMT(name)).p, "value:0",
                  "SELECT count(*) FROM %.*s WHERE %.*s", SV_FMT(ops_name(o, "table")),
                  SV_FMT(wrong));
}

static void ops_no_orphans(struct ops *o)
{
    const struct yaml_node *from = yaml_get(o->node, "columns"),
                           *to = yaml_get(o->node, "to_columns");
    CLEANUP(strbuf_release) struct strbuf there = STRBUF(0), same = STRBUF(0);

    if (o->failed || ops_will_differ(o, "table") || ops_will_differ(o, "to_table"))
        return;
    for (size_t i = 0; i < from->n_items && i < to->n_items; i++) {
        struct sv c = ops_quote(o, from->items[i].text), p = ops_quote(o, to->items[i].text);

        strbuf_addf(&there, "%sc.%.*s IS NOT NULL", i ? " AND " : "", SV_FMT(c));
        strbuf_addf(&same, "%sp.%.*s = c.%.*s", i ? " AND " : "", SV_FMT(p), SV_FMT(c));
    }
    ops_check(
        o, PG, "no row without a parent", "empty",
        "SELECT DISTINCT %.*s FROM %.*s c WHERE %s AND NOT EXISTS (SELECT 1 FROM %.*s p WHERE %s) LIMIT 10",
        SV_FMT(ops_names(o, from)), SV_FMT(ops_name(o, "table")), strbuf_str(&there),
        SV_FMT(ops_name(o, "to_table")), strbuf_str(&same));
}

static void ops_add_check(struct ops *o)
{
    ops_rows_fit(o, ops_plain(o, "name"),
                 arena_fmt(&o->arena, "NOT (%.*s)", SV_FMT(ops_expr(o, "expr", PG))));
    ops_check_constraint(o, ops_plain(o, "name"), ops_expr(o, "expr", PG));
    ops_up(o, LITE, ops_rebuild(o), "ADD CONSTRAINT %.*s CHECK (%.*s)", SV_FMT(ops_name(o, "name")),
           SV_FMT(ops_expr(o, "expr", LITE)));
    ops_drop_named(o, "name");
}

static void ops_add_foreign_key(struct ops *o)
{
    struct sv t = ops_name(o, "table"), n = ops_name(o, "name");
    struct sv fk = ops_foreign(o, o->node, ops_names(o, yaml_get(o->node, "columns")));

    ops_no_orphans(o);
    ops_up(o, PG, NULL, "ALTER TABLE %.*s ADD CONSTRAINT %.*s %.*s NOT VALID", SV_FMT(t), SV_FMT(n),
           SV_FMT(fk));
    ops_up(o, PG, NULL, "ALTER TABLE %.*s VALIDATE CONSTRAINT %.*s", SV_FMT(t), SV_FMT(n));
    ops_up(o, LITE, ops_rebuild(o), "ADD CONSTRAINT %.*s %.*s", SV_FMT(n), SV_FMT(fk));
    ops_drop_named(o, "name");
}

/* A table that this file has changed before is as it will be only then.  `where` of an index counts only its rows. */
static void ops_no_duplicates(struct ops *o)
{
    const struct yaml_node *columns = yaml_get(o->node, "columns");
    CLEANUP(strbuf_release) struct strbuf where = STRBUF(0);
    struct sv names = ops_names(o, columns);

    if (o->failed || ops_will_differ(o, "table"))
        return;
    for (size_t i = 0; i < columns->n_items; i++) {
        strbuf_add_str(&where, i ? " AND " : "");
        db_quote_name(&where, columns->items[i].text);
        strbuf_add_str(&where, " IS NOT NULL");
    }
    EACH_DB(d)
    {
        struct sv only = ops_has(o, "where") ? ops_expr(o, "where", *d) : SV("");

        ops_check(
            o, *d, "no duplicates", "empty",
            "SELECT %.*s FROM %.*s WHERE %s%s%.*s%s GROUP BY %.*s HAVING count(*) > 1 LIMIT 10",
            SV_FMT(names), SV_FMT(ops_name(o, "table")), strbuf_str(&where), only.n ? " AND (" : "",
            SV_FMT(only), only.n ? ")" : "", SV_FMT(names));
    }
}

static void ops_add_unique(struct ops *o)
{
    struct sv t = ops_name(o, "table"), n = ops_name(o, "name");
    struct sv i = ops_quote(o, arena_fmt(&o->arena, "%.*s_i", SV_FMT(ops_plain(o, "name"))));
    struct sv columns = ops_names(o, yaml_get(o->node, "columns"));

    ops_no_duplicates(o);
    ops_up(o, PG, " tx=no", "CREATE UNIQUE INDEX CONCURRENTLY %.*s ON %.*s (%.*s)", SV_FMT(i),
           SV_FMT(t), SV_FMT(columns));
    ops_up(o, PG, NULL, "ALTER TABLE %.*s ADD CONSTRAINT %.*s UNIQUE USING INDEX %.*s", SV_FMT(t),
           SV_FMT(n), SV_FMT(i));
    ops_up(o, LITE, NULL, "CREATE UNIQUE INDEX %.*s ON %.*s (%.*s)", SV_FMT(n), SV_FMT(t),
           SV_FMT(columns));
    ops_down(o, PG, NULL, "ALTER TABLE %.*s DROP CONSTRAINT %.*s", SV_FMT(t), SV_FMT(n));
    ops_down(o, LITE, NULL, "DROP INDEX %.*s", SV_FMT(n));
}

static void ops_drop_constraint(struct ops *o)
{
    struct sv t = ops_name(o, "table"), n = ops_name(o, "name");
    struct sv where = arena_fmt(
        &o->arena, "FROM pg_constraint c WHERE c.conrelid = to_regclass(%.*s) AND c.conname = %.*s",
        SV_FMT(ops_literal(o, t)), SV_FMT(ops_lit(o, "name")));
    struct sv add = ops_literal(
        o, arena_fmt(&o->arena, "ALTER TABLE %.*s ADD CONSTRAINT %.*s ", SV_FMT(t), SV_FMT(n)));
    struct sv validate = ops_literal(
        o, arena_fmt(&o->arena, "ALTER TABLE %.*s VALIDATE CONSTRAINT %.*s", SV_FMT(t), SV_FMT(n)));

    ops_down_from(
        o, PG, " tx=no",
        "SELECT regexp_replace(pg_get_indexdef(c.conindid), '^CREATE UNIQUE INDEX ', 'CREATE UNIQUE INDEX CONCURRENTLY ') %.*s AND c.contype IN ('u', 'p')",
        SV_FMT(where));
    ops_down_from(
        o, PG, NULL,
        "SELECT %.*s || CASE WHEN c.contype IN ('c', 'f') THEN pg_get_constraintdef(c.oid) || ' NOT VALID'"
        " WHEN c.contype = 'u' THEN 'UNIQUE USING INDEX ' || quote_ident(c.conname)"
        " WHEN c.contype = 'p' THEN 'PRIMARY KEY USING INDEX ' || quote_ident(c.conname)"
        " ELSE pg_get_constraintdef(c.oid) END %.*s",
        SV_FMT(add), SV_FMT(where));
    ops_down_from(o, PG, NULL, "SELECT %.*s %.*s AND c.contype IN ('c', 'f') AND c.convalidated",
                  SV_FMT(validate), SV_FMT(where));
    ops_up(o, PG, NULL, "ALTER TABLE %.*s DROP CONSTRAINT %.*s", SV_FMT(t), SV_FMT(n));
    ops_down_from(
        o, LITE, ops_rebuild(o),
        "SELECT 'AS ' || sql FROM main.sqlite_schema WHERE type = 'table' AND name = %.*s COLLATE NOCASE",
        SV_FMT(ops_literal(o, ops_plain(o, "table"))));
    ops_up(o, LITE, ops_rebuild(o), "DROP CONSTRAINT %.*s", SV_FMT(n));
}

/* --- columns --- */

static void ops_set_not_null(struct ops *o)
{
    struct sv t = ops_name(o, "table"), c = ops_name(o, "column");

    if (ops_has(o, "fill"))
        ops_up(o, PG, ops_job(o, ops_join(o, "_fill"), yaml_get(o->node, "key")),
               "UPDATE %.*s SET %.*s = %.*s WHERE %.*s IS NULL", SV_FMT(t), SV_FMT(c),
               SV_FMT(ops_expr(o, "fill", PG)), SV_FMT(c));
    else
        ops_rows_fit(o, arena_fmt(&o->arena, "NOT NULL of %.*s", SV_FMT(ops_plain(o, "column"))),
                     arena_fmt(&o->arena, "%.*s IS NULL", SV_FMT(c)));
    ops_not_null(o);
    ops_up(o, LITE, ops_rebuild(o), "ALTER COLUMN %.*s SET NOT NULL%s%.*s", SV_FMT(c),
           ops_has(o, "fill") ? " USING " : "", SV_FMT(ops_expr(o, "fill", LITE)));
    ops_down(o, PG, NULL, "ALTER TABLE %.*s ALTER COLUMN %.*s DROP NOT NULL", SV_FMT(t), SV_FMT(c));
    ops_down(o, LITE, ops_rebuild(o), "ALTER COLUMN %.*s DROP NOT NULL", SV_FMT(c));
}

static void ops_drop_not_null(struct ops *o)
{
    struct sv t = ops_name(o, "table"), c = ops_name(o, "column");
    const char *needs =
        ops_attr(o, "needs",
                 arena_fmt(&o->arena, "SELECT NOT EXISTS (SELECT 1 FROM %.*s WHERE %.*s IS NULL)",
                           SV_FMT(t), SV_FMT(c)));
    const char *reason =
        ops_attr(o, "reason", arena_fmt(&o->arena, "%.*s has nulls", SV_FMT(ops_join(o, ""))));

    ops_up(o, PG, NULL, "ALTER TABLE %.*s ALTER COLUMN %.*s DROP NOT NULL", SV_FMT(t), SV_FMT(c));
    ops_up(o, LITE, ops_rebuild(o), "ALTER COLUMN %.*s DROP NOT NULL", SV_FMT(c));
    ops_down(o, PG, arena_fmt(&o->arena, "%s%s", needs, reason).p,
             "ALTER TABLE %.*s ADD CONSTRAINT %.*s CHECK (%.*s IS NOT NULL) NOT VALID", SV_FMT(t),
             SV_FMT(ops_quote(o, ops_join(o, "_nn"))), SV_FMT(c));
    ops_down(o, PG, NULL, "ALTER TABLE %.*s VALIDATE CONSTRAINT %.*s", SV_FMT(t),
             SV_FMT(ops_quote(o, ops_join(o, "_nn"))));
    ops_down(o, PG, NULL, "ALTER TABLE %.*s ALTER COLUMN %.*s SET NOT NULL", SV_FMT(t), SV_FMT(c));
    ops_down(o, PG, NULL, "ALTER TABLE %.*s DROP CONSTRAINT %.*s", SV_FMT(t),
             SV_FMT(ops_quote(o, ops_join(o, "_nn"))));
    ops_down(o, LITE, arena_fmt(&o->arena, "%s%s%s", ops_rebuild(o), needs, reason).p,
             "ALTER COLUMN %.*s SET NOT NULL", SV_FMT(c));
}

/* What stands in the catalog of SQLite about the column, as an action of a rebuild. */
static void ops_down_column(struct ops *o, const char *what)
{
    ops_down_from(o, LITE, ops_rebuild(o),
                  "SELECT %.*s || %s FROM pragma_table_info(%.*s) WHERE name = %.*s COLLATE NOCASE",
                  SV_FMT(ops_literal(o, arena_fmt(&o->arena, "ALTER COLUMN %.*s ",
                                                  SV_FMT(ops_name(o, "column"))))),
                  what, SV_FMT(ops_literal(o, ops_plain(o, "table"))),
                  SV_FMT(ops_lit(o, "column")));
}

/* The same of PostgreSQL, as an ALTER TABLE. */
static void ops_down_attribute(struct ops *o, const char *what)
{
    struct sv t = ops_name(o, "table");

    ops_down_from(
        o, PG, NULL,
        "SELECT %.*s || %s FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
        " WHERE a.attrelid = to_regclass(%.*s) AND a.attname = %.*s",
        SV_FMT(ops_literal(o, arena_fmt(&o->arena, "ALTER TABLE %.*s ", SV_FMT(t)))), what,
        SV_FMT(ops_literal(o, t)), SV_FMT(ops_lit(o, "column")));
}

static void ops_set_default(struct ops *o)
{
    struct sv t = ops_name(o, "table"), c = ops_name(o, "column");
    struct sv q = ops_literal(o, arena_fmt(&o->arena, "ALTER COLUMN %.*s ", SV_FMT(c)));

    ops_down_attribute(
        o,
        arena_fmt(
            &o->arena,
            "%.*s || coalesce('SET DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), 'DROP DEFAULT')",
            SV_FMT(q))
            .p);
    EACH_DB(d)
    {
        struct sv e = ops_expr(o, "default", *d);

        if (*d == LITE)
            ops_down_column(o, "coalesce('SET DEFAULT ' || dflt_value, 'DROP DEFAULT')");
        ops_up(o, *d, *d == LITE ? ops_rebuild(o) : NULL, "%s%.*s%sALTER COLUMN %.*s %s%.*s",
               *d == PG ? "ALTER TABLE " : "", SV_FMT(*d == PG ? t : SV("")), *d == PG ? " " : "",
               SV_FMT(c), e.n ? "SET DEFAULT " : "DROP DEFAULT", SV_FMT(e));
    }
}

/* In place only when no row has to be read: longer, or without a limit. */
static void ops_set_type(struct ops *o)
{
    struct sv t = ops_name(o, "table"), c = ops_name(o, "column");
    struct sv type = ops_type(o, yaml_get(o->node, "type"), PG, false),
              lite = ops_type(o, yaml_get(o->node, "type"), LITE, false);
    struct sv q = ops_literal(o, arena_fmt(&o->arena, "ALTER COLUMN %.*s TYPE ", SV_FMT(c)));

    ops_check(
        o, PG, "the type changes without rewriting the table", "true",
        "SELECT CASE WHEN n.base = 'text' THEN a.atttypid IN ('text'::regtype, 'varchar'::regtype)"
        " WHEN n.base IN ('varchar', 'character varying') THEN a.atttypid = 'varchar'::regtype AND"
        " (n.p IS NULL OR (a.atttypmod >= 4 AND n.p >= a.atttypmod - 4))"
        " WHEN n.base IN ('numeric', 'decimal') THEN a.atttypid = 'numeric'::regtype AND (n.p IS NULL OR"
        " (a.atttypmod >= 4 AND n.p >= ((a.atttypmod - 4) >> 16) AND coalesce(n.s, 0) = ((a.atttypmod - 4) & 65535)))"
        " ELSE false END FROM pg_attribute a, (SELECT lower(btrim(split_part(%.*s, '(', 1))) AS base,"
        " substring(%.*s from '\\( *([0-9]+)')::int AS p, substring(%.*s from ', *([0-9]+)')::int AS s) n"
        " WHERE a.attrelid = to_regclass(%.*s) AND a.attname = %.*s",
        SV_FMT(ops_literal(o, type)), SV_FMT(ops_literal(o, type)), SV_FMT(ops_literal(o, type)),
        SV_FMT(ops_literal(o, t)), SV_FMT(ops_lit(o, "column")));
    ops_down_attribute(
        o,
        arena_fmt(
            &o->arena,
            "%.*s || replace(format_type(a.atttypid, a.atttypmod), 'character varying', 'varchar')",
            SV_FMT(q))
            .p);
    ops_up(o, PG, NULL, "ALTER TABLE %.*s ALTER COLUMN %.*s TYPE %.*s", SV_FMT(t), SV_FMT(c),
           SV_FMT(type));
    ops_down_column(o, "'TYPE ' || type");
    ops_up(o, LITE, ops_rebuild(o), "ALTER COLUMN %.*s TYPE %.*s%s%.*s", SV_FMT(c), SV_FMT(lite),
           ops_has(o, "using") ? " USING " : "", SV_FMT(ops_expr(o, "using", LITE)));
}

static void ops_rename_column(struct ops *o)
{
    struct sv t = ops_name(o, "table"), from = ops_name(o, "from"), to = ops_name(o, "to");

    EACH_DB(d)
    {
        ops_up(o, *d, NULL, "ALTER TABLE %.*s RENAME COLUMN %.*s TO %.*s", SV_FMT(t), SV_FMT(from),
               SV_FMT(to));
        ops_down(o, *d, NULL, "ALTER TABLE %.*s RENAME COLUMN %.*s TO %.*s", SV_FMT(t), SV_FMT(to),
                 SV_FMT(from));
    }
}

static void ops_drop_column(struct ops *o)
{
    struct sv t = ops_name(o, "table"), c = ops_name(o, "column");
    struct sv add = ops_literal(
        o, arena_fmt(&o->arena, "ALTER TABLE %.*s ADD COLUMN %.*s ", SV_FMT(t), SV_FMT(c)));

    ops_down_attribute(
        o,
        arena_fmt(
            &o->arena,
            "'ADD COLUMN ' || %.*s || ' ' || format_type(a.atttypid, a.atttypmod) || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')",
            SV_FMT(ops_literal(o, c)))
            .p);
    ops_up(o, PG, NULL, "ALTER TABLE %.*s DROP COLUMN %.*s", SV_FMT(t), SV_FMT(c));
    ops_down_from(
        o, LITE, NULL,
        "SELECT %.*s || type || coalesce(' DEFAULT ' || dflt_value, '') FROM pragma_table_info(%.*s) WHERE name = %.*s COLLATE NOCASE",
        SV_FMT(add), SV_FMT(ops_literal(o, ops_plain(o, "table"))), SV_FMT(ops_lit(o, "column")));
    ops_up(o, LITE, NULL, "ALTER TABLE %.*s DROP COLUMN %.*s", SV_FMT(t), SV_FMT(c));
}

/* --- a new column --- */

/* Does it give the same for every row?  Functions that are not known to may not. */
static bool ops_is_stable(struct sv e)
{
    static const char *const stable[] = {"now",
                                         "current_date",
                                         "lower",
                                         "upper",
                                         "jsonb_build_object",
                                         "make_interval",
                                         "transaction_timestamp",
                                         "statement_timestamp"};

    for (size_t i = 0; i < e.n; i++) {
        size_t from = i;
        bool known = false;

        if (e.p[i] != '(')
            continue;
        while (from > 0 && (ascii_is_alnum(e.p[from - 1]) || e.p[from - 1] == '_'))
            from--;
        for (size_t k = 0; k < ARRAY_LEN(stable); k++)
            known = known || sv_eq_nocase(sv_sub(e, from, i), sv_from(stable[k]));
        if (from < i && !known)
            return false;
    }
    return true;
}

static void ops_references(struct ops *o, const struct yaml_node *ref, struct strbuf *lite)
{
    static const char *const keys[] = {"to_table",  "to_columns", "on_delete",
                                       "on_update", "deferrable", NULL};
    struct sv t = ops_name(o, "table"), n = ops_quote(o, ops_join(o, "_fkey"));
    struct sv fk;

    if (yaml_file_keys(&o->f, ref, "references", keys) != ERR_OK) {
        o->failed = true;
        return;
    }
    fk = ops_foreign(o, ref, ops_name(o, "column"));
    ops_up(o, PG, NULL, "ALTER TABLE %.*s ADD CONSTRAINT %.*s %.*s NOT VALID", SV_FMT(t), SV_FMT(n),
           SV_FMT(fk));
    ops_up(o, PG, NULL, "ALTER TABLE %.*s VALIDATE CONSTRAINT %.*s", SV_FMT(t), SV_FMT(n));
    strbuf_addf(lite, " CONSTRAINT %.*s %.*s", SV_FMT(n),
                SV_FMT(sv_sub(fk, sv_find(fk, SV("REFERENCES"), 0), fk.n)));
}

struct ops_column {
    struct sv t, c, fill[2], dflt[2];
    bool null, stable[2];
    const struct yaml_node *keys;
};

static void ops_column_read(struct ops *o, struct ops_column *k)
{
    static const char *const keys[] = {"key", "set", NULL};
    const struct yaml_node *backfill = yaml_get(o->node, "backfill");

    k->t = ops_name(o, "table");
    k->c = ops_name(o, "column");
    k->null = ops_yes(o, "null", true);
    if (backfill && yaml_file_keys(&o->f, backfill, "backfill", keys) != ERR_OK) {
        o->failed = true;
        return;
    }
    k->keys = backfill ? yaml_get(backfill, "key") : NULL;
    EACH_DB(d)
    {
        struct sv set = backfill ? ops_node_expr(o, yaml_get(backfill, "set"), *d) : SV("");

        k->dflt[*d] = ops_expr(o, "default", *d);
        k->stable[*d] = ops_is_stable(k->dflt[*d]);
        k->fill[*d] = set.n ? set : backfill ? k->dflt[*d] : SV("");
        if (!k->fill[*d].n && (!k->stable[*d] || (!k->null && !k->dflt[*d].n)) && *d == PG)
            ops_bad(o, o->node,
                    "'%.*s' needs a value for each row: backfill: {key: [...], set: ...}",
                    SV_FMT(k->c));
    }
}

static void ops_column_postgres(struct ops *o, const struct ops_column *k)
{
    struct sv type = ops_type(o, yaml_get(o->node, "type"), PG, false);
    bool in_one = k->dflt[PG].n && k->stable[PG] && !k->fill[PG].n;

    ops_up(o, PG, NULL, "ALTER TABLE %.*s ADD COLUMN %.*s %.*s%s%s%.*s", SV_FMT(k->t), SV_FMT(k->c),
           SV_FMT(type), in_one && !k->null ? " NOT NULL" : "", in_one ? " DEFAULT " : "",
           SV_FMT(in_one ? k->dflt[PG] : SV("")));
    if (k->dflt[PG].n && !in_one)
        ops_up(o, PG, NULL, "ALTER TABLE %.*s ALTER COLUMN %.*s SET DEFAULT %.*s", SV_FMT(k->t),
               SV_FMT(k->c), SV_FMT(k->dflt[PG]));
    if (k->fill[PG].n)
        ops_up(o, PG, ops_job(o, ops_join(o, ""), k->keys),
               "UPDATE %.*s SET %.*s = %.*s WHERE %.*s IS NULL", SV_FMT(k->t), SV_FMT(k->c),
               SV_FMT(k->fill[PG]), SV_FMT(k->c));
    if (!k->null && !in_one)
        ops_not_null(o);
}

/* ALTER TABLE can only add what every row can have at once. */
static void ops_column_sqlite(struct ops *o, const struct ops_column *k, const struct strbuf *rest)
{
    struct sv type = ops_type(o, yaml_get(o->node, "type"), LITE, false), e = k->dflt[LITE];
    bool constant = !e.n || (!sv_has(e, SV("(")) && !sv_starts_nocase(e, SV("CURRENT_")));
    bool native = constant && (k->null || e.n) && !k->fill[LITE].n;
    struct sv text =
        arena_fmt(&o->arena, "%.*s %.*s%s%s%.*s%s%s", SV_FMT(k->c), SV_FMT(type),
                  k->null ? "" : " NOT NULL", e.n ? (constant ? " DEFAULT " : " DEFAULT (") : "",
                  SV_FMT(e), constant ? "" : ")", strbuf_str(rest));

    if (native)
        ops_up(o, LITE, NULL, "ALTER TABLE %.*s ADD COLUMN %.*s", SV_FMT(k->t), SV_FMT(text));
    else
        ops_up(o, LITE, ops_rebuild(o), "ADD COLUMN %.*s USING %.*s", SV_FMT(text),
               SV_FMT(k->fill[LITE].n ? k->fill[LITE]
                      : e.n           ? e
                                      : SV("NULL")));
}

static void ops_add_column(struct ops *o)
{
    CLEANUP(strbuf_release) struct strbuf lite = STRBUF(0);
    struct ops_column k = {0};
    struct sv name = ops_join(o, "_check");

    ops_column_read(o, &k);
    if (o->failed)
        return;
    ops_column_postgres(o, &k);
    if (ops_has(o, "check")) {
        ops_check_constraint(o, name, ops_expr(o, "check", PG));
        strbuf_addf(&lite, " CONSTRAINT %.*s CHECK (%.*s)", SV_FMT(ops_quote(o, name)),
                    SV_FMT(ops_expr(o, "check", LITE)));
    }
    if (ops_has(o, "references"))
        ops_references(o, yaml_get(o->node, "references"), &lite);
    ops_column_sqlite(o, &k, &lite);
    EACH_DB(d)
    ops_down(o, *d, NULL, "ALTER TABLE %.*s DROP COLUMN %.*s", SV_FMT(k.t), SV_FMT(k.c));
}

/* --- tables --- */

static void ops_table_column(struct ops *o, const struct yaml_node *n, enum db_kind db, bool strict,
                             bool key, struct strbuf *b)
{
    static const char *const keys[] = {"name",    "type",      "null",  "default", "identity",
                                       "collate", "generated", "check", NULL};
    bool null = true, identity = false;
    struct sv v;

    if (yaml_file_keys(&o->f, n, "a column", keys) != ERR_OK) {
        o->failed = true;
        return;
    }
    if ((yaml_get(n, "null") && !yaml_bool(yaml_get(n, "null"), &null)) ||
        (yaml_get(n, "identity") && !yaml_bool(yaml_get(n, "identity"), &identity)))
        ops_bad(o, n, "'null' and 'identity' are yes or no");
    v = ops_type(o, yaml_get(n, "type"), db, strict);
    if (!v.n || !ops_node_text(o, yaml_get(n, "name"), db).n)
        ops_bad(o, n, "a column needs 'name' and 'type'");
    db_quote_name(b, ops_node_text(o, yaml_get(n, "name"), db));
    strbuf_addf(b, " %.*s", SV_FMT(v));
    if (key)
        strbuf_add_str(b, " PRIMARY KEY");
    if (identity && db == PG)
        strbuf_add_str(b, " GENERATED BY DEFAULT AS IDENTITY");
    if ((!null || identity) && !key)
        strbuf_add_str(b, " NOT NULL");
    if ((v = ops_node_text(o, yaml_get(n, "collate"), db)).n)
        strbuf_addf(b, " COLLATE %.*s", SV_FMT(ops_quote(o, v)));
    if ((v = ops_node_expr(o, yaml_get(n, "default"), db)).n)
        strbuf_addf(b, sv_has(v, SV("(")) && db == LITE ? " DEFAULT (%.*s)" : " DEFAULT %.*s",
                    SV_FMT(v));
    if ((v = ops_node_expr(o, yaml_get(n, "generated"), db)).n)
        strbuf_addf(b, " GENERATED ALWAYS AS (%.*s) STORED", SV_FMT(v));
    if ((v = ops_node_expr(o, yaml_get(n, "check"), db)).n)
        strbuf_addf(b, " CHECK (%.*s)", SV_FMT(v));
}

/* "label_parent": what a constraint over columns is called after. */
static struct sv ops_after(struct ops *o, const struct yaml_node *list, const char *suffix)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_add_sv(&b, ops_plain(o, "table"));
    for (size_t i = 0; list && i < list->n_items; i++)
        strbuf_addf(&b, "_%.*s", SV_FMT(list->items[i].text));
    strbuf_add_str(&b, suffix);
    return ops_quote(o, strbuf_sv(&b));
}

static void ops_table_constraints(struct ops *o, enum db_kind db, struct strbuf *b)
{
    static const char *const foreign[] = {"name",      "columns",   "to_table",   "to_columns",
                                          "on_delete", "on_update", "deferrable", NULL};
    const struct yaml_node *unique = yaml_get(o->node, "unique"),
                           *checks = yaml_get(o->node, "checks");
    const struct yaml_node *fks = yaml_get(o->node, "foreign_keys");

    for (size_t i = 0; unique && i < unique->n_items; i++)
        strbuf_addf(b, ", CONSTRAINT %.*s UNIQUE (%.*s)",
                    SV_FMT(ops_after(o, &unique->items[i], "_key")),
                    SV_FMT(ops_names(o, &unique->items[i])));
    for (size_t i = 0; checks && i < checks->n_items; i++)
        strbuf_addf(b, ", CONSTRAINT %.*s CHECK (%.*s)",
                    SV_FMT(ops_quote(o, ops_node_text(o, yaml_get(&checks->items[i], "name"), db))),
                    SV_FMT(ops_node_expr(o, yaml_get(&checks->items[i], "expr"), db)));
    for (size_t i = 0; fks && i < fks->n_items; i++) {
        const struct yaml_node *columns = yaml_get(&fks->items[i], "columns");
        struct sv name = ops_node_text(o, yaml_get(&fks->items[i], "name"), db);

        if (yaml_file_keys(&o->f, &fks->items[i], "a foreign key", foreign) != ERR_OK) {
            o->failed = true;
            return;
        }
        strbuf_addf(b, ", CONSTRAINT %.*s %.*s",
                    SV_FMT(name.n ? ops_quote(o, name) : ops_after(o, columns, "_fkey")),
                    SV_FMT(ops_foreign(o, &fks->items[i], ops_names(o, columns))));
    }
}

static void ops_create_table(struct ops *o)
{
    const struct yaml_node *columns = yaml_get(o->node, "columns"),
                           *key = yaml_get(o->node, "primary_key");
    bool strict = ops_yes(o, "strict", false), without = ops_yes(o, "without_rowid", false);

    if (columns->kind != YAML_LIST || (key && key->kind != YAML_LIST)) {
        ops_bad(o, columns, "'columns' and 'primary_key' are lists");
        return;
    }
    EACH_DB(d)
    {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        bool inline_key = false;

        for (size_t i = 0; i < columns->n_items && !o->failed; i++) {
            const struct yaml_node *name = yaml_get(&columns->items[i], "name");
            bool is_key =
                *d == LITE && !without && key && key->n_items == 1 && name &&
                sv_eq(name->text, key->items[0].text) &&
                sv_is(ops_type(o, yaml_get(&columns->items[i], "type"), LITE, strict), "INTEGER");

            inline_key = inline_key || is_key;
            strbuf_add_str(&b, i ? ", " : "");
            ops_table_column(o, &columns->items[i], *d, strict, is_key, &b);
        }
        if (key && !inline_key)
            strbuf_addf(&b, ", CONSTRAINT %.*s PRIMARY KEY (%.*s)",
                        SV_FMT(ops_after(o, NULL, "_pkey")), SV_FMT(ops_names(o, key)));
        ops_table_constraints(o, *d, &b);
        ops_up(o, *d, NULL, "CREATE TABLE %.*s (%s)%s%s%s", SV_FMT(ops_name(o, "table")),
               strbuf_str(&b), *d == LITE && strict ? " STRICT" : "",
               *d == LITE && strict && without ? "," : "",
               *d == LITE && without ? " WITHOUT ROWID" : "");
        ops_down(o, *d, NULL, "DROP TABLE %.*s", SV_FMT(ops_name(o, "table")));
    }
}

/*
 * DROP TABLE takes its lock on every table that a foreign key leads to or from, all at once: the keys go first, each for
 * itself.  Keys that come from elsewhere only when no row stands behind them.
 */
static void ops_drop_keys(struct ops *o)
{
    struct sv table = ops_literal(o, ops_name(o, "table"));

    ops_check(
        o, PG, "no row refers to it", "empty",
        "SELECT conname, conrelid::regclass FROM pg_constraint c WHERE contype = 'f'"
        " AND confrelid = to_regclass(%.*s) AND conrelid <> confrelid AND conparentid = 0"
        " AND query_to_xml(format('SELECT 1 AS found FROM %%s WHERE %%s LIMIT 1', conrelid::regclass,"
        " (SELECT string_agg(format('%%I IS NOT NULL', attname), ' AND ') FROM pg_attribute"
        " WHERE attrelid = conrelid AND attnum = ANY (conkey))), false, true, '')::text <> ''",
        SV_FMT(table));
    ops_up(o, PG, " tx=no gexec=yes",
           "SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)"
           " FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND to_regclass(%.*s)"
           " IN (conrelid, confrelid) ORDER BY oid",
           SV_FMT(table));
}

static void ops_drop_table(struct ops *o)
{
    ops_drop_keys(o);
    EACH_DB(d)
    {
        ops_up(o, *d, NULL, "DROP TABLE %.*s", SV_FMT(ops_name(o, "table")));
        ops_none(o, *d, "the rows of a dropped table are only in a backup");
    }
}

static void ops_rename_table(struct ops *o)
{
    struct sv from = ops_name(o, "from"), to = ops_name(o, "to");
    bool view = ops_yes(o, "view", false);

    EACH_DB(d)
    {
        struct sv make = arena_fmt(&o->arena, "; CREATE VIEW %.*s AS SELECT * FROM %.*s",
                                   SV_FMT(from), SV_FMT(to));
        struct sv drop = arena_fmt(&o->arena, "DROP VIEW %.*s; ", SV_FMT(from));

        ops_up(o, *d, NULL, "ALTER TABLE %.*s RENAME TO %.*s%.*s", SV_FMT(from), SV_FMT(to),
               SV_FMT(view ? make : SV("")));
        ops_down(o, *d, NULL, "%.*sALTER TABLE %.*s RENAME TO %.*s", SV_FMT(view ? drop : SV("")),
                 SV_FMT(to), SV_FMT(from));
    }
}

/* --- indexes --- */

/* An index lies in the schema of its table. */
static struct sv ops_index(struct ops *o)
{
    struct sv table = ops_text(o, "table", PG), plain = ops_plain(o, "table");

    return ops_quote(o,
                     arena_fmt(&o->arena, "%.*s%.*s", SV_FMT(sv_sub(table, 0, table.n - plain.n)),
                               SV_FMT(ops_plain(o, "name"))));
}

static void ops_create_index(struct ops *o)
{
    const struct yaml_node *exprs = yaml_get(o->node, "exprs");
    struct sv n = ops_name(o, "name"), t = ops_name(o, "table");
    bool unique = ops_yes(o, "unique", false);

    if ((ops_has(o, "columns") + ops_has(o, "exprs")) != 1)
        ops_bad(o, o->node, "create_index takes 'columns' or 'exprs'");
    if (unique && !exprs)
        ops_no_duplicates(o);
    EACH_DB(d)
    {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        struct sv where = ops_expr(o, "where", *d), method = ops_text(o, "using", *d);

        for (size_t i = 0; exprs && i < exprs->n_items; i++)
            strbuf_addf(&b, "%s(%.*s)", i ? ", " : "",
                        SV_FMT(ops_node_expr(o, &exprs->items[i], *d)));
        if (!exprs)
            strbuf_add_sv(&b, ops_names(o, yaml_get(o->node, "columns")));
        strbuf_add_str(&b, ")");
        if (ops_has(o, "include") && *d == PG)
            strbuf_addf(&b, " INCLUDE (%.*s)", SV_FMT(ops_names(o, yaml_get(o->node, "include"))));
        if (where.n)
            strbuf_addf(&b, " WHERE %.*s", SV_FMT(where));
        ops_up(o, *d, *d == PG ? " tx=no" : NULL, "CREATE %sINDEX %s%.*s ON %.*s %s%.*s%s(%s",
               unique ? "UNIQUE " : "", *d == PG ? "CONCURRENTLY " : "", SV_FMT(n), SV_FMT(t),
               method.n && *d == PG ? "USING " : "",
               SV_FMT(method.n && *d == PG ? ops_quote(o, method) : SV("")),
               method.n && *d == PG ? " " : "", strbuf_str(&b));
        ops_down(o, *d, *d == PG ? " tx=no" : NULL, "DROP INDEX %s%.*s",
                 *d == PG ? "CONCURRENTLY " : "", SV_FMT(ops_index(o)));
    }
}

static void ops_drop_index(struct ops *o)
{
    struct sv n = ops_name(o, "name");

    ops_down_from(
        o, PG, " tx=no",
        "SELECT 'CREATE ' || CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX CONCURRENTLY ' || %.*s"
        " || ' ON ' || CASE WHEN pg_table_is_visible(t.oid) THEN '' ELSE '\"' || s.nspname || '\".' END || '\"'"
        " || t.relname || '\"' || substring(pg_get_indexdef(i.indexrelid) from ' USING .*$') FROM pg_index i"
        " JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace s ON s.oid = t.relnamespace"
        " WHERE i.indexrelid = to_regclass(%.*s)",
        SV_FMT(ops_literal(o, ops_quote(o, ops_plain(o, "name")))), SV_FMT(ops_literal(o, n)));
    ops_up(o, PG, " tx=no", "DROP INDEX CONCURRENTLY %.*s", SV_FMT(n));
    ops_down_from(
        o, LITE, NULL,
        "SELECT sql FROM main.sqlite_schema WHERE type = 'index' AND name = %.*s COLLATE NOCASE",
        SV_FMT(ops_lit(o, "name")));
    ops_up(o, LITE, NULL, "DROP INDEX %.*s", SV_FMT(n));
}

const struct ops_row ops_rows[] = {
    {"create_table",
     2,
     {"table", "columns", "primary_key", "unique", "checks", "foreign_keys", "strict",
      "without_rowid"},
     ops_create_table},
    {"drop_table", 1, {"table"}, ops_drop_table},
    {"rename_table", 2, {"from", "to", "view"}, ops_rename_table},
    {"add_column",
     3,
     {"table", "column", "type", "null", "default", "check", "references", "backfill"},
     ops_add_column},
    {"drop_column", 2, {"table", "column"}, ops_drop_column},
    {"rename_column", 3, {"table", "from", "to"}, ops_rename_column},
    {"set_type", 3, {"table", "column", "type", "using"}, ops_set_type},
    {"set_not_null", 2, {"table", "column", "fill", "key"}, ops_set_not_null},
    {"drop_not_null", 2, {"table", "column"}, ops_drop_not_null},
    {"set_default", 2, {"table", "column", "default"}, ops_set_default},
    {"add_check", 3, {"table", "name", "expr"}, ops_add_check},
    {"add_foreign_key",
     5,
     {"table", "name", "columns", "to_table", "to_columns", "on_delete", "on_update", "deferrable"},
     ops_add_foreign_key},
    {"add_unique", 3, {"table", "name", "columns"}, ops_add_unique},
    {"drop_constraint", 2, {"table", "name"}, ops_drop_constraint},
    {"create_index",
     2,
     {"table", "name", "columns", "exprs", "unique", "where", "using", "include"},
     ops_create_index},
    {"drop_index", 1, {"name"}, ops_drop_index},
    {"create_enum", 2, {"name", "values"}, ops_create_enum},
    {"drop_enum", 2, {"name", "values"}, ops_drop_enum},
    {"add_enum_value", 2, {"type", "value", "before", "after"}, ops_add_enum_value},
    {"backfill",
     4,
     {"job", "table", "set", "where", "key", "keep", "batch", "pause", "max_lag", "max_active",
      "min_free", "target", "throttle"},
     ops_backfill},
    {"map_values",
     3,
     {"table", "column", "map", "key", "null", "other", "values", "keep"},
     ops_map_values},
    {"promote_json",
     5,
     {"table", "column", "key", "to", "type", "key_columns", "values", "index", "sync"},
     ops_promote_json},
    {"attach_partition", 5, {"table", "partition", "column", "from", "to"}, ops_attach_partition},
    {"detach_partition", 2, {"table", "partition"}, ops_detach_partition},
    {"create_view", 2, {"name", "query"}, ops_create_view},
    {"replace_view", 2, {"name", "query"}, ops_replace_view},
    {"drop_view", 1, {"name"}, ops_drop_view},
    {"expand_rename", 4, {"table", "from", "to", "type", "key"}, ops_expand_rename},
    {"contract_rename", 3, {"table", "from", "to"}, ops_contract_rename},
    {"sql", 0, {"postgres", "sqlite", "down", "tx", "probe"}, ops_sql},
};
const size_t n_ops_rows = ARRAY_LEN(ops_rows);
