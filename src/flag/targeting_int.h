#pragma once

/*
 * targeting_int: what the files of the rules share.
 */
#include "flag/targeting.h"

struct eval {
    const struct targeting_input *in;
    unsigned steps;
    bool over;
};
/* Arguments, not evaluated: an array, or the one argument itself. */
struct args {
    const json_t *list;
    size_t n;
};
const json_t *arg_at(const struct args *a, size_t i);
/* A new reference, never NULL. */
json_t *eval_node(struct eval *ev, const json_t *node);
/* The i-th argument evaluated; null when there is none. */
json_t *eval_arg(struct eval *ev, const struct args *a, size_t i);

typedef json_t *operator_fn(struct eval *ev, const struct args *a, unsigned what);
struct operator_row {
    const char *name;
    operator_fn *fn;
    unsigned what;
};
/* NULL: there is none. */
const struct operator_row *operator_find(const char *name);

struct sv text_of(const json_t *v);
bool is_truthy(const json_t *v);
/* NaN: it is none. */
double number_of(const json_t *v);

/* targeting_flagd.c: flagd's own. */
json_t *op_fractional(struct eval *ev, const struct args *a, unsigned what);
json_t *op_sem_ver(struct eval *ev, const struct args *a, unsigned what);
json_t *op_affix(struct eval *ev, const struct args *a, unsigned what);
json_t *op_ref(struct eval *ev, const struct args *a, unsigned what);
/* Arguments of fractional. */
NODISCARD enum err_code fractional_check(const json_t *args, struct err *err);
