/*
 * The order of the way back: what was done last is undone first.  Rollback sections that belong to phases ("Phase 1
 * Rollback Procedure" inside "Phase 1") are taken in the reverse order of those; within a section, and between others, the
 * order is the document's.
 */
#include "base/sv.h"
#include "plan/make_int.h"

/* The part of the way forward that the step's rollback section stands in; RB_NONE: the section stands alone. */
static uint32_t back_phase(const struct make *m, const json_t *step)
{
    uint32_t at = names_step(&m->names, json_get_sv(step, "id"));
    uint32_t part = at == RB_NONE ? RB_NONE : m->rb->steps[at].part;

    while (part != RB_NONE && m->rb->parts[part].role == ROLE_ROLLBACK) {
        uint32_t up = m->rb->parts[part].parent;

        if (m->rb->parts[part].kind == PART_STEP && up != RB_NONE &&
            m->rb->parts[up].role == ROLE_DEPLOY)
            return part; /* "Rollback:" below a step */
        part = up;
    }
    return part != RB_NONE && m->rb->parts[part].role == ROLE_DEPLOY ? part : RB_NONE;
}

/* The steps from `at` on that belong to the same phase. */
static size_t back_end(const struct make *m, const json_t *list, size_t at)
{
    uint32_t phase = back_phase(m, json_array_get(list, at));

    while (at < json_array_size(list) && back_phase(m, json_array_get(list, at)) == phase)
        at++;
    return at;
}

/* Steps [from, to) into the list. */
static void back_add(json_t *into, const json_t *list, size_t from, size_t to)
{
    for (; from < to; from++)
        json_append(into, json_incref(json_array_get(list, from)));
}

/* The sections of phases that stand one behind the other, from `from` on, the last first; where they end. */
static size_t back_reverse(const struct make *m, const json_t *list, size_t from, json_t *into)
{
    size_t end = from, n = 0;
    struct {
        size_t from, to;
    } *runs = ARENA_NEWN(m->arena, typeof(*runs), json_array_size(list));

    while (end < json_array_size(list) && back_phase(m, json_array_get(list, end)) != RB_NONE) {
        runs[n].from = end;
        end = back_end(m, list, end);
        runs[n++].to = end;
    }
    while (n-- > 0)
        back_add(into, list, runs[n].from, runs[n].to);
    return end;
}

json_t *make_back_order(const struct make *m, json_t *way_back)
{
    json_t *out = json_array();

    for (size_t i = 0; i < json_array_size(way_back);) {
        size_t end = back_end(m, way_back, i);

        if (back_phase(m, json_array_get(way_back, i)) != RB_NONE)
            end = back_reverse(m, way_back, i, out);
        else
            back_add(out, way_back, i, end);
        i = end;
    }
    json_decref(way_back);
    return out;
}
