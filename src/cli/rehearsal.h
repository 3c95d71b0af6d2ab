#pragma once

/*
 * rehearsal: a runbook carried out forward and back in a scratch environment (docs/reference/rehearse.md).
 *
 * What it was like before is kept in a file of the store until it is compared, so that a rehearsal that was stopped
 * anywhere, or whose way back failed half-way, is gone on with by the same command.
 */
#include "cli/load.h"
#include "exec/back_find.h"
#include "exec/picture.h"

typedef VEC(struct sv) rehearsal_paths;

struct rehearsal {
    struct cli *c;
    struct loaded l;
    struct store *store;
    char *path;    /* of its file */
    json_t *state; /* what is in it: {format, environment, after, before}; NULL: it has not begun */
    rehearsal_paths files, except, databases;
    int64_t run; /* 0: none was begun */
    json_t *now;
    picture_changes changes;
};

/* ERR_REFUSED: something that it would touch is not known to be scratch, or there is no way back. */
NODISCARD enum err_code rehearsal_check(const struct rehearsal *r, struct err *err);

/* The document, its plan and the store, for rehearsal_release(), also on failure. */
NODISCARD enum err_code rehearsal_open(struct rehearsal *r, struct cli *c, struct err *err);
void rehearsal_release(struct rehearsal *r);

/* Run what makes the scratch environment, if the binding has it. */
NODISCARD enum err_code rehearsal_prepare(const struct rehearsal *r, struct err *err);
/* Look at it, and keep what was seen. */
NODISCARD enum err_code rehearsal_begin(struct rehearsal *r, struct err *err);
/* Its run, into r->run, and what became of that. */
NODISCARD enum err_code rehearsal_find_run(struct rehearsal *r, struct back_found *found,
                                           struct err *err);
/* Look again, into r->now and r->changes. */
NODISCARD enum err_code rehearsal_compare(struct rehearsal *r, struct err *err);
/* It is over: the next one begins anew. */
void rehearsal_end(const struct rehearsal *r);
