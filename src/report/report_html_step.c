/*
 * The steps of a run in the HTML report: what was carried out, expected, seen, said, and by whom.
 */
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "base/text.h"
#include "report/report_int.h"

void html_checks(struct strbuf *b, const json_t *outcome)
{
    const json_t *checks = json_object_get(outcome, "expectations");

    if (json_array_size(checks) == 0)
        return;
    strbuf_add_str(
        b,
        HTML_WIDE(
            "Expectations") "<table><tr><th scope=\"col\">Expected</th><th scope=\"col\">Result</th>"
                            "<th scope=\"col\">Seen</th><th scope=\"col\">By</th></tr>");
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
    strbuf_add_str(b, "</table></div>");
}

enum err_code html_output(struct store *s, struct strbuf *b, const json_t *outcome, const char *key,
                          const char *title, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const json_t *o = json_object_get(outcome, key);

    if (report_output(s, outcome, key, &text, err) != ERR_OK)
        return err->code;
    if (!text.n)
        return ERR_OK;
    strbuf_addf(b, "<p class=\"dim\">%s", title);
    if (json_get_bool(o, "cut", false))
        strbuf_addf(b, ", cut: it had %lld bytes", (long long)json_get_int(o, "bytes", 0));
    strbuf_add_str(b, "</p><pre class=\"output\">");
    html_sv(b, strbuf_sv(&text));
    strbuf_add_str(b, "</pre>");
    return ERR_OK;
}

static enum err_code html_attempt(struct store *s, struct strbuf *b, const struct view_attempt *a,
                                  struct err *err)
{
    assert(a);
    strbuf_add_str(b, "<p class=\"dim\">");
    if (a->number) /* what a person does is not tried */
        strbuf_addf(b, "attempt %lld, ", (long long)a->number);
    strbuf_addf(b, "begun %s", clock_format(a->begun_us).s);
    if (a->ended_us)
        strbuf_addf(b, ", ended %s", clock_format(a->ended_us).s);
    if (json_object_get(a->outcome, "status"))
        strbuf_addf(b, ", exit status %lld", (long long)json_get_int(a->outcome, "status", 0));
    if (json_object_get(a->outcome, "http_status"))
        strbuf_addf(b, ", HTTP %lld", (long long)json_get_int(a->outcome, "http_status", 0));
    strbuf_add_str(b, "</p>");
    if (a->doubt) {
        strbuf_add_str(b, "<p class=\"warn\">begun before an interruption; decided: ");
        html_sv(b, json_get_sv(a->doubt, "decision"));
        if (json_get_sv(a->doubt, "evidence").n) {
            strbuf_add_str(b, ", ");
            html_sv(b, json_get_sv(a->doubt, "evidence"));
        }
        strbuf_add_str(b, "</p>");
    }
    if (json_get_sv(a->outcome, "reason").n) {
        strbuf_add_str(b, "<p class=\"bad\">");
        html_sv(b, json_get_sv(a->outcome, "reason"));
        strbuf_add_str(b, "</p>");
    }
    html_checks(b, a->outcome);
    if (html_output(s, b, a->outcome, "out", "output", err) != ERR_OK)
        return err->code;
    return html_output(s, b, a->outcome, "err", "error output", err);
}

static void html_answers(struct strbuf *b, const struct view_step *step)
{
    for (size_t i = 0; i < step->answers.n; i++) {
        const json_t *a = step->answers.v[i].data;
        bool approval = step->answers.v[i].approval,
             no = approval && sv_eq(json_get_sv(a, "answer"), SV("no"));

        strbuf_addf(b, "<p>%s <span class=\"dim\">by</span> ",
                    no         ? "refused"
                    : approval ? "approved"
                               : "answered");
        html_sv(b, json_get_sv(a, "by"));
        if (json_get_sv(a, "role").n) {
            strbuf_add_str(b, ", ");
            html_sv(b, json_get_sv(a, "role"));
        }
        if (approval && json_get_sv(a, "login").n) {
            strbuf_add_str(b, " (login ");
            html_sv(b, json_get_sv(a, "login"));
            strbuf_add_str(b, ")");
        }
        if (!approval && json_get_sv(a, "answer").n) {
            strbuf_add_str(b, ": ");
            html_sv(b, json_get_sv(a, "answer"));
        }
        if (json_get_sv(a, "what").n) { /* of a choice */
            strbuf_add_str(b, ", ");
            html_sv(b, json_get_sv(a, "what"));
        }
        if (json_get_sv(a, "note").n) {
            strbuf_add_str(b, ", ");
            html_sv(b, json_get_sv(a, "note"));
        }
        strbuf_addf(b, " <span class=\"dim\">%s", clock_format(step->answers.v[i].at_us).s);
        if (json_get_sv(a, "how").n) {
            strbuf_add_str(b, ", ");
            html_sv(b, json_get_sv(a, "how"));
        }
        strbuf_add_str(b, "</span></p>");
    }
}

/* What the plan says of a step beside its command. */
static void html_facts(struct strbuf *b, const struct view_step *step)
{
    const struct plan_step *p = step->p;

    strbuf_add_str(b, "<p class=\"dim\">step ");
    html_sv(b, p->id);
    strbuf_addf(b, ", line %zu, ", p->line);
    html_sv(b, p->kind);
    strbuf_add_str(b, " on ");
    html_sv(b, p->host);
    if (p->undo_text.n && !step->way_back) {
        strbuf_add_str(b, "; way back: ");
        html_sv(b, p->undo_text);
    }
    strbuf_add_str(b, "</p>");
    if (p->note.n) {
        strbuf_add_str(b, "<p>");
        html_sv(b, p->note);
        strbuf_add_str(b, "</p>");
    }
    if (sv_find_byte(p->command, '\n', 0) != SV_NPOS) {
        strbuf_add_str(b, "<pre>");
        html_sv(b, p->command);
        strbuf_add_str(b, "</pre>");
    }
    if (step->skipped.n) {
        strbuf_add_str(b, "<p>left out: ");
        html_sv(b, step->skipped);
        if (step->skipped_by.n && !sv_eq(step->skipped_by, SV("plan"))) {
            strbuf_add_str(b, ", says ");
            html_sv(b, step->skipped_by);
        }
        strbuf_add_str(b, "</p>");
    }
}

/* In the line that is always seen: what was expected, who answered, where, how long. */
static void html_step_side(struct strbuf *b, const struct view_step *step,
                           const struct view_attempt *last)
{
    const json_t *checks = json_object_get(last ? last->outcome : NULL, "expectations");
    size_t holds = 0, n = json_array_size(checks);

    strbuf_add_str(b, "<span class=\"dim took\">");
    for (size_t i = 0; i < n; i++)
        holds += sv_eq(json_get_sv(json_array_get(checks, i), "result"), SV("holds"));
    if (n)
        strbuf_addf(b, "%zu of %zu expected, ", holds, n);
    if (step->answers.n) {
        strbuf_add_str(b, "by ");
        html_sv(b, json_get_sv(vec_last(&step->answers)->data, "by"));
        strbuf_add_str(b, ", ");
    }
    if (step->attempts.n > 1)
        strbuf_addf(b, "%zu attempts, ", step->attempts.n);
    html_sv(b, step->p->host);
    if (last && last->ended_us > last->begun_us)
        strbuf_addf(b, ", %s", duration_format(view_took_us(last) / 1000).s);
    if (last && view_waited_us(last))
        strbuf_addf(b, ", waited %s for an answer", duration_format(view_waited_us(last) / 1000).s);
    strbuf_add_str(b, "</span>");
}

static enum err_code html_step(struct store *s, struct strbuf *b, const struct view_step *step,
                               size_t number, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf brief = STRBUF(0);
    const struct view_attempt *last = step->attempts.n ? vec_last(&step->attempts) : NULL;
    struct sv command = report_command(step);
    bool failed = sv_eq(step->state, SV("failed"));

    strbuf_addf(b, "<details id=\"step-%zu\"%s><summary>", number, failed ? " open" : "");
    html_tag(b, step->state);
    strbuf_add_str(b, "<code>");
    text_add_brief(&brief, command);
    html_sv(b, strbuf_sv(&brief));
    strbuf_add_str(b, "</code>");
    html_step_side(b, step, last);
    strbuf_add_str(b, "</summary>");
    html_facts(b, step);
    html_answers(b, step);
    for (size_t i = 0; i < step->attempts.n; i++)
        if (html_attempt(s, b, &step->attempts.v[i], err) != ERR_OK ||
            html_hosts(s, b, step, step->attempts.v[i].number, err) != ERR_OK)
            return err_wrap(err, "step %.*s", SV_FMT(step->p->id));
    strbuf_add_str(b, "</details>\n");
    return ERR_OK;
}

static void html_part_title(struct strbuf *b, const struct plan_part *p, unsigned level)
{
    CLEANUP(strbuf_release) struct strbuf title = STRBUF(0);

    plan_add_number(p, &title);
    strbuf_add_sv(&title, p->title);
    strbuf_addf(b, "<h%u>", level);
    html_sv(b, strbuf_sv(&title));
    strbuf_addf(b, "</h%u>\n", level);
}

static bool html_is_under(struct sv part, struct sv id)
{
    return sv_eat(&part, id) && (part.n == 0 || sv_starts(part, SV("/")));
}

/* The headings above a step that the one before does not share. */
static void html_part_titles(struct strbuf *b, const struct view *v, struct sv before,
                             struct sv part)
{
    unsigned level = 3;
    size_t end;

    for (size_t from = 0; from <= part.n && part.n; from = end + 1) {
        struct sv id;
        const struct plan_part *p;

        end = size_min(sv_find_byte(part, '/', from), part.n);
        id = sv_sub(part, 0, end);
        p = plan_part(&v->plan, id);
        if (p && !html_is_under(before, id))
            html_part_title(b, p, level);
        level += p && level < 6;
    }
}

enum err_code html_steps(struct store *s, struct strbuf *b, const struct view *v, bool way_back,
                         struct err *err)
{
    struct sv part = {NULL, 0};
    bool any = false;

    for (size_t i = 0; i < v->steps.n; i++) {
        const struct view_step *step = &v->steps.v[i];

        if (step->way_back != way_back)
            continue;
        if (!any)
            strbuf_addf(b, "<h2>%s</h2>\n",
                        !way_back              ? "Steps"
                        : v->rollback_reason.n ? "The way back"
                                               : "The way back, which was not taken");
        any = true;
        html_part_titles(b, v, part, step->p->part);
        part = step->p->part;
        if (html_step(s, b, step, i + 1, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}
