/*
 * remark: what must not be done: a warning to whoever is about to do the next step, and never a question whether
 * it is done.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "base/words.h"
#include "runbook/clause.h"
#include "runbook/reader_int.h"

/* After the first sentence: does it tell to do something after all? */
static bool remark_goes_on(const struct rb_build *b, struct sv text)
{
    for (size_t i = 0; i + 1 < text.n; i++) {
        struct sv rest;

        if ((text.p[i] != '.' && text.p[i] != ';' && text.p[i] != '!' && text.p[i] != '\n') ||
            !ascii_is_space(text.p[i + (text.p[i] != '\n')]))
            continue;
        rest = sv_trim(sv_sub(text, i + 1, text.n));
        if (regex_has(b->block_patterns[BLOCK_NEVER], rest))
            continue;
        if (regex_has(b->block_patterns[BLOCK_TO_RUN], rest) ||
            regex_has(b->block_patterns[BLOCK_TO_LOOK], rest) ||
            regex_has(b->block_patterns[BLOCK_TODO], rest))
            return true;
    }
    return false;
}

bool remark_is(const struct rb_build *b, struct sv text)
{
    text = sv_trim(sv_sub(text, 0, LABEL_MAX_BYTES));
    return regex_has(b->block_patterns[BLOCK_NEVER], text) &&
           !regex_has(b->block_patterns[BLOCK_NOT_YET], text) && !remark_goes_on(b, text);
}

void remark_add(struct rb_build *b, size_t line, struct sv text)
{
    text = sv_trim(text);
    if (b->remarks.n && sv_eq(vec_last(&b->remarks)->text, text))
        return; /* of two commands that one sentence forbids */
    *vec_add(&b->remarks) = (struct rb_remark){
        .line = line, .part = b->part, .step = (uint32_t)b->steps.n, .text = text};
}

/* "instead of:" says nothing without what stands below it. */
struct sv remark_of_block(const struct rb_build *b, uint32_t index)
{
    enum { SHORT = 24 };
    struct sv text = b->blocks.v[index].text, line = {NULL, 0};

    while (!line.n && sv_next_line(&text, &line))
        line = sv_trim(line);
    return b->label.n < SHORT && !regex_has(b->block_patterns[BLOCK_NEVER], b->label)
               ? arena_fmt(b->arena, "%.*s %.*s", SV_FMT(b->label), SV_FMT(line))
               : b->label;
}

/* "Before" and "After" alone above a block each: how something looks, and nothing to do. */
static bool remark_is_half(const struct rb_build *b, uint32_t node, bool first)
{
    static struct words befores = WORDS("before old vorher alt avant antes 変更前 之前");
    static struct words afters = WORDS("after new nachher neu après después depois 変更後 之后");
    const struct md_node *v = b->rb->md.v;
    struct sv text = node == MD_NONE || v[node].kind != MD_PARAGRAPH ? (struct sv){NULL, 0}
                                                                     : clause_bare(v[node].text);

    return text.n && words_have(first ? &befores : &afters, text) && v[node].next != MD_NONE &&
           v[v[node].next].kind == MD_CODE;
}

bool remark_is_pair(const struct rb_build *b, uint32_t block)
{
    const struct md_node *v = b->rb->md.v;
    uint32_t label = v[block].before, other;

    if (label == MD_NONE || v[block].kind != MD_CODE)
        return false;
    if (remark_is_half(b, label, true))
        return remark_is_half(b, v[block].next, false);
    if (!remark_is_half(b, label, false))
        return false;
    other = v[label].before; /* the block above it */
    return other != MD_NONE && v[other].kind == MD_CODE && remark_is_half(b, v[other].before, true);
}

/* Is the part in the same section as the other: below the same heading? */
static uint32_t remark_section(const struct rb_build *b, uint32_t part)
{
    while (part != RB_NONE && b->parts.v[part].kind != PART_SECTION)
        part = b->parts.v[part].parent;
    return part;
}

static bool remark_reaches(const struct rb_build *b, uint32_t section, uint32_t step)
{
    uint32_t part = b->rb->steps[step].part;

    if (section == RB_NONE)
        return true;
    while (part != RB_NONE && part != section)
        part = b->parts.v[part].parent;
    return part == section;
}

void remark_finish(struct rb_build *b, const uint32_t *place)
{
    for (size_t i = 0; i < b->remarks.n; i++) {
        struct rb_remark *r = &b->remarks.v[i];
        uint32_t next = r->step < b->steps.n ? place[r->step] : (uint32_t)b->rb->n_steps;
        uint32_t section = remark_section(b, r->part);

        if (next < b->rb->n_steps &&
            (remark_reaches(b, section, next) || b->parts.v[section].role == ROLE_REFERENCE))
            r->step = next; /* of "Safety Rules" before all that is done */
        else if (next > 0 && remark_reaches(b, section, next - 1))
            r->step = next - 1; /* the last one that it can speak of */
        else if (b->rb->n_steps && section != RB_NONE && b->parts.v[section].role == ROLE_REFERENCE)
            r->step = 0; /* "Don'ts" behind all that is done */
        else
            r->step = RB_NONE;
    }
}
