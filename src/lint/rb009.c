#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb009_noun(struct sv text)
{
    static const struct sv nouns[] = {SV("files"),   SV("items"),   SV("steps"),    SV("checks"),
                                      SV("tasks"),   SV("changes"), SV("services"), SV("fixes"),
                                      SV("updates"), SV("fixed")};

    for (size_t i = 0; i < ARRAY_LEN(nouns); i++)
        if (sv_has_word(text, nouns[i]))
            return true;
    return false;
}

static size_t rb009_items(const struct lint *l, uint32_t list)
{
    size_t n = 0;

    for (uint32_t c = l->rb->md.v[list].first; c != MD_NONE; c = l->rb->md.v[c].next)
        n++;
    return n;
}

/* "## Backend (11 files)": the items of all lists up to the next heading. */
static void rb009_heading(struct lint *l, const struct lint_rule *rule, uint32_t at)
{
    const struct md_node *n = &l->rb->md.v[at];
    size_t open = sv_find_byte(n->text, '(', 0), items = 0;
    struct sv inside =
                  open == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(n->text, open + 1, n->text.n),
              rest;
    double number;

    if (!inside.n || !ascii_is_digit(*inside.p) || !lint_number(inside, &number, &rest) ||
        !rb009_noun(rest))
        return;
    for (uint32_t c = n->next; c != MD_NONE && l->rb->md.v[c].kind != MD_HEADING;
         c = l->rb->md.v[c].next)
        if (l->rb->md.v[c].kind == MD_LIST)
            items += rb009_items(l, c);
    if (items && items != (size_t)number)
        lint_add(l, rule, n->line, inside, "%g here, %zu in the list", number, items);
}

/* "**4 critical bugs fixed**:" above a list */
static void rb009_paragraph(struct lint *l, const struct lint_rule *rule, uint32_t at)
{
    const struct md_node *n = &l->rb->md.v[at];
    size_t end;
    struct sv strong = md_leading_strong(n, &end), rest;
    double number;
    size_t items;

    if (!strong.n || !ascii_is_digit(*strong.p) || sv_find_byte(strong, '.', 0) != SV_NPOS ||
        n->next == MD_NONE || l->rb->md.v[n->next].kind != MD_LIST ||
        !lint_number(strong, &number, &rest) || !rb009_noun(rest))
        return;
    items = rb009_items(l, n->next);
    if (items != (size_t)number)
        lint_add(l, rule, n->line, strong, "%g here, %zu in the list", number, items);
}

/* "structured in 4 phases", and the headings Phase 0 to Phase 4 */
static void rb009_phases(struct lint *l, const struct lint_rule *rule, const struct md_node *n)
{
    static const struct sv words[] = {SV("phases"), SV("stages")};
    struct sv rest = n->text, after;
    double number;

    for (; lint_number(rest, &number, &after); rest = after)
        for (size_t i = 0; i < ARRAY_LEN(words); i++) {
            struct sv one = sv_sub(words[i], 0, words[i].n - 1);
            size_t found = 0;

            if (!sv_starts_nocase(sv_trim_left(after), words[i]))
                continue;
            for (size_t k = 0; k < l->rb->md.n; k++) {
                const struct md_node *h = &l->rb->md.v[k];
                struct sv t = h->text;

                found += h->kind == MD_HEADING && sv_eat_nocase(&t, one) && t.n > 1 &&
                         t.p[0] == ' ' && ascii_is_digit(t.p[1]) &&
                         sv_find_byte(sv_sub(t, 0, 4), ':', 0) != SV_NPOS;
            }
            if (found && found != (size_t)number)
                lint_add(l, rule, n->line, sv_sub(after, 0, 0), "%g %.*s here, %zu below", number,
                         SV_FMT(words[i]), found);
        }
}

static void rb009_check(struct lint *l, const struct lint_rule *rule)
{
    for (uint32_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];

        if (n->kind == MD_HEADING)
            rb009_heading(l, rule, i);
        else if (n->kind == MD_PARAGRAPH) {
            rb009_paragraph(l, rule, i);
            rb009_phases(l, rule, n);
        }
    }
}

const struct lint_rule lint_rb009 = {
    .id = "RB009",
    .severity = LINT_WARNING,
    .title = "a number that does not fit the list",
    .why = "One of the two was not kept up to date: a step, a file or a phase is missing, or one "
           "too many is looked for.",
    .mend = "count again, or leave the number out",
    .check = rb009_check,
};
