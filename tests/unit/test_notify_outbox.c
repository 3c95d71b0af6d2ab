/* Real servers on the other side, a clock that the test moves. */
#include "notify_bench.h"

#include "base/file.h"
#include "smtp_sink.h"

#define HOUR (3600 * 1000000LL)

/* What receivers got: "PATH BODY\n". */
static struct server server;
static struct strbuf got;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int status, answered;
static char key[200];
static const char *retry_after = "120";
static int takes_ms; /* until it answers */

static enum MHD_Result answer(struct server *s UNUSED, struct server_request *r)
{
    int code = atomic_load(&status);

    (void)pthread_mutex_lock(&lock);
    strbuf_addf(&got, "%s %.*s\n", r->path, SV_FMT(strbuf_sv(&r->body)));
    (void)snprintf(key, sizeof(key), "%s", server_field(r, "Idempotency-Key"));
    (void)pthread_mutex_unlock(&lock);
    (void)poll(NULL, 0, takes_ms);
    atomic_fetch_add(&answered, 1);
    if (code == 429) {
        struct MHD_Response *m = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        enum MHD_Result ok;

        (void)MHD_add_response_header(m, "Retry-After", retry_after);
        ok = MHD_queue_response(r->conn, 429, m);
        MHD_destroy_response(m);
        return ok;
    }
    return server_text(r, (unsigned)code, "ok");
}

static void begin(const char *kind, const char *more)
{
    CLEANUP(strbuf_release) struct strbuf notify = STRBUF(0);

    atomic_store(&status, 200);
    server_start(&server, answer, -1);
    strbuf_addf(&notify, "{'me':{'kind':'%s','settings':{'url':'%s/hook'%s}}}", kind, server.url,
                more);
    bench_begin(strbuf_str(&notify));
}

static void end(void)
{
    bench_end();
    server_stop(&server);
    strbuf_release(&got);
}

static void verdict(const char *v)
{
    CLEANUP(strbuf_release) struct strbuf data = STRBUF(0);

    strbuf_addf(&data, "{'verdict':'%s','rule':'deploy.md:9','text':'errors 10%% > 5%%'}", v);
    happen(EVENT_VERDICT, "", strbuf_str(&data));
}

/* A rule that tells `me`, in this state after that. */
static void rule(const char *id, const char *state, const char *before)
{
    CLEANUP(strbuf_release) struct strbuf data = STRBUF(0);

    strbuf_addf(&data,
                "{'rule':'%s','text':'page me when x > 1','state':'%s','explain':'x: 7 > 1',"
                "'value_text':'7','limit_text':'> 1','input':{'before':{'phase':'%s'}}}",
                id, state, before);
    happen(EVENT_RULE_STATE, "", strbuf_str(&data));
}

static size_t count(const char *part)
{
    size_t n = 0;

    for (size_t at = 0; (at = sv_find(strbuf_sv(&got), sv_from(part), at)) != SV_NPOS; at++)
        n++;
    return n;
}

static struct strbuf states;

static void on_state(const struct store_notice *n, void *arg UNUSED)
{
    strbuf_addf(&states, "%s%s:%d:%d", states.n ? " " : "", notice_states[n->state], (int)n->sent,
                (int)n->tries);
}

static const char *all_states(void)
{
    strbuf_truncate(&states, 0);
    T_OK(store_notices_list(store, true, on_state, NULL, &err), err);
    return strbuf_str(&states);
}

static void on_receiver(const struct store_notice *n, void *arg UNUSED)
{
    strbuf_addf(&states, "%s%.*s", states.n ? ", " : "", SV_FMT(n->receiver));
}

static const char *all_receivers(void)
{
    strbuf_truncate(&states, 0);
    T_OK(store_notices_list(store, true, on_receiver, NULL, &err), err);
    return strbuf_str(&states);
}

T(an_event_is_told_once)
{
    begin("webhook", "");
    verdict("ROLLBACK");
    kick();
    kick();
    T_EQ(count("/hook "), 1);
    T_EQ(count("ROLLBACK prod r-0001: errors 10% > 5%"), 1);
    T_STR(key, "r-0001/2/me");
    T_STR(all_states(), "sent:1:0");
    strbuf_release(&states);
    end();
}

T(a_receiver_that_is_down_for_an_hour_is_told_when_it_is_back)
{
    int tries;

    begin("webhook", "");
    verdict("ROLLBACK");
    atomic_store(&status, 503);
    for (int64_t t = 0; t < HOUR; t += 1000000) {
        kick();
        now_us += 1000000;
    }
    tries = atomic_load(&answered);
    T_CHECK(tries >= 15 && tries <= 25); /* 1, 2, 4, ... 256 s, then every five minutes */
    T_CHECK(sv_starts(sv_from(all_states()), SV("waiting:0:")));
    atomic_store(&status, 200);
    now_us += 301 * 1000000LL;
    kick();
    T_EQ(atomic_load(&answered), tries + 1);
    T_STR(all_states(), "sent:1:0");
    strbuf_release(&states);
    end();
}

T(after_a_day_it_is_given_up_and_said_so)
{
    begin("webhook", "");
    verdict("ROLLBACK");
    atomic_store(&status, 500);
    kick();
    now_us += 25 * HOUR;
    kick();
    T_STR(all_states(), "given up:0:2");
    now_us += HOUR;
    kick();
    T_EQ(atomic_load(&answered), 2);
    strbuf_release(&states);
    end();
}

T(a_receiver_that_asks_for_time_gets_it)
{
    begin("webhook", "");
    verdict("ROLLBACK");
    atomic_store(&status, 429);
    kick();
    now_us += 100 * 1000000LL;
    kick();
    T_EQ(atomic_load(&answered), 1);
    now_us += 21 * 1000000LL;
    kick();
    T_EQ(atomic_load(&answered), 2);
    strbuf_release(&states);
    end();
}

static void asks_for(const char *text, int64_t gets_s)
{
    retry_after = text;
    begin("webhook", "");
    verdict("ROLLBACK");
    atomic_store(&status, 429);
    kick();
    now_us += (gets_s - 1) * 1000000LL;
    kick();
    T_EQ(atomic_load(&answered), 1);
    now_us += 2 * 1000000LL;
    kick();
    T_EQ(atomic_load(&answered), 2);
    end();
}

T(who_asks_for_more_time_than_we_would_wait_gets_it)
{
    asks_for("900", 900);
}

T(nobody_gets_more_than_an_hour)
{
    asks_for("86400", 3600);
}

T(nor_by_a_date)
{
    asks_for("Mon, 16 Feb 2026 02:01:00 GMT", 3600);
}

T(who_asks_for_time_until_a_date_gets_it)
{
    asks_for("Sun, 15 Feb 2026 02:16:00 GMT", 900);
}

T(a_date_that_is_over_asks_for_nothing)
{
    asks_for("Sun, 15 Feb 2026 02:00:00 GMT", 1);
}

T(what_a_process_that_died_had_on_its_way_the_next_one_tells)
{
    begin("webhook", "");
    verdict("ROLLBACK");
    outbox_kick(outbox, run_id); /* it is on its way, and ... */
    outbox_end_bench();
    T_STR(all_states(), "waiting:0:1");
    outbox_begin_bench();
    kick();
    T_STR(all_states(), "waiting:0:1"); /* the lease: the other one may live */
    now_us += 61 * 1000000LL;
    kick();
    T_STR(all_states(), "sent:1:0");
    T_STR(key, "r-0001/2/me"); /* the same, if it came twice */
    strbuf_release(&states);
    end();
}

T(what_happened_while_nobody_told_is_told_by_the_next_process)
{
    begin("webhook", "");
    outbox_end_bench();
    verdict("INVESTIGATE");
    verdict("ROLLBACK");
    outbox_begin_bench();
    outbox_kick(outbox, 0);
    outbox_drain(outbox, 5000);
    T_EQ(count("INVESTIGATE prod"), 1);
    T_EQ(count("ROLLBACK prod"), 1);
    end();
}

T(a_rule_tells_whom_it_names_with_others_that_fire_then_and_when_it_has_ended)
{
    begin("webhook", ", 'on': ['done']");
    verdict("ROLLBACK"); /* not asked for */
    rule("a", "fired", "run");
    rule("b", "fired", "run");
    rule("c", "pending", "idle");
    kick();
    T_EQ(atomic_load(&answered), 0); /* for half a minute others may join */
    now_us += 31 * 1000000LL;
    kick();
    T_EQ(atomic_load(&answered), 1);
    T_EQ(count("\"rule\":\"a\""), 2); /* label and notice */
    T_EQ(count("\"rule\":\"b\""), 2);
    T_EQ(count("\"status\":\"firing\""), 3);
    rule("a", "good", "fired");
    kick();
    T_EQ(atomic_load(&answered), 2);
    T_EQ(count("\"status\":\"resolved\""), 2);
    T_EQ(count("resolved: x: 7 > 1"), 2);
    now_us += 4 * HOUR;
    kick();
    T_EQ(atomic_load(&answered), 3); /* b, again */
    happen(EVENT_RUN_FINISHED, "", "{'outcome':'done'}");
    kick();
    now_us += 8 * HOUR;
    kick();
    T_EQ(atomic_load(&answered),
         5); /* that b is no longer watched, that it is done, nothing more */
    T_EQ(count("no longer watched, the run is over: x: 7 > 1"), 2);
    T_EQ(count("\"status\":\"resolved\""), 4);
    T_EQ(count("\"endsAt\":\"2026-02-15T06:01:31.000Z\""), 1);
    end();
}

T(beginning_and_end_of_an_alert_have_one_fingerprint_and_two_ids)
{
    char first[200], print[17];
    size_t at;

    begin("webhook", ", 'on': ['done']");
    rule("a", "fired", "run");
    now_us += 31 * 1000000LL;
    kick();
    T_STR(key, "r-0001/2/me");
    (void)snprintf(first, sizeof(first), "%s", key);
    at = sv_find(strbuf_sv(&got), SV("\"fingerprint\":\""), 0) + strlen("\"fingerprint\":\"");
    (void)snprintf(print, sizeof(print), "%s", got.p + at);
    happen(EVENT_RUN_FINISHED, "", "{'outcome':'aborted'}");
    kick();
    T_EQ(count("r-0001: aborted"), 1);
    T_EQ(count(print), 2);
    T_STR(first, "r-0001/2/me");
    T_STR(all_states(), "sent:2:0 sent:1:0");
    strbuf_release(&states);
    end();
}

/* The receiver is back only when all is over. */
T(who_hears_of_an_alert_after_the_end_hears_of_its_end_too)
{
    begin("webhook", ", 'on': ['done']");
    atomic_store(&status, 503);
    rule("a", "fired", "run");
    now_us += 31 * 1000000LL;
    kick();
    happen(EVENT_RUN_FINISHED, "", "{'outcome':'done'}");
    kick();
    T_EQ(count("no longer watched"), 0);
    atomic_store(&status, 200);
    strbuf_truncate(&got, 0);
    now_us += 300 * 1000000LL;
    outbox_kick(outbox, 0);
    outbox_drain(outbox, 20000);
    T_EQ(count("\"status\":\"firing\""), 4); /* the alert, and that it is done */
    T_EQ(count("\"status\":\"resolved\""), 2);
    T_EQ(count("no longer watched, the run is over: x: 7 > 1"), 2);
    T_STR(all_states(), "sent:2:0 sent:1:0");
    strbuf_release(&states);
    end();
}

/* Ended at once, it would never tell: it waits for company first. */
T(an_alertmanager_that_hears_of_it_after_the_end_forgets_it_itself)
{
    begin("alertmanager", "");
    atomic_store(&status, 503);
    rule("a", "fired", "run");
    now_us += 31 * 1000000LL;
    kick();
    happen(EVENT_RUN_FINISHED, "", "{'outcome':'aborted'}");
    kick();
    atomic_store(&status, 200);
    strbuf_truncate(&got, 0);
    now_us += 300 * 1000000LL;
    kick();
    now_us += HOUR;
    kick();
    T_EQ(count("PrusikRule"), 1);
    T_EQ(count("\"endsAt\":\"2026-02-15T02:11:31.000Z\""), 1);
    strbuf_release(&states);
    end();
}

T(an_alertmanager_is_told_every_minute_until_it_is_over)
{
    begin("alertmanager", "");
    verdict("INVESTIGATE");
    kick();
    T_EQ(count("/hook/api/v2/alerts [{"), 1);
    T_EQ(count("\"endsAt\":\"2026-02-15T02:06:00.000Z\""), 1);
    now_us += 61 * 1000000LL;
    kick();
    T_EQ(count("\"endsAt\":\"2026-02-15T02:07:01.000Z\""), 1);
    verdict("ROLLBACK");
    kick();
    T_EQ(atomic_load(&answered), 3);
    now_us += 61 * 1000000LL;
    kick();
    T_EQ(atomic_load(&answered), 4); /* only the worse one */
    verdict("OK");
    kick();
    T_EQ(count("\"endsAt\":\"2026-02-15T02:03:02.000Z\""), 1);
    now_us += HOUR;
    kick();
    T_EQ(atomic_load(&answered), 5);
    end();
}

T(slack_has_to_say_that_it_was_taken)
{
    begin("slack", "");
    verdict("ROLLBACK");
    kick();
    T_STR(all_states(), "sent:1:0");
    T_EQ(count("errors 10% &gt; 5%"), 2);
    strbuf_release(&states);
    end();
}

/* "ok" is missing: a proxy's page. */
static enum MHD_Result answer_page(struct server *s UNUSED, struct server_request *r)
{
    return server_text(r, 200, "<html>sign in");
}

T(a_page_that_is_no_answer_of_slack_is_a_failure)
{
    begin("slack", "");
    server.answer = answer_page;
    verdict("ROLLBACK");
    kick();
    T_STR(all_states(), "waiting:0:1");
    strbuf_release(&states);
    end();
}

T(a_mail_is_sent)
{
    CLEANUP(strbuf_release) struct strbuf notify = STRBUF(0);

    strbuf_addf(&notify,
                "{'me':{'kind':'email','settings':{'url':'%s','from':'p@example.org',"
                "'to':['ana@example.org']}},'bad':{'kind':'email','settings':{'url':'smtp://x',"
                "'from':'p','to':['ana@example.org']}},'none':{'kind':'email','settings':{"
                "'url':'smtp://x','from':'p@x','to':['who']}},'nobody':{'kind':'email','settings':{"
                "'url':'smtp://x','from':'p@x','to':[]}}}",
                smtp_begin());
    bench_begin(strbuf_str(&notify));
    verdict("ROLLBACK");
    kick();
    T_EQ(atomic_load(&smtp_mails), 1);
    T_CHECK(sv_has(strbuf_sv(&smtp_heard), SV("Subject: ROLLBACK prod r-0001: errors 10% > 5%")));
    T_CHECK(sv_has(strbuf_sv(&smtp_heard), SV("Message-ID: <r-0001/2/me@example.org>")));
    T_STR(all_states(), "waiting:0:1 sent:1:0 waiting:0:1 waiting:0:1");
    strbuf_release(&states);
    bench_end();
    smtp_end();
}

T(a_command_has_the_notices_at_its_input)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = NULL;
    const json_t *first;

    bench_begin("{'me':{'kind':'command','settings':{'command':'cat > told'}},"
                "'bad':{'kind':'command','settings':{'command':'exit 3'}}}");
    verdict("ROLLBACK");
    kick();
    T_OK(file_read("told", 65536, &text, &err), err);
    T_OK(json_read(strbuf_sv(&text), &j, &err), err);
    first = json_array_get(j, 0);
    T_SV(json_get_sv(first, "verdict"), "ROLLBACK");
    T_SV(json_get_sv(first, "severity"), "critical");
    T_SV(json_get_sv(first, "id"), "r-0001/2/me");
    T_SV(json_get_sv(first, "status"), "told");
    T_STR(all_states(), "waiting:0:1 sent:1:0");
    strbuf_release(&states);
    bench_end();
}

T(graphs_of_grafana_get_an_annotation)
{
    begin("grafana", ", 'dashboard': 'shop', 'bearer': 'x'");
    now_us += 60 * 1000000LL;
    happen(EVENT_MARK, "", "{'name':'deploy','at_us':1}");
    verdict("ROLLBACK");
    kick();
    kick();
    T_EQ(
        count(
            "/hook/api/annotations {\"dashboardUID\":\"shop\",\"tags\":[\"prusik\",\"r-0001\",\"deploy\"]"),
        1);
    T_EQ(count("\"time\":1771120860000,\"timeEnd\":1771120920000"), 1); /* the deployment */
    T_EQ(count("\"time\":1771120920000}"), 1);                          /* the verdict */
    now_us += 300 * 1000000LL;
    happen(EVENT_VERDICT, "",
           "{'verdict':'ROLLBACK','rule':'r','text':'t','since_us':1771121160000000}");
    happen(EVENT_ROLLBACK_STARTED, "", "{'reason':'r'}");
    outbox_end_bench();
    now_us += 10 * 1000000LL;
    outbox_begin_bench(); /* another process knows when it began */
    kick();
    happen(EVENT_RUN_FINISHED, "", "{'outcome':'rolled-back'}");
    kick();
    T_EQ(count("\"time\":1771121160000,\"timeEnd\":1771121220000"), 1);
    T_EQ(count("\"time\":1771121220000,\"timeEnd\":1771121230000"), 1);
    end();
}

T(a_slow_receiver_keeps_nobody_else_waiting)
{
    CLEANUP(strbuf_release) struct strbuf notify = STRBUF(0);
    struct raw raw = {.fd = -1};
    uint64_t began = clock_mono_ns();

    atomic_store(&status, 200);
    server_start(&server, answer, -1);
    raw_start(&raw, raw_silence);
    strbuf_addf(&notify,
                "{'a':{'kind':'webhook','settings':{'url':'%s'}},'b':{'kind':'webhook','settings':{"
                "'url':'%s/hook'}}}",
                raw.url, server.url);
    bench_begin(strbuf_str(&notify));
    verdict("INVESTIGATE");
    outbox_kick(outbox, run_id);
    T_CHECK((clock_mono_ns() - began) / 1000000 < 2000);
    verdict("ROLLBACK");
    outbox_kick(outbox, run_id);
    while (atomic_load(&answered) < 2)
        (void)uv_run(&loop, UV_RUN_ONCE);
    T_EQ(outbox_busy(outbox) >= 1, true);
    bench_end(); /* what is under way is left */
    raw_stop(&raw);
    server_stop(&server);
    strbuf_release(&got);
}

/* It has many notices, and answers none of them. */
T(a_receiver_that_hangs_holds_up_no_notice_of_another)
{
    static const char *const verdicts[] = {"HOLD", "INVESTIGATE", "HOLD", "INVESTIGATE",
                                           "ROLLBACK"};
    CLEANUP(strbuf_release) struct strbuf notify = STRBUF(0);
    struct raw raw = {.fd = -1};
    uint64_t began = clock_mono_ns();

    atomic_store(&status, 200);
    server_start(&server, answer, -1);
    raw_start(&raw, raw_silence);
    strbuf_addf(&notify,
                "{'a':{'kind':'webhook','settings':{'url':'%s'}},'b':{'kind':'webhook','settings':{"
                "'url':'%s/hook'}}}",
                raw.url, server.url);
    bench_begin(strbuf_str(&notify));
    for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
        verdict(verdicts[i]);
        outbox_kick(outbox, run_id);
        while (atomic_load(&answered) < (int)i + 1 && (clock_mono_ns() - began) / 1000000 < 5000)
            (void)uv_run(&loop, UV_RUN_NOWAIT);
        T_EQ(atomic_load(&answered), i + 1);
    }
    /* What waits for the one that hangs was not taken: another process may tell it. */
    while (outbox_busy(outbox) > 1)
        (void)uv_run(&loop, UV_RUN_ONCE);
    T_STR(all_states(), "waiting:0:1 sent:1:0 waiting:0:0 sent:1:0 waiting:0:0 sent:1:0 "
                        "waiting:0:0 sent:1:0 waiting:0:0 sent:1:0");
    bench_end();
    raw_stop(&raw);
    server_stop(&server);
    strbuf_release(&states);
    strbuf_release(&got);
}

T(what_is_on_its_way_when_the_run_ends_is_told_once)
{
    takes_ms = 200;
    begin("webhook", ", 'on': ['verdict']");
    rule("a", "fired", "run");
    verdict("ROLLBACK");
    now_us += 31 * 1000000LL;
    outbox_kick(outbox, run_id);
    happen(EVENT_RUN_FINISHED, "", "{'outcome':'done'}");
    kick();
    kick();
    T_EQ(count("ROLLBACK prod r-0001: errors 10% > 5%"), 1);
    T_EQ(count("alert prod r-0001: x: 7 > 1"), 1);
    T_EQ(count("no longer watched, the run is over: x: 7 > 1"), 2);
    end();
}

T(what_ends_while_its_beginning_is_on_its_way_is_told_as_ended)
{
    takes_ms = 200;
    begin("webhook", ", 'on': ['done']");
    rule("a", "fired", "run");
    now_us += 31 * 1000000LL;
    outbox_kick(outbox, run_id);
    rule("a", "good", "fired");
    kick();
    kick();
    T_EQ(atomic_load(&answered), 2);
    T_EQ(count("resolved: x: 7 > 1"), 2);
    T_STR(all_states(), "sent:1:0 sent:1:0");
    strbuf_release(&states);
    end();
}

/* Who drops what has an id that it had already must drop nothing else. */
T(a_reminder_and_a_group_have_ids_of_their_own)
{
    char group[200];

    begin("webhook", ", 'on': ['done']");
    rule("a", "fired", "run");
    now_us += 31 * 1000000LL;
    kick();
    T_STR(key, "r-0001/2/me");
    now_us += 4 * HOUR;
    kick();
    T_STR(key, "r-0001/2/me/2");
    rule("b", "fired", "run");
    now_us += 4 * HOUR;
    kick();
    T_EQ(atomic_load(&answered), 3);
    T_CHECK(sv_starts(sv_from(key), SV("r-0001/2/me/3+")));
    (void)snprintf(group, sizeof(group), "%s", key);
    atomic_store(&status, 500);
    now_us += 4 * HOUR;
    kick();
    T_CHECK(sv_starts(sv_from(key), SV("r-0001/2/me/4+")) && strcmp(key, group) != 0);
    (void)snprintf(group, sizeof(group), "%s", key);
    now_us += 2 * 1000000LL;
    kick();
    T_STR(key, group); /* the same again */
    end();
}

T(one_address_that_is_refused_keeps_no_mail_from_the_others)
{
    CLEANUP(strbuf_release) struct strbuf notify = STRBUF(0);

    smtp_refuses = "RCPT TO:<bo@";
    strbuf_addf(&notify,
                "{'me':{'kind':'email','settings':{'url':'%s','from':'p@example.org',"
                "'to':['bo@example.org','ana@example.org']}}}",
                smtp_begin());
    bench_begin(strbuf_str(&notify));
    verdict("ROLLBACK");
    kick();
    T_EQ(atomic_load(&smtp_mails), 1);
    T_CHECK(sv_has(strbuf_sv(&smtp_heard), SV("To: bo@example.org, ana@example.org")));
    T_CHECK(sv_has(strbuf_sv(&smtp_heard), SV("Message-ID: <r-0001/2/me@example.org>")));
    T_STR(all_states(), "sent:1:0 waiting:0:1");
    T_STR(all_receivers(), "me ana@example.org, me bo@example.org");
    now_us += 2 * 1000000LL;
    kick();
    T_EQ(atomic_load(&smtp_mails), 1); /* who has it does not get it again */
    smtp_refuses = NULL;
    now_us += 10 * 1000000LL;
    kick();
    T_EQ(atomic_load(&smtp_mails), 2);
    T_STR(all_states(), "sent:1:0 sent:1:0");
    strbuf_release(&states);
    bench_end();
    smtp_end();
}

T(a_run_of_a_plan_without_receivers_is_looked_at_once)
{
    int64_t seq;
    bool over;

    bench_begin("{}");
    verdict("ROLLBACK");
    kick();
    T_OK(store_notices_seen(store, run_id, &seq, &over, &err), err);
    T_CHECK(over);
    T_STR(all_states(), "");
    strbuf_release(&states);
    bench_end();
}

T(old_events_and_runs_that_never_began_are_left_alone)
{
    struct store_run row = {.environment = SV("e"), .document = SV("d"), .plan = SV("p")};
    int64_t id;

    begin("webhook", "");
    verdict("ROLLBACK");
    now_us += 25 * HOUR;
    T_OK(store_run_add(store, &row, &id, &err), err);
    outbox_kick(outbox, 0);
    outbox_drain(outbox, 100);
    T_EQ(atomic_load(&answered), 0);
    end();
}

T(a_receiver_whose_secret_nobody_knows_waits)
{
    bench_begin("{'me':{'kind':'slack','settings':{'url':{'secret':'https://h/$TOKEN'}}},"
                "'new':{'kind':'telepathy','settings':{}}}");
    verdict("ROLLBACK");
    kick();
    T_STR(all_states(), "waiting:0:1");
    strbuf_release(&states);
    bench_end();
}

T_MAIN(T_CASE(an_event_is_told_once),
       T_CASE(a_receiver_that_is_down_for_an_hour_is_told_when_it_is_back),
       T_CASE(after_a_day_it_is_given_up_and_said_so),
       T_CASE(a_receiver_that_asks_for_time_gets_it),
       T_CASE(who_asks_for_more_time_than_we_would_wait_gets_it),
       T_CASE(nobody_gets_more_than_an_hour), T_CASE(nor_by_a_date),
       T_CASE(who_asks_for_time_until_a_date_gets_it), T_CASE(a_date_that_is_over_asks_for_nothing),
       T_CASE(what_a_process_that_died_had_on_its_way_the_next_one_tells),
       T_CASE(what_happened_while_nobody_told_is_told_by_the_next_process),
       T_CASE(a_rule_tells_whom_it_names_with_others_that_fire_then_and_when_it_has_ended),
       T_CASE(beginning_and_end_of_an_alert_have_one_fingerprint_and_two_ids),
       T_CASE(who_hears_of_an_alert_after_the_end_hears_of_its_end_too),
       T_CASE(an_alertmanager_that_hears_of_it_after_the_end_forgets_it_itself),
       T_CASE(an_alertmanager_is_told_every_minute_until_it_is_over),
       T_CASE(slack_has_to_say_that_it_was_taken),
       T_CASE(a_page_that_is_no_answer_of_slack_is_a_failure), T_CASE(a_mail_is_sent),
       T_CASE(a_command_has_the_notices_at_its_input), T_CASE(graphs_of_grafana_get_an_annotation),
       T_CASE(a_slow_receiver_keeps_nobody_else_waiting),
       T_CASE(a_receiver_that_hangs_holds_up_no_notice_of_another),
       T_CASE(what_is_on_its_way_when_the_run_ends_is_told_once),
       T_CASE(what_ends_while_its_beginning_is_on_its_way_is_told_as_ended),
       T_CASE(a_reminder_and_a_group_have_ids_of_their_own),
       T_CASE(one_address_that_is_refused_keeps_no_mail_from_the_others),
       T_CASE(a_run_of_a_plan_without_receivers_is_looked_at_once),
       T_CASE(old_events_and_runs_that_never_began_are_left_alone),
       T_CASE(a_receiver_whose_secret_nobody_knows_waits))
