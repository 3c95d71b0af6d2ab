/* report: what `prusik status` shows, from the summary of a run and from all of its events (J8). */
#include "exec/brief.h"
#include "report_bench.h"

static const char document[] = "# Web\n\n## Deployment\n" SH("git pull\necho two\n")
    SH("ssh web\necho it") SH("ssh db\necho db")
        SH("echo last") "## Rollback\n" SH("git reset --hard HEAD~1\necho back")
            SH("ssh web\necho rb");
static const char binding[] =
    "environment: staging\noperator: ana\nhosts: {'*': local, web: {group: [a, b], batch: 2}}\n"
    "steps: {deployment: {undo: a test}}\n";

/* --- one view against the other --- */

static void want_same(struct sv brief, struct sv full, const char *what)
{
    if (!sv_eq(brief, full))
        T_FAIL("%s: '%.*s' in the summary, '%.*s' in the events", what, SV_FMT(brief),
               SV_FMT(full));
}

static void want_same_json(const json_t *brief, const json_t *full, const char *what)
{
    T_EQ(brief == NULL, full == NULL);
    if (brief && !json_equal((json_t *)(uintptr_t)brief, (json_t *)(uintptr_t)full))
        T_FAIL("%s differs", what);
}

static struct sv first_line(struct sv command)
{
    return sv_sub(command, 0, sv_find_byte(command, '\n', 0));
}

static void want_same_hosts(const struct view_step *brief, const struct view_step *full)
{
    T_EQ(brief->p->n_on, full->p->n_on);
    for (size_t i = 0; i < full->p->n_on; i++) {
        const struct view_host *a = view_host_of(brief, brief->p->on[i].host),
                               *b = view_host_of(full, full->p->on[i].host);

        want_same(brief->p->on[i].host, full->p->on[i].host, "host");
        T_EQ(a == NULL, b == NULL);
        want_same(a ? a->state : SV(""), b ? b->state : SV(""), "state of a host");
        want_same(json_get_sv(a ? a->outcome : NULL, "reason"),
                  json_get_sv(b ? b->outcome : NULL, "reason"), "reason of a host");
    }
}

static void want_same_step(const struct view *brief, const struct view *full)
{
    const struct view_step *a = view_current(brief), *b = view_current(full);

    want_same(a ? a->p->id : SV(""), b ? b->p->id : SV(""), "step");
    if (!a || !b)
        return;
    T_EQ(a->p->line, b->p->line);
    want_same(first_line(a->p->command), first_line(b->p->command), "command");
    want_same(a->state, b->state, "state");
    want_same(json_get_sv(vec_last(&a->attempts)->outcome, "reason"),
              json_get_sv(vec_last(&b->attempts)->outcome, "reason"), "reason");
    want_same_hosts(a, b);
}

static void approvals_of(const struct view *v, struct strbuf *out)
{
    for (size_t i = 0; i < v->steps.n; i++)
        for (size_t k = 0; sv_eq(v->steps.v[i].p->id, v->gate_step) && k < v->steps.v[i].answers.n;
             k++)
            if (v->steps.v[i].answers.v[k].approval)
                json_write(v->steps.v[i].answers.v[k].data, out);
}

/* Flags, and what people have decided. */
static void flags_of(const struct view *v, struct strbuf *out)
{
    for (size_t i = 0; i < v->events.n; i++) {
        const struct view_event *e = &v->events.v[i];

        if (view_flag_text(v, e, out))
            strbuf_add_byte(out, '\n');
        if (e->kind == EVENT_ANSWER && json_get_sv(e->data, "choice").n)
            json_write(e->data, out);
    }
}

static void want_same_gate(const struct view *brief, const struct view *full)
{
    CLEANUP(strbuf_release) struct strbuf a = STRBUF(0), b = STRBUF(0);

    want_same_json(brief->gate, full->gate, "gate");
    if (full->gate) {
        approvals_of(brief, &a);
        approvals_of(full, &b);
        T_STR(strbuf_str(&a), strbuf_str(&b));
    }
    strbuf_truncate(&a, 0);
    strbuf_truncate(&b, 0);
    flags_of(brief, &a);
    flags_of(full, &b);
    T_STR(strbuf_str(&a), strbuf_str(&b));
}

static void want_same_counts(const struct view *brief, const struct view *full)
{
    static const struct sv states[] = {SV("done"), SV("skipped"), SV("failed")};

    T_EQ(brief->plan.n_steps, full->plan.n_steps);
    T_EQ(brief->plan.n_way_back, full->plan.n_way_back);
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        for (int way_back = 0; way_back < 2; way_back++)
            T_EQ(view_count(brief, way_back, states[i]), view_count(full, way_back, states[i]));
}

static void want_same_views(const struct view *brief, const struct view *full)
{
    T_STR(view_word(brief), view_word(full));
    T_EQ(brief->state, full->state);
    T_EQ(brief->begun_us, full->begun_us);
    T_EQ(brief->ended_us, full->ended_us);
    T_EQ(brief->exit, full->exit);
    T_EQ(brief->rolls_back, full->rolls_back);
    want_same(brief->plan.title, full->plan.title, "title");
    want_same(brief->plan.document, full->plan.document, "document");
    want_same(brief->plan.environment, full->plan.environment, "environment");
    want_same(brief->operator_name, full->operator_name, "operator");
    want_same(brief->outcome, full->outcome, "outcome");
    want_same(brief->verdict, full->verdict, "verdict");
    want_same(brief->verdict_text, full->verdict_text, "text of the verdict");
    want_same(brief->rollback_reason, full->rollback_reason, "reason of the way back");
    want_same(brief->back_to, full->back_to, "step that stays");
    want_same(brief->held, full->held, "maintenance");
    want_same_json(brief->last, full->last, "last");
    want_same_counts(brief, full);
    want_same_step(brief, full);
    want_same_gate(brief, full);
}

/* --- a run whose every event has a summary --- */

struct walk {
    struct bench b;
    struct brief *brief;
    bool silent;    /* it does not write its summary */
    size_t n_brief; /* looks that the summary was enough for */
};

static enum err_code take_again(const struct event *e, void *arg, struct err *err)
{
    CLEANUP(json_cleanup) json_t *data = NULL;

    T_OK(json_read(e->data, &data, err), *err);
    brief_take(arg, e, data);
    return ERR_OK;
}

static void walk_begin(struct walk *w)
{
    *w = (struct walk){.n_brief = 0};
    bench_of(&w->b, document, binding);
    w->brief = brief_new(&w->b.w.plan);
    T_OK(journal_read(w->b.store, w->b.run, 0, take_again, w->brief, &w->b.err), w->b.err);
}

static void walk_end(struct walk *w)
{
    brief_free(w->brief);
    bench_end(&w->b);
}

static void walk_look(struct walk *w)
{
    struct view brief, full;

    T_OK(view_load_brief(w->b.store, w->b.run, false, &brief, &w->b.err), w->b.err);
    T_OK(view_load_brief(w->b.store, w->b.run, true, &full, &w->b.err), w->b.err);
    T_CHECK(!full.counts);
    w->n_brief += brief.counts != NULL;
    want_same_views(&brief, &full);
    view_release(&brief);
    view_release(&full);
}

static void walk_add(struct walk *w, enum event_kind kind, const char *step, int64_t attempt,
                     const char *text)
{
    CLEANUP(strbuf_release) struct strbuf told = STRBUF(0);
    CLEANUP(json_cleanup) json_t *data = NULL;
    struct event e = {.at_us = w->b.at_us,
                      .kind = kind,
                      .step = sv_from(step),
                      .attempt = attempt,
                      .data = sv_from(text)};

    T_OK(json_read(e.data, &data, &w->b.err), w->b.err);
    brief_take(w->brief, &e, data);
    if (!w->silent && brief_write(w->brief, &told))
        journal_summarize(w->b.journal, strbuf_sv(&told));
    add(&w->b, kind, step, attempt, text);
    walk_look(w);
}

/* --- events that come in any order --- */

static const struct any {
    enum event_kind kind;
    const char *data;
} anys[] = {
    {EVENT_STEP_INTENT, "{\"command\":\"x\"}"},
    {EVENT_STEP_INTENT, "{\"hosts\":[\"a\",\"b\",7]}"},
    {EVENT_STEP_INTENT, "{\"hosts\":[\"b\"]}"},
    {EVENT_STEP_OUTCOME, "{\"state\":\"done\"}"},
    {EVENT_STEP_OUTCOME, "{\"state\":\"done\",\"reason\":\"so\"}"},
    {EVENT_STEP_OUTCOME, "{\"reason\":\"exit status 1\",\"state\":\"failed\"}"},
    {EVENT_STEP_OUTCOME, "{\"state\":\"stopped\"}"},
    {EVENT_HOST_OUTCOME, "{\"host\":\"a\",\"state\":\"done\"}"},
    {EVENT_HOST_OUTCOME, "{\"host\":\"b\",\"reason\":\"no <b>\",\"state\":\"failed\"}"},
    {EVENT_STEP_SKIPPED, "{\"by\":\"plan\",\"reason\":\"not here\"}"},
    {EVENT_STEP_DOUBT, "{\"decision\":\"again\"}"},
    {EVENT_ANSWER, "{\"answer\":true,\"by\":\"ana\"}"},
    {EVENT_ANSWER, "{\"answer\":\"yes\",\"by\":\"ana\",\"choice\":\"x/1\",\"what\":\"restore\"}"},
    {EVENT_APPROVAL, "{\"answer\":\"yes\",\"by\":\"ana\",\"role\":\"lead\"}"},
    {EVENT_APPROVAL, "{\"answer\":\"no\",\"by\":\"bo\"}"},
    {EVENT_GATE_WAITING, "{\"for\":\"a yes\",\"gate\":\"approve\",\"since_us\":5}"},
    {EVENT_GATE_REFUSED, "{\"by\":\"bo\",\"gate\":\"approve\"}"},
    {EVENT_GATE_PASSED, "{\"waited_us\":3}"},
    {EVENT_RUN_WAITING, "{\"exit\":7,\"for\":\"approval\",\"next\":\"wait\",\"why\":\"it waits\"}"},
    {EVENT_RUN_INTERRUPTED, "{\"reason\":\"SIGTERM\"}"},
    {EVENT_RUN_RESUMED, "{\"operator\":\"bo\"}"},
    {EVENT_VERDICT, "{\"text\":\"errors\",\"verdict\":\"investigate\"}"},
    {EVENT_VERDICT, "{\"verdict\":\"ok\"}"},
    {EVENT_FLAG_INTENT, "{\"flag\":\"F\",\"number\":1,\"rule\":\"r\",\"to\":\"off\"}"},
    {EVENT_FLAG_OUTCOME, "{\"flag\":\"F\",\"ms\":5,\"number\":1,\"result\":\"in-effect\"}"},
    {EVENT_FLAG_INTENT, "{\"flag\":\"G\",\"number\":2,\"rule\":\"r\",\"to\":\"off\"}"},
    {EVENT_MARK, "{\"at_us\":9,\"name\":\"deploy\"}"},
    {EVENT_MESSAGE, "{\"text\":\"hello\"}"},
    {EVENT_ROLLBACK_STARTED, "{\"by\":\"ana\",\"reason\":\"bad\",\"to\":\"x/1\"}"},
};

static unsigned next_number(unsigned *seed, size_t below)
{
    *seed = *seed * 1103515245u + 12345u;
    return (unsigned)((*seed >> 8) % below);
}

static void walk_any(struct walk *w, unsigned seed, size_t n)
{
    const struct plan *p = &w->b.w.plan;
    int64_t attempt = 1;

    for (size_t i = 0; i < n; i++) {
        /* the way back comes once, and late */
        const struct any *a = &anys[next_number(&seed, ARRAY_LEN(anys) - (i < n / 2))];
        size_t k = next_number(&seed, p->n_steps + p->n_way_back + 1);
        struct sv id = k < p->n_steps                   ? p->steps[k].id
                       : k < p->n_steps + p->n_way_back ? p->way_back[k - p->n_steps].id
                                                        : SV("nobody");
        CLEANUP(mem_freep) char *step = xstrdup_sv(id);

        attempt += next_number(&seed, 4) == 0;
        walk_add(w, a->kind, step, attempt, a->data);
    }
}

T(J8_the_summary_shows_what_all_events_show_after_each_of_them)
{
    for (unsigned seed = 1; seed <= 6; seed++) {
        struct walk w;

        walk_begin(&w);
        T_CHECK(w.b.w.plan.n_way_back > 0 && w.b.w.plan.n_steps > 3);
        walk_any(&w, seed, 80);
        walk_add(&w, EVENT_RUN_FINISHED, "", 0, "{\"exit\":5,\"outcome\":\"rolled-back\"}");
        T_EQ(w.n_brief, 81);
        walk_end(&w);
        sql_run("DELETE FROM summary; DELETE FROM seal; DELETE FROM event; DELETE FROM run");
    }
}

T(J8_the_hosts_of_a_step_are_shown_as_after_all_events)
{
    static const struct {
        enum event_kind kind;
        int64_t attempt;
        const char *data;
    } events[] = {
        {EVENT_STEP_INTENT, 1, "{\"hosts\":[\"a\",\"b\"]}"},
        {EVENT_HOST_OUTCOME, 1, "{\"host\":\"a\",\"state\":\"done\"}"},
        {EVENT_STEP_INTENT, 1, "{\"hosts\":[\"a\",\"b\"]}"}, /* a resume */
        {EVENT_HOST_OUTCOME, 1, "{\"host\":\"b\",\"reason\":\"no\",\"state\":\"failed\"}"},
        {EVENT_STEP_OUTCOME, 1, "{\"reason\":\"b: no\",\"state\":\"failed\"}"},
        {EVENT_STEP_INTENT, 2, "{\"hosts\":[\"b\"]}"},
        {EVENT_STEP_DOUBT, 2, "{\"decision\":\"again\"}"}};
    const struct plan_step *step = NULL;
    CLEANUP(mem_freep) char *id = NULL;
    struct walk w;

    walk_begin(&w);
    for (size_t i = 0; !step && i < w.b.w.plan.n_steps; i++)
        step = w.b.w.plan.steps[i].n_on == 2 ? &w.b.w.plan.steps[i] : NULL;
    T_CHECK(step);
    id = xstrdup_sv(step->id);
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        walk_add(&w, events[i].kind, id, events[i].attempt, events[i].data);
        T_EQ(w.n_brief, i + 1);
    }
    walk_end(&w);
}

T(J8_a_summary_that_is_not_of_the_last_event_is_not_used)
{
    static const char *const harm[] = {"UPDATE summary SET seq = seq - 1",
                                       "UPDATE summary SET head = zeroblob(32)",
                                       "UPDATE summary SET data = '{\"v\":2}'",
                                       "UPDATE summary SET data = '{'", "DELETE FROM summary"};
    struct walk w;

    walk_begin(&w);
    walk_look(&w);
    T_EQ(w.n_brief, 0); /* its first event came without one */
    walk_add(&w, EVENT_MARK, "", 0, "{}");
    T_EQ(w.n_brief, 1);
    w.silent = true;
    walk_add(&w, EVENT_VERDICT, "", 0, "{\"verdict\":\"ok\"}");
    w.silent = false;
    T_EQ(w.n_brief, 1);
    for (size_t i = 0; i < ARRAY_LEN(harm); i++) {
        walk_add(&w, EVENT_MARK, "", 0, "{}");
        T_EQ(w.n_brief, 2 + i);
        sql_run(harm[i]);
        walk_look(&w);
        T_EQ(w.n_brief, 2 + i);
    }
    walk_end(&w);
}

/* What is not summed up is read, and what has no name is shown as it stands. */
T(a_state_that_a_newer_version_wrote_is_read_from_the_events)
{
    CLEANUP(mem_freep) char *step = NULL;
    struct walk w;

    walk_begin(&w);
    step = xstrdup_sv(w.b.w.plan.steps[0].id);
    walk_add(&w, EVENT_STEP_INTENT, step, 1, "{}");
    walk_add(&w, EVENT_STEP_OUTCOME, step, 1, "{\"state\":\"levitating\"}");
    walk_add(&w, EVENT_STEP_OUTCOME, step, 2, "{\"state\":\"done\"}");
    T_EQ(w.n_brief, 1);
    walk_end(&w);
}

T(a_step_on_more_hosts_than_a_summary_takes_is_read_from_the_events)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct plan_step on[BRIEF_HOSTS + 1] = {{.line = 0}};
    struct plan_step step = {.id = SV("d/1"), .on = on, .n_on = ARRAY_LEN(on)};
    struct plan plan = {.steps = &step, .n_steps = 1};
    CLEANUP(brief_freep) struct brief *b = brief_new(&plan);
    CLEANUP(json_cleanup) json_t *hosts = json_object(), *done = json_object();
    struct event e = {.kind = EVENT_STEP_INTENT, .step = step.id, .attempt = 1};

    json_put(hosts, "hosts", json_array());
    json_append(json_object_get(hosts, "hosts"), json_str("a"));
    json_put_str(done, "state", "done");
    brief_take(b, &e, hosts);
    T_CHECK(!brief_write(b, &text));
    e.kind = EVENT_HOST_OUTCOME;
    brief_take(b, &e, done);
    T_CHECK(!brief_write(b, &text));
    e.kind = EVENT_STEP_OUTCOME;
    brief_take(b, &e, done); /* it is not the current one any more */
    T_CHECK(brief_write(b, &text));
}

T(a_store_that_cannot_be_read_is_an_error_and_leaves_the_view_alone)
{
    struct view v = {.id = 77};
    struct walk w;

    walk_begin(&w);
    walk_add(&w, EVENT_MARK, "", 0, "{}");
    sql_run("ALTER TABLE lock RENAME TO locks");
    T_EQ(view_load_brief(w.b.store, w.b.run, false, &v, &w.b.err), ERR_DB);
    sql_run("ALTER TABLE summary RENAME TO summaries");
    T_EQ(view_load_brief(w.b.store, w.b.run, false, &v, &w.b.err), ERR_DB);
    T_EQ(v.id, 77);
    walk_end(&w);
}

T_MAIN(T_CASE(J8_the_summary_shows_what_all_events_show_after_each_of_them),
       T_CASE(J8_the_hosts_of_a_step_are_shown_as_after_all_events),
       T_CASE(J8_a_summary_that_is_not_of_the_last_event_is_not_used),
       T_CASE(a_state_that_a_newer_version_wrote_is_read_from_the_events),
       T_CASE(a_step_on_more_hosts_than_a_summary_takes_is_read_from_the_events),
       T_CASE(a_store_that_cannot_be_read_is_an_error_and_leaves_the_view_alone))
