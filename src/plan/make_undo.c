/*
 * The way back of each step (promise P4): nothing to undo, its own opposite, a rollback section that
 * covers what it changes, a person's word, or a gap.
 */
#include "base/sv.h"
#include "plan/make_int.h"

/* A step as a change: what it changes, and of a service which one and how. */
struct make_change {
    const json_t *step;
    const struct rb_step *rb;
    struct sv effect;
    struct sv unit;         /* of "service"; empty: not known before the run */
    enum service_verb verb; /* SERVICE__N: not known */
};

static bool make_starts(enum service_verb verb)
{
    return verb == SERVICE_START || verb == SERVICE_RESTART;
}

static void make_read_service(struct make *m, const struct command *c, struct make_change *change)
{
    CLEANUP(strbuf_release) struct strbuf unit = STRBUF(0);
    struct sv name;

    change->verb = c->verb;
    if (!make_word_now(m, c->target, &unit))
        return;
    name = strbuf_sv(&unit);
    if (sv_ends(name, SV(".service")))
        name.n -= sizeof(".service") - 1;
    change->unit = arena_sv(m->arena, name);
}

/* The steps of a list as changes. */
static struct make_change *make_changes(struct make *m, const json_t *list)
{
    size_t n = json_array_size(list);
    struct make_change *v = ARENA_NEWN(m->arena, struct make_change, n);

    for (size_t i = 0; i < n; i++) {
        const struct command *c;
        uint32_t at;

        v[i].step = json_array_get(list, i);
        v[i].effect = json_get_sv(v[i].step, "effect");
        v[i].verb = SERVICE__N;
        at = names_step(&m->names, json_get_sv(v[i].step, "id"));
        assert(at != RB_NONE); /* its whole id */
        v[i].rb = &m->rb->steps[at];
        c = v[i].rb->command;
        if (c && c->form == COMMAND_SERVICE)
            make_read_service(m, c, &v[i]);
    }
    return v;
}

/* How well `back` undoes `change`: 0 not at all.  What starts a service beats what stops it, and what is
 * always done beats what is done only if. */
static unsigned make_covers(const struct make_change *back, const struct make_change *change)
{
    bool service = sv_eq(change->effect, SV("service"));
    bool always = json_array_size(json_object_get(back->step, "choices")) == 0;

    if (json_get_sv(back->step, "skip").n || !sv_eq(back->effect, change->effect))
        return 0;
    if (service && !sv_eq(back->unit, change->unit))
        return 0;
    if (change->verb == SERVICE_STOP && !make_starts(back->verb))
        return 0; /* stopping it once more leaves it stopped */
    return 1 + (always ? 1 : 0) + (service && make_starts(back->verb) ? 2 : 0);
}

/* The step of the way back that undoes a change best, the first of equals; NULL: none does. */
static const json_t *make_covering(const struct make_change *back, size_t n,
                                   const struct make_change *change)
{
    const json_t *found = NULL;
    unsigned best = 0;

    if (sv_eq(change->effect, SV("unknown"))) /* nobody knows what would undo it */
        return NULL;
    for (size_t i = 0; i < n; i++) {
        unsigned covers = make_covers(&back[i], change);

        if (covers > best) {
            best = covers;
            found = back[i].step;
        }
    }
    return found;
}

static void make_put_undo(json_t *step, enum plan_undo how, struct sv text)
{
    json_t *undo = json_object();

    json_put_str(undo, "how", plan_undo_name(how));
    json_put_sv(undo, "text", text);
    json_put(step, "undo", undo);
}

bool make_changes_nothing(struct sv effect)
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
                            SV_FMT(names_short(&m->names, id))));
}

static void make_section(struct make *m, json_t *step, const json_t *cover)
{
    const json_t *choice = json_array_get(json_object_get(cover, "choices"), 0);
    struct sv text = arena_fmt(m->arena, "%.*s (line %lld)", SV_FMT(json_get_sv(cover, "part")),
                               (long long)json_get_int(cover, "line", 0));

    if (choice)
        text = arena_fmt(m->arena, "%.*s, %.*s", SV_FMT(text), SV_FMT(json_get_sv(choice, "text")));
    make_put_undo(step, UNDO_SECTION, text);
}

/* What the document says that undoes it, or why nothing does; the binding's word comes first. */
static struct sv make_said_undo(const struct make *m, const struct make_change *change)
{
    struct sv accepted = arena_sv(m->arena, json_get_sv(change->step, "undo_accepted"));
    struct sv said = change->rb->undo;

    return accepted.n || names_undo(&m->names, said) != RB_NONE ? accepted : said;
}

/* The step of the way back that the document names. */
static const json_t *make_named(const struct make *m, const struct make_change *change,
                                const struct make_change *back, size_t n_back)
{
    uint32_t named = change->rb->undo.n ? names_undo(&m->names, change->rb->undo) : RB_NONE;

    for (size_t i = 0; named != RB_NONE && i < n_back; i++)
        if (back[i].rb == &m->rb->steps[named])
            return back[i].step;
    return NULL;
}

static void make_undo(struct make *m, json_t *step, struct sv accepted, const json_t *cover)
{
    bool flag = sv_eq(json_get_sv(step, "kind"), SV("maintenance"));

    (void)json_object_del(step, "undo_accepted"); /* most steps have none */
    if (accepted.n)
        make_put_undo(step, UNDO_ACCEPTED, accepted);
    else if (json_get_sv(step, "skip").n || make_changes_nothing(json_get_sv(step, "effect")))
        make_put_undo(step, UNDO_NOTHING, SV(""));
    else if (flag)
        make_put_undo(step, UNDO_INVERSE,
                      json_get_bool(json_object_get(step, "action"), "on", false)
                          ? SV("the flag is removed")
                          : SV("nothing: the flag only hides the service"));
    else if (cover)
        make_section(m, step, cover);
    else
        make_gap(m, step);
}

void make_undos(struct make *m, json_t *steps, json_t *way_back)
{
    size_t n = json_array_size(steps), n_back = json_array_size(way_back);
    const struct make_change *changes = make_changes(m, steps), *back = make_changes(m, way_back);

    for (size_t i = 0; i < n; i++) {
        const json_t *named = make_named(m, &changes[i], back, n_back);

        make_undo(m, json_array_get(steps, i), make_said_undo(m, &changes[i]),
                  named ? named : make_covering(back, n_back, &changes[i]));
    }
    for (size_t i = 0; i < n_back; i++) {
        json_t *step = json_array_get(way_back, i);

        (void)json_object_del(step, "undo_accepted"); /* a way back is not undone */
        make_put_undo(step, UNDO_NOTHING, SV(""));
    }
}
