/*
 * ways: "There are two options for rolling back:" above a numbered list or above sections.  Each of them is one of
 * several ways, of which a run takes one.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"

enum { WAYS_MANY = 9 }; /* what "several" may be */

static size_t ways_number(struct sv word)
{
    static const struct sv words[] = {SV("two"), SV("three"), SV("four"), SV("five")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(word, words[i]))
            return i + 2;
    return word.n == 1 && ascii_is_digit(*word.p) ? (size_t)(*word.p - '0') : WAYS_MANY;
}

void ways_paragraph(struct rb_build *b, struct sv text)
{
    struct regex_match g[2];
    size_t n;

    if (b->part == RB_NONE || b->quoted || text.n > EXPECT_MAX_BYTES ||
        !build_role_acts(build_role(b)) ||
        !regex_find(b->block_patterns[BLOCK_WAYS], text, 0, g, 2))
        return;
    n = g[1].from == SV_NPOS ? WAYS_MANY : ways_number(sv_sub(text, g[1].from, g[1].to));
    b->ways = (struct ways){.part = b->part, .item = RB_NONE, .left = n, .counted = n != WAYS_MANY};
}

static void ways_take(struct rb_build *b, uint32_t part)
{
    struct rb_part *p = build_part(b, part);

    b->ways.left--;
    p->variant = p->title;
    p->condition = (struct sv){NULL, 0};
}

void ways_section(struct rb_build *b, uint32_t part)
{
    const struct rb_part *p = build_part(b, part);
    bool below = b->ways.left && p->parent == b->ways.part;

    b->ways.item = RB_NONE;
    if (below && b->ways.counted && !b->ways.listed && build_role_acts(p->role))
        ways_take(b, part);
    else if (!below && b->ways.left && p->level <= build_part(b, b->ways.part)->level)
        b->ways.left = 0;
}

void ways_item(struct rb_build *b, uint32_t part)
{
    const struct rb_part *p = build_part(b, part);

    if (!b->ways.left || p->parent != b->ways.part || p->task || !p->number.n)
        return;
    b->ways.listed = true;
    ways_take(b, part);
    b->ways.item = part;
}

uint32_t ways_of_list(const struct rb_build *b, uint32_t list)
{
    const struct md_node *v = b->rb->md.v, *n = &v[list];
    bool ordered = n->first != MD_NONE && v[n->first].ordered;

    return b->ways.item != RB_NONE && b->part == b->ways.part && !ordered && n->before != MD_NONE &&
                   v[n->before].kind == MD_LIST
               ? b->ways.item
               : b->part;
}
