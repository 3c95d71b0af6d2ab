#pragma once

/*
 * sql_split: SQL as people paste it: statements, comments, and what only a client
 * understands: the line that opens a session (`psql -h db`), meta commands (\d,
 * .schema), and the end (\q).
 *
 * Items have the kinds SHELL_SQL..., SHELL_COMMENT, places as in shell.h, and no words.
 */
#include "runbook/shell.h"

/* Does the line open a session in which SQL is typed: psql, sqlite3, mysql without SQL, file or input? */
bool sql_is_client(struct sv line);
/*
 * Does the option of psql, mysql or mariadb give the SQL: -c, -Atc, --command?  *value: what stands in the same word;
 * empty when the next word is it.
 */
bool sql_option_gives(struct sv program, struct sv option, struct sv *value);
/* Does the option give the client its work, "-XAtc", "-qf", "--command=x"?  Then nobody types. */
bool sql_option_works(struct sv program, struct sv option);
/* Does a line look like SQL or a meta command? */
bool sql_is_statement(struct sv line);
/* \q, .quit, exit */
bool sql_is_quit(struct sv line);
/*
 * The SQL that is typed into the first client at or after line `*from` of a shell block: *from is then
 * the offset of the client's line, the result the offset behind the last line of the session.  0: none.
 */
size_t sql_find_session(struct sv text, size_t *from);
/*
 * A statement that stands among the commands of a shell block, as its author pasted it: a line that begins with a word
 * of SQL in capitals, at or after `*from`, up to the line that ends with ';'.  *from is then its offset, the result the
 * offset behind its last line.  0: none.
 */
size_t sql_find_statement(struct sv text, size_t *from);
/* Items of text[from, to), places counted in the whole text. */
void sql_split(struct sv text, size_t from, size_t to, struct arena *arena,
               struct shell_script *ret);
