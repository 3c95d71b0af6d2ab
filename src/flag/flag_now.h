#pragma once

/*
 * flag_now: what a flag is at this moment, for those who read it.
 *
 * A flag of the definitions is asked of every consumer that is declared (OFREP, with an empty context), and read from the
 * files where there is none; one that a service reads elsewhere as it is read back.  Nothing is written.  Blocks: 5 s for
 * each consumer.
 */
#include "flag/flag_binding.h"
#include "flag/flag_files.h"

struct flag_reader {
    const char *definitions;
    const struct flag_binding *binding; /* NULL: none */
    struct sv key, off;                 /* off: the variant that counts as "not on" */
    struct sv token;                    /* of the consumers; empty: none */
};

struct flag_now {
    json_t *value;     /* NULL: it has none (DISABLED, no default) */
    struct sv variant; /* .p NULL: none */
    bool has_version;
    double version;
    bool has_share; /* false: there is none; share_why .p says why it is not known */
    double share;   /* of clients that get another variant than `off` */
    struct sv share_why;
    size_t consumers; /* that were asked */

    struct arena arena;
};

/* ERR_FAILED: consumers disagree, or one cannot be asked; ERR_NOT_FOUND: there is no such flag. */
NODISCARD enum err_code flag_now_read(const struct flag_reader *r, struct flag_now *ret,
                                      struct err *err);
void flag_now_release(struct flag_now *n);
