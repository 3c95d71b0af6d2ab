/*
 * way_back: "**Rollback:**", "To undo this step:" above commands.  They are no steps of the way forward, but undo those
 * before the label.  A label with a colon speaks of the blocks right below it; one without is a title, and speaks of
 * all up to the next one.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"

enum { WAY_BACK_LABEL_MAX = 100 };

/* "STEPS", "VERIFY": a title in capitals. */
static bool way_back_is_capitals(struct sv text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] >= 0x80 ||
            (ascii_is_alpha(text.p[i]) && !ascii_is_upper(text.p[i])))
            return false;
        n += ascii_is_upper(text.p[i]);
    }
    return n > 2;
}

static bool way_back_follows(const struct rb_build *b, const struct md_node *n, bool title)
{
    enum md_kind next = n->next == MD_NONE ? MD_RULE : b->rb->md.v[n->next].kind;

    return next == MD_CODE || next == MD_LIST || (title && next == MD_PARAGRAPH);
}

bool way_back_label(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    struct sv text = sv_trim(n->text);
    bool title = !sv_ends(text, SV(":")) && (md_is_all_strong(n) || way_back_is_capitals(text));

    if (!build_role_acts(build_role(b)) || build_role(b) == ROLE_ROLLBACK || b->quoted ||
        text.n > WAY_BACK_LABEL_MAX || (!title && !sv_ends(text, SV(":"))) ||
        !way_back_follows(b, n, title) || !regex_has(b->block_patterns[BLOCK_UNDO], text))
        return false;
    while (title && b->part != RB_NONE && build_part(b, b->part)->kind == PART_STEP)
        b->part = build_part(b, b->part)->parent;
    b->back = (struct way_back){.part = read_part(b, PART_STEP, b->part, node, text),
                                .outer = b->part,
                                .label = node,
                                .inside = n->parent,
                                .steps = b->steps.n,
                                .title = title};
    b->part = b->back.part;
    build_part(b, b->part)->role = ROLE_ROLLBACK;
    b->block_steps = b->steps.n;
    b->label = (struct sv){NULL, 0};
    return true;
}

static bool way_back_changes(const struct rb_step *s)
{
    return s->command && s->command->effect > EFFECT_STATE;
}

/* The commands before the label, up to the label before it, are undone by what stands below it. */
static void way_back_name(struct rb_build *b)
{
    const struct way_back *w = &b->back;

    for (size_t i = w->steps; i-- > 0;) {
        struct rb_draft *d = &b->steps.v[i];

        if (d->step.part != w->outer || d->undone_by != RB_NONE)
            break;
        if (way_back_changes(&d->step))
            d->undone_by = w->part;
    }
}

void way_back_end(struct rb_build *b)
{
    if (b->back.part == RB_NONE)
        return;
    if (!b->back.title && b->steps.n > b->back.steps)
        way_back_name(b);
    b->part = b->back.outer;
    b->back.part = RB_NONE;
    b->block_steps = b->steps.n;
}

void way_back_node(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    struct sv rest;
    bool on = n->kind == MD_CODE || n->kind == MD_HTML ||
              (n->kind == MD_LIST && (b->back.title || n->before == b->back.label));

    if (b->back.part == RB_NONE || n->parent != b->back.inside)
        return;
    if (n->kind == MD_PARAGRAPH)
        on = b->back.title ? !md_is_all_strong(n) && !way_back_is_capitals(sv_trim(n->text))
                           : expect_is_label(attach_text(b, node), &rest);
    if (!on)
        way_back_end(b);
}
