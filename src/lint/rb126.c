#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb126_one_file(const struct lint_cmd *c, const struct shell_word *w)
{
    static const char *const takes_one[] = {"pg_restore", "gunzip", "zcat", "sqlite3", "unzip"};
    bool backup = sv_has_nocase(w->raw, SV("backup")) || sv_has_nocase(w->raw, SV(".dump")) ||
                  sv_has_nocase(w->raw, SV(".sql"));

    if (LINT_RUNS_ANY(c, takes_one))
        return true;
    if (sv_eq(c->program, SV("cp")) || sv_eq(c->program, SV("mv")) || sv_eq(c->program, SV("scp")))
        return w == lint_last_operand(c) || backup;
    return (c->acts & ACT_SQL_CLIENT) != 0;
}

/* cat runs/(any)/facts.json | python: one document is read, several are written. */
static bool rb126_one_document(const struct lint *l, const struct lint_cmd *c)
{
    const struct lint_cmd *to = lint_pipe_to(l, c);

    return sv_eq(c->program, SV("cat")) && to &&
           (sv_starts(to->program, SV("python")) || (to->acts & ACT_SQL_CLIENT));
}

static void rb126_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        for (size_t i = 1; i < c->run.n_words; i++)
            if (lint_is_glob(&c->run.words[i]) && !sv_starts(c->run.words[i].raw, SV("-")) &&
                (rb126_one_file(c, &c->run.words[i]) || rb126_one_document(l, c)))
                lint_add(l, rule, c->line, c->run.words[i].raw, "%.*s may be any file or several",
                         SV_FMT(c->run.words[i].raw));
        for (size_t i = 0; i < c->item->n_redirects; i++) {
            const struct shell_redirect *r = &c->item->redirects[i];

            if (lint_is_glob(&r->target) && (c == l->index->cmds.v || c[-1].group != c->group))
                lint_add(l, rule, c->line, r->target.raw,
                         "%.*s %.*s fails as soon as two files match", SV_FMT(r->op),
                         SV_FMT(r->target.raw));
        }
    }
}

const struct lint_rule lint_rb126 = {
    .id = "RB126",
    .severity = LINT_WARNING,
    .title = "a pattern where one file is meant",
    .why = "With a second file that matches it is another file, several, or \"ambiguous "
           "redirect\"; after a failed backup it is last week's.",
    .mend = "keep the name when the file is made (BACKUP=shop_$(date +%F).dump) and use "
            "\"$BACKUP\" afterwards",
    .check = rb126_check,
};
