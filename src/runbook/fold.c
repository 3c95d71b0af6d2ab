/*
 * fold: what stands in a box, which is opened by whom it concerns: <details> with a <summary>, callouts, <aside>.
 */
#include "base/regex.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "runbook/clause.h"
#include "runbook/folder.h"
#include "runbook/reader_int.h"
#include "runbook/tag.h"

/* The text between two tags, without tags in it; empty: it is not there. */
static struct sv fold_between(struct rb_build *b, struct sv html, struct sv open, struct sv close)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    size_t from = sv_find_nocase(html, open, 0), to;
    bool tag = false;

    if (from == SV_NPOS)
        return (struct sv){NULL, 0};
    to = sv_find_nocase(html, close, from);
    for (size_t i = from + open.n; i < size_min(to, html.n); i++) {
        char c = html.p[i];

        tag |= c == '<';
        if (!tag)
            strbuf_add_byte(&text, c == '\n' ? ' ' : c);
        tag &= c != '>';
    }
    return arena_sv(b->arena, sv_trim(strbuf_sv(&text)));
}

static size_t fold_count(struct sv html, struct sv tag)
{
    size_t n = 0;

    for (size_t at = 0; (at = sv_find_nocase(html, tag, at)) != SV_NPOS; at += tag.n)
        n++;
    return n;
}

/* A part for what has such a title: for a case, or for something else than what is around it; false: it says nothing. */
static bool fold_part(struct rb_build *b, uint32_t node, struct sv title, struct sv condition)
{
    enum rb_role own = title_role(b->title, title);
    bool turns = own == ROLE_ROLLBACK || own == ROLE_TROUBLESHOOT;
    uint32_t part;
    struct rb_part *p;
    struct title t;

    if (!build_role_acts(build_role(b)) || build_role(b) == ROLE_ROLLBACK)
        return false;
    if (!condition.n)
        condition = title_case(b->title, title, true, b->arena);
    title_read(b->title, title, &t);
    if (!condition.n)
        condition = t.condition; /* "Full reload (dangerous)" */
    if (!turns && !condition.n)
        return false;
    part = read_part(b, PART_ITEM, b->part, node, title);
    p = build_part(b, part);
    if (turns)
        p->role = own;
    else if (!p->condition.n || p->trails)
        p->condition = condition;
    p->trails = false;
    b->part = part;
    return true;
}

/* "<aside>": what must not be done is said to everybody. */
static void fold_aside(struct rb_build *b, const struct md_node *n)
{
    struct sv text = fold_between(b, n->text, SV("<aside>"), SV("</aside>"));

    if (text.n && folder_paragraph(b, n, text))
        return;
    if (text.n && build_role_acts(build_role(b)) && remark_is(b, text))
        remark_add(b, n->line, text);
}

void fold_html(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    size_t opened = fold_count(n->text, SV("<details")),
           closed = fold_count(n->text, SV("</details>"));
    struct sv title;

    fold_aside(b, n);
    if (b->fold.part == RB_NONE) {
        uint32_t outer = b->part;

        title = fold_between(b, n->text, SV("<summary>"), SV("</summary>"));
        if (opened > closed && title.n && fold_part(b, node, title, (struct sv){NULL, 0}))
            b->fold = (struct fold){b->part, outer, (unsigned)(opened - closed)};
        return;
    }
    b->fold.depth += (unsigned)opened;
    if (b->fold.depth > closed) {
        b->fold.depth -= (unsigned)closed;
        return;
    }
    b->part = b->fold.outer;
    b->block_steps = b->steps.n;
    b->fold.part = RB_NONE;
}

void fold_callout(struct rb_build *b, uint32_t node)
{
    static const struct sv kinds[] = {SV("[!FAILURE"), SV("[!FAIL]"), SV("[!FAIL "),
                                      SV("[!BUG"),     SV("[!ERROR"), SV("[!MISSING")};
    static const struct sv alarms[] = {SV("[!WARN"), SV("[!CAUTION"), SV("[!DANGER"),
                                       SV("[!IMPORTANT"), SV("[!ATTENTION")};
    const struct md_node *v = b->rb->md.v;
    uint32_t first = v[node].first;
    struct sv text = first == MD_NONE ? SV("") : sv_trim(v[first].text), title;
    size_t end = sv_starts(text, SV("[!")) ? sv_find_byte(text, ']', 0) : SV_NPOS;
    bool fails = false;

    for (size_t i = 0; i < ARRAY_LEN(alarms); i++)
        b->alarmed |= sv_starts_nocase(text, alarms[i]);
    if (end == SV_NPOS)
        return;
    title = sv_sub(text, end + 1, sv_find_byte(text, '\n', 0));
    if (title.n && (*title.p == '-' || *title.p == '+'))
        title = sv_sub(title, 1, title.n);
    title = sv_trim(title);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        fails |= sv_starts_nocase(text, kinds[i]);
    if (title.n || fails)
        (void)fold_part(b, node, title.n ? title : SV("Failure"),
                        fails && !title_case(b->title, title, true, b->arena).n
                            ? SV("if it fails")
                            : (struct sv){NULL, 0});
}

/*
 * "If a node does not come up", "It is /var/log": what is below is done in that case.  A whole way back needs none:
 * deciding for it is one.
 */
void fold_heading(struct rb_build *b, struct rb_part *p)
{
    bool whole = p->role == ROLE_ROLLBACK &&
                 (p->parent == RB_NONE || build_part(b, p->parent)->role != ROLE_ROLLBACK);

    if (p->condition.n || !build_role_acts(p->role) || whole ||
        title_variant(b->title, b->rb->md.v[p->node].text).n)
        return;
    p->condition = case_of_place(b, p->title);
    if (!p->condition.n)
        p->condition = title_case(b->title, p->title, false, b->arena);
}

struct sv fold_case_of_item(const struct rb_build *b, struct sv text)
{
    text = sv_sub(text, 0, sv_find_byte(text, '\n', 0));
    if (build_role(b) == ROLE_ROLLBACK || !(sv_ends(text, SV("?")) || sv_ends(text, SV(":"))))
        return (struct sv){NULL, 0};
    return title_case(b->title, text, true, b->arena);
}

struct sv fold_case_of_step(struct rb_build *b, struct sv title)
{
    struct block_reader r = {.b = b};
    struct sv condition = block_condition_of(&r, title);

    return condition.n && condition.p == title.p ? condition : clause_trails(title);
}

/* --- tabs --- */

/* `=== "Helm"`, `{{< tab name="Helm" >}}` as the document has it; *indent: how far in; *name: of a tag. */
static bool fold_is_tab(const struct rb_build *b, uint32_t node, size_t *indent, struct sv *name)
{
    const struct md_node *n = &b->rb->md.v[node];
    struct sv line, text;

    *name = (struct sv){NULL, 0};
    if (n->kind != MD_PARAGRAPH && n->kind != MD_RULE)
        return false;
    line = document_line(b->rb->doc, n->line);
    text = sv_trim_left(line);
    *indent = line.n - text.n;
    return n->kind == MD_PARAGRAPH ? sv_starts(text, SV("=== ")) : tag_read(text, name) == TAG_TAB;
}

/* The line that ends the tab of a tag: the next tab, the end of one, or a heading. */
static size_t fold_tab_end(const struct rb_build *b, size_t line)
{
    bool fenced = false;
    struct sv name;

    while (++line <= b->rb->doc->n_lines) {
        struct sv text = sv_trim(document_line(b->rb->doc, line));
        enum tag_kind kind = fenced ? TAG_NONE : tag_read(text, &name);

        if (kind == TAG_TAB || kind == TAG_END || (!fenced && sv_eq(text, SV("</div>"))) ||
            (!fenced && sv_starts(document_line(b->rb->doc, line), SV("#"))))
            break;
        fenced ^= sv_starts(text, SV("```")) || sv_starts(text, SV("~~~"));
    }
    return line;
}

static bool fold_lies_in(const struct rb_build *b, uint32_t outer)
{
    uint32_t part = b->part;

    while (part != RB_NONE && part != outer)
        part = b->parts.v[part].parent;
    return part != RB_NONE;
}

void fold_tab_node(struct rb_build *b, uint32_t node)
{
    size_t indent = 0;
    struct sv name, line;
    bool next;

    if (b->tab.part == RB_NONE)
        return;
    next = fold_is_tab(b, node, &indent, &name) && indent == b->tab.indent &&
           b->rb->md.v[node].parent == b->tab.inside;
    line = document_line(b->rb->doc, b->rb->md.v[node].line);
    indent = line.n - sv_trim_left(line).n;
    if (!next && (b->tab.until ? b->rb->md.v[node].line < b->tab.until : indent > b->tab.indent))
        return;
    if (fold_lies_in(b, b->tab.part))
        b->part = b->tab.outer;
    if (!next && !(b->tab.until && b->rb->md.v[node].kind == MD_HTML)) /* "</div>" */
        b->tab.part = RB_NONE;
}

bool fold_tab(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    size_t indent;
    struct sv name;

    if (!fold_is_tab(b, node, &indent, &name))
        return false;
    if (b->tab.part == RB_NONE)
        b->tab =
            (struct tab){.outer = b->part, .inside = n->parent, .first = n->line, .indent = indent};
    b->tab.until = name.n ? fold_tab_end(b, n->line) : 0;
    b->tab.part = read_part(b, PART_STEP, b->tab.outer, node, name.n ? name : n->text);
    build_part(b, b->tab.part)->tabs = b->tab.first;
    b->part = b->tab.part;
    b->block_steps = b->steps.n;
    b->label = name.n ? b->label : sv_trim(n->text); /* a tag says nothing of what is in it */
    return true;
}
