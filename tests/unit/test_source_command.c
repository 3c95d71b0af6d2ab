#include "base/file.h"
#include "source_look.h"

static struct look open_command(const char *command)
{
    return (struct look){.s = open_source("command", "{'command': '%s'}", command)};
}

T(status_output_and_time_are_told)
{
    struct look l;

    begin();
    l = open_command("echo out; echo err >&2; exit 3");
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "up") && !truth_of(&l, "truncated"));
    check_number(&l, "exit", 3);
    T_SV(text_of(&l, "out"), "out");
    T_SV(text_of(&l, "err"), "err");
    T_CHECK(number_of(&l, "elapsed") > 0 && !has(&l, "passed"));
    check_members(&l);
    T_OK(look(&l), l.s->err); /* what it printed before is gone */
    T_SV(text_of(&l, "out"), "out");
    source_free(l.s);
    end();
}

T(a_summary_of_tests_and_a_json_are_taken_apart)
{
    static const struct {
        const char *text;
        double passed, failed, skipped, total, percent;
    } cases[] = {{"20 passed in 3.2s", 20, 0, 0, 20, 1},
                 {"=== 3 failed, 817 passed, 4 skipped in 9s ===", 817, 3, 4, 824, 817.0 / 820},
                 {"1 failed, then 7 failed", 0, 7, 0, 7, 0}};
    struct look l;
    struct err err;

    begin();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

        strbuf_addf(&b, "echo \\\"%s\\\"", cases[i].text);
        l = open_command(strbuf_str(&b));
        T_OK(look(&l), l.s->err);
        check_number(&l, "passed", cases[i].passed);
        check_number(&l, "failed", cases[i].failed);
        check_number(&l, "skipped", cases[i].skipped);
        check_number(&l, "total", cases[i].total);
        T_NEAR(number_of(&l, "percent"), cases[i].percent, 1e-12);
        check_members(&l);
        source_free(l.s);
    }
    l = open_command("echo bypassed 7 times");
    T_OK(look(&l), l.s->err);
    T_CHECK(!has(&l, "passed"));
    source_free(l.s);
    T_OK(file_write_atomic("out.json", SV("{\"queue\": 7}"), 0600, &err), err);
    l = open_command("cat out.json");
    T_OK(look(&l), l.s->err);
    check_number(&l, "json.queue", 7);
    source_free(l.s);
    end();
}

T(only_skipped_tests_have_no_share)
{
    struct look l;

    begin();
    l = open_command("echo 4 skipped");
    T_OK(look(&l), l.s->err);
    T_CHECK(has(&l, "skipped") && !has(&l, "percent"));
    source_free(l.s);
    end();
}

T(what_prints_without_end_or_hangs_or_is_killed_is_unknown)
{
    struct look l;

    begin();
    l = open_command("yes");
    start_look(&l, 0, 300);
    await_report(&l);
    T_EQ(l.rc, ERR_TIMEOUT);
    source_free(l.s);
    l = open_command("head -c 3000000 /dev/zero");
    T_OK(look(&l), l.s->err);
    T_CHECK(truth_of(&l, "truncated") && text_of(&l, "out").n <= 1u << 20);
    source_free(l.s);
    l = open_command("kill -9 $$");
    T_CHECK(look(&l) != ERR_OK && l.s->samples.v.n == 0);
    source_free(l.s);
    l = (struct look){.s = open_source("command", "{'command': 'true', 'workdir': '/nowhere'}")};
    T_CHECK(look(&l) != ERR_OK);
    source_free(l.s);
    l = open_command("sleep 60");
    start_look(&l, 0, 5000);
    source_cancel(l.s);
    await_report(&l);
    T_EQ(l.rc, ERR_INTERRUPTED);
    source_free(l.s);
    end();
}

T_MAIN(T_CASE(status_output_and_time_are_told),
       T_CASE(a_summary_of_tests_and_a_json_are_taken_apart),
       T_CASE(only_skipped_tests_have_no_share),
       T_CASE(what_prints_without_end_or_hangs_or_is_killed_is_unknown))
