#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb502_stop(struct sv w)
{
    static const char *const words[] = {
        "all", "the", "in", "of",       "and",         "for",  "with",      "is",       "are", "a",
        "to",  "on",  "no", "optional", "environment", "plan", "procedure", "existing", "new"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(w, sv_from(words[i])))
            return true;
    return w.n < 3;
}

/* Words of weight that both titles have, of those of the shorter one. */
static bool rb502_same(struct sv a, struct sv b)
{
    struct sv rest = a, word;
    size_t both = 0, n = 0;

    while (sv_next_word(&rest, &word)) {
        while (word.n && !ascii_is_alnum(word.p[word.n - 1]))
            word.n--;
        while (word.n && !ascii_is_alnum(word.p[0]))
            word = sv_sub(word, 1, word.n);
        if (rb502_stop(word))
            continue;
        n++;
        both += sv_has_word(b, word);
    }
    return n >= 2 && both == n;
}

static bool rb502_is_optional(struct sv t)
{
    return sv_has_nocase(t, SV("(optional"));
}

/* Without what stands in parentheses. */
static struct sv rb502_core(struct sv t)
{
    return sv_sub(t, 0, sv_find_byte(t, '(', 0));
}

struct rb502_task {
    const struct md_node *node;
    struct sv text;
    bool optional;
};

static void rb502_pair(struct lint *l, const struct lint_rule *rule, const struct rb502_task *a,
                       const struct rb502_task *b)
{
    if (a->optional && !b->optional && rb502_same(rb502_core(a->text), b->text))
        lint_add(l, rule, a->node->line, SV("(optional"), "line %zu demands it", b->node->line);
    else if (a->node->checked && !b->node->checked && rb502_same(rb502_core(b->text), a->text))
        lint_add(l, rule, b->node->line, (struct sv){NULL, 0}, "open here, ticked in line %zu",
                 a->node->line);
}

#define RB502_MOST 400u /* boxes that are compared with each other */

static void rb502_check(struct lint *l, const struct lint_rule *rule)
{
    VEC(struct rb502_task) tasks = {0};
    const struct md_node *v = l->rb->md.v;

    for (uint32_t i = 0; i < l->rb->md.n && tasks.n < RB502_MOST; i++)
        if (v[i].kind == MD_ITEM && v[i].task && v[i].first != MD_NONE)
            *vec_add(&tasks) = (struct rb502_task){&v[i], v[v[i].first].text,
                                                   rb502_is_optional(v[v[i].first].text)};
    for (size_t i = 0; i < tasks.n; i++)
        for (size_t k = 0; k < tasks.n && (tasks.v[i].optional || tasks.v[i].node->checked); k++)
            if (i != k)
                rb502_pair(l, rule, &tasks.v[i], &tasks.v[k]);
    vec_release(&tasks);
}

const struct lint_rule lint_rb502 = {
    .id = "RB502",
    .severity = LINT_WARNING,
    .title = "optional here, demanded there",
    .why = "One reader skips it, another waits for it; or it is ticked here and open there.",
    .mend = "say it once, and let the other place name that one",
    .check = rb502_check,
};
