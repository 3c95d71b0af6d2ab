#pragma once

/*
 * crash: the shop of release.md, prusik working on it, and what must be true of both afterwards.
 *
 * Each point of a walk has a folder of its own; crash_begin() makes it and goes there.  The metrics come from a
 * server of the test, whose errors are those of a release called "bad".
 */
#include <pty.h>
#include <sqlite3.h>
#include <sys/prctl.h>

#include "base/file.h"
#include "base/sv.h"
#include "net_server.h"
#include "t_fail.h"

struct crash {
    const char *next;    /* the release: "good", "bad" (its metrics), "broken" (a step finds out) */
    int payments;        /* in progress; prusik waits for them */
    enum exit_code want; /* how the run ends */
    int number;          /* of the point */
    char app[PATH_MAX];
    struct server metrics;
    int resumes, answers; /* what it took */
};

enum { CRASH_TRIES = 12 };

/* --- the shop --- */

static inline bool crash_file_is(const char *name, const char *content)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;

    return file_read(name, 1000000, &text, &err) == ERR_OK &&
           sv_eq(sv_trim(strbuf_sv(&text)), sv_from(content));
}

static inline void crash_write(const char *name, const char *content)
{
    struct err err;

    T_OK(file_write_atomic(name, sv_from(content), 0600, &err), err);
}

/* Lines of a file that are this text; NULL: all of them. */
static inline int crash_count(const char *file, const char *line)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv rest, one;
    struct err err;
    int n = 0;

    if (file_read(file, 1000000, &text, &err) != ERR_OK)
        return 0;
    for (rest = strbuf_sv(&text); sv_next_line(&rest, &one);)
        n += !line || sv_eq(one, sv_from(line));
    return n;
}

/* One number of a database. */
static inline long long crash_sql(const char *file, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    long long n;

    if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK || sqlite3_step(st) != SQLITE_ROW)
        T_FAIL("%s: %s: %s", file, sqlite3_errmsg(db), sql);
    n = sqlite3_column_int64(st, 0);
    (void)sqlite3_finalize(st);
    (void)sqlite3_close(db);
    return n;
}

/* 0 also when the store is not made yet. */
static inline long long crash_journal(const char *sql)
{
    if (!file_exists("journal/store.db") ||
        crash_sql("journal/store.db", "SELECT count(*) FROM sqlite_master WHERE name = 'event'") ==
            0)
        return 0;
    return crash_sql("journal/store.db", sql);
}

/* Payments go wrong while a bad release is installed. */
static inline enum MHD_Result crash_metrics(struct server *s, struct server_request *r)
{
    static int ok, errors;
    struct crash *c = s->data;
    char text[200], path[PATH_MAX + 16];

    (void)snprintf(path, sizeof(path), "%s/release", c->app);
    ok += 80;
    errors += crash_file_is(path, "bad") ? 20 : 0;
    (void)snprintf(text, sizeof(text),
                   "# TYPE payments_total counter\n"
                   "payments_total{result=\"ok\"} %d\npayments_total{result=\"error\"} %d\n",
                   ok, errors);
    return server_text(r, 200, text);
}

/* --- programs --- */

static inline int crash_wait(pid_t pid)
{
    int status = -1;

    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        T_FAIL("%s", "a program could not be started");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline const char *crash_env(const char *name)
{
    const char *value = getenv(name);

    if (!value)
        T_FAIL("%s is not set: run me by meson test", name);
    return value;
}

static inline void crash_begin(struct crash *c)
{
    char payments[16], dir[PATH_MAX], setup[PATH_MAX];
    pid_t pid;

    (void)snprintf(dir, sizeof(dir), "%s%d", c->number ? "../" : "", c->number + 1);
    c->number++;
    if (mkdir(dir, 0700) != 0 || chdir(dir) != 0 || !getcwd(c->app, sizeof(c->app)))
        T_FAIL("%s: errno %d", dir, errno);
    (void)snprintf(payments, sizeof(payments), "%d", c->payments);
    (void)snprintf(setup, sizeof(setup), "%s/setup.sh", crash_env("PRUSIK_CRASH"));
    pid = fork();
    if (pid == 0) {
        (void)execl(setup, setup, c->app, c->next, payments, NULL);
        _exit(98);
    }
    T_EQ(crash_wait(pid), 0);
    c->resumes = c->answers = 0;
}

enum { CRASH_ARGS = 16 };

/* The words of "prusik run" or "prusik resume". */
static inline void crash_args(const struct crash *c, bool resume, bool unattended,
                              const char *args[CRASH_ARGS])
{
    static char app[PATH_MAX + 8], metrics[100], document[PATH_MAX], bind[PATH_MAX];
    size_t n = 0;

    (void)snprintf(app, sizeof(app), "APP=%s", c->app);
    (void)snprintf(metrics, sizeof(metrics), "METRICS=%s/metrics", c->metrics.url);
    (void)snprintf(document, sizeof(document), "%s/release.md", crash_env("PRUSIK_CRASH"));
    (void)snprintf(bind, sizeof(bind), "%s/prusik.yaml", crash_env("PRUSIK_CRASH"));
    args[n++] = crash_env("PRUSIK");
    args[n++] = resume ? "resume" : "run";
    if (!resume) {
        args[n++] = document;
        args[n++] = "--time-scale";
        args[n++] = "0.02"; /* a round of the watch in 200 ms: a slow disk may take half of one */
    }
    args[n++] = "--bind";
    args[n++] = bind;
    args[n++] = "--set";
    args[n++] = app;
    args[n++] = "--set";
    args[n++] = metrics;
    args[n++] = "--store";
    args[n++] = "journal";
    if (unattended)
        args[n++] = "--unattended";
    args[n] = NULL;
    assert(n < CRASH_ARGS);
}

/* prusik rollback of the finished run 1, with faults; its status. */
static inline int crash_rollback(struct crash *c, struct t_fail *f)
{
    const char *args[CRASH_ARGS];
    size_t n = 0;

    crash_args(c, true, true, args);
    args[1] = "rollback";
    while (args[n])
        n++;
    args[n++] = "r-0001";
    args[n] = NULL;
    assert(n < CRASH_ARGS);
    return t_fail_run(f, args);
}

/* prusik run or resume, with faults; its status.  What it printed is in "out". */
static inline int crash_prusik(struct crash *c, bool resume, struct t_fail *f)
{
    const char *args[CRASH_ARGS];

    crash_args(c, resume, true, args);
    return t_fail_run(f, args);
}

/* A person at a terminal, who answers every question with this. */
static inline int crash_attended(struct crash *c, const char *answer)
{
    const char *args[CRASH_ARGS];
    char text[4096];
    int terminal;
    pid_t pid;

    crash_args(c, true, false, args);
    pid = forkpty(&terminal, NULL, NULL, NULL);
    if (pid == 0) {
        if (setenv("TERM", "dumb", 1) != 0 || unsetenv("CI") != 0)
            _exit(99);
        (void)execv(args[0], (char *const *)(uintptr_t)args);
        _exit(98);
    }
    T_CHECK(pid > 0);
    for (;;) { /* EIO: the other end is closed */
        ssize_t n = read(terminal, text, sizeof(text));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        if (memmem(text, (size_t)n, "yes or no", 9))
            T_CHECK(write(terminal, answer, strlen(answer)) > 0);
    }
    (void)close(terminal);
    c->answers++;
    return crash_wait(pid);
}

/* --- going on --- */

/* The truth about the step in doubt, which the document leaves to a person: the migration or its undoing. */
static inline const char *crash_truth(void)
{
    bool undo = crash_journal("SELECT count(*) FROM event WHERE kind = 50") > 0;
    bool done = crash_sql("shop.db", undo ? "SELECT count(*) FROM log WHERE what = 'undo'"
                                          : "SELECT count(*) FROM log WHERE what = 'migrate'") > 0;

    return done ? "yes I looked\n" : "no I looked\n";
}

static inline bool crash_is_finished(void)
{
    return crash_journal("SELECT count(*) FROM event WHERE kind = 4") > 0;
}

/* Resume until the run is over; `f` is for each of them, NULL: no faults. */
static inline void crash_go_on(struct crash *c, const struct t_fail *f, int tries)
{
    while (!crash_is_finished()) {
        struct t_fail fault = f ? *f : (struct t_fail){.kinds = "commit"};
        bool begun = crash_journal("SELECT count(*) FROM event") > 0;
        int status = crash_prusik(c, begun, &fault);

        if (++c->resumes > tries)
            T_FAIL("point %d: it does not end; the last status was %d", c->number, status);
        if (!f && status != (int)c->want && status != EXIT_CODE_WAITING) {
            CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
            struct err err;

            (void)!file_read("out", 1000000, &out, &err);
            T_FAIL("point %d: resume ends with %d\n%s", c->number, status, strbuf_str(&out));
        }
        if (status == EXIT_CODE_WAITING)
            (void)crash_attended(c, crash_truth());
    }
}

/* --- what must be true --- */

#define CRASH_TRUE(c, x)                                                       \
    do {                                                                       \
        if (!(x))                                                              \
            T_FAIL("point %d in %s: not true: %s", (c)->number, (c)->app, #x); \
    } while (0)

/* A step ran as often as the journal says: once, and again only where it was stopped, or in doubt and told to be. */
static inline void crash_check_steps(struct crash *c)
{
    static const struct {
        const char *note, *id;
        bool way_back;
    } notes[] = {{"fetch", "deployment/phase-2/2.1/3", false},
                 {"install", "deployment/phase-2/2.3/1", false},
                 {"check", "deployment/phase-2/2.4/1", false},
                 {"restore", "rollback-procedures/3/2", true}};
    bool back = c->want == EXIT_CODE_ROLLED_BACK;

    /* intents without a word on why there is another one */
    CRASH_TRUE(
        c, crash_journal(
               "SELECT count(*) FROM (SELECT step FROM event GROUP BY step HAVING sum(kind = 20) >"
               " 1 + sum(kind = 23 AND json_extract(data, '$.decision') = 'again')"
               "   + sum(kind = 9 AND json_extract(data, '$.answer') = 'no')"
               "   + sum(kind = 21 AND json_extract(data, '$.state') = 'stopped'))") == 0);
    for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
        char sql[400];
        int ran = crash_count("log", notes[i].note);
        long long intents, doubts;

        (void)snprintf(sql, sizeof(sql),
                       "SELECT count(*) FROM event WHERE kind = 20 AND step = '%s'", notes[i].id);
        intents = crash_journal(sql);
        (void)snprintf(sql, sizeof(sql),
                       "SELECT count(*) FROM event WHERE kind = 23 AND step = '%s'", notes[i].id);
        doubts = crash_journal(sql);
        CRASH_TRUE(c, ran >= (back || !notes[i].way_back));
        CRASH_TRUE(c, ran <= intents);
        CRASH_TRUE(c, ran >= intents - doubts);
    }
    /* the answer was the truth: never twice */
    CRASH_TRUE(c, crash_sql("shop.db", "SELECT count(*) FROM log WHERE what = 'migrate'") == 1);
    CRASH_TRUE(c, crash_sql("shop.db", "SELECT count(*) FROM log WHERE what = 'undo'") == back);
}

static inline void crash_check_shop(struct crash *c)
{
    bool back = c->want == EXIT_CODE_ROLLED_BACK;

    CRASH_TRUE(c, crash_file_is("release", back ? "old" : c->next));
    CRASH_TRUE(c, crash_sql("shop.db", "SELECT count(*) FROM pragma_table_info('item')"
                                       " WHERE name = 'price'") == !back);
    CRASH_TRUE(c, crash_sql("shop.db", "SELECT count(*) FROM item") == 1);
    CRASH_TRUE(c, !file_exists("MAINTENANCE"));
    CRASH_TRUE(c, crash_file_is("open", "0"));
}

static inline void crash_check_journal(struct crash *c)
{
    char sql[200];
    const char *args[] = {crash_env("PRUSIK"), "verify", "--store", "journal", NULL};
    struct t_fail f = {.kinds = "commit"};

    CRASH_TRUE(c, t_fail_run(&f, args) == 0);
    CRASH_TRUE(c, crash_journal("SELECT count(*) FROM event WHERE kind = 1") == 1);
    CRASH_TRUE(c, crash_journal("SELECT count(*) FROM event WHERE kind = 4") == 1);
    CRASH_TRUE(c, crash_journal("SELECT count(*) FROM event WHERE kind = 50") ==
                      (c->want == EXIT_CODE_ROLLED_BACK));
    (void)snprintf(sql, sizeof(sql),
                   "SELECT json_extract(data, '$.exit') FROM event ORDER BY seq DESC LIMIT 1");
    CRASH_TRUE(c, crash_journal(sql) == c->want);
    CRASH_TRUE(c, crash_journal("SELECT count(*) FROM seal") == 1);
    CRASH_TRUE(c, crash_journal("SELECT count(*) FROM state") == 0);
    CRASH_TRUE(c, crash_journal("SELECT count(*) FROM lock") == 0);
}

/* What runs beside the till.  All of it are children of ours, as we are the subreaper. */
static inline int crash_strangers(void)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), till = STRBUF(0);
    char path[64];
    struct sv rest, word;
    struct err err;
    int n = 0;

    while (waitpid(-1, NULL, WNOHANG) > 0) /* those that have ended */
        ;
    (void)!file_read("till.pid", 100, &till, &err);
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
    T_OK(file_read(path, 100000, &text, &err), err);
    for (rest = strbuf_sv(&text); sv_next_word(&rest, &word);)
        n += !sv_eq(word, sv_trim(strbuf_sv(&till)));
    return n;
}

/* Wait for it: what was killed takes a moment. */
static inline void crash_check_alone(struct crash *c)
{
    for (int ms = 0; crash_strangers() > 0; ms += 5) {
        CRASH_TRUE(c, ms < 2000); /* something was left running */
        (void)poll(NULL, 0, 5);   /* nothing tells when the child of a child ends */
    }
}

static inline void crash_end_till(struct crash *c)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;
    int64_t pid = 0;

    T_OK(file_read("till.pid", 100, &text, &err), err);
    CRASH_TRUE(c, sv_to_i64(sv_trim(strbuf_sv(&text)), &pid));
    CRASH_TRUE(c, kill((pid_t)pid, SIGKILL) == 0);
    CRASH_TRUE(c, waitpid((pid_t)pid, NULL, 0) == pid);
}

/* One till, and nothing else. */
static inline void crash_check_processes(struct crash *c)
{
    crash_check_alone(c);
    crash_end_till(c);
}

static inline void crash_check(struct crash *c)
{
    crash_check_shop(c);
    crash_check_steps(c);
    crash_check_journal(c);
    crash_check_processes(c);
}

/* --- the test program --- */

static inline void crash_open(struct crash *c)
{
    T_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    c->metrics.data = c;
    server_start(&c->metrics, crash_metrics, -1);
}

static inline void crash_close(struct crash *c)
{
    server_stop(&c->metrics);
    T_EQ(chdir(".."), 0);
}

/*
 * Kill `prusik run` at the Nth call of these kinds on the journal, N = 1, 1 + step, ... until it is not killed any more.  between
 * (or NULL): what happens to the journal before it is resumed.
 */
static inline void crash_walk(struct crash *c, const struct t_fail *how, unsigned step,
                              void (*between)(unsigned at))
{
    unsigned at, points = 0;

    crash_open(c);
    for (at = 1;; at += step, points++) {
        struct t_fail f = *how;
        int status;

        f.path = "store.db-wal";
        f.at = at;
        crash_begin(c);
        status = crash_prusik(c, false, &f);
        if (f.calls < at) {
            T_EQ(status, c->want);
            crash_check(c);
            break;
        }
        T_EQ(status, 128 + SIGKILL);
        if (between)
            between(at);
        crash_go_on(c, NULL, CRASH_TRIES);
        crash_check(c);
    }
    t_say("%u points", points);
    T_CHECK(points > 1 && at > 30); /* a walk of nothing proves nothing */
    crash_close(c);
}
