/* The fault injection of tests/harness/fail_nth.c, and what base does when each of its calls fails in turn. */
#include <limits.h>
#include <sqlite3.h>

#include "base/file.h"
#include "base/sv.h"
#include "t_fail.h"

static int victim(struct t_fail *f, const char *job, const char *a, const char *b)
{
    const char *argv[] = {getenv("PRUSIK_VICTIM"), job, a, b, NULL};

    T_CHECK(argv[0]);
    return t_fail_run(f, argv);
}

static struct strbuf content(const char *path)
{
    struct strbuf text = STRBUF(0);
    struct err err;

    T_OK(file_read(path, 100000, &text, &err), err);
    return text;
}

/* Files beside those that the tests make. */
static size_t strangers(void)
{
    DIR *dir = opendir(".");
    const struct dirent *d;
    size_t n = 0;

    while ((d = readdir(dir)) != NULL)
        n += d->d_name[0] != '.' && strcmp(d->d_name, "calls") != 0 &&
             strcmp(d->d_name, "out") != 0 && strcmp(d->d_name, "file") != 0;
    (void)closedir(dir);
    return n;
}

T(calls_are_counted_and_none_fails_unasked)
{
    struct t_fail f = {.kinds = "write,open,fsync,rename,chmod"};

    T_EQ(victim(&f, "write", "file", "text"), 0);
    T_EQ(f.calls, 7); /* make it, write, chmod, sync, rename; open and sync the folder */
    f.kinds = "fsync";
    T_EQ(victim(&f, "write", "file", "text"), 0);
    T_EQ(f.calls, 2);
    f.kinds = "mkdir";
    T_EQ(victim(&f, "write", "file", "text"), 0);
    T_EQ(f.calls, 0);
}

/* Whatever fails, the file has the old text or the new one, and nothing is left beside it. */
T(a_file_is_replaced_or_as_it_was_whichever_call_fails)
{
    static const char *const errors[] = {"EIO", "ENOSPC", "EDQUOT"};

    for (size_t i = 0; i < 2 * ARRAY_LEN(errors); i++) {
        struct t_fail f = {
            .kinds = "write,open,fsync,rename,chmod", .error = errors[i / 2], .always = i % 2};
        size_t failures = 0, old = 0;
        struct err err;
        int status;

        do {
            T_OK(file_write_atomic("file", SV("old"), 0600, &err), err);
            f.at++;
            status = victim(&f, "write", "file", "new");
            {
                CLEANUP(strbuf_release) struct strbuf text = content("file");

                T_CHECK(sv_eq(strbuf_sv(&text), SV("new")) ||
                        (status && sv_eq(strbuf_sv(&text), SV("old"))));
                old += sv_eq(strbuf_sv(&text), SV("old"));
            }
            T_EQ(strangers(), 0);
            failures += status != 0;
        } while (f.calls >= f.at);
        T_EQ(status, 0);
        T_EQ(failures, 7);
        T_EQ(old, 5); /* up to the rename; then only the folder is not known to be synced */
    }
}

T(folders_are_made_or_told_whichever_call_fails)
{
    struct t_fail f = {.kinds = "mkdir", .error = "EACCES"};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    int status;

    for (f.at = 1;; f.at++) {
        char path[32];

        (void)snprintf(path, sizeof(path), "d%u/a/b", f.at);
        status = victim(&f, "mkdirs", path, NULL);
        T_EQ(status == 0, file_exists(path));
        if (f.calls < f.at)
            break;
        T_EQ(status, 1);
        text = (strbuf_release(&text), content("out"));
        T_CHECK(sv_has(strbuf_sv(&text), SV("Permission denied")));
    }
    T_EQ(status, 0);
    T_EQ(f.at, 6); /* three that fail as the parent is not there, two that make it, ... */
}

T(a_child_is_started_or_told_once_whichever_call_fails)
{
    static const char *const errors[] = {"EMFILE", "EAGAIN"};

    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        struct t_fail f = {.kinds = "pipe,spawn", .error = errors[i]};
        size_t failures = 0;
        int status;

        do {
            f.at++;
            status = victim(&f, "child", "true", NULL);
            /* 3: a handle was left; uv_loop_init() fails or, without its first pipe, aborts */
            T_CHECK(status == 0 || status == 1 || (f.at == 1 && status == 128 + SIGABRT) ||
                    (f.at == 2 && status == 2));
            failures += status == 1;
        } while (f.calls >= f.at);
        T_EQ(status, 0);
        T_EQ(failures, 4); /* our two pipes, that of uv_spawn(), the process */
    }
}

T(every_way_to_start_a_process_can_fail)
{
    static const char *const ways[] = {"fork", "vfork", "posix_spawn", "posix_spawnp"};

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        struct t_fail f = {.kinds = "spawn", .error = "ENOMEM"};

        T_EQ(victim(&f, "spawn", ways[i], "/bin/true"), 0);
        T_EQ(f.calls, 1);
        f.at = 1;
        T_EQ(victim(&f, "spawn", ways[i], "/bin/true"), 1);
    }
}

T(what_the_process_starts_is_left_alone)
{
    struct t_fail f = {.kinds = "write,open", .path = "calls", .always = true};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    T_EQ(victim(&f, "child", "env", NULL), 0);
    T_EQ(f.calls, 0); /* of the victim; env itself wrote, and was not told of us */
    text = content("out");
    T_CHECK(!sv_has(strbuf_sv(&text), SV("PRUSIK_FAIL=")) &&
            !sv_has(strbuf_sv(&text), SV("LD_PRELOAD")));
    f = (struct t_fail){.kinds = "write", .at = 1, .always = true};
    T_EQ(victim(&f, "spawn", "fork", "/bin/pwd"), 0); /* it writes, in a process of its own */
    T_EQ(f.calls, 0);
}

/* A committed row stays, an uncommitted one does not come, and the database is whole. */
T(sqlite_fails_as_its_calls_do)
{
    struct t_fail f = {.kinds = "write,fsync,fdatasync,open", .error = "EIO"};
    size_t committed = 0, failures = 0;
    int status;

    do {
        sqlite3_stmt *st = NULL;
        sqlite3 *db = NULL;
        size_t rows;

        f.at++;
        status = victim(&f, "sqlite", "db", NULL);
        committed += status == 0;
        failures += status != 0;
        T_EQ(sqlite3_open("db", &db), SQLITE_OK);
        T_EQ(sqlite3_prepare_v2(db, "SELECT count(*) FROM pragma_table_list WHERE name = 't'", -1,
                                &st, NULL),
             SQLITE_OK);
        T_EQ(sqlite3_step(st), SQLITE_ROW);
        rows = (size_t)sqlite3_column_int64(st, 0);
        T_EQ(sqlite3_finalize(st), SQLITE_OK);
        if (rows) {
            T_EQ(sqlite3_prepare_v2(
                     db,
                     "SELECT count(*) FROM t, pragma_integrity_check WHERE integrity_check = 'ok'",
                     -1, &st, NULL),
                 SQLITE_OK);
            T_EQ(sqlite3_step(st), SQLITE_ROW);
            rows = (size_t)sqlite3_column_int64(st, 0);
            T_EQ(sqlite3_finalize(st), SQLITE_OK);
        }
        T_EQ(sqlite3_close(db), SQLITE_OK);
        T_CHECK(rows >= committed && rows <= committed + failures);
        committed = rows; /* a commit whose sync failed may have come through */
        failures = 0;
    } while (f.calls >= f.at);
    T_EQ(status, 0);
    T_CHECK(f.at > 10);
}

T(only_files_of_the_path_are_counted)
{
    struct t_fail f = {.kinds = "write,fsync,open", .path = "/file."};

    T_EQ(victim(&f, "write", "file", "text"), 0);
    T_EQ(f.calls, 2); /* written and synced by number; it was made by the name "file.XXXXXX" */
    f.at = 2;
    T_EQ(victim(&f, "write", "file", "text"), 1);
}

T(a_connect_fails_with_the_error_that_was_asked_for)
{
    struct t_fail f = {.kinds = "connect", .error = "ETIMEDOUT", .at = 1};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    T_EQ(victim(&f, "connect", "none", NULL), 0);
    text = content("out");
    T_SV(strbuf_sv(&text), "Connection timed out\n");
}

T(a_misspelt_setting_is_no_test_that_never_fails)
{
    struct t_fail f = {.kinds = "write,fsink"};
    pid_t pid = fork();
    int status;

    if (pid == 0)
        t_fail_exec(&f, (const char *const[]){"true", NULL});
    T_EQ(waitpid(pid, &status, 0), pid);
    T_EQ(WEXITSTATUS(status), 99);
    f = (struct t_fail){.kinds = "write", .error = "ENOSUCH"};
    pid = fork();
    if (pid == 0)
        t_fail_exec(&f, (const char *const[]){"true", NULL});
    T_EQ(waitpid(pid, &status, 0), pid);
    T_EQ(WEXITSTATUS(status), 99);
}

T_MAIN(T_CASE(calls_are_counted_and_none_fails_unasked),
       T_CASE(a_file_is_replaced_or_as_it_was_whichever_call_fails),
       T_CASE(folders_are_made_or_told_whichever_call_fails),
       T_CASE(a_child_is_started_or_told_once_whichever_call_fails),
       T_CASE(every_way_to_start_a_process_can_fail), T_CASE(what_the_process_starts_is_left_alone),
       T_CASE(sqlite_fails_as_its_calls_do), T_CASE(only_files_of_the_path_are_counted),
       T_CASE(a_connect_fails_with_the_error_that_was_asked_for),
       T_CASE(a_misspelt_setting_is_no_test_that_never_fails))
