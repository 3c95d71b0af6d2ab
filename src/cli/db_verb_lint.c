/* prusik db lint [FILE|FOLDER]...: what would go wrong in migrations. */
#include <string.h>

#include "base/file.h"
#include "cli/db_verb.h"
#include "cli/lint_verb.h"

static enum sqllint_for db_lint_for(const struct cli *c)
{
    if (!c->runner)
        return SQLLINT_FOR_FILE;
    return strcmp(c->runner, "plain") == 0 ? SQLLINT_FOR_PLAIN : SQLLINT_FOR_PRUSIK;
}

enum err_code db_lint(struct db_verb *v, struct err *err)
{
    CLEANUP(lint_jobs_release) struct lint_jobs jobs = {.sql = true, .who = db_lint_for(v->c)};
    CLEANUP(mem_freep) char *dir = NULL;

    if (lint_verb_check(v->c, err) != ERR_OK)
        return err->code;
    if (!v->n_args) {
        dir = db_verb_dir(v->c);
        if (lint_jobs_add(&jobs, dir, err) != ERR_OK)
            return err->code;
    }
    for (int i = 0; i < v->n_args; i++)
        if (lint_jobs_add(&jobs, v->args[i], err) != ERR_OK)
            return err->code;
    return lint_verb_run(v->c, &jobs, v->exit, err);
}
