#include "exec/back.h"

#include "base/sv.h"

const char *back_fate_name(enum back_fate fate)
{
    static const char *const names[] = {
        [BACK_UNDONE] = "undone", [BACK_ITSELF] = "inverse", [BACK_ACCEPTED] = "accepted",
        [BACK_GAP] = "gap",       [BACK_KEPT] = "kept",
    };

    assert(fate < BACK_FATE__N);
    return names[fate];
}

struct back_look {
    const struct plan *p;
    const bool *begun;
    size_t keep;
    struct back *b;
    bool blind; /* something is undone of which nobody knows by which step */
};

static bool back_changes(const struct plan_step *s)
{
    return !s->skip.n && s->undo != UNDO_NOTHING;
}

/* Does the id mean this step?  A step on several hosts has one for each batch, behind an '@'. */
static bool back_is(const struct plan_step *s, struct sv id)
{
    return sv_eq(s->id, id) || (sv_starts(s->id, id) && s->id.n > id.n && s->id.p[id.n] == '@');
}

static void back_refuse(struct back_look *l, struct sv bad, struct sv hint)
{
    if (l->b->bad.n)
        return; /* the first says it */
    l->b->bad = bad;
    l->b->hint = hint;
}

/* --- what a step of the way back has to do with those that were begun --- */

struct back_ties {
    const struct plan_step *undone, *kept;           /* the same thing, or named */
    const struct plan_step *undone_kind, *kept_kind; /* the same kind only */
    bool any_begun;
};

/* By name or thing, or chosen as the best that there is. */
static bool back_is_close(const struct plan_step *step, const struct plan_step *back,
                          enum plan_undo_by by)
{
    return by == UNDO_BY_NAME || by == UNDO_BY_THING ||
           (step->undo == UNDO_SECTION && back_is(back, step->undo_step));
}

static struct back_ties back_find_ties(const struct back_look *l, const struct plan_step *back)
{
    struct back_ties t = {.undone = NULL};

    for (size_t i = 0; i < l->p->n_steps; i++)
        for (size_t k = 0; k < back->n_undoes; k++) {
            const struct plan_step *s = &l->p->steps[i];
            bool close = back_is_close(s, back, back->undoes[k].by);
            const struct plan_step **at = i < l->keep ? (close ? &t.kept : &t.kept_kind)
                                                      : (close ? &t.undone : &t.undone_kind);

            if (!l->begun[i] || !back_changes(s) || !back_is(s, back->undoes[k].step))
                continue;
            t.any_begun = true;
            *at = s; /* the last: it is named where one is */
        }
    return t;
}

/* Closes or opens what others change, and changes nothing that stays: services, and flags. */
static bool back_is_frame(const struct plan_step *s)
{
    return sv_eq(s->effect, SV("service")) || sv_eq(s->effect, SV("flag")) ||
           sv_eq(s->kind, SV("maintenance"));
}

static bool back_only_looks(const struct plan_step *s)
{
    return sv_eq(s->effect, SV("none")) || sv_eq(s->effect, SV("session")) ||
           sv_eq(s->effect, SV("backup"));
}

static struct sv back_left(struct back_look *l, const char *why, const struct plan_step *s)
{
    return arena_fmt(&l->b->arena, "%s %.*s, line %zu", why, SV_FMT(s->id), s->line);
}

/* --- the whole way back --- */

static struct sv back_left_whole(struct back_look *l, const struct plan_step *back, bool works)
{
    struct back_ties t = back_find_ties(l, back);
    const struct plan_undoes *u = back->undoes;

    if (l->blind || !back->n_undoes || t.any_begun || back_only_looks(back) ||
        (back_is_frame(back) && works))
        return (struct sv){NULL, 0};
    return arena_fmt(&l->b->arena, "what it undoes was never begun: %.*s%s", SV_FMT(u->step),
                     back->n_undoes > 1 ? " and others" : "");
}

/* --- the way back to a step --- */

static void back_refuse_both(struct back_look *l, const struct plan_step *back,
                             const struct plan_step *undone, const struct plan_step *kept)
{
    back_refuse(
        l,
        arena_fmt(&l->b->arena,
                  "step %.*s (line %zu) of the way back would undo %.*s (line %zu), and also "
                  "%.*s (line %zu), which is to stay",
                  SV_FMT(back->id), back->line, SV_FMT(undone->id), undone->line, SV_FMT(kept->id),
                  kept->line),
        arena_fmt(&l->b->arena,
                  "go back to a step before line %zu, or the whole way; a document that says "
                  "{undo=...} at its steps can be taken back one by one",
                  kept->line));
}

static const struct plan_step *back_any_kept(const struct back_look *l)
{
    for (size_t i = l->keep; i-- > 0;)
        if (l->begun[i] && back_changes(&l->p->steps[i]))
            return &l->p->steps[i];
    return NULL;
}

/* The last step on a service, of those that stay, which this step of the way back has to do with. */
static bool back_stops_again(const struct back_look *l, const struct plan_step *back)
{
    for (size_t i = l->keep; i-- > 0;)
        for (size_t k = 0; k < back->n_undoes; k++) {
            const struct plan_step *s = &l->p->steps[i];

            if (l->begun[i] && sv_eq(s->effect, SV("service")) && back_is(s, back->undoes[k].step))
                return sv_eq(s->verb, SV("stop"));
        }
    return false;
}

static bool back_lifts(const struct plan_step *s)
{
    return sv_eq(s->kind, SV("maintenance")) && !json_get_bool(s->action, "on", false);
}

static bool back_starts(const struct plan_step *s)
{
    return sv_eq(s->verb, SV("start")) || sv_eq(s->verb, SV("restart"));
}

static struct sv back_left_frame(struct back_look *l, const struct plan_step *back, bool works)
{
    struct back_ties t = back_find_ties(l, back);

    if (back_lifts(back) && l->b->keeps_flag)
        return SV("maintenance was switched on before, and stays on");
    if (back_starts(back) && back_stops_again(l, back))
        return SV("the service was stopped before, and stays so");
    if (!works && !t.undone && !t.undone_kind)
        return SV("nothing is undone for which it would be needed");
    return (struct sv){NULL, 0};
}

static struct sv back_left_work(struct back_look *l, const struct plan_step *back)
{
    struct back_ties t = back_find_ties(l, back);
    const struct plan_step *kept = back_any_kept(l);
    bool close = t.undone || t.kept; /* then the kind says nothing more */
    const struct plan_step *undone = close ? t.undone : t.undone_kind,
                           *stays = close ? t.kept : t.kept_kind;

    if (undone && stays)
        back_refuse_both(l, back, undone, stays);
    else if (stays)
        return back_left(l, "what it undoes stays:", stays);
    else if (!undone && back->n_undoes)
        return SV("what it undoes was never begun");
    else if (!undone && kept && !back->undoes)
        back_refuse(l,
                    arena_fmt(&l->b->arena,
                              "nobody knows what step %.*s (line %zu) of the way back undoes, and "
                              "%.*s (line %zu) is to stay",
                              SV_FMT(back->id), back->line, SV_FMT(kept->id), kept->line),
                    SV("name it where it belongs, with {undo=...} in the document, before the next "
                       "run; or take the whole way back"));
    return (struct sv){NULL, 0};
}

/* --- all of it --- */

static void back_steps(struct back_look *l)
{
    bool works = false;

    for (size_t i = 0; i < l->p->n_way_back; i++) {
        const struct plan_step *s = &l->p->way_back[i];
        struct back_step *out = vec_add(&l->b->steps);

        *out = (struct back_step){.step = s, .left = s->skip};
        if (s->skip.n || back_only_looks(s) || back_is_frame(s))
            continue;
        out->left = l->keep ? back_left_work(l, s) : back_left_whole(l, s, true);
        works |= !out->left.n;
    }
    for (size_t i = 0; i < l->p->n_way_back; i++) { /* the frame is for what is within */
        struct back_step *out = &l->b->steps.v[i];

        if (!out->step->skip.n && back_is_frame(out->step))
            out->left = l->keep ? back_left_frame(l, out->step, works)
                                : back_left_whole(l, out->step, works);
        l->b->carried += !out->left.n;
    }
}

/* The step of the way back that is carried out and undoes this one; NULL: none. */
static const struct plan_step *back_undoing(const struct back_look *l, const struct plan_step *s)
{
    const struct plan_step *found = NULL;

    for (size_t i = 0; i < l->b->steps.n; i++) {
        const struct back_step *b = &l->b->steps.v[i];

        for (size_t k = 0; k < b->step->n_undoes && !b->left.n; k++) {
            if (!back_is(s, b->step->undoes[k].step))
                continue;
            if (back_is(b->step, s->undo_step))
                return b->step;
            found = found ? found : b->step;
        }
    }
    return found;
}

/* Does the way back switch maintenance on? */
static bool back_sets_flag(const struct back_look *l)
{
    for (size_t i = 0; i < l->b->steps.n; i++) {
        const struct back_step *b = &l->b->steps.v[i];

        if (!b->left.n && sv_eq(b->step->kind, SV("maintenance")) && !back_lifts(b->step))
            return true;
    }
    return false;
}

static enum back_fate back_fate_of(struct back_look *l, size_t i, const struct plan_step **by)
{
    static const enum back_fate fates[UNDO__N] = {[UNDO_INVERSE] = BACK_ITSELF,
                                                  [UNDO_SECTION] = BACK_UNDONE,
                                                  [UNDO_ACCEPTED] = BACK_ACCEPTED,
                                                  [UNDO_GAP] = BACK_GAP};
    const struct plan_step *s = &l->p->steps[i];

    *by = NULL;
    if (i < l->keep)
        return BACK_KEPT;
    if (back_lifts(s) && l->b->keeps_flag && !back_sets_flag(l))
        return BACK_GAP;
    if (s->undo != UNDO_SECTION || s->undo_by == UNDO_BY_NOTHING)
        return fates[s->undo];
    *by = back_undoing(l, s);
    return *by ? BACK_UNDONE : BACK_GAP;
}

static void back_changes_of(struct back_look *l)
{
    for (size_t i = l->p->n_steps; i-- > 0;) {
        struct back_change c = {.step = &l->p->steps[i]};

        if (!l->begun[i] || !back_changes(c.step))
            continue;
        c.fate = back_fate_of(l, i, &c.by);
        *vec_add(&l->b->changes) = c;
        l->b->counts[c.fate]++;
    }
}

/* What is undone, and by what, must be known when something is to stay. */
static void back_check(struct back_look *l)
{
    const struct plan_step *kept = back_any_kept(l);

    for (size_t i = 0; i < l->b->changes.n; i++) {
        const struct back_change *c = &l->b->changes.v[i];

        if (c->fate == BACK_GAP)
            back_refuse(l,
                        arena_fmt(&l->b->arena, "nothing undoes step %.*s (line %zu): %.*s",
                                  SV_FMT(c->step->id), c->step->line,
                                  SV_FMT(sv_sub(c->step->command, 0,
                                                sv_find_byte(c->step->command, '\n', 0)))),
                        arena_fmt(&l->b->arena, "go back to step %.*s, or the whole way",
                                  SV_FMT(c->step->id)));
        else if (c->fate == BACK_UNDONE && !c->by && kept)
            back_refuse(l, SV("the plan of this run does not say what undoes which step"),
                        SV("an older version made it; take the whole way back"));
    }
    if (l->b->counts[BACK_UNDONE] + l->b->counts[BACK_ITSELF] + l->b->counts[BACK_GAP] == 0)
        back_refuse(l, SV("nothing behind that step has to be undone"),
                    SV("prusik status says where the run stands"));
}

static void back_prepare(struct back_look *l)
{
    for (size_t i = 0; i < l->p->n_steps; i++) {
        const struct plan_step *s = &l->p->steps[i];

        if (!l->begun[i] || !back_changes(s))
            continue;
        l->blind |= i >= l->keep && s->undo != UNDO_INVERSE && s->undo_by == UNDO_BY_NOTHING;
        if (i < l->keep && sv_eq(s->kind, SV("maintenance")))
            l->b->keeps_flag = json_get_bool(s->action, "on", false);
    }
}

void back_look(const struct plan *p, const bool *begun, size_t keep, struct back *ret)
{
    struct back_look l = {.p = p, .begun = begun, .keep = keep, .b = ret};

    assert(keep <= p->n_steps);
    *ret = (struct back){.carried = 0};
    back_prepare(&l);
    back_steps(&l);
    back_changes_of(&l);
    if (keep)
        back_check(&l);
}

void back_release(struct back *b)
{
    vec_release(&b->changes);
    vec_release(&b->steps);
    arena_release(&b->arena);
}

/* "phase-2/2.3" is in "phase-2"; of that nothing is left. */
static struct sv back_parent(struct sv part)
{
    while (part.n && part.p[part.n - 1] != '/')
        part.n--;
    part.n -= part.n > 0;
    return part;
}

static bool back_is_named(struct sv id, struct sv ref)
{
    return sv_eq(id, ref) || (id.n > ref.n && sv_ends(id, ref) && id.p[id.n - ref.n - 1] == '/');
}

/* The last step of the only part of the way forward that `ref` means; NULL: there is none, or there are several. */
static const struct plan_step *back_find_part(const struct plan *p, struct sv ref)
{
    const struct plan_step *last = NULL;
    struct sv found = {NULL, 0};

    for (size_t i = 0; i < p->n_steps; i++) {
        const struct plan_step *s = &p->steps[i];
        struct sv part = s->part;

        for (; part.n && !back_is_named(part, ref); part = back_parent(part))
            ;
        if (!part.n)
            continue;
        if (found.n && !sv_eq(found, part))
            return NULL;
        found = part;
        last = s;
    }
    return last;
}

enum err_code back_keep(const struct plan *p, const bool *begun, struct sv ref, size_t *ret,
                        struct err *err)
{
    struct sv nearest = {NULL, 0};
    const struct plan_step *s = back_find_part(p, ref), *step = plan_find(p, ref, &nearest);

    if (s && step && step != s && step >= p->steps && step < p->steps + p->n_steps) {
        (void)err_set(err, ERR_INVALID, "'%.*s' is the step %.*s and the part of the step %.*s",
                      SV_FMT(ref), SV_FMT(step->id), SV_FMT(s->id));
        return err_hint(err, "name the step that stays as it stands here");
    }
    if (!s)
        s = step;
    if (!s) {
        (void)err_set(err, ERR_INVALID, "the plan has no single step '%.*s'", SV_FMT(ref));
        return nearest.n ? err_hint(err, "did you mean '%.*s'?", SV_FMT(nearest))
                         : err_hint(err, "prusik plan --json has the ids of the steps");
    }
    if (s < p->steps || s >= p->steps + p->n_steps)
        return err_set(err, ERR_INVALID, "step %.*s (line %zu) is part of the way back itself",
                       SV_FMT(s->id), s->line);
    if (!begun[s - p->steps]) {
        (void)err_set(err, ERR_INVALID, "step %.*s (line %zu) was not carried out", SV_FMT(s->id),
                      s->line);
        return err_hint(err, "go back to one that was; prusik report shows them");
    }
    *ret = (size_t)(s - p->steps) + 1;
    return ERR_OK;
}
