#include "action/session.h"

#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include "action/plain.h"
#include "action/procs.h"
#include "base/file.h"
#include "base/ident.h"
#include "base/sv.h"
#include "t.h"

/* One session, and what its last command printed and came to. */
struct bench {
    uv_loop_t loop;
    struct session *s;
    struct strbuf out, err;
    struct session_result r;
    int done;
    bool closed;
    bool cancel_next;
};

static void on_output(void *arg, enum child_stream stream, struct sv bytes)
{
    struct bench *b = arg;

    strbuf_add_sv(stream == CHILD_OUT ? &b->out : &b->err, bytes);
}

static void on_done(void *arg, const struct session_result *r)
{
    struct bench *b = arg;

    b->r = *r;
    b->done++;
}

static void on_closed(void *arg)
{
    ((struct bench *)arg)->closed = true;
}

static void begin(struct bench *b, const char *const *env)
{
    static const char *const plain[] = {"PATH=/usr/bin:/bin", "HOME=/nonexistent", "GREETING=hello",
                                        NULL};
    struct session_spec spec = {.env = env ? env : plain, .cwd = ".", .grace_ms = 300};

    T_EQ(close_range(3, ~0u, CLOSE_RANGE_CLOEXEC), 0); /* what the test runner has left open */
    *b = (struct bench){.out = STRBUF(0), .err = STRBUF(0)};
    (void)sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    T_EQ(uv_loop_init(&b->loop), 0);
    b->s = session_new(&b->loop, &spec);
}

/* A session of a host that is reached by this command of the shell, whose $2 is what is to run there. */
static void begin_there(struct bench *b, const char *ssh, uint64_t contact_ms)
{
    static const char *const plain[] = {"PATH=/usr/bin:/bin", NULL};
    const char *const argv[] = {"sh", "-c", ssh, NULL};
    const struct session_remote there = {.host = "web1", .ssh = argv};
    struct session_spec spec = {
        .env = plain, .cwd = ".", .grace_ms = 300, .remote = &there, .contact_ms = contact_ms};

    begin(b, NULL);
    session_close(b->s, NULL, NULL);
    b->s = session_new(&b->loop, &spec);
}

static void wait_done(struct bench *b)
{
    while (!b->done)
        (void)uv_run(&b->loop, UV_RUN_ONCE);
}

/* Run a command to its end; its status. */
static int64_t run_within(struct bench *b, const char *text, uint64_t timeout_ms)
{
    struct session_command c = {.text = sv_from(text),
                                .timeout_ms = timeout_ms,
                                .output = on_output,
                                .done = on_done,
                                .arg = b};

    strbuf_truncate(&b->out, 0);
    strbuf_truncate(&b->err, 0);
    b->done = 0;
    session_run(b->s, &c);
    wait_done(b);
    T_EQ(b->done, 1);
    return b->r.status;
}

static int64_t run(struct bench *b, const char *text)
{
    return run_within(b, text, 0);
}

static void end(struct bench *b)
{
    session_close(b->s, on_closed, b);
    while (!b->closed)
        (void)uv_run(&b->loop, UV_RUN_ONCE);
    (void)uv_run(&b->loop, UV_RUN_DEFAULT);
    T_EQ(uv_loop_close(&b->loop), 0);
    strbuf_release(&b->out);
    strbuf_release(&b->err);
}

T(status_and_both_outputs_are_the_commands_own)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(run(&b, "echo one; echo two >&2"), 0);
    T_STR(strbuf_str(&b.out), "one\n");
    T_STR(strbuf_str(&b.err), "two\n");
    T_EQ(run(&b, "(exit 7)"), 7);
    T_EQ(run(&b, "false"), 1);
    T_EQ(run(&b, "true"), 0);
    T_EQ(run(&b, "no-such-program-here"), 127);
    T_CHECK(strstr(strbuf_str(&b.err), "command not found"));
    end(&b);
}

T(directory_variables_and_functions_carry_over)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(mkdir("a b", 0700), 0);
    T_EQ(run(&b, "cd 'a b'"), 0);
    T_CHECK(b.r.state_changed);
    T_EQ(run(&b, "X=1; export Y='two words'; hi() { echo \"hi $1\"; }"), 0);
    T_EQ(run(&b, "echo $X $Y $(basename \"$PWD\"); hi you; sh -c 'echo $Y$X'"), 0);
    T_STR(strbuf_str(&b.out), "1 two words a b\nhi you\ntwo words\n");
    T_CHECK(!b.r.state_changed);
    T_CHECK(sv_ends(session_state(b.s)->cwd, SV("/a b")));
    end(&b);
}

T(the_status_of_the_command_before_is_seen_by_the_next_one)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(run(&b, "GOT=$(sh -c 'exit 3')"), 3);
    T_EQ(run(&b, "x=y"), 0);
    end(&b);
}

T(what_each_command_of_the_pipeline_before_ended_with_is_told)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(run(&b, "sh -c 'exit 3' | (exit 0) | (exit 4)"), 4);
    T_EQ(run(&b, "echo $? ${PIPESTATUS[*]}"), 0);
    T_STR(strbuf_str(&b.out), "4 3 0 4\n");
    T_EQ(run(&b, "echo a | tee /dev/null"), 0);
    T_EQ(run(&b, "if [ ${PIPESTATUS[0]} -eq 0 ]; then echo good; else exit 9; fi"), 0);
    T_STR(strbuf_str(&b.out), "good\n");
    T_EQ(run(&b, "cat /dev/null"), 0); /* without bash, were it the first */
    T_EQ(run(&b, "echo ${PIPESTATUS[*]}"), 0);
    T_STR(strbuf_str(&b.out), "0\n");
    T_EQ(run(&b, "exit 5"), 5); /* a new shell knows of none */
    T_EQ(run(&b, "set -e; true; echo ${#PIPESTATUS[*]}"), 0);
    T_EQ(run(&b, "echo x${PIPESTATUS[*]}"), 0);
    T_STR(strbuf_str(&b.out), "x0\n");
    end(&b);
}

T(what_the_command_before_ended_with_is_told)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(run(&b, "sh -c 'exit 3'"), 3); /* by sh */
    T_EQ(run(&b, "echo $?"), 0);
    T_STR(strbuf_str(&b.out), "3\n");
    T_EQ(run(&b, "echo $?"), 0);
    T_STR(strbuf_str(&b.out), "0\n");
    T_EQ(run(&b, "(exit 7)"), 7); /* by bash */
    T_EQ(run(&b, "echo $?"), 0);
    T_STR(strbuf_str(&b.out), "7\n");
    T_EQ(run(&b, "exit 5"), 5); /* a new shell knows of none */
    T_EQ(run(&b, "echo $?; set -e; ! true"), 1);
    T_STR(strbuf_str(&b.out), "0\n");
    T_EQ(run(&b, "echo alive"), 0); /* saying it again must not end it */
    T_STR(strbuf_str(&b.out), "alive\n");
    end(&b);
}

/* The name of the shell that has started this. */
#define WHOSE "sh -c 'cat /proc/$PPID/comm'"

T(plain_commands_need_no_bash_until_another_one_does)
{
    struct bench b;
    struct sv first;

    begin(&b, NULL);
    T_EQ(run(&b, WHOSE), 0);
    T_STR(strbuf_str(&b.out), "sh\n");
    T_CHECK(!b.r.state_changed);
    T_EQ(run(&b, "sh -c 'echo $PPID; echo gone >&2; exit 9'"), 9);
    T_STR(strbuf_str(&b.err), "gone\n");
    {
        CLEANUP(strbuf_release) struct strbuf pid = STRBUF(0);

        first = sv_trim(strbuf_sv(&b.out));
        strbuf_addf(&pid, "[ $$ = %.*s ] && umask 027 && x=1", SV_FMT(first));
        T_EQ(run(&b, strbuf_str(&pid)), 0); /* the same process, which the journal knows */
    }
    T_EQ(run(&b, WHOSE), 0);
    T_STR(strbuf_str(&b.out), "bash\n"); /* it has state now */
    T_EQ(run(&b, "sh -c umask"), 0);
    T_STR(strbuf_str(&b.out), "0027\n");
    end(&b);
}

T(what_is_sent_to_the_group_of_a_plain_command_does_not_end_its_shell)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(run(&b, "sh -c 'echo $PPID; kill -TERM 0'"), 128 + SIGTERM);
    T_EQ(run(&b, WHOSE), 0);
    T_STR(strbuf_str(&b.out), "sh\n");
    T_EQ(run_within(&b, "sleep 100", 50), 128 + SIGTERM);
    T_EQ(b.r.rc, ERR_TIMEOUT);
    T_EQ(run(&b, WHOSE), 0);
    T_STR(strbuf_str(&b.out), "sh\n");
    (void)run_within(&b, "sh -c 'trap \"\" TERM; while :; do sleep 0.01; done'", 50);
    T_EQ(b.r.rc, ERR_TIMEOUT);
    T_EQ(run(&b, "env"), 0);
    T_CHECK(strstr(strbuf_str(&b.out), "GREETING=hello"));
    end(&b);
}

T(every_builtin_and_reserved_word_of_the_bash_here_is_known)
{
    struct bench b;
    struct sv words, word;
    size_t n = 0;

    begin(&b, NULL);
    T_EQ(run(&b, "for w in $(compgen -b; compgen -k; echo another); do\n"
                 "[[ $w = *[^a-z]* ]] || { echo $w; ln -s /bin/true $w; }; done"),
         0);
    words = strbuf_sv(&b.out);
    while (sv_split(&words, '\n', &word)) {
        CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);
        const char *env[] = {NULL, NULL};

        strbuf_addf(&path, "PATH=%.*s", SV_FMT(session_state(b.s)->cwd));
        env[0] = strbuf_str(&path);
        if (plain_command(word, env, "/") && !sv_eq(word, SV("another")))
            T_FAIL("%.*s is the shell's own, and is taken for a program", SV_FMT(word));
        n++;
    }
    T_CHECK(n > 60);
    end(&b);
}

T(pipefail_is_on_and_a_producer_killed_by_sigpipe_is_no_failure)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(run(&b, "false | true"), 1);
    T_EQ(run(&b, "yes | head -1"), 0);
    T_EQ(run(&b, "yes | head -1 | false"), 1);
    T_EQ(run(&b, "(exit 5) | yes | head -1"), 5);
    T_EQ(run(&b, "sh -c 'kill -PIPE $$'"), 141);
    T_EQ(run(&b, "set +o pipefail; false | true"), 0);
    end(&b);
}

T(standard_input_is_empty_and_the_control_descriptors_are_not_seen)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(run(&b, "cat"), 0);
    T_STR(strbuf_str(&b.out), "");
    T_EQ(run(&b, "ls /proc/self/fd | tr '\\n' ' '"), 0);
    T_STR(strbuf_str(&b.out), "0 1 2 3 "); /* 3 is the folder that ls reads */
    T_EQ(run(&b, "echo x >&4"), 1);
    T_CHECK(strstr(strbuf_str(&b.err), "Bad file descriptor"));
    end(&b);
}

T(here_documents_functions_loops_and_quotes_are_bash)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(run(&b, "cat <<EOF\n$GREETING\nEOF"), 0);
    T_STR(strbuf_str(&b.out), "hello\n");
    T_EQ(run(&b, "cat <<'EOF'\n$GREETING\nEOF"), 0);
    T_STR(strbuf_str(&b.out), "$GREETING\n");
    T_EQ(run(&b, "for i in 1 2; do echo $i; done # comment"), 0);
    T_STR(strbuf_str(&b.out), "1\n2\n");
    T_EQ(run(&b, "echo 'it''s' \"a\\\"b\" \\\n  next"), 0);
    T_STR(strbuf_str(&b.out), "its a\"b next\n");
    end(&b);
}

T(what_bash_cannot_parse_fails_and_the_session_goes_on)
{
    struct bench b;

    begin(&b, NULL);
    T_CHECK(run(&b, "if true; then") != 0);
    T_CHECK(strbuf_str(&b.err)[0]);
    T_CHECK(run(&b, "echo 'open") != 0);
    T_EQ(run(&b, "echo fine"), 0);
    T_STR(strbuf_str(&b.out), "fine\n");
    end(&b);
}

T(exit_ends_the_command_and_the_next_one_has_the_state_of_before)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(mkdir("d", 0700), 0);
    T_EQ(run(&b, "cd d; A='x\ny'; export B=2; set -u; f() { echo f; }"), 0);
    T_EQ(run(&b, "A=lost; exit 9"), 9);
    T_EQ(run(&b, "echo \"$A$B\"; basename \"$PWD\"; f; sh -c 'echo $B'; echo ${NOT_SET:-unset}"),
         0);
    T_STR(strbuf_str(&b.out), "x\ny2\nd\nf\n2\nunset\n");
    T_CHECK(run(&b, "echo $NOT_SET") != 0); /* set -u is on again */
    T_EQ(run(&b, "exec sh -c 'exit 4'"), 4);
    T_EQ(run(&b, "echo $B"), 0);
    T_STR(strbuf_str(&b.out), "2\n");
    end(&b);
}

T(a_command_that_never_ends_is_ended_with_everything_it_started)
{
    struct bench b;
    procs_list left = {0};

    begin(&b, NULL);
    T_EQ(run(&b, "X=kept; echo $$ > pid"), 0);
    (void)run_within(&b, "sleep 300 | sleep 300 & sleep 301", 200);
    T_EQ(b.r.rc, ERR_TIMEOUT);
    T_CHECK(strstr(b.r.err.msg, "200 ms"));
    T_EQ(run(&b, "cat pid; echo $X > x"), 0); /* another shell, in the state before */
    {
        int64_t sid = 0;

        T_CHECK(sv_to_i64(sv_trim(strbuf_sv(&b.out)), &sid));
        procs_of_session((pid_t)sid, 0, &left);
        T_EQ(left.n, 0);
    }
    T_EQ(run(&b, "cat x"), 0);
    T_STR(strbuf_str(&b.out), "kept\n");
    vec_release(&left);
    end(&b);
}

T(a_command_that_ignores_term_is_killed_and_the_state_is_kept)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(run(&b, "KEEP=1"), 0);
    (void)run_within(&b, "trap '' TERM; while :; do sleep 0.05; done", 100);
    T_EQ(b.r.rc, ERR_TIMEOUT);
    T_EQ(run(&b, "echo $KEEP"), 0);
    T_STR(strbuf_str(&b.out), "1\n");
    end(&b);
}

static void cancel_on_output(void *arg, enum child_stream stream UNUSED, struct sv bytes UNUSED)
{
    session_cancel(((struct bench *)arg)->s);
}

static void run_until_it_says_something(struct bench *b, const char *text)
{
    b->done = 0;
    session_run(b->s,
                &(struct session_command){
                    .text = sv_from(text), .output = cancel_on_output, .done = on_done, .arg = b});
    wait_done(b);
}

/* Each of these goes on when only what it waits for is ended.  The grace time is far longer than the test may take. */
T(a_stopped_loop_list_or_alternative_does_nothing_more)
{
    static const char *const goes_on[] = {
        "for i in 1 2 3 4 5 6 7 8 9; do echo on; sleep 300; echo x >> went_on; done",
        "while :; do touch began; echo on; sleep 0.01; done; touch went_on",
        "echo on; until [ -e never ]; do :; done",
        "echo on; sleep 300 || touch went_on",
        "{ echo on; sleep 300; touch went_on; }",
        "(echo on; sleep 300; touch went_on)",
        "f() { while :; do echo on; sleep 300; touch went_on; done; }; f",
        "sleep 300 | while :; do echo on; read -r x; sleep 300; done",
        "trap 'touch cleaned' EXIT; while :; do sh -c 'echo on; exec sleep 300'; done",
    };
    struct session_spec spec = {
        .env = (const char *const[]){"PATH=/usr/bin:/bin", NULL}, .cwd = ".", .grace_ms = 600000};
    struct bench b;

    begin(&b, NULL);
    session_close(b.s, NULL, NULL);
    b.s = session_new(&b.loop, &spec);
    T_EQ(run(&b, "mkdir -p sub; cd sub; KEEP='a b'; export OUT=1; g() { echo g; }; set -u"), 0);
    for (size_t i = 0; i < ARRAY_LEN(goes_on); i++) {
        run_until_it_says_something(&b, goes_on[i]);
        T_EQ(b.r.rc, ERR_INTERRUPTED);
        T_CHECK(!b.r.state_changed);
        T_EQ(run(&b, "echo \"$PWD $KEEP $OUT $- $(g) ${i-unset}\"; ls"), 0); /* the state before */
        T_CHECK(strstr(strbuf_str(&b.out), "/sub a b 1 "));
        T_CHECK(strstr(strbuf_str(&b.out), "u"));
        T_CHECK(strstr(strbuf_str(&b.out), " g unset\n"));
        T_CHECK(!strstr(strbuf_str(&b.out), "went_on"));
    }
    T_CHECK(strstr(strbuf_str(&b.out), "began"));
    T_CHECK(strstr(strbuf_str(&b.out), "cleaned")); /* a trap on EXIT is heard */
    end(&b);
}

/* To some a second TERM means "at once". */
T(what_is_told_to_end_is_told_once)
{
    struct bench b;
    struct session_spec spec = {
        .env = (const char *const[]){"PATH=/usr/bin:/bin", NULL}, .cwd = ".", .grace_ms = 600000};

    begin(&b, NULL);
    session_close(b.s, NULL, NULL);
    b.s = session_new(&b.loop, &spec);
    (void)run_within(&b,
                     "sh -c 'trap \"echo x >> told\" TERM; until [ -e told ]; do sleep 0.05; done; "
                     "sleep 0.3'; true",
                     150);
    T_EQ(b.r.rc, ERR_TIMEOUT);
    T_EQ(run(&b, "cat told"), 0);
    T_STR(strbuf_str(&b.out), "x\n");
    end(&b);
}

T(cancel_ends_the_command)
{
    struct bench b;
    struct session_command c = {
        .text = SV("sleep 300"), .output = on_output, .done = on_done, .arg = &b};

    begin(&b, NULL);
    T_EQ(run(&b, "true"), 0);
    b.done = 0;
    session_run(b.s, &c);
    (void)uv_run(&b.loop, UV_RUN_NOWAIT);
    session_cancel(b.s);
    wait_done(&b);
    T_EQ(b.r.rc, ERR_INTERRUPTED);
    end(&b);
}

T(closing_ends_what_was_left_in_the_background)
{
    struct bench b;
    int64_t pid = 0;

    begin(&b, NULL);
    T_EQ(run(&b, "sleep 300 & echo $!"), 0);
    T_CHECK(sv_to_i64(sv_trim(strbuf_sv(&b.out)), &pid));
    T_EQ(kill((pid_t)pid, 0), 0);
    end(&b);
    for (int i = 0; i < 500 && ident_process_start(pid) != 0; i++)
        (void)poll(NULL, 0, 10);
    T_EQ(ident_process_start(pid), 0);
}

static int64_t run_pid(struct bench *b, const char *text)
{
    int64_t pid = 0;

    T_EQ(run(b, text), 0);
    T_CHECK(sv_to_i64(sv_trim(strbuf_sv(&b->out)), &pid));
    T_CHECK(pid > 1);
    return pid;
}

static void write_start(void)
{
    struct err err;

    T_OK(file_write_atomic("start", SV("nohup sleep 300 > /dev/null 2>&1 & echo $!\n"), 0600, &err),
         err);
}

/* Of a zombie that nobody has waited for the command is empty. */
static bool runs(int64_t pid)
{
    CLEANUP(strbuf_release) struct strbuf command = STRBUF(0);

    procs_command((pid_t)pid, &command);
    return command.n > 0;
}

/* A moment after its command: nohup(1) has to begin first. */
static void await_stays(int64_t pid)
{
    while (!procs_stays((pid_t)pid))
        (void)poll(NULL, 0, 5);
}

static bool is_gone(int64_t pid)
{
    for (int i = 0; i < 500 && runs(pid); i++)
        (void)poll(NULL, 0, 10);
    return !runs(pid);
}

/* "./restart.sh" of many a team.  It is in the group of the shell where the shell is sh. */
T(what_ignores_a_hangup_stays_when_its_session_is_closed)
{
    CLEANUP(strbuf_release) struct strbuf command = STRBUF(0);
    struct bench b;
    int64_t plain, job;

    begin(&b, NULL);
    write_start();
    plain = run_pid(&b, "sh start");
    job = run_pid(&b, "nohup sleep 301 2> /dev/null & echo $!");
    await_stays(plain);
    await_stays(job);
    end(&b);
    T_CHECK(runs(plain) && runs(job));
    T_CHECK(!procs_stays(getpid()) && !procs_stays(0));
    T_CHECK(procs_prints_into_pipe((pid_t)job) && !procs_prints_into_pipe((pid_t)plain));
    procs_command((pid_t)plain, &command);
    T_CHECK(sv_ends(strbuf_sv(&command), SV("sleep 300")));
    T_EQ(kill((pid_t)plain, SIGKILL), 0);
    T_EQ(kill((pid_t)job, SIGKILL), 0);
}

T(what_an_earlier_command_has_left_stays_when_a_later_one_is_stopped)
{
    struct bench b;
    int64_t kept, own = 0;

    begin(&b, NULL);
    write_start();
    kept = run_pid(&b, "sh start");
    await_stays(kept);
    (void)poll(NULL, 0, 30); /* the kernel counts by 10 ms */
    (void)run_within(&b, "nohup sleep 300 > /dev/null 2>&1 & echo $!; wait", 100);
    T_EQ(b.r.rc, ERR_TIMEOUT);
    T_CHECK(sv_to_i64(sv_trim(strbuf_sv(&b.out)), &own));
    T_CHECK(is_gone(own));
    T_EQ(run(&b, "true"), 0);
    end(&b);
    T_CHECK(runs(kept));
    T_EQ(kill((pid_t)kept, SIGKILL), 0);
}

T(much_output_comes_whole_and_before_the_end)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(run(&b, "head -c 5000000 /dev/zero | tr '\\0' x; printf y; head -c 300000 /dev/zero | tr "
                 "'\\0' z >&2"),
         0);
    T_EQ(b.out.n, 5000001);
    T_EQ(b.out.p[5000000], 'y');
    T_EQ(b.err.n, 300000);
    end(&b);
}

T(output_of_a_background_process_does_not_hold_the_command)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(run(&b, "(while :; do echo noise; sleep 0.01; done) & echo started"), 0);
    T_CHECK(strstr(strbuf_str(&b.out), "started"));
    T_EQ(run(&b, "kill %1; wait; true"), 0);
    end(&b);
}

T(a_long_command_arrives_whole)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct bench b;

    begin(&b, NULL);
    strbuf_add_str(&text, "echo -n ");
    strbuf_add_n(&text, 'x', 120000);
    strbuf_add_str(&text, " | wc -c");
    T_EQ(run(&b, strbuf_str(&text)), 0);
    T_STR(strbuf_str(&b.out), "120000\n");
    end(&b);
}

T(a_shell_that_cannot_start_is_reported)
{
    static const char *const nowhere[] = {"PATH=/nonexistent", NULL};
    struct session_spec spec = {.env = nowhere, .cwd = "/nonexistent", .grace_ms = 100};
    struct bench b;

    begin(&b, NULL);
    session_close(b.s, NULL, NULL);
    b.s = session_new(&b.loop, &spec);
    (void)run(&b, "true");
    T_CHECK(b.r.rc != ERR_OK);
    T_CHECK(b.r.err.msg[0]);
    end(&b);
}

T(a_restored_state_is_there_for_the_first_command)
{
    struct session_state saved = {0};
    CLEANUP(json_cleanup) json_t *diff = NULL;
    struct bench b, c;

    begin(&b, NULL);
    T_EQ(mkdir("here", 0700), 0);
    T_EQ(run(&b, "cd here; FILE=\"a 'b' \\$c\"; export LIST='1 2'; arr=(x 'y z')"), 0);
    session_state_copy(session_state(b.s), &saved);
    diff = session_state_diff(session_state(b.s), session_base(b.s), NULL);
    T_EQ(json_array_size(json_object_get(diff, "set")), 3);
    end(&b);
    begin(&c, NULL);
    session_restore(c.s, &saved);
    T_EQ(run(&c, "echo \"$FILE|$LIST|${arr[1]}\"; basename \"$PWD\"; sh -c 'echo $LIST'"), 0);
    T_STR(strbuf_str(&c.out), "a 'b' $c|1 2|y z\nhere\n1 2\n");
    session_state_release(&saved);
    end(&c);
    begin(&c, NULL); /* a plain command, too, and from what the journal keeps */
    session_restore_diff(c.s, diff);
    T_EQ(run(&c, "sh -c 'echo $LIST; pwd'"), 0);
    T_CHECK(sv_starts(strbuf_sv(&c.out), SV("1 2\n")) && sv_ends(strbuf_sv(&c.out), SV("/here\n")));
    end(&c);
}

T(a_restored_state_outlives_a_first_command_that_ends_the_shell)
{
    CLEANUP(json_cleanup) json_t *diff = NULL;
    struct bench b, c;

    begin(&b, NULL);
    T_EQ(mkdir("there", 0700), 0);
    T_EQ(run(&b, "cd there; export LIST='1 2'"), 0);
    diff = session_state_diff(session_state(b.s), session_base(b.s), NULL);
    end(&b);
    begin(&c, NULL);
    session_restore_diff(c.s, diff);
    T_CHECK(!session_knows_state(c.s)); /* a diff alone is not all of it */
    T_EQ(rename("there", "elsewhere"), 0);
    T_EQ(run(&c, "touch not-made"), -1);
    T_EQ(c.r.rc, ERR_NOT_FOUND);
    T_CHECK(!session_knows_state(c.s));
    T_EQ(rename("elsewhere", "there"), 0);
    T_EQ(run(&c, "exit 3"), 3);
    T_EQ(run(&c, "echo $LIST; basename \"$PWD\""), 0);
    T_STR(strbuf_str(&c.out), "1 2\nthere\n");
    T_CHECK(session_knows_state(c.s));
    end(&c);
}

T(a_state_whose_directory_is_gone_fails_the_command)
{
    struct bench b;

    begin(&b, NULL);
    T_EQ(mkdir("gone", 0700), 0);
    T_EQ(run(&b, "cd gone"), 0);
    T_EQ(run(&b, "exit 0"), 0);
    T_EQ(rmdir("gone"), 0);
    T_EQ(run(&b, "touch made-elsewhere"), -1);
    T_EQ(b.r.rc, ERR_NOT_FOUND);
    T_CHECK(strstr(b.r.err.msg, "the folder in which it has to run is gone: ") &&
            strstr(b.r.err.msg, "/gone"));
    T_EQ(mkdir("gone", 0700), 0);
    T_EQ(run(&b, "exit 97"), 97); /* its own */
    T_EQ(rmdir("gone"), 0);
    T_CHECK(access("made-elsewhere", F_OK) != 0);
    end(&b);
}

T(values_are_read_as_the_shell_has_them)
{
    CLEANUP(strbuf_release) struct strbuf v = STRBUF(0);
    struct bench b;

    begin(&b, NULL);
    T_EQ(run(&b, "A='q\"u`o$t\\\\e'; B=$'tab\\tnew\\nline\\x01'; C=; D=plain"), 0);
    T_CHECK(session_state_get(session_state(b.s), SV("A"), &v));
    T_STR(strbuf_str(&v), "q\"u`o$t\\\\e");
    strbuf_truncate(&v, 0);
    T_CHECK(session_state_get(session_state(b.s), SV("B"), &v));
    T_STR(strbuf_str(&v), "tab\tnew\nline\x01");
    strbuf_truncate(&v, 0);
    T_CHECK(session_state_get(session_state(b.s), SV("C"), &v));
    T_EQ(v.n, 0);
    T_CHECK(session_state_get(session_state(b.s), SV("GREETING"), &v));
    T_STR(strbuf_str(&v), "hello");
    T_CHECK(!session_state_get(session_state(b.s), SV("NOT_SET"), &v));
    end(&b);
}

T(secrets_stay_out_of_what_is_written_down)
{
    CLEANUP(secrets_freep) struct secrets *secrets = secrets_new();
    CLEANUP(json_cleanup) json_t *diff = NULL;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct bench b;

    begin(&b, NULL);
    (void)secrets_add(secrets, SV("DB_PASS"), SV("hunter2-long"));
    T_EQ(run(&b, "DB_PASS=hunter2-long; URL=postgres://u:hunter2-long@h/d; API_TOKEN=zzz; OK=1"),
         0);
    diff = session_state_diff(session_state(b.s), session_base(b.s), secrets);
    json_write(diff, &text);
    T_CHECK(!strstr(strbuf_str(&text), "hunter2") && !strstr(strbuf_str(&text), "zzz"));
    T_CHECK(strstr(strbuf_str(&text), "declare -- OK="));
    T_EQ(json_array_size(json_object_get(diff, "withheld")), 3);
    end(&b);
}

/* Children that do not listen to TERM, and whose parent has ended: nobody waits for them but us. */
T(a_stopped_command_is_over_when_all_that_it_started_has_ended)
{
    struct bench b;
    procs_list left = {0};
    int64_t shell;

    begin(&b, NULL);
    T_EQ(run(&b, "echo $$"), 0);
    T_CHECK(sv_to_i64(sv_trim(strbuf_sv(&b.out)), &shell));
    (void)run_within(
        &b, "sh -c 'trap \"\" TERM; while sleep 0.05; do :; done' > /dev/null 2>&1 & sleep 30", 50);
    T_EQ(b.r.rc, ERR_TIMEOUT);
    procs_of_session((pid_t)shell, (pid_t)shell, &left);
    T_EQ(left.n, 0);
    vec_release(&left);
    T_EQ(run(&b, "echo $$"), 0);
    T_CHECK(sv_to_i64(sv_trim(strbuf_sv(&b.out)), &(int64_t){0}));
    end(&b);
}

T(closing_ends_what_is_left_in_the_background_even_when_it_does_not_listen)
{
    struct bench b;
    procs_list left = {0};
    int64_t shell;

    begin(&b, NULL);
    T_EQ(
        run(&b, "echo $$; sh -c 'trap \"\" TERM; while sleep 0.05; do :; done' > /dev/null 2>&1 &"),
        0);
    T_CHECK(sv_to_i64(sv_trim(strbuf_sv(&b.out)), &shell));
    procs_of_session((pid_t)shell, (pid_t)shell, &left);
    T_CHECK(left.n > 0);
    end(&b);
    left.n = 0;
    procs_of_session((pid_t)shell, 0, &left);
    T_EQ(left.n, 0);
    vec_release(&left);
}

static bool cancel_it(void *arg, pid_t pid UNUSED)
{
    struct bench *b = arg;

    if (b->cancel_next)
        session_cancel(b->s);
    b->cancel_next = false;
    return true;
}

T(a_command_that_is_stopped_while_its_shell_starts_never_begins)
{
    struct bench b;
    struct session_spec spec = {.env = (const char *const[]){"PATH=/usr/bin:/bin", NULL},
                                .cwd = ".",
                                .grace_ms = 300,
                                .started = cancel_it,
                                .arg = &b};

    begin(&b, NULL);
    session_close(b.s, NULL, NULL);
    b.s = session_new(&b.loop, &spec);
    b.cancel_next = true;
    (void)run_within(&b, "echo x > ran; sleep 30", 60000);
    T_EQ(b.r.rc, ERR_INTERRUPTED);
    T_CHECK(access("ran", F_OK) != 0);
    T_EQ(run(&b, "echo again"), 0); /* and the session can be used */
    session_close(b.s, NULL, NULL);
    b.s = session_new(&b.loop, &spec);
    b.cancel_next = true;
    (void)run_within(&b, "mkdir ran", 60000); /* a plain one */
    T_EQ(b.r.rc, ERR_INTERRUPTED);
    T_CHECK(access("ran", F_OK) != 0);
    end(&b);
}

T(a_host_that_gives_no_shell_is_not_waited_for_for_ever)
{
    struct bench b;

    begin_there(&b, "exec sleep 1000", 200);
    (void)run_within(&b, "touch never", 0);
    T_EQ(b.r.rc, ERR_FAILED);
    T_CHECK(!b.r.lost); /* nothing was sent: it failed, and is not in doubt */
    T_STR(b.r.err.msg, "host 'web1' cannot be reached: no shell was there within 200 ms");
    T_STR(b.r.err.hint, "try: ssh web1 true");
    end(&b);
    begin_there(&b, "trap '' TERM; sleep 0.3; exec sh -c \"$2\"", 200);
    (void)run_within(&b, "touch never", 0); /* it comes too late, and does not hear TERM */
    T_EQ(b.r.rc, ERR_FAILED);
    T_EQ(access("never", F_OK), -1);
    end(&b);
}

T(how_long_a_host_may_take_for_its_shell_is_no_limit_for_the_command)
{
    struct bench b;

    begin_there(&b, "exec sh -c \"$2\"", 5000);
    T_EQ(run_within(&b, "sleep 0.01", 0), 0);
    end(&b);
    begin_there(&b, "exec sh -c \"$2\"", 1000);
    T_EQ(run_within(&b, "sleep 1.5; exit 3", 0), 3);
    end(&b);
}

T_MAIN(T_CASE(status_and_both_outputs_are_the_commands_own),
       T_CASE(directory_variables_and_functions_carry_over),
       T_CASE(the_status_of_the_command_before_is_seen_by_the_next_one),
       T_CASE(what_each_command_of_the_pipeline_before_ended_with_is_told),
       T_CASE(what_the_command_before_ended_with_is_told),
       T_CASE(plain_commands_need_no_bash_until_another_one_does),
       T_CASE(what_is_sent_to_the_group_of_a_plain_command_does_not_end_its_shell),
       T_CASE(every_builtin_and_reserved_word_of_the_bash_here_is_known),
       T_CASE(pipefail_is_on_and_a_producer_killed_by_sigpipe_is_no_failure),
       T_CASE(standard_input_is_empty_and_the_control_descriptors_are_not_seen),
       T_CASE(here_documents_functions_loops_and_quotes_are_bash),
       T_CASE(what_bash_cannot_parse_fails_and_the_session_goes_on),
       T_CASE(exit_ends_the_command_and_the_next_one_has_the_state_of_before),
       T_CASE(a_command_that_never_ends_is_ended_with_everything_it_started),
       T_CASE(a_command_that_ignores_term_is_killed_and_the_state_is_kept),
       T_CASE(a_stopped_loop_list_or_alternative_does_nothing_more),
       T_CASE(what_is_told_to_end_is_told_once), T_CASE(cancel_ends_the_command),
       T_CASE(closing_ends_what_was_left_in_the_background),
       T_CASE(what_ignores_a_hangup_stays_when_its_session_is_closed),
       T_CASE(what_an_earlier_command_has_left_stays_when_a_later_one_is_stopped),
       T_CASE(much_output_comes_whole_and_before_the_end),
       T_CASE(output_of_a_background_process_does_not_hold_the_command),
       T_CASE(a_long_command_arrives_whole), T_CASE(a_shell_that_cannot_start_is_reported),
       T_CASE(a_restored_state_is_there_for_the_first_command),
       T_CASE(a_restored_state_outlives_a_first_command_that_ends_the_shell),
       T_CASE(a_state_whose_directory_is_gone_fails_the_command),
       T_CASE(values_are_read_as_the_shell_has_them),
       T_CASE(secrets_stay_out_of_what_is_written_down),
       T_CASE(a_stopped_command_is_over_when_all_that_it_started_has_ended),
       T_CASE(closing_ends_what_is_left_in_the_background_even_when_it_does_not_listen),
       T_CASE(a_command_that_is_stopped_while_its_shell_starts_never_begins),
       T_CASE(a_host_that_gives_no_shell_is_not_waited_for_for_ever),
       T_CASE(how_long_a_host_may_take_for_its_shell_is_no_limit_for_the_command))
