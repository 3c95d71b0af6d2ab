/*
 * Properties of the judge that hold for every watch: random rules over random measurements, judged once straight
 * through, once with each tick's pushes in another order, and once with the watcher stopped and started again in
 * between.  The seed is fixed and printed; PRUSIK_SEED runs another one, PRUSIK_CASES more of them.
 */
#include "test_rule_util.h"

#define CASES      2000
#define INTERVAL_S 15
#define T0_S       120.0

static uint64_t option(const char *name, uint64_t otherwise)
{
    const char *v = getenv(name);

    return v && v[0] ? strtoull(v, NULL, 0) : otherwise;
}

/* --- randomness: xorshift64* --- */

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (*state * 0x2545f4914f6cdd1dULL) >> 11;
}

static unsigned below(uint64_t *state, unsigned n)
{
    return (unsigned)(random_next(state) % n);
}

static bool one_in(uint64_t *state, unsigned n)
{
    return below(state, n) == 0;
}

/* --- rules --- */

static void rule_add_clauses(uint64_t *rnd, struct strbuf *out)
{
    static const char *const clauses[] = {"",
                                          " for 30s",
                                          " for 1m",
                                          " for 2m",
                                          " missing bad",
                                          " missing ok",
                                          " for 45s missing bad",
                                          " within 3m of deploy",
                                          " every 1m",
                                          " at T+2m"};

    strbuf_add_str(out, clauses[below(rnd, ARRAY_LEN(clauses))]);
}

static void rule_random(uint64_t *rnd, struct strbuf *out)
{
    static const char *const actions[] = {"rollback",     "investigate", "page oncall, investigate",
                                          "flag-off NEW", "hold",        "ok"};
    static const char *const conditions[] = {
        "ratio(r_total{code=\"500\"}, r_total)[1m] > 10%",
        "ratio(r_total{code=\"500\"}, r_total)[2m] > 20%",
        "sum(increase(r_total{code=\"500\"}[1m])) > 5",
        "increase(r_total{code=\"500\"}[90s]) > 8",
        "rate(r_total[1m]) < 1/s",
        "p95(lat_seconds)[2m] > 500ms",
        "p50(lat_seconds)[1m] in [100ms, 500ms]",
        "avg(lat_seconds)[2m] > 300ms",
        "queue > 20",
        "avg(queue)[1m] > 15 and not (queue < 5)",
        "slope(queue[2m]) > 6/m",
        "queue is missing or queue is stale",
        "queue > baseline + 50%",
        "3 of 3 (http.health is down)",
        "2 of 4 (queue > 20)",
        "http.health is down or queue > 30",
        "matches(log.app, \"error\")[1m] > 2",
        "unit.app.crashes[2m] > 1",
        "count(sql.jobs where state == \"failed\") > 2",
        "share(sql.jobs : state == \"failed\") > 40%",
        "ratio(r_total{code=\"500\"}, r_total)[1m] > 5% confident 99%",
    };
    const char *condition = conditions[below(rnd, ARRAY_LEN(conditions))];

    switch (below(rnd, 8)) {
    case 0: strbuf_addf(out, "checkpoint T+%um: all", 1 + below(rnd, 4)); break;
    case 1: strbuf_addf(out, "proceed when not (%s) within 3m of step", condition); break;
    case 2: strbuf_addf(out, "expect not (%s) for 1m within 4m of step", condition); break;
    case 3:
        strbuf_addf(out, "expect not (%s)", condition);
        rule_add_clauses(rnd, out);
        strbuf_add_str(out, " else investigate");
        break;
    default:
        strbuf_addf(out, "%s when %s", actions[below(rnd, ARRAY_LEN(actions))], condition);
        if (strstr(condition, "ratio(") && one_in(rnd, 2))
            strbuf_add_str(out, " min 10 samples");
        rule_add_clauses(rnd, out);
    }
}

/* Does it make sense ("confident" with "for" does not)?  Those that do not are drawn again. */
static bool rule_is_valid(const char *text)
{
    struct bench b = bench_new(INTERVAL_S, T0_S);
    struct rule *parsed, *checked;
    bool ok = rule_parse(&b.a, sv_from(text), &parsed, &b.diag, &b.err) == ERR_OK &&
              rule_check(&b.a, parsed, b.env, &checked, NULL, &b.err) == ERR_OK;

    bench_free(&b);
    return ok;
}

/* --- measurements: what one tick brings, made once and fed in any order --- */

enum fact_kind { FACT_SAMPLE, FACT_PROBE, FACT_LINE, FACT_EVENT, FACT_ROWS };
struct fact {
    enum fact_kind kind;
    const char *name;
    const char *label, *value; /* of a sample; NULL: none */
    const char *instance;
    double number;
};

/* What the world counts. */
struct world {
    uint64_t rnd;
    double requests[2][2]; /* instance, good or bad */
    double buckets[3], total, sum;
    double queue;
    bool down, silent;
    unsigned mood; /* 0: all is well */
};

struct tick {
    double t;
    struct fact facts[40];
    size_t n;
    bool flip[40];  /* the labels of the fact the other way round */
    bool failed[5]; /* polls of web, http.health, log.app, unit.app, sql.jobs */
    bool restart;
};

static const char *const instances[] = {"a", "b"};
static const char *const codes[] = {"200", "500"};
static const char *const bounds[] = {"0.1", "0.5", "+Inf"};

static void tick_add(struct tick *k, struct fact f)
{
    assert(k->n < ARRAY_LEN(k->facts));
    k->facts[k->n++] = f;
}

static void world_requests(struct world *w, struct tick *k)
{
    for (size_t i = 0; i < 2; i++)
        for (size_t c = 0; c < 2; c++) {
            unsigned most = c == 0 ? 40 : w->mood == 1 ? 20 : 2;

            w->requests[i][c] += below(&w->rnd, most + 1);
            tick_add(k, (struct fact){FACT_SAMPLE, "r_total", "code", codes[c], instances[i],
                                      w->requests[i][c]});
        }
    for (size_t i = 0, slow = w->mood == 2 ? 2 : 0; i < 12; i++) {
        size_t bucket = slow ? below(&w->rnd, 3) : one_in(&w->rnd, 10);

        for (size_t b = bucket; b < 3; b++)
            w->buckets[b]++;
        w->total++;
        w->sum += bucket == 0 ? 0.05 : bucket == 1 ? 0.3 : 0.9;
    }
    for (size_t b = 0; b < 3; b++)
        tick_add(k, (struct fact){FACT_SAMPLE, "lat_seconds_bucket", "le", bounds[b], "a",
                                  w->buckets[b]});
    tick_add(k, (struct fact){FACT_SAMPLE, "lat_seconds_count", NULL, NULL, "a", w->total});
    tick_add(k, (struct fact){FACT_SAMPLE, "lat_seconds_sum", NULL, NULL, "a", w->sum});
}

static void world_rest(struct world *w, struct tick *k)
{
    w->queue = fmax(0, w->queue + below(&w->rnd, 9) - (w->mood == 3 ? 1.0 : 4.0));
    if (!one_in(&w->rnd, 12))
        tick_add(k, (struct fact){FACT_SAMPLE, "queue", NULL, NULL, NULL, w->queue});
    w->down = one_in(&w->rnd, 5) ? !w->down : w->down;
    tick_add(k, (struct fact){FACT_PROBE, "http.health", NULL, NULL, NULL,
                              one_in(&w->rnd, 20) ? PROBE_COULD_NOT_RUN
                              : w->down           ? PROBE_DOWN
                                                  : PROBE_UP});
    for (unsigned i = below(&w->rnd, 3); i > 0; i--)
        tick_add(k, (struct fact){FACT_LINE, one_in(&w->rnd, 2) ? "an error" : "fine", NULL, NULL,
                                  NULL, 0});
    if (one_in(&w->rnd, 6))
        tick_add(k, (struct fact){FACT_EVENT, "unit.app.crashes", NULL, NULL, NULL, 1});
    tick_add(k, (struct fact){FACT_ROWS, "sql.jobs", NULL, NULL, NULL, below(&w->rnd, 6)});
}

static struct tick world_tick(struct world *w, double t)
{
    struct tick k = {.t = t};

    if (one_in(&w->rnd, 6))
        w->mood = below(&w->rnd, 4);
    if (one_in(&w->rnd, 25)) { /* a new process counts from zero */
        memset(w->requests, 0, sizeof(w->requests));
        memset(w->buckets, 0, sizeof(w->buckets));
        w->total = w->sum = 0;
        k.restart = one_in(&w->rnd, 2);
    }
    if (one_in(&w->rnd, 15))
        w->silent = !w->silent;
    world_requests(w, &k);
    world_rest(w, &k);
    for (size_t i = 0; i < ARRAY_LEN(k.failed); i++)
        k.failed[i] = w->silent ? i == 0 || one_in(&w->rnd, 3) : one_in(&w->rnd, 14);
    return k;
}

static void fact_shuffle(struct tick *k, uint64_t *rnd)
{
    for (size_t i = k->n; i > 1; i--) {
        size_t j = below(rnd, (unsigned)i);
        struct fact f = k->facts[i - 1];

        k->facts[i - 1] = k->facts[j];
        k->facts[j] = f;
        k->flip[i - 1] = one_in(rnd, 2);
    }
}

/* --- feeding --- */

static const char *const sources[] = {"web", "http.health", "log.app", "unit.app", "sql.jobs"};

static size_t source_of(const struct fact *f)
{
    static const size_t rows[] = {
        [FACT_SAMPLE] = 0, [FACT_PROBE] = 1, [FACT_LINE] = 2, [FACT_EVENT] = 3, [FACT_ROWS] = 4};

    return rows[f->kind];
}

static json_t *rows_of_jobs(double failed)
{
    json_t *rows = json_array();

    for (int i = 0; i < 6; i++)
        json_append(rows, json_pack("{siss}", "id", i, "state", i < failed ? "failed" : "done"));
    return rows;
}

static void feed_fact(struct bench *b, const struct fact *f, bool flip, size_t source, int64_t t_us)
{
    struct samples_label labels[3];
    struct samples_key key = {sv_from(f->name), labels, 0};

    switch (f->kind) {
    case FACT_SAMPLE:
        if (f->label)
            labels[key.n_labels++] = (struct samples_label){sv_from(f->label), sv_from(f->value)};
        if (f->instance)
            labels[key.n_labels++] = (struct samples_label){SV("instance"), sv_from(f->instance)};
        if (flip && key.n_labels == 2) {
            labels[2] = labels[0];
            key.labels = labels + 1;
        }
        (void)samples_add(b->s, source, &key, t_us, f->number);
        break;
    case FACT_PROBE:
        samples_add_probe(b->s, source, t_us, (enum sample_probe)(int)f->number);
        break;
    case FACT_LINE: samples_add_line(b->s, source, t_us, sv_from(f->name)); break;
    case FACT_EVENT: (void)samples_add_events(b->s, source, sv_from(f->name), t_us, 1); break;
    case FACT_ROWS: {
        json_t *rows = rows_of_jobs(f->number);

        (void)samples_add_rows(b->s, source, sv_from(f->name), t_us, rows, NULL);
        json_decref(rows);
        break;
    }
    default: T_FAIL("no such fact: %d", (int)f->kind);
    }
}

static void feed_tick(struct bench *b, const struct tick *k, bool backwards)
{
    int64_t t_us = bench_us(k->t);

    if (k->restart)
        samples_restart(b->s, t_us, SV(""));
    for (size_t i = 0; i < k->n; i++) {
        size_t s = source_of(&k->facts[i]);

        if (!k->failed[s])
            feed_fact(b, &k->facts[i], k->flip[i], bench_source(b, sources[s], s > 0), t_us);
    }
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        size_t s = backwards ? ARRAY_LEN(sources) - 1 - i : i;

        if (k->failed[s])
            samples_poll_failed(b->s, bench_source(b, sources[s], s > 0), t_us, SV("refused"));
        else
            samples_poll_ok(b->s, bench_source(b, sources[s], s > 0), t_us);
    }
}

/* --- a watch --- */

struct watch {
    struct bench b;
    struct strbuf trace;
};

static struct bench watch_bench(const struct strbuf *rules, size_t n)
{
    struct bench b = bench_new(INTERVAL_S, T0_S);

    for (size_t i = 0; i < n; i++)
        (void)bench_add(&b, strbuf_str(&rules[i]));
    judge_set_step(b.j, bench_us(T0_S));
    return b;
}

/* All that somebody could act upon. */
static void watch_note(struct watch *w, double t)
{
    size_t n, rule;
    const struct judge_event *e = judge_events(w->b.j, &n);

    strbuf_addf(&w->trace, "%g: %s", t, verdict_names[judge_verdict(w->b.j, &rule)]);
    for (size_t i = 0; i < n; i++)
        strbuf_addf(&w->trace, " [%d %zu %d]", (int)e[i].kind, e[i].rule, (int)e[i].action);
    for (size_t i = 0; i < judge_n_rules(w->b.j); i++) {
        struct judge_result r;

        judge_result(w->b.j, i, &r);
        strbuf_addf(&w->trace, "; %s %s %s %lld%s", judge_result_names[r.result],
                    judge_state_names[r.state], verdict_names[r.verdict], (long long)r.elapsed_us,
                    r.flapping ? " flapping" : "");
        if (r.has_value)
            strbuf_addf(&w->trace, " %.17g", r.value);
    }
    strbuf_add_byte(&w->trace, '\n');
}

/* What a tick brings, and at the deploy mark what rules compare with. */
static void watch_feed(struct watch *w, const struct tick *k, bool backwards)
{
    feed_tick(&w->b, k, backwards);
    if (num_same(k->t, T0_S))
        judge_measure_baseline(w->b.j, bench_us(T0_S));
}

static void watch_judge(struct watch *w, const struct tick *k)
{
    if (k->t < T0_S)
        return;
    judge_tick(w->b.j, bench_us(k->t));
    watch_note(w, k->t);
}

static void watch_tick(struct watch *w, const struct tick *k, bool backwards)
{
    watch_feed(w, k, backwards);
    watch_judge(w, k);
}

/* As after a crash: only what was written goes on. */
static void watch_restart(struct watch *w, const struct strbuf *rules, size_t n)
{
    CLEANUP(strbuf_release) struct strbuf judge = STRBUF(0), samples = STRBUF(0);
    struct bench next = watch_bench(rules, n);
    json_t *state = judge_save(w->b.j), *store = samples_save(w->b.s);
    struct err err = {0};

    json_write(state, &judge);
    json_write(store, &samples);
    json_decref(state);
    json_decref(store);
    T_OK(json_read(strbuf_sv(&samples), &store, &err), err);
    T_OK(json_read(strbuf_sv(&judge), &state, &err), err);
    T_OK(samples_restore(next.s, store, &err), err);
    T_OK(judge_restore(next.j, state, &err), err);
    json_decref(state);
    json_decref(store);
    bench_free(&w->b);
    w->b = next;
}

struct drawn {
    struct strbuf rules[4];
    size_t n;
};

static struct drawn draw_rules(uint64_t *rnd)
{
    struct drawn d = {.n = 1 + below(rnd, ARRAY_LEN(d.rules))};

    for (size_t i = 0; i < d.n; i++) {
        do {
            strbuf_truncate(&d.rules[i], 0);
            rule_random(rnd, &d.rules[i]);
        } while (!rule_is_valid(strbuf_str(&d.rules[i])));
    }
    return d;
}

static void drawn_release(struct drawn *d)
{
    for (size_t i = 0; i < d->n; i++)
        strbuf_release(&d->rules[i]);
}

static void same_trace(const char *what, uint64_t seed, const struct drawn *d,
                       const struct watch *want, const struct watch *got)
{
    if (strcmp(strbuf_str(&want->trace), strbuf_str(&got->trace)) == 0)
        return;
    for (size_t i = 0; i < d->n; i++)
        printf("# rule %zu: %s\n", i, strbuf_str(&d->rules[i]));
    T_FAIL("seed %#llx, %s:\n%s---\n%s", (unsigned long long)seed, what, strbuf_str(&want->trace),
           strbuf_str(&got->trace));
}

/* What the cases have to reach, or they prove nothing. */
struct reached {
    size_t verdicts[VERDICT__N], restarts;
};

static void run_case(uint64_t seed, struct reached *seen)
{
    uint64_t rnd = seed, order = seed ^ 0x9e3779b97f4a7c15ULL;
    struct drawn d = draw_rules(&rnd);
    struct world world = {.rnd = rnd, .queue = 8};
    struct watch straight = {watch_bench(d.rules, d.n), STRBUF(0)},
                 shuffled = {watch_bench(d.rules, d.n), STRBUF(0)},
                 stopped = {watch_bench(d.rules, d.n), STRBUF(0)};
    unsigned ticks = 8 + 12 + below(&rnd, 12), often = 3 + below(&rnd, 12);
    size_t rule;

    for (unsigned i = 0; i < ticks; i++) {
        struct tick k = world_tick(&world, INTERVAL_S * (double)i);

        watch_tick(&straight, &k, false);
        watch_feed(&stopped, &k, false);
        if (one_in(&order, often) && k.t >= T0_S) { /* after it has looked, before it judges */
            watch_restart(&stopped, d.rules, d.n);
            seen->restarts++;
        }
        watch_judge(&stopped, &k);
        fact_shuffle(&k, &order);
        watch_tick(&shuffled, &k, one_in(&order, 2));
        if (one_in(&order, often) && k.t >= T0_S) {
            watch_restart(&stopped, d.rules, d.n);
            seen->restarts++;
        }
    }
    same_trace("another order within the ticks", seed, &d, &straight, &shuffled);
    same_trace("stopped and started again", seed, &d, &straight, &stopped);
    seen->verdicts[judge_verdict(straight.b.j, &rule)]++;
    bench_free(&straight.b);
    bench_free(&shuffled.b);
    bench_free(&stopped.b);
    strbuf_release(&straight.trace);
    strbuf_release(&shuffled.trace);
    strbuf_release(&stopped.trace);
    drawn_release(&d);
}

T(neither_the_order_within_a_tick_nor_a_restart_changes_a_verdict)
{
    uint64_t seed = option("PRUSIK_SEED", 0x5eed2026), cases = option("PRUSIK_CASES", CASES);
    struct reached seen = {{0}, 0};

    printf("# seed %#llx, %llu cases\n", (unsigned long long)seed, (unsigned long long)cases);
    for (uint64_t i = 0; i < cases; i++)
        run_case((seed + i) * 0x9e3779b97f4a7c15ULL | 1, &seen);
    for (int v = 0; v < VERDICT__N; v++)
        printf("# %zu end with %s\n", seen.verdicts[v], verdict_names[v]);
    printf("# %zu restarts\n", seen.restarts);
    for (int v = 0; v < VERDICT__N; v++)
        T_CHECK(seen.verdicts[v] > cases / 100);
    T_CHECK(seen.restarts > cases);
}

/* --- a window and its two halves --- */

static const char *const halves[][2] = {
    {"report increase(r_total{code=\"500\"}[2m])", "report increase(r_total{code=\"500\"}[1m])"},
    {"report increase(r_total[2m])", "report increase(r_total[1m])"},
    {"report matches(log.app, \"error\")[2m]", "report matches(log.app, \"error\")[1m]"},
    {"report unit.app.crashes[2m]", "report unit.app.crashes[1m]"},
};

struct half_values {
    bool known;
    double value;
};

/* A split where nothing was measured for long is a hole, which nobody can count across (R8). */
static bool split_is_seen(const bool *polled, size_t at)
{
    return polled[at] || (at > 0 && polled[at - 1]);
}

static void split_check(uint64_t seed, size_t tick, const struct half_values *now,
                        const struct half_values *before)
{
    for (size_t h = 0; h < ARRAY_LEN(halves); h++) {
        struct half_values whole = now[2 * h], late = now[2 * h + 1], early = before[2 * h + 1];

        if (whole.known && late.known && early.known &&
            !case_near(late.value + early.value, whole.value, 1e-12))
            T_FAIL("seed %#llx, tick %zu, %s: %g is not %g + %g", (unsigned long long)seed, tick,
                   halves[h][0], whole.value, early.value, late.value);
    }
}

static size_t run_split(uint64_t seed)
{
    enum { TICKS = 36, HALF = 60 / INTERVAL_S, WHOLE = 2 * HALF, N = 2 * ARRAY_LEN(halves) };
    struct world world = {.rnd = seed, .queue = 8};
    struct half_values values[TICKS][N];
    struct bench b = bench_new(INTERVAL_S, 0);
    bool polled[TICKS];
    size_t checked = 0;

    for (size_t h = 0; h < N; h++)
        (void)bench_add(&b, halves[h / 2][h % 2]);
    for (size_t i = 0; i < TICKS; i++) {
        struct tick k = world_tick(&world, INTERVAL_S * (double)i);

        feed_tick(&b, &k, false);
        polled[i] = !k.failed[0];
        judge_tick(b.j, bench_us(k.t));
        for (size_t h = 0; h < N; h++) {
            struct judge_result r;

            judge_result(b.j, h, &r);
            values[i][h] = (struct half_values){r.has_value && r.at_us == bench_us(k.t), r.value};
        }
        if (i < WHOLE || !split_is_seen(polled, i - HALF))
            continue;
        split_check(seed, i, values[i], values[i - HALF]);
        checked++;
    }
    bench_free(&b);
    return checked;
}

T(what_is_counted_in_a_window_is_what_is_counted_in_its_halves)
{
    uint64_t seed = option("PRUSIK_SEED", 0x5eed2026), cases = option("PRUSIK_CASES", CASES) / 4;
    size_t checked = 0;

    printf("# seed %#llx, %llu cases\n", (unsigned long long)seed, (unsigned long long)cases);
    for (uint64_t i = 0; i < cases; i++)
        checked += run_split((seed + i) * 0xda942042e4dd58b5ULL | 1);
    printf("# %zu windows\n", checked);
    T_CHECK(checked > 10 * cases);
}

T_MAIN(T_CASE(neither_the_order_within_a_tick_nor_a_restart_changes_a_verdict),
       T_CASE(what_is_counted_in_a_window_is_what_is_counted_in_its_halves))
