#include <string.h>

#include "base/sv.h"
#include "lint/lint_util.h"

static void rb125_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c)
        for (size_t i = 1; c->block && (c->acts & ACT_REQUEST) && i < c->run.n_words; i++) {
            struct sv w = c->run.words[i].raw;
            size_t open = sv_find_byte(w, '{', 0), close = sv_find_byte(w, '}', 0);

            if (open == SV_NPOS || close == SV_NPOS || close < open + 2 ||
                (open > 0 && strchr("$%", w.p[open - 1])) || sv_find_byte(w, ':', open) < close ||
                !ascii_is_alpha(w.p[open + 1]))
                continue;
            lint_add(l, rule, c->line, sv_sub(w, open, close + 1),
                     "curl asks for \"%.*s\" when nobody fills it in",
                     SV_FMT(sv_sub(w, open + 1, close)));
            break;
        }
}

const struct lint_rule lint_rb125 = {
    .id = "RB125",
    .severity = LINT_INFO,
    .title = "a {name} that curl expands",
    .why = "curl takes {flow_id} for a list of one and asks for \"flow_id\"; in a header it is "
           "sent as it stands. Both end with 0.",
    .mend = "bind it under 'variables' in prusik.yaml, or write \"$flow_id\" and set it above",
    .check = rb125_check,
};
