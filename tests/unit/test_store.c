#include "store/store.h"

#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/sv.h"
#include "t.h"

static struct store *new_store(void)
{
    struct store *s = NULL;
    struct err err = {0};

    T_OK(store_open("s", STORE_WRITE, &s, &err), err);
    return s;
}

static void sql_run(const char *file, const char *sql)
{
    sqlite3 *db = NULL;

    T_EQ(sqlite3_open(file, &db), SQLITE_OK);
    T_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

T(a_store_is_private_and_keeps_itself_out_of_version_control)
{
    CLEANUP(store_freep) UNUSED struct store *s = new_store();
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct stat st;
    struct err err = {0};

    T_EQ(stat("s", &st), 0);
    T_EQ(st.st_mode & 0777, 0700);
    T_EQ(stat("s/store.db", &st), 0);
    T_EQ(st.st_mode & 0777, 0600);
    T_OK(file_read("s/.gitignore", 10, &text, &err), err);
    T_STR(strbuf_str(&text), "*\n");
}

T(a_store_that_is_not_there_is_named_with_what_to_do)
{
    struct store *s = NULL;
    struct err err = {0};

    T_EQ(store_open("nowhere", STORE_READ, &s, &err), ERR_NOT_FOUND);
    T_STR(err.msg, "there is no store in 'nowhere'");
    T_CHECK(err.hint[0] && !s);
}

T(a_foreign_or_newer_database_is_refused)
{
    struct store *s = NULL;
    struct err err = {0};

    T_EQ(mkdir("s", 0700), 0);
    sql_run("s/store.db", "CREATE TABLE t (a)"); /* as most programs leave it: version 0, no id */
    T_EQ(store_open("s", STORE_WRITE, &s, &err), ERR_CORRUPT);
    T_STR(err.msg, "store 's/store.db': this is not a store of prusik");
    sql_run("s/store.db", "CREATE TABLE run (their TEXT); DROP TABLE run"); /* nothing was added */
    sql_run("s/store.db", "PRAGMA user_version = 1");
    T_EQ(store_open("s", STORE_WRITE, &s, &err), ERR_CORRUPT);
    T_CHECK(strstr(err.msg, "not a store of prusik"));
    sql_run("s/store.db", "PRAGMA application_id = 1347572555; PRAGMA user_version = 7");
    T_EQ(store_open("s", STORE_WRITE, &s, &err), ERR_INVALID);
    T_CHECK(strstr(err.msg, "newer version"));
}

T(a_file_that_is_no_database_is_refused_and_stays)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct store *s = NULL;
    struct err err = {0};

    T_EQ(mkdir("s", 0700), 0);
    T_OK(file_write_atomic("s/store.db",
                           SV("this is somebody's letter, and long enough to be read"), 0600, &err),
         err);
    T_EQ(store_open("s", STORE_WRITE, &s, &err), ERR_DB);
    T_CHECK(strstr(err.msg, "s/store.db") && strstr(err.msg, "not a database"));
    T_OK(file_read("s/store.db", 100, &text, &err), err);
    T_CHECK(sv_starts(strbuf_sv(&text), SV("this is somebody's letter")));
    T_EQ(store_open("s", STORE_READ, &s, &err), ERR_DB);
    T_CHECK(strstr(err.msg, "s/store.db") && strstr(err.msg, "not a database"));
    store_free(s); /* nothing was opened */
}

/* Between the look at the version and the lock, at the first BEGIN of the first to open. */
static int other_is_first(unsigned event UNUSED, void *arg, void *stmt, void *text UNUSED)
{
    bool *done = arg;

    if (!*done && strcmp(sqlite3_sql(stmt), "BEGIN IMMEDIATE") == 0) {
        struct store *other = NULL;
        struct store_run run = {.environment = SV("theirs")};
        struct err err = {0};
        int64_t id;

        *done = true;
        T_OK(store_open("s", STORE_WRITE, &other, &err), err);
        T_OK(store_run_add(other, &run, &id, &err), err);
        store_free(other);
    }
    return 0;
}

static int watch_connection(sqlite3 *db, const char **msg UNUSED, const void *api UNUSED)
{
    static bool done;

    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, other_is_first, &done);
}

T(a_store_that_another_process_made_just_now_is_used_as_it_is)
{
    CLEANUP(store_freep) struct store *s = NULL;
    struct err err = {0};
    int64_t id = 0;

    T_EQ(sqlite3_auto_extension((void (*)(void))(uintptr_t)watch_connection), SQLITE_OK);
    T_OK(store_open("s", STORE_WRITE, &s, &err), err);
    T_OK(store_last_run(s, SV("theirs"), &id, &err), err);
    T_EQ(id, 1);
}

T(a_folder_that_cannot_be_made_is_named)
{
    struct store *s = NULL;
    struct err err = {0};

    T_OK(file_write_atomic("s", SV("a file"), 0600, &err), err);
    T_EQ(store_open("s/below", STORE_WRITE, &s, &err), ERR_IO);
    T_CHECK(strstr(err.msg, "s/below"));
}

T(a_full_disk_is_said_and_what_was_there_can_still_be_read)
{
    CLEANUP(store_freep) struct store *s = NULL;
    CLEANUP(strbuf_release) struct strbuf big = STRBUF(0);
    struct hash h;
    struct err err = {0};
    enum err_code rc = ERR_OK;
    int64_t last = 0;
    int kept = 0;

    T_EQ(mkdir("full", 0700), 0);
    if (mount("tmpfs", "full", "tmpfs", 0, "size=512k") != 0)
        T_SKIP("a file system cannot be mounted here (not root)");
    T_OK(store_open("full/s", STORE_WRITE, &s, &err), err);
    while (rc == ERR_OK && kept < 10000) {
        struct store_run run = {.environment = SV("e"), .document = SV("d")};

        strbuf_truncate(&big, 0);
        strbuf_add_n(&big, 'x', 3000);
        run.plan = strbuf_sv(&big);
        rc = store_run_add(s, &run, &last, &err);
        kept += rc == ERR_OK;
    }
    T_EQ(rc, ERR_DB);
    T_CHECK(strstr(err.msg, "full"));
    T_CHECK(kept > 10);
    T_OK(store_last_run(s, SV("e"), &last, &err), err);
    T_EQ(last, kept);
    T_EQ(store_blob(s, &(struct hash){{0}}, 10, &big, &err), ERR_NOT_FOUND);
    store_free(STEAL(s));
    T_OK(store_open("full/s", STORE_READ, &s, &err), err);
    T_OK(store_last_run(s, SV(""), &last, &err), err);
    T_EQ(last, kept);
    store_free(STEAL(s));
    T_EQ(umount("full"), 0);
    (void)h;
}

T(blobs_come_back_as_they_were_and_are_kept_once)
{
    CLEANUP(store_freep) struct store *s = new_store();
    static const size_t sizes[] = {0, 1, 256, 257, 100000, 3000000};
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        CLEANUP(strbuf_release) struct strbuf in = STRBUF(0), out = STRBUF(0);
        struct hash h, again;

        for (size_t k = 0; k < sizes[i]; k++)
            strbuf_add_byte(&in, (char)(k * 7 + (k >> 8)));
        T_OK(store_blob_add(s, strbuf_sv(&in), &h, &err), err);
        T_OK(store_blob_add(s, strbuf_sv(&in), &again, &err), err);
        T_CHECK(hash_eq(&h, &again));
        T_OK(store_blob(s, &h, SIZE_MAX, &out, &err), err);
        T_CHECK(sv_eq(strbuf_sv(&in), strbuf_sv(&out)));
    }
}

T(a_blob_whose_bytes_size_or_codec_was_changed_is_found)
{
    static const struct {
        const char *change, *why;
    } cases[] = {{"UPDATE blob SET data = 'other bytes'", "its bytes have another hash"},
                 {"UPDATE blob SET data = 'shorter'", "its size is 7 bytes, not 11"},
                 {"UPDATE blob SET codec = 9", "unknown codec 9"},
                 {"UPDATE blob SET codec = 1", "its size is not 11 bytes"}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(store_freep) struct store *s = new_store();
        CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
        struct err err = {0};
        struct hash h;

        T_OK(store_blob_add(s, SV("these bytes"), &h, &err), err);
        sql_run("s/store.db", cases[i].change);
        T_EQ(store_blob(s, &h, SIZE_MAX, &out, &err), ERR_CORRUPT);
        if (!strstr(err.msg, cases[i].why))
            T_FAIL("it says '%s'", err.msg);
        store_free(STEAL(s));
        t_remove("s");
    }
}

T(a_lock_is_refused_while_its_owner_lives_and_says_who)
{
    CLEANUP(store_freep) struct store *s = new_store();
    struct store_lock holder = {0};
    struct err err = {0};
    int ready[2], status;
    pid_t pid;
    char c;

    T_EQ(pipe(ready), 0);
    pid = fork();
    if (pid == 0) { /* has the lock until its input ends */
        struct store *mine = new_store();

        if (store_lock_take(
                mine, &(struct store_lock_wish){SV("prod"), 7, SV("deploy"), 1760000000000000},
                &holder, &err) != ERR_OK)
            _exit(1);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    T_EQ(read(ready[0], &c, 1), 1);
    T_EQ(
        store_lock_take(s, &(struct store_lock_wish){SV("prod"), 8, SV("other"), 2}, &holder, &err),
        ERR_LOCKED);
    T_EQ(holder.pid, pid);
    T_EQ(holder.run, 7);
    T_CHECK(strstr(err.msg, "run r-0007") && strstr(err.msg, "since 2025-10-09T"));
    T_OK(store_lock_take(s, &(struct store_lock_wish){SV("staging"), 8, SV("other"), 2}, &holder,
                         &err),
         err);
    T_EQ(kill(pid, SIGKILL), 0);
    T_EQ(waitpid(pid, &status, 0), pid);
    T_OK(
        store_lock_take(s, &(struct store_lock_wish){SV("prod"), 8, SV("other"), 3}, &holder, &err),
        err);
}

T(a_lock_of_another_machine_is_never_taken_over_and_one_of_another_boot_is)
{
    CLEANUP(store_freep) struct store *s = new_store();
    struct store_lock holder = {0};
    struct err err = {0};

    T_OK(store_lock_take(s, &(struct store_lock_wish){SV("prod"), 7, SV("deploy"), 1}, &holder,
                         &err),
         err);
    sql_run("s/store.db", "UPDATE lock SET pid = 999999, host = 'elsewhere'");
    T_EQ(store_lock_take(s, &(struct store_lock_wish){SV("prod"), 8, SV("x"), 2}, &holder, &err),
         ERR_LOCKED);
    T_STR(holder.host, "elsewhere");
    T_OK(store_lock_give(s, SV("prod"), 7, &err), err);
    T_OK(store_lock_take(s, &(struct store_lock_wish){SV("prod"), 9, SV("x"), 2}, &holder, &err),
         err);
    sql_run("s/store.db", "UPDATE lock SET boot = 'an earlier one'");
    T_OK(store_lock_take(s, &(struct store_lock_wish){SV("prod"), 10, SV("x"), 3}, &holder, &err),
         err);
    sql_run("s/store.db", "UPDATE lock SET start = start + 1"); /* the pid was used again */
    T_OK(store_lock_take(s, &(struct store_lock_wish){SV("prod"), 11, SV("x"), 3}, &holder, &err),
         err);
}

T(only_the_run_that_has_a_lock_gives_it_back)
{
    CLEANUP(store_freep) struct store *s = new_store();
    struct store_lock holder = {0};
    bool held = false, alive = false;
    struct err err = {0};

    T_OK(store_lock_take(s, &(struct store_lock_wish){SV("prod"), 7, SV("deploy"), 1}, &holder,
                         &err),
         err);
    T_OK(store_lock_give(s, SV("prod"), 8, &err), err);
    T_OK(store_lock_get(s, SV("prod"), &held, &alive, &holder, &err), err);
    T_CHECK(held && alive);
    T_STR(holder.reason, "deploy");
    T_OK(store_lock_give(s, SV("prod"), 7, &err), err);
    T_OK(store_lock_get(s, SV("prod"), &held, &alive, &holder, &err), err);
    T_CHECK(!held);
}

T(a_lock_that_cannot_be_written_is_not_taken)
{
    CLEANUP(store_freep) struct store *s = new_store();
    const struct store_lock_wish wish = {SV("prod"), 7, SV("deploy"), 1};
    struct store_lock holder = {0};
    bool held = true, alive = false;
    struct err err = {0};

    sql_run("s/store.db", "CREATE TRIGGER no BEFORE INSERT ON lock BEGIN"
                          " SELECT raise(ABORT, 'refused by the test'); END");
    T_EQ(store_lock_take(s, &wish, &holder, &err), ERR_DB);
    T_CHECK(strstr(err.msg, "refused by the test"));
    T_OK(store_lock_get(s, SV("prod"), &held, &alive, &holder, &err), err);
    T_CHECK(!held);
    sql_run("s/store.db", "DROP TRIGGER no");
    T_OK(store_lock_take(s, &wish, &holder, &err), err);
}

static void add_approval(const struct store_approval *a, void *arg)
{
    strbuf_addf(arg, "%.*s/%.*s/%.*s%s%.*s%.*s ", SV_FMT(a->step), SV_FMT(a->who), SV_FMT(a->role),
                a->refused ? "/no" : "", SV_FMT(a->login), SV_FMT(a->origin));
}

T(approvals_belong_to_one_plan)
{
    CLEANUP(store_freep) struct store *s = new_store();
    CLEANUP(strbuf_release) struct strbuf seen = STRBUF(0);
    struct err err = {0};
    struct store_approval a = {
        .plan = SV("p1"), .step = SV("15"), .who = SV("ana"), .role = SV("owner")};

    T_OK(store_approval_add(s, &a, &err), err);
    a.plan = SV("p2");
    a.who = SV("bob");
    T_OK(store_approval_add(s, &a, &err), err);
    T_OK(store_approvals(s, &(struct store_approval_of){.plan = SV("p1")}, add_approval, &seen,
                         &err),
         err);
    T_STR(strbuf_str(&seen), "15/ana/owner ");
}

T(an_approval_may_be_for_one_run_and_may_be_a_no)
{
    CLEANUP(store_freep) struct store *s = new_store();
    CLEANUP(strbuf_release) struct strbuf seen = STRBUF(0);
    struct err err = {0};
    struct store_approval a = {.plan = SV("p1"), .who = SV("ana"), .run = 7};

    T_OK(store_approval_add(s, &a, &err), err);
    a = (struct store_approval){.plan = SV("old"),
                                .who = SV("bo"),
                                .refused = true,
                                .login = SV("b"),
                                .origin = SV("10.0.0.7")};
    T_OK(store_approval_add(s, &a, &err), err);
    T_OK(store_approvals(s, &(struct store_approval_of){SV("p1"), SV("old"), 8}, add_approval,
                         &seen, &err),
         err);
    T_STR(strbuf_str(&seen), "/bo//nob10.0.0.7 "); /* not what was said about run 7 */
    strbuf_truncate(&seen, 0);
    T_OK(store_approvals(s, &(struct store_approval_of){SV("p1"), SV("old"), 7}, add_approval,
                         &seen, &err),
         err);
    T_STR(strbuf_str(&seen), "/ana/ /bo//nob10.0.0.7 ");
}

T(a_store_of_version_1_is_taken_over_when_it_is_written)
{
    CLEANUP(strbuf_release) struct strbuf seen = STRBUF(0);
    struct store *s = new_store();
    struct err err = {0};
    struct store_approval a = {.plan = SV("p1"), .who = SV("ana"), .refused = true};

    store_free(s);
    sql_run(
        "s/store.db",
        "DROP TABLE report; DROP TABLE summary; DROP TABLE approval; CREATE TABLE approval (plan TEXT NOT NULL, step TEXT NOT NULL, who TEXT"
        " NOT NULL, role TEXT NOT NULL, note TEXT NOT NULL, at_us INTEGER NOT NULL);"
        " INSERT INTO approval VALUES ('p1', '1', 'bo', 'r', '', 5); PRAGMA user_version = 1");
    T_OK(store_open("s", STORE_READ, &s, &err), err); /* and is read as it is */
    T_OK(store_reports(s, &(struct store_reports_of){.environment = SV("x")}, NULL, NULL, &err),
         err);
    store_free(s);
    T_OK(store_open("s", STORE_WRITE, &s, &err), err);
    T_OK(store_approval_add(s, &a, &err), err);
    T_OK(store_approvals(s, &(struct store_approval_of){.plan = SV("p1")}, add_approval, &seen,
                         &err),
         err);
    T_STR(strbuf_str(&seen), "1/bo/r /ana//no ");
    store_free(s);
}

static bool add_run_name(const struct store_run *run, void *arg)
{
    strbuf_addf(arg, "%lld:%.*s ", (long long)run->id, SV_FMT(run->environment));
    return run->id != 2;
}

T(runs_are_listed_newest_first)
{
    CLEANUP(store_freep) struct store *s = new_store();
    CLEANUP(strbuf_release) struct strbuf seen = STRBUF(0);
    struct store_run run = {.environment = SV("a")};
    struct err err = {0};
    int64_t id = 0;

    T_OK(store_last_run(s, SV(""), &id, &err), err);
    T_EQ(id, 0);
    for (int i = 0; i < 3; i++) {
        T_OK(store_run_add(s, &run, &id, &err), err);
        run.environment = SV("b");
    }
    T_OK(store_runs(s, add_run_name, &seen, &err), err);
    T_STR(strbuf_str(&seen), "3:b 2:b ");
    T_OK(store_last_run(s, SV("a"), &id, &err), err);
    T_EQ(id, 1);
}

T_MAIN(T_CASE(a_store_is_private_and_keeps_itself_out_of_version_control),
       T_CASE(a_store_that_is_not_there_is_named_with_what_to_do),
       T_CASE(a_foreign_or_newer_database_is_refused),
       T_CASE(a_file_that_is_no_database_is_refused_and_stays),
       T_CASE(a_store_that_another_process_made_just_now_is_used_as_it_is),
       T_CASE(a_folder_that_cannot_be_made_is_named),
       T_CASE(a_full_disk_is_said_and_what_was_there_can_still_be_read),
       T_CASE(blobs_come_back_as_they_were_and_are_kept_once),
       T_CASE(a_blob_whose_bytes_size_or_codec_was_changed_is_found),
       T_CASE(a_lock_is_refused_while_its_owner_lives_and_says_who),
       T_CASE(a_lock_of_another_machine_is_never_taken_over_and_one_of_another_boot_is),
       T_CASE(only_the_run_that_has_a_lock_gives_it_back),
       T_CASE(a_lock_that_cannot_be_written_is_not_taken), T_CASE(approvals_belong_to_one_plan),
       T_CASE(an_approval_may_be_for_one_run_and_may_be_a_no),
       T_CASE(a_store_of_version_1_is_taken_over_when_it_is_written),
       T_CASE(runs_are_listed_newest_first))
