#include "base/sv.h"
#include "lint/lint_util.h"

/* What is expected of psql. */
static const char *rb252_psql(struct sv t)
{
    bool row = sv_find_byte(t, '|', 0) != SV_NPOS;
    size_t error = sv_find(t, SV("ERROR: "), 0);

    if (row && sv_has(t, SV("character varying")) &&
        (sv_has(t, SV("| not null")) || sv_has(t, SV("(nullable)"))))
        return "psql has a column for the collation between, and leaves the cell of a column that may be NULL empty";
    if (sv_has(t, SV("CHECK (")) && sv_has(t, SV(" IN (")))
        return "psql prints such a check as = ANY (ARRAY[...])";
    if (error != SV_NPOS && t.n > error + 8 && t.p[error + 7] != ' ')
        return sv_has(t, SV("violated"))
                   ? "PostgreSQL says: new row for relation ... violates check constraint"
                   : "psql prints two blanks after ERROR:";
    if (row && (sv_starts(t, SV("NULL ")) || sv_starts(t, SV("NULL|")) || sv_ends(t, SV("| NULL"))))
        return "psql prints NULL as an empty cell";
    return NULL;
}

static const char *rb252_curl(struct sv t, struct sv command)
{
    if (sv_has(t, SV("200 OK")) && sv_has(command, SV("https://")) &&
        (sv_has(command, SV("-I")) || sv_has(command, SV("-i"))))
        return "HTTP/2 has no words behind the status: the line is \"HTTP/2 200\"";
    return NULL;
}

static struct sv rb252_text(struct sv comment)
{
    while (comment.n &&
           (comment.p[0] == '#' || comment.p[0] == '-' || ascii_is_space(comment.p[0])))
        comment = sv_sub(comment, 1, comment.n);
    return sv_trim(comment);
}

static void rb252_shell(struct lint *l, const struct lint_rule *rule, const struct rb_block *b)
{
    struct sv command = {NULL, 0};

    for (size_t i = 0; i < b->script.n; i++) {
        const struct shell_item *item = &b->script.v[i];
        struct sv t = rb252_text(item->text);
        const char *why = NULL;

        if (item->kind != SHELL_COMMENT) {
            command = item->text;
            continue;
        }
        if (sv_has(command, SV("psql")))
            why = rb252_psql(t);
        else if (sv_has(command, SV("curl")))
            why = rb252_curl(t, command);
        if (why)
            lint_add(l, rule, b->line + 1 + item->line, item->text, "%s", why);
    }
}

static void rb252_sql(struct lint *l, const struct lint_rule *rule, const struct rb_block *b)
{
    struct sv rest = b->text, line;

    for (size_t n = b->line + 1; sv_next_line(&rest, &line); n++) {
        const char *why = sv_starts(sv_trim(line), SV("--")) ? rb252_psql(rb252_text(line)) : NULL;

        if (why)
            lint_add(l, rule, n, (struct sv){NULL, 0}, "%s", why);
    }
}

static void rb252_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_blocks; i++) {
        if (l->rb->blocks[i].kind == BLOCK_SHELL)
            rb252_shell(l, rule, &l->rb->blocks[i]);
        else if (l->rb->blocks[i].kind == BLOCK_SQL)
            rb252_sql(l, rule, &l->rb->blocks[i]);
    }
}

const struct lint_rule lint_rb252 = {
    .id = "RB252",
    .severity = LINT_WARNING,
    .title = "text that the tool never prints",
    .why = "The check fails on a good day, and people learn to wave it through.",
    .mend = "compare what the tool prints: run it once and copy, or ask the catalog "
            "(information_schema)",
    .check = rb252_check,
};
