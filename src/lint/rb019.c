#include "base/sv.h"
#include "lint/lint_util.h"

static void rb019_check(struct lint *l, const struct lint_rule *rule)
{
    static const struct sv marks[] = {SV("getenv("), SV("environ.get("), SV("process.env.")};

    for (size_t i = 0; i < l->rb->n_blocks; i++) {
        const struct rb_block *b = &l->rb->blocks[i];
        struct sv rest = b->text, line;

        for (size_t n = b->line + 1; b->kind != BLOCK_SHELL && sv_next_line(&rest, &line); n++)
            for (size_t k = 0; k < ARRAY_LEN(marks) && sv_trim(line).n && sv_trim(line).p[0] != '#';
                 k++) {
                size_t at = sv_find(line, marks[k], 0),
                       on = at == SV_NPOS ? SV_NPOS : sv_find_nocase(line, SV("'true'"), at);

                on = at != SV_NPOS && on == SV_NPOS ? sv_find_nocase(line, SV("\"true\""), at) : on;
                if (on != SV_NPOS && sv_find_byte(sv_sub(line, at, on), ')', 0) == SV_NPOS)
                    lint_add(l, rule, n, sv_sub(line, on, on + 6), "on by default");
            }
    }
}

const struct lint_rule lint_rb019 = {
    .id = "RB019",
    .severity = LINT_INFO,
    .title = "a flag that is on when nobody sets it",
    .why = "Deleting the variable, or spelling it wrong, turns the new behaviour on; \"1\" turns "
           "it off.",
    .mend = "let the default be off, and read the usual words for true",
    .check = rb019_check,
};
