#include "migrate/sqlthin.h"

#include <string.h>

#include "base/sv.h"
#include "migrate/sqllex.h"

#define THIN_COLUMNS 128u /* of a row: longer ones stay */
#define THIN_SHAPES  16u  /* kinds of rows in one statement: those of further kinds stay */
#define THIN_DIGITS  9u   /* an integer with more may be none to the grammar */

struct thin_shape {
    char kinds[THIN_COLUMNS]; /* 'i', 'f', 's', 'k' */
    size_t n;
};

struct thin {
    const char *p;
    size_t n, at;
};

static bool thin_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static char thin_peek(const struct thin *t)
{
    return t->at < t->n ? t->p[t->at] : '\0';
}

static void thin_blanks(struct thin *t)
{
    while (thin_is_blank(thin_peek(t)))
        t->at++;
}

static bool thin_eat(struct thin *t, char c)
{
    thin_blanks(t);
    if (thin_peek(t) != c)
        return false;
    t->at++;
    return true;
}

static size_t thin_digits(struct thin *t)
{
    size_t from = t->at;

    while (ascii_is_digit(thin_peek(t)))
        t->at++;
    return t->at - from;
}

/* 12, -12, 1.5: 'i' or 'f'; 0: another. */
static char thin_number(struct thin *t)
{
    size_t whole;

    t->at += thin_peek(t) == '-';
    whole = thin_digits(t);
    if (!whole || whole > THIN_DIGITS)
        return 0;
    if (thin_peek(t) != '.')
        return 'i';
    t->at++;
    return thin_digits(t) ? 'f' : 0;
}

/* Backslashes stand for themselves: E'' begins with a letter. */
static char thin_string(struct thin *t)
{
    for (;;) {
        const char *end = memchr(t->p + t->at + 1, '\'', t->n - t->at - 1);

        if (!end)
            return 0;
        t->at = (size_t)(end - t->p) + 1;
        if (thin_peek(t) != '\'')
            return 's';
    }
}

static char thin_word(struct thin *t)
{
    static const struct sv words[] = {SV("NULL"), SV("TRUE"), SV("FALSE")};
    struct sv rest = {t->p + t->at, t->n - t->at};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_starts_nocase(rest, words[i])) {
            t->at +=
                words[i].n; /* what goes on is no blank, comma or end, and seen by the caller */
            return 'k';
        }
    return 0;
}

static char thin_value(struct thin *t)
{
    char c;

    thin_blanks(t);
    c = thin_peek(t);
    if (c == '\'')
        return thin_string(t);
    return c == '-' || ascii_is_digit(c) ? thin_number(t) : thin_word(t);
}

/* "(1, 'a', NULL)"; false: not plain, or too long. */
static bool thin_row(struct thin *t, struct thin_shape *ret)
{
    ret->n = 0;
    if (!thin_eat(t, '('))
        return false;
    do {
        char kind = thin_value(t);

        if (!kind || ret->n == THIN_COLUMNS)
            return false;
        ret->kinds[ret->n++] = kind;
    } while (thin_eat(t, ','));
    return thin_eat(t, ')');
}

/* Behind the word VALUES of an INSERT, outside of parentheses. */
static bool thin_start(struct thin *t)
{
    struct sqllex lex = {.text = {t->p, t->n}, .db = DB_POSTGRES};
    struct sqllex_token k;
    size_t level = 0;

    if (!sqllex_next(&lex, &k) || !sqllex_is(&k, "INSERT"))
        return false;
    while (sqllex_next_word(&lex, &k)) {
        char c = k.kind == SQLLEX_PUNCT ? k.text.p[0] : 0;

        if (level == 0 && sqllex_is(&k, "VALUES")) {
            t->at = lex.at;
            return true;
        }
        level += c == '(';
        level -= c == ')' && level > 0;
    }
    return false;
}

/* Is there a row of this kind?  If not, this is one from now on, as far as there is room. */
static bool thin_is_known(struct thin_shape *shapes, size_t *n, const struct thin_shape *s)
{
    for (size_t i = 0; i < *n; i++)
        if (shapes[i].n == s->n && memcmp(shapes[i].kinds, s->kinds, s->n) == 0)
            return true;
    if (*n < THIN_SHAPES)
        shapes[(*n)++] = *s;
    return false;
}

size_t sqlthin(char *text, size_t n)
{
    struct thin t = {.p = text, .n = n};
    struct thin_shape shapes[THIN_SHAPES], s;
    size_t n_shapes = 0, gone = 0, from;

    if (!thin_start(&t) || !thin_row(&t, &s))
        return 0;
    (void)thin_is_known(shapes, &n_shapes, &s); /* the first one */
    for (;;) {
        from = t.at;
        if (!thin_eat(&t, ',') || !thin_row(&t, &s))
            return gone;
        if (!thin_is_known(shapes, &n_shapes, &s))
            continue;
        memset(text + from, ' ', t.at - from);
        gone++;
    }
}
