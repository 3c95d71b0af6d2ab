/* Operations on values, rows, partitions and views, names in two phases, and SQL as written. */
#include "base/sv.h"
#include "migrate/ops_int.h"

/* --- enums --- */

static struct sv ops_literals(struct ops *o, const struct yaml_node *list)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (!list || list->kind != YAML_LIST || !list->n_items)
        ops_bad(o, o->node, "a list of values is needed");
    for (size_t i = 0; list && !o->failed && i < list->n_items; i++)
        strbuf_addf(&b, "%s%.*s", i ? ", " : "",
                    SV_FMT(ops_literal(o, ops_node_text(o, &list->items[i], PG))));
    return arena_sv(&o->arena, strbuf_sv(&b));
}

void ops_create_enum(struct ops *o)
{
    ops_up(o, PG, NULL, "CREATE TYPE %.*s AS ENUM (%.*s)", SV_FMT(ops_name(o, "name")),
           SV_FMT(ops_literals(o, yaml_get(o->node, "values"))));
    ops_down(o, PG, NULL, "DROP TYPE %.*s", SV_FMT(ops_name(o, "name")));
}

void ops_drop_enum(struct ops *o)
{
    ops_up(o, PG, NULL, "DROP TYPE %.*s", SV_FMT(ops_name(o, "name")));
    ops_down(o, PG, NULL, "CREATE TYPE %.*s AS ENUM (%.*s)", SV_FMT(ops_name(o, "name")),
             SV_FMT(ops_literals(o, yaml_get(o->node, "values"))));
}

void ops_add_enum_value(struct ops *o)
{
    const char *where = ops_has(o, "before") ? "before" : ops_has(o, "after") ? "after" : NULL;

    ops_up(o, PG, NULL, "ALTER TYPE %.*s ADD VALUE IF NOT EXISTS %.*s%s%.*s",
           SV_FMT(ops_name(o, "type")), SV_FMT(ops_lit(o, "value")),
           !where            ? ""
           : where[0] == 'b' ? " BEFORE "
                             : " AFTER ",
           SV_FMT(where ? ops_lit(o, where) : SV("")));
    ops_none(o, PG, "a value of an enum cannot be removed; it stays, and nothing is lost");
}

/* --- rows --- */

static const char *ops_tuning(struct ops *o, const char *job)
{
    static const char *const keys[] = {"keep",       "batch",    "pause",  "max_lag",
                                       "max_active", "min_free", "target", "throttle"};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_add_str(&b, job);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const struct yaml_node *n = yaml_get(o->node, keys[i]);
        struct sv v = n && n->kind == YAML_SCALAR ? ops_text(o, keys[i], PG) : SV("");

        if (v.n && !(i == 0 && (sv_is(v, "true") || sv_is(v, "false"))))
            strbuf_add_str(&b, ops_attr(o, keys[i], v));
    }
    return arena_strdup(&o->arena, strbuf_sv(&b));
}

void ops_backfill(struct ops *o)
{
    const struct yaml_node *set = yaml_get(o->node, "set"), *keep = yaml_get(o->node, "keep");
    struct sv t = ops_name(o, "table"), job = ops_text(o, "job", PG);
    CLEANUP(strbuf_release) struct strbuf kept = STRBUF(0);

    if (set->kind != YAML_MAP) {
        ops_bad(o, set, "'set' is a map of columns and expressions");
        return;
    }
    for (size_t i = 0; keep && i < keep->n_items; i++)
        strbuf_addf(&kept, "%s%.*s", i ? "," : "", SV_FMT(keep->items[i].text));
    EACH_DB(d)
    {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        struct sv where = ops_expr(o, "where", *d);
        const char *attrs = ops_tuning(o, ops_job(o, job, yaml_get(o->node, "key")));

        for (size_t i = 0; i < set->n_items; i++) {
            strbuf_add_str(&b, i ? ", " : "");
            db_quote_name(&b, set->items[i].key);
            strbuf_addf(&b, " = %.*s", SV_FMT(ops_node_expr(o, &set->items[i], *d)));
        }
        if (kept.n)
            attrs = arena_fmt(&o->arena, "%s%s", attrs, ops_attr(o, "keep", strbuf_sv(&kept))).p;
        ops_up(o, *d, attrs, "UPDATE %.*s SET %s WHERE %.*s", SV_FMT(t), strbuf_str(&b),
               SV_FMT(where));
        if (keep)
            strbuf_addf(&o->down, "-- prusik:down restore db=%s%s\n",
                        *d == PG ? "postgres" : "sqlite", ops_attr(o, "job", job));
        else if (!ops_touched(o, "add_column"))
            ops_none(o, *d, "the values before were not kept (keep:)");
    }
}

static void ops_map_part(struct ops *o, struct sv job, bool keep, struct sv set, struct sv where)
{
    struct sv t = ops_name(o, "table"), c = ops_name(o, "column");
    const char *attrs = ops_job(o, job, yaml_get(o->node, "key"));

    if (keep)
        attrs =
            arena_fmt(&o->arena, "%s%s", attrs, ops_attr(o, "keep", ops_text(o, "column", PG))).p;
    EACH_DB(d)
    {
        CLEANUP(strbuf_release) struct strbuf later = STRBUF(0);

        ops_up(o, *d, attrs, "UPDATE %.*s SET %.*s = %.*s WHERE %.*s", SV_FMT(t), SV_FMT(c),
               SV_FMT(set), SV_FMT(where));
        strbuf_add_sv(&later, strbuf_sv(&o->down));
        strbuf_truncate(&o->down, 0); /* what was done last is put back first */
        if (keep)
            strbuf_addf(&o->down, "-- prusik:down restore db=%s%s\n",
                        *d == PG ? "postgres" : "sqlite", ops_attr(o, "job", job));
        else
            ops_none(o, *d, "the values before were not kept (keep: yes)");
        strbuf_add_sv(&o->down, strbuf_sv(&later));
    }
}

/* Order matters: what the map wants to keep is renamed before the rest is swept up. */
void ops_map_values(struct ops *o)
{
    const struct yaml_node *map = yaml_get(o->node, "map");
    struct sv c = ops_name(o, "column"), other = ops_text(o, "other", PG);
    CLEANUP(strbuf_release) struct strbuf arms = STRBUF(0), olds = STRBUF(0), known = STRBUF(0);
    bool keep = ops_yes(o, "keep", false);

    if (map->kind != YAML_MAP || !map->n_items) {
        ops_bad(o, map, "'map' is a map of old and new values");
        return;
    }
    for (size_t i = 0; i < map->n_items; i++) {
        struct sv old = ops_literal(o, map->items[i].key),
                  new = ops_literal(o, ops_node_text(o, &map->items[i], PG));

        for (size_t k = 0; k < map->n_items; k++)
            if (k != i && sv_eq(map->items[k].key, map->items[i].text))
                ops_bad(o, &map->items[i],
                        "'%.*s' is an old and a new value: in batches nobody could tell them apart",
                        SV_FMT(map->items[i].text));
        if (!sv_eq(old, new)) {
            strbuf_addf(&arms, " WHEN %.*s THEN %.*s", SV_FMT(old), SV_FMT(new));
            strbuf_addf(&olds, "%s%.*s", olds.n ? ", " : "", SV_FMT(old));
        }
        strbuf_addf(&known, "%s%.*s", known.n ? ", " : "", SV_FMT(new));
    }
    if (ops_has(o, "null"))
        strbuf_addf(&known, ", %.*s", SV_FMT(ops_lit(o, "null")));
    if (ops_has(o, "values"))
        strbuf_addf(&known, ", %.*s", SV_FMT(ops_literals(o, yaml_get(o->node, "values"))));
    if (!other.n || sv_is(other, "refuse"))
        EACH_DB(d)
    ops_check(o, *d, "no other values", "empty",
              "SELECT DISTINCT %.*s FROM %.*s WHERE %.*s NOT IN (%s%s%s) LIMIT 10", SV_FMT(c),
              SV_FMT(ops_name(o, "table")), SV_FMT(c), strbuf_str(&olds), olds.n ? ", " : "",
              strbuf_str(&known));
    if (olds.n)
        ops_map_part(o, ops_join(o, "_map"), keep,
                     arena_fmt(&o->arena, "CASE %.*s%s END", SV_FMT(c), strbuf_str(&arms)),
                     arena_fmt(&o->arena, "%.*s IN (%s)", SV_FMT(c), strbuf_str(&olds)));
    if (ops_has(o, "null"))
        ops_map_part(o, ops_join(o, "_null"), keep, ops_lit(o, "null"),
                     arena_fmt(&o->arena, "%.*s IS NULL", SV_FMT(c)));
    if (other.n && !sv_is(other, "refuse") && !sv_is(other, "keep"))
        ops_map_part(o, ops_join(o, "_other"), keep, ops_literal(o, other),
                     arena_fmt(&o->arena, "%.*s NOT IN (%s, %.*s)", SV_FMT(c), strbuf_str(&known),
                               SV_FMT(ops_literal(o, other))));
}

/* --- a key of a JSON column becomes a column --- */

static void ops_promote_values(struct ops *o, struct sv t, struct sv to, struct sv values,
                               struct strbuf *lite)
{
    struct sv n =
        ops_quote(o, arena_fmt(&o->arena, "%.*s_%.*s_values", SV_FMT(ops_plain(o, "table")),
                               SV_FMT(ops_plain(o, "to"))));

    if (!values.n)
        return;
    ops_up(o, PG, NULL, "ALTER TABLE %.*s ADD CONSTRAINT %.*s CHECK (%.*s IN (%.*s)) NOT VALID",
           SV_FMT(t), SV_FMT(n), SV_FMT(to), SV_FMT(values));
    ops_up(o, PG, NULL, "ALTER TABLE %.*s VALIDATE CONSTRAINT %.*s", SV_FMT(t), SV_FMT(n));
    strbuf_addf(lite, " CONSTRAINT %.*s CHECK (%.*s IN (%.*s))", SV_FMT(n), SV_FMT(to),
                SV_FMT(values));
}

static void ops_promote_sync(struct ops *o, struct sv t, struct sv c, struct sv to, struct sv json,
                             struct sv sync)
{
    ops_up(
        o, PG, NULL,
        "CREATE FUNCTION %.*s() RETURNS trigger LANGUAGE plpgsql AS $prusik$ BEGIN\n"
        "  IF TG_OP = 'INSERT' THEN NEW.%.*s := coalesce(NEW.%.*s, NEW.%.*s);\n"
        "  ELSIF NEW.%.*s IS DISTINCT FROM OLD.%.*s AND NEW.%.*s IS NOT DISTINCT FROM OLD.%.*s THEN NEW.%.*s := NEW.%.*s;\n"
        "  END IF; RETURN NEW; END $prusik$",
        SV_FMT(sync), SV_FMT(to), SV_FMT(to), SV_FMT(json), SV_FMT(c), SV_FMT(c), SV_FMT(to),
        SV_FMT(to), SV_FMT(to), SV_FMT(json));
    ops_up(
        o, PG, NULL,
        "CREATE TRIGGER %.*s BEFORE INSERT OR UPDATE ON %.*s FOR EACH ROW EXECUTE FUNCTION %.*s()",
        SV_FMT(sync), SV_FMT(t), SV_FMT(sync));
}

/* Its name, or a yes: an index called "yes" is what nobody means. */
static struct sv ops_promote_index(struct ops *o, struct sv job)
{
    struct sv said = ops_text(o, "index", PG);

    if (sv_is(said, "no") || sv_is(said, "false"))
        return SV("");
    if (sv_is(said, "yes") || sv_is(said, "true"))
        return ops_quote(o, job);
    return ops_name(o, "index");
}

void ops_promote_json(struct ops *o)
{
    struct sv t = ops_name(o, "table"), c = ops_name(o, "column"), to = ops_name(o, "to"),
              key = ops_lit(o, "key");
    struct sv json = arena_fmt(&o->arena, "%.*s ->> %.*s", SV_FMT(c), SV_FMT(key));
    struct sv path = ops_literal(o, arena_fmt(&o->arena, "$.%.*s", SV_FMT(ops_text(o, "key", PG))));
    struct sv extract = arena_fmt(&o->arena, "json_extract(%.*s, %.*s)", SV_FMT(c), SV_FMT(path));
    struct sv values = ops_has(o, "values") ? ops_literals(o, yaml_get(o->node, "values")) : SV("");
    struct sv job = arena_fmt(&o->arena, "%.*s_%.*s", SV_FMT(ops_plain(o, "table")),
                              SV_FMT(ops_plain(o, "to")));
    struct sv sync = ops_quote(o, arena_fmt(&o->arena, "%.*s_sync", SV_FMT(job)));
    struct sv back = arena_fmt(&o->arena, "%.*s_back", SV_FMT(job)),
              index = ops_promote_index(o, job);
    const struct yaml_node *keys = yaml_get(o->node, "key_columns");
    struct sv where =
        values.n ? arena_fmt(&o->arena, " IN (%.*s)", SV_FMT(values)) : SV(" IS NOT NULL");
    CLEANUP(strbuf_release) struct strbuf lite = STRBUF(0);
    bool own = !sv_is(ops_text(o, "sync", PG), "app");

    ops_up(o, PG, NULL, "ALTER TABLE %.*s ADD COLUMN %.*s %.*s", SV_FMT(t), SV_FMT(to),
           SV_FMT(ops_type(o, yaml_get(o->node, "type"), PG, false)));
    if (own)
        ops_promote_sync(o, t, c, to, json, sync);
    ops_up(o, PG, ops_job(o, job, keys),
           "UPDATE %.*s SET %.*s = %.*s WHERE %.*s IS NULL AND %.*s%.*s", SV_FMT(t), SV_FMT(to),
           SV_FMT(json), SV_FMT(to), SV_FMT(json), SV_FMT(where));
    ops_promote_values(o, t, to, values, &lite);
    if (index.n) {
        ops_up(o, PG, " tx=no", "CREATE INDEX CONCURRENTLY %.*s ON %.*s (%.*s)", SV_FMT(index),
               SV_FMT(t), SV_FMT(to));
        ops_down(o, PG, " tx=no", "DROP INDEX CONCURRENTLY %.*s", SV_FMT(index));
    }
    if (own)
        ops_down(o, PG, NULL, "DROP TRIGGER %.*s ON %.*s; DROP FUNCTION %.*s()", SV_FMT(sync),
                 SV_FMT(t), SV_FMT(sync));
    ops_down(
        o, PG, ops_job(o, back, keys),
        "UPDATE %.*s SET %.*s = jsonb_set(coalesce(%.*s, '{}'), '{%.*s}', to_jsonb(%.*s)) WHERE %.*s IS NOT NULL AND %.*s IS DISTINCT FROM %.*s",
        SV_FMT(t), SV_FMT(c), SV_FMT(c), SV_FMT(ops_text(o, "key", PG)), SV_FMT(to), SV_FMT(to),
        SV_FMT(json), SV_FMT(to));
    ops_down(o, PG, NULL, "ALTER TABLE %.*s DROP COLUMN %.*s", SV_FMT(t), SV_FMT(to));
    ops_up(o, LITE, NULL, "ALTER TABLE %.*s ADD COLUMN %.*s %.*s%s", SV_FMT(t), SV_FMT(to),
           SV_FMT(ops_type(o, yaml_get(o->node, "type"), LITE, false)), strbuf_str(&lite));
    ops_up(o, LITE, ops_job(o, job, keys),
           "UPDATE %.*s SET %.*s = %.*s WHERE %.*s IS NULL AND %.*s%.*s", SV_FMT(t), SV_FMT(to),
           SV_FMT(extract), SV_FMT(to), SV_FMT(extract), SV_FMT(where));
    if (index.n) {
        ops_up(o, LITE, NULL, "CREATE INDEX %.*s ON %.*s (%.*s)", SV_FMT(index), SV_FMT(t),
               SV_FMT(to));
        ops_down(o, LITE, NULL, "DROP INDEX %.*s", SV_FMT(index));
    }
    ops_down(
        o, LITE, ops_job(o, back, keys),
        "UPDATE %.*s SET %.*s = json_set(coalesce(%.*s, '{}'), %.*s, %.*s) WHERE %.*s IS NOT NULL AND %.*s IS NOT %.*s",
        SV_FMT(t), SV_FMT(c), SV_FMT(c), SV_FMT(path), SV_FMT(to), SV_FMT(to), SV_FMT(extract),
        SV_FMT(to));
    ops_down(o, LITE, NULL, "ALTER TABLE %.*s DROP COLUMN %.*s", SV_FMT(t), SV_FMT(to));
}

/* --- partitions --- */

void ops_attach_partition(struct ops *o)
{
    struct sv t = ops_name(o, "table"), p = ops_name(o, "partition"), c = ops_name(o, "column");
    struct sv from = ops_expr(o, "from", PG), to = ops_expr(o, "to", PG);
    struct sv bound =
        ops_quote(o, arena_fmt(&o->arena, "%.*s_bound", SV_FMT(ops_plain(o, "partition"))));

    ops_up(
        o, PG, NULL,
        "ALTER TABLE %.*s ADD CONSTRAINT %.*s CHECK (%.*s IS NOT NULL AND %.*s >= %.*s AND %.*s < %.*s) NOT VALID",
        SV_FMT(p), SV_FMT(bound), SV_FMT(c), SV_FMT(c), SV_FMT(from), SV_FMT(c), SV_FMT(to));
    ops_up(o, PG, NULL, "ALTER TABLE %.*s VALIDATE CONSTRAINT %.*s", SV_FMT(p), SV_FMT(bound));
    ops_up(o, PG, NULL, "ALTER TABLE %.*s ATTACH PARTITION %.*s FOR VALUES FROM (%.*s) TO (%.*s)",
           SV_FMT(t), SV_FMT(p), SV_FMT(from), SV_FMT(to));
    ops_up(o, PG, NULL, "ALTER TABLE %.*s DROP CONSTRAINT %.*s", SV_FMT(p), SV_FMT(bound));
    ops_down(o, PG, " tx=no", "ALTER TABLE %.*s DETACH PARTITION %.*s CONCURRENTLY", SV_FMT(t),
             SV_FMT(p));
    ops_down(o, PG, NULL, "ALTER TABLE %.*s DROP CONSTRAINT IF EXISTS %.*s", SV_FMT(p),
             SV_FMT(ops_quote(o, arena_fmt(&o->arena, "%.*s_%.*s_check",
                                           SV_FMT(ops_plain(o, "partition")),
                                           SV_FMT(ops_plain(o, "column"))))));
}

void ops_detach_partition(struct ops *o)
{
    struct sv t = ops_name(o, "table"), p = ops_name(o, "partition");
    struct sv attach = ops_literal(
        o, arena_fmt(&o->arena, "ALTER TABLE %.*s ATTACH PARTITION %.*s ", SV_FMT(t), SV_FMT(p)));
    struct sv drop =
        ops_literal(o, arena_fmt(&o->arena, "ALTER TABLE %.*s DROP CONSTRAINT IF EXISTS \"%.*s_",
                                 SV_FMT(p), SV_FMT(ops_plain(o, "partition"))));

    ops_down_from(
        o, PG, NULL,
        "SELECT %.*s || pg_get_expr(c.relpartbound, c.oid) FROM pg_class c WHERE c.oid = to_regclass(%.*s)",
        SV_FMT(attach), SV_FMT(ops_literal(o, p)));
    ops_down_from(
        o, PG, NULL,
        "SELECT %.*s || a.attname || '_check\"' FROM pg_partitioned_table k JOIN pg_attribute a ON a.attrelid = k.partrelid AND a.attnum = k.partattrs[0]"
        " WHERE k.partrelid = to_regclass(%.*s)",
        SV_FMT(drop), SV_FMT(ops_literal(o, t)));
    ops_up(o, PG, " tx=no", "ALTER TABLE %.*s DETACH PARTITION %.*s CONCURRENTLY", SV_FMT(t),
           SV_FMT(p));
}

/* --- views --- */

static void ops_view_before(struct ops *o, enum db_kind db)
{
    struct sv n = ops_name(o, "name");

    if (db == PG)
        ops_down_from(
            o, PG, NULL,
            "SELECT %.*s || pg_get_viewdef(to_regclass(%.*s)) WHERE to_regclass(%.*s) IS NOT NULL",
            SV_FMT(ops_literal(o, arena_fmt(&o->arena, "CREATE VIEW %.*s AS ", SV_FMT(n)))),
            SV_FMT(ops_literal(o, n)), SV_FMT(ops_literal(o, n)));
    else
        ops_down_from(
            o, LITE, NULL,
            "SELECT sql FROM main.sqlite_schema WHERE type = 'view' AND name = %.*s COLLATE NOCASE",
            SV_FMT(ops_lit(o, "name")));
}

void ops_create_view(struct ops *o)
{
    struct sv n = ops_name(o, "name");

    EACH_DB(d)
    {
        ops_up(o, *d, NULL, "CREATE VIEW %.*s AS %.*s", SV_FMT(n),
               SV_FMT(ops_expr(o, "query", *d)));
        ops_down(o, *d, NULL, "DROP VIEW %.*s", SV_FMT(n));
    }
}

void ops_replace_view(struct ops *o)
{
    struct sv n = ops_name(o, "name");

    EACH_DB(d)
    {
        ops_down(o, *d, NULL, "DROP VIEW %.*s", SV_FMT(n));
        ops_view_before(o, *d);
        ops_up(o, *d, NULL, "DROP VIEW %.*s; CREATE VIEW %.*s AS %.*s", SV_FMT(n), SV_FMT(n),
               SV_FMT(ops_expr(o, "query", *d)));
    }
}

void ops_drop_view(struct ops *o)
{
    EACH_DB(d)
    {
        ops_view_before(o, *d);
        ops_up(o, *d, NULL, "DROP VIEW %.*s", SV_FMT(ops_name(o, "name")));
    }
}

/* --- a name in two phases --- */

/*
 * Both names hold the same while old and new code run: what one writes the other reads.  Of a new row the new name counts
 * where it has a value: the old one may have got its default.
 */
static struct sv ops_sync_function(struct ops *o, struct sv from, struct sv to, struct sv sync)
{
    return arena_fmt(
        &o->arena,
        "CREATE FUNCTION %.*s() RETURNS trigger LANGUAGE plpgsql AS $prusik$ BEGIN\n"
        "  IF TG_OP = 'INSERT' THEN NEW.%.*s := coalesce(NEW.%.*s, NEW.%.*s); NEW.%.*s := NEW.%.*s;\n"
        "  ELSIF NEW.%.*s IS DISTINCT FROM OLD.%.*s THEN NEW.%.*s := NEW.%.*s;\n"
        "  ELSE NEW.%.*s := NEW.%.*s;\n  END IF; RETURN NEW; END $prusik$",
        SV_FMT(sync), SV_FMT(to), SV_FMT(to), SV_FMT(from), SV_FMT(from), SV_FMT(to), SV_FMT(to),
        SV_FMT(to), SV_FMT(from), SV_FMT(to), SV_FMT(to), SV_FMT(from));
}

static struct sv ops_sync_trigger(struct ops *o, struct sv t, struct sv sync)
{
    return arena_fmt(
        &o->arena,
        "CREATE TRIGGER %.*s BEFORE INSERT OR UPDATE ON %.*s FOR EACH ROW EXECUTE FUNCTION %.*s()",
        SV_FMT(sync), SV_FMT(t), SV_FMT(sync));
}

/* SQLite has no BEFORE that can change a row: an UPDATE behind it, which ends when both are the same. */
static struct sv ops_sync_sqlite(struct ops *o, struct sv t, struct sv from, struct sv to,
                                 struct sv job)
{
    struct sv name[3];
    static const char *const suffix[] = {"_new", "_from", "_to"};

    for (size_t i = 0; i < ARRAY_LEN(name); i++)
        name[i] = ops_quote(o, arena_fmt(&o->arena, "%.*s%s", SV_FMT(job), suffix[i]));
    return arena_fmt(
        &o->arena,
        "CREATE TRIGGER %.*s AFTER INSERT ON %.*s WHEN NEW.%.*s IS NOT NEW.%.*s BEGIN UPDATE %.*s SET %.*s = coalesce(NEW.%.*s, NEW.%.*s),"
        " %.*s = coalesce(NEW.%.*s, NEW.%.*s) WHERE rowid = NEW.rowid; END;\n"
        "CREATE TRIGGER %.*s AFTER UPDATE OF %.*s ON %.*s WHEN NEW.%.*s IS NOT OLD.%.*s AND NEW.%.*s IS NOT NEW.%.*s BEGIN UPDATE %.*s SET %.*s = NEW.%.*s WHERE rowid = NEW.rowid; END;\n"
        "CREATE TRIGGER %.*s AFTER UPDATE OF %.*s ON %.*s WHEN NEW.%.*s IS NOT OLD.%.*s AND NEW.%.*s IS NOT NEW.%.*s BEGIN UPDATE %.*s SET %.*s = NEW.%.*s WHERE rowid = NEW.rowid; END",
        SV_FMT(name[0]), SV_FMT(t), SV_FMT(from), SV_FMT(to), SV_FMT(t), SV_FMT(to), SV_FMT(to),
        SV_FMT(from), SV_FMT(from), SV_FMT(to), SV_FMT(from), SV_FMT(name[1]), SV_FMT(from),
        SV_FMT(t), SV_FMT(from), SV_FMT(from), SV_FMT(from), SV_FMT(to), SV_FMT(t), SV_FMT(to),
        SV_FMT(from), SV_FMT(name[2]), SV_FMT(to), SV_FMT(t), SV_FMT(to), SV_FMT(to), SV_FMT(from),
        SV_FMT(to), SV_FMT(t), SV_FMT(from), SV_FMT(to));
}

/* "TABLE_TO", which is in the names of what a rename makes. */
static struct sv ops_rename_job(struct ops *o)
{
    return arena_fmt(&o->arena, "%.*s_%.*s", SV_FMT(ops_plain(o, "table")),
                     SV_FMT(ops_plain(o, "to")));
}

void ops_expand_rename(struct ops *o)
{
    struct sv t = ops_name(o, "table"), from = ops_name(o, "from"), to = ops_name(o, "to");
    struct sv job = ops_rename_job(o), plain = arena_fmt(&o->arena, "%.*s_sync", SV_FMT(job));
    struct sv sync = ops_quote(o, plain);

    EACH_DB(d)
    {
        ops_up(o, *d, NULL, "ALTER TABLE %.*s ADD COLUMN %.*s %.*s", SV_FMT(t), SV_FMT(to),
               SV_FMT(ops_type(o, yaml_get(o->node, "type"), *d, false)));
        if (*d == PG) {
            ops_up(o, PG, NULL, "%.*s", SV_FMT(ops_sync_function(o, from, to, sync)));
            ops_up(o, PG, NULL, "%.*s", SV_FMT(ops_sync_trigger(o, t, sync)));
        } else {
            ops_up(o, LITE, NULL, "%.*s", SV_FMT(ops_sync_sqlite(o, t, from, to, plain)));
        }
    }
    ops_down(o, PG, NULL, "DROP TRIGGER %.*s ON %.*s; DROP FUNCTION %.*s()", SV_FMT(sync),
             SV_FMT(t), SV_FMT(sync));
    ops_down(o, LITE, NULL,
             "DROP TRIGGER \"%.*s_new\"; DROP TRIGGER \"%.*s_from\"; DROP TRIGGER \"%.*s_to\"",
             SV_FMT(plain), SV_FMT(plain), SV_FMT(plain));
    EACH_DB(d)
    {
        ops_up(o, *d, ops_job(o, job, yaml_get(o->node, "key")),
               "UPDATE %.*s SET %.*s = %.*s WHERE %.*s IS NULL AND %.*s IS NOT NULL", SV_FMT(t),
               SV_FMT(to), SV_FMT(from), SV_FMT(to), SV_FMT(from));
        ops_down(o, *d, NULL, "ALTER TABLE %.*s DROP COLUMN %.*s", SV_FMT(t), SV_FMT(to));
    }
}

/* The column of the old name as it was, with its default: what the catalog says before it is dropped. */
static void ops_contract_before(struct ops *o, enum db_kind db, struct sv t, struct sv from)
{
    struct sv table = arena_fmt(&o->arena, "ALTER TABLE %.*s ", SV_FMT(t));
    struct sv add =
        ops_literal(o, arena_fmt(&o->arena, "%.*sADD COLUMN %.*s ", SV_FMT(table), SV_FMT(from)));
    struct sv set = ops_literal(
        o, arena_fmt(&o->arena, "%.*sALTER COLUMN %.*s SET DEFAULT ", SV_FMT(table), SV_FMT(from)));

    if (db == PG)
        ops_down_from(
            o, PG, NULL,
            "SELECT s FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum, LATERAL (VALUES"
            " (1, %.*s || format_type(a.atttypid, a.atttypmod)), (2, %.*s || pg_get_expr(d.adbin, d.adrelid))) v (n, s)"
            " WHERE a.attrelid = to_regclass(%.*s) AND a.attname = %.*s AND s IS NOT NULL ORDER BY n",
            SV_FMT(add), SV_FMT(set), SV_FMT(ops_literal(o, t)), SV_FMT(ops_lit(o, "from")));
    else
        ops_down_from(
            o, LITE, NULL,
            "SELECT %.*s || type || CASE WHEN dflt_value NOT LIKE '(%%' AND dflt_value NOT LIKE 'current_%%'"
            " THEN ' DEFAULT ' || dflt_value ELSE '' END FROM pragma_table_info(%.*s) WHERE name = %.*s COLLATE NOCASE",
            SV_FMT(add), SV_FMT(ops_literal(o, ops_plain(o, "table"))), SV_FMT(ops_lit(o, "from")));
}

/* Behind the code that knows the new name only.  The way back leads between both, where old code can be put in place again. */
void ops_contract_rename(struct ops *o)
{
    struct sv t = ops_name(o, "table"), from = ops_name(o, "from"), to = ops_name(o, "to");
    struct sv plain = arena_fmt(&o->arena, "%.*s_sync", SV_FMT(ops_rename_job(o)));
    struct sv back = arena_fmt(&o->arena, "%.*s_back", SV_FMT(ops_rename_job(o)));
    struct sv sync = ops_quote(o, plain);

    EACH_DB(d)
    {
        const char *differ = *d == PG ? "IS DISTINCT FROM" : "IS NOT";

        ops_check(o, *d, "both columns hold the same", "true",
                  "SELECT count(*) = 0 FROM %.*s WHERE %.*s %s %.*s", SV_FMT(t), SV_FMT(from),
                  differ, SV_FMT(to));
        ops_contract_before(o, *d, t, from);
        if (*d == PG)
            ops_up(
                o, PG, NULL,
                "DROP TRIGGER %.*s ON %.*s; DROP FUNCTION %.*s(); ALTER TABLE %.*s DROP COLUMN %.*s",
                SV_FMT(sync), SV_FMT(t), SV_FMT(sync), SV_FMT(t), SV_FMT(from));
        else
            ops_up(
                o, LITE, NULL,
                "DROP TRIGGER \"%.*s_new\"; DROP TRIGGER \"%.*s_from\"; DROP TRIGGER \"%.*s_to\"; ALTER TABLE %.*s DROP COLUMN %.*s",
                SV_FMT(plain), SV_FMT(plain), SV_FMT(plain), SV_FMT(t), SV_FMT(from));
        if (*d == PG)
            ops_down(o, PG, NULL, "%.*s;\n%.*s", SV_FMT(ops_sync_function(o, from, to, sync)),
                     SV_FMT(ops_sync_trigger(o, t, sync)));
        else
            ops_down(o, LITE, NULL, "%.*s", SV_FMT(ops_sync_sqlite(o, t, from, to, plain)));
        ops_down(o, *d, ops_job(o, back, NULL), "UPDATE %.*s SET %.*s = %.*s WHERE %.*s %s %.*s",
                 SV_FMT(t), SV_FMT(from), SV_FMT(to), SV_FMT(from), differ, SV_FMT(to));
    }
}

/* --- as written --- */

void ops_sql(struct ops *o)
{
    const struct yaml_node *down = yaml_get(o->node, "down");
    bool tx = ops_yes(o, "tx", true);

    EACH_DB(d)
    {
        struct sv text = sv_trim(ops_text(o, *d == PG ? "postgres" : "sqlite", *d)),
                  probe = ops_expr(o, "probe", *d);
        struct sv back = sv_trim(ops_node_text(o, down, *d));

        if (sv_has_nocase(text, SV("prusik:")) || sv_has_nocase(back, SV("prusik:")))
            ops_bad(o, o->node, "a marker (\"prusik:\") cannot stand in it");
        if (!text.n)
            continue;
        ops_up(o, *d, tx ? NULL : " tx=no", "%s%.*s%s%.*s", probe.n ? "-- prusik:probe " : "",
               SV_FMT(probe), probe.n ? "\n" : "", SV_FMT(text));
        if (back.n)
            ops_down(o, *d, tx ? NULL : " tx=no", "%.*s", SV_FMT(back));
        else
            ops_none(o, *d, "its SQL has no 'down'");
    }
}
