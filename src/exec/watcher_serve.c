/*
 * The watch is asked how it stands, and told by an Alertmanager what it sees (docs/formats/rules.md, section 5).
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/sv.h"
#include "exec/watcher_int.h"
#include "net/listen.h"
#include "plan/settings.h"

#define SERVE_ALERTS     "alertmanager.alerts"
#define SERVE_EVENTS     "/events/"
#define SERVE_NOTE_BYTES 2000u /* of a note, as `prusik event` takes it */
#define SERVE_BY_BYTES   200u

static void serve_text(struct web_reply *reply, unsigned status, const char *text)
{
    reply->status = status;
    reply->type = "text/plain; charset=utf-8";
    strbuf_addf(&reply->body, "%s\n", text);
}

static void serve_metrics(struct watcher *w, const struct web_query *q UNUSED,
                          struct web_reply *reply)
{
    reply->status = 200;
    reply->type = "text/plain; version=0.0.4; charset=utf-8";
    watcher_metrics(w, &reply->body);
}

/* It is well when it looks, whatever it sees. */
static void serve_health(struct watcher *w, const struct web_query *q UNUSED,
                         struct web_reply *reply)
{
    CLEANUP(json_cleanup) json_t *j = json_object();

    json_put_str(j, "status", "pass");
    json_put_str(j, "version", "1");
    json_put_sv(j, "run", w->cfg.run);
    json_put_str(j, "verdict", verdict_names[w->verdict]);
    json_write(j, &reply->body);
    reply->status = 200;
    reply->type = "application/health+json";
}

/* The message is acknowledged when the journal has it, and not before: who does not hear so sends it again. */
static void serve_alerts(struct watcher *w, const struct web_query *q, struct web_reply *reply)
{
    json_t *before;
    struct err err;
    enum err_code rc;

    if (!w->cfg.alerts || !w->hears_alerts) {
        serve_text(reply, 404, "the binding names no source " SERVE_ALERTS);
        return;
    }
    if (w->token && !listen_is_token(sv_from(w->token), q->bearer)) {
        serve_text(reply, 401, "a token is needed");
        return;
    }
    before = alerts_save(w->cfg.alerts);
    rc = alerts_take(w->cfg.alerts, q->body, clock_steady_us(), &err);
    if (rc == ERR_OK && !w->cfg.keep(w->cfg.arg)) {
        rc = alerts_restore(w->cfg.alerts, before, &err);
        assert(rc == ERR_OK); /* it was saved just now */
        serve_text(reply, 503, "it could not be written down");
    } else if (rc == ERR_OK) {
        serve_text(reply, 200, "taken");
    } else {
        serve_text(reply, rc == ERR_LIMIT ? 413 : 400, err.msg);
    }
    json_decref(before);
}

/* The kind is the last part of the path. */
static const struct watcher_teller *serve_teller(const struct watcher *w, struct sv path)
{
    struct sv kind = sv_sub(path, sizeof(SERVE_EVENTS) - 1, path.n);

    for (size_t i = 0; i < w->tellers.n; i++)
        if (sv_eq(w->tellers.v[i].kind, kind))
            return &w->tellers.v[i];
    return NULL;
}

/* {note, by}, both may be missing; nothing at all is an event without a note. */
static enum err_code serve_note(struct sv body, json_t **j, struct watcher_note *n, struct err *err)
{
    const char *key;
    json_t *v;

    if (!sv_trim(body).n)
        return ERR_OK;
    if (json_read(body, j, err) != ERR_OK)
        return err->code;
    if (!json_is_object(*j))
        return err_set(err, ERR_INVALID, "the message is no object {note, by}");
    json_object_foreach(*j, key, v)
    {
        if (strcmp(key, "note") != 0 && strcmp(key, "by") != 0)
            return err_set(err, ERR_INVALID, "'%.60s' is none of note, by", key);
        if (!json_is_string(v))
            return err_set(err, ERR_INVALID, "'%s' is no text", key);
    }
    if (json_get_sv(*j, "note").n)
        n->note = json_get_sv(*j, "note");
    if (json_get_sv(*j, "by").n)
        n->by = json_get_sv(*j, "by");
    if (n->note.n > SERVE_NOTE_BYTES || n->by.n > SERVE_BY_BYTES)
        return err_set(err, ERR_LIMIT, "'note' has at most %u bytes, 'by' %u", SERVE_NOTE_BYTES,
                       SERVE_BY_BYTES);
    return ERR_OK;
}

/* Acknowledged when the store has it, and not before. */
static void serve_event(struct watcher *w, const struct web_query *q, struct web_reply *reply)
{
    const struct watcher_teller *t = serve_teller(w, q->path);
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct watcher_note n = {.by = SV("HTTP"), .note = SV("")};
    struct err err;
    enum err_code rc;

    if (!t) {
        serve_text(reply, 404, "the binding names no source events.KIND of this name with a token");
        return;
    }
    if (!listen_is_token(sv_from(t->token), q->bearer)) {
        serve_text(reply, 401, "a token is needed");
        return;
    }
    n.kind = t->kind;
    rc = serve_note(q->body, &j, &n, &err);
    if (rc != ERR_OK)
        serve_text(reply, rc == ERR_LIMIT ? 413 : 400, err.msg);
    else if (w->cfg.note(w->cfg.arg, &n, &err) != ERR_OK)
        serve_text(reply, 503, "it could not be written down");
    else
        serve_text(reply, 200, "noted");
}

static const struct {
    struct sv path;         /* one that ends in a slash: all below it */
    const char *methods[2]; /* the first is what an Allow says */
    void (*serve)(struct watcher *w, const struct web_query *q, struct web_reply *reply);
} serve_paths[] = {
    {SV("/metrics"), {"GET", "HEAD"}, serve_metrics},
    {SV("/health"), {"GET", "HEAD"}, serve_health},
    {SV("/hooks/alertmanager"), {"POST", "POST"}, serve_alerts},
    {SV(SERVE_EVENTS), {"POST", "POST"}, serve_event},
};

static void serve_answer(void *arg, const struct web_query *q, struct web_reply *reply)
{
    for (size_t i = 0; i < ARRAY_LEN(serve_paths); i++) {
        if (sv_ends(serve_paths[i].path, SV("/")) ? !sv_starts(q->path, serve_paths[i].path)
                                                  : !sv_eq(q->path, serve_paths[i].path))
            continue;
        if (sv_is(q->method, serve_paths[i].methods[0]) ||
            sv_is(q->method, serve_paths[i].methods[1])) {
            serve_paths[i].serve(arg, q, reply);
            return;
        }
        serve_text(reply, 405, "the method is not allowed here");
        reply->allow = serve_paths[i].methods[0];
        return;
    }
    serve_text(reply, 404, "there is nothing here");
}

/* --- its life --- */

/* The source that others tell of alerts; NULL: there is none. */
static const struct plan_source *serve_source(const struct plan *p)
{
    const struct plan_source *found = NULL;

    for (size_t i = 0; i < p->n_sources; i++)
        found = sv_is(p->sources[i].name, SERVE_ALERTS) ? &p->sources[i] : found;
    return found;
}

static enum err_code serve_token(struct watcher *w, struct err *err)
{
    CLEANUP(json_cleanup) json_t *settings = NULL;
    const struct plan_source *s = serve_source(w->cfg.plan);

    w->hears_alerts = s != NULL;
    if (s && settings_reveal(s->settings, w->cfg.binding, &settings, err) != ERR_OK)
        return err_wrap(err, "source '" SERVE_ALERTS "'");
    if (s && json_get_sv(settings, "token").n)
        w->token = xstrdup_sv(json_get_sv(settings, "token"));
    return ERR_OK;
}

static enum err_code serve_tellers(struct watcher *w, struct err *err)
{
    const struct plan *p = w->cfg.plan;

    for (size_t i = 0; i < p->n_sources; i++) {
        CLEANUP(json_cleanup) json_t *settings = NULL;
        struct sv kind = p->sources[i].name;

        if (!sv_eat(&kind, SV("events.")))
            continue;
        if (settings_reveal(p->sources[i].settings, w->cfg.binding, &settings, err) != ERR_OK)
            return err_wrap(err, "source '%.*s'", /* uncovered: a resume without its secrets */
                            SV_FMT(p->sources[i].name));
        if (json_get_sv(settings, "token").n)
            *vec_add(&w->tellers) =
                (struct watcher_teller){kind, xstrdup_sv(json_get_sv(settings, "token"))};
    }
    return ERR_OK;
}

enum err_code watcher_check_serve(const struct plan *p, struct err *err)
{
    bool watches = false;

    for (size_t i = 0; i < p->n_rules; i++)
        watches |= !p->rules[i].dropped;
    if (!watches || !p->listen.n || listen_try(p->listen, err) == ERR_OK)
        return ERR_OK;
    (void)err_wrap(err, "watch: listen");
    return err_hint(err, "watch: {listen: ADDRESS:PORT} in prusik.yaml takes another, port 0 any");
}

enum err_code watcher_serve(struct watcher *w, struct err *err)
{
    struct web_config c = {.loop = w->cfg.loop,
                           .listen = w->cfg.plan->listen,
                           .body_bytes = ALERTS_BODY_BYTES,
                           .answer = serve_answer,
                           .arg = w};

    if (!w->cfg.keep || !c.listen.n)
        return ERR_OK;
    if (serve_token(w, err) != ERR_OK || serve_tellers(w, err) != ERR_OK)
        return err->code; /* uncovered: a resume without its secrets */
    if (web_server_open(&c, &w->web, err) != ERR_OK)
        return err_wrap(err, "watch: listen"); /* uncovered: it was free before the run began */
    return ERR_OK;
}

void watcher_serve_end(struct watcher *w)
{
    web_server_free(STEAL(w->web));
    if (w->token)
        explicit_bzero(w->token, strlen(w->token));
    free(STEAL(w->token));
    for (size_t i = 0; i < w->tellers.n; i++) {
        explicit_bzero(w->tellers.v[i].token, strlen(w->tellers.v[i].token));
        free(w->tellers.v[i].token);
    }
    vec_release(&w->tellers);
}
