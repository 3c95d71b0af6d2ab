/*
 * What a failed step leads to: again, on all the same, a branch of the document, the way back, or a stop.
 */
#include <math.h>

#include "base/clock.h"
#include "base/sv.h"
#include "base/text.h"
#include "base/words.h"
#include "exec/run_int.h"

enum { FAIL_COMMAND = 80 };

/* --- again --- */

static void fail_on_timer(uv_timer_t *t)
{
    run_advance(t->data);
}

void run_fail_init(struct run *r)
{
    (void)uv_timer_init(&r->loop, &r->retry); /* always succeeds */
    r->retry.data = r;
}

/* How long before the next attempt, the n-th repetition; `random` in [0, 1) moves it within the jitter. */
int64_t run_retry_wait_ms(const struct plan_step *p, int64_t n, double random)
{
    double ms = (double)p->retry_wait_ms * pow(p->retry_factor, (double)(n - 1));

    if (p->retry_max_ms > 0 && ms > (double)p->retry_max_ms)
        ms = (double)p->retry_max_ms;
    ms *= 1 + p->retry_jitter * (2 * random - 1);
    return ms < 7 * 86400000.0 ? (int64_t)ms : 7 * INT64_C(86400000);
}

static void fail_queue_retry(struct run *r, struct run_step *s, int64_t ms)
{
    json_t *data = json_object();

    json_put_int(data, "after_ms", ms);
    json_put_int(data, "repetition", s->tries);
    json_put_int(data, "of", s->p->retries);
    json_put_str(data, "reason", r->last_reason ? r->last_reason : "");
    run_queue(r, EVENT_STEP_RETRY, s, data);
}

/* What a person said no to is not tried again unasked; nor is what had no attempt of its own. */
static bool fail_may_retry(const struct run_step *s)
{
    return s->attempt > 0 && !s->denied && s->tries < s->p->retries;
}

/* False: its time has come.  The timer's clock is not the one that says what is due. */
static bool fail_sleep(struct run *r, const struct run_step *s)
{
    int64_t left_us = s->retry_due_us - clock_steady_us();

    if (left_us <= 0)
        return false;
    (void)uv_timer_start(&r->retry, fail_on_timer, (uint64_t)(left_us / 1000 + 1),
                         0); /* always succeeds */
    return true;
}

/* True: it is tried again, now or when its time has come. */
static bool fail_retry(struct run *r, struct run_step *s)
{
    int64_t ms;

    if (s->retry_due_us) {
        if (fail_sleep(r, s))
            return true;
        s->retry_due_us = 0;
        run_step_event(r, EV_READY);
        return true;
    }
    if (!fail_may_retry(s))
        return false;
    s->tries++;
    ms = plan_scale(r->plan,
                    run_retry_wait_ms(s->p, s->tries, (double)(clock_mono_ns() % 1000) / 1000));
    fail_queue_retry(r, s, ms);
    if (!ms) {
        run_step_event(r, EV_READY);
        return true;
    }
    if (!run_commit(r)) /* who looks at it now sees that it is tried again */
        return true;
    s->retry_due_us = clock_steady_us() + ms * 1000;
    (void)fail_sleep(r, s); /* it is not due yet */
    return true;
}

/* --- on all the same, or a branch --- */

static void fail_queue_policy(struct run *r, struct run_step *s, const char *policy, struct sv to)
{
    json_t *data = json_object();

    json_put_str(data, "policy", policy);
    json_put_sv(data, "to", to);
    run_queue(r, EVENT_STEP_POLICY, s, data);
}

static void fail_go_on(struct run *r, struct run_step *s)
{
    fail_queue_policy(r, s, "continue", (struct sv){NULL, 0});
    s->left = true; /* it is passed over */
    run_advance(r);
}

static bool fail_in_branch(const struct run_step *s, struct sv of)
{
    for (size_t i = 0; i < s->p->n_branch_of; i++)
        if (sv_eq(s->p->branch_of[i], of))
            return true;
    return false;
}

/* The first step, from `from` on, of the branch that belongs to the failed step. */
static size_t fail_next_of_branch(const struct run *r, size_t from, struct sv of)
{
    while (from < r->n_forward && !fail_in_branch(&r->steps.v[from], of))
        from++;
    return from;
}

void run_branch_begin(struct run *r, const struct run_step *s)
{
    r->branch_of = (size_t)(s - r->steps.v);
    for (size_t i = fail_next_of_branch(r, 0, s->p->id); i < r->n_forward;
         i = fail_next_of_branch(r, i + 1, s->p->id))
        r->steps.v[i].state = STEP_PLANNED; /* it may have been taken before */
}

bool run_branch_resume(struct run *r)
{
    const struct sv of =
        r->branch_of == SIZE_MAX ? (struct sv){NULL, 0} : r->steps.v[r->branch_of].p->id;

    if (r->branch_of == SIZE_MAX || r->after_values == STAGE_WAY_BACK)
        return false;
    for (size_t i = fail_next_of_branch(r, 0, of); i < r->n_forward;
         i = fail_next_of_branch(r, i + 1, of)) {
        const struct run_step *s = &r->steps.v[i];

        if (s->state == STEP_DONE || s->state == STEP_SKIPPED || s->left)
            continue;
        r->at = i;
        return true;
    }
    r->branch_of = SIZE_MAX; /* all of it was done: the step that failed has its turn again */
    return false;
}

static void fail_take_branch(struct run *r, struct run_step *s, size_t first)
{
    fail_queue_policy(r, s, "branch", s->p->branch);
    run_branch_begin(r, s);
    r->at = first;
    run_advance(r);
}

/* Of a document without a way back nobody is sent there: the run would end, and nothing be undone. */
const char *run_or_back(struct run *r)
{
    if (r->plan->n_way_back)
        return arena_fmt(&r->arena, "or back: prusik rollback %s", event_run_text(r->id).s).p;
    return arena_fmt(&r->arena, "or end it as it is: prusik abort %s --why \"...\"",
                     event_run_text(r->id).s)
        .p;
}

bool run_branch_step_over(struct run *r)
{
    struct run_step *failed;

    if (r->branch_of == SIZE_MAX || r->stage != STAGE_FORWARD)
        return false;
    failed = &r->steps.v[r->branch_of];
    r->at = fail_next_of_branch(r, r->at + 1, failed->p->id);
    if (r->at < r->n_forward)
        return true;
    r->at = r->branch_of;
    r->branch_of = SIZE_MAX;
    (void)err_set(&r->err, ERR_FAILED,
                  "step %.*s failed; what the document says for that case (%.*s) is done",
                  SV_FMT(failed->p->id), SV_FMT(failed->p->branch));
    (void)err_hint(&r->err, "try it again: prusik retry %s; %s", event_run_text(r->id).s,
                   run_or_back(r));
    run_end(r, EXIT_CODE_FAILED);
    return true;
}

struct sv run_branch_skip(struct run *r, const struct plan_step *p)
{
    if (!p->n_branch_of || r->branch_of != SIZE_MAX)
        return (struct sv){NULL, 0};
    return arena_fmt(&r->arena, "only if step %.*s fails", SV_FMT(p->branch_of[0]));
}

/* --- what stands still --- */

/* "shop" of "shop.service". */
static struct sv fail_unit(struct sv word)
{
    struct sv suffix = SV(".service");

    return sv_ends(word, suffix) ? sv_sub(word, 0, word.n - suffix.n) : word;
}

/* Is it one of the command's words? */
static bool fail_names(struct sv command, struct sv unit)
{
    struct sv word;

    while (sv_next_word(&command, &word))
        if (sv_eq(fail_unit(word), unit))
            return true;
    return false;
}

/* What a command that stops something names: neither its program nor what that is told; false: no more. */
static bool fail_next_unit(struct sv *command, struct sv *ret)
{
    static struct words others = WORDS(
        "sudo systemctl service docker docker-compose compose podman supervisorctl sv stop all");
    struct sv word;

    while (sv_next_word(command, &word))
        if (!words_have(&others, word) && word.p[0] != '-' && !ascii_is_digit(word.p[0])) {
            *ret = fail_unit(word);
            return true;
        }
    return false;
}

/* A stop of one service the reader knows; of several ("systemctl stop web queue") the words tell it. */
static bool fail_is_stop(const struct plan_step *p)
{
    if (p->verb.n || !sv_eq(p->effect, SV("service")))
        return sv_eq(p->verb, SV("stop"));
    for (size_t i = 0; i < p->command.n; i++)
        if (strchr(";&|<>()$`'\"\n", p->command.p[i]))
            return false; /* more than one command's words */
    return sv_has_word(p->command, SV("stop"));
}

/* Has a step behind that one, of a service there, another verb and this unit? */
static bool fail_is_started(const struct run *r, size_t stop, struct sv unit)
{
    const struct plan_step *p = r->steps.v[stop].p;

    for (size_t i = stop + 1; i < r->steps.n; i++) {
        const struct run_step *s = &r->steps.v[i];

        if (s->state == STEP_DONE && sv_eq(s->p->effect, SV("service")) && !fail_is_stop(s->p) &&
            sv_eq(s->p->host, p->host) && (!unit.n || fail_names(s->p->command, unit)))
            return true;
    }
    return false;
}

/* Of what a step has stopped, is something not known to have been started? */
static bool fail_stands_still(const struct run *r, size_t stop)
{
    struct sv rest = r->steps.v[stop].p->command, unit;
    bool named = false;

    while (fail_next_unit(&rest, &unit)) {
        named = true;
        if (!fail_is_started(r, stop, unit))
            return true;
    }
    return !named && !fail_is_started(r, stop, (struct sv){NULL, 0});
}

/* Behind the error: a service that a step has stopped, and that stands still while people read this. */
static void fail_tell_stopped(struct run *r)
{
    for (size_t i = 0; i < r->steps.n; i++) {
        const struct plan_step *p = r->steps.v[i].p;
        const char *msg;

        if (r->steps.v[i].state != STEP_DONE || !fail_is_stop(p) || !fail_stands_still(r, i))
            continue;
        msg = arena_strdup(&r->arena, sv_from(r->err.msg)); /* err_set() writes over it */
        (void)err_set(
            &r->err, ERR_FAILED,
            "%s; '%.*s' (line %zu) was carried out, and no step is known to have started it since",
            msg, SV_FMT(text_cut(p->command, FAIL_COMMAND)), p->line);
    }
}

/* --- stop --- */

static const char *fail_colon(const struct run *r)
{
    return r->last_reason ? ": " : "";
}

/* It ends as failed; other hosts of a group are brought to its end all the same. */
static void fail_way_back(struct run *r, const struct run_step *s)
{
    if (!r->way_back_failed) { /* later ones follow from it */
        (void)err_set(&r->err, ERR_FAILED, "the way back failed at step %.*s%s%s", SV_FMT(s->p->id),
                      fail_colon(r), r->last_reason ? r->last_reason : "");
        fail_tell_stopped(r);
        (void)err_hint(&r->err,
                       "mend it and go on: prusik resume %s; or leave the step out: prusik skip %s "
                       "%.*s --why \"...\"",
                       event_run_text(r->id).s, event_run_text(r->id).s, SV_FMT(s->p->id));
    }
    r->way_back_failed = true;
    r->at++;
    run_advance(r);
}

/* "; or leave it out: prusik skip r-0001 2/1 --why ...".  An approval does not get here: its gate ends the run. */
static const char *fail_or_skip(struct run *r, const struct run_step *s)
{
    return arena_fmt(&r->arena, "; or leave the step out: prusik skip %s %.*s --why \"...\"",
                     event_run_text(r->id).s, SV_FMT(s->p->id))
        .p;
}

static void fail_stop(struct run *r, const struct run_step *s)
{
    fail_tell_stopped(r);
    if (s->p->if_failed.n)
        (void)err_hint(&r->err, "the document says: %.*s; then: prusik retry %s%s; %s",
                       SV_FMT(s->p->if_failed), event_run_text(r->id).s, fail_or_skip(r, s),
                       run_or_back(r));
    else
        (void)err_hint(&r->err, "mend it and go on: prusik resume %s%s; %s",
                       event_run_text(r->id).s, fail_or_skip(r, s), run_or_back(r));
    run_end(r, EXIT_CODE_FAILED);
}

/* The step's own policy; else that of the plan, which is for steps of the deployment. */
static struct sv fail_policy(const struct run *r, const struct run_step *s)
{
    if (s->p->on_failure.n)
        return s->p->on_failure;
    return sv_eq(s->p->role, SV("deploy")) ? r->plan->on_failure : SV("stop");
}

void run_after_failure(struct run *r, struct run_step *s)
{
    struct sv policy = fail_policy(r, s);
    size_t first;

    if (r->asking || fail_retry(r, s)) /* what is done instead of it is asked */
        return;
    if (sv_eq(policy, SV("continue"))) {
        fail_go_on(r, s);
        return;
    }
    if ((r->stage == STAGE_WAY_BACK || sv_eq(policy, SV("stop")) || !s->p->on_failure.n) &&
        run_choice_planned(r, s))
        return;
    if ((r->stage == STAGE_WAY_BACK || sv_eq(policy, SV("stop"))) && run_choice_instead(r))
        return;
    if (r->stage == STAGE_WAY_BACK) {
        fail_way_back(r, s);
        return;
    }
    (void)err_set(&r->err, ERR_FAILED, "step %.*s failed%s%s", SV_FMT(s->p->id), fail_colon(r),
                  r->last_reason ? r->last_reason : "");
    first = fail_next_of_branch(r, 0, s->p->id);
    if (sv_eq(policy, SV("rollback"))) {
        run_begin_way_back(r, sv_from(r->err.msg), SV("plan"));
        run_advance(r);
    } else if (sv_eq(policy, SV("branch")) && first < r->n_forward && r->branch_of == SIZE_MAX) {
        fail_take_branch(r, s, first);
    } else {
        fail_stop(r, s);
    }
}

/* Steps that failed and were left: the run is not simply done. */
const struct run_step *run_left_step(const struct run *r)
{
    for (size_t i = 0; i < r->n_forward; i++)
        if (r->steps.v[i].left)
            return &r->steps.v[i];
    return NULL;
}
