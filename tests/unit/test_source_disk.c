#include <sys/stat.h>
#include <sys/statvfs.h>

#include "source_look.h"

static void write_file(const char *path, size_t n_mib)
{
    char *block = xcalloc(1, 1u << 20);
    FILE *f = fopen(path, "w");

    memset(block, 'x', 1u << 20);
    for (size_t i = 0; i < n_mib; i++)
        T_EQ(fwrite(block, 1, 1u << 20, f), 1u << 20);
    T_EQ(fflush(f), 0);
    T_EQ(fsync(fileno(f)), 0);
    T_EQ(fclose(f), 0);
    free(block);
}

T(the_members_are_those_of_the_file_system)
{
    struct look l;
    struct statvfs v;

    begin();
    l = (struct look){.s = open_source("disk", "{'path': '.'}")};
    T_OK(look(&l), l.s->err);
    T_EQ(statvfs(".", &v), 0);
    check_number(&l, "size", (double)v.f_blocks * (double)v.f_frsize);
    check_number(&l, "inodes", (double)v.f_files);
    write_file("here", 4); /* a file system in memory may hold nothing else */
    T_OK(look(&l), l.s->err);
    T_CHECK(number_of(&l, "used") >= 4 << 20 && number_of(&l, "used") < number_of(&l, "size"));
    T_CHECK(number_of(&l, "free") > 0 && number_of(&l, "free") < number_of(&l, "size"));
    T_CHECK(number_of(&l, "used_share") > 0 && number_of(&l, "used_share") < 1);
    T_CHECK(number_of(&l, "inodes_free") <= number_of(&l, "inodes"));
    check_members(&l);
    source_free(l.s);
    end();
}

/*
 * A file of 32 MiB is seen.  Others write here and delete at the same time: half of it is proof enough, and what
 * they free meanwhile is made up for by another try.
 */
T(what_is_written_is_used_and_no_longer_free)
{
    enum { MIB = 32, TRIES = 20 };
    double half = MIB / 2.0 * (1u << 20);
    bool seen = false;
    struct look l;

    begin();
    l = (struct look){.s = open_source("disk", "{'path': '.'}")};
    for (int i = 0; i < TRIES && !seen; i++) {
        double used, free_bytes, share;

        T_OK(look(&l), l.s->err);
        used = number_of(&l, "used");
        free_bytes = number_of(&l, "free");
        share = number_of(&l, "used_share");
        write_file("big", MIB);
        T_OK(look(&l), l.s->err);
        seen = number_of(&l, "used") > used + half && number_of(&l, "free") < free_bytes - half &&
               number_of(&l, "used_share") > share;
        T_EQ(unlink("big"), 0);
    }
    T_CHECK(seen);
    source_free(l.s);
    end();
}

T(a_file_system_without_a_size_has_no_share)
{
    struct look l;

    begin();
    l = (struct look){.s = open_source("disk", "{'path': '/proc'}")};
    T_OK(look(&l), l.s->err);
    check_number(&l, "size", 0);
    (void)member(&l, "used_share", SAMPLE_NULL);
    check_members(&l);
    source_free(l.s);
    end();
}

T(a_path_that_is_not_there_is_an_error_and_no_number)
{
    struct look l;

    begin();
    l = (struct look){.s = open_source("disk", "{'path': 'no/such'}")};
    T_EQ(look(&l), ERR_IO);
    T_STR(l.s->err.msg, "source 'it': look at the disk of 'no/such': No such file or directory");
    T_EQ(mkdir("no", 0700), 0);
    T_EQ(mkdir("no/such", 0700), 0);
    T_OK(look(&l), l.s->err); /* and it is there in the next poll */
    source_free(l.s);
    end();
}

T_MAIN(T_CASE(the_members_are_those_of_the_file_system),
       T_CASE(what_is_written_is_used_and_no_longer_free),
       T_CASE(a_file_system_without_a_size_has_no_share),
       T_CASE(a_path_that_is_not_there_is_an_error_and_no_number))
