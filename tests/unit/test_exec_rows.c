/* Rows of what sources say, and the environment, as the rules of a run see them. */
#include "exec_bench.h"
#include "net_server.h"

static const char document[] = "# Doc\n\n## Deployment\n\n```bash\ncp new app\n```\n\n"
                               "## Rollback Procedures\n\n```bash\ncp old app\n```\n";

static enum MHD_Result answer(struct server *s UNUSED, struct server_request *r)
{
    if (strcmp(r->path, "/gone") == 0)
        return server_text(r, 404, "[]");
    if (strcmp(r->path, "/long") == 0)
        return server_text(r, 200, "[1, 2, 3, 4, 5, 6, 7, 8, 9]");
    if (strcmp(r->path, "/text") == 0)
        return server_text(r, 200, "all is well");
    return server_text(r, 200,
                       "{\"models\": [{\"name\": \"a\"}, {\"name\": \"b\"}], \"state\": \"ok\","
                       " \"parts\": [{\"of\": [1, 2, 3]}]}");
}

/* A rule, what came of it, and a part of why. */
static const struct {
    const char *rule, *result, *why;
} rows[] = {
    {"expect count(http.h.json.models : true) == 2", "true", NULL},
    {"expect all(http.h.json.models : name in {\"a\", \"b\"})", "true", NULL},
    {"expect any(http.h.json.parts.`0`.of : it == 3)", "true", NULL},
    {"expect count(http.h.json.parts.`1`.of) == 0", "ERROR",
     "'http.h.json.parts.1.of' is not in its JSON"},
    {"expect none(http.h.json.state : true)", "ERROR", "'http.h.json.state' is no list"},
    {"expect none(http.h.json.modelz : true)", "ERROR", "'http.h.json.modelz' is not in its JSON"},
    {"expect none(http.text.json : true)", "ERROR", "it is no JSON"},
    {"expect count(http.gone.json) == 0", "true", NULL}, /* an answer, though it is not up */
    {"expect none(http.down.json : true)", "ERROR", "refused"},
    {"expect none(http.long.json : true)", "ERROR", "longer than what is read of it"},
    {"expect count(cmd.list.json : it > 1) == 2", "true", NULL},
    {"expect count(cmd.many.json) > 0", "ERROR", "it has more than 100000 rows"},
    {"expect none(cmd.suite.failures : not (name in file.known))", "true", NULL},
    {"expect none(cmd.suite.failures : name == \"pays\")", "false", NULL},
    {"expect none(cmd.quiet.failures : true)", "ERROR", "does not name all of them"},
    {"expect none(cmd.list.failures : true)", "ERROR", "no summary of tests that is known"},
    {"expect count(cmd.well.failures) == 0", "true", NULL},
    {"expect count(file.known) == 2", "true", NULL},
    {"expect share(file.objects where domain == \"x\" : fine == true) == 50%", "true", NULL},
    {"expect count(file.list : cost > 1) == 1", "true", NULL},
    {"expect count(file.broken) == 0", "ERROR", "a line of it is no JSON"},
    {"expect count(file.one) == 0", "ERROR", "'file.one' is no list"},
    {"expect count(file.none) == 0", "ERROR", "it is not there"},
    {"expect count(file.folder) == 0", "ERROR", "not a regular file"},
    {"expect all({\"ROWS_A\", \"ROWS_B\", \"ROWS_SECRET\"} : it in env.set)", "true", NULL},
    {"expect none({\"ROWS_EMPTY\", \"ROWS_HID\", \"ROWS_NONE\"} : it in env.set)", "true", NULL},
};

/* Rows of "a.NUMBER: 'RULE'" behind the binding. */
static void put_rules(struct strbuf *b)
{
    strbuf_add_str(b, "rules:\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        strbuf_addf(b, "  r%zu: '%s'\n", i, rows[i].rule);
}

static void check_row(size_t i)
{
    char sql[400];

    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM event WHERE kind = 40 AND json_extract(data, '$.rule') = "
                   "'r%zu' AND json_extract(data, '$.result') = '%s' AND "
                   "ifnull(json_extract(data, '$.why'), '') LIKE \"%%%s%%\"",
                   i, rows[i].result, rows[i].why ? rows[i].why : "");
    if (bench_sql(sql) < 1)
        T_FAIL("%s is not %s", rows[i].rule, rows[i].result);
}

T(rows_are_what_a_source_says_and_where_there_are_none_it_says_why)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct server s = {.data = NULL};
    struct bench b;

    server_start(&s, answer, -1);
    bench_write("new", "new");
    bench_write("old", "old");
    bench_write("known", "# of old\npays\n\n  ships \n");
    bench_write("objects",
                "{\"domain\": \"x\", \"fine\": true}\n{\"domain\": \"x\", \"fine\": false}\n"
                "{\"domain\": \"y\", \"fine\": false}\n");
    bench_write("list", "[{\"cost\": 1}, {\"cost\": 2}]");
    bench_write("one", "{\n\"a\": 1\n}\n");
    bench_write("broken", "{\"a\": 1}\n{\"a\": \n");
    T_EQ(mkdir("folder", 0700), 0);
    T_EQ(setenv("ROWS_A", "1", 1), 0);
    T_EQ(setenv("ROWS_EMPTY", "", 1), 0);
    T_EQ(setenv("ROWS_HID", "1", 1), 0);
    strbuf_addf(
        &text,
        "environment: test\nprobes: {h: \"%s/h\", text: \"%s/text\", gone: \"%s/gone\", down: \"http://127.0.0.1:1/\"}\n"
        "env: {ROWS_B: b, ROWS_HID: \"\", ROWS_SECRET: x}\nsecrets: [ROWS_SECRET]\n"
        "sources:\n  http.long: {url: \"%s/long\", max_bytes: 5}\n"
        "  cmd.many: {command: \"printf '[0'; yes ,0 | head -n 100000 | tr -d '\\n'; printf ']'\"}\n"
        "  cmd.list: {command: \"echo '[1, 2, 3]'\"}\n"
        "  cmd.suite: {command: \"echo 'not ok 1 - pays'; exit 1\"}\n"
        "  cmd.quiet: {command: \"echo '2 passed, 1 failed'; exit 1\"}\n"
        "  cmd.well: {command: \"echo '2 passed'\"}\n",
        s.url, s.url, s.url, s.url);
    for (const char *const *name = (const char *const[]){"known", "objects", "list", "one",
                                                         "broken", "none", "folder", NULL};
         *name; name++)
        strbuf_addf(&text, "  file.%s: {path: %s}\n", *name, *name);
    put_rules(&text);
    strbuf_add_str(&text, "time_scale: 0.01\nwatch: {interval: 1m, until: T+4m}\n");
    bench_plan(&b, document, strbuf_str(&text));
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_row(i);
    bench_end(&b);
    server_stop(&s);
}

T_MAIN(T_CASE(rows_are_what_a_source_says_and_where_there_are_none_it_says_why))
