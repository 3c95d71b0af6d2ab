#include "base/sv.h"
#include "lint/lint_util.h"

static struct sv rb162_name(const struct lint_cmd *c, struct sv *value)
{
    struct sv a = c->whole->declaration && c->whole->n_assigns ? c->whole->assigns[0].raw
                                                               : (struct sv){NULL, 0};
    size_t eq = sv_find_byte(a, '=', 0);

    *value = eq == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(a, eq + 1, a.n);
    return eq == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(a, 0, eq);
}

/* What it points at is dropped in the same block; or it was switched there and back for a test. */
static void rb162_cmd(struct lint *l, const struct lint_rule *rule, const struct lint_cmd *c)
{
    struct sv value, other, name = rb162_name(c, &value);
    const struct lint_cmd *end = l->index->cmds.v + l->index->cmds.n;

    for (const struct lint_cmd *d = c + 1; name.n && d < end && d->block == c->block; d++) {
        const struct shell_word *dropped = lint_last_operand(d);

        if (sv_eq(d->program, SV("unset")))
            return;
        if (sv_eq(d->program, SV("dropdb")) && dropped &&
            sv_has_word(value, lint_word_text(dropped)))
            lint_add(l, rule, c->line, c->whole->assigns[0].raw,
                     "%.*s still names what line %zu drops", SV_FMT(name), d->line);
        if (sv_eq(rb162_name(d, &other), name) && !sv_eq(other, value) && d + 1 < end &&
            (d[1].acts & ACT_TEST))
            lint_add(l, rule, d->line, d->whole->assigns[0].raw,
                     "%.*s keeps this value after the test", SV_FMT(name));
    }
}

static void rb162_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c)
        if (c->block)
            rb162_cmd(l, rule, c);
}

const struct lint_rule lint_rb162 = {
    .id = "RB162",
    .severity = LINT_INFO,
    .title = "an export that outlives its use",
    .why = "Later commands of the same session still see the value: another database, another "
           "flag.",
    .mend = "unset it at the end of the block, or set it for one command only: NAME=value command",
    .check = rb162_check,
};
