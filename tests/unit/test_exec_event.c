/* What happens while a run watches: what is told, tickets, and new kinds of errors in a log. */
#include <fcntl.h>
#include <poll.h>

#include "base/clock.h"
#include "exec/run_event.h"
#include "exec_bench.h"

#define HEAD "environment: test\ntime_scale: 0.01\nwatch: {interval: 5s, until: T+4m}\n"
#define SLOW "environment: test\ntime_scale: 0.01\nwatch: {interval: 60s, until: T+20m}\n"
#define LONG "environment: test\ntime_scale: 0.01\nwatch: {interval: 10s, until: T+8m}\n"

static const char document[] = "# Doc\n\n## Deployment\n\n```bash\ncp new app\n```\n\n"
                               "## Rollback\n\n```bash\ncp old app\n```\n";
static const char read_only[] = "# Doc\n\n## Check\n\n```bash\ncat app\n```\n";

static void begin(struct bench *b, const char *page, const char *binding)
{
    bench_write("new", "new");
    bench_write("old", "old");
    bench_write("app", "old");
    bench_plan(b, page, binding);
}

static void append(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    T_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    T_EQ(close(fd), 0);
}

static void tell(struct bench *b, const char *environment, const char *kind)
{
    struct store_report r = {.environment = sv_from(environment),
                             .kind = sv_from(kind),
                             .run = 1,
                             .who = SV("ann"),
                             .note = SV("a note"),
                             .at_us = clock_now_us()};

    T_OK(store_report_add(b->store, &r, &b->err), b->err);
}

static void tells(struct bench *b)
{
    tell(b, "test", "incident");
    tell(b, "prod", "incident");
    tell(b, "test", "complaint");
}

#define INCIDENTS "rules: {a: 'investigate when events.incident[1h] > 0'}\n"

T(what_is_told_counts_and_is_journaled_and_that_of_others_does_not)
{
    struct bench b;

    begin(&b, document, HEAD INCIDENTS);
    tell(&b, "test", "incident"); /* before the run: none of its business */
    b.at = "mark";
    b.at_count = 1;
    b.act = tells;
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    T_EQ(bench_sql("SELECT json_extract(data, '$.value') FROM event WHERE kind = 40 AND"
                   " json_extract(data, '$.state') = 'fired'"),
         1);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 16"), 2);
    T_EQ(bench_sql("SELECT json_extract(data, '$.text') = 'incident, by ann: a note' FROM event"
                   " WHERE kind = 16 LIMIT 1"),
         1);
    bench_end(&b);
}

T(what_the_journals_have_counts_by_its_kind)
{
    struct bench b;
    watcher_moments m = {0};
    struct run_events_of of;
    static const struct {
        const char *kind;
        size_t all, other; /* other: but for the deployment of the run itself */
    } want[] = {{"deploy", 2, 1}, {"rollback", 1, 1}, {"flag_toggle", 1, 1}, {"incident", 0, 0}};

    begin(&b, document, HEAD "rules: {a: 'rollback when events.incident[1h] >= 0'}\n");
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    bench_exec("DELETE FROM event WHERE run = 2 AND kind = 50;"
               "INSERT INTO event VALUES (2, 9001, 9223372036854775000, 45, '', 0,"
               " '{\"result\":\"in-effect\"}', x'00'), (2, 9002, 9223372036854775000, 45, '', 0,"
               " '{\"result\":\"in-effect\",\"already\":true}', x'00'),"
               " (2, 9003, 9223372036854775000, 45, '', 0, '{\"result\":\"failed\"}', x'00'),"
               " (2, 9004, 9223372036854775000, 45, '', 0, 'broken', x'00')");
    of = (struct run_events_of){.store = b.store, .environment = SV("test")};
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        of.kind = sv_from(want[i].kind);
        of.run = 0;
        m.n = 0;
        T_OK(run_events(&of, &m, &b.err), b.err);
        T_EQ(m.n, want[i].all);
        of.run = 2;
        m.n = 0;
        T_OK(run_events(&of, &m, &b.err), b.err);
        T_EQ(m.n, want[i].other);
    }
    vec_release(&m);
    bench_end(&b);
}

#define FLAG                                                                              \
    "{\"flags\":{\"UI\":{\"state\":\"ENABLED\",\"variants\":{\"on\":true,\"off\":false}," \
    "\"defaultVariant\":\"off\"}}}"

static void switches(struct bench *b UNUSED)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);

    for (int i = 0; i < 2; i++)
        strbuf_addf(&line,
                    "{\"at_us\":%lld,\"by\":\"%s\",\"flag\":\"UI\",\"what\":\"set\","
                    "\"from\":\"on\",\"to\":\"off\",\"in_effect\":true}\n",
                    (long long)clock_now_us() + i, i ? "prusik r-0009" : "ann");
    append("flags.log.jsonl", strbuf_str(&line));
}

#define TOGGLES                                     \
    HEAD "flags: {UI: {definitions: flags.json}}\n" \
         "rules: {a: 'investigate when events.flag_toggle[1h] > 0'}\n"

T(a_flag_that_somebody_switches_counts)
{
    watcher_moments m = {0};
    struct run_events_of of = {.environment = SV("test"), .kind = SV("flag_toggle")};
    int64_t between_us;
    struct bench b;

    bench_write("flags.json", FLAG);
    begin(&b, document, TOGGLES);
    switches(&b); /* before the run: none of its business */
    between_us = clock_now_us();
    b.at = "watch";
    b.at_count = 2;
    b.act = switches;
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    T_EQ(bench_sql("SELECT json_extract(data, '$.value') FROM event WHERE kind = 40 AND"
                   " json_extract(data, '$.state') = 'fired'"),
         1);
    of.store = b.store;
    of.plan = &b.plan;
    of.after_us = between_us;
    T_OK(run_events(&of, &m, &b.err), b.err);
    T_EQ(m.n, 1);
    vec_release(&m);
    bench_end(&b);
}

T(a_log_of_a_flag_that_cannot_be_read_is_no_value_and_says_so)
{
    struct bench b;

    bench_write("flags.json", FLAG);
    bench_write("flags.log.jsonl", "{\n{}\n");
    begin(&b, document, TOGGLES);
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    T_CHECK(bench_sql("SELECT count(*) FROM event WHERE kind = 40 AND"
                      " data LIKE '%flags.log.jsonl: line 1%'") > 0);
    bench_end(&b);
}

static void floods(struct bench *b UNUSED)
{
    bench_exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)"
               " INSERT INTO report (environment, kind, run, who, note, at_us, login, origin)"
               " SELECT 'test', 'incident', 1, '', '', 9000000000000000 + i, '', '' FROM n");
}

T(a_flood_of_events_is_no_value_and_says_so)
{
    struct bench b;

    begin(&b, document, HEAD INCIDENTS);
    b.at = "mark";
    b.at_count = 1;
    b.act = floods;
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    T_CHECK(bench_sql("SELECT count(*) FROM event WHERE kind = 40 AND"
                      " data LIKE '%10001 events of one watch, more than 10000%'") > 0);
    bench_end(&b);
}

#define PATTERNS                                    \
    "sources: {logpatterns.app: {path: app.log}}\n" \
    "rules: {a: 'rollback when count(logpatterns.app[5m] : not (pattern in baseline)) > 0'}\n"

static void logs_new(struct bench *b UNUSED)
{
    append("app.log", "ERROR old 7\nERROR new 1\nERROR new 2\n");
}

static void logs_old(struct bench *b UNUSED)
{
    append("app.log", "ERROR old 7\n");
}

T(a_new_kind_of_error_leads_back_and_is_named)
{
    struct bench b;

    append("app.log", "ERROR old 1\n");
    begin(&b, document, HEAD PATTERNS);
    b.at = "watch"; /* a round behind the mark: what is there at it is from before */
    b.at_count = 2;
    b.act = logs_new;
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(bench_sql("SELECT count(*) FROM event WHERE kind = 41 AND data LIKE"
                      " '%ERROR new <n>\\\" 2 times (ERROR new 1)%'") > 0);
    T_EQ(bench_sql("SELECT json_extract(data, '$.patterns[0].count') FROM event WHERE kind = 40"
                   " AND json_extract(data, '$.state') = 'fired'"),
         2);
    bench_end(&b);
}

T(what_a_log_had_before_leads_nowhere_also_where_nothing_was_measured)
{
    static const char *const pages[] = {document, read_only};

    append("app.log", "ERROR old 1\n");
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        struct bench b;

        begin(&b, pages[i], HEAD PATTERNS);
        b.at = "watch"; /* a round behind the mark: what is there at it is from before */
        b.at_count = 2;
        b.act = logs_old;
        T_EQ(bench_run(&b), EXIT_CODE_DONE);
        bench_end(&b);
    }
}

static void add_kinds(struct strbuf *text, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        for (unsigned k = i + 1; k; k /= 26)
            strbuf_addf(text, "%c", 'a' + (char)(k % 26));
        strbuf_add_str(text, " error\n");
    }
}

T(a_log_with_too_many_kinds_of_errors_is_no_value_and_says_so)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct bench b;

    add_kinds(&text, 5001);
    append("app.log", strbuf_str(&text));
    begin(&b, read_only, LONG PATTERNS);
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    T_CHECK(bench_sql("SELECT count(*) FROM event WHERE kind = 40 AND"
                      " data LIKE '%has more than 5000 patterns%'") > 0);
    bench_end(&b);
}

static void logs_a_flood(struct bench *b UNUSED)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    add_kinds(&text, 5001);
    append("app.log", strbuf_str(&text));
}

T(more_kinds_of_errors_than_a_look_keeps_are_no_value_at_that_look_and_count_at_the_next)
{
    struct bench b;

    append("app.log", "ERROR old 1\n");
    begin(&b, document, SLOW PATTERNS);
    b.at = "watch"; /* a round behind the mark: what is there at it is from before */
    b.at_count = 3;
    b.act = logs_a_flood;
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_sql("SELECT count(*) FROM event n JOIN event f ON f.seq > n.seq WHERE n.kind = 40"
                   " AND n.data LIKE '%more patterns since the last look than are kept%' AND"
                   " json_extract(n.data, '$.state') = 'error' AND"
                   " json_extract(n.data, '$.verdict') = 'HOLD' AND f.kind = 40 AND"
                   " json_extract(f.data, '$.state') = 'fired' AND"
                   " json_extract(f.data, '$.value') = 5000"),
         1);
    bench_end(&b);
}

static void lists_new(struct bench *b UNUSED)
{
    append("tickets", "3\n4\n");
}

T(tickets_that_come_count)
{
    struct bench b;

    append("tickets", "1\n2\n");
    begin(&b, document,
          LONG "sources: {tickets.new: {command: cat tickets, id: .}}\n"
               "rules: {a: 'investigate when tickets.new[7d] > 1'}\n");
    b.at = "watch"; /* a round behind the mark: what is there at it is from before */
    b.at_count = 8;
    b.act = lists_new;
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    T_EQ(bench_sql("SELECT json_extract(data, '$.value') FROM event WHERE kind = 40 AND"
                   " json_extract(data, '$.state') = 'fired'"),
         2);
    bench_end(&b);
}

static void interrupts(struct bench *b)
{
    run_interrupt(b->run, "stop");
}

static void one_of_each(struct bench *b)
{
    tell(b, "test", "incident");
    append("tickets", "3\n");
    append("app.log", "ERROR new 1\n");
    b->at = "watch";
    b->at_count = 2;
    b->act = interrupts;
}

T(a_stopped_watch_counts_nothing_twice_and_misses_nothing)
{
    struct bench b;

    append("app.log", "ERROR old 1\n");
    append("tickets", "1\n");
    begin(
        &b, document,
        LONG
        "sources: {tickets.new: {command: cat tickets, id: .}, logpatterns.app: {path: app.log}}\n"
        "rules:\n  a: investigate when tickets.new[7d] > 1\n"
        "  b: investigate when events.incident[1h] > 1\n"
        "  c: 'investigate when count(logpatterns.app[1h] : count > 1) > 0'\n");
    b.at = "watch"; /* a round behind the mark: what is there at it is from before */
    b.at_count = 8;
    b.act = one_of_each;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_EQ(bench_sql("SELECT count(*) FROM report"), 1);
    T_EQ(bench_sql(
             "SELECT count(*) FROM event WHERE kind = 16 AND json_extract(data, '$.number') = 1"),
         1);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 16"), 1);
    tell(&b, "test", "incident");
    append("tickets", "2\n");
    append("app.log", "ERROR old 3\nERROR new 2\n");
    T_EQ(bench_resume(&b), EXIT_CODE_INVESTIGATE);
    T_EQ(bench_sql(
             "SELECT json_extract(data, '$.value') FROM event WHERE kind = 40 AND"
             " json_extract(data, '$.state') = 'fired' AND json_extract(data, '$.rule') = 'a'"),
         2);
    T_EQ(bench_sql(
             "SELECT json_extract(data, '$.value') FROM event WHERE kind = 40 AND"
             " json_extract(data, '$.state') = 'fired' AND json_extract(data, '$.rule') = 'b'"),
         2);
    T_EQ(bench_sql("SELECT json_extract(data, '$.patterns[0].count') FROM event WHERE kind = 40"
                   " AND json_extract(data, '$.state') = 'fired' AND data LIKE '%logpatterns%'"),
         2);
    T_EQ(bench_sql("SELECT max(json_extract(data, '$.number')) FROM event WHERE kind = 16"), 2);
    T_EQ(bench_sql(
             "SELECT count(*) FROM event WHERE kind = 16 AND json_extract(data, '$.number') = 1"),
         1);
    T_EQ(bench_sql(
             "SELECT count(*) FROM event WHERE kind = 16 AND json_extract(data, '$.number') = 2"),
         1);
    T_EQ(bench_sql("SELECT count(*) FROM report"), 2);
    bench_end(&b);
}

T(a_place_of_another_version_begins_anew)
{
    struct bench b;

    begin(&b, document, LONG INCIDENTS);
    b.at = "watch";
    b.at_count = 3;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    bench_exec("UPDATE state SET value = replace(value, '\"events.incident\":\"', "
               "'\"events.incident\":\"x ') WHERE key = 'samples'");
    b.at = "watch";
    b.at_count = 3;
    b.act = tells;
    T_EQ(bench_resume(&b), EXIT_CODE_INVESTIGATE);
    bench_end(&b);
}

/* What is kept of a watch is kept again when one more source has a place. */
static void lists_and_goes_on(struct bench *b)
{
    append("tickets", "1\n");
    b->at = "watch";
    b->at_count = 3;
    b->act = interrupts;
}

static void tells_two(struct bench *b)
{
    tell(b, "test", "incident");
    tell(b, "test", "incident");
}

static void tells_before_it(struct bench *b)
{
    tells_two(b);
    b->at = "watch";
    b->at_count = 3;
    b->act = lists_and_goes_on;
}

T(what_another_process_has_counted_stays_counted_also_when_it_is_told_no_more)
{
    struct bench b;

    begin(&b, document,
          LONG "sources: {tickets.new: {command: cat tickets, id: .}}\n"
               "rules:\n  a: investigate when events.incident[1h] > 3\n"
               "  b: investigate when events.incident[2h] > 100 or tickets.new[7d] > 100\n");
    b.at = "watch";
    b.at_count = 2;
    b.act = tells_before_it;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_EQ(bench_sql("SELECT count(*) FROM state JOIN report ON value LIKE"
                   " '%\"events.incident\":\"% ' || at_us || '%' WHERE key = 'samples'"),
         2);
    bench_exec("DELETE FROM report WHERE id = 1");
    b.at = "watch";
    b.at_count = 2;
    b.act = tells_two;
    T_EQ(bench_resume(&b), EXIT_CODE_INVESTIGATE);
    T_EQ(bench_sql(
             "SELECT json_extract(f.data, '$.value') FROM event f JOIN event r ON f.seq > r.seq"
             " WHERE f.kind = 40 AND json_extract(f.data, '$.state') = 'fired' AND"
             " r.kind = 16 AND json_extract(r.data, '$.number') = 4"),
         4);
    bench_end(&b);
}

T_MAIN(
    T_CASE(what_is_told_counts_and_is_journaled_and_that_of_others_does_not),
    T_CASE(what_the_journals_have_counts_by_its_kind), T_CASE(a_flag_that_somebody_switches_counts),
    T_CASE(a_log_of_a_flag_that_cannot_be_read_is_no_value_and_says_so),
    T_CASE(a_flood_of_events_is_no_value_and_says_so),
    T_CASE(a_new_kind_of_error_leads_back_and_is_named),
    T_CASE(what_a_log_had_before_leads_nowhere_also_where_nothing_was_measured),
    T_CASE(a_log_with_too_many_kinds_of_errors_is_no_value_and_says_so),
    T_CASE(more_kinds_of_errors_than_a_look_keeps_are_no_value_at_that_look_and_count_at_the_next),
    T_CASE(tickets_that_come_count),
    T_CASE(a_stopped_watch_counts_nothing_twice_and_misses_nothing),
    T_CASE(a_place_of_another_version_begins_anew),
    T_CASE(what_another_process_has_counted_stays_counted_also_when_it_is_told_no_more))
