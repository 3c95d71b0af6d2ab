#pragma once

/*
 * promql: a checked condition in the query language of Prometheus, where it can be said there.
 *
 * Both languages differ in what a window and missing data mean (docs/reference/rules.md, section 9); what is
 * written here fires where the rule does once the windows are full.  Pure.
 */
#include "plan/plan.h"
#include "rule/check.h"

struct promql {
    const struct plan *plan; /* for queries that it binds */
    const struct rule *rule;
    struct strbuf out;
    struct sv why; /* a literal: why it cannot be said; empty: it can */
};

/* A query that gives something exactly when the rule is bad. False: `why`. */
bool promql_rule(struct promql *p);
/* What the rule measures, for a graph.  False: it measures nothing that can be plotted. */
bool promql_subject(struct promql *p, const struct expr **measured);
/* A duration of both languages: "5m", "90s", "500ms". */
void promql_duration(int64_t us, struct strbuf *out);
