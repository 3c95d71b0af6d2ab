#pragma once

/*
 * eval_int: shared by prog.c (binding), eval.c (the tree), eval_data.c (leaves), eval_rows.c, eval_test.c.
 */
#include "rule/eval.h"

#define BIND_NONE SIZE_MAX

/* What a node is tied to. */
struct bind {
    struct selector *sel;                  /* the name itself */
    struct selector *bucket, *count, *sum; /* of a histogram */
    struct series *lines;                  /* matches() */
    struct metric *rows;
    struct sv bound;             /* name of the source, as rules bind it */
    size_t source;               /* BIND_NONE: nobody declared it yet */
    struct regex *re;            /* text matches "..." */
    json_t *set;                 /* a literal set */
    size_t kofn, test, baseline; /* BIND_NONE: none */
    bool pairs;                  /* a quantifier whose inside speaks of the baseline */
    bool looked, found, valued;  /* a field, since its quantifier began; valued: not always null */
};

struct rule_prog {
    const struct rule *rule;
    struct samples *s;
    const struct rule_times *times;
    const struct expr *cmp; /* the comparison that the rule is, or NULL */
    bool negated;
    bool counted; /* "min" speaks of ratios, percentiles and histogram averages */
    struct bind *binds;
    size_t n_binds; /* the rule may be gone when the program is freed */
    VEC(struct kofn_state) kofns;
    VEC(struct test_state) tests;
    VEC(struct baseline) baselines;
    VEC(json_t *) made;  /* rows put together for the last look */
    VEC(json_t *) named; /* of the last look: the first rows that held and have a pattern */
    size_t n_named;      /* how many did */
};

struct eval {
    struct rule_prog *p;
    const struct look *l;
    const struct eval_run *run;
    struct arena *a;
    struct eval_info *info; /* NULL: not wanted */
    bool in_subject;        /* n, window and share are the rule's */
    bool raw;               /* inside "k of n": single attempts count */
    const json_t *row;      /* the row of the quantifier around, or NULL */
    const json_t *old;      /* its partner before */
    bool in_rows;
    bool cells;   /* one cell of a sample: any data count */
    bool null_is; /* a null is wanted as such: "is null" and what compares it */
    bool in_operand;
    struct eval_operand *operand;  /* that is looked at, or NULL: none is, or there are too many */
    const struct expr *operand_is; /* what of it compares */
};

static inline struct bind *bind_of(const struct eval *ev, const struct expr *e)
{
    return &ev->p->binds[e->slot];
}

struct val eval_expr(struct eval *ev, const struct expr *e);
/* A condition that others are made of, or the whole; what is none of these is noted as an operand. */
struct val eval_condition(struct eval *ev, const struct expr *e);
/* A null of a JSON answer is a value: it equals nothing and is no text. */
struct val eval_answer(struct eval *ev, const struct expr *e);
/* The value that `e` compares, if the operand is `e`. */
void eval_operand_value(struct eval *ev, const struct expr *e, const struct val *v);

/* eval_data.c */
struct val eval_name(struct eval *ev, const struct expr *e);
struct val eval_window_func(struct eval *ev, const struct expr *e);
struct val eval_probe(struct eval *ev, const struct expr *e, bool down);
/* ERROR of a strict source whose last poll failed; else VAL_NULL. */
struct val eval_source_state(struct eval *ev, const struct expr *name);
/* The source by the name that rules give it, or NULL. */
const struct source *eval_source(struct eval *ev, const struct expr *name);

/* eval_rows.c */
/* The rows of a name or literal set now; VAL_NULL when *ret is filled (both NULL-safe), else why not. */
struct val eval_rows(struct eval *ev, const struct expr *data, struct rowset *ret);
struct val eval_quant(struct eval *ev, const struct expr *e);
struct val eval_field(struct eval *ev, const struct expr *e);
struct val eval_in(struct eval *ev, const struct expr *e);
void rule_prog_forget_patterns(struct rule_prog *p);
struct val eval_superset(struct eval *ev, const struct expr *e);

/* eval_test.c */
struct val eval_baseline(struct eval *ev, const struct expr *e);
struct val eval_not_worse(struct eval *ev, const struct expr *e);
struct val eval_confident(struct eval *ev, const struct expr *cmp);

/* Increase of the selected series; false and *missing: why there is none. */
struct tally {
    double sum, covered_s;
    size_t samples; /* in the window */
    size_t counted; /* series with an increase */
    size_t known;   /* series */
    int64_t newest_us, stale_us;
};
void eval_tally(struct eval *ev, struct selector *sel, const struct window *w, struct tally *t);
struct val eval_missing(struct eval *ev, const struct expr *name, const struct tally *t,
                        const struct window *w);
/* Numerator and denominator of ratio(); VAL_NULL when both are there. */
struct val eval_ratio_parts(struct eval *ev, const struct expr *e, const struct window *w,
                            double *bad, double *n, double *covered_s);
/* The histogram behind a percentile; VAL_NULL when dist is filled, VAL_NUM when it is a plain number. */
struct val eval_dist(struct eval *ev, const struct expr *e, const struct window *w, struct dist *d);
uint64_t eval_min(const struct eval *ev, uint64_t otherwise, bool counts);
/* Note what the rule looked at. */
void eval_note(struct eval *ev, const struct window *w, double covered_s, double n);
