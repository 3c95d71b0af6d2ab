#include "runbook/prose.h"

#include "runbook_read.h"

T(a_condition_of_the_prose_becomes_a_rule)
{
    static const struct {
        const char *phrase;
        enum prose_verdict verdict;
        const char *rule, *dropped;
    } rows[] = {
        {"Error rate >5% for >5 min", PROSE_ROLLBACK, "rollback when error_rate[1m] > 5% for 5m",
         ""},
        {"Error rate above 2 %", PROSE_HOLD, "hold when error_rate[1m] > 2%", ""},
        {"Fehlerrate >5% for 10 minutes", PROSE_ROLLBACK,
         "rollback when error_rate[1m] > 5% for 10m", ""},
        {"エラー率 > 1%", PROSE_INVESTIGATE, "investigate when error_rate[1m] > 1%", ""},
        {"Success rate below 99.5%", PROSE_FIX_FORWARD, "fix-forward when success_rate[5m] < 99.5%",
         ""},
        {"Error rate 1-5% for <5 min", PROSE_INVESTIGATE, "investigate when error_rate[1m] >= 1%",
         "for <5 min"},
        {"Error rate 1-5%", PROSE_INVESTIGATE, "investigate when error_rate[1m] in [1%, 5%]", ""},
        {"P95 latency at least 800 ms", PROSE_ROLLBACK,
         "rollback when p95(response_time)[5m] >= 800ms", ""},
        {"Response times exceeds 2 seconds", PROSE_INVESTIGATE,
         "investigate when avg(response_time)[5m] > 2s", ""},
        {"Query time over 1 minute", PROSE_HOLD, "hold when avg(query_time)[5m] > 1m", ""},
        {"Memory >2GB", PROSE_ROLLBACK, "rollback when memory > 2GB", ""},
        {"Memory growing >50MB/hour", PROSE_INVESTIGATE,
         "investigate when slope(memory[5m]) > 50MB/h", ""},
        {"Memory increased 10%", PROSE_OK, "ok when memory <= baseline + 10%", ""},
        {"Memory increased by 20%", PROSE_ROLLBACK, "rollback when memory >= baseline + 20%", ""},
        {"A few crashes", PROSE_INVESTIGATE, "investigate when crashes[5m] >= 1", ""},
        {"CPU ≥ 90", PROSE_HOLD, "hold when cpu >= 90", ""},
        {"Application crashes", PROSE_ROLLBACK, "rollback when crashes[5m] > 0", ""},
        {"Single crash", PROSE_OK, "ok when crashes[5m] <= 1", ""},
        {"Database unreachable", PROSE_ROLLBACK, "rollback when 3 of 3 (database is down)", ""},
        {"Service not responding", PROSE_ROLLBACK, "rollback when 3 of 3 (service is down)", ""},
        {"Connections ≤ 5", PROSE_NONE, "investigate when connections <= 5", ""},
        {"Error rate is high", PROSE_ROLLBACK, "", ""},
        {"Error rate >5", PROSE_ROLLBACK, "", ""}, /* of what? */
        {"Latency >5%", PROSE_ROLLBACK, "", ""},
        {"Latency >5", PROSE_ROLLBACK, "", ""},
        {"Memory >2", PROSE_ROLLBACK, "", ""},
        {"Error rate increased by 20%", PROSE_ROLLBACK, "", ""},
        {"Users complain", PROSE_ROLLBACK, "", ""},
        {"", PROSE_ROLLBACK, "", ""},
    };
    CLEANUP(prose_reader_freep) struct prose_reader *r = prose_reader_new();
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv dropped = SV("?");
        struct sv rule = prose_rule(r, sv_from(rows[i].phrase), rows[i].verdict, &arena, &dropped);

        SAME(rule, rows[i].rule);
        SAME(dropped, rows[i].dropped);
    }
}

T(a_check_at_a_time_becomes_an_expectation)
{
    static const struct {
        const char *phrase, *rule;
    } rows[] = {
        {"Response times P95 <1.5s", "expect p95(response_time)[5m] < 1.5s else investigate"},
        {"Error rate <1%", "expect error_rate[1m] < 1% else investigate"},
        {"Fehlerrate under 1%", "expect error_rate[1m] < 1% else investigate"},
        {"Error rate <1", ""},
        {"Error rate normal", ""},
        {"All users happy <5", ""},
    };
    CLEANUP(prose_reader_freep) struct prose_reader *r = prose_reader_new();
    CLEANUP(arena_release) struct arena arena = {0};
    struct sv dropped;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        SAME(prose_expect(r, sv_from(rows[i].phrase), &arena, &dropped), rows[i].rule);
}

T(the_first_word_of_a_cell_is_its_verdict)
{
    static const struct {
        const char *text;
        enum prose_verdict verdict;
    } rows[] = {
        {"ROLLBACK immediately", PROSE_ROLLBACK},
        {"**Roll back**", PROSE_ROLLBACK},
        {"INVESTIGATE (don't rollback yet)", PROSE_INVESTIGATE},
        {"OK (monitor, but don't rollback)", PROSE_OK},
        {"Hold 10 minutes", PROSE_HOLD},
        {"Fix forward", PROSE_FIX_FORWARD},
        {"Zurückrollen", PROSE_ROLLBACK},
        {"weiter", PROSE_OK},
        {"調査", PROSE_INVESTIGATE},
        {"broke something", PROSE_NONE}, /* no "ok" in it */
        {"", PROSE_NONE},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        T_EQ(prose_verdict_of(sv_from(rows[i].text)), rows[i].verdict);
}

T(subjects_are_known_by_their_words_and_by_their_names)
{
    CLEANUP(prose_reader_freep) struct prose_reader *r = prose_reader_new();
    size_t n;
    const struct prose_subject_info *rows = prose_subjects(&n);

    T_CHECK(n > 5);
    for (size_t i = 0; i < n; i++)
        T_CHECK(rows[i].name.n > 0 && rows[i].meaning[0]);
    SAME(prose_subject(r, SV("HTTP errors per minute")), "error_rate");
    SAME(prose_subject(r, SV("errors in the log")), "log_errors");
    SAME(prose_subject(r, SV("weather")), "");
    prose_reader_free(NULL);
}

T_MAIN(T_CASE(a_condition_of_the_prose_becomes_a_rule),
       T_CASE(a_check_at_a_time_becomes_an_expectation),
       T_CASE(the_first_word_of_a_cell_is_its_verdict),
       T_CASE(subjects_are_known_by_their_words_and_by_their_names))
