#pragma once

/*
 * sql: SQL read word by word, and what a statement changes.
 *
 * A scanner, not a parser: it knows strings, quoted names, dollar quotes, nested
 * comments and the bodies of triggers and functions, of PostgreSQL and SQLite both,
 * and from the words outside of them what a statement changes.  What it does not know
 * counts as a change.  Texts are views.
 */
#include "base/strbuf.h"
#include "runbook/command.h"

struct sql_token {
    enum sql_token_kind { SQL_WORD, SQL_QUOTED, SQL_NOTE, SQL_OTHER } kind;
    struct sv text;
    bool unclosed; /* a quoted text or comment without an end */
};

/* The next word, quoted text or name, comment, or one other byte; false at the end. */
bool sql_next_token(struct sv *rest, struct sql_token *ret);

/*
 * The length of the statement that the text begins with: with its ';', or to the end of the line of a
 * meta-command that sends it ("\\gexec"), or to the last byte of it.  Comments after it do not belong to it.
 */
size_t sql_statement_length(struct sv text, bool *unclosed);

/* Is the line a meta-command of a client ("\\d facts", ".schema"), and no statement? */
bool sql_is_meta(struct sv line);

/*
 * sql_effect.c: what one statement or meta-command changes.  *keeps: it changes what later statements of the
 * same connection see (BEGIN, SET, ATTACH).
 */
enum command_effect sql_effect(struct sv statement, bool *keeps);

/*
 * sql_meta.c: a statement of SQLite that shows what a meta-command of psql or sqlite3 shows (".tables",
 * "\\d deals"); false: there is none for it.
 */
bool sql_meta_sqlite(struct sv text, struct strbuf *sql);
/* The same for PostgreSQL: one or several statements on its catalog. */
bool sql_meta_postgres(struct sv text, struct strbuf *sql);
