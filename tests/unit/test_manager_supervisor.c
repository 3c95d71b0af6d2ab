/* supervisord: XML-RPC, and the daemon as it is. */
#include "action/xmlrpc.h"
#include "manager_bench.h"

/* --- XML-RPC --- */

#define ANSWER(value)                                              \
    "<?xml version='1.0'?>\n<methodResponse><params><param>" value \
    "</param></params></methodResponse>"

static enum err_code parse(const char *text, json_t **ret, int64_t *fault, struct err *err)
{
    return xmlrpc_read(sv_from(text), ret, fault, err);
}

T(values_of_every_type_are_read)
{
    static const struct {
        const char *text, *json;
    } rows[] = {
        {ANSWER("<value><int>-3</int></value>"), "[-3]"},
        {ANSWER("<value>\n<i4> 7 </i4>\n</value>"), "[7]"},
        {ANSWER("<value><boolean>1</boolean></value>"), "[true]"},
        {ANSWER("<value><double>1.5</double></value>"), "[1.5]"},
        {ANSWER("<value>plain &lt;text&gt; </value>"), "[\"plain <text> \"]"},
        {ANSWER("<value><string></string></value>"), "[\"\"]"},
        {ANSWER("<value><nil/></value>"), "[null]"},
        {ANSWER(
             "<value><array><data><value><i8>1</i8></value><value>b</value></data></array></value>"),
         "[[1,\"b\"]]"},
        {ANSWER(
             "<value><struct><member><name>pid</name><value><int>4</int></value></member>"
             "<member><name>in</name><value><struct></struct></value></member></struct></value>"),
         "[{\"in\":{},\"pid\":4}]"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(json_cleanup) json_t *list = json_array();
        json_t *value = NULL;
        int64_t fault;
        struct err err;

        T_OK(parse(rows[i].text, &value, &fault, &err), err);
        json_append(list, value);
        json_write(list, &text);
        T_STR(strbuf_str(&text), rows[i].json);
    }
}

T(what_is_no_answer_is_refused)
{
    static const struct {
        const char *text;
        enum err_code code;
        const char *why;
    } rows[] = {
        {"", ERR_CORRUPT, "no XML: line 1"},
        {"<html><body>not found</body></html>", ERR_CORRUPT, "it has no value"},
        {"<value><int>1</int></value>", ERR_CORRUPT, "it has no value"},
        {ANSWER(""), ERR_CORRUPT, "it has no value"},
        {ANSWER("<value><int>x</int></value>"), ERR_CORRUPT, "a value is not of its type"},
        {ANSWER("<value><boolean>2</boolean></value>"), ERR_CORRUPT, "a value is not of its type"},
        {ANSWER("<value><int><string>1</string></int></value>"), ERR_CORRUPT,
         "a type stands where no value does"},
        {ANSWER("<int>1</int>"), ERR_CORRUPT, "a type stands where no value does"},
        {ANSWER("<value><value>1</value></value>"), ERR_CORRUPT, "a value stands in another one"},
        {ANSWER("<value>1"), ERR_CORRUPT, "no XML: line 2"},
        {"<!DOCTYPE a [<!ENTITY b 'c'>]><methodResponse/>", ERR_CORRUPT, "it has a document type"},
    };
    CLEANUP(strbuf_release) struct strbuf deep = STRBUF(0);
    json_t *value = NULL;
    int64_t fault = 0;
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        T_EQ(parse(rows[i].text, &value, &fault, &err), rows[i].code);
        if (!strstr(err.msg, rows[i].why))
            T_FAIL("'%s' is not in: %s", rows[i].why, err.msg);
        T_CHECK(!value);
    }
    for (int i = 0; i < 40; i++)
        strbuf_add_str(&deep, "<value><array><data>");
    T_EQ(parse(strbuf_str(&deep), &value, &fault, &err), ERR_LIMIT);
    strbuf_add_n(&deep, 'x', XMLRPC_BYTES);
    T_EQ(parse(strbuf_str(&deep), &value, &fault, &err), ERR_LIMIT);
    T_EQ(
        parse("<methodResponse><fault><value><struct>"
              "<member><name>faultCode</name><value><int>10</int></value></member>"
              "<member><name>faultString</name><value><string>BAD_NAME: x</string></value></member>"
              "</struct></value></fault></methodResponse>",
              &value, &fault, &err),
        ERR_FAILED);
    T_EQ(fault, 10);
    T_STR(err.msg, "BAD_NAME: x");
    T_CHECK(!value);
}

T(a_call_is_written_with_its_text_escaped)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(json_cleanup) json_t *params = json_array();

    json_append(params, json_str("a<b>&c"));
    json_append(params, json_integer(5));
    json_append(params, json_true());
    xmlrpc_write("x.y", params, &text);
    T_STR(strbuf_str(&text),
          "<?xml version=\"1.0\"?><methodCall><methodName>x.y</methodName><params>"
          "<param><value><string>a&lt;b&gt;&amp;c</string></value></param>"
          "<param><value><int>5</int></value></param>"
          "<param><value><boolean>1</boolean></value></param></params></methodCall>");
}

/* --- the daemon --- */

static pid_t daemon_begin(const char *programs)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    pid_t pid;

    strbuf_addf(
        &text,
        "[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=d.pid\n"
        "[unix_http_server]\nfile=s\n[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n%s",
        programs);
    write_file("conf", strbuf_str(&text));
    pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

        (void)dup2(null, 1);
        (void)dup2(null, 2);
        (void)execlp("supervisord", "supervisord", "-c", "conf", (char *)NULL);
        _exit(127);
    }
    while (!file_exists("s")) { /* the deadline of the test ends it */
        T_EQ(waitpid(pid, NULL, WNOHANG), 0);
        (void)poll(NULL, 0, 20);
    }
    return pid;
}

static void daemon_end(pid_t pid)
{
    int status;

    T_EQ(kill(pid, SIGTERM), 0); /* it ends what it runs */
    T_EQ(waitpid(pid, &status, 0), pid);
}

static struct plan_service supervisor_service(const char *name)
{
    return (struct plan_service){.name = sv_from(name),
                                 .manager = SV("supervisor"),
                                 .socket = SV("s"),
                                 .start_timeout_ms = 60000,
                                 .stop_timeout_ms = 60000};
}

T(a_service_is_started_seen_restarted_reloaded_and_stopped)
{
    struct bench b;
    int64_t first;
    pid_t pid =
        daemon_begin("[group:shop]\nprograms=web\n[program:web]\nautostart=false\nstartsecs=0\n"
                     "stdout_logfile=web.log\ncommand=/bin/sh -c \"trap 'echo hup' HUP; echo up; "
                     "while :; do sleep 0.05; done\"\n");

    bench_begin(&b, supervisor_service("web"));
    b.service.unit = SV("shop:web");
    b.service.stable_ms = 200;
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    T_EQ(b.call.status.state, MANAGER_STOPPED);
    T_STR(b.call.status.text, "STOPPED");
    T_STEP(&b, "stop", ACTION_ENDED);
    T_CHECK(printed(&b, "web: is not running"));
    T_STEP(&b, "start", ACTION_ENDED);
    T_CHECK(printed(&b, "web: started (pid ") && b.action.outcome.active == 1);
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    first = b.call.status.pid;
    T_CHECK(first > 1 && clock_now_us() - b.call.status.started_us < 20000000);
    T_STEP(&b, "start", ACTION_ENDED);
    T_CHECK(printed(&b, "web: is running already"));
    T_STEP(&b, "restart", ACTION_ENDED);
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    T_CHECK(b.call.status.pid > 1 && b.call.status.pid != first);
    T_STEP(&b, "reload", ACTION_ENDED);
    do
        T_EQ(tell(&b, MANAGER_LOGS, 60000), ERR_OK);
    while (!sv_has(strbuf_sv(&b.call.logs), SV("hup\n")));
    T_STEP(&b, "stop", ACTION_ENDED);
    T_STEP(&b, "restart", ACTION_ENDED); /* what is stopped is started */
    T_EQ(b.action.outcome.active, 1);
    daemon_end(pid);
    bench_end(&b);
}

T(what_does_not_stay_up_is_a_failure_with_its_log)
{
    struct bench b;
    pid_t pid =
        daemon_begin("[program:bad]\nautostart=false\nstartretries=0\nstdout_logfile=bad.log\n"
                     "command=/bin/sh -c 'echo no such port; exit 4'\n"
                     "[program:late]\nautostart=false\nstartsecs=0\n"
                     "command=/bin/sh -c 'sleep 0.4; exit 5'\n"
                     "[program:none]\nautostart=false\ncommand=/no/such/program\n");

    bench_begin(&b, supervisor_service("bad"));
    b.service.stable_ms = 5000;
    T_STEP(&b, "start", ACTION_BROKE);
    T_CHECK(says(&b, "cannot start bad by supervisor: "));
    T_CHECK(printed(&b, "no such port") && printed(&b, "supervisorctl -s unix://s tail bad"));
    b.service.name = SV("late");
    T_STEP(&b, "start", ACTION_BROKE);
    T_CHECK(says(&b, "late: crashed 1 time after its start"));
    b.service.name = SV("none");
    T_STEP(&b, "start", ACTION_BROKE);
    b.service.name = SV("other");
    T_STEP(&b, "restart", ACTION_BROKE);
    T_EQ(b.action.outcome.err.code, ERR_NOT_FOUND);
    T_CHECK(says(&b, "BAD_NAME: other"));
    daemon_end(pid);
    T_STEP(&b, "restart", ACTION_BROKE); /* nothing was asked for */
    T_CHECK(says(&b, "supervisord does not answer: "));
    bench_end(&b);
}

/* What the daemon ran is a child of the harness now. */
static void end_orphan(int64_t pid)
{
    T_EQ(kill((pid_t)pid, SIGKILL), 0);
}

/* A daemon that goes away while it is asked. */
T(an_answer_that_does_not_come_is_in_doubt)
{
    struct bench b;
    int64_t orphan;
    pid_t pid = daemon_begin("[program:slow]\nautostart=true\nstopwaitsecs=60\n"
                             "command=/bin/sh -c \"trap '' TERM; while :; do sleep 0.05; done\"\n");

    bench_begin(&b, supervisor_service("slow"));
    until_state(&b, MANAGER_RUNNING);
    orphan = b.call.status.pid;
    T_EQ(tell(&b, MANAGER_STOP, 300), ERR_TIMEOUT); /* it waits for the process */
    T_CHECK(b.call.lost);
    T_EQ(kill(pid, SIGKILL), 0);
    T_EQ(waitpid(pid, NULL, 0), pid);
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_NET);
    T_CHECK(!b.call.lost);
    bench_end(&b);
    end_orphan(orphan);
}

T_MAIN(T_CASE(values_of_every_type_are_read), T_CASE(what_is_no_answer_is_refused),
       T_CASE(a_call_is_written_with_its_text_escaped),
       T_CASE(a_service_is_started_seen_restarted_reloaded_and_stopped),
       T_CASE(what_does_not_stay_up_is_a_failure_with_its_log),
       T_CASE(an_answer_that_does_not_come_is_in_doubt))
