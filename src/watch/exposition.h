#pragma once

/*
 * exposition: reading a metrics exposition, Prometheus text 0.0.4 or OpenMetrics 1.0.
 *
 * docs/formats/exposition.md says what is read.  The body lies in memory; each sample
 * is handed to a function, in order.  One bad line refuses the whole body: what was
 * handed over before it must then be thrown away.  Pure, and linear in the body.
 * Embed one struct, zeroed, use it for body after body: it keeps its memory, about
 * 16 bytes for each series of the largest body so far.
 */
#include "base/err.h"
#include "watch/family.h"
#include "watch/sample_line.h"

#define EXPOSITION_ACCEPT \
    "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
#define EXPOSITION_MAX_SAMPLES 1000000u   /* a target with more is misbehaving */
#define EXPOSITION_MAX_LINE    (1u << 20) /* bytes */
#define EXPOSITION_PENDING     8u

enum exposition_format { EXPOSITION_TEXT, EXPOSITION_OPENMETRICS, EXPOSITION_FORMAT__N };

/* Views lie in the body, or for text with an escape in the struct exposition; valid in the call. */
struct exposition_sample {
    struct sv name;
    const struct sample_label *labels; /* sorted by name, each name once, no empty value */
    size_t n_labels;
    double value;
    bool has_time;
    int64_t time_ms;             /* as the target says: evidence only */
    const struct family *family; /* as far as it was told before this line */
    size_t line;                 /* from 1 */
};
typedef void exposition_sample_fn(void *arg, const struct exposition_sample *s);

struct exposition_options {
    enum exposition_format format;
    bool strict;
    bool careful;       /* for tests: read every line with the reader that knows everything */
    size_t max_bytes;   /* 0: LIMIT_SCRAPE_BYTES; at most 4 GiB - 2 */
    size_t max_samples; /* 0: EXPOSITION_MAX_SAMPLES */
    size_t max_line;    /* 0: EXPOSITION_MAX_LINE */
    exposition_sample_fn *sample; /* NULL: only check */
    void *arg;
};

/* A line that was read and waits for its turn; see exposition.c. */
struct exposition_pending {
    struct sample_line sample;
    size_t at, n, line; /* where in the body, how long, its number */
};

struct exposition {
    /* results, also on failure */
    size_t line;      /* the last one looked at: where it failed */
    size_t n_samples; /* handed over */
    size_t n_again;   /* dropped: their series had been there */
    size_t n_warnings;
    size_t warning_line; /* of the first warning; 0: none */
    const char *warning; /* its text, without line; NULL: none */
    struct family_set families;

    /* private */
    const struct exposition_options *opt;
    struct sv body;
    struct exposition_pending pending[EXPOSITION_PENDING]; /* a ring */
    size_t first_pending, n_pending;
    struct sample_line before;
    struct tagset series;
    bool ended;       /* OpenMetrics: # EOF was there */
    unsigned refused; /* who has refused the body so far: ODDITY_SERVER, ... */
    size_t refused_line;
    unsigned refused_oddity;
};

/* ERR_INVALID with "line N: reason", or ERR_LIMIT. */
NODISCARD enum err_code exposition_parse(struct exposition *x, struct sv body,
                                         const struct exposition_options *opt, struct err *err);
void exposition_release(struct exposition *x);

/* Which notation a Content-Type announces (.p NULL: no such field); ERR_INVALID: another one. */
NODISCARD enum err_code exposition_format_of(struct sv content_type, enum exposition_format *ret,
                                             struct err *err);
