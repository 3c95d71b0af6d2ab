#pragma once

/*
 * check: does an outcome hold what was expected of it?
 *
 * Pure.  What cannot be told (two numbers in the output, a member that is not there) is
 * CHECK_UNKNOWN, which never counts as holding.
 */
#include "action/action.h"

enum check_result { CHECK_HOLDS, CHECK_FAILS, CHECK_UNKNOWN };
const char *check_name(enum check_result r);

struct check {
    enum check_result result;
    struct strbuf seen; /* what was found instead, or with: short, for people */
};

/* For an EXPECT_ASK the result is CHECK_UNKNOWN.  `now_us`: for dates. */
void check_expect(const struct plan_expect *e, const struct action_outcome *o, int64_t now_us,
                  struct check *ret);
/* Sum of all numbers of the standard output: two of them tell whether counters move. */
double check_sum(const struct action_outcome *o);
/*
 * What holds for every step that says nothing else: a command ends with 0, a request is answered, an
 * act came to its end.  True when one of the step's own expectations speaks of the status.
 */
bool check_status_is_expected(const struct plan_step *s);
void check_default(const struct action_outcome *o, struct check *ret);
