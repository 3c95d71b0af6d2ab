#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "base/text.h"
#include "report/report.h"
#include "report/report_int.h"

/* One style for light and dark, screen and paper; no script, nothing from the network. */
static const char report_css[] =
    ":root{color-scheme:light "
    "dark;--fg:#1b1f24;--bg:#fff;--dim:#59636e;--line:#d1d9e0;--card:#f6f8fa;"
    "--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--accent:#0969da}"
    "@media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--bg:#0d1117;--dim:#9198a1;--line:#"
    "3d444d;"
    "--card:#151b23;--good:#3fb950;--bad:#f85149;--warn:#d29922;--accent:#4493f8}}"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:70rem;padding:2rem 1.25rem 6rem;"
    "font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg)}"
    "h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2.5rem 0 .75rem;"
    "border-bottom:1px solid var(--line);padding-bottom:.3rem}"
    "h3{font-size:1rem;margin:1.5rem 0 .4rem}.dim{color:var(--dim)}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem .3rem 0;"
    "vertical-align:top;border-bottom:1px solid var(--line)}th{font-weight:600}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.25rem;margin:1rem 0}"
    "dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}"
    "code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--card);border:1px solid "
    "var(--line);border-radius:6px;padding:.6rem .8rem;overflow-x:auto;margin:.4rem "
    "0;white-space:pre-wrap;"
    "overflow-wrap:anywhere}details{border:1px solid var(--line);border-radius:6px;margin:.4rem 0;"
    "padding:.35rem "
    ".7rem}details[open]{padding-bottom:.7rem}summary{cursor:pointer;display:flex;gap:.6rem;"
    "align-items:baseline}summary code{flex:1;overflow-wrap:anywhere}"
    ".tag{font-weight:600;font-size:.8rem;letter-spacing:.02em}.good{color:var(--good)}"
    ".bad{color:var(--bad)}.warn{color:var(--warn)}"
    ".banner{border-left:6px solid var(--dim);background:var(--card);padding:.8rem "
    "1rem;border-radius:6px;"
    "margin:1.25rem 0}.banner.good{border-color:var(--good)}.banner.bad{border-color:var(--bad)}"
    ".banner.warn{border-color:var(--warn)}.banner p{margin:.2rem 0;color:var(--fg)}"
    "svg{max-width:100%;height:auto;background:var(--card);border:1px solid "
    "var(--line);border-radius:6px}"
    "@media print{details{break-inside:avoid}}";

static void html_sv(struct strbuf *b, struct sv s)
{
    text_add_html(b, s);
}

static void html_str(struct strbuf *b, const char *s)
{
    text_add_html(b, sv_from(s));
}

static const char *html_class_of(struct sv state)
{
    static const struct {
        struct sv state;
        const char *css;
    } rows[] = {
        {SV("done"), "good"},   {SV("holds"), "good"},   {SV("failed"), "bad"},
        {SV("fails"), "bad"},   {SV("ROLLBACK"), "bad"}, {SV("OK"), "good"},
        {SV("skipped"), "dim"}, {SV("planned"), "dim"},  {SV("HOLD"), "dim"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq(rows[i].state, state))
            return rows[i].css;
    return "warn";
}

static void html_tag(struct strbuf *b, struct sv state)
{
    strbuf_addf(b, "<span class=\"tag %s\">", html_class_of(state));
    html_sv(b, state);
    strbuf_add_str(b, "</span>");
}

static void html_row(struct strbuf *b, const char *name, struct sv value)
{
    if (!value.n)
        return;
    strbuf_addf(b, "<dt>%s</dt><dd>", name);
    html_sv(b, value);
    strbuf_add_str(b, "</dd>");
}

/* --- the head --- */

static void html_banner(struct strbuf *b, const struct view *v)
{
    static const struct {
        const char *outcome, *css, *text;
    } rows[] = {
        {"done", "good", "Done"},
        {"investigate", "warn", "Done; people should look"},
        {"rolled-back", "warn", "Rolled back"},
        {"aborted", "warn", "Aborted"},
    };
    const char *css = "warn", *text = "Not finished";

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq(v->outcome, sv_from(rows[i].outcome))) {
            css = rows[i].css;
            text = rows[i].text;
        }
    if (v->exit == EXIT_CODE_ROLLBACK_FAILED) {
        css = "bad";
        text = "The way back failed";
    }
    strbuf_addf(b, "<div class=\"banner %s\"><p><strong>%s</strong>", css, text);
    if (v->ended_us)
        strbuf_addf(b, " after %s", duration_format((v->ended_us - v->begun_us) / 1000).s);
    strbuf_add_str(b, "</p>");
    if (v->verdict_text.n) {
        strbuf_add_str(b, "<p>Verdict ");
        html_tag(b, v->verdict);
        strbuf_add_str(b, " ");
        html_sv(b, v->verdict_text);
        strbuf_add_str(b, "</p>");
    }
    if (v->last && json_get_sv(v->last, "why").n) {
        strbuf_add_str(b, "<p>");
        html_sv(b, json_get_sv(v->last, "why"));
        strbuf_add_str(b, "</p>");
    }
    strbuf_add_str(b, "</div>");
}

static void html_head(struct strbuf *b, const struct view *v)
{
    struct event_run_text run = event_run_text(v->id);

    strbuf_addf(b,
                "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                "<title>%s ",
                run.s);
    html_sv(b, v->plan.title);
    strbuf_addf(b, "</title><style>%s</style></head><body>\n<h1>", report_css);
    html_sv(b, v->plan.title);
    strbuf_addf(b, "</h1><div class=\"dim\">run %s, ", run.s);
    html_sv(b, v->plan.environment);
    strbuf_add_str(b, "</div>\n");
    html_banner(b, v);
    strbuf_add_str(b, "<dl>");
    html_row(b, "document", v->plan.document);
    html_row(b, "document SHA-256", json_get_sv(v->plan.json, "document_hash"));
    html_row(b, "plan", sv_from(hash_hex(&v->plan.hash).s));
    html_row(b, "operator", v->operator_name);
    html_row(b, "host", v->host);
    html_row(b, "begun", sv_from(clock_format(v->begun_us).s));
    if (v->ended_us)
        html_row(b, "ended", sv_from(clock_format(v->ended_us).s));
    if (v->mark_us)
        html_row(b, "deployed at (T0)", sv_from(clock_format(v->mark_us).s));
    if (v->plan.time_scale < 1 || v->plan.time_scale > 1)
        strbuf_addf(b, "<dt>durations</dt><dd>× %g</dd>", v->plan.time_scale);
    html_row(b, "rolled back because", v->rollback_reason);
    html_row(b, "prusik", v->version);
    strbuf_add_str(b, "</dl>\n");
}

/* --- steps --- */

static void html_checks(struct strbuf *b, const json_t *outcome)
{
    const json_t *checks = json_object_get(outcome, "expectations");

    if (json_array_size(checks) == 0)
        return;
    strbuf_add_str(b, "<table><tr><th>Expected</th><th>Result</th><th>Seen</th><th>By</th></tr>");
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *c = json_array_get(checks, i);

        strbuf_add_str(b, "<tr><td>");
        html_sv(b, json_get_sv(c, "text"));
        if (json_get_int(c, "line", 0))
            strbuf_addf(b, " <span class=\"dim\">line %lld</span>",
                        (long long)json_get_int(c, "line", 0));
        strbuf_add_str(b, "</td><td>");
        html_tag(b, json_get_sv(c, "result"));
        strbuf_add_str(b, "</td><td>");
        html_sv(b, json_get_sv(c, "seen"));
        strbuf_add_str(b, "</td><td>");
        html_sv(b, json_get_sv(c, "by"));
        strbuf_add_str(b, "</td></tr>");
    }
    strbuf_add_str(b, "</table>");
}

static enum err_code html_output(struct store *s, struct strbuf *b, const struct view_attempt *a,
                                 const char *key, const char *title, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (report_output(s, a->outcome, key, &text, err) != ERR_OK)
        return err->code;
    if (!text.n)
        return ERR_OK;
    strbuf_addf(b, "<div class=\"dim\">%s</div><pre>", title);
    html_sv(b, strbuf_sv(&text));
    strbuf_add_str(b, "</pre>");
    return ERR_OK;
}

static enum err_code html_attempt(struct store *s, struct strbuf *b, const struct view_attempt *a,
                                  struct err *err)
{
    strbuf_addf(b, "<p class=\"dim\">attempt %lld, begun %s", (long long)a->number,
                clock_format(a->begun_us).s);
    if (a->ended_us)
        strbuf_addf(b, ", ended %s", clock_format(a->ended_us).s);
    if (json_object_get(a->outcome, "status"))
        strbuf_addf(b, ", exit status %lld", (long long)json_get_int(a->outcome, "status", 0));
    if (json_object_get(a->outcome, "http_status"))
        strbuf_addf(b, ", HTTP %lld", (long long)json_get_int(a->outcome, "http_status", 0));
    strbuf_add_str(b, "</p>");
    if (a->doubt.n) {
        strbuf_add_str(b, "<p class=\"warn\">begun before an interruption; decided: ");
        html_sv(b, a->doubt);
        strbuf_add_str(b, "</p>");
    }
    if (json_get_sv(a->outcome, "reason").n) {
        strbuf_add_str(b, "<p class=\"bad\">");
        html_sv(b, json_get_sv(a->outcome, "reason"));
        strbuf_add_str(b, "</p>");
    }
    html_checks(b, a->outcome);
    if (html_output(s, b, a, "out", "output", err) != ERR_OK)
        return err->code;
    return html_output(s, b, a, "err", "error output", err);
}

static void html_answers(struct strbuf *b, const struct view_step *step)
{
    for (size_t i = 0; i < step->answers.n; i++) {
        const json_t *a = step->answers.v[i];

        strbuf_add_str(b, "<p>");
        html_sv(b, json_get_sv(a, "by"));
        if (json_get_sv(a, "role").n) {
            strbuf_add_str(b, ", ");
            html_sv(b, json_get_sv(a, "role"));
        }
        strbuf_add_str(b, ": ");
        html_str(b, json_get_str(a, "answer", "approved"));
        if (json_get_sv(a, "note").n) {
            strbuf_add_str(b, ", ");
            html_sv(b, json_get_sv(a, "note"));
        }
        strbuf_add_str(b, "</p>");
    }
}

static enum err_code html_step(struct store *s, struct strbuf *b, const struct view_step *step,
                               struct err *err)
{
    const struct view_attempt *last = step->attempts.n ? vec_last(&step->attempts) : NULL;
    bool failed = sv_eq(step->state, SV("failed"));

    strbuf_addf(b, "<details%s><summary>", failed ? " open" : "");
    html_tag(b, step->state);
    strbuf_add_str(b, "<code>");
    html_sv(b, sv_sub(step->p->command, 0, sv_find_byte(step->p->command, '\n', 0)));
    strbuf_add_str(b, "</code>");
    if (last && last->ended_us)
        strbuf_addf(b, "<span class=\"dim\">%s</span>",
                    duration_format((last->ended_us - last->begun_us) / 1000).s);
    strbuf_addf(b, "</summary><p class=\"dim\">step ");
    html_sv(b, step->p->id);
    strbuf_addf(b, ", line %zu, ", step->p->line);
    html_sv(b, step->p->kind);
    strbuf_add_str(b, " on ");
    html_sv(b, step->p->host);
    strbuf_add_str(b, "</p>");
    if (sv_find_byte(step->p->command, '\n', 0) != SV_NPOS) {
        strbuf_add_str(b, "<pre>");
        html_sv(b, step->p->command);
        strbuf_add_str(b, "</pre>");
    }
    if (step->skipped.n) {
        strbuf_add_str(b, "<p>left out: ");
        html_sv(b, step->skipped);
        strbuf_add_str(b, "</p>");
    }
    html_answers(b, step);
    for (size_t i = 0; i < step->attempts.n; i++)
        if (html_attempt(s, b, &step->attempts.v[i], err) != ERR_OK)
            return err_wrap(err, "step %.*s", SV_FMT(step->p->id));
    strbuf_add_str(b, "</details>\n");
    return ERR_OK;
}

static void html_part_title(struct strbuf *b, const struct view *v, struct sv part)
{
    const struct plan_part *p = plan_part(&v->plan, part);

    if (!p)
        return;
    strbuf_add_str(b, "<h3>");
    if (p->number.n && !sv_starts(p->number, SV("phase-"))) {
        html_sv(b, p->number);
        strbuf_add_str(b, " ");
    }
    html_sv(b, p->title);
    strbuf_add_str(b, "</h3>\n");
}

static enum err_code html_steps(struct store *s, struct strbuf *b, const struct view *v,
                                bool way_back, struct err *err)
{
    struct sv part = {NULL, 0};
    bool any = false;

    for (size_t i = 0; i < v->steps.n; i++) {
        const struct view_step *step = &v->steps.v[i];

        if (step->way_back != way_back || (way_back && !v->rollback_reason.n))
            continue;
        if (!any)
            strbuf_addf(b, "<h2>%s</h2>\n", way_back ? "The way back" : "Steps");
        any = true;
        if (!sv_eq(part, step->p->part))
            html_part_title(b, v, step->p->part);
        part = step->p->part;
        if (html_step(s, b, step, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

/* --- the watch --- */

static void html_checkpoints(struct strbuf *b, const struct view *v)
{
    bool any = false;

    for (size_t i = 0; i < v->events.n; i++) {
        const json_t *d = v->events.v[i].data;

        if (v->events.v[i].kind != EVENT_CHECKPOINT)
            continue;
        if (!any)
            strbuf_add_str(b,
                           "<h2>Checkpoints</h2><table><tr><th>At</th><th>Time</th><th>Verdict</th>"
                           "<th></th></tr>");
        any = true;
        strbuf_add_str(b, "<tr><td>");
        html_sv(b, json_get_sv(d, "name"));
        strbuf_addf(b, "</td><td>%s</td><td>", clock_format(v->events.v[i].at_us).s);
        html_tag(b, json_get_sv(d, "verdict"));
        strbuf_add_str(b, "</td><td>");
        html_sv(b, json_get_sv(d, "text"));
        strbuf_add_str(b, "</td></tr>");
    }
    if (any)
        strbuf_add_str(b, "</table>\n");
}

static void html_verdicts(struct strbuf *b, const struct view *v)
{
    bool any = false;

    for (size_t i = 0; i < v->events.n; i++) {
        const struct view_event *e = &v->events.v[i];

        if (e->kind != EVENT_RULE_STATE)
            continue;
        if (!any)
            strbuf_add_str(
                b,
                "<h2>What the rules saw</h2><table><tr><th>Time</th><th>Rule</th>"
                "<th>State</th><th>Verdict</th><th>Value</th><th>Limit</th><th>Samples</th></tr>");
        any = true;
        strbuf_addf(b, "<tr><td>%s</td><td>", clock_format(e->at_us).s);
        html_sv(b, json_get_sv(e->data, "explain"));
        strbuf_add_str(b, "</td><td>");
        html_sv(b, json_get_sv(e->data, "state"));
        strbuf_add_str(b, "</td><td>");
        html_tag(b, json_get_sv(e->data, "verdict"));
        if (json_object_get(e->data, "value_text")) {
            strbuf_add_str(b, "</td><td>");
            html_sv(b, json_get_sv(e->data, "value_text"));
        } else {
            strbuf_add_str(b, "</td><td class=\"dim\">");
            html_sv(b, json_get_sv(e->data, "why"));
        }
        strbuf_add_str(b, "</td><td>");
        html_sv(b, json_get_sv(e->data, "limit_text"));
        strbuf_addf(b, "</td><td>%.0f</td></tr>", json_get_real(e->data, "n", 0));
    }
    if (any)
        strbuf_add_str(b, "</table>\n");
}

static void html_messages(struct strbuf *b, const struct view *v)
{
    bool any = false;

    for (size_t i = 0; i < v->events.n; i++) {
        const json_t *d = v->events.v[i].data;

        if (v->events.v[i].kind != EVENT_MESSAGE)
            continue;
        if (!any)
            strbuf_add_str(b, "<h2>Messages</h2>");
        any = true;
        strbuf_add_str(b, "<div class=\"dim\">");
        html_sv(b, json_get_sv(d, "trigger"));
        strbuf_add_str(b, "</div><pre>");
        html_sv(b, json_get_sv(d, "text"));
        strbuf_add_str(b, "</pre>");
    }
}

static void html_timeline(struct strbuf *b, const struct view *v)
{
    strbuf_add_str(b, "<h2>Journal</h2><details><summary>all events</summary><table>");
    for (size_t i = 0; i < v->events.n; i++) {
        const struct view_event *e = &v->events.v[i];

        strbuf_addf(b, "<tr><td class=\"dim\">%lld</td><td>%s</td><td>%s</td><td>",
                    (long long)e->seq, clock_format(e->at_us).s, event_kind_name(e->kind).s);
        html_sv(b, e->step);
        strbuf_add_str(b, "</td></tr>");
    }
    strbuf_add_str(b, "</table></details>\n");
}

static enum err_code html_seal(struct store *s, struct strbuf *b, const struct view *v,
                               struct err *err)
{
    struct journal_check k;

    if (journal_verify(s, v->id, &k, err) != ERR_OK)
        return err->code;
    strbuf_addf(b,
                "<p class=\"dim\">%lld events, chain head %s, %s. Check it with "
                "<code>prusik verify %s</code>.</p></body></html>\n",
                (long long)k.events, hash_hex(&k.head).s, k.sealed ? "sealed" : "not sealed",
                event_run_text(v->id).s);
    return ERR_OK;
}

enum err_code report_html(struct store *s, const struct view *v, struct strbuf *out,
                          struct err *err)
{
    html_head(out, v);
    html_checkpoints(out, v);
    if (html_steps(s, out, v, false, err) != ERR_OK || html_steps(s, out, v, true, err) != ERR_OK)
        return err->code;
    html_verdicts(out, v);
    html_messages(out, v);
    html_timeline(out, v);
    return html_seal(s, out, v, err);
}
