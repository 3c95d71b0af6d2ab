#pragma once

/*
 * sql: a block of SQL cut into statements, comments, meta-commands and client lines.
 *
 * A scanner, not a parser: it knows strings, quoted names, dollar quotes, nested
 * comments and the bodies of triggers and functions, of PostgreSQL and SQLite both,
 * and from the words outside of them what a statement changes.  What it does not know
 * counts as a change.  Lines count from 0 inside the block; texts are views of it.
 */
#include "base/arena.h"
#include "base/strbuf.h"
#include "runbook/command.h"

enum sql_kind {
    SQL_COMMENT,   /* "-- text": without the dashes */
    SQL_STATEMENT, /* with its ';' */
    SQL_META,      /* "\d facts", ".schema": a command of a client, to the end of its line */
    SQL_CLIENT,    /* "psql $DATABASE_URL": what the statements are to be typed into */
    SQL__N
};

struct sql_item {
    enum sql_kind kind;
    struct sv text;
    size_t line, end_line;
    bool same_line;    /* a comment that follows a statement on its line */
    bool blank_before; /* an empty line, or the start of the block, stands before it */
    enum command_effect effect;
    bool keeps; /* changes what later statements of the connection see: BEGIN, SET, ATTACH */
};

struct sql_script {
    struct sql_item *v;
    size_t n;
    bool unclosed; /* a string or comment has no end: the last item is the rest */
};

void sql_read(struct sv text, struct arena *arena, struct sql_script *ret);

/*
 * sql_meta.c: a statement of SQLite that shows what a meta-command of psql or sqlite3 shows (".tables",
 * "\\d deals"); false: there is none for it.
 */
bool sql_meta_sqlite(struct sv text, struct strbuf *sql);
/* Is the text a meta-command, and no statement? */
bool sql_is_meta(struct sv text);
/* sql_effect.c: what one statement or meta-command changes, and whether it stays for the connection. */
enum command_effect sql_effect(struct sv statement, bool *keeps);
/* The next piece of a statement: a word, a quoted text or name, a comment, or one other byte; false at the end. */
struct sql_token {
    enum sql_token_kind { SQL_WORD, SQL_QUOTED, SQL_NOTE, SQL_OTHER } kind;
    struct sv text;
    bool unclosed;
};
bool sql_next_token(struct sv *rest, struct sql_token *ret);
