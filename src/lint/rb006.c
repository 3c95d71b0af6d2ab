#include "base/sv.h"
#include "lint/lint_util.h"

static struct sv rb006_words(const struct shell_item *item)
{
    struct sv t = shell_comment_text(item);
    size_t i = 0;

    while (i < t.n &&
           (ascii_is_digit(t.p[i]) || t.p[i] == '.' || t.p[i] == '(' || ascii_is_space(t.p[i])))
        i++;
    return sv_sub(t, i, t.n);
}

static bool rb006_is_work(const struct shell_item *item)
{
    static const struct sv verbs[] = {SV("announce"),     SV("ensure"),
                                      SV("notify"),       SV("edit"),
                                      SV("remove:"),      SV("navigate"),
                                      SV("manual"),       SV("manually"),
                                      SV("ask"),          SV("confirm"),
                                      SV("send"),         SV("investigate"),
                                      SV("touch"),        SV("put application"),
                                      SV("inform"),       SV("tell"),
                                      SV("call"),         SV("page"),
                                      SV("log in"),       SV("open the"),
                                      SV("open a"),       SV("click"),
                                      SV("post to"),      SV("test ui"),
                                      SV("fix in"),       SV("review logs"),
                                      SV("get approval"), SV("wait for approval")};
    struct sv t = rb006_words(item);

    if (sv_starts_nocase(t, SV("if ")) || sv_starts(t, SV("- [ ]")) || sv_has(t, SV("manual test")))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (sv_starts_nocase(t, verbs[i]) && (t.n == verbs[i].n || !ascii_is_word(t.p[verbs[i].n])))
            return true;
    return false;
}

/* Comments [from, to) that no command follows directly. */
static void rb006_run(struct lint *l, const struct lint_rule *rule, const struct rb_block *b,
                      size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (rb006_is_work(&b->script.v[i])) {
            lint_add(l, rule, b->line + 1 + b->script.v[i].line, b->script.v[i].text,
                     "\"%.*s\" is skipped by everything that runs this block",
                     SV_FMT(rb006_words(&b->script.v[i])));
            return;
        }
}

static void rb006_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_blocks; i++) {
        const struct rb_block *b = &l->rb->blocks[i];
        const struct shell_script *s = &b->script;
        size_t commands = 0;

        for (size_t k = 0; k < s->n; k++)
            commands += s->v[k].kind != SHELL_COMMENT;
        for (size_t from = 0, to; commands && b->kind == BLOCK_SHELL && from < s->n; from = to) {
            to = from + 1;
            if (s->v[from].kind != SHELL_COMMENT || s->v[from].same_line)
                continue;
            while (to < s->n && s->v[to].kind == SHELL_COMMENT && !s->v[to].same_line &&
                   !s->v[to].blank_before)
                to++;
            if (to == s->n || s->v[to].blank_before || s->v[to].kind == SHELL_COMMENT)
                rb006_run(l, rule, b, from, to);
        }
    }
}

const struct lint_rule lint_rb006 = {
    .id = "RB006",
    .severity = LINT_WARNING,
    .title = "work for people in a comment",
    .why = "A comment is skipped, by a runner and by a tired person: the step is not done, and "
           "nobody notices.",
    .mend = "make it a list item (\"- [ ] Announce the deployment\"), which is asked and recorded",
    .check = rb006_check,
};
