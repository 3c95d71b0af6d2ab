#include "base/sv.h"
#include "lint/lint_util.h"

static const char *rb314_name(unsigned act)
{
    return act == ACT_BUILD ? "builds" : "installs packages";
}

static const unsigned rb314_acts[] = {ACT_BUILD, ACT_INSTALL};

/* The last lines that do each on the way forward, or 0. */
static void rb314_forward(const struct lint *l, size_t forward[ARRAY_LEN(rb314_acts)])
{
    LINT_EACH_CMD (l, c)
        for (size_t i = 0; i < ARRAY_LEN(rb314_acts); i++)
            if ((c->acts & rb314_acts[i]) && c->role == ROLE_DEPLOY && c->block)
                forward[i] = c->line;
}

/* What the sessions do from the last command to each: one pass, from the end. */
static void rb314_check(struct lint *l, const struct lint_rule *rule)
{
    unsigned *after = XNEWN(unsigned, l->rb->n_parts + 1), *left;
    size_t forward[ARRAY_LEN(rb314_acts)] = {0}, n = l->index->cmds.n;
    uint32_t told = RB_NONE;

    rb314_forward(l, forward);
    left = ARENA_NEWN(&l->work, unsigned, n);
    for (size_t i = n; i > 0; i--) {
        unsigned *session = &after[size_min(l->index->cmds.v[i - 1].proc, l->rb->n_parts)];

        left[i - 1] = *session;
        *session |= l->index->cmds.v[i - 1].acts;
    }
    LINT_EACH_CMD (l, c)
        for (size_t i = 0; i < ARRAY_LEN(rb314_acts); i++)
            if (c->block && c->role == ROLE_ROLLBACK && (c->acts & ACT_REVERT) && forward[i] &&
                !(left[c - l->index->cmds.v] & rb314_acts[i]) && c->proc != told) {
                lint_add(l, rule, c->line, lint_first(c), "line %zu %s, and this section does not",
                         forward[i], rb314_name(rb314_acts[i]));
                told = c->proc;
            }
    free(after);
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
