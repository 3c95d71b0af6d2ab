#include "notify/notice.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "rule/rule.h"

const char *const notice_kinds[NOTICE_KIND__N] = {
    [NOTICE_STARTED] = "started",
    [NOTICE_DEPLOY] = "deploy",
    [NOTICE_GATE] = "gate",
    [NOTICE_VERDICT] = "verdict",
    [NOTICE_CHECKPOINT] = "checkpoint",
    [NOTICE_ALERT] = "alert",
    [NOTICE_ROLLBACK] = "rollback",
    [NOTICE_ROLLED_BACK] = "rolled-back",
    [NOTICE_FAILED] = "failed",
    [NOTICE_DONE] = "done",
    [NOTICE_FLAG] = "flag",
    [NOTICE_MESSAGE] = "message",
};

bool notice_kind_of(struct sv name, enum notice_kind *ret)
{
    for (unsigned i = 0; i < NOTICE_KIND__N; i++)
        if (sv_is(name, notice_kinds[i])) {
            *ret = i;
            return true;
        }
    return false;
}

/* What is being made. */
struct notice_make {
    const struct plan *plan;
    const struct event *event;
    const json_t *data;
    struct arena *arena;
    struct notice *ret;
};

/* The rest of a notice of this kind: a line for people, and how bad it is. */
static bool notice_say(struct notice_make *m, enum notice_kind kind, const char *severity,
                       struct sv text)
{
    json_t *j = json_object();
    struct event_run_text run = event_run_text(m->event->run);

    m->ret->kind = kind;
    m->ret->body = j;
    json_put_str(j, "event", notice_kinds[kind]);
    json_put_str(j, "run", run.s);
    json_put_int(j, "n", m->event->seq);
    json_put_str(j, "at", clock_format(m->event->at_us).s);
    json_put_sv(j, "environment", m->plan->environment);
    json_put_sv(j, "title", m->plan->title);
    json_put_str(j, "severity", severity);
    json_put_sv(j, "step", m->event->step);
    json_put_sv(j, "text", text);
    json_put_sv(j, "next", arena_fmt(m->arena, "prusik status %s", run.s));
    return true;
}

static const char *notice_severity(struct sv verdict)
{
    return sv_is(verdict, "ROLLBACK") ? "critical" : sv_is(verdict, "OK") ? "info" : "warning";
}

static bool notice_started(struct notice_make *m)
{
    return notice_say(m, NOTICE_STARTED, "info", SV("it has begun"));
}

static bool notice_deploy(struct notice_make *m)
{
    struct sv phase = json_get_sv(m->data, "title");

    if (phase.n)
        return notice_say(m, NOTICE_DEPLOY, "info",
                          arena_fmt(m->arena, "%.*s is deployed: its rules are judged from here on",
                                    SV_FMT(phase)));
    return notice_say(m, NOTICE_DEPLOY, "info",
                      plan_judges(m->plan) ? SV("deployed: rules are judged from here on")
                                           : SV("deployed"));
}

static bool notice_gate(struct notice_make *m)
{
    struct sv what = json_get_sv(m->data, "for"), why = json_get_sv(m->data, "why");

    if (event_gate_is_person(json_get_sv(m->data, "gate")))
        return false;
    return notice_say(m, NOTICE_GATE, "info",
                      arena_fmt(m->arena, "step %.*s waits: %.*s%s%.*s", SV_FMT(m->event->step),
                                SV_FMT(what), why.n ? ": " : "", SV_FMT(why)));
}

static bool notice_verdict(struct notice_make *m)
{
    struct sv verdict = json_get_sv(m->data, "verdict"), text = json_get_sv(m->data, "text");

    if (json_get_bool(m->data, "quiet", false))
        return false;
    (void)notice_say(m, NOTICE_VERDICT, notice_severity(verdict),
                     text.n ? text : arena_fmt(m->arena, "the verdict is %.*s", SV_FMT(verdict)));
    json_put_sv(m->ret->body, "verdict", verdict);
    json_put_sv(m->ret->body, "rule", json_get_sv(m->data, "rule"));
    if (json_get_int(m->data, "since_us", 0) > 0)
        json_put_str(m->ret->body, "since", clock_format(json_get_int(m->data, "since_us", 0)).s);
    m->ret->key = SV("verdict");
    m->ret->firing = !sv_is(verdict, "OK") && !sv_is(verdict, "HOLD");
    return true;
}

static bool notice_checkpoint(struct notice_make *m)
{
    struct sv verdict = json_get_sv(m->data, "verdict"), text = json_get_sv(m->data, "text");

    (void)notice_say(m, NOTICE_CHECKPOINT, notice_severity(verdict),
                     arena_fmt(m->arena, "checkpoint %.*s: %.*s%s%.*s",
                               SV_FMT(json_get_sv(m->data, "name")), SV_FMT(verdict),
                               text.n ? ": " : "", SV_FMT(text)));
    json_put_sv(m->ret->body, "verdict", verdict);
    return true;
}

/* --- rules that tell somebody --- */

static bool notice_is_receiver(const struct plan *p, struct sv name)
{
    for (size_t i = 0; i < p->n_receivers; i++)
        if (sv_eq(p->receivers[i].name, name))
            return true;
    return false;
}

/* Whom the rule names; the worst of how it tells them. */
static const char *notice_addressees(struct notice_make *m, const struct rule *r)
{
    const char *severity = "info";

    m->ret->to = ARENA_NEWN(m->arena, struct sv, r->n_acts);
    for (size_t i = 0; i < r->n_acts; i++) {
        const struct rule_act *act = &r->acts[i];

        if (act->action == ACTION_FLAG_OFF || !rule_actions[act->action].named ||
            !notice_is_receiver(m->plan, act->name))
            continue;
        m->ret->to[m->ret->n_to++] = act->name;
        if (act->action == ACTION_PAGE)
            severity = "critical";
        else if (act->action == ACTION_ALERT && severity[0] == 'i')
            severity = "warning";
    }
    return severity;
}

static bool notice_rule(struct notice_make *m)
{
    const json_t *before = json_object_get(json_object_get(m->data, "input"), "before");
    bool firing = sv_is(json_get_sv(m->data, "state"), "fired");
    bool ended = !firing && sv_is(json_get_sv(before, "phase"), "fired") &&
                 sv_is(json_get_sv(m->data, "state"), "good");
    struct sv rule = json_get_sv(m->data, "rule"), explain = json_get_sv(m->data, "explain");
    const char *severity;
    struct rule_diag diag;
    struct err ignored; /* it was parsed when the plan was made */
    struct rule *r;

    if ((!firing && !ended) ||
        rule_parse(m->arena, json_get_sv(m->data, "text"), &r, &diag, &ignored) != ERR_OK)
        return false;
    severity = notice_addressees(m, r);
    if (!m->ret->n_to)
        return false;
    (void)notice_say(m, NOTICE_ALERT, severity,
                     arena_fmt(m->arena, "%s%.*s", firing ? "" : "resolved: ", SV_FMT(explain)));
    json_put_sv(m->ret->body, "rule", rule);
    json_put_sv(m->ret->body, "value", json_get_sv(m->data, "value_text"));
    json_put_sv(m->ret->body, "limit", json_get_sv(m->data, "limit_text"));
    m->ret->key = arena_fmt(m->arena, "rule/%.*s", SV_FMT(rule));
    m->ret->firing = firing;
    return true;
}

static bool notice_flag(struct notice_make *m)
{
    struct sv result = json_get_sv(m->data, "result"), why = json_get_sv(m->data, "why");

    (void)notice_say(m, NOTICE_FLAG, sv_is(result, "in-effect") ? "warning" : "critical",
                     arena_fmt(m->arena, "flag %.*s to %.*s: %.*s, %s after the verdict%s%.*s",
                               SV_FMT(json_get_sv(m->data, "flag")),
                               SV_FMT(json_get_sv(m->data, "to")), SV_FMT(result),
                               duration_format(json_get_int(m->data, "ms", 0)).s, why.n ? ": " : "",
                               SV_FMT(why)));
    json_put_sv(m->ret->body, "rule", json_get_sv(m->data, "rule"));
    return true;
}

/* --- ends --- */

static bool notice_rollback(struct notice_make *m)
{
    return notice_say(
        m, NOTICE_ROLLBACK, "critical",
        arena_fmt(m->arena, "the way back begins: %.*s", SV_FMT(json_get_sv(m->data, "reason"))));
}

static bool notice_waiting(struct notice_make *m)
{
    if (json_get_int(m->data, "exit", 0) == EXIT_CODE_WAITING)
        return false; /* the gate was told */
    return notice_say(
        m, NOTICE_FAILED, "critical",
        arena_fmt(m->arena, "%s: %.*s",
                  json_get_bool(m->data, "way_back", false) ? "the way back failed" : "it failed",
                  SV_FMT(json_get_sv(m->data, "why"))));
}

static bool notice_finished(struct notice_make *m)
{
    static const struct {
        struct sv outcome;
        const char *text, *severity;
        enum notice_kind kind;
    } rows[] = {
        {SV("done"), "done", "info", NOTICE_DONE},
        {SV("investigate"), "done, but people should look", "warning", NOTICE_DONE},
        {SV("rolled-back"), "rolled back", "critical", NOTICE_ROLLED_BACK},
        {SV("rollback-due"), "the verdict is ROLLBACK, nothing was carried out", "critical",
         NOTICE_FAILED},
        {SV("aborted"), "aborted", "warning", NOTICE_DONE},
    };
    struct sv outcome = json_get_sv(m->data, "outcome"),
              text = json_get_sv(m->data, "verdict_text");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq(outcome, rows[i].outcome)) {
            (void)notice_say(
                m, rows[i].kind, rows[i].severity,
                arena_fmt(m->arena, "%s%s%.*s", rows[i].text, text.n ? ": " : "", SV_FMT(text)));
            json_put_sv(m->ret->body, "verdict", json_get_sv(m->data, "verdict"));
            m->ret->key = SV("verdict"); /* nothing lasts behind the end */
            return true;
        }
    return false;
}

static bool notice_message(struct notice_make *m)
{
    (void)notice_say(m, NOTICE_MESSAGE, "info", sv_trim(json_get_sv(m->data, "text")));
    json_put_sv(m->ret->body, "when", json_get_sv(m->data, "when"));
    return true;
}

bool notice_of_event(const struct plan *p, const struct event *e, const json_t *data,
                     struct arena *a, struct notice *ret)
{
    static const struct {
        enum event_kind kind;
        bool (*make)(struct notice_make *m);
    } rows[] = {
        {EVENT_RUN_STARTED, notice_started},       {EVENT_MARK, notice_deploy},
        {EVENT_GATE_WAITING, notice_gate},         {EVENT_VERDICT, notice_verdict},
        {EVENT_CHECKPOINT, notice_checkpoint},     {EVENT_RULE_STATE, notice_rule},
        {EVENT_ROLLBACK_STARTED, notice_rollback}, {EVENT_RUN_WAITING, notice_waiting},
        {EVENT_RUN_FINISHED, notice_finished},     {EVENT_MESSAGE, notice_message},
        {EVENT_FLAG_OUTCOME, notice_flag},
    };
    struct notice_make m = {.plan = p, .event = e, .data = data, .arena = a, .ret = ret};

    *ret = (struct notice){.kind = NOTICE_KIND__N};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (e->kind == (int64_t)rows[i].kind)
            return rows[i].make(&m);
    return false;
}
