#include "base/map.h"
#include "base/sv.h"
#include "lint/lint_util.h"

static void rb163_block(struct lint *l, const struct lint_rule *rule, const struct rb_block *b)
{
    struct map seen = {0};
    struct sv rest = b->text, line;

    for (size_t n = b->line + 1; sv_next_line(&rest, &line); n++) {
        size_t eq = sv_find_byte(line, '=', 0), first;
        struct sv name = sv_sub(line, 0, eq == SV_NPOS ? 0 : eq);

        sv_eat(&name, SV("export "));
        if (!name.n || !ascii_is_upper(name.p[0]) || sv_find_byte(name, ' ', 0) != SV_NPOS)
            continue;
        if (map_get(&seen, name, &first))
            lint_add(l, rule, n, name, "%.*s stands in line %zu too", SV_FMT(name), first);
        else
            map_put(&seen, name, n);
    }
    map_release(&seen);
}

static void rb163_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_blocks; i++)
        if (l->rb->blocks[i].kind == BLOCK_SETTINGS)
            rb163_block(l, rule, &l->rb->blocks[i]);
}

const struct lint_rule lint_rb163 = {
    .id = "RB163",
    .severity = LINT_WARNING,
    .title = "a setting that stands twice",
    .why = "The last one wins, silently, or the first one, depending on who reads the file.",
    .mend = "keep one, and put the others into the template of their own environment",
    .check = rb163_check,
};
