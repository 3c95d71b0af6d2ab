/*
 * What the document leaves to a choice: parts and steps that are done "if needed" or are optional, and several ways of
 * which one is gone.  The binding chooses; what it does not choose is a question.
 */
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/sv.h"
#include "plan/make_int.h"

#define MAKE_DAY_MS   INT64_C(86400000)
#define MAKE_LATER_MS INT64_C(3600000) /* what is due sooner is waited for */

/* What is chosen as one: a part, or neighbouring steps of a block under the same condition; its first step. */
struct make_unit {
    bool is_part;
    uint32_t at;
};

/* --- units --- */

bool make_is_choice(const struct rb_step *s)
{
    return s->condition.n || s->optional || s->one_of != RB_NONE;
}

static bool make_same_unit(const struct rb_step *a, const struct rb_step *b)
{
    return a->block != RB_NONE && a->block == b->block && a->part == b->part &&
           a->one_of == b->one_of && (a->one_of == RB_NONE || a->way == b->way) &&
           a->optional == b->optional && sv_eq(a->condition, b->condition);
}

static uint32_t make_lead(const struct make *m, uint32_t step)
{
    while (step > 0 && make_same_unit(&m->rb->steps[step - 1], &m->rb->steps[step]))
        step--;
    return step;
}

static const struct binding_choice *make_choice_of(const struct make *m, struct make_unit u)
{
    for (size_t i = 0; i < m->choice_refs.n; i++) {
        const struct make_ref *ref = &m->choice_refs.v[i];

        if (u.is_part ? ref->part == u.at : ref->step != RB_NONE && make_lead(m, ref->step) == u.at)
            return &m->b->choices.v[i];
    }
    return NULL;
}

static struct sv make_unit_full_id(const struct make *m, struct make_unit u)
{
    return u.is_part ? m->rb->parts[u.at].id : m->rb->steps[u.at].id;
}

static struct sv make_unit_id(const struct make *m, struct make_unit u)
{
    return names_short(&m->names, make_unit_full_id(m, u));
}

static size_t make_unit_line(const struct make *m, struct make_unit u)
{
    return u.is_part ? m->rb->parts[u.at].line : m->rb->steps[u.at].line;
}

/* What a person knows it by. */
static struct sv make_unit_text(const struct make *m, struct make_unit u)
{
    struct sv text = u.is_part ? m->rb->parts[u.at].title : m->rb->steps[u.at].text;

    struct sv first = sv_trim(sv_sub(text, 0, sv_find_byte(text, '\n', 0)));

    return sv_ends(first, SV("\\"))
               ? arena_fmt(m->arena, "%.*s...", SV_FMT(sv_sub(first, 0, first.n - 1)))
               : first;
}

/* "Cleanup (30 days later)" is nothing that is done in the same hour: somebody says when it is. */
static bool make_is_later(const struct rb_part *p)
{
    return p->later && p->due_ms >= MAKE_LATER_MS && !(p->kind == PART_SECTION && p->level < 2) &&
           (p->role == ROLE_NONE || p->role == ROLE_DEPLOY || p->role == ROLE_VERIFY);
}

static struct sv make_later(const struct make *m, int64_t ms)
{
    int64_t days = ms / MAKE_DAY_MS;

    return ms % MAKE_DAY_MS
               ? arena_fmt(m->arena, "%s later", duration_format(ms).s)
               : arena_fmt(m->arena, "%lld day%s later", (long long)days, days == 1 ? "" : "s");
}

/* Empty: none. */
static struct sv make_own_condition(const struct make *m, struct make_unit u)
{
    const struct rb_part *p = &m->rb->parts[u.at];

    if (!u.is_part)
        return m->rb->steps[u.at].condition;
    return p->condition.n     ? p->condition
           : make_is_later(p) ? make_later(m, p->due_ms)
                              : (struct sv){NULL, 0};
}

static struct sv make_unit_condition(const struct make *m, struct make_unit u)
{
    struct sv c = make_own_condition(m, u);

    return c.n ? c : SV("optional");
}

static bool make_unit_has_condition(const struct make *m, struct make_unit u)
{
    return u.is_part ? m->rb->parts[u.at].condition.n || make_is_later(&m->rb->parts[u.at])
                     : m->rb->steps[u.at].condition.n > 0;
}

static bool make_unit_asks(const struct make *m, struct make_unit u)
{
    return make_unit_has_condition(m, u) ||
           (u.is_part ? m->rb->parts[u.at].optional : m->rb->steps[u.at].optional);
}

/* The parts that have a step of this direction: one has given it to all that it lies in. */
static bool *make_used_parts(const struct make *m, bool way_back)
{
    bool *used = XNEWN(bool, m->rb->n_parts + 1);

    for (uint32_t i = 0; i < m->rb->n_steps; i++) {
        const struct rb_step *s = &m->rb->steps[i];

        if (way_back ? make_is_way_back(m, s) : make_is_forward(m, s))
            for (uint32_t up = s->part; up != RB_NONE && !used[up]; up = m->rb->parts[up].parent)
                used[up] = true;
    }
    return used;
}

/* --- environments --- */

/* The environment in "for staging only", "not for production", and nothing else; empty: it is another condition. */
static struct sv make_said_stage(struct sv condition, bool *others)
{
    static const struct sv only = SV(" only");

    *others = sv_eat_nocase(&condition, SV("not for "));
    if (*others)
        return condition;
    if (!sv_eat_nocase(&condition, SV("for ")))
        return (struct sv){NULL, 0};
    return sv_ends(condition, only) ? sv_sub(condition, 0, condition.n - only.n) : condition;
}

/* Is it for another environment than that of the run?  *known: the run's environment decides it at all. */
static bool make_is_elsewhere(const struct make *m, struct make_unit u, bool *known)
{
    struct sv stage = u.is_part ? m->rb->parts[u.at].stage : (struct sv){NULL, 0};
    struct sv of, here = make_stage_of(m->b->environment, true);
    bool others = false;

    if (!stage.n)
        stage = make_said_stage(make_own_condition(m, u), &others);
    of = make_stage_of(stage, true);
    *known = of.n && here.n;
    return *known && sv_eq(of, here) == others;
}

/* --- several ways --- */

static uint32_t make_group(const struct make *m, struct make_unit u)
{
    return u.is_part ? m->rb->parts[u.at].one_of : m->rb->steps[u.at].one_of;
}

/* The next way of the group after `*at` (which begins as RB_NONE); false: there is none. */
static bool make_next_way(const struct make *m, bool parts, uint32_t group, uint32_t *at)
{
    size_t n = parts ? m->rb->n_parts : m->rb->n_steps;

    for (uint32_t i = *at == RB_NONE ? group : *at + 1; i < n; i++) {
        struct make_unit u = {parts, i};

        if (make_group(m, u) == group && (parts || make_lead(m, i) == i)) {
            *at = i;
            return true;
        }
    }
    return false;
}

struct make_ways {
    uint32_t chosen;  /* RB_NONE: none is */
    size_t n, n_open; /* of which nothing was said, or that are to be asked about */
    uint32_t last_open;
    bool asked; /* which one is gone is asked in the run */
};

static struct make_ways make_ways_of(const struct make *m, bool parts, uint32_t group)
{
    struct make_ways w = {.chosen = RB_NONE, .last_open = RB_NONE};

    for (uint32_t at = RB_NONE; make_next_way(m, parts, group, &at); w.n++) {
        const struct binding_choice *c = make_choice_of(m, (struct make_unit){parts, at});

        if (!c || c->ask) {
            w.n_open++;
            w.last_open = at;
            w.asked |= c != NULL;
        } else if (c->fixed
                       ? c->yes
                       : c->when.n > 0) { /* what is gone if another fails is chosen by nobody */
            w.chosen = w.chosen == RB_NONE ? at : w.chosen;
        }
    }
    w.asked = w.asked && w.chosen == RB_NONE;             /* else it is about one more of them */
    if (w.chosen == RB_NONE && w.n_open == 1 && !w.asked) /* the binding says no to all others */
        w.chosen = w.last_open;
    return w;
}

/* --- what is asked in the run --- */

/* The decision that the binding leaves to the moment, empty as yet; NULL: it is there already. */
static json_t *make_decision(struct make *m, struct make_unit first)
{
    struct sv id = make_unit_full_id(m, first);
    json_t *list = json_object_get(m->root, "decisions"), *j;

    if (!list) {
        list = json_array();
        json_put(m->root, "decisions", list);
    }
    for (size_t i = 0; i < json_array_size(list); i++)
        if (sv_eq(json_get_sv(json_array_get(list, i), "id"), id))
            return NULL; /* a part has steps of both directions */
    j = json_object();
    json_put_sv(j, "id", id);
    json_put(j, "options", json_array());
    json_append(list, j);
    return j;
}

/* "If needed" within a sentence; "DEPRECATED" and "IPv6 only" stay. */
static struct sv make_in_sentence(const struct make *m, struct sv condition)
{
    if (condition.n < 2 || !ascii_is_upper(*condition.p) || ascii_is_upper(condition.p[1]))
        return condition;
    return arena_fmt(m->arena, "%c%.*s", ascii_lower(*condition.p),
                     SV_FMT(sv_sub(condition, 1, condition.n)));
}

static void make_add_option(struct make *m, json_t *decision, struct make_unit u)
{
    json_t *j = json_object();
    struct sv condition = make_own_condition(m, u);

    json_put_sv(j, "id", make_unit_full_id(m, u));
    json_put_int(j, "line", (int64_t)make_unit_line(m, u));
    json_put_sv(j, "title", make_unit_text(m, u));
    json_put_sv(j, "condition", make_in_sentence(m, condition));
    json_put_bool(j, "after_failure", runbook_says_failure(condition));
    json_append(json_object_get(decision, "options"), j);
}

static bool make_is_below(struct sv id, struct sv part)
{
    return sv_starts(id, part) && id.n > part.n && id.p[part.n] == '/';
}

/*
 * ", or {if_failed: 3}" of "only if step 3 fails": of what stands before it the part, where that is
 * none that the unit lies in, too.
 */
static struct sv make_or_if_failed(struct make *m, struct make_unit u)
{
    uint32_t first = u.is_part ? 0 : u.at, before;
    const struct make_ref part = {.part = u.at, .step = RB_NONE};
    struct sv id;

    if (!runbook_says_failure(make_own_condition(m, u)))
        return (struct sv){NULL, 0};
    while (u.is_part && first < m->rb->n_steps && !make_ref_covers(m, &part, first))
        first++;
    before = first - 1;
    if (first == 0 || first == m->rb->n_steps ||
        make_is_way_back(m, &m->rb->steps[before]) != make_is_way_back(m, &m->rb->steps[first]))
        return (struct sv){NULL, 0};
    id = m->rb->steps[before].id;
    if (m->rb->steps[before].part != RB_NONE &&
        !make_is_below(m->rb->steps[first].id, m->rb->parts[m->rb->steps[before].part].id))
        id = m->rb->parts[m->rb->steps[before].part].id;
    return arena_fmt(m->arena, ", or {if_failed: \"%.*s\"}", SV_FMT(names_short(&m->names, id)));
}

/* A question of the run: unattended nobody could answer it. */
static void make_ask_then(struct make *m, struct make_unit u, struct sv text)
{
    make_question(m, make_unit_line(m, u), "choice", false, text,
                  arena_fmt(m->arena, "choices: {\"%.*s\": yes}, or no%.*s",
                            SV_FMT(make_unit_id(m, u)), SV_FMT(make_or_if_failed(m, u))));
}

static void make_decide_unit(struct make *m, struct make_unit u)
{
    json_t *decision = make_decision(m, u);

    if (!decision)
        return;
    make_add_option(m, decision, u);
    make_ask_then(m, u,
                  arena_fmt(m->arena, "a person is asked then: '%.*s', %.*s",
                            SV_FMT(make_unit_text(m, u)), SV_FMT(make_unit_condition(m, u))));
}

/* The lead of the group stands for it, also where the binding says no to that way. */
static void make_decide_ways(struct make *m, bool parts, uint32_t group)
{
    struct make_unit first = {parts, group};
    json_t *decision = make_decision(m, first);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (!decision)
        return;
    strbuf_add_str(&text, "a person is asked then which way:");
    for (uint32_t at = RB_NONE; make_next_way(m, parts, group, &at);) {
        struct make_unit u = {parts, at};
        const struct binding_choice *c = make_choice_of(m, u);

        if (c && !c->ask)
            continue; /* no: there was no yes; or the failure of another decides */
        strbuf_addf(&text, "%s '%.*s' (line %zu)",
                    json_array_size(json_object_get(decision, "options")) ? "," : "",
                    SV_FMT(make_unit_text(m, u)), make_unit_line(m, u));
        make_add_option(m, decision, u);
    }
    make_ask_then(m, first, arena_sv(m->arena, strbuf_sv(&text)));
}

/* What the way back needs is known when it is taken; what the way forward needs, mostly before. */
static struct sv make_answer_choice(struct make *m, struct make_unit u, bool way_back,
                                    const char *no)
{
    struct sv id = make_unit_id(m, u), failed = make_or_if_failed(m, u);

    return way_back ? arena_fmt(m->arena, "choices: {\"%.*s\": ask} (in the run), or yes%s now%.*s",
                                SV_FMT(id), no, SV_FMT(failed))
                    : arena_fmt(m->arena, "choices: {\"%.*s\": yes}%s, or ask (in the run)%.*s",
                                SV_FMT(id), no, SV_FMT(failed));
}

static void make_ask_ways(struct make *m, bool parts, uint32_t group, bool way_back)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct make_unit first = {parts, group};
    struct make_ways w = make_ways_of(m, parts, group);

    if (w.asked)
        make_decide_ways(m, parts, group);
    for (uint32_t at = RB_NONE; !w.asked && make_next_way(m, parts, group, &at);) {
        const struct binding_choice *c = make_choice_of(m, (struct make_unit){parts, at});

        if (c && c->ask) /* beside one that is gone anyway */
            make_decide_unit(m, (struct make_unit){parts, at});
    }
    if (w.asked || w.chosen != RB_NONE || w.n < 2 ||
        !w.n_open) /* no to all of them is an answer, too */
        return;
    strbuf_addf(&text, "one of %zu ways, which?", w.n);
    for (uint32_t at = RB_NONE; make_next_way(m, parts, group, &at);)
        strbuf_addf(&text, "%s '%.*s' (line %zu)", at == group ? "" : ",",
                    SV_FMT(make_unit_text(m, (struct make_unit){parts, at})),
                    make_unit_line(m, (struct make_unit){parts, at}));
    make_question(m, make_unit_line(m, first), "choice", true, arena_sv(m->arena, strbuf_sv(&text)),
                  make_answer_choice(m, first, way_back, ""));
}

/* --- asking --- */

static bool make_is_left_out(struct make *m, uint32_t step)
{
    CLEANUP(json_cleanup) json_t *scratch = json_object();
    const struct binding_step *set = make_settings_of(m, step);
    struct sv skip = {NULL, 0};

    make_choices(m, step, scratch, &skip);
    return skip.n || m->rb->steps[step].skip.n || (set && set->skip.n);
}

bool make_is_sure(struct make *m, uint32_t step)
{
    CLEANUP(json_cleanup) json_t *scratch = json_object();
    struct sv skip = {NULL, 0};

    make_choices(m, step, scratch, &skip);
    return !make_is_left_out(m, step) && json_array_size(json_object_get(scratch, "choices")) == 0;
}

/* Are all steps of the unit left out, whatever is said of it? */
static bool make_is_moot(struct make *m, struct make_unit u)
{
    const struct make_ref part = {.part = u.at, .step = RB_NONE};

    for (uint32_t i = u.is_part ? 0 : u.at; i < m->rb->n_steps; i++) {
        if (!u.is_part && make_lead(m, i) != u.at)
            break;
        if ((!u.is_part || make_ref_covers(m, &part, i)) && !make_is_left_out(m, i))
            return false;
    }
    return true;
}

static bool make_ways_are_moot(struct make *m, bool parts, uint32_t group)
{
    for (uint32_t at = RB_NONE; make_next_way(m, parts, group, &at);)
        if (!make_is_moot(m, (struct make_unit){parts, at}))
            return false;
    return true;
}

/* Is it the first of its ways that has a step of this direction?  `used` is of parts. */
static bool make_is_first_way(const struct make *m, struct make_unit u, const bool *used)
{
    uint32_t at = RB_NONE;

    while (make_next_way(m, u.is_part, make_group(m, u), &at))
        if (!u.is_part || used[at])
            break;
    return at == u.at;
}

static struct sv make_elsewhere_text(struct make *m, struct make_unit u)
{
    return arena_fmt(m->arena, "'%.*s': %.*s, and this is for %.*s", SV_FMT(make_unit_text(m, u)),
                     SV_FMT(make_unit_condition(m, u)), SV_FMT(m->b->environment));
}

static struct sv make_no_text(struct make *m, struct make_unit u, const struct binding_choice *c)
{
    return arena_fmt(m->arena, "the binding says no (line %zu): '%.*s'", c->line,
                     SV_FMT(make_unit_text(m, u)));
}

struct sv make_part_left(struct make *m, uint32_t part)
{
    for (; part != RB_NONE; part = m->rb->parts[part].parent) {
        struct make_unit u = {true, part};
        const struct binding_choice *c = make_choice_of(m, u);
        bool known;

        if (!c && make_is_elsewhere(m, u, &known))
            return make_elsewhere_text(m, u);
        if (c && c->fixed && !c->yes)
            return make_no_text(m, u, c);
    }
    return (struct sv){NULL, 0};
}

static void make_ask_unit(struct make *m, struct make_unit u, const bool *used, bool way_back)
{
    const struct binding_choice *c = make_choice_of(m, u);
    uint32_t group = make_group(m, u);
    bool known;

    if (group != RB_NONE) {
        if (make_is_first_way(m, u, used) && !make_ways_are_moot(m, u.is_part, group))
            make_ask_ways(m, u.is_part, group, way_back);
        return; /* choosing the way says that it is done */
    }
    (void)make_is_elsewhere(m, u, &known);
    if (c && c->ask && !make_is_moot(m, u))
        make_decide_unit(m, u);
    if (!make_unit_asks(m, u) || c || known || make_is_moot(m, u))
        return;
    if (!u.is_part && m->failure_of[u.at] != RB_NONE)
        return; /* the failure of a step decides */
    make_question(m, make_unit_line(m, u), "choice", true,
                  make_unit_has_condition(m, u)
                      ? arena_fmt(m->arena, "'%.*s' is done %.*s: does this run do it?",
                                  SV_FMT(make_unit_text(m, u)),
                                  SV_FMT(make_in_sentence(m, make_unit_condition(m, u))))
                      : arena_fmt(m->arena, "'%.*s' is optional: does this run do it?",
                                  SV_FMT(make_unit_text(m, u))),
                  make_answer_choice(m, u, way_back, ", or no"));
}

void make_ask_choices(struct make *m, bool way_back)
{
    bool *used = make_used_parts(m, way_back);

    for (uint32_t p = 0; p < m->rb->n_parts; p++)
        if (used[p])
            make_ask_unit(m, (struct make_unit){true, p}, used, way_back);
    for (uint32_t i = 0; i < m->rb->n_steps; i++) {
        const struct rb_step *s = &m->rb->steps[i];

        if (make_is_choice(s) && (way_back ? make_is_way_back(m, s) : make_is_forward(m, s)) &&
            make_lead(m, i) == i)
            make_ask_unit(m, (struct make_unit){false, i}, used, way_back);
    }
    free(used);
}

/* --- what was chosen --- */

/* A choice that a person makes in the run: the decision has the id of what it is made of first. */
static void make_add_asked(struct make *m, struct make_unit u, struct make_unit first,
                           json_t *choices)
{
    struct sv condition = make_own_condition(m, u);
    json_t *j = json_object();

    json_put_sv(j, "part", make_unit_full_id(m, u));
    json_put_sv(j, "text",
                condition.n                   ? condition
                : make_group(m, u) != RB_NONE ? arena_fmt(m->arena, "if this way is chosen: '%.*s'",
                                                          SV_FMT(make_unit_text(m, u)))
                                              : SV("optional"));
    json_put_sv(j, "ask", make_unit_full_id(m, first));
    json_append(choices, j);
}

/* The full id: make_resolve_if_failed() knows it. */
static struct sv make_if_failed(const struct make *m, const struct binding_choice *c)
{
    uint32_t part = names_part(&m->names, c->if_failed);

    return part == RB_NONE ? m->rb->steps[names_step(&m->names, c->if_failed)].id
                           : m->rb->parts[part].id;
}

/* A choice that the run makes. */
static void make_add_choice(struct make *m, struct make_unit u, const struct binding_choice *c,
                            json_t *choices)
{
    json_t *j = json_object();

    json_put_sv(j, "part", make_unit_full_id(m, u));
    json_put_sv(j, "text", make_unit_condition(m, u));
    if (c->if_failed.n) {
        json_put_sv(j, "if_failed", make_if_failed(m, c));
    } else {
        json_put_sv(j, "when", m->rb->steps[names_step(&m->names, c->when)].id);
        json_put_sv(j, "contains", c->contains);
    }
    json_append(choices, j);
}

/* One of the choices of a step: decided ones skip it or are silent, others are kept. */
static void make_choice(struct make *m, struct make_unit u, json_t *choices, struct sv *skip)
{
    const struct binding_choice *c = make_choice_of(m, u);
    uint32_t group = make_group(m, u);
    bool known;

    if (group != RB_NONE) {
        struct make_ways w = make_ways_of(m, u.is_part, group);
        uint32_t chosen = w.chosen;

        if (w.asked && (!c || c->ask)) {
            make_add_asked(m, u, (struct make_unit){u.is_part, group}, choices);
            return;
        }
        if (chosen != RB_NONE && chosen != u.at && !c)
            *skip = arena_fmt(m->arena, "another way was chosen: '%.*s' (line %zu)",
                              SV_FMT(make_unit_text(m, (struct make_unit){u.is_part, chosen})),
                              make_unit_line(m, (struct make_unit){u.is_part, chosen}));
    }
    if (!c && make_is_elsewhere(m, u, &known))
        *skip = make_elsewhere_text(m, u);
    if (!c || (c->fixed && c->yes))
        return;
    if (c->fixed)
        *skip = make_no_text(m, u, c);
    else if (c->ask)
        make_add_asked(m, u, u, choices);
    else
        make_add_choice(m, u, c, choices);
}

void make_choices(struct make *m, uint32_t step, json_t *out, struct sv *skip)
{
    const struct rb_step *s = &m->rb->steps[step];
    json_t *choices = json_array();

    for (uint32_t p = s->part; p != RB_NONE; p = m->rb->parts[p].parent)
        make_choice(m, (struct make_unit){true, p}, choices, skip);
    if (make_is_choice(s))
        make_choice(m, (struct make_unit){false, make_lead(m, step)}, choices, skip);
    json_put(out, "choices", choices);
}
