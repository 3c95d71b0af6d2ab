#pragma once

/*
 * family: what is wrong between the limits of one document (conditions.md section 8).
 *
 * A row is a limit of a subject, of a rule or of a text that is no rule.  Rows about one subject, whatever their
 * windows, form a family.  RB401: values that no row names.  RB402: a row that never decides, as a worse one says the
 * same, or rows that contradict each other.  RB409: several limits for one subject.  RB410: one source measured in
 * two ways, so that what is fine and what is not cannot be compared.  Of a family no more than 32 rows are looked at.
 * RB403: a rule that can never be true.  Pure.
 */
#include "rule/bands.h"
#include "rule/check.h"

#define FAMILY_NONE SIZE_MAX

struct family_row {
    size_t
        rule; /* the caller's number of what it is of; rows of one number are not held against each other */
    struct sv subject; /* "p95(response_time)"; what families are formed by */
    struct sv
        source; /* the name that is measured, by whatever function; empty: more than one, or unknown */
    struct band band;
    struct dim_type type; /* that numbers are shown in */
    bool expects;         /* of an "expect" */
};
struct family_rows {
    VEC(struct family_row) list; /* vec_release() is the caller's */
};

struct family_finding {
    char id[8];
    enum rule_severity severity;
    size_t a, b;       /* the numbers of two rows; b may be FAMILY_NONE */
    struct sv subject; /* "error_rate"; in the arena, like the message */
    struct sv message; /* "no rule names error_rate in [0.5%, 1%)" */
};
struct family_findings {
    VEC(struct family_finding) list; /* by family, then id; vec_release() is the caller's */
};

/* The rows of a rule as parsed, or checked (rule_check()) for aliases to be seen through. */
void family_add_rule(struct arena *a, const struct rule *r, size_t index, struct family_rows *ret);
/* What is wrong with a rule by itself: RB403. */
void family_check_rule(struct arena *a, const struct rule *r, size_t index,
                       struct family_findings *ret);
/* What is wrong between rows. */
void family_check(struct arena *a, const struct family_rows *rows, struct family_findings *ret);
