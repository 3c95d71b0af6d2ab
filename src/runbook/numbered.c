/*
 * numbered: steps whose numbers somebody typed, as word processors export them: paragraphs "3.1 Log on to batch01", lines
 * "1.1 Save the configuration" below "1.0 Pre-checks".  Each is done by a person, unless commands below it do it.
 */
#include <string.h>

#include "base/sv.h"
#include "runbook/reader_int.h"

enum {
    NUMBERED_PARTS = 3,  /* "2.10.4" */
    NUMBERED_TITLE = 60, /* bytes of what stands behind "2.0", when it is a title */
};

struct numbered {
    unsigned part[NUMBERED_PARTS];
    size_t n;
    struct sv number, text; /* "3.1"; what stands behind it */
};

/* "3.1 Log on", "2.10.4) Log on"; not "3.1" alone, and not "12,4". */
static bool numbered_line(struct sv line, struct numbered *ret)
{
    struct sv s = sv_trim(line);
    size_t i = 0;

    *ret = (struct numbered){0};
    while (i < s.n && ascii_is_digit(s.p[i]) && ret->n < NUMBERED_PARTS) {
        size_t from = i;

        while (i < s.n && ascii_is_digit(s.p[i]) && i - from < 3)
            ret->part[ret->n] = ret->part[ret->n] * 10 + (unsigned)(s.p[i++] - '0');
        ret->n++;
        ret->number = sv_sub(s, 0, i);
        if (i + 1 >= s.n || s.p[i] != '.' || !ascii_is_digit(s.p[i + 1]))
            break;
        i++;
    }
    i += i < s.n && strchr(".):", s.p[i]) != NULL;
    if (ret->n < 2 || i + 1 >= s.n || !ascii_is_space(s.p[i]))
        return false;
    ret->text = sv_trim(sv_sub(s, i, s.n));
    return ret->text.n > 0 && (ascii_is_alpha(*ret->text.p) || (unsigned char)*ret->text.p >= 0x80);
}

/* Does the number follow the last one, or begin a row of them: "3.2" behind "3.1", "4.1"? */
static bool numbered_follows(const struct numbered *last, const struct numbered *x)
{
    if (x->part[x->n - 1] <= 1)
        return true;
    return x->n == last->n && x->part[0] == last->part[0] &&
           x->part[x->n - 1] == last->part[x->n - 1] + 1;
}

/* "1.0 Pre-checks" above "1.1 ...": the title of those below it. */
static bool numbered_is_title(const struct rb_build *b, const struct md_node *n,
                              const struct numbered *x, struct sv below)
{
    const struct md_node *next = n->next == MD_NONE ? NULL : &b->rb->md.v[n->next];
    struct numbered first;
    struct sv line = {NULL, 0};

    if (x->part[x->n - 1] != 0 || x->text.n > NUMBERED_TITLE || sv_ends(x->text, SV(".")))
        return false;
    if (!sv_trim(below).n)
        below = next && next->kind == MD_PARAGRAPH ? next->text : (struct sv){NULL, 0};
    return sv_next_line(&below, &line) && numbered_line(line, &first) &&
           first.part[0] == x->part[0] && first.part[first.n - 1] == 1;
}

/* A number of such a step: one that has two parts, and no section of its own. */
static bool numbered_is_step(const struct rb_part *p)
{
    return p->kind == PART_STEP && p->number.n > 2 && sv_find_byte(p->number, '.', 0) != SV_NPOS &&
           !sv_ends(p->number, SV(".0"));
}

static void numbered_part(struct rb_build *b, uint32_t node, const struct numbered *x, bool title)
{
    uint32_t parent = b->part;
    struct rb_part *p;
    enum rb_role own;

    while (parent != RB_NONE && (title ? build_part(b, parent)->kind == PART_STEP
                                       : numbered_is_step(build_part(b, parent))))
        parent = build_part(b, parent)->parent;
    b->part = read_part(b, PART_STEP, parent, node, x->text);
    p = build_part(b, b->part);
    p->number = x->number;
    own = title ? title_role(b->title, x->text) : ROLE_NONE;
    if (own != ROLE_NONE)
        p->role = own;
    b->block_steps = b->steps.n;
    b->label = x->text;
}

/* One of them, with the lines behind it that go on with it. */
static void numbered_step(struct rb_build *b, uint32_t node, const struct numbered *x, size_t line,
                          struct sv all)
{
    size_t before = b->steps.n;

    numbered_part(b, node, x, false);
    if (!build_role_acts(build_role(b)) || build_role(b) == ROLE_MONITOR)
        return;
    if (remark_is(b, x->text)) {
        remark_add(b, line, all);
        return;
    }
    if (block_inline(b, &b->rb->md.v[node])) { /* of one line */
        if (!attach_inline(b, &b->rb->md.v[node], before))
            inline_rest(b, &b->rb->md.v[node], before);
        b->block_steps = before;
        return;
    }
    (void)build_step(b, title_is_approval(b->title, all) ? STEP_APPROVAL : STEP_MANUAL, line, all);
    b->block_steps = before;
    b->titled = b->rb->md.v[node].next; /* what follows may carry it out */
    b->title_step = before;
    b->title_part = b->part;
}

bool numbered_read(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    struct sv rest = n->text, line, all = {NULL, 0};
    struct numbered x, last = {0}, open = {0};
    size_t at = n->line, open_line = 0;

    (void)numbered_line(b->typed_number, &last);
    if (b->quoted || b->aside || b->whole || scope_way(b, b->part) != SCOPE_RUNS ||
        !sv_next_line(&rest, &line) || !numbered_line(line, &x) || !numbered_follows(&last, &x) ||
        (rest.n && n->n_spans && block_tells(b, n))) /* a list of commands */
        return false;
    told_section(b, node, TOLD_STEP_LEVEL);
    b->section = RB_NONE;
    for (rest = n->text; sv_next_line(&rest, &line) && !b->full_line; at++) {
        if (!numbered_line(line, &x) || !numbered_follows(&last, &x)) {
            all.n = (size_t)(line.p + line.n - all.p);
            continue;
        }
        if (open.n)
            numbered_step(b, node, &open, open_line, sv_trim(all));
        last = x;
        open = numbered_is_title(b, n, &x, rest) ? (struct numbered){0} : x;
        if (!open.n)
            numbered_part(b, node, &x, true);
        open_line = at;
        all = x.text;
        b->typed_number = arena_fmt(b->arena, "%.*s x", SV_FMT(x.number));
    }
    if (open.n)
        numbered_step(b, node, &open, open_line, sv_trim(all));
    return true;
}

void numbered_role(struct rb_build *b, uint32_t part)
{
    struct rb_part *p = build_part(b, part);
    const struct md_node *n = &b->rb->md.v[p->node];
    enum rb_role own = title_role(b->title, n->text);
    struct title t;

    title_read(b->title, n->text, &t);
    if (!p->number.n || !build_role_acts(p->role) || own == ROLE_NONE)
        return;
    if (own == ROLE_ROLLBACK && title_rolls_back(b->title, p->title))
        p->role = own; /* never a step of the way forward */
    if (p->role != ROLE_NONE || t.word.n ||
        (p->parent != RB_NONE && build_part(b, p->parent)->level > 1))
        return;
    if (own == ROLE_ROLLBACK || own == ROLE_TROUBLESHOOT || own == ROLE_REFERENCE ||
        own == ROLE_PREFLIGHT || own == ROLE_DECIDE || own == ROLE_SIGN_OFF)
        p->role = own;
}

struct sv numbered_text(struct sv line)
{
    struct numbered x;

    return numbered_line(line, &x) ? x.text : line;
}
