#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb010_claims(struct sv text)
{
    static const struct sv words[] = {SV("READY"), SV("COMPLETE"), SV("COMPLETED"), SV("DONE"),
                                      SV("APPROVED")};

    if (sv_has(text, SV("\xe2\x9c\x85")) || sv_has(text, SV("\xe2\x9c\x94")))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has(text, words[i]) && sv_has_word(text, words[i]))
            return true;
    return false;
}

/* Of each line the first open box in it or below; SIZE_MAX. */
static const size_t *rb010_boxes(struct lint *l)
{
    size_t n = l->rb->doc->n_lines + 2, *next = ARENA_NEWN(&l->work, size_t, n);

    for (size_t i = 0; i < n; i++)
        next[i] = SIZE_MAX;
    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *m = &l->rb->md.v[i];

        if (m->kind == MD_ITEM && m->task && !m->checked)
            next[size_min(m->line, n - 1)] = m->line;
    }
    for (size_t i = n - 1; i > 0; i--)
        next[i - 1] = size_min(next[i - 1], next[i]);
    return next;
}

static size_t rb010_end(const struct lint *l, size_t heading)
{
    for (size_t i = heading + 1; i < l->rb->md.n; i++)
        if (l->rb->md.v[i].kind == MD_HEADING && l->rb->md.v[i].level <= l->rb->md.v[heading].level)
            return l->rb->md.v[i].line;
    return SIZE_MAX;
}

static bool rb010_is_status(struct sv key)
{
    return sv_has_word(key, SV("status")) || sv_has_word(key, SV("readiness")) ||
           sv_has_word(key, SV("state"));
}

static void rb010_check(struct lint *l, const struct lint_rule *rule)
{
    const size_t *next = rb010_boxes(l);

    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];

        if (n->kind == MD_HEADING && n->level > 1 && rb010_claims(n->text) &&
            next[n->line] < rb010_end(l, i))
            lint_add(l, rule, n->line, n->text, "marked as done, and line %zu is open",
                     next[n->line]);
    }
    for (size_t i = 0; i < l->rb->n_metas; i++) {
        const struct rb_meta *m = &l->rb->metas[i];

        if (rb010_is_status(m->key) && rb010_claims(m->value) && next[0] != SIZE_MAX)
            lint_add(l, rule, m->line, m->value, "%.*s: %.*s, and line %zu is open", SV_FMT(m->key),
                     SV_FMT(m->value), next[0]);
    }
}

const struct lint_rule lint_rb010 = {
    .id = "RB010",
    .severity = LINT_WARNING,
    .title = "called done, with open items",
    .why = "Who reads the heading does not read the boxes: what is still open goes along.",
    .mend = "tick what is done, or take the mark away",
    .check = rb010_check,
};
