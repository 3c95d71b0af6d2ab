#include "runbook/bounds.h"

#include <string.h>

#include "base/limits.h"
#include "base/sv.h"

/* Indented deeper than this a list item is nested in more lists than LIMIT_NESTING. */
#define BOUND_ITEM_INDENT (8 * (size_t)LIMIT_NESTING)

/* What a line costs, in marks: the nodes of its block, and what is made of them. */
#define BOUND_LINE_MARKS 4

/* What has been counted up to the present line. */
struct bounds {
    size_t marks;
    size_t opened, lines; /* since the last empty line */
    size_t columns;       /* of the table that may go on here; 0: none */
    size_t cells;
};

static bool bounds_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Length of a marker of a quote or list item at `at`, or 0. */
static size_t bounds_marker(struct sv line, size_t at)
{
    size_t n = at;

    if (at < line.n && line.p[at] == '>')
        return 1;
    while (n < line.n && ascii_is_digit(line.p[n]))
        n++;
    if (n < line.n && (n > at ? line.p[n] == '.' || line.p[n] == ')'
                              : line.p[n] == '-' || line.p[n] == '+' || line.p[n] == '*'))
        n++;
    else
        return 0;
    return n == line.n || bounds_is_blank(line.p[n]) ? n - at : 0;
}

/*
 * Where the text begins after the markers of quotes and list items.  SV_NPOS: they are nested too
 * deeply, which *column then tells.
 */
static size_t bounds_text(struct sv line, size_t *column)
{
    size_t at = 0, depth = 0;

    for (;;) {
        size_t n;

        while (at < line.n && bounds_is_blank(line.p[at]))
            at++;
        n = bounds_marker(line, at);
        if (!n)
            return at;
        if (++depth > LIMIT_NESTING || at > BOUND_ITEM_INDENT) {
            *column = at + 1;
            return SV_NPOS;
        }
        at += n;
    }
}

/* Columns of "|---|:--|", the line below the head of a table; 0 when it is no such line. */
static size_t bounds_columns(struct sv text)
{
    size_t n = 1, dashes = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (!text.p[i] || !strchr("|:- \t", text.p[i]))
            return 0;
        n += text.p[i] == '|';
        dashes += text.p[i] == '-';
    }
    return dashes ? n : 0;
}

/* "<?", "<!": cmark looks for the end of each in what follows of the paragraph. */
static size_t bounds_opened(struct sv text)
{
    size_t n = 0;

    for (size_t at = 0; (at = sv_find_byte(text, '<', at)) != SV_NPOS; at++)
        n += at + 1 < text.n && (text.p[at + 1] == '?' || text.p[at + 1] == '!');
    return n;
}

/* What becomes a node of its own inside a line. */
static size_t bounds_marks(struct sv text)
{
    static const bool is_mark[256] = {
        ['*'] = true, ['_'] = true, ['`'] = true, ['['] = true, [']'] = true,
        ['!'] = true, ['<'] = true, ['&'] = true, ['~'] = true, ['\\'] = true,
        [':'] = true, ['|'] = true, ['@'] = true};
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += is_mark[(unsigned char)text.p[i]];
    return n;
}

static enum err_code bounds_fail(const struct document *d, size_t line, size_t column,
                                 const char *what, unsigned limit, struct err *err)
{
    (void)err_set(err, ERR_LIMIT, "%s:%zu:%zu: %s %u", d->path, line, column, what, limit);
    return err_hint(err, "this is no text that people wrote; take it out or split the document");
}

static enum err_code bounds_line(struct bounds *b, const struct document *d, size_t n,
                                 struct err *err)
{
    struct sv line = document_line(d, n);
    size_t column = 0, at = bounds_text(line, &column), marks = bounds_marks(line), columns;
    struct sv text;

    if (line.n > LIMIT_LINE_BYTES)
        return bounds_fail(d, n, LIMIT_LINE_BYTES + 1, "a line has more bytes than",
                           LIMIT_LINE_BYTES, err);
    if (at == SV_NPOS)
        return bounds_fail(d, n, column, "lists or quotes are nested deeper than", LIMIT_NESTING,
                           err);
    text = sv_sub(line, at, line.n);
    columns = bounds_columns(text);
    if (columns && !b->columns && b->lines > LIMIT_ABOVE_TABLE)
        return bounds_fail(d, n, at + 1,
                           "a table stands right below a paragraph of more lines than",
                           LIMIT_ABOVE_TABLE, err);
    b->columns = text.n ? size_max(b->columns, columns) : 0;
    b->cells += b->columns;
    b->opened = text.n ? b->opened + bounds_opened(text) : 0;
    b->lines = text.n ? b->lines + 1 : 0;
    b->marks += marks + BOUND_LINE_MARKS;
    if (b->columns > LIMIT_TABLE_COLUMNS)
        return bounds_fail(d, n, at + 1, "a table has more columns than", LIMIT_TABLE_COLUMNS, err);
    if (b->cells > LIMIT_TABLE_CELLS)
        return bounds_fail(d, n, at + 1, "the tables have more cells than", LIMIT_TABLE_CELLS, err);
    if (b->opened > LIMIT_OPENED)
        return bounds_fail(d, n, at + 1, "\"<?\" and \"<!\" without an empty line: more than",
                           LIMIT_OPENED, err);
    if (b->marks > LIMIT_MARKS)
        return bounds_fail(d, n, at + 1, "lines, brackets and other marks: more than", LIMIT_MARKS,
                           err);
    return ERR_OK;
}

enum err_code bounds_check(const struct document *d, struct err *err)
{
    struct bounds b = {0};
    enum err_code rc = ERR_OK;

    for (size_t n = 1; rc == ERR_OK && n <= d->n_lines; n++)
        rc = bounds_line(&b, d, n, err);
    return rc;
}
