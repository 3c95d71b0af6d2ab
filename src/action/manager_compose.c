/*
 * docker compose, by the API of the Docker Engine on its Unix socket (https://docs.docker.com/engine/api/,
 * v1.41; podman serves the same): the containers of a service are those with the labels
 * com.docker.compose.project and com.docker.compose.service.  What makes or replaces containers (up,
 * down, pull, build) is not here: it stays the document's own command.
 */
#include <stdio.h>
#include <stdlib.h>

#include "action/docker_log.h"
#include "action/manager.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/sv.h"
#include "base/vec.h"

#define COMPOSE_SOCKET     "/var/run/docker.sock"
#define COMPOSE_API        "http://localhost/v1.41"
#define COMPOSE_CONTAINERS 64u /* of one service on one machine */

struct compose_state {
    struct manager_call *call;
    struct http_request request;
    void (*take)(struct manager_call *c, int status, struct sv body);
    char *socket;
    VEC(char *) ids;
    size_t at; /* the container that is asked about */
    bool sent; /* something was told to change */
    struct manager_status worst;
};

static struct sv compose_unit(const struct plan_service *s)
{
    return s->unit.n ? s->unit : s->name;
}

/* --- requests --- */

static void compose_on_answer(struct http_request *r, enum err_code rc)
{
    struct manager_call *c = r->data;
    struct compose_state *s = c->state;
    struct http_request answer = *r;

    s->request = (struct http_request){0};
    if (rc == ERR_OK)
        s->take(c, answer.status, strbuf_sv(&answer.body));
    else if (s->sent && answer.failure != HTTP_REFUSED)
        manager_lose(c, "the Docker Engine does not answer: %s", answer.err.msg);
    else
        manager_fail(c, ERR_NET, "the Docker Engine does not answer: %s", answer.err.msg);
    http_release(&answer);
}

static void compose_send(struct manager_call *c, const char *method, const char *path,
                         void (*take)(struct manager_call *c, int status, struct sv body))
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);
    struct compose_state *s = c->state;

    strbuf_addf(&url, "%s%s", COMPOSE_API, path);
    s->take = take;
    s->request =
        (struct http_request){.spec = {.url = strbuf_sv(&url),
                                       .method = method,
                                       .unix_socket = s->socket,
                                       .total_ms = c->timeout_ms ? c->timeout_ms + 1000 : 0,
                                       .over_fails = true},
                              .done = compose_on_answer,
                              .data = c};
    http_start(c->http, &s->request);
}

/* True: it is no answer of success; the call has ended. */
static bool compose_failed(struct manager_call *c, int status, struct sv body)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct err err;

    if (status < 400)
        return false;
    if (json_read(body, &j, &err) != ERR_OK)
        manager_fail(c, ERR_FAILED, "the Docker Engine answers HTTP %d", status);
    else
        manager_fail(c, ERR_FAILED, "%s", json_get_str(j, "message", "the Docker Engine refuses"));
    return true;
}

static void compose_escape(struct sv text, struct strbuf *out)
{
    for (size_t i = 0; i < text.n; i++)
        if (ascii_is_word(text.p[i]) || text.p[i] == '-' || text.p[i] == '.')
            strbuf_add_byte(out, text.p[i]);
        else
            strbuf_addf(out, "%%%02X", (unsigned)(unsigned char)text.p[i]);
}

/* --- the status of each container; the worst one counts --- */

static void compose_next(struct manager_call *c);

static const struct {
    const char *name;
    enum manager_state state;
} compose_states[] = {
    {"running", MANAGER_RUNNING}, {"restarting", MANAGER_STARTING}, {"created", MANAGER_STOPPED},
    {"exited", MANAGER_STOPPED},  {"paused", MANAGER_STOPPING},     {"removing", MANAGER_STOPPING},
    {"dead", MANAGER_FAILED},
};

/* How far each state is from running, in the order of enum manager_state. */
static int compose_badness(enum manager_state s)
{
    static const int badness[MANAGER_STATE__N] = {
        [MANAGER_RUNNING] = 0, [MANAGER_STARTING] = 1, [MANAGER_STOPPING] = 2,
        [MANAGER_STOPPED] = 3, [MANAGER_FAILED] = 4,   [MANAGER_UNKNOWN] = 5,
    };

    return badness[s];
}

static void compose_read_state(const json_t *container, struct manager_status *ret)
{
    const json_t *state = json_object_get(container, "State");
    const char *name = json_get_str(state, "Status", "no state");
    const char *health = json_get_str(json_object_get(state, "Health"), "Status", "");

    for (size_t i = 0; i < ARRAY_LEN(compose_states); i++)
        if (sv_eq(sv_from(name), sv_from(compose_states[i].name)))
            ret->state = compose_states[i].state;
    if (ret->state == MANAGER_RUNNING && sv_eq(sv_from(health), SV("starting")))
        ret->state = MANAGER_STARTING;
    if (ret->state == MANAGER_RUNNING && sv_eq(sv_from(health), SV("unhealthy")))
        ret->state = MANAGER_FAILED;
    ret->exit_status = json_get_int(state, "ExitCode", -1);
    if (ret->state == MANAGER_STOPPED && ret->exit_status > 0)
        ret->state = MANAGER_FAILED;
    /* Docker counts a restart when it decides on one: "restarting" is counted */
    ret->ended = ret->state == MANAGER_FAILED && !sv_eq(sv_from(health), SV("unhealthy"));
    ret->pid = json_get_int(state, "Pid", 0);
    ret->restarts = json_get_int(container, "RestartCount", -1);
    if (!ret->pid || !clock_parse(json_get_sv(state, "StartedAt"), &ret->started_us))
        ret->started_us = 0;
    (void)snprintf(ret->text, sizeof(ret->text), "%s%s%s", name, *health ? ", " : "", health);
}

/* Does the name that the container was made from mean the same image still? */
static void compose_take_image(struct manager_call *c, int status, struct sv body)
{
    CLEANUP(json_cleanup) json_t *image = NULL;
    struct compose_state *s = c->state;
    struct err err;

    if (status == 200 && json_read(body, &image, &err) == ERR_OK)
        s->worst.old_image |= !sv_eq(json_get_sv(image, "Id"), sv_from(s->ids.v[s->at]));
    s->at++;
    compose_next(c);
}

static void compose_take_status(struct manager_call *c, int status, struct sv body)
{
    CLEANUP(json_cleanup) json_t *container = NULL;
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);
    struct manager_status one = {
        .restarts = -1, .exit_status = -1, .memory_bytes = -1, .cpu_us = -1};
    struct compose_state *s = c->state;
    struct err err;

    if (compose_failed(c, status, body))
        return;
    if (json_read(body, &container, &err) != ERR_OK) {
        manager_lose(c, "the Docker Engine says something else: %s", err.msg);
        return;
    }
    compose_read_state(container, &one);
    if (s->at > 0 && s->worst.restarts > 0) /* of all of them, so that it grows with each */
        one.restarts += s->worst.restarts;
    if (s->at == 0 || compose_badness(one.state) > compose_badness(s->worst.state)) {
        one.old_image = s->worst.old_image;
        s->worst = one;
    } else {
        s->worst.restarts = one.restarts;
    }
    free(s->ids.v[s->at]);
    s->ids.v[s->at] = xstrdup_sv(json_get_sv(container, "Image"));
    strbuf_add_str(&path, "/images/");
    compose_escape(json_get_sv(json_object_get(container, "Config"), "Image"), &path);
    strbuf_add_str(&path, "/json");
    compose_send(c, "GET", strbuf_str(&path), compose_take_image);
}

static void compose_take_logs(struct manager_call *c, int status, struct sv body)
{
    struct compose_state *s = c->state;

    if (compose_failed(c, status, body))
        return;
    docker_log_read(body, &c->logs);
    s->at++;
    compose_next(c);
}

/* 304: it is so already */
static void compose_take_verb(struct manager_call *c, int status, struct sv body)
{
    struct compose_state *s = c->state;

    if (compose_failed(c, status, body))
        return;
    if (status == 304)
        c->said = c->verb == MANAGER_START ? "is running already" : "is not running";
    s->at++;
    compose_next(c);
}

static void compose_finish(struct manager_call *c)
{
    static const char *const said[] = {
        [MANAGER_START] = "started",     [MANAGER_STOP] = "stopped",
        [MANAGER_RESTART] = "restarted", [MANAGER_RELOAD] = "was told to reload",
        [MANAGER_STATUS] = "",           [MANAGER_LOGS] = "",
    };
    struct compose_state *s = c->state;

    c->status = s->worst;
    if (!c->said)
        c->said = said[c->verb];
    manager_end(c, ERR_OK);
}

static void compose_ask_status(struct manager_call *c, const char *id)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);

    strbuf_addf(&path, "/containers/%s/json", id);
    compose_send(c, "GET", strbuf_str(&path), compose_take_status);
}

static void compose_ask_logs(struct manager_call *c, const char *id)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);

    strbuf_addf(&path, "/containers/%s/logs?stdout=1&stderr=1&tail=%zu", id, c->log_lines);
    compose_send(c, "GET", strbuf_str(&path), compose_take_logs);
}

static void compose_tell(struct manager_call *c, const char *id)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);
    struct compose_state *s = c->state;
    long long stop_s = (long long)(c->service->stop_timeout_ms + 999) / 1000;

    strbuf_addf(&path, "/containers/%s/", id);
    if (c->verb == MANAGER_RELOAD)
        strbuf_add_str(&path, "kill?signal=HUP");
    else if (c->verb == MANAGER_START)
        strbuf_add_str(&path, "start");
    else
        strbuf_addf(&path, "%s?t=%lld", manager_verb_name(c->verb), stop_s);
    s->sent = true;
    compose_send(c, "POST", strbuf_str(&path), compose_take_verb);
}

static void compose_next(struct manager_call *c)
{
    struct compose_state *s = c->state;

    if (s->at == s->ids.n)
        compose_finish(c);
    else if (c->verb == MANAGER_STATUS)
        compose_ask_status(c, s->ids.v[s->at]);
    else if (c->verb == MANAGER_LOGS)
        compose_ask_logs(c, s->ids.v[s->at]);
    else
        compose_tell(c, s->ids.v[s->at]);
}

/* --- which containers --- */

static void compose_take_list(struct manager_call *c, int status, struct sv body)
{
    CLEANUP(json_cleanup) json_t *list = NULL;
    struct compose_state *s = c->state;
    struct err err;

    if (compose_failed(c, status, body))
        return;
    if (json_read(body, &list, &err) != ERR_OK) {
        manager_lose(c, "the Docker Engine says something else: %s", err.msg);
        return;
    }
    for (size_t i = 0; i < json_array_size(list) && i < COMPOSE_CONTAINERS; i++) {
        struct sv id = json_get_sv(json_array_get(list, i), "Id");
        bool hex = id.n > 0;

        for (size_t k = 0; k < id.n; k++)
            hex &= ascii_is_alnum(id.p[k]);
        if (hex) /* it becomes part of a path */
            *vec_add(&s->ids) = xstrdup_sv(id);
    }
    if (s->ids.n == 0)
        manager_fail(c, ERR_NOT_FOUND, "there is no container of service '%.*s' in project '%.*s'",
                     SV_FMT(compose_unit(c->service)), SV_FMT(c->service->project));
    else
        compose_next(c);
}

static void compose_label(const char *key, struct sv value, json_t *list)
{
    CLEANUP(strbuf_release) struct strbuf label = STRBUF(0);

    strbuf_addf(&label, "com.docker.compose.%s=%.*s", key, SV_FMT(value));
    json_append(list, json_sv(strbuf_sv(&label)));
}

static void compose_start(struct manager_call *c)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0), filters = STRBUF(0);
    CLEANUP(json_cleanup) json_t *filter = json_object();
    struct compose_state *s = XNEW(struct compose_state);
    json_t *labels = json_array();

    c->state = s;
    s->call = c;
    s->socket = xstrdup_sv(manager_or(c->service->socket, COMPOSE_SOCKET));
    s->worst = c->status;
    json_put(filter, "label", labels);
    compose_label("project", c->service->project, labels);
    compose_label("service", compose_unit(c->service), labels);
    json_write(filter, &filters);
    strbuf_add_str(&path, "/containers/json?all=1&filters=");
    compose_escape(strbuf_sv(&filters), &path);
    compose_send(c, "GET", strbuf_str(&path), compose_take_list);
}

static void compose_cancel(struct manager_call *c)
{
    struct compose_state *s = c->state;

    http_cancel(&s->request);
}

static void compose_release(struct manager_call *c)
{
    struct compose_state *s = c->state;

    for (size_t i = 0; i < s->ids.n; i++)
        free(s->ids.v[i]);
    vec_release(&s->ids);
    free(s->socket);
    free(s);
    c->state = NULL;
}

static void compose_by_hand(const struct plan_service *s, enum manager_verb v, struct strbuf *out)
{
    strbuf_addf(out, "docker compose -p %.*s ", SV_FMT(s->project));
    if (v == MANAGER_RELOAD)
        strbuf_add_str(out, "kill -s HUP");
    else if (v == MANAGER_LOGS)
        strbuf_add_str(out, "logs --tail 50");
    else
        strbuf_add_str(out, v == MANAGER_STATUS ? "ps" : manager_verb_name(v));
    strbuf_addf(out, " %.*s", SV_FMT(compose_unit(s)));
}

static void compose_look(const struct plan_service *s, struct strbuf *out)
{
    compose_by_hand(s, MANAGER_LOGS, out);
}

const struct manager_ops manager_compose = {
    .name = "compose",
    .start = compose_start,
    .cancel = compose_cancel,
    .release = compose_release,
    .look = compose_look,
    .by_hand = compose_by_hand,
};
