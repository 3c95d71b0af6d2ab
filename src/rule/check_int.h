#pragma once

/*
 * check_int: shared by check.c (types), check_alias.c and check_rule.c (clauses).
 */
#include "rule/check.h"

struct checker {
    struct arena *a;
    const struct rule_env *env;
    struct rule *rule;
    struct rule_findings *found; /* never NULL */
    bool failed;
    const struct rule_alias *within; /* what is being put in, or NULL */
    const struct expr *rows;         /* data of the quantifier around the node, or NULL */
    struct expr *subject;            /* the other side of the comparison, for a baseline */
    const struct expr *direct;       /* may be a percentile: it stands in a comparison or report */
    bool per_series;
};

/* What a name is used for. */
enum check_use {
    USE_VALUE,   /* as it stands */
    USE_COUNTER, /* rate, increase, ratio */
    USE_OVER,    /* max, min, last, slope over a window */
    USE_SUM,     /* sum over a window */
    USE_MEAN,    /* avg: of a histogram too */
    USE_PERCENTILE,
    USE_ROWS,
    USE_SET,
    USE_PROBE,
    USE_LOG,
    USE__N
};

/* Add a finding; the hint may be NULL. */
void check_found(struct checker *ck, enum rule_severity severity, const char *id, size_t column,
                 struct sv message, const char *hint);
#define CHECK_ERROR(ck, id, at, hint, ...) \
    check_found((ck), SEVERITY_ERROR, (id), (at), arena_fmt((ck)->a, __VA_ARGS__), (hint))
#define CHECK_WARN(ck, id, at, hint, ...) \
    check_found((ck), SEVERITY_WARNING, (id), (at), arena_fmt((ck)->a, __VA_ARGS__), (hint))

/* The tree with aliases put in. */
struct expr *check_expand(struct checker *ck, struct expr *e);
/* Find out what a name is, or say why not; sets source, type, unit, worse, and the name it is kept under. */
struct dim_type check_name(struct checker *ck, struct expr *e, enum check_use use);
/* A pattern must compile. */
void check_pattern(struct checker *ck, struct sv pattern, size_t at);
/* Types of the whole tree. */
struct dim_type check_expr(struct checker *ck, struct expr *e);
/* Two things that are compared or added; literals are judged by what they are. */
void check_same(struct checker *ck, const struct expr *a, const struct expr *b, size_t at);
/* A number of a clause, at that place, against what the rule measures. */
void check_same_num(struct checker *ck, const struct expr *measured, const struct num *v, size_t at,
                    const char *clause);
void check_clauses(struct checker *ck);
