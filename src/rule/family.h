#pragma once

/*
 * family: what is wrong between the rules of one document (conditions.md section 8).
 *
 * Rules about one subject, whatever their windows, form a family.  RB401: values that no row names.  RB402: a row
 * that never decides, as a worse one says the same, or rows that contradict each other.  RB403: a rule that can never
 * be true.  RB409: several limits for one subject.  RB410: one source measured in two ways, so that what
 * is fine and what is not cannot be compared.  Pure.
 */
#include "rule/check.h"

#define FAMILY_NONE SIZE_MAX

struct family_finding {
    char id[8];
    enum rule_severity severity;
    size_t a, b;       /* the rules, as indices of what was given; b may be FAMILY_NONE */
    struct sv subject; /* "error_rate"; in the arena, like the message */
    struct sv message; /* "no rule names error_rate in [0.5%, 1%)" */
};

struct family_findings {
    VEC(struct family_finding) list; /* by family, then id; vec_release() is the caller's */
};

/* Rules as parsed, or checked (rule_check()) for aliases to be seen through; a NULL among them is skipped. */
void rule_family_check(struct arena *a, const struct rule *const *rules, size_t n,
                       struct family_findings *ret);
/* A rule's text, parsed; NULL: it is no rule, which is somebody else's finding. */
const struct rule *rule_family_read(struct arena *a, struct sv text);
