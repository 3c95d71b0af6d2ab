#include "exec/run_event.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/sv.h"
#include "exec/run_int.h"
#include "flag/flag_back.h"

struct event_reader {
    const struct run_events_of *of;
    const struct event_row *row;
    watcher_moments *ret;
};

/* What the journals have of a kind. */
struct event_row {
    struct sv kind;
    enum event_kind event;
    bool (*is)(const struct event_reader *r, const struct store_moment *m);
};

/* A watch alone reaches its mark without a step: it has deployed nothing.  The mark of a phase is not the deployment's. */
static bool event_is_deploy(const struct event_reader *r, const struct store_moment *m)
{
    CLEANUP(json_cleanup) json_t *data = NULL;
    struct err ignored; /* what cannot be read is told by who reads the journal */

    return m->step.n > 0 && m->run != r->of->run &&
           (json_read(m->data, &data, &ignored) != ERR_OK || !json_get_sv(data, "phase").n);
}

static bool event_is_toggle(const struct event_reader *r UNUSED, const struct store_moment *m)
{
    CLEANUP(json_cleanup) json_t *data = NULL;
    struct err ignored; /* what cannot be read is told by who reads the journal */

    return json_read(m->data, &data, &ignored) == ERR_OK &&
           sv_is(json_get_sv(data, "result"), "in-effect") &&
           !json_get_bool(data, "already", false);
}

static bool event_is_any(const struct event_reader *r UNUSED, const struct store_moment *m UNUSED)
{
    return true;
}

static const struct event_row event_rows[] = {
    {SV("deploy"), EVENT_MARK, event_is_deploy},
    {SV("flag_toggle"), EVENT_FLAG_OUTCOME, event_is_toggle},
    {SV("rollback"), EVENT_ROLLBACK_STARTED, event_is_any},
};

static void event_on_moment(const struct store_moment *m, void *arg)
{
    struct event_reader *r = arg;

    if (r->row->is(r, m))
        *vec_add(r->ret) = m->at_us;
}

static void event_on_report(const struct store_report *report, void *arg)
{
    struct event_reader *r = arg;

    *vec_add(r->ret) = report->at_us;
}

static void event_on_toggle(void *arg, int64_t at_us)
{
    struct event_reader *r = arg;

    *vec_add(r->ret) = at_us;
}

/* What people have switched is in no journal, but in the log of the flag. */
static enum err_code event_toggles(struct event_reader *r, struct err *err)
{
    const struct plan *p = r->of->plan;
    enum err_code rc = ERR_OK;

    for (size_t i = 0; p && rc == ERR_OK && i < p->n_flags; i++) {
        CLEANUP(mem_freep) char *definitions = xstrdup_sv(p->flags[i].definitions);
        CLEANUP(flag_files_release) struct flag_files f = {.definitions = NULL};

        flag_files_init(&f, definitions);
        rc = flag_toggles(&f, p->flags[i].name, r->of->after_us + 1, event_on_toggle, r, err);
    }
    return rc;
}

struct sv run_events_environment(const struct plan *p)
{
    struct sv name = p->environment, suffix = SV(PLAN_WATCH_SUFFIX);

    return p->watch_only && sv_ends(name, suffix) ? sv_sub(name, 0, name.n - suffix.n) : name;
}

enum err_code run_events(const struct run_events_of *of, watcher_moments *ret, struct err *err)
{
    struct event_reader r = {.of = of, .ret = ret};
    struct store_reports_of told = {
        .environment = of->environment, .kind = of->kind, .after_us = of->after_us};
    enum err_code rc = store_reports(of->store, &told, event_on_report, &r, err);

    for (size_t i = 0; rc == ERR_OK && i < ARRAY_LEN(event_rows); i++) {
        struct store_moments_of kept = {.environment = of->environment,
                                        .suffix = SV(PLAN_WATCH_SUFFIX),
                                        .kind = event_rows[i].event,
                                        .after_us = of->after_us};

        r.row = &event_rows[i];
        if (sv_eq(of->kind, r.row->kind))
            rc = store_moments(of->store, &kept, event_on_moment, &r, err);
    }
    if (rc == ERR_OK && sv_is(of->kind, "flag_toggle"))
        rc = event_toggles(&r, err);
    return rc;
}

/* --- of a run that watches --- */

enum err_code run_event_moments(void *arg, struct sv kind, int64_t after_us, watcher_moments *ret,
                                struct err *err)
{
    struct run *r = arg;
    struct run_events_of of = {.store = r->store,
                               .environment = run_events_environment(r->plan),
                               .kind = kind,
                               .after_us = after_us,
                               .plan = r->plan,
                               .run = r->id};

    return run_events(&of, ret, err);
}

enum err_code run_event_note(void *arg, const struct watcher_note *n, struct err *err)
{
    const struct run *r = arg;
    const struct store_report report = {.environment = run_events_environment(r->plan),
                                        .kind = n->kind,
                                        .run = r->id,
                                        .who = n->by,
                                        .note = n->note,
                                        .at_us = clock_now_us(),
                                        .origin = SV("HTTP")};

    return store_report_add(r->store, &report, err);
}

static void event_on_new_report(const struct store_report *report, void *arg)
{
    struct run *r = arg;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    json_t *data = json_object();

    strbuf_addf(&text, "%.*s, by %.*s", SV_FMT(report->kind), SV_FMT(report->who));
    if (report->note.n)
        strbuf_addf(&text, ": %.*s", SV_FMT(report->note));
    json_put_sv(data, "text", strbuf_sv(&text));
    json_put_sv(data, "kind", report->kind);
    json_put_int(data, "number", report->id);
    json_put_sv(data, "by", report->who);
    json_put_sv(data, "note", report->note);
    json_put_sv(data, "login", report->login);
    json_put_sv(data, "from", report->origin);
    json_put_int(data, "told_us", report->at_us);
    r->last_report = report->id;
    run_queue(r, EVENT_REPORTED, NULL, data);
}

void run_events_journal(struct run *r)
{
    struct store_reports_of of = {.environment = run_events_environment(r->plan),
                                  .after_id = r->last_report,
                                  .after_us = r->values.started_us};
    struct err err;

    if (store_reports(r->store, &of, event_on_new_report, r, &err) != ERR_OK)
        return; /* uncovered: the store fails between two commits; the next round looks again */
}

void run_events_load(struct run *r, const json_t *data)
{
    r->last_report = json_get_int(data, "number", r->last_report);
}
