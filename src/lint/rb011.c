#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb011_is_toc(struct sv title)
{
    return sv_has_word(title, SV("contents")) || sv_eq_nocase(sv_trim(title), SV("toc"));
}

static bool rb011_is_listed(const struct lint *l, size_t from, size_t to, struct sv title)
{
    for (size_t i = from; i < to; i++)
        for (size_t k = 0; k < l->rb->md.v[i].n_spans; k++) {
            const struct md_span *s = &l->rb->md.v[i].spans[k];

            if (s->kind == MD_LINK &&
                sv_eq_nocase(sv_trim(sv_sub(l->rb->md.v[i].text, s->from, s->to)), sv_trim(title)))
                return true;
        }
    return false;
}

static void rb011_check(struct lint *l, const struct lint_rule *rule)
{
    const struct md_node *v = l->rb->md.v;
    size_t toc = 0, end = 0, missing = 0, listed = 0;
    struct sv first = {NULL, 0};

    for (size_t i = 1; i < l->rb->md.n && !toc; i++)
        toc = v[i].kind == MD_HEADING && rb011_is_toc(v[i].text) ? i : 0;
    for (end = toc + 1; toc && end < l->rb->md.n && v[end].kind != MD_HEADING;)
        end++;
    for (size_t i = end; toc && i < l->rb->md.n; i++)
        if (v[i].kind == MD_HEADING && v[i].level == v[toc].level) {
            bool is = rb011_is_listed(l, toc, end, v[i].text);

            listed += is;
            missing += !is;
            first = is || first.n ? first : v[i].text;
        }
    if (listed > 1 && missing)
        lint_add(l, rule, v[toc].line, v[toc].text, "%zu chapter%s not in it, such as \"%.*s\"",
                 missing, missing == 1 ? " is" : "s are", SV_FMT(first));
}

const struct lint_rule lint_rb011 = {
    .id = "RB011",
    .severity = LINT_WARNING,
    .title = "a table of contents that leaves chapters out",
    .why = "Who looks for the way to get help, or the tasks afterwards, does not find them.",
    .mend = "add the chapter to the table",
    .check = rb011_check,
};
