#include "runbook/expect.h"

#include "runbook_read.h"

static const struct expect_context shell = {.http = false};
static const struct expect_context http = {.http = true};
static const struct expect_context service = {.service = true};
static const struct expect_context sql = {.sql = true};
static const struct expect_context disk = {.disk = true};
static const struct expect_context file = {.makes_file = true};
static const struct expect_context logs = {.follows = true};
static const struct expect_context search = {.searches = true};
static const struct expect_context status = {.asks_status = true};
static const struct expect_context value = {.one_value = true};
static const struct expect_context version = {.version = true};
static const struct expect_context listing = {.lists_one = true};
static const struct expect_context names = {.names = {"DB_URL|TOKEN", 12}};

static const struct {
    const char *text;
    const struct expect_context *cx;
    enum rb_expect_form form;
    enum rb_op op;
    double number, number2;
    const char *want, *value, *unit;
} form_rows[] = {
    /* clang-format off */
    {"HTTP 200", &http, EXPECT_STATUS, OP_EQ, 200, 0, "", "", ""},
    {"HTTP/1.1 201 OK", &http, EXPECT_STATUS, OP_EQ, 201, 0, "", "", ""},
    {"should return HTTP 2xx", &http, EXPECT_STATUS, OP_EQ, 200, 299, "", "", ""},
    {"200 OK", &http, EXPECT_STATUS, OP_EQ, 200, 0, "", "", ""},
    {"Status: 503", &http, EXPECT_STATUS, OP_EQ, 503, 0, "", "", ""},
    {"HTTP 200", &shell, EXPECT_ASK, OP_EQ, 0, 0, "HTTP 200", "", ""},
    {"HTTP 999", &http, EXPECT_ASK, OP_EQ, 0, 0, "HTTP 999", "", ""},
    {"{\"status\": \"healthy\"}", &http, EXPECT_JSON, OP_EQ, 0, 0, "status", "\"healthy\"", ""},
    {"`{\"status\":\"ok\",\"version\":\"4.7.0\"}`", &http, EXPECT_JSON, OP_EQ, 0, 0, "", "{\"status\":\"ok\",\"version\":\"4.7.0\"}", ""},
    {"{\"db\": {\"up\": true}, \"workers\": 3}", &http, EXPECT_JSON, OP_EQ, 0, 0, "", "{\"db\": {\"up\": true}, \"workers\": 3}", ""},
    {"{\"db\": {\"up\": true}}", &http, EXPECT_JSON, OP_EQ, 0, 0, "", "{\"db\": {\"up\": true}}", ""},
    {"{\"status\": \"ok\", \"uptime\": 3}", &http, EXPECT_ASK, OP_EQ, 0, 0, "{\"status\": \"ok\", \"uptime\": 3}", "", ""},
    {"{\"status\": \"ok\", \"commit\": \"9f86d081884c\"}", &http, EXPECT_ASK, OP_EQ, 0, 0, "{\"status\": \"ok\", \"commit\": \"9f86d081884c\"}", "", ""},
    {"{\"status\": \"ok\", \"since\": \"2026-01-31\"}", &http, EXPECT_ASK, OP_EQ, 0, 0, "{\"status\": \"ok\", \"since\": \"2026-01-31\"}", "", ""},
    {"{\"status\": \"ok\", \"at\": \"10:15:00\"}", &http, EXPECT_ASK, OP_EQ, 0, 0, "{\"status\": \"ok\", \"at\": \"10:15:00\"}", "", ""},
    {"{\"status\": \"ok\", \"release\": \"<version>\"}", &http, EXPECT_ASK, OP_EQ, 0, 0, "{\"status\": \"ok\", \"release\": \"<version>\"}", "", ""},
    {"{\"status\": \"ok\", \"name\": \"string\"}", &http, EXPECT_ASK, OP_EQ, 0, 0, "{\"status\": \"ok\", \"name\": \"string\"}", "", ""},
    {"{\"status\": \"ok\", \"order_id\": 4}", &http, EXPECT_ASK, OP_EQ, 0, 0, "{\"status\": \"ok\", \"order_id\": 4}", "", ""},
    {"{\"status\": \"ok\", \"rows\": 4711}", &http, EXPECT_ASK, OP_EQ, 0, 0, "{\"status\": \"ok\", \"rows\": 4711}", "", ""},
    {"{\"status\": \"ok\", \"lag\": [0.5]}", &http, EXPECT_ASK, OP_EQ, 0, 0, "{\"status\": \"ok\", \"lag\": [0.5]}", "", ""},
    {"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}", &http, EXPECT_ASK, OP_EQ, 0, 0, "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}", "", ""},
    {"{\"status\": \"ok\", ...}", &http, EXPECT_ASK, OP_EQ, 0, 0, "{\"status\": \"ok\", ...}", "", ""},
    {"{\"status\": \"ok\", \"ready\": true}", &shell, EXPECT_ASK, OP_EQ, 0, 0, "{\"status\": \"ok\", \"ready\": true}", "", ""},
    {"\"ready\": true", &http, EXPECT_JSON, OP_EQ, 0, 0, "ready", "true", ""},
    {"active (running)", &service, EXPECT_ACTIVE, OP_EQ, 0, 0, "", "", ""},
    {"Service is running.", &service, EXPECT_ACTIVE, OP_EQ, 0, 0, "", "", ""},
    {"Service is stopped", &service, EXPECT_INACTIVE, OP_EQ, 0, 0, "", "", ""},
    {"stopped", &service, EXPECT_INACTIVE, OP_EQ, 0, 0, "", "", ""},
    {"inactive (dead)", &service, EXPECT_INACTIVE, OP_EQ, 0, 0, "", "", ""},
    {"stopped", &shell, EXPECT_ASK, OP_EQ, 0, 0, "stopped", "", ""},
    {"exit code 0", &shell, EXPECT_EXIT, OP_EQ, 0, 0, "", "", ""},
    {"exit status of 2", &shell, EXPECT_EXIT, OP_EQ, 2, 0, "", "", ""},
    {"0", &status, EXPECT_EXIT, OP_EQ, 0, 0, "", "", ""},
    {"0", &shell, EXPECT_NUMBER, OP_EQ, 0, 0, "", "", ""},
    {"`2`", &shell, EXPECT_NUMBER, OP_EQ, 2, 0, "", "", ""},
    {"`1,200.5`", &shell, EXPECT_NUMBER, OP_EQ, 1200.5, 0, "", "", ""},
    {"\"002\"", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "002", "", ""},
    {"`002`", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "002", "", ""},
    {"`ok`", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "ok", "", ""},
    {"204", &http, EXPECT_STATUS, OP_EQ, 204, 0, "", "", ""},
    {"20", &http, EXPECT_ASK, OP_EQ, 0, 0, "20", "", ""},
    {"20", &service, EXPECT_ASK, OP_EQ, 0, 0, "20", "", ""},
    {"should print OK", &http, EXPECT_MATCHES, OP_EQ, 0, 0, "(?<!NOT )\\bOK\\b", "", ""},
    {"must say \"PASS\"", &shell, EXPECT_MATCHES, OP_EQ, 0, 0, "(?<!NOT )\\bPASS\\b", "", ""},
    {"should print ok", &shell, EXPECT_ASK, OP_EQ, 0, 0, "should print ok", "", ""},
    {"should say OK", &service, EXPECT_ASK, OP_EQ, 0, 0, "should say OK", "", ""},
    {"must not be empty", &shell, EXPECT_MATCHES, OP_EQ, 0, 0, "\\S", "", ""},
    {"must not contain ERROR", &shell, EXPECT_NOT_CONTAINS, OP_EQ, 0, 0, "ERROR", "", ""},
    {"must not contain errors", &shell, EXPECT_ASK, OP_EQ, 0, 0, "must not contain errors", "", ""},
    {"must succeed", &shell, EXPECT_EXIT, OP_EQ, 0, 0, "", "", ""},
    {"must not fail", &shell, EXPECT_EXIT, OP_EQ, 0, 0, "", "", ""},
    {"must return 0 rows", &sql, EXPECT_ROWS, OP_EQ, 0, 0, "", "", ""},
    {"must be empty", &sql, EXPECT_ROWS, OP_EQ, 0, 0, "", "", ""},
    {"must be empty", &search, EXPECT_EMPTY, OP_EQ, 1, 0, "", "", ""},
    {"muss leer sein", &shell, EXPECT_EMPTY, OP_EQ, 0, 0, "", "", ""},
    {"should fail", &shell, EXPECT_FAIL, OP_EQ, 0, 0, "", "", ""},
    {"no errors", &shell, EXPECT_EXIT, OP_EQ, 0, 0, "", "", ""},
    {"No errors in the log", &logs, EXPECT_NOT_MATCHES, OP_EQ, 0, 0, "(?i)\\b(error|fatal|panic|exception|traceback)\\b", "", ""},
    {"migration completes successfully", &shell, EXPECT_EXIT, OP_EQ, 0, 0, "", "", ""},
    {"Build successful", &shell, EXPECT_EXIT, OP_EQ, 0, 0, "", "", ""},
    {"Success", &shell, EXPECT_EXIT, OP_EQ, 0, 0, "", "", ""},
    {"20 passed", &shell, EXPECT_COUNT, OP_EQ, 20, 0, "passed", "", ""},
    {"1,200+ passed", &shell, EXPECT_COUNT, OP_GE, 1200, 0, "passed", "", ""},
    {"0 rows", &sql, EXPECT_ROWS, OP_EQ, 0, 0, "", "", ""},
    {"no results", &sql, EXPECT_ROWS, OP_EQ, 0, 0, "", "", ""},
    {"Should return 0", &sql, EXPECT_ROWS, OP_EQ, 0, 0, "", "", ""},
    {"3 rows", &shell, EXPECT_ASK, OP_EQ, 0, 0, "3 rows", "", ""},
    {"should not show `legacy` column", &shell, EXPECT_NOT_CONTAINS, OP_EQ, 0, 0, "legacy", "", ""},
    {"should show \"shop 4.2\"", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "shop 4.2", "", ""},
    {"'OK'", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "OK", "", ""},
    {"Returns PONG", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "PONG", "", ""},
    {"\"Applied X migrations\"", &shell, EXPECT_MATCHES, OP_EQ, 0, 0, "Applied [0-9]+ migrations", "", ""},
    {"\"X\"", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "X", "", ""},
    {"\"a.b N\"", &shell, EXPECT_MATCHES, OP_EQ, 0, 0, "a\\.b [0-9]+", "", ""},
    {"should not contain 'N errors'", &shell, EXPECT_NOT_MATCHES, OP_EQ, 0, 0, "[0-9]+ errors", "", ""},
    {"`notAfter` date is in future (>30 days)", &shell, EXPECT_EXPIRES, OP_EQ, 2592000000.0, 0, "", "", ""},
    {"expiry date in the future", &shell, EXPECT_EXPIRES, OP_EQ, 0, 0, "", "", ""},
    {"<1.2.3 workers", &shell, EXPECT_ASK, OP_EQ, 0, 0, "<1.2.3 workers", "", ""},
    {"certificate valid for more than 99999999999999999999 days", &shell, EXPECT_NUMBER, OP_GT, 1e20, 0, "certificate valid for", "", ""},
    {"certificate valid for more than 30 days", &shell, EXPECT_EXPIRES, OP_EQ, 2592000000.0, 0, "", "", ""},
    {"date in future (soon)", &shell, EXPECT_EXPIRES, OP_EQ, 0, 0, "", "", ""},
    {"request count increasing", &shell, EXPECT_INCREASES, OP_EQ, 0, 0, "", "", ""},
    {"request count increasing", &logs, EXPECT_ASK, OP_EQ, 0, 0, "request count increasing", "", ""},
    {"Python 3.11+", &shell, EXPECT_VERSION, OP_GE, 0, 0, "3.11", "", ""},
    {"Backup file created", &file, EXPECT_EXISTS, OP_EQ, 0, 0, "", "", ""},
    {"Backup file created", &shell, EXPECT_ASK, OP_EQ, 0, 0, "Backup file created", "", ""},
    {"all required variables set", &names, EXPECT_SET, OP_EQ, 0, 0, "DB_URL|TOKEN", "", ""},
    {"all required variables set", &shell, EXPECT_ASK, OP_EQ, 0, 0, "all required variables set", "", ""},
    {"no output", &shell, EXPECT_EMPTY, OP_EQ, 0, 0, "", "", ""},
    {"no output", &sql, EXPECT_EMPTY, OP_EQ, 0, 0, "", "", ""},
    {"nothing", &sql, EXPECT_ROWS, OP_EQ, 0, 0, "", "", ""},
    {"Should be empty", &shell, EXPECT_EMPTY, OP_EQ, 0, 0, "", "", ""},
    {"no matches", &search, EXPECT_EMPTY, OP_EQ, 1, 0, "", "", ""},
    {"keine Ausgabe", &shell, EXPECT_EMPTY, OP_EQ, 0, 0, "", "", ""},
    {"Dienst ist aktiv", &service, EXPECT_ACTIVE, OP_EQ, 0, 0, "", "", ""},
    {"gestoppt", &service, EXPECT_INACTIVE, OP_EQ, 0, 0, "", "", ""},
    {"sollte fehlschlagen", &shell, EXPECT_FAIL, OP_EQ, 0, 0, "", "", ""},
    {"keine Fehler", &shell, EXPECT_EXIT, OP_EQ, 0, 0, "", "", ""},
    {"3 Zeilen", &sql, EXPECT_ROWS, OP_EQ, 3, 0, "", "", ""},
    {"mindestens 3 Verbindungen", &shell, EXPECT_NUMBER, OP_GE, 3, 0, "Verbindungen", "", ""},
    {"Application starts successfully", &service, EXPECT_ACTIVE, OP_EQ, 0, 0, "", "", ""},
    {"Application starts successfully", &shell, EXPECT_ASK, OP_EQ, 0, 0, "Application starts successfully", "", ""},
    {"Check application is running", &service, EXPECT_ACTIVE, OP_EQ, 0, 0, "", "", ""},
    {"All tests pass", &shell, EXPECT_EXIT, OP_EQ, 0, 0, "", "", ""},
    {"All 572 tests pass", &shell, EXPECT_ASK, OP_EQ, 0, 0, "All 572 tests pass", "", ""},
    {"All tests pass (or document known failures)", &shell, EXPECT_ASK, OP_EQ, 0, 0, "All tests pass (or document known failures)", "", ""},
    {"no errors in logs", &shell, EXPECT_ASK, OP_EQ, 0, 0, "no errors in logs", "", ""},
    {"Invalid inserts are rejected", &shell, EXPECT_FAIL, OP_EQ, 0, 0, "rejected", "", ""},
    {"should not show any errors", &shell, EXPECT_ASK, OP_EQ, 0, 0, "should not show any errors", "", ""},
    {"should NOT show cost_status column", &shell, EXPECT_NOT_CONTAINS, OP_EQ, 0, 0, "cost_status", "", ""},
    {"should no longer list shop-web", &shell, EXPECT_NOT_CONTAINS, OP_EQ, 0, 0, "shop-web", "", ""},
    {"10-20 connections", &shell, EXPECT_NUMBER, OP_IN, 10, 20, "", "", ""},
    {"5 to 10 ms", &shell, EXPECT_NUMBER, OP_IN, 5, 10, "", "", "ms"},
    {">10GB free", &disk, EXPECT_FREE, OP_GT, 1e10, 0, "", "", "GB"},
    {"at least 2 GiB available (not exhausted)", &disk, EXPECT_FREE, OP_GE, 2147483648.0, 0, "", "", "GiB"},
    {">10 free", &disk, EXPECT_ASK, OP_EQ, 0, 0, ">10 free", "", ""},
    {"active connections <5", &shell, EXPECT_NUMBER, OP_LT, 5, 0, "active connections", "", ""},
    {"fewer than 1,000 errors", &shell, EXPECT_NUMBER, OP_LT, 1000, 0, "errors", "", ""},
    {"at most 3", &shell, EXPECT_NUMBER, OP_LE, 3, 0, "", "", ""},
    {"no more than 3", &shell, EXPECT_NUMBER, OP_LE, 3, 0, "", "", ""},
    {"the count is not greater than 3", &shell, EXPECT_NUMBER, OP_LE, 3, 0, "the count", "", ""},
    {"no fewer than 3", &shell, EXPECT_NUMBER, OP_GE, 3, 0, "", "", ""},
    {"not less than 3", &shell, EXPECT_NUMBER, OP_GE, 3, 0, "", "", ""},
    {"nicht mehr als 3", &shell, EXPECT_NUMBER, OP_LE, 3, 0, "", "", ""},
    {"nicht weniger als 3", &shell, EXPECT_NUMBER, OP_GE, 3, 0, "", "", ""},
    {"never above 3", &shell, EXPECT_ASK, OP_EQ, 0, 0, "never above 3", "", ""},
    {"count not over 3", &shell, EXPECT_ASK, OP_EQ, 0, 0, "count not over 3", "", ""},
    {"no more than three rows", &sql, EXPECT_ROWS, OP_LE, 3, 0, "", "", ""},
    {"≥ 3", &shell, EXPECT_NUMBER, OP_GE, 3, 0, "", "", ""},
    {"== 3", &shell, EXPECT_NUMBER, OP_EQ, 3, 0, "", "", ""},
    {"database latency <50ms", &http, EXPECT_JSON, OP_LT, 50, 0, "latency", "", "ms"},
    {"<50ms", &http, EXPECT_ASK, OP_EQ, 0, 0, "<50ms", "", ""},
    {"a 301 redirect", &http, EXPECT_STATUS, OP_EQ, 301, 0, "", "", ""},
    {"Should return 401 Unauthorized", &http, EXPECT_STATUS, OP_EQ, 401, 0, "", "", ""},
    {"204 No Content", &http, EXPECT_STATUS, OP_EQ, 204, 0, "", "", ""},
    {"should be rejected with a 403", &http, EXPECT_STATUS, OP_EQ, 403, 0, "", "", ""},
    {"Verify API endpoints responding", &http, EXPECT_STATUS, OP_EQ, 200, 299, "", "", ""},
    {"Verify API endpoints responding", &shell, EXPECT_ASK, OP_EQ, 0, 0, "Verify API endpoints responding", "", ""},
    {"API endpoints not responding well", &http, EXPECT_ASK, OP_EQ, 0, 0, "API endpoints not responding well", "", ""},
    {"401 users", &http, EXPECT_ASK, OP_EQ, 0, 0, "401 users", "", ""},
    {"`{\"version\": \"2.4.1\"}`", &http, EXPECT_JSON, OP_EQ, 0, 0, "version", "\"2.4.1\"", ""},
    {"response time under 500 ms", &http, EXPECT_ASK, OP_EQ, 0, 0, "response time under 500 ms", "", ""},
    {"page size <2MB", &http, EXPECT_ASK, OP_EQ, 0, 0, "page size <2MB", "", ""},
    {"Must be zero", &sql, EXPECT_NUMBER, OP_EQ, 0, 0, "", "", ""},
    {"zero tolerance", &sql, EXPECT_ASK, OP_EQ, 0, 0, "zero tolerance", "", ""},
    {"exactly one row", &sql, EXPECT_ROWS, OP_EQ, 1, 0, "", "", ""},
    {"at least three records", &sql, EXPECT_ROWS, OP_GE, 3, 0, "", "", ""},
    {"fewer than 5 rows", &sql, EXPECT_ROWS, OP_LT, 5, 0, "", "", ""},
    {"at least one row", &shell, EXPECT_ASK, OP_EQ, 0, 0, "at least one row", "", ""},
    {"should raise an error", &sql, EXPECT_FAIL, OP_EQ, 0, 0, "", "", ""},
    {"throws an integrity error", &shell, EXPECT_FAIL, OP_EQ, 0, 0, "", "", ""},
    {"should return an error", &http, EXPECT_ASK, OP_EQ, 0, 0, "should return an error", "", ""},
    {"PONG", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "PONG", "", ""},
    {"BUILD SUCCESS", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "BUILD SUCCESS", "", ""},
    {"Pong", &shell, EXPECT_ASK, OP_EQ, 0, 0, "Pong", "", ""},
    {"OK", &shell, EXPECT_ASK, OP_EQ, 0, 0, "OK", "", ""},
    {"Returns JSON", &http, EXPECT_ASK, OP_EQ, 0, 0, "Returns JSON", "", ""},
    {"shows data", &shell, EXPECT_ASK, OP_EQ, 0, 0, "shows data", "", ""},
    {"should print nothing", &shell, EXPECT_EMPTY, OP_EQ, 0, 0, "", "", ""},
    {"Should print v3.2.0", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "v3.2.0", "", ""},
    {"prints 3f9a1c", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "3f9a1c", "", ""},
    {"Should resolve to 10.0.3.14", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "10.0.3.14", "", ""},
    {"Should resolve to the new host", &shell, EXPECT_ASK, OP_EQ, 0, 0, "Should resolve to the new host", "", ""},
    {"STATUS: deployed", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "STATUS: deployed", "", ""},
    {"shop.tar.gz: OK", &shell, EXPECT_CONTAINS, OP_EQ, 0, 0, "shop.tar.gz: OK", "", ""},
    {"STATUS: deployed", &http, EXPECT_ASK, OP_EQ, 0, 0, "STATUS: deployed", "", ""},
    {"result: good", &shell, EXPECT_ASK, OP_EQ, 0, 0, "result: good", "", ""},
    {"healthy", &value, EXPECT_CONTAINS, OP_EQ, 0, 0, "healthy", "", ""},
    {"should be `enabled`", &value, EXPECT_CONTAINS, OP_EQ, 0, 0, "enabled", "", ""},
    {"healthy", &shell, EXPECT_ASK, OP_EQ, 0, 0, "healthy", "", ""},
    {"not much", &value, EXPECT_ASK, OP_EQ, 0, 0, "not much", "", ""},
    {"Should be 17 or newer", &version, EXPECT_VERSION, OP_GE, 0, 0, "17", "", ""},
    {"v18.12 or later", &version, EXPECT_VERSION, OP_GE, 0, 0, "18.12", "", ""},
    {"at least 14.2", &version, EXPECT_VERSION, OP_GE, 0, 0, "14.2", "", ""},
    {"below 8.0", &version, EXPECT_ASK, OP_EQ, 0, 0, "below 8.0", "", ""},
    {"Should be 17 or newer", &shell, EXPECT_ASK, OP_EQ, 0, 0, "Should be 17 or newer", "", ""},
    {"3 or more", &shell, EXPECT_NUMBER, OP_GE, 3, 0, "", "", ""},
    {"4 or fewer", &shell, EXPECT_NUMBER, OP_LE, 4, 0, "", "", ""},
    {"3 or more", &http, EXPECT_ASK, OP_EQ, 0, 0, "3 or more", "", ""},
    {"between 4 and 8", &shell, EXPECT_NUMBER, OP_IN, 4, 8, "", "", ""},
    {"148 passing", &shell, EXPECT_COUNT, OP_EQ, 148, 0, "passing", "", ""},
    {"connection succeeded", &shell, EXPECT_EXIT, OP_EQ, 0, 0, "", "", ""},
    {"Snapshot file created successfully", &listing, EXPECT_EXIT, OP_EQ, 0, 0, "", "", ""},
    {"at least 4 GB available", &shell, EXPECT_ASK, OP_EQ, 0, 0, "at least 4 GB available", "", ""},
    {"keine Treffer", &shell, EXPECT_EMPTY, OP_EQ, 0, 0, "", "", ""},
    {"Verify it stopped (wait max 30 seconds)", &service, EXPECT_INACTIVE, OP_EQ, 0, 0, "", "", ""},
    {"Check the old service is not running", &service, EXPECT_INACTIVE, OP_EQ, 0, 0, "", "", ""},
    {"Check nothing is running", &service, EXPECT_ASK, OP_EQ, 0, 0, "Check nothing is running", "", ""},
    {"Verify it stopped", &shell, EXPECT_ASK, OP_EQ, 0, 0, "Verify it stopped", "", ""},
    {"everything looks good", &shell, EXPECT_ASK, OP_EQ, 0, 0, "everything looks good", "", ""},
    /* clang-format on */
};

T(each_form_is_read_from_the_words_that_people_use)
{
    CLEANUP(expect_reader_freep) struct expect_reader *r = expect_reader_new();
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(form_rows); i++) {
        expect_list list = {0};
        const struct rb_expect *e;

        expect_read(r, sv_from(form_rows[i].text), 12, form_rows[i].cx, &arena, &list);
        if (list.n != 1 || list.v[0].form != form_rows[i].form)
            T_FAIL("'%s': %zu checks, the first is %s", form_rows[i].text, list.n,
                   rb_expect_name(list.v[0].form));
        e = &list.v[0];
        T_EQ(e->op, form_rows[i].op);
        T_NEAR(e->number, form_rows[i].number, 0);
        T_NEAR(e->number2, form_rows[i].number2, 0);
        SAME(e->text, form_rows[i].want);
        SAME(e->value, form_rows[i].value);
        SAME(e->unit, form_rows[i].unit);
        SAME(e->source, form_rows[i].text);
        T_EQ(e->line, 12);
        vec_release(&list);
    }
}

T(every_operator_has_its_words)
{
    static const struct {
        const char *words;
        enum rb_op op;
    } rows[] = {{"<=", OP_LE},           {">=", OP_GE},    {"under", OP_LT},   {"below", OP_LT},
                {"less than", OP_LT},    {"over", OP_GT},  {"above", OP_GT},   {"more than", OP_GT},
                {"greater than", OP_GT}, {"up to", OP_LE}, {"minimum", OP_GE}, {"maximum", OP_LE},
                {"min", OP_GE},          {"max", OP_LE},   {"exactly", OP_EQ}, {"=", OP_EQ},
                {"\xe2\x89\xa4", OP_LE}};
    CLEANUP(expect_reader_freep) struct expect_reader *r = expect_reader_new();
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        expect_list list = {0};
        char text[64];

        (void)snprintf(text, sizeof(text), "%s 7 workers", rows[i].words);
        expect_read(r, sv_from(text), 1, &shell, &arena, &list);
        T_EQ(list.v[0].form, EXPECT_NUMBER);
        T_EQ(list.v[0].op, rows[i].op);
        vec_release(&list);
    }
}

T(a_text_is_cut_at_commas_and_ands_outside_of_quotes_and_brackets)
{
    static const struct {
        const char *text;
        const char *clauses[5];
    } rows[] = {
        {"HTTP 200, latency <50ms", {"HTTP 200", "latency <50ms"}},
        {"a and b, c", {"a", "b", "c"}},
        {"\"a, b\" and (c, d)", {"\"a, b\"", "(c, d)"}},
        {"it isn't down, and `a and b`", {"it isn't down", "`a and b`"}},
        {"'a, b' and c", {"'a, b'", "c"}},
        {"broken (a, b", {"broken (a, b"}},
        {"closed) early, b", {"closed) early", "b"}},
        {" , , x", {"x"}},
        {"1,200 passed, 1,2000", {"1,200 passed", "1", "2000"}},
        {"between 4 and 8, then 2", {"between 4 and 8", "then 2"}},
        {"between us and 8", {"between us", "8"}},
        {"between 4", {"between 4"}},
        {"sand, dunes", {"sand", "dunes"}},
        {"", {NULL}},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv rest = sv_from(rows[i].text), clause;

        for (size_t k = 0; rows[i].clauses[k]; k++) {
            T_CHECK(expect_next_clause(&rest, &clause));
            SAME(clause, rows[i].clauses[k]);
        }
        T_CHECK(!expect_next_clause(&rest, &clause));
    }
}

T(alternatives_hold_when_one_of_them_does)
{
    CLEANUP(expect_reader_freep) struct expect_reader *r = expect_reader_new();
    CLEANUP(arena_release) struct arena arena = {0};
    expect_list list = {0};

    expect_read(r, SV("HTTP 200 or HTTP 204"), 1, &http, &arena, &list);
    T_EQ(list.n, 1);
    T_EQ(list.v[0].form, EXPECT_ANY);
    T_EQ(list.v[0].n_any, 2);
    T_NEAR(list.v[0].any[1].number, 204, 0);
    list.n = 0;
    expect_read(r, SV("HTTP 200 or something nice"), 1, &http, &arena, &list);
    T_EQ(list.v[0].form, EXPECT_ASK); /* nobody can say that neither holds */
    T_SV(list.v[0].text, "HTTP 200 or something nice");
    T_EQ(list.v[0].n_any, 0);
    list.n = 0;
    expect_read(r, SV("\"up to date\" or a list of changes"), 1, &shell, &arena, &list);
    T_EQ(list.v[0].form, EXPECT_EXIT);
    T_CHECK(list.v[0].vacuous);
    list.n = 0;
    expect_read(r, SV("something nice or any text"), 1, &shell, &arena, &list);
    T_EQ(list.v[0].form, EXPECT_ASK);
    vec_release(&list);
}

T(a_text_without_a_clause_or_without_an_end_is_one_question)
{
    CLEANUP(expect_reader_freep) struct expect_reader *r = expect_reader_new();
    CLEANUP(arena_release) struct arena arena = {0};
    CLEANUP(strbuf_release) struct strbuf b = repeat("200 OK, ", EXPECT_MAX_BYTES / 8 + 1);
    expect_list list = {0};

    expect_read(r, SV(" , "), 3, &shell, &arena, &list);
    T_EQ(list.n, 1);
    T_EQ(list.v[0].form, EXPECT_ASK);
    list.n = 0;
    expect_read(r, strbuf_sv(&b), 3, &http, &arena, &list);
    T_EQ(list.n, 1);
    T_EQ(list.v[0].form, EXPECT_ASK);
    T_EQ(list.v[0].source.n, b.n);
    vec_release(&list);
    expect_reader_free(NULL);
}

T(labels_introduce_what_is_expected)
{
    static const struct {
        const char *text, *rest; /* NULL: no label */
    } rows[] = {
        {"Expected: HTTP 200", "HTTP 200"},
        {"EXPECTED OUTPUT: ok", "ok"},
        {"Expected output (approximate): ok", "ok"},
        {"Expect: ok", "ok"},
        {"Erwartet: keine Fehler", "keine Fehler"},
        {"Erwartete Ausgabe\xef\xbc\x9a ok", "ok"},
        {"Should show 3 rows", "Should show 3 rows"},
        {"Returns 0 rows", "Returns 0 rows"},
        {"Expected", NULL},
        {"Should show: \"003 (head)\"", "\"003 (head)\""},
        {"Expected output (roughly): ok", "ok"},
        {"Expected output (", NULL},
        {"Erwartetes Ergebnis: 3", "3"},
        {"Success criteria: all tests pass", "all tests pass"},
        {"Expected results should include all", "Expected results should include all"},
        {"Expected downtime is short", NULL},
        {"We should go", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv rest = {NULL, 0};
        bool found = expect_is_label(sv_from(rows[i].text), &rest);

        T_EQ(found, rows[i].rest != NULL);
        SAME(rest, rows[i].rest);
    }
}

T(commentary_and_conditions_to_go_on_are_found)
{
    struct sv rest;

    T_CHECK(expect_in_parentheses(SV("Test insert (should fail) "), &rest));
    T_SV(rest, "should fail");
    T_CHECK(!expect_in_parentheses(SV("Test insert"), &rest));
    T_CHECK(!expect_in_parentheses(SV("Test insert ()"), &rest));
    T_CHECK(!expect_in_parentheses(SV("no bracket)"), &rest));
    T_CHECK(!expect_in_parentheses(SV(""), &rest));
    T_CHECK(expect_is_proceed(SV("When active connections <5, proceed"), &rest));
    T_SV(rest, "active connections <5");
    T_CHECK(expect_is_proceed(SV("once the queue is empty, continue"), &rest));
    T_SV(rest, "the queue is empty");
    T_CHECK(!expect_is_proceed(SV("When , proceed"), &rest));
    T_CHECK(!expect_is_proceed(SV("When done, go home"), &rest));
    T_CHECK(!expect_is_proceed(SV("Proceed when done"), &rest));
}

T(a_message_is_a_failure_and_its_text)
{
    static const struct {
        const char *text, *pattern; /* NULL: the failure only */
    } rows[] = {
        {"ERROR: new row for relation \"deals\" violates check constraint \"valid\"",
         "(?i)violates check constraint \"valid\"|check constraint failed: valid\\b"},
        {"ERROR: check constraint \"valid\" violated",
         "(?i)violates check constraint \"valid\"|check constraint failed: valid\\b"},
        {"ERROR (check constraint violated)",
         "(?i)violates check constraint|check constraint failed"},
        {"ERROR: permission denied, sorry", "permission\\s+denied\\,\\s+sorry"},
        {"ERROR", NULL},
    };
    CLEANUP(expect_reader_freep) struct expect_reader *r = expect_reader_new();
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        expect_list list = {0};

        expect_read(r, sv_from(rows[i].text), 4, &shell, &arena, &list);
        T_EQ(list.n, rows[i].pattern ? 2 : 1);
        T_EQ(list.v[0].form, EXPECT_FAIL);
        if (rows[i].pattern) {
            T_EQ(list.v[1].form, EXPECT_MATCHES);
            SAME(list.v[1].text, rows[i].pattern);
            SAME(list.v[1].source, rows[i].text);
        }
        vec_release(&list);
    }
}

T(members_of_a_printed_dictionary_are_looked_for_one_by_one)
{
    CLEANUP(expect_reader_freep) struct expect_reader *r = expect_reader_new();
    CLEANUP(arena_release) struct arena arena = {0};
    expect_list list = {0};

    expect_read(r, SV("{'known': X, 'none': 0}"), 4, &shell, &arena, &list);
    T_EQ(list.n, 2);
    T_EQ(list.v[0].form, EXPECT_MATCHES);
    T_SV(list.v[0].text, "\\'known\\'\\: [0-9]+");
    T_EQ(list.v[1].form, EXPECT_CONTAINS);
    T_SV(list.v[1].text, "'none': 0");
    vec_release(&list);
}

T(an_output_that_is_shown_is_a_check_for_each_line)
{
    static const struct expect_context counts = {.counts = true}, catalog = {.catalog = true};
    static const struct {
        const char *text;
        const struct expect_context *cx;
        const char *checks[4]; /* line, form, text */
    } rows[] = {
        {"known | (count)\nNULL | <n>\n", &sql, {"7 row known|*", "8 row NULL|*"}},
        {"name | n\n-----+----\nknown | 60-70%\n", &sql, {"9 row known|60-70%"}},
        {"150 a=b\n\n25 c=d", &counts, {"7 row *|a=b", "9 row *|c=d"}},
        {"\xe2\x9c\x93 all good\n...\n", &shell, {"7 contains all good"}},
        {"X rows in N s", &shell, {"7 matches [0-9]+ rows in [0-9]+ s"}},
        {"done in 3.2s", &shell, {"7 ask done in 3.2s"}},
        {"at 2026-02-15 it ended", &shell, {"7 ask at 2026-02-15 it ended"}},
        {"f25daf9 Fix it", &shell, {"7 ask f25daf9 Fix it"}},
        {"defaced facade", &shell, {"7 contains defaced facade"}},
        {"known | 312", &sql, {"7 ask known | 312"}},
        {"{\"total\": 51}", &shell, {"7 ask {\"total\": 51}"}},
        {"{\n  \"status\": \"ok\",\n  \"ready\": true\n}", &http, {"7 json "}},
        {"{\n  \"status\": \"ok\",\n  \"total\": 51\n}",
         &http,
         {"7 ask {\n  \"status\": \"ok\",\n  \"total\": 51\n}"}},
        {"a | b | not null", &catalog, {"7 ask a | b | not null"}},
        {"(count) | *", &sql, {NULL}},
    };
    CLEANUP(expect_reader_freep) struct expect_reader *r = expect_reader_new();
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        expect_list list = {0};
        size_t n = 0;

        expect_read_output(r, sv_from(rows[i].text), 7, rows[i].cx, &arena, &list);
        for (; rows[i].checks[n]; n++) {
            const struct rb_expect *e = &list.v[n];

            T_CHECK(n < list.n);
            SAME(
                arena_fmt(&arena, "%zu %s %.*s", e->line, rb_expect_name(e->form), SV_FMT(e->text)),
                rows[i].checks[n]);
        }
        T_EQ(list.n, n);
        vec_release(&list);
    }
}

T(a_sum_of_outcomes_speaks_of_commands_of_its_sort)
{
    static const struct {
        const char *text, *command;
        bool speaks;
    } rows[] = {
        {"Migration runs without errors", "flask db upgrade", true},
        {"Migration runs without errors", "dropdb scratch", false},
        {"Smoke tests pass", "python -m pytest tests/x.py", true},
        {"Smoke tests pass", "systemctl status web", false},
        {"Test restore succeeds", "ls -l", false},
        {"Audit completes successfully", "python scripts/audit_types.py", true},
        {"Audit completes successfully", "python scripts/other.py", false},
        {"connection successful", "psql -c 'SELECT 1'", true},
        {"no errors", "anything", true},
        {"Success", "anything", true},
    };
    CLEANUP(expect_reader_freep) struct expect_reader *r = expect_reader_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (expect_speaks_of(r, sv_from(rows[i].text), sv_from(rows[i].command)) != rows[i].speaks)
            T_FAIL("%s: %s", rows[i].text, rows[i].command);
}

T(comments_claim_and_hunt)
{
    CLEANUP(expect_reader_freep) struct expect_reader *r = expect_reader_new();

    T_CHECK(expect_is_claim(r, SV("Check application is running")));
    T_CHECK(expect_is_claim(r, SV("3. Verify commit hash matches staging")));
    T_CHECK(expect_is_claim(r, SV("Check error rate is low (<0.5%)")));
    T_CHECK(!expect_is_claim(r, SV("Check status")));
    T_CHECK(!expect_is_claim(r, SV("Stop what is running")));
    T_EQ(expect_hunt(r, SV("Check for errors in last hour"), SV("journalctl | grep -i error")),
         HUNT_EMPTY);
    T_EQ(expect_hunt(r, SV("Check for migration errors"), SV("grep alembic app.log")), HUNT_ASK);
    T_EQ(expect_hunt(r, SV("Check for the constraint"), SV("grep error app.log")), HUNT_NONE);
}

T(a_comment_whose_subject_is_the_output_is_an_expectation)
{
    static const struct {
        const char *text, *rest; /* NULL: none */
    } rows[] = {
        {"The output must be empty.", "must be empty"},
        {"has to return 0 rows", "return 0 rows"},
        {"this should be 200", "should be 200"},
        {"it needs to contain \"ok\"", "contain \"ok\""},
        {"the response should not contain ERROR", "should not contain ERROR"},
        {"the query must succeed", "must succeed"},
        {"Nothing should be printed", "Nothing"},
        {"0 rows expected", "0 rows"},
        {"no errors are expected", "no errors"},
        {"expect 3 lines", "3 lines"},
        {"expects nothing", "nothing"},
        {"this must be done before the migration", NULL},
        {"the service must be stopped", NULL},
        {"it should be fast", NULL},
        {"no downtime expected", NULL},
        {"expect a few minutes of downtime", NULL},
        {"return 0", NULL},
    };
    struct expect_reader *r = expect_reader_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv rest;

        if (expect_is_said(r, sv_from(rows[i].text), &rest) != (rows[i].rest != NULL))
            T_FAIL("%s", rows[i].text);
        if (rows[i].rest)
            SAME(rest, rows[i].rest);
    }
    expect_reader_free(r);
}

T_MAIN(T_CASE(a_message_is_a_failure_and_its_text),
       T_CASE(members_of_a_printed_dictionary_are_looked_for_one_by_one),
       T_CASE(an_output_that_is_shown_is_a_check_for_each_line),
       T_CASE(a_sum_of_outcomes_speaks_of_commands_of_its_sort), T_CASE(comments_claim_and_hunt),
       T_CASE(each_form_is_read_from_the_words_that_people_use),
       T_CASE(every_operator_has_its_words),
       T_CASE(a_text_is_cut_at_commas_and_ands_outside_of_quotes_and_brackets),
       T_CASE(alternatives_hold_when_one_of_them_does),
       T_CASE(a_text_without_a_clause_or_without_an_end_is_one_question),
       T_CASE(labels_introduce_what_is_expected),
       T_CASE(commentary_and_conditions_to_go_on_are_found),
       T_CASE(a_comment_whose_subject_is_the_output_is_an_expectation))
