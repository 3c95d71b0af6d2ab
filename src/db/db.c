#include "db/db.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "db/db_int.h"

#define DB_OFTEN_BYTES \
    (64u << 10) /* of values that are written into a message: longer ones are sent as they are */

/* --- addresses --- */

struct db_scheme {
    struct sv name;
    enum db_kind kind;
};
static const struct db_scheme db_schemes[] = {
    {{"postgresql", 10}, DB_POSTGRES},
    {{"postgres", 8}, DB_POSTGRES},
    {{"sqlite", 6}, DB_SQLITE},
    {{"sqlite3", 7}, DB_SQLITE},
};

/* "postgresql+psycopg2://...": the driver is that of SQLAlchemy; *rest begins with the colon. */
static const struct db_scheme *db_scheme_of(struct sv text, struct sv *rest)
{
    for (size_t i = 0; i < ARRAY_LEN(db_schemes); i++) {
        struct sv at = text;

        if (!sv_eat_nocase(&at, db_schemes[i].name) || !at.n)
            continue;
        if (*at.p == '+') {
            while (at.n && (ascii_is_word(*at.p) || *at.p == '+'))
                at = sv_sub(at, 1, at.n);
        }
        if (!at.n || *at.p != ':' ||
            (db_schemes[i].kind == DB_POSTGRES && !sv_starts(at, SV("://"))))
            continue;
        *rest = at;
        return &db_schemes[i];
    }
    return NULL;
}

/* "mysql://...": no path has that, and no database that is known. */
static enum err_code db_other(struct sv text, struct err *err)
{
    size_t n = sv_find(text, SV("://"), 0);

    if (n == 0 || n == SV_NPOS)
        return ERR_OK;
    for (size_t i = 0; i < n; i++)
        if (!ascii_is_alnum(text.p[i]) && !strchr("+-.", text.p[i]))
            return ERR_OK;
    (void)err_set(err, ERR_INVALID, "'%.*s' is no database that is known here",
                  SV_FMT(sv_sub(text, 0, n)));
    return err_hint(err, "PostgreSQL and SQLite are: postgresql://USER@HOST/NAME, sqlite:PATH");
}

bool db_is_url(struct sv text)
{
    struct sv rest;

    return db_scheme_of(text, &rest) != NULL;
}

/*
 * What stands after "sqlite": ":PATH".  ":///PATH" is relative to SQLAlchemy and absolute to others: the one that is there
 * counts; ":////PATH" is absolute to everybody.
 */
static enum err_code db_sqlite_path(struct sv rest, struct strbuf *path, struct err *err)
{
    struct stat st;
    bool relative, absolute;

    (void)sv_eat(&rest, SV(":"));
    if (!sv_eat(&rest, SV("//"))) {
        strbuf_add_sv(path, rest);
        return ERR_OK;
    }
    strbuf_add_sv(path, sv_starts(rest, SV("//")) ? sv_sub(rest, 1, rest.n) : rest);
    if (!sv_starts(rest, SV("/")) || sv_starts(rest, SV("//")))
        return ERR_OK;
    absolute = stat(strbuf_str(path), &st) == 0;
    relative = path->n > 1 && stat(strbuf_str(path) + 1, &st) == 0;
    if (absolute == relative && path->n > 1) {
        (void)err_set(err, ERR_INVALID, "'sqlite://%.*s' can be '%s' or '%s'%s", SV_FMT(rest),
                      strbuf_str(path) + 1, strbuf_str(path),
                      absolute ? ", and both are there" : ", and none is there");
        return err_hint(err, "write sqlite:%s or sqlite:%s", strbuf_str(path) + 1,
                        strbuf_str(path));
    }
    if (!absolute)
        strbuf_consume(path, 1);
    return ERR_OK;
}

static enum err_code db_open_kind(struct db *db, const struct db_config *c, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf address = STRBUF(LIMIT_DB_URL);
    struct sv rest = c->url;
    const struct db_scheme *s = db_scheme_of(c->url, &rest);

    if (s && s->kind == DB_POSTGRES) {
        strbuf_add_str(&address, "postgresql");
        strbuf_add_sv(&address, rest);
    } else if (!s) {
        if (db_other(c->url, err) != ERR_OK)
            return err->code;
        strbuf_add_sv(&address, c->url);
    } else if (db_sqlite_path(rest, &address, err) != ERR_OK) {
        return err->code;
    }
    if (address.overflow || memchr(strbuf_str(&address), '\0', address.n))
        return err_set(err, ERR_INVALID, "the address of a database is no text of at most %u bytes",
                       LIMIT_DB_URL);
    if (!address.n)
        return err_set(err, ERR_INVALID, "'%.*s' names no database", SV_FMT(c->url));
    if (s && s->kind == DB_POSTGRES)
        return db_postgres_open(db, c, strbuf_str(&address), err);
    return db_sqlite_open(db, c, strbuf_str(&address), err);
}

enum err_code db_open(const struct db_config *c, struct db **ret, struct err *err)
{
    struct db *db = XNEW(struct db);

    if (db_open_kind(db, c, err) != ERR_OK) {
        db_close(db);
        return err->code;
    }
    *ret = db;
    return ERR_OK;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    if (db->ops)
        db->ops->close(db);
    strbuf_release(&db->often);
    free(db->name);
    free(db);
}

/* --- what it is --- */

enum db_kind db_kind(const struct db *db)
{
    return db->kind;
}

const char *db_name(const struct db *db)
{
    return db->name;
}

int db_version(const struct db *db)
{
    return db->version;
}

bool db_is_open(const struct db *db)
{
    return db->ops->is_open(db);
}

bool db_in_transaction(const struct db *db)
{
    return db->ops->in_transaction(db);
}

const struct db_error *db_error(const struct db *db)
{
    return &db->error;
}

void db_error_clear(struct db *db)
{
    memset(&db->error, 0, sizeof(db->error));
}

int64_t db_changed(const struct db *db)
{
    return db->changed;
}

size_t db_done(const struct db *db)
{
    return db->done;
}

void db_limit(struct db *db, uint64_t ms)
{
    db->limit_ms = ms;
}

void db_on_wait(struct db *db, db_wait_fn *fn, void *arg)
{
    db->wait = fn;
    db->wait_arg = arg;
    db->wait_ns = 0;
}

void db_on_notice(struct db *db, db_notice_fn *fn, void *arg)
{
    db->notice = fn;
    db->notice_arg = arg;
}

/* --- cutting a statement off --- */

void db_cancel(struct db *db)
{
    atomic_store(&db->cancelled, true);
    db->ops->cancel(db);
}

int db_left_ms(const struct db *db)
{
    uint64_t now = clock_mono_ns(), left;

    if (!db->deadline_ns)
        return -1;
    if (now >= db->deadline_ns)
        return 0;
    left = (db->deadline_ns - now) / 1000000 + 1;
    return left > 3600000 ? 3600000 : (int)left;
}

enum err_code db_cut_off(struct db *db, struct err *err)
{
    if (atomic_exchange(&db->cancelled, false))
        return err_set(err, ERR_INTERRUPTED, "%s: the statement was stopped", db->name);
    return err_set(err, ERR_TIMEOUT, "%s: the statement did not end in %llu ms", db->name,
                   (unsigned long long)db->limit_ms);
}

/* --- statements --- */

/* NOLINTNEXTLINE(readability-function-size): the parameters of a statement, and what takes its rows */
static enum err_code db_start(struct db *db, struct sv sql, const struct db_value *v, size_t n,
                              db_row_fn *fn, void *arg, int64_t *changed, struct err *err)
{
    enum err_code rc;

    db_error_clear(db);
    db->changed = 0;
    db->done = 0;
    if (sql.n > LIMIT_SQL_BYTES)
        return err_set(err, ERR_LIMIT, "a statement of %zu bytes: %u are accepted", sql.n,
                       LIMIT_SQL_BYTES);
    if (sql.n && memchr(sql.p, '\0', sql.n))
        return err_set(err, ERR_INVALID, "the statement has a NUL byte");
    if (atomic_load(&db->cancelled))
        return db_cut_off(db, err);
    db->deadline_ns = db->limit_ms ? clock_mono_ns() + db->limit_ms * 1000000 : 0;
    rc = db->ops->each(db, sql, v, n, fn, arg, &db->changed, err);
    if (rc == ERR_OK && changed)
        *changed = db->changed;
    return rc;
}

static enum err_code db_no_row(void *arg UNUSED, const struct db_row *row UNUSED,
                               struct err *err UNUSED)
{
    return ERR_OK;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters of a statement and its result */
enum err_code db_run(struct db *db, struct sv sql, const struct db_value *v, size_t n,
                     int64_t *changed, struct err *err)
{
    return db_start(db, sql, v, n, db_no_row, NULL, changed, err);
}

/* --- statements that come again --- */

/* The server is told of it; one is known at a time. */
static enum err_code db_learn(struct db *db, struct sv sql, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (sv_eq(strbuf_sv(&db->often), sql))
        return ERR_OK;
    strbuf_addf(&text, "%sPREPARE " DB_OFTEN " AS %.*s",
                db->often.n ? "DEALLOCATE " DB_OFTEN "; " : "", SV_FMT(sql));
    strbuf_truncate(&db->often, 0);
    if (db_run(db, strbuf_sv(&text), NULL, 0, NULL, err) != ERR_OK)
        return err->code;
    strbuf_add_sv(&db->often, sql);
    return ERR_OK;
}

static void db_note_forgotten(struct db *db, enum err_code rc)
{
    if (rc != ERR_OK && strcmp(db->error.sqlstate, "26000") == 0)
        db->forgot = db->forgets = true;
}

enum err_code db_run_often(struct db *db, struct sv sql, const struct db_value *v, size_t n,
                           struct err *err)
{
    enum err_code rc;

    if (db->kind != DB_POSTGRES || db->forgets)
        return db_run(db, sql, v, n, NULL, err);
    rc = db_learn(db, sql, err);
    if (rc == ERR_OK) {
        db->runs_often = true;
        rc = db_run(db, sql, v, n, NULL, err);
        db->runs_often = false;
    }
    db_note_forgotten(db, rc);
    return rc;
}

/* As a text of its own, whatever standard_conforming_strings says. */
static void db_quote_value(struct strbuf *b, const struct db_value *v)
{
    if (v->is_null) {
        strbuf_add_str(b, "NULL");
        return;
    }
    if (!v->text.n || !memchr(v->text.p, '\\', v->text.n)) {
        db_quote_text(b, v->text);
        return;
    }
    strbuf_add_str(b, "E'");
    for (size_t i = 0; i < v->text.n; i++) {
        if (v->text.p[i] == '\'' || v->text.p[i] == '\\')
            strbuf_add_byte(b, v->text.p[i]);
        strbuf_add_byte(b, v->text.p[i]);
    }
    strbuf_add_byte(b, '\'');
}

static bool db_values_are_short(const struct db_value *v, size_t n)
{
    size_t bytes = 0;

    for (size_t i = 0; i < n && bytes <= DB_OFTEN_BYTES; i++)
        bytes += v[i].text.n;
    return bytes <= DB_OFTEN_BYTES;
}

enum err_code db_often_text(struct db *db, struct sv sql, const struct db_value *v, size_t n,
                            struct strbuf *text, struct err *err)
{
    if (db->kind != DB_POSTGRES || db->forgets || !n || !db_values_are_short(v, n))
        return ERR_OK;
    if (db_learn(db, sql, err) != ERR_OK) {
        db->done = 0; /* what the server was told of is no statement of the caller's */
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_add_str(text, i ? ", " : "EXECUTE " DB_OFTEN " (");
        db_quote_value(text, &v[i]);
    }
    strbuf_add_byte(text, ')');
    return ERR_OK;
}

void db_often_failed(struct db *db)
{
    db_note_forgotten(db, ERR_DB);
}

enum err_code db_run_often_with(struct db *db, struct sv sql, const struct db_value *v, size_t n,
                                struct sv behind, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    enum err_code rc = db_often_text(db, sql, v, n, &text, err);

    if (rc != ERR_OK)
        return rc;
    if (!text.n) {
        rc = db_run_often(db, sql, v, n, err);
        if (rc == ERR_OK) {
            rc = db_run(db, behind, NULL, 0, NULL, err);
            db->done++;
        }
        return rc;
    }
    strbuf_add_str(&text, "; ");
    strbuf_add_sv(&text, behind);
    rc = db_run(db, strbuf_sv(&text), NULL, 0, NULL, err);
    if (!db->done)
        db_note_forgotten(db, rc);
    return rc;
}

bool db_forgot(struct db *db)
{
    bool forgot = db->forgot;

    db->forgot = false;
    return forgot;
}

struct db_rows_only {
    db_row_fn *fn;
    void *arg;
};

static enum err_code db_row_only(void *arg, const struct db_row *row, struct err *err)
{
    const struct db_rows_only *o = arg;

    return row->v ? o->fn(o->arg, row, err) : ERR_OK;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters of a statement and what takes its rows */
enum err_code db_each(struct db *db, struct sv sql, const struct db_value *v, size_t n,
                      db_row_fn *fn, void *arg, struct err *err)
{
    struct db_rows_only o = {fn, arg};

    return db_start(db, sql, v, n, db_row_only, &o, NULL, err);
}

struct db_collect {
    struct arena *arena;
    struct sv *names;
    struct db_value *v;
    size_t n_cols, n_rows, cap;
    size_t max; /* rows; more are an error */
};

static enum err_code db_collect_row(void *arg, const struct db_row *row, struct err *err)
{
    struct db_collect *c = arg;

    if (!row->v) {
        c->n_rows = 0; /* of several statements the last one that gives rows counts */
        c->n_cols = row->n;
        c->names = arena_alloc(c->arena, row->n ? row->n : 1, sizeof(*c->names));
        for (size_t i = 0; i < row->n; i++)
            c->names[i] = arena_sv(c->arena, row->names[i]);
        return ERR_OK;
    }
    if (c->n_rows == c->max)
        return err_set(err, ERR_INVALID, "the statement gives more than %zu rows", c->max);
    if ((c->n_rows + 1) * c->n_cols > c->cap) {
        c->cap = (c->cap + c->n_cols) * 2;
        c->v = xrealloc(c->v, c->cap, sizeof(*c->v));
    }
    for (size_t i = 0; i < c->n_cols; i++) {
        struct db_value *to = &c->v[c->n_rows * c->n_cols + i];

        *to = row->v[i];
        to->text = arena_sv(c->arena, row->v[i].text);
    }
    c->n_rows++;
    return ERR_OK;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters of a statement and where its rows go */
enum err_code db_all(struct db *db, struct arena *a, struct sv sql, const struct db_value *v,
                     size_t n, struct db_table *ret, struct err *err)
{
    struct db_collect c = {.arena = a, .max = LIMIT_SQL_ROWS};
    enum err_code rc = db_start(db, sql, v, n, db_collect_row, &c, NULL, err);

    if (rc == ERR_OK)
        *ret = (struct db_table){
            .n_rows = c.n_rows,
            .n_cols = c.n_cols,
            .names = c.names,
            .v = c.n_rows ? arena_memdup(a, c.v, c.n_rows * c.n_cols * sizeof(*c.v)) : NULL};
    free(c.v);
    return rc;
}

struct db_first {
    struct arena *arena;
    struct db_value *value;
    bool seen;
};

static enum err_code db_first_row(void *arg, const struct db_row *row, struct err *err UNUSED)
{
    struct db_first *f = arg;

    if (!f->seen && row->n) {
        f->seen = true;
        *f->value = row->v[0];
        f->value->text = arena_sv(f->arena, row->v[0].text);
    }
    return ERR_OK;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters of a statement and where its value goes */
enum err_code db_one(struct db *db, struct arena *a, struct sv sql, const struct db_value *v,
                     size_t n, struct db_value *ret, struct err *err)
{
    struct db_value value = DB_NULL;
    struct db_first f = {.arena = a, .value = &value};

    if (db_each(db, sql, v, n, db_first_row, &f, err) != ERR_OK)
        return err->code;
    *ret = value;
    return ERR_OK;
}

/* --- quoting --- */

static void db_quote(struct strbuf *b, struct sv s, char mark)
{
    strbuf_add_byte(b, mark);
    for (;;) {
        size_t at = sv_find_byte(s, mark, 0);

        strbuf_add_sv(b, sv_sub(s, 0, at));
        if (at >= s.n)
            break;
        strbuf_add_n(b, mark, 2);
        s = sv_sub(s, at + 1, s.n);
    }
    strbuf_add_byte(b, mark);
}

void db_quote_name(struct strbuf *b, struct sv name)
{
    db_quote(b, name, '"');
}

void db_quote_text(struct strbuf *b, struct sv text)
{
    db_quote(b, text, '\'');
}
