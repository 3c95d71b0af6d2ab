/* Which backups of a folder are kept. */
#include "t.h"

#include <fcntl.h>

#include "backup/backup.h"
#include "backup/folder.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/sv.h"

/* A whole backup of a moment; source: which of the databases of that name. */
static void put_of(const char *name, const char *database, const char *source, const char *at)
{
    struct pack_head head = {
        .kind = DB_SQLITE, .database = sv_from(database), .source = sv_from(source)};
    CLEANUP(pack_writer_freep) struct pack_writer *w = NULL;
    struct err err = {0};
    char path[200];
    int fd;

    (void)snprintf(path, sizeof(path), "f/%s" BACKUP_SUFFIX, name);
    T_CHECK(clock_parse(sv_from(at), &head.created_us));
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    T_CHECK(fd >= 0);
    T_OK(pack_create(fd, &head, NULL, &w, &err), err);
    T_OK(pack_put(w, PACK_CENSUS, SV("{}"), &err), err);
    T_OK(pack_finish(w, &err), err);
    (void)close(fd);
}

static void put(const char *name, const char *database, const char *at)
{
    put_of(name, database, "", at);
}

/* The names that are kept, in order. */
static void want_kept(const char *policy, const char *want)
{
    CLEANUP(folder_release) struct folder f = {0};
    CLEANUP(strbuf_release) struct strbuf kept = STRBUF(0);
    struct folder_policy p;
    struct err err = {0};

    T_OK(folder_policy_read(sv_from(policy), &p, &err), err);
    T_OK(folder_read("f", &f, &err), err);
    folder_choose(&f, &p);
    for (size_t i = 0; i < f.files.n; i++)
        if (f.files.v[i].keep)
            strbuf_addf(&kept, "%s%.*s:%s", kept.n ? " " : "", (int)strcspn(f.files.v[i].name, "."),
                        f.files.v[i].name, f.files.v[i].reason);
    T_STR(strbuf_str(&kept), want);
}

T(a_database_of_the_same_name_takes_the_place_of_no_other)
{
    T_CHECK(mkdir("f", 0700) == 0);
    put_of("a", "app.db", "shop", "2026-11-21T10:00:00Z");
    put_of("b", "app.db", "bank", "2026-11-21T09:00:00Z");
    put_of("c", "app.db", "bank", "2026-11-21T08:00:00Z");
    put_of("d", "app.db", "shop", "2026-11-21T07:00:00Z");
    put("e", "app.db", "2026-11-21T06:00:00Z"); /* of a version that did not say */
    put("f", "app.db", "2026-11-21T05:00:00Z");
    want_kept("last=1", "a:last b:last e:last");
}

T(the_newest_of_each_period_is_kept)
{
    T_CHECK(mkdir("f", 0700) == 0);
    put("a", "app", "2026-11-21T10:00:00Z"); /* a Saturday */
    put("b", "app", "2026-11-21T02:00:00Z");
    put("c", "app", "2026-11-20T23:59:59Z");
    put("d", "app", "2026-11-16T00:00:00Z"); /* the Monday of that week */
    put("e", "app", "2026-11-15T23:59:59Z"); /* the Sunday before */
    put("f", "app", "2026-11-01T00:00:00Z");
    put("g", "app", "2026-10-31T23:59:59Z");
    put("h", "app", "2025-11-21T10:00:00Z");
    want_kept("last=1", "a:last");
    want_kept("last=3", "a:last b:last c:last");
    want_kept("last=99", "a:last b:last c:last d:last e:last f:last g:last h:last");
    want_kept("daily=3", "a:last c:daily d:daily");
    want_kept("weekly=2", "a:last e:weekly");
    want_kept("weekly=4", "a:last e:weekly f:weekly h:weekly");
    want_kept("monthly=3", "a:last g:monthly h:monthly");
    want_kept("last=2, daily=2,weekly=2,monthly=2", "a:last b:last c:daily e:weekly g:monthly");
}

T(each_database_has_its_own)
{
    T_CHECK(mkdir("f", 0700) == 0);
    put("a", "app", "2026-11-21T10:00:00Z");
    put("b", "other", "2026-01-01T10:00:00Z");
    put("c", "app", "2025-11-21T10:00:00Z");
    want_kept("last=1", "a:last b:last");
}

T(what_is_not_whole_counts_for_nothing_and_is_left_for_a_person)
{
    CLEANUP(folder_release) struct folder f = {0};
    struct err err = {0};

    T_CHECK(mkdir("f", 0700) == 0);
    put("a", "app", "2026-11-21T10:00:00Z");
    put("b", "app", "2026-11-22T10:00:00Z");
    T_CHECK(truncate("f/b" BACKUP_SUFFIX, 100) == 0 && symlink("none", "f/c" BACKUP_SUFFIX) == 0);
    T_OK(file_write_atomic("f/notes.txt", SV("x"), 0600, &err), err);
    want_kept("last=1", "a:last b:not whole c:not whole");
    T_OK(folder_read("f", &f, &err), err);
    T_EQ(f.files.n, 3);
    T_CHECK(f.files.v[0].whole && !f.files.v[1].whole && strstr(f.files.v[1].why, "cut off"));
}

/* The time of a backup's snapshot, or another one. */
static void set_time(const char *name, const char *at, long more_ns)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
    char path[200];
    int64_t us;

    (void)snprintf(path, sizeof(path), "f/%s" BACKUP_SUFFIX, name);
    T_CHECK(clock_parse(sv_from(at), &us));
    times[1] = (struct timespec){us / CLOCK_US_PER_S, (us % CLOCK_US_PER_S) * 1000 + more_ns};
    T_EQ(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void flip_a_bit(const char *name)
{
    unsigned char byte;
    char path[200];
    int fd;

    (void)snprintf(path, sizeof(path), "f/%s" BACKUP_SUFFIX, name);
    fd = open(path, O_RDWR | O_CLOEXEC);
    T_CHECK(lseek(fd, -70, SEEK_END) > 0 && read(fd, &byte, 1) == 1);
    byte ^= 1;
    T_CHECK(lseek(fd, -70, SEEK_END) > 0 && write(fd, &byte, 1) == 1);
    T_EQ(close(fd), 0);
}

static void want_touched(const char *want)
{
    CLEANUP(folder_release) struct folder f = {0};
    CLEANUP(strbuf_release) struct strbuf touched = STRBUF(0);
    struct err err = {0};

    T_OK(folder_read("f", &f, &err), err);
    for (size_t i = 0; i < f.files.n; i++) {
        T_CHECK(f.files.v[i].whole && !f.files.v[i].checked);
        if (f.files.v[i].touched)
            strbuf_add_byte(&touched, f.files.v[i].name[0]);
    }
    T_STR(strbuf_str(&touched), want);
}

T(what_was_proven_was_proven_of_the_file_as_it_was_then)
{
    T_CHECK(mkdir("f", 0700) == 0);
    put("a", "app", "2026-11-21T10:00:00.123Z");
    put("b", "app", "2026-11-20T10:00:00.123Z");
    put("c", "app", "2026-11-19T10:00:00.123Z");
    want_touched("abc"); /* written now */
    set_time("a", "2026-11-21T10:00:00.123Z", 0);
    set_time("b", "2026-11-20T10:00:00Z", 0); /* whole seconds are all that the file system knows */
    set_time("c", "2026-11-19T10:00:00.123Z", 1000000);
    want_touched("c");
    set_time("c", "2026-11-19T10:00:00.123Z", 0);
    want_touched("");
    flip_a_bit("b");
    want_touched("b");
}

static void want_checked(bool only_touched, const char *want)
{
    CLEANUP(folder_release) struct folder f = {0};
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    struct err err = {0};

    T_OK(folder_read("f", &f, &err), err);
    T_OK(folder_check(&f, only_touched, NULL, &err), err);
    for (size_t i = 0; i < f.files.n; i++) {
        const struct folder_entry *e = &f.files.v[i];

        T_CHECK(e->whole || strstr(e->why, "the digest differs"));
        strbuf_addf(&got, "%s%c%s%s", i ? " " : "", e->name[0], e->checked ? "" : "?",
                    e->whole ? "" : "!");
    }
    T_STR(strbuf_str(&got), want);
}

T(every_byte_is_read_when_that_is_asked_for)
{
    T_CHECK(mkdir("f", 0700) == 0);
    put("a", "app", "2026-11-21T10:00:00Z");
    put("b", "app", "2026-11-20T10:00:00Z");
    put("c", "app", "2026-11-19T10:00:00Z");
    set_time("a", "2026-11-21T10:00:00Z", 0);
    set_time("c", "2026-11-19T10:00:00Z", 0);
    want_checked(true, "a? b c?");
    want_checked(false, "a b c");
    flip_a_bit("a");
    want_checked(true, "b c? a!");
    set_time("a", "2026-11-21T10:00:00Z", 0); /* as a disk loses a bit: nobody has written */
    want_checked(true, "a? b c?");
    want_checked(false, "b c a!");
}

T(a_check_that_cannot_be_carried_out_says_nothing_of_the_file)
{
    CLEANUP(folder_release) struct folder f = {0};
    atomic_bool stop = true;
    struct job job = {.stop = &stop};
    struct err err = {0};

    T_CHECK(mkdir("f", 0700) == 0);
    put("a", "app", "2026-11-21T10:00:00Z");
    T_OK(folder_read("f", &f, &err), err);
    T_REFUSED(folder_check(&f, false, &job, &err), err, ERR_INTERRUPTED, "");
    T_CHECK(f.files.v[0].whole && !f.files.v[0].checked);
    T_EQ(unlink("f/a" BACKUP_SUFFIX), 0);
    T_REFUSED(folder_check(&f, false, NULL, &err), err, ERR_IO, "open 'f/a");
}

T(pruning_removes_what_is_not_kept_and_nothing_else)
{
    CLEANUP(folder_release) struct folder f = {0};
    struct folder_policy p = {.last = 1};
    struct err err = {0};

    T_CHECK(mkdir("f", 0700) == 0);
    put("a", "app", "2026-11-21T10:00:00Z");
    put("b", "app", "2026-11-20T10:00:00Z");
    T_OK(file_write_atomic("f/notes.txt", SV("x"), 0600, &err), err);
    T_OK(folder_read("f", &f, &err), err);
    folder_choose(&f, &p);
    T_OK(folder_prune(&f, &err), err);
    T_CHECK(file_exists("f/a" BACKUP_SUFFIX) && !file_exists("f/b" BACKUP_SUFFIX));
    T_CHECK(file_exists("f/notes.txt"));
    T_CHECK(mkdir("f/b" BACKUP_SUFFIX, 0700) == 0); /* what cannot be removed is told */
    T_REFUSED(folder_prune(&f, &err), err, ERR_IO, "remove 'f/b");
}

T(what_is_no_policy_is_told)
{
    static const char *const wrong[] = {
        "", "last", "last=", "last=x", "yearly=3", "last=3,,daily=1", "last=-1"};
    struct folder_policy p;
    struct folder f;
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        T_REFUSED(folder_policy_read(sv_from(wrong[i]), &p, &err), err, ERR_USAGE, "is no rule");
    T_REFUSED(folder_policy_read(SV("last=0"), &p, &err), err, ERR_USAGE, "keeps nothing");
    T_REFUSED(folder_read("none", &f, &err), err, ERR_NOT_FOUND, "there is no folder");
    T_OK(file_write_atomic("one", SV("x"), 0600, &err), err);
    T_REFUSED(folder_read("one", &f, &err), err, ERR_USAGE, "'one' is a file, and no folder");
}

T_MAIN(T_CASE(the_newest_of_each_period_is_kept),
       T_CASE(a_database_of_the_same_name_takes_the_place_of_no_other),
       T_CASE(each_database_has_its_own),
       T_CASE(what_is_not_whole_counts_for_nothing_and_is_left_for_a_person),
       T_CASE(what_was_proven_was_proven_of_the_file_as_it_was_then),
       T_CASE(every_byte_is_read_when_that_is_asked_for),
       T_CASE(a_check_that_cannot_be_carried_out_says_nothing_of_the_file),
       T_CASE(pruning_removes_what_is_not_kept_and_nothing_else), T_CASE(what_is_no_policy_is_told))
