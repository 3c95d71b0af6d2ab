/* plan_script: a plan as a bash script; what is written is run by bash. */
#include "report/plan_script.h"

#include <sys/wait.h>

#include "base/file.h"
#include "test_plan_util.h"

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"

struct scripted {
    struct world w;
    struct strbuf text;
};

static void write_script(struct scripted *s, const char *md, const char *yaml)
{
    *s = (struct scripted){.text = STRBUF(0)};
    world_make(&s->w, md, yaml);
    plan_script(&s->w.plan, &s->text);
    T_OK(file_write_atomic("script.sh", strbuf_sv(&s->text), 0600, &s->w.err), s->w.err);
}

static void script_end(struct scripted *s)
{
    strbuf_release(&s->text);
    world_end(&s->w);
}

static void want_in(const struct scripted *s, const char *text)
{
    if (!strstr(strbuf_str(&s->text), text))
        T_FAIL("there is no '%s' in\n%s", text, strbuf_str(&s->text));
}

/* Exit status of bash with these arguments, its input from `answers`, all that it prints in the file "out". */
static int run_bash(const char *flag, const char *arg, const char *answers)
{
    int status;
    pid_t pid;

    put_file("answers", answers);
    T_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid = fork();
    if (pid == 0) {
        int in = open("answers", O_RDONLY | O_CLOEXEC),
            out = open("out", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
            _exit(99);
        if (flag)
            execlp("bash", "bash", flag, "script.sh", (char *)NULL);
        execlp("bash", "bash", "script.sh", arg, (char *)NULL);
        _exit(99);
    }
    T_CHECK(pid > 0);
    while (waitpid(-1, &status, 0) !=
           pid) /* a service that was started becomes our child when it ends */
        ;
    return WEXITSTATUS(status);
}

static void want_file(const char *name, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    struct err err;

    T_OK(file_read(name, 1 << 20, &got, &err), err);
    if (strcmp(strbuf_str(&got), text) != 0)
        T_FAIL("'%s' holds\n%s", name, strbuf_str(&got));
}

T(values_dates_and_variables_reach_the_commands_as_they_are)
{
    struct scripted s;

    write_script(&s,
                 "# S\n\n## Steps\n" SH("echo <the name> 'in <the name>' > value\n"
                                        "touch made_$(date +%Y).txt\n"
                                        "cp made_TIMESTAMP.txt copy.txt\n"
                                        "echo \"$PLACE\" > place"),
                 "environment: x\nenv: {PLACE: \"it's $here\"}\n"
                 "variables: {the_name: {command: echo from a command}}\n"
                 "steps: {steps: {undo: never mind}}\n");
    if (s.w.plan.n_questions)
        T_FAIL("%.*s", SV_FMT(s.w.plan.questions[0].text));
    want_in(&s, "value_the_name=$(echo from a command)\n");
    want_in(&s, "export PLACE='it'\\''s $here'\n");
    T_EQ(run_bash(NULL, NULL, ""), 0);
    want_file("value", "from a command in from a command\n");
    want_file("copy.txt", "");
    want_file("place", "it's $here\n");
    script_end(&s);
}

T(a_value_that_is_open_stops_the_script)
{
    struct scripted s;

    write_script(&s, "# S\n\n## Steps\n" SH("echo <what>"), "environment: x\n");
    want_in(&s, ": \"${value_what:?has to be set}\"\n");
    T_CHECK(run_bash(NULL, NULL, "") != 0);
    script_end(&s);
}

T(secrets_are_named_and_not_written)
{
    struct scripted s;

    write_script(&s, "# S\n\n## Steps\n" SH("ls"), "environment: x\nenv: {DB_PASSWORD: hunter2}\n");
    want_in(&s, ": \"${DB_PASSWORD:?a secret, which is not written down here}\"\n");
    T_CHECK(!strstr(strbuf_str(&s.text), "hunter2"));
    script_end(&s);
}

T(an_expectation_asks_and_no_is_the_end)
{
    struct scripted s;

    write_script(&s, "# S\n\n## Steps\n" SH("echo one\n# Expected: \"one\"\ntouch after"),
                 "environment: x\n");
    want_in(&s, "# expected [contains]: \"one\"\necho one\nexpect '\"one\"'\n");
    T_EQ(run_bash(NULL, NULL, "n\n"), 1);
    T_CHECK(!file_exists("after"));
    T_EQ(run_bash(NULL, NULL, "y\n"), 0);
    T_CHECK(file_exists("after"));
    script_end(&s);
}

T(a_step_that_fails_is_the_end)
{
    struct scripted s;

    write_script(&s, "# S\n\n## Steps\n" SH("false\ntouch after"), "environment: x\n");
    T_EQ(run_bash(NULL, NULL, ""), 1);
    T_CHECK(!file_exists("after"));
    script_end(&s);
}

T(a_step_that_must_fail_may_not_succeed)
{
    struct scripted s;

    write_script(&s,
                 "# S\n\n## Steps\n" SH("test -e forbidden\n# Expected: fails\n"
                                        "(exit 3)\n# Expected: exit code 3"),
                 "environment: x\n");
    want_in(&s, "\nfails step_1\n");
    want_in(&s, "\nexits 3 step_2\n");
    T_EQ(run_bash(NULL, NULL, "y\ny\n"), 0);
    put_file("forbidden", "");
    T_EQ(run_bash(NULL, NULL, "y\ny\n"), 1);
    script_end(&s);
}

T(gates_ask_and_answers_given_ahead_do_not)
{
    struct scripted s;

    write_script(&s,
                 "# S\n\n## Checklist\n\n- [ ] **1. Notes read**\n- [ ] **2. Team told**\n\n"
                 "## Steps\n" SH("touch after"),
                 "environment: x\nanswers: {'1': {answer: yes, by: ana, note: \"all\\nof it\"}}\n");
    want_in(&s, "# answered ahead (yes) by ana: all of it\n");
    want_in(&s, "gate '2. Team told'\n");
    T_EQ(run_bash(NULL, NULL, "n\n"), 1);
    T_CHECK(!file_exists("after"));
    T_EQ(run_bash(NULL, NULL, "y\n"), 0);
    T_CHECK(file_exists("after"));
    script_end(&s);
}

T(what_is_left_out_is_a_comment_and_a_choice_is_asked_once)
{
    struct scripted s;

    write_script(
        &s,
        "# S\n\n## Deployment\n\n### Step 1: First\n" SH(
            "echo one > one") "### Step 2: Second (if "
                              "needed)\n" SH("touch two\ntouch three") "### Step 3: Third (if needed)\n" SH(
                                  "touch four\ntouch five"),
        "environment: x\nchoices: {'2': {when: 1/1, contains: o}, '3': no}\n");
    want_in(&s, "# left out: the binding says no (line 2): 'Third'\n#   touch four\n");
    T_EQ(run_bash("-n", NULL, ""), 0);
    T_EQ(run_bash(NULL, NULL, "n\n"), 0);
    T_CHECK(file_exists("one") && !file_exists("two"));
    T_EQ(run_bash(NULL, NULL, "y\n"), 0);
    T_CHECK(file_exists("two") && file_exists("three") && !file_exists("four"));
    script_end(&s);
}

T(a_session_ends_with_what_it_changed)
{
    struct scripted s;

    write_script(&s,
                 "# S\n\n## Deployment\n" SH(
                     "mkdir -p sub\ncd sub\ntouch inside") "## Verification\n" SH("touch outside"),
                 "environment: x\nsteps: {deployment: {undo: never mind}}\n");
    T_EQ(run_bash(NULL, NULL, ""), 0);
    T_CHECK(file_exists("sub/inside") && file_exists("outside"));
    script_end(&s);
}

T(every_kind_of_action_has_its_command)
{
    struct scripted s;

    write_script(
        &s,
        "# S\n\n## Steps\n" SH(
            "curl -f -L -X PUT -H \"A: $B\" -d 'x\"y' -m 3 http://127.0.0.1:1/a\n"
            "sqlite3 a.db \"SELECT count(*) FROM t\"\n"
            "df -h /\n# Expected: >1GB free\n"
            "touch run/MAINTENANCE\nrm run/MAINTENANCE\nsleep 1.5\nsleep 2 && ls\n"
            "watch -n 5 'cat n'\n# When connections <1, proceed\n"
            "# Watch for 30 seconds\ntail -f log\n"
            "sudo systemctl restart shop\nsystemctl status shop") "\n```sql\nSELECT 2;\n```\n",
        "environment: x\ndatabases: {m: {url: 'postgres:///shop?user=$WHO'}}\nsteps: {steps: {undo: never mind, retries: 2, timeout: 30s}}\n"
        "services:\n  shop: {manager: process, command: [/bin/shop, \"it's\"], pid_file: shop.pid}\n");
    want_in(&s, "curl -sS -i -f -L --max-time 3 -X 'PUT' -H \"A: ${B}\" --data \"x\\\"y\" "
                "\"http://127.0.0.1:1/a\"\n");
    want_in(&s, "sqlite3 \"a.db\" \"SELECT count(*) FROM t\"\n");
    want_in(
        &s,
        "psql -X -v ON_ERROR_STOP=1 -A -t -d \"postgres:///shop?user=${WHO}\" -c \"SELECT 2;\"\n");
    want_in(&s, "df -h \"/\"\n");
    want_in(&s, "touch \"run/MAINTENANCE\"\n");
    want_in(&s, "rm -f \"run/MAINTENANCE\"\n");
    want_in(&s, "sleep 1.500\n");
    want_in(&s, "cat n\n}\nlook 5 'connections <1' step_");
    want_in(&s, "tail -f log\n}\nwatch_for ");
    want_in(&s, "service_shop restart\n}\nagain 2 step_");
    want_in(&s, "setsid '/bin/shop' 'it'\\''s' < /dev/null >> '/dev/null' 2>&1 &\n");
    T_EQ(run_bash("-n", NULL, ""), 0);
    script_end(&s);
}

T(a_bound_service_is_started_and_stopped)
{
    struct scripted s;

    write_script(
        &s,
        "# S\n\n## Steps\n" SH(
            "systemctl start shop\nsystemctl status shop\nsystemctl restart shop\n"
            "systemctl stop shop\n# (wait max 5 seconds)\nsystemctl status shop\n# Expected: inactive"),
        "environment: x\nsteps: {steps: {undo: never mind}}\n"
        "services:\n  shop: {manager: process, command: [/bin/sleep, '100'], pid_file: shop.pid, "
        "log: shop.log}\n");
    T_EQ(run_bash(NULL, NULL, "y\n"), 0);
    T_CHECK(file_exists("shop.pid") && file_exists("shop.log"));
    script_end(&s);
}

T(waiting_looks_again_until_it_succeeds)
{
    struct scripted s;

    write_script(&s,
                 "# S\n\n## Steps\n" SH("( sleep 0.3; touch ready ) &\n"
                                        "# Wait until it is there (max 30 seconds)\ntest -e ready"),
                 "environment: x\nsteps: {steps: {undo: never mind}}\n");
    want_in(&s, "within 30 step_1\n");
    T_EQ(run_bash(NULL, NULL, ""), 0);
    script_end(&s);
}

T(the_way_back_is_its_own_command_and_rules_are_comments)
{
    struct scripted s;

    write_script(
        &s,
        "# S\n\n## Steps\n" SH("mv a b") "## Rollback\n" SH(
            "mv b a") "## Decision Matrix\n\n"
                      "| Symptom | Action |\n|---|---|\n| Error rate >5% for >5 min | ROLLBACK |\n"
                      "| The moon is full | ROLLBACK |\n",
        "environment: x\nscrape: http://127.0.0.1:1/metrics\nwatch: {until: T+10m}\n"
        "metrics: {error_rate: 'ratio(bad_total, all_total)'}\n"
        "drop: {The moon is full: superstition}\n");
    want_in(&s, "# Watched afterwards until T+10m 00s; this script does not:\n"
                "#   rollback when error_rate[1m] > 5% for 5m\n\n");
    put_file("b", "");
    T_EQ(run_bash(NULL, "--way-back", ""), 0);
    T_CHECK(file_exists("a"));
    T_EQ(run_bash(NULL, "--sideways", ""), 2);
    script_end(&s);
}

T(what_runs_elsewhere_is_done_by_a_person)
{
    struct scripted s;

    write_script(&s, "# S\n\n## Steps\n" SH("ls"), "environment: x\n");
    s.w.plan.steps[0].host = SV("web1");
    strbuf_truncate(&s.text, 0);
    plan_script(&s.w.plan, &s.text);
    want_in(&s, "# line 6, on web1\n#   ls\ngate 'by hand on web1, line 6'\n");
    script_end(&s);
}

T(text_of_the_document_stays_a_comment)
{
    struct scripted s;

    write_script(&s, "# S\n\n## Steps\n\n- [ ] **1. It's `touch bad` $(touch bad)**\n",
                 "environment: x\ndrop: {}\n");
    s.w.plan.title = SV("title\ntouch bad");
    strbuf_truncate(&s.text, 0);
    plan_script(&s.w.plan, &s.text);
    T_OK(file_write_atomic("script.sh", strbuf_sv(&s.text), 0600, &s.w.err), s.w.err);
    T_EQ(run_bash(NULL, NULL, "y\n"), 0);
    T_CHECK(!file_exists("bad"));
    script_end(&s);
}

T_MAIN(T_CASE(values_dates_and_variables_reach_the_commands_as_they_are),
       T_CASE(a_value_that_is_open_stops_the_script), T_CASE(secrets_are_named_and_not_written),
       T_CASE(an_expectation_asks_and_no_is_the_end), T_CASE(a_step_that_fails_is_the_end),
       T_CASE(a_step_that_must_fail_may_not_succeed),
       T_CASE(gates_ask_and_answers_given_ahead_do_not),
       T_CASE(what_is_left_out_is_a_comment_and_a_choice_is_asked_once),
       T_CASE(a_session_ends_with_what_it_changed), T_CASE(every_kind_of_action_has_its_command),
       T_CASE(a_bound_service_is_started_and_stopped),
       T_CASE(waiting_looks_again_until_it_succeeds),
       T_CASE(the_way_back_is_its_own_command_and_rules_are_comments),
       T_CASE(what_runs_elsewhere_is_done_by_a_person),
       T_CASE(text_of_the_document_stays_a_comment))
