/*
 * Simulated deployments, judged by the rules of prusik and by what Argo Rollouts and Flagger document that they do, on
 * the same samples.  Prints the table of docs/guide/rules.md.
 *
 * usage: sim_rules [DEPLOYMENTS [SEED]]    10000 of each setting; `make sim`
 *        sim_rules --check                 a few, with what has to hold of them; TAP
 *
 * A deployment is watched for 30 minutes, a poll each 15 s.  What it does wrong, it does from the deploy mark on.
 */
#include <stdlib.h>
#include <unistd.h>

#include "test_rule_util.h"

enum { TICK_S = 15, TICKS = 120, MINUTE = 60 / TICK_S, CHECKED = 60 };

/* --- chance: splitmix64 (Steele, Lea and Flood 2014) --- */

static uint64_t chance_state;

static double chance(void)
{
    uint64_t z = chance_state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static double chance_normal(void)
{
    return sqrt(-2 * log(1 - chance())) * cos(2 * M_PI * chance());
}

/* How many requests come where `mean` are expected: near enough to a Poisson distribution. */
static unsigned chance_requests(double mean)
{
    double n = mean + sqrt(mean) * chance_normal() + 0.5;

    return n > 0 ? (unsigned)n : 0;
}

/* Of n requests those that are bad, each with p: by the gaps between them. */
static unsigned chance_bad(unsigned n, double p)
{
    unsigned bad = 0;
    double at;

    if (p <= 0)
        return 0;
    at = log(1 - chance()) / log(1 - p);
    while (at < n) {
        bad++;
        at += 1 + floor(log(1 - chance()) / log(1 - p));
    }
    return bad;
}

/* --- settings --- */

struct setting {
    const char *name;
    bool bad;           /* a rollback is right */
    double per_s;       /* requests */
    double errors;      /* share of them ... */
    double also_errors; /* ... and in every other two minutes; 0: the same */
    double slow;        /* share above 500 ms */
    double leak;        /* bytes a minute */
    double reset;       /* of a poll, that the counters begun anew before it */
    double missing;     /* of a poll, that it fails */
    bool outage;        /* and 90 s of them together */
};

#define MB 1e6
static const struct setting settings[] = {
    {"healthy (0.3 % errors)", false, 10, 0.003, 0, 0.01, 0, 0, 0, false},
    {"healthy, near the limit (0.8 %)", false, 10, 0.008, 0, 0.03, 0, 0, 0, false},
    {"healthy, little traffic (1 request in 2 s)", false, 0.5, 0.003, 0, 0.01, 0, 0, 0, false},
    {"no traffic", false, 0, 0, 0, 0, 0, 0, 0, false},
    {"healthy, counters begin anew", false, 10, 0.003, 0, 0.01, 0, 0.02, 0, false},
    {"healthy, scrapes missing", false, 10, 0.003, 0, 0.01, 0, 0, 0.1, true},
    {"2 % errors", true, 10, 0.02, 0, 0.01, 0, 0, 0, false},
    {"5 % errors", true, 10, 0.05, 0, 0.01, 0, 0, 0, false},
    {"5 % errors, scrapes missing", true, 10, 0.05, 0, 0.01, 0, 0, 0.1, true},
    {"latency shift (15 % above 500 ms)", true, 10, 0.003, 0, 0.15, 0, 0, 0, false},
    {"slow leak (3 MB a minute)", true, 10, 0.003, 0, 0.01, 3 * MB, 0, 0, false},
    {"flapping (4 % errors, 2 min of 4)", true, 10, 0.003, 0.04, 0.01, 0, 0, 0, false},
};

/* What each poll saw; counters. */
struct seen {
    double all[TICKS + 1], errors[TICKS + 1], slow[TICKS + 1], rss[TICKS + 1];
    bool there[TICKS + 1];
};

static void simulate(const struct setting *s, struct seen *w)
{
    double all = 5000, errors = 15, slow = 50, grown = 0;
    int out_from = s->outage ? 8 + (int)(chance() * (TICKS - 20)) : TICKS + 1;

    for (int i = 0; i <= TICKS; i++) {
        bool other = s->also_errors > 0 && (i / (2 * MINUTE)) % 2;
        unsigned n = i ? chance_requests(s->per_s * TICK_S) : 0;

        if (i && chance() < s->reset)
            all = errors = slow = 0;
        all += n;
        errors += chance_bad(n, other ? s->also_errors : s->errors);
        slow += chance_bad(n, s->slow);
        grown += i ? s->leak / MINUTE : 0;
        w->all[i] = all;
        w->errors[i] = errors;
        w->slow[i] = slow;
        w->rss[i] = 300 * MB + grown + 0.3 * MB * chance_normal();
        w->there[i] = i == 0 || !(chance() < s->missing || (i >= out_from && i < out_from + 6));
    }
}

/* --- prusik --- */

#define ERRORS "ratio(http_requests_total{status=\"500\"}, http_requests_total)"
static const char *const literal[] = {
    "rollback when " ERRORS "[1m] > 1% for 2m",
    "rollback when p95(latency_seconds)[5m] > 500ms for 2m",
    "rollback when slope(rss_bytes[5m]) > 1MB/m for 5m",
};
static const char *const confident[] = {
    "rollback when " ERRORS "[5m] > 1% confident 99%",
    "rollback when p95(latency_seconds)[5m] > 500ms confident 99%",
    "rollback when slope(rss_bytes[5m]) > 1MB/m for 5m",
};
enum { RULES = 3 };

struct outcome {
    int rolled_back; /* poll at which it was; 0: it was not */
    enum verdict worst, last;
};

/* The rules are parsed once: each deployment has a judge and samples of its own. */
struct policy {
    struct arena arena;
    struct rule *rules[RULES];
};

static void policy_make(struct policy *p, const char *const *texts)
{
    CLEANUP(rule_env_freep) struct rule_env *env = rule_env_new();
    struct rule *parsed;
    struct rule_diag diag;
    struct err err;

    rule_env_permit_unknown(env, true);
    for (int i = 0; i < RULES; i++)
        if (rule_parse(&p->arena, sv_from(texts[i]), &parsed, &diag, &err) != ERR_OK ||
            rule_check(&p->arena, parsed, env, &p->rules[i], NULL, &err) != ERR_OK)
            T_FAIL("'%s': %s", texts[i], err.msg);
}

/* label: "status=200", or empty. */
static void push(struct samples *s, size_t source, const char *name, struct sv label, int64_t t_us,
                 double v)
{
    size_t at = sv_find_byte(label, '=', 0);
    struct samples_label l = {sv_sub(label, 0, at), sv_sub(label, at + 1, label.n)};

    (void)samples_add(s, source, &(struct samples_key){sv_from(name), &l, label.n > 0}, t_us, v);
}

static void push_all(struct samples *s, size_t source, const struct seen *w, int i, int64_t t_us)
{
    push(s, source, "http_requests_total", SV("status=200"), t_us, w->all[i] - w->errors[i]);
    push(s, source, "http_requests_total", SV("status=500"), t_us, w->errors[i]);
    push(s, source, "latency_seconds_bucket", SV("le=0.5"), t_us, w->all[i] - w->slow[i]);
    push(s, source, "latency_seconds_bucket", SV("le=+Inf"), t_us, w->all[i]);
    push(s, source, "latency_seconds_count", SV(""), t_us, w->all[i]);
    push(s, source, "rss_bytes", SV(""), t_us, w->rss[i]);
}

static struct outcome prusik_judge(const struct policy *p, const struct seen *w)
{
    struct samples *s = samples_new();
    struct judge_config c = {.run = SV("r-1"),
                             .interval_us = TICK_S * S_US,
                             .t0_us = 0,
                             .step_us = JUDGE_UNSET,
                             .run_start_us = JUDGE_UNSET,
                             .rollback_until_us = JUDGE_UNSET,
                             .watch_us = (int64_t)TICKS * TICK_S * S_US};
    struct judge *j = judge_new(&c, s);
    size_t source = samples_source(s, SV("web"), c.interval_us, false), rule;
    struct outcome o = {0};

    for (int i = 0; i < RULES; i++)
        (void)judge_add(j, SV("r"), p->rules[i]);
    for (int i = 0; i <= TICKS && !o.rolled_back; i++) {
        int64_t t_us = (int64_t)i * TICK_S * S_US;

        if (w->there[i]) {
            push_all(s, source, w, i, t_us);
            samples_poll_ok(s, source, t_us);
        } else {
            samples_poll_failed(s, source, t_us, SV("refused"));
        }
        judge_tick(j, t_us);
        o.last = judge_verdict(j, &rule);
        o.worst = o.last > o.worst ? o.last : o.worst;
        o.rolled_back = o.last == VERDICT_ROLLBACK ? i : 0;
    }
    judge_free(j);
    samples_free(s);
    return o;
}

/* --- what Prometheus answers them --- */

enum answer { ANSWER_GOOD, ANSWER_BAD, ANSWER_NAN, ANSWER_NONE };

/* The counter's growth in (i - n, i], with begins anew; false: fewer than two samples. */
static bool grown(const struct seen *w, const double *v, int i, int n, double *ret)
{
    int before = -1, samples = 0;

    *ret = 0;
    for (int k = i - n + 1 > 0 ? i - n + 1 : 0; k <= i; k++) {
        if (!w->there[k])
            continue;
        if (before >= 0)
            *ret += v[k] < v[before] ? v[k] : v[k] - v[before];
        before = k;
        samples++;
    }
    return samples >= 2;
}

/* sum(rate(x[w])) / sum(rate(all[w])) > limit; extrapolation is the same above and below. */
static enum answer ask_share(const struct seen *w, const double *x, int i, int n, double limit)
{
    double part, all;

    if (!grown(w, x, i, n, &part) || !grown(w, w->all, i, n, &all))
        return ANSWER_NONE;
    if (all <= 0)
        return ANSWER_NAN;
    return part / all > limit ? ANSWER_BAD : ANSWER_GOOD;
}

/* deriv(rss[w]) > limit */
static enum answer ask_slope(const struct seen *w, int i, int n, double limit)
{
    double k = 0, x = 0, y = 0, xx = 0, xy = 0;

    for (int t = i - n + 1 > 0 ? i - n + 1 : 0; t <= i; t++) {
        if (!w->there[t])
            continue;
        k++;
        x += t;
        y += w->rss[t];
        xx += (double)t * t;
        xy += t * w->rss[t];
    }
    if (k < 2)
        return ANSWER_NONE;
    return (k * xy - x * y) / (k * xx - x * x) * MINUTE > limit ? ANSWER_BAD : ANSWER_GOOD;
}

static void ask_all(const struct seen *w, int i, int n, enum answer ret[RULES])
{
    ret[0] = ask_share(w, w->errors, i, n, 0.01);
    ret[1] = ask_share(w, w->slow, i, n, 0.05); /* p95 > 500 ms, a bound of a bucket */
    ret[2] = ask_slope(w, i, 5 * MINUTE, 1 * MB);
}

/*
 * Argo Rollouts, AnalysisTemplate: each metric with interval 1m, count 30, failureLimit 3, consecutiveErrorLimit 4 (the
 * default), successCondition result[0] <= limit over [5m].  A measurement that is NaN fails its condition, one without
 * a result is an error.  A metric fails with more failures than its limit, or more errors in a row.
 */
static struct outcome argo_judge(const struct policy *p UNUSED, const struct seen *w)
{
    int failed[RULES] = {0}, errors[RULES] = {0};
    enum answer a[RULES];

    for (int i = MINUTE; i <= TICKS; i += MINUTE) {
        ask_all(w, i, 5 * MINUTE, a);
        for (int m = 0; m < RULES; m++) {
            failed[m] += a[m] == ANSWER_BAD || a[m] == ANSWER_NAN;
            errors[m] = a[m] == ANSWER_NONE ? errors[m] + 1 : 0;
            if (failed[m] > 3 || errors[m] > 4)
                return (struct outcome){i, VERDICT_ROLLBACK, VERDICT_ROLLBACK};
        }
    }
    return (struct outcome){0};
}

/*
 * Flagger, analysis: interval 1m, threshold 5, iterations 30, metrics over [1m].  A check with a metric beyond its
 * threshold range, or without a value (NaN is none), is a failed one and halts the advancement; as many as the
 * threshold roll back.
 */
static struct outcome flagger_judge(const struct policy *p UNUSED, const struct seen *w)
{
    int failed = 0;
    enum answer a[RULES];

    for (int i = MINUTE; i <= TICKS; i += MINUTE) {
        ask_all(w, i, MINUTE, a);
        failed += a[0] != ANSWER_GOOD || a[1] != ANSWER_GOOD || a[2] != ANSWER_GOOD;
        if (failed >= 5)
            return (struct outcome){i, VERDICT_ROLLBACK, VERDICT_ROLLBACK};
    }
    return (struct outcome){0};
}

/* --- counting --- */

enum who { LITERAL, CONFIDENT, ARGO, FLAGGER, WHO__N };
static const struct {
    const char *name;
    struct outcome (*judge)(const struct policy *p, const struct seen *w);
} whos[WHO__N] = {{"prusik, literal", prusik_judge},
                  {"prusik, confident", prusik_judge},
                  {"Argo Rollouts", argo_judge},
                  {"Flagger", flagger_judge}};

struct tally {
    int n, rolled_back, noticed, at[TICKS + 1];
    int last[VERDICT__N];
};

static void tally_add(struct tally *t, const struct outcome *o)
{
    t->n++;
    t->rolled_back += o->rolled_back > 0;
    t->noticed += o->worst >= VERDICT_INVESTIGATE;
    t->at[o->rolled_back]++;
    t->last[o->last]++;
}

/* Minutes until so many of the rollbacks had come. */
static double tally_delay(const struct tally *t, double share)
{
    int seen = 0, i = 0;

    for (i = 1; i < TICKS; i++) {
        seen += t->at[i];
        if (seen >= share * t->rolled_back)
            break;
    }
    return (double)i / MINUTE;
}

static void run_setting(const struct setting *s, const struct policy *p, int n,
                        struct tally t[WHO__N])
{
    struct seen w;

    memset(t, 0, WHO__N * sizeof(*t));
    for (int i = 0; i < n; i++) {
        simulate(s, &w);
        for (int k = 0; k < WHO__N; k++) {
            struct outcome o = whos[k].judge(&p[k], &w);

            tally_add(&t[k], &o);
        }
    }
}

static void show_cell(const struct setting *s, const struct tally *t)
{
    printf(" %.2f %%", 100.0 * (s->bad ? t->n - t->rolled_back : t->rolled_back) / t->n);
    if (s->bad && t->rolled_back)
        printf(" (%.1f, %.1f min)", tally_delay(t, 0.5), tally_delay(t, 0.95));
    printf(" |");
}

static void show_heading(const char *what)
{
    printf("\n| %s |", what);
    for (int k = 0; k < WHO__N; k++)
        printf(" %s |", whos[k].name);
    printf("\n|---|---|---|---|---|\n");
}

/* The two policies of prusik; the others have none. */
static void policies_make(struct policy p[WHO__N])
{
    policy_make(&p[LITERAL], literal);
    policy_make(&p[CONFIDENT], confident);
}

static int simulate_all(int n)
{
    static struct tally all[ARRAY_LEN(settings)][WHO__N];
    struct policy p[WHO__N] = {0};

    policies_make(p);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        run_setting(&settings[i], p, n, all[i]);
    show_heading("rolled back without cause");
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        if (settings[i].bad)
            continue;
        printf("| %s |", settings[i].name);
        for (int k = 0; k < WHO__N; k++)
            show_cell(&settings[i], &all[i][k]);
        printf("\n");
    }
    show_heading("not rolled back, with cause (delay: median, 95 %)");
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        if (!settings[i].bad)
            continue;
        printf("| %s |", settings[i].name);
        for (int k = 0; k < WHO__N; k++)
            show_cell(&settings[i], &all[i][k]);
        printf("\n");
    }
    printf(
        "\nprusik's last verdict (OK, HOLD, INVESTIGATE, ROLLBACK) and whether people were called before it:\n");
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        for (int k = LITERAL; k <= CONFIDENT; k++) {
            const struct tally *t = &all[i][k];

            printf("  %-44s %-18s %6d %6d %6d %6d  %6d\n", settings[i].name, whos[k].name,
                   t->last[0], t->last[1], t->last[2], t->last[3], t->noticed);
        }
    for (int k = 0; k < WHO__N; k++)
        arena_release(&p[k].arena);
    return 0;
}

/* --- a few of them, for every check --- */

static struct tally *of(struct tally all[][WHO__N], const char *name, enum who who)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (strncmp(settings[i].name, name, strlen(name)) == 0)
            return &all[i][who];
    T_FAIL("there is no setting '%s'", name);
}

T(few_simulated_deployments_end_as_they_must)
{
    static struct tally all[ARRAY_LEN(settings)][WHO__N];
    struct policy p[WHO__N] = {0};

    chance_state = 20260215;
    policies_make(p);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        run_setting(&settings[i], p, CHECKED, all[i]);
    for (int k = LITERAL; k <= CONFIDENT; k++) {
        T_EQ(of(all, "healthy (", k)->rolled_back, 0);
        T_EQ(of(all, "healthy, counters", k)->rolled_back, 0);
        T_EQ(of(all, "healthy, scrapes", k)->rolled_back, 0);
        T_EQ(of(all, "no traffic", k)->rolled_back, 0);
        T_EQ(of(all, "no traffic", k)->last[VERDICT_OK], 0); /* nothing known is nothing good */
        T_EQ(of(all, "5 % errors", k)->rolled_back, CHECKED);
        T_EQ(of(all, "5 % errors, scrapes", k)->rolled_back, CHECKED);
        T_EQ(of(all, "latency", k)->rolled_back, CHECKED);
        T_EQ(of(all, "slow leak", k)->rolled_back, CHECKED);
        T_CHECK(tally_delay(of(all, "5 % errors", k), 0.95) < 6);
    }
    T_EQ(of(all, "2 % errors", CONFIDENT)->rolled_back, CHECKED);
    T_EQ(of(all, "healthy, near", CONFIDENT)->rolled_back, 0);
    T_EQ(of(all, "no traffic", FLAGGER)->rolled_back, CHECKED); /* as it documents */
    for (int k = 0; k < WHO__N; k++)
        arena_release(&p[k].arena);
}

static int check_main(void)
{
    static const struct t_case cases[] = {T_CASE(few_simulated_deployments_end_as_they_must)};

    printf("1..1\n");
    fflush(stdout);
    cases[0].fn();
    printf("ok 1 - %s\n", cases[0].name);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--check") == 0)
        return check_main();
    chance_state = argc > 2 ? strtoull(argv[2], NULL, 10) : 20260215;
    return simulate_all(argc > 1 ? (int)strtol(argv[1], NULL, 10) : 10000);
}
