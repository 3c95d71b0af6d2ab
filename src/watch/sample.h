#pragma once

/*
 * sample: one observation, whatever source it came from.
 *
 * A source reports a list of them.  Views lie in the list's arena (or in what the
 * parser of a scrape was given, where that says so) and live as long as it.
 */
#include "base/arena.h"
#include "base/json.h"
#include "base/vec.h"

struct sample_label {
    struct sv name, value;
};

enum sample_kind { SAMPLE_NUMBER, SAMPLE_TEXT, SAMPLE_BOOL, SAMPLE_NULL, SAMPLE_KIND__N };

/* What a number means; what is not scraped is a gauge. */
enum sample_type {
    SAMPLE_UNTYPED,
    SAMPLE_COUNTER,
    SAMPLE_GAUGE,
    SAMPLE_HISTOGRAM,
    SAMPLE_SUMMARY,
    SAMPLE_INFO,
    SAMPLE_STATESET,
    SAMPLE_GAUGEHISTOGRAM,
    SAMPLE_TYPE__N
};

struct sample {
    struct sv name;
    const struct sample_label *labels; /* sorted by name, each name once, no empty value */
    size_t n_labels;
    enum sample_kind kind;
    enum sample_type type;
    double number;  /* SAMPLE_NUMBER */
    bool truth;     /* SAMPLE_BOOL */
    struct sv text; /* SAMPLE_TEXT */
    struct sv unit; /* "s", "B", "ratio", ...; empty: none, or not known */
    int64_t at_us;  /* start of the poll */
};
