/*
 * The time line of a run in the HTML report: its moments, and how long each part of the document took.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "report/report_int.h"

/* Moments of the run, and the members that tell more. */
static const struct {
    enum event_kind kind;
    const char *text, *more, *also;
} html_moments[] = {
    {EVENT_RUN_STARTED, "begun", "operator", NULL},
    {EVENT_RUN_RESUMED, "gone on", "operator", NULL},
    {EVENT_RUN_INTERRUPTED, "interrupted", "reason", NULL},
    {EVENT_RUN_WAITING, "stopped", "why", NULL},
    {EVENT_RUN_FINISHED, "ended", "outcome", NULL},
    {EVENT_MARK, "deployed (T0)", "title", NULL},
    {EVENT_CHECKPOINT, "checkpoint", "name", "verdict"},
    {EVENT_VERDICT, "verdict", "verdict", "text"},
    {EVENT_WATCH_STATE, NULL, "text", NULL},
    {EVENT_REPORTED, "told meanwhile", "text", NULL},
    {EVENT_FLAG_INTENT, "flag to be switched off", "flag", NULL},
    {EVENT_FLAG_OUTCOME, "flag", "result", NULL},
    {EVENT_ROLLBACK_STARTED, "way back begun", "by", NULL},
};

static void html_moment(struct strbuf *b, const struct view *v, const struct view_event *e,
                        const char *what, struct sv more, struct sv also)
{
    strbuf_addf(b, "<tr><td class=\"time\">%s</td><td class=\"time\">+%s</td><td>",
                clock_format(e->at_us).s, duration_format((e->at_us - v->begun_us) / 1000).s);
    html_str(b, what);
    strbuf_add_str(b, "</td><td>");
    html_sv(b, more);
    if (also.n) {
        strbuf_add_str(b, more.n ? ": " : "");
        html_sv(b, also);
    }
    strbuf_add_str(b, "</td></tr>\n");
}

/* A step that begins another part than the one before. */
static struct sv html_part_begun(const struct view *v, const struct view_event *e, struct sv *part)
{
    const struct plan_part *p;

    for (size_t i = 0; i < v->steps.n; i++) {
        if (!sv_eq(v->steps.v[i].p->id, e->step))
            continue;
        if (sv_eq(v->steps.v[i].p->part, *part))
            break;
        *part = v->steps.v[i].p->part;
        p = plan_part(&v->plan, *part);
        return p ? p->title : *part;
    }
    return (struct sv){NULL, 0};
}

/* "ana: no, the page is still there (phase-4/4.1/1)", "bo: service owner, go (phase-4/4.1/1)" */
static void html_said(struct strbuf *b, const struct view *v, const struct view_event *e)
{
    CLEANUP(strbuf_release) struct strbuf said = STRBUF(0);
    const char *given = json_get_bool(e->data, "answer", false) ? "yes" : "no"; /* at a gate */
    struct sv note = json_get_sv(e->data, "note"), choice = json_get_sv(e->data, "what"),
              role = json_get_sv(e->data, "role");
    const char *what = "answered";

    if (e->kind == EVENT_ANSWER)
        strbuf_addf(&said, "%s%s%.*s%s", json_get_str(e->data, "answer", given),
                    choice.n ? ": " : "", SV_FMT(choice), note.n ? ", " : "");
    else if (strcmp(json_get_str(e->data, "answer", "yes"), "no") == 0)
        what = "refused";
    else
        what = json_get_bool(e->data, "expired", false) ? "approved too long ago" : "approved";
    strbuf_addf(&said, "%.*s%s%.*s", SV_FMT(role), role.n && note.n ? ", " : "", SV_FMT(note));
    strbuf_addf(&said, "%s(%.*s)", said.n ? " " : "", SV_FMT(e->step));
    html_moment(b, v, e, what, json_get_sv(e->data, "by"), strbuf_sv(&said));
}

static void html_moment_of(struct strbuf *b, const struct view *v, const struct view_event *e,
                           struct sv *part)
{
    if (e->kind == EVENT_STEP_INTENT) {
        struct sv title = html_part_begun(v, e, part);

        if (title.n)
            html_moment(b, v, e, "steps of", title, (struct sv){NULL, 0});
    } else if (e->kind == EVENT_STEP_OUTCOME && !sv_eq(json_get_sv(e->data, "state"), SV("done"))) {
        html_moment(b, v, e, "step failed", e->step, (struct sv){NULL, 0});
    }
    if (e->kind == EVENT_ANSWER || e->kind == EVENT_APPROVAL)
        html_said(b, v, e);
    for (size_t i = 0; i < ARRAY_LEN(html_moments); i++) {
        const char *text = html_moments[i].text;

        if ((int64_t)html_moments[i].kind != e->kind)
            continue;
        if (!text) /* what is said of a watch at its end */
            text = sv_eq(json_get_sv(e->data, "state"), SV("unjudged")) ? "never judged"
                                                                        : "the watch goes on";
        html_moment(b, v, e, text, json_get_sv(e->data, html_moments[i].more),
                    html_moments[i].also ? json_get_sv(e->data, html_moments[i].also)
                                         : (struct sv){NULL, 0});
    }
}

void html_timeline(struct strbuf *b, const struct view *v)
{
    struct sv part = {NULL, 0};

    strbuf_add_str(
        b, "<h2 id=\"time\">Time line</h2>" HTML_WIDE(
               "Time line") "<table><tr><th scope=\"col\">Time</th><th scope=\"col\">After</th>"
                            "<th scope=\"col\">What</th><th scope=\"col\">Which, who</th></tr>\n");
    for (size_t i = 0; i < v->events.n; i++)
        html_moment_of(b, v, &v->events.v[i], &part);
    strbuf_add_str(b, "</table></div>\n");
}
