#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb016_is_empty(struct sv text)
{
    static const struct sv words[] = {SV("name"),    SV("email"),        SV("e-mail"), SV("phone"),
                                      SV("contact"), SV("contact info"), SV("pager"),  SV("number"),
                                      SV("slack"),   SV("phone number"), SV("tbd")};
    struct sv t = sv_trim(text);

    if (t.n < 3 || t.p[0] != '[' || t.p[t.n - 1] != ']')
        return false;
    t = sv_sub(t, 1, t.n - 1);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(t, words[i]))
            return true;
    return false;
}

static void rb016_check(struct lint *l, const struct lint_rule *rule)
{
    size_t told = 0;

    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];
        struct sv t = n->text;

        if (n->kind != MD_CELL && (n->kind != MD_PARAGRAPH || n->parent == MD_NONE ||
                                   l->rb->md.v[n->parent].kind != MD_ITEM))
            continue;
        if (n->kind == MD_PARAGRAPH)
            t = sv_find_byte(t, ':', 0) == SV_NPOS ? (struct sv){NULL, 0}
                                                   : sv_sub(t, sv_find_byte(t, ':', 0) + 1, t.n);
        if (rb016_is_empty(t) && n->line != told) {
            told = n->line;
            lint_add(l, rule, n->line, sv_trim(t), "%.*s was never filled in", SV_FMT(sv_trim(t)));
        }
    }
}

const struct lint_rule lint_rb016 = {
    .id = "RB016",
    .severity = LINT_WARNING,
    .title = "nobody to call",
    .why = "In the night when it is needed the line says [NAME].",
    .mend = "write the name, the channel and the number, or where the rota is found",
    .check = rb016_check,
};
