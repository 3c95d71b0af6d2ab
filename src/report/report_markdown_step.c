/*
 * The document filled in: what became of each step, at its place.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "base/text.h"
#include "report/markdown_int.h"

/* --- who said what --- */

static void markdown_who(struct strbuf *b, const struct view_answer *a)
{
    fill_add_text(b, json_get_sv(a->data, "by"));
    if (json_get_sv(a->data, "role").n) {
        strbuf_add_str(b, " (");
        fill_add_text(b, json_get_sv(a->data, "role"));
        strbuf_add_byte(b, ')');
    }
}

static void markdown_answer(struct strbuf *b, const struct view_answer *a)
{
    static const char *const texts[] = {"answer", "what", "note", "how"};

    strbuf_add_str(b, a->approval ? "approved by " : "answered by ");
    markdown_who(b, a);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (json_get_sv(a->data, texts[i]).n) {
            strbuf_add_str(b, ", ");
            fill_add_text(b, json_get_sv(a->data, texts[i]));
        }
    strbuf_addf(b, ", %s", clock_format_s(a->at_us).s);
}

/* --- what a command did --- */

static void markdown_check(struct strbuf *b, const json_t *c)
{
    strbuf_add_str(b, "- expected ");
    fill_add_text(b, json_get_sv(c, "text"));
    if (json_get_int(c, "line", 0))
        strbuf_addf(b, " (line %" PRId64 ")", json_get_int(c, "line", 0));
    strbuf_addf(b, ": **%.*s**", SV_FMT(json_get_sv(c, "result")));
    if (json_get_sv(c, "seen").n) {
        strbuf_add_str(b, ", found ");
        fill_add_text(b, json_get_sv(c, "seen"));
    }
    if (json_get_sv(c, "by").n) {
        strbuf_add_str(b, ", by ");
        fill_add_text(b, json_get_sv(c, "by"));
    }
    strbuf_add_byte(b, '\n');
}

static enum err_code markdown_output(struct store *s, struct strbuf *b,
                                     const struct view_attempt *a, const char *key,
                                     const char *title, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const json_t *o = json_object_get(a->outcome, key);

    if (report_output(s, a->outcome, key, &text, err) != ERR_OK)
        return err->code;
    if (!text.n)
        return ERR_OK;
    strbuf_addf(b, "\n%s", title);
    if (json_get_bool(o, "cut", false))
        strbuf_addf(b, ", cut: it had %" PRId64 " bytes", json_get_int(o, "bytes", 0));
    strbuf_add_str(b, ":\n\n");
    fill_add_fence(b, strbuf_sv(&text), MARKDOWN_LINES);
    return ERR_OK;
}

/* "**done**, attempt 2, exit status 0, 1.2 s, 2026-..., on web1: `command`" */
static void markdown_attempt_head(struct strbuf *b, const struct view_step *step,
                                  const struct view_attempt *a)
{
    CLEANUP(strbuf_release) struct strbuf brief = STRBUF(0);
    struct sv command = report_command(step);

    strbuf_add_str(b, "**");
    if (sv_eq(a->state, SV("running")) && a != vec_last(&step->attempts))
        strbuf_add_str(b, "begun, and not ended");
    else
        fill_add_text(b, a->state);
    strbuf_add_str(b, "**");
    if (step->attempts.n > 1)
        strbuf_addf(b, ", attempt %" PRId64, a->number);
    if (json_object_get(a->outcome, "status"))
        strbuf_addf(b, ", exit status %" PRId64, json_get_int(a->outcome, "status", 0));
    if (json_object_get(a->outcome, "http_status"))
        strbuf_addf(b, ", HTTP %" PRId64, json_get_int(a->outcome, "http_status", 0));
    if (a->ended_us)
        strbuf_addf(b, ", %s", duration_format(view_took_us(a) / 1000).s);
    if (view_waited_us(a))
        strbuf_addf(b, ", waited %s for an answer", duration_format(view_waited_us(a) / 1000).s);
    strbuf_addf(b, ", %s, on ", clock_format(a->begun_us).s);
    fill_add_text(b, step->p->host);
    strbuf_add_str(b, ": ");
    text_add_brief(&brief, command);
    fill_add_code(b, strbuf_sv(&brief));
    strbuf_add_byte(b, '\n');
}

/* "- web1: **failed**, HTTP 503: `http://10.0.0.1:8080/`" */
static void markdown_hosts(struct strbuf *b, const struct view_step *step, int64_t attempt)
{
    for (size_t i = 0; i < step->hosts.n; i++) {
        const struct view_host *h = &step->hosts.v[i];
        struct sv reason = json_get_sv(h->outcome, "reason"),
                  command = report_host_command(step, h->host);

        if (h->attempt != attempt)
            continue;
        strbuf_add_str(b, "- ");
        fill_add_text(b, h->host);
        strbuf_add_str(b, ": **");
        fill_add_text(b, h->state);
        strbuf_add_str(b, "**");
        if (reason.n) {
            strbuf_add_str(b, ", ");
            fill_add_text(b, reason);
        }
        if (command.n) {
            strbuf_add_str(b, ": ");
            fill_add_code(b, command);
        }
        strbuf_add_byte(b, '\n');
    }
}

static enum err_code markdown_attempt(struct store *s, struct strbuf *b,
                                      const struct view_step *step, const struct view_attempt *a,
                                      struct err *err)
{
    const json_t *checks = json_object_get(a->outcome, "expectations");

    if (b->n)
        strbuf_add_byte(b, '\n');
    markdown_attempt_head(b, step, a);
    if (a->doubt) {
        strbuf_add_str(b, "- begun before an interruption; decided: ");
        fill_add_text(b, json_get_sv(a->doubt, "decision"));
        strbuf_add_str(b, ", ");
        fill_add_text(b, json_get_sv(a->doubt, "evidence"));
        strbuf_add_byte(b, '\n');
    }
    if (json_get_sv(a->outcome, "reason").n) {
        strbuf_add_str(b, "- ");
        fill_add_text(b, json_get_sv(a->outcome, "reason"));
        strbuf_add_byte(b, '\n');
    }
    markdown_hosts(b, step, a->number);
    for (size_t i = 0; i < json_array_size(checks); i++)
        markdown_check(b, json_array_get(checks, i));
    if (markdown_output(s, b, a, "out", "output", err) != ERR_OK)
        return err->code;
    return markdown_output(s, b, a, "err", "error output", err);
}

static enum err_code markdown_command(struct store *s, struct markdown_fill *m,
                                      const struct view_step *step, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    for (size_t i = 0; i < step->answers.n; i++) {
        markdown_answer(&b, &step->answers.v[i]);
        strbuf_add_byte(&b, '\n');
    }
    for (size_t i = 0; i < step->attempts.n; i++)
        if (markdown_attempt(s, &b, step, &step->attempts.v[i], err) != ERR_OK)
            return err_wrap(err, "step %.*s", SV_FMT(step->p->id));
    if (b.n)
        fill_after(&m->fill, step->p->line, strbuf_sv(&b));
    return ERR_OK;
}

/* --- what a person did --- */

static bool markdown_is_date(struct sv key)
{
    return sv_has_nocase(key, SV("date")) || sv_has_nocase(key, SV("time"));
}

/* Behind the signer's name: the first blank is the signature, one for a date gets it. */
static bool markdown_sign(struct markdown_fill *m, const struct view_step *step)
{
    const struct view_answer *a = vec_last(&step->answers);
    struct sv line = document_line(m->fill.doc, step->p->line);
    size_t at = sv_find(line, step->p->command, 0), end, blank;
    CLEANUP(strbuf_release) struct strbuf who = STRBUF(0);

    for (size_t i = 0; i < step->answers.n; i++) {
        strbuf_add_str(&who, i ? ", " : "");
        markdown_who(&who, &step->answers.v[i]);
    }
    end = fill_blank(&m->fill, step->p->line, at == SV_NPOS ? 0 : at, strbuf_sv(&who));
    if (end == SV_NPOS) {
        strbuf_addf(&who, ", %s", clock_format_s(a->at_us).s);
        return fill_cell(&m->fill, step->p->line, strbuf_sv(&who));
    }
    blank = sv_find(line, SV("___"), end);
    if (blank != SV_NPOS && markdown_is_date(sv_sub(line, end, blank)))
        (void)fill_blank(&m->fill, step->p->line, end, sv_from(clock_format_s(a->at_us).s));
    return true;
}

static void markdown_person(struct markdown_fill *m, const struct view_step *step)
{
    const struct view_attempt *last = step->attempts.n ? vec_last(&step->attempts) : NULL;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (!last && !step->answers.n)
        return;
    if (step->answers.n && vec_last(&step->answers)->approval && markdown_sign(m, step))
        return;
    strbuf_add_str(&b, "**");
    fill_add_text(&b, step->state);
    strbuf_add_str(&b, "**");
    for (size_t i = 0; i < step->answers.n; i++) {
        strbuf_add_str(&b, i ? "; " : ", ");
        markdown_answer(&b, &step->answers.v[i]);
    }
    if (last && json_get_sv(last->outcome, "reason").n) {
        strbuf_add_str(&b, ": ");
        fill_add_text(&b, json_get_sv(last->outcome, "reason"));
    }
    fill_note(&m->fill, step->p->line, strbuf_sv(&b));
}

static void markdown_skipped(struct markdown_fill *m, const struct view_step *step)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_add_str(&b, "**left out**: ");
    fill_add_text(&b, step->skipped);
    if (step->skipped_by.n && !sv_eq(step->skipped_by, SV("plan"))) {
        strbuf_add_str(&b, ", says ");
        fill_add_text(&b, step->skipped_by);
    }
    fill_note(&m->fill, step->p->line, strbuf_sv(&b));
}

enum err_code markdown_steps(struct store *s, struct markdown_fill *m, struct err *err)
{
    for (size_t i = 0; i < m->v->steps.n; i++) {
        const struct view_step *step = &m->v->steps.v[i];
        bool person = sv_eq(step->p->kind, SV("manual")) || sv_eq(step->p->kind, SV("approval"));

        if (sv_eq(step->state, SV("skipped")))
            markdown_skipped(m, step);
        else if (person)
            markdown_person(m, step);
        else if (markdown_command(s, m, step, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}
