#pragma once

/*
 * lint_util: what rules look things up in: the commands and SQL of a document in
 * order, with what they do, where they run and what is said of them.
 *
 * Built once a document, gone with lint_settle(); rules read it.  A command is a
 * simple command of a shell block, of `ssh host "..."`, or of code in a list item.
 * Its words come without what only wraps it (sudo, env, time, docker exec).  Pure.
 */
#include "base/vec.h"
#include "lint/lint.h"
#include "runbook/command.h"

/* What a command does, as bits. */
enum lint_act {
    ACT_DELIVER = 1 << 0,   /* brings new code */
    ACT_REVERT = 1 << 1,    /* brings old code: git revert, checkout, reset */
    ACT_MIGRATE = 1 << 2,   /* schema forward */
    ACT_DOWNGRADE = 1 << 3, /* schema back */
    ACT_BACKUP = 1 << 4,
    ACT_RESTORE = 1 << 5, /* data back from a file */
    ACT_TEST = 1 << 6,    /* runs a test suite */
    ACT_START = 1 << 7,
    ACT_STOP = 1 << 8,
    ACT_RESTART = 1 << 9,
    ACT_INSTALL = 1 << 10, /* packages of the application */
    ACT_BUILD = 1 << 11,
    ACT_MAINTAIN = 1 << 12,  /* sets a maintenance flag */
    ACT_REQUEST = 1 << 13,   /* an HTTP request */
    ACT_SQL_CLIENT = 1 << 14 /* psql, sqlite3, mysql */
};

struct lint_cmd {
    const struct rb_block *block; /* NULL: code in a sentence that is no step */
    const struct shell_item *item;
    const struct shell_simple *whole; /* as written */
    struct shell_simple run;          /* without what wraps it */
    struct sv program;
    struct sv note;  /* the comment above it or on its line */
    struct sv after; /* the comments below it */
    struct sv host;  /* of the ssh that is in force; empty: here */
    struct sv unit;  /* of START, STOP, RESTART: the first service */
    size_t line, end_line;
    uint32_t part; /* RB_NONE before the first heading */
    uint32_t proc; /* the heading whose commands share a session */
    enum rb_role role;
    unsigned acts;
    unsigned before, session;   /* acts of its session: of the commands before it, of all */
    enum command_effect effect; /* of its item */
    size_t group;               /* commands of one top-level item have one */
    bool alone;                 /* the only command of its item */
};

/* A statement of SQL, of a block or of an option of a client. */
struct lint_sql {
    struct sv text;  /* without comments before it, without ';' */
    struct sv after; /* the comments behind it */
    size_t line;
    uint32_t part;
    enum rb_role role;
    const struct rb_block *block; /* NULL: of cmd */
    const struct lint_cmd *cmd;   /* NULL: of a block; index is final when rules run */
};

struct lint_index {
    VEC(struct lint_cmd) cmds;
    VEC(struct lint_sql) sqls;
    size_t n_groups;
    unsigned acts;   /* of all commands */
    struct sv lower; /* the text with ASCII letters in lower case: for searches that do not care */
};

/* A rule that compares each of some commands with others looks at no more of them: nobody writes so many. */
#define LINT_COMPARED 400u

struct lint_index *lint_index_new(struct lint *l);
void lint_index_free(struct lint_index *x);

/* For each command c of lint l. */
/* NOLINTBEGIN(bugprone-macro-parentheses): `c` and `s` are names that are declared */
#define LINT_EACH_CMD(l, c)                                                  \
    for (const struct lint_cmd *c = (l)->index->cmds.v,                      \
                               *end_##c = c ? c + (l)->index->cmds.n : NULL; \
         c < end_##c; c++)
#define LINT_EACH_SQL(l, s)                                                  \
    for (const struct lint_sql *s = (l)->index->sqls.v,                      \
                               *end_##s = s ? s + (l)->index->sqls.n : NULL; \
         s < end_##s; s++)
/* NOLINTEND(bugprone-macro-parentheses) */

/* The first word is the program, and each further one stands among its words, in order: "flask db upgrade". */
bool lint_runs_phrase(const struct lint_cmd *c, const char *phrase);
static inline bool lint_runs(const struct lint_cmd *c, const char *phrase)
{
    /* most phrases are of another program: this is asked some hundred times of each command */
    return c->program.n && *phrase == *c->program.p && lint_runs_phrase(c, phrase);
}
bool lint_runs_any(const struct lint_cmd *c, const char *const *phrases, size_t n);
#define LINT_RUNS_ANY(c, table) lint_runs_any((c), (table), ARRAY_LEN(table))
bool lint_has_word(const struct lint_cmd *c, const char *word);
/* A word that begins with the prefix ("--format="), or NULL. */
const struct shell_word *lint_word_with(const struct lint_cmd *c, const char *prefix);
/* A short option alone or in a bundle: 'f' of -fsS. */
bool lint_has_flag(const struct lint_cmd *c, char flag);
/* The word after the option, or behind '=' in it; empty when there is none. */
struct sv lint_option(const struct lint_cmd *c, const char *option);
/* What a word means to the program, as far as it is text: without quotes. */
struct sv lint_word_text(const struct shell_word *w);
/* Its first word as written, for the place of a finding; what assigns only has none: the whole then. */
struct sv lint_first(const struct lint_cmd *c);
/* The last word that is no option; NULL when there is none. */
const struct shell_word *lint_last_operand(const struct lint_cmd *c);
/* Does the word hold a pattern that the shell expands: an unquoted * or ? */
bool lint_is_glob(const struct shell_word *w);
/* The command whose output it reads, or NULL. */
const struct lint_cmd *lint_pipe_from(const struct lint *l, const struct lint_cmd *c);
/* The command that reads its output, or NULL. */
const struct lint_cmd *lint_pipe_to(const struct lint *l, const struct lint_cmd *c);
/* "< file" or "> file" of its item; NULL when there is none. */
const struct shell_redirect *lint_redirect(const struct lint_cmd *c, const char *op);

/* The heading of level <= 2 that a part is under; RB_NONE. */
uint32_t lint_chapter(const struct lint *l, uint32_t part);
/* The nearest heading; RB_NONE. */
uint32_t lint_heading(const struct lint *l, uint32_t part);
/* The last line of what stands under a heading, with what is below it. */
size_t lint_part_end(const struct lint *l, uint32_t part);
/* Does the part, or one that it is in, name the word in its title? */
bool lint_title_says(const struct lint *l, uint32_t part, const char *word);
/* Which environment a part's titles speak of: "production", "staging", ... ; empty when none or several. */
struct sv lint_environment(const struct lint *l, uint32_t part);

/* One of the words stands in the text. */
bool lint_says_any(struct sv text, const char *const *words, size_t n);
#define LINT_SAYS_ANY(text, table) lint_says_any((text), (table), ARRAY_LEN(table))
/* The next line, after *line (0 at first), that holds the word, given in lower case; false: no more. */
bool lint_next_line_with(const struct lint *l, struct sv word, size_t *line);
/* The first number of a text, and what follows it; false when there is none. */
bool lint_number(struct sv text, double *number, struct sv *rest);
/* A duration such as "2-3 minutes", "~5 min", "14 hours", "None": seconds. */
bool lint_duration(struct sv text, double *lo_s, double *hi_s);
