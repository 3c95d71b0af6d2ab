#include "migrate/sqllex.h"

#include "base/sv.h"

/* A byte of a name: letters, '_', and everything above ASCII. */
static bool sqllex_starts_word(char c)
{
    return ascii_is_alpha(c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool sqllex_in_word(char c)
{
    return sqllex_starts_word(c) || ascii_is_digit(c) || c == '$';
}

static char sqllex_peek(const struct sqllex *l, size_t ahead)
{
    return l->at + ahead < l->text.n ? l->text.p[l->at + ahead] : '\0';
}

/* --- one function per kind: returns the offset behind the token, or SV_NPOS when it is not closed --- */

static size_t sqllex_end_space(const struct sqllex *l)
{
    size_t i = l->at;

    while (i < l->text.n && ascii_is_space(l->text.p[i]))
        i++;
    return i;
}

static size_t sqllex_end_line(const struct sqllex *l)
{
    return size_min(sv_find_byte(l->text, '\n', l->at), l->text.n);
}

static size_t sqllex_end_comment(const struct sqllex *l)
{
    size_t depth = 0, i = l->at;

    while (i + 1 < l->text.n) {
        if (l->text.p[i] == '*' && l->text.p[i + 1] == '/') {
            i += 2;
            if (--depth == 0)
                return i;
        } else if (l->text.p[i] == '/' && l->text.p[i + 1] == '*' &&
                   (depth == 0 || l->db == DB_POSTGRES)) {
            depth++;
            i += 2;
        } else {
            i++;
        }
    }
    return SV_NPOS;
}

/* Up to the closing quote; a doubled one is part of the text, and with `escapes` so is what follows a backslash. */
static size_t sqllex_end_quote(const struct sqllex *l, size_t from, char quote, bool escapes)
{
    for (size_t i = from; i < l->text.n; i++) {
        if (escapes && l->text.p[i] == '\\') {
            i++;
        } else if (l->text.p[i] == quote) {
            if (i + 1 >= l->text.n || l->text.p[i + 1] != quote || quote == ']')
                return i + 1;
            i++;
        }
    }
    return SV_NPOS;
}

static size_t sqllex_end_word(const struct sqllex *l, size_t from)
{
    size_t i = from;

    while (i < l->text.n && sqllex_in_word(l->text.p[i]))
        i++;
    return i;
}

/* "$tag$": its length, or 0. */
static size_t sqllex_dollar_tag(const struct sqllex *l)
{
    size_t i = l->at + 1;

    if (i < l->text.n && sqllex_starts_word(l->text.p[i]))
        while (i < l->text.n && l->text.p[i] != '$' && sqllex_in_word(l->text.p[i]))
            i++;
    return i < l->text.n && l->text.p[i] == '$' ? i + 1 - l->at : 0;
}

static size_t sqllex_end_dollar(const struct sqllex *l, size_t tag)
{
    size_t end = sv_find(l->text, sv_sub(l->text, l->at, l->at + tag), l->at + tag);

    return end == SV_NPOS ? SV_NPOS : end + tag;
}

/* Digits, with what may follow them: 1.5e-3, 0x1F, 12ab is cut by nobody here. */
static size_t sqllex_end_number(const struct sqllex *l)
{
    size_t i = l->at;

    while (i < l->text.n) {
        char c = l->text.p[i];
        bool sign = (c == '+' || c == '-') && i > l->at && ascii_lower(l->text.p[i - 1]) == 'e' &&
                    i + 1 < l->text.n && ascii_is_digit(l->text.p[i + 1]);

        if (!ascii_is_word(c) && c != '.' && !sign)
            break;
        i++;
    }
    return i;
}

/* --- which kind --- */

/* The bytes before the quote of E'...', U&'...' and U&"...", or 0. */
static size_t sqllex_prefix(const struct sqllex *l)
{
    char c = ascii_lower(sqllex_peek(l, 0));

    if (l->db != DB_POSTGRES)
        return 0;
    if (c == 'e' && sqllex_peek(l, 1) == '\'')
        return 1;
    if (c == 'u' && sqllex_peek(l, 1) == '&' &&
        (sqllex_peek(l, 2) == '\'' || sqllex_peek(l, 2) == '"'))
        return 2;
    return 0;
}

static size_t sqllex_scan_quoted(const struct sqllex *l, enum sqllex_kind *kind)
{
    size_t prefix = sqllex_prefix(l);
    char quote = sqllex_peek(l, prefix);

    *kind = quote == '\'' ? SQLLEX_STRING : SQLLEX_NAME;
    return sqllex_end_quote(l, l->at + prefix + 1, quote == '[' ? ']' : quote, prefix == 1);
}

static bool sqllex_is_quote(const struct sqllex *l)
{
    char c = sqllex_peek(l, 0);

    return c == '\'' || c == '"' || sqllex_prefix(l) > 0 ||
           (l->db == DB_SQLITE && (c == '[' || c == '`'));
}

static size_t sqllex_scan_word(const struct sqllex *l, enum sqllex_kind *kind)
{
    char c = sqllex_peek(l, 0);
    size_t tag = c == '$' && l->db == DB_POSTGRES ? sqllex_dollar_tag(l) : 0;

    if (tag) {
        *kind = SQLLEX_DOLLAR;
        return sqllex_end_dollar(l, tag);
    }
    if (sqllex_starts_word(c)) {
        *kind = SQLLEX_WORD;
        return sqllex_end_word(l, l->at);
    }
    if (ascii_is_digit(c) || (c == '$' && ascii_is_digit(sqllex_peek(l, 1)))) {
        *kind = SQLLEX_NUMBER;
        return c == '$' ? sqllex_end_word(l, l->at) : sqllex_end_number(l);
    }
    *kind = c == ';' ? SQLLEX_SEMICOLON : SQLLEX_PUNCT;
    return l->at + 1;
}

static size_t sqllex_scan(const struct sqllex *l, enum sqllex_kind *kind)
{
    char c = sqllex_peek(l, 0), next = sqllex_peek(l, 1);

    if (ascii_is_space(c)) {
        *kind = SQLLEX_SPACE;
        return sqllex_end_space(l);
    }
    if (c == '-' && next == '-') {
        *kind = SQLLEX_LINE_COMMENT;
        return sqllex_end_line(l);
    }
    if (c == '/' && next == '*') {
        *kind = SQLLEX_COMMENT;
        return sqllex_end_comment(l);
    }
    if (sqllex_is_quote(l))
        return sqllex_scan_quoted(l, kind);
    return sqllex_scan_word(l, kind);
}

bool sqllex_next(struct sqllex *l, struct sqllex_token *ret)
{
    enum sqllex_kind kind;
    size_t end;

    if (l->at >= l->text.n)
        return false;
    end = sqllex_scan(l, &kind);
    *ret = (struct sqllex_token){
        .kind = kind, .text = sv_sub(l->text, l->at, end), .at = l->at, .open = end == SV_NPOS};
    assert(ret->text.n > 0);
    l->at += ret->text.n;
    return true;
}

bool sqllex_is_blank(const struct sqllex_token *t)
{
    return t->kind == SQLLEX_SPACE || t->kind == SQLLEX_LINE_COMMENT || t->kind == SQLLEX_COMMENT;
}

bool sqllex_next_word(struct sqllex *l, struct sqllex_token *ret)
{
    while (sqllex_next(l, ret))
        if (!sqllex_is_blank(ret))
            return true;
    return false;
}

bool sqllex_is(const struct sqllex_token *t, const char *word)
{
    return t->kind == SQLLEX_WORD && sv_eq_nocase(t->text, sv_from(word));
}

void sqllex_plain(const struct sqllex_token *t, struct strbuf *out)
{
    struct sv s = t->text;
    char quote;

    if (t->kind != SQLLEX_NAME && t->kind != SQLLEX_STRING) {
        for (size_t i = 0; i < s.n; i++)
            strbuf_add_byte(out, ascii_lower(s.p[i]));
        return;
    }
    while (s.n && s.p[0] != '\'' && s.p[0] != '"' && s.p[0] != '[' && s.p[0] != '`')
        s = sv_sub(s, 1, s.n); /* E'', U&"" */
    quote = s.p[0] == '[' ? ']' : s.p[0];
    s = sv_sub(s, 1, s.n - (s.n > 1 && !t->open));
    for (size_t i = 0; i < s.n; i++) {
        strbuf_add_byte(out, s.p[i]);
        if (s.p[i] == quote && i + 1 < s.n && s.p[i + 1] == quote)
            i++;
    }
}

const char *sqllex_kind_text(enum sqllex_kind kind)
{
    static const char *const texts[SQLLEX__N] = {
        [SQLLEX_SPACE] = "blank",         [SQLLEX_LINE_COMMENT] = "comment",
        [SQLLEX_COMMENT] = "comment",     [SQLLEX_WORD] = "word",
        [SQLLEX_NAME] = "quoted name",    [SQLLEX_STRING] = "string",
        [SQLLEX_DOLLAR] = "dollar quote", [SQLLEX_NUMBER] = "number",
        [SQLLEX_SEMICOLON] = "semicolon", [SQLLEX_PUNCT] = "sign",
    };

    return texts[kind];
}
