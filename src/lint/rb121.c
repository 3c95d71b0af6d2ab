#include "base/sv.h"
#include "lint/lint_util.h"
#include "runbook/sql_split.h"

static bool rb121_client(const struct lint_cmd *c)
{
    static const char *const works[] = {"-c", "--command", "-f",        "--file",
                                        "-l", "--list",    "--version", "-V",
                                        "-e", "--execute", "--help",    "-?"};

    if (c->whole->piped_in || lint_redirect(c, "<") || c->item->heredoc)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(works); i++)
        if (lint_has_word(c, works[i]) || lint_word_with(c, works[i]))
            return false;
    for (size_t i = 1; i < c->run.n_words; i++)
        if (sql_option_works(c->program, c->run.words[i].value))
            return false;
    if (sv_eq(c->program, SV("sqlite3")))
        return c->run.n_words <= 2;
    return true;
}

static bool rb121_waits(const struct lint_cmd *c)
{
    static const char *const always[] = {"vi",
                                         "vim",
                                         "nano",
                                         "emacs",
                                         "less",
                                         "more",
                                         "top",
                                         "htop",
                                         "visudo",
                                         "crontab -e",
                                         "git rebase -i",
                                         "git add -p",
                                         "python manage.py shell",
                                         "rails console",
                                         "flask shell",
                                         "mysql_secure_installation"};

    return LINT_RUNS_ANY(c, always) || ((c->acts & ACT_SQL_CLIENT) && rb121_client(c));
}

static bool rb121_in_sql(struct sv line)
{
    struct sv t = sv_trim(line);

    return (sv_starts(t, SV("psql ")) || sv_starts(t, SV("sqlite3 ")) ||
            sv_starts(t, SV("mysql "))) &&
           !sv_has(t, SV(" -c")) && !sv_has(t, SV(" -f")) && !sv_has(t, SV("\""));
}

static void rb121_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c)
        if (rb121_waits(c) && c->block)
            lint_add(l, rule, c->line, lint_first(c), "%.*s waits for somebody to type",
                     SV_FMT(c->program));
    for (size_t i = 0; i < l->rb->n_blocks; i++) {
        const struct rb_block *b = &l->rb->blocks[i];
        struct sv rest = b->text, line, word, words;

        for (size_t n = b->line + 1; b->kind == BLOCK_SQL && sv_next_line(&rest, &line); n++)
            if (rb121_in_sql(line)) {
                words = line;
                (void)sv_next_word(&words, &word);
                lint_add(l, rule, n, word, "%.*s waits for somebody to type", SV_FMT(word));
            }
    }
}

const struct lint_rule lint_rb121 = {
    .id = "RB121",
    .severity = LINT_WARNING,
    .title = "a command that waits for a person",
    .why = "It opens a prompt, a pager or an editor: in a script the lines after it are typed "
           "into it, or it waits for ever.",
    .mend = "give it its work: psql -c, psql -f FILE, sqlite3 FILE \"SQL\", sed -i, systemctl "
            "--no-pager",
    .check = rb121_check,
};
