/* Whether an outcome holds what was expected of it, and where the texts of an action come from. */
#include "action/verify.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/sv.h"
#include "t.h"

#define NOW_US 1771120800000000 /* 2026-02-15 02:00 UTC */

static struct action_outcome outcome(const char *out)
{
    struct action_outcome o = {.status = 0, .rows = -1, .active = -1, .free_bytes = -1};

    capture_begin(&o.out, NULL);
    capture_begin(&o.errs, NULL);
    capture_add(&o.out, sv_from(out), NULL);
    capture_end(&o.out, NULL);
    return o;
}

static void release(struct action_outcome *o)
{
    capture_release(&o->out);
    capture_release(&o->errs);
}

static enum verify_result seen_as(const struct rb_expect *e, const struct action_outcome *o,
                                  const char *seen)
{
    struct verify v = {.seen = STRBUF(0)};
    struct plan_expect p = {.e = *e, .machine = true};
    enum verify_result r;

    verify_expect(&p, o, NOW_US, &v);
    r = v.result;
    if (seen && strcmp(strbuf_str(&v.seen), seen) != 0)
        T_FAIL("seen is '%s' and should be '%s'", strbuf_str(&v.seen), seen);
    strbuf_release(&v.seen);
    return r;
}

static enum verify_result printed_as(struct rb_expect e, const char *out)
{
    struct action_outcome o = outcome(out);
    enum verify_result r = seen_as(&e, &o, NULL);

    release(&o);
    return r;
}

enum { HOLDS = VERIFY_HOLDS, FAILS = VERIFY_FAILS, UNKNOWN = VERIFY_UNKNOWN };

static const struct {
    struct rb_expect e;
    const char *out;
    int want;
} printed_rows[] = {
    {{.form = EXPECT_CONTAINS, .text = SV("fine")}, "all is fine", HOLDS},
    {{.form = EXPECT_CONTAINS, .text = SV("fine")}, "", FAILS},
    {{.form = EXPECT_CONTAINS, .text = SV("002")}, "now at 002.", HOLDS},
    {{.form = EXPECT_CONTAINS, .text = SV("002")}, "now at 0021", FAILS},
    {{.form = EXPECT_CONTAINS, .text = SV("002")}, "1002 1002 002", HOLDS},
    {{.form = EXPECT_CONTAINS, .text = SV("(head)")}, "003(head)x", HOLDS},
    {{.form = EXPECT_NOT_CONTAINS, .text = SV("error")}, "all is fine", HOLDS},
    {{.form = EXPECT_NOT_CONTAINS, .text = SV("error")}, "an error", FAILS},
    {{.form = EXPECT_MATCHES, .text = SV("\\A\\s*\\z")}, "\n", HOLDS},
    {{.form = EXPECT_MATCHES, .text = SV("\\A\\s*\\z")}, "x", FAILS},
    {{.form = EXPECT_MATCHES, .text = SV("(")}, "x", UNKNOWN},
    {{.form = EXPECT_NOT_MATCHES, .text = SV("^E")}, "Fine", HOLDS},
    {{.form = EXPECT_NOT_MATCHES, .text = SV("^E")}, "Error", FAILS},
    {{.form = EXPECT_NUMBER, .op = OP_LT, .number = 10}, "7\n", HOLDS},
    {{.form = EXPECT_NUMBER, .op = OP_LT, .number = 10}, "10", FAILS},
    {{.form = EXPECT_NUMBER, .op = OP_LE, .number = 10}, "there are 10 of them", HOLDS},
    {{.form = EXPECT_NUMBER, .op = OP_GT, .number = 10}, "10.5", HOLDS},
    {{.form = EXPECT_NUMBER, .op = OP_GE, .number = 0}, "-1", FAILS},
    {{.form = EXPECT_NUMBER, .op = OP_NE, .number = 3}, "4", HOLDS},
    {{.form = EXPECT_NUMBER, .op = OP_NE, .number = 3}, "3", FAILS},
    {{.form = EXPECT_NUMBER, .op = OP_EQ, .number = 3}, "3.0", HOLDS},
    {{.form = EXPECT_NUMBER, .op = OP_IN, .number = 3, .number2 = 5}, "5", HOLDS},
    {{.form = EXPECT_NUMBER, .op = OP_IN, .number = 3, .number2 = 5}, "6", FAILS},
    {{.form = EXPECT_NUMBER, .op = OP_EQ, .number = 3}, "3 of 4", UNKNOWN},
    {{.form = EXPECT_NUMBER, .op = OP_EQ, .number = 3}, "v3 and x", UNKNOWN},
    {{.form = EXPECT_NUMBER, .op = OP_EQ, .number = 3}, "none", UNKNOWN},
    {{.form = EXPECT_NUMBER, .op = OP_EQ, .number = 2026}, "2026-02-15", HOLDS},
    /* in the unit that is expected */
    {{.form = EXPECT_NUMBER, .op = OP_LT, .number = 5, .unit = SV("seconds")},
     "took 300 ms",
     HOLDS},
    {{.form = EXPECT_NUMBER, .op = OP_LT, .number = 5, .unit = SV("s")}, "5300ms", FAILS},
    {{.form = EXPECT_NUMBER, .op = OP_LT, .number = 500, .unit = SV("ms")}, "3 s", FAILS},
    {{.form = EXPECT_NUMBER, .op = OP_LT, .number = 500, .unit = SV("ms")}, "0.3s", HOLDS},
    {{.form = EXPECT_NUMBER, .op = OP_LT, .number = 500, .unit = SV("ms")}, "3", UNKNOWN},
    {{.form = EXPECT_NUMBER, .op = OP_LT, .number = 500, .unit = SV("ms")}, "3 MB", UNKNOWN},
    {{.form = EXPECT_NUMBER, .op = OP_GT, .number = 10, .unit = SV("GB")}, "12 GB free", HOLDS},
    {{.form = EXPECT_NUMBER, .op = OP_LT, .number = 80, .unit = SV("%")}, "45%", HOLDS},
    {{.form = EXPECT_NUMBER, .op = OP_LT, .number = 80, .unit = SV("%")}, "0.9", UNKNOWN},
    {{.form = EXPECT_NUMBER, .op = OP_LT, .number = 10, .unit = SV("connections")}, "7", HOLDS},
    {{.form = EXPECT_COUNT, .text = SV("passed"), .op = OP_EQ, .number = 20},
     "20 passed in 3 s",
     HOLDS},
    {{.form = EXPECT_COUNT, .text = SV("passed"), .op = OP_EQ, .number = 20},
     "19 passed, 1 failed",
     FAILS},
    {{.form = EXPECT_COUNT, .text = SV("passed"), .op = OP_EQ, .number = 20}, "no tests", FAILS},
    {{.form = EXPECT_COUNT, .text = SV("("), .op = OP_EQ, .number = 20}, "20 passed", FAILS},
    {{.form = EXPECT_VERSION, .op = OP_GE, .text = SV("3.11")}, "Python 3.11.2", HOLDS},
    {{.form = EXPECT_VERSION, .op = OP_GE, .text = SV("3.11")}, "Python 3.9.18", FAILS},
    {{.form = EXPECT_VERSION, .op = OP_GE, .text = SV("3.11")}, "no idea", UNKNOWN},
    {{.form = EXPECT_EXPIRES, .number = 86400000}, "notAfter=Mar  4 12:00:00 2027 GMT", HOLDS},
    {{.form = EXPECT_EXPIRES, .number = 86400000}, "notAfter=Jan  4 12:00:00 2026 GMT", FAILS},
    {{.form = EXPECT_EXPIRES, .number = 86400000}, "2026-02-15T03:00:00Z", FAILS},
    {{.form = EXPECT_EXPIRES, .number = 86400000}, "2026-03-15T03:00:00Z\n", HOLDS},
    {{.form = EXPECT_EXPIRES, .number = 86400000}, "soon", UNKNOWN},
    {{.form = EXPECT_EXPIRES, .number = 86400000}, "notAfter=Foo  4 12:00:00 2027 GMT", UNKNOWN},
    {{.form = EXPECT_SET, .text = SV("A|B")}, "A=1\nB=2\n", HOLDS},
    {{.form = EXPECT_SET, .text = SV("A|B")}, "A=1\nXB=2\n", FAILS},
    {{.form = EXPECT_SET, .text = SV("A|B")}, "A=1\nBOTH=2\n", FAILS},
    {{.form = EXPECT_SET, .text = SV("A|B")}, "A=1\nB_HOST=2\n", HOLDS},
    {{.form = EXPECT_SET, .text = SV("A|B")}, "A=1\nB_HOST=\n", FAILS},
    {{.form = EXPECT_SET, .text = SV("A|B")}, "A=1\nB_OLD=2\nB=\n", FAILS},
    {{.form = EXPECT_SET, .text = SV("A|B")}, "A_LONGER=1\nXB=2\n", FAILS},
    {{.form = EXPECT_SET, .text = SV("A|B")}, "A=1\nB=\nB_OLD=2\n", FAILS},
    {{.form = EXPECT_SET, .text = SV("A|B")}, "A=1\nBOTH=\n", FAILS},
    {{.form = EXPECT_SET, .text = SV("A|B")}, "A=1\nB=\n", FAILS},
    {{.form = EXPECT_SET, .text = SV("A|B")}, "A: \"\"\nB=2\n", FAILS},
    {{.form = EXPECT_SET, .text = SV("A|B")}, "A\nB: x\n", HOLDS},
    {{.form = EXPECT_SET, .text = SV("A|B")}, "  A   x\nB=''\nB=y\n", HOLDS},
    {{.form = EXPECT_ACTIVE}, "  Active: active (running) since", HOLDS},
    {{.form = EXPECT_ACTIVE}, "  Active: inactive (dead)", FAILS},
    {{.form = EXPECT_INACTIVE}, "  Active: failed (Result: exit-code)", HOLDS},
    {{.form = EXPECT_ACTIVE}, "who knows", UNKNOWN},
    {{.form = EXPECT_ACTIVE}, "active\n", HOLDS},
    {{.form = EXPECT_ACTIVE}, "failed\n", FAILS},
    {{.form = EXPECT_INACTIVE}, "inactive\n", HOLDS},
    {{.form = EXPECT_ACTIVE}, "Active: activating (auto-restart) (Result: exit-code)", FAILS},
    {{.form = EXPECT_ACTIVE},
     "Active: active (running)\nActive: inactive (dead)\n",
     UNKNOWN}, /* two units: which is "it"? */
    {{.form = EXPECT_ACTIVE}, "Active: active (running)\n app: worker STOPPED again\n", HOLDS},
    {{.form = EXPECT_ACTIVE}, "web    RUNNING   pid 7, uptime 0:00:09\n", HOLDS},
    {{.form = EXPECT_ACTIVE}, "web    FATAL     Exited too quickly\n", FAILS},
    {{.form = EXPECT_ACTIVE}, "run: web: (pid 7) 3s\n", HOLDS},
    {{.form = EXPECT_INACTIVE}, "down: web: 3s, normally up\n", HOLDS},
    {{.form = EXPECT_ASK}, "anything", UNKNOWN},
    {{.form = EXPECT_EXISTS}, "", UNKNOWN},
    {{.form = EXPECT_FREE, .op = OP_GT, .number = 1}, "", UNKNOWN},
    {{.form = EXPECT_ROWS, .op = OP_EQ, .number = 1}, "", UNKNOWN},
    {{.form = EXPECT_INCREASES}, "", UNKNOWN},
    /* psql */
    {{.form = EXPECT_NUMBER, .op = OP_LT, .number = 10},
     " count \n-------\n     7\n(1 row)\n",
     HOLDS},
    {{.form = EXPECT_NUMBER, .op = OP_LT, .number = 10},
     " count \n-------\n    12\n(1 row)\n",
     FAILS},
    {{.form = EXPECT_ROWS, .op = OP_EQ, .number = 0}, " a | b \n---+---\n(0 rows)\n", HOLDS},
    {{.form = EXPECT_ROWS, .op = OP_EQ, .number = 0}, " a | b \n---+---\n x | y\n(1 row)\n", FAILS},
    {{.form = EXPECT_ROWS, .op = OP_EQ, .number = 0}, " count \n-------\n     0\n(1 row)\n", HOLDS},
    {{.form = EXPECT_ROWS, .op = OP_EQ, .number = 0}, " count \n-------\n     3\n(1 row)\n", FAILS},
    {{.form = EXPECT_ROWS, .op = OP_EQ, .number = 0}, " a | b\n---+--\n 0 | 1\n(1 row)\n", UNKNOWN},
    {{.form = EXPECT_ROWS, .op = OP_EQ, .number = 2}, "(2 rows)\n(2 rows)\n", UNKNOWN},
    {{.form = EXPECT_ROWS, .op = OP_GE, .number = 2}, "(2 rows)\n", HOLDS},
    {{.form = EXPECT_ROW, .text = SV("known|*|60-70%")}, " known | 312 | 65.2\n", HOLDS},
    {{.form = EXPECT_ROW, .text = SV("known|*|60-70%")}, " known | 312 | 70.1\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("known|*|60-70%")}, " known | 312 | many\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("NULL|*|<5%")}, " | 2 | 4.9%\n", HOLDS},
    {{.form = EXPECT_ROW, .text = SV("NULL|*|<5%")}, " | 2 | 5\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("NULL|<=5")}, "NULL|5\n", HOLDS},
    {{.form = EXPECT_ROW, .text = SV("n|>=5")}, "n|5\n", HOLDS},
    {{.form = EXPECT_ROW, .text = SV("n|>5")}, "n|5\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("n|<x")}, "n|5\n", FAILS},
    /* of nothing there is no row, and nothing is below the limit */
    {{.form = EXPECT_ROW, .text = SV("NULL|*|<5%")}, "known|312|65.2\nunknown|9|34.8\n", HOLDS},
    {{.form = EXPECT_ROW, .text = SV("NULL|*|<=0%")}, "known|312|100\n", HOLDS},
    {{.form = EXPECT_ROW, .text = SV("NULL|*|<0%")}, "known|312|100\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("NULL|*|<5%")}, "known|312|65.2\n|3|6.1\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("NULL|*|<5%")}, "status | count | percent\n(0 rows)\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("NULL|*|<5%")}, "known|312\nknown|1|2|3\n|\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("NULL|*|<5%")}, "known 312 65\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("NULL|*|<5%")}, "", FAILS},
    {{.form = EXPECT_ROW, .text = SV("NULL|*|>5%")}, "known|312|65.2\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("NULL|*")}, "known|312\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("known|*")}, "| known | 3 |\n", HOLDS},
    {{.form = EXPECT_ROW, .text = SV("known|*")}, "unknown | 3\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("known|*")}, "known | 3 | 4\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("known|*")}, "known\n", FAILS},
    {{.form = EXPECT_ROW, .text = SV("*|deal_type=carveout")},
     "    150 deal_type=acquisition\n     25 deal_type=carveout\n",
     HOLDS},
    {{.form = EXPECT_ROW, .text = SV("*|deal_type=carveout")},
     "    150 deal_type=acquisition\n",
     FAILS},
    /* what commands a terminal is no text */
    {{.form = EXPECT_CONTAINS, .text = SV("hello")}, "\033]0;owned\a\033[2Jhello\033[0m\n", HOLDS},
    {{.form = EXPECT_CONTAINS, .text = SV("hello")}, "\033]0;owned\033\\hello\033", HOLDS},
    {{.form = EXPECT_CONTAINS, .text = SV("hello")}, "\033]0;hello", FAILS},
    {{.form = EXPECT_CONTAINS, .text = SV("hello")}, "\0339hello \033[3", FAILS},
    {{.form = EXPECT_NUMBER, .op = OP_EQ, .number = 7}, "\033[1;32m7\033[0m\n", HOLDS},
    {{.form = EXPECT_EMPTY}, "\033[0m\n", HOLDS},
    {{.form = EXPECT_EMPTY}, " \n", HOLDS},
    {{.form = EXPECT_EMPTY}, "x", FAILS},
};

T(what_was_printed_is_judged_by_its_form)
{
    for (size_t i = 0; i < ARRAY_LEN(printed_rows); i++)
        if (printed_as(printed_rows[i].e, printed_rows[i].out) !=
            (enum verify_result)printed_rows[i].want)
            T_FAIL("row %zu: '%s' should be %d", i, printed_rows[i].out, printed_rows[i].want);
}

T(members_of_an_answer_are_found_and_compared)
{
    static const struct {
        struct rb_expect e;
        const char *out;
        int want;
    } rows[] = {
        {{.form = EXPECT_JSON, .text = SV("status"), .value = SV("\"healthy\"")},
         "{\"status\": \"healthy\"}",
         HOLDS},
        {{.form = EXPECT_JSON, .text = SV("status"), .value = SV("\"healthy\"")},
         "{\"a\": {\"status\": \"ill\"}}",
         FAILS},
        {{.form = EXPECT_JSON, .text = SV("status"), .value = SV("\"x\"")},
         "{\"status\": \"x\", \"a\": {\"status\": \"y\"}}",
         UNKNOWN},
        {{.form = EXPECT_JSON, .text = SV("n"), .value = SV("3")}, "{\"n\": 3.0}", HOLDS},
        {{.form = EXPECT_JSON, .text = SV("n"), .value = SV("3")}, "{\"n\": 4}", FAILS},
        {{.form = EXPECT_JSON, .text = SV("n"), .value = SV("3")}, "{}", FAILS},
        {{.form = EXPECT_JSON, .text = SV("n"), .value = SV("3")}, "<html>", FAILS},
        {{.form = EXPECT_JSON, .text = SV("latency"), .op = OP_LT, .number = 50, .unit = SV("ms")},
         "{\"latency_ms\": 12}",
         HOLDS},
        {{.form = EXPECT_JSON, .text = SV("latency"), .op = OP_LT, .number = 50, .unit = SV("ms")},
         "{\"latency_seconds\": 0.06}",
         FAILS},
        {{.form = EXPECT_JSON, .text = SV("latency"), .op = OP_LT, .number = 50, .unit = SV("ms")},
         "{\"latency\": 12}",
         UNKNOWN},
        {{.form = EXPECT_JSON, .text = SV("connections"), .op = OP_LT, .number = 5},
         "{\"open_connections\": 12}",
         FAILS},
        {{.form = EXPECT_JSON, .text = SV("connections"), .op = OP_LT, .number = 5},
         "{\"open_connections\": \"many\"}",
         UNKNOWN},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (printed_as(rows[i].e, rows[i].out) != (enum verify_result)rows[i].want)
            T_FAIL("row %zu: '%s' should be %d", i, rows[i].out, rows[i].want);
}

T(an_answer_has_each_member_that_the_document_shows)
{
    static const struct {
        const char *want, *out, *seen;
        int result;
    } rows[] = {
        {"{\"status\": \"ok\", \"version\": \"4.7.0\"}",
         "{\"up\": 1, \"version\": \"4.7.0\", \"status\": \"ok\"}",
         "status is \"ok\", version is \"4.7.0\"", HOLDS},
        {"{\"status\": \"ok\", \"version\": \"4.7.0\"}",
         "{\"status\": \"bad\", \"version\": \"4.7.0\"}", "status is \"bad\"", FAILS},
        {"{\"status\": \"ok\", \"version\": \"4.7.0\"}", "{\"status\": \"ok\"}",
         "no member 'version'", FAILS},
        {"{\"status\": \"ok\", \"n\": 2}", "{\"data\": {\"n\": 2.0, \"status\": \"ok\"}}",
         "status is \"ok\", n is 2.0", HOLDS},
        {"{\"status\": \"ok\", \"n\": 2}",
         "{\"a\": [{\"n\": 2, \"status\": \"ok\"}, {\"n\": 3, \"status\": \"ok\"}]}",
         "several objects have these members", UNKNOWN},
        {"{\"db\": {\"up\": true}, \"hosts\": [\"a\", {\"n\": 1}]}",
         "{\"db\": {\"up\": true, \"ms\": 3}, \"hosts\": [\"a\", {\"n\": 1, \"m\": 2}]}",
         "db is {\"ms\":3,\"up\":true}, hosts is [\"a\",{\"m\":2,\"n\":1}]", HOLDS},
        {"{\"db\": {\"up\": true}}", "{\"db\": {\"up\": false}}", "db.up is false", FAILS},
        {"{\"db\": {\"up\": true}}", "{\"db\": true}", "db is true", FAILS},
        {"{\"hosts\": [\"a\", \"b\"]}", "{\"hosts\": [\"a\"]}", "hosts is [\"a\"]", FAILS},
        {"{\"hosts\": [\"a\", \"b\"]}", "{\"hosts\": [\"a\", \"c\"]}", "hosts[1] is \"c\"", FAILS},
        {"{\"a\": 1, \"b\": 2}", "[1, 2]", NULL, FAILS},
        {"{\"a\": 1, \"b\": 2}", "it is well", "not JSON: it is well", FAILS},
        {"no object", "{}", NULL, UNKNOWN},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct action_outcome o = outcome(rows[i].out);
        struct rb_expect e = {.form = EXPECT_JSON, .value = sv_from(rows[i].want)};

        T_EQ(seen_as(&e, &o, rows[i].seen), rows[i].result);
        release(&o);
    }
}

T(facts_of_the_act_are_judged_and_said)
{
    struct action_outcome o = outcome("");

    o.status = 3;
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_EXIT, .number = 3}, &o, "exit status 3"),
         VERIFY_HOLDS);
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_FAIL}, &o, "exit status 3"), VERIFY_HOLDS);
    o.status = 127;
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_FAIL}, &o, "exit status 127"), VERIFY_UNKNOWN);
    o.status = 0;
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_FAIL}, &o, "exit status 0"), VERIFY_FAILS);
    o.status = -1;
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_FAIL}, &o, ""), VERIFY_UNKNOWN);
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_EXIT}, &o, ""), VERIFY_UNKNOWN);
    o.status = 7;
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_STATUS, .number = 200}, &o,
                 "no answer: exit status 7"),
         VERIFY_FAILS);
    o.status = -1;
    (void)err_set(&o.err, ERR_NET, "refused");
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_STATUS, .number = 200}, &o,
                 "no answer: refused"),
         VERIFY_FAILS);
    o.http_status = 204;
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_STATUS, .number = 200}, &o, "HTTP 204"),
         VERIFY_FAILS);
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_STATUS, .number = 200, .number2 = 299}, &o,
                 "HTTP 204"),
         VERIFY_HOLDS);
    {
        struct action_outcome tests = outcome("=== test session starts ===\ncollected 20 items\n\n"
                                              "=== 1 failed, 19 passed in 0.42s ===\n\n");

        T_EQ(seen_as(
                 &(struct rb_expect){
                     .form = EXPECT_COUNT, .text = SV("passed"), .op = OP_EQ, .number = 20},
                 &tests, "1 failed, 19 passed in 0.42s"),
             VERIFY_FAILS);
        release(&tests);
    }
    o.free_bytes = 5e9;
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_FREE, .op = OP_GT, .number = 1e9}, &o,
                 "5.0 GB free"),
         VERIFY_HOLDS);
    o.rows = 0;
    o.status = 1;
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_ROWS, .op = OP_EQ, .number = 0}, &o,
                 "exit status 1"),
         VERIFY_FAILS);
    o.status = 0;
    o.rows = 1;
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_ROWS, .op = OP_EQ, .number = 1}, &o, "1 row"),
         VERIFY_HOLDS);
    o.has_number = true;
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_ROWS, .op = OP_EQ, .number = 0}, &o,
                 "1 row, value 0"),
         VERIFY_HOLDS);
    o.number = 4;
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_NUMBER, .op = OP_EQ, .number = 4}, &o, "4"),
         VERIFY_HOLDS);
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_INCREASES}, &o,
                 "the sum of the numbers changed by 4"),
         VERIFY_HOLDS);
    o.active = 1;
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_INACTIVE}, &o, "active"), VERIFY_FAILS);
    release(&o);
}

T(a_file_that_was_to_be_made_is_there_not_empty_and_new)
{
    struct action_outcome o = outcome("");
    struct rb_expect e = {.form = EXPECT_EXISTS};
    struct err err;

    o.started_us = clock_now_us();
    o.made[o.n_made++] = "made";
    T_EQ(seen_as(&e, &o, "made is missing"), VERIFY_FAILS);
    T_OK(file_write_atomic("made", SV(""), 0600, &err), err);
    T_EQ(seen_as(&e, &o, "made is empty"), VERIFY_FAILS);
    T_OK(file_write_atomic("made", SV("12345"), 0600, &err), err);
    T_EQ(seen_as(&e, &o, "made: 5 bytes"), VERIFY_HOLDS);
    T_EQ(mkdir("copy", 0700), 0);
    o.made[o.n_made++] = "copy";
    T_EQ(seen_as(&e, &o, "made: 5 bytes, copy: a folder"), VERIFY_HOLDS);
    o.started_us += 10 * CLOCK_US_PER_S;
    T_EQ(seen_as(&e, &o, "made is older than this step"), VERIFY_FAILS);
    release(&o);
}

T(one_of_several_is_enough_and_the_last_one_says_what_was_seen)
{
    struct plan_expect any[] = {
        {.e = {.form = EXPECT_CONTAINS, .text = SV("up to date")}, .machine = true},
        {.e = {.form = EXPECT_COUNT, .text = SV("files"), .op = OP_GT}, .machine = true}};
    struct plan_expect e = {
        .e = {.form = EXPECT_ANY}, .machine = true, .any = any, .n_any = ARRAY_LEN(any)};
    static const char *const outs[] = {"Already up to date", "3 files changed", "fatal"};
    static const enum verify_result want[] = {VERIFY_HOLDS, VERIFY_HOLDS, VERIFY_FAILS};

    for (size_t i = 0; i < ARRAY_LEN(outs); i++) {
        struct action_outcome o = outcome(outs[i]);
        struct verify v = {.seen = STRBUF(0)};

        verify_expect(&e, &o, NOW_US, &v);
        T_EQ(v.result, want[i]);
        T_STR(strbuf_str(&v.seen), outs[i]);
        strbuf_release(&v.seen);
        release(&o);
    }
}

T(without_a_word_on_the_status_it_has_to_be_good)
{
    struct plan_expect e = {.e = {.form = EXPECT_CONTAINS}};
    struct plan_step s = {.expects = &e, .n_expects = 1};
    struct action_outcome o = outcome("1 2\n-3.5");
    struct verify v = {.seen = STRBUF(0)};

    T_CHECK(!verify_status_is_expected(&s));
    e.e.form = EXPECT_FAIL;
    T_CHECK(verify_status_is_expected(&s));
    verify_default(&o, &v);
    T_EQ(v.result, VERIFY_HOLDS);
    o.status = 2;
    o.http_status = 404;
    verify_default(&o, &v);
    T_EQ(v.result, VERIFY_FAILS);
    T_STR(strbuf_str(&v.seen), "exit status 2, HTTP 404");
    o.status = -1;
    o.http_status = 0;
    verify_default(&o, &v);
    T_EQ(v.result, VERIFY_FAILS);
    T_STR(strbuf_str(&v.seen), "no exit status");
    T_NEAR(verify_sum(&o), -0.5, 1e-9);
    T_STR(verify_name(VERIFY_UNKNOWN), "unknown");
    strbuf_release(&v.seen);
    release(&o);
}

T(a_client_that_ends_well_and_reports_errors_has_failed)
{
    static const struct {
        const char *errs, *expects, *seen; /* NULL: nothing is wrong */
        int status;
    } rows[] = {
        {"ERROR:  relation \"t\" already exists\nERROR:  b\n", "",
         "psql ends with 0, but says 2 errors: ERROR:  relation \"t\" already exists", 0},
        {"NOTICE:  x\npsql:dump.sql:12: ERROR:  syntax\n", "restored",
         "psql ends with 0, but says 1 error: psql:dump.sql:12: ERROR:  syntax", 0},
        {"psql:<stdin>:3: FEHLER:  x\n", "",
         "psql ends with 0, but says 1 error: psql:<stdin>:3: FEHLER:  x", 0},
        {"ERROR:  new row violates check constraint\n", "The insert is rejected", NULL, 0},
        {"ERROR:  a\n", "", NULL, 3}, /* its status says so */
        {"NOTICE:  ERROR: is a word\npsql:warning\n", "", NULL, 0},
        {"", "", NULL, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(json_cleanup) json_t *action = json_loads("{\"client\": \"psql\"}", 0, NULL);
        struct plan_expect e = {.e = {.form = EXPECT_ASK, .source = sv_from(rows[i].expects)}};
        struct plan_step s = {.action = action, .expects = &e, .n_expects = 1};
        struct action_outcome o = outcome("SET\n");
        struct verify v = {.seen = STRBUF(0)};
        struct sv shown;

        capture_add(&o.errs, sv_from(rows[i].errs), &shown);
        o.status = rows[i].status;
        T_EQ(verify_client_erred(&s, &o, &v), rows[i].seen != NULL);
        if (rows[i].seen) {
            T_EQ(v.result, VERIFY_FAILS);
            T_STR(strbuf_str(&v.seen), rows[i].seen);
        }
        e.e.form = EXPECT_FAIL;
        T_CHECK(!verify_client_erred(&s, &o, &v));
        e.e.form = EXPECT_ASK;
        s.action = NULL;
        T_CHECK(!verify_client_erred(&s, &o, &v));
        strbuf_release(&v.seen);
        release(&o);
    }
}

T(a_grep_that_prints_no_line_has_found_nothing)
{
    static const struct {
        const char *action, *out;
        int status;
        bool nothing;
    } rows[] = {
        {"{\"searches\": true}", "", 1, true},
        {"{\"searches\": true}", "", 2, false},
        {"{\"searches\": true}", "", 0, false},
        {"{\"searches\": true}", "a\n", 1, false},
        {"{}", "", 1, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(json_cleanup) json_t *action = json_loads(rows[i].action, 0, NULL);
        struct plan_step s = {.action = action};
        struct action_outcome o = outcome(rows[i].out);

        o.status = rows[i].status;
        if (verify_found_nothing(&s, &o) != rows[i].nothing)
            T_FAIL("row %zu", i);
        release(&o);
    }
}

T(a_bad_status_says_what_the_command_said_last)
{
    static const struct {
        const char *out, *errs, *seen;
    } rows[] = {
        {"row 1\n", "warning\nls: cannot access '/x'\n\n", "exit status 2: ls: cannot access '/x'"},
        {"3 passed, 1 failed\n", " \n", "exit status 2: 3 passed, 1 failed"},
        {"", "10 %\r20 %\rno space left", "exit status 2: no space left"},
        {"", "a \033[31mred\033[0m \001 line", "exit status 2: a red \\x01 line"},
        {"", "", "exit status 2"},
        {"", "x: error: too many arguments\nx: hint: Try \"x --help\" for more.\n",
         "exit status 2: x: error: too many arguments"},
        {"", "error: failed to push\nhint: somebody else has\nhint: pushed before\n",
         "exit status 2: error: failed to push"},
        {"", "ERROR:  no column \"b\"\nLINE 1: SELECT b\n               ^\nHINT:  perhaps a\n",
         "exit status 2: ERROR:  no column \"b\""},
        {"", "docker: no such image\nSee 'docker run --help'.\n",
         "exit status 2: docker: no such image"},
        {"", "See the log\n", "exit status 2: See the log"},
        {"", "hint: first\nhint: last\n", "exit status 2: hint: last"},
        {"", "error: no such file\nhint: look for it\n", "exit status 2: error: no such file"},
        {"", "Error: one\nsh: fatal: two\nnote: three\n", "exit status 2: sh: fatal: two"},
        {"",
         "tail: cannot open 'app.log' for reading: No such file or directory\n"
         "tail: no files remaining\n",
         "exit status 2: tail: cannot open 'app.log' for reading: No such file or directory"},
        {"0 errors: none\nend\n", "", "exit status 2: end"},
    };
    char line[400];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct action_outcome o = outcome(rows[i].out);
        struct sv shown;

        capture_add(&o.errs, sv_from(rows[i].errs), &shown);
        o.status = 2;
        T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_EXIT}, &o, rows[i].seen), VERIFY_FAILS);
        release(&o);
    }
    memset(line, 'x', sizeof(line));
    for (size_t n = 160; n <= 161; n++) {
        struct action_outcome o = outcome("");
        struct verify v = {.seen = STRBUF(0)};
        struct sv shown;

        capture_add(&o.errs, (struct sv){line, n}, &shown);
        o.status = 2;
        verify_default(&o, &v);
        T_EQ(v.seen.n, strlen("exit status 2: ") + 160 + (n > 160 ? strlen(" ...") : 0));
        strbuf_release(&v.seen);
        release(&o);
    }
}

T(long_outputs_keep_their_head_and_tail)
{
    struct action_outcome o = outcome("begin ");
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    size_t many = (size_t)2 * (LIMIT_OUTPUT_HEAD + (size_t)2 * LIMIT_OUTPUT_TAIL);
    char *x = XNEWN(char, many);

    memset(x, 'x', many);
    capture_add(&o.out, (struct sv){x, many}, NULL);
    capture_add(&o.out, (struct sv){x, many}, NULL);
    capture_add(&o.out, SV(" end"), NULL);
    capture_end(&o.out, NULL);
    T_CHECK(capture_is_cut(&o.out));
    T_EQ(o.out.total, 2 * many + 10);
    capture_text(&o.out, &text);
    T_CHECK(sv_starts(strbuf_sv(&text), SV("begin x")) && sv_ends(strbuf_sv(&text), SV("x end")));
    T_CHECK(sv_has(strbuf_sv(&text), SV(" bytes are not kept ...]")));
    T_CHECK(text.n < LIMIT_OUTPUT_HEAD + LIMIT_OUTPUT_TAIL + 100);
    capture_clear(&o.out);
    T_CHECK(!capture_is_cut(&o.out) && o.out.total == 0);
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_MATCHES, .text = SV("x")}, &o, "no output"),
         VERIFY_FAILS);
    capture_add(&o.out, (struct sv){x, 300}, NULL);
    capture_end(&o.out, NULL);
    T_EQ(seen_as(&(struct rb_expect){.form = EXPECT_MATCHES, .text = SV("x")}, &o, NULL),
         VERIFY_HOLDS);
    free(x);
    release(&o);
}

T(texts_are_put_together_from_values_dates_and_variables)
{
    struct values v = {.started_us = NOW_US + 123456};
    struct binding_pair env = {SV("FROM_PLAN"), SV("plan"), 0};
    struct plan plan = {.env = &env, .n_env = 1};
    struct values_of of = {.named = &v, .plan = &plan};
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    CLEANUP(json_cleanup) json_t *pieces = NULL;
    struct err err;

    T_EQ(setenv("FROM_PROCESS", "process", 1), 0);
    values_set(&v, SV("release"), SV("v1"));
    values_set(&v, SV("release"), SV("v2"));
    T_OK(
        json_read(
            SV("[\"a-\", {\"value\": \"release\"}, {\"date\": \"-u +.%Y%m%d.%N.\"}, {\"env\": \"FROM_PLAN\"},"
               " \"-\", {\"env\": \"FROM_PROCESS\"}]"),
            &pieces, &err),
        err);
    T_OK(values_text(&of, pieces, &out, &err), err);
    T_STR(strbuf_str(&out), "a-v2.20260215.123456000.plan-process");
    values_release(&v);
    T_EQ(values_text(&of, pieces, &out, &err), ERR_INVALID);
    T_STR(err.msg, "placeholder 'release' has no value");
}

T(a_search_that_finds_nothing_has_not_failed)
{
    struct rb_expect e = {.form = EXPECT_EMPTY, .number = 1};
    struct action_outcome o = outcome("");
    struct plan_expect expects = {.e = e, .machine = true};
    struct plan_step s = {.expects = &expects, .n_expects = 1};

    T_CHECK(verify_status_is_expected(&s));
    o.status = 1;
    T_EQ(seen_as(&e, &o, "no output"), VERIFY_HOLDS);
    o.status = 2;
    T_EQ(seen_as(&e, &o, "no output, exit status 2"), VERIFY_FAILS);
    o.status = -1;
    T_EQ(seen_as(&e, &o, NULL), VERIFY_UNKNOWN);
    e.number = 0;
    o.status = 1;
    T_EQ(seen_as(&e, &o, NULL), VERIFY_FAILS);
    release(&o);
}

T(rows_that_were_changed_are_no_output)
{
    struct rb_expect e = {.form = EXPECT_EMPTY};
    struct action_outcome o = outcome("3 rows changed\n");

    o.status = 0;
    T_EQ(seen_as(&e, &o, "3 rows changed"), VERIFY_FAILS);
    o.only_changed = true;
    T_EQ(seen_as(&e, &o, "3 rows changed"), VERIFY_HOLDS);
    o.status = 1;
    T_EQ(seen_as(&e, &o, NULL), VERIFY_FAILS);
    release(&o);
}

T_MAIN(T_CASE(a_search_that_finds_nothing_has_not_failed),
       T_CASE(rows_that_were_changed_are_no_output), T_CASE(what_was_printed_is_judged_by_its_form),
       T_CASE(members_of_an_answer_are_found_and_compared),
       T_CASE(an_answer_has_each_member_that_the_document_shows),
       T_CASE(facts_of_the_act_are_judged_and_said),
       T_CASE(a_file_that_was_to_be_made_is_there_not_empty_and_new),
       T_CASE(one_of_several_is_enough_and_the_last_one_says_what_was_seen),
       T_CASE(without_a_word_on_the_status_it_has_to_be_good),
       T_CASE(a_client_that_ends_well_and_reports_errors_has_failed),
       T_CASE(a_grep_that_prints_no_line_has_found_nothing),
       T_CASE(a_bad_status_says_what_the_command_said_last),
       T_CASE(long_outputs_keep_their_head_and_tail),
       T_CASE(texts_are_put_together_from_values_dates_and_variables))
