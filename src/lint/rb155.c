#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb155_is_pattern_of(const struct lint_cmd *c, const struct shell_word *w)
{
    bool grep = sv_eq(c->program, SV("grep")) || sv_eq(c->program, SV("egrep")) ||
                sv_eq(c->program, SV("sed"));
    size_t i = 1;

    while (grep && i < c->run.n_words && sv_starts(c->run.words[i].raw, SV("-")))
        i++;
    if (grep)
        return i < c->run.n_words && w == &c->run.words[i] &&
               sv_find_byte(w->raw, '/', 0) == SV_NPOS;
    return (c->acts & ACT_REQUEST) &&
           (sv_starts(w->raw, SV("http://")) || sv_starts(w->raw, SV("https://")));
}

static void rb155_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c)
        for (size_t i = 1; i < c->run.n_words; i++)
            if (lint_is_glob(&c->run.words[i]) && rb155_is_pattern_of(c, &c->run.words[i]))
                lint_add(l, rule, c->line, c->run.words[i].raw, "the shell reads %.*s first",
                         SV_FMT(c->run.words[i].raw));
}

const struct lint_rule lint_rb155 = {
    .id = "RB155",
    .severity = LINT_WARNING,
    .title = "a pattern without quotes",
    .why = "The shell expands * and ? and takes away backslashes before the program sees them; "
           "with a file that matches it is another search.",
    .mend = "put the pattern or the URL into single quotes",
    .check = rb155_check,
};
