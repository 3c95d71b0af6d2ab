#pragma once

/*
 * prose: conditions as people write them, read into rules (docs/reference/rules.md).
 *
 * "Error rate >5% for >5 min" becomes `error_rate[1m] > 5% for 5m`.  The names in the
 * rule are canonical subjects (error_rate, response_time, memory, ...), which a
 * binding ties to metrics.  What is left over is reported, what is not understood
 * gives no rule.
 */
#include "rule/expr.h"
#include "runbook/runbook.h"

struct prose_reader;
struct prose_reader *prose_reader_new(void);
void prose_reader_free(struct prose_reader *r);
DEFINE_CLEANUP(struct prose_reader *, prose_reader_free)

enum prose_verdict {
    PROSE_NONE,
    PROSE_OK,
    PROSE_INVESTIGATE,
    PROSE_HOLD,
    PROSE_FIX_FORWARD,
    PROSE_ROLLBACK
};
/* The verdict that the words of a table cell name. */
enum prose_verdict prose_verdict_of(struct sv text);
/* The word of a rule: "rollback", "fix-forward". */
const char *prose_action(enum prose_verdict verdict);

/*
 * "Error rate >5% for >5 min" with a verdict: the text of a rule; empty when not understood.  *dropped:
 * words that the rule leaves out.
 */
struct sv prose_rule(struct prose_reader *r, struct sv phrase, enum prose_verdict verdict,
                     struct arena *arena, struct sv *dropped);
/* "Response times P95 <1.5s": an `expect ... else investigate` rule; empty when not understood. */
struct sv prose_expect(struct prose_reader *r, struct sv phrase, struct arena *arena,
                       struct sv *dropped);
/* The canonical subject that a phrase speaks of ("error_rate"); empty when none is named. */
struct sv prose_subject(struct prose_reader *r, struct sv phrase);

/* What is known of a canonical subject, for proposals. */
struct prose_subject_info {
    struct sv name;
    const char *meaning;  /* "share of requests that failed" */
    const char *proposal; /* an expression over common metric names, or NULL */
    enum worse worse;     /* the direction that is worse, where the word says it */
};
const struct prose_subject_info *prose_subjects(size_t *n);
