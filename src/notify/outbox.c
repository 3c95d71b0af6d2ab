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

#define OUTBOX_CALL_MS    10000u                 /* a receiver's answer is waited for */
#define OUTBOX_LEASE_US   (60 * CLOCK_US_PER_S)  /* then somebody else may send it */
#define OUTBOX_GROUP_US   (30 * CLOCK_US_PER_S)  /* rules that fire together are told together */
#define OUTBOX_BACK_US    CLOCK_US_PER_S         /* the first wait after a failure ... */
#define OUTBOX_MOST_US    (300 * CLOCK_US_PER_S) /* ... and the longest */
#define OUTBOX_GIVE_UP_US (24LL * 3600 * CLOCK_US_PER_S)
#define OUTBOX_RUNS       200 /* the newest that are looked at: older ones are over */
#define OUTBOX_CALLS      8   /* at the same time */

/* Before the text of what still held when its run was over: it is no good news. */
#define OUTBOX_UNWATCHED SV("no longer watched, the run is over: ")

/* A run whose notices are made or sent. */
struct outbox_run {
    int64_t id;
    int64_t seen_seq; /* events up to it have nothing to tell, or are kept */
    struct plan plan;
    struct outbox_run *next;
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
    struct arena arena;
    VEC(struct outbox_item) items;
    json_t *settings;
    struct receiver_out out;
    struct http_request http;
    struct child child;
    struct err err;
    bool started;
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

static const struct plan_source *outbox_receiver(const struct plan *p, struct sv name)
{
    for (size_t i = 0; i < p->n_receivers; i++)
        if (sv_eq(p->receivers[i].name, name))
            return &p->receivers[i];
    return NULL;
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

    if (!ops ||
        (alert ? !outbox_is_named(n, to->name) : !receiver_wants(ops, to->settings, n->kind)))
        return;
    if (ops->lasting && !lasts)
        return; /* it takes only what begins and ends */
    json_write(n->body, &body);
    *vec_add(&s->notices) = (struct store_notice){
        .run = e->run,
        .seq = e->seq,
        .receiver = to->name,
        .key = lasts ? n->key : (struct sv){NULL, 0},
        .firing = lasts && n->firing,
        .body = arena_sv(&s->arena, strbuf_sv(&body)),
        .at_us = e->at_us,
        .due_us = e->at_us + (alert && n->firing ? OUTBOX_GROUP_US : 0),
    };
}

static enum err_code outbox_on_event(const struct event *e, void *arg, struct err *err UNUSED)
{
    struct outbox_scan *s = arg;
    const struct plan *p = &s->run->plan;
    CLEANUP(json_cleanup) json_t *data = NULL;
    struct notice n;
    struct err ignored;

    s->last_seq = e->seq;
    s->over |= e->kind == EVENT_RUN_FINISHED;
    if (e->at_us < outbox_now(s->o) - OUTBOX_GIVE_UP_US ||
        json_read(e->data, &data, &ignored) != ERR_OK ||
        !notice_of_event(p, e, data, &s->arena, &n))
        return ERR_OK; /* nobody is told of it, or it is too old */
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
    n->tries++;
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

/* Retry-After (RFC 9110, section 10.2.3), in seconds; at most the longest wait. */
static int64_t outbox_asked_us(const struct outbox_call *c)
{
    uint64_t s;

    if (c->ops->way != RECEIVER_HTTP ||
        !sv_to_u64(http_field_value(&c->http, SV("Retry-After")), &s))
        return 0;
    return s < OUTBOX_MOST_US / CLOCK_US_PER_S ? (int64_t)s * CLOCK_US_PER_S : OUTBOX_MOST_US;
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

/* It was told as a beginning, and is its own end: another notice with another id. */
static bool outbox_is_end(const struct store_notice *n)
{
    return n->key.n && !n->firing && n->sent > 0;
}

static enum err_code outbox_start(struct outbox_call *c)
{
    struct outbox *o = c->outbox;
    struct receiver_item *items = ARENA_NEWN(&c->arena, struct receiver_item, c->items.n);
    struct receiver_call call = {
        .items = items, .n = c->items.n, .settings = c->settings, .now_us = outbox_now(o)};

    for (size_t i = 0; i < c->items.n; i++) {
        const struct store_notice *n = &c->items.v[i].row;

        items[i] = (struct receiver_item){
            .body = c->items.v[i].body,
            .id = arena_fmt(&c->arena, "%s/%lld/%.*s%s", event_run_text(n->run).s,
                            (long long)n->seq, SV_FMT(n->receiver), outbox_is_end(n) ? "/end" : ""),
            .key = n->key,
            .at_us = n->at_us,
            .lasts = n->key.n > 0,
            .firing = n->firing};
    }
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

struct outbox_take {
    struct outbox *o;
    struct outbox_call *call; /* the last one made */
};

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
    const struct store_notice *first;

    if (!c || !n->key.n || c->items.n == 50)
        return false;
    first = &c->items.v[0].row;
    return first->run == n->run && first->key.n && sv_eq(first->receiver, n->receiver);
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

static void outbox_on_due(const struct store_notice *n, void *arg)
{
    struct outbox_take *t = arg;
    struct outbox_run *run = outbox_run_of(t->o, n->run);
    const struct plan_source *to = run ? outbox_receiver(&run->plan, n->receiver) : NULL;
    const struct receiver_ops *ops = to ? receiver_find(to->kind) : NULL;
    struct outbox_call *c;

    if (outbox_joins(t->call, n)) {
        outbox_fill(t->call, n);
        return;
    }
    if (!ops)
        return; /* of a newer version: its lease ends, and it may know */
    c = XNEW(struct outbox_call);
    c->outbox = t->o;
    c->ops = ops;
    (void)!settings_reveal(to->settings, t->o->cfg.binding, &c->settings,
                           &c->err); /* see outbox_begin() */
    outbox_fill(c, n);
    *outbox_end(t->o) = t->call = c;
}

/* Something else is on its way to the same receiver: what comes later is told later. */
static bool outbox_is_behind(const struct outbox *o, const struct outbox_call *c)
{
    for (const struct outbox_call *b = o->calls; b != c; b = b->next)
        if (sv_eq(b->items.v[0].row.receiver, c->items.v[0].row.receiver))
            return true;
    return false;
}

/* Begin what waits, as long as there is room. */
static void outbox_begin(struct outbox *o)
{
    for (struct outbox_call *c = o->calls; c && o->busy < OUTBOX_CALLS; c = c->next) {
        if (c->started || outbox_is_behind(o, c))
            continue;
        c->started = true;
        o->busy++;
        if (c->err.code != ERR_OK || outbox_start(c) != ERR_OK) {
            outbox_call_over(c); /* it looks for what waits itself */
            return;
        }
    }
}

/* Nothing is taken while something taken waits: its lease would end. */
static bool outbox_has_room(const struct outbox *o)
{
    const struct outbox_call *c = o->calls;

    while (c && c->started)
        c = c->next;
    return !c && o->busy < OUTBOX_CALLS;
}

static void outbox_on_timer(uv_timer_t *t)
{
    outbox_pump(t->data);
}

/* Take what is due, begin it, and sleep until the next. */
static void outbox_pump(struct outbox *o)
{
    struct outbox_take take = {.o = o};
    int64_t now_us = outbox_now(o), due_us = INT64_MAX;

    if (outbox_has_room(o))
        (void)!store_notices_take(o->cfg.store, now_us, OUTBOX_LEASE_US, outbox_on_due, &take,
                                  &o->err);
    outbox_begin(o);
    if (store_notices_next(o->cfg.store, &due_us, &o->err) != ERR_OK || due_us == INT64_MAX)
        return;
    due_us = due_us > now_us ? due_us - now_us : 0;
    (void)uv_timer_start(&o->timer, outbox_on_timer, (uint64_t)due_us / 1000 + 1,
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
           (store_notices_next(o->cfg.store, &due_us, &o->err) == ERR_OK &&
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
