#pragma once

/*
 * sample_line: one sample of a metrics exposition.
 *
 * The grammar of docs/formats/exposition.md, sections 4 and 5.  Two readers give the
 * same result: sample_line_quick() knows only lines written as everybody writes them,
 * and says so when it meets another; sample_line_read() knows all and explains.
 * Embed one struct, zeroed, and use it for line after line and body after body: it
 * keeps its memory.
 */
#include "base/err.h"
#include "base/strbuf.h"
#include "watch/sample.h"
#include "watch/tagset.h"

struct sample_line {
    /* results; views lie in the line, or for a label value with an escape in `decoded` */
    struct sv name;
    struct sample_label *labels; /* sorted by name, each name once, no empty value */
    size_t n_labels;
    double value;
    bool has_time;
    int64_t time_ms;
    uint64_t name_hash, hash;      /* of the name; of the series (name and labels) */
    unsigned oddities;             /* 1u << enum oddity */
    bool empty_le, empty_quantile; /* such a label was there, and was left out */

    /* private */
    bool openmetrics;
    const struct tagset_key *key;
    size_t cap_labels, n_known; /* n_known: so many entries of `labels` have a name of this body */
    struct strbuf decoded, pair;
};

/* Before the first line of a body. */
void sample_line_begin(struct sample_line *l, bool openmetrics);
void sample_line_release(struct sample_line *l);

/* The line at p, if it is an ordinary one: returns where the next begins, else NULL.  An LF must
 * stand somewhere in [p, end). */
const char *sample_line_quick(struct sample_line *l, const char *p, const char *end);

/* The line (without its LF).  ERR_INVALID: neither default nor strict takes it. */
NODISCARD enum err_code sample_line_read(struct sample_line *l, struct sv line, struct err *err);

/* What a metric name is made of; the length of the one at the front, 0: none. */
size_t sample_line_name(struct sv s);
