#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/fold.h"
#include "cli/load.h"
#include "cli/show_plan.h"
#include "cli/term.h"
#include "cli/untold.h"
#include "exec/back_find.h"
#include "report/view.h"

static const char *const status_opts[] = {"--store", "--all", "--json", NULL};

enum { STATUS_COMMAND = 90, STATUS_ENVIRONMENT = 12 };

static const char *status_word(const struct view *v)
{
    return v->state == VIEW_FINISHED ? "finished" : view_word(v);
}

/* What goes on, in one command. */
static void status_next(const struct view *v, struct strbuf *b)
{
    struct event_run_text run = event_run_text(v->id);
    struct sv told = json_get_sv(v->last, "next");

    if (v->state == VIEW_RUNNING && v->gate && sv_eq(json_get_sv(v->gate, "gate"), SV("approve")))
        strbuf_addf(b, "prusik approve %s --as NAME", run.s);
    if (v->state == VIEW_FINISHED || v->state == VIEW_RUNNING)
        return;
    if (told.n)
        text_add_line(b, told);
    else
        strbuf_addf(b, "prusik resume %s", run.s);
}

static void status_put(struct strbuf *b, const char *name, struct sv value)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);

    if (!value.n)
        return;
    term_addf(&line, TERM_DIM, "%-13s", name);
    text_add_line(&line, value);
    strbuf_add_byte(&line, '\n');
    if (term_is_live())
        fold_add(b, strbuf_sv(&line), term_width());
    else
        strbuf_add_sv(b, strbuf_sv(&line));
}

static void status_put_next(struct strbuf *b, struct sv value)
{
    CLEANUP(strbuf_release) struct strbuf label = STRBUF(0), clean = STRBUF(0);

    if (!value.n || !term_is_live()) {
        status_put(b, "next", value);
        return;
    }
    term_addf(&label, TERM_DIM, "%-13s", "next");
    text_add_line(&clean, value);
    term_add_ways(b, strbuf_sv(&label), 13, strbuf_sv(&clean), term_width());
}

static void status_counts(const struct view *v, bool way_back, struct strbuf *out)
{
    size_t n = way_back ? v->plan.n_way_back : v->plan.n_steps;

    strbuf_addf(out, "%zu of %zu done", view_count(v, way_back, SV("done")), n);
    if (view_count(v, way_back, SV("skipped")))
        strbuf_addf(out, ", %zu left out", view_count(v, way_back, SV("skipped")));
    if (view_count(v, way_back, SV("failed")))
        strbuf_addf(out, ", %zu failed", view_count(v, way_back, SV("failed")));
}

/* Who has said yes, and as whom the system knows them. */
static void status_approvals(const struct view_step *s, struct strbuf *b)
{
    for (size_t i = 0; i < s->answers.n; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        const json_t *a = s->answers.v[i].data;
        struct sv by = json_get_sv(a, "by"), role = json_get_sv(a, "role"),
                  note = json_get_sv(a, "note"), login = json_get_sv(a, "login");

        if (!s->answers.v[i].approval)
            continue;
        strbuf_addf(&text, "%.*s%s%.*s", SV_FMT(by), role.n ? ", " : "", SV_FMT(role));
        if (login.n && !sv_eq(login, by))
            strbuf_addf(&text, " (login %.*s)", SV_FMT(login));
        if (json_get_bool(a, "expired", false))
            strbuf_add_str(&text, ", too long ago");
        if (note.n)
            strbuf_addf(&text, ": %.*s", SV_FMT(note));
        status_put(b, strcmp(json_get_str(a, "answer", "yes"), "no") ? "approved by" : "refused by",
                   strbuf_sv(&text));
    }
}

static void status_gate(const struct view *v, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (!v->gate || v->state == VIEW_FINISHED)
        return;
    strbuf_addf(&text, "%.*s, since %s", SV_FMT(json_get_sv(v->gate, "for")),
                clock_format_s(json_get_int(v->gate, "since_us", 0)).s);
    status_put(b, "waits for", strbuf_sv(&text));
    for (size_t i = 0; i < v->steps.n; i++)
        if (sv_eq(v->steps.v[i].p->id, v->gate_step))
            status_approvals(&v->steps.v[i], b);
}

/* --- what was said and is not in the journal yet --- */

struct status_words {
    const struct view_step *s;
    struct strbuf *b;
};

static void status_word_given(const struct store_approval *a, void *arg)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const struct status_words *w = arg;

    if (a->step.n && !sv_eq(a->step, w->s->p->id))
        return;
    for (size_t i = 0; i < w->s->answers.n; i++)
        if (json_get_int(w->s->answers.v[i].data, "given_us", 0) == a->at_us)
            return;
    strbuf_addf(&text, "%.*s%s%.*s, at %s", SV_FMT(a->who), a->role.n ? ", " : "", SV_FMT(a->role),
                clock_format_s(a->at_us).s);
    if (a->note.n)
        strbuf_addf(&text, ": %.*s", SV_FMT(a->note));
    status_put(w->b, a->refused ? "a no of" : "a yes of", strbuf_sv(&text));
}

/* Nobody carries the run out just now who would take it up: a resume judges whether it counts. */
static void status_given(struct store *store, const struct view *brief, struct strbuf *b)
{
    struct err ignored;
    struct view v;

    if (!brief->gate || brief->state == VIEW_FINISHED ||
        !sv_eq(json_get_sv(brief->gate, "gate"), SV("approve")) ||
        view_load(store, brief->id, &v, &ignored) != ERR_OK)
        return;
    for (size_t i = 0; i < v.steps.n; i++)
        if (sv_eq(v.steps.v[i].p->id, v.gate_step)) {
            struct hash_text plan = hash_hex(&v.plan.hash), approval = hash_hex(&v.plan.approval);
            struct store_approval_of of = {sv_from(approval.s), sv_from(plan.s), v.id};
            struct status_words w = {&v.steps.v[i], b};

            (void)!store_approvals(store, &of, status_word_given, &w,
                                   &ignored); /* the rest of the status counts */
        }
    view_release(&v);
}

/* Of a step on several hosts: each with its state, and why it is not done. */
static void status_hosts(const struct view_step *s, struct strbuf *b)
{
    for (size_t i = 0; i < s->p->n_on; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        const struct view_host *h = view_host_of(s, s->p->on[i].host);
        struct sv reason = json_get_sv(h ? h->outcome : NULL, "reason");

        strbuf_addf(&text, "%.*s: %.*s", SV_FMT(s->p->on[i].host),
                    SV_FMT(h ? h->state : SV("planned")));
        if (reason.n)
            strbuf_addf(&text, ", %.*s", SV_FMT(reason));
        status_put(b, i ? " " : "hosts", strbuf_sv(&text));
    }
}

static json_t *status_json_hosts(const struct view_step *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->p->n_on; i++) {
        const struct view_host *h = view_host_of(s, s->p->on[i].host);
        json_t *j = json_object();

        json_put_sv(j, "host", s->p->on[i].host);
        json_put_sv(j, "state", h ? h->state : SV("planned"));
        json_put_sv(j, "reason", json_get_sv(h ? h->outcome : NULL, "reason"));
        json_append(list, j);
    }
    return list;
}

static struct sv status_step_state(const struct view *v, const struct view_step *s)
{
    if (!sv_eq(s->state, SV("running")) || v->state == VIEW_RUNNING)
        return s->state;
    return v->state == VIEW_CRASHED ? SV("in doubt: begun, and the run's process is gone")
                                    : SV("begun, and not ended when the run was stopped");
}

static void status_current(const struct view *v, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), brief = STRBUF(0);
    const struct view_step *s = view_current(v);
    const struct view_attempt *a;

    if (!s || v->state == VIEW_FINISHED)
        return;
    a = vec_last(&s->attempts);
    text_add_brief(&brief, s->p->command);
    strbuf_addf(&text, "%.*s, line %zu: ", SV_FMT(s->p->id), s->p->line);
    show_line(&text, 0, TERM_PLAIN, strbuf_sv(&brief), STATUS_COMMAND);
    status_put(b, "step", strbuf_sv(&text));
    status_put(b, "it is", status_step_state(v, s));
    if (!sv_has(json_get_sv(v->last, "why"), json_get_sv(a->outcome, "reason"))) /* it says so */
        status_put(b, "because", json_get_sv(a->outcome, "reason"));
    status_put(b, "in", json_get_sv(a->outcome, "folder"));
    status_hosts(s, b);
}

/* What became of it afterwards; empty: nothing. */
static void status_after(const struct back_found *f, struct strbuf *out)
{
    if (!f->by)
        return;
    strbuf_addf(out, "by %s", event_run_text(f->by).s);
    if (f->by_open)
        strbuf_add_str(out, ", which is not finished");
    else if (!f->whole && f->until.n)
        strbuf_addf(out, ", down to step %.*s, which stays", SV_FMT(f->until));
    else if (!f->whole)
        strbuf_add_str(out, ", in part: it was ended");
}

static void status_back(const struct view *v, const struct back_found *f, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (v->rolls_back)
        status_put(b, "brings back", sv_from(event_run_text(v->rolls_back).s));
    if (v->back_to.n) {
        strbuf_addf(&text, "%.*s, which stays", SV_FMT(v->back_to));
        status_put(b, "back to", strbuf_sv(&text));
        strbuf_truncate(&text, 0);
    }
    status_after(f, &text);
    status_put(b, "brought back", strbuf_sv(&text));
}

static void status_flags(const struct view *v, struct strbuf *b)
{
    for (size_t i = 0; i < v->events.n; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        if (view_flag_text(v, &v->events.v[i], &text))
            status_put(b, "flag", strbuf_sv(&text));
    }
}

static void status_untold(struct store *store, int64_t run, struct strbuf *b)
{
    CLEANUP(untold_release) struct untold u = untold_of(store, run);

    for (size_t i = 0; i < u.rows.n; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        untold_add(&u.rows.v[i], &text);
        status_put(b, "not told", strbuf_sv(&text));
    }
}

static json_t *status_json_untold(struct store *store, int64_t run)
{
    CLEANUP(untold_release) struct untold u = untold_of(store, run);
    json_t *list = u.rows.n ? json_array() : NULL;

    for (size_t i = 0; i < u.rows.n; i++) {
        json_t *j = json_object();

        json_put_sv(j, "receiver", u.rows.v[i].receiver);
        json_put_int(j, "notices", u.rows.v[i].n);
        json_put_int(j, "given_up", u.rows.v[i].given_up);
        json_put_str(j, "since", clock_format(u.rows.v[i].since_us).s);
        json_put_sv(j, "error", u.rows.v[i].error);
        json_append(list, j);
    }
    return list;
}

/* What people have decided in the run. */
static void status_choices(const struct view *v, struct strbuf *b)
{
    for (size_t i = 0; i < v->events.n; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        const json_t *a = v->events.v[i].data;
        struct sv note = json_get_sv(a, "note");

        if (v->events.v[i].kind != EVENT_ANSWER || !json_get_sv(a, "choice").n)
            continue;
        strbuf_addf(&text, "%.*s: %.*s, by %.*s%s%.*s", SV_FMT(json_get_sv(a, "what")),
                    SV_FMT(json_get_sv(a, "answer")), SV_FMT(json_get_sv(a, "by")),
                    note.n ? ", " : "", SV_FMT(note));
        status_put(b, "decided", strbuf_sv(&text));
    }
}

/* Why it stopped: what the last event says of itself, and when that was. */
static void status_why(const struct view *v, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (v->last_kind == EVENT_RUN_INTERRUPTED && v->state == VIEW_STOPPED)
        strbuf_addf(&text, "%s, at %s", json_get_str(v->last, "reason", "interrupted"),
                    clock_format_s(v->ended_us).s);
    else
        strbuf_add_sv(&text, json_get_sv(v->last, "why"));
    status_put(b, "why", strbuf_sv(&text));
}

static void status_maintenance(const struct view *v, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const json_t *kept = json_object_get(v->last, "maintenance");

    if (json_is_object(kept))
        strbuf_addf(&text, "still on (%s), because %s", json_get_str(kept, "file", ""),
                    json_get_str(kept, "because", ""));
    else if (v->held.n && v->state != VIEW_FINISHED) /* nobody has stopped it in an orderly way */
        strbuf_addf(&text, "on (%.*s)", SV_FMT(v->held));
    status_put(b, "maintenance", strbuf_sv(&text));
}

static void status_show(struct store *store, const struct view *v, const struct back_found *f,
                        struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), next = STRBUF(0);
    int64_t end_us = v->ended_us && v->state != VIEW_RUNNING ? v->ended_us : clock_now_us();

    term_addf(b, TERM_BOLD, "%s  %s", event_run_text(v->id).s, status_word(v));
    if (v->outcome.n)
        term_addf(b, TERM_BOLD, ", %.*s", SV_FMT(v->outcome));
    strbuf_add_byte(b, '\n');
    status_put(b, "runbook", v->plan.title);
    status_put(b, "document", v->plan.document);
    status_put(b, "environment", v->plan.environment);
    status_put(b, "operator", v->operator_name);
    status_put(b, "begun", sv_from(clock_format_s(v->begun_us).s));
    status_put(b, v->state == VIEW_RUNNING ? "for" : "took",
               sv_from(duration_format((end_us - v->begun_us) / 1000).s));
    if (!v->rolls_back) { /* else those are of the other run */
        status_counts(v, false, &text);
        status_put(b, "steps", strbuf_sv(&text));
    }
    if (v->rollback_reason.n) {
        strbuf_truncate(&text, 0);
        status_counts(v, true, &text);
        status_put(b, "way back", strbuf_sv(&text));
        status_put(b, "reason", v->rollback_reason);
    }
    status_back(v, f, b);
    if (!sv_has(v->rollback_reason, v->verdict_text)) /* it led back, and stands there */
        status_put(b, "verdict", v->verdict_text);
    status_flags(v, b);
    status_choices(v, b);
    status_current(v, b);
    status_gate(v, b);
    status_given(store, v, b);
    status_why(v, b);
    status_untold(store, v->id, b);
    status_maintenance(v, b);
    if (v->state == VIEW_RUNNING) {
        strbuf_truncate(&text, 0);
        strbuf_addf(&text, "%s on %s, pid %lld", v->owner.owner, v->owner.host,
                    (long long)v->owner.pid);
        status_put(b, "process", strbuf_sv(&text));
    }
    status_next(v, &next);
    strbuf_truncate(&text, 0);
    command_add(&text, strbuf_sv(&next));
    status_put_next(b, strbuf_sv(&text));
}

static json_t *status_json(struct store *store, const struct view *v, const struct back_found *f)
{
    CLEANUP(strbuf_release) struct strbuf next = STRBUF(0);
    const struct view_step *s = view_current(v);
    json_t *j = json_object(), *untold = status_json_untold(store, v->id);

    json_put_str(j, "run", event_run_text(v->id).s);
    json_put_str(j, "state", status_word(v));
    json_put_sv(j, "outcome", v->outcome);
    json_put_str(j, "status", view_word(v));
    if (v->last)
        json_put_int(j, "exit", v->exit);
    if (v->gate && v->state != VIEW_FINISHED)
        json_put(j, "waits", json_incref((json_t *)(uintptr_t)v->gate));
    json_put_sv(j, "environment", v->plan.environment);
    json_put_sv(j, "document", v->plan.document);
    json_put_sv(j, "operator", v->operator_name);
    json_put_str(j, "begun", clock_format(v->begun_us).s);
    json_put_int(j, "steps", (int64_t)v->plan.n_steps);
    json_put_int(j, "done", (int64_t)view_count(v, false, SV("done")));
    json_put_int(j, "failed", (int64_t)view_count(v, false, SV("failed")));
    json_put_sv(j, "verdict", v->verdict);
    if (v->state != VIEW_FINISHED)
        json_put_sv(j, "maintenance", v->held);
    json_put_sv(j, "why", json_get_sv(v->last, "why"));
    if (s && v->state != VIEW_FINISHED)
        json_put_sv(j, "step", s->p->id);
    if (s && v->state != VIEW_FINISHED && s->p->n_on)
        json_put(j, "hosts", status_json_hosts(s));
    if (v->rolls_back)
        json_put_str(j, "rolls_back", event_run_text(v->rolls_back).s);
    json_put_sv(j, "back_to", v->back_to);
    if (f && f->by) {
        json_put_str(j, "brought_back_by", event_run_text(f->by).s);
        json_put_bool(j, "brought_back", f->whole);
        json_put_sv(j, "brought_back_until", f->until);
    }
    if (untold)
        json_put(j, "untold", untold);
    status_next(v, &next);
    json_put_sv(j, "next", strbuf_sv(&next));
    return j;
}

/* --- several runs --- */

/* A row of the table; a run that cannot be read has only its number, and what is wrong. */
struct status_line {
    int64_t id, begun_us;
    const char *word;
    char *outcome;
    struct sv environment, document, wrong;
};

struct status_list {
    struct store *store;
    struct arena arena;
    VEC(struct status_line) lines;
    json_t *json;
};

static bool status_row(const struct store_run *run, void *arg)
{
    struct status_list *l = arg;
    struct status_line *line = vec_add(&l->lines);
    struct err err;
    struct view v;

    *line = (struct status_line){.id = run->id};
    if (view_load_brief(l->store, run->id, false, &v, &err) != ERR_OK) {
        line->wrong = arena_sv(&l->arena, sv_from(err.msg));
        return true;
    }
    if (l->json)
        json_append(l->json, status_json(l->store, &v, NULL));
    line->begun_us = v.begun_us;
    line->word = status_word(&v);
    line->outcome = arena_strdup(&l->arena, v.outcome);
    line->environment = arena_sv(&l->arena, run->environment);
    line->document = arena_sv(&l->arena, run->document);
    view_release(&v);
    return true;
}

/* The widest name makes the column: what follows stands below each other whatever environments are called. */
static void status_table(const struct status_list *l, struct strbuf *out)
{
    size_t width = STATUS_ENVIRONMENT;

    for (size_t i = 0; i < l->lines.n; i++) {
        size_t n = text_width(l->lines.v[i].environment);

        width = n > width ? n : width;
    }
    for (size_t i = 0; i < l->lines.n; i++) {
        const struct status_line *line = &l->lines.v[i];

        strbuf_addf(out, "%s  ", event_run_text(line->id).s);
        if (line->wrong.n) {
            strbuf_addf(out, "cannot be read: %.*s\n", SV_FMT(line->wrong));
            continue;
        }
        strbuf_addf(out, "%s  %-15s %-13s %.*s", clock_format_s(line->begun_us).s, line->word,
                    line->outcome, SV_FMT(line->environment));
        strbuf_addf(out, "%*s %.*s\n", (int)(width - text_width(line->environment)), "",
                    SV_FMT(line->document));
    }
}

static enum err_code status_all(struct store *store, bool json, struct strbuf *out, struct err *err)
{
    struct status_list l = {.store = store, .json = json ? json_array() : NULL};
    enum err_code rc = store_runs(store, status_row, &l, err);

    if (json) {
        json_write_pretty(l.json, out);
        strbuf_add_byte(out, '\n');
    } else {
        status_table(&l, out);
    }
    json_decref(l.json);
    vec_release(&l.lines);
    arena_release(&l.arena);
    return rc;
}

static bool status_is_back(const struct view *v)
{
    return v->state == VIEW_FINISHED && sv_eq(v->outcome, SV("rolled-back"));
}

static enum err_code status_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct back_found f;
    struct view v;
    int64_t id;

    if (load_store(c, STORE_READ, &store, err) != ERR_OK)
        return err->code;
    if (c->all) {
        if (status_all(store, c->json, &b, err) != ERR_OK)
            return err->code;
    } else {
        if (load_run(store, c, &id, err) != ERR_OK ||
            view_load_brief(store, id, false, &v, err) != ERR_OK)
            return err->code;
        if (back_find_after(store, &(struct back_own){id, status_is_back(&v), v.back_to}, &f,
                            err) != ERR_OK) {
            view_release(&v);
            return err->code;
        }
        if (c->json) {
            CLEANUP(json_cleanup) json_t *j = status_json(store, &v, &f);

            json_write_pretty(j, &b);
            strbuf_add_byte(&b, '\n');
        } else {
            status_show(store, &v, &f, &b);
        }
        back_found_release(&f);
        view_release(&v);
    }
    term_write(&b);
    return ERR_OK;
}

const struct verb verb_status = {
    .name = "status",
    .args = "[RUN]",
    .help = "where a run is, why it stopped, what goes on",
    .more =
        "One look: what is done, which step is in progress or failed and why, what the run "
        "waits for,\n"
        "whether maintenance is still on, who could not be told, and the command that goes on.\n"
        "Without RUN: the last one.\n\n"
        "  prusik status\n"
        "  prusik status --all",
    .opts = status_opts,
    .min_args = 0,
    .max_args = 1,
    .run = status_run,
};
