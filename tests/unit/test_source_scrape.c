#include "watch/scrape.h"

#include "net_server.h"
#include "source_look.h"

#define TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define OPEN_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* What the server says next. */
static struct page {
    unsigned status;
    const char *type;
    struct sv body;
} page;
static char accept_seen[256], coding_seen[256];
static struct server server;

static enum MHD_Result answer(struct server *s UNUSED, struct server_request *r)
{
    const char *accept_field = server_field(r, "Accept"),
               *coding = server_field(r, "Accept-Encoding");

    (void)snprintf(accept_seen, sizeof(accept_seen), "%s", accept_field ? accept_field : "");
    (void)snprintf(coding_seen, sizeof(coding_seen), "%s", coding ? coding : "");
    return server_bytes(r, page.status, page.type, page.body);
}

static void begin_server(void)
{
    server_start(&server, answer, -1);
    begin();
}

static void end_server(void)
{
    end();
    server_stop(&server);
}

struct got {
    struct scrape s;
    int calls;
    enum err_code rc;
};

static void on_scraped(struct scrape *s, enum err_code rc)
{
    struct got *g = s->data;

    g->calls++;
    g->rc = rc;
    T_EQ(rc, s->err.code);
    T_EQ(rc == ERR_OK, s->why == SCRAPE_FINE);
    T_CHECK(rc == ERR_OK || s->samples.v.n == 0);
}

static void start_scrape(struct got *g, const char *url)
{
    g->s.spec.url = sv_from(url);
    g->s.at_us = 1771120860000000;
    g->s.done = on_scraped;
    g->s.data = g;
    g->calls = 0;
    scrape_start(&g->s, env.http, &loop);
    T_EQ(g->calls, 0); /* never from inside */
}

static void scrape(struct got *g, const char *url)
{
    start_scrape(g, url);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(g->calls, 1);
}

/* One scrape of one page, from a loop of its own. */
static void scrape_page(struct got *g, unsigned status, const char *type, struct sv body)
{
    page = (struct page){status, type, body};
    begin_server();
    scrape(g, server.url);
    end_server();
}

static struct sv label_of(const struct sample *s, const char *name)
{
    for (size_t i = 0; i < s->n_labels; i++)
        if (sv_eq(s->labels[i].name, sv_from(name)))
            return s->labels[i].value;
    T_FAIL("no label '%s'", name);
}

T(the_samples_of_a_target_come_with_labels_type_unit_and_the_time_of_the_poll)
{
    struct got g = {.calls = 0};
    const struct sample *s;

    scrape_page(&g, 200, OPEN_TYPE,
                SV("# TYPE req_seconds histogram\n# UNIT req_seconds seconds\n"
                   "req_seconds_bucket{path=\"/a\\\\b\",le=\"+Inf\"} 5 1.5\nreq_seconds_count 5\n"
                   "# TYPE up gauge\nup 1\n# EOF\n"));
    T_OK(g.rc, g.s.err);
    T_EQ(g.s.samples.v.n, 3);
    s = sample_find(&g.s.samples, SV("req_seconds_bucket"));
    T_EQ(s->n_labels, 2);
    T_SV(s->labels[0].name, "le");
    T_SV(label_of(s, "le"), "+Inf");
    T_SV(label_of(s, "path"), "/a\\b");
    T_EQ(s->kind, SAMPLE_NUMBER);
    T_EQ(s->type, SAMPLE_HISTOGRAM);
    T_SV(s->unit, "seconds");
    T_CHECK(s->number > 4.9 && s->number < 5.1);
    T_EQ(s->at_us, 1771120860000000); /* not the target's own time */
    T_EQ(sample_find(&g.s.samples, SV("up"))->type, SAMPLE_GAUGE);
    T_EQ(g.s.exposition.n_samples, 3);
    T_EQ(g.s.request.status, 200);
    scrape_release(&g.s);
}

T(it_asks_for_openmetrics_first_and_for_packed_bytes)
{
    struct got g = {.calls = 0};

    scrape_page(&g, 200, TEXT_TYPE, SV("a 1\n"));
    T_OK(g.rc, g.s.err);
    T_STR(accept_seen, "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5");
    T_CHECK(sv_has(sv_from(coding_seen), SV("gzip")));
    scrape_release(&g.s);
}

T(a_target_without_samples_is_fine)
{
    struct got g = {.calls = 0};

    scrape_page(&g, 200, NULL, SV(""));
    T_OK(g.rc, g.s.err);
    T_EQ(g.s.samples.v.n, 0);
    scrape_release(&g.s);
}

T(each_way_to_fail_is_told_apart_and_leaves_no_sample)
{
    static const struct {
        unsigned status;
        const char *type;
        struct sv body;
        enum scrape_why why;
        enum err_code rc;
        const char *want; /* behind the address */
        size_t line;
    } cases[] = {
        {503, TEXT_TYPE, SV("a 1\n"), SCRAPE_STATUS, ERR_FAILED, "/: status 503 instead of 200", 0},
        {204, NULL, SV(""), SCRAPE_STATUS, ERR_FAILED, "/: status 204 instead of 200", 0},
        {302, NULL, SV(""), SCRAPE_STATUS, ERR_FAILED, "/: status 302 instead of 200", 0},
        {200, "text/html", SV("<html>"), SCRAPE_TYPE, ERR_INVALID,
         "/: the content type 'text/html' is no metrics exposition", 0},
        {200, TEXT_TYPE, SV("a 1\nb 2\nc three\nd 4\n"), SCRAPE_BAD_LINE, ERR_INVALID,
         "/: line 3: not a number: 'three'", 3},
        {200, OPEN_TYPE, SV("a 1\n"), SCRAPE_BAD_LINE, ERR_INVALID,
         "/: line 1: the body does not end with # EOF", 1},
        {200, TEXT_TYPE, SV("a 1\nb 1\nc 1\n"), SCRAPE_TOO_LARGE, ERR_LIMIT,
         "/: line 3: more than 2 samples", 3},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct got g = {.s.max_samples = cases[i].why == SCRAPE_TOO_LARGE ? 2 : 0};

        scrape_page(&g, cases[i].status, cases[i].type, cases[i].body);
        T_EQ(g.s.why, cases[i].why);
        T_EQ(g.rc, cases[i].rc);
        if (!sv_starts(sv_from(g.s.err.msg), SV("metrics of http://127.0.0.1:")) ||
            !sv_ends(sv_from(g.s.err.msg), sv_from(cases[i].want)))
            T_FAIL("'%s' should end in '%s'", g.s.err.msg, cases[i].want);
        if (cases[i].line)
            T_EQ(g.s.exposition.line, cases[i].line);
        scrape_release(&g.s);
    }
}

T(a_target_that_is_not_there_or_says_nothing_is_unreachable)
{
    struct got refused = {.calls = 0}, silent = {.s.spec.total_ms = 100};
    struct raw raw = {0};
    unsigned port;
    char url[64];

    (void)close(raw_listen(1, &port));
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/metrics", port);
    raw_start(&raw, raw_silence);
    begin();
    scrape(&refused, url);
    T_EQ(refused.s.why, SCRAPE_UNREACHABLE);
    T_EQ(refused.s.request.failure, HTTP_REFUSED);
    scrape(&silent, raw.url);
    T_EQ(silent.s.why, SCRAPE_UNREACHABLE);
    T_EQ(silent.s.request.failure, HTTP_TIMED_OUT);
    T_EQ(silent.rc, ERR_TIMEOUT);
    end();
    raw_stop(&raw);
    scrape_release(&refused.s);
    scrape_release(&silent.s);
}

T(a_body_beyond_the_cap_is_too_large)
{
    struct got g = {.s.spec.max_body = 100};
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);

    strbuf_add_n(&body, '\n', 101);
    scrape_page(&g, 200, TEXT_TYPE, strbuf_sv(&body));
    T_EQ(g.s.why, SCRAPE_TOO_LARGE);
    T_EQ(g.rc, ERR_LIMIT);
    scrape_page(&g, 200, TEXT_TYPE, sv_sub(strbuf_sv(&body), 1, body.n));
    T_OK(g.rc, g.s.err);
    scrape_release(&g.s);
}

T(only_what_is_wanted_is_kept_but_everything_is_checked)
{
    static const struct sv want[] = {SV("b"), SV("d_bucket"), SV("missing")};
    struct got g = {.s = {.want = want, .n_want = ARRAY_LEN(want)}}, none = {.s.want = want};

    scrape_page(&g, 200, TEXT_TYPE,
                SV("a 1\nb{x=\"1\"} 2\na 3\nb{x=\"2\"} 4\nd_bucket{le=\"1\"} 5\nbb 6\n"));
    T_OK(g.rc, g.s.err);
    T_EQ(g.s.samples.v.n, 3);
    T_EQ(g.s.exposition.n_samples, 5);
    T_CHECK(sample_find(&g.s.samples, SV("d_bucket")) && !sample_find(&g.s.samples, SV("a")));
    scrape_page(&g, 200, TEXT_TYPE, SV("b 1\na one\n"));
    T_EQ(g.s.why, SCRAPE_BAD_LINE);
    scrape_page(&none, 200, TEXT_TYPE, SV("b 1\n")); /* a list of nothing wants nothing */
    T_OK(none.rc, none.s.err);
    T_EQ(none.s.samples.v.n, 0);
    scrape_release(&g.s);
    scrape_release(&none.s);
}

T(strict_takes_less)
{
    struct got g = {.calls = 0};

    scrape_page(&g, 200, TEXT_TYPE, SV("a 1 \n"));
    T_OK(g.rc, g.s.err);
    g.s.strict = true;
    scrape_page(&g, 200, TEXT_TYPE, SV("a 1 \n"));
    T_EQ(g.s.why, SCRAPE_BAD_LINE);
    scrape_release(&g.s);
}

T(a_scrape_can_be_repeated_over_the_same_connection)
{
    struct got g = {.calls = 0};

    page = (struct page){200, TEXT_TYPE, SV("a 1\nb 2\n")};
    begin_server();
    scrape(&g, server.url);
    T_EQ(g.s.samples.v.n, 2);
    page.body = SV("c{x=\"\\n\"} 3\n");
    scrape(&g, server.url);
    T_OK(g.rc, g.s.err);
    T_EQ(g.s.samples.v.n, 1);
    T_SV(label_of(&g.s.samples.v.v[0], "x"), "\n");
    page.status = 500;
    scrape(&g, server.url);
    T_EQ(g.s.why, SCRAPE_STATUS);
    page.status = 200;
    scrape(&g, server.url);
    T_OK(g.rc, g.s.err);
    T_EQ(atomic_load(&server.connections), 1);
    end_server();
    scrape_release(&g.s);
}

T(fields_of_the_caller_are_sent_too)
{
    static const struct http_field field = {SV("Accept"), SV("text/plain")};
    struct got g = {.s.spec = {.fields = &field, .n_fields = 1}};

    scrape_page(&g, 200, TEXT_TYPE, SV("a 1\n"));
    T_OK(g.rc, g.s.err);
    T_STR(accept_seen, "text/plain"); /* the caller knows better: the first one counts */
    scrape_release(&g.s);
}

/* A body that takes a while to read. */
static void big_body(struct strbuf *b)
{
    for (unsigned i = 0; b->n < 20000000; i++)
        strbuf_addf(b, "requests_total{handler=\"/api/v1/deals\",instance=\"%u\"} %u\n", i, i);
}

struct watcher {
    uv_timer_t timer;
    struct got *got;
    int seen; /* ticks while the body was being read */
    bool cancel;
};

static void on_tick(uv_timer_t *t)
{
    struct watcher *w = t->data;

    w->seen += w->got->s.reading;
    if (w->cancel && w->got->s.reading)
        scrape_cancel(&w->got->s);
    if (w->got->calls)
        uv_close((uv_handle_t *)t, NULL);
}

static struct watcher watch_scrape(struct got *g, bool cancel)
{
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
    struct watcher w = {.got = g, .cancel = cancel};

    big_body(&body);
    page = (struct page){200, TEXT_TYPE, strbuf_sv(&body)};
    begin_server();
    (void)uv_timer_init(&loop, &w.timer);
    w.timer.data = &w;
    (void)uv_timer_start(&w.timer, on_tick, 0, 1);
    scrape(g, server.url);
    end_server();
    return w;
}

T(the_loop_goes_on_while_a_large_body_is_read)
{
    struct got g = {.calls = 0};
    struct watcher w = watch_scrape(&g, false);

    T_OK(g.rc, g.s.err);
    T_CHECK(g.s.samples.v.n > 200000);
    T_CHECK(w.seen > 0);
    scrape_release(&g.s);
}

T(a_scrape_can_be_cancelled_while_it_asks_and_while_it_reads)
{
    struct got asks = {.calls = 0}, reads = {.calls = 0};
    struct raw raw = {0};
    struct watcher w;

    raw_start(&raw, raw_silence);
    begin();
    scrape_cancel(&asks.s); /* before */
    start_scrape(&asks, raw.url);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    scrape_cancel(&asks.s);
    scrape_cancel(&asks.s);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    scrape_cancel(&asks.s); /* after */
    T_EQ(asks.calls, 1);
    T_EQ(asks.s.why, SCRAPE_CANCELLED);
    T_EQ(asks.rc, ERR_INTERRUPTED);
    end();
    raw_stop(&raw);
    w = watch_scrape(&reads, true);
    T_CHECK(w.seen > 0);
    T_EQ(reads.calls, 1);
    T_EQ(reads.s.why, SCRAPE_CANCELLED);
    T_EQ(reads.s.samples.v.n, 0);
    scrape_release(&asks.s);
    scrape_release(&reads.s);
}

/* As a source. */

T(the_source_reports_the_samples_and_the_reason)
{
    static const struct sv want[] = {SV("a")};
    struct source_poll p = {.at_us = 77, .want = want, .n_want = 1, .done = on_report};
    struct look l;

    page = (struct page){200, TEXT_TYPE, SV("# TYPE a counter\na{x=\"\\\"\"} 5\nb 1\n")};
    begin_server();
    l = (struct look){.s = open_source("scrape", "{'url': '%s', 'strict': true}", server.url)};
    T_OK(look(&l), l.s->err);
    T_EQ(l.s->samples.v.n, 2);
    T_EQ(l.s->samples.v.v[0].type, SAMPLE_COUNTER);
    T_SV(l.s->samples.v.v[0].labels[0].value, "\"");
    p.data = &l;
    source_poll(l.s, &p);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(l.s->samples.v.n, 1);
    T_EQ(l.s->samples.v.v[0].at_us, 77);
    page.body = SV("a 1 \n");
    T_EQ(look(&l), ERR_INVALID);
    T_CHECK(sv_starts(sv_from(l.s->err.msg), SV("source 'it': metrics of http://127.0.0.1:")));
    T_CHECK(sv_has(sv_from(l.s->err.msg), SV("line 1: a blank after the value")));
    page.body = SV("a 1\n");
    T_OK(look(&l), l.s->err); /* an error is not kept */
    source_free(l.s);
    end_server();
}

T(the_source_can_be_cancelled)
{
    struct raw raw = {0};
    struct look l;

    raw_start(&raw, raw_silence);
    begin();
    l = (struct look){.s = open_source("scrape", "{'url': '%s'}", raw.url)};
    start_look(&l, 5, 5000);
    source_cancel(l.s);
    T_EQ(l.calls, 0);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(l.calls, 1);
    T_EQ(l.rc, ERR_INTERRUPTED);
    source_free(l.s);
    end();
    raw_stop(&raw);
}

/* Looks that hang have taken every thread: nobody is left to read the body. */
T(a_body_that_no_thread_is_left_to_read_is_timed_out)
{
    enum { THREADS = 4 }; /* of libuv's pool */
    struct look hung[THREADS], l;

    hang_begin();
    page = (struct page){200, TEXT_TYPE, SV("a 1\n")};
    begin_server();
    for (size_t i = 0; i < THREADS; i++) {
        hung[i] = (struct look){.s = open_hanging()};
        start_look(&hung[i], 5, 60000);
    }
    l = (struct look){.s = open_source("scrape", "{'url': '%s'}", server.url)};
    start_look(&l, 5, 100);
    await_report(&l);
    T_EQ(l.rc, ERR_TIMEOUT);
    T_STR(l.s->err.msg, "source 'it': no answer within 100 ms");
    hang_end();
    for (size_t i = 0; i < THREADS; i++) {
        T_EQ(hung[i].calls, 1);
        source_free(hung[i].s);
    }
    source_free(l.s);
    end_server();
}

T_MAIN(T_CASE(the_samples_of_a_target_come_with_labels_type_unit_and_the_time_of_the_poll),
       T_CASE(it_asks_for_openmetrics_first_and_for_packed_bytes),
       T_CASE(a_target_without_samples_is_fine),
       T_CASE(each_way_to_fail_is_told_apart_and_leaves_no_sample),
       T_CASE(a_target_that_is_not_there_or_says_nothing_is_unreachable),
       T_CASE(a_body_beyond_the_cap_is_too_large),
       T_CASE(only_what_is_wanted_is_kept_but_everything_is_checked), T_CASE(strict_takes_less),
       T_CASE(a_scrape_can_be_repeated_over_the_same_connection),
       T_CASE(fields_of_the_caller_are_sent_too),
       T_CASE(the_loop_goes_on_while_a_large_body_is_read),
       T_CASE(a_scrape_can_be_cancelled_while_it_asks_and_while_it_reads),
       T_CASE(the_source_reports_the_samples_and_the_reason), T_CASE(the_source_can_be_cancelled),
       T_CASE(a_body_that_no_thread_is_left_to_read_is_timed_out))
