#include "runbook/names.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "base/sv.h"

/* Values of the maps: an index and how it was come by. */
#define NAMES_EXACT   1u       /* the whole id; stronger than any end */
#define NAMES_SEVERAL SIZE_MAX /* has the bit too: it stays */

/* Every end of the id that begins after a '/', and the id itself. */
static void names_add(struct map *m, struct sv id, size_t index)
{
    for (size_t i = id.n; i > 0; i--) {
        struct sv end = sv_sub(id, i, id.n);
        size_t had;

        if (id.p[i - 1] != '/' || !end.n)
            continue;
        if (!map_get(m, end, &had))
            (void)map_put(m, end, index << 1);
        else if (!(had & NAMES_EXACT))
            (void)map_put(m, end, NAMES_SEVERAL);
    }
    (void)map_put(m, id, index << 1 | NAMES_EXACT);
}

static bool names_rolls_back(const struct runbook *rb, uint32_t step)
{
    uint32_t part = rb->steps[step].part;

    return part != RB_NONE && rb->parts[part].role == ROLE_ROLLBACK;
}

/* Of the step's part and of those it lies in; one that has a step has given it to all of them. */
static void names_add_undo(struct names *names, uint32_t step)
{
    uint32_t part = names->rb->steps[step].part;

    for (; part != RB_NONE && names->undo[part] == RB_NONE; part = names->rb->parts[part].parent)
        names->undo[part] = step;
}

void names_init(struct names *names, const struct runbook *rb)
{
    *names = (struct names){.rb = rb};
    for (size_t i = 0; i < rb->n_parts; i++)
        names_add(&names->parts, rb->parts[i].id, i);
    for (size_t i = 0; i < rb->n_steps; i++)
        names_add(&names->steps, rb->steps[i].id, i);
    names->undo = XNEWN(uint32_t, rb->n_parts + 1);
    for (size_t i = 0; i < rb->n_parts; i++)
        names->undo[i] = RB_NONE;
    for (uint32_t i = 0; i < rb->n_steps; i++)
        if (names_rolls_back(rb, i))
            names_add_undo(names, i);
}

void names_release(struct names *names)
{
    map_release(&names->parts);
    map_release(&names->steps);
    free(names->undo);
}

static uint32_t names_get(const struct map *m, struct sv ref)
{
    size_t value;

    if (!map_get(m, ref, &value) || value == NAMES_SEVERAL)
        return RB_NONE;
    return (uint32_t)(value >> 1);
}

uint32_t names_part(const struct names *names, struct sv ref)
{
    return names_get(&names->parts, ref);
}

uint32_t names_step(const struct names *names, struct sv ref)
{
    return names_get(&names->steps, ref);
}

uint32_t names_undo(const struct names *names, struct sv ref)
{
    const struct runbook *rb = names->rb;
    uint32_t part = names_part(names, ref), step = names_step(names, ref);

    if (part == RB_NONE)
        return step != RB_NONE && names_rolls_back(rb, step) ? step : RB_NONE;
    return names->undo[part];
}

/* An id that ends in the reference is nearer than any that is only spelled like it. */
static void names_offer(struct suggest *near, struct sv ref, struct sv id)
{
    if (sv_ends(id, ref) && id.n > ref.n && id.p[id.n - ref.n - 1] == '/') {
        near->best = id;
        near->distance = 0;
    }
    suggest_offer(near, id);
}

struct sv names_nearest(const struct names *names, struct sv ref)
{
    struct suggest near = suggest_begin(ref);

    for (size_t i = 0; i < names->rb->n_parts; i++)
        names_offer(&near, ref, names->rb->parts[i].id);
    for (size_t i = 0; i < names->rb->n_steps; i++)
        names_offer(&near, ref, names->rb->steps[i].id);
    return near.best;
}

struct sv names_short(const struct names *names, struct sv id)
{
    for (size_t i = id.n; i > 0; i--) {
        struct sv end = sv_sub(id, i, id.n), found;
        uint32_t part, step;

        if (id.p[i - 1] != '/')
            continue;
        part = names_part(names, end);
        step = part == RB_NONE ? names_step(names, end) : RB_NONE;
        if (part == RB_NONE && step == RB_NONE)
            continue;
        found = part != RB_NONE ? names->rb->parts[part].id : names->rb->steps[step].id;
        if (sv_eq(found, id)) /* "3" may be the part that is called so, and no step */
            return end;
    }
    return id;
}

bool runbook_id_matches(struct sv id, struct sv ref)
{
    size_t at = 0;

    if (!ref.n)
        return false;
    while ((at = sv_find(id, ref, at)) != SV_NPOS) {
        size_t end = at + ref.n;

        if ((at == 0 || id.p[at - 1] == '/') && (end == id.n || id.p[end] == '/'))
            return true;
        at++;
    }
    return false;
}
