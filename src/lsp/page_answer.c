/*
 * Hover, definition and outline of a document.
 */
#include "base/duration.h"
#include "base/sv.h"
#include "lsp/page_int.h"

/* SymbolKind of the protocol. */
enum page_symbol { PAGE_NAMESPACE = 3, PAGE_FUNCTION = 12, PAGE_EVENT = 24 };

/* --- hover --- */

/* In a code span, whose end no backtick of the text may be. */
static void page_code(struct strbuf *out, struct sv text)
{
    const char *mark = sv_find_byte(text, '`', 0) == SV_NPOS ? "`" : "``";

    strbuf_addf(out, "%s %.*s %s", mark, SV_FMT(text), mark);
}

/* As text: Markdown of the document is not for the editor to render. */
static void page_text(struct strbuf *out, struct sv text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (sv_find_byte(SV("\\`*_[]<>|#"), text.p[i], 0) != SV_NPOS)
            strbuf_add_byte(out, '\\');
        strbuf_add_byte(out, text.p[i] == '\n' ? ' ' : text.p[i]);
    }
}

static void page_row(struct strbuf *out, const char *name, struct sv text)
{
    if (!text.n)
        return;
    strbuf_addf(out, "- %s: ", name);
    page_text(out, text);
    strbuf_add_byte(out, '\n');
}

static void page_hover_expects(const struct plan_step *s, struct strbuf *out)
{
    for (size_t i = 0; i < s->n_expects; i++) {
        strbuf_add_str(out, "- expects: ");
        page_text(out, s->expects[i].e.source);
        strbuf_addf(out, s->expects[i].machine ? " (%s)\n" : " (a person answers)\n",
                    rb_expect_name(s->expects[i].e.form));
    }
}

static void page_hover_undo(const struct plan_step *s, bool way_back, struct strbuf *out)
{
    if (way_back)
        strbuf_add_str(out, "- this is the way back\n");
    else if (s->undo == UNDO_GAP)
        strbuf_add_str(out, "- **no way back**: nothing in the document undoes it\n");
    else if (s->undo == UNDO_NOTHING)
        strbuf_add_str(out, "- way back: it changes nothing\n");
    else
        page_row(out, "way back", s->undo_text);
}

static void page_hover_step(const struct plan *p, const struct plan_step *s, bool way_back,
                            struct strbuf *out)
{
    strbuf_add_str(out, "**");
    page_text(out, s->kind);
    strbuf_add_str(out, "** ");
    page_code(out, s->id);
    strbuf_add_str(out, "\n\n");
    page_row(out, "left out", s->skip);
    if (s->skip.n)
        return;
    page_row(out, "on", s->host);
    page_row(out, "changes", s->effect);
    for (size_t i = 0; i < s->n_choices; i++)
        page_row(out, s->choices[i].ask.n ? "asked then" : "only", s->choices[i].text);
    page_hover_expects(s, out);
    if (s->wait_ms)
        strbuf_addf(out, "- waits up to %s\n", duration_format(plan_bound(p, s->wait_ms)).s);
    if (s->timeout_ms)
        strbuf_addf(out, "- takes at most %s\n", duration_format(plan_bound(p, s->timeout_ms)).s);
    page_row(out, "answered ahead by", s->answer_by);
    page_hover_undo(s, way_back, out);
}

/* Steps of a line: several items of a list may stand in one step's lines, so the shortest counts. */
static const struct plan_step *page_step_at(const struct plan_step *v, size_t n, size_t line)
{
    const struct plan_step *found = NULL;

    for (size_t i = 0; i < n; i++)
        if (v[i].line <= line && line <= size_max(v[i].line, v[i].end_line) &&
            (!found || v[i].end_line - v[i].line < found->end_line - found->line))
            found = &v[i];
    return found;
}

static void page_hover_rules(const struct plan *p, size_t line, struct strbuf *out)
{
    for (size_t i = 0; i < p->n_rules; i++) {
        const struct plan_rule *r = &p->rules[i];

        if (r->line != line ||
            json_object_get(json_array_get(json_object_get(p->json, "rules"), i), "file"))
            continue;
        strbuf_add_str(out, "**rule** ");
        page_code(out, r->text.n ? r->text : r->source);
        strbuf_add_str(out, "\n\n");
        page_row(out, "not judged", r->reason);
    }
}

json_t *lsp_page_hover(const struct lsp_page *p, size_t line)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const struct plan_step *s, *back;
    json_t *j, *contents;

    if (!p->has_plan)
        return json_null();
    s = page_step_at(p->plan.steps, p->plan.n_steps, line);
    back = s ? NULL : page_step_at(p->plan.way_back, p->plan.n_way_back, line);
    if (s || back)
        page_hover_step(&p->plan, s ? s : back, !s, &text);
    else
        page_hover_rules(&p->plan, line, &text);
    if (!text.n)
        return json_null();
    j = json_object();
    contents = json_object();
    json_put_str(contents, "kind", "markdown");
    json_put_sv(contents, "value", strbuf_sv(&text));
    json_put(j, "contents", contents);
    if (s || back)
        json_put(j, "range", page_range(p, (s ? s : back)->line, 1, (s ? s : back)->end_line));
    return j;
}

/* --- definition --- */

/* The procedure of an item, the item of a procedure; RB_NONE. */
static uint32_t page_counterpart(const struct runbook *rb, uint32_t part)
{
    for (uint32_t i = 0; rb->parts[part].joined == RB_NONE && i < rb->n_parts; i++)
        if (rb->parts[i].joined == part)
            return i;
    return rb->parts[part].joined;
}

/* The last line of each part, with all that stands in it. */
static size_t *page_ends(const struct lsp_page *p, struct arena *arena)
{
    const struct runbook *rb = &p->rb;
    size_t *ends = ARENA_NEWN(arena, size_t, rb->n_parts);

    for (uint32_t i = 0; i < rb->n_parts; i++) {
        ends[i] = p->doc.n_lines;
        /* what is open and not around this one ends before it */
        for (uint32_t k = i ? i - 1 : RB_NONE; k != RB_NONE && k != rb->parts[i].parent;
             k = rb->parts[k].parent)
            ends[k] = size_max(rb->parts[k].line, rb->parts[i].line - 1);
    }
    return ends;
}

/* The counterpart of the innermost part with this line that has one. */
static uint32_t page_joined_at(const struct lsp_page *p, size_t line)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const struct runbook *rb = &p->rb;
    const size_t *ends = page_ends(p, &arena);
    uint32_t found = RB_NONE;

    for (uint32_t i = 0; i < rb->n_parts; i++)
        if (rb->parts[i].line <= line && line <= ends[i] && page_counterpart(rb, i) != RB_NONE)
            found = page_counterpart(rb, i); /* in document order: what is inside comes later */
    return found;
}

json_t *lsp_page_definition(const struct lsp_page *p, size_t line)
{
    uint32_t to = p->has_rb ? page_joined_at(p, line) : RB_NONE;
    json_t *j;

    if (to == RB_NONE)
        return json_null();
    j = json_object();
    json_put_str(j, "uri", p->uri);
    json_put(j, "range", page_range(p, p->rb.parts[to].line, 1, p->rb.parts[to].line));
    return j;
}

/* --- outline --- */

static json_t *page_symbol(const struct lsp_page *p, const struct rb_part *part, size_t end)
{
    static const enum page_symbol kinds[] = {
        [PART_SECTION] = PAGE_NAMESPACE, [PART_STEP] = PAGE_FUNCTION, [PART_ITEM] = PAGE_EVENT};
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    json_t *j = json_object();

    if (part->number.n)
        strbuf_addf(&name, "%.*s ", SV_FMT(part->number));
    strbuf_add_sv(&name, part->title.n ? part->title : SV("(untitled)"));
    json_put_sv(j, "name", strbuf_sv(&name));
    json_put_str(j, "detail", rb_role_name(part->role));
    json_put_int(j, "kind", kinds[part->kind]);
    json_put(j, "range", page_range(p, part->line, 1, end));
    json_put(j, "selectionRange", page_range(p, part->line, 1, part->line));
    json_put(j, "children", json_array());
    return j;
}

json_t *lsp_page_symbols(const struct lsp_page *p)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const size_t *ends = p->has_rb ? page_ends(p, &arena) : NULL;
    json_t *top = json_array();
    VEC(json_t *) made = {0}; /* borrowed, by part */

    for (uint32_t i = 0; p->has_rb && i < p->rb.n_parts; i++) {
        const struct rb_part *part = &p->rb.parts[i];
        json_t *j = page_symbol(p, part, ends[i]);

        *vec_add(&made) = j;
        assert(part->parent == RB_NONE || part->parent < i);
        json_append(
            part->parent == RB_NONE ? top : json_object_get(made.v[part->parent], "children"), j);
    }
    vec_release(&made);
    return top;
}
