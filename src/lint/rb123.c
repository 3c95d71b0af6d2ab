#include "base/sv.h"
#include "lint/lint_util.h"

/* Between quotes, which hold on their line, it is text for the shell: echo "usage: x <name>". */
static bool rb123_is_quoted(struct sv text, size_t at)
{
    size_t from = at;
    char quote = '\0';

    while (from > 0 && text.p[from - 1] != '\n')
        from--;
    for (; from < at; from++) {
        char c = text.p[from];

        if (c == '\\')
            from++;
        else if (c == quote)
            quote = '\0';
        else if (!quote && (c == '"' || c == '\''))
            quote = c;
    }
    return quote != '\0';
}

static void rb123_block(struct lint *l, const struct lint_rule *rule, const struct rb_block *b)
{
    size_t line = b->line + 1, at = 0, told = 0;

    for (size_t i = 0; i < b->placeholders.n; i++) {
        const struct placeholder *p = &b->placeholders.v[i];

        for (; at < p->from; at++)
            line += b->text.p[at] == '\n';
        if (p->kind != PLACEHOLDER_ANGLE || line == told || rb123_is_quoted(b->text, p->from))
            continue;
        told = line;
        lint_add(l, rule, line, p->raw,
                 "the shell takes %.*s for a redirection, when nobody fills it in", SV_FMT(p->raw));
    }
}

static void rb123_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_blocks; i++) {
        const struct rb_block *b = &l->rb->blocks[i];
        struct sv first = sv_trim(b->text);

        while (sv_starts(first, SV("--")))
            first = sv_trim(sv_sub(first, sv_find_byte(first, '\n', 0), first.n));
        if (b->kind == BLOCK_SHELL || (b->kind == BLOCK_SQL && sv_starts(first, SV("psql "))))
            rb123_block(l, rule, b);
    }
}

const struct lint_rule lint_rb123 = {
    .id = "RB123",
    .severity = LINT_INFO,
    .title = "a <name> that is a redirection",
    .why = "Copied as it stands, the shell reads a file called like the name, and writes one "
           "called like the next word.",
    .mend = "bind it under 'variables' in prusik.yaml; for people who paste write \"$HOST\" and "
            "set it above",
    .check = rb123_check,
};
