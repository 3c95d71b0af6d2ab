#include "migrate/apply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/json.h"
#include "base/sv.h"
#include "migrate/apply_int.h"
#include "migrate/sqlexpect.h"

#define APPLY_OLDEST_POSTGRES 140000
#define APPLY_OLDEST_SQLITE   3037000
#define APPLY_LOCK_TIMEOUT_MS 500
#define APPLY_RETRY_MS        600000

/* --- the session --- */

void apply_session_sql(const struct apply *a, struct strbuf *sql)
{
    if (db_kind(a->db) == DB_SQLITE)
        strbuf_add_str(sql, "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = OFF");
    else
        strbuf_addf(sql,
                    "RESET ALL; SET application_name = 'prusik %s'; SET row_security = off;"
                    " SET client_connection_check_interval = '1s';"
                    " SET idle_in_transaction_session_timeout = '60s'",
                    a->book.run);
}

static enum err_code apply_session(struct apply *a, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    apply_session_sql(a, &sql);
    return db_run(a->db, strbuf_sv(&sql), NULL, 0, NULL, err);
}

static enum err_code apply_read_only(const struct apply *a, const char *by, struct err *err)
{
    (void)err_set(err, ERR_REFUSED, "%s is read-only: nothing was changed", db_name(a->db));
    return err_hint(err, "it is made so by %s", by);
}

static enum err_code apply_preflight_postgres(struct apply *a, struct err *err)
{
    struct db_table t;

    if (db_version(a->db) < APPLY_OLDEST_POSTGRES)
        return err_set(err, ERR_REFUSED, "%s: PostgreSQL %d, and 14 is the oldest", db_name(a->db),
                       db_version(a->db) / 10000);
    if (db_all(
            a->db, &a->arena,
            SV("SELECT pg_is_in_recovery(), current_setting('transaction_read_only'),"
               " current_setting('standard_conforming_strings'), pg_backend_pid(),"
               " (SELECT backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid())"),
            NULL, 0, &t, err) != ERR_OK)
        return err->code;
    if (sv_is(t.v[0].text, "t"))
        return err_set(err, ERR_REFUSED, "%s is a standby: nothing can be changed there",
                       db_name(a->db));
    if (sv_is(t.v[1].text, "on"))
        return apply_read_only(a, "default_transaction_read_only of the database or of the role",
                               err);
    if (!sv_is(t.v[2].text, "on"))
        return err_set(err, ERR_REFUSED,
                       "%s: standard_conforming_strings is off: where statements "
                       "end would be read wrongly",
                       db_name(a->db));
    a->pid = t.v[3].text;
    a->pid_start = t.v[4].text;
    return ERR_OK;
}

static enum err_code apply_preflight(struct apply *a, struct err *err)
{
    if (db_kind(a->db) == DB_POSTGRES)
        return apply_preflight_postgres(a, err);
    if (db_version(a->db) < APPLY_OLDEST_SQLITE)
        return err_set(err, ERR_REFUSED, "SQLite %d, and 3037000 is the oldest", db_version(a->db));
    if (access(db_name(a->db), W_OK) != 0 && errno != ENOENT) /* ENOENT: one in memory */
        return apply_read_only(
            a, errno == EROFS ? "its file system" : "the mode of its file, or of its folder", err);
    return ERR_OK;
}

static enum err_code apply_load(struct apply *a, struct err *err)
{
    struct book_rows without = {0};

    if (a->o.texts != APPLY_TEXTS_NONE)
        return book_load(&a->book,
                         a->o.texts == APPLY_TEXTS_BACK ? BOOK_TEXTS_BACK : BOOK_TEXTS_ALL,
                         &a->rows, err);
    if (book_load(&a->book, BOOK_TEXTS_NONE, &without, err) != ERR_OK)
        return err->code;
    if (!without.steps.n) {
        a->rows = without;
        return ERR_OK;
    }
    book_rows_release(&without);
    return book_load(&a->book, BOOK_TEXTS_BACK, &a->rows, err);
}

static enum err_code apply_start(struct apply *a, struct err *err)
{
    if (apply_preflight(a, err) != ERR_OK ||
        runlock_take(&a->lock, a->db, a->o.schema, a->o.wait_ms, err) != ERR_OK ||
        apply_session(a, err) != ERR_OK || book_create(&a->book, err) != ERR_OK ||
        apply_load(a, err) != ERR_OK)
        return err->code;
    return ERR_OK;
}

enum err_code apply_begin(struct db *db, const struct apply_options *o, struct apply *ret,
                          struct err *err)
{
    struct apply a = {.db = db, .o = *o, .lock = {.fd = -1}};

    a.o.schema = o->schema.n ? o->schema : SV("prusik");
    a.o.lock_timeout_ms = o->lock_timeout_ms ? o->lock_timeout_ms : APPLY_LOCK_TIMEOUT_MS;
    a.o.retry_ms = o->retry_ms ? o->retry_ms : APPLY_RETRY_MS;
    if (book_open(db, a.o.schema, &a.book, err) != ERR_OK || apply_start(&a, err) != ERR_OK) {
        apply_end(&a);
        return err->code;
    }
    *ret = a;
    return ERR_OK;
}

void apply_end(struct apply *a)
{
    runlock_give(&a->lock);
    db_close(a->watch);
    book_rows_release(&a->rows);
    book_release(&a->book);
    arena_release(&a->arena);
    memset(a, 0, sizeof(*a));
}

/* --- events --- */

static void apply_tell(struct apply *a, const struct book_event *e)
{
    if (a->o.tell)
        a->o.tell(a->o.arg, e);
}

enum err_code apply_event(struct apply *a, const struct book_event *e, struct err *err)
{
    apply_tell(a, e);
    return book_add_event(&a->book, e, err);
}

/* --- before anything is changed --- */

static enum err_code apply_check_stmt(const struct migration *m, const struct migration_part *p,
                                      const struct migration_stmt *s, enum db_kind db,
                                      struct err *err)
{
    enum sqlkind k = sqlkind_of(s->text, db);

    if (k == SQLKIND_TRANSACTION)
        return err_set(err, ERR_REFUSED,
                       "%.*s:%zu:%zu: \"%.*s\" in a part: its transaction is prusik's (RUN007)",
                       SV_FMT(m->path), s->line, s->column, SV_FMT(sv_sub(s->text, 0, 30)));
    if (p->tx && sqlkind_needs_none(k)) {
        (void)err_set(err, ERR_REFUSED,
                      "%.*s:%zu:%zu: \"%.*s\" cannot run in a transaction (RUN001)",
                      SV_FMT(m->path), s->line, s->column, SV_FMT(sv_sub(s->text, 0, 40)));
        return err_hint(err, "a part of its own with tx=no");
    }
    return ERR_OK;
}

static enum err_code apply_check_rebuild(const struct migration *m, const struct migration_part *p,
                                         enum db_kind db, struct err *err)
{
    if (db == DB_SQLITE && p->tx)
        return ERR_OK;
    return err_set(err, ERR_REFUSED, "%.*s:%zu: rebuild= is for a part of SQLite with tx=yes",
                   SV_FMT(m->path), p->line);
}

static enum err_code apply_check_part(const struct migration *m, const struct migration_part *p,
                                      enum db_kind db, struct err *err)
{
    if (migration_attr(p, "rebuild").n)
        return apply_check_rebuild(m, p, db, err);
    if (sv_is(migration_attr(p, "gexec"), "yes") && (p->tx || p->n_stmts != 1))
        return err_set(err, ERR_REFUSED,
                       "%.*s:%zu: gexec=yes is for a part of one query with tx=no", SV_FMT(m->path),
                       p->line);
    if (p->env)
        return err_set(err, ERR_REFUSED, "%.*s: \"${...}\" is not bound (FMT015)", SV_FMT(m->path));
    for (size_t i = 0; i < p->n_stmts; i++)
        if (apply_check_stmt(m, p, &p->stmts[i], db, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

enum err_code apply_check(const struct pending *p, enum db_kind db, struct err *err)
{
    const struct migration *m = p->file;

    if (m->code || !m->format->runs) {
        (void)err_set(err, ERR_REFUSED, "%.*s: files of %s are known by name only (FMT020)",
                      SV_FMT(m->path), m->format->name);
        if (m->format == &format_alembic)
            return err_hint(err,
                            "apply it with alembic; or have its SQL: alembic upgrade heads --sql"
                            " > sql/all.sql, and prusik db upgrade --dir sql; or go on with"
                            " files of prusik, in a folder of their own (--dir)");
        return err_hint(
            err,
            "apply it with %s, and prusik db adopt takes that over; or go on with files "
            "of prusik, in a folder of their own (--dir)",
            m->format->name);
    }
    for (size_t i = 0; i < m->n_parts; i++)
        if ((m->parts[i].dbs & MIGRATION_DB(db)) && m->parts[i].kind != MIGRATION_DOWN &&
            apply_check_part(m, &m->parts[i], db, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

/* "check" or "verify" as people are told of it. */
static void apply_query_name(const struct migration_part *p, struct strbuf *out)
{
    struct sv name = migration_attr(p, "name");

    strbuf_addf(out, "%s \"%.*s\"", migration_kind_text(p->kind),
                SV_FMT(name.n ? name : sv_sub(p->stmts[0].text, 0, 60)));
}

/* One check or verify; ERR_REFUSED or ERR_FAILED with what was found. */
static enum err_code apply_ask(struct apply *a, const struct migration *m,
                               const struct migration_part *p, bool inside, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(900), name = STRBUF(200);
    struct sv timeout = migration_attr(p, "timeout");
    bool holds = false;
    int64_t ms;

    if (timeout.n && duration_parse(timeout, &ms))
        db_limit(a->db, (uint64_t)ms);
    apply_query_name(p, &name);
    book_besides(sqlexpect_ask(a->db, p->stmts[0].text, migration_attr(p, "expect"), inside, &holds,
                               &why, err));
    db_limit(a->db, 0);
    if (holds)
        return ERR_OK;
    if (!why.n)
        return err_wrap(err, "%.*s:%zu: %s", SV_FMT(m->path), p->stmts[0].line, strbuf_str(&name));
    return err_set(err, p->kind == MIGRATION_CHECK ? ERR_REFUSED : ERR_FAILED,
                   "%.*s:%zu: %s does not hold: %s", SV_FMT(m->path), p->stmts[0].line,
                   strbuf_str(&name), strbuf_str(&why));
}

enum err_code apply_checks(struct apply *a, const struct pending *p, struct err *err)
{
    for (size_t i = 0; i < p->file->n_parts; i++) {
        const struct migration_part *part = &p->file->parts[i];

        if (part->kind == MIGRATION_CHECK && (part->dbs & MIGRATION_DB(db_kind(a->db))) &&
            apply_ask(a, p->file, part, false, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

enum err_code apply_verify_part(struct apply_job *j, const struct migration_part *p, bool inside,
                                struct err *err)
{
    struct book_event e = {.kind = "verify-ok",
                           .version = j->version,
                           .direction = sv_from(j->direction),
                           .part = migration_attr(p, "name"),
                           .stmt = -1,
                           .duration_ms = -1};
    struct err other;

    if (apply_ask(j->a, j->m, p, inside, err) == ERR_OK)
        return inside ? ERR_OK : apply_event(j->a, &e, err);
    if (inside || err->code != ERR_FAILED)
        return err->code;
    e.kind = "verify-failed";
    e.message = sv_from(err->msg);
    book_besides(apply_event(j->a, &e, &other)); /* the failure itself is told */
    return err->code;
}

/* --- a migration --- */

static int64_t apply_since_ms(uint64_t start_ns)
{
    return (int64_t)((clock_mono_ns() - start_ns) / 1000000);
}

static struct book_event apply_event_of(const struct apply_job *j, const char *kind)
{
    return (struct book_event){.kind = kind,
                               .version = j->version,
                               .direction = sv_from(j->direction),
                               .stmt = -1,
                               .duration_ms = apply_since_ms(j->start_ns)};
}

static bool apply_is_up(const struct apply_job *j)
{
    return strcmp(j->direction, "up") == 0;
}

static const char *apply_done_kind(const struct apply_job *j)
{
    return apply_is_up(j) ? "up-done" : "down-done";
}

enum err_code apply_finish_text(struct apply_job *j, struct strbuf *sql, struct err *err)
{
    struct book_event e = apply_event_of(j, apply_done_kind(j));

    assert(apply_is_up(j) && j->single);
    j->row.duration_ms = e.duration_ms;
    j->row.state = SV("applied");
    return book_put_text(&j->a->book, &j->row, &e, sql, err);
}

enum err_code apply_finish(struct apply_job *j, struct sv behind, size_t *done, struct err *err)
{
    struct book_event e = apply_event_of(j, apply_done_kind(j));
    struct book *b = &j->a->book;
    enum err_code rc = ERR_OK;

    *done = 0;
    j->row.duration_ms = e.duration_ms;
    if (!j->single && book_clear_steps(b, j->version, err) != ERR_OK)
        return err->code;
    if (apply_is_up(j)) {
        j->row.state = SV("applied");
        return book_put_with(b, &j->row, &e, behind, done, err);
    }
    if (book_set_state(b, j->version, "undone", err) != ERR_OK ||
        book_add_event(b, &e, err) != ERR_OK)
        return err->code;
    if (behind.n)
        rc = db_run(b->db, behind, NULL, 0, NULL, err);
    *done = 1 + (behind.n ? db_done(b->db) : 0);
    return rc;
}

enum err_code apply_ended(struct apply_job *j, struct err *err)
{
    j->a->left = APPLY_LEFT_DONE;
    return err_wrap(err, "%.*s is %s; behind it", SV_FMT(j->version),
                    apply_is_up(j) ? "applied" : "undone");
}

enum err_code apply_part_done(struct apply_job *j, const struct migration_part *p, struct err *err)
{
    struct book *b = &j->a->book;
    struct book_event e = apply_event_of(j, "part-done");
    struct book_step s = {.version = j->version,
                          .direction = sv_from(j->direction),
                          .part = apply_part_name(j, p),
                          .digest = apply_digest(j->a, p, 0),
                          .state = SV("done")};

    e.part = s.part;
    j->row.state = SV("partial");
    if (book_put_step(b, &s, err) != ERR_OK || book_add_event(b, &e, err) != ERR_OK)
        return err->code;
    return apply_is_up(j) ? book_put(b, &j->row, err)
                          : book_set_state(b, j->version, "partial", err);
}

static bool apply_runs(const struct apply_job *j, const struct migration_part *p)
{
    if (apply_is_up(j) && p->kind == MIGRATION_BACKFILL)
        return p->dbs & MIGRATION_DB(db_kind(j->a->db));
    return p->kind == (apply_is_up(j) ? MIGRATION_UP : MIGRATION_DOWN) &&
           (p->dbs & MIGRATION_DB(db_kind(j->a->db)));
}

static bool apply_verifies(const struct apply_job *j, const struct migration_part *p)
{
    return apply_is_up(j) && p->kind == MIGRATION_VERIFY &&
           (p->dbs & MIGRATION_DB(db_kind(j->a->db))) &&
           !sv_is(migration_attr(p, "before_commit"), "yes");
}

/* Is one transaction all of it? */
static bool apply_is_single(const struct apply_job *j)
{
    size_t n = 0;

    for (size_t i = 0; i < j->m->n_parts; i++) {
        const struct migration_part *p = &j->m->parts[i];

        if (apply_verifies(j, p) ||
            (apply_runs(j, p) && (!p->tx || p->restore || migration_is_backfill(p))))
            return false;
        n += apply_runs(j, p);
    }
    for (size_t i = 0; i < j->a->rows.steps.n; i++)
        if (sv_eq(j->a->rows.steps.v[i].version, j->version))
            return false;
    return n == 1;
}

static enum err_code apply_parts(struct apply_job *j, struct err *err)
{
    size_t done;

    for (size_t i = 0; i < j->m->n_parts; i++) {
        const struct migration_part *p = &j->m->parts[i];

        if (apply_runs(j, p) && apply_part(j, p, err) != ERR_OK)
            return err->code;
        if (apply_verifies(j, p) && apply_verify_part(j, p, false, err) != ERR_OK)
            return err->code;
    }
    if (j->single)
        return ERR_OK;
    if (apply_tx_begin(j->a, NULL, err) != ERR_OK)
        return err->code;
    return apply_tx_end(j->a, apply_finish(j, SV(""), &done, err), err);
}

/* Refused means that nothing was changed: not so behind a part that is done. */
static enum err_code apply_refused(const struct apply_job *j, struct err *err)
{
    if (err->code == ERR_REFUSED && sv_is(j->row.state, "partial"))
        err->code = ERR_FAILED;
    return err->code;
}

static enum err_code apply_run(struct apply_job *j, struct err *err)
{
    struct book_event e = apply_event_of(j, apply_is_up(j) ? "up-start" : "down-start");
    enum err_code rc;

    j->single = apply_is_single(j);
    if (j->single)
        apply_tell(j->a, &e);
    else if (apply_event(j->a, &e, err) != ERR_OK)
        return err->code;
    j->a->left = APPLY_LEFT_ASK;
    rc = apply_parts(j, err);
    if (rc != ERR_OK && j->a->left != APPLY_LEFT_DONE)
        return apply_refused(j, err);
    e = apply_event_of(j, apply_done_kind(j));
    apply_tell(j->a, &e);
    if (rc != ERR_OK || j->single)
        return rc;
    return apply_session(j->a, err) == ERR_OK ? ERR_OK : apply_ended(j, err);
}

void apply_texts_release(struct apply_texts *t)
{
    for (size_t i = 0; i < ARRAY_LEN(t->v); i++)
        strbuf_release(&t->v[i]);
}

/* Texts are kept so that `down`, `verify` and `show` work when the file is gone. */
void apply_fill_row(const struct pending *p, struct apply_texts *t, struct book_migration *row)
{
    static const unsigned kinds[] = {1u << MIGRATION_CHECK | 1u << MIGRATION_UP |
                                         1u << MIGRATION_BACKFILL,
                                     1u << MIGRATION_DOWN, 1u << MIGRATION_VERIFY};
    const struct migration *m = p->file;
    struct sv *const to[] = {&row->up_text, &row->down_text, &row->verify_text};
    uint64_t number;

    *row = (struct book_migration){.version = p->version,
                                   .name = m->name,
                                   .kind = m->repeatable ? SV("repeatable") : SV("versioned"),
                                   .state = SV("applied"),
                                   .format = sv_from(m->format->name),
                                   .path = m->path,
                                   .title = m->title,
                                   .p1 = m->p1,
                                   .s1 = m->s1};
    row->ordinal = m->format->planned                                     ? (int64_t)m->ordinal
                   : sv_to_u64(m->version, &number) && number < INT64_MAX ? (int64_t)number
                                                                          : INT64_MAX;
    static_assert(ARRAY_LEN(kinds) == ARRAY_LEN(t->v), "a text of each");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        migration_write(m, kinds[i], &t->v[i]);
        *to[i] = strbuf_sv(&t->v[i]);
    }
}

/* Is it applied as a whole, and a way back was begun and not ended? */
static bool apply_is_half_undone(const struct pending *p, const struct book_rows *rows)
{
    bool down = false;

    for (size_t i = 0; i < rows->steps.n; i++) {
        const struct book_step *s = &rows->steps.v[i];

        if (!sv_eq(s->version, p->version))
            continue;
        if (sv_is(s->direction, "up"))
            return false;
        down = true;
    }
    return down;
}

/* What undoes it: of one that goes on, as it was kept, since what it was made of may be gone. */
static enum err_code apply_downs(struct apply *a, const struct pending *p, struct apply_job *j,
                                 struct migrations *stored, struct err *err)
{
    struct sv text = j->row.down_text;
    bool any = false;

    for (size_t i = 0; i < p->file->n_parts; i++)
        any = any || migration_attr(&p->file->parts[i], "from").n;
    if (!any)
        return ERR_OK;
    if (p->state == PENDING_PARTIAL && p->row && p->row->down_text.n)
        text = p->row->down_text;
    if (format_read_stored(SV("down"), text, db_kind(a->db), stored, err) != ERR_OK)
        return err_wrap(err, "%.*s", SV_FMT(p->version));
    apply_capture_begin(j, vec_last(&stored->v));
    return ERR_OK;
}

enum err_code apply_up(struct apply *a, const struct pending *p, struct err *err)
{
    CLEANUP(migrations_release) struct migrations stored = {0};
    CLEANUP(apply_texts_release) struct apply_texts texts = APPLY_TEXTS;
    struct apply_job j = {.a = a,
                          .m = p->file,
                          .version = p->version,
                          .direction = "up",
                          .start_ns = clock_mono_ns()};

    if (apply_check(p, db_kind(a->db), err) != ERR_OK)
        return err->code;
    if (p->state == PENDING_PARTIAL && apply_is_half_undone(p, &a->rows)) {
        (void)err_set(err, ERR_REFUSED, "%.*s is half undone", SV_FMT(p->version));
        return err_hint(err, "end that first: prusik db downgrade --yes");
    }
    apply_fill_row(p, &texts, &j.row);
    if (apply_downs(a, p, &j, &stored, err) != ERR_OK)
        return err->code;
    if (p->state != PENDING_PARTIAL && apply_checks(a, p, err) != ERR_OK)
        return err->code;
    return apply_run(&j, err);
}

/* --- the way back --- */

static bool apply_was_begun(const struct pending *p, const struct book_rows *rows, struct sv part)
{
    for (size_t i = 0; i < rows->steps.n; i++) {
        const struct book_step *s = &rows->steps.v[i];

        if (sv_eq(s->version, p->version) && sv_is(s->direction, "up") && sv_eq(s->part, part))
            return true;
    }
    return false;
}

/* Downs with of= in reverse; of a partial migration those whose part was begun. */
static enum err_code apply_order_downs(const struct pending *p, const struct book_rows *rows,
                                       enum db_kind db, struct migration *m, struct err *err)
{
    bool partial = p->state == PENDING_PARTIAL && !apply_is_half_undone(p, rows);
    size_t n = 0;

    for (size_t i = 0; i < m->n_parts; i++) {
        struct migration_part *d = &m->parts[i];

        if (d->kind != MIGRATION_DOWN || !(d->dbs & MIGRATION_DB(db)))
            continue;
        if (partial && !d->name.n) {
            (void)err_set(err, ERR_REFUSED, "%.*s is half applied, and its down is for all of it",
                          SV_FMT(p->version));
            return err_hint(err, "finish it with prusik db upgrade, or give downs per part (of=)");
        }
        if (partial && !apply_was_begun(p, rows, d->name))
            continue;
        if (d->none) {
            struct sv reason = migration_attr(d, "reason");

            return err_set(err, ERR_REFUSED, "%.*s has no way back%s%.*s", SV_FMT(p->version),
                           reason.n ? ": " : "", SV_FMT(reason));
        }
        if (migration_attr(d, "from").n &&
            !d->n_stmts) /* nothing was there, or it is not applied */
            continue;
        m->parts[n++] = *d;
    }
    m->n_parts = n;
    for (size_t i = 0; n && m->parts[0].name.n && i < n / 2; i++) {
        struct migration_part swap = m->parts[i];

        m->parts[i] = m->parts[n - 1 - i];
        m->parts[n - 1 - i] = swap;
    }
    return ERR_OK;
}

/* Written in both directions, and nothing is done in either: a merge of Alembic. */
static bool apply_does_nothing(const struct migration *m)
{
    return m->has_down && !m->n_parts;
}

enum err_code apply_down_parts(const struct pending *p, const struct book_rows *rows,
                               enum db_kind db, struct migrations *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), where = STRBUF(0);
    struct migration *m;

    if (p->row && p->row->down_text.n)
        strbuf_add_sv(&text, p->row->down_text);
    else if (p->file && !p->file->code)
        migration_write(p->file, 1u << MIGRATION_DOWN, &text);
    strbuf_addf(&where, "down of %.*s", SV_FMT(p->version));
    if (format_read_stored(strbuf_sv(&where), strbuf_sv(&text), db, ret, err) != ERR_OK)
        return err->code;
    m = vec_last(&ret->v);
    if (apply_order_downs(p, rows, db, m, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < m->n_parts; i++)
        if (apply_check_part(m, &m->parts[i], db, err) != ERR_OK)
            return err->code;
    if (m->n_parts || (p->file && (p->not_for || apply_does_nothing(p->file))))
        return ERR_OK;
    (void)err_set(err, ERR_REFUSED, "%.*s has no way back: no down was written",
                  SV_FMT(p->version));
    return err_hint(err, "restore a backup, or write a migration that undoes it");
}

/* What must hold, or what is undone would lose something. */
static enum err_code apply_needs(struct apply *a, const struct pending *p,
                                 const struct migration *m, struct err *err)
{
    for (size_t i = 0; i < m->n_parts; i++) {
        struct sv needs = migration_attr(&m->parts[i], "needs");
        CLEANUP(strbuf_release) struct strbuf why = STRBUF(900);
        bool holds = true;

        if (needs.n && sqlexpect_ask(a->db, needs, SV("true"), false, &holds, &why, err) != ERR_OK)
            return err_wrap(err, "down of %.*s", SV_FMT(p->version));
        if (!holds)
            return err_set(err, ERR_REFUSED, "%.*s cannot be undone: %.*s", SV_FMT(p->version),
                           SV_FMT(migration_attr(&m->parts[i], "reason")));
    }
    return ERR_OK;
}

enum err_code apply_down(struct apply *a, const struct pending *p, struct err *err)
{
    CLEANUP(migrations_release) struct migrations parts = {0};
    struct apply_job j = {
        .a = a, .version = p->version, .direction = "down", .start_ns = clock_mono_ns()};

    if (apply_down_parts(p, &a->rows, db_kind(a->db), &parts, err) != ERR_OK ||
        (!apply_is_half_undone(p, &a->rows) && apply_needs(a, p, &parts.v.v[0], err) != ERR_OK))
        return err->code;
    j.m = &parts.v.v[0];
    return apply_run(&j, err);
}

/* --- words without deeds --- */

enum err_code apply_verify(struct apply *a, const struct pending *p, struct apply_verified *n,
                           struct strbuf *why, struct err *err)
{
    CLEANUP(migrations_release) struct migrations stored = {0};
    CLEANUP(strbuf_release) struct strbuf where = STRBUF(0);
    const struct migration *m = p->file;

    if (p->row && p->row->verify_text.n) {
        strbuf_addf(&where, "verify of %.*s", SV_FMT(p->version));
        if (format_read_stored(strbuf_sv(&where), p->row->verify_text, db_kind(a->db), &stored,
                               err) != ERR_OK)
            return err->code;
        m = &stored.v.v[0];
    }
    for (size_t i = 0; m && i < m->n_parts; i++) {
        const struct migration_part *part = &m->parts[i];

        if (part->kind != MIGRATION_VERIFY || !(part->dbs & MIGRATION_DB(db_kind(a->db))))
            continue;
        n->asked++;
        if (apply_ask(a, m, part, false, err) == ERR_OK)
            continue;
        if (err->code != ERR_FAILED && err->code != ERR_DB)
            return err->code;
        strbuf_addf(why, "%s\n", err->msg);
        n->bad++;
    }
    return ERR_OK;
}

/* What was kept before: it is replaced in its row, and never lost. */
static void apply_old(const struct pending *p, struct strbuf *out)
{
    CLEANUP(json_cleanup) json_t *j = json_object();

    json_put_sv(j, "s1", p->row->s1);
    json_put_sv(j, "state", p->row->state);
    json_put_sv(j, "up_text", p->row->up_text);
    json_put_sv(j, "down_text", p->row->down_text);
    json_put_sv(j, "verify_text", p->row->verify_text);
    json_write(j, out);
}

enum err_code apply_stamp(struct apply *a, const struct pending *p, const char *state,
                          const char *kind, struct sv reason, struct err *err)
{
    struct book_event e = {
        .kind = kind, .version = p->version, .stmt = -1, .duration_ms = -1, .message = reason};
    CLEANUP(strbuf_release) struct strbuf old = STRBUF(0);
    CLEANUP(apply_texts_release) struct apply_texts texts = APPLY_TEXTS;
    struct book_migration row;
    enum err_code rc;

    if (p->row) {
        apply_old(p, &old);
        e.detail = strbuf_sv(&old);
    }
    if (apply_tx_begin(a, NULL, err) != ERR_OK)
        return err->code;
    rc = book_clear_steps(&a->book, p->version, err);
    if (rc == ERR_OK && p->file && strcmp(state, "applied") == 0) {
        apply_fill_row(p, &texts, &row);
        rc = book_put(&a->book, &row, err);
    } else if (rc == ERR_OK) {
        rc = book_set_state(&a->book, p->version, state, err);
    }
    if (rc == ERR_OK)
        rc = book_add_event(&a->book, &e, err);
    rc = apply_tx_end(a, rc, err);
    if (rc == ERR_OK)
        apply_tell(a, &e);
    return rc;
}
