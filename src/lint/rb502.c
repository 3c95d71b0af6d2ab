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

/* The next word of weight, without what surrounds it. */
static bool rb502_next(struct sv *rest, struct sv *word)
{
    while (sv_next_word(rest, word)) {
        while (word->n && !ascii_is_alnum(word->p[word->n - 1]))
            word->n--;
        while (word->n && !ascii_is_alnum(word->p[0]))
            *word = sv_sub(*word, 1, word->n);
        if (!rb502_stop(*word))
            return true;
    }
    return false;
}

/* The letters, digits and '_' at the front, as a bit of a set. */
static uint64_t rb502_bit(struct sv s, size_t *n)
{
    uint64_t h = 0;

    for (*n = 0; *n < s.n && ascii_is_word(s.p[*n]); ++*n)
        h = h * 31 + (unsigned char)ascii_lower(s.p[*n]);
    return UINT64_C(1) << (h * UINT64_C(0x9e3779b97f4a7c15) >> 58);
}

/* Of each word in the text. */
static uint64_t rb502_bits(struct sv s)
{
    uint64_t bits = 0;

    for (size_t i = 0, n; i < s.n; i += n + 1)
        bits |= rb502_bit(sv_sub(s, i, s.n), &n);
    return bits;
}

/* Of each word of weight; 0: there are not even two. */
static uint64_t rb502_needs(struct sv s)
{
    uint64_t bits = 0;
    struct sv word;
    size_t words = 0, n;

    for (; rb502_next(&s, &word); words++)
        bits |= rb502_bit(word, &n);
    return words >= 2 ? bits : 0;
}

/* Has the one text all words of weight of the other? */
static bool rb502_has_all(struct sv s, struct sv words)
{
    struct sv word;

    while (rb502_next(&words, &word))
        if (!sv_has_word(s, word))
            return false;
    return true;
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
    uint64_t has, needs; /* words of the text, and of its core: most pairs have none in common */
};

static bool rb502_same(const struct rb502_task *part, const struct rb502_task *whole)
{
    return part->needs && !(part->needs & ~whole->has) &&
           rb502_has_all(whole->text, rb502_core(part->text));
}

static struct rb502_task rb502_task(const struct md_node *node, struct sv text)
{
    return (struct rb502_task){node, text, rb502_is_optional(text), rb502_bits(text),
                               rb502_needs(rb502_core(text))};
}

static void rb502_pair(struct lint *l, const struct lint_rule *rule, const struct rb502_task *a,
                       const struct rb502_task *b)
{
    if (a->optional && !b->optional && rb502_same(a, b))
        lint_add(l, rule, a->node->line, SV("(optional"), "line %zu demands it", b->node->line);
    else if (a->node->checked && !b->node->checked && rb502_same(b, a))
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
            *vec_add(&tasks) = rb502_task(&v[i], v[v[i].first].text);
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
