#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/file.h"
#include "source_look.h"

static void write_file(const char *path, struct sv text)
{
    struct err err;

    T_OK(file_write_atomic(path, text, 0600, &err), err);
}

/* A child of ours that says so when it is ready, and ends when the test does. */
struct subject {
    pid_t pid;
    int hold; /* closing it lets the child go */
};

typedef void subject_fn(void);

static void subject_start(struct subject *s, subject_fn *prepare)
{
    int ready[2], hold[2];
    char byte;

    T_EQ(pipe(ready), 0);
    T_EQ(pipe(hold), 0);
    s->pid = fork();
    if (s->pid == 0) {
        (void)close(hold[1]);
        prepare();
        if (write(ready[1], "r", 1) != 1)
            _exit(1);
        while (read(hold[0], &byte, 1) > 0)
            ;
        _exit(0);
    }
    (void)close(hold[0]);
    (void)close(ready[1]);
    T_EQ(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    s->hold = hold[1];
}

static void subject_end(struct subject *s)
{
    (void)close(s->hold); /* a later child may have it too */
    T_EQ(kill(s->pid, SIGKILL), 0);
    T_EQ(waitpid(s->pid, NULL, 0), s->pid);
}

static void prepare_nothing(void)
{
}

static struct source *open_pid(pid_t pid)
{
    return open_source("process", "{'pid': %d}", (int)pid);
}

T(a_living_process_is_told_with_what_it_uses)
{
    int64_t from_s = clock_now_us() / 1000000;
    struct subject child;
    struct look l;

    subject_start(&child, prepare_nothing);
    begin();
    l = (struct look){.s = open_pid(child.pid)};
    T_OK(look(&l), l.s->err);
    T_CHECK(truth_of(&l, "alive"));
    T_CHECK(!has(&l, "why"));
    check_number(&l, "pid", child.pid);
    check_number(&l, "threads", 1);
    T_CHECK(number_of(&l, "rss") > 100000 && number_of(&l, "rss") < 1e9);
    T_CHECK(number_of(&l, "cpu") >= 0 && number_of(&l, "cpu") < 10);
    T_EQ(sample_find(&l.s->samples, SV("cpu"))->type, SAMPLE_COUNTER);
    /* the kernel gives the boot time in whole seconds */
    T_CHECK(number_of(&l, "started") >= (double)from_s - 2);
    T_CHECK(number_of(&l, "started") <= (double)clock_now_us() / 1e6 + 2);
    check_members(&l);
    source_free(l.s);
    subject_end(&child);
    end();
}

static void *thread_of_child(void *arg)
{
    (void)pause();
    return arg;
}

static void prepare_uses(void)
{
    size_t n = 64u << 20;
    char *memory = xcalloc(n, 1);
    pthread_t thread;

    memset(memory, 'x', n); /* else it is not resident */
    for (int i = 0; i < 20; i++)
        if (open("/dev/null", O_RDONLY) < 0)
            _exit(1);
    for (int i = 0; i < 3; i++)
        if (pthread_create(&thread, NULL, thread_of_child, memory) != 0)
            _exit(1);
}

T(memory_descriptors_and_threads_are_counted)
{
    struct subject plain, busy;
    struct look a, b;

    subject_start(&plain, prepare_nothing);
    subject_start(&busy, prepare_uses);
    begin();
    a = (struct look){.s = open_pid(plain.pid)};
    b = (struct look){.s = open_pid(busy.pid)};
    T_OK(look(&a), a.s->err);
    T_OK(look(&b), b.s->err);
    T_CHECK(number_of(&b, "rss") >= number_of(&a, "rss") + 60e6);
    /* the second child also has what the test opened between the two */
    T_CHECK(number_of(&a, "fds") >= 3 && number_of(&a, "fds") < 1000);
    T_CHECK(number_of(&b, "fds") >= number_of(&a, "fds") + 20);
    T_CHECK(number_of(&b, "fds") <= number_of(&a, "fds") + 25);
    check_number(&b, "threads", 4);
    source_free(a.s);
    source_free(b.s);
    subject_end(&plain);
    subject_end(&busy);
    end();
}

static void on_end(struct child *c, enum err_code rc UNUSED)
{
    c->pid = 0;
}

T(time_that_is_spent_grows)
{
    static const char *const argv[] = {"sh", "-c", "while :; do :; done", NULL};
    struct child spinner = {.spec = {.argv = argv, .grace_ms = 500}, .done = on_end};
    struct look l;
    double first;

    begin();
    child_start(&spinner, &loop);
    T_CHECK(spinner.pid > 0);
    l = (struct look){.s = open_pid(spinner.pid)};
    T_OK(look(&l), l.s->err);
    first = number_of(&l, "cpu");
    do /* until it has run for a tick; the test's own deadline bounds it */
        T_OK(look(&l), l.s->err);
    while (number_of(&l, "cpu") <= first);
    T_CHECK(number_of(&l, "cpu") < first + 30);
    child_stop(&spinner);
    while (spinner.pid)
        (void)uv_run(&loop, UV_RUN_ONCE);
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "alive"));
    source_free(l.s);
    end();
}

T(a_zombie_is_not_alive)
{
    struct subject child;
    struct look l;
    siginfo_t info;

    subject_start(&child, prepare_nothing);
    (void)close(child.hold);
    T_EQ(waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOWAIT), 0); /* it has ended, unwaited */
    begin();
    l = (struct look){.s = open_pid(child.pid)};
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "alive"));
    T_CHECK(sv_has(text_of(&l, "why"), SV("has ended, but its parent has not looked")));
    (void)member(&l, "rss", SAMPLE_NULL);
    (void)member(&l, "cpu", SAMPLE_NULL);
    check_members(&l);
    T_EQ(waitpid(child.pid, NULL, 0), child.pid);
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "alive"));
    T_CHECK(sv_starts(text_of(&l, "why"), SV("there is no process ")));
    check_members(&l);
    source_free(l.s);
    end();
}

static void prepare_name(void)
{
    if (prctl(PR_SET_NAME, "a) Z 9 (b)") != 0)
        _exit(1);
}

T(a_name_with_blanks_and_parentheses_confuses_nobody)
{
    struct subject child;
    struct look l;

    subject_start(&child, prepare_name);
    begin();
    l = (struct look){.s = open_pid(child.pid)};
    T_OK(look(&l), l.s->err);
    T_CHECK(truth_of(&l, "alive"));
    check_number(&l, "threads", 1);
    source_free(l.s);
    subject_end(&child);
    end();
}

T(a_pid_file_is_read_at_each_poll)
{
    struct subject one, two;
    struct look l;
    char text[32];

    subject_start(&one, prepare_nothing);
    subject_start(&two, prepare_nothing);
    begin();
    l = (struct look){.s = open_source("process", "{'pid_file': 'run/app.pid'}")};
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "alive"));
    T_SV(text_of(&l, "why"), "there is no pid file 'run/app.pid'");
    check_members(&l);
    T_EQ(mkdir("run", 0700), 0);
    (void)snprintf(text, sizeof(text), "%d\n", (int)one.pid);
    write_file("run/app.pid", sv_from(text));
    T_OK(look(&l), l.s->err);
    check_number(&l, "pid", one.pid);
    (void)snprintf(text, sizeof(text), "  %d", (int)two.pid);
    write_file("run/app.pid", sv_from(text));
    T_OK(look(&l), l.s->err);
    check_number(&l, "pid", two.pid);
    subject_end(&two);
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "alive"));
    source_free(l.s);
    subject_end(&one);
    end();
}

T(a_pid_file_that_says_nothing_is_an_error_not_a_death)
{
    static const struct sv texts[] = {
        SV(""), SV("app"), SV("12 13"), SV("-5"), SV("0"), SV("1.5"), SV("99999999999999999999")};
    struct look l;

    begin();
    l = (struct look){.s = open_source("process", "{'pid_file': 'app.pid'}")};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        write_file("app.pid", texts[i]);
        T_EQ(look(&l), ERR_INVALID);
        T_STR(l.s->err.msg, "source 'it': the pid file 'app.pid' does not hold one number");
    }
    T_EQ(unlink("app.pid"), 0);
    T_EQ(mkdir("app.pid", 0700), 0);
    T_EQ(look(&l), ERR_IO);
    source_free(l.s);
    end();
}

T(exactly_one_of_pid_and_pid_file_is_given)
{
    static const char *const settings[] = {"{}", "{\"pid\": 1, \"pid_file\": \"x\"}",
                                           "{\"pid\": 0}"};

    begin();
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        struct source *s = NULL;
        struct err err;

        T_EQ(try_open("process", settings[i], &s, &err), ERR_INVALID);
        T_STR(err.msg, "source 'it': either 'pid' or 'pid_file' must be given");
        T_CHECK(!s);
    }
    end();
}

T(descriptors_that_may_not_be_counted_are_an_error_of_their_own)
{
    struct look l;

    if (!be_ordinary())
        T_SKIP("cannot become an ordinary user");
    begin();
    l = (struct look){.s = open_pid(1)};
    T_OK(look(&l), l.s->err);
    T_CHECK(truth_of(&l, "alive"));
    (void)number_of(&l, "rss");
    (void)member(&l, "fds", SAMPLE_ERROR);
    check_members(&l);
    source_free(l.s);
    end();
    be_again();
}

T_MAIN(T_CASE(a_living_process_is_told_with_what_it_uses),
       T_CASE(memory_descriptors_and_threads_are_counted), T_CASE(time_that_is_spent_grows),
       T_CASE(a_zombie_is_not_alive), T_CASE(a_name_with_blanks_and_parentheses_confuses_nobody),
       T_CASE(a_pid_file_is_read_at_each_poll),
       T_CASE(a_pid_file_that_says_nothing_is_an_error_not_a_death),
       T_CASE(exactly_one_of_pid_and_pid_file_is_given),
       T_CASE(descriptors_that_may_not_be_counted_are_an_error_of_their_own))
