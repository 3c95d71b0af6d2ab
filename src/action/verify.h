#pragma once

/*
 * verify: does an outcome hold what was expected of it?
 *
 * Pure.  What cannot be told (two numbers in the output, a member that is not there) is
 * VERIFY_UNKNOWN, which never counts as holding.
 */
#include "action/action.h"

enum verify_result { VERIFY_HOLDS, VERIFY_FAILS, VERIFY_UNKNOWN };
const char *verify_name(enum verify_result r);

struct verify {
    enum verify_result result;
    struct strbuf seen; /* what was found instead, or with: short, for people */
};

/* For an EXPECT_ASK the result is VERIFY_UNKNOWN.  `now_us`: for dates. */
void verify_expect(const struct plan_expect *e, const struct action_outcome *o, int64_t now_us,
                   struct verify *ret);
/* Sum of all numbers of the standard output: two of them tell whether counters move. */
double verify_sum(const struct action_outcome *o);
/*
 * What holds for every step that says nothing else: a command ends with 0, a request is answered, an
 * act came to its end.  True when one of the step's own expectations speaks of the status.
 */
bool verify_status_is_expected(const struct plan_step *s);
void verify_default(const struct action_outcome *o, struct verify *ret);
/*
 * Does a client that ends with 0 all the same say that what it was given has failed?  psql goes on after an error of a
 * script.  Then `ret` says so, and fails.  Not where the document expects an error.
 */
bool verify_client_erred(const struct plan_step *s, const struct action_outcome *o,
                         struct verify *ret);
/* A command that ends in a grep has come to its end and printed no line, which may be what is wished. */
bool verify_found_nothing(const struct plan_step *s, const struct action_outcome *o);
