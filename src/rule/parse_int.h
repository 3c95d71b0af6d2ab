#pragma once

/*
 * parse_int: what parse.c (rules and clauses) and parse_expr.c (expressions) share.
 *
 * The first error sticks: every function returns at once after it, and the caller at the
 * top looks once.
 */
#include "base/vec.h"
#include "rule/rule.h"
#include "rule/token.h"

struct parser {
    struct arena *a;
    struct rule_lexer l;
    struct rule_diag *diag;
    struct err *err; /* .code is ERR_OK until something is wrong */
    unsigned depth;
};

static inline bool parse_ok(const struct parser *p)
{
    return p->err->code == ERR_OK;
}
/* Say where; the message is in p->err already. */
static inline void parse_at(struct parser *p, size_t at)
{
    p->diag->column = at;
}

void parse_next(struct parser *p);
/* "expected <what>, found <token>". */
void parse_expected(struct parser *p, const char *what);
/* Is the current token this sign, or this unquoted word? */
bool parse_is(const struct parser *p, struct sv punct);
bool parse_is_word(const struct parser *p, struct sv word);
/* ... and if so, go on. */
bool parse_accept(struct parser *p, struct sv punct);
bool parse_accept_word(struct parser *p, struct sv word);
void parse_want(struct parser *p, struct sv punct);
void parse_want_word(struct parser *p, struct sv word);

/* A number token; zeroed after an error. */
struct num parse_num(struct parser *p, const char *what);
/* A duration above zero. */
struct rule_span parse_span(struct parser *p, const char *what);
/* The whole number of a token, at most max. */
uint64_t parse_integer(struct parser *p, const struct num *v, size_t at, uint64_t max);

/* NULL after an error. */
struct expr *parse_expr(struct parser *p);
struct expr *parse_sum(struct parser *p);
