#include <sodium.h>

#include "base/clock.h"
#include "base/sv.h"
#include "report/report.h"
#include "report/report_int.h"

enum err_code report_output(struct store *s, const json_t *outcome, const char *key,
                            struct strbuf *out, struct err *err)
{
    const json_t *o = json_object_get(outcome, key);
    struct hash h;

    if (!json_is_object(o))
        return ERR_OK;
    if (!hash_from_hex(json_get_sv(o, "blob"), &h))
        return err_set(err, ERR_CORRUPT, "an output without a hash");
    return store_blob(s, &h, SIZE_MAX, out, err);
}

void report_each_dropped(const struct view *v, report_dropped_fn *fn, void *arg)
{
    const json_t *list = json_object_get(v->plan.json, "checkpoints"),
                 *accepted = json_object_get(v->plan.json, "accepted");

    for (size_t i = 0; i < v->steps.n; i++)
        for (size_t k = 0; k < v->steps.v[i].p->n_dropped; k++) {
            const struct plan_dropped *d = &v->steps.v[i].p->dropped[k];

            fn(arg, "expectation", d->text, d->reason, d->line);
        }
    for (size_t i = 0; i < v->plan.n_rules; i++) {
        const struct plan_rule *r = &v->plan.rules[i];

        if (r->dropped)
            fn(arg, "rule", r->source, r->reason, r->line);
        else if (r->person.n)
            fn(arg, "rule", r->source, SV("for people: they are asked at the checkpoints"),
               r->line);
    }
    for (size_t i = 0; i < json_array_size(accepted); i++) {
        const json_t *one = json_array_get(accepted, i);

        fn(arg, "lint", json_get_sv(one, "text"), json_get_sv(one, "reason"),
           (size_t)json_get_int(one, "line", 0));
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *c = json_array_get(list, i), *items = json_object_get(c, "items");
        size_t line = (size_t)json_get_int(c, "line", 0);

        if (json_get_bool(c, "dropped", false))
            fn(arg, "checkpoint", json_get_sv(c, "name"), json_get_sv(c, "reason"), line);
        for (size_t k = 0; k < json_array_size(items); k++) {
            const json_t *item = json_array_get(items, k);

            if (json_get_sv(item, "reason").n)
                fn(arg, "checkpoint", json_get_sv(item, "text"), json_get_sv(item, "reason"), line);
        }
    }
}

static void report_json_add_dropped(void *arg, const char *what, struct sv text, struct sv reason,
                                    size_t line)
{
    json_t *j = json_object();

    json_put_str(j, "what", what);
    json_put_sv(j, "text", text);
    json_put_sv(j, "reason", reason);
    json_put_int(j, "line", (int64_t)line);
    json_append(arg, j);
}

static enum err_code report_json_output(struct store *s, const json_t *outcome, const char *key,
                                        json_t *out, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (report_output(s, outcome, key, &text, err) != ERR_OK)
        return err->code;
    json_put_sv(out, key, strbuf_sv(&text));
    if (json_get_bool(json_object_get(outcome, key), "cut", false))
        json_append(json_object_get(out, "cut"), json_str(key));
    return ERR_OK;
}

static enum err_code report_json_attempt(struct store *s, const struct view_attempt *a, json_t *out,
                                         struct err *err)
{
    static const char *const copied[] = {"status", "http_status", "elapsed_us",   "rows",  "number",
                                         "active", "free_bytes",  "expectations", "reason"};

    json_put_int(out, "attempt", a->number);
    json_put_sv(out, "state", a->state);
    json_put_str(out, "begun", clock_format(a->begun_us).s);
    if (a->ended_us) {
        json_put_str(out, "ended", clock_format(a->ended_us).s);
        json_put_int(out, "duration_ms", (a->ended_us - a->begun_us) / 1000);
        if (view_waited_us(a))
            json_put_int(out, "waited_ms", view_waited_us(a) / 1000);
    }
    if (a->doubt)
        json_put(out, "in_doubt", json_incref((json_t *)(uintptr_t)a->doubt));
    json_put(out, "cut", json_array());
    for (size_t i = 0; i < ARRAY_LEN(copied); i++) {
        json_t *v = json_object_get(a->outcome, copied[i]);

        if (v)
            json_put(out, copied[i], json_incref(v));
    }
    if (report_json_output(s, a->outcome, "out", out, err) != ERR_OK)
        return err->code;
    return report_json_output(s, a->outcome, "err", out, err);
}

static enum err_code report_json_step(struct store *s, const struct view_step *step, json_t *out,
                                      struct err *err)
{
    json_t *attempts = json_array(), *answers = json_array();

    json_put_sv(out, "id", step->p->id);
    json_put_sv(out, "title", step->p->title);
    json_put_int(out, "line", (int64_t)step->p->line);
    json_put_sv(out, "role", step->p->role);
    json_put_sv(out, "kind", step->p->kind);
    json_put_sv(out, "host", step->p->host);
    json_put_sv(out, "command", step->p->command);
    json_put_bool(out, "way_back", step->way_back);
    json_put_sv(out, "state", step->state);
    json_put_sv(out, "skipped", step->skipped);
    json_put_sv(out, "skipped_by", step->skipped_by);
    json_put_str(out, "undo", plan_undo_name(step->p->undo));
    json_put_sv(out, "undo_text", step->p->undo_text);
    json_put(out, "attempts", attempts);
    json_put(out, "answers", answers);
    for (size_t i = 0; i < step->answers.n; i++) {
        json_t *a = json_copy((json_t *)(uintptr_t)step->answers.v[i].data);

        json_put_str(a, "time", clock_format(step->answers.v[i].at_us).s);
        json_put_bool(a, "approval", step->answers.v[i].approval);
        json_append(answers, a);
    }
    for (size_t i = 0; i < step->attempts.n; i++) {
        json_t *a = json_object();

        json_append(attempts, a);
        if (report_json_attempt(s, &step->attempts.v[i], a, err) != ERR_OK ||
            report_json_hosts(s, step, step->attempts.v[i].number, a, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

static void report_json_head(const struct view *v, json_t *out)
{
    static const char *const states[] = {"running", "crashed", "stopped", "finished"};

    json_put_int(out, "format", 1);
    json_put_str(out, "run", event_run_text(v->id).s);
    json_put_sv(out, "title", v->plan.title);
    json_put_sv(out, "document", v->plan.document);
    json_put_sv(out, "document_hash", json_get_sv(v->plan.json, "document_hash"));
    json_put_str(out, "plan", hash_hex(&v->plan.hash).s);
    json_put_sv(out, "environment", v->plan.environment);
    json_put_sv(out, "operator", v->operator_name);
    json_put_sv(out, "host", v->host);
    json_put_sv(out, "version", v->version);
    json_put_real(out, "time_scale", v->plan.time_scale);
    json_put_str(out, "begun", clock_format(v->begun_us).s);
    if (v->ended_us)
        json_put_str(out, "ended", clock_format(v->ended_us).s);
    json_put_str(out, "state", states[v->state]);
    json_put_sv(out, "outcome", v->outcome);
    json_put_str(out, "status", view_word(v));
    json_put_sv(out, "verdict", v->verdict);
    json_put_sv(out, "verdict_text", v->verdict_text);
    json_put_sv(out, "rollback_reason", v->rollback_reason);
    json_put_sv(out, "rollback_by", v->rollback_by);
    if (v->rolls_back)
        json_put_str(out, "rolls_back", event_run_text(v->rolls_back).s);
    json_put_sv(out, "back_to", v->back_to);
    if (v->mark_us)
        json_put_str(out, "deployed", clock_format(v->mark_us).s);
    if (v->last)
        json_put_int(out, "exit", v->exit);
}

static void report_json_events(const struct view *v, json_t *out)
{
    json_t *list = json_array();

    for (size_t i = 0; i < v->events.n; i++) {
        const struct view_event *e = &v->events.v[i];
        json_t *j = json_object();

        json_put_int(j, "n", e->seq);
        json_put_str(j, "time", clock_format(e->at_us).s);
        json_put_str(j, "event", event_kind_name(e->kind).s);
        json_put_sv(j, "step", e->step);
        if (e->attempt)
            json_put_int(j, "attempt", e->attempt);
        json_put(j, "data", json_incref(e->data));
        json_append(list, j);
    }
    json_put(out, "events", list);
}

/* What "prusik verify" says of the run. */
static enum err_code report_json_chain(struct store *s, const struct view *v, json_t *out,
                                       struct err *err)
{
    json_t *chain = json_object();
    struct journal_check k;
    char key[2 * SEAL_KEY_BYTES + 1];

    json_put(out, "chain", chain);
    if (journal_verify(s, v->id, &k, err) != ERR_OK)
        return err->code;
    json_put_int(chain, "events", k.events);
    json_put_str(chain, "head", hash_hex(&k.head).s);
    json_put_bool(chain, "sealed", k.sealed);
    if (k.sealed)
        json_put_str(chain, "key",
                     sodium_bin2hex(key, sizeof(key), k.seal.key, sizeof(k.seal.key)));
    return ERR_OK;
}

enum err_code report_json(struct store *s, const struct view *v, json_t **ret, struct err *err)
{
    CLEANUP(json_cleanup) json_t *out = json_object();
    json_t *steps = json_array();

    report_json_head(v, out);
    json_put(out, "steps", steps);
    for (size_t i = 0; i < v->steps.n; i++) {
        json_t *j = json_object();

        json_append(steps, j);
        if (report_json_step(s, &v->steps.v[i], j, err) != ERR_OK)
            return err_wrap(err, "step %.*s", SV_FMT(v->steps.v[i].p->id));
    }
    json_put(out, "not_judged", json_array());
    report_each_dropped(v, report_json_add_dropped, json_object_get(out, "not_judged"));
    report_json_events(v, out);
    if (report_json_chain(s, v, out, err) != ERR_OK)
        return err->code;
    *ret = STEAL(out);
    return ERR_OK;
}

enum err_code report_json_text(struct store *s, const struct view *v, struct strbuf *out,
                               struct err *err)
{
    CLEANUP(json_cleanup) json_t *json = NULL;

    if (report_json(s, v, &json, err) != ERR_OK)
        return err->code;
    json_write_pretty(json, out);
    strbuf_add_byte(out, '\n');
    return ERR_OK;
}
