#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb140_is_guarded(struct sv w)
{
    return sv_has(w, SV(":?"));
}

static bool rb140_is_root(struct sv w)
{
    return sv_eq(w, SV("/")) || sv_eq(w, SV("/*")) || sv_eq(w, SV("~")) || sv_eq(w, SV("~/"));
}

static void rb140_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        if (!sv_eq(c->program, SV("rm")) ||
            !(lint_has_flag(c, 'r') || lint_has_flag(c, 'R') || lint_has_word(c, "--recursive")))
            continue;
        for (size_t i = 1; i < c->run.n_words; i++) {
            struct sv w = c->run.words[i].raw;
            size_t dollar = sv_find_byte(w, '$', 0);

            if (rb140_is_root(w))
                lint_add(l, rule, c->line, w, "rm -r of %.*s", SV_FMT(w));
            else if (dollar != SV_NPOS && dollar <= 1 && !rb140_is_guarded(w) &&
                     !sv_starts(sv_sub(w, dollar, w.n), SV("$(")))
                lint_add(l, rule, c->line, w, "when the variable is empty this removes %s",
                         sv_find_byte(w, '/', dollar) == SV_NPOS ? "nothing, or another folder"
                                                                 : "from the root");
        }
    }
}

const struct lint_rule lint_rb140 = {
    .id = "RB140",
    .severity = LINT_ERROR,
    .title = "rm -rf of a variable",
    .why = "When the variable is empty, rm -rf \"$DIR\"/* is rm -rf /*; unquoted, a blank in it "
           "makes two paths.",
    .mend = "write \"${DIR:?}\" (ends the command when it is empty), in quotes",
    .check = rb140_check,
};
