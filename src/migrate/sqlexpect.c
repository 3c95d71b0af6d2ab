#include "migrate/sqlexpect.h"

#include <stdio.h>
#include <string.h>

#include "base/sv.h"

#define SQLEXPECT_SHOWN 10u /* rows of an answer that people are shown */

struct sqlexpect_answer {
    struct strbuf rows; /* "(7, 'x')", the first ones */
    struct strbuf value;
    size_t n;
    bool is_null;
};

static void sqlexpect_show(const struct db_row *row, struct strbuf *out)
{
    strbuf_add_str(out, out->n ? ", (" : "(");
    for (size_t i = 0; i < row->n; i++) {
        if (i)
            strbuf_add_str(out, ", ");
        if (row->v[i].is_null)
            strbuf_add_str(out, "NULL");
        else
            db_quote_text(out, row->v[i].text);
    }
    strbuf_add_byte(out, ')');
}

static enum err_code sqlexpect_row(void *arg, const struct db_row *row, struct err *err UNUSED)
{
    struct sqlexpect_answer *a = arg;

    if (a->n == 0 && row->n) {
        a->is_null = row->v[0].is_null;
        strbuf_add_sv(&a->value, row->v[0].text);
    }
    if (a->n++ < SQLEXPECT_SHOWN)
        sqlexpect_show(row, &a->rows);
    return ERR_OK;
}

static bool sqlexpect_is_true(const struct sqlexpect_answer *a)
{
    static const char *const yes[] = {"t", "true", "1", "on", "yes"};

    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        if (!a->is_null && sv_eq_nocase(strbuf_sv(&a->value), sv_from(yes[i])))
            return a->n == 1;
    return false;
}

static bool sqlexpect_holds(const struct sqlexpect_answer *a, struct sv expect)
{
    uint64_t n;

    if (sv_is(expect, "empty"))
        return a->n == 0;
    if (sv_is(expect, "runs"))
        return true;
    if (sv_eat(&expect, SV("rows:")))
        return sv_to_u64(expect, &n) && a->n == n;
    if (sv_eat(&expect, SV("value:")))
        return a->n == 1 && !a->is_null && sv_eq(strbuf_sv(&a->value), expect);
    return sqlexpect_is_true(a);
}

static void sqlexpect_why(const struct sqlexpect_answer *a, struct sv expect, struct strbuf *why)
{
    strbuf_addf(why, "%zu row%s", a->n, a->n == 1 ? "" : "s");
    if (a->n)
        strbuf_addf(why, ", %s%s", a->n > 1 ? "first " : "", strbuf_str(&a->rows));
    strbuf_addf(why, " instead of %.*s", SV_FMT(expect));
}

static enum err_code sqlexpect_query(struct db *db, struct sv sql, struct sv expect, bool *holds,
                                     struct strbuf *why, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf rows = STRBUF(4096), value = STRBUF(4096);
    struct sqlexpect_answer a = {.rows = rows, .value = value};
    enum err_code rc = db_each(db, sql, NULL, 0, sqlexpect_row, &a, err);

    rows = a.rows;
    value = a.value;
    if (rc != ERR_OK)
        return rc;
    *holds = sqlexpect_holds(&a, expect);
    if (!*holds)
        sqlexpect_why(&a, expect, why);
    return ERR_OK;
}

/* SQLite's classes of errors have no names in its messages' codes but these. */
static bool sqlexpect_is_error(const struct db *db, struct sv state)
{
    const struct db_error *e = db_error(db);

    if (db_kind(db) == DB_POSTGRES)
        return sv_is(state, e->sqlstate);
    return sv_is(state, "constraint") ? (e->sqlite & 0xff) == 19 : e->sqlite != 0;
}

/* The statement must fail as said; it is undone whatever it does. */
static enum err_code sqlexpect_failure(struct db *db, struct sv sql, struct sv state, bool *holds,
                                       struct strbuf *why, struct err *err)
{
    enum err_code rc = db_run(db, sql, NULL, 0, NULL, err);

    if (rc != ERR_OK && rc != ERR_DB && rc != ERR_LOCKED)
        return rc;
    *holds = rc != ERR_OK && sqlexpect_is_error(db, state);
    if (rc == ERR_OK)
        strbuf_addf(why, "the statement succeeded, and should fail with %.*s", SV_FMT(state));
    else if (!*holds)
        strbuf_addf(why, "%s instead of %.*s", err->msg, SV_FMT(state));
    return ERR_OK;
}

static enum err_code sqlexpect_end(struct db *db, bool inside, enum err_code rc, struct err *err)
{
    struct err other;
    enum err_code end;

    if (inside) {
        end = db_run(db, SV("ROLLBACK TO SAVEPOINT prusik_expect; RELEASE SAVEPOINT prusik_expect"),
                     NULL, 0, NULL, &other);
    } else {
        end = db_run(db, SV("ROLLBACK"), NULL, 0, NULL, &other);
    }
    if (rc == ERR_OK && end != ERR_OK) {
        *err = other;
        return end;
    }
    return rc;
}

enum err_code sqlexpect_ask(struct db *db, struct sv sql, struct sv expect, bool inside,
                            bool *holds, struct strbuf *why, struct err *err)
{
    struct sv state = expect.n ? expect : SV("true");
    bool failure = sv_eat(&state, SV("error:")), postgres = db_kind(db) == DB_POSTGRES;
    struct sv begin = inside                 ? SV("SAVEPOINT prusik_expect")
                      : !failure && postgres ? SV("BEGIN READ ONLY")
                                             : SV("BEGIN");
    enum err_code rc = db_run(db, begin, NULL, 0, NULL, err);

    if (rc != ERR_OK)
        return rc;
    rc = failure ? sqlexpect_failure(db, sql, state, holds, why, err)
                 : sqlexpect_query(db, sql, state, holds, why, err);
    return sqlexpect_end(db, inside, rc, err);
}
