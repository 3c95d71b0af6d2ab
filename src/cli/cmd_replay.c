#include <stdio.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/term.h"
#include "rule/evidence.h"
#include "store/journal.h"

static const char *const replay_opts[] = {"--store", "--rule", "--json", NULL};

struct replay {
    struct sv rule; /* only this one; empty: all */
    size_t same, differ, open;
    struct strbuf text;
    json_t *list;      /* of what is not the same */
    json_t *flag_list; /* what became of flags that rules switched */
};

/* One evaluation, of which the answer is another, or cannot be had. */
static void replay_note(struct replay *p, const struct event *e, const json_t *record,
                        const char *what, struct sv why)
{
    json_t *j = json_object();

    strbuf_addf(&p->text, "%s  event %lld, rule %.*s, %s: ", what, (long long)e->seq,
                SV_FMT(json_get_sv(record, "rule")), json_get_str(record, "at", "?"));
    text_add_line(&p->text, why);
    strbuf_add_byte(&p->text, '\n');
    json_put_int(j, "n", e->seq);
    json_put_sv(j, "rule", json_get_sv(record, "rule"));
    json_put_sv(j, "at", json_get_sv(record, "at"));
    json_put_str(j, "what", what);
    json_put_sv(j, "text", why);
    json_append(p->list, j);
}

/* What a firing did is not done again: it is shown as it was. */
static enum err_code replay_flag(struct replay *p, const struct event *e, struct err *err)
{
    CLEANUP(json_cleanup) json_t *data = NULL;
    bool outcome = e->kind == EVENT_FLAG_OUTCOME;

    if (json_read(e->data, &data, err) != ERR_OK)
        return err_wrap(err, "event %lld", (long long)e->seq);
    if (p->rule.n && !sv_eq(json_get_sv(data, "rule"), p->rule))
        return ERR_OK;
    strbuf_addf(&p->text, "%s  event %lld, rule %.*s: flag ", outcome ? "switched" : "switch  ",
                (long long)e->seq, SV_FMT(json_get_sv(data, "rule")));
    text_add_line(&p->text, json_get_sv(data, "flag"));
    strbuf_add_str(&p->text, " to ");
    text_add_line(&p->text, json_get_sv(data, "to"));
    if (outcome)
        strbuf_addf(&p->text, " %.*s after %s", SV_FMT(json_get_sv(data, "result")),
                    duration_format(json_get_int(data, "ms", 0)).s);
    strbuf_add_byte(&p->text, '\n');
    json_put_int(data, "n", e->seq);
    json_put_str(data, "event", event_kind_name(e->kind).s);
    json_append(p->flag_list, json_incref(data));
    return ERR_OK;
}

static enum err_code replay_event(const struct event *e, void *arg, struct err *err)
{
    struct replay *p = arg;
    CLEANUP(json_cleanup) json_t *record = NULL;
    CLEANUP(strbuf_release) struct strbuf difference = STRBUF(4096);
    struct err why;
    bool same = false;
    enum err_code rc;

    if (e->kind == EVENT_FLAG_INTENT || e->kind == EVENT_FLAG_OUTCOME)
        return replay_flag(p, e, err);
    if (e->kind != EVENT_RULE_STATE)
        return ERR_OK;
    if (json_read(e->data, &record, err) != ERR_OK)
        return err_wrap(err, "event %lld", (long long)e->seq);
    if (!json_object_get(record, "v") || /* it went out of force: nothing was evaluated */
        (p->rule.n && !sv_eq(json_get_sv(record, "rule"), p->rule)))
        return ERR_OK;
    rc = evidence_rejudge(record, &same, &difference, &why);
    if (rc == ERR_NOT_FOUND) {
        p->open++;
        replay_note(p, e, record, "open", sv_from(why.msg));
    } else if (rc != ERR_OK || !same) {
        p->differ++;
        replay_note(p, e, record, "differs",
                    rc != ERR_OK ? sv_from(why.msg) : strbuf_sv(&difference));
    } else {
        p->same++;
    }
    return ERR_OK;
}

static void replay_show(struct replay *p, const struct cli *c, int64_t id)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct strbuf *b = &p->text;

    if (c->json) {
        j = json_object();
        json_put_str(j, "run", event_run_text(id).s);
        json_put_int(j, "same", (int64_t)p->same);
        json_put_int(j, "differ", (int64_t)p->differ);
        json_put_int(j, "open", (int64_t)p->open);
        json_put(j, "findings", json_incref(p->list));
        json_put(j, "flags", json_incref(p->flag_list));
        strbuf_truncate(b, 0);
        json_write_pretty(j, b);
        strbuf_add_byte(b, '\n');
    } else {
        strbuf_addf(b, "%s: %zu judged again, %zu the same, %zu not, %zu cannot be judged\n",
                    event_run_text(id).s, p->same + p->differ + p->open, p->same, p->differ,
                    p->open);
    }
    term_write(b);
}

static enum err_code replay_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    CLEANUP(json_cleanup) json_t *list = json_array(), *flags = json_array();
    struct replay p = {
        .rule = sv_from(c->watch.rule), .text = STRBUF(0), .list = list, .flag_list = flags};
    int64_t id;
    enum err_code rc;

    if (load_store(c, STORE_READ, &store, err) != ERR_OK || load_run(store, c, &id, err) != ERR_OK)
        return err->code;
    rc = journal_read(store, id, 0, replay_event, &p, err);
    if (rc == ERR_OK && p.same + p.differ + p.open == 0)
        rc = err_set(err, ERR_NOT_FOUND, "%s has no evaluation%s%s that could be judged again",
                     event_run_text(id).s, c->watch.rule ? " of rule " : "",
                     c->watch.rule ? c->watch.rule : "");
    if (rc == ERR_OK) {
        replay_show(&p, c, id);
        *exit = p.differ ? EXIT_CODE_FAILED : p.open ? EXIT_CODE_INVESTIGATE : EXIT_CODE_DONE;
    }
    strbuf_release(&p.text);
    return rc;
}

const struct verb verb_replay = {
    .name = "replay",
    .args = "[RUN]",
    .help = "judge the rules of a run again, from the samples that it kept",
    .more =
        "Each evaluation that changed the state of a rule was journaled with its samples, its windows\n"
        "and the state before; it is judged anew, and the answers are compared. Exit code 4 when one\n"
        "differs, 9 when one had too many samples to be kept. What a firing did is not done again: flags\n"
        "that rules switched off are shown. Without RUN: the last one.\n\n"
        "  prusik replay r-0042\n"
        "  prusik replay r-0042 --rule deploy.md:369",
    .opts = replay_opts,
    .min_args = 0,
    .max_args = 1,
    .run = replay_run,
};
