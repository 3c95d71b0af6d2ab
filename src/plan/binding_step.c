/*
 * What a binding says of the document's steps: choices, answers given ahead, and how each is carried out.
 */
#include "base/sv.h"
#include "plan/binding_int.h"
#include "runbook/yaml.h"

static const struct binding_key binding_choice_keys[] = {
    {"when", binding_text, offsetof(struct binding_choice, when)},
    {"contains", binding_text, offsetof(struct binding_choice, contains)},
    {"if_failed", binding_text, offsetof(struct binding_choice, if_failed)},
};

enum err_code binding_choices(struct binding_reader *r, const struct yaml_node *n,
                              void *field UNUSED)
{
    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map of choices");
    for (size_t i = 0; i < n->n_items; i++) {
        const struct yaml_node *item = &n->items[i];
        struct binding_choice *c = vec_add(&r->b->choices);

        c->part = item->key;
        c->line = item->line;
        c->ask = item->kind == YAML_SCALAR && sv_eq(item->text, SV("ask"));
        c->fixed = item->kind == YAML_SCALAR && !c->ask;
        if (c->fixed && !yaml_bool(item, &c->yes))
            return binding_bad(
                r, item, "must be yes, no, ask, {when: ..., contains: ...} or {if_failed: ...}");
        if (c->fixed || c->ask)
            continue;
        if (binding_map(r, item, binding_choice_keys, ARRAY_LEN(binding_choice_keys), c) != ERR_OK)
            return r->err->code;
        if (c->if_failed.n ? c->when.n || c->contains.n : !c->when.n || !c->contains.n)
            return binding_bad(r, item, "needs 'when' and 'contains', or 'if_failed' alone");
    }
    return ERR_OK;
}

static enum err_code binding_terminal(struct binding_reader *r, const struct yaml_node *n,
                                      void *field)
{
    bool yes;

    if (!yaml_bool(n, &yes))
        return binding_bad(r, n, "must be yes or no");
    *(int *)field = yes;
    return ERR_OK;
}

static enum err_code binding_all(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    if (n->kind != YAML_SCALAR || !sv_eq(n->text, SV("all")))
        return binding_bad(r, n, "must be all: the answer is for each host of the group");
    *(bool *)field = true;
    return ERR_OK;
}

static const struct binding_key binding_answer_keys[] = {
    {"answer", binding_yes, offsetof(struct binding_answer, yes)},
    {"by", binding_text, offsetof(struct binding_answer, by)},
    {"note", binding_text, offsetof(struct binding_answer, note)},
    {"hosts", binding_all, offsetof(struct binding_answer, all)},
};

enum err_code binding_answers(struct binding_reader *r, const struct yaml_node *n,
                              void *field UNUSED)
{
    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map of answers");
    for (size_t i = 0; i < n->n_items; i++) {
        const struct yaml_node *item = &n->items[i];
        struct binding_answer *a = vec_add(&r->b->answers);

        a->step = item->key;
        a->line = item->line;
        if (binding_map(r, item, binding_answer_keys, ARRAY_LEN(binding_answer_keys), a) != ERR_OK)
            return r->err->code;
        if (!a->by.n || !yaml_get(item, "answer"))
            return binding_bad(r, item, "needs 'answer' and 'by': an answer has a name");
    }
    return ERR_OK;
}

static enum err_code binding_factor(struct binding_reader *r, const struct yaml_node *n,
                                    void *field)
{
    double v;

    if (n->kind != YAML_SCALAR || !sv_to_f64(n->text, &v) || v < 1 || v > 100)
        return binding_bad(r, n, "must be a number from 1 to 100");
    *(double *)field = v;
    return ERR_OK;
}

/* "20%" */
static enum err_code binding_share(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    struct sv s = n->text;
    double v;

    if (n->kind != YAML_SCALAR || !sv_ends(s, SV("%")) || !sv_to_f64(sv_sub(s, 0, s.n - 1), &v) ||
        v < 0 || v > 100)
        return binding_bad(r, n, "must be a share from 0% to 100%");
    *(double *)field = v / 100;
    return ERR_OK;
}

static const struct binding_key binding_retry_keys[] = {
    {"times", binding_count, offsetof(struct binding_step, retries)},
    {"wait", binding_duration, offsetof(struct binding_step, retry_wait_ms)},
    {"factor", binding_factor, offsetof(struct binding_step, retry_factor)},
    {"max", binding_duration, offsetof(struct binding_step, retry_max_ms)},
    {"jitter", binding_share, offsetof(struct binding_step, retry_jitter)},
};

/* A number, or a map. */
static enum err_code binding_retries(struct binding_reader *r, const struct yaml_node *n,
                                     void *field)
{
    struct binding_step *s = container_of((int64_t *)field, struct binding_step, retries);

    if (n->kind != YAML_MAP)
        return binding_count(r, n, field);
    if (binding_map(r, n, binding_retry_keys, ARRAY_LEN(binding_retry_keys), s) != ERR_OK)
        return r->err->code;
    return s->retries > 0 ? ERR_OK : binding_bad(r, n, "needs times");
}

static const struct binding_key binding_step_keys[] = {
    {"on_failure", binding_text, offsetof(struct binding_step, on_failure)},
    {"timeout", binding_duration, offsetof(struct binding_step, timeout_ms)},
    {"retries", binding_retries, offsetof(struct binding_step, retries)},
    {"undo", binding_text, offsetof(struct binding_step, undo)},
    {"skip", binding_text, offsetof(struct binding_step, skip)},
    {"in_doubt", binding_doubt, offsetof(struct binding_step, in_doubt)},
    {"database", binding_text, offsetof(struct binding_step, database)},
    {"host", binding_text, offsetof(struct binding_step, host)},
    {"terminal", binding_terminal, offsetof(struct binding_step, terminal)},
};

enum err_code binding_steps(struct binding_reader *r, const struct yaml_node *n, void *field UNUSED)
{
    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map of steps");
    for (size_t i = 0; i < n->n_items; i++) {
        struct binding_step *s = vec_add(&r->b->steps);

        *s = (struct binding_step){
            .step = n->items[i].key, .line = n->items[i].line, .retries = -1, .terminal = -1};
        if (binding_map(r, &n->items[i], binding_step_keys, ARRAY_LEN(binding_step_keys), s) !=
            ERR_OK)
            return r->err->code;
    }
    return ERR_OK;
}
