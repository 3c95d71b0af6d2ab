#pragma once

/*
 * tell: the answer of a verb that has changed a run and carried nothing out.
 */
#include "cli/verb.h"

/* "r-0007 CHANGED; what comes NEXT: prusik VERB r-0007"; with --json {run, changed, next}. */
struct told {
    const char *changed; /* "skipped" */
    const char *text;    /* "step 2.3/1 is left out" */
    const char *verb;    /* that goes on, or NULL */
};
void tell_done(const struct cli *c, int64_t run, const struct told *t);
