/* Libraries that are opened when they are needed, and when they may look past the program. */
#include "base/library.h"

#include "base/file.h"
#include "t.h"

static struct {
    double (*cos)(double x);
} table;

static const struct library_call calls[] = {{"cos", 0}};

T(a_library_is_opened_once_and_its_functions_are_found)
{
    struct library l = {"libm.so.6", "libc6", calls, ARRAY_LEN(calls), .deep = true};
    struct err err = {0};

    T_OK(library_open(&l, &table, &err), err);
    T_CHECK(l.open && table.cos && table.cos(0) > 0.99);
    l.file = "none.so";
    T_OK(library_open(&l, &table, &err), err);
}

T(one_that_is_not_there_or_too_old_is_said_with_what_to_install)
{
    static const struct library_call newer[] = {{"cos_of_tomorrow", 0}};
    struct library none = {"libnone.so.77", "libnone77", calls, ARRAY_LEN(calls), false, false};
    struct library old = {"libm.so.6", "libc6", newer, ARRAY_LEN(newer), false, false};
    struct err err = {0};

    T_EQ(library_open(&none, &table, &err), ERR_NOT_FOUND);
    T_CHECK(strstr(err.msg, "libnone.so.77") && strstr(err.hint, "libnone77"));
    T_EQ(library_open(&old, &table, &err), ERR_NOT_FOUND);
    T_CHECK(strstr(err.msg, "libm.so.6 has no cos_of_tomorrow: it is too old"));
    T_CHECK(!none.open && !old.open);
}

/* Whoever stands before libc, as a profiler or another allocator does, stands before libpq, too. */
T(who_stands_before_libc_is_seen)
{
    int status = -1;
    pid_t pid;

    if (getenv("PRUSIK_INSIDE")) {
        T_CHECK(!library_libc_is_first());
        return;
    }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
    T_CHECK(library_libc_is_first());
#endif
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        int out = open("out", O_CREAT | O_WRONLY | O_CLOEXEC, 0600); /* it is no TAP of ours */

        if (out < 0 || dup2(out, 1) < 0 || setenv("PRUSIK_INSIDE", "yes", 1) != 0 ||
            setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1) != 0 ||
            setenv("LD_PRELOAD", getenv("PRUSIK_FAIL_LIB"), 1) != 0)
            _exit(99);
        (void)execl("/proc/self/exe", "test_library", __func__, NULL);
        _exit(98);
    }
    T_EQ(waitpid(pid, &status, 0), pid);
    T_EQ(status, 0);
}

T_MAIN(T_CASE(a_library_is_opened_once_and_its_functions_are_found),
       T_CASE(one_that_is_not_there_or_too_old_is_said_with_what_to_install),
       T_CASE(who_stands_before_libc_is_seen))
