#pragma once

/*
 * values: what the pieces of a plan's texts stand for while a run goes on.
 *
 * Placeholders have the value that the binding gave, or that was captured when the run
 * started; dates are made of the moment at which it started, so that every step, and a
 * resumed run, sees the same ones.
 */
#include "action/session_state.h"
#include "base/map.h"
#include "plan/plan.h"

struct values {
    int64_t started_us;
    VEC(struct binding_pair) named;
    struct arena arena;
};

void values_release(struct values *v);
void values_set(struct values *v, struct sv name, struct sv value);
bool values_get(const struct values *v, struct sv name, struct sv *ret);

/* "+%Y%m%d" or "-u +%s": strftime() of the moment, with %N as 9 digits. */
void values_date(const struct values *v, struct sv spec, struct strbuf *out);

/* Where the text of pieces comes from. */
struct values_of {
    const struct values *named;
    const struct plan *plan;
    /* Of the session whose variables {"env"} means, or NULL; what it does not know comes from the plan and
     * the process. */
    const struct session_state *state;
    /* It is put into a command: a value with characters that a shell would interpret is refused. */
    bool for_shell;
};

/* Text of a list of pieces.  ERR_INVALID names what is not set, or is refused. */
NODISCARD enum err_code values_text(const struct values_of *of, const json_t *pieces,
                                    struct strbuf *out, struct err *err);
