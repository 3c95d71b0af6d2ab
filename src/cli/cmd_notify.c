#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/term.h"
#include "notify/outbox.h"
#include "store/event.h"
#include "store/notice.h"

#define NOTIFY_MS   60000u /* for a person or a timer that waits for it */
#define NOTIFY_TEXT 100u   /* columns of what is told that are shown */

static const char *const notify_opts[] = {"--bind", "--set", "--store", "--all", "--json", NULL};

struct notify_list {
    struct strbuf text;
    json_t *json;
    size_t waiting, given_up;
};

static void notify_on_notice(const struct store_notice *n, void *arg)
{
    CLEANUP(json_cleanup) json_t *body = NULL;
    bool ended = n->key.n && !n->firing;
    struct notify_list *l = arg;
    json_t *j = json_object();
    struct err ignored;

    (void)!json_read(n->body, &body, &ignored); /* of a newer version: then it is not named */
    l->waiting += n->state == NOTICE_WAITING;
    l->given_up += n->state == NOTICE_GIVEN_UP;
    json_put_str(j, "run", event_run_text(n->run).s);
    json_put_int(j, "n", n->seq);
    json_put_sv(j, "event", json_get_sv(body, "event"));
    json_put_str(j, "status", !n->key.n ? "told" : ended ? "resolved" : "firing");
    json_put_sv(j, "text", json_get_sv(body, "text"));
    json_put_sv(j, "receiver", n->receiver);
    json_put_str(j, "state", notice_states[n->state]);
    json_put_str(j, "at", clock_format(n->at_us).s);
    json_put_str(j, "due", clock_format(n->due_us).s);
    json_put_int(j, "tries", n->tries);
    json_put_int(j, "sent", n->sent);
    json_put_sv(j, "error", n->error);
    json_append(l->json, j);
    strbuf_addf(&l->text, "%s  event %lld for %.*s: %s, told %lld time%s", event_run_text(n->run).s,
                (long long)n->seq, SV_FMT(n->receiver), notice_states[n->state], (long long)n->sent,
                n->sent == 1 ? "" : "s");
    if (n->tries && n->error.n)
        strbuf_addf(&l->text, ", failed %lld time%s: ", (long long)n->tries,
                    n->tries == 1 ? "" : "s");
    text_add_line(&l->text, n->error);
    strbuf_addf(&l->text, "\n        %.*s%s: ", SV_FMT(json_get_sv(body, "event")),
                ended ? ", ended" : "");
    text_add_line(&l->text, text_cut(json_get_sv(body, "text"), NOTIFY_TEXT));
    strbuf_add_byte(&l->text, '\n');
}

/* Send what is due, of every run. */
static enum err_code notify_send(struct store *store, const struct binding *b, struct err *err)
{
    struct outbox_config c = {.store = store, .binding = b};
    struct outbox *o = NULL;
    uv_loop_t loop;
    enum err_code rc;

    (void)uv_loop_init(&loop); /* fails only for want of descriptors, which the first use reports */
    c.loop = &loop;
    c.http = http_client_new(&loop);
    rc = outbox_new(&c, &o, err);
    if (rc == ERR_OK) {
        outbox_kick(o, 0);
        outbox_drain(o, NOTIFY_MS);
    }
    outbox_free(o);
    http_client_free(c.http);
    while (uv_run(&loop, UV_RUN_DEFAULT) != 0)
        ; /* uncovered: what is closing ends in the first turn */
    (void)uv_loop_close(&loop);
    return rc;
}

static enum err_code notify_show(struct store *store, const struct cli *c, enum exit_code *exit,
                                 struct err *err)
{
    CLEANUP(json_cleanup) json_t *json = json_array();
    struct notify_list l = {.text = STRBUF(0), .json = json};
    enum err_code rc = store_notices_list(store, c->all, notify_on_notice, &l, err);

    if (rc == ERR_OK && c->json) {
        strbuf_truncate(&l.text, 0);
        json_write_pretty(json, &l.text);
        strbuf_add_byte(&l.text, '\n');
    }
    if (rc == ERR_OK)
        term_write(&l.text);
    *exit = l.given_up ? EXIT_CODE_FAILED : l.waiting ? EXIT_CODE_WAITING : EXIT_CODE_DONE;
    strbuf_release(&l.text);
    return rc;
}

static enum err_code notify_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    struct binding_options opt = {
        .path = c->bind, .sets = c->sets.v, .n_sets = c->sets.n, .store = c->store};
    struct binding b = {0};
    enum err_code rc;

    if (load_store(c, STORE_WRITE, &store, err) != ERR_OK ||
        binding_load("./document", &opt, &b, err) != ERR_OK)
        return err->code;
    rc = notify_send(store, &b, err);
    binding_release(&b);
    return rc == ERR_OK ? notify_show(store, c, exit, err) : rc;
}

const struct verb verb_notify = {
    .name = "notify",
    .args = "",
    .help = "tell the receivers what runs have left untold, and list what waits",
    .more =
        "A run tells its receivers (notify in prusik.yaml) while it goes on. What could not be told\n"
        "is told by the next run of this store, or by this: a timer may call it. Exit code 7 when\n"
        "something waits still, 4 when something was given up, after a day.\n\n"
        "  prusik notify\n"
        "  prusik notify --all",
    .opts = notify_opts,
    .min_args = 0,
    .max_args = 0,
    .run = notify_run,
};
