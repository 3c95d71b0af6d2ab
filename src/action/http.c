/*
 * http: `curl URL` and what belongs to it, as one request.  Where the plan says that a service was just started (listens_ms), a
 * connection that is refused, over which nothing was sent, is tried again for so long; and a GET that has no answer, or 502 to 504.
 */
#include "action/action.h"

#include "base/duration.h"
#include "base/sv.h"

struct http_state {
    struct http_request request;
    struct strbuf url, body;
    VEC(struct http_field) fields;
    struct strbuf *field_texts;
    size_t n_field_texts;
    char *method;
    struct action *action;
    uv_timer_t timer;  /* until it is asked again */
    uint64_t until_ms; /* on the loop's clock: refused until then, it is asked again */
    bool waits, stopped;
};

enum { HTTP_AGAIN_MS = 500 };

static void http_action_stopped(struct action *a)
{
    a->outcome.status = -1; /* it has none */
    action_finish(a, ACTION_STOPPED);
}

static void http_action_again(uv_handle_t *h)
{
    struct http_state *s = h->data;

    s->waits = false;
    if (s->stopped) {
        http_action_stopped(s->action);
        return;
    }
    http_release(&s->request);
    http_start(s->action->env->http, &s->request);
}

static void http_action_on_timer(uv_timer_t *t)
{
    uv_close((uv_handle_t *)t, http_action_again);
}

/*
 * Nobody listened; or of what may be asked twice: who is about to end took the connection and gave no answer, or who stands before it
 * has nobody to ask yet.
 */
static bool http_action_may_ask_again(const struct http_state *s, enum err_code rc)
{
    const struct http_request *r = &s->request;
    bool safe =
        !r->spec.body.p && (strcmp(s->method, "GET") == 0 || strcmp(s->method, "HEAD") == 0);

    if (rc == ERR_OK)
        return safe && r->status >= 502 && r->status <= 504;
    return r->failure == HTTP_REFUSED || (safe && r->failure == HTTP_CLOSED && !r->status);
}

/* True: it is asked again in a moment. */
static bool http_action_waits(struct http_state *s, enum err_code rc)
{
    struct action *a = s->action;
    uv_loop_t *loop = a->env->loop;

    if (!http_action_may_ask_again(s, rc) || uv_now(loop) + HTTP_AGAIN_MS > s->until_ms)
        return false;
    s->waits = true;
    (void)uv_timer_init(loop, &s->timer); /* always succeeds */
    s->timer.data = s;
    (void)uv_timer_start(&s->timer, http_action_on_timer, HTTP_AGAIN_MS, 0);
    return true;
}

/* curl's own statuses ("EXIT CODES" of its manual), for a document that speaks of them. */
static int http_curl_status(enum http_failure failure)
{
    static const int statuses[HTTP_FAILURE__N] = {
        [HTTP_UNABLE] = 3,     [HTTP_DNS] = 6,     [HTTP_REFUSED] = 7,
        [HTTP_TIMED_OUT] = 28, [HTTP_CLOSED] = 52, [HTTP_TLS] = 60};

    return statuses[failure] ? statuses[failure] : 7;
}

/* What curl prints for -I: the head of the answer, and nothing else of it. */
static void http_print_head(struct action *a, const struct http_request *r)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(&b, "%.*s\n", SV_FMT(r->status_line));
    for (size_t i = 0; i < r->fields.n; i++)
        strbuf_addf(&b, "%.*s: %.*s\n", SV_FMT(r->fields.v[i].name), SV_FMT(r->fields.v[i].value));
    action_print(a, CHILD_OUT, strbuf_sv(&b));
}

static void http_action_done(struct http_request *r, enum err_code rc)
{
    struct http_state *s = container_of(r, struct http_state, request);
    struct action *a = s->action;

    if (http_action_waits(s, rc))
        return;
    a->outcome.http_status = r->status;
    a->outcome.elapsed_us = r->timing.total_us;
    if (r->status && strcmp(s->method, "HEAD") == 0)
        http_print_head(a, r);
    action_print(a, CHILD_OUT, strbuf_sv(&r->body));
    a->outcome.status = 0;
    if (rc == ERR_OK && json_get_bool(a->step->action, "fail_on_status", false) && r->status >= 400)
        a->outcome.status = 22; /* as curl */
    if (rc == ERR_OK) {
        action_finish(a, ACTION_ENDED);
    } else if (r->failure == HTTP_ABORTED) {
        http_action_stopped(a);
    } else {
        a->outcome.status = http_curl_status(r->failure);
        if (s->until_ms && http_action_may_ask_again(s, rc))
            (void)err_wrap(&r->err, "tried for %s",
                           duration_format(json_get_int(a->step->action, "listens_ms", 0)).s);
        a->outcome.err = r->err;
        action_print(a, CHILD_ERR, sv_from(r->err.msg));
        action_finish(a, ACTION_ENDED); /* no answer is an outcome: the checks judge it */
    }
}

/* "Name: value" */
static bool http_add_field(struct action *a, struct http_state *s, const json_t *pieces, size_t i)
{
    struct strbuf *text = &s->field_texts[i];
    struct err err;
    size_t colon;

    if (!action_pieces(a, pieces, false, text))
        return false;
    colon = sv_find_byte(strbuf_sv(text), ':', 0);
    if (colon == SV_NPOS) {
        (void)err_set(&err, ERR_INVALID, "'%s' is not a header field", strbuf_str(text));
        action_break(a, &err);
        return false;
    }
    *vec_add(&s->fields) = (struct http_field){
        sv_sub(strbuf_sv(text), 0, colon), sv_trim(sv_sub(strbuf_sv(text), colon + 1, text->n))};
    return true;
}

/* "curl localhost:8080/health": where no scheme is named, curl takes HTTP. */
static void http_add_scheme(struct strbuf *url)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    size_t n = 0;

    while (n < url->n && ascii_is_alnum(url->p[n]))
        n++;
    if (sv_starts(sv_sub(strbuf_sv(url), n, url->n), SV("://")))
        return;
    strbuf_addf(&b, "http://%s", strbuf_str(url));
    strbuf_truncate(url, 0);
    strbuf_add_sv(url, strbuf_sv(&b));
}

static bool http_prepare(struct action *a, struct http_state *s)
{
    const json_t *headers = json_object_get(a->step->action, "headers");
    const json_t *body = json_object_get(a->step->action, "body");

    s->n_field_texts = json_array_size(headers);
    s->field_texts = XNEWN(struct strbuf, s->n_field_texts);
    for (size_t i = 0; i < s->n_field_texts; i++)
        if (!http_add_field(a, s, json_array_get(headers, i), i))
            return false;
    if (!action_text(a, "url", false, &s->url) ||
        (body && !action_text(a, "body", false, &s->body)))
        return false;
    http_add_scheme(&s->url);
    s->method = xstrdup_sv(json_get_sv(a->step->action, "method"));
    return true;
}

static void http_action_start(struct action *a)
{
    struct http_state *s = XNEW(struct http_state);
    uint64_t own_ms = (uint64_t)json_get_int(a->step->action, "timeout_ms", 0),
             listens_ms = (uint64_t)json_get_int(a->step->action, "listens_ms", 0);

    a->state = s;
    s->action = a;
    if (!http_prepare(a, s))
        return;
    s->request.spec = (struct http_spec){
        .url = strbuf_sv(&s->url),
        .method = s->method,
        .fields = s->fields.v,
        .n_fields = s->fields.n,
        .body =
            json_object_get(a->step->action, "body") ? strbuf_sv(&s->body) : (struct sv){NULL, 0},
        .total_ms = a->timeout_ms ? a->timeout_ms : own_ms,
        .max_redirects = json_get_bool(a->step->action, "follow", false) ? 10 : 0};
    s->request.done = http_action_done;
    s->until_ms = listens_ms ? uv_now(a->env->loop) + listens_ms : 0;
    http_start(a->env->http, &s->request);
}

static void http_action_cancel(struct action *a)
{
    struct http_state *s = a->state;

    s->stopped = true;
    if (!s->waits)
        http_cancel(&s->request);
    else if (!uv_is_closing((uv_handle_t *)&s->timer))
        uv_close((uv_handle_t *)&s->timer, http_action_again);
}

static void http_action_release(struct action *a)
{
    struct http_state *s = a->state;

    if (!s)
        return;
    http_release(&s->request);
    strbuf_release(&s->url);
    strbuf_release(&s->body);
    for (size_t i = 0; i < s->n_field_texts; i++)
        strbuf_release(&s->field_texts[i]);
    free(s->field_texts);
    vec_release(&s->fields);
    free(s->method);
    free(s);
    a->state = NULL;
}

const struct action_ops action_http = {
    .kind = "http",
    .resume = RESUME_ASK, /* a GET only looks: the plan says so */
    .uses_session = true,
    .start = http_action_start,
    .cancel = http_action_cancel,
    .release = http_action_release,
};
