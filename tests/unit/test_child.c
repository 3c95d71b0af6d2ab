#include "base/child.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/ident.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "t_loop.h"

struct run {
    struct child c;
    struct strbuf text[CHILD_STREAM__N]; /* the first 64 KiB */
    uint64_t bytes[CHILD_STREAM__N];
    enum err_code rc;
    int reports;
    bool done;
    uint64_t ms; /* from the start to the report */
    uint64_t began_ns;
    int again; /* start as often from done() */
    uv_loop_t *loop;
};

static void on_output(struct child *c, enum child_stream stream, struct sv bytes)
{
    struct run *r = container_of(c, struct run, c);

    T_CHECK(bytes.n > 0 && !r->done);
    r->bytes[stream] += bytes.n;
    r->text[stream].max = 65536;
    strbuf_add_sv(&r->text[stream], bytes);
}

static void on_done(struct child *c, enum err_code rc)
{
    struct run *r = container_of(c, struct run, c);

    T_CHECK(rc == ERR_OK || (c->err.code == rc && c->err.msg[0]));
    r->rc = rc;
    r->reports++;
    r->done = true;
    r->ms = (clock_mono_ns() - r->began_ns) / 1000000;
    if (r->again-- > 0) {
        r->done = false;
        c->spec.argv = (const char *const[]){"true", NULL};
        child_start(c, r->loop);
    }
}

static void start_argv(struct run *r, uv_loop_t *loop, const char *const *argv)
{
    r->c.spec.argv = argv;
    r->c.output = on_output;
    r->c.done = on_done;
    r->loop = loop;
    r->began_ns = clock_mono_ns();
    child_start(&r->c, loop);
    r->c.spec.argv = NULL; /* it need not live on */
    T_CHECK(!r->done);     /* told from the loop only */
}

static void start(struct run *r, uv_loop_t *loop, const char *script)
{
    start_argv(r, loop, (const char *const[]){"sh", "-c", script, NULL});
}

static void release(struct run *r)
{
    T_EQ(r->reports, 1);
    for (size_t i = 0; i < CHILD_STREAM__N; i++)
        strbuf_release(&r->text[i]);
}

/* Run a script to its end, with nothing left on the loop. */
static void run(struct run *r, const char *script)
{
    uv_loop_t *loop = t_loop_new();

    start(r, loop, script);
    t_loop_run(loop, 20000);
    t_loop_free(loop);
    T_CHECK(r->done);
    T_EQ(r->reports, 1);
}

static const char *text_of(const struct run *r, enum child_stream stream)
{
    return strbuf_str(&r->text[stream]);
}

/* The first line of an output, as a pid. */
static pid_t pid_of(const struct run *r)
{
    struct sv rest = strbuf_sv(&r->text[CHILD_OUT]), line;
    int64_t pid = 0;

    T_CHECK(sv_next_line(&rest, &line) && sv_to_i64(line, &pid) && pid > 1);
    return (pid_t)pid;
}

static bool runs(pid_t pid)
{
    return ident_process_start(pid) != 0; /* kill(pid, 0) finds zombies as well */
}

static size_t open_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n;
}

T(both_outputs_and_the_status_are_told)
{
    struct run r = {0};

    run(&r, "echo out; echo err >&2");
    T_EQ(r.rc, ERR_OK);
    T_STR(text_of(&r, CHILD_OUT), "out\n");
    T_STR(text_of(&r, CHILD_ERR), "err\n");
    T_CHECK(r.c.status == 0 && r.c.sig == 0 && !r.c.timed_out && r.c.pid > 0);
    release(&r);
}

T(another_status_is_a_failure)
{
    struct run r = {0};

    run(&r, "exit 3");
    T_EQ(r.rc, ERR_FAILED);
    T_STR(r.c.err.msg, "'sh' ended with status 3");
    T_CHECK(r.c.status == 3 && r.c.sig == 0);
    release(&r);
}

T(a_signal_is_a_failure)
{
    struct run r = {0};

    run(&r, "kill -9 $$");
    T_EQ(r.rc, ERR_FAILED);
    T_STR(r.c.err.msg, "'sh' was killed by signal 9");
    T_CHECK(r.c.status == -1 && r.c.sig == 9);
    release(&r);
}

T(a_program_that_does_not_exist_is_told_from_the_loop)
{
    uv_loop_t *loop = t_loop_new();
    struct run first = {0}, r = {0};
    size_t fds;

    start(&first, loop, "true"); /* the loop makes its own descriptors with the first process */
    t_loop_run(loop, 2000);
    release(&first);
    fds = open_fds();
    start_argv(&r, loop, (const char *const[]){"no-such-program", NULL});
    t_loop_run(loop, 2000);
    T_EQ(r.rc, ERR_IO);
    T_EQ(r.c.err.sys, ENOENT);
    T_STR(r.c.err.msg, "start 'no-such-program': No such file or directory");
    T_CHECK(r.c.status == -1 && r.c.pid == 0);
    T_EQ(open_fds(), fds);
    release(&r);
    t_loop_free(loop);
}

T(a_folder_that_does_not_exist_is_told)
{
    struct run r = {.c.spec.cwd = "none"};

    run(&r, "true");
    T_EQ(r.rc, ERR_IO);
    T_EQ(r.c.err.sys, ENOENT);
    release(&r);
}

/* One descriptor more each time, until it works: every failure is told once, and leaks none. */
T(too_few_descriptors_are_told_whichever_is_missing)
{
    uv_loop_t *loop = t_loop_new();
    struct rlimit limit, low;
    struct run first = {0};
    size_t fds, failures = 0;

    start(&first, loop, "true"); /* the loop makes its own descriptors with the first process */
    t_loop_run(loop, 5000);
    release(&first);
    fds = open_fds();
    T_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    for (rlim_t n = 0; n < 20; n++) {
        struct run r = {0};

        low = limit;
        low.rlim_cur = fds - 3 + n; /* ".", ".." and that of opendir() were counted */
        T_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
        start(&r, loop, "exit 0");
        T_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
        t_loop_run(loop, 5000);
        T_EQ(open_fds(), fds);
        release(&r);
        if (r.rc == ERR_OK)
            break;
        T_EQ(r.rc, ERR_IO);
        T_EQ(r.c.err.sys, EMFILE);
        failures++;
    }
    T_CHECK(failures >= 4 && failures < 19);
    t_loop_free(loop);
}

T(a_timeout_ends_it_with_term)
{
    struct run r = {.c.spec.timeout_ms = 100};

    run(&r, "trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.01; done");
    T_EQ(r.rc, ERR_TIMEOUT);
    T_STR(r.c.err.msg, "'sh' did not end within 100 ms");
    T_STR(text_of(&r, CHILD_OUT), "ready\nbye\n"); /* and what it said at the end is kept */
    T_CHECK(r.c.timed_out && r.c.status == 9 && r.ms >= 100 && r.ms < 4000);
    release(&r);
}

T(who_ignores_term_is_killed_after_the_grace)
{
    struct run r = {.c.spec = {.timeout_ms = 100, .grace_ms = 200}};

    run(&r, "trap '' TERM; while :; do sleep 0.01; done");
    T_EQ(r.rc, ERR_TIMEOUT);
    T_CHECK(r.c.timed_out && r.c.sig == SIGKILL && r.c.status == -1);
    T_CHECK(r.ms >= 300 && r.ms < 4000);
    release(&r);
}

T(who_is_stopped_is_ended_all_the_same)
{
    struct run r = {.c.spec.timeout_ms = 100};

    run(&r, "kill -STOP $$");
    T_EQ(r.rc, ERR_TIMEOUT);
    T_CHECK(r.c.sig == SIGTERM && r.ms < 4000);
    release(&r);
}

/* The child obeys TERM; the process that it started does not, and holds the pipe (or not). */
static void outlive(const char *script)
{
    struct run r = {.c.spec = {.timeout_ms = 300, .grace_ms = 300}};
    pid_t pid;

    run(&r, script);
    T_EQ(r.rc, ERR_TIMEOUT);
    T_EQ(r.c.sig, SIGTERM);
    pid = pid_of(&r);
    T_CHECK(pid != r.c.pid && !runs(pid));
    T_CHECK(r.ms >= 600 && r.ms < 4000);
    release(&r);
}

T(the_whole_group_is_killed_also_when_the_child_itself_obeys)
{
    outlive("sh -c 'trap \"\" TERM; echo $$; exec sleep 1000' & exec sleep 1000");
}

T(the_whole_group_is_killed_also_when_nothing_is_heard_of_it)
{
    outlive("sh -c 'trap \"\" TERM; echo $$; exec sleep 1000 > /dev/null 2>&1' & exec sleep 1000");
}

T(a_group_that_obeys_is_not_waited_for)
{
    struct run r = {.c.spec.timeout_ms = 100};

    run(&r, "sleep 1000 & sleep 1000 & wait");
    T_EQ(r.rc, ERR_TIMEOUT);
    T_CHECK(r.ms < 2000); /* the grace is 5 s */
    release(&r);
}

T(a_stop_ends_it_and_once_is_enough)
{
    struct run r = {0};
    uv_loop_t *loop = t_loop_new();

    child_stop(&r.c); /* not started: harmless */
    start(&r, loop, "exec sleep 1000");
    child_stop(&r.c);
    t_loop_run(loop, 4000);
    T_EQ(r.rc, ERR_FAILED);
    T_STR(r.c.err.msg, "'sh' was killed by signal 15");
    T_CHECK(!r.c.timed_out);
    child_stop(&r.c);
    child_signal(&r.c, SIGTERM);
    release(&r);
    t_loop_free(loop);
}

static void stop_again(uv_timer_t *t)
{
    child_stop(t->data);
}

static void give_up(uv_timer_t *t)
{
    uv_close((uv_handle_t *)t, NULL);
}

T(a_stop_that_is_repeated_does_not_put_off_the_kill)
{
    struct run r = {.c.spec.grace_ms = 300};
    uv_loop_t *loop = t_loop_new();
    uv_timer_t often;

    start(&r, loop, "trap '' TERM; echo; while :; do sleep 0.01; done");
    T_EQ(uv_timer_init(loop, &often), 0);
    often.data = &r.c;
    T_EQ(uv_timer_start(&often, stop_again, 20, 20), 0);
    t_loop_until(loop, &r.done, 3000);
    give_up(&often);
    t_loop_run(loop, 1000);
    T_EQ(r.c.sig, SIGKILL);
    release(&r);
    t_loop_free(loop);
}

T(a_stop_after_the_timeout_leaves_it_a_timeout)
{
    struct run r = {.c.spec = {.timeout_ms = 50, .grace_ms = 300}};
    uv_loop_t *loop = t_loop_new();
    uv_timer_t late;

    start(&r, loop, "trap '' TERM; while :; do sleep 0.01; done");
    T_EQ(uv_timer_init(loop, &late), 0);
    late.data = &r.c;
    T_EQ(uv_timer_start(&late, stop_again, 150, 0), 0);
    t_loop_until(loop, &r.done, 3000);
    give_up(&late);
    t_loop_run(loop, 1000);
    T_EQ(r.rc, ERR_TIMEOUT);
    T_STR(r.c.err.msg, "'sh' did not end within 50 ms");
    release(&r);
    t_loop_free(loop);
}

/* A process of another session that holds our pipe is waited for, for the grace, and heard. */
T(a_stranger_that_keeps_the_pipe_is_heard_for_the_grace_only)
{
    struct run r = {.c.spec.grace_ms = 400};
    pid_t pid;

    run(&r, "setsid sh -c 'echo $$; sleep 0.1; echo late; exec sleep 1000' & sleep 0.05");
    T_EQ(r.rc, ERR_OK);
    pid = pid_of(&r);
    T_CHECK(sv_ends(strbuf_sv(&r.text[CHILD_OUT]), SV("late\n")));
    T_CHECK(runs(pid) && r.ms >= 400 && r.ms < 4000);
    T_EQ(kill(pid, SIGKILL), 0);
    release(&r);
}

T(a_background_process_of_the_group_is_left_alone_when_the_child_ends_by_itself)
{
    struct run r = {.c.spec.grace_ms = 100};
    pid_t pid;

    run(&r, "sleep 1000 > /dev/null 2>&1 & echo $!");
    T_EQ(r.rc, ERR_OK);
    pid = pid_of(&r);
    T_CHECK(runs(pid) && r.ms < 4000);
    T_EQ(kill(pid, SIGKILL), 0);
    release(&r);
}

T(two_hundred_megabytes_come_through)
{
    struct run r = {0};

    run(&r, "head -c 209715200 /dev/zero; head -c 1000000 /dev/zero >&2");
    T_EQ(r.rc, ERR_OK);
    T_EQ(r.bytes[CHILD_OUT], 209715200);
    T_EQ(r.bytes[CHILD_ERR], 1000000);
    release(&r);
}

T(without_a_reader_the_output_is_thrown_away)
{
    uv_loop_t *loop = t_loop_new();
    struct run r = {0};

    r.c.spec.argv = (const char *const[]){"head", "-c", "1000000", "/dev/zero", NULL};
    r.c.done = on_done;
    child_start(&r.c, loop);
    t_loop_run(loop, 5000);
    T_EQ(r.rc, ERR_OK);
    release(&r);
    t_loop_free(loop);
}

static void go_on(uv_timer_t *t)
{
    child_pause(t->data, CHILD_OUT, false);
    uv_close((uv_handle_t *)t, NULL);
}

static void pause_at_once(struct child *c, enum child_stream stream, struct sv bytes)
{
    on_output(c, stream, bytes);
    child_pause(c, stream, true);
}

T(a_paused_child_blocks_and_goes_on_where_it_was)
{
    struct run r = {0};
    uv_loop_t *loop = t_loop_new();
    uv_timer_t later;

    start(&r, loop, "head -c 3000000 /dev/zero; echo end >&2");
    r.c.output = pause_at_once; /* before the loop has run */
    T_EQ(uv_timer_init(loop, &later), 0);
    later.data = &r.c;
    T_EQ(uv_timer_start(&later, go_on, 300, 0), 0);
    while (uv_is_active((uv_handle_t *)&later))
        (void)uv_run(loop, UV_RUN_ONCE);
    T_CHECK(r.bytes[CHILD_OUT] > 0 && r.bytes[CHILD_OUT] <= 65536); /* one piece */
    T_CHECK(!r.done && r.bytes[CHILD_ERR] == 0);                    /* it waits in write() */
    r.c.output = on_output;
    t_loop_run(loop, 5000);
    T_EQ(r.bytes[CHILD_OUT], 3000000);
    T_STR(text_of(&r, CHILD_ERR), "end\n");
    child_pause(&r.c, CHILD_OUT, false); /* over: harmless */
    release(&r);
    t_loop_free(loop);
}

T(what_waits_in_a_paused_pipe_is_not_lost_when_the_child_has_ended_long_ago)
{
    struct run r = {.c.spec.grace_ms = 50};
    uv_loop_t *loop = t_loop_new();
    uv_timer_t later;

    start(&r, loop, "echo kept");
    child_pause(&r.c, CHILD_OUT, true);
    T_EQ(uv_timer_init(loop, &later), 0);
    later.data = &r.c;
    T_EQ(uv_timer_start(&later, go_on, 400, 0), 0);
    t_loop_run(loop, 5000);
    T_STR(text_of(&r, CHILD_OUT), "kept\n");
    T_CHECK(r.ms >= 300); /* the timer of the loop counts from when it woke up */
    release(&r);
    t_loop_free(loop);
}

enum { STALL_GRACE_MS = 1000 };

/* A loop that is busy elsewhere: until the rest was written, and for longer than the grace. */
static void stall(struct child *c, enum child_stream stream, struct sv bytes)
{
    on_output(c, stream, bytes);
    if (stream != CHILD_ERR)
        return;
    for (int i = 0; i < 500 && access("written", F_OK) != 0; i++)
        (void)poll(NULL, 0, 10);
    (void)poll(NULL, 0, STALL_GRACE_MS + 200);
    (void)unlink("written");
}

T(what_waits_in_a_pipe_is_not_lost_when_the_loop_was_busy)
{
    struct run r = {.c.spec.grace_ms = STALL_GRACE_MS};
    uv_loop_t *loop = t_loop_new();

    start(
        &r, loop,
        "(setsid sh -c 'sleep 0.1; echo go >&2; sleep 0.1; echo kept; : > written') & echo first");
    r.c.output = stall;
    t_loop_run(loop, 20000);
    T_STR(text_of(&r, CHILD_OUT), "first\nkept\n");
    release(&r);
    t_loop_free(loop);
}

T(a_descriptor_can_be_the_standard_input)
{
    uv_loop_t *loop = t_loop_new();
    struct run r = {0};
    int in[2];

    T_CHECK(pipe2(in, O_CLOEXEC) == 0);
    T_EQ(write(in[1], "typed", 5), 5);
    (void)close(in[1]);
    r.c.spec.input = &in[0];
    start(&r, loop, "cat");
    r.c.spec.input = NULL;
    t_loop_run(loop, 5000);
    T_STR(text_of(&r, CHILD_OUT), "typed");
    T_CHECK(fcntl(in[0], F_GETFD) == FD_CLOEXEC);
    release(&r);
    t_loop_free(loop);
}

T(descriptors_are_passed_on_and_stay_the_caller_s)
{
    uv_loop_t *loop = t_loop_new();
    int a[2], b[2], pass[2];
    struct run r = {0};
    char got[16] = "";

    T_CHECK(pipe2(a, O_CLOEXEC) == 0 && pipe2(b, O_CLOEXEC) == 0);
    pass[0] = b[1]; /* becomes 3 */
    pass[1] = a[1]; /* becomes 4 */
    r.c.spec.pass = pass;
    r.c.spec.n_pass = 2;
    start(&r, loop, "echo three >&3; echo four >&4");
    r.c.spec.pass = NULL;
    t_loop_run(loop, 5000);
    T_EQ(r.rc, ERR_OK);
    T_EQ(read(b[0], got, sizeof(got)), 6);
    T_STR(got, "three\n");
    T_EQ(read(a[0], got, sizeof(got)), 5);
    T_CHECK(fcntl(a[1], F_GETFD) == FD_CLOEXEC && fcntl(b[1], F_GETFD) == FD_CLOEXEC);
    release(&r);
    t_loop_free(loop);
}

T(nothing_else_of_ours_is_inherited)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    int extra = open("/dev/null", O_RDONLY | O_CLOEXEC);
    uv_loop_t *loop = t_loop_new();
    struct run r = {0}, ls = {0};
    sigset_t block;

    T_CHECK(extra > 2);
    for (int fd = 3; fd < 1024; fd++) /* what the caller of the tests left open is not ours */
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    T_EQ(sigaction(SIGPIPE, &ignore, NULL), 0);
    T_EQ(sigemptyset(&block), 0);
    T_EQ(sigaddset(&block, SIGUSR1), 0);
    T_EQ(sigprocmask(SIG_BLOCK, &block, NULL), 0);
    start_argv(&ls, loop, (const char *const[]){"ls", "/proc/self/fd", NULL});
    /* its terminal, standard input, session and group, signals */
    start(&r, loop,
          "(: < /dev/tty) 2> /dev/null || echo no tty; readlink /proc/$$/fd/0;"
          "set -- $(cat /proc/$$/stat); [ $5 = $$ ] && [ $6 = $$ ] && echo leads;"
          "while read -r name value; do case $name in SigBlk:|SigIgn:)" /* 32 and 33 are glibc's */
          " echo $name $((0x$value & 0x7fffffff)) ;; esac; done < /proc/$$/status");
    t_loop_run(loop, 5000);
    T_STR(text_of(&ls, CHILD_OUT), "0\n1\n2\n3\n"); /* 3 is the folder that it lists */
    T_STR(text_of(&r, CHILD_OUT), "no tty\n/dev/null\nleads\nSigBlk: 0\nSigIgn: 0\n");
    T_STR(text_of(&r, CHILD_ERR), "");
    release(&ls);
    release(&r);
    t_loop_free(loop);
}

T(environment_and_folder_are_those_that_were_asked_for)
{
    struct run r = {.c.spec = {.env = (const char *const[]){"PATH=/bin:/usr/bin", "WORD=a b", NULL},
                               .cwd = "sub"}};
    CLEANUP(mem_freep) char *here = realpath(".", NULL);
    CLEANUP(strbuf_release) struct strbuf want = STRBUF(0);

    T_EQ(mkdir("sub", 0700), 0);
    T_EQ(setenv("OTHER", "x", 1), 0);
    run(&r, "pwd; echo \"$WORD|$OTHER\"");
    strbuf_addf(&want, "%s/sub\na b|\n", here);
    T_STR(text_of(&r, CHILD_OUT), strbuf_str(&want));
    release(&r);
    r = (struct run){0};
    run(&r, "echo $OTHER");
    T_STR(text_of(&r, CHILD_OUT), "x\n");
    release(&r);
}

static void signal_when_ready(struct child *c, enum child_stream stream, struct sv bytes)
{
    on_output(c, stream, bytes);
    if (sv_eq(bytes, SV("ready\n")))
        child_signal(c, SIGUSR1);
}

T(a_signal_reaches_the_whole_group)
{
    struct run r = {0};
    uv_loop_t *loop = t_loop_new();

    start(&r, loop,
          "trap 'wait; echo one; exit 5' USR1;" /* before the child can say that it is ready */
          "sh -c 'trap \"echo two; exit\" USR1; echo rea\"\"dy >&2; while :; do sleep 0.01; done' &"
          "wait");
    r.c.output = signal_when_ready;
    t_loop_run(loop, 5000);
    T_STR(text_of(&r, CHILD_OUT), "two\none\n");
    T_EQ(r.c.status, 5);
    release(&r);
    t_loop_free(loop);
}

T(a_struct_can_be_started_again_from_its_own_report)
{
    uv_loop_t *loop = t_loop_new();
    struct run r = {.again = 3, .c.spec = {.timeout_ms = 5000}};

    start_argv(&r, loop, (const char *const[]){"no-such-program", NULL});
    t_loop_run(loop, 5000);
    T_EQ(r.reports, 4);
    T_EQ(r.rc, ERR_OK); /* nothing is left of the failure */
    T_CHECK(r.c.status == 0 && !r.c.err.msg[0] && !r.c.timed_out);
    T_EQ(r.c.spec.timeout_ms, 5000);
    t_loop_free(loop);
}

static int freed;
static void free_it(struct child *c, enum err_code rc UNUSED)
{
    free(container_of(c, struct run, c));
    freed++;
}

T(the_struct_may_be_freed_in_its_report)
{
    static const char *const scripts[] = {"true", "exit 1", "kill $$", "sleep 100",
                                          "echo x; setsid sleep 0.3 &"};
    uv_loop_t *loop = t_loop_new();

    for (size_t i = 0; i < 4 * ARRAY_LEN(scripts); i++) {
        struct run *r = XNEW(struct run);
        const char *const argv[] = {i % 7 ? "sh" : "no-such-program", "-c",
                                    scripts[i % ARRAY_LEN(scripts)], NULL};

        r->c.spec = (struct child_spec){.argv = argv, .timeout_ms = 200, .grace_ms = 100};
        r->c.done = free_it;
        child_start(&r->c, loop);
    }
    t_loop_run(loop, 10000);
    T_EQ(freed, 4 * ARRAY_LEN(scripts));
    t_loop_free(loop);
}

T(a_long_name_is_cut_in_messages)
{
    uv_loop_t *loop = t_loop_new();
    struct run r = {0};
    char name[300];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    start_argv(&r, loop, (const char *const[]){name, NULL});
    t_loop_run(loop, 2000);
    T_EQ(r.rc, ERR_IO);
    T_CHECK(strlen(r.c.err.msg) < 200);
    release(&r);
    t_loop_free(loop);
}

T_MAIN(T_CASE(both_outputs_and_the_status_are_told), T_CASE(another_status_is_a_failure),
       T_CASE(a_signal_is_a_failure), T_CASE(a_program_that_does_not_exist_is_told_from_the_loop),
       T_CASE(a_folder_that_does_not_exist_is_told),
       T_CASE(too_few_descriptors_are_told_whichever_is_missing),
       T_CASE(a_timeout_ends_it_with_term), T_CASE(who_ignores_term_is_killed_after_the_grace),
       T_CASE(who_is_stopped_is_ended_all_the_same),
       T_CASE(the_whole_group_is_killed_also_when_the_child_itself_obeys),
       T_CASE(the_whole_group_is_killed_also_when_nothing_is_heard_of_it),
       T_CASE(a_group_that_obeys_is_not_waited_for), T_CASE(a_stop_ends_it_and_once_is_enough),
       T_CASE(a_stop_that_is_repeated_does_not_put_off_the_kill),
       T_CASE(a_stop_after_the_timeout_leaves_it_a_timeout),
       T_CASE(a_stranger_that_keeps_the_pipe_is_heard_for_the_grace_only),
       T_CASE(a_background_process_of_the_group_is_left_alone_when_the_child_ends_by_itself),
       T_CASE(two_hundred_megabytes_come_through),
       T_CASE(without_a_reader_the_output_is_thrown_away),
       T_CASE(a_paused_child_blocks_and_goes_on_where_it_was),
       T_CASE(what_waits_in_a_paused_pipe_is_not_lost_when_the_child_has_ended_long_ago),
       T_CASE(what_waits_in_a_pipe_is_not_lost_when_the_loop_was_busy),
       T_CASE(a_descriptor_can_be_the_standard_input),
       T_CASE(descriptors_are_passed_on_and_stay_the_caller_s),
       T_CASE(nothing_else_of_ours_is_inherited),
       T_CASE(environment_and_folder_are_those_that_were_asked_for),
       T_CASE(a_signal_reaches_the_whole_group),
       T_CASE(a_struct_can_be_started_again_from_its_own_report),
       T_CASE(the_struct_may_be_freed_in_its_report), T_CASE(a_long_name_is_cut_in_messages))
