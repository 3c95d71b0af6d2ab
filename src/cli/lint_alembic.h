#pragma once

/*
 * lint_alembic: what revisions of Alembic would run, for the lint.
 *
 * They are programs, and are run only when --alembic asks for it: by `alembic upgrade RANGE --sql`, which prints their SQL
 * instead of connecting to a database.  The SQL is one job of the lint; what is found in it is then told at the files of the
 * revisions: at the line whose text is the statement's, else at the first line, with the statement.
 */
#include "cli/lint_job.h"

/* Is that a folder of Alembic: alembic.ini, env.py, or its versions?  Looks at names only. */
bool lint_alembic_is(const char *dir);
/* Told instead of "there is no .sql": what runs it. */
NODISCARD enum err_code lint_alembic_refuse(const char *dir, struct err *err);
/* The same of one file, a program in Python. */
NODISCARD enum err_code lint_alembic_refuse_file(const char *path, struct err *err);
/* Run Alembic, and add what it prints to the jobs.  Blocks until it has ended (two minutes at most). */
NODISCARD enum err_code lint_alembic_add(struct lint_jobs *jobs, const char *dir, const char *range,
                                         struct err *err);
/* After lint_jobs_run(): the findings in what Alembic printed become those of its files. */
NODISCARD enum err_code lint_alembic_place(struct lint_jobs *jobs, struct err *err);
