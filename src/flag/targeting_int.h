#pragma once

/*
 * targeting_int: what the files of the rules share.
 */
#include "flag/targeting.h"

struct targeting_state {
    const struct targeting_input *in;
    unsigned steps;
    bool over;
};
/* Arguments, not evaluated: an array, or the one argument itself. */
struct targeting_args {
    const json_t *list;
    size_t n;
};
const json_t *targeting_arg_at(const struct targeting_args *a, size_t i);
/* A new reference, never NULL. */
json_t *targeting_node(struct targeting_state *ev, const json_t *node);
/* The i-th argument evaluated; null when there is none. */
json_t *targeting_arg(struct targeting_state *ev, const struct targeting_args *a, size_t i);

typedef json_t *operator_fn(struct targeting_state *ev, const struct targeting_args *a,
                            unsigned what);
struct operator_row {
    const char *name;
    operator_fn *fn;
    unsigned what;
};
/* NULL: there is none. */
const struct operator_row *targeting_operator(const char *name);

struct sv targeting_text(const json_t *v);
bool targeting_truthy(const json_t *v);
/* NaN: it is none. */
double targeting_number(const json_t *v);

/* targeting_flagd.c: flagd's own. */
json_t *targeting_op_fractional(struct targeting_state *ev, const struct targeting_args *a,
                                unsigned what);
json_t *targeting_op_sem_ver(struct targeting_state *ev, const struct targeting_args *a,
                             unsigned what);
json_t *targeting_op_affix(struct targeting_state *ev, const struct targeting_args *a,
                           unsigned at_end);
json_t *targeting_op_ref(struct targeting_state *ev, const struct targeting_args *a, unsigned what);
/* Arguments of fractional. */
NODISCARD enum err_code targeting_check_fractional(const json_t *args, struct err *err);
