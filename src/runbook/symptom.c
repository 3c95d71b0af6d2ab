/*
 * symptom: "### Users see 502", "### Replication lag grows": sections that are each called what may be wrong.  Nobody has all
 * of it at once: each is for its case.
 */
#include <string.h>

#include "base/map.h"
#include "base/sv.h"
#include "runbook/reader_int.h"

/* A section that is carried out, whose title tells nobody to do anything, and has no number. */
static bool symptom_may_be(const struct rb_build *b, const struct rb_part *p)
{
    return p->kind == PART_SECTION && p->level > 1 && build_role_acts(p->role) &&
           p->role != ROLE_ROLLBACK && p->role != ROLE_MONITOR && !p->number.n && !p->condition.n &&
           p->one_of == RB_NONE && told_verb_of_title(p->title) == TOLD_NOT &&
           title_role(b->title, p->title) == ROLE_NONE;
}

/* How many brothers of one part say what is wrong, by the index of their parent. */
static uint32_t *symptom_count(const struct rb_build *b, const bool *says)
{
    uint32_t *n = XNEWN(uint32_t, b->parts.n + 1);

    for (size_t i = 0; i < b->parts.n; i++)
        n[b->parts.v[i].parent == RB_NONE ? b->parts.n : b->parts.v[i].parent] += says[i];
    return n;
}

void symptom_finish(struct rb_build *b)
{
    CLEANUP(mem_freep) bool *says = XNEWN(bool, b->parts.n + 1);
    CLEANUP(mem_freep) uint32_t *n = NULL;

    for (size_t i = 0; i < b->parts.n; i++)
        says[i] =
            symptom_may_be(b, &b->parts.v[i]) && title_is_troubled(b->title, b->parts.v[i].title);
    n = symptom_count(b, says);
    for (size_t i = 0; i < b->parts.n; i++) {
        struct rb_part *p = &b->parts.v[i];

        if (says[i] && (n[p->parent == RB_NONE ? b->parts.n : p->parent] > 1 ||
                        title_is_symptom(b->title, p->title)))
            p->condition = arena_fmt(b->arena, "in the case \"%.*s\"", SV_FMT(told_bare(p->title)));
    }
}
