/*
 * ways: "There are two options for rolling back:" above a numbered list or above sections.  Each of them is one of
 * several ways, of which a run takes one.  They are counted first: where there are more or less than the text says, they
 * are steps.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"

/* 0: it is no number. */
static size_t ways_number(struct sv word)
{
    static const struct sv words[] = {SV("two"), SV("three"), SV("four"), SV("five")};
    static const struct sv east[] = {SV("两"), SV("三"), SV("四"), SV("二")};
    static const size_t numbers[] = {2, 3, 4, 2};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(word, words[i]))
            return i + 2;
    for (size_t i = 0; i < ARRAY_LEN(east); i++)
        if (sv_eq(word, east[i]))
            return numbers[i];
    return word.n == 1 && ascii_is_digit(*word.p) ? (size_t)(*word.p - '0') : 0;
}

/* The last sentence of the paragraph says it, and how many; SIZE_MAX: all that follow; 0: it does not. */
static size_t ways_said(const struct rb_build *b, struct sv text)
{
    struct regex_match g[6];
    size_t from = 0;

    text = sv_trim(text);
    for (size_t i = 0; i + 1 < text.n; i++)
        if ((text.p[i] == '.' || text.p[i] == '!') && ascii_is_space(text.p[i + 1]))
            from = i + 2;
    text = sv_sub(text, from, text.n);
    if (!regex_find(b->block_patterns[BLOCK_WAYS], text, 0, g, ARRAY_LEN(g)))
        return 0;
    for (size_t i = 1; i < ARRAY_LEN(g); i++)
        if (g[i].from != SV_NPOS)
            return ways_number(sv_sub(text, g[i].from, g[i].to));
    return sv_ends(text, SV(":")) ? SIZE_MAX : 0;
}

static bool ways_is_list(const struct md_node *v, uint32_t node, bool ordered)
{
    return node != MD_NONE && v[node].kind == MD_LIST && v[node].first != MD_NONE &&
           v[v[node].first].ordered == ordered && !v[v[node].first].task;
}

/* The items of the list at `node`, which bullets that are not indented may cut into several; *end: behind the last. */
static size_t ways_count_items(const struct md_node *v, uint32_t node, uint32_t *end)
{
    size_t n = 0;

    for (; node != MD_NONE; node = v[node].next) {
        bool ordered = ways_is_list(v, node, true);

        if (!ordered && !(n && ways_is_list(v, node, false)))
            break;
        if (ordered && n && v[v[node].first].number != n + 1)
            break;
        for (uint32_t i = v[node].first; ordered && i != MD_NONE; i = v[i].next)
            n++;
        *end = v[node].next;
    }
    return n;
}

/* "Prerequisites" and "Verification" beside the ways are for each of them. */
static bool ways_is_section(const struct rb_build *b, uint32_t heading)
{
    enum rb_role role = title_role(b->title, b->rb->md.v[heading].text);

    return role == ROLE_NONE || role == ROLE_DEPLOY || role == ROLE_ROLLBACK;
}

/* The sections right below the one that `node` stands in; *end: the heading behind the last. */
static size_t ways_count_sections(const struct rb_build *b, uint32_t node, unsigned level,
                                  uint32_t *end)
{
    const struct md_node *v = b->rb->md.v;
    enum { LOOK = 64 }; /* headings: what belongs together stands together */
    unsigned below = 0;
    size_t n = 0, seen = 0;

    for (; node != MD_NONE && seen <= LOOK; node = v[node].next) {
        if (v[node].kind != MD_HEADING)
            continue;
        if (v[node].level <= level)
            break;
        seen++;
        below = below ? below : v[node].level;
        n += v[node].level == below && ways_is_section(b, node);
    }
    *end = node;
    return seen <= LOOK ? n : 0;
}

/* "Pick one:" right above the sections. */
static bool ways_heads(const struct md_node *v, const struct md_node *n)
{
    return n->next != MD_NONE && v[n->next].kind == MD_HEADING;
}

void ways_paragraph(struct rb_build *b, uint32_t node)
{
    const struct md_node *v = b->rb->md.v, *n = &v[node];
    struct ways w = {.part = b->part, .item = RB_NONE, .from = node, .to = MD_NONE};
    size_t said, found;

    if (b->part == RB_NONE || b->quoted || n->text.n > EXPECT_MAX_BYTES ||
        !build_role_acts(build_role(b)) || !(said = ways_said(b, n->text)))
        return;
    w.listed = ways_is_list(v, n->next, true);
    found = w.listed                                ? ways_count_items(v, n->next, &w.to)
            : said == SIZE_MAX && !ways_heads(v, n) ? 0
            : n->parent != 0
                ? 0
                : ways_count_sections(b, n->next, build_part(b, b->part)->level, &w.to);
    if (found > 1 && (said == SIZE_MAX || said == found))
        b->ways = w;
}

/* What a heading calls "Option A" or has a condition of its own for is asked about as such. */
static void ways_take(struct rb_build *b, struct rb_part *p)
{
    if (!p->condition.n && !title_variant(b->title, b->rb->md.v[p->node].text).n)
        p->variant = p->title;
}

static bool ways_has(const struct rb_build *b, const struct rb_part *p)
{
    return b->ways.part != RB_NONE && p->parent == b->ways.part && p->node > b->ways.from &&
           p->node < b->ways.to;
}

void ways_section(struct rb_build *b, uint32_t part)
{
    struct rb_part *p = build_part(b, part);

    b->ways.item = RB_NONE;
    if (ways_has(b, p) && !b->ways.listed && build_role_acts(p->role) &&
        ways_is_section(b, p->node))
        ways_take(b, p);
}

void ways_item(struct rb_build *b, uint32_t part)
{
    struct rb_part *p = build_part(b, part);

    if (!ways_has(b, p) || !b->ways.listed)
        return;
    ways_take(b, p);
    b->ways.item = part;
}

uint32_t ways_of_list(const struct rb_build *b, uint32_t list)
{
    return b->ways.item != RB_NONE && b->part == b->ways.part && list < b->ways.to &&
                   ways_is_list(b->rb->md.v, list, false)
               ? b->ways.item
               : b->part;
}

/* Is another of the ways one that goes on? */
static bool ways_go_on(const struct rb_build *b, const struct rb_part *p)
{
    for (size_t i = 0; p->one_of != RB_NONE && i < b->parts.n; i++)
        if (b->parts.v[i].one_of == p->one_of && b->parts.v[i].role != ROLE_ROLLBACK)
            return true;
    return false;
}

void ways_turn(struct rb_build *b, uint32_t part)
{
    uint32_t parent = build_part(b, part)->parent;
    const struct rb_part *p = build_part(b, part);
    enum rb_role role = parent == RB_NONE ? ROLE_NONE : build_part(b, parent)->role;
    struct rb_draft *d;

    if (p->role != ROLE_ROLLBACK || parent == RB_NONE || role == ROLE_ROLLBACK ||
        !build_role_acts(role) ||
        !(p->variant.n || title_variant(b->title, b->rb->md.v[p->node].text).n))
        return;
    b->part = read_part(b, PART_ITEM, part, p->node, SV("Going on"));
    build_part(b, b->part)->role = role;
    p = build_part(b, part);
    d = build_step(
        b, STEP_MANUAL, p->line,
        arena_fmt(b->arena,
                  "\"%.*s\" is chosen, which is the way back. Does the run go on all the same? "
                  "No ends it here; then prusik rollback takes the way back",
                  SV_FMT(p->title)));
    d->turns = part;
    b->part = part;
    b->block_steps = b->steps.n;
}

void ways_finish(struct rb_build *b)
{
    for (size_t i = 0; i < b->steps.n; i++)
        if (b->steps.v[i].turns != RB_NONE && !ways_go_on(b, build_part(b, b->steps.v[i].turns)))
            b->steps.v[i].replaced = true;
}
