#pragma once

/*
 * notify_bench: a store with a run whose plan has receivers, and events as a run writes them.
 */
#include "base/clock.h"
#include "net_server.h"
#include "notify/outbox.h"
#include "store/journal.h"
#include "store/notice.h"
#include "t.h"

static UNUSED struct store *store;
static UNUSED struct journal *journal;
static UNUSED uv_loop_t loop;
static UNUSED struct http_client *http;
static UNUSED struct outbox *outbox;
static UNUSED struct err err;
static UNUSED int64_t now_us; /* of the outbox: the test moves it */
static UNUSED int64_t run_id;

static inline int64_t fake_now(void)
{
    return now_us;
}

/* An event of this kind now; 'quotes' stand for "quotes". */
static inline void happen(enum event_kind kind, const char *step, const char *data)
{
    CLEANUP(mem_freep) char *text = xstrdup(data);
    struct event e = {.at_us = now_us, .kind = kind, .step = sv_from(step)};

    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    e.data = sv_from(text);
    T_OK(journal_append(journal, &e, 1, &err), err);
}

/* A run of a plan with these receivers (JSON, 'quotes'). */
static inline void run_begin(const char *notify)
{
    CLEANUP(strbuf_release) struct strbuf plan = STRBUF(0), data = STRBUF(0);
    struct store_run row = {
        .environment = SV("prod"), .document = SV("deploy.md"), .plan = SV("p")};
    struct hash h;

    strbuf_addf(
        &plan,
        "{'format':1,'hash':'%064d','environment':'prod','title':'Shop','document':'deploy.md',"
        "'steps':[],'way_back':[],'notify':%s}",
        0, notify);
    for (size_t i = 0; i < plan.n; i++)
        if (plan.p[i] == '\'')
            plan.p[i] = '"';
    T_OK(store_run_add(store, &row, &run_id, &err), err);
    journal_free(journal);
    T_OK(journal_open(store, run_id, &journal, &err), err);
    h = journal_blob(journal, strbuf_sv(&plan));
    strbuf_addf(&data, "{'plan_blob':'%s'}", hash_hex(&h).s);
    happen(EVENT_RUN_STARTED, "", strbuf_str(&data));
}

static inline void outbox_begin_bench(void)
{
    struct outbox_config c = {.store = store, .loop = &loop, .http = http, .now_us = fake_now};

    T_OK(outbox_new(&c, &outbox, &err), err);
}

static inline void bench_begin(const char *notify)
{
    now_us = 1771120860000000;
    T_OK(store_open("s", STORE_WRITE, &store, &err), err);
    T_EQ(uv_loop_init(&loop), 0);
    http = http_client_new(&loop);
    outbox_begin_bench();
    run_begin(notify);
}

/* Look, send, and wait until nothing is under way. */
static inline void kick(void)
{
    outbox_kick(outbox, run_id);
    while (outbox_busy(outbox))
        (void)uv_run(&loop, UV_RUN_ONCE);
}

static inline void outbox_end_bench(void)
{
    outbox_free(STEAL(outbox));
    (void)uv_run(&loop, UV_RUN_NOWAIT);
}

static inline void bench_end(void)
{
    outbox_free(outbox);
    http_client_free(http);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(uv_loop_close(&loop), 0);
    journal_free(journal);
    store_free(store);
}
