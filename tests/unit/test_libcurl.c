/* A libcurl that is not there, is none, or is too old: each in a program of its own, as the loader looks once. */
#include "net/libcurl.h"

#include "base/file.h"
#include "t.h"

/* This very test again, with `library` as its libcurl.so.4; true: we are that, and the answer was looked at. */
static bool is_inside(const char *want)
{
    const char *inside = getenv("PRUSIK_CURL_INSIDE");
    struct err err = {0};

    if (!inside)
        return false;
    T_EQ(libcurl_open(&err), ERR_NOT_FOUND);
    if (!strstr(err.msg, want))
        T_FAIL("'%s' is not in: %s", want, err.msg);
    T_EQ(libcurl_open(&err), ERR_NOT_FOUND); /* it is not taken for open */
    return true;
}

static void go_inside(const char *name, const char *library)
{
    int status = -1;
    pid_t pid;

    if (library)
        T_EQ(symlink(library, "libcurl.so.4"), 0);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        int out = open("out", O_CREAT | O_WRONLY | O_CLOEXEC, 0600); /* it is no TAP of ours */

        if (out < 0 || dup2(out, 1) < 0)
            _exit(99);
        if (setenv("PRUSIK_CURL_INSIDE", "yes", 1) != 0 ||
            setenv("LD_LIBRARY_PATH", getcwd(NULL, 0), 1) != 0)
            _exit(99);
        (void)execl("/proc/self/exe", "test_libcurl", name, NULL);
        _exit(98);
    }
    T_EQ(waitpid(pid, &status, 0), pid);
    if (status != 0) {
        CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
        struct err err;

        (void)!file_read("out", 100000, &out, &err);
        T_FAIL("status %d: %s", status, strbuf_str(&out));
    }
}

T(one_that_is_no_library_is_said_with_what_to_install)
{
    int fd;

    if (is_inside("HTTP needs libcurl: "))
        return;
    fd = open("libcurl.so.4", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    T_CHECK(fd >= 0 && write(fd, "no library", 10) == 10);
    T_EQ(close(fd), 0);
    go_inside(__func__, NULL);
}

T(one_that_lacks_a_call_is_not_used)
{
    if (is_inside("libcurl.so.4 has no curl_easy_cleanup"))
        return;
    T_CHECK(getenv("PRUSIK_FAIL_LIB"));
    go_inside(__func__, getenv("PRUSIK_FAIL_LIB"));
}

T(one_that_is_too_old_is_not_used)
{
    if (is_inside("libcurl.so.4 is 7.86.0; 7.87 or newer is needed"))
        return;
    T_CHECK(getenv("PRUSIK_CURL_OLD"));
    go_inside(__func__, getenv("PRUSIK_CURL_OLD"));
}

T_MAIN(T_CASE(one_that_is_no_library_is_said_with_what_to_install),
       T_CASE(one_that_lacks_a_call_is_not_used), T_CASE(one_that_is_too_old_is_not_used))
