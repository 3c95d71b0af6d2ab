#include "base/sv.h"
#include "lint/lint_util.h"

static const char *rb314_name(unsigned act)
{
    return act == ACT_BUILD ? "builds" : "installs packages";
}

static void rb314_check(struct lint *l, const struct lint_rule *rule)
{
    static const unsigned acts[] = {ACT_BUILD, ACT_INSTALL};
    uint32_t told = RB_NONE;

    LINT_EACH_CMD (l, c) {
        if (!c->block || c->role != ROLE_ROLLBACK || !(c->acts & ACT_REVERT) || c->proc == told)
            continue;
        for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
            size_t forward = 0;
            bool back = false;

            LINT_EACH_CMD (l, d) {
                if ((d->acts & acts[i]) && d->role == ROLE_DEPLOY && d->block)
                    forward = d->line;
                back |= (d->acts & acts[i]) && d->proc == c->proc && d > c;
            }
            if (forward && !back && c->proc != told) {
                lint_add(l, rule, c->line, lint_first(c), "line %zu %s, and this section does not",
                         forward, rb314_name(acts[i]));
                told = c->proc;
            }
        }
    }
}

const struct lint_rule lint_rb314 = {
    .id = "RB314",
    .severity = LINT_WARNING,
    .title = "a way back that leaves half of the new version",
    .why = "The forward way installs packages or builds assets; after going back the old code "
           "runs with the new ones.",
    .mend = "repeat the install and the build after the old code is there, or keep the whole old "
            "release and switch a link",
    .check = rb314_check,
};
