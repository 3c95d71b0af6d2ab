#pragma once

/*
 * check: does a rule make sense: names, units, windows, clauses that fit together.
 *
 * The result is a copy with aliases put in, windows moved to the function they belong to, and
 * every node's type and source known: what the judge takes.  Findings carry the ids of
 * conditions.md section 8; errors among them refuse the rule, the rest is advice.
 */
#include "rule/env.h"

enum rule_severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };

struct rule_finding {
    char id[8]; /* "RB405", or "RB400" for what has no number of its own */
    enum rule_severity severity;
    size_t column;           /* byte offset in the rule's text */
    struct sv message, hint; /* in the arena; hint may be empty */
};

struct rule_findings {
    VEC(struct rule_finding) list; /* vec_release() is the caller's */
};

/*
 * The checked copy, in the arena.  All findings are added to `found` (NULL: not wanted), in the
 * order in which they were met.  ERR_INVALID when one is an error; then err is of the first, and *ret
 * is untouched.
 */
NODISCARD enum err_code rule_check(struct arena *a, const struct rule *r,
                                   const struct rule_env *env, struct rule **ret,
                                   struct rule_findings *found, struct err *err);

/* Call fn for every name of a source that the rule reads; `rows`: as rows of a quantifier. */
typedef void rule_name_fn(void *ctx, const struct expr *name, bool rows);
void rule_each_name(const struct rule *r, rule_name_fn *fn, void *ctx);

/* Has it a ratio, a percentile or an average over a window: what `min` speaks of? */
bool rule_is_counted(const struct expr *e);
/* The comparison that the rule is, through "not", or NULL: what has a value and a limit. */
const struct expr *rule_comparison(const struct rule *r, bool *negated);
/* Of a comparison: the side that is measured (not a literal), and the operator as if it stood left. */
const struct expr *rule_subject(const struct expr *cmp);
enum rule_cmp rule_cmp_mirror(enum rule_cmp op);
/* The number that a comparison has as its limit, the lower one of a range; .text.n 0: it has none (or e is NULL). */
struct num rule_written(const struct expr *e);
/* A number literal, with its sign; false when it is none. */
bool rule_literal(const struct expr *e, struct num *ret);
/* Percentile function? */
bool rule_is_percentile(const struct expr *e);
