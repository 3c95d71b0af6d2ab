/*
 * way_back: "**Rollback:**", "To undo this step:" above commands.  They are no steps of the way forward, but undo those
 * before the label.  A label with a colon speaks of the blocks right below it; one without is a title, and speaks of
 * all up to the next one.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

enum { WAY_BACK_LABEL_MAX = 140 };

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

/* "Rollback", "Upgrade steps": a line that somebody meant to be a heading. */
static bool way_back_is_bare(const struct md_node *n)
{
    struct sv text = sv_trim(n->text), rest = text, word;
    size_t words = 0;

    if (n->n_spans || !rest.n || told_is_small(*rest.p) || sv_find_byte(rest, '\n', 0) != SV_NPOS)
        return false;
    while (sv_next_word(&rest, &word))
        words++;
    return words <= 4 &&
           ((unsigned char)text.p[text.n - 1] >= 0x80 || ascii_is_word(text.p[text.n - 1]));
}

/* What ends a way back below such a line is one that is known to say something else. */
static bool way_back_is_over(const struct rb_build *b, const struct md_node *n)
{
    enum rb_role role;

    if (md_is_all_strong(n) || way_back_is_capitals(sv_trim(n->text)))
        return true;
    if (!b->back.bare || !way_back_is_bare(n))
        return false;
    role = title_role(b->title, n->text);
    if (role == ROLE_NONE) /* "Cleanup" and not "Then restart", "Restart the workers" */
        return (told_verb(n->text) == TOLD_NOT ||
                sv_find_byte(sv_trim(n->text), ' ', 0) == SV_NPOS) &&
               !told_starts(n->text, WORDS_HERE("then next finally afterwards also and after"));
    return role != ROLE_ROLLBACK;
}

/* "Install the old package: `apt install x`", and not "it is kept in `app`". */
static bool way_back_has_command(const struct md_node *n)
{
    for (size_t i = 0; i < n->n_spans; i++) {
        const struct md_span *s = &n->spans[i];

        if (s->kind == MD_CODE_SPAN &&
            (s->from == 0 || sv_find_byte(sv_sub(n->text, s->from, s->to), ' ', 0) != SV_NPOS))
            return true;
    }
    return false;
}

static bool way_back_follows(const struct rb_build *b, const struct md_node *n, bool title,
                             bool bare)
{
    const struct md_node *v = b->rb->md.v, *below = n->next == MD_NONE ? NULL : &v[n->next];
    enum md_kind next = below ? below->kind : MD_RULE;
    bool acts = below && below->next != MD_NONE &&
                (v[below->next].kind == MD_CODE || v[below->next].kind == MD_LIST);

    if (next == MD_CODE || next == MD_LIST || (title && !bare && next == MD_PARAGRAPH))
        return true;
    return title && next == MD_PARAGRAPH && /* "Rollback plan" above prose may be talk */
           (acts || way_back_has_command(below));
}

bool way_back_label(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    struct sv text = sv_trim(n->text), host;
    bool colon = sv_ends(text, SV(":")) || sv_ends(text, SV("：")), bare = way_back_is_bare(n);
    bool title = !colon && (md_is_all_strong(n) || way_back_is_capitals(text) || bare);

    bare = bare && !md_is_all_strong(n) && !way_back_is_capitals(text);
    if (!build_role_acts(build_role(b)) || build_role(b) == ROLE_ROLLBACK || b->quoted ||
        text.n > WAY_BACK_LABEL_MAX || (!title && !colon) || !way_back_follows(b, n, title, bare) ||
        !regex_has(b->block_patterns[BLOCK_UNDO], text))
        return false;
    if (colon) /* "If more than 2 % fail, roll back:" */
        watch_paragraph(b, n);
    while (title && b->part != RB_NONE && build_part(b, b->part)->kind == PART_STEP)
        b->part = build_part(b, b->part)->parent;
    b->back = (struct way_back){.part = read_part(b, PART_STEP, b->part, node, text),
                                .outer = b->part,
                                .label = node,
                                .inside = n->parent,
                                .steps = b->steps.n,
                                .title = title,
                                .bare = bare};
    b->back.host = b->host;
    if (where_in_brackets(text, &host)) /* "Backout (both LBs):" */
        b->host = host;
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
    b->host = b->back.host;
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
        on = b->back.title ? !way_back_is_over(b, n) : expect_is_label(attach_text(b, node), &rest);
    if (!on)
        way_back_end(b);
}
