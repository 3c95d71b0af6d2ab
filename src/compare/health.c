#include "compare/health.h"

#include <math.h>
#include <stdio.h>

/* Of a score that is a quotient of doubles: 94.99 may be 94.98999999999999. */
#define HEALTH_SLACK 1e-9

const char *const health_verdict_names[HEALTH_VERDICT__N] = {"pass", "fail", "n/a", "error"};
const char *const health_status_names[HEALTH_STATUS__N] = {"n/a",     "critical", "incomplete",
                                                           "healthy", "degraded", "unhealthy"};

enum health_verdict health_verdict(const struct health_check *c)
{
    if (c->error)
        return HEALTH_ERROR;
    if (c->evaluated == 0)
        return HEALTH_NOTHING;
    if (c->passed == c->evaluated)
        return HEALTH_PASS;
    return (double)c->passed >= c->mostly * (double)c->evaluated - HEALTH_SLACK && c->mostly < 1
               ? HEALTH_PASS
               : HEALTH_FAIL;
}

static enum health_status by_score(double score)
{
    return score >= 95 - HEALTH_SLACK   ? HEALTH_HEALTHY
           : score >= 75 - HEALTH_SLACK ? HEALTH_DEGRADED
                                        : HEALTH_UNHEALTHY;
}

struct health health_of(const struct health_check *c, size_t n)
{
    static const enum exit_code exits[HEALTH_STATUS__N] = {
        [HEALTH_NA] = EXIT_CODE_INVESTIGATE,         [HEALTH_CRITICAL] = EXIT_CODE_FAILED,
        [HEALTH_INCOMPLETE] = EXIT_CODE_INVESTIGATE, [HEALTH_HEALTHY] = EXIT_CODE_DONE,
        [HEALTH_DEGRADED] = EXIT_CODE_INVESTIGATE,   [HEALTH_UNHEALTHY] = EXIT_CODE_FAILED,
    };
    struct health h = {.total = n, .all_passed = true};
    bool critical = false, incomplete = false;
    double sum = 0, weights = 0;

    for (size_t i = 0; i < n; i++) {
        enum health_verdict v = health_verdict(&c[i]);

        incomplete |= v == HEALTH_ERROR || (v == HEALTH_NOTHING && c[i].critical);
        critical |= v == HEALTH_FAIL && c[i].critical;
        if (v == HEALTH_ERROR || v == HEALTH_NOTHING)
            continue;
        h.evaluated++;
        h.all_passed &= c[i].passed == c[i].evaluated || c[i].weight <= 0;
        sum += c[i].weight * ((double)c[i].passed / (double)c[i].evaluated);
        weights += c[i].weight;
    }
    h.has_score = weights > 0;
    if (h.has_score)
        h.score = 100 * (sum / weights);
    h.status = critical       ? HEALTH_CRITICAL
               : incomplete   ? HEALTH_INCOMPLETE
               : !h.has_score ? HEALTH_NA
                              : by_score(h.score);
    h.exit = exits[h.status];
    return h;
}

struct health_text health_shown(const struct health *h)
{
    struct health_text t;
    double v = floor(h->score * 100 + HEALTH_SLACK) / 100;

    if (!h->has_score)
        (void)snprintf(t.s, sizeof(t.s), "n/a");
    else if (h->score > 0 && v < 0.01)
        (void)snprintf(t.s, sizeof(t.s), "<0.01%%");
    else
        (void)snprintf(t.s, sizeof(t.s), "%.5g%%", v >= 100 && !h->all_passed ? 99.99 : v);
    return t;
}
