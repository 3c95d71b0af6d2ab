#include "runbook/sql.h"

#include <string.h>

#include "base/sv.h"
#include "base/vec.h"

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

bool sql_next_token(struct sv *rest, struct sql_token *ret)
{
    struct sv s = sv_trim_left(*rest);
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

/* --- items --- */

struct sql_reader {
    struct sv text, rest;
    size_t line, at; /* `at`: up to where lines were counted */
    VEC(struct sql_item) items;
    bool unclosed;
};

static size_t sql_line(struct sql_reader *r, const char *p)
{
    size_t to = (size_t)(p - r->text.p);

    for (; r->at < to; r->at++)
        r->line += r->text.p[r->at] == '\n';
    return r->line;
}

static struct sql_item *sql_add(struct sql_reader *r, enum sql_kind kind, struct sv text)
{
    const struct sql_item *last = r->items.n ? vec_last(&r->items) : NULL;
    size_t line = sql_line(r, text.p), end_line = sql_line(r, text.p + text.n);
    bool after = last && last->end_line == line;
    bool blank = !last || line > last->end_line + 1;
    struct sql_item *item = vec_add(&r->items);

    *item = (struct sql_item){.kind = kind,
                              .text = text,
                              .line = line,
                              .end_line = end_line,
                              .same_line = kind == SQL_COMMENT && after,
                              .blank_before = blank};
    return item;
}

static struct sv sql_rest_of_line(struct sv s)
{
    return sv_sub(s, 0, size_min(sv_find_byte(s, '\n', 0), s.n));
}

/* Programs that statements are typed into; also behind a prompt. */
static bool sql_is_client(struct sv line)
{
    static const struct sv programs[] = {SV("psql"), SV("sqlite3"), SV("mysql")};
    struct sv rest = line, word;

    (void)sv_eat(&rest, SV("$ "));
    if (!sv_next_word(&rest, &word))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        if (sv_eq(word, programs[i]))
            return true;
    return false;
}

/* "\d", ".tables", and the words that leave a client. */
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

/* A statement to its ';', to a meta-command that sends it ("\gexec"), or to the end. */
static void sql_take_statement(struct sql_reader *r)
{
    struct sv start = sv_trim_left(r->rest), rest = start, end = start;
    struct sql_body body = {0};
    struct sql_token t;

    while (sql_next_token(&rest, &t)) {
        if (t.kind == SQL_WORD)
            sql_body_word(&body, t.text);
        r->unclosed |= t.unclosed;
        if (t.kind == SQL_OTHER && *t.text.p == '\\') {
            end = sv_sub(start, (size_t)(t.text.p - start.p), start.n);
            end = sv_sub(end, sql_rest_of_line(end).n, end.n);
            break;
        }
        if (t.kind != SQL_NOTE)
            end = rest; /* comments after the last word are items of their own */
        if (t.kind == SQL_OTHER && *t.text.p == ';' && body.depth == 0)
            break;
    }
    r->rest = end;
    (void)sql_add(r, SQL_STATEMENT, sv_trim_right(sv_sub(start, 0, (size_t)(end.p - start.p))));
}

static bool sql_at_line_start(const struct sql_reader *r, const char *p)
{
    while (p > r->text.p && (p[-1] == ' ' || p[-1] == '\t'))
        p--;
    return p == r->text.p || p[-1] == '\n';
}

static void sql_take_comment(struct sql_reader *r, struct sql_token t)
{
    struct sv text = t.text;

    r->unclosed |= t.unclosed;
    if (!sv_eat(&text, SV("--"))) {
        text = sv_sub(text, 2, text.n);
        if (sv_ends(text, SV("*/")))
            text.n -= 2;
    }
    (void)sql_add(r, SQL_COMMENT, sv_trim(text));
}

static void sql_take(struct sql_reader *r)
{
    struct sv at = sv_trim_left(r->rest), line = sql_rest_of_line(at), rest = at;
    struct sql_token t;

    if (sql_at_line_start(r, at.p) && (sql_is_client(line) || sql_is_meta(line))) {
        r->rest = sv_sub(at, line.n, at.n);
        (void)sql_add(r, sql_is_client(line) ? SQL_CLIENT : SQL_META, sv_trim(line));
    } else if (sql_next_token(&rest, &t) && t.kind == SQL_NOTE) {
        r->rest = rest;
        sql_take_comment(r, t);
    } else if (sv_eq(t.text, SV(";"))) { /* an empty statement */
        r->rest = rest;
    } else {
        sql_take_statement(r);
    }
}

void sql_read(struct sv text, struct arena *arena, struct sql_script *ret)
{
    struct sql_reader r = {.text = text, .rest = text};

    while (sv_trim(r.rest).n)
        sql_take(&r);
    for (size_t i = 0; i < r.items.n; i++) {
        struct sql_item *item = &r.items.v[i];

        if (item->kind == SQL_STATEMENT || item->kind == SQL_META)
            item->effect = sql_effect(item->text, &item->keeps);
    }
    *ret = (struct sql_script){.n = r.items.n, .unclosed = r.unclosed};
    if (r.items.n)
        ret->v = arena_memdup(arena, r.items.v, r.items.n * sizeof(*r.items.v));
    vec_release(&r.items);
}
