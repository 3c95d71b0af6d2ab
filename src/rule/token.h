#pragma once

/*
 * token: a rule's text as a sequence of tokens, one at a time.
 *
 * Start with rule_lexer_begin(), read .tok, go on with rule_lexer_next().  Views lie in
 * the text.  An error leaves its place in .tok.at.
 */
#include "rule/dim.h"

enum rule_token_kind {
    TOK_END,
    TOK_NUM,
    TOK_STRING, /* text: between the quotes, not decoded */
    TOK_NAME,
    TOK_PUNCT,  /* text: "(", "<=", ... */
    TOK_WITHIN, /* made by the parser: "within D of deploy" where an operator could stand */
};

struct rule_token {
    enum rule_token_kind kind;
    size_t at, end; /* bytes in the text */
    struct sv text;
    struct num num;
    bool quoted; /* a name in back quotes: never a keyword */
};

struct rule_lexer {
    struct sv text;
    struct rule_token tok;
};

NODISCARD enum err_code rule_lexer_begin(struct rule_lexer *l, struct sv text, struct err *err);
NODISCARD enum err_code rule_lexer_next(struct rule_lexer *l, struct err *err);
/* The token as a person reads it: "'for'", "the end". */
struct dim_text rule_token_show(const struct rule_token *t);

/* Can it stand without back quotes?  (Keywords are another matter.) */
bool rule_name_is_plain(struct sv s);
