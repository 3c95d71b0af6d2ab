/*
 * supervisord, by its XML-RPC over HTTP (http://supervisord.org/api.html): on its Unix socket, or the
 * port of [inet_http_server].  It answers a start or stop when that is done ("wait"), on this one
 * request only.
 */
#include <stdio.h>
#include <stdlib.h>

#include "action/manager.h"
#include "action/xmlrpc.h"
#include "base/sv.h"

#define SUPERVISOR_SOCKET    "/var/run/supervisor.sock"
#define SUPERVISOR_LOG_BYTES 16384

/* supervisor/xmlrpc.py, class Faults */
enum supervisor_fault {
    FAULT_BAD_NAME = 10,
    FAULT_NO_FILE = 20,
    FAULT_ALREADY_STARTED = 60,
    FAULT_NOT_RUNNING = 70,
};

struct supervisor_state {
    struct manager_call *call;
    struct http_request request;
    char *socket;
    bool then_start;
};

static struct sv supervisor_unit(const struct manager_call *c)
{
    return c->service->unit.n ? c->service->unit : c->service->name;
}

static void supervisor_on_answer(struct http_request *r, enum err_code rc);

static void supervisor_send(struct manager_call *c, const char *method, json_t *params)
{
    static const struct http_field fields[] = {{SV("Content-Type"), SV("text/xml")}};
    CLEANUP(json_cleanup) json_t *owned = params;
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
    struct supervisor_state *s = c->state;

    xmlrpc_write(method, owned, &body);
    s->request = (struct http_request){
        .spec = {.url = c->service->url.n ? c->service->url : SV("http://localhost/RPC2"),
                 .method = "POST",
                 .fields = fields,
                 .n_fields = ARRAY_LEN(fields),
                 .body = strbuf_sv(&body),
                 .unix_socket = c->service->url.n ? NULL : s->socket,
                 .total_ms = c->timeout_ms ? c->timeout_ms + 1000 : 0,
                 .max_body = XMLRPC_BYTES,
                 .over_fails = true},
        .done = supervisor_on_answer,
        .data = c};
    http_start(c->http, &s->request);
}

static void supervisor_call(struct manager_call *c)
{
    static const char *const methods[] = {
        [MANAGER_START] = "supervisor.startProcess",
        [MANAGER_STOP] = "supervisor.stopProcess",
        [MANAGER_RESTART] = "supervisor.stopProcess",
        [MANAGER_RELOAD] = "supervisor.signalProcess",
        [MANAGER_STATUS] = "supervisor.getProcessInfo",
        [MANAGER_LOGS] = "supervisor.tailProcessStdoutLog",
    };
    const struct supervisor_state *s = c->state;
    json_t *params = json_array();

    json_append(params, json_sv(supervisor_unit(c)));
    if (c->verb == MANAGER_RELOAD) {
        json_append(params, json_str("HUP"));
    } else if (c->verb == MANAGER_LOGS) {
        json_append(params, json_integer(0));
        json_append(params, json_integer(SUPERVISOR_LOG_BYTES));
    } else if (c->verb != MANAGER_STATUS) {
        json_append(params, json_true()); /* wait until it is done */
    }
    supervisor_send(c, s->then_start ? methods[MANAGER_START] : methods[c->verb], params);
}

/* --- answers --- */

/* http://supervisord.org/subprocess.html, process states */
static const struct {
    const char *name;
    enum manager_state state;
} supervisor_states[] = {
    {"STOPPED", MANAGER_STOPPED},  {"STARTING", MANAGER_STARTING}, {"RUNNING", MANAGER_RUNNING},
    {"BACKOFF", MANAGER_STARTING}, {"STOPPING", MANAGER_STOPPING}, {"EXITED", MANAGER_FAILED},
    {"FATAL", MANAGER_FAILED},
};

static void supervisor_take_status(struct manager_call *c, const json_t *info)
{
    const char *name = json_get_str(info, "statename", "no state");
    const char *why = json_get_str(info, "spawnerr", "");

    for (size_t i = 0; i < ARRAY_LEN(supervisor_states); i++)
        if (sv_eq(sv_from(name), sv_from(supervisor_states[i].name)))
            c->status.state = supervisor_states[i].state;
    c->status.pid = json_get_int(info, "pid", 0);
    if (c->status.pid)
        c->status.started_us = json_get_int(info, "start", 0) * 1000000;
    if (json_get_int(info, "stop", 0))
        c->status.exit_status = json_get_int(info, "exitstatus", -1);
    (void)snprintf(c->status.text, sizeof(c->status.text), "%s%s%.100s", name, *why ? ": " : "",
                   why);
}

static void supervisor_take_logs(struct manager_call *c, const json_t *tail)
{
    struct sv text = SV("");

    if (json_is_string(json_array_get(tail, 0)))
        text = (struct sv){json_string_value(json_array_get(tail, 0)),
                           json_string_length(json_array_get(tail, 0))};
    strbuf_add_sv(&c->logs, manager_tail(text, c->log_lines));
}

static void supervisor_done(struct manager_call *c, const json_t *value)
{
    static const char *const said[MANAGER_STATUS] = {
        [MANAGER_START] = "started",
        [MANAGER_STOP] = "stopped",
        [MANAGER_RESTART] = "restarted",
        [MANAGER_RELOAD] = "was told to reload",
    };
    struct supervisor_state *s = c->state;

    if (c->verb == MANAGER_RESTART && !s->then_start) {
        s->then_start = true;
        supervisor_call(c);
        return;
    }
    if (c->verb == MANAGER_STATUS)
        supervisor_take_status(c, value);
    else if (c->verb == MANAGER_LOGS)
        supervisor_take_logs(c, value);
    else
        c->said = said[c->verb];
    manager_end(c, ERR_OK);
}

static void supervisor_refused(struct manager_call *c, int64_t fault, const struct err *err)
{
    bool stops = c->verb == MANAGER_STOP || c->verb == MANAGER_RESTART;

    if (fault == FAULT_ALREADY_STARTED && c->verb == MANAGER_START)
        c->said = "is running already";
    else if (fault == FAULT_NOT_RUNNING && stops)
        c->said = "is not running";
    else if (!(fault == FAULT_NO_FILE && c->verb == MANAGER_LOGS)) { /* it logs nothing */
        manager_fail(c, fault == FAULT_BAD_NAME ? ERR_NOT_FOUND : ERR_FAILED, "%s", err->msg);
        return;
    }
    if (c->verb == MANAGER_RESTART)
        supervisor_done(c, NULL); /* now it is started */
    else
        manager_end(c, ERR_OK);
}

static void supervisor_take(struct manager_call *c, struct sv body)
{
    CLEANUP(json_cleanup) json_t *value = NULL;
    struct err err;
    int64_t fault = 0;
    enum err_code rc = xmlrpc_read(body, &value, &fault, &err);

    if (rc == ERR_OK)
        supervisor_done(c, value);
    else if (rc == ERR_FAILED)
        supervisor_refused(c, fault, &err);
    else
        manager_lose(c, "%s", err.msg);
}

/* Not connected: nothing has happened.  Anything later: nobody knows. */
static bool supervisor_never_got_it(const struct http_request *r)
{
    return r->failure == HTTP_REFUSED || r->failure == HTTP_DNS || r->failure == HTTP_UNABLE;
}

static void supervisor_on_answer(struct http_request *r, enum err_code rc)
{
    struct manager_call *c = r->data;
    struct supervisor_state *s = c->state;
    struct http_request answer = *r;

    s->request = (struct http_request){0}; /* it may be used again below */
    if (rc != ERR_OK && supervisor_never_got_it(&answer) && !s->then_start)
        manager_fail(c, ERR_NET, "supervisord does not answer: %s", answer.err.msg);
    else if (rc != ERR_OK)
        manager_lose(c, "supervisord does not answer: %s", answer.err.msg);
    else if (answer.status == 401 || answer.status == 403)
        manager_fail(c, ERR_REFUSED, "supervisord wants another user (HTTP %d)", answer.status);
    else if (answer.status != 200)
        manager_fail(c, ERR_FAILED, "supervisord answers HTTP %d", answer.status);
    else
        supervisor_take(c, strbuf_sv(&answer.body));
    http_release(&answer);
}

/* --- the row --- */

static void supervisor_start(struct manager_call *c)
{
    struct supervisor_state *s = XNEW(struct supervisor_state);

    c->state = s;
    s->call = c;
    s->socket = xstrdup_sv(manager_or(c->service->socket, SUPERVISOR_SOCKET));
    supervisor_call(c);
}

static void supervisor_cancel(struct manager_call *c)
{
    struct supervisor_state *s = c->state;

    http_cancel(&s->request);
}

static void supervisor_release(struct manager_call *c)
{
    struct supervisor_state *s = c->state;

    free(s->socket);
    free(s);
    c->state = NULL;
}

static void supervisor_by_hand(const struct plan_service *s, enum manager_verb v,
                               struct strbuf *out)
{
    struct sv unit = s->unit.n ? s->unit : s->name;

    if (s->url.n || s->socket.n)
        strbuf_addf(out, "supervisorctl -s %s%.*s ", s->url.n ? "" : "unix://",
                    SV_FMT(s->url.n ? s->url : s->socket));
    else
        strbuf_add_str(out, "supervisorctl ");
    if (v == MANAGER_RELOAD)
        strbuf_addf(out, "signal HUP %.*s", SV_FMT(unit));
    else
        strbuf_addf(out, "%s %.*s", v == MANAGER_LOGS ? "tail" : manager_verb_name(v),
                    SV_FMT(unit));
}

static void supervisor_look(const struct plan_service *s, struct strbuf *out)
{
    supervisor_by_hand(s, MANAGER_LOGS, out);
}

const struct manager_ops manager_supervisor = {
    .name = "supervisor",
    .start = supervisor_start,
    .cancel = supervisor_cancel,
    .release = supervisor_release,
    .look = supervisor_look,
    .by_hand = supervisor_by_hand,
};
