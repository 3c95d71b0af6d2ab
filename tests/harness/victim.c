/* A program to make fail: victim JOB ARGUMENT...; ends with 0, or with 1 and the error on standard output. */
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "base/child.h"
#include "base/file.h"
#include "base/sv.h"

static int tell(enum err_code rc, const struct err *err)
{
    if (rc != ERR_OK)
        printf("%s\n", err->msg);
    return rc != ERR_OK;
}

/* PATH TEXT */
static int job_write(char **argv)
{
    struct err err = {0};

    return tell(file_write_atomic(argv[0], sv_from(argv[1]), 0600, &err), &err);
}

/* PATH */
static int job_read(char **argv)
{
    struct strbuf text = STRBUF(0);
    struct err err = {0};
    int status = tell(file_read(argv[0], 100, &text, &err), &err);

    printf("%s", strbuf_str(&text));
    strbuf_release(&text);
    return status;
}

/* PATH */
static int job_mkdirs(char **argv)
{
    struct err err = {0};

    return tell(file_mkdirs(argv[0], &err), &err);
}

static int child_status;
static void on_done(struct child *c, enum err_code rc)
{
    child_status = tell(rc, &c->err);
}

static void on_output(struct child *c UNUSED, enum child_stream stream UNUSED, struct sv bytes)
{
    printf("%.*s", SV_FMT(bytes));
}

/* PROGRAM: by base/child */
static int job_child(char **argv)
{
    struct child c = {.output = on_output, .done = on_done};
    uv_loop_t loop;

    c.spec.argv = (const char *const *)(uintptr_t)argv;
    if (uv_loop_init(&loop) != 0)
        return 2;
    child_start(&c, &loop);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop) == 0 ? child_status : 3;
}

/* HOW PROGRAM: fork, vfork, posix_spawn or posix_spawnp */
static int job_spawn(char **argv)
{
    static pid_t (*const forks[])(void) = {fork, vfork}; /* vfork() is fork() under fail_nth */
    char *args[] = {argv[1], NULL};
    int status = -1;
    pid_t pid = -1;

    if (strcmp(argv[0], "posix_spawn") == 0) {
        if (posix_spawn(&pid, argv[1], NULL, NULL, args, NULL) != 0)
            return 1;
    } else if (strcmp(argv[0], "posix_spawnp") == 0) {
        if (posix_spawnp(&pid, argv[1], NULL, NULL, args, NULL) != 0)
            return 1;
    } else {
        pid = forks[strcmp(argv[0], "vfork") == 0]();
        if (pid == 0) {
            (void)execv(argv[1], args);
            _exit(127);
        }
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid ? status != 0 : 1;
}

/* PATH of a socket that nobody listens on: 1 when refused as it should be, 2 otherwise */
static int job_connect(char **argv)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", argv[0]);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        printf("%m\n");
    (void)close(fd);
    return 0;
}

/* PATH: one durable row more, and then how many there are */
static int job_sqlite(char **argv)
{
    static const char sql[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                              "CREATE TABLE IF NOT EXISTS t (n INTEGER); INSERT INTO t VALUES (1)";
    sqlite3 *db = NULL;
    int rc = sqlite3_open(argv[0], &db);

    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        printf("%s\n", sqlite3_errmsg(db));
    (void)sqlite3_close(db);
    return rc != SQLITE_OK;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int args;
        int (*run)(char **argv);
    } jobs[] = {{"write", 2, job_write},  {"read", 1, job_read},   {"mkdirs", 1, job_mkdirs},
                {"child", 1, job_child},  {"spawn", 2, job_spawn}, {"connect", 1, job_connect},
                {"sqlite", 1, job_sqlite}};

    for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
        if (argc >= 2 + jobs[i].args && strcmp(argv[1], jobs[i].name) == 0)
            return jobs[i].run(argv + 2);
    return 2;
}
