/*
 * bench_judge: 10,000 rules on 100,000 series: how long one tick takes, with the pushing of its samples beside it.
 *
 * usage: bench_judge    exit 1: the budget is missed (100 ms a tick, the median of ticks with full windows)
 *
 * Each rule looks at ten series of its own: a fifth each a gauge, a rate, a share, a slope and a percentile of two histograms.
 */
#include <stdlib.h>
#include <time.h>

#include "test_rule_util.h"

enum { RULES = 10000, SERIES = 10, TICKS = 40, WARM = 25, TICK_S = 15 };
#define BUDGET_MS 100.0

static const struct {
    const char *rule;   /* %d: number of the rule */
    const char *metric; /* of its series, likewise */
    const char *label;
    bool counter;
} kinds[] = {
    {"investigate when max(queue%d) > 1000000 for 1m", "queue%d", "instance", false},
    {"investigate when rate(hits%d_total[5m]) > 1000000/s for 1m", "hits%d_total", "instance",
     true},
    {"investigate when ratio(calls%d_total{code=\"0\"}, calls%d_total)[5m] > 90%% for 1m",
     "calls%d_total", "code", true},
    {"investigate when max(slope(mem%d[5m])) > 1000000/s for 1m", "mem%d", "instance", false},
    {"investigate when p90(lat%d)[5m] > 8 for 1m", "lat%d_bucket", "le", true},
};

static struct series {
    char name[40], value[8];
    struct samples_label label;
    struct samples_key key;
    double v, step;
} all[RULES * SERIES];

static void make_series(int rule, int i)
{
    struct series *s = &all[rule * SERIES + i];
    size_t kind = (size_t)rule % ARRAY_LEN(kinds);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(s->name, sizeof(s->name), kinds[kind].metric, rule);
#pragma GCC diagnostic pop
    if (kind == 4 && i == SERIES - 1)
        (void)snprintf(s->value, sizeof(s->value), "+Inf");
    else
        (void)snprintf(s->value, sizeof(s->value), "%d", i);
    s->label = (struct samples_label){sv_from(kinds[kind].label), sv_from(s->value)};
    s->key = (struct samples_key){sv_from(s->name), &s->label, 1};
    s->step = kinds[kind].counter ? 5 + i : 0;
}

static void add_rule(struct bench *b, int rule)
{
    char text[160];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(text, sizeof(text), kinds[(size_t)rule % ARRAY_LEN(kinds)].rule, rule, rule);
#pragma GCC diagnostic pop
    (void)judge_add(b->j, sv_from(text), bench_rule(b, sv_from(text)));
}

/* Of the processor: a machine that does other things too makes nothing slower. */
static double cpu_ms(clock_t t)
{
    return (double)t * 1000 / CLOCKS_PER_SEC;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(void)
{
    struct bench b = bench_new(TICK_S, 0);
    size_t source = bench_source(&b, "web", false), bad = 0;
    double ms[TICKS], push_ms = 0;

    for (int r = 0; r < RULES; r++) {
        add_rule(&b, r);
        for (int i = 0; i < SERIES; i++)
            make_series(r, i);
    }
    for (int t = 0; t < TICKS; t++) {
        int64_t t_us = (int64_t)t * TICK_S * S_US;
        clock_t begin = clock(), pushed;

        for (size_t i = 0; i < ARRAY_LEN(all); i++) {
            all[i].v += all[i].step;
            (void)samples_add(b.s, source, &all[i].key, t_us, all[i].v + (double)(i % 7));
        }
        samples_poll_ok(b.s, source, t_us);
        pushed = clock();
        judge_tick(b.j, t_us);
        ms[t] = cpu_ms(clock() - pushed);
        push_ms = cpu_ms(pushed - begin);
    }
    for (int r = 0; r < RULES; r++) {
        struct judge_result res;

        judge_result(b.j, (size_t)r, &res);
        bad += res.result != RESULT_FALSE;
    }
    qsort(&ms[WARM], TICKS - WARM, sizeof(ms[0]), by_size);
    printf("%d rules on %d series: %.1f ms a tick (median of %d; %.1f to %.1f), budget %.0f ms; "
           "pushing the samples %.1f ms; %zu rules without a result\n",
           RULES, RULES * SERIES, ms[WARM + (TICKS - WARM) / 2], TICKS - WARM, ms[WARM],
           ms[TICKS - 1], BUDGET_MS, push_ms, bad);
    bench_free(&b);
    return bad || ms[WARM + (TICKS - WARM) / 2] > BUDGET_MS;
}
