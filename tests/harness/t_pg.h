#pragma once

/*
 * t_pg: a PostgreSQL of the test's own, in ./pg, reached by a socket in it; the database is "postgres".
 *
 * The server refuses root: then it runs as the user postgres of Debian's package, whom the test's folder lets pass.
 * t_pg_stop() must be called at the end; a test that fails before it takes the server with it.
 */
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t.h"

struct t_pg {
    char dir[200], url[400];
    char program[300]; /* the server; what it consists of lies beside it */
    pid_t pid;         /* 0: it does not run */
};

static inline pid_t t_pg_spawn(const struct t_pg *pg, const char *name, const char *const *args)
{
    const char *argv[16] = {name};
    char path[400];
    pid_t pid;

    (void)snprintf(path, sizeof(path), "%.*s%s", (int)(strrchr(pg->program, '/') + 1 - pg->program),
                   pg->program, name);
    for (size_t i = 0; args[i]; i++)
        argv[i + 1] = args[i];
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        const struct passwd *user = getuid() == 0 ? getpwnam("postgres") : NULL;
        int log = open("pg.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

        if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
            _exit(98);
        if (getuid() == 0 && (!user || initgroups("postgres", user->pw_gid) != 0 ||
                              setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
            _exit(97);
        (void)prctl(PR_SET_PDEATHSIG, SIGQUIT); /* after the change of user, which forgets it */
        (void)execv(path, (char *const *)(uintptr_t)argv);
        _exit(96);
    }
    return pid;
}

static inline void t_pg_serve(struct t_pg *pg)
{
    pg->pid = t_pg_spawn(pg, "postgres",
                         (const char *const[]){"-D", pg->dir, "-c", "listen_addresses=", "-c",
                                               "unix_socket_directories=.", "-c", "fsync=off", "-c",
                                               "dynamic_shared_memory_type=mmap", NULL});
}

/*
 * Start it, again after t_pg_kill(), and wait until it answers.  It refuses while a process of the killed one still has
 * its memory, which a busy machine ends late.
 */
static inline void t_pg_run(struct t_pg *pg)
{
    PGPing ping = PQPING_REJECT;
    unsigned refused = 0;

    t_pg_serve(pg);
    for (int tries = 0; tries < 2000 && ping != PQPING_OK; tries++) {
        if (waitpid(pg->pid, NULL, WNOHANG) != 0) {
            if (++refused > 50)
                T_FAIL("PostgreSQL does not start: see '%s'", "pg.log");
            (void)poll(NULL, 0, 100);
            t_pg_serve(pg);
        }
        ping = PQping(pg->url);
        (void)poll(NULL, 0, ping == PQPING_OK ? 0 : 10);
    }
    T_EQ(ping, PQPING_OK);
}

static inline void t_pg_start(struct t_pg *pg)
{
    const struct passwd *user = getuid() == 0 ? getpwnam("postgres") : NULL;
    char cwd[150];
    int status = -1;
    glob_t g;

    if (glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &g) != 0)
        T_SKIP("there is no PostgreSQL server");
    if (getuid() == 0 && !user)
        T_SKIP("PostgreSQL refuses root, and there is no user postgres");
    memset(pg, 0, sizeof(*pg));
    (void)snprintf(pg->program, sizeof(pg->program), "%s", g.gl_pathv[g.gl_pathc - 1]);
    globfree(&g);
    T_CHECK(getcwd(cwd, sizeof(cwd)) && chmod(".", 0711) == 0);
    (void)snprintf(pg->dir, sizeof(pg->dir), "%s/pg", cwd);
    (void)snprintf(pg->url, sizeof(pg->url), "postgresql://tester@/postgres?host=%s", pg->dir);
    T_CHECK(mkdir(pg->dir, 0700) == 0 &&
            (!user || chown(pg->dir, user->pw_uid, user->pw_gid) == 0));
    T_CHECK(waitpid(t_pg_spawn(pg, "initdb",
                               (const char *const[]){"-D", pg->dir, "-U", "tester", "-A", "trust",
                                                     "--no-sync", "--no-instructions", "-E", "UTF8",
                                                     "--locale=C.UTF-8", NULL}),
                    &status, 0) > 0);
    if (status != 0)
        T_FAIL("initdb ended with %d: see pg.log", status);
    t_pg_run(pg);
}

/* As a machine that loses power ends it, but for what the kernel has; or gently. */
static inline void t_pg_end(struct t_pg *pg, int sig)
{
    if (pg->pid) {
        (void)kill(pg->pid, sig);
        (void)waitpid(pg->pid, NULL, 0);
    }
    pg->pid = 0;
}

static inline void t_pg_stop(struct t_pg *pg)
{
    t_pg_end(pg, SIGQUIT);
}
