/*
 * Migrations are applied, gone on with and undone: on a file of SQLite and on a PostgreSQL of the test's own.
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "migrate/apply.h"
#include "migrate/discover.h"
#include "migrate/runlock.h"
#include "migrate_base.h"

/* --- a tree and a database --- */

typedef void both_fn(struct base *b);

static void on_sqlite(both_fn *fn)
{
    struct base b = {.url = "sqlite:test.db"};

    open_db(&b);
    fn(&b);
    db_close(b.db);
}

static void on_postgres(both_fn *fn)
{
    struct base b = {0};

    t_pg_start(&b.pg);
    b.url = b.pg.url;
    open_db(&b);
    fn(&b);
    db_close(b.db);
    t_pg_stop(&b.pg);
}

/* --- what verbs do --- */

struct told {
    size_t n, retried;
    char last[64], message[1024];
};

static void tell(void *arg, const struct book_event *e)
{
    struct told *t = arg;

    t->n++;
    t->retried += strcmp(e->kind, "stmt-retried") == 0;
    (void)snprintf(t->last, sizeof(t->last), "%s", e->kind);
    (void)snprintf(t->message, sizeof(t->message), "%.*s", SV_FMT(e->message));
}

struct wish {
    const char *dir;
    bool out_of_order;
    uint64_t lock_timeout_ms, retry_ms, wait_ms;
    size_t count;    /* 0: all */
    const char *pid; /* the session that it takes itself to be in; NULL: the one that it is in */
    struct told *told;
};

static enum err_code up_all(struct apply *a, struct discover *d, const struct wish *w,
                            struct err *err)
{
    pendings p = {0};
    enum err_code rc;
    size_t n = 0;

    pending_compare(&d->files, &a->rows, db_kind(a->db), &p);
    rc = pending_check(&p, w->out_of_order, err);
    for (size_t i = 0; rc == ERR_OK && i < p.n; i++)
        if (p.v[i].state != PENDING_APPLIED && p.v[i].state != PENDING_MISSING &&
            (w->count == 0 || n++ < w->count))
            rc = apply_up(a, &p.v[i], err);
    vec_release(&p);
    return rc;
}

static enum err_code up(struct base *b, const struct wish *w, struct err *err)
{
    CLEANUP(book_rows_release) struct book_rows applied = {0};
    struct told none = {0};
    struct book book;
    struct apply_options o = {.texts = APPLY_TEXTS_NONE,
                              .lock_timeout_ms = w->lock_timeout_ms,
                              .retry_ms = w->retry_ms,
                              .wait_ms = w->wait_ms,
                              .tell = tell,
                              .arg = w->told ? w->told : &none};
    struct discover_ahead *ahead;
    struct discover d;
    struct apply a;
    enum err_code rc;

    T_OK(book_open(b->db, SV("prusik"), &book, err), *err);
    T_OK(book_load_digests(&book, &applied, err), *err);
    ahead = discover_ahead_new(w->dir ? w->dir : "m");
    rc = discover_tree_beside(ahead, SV("auto"), db_kind(b->db), &applied, &d, err);
    discover_ahead_free(ahead);
    if (rc != ERR_OK)
        return rc;
    rc = apply_begin(b->db, &o, &a, err);
    if (rc == ERR_OK) {
        a.pid = w->pid ? sv_from(w->pid) : a.pid;
        rc = up_all(&a, &d, w, err);
        apply_end(&a);
    }
    discover_release(&d);
    return rc;
}

static void up_ok(struct base *b)
{
    struct wish w = {0};
    struct err err = {0};

    T_OK(up(b, &w, &err), err);
}

/* Undo the newest. */
static enum err_code down(struct base *b, struct err *err)
{
    struct apply_options o = {0};
    struct discover d;
    struct apply a;
    enum err_code rc = discover_tree("m", SV("auto"), db_kind(b->db), &d, err);
    pendings p = {0};

    if (rc != ERR_OK)
        return rc;
    rc = apply_begin(b->db, &o, &a, err);
    if (rc == ERR_OK) {
        size_t i;

        pending_compare(&d.files, &a.rows, db_kind(b->db), &p);
        for (i = p.n; i > 0 && !(p.v[i - 1].row && (sv_is(p.v[i - 1].row->state, "applied") ||
                                                    sv_is(p.v[i - 1].row->state, "partial")));
             i--)
            ;
        T_CHECK(i > 0);
        rc = apply_down(&a, &p.v[i - 1], err);
        vec_release(&p);
        apply_end(&a);
    }
    discover_release(&d);
    return rc;
}

static const char *table(struct base *b, const char *name)
{
    static char text[64];

    (void)snprintf(text, sizeof(text), db_kind(b->db) == DB_POSTGRES ? "prusik.%s" : "prusik_%s",
                   name);
    return text;
}

static const char *kept(struct base *b, const char *select, const char *name, const char *where)
{
    char text[400];

    (void)snprintf(text, sizeof(text), "SELECT %s FROM %s %s", select, table(b, name), where);
    return one(b, text);
}

/* --- the cases --- */

#define FIRST                                                                                   \
    "-- prusik:up\nCREATE TABLE deals (id integer PRIMARY KEY, note text);\nINSERT INTO deals " \
    "VALUES (1, 'a;b');\n-- prusik:down\nDROP TABLE deals;\n"
#define SECOND                                                                                  \
    "-- prusik:check name=\"there are deals\" expect=true\nSELECT count(*) > 0 FROM deals;\n"   \
    "-- prusik:up part=add\nALTER TABLE deals ADD COLUMN stage text;\n-- prusik:up part=fill\n" \
    "UPDATE deals SET stage = 'new';\n-- prusik:verify name=\"all have one\" expect=empty\n"    \
    "SELECT id FROM deals WHERE stage IS NULL;\n-- prusik:down of=add\nALTER TABLE deals DROP " \
    "COLUMN stage;\n-- prusik:down of=fill\nUPDATE deals SET stage = NULL;\n"

static void applies(struct base *b)
{
    struct told told = {0};
    struct wish w = {.told = &told};
    struct err err = {0};

    put("m/1_deals.sql", FIRST);
    put("m/2_stage.sql", SECOND);
    T_OK(up(b, &w, &err), err);
    T_STR(one(b, "SELECT stage FROM deals WHERE id = 1"), "new");
    T_STR(kept(b, "count(*)", "migration", "WHERE state = 'applied'"), "2");
    T_STR(kept(b, "count(*)", "progress", ""), "0");
    T_STR(kept(b, "count(*)", "event", "WHERE kind = 'up-done'"), "2");
    T_STR(kept(b, "count(*)", "event", "WHERE version = '1'"), "1");
    T_STR(told.last, "up-done");
    up_ok(b);
    T_STR(kept(b, "count(*)", "event", "WHERE kind = 'up-done'"), "2");
    T_OK(down(b, &err), err);
    T_STR(kept(b, "state", "migration", "WHERE version = '2'"), "undone");
    T_OK(down(b, &err), err);
    T_CHECK(db_run(b->db, SV("SELECT 1 FROM deals"), NULL, 0, NULL, &err) != ERR_OK);
    up_ok(b);
    T_STR(kept(b, "count(*)", "migration", "WHERE state = 'applied'"), "2");
}

/* Prusik's own statements are prepared, and a migration may clear all that are. */
T(a_migration_that_makes_the_server_forget_is_applied_on_postgresql)
{
    struct told told = {0};
    struct wish w = {.told = &told};
    struct base b = {0};
    struct err err = {0};

    t_pg_start(&b.pg);
    b.url = b.pg.url;
    open_db(&b);
    put("m/1_a.sql", "-- prusik:up\nCREATE TABLE a (i int);\n");
    put("m/2_b.sql", "-- prusik:up\nINSERT INTO a VALUES (2);\nDEALLOCATE ALL;\n");
    put("m/3_c.sql",
        "-- prusik:up tx=no\nDISCARD PLANS;\n-- prusik:up\nINSERT INTO a VALUES (3);\n");
    put("m/4_d.sql", "-- prusik:up\nINSERT INTO a VALUES (4);\nDEALLOCATE ALL;\n");
    put("m/5_e.sql", "-- prusik:up\nINSERT INTO a VALUES (5);\n");
    T_OK(up(&b, &w, &err), err);
    T_STR(one(&b, "SELECT string_agg(i::text, ',' ORDER BY i) FROM a"), "2,3,4,5");
    T_STR(kept(&b, "count(*)", "migration", "WHERE state = 'applied'"), "5");
    T_STR(kept(&b, "count(*)", "event", "WHERE kind = 'stmt-failed'"), "0");
    T_EQ(told.retried, 0);
    db_close(b.db);
    t_pg_stop(&b.pg);
}

T(what_is_new_is_applied_once_and_undone_in_reverse_on_sqlite)
{
    on_sqlite(applies);
}

T(what_is_new_is_applied_once_and_undone_in_reverse_on_postgresql)
{
    on_postgres(applies);
}

static void want(enum err_code rc, const struct err *err, enum err_code code, const char *part)
{
    if (rc != code || !strstr(err->msg, part))
        T_FAIL("%d: '%s' should be %d with '%s'", (int)rc, err->msg, (int)code, part);
}

static void fails_whole(struct base *b)
{
    struct told told = {0};
    struct wish w = {.told = &told};
    struct err err = {0};

    put("m/1_deals.sql", FIRST);
    put("m/2_bad.sql",
        "-- prusik:up\nCREATE TABLE two (id integer);\nINSERT INTO two\n  SELECT nothing FROM "
        "deals;\n-- prusik:down\nDROP TABLE two;\n");
    want(up(b, &w, &err), &err, ERR_DB, "m/2_bad.sql:");
    T_CHECK(strstr(err.msg, "nothing") != NULL);
    T_STR(told.last, "stmt-failed");
    T_STR(kept(b, "count(*)", "migration", ""), "1");
    T_STR(kept(b, "count(*)", "event", "WHERE kind = 'stmt-failed' AND version = '2'"), "1");
    T_CHECK(db_run(b->db, SV("SELECT 1 FROM two"), NULL, 0, NULL, &err) != ERR_OK);
    put("m/2_bad.sql",
        "-- prusik:up\nCREATE TABLE two (id integer);\n-- prusik:down\nDROP TABLE two;\n");
    up_ok(b);
    T_STR(one(b, "SELECT count(*) FROM two"), "0");
}

T(a_part_that_fails_leaves_nothing_behind_on_sqlite)
{
    on_sqlite(fails_whole);
}

T(a_part_that_fails_leaves_nothing_behind_on_postgresql)
{
    on_postgres(fails_whole);
}

/* The only file "m/2_x.sql" is tried: it fails so, and nothing of it stays. */
static void fails_so(struct base *b, const char *text, const struct wish *w, const char *part)
{
    struct err err = {0};

    put("m/2_x.sql", text);
    want(up(b, w, &err), &err, w->pid ? ERR_REFUSED : ERR_DB, part);
    T_CHECK(!db_in_transaction(b->db));
    T_STR(one(b, "SELECT string_agg(i::text, ',') FROM a"), "1");
    T_STR(one(b, "SELECT count(*) FROM prusik.migration"), "1");
    T_STR(one(b, "SELECT count(*) FROM prusik.event WHERE version = '2' AND kind <> 'stmt-failed'"),
          "0");
}

/* BEGIN goes with the first statement, and what is kept with COMMIT: each failure is told as what it is. */
T(what_goes_in_one_message_fails_as_if_it_went_alone_on_postgresql)
{
    struct wish w = {0}, elsewhere = {.pid = "1"};
    struct base b = {0};

    t_pg_start(&b.pg);
    b.url = b.pg.url;
    open_db(&b);
    put("m/1_a.sql", "-- prusik:up\nCREATE TABLE a (i int UNIQUE DEFERRABLE INITIALLY DEFERRED);\n"
                     "INSERT INTO a VALUES (1);\n");
    up_ok(&b);
    fails_so(&b, "-- prusik:up\nINSERT INTO a\n  SELECT nothing FROM a;\n", &w, "m/2_x.sql:3:10: ");
    fails_so(&b,
             "-- prusik:up\nINSERT INTO a VALUES (2);\nINSERT INTO a\n  SELECT nothing FROM a;\n",
             &w, "m/2_x.sql:4:10: ");
    fails_so(&b, "-- prusik:up\nINSERT INTO a VALUES (2) \xc3\xa4 oops;\n", &w, "m/2_x.sql:2:26: ");
    fails_so(&b, "-- prusik:up\nINSERT INTO a VALUES (1 / 0);\n", &w, "m/2_x.sql:2:1: ");
    fails_so(&b,
             "-- prusik:up statement_timeout=100ms\nINSERT INTO a SELECT 2 FROM pg_sleep(20);\n",
             &w, "(57014)");
    fails_so(&b, "-- prusik:up\nINSERT INTO a VALUES (1);\n", &w, "COMMIT: ");
    fails_so(
        &b,
        "-- prusik:up\nINSERT INTO a VALUES (2);\nALTER TABLE prusik.event ADD CONSTRAINT no CHECK (version <> '2')"
        " NOT VALID;\n",
        &w, "m/2_x.sql:1: prusik's own tables: ");
    fails_so(&b, "-- prusik:up\nINSERT INTO a VALUES (2);\n", &elsewhere, "goes through a pooler");
    fails_so(
        &b,
        "-- prusik:up\nALTER TABLE prusik.event ADD CONSTRAINT no CHECK (version <> '2') NOT VALID;\n",
        &w, "m/2_x.sql:1: prusik's own tables: ");
    fails_so(&b, "-- prusik:up\nINSERT INTO a VALUES (2)\n  RETURNING nothing -- none\n", &w,
             "m/2_x.sql:3:13: ");
    put("m/2_x.sql",
        "-- prusik:up\nSET standard_conforming_strings = off;\nINSERT INTO a SELECT length(E'\\\\''');\n");
    up_ok(&b);
    T_STR(one(&b, "SELECT string_agg(i::text, ',' ORDER BY i) FROM a"), "1,2");
    T_STR(
        one(&b, "SELECT up_text FROM prusik.migration WHERE version = '2'"),
        "-- prusik:up part=p1\nSET standard_conforming_strings = off\n;\nINSERT INTO a SELECT length(E'\\\\''')\n;\n");
    T_STR(one(&b, "SHOW standard_conforming_strings"), "on");
    db_close(b.db);
    t_pg_stop(&b.pg);
}

/* One statement is one message, unless it is long, or what it is kept with was forgotten by the server. */
T(a_migration_of_one_statement_is_whole_whatever_it_is_on_postgresql)
{
    struct strbuf text = STRBUF(0);
    struct base b = {0};

    t_pg_start(&b.pg);
    b.url = b.pg.url;
    open_db(&b);
    put("m/1_a.sql", "-- prusik:up\nCREATE TABLE a (t text) -- of what follows\n");
    put("m/2_forgets.sql", "-- prusik:up\nDEALLOCATE ALL;\n");
    put("m/3_role.sql", "-- prusik:up\nSET search_path = nowhere;\n");
    put("m/4_b.sql", "-- prusik:up\nINSERT INTO a VALUES ('b');\n");
    for (size_t i = 0; i < 2; i++) { /* too long for the message; and with what is kept about it */
        strbuf_truncate(&text, 0);
        strbuf_add_str(&text, "-- prusik:up\nINSERT INTO a VALUES ('");
        strbuf_add_n(&text, 'c', i ? 40000 : 70000);
        strbuf_add_str(&text, "');\n");
        put(i ? "m/5_c.sql" : "m/6_d.sql", strbuf_str(&text));
    }
    up_ok(&b);
    T_STR(one(&b, "SELECT string_agg(length(t)::text, ',' ORDER BY length(t)) FROM a"),
          "1,40000,70000");
    T_STR(
        kept(
            &b,
            "string_agg(version || coalesce(state, '') || (duration_ms >= 0), ' ' ORDER BY version)",
            "migration", ""),
        "1appliedtrue 2appliedtrue 3appliedtrue 4appliedtrue 5appliedtrue 6appliedtrue");
    T_STR(kept(&b, "count(*)", "event", "WHERE kind = 'up-done' AND duration_ms >= 0"), "6");
    strbuf_release(&text);
    db_close(b.db);
    t_pg_stop(&b.pg);
}

#define PARTS(first, second)                                        \
    "-- prusik:up part=a\n" first ";\n-- prusik:up part=b\n" second \
    ";\n-- prusik:down of=a\nDROP TABLE one;\n-- prusik:down of=b\nDROP TABLE two;\n"

static void goes_on(struct base *b)
{
    struct wish w = {0};
    struct err err = {0};

    put("m/1_parts.sql", PARTS("CREATE TABLE one (id integer)", "CREATE TABLE two (nonsense"));
    want(up(b, &w, &err), &err, ERR_INVALID,
         "1_parts.sql:4:18: parenthesis opened at line 4 is not closed");
    put("m/1_parts.sql", PARTS("CREATE TABLE one (id integer)", "INSERT INTO two VALUES (1)"));
    want(up(b, &w, &err), &err, ERR_DB, "1_parts.sql:4");
    T_STR(kept(b, "state", "migration", "WHERE version = '1'"), "partial");
    T_STR(kept(b, "count(*)", "progress", "WHERE state = 'done' AND part = 'a'"), "1");
    put("m/1_parts.sql", PARTS("CREATE TABLE other (id integer)", "CREATE TABLE two (id integer)"));
    want(up(b, &w, &err), &err, ERR_REFUSED, "edited since");
    put("m/1_parts.sql",
        PARTS("CREATE TABLE one  (id integer) -- same", "CREATE TABLE two (id integer)"));
    up_ok(b);
    T_STR(kept(b, "state", "migration", "WHERE version = '1'"), "applied");
    T_STR(one(b, "SELECT count(*) FROM two"), "0");
    T_OK(down(b, &err), err);
    T_CHECK(db_run(b->db, SV("SELECT 1 FROM one"), NULL, 0, NULL, &err) != ERR_OK);
}

T(what_is_half_done_goes_on_behind_what_is_done_on_sqlite)
{
    on_sqlite(goes_on);
}

T(what_is_half_done_goes_on_behind_what_is_done_on_postgresql)
{
    on_postgres(goes_on);
}

static void half_undone(struct base *b)
{
    struct wish w = {0};
    struct err err = {0};

    put("m/1_parts.sql", PARTS("CREATE TABLE one (id integer)", "INSERT INTO two VALUES (1)"));
    want(up(b, &w, &err), &err, ERR_DB, "1_parts.sql");
    T_OK(down(b, &err), err); /* only a was done: two was never there */
    T_CHECK(db_run(b->db, SV("SELECT 1 FROM one"), NULL, 0, NULL, &err) != ERR_OK);
    put("m/1_parts.sql",
        "-- prusik:up\nCREATE TABLE one (id integer);\n-- prusik:up\nINSERT INTO two VALUES"
        " (1);\n-- prusik:down\nDROP TABLE one;\n");
    want(up(b, &w, &err), &err, ERR_DB, "1_parts.sql");
    want(down(b, &err), &err, ERR_REFUSED, "half applied");
}

T(what_is_half_done_is_undone_by_the_downs_of_its_parts)
{
    on_sqlite(half_undone);
}

static void does_not_fit(struct base *b)
{
    struct wish w = {0};
    struct err err = {0};

    put("m/2_deals.sql", FIRST);
    up_ok(b);
    put("m/2_deals.sql", "-- a remark\n" FIRST);
    up_ok(b);
    put("m/2_deals.sql", "-- prusik:up\nCREATE TABLE deals (id bigint);\n-- prusik:down none\n");
    want(up(b, &w, &err), &err, ERR_REFUSED, "was changed after it was applied");
    put("m/2_deals.sql", FIRST);
    put("m/1_early.sql",
        "-- prusik:up\nCREATE TABLE early (id integer);\n-- prusik:down none reason=\"no need\"\n");
    want(up(b, &w, &err), &err, ERR_REFUSED, "is below 2, which is applied");
    w.out_of_order = true;
    T_OK(up(b, &w, &err), err);
    T_STR(one(b, "SELECT count(*) FROM early"), "0");
    T_EQ(unlink("m/2_deals.sql"), 0);
    up_ok(b); /* missing is no reason to stop */
    T_OK(down(b, &err), err);
    T_CHECK(db_run(b->db, SV("SELECT 1 FROM deals"), NULL, 0, NULL, &err) != ERR_OK);
    want(down(b, &err), &err, ERR_REFUSED, "no way back: no need");
}

T(files_that_do_not_fit_what_is_applied_are_refused_on_sqlite)
{
    on_sqlite(does_not_fit);
}

T(files_that_do_not_fit_what_is_applied_are_refused_on_postgresql)
{
    on_postgres(does_not_fit);
}

static void queries(struct base *b)
{
    struct wish w = {0};
    struct err err = {0};

    put("m/1_a.sql",
        "-- prusik:check name=\"is empty\" expect=empty\nSELECT 7 AS a, 'x' AS b;\n-- prusik:up\nCREATE"
        " TABLE a (id integer);\n");
    want(up(b, &w, &err), &err, ERR_REFUSED, "check \"is empty\" does not hold: 1 row, ('7', 'x')");
    put("m/1_a.sql",
        "-- prusik:up\nCREATE TABLE a (id integer);\n-- prusik:verify before_commit=yes\n"
        "SELECT 1 = 2;\n");
    want(up(b, &w, &err), &err, ERR_FAILED, "does not hold");
    T_CHECK(db_run(b->db, SV("SELECT 1 FROM a"), NULL, 0, NULL, &err) != ERR_OK);
    put("m/1_a.sql",
        "-- prusik:up\nCREATE TABLE a (id integer PRIMARY KEY);\n-- prusik:verify expect=rows:2\nSELECT"
        " id FROM a;\n");
    want(up(b, &w, &err), &err, ERR_FAILED, "0 rows instead of rows:2");
    T_STR(kept(b, "state", "migration", "WHERE version = '1'"), "partial");
    T_STR(kept(b, "count(*)", "event", "WHERE kind = 'verify-failed'"), "1");
    sql(b, "INSERT INTO a VALUES (1)");
    sql(b, "INSERT INTO a VALUES (2)");
    up_ok(b);
    put("m/2_b.sql",
        db_kind(b->db) == DB_POSTGRES
            ? "-- prusik:up\nCREATE TABLE b (id integer);\n-- prusik:verify expect=error:23505\n"
              "INSERT INTO a VALUES (1);\n-- prusik:verify expect=value:2\nSELECT max(id) FROM a;\n"
            : "-- prusik:up\nCREATE TABLE b (id integer);\n-- prusik:verify expect=error:constraint\n"
              "INSERT INTO a VALUES (1);\n-- prusik:verify expect=value:2\nSELECT max(id) FROM a;\n");
    up_ok(b);
    put("m/3_c.sql",
        "-- prusik:up\nCREATE TABLE c (id integer);\n-- prusik:verify expect=error:constraint\n"
        "INSERT INTO a VALUES (3);\n");
    want(up(b, &w, &err), &err, ERR_FAILED, "the statement succeeded");
    T_STR(one(b, "SELECT count(*) FROM a"), "2");
}

T(checks_hold_before_and_verifies_behind_on_sqlite)
{
    on_sqlite(queries);
}

T(checks_hold_before_and_verifies_behind_on_postgresql)
{
    on_postgres(queries);
}

static void refused(struct base *b)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"-- prusik:up\nBEGIN;\nSELECT 1;\nCOMMIT;\n", "RUN007"},
        {"-- prusik:up\nVACUUM;\n", "RUN001"},
    };
    struct wish w = {0};
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        put("m/1_a.sql", cases[i].text);
        want(up(b, &w, &err), &err, ERR_REFUSED, cases[i].part);
        T_STR(kept(b, "count(*)", "event", ""), "0");
    }
}

T(what_cannot_run_so_is_refused_before_anything_is_done)
{
    on_sqlite(refused);
}

static void backfills(struct base *b)
{
    static const struct {
        const char *key, *sql, *why;
    } cases[] = {
        {"id", "UPDATE deals SET note = o.note FROM deals o WHERE o.id = deals.id",
         "a backfill has no FROM"},
        {"a,b,c,d,e,f,g,h,i", "UPDATE deals SET note = 'x'", "at most 8 columns"},
    };
    struct wish w = {0};
    struct err err = {0};

    put("m/1_deals.sql", FIRST);
    up_ok(b);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(strbuf_release) struct strbuf file = STRBUF(0);

        strbuf_addf(&file,
                    "-- prusik:backfill job=j table=deals key=%s\n%s;\n-- prusik:down none\n",
                    cases[i].key, cases[i].sql);
        put("m/2_fill.sql", strbuf_str(&file));
        want(up(b, &w, &err), &err, ERR_REFUSED, cases[i].why);
    }
}

T(an_update_that_has_no_batches_is_refused)
{
    on_sqlite(backfills);
}

/* --- locks --- */

static void two_at_once(struct base *b)
{
    struct base other = {.url = b->url};
    struct apply_options o = {0};
    struct apply a;
    struct wish w = {0};
    struct err err = {0};

    put("m/1_deals.sql", FIRST);
    open_db(&other);
    T_OK(apply_begin(other.db, &o, &a, &err), err);
    want(up(b, &w, &err), &err, ERR_LOCKED, "lock held by pid");
    w.wait_ms = 120;
    want(up(b, &w, &err), &err, ERR_LOCKED, "lock held by pid");
    apply_end(&a);
    T_OK(up(b, &w, &err), err);
    db_close(other.db);
}

T(of_two_runs_one_waits_or_is_told_of_the_other_on_sqlite)
{
    on_sqlite(two_at_once);
}

/* Again and again in and out: 0, or what went wrong. */
static int in_and_out(const struct base *b)
{
    struct base mine = {.url = b->url};
    int wrong = 0;

    open_db(&mine);
    for (int i = 0; i < 40 && !wrong; i++) {
        struct runlock l = {.db = NULL};
        struct err err = {0};
        int inside;

        if (runlock_take(&l, mine.db, SV(""), 60000, &err) != ERR_OK)
            return 1;
        inside = open("inside", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        wrong = inside < 0 ? 2 : 0; /* somebody else is in there */
        if (inside >= 0 && (close(inside) != 0 || unlink("inside") != 0))
            wrong = 3;
        runlock_give(&l);
    }
    db_close(mine.db);
    return wrong;
}

static void many_at_once(struct base *b)
{
    CLEANUP(strbuf_release) struct strbuf lock = STRBUF(0);
    pid_t pid[6];
    int status;

    for (size_t i = 0; i < ARRAY_LEN(pid); i++) {
        pid[i] = fork();
        T_CHECK(pid[i] >= 0);
        if (pid[i] == 0)
            _exit(in_and_out(b));
    }
    for (size_t i = 0; i < ARRAY_LEN(pid); i++) {
        T_EQ(waitpid(pid[i], &status, 0), pid[i]);
        T_EQ(status, 0);
    }
    strbuf_addf(&lock, "%s.prusik-lock", db_name(b->db));
    T_CHECK(access(strbuf_str(&lock), F_OK) != 0);
    T_CHECK(access(db_name(b->db), F_OK) == 0);
}

T(the_file_of_a_lock_goes_with_it_and_never_two_have_it)
{
    on_sqlite(many_at_once);
}

T(of_two_runs_one_waits_or_is_told_of_the_other_on_postgresql)
{
    on_postgres(two_at_once);
}

struct holder {
    struct base reader;
    struct told told;
    bool let_go;
};

static void tell_holder(void *arg, const struct book_event *e)
{
    struct holder *h = arg;

    tell(&h->told, e);
    if (strcmp(e->kind, "stmt-retried") == 0 && h->let_go && db_in_transaction(h->reader.db))
        sql(&h->reader, "COMMIT");
}

static enum err_code up_held(struct base *b, struct holder *h, uint64_t retry_ms, struct err *err)
{
    struct apply_options o = {
        .lock_timeout_ms = 40, .retry_ms = retry_ms, .tell = tell_holder, .arg = h};
    struct wish w = {0};
    struct discover d;
    struct apply a;
    enum err_code rc;

    T_OK(discover_tree("m", SV("auto"), db_kind(b->db), &d, err), *err);
    T_OK(apply_begin(b->db, &o, &a, err), *err);
    rc = up_all(&a, &d, &w, err);
    apply_end(&a);
    discover_release(&d);
    return rc;
}

static void readers(struct base *b)
{
    struct holder h = {.reader = {.url = b->url}};
    struct err err = {0};

    put("m/1_deals.sql", FIRST);
    up_ok(b);
    put("m/2_stage.sql",
        "-- prusik:up\nALTER TABLE deals ADD COLUMN stage text;\n-- prusik:down none\n");
    open_db(&h.reader);
    sql(&h.reader, "BEGIN");
    T_STR(one(&h.reader, "SELECT count(*) FROM deals"), "1");
    want(up_held(b, &h, 1, &err), &err, ERR_DB, "lock timeout");
    T_STR(kept(b, "sqlstate", "event", "WHERE kind = 'stmt-failed'"), "55P03");
    h.let_go = true;
    T_OK(up_held(b, &h, 20000, &err), err);
    T_CHECK(h.told.retried >= 1);
    T_STR(kept(b, "count(*) >= 1", "event", "WHERE kind = 'stmt-retried'"), "t");
    T_CHECK(strstr(kept(b, "max(message)", "event", "WHERE kind = 'stmt-retried'"),
                   "idle in transaction"));
    db_close(h.reader.db);
}

T(a_lock_that_a_reader_holds_is_asked_for_again)
{
    on_postgres(readers);
}

/* VACUUM FULL waits for the reader, and all others would wait behind it. */
static void alone(struct base *b)
{
    struct holder h = {.reader = {.url = b->url}};
    struct err err = {0};

    put("m/1_deals.sql", FIRST);
    up_ok(b);
    put("m/2_full.sql",
        "-- prusik:up tx=no\nANALYZE deals;\nVACUUM FULL deals;\n-- prusik:down none\n");
    open_db(&h.reader);
    sql(&h.reader, "BEGIN");
    T_STR(one(&h.reader, "SELECT count(*) FROM deals"), "1");
    want(up_held(b, &h, 1, &err), &err, ERR_DB, "lock timeout");
    T_STR(kept(b, "sqlstate || ' ' || stmt", "event", "WHERE kind = 'stmt-failed'"), "55P03 2");
    h.let_go = true;
    T_OK(up_held(b, &h, 20000, &err), err);
    T_CHECK(h.told.retried >= 1);
    T_STR(kept(b, "max(stmt)", "event", "WHERE kind = 'stmt-retried'"), "2");
    db_close(h.reader.db);
}

T(what_no_transaction_may_hold_asks_for_its_lock_again_too)
{
    on_postgres(alone);
}

/* --- outside of transactions --- */

#define INDEX                                                                                             \
    "-- prusik:up part=i tx=no\nCREATE TABLE side (id integer);\nCREATE UNIQUE INDEX CONCURRENTLY "       \
    "deals_note ON deals (note);\n-- prusik:verify expect=true\nSELECT indisvalid FROM pg_index WHERE "   \
    "indexrelid = 'deals_note'::regclass;\n-- prusik:down of=i tx=no\nDROP INDEX CONCURRENTLY IF EXISTS " \
    "deals_note;\nDROP TABLE side;\n"

static void indexes(struct base *b)
{
    struct wish w = {0};
    struct err err = {0};

    put("m/1_deals.sql", FIRST);
    put("m/2_index.sql", INDEX);
    w.count = 1;
    T_OK(up(b, &w, &err), err);
    sql(b, "INSERT INTO deals VALUES (2, 'a;b')");
    w.count = 0;
    want(up(b, &w, &err), &err, ERR_DB, "could not create unique index");
    T_STR(kept(b, "state", "migration", "WHERE version = '2'"), "partial");
    T_STR(kept(b, "state", "progress", "WHERE stmt = 1"), "done");
    T_STR(kept(b, "state", "progress", "WHERE stmt = 2"), "failed");
    T_STR(one(b, "SELECT to_regclass('deals_note')"), "NULL"); /* the invalid index is gone */
    sql(b, "DELETE FROM deals WHERE id = 2");
    up_ok(b);
    T_STR(kept(b, "state", "migration", "WHERE version = '2'"), "applied");
    T_STR(one(b, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'deals_note'::regclass"), "t");
    T_OK(down(b, &err), err);
    T_STR(one(b, "SELECT to_regclass('deals_note')"), "NULL");
}

T(an_index_that_could_not_be_built_is_dropped_and_built_again)
{
    on_postgres(indexes);
}

/* A run that ended between the statement and its `done`. */
static void left_in_doubt(struct base *b)
{
    struct wish w = {0};
    struct err err = {0};

    put("m/1_deals.sql", FIRST);
    up_ok(b);
    put("m/2_index.sql",
        "-- prusik:up tx=no\nCREATE INDEX CONCURRENTLY deals_n ON deals (note);\n");
    sql(b, "CREATE INDEX deals_n ON deals (note)");
    want(up(b, &w, &err), &err, ERR_DB, "already exists"); /* not ours: never taken for done */
    sql(b, "UPDATE prusik.progress SET state = 'intent'");
    up_ok(b);
    T_STR(kept(b, "count(*)", "event", "WHERE kind = 'resumed'"), "1");
    put("m/3_call.sql", "-- prusik:up tx=no\nCALL p();\n");
    sql(b,
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO deals VALUES (9, 'p'); COMMIT; END $$");
    up_ok(b);
    put("m/4_call.sql",
        "-- prusik:up tx=no\n-- prusik:probe SELECT count(*) > 0 FROM deals WHERE id = 10\nCALL q();\n");
    want(up(b, &w, &err), &err, ERR_DB, "q()");
    sql(b, "UPDATE prusik.progress SET state = 'intent'");
    sql(b, "INSERT INTO deals VALUES (10, 'q')");
    up_ok(b);
    put("m/5_call.sql", "-- prusik:up tx=no\nCALL q();\n");
    want(up(b, &w, &err), &err, ERR_DB, "q()");
    sql(b, "UPDATE prusik.progress SET state = 'intent'");
    want(up(b, &w, &err), &err, ERR_REFUSED, "whether it took effect is not known");
}

T(a_statement_whose_end_nobody_saw_is_asked_about)
{
    on_postgres(left_in_doubt);
}

static void sqlite_alone(struct base *b)
{
    put("m/1_a.sql",
        "-- prusik:up tx=no\nCREATE TABLE a (id integer);\nPRAGMA journal_mode = WAL;\nVACUUM;\n");
    up_ok(b);
    T_STR(one(b, "PRAGMA journal_mode"), "wal");
    T_STR(kept(b, "count(*)", "event", "WHERE kind = 'stmt-done'"), "2");
}

T(pragmas_and_vacuum_run_alone_on_sqlite)
{
    on_sqlite(sqlite_alone);
}

/* --- killed --- */

#define KILLED_MIGRATIONS 12

/* Half of them in two parts, and on PostgreSQL one with statements that no transaction may hold. */
static void put_many(const struct base *b)
{
    char path[64], text[700];

    for (int i = 1; i <= KILLED_MIGRATIONS; i++) {
        (void)snprintf(path, sizeof(path), "m/%d_t.sql", i);
        (void)snprintf(
            text, sizeof(text),
            "-- prusik:up part=a\nCREATE TABLE t%d (id integer);\nINSERT INTO t%d VALUES (%d);\n%s",
            i, i, i, i % 2 ? "" : "-- prusik:up part=b\nINSERT INTO t1 VALUES (100);\n");
        if (i % 4 == 0 && db_kind(b->db) == DB_POSTGRES)
            (void)snprintf(
                text + strlen(text), sizeof(text) - strlen(text),
                "-- prusik:up part=c tx=no\nINSERT INTO t1 VALUES (1000);\nCREATE INDEX CONCURRENTLY i%d ON t%d"
                " (id);\nINSERT INTO t1 VALUES (10000);\n",
                i, i);
        put(path, text);
    }
}

/* A run in a process of its own, killed after a while. */
static void up_killed(const struct base *b, size_t us)
{
    struct wish w = {.wait_ms = 20000};
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        struct base mine = {.url = b->url};
        struct err err = {0};

        open_db(&mine);
        book_besides(up(&mine, &w, &err));
        _exit(0);
    }
    T_CHECK(pid > 0);
    (void)poll(NULL, 0, (int)(us / 1000));
    (void)kill(pid, SIGKILL);
    T_EQ(waitpid(pid, NULL, 0), pid);
}

static void killed(struct base *b)
{
    struct wish w = {.wait_ms = 20000};
    struct err err = {0};
    bool pg = db_kind(b->db) == DB_POSTGRES;
    char want_sum[24];

    put_many(b);
    for (int i = 0; i < 10; i++)
        up_killed(b, 1000 * t_below(60));
    T_OK(up(b, &w, &err), err);
    (void)snprintf(want_sum, sizeof(want_sum), "%d", 1 + 6 * 100 + (pg ? 3 * 11000 : 0));
    T_STR(one(b, "SELECT sum(id) FROM t1"), want_sum);
    T_STR(kept(b, "count(*)", "migration", "WHERE state = 'applied'"), "12");
    T_STR(kept(b, "count(*)", "progress", ""), "0");
    T_STR(kept(b, "count(*)", "event", "WHERE kind = 'up-done'"), "12");
    if (pg)
        T_STR(one(b, "SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
}

T(a_run_that_is_killed_again_and_again_ends_as_if_it_were_not_on_sqlite)
{
    on_sqlite(killed);
}

T(a_run_that_is_killed_again_and_again_ends_as_if_it_were_not_on_postgresql)
{
    on_postgres(killed);
}

/* --- files that are applied --- */

static void beside(struct base *b, const struct book_rows *applied, struct discover *ret)
{
    CLEANUP(discover_ahead_freep) struct discover_ahead *ahead = discover_ahead_new("m");
    struct err err = {0};

    T_OK(discover_tree_beside(ahead, SV("auto"), db_kind(b->db), applied, ret, &err), err);
}

static void same_bytes(struct base *b)
{
    CLEANUP(book_rows_release) struct book_rows applied = {0};
    struct wish w = {0};
    struct err err = {0};
    struct discover d;
    struct book book;

    put("m/1_deals.sql", FIRST);
    up_ok(b);
    T_OK(book_open(b->db, SV("prusik"), &book, &err), err);
    T_OK(book_load_digests(&book, &applied, &err), err);
    T_EQ(applied.migrations.n, 1);
    beside(b, &applied, &d);
    T_CHECK(d.files.v.v[0].applied && d.files.v.v[0].n_parts == 0);
    T_CHECK(sv_eq(d.files.v.v[0].s1, applied.migrations.v[0].s1));
    discover_release(&d);
    /* on its way back, half applied: then its parts are needed */
    *vec_add(&applied.steps) = (struct book_step){.version = SV("1")};
    beside(b, &applied, &d);
    T_CHECK(!d.files.v.v[0].applied);
    discover_release(&d);
    applied.steps.v[0].version = SV("2");
    applied.migrations.v[0].state = SV("partial");
    beside(b, &applied, &d);
    T_CHECK(!d.files.v.v[0].applied);
    discover_release(&d);
    /* a newer prusik writes other parts for the same file */
    sql(b, db_kind(b->db) == DB_POSTGRES ? "UPDATE prusik.migration SET s1 = 's1:0'"
                                         : "UPDATE prusik_migration SET s1 = 's1:0'");
    up_ok(b);
    put("m/1_again.sql", FIRST "SELECT 1;\n");
    want(up(b, &w, &err), &err, ERR_INVALID, "version 1 twice");
    (void)remove("m/1_again.sql");
    put("m/1_deals.sql", FIRST "-- a remark\n");
    want(up(b, &w, &err), &err, ERR_REFUSED, "1 was changed after it was applied");
}

T(a_file_with_the_bytes_that_were_applied_is_not_read_again_on_sqlite)
{
    on_sqlite(same_bytes);
}

T(a_file_with_the_bytes_that_were_applied_is_not_read_again_on_postgresql)
{
    on_postgres(same_bytes);
}

/* --- foreign keys of SQLite --- */

#define FAMILY                                                                                     \
    "-- prusik:up\nCREATE TABLE parent (id integer PRIMARY KEY);\nCREATE TABLE child (id integer " \
    "PRIMARY KEY, parent_id integer REFERENCES parent (id));\nINSERT INTO parent VALUES (1), (2);\n"

/* What `stmt` refuses; nothing of it stays. */
static void keeps_keys(struct base *b, const char *stmt, const char *why)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct wish w = {0};
    struct err err = {0};

    strbuf_addf(&text, "-- prusik:up\n%s;\n", stmt);
    put("m/2_keys.sql", strbuf_str(&text));
    want(up(b, &w, &err), &err, ERR_REFUSED, why);
    T_CHECK(strstr(err.msg, "m/2_keys.sql:2: foreign key: ") != NULL);
    T_STR(one(b, "SELECT group_concat(id || coalesce(parent_id, '-')) FROM child"), "11,27");
    T_STR(kept(b, "count(*)", "migration", "WHERE version = '2'"), "0");
}

static void keys(struct base *b)
{
    struct wish w = {0};
    struct err err = {0};

    put("m/1_family.sql", FAMILY);
    up_ok(b);
    sql(b, "INSERT INTO child VALUES (1, 1), (2, 7)"); /* the second has none already */
    keeps_keys(b, "DELETE FROM parent WHERE id = 1", "1 row would have no parent: child row 1 to");
    keeps_keys(b, "DROP TABLE parent", "child row 1 to parent");
    keeps_keys(b, "INSERT INTO child VALUES (3, 8), (4, 9)",
               "2 rows would have no parent: child row 3 to parent, child row 4 to parent");
    keeps_keys(b, "ALTER TABLE parent RENAME TO other; UPDATE child SET parent_id = 5 WHERE id = 1",
               "child row 1 to other");
    keeps_keys(
        b, "CREATE TABLE odd (a integer REFERENCES child (parent_id)); INSERT INTO odd VALUES (1)",
        "foreign key mismatch - \"odd\" referencing \"child\"");
    put("m/2_keys.sql", "-- prusik:up part=a\nALTER TABLE child RENAME TO kid;\nALTER TABLE parent"
                        " RENAME TO elder;\nUPDATE kid SET parent_id = 6 WHERE id = 2;\n"
                        "-- prusik:up part=b tx=no\nINSERT INTO kid VALUES (4, 4);\n");
    want(up(b, &w, &err), &err, ERR_FAILED, "kid row 4 to elder"); /* the first part is done */
    T_STR(one(b, "SELECT count(*) FROM kid"), "2");
    sql(b, "INSERT INTO elder VALUES (4)");
    up_ok(b);
    sql(b, "CREATE TABLE odd (a integer REFERENCES kid (parent_id)); INSERT INTO odd VALUES (1)");
    put("m/3_odd.sql", "-- prusik:up\nDELETE FROM elder WHERE id = 1;\n");
    want(up(b, &w, &err), &err, ERR_REFUSED, "1 row would have no parent: kid row 1 to elder");
    put("m/3_odd.sql", "-- prusik:up\nDELETE FROM odd;\n");
    up_ok(b);
}

T(a_migration_that_takes_a_parent_away_is_refused_on_sqlite)
{
    on_sqlite(keys);
}

/* --- statements that a query gives --- */

static void rows_run(struct base *b)
{
    struct wish w = {0};
    struct err err = {0};

    put("m/1_deals.sql", FIRST);
    up_ok(b);
    put("m/2_rows.sql",
        "-- prusik:up tx=no gexec=yes\nSELECT 'INSERT INTO deals VALUES (' || n || ', NULL)' FROM"
        " (SELECT 50 AS n UNION SELECT 60 UNION SELECT 1 UNION SELECT 70) x WHERE NOT EXISTS"
        " (SELECT 1 FROM deals WHERE id = n AND n > 1) ORDER BY n DESC;\n");
    want(up(b, &w, &err), &err, ERR_DB, "m/2_rows.sql:2:1");
    T_STR(one(b, "SELECT sum(id) FROM deals"), "181"); /* those before it are done */
    sql(b, "DELETE FROM deals WHERE id = 1");
    up_ok(b);
    T_STR(one(b, "SELECT sum(id) FROM deals"), "181");
    T_STR(kept(b, "state", "migration", "WHERE version = '2'"), "applied");
    put("m/3_rows.sql", "-- prusik:up gexec=yes\nSELECT 'SELECT 1';\n");
    want(up(b, &w, &err), &err, ERR_REFUSED, "gexec=yes is for a part of one query with tx=no");
    put("m/3_rows.sql", "-- prusik:up tx=no gexec=yes\nSELECT nothing;\n");
    want(up(b, &w, &err), &err, ERR_DB, "m/3_rows.sql:2: ");
}

T(statements_that_a_query_gives_run_each_for_itself_on_sqlite)
{
    on_sqlite(rows_run);
}

T(statements_that_a_query_gives_run_each_for_itself_on_postgresql)
{
    on_postgres(rows_run);
}

/* --- trees of other tools --- */

static void trees(struct base *b)
{
    struct wish w = {.dir = "sqitch"};
    struct err err = {0};

    put("sqitch/sqitch.plan",
        "%syntax-version=1.0.0\n%project=x\n\ne 2026-01-01T00:00:00Z A <a@example.invalid> # e\n");
    put("sqitch/deploy/e.sql", "-- Deploy\nBEGIN;\nCREATE TABLE e (id integer);\nCOMMIT;\n");
    put("sqitch/revert/e.sql", "BEGIN;\nDROP TABLE e;\nCOMMIT;\n");
    put("sqitch/verify/e.sql", "BEGIN;\nSELECT id FROM e WHERE false;\nROLLBACK;\n");
    T_OK(up(b, &w, &err), err);
    w.dir = "dbmate";
    put("dbmate/1_a.sql",
        "-- migrate:up\nCREATE TABLE a (id integer);\n-- migrate:down\nDROP TABLE a;\n");
    T_OK(up(b, &w, &err), err);
    w.dir = "goose";
    put("goose/00002_b.sql",
        "-- +goose Up\nCREATE TABLE b (id integer);\n-- +goose Down\nDROP TABLE b;\n");
    T_OK(up(b, &w, &err), err);
    w.dir = "golang";
    put("golang/3_c.up.sql", "BEGIN;\nCREATE TABLE c (id integer);\nCOMMIT;\n");
    put("golang/3_c.down.sql", "DROP TABLE c;\n");
    put("golang/6_f.up.sql", "CREATE TABLE f (id integer);\n");
    T_OK(up(b, &w, &err), err);
    put("golang/3_c.down.sql", "DROP TABLE IF EXISTS c;\n");
    T_EQ(up(b, &w, &err), ERR_REFUSED);
    T_CHECK(strstr(err.msg, "the way back of 3 was changed after it was applied"));
    put("golang/3_c.up.sql", "BEGIN;\nCREATE TABLE c (id integer, d integer);\nCOMMIT;\n");
    T_EQ(up(b, &w, &err), ERR_REFUSED);
    T_CHECK(sv_starts(sv_from(err.msg), SV("3 was changed after it was applied")));
    put("golang/3_c.up.sql", "BEGIN;\nCREATE TABLE c (id integer);\nCOMMIT;\n");
    T_EQ(unlink("golang/3_c.down.sql"), 0);
    T_EQ(up(b, &w, &err), ERR_REFUSED);
    put("golang/3_c.down.sql", "-- as it was\nDROP TABLE c;\n");
    put("golang/6_f.down.sql", "DROP TABLE f;\n"); /* later than the way there is well */
    T_OK(up(b, &w, &err), err);
    w.dir = "plain";
    put("plain/7_d.sql", "CREATE TABLE d (id integer);\n");
    T_OK(up(b, &w, &err), err);
    T_STR(
        one(b,
            "SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b) + (SELECT count(*) FROM c)"
            " + (SELECT count(*) FROM d) + (SELECT count(*) FROM e)"),
        "0");
    T_STR(kept(b, "count(*)", "migration", "WHERE state = 'applied'"), "6");
}

T(trees_of_other_tools_are_applied_as_they_are_on_sqlite)
{
    on_sqlite(trees);
}

T(trees_of_other_tools_are_applied_as_they_are_on_postgresql)
{
    on_postgres(trees);
}

T_MAIN(T_CASE(a_migration_that_makes_the_server_forget_is_applied_on_postgresql),
       T_CASE(what_is_new_is_applied_once_and_undone_in_reverse_on_sqlite),
       T_CASE(what_is_new_is_applied_once_and_undone_in_reverse_on_postgresql),
       T_CASE(a_part_that_fails_leaves_nothing_behind_on_sqlite),
       T_CASE(a_part_that_fails_leaves_nothing_behind_on_postgresql),
       T_CASE(what_goes_in_one_message_fails_as_if_it_went_alone_on_postgresql),
       T_CASE(a_migration_of_one_statement_is_whole_whatever_it_is_on_postgresql),
       T_CASE(what_is_half_done_goes_on_behind_what_is_done_on_sqlite),
       T_CASE(what_is_half_done_goes_on_behind_what_is_done_on_postgresql),
       T_CASE(what_is_half_done_is_undone_by_the_downs_of_its_parts),
       T_CASE(files_that_do_not_fit_what_is_applied_are_refused_on_sqlite),
       T_CASE(files_that_do_not_fit_what_is_applied_are_refused_on_postgresql),
       T_CASE(checks_hold_before_and_verifies_behind_on_sqlite),
       T_CASE(checks_hold_before_and_verifies_behind_on_postgresql),
       T_CASE(what_cannot_run_so_is_refused_before_anything_is_done),
       T_CASE(of_two_runs_one_waits_or_is_told_of_the_other_on_sqlite),
       T_CASE(the_file_of_a_lock_goes_with_it_and_never_two_have_it),
       T_CASE(of_two_runs_one_waits_or_is_told_of_the_other_on_postgresql),
       T_CASE(an_update_that_has_no_batches_is_refused),
       T_CASE(a_lock_that_a_reader_holds_is_asked_for_again),
       T_CASE(what_no_transaction_may_hold_asks_for_its_lock_again_too),
       T_CASE(an_index_that_could_not_be_built_is_dropped_and_built_again),
       T_CASE(a_statement_whose_end_nobody_saw_is_asked_about),
       T_CASE(pragmas_and_vacuum_run_alone_on_sqlite),
       T_CASE(a_run_that_is_killed_again_and_again_ends_as_if_it_were_not_on_sqlite),
       T_CASE(a_run_that_is_killed_again_and_again_ends_as_if_it_were_not_on_postgresql),
       T_CASE(a_file_with_the_bytes_that_were_applied_is_not_read_again_on_sqlite),
       T_CASE(a_file_with_the_bytes_that_were_applied_is_not_read_again_on_postgresql),
       T_CASE(a_migration_that_takes_a_parent_away_is_refused_on_sqlite),
       T_CASE(statements_that_a_query_gives_run_each_for_itself_on_sqlite),
       T_CASE(statements_that_a_query_gives_run_each_for_itself_on_postgresql),
       T_CASE(trees_of_other_tools_are_applied_as_they_are_on_sqlite),
       T_CASE(trees_of_other_tools_are_applied_as_they_are_on_postgresql))
