/*
 * bench_program: the program as a whole, against budgets and against the same work without it.
 *
 * usage: bench_program PRUSIK
 *
 * Rounds of what is compared alternate; the median counts.  Of a budget in milliseconds the quickest round counts:
 * the others measure who else was on the machine.  The baseline of the steps is this program: it
 * starts /bin/true with posix_spawn(), waits, and commits one row to an SQLite database with synchronous=FULL,
 * a thousand times.  Exit 1: a budget is missed.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "store/event.h"

extern char **environ;

enum { ROUNDS = 5, QUICK_ROUNDS = 21, STEPS = 1000 };

static const char *prusik;
static bool missed;

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_program: %s\n", what);
    exit(2);
}

/* --- measuring */

struct cost {
    double ms;
    double rss_mb; /* the largest of the process and what it waited for */
    int status;
};

static struct cost run(const char *const *argv)
{
    posix_spawn_file_actions_t files;
    struct rusage use;
    struct cost cost;
    uint64_t from;
    int status;
    pid_t pid;

    must(posix_spawn_file_actions_init(&files) == 0, "no memory");
    must(posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0) == 0, "no memory");
    must(posix_spawn_file_actions_addopen(&files, 1, "out", O_WRONLY | O_CREAT | O_TRUNC, 0600) ==
             0,
         "no memory");
    must(posix_spawn_file_actions_adddup2(&files, 1, 2) == 0, "no memory");
    from = clock_mono_ns();
    must(posix_spawnp(&pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv, environ) == 0,
         argv[0]);
    while (wait4(pid, &status, 0, &use) < 0)
        must(errno == EINTR, "wait4");
    cost.ms = (double)(clock_mono_ns() - from) / 1e6;
    cost.rss_mb = (double)use.ru_maxrss / 1024;
    cost.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    (void)posix_spawn_file_actions_destroy(&files);
    return cost;
}

static int cmp_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof(*v), cmp_double);
    return v[n / 2];
}

static void budget(const char *what, double value, double limit, const char *unit)
{
    bool met = value <= limit;

    printf("%-44s %8.2f %-3s budget %6.2f  %s\n", what, value, unit, limit, met ? "met" : "MISSED");
    missed |= !met;
}

/* --- the program alone */

static void bench_quick(const char *what, const char *const *argv, int want, double limit_ms)
{
    double v[QUICK_ROUNDS];

    for (size_t i = 0; i < QUICK_ROUNDS; i++) {
        struct cost cost = run(argv);

        must(cost.status == want, what);
        v[i] = cost.ms;
    }
    (void)median(v, QUICK_ROUNDS);
    budget(what, v[0], limit_ms, "ms");
}

/* A runbook of about that many lines, as people write them. */
static void write_runbook(const char *name, size_t lines)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct err err;
    size_t n = 0;

    strbuf_add_str(&b, "# Deploy the shop\n\n**Owner:** the shop team\n\n## Deployment Steps\n\n");
    for (size_t i = 1; n < lines; i++, n += 20)
        strbuf_addf(
            &b,
            "### Step %zu: Release part %zu\n\nThe part is stopped, replaced and started; its users "
            "see nothing of it.\n\n- [ ] The dashboard of part %zu is open\n\n```bash\n"
            "cd /srv/shop/part%zu\ngit fetch --tags && git checkout v2.%zu\n"
            "curl -fsS http://127.0.0.1:8080/health | jq -r .status\n```\n\n"
            "Expected: status is \"healthy\"\n\n| Metric | Limit |\n|---|---|\n| Error rate | 1%% |\n"
            "| p95 | 300 ms |\n\n",
            i, i, i, i, i);
    strbuf_add_str(&b, "## Rollback\n\n```bash\ngit checkout v1\n```\n");
    must(file_write_atomic(name, strbuf_sv(&b), 0600, &err) == ERR_OK, name);
}

/* --- a thousand steps */

static void write_steps(void)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct err err;

    strbuf_add_str(&b, "# Nothing, a thousand times\n\n## Steps\n");
    for (size_t i = 0; i < STEPS; i++) {
        if (i % 20 == 0)
            strbuf_addf(&b, "%s\n### Step %zu: Nothing\n\n```bash\n", i ? "```\n" : "", i / 20 + 1);
        strbuf_add_str(&b, "/bin/true\n");
    }
    strbuf_add_str(&b, "```\n");
    must(file_write_atomic("steps.md", strbuf_sv(&b), 0600, &err) == ERR_OK, "steps.md");
}

static void remove_store(void)
{
    static const char *const argv[] = {"rm",          "-rf",         "store", "base.db",
                                       "base.db-wal", "base.db-shm", NULL};

    must(run(argv).status == 0, "rm");
}

/* A run that did nothing would be the quickest. */
static void check_steps(void)
{
    sqlite3_stmt *count = NULL;
    sqlite3 *db = NULL;

    must(sqlite3_open("store/store.db", &db) == SQLITE_OK &&
             sqlite3_prepare_v2(db, "SELECT count(*) FROM event WHERE kind = ?", -1, &count,
                                NULL) == SQLITE_OK &&
             sqlite3_bind_int(count, 1, EVENT_STEP_OUTCOME) == SQLITE_OK &&
             sqlite3_step(count) == SQLITE_ROW && sqlite3_column_int(count, 0) == STEPS,
         "the journal does not have the outcome of each step");
    (void)sqlite3_finalize(count);
    (void)sqlite3_close(db);
}

static double steps_of_prusik(void)
{
    const char *const argv[] = {prusik,  "run",   "steps.md", "--unattended", "--quiet",
                                "--env", "bench", "--store",  "store",        NULL};
    struct cost cost;

    remove_store();
    cost = run(argv);
    must(cost.status == 0, "prusik run steps.md failed; see the file out");
    check_steps();
    return cost.ms;
}

static double steps_of_c(void)
{
    static char path[] = "/bin/true";
    static char *const argv[] = {path, NULL};
    sqlite3_stmt *insert;
    sqlite3 *db;
    uint64_t from;
    int status;
    pid_t pid;

    remove_store();
    from = clock_mono_ns();
    must(sqlite3_open("base.db", &db) == SQLITE_OK, "base.db");
    must(sqlite3_exec(db,
                      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                      "CREATE TABLE event(n INTEGER PRIMARY KEY, data TEXT NOT NULL)",
                      NULL, NULL, NULL) == SQLITE_OK,
         "base.db");
    must(sqlite3_prepare_v2(db, "INSERT INTO event(data) VALUES(?)", -1, &insert, NULL) ==
             SQLITE_OK,
         "insert");
    for (int i = 0; i < STEPS; i++) {
        must(posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) == 0, "/bin/true");
        must(waitpid(pid, &status, 0) == pid && status == 0, "waitpid");
        must(sqlite3_bind_text(insert, 1, "{\"step\":\"x\",\"status\":0}", -1, SQLITE_STATIC) ==
                     SQLITE_OK &&
                 sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK,
             "insert");
    }
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(db);
    return (double)(clock_mono_ns() - from) / 1e6;
}

static double steps_of_bash(void)
{
    static const char *const argv[] = {
        "bash", "-c", "for ((i = 0; i < 1000; i++)); do bash -c '/bin/true; :'; done", NULL};
    struct cost cost = run(argv);

    must(cost.status == 0, "bash");
    return cost.ms;
}

static void bench_steps(void)
{
    double ours[ROUNDS], c[ROUNDS], bash[ROUNDS], mine;

    write_steps();
    for (size_t i = 0; i < ROUNDS; i++) {
        ours[i] = steps_of_prusik();
        c[i] = steps_of_c();
        bash[i] = steps_of_bash();
    }
    mine = median(ours, ROUNDS);
    printf("a step: prusik %.2f ms, posix_spawn and a commit %.2f ms, bash -c %.2f ms\n",
           mine / STEPS, median(c, ROUNDS) / STEPS, median(bash, ROUNDS) / STEPS);
    budget("1,000 steps, of posix_spawn and a commit", mine / median(c, ROUNDS), 1.3, "x");
    budget("1,000 steps, of bash -c in a loop", mine / median(bash, ROUNDS), 1.0, "x");
}

/* --- a step that prints a gigabyte */

static void bench_output(void)
{
    const char *const argv[] = {prusik,  "run",   "output.md", "--unattended", "--quiet",
                                "--env", "bench", "--store",   "store",        NULL};
    struct err err;
    struct cost cost;

    must(file_write_atomic("prusik.yaml", SV("steps: {\"1\": {undo: it only prints}}\n"), 0600,
                           &err) == ERR_OK,
         "prusik.yaml");
    must(file_write_atomic(
             "output.md",
             SV("# Much\n\n## Steps\n\n```bash\nyes 'a line of a log, about as long as they "
                "are' | head -c 1000000000\n```\n"),
             0600, &err) == ERR_OK,
         "output.md");
    remove_store();
    cost = run(argv);
    must(cost.status == 0, "prusik run output.md failed; see the file out");
    printf("1 GB of output in %.1f s\n", cost.ms / 1000);
    budget("resident memory with 1 GB of output", cost.rss_mb, 64, "MB");
}

/* Each box is a question, and a part that may be chosen: none of it may look at all others. */
static void bench_growth(void)
{
    static const size_t boxes[] = {2500, 20000};
    double ms[ARRAY_LEN(boxes)];

    for (size_t i = 0; i < ARRAY_LEN(boxes); i++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        struct err err;

        strbuf_add_str(&b, "# Deploy\n\n## Deployment Steps\n\n");
        for (size_t n = 0; n < boxes[i]; n++)
            strbuf_addf(&b, "- [ ] If host%zu is slow, call support\n", n);
        must(file_write_atomic("boxes.md", strbuf_sv(&b), 0600, &err) == ERR_OK, "boxes.md");
        ms[i] = run((const char *const[]){prusik, "plan", "boxes.md", "--env", "bench", NULL}).ms;
    }
    budget("prusik plan, 20,000 boxes, of 2,500", ms[1] / ms[0], 12, "x");
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/prusik-bench.XXXXXX";

    if (argc != 2)
        return 2;
    prusik = realpath(argv[1], NULL);
    must(prusik && mkdtemp(dir) && chdir(dir) == 0, "usage: bench_program PRUSIK");
    write_runbook("500.md", 500);
    write_runbook("1100.md", 1100);
    bench_quick("prusik --version", (const char *const[]){prusik, "--version", NULL}, 0, 5);
    bench_quick("prusik lint (alone), 500 lines",
                (const char *const[]){prusik, "lint", "--no-shellcheck", "500.md", NULL}, 0, 20);
    bench_quick("prusik lint (alone), 1,100 lines",
                (const char *const[]){prusik, "lint", "--no-shellcheck", "1100.md", NULL}, 0, 20);
    bench_quick("prusik plan, 500 lines",
                (const char *const[]){prusik, "plan", "500.md", "--env", "bench", NULL}, 0, 20);
    bench_growth();
    bench_steps();
    bench_output();
    must(chdir("/") == 0 && run((const char *const[]){"rm", "-rf", dir, NULL}).status == 0, "rm");
    return missed;
}
