#include "base/daemon.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utime.h>

#include "base/file.h"
#include "base/ident.h"
#include "base/mem.h"
#include "base/sv.h"
#include "t.h"

static const char *const env[] = {"PATH=/usr/bin:/bin", "WHAT=it", NULL};

/* Until the process is gone; init collects it. */
static void end_it(int64_t pid)
{
    T_EQ(kill((pid_t)pid, SIGKILL), 0);
    for (int i = 0; i < 500 && ident_process_start(pid); i++)
        (void)poll(NULL, 0, 10);
    T_EQ(ident_process_start(pid), 0);
}

static int64_t start(const char *const *argv, const char *log)
{
    struct daemon_spec spec = {
        .argv = argv, .env = env, .cwd = "/", .pid_file = "run/it.pid", .log = log};
    CLEANUP(mem_freep) char *here = getcwd(NULL, 0);
    CLEANUP(strbuf_release) struct strbuf file = STRBUF(0);
    struct err err = {0};
    int64_t pid = -1;

    strbuf_addf(&file, "%s/run/it.pid", here);
    spec.pid_file = file.p;
    T_OK(daemon_start(&spec, &pid, &err), err);
    return pid;
}

static void wait_for_text(const char *path, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct err err;

    for (int i = 0; i < 500; i++) {
        strbuf_truncate(&b, 0);
        if (file_read(path, 4096, &b, &err) == ERR_OK && sv_has(strbuf_sv(&b), sv_from(want)))
            return;
        (void)poll(NULL, 0, 10);
    }
    T_FAIL("'%s' has no '%s' but '%s'", path, want, strbuf_str(&b));
}

T(it_runs_in_a_session_of_its_own_with_its_environment_and_a_log)
{
    static const char *const argv[] = {"sh", "-c",
                                       "echo $WHAT $PPID $(ps -o sid= $$) $$; exec sleep 60", NULL};
    CLEANUP(mem_freep) char *here = getcwd(NULL, 0);
    CLEANUP(strbuf_release) struct strbuf log = STRBUF(0), b = STRBUF(0);
    struct err err;
    int64_t pid;
    struct sv rest, word;
    int64_t numbers[3]; /* of its parent, session and itself */

    strbuf_addf(&log, "%s/it.log", here);
    pid = start(argv, log.p);
    T_CHECK(pid > 0);
    wait_for_text("it.log", "\n");
    T_OK(file_read("it.log", 4096, &b, &err), err);
    rest = strbuf_sv(&b);
    T_CHECK(sv_next_word(&rest, &word) && sv_eq(word, SV("it")));
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        T_CHECK(sv_next_word(&rest, &word) && sv_to_i64(word, &numbers[i]));
    T_CHECK(numbers[0] != getpid());
    T_CHECK(numbers[1] != getsid(0));
    T_EQ(numbers[2], pid);
    end_it(pid);
}

T(the_pid_file_is_one_number_and_names_it_while_it_lives)
{
    static const char *const argv[] = {"sleep", "60", NULL};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct err err;
    int64_t pid = start(argv, NULL), read;
    uint64_t began = 0;

    T_OK(file_read("run/it.pid", 100, &b, &err), err);
    T_CHECK(sv_to_i64(sv_trim(strbuf_sv(&b)), &read));
    T_EQ(read, pid);
    T_EQ(daemon_pid("run/it.pid", &began), pid);
    T_EQ(began, ident_process_start(pid));
    end_it(pid);
    T_EQ(daemon_pid("run/it.pid", NULL), 0);
}

T(a_number_that_was_used_again_is_not_taken_for_it)
{
    struct err err;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(&b, "%d", (int)getpid());
    T_OK(file_write_atomic("other.pid", strbuf_sv(&b), 0600, &err), err);
    strbuf_add_str(&b, " 1\n");
    T_OK(file_write_atomic("other.pid.start", strbuf_sv(&b), 0600, &err), err);
    T_EQ(daemon_pid("other.pid", NULL), 0);
}

/* Numbers and ticks begin anew with each boot. */
T(a_number_and_a_start_of_another_boot_are_not_taken_for_it)
{
    static const char *const boots[] = {"", " other"};
    struct err err;

    for (size_t i = 0; i < 3; i++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        int64_t us = getpid();

        strbuf_addf(&b, "%lld", (long long)us);
        T_OK(file_write_atomic("it.pid", strbuf_sv(&b), 0600, &err), err);
        strbuf_addf(&b, " %llu", (unsigned long long)ident_process_start(us));
        if (i < 2)
            strbuf_add_str(&b, boots[i]);
        else
            strbuf_addf(&b, " %s", ident_boot().s);
        T_OK(file_write_atomic("it.pid.start", strbuf_sv(&b), 0600, &err), err);
        T_EQ(daemon_pid("it.pid", NULL), i == 1 ? 0 : us);
    }
}

T(a_pid_file_of_another_program_is_believed_unless_it_is_older_than_the_process)
{
    struct err err;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(&b, "%d\n", (int)getpid());
    T_OK(file_write_atomic("other.pid", strbuf_sv(&b), 0600, &err), err);
    T_EQ(daemon_pid("other.pid", NULL), getpid());
    T_EQ(utime("other.pid", &(struct utimbuf){.actime = 1000, .modtime = 1000}), 0);
    T_EQ(daemon_pid("other.pid", NULL), 0);
}

T(a_program_that_cannot_be_started_is_an_error_with_its_reason)
{
    static const char *const argv[] = {"no-such-program", NULL};
    struct daemon_spec spec = {.argv = argv, .env = env, .cwd = "/", .pid_file = "it.pid"};
    struct err err = {0};
    int64_t pid = 7;

    T_EQ(daemon_start(&spec, &pid, &err), ERR_IO);
    T_STR(err.msg, "start 'no-such-program': No such file or directory");
    T_EQ(pid, 7);
}

/* The Nth fork from now fails, here or in what was forked; -1: none does. */
static atomic_int *forks;

pid_t fork(void)
{
    static pid_t (*real)(void);

    if (!real)
        *(void **)(&real) = dlsym(RTLD_NEXT, "fork");
    if (forks && atomic_fetch_sub(forks, 1) == 1) {
        errno = EAGAIN;
        return -1;
    }
    return real();
}

static enum err_code try_start(const struct daemon_spec *spec, struct err *err)
{
    int64_t pid = 7;
    enum err_code rc;

    *err = (struct err){0};
    rc = daemon_start(spec, &pid, err);
    T_CHECK(rc == ERR_OK || pid == 7);
    return rc;
}

T(what_stands_in_the_way_of_a_start_is_said)
{
    static const char *const argv[] = {"true", NULL};
    const struct daemon_spec good = {.argv = argv, .env = env, .cwd = "/", .pid_file = "/dev/null"};
    struct daemon_spec spec;
    CLEANUP(mem_freep) char *here = getcwd(NULL, 0);
    CLEANUP(strbuf_release) struct strbuf file = STRBUF(0), tmp = STRBUF(0);
    struct err err;

    strbuf_addf(&file, "%s/run/it.pid", here);
    strbuf_addf(&tmp, "%s.new", file.p);
    spec = good;
    spec.pid_file = file.p;
    spec.cwd = "/nowhere";
    T_EQ(try_start(&spec, &err), ERR_IO);
    T_STR(err.msg, "start 'true': No such file or directory");
    spec.cwd = "/";
    spec.log = "/nowhere/log";
    T_EQ(try_start(&spec, &err), ERR_IO);
    T_STR(err.msg, "start 'true': No such file or directory");
    spec.log = NULL;
    T_EQ(mkdir(tmp.p, 0700), 0);
    T_EQ(try_start(&spec, &err), ERR_IO);
    T_STR(err.msg, "start 'true': Is a directory");
    T_EQ(daemon_pid(file.p, NULL), 0);
    T_EQ(rmdir(tmp.p), 0);
    spec.pid_file = "/dev/null/it.pid";
    T_EQ(try_start(&spec, &err), ERR_IO);
    T_STR(err.msg, "pid file '/dev/null/it.pid': make folder '/dev/null': File exists");
}

T(a_machine_without_room_for_a_process_or_a_pipe_is_said)
{
    static const char *const argv[] = {"true", NULL};
    struct daemon_spec spec = {.argv = argv, .env = env, .cwd = "/", .pid_file = "it.pid"};
    struct rlimit files = {.rlim_cur = 3, .rlim_max = 1024}; /* those that are open */
    struct err err;

    forks = mmap(NULL, sizeof(*forks), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    T_CHECK(forks != MAP_FAILED);
    for (int at = 1; at <= 2; at++) {
        atomic_store(forks, at);
        T_EQ(try_start(&spec, &err), ERR_IO);
        T_STR(err.msg, "start 'true': Resource temporarily unavailable");
        T_CHECK(!file_exists("it.pid"));
    }
    atomic_store(forks, -1);
    T_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
    T_EQ(try_start(&spec, &err), ERR_IO);
    T_STR(err.msg, "start 'true': Too many open files");
    files.rlim_cur = 100; /* the counts of the coverage are written to a file */
    T_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
}

/* Another program wrote the pid file after us: our start beside it says nothing of that process. */
T(a_start_of_another_pid_is_not_believed)
{
    struct err err;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(&b, "%d\n", (int)getpid());
    T_OK(file_write_atomic("it.pid", strbuf_sv(&b), 0600, &err), err);
    T_OK(file_write_atomic("it.pid.start", SV("1 1\n"), 0600, &err), err);
    T_EQ(daemon_pid("it.pid", NULL), getpid());
}

T(what_is_not_there_or_says_nothing_is_not_running)
{
    struct err err;

    T_EQ(daemon_pid("nothing.pid", NULL), 0);
    T_OK(file_write_atomic("bad.pid", SV("one\n"), 0600, &err), err);
    T_EQ(daemon_pid("bad.pid", NULL), 0);
}

T_MAIN(T_CASE(it_runs_in_a_session_of_its_own_with_its_environment_and_a_log),
       T_CASE(the_pid_file_is_one_number_and_names_it_while_it_lives),
       T_CASE(a_number_that_was_used_again_is_not_taken_for_it),
       T_CASE(a_number_and_a_start_of_another_boot_are_not_taken_for_it),
       T_CASE(a_pid_file_of_another_program_is_believed_unless_it_is_older_than_the_process),
       T_CASE(a_program_that_cannot_be_started_is_an_error_with_its_reason),
       T_CASE(what_stands_in_the_way_of_a_start_is_said),
       T_CASE(a_machine_without_room_for_a_process_or_a_pipe_is_said),
       T_CASE(a_start_of_another_pid_is_not_believed),
       T_CASE(what_is_not_there_or_says_nothing_is_not_running))
