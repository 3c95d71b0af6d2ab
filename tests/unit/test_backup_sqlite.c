/* Backups of SQLite: made while others write, proven, restored. */
#include "t.h"

#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include "backup/backup.h"
#include "backup/lite.h"
#include "backup/scratch.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "base/sv.h"

/* --- a database --- */

static sqlite3 *open_file(const char *path)
{
    sqlite3 *db = NULL;

    T_EQ(sqlite3_open(path, &db), SQLITE_OK);
    T_EQ(sqlite3_busy_timeout(db, 60000), SQLITE_OK); /* ms */
    return db;
}

static void sql(sqlite3 *db, const char *text)
{
    char *message = NULL;

    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
        T_FAIL("%s: %s", text, message);
}

static void sql_in(const char *path, const char *text)
{
    sqlite3 *db = open_file(path);

    sql(db, text);
    T_EQ(sqlite3_close(db), SQLITE_OK);
}

static long long number_in(const char *path, const char *text)
{
    sqlite3 *db = open_file(path);
    sqlite3_stmt *st = NULL;
    long long n;

    T_EQ(sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
    T_EQ(sqlite3_step(st), SQLITE_ROW);
    n = sqlite3_column_int64(st, 0);
    T_EQ(sqlite3_finalize(st), SQLITE_OK);
    T_EQ(sqlite3_close(db), SQLITE_OK);
    return n;
}

static void make_db(const char *path)
{
    sql_in(path, "CREATE TABLE deals (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
                 "CREATE TABLE facts (id INTEGER PRIMARY KEY, deal REFERENCES deals, v, note TEXT);"
                 "CREATE TABLE \"odd \"\"name\" (a, b, PRIMARY KEY (a)) WITHOUT ROWID;"
                 "CREATE INDEX facts_v ON facts (v);"
                 "CREATE VIEW big AS SELECT * FROM facts WHERE v > 10;"
                 "CREATE VIRTUAL TABLE words USING fts5(t);"
                 "PRAGMA user_version = 7;"
                 "INSERT INTO deals VALUES (1, 'a'), (2, 'b');"
                 "INSERT INTO words VALUES ('some words');"
                 "INSERT INTO \"odd \"\"name\" VALUES (1, x'00ff'), ('1', 2.5), (x'31', NULL);"
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                 " INSERT INTO facts SELECT i, 1 + i % 2, i * 1.5, hex(randomblob(50)) FROM n");
}

/* --- backups --- */

static enum err_code create(const char *db, const struct backup_wish *more, char path[300],
                            struct err *err)
{
    struct backup_wish w = *more;
    struct backup_report r = {0};
    enum err_code rc;

    w.url = sv_from(db);
    w.folder = w.folder ? w.folder : "backups";
    rc = backup_create(&w, &r, err);
    if (rc == ERR_OK)
        (void)snprintf(path, 300, "%s", r.path);
    backup_report_release(&r);
    return rc;
}

static void create_ok(const char *db, char path[300])
{
    struct err err = {0};

    T_OK(create(db, &(struct backup_wish){.level = PACK_COMPARED}, path, &err), err);
}

static enum err_code verify(const char *path, struct err *err)
{
    struct backup_wish w = {.level = PACK_COMPARED};
    struct backup_report r = {0};
    enum err_code rc = backup_verify(path, &w, &r, err);

    backup_report_release(&r);
    return rc;
}

static enum err_code restore(const char *path, const char *to, bool replace, char aside[300],
                             struct err *err)
{
    struct backup_wish w = {.url = sv_from(to), .replace = replace};
    struct backup_report r = {0};
    enum err_code rc = backup_restore(path, &w, &r, err);

    if (aside)
        (void)snprintf(aside, 300, "%s", rc == ERR_OK && r.aside ? r.aside : "");
    backup_report_release(&r);
    return rc;
}

static int files_in(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    int n = 0;

    while (d && (e = readdir(d)) != NULL)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    T_CHECK(d && closedir(d) == 0);
    return n;
}

T(a_database_is_backed_up_proven_and_restored)
{
    struct backup_wish w = {.url = SV("sqlite:app.db"), .folder = "a/b", .level = PACK_COMPARED};
    struct backup_report r = {0};
    struct err err = {0};
    struct stat st;

    make_db("app.db");
    T_OK(backup_create(&w, &r, &err), err);
    T_CHECK(strncmp(r.path, "a/b/app.db-20", 13) == 0 && strstr(r.path, BACKUP_SUFFIX));
    T_CHECK(stat(r.path, &st) == 0 && (st.st_mode & 0777) == 0600 && st.st_size == r.size_bytes);
    T_EQ(files_in("a/b"), 1); /* no scratch is left */
    T_SV(r.head.database, "app.db");
    T_EQ(r.level, PACK_COMPARED);
    T_EQ(census_rows(&r.census) - number_in("app.db", "SELECT (SELECT count(*) FROM words_data)"
                                                      " + (SELECT count(*) FROM words_idx)"
                                                      " + (SELECT count(*) FROM words_docsize)"
                                                      " + (SELECT count(*) FROM words_config)"
                                                      " + (SELECT count(*) FROM words_content)"),
         2 + 500 + 3);
    T_OK(verify(r.path, &err), err);
    T_OK(restore(r.path, "new.db", false, NULL, &err), err);
    T_EQ(number_in("new.db", "SELECT count(*) FROM facts"), 500);
    T_EQ(number_in("new.db", "SELECT count(*) FROM words WHERE words MATCH 'words'"), 1);
    T_EQ(number_in("new.db", "PRAGMA user_version"), 7);
    backup_report_release(&r);
}

/* --- others write --- */

static volatile sig_atomic_t told_to_end;
static void on_term(int sig UNUSED)
{
    told_to_end = 1;
}

/* Each transaction keeps the sum of all rows at 0, as transfers do. */
static void write_on(const char *path)
{
    struct sigaction act = {.sa_handler = on_term};
    sqlite3 *db = open_file(path);

    (void)sigaction(SIGTERM, &act, NULL);
    for (int i = 0; !told_to_end; i++) {
        char text[200];

        (void)snprintf(
            text, sizeof(text),
            "BEGIN IMMEDIATE; INSERT INTO t (v) VALUES (%d); INSERT INTO t (v) VALUES (%d);"
            "COMMIT",
            i, -i);
        sql(db, text);
    }
    (void)sqlite3_close(db);
    _exit(0);
}

static void back_up_while_others_write(const char *mode)
{
    CLEANUP(strbuf_release) struct strbuf setup = STRBUF(0);
    struct err err = {0};
    pid_t writer;

    (void)unlink("busy.db");
    (void)unlink("r.db");
    strbuf_addf(&setup, "PRAGMA journal_mode = %s; CREATE TABLE t (id INTEGER PRIMARY KEY, v);",
                mode);
    sql_in("busy.db", strbuf_str(&setup));
    fflush(stdout);
    writer = fork();
    if (writer == 0)
        write_on("busy.db");
    while (number_in("busy.db", "SELECT count(*) FROM t") < 100)
        ;
    for (int i = 0; i < 5; i++) {
        char path[300];

        create_ok("busy.db", path);
        T_OK(restore(path, "r.db", false, NULL, &err), err);
        T_EQ(number_in("r.db", "SELECT sum(v) FROM t"), 0);
        T_CHECK(number_in("r.db", "SELECT count(*) FROM t") >= 100);
        (void)unlink("r.db");
        (void)unlink("r.db-wal");
        (void)unlink("r.db-shm");
    }
    T_CHECK(kill(writer, SIGTERM) == 0 && waitpid(writer, NULL, 0) == writer);
}

T(while_others_write_the_backup_is_of_one_moment)
{
    back_up_while_others_write("WAL");
    back_up_while_others_write("DELETE");
}

T(a_restored_database_keeps_its_journal_mode)
{
    struct err err = {0};
    char path[300];

    sql_in("w.db", "PRAGMA journal_mode = WAL; CREATE TABLE t (i); INSERT INTO t VALUES (1)");
    create_ok("w.db", path);
    T_OK(verify(path, &err), err);
    T_OK(restore(path, "r.db", false, NULL, &err), err);
    T_CHECK(!file_exists("r.db-wal"));
    T_EQ(number_in("r.db", "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    T_EQ(number_in("r.db", "SELECT count(*) FROM t"), 1);
}

/* --- what is compared --- */

static void census_of(const char *path, struct census *c)
{
    struct err err = {0};

    T_OK(lite_census(path, NULL, c, &err), err);
}

/* What must be told after a statement changed the database. */
static void want_difference(const char *statement, const char *told)
{
    CLEANUP(census_release) struct census before = {0}, after = {0};
    struct err err = {0};

    (void)unlink("d.db");
    make_db("d.db");
    census_of("d.db", &before);
    sql_in("d.db", statement);
    census_of("d.db", &after);
    T_REFUSED(census_same(&before, &after, &err), err, ERR_FAILED, told);
}

T(each_kind_of_difference_is_told)
{
    want_difference("DELETE FROM facts WHERE id = 77",
                    "count of facts: 500 in the snapshot, 499 restored");
    want_difference("UPDATE facts SET v = v + 1 WHERE id = 77",
                    "rows of facts: 500 as in the snapshot");
    want_difference("UPDATE facts SET v = cast(v AS TEXT) WHERE id = 77", "rows of facts");
    want_difference("UPDATE \"odd \"\"name\" SET b = x'00' WHERE a = 1", "rows of odd \"name");
    want_difference("UPDATE \"odd \"\"name\" SET b = '' WHERE b IS NULL", "rows of odd \"name");
    want_difference("DROP TABLE deals", "table deals was not restored");
    want_difference("CREATE TABLE more (i)", "table more was not in the snapshot");
    want_difference("CREATE TABLE zz (i)", "table zz was not in the snapshot");
    want_difference("DROP INDEX facts_v", "schema: ");
    want_difference("PRAGMA user_version = 8", "user_version: 7 in the snapshot, 8 restored");
    want_difference("UPDATE facts SET deal = 99 WHERE id = 3", "rows of facts");
}

T(the_order_of_rows_does_not_matter)
{
    CLEANUP(census_release) struct census a = {0}, b = {0};
    struct err err = {0};

    sql_in("a.db", "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (2, 'y')");
    sql_in("b.db", "CREATE TABLE t (a, b); INSERT INTO t VALUES (2, 'y'), (1, 'x'), (2, 'y')");
    census_of("a.db", &a);
    census_of("b.db", &b);
    T_OK(census_same(&a, &b, &err), err);
}

T(a_census_is_written_and_read)
{
    CLEANUP(census_release) struct census a = {0}, b = {0}, bad = {0};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    static const char *const wrong[] = {
        "{",
        "{}",
        "{\"tables\":{},\"facts\":{},\"settings\":{}}",
        "{\"tables\":[{}],\"facts\":{},\"settings\":{}}",
        "{\"tables\":[{\"name\":\"a\",\"rows\":-1}],\"facts\":{},\"settings\":{}}",
        "{\"tables\":[],\"facts\":{\"a\":1},\"settings\":{}}",
        "{\"tables\":[],\"facts\":{},\"settings\":[]}"};
    struct err err = {0};

    make_db("d.db");
    census_of("d.db", &a);
    census_add_setting(&a, SV("encoding"), SV("UTF8"));
    census_write(&a, &text);
    T_OK(census_read(strbuf_sv(&text), &b, &err), err);
    T_OK(census_same(&a, &b, &err), err);
    T_SV(census_setting(&b, "encoding"), "UTF8");
    T_EQ(census_setting(&b, "none").n, 0);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        T_CHECK(census_read(sv_from(wrong[i]), &bad, &err) != ERR_OK && !bad.tables.n);
}

T(violations_of_foreign_keys_are_in_the_backup_as_they_are)
{
    CLEANUP(census_release) struct census c = {0};
    struct err err = {0};
    char path[300];

    sql_in("v.db", "CREATE TABLE p (i INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p);"
                   "INSERT INTO c VALUES (9)");
    census_of("v.db", &c);
    T_CHECK(c.facts.n == 4 && sv_is(c.facts.v[3].text, "1"));
    create_ok("v.db", path);
    T_OK(verify(path, &err), err);
    /* what SQLite cannot check is the same afterwards */
    sql_in("w.db",
           "CREATE TABLE p (i); CREATE TABLE c (p REFERENCES p(i)); INSERT INTO c VALUES (9)");
    create_ok("w.db", path);
    T_OK(verify(path, &err), err);
}

/* --- what cannot be backed up --- */

T(what_is_no_database_is_told_and_leaves_nothing)
{
    struct err err = {0};
    char path[300];

    T_REFUSED(create("none.db", &(struct backup_wish){0}, path, &err), err, ERR_NOT_FOUND,
              "there is no such file");
    T_OK(file_write_atomic("text.db", SV("this is not a database, only some lines of text.\n"),
                           0600, &err),
         err);
    T_REFUSED(create("text.db", &(struct backup_wish){0}, path, &err), err, ERR_DB,
              "file is not a database");
    T_CHECK(!file_exists("backups"));
}

T(a_damaged_database_is_not_backed_up)
{
    struct err err = {0};
    char path[300];
    int fd;

    make_db("d.db");
    fd = open("d.db", O_WRONLY | O_CLOEXEC);
    for (int page = 3; page < 12; page++)
        T_EQ(pwrite(fd, "garbage garbage garbage", 23, page * 4096 + 8), 23);
    (void)close(fd);
    T_REFUSED(create("d.db", &(struct backup_wish){0}, path, &err), err, ERR_CORRUPT, "d.db");
    T_EQ(files_in("backups"), 0);
}

T(an_index_that_misses_rows_is_found)
{
    struct err err = {0};
    char path[300];

    make_db("d.db");
    sql_in("d.db",
           "PRAGMA writable_schema = ON;"
           "UPDATE sqlite_schema SET sql = replace(sql, '(v)', '(note)') WHERE name = 'facts_v'");
    T_REFUSED(create("d.db", &(struct backup_wish){0}, path, &err), err, ERR_CORRUPT,
              "integrity_check");
    T_EQ(files_in("backups"), 0);
}

/* A limit of the file size is as good as a full disk: write() fails with EFBIG. */
static void with_limit(rlim_t bytes, enum err_code want, const char *text)
{
    pid_t pid;
    int status = -1;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        struct sigaction ignore = {.sa_handler = SIG_IGN};
        struct rlimit limit = {bytes, bytes};
        struct err err = {0};
        char path[300];
        enum err_code rc;

        (void)sigaction(SIGXFSZ, &ignore, NULL);
        T_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
        rc = create("big.db", &(struct backup_wish){0}, path, &err);
        T_REFUSED(rc, err, want, text);
        exit(0);
    }
    T_CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    T_EQ(files_in("backups"), 0);
}

T(a_disk_that_is_full_leaves_nothing)
{
    sql_in("big.db", "CREATE TABLE t (b);"
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
                     " INSERT INTO t SELECT randomblob(20000) FROM n");
    with_limit(500000, ERR_IO, "disk I/O error"); /* what is packed: test_backup_pack */
}

T(room_is_asked_for_first)
{
    struct statvfs v;
    struct err err = {0};

    T_CHECK(statvfs(".", &v) == 0);
    T_OK(scratch_room(".", 1, "it", &err), err);
    T_REFUSED(scratch_room(".", INT64_MAX, "a backup", &err), err, ERR_IO, "a backup needs");
    T_REFUSED(scratch_room("none", 1, "it", &err), err, ERR_IO, "look at folder");
}

/* --- killed --- */

T(what_a_killed_one_left_is_not_a_backup_and_goes_with_the_next)
{
    struct err err = {0};
    char path[300];
    int kept = 0;

    sql_in("big.db", "CREATE TABLE t (b);"
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
                     " INSERT INTO t SELECT randomblob(20000) FROM n");
    for (int ms = 0; ms < 60; ms += 3) {
        pid_t pid;

        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            (void)create("big.db", &(struct backup_wish){.level = PACK_COMPARED}, path, &err);
            _exit(0);
        }
        (void)poll(NULL, 0, ms); /* the moment is the point */
        T_CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
    }
    create_ok("big.db", path);
    {
        DIR *d = opendir("backups");
        const struct dirent *e;

        while (d && (e = readdir(d)) != NULL) {
            char one[600];

            if (e->d_name[0] == '.') {
                T_CHECK(!strstr(e->d_name, "part"));
                continue;
            }
            (void)snprintf(one, sizeof(one), "backups/%s", e->d_name);
            T_OK(verify(one, &err), err);
            kept++;
        }
        T_CHECK(d && closedir(d) == 0);
    }
    T_CHECK(kept >= 1);
}

T(the_unfinished_file_of_one_that_lives_is_left_alone)
{
    CLEANUP(scratch_release) struct scratch s = SCRATCH_NONE;
    struct err err = {0};

    T_OK(scratch_open(".", &s, &err), err);
    T_EQ(scratch_clean("."), 1);
    T_CHECK(file_exists(s.path));
    T_REFUSED(scratch_open("none", &(struct scratch){.fd = -1}, &err), err, ERR_IO,
              "create a file in 'none'");
    T_REFUSED(scratch_open_unnamed("none", &(struct scratch){.fd = -1}, &err), err, ERR_IO,
              "create an unnamed file");
}

/* --- restoring --- */

T(what_is_there_is_not_overwritten)
{
    struct err err = {0};
    char path[300];

    make_db("app.db");
    create_ok("app.db", path);
    sql_in("app.db", "DELETE FROM facts");
    T_REFUSED(restore(path, "app.db", false, NULL, &err), err, ERR_REFUSED, "exists");
    T_CHECK(strstr(err.hint, "--replace") != NULL);
    T_CHECK(mkdir("folder", 0700) == 0);
    T_REFUSED(restore(path, "folder", true, NULL, &err), err, ERR_REFUSED, "is no file");
    T_REFUSED(restore(path, "none/app.db", false, NULL, &err), err, ERR_IO, "none");
    T_REFUSED(restore(path, "postgresql://x/y", false, NULL, &err), err, ERR_INVALID,
              "is a backup of SQLite");
    T_REFUSED(restore(path, "sqlite:", false, NULL, &err), err, ERR_INVALID, "names no file");
    T_EQ(number_in("app.db", "SELECT count(*) FROM facts"), 0);
}

T(what_is_there_is_put_aside_and_can_be_put_back)
{
    struct err err = {0};
    char path[300], aside[300], second[300];
    struct stat st;

    make_db("app.db");
    create_ok("app.db", path);
    sql_in("app.db", "DELETE FROM facts WHERE id > 10");
    T_CHECK(chmod("app.db", 0640) == 0 && symlink("app.db", "link.db") == 0);
    T_OK(restore(path, "sqlite:///link.db", true, aside, &err), err);
    T_CHECK(lstat("link.db", &st) == 0 && S_ISLNK(st.st_mode));
    T_CHECK(stat("app.db", &st) == 0 && (st.st_mode & 0777) == 0640);
    T_EQ(number_in("app.db", "SELECT count(*) FROM facts"), 500);
    T_EQ(number_in(aside, "SELECT count(*) FROM facts"), 10);
    T_OK(restore(path, "app.db", true, second, &err), err); /* in the same second: another name */
    T_CHECK(strcmp(aside, second) != 0);
    T_CHECK(rename(aside, "app.db") == 0);
    T_EQ(number_in("app.db", "SELECT count(*) FROM facts"), 10);
}

/* The trap: the old WAL is played into the file that was put in its place. */
T(the_journal_of_what_was_there_does_not_reach_what_comes)
{
    CLEANUP(strbuf_release) struct strbuf wal = STRBUF(0);
    struct err err = {0};
    char path[300], aside[300];
    pid_t pid;

    sql_in("w.db", "PRAGMA journal_mode = WAL; CREATE TABLE t (i); INSERT INTO t VALUES (1)");
    create_ok("w.db", path);
    fflush(stdout);
    pid = fork();
    if (pid == 0) { /* one that is killed leaves its WAL */
        sql(open_file("w.db"), "PRAGMA wal_autocheckpoint = 0; INSERT INTO t VALUES (2), (3)");
        (void)kill(getpid(), SIGKILL);
    }
    T_EQ(waitpid(pid, NULL, 0), pid);
    T_OK(file_read("w.db-wal", 1000000, &wal, &err), err);
    T_CHECK(wal.n > 4096);
    T_OK(restore(path, "w.db", true, aside, &err), err);
    T_CHECK(!file_exists("w.db-wal"));
    T_EQ(number_in("w.db", "SELECT count(*) FROM t"), 1);
    T_EQ(number_in(aside, "SELECT count(*) FROM t"), 3); /* with what was in its WAL */
    T_EQ(number_in(aside, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    /* and one whose database is gone */
    T_OK(file_write_atomic("gone.db-wal", strbuf_sv(&wal), 0600, &err), err);
    T_OK(restore(path, "gone.db", false, NULL, &err), err);
    T_EQ(number_in("gone.db", "SELECT count(*) FROM t"), 1);
}

static pid_t hold_open(const char *path, const char *statement, int ready[2])
{
    pid_t pid;

    T_CHECK(pipe(ready) == 0);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        sqlite3 *db = open_file(path);

        sql(db, statement);
        (void)!write(ready[1], "x", 1);
        (void)pause();
        _exit((int)(intptr_t)db & 1);
    }
    T_CHECK(read(ready[0], &(char){0}, 1) == 1);
    return pid;
}

T(a_database_in_use_is_not_replaced)
{
    static const char *const uses[] = {"SELECT count(*) FROM facts", "BEGIN IMMEDIATE"};
    struct err err = {0};
    char path[300];

    make_db("app.db");
    create_ok("app.db", path);
    for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
        int ready[2];
        pid_t pid = hold_open("app.db", uses[i], ready);

        T_REFUSED(restore(path, "app.db", true, NULL, &err), err, ERR_LOCKED, "in use: process");
        T_CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
        (void)close(ready[0]);
        (void)close(ready[1]);
    }
    T_OK(restore(path, "app.db", true, NULL, &err), err);
}

/* Where /proc does not show who it is, the locks do. */
T(the_lock_tells_who_is_in_a_wal_database)
{
    sqlite3 *other;
    struct lite_hold *hold = NULL;
    struct err err = {0};
    bool damaged = false;

    sql_in("w.db", "PRAGMA journal_mode = WAL; CREATE TABLE t (i)");
    other = open_file("w.db"); /* in this process, so not seen as another */
    sql(other, "SELECT * FROM t");
    T_REFUSED(lite_lock("w.db", &hold, &damaged, &err), err, ERR_LOCKED, "database is locked");
    T_REFUSED(lite_is_free("w.db", &err), err, ERR_LOCKED, "database is locked");
    T_CHECK(!hold && strstr(err.hint, "stop what uses it"));
    T_EQ(sqlite3_close(other), SQLITE_OK);
    T_OK(lite_is_free("w.db", &err), err);
    T_EQ(number_in("w.db", "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    T_OK(lite_lock("w.db", &hold, &damaged, &err), err);
    T_CHECK(hold && !damaged && lite_was_wal(hold));
    other = open_file("w.db");
    (void)sqlite3_busy_timeout(other, 0);
    T_EQ(sqlite3_exec(other, "SELECT * FROM t", NULL, NULL, NULL), SQLITE_BUSY);
    (void)sqlite3_close(other);
    lite_unlock(hold);
    T_REFUSED(lite_lock("none.db", &hold, &damaged, &err), err, ERR_IO, "none.db");
}

T(a_damaged_database_is_replaced_and_kept)
{
    CLEANUP(strbuf_release) struct strbuf kept = STRBUF(0);
    struct err err = {0};
    char path[300], aside[300];

    make_db("app.db");
    create_ok("app.db", path);
    T_OK(file_write_atomic("app.db", SV("destroyed beyond what SQLite recognises as its own"), 0600,
                           &err),
         err);
    T_OK(restore(path, "app.db", true, aside, &err), err);
    T_EQ(number_in("app.db", "SELECT count(*) FROM facts"), 500);
    T_OK(file_read(aside, 1000, &kept, &err), err);
    T_CHECK(sv_starts(strbuf_sv(&kept), SV("destroyed")));
}

T(a_damaged_backup_changes_nothing)
{
    struct err err = {0};
    char path[300];
    int fd;

    make_db("app.db");
    create_ok("app.db", path);
    fd = open(path, O_RDWR | O_CLOEXEC);
    T_EQ(pwrite(fd, "x", 1, 3000), 1);
    (void)close(fd);
    T_REFUSED(verify(path, &err), err, ERR_CORRUPT, "the digest differs");
    T_REFUSED(restore(path, "new.db", false, NULL, &err), err, ERR_CORRUPT, "the digest differs");
    T_CHECK(!file_exists("new.db"));
    T_REFUSED(restore("none", "new.db", false, NULL, &err), err, ERR_NOT_FOUND, "no such file");
    T_REFUSED(verify(".", &err), err, ERR_USAGE, "'.' is a folder");
    T_CHECK(strstr(err.hint, "prusik backup list '.'") != NULL);
    T_OK(file_write_atomic("empty", SV(""), 0600, &err), err);
    T_REFUSED(verify("empty", &err), err, ERR_INVALID, "'empty' is empty");
}

/* A backup whose image is not what its census says: of a program with a fault, with right digests. */
T(a_backup_that_restores_to_something_else_is_not_kept_nor_restored)
{
    CLEANUP(census_release) struct census c = {0};
    CLEANUP(strbuf_release) struct strbuf image = STRBUF(0), json = STRBUF(0);
    struct pack_head head = {.kind = DB_SQLITE, .database = SV("d"), .level = PACK_DECODED};
    struct pack_writer *w = NULL;
    struct err err = {0};
    int fd = open("odd" BACKUP_SUFFIX, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    make_db("d.db");
    census_of("d.db", &c);
    sql_in("d.db", "DELETE FROM facts WHERE id = 5");
    T_OK(file_read("d.db", 10000000, &image, &err), err);
    census_write(&c, &json);
    T_OK(pack_create(fd, &head, NULL, &w, &err), err);
    T_OK(pack_put(w, PACK_CENSUS, strbuf_sv(&json), &err), err);
    T_OK(pack_put(w, PACK_DATA, strbuf_sv(&image), &err), err);
    T_OK(pack_finish(w, &err), err);
    pack_writer_free(w);
    (void)close(fd);
    T_REFUSED(verify("odd" BACKUP_SUFFIX, &err), err, ERR_FAILED,
              "count of facts: 500 in the snapshot, 499 restored");
    T_REFUSED(restore("odd" BACKUP_SUFFIX, "new.db", false, NULL, &err), err, ERR_FAILED, "499");
    T_CHECK(!file_exists("new.db"));
}

static atomic_bool stop;
static int ticks, stop_at;
static void count_ticks(void *arg UNUSED, const char *phase, int64_t done, int64_t total UNUSED)
{
    T_CHECK(phase && done >= 0);
    if (++ticks == stop_at)
        atomic_store(&stop, true);
}

/* Stopped at each point at which it looks. */
T(a_backup_can_be_stopped_at_any_point_and_leaves_nothing)
{
    struct job job = {.progress = count_ticks, .stop = &stop};
    struct backup_wish w = {.level = PACK_COMPARED, .job = &job};
    struct err err = {0};
    char path[300];
    int n = 0;

    make_db("app.db");
    for (stop_at = 1;; stop_at++) {
        ticks = 0;
        atomic_store(&stop, false);
        if (create("app.db", &w, path, &err) == ERR_OK)
            break;
        T_REFUSED(err.code, err, ERR_INTERRUPTED, "");
        T_EQ(files_in("backups"), 0);
        n++;
    }
    T_CHECK(n >= 3); /* copied, packed, checked */
    T_EQ(files_in("backups"), 1);
}

T(an_encrypted_backup_holds_nothing_in_the_clear)
{
    struct backup_wish w = {.level = PACK_COMPARED, .key = {.key_file = "key"}};
    CLEANUP(strbuf_release) struct strbuf all = STRBUF(0);
    struct backup_report r = {0};
    struct err err = {0};
    char path[300];

    make_db("app.db");
    T_OK(key_generate("key", &err), err);
    T_OK(create("app.db", &w, path, &err), err);
    T_OK(file_read(path, 10000000, &all, &err), err);
    T_CHECK(!sv_has(strbuf_sv(&all), SV("facts")) && !sv_has(strbuf_sv(&all), SV("CREATE")));
    T_REFUSED(verify(path, &err), err, ERR_REFUSED, "it needs a key file");
    T_OK(backup_verify(path, &w, &r, &err), err);
    T_EQ(r.head.lock.method, KEY_FILE);
    backup_report_release(&r);
}

T_MAIN(T_CASE(a_database_is_backed_up_proven_and_restored),
       T_CASE(while_others_write_the_backup_is_of_one_moment),
       T_CASE(a_restored_database_keeps_its_journal_mode), T_CASE(each_kind_of_difference_is_told),
       T_CASE(the_order_of_rows_does_not_matter), T_CASE(a_census_is_written_and_read),
       T_CASE(violations_of_foreign_keys_are_in_the_backup_as_they_are),
       T_CASE(what_is_no_database_is_told_and_leaves_nothing),
       T_CASE(a_damaged_database_is_not_backed_up), T_CASE(an_index_that_misses_rows_is_found),
       T_CASE(a_disk_that_is_full_leaves_nothing), T_CASE(room_is_asked_for_first),
       T_CASE(what_a_killed_one_left_is_not_a_backup_and_goes_with_the_next),
       T_CASE(the_unfinished_file_of_one_that_lives_is_left_alone),
       T_CASE(what_is_there_is_not_overwritten),
       T_CASE(what_is_there_is_put_aside_and_can_be_put_back),
       T_CASE(the_journal_of_what_was_there_does_not_reach_what_comes),
       T_CASE(a_database_in_use_is_not_replaced), T_CASE(the_lock_tells_who_is_in_a_wal_database),
       T_CASE(a_damaged_database_is_replaced_and_kept), T_CASE(a_damaged_backup_changes_nothing),
       T_CASE(a_backup_that_restores_to_something_else_is_not_kept_nor_restored),
       T_CASE(a_backup_can_be_stopped_at_any_point_and_leaves_nothing),
       T_CASE(an_encrypted_backup_holds_nothing_in_the_clear))
