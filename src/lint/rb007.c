#include "base/map.h"
#include "base/sv.h"
#include "lint/lint_util.h"

static void rb007_check(struct lint *l, const struct lint_rule *rule)
{
    struct map seen = {0};

    for (size_t i = 0; i < l->rb->n_parts; i++) {
        const struct rb_part *p = &l->rb->parts[i];
        CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);
        size_t first;

        if (p->kind == PART_ITEM || !p->number.n || !ascii_is_digit(*p->number.p))
            continue;
        strbuf_addf(&key, "%u %d %u %.*s", lint_chapter(l, p->parent), (int)p->kind, p->level,
                    SV_FMT(p->number));
        if (!map_get(&seen, strbuf_sv(&key), &first))
            map_put(&seen, strbuf_sv(&key), p->line);
        else
            lint_add(l, rule, p->line, p->number, "line %zu of this chapter is step %.*s too",
                     first, SV_FMT(p->number));
    }
    map_release(&seen);
}

const struct lint_rule lint_rb007 = {
    .id = "RB007",
    .severity = LINT_INFO,
    .title = "a step number that stands twice",
    .why = "\"Step 2 failed\" does not say which; a checklist that names the number has two "
           "answers.",
    .mend = "number through the chapter (2.1, 2.2), or name the heading",
    .check = rb007_check,
};
