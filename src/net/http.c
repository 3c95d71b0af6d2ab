#include "net/http.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/sv.h"
#include "net/net_int.h"

#define HTTP_MAGIC 0x48545450u
/* For people who have http_proxy set and test on their own machine. */
#define HTTP_LOOPBACK "localhost,127.0.0.0/8,::1"

struct http_list {
    struct http_flight *first, *last;
};

struct http_client {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t wake;   /* libcurl's: act without an event */
    uv_timer_t report; /* ours: tell what has ended, from a clean stack */
    struct http_list flying, ended;
    char *no_proxy;
    size_t open_handles;
    bool closing, closed;
};

/* One descriptor that libcurl wants watched. */
struct http_socket {
    uv_poll_t poll;
    struct http_client *client;
};

static struct http_flight *http_flight_of(void *p)
{
    struct http_flight *f = p;

    assert(f && f->magic == HTTP_MAGIC);
    return f;
}

static void http_list_add(struct http_list *l, struct http_flight *f)
{
    f->next = NULL;
    f->prev = l->last;
    *(l->last ? &l->last->next : &l->first) = f;
    l->last = f;
}

static void http_list_remove(struct http_list *l, struct http_flight *f)
{
    *(f->prev ? &f->prev->next : &l->first) = f->next;
    *(f->next ? &f->next->prev : &l->last) = f->prev;
}

static struct http_flight *http_list_pop(struct http_list *l)
{
    struct http_flight *f = l->first;

    if (!f)
        return NULL;
    l->first = f->next;
    *(l->first ? &l->first->prev : &l->last) = NULL;
    return f;
}

/* Every handle is the loop's until its close callback; the last one takes the client along. */
static void http_handle_closed(struct http_client *c)
{
    assert(c->open_handles > 0);
    if (--c->open_handles > 0)
        return;
    free(c->no_proxy);
    free(c);
}

static void http_on_timer_closed(uv_handle_t *h)
{
    http_handle_closed(h->data);
}

/* The end of a flight. */

static void http_on_report(uv_timer_t *t)
{
    struct http_client *c = t->data;
    struct http_list ended = c->ended;
    struct http_flight *f;

    /* Those that end meanwhile wait for the next turn, or a request that starts itself again would
     * keep the loop here. */
    c->ended = (struct http_list){0};
    while ((f = http_list_pop(&ended)) != NULL) {
        struct http_request *r = http_flight_of(f)->request;

        f->magic = 0;
        free(f);
        r->flight = NULL;
        r->done(r, r->err.code);
    }
    if (!c->closing || c->ended.first || c->closed)
        return;
    c->closed = true;
    if (c->multi)
        (void)libcurl.multi_cleanup(
            STEAL(c->multi)); /* closes what is kept open: http_on_socket follows */
    uv_close((uv_handle_t *)&c->wake, http_on_timer_closed);
    uv_close((uv_handle_t *)&c->report, http_on_timer_closed);
}

static void http_arm_report(struct http_client *c)
{
    (void)uv_timer_start(&c->report, http_on_report, 0, 0); /* fails only without a callback */
}

/* What libcurl holds is given back; what is left is to tell. */
static void http_end(struct http_flight *f)
{
    struct http_client *c = f->client;

    if (f->easy) {
        libcurl.easy_cleanup(STEAL(f->easy));
        libcurl.slist_free_all(STEAL(f->fields));
    }
    if (f->bearer)
        sodium_memzero(f->bearer, strlen(f->bearer));
    free(STEAL(f->bearer));
    http_list_add(&c->ended, f);
    http_arm_report(c);
}

static void http_note_result(struct http_flight *f)
{
    struct http_request *r = f->request;
    const struct {
        CURLINFO info;
        int64_t *to;
    } times[] = {{CURLINFO_NAMELOOKUP_TIME_T, &r->timing.dns_us},
                 {CURLINFO_CONNECT_TIME_T, &r->timing.connect_us},
                 {CURLINFO_APPCONNECT_TIME_T, &r->timing.tls_us},
                 {CURLINFO_STARTTRANSFER_TIME_T, &r->timing.first_byte_us},
                 {CURLINFO_TOTAL_TIME_T, &r->timing.total_us}};
    const char *url = NULL;
    long status = 0;

    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        curl_off_t us = 0;

        (void)libcurl.easy_getinfo(f->easy, times[i].info, &us); /* stays 0 when unknown */
        *times[i].to = us;
    }
    (void)libcurl.easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    r->status = (int)status;
    if (libcurl.easy_getinfo(f->easy, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url && url[0])
        http_note_url(f, url);
}

static void http_leave(struct http_flight *f)
{
    http_note_result(f);
    if (f->request->spec.only_tls)
        http_certificate_note(f);
    (void)libcurl.multi_remove_handle(f->client->multi, f->easy);
    http_list_remove(&f->client->flying, f);
}

static void http_collect(struct http_client *c)
{
    const CURLMsg *m;
    int left;

    while ((m = libcurl.multi_info_read(c->multi, &left)) != NULL) {
        CURLcode code = m->data.result; /* m is gone once the handle is removed */
        void *p = NULL;
        struct http_flight *f;

        (void)libcurl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &p);
        f = http_flight_of(p);
        assert(f->easy == m->easy_handle);
        http_leave(f);
        http_failure_set(f, code);
        http_end(f);
    }
}

/* What libcurl calls, and what calls libcurl. */

static void http_act(struct http_client *c, curl_socket_t fd, int events)
{
    int running;

    (void)libcurl.multi_socket_action(c->multi, fd, events, &running); /* failures are messages */
    http_collect(c);
}

static void http_on_poll(uv_poll_t *poll, int status, int events)
{
    const struct http_socket *s = poll->data;
    struct http_client *c = s->client;
    uv_os_fd_t fd;
    int act = (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
              (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);

    if (uv_fileno((uv_handle_t *)poll, &fd) == 0)
        http_act(c, fd, status < 0 ? CURL_CSELECT_ERR : act);
}

static void http_on_socket_closed(uv_handle_t *h)
{
    struct http_socket *s = h->data;
    struct http_client *c = s->client;

    free(s);
    http_handle_closed(c);
}

static int http_on_socket(CURL *easy UNUSED, curl_socket_t fd, int what, void *client, void *socket)
{
    struct http_client *c = client;
    struct http_socket *s = socket;
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);

    if (what == CURL_POLL_REMOVE) {
        if (s)
            uv_close((uv_handle_t *)&s->poll, http_on_socket_closed);
        return 0;
    }
    if (!s) {
        s = XNEW(struct http_socket);
        s->client = c;
        if (uv_poll_init(c->loop, &s->poll, fd) != 0) { /* uncovered: libcurl's own open socket */
            free(s);
            return -1;
        }
        s->poll.data = s;
        c->open_handles++;
        (void)libcurl.multi_assign(c->multi, fd, s); /* fails only for a socket it does not know */
    }
    return uv_poll_start(&s->poll, events, http_on_poll);
}

static void http_on_wake(uv_timer_t *t)
{
    http_act(t->data, CURL_SOCKET_TIMEOUT, 0);
}

static int http_on_timeout(CURLM *multi UNUSED, long ms, void *client)
{
    struct http_client *c = client;

    if (ms < 0)
        return uv_timer_stop(&c->wake);
    return uv_timer_start(&c->wake, http_on_wake, (uint64_t)ms, 0);
}

static size_t http_on_body(char *p, size_t size, size_t n, void *flight)
{
    struct http_flight *f = http_flight_of(flight);
    struct http_request *r = f->request;
    size_t room = f->max_body - r->body.n;

    n *= size; /* size is 1 */
    strbuf_add(&r->body, p, size_min(n, room));
    if (n <= room)
        return n;
    f->over_body = true;
    r->truncated = !f->over_fails;
    return 0; /* ends the transfer: a gigabyte is not read to be thrown away */
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's */
static size_t http_on_field(char *p, size_t size, size_t n, void *flight)
{
    struct http_flight *f = http_flight_of(flight);
    struct http_request *r = f->request;
    struct sv line = sv_trim_right((struct sv){p, n * size});
    size_t colon = sv_find_byte(line, ':', 0);

    if (sv_starts(line, SV("HTTP/"))) { /* another answer: after 100 Continue or a redirect */
        r->fields.n = 0;
        r->status_line = arena_sv(&r->arena, line);
        strbuf_truncate(&r->body, 0);
        return n * size;
    }
    f->fields_bytes += n;
    f->over_fields = f->fields_bytes > HTTP_FIELDS_BYTES;
    if (f->over_fields)
        return 0;
    if (colon != SV_NPOS && colon > 0 && !ascii_is_space(line.p[0])) /* no line of old folding */
        *vec_add(&r->fields) =
            (struct http_field){arena_sv(&r->arena, sv_trim(sv_sub(line, 0, colon))),
                                arena_sv(&r->arena, sv_trim(sv_sub(line, colon + 1, line.n)))};
    return n * size;
}

/* The public functions. */

/* What the environment exempts, and loopback always. */
static char *http_no_proxy(void)
{
    CLEANUP(strbuf_release) struct strbuf list = STRBUF(0);
    const char *env = getenv("no_proxy");

    if (!env)
        env = getenv("NO_PROXY");
    if (env && strcmp(env, "*") == 0)
        return xstrdup(env);
    strbuf_addf(&list, HTTP_LOOPBACK ",%s", env ? env : "");
    return strbuf_steal_str(&list);
}

struct http_client *http_client_new(uv_loop_t *loop)
{
    struct http_client *c = XNEW(struct http_client);

    c->loop = loop;
    c->no_proxy = http_no_proxy();
    c->open_handles = 2;
    (void)uv_timer_init(loop, &c->wake); /* always succeeds */
    (void)uv_timer_init(loop, &c->report);
    c->wake.data = c->report.data = c;
    return c;
}

/* With the first request comes the library. */
static enum err_code http_open(struct http_client *c, struct err *err)
{
    if (c->multi)
        return ERR_OK;
    if (libcurl_open(err) != ERR_OK)
        return err->code;
    c->multi = libcurl.multi_init();
    if (!c->multi)
        abort(); /* uncovered: out of memory */
    (void)libcurl.multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, http_on_socket);
    (void)libcurl.multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    (void)libcurl.multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, http_on_timeout);
    (void)libcurl.multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    return ERR_OK;
}

void http_client_free(struct http_client *c)
{
    if (!c)
        return;
    assert(!c->closing);
    while (c->flying.first)
        http_cancel(c->flying.first->request);
    c->closing = true;
    http_arm_report(c);
}

static uint64_t http_ms(uint64_t ms, uint64_t otherwise)
{
    return ms == 0 ? otherwise : ms < INT32_MAX ? ms : INT32_MAX; /* libcurl takes a long */
}

static struct http_flight *http_flight_new(struct http_client *c, struct http_request *r)
{
    struct http_flight *f = XNEW(struct http_flight);

    f->magic = HTTP_MAGIC;
    f->client = c;
    f->request = r;
    f->max_body = r->spec.max_body ? r->spec.max_body : LIMIT_HTTP_BODY;
    f->over_fails = r->spec.over_fails;
    f->connect_ms = http_ms(r->spec.connect_ms, HTTP_CONNECT_MS);
    f->total_ms = http_ms(r->spec.total_ms, HTTP_TOTAL_MS);
    f->bearer = r->spec.bearer.n ? xstrdup_sv(r->spec.bearer) : NULL;
    return f;
}

static void http_launch(struct http_flight *f)
{
    struct http_client *c = f->client;
    struct err err = {0};

    if (http_open(c, &err) != ERR_OK) {
        http_failure_early(f, HTTP_UNABLE, err.msg);
        http_end(f);
        return;
    }
    f->easy = libcurl.easy_init();
    assert(f->easy);                                        /* fails only for want of memory */
    (void)libcurl.easy_setopt(f->easy, CURLOPT_PRIVATE, f); /* these five always succeed */
    (void)libcurl.easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, http_on_body);
    (void)libcurl.easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
    (void)libcurl.easy_setopt(f->easy, CURLOPT_HEADERFUNCTION, http_on_field);
    (void)libcurl.easy_setopt(f->easy, CURLOPT_HEADERDATA, f);
    if (http_setup(f, c->no_proxy, &err) != ERR_OK) {
        http_failure_early(f, HTTP_UNABLE, err.msg);
        http_end(f);
        return;
    }
    http_list_add(&c->flying, f);
    if (libcurl.multi_add_handle(c->multi, f->easy) != CURLM_OK)
        abort(); /* uncovered: a new handle is taken */
}

void http_start(struct http_client *c, struct http_request *r)
{
    assert(r->done && !r->flight);
    http_release(r);
    r->flight = http_flight_new(c, r);
    if (!c->closing) {
        http_launch(r->flight);
        return;
    }
    http_failure_early(r->flight, HTTP_ABORTED, "the request was cancelled");
    http_end(r->flight);
}

void http_cancel(struct http_request *r)
{
    struct http_flight *f = r->flight;

    if (!f || !f->easy)
        return; /* not started, or on its way to done() */
    http_leave(f);
    http_failure_early(f, HTTP_ABORTED, "the request was cancelled");
    http_end(f);
}

void http_release(struct http_request *r)
{
    assert(!r->flight);
    vec_release(&r->fields);
    strbuf_release(&r->body);
    arena_release(&r->arena);
    *r = (struct http_request){.spec = r->spec, .done = r->done, .data = r->data};
}

struct sv http_field_value(const struct http_request *r, struct sv name)
{
    for (size_t i = 0; i < r->fields.n; i++)
        if (sv_eq_nocase(r->fields.v[i].name, name))
            return r->fields.v[i].value;
    return (struct sv){NULL, 0};
}
