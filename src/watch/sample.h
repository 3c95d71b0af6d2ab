#pragma once

/*
 * sample: one observation, whatever source it came from, and a list of them.
 *
 * What a source reports is a list with one time, the start of the poll.  A member that
 * could not be read is a sample too (SAMPLE_ERROR): it must not look like one that is
 * not there.  The views of a list live as long as it.  Embed a list, zeroed.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/vec.h"

#define SAMPLE_JSON_VALUES 10000u /* of one document; more is an error */
#define SAMPLE_JSON_DEPTH  64u

struct sample_label {
    struct sv name, value;
};

enum sample_kind {
    SAMPLE_NUMBER,
    SAMPLE_TEXT,
    SAMPLE_BOOL,
    SAMPLE_NULL, /* there is no value, and that is known: the answer of somebody who is down has no status */
    SAMPLE_ABSENT, /* it was asked for, and there is no data: nothing is known */
    SAMPLE_ERROR,  /* the value could not be had; text says why */
    SAMPLE_KIND__N
};

/* What a number means; what is not scraped is a gauge, unless it says counter. */
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
    struct sv text; /* SAMPLE_TEXT, SAMPLE_ERROR */
    struct sv unit; /* "s", "B", "ratio", or what the target says; empty: none, or not known */
    int64_t at_us;
};

struct sample_list {
    VEC(struct sample) v;
    int64_t at_us; /* for the samples that are added; set it first */
    struct arena arena;
};

void sample_list_release(struct sample_list *l);

/* Each adds one sample without labels; name and text are copied, unit is a literal or NULL. */
void sample_add_number(struct sample_list *l, const char *name, double v, const char *unit);
void sample_add_counter(struct sample_list *l, const char *name, double v, const char *unit);
void sample_add_bool(struct sample_list *l, const char *name, bool v);
void sample_add_text(struct sample_list *l, const char *name, struct sv v);
void sample_add_null(struct sample_list *l, const char *name, const char *unit);
void sample_add_absent(struct sample_list *l, const char *name);
void sample_add_error(struct sample_list *l, const char *name, struct sv why);

/*
 * Text that is a JSON object or array (it begins with '{' or '[', blanks aside) gives a sample for
 * each number, text, bool and null in it: "PREFIX.member.0.member", each part as it is written.
 * When it cannot be read, or is beyond the limits, there is one SAMPLE_ERROR called PREFIX instead.
 * Other text gives nothing.
 */
void sample_add_json(struct sample_list *l, const char *prefix, struct sv text);

/* The first sample of that name, or NULL. */
const struct sample *sample_find(const struct sample_list *l, struct sv name);
