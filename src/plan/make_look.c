/*
 * "- [ ] health shows ok" right above the commands that show it: the command comes first, and the question is asked with its
 * output.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "plan/make_int.h"

/* What can be said only of something that is seen. */
static const char look_words[] =
    "^(?:please )?(?:verify|check|confirm|ensure|make sure|validate|prüfen?|überprüfen?|sicherstellen)\\b|"
    "\\b(?:shows?|returns?|prints?|reports?|displays?|lists?|says|responds?|answers?|outputs?|contains?|looks|"
    "healthy|running|listening|reachable|responding|passes|exists?|(?:is|are) (?:up|ok|green|empty|active|present)|"
    "no (?:\\w+ )?(?:errors?|warnings?)|zeigt|zeigen|läuft|laufen|meldet|melden|liefert|liefern|erreichbar|antwortet)\\b";
/* What was so before, or is somebody's word. */
static const char look_never[] =
    "\\b(?:was|were|has|have|had|been|wurden?|worden|approv\\w*|sign[- ]?off|signed|agreed?|with the|notif\\w*|"
    "announce\\w*|ticket)\\b";

/* A box of its own that nobody has answered ahead, and that the binding and the document say nothing else of. */
static bool look_is_box(const struct make *m, uint32_t i)
{
    const struct rb_step *s = &m->rb->steps[i];

    if (s->kind != STEP_MANUAL || s->part == RB_NONE || !m->rb->parts[s->part].task ||
        s->block != RB_NONE || s->n_expects || s->skip.n || s->condition.n || s->optional ||
        make_answer_of(m, i) || make_settings_of(m, i))
        return false;
    for (size_t k = 0; k < m->rb->n_remarks; k++)
        if (m->rb->remarks[k].step == i)
            return false;
    return true;
}

static bool look_is_blank(const struct make *m, size_t from, size_t to)
{
    for (size_t line = from; line < to; line++)
        if (sv_trim(document_line(m->rb->doc, line)).n)
            return false;
    return true;
}

/* The steps [from, *end) of the block that only look; false: one of them does something else. */
static bool look_block(const struct make *m, uint32_t from, uint32_t *end)
{
    const struct rb_step *v = m->rb->steps;
    uint32_t i = from;

    for (; i < m->rb->n_steps && v[i].block == v[from].block; i++)
        if (!v[i].command || v[i].command->effect != EFFECT_NONE || v[i].skip.n ||
            v[i].condition.n || v[i].optional || v[i].one_of != RB_NONE)
            return false;
    *end = i;
    return true;
}

/* Boxes from `i` - 1 upwards, a list right above the block that begins with step i. */
static void look_take(struct make *m, uint32_t i, struct regex *words, struct regex *never)
{
    const struct rb_step *v = m->rb->steps;
    size_t line = m->rb->blocks[v[i].block].line;
    uint32_t end, shown;

    if (!look_block(m, i, &end))
        return;
    shown = end - 1; /* the last of them */
    if (make_settings_of(m, shown) && make_settings_of(m, shown)->skip.n)
        return;
    for (uint32_t k = i; k-- > 0; line = v[k].line) {
        if (!look_is_box(m, k) || m->rb->parts[v[k].part].parent != v[i].part ||
            !look_is_blank(m, v[k].end_line + 1, line) || !regex_has(words, v[k].text) ||
            regex_has(never, v[k].text))
            break;
        m->looks[k] = (struct make_look){shown, RB_NONE, m->looks[shown].first};
        m->looks[shown].first = k;
    }
}

void make_looks(struct make *m)
{
    const struct rb_step *v = m->rb->steps;
    CLEANUP(regex_freep) struct regex *words = regex_must(look_words, REGEX_NOCASE);
    CLEANUP(regex_freep) struct regex *never = regex_must(look_never, REGEX_NOCASE);

    m->looks = ARENA_NEWN(m->arena, struct make_look, m->rb->n_steps);
    for (uint32_t i = 0; i < m->rb->n_steps; i++)
        m->looks[i] = (struct make_look){RB_NONE, RB_NONE, RB_NONE};
    for (uint32_t i = 1; i < m->rb->n_steps; i++)
        if (v[i].block != RB_NONE && v[i - 1].block == RB_NONE && v[i - 1].kind == STEP_MANUAL)
            look_take(m, i, words, never);
}
