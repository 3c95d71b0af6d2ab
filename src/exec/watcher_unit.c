/*
 * Services of the plan: unit.NAME in rules.  One that has a pid file is looked at by it; of any other its
 * manager is asked, by the same calls as the steps of a service make (action/manager.h).
 */
#include "action/manager.h"
#include "base/clock.h"
#include "base/sv.h"
#include "exec/watcher_int.h"
#include "watch/process.h"

/* --- asking a manager, as a source --- */

struct unit_source {
    struct source source; /* first */
    const struct plan *plan;
    const struct plan_service *service;
    struct manager_call call;
};

static struct unit_source *unit_of(struct source *s)
{
    return container_of(s, struct unit_source, source);
}

static enum err_code unit_open(struct source *s UNUSED, json_t *settings UNUSED,
                               struct err *err UNUSED)
{
    return ERR_OK; /* whose it is, is set behind it */
}

static void unit_close(struct source *s UNUSED)
{
}

/* A number, or why there is none. */
static void unit_add_memory(struct sample_list *l, double bytes, struct sv why)
{
    if (bytes < 0)
        sample_add_error(l, "memory", why);
    else
        sample_add_number(l, "memory", bytes, "B");
}

static void unit_add_cpu(struct sample_list *l, double s, struct sv why)
{
    if (s < 0)
        sample_add_error(l, "cpu", why);
    else
        sample_add_counter(l, "cpu", s, "s");
}

/* systemd accounts what all processes of a unit use; where a manager does not, the main process is looked at. */
static void unit_add_use(const struct unit_source *u, struct sample_list *l)
{
    const struct manager_status *now = &u->call.status;
    struct process_used used;
    struct err err = {0};

    if (!now->pid && now->state != MANAGER_RUNNING) {
        sample_add_null(l, "memory", "B");
        sample_add_null(l, "cpu", "s");
    } else if (sv_starts(u->service->manager, SV("systemd"))) {
        unit_add_memory(l, (double)now->memory_bytes,
                        SV("systemd does not account the memory of this unit "
                           "(MemoryAccounting, systemd.resource-control(5))"));
        unit_add_cpu(l, now->cpu_us < 0 ? -1 : (double)now->cpu_us / CLOCK_US_PER_S,
                     SV("systemd does not account the time that this unit takes "
                        "(CPUAccounting, systemd.resource-control(5))"));
    } else {
        if (process_use(now->pid, &used, &err) != ERR_OK)
            used = (struct process_used){.rss_bytes = -1, .cpu_s = -1};
        unit_add_memory(l, used.rss_bytes, sv_from(err.msg));
        unit_add_cpu(l, used.cpu_s, sv_from(err.msg));
    }
}

static void unit_add_all(const struct unit_source *u, struct sample_list *l)
{
    const struct manager_status *now = &u->call.status;

    sample_add_bool(l, "alive", now->state == MANAGER_RUNNING);
    sample_add_text(l, "state", sv_from(now->text));
    sample_add_number(l, "pid", (double)now->pid, NULL);
    sample_add_number(l, "started", (double)now->started_us / CLOCK_US_PER_S, "s");
    if (now->restarts >= 0)
        sample_add_counter(l, "restarts", (double)now->restarts, NULL);
    sample_add_bool(l, "ended", now->ended);
    unit_add_use(u, l);
}

static void unit_on_told(struct manager_call *c)
{
    struct unit_source *u = c->data;
    struct source *s = &u->source;
    enum err_code rc = c->rc;

    if (rc == ERR_OK && c->status.state == MANAGER_UNKNOWN)
        rc = err_set(&c->err, ERR_FAILED, "the state '%s' is none that is known", c->status.text);
    if (rc == ERR_OK)
        unit_add_all(u, &s->samples);
    else
        s->err = c->err;
    manager_release(c);
    if (rc != ERR_OK)
        (void)err_wrap(&s->err, "source '%s'", s->name);
    source_report(s, rc);
}

static void unit_start(struct source *s)
{
    struct unit_source *u = unit_of(s);

    u->call = (struct manager_call){.loop = s->env.loop,
                                    .http = s->env.http,
                                    .plan = u->plan,
                                    .service = u->service,
                                    .verb = MANAGER_STATUS,
                                    .timeout_ms = s->timeout_ms,
                                    .done = unit_on_told,
                                    .data = u};
    manager_start(&u->call);
}

static void unit_cancel(struct source *s)
{
    manager_cancel(&unit_of(s)->call);
}

static const struct source_ops source_unit = {
    .kind = "unit",
    .help = "a service, as its manager tells",
    .size = sizeof(struct unit_source),
    .open = unit_open,
    .close = unit_close,
    .start = unit_start,
    .cancel = unit_cancel,
};

/* --- from its samples to those of the judge --- */

struct sv unit_member(struct sv name)
{
    static const struct {
        struct sv from, to;
    } names[] = {{SV("alive"), SV("active")},  {SV("state"), SV("state")},
                 {SV("memory"), SV("memory")}, {SV("rss"), SV("memory")},
                 {SV("cpu"), SV("cpu")},       {SV("restarts"), SV("restarts")}};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (sv_eq(name, names[i].from))
            return names[i].to;
    return (struct sv){NULL, 0};
}

static void unit_events(struct watcher_feed *f, const char *member, int64_t at_us, uint64_t n)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);

    strbuf_addf(&name, "%.*s.%s", SV_FMT(f->name), member);
    if (n)
        (void)samples_add_events(f->w->samples, f->id, strbuf_sv(&name), at_us,
                                 n); /* false: no rule asks for it */
}

static double unit_number(const struct sample_list *l, struct sv name, double otherwise)
{
    const struct sample *s = sample_find(l, name);

    return s && s->kind == SAMPLE_NUMBER ? s->number : otherwise;
}

/* Before the deploy mark, and while the watch pauses, the steps stop and start it, and nothing is counted; later nobody does. */
static void unit_count(struct watcher_feed *f, const struct sample_list *l, bool alive)
{
    const struct sample *ended = sample_find(l, SV("ended"));
    struct manager_status now = {.state = alive ? MANAGER_RUNNING : MANAGER_STOPPED,
                                 .pid = (int64_t)unit_number(l, SV("pid"), 0),
                                 .started_us =
                                     (int64_t)(unit_number(l, SV("started"), 0) * CLOCK_US_PER_S),
                                 .restarts = (int64_t)unit_number(l, SV("restarts"), -1),
                                 .ended = ended && ended->truth};
    uint64_t crashes = f->count.crashes, restarts = f->count.restarts,
             failed = f->count.starts_failed;

    service_count_take(&f->count, &now, l->at_us);
    if (f->w->marked && !f->w->paused) {
        unit_events(f, "crashes", l->at_us, f->count.crashes - crashes);
        unit_events(f, "restarts", l->at_us, f->count.restarts - restarts);
        unit_events(f, "starts_failed", l->at_us, f->count.starts_failed - failed);
    }
    strbuf_truncate(&f->position, 0);
    service_count_save(&f->count, &f->position);
}

static void unit_sample(struct watcher_feed *f, const struct sample *s)
{
    struct sv member = unit_member(s->name);

    if (sv_is(member, "restarts")) /* unit_count() has it */
        return;
    if (member.n && s->type == SAMPLE_COUNTER && s->kind == SAMPLE_NUMBER)
        feed_share(f, s);
    else if (member.n)
        feed_member(f, member, s);
}

static void take_unit(struct watcher_feed *f, const struct sample_list *l)
{
    const struct sample *up = sample_find(l, SV("alive")), *why = sample_find(l, SV("why"));

    assert(up); /* a look that succeeded says it */
    unit_count(f, l, up->truth);
    samples_add_probe(f->w->samples, f->id, up->at_us, up->truth ? PROBE_UP : PROBE_DOWN);
    if (!sample_find(l, SV("state"))) { /* of a pid file */
        struct sample state = *up;

        state.kind = SAMPLE_TEXT;
        state.text = why ? why->text : SV("running");
        feed_member(f, SV("state"), &state);
    }
    for (size_t i = 0; i < l->v.n; i++)
        unit_sample(f, &l->v.v[i]);
}

bool unit_is(const struct watcher_feed *f)
{
    return f->take == take_unit;
}

/* --- opening --- */

static enum err_code unit_open_managed(struct watcher *w, const struct plan_service *service,
                                       struct sv name, struct err *err)
{
    CLEANUP(json_cleanup) json_t *none = json_object();
    struct source_env env = {.loop = w->cfg.loop, .http = w->cfg.http};
    struct source *s;

    if (source_open_row(&source_unit, name, none, &env, &s, err) != ERR_OK)
        return err->code; /* uncovered: it has no settings that could be wrong */
    unit_of(s)->plan = w->cfg.plan;
    unit_of(s)->service = service;
    (void)feed_add(w, s, name, take_unit);
    return ERR_OK;
}

enum err_code units_open(struct watcher *w, struct err *err)
{
    const struct plan *p = w->cfg.plan;
    enum err_code rc = ERR_OK;

    for (size_t i = 0; rc == ERR_OK && i < p->n_services; i++) {
        const struct plan_service *s = &p->services[i];
        struct sv name = arena_fmt(&w->arena, "unit.%.*s", SV_FMT(s->name));

        if (s->pid_file.n) {
            json_t *settings = json_object();

            json_put_sv(settings, "pid_file", s->pid_file);
            rc = feed_open(w, "process", name, settings, take_unit, err);
        } else if (feed_is_asked(w, "unit", s->name)) {
            rc = unit_open_managed(w, s, name, err);
        }
    }
    return rc;
}
