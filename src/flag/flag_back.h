#pragma once

/*
 * flag_back: what a flag was at a moment, from the log of its changes (docs/formats/flags.md, section 5).
 *
 * What rules have switched off since (`by` is a run) stays as it is: a way back does not switch on what a rule has switched
 * off.  And when people have changed it.  Reads the log; nothing is changed.
 */
#include "flag/flag_files.h"

#define FLAG_BACK_RUN SV("prusik r-") /* how the name of a run begins, as that of who changed it */

struct flag_back {
    struct flag_change v
        [2]; /* of its default, and of its kill; texts in the arena; `by`, `why` are the caller's */
    size_t n;
};

/* ERR_FAILED: what it was is not known; ERR_CORRUPT: the log cannot be read. */
NODISCARD enum err_code flag_back_find(const struct flag_files *f, struct sv key, int64_t since_us,
                                       struct arena *a, struct flag_back *ret, struct err *err);

/* When somebody has switched the flag since then, to what it was not, and that came into effect; what rules have switched is in the
 * journals.  ERR_CORRUPT: the log cannot be read. */
typedef void flag_toggle_fn(void *arg, int64_t at_us);
NODISCARD enum err_code flag_toggles(const struct flag_files *f, struct sv key, int64_t since_us,
                                     flag_toggle_fn *fn, void *arg, struct err *err);
