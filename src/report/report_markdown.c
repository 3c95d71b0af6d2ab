/*
 * The document filled in: what is said of the whole, of tasks, signatures, rules, checkpoints and messages.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "report/markdown_int.h"
#include "report/report.h"
#include "runbook/runbook.h"

/* --- the head --- */

static void markdown_fact(struct strbuf *b, const char *name, struct sv value)
{
    if (!value.n)
        return;
    strbuf_addf(b, "- %s: ", name);
    fill_add_text(b, value);
    strbuf_add_byte(b, '\n');
}

static void markdown_values(struct strbuf *b, const struct view *v)
{
    for (size_t i = 0; i < v->events.n; i++) {
        const json_t *d = v->events.v[i].data;

        if (v->events.v[i].kind != EVENT_VALUE_BOUND)
            continue;
        strbuf_add_str(b, "- value ");
        fill_add_text(b, json_get_sv(d, "name"));
        strbuf_add_str(b, ": ");
        fill_add_text(b, json_get_sv(d, "value"));
        strbuf_add_byte(b, '\n');
    }
}

static void markdown_flags(struct strbuf *b, const struct view *v)
{
    for (size_t i = 0; i < v->events.n; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        if (view_flag_text(v, &v->events.v[i], &text))
            markdown_fact(b, "flag", strbuf_sv(&text));
        if (v->events.v[i].kind == EVENT_REPORTED)
            markdown_fact(b, "told meanwhile", json_get_sv(v->events.v[i].data, "text"));
    }
}

static void markdown_head(struct strbuf *b, const struct view *v, const struct journal_check *k)
{
    static const char *const told[] = {"why", "reason", "next"};
    const char *css;

    strbuf_addf(b, "**%s**: run %s, ", report_outcome(v, &css), event_run_text(v->id).s);
    fill_add_text(b, v->plan.environment);
    if (v->ended_us)
        strbuf_addf(b, ", after %s", duration_format((v->ended_us - v->begun_us) / 1000).s);
    strbuf_add_str(b, "\n\n");
    if (v->verdict.n) {
        strbuf_addf(b, "- verdict **%.*s**%s", SV_FMT(v->verdict), v->verdict_text.n ? ": " : "");
        fill_add_text(b, v->verdict_text);
        strbuf_add_byte(b, '\n');
    }
    for (size_t i = 0; i < ARRAY_LEN(told); i++)
        markdown_fact(b, told[i], json_get_sv(v->last, told[i]));
    markdown_fact(b, "rolled back because", v->rollback_reason);
    markdown_fact(b, "rolled back by", v->rollback_by);
    if (v->rolls_back)
        markdown_fact(b, "brings back", sv_from(event_run_text(v->rolls_back).s));
    markdown_fact(b, "as far as this step, which stays", v->back_to);
    markdown_fact(b, "begun", sv_from(clock_format(v->begun_us).s));
    if (v->ended_us)
        markdown_fact(b, "ended", sv_from(clock_format(v->ended_us).s));
    if (v->mark_us)
        markdown_fact(b, "deployed at (T0)", sv_from(clock_format(v->mark_us).s));
    markdown_flags(b, v);
    markdown_fact(b, "operator", v->operator_name);
    markdown_fact(b, "host", v->host);
    markdown_fact(b, "prusik", v->version);
    markdown_fact(b, "document SHA-256", json_get_sv(v->plan.json, "document_hash"));
    markdown_fact(b, "plan", sv_from(hash_hex(&v->plan.hash).s));
    markdown_values(b, v);
    strbuf_addf(b, "- journal: %" PRId64 " events, head %s, %s\n", k->events, hash_hex(&k->head).s,
                k->sealed ? "sealed" : "not sealed");
}

/* --- tasks --- */

struct markdown_tally {
    size_t steps, done, others; /* others: failed, running, not begun */
    int64_t ended_us;
    bool inside; /* one of the steps stands in the task itself ... */
    bool said;   /* ... and has a note there */
};

static bool markdown_is_under(struct sv part, struct sv id)
{
    return id.n && sv_eat(&part, id) && (part.n == 0 || *part.p == '/');
}

/* A task that was asked about with what this step had shown. */
static bool markdown_asks(const struct plan_step *s, size_t line)
{
    for (size_t i = 0; i < s->n_expects; i++)
        if (s->expects[i].e.line == line)
            return true;
    return false;
}

static struct markdown_tally markdown_tally(const struct markdown_fill *m, const struct rb_part *p)
{
    const struct view *v = m->v;
    struct sv joined = p->joined == RB_NONE ? (struct sv){NULL, 0} : m->rb->parts[p->joined].id;
    struct markdown_tally t = {.steps = 0};

    for (size_t i = 0; i < v->steps.n; i++) {
        const struct view_step *s = &v->steps.v[i];

        if ((s->way_back && !v->rollback_reason.n) ||
            (!markdown_is_under(s->p->part, p->id) && !markdown_is_under(s->p->part, joined) &&
             !markdown_asks(s->p, p->line)))
            continue;
        t.steps++;
        if (sv_eq(s->state, SV("done"))) {
            t.done++;
            t.ended_us = vec_last(&s->attempts)->ended_us;
        } else if (!sv_eq(s->state, SV("skipped"))) {
            t.others++;
        }
        if (s->p->line >= p->line && s->p->line <= p->end_line) {
            t.inside = true;
            t.said |= s->answers.n || s->attempts.n || s->skipped.n;
        }
    }
    return t;
}

/* What is done is ticked.  A box that the author has ticked says nothing of this run. */
static void markdown_task(struct markdown_fill *m, const struct rb_part *p)
{
    struct markdown_tally t = markdown_tally(m, p);
    CLEANUP(strbuf_release) struct strbuf note = STRBUF(0);

    if (t.done && !t.others)
        fill_tick(&m->fill, p->line);
    if (p->checked && t.steps && !t.said && (!t.done || t.others))
        strbuf_add_str(&note, "**not done in this run**");
    else if (t.done && !t.inside && !t.others)
        strbuf_addf(&note, "**done**, %s", clock_format_s(t.ended_us).s);
    else if (t.done && !t.inside)
        strbuf_addf(&note, "**%zu of %zu done**", t.done, t.steps);
    if (note.n)
        fill_note(&m->fill, p->line, strbuf_sv(&note));
}

/* --- rules and checkpoints --- */

static void markdown_rule(struct markdown_fill *m, const struct plan_rule *r, size_t line)
{
    const struct view_event *e = view_rule_event(m->v, r->id);
    CLEANUP(strbuf_release) struct strbuf note = STRBUF(0);

    if (r->dropped) {
        strbuf_add_str(&note, "**not judged**: ");
        fill_add_text(&note, r->reason);
    } else if (e) {
        struct sv explain = json_get_sv(e->data, "explain");

        strbuf_addf(&note, "**%.*s**, %s: ", SV_FMT(json_get_sv(e->data, "state")),
                    clock_format_s(e->at_us).s);
        fill_add_text(&note, explain.n ? explain : json_get_sv(e->data, "text"));
    } else {
        return;
    }
    fill_note(&m->fill, line, strbuf_sv(&note));
}

static void markdown_rules(struct markdown_fill *m)
{
    const json_t *list = json_object_get(m->v->plan.json, "rules");

    for (size_t i = 0; i < m->v->plan.n_rules; i++)
        if (!json_get_sv(json_array_get(list, i), "file").n) /* else it is a line of the binding */
            markdown_rule(m, &m->v->plan.rules[i], m->v->plan.rules[i].line);
}

static void markdown_checkpoint(struct markdown_fill *m, const struct view_event *e)
{
    const struct plan *p = &m->v->plan;
    CLEANUP(strbuf_release) struct strbuf note = STRBUF(0);

    strbuf_addf(&note, "**%.*s**, %s", SV_FMT(json_get_sv(e->data, "verdict")),
                clock_format_s(e->at_us).s);
    if (json_get_sv(e->data, "text").n) {
        strbuf_add_str(&note, ": ");
        fill_add_text(&note, json_get_sv(e->data, "text"));
    }
    for (size_t i = 0; i < p->n_checkpoints; i++)
        if (sv_eq(p->checkpoints[i].name, json_get_sv(e->data, "name")) &&
            sv_eq(p->checkpoints[i].phase, json_get_sv(e->data, "phase")))
            fill_note(&m->fill, p->checkpoints[i].line, strbuf_sv(&note));
}

/* --- the rest --- */

static void markdown_message(struct markdown_fill *m, const struct view_event *e)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(&b, "**message**, %s\n\n", clock_format_s(e->at_us).s);
    fill_add_fence(&b, json_get_sv(e->data, "text"), MARKDOWN_LINES);
    fill_after(&m->fill, (size_t)json_get_int(e->data, "line", 0), strbuf_sv(&b));
}

static void markdown_events(struct markdown_fill *m)
{
    for (size_t i = 0; i < m->v->events.n; i++) {
        const struct view_event *e = &m->v->events.v[i];

        if (e->kind == EVENT_CHECKPOINT)
            markdown_checkpoint(m, e);
        else if (e->kind == EVENT_MESSAGE)
            markdown_message(m, e);
    }
}

static enum err_code markdown_fill_in(struct store *s, struct markdown_fill *m, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf head = STRBUF(0);
    struct journal_check k;

    for (size_t i = 0; i < m->rb->n_parts; i++)
        if (m->rb->parts[i].task)
            markdown_task(m, &m->rb->parts[i]);
    if (markdown_steps(s, m, err) != ERR_OK || journal_verify(s, m->v->id, &k, err) != ERR_OK)
        return err->code;
    markdown_rules(m);
    markdown_events(m);
    markdown_head(&head, m->v, &k);
    fill_top(&m->fill, strbuf_sv(&head));
    return ERR_OK;
}

enum err_code report_markdown(struct store *s, const struct view *v, struct strbuf *out,
                              struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(mem_freep) char *path = xstrdup_sv(v->plan.document);
    struct document doc = {0};
    struct runbook rb = {0};
    struct markdown_fill m = {.v = v, .rb = &rb};
    enum err_code rc;

    if (view_document(s, v, &text, err) != ERR_OK ||
        document_init(path, strbuf_sv(&text), &doc, err) != ERR_OK)
        return err->code;
    rc = runbook_read(&doc, &rb, err);
    if (rc == ERR_OK) {
        m.fill.doc = &doc;
        m.fill.md = &rb.md;
        rc = markdown_fill_in(s, &m, err);
    }
    if (rc == ERR_OK)
        fill_write(&m.fill, event_run_text(v->id).s, out);
    fill_release(&m.fill);
    runbook_release(&rb);
    document_release(&doc);
    return rc;
}
