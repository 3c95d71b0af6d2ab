#include <string.h>

#include "base/sv.h"
#include "base/text.h"
#include "cli/go.h"
#include "cli/rehearsal.h"
#include "cli/term.h"
#include "report/view.h"

/* Each round takes it one way on: forward, resume, back; more means that it stands still. */
#define REHEARSE_ROUNDS 6

static const char *const rehearse_opts[] = {"--bind",     "--set",        "--store",
                                            "--operator", "--time-scale", "--json",
                                            "--quiet",    "--unattended", NULL};

static void rehearse_say(const struct rehearsal *r, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (r->c->json || r->c->quiet)
        return;
    term_addf(&b, TERM_HEAD, "== %s ==\n", text);
    term_write(&b);
}

/* --- forward and back --- */

static bool rehearse_stands_failed(struct store *s, int64_t run, bool *ret, struct err *err)
{
    struct view v;

    if (view_load(s, run, &v, err) != ERR_OK)
        return false;
    *ret = !v.rollback_by.n && strcmp(view_word(&v), "failed") == 0;
    view_release(&v);
    return true;
}

/* Is it over for now: done, or it waits for somebody? */
static bool rehearse_pauses(enum exit_code code)
{
    return code == EXIT_CODE_WAITING || code == EXIT_CODE_INTERRUPTED ||
           code == EXIT_CODE_ROLLBACK_FAILED || code == EXIT_CODE_LOCKED;
}

static enum err_code rehearse_back(struct rehearsal *r, bool finished, bool *over,
                                   enum exit_code *code, struct err *err)
{
    struct go_on on = {.back = SV("rehearsal"), .finished = finished};
    enum err_code rc;

    rehearse_say(r, "back");
    rc = go_resume(r->c, r->store, r->run, &on, code, err);
    *over = finished && rc == ERR_REFUSED; /* nothing of it can be undone: what is left is seen */
    return *over ? ERR_OK : rc;
}

/* One way further; *over: both are gone. */
static enum err_code rehearse_round(struct rehearsal *r, bool *over, enum exit_code *code,
                                    struct err *err)
{
    struct go_on on = {.retry = {NULL, 0}};
    struct back_found found = {.by = 0};
    bool failed = false;
    enum err_code rc = rehearsal_find_run(r, &found, err);

    *code = EXIT_CODE_DONE;
    *over = rc == ERR_OK && found.whole;
    if (rc != ERR_OK || *over) {
        /* nothing more to do, or it cannot be told */
    } else if (!r->run) {
        rehearse_say(r, "forward");
        rc = go_start(r->c, r->store, &r->l, code, err);
    } else if (found.by_open) {
        rehearse_say(r, "back, once more");
        rc = go_resume(r->c, r->store, found.by, &on, code, err);
    } else if (found.finished) {
        rc = rehearse_back(r, true, over, code, err);
    } else if (!rehearse_stands_failed(r->store, r->run, &failed, err)) {
        rc = err->code;
    } else if (failed) {
        rc = rehearse_back(r, false, over, code, err);
    } else {
        rehearse_say(r, "where it stands");
        rc = go_resume(r->c, r->store, r->run, &on, code, err);
    }
    back_found_release(&found);
    return rc;
}

/* --- the end --- */

/* The step at which the way forward ended; NULL: it did not fail. */
static const struct view_step *rehearse_failed_step(const struct view *v)
{
    for (size_t i = 0; i < v->steps.n; i++)
        if (!v->steps.v[i].way_back && sv_eq(v->steps.v[i].state, SV("failed")))
            return &v->steps.v[i];
    return NULL;
}

static void rehearse_failure(const struct view_step *s, struct strbuf *how)
{
    struct sv reason = s->attempts.n ? json_get_sv(vec_last(&s->attempts)->outcome, "reason")
                                     : (struct sv){NULL, 0};

    strbuf_addf(how, "step %.*s (line %zu) failed", SV_FMT(s->p->id), s->p->line);
    if (reason.n) {
        strbuf_add_str(how, ": ");
        text_add_line(how, reason);
    }
}

static void rehearse_why(const struct view *v, struct strbuf *how)
{
    const struct view_step *s = rehearse_failed_step(v);

    strbuf_add_str(how, "not carried out to its end: ");
    if (!sv_eq(v->rollback_by, v->operator_name)) /* it turned back by itself */
        strbuf_add_sv(how, v->rollback_reason);
    else if (s)
        rehearse_failure(s, how);
    else
        strbuf_add_sv(how, v->outcome);
}

/* How the way forward ended: the outcome of its run, or why it led back. */
static enum err_code rehearse_forward(const struct rehearsal *r, bool *good, struct strbuf *how,
                                      struct err *err)
{
    struct view v;

    if (view_load(r->store, r->run, &v, err) != ERR_OK)
        return err->code;
    *good = !v.rollback_by.n && !sv_eq(v.outcome, SV("aborted"));
    if (*good)
        strbuf_add_sv(how, v.outcome);
    else
        rehearse_why(&v, how);
    view_release(&v);
    return ERR_OK;
}

/* Where the way back stood still as failed: what is compared is then not of it alone. */
static enum err_code rehearse_stops_of(const struct rehearsal *r, int64_t run, json_t *stops,
                                       struct err *err)
{
    struct view v;

    if (view_load(r->store, run, &v, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < v.events.n; i++) {
        const struct view_event *e = &v.events.v[i];

        if (e->kind == EVENT_RUN_WAITING &&
            json_get_int(e->data, "exit", 0) == EXIT_CODE_ROLLBACK_FAILED)
            json_append(stops, json_str(json_get_str(e->data, "why", "")));
    }
    view_release(&v);
    return ERR_OK;
}

static enum err_code rehearse_stops(struct rehearsal *r, json_t *stops, struct err *err)
{
    struct back_found found = {.by = 0};
    enum err_code rc = rehearsal_find_run(r, &found, err);

    if (rc == ERR_OK)
        rc = rehearse_stops_of(r, r->run, stops, err);
    if (rc == ERR_OK && found.by)
        rc = rehearse_stops_of(r, found.by, stops, err);
    back_found_release(&found);
    return rc;
}

static void rehearse_side(const char *name, const char *text, struct strbuf *b)
{
    term_addf(b, TERM_DIM, "      %-7s", name);
    strbuf_addf(b, "%s\n", text ? text : "(not there)");
}

static void rehearse_show(const struct rehearsal *r, bool good, const char *how,
                          const json_t *stops, struct strbuf *b)
{
    size_t n = json_object_size(json_object_get(r->state, "before"));

    if (!r->c->quiet)
        strbuf_add_byte(b, '\n');
    term_addf(b, good ? TERM_PLAIN : TERM_BAD, "The way forward: %s\n", how);
    for (size_t i = 0; i < json_array_size(stops); i++)
        term_addf(b, TERM_BAD, "The way back was gone on with by hand: %s\n",
                  json_string_value(json_array_get(stops, i)));
    if (r->changes.n == 0) {
        term_addf(b, TERM_GOOD, "The way back: %s%zu fact%s the same as before\n",
                  n == 1 ? "" : "all ", n, n == 1 ? " is" : "s are");
        return;
    }
    term_addf(b, TERM_BAD, "The way back: %zu difference%s, of %zu facts before\n", r->changes.n,
              r->changes.n == 1 ? "" : "s", n);
    for (size_t i = 0; i < r->changes.n; i++) {
        const struct picture_change *c = &r->changes.v[i];

        term_addf(b, TERM_BOLD, "  %s\n", c->what);
        rehearse_side("before", c->before, b);
        rehearse_side("after", c->after, b);
    }
}

static void rehearse_show_json(const struct rehearsal *r, bool good, const char *how,
                               const json_t *stops, struct strbuf *b)
{
    CLEANUP(json_cleanup) json_t *o = json_object();
    json_t *list = json_array();

    json_put_int(o, "format", 1);
    json_put_str(o, "rehearsal", r->changes.n ? "different" : "same");
    json_put_str(o, "run", event_run_text(r->run).s);
    json_put_sv(o, "environment", r->l.plan.environment);
    json_put_bool(o, "forward", good);
    json_put_str(o, "forward_text", how);
    json_put_int(o, "facts", (int64_t)json_object_size(json_object_get(r->state, "before")));
    for (size_t i = 0; i < r->changes.n; i++) {
        json_t *j = json_object();

        json_put_str(j, "what", r->changes.v[i].what);
        json_put_str(j, "before", r->changes.v[i].before ? r->changes.v[i].before : "");
        json_put_str(j, "after", r->changes.v[i].after ? r->changes.v[i].after : "");
        json_append(list, j);
    }
    json_put(o, "changes", list);
    json_put(o, "stopped", json_incref((json_t *)(uintptr_t)stops));
    json_write(o, b);
    strbuf_add_byte(b, '\n');
}

static enum err_code rehearse_finish(struct rehearsal *r, enum exit_code *exit, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0), how = STRBUF(0);
    CLEANUP(json_cleanup) json_t *stops = json_array();
    bool good = false;

    if (rehearse_forward(r, &good, &how, err) != ERR_OK || rehearsal_compare(r, err) != ERR_OK ||
        rehearse_stops(r, stops, err) != ERR_OK)
        return err->code;
    (r->c->json ? rehearse_show_json : rehearse_show)(r, good, strbuf_str(&how), stops, &b);
    term_write(&b);
    *exit = good && r->changes.n == 0 && json_array_size(stops) == 0 ? EXIT_CODE_DONE
                                                                     : EXIT_CODE_FAILED;
    rehearsal_end(r);
    return ERR_OK;
}

/* --- the verb --- */

static enum err_code rehearse_begin(struct rehearsal *r, struct err *err)
{
    if (r->state) {
        rehearse_say(r, "a rehearsal that was begun before goes on");
        return ERR_OK;
    }
    return rehearsal_prepare(r, err) == ERR_OK ? rehearsal_begin(r, err) : err->code;
}

static enum err_code rehearse_go(struct rehearsal *r, enum exit_code *exit, struct err *err)
{
    enum exit_code code = EXIT_CODE_DONE;
    bool over = false;

    if (rehearse_begin(r, err) != ERR_OK)
        return err->code;
    for (int i = 0; i < REHEARSE_ROUNDS && !over; i++) {
        if (rehearse_round(r, &over, &code, err) != ERR_OK) {
            if (!r->run)
                rehearsal_end(r); /* nothing was begun */
            return err->code;
        }
        if (rehearse_pauses(code)) {
            *exit = code;
            rehearse_say(r, "the rehearsal is not over: the same command goes on with it");
            return ERR_OK;
        }
    }
    return rehearse_finish(r, exit, err);
}

static enum err_code rehearse_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    struct rehearsal r = {.c = c};
    enum err_code rc = rehearsal_open(&r, c, err);

    if (rc == ERR_OK)
        rc = rehearse_go(&r, exit, err);
    rehearsal_release(&r);
    return rc;
}

const struct verb verb_rehearse = {
    .name = "rehearse",
    .args = "DOC",
    .help = "carry out a runbook forward and back in a scratch environment, and compare",
    .more =
        "Looks at the scratch environment that the binding's rehearse part describes, carries the "
        "runbook\n"
        "out there, takes the whole way back, looks again, and lists what is not as it was before: "
        "files,\n"
        "services, databases. Refused when nothing says that the environment is scratch: prusik "
        "init DOC\n"
        "drafts that part. A rehearsal that was stopped, or whose way back failed, is gone on with "
        "by the\n"
        "same command. Exit code 0 when all is the same, 4 when something differs or one of the "
        "ways failed.\n\n"
        "  rehearse:\n"
        "    scratch: a container that is thrown away\n"
        "    machine: deploy-test\n"
        "    services: [shop]\n"
        "    compare: {files: [/srv/shop], services: [shop]}\n\n"
        "  prusik rehearse deploy.md\n"
        "  prusik rehearse deploy.md --bind scratch.yaml --time-scale 0.01",
    .opts = rehearse_opts,
    .min_args = 1,
    .max_args = 1,
    .run = rehearse_run,
};
