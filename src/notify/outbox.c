#include "notify/outbox.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/sv.h"
#include "notify/receiver.h"
#include "plan/settings.h"
#include "store/journal.h"
#include "store/notice.h"

#define OUTBOX_CALL_MS    10000u                  /* a receiver's answer is waited for */
#define OUTBOX_LEASE_US   (60 * CLOCK_US_PER_S)   /* then somebody else may send it */
#define OUTBOX_GROUP_US   (30 * CLOCK_US_PER_S)   /* rules that fire together are told together */
#define OUTBOX_BACK_US    CLOCK_US_PER_S          /* the first wait after a failure ... */
#define OUTBOX_MOST_US    (300 * CLOCK_US_PER_S)  /* ... and the longest */
#define OUTBOX_ASKED_US   (3600 * CLOCK_US_PER_S) /* the longest that a receiver gets when it asks */
#define OUTBOX_GIVE_UP_US (24LL * 3600 * CLOCK_US_PER_S)
#define OUTBOX_RUNS       200 /* the newest that are looked at: older ones are over */
#define OUTBOX_CALLS      8   /* at the same time, and ... */
#define OUTBOX_EACH       4   /* ... of one receiver: one that hangs leaves room for others */

/* Before the text of what still held when its run was over: it is no good news. */
#define OUTBOX_UNWATCHED SV("no longer watched, the run is over: ")

/* A run whose notices are made or sent. */
struct outbox_run {
    int64_t id;
    int64_t seen_seq; /* events up to it have nothing to tell, or are kept */
    struct plan plan;
    int64_t times_seq; /* what follows is known up to this event */
    int64_t begun_us, mark_us,
        back_us; /* the run, the last deploy mark, the way back; 0: not yet */
    struct outbox_run *next;
};

/* To whom a notice goes: a receiver of the plan, or one entry of its list. */
struct outbox_to {
    const struct plan_source *source;
    const struct receiver_ops *ops;
    size_t part; /* from 1 on; 0: all of it */
};

/* One notice that was taken out of the store. */
struct outbox_item {
    struct store_notice row; /* its texts live in the arena */
    json_t *body;
};

/* Notices on their way to one receiver. */
struct outbox_call {
    struct outbox *outbox;
    const struct receiver_ops *ops;
    struct sv receiver; /* its name in the plan */
    size_t part;
    struct arena arena;
    VEC(struct outbox_item) items;
    json_t *settings;
    struct receiver_out out;
    struct http_request http;
    struct child child;
    struct err err;
    bool started, full; /* no notice joins any more */
    struct outbox_call *next;
};

struct outbox {
    struct outbox_config cfg;
    struct outbox_run *runs;
    struct outbox_call *calls; /* waiting and under way, in the order in which they came */
    size_t busy;
    uv_timer_t timer;
    bool freed, closed;
    struct err err; /* of the store, the last one */
};

static int64_t outbox_now(const struct outbox *o)
{
    return o->cfg.now_us ? o->cfg.now_us() : clock_now_us();
}

unsigned outbox_threads(const struct plan *p)
{
    return p->n_receivers ? OUTBOX_CALLS : 0;
}

/* --- plans --- */

enum err_code outbox_check(const struct plan *p, struct err *err)
{
    for (size_t i = 0; i < p->n_receivers; i++) {
        CLEANUP(json_cleanup) json_t *shown = settings_hide(p->receivers[i].settings);

        if (receiver_check(p->receivers[i].kind, shown, err) != ERR_OK)
            return err_wrap(err, "notify '%.*s'", SV_FMT(p->receivers[i].name));
    }
    return ERR_OK;
}

static enum err_code outbox_first(const struct event *e, void *arg, struct err *err)
{
    struct strbuf *data = arg;

    strbuf_add_sv(data, e->data);
    return err_set(err, ERR_INTERRUPTED, "the first is enough");
}

/* The plan that the run was started with, out of the journal. */
static enum err_code outbox_load_plan(struct outbox *o, int64_t id, struct plan *ret,
                                      struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf data = STRBUF(0), text = STRBUF(0);
    CLEANUP(json_cleanup) json_t *started = NULL;
    json_t *json;
    struct hash h;

    (void)!journal_read(o->cfg.store, id, 0, outbox_first, &data, err); /* it ends itself */
    if (!data.n || json_read(strbuf_sv(&data), &started, err) != ERR_OK ||
        !hash_from_hex(json_get_sv(started, "plan_blob"), &h))
        return err_set(err, ERR_NOT_FOUND, "the run has no plan");
    if (store_blob(o->cfg.store, &h, LIMIT_PLAN_BYTES, &text, err) != ERR_OK ||
        json_read(strbuf_sv(&text), &json, err) != ERR_OK)
        return err->code;
    return plan_load(json, ret, err);
}

/* NULL: it cannot be known whom to tell. */
static struct outbox_run *outbox_run_of(struct outbox *o, int64_t id)
{
    struct outbox_run *r = o->runs;
    struct plan plan = {0};
    struct err ignored;

    while (r && r->id != id)
        r = r->next;
    if (r || outbox_load_plan(o, id, &plan, &ignored) != ERR_OK)
        return r;
    r = XNEW(struct outbox_run);
    r->id = id;
    r->plan = plan;
    r->next = o->runs;
    o->runs = r;
    return r;
}

/* Each entry of a list is told on its own, so that one that is refused keeps nothing from the others. */
static const json_t *outbox_each(const struct receiver_ops *ops, const json_t *settings)
{
    const json_t *list = ops->each ? json_object_get(settings, ops->each) : NULL;

    return json_array_size(list) > 1 ? list : NULL;
}

/* The name of a notice's receiver: "mail", or "mail ana@example.org". */
static struct outbox_to outbox_to(const struct plan *p, struct sv name, struct arena *a)
{
    struct outbox_to to = {0};

    for (size_t i = 0; i < p->n_receivers && !to.source; i++) {
        const struct plan_source *r = &p->receivers[i];
        const struct receiver_ops *ops = receiver_find(r->kind);
        const json_t *list = ops ? outbox_each(ops, r->settings) : NULL;
        struct sv rest = name;

        if (sv_eq(r->name, name))
            to = (struct outbox_to){r, ops, 0};
        if (!sv_eat(&rest, r->name) || !sv_eat(&rest, SV(" ")))
            continue;
        for (size_t k = 0; k < json_array_size(list); k++)
            if (sv_eq(receiver_part(list, k, a), rest))
                to = (struct outbox_to){r, ops, k + 1};
    }
    return to;
}

/* --- from events to notices --- */

struct outbox_scan {
    struct outbox *o;
    struct outbox_run *run;
    struct arena arena;
    VEC(struct store_notice) notices;
    int64_t last_seq;
    bool over;
};

static bool outbox_is_named(const struct notice *n, struct sv receiver)
{
    for (size_t i = 0; i < n->n_to; i++)
        if (sv_eq(n->to[i], receiver))
            return true;
    return false;
}

static void outbox_add(struct outbox_scan *s, const struct event *e, const struct notice *n,
                       const struct plan_source *to)
{
    const struct receiver_ops *ops = receiver_find(to->kind);
    bool alert = n->kind == NOTICE_ALERT, lasts = n->key.n && (alert || (ops && ops->lasting));
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
    struct store_notice row = {.run = e->run, .seq = e->seq, .receiver = to->name};
    const json_t *each;

    if (!ops ||
        (alert ? !outbox_is_named(n, to->name) : !receiver_wants(ops, to->settings, n->kind)))
        return;
    if (ops->lasting && !lasts)
        return; /* it takes only what begins and ends */
    json_write(n->body, &body);
    row.key = lasts ? n->key : (struct sv){NULL, 0};
    row.firing = lasts && n->firing;
    row.body = arena_sv(&s->arena, strbuf_sv(&body));
    row.at_us = e->at_us;
    row.due_us = e->at_us + (alert && n->firing ? OUTBOX_GROUP_US : 0);
    each = outbox_each(ops, to->settings);
    if (!each)
        *vec_add(&s->notices) = row;
    for (size_t i = 0; i < json_array_size(each); i++) {
        row.receiver = arena_fmt(&s->arena, "%.*s %.*s", SV_FMT(to->name),
                                 SV_FMT(receiver_part(each, i, &s->arena)));
        *vec_add(&s->notices) = row;
    }
}

/* When it all began, for what tells of a span. */
static void outbox_take_time(struct outbox_run *r, const struct event *e)
{
    if (e->seq <= r->times_seq)
        return;
    r->times_seq = e->seq;
    if (e->kind == EVENT_RUN_STARTED)
        r->begun_us = e->at_us;
    else if (e->kind == EVENT_MARK)
        r->mark_us = e->at_us;
    else if (e->kind == EVENT_ROLLBACK_STARTED)
        r->back_us = e->at_us;
}

static enum err_code outbox_on_time(const struct event *e, void *arg, struct err *err UNUSED)
{
    outbox_take_time(arg, e);
    return ERR_OK;
}

/* A deployment lasts from the beginning, or from the phase before; a watch from the mark; a way back from its own beginning. */
static int64_t outbox_since(const struct outbox_run *r, enum notice_kind kind)
{
    int64_t mark_us = r->mark_us ? r->mark_us : r->begun_us;

    if (kind == NOTICE_ROLLED_BACK)
        return r->back_us;
    return kind == NOTICE_DEPLOY || kind == NOTICE_DONE || kind == NOTICE_FAILED ? mark_us : 0;
}

static enum err_code outbox_on_event(const struct event *e, void *arg, struct err *err)
{
    struct outbox_scan *s = arg;
    const struct plan *p = &s->run->plan;
    CLEANUP(json_cleanup) json_t *data = NULL;
    struct notice n;
    struct err ignored;

    int64_t since_us;

    s->last_seq = e->seq;
    s->over |= e->kind == EVENT_RUN_FINISHED;
    if (e->at_us < outbox_now(s->o) - OUTBOX_GIVE_UP_US ||
        json_read(e->data, &data, &ignored) != ERR_OK ||
        !notice_of_event(p, e, data, &s->arena, &n))
        return outbox_on_time(e, s->run, err); /* nobody is told of it, or it is too old */
    since_us = outbox_since(s->run, n.kind);
    if (since_us)
        json_put_str(n.body, "since", clock_format(since_us).s);
    outbox_take_time(s->run, e);
    n.key = arena_sv(&s->arena, n.key);
    for (size_t i = 0; i < p->n_receivers; i++)
        outbox_add(s, e, &n, &p->receivers[i]);
    json_decref(n.body);
    return ERR_OK;
}

static enum err_code outbox_scan_run(struct outbox *o, int64_t id, struct err *err)
{
    struct outbox_scan s = {.o = o};
    bool over;
    enum err_code rc = store_notices_seen(o->cfg.store, id, &s.last_seq, &over, err);

    if (rc != ERR_OK || over)
        return rc;
    s.run = outbox_run_of(o, id);
    if (!s.run)
        return ERR_OK; /* it has not even begun, or was cut off before it did */
    if (s.run->seen_seq > s.last_seq)
        s.last_seq = s.run->seen_seq;
    s.over = s.run->plan.n_receivers == 0;
    if (s.run->times_seq < s.last_seq) /* another process told of what came before */
        rc = journal_read(o->cfg.store, id, s.run->times_seq, outbox_on_time, s.run, err);
    if (rc == ERR_OK)
        rc = journal_read(o->cfg.store, id, s.last_seq, outbox_on_event, &s, err);
    if (rc == ERR_OK && (s.notices.n || s.over)) /* else it costs no commit */
        rc = store_notices_add(o->cfg.store,
                               &(struct store_notices){.run = id,
                                                       .seq = s.last_seq,
                                                       .over = s.over,
                                                       .v = s.notices.v,
                                                       .n = s.notices.n,
                                                       .said = OUTBOX_UNWATCHED,
                                                       .now_us = outbox_now(o)},
                               err);
    if (rc == ERR_OK)
        s.run->seen_seq = s.last_seq;
    vec_release(&s.notices);
    arena_release(&s.arena);
    return rc;
}

typedef VEC(int64_t) outbox_ids;

static bool outbox_on_run(const struct store_run *run, void *arg)
{
    outbox_ids *ids = arg;

    *vec_add(ids) = run->id;
    return ids->n < OUTBOX_RUNS;
}

static void outbox_scan_all(struct outbox *o)
{
    outbox_ids ids = {0};

    (void)!store_runs(o->cfg.store, outbox_on_run, &ids, &o->err); /* it is kept there */
    for (size_t i = 0; i < ids.n; i++)
        (void)!outbox_scan_run(o, ids.v[i], &o->err);
    vec_release(&ids);
}

/* --- sending --- */

static void outbox_call_free(struct outbox_call *c)
{
    for (size_t i = 0; i < c->items.n; i++)
        json_decref(c->items.v[i].body);
    vec_release(&c->items);
    json_decref(c->settings);
    http_release(&c->http);
    strbuf_release(&c->out.body);
    arena_release(&c->out.arena);
    arena_release(&c->arena);
    free(c);
}

static void outbox_unlink(struct outbox *o, const struct outbox_call *c)
{
    struct outbox_call **at = &o->calls;

    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
}

/* What the store says of a notice that was told, or was not. */
static void outbox_settle(struct outbox_call *c, struct store_notice *n, bool over, int64_t wait_us)
{
    int64_t now_us = outbox_now(c->outbox);

    if (c->err.code == ERR_OK) {
        /* An Alertmanager that hears of it only now would lose it, were it ended at once: it forgets it itself. */
        bool again = n->key.n && n->firing && c->ops->repeat_us > 0 && !(over && c->ops->lasting);

        n->sent++;
        n->tries = 0;
        n->error = SV("");
        n->state = again ? NOTICE_WAITING : NOTICE_SENT;
        n->due_us = again ? now_us + c->ops->repeat_us : now_us;
        return;
    }
    n->tries++; /* as the store did when it was taken */
    n->error = sv_from(c->err.msg);
    n->due_us = now_us + wait_us;
    n->state = now_us - n->at_us >= OUTBOX_GIVE_UP_US ? NOTICE_GIVEN_UP : NOTICE_WAITING;
}

static int64_t outbox_back_off(int64_t tries, int64_t asked_us)
{
    int64_t us = tries < 9 ? OUTBOX_BACK_US << tries : OUTBOX_MOST_US;

    us = us < OUTBOX_MOST_US ? us : OUTBOX_MOST_US;
    return us > asked_us ? us : asked_us;
}

/* Retry-After (RFC 9110, section 10.2.3): seconds, or a date. */
static int64_t outbox_asked_us(const struct outbox_call *c)
{
    struct sv asked = c->ops->way == RECEIVER_HTTP ? http_field_value(&c->http, SV("Retry-After"))
                                                   : (struct sv){NULL, 0};
    int64_t at_us;
    uint64_t s;

    if (clock_parse_http(asked, &at_us)) {
        at_us -= outbox_now(c->outbox);
        return at_us < 0 ? 0 : at_us < OUTBOX_ASKED_US ? at_us : OUTBOX_ASKED_US;
    }
    if (!sv_to_u64(asked, &s))
        return 0;
    return s < OUTBOX_ASKED_US / CLOCK_US_PER_S ? (int64_t)s * CLOCK_US_PER_S : OUTBOX_ASKED_US;
}

static void outbox_pump(struct outbox *o);

/* When the timer is closed and no call is under way any more. */
static void outbox_maybe_gone(struct outbox *o)
{
    if (o->closed && !o->calls)
        free(o);
}

static void outbox_call_over(struct outbox_call *c)
{
    struct outbox *o = c->outbox;
    int64_t asked_us = outbox_asked_us(c), run = c->items.v[0].row.run, seq;
    bool over = false;

    if (!o->freed)
        (void)!store_notices_seen(o->cfg.store, run, &seq, &over, &o->err);
    for (size_t i = 0; i < c->items.n; i++) {
        struct store_notice *n = &c->items.v[i].row;

        outbox_settle(c, n, over, outbox_back_off(n->tries, asked_us));
        if (!o->freed)
            (void)!store_notice_set(o->cfg.store, n,
                                    &o->err); /* then the lease ends, and it is told again */
    }
    if (over)
        (void)!store_notices_end(o->cfg.store, run, OUTBOX_UNWATCHED, outbox_now(o), &o->err);
    outbox_unlink(o, c);
    if (c->started)
        o->busy--;
    outbox_call_free(c);
    if (!o->freed)
        outbox_pump(o);
    else
        outbox_maybe_gone(o);
}

static void outbox_on_http(struct http_request *r, enum err_code rc)
{
    struct outbox_call *c = r->data;

    c->err = r->err;
    if (rc == ERR_OK && (r->status < 200 || r->status > 299))
        (void)err_set(&c->err, ERR_FAILED, "status %d", r->status);
    else if (rc == ERR_OK && c->ops->taken && !c->ops->taken(r))
        (void)err_set(&c->err, ERR_FAILED, "status %d, but it does not say that it was taken",
                      r->status);
    outbox_call_over(c);
}

static void outbox_on_mail(struct mail *m, enum err_code rc UNUSED)
{
    struct outbox_call *c = m->data;

    c->err = m->err;
    outbox_call_over(c);
}

static void outbox_on_child(struct child *child, enum err_code rc UNUSED)
{
    struct outbox_call *c = container_of(child, struct outbox_call, child);

    c->err = child->err;
    outbox_call_over(c);
}

/* The notices are its standard input: a file in memory, so that nobody waits for a reader. */
static enum err_code outbox_start_child(struct outbox_call *c)
{
    CLEANUP(mem_freep) char *command = xstrdup_sv(c->out.command);
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    CLEANUP(fd_closep) int fd = memfd_create("notices", MFD_CLOEXEC);

    if (fd < 0 || fd_write_all(fd, c->out.body.p, c->out.body.n, &c->err) != ERR_OK ||
        lseek(fd, 0, SEEK_SET) != 0)
        return err_set(&c->err, ERR_IO, "no file in memory can be made"); /* uncovered: memory */
    c->child = (struct child){
        .spec = {.argv = argv, .input = &fd, .timeout_ms = OUTBOX_CALL_MS, .grace_ms = 500},
        .done = outbox_on_child};
    child_start(&c->child, c->outbox->cfg.loop);
    return ERR_OK;
}

/* Of a notice: a reminder is another one than what it reminds of, and so is its own end. */
static struct sv outbox_id(struct outbox_call *c, const struct store_notice *n)
{
    struct sv id = arena_fmt(&c->arena, "%s/%lld/%.*s", event_run_text(n->run).s, (long long)n->seq,
                             SV_FMT(c->receiver));

    if (!n->key.n || n->sent == 0)
        return id;
    return n->firing ? arena_fmt(&c->arena, "%.*s/%lld", SV_FMT(id), (long long)n->sent + 1)
                     : arena_fmt(&c->arena, "%.*s/end", SV_FMT(id));
}

/* Of several together: with others it is another message, which nobody may drop for the first one's sake. */
static struct sv outbox_ids_of(struct outbox_call *c, const struct receiver_item *items)
{
    CLEANUP(strbuf_release) struct strbuf all = STRBUF(0);
    struct hash h;

    if (c->items.n == 1)
        return items[0].id;
    for (size_t i = 0; i < c->items.n; i++)
        strbuf_addf(&all, "%.*s\n", SV_FMT(items[i].id));
    h = hash_of(strbuf_sv(&all));
    return arena_fmt(&c->arena, "%.*s+%.12s", SV_FMT(items[0].id), hash_hex(&h).s);
}

static enum err_code outbox_start(struct outbox_call *c)
{
    struct outbox *o = c->outbox;
    struct receiver_item *items = ARENA_NEWN(&c->arena, struct receiver_item, c->items.n);
    struct receiver_call call = {.items = items,
                                 .n = c->items.n,
                                 .part = c->part,
                                 .settings = c->settings,
                                 .now_us = outbox_now(o)};

    for (size_t i = 0; i < c->items.n; i++) {
        const struct store_notice *n = &c->items.v[i].row;

        items[i] = (struct receiver_item){.body = c->items.v[i].body,
                                          .id = outbox_id(c, n),
                                          .key = n->key,
                                          .at_us = n->at_us,
                                          .lasts = n->key.n > 0,
                                          .firing = n->firing};
    }
    call.id = outbox_ids_of(c, items);
    if (c->ops->make(&call, &c->out, &c->err) != ERR_OK)
        return c->err.code;
    switch (c->ops->way) {
    case RECEIVER_HTTP:
        c->http.spec = c->out.http;
        c->http.spec.total_ms = OUTBOX_CALL_MS;
        c->http.done = outbox_on_http;
        c->http.data = c;
        http_start(o->cfg.http, &c->http);
        break;
    case RECEIVER_MAIL:
        c->out.mail.timeout_ms = OUTBOX_CALL_MS;
        c->out.mail.done = outbox_on_mail;
        c->out.mail.data = c;
        mail_start(&c->out.mail, o->cfg.loop);
        break;
    case RECEIVER_COMMAND: return outbox_start_child(c);
    }
    return ERR_OK;
}

/* --- what is due --- */

static struct outbox_call **outbox_end(struct outbox *o)
{
    struct outbox_call **at = &o->calls;

    while (*at)
        at = &(*at)->next;
    return at;
}

/* Alerts of one run for one receiver go together; what is told once goes alone. */
static bool outbox_joins(const struct outbox_call *c, const struct store_notice *n)
{
    const struct store_notice *first = &c->items.v[0].row;

    return !c->started && !c->full && c->items.n < 50 && n->key.n && first->key.n &&
           first->run == n->run;
}

static void outbox_fill(struct outbox_call *c, const struct store_notice *n)
{
    struct outbox_item *item = vec_add(&c->items);
    struct err ignored;

    item->row = *n;
    item->row.receiver = arena_sv(&c->arena, n->receiver);
    item->row.key = arena_sv(&c->arena, n->key);
    item->row.body = item->row.error = (struct sv){NULL, 0};
    if (json_read(n->body, &item->body, &ignored) != ERR_OK)
        item->body = json_object(); /* uncovered: it was written by json_write() */
}

/* What is on its way, or about to be: to this very receiver, to all of its list, to anybody. */
struct outbox_busy {
    struct outbox_call *same;
    size_t each, all;
};

static struct outbox_busy outbox_busy_with(struct outbox *o, struct sv receiver,
                                           const struct outbox_to *to)
{
    struct outbox_busy b = {0};

    for (struct outbox_call *c = o->calls; c; c = c->next) {
        b.all++;
        b.each += sv_eq(c->receiver, to->source->name);
        if (sv_eq(c->items.v[0].row.receiver, receiver))
            b.same = c;
    }
    return b;
}

/*
 * It is taken when it can begin at once.  What waits for another one stays in the store, where it is due for whoever
 * comes next, so that a receiver that hangs holds up no other.
 */
static bool outbox_on_due(const struct store_notice *n, void *arg)
{
    struct outbox *o = arg;
    CLEANUP(arena_release) struct arena a = {0};
    struct outbox_run *run = outbox_run_of(o, n->run);
    struct outbox_to to = run ? outbox_to(&run->plan, n->receiver, &a) : (struct outbox_to){0};
    struct outbox_busy busy;
    struct outbox_call *c;

    if (!to.ops)
        return true; /* of a newer version: its lease ends, and it may know */
    busy = outbox_busy_with(o, n->receiver, &to);
    if (busy.same && outbox_joins(busy.same, n)) {
        outbox_fill(busy.same, n);
        return true;
    }
    if (busy.same || busy.each >= OUTBOX_EACH || busy.all >= OUTBOX_CALLS) {
        if (busy.same)
            busy.same->full = true; /* what is later is told later */
        return false;
    }
    c = XNEW(struct outbox_call);
    c->outbox = o;
    c->ops = to.ops;
    c->receiver = to.source->name; /* of the plan, which stays as long as the outbox */
    c->part = to.part;
    (void)!settings_reveal(to.source->settings, o->cfg.binding, &c->settings,
                           &c->err); /* see outbox_begin() */
    outbox_fill(c, n);
    *outbox_end(o) = c;
    return true;
}

static void outbox_begin(struct outbox *o)
{
    for (struct outbox_call *c = o->calls; c; c = c->next) {
        if (c->started)
            continue;
        c->started = true;
        o->busy++;
        if (c->err.code != ERR_OK || outbox_start(c) != ERR_OK) {
            outbox_call_over(c); /* it looks for what waits itself */
            return;
        }
    }
}

static void outbox_on_timer(uv_timer_t *t)
{
    outbox_pump(t->data);
}

/* Take what is due, begin it, and sleep until the next.  What is due and waits for a call begins when that has ended. */
static void outbox_pump(struct outbox *o)
{
    int64_t now_us = outbox_now(o), due_us = INT64_MAX;
    enum err_code rc = ERR_OK;

    if (o->busy < OUTBOX_CALLS)
        rc = store_notices_take(o->cfg.store, now_us, OUTBOX_LEASE_US, outbox_on_due, o, &o->err);
    outbox_begin(o);
    if (rc != ERR_OK)
        due_us = now_us + OUTBOX_BACK_US; /* the store is busy */
    else if (store_notices_next(o->cfg.store, now_us + 1, &due_us, &o->err) != ERR_OK)
        return;
    if (due_us == INT64_MAX)
        return;
    (void)uv_timer_start(&o->timer, outbox_on_timer, (uint64_t)(due_us - now_us) / 1000 + 1,
                         0); /* always succeeds */
}

/* --- the whole --- */

enum err_code outbox_new(const struct outbox_config *c, struct outbox **ret, struct err *err)
{
    struct outbox *o;

    if (store_notices_open(c->store, err) != ERR_OK)
        return err_wrap(err, "notices");
    o = XNEW(struct outbox);
    o->cfg = *c;
    (void)uv_timer_init(c->loop, &o->timer); /* always succeeds */
    uv_unref((uv_handle_t *)&o->timer);      /* a process does not stay for it */
    o->timer.data = o;
    *ret = o;
    return ERR_OK;
}

void outbox_kick(struct outbox *o, int64_t run)
{
    if (run)
        (void)!outbox_scan_run(o, run, &o->err);
    else
        outbox_scan_all(o);
    outbox_pump(o);
}

size_t outbox_busy(const struct outbox *o)
{
    return o->busy;
}

static void outbox_on_late(uv_timer_t *t)
{
    *(bool *)t->data = true;
}

static void outbox_on_drained(uv_handle_t *h)
{
    *(bool *)h->data = true;
}

static bool outbox_is_due(struct outbox *o)
{
    int64_t due_us;

    return o->busy || o->calls ||
           (store_notices_next(o->cfg.store, INT64_MIN, &due_us, &o->err) == ERR_OK &&
            due_us <= outbox_now(o));
}

void outbox_drain(struct outbox *o, uint64_t ms)
{
    bool late = false;
    uv_timer_t timer;

    (void)uv_timer_init(o->cfg.loop, &timer); /* always succeeds, as does the start */
    timer.data = &late;
    (void)uv_timer_start(&timer, outbox_on_late, ms, 0);
    while (!late && outbox_is_due(o))
        (void)uv_run(o->cfg.loop, UV_RUN_ONCE);
    late = false;
    uv_close((uv_handle_t *)&timer, outbox_on_drained);
    while (!late) /* it lives on our stack */
        (void)uv_run(o->cfg.loop, UV_RUN_NOWAIT);
}

static void outbox_on_timer_closed(uv_handle_t *h)
{
    struct outbox *o = h->data;

    while (o->runs) {
        struct outbox_run *r = o->runs;

        o->runs = r->next;
        plan_release(&r->plan);
        free(r);
    }
    o->closed = true;
    outbox_maybe_gone(o);
}

void outbox_free(struct outbox *o)
{
    struct outbox_call *next;

    if (!o)
        return;
    for (struct outbox_call *c = o->calls; c; c = next) {
        next = c->next;
        if (!c->started) {
            outbox_unlink(o, c);
            outbox_call_free(c);
        } else if (c->ops->way == RECEIVER_HTTP) {
            http_cancel(&c->http);
        } else if (c->ops->way == RECEIVER_MAIL) {
            mail_cancel(&c->out.mail);
        } else {
            child_stop(&c->child);
        }
    }
    o->freed = true;
    uv_close((uv_handle_t *)&o->timer, outbox_on_timer_closed);
}
