/*
 * Phases with a deploy mark of their own: where a document deploys several times, a rule speaks of what is deployed in the
 * section that it stands in.
 */
#include "base/sv.h"
#include "plan/make_int.h"

/* As exec/run.c has it: what the deploy mark is the end of. */
static bool phase_deploys(const json_t *step)
{
    struct sv effect = json_get_sv(step, "effect");

    return !json_get_sv(step, "skip").n && sv_is(json_get_sv(step, "role"), "deploy") &&
           !sv_is(effect, "none") && !sv_is(effect, "session");
}

void make_phases(struct make *m, const json_t *steps)
{
    m->changes = ARENA_NEWN(m->arena, size_t, m->rb->n_parts);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        uint32_t at = names_step(&m->names, json_get_sv(step, "id"));

        if (at == RB_NONE || !phase_deploys(step))
            continue;
        m->n_changes++;
        for (uint32_t p = m->rb->steps[at].part; p != RB_NONE; p = m->rb->parts[p].parent)
            m->changes[p]++;
    }
}

struct sv make_phase(const struct make *m, uint32_t part)
{
    while (part != RB_NONE && (m->rb->parts[part].kind != PART_SECTION || m->changes[part] == 0))
        part = m->rb->parts[part].parent;
    return part == RB_NONE || m->changes[part] == m->n_changes ? SV("") : m->rb->parts[part].id;
}
