#include "runbook/dialect.h"

#include "base/sv.h"

#define DIALECT_FRONT_LINES 500u /* front matter is written by hand; a rule at line 1 is none */
#define DIALECT_INDENT      4    /* of the text below a marker */
#define DIALECT_LOOK        200u /* lines after ":::note" in which it is closed */

struct dialect {
    const struct document *d;
    struct strbuf *out;
    size_t copied; /* lines of the document that are in `out` */
    /* the open region */
    char marker;   /* '!', '=' or ':'; 0: none */
    size_t colons; /* of ':' */
    size_t indent;
    /* the open fence */
    char fence;
    size_t fence_n;
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
                  sv_sub(line, x->indent + (x->marker == ':' ? 0 : DIALECT_INDENT), line.n));
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

static void dialect_line(struct dialect *x, size_t n)
{
    struct sv line = document_line(x->d, n), rest;
    bool blank = sv_trim(line).n == 0;
    char marker;

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
