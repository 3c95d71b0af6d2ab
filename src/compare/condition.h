#pragma once

/*
 * condition: the language of rules over one record, or over all of them (docs/reference/rules.md).
 *
 * Names are fields of the record (with dots: members inside), `it` and `record` the record itself.  A condition over all records
 * (CONDITION_TOTAL) has its fields inside quantifiers: all, any, none, share, count, median.  Records are shown to it one after
 * another, so memory does not grow with them, but for a median.  What needs time (windows, rate, baseline, k of n) is refused.
 */
#include "base/json.h"

enum condition_kind { CONDITION_ROW, CONDITION_TOTAL };

/* UNKNOWN: null, or a quantifier without records.  ERROR: the record's values do not fit. */
enum condition_result { CONDITION_FALSE, CONDITION_TRUE, CONDITION_UNKNOWN, CONDITION_ERROR };

struct condition; /* opaque */
/* ERR_INVALID with the column.  `rows`: what a total calls its records ("sql.deals"); of a row condition empty. */
NODISCARD enum err_code condition_new(enum condition_kind kind, struct sv text, struct sv rows,
                                      struct condition **ret, struct err *err);
void condition_free(struct condition *c);
DEFINE_CLEANUP(struct condition *, condition_free)

struct sv condition_text(const struct condition *c);
/* Judge one record; `why` is filled with an ERROR (valid until the next call). */
enum condition_result condition_row(struct condition *c, const json_t *row, const char **why);
/* Show one record to a total. */
void condition_feed(struct condition *c, const json_t *row);
/* The total of what was shown. */
enum condition_result condition_total(struct condition *c, const char **why);
/* A field that was looked for in records and that none has (in a place where it decides); .p NULL: none. */
struct sv condition_unknown_field(const struct condition *c);
