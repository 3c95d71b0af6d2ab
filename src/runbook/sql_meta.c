/*
 * Meta-commands of psql and sqlite3 that only look, as statements of SQLite and of PostgreSQL's catalog.
 */
#include "base/strbuf.h"
#include "base/sv.h"
#include "runbook/sql.h"

/* '@' is the name that follows, as a literal. */
struct meta_row {
    struct sv word;
    const char *all;  /* without a name; NULL: it needs one */
    const char *some; /* with one; NULL: it takes none */
};

/* What only changes how a client prints. */
#define META_LAYOUT "-- only how a client prints is changed"

#define META_TABLES \
    "SELECT name FROM sqlite_schema WHERE type IN ('table','view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
#define META_SCHEMA  "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"
#define META_INDEXES "SELECT name FROM sqlite_schema WHERE type = 'index'"

static const struct meta_row meta_sqlite[] = {
    {SV(".tables"), META_TABLES, NULL},
    {SV("\\dt"), META_TABLES, NULL},
    {SV(".indexes"), META_INDEXES " ORDER BY name", META_INDEXES " AND tbl_name = @"},
    {SV(".indices"), META_INDEXES " ORDER BY name", META_INDEXES " AND tbl_name = @"},
    {SV("\\di"), META_INDEXES " ORDER BY name", META_INDEXES " AND tbl_name = @"},
    {SV(".schema"), META_SCHEMA, META_SCHEMA " AND tbl_name = @"},
    {SV("\\d"), META_TABLES, META_SCHEMA " AND tbl_name = @"},
    {SV("\\d+"), META_TABLES, META_SCHEMA " AND tbl_name = @"},
    {SV(".databases"), "PRAGMA database_list", NULL},
    {SV(".headers"), NULL, META_LAYOUT},
    {SV(".mode"), NULL, META_LAYOUT},
    {SV(".timer"), NULL, META_LAYOUT},
};

/* Schema, name, kind and owner of what can be seen without a schema before its name, as psql lists it. */
#define META_RELATIONS(kinds)                                                                              \
    "SELECT n.nspname, c.relname, CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' " \
    "WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'i' THEN 'index' "                        \
    "WHEN 'I' THEN 'partitioned index' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' END, "       \
    "pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "           \
    "WHERE c.relkind IN (" kinds ") AND pg_table_is_visible(c.oid) AND n.nspname NOT IN "                  \
    "('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'"
#define META_LIKE  " AND c.relname LIKE replace(@, '*', '%')"
#define META_ORDER " ORDER BY 1, 2"
#define META_LIST(kinds) \
    META_RELATIONS(kinds) META_ORDER, META_RELATIONS(kinds) META_LIKE META_ORDER
/* Column, type, collation, nullable, default; then indexes, checks and foreign keys. */
#define META_DESCRIBE                                                                                  \
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod), coalesce((SELECT collname FROM "          \
    "pg_collation o, pg_type t WHERE t.oid = a.atttypid AND o.oid = a.attcollation AND "               \
    "a.attcollation <> t.typcollation), ''), CASE WHEN a.attnotnull THEN 'not null' ELSE '' END, "     \
    "coalesce(pg_get_expr(d.adbin, d.adrelid), '') FROM pg_attribute a LEFT JOIN pg_attrdef d ON "     \
    "d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = @::regclass AND a.attnum > 0 "   \
    "AND NOT a.attisdropped ORDER BY a.attnum;\n"                                                      \
    "SELECT '\"' || c.relname || '\" ' || CASE WHEN i.indisprimary THEN 'PRIMARY KEY, ' WHEN "         \
    "i.indisunique THEN 'UNIQUE, ' ELSE '' END || substring(pg_get_indexdef(i.indexrelid) FROM "       \
    "' USING (.*)$') || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END FROM pg_index i JOIN "      \
    "pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = @::regclass ORDER BY i.indisprimary DESC, " \
    "c.relname;\n"                                                                                     \
    "SELECT '\"' || conname || '\" ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE "           \
    "conrelid = @::regclass AND contype IN ('c', 'f') ORDER BY contype, conname"
#define META_TYPES                                                                               \
    "SELECT format_type(t.oid, NULL), coalesce((SELECT string_agg(e.enumlabel, ', ' ORDER BY "   \
    "e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), '') FROM pg_type t JOIN "       \
    "pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'r') AND n.nspname " \
    "NOT IN ('pg_catalog', 'information_schema')"

static const struct meta_row meta_postgres[] = {
    {SV("\\d"), META_RELATIONS("'r','p','v','m','S','f'") META_ORDER, META_DESCRIBE},
    {SV("\\d+"), META_RELATIONS("'r','p','v','m','S','f'") META_ORDER, META_DESCRIBE},
    {SV("\\dt"), META_LIST("'r','p'")},
    {SV("\\dt+"), META_LIST("'r','p'")},
    {SV("\\di"), META_LIST("'i','I'")},
    {SV("\\di+"), META_LIST("'i','I'")},
    {SV("\\dv"), META_LIST("'v'")},
    {SV("\\dm"), META_LIST("'m'")},
    {SV("\\ds"), META_LIST("'S'")},
    {SV("\\dT"), META_TYPES " ORDER BY 1", META_TYPES " AND t.typname LIKE replace(@, '*', '%')"},
    {SV("\\dT+"), META_TYPES " ORDER BY 1", META_TYPES " AND t.typname LIKE replace(@, '*', '%')"},
    {SV("\\dn"),
     "SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> "
     "'information_schema' ORDER BY 1",
     NULL},
    {SV("\\dx"), "SELECT extname, extversion FROM pg_extension ORDER BY 1", NULL},
    {SV("\\du"), "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1", NULL},
    {SV("\\l"), "SELECT datname, pg_get_userbyid(datdba) FROM pg_database ORDER BY 1", NULL},
    {SV("\\conninfo"),
     "SELECT current_database(), current_user, inet_server_addr(), inet_server_port()", NULL},
    {SV("\\x"), META_LAYOUT, META_LAYOUT},
    {SV("\\timing"), META_LAYOUT, META_LAYOUT},
    {SV("\\pset"), NULL, META_LAYOUT},
};

/* The statement with the name in the places of '@'. */
static void meta_fill(struct strbuf *sql, const char *text, struct sv name)
{
    for (; *text; text++) {
        if (*text != '@') {
            strbuf_add_byte(sql, *text);
            continue;
        }
        strbuf_add_byte(sql, '\'');
        for (size_t i = 0; i < name.n; i++) {
            if (name.p[i] == '\'')
                strbuf_add_byte(sql, '\'');
            strbuf_add_byte(sql, name.p[i]);
        }
        strbuf_add_byte(sql, '\'');
    }
}

static bool meta_find(const struct meta_row *rows, size_t n, struct sv text, struct strbuf *sql)
{
    struct sv rest = sv_trim(text), word, name;

    if (sv_ends(rest, SV(";")))
        rest.n--;
    if (!sv_next_word(&rest, &word))
        return false;
    name = sv_trim(rest);
    for (size_t i = 0; i < n; i++) {
        const char *found = name.n ? rows[i].some : rows[i].all;

        if (!found || !sv_eq(rows[i].word, word))
            continue;
        meta_fill(sql, found, name);
        return true;
    }
    return false;
}

bool sql_meta_sqlite(struct sv text, struct strbuf *sql)
{
    return meta_find(meta_sqlite, ARRAY_LEN(meta_sqlite), text, sql);
}

bool sql_meta_postgres(struct sv text, struct strbuf *sql)
{
    return meta_find(meta_postgres, ARRAY_LEN(meta_postgres), text, sql);
}
