/*
 * mention: commands in lists and tables that nothing carries out, as their section only tells ("Timeline", "Contacts",
 * "Known issues") or the table is none of steps.  Those that change something are left to people, and the plan says so.
 */
#include "base/sv.h"
#include "runbook/reader_int.h"

/* Does it change something?  What only looks is no work that anybody forgets. */
static bool mention_acts(struct rb_build *b, struct sv code)
{
    struct placeholders found;
    struct shell_script script;
    bool acts;

    if (sv_find_byte(code, '\n', 0) != SV_NPOS ||
        !(block_knows_command(code) || block_is_script(code)))
        return false;
    placeholder_find(code, false, &b->rb->stand_ins, b->arena, &found);
    shell_split(b->shell, code, placeholder_mask(code, &found, b->arena), b->arena, &script);
    acts = script.broken; /* nobody knows */
    for (size_t i = 0; i < script.n; i++) {
        struct command c;

        command_read(&script.v[i], b->arena, &c);
        acts |= c.effect > EFFECT_STATE;
    }
    return acts;
}

void mention_read(struct rb_build *b, const struct md_node *n)
{
    if (!n->n_spans || remark_is(b, n->text) || !block_tells(b, n))
        return;
    for (size_t i = 0; i < n->n_spans; i++) {
        const struct md_span *s = &n->spans[i];
        struct sv code = sv_sub(n->text, s->from, s->to);

        if (s->kind == MD_CODE_SPAN && block_span_is_command(n, s) && mention_acts(b, code))
            *vec_add(&b->mentions) = (struct rb_mention){md_line_at(n, s->from), b->part, code};
    }
}
