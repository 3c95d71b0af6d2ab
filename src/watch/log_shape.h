#pragma once

/*
 * log_shape: what a record of a log says, without what differs each time.
 *
 * "ERROR [2026-02-15 02:00:01] order 4711: timeout after 30.2s to 10.0.0.7:5432" has the pattern
 * "ERROR [<time>] order <n>: timeout after <n>s to <addr>".  Masked are times, numbers, addresses, UUIDs, hex, ids
 * that mix letters and digits, and quoted text; of a record of JSON its level, logger, message and error are taken.
 * What looks like a secret (password=..., Bearer ..., user:password@) is *** in patterns and examples.  A pattern of
 * a pattern is itself.  Embed struct log_shapes, zeroed.
 */
#include "base/map.h"
#include "base/regex.h"
#include "base/secret.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "watch/sample.h"

#define LOG_SHAPE_BYTES 240u /* of a pattern, and of an example: the rest is left out */
#define LOG_SHAPES_MAX \
    5000u /* patterns that one look may bring; more are an error, and nothing is known */

/* Which lines tell of errors, unless the binding says. */
#define LOG_SHAPE_LINES                                                                            \
    "(?i)\\b(?:err(?:or)?s?|fatal|critical|crit|emerg|panic(?:ked)?|exception|traceback|segfault|" \
    "fail(?:ed|ure|ures|s)?|abort(?:ed)?|[a-z]+(?:error|exception))\\b"

/* Both append. */
void log_shape_add(struct sv record, struct strbuf *out);
void log_shape_example(struct sv record, struct strbuf *out);

struct log_shape_row {
    char *pattern, *example;
    uint64_t n;
};

struct log_shapes {
    struct regex *lines; /* which records count; NULL: all */
    const struct secrets
        *secrets; /* hidden before anything is masked: a part of one is a secret, too; NULL: none */
    VEC(struct log_shape_row) v;
    struct map by_pattern;
    uint64_t taken; /* records, since it was made */
    bool full;      /* more than LOG_SHAPES_MAX since the last report */
    bool broken;    /* a search ran into its limit since then: what was not found is not known */
};

void log_shapes_release(struct log_shapes *s);
void log_shapes_take(struct log_shapes *s, struct sv record);
void log_shapes_take_lines(struct log_shapes *s, struct sv lines);
/*
 * What was seen since the last report is an array of {pattern, count, example}, in the order in which it was seen first, and is forgotten.
 * `known`: without examples, and with a count of 0: it was there before.
 */
json_t *log_shapes_report(struct log_shapes *s, bool known);
