#pragma once

/*
 * What the tests of rule share: a bench with an environment, a store and a judge, whose times are
 * seconds; and cases in JSON, as the vectors have them.
 */
#include <math.h>

#include "base/json.h"
#include "base/sv.h"
#include "rule/judge.h"
#include "t.h"

#define S_US 1000000LL

struct bench {
    struct arena a;
    struct rule_env *env;
    struct samples *s;
    struct judge *j;
    struct err err;
    struct rule_diag diag;
    double interval_s;
};

static inline int64_t bench_us(double s)
{
    return llround(s * 1e6);
}

static inline struct bench bench_new(double interval_s, double t0_s)
{
    struct bench b = {.env = rule_env_new(), .s = samples_new(), .interval_s = interval_s};
    struct judge_config c = {.run = SV("r-1"),
                             .interval_us = bench_us(interval_s),
                             .t0_us = bench_us(t0_s),
                             .step_us = JUDGE_UNSET,
                             .run_start_us = JUDGE_UNSET,
                             .rollback_until_us = JUDGE_UNSET};

    rule_env_permit_unknown(b.env, true);
    rule_env_set_interval(b.env, c.interval_us);
    b.j = judge_new(&c, b.s);
    return b;
}

static inline void bench_free(struct bench *b)
{
    judge_free(b->j);
    samples_free(b->s);
    rule_env_free(b->env);
    arena_release(&b->a);
}

static inline struct rule *bench_rule(struct bench *b, struct sv text)
{
    struct rule *parsed, *checked;

    if (rule_parse(&b->a, text, &parsed, &b->diag, &b->err) != ERR_OK ||
        rule_check(&b->a, parsed, b->env, &checked, NULL, &b->err) != ERR_OK)
        T_FAIL("'%.*s', column %zu: %s", SV_FMT(text), b->diag.column, b->err.msg);
    return checked;
}

static inline size_t bench_add(struct bench *b, const char *text)
{
    return judge_add(b->j, sv_from(text), bench_rule(b, sv_from(text)));
}

static inline void bench_alias(struct bench *b, const char *name, const char *text)
{
    if (rule_env_add_alias(b->env, sv_from(name), sv_from(text), WORSE_UNKNOWN, &b->diag,
                           &b->err) != ERR_OK)
        T_FAIL("alias %s: %s", name, b->err.msg);
}

/* "name{label=\"value\"}": into a name and labels. */
struct bench_series {
    struct sv name;
    struct samples_label labels[8];
    size_t n;
};
static inline struct bench_series bench_key(struct bench *b, const char *key)
{
    struct bench_series r = {0};
    struct expr *e;

    if (rule_parse_expr(&b->a, sv_from(key), &e, &b->diag, &b->err) != ERR_OK ||
        e->kind != EXPR_NAME)
        T_FAIL("'%s' is no series: %s", key, b->err.msg);
    r.name = e->text;
    r.n = e->n_labels;
    T_CHECK(r.n <= ARRAY_LEN(r.labels));
    for (size_t i = 0; i < r.n; i++)
        r.labels[i] = (struct samples_label){e->labels[i].name, e->labels[i].value};
    return r;
}

static inline size_t bench_source(struct bench *b, const char *name, bool strict)
{
    return samples_source(b->s, sv_from(name), bench_us(b->interval_s), strict);
}

/* One sample of a scraped series. */
static inline void bench_push(struct bench *b, const char *key, double t_s, double v)
{
    struct bench_series k = bench_key(b, key);

    (void)samples_add(b->s, bench_source(b, "web", false),
                      &(struct samples_key){k.name, k.labels, k.n}, bench_us(t_s), v);
}

static inline void bench_polled(struct bench *b, double t_s)
{
    samples_poll_ok(b->s, bench_source(b, "web", false), bench_us(t_s));
}

static inline struct judge_result bench_tick(struct bench *b, double t_s)
{
    struct judge_result r;

    judge_tick(b->j, bench_us(t_s));
    judge_result(b->j, 0, &r);
    return r;
}

static inline const char *bench_verdict(const struct bench *b)
{
    size_t rule;

    return verdict_names[judge_verdict(b->j, &rule)];
}

/* A number of a case; texts like "+Inf" and "0.01" count too. */
static inline double case_num(const json_t *c, const char *key)
{
    const json_t *v = json_object_get(c, key);

    return json_is_string(v) ? strtod(json_string_value(v), NULL) : json_number_value(v);
}

static inline bool case_near(double got, double want, double tolerance)
{
    return fabs(got - want) <= tolerance * fmax(1, fabs(want));
}
