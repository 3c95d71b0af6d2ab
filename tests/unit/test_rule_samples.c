/* The store: what is kept, what is dropped, what comes back. */
#include "rule/samples_int.h"
#include "test_rule_util.h"

#define WEB(s) samples_source((s), SV("web"), 15 * S_US, false)

static bool add(struct samples *s, const char *label, int64_t t_s, double v)
{
    const struct samples_label l = {SV("pod"), sv_from(label)};

    return samples_add(s, WEB(s), &(struct samples_key){SV("m"), &l, 1}, t_s * S_US, v);
}

T(only_what_somebody_wants_is_stored)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();

    T_CHECK(!add(s, "a", 0, 1));
    T_EQ(samples_n_series(s), 0);
    samples_keep(s, SV("m"), 60 * S_US);
    T_CHECK(add(s, "a", 0, 1));
    T_CHECK(!add(s, "a", 0, 2)); /* the first of a moment counts */
    T_EQ(samples_n_series(s), 1);
    T_CHECK(num_same(s->series.v[0]->v.v[0].v, 1));
    samples_free(NULL);
}

T(labels_are_a_set_and_their_order_does_not_matter)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    const struct samples_label ab[] = {{SV("a"), SV("1\"\\")}, {SV("b"), SV("2")}},
                               ba[] = {ab[1], ab[0]};
    struct samples_label many[300];
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);

    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = ab[0];
    samples_keep(s, SV("m"), 0);
    T_CHECK(samples_add(s, WEB(s), &(struct samples_key){SV("m"), ab, 2}, 0, 1));
    T_CHECK(!samples_add(s, WEB(s), &(struct samples_key){SV("m"), ba, 2}, 0, 1));
    T_CHECK(!samples_add(s, WEB(s), &(struct samples_key){SV("m"), many, ARRAY_LEN(many)}, 0, 1));
    T_EQ(samples_n_series(s), 1);
    series_name(s->series.v[0], &name);
    T_STR(strbuf_str(&name), "m{a=\"1\\\"\\\\\",b=\"2\"}");
    T_SV(series_label(s->series.v[0], SV("b")), "2");
    T_SV(series_label(s->series.v[0], SV("c")), "");
    T_CHECK(samples_add(s, samples_source(s, SV("other"), S_US, false),
                        &(struct samples_key){SV("m"), ab, 2}, 0, 1));
    T_EQ(samples_n_series(s), 2); /* another source's */
}

T(late_samples_find_their_place)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();

    samples_keep(s, SV("m"), 3600 * S_US);
    for (int64_t t = 0; t < 40; t++)
        T_CHECK(add(s, "a", (t * 17) % 40, (double)((t * 17) % 40)));
    for (size_t i = 0; i < 40; i++)
        T_CHECK(s->series.v[0]->v.v[i].t_us == (int64_t)i * S_US &&
                num_same(s->series.v[0]->v.v[i].v, (double)i));
    T_EQ(series_upto(s->series.v[0], 20 * S_US), 21);
    T_EQ(series_upto(s->series.v[0], 20 * S_US - 1), 20);
    T_EQ(series_upto(s->series.v[0], -1), 0);
    for (int64_t t = 100; t > 0; t -= 15)
        samples_poll_ok(s, WEB(s), t * S_US);
    samples_poll_ok(s, WEB(s), 100 * S_US);
    T_EQ(s->sources.v[0].polls.n, 7);
    T_EQ(source_poll_before(&s->sources.v[0], 55 * S_US), 40 * S_US);
    T_EQ(source_poll_before(&s->sources.v[0], 10 * S_US), SAMPLES_NEVER);
}

/* The promise of the header: the longest span + 1.5 intervals + 1 s, and memory that does not grow. */
T(memory_is_bounded_by_the_longest_window)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    int64_t t;

    samples_keep(s, SV("m"), 300 * S_US);
    samples_keep(s, SV("m"), 60 * S_US); /* a shorter one takes nothing away */
    for (t = 0; t < 100000; t += 15) {
        T_CHECK(add(s, "a", t, 1));
        samples_poll_ok(s, WEB(s), t * S_US);
    }
    t -= 15;
    T_CHECK(samples_capacity(s) <= 64);
    T_CHECK(s->series.v[0]->v.v[0].t_us <= (t - 300 - 22) * S_US);
    T_CHECK(s->sources.v[0].polls.cap <= 64);
    T_EQ(s->series.v[0]->first_us, 0);
}

T(a_series_that_polls_no_longer_show_is_forgotten_and_comes_back_as_new)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    struct selector *sel;

    samples_keep(s, SV("m"), 60 * S_US);
    sel = samples_selector(s, SV("m"), NULL, 0);
    for (int64_t t = 0; t <= 7200; t += 15) {
        if (t < 600 || t >= 7000)
            T_CHECK(add(s, "a", t, 1));
        T_CHECK(add(s, "b", t, 1));
        samples_poll_ok(s, WEB(s), t * S_US);
        samples_sweep(s, t * S_US);
        selector_refresh(sel);
        if (t == 3600)
            T_EQ(sel->list.n, 2);
        if (t == 6000) {
            T_EQ(sel->list.n, 1);
            T_EQ(samples_n_series(s), 1);
        }
    }
    T_EQ(sel->list.n, 2);
    T_EQ(sel->list.v[0]->first_us, 7005 * S_US);
}

/* The same without a sweep in between: whether memory was given back must not show. */
T(forgetting_does_not_depend_on_when_it_is_swept)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();

    samples_keep(s, SV("m"), 60 * S_US);
    T_CHECK(add(s, "a", 0, 1));
    for (int64_t t = 0; t <= 7200; t += 15)
        samples_poll_ok(s, WEB(s), t * S_US);
    T_CHECK(series_alive(s, s->series.v[0], 0));
    T_CHECK(!series_alive(s, s->series.v[0], 7200 * S_US));
    T_CHECK(add(s, "a", 7201, 1));
    T_EQ(s->series.v[0]->first_us, 7201 * S_US);
    T_EQ(s->series.v[0]->v.n, 1);
}

T(a_target_that_is_away_keeps_its_series_for_a_day)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();

    samples_keep(s, SV("m"), 60 * S_US);
    T_CHECK(add(s, "a", 0, 1));
    samples_poll_ok(s, WEB(s), 0);
    T_CHECK(series_alive(s, s->series.v[0], 86400 * S_US));
    T_CHECK(!series_alive(s, s->series.v[0], 86401 * S_US));
    samples_sweep(s, 86400 * S_US);
    T_EQ(samples_n_series(s), 1);
    samples_sweep(s, 90000 * S_US);
    T_EQ(samples_n_series(s), 0);
}

T(many_series_come_and_go_in_bounded_memory)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    struct selector *sel;
    char name[32];

    samples_keep(s, SV("m"), 60 * S_US);
    sel = samples_selector(s, SV("m"), NULL, 0);
    for (int64_t t = 0; t < 40000; t += 20) { /* a new pod with each poll */
        (void)snprintf(name, sizeof(name), "pod-%d", (int)t);
        T_CHECK(add(s, name, t, 1));
        samples_poll_ok(s, WEB(s), t * S_US);
        samples_sweep(s, t * S_US);
    }
    selector_refresh(sel);
    T_CHECK(samples_n_series(s) < 300);
    T_CHECK(s->series.n < 700);
    T_EQ(sel->list.n, samples_n_series(s));
    T_CHECK(add(s, "pod-39980", 40000, 2)); /* the index was made anew: it is found */
    T_EQ(sel->list.n, samples_n_series(s));
}

T(selectors_are_shared_and_see_new_series_in_the_order_of_their_labels)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    const struct label a = {SV("pod"), LABEL_RE, SV("a|b.*")},
                       not_a = {SV("pod"), LABEL_NE, SV("a")};
    struct selector *re = samples_selector(s, SV("m"), &a, 1),
                    *ne = samples_selector(s, SV("m"), &not_a, 1);

    T_CHECK(re == samples_selector(s, SV("m"), &a, 1));
    T_CHECK(re != ne);
    T_CHECK(add(s, "c", 0, 1) && add(s, "bb", 0, 1));
    selector_refresh(re);
    selector_refresh(ne);
    T_EQ(re->list.n, 1);
    T_EQ(ne->list.n, 2);
    T_CHECK(add(s, "a", 0, 1) && add(s, "xa", 0, 1));
    selector_refresh(re);
    T_EQ(re->list.n, 2);
    T_SV(series_label(re->list.v[0], SV("pod")), "a");
    T_SV(series_label(re->list.v[1], SV("pod")), "bb");
    T_EQ(re->sources.n, 1);
}

T(too_many_samples_of_a_series_are_refused_and_too_many_events_are_joined)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    size_t src = samples_source(s, SV("unit.a"), 0, true);
    double sum = 0;

    samples_keep(s, SV("m"), INT64_C(1) << 60);
    samples_keep(s, SV("unit.a.crashes"), INT64_C(1) << 60);
    for (int64_t i = 0; i < SAMPLES_PER_SERIES_MAX; i++)
        T_CHECK(add(s, "a", i, 1));
    T_CHECK(!add(s, "a", SAMPLES_PER_SERIES_MAX, 1));
    T_CHECK(s->series.v[0]->overflow);
    for (int64_t i = 0; i < SAMPLES_PER_SERIES_MAX + 10; i++)
        T_CHECK(samples_add_events(s, src, SV("unit.a.crashes"), i, 1));
    T_EQ(s->series.v[1]->v.n, SAMPLES_PER_SERIES_MAX / 2 + 10);
    for (size_t i = 0; i < s->series.v[1]->v.n; i++)
        sum += s->series.v[1]->v.v[i].v;
    T_CHECK(num_same(sum, SAMPLES_PER_SERIES_MAX + 10)); /* no event is lost */
}

T(a_rule_over_too_many_samples_is_an_error)
{
    struct bench b = bench_new(15, 0);
    struct judge_result r;

    T_EQ(bench_add(&b, "expect increase(m[300d]) > 0"), 0);
    for (int64_t i = 0; i <= SAMPLES_PER_SERIES_MAX; i++)
        (void)samples_add(b.s, WEB(b.s), &(struct samples_key){SV("m"), NULL, 0}, i * S_US,
                          (double)i);
    r = bench_tick(&b, SAMPLES_PER_SERIES_MAX);
    T_EQ(r.result, RESULT_ERROR);
    T_SV(r.why, "more than 262144 samples of 'm' in the window");
    bench_free(&b);
}

T(events_of_one_moment_add_up)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    size_t src = samples_source(s, SV("unit.a"), 0, true);

    samples_keep(s, SV("unit.a.crashes"), 60 * S_US);
    T_CHECK(samples_add_events(s, src, SV("unit.a.crashes"), 5, 2));
    T_CHECK(samples_add_events(s, src, SV("unit.a.crashes"), 5, 3));
    T_CHECK(num_same(s->series.v[0]->v.v[0].v, 5));
}

/* R17: a line's own time may be nonsense; it must not take the others with it. */
T(an_event_from_the_future_drops_nothing)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    size_t src = samples_source(s, SV("unit.a"), 15 * S_US, true);

    samples_keep(s, SV("unit.a.crashes"), 60 * S_US);
    for (int64_t t = 0; t < 4; t++)
        T_CHECK(samples_add_events(s, src, SV("unit.a.crashes"), t * S_US, 1));
    samples_poll_ok(s, src, 4 * S_US);
    T_CHECK(samples_add_events(s, src, SV("unit.a.crashes"), INT64_C(4000000000) * S_US, 1));
    T_EQ(series_upto(s->series.v[0], 4 * S_US), 4);
}

T(a_value_is_what_was_seen_last_whatever_its_kind)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    size_t src = samples_source(s, SV("http.h"), 15 * S_US, true);
    const struct sample_value text = {.kind = SAMPLES_TEXT, .text = SV("x")},
                              num = {.kind = SAMPLES_NUM, .num = 5};
    const struct series *x;

    T_CHECK(!samples_add_value(s, src, SV("http.h.text"), 1, &text));
    samples_keep(s, SV("http.h.text"), 60 * S_US);
    T_CHECK(samples_add_value(s, src, SV("http.h.text"), 1, &text));
    x = s->series.v[0];
    T_CHECK(x->has_last && x->v.n == 0);
    T_CHECK(!samples_add_value(s, src, SV("http.h.text"), 1, &num)); /* the first of a moment */
    T_CHECK(samples_add_value(s, src, SV("http.h.text"), 2, &num));
    T_CHECK(!x->has_last && x->v.n == 1);
    T_CHECK(!samples_add_value(s, src, SV("http.h.text"), 1, &text));
    T_CHECK(samples_add_value(s, src, SV("http.h.text"), 3, &text));
    T_CHECK(x->has_last && x->last_us == 3);
}

T(a_changed_start_time_of_the_process_resets_its_counters)
{
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    T_EQ(bench_add(&b, "report increase(m[5m])"), 0);
    for (int t = 0; t <= 120; t += 60) {
        bench_push(&b, "m", t, t + 10);
        bench_push(&b, "process_start_time_seconds", t, t < 120 ? 1000 : 1110);
        bench_polled(&b, t);
    }
    r = bench_tick(&b, 120); /* 10 -> 70 is 60; 130 counts whole */
    T_CHECK(num_same(r.value, 190));
    bench_push(&b, "process_start_time_seconds{pid=\"2\"}", 180,
               5); /* two processes: it tells nothing */
    bench_push(&b, "m", 180, 140);
    bench_polled(&b, 180);
    r = bench_tick(&b, 180);
    T_CHECK(num_same(r.value, 130));
    for (int t = 0; t < 5000; t++)
        bench_push(&b, "process_start_time_seconds", 200 + t, t);
    T_CHECK(b.s->sources.v[0].starts.n <= 1024);
    bench_free(&b);
}

T(a_changed_created_time_resets_a_counter)
{
    struct bench b = bench_new(60, 0);
    struct judge_result r;
    size_t web = bench_source(&b, "web", false);

    samples_created(b.s, web, &(struct samples_key){SV("m"), NULL, 0}, 0, -5);
    T_EQ(bench_add(&b, "report increase(m[5m])"), 0);
    for (int t = 0; t <= 120; t += 60) {
        bench_push(&b, "m", t, t + 10);
        samples_created(b.s, web, &(struct samples_key){SV("m"), NULL, 0}, bench_us(t),
                        bench_us(t < 120 ? -5 : 100));
        bench_polled(&b, t);
    }
    r = bench_tick(&b, 120);
    T_CHECK(num_same(r.value, 190));
    for (int t = 0; t < 5000; t++)
        samples_created(b.s, web, &(struct samples_key){SV("m"), NULL, 0}, t, t);
    T_CHECK(b.s->series.v[0]->created.n <= 1024);
    bench_free(&b);
}

T(rows_are_kept_for_the_window_and_capped)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    size_t src = samples_source(s, SV("sql.r"), 15 * S_US, true);
    json_t *rows = json_pack("[i]", 1), *big = json_array();
    struct metric *m;

    T_CHECK(!samples_add_rows(s, src, SV("sql.r"), 0, rows, NULL));
    samples_keep(s, SV("sql.r"), 60 * S_US);
    m = samples_metric(s, SV("sql.r"));
    for (int64_t t = 600; t >= 0; t -= 15)
        T_CHECK(samples_add_rows(s, src, SV("sql.r"), t * S_US, rows, NULL));
    T_CHECK(!samples_add_rows(s, src, SV("sql.r"), 600 * S_US, rows, NULL));
    T_CHECK(samples_add_rows(s, src, SV("sql.r"), 615 * S_US, rows, NULL));
    T_EQ(m->rows.n, 5 + 1); /* 555 ... 615 are in the window, 540 is what was known before */
    for (unsigned i = 0; i < SAMPLES_ROWS_MAX; i++)
        json_append(big, json_integer(i));
    for (int64_t t = 616; t < 624; t++)
        T_CHECK(samples_add_rows(s, src, SV("sql.r"), t * S_US, big, NULL));
    T_CHECK(m->n_rows <= (size_t)4 * SAMPLES_ROWS_MAX && m->rows_cut_us > 600 * S_US);
    json_append(big, json_integer(0));
    T_CHECK(!samples_add_rows(s, src, SV("sql.r"), 700 * S_US, big, NULL));
    json_decref(rows);
    json_decref(big);
}

T(a_window_over_rows_that_were_cut_is_an_error)
{
    struct bench b = bench_new(60, 0);
    json_t *rows = json_array();
    struct judge_result r;
    size_t src = bench_source(&b, "logpatterns.a", true);

    T_EQ(bench_add(&b, "expect count(logpatterns.a[10m]) == 0"), 0);
    for (unsigned i = 0; i < SAMPLES_ROWS_MAX; i++)
        json_append(rows, json_integer(i));
    for (int64_t t = 100; t < 106; t++)
        T_CHECK(samples_add_rows(b.s, src, SV("logpatterns.a"), t * S_US, rows, NULL));
    samples_poll_ok(b.s, src, 105 * S_US);
    r = bench_tick(&b, 106);
    T_SV(r.why, "more rows of 'logpatterns.a' in the window than are kept");
    json_decref(rows);
    bench_free(&b);
}

T(a_probe_is_down_after_three_failures_and_up_after_two_successes)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    size_t src = samples_source(s, SV("http.h"), 15 * S_US, true);
    const struct series *x;

    samples_add_probe(s, src, 0, PROBE_DOWN); /* nobody wants it */
    T_EQ(samples_n_series(s), 0);
    samples_keep(s, SV("http.h"), 60 * S_US);
    for (int i = 1; i <= 3; i++)
        samples_add_probe(s, src, i, PROBE_DOWN);
    x = s->series.v[0];
    T_EQ(x->down, 1);
    samples_add_probe(s, src, 3, PROBE_UP); /* that moment is over */
    samples_add_probe(s, src, 4, PROBE_UP);
    T_EQ(x->down, 1);
    samples_add_probe(s, src, 5, PROBE_COULD_NOT_RUN);
    samples_add_probe(s, src, 6, PROBE_UP);
    T_EQ(x->down, 0);
}

T(polls_that_failed_are_told_until_one_succeeds)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    size_t web = WEB(s);

    samples_poll_failed(s, web, 10, SV("refused"));
    T_STR(s->sources.v[web].error, "refused");
    T_EQ(s->sources.v[web].ok_us, SAMPLES_NEVER);
    samples_poll_ok(s, web, 20);
    T_CHECK(!s->sources.v[web].error);
    samples_poll_failed(s, web, 15, SV("late news")); /* of before */
    T_CHECK(!s->sources.v[web].error);
    T_EQ(s->sources.v[web].poll_us, 20);
}

/* Everything that can stand in a store, saved and restored, is the same store. */
static void fill(struct samples *s)
{
    size_t web = WEB(s), p = samples_source(s, SV("http.h"), S_US, true),
           log = samples_source(s, SV("log.a"), 0, true);
    const struct samples_label l[] = {{SV("le"), SV("0.5")}, {SV("quantile"), SV("+Inf")}};
    static const char *const names[] = {
        "m",     "http.h", "http.h.text",    "http.h.bool",   "http.h.null", "http.h.num",
        "log.a", "sql.r",  "unit.a.crashes", "http.h.absent", "http.h.fault"};
    json_t *rows = json_pack("[{si}]", "a", 1), *old = json_pack("[n]");

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        samples_keep(s, sv_from(names[i]), (int64_t)(i + 1) * S_US);
    (void)samples_want_lines(s, SV("log.a"), SV("x+"), SV("y"));
    (void)samples_add(s, web, &(struct samples_key){SV("m"), l, 2}, 5, 1.5);
    (void)samples_add(s, web, &(struct samples_key){SV("m"), l, 2}, 6, HUGE_VAL);
    (void)samples_add(s, web, &(struct samples_key){SV("m"), l, 2}, 7, -HUGE_VAL);
    (void)samples_add(s, web, &(struct samples_key){SV("m"), l, 2}, 8, (double)NAN);
    (void)samples_add(s, web, &(struct samples_key){SV("process_start_time_seconds"), NULL, 0}, 5,
                      100);
    (void)samples_add(s, web, &(struct samples_key){SV("process_start_time_seconds"), NULL, 0}, 6,
                      200);
    samples_created(s, web, &(struct samples_key){SV("m"), l, 2}, 5, 3);
    samples_poll_ok(s, web, 5);
    samples_poll_failed(s, p, 7, SV("refused"));
    samples_add_probe(s, p, 3, PROBE_DOWN);
    samples_add_probe(s, p, 4, PROBE_UP);
    (void)samples_add_value(s, p, SV("http.h.text"), 4,
                            &(struct sample_value){SAMPLES_TEXT, 0, SV("t")});
    (void)samples_add_value(s, p, SV("http.h.bool"), 4,
                            &(struct sample_value){SAMPLES_BOOL, 1, {NULL, 0}});
    (void)samples_add_value(s, p, SV("http.h.null"), 4,
                            &(struct sample_value){SAMPLES_NULL, 0, {NULL, 0}});
    (void)samples_add_value(s, p, SV("http.h.absent"), 4,
                            &(struct sample_value){SAMPLES_ABSENT, 0, {NULL, 0}});
    (void)samples_add_value(s, p, SV("http.h.fault"), 4,
                            &(struct sample_value){SAMPLES_FAULT, 0, SV("2 series")});
    (void)samples_add_value(s, p, SV("http.h.num"), 4,
                            &(struct sample_value){SAMPLES_NUM, 7, {NULL, 0}});
    samples_add_line(s, log, 6, SV("xx"));
    (void)samples_add_events(s, p, SV("unit.a.crashes"), 6, 3);
    (void)samples_add_rows(s, p, SV("sql.r"), 6, rows, old);
    (void)samples_add_rows(s, p, SV("sql.r"), 7, rows, NULL);
    samples_restart(s, 4, SV("a"));
    s->series.v[1]->overflow = true;
    json_decref(rows);
    json_decref(old);
}

T(a_store_is_saved_and_restored_whole)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    CLEANUP(samples_freep) struct samples *t = samples_new();
    CLEANUP(strbuf_release) struct strbuf a = STRBUF(0), b = STRBUF(0);
    struct err err = {0};
    json_t *saved, *again;

    fill(s);
    saved = samples_save(s);
    T_OK(samples_restore(t, saved, &err), err);
    again = samples_save(t);
    json_write(saved, &a);
    json_write(again, &b);
    /* the pattern itself belongs to a rule, and comes back with it */
    T_CHECK(t->series.n == s->series.n && t->sources.n == s->sources.n);
    json_decref(again);
    (void)samples_want_lines(t, SV("log.a"), SV("x+"), SV("y"));
    again = samples_save(t);
    strbuf_truncate(&b, 0);
    json_write(again, &b);
    T_STR(strbuf_str(&b), strbuf_str(&a));
    json_decref(saved);
    json_decref(again);
}

/* Rules may have come first: sources then have other numbers. */
T(a_store_is_restored_beside_what_is_there)
{
    CLEANUP(samples_freep) struct samples *s = samples_new();
    CLEANUP(samples_freep) struct samples *t = samples_new();
    struct err err = {0};
    json_t *saved;
    size_t log;

    fill(s);
    saved = samples_save(s);
    log = samples_source(t, SV("log.a"), 0, true);
    samples_keep(t, SV("log.a"), S_US);
    (void)samples_want_lines(t, SV("log.a"), SV("x+"), SV("y"));
    T_OK(samples_restore(t, saved, &err), err);
    T_EQ(log, 0);
    T_CHECK(t->series.v[0]->pattern && t->series.v[0]->v.n == 1);
    T_SV(samples_source_of(t, samples_metric(t, SV("m"))->series.v[0])->name, "web");
    json_decref(saved);
}

/* Members of an object, with ' for " and V for the version. */
static json_t *stored(const char *members)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    json_t *j;

    strbuf_add_byte(&b, '{');
    for (; *members; members++)
        if (*members == 'V')
            strbuf_add_str(&b, "\"prusik_samples\":1");
        else
            strbuf_add_byte(&b, *members == '\'' ? '"' : *members);
    strbuf_add_byte(&b, '}');
    j = json_loads(strbuf_str(&b), 0, NULL);
    T_CHECK(j);
    return j;
}

#define SOURCE "V,'sources':[{'name':'a','interval_us':5"
#define SERIES \
    SOURCE     \
    "}],'series':[{'name':'m','source':0"

T(stored_samples_that_do_not_hold_together_are_refused)
{
    static const char *const bad[] =
    { "",
      "'prusik_samples':2",
      "V,'sources':[{}]",
      "V,'sources':[{'name':'a','interval_us':-5}]",
      "V,'series':[{'name':'m','source':0}]",
      "V,'sources':[{'name':'a','interval_us':5}],'series':[{'source':0}]",
      "V,'sources':[{'name':'a','interval_us':5}],'series':[{'name':'m','source':0,'labels':[['a']]}]",
      "V,'rows':[{'name':'m','source':0}]",
      "V,'sources':[{'name':'a','interval_us':5}],'rows':[{'name':'m','source':0,'sets':[{'rows':5}]}]",
      "V,'restarts':[['x']]",
      "V,'keep':{'m':-1}",
      "V,'keep':{'m':9000000000000000000}",
      SOURCE "},{'name':'a','interval_us':5}]",
      SOURCE ",'poll_us':'x'}]",
      SOURCE ",'polls':[7,7]}]",
      SOURCE ",'start_labels':'','start':1,'starts':['x']}]",
      SOURCE ",'start_labels':5}]",
      SERIES ",'first_us':5}]",
      SERIES ",'first_us':5,'last_us':4}]",
      SERIES ",'samples':[[5,1]]}]",
      SERIES ",'first_us':6,'last_us':6,'samples':[[5,1]]}]",
      SERIES ",'first_us':5,'last_us':6,'samples':[[5,1],[5,1]]}]",
      SERIES ",'first_us':5,'last_us':6,'samples':[['5',1]]}]",
      SERIES ",'created':[[1]]}]",
      SERIES ",'first_us':5,'last_us':5},{'name':'m','source':0}]",
      SOURCE "}],'rows':[{'name':'m','source':0,'cut_us':'x'}]",
      SOURCE
      "}],'rows':[{'name':'m','source':0,'sets':[{'t_us':1,'rows':[]},{'t_us':1,'rows':[]}]}]",
      SOURCE "}],'rows':[{'name':'m','source':0,'sets':[{'t_us':1,'rows':[],'old':5}]}]",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP(samples_freep) struct samples *s = samples_new();
        json_t *j = stored(bad[i]);
        struct err err = {0};

        if (samples_restore(s, j, &err) != ERR_INVALID || !err.msg[0])
            T_FAIL("is taken: %s", bad[i]);
        json_decref(j);
    }
}

T_MAIN(T_CASE(only_what_somebody_wants_is_stored),
       T_CASE(labels_are_a_set_and_their_order_does_not_matter),
       T_CASE(late_samples_find_their_place), T_CASE(memory_is_bounded_by_the_longest_window),
       T_CASE(a_series_that_polls_no_longer_show_is_forgotten_and_comes_back_as_new),
       T_CASE(forgetting_does_not_depend_on_when_it_is_swept),
       T_CASE(a_target_that_is_away_keeps_its_series_for_a_day),
       T_CASE(many_series_come_and_go_in_bounded_memory),
       T_CASE(selectors_are_shared_and_see_new_series_in_the_order_of_their_labels),
       T_CASE(too_many_samples_of_a_series_are_refused_and_too_many_events_are_joined),
       T_CASE(a_rule_over_too_many_samples_is_an_error), T_CASE(events_of_one_moment_add_up),
       T_CASE(an_event_from_the_future_drops_nothing),
       T_CASE(a_value_is_what_was_seen_last_whatever_its_kind),
       T_CASE(a_changed_start_time_of_the_process_resets_its_counters),
       T_CASE(a_changed_created_time_resets_a_counter),
       T_CASE(rows_are_kept_for_the_window_and_capped),
       T_CASE(a_window_over_rows_that_were_cut_is_an_error),
       T_CASE(a_probe_is_down_after_three_failures_and_up_after_two_successes),
       T_CASE(polls_that_failed_are_told_until_one_succeeds),
       T_CASE(a_store_is_saved_and_restored_whole),
       T_CASE(a_store_is_restored_beside_what_is_there),
       T_CASE(stored_samples_that_do_not_hold_together_are_refused))
