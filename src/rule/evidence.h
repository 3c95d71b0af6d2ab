#pragma once

/*
 * evidence: one evaluation as a record that proves it, and judging such a record again
 * (docs/formats/rules.md, section 1).
 *
 * The record holds what was seen and what it was seen in: samples, polls, restarts, the state before.
 * It needs neither the run nor its binding.  The sampler may add "query" and "source".
 */
#include "rule/judge.h"

#define EVIDENCE_SAMPLES_MAX 20000u /* of one record; a screen plots 2,000 */

/* Of the rule's last evaluation, in the tick that has just been judged; for json_decref(). */
json_t *evidence_make(struct judge *j, size_t rule);

/*
 * Judge the record again.  *same tells whether the answer is the same; what differs is appended to
 * `difference`.  ERR_INVALID: no record of version 1, or one that does not hold together;
 * ERR_NOT_FOUND: its samples were cut, so it cannot be judged.
 */
NODISCARD enum err_code evidence_rejudge(const json_t *record, bool *same,
                                         struct strbuf *difference, struct err *err);
