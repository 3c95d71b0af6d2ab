/*
 * bench_lint: what it costs to lint much text, and texts that nobody wrote, against budgets.
 *
 * usage: bench_lint PRUSIK
 *        bench_lint --document FILE     write the document of 1 MB, for a profiler
 *
 * The documents are made here, the same each time.  Budgets are processor time, as other programs on the machine
 * change the clock's (but slow it down too: look at the ratios first); of a folder it is divided by the processors, over
 * which prusik spreads it.  The baseline of a ratio is cmark-gfm, which reads the same text into its tree and nothing
 * more.  Of each the quickest round counts.  A text that nobody wrote is measured at n, 2n and 4n bytes: four times the size may cost at most six
 * times the time.  Exit 1: a budget is missed.
 */
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "base/sv.h"

extern char **environ;

enum { ROUNDS = 5, DOCUMENTS = 1000 };

static const char *prusik;
static bool missed;

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_lint: %s\n", what);
    exit(2);
}

struct cost {
    double cpu_ms, rss_mb;
};

/* Lint `path`; 0 and 10 are its ends when it could read it. */
static struct cost lint(const char *path)
{
    const char *const argv[] = {prusik, "lint", "--no-shellcheck", path, NULL};
    posix_spawn_file_actions_t files;
    struct rusage use;
    int status;
    pid_t pid;

    must(posix_spawn_file_actions_init(&files) == 0 &&
             posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0) == 0,
         "no memory");
    must(posix_spawn(&pid, prusik, &files, NULL, (char *const *)(uintptr_t)argv, environ) == 0,
         prusik);
    while (wait4(pid, &status, 0, &use) < 0)
        must(errno == EINTR, "wait4");
    must(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 10), path);
    (void)posix_spawn_file_actions_destroy(&files);
    return (struct cost){(double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
                             (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3,
                         (double)use.ru_maxrss / 1024};
}

static struct cost quickest(const char *path, int rounds)
{
    struct cost best = lint(path);

    for (int i = 1; i < rounds; i++) {
        struct cost c = lint(path);

        best = c.cpu_ms < best.cpu_ms ? c : best;
    }
    return best;
}

static void budget(const char *what, double value, double limit, const char *unit)
{
    bool met = value <= limit;

    printf("%-44s %8.2f %-3s budget %7.2f  %s\n", what, value, unit, limit, met ? "met" : "MISSED");
    missed |= !met;
}

static void put(const char *name, const struct strbuf *b)
{
    struct err err;

    must(file_write_atomic(name, strbuf_sv(b), 0600, &err) == ERR_OK, name);
}

/* --- runbooks as people write them --- */

/* $ is the number of the part: sections of different kinds, in prose, lists, tables, shell, SQL and drawings. */
static const char *const sections[] = {
    "### Step $: Release part $\n\nThe part is stopped, replaced and started; its users see nothing of it. Whoever is on "
    "call knows of it since Monday.\n\n- [ ] The dashboard of part $ is open\n- [ ] Support was told (#ops-$)\n\n```bash\n"
    "# Stop the worker first\nsudo systemctl stop shop-worker-$\ncd /srv/shop/part$\ngit fetch --tags && git checkout "
    "v2.$\npip install -r requirements.txt\nsudo systemctl start shop-worker-$\n```\n\nExpected: `active (running)`\n\n",
    "### Step $: Check part $\n\n```bash\ncurl -fsS http://127.0.0.1:8080/part$/health | jq -r .status\n# Expected: "
    "\"healthy\"\njournalctl -u shop-$ --since '5 min ago' | grep -c ERROR\n# Should show: 0\n```\n\n| Metric | Threshold | "
    "Alert if |\n|---|---|---|\n| Error rate of part $ | <0.5% | >1% |\n| Response time P95 | <300 ms | >800 ms |\n\n",
    "### Step $: Migrate table $\n\n**Duration:** $ minutes\n\n1. Look at the plan of the migration with "
    "the owner of the table.\n2. Run it:\n\n```bash\npg_dump -Fc shop -t orders_$ > /backup/orders_$.dump\nalembic upgrade "
    "head\n```\n\n```sql\n-- Verify\nSELECT count(*) FROM orders_$ WHERE state IS NULL;\n-- Expected: 0\n```\n\nIf "
    "the count is not zero, stop here and call the owner of part $.\n\n",
    "### Decision $\n\n- **Error rate:** >5% for 2 minutes: roll back\n- **Response time P95:** >1.2s: investigate\n- CPU "
    "usage > 85% for 10 minutes\n- No new error patterns\n\n> **Note:** part $ is slow for a minute after each start; this "
    "is known and says nothing.\n\nMonitor for 30 minutes. The on-call engineer decides whether the release of part "
    "$ goes on, and writes the reason into the ticket.\n\n",
    "### Communication $\n\n**Post to #releases:**\n\n```\nPart $ is released.\nVersion: [VERSION]\nError rate: "
    "[RATE]\n```\n\nThen answer questions for an hour. See [the page of part $](https://wiki.example.com/parts/$) for names, "
    "**dates** and *places*.\n\n",
};

static void add_section(struct strbuf *b, const char *text, size_t n)
{
    for (; *text; text++)
        if (*text == '$' && text[1] != '(')
            strbuf_addf(b, "%zu", n);
        else
            strbuf_add_byte(b, *text);
}

static struct strbuf runbook(size_t bytes, size_t seed)
{
    struct strbuf b = STRBUF(0);

    strbuf_addf(&b, "# Deploy the shop %zu\n\n**Owner:** the shop team\n\n## Deployment Steps\n\n",
                seed);
    for (size_t i = 1; b.n < bytes; i++)
        add_section(&b, sections[(i + seed) % ARRAY_LEN(sections)], i);
    strbuf_add_str(
        &b, "## Rollback\n\n```bash\ncd /srv/shop\ngit checkout v1\nalembic downgrade -1\n```\n");
    return b;
}

static void write_runbook(const char *name, size_t bytes, size_t seed)
{
    CLEANUP(strbuf_release) struct strbuf b = runbook(bytes, seed);

    put(name, &b);
}

/* The same text read by cmark-gfm alone, with the extensions that prusik uses. */
static double cmark_ms(const char *name)
{
    static const char *const extensions[] = {"table", "tasklist", "strikethrough", "autolink"};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    double best = 1e9;
    struct err err;

    must(file_read(name, 64u << 20, &b, &err) == ERR_OK, name);
    cmark_gfm_core_extensions_ensure_registered();
    for (int round = 0; round < ROUNDS; round++) {
        clock_t from = clock();
        cmark_parser *p = cmark_parser_new(CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8);
        cmark_node *root;
        double ms;

        for (size_t i = 0; i < ARRAY_LEN(extensions); i++)
            must(cmark_parser_attach_syntax_extension(
                     p, cmark_find_syntax_extension(extensions[i])) != 0,
                 extensions[i]);
        cmark_parser_feed(p, b.p, b.n);
        root = cmark_parser_finish(p);
        ms = (double)(clock() - from) * 1e3 / CLOCKS_PER_SEC;
        best = ms < best ? ms : best;
        cmark_parser_free(p);
        cmark_node_free(root);
    }
    return best;
}

static void bench_runbooks(const struct cost *start)
{
    const size_t mb = 1u << 20;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct cost one, four, folder, large;

    must(mkdir("many", 0700) == 0, "many");
    write_runbook("1.md", mb, 1);
    write_runbook("4.md", 4 * mb, 1);
    write_runbook("16.md", 16 * mb, 1);
    for (size_t i = 0; i < DOCUMENTS; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "many/%04zu.md", i);
        write_runbook(name, 30 * mb / DOCUMENTS, i);
    }
    one = quickest("1.md", ROUNDS);
    four = quickest("4.md", ROUNDS);
    large = quickest("16.md", 1);
    folder = quickest("many", 2);
    budget("1 MB of Markdown, of cmark-gfm alone", one.cpu_ms / cmark_ms("1.md"), 20, "x");
    budget("1 MB of Markdown", one.cpu_ms, 150, "ms");
    budget("4 MB, of 1 MB", four.cpu_ms / one.cpu_ms, 4.4, "x");
    budget("16 MB, of 1 MB", large.cpu_ms / one.cpu_ms, 17.6, "x");
    printf("1,000 runbooks (30 MB): %.2f s of processor time\n", folder.cpu_ms / 1e3);
    budget("the same, by the processors", folder.cpu_ms / 1e3 / (double)processors, 4, "s");
    budget("memory for 1 MB, of its size", one.rss_mb - start->rss_mb, 40, "x");
    budget("memory for 16 MB, of its size", (large.rss_mb - start->rss_mb) / 16, 40, "x");
}

/* --- texts that nobody wrote --- */

static const struct odd_row {
    const char *what, *before, *text, *after;
    size_t times;
} odd_rows[] = {
    {"pipes in one line", "", "|", "\n", 250000},
    {"back quotes in one line", "", "`", "\n", 250000},
    {"brackets in one line", "", "[", "\n", 100000},
    {"links that do not end, in one line", "", "[a](b", "\n", 50000},
    {"stars in one line", "", "*a_ ", "\n", 60000},
    {"words in one line", "", "word ", "\n", 50000},
    {"one line of a command", "```bash\necho ", "word ", "\n```\n", 50000},
    {"open parentheses in a command", "```bash\n", "(", "\n```\n", 50000},
    {"rows of a table", "|Metric|Limit|\n|---|---|\n", "| error rate | <5% |\n", "", 25000},
    {"headings", "", "## Step 1: do it\n\n", "", 24000},
    {"installations", "# D\n", "## Installation\n```bash\n./x\n```\n", "", 2000},
    {"boxes", "## Deploy\n\n", "- [ ] call support\n", "", 20000},
    {"metrics", "## Monitoring\n\n", "- **Error rate:** <5% errors\n", "", 10000},
    {"quotes", "", "> [!NOTE]\n> text\n\n", "", 20000},
    {"statements", "## Deploy\n\n```sql\n", "SELECT count(*) FROM t;\n", "```\n", 10000},
    {"ways back", "## Deploy\n```bash\nmake\n```\n## Rollback\n",
     "### Back\n\n```bash\ngit checkout v1\nalembic downgrade -1\n```\n\n", "", 4000},
    {"scripts", "## Code\n\n", "```python\nopen('post.json', 'w')\nopen('pre.json')\n```\n\n", "",
     4000},
    {"labels of failures", "## Deploy\n```bash\nmake\n```\n", "  **If it fails**: stop\n", "",
     10000},
    {"backups", "## Deploy\n```bash\n", "pg_dump shop > backup1\n", "```\n## Rollback\n", 10000},
};

static double odd_ms(const struct odd_row *row, size_t times)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_add_str(&b, row->before);
    for (size_t i = 0; i < times; i++)
        strbuf_add_str(&b, row->text);
    strbuf_add_str(&b, row->after);
    put("odd.md", &b);
    return quickest("odd.md", 3).cpu_ms;
}

static void bench_odd(double start)
{
    for (size_t i = 0; i < ARRAY_LEN(odd_rows); i++) {
        const struct odd_row *row = &odd_rows[i];
        double n1 = odd_ms(row, row->times) - start, n2 = odd_ms(row, 2 * row->times) - start,
               n4 = odd_ms(row, 4 * row->times) - start;

        printf("%-44s n %.1f ms, 2n %.1f ms, 4n %.1f ms\n", row->what, n1, n2, n4);
        budget("  4n, of n (and 5 ms)", n4 / (n1 + 5), 6, "x");
    }
}

static void remove_folder(const char *dir)
{
    const char *const argv[] = {"rm", "-rf", dir, NULL};
    int status;
    pid_t pid;

    must(posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ) == 0,
         "rm");
    must(waitpid(pid, &status, 0) == pid && status == 0, "rm");
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/prusik-bench.XXXXXX";
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct cost start; /* of a document of one line: no part of a ratio */

    if (argc == 3 && strcmp(argv[1], "--document") == 0) {
        write_runbook(argv[2], 1u << 20, 1);
        return 0;
    }
    if (argc != 2)
        return 2;
    prusik = realpath(argv[1], NULL);
    must(prusik && mkdtemp(dir) && chdir(dir) == 0, "usage: bench_lint PRUSIK");
    strbuf_add_str(&b, "# a\n");
    put("start.md", &b);
    start = quickest("start.md", ROUNDS);
    bench_runbooks(&start);
    bench_odd(start.cpu_ms);
    must(chdir("/") == 0, "/");
    remove_folder(dir);
    return missed;
}
