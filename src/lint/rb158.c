#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb158_has_time(struct sv text)
{
    return sv_has(text, SV("$")) || sv_has(text, SV("`")) || sv_has(text, SV("<")) ||
           sv_has(text, SV("[")) || sv_has(text, SV("TIMESTAMP")) || sv_has(text, SV("{"));
}

static void rb158_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        const struct shell_redirect *out = lint_redirect(c, ">");
        struct sv file = out ? lint_word_text(&out->target) : lint_option(c, "-f");

        if (c->block && (c->acts & ACT_BACKUP) && sv_ends(c->program, SV("dump")) && file.n &&
            !rb158_has_time(file) && !sv_starts(file, SV("/dev/")) && !sv_starts(file, SV("/tmp/")))
            lint_add(l, rule, c->line, file, "%.*s has the same name each time", SV_FMT(file));
    }
}

const struct lint_rule lint_rb158 = {
    .id = "RB158",
    .severity = LINT_WARNING,
    .title = "a backup that overwrites the last one",
    .why = "A second run replaces the good backup with one of the changed database.",
    .mend = "put a time into the name: shop_$(date +%Y%m%d_%H%M%S).dump",
    .check = rb158_check,
};
