/*
 * bench_exposition: reading a metrics exposition, against two baselines in the same run.
 *
 * usage: bench_exposition [MEGABYTES]
 *
 * The body is made in memory: counters, gauges and histograms with labels as services
 * have them, about 100 bytes a sample.  Baselines: (1) a plain pass that finds the
 * value of each line with memchr() and memrchr() and gives it to strtod(): it looks at
 * no name and no label; (2) `promtool check metrics`, when it is installed.  Rounds alternate; the median counts.  The results
 * of (1) are compared.  Times are of the processor: others may use the machine.  Exit 1: a budget is missed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/child.h"
#include "base/file.h"
#include "base/sv.h"
#include "base/vec.h"
#include "watch/exposition.h"

enum { ROUNDS = 7 };
#define BUDGET_MB_PER_S 500.0 /* design, section 14 */
#define BUDGET_PROMTOOL 3.0
#define BUDGET_RATIO    0.4 /* of the plain strtod pass, which reads 1,250 MB/s where we read 500 */

/* The body. */

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static unsigned below(unsigned n)
{
    return (unsigned)(next_random() % n);
}

static const char *const services[] = {"deals", "enrichment", "billing", "search", "gateway"};
static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};
static const char *const codes[] = {"200", "201", "204", "302", "400", "404", "500", "503"};
static const char *const bounds[] = {"0.005", "0.01", "0.025", "0.05", "0.1", "0.25",
                                     "0.5",   "1",    "2.5",   "5",    "10",  "+Inf"};

static void add_counters(struct strbuf *b, unsigned family)
{
    strbuf_addf(b,
                "# HELP %s_requests_%u_total The total number of requests that were handled.\n"
                "# TYPE %s_requests_%u_total counter\n",
                services[family % 5], family, services[family % 5], family);
    for (unsigned pod = 0; pod < 5; pod++)
        for (unsigned m = 0; m < 4; m++)
            for (unsigned c = 0; c < 8; c++)
                strbuf_addf(b,
                            "%s_requests_%u_total{code=\"%s\",handler=\"/api/v1/deals/:id\","
                            "instance=\"10.0.%u.%u:8080\",method=\"%s\"} %u\n",
                            services[family % 5], family, codes[c], family % 200, pod, methods[m],
                            below(100000000));
}

static void add_gauges(struct strbuf *b, unsigned family)
{
    strbuf_addf(b,
                "# HELP %s_pool_%u_ratio Share of the pool that is in use.\n"
                "# TYPE %s_pool_%u_ratio gauge\n",
                services[family % 5], family, services[family % 5], family);
    for (unsigned pod = 0; pod < 160; pod++) /* as many digits as a double needs: 15 to 17 */
        strbuf_addf(b,
                    "%s_pool_%u_ratio{database=\"postgres-%u\",instance=\"10.0.%u.%u:9187\","
                    "job=\"postgres\"} %.*g\n",
                    services[family % 5], family, pod % 7, family % 200, pod, 15 + (int)below(3),
                    (double)next_random() / 1e19);
}

static void add_histogram(struct strbuf *b, unsigned family)
{
    strbuf_addf(b,
                "# HELP %s_latency_%u_seconds How long requests took.\n"
                "# TYPE %s_latency_%u_seconds histogram\n",
                services[family % 5], family, services[family % 5], family);
    for (unsigned pod = 0; pod < 11; pod++) {
        unsigned n = 0;

        for (unsigned i = 0; i < ARRAY_LEN(bounds); i++)
            strbuf_addf(b,
                        "%s_latency_%u_seconds_bucket{handler=\"/api/v1/enrich\","
                        "instance=\"10.0.%u.%u:8080\",le=\"%s\"} %u\n",
                        services[family % 5], family, family % 200, pod, bounds[i],
                        n += below(100000));
        strbuf_addf(b,
                    "%s_latency_%u_seconds_sum{handler=\"/api/v1/enrich\","
                    "instance=\"10.0.%u.%u:8080\"} %.9g\n"
                    "%s_latency_%u_seconds_count{handler=\"/api/v1/enrich\","
                    "instance=\"10.0.%u.%u:8080\"} %u\n",
                    services[family % 5], family, family % 200, pod, (double)n / 37,
                    services[family % 5], family, family % 200, pod, n);
    }
}

/* The contenders: each gives the number of samples and the sum of their values. */

struct result {
    size_t samples;
    double sum;
};

static struct exposition exposition;

static void on_sample(void *arg, const struct exposition_sample *s)
{
    struct result *r = arg;

    r->samples++;
    r->sum += s->value;
}

static struct result read_body(struct sv body)
{
    struct result r = {0};
    struct exposition_options opt = {
        .max_bytes = UINT32_MAX - 1, .max_samples = SIZE_MAX, .sample = on_sample, .arg = &r};
    struct err err;

    if (exposition_parse(&exposition, body, &opt, &err) != ERR_OK) {
        printf("%s\n", err.msg);
        exit(2);
    }
    return r;
}

static struct result strtod_pass(struct sv body)
{
    const char *p = body.p, *end = body.p + body.n;
    struct result r = {0};

    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));

        if (*p != '#') {
            const char *blank = memrchr(p, ' ', (size_t)(lf - p));

            r.samples++;
            r.sum += strtod(blank + 1, NULL);
        }
        p = lf + 1;
    }
    return r;
}

static int cmp_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double cpu_s(int whose)
{
    struct rusage u;

    if (getrusage(whose, &u) != 0)
        abort();
    return seconds(u.ru_utime) + seconds(u.ru_stime);
}

/* MB/s, sorted. */
struct speeds {
    double v[ROUNDS];
};

static double median(struct speeds *s)
{
    qsort(s->v, ROUNDS, sizeof(s->v[0]), cmp_double);
    return s->v[ROUNDS / 2];
}

static double timed(struct result (*run)(struct sv), struct sv body, struct result *ret)
{
    double from = cpu_s(RUSAGE_SELF);

    *ret = run(body);
    return (double)body.n / 1e6 / (cpu_s(RUSAGE_SELF) - from);
}

/* The other program, once: it takes seconds. */

struct promtool {
    struct child child;
    bool ended;
};

static void on_promtool_end(struct child *c, enum err_code rc UNUSED)
{
    container_of(c, struct promtool, child)->ended = true;
}

/* MB/s, or 0 when it is not there. */
static double promtool_speed(struct sv body)
{
    static const char *const argv[] = {"sh", "-c",
                                       "command -v promtool >/dev/null || exit 99; "
                                       "promtool check metrics < bench_exposition.prom >/dev/null",
                                       NULL};
    struct promtool p = {.child = {.spec.argv = argv, .done = on_promtool_end}};
    double from;
    uv_loop_t loop;
    struct err err;

    if (file_write_atomic("bench_exposition.prom", body, 0600, &err) != ERR_OK ||
        uv_loop_init(&loop) != 0)
        return 0;
    from = cpu_s(RUSAGE_CHILDREN);
    child_start(&p.child, &loop);
    while (!p.ended)
        (void)uv_run(&loop, UV_RUN_ONCE);
    from = cpu_s(RUSAGE_CHILDREN) - from;
    (void)uv_loop_close(&loop);
    (void)remove("bench_exposition.prom");
    /* 3: it has something to say about the metrics' names */
    return p.child.status == 0 || p.child.status == 3 ? (double)body.n / 1e6 / from : 0;
}

int main(int argc, char **argv)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct speeds ours, plain;
    struct result a = {0}, p = {0};
    int64_t megabytes = 100;
    double mine, theirs, other;
    bool met;

    if (argc > 1 && (!sv_to_i64(sv_from(argv[1]), &megabytes) || megabytes < 1))
        return 2;
    for (unsigned family = 0; b.n < (size_t)megabytes * 1000000; family += 3) {
        add_counters(&b, family);
        add_gauges(&b, family + 1);
        add_histogram(&b, family + 2);
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        ours.v[i] = timed(read_body, strbuf_sv(&b), &a);
        plain.v[i] = timed(strtod_pass, strbuf_sv(&b), &p);
    }
    if (a.samples != p.samples || a.sum < p.sum || a.sum > p.sum) {
        printf("the results differ: %zu samples, sum %.17g; strtod: %zu, %.17g\n", a.samples, a.sum,
               p.samples, p.sum);
        return 2;
    }
    mine = median(&ours);
    theirs = median(&plain);
    other = promtool_speed(strbuf_sv(&b));
    printf("%.1f MB, %zu samples, %zu families, sum %.6g\n", (double)b.n / 1e6, a.samples,
           exposition.families.families.n, a.sum);
    printf("exposition   %7.1f MB/s  (%.1f to %.1f in %d rounds)\n", mine, ours.v[0],
           ours.v[ROUNDS - 1], ROUNDS);
    printf("strtod pass  %7.1f MB/s  (%.1f to %.1f)  ratio %.2f\n", theirs, plain.v[0],
           plain.v[ROUNDS - 1], mine / theirs);
    if (other > 0)
        printf("promtool     %7.1f MB/s                    ratio %.1f\n", other, mine / other);
    else
        printf("promtool is not installed\n");
    exposition_release(&exposition);
    met = (mine >= BUDGET_MB_PER_S || mine >= BUDGET_RATIO * theirs) &&
          (other <= 0 || mine >= BUDGET_PROMTOOL * other);
    printf(
        "budget: %.0f MB/s, or on a slower machine %.1f times the strtod pass; %.0f times promtool: %s\n",
        BUDGET_MB_PER_S, BUDGET_RATIO, BUDGET_PROMTOOL, met ? "met" : "missed");
    return met ? 0 : 1;
}
