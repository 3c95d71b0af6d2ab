#include "runbook/dialect.h"

#include "base/sv.h"
#include "runbook/tag.h"

#define DIALECT_FRONT_LINES 500u /* front matter is written by hand; a rule at line 1 is none */
#define DIALECT_INDENT      4    /* of the text below a marker */
#define DIALECT_LOOK        200u /* lines after ":::note" in which it is closed */
#define DIALECT_NEXT        60u  /* lines after "(1)" in which "(2)" follows */

/* "(1)", "a)", "①", "1、": what begins an item of a list that CommonMark does not know. */
struct dialect_item {
    unsigned style; /* how it is written; 0: it is none */
    unsigned number;
    size_t indent, n; /* blanks before it; its bytes */
};

struct dialect {
    const struct document *d;
    struct strbuf *out;
    size_t copied; /* lines of the document that are in `out` */
    /* the open region */
    char marker;   /* '!', '=', ':' or, of a tag, '{'; 0: none */
    size_t colons; /* of ':' */
    size_t indent;
    /* the open fence */
    char fence;
    size_t fence_n;
    struct dialect_item item; /* the last of a list */
};

static size_t dialect_indent(struct sv line)
{
    size_t n = 0;

    while (n < line.n && line.p[n] == ' ')
        n++;
    return n;
}

/* Copy the document up to line n, without it. */
static void dialect_copy_to(struct dialect *x, size_t n)
{
    strbuf_add_sv(x->out, sv_sub(x->d->text, x->d->line_at[x->copied], x->d->line_at[n - 1]));
    x->copied = n - 1;
}

/* What ends the line in the document. */
static void dialect_end_line(struct dialect *x, size_t n)
{
    struct sv raw = sv_sub(x->d->text, x->d->line_at[n - 1], x->d->line_at[n]);
    struct sv line = document_line(x->d, n);

    strbuf_add_sv(x->out, sv_sub(raw, line.n, raw.n));
    x->copied = n;
}

/* Does the line open or close a fence?  Inside one nothing is a marker. */
static void dialect_fence(struct dialect *x, struct sv line)
{
    struct sv t = sv_trim_left(line);
    size_t n = 0;

    while (n < t.n && (t.p[n] == '`' || t.p[n] == '~') && t.p[n] == *t.p)
        n++;
    if (n < 3)
        return;
    if (!x->fence) {
        x->fence = *t.p;
        x->fence_n = n;
    } else if (*t.p == x->fence && n >= x->fence_n && !sv_trim(sv_sub(t, n, t.n)).n) {
        x->fence = 0;
    }
}

/* The marker of a region: "!!! note", "??? tip", "=== \"Tab\""; *rest: what follows it. */
static char dialect_marker(struct sv line, struct sv *rest)
{
    struct sv t = sv_trim_left(line);
    char marker = sv_eat(&t, SV("!!! ")) || sv_eat(&t, SV("???+ ")) || sv_eat(&t, SV("??? ")) ? '!'
                  : sv_eat(&t, SV("=== "))                                                    ? '='
                                                                                              : 0;

    *rest = sv_trim(t);
    return marker && rest->n && (marker == '!' || *rest->p == '"' || *rest->p == '!') ? marker : 0;
}

/* "note \"Access\"" as "> [!NOTE]"; the title is text for people. */
static void dialect_write_marker(struct dialect *x, size_t n, struct sv rest)
{
    struct sv word = {NULL, 0};

    dialect_copy_to(x, n);
    strbuf_add_n(x->out, ' ', x->indent);
    if (x->marker == '=') {
        while (rest.n && (*rest.p == '"' || *rest.p == '!' || *rest.p == '+'))
            rest = sv_sub(rest, 1, rest.n);
        rest = sv_sub(rest, 0, sv_find_byte(rest, '"', 0));
        strbuf_addf(x->out, "**%.*s**", SV_FMT(rest));
    } else {
        (void)sv_next_word(&rest, &word);
        word = sv_sub(word, 0, sv_find_byte(word, '[', 0)); /* ":::tip[Title]" */
        strbuf_add_str(x->out, "> [!");
        for (size_t i = 0; i < word.n; i++)
            strbuf_add_byte(x->out, word.p[i] >= 'a' && word.p[i] <= 'z' ? (char)(word.p[i] - 32)
                                                                         : word.p[i]);
        strbuf_add_byte(x->out, ']');
    }
    dialect_end_line(x, n);
}

/* A line of the text below a marker. */
static void dialect_write_line(struct dialect *x, size_t n, struct sv line)
{
    dialect_copy_to(x, n);
    strbuf_add_n(x->out, ' ', x->indent);
    if (x->marker != '=')
        strbuf_add_str(x->out, "> ");
    strbuf_add_sv(x->out,
                  sv_sub(line, x->indent + (strchr(":{", x->marker) ? 0 : DIALECT_INDENT), line.n));
    dialect_end_line(x, n);
}

static size_t dialect_colons(struct sv line)
{
    struct sv t = sv_trim_left(line);
    size_t n = 0;

    while (n < t.n && t.p[n] == ':')
        n++;
    return n;
}

/* ":::" alone closes what as many or fewer colons opened. */
static bool dialect_closes(struct sv line, size_t colons)
{
    return dialect_colons(line) >= colons && sv_trim(line).n == dialect_colons(line);
}

/* ":::note Title" that is closed some lines below; *rest: what follows the colons. */
static bool dialect_opens(const struct dialect *x, size_t n, struct sv line, struct sv *rest)
{
    size_t colons = dialect_colons(line);
    struct sv t = sv_trim(line);

    *rest = sv_trim(sv_sub(t, colons, t.n));
    if (colons < 3 || !rest->n || !ascii_is_alpha(*rest->p) || dialect_indent(line) > 3)
        return false;
    for (size_t i = n + 1; i <= x->d->n_lines && i <= n + DIALECT_LOOK; i++)
        if (dialect_closes(document_line(x->d, i), colons))
            return true;
    return false;
}

/* A line inside ":::note"; the last one is left out. */
static void dialect_colon_line(struct dialect *x, size_t n, struct sv line)
{
    if (!x->fence && dialect_closes(line, x->colons)) {
        dialect_copy_to(x, n);
        dialect_end_line(x, n);
        x->marker = 0;
        return;
    }
    if (dialect_indent(line) < x->indent)
        x->indent = dialect_indent(line);
    dialect_write_line(x, n, line);
    dialect_fence(x, line);
}

/* --- lists --- */

/* One of the signs, in the order of their styles; its style, or 0. */
static unsigned dialect_eat(struct sv *text, const struct sv *signs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sv_eat(text, signs[i]))
            return (unsigned)i + 1;
    return 0;
}

/* "1", "12", "１", "b"; *kind: 1 of digits, 2 of wide ones, 3 of letters, 4 of capitals; 0: none. */
static unsigned dialect_number(struct sv *text, unsigned *kind)
{
    unsigned number = 0;

    *kind = 0;
    for (size_t i = 0; i < 2 && text->n && ascii_is_digit(*text->p); i++, *kind = 1) {
        number = number * 10 + (unsigned)(*text->p - '0');
        *text = sv_sub(*text, 1, text->n);
    }
    if (!*kind && text->n > 2 && sv_starts(*text, SV("\xef\xbc")) &&
        (unsigned char)text->p[2] > 0x90 && (unsigned char)text->p[2] < 0x9a) {
        *kind = 2;
        number = (unsigned char)text->p[2] - 0x90u;
        *text = sv_sub(*text, 3, text->n);
    }
    if (!*kind && text->n && ascii_is_alpha(*text->p)) {
        *kind = ascii_is_upper(*text->p) ? 4 : 3;
        number = (unsigned)(ascii_lower(*text->p) - 'a') + 1;
        *text = sv_sub(*text, 1, text->n);
    }
    return number;
}

/* U+2460 to U+2473 */
static unsigned dialect_circled(struct sv *text)
{
    unsigned byte = text->n > 2 && sv_starts(*text, SV("\xe2\x91")) ? (unsigned char)text->p[2] : 0;

    if (byte < 0xa0 || byte > 0xb3)
        return 0;
    *text = sv_sub(*text, 3, text->n);
    return byte - 0x9f;
}

static struct dialect_item dialect_item(struct sv line)
{
    static const struct sv opens[] = {SV("("), SV("（")};
    static const struct sv closes[] = {SV(")"), SV("）"), SV("."), SV("．"), SV("、"), SV("/")};
    struct dialect_item item = {.indent = dialect_indent(line)};
    struct sv text = sv_sub(line, item.indent, line.n), rest = text;
    unsigned open, close, kind;

    item.number = dialect_circled(&rest);
    if (item.number) {
        item.style = 1000;
        item.n = text.n - rest.n;
        return item;
    }
    open = dialect_eat(&rest, opens, ARRAY_LEN(opens));
    item.number = dialect_number(&rest, &kind);
    close = kind ? dialect_eat(&rest, closes, ARRAY_LEN(closes)) : 0;
    if (!close || !rest.n || (open && close > 2) || (close == 6 && kind != 1) ||
        (close == 3 && kind == 4)) /* "A. Smith" */
        return item;
    if ((close == 1 || close == 3 || close == 6) && !ascii_is_space(*rest.p) &&
        !((unsigned char)*rest.p & 0x80 && kind != 3 && kind != 4))
        return item; /* "1.5", "a.b", "1/2" */
    if (!open && kind == 1 && (close == 1 || close == 3) && ascii_is_space(*rest.p))
        return item; /* CommonMark's own */
    item.style = 100 * open + 10 * kind + close;
    item.n = text.n - rest.n;
    return item;
}

/* Does the next of the list stand below the first, before the next heading? */
static bool dialect_is_list(const struct dialect *x, size_t n, const struct dialect_item *first)
{
    for (size_t i = n + 1; i <= x->d->n_lines && i <= n + DIALECT_NEXT; i++) {
        struct sv line = document_line(x->d, i);
        struct dialect_item next = dialect_item(line);

        if (sv_starts(line, SV("#")))
            return false;
        if (next.style == first->style && next.number == 2 && next.indent == first->indent)
            return true;
    }
    return false;
}

/* "(2) Stop it" as " 2) Stop it", where "(1)" stands before it or it is that. */
static void dialect_list(struct dialect *x, size_t n, struct sv line)
{
    struct dialect_item item = dialect_item(line);
    bool goes_on = x->item.style == item.style && x->item.indent == item.indent &&
                   x->item.number + 1 == item.number;
    size_t digits = item.number > 9 ? 3 : 2;

    if (!item.style || (!goes_on && (item.number != 1 || !dialect_is_list(x, n, &item))))
        return;
    x->item = item;
    dialect_copy_to(x, n);
    strbuf_add_n(x->out, ' ', item.indent + (item.n > digits && item.n <= 4 ? item.n - digits : 0));
    strbuf_addf(x->out, "%u)%s", item.number,
                ascii_is_space(line.p[item.indent + item.n]) ? "" : " ");
    strbuf_add_sv(x->out, sv_sub(line, item.indent + item.n, line.n));
    dialect_end_line(x, n);
}

/* May such an item stand there?  Code is indented as well, behind an empty line. */
static bool dialect_may_list(const struct dialect *x, size_t n, struct sv line)
{
    size_t indent = dialect_indent(line);

    return indent < line.n &&
           (x->item.style || strchr("(aA1\xe2\xef", line.p[indent])) && /* the first, or the next */
           (indent < 4 || (indent < 12 && n > 1 && sv_trim(document_line(x->d, n - 1)).n));
}

/* Is the box that a tag opens closed some lines below? */
static bool dialect_is_closed(const struct dialect *x, size_t n)
{
    struct sv name;

    for (size_t i = n + 1; i <= x->d->n_lines && i <= n + DIALECT_LOOK; i++)
        if (tag_read(document_line(x->d, i), &name) == TAG_LEAVE)
            return true;
    return false;
}

/* `{{< tab name="Debian" >}}` as a rule, which fold_tab() knows; a box as a quote; another tag as nothing.  False: it is none. */
static bool dialect_tag(struct dialect *x, size_t n, struct sv line)
{
    struct sv name;
    enum tag_kind kind = tag_read(line, &name);

    if (kind == TAG_NONE)
        return false;
    dialect_copy_to(x, n);
    if (kind == TAG_NOTE && dialect_is_closed(x, n)) {
        x->marker = '{';
        x->indent = dialect_indent(line);
        dialect_write_marker(x, n, name);
        return true;
    }
    if (kind == TAG_TAB) {
        strbuf_add_n(x->out, ' ', dialect_indent(line));
        strbuf_add_str(x->out, "***");
    }
    dialect_end_line(x, n);
    return true;
}

/* A line inside of a box that a tag opened. */
static void dialect_boxed(struct dialect *x, size_t n, struct sv line)
{
    struct sv name;
    enum tag_kind kind = x->fence ? TAG_NONE : tag_read(line, &name);

    if (dialect_indent(line) < x->indent)
        x->indent = dialect_indent(line);
    if (kind != TAG_NONE) {
        dialect_copy_to(x, n);
        if (kind != TAG_LEAVE)
            strbuf_add_str(x->out, ">");
        else
            x->marker = 0;
        dialect_end_line(x, n);
        return;
    }
    dialect_write_line(x, n, line);
    dialect_fence(x, line);
}

static void dialect_line(struct dialect *x, size_t n)
{
    struct sv line = document_line(x->d, n), rest;
    bool blank = sv_trim(line).n == 0;
    char marker;

    if (x->marker == '{') {
        dialect_boxed(x, n, line);
        return;
    }
    if (!x->marker && !x->fence && !blank && dialect_tag(x, n, line))
        return;
    if (x->marker == ':') {
        dialect_colon_line(x, n, line);
        return;
    }
    if (x->marker && !blank && dialect_indent(line) < x->indent + DIALECT_INDENT) {
        x->marker = 0;
        x->fence = 0;
    }
    marker = x->fence || x->marker ? 0 : dialect_marker(line, &rest);
    if (!marker && !x->fence && !x->marker && dialect_opens(x, n, line, &rest)) {
        marker = ':';
        x->colons = dialect_colons(line);
    }
    if (marker) {
        x->marker = marker;
        x->indent = dialect_indent(line);
        dialect_write_marker(x, n, rest);
    } else if (x->marker && (!blank || x->marker == '!')) {
        dialect_write_line(x, n, line);
        dialect_fence(x, line);
    } else {
        if (!x->fence && sv_starts(line, SV("#")))
            x->item.style = 0;
        else if (!x->fence && dialect_may_list(x, n, line))
            dialect_list(x, n, line);
        dialect_fence(x, line);
    }
}

/* The line that ends the front matter, which begins in line 1; 0: there is none. */
static size_t dialect_front(const struct document *d)
{
    struct sv key = sv_trim(document_line(d, 2));

    if (!sv_eq(sv_trim_right(document_line(d, 1)), SV("---")) ||
        (sv_find_byte(key, ':', 0) == SV_NPOS && !sv_starts(key, SV("#"))))
        return 0;
    for (size_t n = 3; n <= d->n_lines && n < DIALECT_FRONT_LINES; n++) {
        struct sv line = sv_trim_right(document_line(d, n));

        if (sv_eq(line, SV("---")) || sv_eq(line, SV("...")))
            return n;
    }
    return 0;
}

bool dialect_rewrite(const struct document *d, struct strbuf *out, size_t *front)
{
    struct dialect x = {.d = d, .out = out};

    *front = dialect_front(d);
    for (size_t n = 1; n <= *front; n++)
        dialect_end_line(&x, n);
    for (size_t n = *front + 1; n <= d->n_lines; n++)
        dialect_line(&x, n);
    if (!x.copied)
        return false;
    strbuf_add_sv(out, sv_sub(d->text, d->line_at[x.copied], d->text.n));
    return true;
}
