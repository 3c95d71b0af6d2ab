#pragma once

/*
 * shape: what people write about numbers that are to be watched or audited, read into conditions of
 * docs/reference/rules.md: "<0.5% (baseline)", "0 per hour", "No rollbacks in past 30 days", "Affects 10-50% of deals".
 *
 * One phrase gives one condition and its clauses, or nothing.  Names are canonical subjects (prose.h) or words of
 * the phrase, joined by '_', which a binding ties to metrics.  Nothing is guessed: a phrase that is not
 * understood as a whole sense gives nothing.
 */
#include "runbook/prose.h"

struct shape_reader;
struct shape_reader *shape_reader_new(struct prose_reader *prose);
void shape_reader_free(struct shape_reader *r);
DEFINE_CLEANUP(struct shape_reader *, shape_reader_free)

/*
 * Remember from the document which values a field has ("deal_type IN ('acquisition', 'carveout')"), so that
 * "carveouts" can be told to be rows with that value.
 */
void shape_learn(struct shape_reader *r, struct sv document, struct arena *arena);

struct shape_request {
    struct sv subject; /* named apart from the phrase: "Error Rate"; or empty */
    struct sv phrase;  /* "<0.5% (baseline)" */
    bool good;         /* it is what is expected, not what is feared */
    bool stated;       /* a whole sentence: "X must stay below 100"; by shape_read() */
    const char
        *count_window; /* of counted events, when the phrase names none: "[5m]"; NULL: none */
    const char *ratio_window; /* of ratios; NULL: as the subject has it */
    bool listed;              /* in a list of metrics, where the window of every ratio is [5m] */
    bool min_samples;         /* ratios and percentiles say that they want 100 */
    int64_t offset_ms;        /* judged then only; -1 */
};

struct shape {
    struct sv condition; /* "error_rate[5m] > 1%" */
    struct sv clauses;   /* " for 5m min 100 samples"; or empty */
    bool whole;          /* it is known word by word, with all that it says */
};

/* Does it speak of a change against what was before ("> 20% increase"), and not of a value? */
bool shape_is_relative(struct shape_reader *r, struct sv phrase);
/* False: not understood. */
bool shape_read(struct shape_reader *r, const struct shape_request *q, struct arena *arena,
                struct shape *ret);

/* "Response time P95": the percentile as an expression to be reported; false: the subject names none. */
bool shape_report(struct shape_reader *r, struct sv subject, struct arena *arena, struct sv *ret);

/* "Page on-call engineer", "Alert product team", "Critical": the action; receiver "team" where none is named. */
struct sv shape_action(struct sv text, struct arena *arena);
/* Lower case words joined by '_', a name of the rule language; empty when there is no word. */
struct sv shape_name(struct sv text, struct arena *arena);
