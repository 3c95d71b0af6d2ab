/*
 * The way back of each step (promise P4): nothing to undo, its own opposite, a rollback section that
 * covers what it changes, a person's word, or a gap.
 */
#include "base/sv.h"
#include "base/text.h"
#include "plan/make_int.h"
#include "plan/make_thing.h"
#include "runbook/where.h"

/* A step as a change: what it changes, and of a service which one and how. */
struct make_change {
    const json_t *step;
    const struct rb_step *rb;
    struct sv effect;
    struct sv env, database;            /* where it is done, if one is known */
    bool one_of_envs, one_of_databases; /* the way forward changes several in this way */
    things things;
    struct sv machine;                        /* "web1" of "deploy@web1"; "local": this one */
    bool skipped, always, fleet, reaches_out; /* looked at for each pair, so they are read once */
    bool named;             /* on the way back: a step says that this one undoes it */
    bool of_a_step;         /* on the way back: it undoes that step, and no other */
    enum plan_undo_by by;   /* on the way forward: how well its best cover is known */
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

/* The one database that it changes, as far as the plan can know. */
static struct sv make_database(const struct make_change *c)
{
    struct sv name = SV("");
    bool several = false;

    for (size_t i = 0; i < c->things.n; i++) {
        if (c->things.v[i].kind != THING_DATABASE)
            continue;
        several |= name.n && !sv_eq(name, c->things.v[i].name);
        name = c->things.v[i].name;
    }
    return several ? SV("") : name;
}

/* "web1" of "deploy@web1"; "local": this machine. */
static struct sv make_machine(const json_t *step)
{
    struct sv at = json_get_sv(json_object_get(step, "remote"), "address");
    size_t user;

    at = at.n ? at : json_get_sv(step, "host");
    user = sv_find_byte(at, '@', 0);
    return user == SV_NPOS ? at : sv_sub(at, user + 1, at.n);
}

/* The steps of a list as changes. */
static struct make_change *make_changes(struct make *m, const json_t *list)
{
    size_t n = json_array_size(list);
    struct make_change *v = ARENA_NEWN(m->arena, struct make_change, n);
    CLEANUP(thing_places_release) struct thing_places places = {.v = {0}};

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
        thing_read(m, &places, v[i].rb, v[i].step, &v[i].things);
        v[i].skipped = json_get_sv(v[i].step, "skip").n > 0;
        v[i].always = json_array_size(json_object_get(v[i].step, "choices")) == 0;
        v[i].fleet = json_object_get(v[i].step, "fleet") != NULL;
        v[i].machine = make_machine(v[i].step);
        v[i].reaches_out = where_reaches_out(v[i].rb->text, SV(""));
        v[i].env = make_place_of(m, v[i].rb);
        v[i].database = make_database(&v[i]);
    }
    return v;
}

/* Which changes are made in one of several places, of each effect. */
static void make_mark_mixed(struct make_change *v, size_t n, bool by_database)
{
    struct {
        struct sv effect, place;
        bool mixed;
    } seen[16];
    size_t known = 0, k;

    for (size_t i = 0; i < n; i++) {
        struct sv place = by_database ? v[i].database : v[i].env;

        if (!place.n || v[i].skipped)
            continue;
        for (k = 0; k < known && !sv_eq(seen[k].effect, v[i].effect); k++)
            ;
        if (k < known) {
            seen[k].mixed |= !sv_eq(seen[k].place, place);
        } else if (known < ARRAY_LEN(seen)) { /* there are not so many effects */
            seen[known].effect = v[i].effect;
            seen[known].place = place;
            seen[known++].mixed = false;
        }
    }
    for (size_t i = 0; i < n; i++)
        for (k = 0; k < known; k++)
            if (seen[k].mixed && sv_eq(seen[k].effect, v[i].effect))
                *(by_database ? &v[i].one_of_databases : &v[i].one_of_envs) = true;
}

/*
 * Is each done in an environment, and they are two?  And what does not say where it is done does not undo in two places at
 * once what is only of the same kind.
 */
static bool make_is_elsewhere(const struct make_change *back, const struct make_change *change,
                              enum thing_match match)
{
    if (back->env.n && change->env.n)
        return !sv_eq(back->env, change->env);
    return match != THING_SAME && ((change->one_of_envs && !back->env.n) ||
                                   (change->one_of_databases && !back->database.n));
}

static void make_free_changes(struct make_change *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        vec_release(&v[i].things);
}

/* A file that is brought back undoes whatever was written into it. */
static bool make_is_undone_by_path(const struct make_change *back)
{
    return sv_eq(back->effect, SV("files")) || sv_eq(back->effect, SV("code"));
}

/* Does each of them act on one machine, on which the other does not?  What reaches others by itself may act on any. */
static bool make_is_apart(const struct make_change *back, const struct make_change *change)
{
    return !back->fleet && !change->fleet && !sv_eq(back->machine, change->machine) &&
           !back->reaches_out && !change->reaches_out;
}

/* Whether they change the same, as far as the plan can know; UNDO_BY_NOTHING: they do not.  `anywhere`: on whichever machine. */
static enum plan_undo_by make_same(const struct make_change *back, const struct make_change *change,
                                   bool anywhere)
{
    enum thing_match match;

    if (!sv_eq(back->effect, change->effect) && !make_is_undone_by_path(back))
        return UNDO_BY_NOTHING; /* another kind of change */
    match = thing_compare(&back->things, &change->things, anywhere);
    if (make_is_elsewhere(back, change, match))
        return UNDO_BY_NOTHING;
    if (sv_eq(change->effect, SV("service")))
        return !sv_eq(back->effect, change->effect) || !sv_eq(back->unit, change->unit) ||
                       (!anywhere && make_is_apart(back, change))
                   ? UNDO_BY_NOTHING
               : change->unit.n ? UNDO_BY_THING
                                : UNDO_BY_KIND;
    if (match == THING_OTHER &&
        (sv_eq(change->effect, SV("database")) || sv_eq(change->effect, SV("flag")) ||
         (!anywhere && make_is_apart(back, change))))
        return UNDO_BY_NOTHING;
    if (sv_eq(back->effect, change->effect) ||
        (make_is_undone_by_path(back) && match == THING_SAME))
        return match == THING_SAME ? UNDO_BY_THING : UNDO_BY_KIND;
    return UNDO_BY_NOTHING; /* another kind of change */
}

/* A step that looks, or is left out, undoes nothing; and nobody knows what would undo an unknown program. */
static bool make_may_undo(const struct make_change *back, const struct make_change *change)
{
    static const struct sv not_undone[] = {SV("none"), SV("session"), SV("backup"), SV("unknown")};

    for (size_t i = 0; i < ARRAY_LEN(not_undone); i++)
        if (sv_eq(change->effect, not_undone[i]))
            return false;
    if (back->skipped)
        return false;
    return change->verb != SERVICE_STOP ||
           make_starts(back->verb); /* stopping it once more leaves it stopped */
}

/* How well `back` undoes `change`: 0 not at all.  What changes the same beats what is of the same kind, what starts a
 * service beats what stops it, and what is always done beats what is done only if. */
static unsigned make_covers(const struct make_change *back, const struct make_change *change,
                            bool anywhere, enum plan_undo_by *by)
{
    bool service = sv_eq(change->effect, SV("service"));
    *by = make_may_undo(back, change) ? make_same(back, change, anywhere) : UNDO_BY_NOTHING;
    if (*by == UNDO_BY_NOTHING)
        return 0;
    return 1 + (back->always ? 1 : 0) + (service && make_starts(back->verb) ? 2 : 0) +
           (*by == UNDO_BY_THING ? 4 : 0);
}

/* A step of the way back, and how it is known that it undoes another. */
struct make_cover {
    const json_t *step;             /* NULL: none does ... */
    const struct make_change *away; /* ... and this one would, on the same machine; NULL: none */
    bool away_is_free;              /* it undoes nothing where it is */
    enum plan_undo_by by;
};

/* What stands below the label "Rollback:" of a step is the way back of that step alone, which names it. */
static bool make_is_of_a_step(const struct make *m, const struct make_change *back, size_t n,
                              size_t i)
{
    const struct rb_part *v = m->rb->parts;
    uint32_t part = back[i].rb->part;
    bool named = false;

    if (part == RB_NONE || v[part].kind != PART_STEP || v[part].parent == RB_NONE ||
        v[v[part].parent].role == ROLE_ROLLBACK)
        return false;
    for (size_t k = 0; k < n; k++)
        named |= back[k].named && back[k].rb->part == part;
    return named;
}

/* "./restart.sh" on both ways: nobody knows what it does, but the document says that it belongs to the way back, too. */
static bool make_is_repeated(const struct make_change *back, const struct make_change *change)
{
    return sv_eq(change->effect, SV("unknown")) && sv_eq(back->effect, change->effect) &&
           !back->skipped && sv_eq(back->rb->text, change->rb->text) &&
           sv_eq(back->machine, change->machine) && !make_is_elsewhere(back, change, THING_SAME);
}

/* The step of the way back that undoes a change best, the first of equals. */
static struct make_cover make_covering(const struct make_change *back, size_t n,
                                       const struct make_change *change)
{
    struct make_cover found = {.step = NULL};
    unsigned best = 0;

    for (size_t i = 0; i < n; i++) {
        enum plan_undo_by by;
        unsigned covers = back[i].of_a_step ? 0 : make_covers(&back[i], change, false, &by);

        if (covers > best) {
            best = covers;
            found.step = back[i].step;
            found.by = by;
        }
        if (!covers && !found.away && !back[i].of_a_step &&
            make_covers(&back[i], change, true, &by) && by == UNDO_BY_THING)
            found.away = &back[i];
        if (!found.step && !back[i].of_a_step && make_is_repeated(&back[i], change)) {
            found.step = back[i].step;
            found.by = UNDO_BY_THING;
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

/* "on web1", "on this machine" */
static struct sv make_on(const struct make *m, const json_t *step)
{
    struct sv host = json_get_sv(step, "host");

    return sv_eq(host, SV("local")) ? SV("on this machine")
                                    : arena_fmt(m->arena, "on '%.*s'", SV_FMT(host));
}

/* What would undo it is done elsewhere: it is said where the way back runs, or why nothing has to be done. */
static void make_ask_away(struct make *m, const json_t *step, struct sv brief,
                          const struct make_cover *cover)
{
    const json_t *away = cover->away->step;
    struct sv here = json_get_sv(step, "host"),
              why = arena_fmt(m->arena, "{\"%.*s\": {undo: why nothing has to be done}}",
                              SV_FMT(names_short(&m->names, json_get_sv(step, "id"))));

    make_question(
        m, (size_t)json_get_int(step, "line", 0), "way-back", true,
        arena_fmt(m->arena, "'%.*s' is done %.*s, and what would undo it, %.*s (line %lld)",
                  SV_FMT(brief), SV_FMT(make_on(m, step)), SV_FMT(make_on(m, away)),
                  (long long)json_get_int(away, "line", 0)),
        cover->away_is_free ? arena_fmt(m->arena, "steps: {\"%.*s\": {host: \"%.*s\"}}, or %.*s",
                                        SV_FMT(names_short(&m->names, json_get_sv(away, "part"))),
                                        SV_FMT(here), SV_FMT(why))
                            : arena_fmt(m->arena, "steps: %.*s", SV_FMT(why)));
}

static void make_gap(struct make *m, json_t *step, const struct make_cover *cover)
{
    CLEANUP(strbuf_release) struct strbuf brief = STRBUF(0);
    struct sv id = json_get_sv(step, "id"), cut;

    if (m->b->accept_gaps.n) {
        make_put_undo(step, UNDO_ACCEPTED, m->b->accept_gaps);
        return;
    }
    make_put_undo(step, UNDO_GAP, SV("no rollback section undoes this"));
    text_add_brief(&brief, json_get_sv(step, "command"));
    cut = text_cut(strbuf_sv(&brief), 120);
    if (cover->away) {
        make_ask_away(m, step, cut, cover);
        return;
    }
    make_question(m, (size_t)json_get_int(step, "line", 0), "way-back", true,
                  arena_fmt(m->arena, "nothing in the document undoes '%.*s%s'", SV_FMT(cut),
                            cut.n < brief.n ? "..." : ""),
                  arena_fmt(m->arena, "steps: {\"%.*s\": {undo: why nothing has to be done}}",
                            SV_FMT(names_short(&m->names, id))));
}

static void make_section(struct make *m, json_t *step, const struct make_cover *cover)
{
    const json_t *choice = json_array_get(json_object_get(cover->step, "choices"), 0);
    struct sv text =
        arena_fmt(m->arena, "%.*s (line %lld)", SV_FMT(json_get_sv(cover->step, "part")),
                  (long long)json_get_int(cover->step, "line", 0));
    json_t *undo;

    if (choice)
        text = arena_fmt(m->arena, "%.*s, %.*s", SV_FMT(text), SV_FMT(json_get_sv(choice, "text")));
    make_put_undo(step, UNDO_SECTION, text);
    undo = json_object_get(step, "undo");
    json_put_str(undo, "by", plan_undo_by_name(cover->by));
    json_put_sv(undo, "step", json_get_sv(cover->step, "id"));
}

/* What the document says that undoes it, or why nothing does; the binding's word comes first. */
static struct sv make_said_undo(const struct make *m, const struct make_change *change)
{
    struct sv accepted = arena_sv(m->arena, json_get_sv(change->step, "undo_accepted"));
    struct sv said = change->rb->undo;

    return accepted.n || names_undo(&m->names, said) != RB_NONE ? accepted : said;
}

/* The step of the way back that the document names; NULL: none. */
static struct make_change *make_named(const struct make *m, const struct make_change *change,
                                      struct make_change *back, size_t n_back)
{
    uint32_t named = change->rb->undo.n ? names_undo(&m->names, change->rb->undo) : RB_NONE;

    for (size_t i = 0; named != RB_NONE && i < n_back; i++)
        if (back[i].rb == &m->rb->steps[named])
            return &back[i];
    return NULL;
}

/* --- flags --- */

/* The command of ours that the step is, when it switches a flag; NULL: it is none, or not only that. */
static const struct shell_simple *make_flag_command(const struct make *m,
                                                    const struct make_change *change)
{
    const struct rb_step *s = change->rb;
    const struct shell_item *item;

    if (!json_get_bool(json_object_get(change->step, "action"), "own", false) ||
        !sv_eq(change->effect, SV("flag")) || s->block == RB_NONE || s->item == RB_NONE)
        return NULL;
    item = &m->rb->blocks[s->block].script.v[s->item];
    return item->n_simple == 1 && item->simple[0].n_words > 3 ? &item->simple[0] : NULL;
}

/* "prusik flag back KEY run", with the files that the step names. */
static struct sv make_flag_back_command(struct make *m, const struct shell_simple *c)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    strbuf_addf(&text, "prusik flag back %.*s run", SV_FMT(c->words[3].raw));
    for (size_t i = 4; i < c->n_words; i++) {
        struct sv w = c->words[i].raw;

        if (sv_starts(w, SV("--flags=")) || sv_starts(w, SV("--consumers=")))
            strbuf_addf(&text, " %.*s", SV_FMT(w));
        else if ((sv_eq(w, SV("--flags")) || sv_eq(w, SV("--consumers"))) && i + 1 < c->n_words)
            strbuf_addf(&text, " %.*s %.*s", SV_FMT(w), SV_FMT(c->words[i + 1].raw));
    }
    return arena_sv(m->arena, strbuf_sv(&text));
}

/* The step of the way back that nobody wrote: the flag becomes what it was when the run began. */
static json_t *make_flag_back(struct make *m, const json_t *step, const struct shell_simple *c)
{
    static const char *const copied[] = {"file", "line",  "end_line", "host",      "session",
                                         "part", "title", "retries",  "timeout_ms"};
    struct sv command = make_flag_back_command(m, c);
    json_t *out = json_object(), *action = json_object(), *undoes = json_array(),
           *one = json_object();

    for (size_t i = 0; i < ARRAY_LEN(copied); i++)
        if (json_object_get(step, copied[i])) /* outside of all sections there is no part */
            json_put(out, copied[i], json_incref(json_object_get(step, copied[i])));
    json_put_sv(out, "id", arena_fmt(m->arena, "%.*s/back", SV_FMT(json_get_sv(step, "id"))));
    json_put_str(out, "role", "rollback");
    json_put_sv(out, "command", command);
    json_put_str(out, "effect", "flag");
    json_put_str(out, "kind", "shell");
    json_put(out, "action", action);
    json_put(action, "command",
             make_pieces(m, command, (size_t)json_get_int(step, "line", 0), false));
    json_put_bool(action, "own", true);
    json_put_str(out, "in_doubt", "again");
    json_put_str(out, "in_doubt_why", "the flag is what it was before the run");
    json_put(out, "expectations", json_array());
    json_put(out, "gates", json_array());
    json_put(out, "undoes", undoes);
    json_append(undoes, one);
    json_put_sv(one, "step", json_get_sv(step, "id"));
    json_put_str(one, "by", plan_undo_by_name(UNDO_BY_THING));
    make_put_undo(out, UNDO_NOTHING, SV(""));
    return out;
}

/* Flags that the way back does not name are brought back before the rest of it, the last one first. */
static void make_flag_backs(struct make *m, const struct make_change *changes, json_t *steps,
                            json_t *way_back)
{
    for (size_t i = 0; i < json_array_size(steps); i++) {
        json_t *step = json_array_get(steps, i), *undo = json_object_get(step, "undo");
        const struct shell_simple *c = make_flag_command(m, &changes[i]);
        json_t *back;

        if (!c || !json_get_bool(undo, "derived", false))
            continue;
        back = make_flag_back(m, step, c);
        (void)json_object_del(undo, "derived");
        json_put_str(undo, "by", plan_undo_by_name(UNDO_BY_THING));
        json_put_sv(undo, "step", json_get_sv(back, "id"));
        (void)json_array_insert_new(way_back, 0, back); /* fails only for want of memory */
    }
}

static void make_undo(struct make *m, const struct make_change *change, json_t *step,
                      struct sv accepted, const struct make_cover *cover)
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
    else if (cover->step)
        make_section(m, step, cover);
    else if (make_flag_command(m, change)) {
        make_put_undo(step, UNDO_SECTION, SV("the flag becomes what it was when the run began"));
        json_put_bool(json_object_get(step, "undo"), "derived", true);
    } else {
        make_gap(m, step, cover);
    }
}

/* What it changes is known, and known to be nothing that the way forward changes. */
static bool make_stands_alone(const struct make_change *back, const struct make_change *changes,
                              size_t n)
{
    bool alone = back->things.n > 0 && !sv_eq(back->effect, SV("unknown"));

    for (size_t i = 0; i < n && alone; i++)
        alone = changes[i].things.n > 0 || make_changes_nothing(changes[i].effect) ||
                changes[i].skipped;
    return alone;
}

/* Into "undoes" of a step of the way back: all that it would undo, so that it can be left out when nothing of that was
 * done.  What names a step is undone by that one only, and a step that is named undoes what names it only. */
static void make_undoes(const struct make_change *back, json_t *step,
                        const struct make_change *changes, const struct make_change *const *named,
                        size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++) {
        enum plan_undo_by by = UNDO_BY_NAME;
        json_t *j;

        if (changes[i].skipped || (named[i] ? named[i] != back : back->named))
            continue;
        if (!named[i] && make_covers(back, &changes[i], false, &by) == 0)
            continue;
        if (by == UNDO_BY_KIND && changes[i].by == UNDO_BY_THING)
            continue; /* that one does it */
        j = json_object();
        json_put_sv(j, "step", json_get_sv(changes[i].step, "id"));
        json_put_str(j, "by", plan_undo_by_name(by));
        json_append(list, j);
    }
    if (json_array_size(list) || make_stands_alone(back, changes, n))
        json_put(step, "undoes", list);
    else
        json_decref(list);
}

/* Does it undo nothing of the way forward? */
static bool make_is_free(const struct make_change *back, const struct make_change *changes,
                         size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum plan_undo_by by;

        if (!changes[i].skipped && make_covers(back, &changes[i], false, &by))
            return false;
    }
    return true;
}

/* A way back to a step has to know what leaves a service running. */
static void make_put_verbs(const struct make_change *changes, json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (sv_eq(changes[i].effect, SV("service")) && changes[i].verb != SERVICE__N)
            json_put_str(json_array_get(list, i), "verb", service_verb_name(changes[i].verb));
}

void make_undos(struct make *m, json_t *steps, json_t *way_back)
{
    size_t n = json_array_size(steps), n_back = json_array_size(way_back);
    struct make_change *changes = make_changes(m, steps), *back = make_changes(m, way_back);
    const struct make_change **named = ARENA_NEWN(m->arena, const struct make_change *, n);

    make_mark_mixed(changes, n, false);
    make_mark_mixed(changes, n, true);
    for (size_t i = 0; i < n; i++) {
        struct make_change *by = make_named(m, &changes[i], back, n_back);

        named[i] = by;
        if (by)
            by->named = true;
    }
    for (size_t i = 0; i < n_back; i++)
        back[i].of_a_step = make_is_of_a_step(m, back, n_back, i);
    for (size_t i = 0; i < n; i++) {
        struct make_cover cover =
            named[i] ? (struct make_cover){.step = named[i]->step, .by = UNDO_BY_NAME}
                     : make_covering(back, n_back, &changes[i]);

        changes[i].by = cover.by;
        cover.away_is_free = cover.away && make_is_free(cover.away, changes, n);
        make_undo(m, &changes[i], json_array_get(steps, i), make_said_undo(m, &changes[i]), &cover);
    }
    make_put_verbs(changes, steps);
    make_put_verbs(back, way_back);
    for (size_t i = 0; i < n_back; i++) {
        json_t *step = json_array_get(way_back, i);

        (void)json_object_del(step, "undo_accepted"); /* a way back is not undone */
        make_put_undo(step, UNDO_NOTHING, SV(""));
        make_undoes(&back[i], step, changes, named, n);
    }
    make_flag_backs(m, changes, steps, way_back);
    make_free_changes(changes, n);
    make_free_changes(back, n_back);
}
