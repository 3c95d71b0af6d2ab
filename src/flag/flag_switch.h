#pragma once

/*
 * flag_switch: a flag is changed, and seen to be changed (docs/formats/flags.md, section 5).
 *
 * What is written is read back from the file and from every declared consumer; the change is logged, whatever came of it.
 * Blocks until it is in effect, or until the time for that is over.
 */
#include "flag/flag_binding.h"
#include "flag/flag_files.h"

struct flag_switch {
    const char *definitions;
    const struct flag_binding *binding; /* NULL: none */
    struct flag_change change;
    struct sv token;    /* of the consumers; empty: none */
    uint64_t within_ms; /* for the consumers of the definitions; 0: FLAG_WITHIN_MS */
};

struct flag_switched {
    struct sv from;   /* in the arena that was given; .p NULL: none */
    size_t consumers; /* that were asked, and see it */
    int64_t ms;       /* until the last one saw it */
};

/* ERR_FAILED: written, but not in effect. */
NODISCARD enum err_code flag_switch(const struct flag_switch *s, struct arena *a,
                                    struct flag_switched *ret, struct err *err);

/* What a flag that a service reads elsewhere is now: in its file, or as it is read back.  ERR_NOT_FOUND: not there. */
NODISCARD enum err_code flag_elsewhere_read(const struct flag_elsewhere *f, struct strbuf *value,
                                            struct err *err);
