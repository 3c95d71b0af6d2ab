#pragma once

/*
 * sql_job: the statements of a step, carried out in a thread of the loop's pool.
 *
 * A kind of action fills it, embedded in its own state or as it is, in start(), calls sql_job_start() and hands its
 * cancel() and release() on.  What the statements give goes to the action: rows as lines of cells joined by '|', how many
 * there were (or were changed), and the number of a single cell.
 */
#include "action/action.h"
#include "db/db.h"

struct sql_job {
    struct strbuf address; /* db_open() */
    struct strbuf sql;
    struct strbuf target; /* of a backup, absolute */
    bool creates;         /* a SQLite file that is not there is made; else it is an error */
    /* What is done instead of the statements, in the thread; looks at sql_job_is_stopped(). */
    enum err_code (*instead)(struct sql_job *j, struct err *err);
    struct strbuf out; /* what is printed */

    /* private */
    struct action *action;
    uv_work_t work;
    uv_mutex_t lock;
    bool has_lock, stop;
    struct db *db; /* while the work goes on; under the lock */
    int64_t rows, changed;
    bool has_number, sent;
    double number;
    enum err_code rc;
    struct err err;
};

/* The state of `a`; the caller fills address and sql and then starts it. */
struct sql_job *sql_job_new(struct action *a);
void sql_job_start(struct sql_job *j);
bool sql_job_is_stopped(struct sql_job *j);
void sql_job_cancel(struct action *a);
void sql_job_release(struct action *a);
