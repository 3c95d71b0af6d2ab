#pragma once

/*
 * report_bench: a run of a document, whose journal a test writes event by event.
 */
#include <sqlite3.h>

#include "base/clock.h"
#include "report/report.h"
#include "test_plan_util.h"

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"
#define T0_US    1771120860000000LL /* 2026-02-15T02:01:00Z */

/* A store with one run, whose events a test writes. */
struct bench {
    struct world w;
    struct store *store;
    struct journal *journal;
    int64_t run, at_us;
    struct err err;
    struct view view;
    struct strbuf html;
    json_t *json;
};

static inline void add(struct bench *b, enum event_kind kind, const char *step, int64_t attempt,
                       const char *data)
{
    struct event e = {.at_us = b->at_us,
                      .kind = kind,
                      .attempt = attempt,
                      .step = sv_from(step),
                      .data = sv_from(data)};

    T_OK(journal_append(b->journal, &e, 1, &b->err), b->err);
    b->at_us += 1500000;
}

/* The outcome of a step with this output. */
static inline void add_output(struct bench *b, const char *step, struct sv out, const char *more)
{
    CLEANUP(strbuf_release) struct strbuf data = STRBUF(0);
    struct hash h = journal_blob(b->journal, out);

    strbuf_addf(&data, "{\"out\":{\"blob\":\"%s\",\"bytes\":%zu}%s}", hash_hex(&h).s, out.n, more);
    add(b, EVENT_STEP_OUTCOME, step, 1, strbuf_str(&data));
}

/* A run of this document; its events begin at T0_US. */
static inline void bench_of(struct bench *b, const char *md, const char *yaml)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), data = STRBUF(0);
    struct store_run run = {
        .environment = SV("staging"), .document = SV("deploy.md"), .started_us = T0_US};
    struct hash blob, doc;

    *b = (struct bench){.at_us = T0_US, .html = STRBUF(0)};
    world_make(&b->w, md, yaml);
    T_OK(store_open("s", STORE_WRITE, &b->store, &b->err), b->err);
    T_OK(store_run_add(b->store, &run, &b->run, &b->err), b->err);
    T_OK(journal_open(b->store, b->run, &b->journal, &b->err), b->err);
    json_write(b->w.json, &text);
    blob = journal_blob(b->journal, strbuf_sv(&text));
    doc = journal_blob(b->journal, sv_from(md));
    strbuf_addf(&data,
                "{\"document\":\"deploy.md\",\"document_blob\":\"%s\",\"environment\":\"staging\","
                "\"host\":\"web1\",\"now_us\":%lld,\"operator\":\"ana <a@b>\",\"plan_blob\":\"%s\","
                "\"version\":\"9.9.9\"}",
                hash_hex(&doc).s, (long long)T0_US, hash_hex(&blob).s);
    add(b, EVENT_RUN_STARTED, "", 0, strbuf_str(&data));
}

/* The view of what was written so far. */
static inline void bench_view(struct bench *b)
{
    if (b->view.plan.json)
        view_release(&b->view);
    T_OK(view_load(b->store, b->run, &b->view, &b->err), b->err);
}

static inline void bench_end(struct bench *b)
{
    if (b->view.plan.json)
        view_release(&b->view);
    json_decref(b->json);
    strbuf_release(&b->html);
    journal_free(b->journal);
    store_free(b->store);
    world_end(&b->w);
}

static inline void sql_run(const char *sql)
{
    sqlite3 *db = NULL;

    T_EQ(sqlite3_open("s/store.db", &db), SQLITE_OK);
    T_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}
