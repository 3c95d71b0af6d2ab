#include "base/sv.h"
#include "lint/lint_util.h"

/* The parts that have an item which is joined with a section. */
static bool *rb012_parents(struct lint *l)
{
    bool *joins = ARENA_NEWN(&l->work, bool, l->rb->n_parts + 1);

    for (size_t i = 0; i < l->rb->n_parts; i++) {
        const struct rb_part *p = &l->rb->parts[i];

        joins[size_min(p->parent, l->rb->n_parts)] |= p->kind == PART_ITEM && p->joined != RB_NONE;
    }
    return joins;
}

static void rb012_check(struct lint *l, const struct lint_rule *rule)
{
    const bool *joins = rb012_parents(l);

    for (size_t i = 0; i < l->rb->n_parts; i++) {
        const struct rb_part *p = &l->rb->parts[i];
        if (p->kind != PART_ITEM || p->joined != RB_NONE ||
            sv_find_byte(p->number, '.', 0) == SV_NPOS || !p->task)
            continue;
        if (joins[size_min(p->parent, l->rb->n_parts)])
            lint_add(l, rule, p->line, p->number, "no section has the number %.*s",
                     SV_FMT(p->number));
    }
}

const struct lint_rule lint_rb012 = {
    .id = "RB012",
    .severity = LINT_WARNING,
    .title = "a checklist item without its procedure",
    .why = "The other numbers of the list have a section that says how; this one is done from "
           "memory, or not.",
    .mend = "write the section, or mend the number",
    .check = rb012_check,
};
