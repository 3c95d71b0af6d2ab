#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb258_says_when(struct sv note)
{
    static const struct sv words[] = {SV("last hour"),  SV("past hour"),        SV("last 24"),
                                      SV("last 7"),     SV("last day"),         SV("last week"),
                                      SV("last 30"),    SV("last 15"),          SV("last 10 min"),
                                      SV("last 5 min"), SV("past 24"),          SV("per hour"),
                                      SV("per minute"), SV("since the deploy"), SV("today")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(note, words[i]))
            return true;
    return false;
}

static void rb258_check(struct lint *l, const struct lint_rule *rule)
{
    size_t told = SIZE_MAX;

    LINT_EACH_CMD (l, c) {
        const struct shell_word *file = lint_last_operand(c);
        bool reads = sv_ends(c->program, SV("grep")) || sv_eq(c->program, SV("cat")) ||
                     sv_eq(c->program, SV("awk")) || sv_eq(c->program, SV("tail"));

        if (reads && c->group != told && !c->whole->piped_in && rb258_says_when(c->note) && file &&
            sv_has(file->raw, SV(".log")) && !sv_has(c->item->text, SV("date"))) {
            lint_add(l, rule, c->line, lint_first(c), "%.*s is read from its beginning",
                     SV_FMT(file->raw));
            told = c->group;
        }
    }
}

const struct lint_rule lint_rb258 = {
    .id = "RB258",
    .severity = LINT_WARNING,
    .title = "a time that only the comment knows",
    .why = "The command reads the whole file: what happened last month is counted as happening "
           "now.",
    .mend = "journalctl --since, or a filter on the time stamp",
    .check = rb258_check,
};
