#pragma once

/*
 * progress: what long work says of itself on standard error, and how it is stopped.
 *
 * Nothing in the first second.  Then one line that is written over where standard error is a terminal, else a line
 * every ten seconds; never on standard output, and nothing with --quiet.  Between begin and end the first
 * SIGINT or SIGTERM ends the work by ERR_INTERRUPTED, so that it takes away what it has half written; a
 * second one ends the process.  One at a time.
 */
#include <signal.h>

#include "cli/verb.h"
#include "compare/pace.h"

struct progress {
    struct pace pace; /* for the work */

    /* private */
    bool quiet, live, shown;
    uint64_t next_ns;
    struct sigaction before[2];
};

void progress_begin(struct progress *p, const struct cli *c);
void progress_end(struct progress *p);
