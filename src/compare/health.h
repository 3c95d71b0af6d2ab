#pragma once

/*
 * health: the score of an audit out of what its checks found (docs/formats/audit.md, section 2).
 *
 * Pure.  A check without rows says nothing and is left out, never counted as good.
 */
#include "base/err.h"

enum health_verdict { HEALTH_PASS, HEALTH_FAIL, HEALTH_NOTHING, HEALTH_ERROR, HEALTH_VERDICT__N };
extern const char
    *const health_verdict_names[HEALTH_VERDICT__N]; /* "pass", "fail", "n/a", "error" */

struct health_check {
    uint64_t passed, evaluated;
    double weight; /* at least 0; 0: informative */
    double mostly; /* share that has to pass, 0 to 1 */
    bool critical;
    bool error; /* it could not be evaluated */
};
enum health_verdict health_verdict(const struct health_check *c);

enum health_status {
    HEALTH_NA,
    HEALTH_CRITICAL,
    HEALTH_INCOMPLETE,
    HEALTH_HEALTHY,
    HEALTH_DEGRADED,
    HEALTH_UNHEALTHY,
    HEALTH_STATUS__N
};
extern const char *const health_status_names[HEALTH_STATUS__N];

struct health {
    enum health_status status;
    bool has_score;
    double score;            /* 0 to 100 */
    bool all_passed;         /* every row of every check */
    size_t evaluated, total; /* checks */
    enum exit_code exit;
};
struct health health_of(const struct health_check *c, size_t n);

struct health_text {
    char s[24];
};
/* "94.11%", rounded down; "<0.01%"; "n/a". */
struct health_text health_shown(const struct health *h);
