/*
 * What is carried out only if: by the output of a step, since another has failed, or by the word of a person who is asked
 * when its turn has come.
 *
 * A decision is asked about before the first step that hangs on it.  When a way that was chosen fails, or what stands right
 * before an option "only if ... fails", the person is asked whether another one is gone instead.  What was said is durable
 * before anything follows from it, so that nobody is asked twice.
 */
#include "base/sv.h"
#include "exec/run_int.h"

struct run_decision {
    bool made;
    size_t chosen;     /* of its options; their number: none */
    bool *failed;      /* of each option: it was chosen, and a step of it failed */
    size_t instead_of; /* the step before it whose failure led to it; SIZE_MAX: none */
    struct sv by;
};

void run_choices_init(struct run *r)
{
    r->choice.of = ARENA_NEWN(&r->arena, struct run_decision, r->plan->n_decisions);
    for (size_t i = 0; i < r->plan->n_decisions; i++)
        r->choice.of[i] = (struct run_decision){
            .failed = ARENA_NEWN(&r->arena, bool, r->plan->decisions[i].n_options),
            .instead_of = SIZE_MAX};
    r->choice.failed = r->choice.denied = SIZE_MAX;
}

/* --- what hangs on a decision --- */

/* Its number; r->plan->n_decisions: it is none. */
static size_t choice_find(const struct run *r, struct sv id)
{
    const struct plan_decision *d = id.n ? plan_decision(r->plan, id) : NULL;

    return d ? (size_t)(d - r->plan->decisions) : r->plan->n_decisions;
}

/* Which of the options; their number: it is none. */
static size_t choice_option(const struct plan_decision *d, struct sv id)
{
    const struct plan_option *o = plan_option(d, id);

    return o ? (size_t)(o - d->options) : d->n_options;
}

static bool choice_hangs(const struct run_step *s, const struct plan_decision *d, size_t option)
{
    for (size_t i = 0; i < s->p->n_choices; i++)
        if (sv_eq(s->p->choices[i].ask, d->id) && choice_option(d, s->p->choices[i].part) == option)
            return true;
    return false;
}

/* The first step of the option that is carried out in this direction; r->steps.n: there is none. */
static size_t choice_first(const struct run *r, const struct plan_decision *d, size_t option,
                           bool way_back)
{
    size_t i = way_back ? r->n_forward : 0, end = way_back ? r->steps.n : r->n_forward;

    for (; i < end; i++) {
        size_t back = i - r->n_forward;
        bool left = way_back && back < r->back.steps.n && r->back.steps.v[back].left.n;

        if (!r->steps.v[i].p->skip.n && !left && choice_hangs(&r->steps.v[i], d, option))
            return i;
    }
    return r->steps.n;
}

/* --- words --- */

/* "'Restore from Backup' (line 531), only if the migration rollback fails" */
static struct sv choice_option_text(struct run *r, const struct plan_option *o)
{
    return arena_fmt(&r->arena, "'%.*s' (line %zu)%s%.*s", SV_FMT(o->title), o->line,
                     o->condition.n ? ", " : "", SV_FMT(o->condition));
}

/* How many options have not failed; *last: the last of them. */
static size_t choice_left(const struct run *r, size_t at, size_t *last)
{
    size_t n = 0;

    for (size_t i = 0; i < r->plan->decisions[at].n_options; i++) {
        if (r->choice.of[at].failed[i])
            continue;
        *last = i;
        n++;
    }
    return n;
}

static struct sv choice_text(struct run *r, size_t at)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    const struct plan_decision *d = &r->plan->decisions[at];
    size_t n = 0, last = 0;

    if (r->choice.failed != SIZE_MAX) {
        struct sv failed = r->steps.v[r->choice.failed].p->id;

        strbuf_addf(&b, "step %.*s failed, do it instead? ", SV_FMT(failed));
    } else {
        strbuf_add_str(&b, choice_left(r, at, &last) > 1 ? "which way? " : "do it? ");
    }
    for (size_t i = 0; i < d->n_options; i++)
        if (!r->choice.of[at].failed[i])
            strbuf_addf(&b, "%s%.*s", n++ ? "; " : "",
                        SV_FMT(choice_option_text(r, &d->options[i])));
    return arena_sv(&r->arena, strbuf_sv(&b));
}

/* --- asking --- */

/* Has nothing failed that was to be done before? */
static bool choice_is_clean(const struct run *r)
{
    for (size_t i = r->at < r->n_forward ? 0 : r->n_forward; i <= r->at; i++)
        if (r->steps.v[i].state == STEP_FAILED)
            return false;
    return true;
}

static void choice_ask(struct run *r, size_t at)
{
    struct run_question q = {.kind = QUESTION_CHOICE,
                             .step = run_current(r)->p,
                             .decision = &r->plan->decisions[at],
                             .gone = r->choice.of[at].failed,
                             .clean = choice_is_clean(r),
                             .text = choice_text(r, at)};

    if (r->choice.failed != SIZE_MAX)
        q.failed = r->last_reason ? sv_from(r->last_reason) : SV("it failed");
    r->question = QUESTION_CHOICE;
    r->choice.asked = at;
    run_ask(r, &q);
}

/* What was said, in this process or in an earlier one; failed: the step instead of which, or SIZE_MAX. */
static void choice_take(struct run *r, size_t at, size_t chosen, struct sv by, size_t failed)
{
    const struct plan_decision *d = &r->plan->decisions[at];
    struct run_decision *said = &r->choice.of[at];
    bool another = false;

    r->choice.failed = SIZE_MAX;
    if (failed != SIZE_MAX && chosen == d->n_options)
        return; /* nothing is done instead: it stands as it is */
    said->made = true;
    said->chosen = chosen;
    said->by = arena_sv(&r->arena, by);
    if (failed == SIZE_MAX)
        return;
    r->steps.v[failed].left = true; /* it is passed over */
    for (size_t i = 0; i < d->n_options; i++)
        another |= choice_hangs(&r->steps.v[failed], d, i);
    if (!another)
        said->instead_of = failed;
    for (size_t i = 0; i < r->steps.n; i++) /* a way that stands before the one that failed */
        if (r->steps.v[i].way_back == r->steps.v[failed].way_back &&
            r->steps.v[i].state == STEP_SKIPPED && choice_hangs(&r->steps.v[i], d, chosen))
            r->steps.v[i].state = STEP_PLANNED;
}

static json_t *choice_answer_data(struct run *r, size_t at, size_t chosen, struct sv by,
                                  struct sv note)
{
    const struct plan_decision *d = &r->plan->decisions[at];
    bool yes = chosen < d->n_options;
    json_t *data = json_object();

    json_put_str(data, "answer", yes ? "yes" : "no");
    json_put_sv(data, "by", by);
    json_put_sv(data, "note", note);
    json_put_str(data, "how", "asked");
    json_put_sv(data, "choice", d->id);
    if (yes)
        json_put_sv(data, "chosen", d->options[chosen].id);
    json_put_sv(data, "what",
                yes || d->n_options == 1 ? choice_option_text(r, &d->options[yes ? chosen : 0])
                                         : SV("none of the ways"));
    json_put_bool(data, "instead", r->choice.failed != SIZE_MAX);
    return data;
}

size_t run_choice_of_yes(const struct run *r)
{
    size_t last = 0;

    return choice_left(r, r->choice.asked, &last) == 1 ? last + 1 : SIZE_MAX;
}

void run_choice_answer(struct run *r, size_t option, struct sv by, struct sv note)
{
    size_t at = r->choice.asked, failed = r->choice.failed, first;
    const struct plan_decision *d = &r->plan->decisions[at];
    size_t chosen = option ? option - 1 : d->n_options;

    r->asking = false;
    if (option > d->n_options || (option && r->choice.of[at].failed[chosen])) {
        choice_ask(r, at); /* there is no such way */
        return;
    }
    run_queue(r, EVENT_ANSWER, run_current(r), choice_answer_data(r, at, chosen, by, note));
    choice_take(r, at, chosen, by, failed);
    if (!option)
        r->choice.denied = failed;
    if (!run_commit(r))
        return;
    first = option && failed != SIZE_MAX ? choice_first(r, d, chosen, r->steps.v[failed].way_back)
                                         : SIZE_MAX;
    if (first < r->at)
        r->at = first;
    run_advance(r);
}

/* --- a step's turn --- */

/* *ret: the output of the step that a choice looks at has its text.  False: it cannot be read, run_broken() was called. */
static bool choice_holds(struct run *r, const struct plan_choice *c, bool *ret)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;

    *ret = false;
    for (size_t i = 0; i < r->steps.n; i++) {
        const struct run_step *s = &r->steps.v[i];

        if (!s->has_out || !sv_eq(s->p->id, c->when))
            continue;
        if (store_blob(r->store, &s->out, SIZE_MAX, &text, &err) != ERR_OK) {
            run_broken(r, &err);
            return false;
        }
        *ret = sv_has(strbuf_sv(&text), c->contains);
    }
    return true;
}

/* Why a choice by output leaves the step out; empty: it does not.  False: the journal broke. */
static bool choice_by_output(struct run *r, const struct plan_choice *c, struct sv *why)
{
    bool holds;

    if (!run_commit(r)) /* the output of the step just before is looked at in the store */
        return false;
    if (!choice_holds(r, c, &holds))
        return false;
    if (!holds)
        *why = arena_fmt(&r->arena, "%.*s: the output of step %.*s does not have \"%.*s\"",
                         SV_FMT(c->text), SV_FMT(c->when), SV_FMT(c->contains));
    return true;
}

/* Why the word of a person leaves the step out; empty: it does not. */
static struct sv choice_by_word(struct run *r, size_t at, size_t option)
{
    const struct plan_decision *d = &r->plan->decisions[at];
    const struct run_decision *said = &r->choice.of[at];

    if (said->chosen == option)
        return (struct sv){NULL, 0};
    if (said->chosen < d->n_options)
        return arena_fmt(&r->arena, "another way was chosen: '%.*s' (line %zu)",
                         SV_FMT(d->options[said->chosen].title), d->options[said->chosen].line);
    return arena_fmt(&r->arena, "%.*s said no: '%.*s' (line %zu)", SV_FMT(said->by),
                     SV_FMT(d->options[option].title), d->options[option].line);
}

/* The part that the step stands in and the other does not: "back/2" of "back/2/1" beside "back/3"; empty: there is none. */
static struct sv choice_unit(struct sv part, struct sv other)
{
    for (size_t end = 0; end < part.n; end++) {
        struct sv front;

        end = size_min(sv_find_byte(part, '/', end), part.n);
        front = sv_sub(part, 0, end);
        if (!sv_starts(other, front) || (other.n > end && other.p[end] != '/'))
            return front;
    }
    return (struct sv){NULL, 0};
}

static bool choice_is_in(struct sv part, struct sv unit)
{
    return unit.n && sv_starts(part, unit) && (part.n == unit.n || part.p[unit.n] == '/');
}

/* Is the step the one whose failure decides, or one of that part? */
static bool choice_is_of(struct sv id, struct sv of)
{
    return of.n && sv_starts(id, of) && (id.n == of.n || id.p[of.n] == '/' || id.p[of.n] == '@');
}

/* Why a choice by a failure leaves the step out; empty: it does not. */
static struct sv choice_by_failure(struct run *r, const struct plan_choice *c)
{
    for (size_t i = 0; i < r->at; i++)
        if (r->steps.v[i].state == STEP_FAILED && choice_is_of(r->steps.v[i].p->id, c->if_failed))
            return (struct sv){NULL, 0};
    return arena_fmt(&r->arena, "%.*s: %.*s has not failed", SV_FMT(c->text), SV_FMT(c->if_failed));
}

/* The rest of the part of a step that failed is passed over when something else is done instead. */
static struct sv choice_passed_part(struct run *r)
{
    for (size_t i = 0; i < r->at; i++) {
        const struct run_step *s = &r->steps.v[i];

        if (s->state == STEP_FAILED && s->instead.n && s->way_back == run_current(r)->way_back &&
            choice_is_in(run_current(r)->p->part, choice_unit(s->p->part, s->instead)))
            return arena_fmt(&r->arena, "step %.*s failed, and %.*s is done instead",
                             SV_FMT(s->p->id), SV_FMT(s->instead));
    }
    return (struct sv){NULL, 0};
}

/* What stands between a step that failed and what is done instead of it is passed over. */
static struct sv choice_passed(struct run *r)
{
    for (size_t i = 0; i < r->plan->n_decisions; i++) {
        const struct plan_decision *d = &r->plan->decisions[i];
        const struct run_decision *said = &r->choice.of[i];
        const struct plan_option *gone;
        struct sv failed;

        if (said->instead_of == SIZE_MAX || r->at <= said->instead_of ||
            r->at >= choice_first(r, d, said->chosen, run_current(r)->way_back))
            continue;
        failed = r->steps.v[said->instead_of].p->id;
        gone = &d->options[said->chosen];
        return arena_fmt(&r->arena, "step %.*s failed, and '%.*s' (line %zu) is done instead",
                         SV_FMT(failed), SV_FMT(gone->title), gone->line);
    }
    return (struct sv){NULL, 0};
}

/* Of the decisions that are open, that about the widest part; r->plan->n_decisions: none is. */
static size_t choice_open(const struct run *r, const struct plan_step *p)
{
    size_t found = r->plan->n_decisions, room = SIZE_MAX;

    for (size_t i = 0; i < p->n_choices; i++) {
        size_t at = choice_find(r, p->choices[i].ask);

        if (at == r->plan->n_decisions || r->choice.of[at].made || p->choices[i].part.n >= room)
            continue;
        room = p->choices[i].part.n;
        found = at;
    }
    return found;
}

bool run_choices_open(struct run *r)
{
    const struct plan_step *p = run_current(r)->p;
    struct sv why = choice_passed(r);
    size_t open;

    if (!why.n)
        why = choice_passed_part(r);

    for (size_t i = 0; i < p->n_choices && !why.n; i++) {
        const struct plan_choice *c = &p->choices[i];
        size_t at = choice_find(r, c->ask);

        if (c->if_failed.n) {
            why = choice_by_failure(r, c);
        } else if (at == r->plan->n_decisions) {
            if (!choice_by_output(r, c, &why))
                return false;
        } else if (r->choice.of[at].made) {
            why = choice_by_word(r, at, choice_option(&r->plan->decisions[at], c->part));
        }
    }
    if (why.n) {
        run_step_skip(r, why);
        return false;
    }
    open = choice_open(r, p);
    if (open == r->plan->n_decisions)
        return true;
    if (!r->asking) /* the answer calls run_advance() */
        choice_ask(r, open);
    return false;
}

/* --- instead of what failed --- */

/* Does the option's first step stand right behind what the step that failed belongs to? */
static bool choice_is_next(struct run *r, size_t first)
{
    struct sv unit = choice_unit(run_current(r)->p->part, r->steps.v[first].p->part);

    for (size_t i = r->at + 1; i < first; i++)
        if (!choice_is_in(r->steps.v[i].p->part, unit) && !r->steps.v[i].p->skip.n)
            return false;
    return first > r->at;
}

/* Another way than the one that is gone; false: it is none of this decision, or no other one is left. */
static bool choice_has_another(struct run *r, size_t at)
{
    struct run_decision *said = &r->choice.of[at];
    size_t last;

    if (!said->made || said->chosen >= r->plan->decisions[at].n_options ||
        !choice_hangs(run_current(r), &r->plan->decisions[at], said->chosen))
        return false;
    said->failed[said->chosen] = true;
    return choice_left(r, at, &last) > 0;
}

/* "Only if the migration rollback fails", right behind it, of which nothing was said yet. */
static bool choice_is_for_failure(struct run *r, size_t at)
{
    const struct plan_decision *d = &r->plan->decisions[at];
    size_t first;

    if (r->choice.of[at].made || d->n_options != 1 || !d->options[0].after_failure)
        return false;
    first = choice_first(r, d, 0, run_current(r)->way_back);
    return first < r->steps.n && choice_is_next(r, first);
}

static void choice_queue_policy(struct run *r, size_t at)
{
    json_t *data = json_object();

    json_put_str(data, "policy", "ask");
    json_put_sv(data, "to", r->plan->decisions[at].id);
    json_put_str(data, "reason", r->last_reason ? r->last_reason : "");
    run_queue(r, EVENT_STEP_POLICY, run_current(r), data);
}

bool run_choice_instead(struct run *r)
{
    for (size_t at = 0; at < r->plan->n_decisions && r->opt.ask; at++) {
        if (r->choice.denied == r->at ||
            (!choice_has_another(r, at) && !choice_is_for_failure(r, at)))
            continue;
        if (r->choice.failed != r->at) /* a resume finds it in the journal */
            choice_queue_policy(r, at);
        r->choice.failed = r->at;
        choice_ask(r, at);
        return true;
    }
    return false;
}

/* Which part or step the plan names for when this one fails, if it has still its turn; empty: none. */
static struct sv choice_named_instead(const struct run *r, const struct run_step *failed)
{
    for (size_t i = r->at + 1; i < r->steps.n; i++) {
        const struct run_step *s = &r->steps.v[i];
        size_t back = i - r->n_forward;
        bool left = s->way_back && back < r->back.steps.n && r->back.steps.v[back].left.n;

        if (s->way_back != failed->way_back || s->p->skip.n || left)
            continue;
        for (size_t k = 0; k < s->p->n_choices; k++)
            if (choice_is_of(failed->p->id, s->p->choices[k].if_failed))
                return s->p->choices[k].part;
    }
    return (struct sv){NULL, 0};
}

bool run_choice_planned(struct run *r, struct run_step *s)
{
    json_t *data;

    s->instead = choice_named_instead(r, s);
    if (!s->instead.n)
        return false;
    data = json_object();
    json_put_str(data, "policy", "instead");
    json_put_sv(data, "to", s->instead);
    json_put_str(data, "reason", r->last_reason ? r->last_reason : "");
    run_queue(r, EVENT_STEP_POLICY, s, data);
    s->left = true; /* it is passed over */
    run_advance(r);
    return true;
}

/* --- from the journal --- */

void run_choice_load(struct run *r, size_t step, const struct event *e, const json_t *data)
{
    size_t at = choice_find(r, json_get_sv(data, e->kind == EVENT_ANSWER ? "choice" : "to"));
    size_t chosen;

    if (at == r->plan->n_decisions)
        return;
    if (e->kind == EVENT_ANSWER) {
        chosen = choice_option(&r->plan->decisions[at], json_get_sv(data, "chosen"));
        choice_take(r, at, chosen, json_get_sv(data, "by"),
                    json_get_bool(data, "instead", false) ? step : SIZE_MAX);
        return;
    }
    if (r->choice.of[at].made && r->choice.of[at].chosen < r->plan->decisions[at].n_options)
        r->choice.of[at].failed[r->choice.of[at].chosen] = true;
    r->choice.failed = step;
    free(r->last_reason);
    r->last_reason = xstrdup(json_get_str(data, "reason", ""));
}
