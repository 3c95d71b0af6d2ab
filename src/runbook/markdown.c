#include "runbook/markdown.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <pthread.h>
#include <string.h>

#include "base/limits.h"
#include "base/sv.h"
#include "base/vec.h"
#include "runbook/bounds.h"
#include "runbook/dialect.h"
#include "runbook/md_memory.h"
#include "runbook/unwrap.h"

/* An inline node that is not left yet, and where its text begins. */
struct md_open {
    cmark_node *node;
    size_t from;
};

/* A block that is not left yet, and its last child so far. */
struct md_level {
    uint32_t index, last;
};

struct md_build {
    struct arena *arena;
    size_t n_lines; /* of the document */
    VEC(struct md_node) nodes;
    VEC(struct md_level) path;
    /* of the block that is flattened */
    struct strbuf text;
    VEC(struct md_span) spans;
    VEC(struct md_open) open;
    VEC(size_t) breaks; /* of its lines, where Markdown shows none */
};

/* --- fences inside a "markdown" fence --- */

struct md_fence {
    char c;
    size_t n; /* 0: the line is no fence */
    size_t indent;
    struct sv info;
};

/* A line that opens or closes a fence.  Up to any indent: in a list it may be deep. */
static struct md_fence md_fence_of(struct sv line)
{
    struct md_fence f = {0};
    struct sv rest = sv_trim_left(line);

    f.indent = line.n - rest.n;
    if (!rest.n || (*rest.p != '`' && *rest.p != '~'))
        return f;
    f.c = *rest.p;
    while (f.n < rest.n && rest.p[f.n] == f.c)
        f.n++;
    f.info = sv_trim(sv_sub(rest, f.n, rest.n));
    if (f.n < 3 || (f.c == '`' && sv_find_byte(f.info, '`', 0) != SV_NPOS))
        f.n = 0;
    return f;
}

static bool md_holds_markdown(struct sv info)
{
    struct sv word = {NULL, 0};

    (void)sv_next_word(&info, &word);
    return sv_eq_nocase(word, SV("markdown")) || sv_eq_nocase(word, SV("md"));
}

/*
 * The line that closes the fence opened at `open` when fences inside it nest; 0 when they do not
 * balance before the end.  *strict is the line at which CommonMark closes it, or 0; without `nests`
 * nothing after it is looked at.
 */
static size_t md_nested_close(const struct document *d, size_t open, struct md_fence outer,
                              bool nests, size_t *strict)
{
    size_t depth = 1;

    *strict = 0;
    for (size_t i = open + 1; i <= d->n_lines; i++) {
        struct md_fence f = md_fence_of(document_line(d, i));

        if (f.n < outer.n || f.c != outer.c)
            continue;
        if (f.info.n) {
            depth++;
            continue;
        }
        if (!*strict)
            *strict = i;
        if (--depth == 0 || !nests)
            return i;
    }
    return 0;
}

/*
 * Each "markdown" block whose fences do not balance is searched to the end of the document.  After so
 * many of them the rest is read as CommonMark says, so that a document of such blocks costs linear time.
 */
#define MD_MAX_UNBALANCED 16u

struct md_repair {
    struct strbuf text; /* the document with longer outer fences, when any needed it */
    VEC(size_t) nested;
    size_t unclosed;
    size_t copied; /* lines of the document that are in `text` */
    unsigned unbalanced;
};

static void md_copy_line(const struct document *d, size_t line, size_t longer, struct strbuf *out)
{
    struct sv raw = sv_sub(d->text, d->line_at[line - 1], d->line_at[line]);
    struct md_fence f = md_fence_of(document_line(d, line));

    strbuf_add_sv(out, sv_sub(raw, 0, f.indent));
    strbuf_add_n(out, f.c, longer);
    strbuf_add_sv(out, sv_sub(raw, f.indent, raw.n));
}

/* The longest fence in the lines between open and close. */
static size_t md_longest_fence(const struct document *d, size_t open, size_t close)
{
    size_t longest = 0;

    for (size_t i = open + 1; i < close; i++)
        longest = size_max(longest, md_fence_of(document_line(d, i)).n);
    return longest;
}

/* The block from line `open` to `close`, which CommonMark would end at `strict`, with longer fences. */
static void md_repair_block(const struct document *d, size_t open, size_t close, size_t strict,
                            struct md_repair *r)
{
    size_t longer = md_longest_fence(d, open, close);

    *vec_add(&r->nested) = strict;
    strbuf_add_sv(&r->text, sv_sub(d->text, d->line_at[r->copied], d->line_at[open - 1]));
    md_copy_line(d, open, longer, &r->text);
    strbuf_add_sv(&r->text, sv_sub(d->text, d->line_at[open], d->line_at[close - 1]));
    md_copy_line(d, close, longer, &r->text);
    r->copied = close;
}

/* The line at which the block opened at `open` ends, repaired if need be; 0: it never does. */
static size_t md_repair_fence(const struct document *d, size_t open, struct md_fence f,
                              struct md_repair *r)
{
    bool nests = md_holds_markdown(f.info) && r->unbalanced < MD_MAX_UNBALANCED;
    size_t strict, close = md_nested_close(d, open, f, nests, &strict);

    r->unbalanced += nests && !close;
    if (!nests || !close || close == strict)
        return strict;
    md_repair_block(d, open, close, strict, r);
    return close;
}

/* Lengthen the outer fence of every block whose inner fences would end it: no line moves. */
static void md_repair_fences(const struct document *d, struct md_repair *r)
{
    for (size_t i = 1; i <= d->n_lines && !r->unclosed; i++) {
        struct md_fence f = md_fence_of(document_line(d, i));
        size_t close;

        if (!f.n)
            continue;
        close = md_repair_fence(d, i, f, r);
        if (close)
            i = close;
        else
            r->unclosed = i;
    }
    if (r->nested.n)
        strbuf_add_sv(&r->text, sv_sub(d->text, d->line_at[r->copied], d->text.n));
}

/* --- inline text --- */

static void md_add_span(struct md_build *b, enum md_span_kind kind, size_t from, const char *url)
{
    struct md_span *s = vec_add(&b->spans);

    s->kind = kind;
    s->from = from;
    s->to = b->text.n;
    s->url = url && *url ? arena_sv(b->arena, sv_from(url)) : (struct sv){NULL, 0};
}

static bool md_is_comment(const char *html)
{
    return html && sv_starts(sv_from(html), SV("<!--"));
}

/* Wikis and word processors put no-break spaces between the words of a command in a line: nobody types such a one. */
static void md_add_code(struct strbuf *out, struct sv code)
{
    static const struct sv blanks[] = {SV("\xc2\xa0"), SV("\xe2\x80\xaf")};
    size_t n;

    for (size_t at = 0; at < code.n; at += n) {
        struct sv rest = sv_sub(code, at, code.n);

        n = 0;
        for (size_t i = 0; i < ARRAY_LEN(blanks); i++)
            n += sv_starts(rest, blanks[i]) ? blanks[i].n : 0;
        strbuf_add_byte(out, n ? ' ' : *rest.p);
        n = n ? n : 1;
    }
}

static void md_flatten_leaf(struct md_build *b, cmark_node *n)
{
    size_t from = b->text.n;
    cmark_node_type type = cmark_node_get_type(n);

    if (type == CMARK_NODE_HTML_INLINE && md_is_comment(cmark_node_get_literal(n))) {
        md_add_span(b, MD_HTML_SPAN, from, cmark_node_get_literal(n)); /* it is no text */
        return;
    }
    if (type == CMARK_NODE_SOFTBREAK)
        *vec_add(&b->breaks) = from;
    if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
        strbuf_add_byte(&b->text, '\n');
    else if (type == CMARK_NODE_CODE)
        md_add_code(&b->text, sv_from(cmark_node_get_literal(n)));
    else if (cmark_node_get_literal(n))
        strbuf_add_str(&b->text, cmark_node_get_literal(n));
    if (type == CMARK_NODE_CODE)
        md_add_span(b, MD_CODE_SPAN, from, NULL);
    else if (type == CMARK_NODE_HTML_INLINE)
        md_add_span(b, MD_HTML_SPAN, from, NULL);
}

static void md_close_inline(struct md_build *b, const struct md_open *o)
{
    cmark_node_type type = cmark_node_get_type(o->node);

    if (type == CMARK_NODE_STRONG)
        md_add_span(b, MD_STRONG, o->from, NULL);
    else if (type == CMARK_NODE_LINK)
        md_add_span(b, MD_LINK, o->from, cmark_node_get_url(o->node));
    else if (type == CMARK_NODE_IMAGE)
        md_add_span(b, MD_IMAGE, o->from, cmark_node_get_url(o->node));
}

/* What has no children (cmark's iterator.c). */
static bool md_is_leaf(cmark_node_type type)
{
    return type == CMARK_NODE_TEXT || type == CMARK_NODE_SOFTBREAK ||
           type == CMARK_NODE_LINEBREAK || type == CMARK_NODE_CODE ||
           type == CMARK_NODE_HTML_INLINE;
}

/* The first node in n; NULL when there is none, and n is done. */
static cmark_node *md_flatten_node(struct md_build *b, cmark_node *n)
{
    struct md_open open = {n, b->text.n};
    cmark_node *child;

    if (md_is_leaf(cmark_node_get_type(n))) {
        md_flatten_leaf(b, n);
        return NULL;
    }
    child = cmark_node_first_child(n);
    if (child)
        *vec_add(&b->open) = open;
    else
        md_close_inline(b, &open);
    return child;
}

/* The node behind n in the block; leaves those that end with it. */
static cmark_node *md_flatten_next(struct md_build *b, cmark_node *n)
{
    cmark_node *next;

    while (!(next = cmark_node_next(n)) && b->open.n) {
        n = vec_last(&b->open)->node;
        md_close_inline(b, vec_last(&b->open));
        b->open.n--;
    }
    return next;
}

/*
 * Does the line begin with bold text and a colon, "**Owner:** Dana", or is it code alone?  Spans stand in the order of
 * their ends: *seen moves on.
 */
static bool md_is_of_its_own(const struct md_build *b, size_t *seen, size_t from, size_t to)
{
    enum { NESTED = 4 }; /* "**[Owner](x):** Dana" */
    struct sv text = strbuf_sv(&b->text);

    while (*seen < b->spans.n && b->spans.v[*seen].to <= from)
        ++*seen;
    for (size_t i = *seen; i < b->spans.n && i < *seen + NESTED; i++) {
        const struct md_span *s = &b->spans.v[i];

        if (s->from == from && ((s->kind == MD_STRONG &&
                                 sv_find_byte(sv_sub(text, from, s->to + 1), ':', 0) != SV_NPOS) ||
                                (s->kind == MD_CODE_SPAN && !sv_trim(sv_sub(text, s->to, to)).n)))
            return true;
    }
    return false;
}

/* Lines that an editor wrapped are one: their ends are blanks. */
static void md_unwrap(struct md_build *b, struct md_node *out)
{
    struct sv text = strbuf_sv(&b->text);
    size_t begin = 0, line = 0, n = 0, seen = 0; /* of what goes on, and of the line in it */

    for (size_t i = 0; i < b->breaks.n; i++) {
        size_t at = b->breaks.v[i], end = sv_find_byte(text, '\n', at + 1);

        for (size_t k = line; k < at; k++)
            if (text.p[k] == '\n') /* two blanks before it: it is meant */
                begin = line = k + 1;
        if (unwrap_goes_on(sv_sub(text, begin, at), sv_sub(text, line, at),
                           sv_sub(text, at + 1, end)) &&
            !md_is_of_its_own(b, &seen, at + 1, end)) {
            b->text.p[at] = ' ';
            b->breaks.v[n++] = at;
        } else {
            begin = at + 1;
        }
        line = at + 1;
    }
    out->n_wraps = n;
    out->wraps = arena_memdup(b->arena, b->breaks.v, n * sizeof(*b->breaks.v));
}

/* The inline children of a block, as text and spans; without recursion, as they may nest deeply. */
static void md_flatten(struct md_build *b, cmark_node *block, struct md_node *out)
{
    cmark_node *n = cmark_node_first_child(block), *child;

    strbuf_truncate(&b->text, 0);
    b->spans.n = b->open.n = b->breaks.n = 0;
    while (n) {
        child = md_flatten_node(b, n);
        n = child ? child : md_flatten_next(b, n);
    }
    md_unwrap(b, out);
    out->text = arena_sv(b->arena, strbuf_sv(&b->text));
    out->n_spans = b->spans.n;
    out->spans = arena_memdup(b->arena, b->spans.v, b->spans.n * sizeof(*b->spans.v));
}

/* --- blocks --- */

static enum md_kind md_block_kind(cmark_node *n)
{
    static const struct {
        const char *name; /* cmark_node_get_type_string(): extensions have no constants */
        enum md_kind kind;
    } rows[] = {
        {"document", MD_DOCUMENT}, {"heading", MD_HEADING},     {"paragraph", MD_PARAGRAPH},
        {"list", MD_LIST},         {"item", MD_ITEM},           {"tasklist", MD_ITEM},
        {"code_block", MD_CODE},   {"html_block", MD_HTML},     {"block_quote", MD_QUOTE},
        {"table", MD_TABLE},       {"table_row", MD_ROW},       {"table_header", MD_ROW},
        {"table_cell", MD_CELL},   {"thematic_break", MD_RULE},
    };
    const char *name = cmark_node_get_type_string(n);

    size_t i = 0;

    while (i < ARRAY_LEN(rows) && (*rows[i].name != *name || strcmp(rows[i].name, name) != 0))
        i++;
    assert(i < ARRAY_LEN(rows)); /* only the extensions of md_cmark() are switched on */
    return rows[i].kind;
}

static void md_fill_item(const struct md_build *b, cmark_node *n, struct md_node *m)
{
    cmark_node *list = cmark_node_parent(n);

    m->ordered = list && cmark_node_get_list_type(list) == CMARK_ORDERED_LIST;
    m->task = strcmp(cmark_node_get_type_string(n), "tasklist") == 0;
    m->checked = m->task && cmark_gfm_extensions_get_tasklist_item_checked(n);
    if (m->ordered)
        m->number = m->before == MD_NONE ? (unsigned)cmark_node_get_list_start(list)
                                         : b->nodes.v[m->before].number + 1;
}

/*
 * cmark gives a table the place of the paragraph that stands right above it, and that paragraph none.  The
 * head of a table is two lines above the first row, or else one above its end.
 */
static int md_table_line(cmark_node *table)
{
    cmark_node *head = cmark_node_first_child(table);
    cmark_node *row = head ? cmark_node_next(head) : NULL;

    return row ? cmark_node_get_start_line(row) - 2 : cmark_node_get_end_line(table) - 1;
}

static bool md_is_table(cmark_node *n)
{
    return n && strcmp(cmark_node_get_type_string(n), "table") == 0;
}

static size_t md_clamp(int line, size_t min, size_t max)
{
    return line < 0 ? min : size_min(size_max((size_t)line, min), max);
}

static void md_fill_place(const struct md_build *b, cmark_node *n, struct md_node *m)
{
    int from = cmark_node_get_start_line(n), to = cmark_node_get_end_line(n);
    size_t min = m->parent == MD_NONE ? 1 : b->nodes.v[m->parent].line;

    if (md_is_table(n)) {
        from = md_table_line(n);
    } else if (from == 0 && md_is_table(cmark_node_next(n))) {
        from = cmark_node_get_start_line(cmark_node_next(n));
        to = md_table_line(cmark_node_next(n)) - 1;
    }
    m->line = md_clamp(from, min, size_max(b->n_lines, min));
    m->end_line = md_clamp(to, m->line, size_max(b->n_lines, m->line));
    m->column = md_clamp(cmark_node_get_start_column(n), 1, SIZE_MAX);
}

/* cmark sees no task in a list inside a quote: "[ ] text" stays in the text there. */
static void md_fill_task(const struct md_build *b, struct md_node *m)
{
    struct md_node *item = m->parent == MD_NONE ? NULL : &b->nodes.v[m->parent];
    bool open = sv_starts(m->text, SV("[ ] "));
    bool done = sv_starts(m->text, SV("[x] ")) || sv_starts(m->text, SV("[X] "));

    if (!item || item->kind != MD_ITEM || item->task || m->before != MD_NONE || (!open && !done))
        return;
    item->task = true;
    item->checked = done;
    m->text = sv_sub(m->text, 4, m->text.n);
    for (size_t i = 0; i < m->n_spans; i++) {
        m->spans[i].from -= size_min(m->spans[i].from, 4);
        m->spans[i].to -= size_min(m->spans[i].to, 4);
    }
}

static void md_fill(struct md_build *b, cmark_node *n, struct md_node *m)
{
    const char *info;

    md_fill_place(b, n, m);
    switch ((int)m->kind) {
    case MD_HEADING: m->level = (unsigned)cmark_node_get_heading_level(n); break;
    case MD_ITEM: md_fill_item(b, n, m); break;
    case MD_ROW: m->header = strcmp(cmark_node_get_type_string(n), "table_header") == 0; break;
    case MD_CODE:
        info = cmark_node_get_fence_info(n);
        m->info = arena_sv(b->arena, sv_trim(sv_from(info)));
        m->fenced = cmark_node_get_fenced(n, &(int){0}, &(int){0}, &(char){0}) != 0;
        m->text = arena_sv(b->arena, sv_from(cmark_node_get_literal(n)));
        break;
    case MD_HTML: m->text = arena_sv(b->arena, sv_from(cmark_node_get_literal(n))); break;
    default: break;
    }
    if (m->kind == MD_HEADING || m->kind == MD_PARAGRAPH || m->kind == MD_CELL)
        md_flatten(b, n, m);
    if (m->kind == MD_PARAGRAPH)
        md_fill_task(b, m);
}

/* A new node at the end, as the last child of the innermost open block. */
static uint32_t md_add_node(struct md_build *b, enum md_kind kind)
{
    uint32_t index = (uint32_t)b->nodes.n;
    struct md_node *m = vec_add(&b->nodes);
    struct md_level *up = b->path.n ? vec_last(&b->path) : NULL;

    *m = (struct md_node){
        .kind = kind, .parent = MD_NONE, .first = MD_NONE, .next = MD_NONE, .before = MD_NONE};
    if (!up)
        return index;
    m->parent = up->index;
    if (up->last == MD_NONE)
        b->nodes.v[up->index].first = index;
    else
        b->nodes.v[up->last].next = index;
    m->before = up->last;
    up->last = index;
    return index;
}

/* Do blocks stand inside a block of this kind? */
static bool md_holds_blocks(enum md_kind kind)
{
    return kind != MD_HEADING && kind != MD_PARAGRAPH && kind != MD_CELL;
}

/* The node after n and everything in it, in document order; leaves the blocks that end there. */
static cmark_node *md_after(struct md_build *b, cmark_node *n, const cmark_node *root)
{
    while (n != root && !cmark_node_next(n)) {
        n = cmark_node_parent(n);
        b->path.n--;
    }
    return n == root ? NULL : cmark_node_next(n);
}

static enum err_code md_convert(const struct document *d, cmark_node *root, struct md_build *b,
                                struct err *err)
{
    cmark_node *n = root;

    while (n) {
        enum md_kind kind = md_block_kind(n);
        uint32_t index = md_add_node(b, kind);
        cmark_node *inside = md_holds_blocks(kind) ? cmark_node_first_child(n) : NULL;

        md_fill(b, n, &b->nodes.v[index]);
        if (!inside) {
            n = md_after(b, n, root);
            continue;
        }
        if (b->path.n >= LIMIT_NESTING)
            return err_set(err, ERR_LIMIT, "%s:%zu: lists or quotes are nested deeper than %u",
                           d->path, b->nodes.v[index].line, LIMIT_NESTING);
        *vec_add(&b->path) = (struct md_level){index, MD_NONE};
        n = inside;
    }
    return ERR_OK;
}

/* cmark-gfm 0.29 switches tables of the whole process on and off for the extensions of one parser: two
 * documents at once would be read with the characters of neither. */
static cmark_node *md_cmark(struct sv text, cmark_mem *memory)
{
    static const char *const extensions[] = {"table", "tasklist", "strikethrough", "autolink"};
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    cmark_parser *p;
    cmark_node *root;

    (void)pthread_mutex_lock(&lock); /* fails for one that is none */
    cmark_gfm_core_extensions_ensure_registered();
    p = cmark_parser_new_with_mem(CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8, memory);
    for (size_t i = 0; i < ARRAY_LEN(extensions); i++) {
        cmark_syntax_extension *e = cmark_find_syntax_extension(extensions[i]);

        assert(e);
        (void)cmark_parser_attach_syntax_extension(p, e); /* fails for NULL only */
    }
    cmark_parser_feed(p, text.n ? text.p : "", text.n);
    root = cmark_parser_finish(p);
    cmark_parser_free(p);
    (void)pthread_mutex_unlock(&lock);
    return root;
}

static void md_repair_release(struct md_repair *r)
{
    strbuf_release(&r->text);
    vec_release(&r->nested);
}

enum err_code markdown_parse(const struct document *d, struct arena *arena, struct markdown *ret,
                             struct err *err)
{
    CLEANUP(md_repair_release) struct md_repair repair = {.text = STRBUF(0)};
    CLEANUP(md_memory_release) struct md_memory memory = {.last = NULL}; /* of what cmark makes */
    cmark_node *root;
    const struct document *source = d;
    size_t front;
    struct md_build b = {.arena = arena, .n_lines = d->n_lines, .text = STRBUF(0)};
    CLEANUP(document_release) struct document plain = {0};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    enum err_code rc = bounds_check(d, err);

    if (rc != ERR_OK)
        return rc;
    if (dialect_rewrite(d, &text, &front)) {
        rc = document_init(d->path, strbuf_sv(&text), &plain, err);
        if (rc != ERR_OK)
            return rc;
        source = &plain;
    }
    md_repair_fences(source, &repair);
    root = md_cmark(repair.nested.n ? strbuf_sv(&repair.text) : source->text,
                    md_memory_begin(&memory));
    rc = md_convert(d, root, &b, err);
    if (rc == ERR_OK) {
        ret->n = b.nodes.n;
        ret->front_end = front;
        ret->v = arena_memdup(arena, b.nodes.v, b.nodes.n * sizeof(*b.nodes.v));
        ret->nested_fences =
            arena_memdup(arena, repair.nested.v, repair.nested.n * sizeof(*repair.nested.v));
        ret->n_nested_fences = repair.nested.n;
        ret->unclosed_fence = repair.unclosed;
    }
    vec_release(&b.nodes);
    vec_release(&b.path);
    vec_release(&b.spans);
    vec_release(&b.open);
    vec_release(&b.breaks);
    strbuf_release(&b.text);
    return rc;
}

/* --- questions about a node --- */

size_t md_line_at(const struct md_node *n, size_t offset)
{
    size_t line = n->line + (n->kind == MD_CODE && n->fenced);

    for (size_t i = 0; i < offset && i < n->text.n; i++)
        line += n->text.p[i] == '\n';
    return line + md_wraps_to(n, &(size_t){0}, offset);
}

size_t md_wraps_to(const struct md_node *n, size_t *w, size_t offset)
{
    size_t from = *w;

    while (*w < n->n_wraps && n->wraps[*w] < offset)
        ++*w;
    return *w - from;
}

struct sv md_leading_strong(const struct md_node *n, size_t *end)
{
    for (size_t i = 0; i < n->n_spans; i++)
        if (n->spans[i].kind == MD_STRONG && n->spans[i].from == 0) {
            *end = n->spans[i].to;
            return sv_trim(sv_sub(n->text, 0, n->spans[i].to));
        }
    *end = 0;
    return (struct sv){NULL, 0};
}

bool md_is_all_strong(const struct md_node *n)
{
    size_t end;

    return md_leading_strong(n, &end).n > 0 && sv_trim(sv_sub(n->text, end, n->text.n)).n == 0;
}
