#include <math.h>

#include "base/sv.h"
#include "lint/lint_bands.h"
#include "lint/lint_util.h"

/* A hole lies between good and bad, or between bad rows: one row alone leaves everything open. */
static bool rb401_can_have_holes(const struct lint_family *f)
{
    size_t bad = 0;

    for (size_t i = 0; i < f->rows.n; i++)
        bad += f->rows.v[i].verdict != VERDICT_OK;
    return f->rows.n > 1 && bad;
}

static void rb401_family(struct lint *l, const struct lint_rule *rule, const struct lint_family *f)
{
    struct band_regions found = {0};
    size_t line = 0; /* of the first bad row */

    if (!rb401_can_have_holes(f))
        return;
    for (size_t i = f->rows.n; i > 0; i--)
        line = f->rows.v[i - 1].verdict == VERDICT_OK ? line : f->lines.v[i - 1];
    bands_uncovered(f->rows.v, f->rows.n, &found);
    for (size_t i = 0; i < found.list.n && i < 3; i++) {
        struct dim_text value = band_range_text(&found.list.v[i].value),
                        held = band_range_text(&found.list.v[i].held_s);

        lint_add(l, rule, line, (struct sv){NULL, 0}, "%.*s in %s%s%s: no row says what then",
                 SV_FMT(f->subject), value.s,
                 found.list.v[i].held_s.lo > 0 || found.list.v[i].held_s.hi < HUGE_VAL
                     ? " for seconds in "
                     : "",
                 found.list.v[i].held_s.lo > 0 || found.list.v[i].held_s.hi < HUGE_VAL ? held.s
                                                                                       : "");
    }
    vec_release(&found.list);
}

static void rb401_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_families *families = lint_families(l);

    for (size_t i = 0; i < families->list.n; i++)
        rb401_family(l, rule, &families->list.v[i]);
}

const struct lint_rule lint_rb401 = {
    .id = "RB401",
    .severity = LINT_WARNING,
    .title = "values that no row names",
    .why = "Between the rows, or between good and bad, there is a band in which two people "
           "decide in two ways.",
    .mend = "let the bands meet: what is not good and not yet bad is INVESTIGATE",
    .check = rb401_check,
};
