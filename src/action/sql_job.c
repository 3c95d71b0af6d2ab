#include "action/sql_job.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/sv.h"
#include "runbook/sql.h"

/* --- in the thread --- */

static enum err_code sql_add_row(void *arg, const struct db_row *row, struct err *err UNUSED)
{
    struct sql_job *j = arg;

    j->rows++;
    if (j->rows > LIMIT_SQL_ROWS)
        return ERR_OK;
    for (size_t i = 0; i < row->n; i++) {
        if (i)
            strbuf_add_byte(&j->out, '|');
        strbuf_add_sv(&j->out, row->v[i].text); /* NULL is empty, as clients print it */
    }
    strbuf_add_byte(&j->out, '\n');
    j->has_number =
        j->rows == 1 && row->n == 1 && !row->v[0].is_null && sv_to_f64(row->v[0].text, &j->number);
    return ERR_OK;
}

/* One by one: several at once would be one transaction of PostgreSQL, in which not everything may stand. */
static enum err_code sql_run(struct sql_job *j, struct db *db, struct err *err)
{
    struct sv rest = strbuf_sv(&j->sql);

    while (sv_trim(rest).n) {
        bool unclosed;
        size_t n = sql_statement_length(rest, &unclosed);

        if (!sql_job_is_stopped(j)) {
            j->sent = true;
            if (db_each(db, sv_sub(rest, 0, n), NULL, 0, sql_add_row, j, err) != ERR_OK)
                return err->code;
            j->changed += db_changed(db);
        }
        rest = sv_sub(rest, n ? n : rest.n, rest.n);
    }
    if (j->rows > LIMIT_SQL_ROWS)
        strbuf_addf(&j->out, "[... %lld rows in all]\n", (long long)j->rows);
    if (j->changed)
        strbuf_addf(&j->out, "%lld row%s changed\n", (long long)j->changed,
                    j->changed == 1 ? "" : "s");
    return ERR_OK;
}

static void sql_set_db(struct sql_job *j, struct db *db)
{
    uv_mutex_lock(&j->lock);
    j->db = db;
    uv_mutex_unlock(&j->lock);
}

static enum err_code sql_work_on(struct sql_job *j, struct err *err)
{
    struct db_config c = {.url = strbuf_sv(&j->address), .create = j->creates};
    CLEANUP(db_closep) struct db *db = NULL;

    if (j->instead)
        return j->instead(j, err);
    if (db_open(&c, &db, err) != ERR_OK)
        return err->code;
    db_limit(db, j->action->timeout_ms);
    sql_set_db(j, db);
    (void)sql_run(j, db, err);
    sql_set_db(j, NULL);
    return err->code;
}

static void sql_work(uv_work_t *w)
{
    struct sql_job *j = w->data;

    j->rc = sql_work_on(j, &j->err);
}

/* --- in the loop --- */

static enum action_result sql_result(const struct sql_job *j)
{
    switch ((int)j->rc) {
    case ERR_TIMEOUT: return ACTION_TIMEOUT;
    case ERR_NET: return j->sent ? ACTION_LOST : ACTION_ENDED;
    default: return ACTION_ENDED;
    }
}

static void sql_after(uv_work_t *w, int status)
{
    struct sql_job *j = w->data;
    struct action *a = j->action;

    action_print(a, CHILD_OUT, strbuf_sv(&j->out));
    if (j->stop || status == UV_ECANCELED) {
        action_finish(a, ACTION_STOPPED);
        return;
    }
    a->outcome.rows = j->rows ? j->rows : j->changed;
    a->outcome.only_changed = !j->rows;
    a->outcome.has_number = j->has_number;
    a->outcome.number = j->number;
    a->outcome.status = j->rc == ERR_OK ? 0 : 1;
    if (j->rc != ERR_OK) {
        a->outcome.err = j->err;
        action_print(a, CHILD_ERR, sv_from(j->err.msg));
        action_print(a, CHILD_ERR, SV("\n"));
    }
    action_finish(a, sql_result(j));
}

struct sql_job *sql_job_new(struct action *a)
{
    struct sql_job *j = XNEW(struct sql_job);

    a->state = j;
    j->action = a;
    j->work.data = j;
    j->has_lock = uv_mutex_init(&j->lock) == 0;
    return j;
}

void sql_job_start(struct sql_job *j)
{
    int rc = uv_queue_work(j->action->env->loop, &j->work, sql_work, sql_after);

    assert(rc == 0); /* fails only without a function */
}

bool sql_job_is_stopped(struct sql_job *j)
{
    bool stop;

    uv_mutex_lock(&j->lock);
    stop = j->stop;
    uv_mutex_unlock(&j->lock);
    return stop;
}

void sql_job_cancel(struct action *a)
{
    struct sql_job *j = a->state;

    uv_mutex_lock(&j->lock);
    j->stop = true;
    if (j->db)
        db_cancel(j->db);
    uv_mutex_unlock(&j->lock);
    (void)uv_cancel((uv_req_t *)&j->work); /* too late when it has begun */
}

void sql_job_release(struct action *a)
{
    struct sql_job *j = a->state;

    if (!j)
        return;
    if (j->has_lock)
        uv_mutex_destroy(&j->lock);
    strbuf_release(&j->address);
    strbuf_release(&j->sql);
    strbuf_release(&j->target);
    strbuf_release(&j->out);
    free(j);
    a->state = NULL;
}
