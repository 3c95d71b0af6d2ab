#pragma once

/*
 * lint_job: documents linted side by side, and what was found in them.
 *
 * Each document is read and linted by one thread; after lint_jobs_run() nothing of it
 * is left but its findings and names, so a thousand of them fit into memory.
 */
#include "lint/lint_cross.h"
#include "lint/lint_sql.h"

struct lint_config;

/* A block for shellcheck: its text with placeholders as plain words, and the line before its first. */
struct lint_job_block {
    size_t line, indent; /* bytes before each line of it */
    struct sv text;      /* in the arena of the lint */
};

struct lint_job {
    char *path;
    enum err_code rc; /* ERR_OK, or err says why it could not be read */
    struct err err;
    struct lint lint;
    struct lint_names names;
    VEC(struct lint_job_block) blocks; /* of shell, when they were asked for */
    size_t n_mended;
    bool base; /* what is there before: run, and nothing is said of it */
    char *printed,
        *sources; /* lint_alembic.h: SQL that is in no file, and the folder of what it is of */
};

struct lint_jobs {
    VEC(struct lint_job) list;
    bool want_blocks;
    bool fix;                         /* mend what is certain, and write the file */
    bool sql;                         /* files of migrations, not documents */
    const char *suffix;               /* of files in folders; NULL: ".sql", ".md" */
    const struct lint_config *config; /* what prusik.yaml says of rules; or NULL */
    struct sqllint_ask ask;           /* with a scratch they are done one after another, in order */
};

/* A document, or every .md (.sql) below a folder, in the order of names.  ERR_IO, ERR_NOT_FOUND: a folder without any. */
NODISCARD enum err_code lint_jobs_add(struct lint_jobs *jobs, const char *path, struct err *err);
/* Lint all of them, on as many threads as there are processors, and compare them with each other. */
void lint_jobs_run(struct lint_jobs *jobs);
/* Take from the list, whose order stays, those that `keep` does not want. */
typedef bool lint_job_fn(const struct lint_job *j, void *arg);
void lint_jobs_keep(struct lint_jobs *jobs, lint_job_fn *keep, void *arg);
void lint_jobs_release(struct lint_jobs *jobs);
