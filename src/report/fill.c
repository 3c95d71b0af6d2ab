#include "report/fill.h"

#include <string.h>

#include "base/sv.h"
#include "base/text.h"

enum fill_kind {
    FILL_TOP,    /* lines of its own */
    FILL_LINES,  /* the same, as a quote */
    FILL_BEFORE, /* the same, in front of a line */
    FILL_NOTE,   /* in a line */
    FILL_BLANK,  /* in a line, over underscores */
    FILL_TICK,
};

void fill_release(struct fill *f)
{
    vec_release(&f->edits);
    arena_release(&f->arena);
}

static void fill_put(struct fill *f, struct fill_edit e, struct sv text)
{
    e.text = arena_sv(&f->arena, text);
    *vec_add(&f->edits) = e;
}

/* --- places --- */

static void fill_index(struct fill *f)
{
    f->inner = ARENA_NEWN(&f->arena, const struct md_node *, f->doc->n_lines + 1);
    for (size_t i = 0; i < f->md->n; i++) {
        const struct md_node *n = &f->md->v[i];

        /* in document order: what is inside comes later */
        for (size_t line = n->line; line <= n->end_line && line <= f->doc->n_lines; line++)
            if (n->kind != MD_CELL)
                f->inner[line] = n;
    }
}

/* The innermost block that has the line, a row rather than its cells; NULL when there is no such line. */
static const struct md_node *fill_node(struct fill *f, size_t line)
{
    if (!f->inner)
        fill_index(f);
    return line && line <= f->doc->n_lines ? f->inner[line] : NULL;
}

/* What ends a line; of a last line without one: as the first of the document. */
static struct sv fill_eol(const struct fill *f, size_t line)
{
    const struct document *d = f->doc;
    size_t from = d->line_at[line - 1] + document_line(d, line).n;

    if (from < d->line_at[line])
        return sv_sub(d->text, from, d->line_at[line]);
    if (line > 1)
        return fill_eol(f, 1);
    return SV("\n");
}

/* What stands before a block on its lines: quotes stay, the marks of lists become blanks. */
static struct sv fill_prefix(struct fill *f, const struct md_node *n)
{
    struct sv line = document_line(f->doc, n->line);
    size_t columns = size_min(n->column ? n->column - 1 : 0, line.n);
    char *p = arena_strdup(&f->arena, sv_sub(line, 0, columns));

    if (n->kind == MD_CODE && !n->fenced) /* its own indentation */
        columns -= size_min(columns, columns && p[columns - 1] == '\t' ? 1 : 4);
    for (size_t i = 0; i < columns; i++)
        if (p[i] != '>' && p[i] != '\t')
            p[i] = ' ';
    return (struct sv){p, columns};
}

static void fill_lines(struct fill *f, const struct md_node *n, size_t line, struct sv text)
{
    struct fill_edit e = {.kind = FILL_LINES, .at = f->doc->line_at[line]};

    if (n->kind == MD_HTML || (f->md->unclosed_fence && n->line == f->md->unclosed_fence)) {
        e.kind = FILL_BEFORE; /* behind its end it would belong to it */
        e.at = f->doc->line_at[n->line - 1];
    }
    e.prefix = fill_prefix(f, n);
    e.eol = fill_eol(f, line);
    fill_put(f, e, text);
}

void fill_top(struct fill *f, struct sv text)
{
    size_t front = f->md->front_end;
    struct fill_edit e = {.kind = FILL_TOP, .at = front ? f->doc->line_at[front] : 0};

    e.eol = f->doc->n_lines ? fill_eol(f, size_max(front, 1)) : SV("\n");
    fill_put(f, e, text);
}

/* Rows go behind their table. */
static const struct md_node *fill_whole(const struct fill *f, const struct md_node *n)
{
    while (n->kind == MD_ROW && n->parent != MD_NONE)
        n = &f->md->v[n->parent];
    return n;
}

void fill_after(struct fill *f, size_t line, struct sv text)
{
    const struct md_node *n = fill_node(f, line);

    if (!n)
        return;
    n = fill_whole(f, n);
    fill_lines(f, n, size_min(n->kind == MD_DOCUMENT ? line : n->end_line, f->doc->n_lines), text);
}

/* Before the bar that ends the row, or at the end of a line. */
static size_t fill_line_end(const struct fill *f, size_t line, bool row)
{
    struct sv text = document_line(f->doc, line), cut = sv_trim_right(text);

    if (!row)
        return f->doc->line_at[line - 1] + text.n;
    if (cut.n > 1 && cut.p[cut.n - 1] == '|' && cut.p[cut.n - 2] != '\\')
        cut = sv_trim_right(sv_sub(cut, 0, cut.n - 1));
    return f->doc->line_at[line - 1] + cut.n;
}

void fill_note(struct fill *f, size_t line, struct sv text)
{
    const struct md_node *n = fill_node(f, line);

    if (!n)
        return;
    if (n->kind == MD_ROW || n->kind == MD_PARAGRAPH || (n->kind == MD_ITEM && n->line == line))
        fill_put(
            f,
            (struct fill_edit){.kind = FILL_NOTE,
                               .at = fill_line_end(f, n->kind == MD_PARAGRAPH ? n->end_line : line,
                                                   n->kind == MD_ROW)},
            text);
    else
        fill_after(f, line, text);
}

/* What is shown as it stands is not written in. */
static bool fill_is_open(struct fill *f, size_t line)
{
    const struct md_node *n = fill_node(f, line);

    return n && n->kind != MD_CODE && n->kind != MD_HTML;
}

void fill_tick(struct fill *f, size_t line)
{
    struct sv text = document_line(f->doc, line);
    size_t at = 0;

    if (!fill_is_open(f, line))
        return;
    /* nothing but marks of quotes and lists stands before a box */
    while (at < text.n && (strchr(" \t>-*+.)", text.p[at]) || ascii_is_digit(text.p[at])))
        at++;
    if (!sv_starts(sv_sub(text, at, text.n), SV("[ ]")))
        return;
    fill_put(
        f,
        (struct fill_edit){.kind = FILL_TICK, .at = f->doc->line_at[line - 1] + at + 1, .cut = 2},
        SV(""));
}

size_t fill_blank(struct fill *f, size_t line, size_t from, struct sv text)
{
    struct sv s = document_line(f->doc, line);
    size_t at = sv_find(s, SV("___"), from), end = at;

    if (at == SV_NPOS || !fill_is_open(f, line))
        return SV_NPOS;
    while (end < s.n && s.p[end] == '_')
        end++;
    fill_put(f,
             (struct fill_edit){
                 .kind = FILL_BLANK, .at = f->doc->line_at[line - 1] + at, .cut = end - at},
             text);
    return end;
}

bool fill_cell(struct fill *f, size_t line, struct sv text)
{
    const struct md_node *n = fill_node(f, line);
    struct sv s = document_line(f->doc, line);
    size_t bars = sv_starts(sv_trim(s), SV("|")) ? 0 : 1, from = 0;

    if (!n || n->kind != MD_ROW)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '|' || (i && s.p[i - 1] == '\\'))
            continue;
        if (bars >= 2 && !sv_trim(sv_sub(s, from, i)).n) { /* the cell that ends here */
            fill_put(f,
                     (struct fill_edit){.kind = FILL_NOTE, .at = f->doc->line_at[line - 1] + from},
                     text);
            return true;
        }
        bars++;
        from = i + 1;
    }
    return false;
}

/* --- writing --- */

/* Do they stand between the same two marks? */
static bool fill_is_joined(const struct fill_edit *a, const struct fill_edit *b)
{
    return a->kind == FILL_LINES && b->kind == FILL_LINES && a->at == b->at &&
           sv_eq(a->prefix, b->prefix);
}

/* Edit i, lines between two marks.  Behind a last line that does not end, the end of line comes first. */
static void fill_write_lines(const struct fill *f, size_t i, const char *tag, struct strbuf *out)
{
    const struct fill_edit *e = &f->edits.v[i];
    struct sv rest = e->text, line, prefix = e->prefix, text = f->doc->text;
    bool open = e->at > 0 && e->at == text.n && !strchr("\r\n", text.p[e->at - 1]);
    bool begins = i == 0 || !fill_is_joined(e - 1, e);
    bool ends = i + 1 == f->edits.n || !fill_is_joined(e, e + 1);

    if (begins && open)
        strbuf_add_sv(out, e->eol);
    if (begins)
        strbuf_addf(out, "%.*s<!-- %s begin -->%.*s", SV_FMT(prefix), tag, SV_FMT(e->eol));
    else
        strbuf_addf(out, "%.*s>%.*s", SV_FMT(prefix), SV_FMT(e->eol));
    while (sv_next_line(&rest, &line))
        strbuf_addf(out, "%.*s>%s%.*s%.*s", SV_FMT(prefix), line.n ? " " : "", SV_FMT(line),
                    SV_FMT(e->eol));
    if (ends)
        strbuf_addf(out, "%.*s<!-- %s end -->", SV_FMT(prefix), tag);
    if (ends && !open)
        strbuf_add_sv(out, e->eol);
}

static void fill_write_edit(const struct fill *f, size_t i, const char *tag, struct strbuf *out)
{
    const struct fill_edit *e = &f->edits.v[i];

    switch ((enum fill_kind)e->kind) {
    case FILL_TOP:
    case FILL_LINES:
    case FILL_BEFORE: fill_write_lines(f, i, tag, out); break;
    case FILL_NOTE:
        strbuf_addf(out, " <!-- %s note -->%.*s<!-- %s done -->", tag, SV_FMT(e->text), tag);
        break;
    case FILL_BLANK:
        strbuf_addf(out, "<!-- %s was \"%.*s\" -->%.*s<!-- %s done -->", tag,
                    SV_FMT(sv_sub(f->doc->text, e->at, e->at + e->cut)), SV_FMT(e->text), tag);
        break;
    case FILL_TICK: strbuf_addf(out, "x] <!-- %s ticked -->", tag); break;
    }
}

/* Lines go before what is in the line that begins there, but behind a last line that does not end. */
static bool fill_is_later(const struct fill *f, const struct fill_edit *a,
                          const struct fill_edit *b)
{
    bool a_lines = a->kind <= FILL_BEFORE, b_lines = b->kind <= FILL_BEFORE;

    if (a->at != b->at || a_lines == b_lines)
        return a->at > b->at;
    return a_lines == (a->at == f->doc->text.n);
}

/* By place; of one place in the order in which they came. */
static void fill_sort(struct fill *f)
{
    for (size_t i = 1; i < f->edits.n; i++) {
        struct fill_edit e = f->edits.v[i];
        size_t k = i;

        while (k > 0 && fill_is_later(f, &f->edits.v[k - 1], &e)) {
            f->edits.v[k] = f->edits.v[k - 1];
            k--;
        }
        f->edits.v[k] = e;
    }
}

static bool fill_has_mark(const struct fill *f, struct sv mark)
{
    bool has = sv_has(f->doc->text, mark);

    for (size_t i = 0; i < f->edits.n && !has; i++)
        has = sv_has(f->edits.v[i].text, mark);
    return has;
}

void fill_write(struct fill *f, const char *tag, struct strbuf *out)
{
    struct sv name = sv_from(tag);
    size_t from = 0;

    for (int n = 2; fill_has_mark(f, arena_fmt(&f->arena, "<!-- %.*s ", SV_FMT(name))); n++)
        name = arena_fmt(&f->arena, "%s-%d", tag, n);
    fill_sort(f);
    for (size_t i = 0; i < f->edits.n; i++) {
        const struct fill_edit *e = &f->edits.v[i];

        if (e->at < from)
            continue; /* in what another one has written over */
        strbuf_add_sv(out, sv_sub(f->doc->text, from, e->at));
        fill_write_edit(f, i, name.p, out);
        from = e->at + e->cut;
    }
    strbuf_add_sv(out, sv_sub(f->doc->text, from, f->doc->text.n));
}

/* --- text --- */

void fill_add_text(struct strbuf *b, struct sv text)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);

    text_add_line(&line, text);
    for (size_t i = 0; i < line.n; i++)
        if (strchr("\\`*[]<>&|~", line.p[i]))
            strbuf_addf(b, "&#%d;", line.p[i]);
        else if (line.p[i] == '_' && !(i && i + 1 < line.n && ascii_is_alnum(line.p[i - 1]) &&
                                       ascii_is_alnum(line.p[i + 1])))
            strbuf_add_str(b, "&#95;");
        else
            strbuf_add_byte(b, line.p[i]);
}

/* The longest run of backticks. */
static size_t fill_ticks(struct sv text)
{
    size_t longest = 0, n = 0;

    for (size_t i = 0; i < text.n; i++) {
        n = text.p[i] == '`' ? n + 1 : 0;
        longest = size_max(longest, n);
    }
    return longest;
}

void fill_add_code(struct strbuf *b, struct sv text)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    size_t ticks;

    text_add_line(&line, text);
    ticks = fill_ticks(strbuf_sv(&line)) + 1;
    strbuf_add_n(b, '`', ticks);
    if (ticks > 1) /* a backtick at an end would belong to the mark */
        strbuf_add_byte(b, ' ');
    strbuf_add_sv(b, strbuf_sv(&line));
    if (ticks > 1)
        strbuf_add_byte(b, ' ');
    strbuf_add_n(b, '`', ticks);
}

void fill_add_fence(struct strbuf *b, struct sv text, size_t max)
{
    struct sv rest = text, line;
    size_t ticks = size_max(fill_ticks(text) + 1, 3), n = 0, total = 0, head = max / 3;

    while (sv_next_line(&rest, &line))
        total++;
    strbuf_add_n(b, '`', ticks);
    strbuf_add_str(b, "text\n");
    for (rest = text; sv_next_line(&rest, &line); n++) {
        if (total > max && n == head)
            strbuf_addf(b, "... %zu lines ...\n", total - max);
        if (total > max && n >= head && n < head + total - max)
            continue;
        text_add_terminal(b, text_last_written(line));
        strbuf_add_byte(b, '\n');
    }
    strbuf_add_n(b, '`', ticks);
    strbuf_add_byte(b, '\n');
}
