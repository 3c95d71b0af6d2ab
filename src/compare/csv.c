#include "compare/csv.h"

#include <string.h>

#include "base/map.h"
#include "base/sv.h"
#include "base/text.h"

enum csv_state {
    CSV_BEGIN,  /* at the first byte of a cell */
    CSV_PLAIN,  /* in a cell without quotes */
    CSV_QUOTED, /* inside quotes */
    CSV_QUOTE,  /* after a quote inside quotes: its end, or the first of two */
    CSV_RETURN, /* after CR behind a closing quote */
};

static const char csv_mark[] = "\xef\xbb\xbf";

static enum err_code bad(const struct csv *c, struct err *err, const char *what)
{
    return err_set(err, ERR_INVALID, "line %zu: %s", c->line + 1, what);
}

void csv_release(struct csv *c)
{
    for (size_t i = 0; i < c->names.n; i++)
        free(c->names.v[i]);
    vec_release(&c->names);
    vec_release(&c->cells);
    vec_release(&c->views);
    strbuf_release(&c->text);
}

static void end_cell(struct csv *c)
{
    struct csv_cell *cell = vec_last(&c->cells);

    cell->n = c->text.n - cell->at;
    cell->quoted = c->quoted;
    c->state = CSV_BEGIN;
    c->quoted = false;
    c->started = false;
}

static void begin_cell(struct csv *c)
{
    if (!c->started)
        vec_add(&c->cells)->at = c->text.n;
    c->started = true;
}

/* ---- lines ---- */

static enum err_code take_names(struct csv *c, struct err *err)
{
    struct map seen = {0};
    enum err_code rc = ERR_OK;

    for (size_t i = 0; i < c->views.n && rc == ERR_OK; i++) {
        struct sv name = c->views.v[i];

        if (!name.p || name.n == 0)
            rc = bad(c, err, "a column has no name");
        else if (memchr(name.p, '\0', name.n))
            rc = bad(c, err, "the name of a column has a NUL in it");
        else if (!map_put(&seen, name, i))
            rc = err_set(err, ERR_INVALID, "line %zu: two columns are called '%.*s'", c->line + 1,
                         SV_FMT(name));
        else
            *vec_add(&c->names) = xstrdup_sv(name);
    }
    map_release(&seen);
    c->named = true;
    return rc;
}

static enum err_code take_line(struct csv *c, struct err *err)
{
    c->views.n = 0;
    for (size_t i = 0; i < c->cells.n; i++) {
        const struct csv_cell *cell = &c->cells.v[i];
        struct sv v = {strbuf_str(&c->text) + cell->at, cell->n};

        *vec_add(&c->views) =
            cell->n || cell->quoted ? (cell->n ? v : SV("")) : (struct sv){NULL, 0};
        if (text_bad_utf8(v) != SV_NPOS)
            return bad(c, err, "this is not UTF-8");
    }
    if (!c->named)
        return take_names(c, err);
    if (c->views.n == 1 && !c->views.v[0].p && c->names.n > 1)
        return ERR_OK; /* an empty line */
    if (c->views.n != c->names.n)
        return err_set(err, ERR_INVALID, "line %zu has %zu cells, and there are %zu columns",
                       c->line + 1, c->views.n, c->names.n);
    return c->row(c->arg, c->views.v, c->views.n, err);
}

static enum err_code end_line(struct csv *c, struct err *err)
{
    enum err_code rc;

    begin_cell(c);
    if (c->state == CSV_PLAIN && c->text.n > vec_last(&c->cells)->at &&
        c->text.p[c->text.n - 1] == '\r')
        strbuf_truncate(&c->text, c->text.n - 1);
    end_cell(c);
    rc = take_line(c, err);
    strbuf_truncate(&c->text, 0);
    c->cells.n = 0;
    c->line++;
    return rc;
}

/* ---- bytes ---- */

static enum err_code on_plain(struct csv *c, char b, struct err *err)
{
    if (b == '\n')
        return end_line(c, err);
    begin_cell(c);
    if (b == ',') {
        end_cell(c);
        begin_cell(c);
        return c->cells.n > CSV_COLUMNS ? bad(c, err, "it has too many cells") : ERR_OK;
    }
    if (b == '"') {
        if (c->state == CSV_PLAIN)
            return bad(c, err, "a quote stands inside a cell that does not begin with one");
        c->state = CSV_QUOTED;
        c->quoted = true;
        return ERR_OK;
    }
    c->state = CSV_PLAIN;
    strbuf_add_byte(&c->text, b);
    return ERR_OK;
}

static enum err_code on_quote(struct csv *c, char b, struct err *err)
{
    switch (b) {
    case '"':
        if (c->state == CSV_RETURN)
            break;
        strbuf_add_byte(&c->text, b);
        c->state = CSV_QUOTED;
        return ERR_OK;
    case ',':
        if (c->state == CSV_RETURN)
            break;
        return on_plain(c, b, err);
    case '\n': return end_line(c, err);
    case '\r':
        if (c->state == CSV_RETURN)
            break;
        c->state = CSV_RETURN;
        return ERR_OK;
    default: break;
    }
    return bad(c, err, "something follows a closing quote");
}

static enum err_code on_byte(struct csv *c, char b, struct err *err)
{
    if (c->state == CSV_QUOTE || c->state == CSV_RETURN)
        return on_quote(c, b, err);
    if (c->state != CSV_QUOTED)
        return on_plain(c, b, err);
    if (b == '"')
        c->state = CSV_QUOTE;
    else
        strbuf_add_byte(&c->text, b);
    return ERR_OK;
}

/* Skip the byte order mark; false: the byte belongs to it. */
static bool past_mark(struct csv *c, char b)
{
    if (c->skip >= 3)
        return true;
    if (b == csv_mark[c->skip]) {
        c->skip++;
        return false;
    }
    return true;
}

enum err_code csv_feed(struct csv *c, struct sv bytes, struct err *err)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (!past_mark(c, bytes.p[i]))
            continue;
        if (c->skip < 3) { /* what looked like its beginning is text */
            size_t seen = c->skip;

            c->skip = 3;
            for (size_t k = 0; k < seen; k++)
                if (on_byte(c, csv_mark[k], err) != ERR_OK)
                    return err->code; /* uncovered: plain bytes are never refused at the front */
        }
        if (on_byte(c, bytes.p[i], err) != ERR_OK)
            return err->code;
        if (c->text.n > CSV_LINE_BYTES)
            return err_set(err, ERR_LIMIT, "line %zu: a record has more than %u bytes", c->line + 1,
                           CSV_LINE_BYTES);
    }
    return ERR_OK;
}

enum err_code csv_end(struct csv *c, struct err *err)
{
    if (c->skip > 0 && c->skip < 3)
        return bad(c, err, "this is not UTF-8");
    if (c->state == CSV_QUOTED)
        return bad(c, err, "a quote is not closed");
    if (c->started && end_line(c, err) != ERR_OK)
        return err->code;
    return c->named ? ERR_OK : err_set(err, ERR_INVALID, "there is no line of names");
}
