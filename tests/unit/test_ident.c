#include "base/ident.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/sv.h"
#include "t.h"

T(random_names_have_the_asked_length_and_no_letter_that_is_misread)
{
    size_t seen[256] = {0}, letters = 0;

    for (size_t n = 0; n <= 32; n++)
        for (int i = 0; i < 200; i++) {
            struct ident_text t = ident_random(n);

            T_EQ(strlen(t.s), n);
            for (const char *c = t.s; *c; c++) {
                T_CHECK(ascii_is_digit(*c) || (*c >= 'a' && *c <= 'z'));
                T_CHECK(!strchr("01loi", *c));
                seen[(unsigned char)*c]++;
            }
        }
    for (size_t i = 0; i < 256; i++)
        letters += seen[i] > 0;
    T_EQ(letters, 31);
    T_ABORTS((void)ident_random(33));
}

T(random_names_differ)
{
    struct ident_text a = ident_random(12), b = ident_random(12);

    T_CHECK(strcmp(a.s, b.s) != 0);
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        T_SKIP("no user namespace");
    (void)close(fd);
}

T(a_user_has_the_name_of_the_database_or_the_number)
{
    char map[64];

    T_EQ(setenv("USER", "liar", 1), 0);
    T_CHECK(strcmp(ident_user().s, "liar") != 0);
    if (geteuid() == 0) {
        T_STR(ident_user().s, "root");
        T_EQ(seteuid(54321), 0);
    } else { /* become a number that nobody has, in a namespace of our own */
        (void)snprintf(map, sizeof(map), "54321 %u 1", (unsigned)geteuid());
        if (unshare(CLONE_NEWUSER) != 0)
            T_SKIP("no user namespace");
        write_file("/proc/self/uid_map", map);
    }
    T_STR(ident_user().s, "uid 54321");
    /* LeakSanitizer looks at its own process, which another user may not */
    T_CHECK(getuid() != 0 || (seteuid(0) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0));
}

T(a_host_is_what_the_kernel_says)
{
    char host[80] = "";

    T_EQ(gethostname(host, sizeof(host) - 1), 0);
    T_CHECK(host[0]);
    T_STR(ident_host().s, host);
}

T(a_boot_has_an_identity)
{
    T_EQ(strlen(ident_boot().s), 36); /* a UUID */
    T_STR(ident_boot().s, ident_boot().s);
}

/* A child that waits until its standard input ends; its pid. */
static pid_t waiting_child(const char *name, int *keep)
{
    int go[2], ready[2];
    pid_t pid;
    char c;

    T_CHECK(pipe(go) == 0 && pipe(ready) == 0);
    pid = fork();
    if (pid == 0) {
        (void)close(go[1]);
        if (prctl(PR_SET_NAME, name) != 0 || write(ready[1], "x", 1) != 1)
            _exit(99);
        _exit((int)read(go[0], &c, 1));
    }
    T_EQ(read(ready[0], &c, 1), 1);
    (void)close(go[0]);
    (void)close(ready[0]);
    (void)close(ready[1]);
    *keep = go[1];
    return pid;
}

T(the_start_of_a_process_is_read_whatever_its_name)
{
    static const char *const names[] = {"plain", "a) b (c", ") R 1 1 (", ""};
    uint64_t own = ident_process_start(getpid());

    T_CHECK(own > 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        int keep, status;
        pid_t pid = waiting_child(names[i], &keep);
        uint64_t start = ident_process_start(pid);

        T_CHECK(start >= own && start < own + 6000); /* ticks of 10 ms: within a minute of ours */
        T_EQ(ident_process_start(pid), start);
        (void)close(keep);
        T_EQ(waitpid(pid, &status, 0), pid);
        T_EQ(status, 0);
    }
}

T(a_process_that_is_gone_or_a_zombie_has_no_start)
{
    siginfo_t info;
    int keep;
    pid_t pid = waiting_child("z", &keep);

    (void)close(keep);
    T_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT),
         0); /* it has ended and is not reaped */
    T_EQ(kill(pid, 0), 0);
    T_EQ(ident_process_start(pid), 0);
    T_EQ(waitpid(pid, NULL, 0), pid);
    T_EQ(ident_process_start(pid), 0);
    T_EQ(ident_process_start(0), 0);
    T_EQ(ident_process_start(-1), 0);
    T_EQ(ident_process_start(INT64_MAX), 0);
}

T(a_login_is_that_of_sudo_only_for_root)
{
    struct ident_login l;

    T_EQ(setenv("SUDO_USER", "ana", 1), 0);
    T_EQ(setenv("SSH_CONNECTION", "10.0.0.7 51234 10.0.0.1 22", 1), 0);
    l = ident_login();
    if (strcmp(l.how, "audit") == 0)
        T_SKIP("the audit system knows who logged in");
    T_STR(l.name, geteuid() == 0 ? "ana" : ident_user().s);
    T_STR(l.how, geteuid() == 0 ? "sudo" : "user");
    T_STR(l.from, "10.0.0.7");
    T_EQ(unsetenv("SUDO_USER"), 0);
    T_EQ(unsetenv("SSH_CONNECTION"), 0);
    l = ident_login();
    T_STR(l.name, ident_user().s);
    T_STR(l.how, "user");
    T_STR(l.from, "");
    if (geteuid() != 0)
        return;
    T_EQ(setenv("SUDO_USER", "ana", 1), 0);
    T_EQ(seteuid(65534), 0); /* anybody could set it */
    l = ident_login();
    T_EQ(seteuid(0), 0);
    T_STR(l.how, "user");
}

/* A child has the file open, and we have too: it is the child that is told. */
T(who_has_a_file_open_is_found_and_named)
{
    struct stat st, socket_of_nobody = {.st_mode = S_IFSOCK, .st_ino = 1};
    int fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600), keep;
    pid_t pid;

    T_CHECK(fd >= 0 && fstat(fd, &st) == 0);
    T_EQ(ident_opener(&st), 0);
    pid = waiting_child("holder", &keep);
    T_EQ(ident_opener(&st), pid);
    st.st_dev = 0;
    T_EQ(ident_opener(&st), pid);
    T_EQ(ident_opener(&socket_of_nobody), 0);
    T_STR(ident_process_name(pid).s, "holder");
    (void)close(keep);
    T_EQ(waitpid(pid, NULL, 0), pid);
    T_EQ(ident_opener(&st), 0);
    T_STR(ident_process_name(pid).s, "");
    (void)close(fd);
}

T_MAIN(T_CASE(who_has_a_file_open_is_found_and_named),
       T_CASE(random_names_have_the_asked_length_and_no_letter_that_is_misread),
       T_CASE(random_names_differ), T_CASE(a_user_has_the_name_of_the_database_or_the_number),
       T_CASE(a_host_is_what_the_kernel_says), T_CASE(a_boot_has_an_identity),
       T_CASE(the_start_of_a_process_is_read_whatever_its_name),
       T_CASE(a_process_that_is_gone_or_a_zombie_has_no_start),
       T_CASE(a_login_is_that_of_sudo_only_for_root))
