#include "base/sv.h"
#include "lint/lint_util.h"

/* What it destroys, or NULL. */
static const char *rb134_destroys(const struct lint_cmd *c)
{
    static const char *const drops[] = {
        "dropdb",         "git reset --hard", "git clean -fd",      "git clean -fdx",
        "kubectl delete", "docker volume rm", "redis-cli flushall", "redis-cli FLUSHALL",
        "mkfs",           "terraform destroy"};

    if (c->acts & ACT_DOWNGRADE)
        return "schema and data";
    if (c->acts & ACT_RESTORE)
        return "what the database holds now";
    if (LINT_RUNS_ANY(c, drops))
        return "what is there now";
    return NULL;
}

static bool rb134_sql_drops(struct sv sql)
{
    static const char *const words[] = {"DROP TABLE", "DROP COLUMN", "DROP DATABASE", "DROP SCHEMA",
                                        "TRUNCATE"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_word(sql, sv_from(words[i])))
            return true;
    return false;
}

/* Is the target made in this block, so that nothing of worth is in it? createdb x ... dropdb x */
static bool rb134_is_scratch(const struct lint *l, const struct lint_cmd *c)
{
    struct sv text = c->item->text;

    for (const struct lint_cmd *p = c; p >= l->index->cmds.v && p->proc == c->proc; p--) {
        const struct shell_word *name = lint_last_operand(p);

        if (sv_eq(p->program, SV("createdb")) && name && sv_has_word(text, lint_word_text(name)))
            return true;
        if (p == l->index->cmds.v)
            break;
    }
    return false;
}

static bool rb134_backed_up(const struct lint *l, const struct lint_cmd *c)
{
    for (const struct lint_cmd *p = c; p > l->index->cmds.v && p[-1].proc == c->proc; p--)
        if (p[-1].acts & ACT_BACKUP)
            return true;
    return false;
}

static void rb134_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        const char *what = c->block ? rb134_destroys(c) : NULL;

        if (what && !rb134_backed_up(l, c) && !rb134_is_scratch(l, c))
            lint_add(l, rule, c->line, lint_first(c),
                     "this destroys %s, and no backup is made before it", what);
    }
    LINT_EACH_SQL (l, s)
        if (s->cmd && rb134_sql_drops(s->text) && !rb134_backed_up(l, s->cmd) &&
            !rb134_is_scratch(l, s->cmd))
            lint_add(l, rule, s->line, lint_first(s->cmd),
                     "this destroys data, and no backup is made before it");
}

const struct lint_rule lint_rb134 = {
    .id = "RB134",
    .severity = LINT_WARNING,
    .title = "destroyed without a copy before it",
    .why = "When it goes wrong half-way, or takes the wrong thing, there is nothing to go back "
           "to.",
    .mend = "make and verify a backup in the same procedure, directly before it",
    .check = rb134_check,
};
