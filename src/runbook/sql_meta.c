/*
 * Meta-commands of psql and sqlite3 that only look, as statements of SQLite.
 */
#include "base/strbuf.h"
#include "base/sv.h"
#include "runbook/sql.h"

#define META_TABLES \
    "SELECT name FROM sqlite_schema WHERE type IN ('table','view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
#define META_SCHEMA  "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"
#define META_INDEXES "SELECT name FROM sqlite_schema WHERE type = 'index'"

static const struct meta_row {
    struct sv word;
    const char *all;  /* without a name */
    const char *some; /* with one, which is appended in quotes; NULL: it takes none */
} meta_rows[] = {
    {SV(".tables"), META_TABLES, NULL},
    {SV("\\dt"), META_TABLES, NULL},
    {SV(".indexes"), META_INDEXES " ORDER BY name", META_INDEXES " AND tbl_name = "},
    {SV(".indices"), META_INDEXES " ORDER BY name", META_INDEXES " AND tbl_name = "},
    {SV("\\di"), META_INDEXES " ORDER BY name", META_INDEXES " AND tbl_name = "},
    {SV(".schema"), META_SCHEMA, META_SCHEMA " AND tbl_name = "},
    {SV("\\d"), META_TABLES, META_SCHEMA " AND tbl_name = "},
    {SV("\\d+"), META_TABLES, META_SCHEMA " AND tbl_name = "},
    {SV(".databases"), "PRAGMA database_list", NULL},
};

static void meta_add_quoted(struct strbuf *sql, struct sv name)
{
    strbuf_add_byte(sql, '\'');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '\'')
            strbuf_add_byte(sql, '\'');
        strbuf_add_byte(sql, name.p[i]);
    }
    strbuf_add_byte(sql, '\'');
}

bool sql_meta_sqlite(struct sv text, struct strbuf *sql)
{
    struct sv rest = sv_trim(text), word, name;

    if (sv_ends(rest, SV(";")))
        rest.n--;
    if (!sv_next_word(&rest, &word))
        return false;
    name = sv_trim(rest);
    for (size_t i = 0; i < ARRAY_LEN(meta_rows); i++) {
        const struct meta_row *row = &meta_rows[i];

        if (!sv_eq(row->word, word) || (name.n && !row->some))
            continue;
        strbuf_add_str(sql, name.n ? row->some : row->all);
        if (name.n)
            meta_add_quoted(sql, name);
        return true;
    }
    return false;
}
