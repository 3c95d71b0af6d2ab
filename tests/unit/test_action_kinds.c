/* Every kind of action against the real thing: bash, SQLite, HTTP, processes, files. */
#include <sqlite3.h>
#include <sys/ioctl.h>

#include "action/action.h"
#include "base/clock.h"
#include "base/daemon.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sv.h"
#include "net_server.h"
#include "t_loop.h"

struct bench {
    uv_loop_t *loop;
    struct plan plan;
    struct plan_step step;
    struct plan_expect expect;
    struct values values;
    struct action_env env;
    struct action action;
    struct session *session;
    json_t *json;
    char cwd[PATH_MAX];
    bool done, closed;
    uint64_t cancel_after_ms;
    uv_timer_t cancel;
};

static void begin(struct bench *b)
{
    static const char *const environment[] = {"PATH=/usr/bin:/bin", "WHO=world", NULL};
    struct session_spec spec = {.env = environment, .cwd = b->cwd, .grace_ms = 200};

    *b = (struct bench){.loop = t_loop_new()};
    (void)sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    T_CHECK(getcwd(b->cwd, sizeof(b->cwd)));
    b->plan.workdir = sv_from(b->cwd);
    b->plan.time_scale = 1;
    b->values.started_us = clock_now_us();
    b->session = session_new(b->loop, &spec);
    b->env = (struct action_env){.loop = b->loop,
                                 .http = http_client_new(b->loop),
                                 .plan = &b->plan,
                                 .values = &b->values,
                                 .grace_ms = 200};
}

static void on_done(struct action *a)
{
    ((struct bench *)a->owner)->done = true;
}

static void on_cancel(uv_timer_t *t)
{
    struct bench *b = t->data;

    action_cancel(&b->action);
    action_cancel(&b->action); /* twice is once */
}

static void release(struct bench *b)
{
    if (b->json)
        action_release(&b->action);
    json_decref(b->json);
    b->json = NULL;
}

/* Carry out an action of this kind with these parameters (JSON with ' for ").  What it came to. */
static enum action_result act(struct bench *b, const char *kind, const char *parameters,
                              uint64_t timeout_ms)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;

    release(b);
    for (const char *c = parameters; *c; c++)
        strbuf_add_byte(&text, *c == '\'' ? '"' : *c);
    T_OK(json_read(strbuf_sv(&text), &b->json, &err), err);
    b->step.kind = sv_from(kind);
    b->step.action = b->json;
    b->action = (struct action){.step = &b->step,
                                .env = &b->env,
                                .session = b->session,
                                .timeout_ms = timeout_ms,
                                .done = on_done,
                                .owner = b};
    b->done = false;
    action_init(&b->action);
    action_start(&b->action);
    if (b->cancel_after_ms) {
        T_EQ(uv_timer_init(b->loop, &b->cancel), 0);
        b->cancel.data = b;
        T_EQ(uv_timer_start(&b->cancel, on_cancel, b->cancel_after_ms, 0), 0);
    }
    t_loop_until(b->loop, &b->done, 10000);
    if (b->cancel_after_ms) {
        uv_close((uv_handle_t *)&b->cancel, NULL);
        (void)uv_run(b->loop, UV_RUN_NOWAIT); /* the loop lets go of it */
    }
    b->cancel_after_ms = 0;
    return b->action.outcome.result;
}

static void on_closed(void *arg)
{
    ((struct bench *)arg)->closed = true;
}

static void end(struct bench *b)
{
    release(b);
    session_close(b->session, on_closed, b);
    if (!b->closed)
        t_loop_until(b->loop, &b->closed, 5000);
    http_client_free(b->env.http);
    t_loop_run(b->loop, 5000);
    t_loop_free(b->loop);
    values_release(&b->values);
}

static bool printed(const struct bench *b, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

    capture_text(&b->action.outcome.out, &out);
    capture_text(&b->action.outcome.errs, &out);
    if (!sv_has(strbuf_sv(&out), sv_from(text)))
        t_say("'%s' is not in: %s", text, strbuf_str(&out));
    return sv_has(strbuf_sv(&out), sv_from(text));
}

static bool says(const struct bench *b, const char *text)
{
    if (!strstr(b->action.outcome.err.msg, text))
        t_say("'%s' is not in: %s", text, b->action.outcome.err.msg);
    return strstr(b->action.outcome.err.msg, text) != NULL;
}

static void write_file(const char *name, const char *text)
{
    struct err err;

    T_OK(file_write_atomic(name, sv_from(text), 0700, &err), err);
}

T(every_kind_has_a_row_that_says_what_resume_does)
{
    for (size_t i = 0; i < n_actions; i++) {
        const struct action_ops *ops = action_table[i];

        T_CHECK(ops->start && action_find(sv_from(ops->kind)) == ops);
        T_EQ(ops->resume == RESUME_PROBE, ops->probe != NULL);
    }
    T_EQ(n_actions, 11);
    T_CHECK(!action_find(SV("nothing")));
}

/* --- shell --- */

T(a_shell_command_ends_with_its_status_and_outputs)
{
    struct bench b;

    begin(&b);
    T_EQ(act(&b, "shell", "{'command': ['echo hello ', {'value': 'name'}]}", 0), ACTION_BROKE);
    T_CHECK(says(&b, "placeholder 'name' has no value"));
    values_set(&b.values, SV("name"), SV("$(rm -rf x)"));
    T_EQ(act(&b, "shell", "{'command': ['echo hello ', {'value': 'name'}]}", 0), ACTION_BROKE);
    T_CHECK(says(&b, "has characters that a shell interprets"));
    values_set(&b.values, SV("name"), SV("bo"));
    T_EQ(act(&b, "shell", "{'command': ['echo hello ', {'value': 'name'}, '; exit 3']}", 0),
         ACTION_ENDED);
    T_EQ(b.action.outcome.status, 3);
    T_CHECK(printed(&b, "hello bo\n"));
    T_EQ(act(&b, "shell", "{'command': ['sleep 20']}", 50), ACTION_TIMEOUT);
    b.cancel_after_ms = 30;
    T_EQ(act(&b, "shell", "{'command': ['sleep 20']}", 0), ACTION_STOPPED);
    b.cancel_after_ms = 10;
    T_EQ(act(&b, "shell", "{'command': ['echo x > ran'], 'delay_ms': 5000}", 0), ACTION_STOPPED);
    T_CHECK(!file_exists("ran")); /* it had not begun */
    T_EQ(act(&b, "shell", "{'command': ['echo x > ran'], 'makes': [['ran']], 'delay_ms': 10}", 0),
         ACTION_ENDED);
    T_EQ(b.action.outcome.n_made, 1);
    T_CHECK(strstr(b.action.outcome.made[0], "/ran") && b.action.outcome.made[0][0] == '/');
    end(&b);
}

/* curl in a shell is made to print the status of its request behind what it has got. */
T(a_lone_curl_says_the_status_of_its_request)
{
    static const struct {
        const char *command, *shown;
        int status;
    } rows[] = {
        {"curl 503", "<page>", 503},
        {"curl 000", "<page>", 0}, /* no answer */
        {"curl slowly", "<page>and more", 201},
        {"curl twice", "<page>, page", 404},
        {"curl cut", "<page>\x1eHT", 0}, /* not ours */
        {"curl other", "<page>\x1eHTTP one\x1e more", 0},
        {"echo curl", "curl\n", 0},
    };
    struct bench b;

    write_file(
        "curl.sh",
        "curl() {\n"
        "  printf '<page>'\n"
        "  [ \"$1\" = -w ] || return 9\n"
        "  m=${2%\\%*}\n"
        "  case $3 in\n"
        "  slowly) printf '\\036HT'; sleep 0.1; printf 'TP 201'; sleep 0.1; printf 'and more' ;;\n"
        "  twice) printf '%s404, page%s200' \"$m\" \"$m\" ;;\n"
        "  cut) printf '\\036HT' ;;\n"
        "  other) printf '\\036HTTP one\\036 more' ;;\n"
        "  *) printf '%s%s' \"$m\" \"$3\" ;;\n"
        "  esac\n"
        "}\n");
    begin(&b);
    T_EQ(act(&b, "shell", "{'command': ['. ./curl.sh']}", 0), ACTION_ENDED);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), out = STRBUF(0);

        strbuf_addf(&text, "{'command': ['%s'], 'asks_status': true}", rows[i].command);
        T_EQ(act(&b, "shell", strbuf_str(&text), 0), ACTION_ENDED);
        capture_text(&b.action.outcome.out, &out);
        T_STR(strbuf_str(&out), rows[i].shown);
        T_EQ(b.action.outcome.http_status, rows[i].status);
        T_EQ(b.action.outcome.status, 0);
    }
    T_EQ(act(&b, "shell", "{'command': ['curl 503']}", 0), ACTION_ENDED); /* nobody asks */
    T_EQ(b.action.outcome.status, 9);
    end(&b);
}

/* --- sqlite --- */

static void make_database(void)
{
    sqlite3 *db = NULL;

    T_EQ(sqlite3_open("a.db", &db), SQLITE_OK);
    T_EQ(sqlite3_exec(
             db, "CREATE TABLE t (n INTEGER, s TEXT); INSERT INTO t VALUES (1, 'one'), (2, NULL)",
             NULL, NULL, NULL),
         SQLITE_OK);
    T_EQ(sqlite3_close(db), SQLITE_OK);
}

T(sql_gives_rows_and_a_single_cell_its_number)
{
    struct bench b;

    make_database();
    begin(&b);
    T_EQ(act(&b, "sqlite", "{'file': ['a.db'], 'sql': ['SELECT * FROM t']}", 0), ACTION_ENDED);
    T_EQ(b.action.outcome.rows, 2);
    T_EQ(b.action.outcome.status, 0);
    T_CHECK(!b.action.outcome.has_number && printed(&b, "1|one\n2|\n"));
    T_EQ(act(&b, "sqlite", "{'file': ['a.db'], 'sql': ['SELECT count(*) FROM t; -- all of them']}",
             0),
         ACTION_ENDED);
    T_CHECK(b.action.outcome.has_number && b.action.outcome.rows == 1);
    T_NEAR(b.action.outcome.number, 2, 0);
    T_EQ(act(&b, "sqlite", "{'file': ['a.db'], 'sql': ['SELECT nope FROM t']}", 0), ACTION_ENDED);
    T_EQ(b.action.outcome.status, 1);
    T_CHECK(printed(&b, "no such column: nope"));
    T_EQ(act(&b, "sqlite",
             "{'file': ['a.db'], 'sql': ['INSERT INTO t VALUES (1, json(\\\"{\\\"))']}", 0),
         ACTION_ENDED);
    T_EQ(b.action.outcome.status, 1);
    T_EQ(act(&b, "sqlite", "{'file': ['none.db'], 'sql': ['SELECT 1']}", 0), ACTION_ENDED);
    T_EQ(b.action.outcome.status, 1);
    T_CHECK(printed(&b, "none.db") && !file_exists("none.db"));
    T_EQ(act(&b, "sqlite", "{'file': ['none.db'], 'sql': ['DROP TABLE t']}", 0), ACTION_ENDED);
    T_CHECK(b.action.outcome.status == 1 && !file_exists("none.db"));
    T_EQ(act(&b, "sqlite", "{'file': ['new.db'], 'sql': [' create table t (x)']}", 0),
         ACTION_ENDED);
    T_CHECK(b.action.outcome.status == 0 && file_exists("new.db"));
    T_EQ(act(&b, "sqlite", "{'file': [{'env': 'UNSET_HERE'}], 'sql': ['SELECT 1']}", 0),
         ACTION_BROKE);
    T_CHECK(says(&b, "variable UNSET_HERE is not set"));
    end(&b);
}

T(rows_without_end_are_counted_and_not_kept_and_a_query_can_be_stopped)
{
    struct bench b;

    make_database();
    begin(&b);
    T_EQ(
        act(&b, "sqlite",
            "{'file': ['a.db'], 'sql': ['WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < "
            "200000) SELECT i FROM c']}",
            0),
        ACTION_ENDED);
    T_EQ(b.action.outcome.rows, 200000);
    T_CHECK(printed(&b, "200000 rows in all"));
    b.cancel_after_ms = 50;
    T_EQ(
        act(&b, "sqlite",
            "{'file': ['a.db'], 'sql': ['WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT "
            "max(i) FROM c']}",
            0),
        ACTION_STOPPED);
    T_EQ(b.action.outcome.status, -1);
    end(&b);
}

T(a_backup_is_a_database_of_its_own)
{
    static const char *const commands[] = {".backup b1.db", ".backup 'b1.db'",
                                           ".backup main b1.db"};
    struct bench b;

    make_database();
    begin(&b);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        char json[200];

        (void)snprintf(json, sizeof(json), "{'file': ['a.db'], 'sql': [\"%s\"]}", commands[i]);
        T_EQ(act(&b, "sqlite",
                 i == 1 ? "{'file': ['a.db'], 'sql': ['.backup \\u0027b1.db\\u0027']}" : json, 0),
             ACTION_ENDED);
        T_EQ(b.action.outcome.status, 0);
        T_EQ(b.action.outcome.n_made, 1);
        T_CHECK(printed(&b, "b1.db: ") && file_exists("b1.db"));
        T_EQ(act(&b, "sqlite", "{'file': ['b1.db'], 'sql': ['SELECT count(*) FROM t']}", 0),
             ACTION_ENDED);
        T_NEAR(b.action.outcome.number, 2, 0);
        T_EQ(unlink("b1.db"), 0);
    }
    T_EQ(act(&b, "sqlite", "{'file': ['a.db'], 'sql': ['.backup no/such/folder/b.db']}", 0),
         ACTION_ENDED);
    T_EQ(b.action.outcome.status, 1);
    T_CHECK(printed(&b, "unable to open database file"));
    write_file(
        "junk.db",
        "this is no database, and long enough for a page header to be looked at .....................");
    T_EQ(act(&b, "sqlite", "{'file': ['junk.db'], 'sql': ['.backup b2.db']}", 0), ACTION_ENDED);
    T_EQ(b.action.outcome.status, 1);
    T_CHECK(printed(&b, "backup to "));
    end(&b);
}

/* --- files and time --- */

T(the_flag_is_made_and_lifted_below_the_sessions_folder)
{
    struct bench b;

    begin(&b);
    T_EQ(mkdir("run", 0700), 0);
    T_EQ(act(&b, "shell", "{'command': ['cd run']}", 0), ACTION_ENDED);
    T_EQ(act(&b, "maintenance", "{'file': ['FLAG'], 'on': true}", 0), ACTION_ENDED);
    T_CHECK(file_exists("run/FLAG") && strstr(b.action.outcome.made[0], "/run/FLAG"));
    T_EQ(act(&b, "maintenance", "{'file': ['FLAG'], 'on': true}", 0), ACTION_ENDED);
    T_EQ(act(&b, "maintenance", "{'file': ['FLAG'], 'on': false}", 0), ACTION_ENDED);
    T_CHECK(!file_exists("run/FLAG"));
    T_EQ(act(&b, "maintenance", "{'file': ['FLAG'], 'on': false}", 0), ACTION_ENDED);
    T_EQ(act(&b, "maintenance", "{'file': ['no/folder/FLAG'], 'on': true}", 0), ACTION_BROKE);
    T_CHECK(says(&b, "make maintenance flag '"));
    T_EQ(act(&b, "maintenance", "{'file': ['..'], 'on': false}", 0), ACTION_BROKE);
    T_CHECK(says(&b, "remove maintenance flag '"));
    T_EQ(act(&b, "maintenance", "{'file': [{'value': 'none'}], 'on': false}", 0), ACTION_BROKE);
    end(&b);
}

T(free_space_is_asked_of_the_kernel)
{
    struct bench b;

    begin(&b);
    T_EQ(act(&b, "disk", "{'path': ['.']}", 0), ACTION_ENDED);
    T_CHECK(b.action.outcome.free_bytes >= 0 && printed(&b, " GB free of "));
    T_EQ(act(&b, "disk", "{'path': ['/no/such/folder']}", 0), ACTION_BROKE);
    T_CHECK(says(&b, "file system of '/no/such/folder'"));
    T_EQ(act(&b, "disk", "{'path': [{'value': 'none'}]}", 0), ACTION_BROKE);
    end(&b);
}

T(a_pause_takes_its_time_and_can_be_stopped)
{
    struct bench b;
    int64_t began_us;

    begin(&b);
    began_us = clock_now_us();
    T_EQ(act(&b, "pause", "{'ms': 60}", 0), ACTION_ENDED);
    T_CHECK(clock_now_us() - began_us >= 50000);
    b.plan.time_scale = 0.001;
    T_EQ(act(&b, "pause", "{'ms': 60000}", 0), ACTION_ENDED);
    b.plan.time_scale = 1;
    b.cancel_after_ms = 10;
    T_EQ(act(&b, "pause", "{'ms': 60000}", 0), ACTION_STOPPED);
    T_EQ(b.action.outcome.status, -1); /* what was stopped has not succeeded */
    end(&b);
}

T(a_command_that_never_ends_is_watched_for_its_time)
{
    struct bench b;

    write_file("log", "one\n");
    begin(&b);
    T_EQ(act(&b, "follow", "{'command': ['tail -f log'], 'for_ms': 300}", 0), ACTION_ENDED);
    T_EQ(b.action.outcome.status, 0);
    T_CHECK(printed(&b, "one\n"));
    T_EQ(b.action.outcome.errs.total, 0); /* that it was ended is no output of it */
    T_EQ(act(&b, "follow", "{'command': ['tail -f no-such-log']}", 5000), ACTION_ENDED);
    T_EQ(b.action.outcome.status, 1);
    b.plan.time_scale = 0.01; /* a timeout that says how long is shortened, too */
    b.step.timeout_ms = 30000;
    T_EQ(act(&b, "follow", "{'command': ['tail -f log']}", 30000), ACTION_ENDED);
    T_EQ(b.action.outcome.status, 0);
    b.plan.time_scale = 1;
    b.step.timeout_ms = 0;
    b.cancel_after_ms = 30;
    T_EQ(act(&b, "follow", "{'command': ['tail -f log'], 'for_ms': 30000}", 0), ACTION_STOPPED);
    T_EQ(act(&b, "follow", "{'command': [{'value': 'none'}], 'for_ms': 1}", 0), ACTION_BROKE);
    end(&b);
}

T(a_poll_looks_until_it_holds)
{
    struct bench b;

    write_file("n", "3\n");
    begin(&b);
    b.expect = (struct plan_expect){.e = {.form = EXPECT_NUMBER, .op = OP_LT, .number = 1},
                                    .machine = true};
    b.step.expects = &b.expect;
    b.step.n_expects = 1;
    T_EQ(act(&b, "poll", "{'command': ['read n < n; echo $n; echo $((n - 1)) > n'], 'every_ms': 5}",
             5000),
         ACTION_ENDED);
    T_CHECK(printed(&b, "0\n") && !printed(&b, "1\n")); /* the last look only */
    T_EQ(act(&b, "poll", "{'command': ['echo 5'], 'every_ms': 10}", 200), ACTION_TIMEOUT);
    T_CHECK(says(&b, "what is waited for did not come within 200 ms"));
    T_EQ(act(&b, "poll", "{'command': ['sleep 20'], 'every_ms': 10}", 100), ACTION_TIMEOUT);
    b.cancel_after_ms = 100;
    T_EQ(act(&b, "poll", "{'command': ['echo 5'], 'every_ms': 60000}", 0), ACTION_STOPPED);
    b.cancel_after_ms = 100;
    T_EQ(act(&b, "poll", "{'command': ['sleep 20'], 'every_ms': 5}", 0), ACTION_STOPPED);
    b.expect.machine = false; /* a person looks when it is over */
    T_EQ(act(&b, "poll", "{'command': ['echo 5'], 'every_ms': 5}", 1000), ACTION_ENDED);
    T_EQ(act(&b, "poll", "{'command': [{'value': 'none'}], 'every_ms': 5}", 1000), ACTION_BROKE);
    end(&b);
}

/* --- http --- */

static enum MHD_Result answer(struct server *s, struct server_request *r)
{
    const char *who = server_field(r, "X-Who");

    if (strcmp(r->path, "/slow") == 0)
        (void)poll(NULL, 0, 400);
    if (strcmp(r->path, "/bad") == 0)
        return server_text(r, 500, "broken");
    (void)snprintf(s->data, 200, "%s %s %.*s", r->method, who ? who : "-",
                   SV_FMT(strbuf_sv(&r->body)));
    return server_text(r, 200, "fine");
}

/* The parameters with the server's address in place of URL. */
static const char *request(const char *text, const char *url)
{
    static char full[500];
    const char *at = strstr(text, "URL");

    (void)snprintf(full, sizeof(full), "%.*s%s%s", (int)(at - text), text, url, at + 3);
    return full;
}

T(a_request_is_sent_as_written_and_every_answer_is_an_outcome)
{
    struct server s = {.data = (char[200]){""}};
    struct bench b;

    server_start(&s, answer, -1);
    begin(&b);
    T_EQ(
        act(&b, "http",
            request(
                "{'method': 'POST', 'url': ['URL/x'], 'headers': [['X-Who: ', {'env': 'HOME'}]], 'body': ['a=1']}",
                s.url),
            0),
        ACTION_ENDED);
    T_EQ(b.action.outcome.http_status, 200);
    T_CHECK(b.action.outcome.elapsed_us > 0 && printed(&b, "fine"));
    T_CHECK(sv_starts(sv_from(s.data), SV("POST /")) && sv_ends(sv_from(s.data), SV(" a=1")));
    T_EQ(act(&b, "http", request("{'method': 'GET', 'url': ['URL/bad'], 'headers': []}", s.url), 0),
         ACTION_ENDED);
    T_EQ(b.action.outcome.http_status, 500);
    T_EQ(b.action.outcome.status, 0);
    T_EQ(act(&b, "http",
             request("{'method': 'GET', 'url': ['URL/bad'], 'fail_on_status': true}", s.url), 0),
         ACTION_ENDED);
    T_EQ(b.action.outcome.status, 22);
    T_EQ(act(&b, "http", request("{'method': 'GET', 'url': ['URL/slow']}", s.url), 50),
         ACTION_ENDED);
    T_EQ(b.action.outcome.status, 28);
    T_EQ(act(&b, "http", request("{'method': 'HEAD', 'url': ['URL/bad']}", s.url), 0),
         ACTION_ENDED);
    T_EQ(b.action.outcome.http_status, 500);
    T_CHECK(printed(&b, "HTTP/1.1 500 Internal Server Error\n") &&
            printed(&b, "\nContent-Length: 6\n"));
    T_EQ(act(&b, "http", "{'method': 'GET', 'url': ['http://a b/']}", 0), ACTION_ENDED);
    T_EQ(b.action.outcome.status, 3);
    /* as curl does, where no scheme is named */
    T_EQ(act(&b, "http",
             request("{'method': 'GET', 'url': ['URL/y?to=http://elsewhere/']}",
                     s.url + strlen("http://")),
             0),
         ACTION_ENDED);
    T_EQ(b.action.outcome.http_status, 200);
    b.cancel_after_ms = 20;
    T_EQ(act(&b, "http", request("{'method': 'GET', 'url': ['URL/slow']}", s.url), 0),
         ACTION_STOPPED);
    T_EQ(act(&b, "http",
             request("{'method': 'GET', 'url': ['URL/'], 'headers': [['no colon']]}", s.url), 0),
         ACTION_BROKE);
    T_CHECK(says(&b, "'no colon' is not a header field"));
    T_EQ(act(&b, "http", "{'method': 'GET', 'url': [{'value': 'none'}]}", 0), ACTION_BROKE);
    T_EQ(act(&b, "http",
             "{'method': 'GET', 'url': ['http://x/'], 'headers': [[{'value': 'none'}]]}", 0),
         ACTION_BROKE);
    server_stop(&s);
    T_EQ(act(&b, "http", request("{'method': 'GET', 'url': ['URL/']}", s.url), 0), ACTION_ENDED);
    T_EQ(b.action.outcome.status, 7);
    T_CHECK(b.action.outcome.http_status == 0);
    end(&b);
}

/* Nobody listens on a socket that is only bound; then somebody does, and answers once. */
struct late {
    pthread_t thread;
    int fd;
    char url[64];
    int unanswered; /* so many connections are taken and closed first */
    int unready;    /* then so many get 503 */
};

static void *late_listen(void *arg)
{
    static const char unready[] =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    static const char said[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    const struct late *late = arg;
    char asked[2000];
    int fd;

    (void)poll(NULL, 0, 700);
    T_EQ(listen(late->fd, 1), 0);
    for (int i = 0; i < late->unanswered + late->unready; i++) {
        fd = accept(late->fd, NULL, NULL);
        T_CHECK(read(fd, asked, sizeof(asked)) > 0);
        if (i >= late->unanswered)
            T_EQ(write(fd, unready, sizeof(unready) - 1), (ssize_t)sizeof(unready) - 1);
        (void)close(fd);
    }
    fd = accept(late->fd, NULL, NULL);
    T_CHECK(read(fd, asked, sizeof(asked)) > 0);
    T_EQ(write(fd, said, sizeof(said) - 1), (ssize_t)sizeof(said) - 1);
    (void)close(fd);
    return NULL;
}

static void late_bind(struct late *late, int unanswered, int unready)
{
    struct sockaddr_in a = server_loopback();
    socklen_t n = sizeof(a);

    late->unanswered = unanswered;
    late->unready = unready;
    late->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    T_EQ(bind(late->fd, (struct sockaddr *)&a, sizeof(a)), 0);
    T_EQ(getsockname(late->fd, (struct sockaddr *)&a, &n), 0);
    (void)snprintf(late->url, sizeof(late->url), "http://127.0.0.1:%u", ntohs(a.sin_port));
}

T(who_is_refused_asks_again_where_something_was_just_started)
{
    struct late late;
    struct bench b;

    late_bind(&late, 0, 0);
    begin(&b);
    T_EQ(act(&b, "http", request("{'method': 'GET', 'url': ['URL/'], 'listens_ms': 600}", late.url),
             0),
         ACTION_ENDED);
    T_EQ(b.action.outcome.status, 7);
    T_CHECK(printed(&b, "tried for 600 ms: "));
    b.cancel_after_ms = 50;
    T_EQ(act(&b, "http",
             request("{'method': 'GET', 'url': ['URL/'], 'listens_ms': 30000}", late.url), 0),
         ACTION_STOPPED);
    T_EQ(b.action.outcome.status, -1);
    b.cancel_after_ms = 0;
    T_EQ(pthread_create(&late.thread, NULL, late_listen, &late), 0);
    T_EQ(act(&b, "http",
             request("{'method': 'POST', 'url': ['URL/'], 'listens_ms': 30000}", late.url), 0),
         ACTION_ENDED);
    T_EQ(b.action.outcome.http_status, 200);
    T_EQ(b.action.outcome.status, 0);
    T_CHECK(printed(&b, "ok"));
    T_EQ(pthread_join(late.thread, NULL), 0);
    (void)close(late.fd);
    end(&b);
}

/* The old program had the port still, and ended. */
T(a_question_that_was_closed_unanswered_is_asked_again)
{
    struct late late;
    struct bench b;

    late_bind(&late, 2, 2);
    begin(&b);
    T_EQ(pthread_create(&late.thread, NULL, late_listen, &late), 0);
    T_EQ(act(&b, "http",
             request("{'method': 'GET', 'url': ['URL/'], 'listens_ms': 30000}", late.url), 0),
         ACTION_ENDED);
    T_EQ(b.action.outcome.http_status, 200);
    T_EQ(pthread_join(late.thread, NULL), 0);
    (void)close(late.fd);
    late_bind(&late, 1, 1);
    T_EQ(pthread_create(&late.thread, NULL, late_listen, &late), 0);
    T_EQ(act(&b, "http",
             request("{'method': 'POST', 'url': ['URL/'], 'listens_ms': 30000}", late.url), 0),
         ACTION_ENDED);
    T_EQ(b.action.outcome.status, 52); /* it may have been done */
    T_EQ(act(&b, "http",
             request("{'method': 'POST', 'url': ['URL/'], 'listens_ms': 30000}", late.url), 0),
         ACTION_ENDED);
    T_EQ(b.action.outcome.http_status, 503);
    T_EQ(act(&b, "http", request("{'method': 'GET', 'url': ['URL/']}", late.url), 0), ACTION_ENDED);
    T_EQ(b.action.outcome.http_status, 200);
    T_EQ(pthread_join(late.thread, NULL), 0);
    (void)close(late.fd);
    end(&b);
}

/* --- service --- */

T(a_service_is_started_seen_restarted_and_stopped)
{
    struct sv command[] = {
        SV("sh"), SV("-c"),
        SV("trap 'echo hup >> hups' HUP; echo up >> ups; while :; do sleep 0.02; done")};
    struct plan_service service = {.name = SV("app"),
                                   .manager = SV("process"),
                                   .start_timeout_ms = 60000,
                                   .pid_file = SV("app.pid"),
                                   .command = command,
                                   .n_command = ARRAY_LEN(command),
                                   .stop_timeout_ms = 60000};
    struct binding_pair env = {SV("COLOUR"), SV("red"), 0};
    int64_t first;
    struct bench b;

    begin(&b);
    b.plan.services = &service;
    b.plan.n_services = 1;
    b.plan.env = &env;
    b.plan.n_env = 1;
    service.workdir = sv_from(b.cwd);
    service.log = SV("app.log");
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'status'}", 0), ACTION_ENDED);
    T_CHECK(b.action.outcome.status == 3 && b.action.outcome.active == 0);
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'stop'}", 0), ACTION_ENDED);
    T_CHECK(printed(&b, "app: is not running"));
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'reload'}", 0), ACTION_BROKE);
    T_CHECK(says(&b, "app is not running"));
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'start'}", 0), ACTION_ENDED);
    T_CHECK(b.action.outcome.active == 1 && printed(&b, "app: started (pid "));
    first = daemon_pid("app.pid", NULL);
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'start'}", 0), ACTION_ENDED);
    T_CHECK(printed(&b, "is running already"));
    T_EQ(daemon_pid("app.pid", NULL), first);
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'status'}", 0), ACTION_ENDED);
    T_CHECK(b.action.outcome.status == 0 && printed(&b, "active (running)"));
    while (!file_exists("ups")) /* the trap is set before */
        (void)poll(NULL, 0, 5);
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'reload'}", 0), ACTION_ENDED);
    T_EQ(b.action.outcome.status, 0);
    while (!file_exists("hups"))
        (void)poll(NULL, 0, 5);
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'restart'}", 0), ACTION_ENDED);
    T_CHECK(daemon_pid("app.pid", NULL) > 0 && daemon_pid("app.pid", NULL) != first);
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'stop'}", 0), ACTION_ENDED);
    T_CHECK(b.action.outcome.active == 0 && printed(&b, "app: stopped"));
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'restart'}", 0), ACTION_ENDED);
    T_EQ(b.action.outcome.active, 1);
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'stop'}", 0), ACTION_ENDED);
    command[0] = SV("/no/such/program");
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'start'}", 0), ACTION_BROKE);
    T_CHECK(says(&b, "start '/no/such/program'"));
    end(&b);
}

T(a_service_that_does_not_stop_is_killed_and_stopping_can_be_given_up)
{
    struct sv command[] = {SV("sh"), SV("-c"),
                           SV("trap '' TERM; echo up > up; while :; do sleep 0.02; done")};
    struct plan_service service = {.name = SV("app"),
                                   .manager = SV("process"),
                                   .start_timeout_ms = 60000,
                                   .pid_file = SV("app.pid"),
                                   .command = command,
                                   .n_command = ARRAY_LEN(command),
                                   .stop_timeout_ms = 60000};
    struct bench b;

    begin(&b);
    b.plan.services = &service;
    b.plan.n_services = 1;
    service.workdir = sv_from(b.cwd);
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'start'}", 0), ACTION_ENDED);
    while (!file_exists("up"))
        (void)poll(NULL, 0, 5);
    b.cancel_after_ms = 50;
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'stop'}", 0), ACTION_STOPPED);
    T_CHECK(daemon_pid("app.pid", NULL) > 0);
    service.stop_timeout_ms = 100;
    T_EQ(act(&b, "service", "{'service': 'app', 'verb': 'stop'}", 0), ACTION_ENDED);
    T_CHECK(printed(&b, "did not end in time and was killed") && b.action.outcome.active == 0);
    end(&b);
}

/* --- terminal --- */

static struct {
    struct strbuf shown;
    const char *types; /* once a prompt stands there */
    int fd, lent, given_back;
} person;

static void on_fit(void *arg UNUSED, int fd)
{
    struct winsize size = {.ws_row = 33, .ws_col = 99};

    T_EQ(ioctl(fd, TIOCSWINSZ, &size), 0);
}

static void on_lend(void *arg UNUSED, int fd)
{
    person.fd = fd;
    person.lent++;
}

static void on_show(void *arg UNUSED, struct sv bytes)
{
    strbuf_add_sv(&person.shown, bytes);
    if (person.types && sv_ends(strbuf_sv(&person.shown), SV("? "))) {
        T_CHECK(write(person.fd, person.types, strlen(person.types)) > 0);
        person.types = NULL;
    }
}

static void on_back(void *arg UNUSED)
{
    person.given_back++;
}

static const struct action_terminal a_person = {on_fit, on_lend, on_show, on_back, NULL};

T(a_command_that_waits_for_a_person_has_a_terminal_of_its_own)
{
    struct bench b;

    begin(&b);
    b.env.terminal = &a_person;
    person.types = "ann\n";
    write_file("ask",
               "#!/bin/bash\ntty; stty size; read -r -p 'who? ' x < /dev/tty; echo \"it is $x\"\n");
    T_EQ(act(&b, "terminal", "{'command': ['./ask']}", 0), ACTION_ENDED);
    T_EQ(b.action.outcome.status, 0);
    T_CHECK(printed(&b, "/dev/pts/") && printed(&b, "33 99") && printed(&b, "it is ann"));
    T_CHECK(sv_has(strbuf_sv(&person.shown), SV("who? ")));
    T_EQ(person.lent, 1);
    T_EQ(person.given_back, 1);
    T_EQ(act(&b, "terminal", "{'command': ['true | false | true']}", 0), ACTION_ENDED);
    T_EQ(b.action.outcome.status, 1); /* pipefail */
    T_EQ(act(&b, "shell", "{'command': ['export GREETING=hello; cd /']}", 0), ACTION_ENDED);
    T_EQ(act(&b, "terminal", "{'command': ['echo $GREETING from $PWD']}", 0), ACTION_ENDED);
    T_CHECK(printed(&b, "hello from /"));
    T_EQ(act(&b, "terminal", "{'command': [{'env': 'UNSET_HERE'}]}", 0), ACTION_BROKE);
    strbuf_release(&person.shown);
    end(&b);
}

T(a_command_at_a_terminal_can_be_stopped)
{
    struct bench b;

    begin(&b);
    b.env.terminal = &a_person;
    b.cancel_after_ms = 300;
    T_EQ(act(&b, "terminal", "{'command': ['cat']}", 0), ACTION_STOPPED);
    b.cancel_after_ms = 300;
    write_file("deaf", "#!/bin/bash\ntrap '' TERM HUP\nexec cat\n");
    T_EQ(act(&b, "terminal", "{'command': ['./deaf']}", 0), ACTION_STOPPED);
    T_EQ(act(&b, "terminal", "{'command': ['cat']}", 150), ACTION_TIMEOUT);
    T_EQ(person.lent, 3);
    T_EQ(person.given_back, 3);
    strbuf_release(&person.shown);
    end(&b);
}

T(without_a_person_it_is_not_begun)
{
    struct bench b;

    begin(&b);
    T_EQ(act(&b, "terminal", "{'command': ['touch begun']}", 0), ACTION_BROKE);
    T_CHECK(says(&b, "waits for a person"));
    T_CHECK(access("begun", F_OK) != 0);
    end(&b);
}

T_MAIN(T_CASE(a_command_that_waits_for_a_person_has_a_terminal_of_its_own),
       T_CASE(a_command_at_a_terminal_can_be_stopped), T_CASE(without_a_person_it_is_not_begun),
       T_CASE(every_kind_has_a_row_that_says_what_resume_does),
       T_CASE(a_shell_command_ends_with_its_status_and_outputs),
       T_CASE(a_lone_curl_says_the_status_of_its_request),
       T_CASE(sql_gives_rows_and_a_single_cell_its_number),
       T_CASE(rows_without_end_are_counted_and_not_kept_and_a_query_can_be_stopped),
       T_CASE(a_backup_is_a_database_of_its_own),
       T_CASE(the_flag_is_made_and_lifted_below_the_sessions_folder),
       T_CASE(free_space_is_asked_of_the_kernel), T_CASE(a_pause_takes_its_time_and_can_be_stopped),
       T_CASE(a_command_that_never_ends_is_watched_for_its_time),
       T_CASE(a_poll_looks_until_it_holds),
       T_CASE(a_request_is_sent_as_written_and_every_answer_is_an_outcome),
       T_CASE(who_is_refused_asks_again_where_something_was_just_started),
       T_CASE(a_question_that_was_closed_unanswered_is_asked_again),
       T_CASE(a_service_is_started_seen_restarted_and_stopped),
       T_CASE(a_service_that_does_not_stop_is_killed_and_stopping_can_be_given_up))
