/*
 * What lint is sure of about the way back: a command that fails there leaves nobody a way back, so it is mended, or somebody says
 * why it holds all the same, before the first step acts (promise P4).
 */
#include "base/sv.h"
#include "lint/lint.h"
#include "plan/make_int.h"

/* The step of the way back that a finding is about, and that does not work so; RB_NONE: none. */
static uint32_t lint_step(const struct make *m, const struct lint_finding *f)
{
    const struct lint_rule *rule =
        f->severity == LINT_ERROR ? lint_find_rule(sv_from(f->id)) : NULL;

    for (uint32_t i = 0; rule && rule->fails && i < m->rb->n_steps; i++) {
        const struct rb_step *s = &m->rb->steps[i];

        if (f->line >= s->line && f->line <= s->end_line && make_is_way_back(m, s))
            return i;
    }
    return RB_NONE;
}

static bool lint_is_wanted(const struct make *m)
{
    for (uint32_t i = 0; i < m->rb->n_steps; i++)
        if (make_is_way_back(m, &m->rb->steps[i]))
            return true;
    return false;
}

void make_lint_begin(struct make *m)
{
    struct lint l = {.rb = NULL};

    if (!lint_is_wanted(m))
        return;
    lint_run_failing(m->rb, &l);
    for (size_t i = 0; i < l.findings.n; i++) {
        const struct lint_finding *f = &l.findings.v[i];
        uint32_t step = lint_step(m, f);

        if (step != RB_NONE)
            *vec_add(&m->back_faults) = (struct make_fault){.step = step,
                                                            .line = f->line,
                                                            .id = f->id,
                                                            .text = arena_sv(m->arena, f->message),
                                                            .hint = arena_sv(m->arena, f->hint)};
    }
    lint_release(&l);
}

/* Is the step carried out on the way back? */
static bool lint_is_done(const json_t *way_back, struct sv id)
{
    bool done = false;

    for (size_t i = 0; i < json_array_size(way_back); i++) {
        const json_t *step = json_array_get(way_back, i);

        done |= sv_eq(json_get_sv(step, "id"), id) && !json_get_sv(step, "skip").n;
    }
    return done;
}

void make_lint_ask(struct make *m, const json_t *way_back)
{
    json_t *accepted = json_array();

    for (size_t i = 0; i < m->back_faults.n; i++) {
        const struct make_fault *f = &m->back_faults.v[i];
        const struct binding_pair *drop = make_dropped(m, f->line, f->text);
        json_t *j;

        if (!lint_is_done(way_back, m->rb->steps[f->step].id))
            continue;
        if (!drop) {
            make_question(m, f->line, "lint", true,
                          arena_fmt(m->arena, "the way back would fail here: %.*s [%s]",
                                    SV_FMT(f->text), f->id),
                          arena_fmt(m->arena, "%.*s%sor drop: {\"%zu\": why it holds all the same}",
                                    SV_FMT(f->hint), f->hint.n ? "; " : "mend the document, ",
                                    f->line));
            continue;
        }
        j = json_object();
        json_put_int(j, "line", (int64_t)f->line);
        json_put_str(j, "id", f->id);
        json_put_sv(j, "text", f->text);
        json_put_sv(j, "reason", drop->value);
        json_append(accepted, j);
    }
    if (json_array_size(accepted))
        json_put(m->root, "accepted", accepted);
    else
        json_decref(accepted);
}
