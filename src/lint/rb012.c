#include "base/sv.h"
#include "lint/lint_util.h"

static void rb012_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_parts; i++) {
        const struct rb_part *p = &l->rb->parts[i];
        bool others = false;

        if (p->kind != PART_ITEM || p->joined != RB_NONE ||
            sv_find_byte(p->number, '.', 0) == SV_NPOS || !p->task)
            continue;
        for (size_t k = 0; k < l->rb->n_parts && !others; k++)
            others = l->rb->parts[k].kind == PART_ITEM && l->rb->parts[k].parent == p->parent &&
                     l->rb->parts[k].joined != RB_NONE;
        if (others)
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
