#pragma once

/*
 * sqllex: the tokens of SQL text, as far as they say where strings, comments and statements end.
 *
 * PostgreSQL 15, "Lexical Structure" (4.1): nested comments, E'' and dollar quotes, names with '$'; SQLite, "SQL As
 * Understood": [name], `name`, comments that do not nest.  Tokens lie in the text one after another and
 * cover all of it; what is not closed reaches to the end and says so.
 */
#include "base/base.h"
#include "db/db.h"

enum sqllex_kind {
    SQLLEX_SPACE,
    SQLLEX_LINE_COMMENT, /* "--" up to the line end, without it */
    SQLLEX_COMMENT,
    SQLLEX_WORD,
    SQLLEX_NAME, /* in quotes */
    SQLLEX_STRING,
    SQLLEX_DOLLAR, /* a string in dollar quotes */
    SQLLEX_NUMBER, /* also $1 */
    SQLLEX_SEMICOLON,
    SQLLEX_PUNCT, /* one byte */
    SQLLEX__N,
};

struct sqllex {
    struct sv text;
    enum db_kind db;
    size_t at; /* of the next token */
};

struct sqllex_token {
    enum sqllex_kind kind;
    struct sv text;
    size_t at;
    bool open; /* not closed: reaches to the end of the text */
};

/* False at the end of the text. */
bool sqllex_next(struct sqllex *l, struct sqllex_token *ret);
/* The next token that is neither blank nor comment. */
bool sqllex_next_word(struct sqllex *l, struct sqllex_token *ret);
/* Is the token a blank or a comment? */
bool sqllex_is_blank(const struct sqllex_token *t);
/* Is the token this word, in any case? */
bool sqllex_is(const struct sqllex_token *t, const char *word);
/* What a name, quoted or not, or a string stands for: quotes gone, doubled ones single; unquoted words in
 * lower case. */
void sqllex_plain(const struct sqllex_token *t, struct strbuf *out);
/* "string", "comment", ...: for messages. */
const char *sqllex_kind_text(enum sqllex_kind kind);
