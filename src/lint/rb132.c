#include "base/sv.h"
#include "lint/lint_util.h"

/* What begins or marks an alternative; the author's words, not those of one document. */
static bool rb132_is_way(struct sv comment)
{
    static const struct sv starts[] = {
        SV("or via "),      SV("or use "), SV("or "), SV("alternatively"),
        SV("alternative:"), SV("option "), SV("if ")};
    static const struct sv marks[] = {SV("(alternative)"), SV("(recommended)"), SV("(preferred)"),
                                      SV("alternative)")};
    struct sv t = comment;

    while (t.n && (t.p[0] == '#' || ascii_is_space(t.p[0])))
        t = sv_sub(t, 1, t.n);
    for (size_t i = 0; i < ARRAY_LEN(starts); i++)
        if (sv_starts_nocase(t, starts[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (sv_has_nocase(t, marks[i]))
            return true;
    return sv_starts_nocase(t, SV("for ")) &&
           (sv_has_nocase(t, SV("sqlite")) || sv_has_nocase(t, SV("postgres")) ||
            sv_has_nocase(t, SV("mysql")));
}

static void rb132_check(struct lint *l, const struct lint_rule *rule)
{
    const struct rb_block *block = NULL;
    const struct lint_cmd *first = NULL;
    bool told = false;

    LINT_EACH_CMD (l, c) {
        bool changes = c->acts || c->effect != EFFECT_NONE;

        if (!c->block)
            continue;
        if (c->block != block) {
            block = c->block;
            first = NULL;
            told = false;
        }
        if (first && !told && c->note.n && c->note.p < c->item->text.p && changes &&
            rb132_is_way(c->note)) {
            lint_add(l, rule, c->line, lint_first(c),
                     "a run from top to bottom does this also after line %zu", first->line);
            told = true;
        }
        if (!first && c->effect != EFFECT_STATE && c->effect != EFFECT_NONE)
            first = c;
    }
}

const struct lint_rule lint_rb132 = {
    .id = "RB132",
    .severity = LINT_WARNING,
    .title = "alternatives in one block",
    .why = "Run from top to bottom, all of them are carried out: also the ones that were meant "
           "instead.",
    .mend = "one block for each way, each with its own heading and condition",
    .check = rb132_check,
};
