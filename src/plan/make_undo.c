/*
 * The way back of each step (promise P4): nothing to undo, its own opposite, a rollback section that
 * covers what it changes, a person's word, or a gap.
 */
#include "base/sv.h"
#include "plan/make_int.h"

/* The step of the way back that undoes a change of this kind, or NULL. */
static const json_t *make_covering(const json_t *way_back, struct sv effect, struct sv service)
{
    if (sv_eq(effect, SV("unknown"))) /* nobody knows what would undo it */
        return NULL;
    for (size_t i = 0; i < json_array_size(way_back); i++) {
        const json_t *s = json_array_get(way_back, i);
        struct sv theirs = json_get_sv(s, "effect");

        if (json_get_sv(s, "skip").n)
            continue;
        if (sv_eq(effect, SV("service")) && sv_eq(theirs, SV("service")) &&
            sv_eq(json_get_sv(json_object_get(s, "action"), "service"), service))
            return s;
        if (!sv_eq(effect, SV("service")) && sv_eq(theirs, effect))
            return s;
    }
    return NULL;
}

static void make_put_undo(json_t *step, enum plan_undo how, struct sv text)
{
    json_t *undo = json_object();

    json_put_str(undo, "how", plan_undo_name(how));
    json_put_sv(undo, "text", text);
    json_put(step, "undo", undo);
}

static bool make_changes_nothing(struct sv effect)
{
    return sv_eq(effect, SV("none")) || sv_eq(effect, SV("session")) || sv_eq(effect, SV("backup"));
}

static void make_gap(struct make *m, json_t *step)
{
    struct sv id = json_get_sv(step, "id");

    make_put_undo(step, UNDO_GAP, SV("no rollback section undoes this"));
    make_question(m, (size_t)json_get_int(step, "line", 0), "way-back", true,
                  arena_fmt(m->arena, "nothing in the document undoes '%.*s'",
                            SV_FMT(sv_sub(json_get_sv(step, "command"), 0,
                                          sv_find_byte(json_get_sv(step, "command"), '\n', 0)))),
                  arena_fmt(m->arena, "steps: {\"%.*s\": {undo: why nothing has to be done}}",
                            SV_FMT(make_short_id(m, id))));
}

static void make_undo(struct make *m, json_t *step, const json_t *way_back)
{
    struct sv effect = json_get_sv(step, "effect");
    struct sv accepted = arena_sv(m->arena, json_get_sv(step, "undo_accepted"));
    const json_t *action = json_object_get(step, "action"), *cover;

    (void)json_object_del(step, "undo_accepted"); /* most steps have none */
    if (accepted.n) {
        make_put_undo(step, UNDO_ACCEPTED, accepted);
        return;
    }
    if (json_get_sv(step, "skip").n || make_changes_nothing(effect)) {
        make_put_undo(step, UNDO_NOTHING, SV(""));
        return;
    }
    if (sv_eq(json_get_sv(step, "kind"), SV("maintenance"))) {
        make_put_undo(step, UNDO_INVERSE,
                      json_get_bool(action, "on", false)
                          ? SV("the flag is removed")
                          : SV("nothing: the flag only hides the service"));
        return;
    }
    cover = make_covering(way_back, effect, json_get_sv(action, "service"));
    if (cover)
        make_put_undo(step, UNDO_SECTION,
                      arena_fmt(m->arena, "%.*s (line %lld)", SV_FMT(json_get_sv(cover, "part")),
                                (long long)json_get_int(cover, "line", 0)));
    else
        make_gap(m, step);
}

void make_undos(struct make *m, json_t *steps, const json_t *way_back)
{
    for (size_t i = 0; i < json_array_size(steps); i++)
        make_undo(m, json_array_get(steps, i), way_back);
    for (size_t i = 0; i < json_array_size(way_back); i++) {
        json_t *step = json_array_get(way_back, i);

        (void)json_object_del(step, "undo_accepted"); /* a way back is not undone */
        make_put_undo(step, UNDO_NOTHING, SV(""));
    }
}
