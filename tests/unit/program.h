#pragma once

/*
 * program: another program, for the time of a test: a server that is spoken to.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net_server.h"
#include "t.h"

/* Start argv; what it prints goes to `log`.  Ended by program_stop(). */
static inline pid_t program_start(const char *log, char *const *argv)
{
    pid_t pid = fork();

    T_CHECK(pid >= 0);
    if (pid == 0) {
        int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

        if (out < 0 || in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
            _exit(126);
        (void)execvp(argv[0], argv);
        _exit(127);
    }
    return pid;
}

static inline int program_wait(pid_t pid)
{
    int status = -1;

    T_EQ(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline void program_stop(pid_t pid)
{
    T_EQ(kill(pid, SIGTERM), 0);
    (void)program_wait(pid);
}

/* A command of sh that has to succeed. */
static inline void program_sh(const char *command)
{
    char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, xstrdup(command), NULL};
    int status = program_wait(program_start("sh.log", argv));

    if (status != 0)
        T_FAIL("'%s' ended with %d; see sh.log", command, status);
    free(argv[2]);
}

/* Wait until somebody listens on the port of loopback. */
static inline void program_listens(unsigned port)
{
    struct sockaddr_in at = server_loopback();

    at.sin_port = htons((uint16_t)port);
    for (int i = 0; i < 500; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool open = connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;

        (void)close(fd);
        if (open)
            return;
        (void)poll(NULL, 0, 20); /* nothing tells when a program begins to listen */
    }
    T_FAIL("nobody listens on port %u", port);
}

/* A port that was free a moment ago. */
static inline unsigned program_port(void)
{
    unsigned port;

    (void)close(raw_listen(1, &port));
    return port;
}
