#include "base/sv.h"
#include "lint/lint_bands.h"
#include "lint/lint_util.h"

static void rb402_family(struct lint *l, const struct lint_rule *rule, const struct lint_family *f)
{
    struct band_regions found = {0};

    bands_overlapping(f->rows.v, f->rows.n, &found);
    for (size_t i = 0; i < found.list.n && i < 3; i++) {
        struct dim_text value = band_range_text(&found.list.v[i].value);
        size_t a = f->lines.v[found.list.v[i].a], b = f->lines.v[found.list.v[i].b];

        lint_add(l, rule, b > a ? b : a, (struct sv){NULL, 0},
                 "%.*s in %s is in line %zu too, with another verdict", SV_FMT(f->subject), value.s,
                 b > a ? a : b);
    }
    vec_release(&found.list);
}

static void rb402_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_families *families = lint_families(l);

    for (size_t i = 0; i < families->list.n; i++)
        rb402_family(l, rule, &families->list.v[i]);
}

const struct lint_rule lint_rb402 = {
    .id = "RB402",
    .severity = LINT_WARNING,
    .title = "two rows for one value",
    .why = "Both rows are true, and they say different things: whoever reads first decides.",
    .mend = "let each value be in one row, or say which row wins",
    .check = rb402_check,
};
