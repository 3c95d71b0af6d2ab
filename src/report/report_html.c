#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "base/text.h"
#include "report/report.h"
#include "report/report_int.h"

void html_sv(struct strbuf *b, struct sv s)
{
    text_add_html(b, s);
}

void html_str(struct strbuf *b, const char *s)
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

void html_tag(struct strbuf *b, struct sv state)
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

static void html_line(struct strbuf *b, struct sv text)
{
    if (!text.n)
        return;
    strbuf_add_str(b, "<p>");
    html_sv(b, text);
    strbuf_add_str(b, "</p>");
}

const char *report_outcome(const struct view *v, const char **css)
{
    static const struct {
        const char *word, *css, *text;
    } rows[] = {
        {"running", "warn", "Running"},
        {"finished", "warn", "Finished"},
        {"crashed", "bad", "Crashed"},
        {"interrupted", "warn", "Interrupted"},
        {"waiting", "warn", "Waiting"},
        {"refused", "bad", "Refused"},
        {"failed", "bad", "Failed"},
        {"rollback-failed", "bad", "The way back failed"},
        {"done", "good", "Done"},
        {"investigate", "warn", "Done; people should look"},
        {"rolled-back", "warn", "Rolled back"},
        {"rollback-due", "bad", "To be rolled back"},
        {"aborted", "warn", "Aborted"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(view_word(v), rows[i].word) == 0) {
            *css = rows[i].css;
            return rows[i].text;
        }
    *css = "warn";
    return "Not finished";
}

/* "8 steps done, 1 failed", and where to look. */
static void html_counts(struct strbuf *b, const struct view *v)
{
    static const struct sv states[] = {SV("done"), SV("failed"), SV("skipped"), SV("planned")};
    const char *comma = "<p>Steps: ";
    const struct view_step *now = view_current(v);

    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        size_t n = view_count(v, false, states[i]);

        if (n)
            strbuf_addf(b, "%s%zu %s", comma, n,
                        i == 2   ? "left out"
                        : i == 3 ? "not reached"
                                 : states[i].p);
        comma = n ? ", " : comma;
    }
    if (*comma == ',')
        strbuf_add_str(b, ".</p>");
    if (now)
        strbuf_addf(b, "<p><a href=\"#step-%zu\">To the step that is not done</a></p>",
                    (size_t)(now - v->steps.v) + 1);
}

static void html_banner(struct strbuf *b, const struct view *v)
{
    static const char *const told[] = {"why", "reason", "next"}; /* of how it ended or stopped */
    const char *css, *text = report_outcome(v, &css);

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
    for (size_t i = 0; i < ARRAY_LEN(told); i++)
        html_line(b, json_get_sv(v->last, told[i]));
    if (!sv_eq(v->rollback_reason, v->verdict_text))
        html_line(b, v->rollback_reason);
    if (v->rolls_back)
        strbuf_addf(b, "<p>It brings back run %s.</p>", event_run_text(v->rolls_back).s);
    if (v->back_to.n) {
        strbuf_add_str(b, "<p>This step stays: ");
        html_sv(b, v->back_to);
        strbuf_add_str(b, "</p>");
    }
    html_counts(b, v);
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
    strbuf_addf(b, "</title><style>%s</style></head><body><main>\n<h1>", report_css);
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
    html_row(b, "rolled back by", v->rollback_by);
    html_row(b, "prusik", v->version);
    strbuf_add_str(b, "</dl>\n");
}

/* --- tables of events --- */

#define HTML_TH(text) "<th scope=\"col\">" text "</th>"

/* A section with a table, closed by html_table_end() when it was begun. */
static void html_table_row(struct strbuf *b, bool *any, const char *title, const char *head)
{
    if (!*any)
        strbuf_addf(b, "<h2>%s</h2>" HTML_WIDE("%s") "<table><tr>%s</tr>", title, title, head);
    *any = true;
    strbuf_add_str(b, "<tr>");
}

static void html_table_end(struct strbuf *b, bool any)
{
    if (any)
        strbuf_add_str(b, "</table></div>\n");
}

static void html_cell(struct strbuf *b, struct sv text)
{
    strbuf_add_str(b, "<td>");
    html_sv(b, text);
    strbuf_add_str(b, "</td>");
}

static void html_cell_time(struct strbuf *b, int64_t at_us)
{
    strbuf_addf(b, "<td class=\"time\">%s</td>", clock_format(at_us).s);
}

static void html_cell_tag(struct strbuf *b, struct sv state)
{
    strbuf_add_str(b, "<td>");
    html_tag(b, state);
    strbuf_add_str(b, "</td>");
}

static void html_cell_number(struct strbuf *b, const json_t *d, const char *key,
                             const char *text_key)
{
    struct sv text = json_get_sv(d, text_key);

    if (text.n) {
        strbuf_add_str(b, "<td class=\"time\">"); /* "< 500ms" stays one line */
        html_sv(b, text);
        strbuf_add_str(b, "</td>");
    } else if (json_is_number(json_object_get(d, key)))
        strbuf_addf(b, "<td>%.6g</td>", json_get_real(d, key, 0));
    else
        strbuf_add_str(b, "<td></td>");
}

/* In the document's words, with what the binding says instead of them below; of a rule that is not in the plan nothing. */
static void html_rule_words(struct strbuf *b, const struct view *v, struct sv id, struct sv text)
{
    struct sv source = {NULL, 0};
    size_t line = 0;

    for (size_t i = 0; i < v->plan.n_rules && !source.n; i++)
        if (sv_eq(v->plan.rules[i].id, id)) {
            source = v->plan.rules[i].source;
            line = v->plan.rules[i].line;
        }
    html_sv(b, source.n ? source : text);
    if (!source.n)
        return;
    strbuf_addf(b, " <span class=\"dim\">(line %zu)", line);
    if (text.n && !sv_eq(text, source)) {
        strbuf_add_str(b, "<br>");
        html_sv(b, text);
    }
    strbuf_add_str(b, "</span>");
}

/* "Error rate <1%: 0.2%, < 1%", for each rule that was judged there. */
static void html_checkpoint_rules(struct strbuf *b, const struct view *v, const json_t *rules)
{
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *d = json_array_get(rules, i);
        struct sv verdict = json_get_sv(d, "verdict"), value = json_get_sv(d, "value_text"),
                  parts = json_get_sv(d, "operands_text"), limit = json_get_sv(d, "limit_text");

        strbuf_add_str(b, i ? "<br>" : "");
        if (!sv_eq(verdict, SV("OK"))) {
            html_tag(b, verdict);
            strbuf_add_byte(b, ' ');
        }
        html_rule_words(b, v, json_get_sv(d, "rule"), (struct sv){NULL, 0});
        strbuf_add_str(b, ": ");
        html_sv(b, parts.n ? parts : value.n ? value : SV("no value"));
        if (!parts.n && value.n && limit.n) {
            strbuf_add_str(b, json_get_bool(d, "meets", true) ? " " : " not ");
            html_sv(b, limit);
        } else if (!parts.n && !value.n) {
            strbuf_add_str(b, ", ");
            html_sv(b, json_get_sv(d, "why"));
        }
    }
}

static void html_checkpoints(struct strbuf *b, const struct view *v)
{
    bool any = false;

    for (size_t i = 0; i < v->events.n; i++) {
        const json_t *d = v->events.v[i].data;

        if (v->events.v[i].kind != EVENT_CHECKPOINT)
            continue;
        html_table_row(b, &any, "Checkpoints",
                       HTML_TH("At") HTML_TH("Time") HTML_TH("Verdict")
                           HTML_TH("What the rules saw"));
        html_cell(b, json_get_sv(d, "name"));
        html_cell_time(b, v->events.v[i].at_us);
        html_cell_tag(b, json_get_sv(d, "verdict"));
        if (json_array_size(json_object_get(d, "rules"))) {
            strbuf_add_str(b, "<td>");
            html_checkpoint_rules(b, v, json_object_get(d, "rules"));
            strbuf_add_str(b, "</td>");
        } else {
            html_cell(b, json_get_sv(d, "text"));
        }
        strbuf_add_str(b, "</tr>");
    }
    html_table_end(b, any);
}

/* Rules that had no value in the whole watch. */
static void html_unjudged(struct strbuf *b, const struct view *v)
{
    bool any = false;

    for (size_t i = 0; i < v->events.n; i++) {
        const json_t *rules = json_object_get(v->events.v[i].data, "rules");

        if (v->events.v[i].kind != EVENT_WATCH_STATE ||
            !sv_eq(json_get_sv(v->events.v[i].data, "state"), SV("unjudged")))
            continue;
        for (size_t k = 0; k < json_array_size(rules); k++) {
            const json_t *d = json_array_get(rules, k);

            html_table_row(b, &any, "Never judged: no data in the whole watch",
                           HTML_TH("Rule") HTML_TH("What had no value") HTML_TH("Looks")
                               HTML_TH("Why"));
            strbuf_add_str(b, "<td>");
            html_rule_words(b, v, json_get_sv(d, "rule"), json_get_sv(d, "source"));
            strbuf_add_str(b, "</td>");
            html_cell(b, json_get_sv(d, "part"));
            strbuf_addf(b, "<td>%lld</td>", (long long)json_get_int(d, "looks", 0));
            html_cell(b, json_get_int(d, "looks", 0) ? json_get_sv(d, "why")
                                                     : SV("it was never in force"));
            strbuf_add_str(b, "</tr>");
        }
    }
    html_table_end(b, any);
}

static void html_rule_states(struct strbuf *b, const struct view *v)
{
    bool any = false;

    for (size_t i = 0; i < v->events.n; i++) {
        const struct view_event *e = &v->events.v[i];
        bool operands = json_get_sv(e->data, "operands_text").n > 0; /* says why of each, too */

        if (e->kind != EVENT_RULE_STATE)
            continue;
        html_table_row(b, &any, "What the rules saw",
                       HTML_TH("Time") HTML_TH("Rule") HTML_TH("State") HTML_TH("Verdict")
                           HTML_TH("Value") HTML_TH("Limit") HTML_TH("Samples") HTML_TH("Why"));
        html_cell_time(b, e->at_us);
        strbuf_add_str(b, "<td>");
        html_rule_words(b, v, json_get_sv(e->data, "rule"), json_get_sv(e->data, "text"));
        strbuf_add_str(b, "</td>");
        html_cell(b, json_get_sv(e->data, "state"));
        html_cell_tag(b, json_get_sv(e->data, "verdict"));
        html_cell_number(b, e->data, "value", "value_text");
        html_cell_number(b, e->data, "limit", "limit_text");
        html_cell_number(b, e->data, "n", "n_text");
        strbuf_add_str(b, "<td class=\"any\">");
        html_sv(b, json_get_sv(e->data, operands ? "operands_text" : "why"));
        strbuf_add_str(b, "</td>");
        strbuf_add_str(b, "</tr>");
    }
    html_table_end(b, any);
}

static void html_flags(struct strbuf *b, const struct view *v)
{
    bool any = false;

    for (size_t i = 0; i < v->events.n; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        if (!view_flag_text(v, &v->events.v[i], &text))
            continue;
        html_table_row(b, &any, "Flags", HTML_TH("Time") HTML_TH("What became of it"));
        html_cell_time(b, v->events.v[i].at_us);
        html_cell(b, strbuf_sv(&text));
        strbuf_add_str(b, "</tr>");
    }
    html_table_end(b, any);
}

static void html_values(struct strbuf *b, const struct view *v)
{
    bool any = false;

    for (size_t i = 0; i < v->events.n; i++) {
        const json_t *d = v->events.v[i].data;

        if (v->events.v[i].kind != EVENT_VALUE_BOUND)
            continue;
        html_table_row(b, &any, "Values",
                       HTML_TH("Name") HTML_TH("Value") HTML_TH("From") HTML_TH("Time"));
        html_cell(b, json_get_sv(d, "name"));
        html_cell(b, json_get_sv(d, "value"));
        html_cell(b, json_get_sv(d, "from"));
        html_cell_time(b, v->events.v[i].at_us);
        strbuf_add_str(b, "</tr>");
    }
    html_table_end(b, any);
}

struct html_dropped {
    struct strbuf *b;
    bool any;
};

static void html_add_dropped(void *arg, const char *what, struct sv text, struct sv reason,
                             size_t line)
{
    struct html_dropped *d = arg;

    html_table_row(d->b, &d->any, "Not judged",
                   HTML_TH("What") HTML_TH("Text") HTML_TH("Why") HTML_TH("Line"));
    strbuf_addf(d->b, "<td>%s</td>", what);
    html_cell(d->b, text);
    html_cell(d->b, reason);
    strbuf_addf(d->b, "<td>%zu</td></tr>", line);
}

static void html_dropped(struct strbuf *b, const struct view *v)
{
    struct html_dropped d = {b, false};

    report_each_dropped(v, html_add_dropped, &d);
    html_table_end(b, d.any);
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
        strbuf_addf(b, "<p class=\"dim\">%s ", clock_format(v->events.v[i].at_us).s);
        html_sv(b, json_get_sv(d, "trigger"));
        strbuf_add_str(b, "</p><pre>");
        html_sv(b, json_get_sv(d, "text"));
        strbuf_add_str(b, "</pre>");
    }
}

/* "by ana, reason ...": the plain members of an event. */
static void html_members(struct strbuf *b, const json_t *data)
{
    const char *key;
    json_t *v;
    const char *comma = "";

    json_object_foreach((json_t *)(uintptr_t)data, key, v)
    {
        if (!json_is_string(v) && !json_is_integer(v) && !json_is_boolean(v))
            continue;
        strbuf_addf(b, "%s<span class=\"dim\">", comma);
        html_str(b, key);
        strbuf_add_str(b, "</span> ");
        if (json_is_string(v))
            html_sv(b, (struct sv){json_string_value(v), json_string_length(v)});
        else if (json_is_integer(v))
            strbuf_addf(b, "%lld", (long long)json_integer_value(v));
        else
            strbuf_add_str(b, json_is_true(v) ? "yes" : "no");
        comma = ", ";
    }
}

static void html_journal(struct strbuf *b, const struct view *v)
{
    strbuf_addf(b,
                "<h2>Journal</h2><details><summary>%zu events</summary>" HTML_WIDE(
                    "Journal") "<table><tr>" HTML_TH("No.") HTML_TH("Time") HTML_TH("Event")
                    HTML_TH("Step") HTML_TH("Data") "</tr>\n",
                v->events.n);
    for (size_t i = 0; i < v->events.n; i++) {
        const struct view_event *e = &v->events.v[i];

        strbuf_addf(b, "<tr><td class=\"dim\">%lld</td>", (long long)e->seq);
        html_cell_time(b, e->at_us);
        strbuf_addf(b, "<td>%s</td>", event_kind_name(e->kind).s);
        html_cell(b, e->step);
        strbuf_add_str(b, "<td>");
        html_members(b, e->data);
        strbuf_add_str(b, "</td></tr>");
    }
    strbuf_add_str(b, "</table></div></details>\n");
}

static enum err_code html_seal(struct store *s, struct strbuf *b, const struct view *v,
                               struct err *err)
{
    struct journal_check k;
    char key[2 * SEAL_KEY_BYTES + 1];

    if (journal_verify(s, v->id, &k, err) != ERR_OK)
        return err->code;
    strbuf_addf(b,
                "<p class=\"dim\">%lld events, chain head %s, %s%s. Check it with "
                "<code>prusik verify %s</code>.</p></main></body></html>\n",
                (long long)k.events, hash_hex(&k.head).s,
                k.sealed ? "sealed with key " : "not sealed",
                k.sealed ? sodium_bin2hex(key, sizeof(key), k.seal.key, sizeof(k.seal.key)) : "",
                event_run_text(v->id).s);
    return ERR_OK;
}

enum err_code report_html(struct store *s, const struct view *v, struct strbuf *out,
                          struct err *err)
{
    html_head(out, v);
    html_timeline(out, v);
    html_unjudged(out, v);
    html_checkpoints(out, v);
    if (html_steps(s, out, v, false, err) != ERR_OK || html_steps(s, out, v, true, err) != ERR_OK)
        return err->code;
    html_rule_states(out, v);
    html_flags(out, v);
    html_dropped(out, v);
    html_values(out, v);
    html_messages(out, v);
    html_journal(out, v);
    return html_seal(s, out, v, err);
}
