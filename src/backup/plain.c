#include "backup/plain.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/sv.h"

#define PLAIN_HEAD    4096u /* of a statement: its kind, and the name of its table */
#define PLAIN_COMMENT 200u
#define PLAIN_TAG     100u /* of $tag$; a longer one is none */

enum plain_state {
    PLAIN_SQL,
    PLAIN_TEXT,     /* '...' */
    PLAIN_ESCAPED,  /* E'...' */
    PLAIN_NAME,     /* "..." */
    PLAIN_LINE,     /* -- ... */
    PLAIN_BLOCK,    /* slash star, nested */
    PLAIN_DOLLAR,   /* $tag$ ... $tag$ */
    PLAIN_META,     /* \connect ... */
    PLAIN_COPY_EOL, /* after COPY ... FROM stdin; */
    PLAIN_ROWS,     /* of COPY */
    PLAIN__N
};

struct plain {
    enum plain_state state;
    int64_t line;
    char last; /* the byte before */
    struct strbuf head, comment, meta, tag, seen;
    unsigned depth, parens; /* of block comments; of parentheses of the statement */
    bool values;            /* after the word VALUES */
    bool backslash;         /* the next byte is what it is */
    bool took;              /* the byte is not `last` for the next one */
    bool in_tag, in_seen;   /* in what may be the tag that opens, that closes */
    /* COPY */
    size_t table; /* of the census */
    int64_t fields, first_fields;
    size_t row_bytes;
    char row[2]; /* its first bytes */
    /* what was found */
    enum plain_writer writer;
    bool complete, restricted, failed;
    struct census census;
    struct map tables;
};

struct plain *plain_new(void)
{
    struct plain *p = XNEW(struct plain);

    p->line = 1;
    p->head = STRBUF(PLAIN_HEAD);
    p->comment = STRBUF(PLAIN_COMMENT);
    p->meta = STRBUF(PLAIN_COMMENT);
    p->tag = STRBUF(PLAIN_TAG);
    p->seen = STRBUF(PLAIN_TAG);
    return p;
}

void plain_free(struct plain *p)
{
    if (!p)
        return;
    strbuf_release(&p->head);
    strbuf_release(&p->comment);
    strbuf_release(&p->meta);
    strbuf_release(&p->tag);
    strbuf_release(&p->seen);
    census_release(&p->census);
    map_release(&p->tables);
    free(p);
}

static void plain_clear(struct strbuf *b)
{
    strbuf_truncate(b, 0);
    b->overflow = false;
}

/* --- statements --- */

/* One part of a name, quoted or not, without its quotes. */
static bool plain_name_part(struct sv *rest, struct strbuf *name)
{
    size_t n = 0;

    if (sv_eat(rest, SV("\""))) {
        while (rest->n && !(rest->p[0] == '"' && !sv_starts(*rest, SV("\"\"")))) {
            if (rest->p[0] == '"')
                *rest = sv_sub(*rest, 1, rest->n);
            strbuf_add_byte(name, rest->p[0]);
            *rest = sv_sub(*rest, 1, rest->n);
        }
        return sv_eat(rest, SV("\""));
    }
    while (n < rest->n &&
           (ascii_is_word(rest->p[n]) || (unsigned char)rest->p[n] >= 0x80 || rest->p[n] == '$'))
        n++;
    strbuf_add_sv(name, sv_sub(*rest, 0, n));
    *rest = sv_sub(*rest, n, rest->n);
    return n > 0;
}

/* "schema.table" as the census writes it; *rest goes over it. */
static bool plain_name(struct sv *rest, struct strbuf *name)
{
    *rest = sv_trim_left(*rest);
    if (!plain_name_part(rest, name))
        return false;
    while (sv_eat(rest, SV("."))) {
        strbuf_add_byte(name, '.');
        if (!plain_name_part(rest, name))
            return false;
    }
    return true;
}

/* Its place in the census. */
static size_t plain_table(struct plain *p, struct sv name)
{
    size_t at;

    if (map_get(&p->tables, name, &at))
        return at;
    at = p->census.tables.n;
    census_add(&p->census, name)->counted = true;
    (void)map_put(&p->tables, name, at);
    return at;
}

/* "COPY name (columns) FROM stdin": the rows follow. */
static bool plain_begin_copy(struct plain *p)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    struct sv rest = strbuf_sv(&p->head);

    if (p->head.overflow && !sv_starts_nocase(rest, SV("COPY ")))
        return false;
    if (!sv_eat_nocase(&rest, SV("COPY ")) || !plain_name(&rest, &name) ||
        !sv_has_nocase(rest, SV("FROM stdin")))
        return false;
    p->table = plain_table(p, strbuf_sv(&name));
    p->first_fields = -1;
    return true;
}

/* A row of INSERT INTO name ... VALUES (...), (...). */
static void plain_count_values(struct plain *p)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    struct sv rest = strbuf_sv(&p->head);

    if (sv_eat_nocase(&rest, SV("INSERT INTO ")) && plain_name(&rest, &name)) {
        size_t at = plain_table(p, strbuf_sv(&name)); /* first: the tables may move */

        p->census.tables.v[at].rows++;
    }
}

static void plain_end_statement(struct plain *p)
{
    struct sv head = sv_trim(strbuf_sv(&p->head));
    bool copy = plain_begin_copy(p);

    if (p->writer == PLAIN_UNKNOWN && sv_starts(head, SV("PRAGMA foreign_keys=OFF")))
        p->writer = PLAIN_SQLITE;
    if (p->writer == PLAIN_SQLITE) {
        p->complete = sv_is(head, "COMMIT");
        p->failed |= sv_is(head, "ROLLBACK");
    }
    if (p->writer == PLAIN_POSTGRES)
        p->complete = false; /* the last line is still to come */
    plain_clear(&p->head);
    p->values = false;
    p->parens = 0;
    p->state = copy ? PLAIN_COPY_EOL : PLAIN_SQL;
}

static void plain_end_comment(struct plain *p)
{
    struct sv text = sv_trim(strbuf_sv(&p->comment));

    if (sv_is(text, "PostgreSQL database dump") || sv_is(text, "PostgreSQL database cluster dump"))
        p->writer = PLAIN_POSTGRES;
    if (sv_is(text, "PostgreSQL database dump complete") ||
        sv_is(text, "PostgreSQL database cluster dump complete"))
        p->complete = p->writer == PLAIN_POSTGRES;
    plain_clear(&p->comment);
}

static void plain_end_meta(struct plain *p)
{
    struct sv text = strbuf_sv(&p->meta);

    if (sv_starts(text, SV("restrict ")))
        p->restricted = true;
    else if (sv_starts(text, SV("unrestrict ")))
        p->restricted = false;
    else
        p->complete = false;
    plain_clear(&p->meta);
}

/* --- bytes --- */

/* "$tag$": true when the byte was a part of one. */
static bool plain_dollar(struct plain *p, char c)
{
    if (!p->in_tag) {
        p->in_tag = c == '$' && !ascii_is_word(p->last);
        plain_clear(&p->tag);
        return false;
    }
    if (c == '$' && !p->tag.overflow) {
        p->in_tag = false;
        p->state = PLAIN_DOLLAR;
        plain_clear(&p->seen);
        p->in_seen = false;
        return true;
    }
    p->in_tag = ascii_is_word(c) || (unsigned char)c >= 0x80;
    if (p->in_tag)
        strbuf_add_byte(&p->tag, c);
    return false;
}

/* In SQL, outside of all quotes. */
static void plain_sql_byte(struct plain *p, char c)
{
    struct sv head = strbuf_sv(&p->head);
    bool blank = ascii_is_space(c);

    if (plain_dollar(p, c))
        return;
    if (c == '-' && p->last == '-') {
        strbuf_truncate(&p->head, head.n - (head.n > 0));
        p->state = PLAIN_LINE;
        return;
    }
    if (c == '*' && p->last == '/') {
        strbuf_truncate(&p->head, head.n - (head.n > 0));
        p->state = PLAIN_BLOCK;
        p->depth = 1;
        return;
    }
    if (c == ';') {
        plain_end_statement(p);
        return;
    }
    if (!head.n && blank)
        return;
    if (!head.n && c == '\\') {
        p->state = PLAIN_META;
        return;
    }
    if (p->parens == 0 && (blank || c == '('))
        p->values |= sv_ends(sv_trim_right(head), SV("VALUES"));
    if (c == '(' && p->parens++ == 0 && p->values)
        plain_count_values(p);
    p->parens -= c == ')' && p->parens > 0;
    if (c == '\'')
        p->state = p->last == 'E' ? PLAIN_ESCAPED : PLAIN_TEXT;
    if (c == '"')
        p->state = PLAIN_NAME;
    strbuf_add_byte(&p->head, c);
}

static void plain_quoted_byte(struct plain *p, char c)
{
    if (p->backslash) {
        p->backslash = false;
    } else if (p->state == PLAIN_ESCAPED && c == '\\') {
        p->backslash = true;
    } else if (c == (p->state == PLAIN_NAME ? '"' : '\'')) {
        p->state = PLAIN_SQL; /* of two, the second opens it again */
    }
    strbuf_add_byte(&p->head, c);
}

static void plain_dollar_byte(struct plain *p, char c)
{
    if (c != '$') {
        if (p->in_seen)
            strbuf_add_byte(&p->seen, c);
        return;
    }
    if (p->in_seen && !p->seen.overflow && sv_eq(strbuf_sv(&p->seen), strbuf_sv(&p->tag)))
        p->state = PLAIN_SQL;
    p->in_seen = true; /* the end of one may be the begin of another */
    plain_clear(&p->seen);
}

static void plain_block_byte(struct plain *p, char c)
{
    bool open = p->last == '/' && c == '*', close = p->last == '*' && c == '/';

    p->depth += open;
    p->depth -= close;
    if (p->depth == 0)
        p->state = PLAIN_SQL;
    p->took = open || close; /* neither byte is a part of the next one */
    if (p->took)
        p->last = '\0';
}

static void plain_line_byte(struct plain *p, char c)
{
    if (c != '\n') {
        strbuf_add_byte(p->state == PLAIN_META ? &p->meta : &p->comment, c);
        return;
    }
    if (p->state == PLAIN_META)
        plain_end_meta(p);
    else
        plain_end_comment(p);
    p->state = PLAIN_SQL;
}

static void plain_begin_row(struct plain *p)
{
    p->row_bytes = 0;
    p->fields = 1;
    p->row[0] = p->row[1] = '\0';
}

static enum err_code plain_end_row(struct plain *p, struct err *err)
{
    struct census_table *t = &p->census.tables.v[p->table];

    if (p->row_bytes == 2 && p->row[0] == '\\' && p->row[1] == '.') {
        p->state = PLAIN_SQL;
        return ERR_OK;
    }
    if (p->first_fields < 0)
        p->first_fields = p->fields;
    if (p->fields != p->first_fields)
        return err_set(err, ERR_CORRUPT, "line %lld: a row of %.*s has %lld fields, the first %lld",
                       (long long)p->line, SV_FMT(t->name), (long long)p->fields,
                       (long long)p->first_fields);
    t->rows++;
    plain_begin_row(p);
    return ERR_OK;
}

static void plain_row_byte(struct plain *p, char c)
{
    if (p->row_bytes < 2)
        p->row[p->row_bytes] = c;
    p->row_bytes++;
    p->fields += c == '\t'; /* one in a value is written as a backslash and a t */
}

static enum err_code plain_byte(struct plain *p, char c, struct err *err)
{
    enum err_code rc = ERR_OK;

    p->took = false;
    switch (p->state) {
    case PLAIN_TEXT:
    case PLAIN_ESCAPED:
    case PLAIN_NAME: plain_quoted_byte(p, c); break;
    case PLAIN_DOLLAR: plain_dollar_byte(p, c); break;
    case PLAIN_BLOCK: plain_block_byte(p, c); break;
    case PLAIN_LINE:
    case PLAIN_META: plain_line_byte(p, c); break;
    case PLAIN_COPY_EOL:
        if (c == '\n') {
            p->state = PLAIN_ROWS;
            plain_begin_row(p);
        }
        break;
    case PLAIN_ROWS:
        if (c == '\n')
            rc = plain_end_row(p, err);
        else
            plain_row_byte(p, c);
        break;
    case PLAIN_SQL:
    case PLAIN__N:
    default: plain_sql_byte(p, c); break;
    }
    p->line += c == '\n';
    if (!p->took)
        p->last = c;
    return rc;
}

enum err_code plain_feed(struct plain *p, struct sv bytes, struct err *err)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (!bytes.p[i])
            return err_set(err, ERR_CORRUPT, "line %lld: a NUL byte", (long long)p->line);
        if (plain_byte(p, bytes.p[i], err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

/* What is open at the end; NULL: nothing. */
static const char *plain_open(const struct plain *p)
{
    static const char *const open[PLAIN__N] = {[PLAIN_TEXT] = "within a text",
                                               [PLAIN_ESCAPED] = "within a text",
                                               [PLAIN_NAME] = "within a name",
                                               [PLAIN_BLOCK] = "within a comment",
                                               [PLAIN_DOLLAR] = "within a function",
                                               [PLAIN_COPY_EOL] = "before the rows of a table",
                                               [PLAIN_ROWS] = "within the rows of a table"};

    if (open[p->state])
        return open[p->state];
    if (sv_trim(strbuf_sv(&p->head)).n)
        return "within a statement";
    if (p->failed)
        return "in errors: its writer has rolled it back";
    if (!p->complete)
        return "without the line that its writer puts at the end";
    return p->restricted ? "without the \\unrestrict of its begin" : NULL;
}

enum err_code plain_end(struct plain *p, enum plain_writer *writer, struct census *census,
                        struct err *err)
{
    const char *open;

    if (p->state == PLAIN_LINE || p->state == PLAIN_META)
        plain_line_byte(p, '\n');
    open = plain_open(p);
    if (p->writer == PLAIN_UNKNOWN)
        return err_set(err, ERR_INVALID, "it is no dump of pg_dump or sqlite3");
    if (open)
        return err_set(err, ERR_CORRUPT, "the dump ends at line %lld %s", (long long)p->line, open);
    census_sort(&p->census);
    *census = p->census;
    memset(&p->census, 0, sizeof(p->census));
    *writer = p->writer;
    return ERR_OK;
}
