#include "runbook/sql.h"

#include "base/sv.h"

/* --- tokens --- */

static bool sql_is_name(char c)
{
    return ascii_is_alnum(c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Up to the closing quote; a doubled one stands for itself.  SV_NPOS: there is none. */
static size_t sql_end_of_quoted(struct sv s, char quote)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] != quote)
            continue;
        if (i + 1 < s.n && s.p[i + 1] == quote)
            i++;
        else
            return i + 1;
    }
    return SV_NPOS;
}

/* PostgreSQL nests its comments. */
static size_t sql_end_of_comment(struct sv s)
{
    size_t depth = 0;

    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] == '/' && s.p[i + 1] == '*') {
            depth++;
            i++;
        } else if (s.p[i] == '*' && s.p[i + 1] == '/') {
            i++;
            if (--depth == 0)
                return i + 1;
        }
    }
    return SV_NPOS;
}

/* "$$" or "$tag$" at the start: the length of it; 0: it is none ("$1" is a parameter). */
static size_t sql_dollar_tag(struct sv s)
{
    size_t i = 1;

    if (s.n < 2 || ascii_is_digit(s.p[1]))
        return 0;
    while (i < s.n && s.p[i] != '$' && sql_is_name(s.p[i]))
        i++;
    return i < s.n && s.p[i] == '$' ? i + 1 : 0;
}

static size_t sql_end_of_dollar(struct sv s, size_t tag)
{
    size_t end = sv_find(s, sv_sub(s, 0, tag), tag);

    return end == SV_NPOS ? SV_NPOS : end + tag;
}

/* Where the text, comment or name that begins here ends; 0: none begins; SV_NPOS: it has no end. */
static size_t sql_end_of_opaque(struct sv s, enum sql_token_kind *kind)
{
    size_t tag;

    *kind = SQL_NOTE;
    if (sv_starts(s, SV("--")))
        return size_min(sv_find_byte(s, '\n', 0), s.n);
    if (sv_starts(s, SV("/*")))
        return sql_end_of_comment(s);
    *kind = SQL_QUOTED;
    if (*s.p == '\'' || *s.p == '"' || *s.p == '`')
        return sql_end_of_quoted(s, *s.p);
    tag = *s.p == '$' ? sql_dollar_tag(s) : 0;
    return tag ? sql_end_of_dollar(s, tag) : 0;
}

/* What separates tokens; in a word of a shell also a line that goes on behind a '\\'. */
static struct sv sql_skip_blank(struct sv s)
{
    s = sv_trim_left(s);
    while (sv_eat(&s, SV("\\\n")))
        s = sv_trim_left(s);
    return s;
}

bool sql_next_token(struct sv *rest, struct sql_token *ret)
{
    struct sv s = sql_skip_blank(*rest);
    size_t n;

    if (!s.n)
        return false;
    *ret = (struct sql_token){.kind = SQL_OTHER};
    n = sql_end_of_opaque(s, &ret->kind);
    if (n == SV_NPOS) {
        ret->unclosed = true;
        n = s.n;
    } else if (n == 0) {
        while (n < s.n && sql_is_name(s.p[n]))
            n++;
        ret->kind = n ? SQL_WORD : SQL_OTHER;
        n = size_max(n, 1);
    }
    ret->text = sv_sub(s, 0, n);
    *rest = sv_sub(s, n, s.n);
    return true;
}

/* --- statements --- */

/* "\\d", ".tables", and the words that leave a client. */
bool sql_is_meta(struct sv line)
{
    struct sv word = sv_trim(line);

    if (sv_starts(word, SV("\\")))
        return word.n > 1;
    if (sv_starts(word, SV(".")))
        return word.n > 1 && ascii_is_alpha(word.p[1]);
    return sv_eq_nocase(word, SV("exit")) || sv_eq_nocase(word, SV("quit"));
}

/* The words whose bodies hold statements of their own. */
static bool sql_has_body(struct sv word)
{
    return sv_eq_nocase(word, SV("TRIGGER")) || sv_eq_nocase(word, SV("FUNCTION")) ||
           sv_eq_nocase(word, SV("PROCEDURE"));
}

struct sql_body {
    bool create, possible; /* the statement is CREATE; of something with a body */
    size_t words, depth;
};

/* CREATE TRIGGER ... BEGIN ... CASE ... END ... END; */
static void sql_body_word(struct sql_body *b, struct sv word)
{
    if (b->words++ == 0)
        b->create = sv_eq_nocase(word, SV("CREATE"));
    b->possible |= b->create && sql_has_body(word);
    if (!b->possible)
        return;
    if (sv_eq_nocase(word, SV("BEGIN")) || (b->depth && sv_eq_nocase(word, SV("CASE"))))
        b->depth++;
    else if (b->depth && sv_eq_nocase(word, SV("END")))
        b->depth--;
}

size_t sql_statement_length(struct sv text, bool *unclosed)
{
    struct sv rest = text, end = text;
    struct sql_body body = {0};
    struct sql_token t;

    *unclosed = false;
    while (sql_next_token(&rest, &t)) {
        assert(t.text.p && t.text.n); /* a token is not empty */
        if (t.kind == SQL_WORD)
            sql_body_word(&body, t.text);
        *unclosed |= t.unclosed;
        if (t.kind == SQL_OTHER && *t.text.p == '\\')
            return size_min(sv_find_byte(text, '\n', (size_t)(t.text.p - text.p)), text.n);
        if (t.kind != SQL_NOTE || t.unclosed)
            end = rest;
        if (t.kind == SQL_OTHER && *t.text.p == ';' && body.depth == 0)
            break;
    }
    return (size_t)(end.p - text.p);
}
