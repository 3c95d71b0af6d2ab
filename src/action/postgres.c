/*
 * postgres: statements of the document on a PostgreSQL, by libpq.
 */
#include "action/sql_job.h"

static void postgres_action_start(struct action *a)
{
    struct sql_job *j = sql_job_new(a);

    if (action_text(a, "url", false, &j->address) && action_text(a, "sql", false, &j->sql))
        sql_job_start(j);
}

const struct action_ops action_postgres = {
    .kind = "postgres",
    .resume = RESUME_ASK, /* a SELECT only looks: the plan says so */
    .uses_session = true, /* its variables are in the address */
    .start = postgres_action_start,
    .cancel = sql_job_cancel,
    .release = sql_job_release,
};
