#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb004_is_shell_tag(struct sv lang)
{
    return sv_eq_nocase(lang, SV("bash")) || sv_eq_nocase(lang, SV("sh")) ||
           sv_eq_nocase(lang, SV("shell"));
}

static struct sv rb004_first_line(struct sv text, const char *comment, size_t *line)
{
    struct sv rest = text, s;

    for (*line = 1; sv_next_line(&rest, &s); ++*line) {
        s = sv_trim(s);
        if (s.n && !sv_starts(s, sv_from(comment)))
            return s;
    }
    return (struct sv){NULL, 0};
}

static bool rb004_is_request(struct sv s)
{
    struct sv rest = s, verb, path;

    return sv_next_word(&rest, &verb) && sv_next_word(&rest, &path) &&
           (sv_eq(verb, SV("GET")) || sv_eq(verb, SV("POST")) || sv_eq(verb, SV("PUT")) ||
            sv_eq(verb, SV("DELETE")) || sv_eq(verb, SV("PATCH"))) &&
           (sv_starts(path, SV("/")) || sv_starts(path, SV("http")));
}

/* Lines that only a database's client understands. */
static size_t rb004_sql_line(struct sv text)
{
    struct sv rest = text, line;

    for (size_t n = 1; sv_next_line(&rest, &line); n++)
        if (sv_starts(line, SV("-- ")) || sv_starts(line, SV(".schema")) ||
            sv_starts(line, SV(".tables")) || sv_starts(line, SV(".quit")))
            return n;
    return 0;
}

static void rb004_block(struct lint *l, const struct lint_rule *rule, const struct rb_block *b)
{
    bool shell = rb004_is_shell_tag(b->lang);
    size_t line, sql;
    struct sv first;

    if (shell && (b->kind == BLOCK_SETTINGS || b->kind == BLOCK_LISTING))
        lint_add(l, rule, b->line, b->lang, "tagged %.*s, and it is %s", SV_FMT(b->lang),
                 b->kind == BLOCK_SETTINGS ? "a template of settings" : "a list");
    sql = shell && b->kind == BLOCK_SHELL ? rb004_sql_line(b->text) : 0;
    if (sql)
        lint_add(l, rule, b->line + sql, (struct sv){NULL, 0},
                 "this is for a database, not for %.*s", SV_FMT(b->lang));
    if (sv_eq_nocase(b->lang, SV("sql"))) {
        first = rb004_first_line(b->text, "--", &line);
        if (sv_starts(first, SV("psql ")) || sv_starts(first, SV("sqlite3 ")) ||
            sv_starts(first, SV("mysql ")))
            lint_add(l, rule, b->line + line, first, "a command of the shell in a block of SQL");
    }
    first = rb004_first_line(b->text, "#", &line);
    if (b->lang.n && !sv_eq_nocase(b->lang, SV("http")) && !shell && rb004_is_request(first))
        lint_add(l, rule, b->line + line, first, "an HTTP request tagged %.*s", SV_FMT(b->lang));
}

static void rb004_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_blocks; i++)
        rb004_block(l, rule, &l->rb->blocks[i]);
}

const struct lint_rule lint_rb004 = {
    .id = "RB004",
    .severity = LINT_WARNING,
    .title = "a block that is not what its tag says",
    .why = "The tag decides what is run and how: a list of paths tagged bash is executed, and "
           "SQL in a shell is a syntax error.",
    .mend = "tag it as what it is (sql, env, text, http), or move the line of another language "
            "out of it",
    .check = rb004_check,
};
