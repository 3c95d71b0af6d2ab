#pragma once

/*
 * shell: a block of bash split into top-level commands and comments, by the bash
 * grammar (tree-sitter-bash), with the words of every simple command in it.
 *
 * Offsets and lines count from 0 inside the block.  `text` is what is shown and run;
 * `masked` is what is parsed: the same bytes with placeholders such as <host> replaced
 * by plain letters of the same length, as the grammar would take them for something
 * else.  Views of raw text lie in `text`; values live in the arena.
 */
#include "base/arena.h"
#include "base/strbuf.h"

struct shell_parser;
struct shell_parser *shell_parser_new(void);
void shell_parser_free(struct shell_parser *p);
DEFINE_CLEANUP(struct shell_parser *, shell_parser_free)

/* Text, or the name of a variable whose value stands there. */
struct shell_piece {
    struct sv text;
    bool variable;
};

/*
 * A word of a command.  literal: no expansion of any kind in it; then value is what the program gets.
 * plain: nothing but text and $NAME or ${NAME}, which cannot become two words unless the value of an
 * unquoted one has blanks; then the pieces make it up.  ~ at its beginning counts as $HOME.
 */
struct shell_word {
    struct sv raw, value;
    bool literal, plain;
    struct shell_piece *pieces;
    size_t n_pieces;
};

/* "> file", "2>&1", "< file", "<<EOF" */
struct shell_redirect {
    struct sv op;
    struct shell_word target;
};

/* One simple command, wherever it stands: words[0] is the program. */
struct shell_simple {
    struct shell_word *words;
    size_t n_words;
    struct shell_word *assigns; /* NAME=value before the program, or of a declaration */
    size_t n_assigns;
    bool declaration; /* export, declare, readonly, local */
    bool piped_in;    /* its input is the command before it */
    bool piped_out;
    bool nested; /* inside if, for, while, { }, ( ) or a function: may run never or many times */
    size_t line;
};

enum shell_kind {
    SHELL_COMMENT,
    SHELL_SIMPLE,
    SHELL_PIPELINE,
    SHELL_LIST,     /* && and || */
    SHELL_ASSIGN,   /* A=1 alone */
    SHELL_COMPOUND, /* if, for, while, case, { }, ( ), [[ ]] */
    SHELL_FUNCTION,
    SHELL_SQL,        /* a statement (sql_split.h) */
    SHELL_SQL_META,   /* \d, .schema */
    SHELL_SQL_CLIENT, /* psql, sqlite3: opens the session */
    SHELL_SQL_QUIT,   /* \q, .quit, exit */
    SHELL__N
};

struct shell_item {
    enum shell_kind kind;
    size_t from, to; /* bytes of the block */
    size_t line, end_line;
    struct sv text;
    bool same_line;    /* a comment that follows a command on its line */
    bool blank_before; /* an empty line, or the start of the block, stands before it */
    bool background;   /* & */
    bool substitution; /* $( ) or ` ` somewhere */
    bool heredoc;
    bool avoided; /* set by the reader: shown as what must not be run */
    struct shell_simple *simple;
    size_t n_simple;
    struct shell_simple *substituted; /* what stands in $( ), ` ` or <( ), at any depth */
    size_t n_substituted;
    struct shell_redirect *redirects;
    size_t n_redirects;
};

struct shell_script {
    struct shell_item *v;
    size_t n;
    bool broken;   /* the grammar does not take it ... */
    bool too_long; /* ... as it has more than SHELL_MAX_BYTES */
    size_t broken_line;
};

/* Of a block: tree-sitter 0.20 corrupts its heap when a node has more than 65,535 children. */
#define SHELL_MAX_BYTES 65535u

/* Never fails: what the grammar does not take is said in `broken`, and is one item from there on. */
void shell_split(struct shell_parser *p, struct sv text, struct sv masked, struct arena *arena,
                 struct shell_script *ret);

/* Text of a comment without its marks ("#", "--") and blanks. */
struct sv shell_comment_text(const struct shell_item *item);
/* The program name of a simple command without its folder; empty when it is not literal. */
struct sv shell_program(const struct shell_simple *s);
/* The command without sudo and its options, and without nohup. */
struct shell_simple shell_inner(const struct shell_simple *s, bool *sudo);
/* Does word `from` or a later one equal the literal text?  Its index, or 0. */
size_t shell_find_word(const struct shell_simple *s, size_t from, struct sv text);
