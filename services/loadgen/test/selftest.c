/* selftest: what botload counts, reads and writes. */
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "acks.h"
#include "latency.h"
#include "options.h"
#include "report.h"
#include "stats.h"
#include "tap.h"

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void percentiles_are_within_two_percent_of_the_sorted_list(void)
{
    enum { N = 20000 };
    static const double shares[] = {0.001, 0.5, 0.9, 0.95, 0.99, 1};
    static struct latency l;
    uint64_t *list = xcalloc(N, sizeof(*list)), x = 88172645463325252U;

    CHECK(latency_ms(&l, 0.5) < 1e-9);
    for (int i = 0; i < N; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17; /* xorshift64: the same list every time */
        list[i] = x >> (x % 20 + 38);            /* from 0 to 2^26 us, all magnitudes */
        latency_add(&l, list[i]);
    }
    qsort(list, N, sizeof(*list), compare);
    for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
        double want = (double)list[(size_t)ceil(shares[i] * N) - 1] / 1000;
        double got = latency_ms(&l, shares[i]);

        CHECK(got >= want && got <= want * 1.02 + 0.001);
    }
    latency_add(&l, UINT64_MAX); /* beyond the last bucket: counted in it */
    CHECK(l.n == N + 1);
    free(list);
}

static void durations_have_units(void)
{
    static const struct {
        const char *text;
        uint64_t ms; /* 0: refused */
    } rows[] = {
        {"120s", 120000}, {"2m", 120000},    {"1h", 3600000}, {"500ms", 500}, {"1.5s", 1500},
        {"7", 7000},      {"24h", 86400000}, {"25h", 0},      {"0", 0},       {"-1s", 0},
        {"s", 0},         {"", 0},           {"5 s", 0},      {"nan", 0},
    };
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t ms = 0;
        bool ok = options_duration(rows[i].text, &ms, &err) == ERR_OK;

        CHECK(ok == (rows[i].ms != 0) && ms == rows[i].ms);
    }
}

static void a_wrong_option_is_named(void)
{
    static const char *const bad[][2] = {
        {"--rat", "1"},         {"--rate", "0"},      {"--rate", "x"}, {"--connections", "257"},
        {"--duration", "long"}, {"--timeout", "11m"}, {"--url", NULL},
    };
    struct options o;
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char name[32], value[32], *argv[] = {name, value, NULL};

        (void)snprintf(name, sizeof(name), "%s", bad[i][0]);
        (void)snprintf(value, sizeof(value), "%s", bad[i][1] ? bad[i][1] : "");
        CHECK(options_parse(bad[i][1] ? 2 : 1, argv, 0, &o, &err) == ERR_USAGE);
        CHECK(strstr(err.msg, bad[i][0]) != NULL);
    }
}

static enum err_code on_ack(void *ctx, const struct ack *ack, struct err *err)
{
    (void)err;
    CHECK(strcmp(ack->bot_id, "bot") == 0 && strcmp(ack->text, "a text") == 0);
    *(int64_t *)ctx += ack->id;
    return ERR_OK;
}

static void acknowledgements_are_appended_and_a_torn_one_is_found(void)
{
    const struct ack ack[] = {{7, "bot", "a text"}, {8, "bot", "a text"}};
    struct err err;
    int64_t sum = 0;
    int fd = -1;

    for (int i = 0; i < 2; i++) {
        CHECK(acks_open("acks", &fd, &err) == ERR_OK && acks_add(fd, &ack[i], &err) == ERR_OK);
        close(fd);
    }
    CHECK(acks_read("acks", on_ack, &sum, &err) == ERR_OK && sum == 15);
    CHECK(truncate("acks", 2 * 13 - 1) == 0);
    CHECK(acks_read("acks", on_ack, &sum, &err) == ERR_FAILED && strstr(err.msg, "acks:2"));
    CHECK(acks_read("absent", on_ack, &sum, &err) == ERR_FAILED);
}

static json_int_t number(const json_t *o, const char *a, const char *b)
{
    return json_integer_value(json_object_get(json_object_get(o, a), b));
}

static void every_outcome_is_in_the_report_once(void)
{
    struct stats *s = stats_new();
    json_t *report = json_object(), *second;

    stats_add(s, 10, OUTCOME_OK, 200, NULL, 1000);
    stats_add(s, 20, OUTCOME_FAILED, 500, "http_500", 1);
    stats_add(s, 2500, OUTCOME_FAILED, 0, "refused", 1);
    stats_add(s, 2600, OUTCOME_MAINTENANCE, 503, "http_503", 1);
    stats_add(s, 2700, OUTCOME_UNAVAILABLE, 0, "refused", 1);
    stats_add(s, 2800, OUTCOME_REJECTED, 400, "http_400", 1);
    CHECK(stats_total(s) == 6 && stats_count(s, OUTCOME_FAILED) == 2);
    stats_report(s, report);
    CHECK(number(report, "totals", "requests") == 6 && number(report, "totals", "ok") == 1);
    CHECK(number(report, "totals", "unavailable_in_maintenance") == 1);
    CHECK(number(report, "failures", "refused") == 2 &&
          number(report, "failures", "http_500") == 1);
    CHECK(number(report, "statuses", "none") == 2 && number(report, "statuses", "503") == 1);
    CHECK(json_array_size(json_object_get(report, "timeline")) == 3);
    second = json_array_get(json_object_get(report, "timeline"), 2);
    CHECK(json_integer_value(json_object_get(second, "failed")) == 1);
    CHECK(json_integer_value(json_object_get(second, "ok")) == 0);
    json_decref(report);
    stats_free(s);
}

static void a_report_replaces_the_old_one_whole_or_not_at_all(void)
{
    json_t *report = json_pack("{s:i}", "a", 1), *read;
    struct err err;

    CHECK(report_write("report", report, &err) == ERR_OK);
    CHECK(report_write("report", report, &err) == ERR_OK);
    read = json_load_file("report", 0, NULL);
    CHECK(json_equal(read, report));
    CHECK(report_write("absent/report", report, &err) == ERR_FAILED);
    CHECK(mkdir("folder", 0700) == 0 && report_write("folder", report, &err) == ERR_FAILED);
    json_decref(read);
    json_decref(report);
}

static const struct tap_test tests[] = {
    TEST(percentiles_are_within_two_percent_of_the_sorted_list),
    TEST(durations_have_units),
    TEST(a_wrong_option_is_named),
    TEST(acknowledgements_are_appended_and_a_torn_one_is_found),
    TEST(every_outcome_is_in_the_report_once),
    TEST(a_report_replaces_the_old_one_whole_or_not_at_all),
};

int main(void)
{
    return tap_run(tests, ARRAY_LEN(tests));
}
