/* A statement is run, and what it is about to do is noted: what it may not do, which tables may be empty behind it. */
#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "migrate/sqllex.h"
#include "migrate/sqlscratch_int.h"

#define SCRATCH_ASSUMPTIONS 200u /* for one statement */

/* --- what a statement may do --- */

static bool scratch_is_one_of(const char *name, const char *const *list)
{
    for (; name && *list; list++)
        if (sqlite3_stricmp(name, *list) == 0)
            return true;
    return false;
}

static void scratch_add_lower(struct strbuf *b, const char *name)
{
    strbuf_add_byte(b, ',');
    for (; *name; name++)
        strbuf_add_byte(b, ascii_lower(*name));
    strbuf_add_byte(b, ',');
}

/* What it is about to do; also to tables whose rows go with those of others (ON DELETE CASCADE). */
static void scratch_note(struct sqlscratch *s, int action, const char *one, const char *two)
{
    switch (action) {
    case SQLITE_READ:
        scratch_add_lower(&s->reads, one);
        if (scratch_named(s, sv_from(one))->forced)
            scratch_touch(s, one);
        break;
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_VTABLE:
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_VIEW:
    case SQLITE_DROP_TRIGGER:
        s->fewer = true;
        scratch_touch(s, one);
        break;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE: scratch_touch(s, one); break;
    case SQLITE_CREATE_TABLE: *vec_add(&s->made) = scratch_name(s, sv_from(one)); break;
    case SQLITE_ALTER_TABLE:
        scratch_touch(s, two);
        s->edges = true;
        break;
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT: s->edges = s->edges || strcmp(one, "ROLLBACK") == 0; break;
    default: break;
    }
}

int scratch_allow(void *arg, int action, const char *one, const char *two,
                  const char *schema UNUSED, const char *trigger UNUSED)
{
    static const char *const pragmas[] = {"foreign_keys",
                                          "legacy_alter_table",
                                          "defer_foreign_keys",
                                          "user_version",
                                          "application_id",
                                          "recursive_triggers",
                                          "table_info",
                                          "table_xinfo",
                                          "table_list",
                                          "index_list",
                                          "index_info",
                                          "index_xinfo",
                                          "foreign_key_list",
                                          "foreign_key_check",
                                          "integrity_check",
                                          "quick_check",
                                          "ignore_check_constraints",
                                          NULL};
    struct sqlscratch *s = arg;

    if (one)
        scratch_note(s, action, one, two);
    if (action == SQLITE_PRAGMA && two && !scratch_is_one_of(one, pragmas))
        return SQLITE_IGNORE;
    if (action != SQLITE_ATTACH && action != SQLITE_DETACH &&
        !(action == SQLITE_FUNCTION && sqlite3_stricmp(two, "load_extension") == 0))
        return SQLITE_OK;
    s->outside = true;
    return SQLITE_DENY;
}

/* --- a statement --- */

static int scratch_step(struct sqlscratch *s, struct sv *rest)
{
    sqlite3_stmt *st = NULL;
    const char *end = rest->p + rest->n;
    int rc;

    strbuf_truncate(&s->reads, 0);
    s->counts = 0;
    rc = sqlite3_prepare_v2(s->lite, rest->p, (int)rest->n, &st, &end);
    while (rc == SQLITE_OK && st && (rc = sqlite3_step(st)) == SQLITE_ROW)
        rc = SQLITE_OK;
    if (st)
        (void)sqlite3_finalize(st); /* rc has it; the message stays that of the step */
    if (rc == SQLITE_OK || rc == SQLITE_DONE)
        *rest = sv_sub(*rest, (size_t)(end - rest->p), rest->n);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* "ALTER TABLE [S.]T ADD ...": T without quotes, and what stands behind it. */
static bool scratch_is_add(struct sv stmt, struct strbuf *table, struct sv *add)
{
    struct sqllex lex = {.text = stmt, .db = DB_SQLITE};
    struct sqllex_token t, name = {0};

    if (!sqllex_next_word(&lex, &t) || !sqllex_is(&t, "ALTER") || !sqllex_next_word(&lex, &t) ||
        !sqllex_is(&t, "TABLE"))
        return false;
    while (sqllex_next_word(&lex, &t) && !sqllex_is(&t, "ADD"))
        name = t;
    if (!name.text.n || !sqllex_is(&t, "ADD"))
        return false;
    sqllex_plain(&name, table);
    *add = sv_sub(stmt, t.at, stmt.n);
    return true;
}

/*
 * A CHECK has failed where there is a row of ours that another CHECK refuses: does the one of the new column fail by itself?
 * Asked of a table with the same columns, no constraint and a row of nulls.
 */
static bool scratch_adds_what_fails(struct sqlscratch *s, struct sv stmt)
{
    CLEANUP(strbuf_release) struct strbuf table = STRBUF(0), sql = STRBUF(0);
    struct sv add;
    bool fails;

    if (!scratch_is_add(stmt, &table, &add))
        return false;
    (void)sqlite3_set_authorizer(s->lite, NULL, NULL); /* nothing of it is the file's */
    strbuf_add_str(&sql, "SAVEPOINT prusik_twin; CREATE TABLE main.prusik_twin AS SELECT * FROM ");
    db_quote_name(&sql, strbuf_sv(&table));
    strbuf_add_str(&sql, " WHERE 0; INSERT INTO prusik_twin DEFAULT VALUES");
    fails = scratch_do(s, strbuf_str(&sql));
    strbuf_truncate(&sql, 0);
    strbuf_addf(&sql, "ALTER TABLE prusik_twin %.*s", SV_FMT(add));
    fails = fails && !scratch_do(s, strbuf_str(&sql)) &&
            sv_has(sv_from(sqlite3_errmsg(s->lite)), SV("CHECK constraint failed"));
    (void)scratch_do(s, "ROLLBACK TO prusik_twin; RELEASE prusik_twin");
    (void)sqlite3_set_authorizer(s->lite, scratch_allow, s);
    return fails;
}

static int scratch_try(struct sqlscratch *s, struct sv stmt)
{
    struct sv rest = stmt;
    int rc = SQLITE_OK;

    for (size_t i = 0; rest.n && i < SCRATCH_ASSUMPTIONS; i++) {
        rc = scratch_step(s, &rest);
        if (rc == SQLITE_OK)
            continue;
        if (sv_has(sv_from(sqlite3_errmsg(s->lite)), SV("CHECK constraint failed"))) {
            if (scratch_adds_what_fails(s, rest))
                return scratch_step(s, &rest); /* with its own words again */
            if (!scratch_drop_forced(s))
                return rc;
        } else if (!scratch_assume(s, rest)) {
            return rc;
        }
    }
    return rc;
}

struct sv sqlscratch_objects(struct sqlscratch *s, struct sv table, struct arena *a)
{
    return scratch_ask(
        s, a,
        "SELECT group_concat(type || ' ' || name, char(10)) FROM sqlite_schema WHERE tbl_name = ?1 "
        "COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL",
        table, SV(""));
}

struct sv scratch_say(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, sv_from(text));
    struct sv s = sv_from(copy);

    for (size_t at = text_bad_utf8(s); at != SV_NPOS; at = text_bad_utf8(s))
        copy[at] = '?';
    return s;
}

static sqlite3_int64 scratch_less(sqlite3_int64 a, sqlite3_int64 b)
{
    return a < b ? a : b;
}

/* What the statement did to the definitions. */
static void scratch_follow(struct sqlscratch *s, struct sv to)
{
    if (s->fewer) /* the next one may get the number of what is gone */
        s->seen = scratch_less(s->seen, scratch_last_definition(s));
    for (size_t i = 0; i < s->made.n; i++)
        scratch_read_children(s, "SELECT ?1, \"table\" FROM pragma_foreign_key_list(?1)",
                              s->names.v[s->made.v[i]].name);
    if (to.n) {
        CLEANUP(mem_freep) char *name = xstrdup_sv(to);

        scratch_touch(s, name);
    }
    s->fewer = false;
    s->made.n = 0;
}

static bool scratch_is_vacuum(struct sv stmt)
{
    struct sqllex lex = {.text = stmt, .db = DB_SQLITE};
    struct sqllex_token t;

    return sqllex_next_word(&lex, &t) && sqllex_is(&t, "VACUUM");
}

void sqlscratch_run(struct sqlscratch *s, struct sv stmt, struct sv table, struct sv to,
                    struct arena *a, struct sqlscratch_result *ret)
{
    struct sqlscratch_result res = {.code = SQLITE_OK};
    int at;

    if (s->trial.on && sqlite3_get_autocommit(s->lite))
        (void)scratch_do(s, "BEGIN"); /* a statement before has rolled back */
    res.in_tx = !sqlite3_get_autocommit(s->lite);
    res.foreign_keys = sv_is(scratch_ask(s, a, "PRAGMA foreign_keys", SV(""), SV("")), "1");
    if (table.n)
        res.child = scratch_child(s, table, a);
    s->outside = false;
    scratch_quotes_are_names(s, s->assume);
    res.text_name = scratch_text_name(s, stmt, a);
    res.skipped = scratch_is_vacuum(stmt);
    if (!res.skipped)
        res.code = scratch_try(s, stmt);
    if (res.code != SQLITE_OK) {
        at = sqlite3_error_offset(s->lite);
        res.code = sqlite3_extended_errcode(s->lite);
        res.message = scratch_say(a, sqlite3_errmsg(s->lite));
        res.at = at < 0 ? 0 : (size_t)at;
        res.cut = (res.code & 0xff) == SQLITE_INTERRUPT;
        res.skipped = s->outside;
    }
    res.reads = arena_sv(a, strbuf_sv(&s->reads));
    scratch_follow(s, to);
    if (to.n && res.child.n)
        res.follows = scratch_child(s, to, a);
    *ret = res;
}
