#include "base/sv.h"
#include "lint/lint_util.h"

static void rb015_check(struct lint *l, const struct lint_rule *rule)
{
    const struct rb_meta *first = NULL;
    double a = 0, b;
    struct sv rest;

    for (size_t i = 0; i < l->rb->n_metas; i++) {
        const struct rb_meta *m = &l->rb->metas[i];

        if ((!sv_eq_nocase(m->key, SV("version")) &&
             !sv_eq_nocase(m->key, SV("document version"))) ||
            !lint_number(m->value, &b, &rest))
            continue;
        if (first && (a < b || a > b))
            lint_add(l, rule, m->line, m->value, "%.*s is %.*s here and %.*s in line %zu",
                     SV_FMT(m->key), SV_FMT(m->value), SV_FMT(first->value), first->line);
        if (!first) {
            first = m;
            a = b;
        }
    }
}

const struct lint_rule lint_rb015 = {
    .id = "RB015",
    .severity = LINT_WARNING,
    .title = "two versions of one document",
    .why = "Nobody can say which edition was followed.",
    .mend = "keep one version, at the top",
    .check = rb015_check,
};
