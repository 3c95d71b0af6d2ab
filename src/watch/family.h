#pragma once

/*
 * family: what the lines `# HELP`, `# TYPE` and `# UNIT` of an exposition tell.
 *
 * A family is made by the first line that speaks of it, a sample included.  Which
 * family a sample belongs to: docs/formats/exposition.md, section 3.  Embed one set,
 * zeroed; family_begin() before each body.  Names and texts are views into the body
 * (a help text with an escape: into the set).
 */
#include "base/err.h"
#include "watch/sample.h"
#include "watch/tagset.h"

struct family {
    struct sv name, help, unit; /* .p NULL: not told */
    enum sample_type type;
    bool typed;   /* by a TYPE line */
    bool sampled; /* there was a sample */
    bool left;    /* another family came after it */
};

struct family_set {
    bool openmetrics;
    VEC(struct family) families;
    struct tagset names;
    struct arena texts;
    const struct tagset_key *key;
    size_t current;        /* the family of the last line; SIZE_MAX: none */
    struct sv sample_name; /* of the last sample, and its family */
    size_t sample_family;
    struct sv wanted;
};

void family_begin(struct family_set *s, bool openmetrics);
void family_release(struct family_set *s);

/* A line that begins with '#' (blanks before it cut off), without its LF; *oddities grows by the
 * bits of what is odd.  ERR_INVALID: neither default nor strict takes it. */
NODISCARD enum err_code family_read(struct family_set *s, struct sv line, unsigned *oddities,
                                    struct err *err);
/* The family of a sample with this name; hash is tagset_hash() of it.  Valid until the next call. */
struct family *family_of_sample(struct family_set *s, struct sv name, uint64_t hash,
                                unsigned *oddities);
