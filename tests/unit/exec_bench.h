#pragma once

/*
 * exec_bench: a document and a binding, made into a plan and carried out for real, with a person whose answers the
 * test has written down.
 */
#include <sqlite3.h>

#include "base/file.h"
#include "base/sv.h"
#include "exec/run.h"
#include "runbook/document.h"
#include "t.h"

struct bench {
    struct document doc;
    struct runbook rb;
    struct binding b;
    struct plan plan;
    struct store *store;
    struct run *run;
    const char *
        answers; /* "y", "n" of each question, "1": the first way, "s": stop; in order; NULL: nobody can be asked */
    const char *note;             /* with a yes; NULL: none */
    bool wait, exit_when_waiting; /* at gates */
    unsigned reply_ms;            /* how long the person thinks */
    uv_timer_t reply;
    bool reply_open;
    int asked[8];                           /* by kind */
    bool clean;                             /* of the last one */
    const char *at;                         /* an event's name, ... */
    int at_count;                           /* ... the Nth of which ... */
    void (*act)(struct bench *b);           /* ... is when this is done */
    struct strbuf out, last_question, into; /* into: of each question "FILE|BYTES|END\n" */
    struct err err;
};

static inline void bench_write(const char *name, const char *text)
{
    struct err err;

    T_OK(file_write_atomic(name, sv_from(text), 0700, &err), err);
}

static inline void bench_plan(struct bench *b, const char *document, const char *binding)
{
    struct binding_options opt = {.operator_name = "ana"};
    json_t *json = NULL;

    (void)sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    bench_write("doc.md", document);
    bench_write("prusik.yaml", binding);
    *b = (struct bench){.out = STRBUF(0), .last_question = STRBUF(0), .into = STRBUF(0)};
    T_OK(document_load("doc.md", &b->doc, &b->err), b->err);
    T_OK(runbook_read(&b->doc, &b->rb, &b->err), b->err);
    T_OK(binding_load("doc.md", &opt, &b->b, &b->err), b->err);
    T_OK(plan_make(&b->rb, &b->b, &json, &b->err), b->err);
    T_OK(plan_load(json, &b->plan, &b->err), b->err);
    T_OK(store_open("store", STORE_WRITE, &b->store, &b->err), b->err);
}

static inline void bench_close_run(struct bench *b)
{
    if (b->reply_open)
        uv_close((uv_handle_t *)&b->reply, NULL);
    b->reply_open = false;
    run_free(b->run);
    b->run = NULL;
}

static inline void bench_end(struct bench *b)
{
    bench_close_run(b);
    store_free(b->store);
    plan_release(&b->plan);
    binding_release(&b->b);
    runbook_release(&b->rb);
    document_release(&b->doc);
    strbuf_release(&b->out);
    strbuf_release(&b->last_question);
    strbuf_release(&b->into);
}

static inline void bench_listen(void *arg, const struct run_event *e)
{
    struct bench *b = arg;

    if (strcmp(e->name, "output") == 0)
        strbuf_add_sv(&b->out, e->bytes);
    if (b->at && strcmp(e->name, b->at) == 0 && --b->at_count == 0) {
        b->at = NULL;
        b->act(b);
    }
}

static inline void bench_reply(uv_timer_t *t)
{
    struct bench *b = t->data;
    char answer = *b->answers;

    if (!answer)
        T_FAIL("nobody has an answer to: %s", strbuf_str(&b->last_question));
    b->answers++;
    if (answer == 'Y' || answer == 'N') { /* for all hosts */
        run_answer_all(b->run, answer == 'Y', (struct sv){NULL, 0}, SV(""));
        return;
    }
    if (answer >= '0' && answer <= '9') { /* of several ways */
        run_choose(b->run, (size_t)(answer - '0'), (struct sv){NULL, 0}, SV(""));
        return;
    }
    if (answer == 's') {
        run_interrupt(b->run, "stop");
        return;
    }
    run_answer(b->run, answer == 'y', (struct sv){NULL, 0},
               answer == 'y' ? sv_from(b->note) : SV("why"));
}

static inline void bench_ask(void *arg, const struct run_question *q)
{
    struct bench *b = arg;

    b->asked[q->kind]++;
    b->clean = q->clean;
    strbuf_truncate(&b->last_question, 0);
    if (q->host.n)
        strbuf_addf(&b->last_question, "%.*s (%zu more): ", SV_FMT(q->host), q->more);
    strbuf_add_sv(&b->last_question, q->text);
    if (q->into.n)
        strbuf_addf(&b->into, "%.*s|%lld|%.*s\n", SV_FMT(q->into), (long long)q->into_bytes,
                    SV_FMT(q->into_tail));
    if (!b->reply_open)
        (void)uv_timer_init(run_uv(b->run), &b->reply); /* always succeeds */
    b->reply_open = true;
    b->reply.data = b;
    (void)uv_timer_start(&b->reply, bench_reply, b->reply_ms, 0);
}

static inline struct run_options bench_options(struct bench *b)
{
    return (struct run_options){.binding = &b->b,
                                .listen = bench_listen,
                                .ask = b->answers ? bench_ask : NULL,
                                .arg = b,
                                .secrets = b->b.secrets,
                                .operator_name = SV("ana"),
                                .wait = b->wait,
                                .exit_when_waiting = b->exit_when_waiting,
                                .grace_ms = 200};
}

static inline enum exit_code bench_go(struct bench *b)
{
    enum exit_code code;

    b->err = (struct err){0};
    code = run_go(b->run, &b->err);
    bench_close_run(b);
    return code;
}

static inline enum exit_code bench_run(struct bench *b)
{
    struct run_options opt = bench_options(b);

    T_OK(run_start(b->store, &b->plan, &opt, &b->run, &b->err), b->err);
    return bench_go(b);
}

static inline enum exit_code bench_resume(struct bench *b)
{
    struct run_options opt = bench_options(b);

    T_OK(run_resume(b->store, 1, &b->plan, &opt, &b->run, &b->err), b->err);
    return bench_go(b);
}

/* One number, or the length of one text, of the journal. */
static inline long long bench_sql(const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    long long n;

    if (sqlite3_open_v2("store/store.db", &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK || sqlite3_step(st) != SQLITE_ROW)
        T_FAIL("%s: %s", sqlite3_errmsg(db), sql);
    n = sqlite3_column_int64(st, 0);
    (void)sqlite3_finalize(st);
    (void)sqlite3_close(db);
    return n;
}

/* A statement without an answer; also on a disk that fails (t_vfs.h). */
static inline void bench_exec(const char *sql)
{
    sqlite3 *db = NULL;
    char *text = NULL;

    T_EQ(sqlite3_open_v2("store/store.db", &db, SQLITE_OPEN_READWRITE, "unix"), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
        T_FAIL("%s: %s", sql, text);
    (void)sqlite3_close(db);
}

/* How many lines a file has; what steps append to shows how often they ran. */
static inline int bench_lines(const char *file)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv rest, line;
    struct err err;
    int n = 0;

    if (file_read(file, 100000, &text, &err) != ERR_OK)
        return 0;
    for (rest = strbuf_sv(&text); sv_next_line(&rest, &line);)
        n++;
    return n;
}

static inline bool bench_says(const struct bench *b, const char *text)
{
    bool has = strstr(b->err.msg, text) || strstr(b->err.hint, text);

    if (!has)
        t_say("'%s' is not in: %s; %s", text, b->err.msg, b->err.hint);
    return has;
}
