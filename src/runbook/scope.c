/*
 * scope: what a directive speaks of (docs/formats/directives.md): a block, a list, an item, a section, the
 * document.
 */
#include "base/suggest.h"
#include "base/sv.h"
#include "runbook/names.h"
#include "runbook/reader_int.h"
#include "runbook/yaml.h"

/* --- errors --- */

static void scope_note(struct rb_build *b, size_t line, size_t column, struct sv text,
                       struct sv hint)
{
    *vec_add(&b->notes) = (struct rb_note){NOTE_DIRECTIVE, line, column, text, hint};
}

struct scope_place {
    size_t line, column;
};

/* Where byte `at` of a text of the document is that begins in one of the lines [from, to]. */
static struct scope_place scope_place(const struct rb_build *b, struct sv text, size_t at,
                                      size_t from, size_t to)
{
    size_t begin = 0, found = SV_NPOS, line = from;
    struct sv piece;

    for (size_t i = 0; i < at; i++)
        if (text.p[i] == '\n') {
            begin = i + 1;
            line++;
        }
    piece = sv_trim_right(sv_sub(text, begin, sv_find_byte(text, '\n', begin)));
    for (;; line++) {
        found = sv_find(document_line(b->rb->doc, line), piece, 0);
        if (found != SV_NPOS || line >= to)
            break;
    }
    return (struct scope_place){line, (found == SV_NPOS ? 0 : found) + (at - begin) + 1};
}

/* `inside` lies in `whole`, which begins in one of the lines [from, to]. */
static void scope_read(struct rb_build *b, struct sv whole, struct sv inside, size_t from,
                       size_t to, struct directive *into)
{
    directive_errors errors = {0};
    size_t base = (size_t)(inside.p - whole.p);
    struct scope_place at = scope_place(b, whole, base, from, to);

    into->line = at.line;
    into->column = at.column;
    directive_read(inside, b->arena, into, &errors);
    for (size_t i = 0; i < errors.n; i++) {
        at = scope_place(b, whole, base + errors.v[i].at, from, to);
        scope_note(b, at.line, at.column, errors.v[i].text, errors.v[i].hint);
    }
    vec_release(&errors);
}

/* --- what waits, what holds --- */

static uint32_t scope_keep(struct rb_build *b, const struct directive *d)
{
    *vec_add(&b->said) = *d;
    return (uint32_t)(b->said.n - 1);
}

/* What was said of the part itself; NULL: nothing. */
static const struct directive *scope_of_part(const struct rb_build *b, uint32_t part)
{
    return part < b->said_of.n && b->said_of.v[part] != RB_NONE ? &b->said.v[b->said_of.v[part]]
                                                                : NULL;
}

static void scope_name(struct rb_build *b, uint32_t part, const struct directive *d)
{
    size_t other;

    if (map_get(&b->said_names, d->name, &other) && other != part) {
        scope_note(b, d->line, d->column,
                   arena_fmt(b->arena, "name '%.*s' is taken by line %zu", SV_FMT(d->name),
                             build_part(b, (uint32_t)other)->line),
                   SV("a name is given once in a document"));
        return;
    }
    (void)map_put(&b->said_names, d->name, part);
    build_part(b, part)->name = d->name;
}

static void scope_part(struct rb_build *b, uint32_t part, const struct directive *d)
{
    struct rb_part *p = build_part(b, part);

    while (b->said_of.n <= part)
        *vec_add(&b->said_of) = RB_NONE;
    b->said_of.v[part] = scope_keep(b, d);
    if (d->role != ROLE_NONE)
        p->role = d->role;
    if (d->never == FLAG_YES)
        p->role = ROLE_REFERENCE;
    if (d->optional != FLAG_UNSET)
        p->optional = d->optional == FLAG_YES;
    if (d->optional == FLAG_NO)
        p->condition = (struct sv){NULL, 0};
    p->variant = d->variant;
    if (d->name.n)
        scope_name(b, part, d);
}

/* Names, roles and ways are for one thing. */
static void scope_only_settings(struct rb_build *b, const struct directive *d)
{
    if (d->name.n || d->role != ROLE_NONE || d->variant.n)
        scope_note(b, d->line, d->column,
                   SV("'name', 'role' and 'variant' are for one block, item, step or section"),
                   SV("put the comment into the line of the item, or below a heading"));
}

/* --- comments --- */

static bool scope_read_comments(struct rb_build *b, struct sv html, size_t from, size_t to,
                                struct directive *into)
{
    struct sv rest = html, inside;
    bool found = false;

    while ((inside = directive_comment(&rest)).p) {
        scope_read(b, html, inside, from, to, into);
        found = true;
    }
    return found;
}

/* Is there nothing but HTML between the heading of the present section and the node? */
static bool scope_is_below_heading(const struct rb_build *b, uint32_t node)
{
    const struct md_node *v = b->rb->md.v;

    do
        node = v[node].before;
    while (node != MD_NONE && v[node].kind == MD_HTML);
    return node != MD_NONE && b->part != RB_NONE && b->parts.v[b->part].node == node;
}

void scope_html(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    struct directive d = b->has_waiting ? b->waiting : directive_none();

    if (!scope_read_comments(b, n->text, n->line, n->end_line, &d))
        return;
    if (!b->has_waiting && scope_is_below_heading(b, node)) {
        const struct directive *had = scope_of_part(b, b->part);

        if (had) /* what was said first counts, where both say it */
            directive_inherit(&d, had);
        scope_part(b, b->part, &d);
        return;
    }
    b->waiting = d;
    b->has_waiting = true;
}

/* Comments in the line of a text. */
static bool scope_inline(struct rb_build *b, uint32_t node, struct directive *into)
{
    const struct md_node *n = &b->rb->md.v[node];
    bool found = false;

    for (size_t i = 0; i < n->n_spans; i++)
        if (n->spans[i].kind == MD_HTML_SPAN && n->spans[i].url.n)
            found |= scope_read_comments(b, n->spans[i].url, n->line, n->end_line, into);
    return found;
}

bool scope_has_inline(const struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];

    for (size_t i = 0; i < n->n_spans; i++) {
        struct sv rest = n->spans[i].url;

        if (n->spans[i].kind == MD_HTML_SPAN && directive_comment(&rest).p)
            return true;
    }
    return false;
}

static bool scope_take(struct rb_build *b, struct directive *ret)
{
    bool had = b->has_waiting;

    *ret = had ? b->waiting : directive_none();
    b->has_waiting = false;
    return had;
}

void scope_title(struct rb_build *b, uint32_t part)
{
    struct directive d;
    bool found = scope_take(b, &d);

    found |= scope_inline(b, build_part(b, part)->node, &d);
    if (found)
        scope_part(b, part, &d);
}

void scope_item(struct rb_build *b, uint32_t part, uint32_t text)
{
    struct directive d = directive_none();

    if (text == MD_NONE || !scope_inline(b, text, &d))
        return;
    if (b->saying != RB_NONE) /* what was said of the list */
        directive_inherit(&d, &b->said.v[b->saying]);
    b->saying = RB_NONE;
    scope_part(b, part, &d);
}

void scope_paragraph(struct rb_build *b, uint32_t node)
{
    struct directive d = b->has_waiting ? b->waiting : directive_none();

    if (scope_inline(b, node, &d)) {
        b->waiting = d;
        b->has_waiting = true;
    }
}

uint32_t scope_group(struct rb_build *b)
{
    uint32_t outer = b->saying;
    struct directive d;

    if (!scope_take(b, &d))
        return outer;
    scope_only_settings(b, &d);
    if (outer != RB_NONE)
        directive_inherit(&d, &b->said.v[outer]);
    b->saying = scope_keep(b, &d);
    return outer;
}

/* --- blocks --- */

/* A block that is a part of its own. */
static void scope_block_part(struct rb_build *b, uint32_t node, const struct directive *d)
{
    const struct md_node *n = &b->rb->md.v[node];
    struct rb_part *p = vec_add(&b->parts);
    uint32_t part = (uint32_t)(b->parts.n - 1);

    *p = (struct rb_part){.kind = PART_STEP,
                          .role = build_role(b),
                          .parent = b->part,
                          .node = node,
                          .line = n->line,
                          .end_line = n->end_line,
                          .offset_ms = b->part == RB_NONE ? -1 : b->parts.v[b->part].offset_ms,
                          .due_ms = -1,
                          .joined = RB_NONE,
                          .one_of = RB_NONE};
    p->title = d->name.n ? d->name : d->variant.n ? d->variant : sv_from(rb_role_name(d->role));
    if (d->role != ROLE_NONE && d->role != p->role)
        b->proc = part; /* what is for something else has a session of its own */
    b->part = part;
    scope_part(b, part, d);
}

struct scope scope_enter_block(struct rb_build *b, uint32_t node, bool runs)
{
    const struct md_node *n = &b->rb->md.v[node];
    struct scope outer = {b->part, b->proc, b->saying, b->host, false};
    struct sv line = document_line(b->rb->doc, n->line), inside;
    struct directive d;
    bool found = scope_take(b, &d);

    inside = n->fenced ? directive_braces(line, runs) : (struct sv){NULL, 0};
    if (inside.n) {
        scope_read(b, line, inside, n->line, n->line, &d);
        found = true;
    }
    if (!found)
        return outer;
    if (d.host.n) {
        outer.gave_host = true;
        b->host = b->given = sv_eq(d.host, SV("local")) ? (struct sv){NULL, 0} : d.host;
    }
    if (d.name.n || d.role != ROLE_NONE || d.variant.n) {
        scope_block_part(b, node, &d);
    } else {
        if (b->saying != RB_NONE)
            directive_inherit(&d, &b->said.v[b->saying]);
        b->saying = scope_keep(b, &d);
    }
    return outer;
}

void scope_leave_block(struct rb_build *b, const struct scope *outer)
{
    b->part = outer->part;
    b->proc = outer->proc;
    b->saying = outer->saying;
    if (outer->gave_host)
        b->host = outer->host;
}

/* --- what holds for a step --- */

/* Settings of what is said of a step or block itself, and of the parts around it. */
static struct directive scope_settings(const struct rb_build *b, uint32_t said, uint32_t part)
{
    struct directive d = said == RB_NONE ? directive_none() : b->said.v[said];

    for (; b->said_of.n && part != RB_NONE; part = b->parts.v[part].parent) {
        const struct directive *up = scope_of_part(b, part);

        if (up)
            directive_inherit(&d, up);
    }
    directive_inherit(&d, &b->front);
    return d;
}

enum scope_way scope_way(const struct rb_build *b, uint32_t part)
{
    struct directive d;

    if (!b->said.n)
        return SCOPE_RUNS;
    d = scope_settings(b, b->saying, part);
    if (d.never == FLAG_YES)
        return SCOPE_NEVER;
    return d.manual == FLAG_YES ? SCOPE_MANUAL : SCOPE_RUNS;
}

void scope_settle(const struct rb_build *b, uint32_t said, struct rb_step *s)
{
    struct directive d;
    const struct directive *own = said == RB_NONE ? NULL : &b->said.v[said];

    if (!b->said.n && !b->has_front)
        return;
    d = scope_settings(b, said, s->part);
    if (!s->host.n && !sv_eq(d.host, SV("local")))
        s->host = d.host;
    s->undo = d.undo.n ? d.undo : s->undo; /* of a table */
    s->database = d.database;
    s->skip = d.skip;
    s->limit_ms = d.timeout_ms;
    s->retries = d.retries;
    if (!own || own->optional == FLAG_UNSET)
        return;
    s->optional = own->optional == FLAG_YES;
    if (!s->optional)
        s->condition = (struct sv){NULL, 0};
}

/* --- front matter --- */

static const struct sv scope_front_keys[] = {SV("title"),   SV("environments"), SV("timeout"),
                                             SV("retries"), SV("host"),         SV("database")};

static void scope_front_unknown(struct rb_build *b, const struct yaml_node *n)
{
    struct suggest s = suggest_begin(n->key);

    for (size_t i = 0; i < ARRAY_LEN(scope_front_keys); i++)
        suggest_offer(&s, scope_front_keys[i]);
    scope_note(b, n->line, 1, arena_fmt(b->arena, "unknown key '%.*s'", SV_FMT(n->key)),
               s.best.p ? arena_fmt(b->arena, "did you mean '%.*s'?", SV_FMT(s.best))
                        : SV("docs/formats/directives.md lists the keys"));
}

static void scope_environments(struct rb_build *b, const struct yaml_node *n)
{
    bool texts = n->kind == YAML_LIST && n->n_items;

    for (size_t i = 0; texts && i < n->n_items; i++)
        texts = n->items[i].kind == YAML_SCALAR && n->items[i].text.n;
    if (!texts) {
        scope_note(b, n->line, 1, SV("'environments' must be a list of names"),
                   SV("environments: [staging, production]"));
        return;
    }
    for (size_t i = 0; i < n->n_items; i++)
        *vec_add(&b->environments) = n->items[i].text;
}

static void scope_front_key(struct rb_build *b, const struct yaml_node *n)
{
    struct sv why = {NULL, 0};
    bool known = false;

    for (size_t i = 0; i < ARRAY_LEN(scope_front_keys); i++)
        known |= sv_eq(n->key, scope_front_keys[i]);
    if (!known) {
        scope_front_unknown(b, n);
    } else if (sv_eq(n->key, SV("environments"))) {
        scope_environments(b, n);
    } else if (n->kind != YAML_SCALAR || !n->text.n) {
        scope_note(b, n->line, 1, arena_fmt(b->arena, "'%.*s' must be a text", SV_FMT(n->key)),
                   (struct sv){NULL, 0});
    } else if (sv_eq(n->key, SV("title"))) {
        b->rb->title = n->text;
    } else if (!directive_set(n->key, n->text, &b->front, &why)) {
        scope_note(b, n->line, 1, arena_fmt(b->arena, "'%.*s' %.*s", SV_FMT(n->key), SV_FMT(why)),
                   (struct sv){NULL, 0});
    }
}

/* "12:3: what is wrong" of the YAML reader, which was given no name. */
static void scope_yaml_error(struct rb_build *b, const struct err *err, size_t line)
{
    struct sv rest = sv_from(err->msg), piece;
    uint64_t n[2] = {line, 1};

    (void)sv_eat(&rest, SV(":"));
    for (size_t i = 0; i < ARRAY_LEN(n); i++) {
        struct sv after = rest;

        if (!sv_split(&after, ':', &piece) || !sv_to_u64(piece, &n[i]))
            break;
        rest = after;
    }
    scope_note(b, n[0], n[1] ? n[1] : 1, arena_sv(b->arena, sv_trim(rest)), (struct sv){NULL, 0});
}

/* The lines of the key `prusik` in the front matter: [*from, *to). */
static bool scope_front_lines(const struct rb_build *b, size_t *from, size_t *to)
{
    for (*from = 2; *from < b->rb->md.front_end; ++*from)
        if (sv_starts(document_line(b->rb->doc, *from), SV("prusik:")))
            break;
    for (*to = *from + 1; *to < b->rb->md.front_end; ++*to) {
        struct sv line = document_line(b->rb->doc, *to);

        if (line.n && !ascii_is_space(*line.p) && *line.p != '#')
            break;
    }
    return *from < b->rb->md.front_end;
}

void scope_front(struct rb_build *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct yaml_node root;
    struct err err = {0};
    size_t from, to;

    b->front = directive_none();
    if (!scope_front_lines(b, &from, &to))
        return;
    strbuf_add_n(&text, '\n', from - 1); /* so that lines are those of the document */
    for (size_t n = from; n < to; n++) {
        strbuf_add_sv(&text, document_line(b->rb->doc, n));
        strbuf_add_byte(&text, '\n');
    }
    if (yaml_parse(arena_sv(b->arena, strbuf_sv(&text)), "", b->arena, &root, &err) != ERR_OK) {
        scope_yaml_error(b, &err, from);
        return;
    }
    b->has_front = true;
    if (root.items[0].kind != YAML_MAP)
        scope_note(b, from, 1, SV("'prusik' must be a map of keys"),
                   SV("docs/formats/directives.md lists them"));
    for (size_t i = 0; root.items[0].kind == YAML_MAP && i < root.items[0].n_items; i++)
        scope_front_key(b, &root.items[0].items[i]);
}

/* --- the end --- */

void scope_end(struct rb_build *b)
{
    const struct md_node *v = b->rb->md.v;

    if (b->has_waiting)
        scope_note(b, b->waiting.line, b->waiting.column, SV("nothing follows that it speaks of"),
                   SV("a comment stands above a block, list, step or section, or below a heading"));
    for (uint32_t i = 0; i < b->rb->md.n; i++)
        if (v[i].kind == MD_CELL && v[i].n_spans && scope_has_inline(b, i))
            scope_note(b, v[i].line, v[i].column, SV("a directive in a table is not read"),
                       SV("put it above the table: it holds for each row"));
}

/* What is wrong with the way back that the directive names; nothing, when it is a text. */
static void scope_check_undo(struct rb_build *b, const struct names *names,
                             const struct directive *d)
{
    struct sv near;
    bool known;

    if (sv_find_byte(d->undo, ' ', 0) != SV_NPOS || names_undo(names, d->undo) != RB_NONE)
        return;
    known = names_part(names, d->undo) != RB_NONE || names_step(names, d->undo) != RB_NONE;
    near = names_nearest(names, d->undo);
    scope_note(b, d->line, d->column,
               known ? arena_fmt(b->arena, "undo: nothing in '%.*s' is part of a way back",
                                 SV_FMT(d->undo))
                     : arena_fmt(b->arena, "undo: the document has no single step or part '%.*s'",
                                 SV_FMT(d->undo)),
               known    ? SV("role=rollback makes it one")
               : near.n ? arena_fmt(b->arena, "did you mean '%.*s'?", SV_FMT(near))
                        : SV("prusik plan lists the ids; a reason is a text of several words"));
}

void scope_check_undos(struct rb_build *b)
{
    CLEANUP(map_release) struct map seen = {0}; /* once each: what is inside inherits it */
    struct names names;

    if (!b->said.n)
        return;
    names_init(&names, b->rb);
    for (size_t i = 0; i < b->said.n; i++)
        if (b->said.v[i].undo.n && map_put(&seen, b->said.v[i].undo, i))
            scope_check_undo(b, &names, &b->said.v[i]);
    names_release(&names);
}
