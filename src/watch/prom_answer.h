#pragma once

/*
 * prom_answer: what a Prometheus server answers to a query (its HTTP API v1), as samples.
 *
 * One number is wanted: "value", and "count", how many series there were.  No series is a value that is
 * null; several are an error of the value alone.  A range gives its last value, and "min", "max", "avg" of
 * its points, their number "points" and the "age" of the last.  Pure.
 */
#include "watch/sample.h"

#define PROM_MAX_SERIES \
    100000u /* of one answer that is looked at; more is no question for a rule */

/* A matrix is taken when a range was asked for alone: "up[5m]" is not one number.  at_us of the list is when it was asked.  ERR_FAILED with the server's errorType and text; ERR_INVALID: no such answer. */
NODISCARD enum err_code prom_answer_add(struct sample_list *l, struct sv body, bool range,
                                        struct err *err);
