/*
 * The walk over the Markdown tree: parts, labels, lists.  Fences are block.c, tables table.c.
 */
#include "runbook/runbook.h"

#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/regex.h"
#include "base/sv.h"
#include "base/text.h"
#include "runbook/clause.h"
#include "runbook/folder.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

/* --- building --- */

struct rb_part *build_part(struct rb_build *b, uint32_t index)
{
    assert(index < b->parts.n);
    return &b->parts.v[index];
}

bool build_role_acts(enum rb_role role)
{
    return role == ROLE_NONE || role == ROLE_PREFLIGHT || role == ROLE_DEPLOY ||
           role == ROLE_VERIFY || role == ROLE_ROLLBACK || role == ROLE_MONITOR;
}

void build_note(struct rb_build *b, enum rb_note_kind kind, size_t line, size_t column,
                struct sv text)
{
    *vec_add(&b->notes) = (struct rb_note){kind, line, column, text, {NULL, 0}};
}

/* Is there room for one more of what there are n of?  If not, reading ends here. */
static void build_count(struct rb_build *b, size_t n, size_t line)
{
    if (n > LIMIT_STEPS && !b->full_line)
        b->full_line = line;
}

struct rb_draft *build_step(struct rb_build *b, enum rb_step_kind kind, size_t line, struct sv text)
{
    struct rb_draft *d = vec_add(&b->steps);

    build_count(b, b->steps.n, line);
    if (kind != STEP_MANUAL)
        build_in_shell(b);
    d->said = b->saying;
    d->undone_by = d->turns = RB_NONE;
    d->step = (struct rb_step){.kind = kind,
                               .part = b->part,
                               .proc = b->proc,
                               .block = RB_NONE,
                               .item = RB_NONE,
                               .one_of = RB_NONE,
                               .made_by = RB_NONE,
                               .line = line,
                               .end_line = line,
                               .retries = -1,
                               .text = text,
                               .host = b->host};
    return d;
}

/* --- parts --- */

uint32_t read_part(struct rb_build *b, enum rb_part_kind kind, uint32_t parent, uint32_t node,
                   struct sv text)
{
    const struct md_node *n = &b->rb->md.v[node];
    struct rb_part *p = vec_add(&b->parts);
    bool section = kind == PART_SECTION && (n->level > 1 || b->named);
    struct title t;

    build_count(b, b->parts.n, n->line);
    title_read(b->title, text, &t);
    if (section)
        title_read_bare(b->title, &t);
    if (kind == PART_SECTION && !section && t.trails) /* of the whole document */
        t.condition = (struct sv){NULL, 0};
    if (section && !t.condition.n &&
        (parent == RB_NONE || build_part(b, parent)->role != ROLE_VERIFY))
        t.condition = title_not_now(b->title, t.text);
    if (clause_is_skip(t.condition)) /* "(skip on replicas)" */
        t.condition = arena_fmt(b->arena, "as it says: \"%.*s\"", SV_FMT(t.condition));
    if (!t.condition.n && (section || kind == PART_ITEM))
        t.condition = often_of_title(b, &t, kind);
    *p = (struct rb_part){.kind = kind,
                          .parent = parent,
                          .node = node,
                          .line = n->line,
                          .end_line = n->end_line,
                          .level = n->level,
                          .title = t.text,
                          .number = t.number,
                          .condition = t.condition,
                          .trails = t.trails,
                          .optional = t.optional,
                          .offset_ms = t.offset_ms,
                          .due_ms = t.due_ms,
                          .later = t.later,
                          .joined = RB_NONE,
                          .one_of = RB_NONE};
    if (parent != RB_NONE) {
        const struct rb_part *up = build_part(b, parent);

        p->role = up->role;
        if (p->offset_ms < 0)
            p->offset_ms = up->offset_ms;
    }
    if (t.word.n && !t.is_step && !t.separated &&
        (kind == PART_ITEM || (n->level == 1 && !b->rb->title.n))) {
        p->title = sv_trim(text); /* "Migration 096 is applied" speaks of it */
        p->number = (struct sv){NULL, 0};
    } else if (t.word.n && !t.is_step) /* "phase-1": numbers of phases and of steps do not mix */
        p->number = title_slug(arena_fmt(b->arena, "%.*s-%.*s", SV_FMT(t.word), SV_FMT(t.number)),
                               24, b->arena);
    return (uint32_t)(b->parts.n - 1);
}

/* Roles that stay whatever the headings below them say. */
static bool read_role_sticks(enum rb_role role)
{
    return role == ROLE_ROLLBACK || role == ROLE_TROUBLESHOOT || role == ROLE_COMMUNICATE ||
           role == ROLE_REFERENCE || role == ROLE_DECIDE || role == ROLE_SIGN_OFF ||
           role == ROLE_FOLLOW_UP;
}

/* The role of a heading below one with the role `up`, whose own words say `own`. */
static enum rb_role read_role(enum rb_role up, enum rb_role own, bool numbered, bool rolls_back)
{
    if (own == ROLE_NONE)
        return up;
    if (own == ROLE_ROLLBACK && (rolls_back || up == ROLE_DECIDE) && up != ROLE_REFERENCE &&
        up != ROLE_TROUBLESHOOT && up != ROLE_COMMUNICATE)
        return own; /* never a step of the way forward */
    if (own == ROLE_DECIDE && up == ROLE_ROLLBACK)
        return own;
    if ((own == ROLE_PREFLIGHT && up == ROLE_VERIFY) ||
        (own == ROLE_VERIFY && up == ROLE_PREFLIGHT))
        return up; /* "Checklist", "Infrastructure checks" */
    if (read_role_sticks(up) || (numbered && up != ROLE_NONE))
        return up;
    return own == ROLE_DEPLOY && up != ROLE_NONE ? up : own; /* "Procedures" of a preflight */
}

/* Does the present part lie in that one? */
static bool read_lies_in(const struct rb_build *b, uint32_t outer)
{
    uint32_t part = b->part;

    while (part != RB_NONE && part != outer)
        part = b->parts.v[part].parent;
    return part != RB_NONE;
}

/* "3. On web1": of the commands below that heading only. */
static void read_title_host(struct rb_build *b)
{
    struct sv host, title = build_part(b, b->part)->title;

    bool once = where_read(title, &host) == WHERE_ONCE || stay_only(b, b->part, &host),
         within = !once && (where_within(title, &host) || where_in_brackets(title, &host) ||
                            where_spreads(title, &host));

    if (!once && !within && b->title_host && read_lies_in(b, b->title_host_part))
        return; /* "#### Verify" below it */
    if (b->title_host)
        b->host = (struct sv){NULL, 0};
    b->title_host = once || within;
    b->title_within = within;
    b->title_host_part = b->part;
    if (b->title_host)
        b->host = host;
}

/* "Full Rollback Procedure" is one wherever it stands, but where it is only spoken of. */
static bool read_stands_out(const struct rb_build *b, const struct rb_part *p, enum rb_role own)
{
    return own == ROLE_ROLLBACK && p->role != ROLE_REFERENCE && p->role != ROLE_COMMUNICATE &&
           title_is_way_back(b->title, p->title);
}

/* A checklist of a "Quick Reference": what a reference shows is not done, but nobody skips a check. */
static bool read_is_checklist(const struct rb_build *b, const struct rb_part *p, enum rb_role own)
{
    return own == ROLE_PREFLIGHT && p->role == ROLE_REFERENCE &&
           title_is_checklist(b->title, p->title);
}

/* Are there commands below the heading, before the next one? */
static bool read_heads_commands(const struct rb_build *b, uint32_t heading)
{
    const struct md_node *v = b->rb->md.v;

    for (uint32_t c = v[heading].next; c != MD_NONE && v[c].kind != MD_HEADING; c = v[c].next)
        if (v[c].kind == MD_CODE && v[c].info.n && block_lang_runs(block_lang(v[c].info)))
            return true;
    return false;
}

/* The text of an item: its first paragraph. */
static struct sv read_item_text(const struct rb_build *b, uint32_t item)
{
    uint32_t first = b->rb->md.v[item].first;

    return first != MD_NONE && b->rb->md.v[first].kind == MD_PARAGRAPH ? b->rb->md.v[first].text
                                                                       : (struct sv){NULL, 0};
}

/* "GO", "NO-GO": one of them is ticked. */
static bool read_is_vote(struct sv text)
{
    struct sv rest = sv_trim(text);

    (void)(sv_eat_nocase(&rest, SV("no-")) || sv_eat_nocase(&rest, SV("no ")));
    if (!sv_eat_nocase(&rest, SV("go")))
        return false;
    for (size_t i = 0; i < rest.n; i++)
        if (ascii_is_alpha(rest.p[i])) /* "Go-live is approved" */
            return false;
    return true;
}

/* "No-Go if:", "### If it is a no-go", "Roll back when:" */
static bool read_is_against(const struct md_node *n)
{
    bool label = n->kind == MD_HEADING || sv_ends(sv_trim(n->text), SV(":"));

    return label && (n->kind == MD_HEADING || n->kind == MD_PARAGRAPH) &&
           (sv_has_nocase(n->text, SV("no-go")) || sv_has_nocase(n->text, SV("no go")) ||
            sv_has_nocase(n->text, SV("rollback")) || sv_has_nocase(n->text, SV("roll back")));
}

/* Boxes that must all be ticked below "Go/No-Go": not "NO-GO" itself, and not what speaks against it. */
static bool read_is_gate(const struct rb_build *b, uint32_t heading)
{
    const struct md_node *v = b->rb->md.v;
    bool boxes = false;

    for (uint32_t c = v[heading].next;
         c != MD_NONE && (v[c].kind != MD_HEADING || v[c].level > v[heading].level);
         c = v[c].next) {
        if (read_is_against(&v[c]))
            return false;
        if (v[c].kind != MD_LIST)
            continue;
        for (uint32_t i = v[c].first; i != MD_NONE; i = v[i].next) {
            if (read_is_vote(read_item_text(b, i)))
                return false;
            boxes |= v[i].task;
        }
    }
    return boxes;
}

static bool read_quotes_code(const struct md_node *n)
{
    for (size_t i = 0; i < n->n_spans; i++)
        if (n->spans[i].kind == MD_CODE_SPAN)
            return true;
    return false;
}

/* Boxes with a text each that has no command in it and no limit. */
static bool read_is_tasks(const struct rb_build *b, uint32_t item)
{
    const struct md_node *v = b->rb->md.v;

    for (; item != MD_NONE; item = v[item].next) {
        uint32_t text = v[item].first;

        if (!v[item].task || text == MD_NONE || v[text].kind != MD_PARAGRAPH ||
            v[text].next != MD_NONE || read_quotes_code(&v[text]) || watch_limited(b, v[text].text))
            return false;
    }
    return true;
}

/* Is there nothing in the section, its own ones too, but texts without a limit and boxes? */
static bool read_has_only_boxes(const struct rb_build *b, uint32_t heading)
{
    const struct md_node *v = b->rb->md.v;
    bool boxes = false;

    for (uint32_t c = v[heading].next;
         c != MD_NONE && (v[c].kind != MD_HEADING || v[c].level > v[heading].level);
         c = v[c].next) {
        uint32_t first = v[c].first;

        if (v[c].kind == MD_LIST && first != MD_NONE && read_is_tasks(b, first))
            boxes = true;
        else if (v[c].kind == MD_PARAGRAPH && !read_quotes_code(&v[c]) &&
                 !watch_limited(b, v[c].text) && told_verb(v[c].text) == TOLD_NOT)
            continue;
        else if (v[c].kind != MD_HEADING && v[c].kind != MD_RULE)
            return false;
    }
    return boxes;
}

/* Was there a section of the way forward before? */
static bool read_is_behind_release(const struct rb_build *b)
{
    for (size_t i = 0; b->steps.n && i + 1 < b->parts.n; i++) {
        const struct rb_part *p = &b->parts.v[i];

        if (p->kind == PART_SECTION && p->level > 1 && p->role == ROLE_DEPLOY &&
            title_role(b->title, p->title) == ROLE_DEPLOY)
            return true;
    }
    return false;
}

/*
 * "Post-Upgrade (Within 24 hours)", "Day 2-7" behind the release: boxes for people, for whom the run does not wait.
 * Whatever else stands there is done where it stands.
 */
static bool read_is_for_later(const struct rb_build *b, const struct rb_part *p, enum rb_role own,
                              uint32_t node)
{
    return (own == ROLE_NONE || own == ROLE_VERIFY) && p->role != ROLE_PREFLIGHT &&
           p->role != ROLE_ROLLBACK && title_is_day(b->title, p->title) &&
           read_has_only_boxes(b, node) && read_is_behind_release(b);
}

static void read_heading(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    bool section = n->level > 1 || b->named; /* not the title of the document */
    uint32_t parent = b->part;
    struct rb_part *p;
    enum rb_role own;
    bool step;

    told_section(b, node, n->level);
    while (
        parent != RB_NONE && parent != b->fold.part &&
        (build_part(b, parent)->kind != PART_SECTION || build_part(b, parent)->level >= n->level))
        parent = build_part(b, parent)->parent;
    b->part = read_part(b, PART_SECTION, parent, node, n->text);
    b->named |= n->level == 1;
    p = build_part(b, b->part);
    step =
        p->number.n && (ascii_is_digit(*p->number.p) || (p->number.n > 2 && p->number.p[1] == '.'));
    own = title_role(b->title, n->text);
    if (own == ROLE_DECIDE && title_is_gate(b->title, p->title) && read_is_gate(b, node))
        own = ROLE_PREFLIGHT; /* "Go/No-Go": nobody goes on before each box is ticked */
    if (own == ROLE_ROLLBACK && title_restores(b->title, p->title) &&
        title_is_of_loss(b->title, b->rb->title))
        own = ROLE_DEPLOY; /* it is what the document is for */
    if (own == ROLE_DECIDE && p->role == ROLE_ROLLBACK && read_heads_commands(b, node))
        own = ROLE_NONE; /* "1. Emergency Rollback Trigger": a step of the way back */
    if (own == ROLE_DECIDE && step && told_starts(p->title, WORDS_HERE("decide")) &&
        p->parent != RB_NONE)
        own = ROLE_NONE; /* "Step 3 - Decide whether it is removed": a step like the others */
    if (read_is_for_later(b, p, own, node))
        own = ROLE_FOLLOW_UP;
    if (section && (read_stands_out(b, p, own) || read_is_checklist(b, p, own)))
        p->role = own; /* whatever it stands in */
    else if (section)
        p->role = read_role(p->role, own, step, title_rolls_back(b->title, p->title));
    if (section)
        fold_heading(b, p);
    if (!step || p->due_ms >= 0) { /* a numbered step goes on in the session of its section */
        b->proc = b->part;
        if (!b->title_host || !read_lies_in(b, b->title_host_part)) {
            b->left_host = b->host;
            b->host = (struct sv){NULL, 0};
        }
    }
    read_title_host(b);
    scope_title(b, b->part);
    if (n->level == 1 && !b->rb->title.n)
        b->rb->title = n->text;
    b->label = n->text;
    watch_heading(b, n->text);
    b->block_steps = b->steps.n;
    ways_section(b, b->part);
    sign_heading(b, n);
    ways_turn(b, b->part);
    told_begin_section(b, b->part);
}

/* --- paragraphs --- */

/* "**Step 1.1: Enter maintenance mode** (optional)": a title, not a sentence. */
static bool read_is_step_title(struct rb_build *b, const struct md_node *n)
{
    struct title t;
    size_t end;
    struct sv strong = md_leading_strong(n, &end);
    struct sv after = sv_trim(sv_sub(n->text, end, n->text.n));

    if ((!strong.n && n->text.n > 100) || sv_find_byte(n->text, '\n', 0) != SV_NPOS ||
        (b->part != RB_NONE && build_part(b, b->part)->level == 1 && n->before != MD_NONE &&
         b->rb->md.v[n->before].kind == MD_HEADING && n->next != MD_NONE &&
         b->rb->md.v[n->next].kind == MD_HEADING)) /* "**Task 139: ...**" says more of the title */
        return false;
    for (size_t i = n->n_spans;
         i > 0 && n->spans[i - 1].kind == MD_HTML_SPAN && sv_ends(after, SV(">")); i--)
        after = sv_trim(sv_sub(n->text, end, n->spans[i - 1].from)); /* <br/> */
    title_read(b->title, sv_sub(n->text, 0, strong.n && !after.n ? end : n->text.n), &t);
    if (!strong.n && t.is_step && t.word.n && t.separated)
        return true; /* "Step 1 - Stop the scheduler" */
    if (!strong.n)   /* "3.1. Stop the scheduler:" above its commands */
        return n->next != MD_NONE && b->rb->md.v[n->next].kind == MD_CODE &&
               sv_find_byte(t.number, '.', 0) != SV_NPOS && !t.word.n;
    return t.number.n > 0 && (!after.n || (after.p[0] == '(' && after.p[after.n - 1] == ')'));
}

static void read_step_title(struct rb_build *b, uint32_t node)
{
    uint32_t parent = b->part;

    told_section(b, node, TOLD_STEP_LEVEL);
    while (parent != RB_NONE && build_part(b, parent)->kind == PART_STEP)
        parent = build_part(b, parent)->parent;
    b->part = read_part(b, PART_STEP, parent, node, b->rb->md.v[node].text);
    scope_title(b, b->part);
    b->block_steps = b->steps.n;
    b->label = (struct sv){NULL, 0};
    told_begin_section(b, b->part);
}

/* The first line of a paragraph without markers is what introduces the next block. */
static void read_label(struct rb_build *b, const struct md_node *n)
{
    struct sv text = sv_trim(n->text);
    size_t last = 0;

    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\n')
            last = i + 1;
    b->label = sv_trim(sv_sub(text, last, text.n));
    if (b->label.n > LABEL_MAX_BYTES)
        b->label.n = 0; /* prose */
    b->label_line = n->end_line;
}

/* A label that names a variant, with code below it. */
static bool read_is_variant(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    struct sv text = sv_trim(n->text), kind;

    if (n->kind != MD_PARAGRAPH || n->next == MD_NONE || b->rb->md.v[n->next].kind != MD_CODE ||
        text.n > 80 || sv_find_byte(text, '\n', 0) != SV_NPOS)
        return false;
    kind = title_variant(b->title, text);
    return kind.n && (md_is_all_strong(n) || sv_ends(text, SV(":")) || sv_eq(kind, SV("option")));
}

/* Does another variant stand below, before the next heading? */
static bool read_variant_follows(struct rb_build *b, uint32_t node)
{
    enum { LOOK = 16 }; /* what belongs together stands together */

    for (size_t i = 0; i < LOOK && node != MD_NONE; i++, node = b->rb->md.v[node].next) {
        if (b->rb->md.v[node].kind == MD_HEADING)
            return false;
        if (read_is_variant(b, node))
            return true;
    }
    return false;
}

/* "**For Docker:**", "PostgreSQL:": one of several ways, when what follows has a brother like it. */
static bool read_variant(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];

    if (!read_is_variant(b, node)) {
        if (b->part != RB_NONE && build_part(b, b->part)->kind == PART_STEP &&
            read_is_variant(b, build_part(b, b->part)->node) && !read_variant_follows(b, n->next))
            b->part = build_part(b, b->part)->parent; /* it was the last of them */
        return false;
    }
    read_step_title(b, node);
    b->label = sv_trim(n->text);
    return true;
}

/* "**Symptom A: it times out**": what is below it is done in that case. */
static bool read_symptom(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    struct sv text = sv_trim(n->text), condition;

    if (!md_is_all_strong(n) || !build_role_acts(build_role(b)) || build_role(b) == ROLE_ROLLBACK ||
        title_variant(b->title, text).n ||
        !told_starts(text, WORDS_HERE("symptom error problem cause situation")))
        return false;
    condition = title_case(b->title, text, false, b->arena);
    if (!condition.n)
        return false;
    read_step_title(b, node);
    build_part(b, b->part)->condition =
        arena_fmt(b->arena, "in the case \"%.*s\"", SV_FMT(condition));
    return true;
}

/* Is one of the rules since then judged, not only proposed? */
static bool read_decided(const struct rb_build *b, size_t before)
{
    for (size_t i = before; i < b->rules.n; i++)
        if (!b->rules.v[i].proposal)
            return true;
    return false;
}

/* "SSH into web1.", unless the commands below say so themselves. */
static void read_move(struct rb_build *b, const struct md_node *n)
{
    const struct md_node *next = n->next == MD_NONE ? NULL : &b->rb->md.v[n->next];

    if (!b->quoted && !(next && next->kind == MD_CODE && block_has_ssh(next->text)))
        (void)told_move(b, n->text);
}

/* Sentences that tell what to do, or what the commands above them must show. */
static void read_told(struct rb_build *b, const struct md_node *n, size_t rules)
{
    bool decided = read_decided(b, rules);
    bool shown = build_role_acts(build_role(b)) && !decided && told_expects(b, n);

    mention_help(b, n);

    if (shown)
        b->rules.n = rules; /* it is asked there */
    if (shown || decided || !mention_paragraph(b, n))
        told_paragraph(b, n, decided);
}

static void read_paragraph(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    size_t before = b->rules.n;
    bool signs = false, listed = inline_is_listed(b, n);
    bool forbidden =
        n->parent != MD_NONE && b->rb->md.v[n->parent].kind == MD_ITEM && block_is_forbidden(b);
    struct sv rest;

    if (fold_tab(b, node) || way_back_label(b, node))
        return;
    if (read_is_step_title(b, n)) {
        read_step_title(b, node);
        numbered_role(b, b->part);
        return;
    }
    if (numbered_read(b, node) || read_symptom(b, node) || read_variant(b, node) ||
        told_boxes(b, n))
        return;
    scope_paragraph(b, node);
    forbid_text(b, n);
    if (sign_read(b, n))
        signs = true;
    else
        meta_read(b, n);
    if (folder_paragraph(b, n, n->text)) {
        read_label(b, n);
        return;
    }
    case_paragraph(b, n);
    often_paragraph(b, n);
    case_left_out(b, n);
    read_label(b, n);
    ways_paragraph(b, node);
    watch_paragraph(b, n);
    told_jumps(b, n);
    if (stage_line(b, n->text)) {
        (void)build_step(b, STEP_MANUAL, n->line, sv_trim(n->text));
        return;
    }
    if (forbidden || inline_read(b, n, listed) || inline_typed(b, n, false) ||
        (n->parent != MD_NONE && b->rb->md.v[n->parent].kind == MD_ITEM &&
         inline_typed(b, n, true)))
        return;
    read_move(b, n);
    if (told_again(b, n) || mention_output_of(b, n))
        return;
    if (build_role_acts(build_role(b)) && expect_is_label(attach_text(b, node), &rest) && rest.n)
        told_expected(b, rest, n->line);
    else if (!signs)
        read_told(b, n, before);
}

/* --- lists --- */

static void read_node(struct rb_build *b, uint32_t node);

static void read_children(struct rb_build *b, uint32_t node)
{
    for (uint32_t c = b->rb->md.v[node].first; c != MD_NONE && !b->full_line;
         c = b->rb->md.v[c].next)
        read_node(b, c);
}

static void read_plain_text(const struct rb_build *b, uint32_t node, struct strbuf *out)
{
    const struct md_node *n = &b->rb->md.v[node];

    if (n->kind == MD_PARAGRAPH) {
        if (out->n)
            strbuf_add_byte(out, '\n');
        strbuf_add_sv(out, sv_trim_right(n->text)); /* a comment stood behind it */
    } else if (n->kind == MD_CODE && out->n < EXPECT_MAX_BYTES) {
        strbuf_addf(out, "\n%.*s", SV_FMT(sv_trim(n->text)));
    }
    for (uint32_t c = n->first; c != MD_NONE && n->kind != MD_PARAGRAPH; c = b->rb->md.v[c].next)
        read_plain_text(b, c, out);
}

/* An item that nothing was found to run in: a person does it and says so. */
static void read_manual_item(struct rb_build *b, uint32_t item, uint32_t part)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const struct md_node *n = &b->rb->md.v[item];
    bool approval;

    read_plain_text(b, item, &text);
    if (!sv_trim(strbuf_sv(&text)).n) /* "1." alone asks for nothing */
        return;
    approval = title_is_approval(b->title, strbuf_sv(&text));
    (void)build_step(b, approval ? STEP_APPROVAL : STEP_MANUAL, n->line,
                     otherwise_text(b,
                                    n->before == MD_NONE ? (struct sv){NULL, 0}
                                                         : sv_trim(read_item_text(b, n->before)),
                                    arena_sv(b->arena, strbuf_sv(&text))));
    vec_last(&b->steps)->step.end_line = n->end_line;
    vec_last(&b->steps)->step.part = part;
}

/* "**Performance metrics:** Response times P95 <1.5s" at T+15m: a rule, else a question. */
static void read_timed_item(struct rb_build *b, uint32_t item, uint32_t part)
{
    struct sv text = read_item_text(b, item);
    struct rb_rule *rule = vec_add(&b->rules);

    rule->line = b->rb->md.v[item].line;
    rule->part = part;
    rule->source = text;
    rule->offset_ms = build_part(b, part)->offset_ms;
    rule->proposal = false;
    rule->text = prose_expect(b->prose, text, b->arena, &rule->dropped);
    if (!rule->text.n)
        watch_timed(b, rule);
}

/* Are there commands in it, or somewhere else to put what it says? */
static bool read_has_code(const struct rb_build *b, uint32_t node)
{
    for (uint32_t c = b->rb->md.v[node].first; c != MD_NONE; c = b->rb->md.v[c].next)
        if (b->rb->md.v[c].kind == MD_CODE || read_has_code(b, c))
            return true;
    return false;
}

/* "- **Step 2** - For each node": a bullet that is numbered by its bold words. */
static bool read_is_step_item(struct rb_build *b, uint32_t item)
{
    uint32_t first = b->rb->md.v[item].first;
    struct title t;
    size_t end;

    if (first == MD_NONE || !md_leading_strong(&b->rb->md.v[first], &end).n)
        return false;
    title_read(b->title, b->rb->md.v[first].text, &t);
    return t.number.n && t.word.n && t.is_step;
}

/* Is a list item something to do?  A task always; a numbered one where things are carried out. */
static bool read_item_acts(struct rb_build *b, uint32_t item)
{
    const struct md_node *n = &b->rb->md.v[item];

    bool said = n->first != MD_NONE && scope_has_inline(b, n->first);

    return n->task ||
           ((n->ordered || said || b->staged || read_is_step_item(b, item) ||
             (fold_case_of_item(b, read_item_text(b, item)).n && read_has_code(b, item))) &&
            build_role_acts(build_role(b)) && build_role(b) != ROLE_MONITOR);
}

/* Does somebody have to do or confirm it, for the run to go on? */
static bool read_item_counts(const struct rb_build *b)
{
    return build_role_acts(build_role(b)) || build_role(b) == ROLE_SIGN_OFF;
}

static uint32_t read_item_part(struct rb_build *b, uint32_t item)
{
    const struct md_node *n = &b->rb->md.v[item];
    struct sv text = read_item_text(b, item);
    uint32_t part;
    struct rb_part *p;
    struct title t;

    text = sv_sub(text, 0, sv_find_byte(text, '\n', 0));
    part = read_part(b, PART_ITEM, b->part, item, text);
    p = build_part(b, part);
    p->task = n->task;
    p->checked = n->checked;
    p->end_line = n->end_line;
    title_read(b->title, text, &t);
    if (!p->condition.n && read_has_code(b, item))
        p->condition =
            n->ordered || n->task ? fold_case_of_step(b, p->title) : fold_case_of_item(b, text);
    if (sv_ends(text, SV(":")) && t.sentence.n && !p->condition.n)
        p->condition = t.sentence; /* "If the schema has to go back:" above what is done then */
    p->condition = otherwise_condition(b, p->condition);
    if (!p->number.n && n->ordered)
        p->number = arena_fmt(b->arena, "%u", n->number);
    if (p->task && p->number.n)
        (void)map_put(&b->tasks, p->number, part);
    scope_item(b, part, n->first);
    ways_item(b, part);
    return part;
}

/* What stands below the item's own first line, which is its title. */
static void read_item_rest(struct rb_build *b, uint32_t item, bool whole)
{
    const struct md_node *v = b->rb->md.v;
    uint32_t c = v[item].first;

    if (c != MD_NONE && v[c].kind == MD_PARAGRAPH) {
        read_label(b, &v[c]);
        told_jumps(b, &v[c]);
        if (build_role_acts(build_role(b))) {
            size_t before = b->steps.n;
            bool shown;

            told_leave(b, &v[c]);
            b->inlined = block_inline(b, &v[c]);
            shown = attach_inline(b, &v[c], before);
            if (b->inlined)
                b->whole = whole; /* nobody is asked about all of it */
            if (b->inlined && !shown)
                inline_rest(b, &v[c], before);
            if (!b->inlined && !inline_logs_in(b, &v[c]) && !read_has_code(b, item))
                b->inlined = told_move(b, v[c].text); /* "1. SSH into web1" */
            else if (!b->inlined)
                read_move(b, &v[c]);
            b->inlined |= inline_typed(b, &v[c], true);
            if (!b->inlined && read_has_code(b, item))
                mention_head(b, &v[c]);
        }
        c = v[c].next;
    }
    for (; c != MD_NONE && !b->full_line; c = v[c].next)
        read_node(b, c);
}

/* "- [ ] Disable maintenance mode" in a section about messages: it is done where that section stands. */
static enum rb_role read_role_around(const struct rb_build *b, uint32_t part)
{
    while (part != RB_NONE && b->parts.v[part].role == ROLE_COMMUNICATE)
        part = b->parts.v[part].parent;
    return part != RB_NONE && build_role_acts(b->parts.v[part].role) &&
                   b->parts.v[part].role != ROLE_NONE
               ? b->parts.v[part].role
               : ROLE_DEPLOY;
}

/* What must not be done, with the words of the heading where the item itself does not say so. */
static struct sv read_forbidden(struct rb_build *b, uint32_t item)
{
    struct sv text = read_item_text(b, item);

    return remark_is(b, text) ? text
                              : arena_fmt(b->arena, "%.*s: %.*s",
                                          SV_FMT(build_part(b, b->part)->title), SV_FMT(text));
}

static void read_item(struct rb_build *b, uint32_t item)
{
    uint32_t outer = b->part, saying = b->saying, part;
    size_t before = b->steps.n;
    uint32_t first = b->rb->md.v[item].first;
    struct sv host, host_outer = b->host;
    bool there;
    bool titled = first != MD_NONE && b->rb->md.v[first].kind == MD_PARAGRAPH, whole = b->whole;

    if (build_role_acts(build_role(b)) && mention_struck(b, item))
        return;
    if (titled && (!b->rb->md.v[item].task || watch_is_reasons(b)) &&
        watch_item(b, sv_trim(read_item_text(b, item)), b->rb->md.v[item].line)) {
        struct sv label = b->label;

        meta_read(b, &b->rb->md.v[first]);
        read_item_rest(b, item, b->whole); /* what stands below it */
        b->label = label;
        return;
    }
    if (titled && build_role_acts(build_role(b)) && read_has_code(b, item) &&
        remark_is(b, read_item_text(b, item)) &&
        !regex_has(b->block_patterns[BLOCK_MUST], read_item_text(b, item))) {
        remark_add(b, b->rb->md.v[item].line, read_item_text(b, item));
        return; /* "- Never do this:" and what it shows */
    }
    if (titled && build_role(b) == ROLE_REFERENCE &&
        ((title_is_rules(b->title, build_part(b, b->part)->title) &&
          remark_is(b, read_item_text(b, item))) ||
         title_forbids(b->title, build_part(b, b->part)->title)))
        remark_add(b, b->rb->md.v[item].line, read_forbidden(b, item));
    if (titled && build_role(b) != ROLE_TROUBLESHOOT &&
        (b->part == RB_NONE || build_part(b, b->part)->offset_ms < 0))
        watch_propose(b, attach_text(b, first), b->rb->md.v[item].line);
    if (!read_item_acts(b, item)) {
        if (titled && !build_role_acts(build_role(b)))
            mention_read(b, &b->rb->md.v[first]);
        read_children(b, item);
        return;
    }
    if (titled && otherwise_is_below(b, item)) {
        if (b->steps.n && vec_last(&b->steps)->step.part == b->part)
            otherwise_remark(b, b->rb->md.v[item].line, read_item_text(b, item));
        return; /* else the item around it is asked as a whole */
    }
    part = read_item_part(b, item);
    there = stay_only(b, part, &host);
    if (b->rb->md.v[item].task && build_role(b) == ROLE_COMMUNICATE)
        build_part(b, part)->role = read_role_around(b, b->part);
    if (build_role_acts(build_role(b)) && remark_is(b, read_item_text(b, item))) {
        remark_add(b, b->rb->md.v[item].line, read_item_text(b, item));
        b->saying = saying;
        return; /* nor is anything in it to be done */
    }
    if (build_role_acts(build_role(b)) && build_part(b, part)->offset_ms >= 0) {
        read_timed_item(b, item, part);
        b->saying = saying;
        return;
    }
    b->part = part;
    b->block_steps = b->steps.n;
    b->inlined = false;
    b->whole |= !read_has_code(b, item);
    b->host = there ? host : b->host;
    if (scope_way(b, part) == SCOPE_RUNS)
        read_item_rest(b, item, whole);
    b->host = there && sv_eq(b->host, host) ? host_outer : b->host; /* no ssh of its own */
    if (b->back.inside == item)
        way_back_end(b);
    b->whole = whole;
    b->part = part;
    if (b->steps.n == before && !b->inlined && read_item_counts(b) && !b->full_line &&
        scope_way(b, part) != SCOPE_NEVER)
        read_manual_item(b, item, part);
    b->part = outer;
    b->saying = saying;
    b->block_steps = b->steps.n;
}

/* "1. Stop the service", "- [ ] Make a backup:" */
static bool read_heads_code(const struct rb_build *b, uint32_t item)
{
    return b->rb->md.v[item].ordered ||
           (b->rb->md.v[item].task && sv_ends(sv_trim(read_item_text(b, item)), SV(":")));
}

/* "1. Stop the service" with its commands below, which are not indented: the item is their title. */
static void read_list_title(struct rb_build *b, uint32_t node)
{
    const struct md_node *v = b->rb->md.v;
    uint32_t next = v[node].next, last = v[node].first;

    while (last != MD_NONE && v[last].next != MD_NONE)
        last = v[last].next;
    if (next == MD_NONE || v[next].kind != MD_CODE || last == MD_NONE ||
        !read_heads_code(b, last) ||
        (v[last].first != MD_NONE && v[v[last].first].next != MD_NONE) || /* it says more */
        !b->steps.n || vec_last(&b->steps)->step.kind != STEP_MANUAL ||
        vec_last(&b->steps)->step.line != v[last].line)
        return;
    b->titled = next;
    b->title_step = b->steps.n - 1;
    b->title_part = vec_last(&b->steps)->step.part;
    b->label = sv_trim(vec_last(&b->steps)->step.text);
}

/* "**Prerequisites:**" or "## Prerequisites" and bullets below it: somebody says of each that it is so. */
static void read_prerequisites(struct rb_build *b, uint32_t node)
{
    const struct md_node *v = b->rb->md.v;

    for (uint32_t c = v[node].first; c != MD_NONE && !b->full_line; c = v[c].next) {
        uint32_t text = v[c].first;
        size_t before = b->steps.n;

        if (read_has_code(b, c))
            read_item(b, c);
        else if (text != MD_NONE && v[text].kind == MD_PARAGRAPH && block_inline(b, &v[text]))
            (void)attach_inline(b, &v[text], before);
        else {
            read_manual_item(b, c, b->part);
            watch_propose(b, read_item_text(b, c), v[c].line);
        }
    }
    b->label = (struct sv){NULL, 0};
}

/* "**If tests fail:**": what hangs on it is not done in every run. */
static bool read_is_for_case(const struct rb_build *b, struct sv label)
{
    struct regex_match g[1];

    return sv_ends(label, SV(":")) &&
           (sv_starts_nocase(label, SV("on failure")) || sv_starts_nocase(label, SV("in case ")) ||
            (regex_find(b->block_patterns[BLOCK_CONDITION], label, 0, g, 1) && g[0].from == 0));
}

/* "**Troubleshooting:**": what is below it helps whom it concerns. */
static bool read_is_help(struct rb_build *b, struct sv label)
{
    return sv_ends(label, SV(":")) && title_role(b->title, label) == ROLE_TROUBLESHOOT;
}

/* "Prerequisites:", "Verify that:", "## Verification": each bullet right below it is so, or is not. */
static bool read_is_to_confirm(struct rb_build *b, struct sv label)
{
    static const struct sv verbs[] = {SV("verify"), SV("confirm that"), SV("ensure"),
                                      SV("make sure"), SV("check that")};
    enum rb_role own = title_role(b->title, label);
    bool heading = sv_eq(label, inline_heading(b));

    for (size_t i = 0; sv_ends(label, SV(":")) && i < ARRAY_LEN(verbs); i++)
        if (sv_starts_nocase(label, verbs[i]) && build_role_acts(build_role(b)))
            return true;
    return build_role_acts(build_role(b)) &&
           ((own == ROLE_PREFLIGHT && (heading || sv_ends(label, SV(":")))) ||
            (own == ROLE_VERIFY && build_role(b) == ROLE_VERIFY && b->label.n && heading));
}

/* "Never do any of these:": nothing in the list is done. */
static void read_forbidden_list(struct rb_build *b, uint32_t node)
{
    const struct md_node *v = b->rb->md.v;
    struct sv label = sv_trim(b->label);

    for (uint32_t c = v[node].first; c != MD_NONE; c = v[c].next)
        remark_add(b, v[c].line,
                   arena_fmt(b->arena, "%.*s %.*s", SV_FMT(label), SV_FMT(read_item_text(b, c))));
    b->label = (struct sv){NULL, 0}; /* what stands below the list is no part of it */
}

static void read_list(struct rb_build *b, uint32_t node)
{
    const struct md_node *v = b->rb->md.v;
    uint32_t first = v[node].first, saying = scope_group(b);
    struct sv label = b->label;
    bool whole = b->whole, for_case = read_is_for_case(b, label), feared = b->feared, back_case;
    bool acting = b->acting_list, hoped = b->hoped, there;
    uint32_t outer = b->part;
    size_t before = b->steps.n;
    struct sv host, host_outer = b->host;
    bool within = b->title_within, staged = b->staged;

    if (build_role_acts(build_role(b)) &&
        regex_has(b->block_patterns[BLOCK_NOT_LISTED], sv_trim(label))) {
        read_forbidden_list(b, node);
        b->saying = saying;
        return;
    }
    if (first != MD_NONE && !v[first].task && !v[first].ordered &&
        attach_is_criteria(b, b->label, node) && build_role_acts(build_role(b))) {
        b->hoped = true;
        attach_criteria(b, node);
        b->hoped = hoped;
        b->saying = saying;
        return;
    }
    if (first != MD_NONE && !v[first].task && !v[first].ordered && read_is_to_confirm(b, label)) {
        read_prerequisites(b, node);
        b->saying = saying;
        return;
    }
    if (first != MD_NONE && !v[first].task &&
        (regex_has(b->block_patterns[BLOCK_CI], label) ||
         (!v[first].ordered && regex_has(b->block_patterns[BLOCK_WILL], label)))) { /* by itself */
        b->saying = saying;
        return;
    }
    b->part = ways_of_list(b, node);
    b->staged = stage_list(b, node) || stage_label(label);
    back_case = for_case && build_role(b) == ROLE_ROLLBACK && v[v[node].parent].kind == MD_ITEM &&
                !v[v[node].parent].ordered;
    b->whole |= for_case && !back_case;
    b->feared |= watch_is_feared(b, label);
    b->hoped |= watch_is_hoped(b, label);
    b->acting_list =
        first != MD_NONE && (v[first].task || v[first].ordered ||
                             (v[node].before != MD_NONE && v[v[node].before].kind == MD_LIST));
    there = sv_ends(label, SV(":")) && told_host(label, &host) == WHERE_ONCE; /* "3. On web1:" */
    if (!there && (sv_ends(label, SV(":")) || where_heads(label)) && where_spreads(label, &host))
        there = b->title_within = true; /* "For each node:" */
    if (there)
        b->host = host;
    if (read_is_help(b, label)) {
        b->part = read_part(b, PART_STEP, b->part, node, label);
        build_part(b, b->part)->role = ROLE_TROUBLESHOOT;
    }
    for (uint32_t c = first; c != MD_NONE && !b->full_line; c = v[c].next) {
        b->label = label; /* of the list: what one item says does not introduce the next */
        read_item(b, c);
    }
    b->whole = whole;
    b->feared = feared;
    b->hoped = hoped;
    b->title_within = within;
    b->staged = staged;
    b->acting_list = acting;
    b->part = outer;
    if (there && sv_eq(b->host, host)) /* no ssh of its own */
        b->host = host_outer;
    if (back_case)
        case_of_back(b, before, label);
    if (b->steps.n == before)
        told_list(b, node, label);
    told_each(b, label, v[node].line, before);
    if (for_case)
        b->label = label; /* it goes on in the next list */
    wait_list_case(b, node, label);
    b->saying = saying;
    read_list_title(b, node);
}

/* A note, tip or the like: who reads it need not carry out what it shows. */
static void read_quote(struct rb_build *b, uint32_t node)
{
    static const struct sv kinds[] = {SV("[!NOTE"), SV("[!TIP"),     SV("[!INFO"),
                                      SV("[!HINT"), SV("[!EXAMPLE"), SV("[!QUESTION"),
                                      SV("[!FAQ"),  SV("[!ABSTRACT")};
    uint32_t first = b->rb->md.v[node].first, part = b->part;
    bool outer = b->aside, quoted = b->quoted, alarmed = b->alarmed;

    fold_callout(b, node);
    b->quoted = true;
    for (size_t i = 0; first != MD_NONE && i < ARRAY_LEN(kinds); i++)
        b->aside |= sv_starts_nocase(sv_trim(b->rb->md.v[first].text), kinds[i]);
    read_children(b, node);
    b->aside = outer;
    b->quoted = quoted;
    b->alarmed = alarmed;
    b->part = part;
}

static void read_table(struct rb_build *b, uint32_t node)
{
    uint32_t saying = scope_group(b);

    table_read(b, node);
    b->saying = saying;
}

static void read_node(struct rb_build *b, uint32_t node)
{
    way_back_node(b, node);
    fold_tab_node(b, node);
    switch (b->rb->md.v[node].kind) {
    case MD_HEADING: read_heading(b, node); break;
    case MD_PARAGRAPH: read_paragraph(b, node); break;
    case MD_LIST: read_list(b, node); break;
    case MD_CODE: block_read(b, node); break;
    case MD_TABLE: read_table(b, node); break;
    case MD_DOCUMENT:
    case MD_ITEM: read_children(b, node); break;
    case MD_QUOTE: read_quote(b, node); break;
    case MD_HTML:
        scope_html(b, node);
        meta_html(b, &b->rb->md.v[node]);
        fold_html(b, node);
        break;
    case MD_RULE: (void)fold_tab(b, node); break;
    case MD_ROW:
    case MD_CELL:
    case MD__N:
    default: break;
    }
}

static void read_text_notes(struct rb_build *b)
{
    const struct document *d = b->rb->doc;
    size_t bad = text_bad_utf8(d->text);

    if (bad != SV_NPOS) {
        size_t line = document_line_of(d, bad);

        build_note(b, NOTE_BAD_UTF8, line, bad - d->line_at[line - 1] + 1, (struct sv){NULL, 0});
    }
    for (size_t i = 0; i < b->rb->md.n_nested_fences; i++)
        build_note(b, NOTE_NESTED_FENCE, b->rb->md.nested_fences[i], 1, (struct sv){NULL, 0});
    if (b->rb->md.unclosed_fence)
        build_note(b, NOTE_UNCLOSED_FENCE, b->rb->md.unclosed_fence, 1, (struct sv){NULL, 0});
}

static void build_release_readers(struct rb_build *b)
{
    shell_parser_free(b->shell);
    expect_reader_free(b->expect);
    shape_reader_free(b->shape);
    prose_reader_free(b->prose);
    title_reader_free(b->title);
    for (size_t i = 0; i < WATCH_PATTERN__N; i++)
        regex_free(b->watch_patterns[i]);
    for (size_t i = 0; i < BLOCK_PATTERN__N; i++)
        regex_free(b->block_patterns[i]);
}

static void build_release_told(struct rb_build *b)
{
    vec_release(&b->remarks);
    vec_release(&b->failures);
    vec_release(&b->mentions);
    vec_release(&b->forbids);
}

static void build_release(struct rb_build *b)
{
    build_release_readers(b);
    build_release_told(b);
    for (size_t i = 0; i < b->steps.n; i++)
        vec_release(&b->steps.v[i].expects);
    vec_release(&b->parts);
    vec_release(&b->blocks);
    vec_release(&b->steps);
    vec_release(&b->rules);
    vec_release(&b->checkpoints);
    vec_release(&b->messages);
    vec_release(&b->metas);
    vec_release(&b->notes);
    vec_release(&b->signers);
    vec_release(&b->names);
    vec_release(&b->jumps);
    vec_release(&b->environments);
    vec_release(&b->said);
    vec_release(&b->said_of);
    map_release(&b->said_names);
    map_release(&b->tasks);
}

enum err_code runbook_read(const struct document *doc, struct runbook *ret, struct err *err)
{
    CLEANUP(build_release)
    struct rb_build b = {.part = RB_NONE,
                         .proc = RB_NONE,
                         .section = RB_NONE,
                         .back = {.part = RB_NONE},
                         .fold = {.part = RB_NONE},
                         .tab = {.part = RB_NONE},
                         .ways = {.part = RB_NONE, .item = RB_NONE},
                         .saying = RB_NONE,
                         .titled = MD_NONE};
    struct runbook rb = {.doc = doc};

    if (markdown_parse(doc, &rb.arena, &rb.md, err) != ERR_OK) {
        arena_release(&rb.arena);
        return err->code;
    }
    b.rb = &rb;
    b.arena = &rb.arena;
    b.shell = shell_parser_new();
    b.expect = expect_reader_new();
    b.prose = prose_reader_new();
    b.title = title_reader_new();
    b.shape = shape_reader_new(b.prose);
    shape_learn(b.shape, doc->text, b.arena);
    placeholder_learn(doc->text, b.arena, &rb.stand_ins);
    for (size_t i = 0; i < WATCH_PATTERN__N; i++)
        b.watch_patterns[i] = regex_must(watch_patterns[i], REGEX_NOCASE);
    for (size_t i = 0; i < BLOCK_PATTERN__N; i++)
        b.block_patterns[i] = regex_must(block_patterns[i], REGEX_NOCASE);
    read_text_notes(&b);
    meta_front(&b);
    scope_front(&b);
    read_children(&b, 0);
    way_back_end(&b);
    told_section(&b, MD_NONE, 0);
    if (b.full_line) {
        (void)err_set(err, ERR_LIMIT, "%s:%zu: more than %u steps, or sections and items",
                      doc->path, b.full_line, LIMIT_STEPS);
        arena_release(&rb.arena);
        return err->code;
    }
    scope_end(&b);
    finish(&b);
    *ret = rb;
    return ERR_OK;
}

void runbook_release(struct runbook *rb)
{
    arena_release(&rb->arena);
    *rb = (struct runbook){0};
}
