#include "base/json.h"
#include "base/sv.h"
#include "t.h"
#include "watch/log_shape.h"

static void want(const char *record, const char *pattern)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0), again = STRBUF(0);

    log_shape_add(sv_from(record), &b);
    T_STR(strbuf_str(&b), pattern);
    log_shape_add(strbuf_sv(&b), &again);
    T_STR(strbuf_str(&again), strbuf_str(&b)); /* a pattern of a pattern is itself */
}

T(what_differs_each_time_is_masked)
{
    static const struct {
        const char *record, *pattern;
    } rows[] = {
        {"2026-02-15 02:00:01,123 ERROR order 4711: timeout after 30.2s",
         "<time> ERROR order <n>: timeout after <n>s"},
        {"2026-02-15T02:00:01.5Z ERROR x", "<time> ERROR x"},
        {"2026-02-15T02:00:01+0100 ERROR x", "<time> ERROR x"},
        {"2026-02-15 02:00:01 +01:00 ERROR x", "<time> ERROR x"},
        {"2026-02-15 02:00:01.123 UTC [71] FATAL: no", "<time> [<n>] FATAL: no"},
        {"[15/Feb/2026:02:00:01 +0000] error", "[<time>] error"},
        {"Feb 15 02:00:01 web app[77]: error", "<time> web app[<n>]: error"},
        {"Feb  5 02:00:01 web error", "<time> web error"},
        {"error at 02:00:01.250 in x", "error at <time> in x"},
        {"error of 2026-02-15", "error of <time>"},
        {"wait for 12 errors", "wait for <n> errors"},
        {"error from 10.0.0.7:5432", "error from <addr>"},
        {"error from 10.0.0.0/24, 1.2.3", "error from <addr>, <n>"},
        {"error from fe80::1 and 00:1b:44:11:3a:b7", "error from <addr> and <addr>"},
        {"error 550e8400-e29b-41d4-a716-446655440000 lost", "error <uuid> lost"},
        {"segfault at 0xdeadbeef ip 00007f5a1c2b3d4e", "segfault at <hex> ip <hex>"},
        {"deadbeef is a word, a1b2c3 is none", "deadbeef is a word, <hex> is none"},
        {"request 8fK2mQ7xLp4 failed", "request <id> failed"},
        {"worker12 failed -5 times, 1e-07 s, 1,000,000", "worker<n> failed <n> times, <n> s, <n>"},
        {"/api/users/42/orders?id=7 failed", "/api/users/<n>/orders?id=<n> failed"},
        {"ids [1, 2, 3] failed", "ids [<n>] failed"},
        {"keys ['a', 'b'] missing", "keys ['<str>'] missing"},
        {"KeyError: 'user_id'", "KeyError: '<str>'"},
        {"relation \"deal\" does not exist", "relation \"<str>\" does not exist"},
        {"it's broken and can't go on", "it's broken and can't go on"},
        {"say \"unended", "say \"unended"},
        {"say \"a \\\" b\" end", "say \"<str>\" end"},
        {"level=error msg=\"pool of 5 is full\" id=\"x\"",
         "level=error msg=\"pool of <n> is full\" id=\"<str>\""},
        {"{\"key\": \"value\", \"n\": 5, ", "{\"key\": \"<str>\", \"n\": <n>,"},
        {"  two \t blanks \033[31mred\033[0m end ", "two blanks red end"},
        {"", ""},
        {"\033[", ""},
        {"\033", ""},
        {"1e", "<n>e"},
        {"12:30", "<n>:<n>"},
        {"1e5x", "<n>e<n>x"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        want(rows[i].record, rows[i].pattern);
}

T(of_a_record_of_json_what_it_says_is_taken)
{
    want(
        "{\"ts\":\"2026-02-15T02:00:01Z\",\"level\":\"error\",\"logger\":\"db\",\"msg\":\"pool of 5 is full\"}",
        "error db pool of <n> is full");
    want("{\"severity\":\"ERROR\",\"message\":\"no\",\"error\":\"E42\"}", "ERROR no: E<n>");
    want("{\"level\":\"error\",\"code\":7}", "{\"level\":\"<str>\",\"code\":<n>}");
    want("{\"level\":", "{\"level\":");
}

T(a_record_of_several_lines_is_its_first_and_its_last)
{
    want("2026-02-15 02:00:01 ERROR boom\n  File \"x.py\", line 3\nValueError: bad 7\n",
         "<time> ERROR boom ValueError: bad <n>");
    want("ERROR alone\n", "ERROR alone");
}

T(what_looks_like_a_secret_is_in_no_pattern_and_no_example)
{
    static const struct {
        const char *record, *example;
    } rows[] = {
        {"error: password=hunter2 x", "error: password=*** x"},
        {"error: DB_PASSWORD: 'hunter2', x", "error: DB_PASSWORD: ***, x"},
        {"error {\"api_token\": \"hunter2\"}", "error {\"api_token\": ***}"},
        {"error Authorization: Bearer hunter2", "error Authorization: Bearer ***"},
        {"error Authorization: Basic hunter2", "error Authorization: Basic ***"},
        {"error, bearer hunter2 refused", "error, bearer *** refused"},
        {"error postgresql://app:hunter2@db:5432/x", "error postgresql://***@db:5432/x"},
        {"error http://db/x and http://a@db", "error http://db/x and http://a@db"},
        {"error pwd=\"hunter2", "error pwd=***"},
        {"error of the token", "error of the token"},
        {"error token=", "error token="},
        {"error\tin \001 it", "error in it"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf example = STRBUF(0), pattern = STRBUF(0);

        log_shape_example(sv_from(rows[i].record), &example);
        if (i + 1 < ARRAY_LEN(rows))
            T_STR(strbuf_str(&example), rows[i].example);
        log_shape_add(sv_from(rows[i].record), &pattern);
        T_CHECK(!sv_has(strbuf_sv(&pattern), SV("hunter")));
        T_CHECK(!sv_has(strbuf_sv(&example), SV("hunter")));
    }
}

T(a_secret_is_hidden_before_a_part_of_it_is_masked)
{
    CLEANUP(secrets_freep) struct secrets *secrets = secrets_new();
    struct log_shapes s = {.secrets = secrets};
    CLEANUP(json_cleanup) json_t *rows = NULL;

    T_CHECK(secrets_add(secrets, SV("DB"), SV("swordfish7x")));
    log_shapes_take(&s, SV("error of swordfish7x here"));
    rows = log_shapes_report(&s, false);
    T_STR(json_get_str(json_array_get(rows, 0), "pattern", ""), "error of *** here");
    T_STR(json_get_str(json_array_get(rows, 0), "example", ""), "error of *** here");
    log_shapes_release(&s);
}

T(patterns_are_counted_and_have_an_example)
{
    struct log_shapes s = {.taken = 0};
    struct err err;
    json_t *rows;

    T_OK(regex_new(SV(LOG_SHAPE_LINES), 0, &s.lines, &err), err);
    log_shapes_take_lines(&s,
                          SV("INFO 1 started\nERROR 1 lost\nERROR 2 lost\nDbTimeoutError: 3\n\n"));
    log_shapes_take(&s, SV("fatal\nlast"));
    T_EQ(s.taken, 4u);
    rows = log_shapes_report(&s, false);
    T_EQ(json_array_size(rows), 3u);
    T_STR(json_get_str(json_array_get(rows, 0), "pattern", ""), "ERROR <n> lost");
    T_STR(json_get_str(json_array_get(rows, 0), "example", ""), "ERROR 1 lost");
    T_EQ(json_get_int(json_array_get(rows, 0), "count", 0), 2);
    T_STR(json_get_str(json_array_get(rows, 2), "pattern", ""), "fatal last");
    json_decref(rows);
    log_shapes_take(&s, SV("ERROR 3 lost"));
    rows = log_shapes_report(&s, true);
    T_EQ(json_array_size(rows), 1u);
    T_EQ(json_get_int(json_array_get(rows, 0), "count", 1), 0);
    T_CHECK(!json_object_get(json_array_get(rows, 0), "example"));
    json_decref(rows);
    log_shapes_release(&s);
}

T(there_is_an_end_to_what_is_kept)
{
    struct log_shapes s = {.taken = 0};
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0), shape = STRBUF(0);
    json_t *rows;

    for (unsigned i = 0; i <= LOG_SHAPES_MAX; i++) {
        strbuf_truncate(&line, 0);
        for (unsigned k = i; k; k /= 26) /* letters: a number would be masked */
            strbuf_addf(&line, "%c", 'a' + (char)(k % 26));
        strbuf_add_str(&line, " z");
        log_shapes_take(&s, strbuf_sv(&line));
    }
    T_CHECK(s.full);
    rows = log_shapes_report(&s, false);
    T_EQ(json_array_size(rows), (size_t)LOG_SHAPES_MAX);
    T_CHECK(!s.full);
    json_decref(rows);
    log_shapes_release(&s);
    strbuf_truncate(&line, 0);
    for (unsigned i = 0; i < 3000; i++)
        strbuf_add_str(&line, "\xc3\xa9"); /* cut between characters */
    log_shape_add(strbuf_sv(&line), &shape);
    T_EQ(shape.n, (size_t)LOG_SHAPE_BYTES);
}

T(a_search_that_ran_into_its_limit_is_told)
{
    struct log_shapes s = {.taken = 0};
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    struct err err;

    T_OK(regex_new(SV("(a+)+$"), 0, &s.lines, &err), err);
    strbuf_add_n(&line, 'a', 40);
    strbuf_add_str(&line, "!");
    log_shapes_take(&s, strbuf_sv(&line));
    T_CHECK(s.broken);
    T_EQ(s.v.n, 0u);
    log_shapes_release(&s);
}

T_MAIN(T_CASE(what_differs_each_time_is_masked), T_CASE(of_a_record_of_json_what_it_says_is_taken),
       T_CASE(a_record_of_several_lines_is_its_first_and_its_last),
       T_CASE(what_looks_like_a_secret_is_in_no_pattern_and_no_example),
       T_CASE(a_secret_is_hidden_before_a_part_of_it_is_masked),
       T_CASE(patterns_are_counted_and_have_an_example), T_CASE(there_is_an_end_to_what_is_kept),
       T_CASE(a_search_that_ran_into_its_limit_is_told))
