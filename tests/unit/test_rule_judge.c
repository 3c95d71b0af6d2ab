/* Rules over time: states, events, what is in force, the verdict, saving and restoring. */
#include "rule/judge_int.h"
#include "test_rule_util.h"

/* ---- the tables ---- */

T(every_cell_of_a_standing_rule_is_written_or_cannot_come)
{
    bool reached[RUN__N] = {[RUN_IDLE] = true};
    int bugs = 0;

    for (int round = 0; round < RUN__N; round++)
        for (int p = 0; p < RUN__N; p++)
            for (int e = 0; reached[p] && e < RUN_EV__N; e++) {
                struct run_move m = run_fsm((enum run_phase)p, (enum run_event)e);

                if (m.effect != FX_BUG)
                    reached[m.next] = true;
                bugs += round == 0 && m.effect == FX_BUG;
                /* what is good ends every run; what fires was pending; a gap changes nothing */
                T_CHECK(e != RUN_GOOD || m.next == RUN_IDLE);
                T_CHECK(m.effect != FX_FIRE || (p == RUN_PENDING && m.next == RUN_FIRED));
                T_CHECK(e != RUN_GAP || ((int)m.next == p && m.effect == FX_NONE));
            }
    for (int p = 0; p < RUN__N; p++) {
        T_CHECK(reached[p]);
        T_EQ(run_fsm((enum run_phase)p, RUN_HELD).effect == FX_BUG, p != RUN_PENDING);
    }
    T_EQ(bugs, 2); /* HELD of a rule that is idle, or has fired: nobody asks */
}

T(a_gate_that_is_decided_stays_decided)
{
    int written = 0;

    for (int p = 0; p < GATE__N; p++)
        for (int e = 0; e < GATE_EV__N; e++) {
            struct gate_move m = gate_fsm((enum gate_phase)p, (enum gate_event)e);

            written += m.effect != GATE_FX_BUG;
            T_CHECK(p == GATE_WAITING || m.effect == GATE_FX_BUG || (int)m.next == p);
            T_CHECK(m.next != GATE_PASSED || p == GATE_PASSED ||
                    e == GATE_HELD); /* unknown never opens */
        }
    T_EQ(written, GATE_EV__N + 2 * GATE_UNKNOWN + 2);
}

T(a_checkpoint_closes_once_and_is_answered_once)
{
    for (int p = 0; p < CHECK__N; p++)
        for (int e = 0; e < CHECK_EV__N; e++) {
            struct check_move m = check_fsm((enum check_phase)p, (enum check_event)e);

            T_CHECK(m.effect != CHECK_FX_CLOSE || p == CHECK_OPEN);
            T_CHECK(e < CHECK_GO_ON || m.effect == CHECK_FX_BUG || p == CHECK_CLOSED);
            T_CHECK(e != CHECK_DUE || m.effect != CHECK_FX_BUG);
        }
}

/* ---- events ---- */

static void depth(struct bench *b, double t, double v)
{
    bench_push(b, "queue_depth", t, v);
    bench_polled(b, t);
}

/* What happened, as a line: "fired rollback 0; resolved 0". */
static char *events(struct bench *b, double t)
{
    static const char *const names[] = {[JUDGE_FIRED] = "fired",
                                        [JUDGE_RESOLVED] = "resolved",
                                        [JUDGE_NO_DATA] = "no-data",
                                        [JUDGE_FLAPPING] = "flapping",
                                        [JUDGE_CLOSED] = "closed"};
    struct strbuf out = STRBUF(0);
    size_t n;
    const struct judge_event *e;

    judge_tick(b->j, bench_us(t));
    e = judge_events(b->j, &n);
    for (size_t i = 0; i < n; i++) {
        strbuf_addf(&out, "%s%s %zu", i ? "; " : "", names[e[i].kind], e[i].rule);
        if (e[i].kind == JUDGE_FIRED)
            strbuf_addf(&out, " %.*s%s%.*s%s", SV_FMT(rule_actions[e[i].action].name),
                        e[i].name.n ? " " : "", SV_FMT(e[i].name), e[i].again ? " again" : "");
    }
    return strbuf_steal_str(&out);
}

#define WANT_EVENTS(b, t, want)        \
    do {                               \
        char *got_ = events((b), (t)); \
        T_STR(got_, want);             \
        free(got_);                    \
    } while (0)

T(what_a_firing_does_happens_once)
{
    struct bench b = bench_new(60, 0);

    T_EQ(bench_add(&b, "rollback, page dba when queue_depth > 10 for 1m"), 0);
    T_EQ(bench_add(&b, "flag-off F, investigate when queue_depth > 20"), 1);
    T_EQ(bench_add(&b, "expect queue_depth < 30 else rollback"), 2);
    T_EQ(bench_add(&b, "info team when queue_depth > 5"), 3);
    depth(&b, 0, 3);
    WANT_EVENTS(&b, 0, "");
    depth(&b, 60, 15);
    WANT_EVENTS(&b, 60, "fired 3 info team");
    depth(&b, 120, 25);
    WANT_EVENTS(&b, 120, "fired 0 rollback; fired 0 page dba; fired 1 flag-off F");
    depth(&b, 180, 35);
    WANT_EVENTS(&b, 180, "fired 2 rollback again");
    depth(&b, 240, 35);
    WANT_EVENTS(&b, 240, "");
    depth(&b, 300, 3);
    WANT_EVENTS(&b, 300, "resolved 0; resolved 1; resolved 2; resolved 3");
    depth(&b, 360, 25);
    WANT_EVENTS(&b, 360, "fired 1 flag-off F; fired 3 info team");
    T_STR(bench_verdict(&b), "ROLLBACK"); /* latched */
    bench_free(&b);
}

T(two_rules_that_fire_at_once_start_one_rollback)
{
    struct bench b = bench_new(60, 0);

    T_EQ(bench_add(&b, "rollback when queue_depth > 10"), 0);
    T_EQ(bench_add(&b, "rollback when queue_depth > 11"), 1);
    depth(&b, 0, 15);
    WANT_EVENTS(&b, 0, "fired 0 rollback; fired 1 rollback again");
    bench_free(&b);
}

/* P5: what fired on missing data alone rolls back only when a real bad result comes. */
T(missing_data_alone_do_not_start_the_rollback)
{
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    T_EQ(bench_add(&b, "rollback, page dba when queue_depth > 10 missing bad"), 0);
    bench_polled(&b, 0);
    WANT_EVENTS(&b, 0, "fired 0 page dba");
    T_STR(bench_verdict(&b), "INVESTIGATE");
    depth(&b, 60, 15);
    WANT_EVENTS(&b, 60, "fired 0 rollback");
    judge_result(b.j, 0, &r);
    T_EQ(r.state, STATE_FIRED);
    T_STR(bench_verdict(&b), "ROLLBACK");
    bench_free(&b);
}

T(the_fourth_look_without_data_is_told_once)
{
    struct bench b = bench_new(60, 0);

    T_EQ(bench_add(&b, "rollback when queue_depth > 10"), 0);
    for (int t = 0; t <= 600; t += 60) {
        bench_polled(&b, t);
        WANT_EVENTS(&b, t, t == 180 ? "no-data 0" : "");
        T_STR(bench_verdict(&b), t < 180 ? "HOLD" : "INVESTIGATE");
    }
    bench_free(&b);
}

T(flapping_is_told_once_and_does_nothing_else)
{
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    T_EQ(bench_add(&b, "page dba when queue_depth > 10"), 0);
    for (int i = 0; i < 12; i++) {
        bool told = i == 4;

        depth(&b, i * 60, i % 2 ? 15 : 3);
        WANT_EVENTS(&b, i * 60,
                    told               ? "flapping 0; resolved 0"
                    : i == 1 || i == 3 ? "fired 0 page dba"
                    : i % 2            ? ""
                    : i                ? "resolved 0"
                                       : "");
    }
    judge_result(b.j, 0, &r);
    T_CHECK(r.flapping && r.verdict == VERDICT_INVESTIGATE);
    bench_free(&b);
}

/* ---- in force ---- */

static enum judge_state state_at(struct bench *b, size_t rule, double t)
{
    struct judge_result r;

    judge_tick(b->j, bench_us(t));
    judge_result(b->j, rule, &r);
    return r.state;
}

T(a_rule_is_in_force_when_its_clause_says_so)
{
    struct bench b = bench_new(60, 100);
    const double week = 7 * 86400;

    T_EQ(bench_add(&b, "investigate when queue_depth > 10 within 5m of step"), 0);
    T_EQ(bench_add(&b, "investigate when queue_depth > 10 after phase 4"), 1);
    T_EQ(bench_add(&b, "investigate when queue_depth > 10 after cleanup"), 2);
    T_EQ(bench_add(&b, "investigate when queue_depth > 10 after week 2"), 3);
    T_EQ(bench_add(&b, "investigate when queue_depth > 10"), 4);
    T_EQ(bench_add(&b, "investigate when queue_depth > 10 at T+5m"), 5);
    depth(&b, 60, 15);
    for (size_t i = 0; i < 6; i++)
        T_EQ(state_at(&b, i, 60), STATE_INACTIVE); /* before T0 nothing is judged */
    depth(&b, 120, 15);
    T_EQ(state_at(&b, 0, 120), STATE_INACTIVE); /* no step is known */
    T_EQ(state_at(&b, 4, 120), STATE_FIRED);
    judge_set_step(b.j, bench_us(200));
    judge_phase_done(b.j, SV("phase"), 3);
    depth(&b, 180, 15);
    T_EQ(state_at(&b, 0, 180), STATE_INACTIVE);
    T_EQ(state_at(&b, 1, 180), STATE_INACTIVE);
    judge_phase_done(b.j, SV("phase"), 4);
    judge_phase_done(b.j, SV("cleanup"), 0);
    depth(&b, 240, 15);
    T_EQ(state_at(&b, 0, 240), STATE_FIRED);
    T_EQ(state_at(&b, 1, 240), STATE_FIRED);
    T_EQ(state_at(&b, 2, 240), STATE_FIRED);
    T_EQ(state_at(&b, 3, 240), STATE_INACTIVE);
    depth(&b, 501, 15);
    T_EQ(state_at(&b, 0, 501), STATE_INACTIVE);
    b.j->cfg.run_start_us = bench_us(-2 * week + 600);
    depth(&b, 599, 15);
    T_EQ(state_at(&b, 3, 599), STATE_INACTIVE);
    depth(&b, 660, 15);
    T_EQ(state_at(&b, 3, 660), STATE_FIRED);
    bench_free(&b);
}

T(a_rule_is_judged_when_it_has_news)
{
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    T_EQ(bench_add(&b, "investigate when 2 of 2 (http.h is down)"), 0);
    T_EQ(bench_add(&b, "investigate when queue_depth > 10 every 5m"), 1);
    samples_add_probe(b.s, bench_source(&b, "http.h", true), 0, PROBE_DOWN);
    samples_poll_ok(b.s, bench_source(&b, "http.h", true), 0);
    depth(&b, 0, 15);
    r = bench_tick(&b, 0);
    T_CHECK(r.evaluated && r.result == RESULT_NODATA);
    depth(&b, 60, 15);
    r = bench_tick(&b, 60); /* the probe was not asked: its last answer does not count twice */
    T_CHECK(!r.evaluated && r.result == RESULT_NODATA);
    judge_result(b.j, 1, &r);
    T_CHECK(!r.evaluated && r.state == STATE_FIRED);
    samples_add_probe(b.s, bench_source(&b, "http.h", true), bench_us(90), PROBE_DOWN);
    samples_poll_ok(b.s, bench_source(&b, "http.h", true), bench_us(90));
    r = bench_tick(&b, 120);
    T_CHECK(r.evaluated && r.result == RESULT_TRUE);
    r = bench_tick(&b, 120); /* a time that is not later: nothing */
    T_EQ(r.at_us, bench_us(120));
    (void)bench_tick(&b, 300);
    judge_result(b.j, 1, &r);
    T_CHECK(r.evaluated);
    bench_free(&b);
}

T(a_rule_over_rows_is_judged_when_they_are_new)
{
    struct bench b = bench_new(60, 0);
    json_t *rows = json_pack("[i]", 1);
    struct judge_result r;
    size_t other = bench_source(&b, "elsewhere", true);

    T_EQ(bench_add(&b, "investigate when count(deals) > 0"), 0);
    T_EQ(bench_add(&b, "investigate when p95(h_seconds)[5m] > 5s"), 1);
    T_CHECK(samples_add_rows(b.s, other, SV("deals"), 0, rows, NULL));
    samples_poll_ok(b.s, other, 0);
    bench_push(&b, "h_seconds_bucket{le=\"5\"}", 0, 1);
    bench_push(&b, "h_seconds_count", 0, 1);
    bench_polled(&b, 0);
    r = bench_tick(&b, 0);
    T_CHECK(r.evaluated && r.result == RESULT_TRUE);
    r = bench_tick(&b, 60);
    T_CHECK(!r.evaluated);
    bench_polled(&b, 90);
    samples_poll_ok(b.s, other, bench_us(90));
    r = bench_tick(&b, 120);
    T_CHECK(r.evaluated);
    judge_result(b.j, 1, &r);
    T_CHECK(r.evaluated);
    json_decref(rows);
    bench_free(&b);
}

T(a_pending_run_is_followed_for_an_hour_at_most)
{
    struct bench b = bench_new(60, 0);

    T_EQ(bench_add(&b, "rollback when queue_depth > 10 for 10m within 2m of deploy"), 0);
    depth(&b, 60, 15);
    T_EQ(state_at(&b, 0, 60), STATE_PENDING);
    for (int t = 120; t < 240 + 3600; t += 60) { /* the sample is fresh until 240 */
        bench_polled(&b, t);
        T_EQ(state_at(&b, 0, t) == STATE_INACTIVE, false);
        T_CHECK(!judge_is_over(b.j));
    }
    bench_polled(&b, 3840);
    T_EQ(state_at(&b, 0, 3840), STATE_INACTIVE);
    T_CHECK(judge_is_over(b.j));
    bench_free(&b);
}

/* A target that is gone for good: the watch must not wait for it for ever. */
T(the_watch_follows_a_pending_run_without_results_for_an_hour_at_most)
{
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    T_EQ(bench_add(&b, "rollback when queue_depth > 10 for 10m"), 0);
    depth(&b, 60, 15);
    T_EQ(state_at(&b, 0, 60), STATE_PENDING);
    for (int t = 120; t < 240 + 3600; t += 60) {
        samples_poll_failed(b.s, 0, bench_us(t), SV("connection refused"));
        r = bench_tick(&b, t);
        T_CHECK(r.verdict >= VERDICT_INVESTIGATE);
        T_CHECK(!judge_is_over(b.j));
    }
    samples_poll_failed(b.s, 0, bench_us(3840), SV("connection refused"));
    r = bench_tick(&b, 3840);
    T_EQ(r.verdict, VERDICT_INVESTIGATE);
    T_CHECK(judge_is_over(b.j));
    bench_free(&b);
}

T(the_watch_ends_with_its_last_checkpoint_or_longest_period)
{
    struct bench b = bench_new(60, 100);
    struct judge_config c = {.run = SV("r"), .t0_us = JUDGE_UNSET, .step_us = JUDGE_UNSET};
    struct judge *unset = judge_new(&c, b.s);

    T_EQ(judge_watch_end(unset), JUDGE_UNSET);
    judge_free(unset);
    judge_free(NULL);
    T_EQ(bench_add(&b, "rollback when queue_depth > 10 within 5m of deploy"), 0);
    T_EQ(judge_watch_end(b.j), bench_us(400));
    T_EQ(bench_add(&b, "checkpoint T+10m: all"), 0);
    T_EQ(judge_watch_end(b.j), bench_us(700));
    T_CHECK(!judge_is_over(b.j));
    depth(&b, 400, 1);
    judge_tick(b.j, bench_us(400));
    T_CHECK(!judge_is_over(b.j));
    judge_tick(b.j, bench_us(699));
    T_CHECK(!judge_is_over(b.j));
    bench_polled(&b, 700); /* 300 s old: stale, so the checkpoint holds */
    judge_tick(b.j, bench_us(700));
    T_CHECK(!judge_is_over(b.j));
    depth(&b, 760, 1);
    judge_tick(b.j, bench_us(760));
    T_CHECK(judge_is_over(b.j));
    bench_free(&b);
}

T(without_a_deploy_mark_time_begins_with_the_step_or_the_first_look)
{
    struct bench b = bench_new(60, 0);
    struct judge_config c = {.run = SV("r"), .t0_us = JUDGE_UNSET, .step_us = bench_us(50)};
    struct judge *j = judge_new(&c, b.s);

    judge_tick(j, bench_us(60));
    T_EQ(j->cfg.t0_us, bench_us(50));
    judge_free(j);
    c.step_us = JUDGE_UNSET;
    j = judge_new(&c, b.s);
    judge_tick(j, bench_us(60));
    T_EQ(j->cfg.t0_us, bench_us(60));
    T_EQ(judge_n_rules(j), 0);
    judge_free(j);
    bench_free(&b);
}

/* ---- bands ---- */

T(a_value_in_no_row_of_the_table_is_investigated)
{
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    T_EQ(bench_add(&b, "rollback when queue_depth > 100"), 0);
    T_EQ(bench_add(&b, "investigate when queue_depth in [50, 100]"), 1);
    T_EQ(bench_add(&b, "ok when queue_depth <= 20"), 2);
    depth(&b, 0, 10);
    (void)bench_tick(&b, 0);
    T_STR(bench_verdict(&b), "OK");
    depth(&b, 60, 30);
    r = bench_tick(&b, 60);
    T_CHECK(r.uncovered && r.changed && r.state == STATE_GOOD && r.verdict == VERDICT_INVESTIGATE);
    T_STR(bench_verdict(&b), "INVESTIGATE");
    depth(&b, 120, 70);
    r = bench_tick(&b, 120);
    T_CHECK(!r.uncovered && r.verdict == VERDICT_OK);
    depth(&b, 180, 20);
    r = bench_tick(&b, 180);
    T_CHECK(!r.uncovered);
    T_STR(bench_verdict(&b), "OK");
    bench_free(&b);
}

T(a_percentile_in_no_row_is_investigated_when_the_buckets_can_tell)
{
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    T_EQ(bench_add(&b, "rollback when p50(h_seconds)[1m] > 5s min 1 samples"), 0);
    T_EQ(bench_add(&b, "expect p50(h_seconds)[2m] < 1s at T+1h"), 1);
    T_EQ(bench_add(&b, "rollback when p50(g_seconds)[1m] > 5s min 1 samples"), 2);
    T_EQ(bench_add(&b, "ok when p50(g_seconds)[1m] < 3s min 1 samples"), 3);
    for (int t = 0; t <= 60; t += 60) {
        bench_push(&b, "h_seconds_bucket{le=\"1\"}", t, 0);
        bench_push(&b, "h_seconds_bucket{le=\"5\"}", t, t);
        bench_push(&b, "h_seconds_bucket{le=\"+Inf\"}", t, t);
        bench_push(&b, "g_seconds_bucket{le=\"2\"}", t, 0);
        bench_push(&b, "g_seconds_bucket{le=\"5\"}", t, t);
        bench_push(&b, "g_seconds_bucket{le=\"+Inf\"}", t, t);
        bench_polled(&b, t);
    }
    r = bench_tick(&b, 60);
    T_CHECK(r.uncovered && r.verdict == VERDICT_INVESTIGATE);
    judge_result(b.j, 2, &r); /* 3 s lies between two buckets */
    T_CHECK(!r.uncovered && r.verdict == VERDICT_OK);
    bench_free(&b);
}

/* ---- what people read ---- */

static char *explained(struct bench *b, size_t i)
{
    struct strbuf out = STRBUF(0);

    judge_explain(b->j, i, &out);
    return strbuf_steal_str(&out);
}

/* What stays as it is has no slope, whatever sums of it round to; and a limit per minute is compared by the minute. */
T(a_slope_is_shown_as_its_limit_is_and_is_none_where_nothing_grows)
{
    static const struct {
        double start, grows;
        const char *want;
    } rows[] = {
        {12345678.9, 0, "0B/m not > 100MB/m, good, OK"},
        {1e15 / 3, 0, "0B/m not > 100MB/m, good, OK"},
        {1e8, 250e6, "250MB/m > 100MB/m, fired, ROLLBACK"},
        {1e8, 40e3, "40KB/m not > 100MB/m, good, OK"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b = bench_new(7, 0);
        char *got, *text;

        (void)bench_add(&b, "rollback when slope(mem_bytes[5m]) > 100MB/m");
        for (int t = 1; t <= 50; t++) {
            bench_push(&b, "mem_bytes", 7 * t, rows[i].start + rows[i].grows * 7 * t / 60);
            bench_polled(&b, 7 * t);
        }
        T_CHECK(rows[i].grows > 0 || num_same(bench_tick(&b, 351).value, 0));
        (void)bench_tick(&b, 352);
        got = explained(&b, 0);
        text = strstr(got, "m]) > 100MB/m: ");
        T_STR(text ? text + 15 : got, rows[i].want);
        free(got);
        bench_free(&b);
    }
}

T(a_line_explains_each_rule)
{
    static const struct {
        const char *rule, *want;
    } rows[] = {
        {"rollback when mem_bytes > 2GB for 5m",
         "2.5GB > 2GB for 1m 00s of 5m 00s, pending, INVESTIGATE"},
        {"rollback when 2GB < mem_bytes", "2.5GB > 2GB, fired, ROLLBACK"},
        {"expect mem_bytes in [1GB, 2GB]", "2.5GB not in 1GB to 2GB, fired, INVESTIGATE"},
        {"expect mem_bytes within 100MB of 2GB",
         "2.5GB not within reach of 2GB, fired, INVESTIGATE"},
        {"rollback when not (mem_bytes < 3GB)", "2.5GB < 3GB, good, OK"},
        {"rollback when not (mem_bytes < 2GB)", "2.5GB not < 2GB, fired, ROLLBACK"},
        {"rollback when mem_bytes > 2x baseline",
         "2.5GB: no-baseline (nothing was measured before the deployment), nodata, HOLD"},
        {"expect mem_bytes within 1GB of 2GB", "2.5GB within reach of 2GB, good, OK"},
        {"rollback when absent > 5", "no value: no-series, nodata, HOLD"},
        {"rollback when absent > 5 or mem_bytes > 9GB",
         "NODATA: absent > 5 is NODATA (no-series); mem_bytes > 9GB is false (2.5GB), nodata, HOLD"},
        {"rollback when mem_bytes > 3GB or mem_bytes < 0B",
         "false: mem_bytes > 3GB is false (2.5GB); mem_bytes < 0B is false (2.5GB), good, OK"},
        {"rollback when mem_bytes > 1GB and not (mem_bytes in [5GB, 6GB])",
         "true: mem_bytes > 1GB is true (2.5GB); mem_bytes in [5GB, 6GB] is false (2.5GB), fired, ROLLBACK"},
        {"rollback when mem_bytes > 1GB and mem_bytes > 2x baseline",
         "NODATA: mem_bytes > 1GB is true (2.5GB); mem_bytes > 2x baseline is NODATA (no-baseline)"
         ", nodata, HOLD"},
        {"rollback when p50(h_seconds)[5m] > 1s and mem_bytes > 1GB min 1 samples",
         "true: p50(h_seconds)[5m] > 1s is true (100% above); mem_bytes > 1GB is true (2.5GB), fired, ROLLBACK"},
        {"rollback when 2 of 3 (mem_bytes > 1GB)",
         "true: 2 of 3 (mem_bytes > 1GB) is true (2.5GB), fired, ROLLBACK"},
        {"rollback when p50(h_seconds)[5m] > 1s min 1 samples",
         "100% of 60 above 1s, fired, ROLLBACK"},
        {"rollback when p50(h_seconds)[5m] > 2s min 1 samples",
         "50% to 100% of 60 above 2s: between-buckets, nodata, HOLD"},
        {"rollback when p50(h_seconds)[5m] > 2s and mem_bytes > 1GB min 1 samples",
         "NODATA: p50(h_seconds)[5m] > 2s is NODATA (between-buckets: 50% to 100% above); mem_bytes > 1GB is true (2.5GB)"
         ", nodata, HOLD"},
        {"report mem_bytes", "2.5GB, report, OK"},
        {"report p50(h_seconds)[5m] min 1 samples", NULL},
        {"rollback when mem_bytes > 9GB within 10s of deploy", "not in force, inactive, OK"},
        {"expect mem_bytes < 3GB for 5m", "2.5GB < 3GB for 1m 00s of 5m 00s, waiting, HOLD"},
        {"expect mem_bytes > 9GB", "2.5GB not > 9GB, fired, INVESTIGATE"},
    };
    struct bench b = bench_new(60, 0);
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].want)
            T_EQ(bench_add(&b, rows[i].rule), n++);
    for (int t = 0; t <= 60; t += 60) {
        bench_push(&b, "mem_bytes", t, 2.5e9);
        bench_push(&b, "h_seconds_bucket{le=\"1\"}", t, 0);
        bench_push(&b, "h_seconds_bucket{le=\"5\"}", t, t / 2.0);
        bench_push(&b, "h_seconds_bucket{le=\"+Inf\"}", t, t);
        bench_polled(&b, t);
        judge_tick(b.j, bench_us(t));
    }
    for (size_t i = 0, k = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf want = STRBUF(0);
        char *got;

        if (!rows[i].want)
            continue;
        strbuf_addf(&want, "%s: %s", rows[i].rule, rows[i].want);
        got = explained(&b, k++);
        T_STR(got, strbuf_str(&want));
        free(got);
    }
    bench_free(&b);
}

T(flapping_uncovered_and_baselines_are_explained)
{
    struct bench b = bench_new(60, 0);
    char *got;

    T_EQ(bench_add(&b, "rollback when queue_depth > 100"), 0);
    T_EQ(bench_add(&b, "ok when queue_depth < 10"), 1);
    T_EQ(bench_add(&b, "expect queue_depth not worse than baseline"), 2);
    for (int i = 0; i < 6; i++) {
        depth(&b, i * 60, i % 2 ? 150 : 50);
        judge_tick(b.j, bench_us(i * 60));
    }
    got = explained(&b, 0);
    T_STR(got, "rollback when queue_depth > 100: 150 > 100, fired, flapping, INVESTIGATE");
    free(got);
    depth(&b, 360, 50);
    judge_tick(b.j, bench_us(360));
    got = explained(&b, 0);
    T_STR(
        got,
        "rollback when queue_depth > 100: 50 not > 100, good, flapping, in no row of the table, INVESTIGATE");
    free(got);
    got = explained(&b, 2);
    T_CHECK(strstr(got, " against the baseline: no-baseline"));
    free(got);
    bench_free(&b);
}

/* ---- tests against the baseline ---- */

static void feed_ratio(struct bench *b, double t, double total, double bad)
{
    bench_push(b, "r_total{code=\"200\"}", t, total - bad);
    bench_push(b, "r_total{code=\"500\"}", t, bad);
}

static size_t add_worse(struct bench *b, const char *text, enum worse worse)
{
    static const char *const names[] = {"r_total", "load", "lat_seconds"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct rule_source s = {.name = sv_from(names[i]),
                                .worse = worse,
                                .kind = i == 1 ? SOURCE_GAUGE : SOURCE_UNKNOWN};

        rule_env_add_source(b->env, &s);
    }
    return bench_add(b, text);
}

/* Half an hour before T0 = 1800 and twenty minutes after; `factor` times as bad. */
static struct bench compared(const char *const *rules, size_t n, enum worse worse, double factor)
{
    struct bench b = bench_new(60, 1800);
    double total = 0, bad = 0, slow = 0;

    for (size_t i = 0; i < n; i++)
        T_EQ(add_worse(&b, rules[i], worse), i);
    for (int t = 0; t <= 3000; t += 60) {
        double f = t > 1800 ? factor : 1, noise = (t / 60) * 7 % 11;

        total += 1000;
        bad += 20 * f;
        slow += 100 * f;
        feed_ratio(&b, t, total, bad);
        bench_push(&b, "load", t, (100 + noise) * f);
        bench_push(&b, "lat_seconds_bucket{le=\"1\"}", t, total - slow);
        bench_push(&b, "lat_seconds_bucket{le=\"8\"}", t, total);
        bench_push(&b, "lat_seconds_bucket{le=\"+Inf\"}", t, total);
        bench_push(&b, "lat_seconds_count", t, total);
        bench_push(&b, "lat_seconds_sum", t, total + slow * 4 + noise);
        bench_polled(&b, t);
        if (t == 1800)
            judge_measure_baseline(b.j, bench_us(t));
    }
    judge_tick(b.j, bench_us(3000));
    return b;
}

static const char *const compared_rules[] = {
    "expect ratio(r_total{code=\"500\"}, r_total)[20m] not worse than baseline at T+20m",
    "expect load not worse than baseline at T+20m",
    "expect avg(lat_seconds)[20m] not worse than baseline at T+20m else rollback",
    "expect ratio(r_total{code=\"500\"}, r_total)[20m] not worse than baseline by 200% confident 95% at T+20m",
    "expect load not worse than baseline by 500 at T+20m",
    "expect ratio(r_total{code=\"500\"}, r_total)[20m] not worse than baseline by 50pp at T+20m",
    "expect p90(lat_seconds)[20m] not worse than baseline at T+20m",
    "expect abs(load - 5) not worse than baseline by 5% at T+20m",
};

static void want_results(struct bench *b, const char *want)
{
    for (size_t i = 0; want[i]; i++) {
        struct judge_result r;
        char got;

        judge_result(b->j, i, &r);
        got = r.result == RESULT_TRUE     ? 't'
              : r.result == RESULT_FALSE  ? 'f'
              : r.result == RESULT_NODATA ? 'n'
                                          : 'e';
        if (got != want[i])
            T_FAIL("%.*s: %c (%.*s)", SV_FMT(r.rule->text), got, SV_FMT(r.why));
    }
}

T(nothing_worse_is_not_worse_and_something_worse_is)
{
    struct bench same = compared(compared_rules, ARRAY_LEN(compared_rules), WORSE_UP, 1);
    struct bench twice = compared(compared_rules, ARRAY_LEN(compared_rules), WORSE_UP, 5);
    struct bench better = compared(compared_rules, 3, WORSE_DOWN, 0.2);
    struct judge_result r;

    want_results(&same, "ttttttt");
    want_results(&twice, "ffffttff");
    judge_result(twice.j, 2, &r);
    T_EQ(r.verdict, VERDICT_ROLLBACK);
    judge_result(twice.j, 1, &r);
    T_CHECK(r.has_value && r.has_limit && r.value > 300 && r.limit < 130);
    want_results(&better,
                 "tff"); /* where less is worse; 98 % that are no errors cannot get 20 % more */
    bench_free(&same);
    bench_free(&twice);
    bench_free(&better);
}

T(what_cannot_be_told_is_investigated_and_too_little_is_no_data)
{
    struct bench b = bench_new(60, 1800);
    struct judge_result r;

    T_EQ(add_worse(&b, "expect load not worse than baseline else rollback", WORSE_UP), 0);
    T_EQ(add_worse(&b, "expect ratio(r_total{code=\"500\"}, r_total)[20m] not worse than baseline",
                   WORSE_UP),
         1);
    T_EQ(add_worse(&b, "expect load not worse than baseline by 1% at T+4m", WORSE_UP), 2);
    for (int t = 0; t <= 2400; t += 60) {
        bench_push(&b, "load", t, t > 1800 ? 121 + t / 60 % 5 : 100 + t / 60 % 5);
        feed_ratio(&b, t, t * 10, t / 10.0);
        bench_polled(&b, t);
        if (t == 1800)
            judge_measure_baseline(b.j, bench_us(t));
        if (t == 2040) {
            r = bench_tick(&b, t);
            T_CHECK(r.result == RESULT_NODATA &&
                    r.nodata == NODATA_FILLING); /* four values against thirty */
            judge_result(b.j, 2, &r);
            T_CHECK(r.result == RESULT_NODATA);
        }
    }
    r = bench_tick(&b, 2400);
    T_CHECK(r.result == RESULT_NODATA && r.nodata == NODATA_UNDECIDED);
    T_EQ(r.verdict, VERDICT_INVESTIGATE);
    bench_free(&b);
}

T(a_sample_that_drifts_is_at_most_investigated)
{
    struct bench b = bench_new(60, 1800);
    struct judge_result r;

    T_EQ(add_worse(&b, "expect load not worse than baseline else rollback", WORSE_UP), 0);
    for (int t = 0; t <= 3000; t += 60) {
        bench_push(&b, "load", t, t > 1800 ? t : t / 100.0);
        bench_polled(&b, t);
        if (t == 1800)
            judge_measure_baseline(b.j, bench_us(t));
    }
    r = bench_tick(&b, 3000);
    T_EQ(r.result, RESULT_FALSE);
    T_EQ(r.verdict, VERDICT_INVESTIGATE);
    bench_free(&b);
}

T(without_traffic_or_baseline_nothing_is_compared)
{
    static const char *const rules[] = {
        "expect ratio(r_total{code=\"500\"}, r_total)[20m] not worse than baseline",
        "expect ratio(x_total, y_total)[20m] not worse than baseline",
        "expect ratio(r_total{code=\"500\"}, r_total)[20m] not worse than baseline min 100000 samples",
    };
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        T_EQ(add_worse(&b, rules[i], WORSE_UP), i);
    for (int t = 0; t <= 1200; t += 60) {
        feed_ratio(&b, t, t * 10, 0);
        bench_polled(&b, t);
    }
    r = bench_tick(&b, 1200);
    T_EQ(r.nodata, NODATA_NO_BASELINE);
    judge_result(b.j, 1, &r);
    T_EQ(r.nodata, NODATA_NO_SERIES);
    baseline_release(rule_prog_baseline(b.j->rules.v[2].prog, 0));
    rule_prog_baseline(b.j->rules.v[2].prog, 0)->kind = BASELINE_RATIO;
    rule_prog_baseline(b.j->rules.v[2].prog, 0)->n = 5000;
    bench_polled(&b, 1260);
    (void)bench_tick(&b, 1260);
    judge_result(b.j, 2, &r);
    T_CHECK(r.nodata == NODATA_NO_TRAFFIC || r.nodata == NODATA_FILLING);
    bench_free(&b);
}

T(confident_rules_decide_by_evidence)
{
    static const char *const rules[] = {
        "rollback when ratio(r_total{code=\"500\"}, r_total)[10m] > 1% confident 99%",
        "expect ratio(r_total{code=\"200\"}, r_total)[10m] > 99% confident 99%",
        "rollback when p95(h_seconds)[10m] > 1s confident 99%",
        "expect p95(h_seconds)[10m] < 2s confident 99%",
        "rollback when 1% < ratio(r_total{code=\"500\"}, r_total)[10m] confident 99% within 20m of deploy",
        "expect p95(h_seconds)[10m] < 1s confident 99% min 100000 samples",
        "rollback when p95(raw_seconds)[10m] > 1s confident 99% min 1 samples",
        "rollback when p95(none_seconds)[10m] > 1s confident 99%",
        "rollback when ratio(none_total, none_total)[10m] > 1% confident 99%",
        "rollback when p95(h_seconds)[10m] > 9s confident 99%",
        "expect ratio(r_total{code=\"404\"}, r_total)[10m] < 1% confident 99% at T+10m",
    };
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        T_EQ(bench_add(&b, rules[i]), i);
    for (int t = 0; t <= 600; t += 60) {
        feed_ratio(&b, t, t * 10, t * 0.5);
        bench_push(&b, "h_seconds_bucket{le=\"1\"}", t, t * 8);
        bench_push(&b, "h_seconds_bucket{le=\"3\"}", t, t * 10);
        bench_push(&b, "h_seconds_bucket{le=\"+Inf\"}", t, t * 10);
        bench_push(&b, "raw_seconds", t, 2);
        bench_polled(&b, t);
    }
    (void)bench_tick(&b, 600);
    want_results(&b, "tftntnennft");
    judge_result(b.j, 0, &r);
    T_CHECK(r.has_value && num_same(r.value, 0.05) && r.has_n && r.has_limit);
    judge_result(b.j, 10, &r);
    T_EQ(r.verdict, VERDICT_OK);
    bench_free(&b);
}

/* ---- saving, restoring, order ---- */

static const char *const world_rules[] = {
    "rollback when ratio(r_total{code=\"500\"}, r_total)[2m] > 20% for 3m",
    "rollback when queue_depth > 80 for 2m missing bad",
    "investigate when queue_depth > 60 recover 40",
    "hold when max(load_ratio) > 70%",
    "ok when queue_depth < 30",
    "expect queue_depth < 50 for 4m",
    "proceed when queue_depth < 4 within 5m of step",
    "investigate when 2 of 3 (http.h is down)",
    "rollback when http.h is down for 1m",
    "page dba when matches(log.app, \"err\")[3m] > 2",
    "rollback when p95(h_seconds)[3m] > 1s min 20 samples for 1m",
    "investigate when ratio(r_total{code=\"500\"}, r_total)[5m] > 10% confident 95%",
    "expect queue_depth within 50% of baseline",
    "expect queue_depth not worse than baseline confident 90%",
    "investigate when unit.app.crashes[5m] > 1 every 2m",
    "rollback when increase(r_total[3m]) < 10 within 15m of deploy",
    "expect count(sql.rows : v > 5) < 3 at T+10m else hold",
    "expect slope(queue_depth[5m]) < 20/m else hold",
    "report avg(queue_depth)[5m]",
    "alert eng when http.h.json.mode != \"ok\" after phase 2",
    "checkpoint T+5m: all",
    "checkpoint T+12m: queue_depth, trend",
    "checkpoint T+20m: baseline",
};

struct world {
    uint64_t seed;
    double good, bad, slow;
};

static uint32_t roll(struct world *w, uint32_t n)
{
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->seed >> 33) % n;
}

static struct bench world_new(void)
{
    struct bench b = bench_new(30, 0);
    struct judge_config c = {.run = SV("r"),
                             .interval_us = 30 * S_US,
                             .t0_us = 0,
                             .step_us = 0,
                             .run_start_us = 0,
                             .rollback_until_us = JUDGE_UNSET};

    judge_free(b.j);
    b.j = judge_new(&c, b.s);
    for (size_t i = 0; i < ARRAY_LEN(world_rules); i++)
        (void)bench_add(&b, world_rules[i]);
    return b;
}

enum { WORLD_PUSHES = 9 };

/* What one source of the world shows at t: the i-th of its pushes. */
static void world_push(struct bench *b, const struct world *w, int t, unsigned i)
{
    struct world dice = {.seed = w->seed + i * UINT64_C(977)};
    size_t h = bench_source(b, "http.h", true), log = bench_source(b, "log.app", true);
    size_t unit = bench_source(b, "unit.app", true), sql = bench_source(b, "sql.rows", true);
    json_t *rows = NULL;

    if (roll(&dice, 12) == 0) { /* this poll fails */
        if (i < 4)
            samples_poll_failed(b->s, bench_source(b, "web", false), bench_us(t), SV("refused"));
        else if (i == 5)
            samples_poll_failed(b->s, log, bench_us(t), SV("unreadable"));
        return;
    }
    if (i == 0) {
        bench_push(b, "r_total{code=\"200\"}", t, w->good);
        bench_push(b, "r_total{code=\"500\"}", t, w->bad);
    } else if (i == 1) {
        bench_push(b, "queue_depth", t, roll(&dice, 100));
    } else if (i == 2) {
        bench_push(b, "load_ratio{pod=\"a\"}", t, roll(&dice, 100) / 100.0);
        bench_push(b, "load_ratio{pod=\"b\"}", t, roll(&dice, 100) / 100.0);
    } else if (i == 3) {
        bench_push(b, "h_seconds_bucket{le=\"1\"}", t, w->good);
        bench_push(b, "h_seconds_bucket{le=\"+Inf\"}", t, w->good + w->slow);
        bench_push(b, "h_seconds_count", t, w->good + w->slow);
    } else if (i == 4) {
        samples_add_probe(b->s, h, bench_us(t), (enum sample_probe)roll(&dice, 3));
        samples_poll_ok(b->s, h, bench_us(t));
    } else if (i == 5) {
        for (int n = (int)roll(&dice, 3); n > 0; n--)
            samples_add_line(b->s, log, bench_us(t - n), SV("an err"));
        samples_poll_ok(b->s, log, bench_us(t));
    } else if (i == 6) {
        (void)samples_add_events(b->s, unit, SV("unit.app.crashes"), bench_us(t), roll(&dice, 2));
        samples_poll_ok(b->s, unit, bench_us(t));
    } else if (i == 7) {
        rows = json_array();
        for (int n = 0; n < 3; n++) /* one by one: arguments have no order */
            json_append(rows, json_pack("{si}", "v", (int)roll(&dice, 10)));
        (void)samples_add_rows(b->s, sql, SV("sql.rows"), bench_us(t), rows, NULL);
        samples_poll_ok(b->s, sql, bench_us(t));
        json_decref(rows);
    } else {
        struct sample_value v = {.kind = roll(&dice, 2) ? SAMPLES_TEXT : SAMPLES_NULL,
                                 .text = SV("ok")};

        (void)samples_add_value(b->s, h, SV("http.h.json.mode"), bench_us(t), &v);
    }
}

/* One tick of the world, its pushes in an order that `order` chooses. */
static void world_tick(struct bench *b, struct world *w, int t, uint64_t order)
{
    unsigned at[WORLD_PUSHES];
    struct world dice = {.seed = order};

    w->good += roll(w, 40);
    w->bad += roll(w, 20);
    w->slow += roll(w, 10);
    for (unsigned i = 0; i < WORLD_PUSHES; i++)
        at[i] = i;
    for (unsigned i = WORLD_PUSHES - 1; order && i > 0; i--) {
        unsigned k = roll(&dice, i + 1), x = at[i];

        at[i] = at[k];
        at[k] = x;
    }
    for (unsigned i = 0; i < WORLD_PUSHES; i++)
        world_push(b, w, t, at[i]);
    if (roll(w, 8))
        bench_polled(b, t);
    if (t == 0)
        judge_measure_baseline(b->j, 0);
    if (t == 300)
        judge_phase_done(b->j, SV("phase"), 2);
    judge_tick(b->j, bench_us(t));
    if (t == 600 && judge_n_checkpoints(b->j))
        (void)judge_answer(b->j, 0, CHECK_GO_ON);
}

/* All that can be seen after a tick, but for what only belongs to this very tick. */
static void world_show(struct bench *b, struct strbuf *out)
{
    json_t *state = judge_save(b->j);
    size_t n;
    const struct judge_event *e = judge_events(b->j, &n);

    strbuf_truncate(out, 0);
    for (size_t i = 0; i < n; i++)
        strbuf_addf(out, "%d %zu %d; ", (int)e[i].kind, e[i].rule, (int)e[i].action);
    for (size_t i = 0; i < judge_n_rules(b->j); i++) {
        judge_explain(b->j, i, out);
        strbuf_add_byte(out, '\n');
    }
    json_write(state, out);
    json_decref(state);
}

/* A new judge (and store, when `store`) that goes on where the other stopped. */
static struct bench world_again(const struct bench *old, bool store)
{
    struct bench b = world_new();
    json_t *state = judge_save(old->j), *samples = samples_save(old->s);
    struct err err = {0};

    if (store) {
        T_OK(samples_restore(b.s, samples, &err), err);
        T_OK(judge_restore(b.j, state, &err), err);
    }
    json_decref(state);
    json_decref(samples);
    return b;
}

/* R27, P3: restarting at any moment changes no later verdict. */
T(a_judge_restored_at_any_moment_goes_on_as_if_nothing_had_happened)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct world w = {.seed = seed * 12345};
        struct bench straight = world_new(), stopped = world_new();
        CLEANUP(strbuf_release) struct strbuf a = STRBUF(0), b = STRBUF(0);

        for (int t = 0; t <= 1500; t += 30) {
            struct world v = w;
            struct bench next;

            world_tick(&straight, &w, t, 0);
            world_tick(&stopped, &v, t, 0);
            world_show(&straight, &a);
            world_show(&stopped, &b);
            if (strcmp(strbuf_str(&a), strbuf_str(&b)) != 0)
                T_FAIL("seed %d, t=%d:\n%s\n---\n%s", (int)seed, t, strbuf_str(&a), strbuf_str(&b));
            next = world_again(&stopped, true);
            bench_free(&stopped);
            stopped = next;
        }
        bench_free(&straight);
        bench_free(&stopped);
    }
}

T(the_order_of_samples_within_a_tick_does_not_matter)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct world w = {.seed = seed * 54321};
        struct bench x = world_new(), y = world_new();
        CLEANUP(strbuf_release) struct strbuf a = STRBUF(0), b = STRBUF(0);

        for (int t = 0; t <= 1500; t += 30) {
            struct world v = w;

            world_tick(&x, &w, t, 0);
            world_tick(&y, &v, t, seed + (uint64_t)t + 1);
            world_show(&x, &a);
            world_show(&y, &b);
            if (strcmp(strbuf_str(&a), strbuf_str(&b)) != 0)
                T_FAIL("seed %d, t=%d:\n%s\n---\n%s", (int)seed, t, strbuf_str(&a), strbuf_str(&b));
        }
        bench_free(&x);
        bench_free(&y);
    }
}

/* The world must reach what it is there to test. */
T(the_world_of_these_tests_reaches_every_state)
{
    bool seen[STATE__N] = {false}, verdicts[VERDICT__N] = {false};

    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct world w = {.seed = seed * 12345};
        struct bench b = world_new();

        for (int t = 0; t <= 1500; t += 30) {
            world_tick(&b, &w, t, 0);
            for (size_t i = 0; i < judge_n_rules(b.j); i++) {
                struct judge_result r;

                judge_result(b.j, i, &r);
                seen[r.state] = true;
                verdicts[r.verdict] = true;
            }
        }
        bench_free(&b);
    }
    for (int i = 0; i < STATE__N; i++)
        if (!seen[i] && i != STATE_SUSPENDED && i != STATE_PASSED)
            T_FAIL("never %s", judge_state_names[i]);
    for (int i = 0; i < VERDICT__N; i++)
        T_CHECK(verdicts[i]);
}

T(a_state_that_is_not_of_these_rules_is_refused)
{
    static const char *const bad[] = {
        "{}",
        "{\"prusik_judge\":2}",
        "{\"prusik_judge\":1,\"rules\":[]}",
        "{\"prusik_judge\":1,\"rules\":[{\"id\":\"x\",\"text\":\"y\"}]}",
        "{\"prusik_judge\":1,\"rules\":[{\"id\":\"investigate when 2 of 3 (http.h is down)\",\"text\":\"investigate when 2 "
        "of 3 (http.h is down)\"}]}",
        "{\"prusik_judge\":1,\"rules\":[{\"id\":\"investigate when 2 of 3 (http.h is down)\",\"text\":\"investigate when 2 "
        "of 3 (http.h is down)\",\"nodes\":[\"TTTT\"]}]}",
        "{\"prusik_judge\":1,\"rules\":[{\"id\":\"investigate when 2 of 3 (http.h is down)\",\"text\":\"investigate when 2 "
        "of 3 (http.h is down)\",\"nodes\":[\"TT\"],\"baseline\":[1]}]}",
        "{\"prusik_judge\":1,\"rules\":[{\"id\":\"investigate when 2 of 3 (http.h is down)\",\"text\":\"investigate when 2 "
        "of 3 (http.h is down)\",\"nodes\":[\"TT\"]}]}",
        "{\"prusik_judge\":1,\"rules\":[{\"id\":\"investigate when 2 of 3 (http.h is down)\",\"text\":\"investigate when 2 "
        "of 3 (http.h is down)\",\"nodes\":[\"TT\"]}],\"checkpoints\":[{\"id\":\"T+9m\"}]}",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct bench b = bench_new(60, 0);
        json_t *tree = json_loads(bad[i], 0, NULL);

        T_CHECK(tree);
        T_EQ(bench_add(&b, "investigate when 2 of 3 (http.h is down)"), 0);
        T_EQ(bench_add(&b, "checkpoint T+5m"), 0);
        T_EQ(judge_restore(b.j, tree, &b.err), ERR_INVALID);
        T_CHECK(b.err.msg[0]);
        json_decref(tree);
        bench_free(&b);
    }
}

T(baselines_of_every_kind_are_saved)
{
    static const char *const rules[] = {
        "expect queue_depth > baseline",
        "expect queue_depth not worse than baseline",
        "expect ratio(r_total{code=\"500\"}, r_total)[5m] not worse than baseline",
        "expect count(sql.rows : not (v in baseline)) == 0",
        "expect absent > baseline",
    };
    struct bench b = bench_new(60, 600), c = bench_new(60, 600);
    CLEANUP(strbuf_release) struct strbuf x = STRBUF(0), y = STRBUF(0);
    json_t *rows = json_pack("[{si}]", "v", 1), *saved, *again;

    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        T_EQ(bench_add(&b, rules[i]), i);
        T_EQ(bench_add(&c, rules[i]), i);
    }
    for (int t = 0; t <= 600; t += 60) {
        depth(&b, t, 5);
        feed_ratio(&b, t, t * 10, t);
    }
    (void)samples_add_rows(b.s, bench_source(&b, "sql.rows", true), SV("sql.rows"), bench_us(600),
                           rows, NULL);
    samples_poll_ok(b.s, bench_source(&b, "sql.rows", true), bench_us(600));
    judge_measure_baseline(b.j, bench_us(600));
    T_EQ(rule_prog_baseline(b.j->rules.v[0].prog, 0)->kind, BASELINE_NUM);
    T_EQ(rule_prog_baseline(b.j->rules.v[1].prog, 0)->kind, BASELINE_VALUES);
    T_EQ(rule_prog_baseline(b.j->rules.v[2].prog, 0)->kind, BASELINE_RATIO);
    T_EQ(rule_prog_baseline(b.j->rules.v[3].prog, 0)->kind, BASELINE_ROWS);
    T_EQ(rule_prog_baseline(b.j->rules.v[4].prog, 0)->kind, BASELINE_NONE);
    saved = judge_save(b.j);
    T_OK(judge_restore(c.j, saved, &c.err), c.err);
    again = judge_save(c.j);
    json_write(saved, &x);
    json_write(again, &y);
    T_STR(strbuf_str(&y), strbuf_str(&x));
    json_decref(rows);
    json_decref(saved);
    json_decref(again);
    bench_free(&b);
    bench_free(&c);
}

T_MAIN(T_CASE(every_cell_of_a_standing_rule_is_written_or_cannot_come),
       T_CASE(a_gate_that_is_decided_stays_decided),
       T_CASE(a_checkpoint_closes_once_and_is_answered_once),
       T_CASE(what_a_firing_does_happens_once),
       T_CASE(two_rules_that_fire_at_once_start_one_rollback),
       T_CASE(missing_data_alone_do_not_start_the_rollback),
       T_CASE(the_fourth_look_without_data_is_told_once),
       T_CASE(flapping_is_told_once_and_does_nothing_else),
       T_CASE(a_rule_is_in_force_when_its_clause_says_so),
       T_CASE(a_rule_is_judged_when_it_has_news),
       T_CASE(a_rule_over_rows_is_judged_when_they_are_new),
       T_CASE(a_pending_run_is_followed_for_an_hour_at_most),
       T_CASE(the_watch_follows_a_pending_run_without_results_for_an_hour_at_most),
       T_CASE(the_watch_ends_with_its_last_checkpoint_or_longest_period),
       T_CASE(without_a_deploy_mark_time_begins_with_the_step_or_the_first_look),
       T_CASE(a_value_in_no_row_of_the_table_is_investigated),
       T_CASE(a_percentile_in_no_row_is_investigated_when_the_buckets_can_tell),
       T_CASE(a_slope_is_shown_as_its_limit_is_and_is_none_where_nothing_grows),
       T_CASE(a_line_explains_each_rule), T_CASE(flapping_uncovered_and_baselines_are_explained),
       T_CASE(nothing_worse_is_not_worse_and_something_worse_is),
       T_CASE(what_cannot_be_told_is_investigated_and_too_little_is_no_data),
       T_CASE(a_sample_that_drifts_is_at_most_investigated),
       T_CASE(without_traffic_or_baseline_nothing_is_compared),
       T_CASE(confident_rules_decide_by_evidence),
       T_CASE(a_judge_restored_at_any_moment_goes_on_as_if_nothing_had_happened),
       T_CASE(the_order_of_samples_within_a_tick_does_not_matter),
       T_CASE(the_world_of_these_tests_reaches_every_state),
       T_CASE(a_state_that_is_not_of_these_rules_is_refused),
       T_CASE(baselines_of_every_kind_are_saved))
