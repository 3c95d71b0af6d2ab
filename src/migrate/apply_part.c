#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/hash.h"
#include "base/sv.h"
#include "migrate/apply_int.h"
#include "migrate/rebuild.h"
#include "migrate/sqllex.h"
#include "migrate/sqlsplit.h"

#define APPLY_JOINED_BYTES 65536
#define APPLY_PAUSE_MS     500
#define APPLY_PAUSE_MAX_MS 30000
#define APPLY_BATCH_MS     30000 /* of a statement in a batch, which is halved then */

/* --- what is kept --- */

struct sv apply_part_name(const struct apply_job *j, const struct migration_part *p)
{
    if (p->name.n)
        return p->name;
    return arena_fmt(&j->a->arena, "d%zu", (size_t)(p - j->m->parts) + 1);
}

const struct book_step *apply_step(const struct apply_job *j, const struct migration_part *p,
                                   size_t stmt)
{
    struct sv name = apply_part_name(j, p);

    for (size_t i = 0; i < j->a->rows.steps.n; i++) {
        const struct book_step *s = &j->a->rows.steps.v[i];

        if (sv_eq(s->version, j->version) && sv_is(s->direction, j->direction) &&
            sv_eq(s->part, name) && s->stmt == (int64_t)stmt)
            return s;
    }
    return NULL;
}

struct sv apply_digest(struct apply *a, const struct migration_part *p, size_t stmt)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct hash_text hex;
    struct hash h;

    for (size_t i = 0; i < p->n_stmts; i++)
        if (stmt == 0 || i + 1 == stmt) {
            sqlsplit_fold(p->stmts[i].text, db_kind(a->db), &b);
            strbuf_add_byte(&b, '\n');
        }
    h = hash_of(strbuf_sv(&b));
    hex = hash_hex(&h);
    return arena_sv(&a->arena, sv_from(hex.s));
}

/* --- one statement --- */

/* Where in the file the server's position of an error is. */
static void apply_place(const struct migration_stmt *s, size_t position, size_t *line,
                        size_t *column)
{
    *line = s->line;
    *column = s->column;
    for (size_t i = 0; i + 1 < position && i < s->text.n; i++) {
        if (s->text.p[i] == '\n') {
            ++*line;
            *column = 1;
        } else {
            ++*column;
        }
    }
}

/* Its failure; `front` bytes stood before it in the message. */
static enum err_code apply_statement_failed(struct apply_job *j, const struct migration_stmt *s,
                                            size_t front, struct err *err)
{
    struct db_error *e = &j->a->error;
    size_t line, column;

    *e = *db_error(j->a->db);
    e->position = e->position > front ? e->position - front : 0;
    apply_place(s, e->position, &line, &column);
    return err_wrap(err, "%.*s:%zu:%zu", SV_FMT(j->m->path), line, column);
}

enum err_code apply_statement(struct apply_job *j, const struct migration_part *p, size_t stmt,
                              struct err *err)
{
    bool rows;

    if (apply_watched(j, p, stmt, p->stmts[stmt].text, &rows, err) == ERR_OK)
        return ERR_OK;
    return apply_statement_failed(j, &p->stmts[stmt], 0, err);
}

/* --- transactions --- */

static uint64_t apply_ms(const struct migration_part *p, const char *key, uint64_t otherwise)
{
    struct sv v = p ? migration_attr(p, key) : (struct sv){NULL, 0};
    int64_t ms;

    return v.n && duration_parse(v, &ms) ? (uint64_t)ms : otherwise;
}

/* A pooler that changes the server's session under us would change the lock, too: it is asked within each transaction. */
static enum err_code apply_pooled(struct apply *a, struct err *err)
{
    (void)err_set(err, ERR_REFUSED, "%s: the connection goes through a pooler in transaction mode",
                  db_name(a->db));
    return err_hint(err, "give the address of the server itself");
}

#define APPLY_TX_STMTS 4 /* of what apply_tx_sql() writes */
/* BEGIN of PostgreSQL.  In another session the query in it divides by zero: nothing behind it is carried out there. */
static void apply_tx_sql(const struct apply *a, const struct migration_part *p, struct strbuf *sql)
{
    strbuf_addf(sql,
                "BEGIN; SET LOCAL lock_timeout = %llu; SET LOCAL statement_timeout = %llu;"
                " SELECT 1 / (pg_backend_pid() = %.*s)::int; ",
                (unsigned long long)apply_ms(p, "lock_timeout", a->o.lock_timeout_ms),
                (unsigned long long)apply_ms(p, "statement_timeout",
                                             p && migration_is_backfill(p) ? APPLY_BATCH_MS : 0),
                SV_FMT(a->pid));
}

/* It failed and `rows` says that the query had not been answered: was it the query? */
static bool apply_is_pooled(const struct apply *a, bool rows)
{
    return !rows && strcmp(db_error(a->db)->sqlstate, "22012") == 0;
}

static enum err_code apply_tx_rollback(struct apply *a, enum err_code rc)
{
    struct err ignored;

    if (db_is_open(a->db) && db_in_transaction(a->db))
        book_besides(
            db_run(a->db, SV("ROLLBACK"), NULL, 0, NULL, &ignored)); /* the first error counts */
    return rc;
}

enum err_code apply_tx_begin(struct apply *a, const struct migration_part *p, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    memset(&a->error, 0, sizeof(a->error));
    if (db_kind(a->db) == DB_SQLITE)
        return db_run(a->db, SV("BEGIN IMMEDIATE"), NULL, 0, NULL, err);
    apply_tx_sql(a, p, &sql);
    if (db_run(a->db, strbuf_sv(&sql), NULL, 0, NULL, err) == ERR_OK)
        return ERR_OK;
    if (apply_is_pooled(a, false))
        (void)apply_pooled(a, err);
    return apply_tx_rollback(a, err->code);
}

/* The first statement of a transaction of PostgreSQL, and its BEGIN in the same message. */
static enum err_code apply_statement_first(struct apply_job *j, const struct migration_part *p,
                                           struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct apply *a = j->a;
    size_t front;
    bool rows;

    memset(&a->error, 0, sizeof(a->error));
    apply_tx_sql(a, p, &sql);
    front = sql.n;
    strbuf_add_sv(&sql, p->stmts[0].text);
    if (apply_watched(j, p, 0, strbuf_sv(&sql), &rows, err) == ERR_OK)
        return ERR_OK;
    return apply_is_pooled(a, rows) ? apply_pooled(a, err)
                                    : apply_statement_failed(j, &p->stmts[0], front, err);
}

/* A message with COMMIT in it has failed there, or was lost. */
static enum err_code apply_tx_failed(struct apply *a, struct err *err)
{
    a->error = *db_error(a->db);
    return apply_tx_rollback(a, err_wrap(err, "COMMIT"));
}

enum err_code apply_tx_end(struct apply *a, enum err_code rc, struct err *err)
{
    if (rc != ERR_OK)
        return apply_tx_rollback(a, rc);
    rc = db_run(a->db, SV("COMMIT"), NULL, 0, NULL, err);
    return rc == ERR_OK ? rc : apply_tx_failed(a, err);
}

/* Only a PRAGMA changes the session of SQLite; that of PostgreSQL is changed by functions, too. */
static bool apply_may_set(const struct apply_job *j, const struct migration_part *p)
{
    struct sqllex_token t;

    if (db_kind(j->a->db) == DB_POSTGRES || migration_attr(p, "rebuild").n)
        return true;
    for (size_t i = 0; i < p->n_stmts; i++) {
        struct sqllex lex = {.text = p->stmts[i].text, .db = DB_SQLITE};

        if (!sqllex_next_word(&lex, &t) || sqllex_is(&t, "PRAGMA"))
            return true;
    }
    return false;
}

/* COMMIT of all of a migration, and the session made anew where it may be another. */
static void apply_tx_end_sql(const struct apply_job *j, const struct migration_part *p,
                             struct strbuf *sql)
{
    strbuf_add_str(sql, "COMMIT");
    if (!apply_may_set(j, p))
        return;
    strbuf_add_str(sql, "; ");
    apply_session_sql(j->a, sql);
}

/*
 * What ends a migration has failed, was cut off, or nobody knows: `done` says what of it came to its end, 1 for what is kept
 * about it and 2 with its COMMIT.
 */
static enum err_code apply_tx_end_failed(struct apply_job *j, const struct migration_part *p,
                                         size_t done, struct err *err)
{
    bool open = db_is_open(j->a->db);

    if (!open && done < 2)
        j->a->left = apply_lost(j);
    if (done >= 2 || j->a->left == APPLY_LEFT_DONE)
        return apply_ended(j, err);
    if (done == 1 || !open)
        return apply_tx_failed(j->a, err);
    return apply_tx_rollback(j->a, err_wrap(err, "%.*s:%zu", SV_FMT(j->m->path), p->line));
}

/* The only transaction of a migration: what is kept about it, COMMIT, and the session made anew, in one message. */
static enum err_code apply_tx_end_all(struct apply_job *j, const struct migration_part *p,
                                      struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    size_t done;

    apply_tx_end_sql(j, p, &sql);
    if (apply_finish(j, strbuf_sv(&sql), &done, err) == ERR_OK)
        return ERR_OK;
    return apply_tx_end_failed(j, p, done, err);
}

static enum err_code apply_verifies_inside(struct apply_job *j, const struct migration_part *p,
                                           struct err *err)
{
    const struct migration_part *end = j->m->parts + j->m->n_parts;

    for (const struct migration_part *v = p + 1; v < end && v->kind == MIGRATION_VERIFY; v++)
        if ((v->dbs & MIGRATION_DB(db_kind(j->a->db))) &&
            sv_is(migration_attr(v, "before_commit"), "yes") &&
            apply_verify_part(j, v, true, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

/* Its statements are actions on one table of SQLite. */
static enum err_code apply_rebuild(struct apply_job *j, const struct migration_part *p,
                                   struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct sv *actions = ARENA_NEWN(&a, struct sv, p->n_stmts + 1);

    for (size_t i = 0; i < p->n_stmts; i++)
        actions[i] = p->stmts[i].text;
    if (rebuild_run(j->a->db, migration_attr(p, "rebuild"), actions, p->n_stmts, err) == ERR_OK)
        return ERR_OK;
    if (err->code == ERR_DB)
        j->a->error = *db_error(j->a->db);
    return err_wrap(err, "%.*s:%zu", SV_FMT(j->m->path), p->line);
}

/* n from `first`; none of them may leave a row without a parent. */
static enum err_code apply_statements(struct apply_job *j, const struct migration_part *p,
                                      size_t first, size_t n, struct err *err)
{
    struct apply_keys keys;

    if (apply_keys_before(j->a, p->stmts + first, n, &keys, err) != ERR_OK)
        return err->code;
    for (size_t i = first; i < first + n; i++)
        if (apply_statement(j, p, i, err) != ERR_OK)
            return err->code;
    if (apply_keys_after(j->a, &keys, err) != ERR_OK)
        return err_wrap(err, "%.*s:%zu", SV_FMT(j->m->path), p->stmts[first].line);
    return ERR_OK;
}

/* Is its first statement sent with the BEGIN?  A long one is not copied for that. */
static bool apply_is_joined(const struct apply *a, const struct migration_part *p)
{
    return db_kind(a->db) == DB_POSTGRES && p->n_stmts && p->stmts[0].text.n <= APPLY_JOINED_BYTES;
}

/* --- a migration of one statement --- */

/* Nothing is to be asked between its statement and COMMIT: then all of it is one message (M8). */
static bool apply_is_whole(const struct apply_job *j, const struct migration_part *p)
{
    const struct migration_part *next = p + 1;

    return j->single && p->kind == MIGRATION_UP && p->n_stmts == 1 && apply_is_joined(j->a, p) &&
           !(next < j->m->parts + j->m->n_parts && next->kind == MIGRATION_VERIFY);
}

/* Which of the message's statements failed is what came to its end before it. */
static enum err_code apply_whole_failed(struct apply_job *j, const struct migration_part *p,
                                        size_t front, struct err *err)
{
    size_t done = db_done(j->a->db);

    if (db_is_open(j->a->db) && done <= APPLY_TX_STMTS)
        return apply_tx_rollback(j->a, apply_is_pooled(j->a, done == APPLY_TX_STMTS)
                                           ? apply_pooled(j->a, err)
                                           : apply_statement_failed(j, &p->stmts[0], front, err));
    if (done == APPLY_TX_STMTS + 1) {
        db_often_failed(j->a->db);
        (void)err_wrap(err, "prusik's own tables");
    }
    return apply_tx_end_failed(j, p, done > APPLY_TX_STMTS ? done - APPLY_TX_STMTS - 1 : 0, err);
}

/* *sent: false where what is kept cannot be part of the message: then nothing was done. */
static enum err_code apply_try_whole(struct apply_job *j, const struct migration_part *p,
                                     bool *sent, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    size_t front, behind;
    bool rows;

    memset(&j->a->error, 0, sizeof(j->a->error));
    apply_tx_sql(j->a, p, &sql);
    front = sql.n;
    strbuf_add_sv(&sql, p->stmts[0].text);
    strbuf_add_str(&sql, "\n; "); /* it may end in a comment */
    behind = sql.n;
    if (apply_finish_text(j, &sql, err) != ERR_OK)
        return err_wrap(err, "%.*s:%zu", SV_FMT(j->m->path), p->line);
    *sent = sql.n > behind;
    if (!*sent)
        return ERR_OK;
    strbuf_add_str(&sql, "; ");
    apply_tx_end_sql(j, p, &sql);
    return apply_watched(j, p, 0, strbuf_sv(&sql), &rows, err) == ERR_OK
               ? ERR_OK
               : apply_whole_failed(j, p, front, err);
}

/* All statements of a part and what is kept about them, once. */
static enum err_code apply_try_part(struct apply_job *j, const struct migration_part *p,
                                    size_t stmt UNUSED, struct err *err)
{
    bool joined = apply_is_joined(j->a, p), sent = false;
    enum err_code rc = apply_is_whole(j, p) ? apply_try_whole(j, p, &sent, err) : ERR_OK;

    if (sent || rc != ERR_OK)
        return rc;
    rc = joined ? apply_statement_first(j, p, err) : apply_tx_begin(j->a, p, err);
    if (rc != ERR_OK)
        return apply_tx_rollback(j->a, rc);
    rc = migration_attr(p, "rebuild").n ? apply_rebuild(j, p, err)
                                        : apply_statements(j, p, joined, p->n_stmts - joined, err);
    if (rc == ERR_OK)
        rc = apply_verifies_inside(j, p, err);
    if (rc == ERR_OK && j->single)
        return apply_tx_end_all(j, p, err);
    if (rc == ERR_OK && apply_part_done(j, p, err) != ERR_OK)
        rc = err_wrap(err, "%.*s:%zu", SV_FMT(j->m->path), p->line);
    return apply_tx_end(j->a, rc, err);
}

/* One statement of a part without a transaction that may run in one. */
static enum err_code apply_try_stmt(struct apply_job *j, const struct migration_part *p,
                                    size_t stmt, struct err *err)
{
    struct book_step s = {.version = j->version,
                          .direction = sv_from(j->direction),
                          .part = apply_part_name(j, p),
                          .stmt = (int64_t)stmt + 1,
                          .digest = apply_digest(j->a, p, stmt + 1),
                          .state = SV("done")};
    enum err_code rc = apply_tx_begin(j->a, p, err);

    if (rc != ERR_OK)
        return rc;
    j->row.state = SV("partial");
    rc = apply_statements(j, p, stmt, 1, err);
    if (rc == ERR_OK)
        rc = book_put_step(&j->a->book, &s, err);
    if (rc == ERR_OK)
        rc = strcmp(j->direction, "up") == 0
                 ? book_put(&j->a->book, &j->row, err)
                 : book_set_state(&j->a->book, j->version, "partial", err);
    return apply_tx_end(j->a, rc, err);
}

/* --- trying again --- */

bool apply_is_lock(const struct apply *a, enum err_code rc)
{
    return rc == ERR_LOCKED || strcmp(a->error.sqlstate, "55P03") == 0 ||
           strcmp(a->error.sqlstate, "40P01") == 0;
}

/* Who has been in a transaction for longest: a guess at who is in the way, and said to be one. */
static void apply_blockers(struct apply *a, struct strbuf *out)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct db_table t;
    struct err ignored;

    if (db_kind(a->db) == DB_SQLITE ||
        db_all(a->db, &arena,
               SV("SELECT a.pid, coalesce(a.usename, ''), coalesce(a.state, ''),"
                  " date_trunc('milliseconds', clock_timestamp() - a.xact_start)::text"
                  " FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND a.xact_start IS NOT"
                  " NULL AND a.datname = current_database() AND EXISTS (SELECT FROM pg_locks l"
                  " WHERE l.pid = a.pid AND l.granted AND l.locktype = 'relation')"
                  " ORDER BY a.xact_start LIMIT 3"),
               NULL, 0, &t, &ignored) != ERR_OK)
        return;
    for (size_t i = 0; i < t.n_rows; i++)
        strbuf_addf(out, "%spid %.*s (%.*s) %.*s for %.*s",
                    i ? ", " : "; open transactions: ", SV_FMT(t.v[4 * i].text),
                    SV_FMT(t.v[4 * i + 1].text), SV_FMT(t.v[4 * i + 2].text),
                    SV_FMT(t.v[4 * i + 3].text));
}

/* What failed is kept and told; `kind` is stmt-failed or stmt-retried; `stmt` counts where each is for itself. */
static void apply_tell_failure(struct apply_job *j, const struct migration_part *p,
                               const char *kind, size_t stmt, const char *what)
{
    struct book_event e = {.kind = kind,
                           .version = j->version,
                           .direction = sv_from(j->direction),
                           .part = apply_part_name(j, p),
                           .stmt = p->tx ? -1 : (int64_t)stmt + 1,
                           .duration_ms = -1,
                           .sqlstate = sv_from(j->a->error.sqlstate),
                           .message = sv_from(what)};
    struct err ignored;

    if (db_is_open(j->a->db))
        book_besides(apply_event(j->a, &e, &ignored)); /* the failure itself is the caller's */
}

static enum err_code apply_again(struct apply_job *j, const struct migration_part *p, size_t stmt,
                                 unsigned n, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf what = STRBUF(900);
    uint64_t most = size_min((uint64_t)APPLY_PAUSE_MS << size_min(n, 6), APPLY_PAUSE_MAX_MS);

    strbuf_addf(&what, "try %u: %s", n + 1, err->msg);
    apply_blockers(j->a, &what);
    apply_tell_failure(j, p, "stmt-retried", stmt, strbuf_str(&what));
    return runlock_pause(j->a->db, randombytes_uniform((uint32_t)most + 1), err);
}

enum err_code apply_until(struct apply_job *j, const struct migration_part *p, size_t stmt,
                          apply_try_fn *try, struct err *err)
{
    uint64_t until = clock_mono_ns() + apply_ms(p, "retry_for", j->a->o.retry_ms) * 1000000;

    for (unsigned n = 0;; n++) {
        struct err first;
        enum err_code rc;

        j->behind = false;
        rc = try(j, p, stmt, err);
        if (rc == ERR_OK)
            return rc;
        first = *err;
        if (db_forgot(j->a->db)) /* a DEALLOCATE in it, of which nothing is left */
            continue;
        if (j->a->left == APPLY_LEFT_DONE || j->behind) /* what came behind it failed */
            return rc;
        if (!apply_is_lock(j->a, rc) || clock_mono_ns() >= until || !db_is_open(j->a->db)) {
            apply_tell_failure(j, p, "stmt-failed", stmt, err->msg);
            if (rc == ERR_LOCKED) /* not the lock of a run: the migration failed */
                err->code = ERR_DB;
            return err->code;
        }
        if (apply_again(j, p, stmt, n, &first) != ERR_OK) {
            *err = first;
            return err->code;
        }
    }
}

/* --- statements that no transaction may hold --- */

/* kind: of the event; NULL: none, as what failed is told with its error. */
static enum err_code apply_mark(struct apply_job *j, const struct migration_part *p, size_t stmt,
                                const char *state, const char *kind, struct err *err)
{
    struct book_step s = {.version = j->version,
                          .direction = sv_from(j->direction),
                          .part = apply_part_name(j, p),
                          .stmt = (int64_t)stmt + 1,
                          .digest = apply_digest(j->a, p, stmt + 1),
                          .state = sv_from(state),
                          .backend_start = j->a->pid_start};
    struct book_event e = {.kind = kind,
                           .version = j->version,
                           .direction = s.direction,
                           .part = s.part,
                           .stmt = s.stmt,
                           .duration_ms = -1};
    enum err_code rc;

    if (!sv_to_i64(j->a->pid, &s.backend_pid))
        s.backend_pid = 0;
    j->row.state = SV("partial");
    if (apply_tx_begin(j->a, NULL, err) != ERR_OK)
        return err->code;
    rc = book_put_step(&j->a->book, &s, err);
    if (rc == ERR_OK && (strcmp(state, "done") == 0 || strcmp(state, "intent") == 0))
        rc = strcmp(j->direction, "up") == 0
                 ? book_put(&j->a->book, &j->row, err)
                 : book_set_state(&j->a->book, j->version, "partial", err);
    if (rc == ERR_OK && kind) /* that it is not done again is told, too */
        rc = strcmp(kind, "resumed") == 0 ? apply_event(j->a, &e, err)
                                          : book_add_event(&j->a->book, &e, err);
    return apply_tx_end(j->a, rc, err);
}

/* Waits of these are for old transactions, and no reader or writer waits behind them. */
static bool apply_waits(const struct migration_stmt *s)
{
    return sqlkind_waits_long(s->text, DB_POSTGRES);
}

/*
 * Outside of a transaction: for the session, and each statement sets both anew.  A procedure has its own: what it has
 * committed before a timeout is not to be done twice.
 */
static enum err_code apply_limits(struct apply *a, const struct migration_part *p, size_t stmt,
                                  struct err *err)
{
    const struct migration_stmt *s = &p->stmts[stmt];
    uint64_t lock_ms = apply_ms(p, "lock_timeout", a->o.lock_timeout_ms),
             statement_ms = apply_ms(p, "statement_timeout", 0);
    char sql[200];
    int n;

    if (db_kind(a->db) == DB_SQLITE)
        return ERR_OK;
    if (apply_waits(s) || sqlkind_of(s->text, DB_POSTGRES) == SQLKIND_CALL)
        lock_ms = statement_ms = 0;
    n = snprintf(sql, sizeof(sql), "SET lock_timeout = %llu; SET statement_timeout = %llu",
                 (unsigned long long)lock_ms, (unsigned long long)statement_ms);
    return db_run(a->db, (struct sv){sql, (size_t)n}, NULL, 0, NULL, err);
}

/* Once more through the index's own eyes: a statement can succeed over one that is invalid. */
static enum err_code apply_check_index(struct apply_job *j, const struct migration_part *p,
                                       size_t stmt, struct err *err)
{
    bool there = false, valid = false;
    struct sv name;

    if (!sqlkind_object(p->stmts[stmt].text, SQLKIND_CREATE_INDEX, &name))
        return ERR_OK; /* the server chose a name */
    if (apply_probe_index(j->a, p->stmts[stmt].text, &there, &valid, err) != ERR_OK)
        return err->code;
    if (valid)
        return ERR_OK;
    return err_set(err, ERR_FAILED, "%.*s:%zu: index %.*s is %s", SV_FMT(j->m->path),
                   p->stmts[stmt].line, SV_FMT(name),
                   there ? "there and invalid: it was left by an earlier try" : "not there");
}

/* One statement that no transaction may hold. */
static enum err_code apply_try_alone(struct apply_job *j, const struct migration_part *p,
                                     size_t stmt, struct err *err)
{
    enum sqlkind k = sqlkind_of(p->stmts[stmt].text, db_kind(j->a->db));
    struct db_error error;
    struct err first;

    if (apply_mark(j, p, stmt, "intent", "stmt-intent", err) != ERR_OK ||
        apply_limits(j->a, p, stmt, err) != ERR_OK)
        return err->code;
    j->behind = apply_statement(j, p, stmt, err) == ERR_OK;
    if (j->behind && (k != SQLKIND_CREATE_INDEX || apply_check_index(j, p, stmt, err) == ERR_OK))
        return apply_mark(j, p, stmt, "done", "stmt-done", err);
    if (j->behind && err->code != ERR_FAILED)
        return err->code; /* the intent stays: it is asked about, and nothing is done twice */
    j->behind = false;
    first = *err;
    error = j->a->error;
    if (!db_is_open(j->a->db))
        return err->code; /* the intent stays: it is in doubt */
    if (k == SQLKIND_CREATE_INDEX && strcmp(j->a->error.sqlstate, "42P07") != 0)
        book_besides(
            apply_drop_invalid(j->a, p->stmts[stmt].text, err)); /* the next try drops it, too */
    book_besides(
        apply_mark(j, p, stmt, "failed", NULL, err)); /* an intent that stays is asked about */
    *err = first;
    j->a->error = error;
    return err->code;
}

/* --- parts --- */

static enum err_code apply_edited(const struct apply_job *j, const struct migration_part *p,
                                  size_t stmt, struct err *err)
{
    (void)err_set(
        err, ERR_REFUSED,
        "%.*s: part \"%.*s\"%s%.0zu is done, and was edited since: what is done cannot be "
        "taken back so",
        SV_FMT(j->m->path), SV_FMT(apply_part_name(j, p)), stmt ? ", statement " : "", stmt);
    return err_hint(err, "put the old text back, or undo what is done: prusik db downgrade");
}

/* *skip: it is done already. */
static enum err_code apply_look(struct apply_job *j, const struct migration_part *p, size_t stmt,
                                bool *skip, struct err *err)
{
    const struct book_step *s = apply_step(j, p, stmt);

    *skip = false;
    if (!s)
        return ERR_OK;
    if (sv_is(s->state, "done")) {
        *skip = true;
        return sv_eq(s->digest, apply_digest(j->a, p, stmt)) ? ERR_OK
                                                             : apply_edited(j, p, stmt, err);
    }
    if (!stmt)
        return ERR_OK;
    if (!sv_eq(s->digest, apply_digest(j->a, p, stmt)) && sv_is(s->state, "intent"))
        return apply_edited(j, p, stmt, err);
    if (sqlkind_of(p->stmts[stmt - 1].text, db_kind(j->a->db)) == SQLKIND_CREATE_INDEX ||
        sv_is(s->state, "intent")) {
        if (apply_probe(j, p, stmt - 1, s, skip, err) != ERR_OK)
            return err->code;
        if (*skip)
            return apply_mark(j, p, stmt - 1, "done", "resumed", err);
    }
    return ERR_OK;
}

static enum err_code apply_part_by_statement(struct apply_job *j, const struct migration_part *p,
                                             struct err *err)
{
    for (size_t i = 0; i < p->n_stmts; i++) {
        enum sqlkind k = sqlkind_of(p->stmts[i].text, db_kind(j->a->db));
        enum err_code rc;
        bool skip;

        if (apply_look(j, p, i + 1, &skip, err) != ERR_OK)
            return err->code;
        if (skip)
            continue;
        rc = k == SQLKIND_PLAIN ? apply_until(j, p, i, apply_try_stmt, err)
                                : apply_until(j, p, i, apply_try_alone, err);
        if (rc != ERR_OK)
            return rc;
    }
    if (apply_tx_begin(j->a, NULL, err) != ERR_OK)
        return err->code;
    return apply_tx_end(j->a, apply_part_done(j, p, err), err);
}

/* A statement that a query gave, as one of its own part. */
static enum err_code apply_try_row(struct apply_job *j, const struct migration_part *p, size_t stmt,
                                   struct err *err)
{
    enum err_code rc = apply_tx_begin(j->a, p, err);

    return rc == ERR_OK ? apply_tx_end(j->a, apply_statements(j, p, stmt, 1, err), err) : rc;
}

/* gexec=yes: each row of its query is a statement and a transaction; one that is done is not in the answer again. */
static enum err_code apply_part_by_row(struct apply_job *j, const struct migration_part *p,
                                       struct err *err)
{
    struct migration_part row = *p;
    struct db_table t;

    if (db_all(j->a->db, &j->a->arena, p->stmts[0].text, NULL, 0, &t, err) != ERR_OK)
        return err_wrap(err, "%.*s:%zu", SV_FMT(j->m->path), p->stmts[0].line);
    row.name = apply_part_name(j, p);
    row.n_stmts = t.n_rows;
    row.stmts = ARENA_NEWN(&j->a->arena, struct migration_stmt, t.n_rows + 1);
    for (size_t i = 0; i < t.n_rows; i++) {
        row.stmts[i] = (struct migration_stmt){
            .text = t.v[i * t.n_cols].text, .line = p->stmts[0].line, .column = 1};
        if (apply_until(j, &row, i, apply_try_row, err) != ERR_OK)
            return err->code;
    }
    if (apply_tx_begin(j->a, NULL, err) != ERR_OK)
        return err->code;
    return apply_tx_end(j->a, apply_part_done(j, p, err), err);
}

enum err_code apply_part(struct apply_job *j, const struct migration_part *p, struct err *err)
{
    bool skip;

    if (apply_look(j, p, 0, &skip, err) != ERR_OK)
        return err->code;
    if (skip)
        return ERR_OK;
    if (apply_capture(j, p, err) != ERR_OK)
        return err->code;
    if (p->restore || migration_is_backfill(p))
        return apply_backfill(j, p, err);
    if (sv_is(migration_attr(p, "gexec"), "yes"))
        return apply_part_by_row(j, p, err);
    return p->tx ? apply_until(j, p, 0, apply_try_part, err) : apply_part_by_statement(j, p, err);
}
