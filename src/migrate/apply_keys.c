/*
 * SQLite enforces no foreign key while migrations run, since DROP TABLE would delete the children of the table then.  So
 * rows without a parent are looked for before the statements of a transaction and behind them: those that are new
 * refuse it.  A row is known again when its table or parent got another name meanwhile.
 */
#include "base/sv.h"
#include "migrate/apply_int.h"
#include "migrate/sqllex.h"

static enum err_code keys_do(struct apply *a, const char *sql, struct err *err)
{
    return db_run(a->db, sv_from(sql), NULL, 0, NULL, err);
}

/* Only these leave every row as it is, and every key that has rows. */
static bool keys_may_break(struct sv stmt)
{
    static const char *const harmless[] = {"CREATE", "SELECT", "PRAGMA", "ANALYZE", "REINDEX"};
    struct sqllex lex = {.text = stmt, .db = DB_SQLITE};
    struct sqllex_token t;

    if (!sqllex_next_word(&lex, &t))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
        if (sqllex_is(&t, harmless[i]))
            return false;
    return true;
}

/* Is there any?  A key that fits no parent makes the whole question fail: then it is asked table by table. */
static bool keys_any(struct apply *a)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct db_value v;
    struct err ignored;

    return db_one(a->db, &arena, SV("SELECT 1 FROM pragma_foreign_key_check LIMIT 1"), NULL, 0, &v,
                  &ignored) != ERR_OK ||
           !v.is_null;
}

/* One table's; of a key that cannot be checked, the words of SQLite instead of a parent. */
static enum err_code keys_of_table(struct apply *a, const char *to, struct sv table,
                                   struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct db_value v[2] = {DB_TEXT(table)};

    strbuf_addf(&sql,
                "INSERT INTO temp.%s SELECT \"table\", \"rowid\", parent, count(*)"
                " FROM pragma_foreign_key_check($1) GROUP BY 1, 2, 3",
                to);
    if (db_run(a->db, strbuf_sv(&sql), v, 1, NULL, err) == ERR_OK)
        return ERR_OK;
    if (err->code != ERR_DB)
        return err->code;
    v[1] = DB_TEXT(arena_sv(&a->arena, sv_from(db_error(a->db)->message)));
    strbuf_truncate(&sql, 0);
    strbuf_addf(&sql, "INSERT INTO temp.%s VALUES ($1, NULL, $2, 1)", to);
    return db_run(a->db, strbuf_sv(&sql), v, 2, NULL, err);
}

static enum err_code keys_fill(struct apply *a, const char *to, struct err *err)
{
    CLEANUP(arena_release) struct arena arena = {0};
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct db_table t;

    strbuf_addf(&sql, "CREATE TEMP TABLE %s (t, r, p, n); CREATE INDEX temp.%s_r ON %s (r)", to, to,
                to);
    if (keys_do(a, strbuf_str(&sql), err) != ERR_OK ||
        db_all(a->db, &arena,
               SV("SELECT name FROM main.sqlite_schema s WHERE type = 'table'"
                  " AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(s.name))"),
               NULL, 0, &t, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < t.n_rows; i++)
        if (keys_of_table(a, to, t.v[i].text, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

enum err_code apply_keys_before(struct apply *a, const struct migration_stmt *s, size_t n,
                                struct apply_keys *ret, struct err *err)
{
    ret->asked = ret->any = false;
    for (size_t i = 0; i < n && db_kind(a->db) == DB_SQLITE; i++)
        ret->asked = ret->asked || keys_may_break(s[i].text);
    if (!ret->asked)
        return ERR_OK;
    ret->any = keys_any(a);
    return ret->any ? keys_fill(a, "_prusik_orphan", err) : ERR_OK;
}

/* What is in the second table and was not in the first. */
static enum err_code keys_compare(struct apply *a, struct err *err)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct db_table t;

    if (keys_do(a,
                "UPDATE temp._prusik_orphan SET t = NULL WHERE t NOT IN"
                " (SELECT name FROM main.sqlite_schema WHERE type = 'table');"
                "UPDATE temp._prusik_orphan SET p = NULL WHERE NOT EXISTS (SELECT 1 FROM"
                " main.sqlite_schema WHERE type = 'table' AND name = p COLLATE NOCASE)",
                err) != ERR_OK ||
        db_all(
            a->db, &arena,
            SV("SELECT sum(n), coalesce(group_concat(CASE WHEN r IS NULL AND p LIKE"
               " 'foreign key mismatch%' THEN p ELSE t || coalesce(' row ' || r, '') || ' to ' || p"
               " END, ', ') FILTER (WHERE i <= 10), '') FROM (SELECT *, row_number() OVER () AS i"
               " FROM temp._prusik_orphan_now a WHERE NOT EXISTS (SELECT 1 FROM"
               " temp._prusik_orphan b WHERE b.r IS a.r AND (b.t IS NULL OR b.t = a.t)"
               " AND (b.p IS NULL OR b.p = a.p) AND b.n >= a.n))"),
            NULL, 0, &t, err) != ERR_OK)
        return err->code;
    if (!t.v[0].is_null)
        return err_set(err, ERR_REFUSED, "foreign key: %.*s row%s would have no parent: %.*s",
                       SV_FMT(t.v[0].text), sv_eq(t.v[0].text, SV("1")) ? "" : "s",
                       SV_FMT(t.v[1].text));
    return keys_do(a, "DROP TABLE temp._prusik_orphan_now", err);
}

enum err_code apply_keys_after(struct apply *a, const struct apply_keys *k, struct err *err)
{
    bool now = k->asked && keys_any(a);

    if (now && !k->any &&
        keys_do(a, "CREATE TEMP TABLE _prusik_orphan (t, r, p, n)", err) != ERR_OK)
        return err->code;
    if (now &&
        (keys_fill(a, "_prusik_orphan_now", err) != ERR_OK || keys_compare(a, err) != ERR_OK))
        return err->code;
    return now || k->any ? keys_do(a, "DROP TABLE temp._prusik_orphan", err) : ERR_OK;
}
