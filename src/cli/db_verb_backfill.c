/* prusik db backfill: how far updates in batches are, and what a person wants of them. */
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/json.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/db_verb.h"
#include "cli/term.h"

struct fill {
    struct db_verb *v;
    struct book book;
    struct arena arena;
    struct db_table t; /* all rows */
    bool held;         /* a run has the lock */
};

static void fill_release(struct fill *f)
{
    arena_release(&f->arena);
}

/* --- rows --- */

/* By its name: the tables of an older prusik have fewer columns. */
static struct sv fill_text(const struct fill *f, size_t row, const char *column)
{
    for (size_t i = 0; i < f->t.n_cols; i++)
        if (sv_is(f->t.names[i], column))
            return f->t.v[row * f->t.n_cols + i].text;
    return SV("");
}

static int64_t fill_int(const struct fill *f, size_t row, const char *column)
{
    int64_t n;

    return sv_to_i64(fill_text(f, row, column), &n) ? n : 0;
}

/* A row that says that it runs, and no run is there: it was killed, and the next upgrade goes on with it. */
static struct sv fill_state(const struct fill *f, size_t row)
{
    struct sv state = fill_text(f, row, "state");

    if (f->held || sv_is(state, "done") || sv_is(state, "cancelled") || sv_is(state, "failed"))
        return state;
    return SV("stopped");
}

/* Seconds that it still takes; -1: not known. */
static int64_t fill_left_s(const struct fill *f, size_t row)
{
    int64_t rate = fill_int(f, row, "rate");
    int64_t left = fill_int(f, row, "rows_estimate") - fill_int(f, row, "rows_seen");

    return rate > 0 && left > 0 && sv_is(fill_state(f, row), "running") ? left / rate : -1;
}

static enum err_code fill_load(struct db_verb *v, struct fill *f, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct sv schema = sv_from(v->c->db.schema ? v->c->db.schema : "prusik");
    struct db_value name, there;

    f->v = v;
    if (book_open(v->db, schema, &f->book, err) != ERR_OK)
        return err->code;
    strbuf_addf(&sql, "%sbackfill", f->book.prefix);
    name = DB_TEXT(arena_sv(&f->arena, strbuf_sv(&sql)));
    if (db_one(v->db, &f->arena,
               db_kind(v->db) == DB_POSTGRES
                   ? SV("SELECT to_regclass($1)::text")
                   : SV("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name = $1"),
               &name, 1, &there, err) != ERR_OK ||
        there.is_null)
        return there.is_null ? ERR_OK : err->code;
    strbuf_truncate(&sql, 0);
    strbuf_addf(&sql, "SELECT * FROM %sbackfill ORDER BY started_at, job", f->book.prefix);
    if (db_all(v->db, &f->arena, strbuf_sv(&sql), NULL, 0, &f->t, err) != ERR_OK)
        return err->code;
    return runlock_is_held(v->db, schema, &f->held, err);
}

static enum err_code fill_find(const struct fill *f, const char *job, size_t *ret, struct err *err)
{
    for (*ret = 0; *ret < f->t.n_rows; ++*ret)
        if (sv_is(fill_text(f, *ret, "job"), job))
            return ERR_OK;
    (void)err_set(err, ERR_NOT_FOUND, "there is no backfill '%s'", job);
    return err_hint(err, "prusik db backfill names them");
}

/* --- status --- */

static json_t *fill_json(const struct fill *f, size_t row)
{
    static const char *const texts[] = {"version",    "direction",  "part",       "reason",
                                        "started_at", "updated_at", "finished_at"};
    static const char *const ints[] = {"rows_seen", "rows_changed", "rows_estimate",
                                       "rate",      "batch",        "passes"};
    json_t *j = json_object();

    json_put_sv(j, "job", fill_text(f, row, "job"));
    json_put_sv(j, "table", fill_text(f, row, "tbl"));
    json_put_sv(j, "state", fill_state(f, row));
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (fill_text(f, row, texts[i]).n)
            json_put_sv(j, texts[i], fill_text(f, row, texts[i]));
    for (size_t i = 0; i < ARRAY_LEN(ints); i++)
        json_put_int(j, ints[i], fill_int(f, row, ints[i]));
    json_put_bool(j, "keeps", fill_text(f, row, "kept").n > 0);
    if (fill_left_s(f, row) >= 0)
        json_put_int(j, "left_s", fill_left_s(f, row));
    return j;
}

static void fill_line(const struct fill *f, size_t row, struct strbuf *b)
{
    int64_t seen = fill_int(f, row, "rows_seen"), all = fill_int(f, row, "rows_estimate");
    struct sv state = fill_state(f, row), reason = fill_text(f, row, "reason");
    enum term_style style = sv_is(state, "done") || sv_is(state, "running") ? TERM_GOOD
                            : sv_is(state, "failed")                        ? TERM_BAD
                                                                            : TERM_WARN;

    term_addf(b, style, "%-10.*s", SV_FMT(state));
    strbuf_add_byte(b, ' ');
    text_add_line(b, fill_text(f, row, "job"));
    strbuf_addf(b, "  %lld rows seen of about %lld, %lld changed", (long long)seen, (long long)all,
                (long long)fill_int(f, row, "rows_changed"));
    if (all > 0 && !sv_is(state, "done"))
        strbuf_addf(b, ", %.0f %%", 100.0 * (double)(seen < all ? seen : all) / (double)all);
    if (fill_left_s(f, row) >= 0)
        strbuf_addf(b, ", %lld rows/s, about %s left", (long long)fill_int(f, row, "rate"),
                    duration_format(1000 * fill_left_s(f, row)).s);
    if (reason.n && !sv_is(state, "done")) {
        strbuf_add_str(b, "\n           ");
        text_add_line(b, reason);
    }
    strbuf_add_byte(b, '\n');
}

static enum err_code fill_status(struct fill *f, const char *job, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = json_object();
    json_t *list = json_array();
    size_t first = 0, end = f->t.n_rows;

    json_put(j, "jobs", list);
    if (job && fill_find(f, job, &first, err) != ERR_OK)
        return err->code;
    end = job ? first + 1 : end;
    for (size_t i = first; i < end; i++) {
        json_append(list, fill_json(f, i));
        fill_line(f, i, &b);
    }
    if (f->v->c->json) {
        json_put_int(j, "format", 1);
        json_put_str(j, "database", db_name(f->v->db));
        strbuf_truncate(&b, 0);
        json_write_pretty(j, &b);
        strbuf_add_byte(&b, '\n');
    } else if (!b.n) {
        strbuf_add_str(&b, "there is no backfill\n");
    }
    term_write(&b);
    return ERR_OK;
}

/* --- what a person wants --- */

static enum err_code fill_event(struct fill *f, size_t row, const char *kind, struct err *err)
{
    struct book_event e = {.kind = kind,
                           .version = fill_text(f, row, "version"),
                           .direction = fill_text(f, row, "direction"),
                           .part = fill_text(f, row, "part"),
                           .stmt = -1,
                           .duration_ms = -1,
                           .message = fill_text(f, row, "job")};

    return book_add_event(&f->book, &e, err);
}

static enum err_code fill_set(struct fill *f, size_t row, const char *what, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct db_value v = DB_TEXT(fill_text(f, row, "job"));

    strbuf_addf(&sql, "UPDATE %sbackfill SET %s WHERE job = $1", f->book.prefix, what);
    return db_run(f->v->db, strbuf_sv(&sql), &v, 1, NULL, err);
}

static enum err_code fill_not_ended(const struct fill *f, size_t row, struct err *err)
{
    struct sv state = fill_state(f, row);

    if (!sv_is(state, "done") && !sv_is(state, "cancelled"))
        return ERR_OK;
    return err_set(err, ERR_REFUSED, "backfill %.*s is %.*s", SV_FMT(fill_text(f, row, "job")),
                   SV_FMT(state));
}

static enum err_code fill_pause(struct fill *f, size_t row, struct err *err)
{
    if (fill_not_ended(f, row, err) != ERR_OK || fill_set(f, row, "wish = 'pause'", err) != ERR_OK)
        return err->code;
    if (!f->v->c->quiet && !f->v->c->json)
        printf(f->held ? "it waits behind the batch that runs\n"
                       : "no run works on it; the next one will wait\n");
    return fill_event(f, row, "backfill-pause", err);
}

static enum err_code fill_resume(struct fill *f, size_t row, struct err *err)
{
    if (fill_not_ended(f, row, err) != ERR_OK || fill_set(f, row, "wish = NULL", err) != ERR_OK)
        return err->code;
    if (!f->v->c->quiet && !f->v->c->json)
        printf(f->held ? "it goes on within a second\n"
                       : "no run works on it: prusik db upgrade goes on with it\n");
    return fill_event(f, row, "backfill-resume", err);
}

static enum err_code fill_cancel(struct fill *f, size_t row, struct err *err)
{
    if (fill_not_ended(f, row, err) != ERR_OK ||
        fill_set(f, row, f->held ? "wish = 'cancel'" : "state = 'cancelled', wish = NULL", err) !=
            ERR_OK)
        return err->code;
    if (!f->v->c->quiet && !f->v->c->json)
        printf(f->held ? "the run that works on it ends within a second\n"
                       : "the next upgrade begins it anew\n");
    return fill_event(f, row, "backfill-cancel", err);
}

static void fill_saved(const struct fill *f, size_t row, struct strbuf *sql)
{
    struct sv job = fill_text(f, row, "job");
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);

    if (db_kind(f->v->db) == DB_POSTGRES)
        strbuf_addf(sql, "\"%s\".", f->book.schema);
    else
        strbuf_addf(&name, "%s_", f->book.schema);
    strbuf_addf(&name, "saved_%.*s", SV_FMT(job));
    db_quote_name(sql, strbuf_sv(&name));
}

/* The values that it kept, and its row: in one transaction, and by nobody who runs. */
static enum err_code fill_drop(struct fill *f, size_t row, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct err ignored;
    enum err_code rc;

    strbuf_add_str(&sql, "DROP TABLE IF EXISTS ");
    fill_saved(f, row, &sql);
    strbuf_addf(&sql, "; DELETE FROM %sbackfill WHERE job = ", f->book.prefix);
    db_quote_text(&sql, fill_text(f, row, "job"));
    if (db_run(f->v->db, SV("BEGIN"), NULL, 0, NULL, err) != ERR_OK)
        return err->code;
    rc = db_run(f->v->db, strbuf_sv(&sql), NULL, 0, NULL, err);
    if (rc == ERR_OK)
        rc = fill_event(f, row, "backfill-forget", err);
    if (rc == ERR_OK)
        return db_run(f->v->db, SV("COMMIT"), NULL, 0, NULL, err);
    book_besides(db_run(f->v->db, SV("ROLLBACK"), NULL, 0, NULL, &ignored)); /* the first counts */
    return rc;
}

static enum err_code fill_forget(struct fill *f, size_t row, struct err *err)
{
    struct sv schema = sv_from(f->book.schema), kept = fill_text(f, row, "kept");
    struct runlock lock = {.fd = -1};
    enum err_code rc;

    if (!f->v->c->yes && kept.n) {
        (void)err_set(err, ERR_REFUSED, "backfill %.*s has kept the values of %.*s before it",
                      SV_FMT(fill_text(f, row, "job")), SV_FMT(kept));
        return err_hint(err, "with --yes they are dropped, and its migration cannot be undone");
    }
    if (runlock_take(&lock, f->v->db, schema, 0, err) != ERR_OK)
        return err->code;
    rc = fill_drop(f, row, err);
    runlock_give(&lock);
    return rc;
}

/* --- the command --- */

static const struct {
    const char *name;
    enum err_code (*run)(struct fill *f, size_t row, struct err *err);
} fill_commands[] = {
    {"pause", fill_pause},
    {"resume", fill_resume},
    {"cancel", fill_cancel},
    {"forget", fill_forget},
};

enum err_code db_backfill(struct db_verb *v, struct err *err)
{
    CLEANUP(fill_release) struct fill f = {0};
    const char *word = v->n_args ? v->args[0] : "status", *job = v->n_args > 1 ? v->args[1] : NULL;
    size_t row;

    if (fill_load(v, &f, err) != ERR_OK)
        return err->code;
    if (strcmp(word, "status") == 0)
        return fill_status(&f, job, err);
    for (size_t i = 0; i < ARRAY_LEN(fill_commands); i++) {
        if (strcmp(word, fill_commands[i].name) != 0)
            continue;
        if (!job)
            return err_set(err, ERR_USAGE, "prusik db backfill %s JOB: which one?", word);
        return fill_find(&f, job, &row, err) == ERR_OK ? fill_commands[i].run(&f, row, err)
                                                       : err->code;
    }
    (void)err_set(err, ERR_USAGE, "prusik db backfill has no command '%s'", word);
    return err_hint(err, "status, pause, resume, cancel or forget");
}
