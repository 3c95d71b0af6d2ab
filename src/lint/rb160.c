#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb160_only_some(const struct lint_cmd *c)
{
    return sv_has(c->item->text, SV("smoke")) || sv_has(c->item->text, SV("--collect-only")) ||
           sv_has(c->note, SV("local"));
}

/* The heading nearest to the command that names a place says production. */
static bool rb160_on_production(const struct lint *l, const struct lint_cmd *c)
{
    return sv_eq_nocase(lint_environment(l, c->part), SV("production")) ||
           (sv_has_nocase(c->host, SV("prod")) && sv_has(c->block->text, SV("ssh "))) ||
           (c->block && sv_has_word(c->block->text, SV("production server"))) ||
           lint_title_says(l, lint_heading(l, c->part), "production");
}

static void rb160_check(struct lint *l, const struct lint_rule *rule)
{
    const struct rb_block *told = NULL;

    LINT_EACH_CMD (l, c)
        if ((c->acts & ACT_TEST) && c->block && c->block != told && rb160_on_production(l, c) &&
            !rb160_only_some(c)) {
            lint_add(l, rule, c->line, lint_first(c), "this runs tests where users are");
            told = c->block;
        }
    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];

        if (n->kind == MD_PARAGRAPH && n->parent != MD_NONE && l->rb->md.v[n->parent].task &&
            sv_has_nocase(n->text, SV("test suite")) && sv_has_nocase(n->text, SV("on production")))
            lint_add(l, rule, n->line, n->text, "this runs tests where users are");
    }
}

const struct lint_rule lint_rb160 = {
    .id = "RB160",
    .severity = LINT_WARNING,
    .title = "a test suite on production",
    .why = "Tests create, change and delete data, and load the machine that serves users.",
    .mend = "run the suite on staging, and on production a smoke test that only reads",
    .check = rb160_check,
};
