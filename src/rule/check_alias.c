/* check_alias: put aliases in, with the window where it belongs. */
#include "rule/check_int.h"

#include "base/sv.h"

#define ALIAS_DEPTH_MAX 8u

static bool func_takes_window(const struct expr *e)
{
    if (e->op == FUNC_VERSION || e->op == FUNC_ABS)
        return false;
    return !rule_funcs[e->op].aggregates || e->items[0]->kind == EXPR_NAME;
}

/* "alias[1m]": the window goes to every function, and every name outside one, that has none. */
static void put_window(struct expr *e, const struct rule_span *w)
{
    struct expr *child;

    if (e->kind == EXPR_NAME || (e->kind == EXPR_FUNC && func_takes_window(e))) {
        bool inner = e->kind == EXPR_FUNC && e->items[0]->window.us > 0;

        if (e->window.us == 0 && !inner)
            e->window = *w;
        return;
    }
    for (size_t i = 0; (child = expr_child(e, i)) != NULL; i++)
        put_window(child, w);
}

static void set_place(void *ctx, struct expr *e)
{
    const struct expr *from = ctx;

    e->at = from->at;
    e->end = from->end;
}

static void set_worse(struct expr *e, enum worse worse)
{
    if (worse != WORSE_UNKNOWN)
        e->worse = worse;
}

static struct expr *expand(struct checker *ck, struct expr *e, unsigned depth, bool in_row);

static struct expr *expand_name(struct checker *ck, struct expr *e, unsigned depth, bool in_row)
{
    const struct rule_alias *alias = rule_env_alias(ck->env, e->text);
    const struct rule_alias *within = ck->within;
    struct expr *copy;

    if (!alias || (in_row && e->n_parts == 1)) /* in a row a single name is a field */
        return e;
    if (alias == within && rule_env_source(ck->env, e->text)) /* the metric that it is called by */
        return e;
    if (depth >= ALIAS_DEPTH_MAX) {
        CHECK_ERROR(ck, "RB400", e->at, "an alias must not lead back to itself",
                    "the alias '%.*s' is nested more than %u deep", SV_FMT(e->text),
                    ALIAS_DEPTH_MAX);
        return e;
    }
    if (e->n_labels)
        CHECK_ERROR(ck, "RB400", e->at, "put them into the alias",
                    "the alias '%.*s' takes no labels", SV_FMT(e->text));
    copy = expr_copy(ck->a, alias->expr);
    expr_walk(copy, set_place, e);
    if (e->window.us > 0)
        put_window(copy, &e->window);
    ck->within = alias;
    copy = expand(ck, copy, depth + 1, in_row);
    ck->within = within;
    set_worse(copy, alias->worse);
    return copy;
}

static struct expr *expand(struct checker *ck, struct expr *e, unsigned depth, bool in_row)
{
    bool rows = in_row || e->kind == EXPR_QUANT;

    if (e->kind == EXPR_NAME)
        return expand_name(ck, e, depth, in_row);
    e->a = e->a ? expand(ck, e->a, depth, in_row)
                : NULL; /* a quantifier's data stand outside its row */
    e->b = e->b ? expand(ck, e->b, depth, rows) : NULL;
    e->c = e->c ? expand(ck, e->c, depth, rows) : NULL;
    for (size_t i = 0; i < e->n_items; i++)
        e->items[i] = expand(ck, e->items[i], depth, in_row);
    return e;
}

struct expr *check_expand(struct checker *ck, struct expr *e)
{
    return expand(ck, e, 0, false);
}
