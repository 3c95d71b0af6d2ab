#pragma once

/*
 * scrape: ask a target for its metrics, once.
 *
 * Embed one, zeroed, fill the first part, call scrape_start().  done() is called
 * exactly once, from the loop, never from inside a function of this header.  The body
 * is read in a thread, so the loop goes on.  Everything that came is thrown away when
 * one line of it is bad.  scrape_start() can be called again after done(): memory and
 * connection are used again; scrape_release() gives the memory back.
 */
#include "net/http.h"
#include "watch/exposition.h"

enum scrape_why {
    SCRAPE_FINE,
    SCRAPE_UNREACHABLE, /* request.failure says how: refused, timed out, TLS, ... */
    SCRAPE_STATUS,      /* it answered something else than 200 */
    SCRAPE_TYPE,        /* its content type is no exposition */
    SCRAPE_BAD_LINE,    /* exposition.line says which */
    SCRAPE_TOO_LARGE,   /* the body, a line, or the number of samples */
    SCRAPE_CANCELLED,
    SCRAPE_WHY__N
};

struct scrape;
/* rc is ERR_OK and s->samples holds them, or the code in s->err. */
typedef void scrape_done_fn(struct scrape *s, enum err_code rc);

struct scrape {
    struct http_spec spec; /* the url and how to get it; copied by scrape_start() */
    bool strict;
    size_t max_samples;    /* 0: EXPOSITION_MAX_SAMPLES */
    int64_t at_us;         /* start of the poll: the time of the samples */
    const struct sv *want; /* names of metrics to keep; NULL: all.  Must live until done() */
    size_t n_want;
    scrape_done_fn *done;
    void *data; /* the caller's */

    /* results; the samples live until the next start or the release */
    enum scrape_why why;
    struct sample_list samples;
    struct http_request request;  /* status, times, url */
    struct exposition exposition; /* how many samples, warnings, line of the error */
    struct err err;

    /* private */
    uv_loop_t *loop;
    uv_work_t work;
    struct exposition_options options;
    struct sv last_name;
    bool last_wanted, running, reading, cancelled;
    enum err_code rc;
};

void scrape_start(struct scrape *s, struct http_client *c, uv_loop_t *loop);
/* End it: done() follows.  Harmless at any time. */
void scrape_cancel(struct scrape *s);
void scrape_release(struct scrape *s);
