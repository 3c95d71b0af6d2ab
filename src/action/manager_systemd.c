/*
 * systemd, by D-Bus (org.freedesktop.systemd1(5)): the system's manager and the user's.  A verb makes a
 * job; JobRemoved says what became of it.  Nothing is asked of polkit interactively: who has not the
 * right is refused.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "action/manager.h"
#include "base/clock.h"
#include "base/sv.h"
#include "net/libsystemd.h"

#define SYSTEMD_NAME    "org.freedesktop.systemd1"
#define SYSTEMD_PATH    "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"

struct systemd_state {
    struct manager_call *call;
    char *unit;
    sd_bus *bus;
    bool sent;              /* the verb is on its way */
    char *job;              /* object of the job that the verb made; NULL: not told yet */
    char *removed, *result; /* the job that was removed last, and how: it can be told before */
    char load[32], active[32], sub[48], why[48], type[32];
    int64_t queued; /* number of a job that waits for the unit; 0: none does */
    uv_poll_t io;
    uv_timer_t timer; /* of the bus */
    int open_handles;
    bool closing;
    void (*after)(struct manager_call *c); /* when the handles are closed */
    /* of reading the journal, in a thread */
    uv_work_t work;
    bool working;
    struct strbuf log;
    int log_rc;
};

static bool systemd_is_user(const struct manager_call *c)
{
    return c->ops == manager_find(SV("systemd-user"));
}

/* --- the end of a call: first the handles, then the report --- */

static void systemd_on_closed(uv_handle_t *h)
{
    struct systemd_state *s = h->data;

    if (--s->open_handles == 0)
        s->after(s->call);
}

static void systemd_close(struct manager_call *c, void (*after)(struct manager_call *c))
{
    struct systemd_state *s = c->state;

    if (s->closing)
        return;
    s->closing = true;
    s->after = after;
    if (s->open_handles == 0) {
        after(c);
        return;
    }
    uv_close((uv_handle_t *)&s->io, systemd_on_closed);
    uv_close((uv_handle_t *)&s->timer, systemd_on_closed);
}

static void systemd_end_err(struct manager_call *c)
{
    manager_end(c, c->err.code);
}

static void systemd_end_ok(struct manager_call *c)
{
    manager_end(c, ERR_OK);
}

static void systemd_explain(struct manager_call *c, enum err_code code, const char *what)
{
    CLEANUP(strbuf_release) struct strbuf hint = STRBUF(0);

    c->ops->by_hand(c->service, c->verb, &hint);
    (void)err_set(&c->err, code, "cannot %s %.*s by %s: %s", manager_verb_name(c->verb),
                  SV_FMT(c->service->name), c->ops->name, what);
    (void)err_hint(&c->err, "by hand: %s", strbuf_str(&hint));
}

static void systemd_fail(struct manager_call *c, enum err_code code, const char *what)
{
    struct systemd_state *s = c->state;

    if (s->closing)
        return;
    systemd_explain(c, code, what);
    systemd_close(c, systemd_end_err);
}

/* An error that the bus or systemd sent. */
static void systemd_refused(struct manager_call *c, const sd_bus_error *e)
{
    static const struct {
        const char *name;
        enum err_code code;
    } rows[] = {
        {SD_BUS_ERROR_ACCESS_DENIED, ERR_REFUSED},
        {SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, ERR_REFUSED},
        {"org.freedesktop.systemd1.NoSuchUnit", ERR_NOT_FOUND},
    };
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    enum err_code code = ERR_FAILED;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(e->name, rows[i].name) == 0)
            code = rows[i].code;
    strbuf_addf(&text, "%s%s", e->message ? e->message : e->name,
                code == ERR_REFUSED ? "; it needs the rights of root, or a rule of polkit" : "");
    systemd_fail(c, code, strbuf_str(&text));
}

/* --- the bus on the loop --- */

static void systemd_process(struct manager_call *c);

static void systemd_on_io(uv_poll_t *p, int status UNUSED, int events UNUSED)
{
    systemd_process(p->data ? ((struct systemd_state *)p->data)->call : NULL);
}

static void systemd_on_timer(uv_timer_t *t)
{
    systemd_process(((struct systemd_state *)t->data)->call);
}

/* Wait for what the bus waits for: sd_bus_get_fd(3). */
static void systemd_arm(struct systemd_state *s)
{
    int events = libsystemd.bus_get_events(s->bus);
    uint64_t at_us = UINT64_MAX, now_us = clock_mono_ns() / 1000;

    if (events >= 0) /* POLLIN and POLLOUT are UV_READABLE and 4 */
        (void)uv_poll_start(&s->io, (events & 1 ? UV_READABLE : 0) | (events & 4 ? UV_WRITABLE : 0),
                            systemd_on_io);
    (void)uv_timer_stop(&s->timer); /* always succeeds */
    if (libsystemd.bus_get_timeout(s->bus, &at_us) >= 0 && at_us != UINT64_MAX)
        (void)uv_timer_start(&s->timer, systemd_on_timer,
                             at_us > now_us ? (at_us - now_us) / 1000 + 1 : 0, 0);
}

static void systemd_lost(struct manager_call *c, int sys)
{
    struct systemd_state *s = c->state;
    struct err err;

    c->lost = s->sent;
    (void)err_sys(&err, -sys, "contact with the bus was lost");
    systemd_fail(c, ERR_NET, err.msg);
}

static void systemd_process(struct manager_call *c)
{
    struct systemd_state *s = c->state;
    int r;

    do
        r = libsystemd.bus_process(s->bus, NULL);
    while (r > 0 && !s->closing);
    if (s->closing)
        return;
    if (r < 0)
        systemd_lost(c, r);
    else
        systemd_arm(s);
}

/* --- jobs --- */

static void systemd_job_done(struct manager_call *c)
{
    static const char *const said[MANAGER_STATUS] = {
        [MANAGER_START] = "started",
        [MANAGER_STOP] = "stopped",
        [MANAGER_RESTART] = "restarted",
        [MANAGER_RELOAD] = "reloaded",
    };
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct systemd_state *s = c->state;

    if (!s->job || !s->removed || strcmp(s->job, s->removed) != 0)
        return;
    if (strcmp(s->result, "done") == 0) {
        c->said = said[c->verb];
        systemd_close(c, systemd_end_ok);
        return;
    }
    strbuf_addf(&text, "its job ended with '%s'", s->result);
    systemd_fail(c, ERR_FAILED, strbuf_str(&text));
}

static int systemd_on_removed(sd_bus_message *m, void *data, sd_bus_error *e UNUSED)
{
    struct manager_call *c = data;
    struct systemd_state *s = c->state;
    const char *job, *unit, *result;
    uint32_t id;

    if (libsystemd.bus_message_read(m, "uoss", &id, &job, &unit, &result) < 0 ||
        strcmp(unit, s->unit) != 0)
        return 0;
    free(s->removed);
    free(s->result);
    s->removed = xstrdup(job);
    s->result = xstrdup(result);
    systemd_job_done(c);
    return 0;
}

static int systemd_on_job(sd_bus_message *m, void *data, sd_bus_error *e UNUSED)
{
    struct manager_call *c = data;
    struct systemd_state *s = c->state;
    const sd_bus_error *refused = libsystemd.bus_message_get_error(m);
    const char *job;

    if (refused) {
        systemd_refused(c, refused);
    } else if (libsystemd.bus_message_read(m, "o", &job) < 0) {
        systemd_lost(c, -EBADMSG); /* uncovered: systemd names a job */
    } else {
        s->job = xstrdup(job);
        systemd_job_done(c);
    }
    return 0;
}

/* What cannot be sent is as good as lost. */
static void systemd_check_sent(struct manager_call *c, int r)
{
    if (r < 0)
        systemd_lost(c, r); /* uncovered: it is put into a queue */
}

/* Signals are sent to who asked for them: Subscribe().  On the user's bus too. */
static int systemd_on_subscribed(sd_bus_message *m, void *data, sd_bus_error *e UNUSED)
{
    static const char *const methods[] = {
        [MANAGER_START] = "StartUnit",
        [MANAGER_STOP] = "StopUnit",
        [MANAGER_RESTART] = "RestartUnit",
        [MANAGER_RELOAD] = "ReloadUnit",
    };
    struct manager_call *c = data;
    struct systemd_state *s = c->state;
    const sd_bus_error *refused = libsystemd.bus_message_get_error(m);

    if (refused) {
        systemd_refused(c, refused);
        return 0;
    }
    s->sent = true;
    systemd_check_sent(c, libsystemd.bus_call_method_async(
                              s->bus, NULL, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                              methods[c->verb], systemd_on_job, c, "ss", s->unit, "replace"));
    return 0;
}

static void systemd_begin_verb(struct manager_call *c)
{
    struct systemd_state *s = c->state;
    int r =
        libsystemd.bus_add_match_async(s->bus, NULL,
                                       "type='signal',sender='" SYSTEMD_NAME "',path='" SYSTEMD_PATH
                                       "',interface='" SYSTEMD_MANAGER "',member='JobRemoved'",
                                       systemd_on_removed, NULL, c);

    if (r >= 0)
        r = libsystemd.bus_call_method_async(s->bus, NULL, SYSTEMD_NAME, SYSTEMD_PATH,
                                             SYSTEMD_MANAGER, "Subscribe", systemd_on_subscribed, c,
                                             "");
    systemd_check_sent(c, r);
}

/* --- the status --- */

/* A property of the unit or service, and where it goes. */
struct systemd_property {
    const char *name, *type;
    void *text; /* "s": char[size] */
    size_t size;
    void *number; /* "t" and "u" and "i", and the "u" of "(uo)": int64_t */
};

static int systemd_take_value(sd_bus_message *m, const struct systemd_property *p)
{
    union {
        const char *s;
        uint64_t t;
        uint32_t u;
        int32_t i;
    } v = {0};
    const char *object; /* only "(uo)" has one */
    int r = libsystemd.bus_message_enter_container(m, 'v', p->type);

    if (r >= 0)
        r = libsystemd.bus_message_read(m, p->type, &v, &object);
    if (r >= 0)
        r = libsystemd.bus_message_exit_container(m);
    if (r < 0)
        return r;
    if (*p->type == 's')
        (void)snprintf(p->text, p->size, "%s", v.s);
    else
        *(int64_t *)p->number = *p->type == 't'   ? (int64_t)v.t
                                : *p->type == 'u' ? (int64_t)v.u
                                                  : (int64_t)v.i;
    return r;
}

/* a{sv} of GetAll(): those of the list that are there. */
static int systemd_take_all(sd_bus_message *m, const struct systemd_property *list, size_t n)
{
    int r = libsystemd.bus_message_enter_container(m, 'a', "{sv}");

    while (r >= 0 && (r = libsystemd.bus_message_enter_container(m, 'e', "sv")) > 0) {
        const struct systemd_property *found = NULL;
        const char *name, *type = NULL;
        char kind;

        r = libsystemd.bus_message_read(m, "s", &name);
        if (r >= 0)
            r = libsystemd.bus_message_peek_type(m, &kind, &type);
        for (size_t i = 0; r >= 0 && i < n; i++)
            if (strcmp(name, list[i].name) == 0 && type && strcmp(type, list[i].type) == 0)
                found = &list[i];
        if (r >= 0)
            r = found ? systemd_take_value(m, found) : libsystemd.bus_message_skip(m, "v");
        if (r >= 0)
            r = libsystemd.bus_message_exit_container(m);
    }
    return r;
}

/* systemd.unit(5), "ActiveState" of org.freedesktop.systemd1(5) */
static enum manager_state systemd_state_of(const struct systemd_state *s)
{
    static const struct {
        const char *active;
        enum manager_state state;
    } rows[] = {
        {"active", MANAGER_RUNNING},        {"reloading", MANAGER_RUNNING},
        {"refreshing", MANAGER_RUNNING},    {"inactive", MANAGER_STOPPED},
        {"failed", MANAGER_FAILED},         {"activating", MANAGER_STARTING},
        {"deactivating", MANAGER_STOPPING}, {"maintenance", MANAGER_STOPPING},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(s->active, rows[i].active) == 0)
            return rows[i].state;
    return MANAGER_UNKNOWN;
}

static void systemd_status_done(struct manager_call *c)
{
    struct systemd_state *s = c->state;
    bool why = s->why[0] && strcmp(s->why, "success") != 0;

    c->status.state = systemd_state_of(s);
    /* NRestarts grows with the job that starts it again, RestartSec after its end, if it ever does */
    c->status.ended = c->status.state == MANAGER_FAILED ||
                      (strcmp(s->sub, "auto-restart") == 0 && s->queued == 0);
    (void)snprintf(c->status.text, sizeof(c->status.text), "%s (%s)%s%s", s->active, s->sub,
                   why ? ", " : "", why ? s->why : "");
    if (strcmp(s->load, "not-found") == 0 || strcmp(s->load, "masked") == 0)
        systemd_fail(c, ERR_NOT_FOUND,
                     *s->load == 'm' ? "the unit is masked" : "there is no such unit");
    else
        systemd_close(c, systemd_end_ok);
}

/* Properties of the service; a unit of another type has none. */
static int systemd_on_service(sd_bus_message *m, void *data, sd_bus_error *e UNUSED)
{
    struct manager_call *c = data;
    struct systemd_state *s = c->state;
    int64_t exit_us = 0, cpu_ns = -1;
    const struct systemd_property list[] = {
        {.name = "MainPID", .type = "u", .number = &c->status.pid},
        {.name = "ExecMainStartTimestamp", .type = "t", .number = &c->status.started_us},
        {.name = "ExecMainExitTimestamp", .type = "t", .number = &exit_us},
        {.name = "ExecMainStatus", .type = "i", .number = &c->status.exit_status},
        {.name = "NRestarts", .type = "u", .number = &c->status.restarts},
        /* both are the largest number there is where it is not accounted: -1 */
        {.name = "MemoryCurrent", .type = "t", .number = &c->status.memory_bytes},
        {.name = "CPUUsageNSec", .type = "t", .number = &cpu_ns},
        {.name = "Type", .type = "s", .text = s->type, .size = sizeof(s->type)},
        {.name = "Result", .type = "s", .text = s->why, .size = sizeof(s->why)},
    };

    if (!libsystemd.bus_message_get_error(m) && systemd_take_all(m, list, ARRAY_LEN(list)) < 0) {
        systemd_lost(c, -EBADMSG); /* uncovered: systemd's own types */
        return 0;                  /* uncovered: the same */
    }
    c->status.cpu_us = cpu_ns < 0 ? -1 : cpu_ns / 1000;
    if (!c->status.pid)
        c->status.started_us = 0;
    if (!exit_us)
        c->status.exit_status = -1;
    c->status.once = strcmp(s->type, "oneshot") == 0;
    systemd_status_done(c);
    return 0;
}

static void systemd_get_all(struct manager_call *c, const char *path, const char *interface,
                            sd_bus_message_handler_t then)
{
    struct systemd_state *s = c->state;

    systemd_check_sent(c, libsystemd.bus_call_method_async(s->bus, NULL, SYSTEMD_NAME, path,
                                                           "org.freedesktop.DBus.Properties",
                                                           "GetAll", then, c, "s", interface));
}

static int systemd_on_unit(sd_bus_message *m, void *data, sd_bus_error *e UNUSED)
{
    struct manager_call *c = data;
    struct systemd_state *s = c->state;
    const sd_bus_error *refused = libsystemd.bus_message_get_error(m);
    const struct systemd_property list[] = {
        {.name = "LoadState", .type = "s", .text = s->load, .size = sizeof(s->load)},
        {.name = "ActiveState", .type = "s", .text = s->active, .size = sizeof(s->active)},
        {.name = "SubState", .type = "s", .text = s->sub, .size = sizeof(s->sub)},
        {.name = "Job", .type = "(uo)", .number = &s->queued},
        {.name = "UnitFileState",
         .type = "s",
         .text = c->status.at_boot,
         .size = sizeof(c->status.at_boot)},
    };

    if (refused)
        systemd_refused(c, refused);
    else if (systemd_take_all(m, list, ARRAY_LEN(list)) < 0)
        systemd_lost(c, -EBADMSG); /* uncovered: systemd's own types */
    else
        systemd_get_all(c, s->job, SYSTEMD_NAME ".Service", systemd_on_service);
    return 0;
}

static int systemd_on_loaded(sd_bus_message *m, void *data, sd_bus_error *e UNUSED)
{
    struct manager_call *c = data;
    struct systemd_state *s = c->state;
    const sd_bus_error *refused = libsystemd.bus_message_get_error(m);
    const char *path;

    if (refused) {
        systemd_refused(c, refused);
    } else if (libsystemd.bus_message_read(m, "o", &path) < 0) {
        systemd_lost(c, -EBADMSG); /* uncovered: systemd names an object */
    } else {
        s->job = xstrdup(path); /* of the unit: no job is made here */
        systemd_get_all(c, s->job, SYSTEMD_NAME ".Unit", systemd_on_unit);
    }
    return 0;
}

static void systemd_begin_status(struct manager_call *c)
{
    struct systemd_state *s = c->state;

    systemd_check_sent(c, libsystemd.bus_call_method_async(s->bus, NULL, SYSTEMD_NAME, SYSTEMD_PATH,
                                                           SYSTEMD_MANAGER, "LoadUnit",
                                                           systemd_on_loaded, c, "s", s->unit));
}

/* --- the journal, in a thread: it reads files --- */

static int systemd_match(sd_journal *j, const char *field, const char *unit)
{
    CLEANUP(strbuf_release) struct strbuf match = STRBUF(0);

    strbuf_addf(&match, "%s=%s", field, unit);
    return libsystemd.journal_add_match(j, match.p, match.n);
}

/* What the unit's processes wrote, and what systemd says of it: systemd.journal-fields(7). */
static int systemd_open_journal(const struct systemd_state *s, sd_journal **ret)
{
    bool user = systemd_is_user(s->call);
    int r = libsystemd.journal_open(ret, SD_JOURNAL_LOCAL_ONLY);

    if (r >= 0)
        r = systemd_match(*ret, user ? "_SYSTEMD_USER_UNIT" : "_SYSTEMD_UNIT", s->unit);
    if (r >= 0)
        r = libsystemd.journal_add_disjunction(*ret);
    if (r >= 0)
        r = systemd_match(*ret, user ? "USER_UNIT" : "UNIT", s->unit);
    if (r >= 0)
        r = libsystemd.journal_seek_tail(*ret);
    return r;
}

static void systemd_on_work(uv_work_t *w)
{
    struct systemd_state *s = w->data;
    sd_journal *j = NULL;
    const void *bytes;
    size_t n;
    int r = systemd_open_journal(s, &j);

    if (r >= 0)
        r = libsystemd.journal_previous_skip(j, s->call->log_lines);
    for (size_t i = 0; r > 0 && i < s->call->log_lines; i++) {
        if (libsystemd.journal_get_data(j, "MESSAGE", &bytes, &n) >= 0) {
            struct sv line = {bytes, n};

            (void)sv_eat(&line, SV("MESSAGE=")); /* it begins so */
            strbuf_add_sv(&s->log, sv_sub(line, 0, 4096));
            strbuf_add_byte(&s->log, '\n');
        }
        r = libsystemd.journal_next(j);
    }
    libsystemd.journal_close(j);
    s->log_rc = r < 0 ? r : 0;
}

static void systemd_on_worked(uv_work_t *w, int status)
{
    struct systemd_state *s = w->data;
    struct manager_call *c = s->call;
    struct err err;

    s->working = false;
    strbuf_add_sv(&c->logs, strbuf_sv(&s->log));
    if (status < 0) /* UV_ECANCELED */
        systemd_fail(c, ERR_INTERRUPTED, "it was given up");
    else if (s->log_rc < 0)
        systemd_fail(c, err_sys(&err, -s->log_rc, "read the journal"), err.msg);
    else
        systemd_close(c, systemd_end_ok);
}

static void systemd_begin_logs(struct manager_call *c)
{
    struct systemd_state *s = c->state;
    int r;

    s->working = true;
    s->work.data = s;
    r = uv_queue_work(c->loop, &s->work, systemd_on_work, systemd_on_worked);
    assert(r == 0); /* it has a callback */
}

/* --- the rows --- */

static bool systemd_connect(struct manager_call *c)
{
    struct systemd_state *s = c->state;
    bool user = systemd_is_user(c);
    struct err err;
    int r = user ? libsystemd.bus_open_user(&s->bus) : libsystemd.bus_open_system(&s->bus);

    if (r < 0) {
        (void)err_sys(&err, -r, "there is no %s bus here", user ? "user" : "system");
        systemd_fail(c, ERR_NET, err.msg);
        return false;
    }
    r = uv_poll_init(c->loop, &s->io, libsystemd.bus_get_fd(s->bus));
    assert(r == 0); /* a socket can be polled */
    (void)uv_timer_init(c->loop, &s->timer);
    s->io.data = s->timer.data = s;
    s->open_handles = 2;
    return true;
}

static void systemd_start(struct manager_call *c)
{
    struct systemd_state *s = XNEW(struct systemd_state);
    struct sv unit = c->service->unit.n ? c->service->unit : c->service->name;
    struct strbuf name = STRBUF(0);
    struct err err;

    c->state = s;
    s->call = c;
    strbuf_addf(&name, "%.*s%s", SV_FMT(unit), sv_has(unit, SV(".")) ? "" : ".service");
    s->unit = strbuf_steal_str(&name);
    if (libsystemd_open(&err) != ERR_OK) {
        systemd_fail(c, err.code, err.msg);
    } else if (c->verb == MANAGER_LOGS) {
        systemd_begin_logs(c);
    } else if (systemd_connect(c)) {
        if (c->verb == MANAGER_STATUS)
            systemd_begin_status(c);
        else
            systemd_begin_verb(c);
        if (!s->closing)
            systemd_process(c);
    }
}

static void systemd_cancel(struct manager_call *c)
{
    struct systemd_state *s = c->state;

    c->lost = s->sent; /* the job goes on without us */
    if (s->working)
        (void)uv_cancel((uv_req_t *)&s->work); /* or it ends by itself in a moment */
    else
        systemd_fail(c, ERR_INTERRUPTED, "it was given up");
}

static void systemd_release(struct manager_call *c)
{
    struct systemd_state *s = c->state;

    if (s->bus)
        (void)libsystemd.bus_close_unref(s->bus);
    strbuf_release(&s->log);
    free(s->unit);
    free(s->job);
    free(s->removed);
    free(s->result);
    free(s);
    c->state = NULL;
}

static void systemd_write_command(const struct plan_service *s, bool user, enum manager_verb v,
                                  struct strbuf *out)
{
    struct sv unit = s->unit.n ? s->unit : s->name;

    if (v == MANAGER_LOGS)
        strbuf_addf(out, "journalctl %s %.*s -n 50", user ? "--user-unit" : "-u", SV_FMT(unit));
    else
        strbuf_addf(out, "%ssystemctl %s%s %.*s", user || v == MANAGER_STATUS ? "" : "sudo ",
                    user ? "--user " : "", manager_verb_name(v), SV_FMT(unit));
}

static void systemd_by_hand(const struct plan_service *s, enum manager_verb v, struct strbuf *out)
{
    systemd_write_command(s, false, v, out);
}

static void systemd_look(const struct plan_service *s, struct strbuf *out)
{
    systemd_write_command(s, false, MANAGER_LOGS, out);
}

static void systemd_user_by_hand(const struct plan_service *s, enum manager_verb v,
                                 struct strbuf *out)
{
    systemd_write_command(s, true, v, out);
}

static void systemd_user_look(const struct plan_service *s, struct strbuf *out)
{
    systemd_write_command(s, true, MANAGER_LOGS, out);
}

const struct manager_ops manager_systemd = {
    .name = "systemd",
    .start = systemd_start,
    .cancel = systemd_cancel,
    .release = systemd_release,
    .look = systemd_look,
    .by_hand = systemd_by_hand,
};

const struct manager_ops manager_systemd_user = {
    .name = "systemd-user",
    .start = systemd_start,
    .cancel = systemd_cancel,
    .release = systemd_release,
    .look = systemd_user_look,
    .by_hand = systemd_user_by_hand,
};
