#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb021_is_date(struct sv s, size_t i)
{
    static const char shape[] = "dddd-dd-dd";

    if (i + 10 > s.n || (i > 0 && ascii_is_digit(s.p[i - 1])))
        return false;
    for (size_t k = 0; k < 10; k++)
        if (shape[k] == 'd' ? !ascii_is_digit(s.p[i + k]) : s.p[i + k] != shape[k])
            return false;
    return true;
}

static void rb021_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_messages; i++) {
        const struct rb_block *b = l->rb->messages[i].block < l->rb->n_blocks
                                       ? &l->rb->blocks[l->rb->messages[i].block]
                                       : NULL;
        struct sv rest = b ? b->text : (struct sv){NULL, 0}, line;

        for (size_t n = b ? b->line + 1 : 0; sv_next_line(&rest, &line); n++)
            for (size_t k = 0; k < line.n; k++)
                if (rb021_is_date(line, k))
                    lint_add(l, rule, n, sv_sub(line, k, k + 10),
                             "%.*s is sent with every deployment", SV_FMT(sv_sub(line, k, k + 10)));
    }
}

const struct lint_rule lint_rb021 = {
    .id = "RB021",
    .severity = LINT_INFO,
    .title = "a time of last time in a text to send",
    .why = "It is sent as it stands, with the date of the example.",
    .mend = "write [DATE] and [TIME]; prusik fills in what it knows",
    .check = rb021_check,
};
