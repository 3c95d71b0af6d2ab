/*
 * bench_compare: two snapshots of a million records, against reading and parsing both, and the memory for it.
 *
 * usage: bench_compare PRUSIK [RECORDS]
 *
 * The baseline reads both files line by line and parses each line with jansson, in a process of its own.  Processor time of
 * alternating rounds, the median; the largest resident size.  One record of ten differs within its tolerance, and in the second
 * pair every record does.  Exit 1: a budget is missed.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

extern char **environ;

enum { ROUNDS = 5 };

struct cost {
    double cpu_s, rss_mb;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_compare: %s\n", what);
    exit(2);
}

static struct cost waited(pid_t pid, int status_wanted)
{
    struct rusage use;
    int status;

    while (wait4(pid, &status, 0, &use) < 0)
        must(errno == EINTR, "wait4");
    must(WIFEXITED(status) && WEXITSTATUS(status) == status_wanted, "another end than expected");
    return (struct cost){(double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                             (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6,
                         (double)use.ru_maxrss / 1024};
}

static struct cost run(const char *const *argv)
{
    posix_spawn_file_actions_t files;
    pid_t pid;

    must(posix_spawn_file_actions_init(&files) == 0 &&
             posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0) == 0,
         "no memory");
    must(posix_spawn(&pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv, environ) == 0,
         argv[0]);
    (void)posix_spawn_file_actions_destroy(&files);
    return waited(pid, 0);
}

static void parse(const char *path)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;

    must(f != NULL, path);
    while ((n = getline(&line, &cap, f)) > 0) {
        json_t *j = json_loadb(line, (size_t)n, JSON_REJECT_DUPLICATES, NULL);

        must(j != NULL, "a line that is no JSON");
        json_decref(j);
    }
    free(line);
    (void)fclose(f);
}

static struct cost baseline(const char *a, const char *b)
{
    pid_t pid = fork();

    must(pid >= 0, "fork");
    if (pid == 0) {
        parse(a);
        parse(b);
        _exit(0);
    }
    return waited(pid, 0);
}

static void write_rows(const char *path, long n, int every)
{
    FILE *f = fopen(path, "we");

    must(f != NULL, path);
    for (long i = 0; i < n; i++) {
        long k = (i * 7919) % n; /* in another order than that of the keys */
        double cost = 1000 + (double)(k % 977) * (every && k % every == 0 ? 1.01 : 1);

        fprintf(
            f,
            "{\"id\":%ld,\"type\":\"%s\",\"cost\":%.2f,\"n\":%ld,\"note\":\"record number %ld of a table with some text\"}\n",
            k, k % 3 ? "acquisition" : "carveout", cost, k % 50, k);
    }
    must(fclose(f) == 0, path);
}

static int double_cmp(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static bool budget(const char *what, double value, double limit, const char *unit)
{
    printf("%-52s %8.2f %-3s budget %7.2f  %s\n", what, value, unit, limit,
           value <= limit ? "met" : "MISSED");
    return value <= limit;
}

static struct cost snapshot(const char *prusik, const char *rows, const char *out)
{
    const char *const argv[] = {prusik,      "snapshot",  rows,
                                "--by",      "id",        "--field",
                                "type=text", "--field",   "cost=number,rel=5%",
                                "--field",   "n=integer", "--field",
                                "note=text", "--output",  out,
                                NULL};

    (void)unlink(out);
    return run(argv);
}

static bool compare(const char *prusik, const char *what, const char *old, const char *new,
                    const char *check)
{
    const char *const argv[] = {prusik, "compare", old, new, NULL};
    double ratio[ROUNDS], rss = 0;
    bool met;

    for (int i = 0; i < ROUNDS; i++) {
        struct cost base = baseline(old, new), own = run(argv);

        ratio[i] = own.cpu_s / base.cpu_s;
        rss = own.rss_mb > rss ? own.rss_mb : rss;
        printf("# %s: %.2f s, parsing %.2f s\n", what, own.cpu_s, base.cpu_s);
    }
    qsort(ratio, ROUNDS, sizeof(*ratio), double_cmp);
    met = budget(what, ratio[ROUNDS / 2], 1.5, "x");
    return budget(check, rss, 100, "MB") && met;
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/bench_compare.XXXXXX";
    long n = argc > 2 ? strtol(argv[2], NULL, 10) : 1000000;
    char *prusik = argc > 1 ? realpath(argv[1], NULL) : NULL;
    struct cost take;
    bool met;

    must(prusik && n > 0, "usage: bench_compare PRUSIK [RECORDS]");
    must(mkdtemp(folder) && chdir(folder) == 0, folder);
    write_rows("rows.jsonl", n, 0);
    take = snapshot(prusik, "rows.jsonl", "old.snap");
    printf("# %ld records sorted and written in %.2f s\n", n, take.cpu_s);
    met = budget("memory of a snapshot of unsorted records", take.rss_mb, 100, "MB");
    write_rows("rows.jsonl", n, 10);
    (void)snapshot(prusik, "rows.jsonl", "new.snap");
    met &= compare(prusik, "compare / read and parse both, 10 % differ", "old.snap", "new.snap",
                   "memory of it");
    write_rows("rows.jsonl", n, 1);
    (void)snapshot(prusik, "rows.jsonl", "new.snap");
    met &= compare(prusik, "compare / read and parse both, all differ", "old.snap", "new.snap",
                   "memory of it");
    (void)unlink("rows.jsonl");
    (void)unlink("old.snap");
    (void)unlink("new.snap");
    must(chdir("/") == 0 && rmdir(folder) == 0, folder);
    free(prusik);
    return met ? 0 : 1;
}
