#include "lint/lint_buckets.h"
#include "lint/lint_conditions.h"

static void rb408_tell(struct lint *l, const struct lint_rule *rule,
                       const struct lint_checked_rule *c, const struct lint_buckets *buckets)
{
    const struct dim_type time = {.dim = DIM_TIME};
    double limit;
    size_t i = 0;

    if (!lint_buckets_limit(c->rule, &limit))
        return;
    while (i < buckets->n && buckets->bounds[i] < limit)
        i++;
    if (i == 0 || i == buckets->n || num_same(buckets->bounds[i], limit))
        return; /* below the first the share is known to be smaller; above the last is RB403 */
    lint_add(l, rule, c->said->line, c->said->source,
             "no bucket ends at %s: what is seen is the share above %s and the share above %s",
             num_format(limit, time).s, num_format(buckets->bounds[i - 1], time).s,
             num_format(buckets->bounds[i], time).s);
}

static void rb408_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_checked *c = lint_checked(l);
    struct lint_buckets buckets;

    if (!c->rules.n || !lint_buckets_read(l, &buckets))
        return;
    for (size_t i = 0; i < c->rules.n; i++)
        rb408_tell(l, rule, &c->rules.v[i], &buckets);
}

const struct lint_rule lint_rb408 = {
    .id = "RB408",
    .severity = LINT_INFO,
    .title = "a limit between two buckets",
    .why =
        "A histogram counts how many were slower than each of its bounds, and nothing between two: where the "
        "shares above the two disagree, the rule knows nothing.",
    .mend = "take a bound of the histogram as the limit, or give the histogram that bound",
    .check = rb408_check,
};
