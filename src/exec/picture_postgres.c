/*
 * A database of PostgreSQL as facts, by its catalog: each object of the schema as the server itself writes it, and of each
 * table the number of rows and a digest that does not depend on their order; all of one moment.
 */
#include "base/sv.h"
#include "db/db.h"
#include "exec/picture_int.h"

#define PICTURE_STATEMENT_MS 600000u /* a table that takes longer is none to rehearse with */

/* Objects of the system, of temporary tables, and those that an extension has brought, which stands for them. */
#define PICTURE_OURS(catalog, oid, schema)                                                     \
    " " schema " !~ '^pg_' AND " schema " <> 'information_schema' AND NOT EXISTS (SELECT FROM" \
    " pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog." catalog                           \
    "'::regclass AND d.objid = " oid " AND d.deptype = 'e')"

/*
 * Kind, name, definition; "Catalog Reference" of PostgreSQL's manual.  The position of a sequence is no part of it: no transaction
 * brings it back.
 */
static const char *const picture_objects[] = {
    "SELECT 'schema', nspname, 'owner ' || nspowner::regrole || coalesce(', ' || nspacl::text, '')"
    " FROM pg_catalog.pg_namespace n WHERE" PICTURE_OURS("pg_namespace", "n.oid", "nspname"),
    "SELECT 'extension', extname, extversion FROM pg_catalog.pg_extension",
    "SELECT CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' WHEN 'f' THEN 'foreign table' WHEN 'v' THEN 'view'"
    " WHEN 'm' THEN 'materialized view' ELSE 'table' END, c.oid::regclass::text,"
    " concat_ws(', ', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, pg_get_expr(c.relpartbound, c.oid),"
    " nullif(c.relpersistence, 'p'), c.reloptions::text, CASE WHEN c.relrowsecurity THEN 'row security' END,"
    " (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),"
    "  CASE WHEN a.attcollation <> 0 THEN a.attcollation::regcollation::text END,"
    "  CASE WHEN a.attnotnull THEN 'not null' END, nullif(a.attidentity, ''), nullif(a.attgenerated, ''),"
    "  pg_get_expr(f.adbin, f.adrelid)), ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a"
    "  LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum"
    "  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),"
    " CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,"
    " (SELECT concat_ws(' ', seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle)"
    "  FROM pg_catalog.pg_sequence WHERE seqrelid = c.oid), 'owner ' || c.relowner::regrole, c.relacl::text)"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c') AND" PICTURE_OURS("pg_class", "c.oid",
                                                                               "n.nspname"),
    "SELECT 'index', x.indexrelid::regclass::text, pg_get_indexdef(x.indexrelid) || CASE WHEN x.indisvalid THEN '' ELSE ' INVALID'"
    " END FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid JOIN pg_catalog.pg_namespace n"
    " ON n.oid = c.relnamespace WHERE" PICTURE_OURS("pg_class", "c.oid", "n.nspname"),
    "SELECT 'constraint', concat_ws('.', nullif(k.conrelid, 0)::regclass, k.conname), pg_get_constraintdef(k.oid) FROM"
    " pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace WHERE" PICTURE_OURS(
        "pg_constraint", "k.oid", "n.nspname"),
    "SELECT 'trigger', t.tgrelid::regclass || '.' || t.tgname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text FROM"
    " pg_catalog.pg_trigger t WHERE NOT t.tgisinternal",
    "SELECT 'policy', p.polrelid::regclass || '.' || p.polname, concat_ws(', ', p.polcmd, p.polpermissive, p.polroles::text,"
    " pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) FROM pg_catalog.pg_policy p",
    "SELECT 'function', p.oid::regprocedure::text, concat_ws(', ', CASE WHEN p.prokind IN ('f', 'p') THEN"
    " pg_get_functiondef(p.oid) ELSE p.prokind::text END, p.proacl::text) FROM pg_catalog.pg_proc p JOIN"
    " pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE" PICTURE_OURS("pg_proc", "p.oid",
                                                                              "n.nspname"),
    "SELECT CASE t.typtype WHEN 'e' THEN 'enum' ELSE 'domain' END, t.oid::regtype::text, concat_ws(', ',"
    " (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE"
    " e.enumtypid = t.oid), CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,"
    " CASE WHEN t.typnotnull THEN 'not null' END, t.typdefault) FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n"
    " ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd') AND" PICTURE_OURS("pg_type", "t.oid",
                                                                                "n.nspname"),
};

/* Those with rows of their own; those of an extension are data of somebody, too. */
static const char picture_tables[] =
    "SELECT c.oid::regclass::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND (c.relkind = 'r' OR c.relispopulated) AND n.nspname !~ '^pg_'"
    " AND n.nspname <> 'information_schema' ORDER BY 1";

struct picture_pg {
    struct picture *p;
    struct db *db;
    struct hash_state *hash;
    struct picture_rows rows;
};

static enum err_code picture_pg_object(void *arg, const struct db_row *row, struct err *err UNUSED)
{
    CLEANUP(strbuf_release) struct strbuf about = STRBUF(0), what = STRBUF(0);
    const struct picture_pg *g = arg;

    strbuf_addf(&about, "%s: %.*s %.*s", db_name(g->db), SV_FMT(row->v[0].text),
                SV_FMT(row->v[1].text));
    strbuf_add_sv(&what, row->v[2].text);
    picture_add(g->p, "schema of", strbuf_str(&about), "%s", strbuf_str(&what));
    return ERR_OK;
}

static enum err_code picture_pg_row(void *arg, const struct db_row *row, struct err *err UNUSED)
{
    struct picture_pg *g = arg;

    hash_add_sv(g->hash, row->v[0].text);
    picture_rows_take(&g->rows, g->hash);
    return ERR_OK;
}

/* A row as the text of a record: NULL is nothing, an empty text is "". */
static enum err_code picture_pg_table(struct picture_pg *g, struct sv table, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0), about = STRBUF(0);

    strbuf_addf(&sql, "SELECT (t.*)::text FROM ONLY %.*s AS t",
                SV_FMT(table)); /* regclass has quoted it */
    strbuf_addf(&about, "%s: table %.*s", db_name(g->db), SV_FMT(table));
    g->rows = (struct picture_rows){.n = 0};
    if (db_each(g->db, strbuf_sv(&sql), NULL, 0, picture_pg_row, g, err) != ERR_OK)
        return err->code;
    picture_rows_tell(g->p, strbuf_str(&about), &g->rows);
    return ERR_OK;
}

static enum err_code picture_pg_all(struct picture_pg *g, struct err *err)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct db_table tables;

    /* names with their schema; values as text that says all of them */
    if (db_run(
            g->db,
            SV("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog;"
               " SET LOCAL extra_float_digits = 3; SET LOCAL datestyle = ISO; SET LOCAL timezone = UTC"),
            NULL, 0, NULL, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < ARRAY_LEN(picture_objects); i++)
        if (db_each(g->db, sv_from(picture_objects[i]), NULL, 0, picture_pg_object, g, err) !=
            ERR_OK)
            return err->code;
    if (db_all(g->db, &arena, sv_from(picture_tables), NULL, 0, &tables, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < tables.n_rows; i++)
        if (picture_pg_table(g, tables.v[i].text, err) != ERR_OK)
            return err->code;
    return db_run(g->db, SV("ROLLBACK"), NULL, 0, NULL, err);
}

enum err_code picture_postgres(struct picture *p, struct sv url, struct err *err)
{
    CLEANUP(db_closep) struct db *db = NULL;
    CLEANUP(hash_state_freep) struct hash_state *hash = hash_state_new();
    const struct db_config config = {.url = url, .read_only = true};
    struct picture_pg g = {.p = p, .hash = hash};

    if (db_open(&config, &db, err) != ERR_OK)
        return err->code;
    g.db = db;
    db_limit(db, PICTURE_STATEMENT_MS);
    return picture_pg_all(&g, err);
}
