/*
 * sqlite: `sqlite3 FILE "SQL"` and `.backup FILE`, by the library.  The work is done in
 * a thread of the loop's pool, on a connection of its own.
 */
#include <sqlite3.h>
#include <string.h>

#include "action/action.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/sv.h"

#define SQLITE_ACTION_BUSY_MS 5000
#define SQLITE_BACKUP_PAGES   256

struct sqlite_state {
    struct action *action;
    uv_work_t work;
    struct strbuf file, sql, target; /* target: of .backup, absolute */
    bool is_backup;
    sqlite3 *db; /* while the work goes on; under the lock */
    uv_mutex_t lock;
    bool stop, has_lock;
    struct strbuf out; /* rows, as text */
    int64_t rows;
    bool has_number;
    double number;
    enum err_code rc;
    struct err err;
};

/* ".backup FILE", ".backup 'FILE'", ".backup main FILE" */
static bool sqlite_parse_backup(struct sv sql, struct sv *file)
{
    struct sv rest = sv_trim(sql), word;

    if (!sv_next_word(&rest, &word) || !sv_eq(word, SV(".backup")))
        return false;
    rest = sv_trim(rest);
    if (sv_eat(&rest, SV("main ")))
        rest = sv_trim(rest);
    if (rest.n > 1 && (*rest.p == '\'' || *rest.p == '"') && rest.p[rest.n - 1] == *rest.p)
        rest = sv_sub(rest, 1, rest.n - 1);
    *file = rest;
    return rest.n > 0;
}

/* --- in the thread --- */

static enum err_code sqlite_fail(struct sqlite_state *s, sqlite3 *db)
{
    return err_set(&s->err, ERR_DB, "%s", db ? sqlite3_errmsg(db) : "out of memory");
}

static void sqlite_add_row(struct sqlite_state *s, sqlite3_stmt *st)
{
    int n = sqlite3_column_count(st);

    s->rows++;
    if (s->rows > LIMIT_SQL_ROWS)
        return;
    for (int i = 0; i < n; i++) {
        const unsigned char *text = sqlite3_column_text(st, i);

        if (i)
            strbuf_add_byte(&s->out, '|');
        if (text)
            strbuf_add(&s->out, text, (size_t)sqlite3_column_bytes(st, i));
    }
    strbuf_add_byte(&s->out, '\n');
    s->has_number = s->rows == 1 && n == 1 && sqlite3_column_type(st, 0) != SQLITE_NULL &&
                    sv_to_f64((struct sv){(const char *)sqlite3_column_text(st, 0),
                                          (size_t)sqlite3_column_bytes(st, 0)},
                              &s->number);
}

static enum err_code sqlite_run_sql(struct sqlite_state *s, sqlite3 *db)
{
    const char *at = strbuf_str(&s->sql);

    while (*at) {
        sqlite3_stmt *st = NULL;
        int rc = sqlite3_prepare_v2(db, at, -1, &st, &at);

        if (rc != SQLITE_OK)
            return sqlite_fail(s, db);
        if (!st) /* blanks or a comment */
            continue;
        while ((rc = sqlite3_step(st)) == SQLITE_ROW)
            sqlite_add_row(s, st);
        (void)sqlite3_finalize(st); /* repeats the error of the step */
        if (rc != SQLITE_DONE)
            return sqlite_fail(s, db);
    }
    if (s->rows > LIMIT_SQL_ROWS)
        strbuf_addf(&s->out, "[... %lld rows in all]\n", (long long)s->rows);
    return ERR_OK;
}

/* The online backup: pages are copied while others write. */
static enum err_code sqlite_run_backup(struct sqlite_state *s, sqlite3 *db)
{
    sqlite3 *to = NULL;
    sqlite3_backup *b;
    int pages = 0;
    int rc = sqlite3_open_v2(strbuf_str(&s->target), &to,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

    if (rc != SQLITE_OK) {
        (void)err_set(&s->err, ERR_DB, "'%s': %s", strbuf_str(&s->target),
                      to ? sqlite3_errmsg(to) : "out of memory");
        (void)sqlite3_close(to);
        return s->err.code;
    }
    b = sqlite3_backup_init(to, "main", db, "main");
    while (b && ((rc = sqlite3_backup_step(b, SQLITE_BACKUP_PAGES)) == SQLITE_OK ||
                 rc == SQLITE_BUSY || rc == SQLITE_LOCKED)) {
        if (s->stop) /* read without the lock: late by one step at most */
            break;
        if (rc != SQLITE_OK)
            (void)sqlite3_sleep(20);
    }
    if (b) {
        pages = sqlite3_backup_pagecount(b);
        (void)sqlite3_backup_finish(b); /* repeats the error of the step */
    }
    if (rc != SQLITE_DONE)
        (void)err_set(&s->err, ERR_DB, "backup to '%s': %s", strbuf_str(&s->target),
                      sqlite3_errmsg(to));
    else
        strbuf_addf(&s->out, "%s: %d pages\n", strbuf_str(&s->target), pages);
    (void)sqlite3_close(to);
    return rc == SQLITE_DONE ? ERR_OK : s->err.code;
}

static void sqlite_set_db(struct sqlite_state *s, sqlite3 *db)
{
    uv_mutex_lock(&s->lock);
    s->db = db;
    uv_mutex_unlock(&s->lock);
}

static void sqlite_work(uv_work_t *w)
{
    struct sqlite_state *s = w->data;
    sqlite3 *db = NULL;

    /* A database that is not there is an error, not an empty one. */
    if (sqlite3_open_v2(strbuf_str(&s->file), &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        (void)sqlite_fail(s, db);
        s->rc = err_wrap(&s->err, "'%s'", strbuf_str(&s->file));
        (void)sqlite3_close(db);
        return;
    }
    sqlite_set_db(s, db);
    (void)sqlite3_busy_timeout(db, SQLITE_ACTION_BUSY_MS); /* fails for no open database */
    s->rc = s->is_backup ? sqlite_run_backup(s, db) : sqlite_run_sql(s, db);
    sqlite_set_db(s, NULL);
    (void)sqlite3_close(db);
}

/* --- in the loop --- */

static void sqlite_after(uv_work_t *w, int status)
{
    struct sqlite_state *s = w->data;
    struct action *a = s->action;

    action_print(a, CHILD_OUT, strbuf_sv(&s->out));
    if (s->stop || status == UV_ECANCELED) {
        action_finish(a, ACTION_STOPPED);
        return;
    }
    a->outcome.rows = s->rows;
    a->outcome.has_number = s->has_number;
    a->outcome.number = s->number;
    a->outcome.status = s->rc == ERR_OK ? 0 : 1;
    if (s->rc != ERR_OK) {
        a->outcome.err = s->err;
        action_print(a, CHILD_ERR, sv_from(s->err.msg));
        action_print(a, CHILD_ERR, SV("\n"));
    }
    action_finish(a, ACTION_ENDED);
}

static bool sqlite_prepare(struct action *a, struct sqlite_state *s)
{
    struct sv file;

    if (!action_path(a, "file", &s->file) || !action_text(a, "sql", false, &s->sql))
        return false;
    s->is_backup = sqlite_parse_backup(strbuf_sv(&s->sql), &file);
    if (s->is_backup) {
        struct sv cwd = a->session && session_state(a->session)->cwd.n
                            ? session_state(a->session)->cwd
                            : a->env->plan->workdir;

        if (!sv_starts(file, SV("/")))
            strbuf_addf(&s->target, "%.*s/", SV_FMT(cwd));
        strbuf_add_sv(&s->target, file);
        a->outcome.made[a->outcome.n_made++] = arena_strdup(&a->arena, strbuf_sv(&s->target));
    }
    return true;
}

static void sqlite_action_start(struct action *a)
{
    struct sqlite_state *s = XNEW(struct sqlite_state);
    int rc;

    a->state = s;
    s->action = a;
    s->rows = 0;
    s->work.data = s;
    s->has_lock = uv_mutex_init(&s->lock) == 0;
    if (!sqlite_prepare(a, s))
        return;
    rc = uv_queue_work(a->env->loop, &s->work, sqlite_work, sqlite_after);
    assert(rc == 0); /* fails only without a function */
}

static void sqlite_action_cancel(struct action *a)
{
    struct sqlite_state *s = a->state;

    uv_mutex_lock(&s->lock);
    s->stop = true;
    if (s->db)
        sqlite3_interrupt(s->db);
    uv_mutex_unlock(&s->lock);
    (void)uv_cancel((uv_req_t *)&s->work); /* too late when it has begun */
}

static void sqlite_action_release(struct action *a)
{
    struct sqlite_state *s = a->state;

    if (!s)
        return;
    if (s->has_lock)
        uv_mutex_destroy(&s->lock);
    strbuf_release(&s->file);
    strbuf_release(&s->sql);
    strbuf_release(&s->target);
    strbuf_release(&s->out);
    free(s);
    a->state = NULL;
}

const struct action_ops action_sqlite = {
    .kind = "sqlite",
    .resume = RESUME_ASK, /* a SELECT only looks: the plan says so */
    .uses_session = true,
    .start = sqlite_action_start,
    .cancel = sqlite_action_cancel,
    .release = sqlite_action_release,
};
