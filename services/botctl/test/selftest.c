/* selftest: what needs no server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "db.h"
#include "dotenv.h"
#include "input.h"
#include "metrics.h"
#include "migrate.h"
#include "tap.h"

static enum err_code on_pair(void *ctx, const char *name, const char *value, int line,
                             struct err *err)
{
    size_t n = strlen(ctx);

    (void)err;
    (void)snprintf((char *)ctx + n, 512 - n, "%d %s=[%s]\n", line, name, value);
    return ERR_OK;
}

static void settings_are_read_as_they_are_written(void)
{
    struct err err;
    char got[512] = "";

    CHECK(dotenv_parse(
              "# c\n\nA=1\nexport B = two words  # c\nC='r\\a\"w # '\nD=\"q \\\" \\\\ $X\" #c\r\n"
              "E=\nF=a#b\r\n G=last",
              on_pair, got, &err) == ERR_OK);
    CHECK(strcmp(got, "3 A=[1]\n4 B=[two words]\n5 C=[r\\a\"w # ]\n6 D=[q \" \\ $X]\n7 E=[]\n"
                      "8 F=[a#b]\n9 G=[last]\n") == 0);
}

static void a_line_that_is_no_setting_is_named(void)
{
    static const char *const bad[] = {"A=1\nnonsense", "1A=2",    "A B=3",
                                      "A=\"open",      "A='x' y", "=1"};
    struct err err;
    char got[512] = "";

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(dotenv_parse(bad[i], on_pair, got, &err) == ERR_USAGE);
    CHECK(dotenv_parse(bad[0], on_pair, got, &err) == ERR_USAGE && strstr(err.msg, "line 2"));
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");

    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void the_environment_wins_over_the_file_and_the_file_over_the_default(void)
{
    CLEANUP(config_release) struct config c = {0};
    struct err err;

    write_file("env", "BOTCTL_WORKERS=7\nBOTCTL_LISTEN=[::1]:81\nJWT_SECRET=x\n");
    setenv("BOTCTL_WORKERS", "9", 1);
    CHECK(config_load("env", &c, &err) == ERR_OK);
    unsetenv("BOTCTL_WORKERS");
    CHECK(c.workers == 9 && c.drain_timeout_s == 30);
    CHECK(strcmp(c.host, "::1") == 0 && strcmp(c.port, "81") == 0);
}

static void a_wrong_setting_is_refused(void)
{
    static const char *const bad[] = {
        "BOTCTL_LISTN=1",           "BOTCTL_LISTEN=8000",      "BOTCTL_LISTEN=a:65536",
        "BOTCTL_LISTEN=a:",         "BOTCTL_LISTEN=::1:80",    "BOTCTL_WORKERS=0",
        "BOTCTL_WORKERS=4 threads", "BOTCTL_DRAIN_TIMEOUT=-1",
    };
    struct config c;
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        write_file("env", bad[i]);
        CHECK(config_load("env", &c, &err) == ERR_USAGE && strstr(err.msg, "env"));
    }
    CHECK(config_load("absent", &c, &err) == ERR_USAGE);
}

static void passwords_are_not_shown(void)
{
    static const struct {
        const char *url, *shown;
    } rows[] = {
        {"sqlite:a:b@c.db", "sqlite:a:b@c.db"},
        {"postgresql://u:s3cret@h/d", "postgresql://u:***@h/d"},
        {"postgresql://u:s@cret@h:5/d?x=a@b:c", "postgresql://u:***@h:5/d?x=a@b:c"},
        {"postgresql://u@h:5432/d", "postgresql://u@h:5432/d"},
        {"postgresql:///d?password=s3cret&x=1", "postgresql:///d?password=***&x=1"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(free_charp) char *shown = config_hide_password(rows[i].url);

        CHECK(strcmp(shown, rows[i].shown) == 0);
    }
}

static void histograms_are_cumulative(void)
{
    const char *labels[] = {"/", "other"};
    const struct metrics_info info = {"v0", "abc1234", 1.5, true};
    struct metrics *m = metrics_new(labels, 2);
    CLEANUP(free_charp) char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    metrics_request_begin(m, true);
    CHECK(metrics_in_flight(m) == 1 && metrics_active(m) == 1);
    metrics_request_end(m, true, "GET", 0, 200, 5000000); /* on the bound: inside */
    metrics_request_begin(m, false);
    metrics_request_end(m, false, "GET", 0, 200, 1200000000); /* 1.2 s */
    metrics_request_begin(m, false);
    metrics_request_end(m, false, "BREW", 1, 405, 99000000000); /* 99 s, no known method */
    CHECK(metrics_in_flight(m) == 0 && metrics_active(m) == 0 && metrics_requests(m) == 3);
    metrics_print(m, &info, out);
    fclose(out);
    CHECK(strstr(text, "_bucket{method=\"GET\",route=\"/\",le=\"0.005\"} 1\n"));
    CHECK(strstr(text, "_bucket{method=\"GET\",route=\"/\",le=\"1\"} 1\n"));
    CHECK(strstr(text, "_bucket{method=\"GET\",route=\"/\",le=\"1.5\"} 2\n"));
    CHECK(strstr(text, "_bucket{method=\"GET\",route=\"/\",le=\"+Inf\"} 2\n"));
    CHECK(strstr(text, "_bucket{method=\"other\",route=\"other\",le=\"10\"} 0\n"));
    CHECK(strstr(text, "_count{method=\"other\",route=\"other\"} 1\n"));
    CHECK(strstr(text, "http_requests_total{method=\"other\",route=\"other\",status=\"405\"} 1\n"));
    CHECK(strstr(text, "_sum{method=\"GET\",route=\"/\"} 1.205000000\n"));
    CHECK(strstr(text, "botctl_maintenance 1\n") && strstr(text, "process_open_fds "));
    metrics_free(m);
}

static void times_of_both_databases_read_the_same(void)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"2025-10-25 21:00:00.123456+00", "2025-10-25T21:00:00.123Z"},
        {"2025-10-25 21:00:00+00", "2025-10-25T21:00:00Z"},
        {"2025-10-25T21:00:00.123Z", "2025-10-25T21:00:00.123Z"},
    };
    char out[DB_TIME];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        db_time_text(rows[i].in, out);
        CHECK(strcmp(out, rows[i].out) == 0);
    }
}

static void what_a_client_sends_is_checked(void)
{
    static const struct input_field field = {.name = "f", .max = 3, .identifier = true};
    static const struct {
        const char *body;
        enum err_code want;
    } rows[] = {
        {"{\"f\":\"a-1\"}", ERR_OK},
        {"{\"f\":\"abcd\"}", ERR_INPUT},
        {"{\"f\":\"\"}", ERR_INPUT},
        {"{\"f\":\"a b\"}", ERR_INPUT},
        {"{\"f\":1}", ERR_INPUT},
        {"{}", ERR_INPUT},
        {"{\"f\":null}", ERR_INPUT},
        {"{\"f\":\"'\"}", ERR_INPUT},
        {"{\"f\":\"\xc3\xa9\"}", ERR_INPUT},
    };
    struct err err;
    json_t *body;
    const char *value;
    int64_t n;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK(input_object(rows[i].body, strlen(rows[i].body), &body, &err) == ERR_OK);
        CHECK(input_text(body, &field, &value, &err) == rows[i].want);
        json_decref(body);
    }
    CHECK(input_object("[1]", 3, &body, &err) == ERR_INPUT);
    CHECK(input_object("{\"f\":\"\\u0000\"}", 14, &body, &err) == ERR_INPUT);
    CHECK(input_object("{\"f\":1,\"f\":2}", 13, &body, &err) == ERR_INPUT);
    CHECK(input_object(NULL, 0, &body, &err) == ERR_INPUT);
    CHECK(input_number(NULL, "n", 50, 500, &n, &err) == ERR_OK && n == 50);
    CHECK(input_number("500", "n", 50, 500, &n, &err) == ERR_OK && n == 500);
    CHECK(input_number("501", "n", 50, 500, &n, &err) == ERR_INPUT);
    CHECK(input_number("0", "n", 50, 500, &n, &err) == ERR_INPUT);
    CHECK(input_number("1x", "n", 50, 500, &n, &err) == ERR_INPUT);
}

static void a_schema_may_be_one_version_ahead_and_never_behind(void)
{
    struct err err;

    CHECK(migrate_may_serve(1, 2, &err) == ERR_SCHEMA && strstr(err.msg, "migrate up"));
    CHECK(migrate_may_serve(2, 2, &err) == ERR_OK);
    CHECK(migrate_may_serve(3, 2, &err) == ERR_OK);
    CHECK(migrate_may_serve(4, 2, &err) == ERR_SCHEMA);
}

static void migrations_are_numbered_without_a_gap(void)
{
    CHECK(n_migrations >= 1);
    for (int i = 0; i < n_migrations; i++)
        CHECK(migrations[i].version == i + 1 && *migrations[i].name && *migrations[i].sql[0].up &&
              *migrations[i].sql[1].down);
}

static void count_step(void *ctx, const struct migration *m, bool up)
{
    (void)m;
    *(int *)ctx += up ? 1 : -1;
}

static void migrating_up_and_down_keeps_the_messages(void)
{
    const struct db_options options = {.n_conns = 1, .timeout_ms = 1000, .create = true};
    struct db *db = NULL;
    struct db_conn *c = NULL;
    struct err err;
    int version = -1, steps = 0;
    int64_t n = 0;

    CHECK(db_open("sqlite:test.db", &options, &db, &err) == ERR_OK);
    CHECK(db_take(db, &c, &err) == ERR_OK && migrate_version(c, &version, &err) == ERR_OK);
    CHECK(version == 0);
    CHECK(migrate_up(c, 1, count_step, &steps, &err) == ERR_OK && steps == 1);
    CHECK(db_script(c, "INSERT INTO chat_messages (bot_id, text) VALUES ('a', 'b')", &err) ==
          ERR_OK);
    CHECK(migrate_up(c, n_migrations, count_step, &steps, &err) == ERR_OK && steps == n_migrations);
    CHECK(migrate_up(c, n_migrations, count_step, &steps, &err) == ERR_OK && steps == n_migrations);
    CHECK(migrate_up(c, n_migrations + 1, count_step, &steps, &err) == ERR_USAGE);
    CHECK(migrate_down(c, 1, count_step, &steps, &err) == ERR_OK && steps == 1);
    CHECK(db_query_int(c, DB_STMT("SELECT count(*) FROM chat_messages"), &n, &err) == ERR_OK &&
          n == 1);
    CHECK(migrate_version(c, &version, &err) == ERR_OK && version == 1);
    db_give(c);
    db_free(db);
}

static void a_database_that_is_moved_away_is_not_written_to(void)
{
    const struct db_options options = {.n_conns = 1, .timeout_ms = 1000, .create = true};
    struct db *db = NULL;
    struct db_conn *c = NULL;
    struct err err;

    CHECK(db_open("sqlite:here.db", &options, &db, &err) == ERR_OK);
    CHECK(db_take(db, &c, &err) == ERR_OK);
    db_give(c);
    CHECK(rename("here.db", "away.db") == 0);
    CHECK(db_take(db, &c, &err) == ERR_DB && strstr(err.msg, "moved"));
    db_free(db);
}

static const struct tap_test tests[] = {
    TEST(settings_are_read_as_they_are_written),
    TEST(a_line_that_is_no_setting_is_named),
    TEST(the_environment_wins_over_the_file_and_the_file_over_the_default),
    TEST(a_wrong_setting_is_refused),
    TEST(passwords_are_not_shown),
    TEST(histograms_are_cumulative),
    TEST(times_of_both_databases_read_the_same),
    TEST(what_a_client_sends_is_checked),
    TEST(a_schema_may_be_one_version_ahead_and_never_behind),
    TEST(migrations_are_numbered_without_a_gap),
    TEST(migrating_up_and_down_keeps_the_messages),
    TEST(a_database_that_is_moved_away_is_not_written_to),
};

int main(void)
{
    return tap_run(tests, ARRAY_LEN(tests));
}
