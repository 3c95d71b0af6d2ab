#pragma once

/*
 * http_fetch: one request of a test, from a loop that must be empty afterwards.
 *
 * begin(), get() or start() and uv_run(), end().
 */
#include <curl/curl.h>

#include "base/clock.h"
#include "net/http.h"
#include "net_server.h"
#include "t.h"

/* One request and how often it reported. */
struct fetch {
    struct http_request r;
    int calls;
    enum err_code rc;
    struct http_request *cancel; /* when this one is done */
};

static UNUSED uv_loop_t loop;
static struct http_client *client;

static inline void on_done(struct http_request *r, enum err_code rc)
{
    struct fetch *f = r->data;

    f->calls++;
    f->rc = rc;
    if (f->cancel)
        http_cancel(f->cancel);
}

static inline void begin(void)
{
    T_EQ(uv_loop_init(&loop), 0);
    client = http_client_new(&loop);
}

/* Nothing may be left: no handle, no memory. */
static inline void end(void)
{
    http_client_free(client);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(uv_loop_close(&loop), 0);
    curl_global_cleanup();
}

static inline void start(struct fetch *f, const char *url)
{
    if (url)
        f->r.spec.url = sv_from(url);
    f->r.done = on_done;
    f->r.data = f;
    http_start(client, &f->r);
    T_EQ(f->calls, 0); /* never from inside */
}

static inline void get(struct fetch *f, const char *url)
{
    start(f, url);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(f->calls, 1);
    T_EQ(f->rc, f->r.err.code);
    T_EQ(f->rc == ERR_OK, f->r.failure == HTTP_FINE);
    T_EQ(f->rc == ERR_OK, f->r.err.msg[0] == '\0');
}

/* For a server that breaks the rules. */
static inline void get_raw(struct fetch *f, raw_treat_fn *treat)
{
    struct raw raw = {0};

    raw_start(&raw, treat);
    begin();
    get(f, raw.url);
    end();
    raw_stop(&raw);
}

static inline int64_t now_ms(void)
{
    return (int64_t)(clock_mono_ns() / 1000000);
}

/* Twenty times, then no more. */
static inline void on_tick(uv_timer_t *t)
{
    if (++*(int *)t->data == 20)
        uv_close((uv_handle_t *)t, NULL);
}
