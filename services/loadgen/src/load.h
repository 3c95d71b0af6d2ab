#pragma once

/*
 * load: sends requests at a fixed rate, whatever becomes of them.
 *
 * Request number n is due n/rate after the start and waits for one of the connections;
 * when none is free within the timeout it has failed.  Then it has the timeout for its
 * answer.  So a slow service is measured as a client sees it, one that cannot keep up
 * still answers what it can, and the work is bounded by rate, duration and connections.
 */
#include "options.h"

/* Run to the end (duration, file, SIGTERM or SIGINT); write the report, print a line to stdout. */
NODISCARD enum err_code load_run(const struct options *o, struct err *err);
