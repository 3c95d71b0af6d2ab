#pragma once

/*
 * flag_switch: a flag is changed, and seen to be changed (docs/formats/flags.md, section 5).
 *
 * What is written is read back from the file and from every declared consumer; the change is logged, whatever came of it.
 * Blocks until it is in effect, until the time for that is over, or until it is stopped: at most one look (5 s) longer.
 */
#include "flag/flag_binding.h"
#include "flag/flag_files.h"

struct flag_switch {
    const char *definitions;
    const struct flag_binding *binding; /* NULL: none */
    struct flag_change change;
    struct sv token;            /* of the consumers; empty: none */
    uint64_t within_ms;         /* for the consumers of the definitions; 0: FLAG_WITHIN_MS */
    uint64_t limit_ms;          /* for all of it, programs too; 0: none but those of its parts */
    bool (*stopped)(void *arg); /* asked again and again; NULL: it is not stopped */
    void *arg;
};

struct flag_switched {
    struct sv from;   /* in the arena that was given; .p NULL: none */
    size_t consumers; /* that were asked, and see it */
    int64_t ms;       /* until the last one saw it */
};

/* ERR_FAILED: written, but not in effect.  ERR_INTERRUPTED: stopped; ERR_TIMEOUT: its program took too long.  Either way it
 * may be written. */
NODISCARD enum err_code flag_switch(const struct flag_switch *s, struct arena *a,
                                    struct flag_switched *ret, struct err *err);

/*
 * Is it as the change would make it, where it is written and for everybody who can be asked?  One look; nothing is written.  No is also the answer
 * when nobody can say: what is in a file alone does not tell that a program of `apply` was run.
 */
bool flag_switch_holds(const struct flag_switch *s);

/* What a flag that a service reads elsewhere is now: in its file, or as it is read back.  ERR_NOT_FOUND: not there. */
NODISCARD enum err_code flag_elsewhere_read(const struct flag_elsewhere *f, struct strbuf *value,
                                            struct err *err);
