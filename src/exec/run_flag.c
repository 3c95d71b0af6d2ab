/*
 * Flags that a rule switches off: the kill switch.
 *
 * What is to be switched is in the journal, with the rule that fired, before anything is written; what became of it follows.
 * The change itself is made in the loop's pool, two at the same time at most, so that a way back finds threads; its steps
 * do not wait for it, only the end of the run does.  A resume looks first, and finishes what was begun.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/sv.h"
#include "exec/run_int.h"
#include "flag/flag_job.h"
#include "plan/settings.h"

#define FLAGS_AT_ONCE 2u

struct run_switch {
    struct run *run;
    int64_t number; /* of the run's switches: 1, 2, 3, ... */
    struct sv flag, to, rule;
    int64_t
        fired_us; /* by the steady clock; resumed: by the wall clock, as another process saw it */
    bool begun, resumed;
    bool told; /* its outcome is in the journal, and the job has not ended yet */
    struct flag_job job;
    struct flag_binding binding;
    bool bound;
    json_t *settings;
    char *definitions;
};

static void switch_free(struct run_switch *s)
{
    flag_job_release(&s->job);
    flag_binding_release(&s->binding);
    json_decref(s->settings);
    free(s->definitions);
    free(s);
}

static struct run_switch *switch_add(struct run *r, int64_t number, const json_t *data,
                                     int64_t fired_us)
{
    struct run_switch *s = XNEW(struct run_switch);

    s->run = r;
    s->number = number;
    s->flag = arena_sv(&r->arena, json_get_sv(data, "flag"));
    s->to = arena_sv(&r->arena, json_get_sv(data, "to"));
    s->rule = arena_sv(&r->arena, json_get_sv(data, "rule"));
    s->fired_us = fired_us;
    *vec_add(&r->switches) = s;
    r->n_switched = number > r->n_switched ? number : r->n_switched;
    return s;
}

/* --- what is kept --- */

static json_t *switch_data(const struct run_switch *s)
{
    json_t *j = json_object();

    json_put_int(j, "number", s->number);
    json_put_sv(j, "flag", s->flag);
    json_put_sv(j, "to", s->to);
    json_put_sv(j, "rule", s->rule);
    return j;
}

static void switch_queue_outcome(struct run_switch *s, const char *result, const char *why)
{
    json_t *j = switch_data(s);
    int64_t now_us = s->resumed ? clock_now_us() : clock_steady_us();

    json_put_str(j, "result", result);
    json_put_str(j, "why", why);
    json_put_sv(j, "from", s->job.switched.from);
    json_put_int(j, "consumers", (int64_t)s->job.switched.consumers);
    json_put_int(j, "ms", now_us > s->fired_us ? (now_us - s->fired_us) / 1000 : 0);
    json_put_bool(j, "already", s->job.already);
    json_put_bool(j, "resumed", s->resumed);
    run_queue(s->run, EVENT_FLAG_OUTCOME, NULL, j);
}

static void switch_remove(struct run_switch *s)
{
    struct run *r = s->run;
    size_t i = 0;

    while (r->switches.v[i] != s)
        i++; /* it is one of them */
    r->switches.v[i] = r->switches.v[--r->switches.n];
    switch_free(s);
}

/* --- the change --- */

static const char *switch_result(enum err_code rc)
{
    switch ((int)rc) {
    case ERR_OK: return "in-effect";
    case ERR_INTERRUPTED:
    case ERR_TIMEOUT: return "in-doubt"; /* it may be written */
    default: return "failed";
    }
}

static void switch_done(struct flag_job *j)
{
    struct run_switch *s = j->owner;
    struct run *r = s->run;

    s->begun = false;
    r->n_switching--;
    if (r->over) { /* without an outcome a resume looks at it */
        if (s->told)
            switch_remove(s);
        return;
    }
    switch_queue_outcome(s, switch_result(j->rc), j->rc == ERR_OK ? "" : j->err.msg);
    switch_remove(s);
    if (run_commit(r) && run_flags_go(r))
        run_advance(r);
}

static enum err_code switch_prepare(struct run_switch *s, const struct plan_flag *f,
                                    struct err *err)
{
    struct run *r = s->run;
    CLEANUP(mem_freep) char *path = xstrdup_sv(f->consumers), *folder = path_dir(path);
    struct flag_switch *c = &s->job.change;

    if (settings_reveal(f->settings, r->opt.binding, &s->settings, err) != ERR_OK)
        return err->code;
    if (f->consumers.n && flag_binding_parse(f->text, path, folder, &s->binding, err) != ERR_OK)
        return err->code;
    s->bound = f->consumers.n > 0;
    s->definitions = xstrdup_sv(f->definitions);
    c->definitions = s->definitions;
    c->binding = s->bound ? &s->binding : NULL;
    c->token = json_get_sv(s->settings, "token");
    c->within_ms = c->limit_ms = (uint64_t)f->within_ms;
    c->change =
        (struct flag_change){.key = s->flag,
                             .variant = s->to,
                             .kill = !(s->bound && flag_binding_find(&s->binding, s->flag)),
                             .by = arena_fmt(&r->arena, "prusik %s", event_run_text(r->id).s),
                             .why = arena_fmt(&r->arena, "rule %.*s fired", SV_FMT(s->rule)),
                             .at_us = clock_now_us()};
    return ERR_OK;
}

/* False: its outcome is queued, and it is none of the open ones any more. */
static bool switch_begin(struct run_switch *s)
{
    const struct plan_flag *f = plan_find_flag(s->run->plan, s->flag);
    struct err err;

    if (f && f->rehearsal) {
        switch_queue_outcome(s, "left", "a rehearsal switches no flag");
        switch_remove(s);
        return false;
    }
    if (!f)
        (void)err_set(&err, ERR_NOT_FOUND, "the plan has no flag '%.*s'", SV_FMT(s->flag));
    if (!f || switch_prepare(s, f, &err) != ERR_OK) {
        switch_queue_outcome(s, "failed", err.msg);
        switch_remove(s);
        return false;
    }
    s->begun = true;
    s->run->n_switching++;
    s->job.owner = s;
    s->job.done = switch_done;
    flag_job_start(&s->job, &s->run->loop);
    return true;
}

bool run_flags_go(struct run *r)
{
    bool ended = false;
    size_t i = 0;

    while (i < r->switches.n && r->n_switching < FLAGS_AT_ONCE)
        if (r->switches.v[i]->begun)
            i++;
        else if (!switch_begin(r->switches.v[i]))
            ended = true; /* another one stands in its place */
    return !ended || run_commit(r);
}

void run_flags_fired(struct run *r, json_t *data)
{
    const struct plan_flag *f = plan_find_flag(r->plan, json_get_sv(data, "flag"));
    struct run_switch *s;
    json_t *intent;

    json_put_sv(data, "to", f ? f->off : SV("off"));
    s = switch_add(r, r->n_switched + 1, data, clock_steady_us());
    intent = switch_data(s);
    json_put_sv(intent, "text", json_get_sv(data, "text"));
    run_queue(r, EVENT_FLAG_INTENT, NULL, intent);
    json_decref(data);
}

/* --- the end --- */

bool run_flags_open(const struct run *r)
{
    return r->switches.n > 0;
}

void run_flags_leave(struct run *r, const char *why)
{
    for (size_t i = r->switches.n; i-- > 0;) {
        struct run_switch *s = r->switches.v[i];

        switch_queue_outcome(s, "in-doubt", why);
        s->told = s->begun;
        if (!s->begun)
            switch_remove(s);
    }
}

void run_flags_cancel(struct run *r)
{
    for (size_t i = 0; i < r->switches.n; i++)
        if (r->switches.v[i]->begun)
            flag_job_stop(&r->switches.v[i]->job);
}

bool run_flags_busy(const struct run *r)
{
    return r->n_switching > 0;
}

void run_flags_free(struct run *r)
{
    assert(!run_flags_busy(r));
    for (size_t i = 0; i < r->switches.n; i++)
        switch_free(r->switches.v[i]);
    vec_release(&r->switches);
}

/* --- from the journal --- */

void run_flags_load(struct run *r, const struct event *e, const json_t *data)
{
    int64_t number = json_get_int(data, "number", 0);

    if (e->kind == EVENT_FLAG_INTENT) {
        switch_add(r, number, data, e->at_us)->resumed = true;
        return;
    }
    for (size_t i = 0; i < r->switches.n; i++)
        if (r->switches.v[i]->number == number) {
            switch_remove(r->switches.v[i]);
            return;
        }
}

/* --- before a run --- */

static enum err_code flag_no_variant(const struct plan_flag *f, struct err *err)
{
    return err_set(err, ERR_INVALID, "flag '%.*s' has no variant '%.*s'", SV_FMT(f->name),
                   SV_FMT(f->off));
}

static enum err_code flag_check_definitions(const struct plan_flag *f, struct err *err)
{
    CLEANUP(mem_freep) char *path = xstrdup_sv(f->definitions);
    CLEANUP(flag_files_release) struct flag_files files = {.definitions = NULL};
    CLEANUP(flagset_freep) struct flagset *set = NULL;
    struct sv value;
    size_t at;

    flag_files_init(&files, path);
    if (flag_files_load(&files, &set, err) != ERR_OK)
        return err->code;
    if (!flagset_find(set, f->name, &at))
        return err_set(err, ERR_INVALID, "'%s' has no flag '%.*s'", path, SV_FMT(f->name));
    for (size_t i = 0; i < flagset_info(set, at).n_variants; i++)
        if (sv_eq(flagset_variant(set, at, i, &value), f->off))
            return ERR_OK;
    return flag_no_variant(f, err);
}

static enum err_code flag_check(const struct plan_flag *f, struct err *err)
{
    CLEANUP(mem_freep) char *path = xstrdup_sv(f->consumers), *folder = path_dir(path);
    CLEANUP(flag_binding_release) struct flag_binding b = {.n_flags = 0};
    const struct flag_elsewhere *other;

    if (f->consumers.n && flag_binding_parse(f->text, path, folder, &b, err) != ERR_OK)
        return err->code;
    other = flag_binding_find(&b, f->name);
    if (!other)
        return flag_check_definitions(f, err);
    for (size_t i = 0; i < other->n_variants; i++)
        if (sv_eq(other->variants[i].name, f->off))
            return ERR_OK;
    return flag_no_variant(f, err);
}

enum err_code run_flags_check(const struct plan *p, struct err *err)
{
    for (size_t i = 0; i < p->n_flags; i++)
        if (!p->flags[i].rehearsal && flag_check(&p->flags[i], err) != ERR_OK) {
            (void)err_hint(err, "docs/formats/binding.md: flags; prusik flag list");
            return err_wrap(err, "flags");
        }
    return ERR_OK;
}
