#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/file.h"
#include "source_look.h"

#define AT_US 1771120860500000

static void write_file(const char *path, struct sv text)
{
    struct err err;

    T_OK(file_write_atomic(path, text, 0600, &err), err);
}

T(size_age_and_text_are_those_of_the_file)
{
    struct timespec times[2] = {{.tv_sec = 1771120800},
                                {.tv_sec = 1771120800, .tv_nsec = 250000000}};
    struct look l;

    begin();
    write_file("state", SV("maintenance\n"));
    T_EQ(utimensat(AT_FDCWD, "state", times, 0), 0);
    l = (struct look){.s = open_source("file", "{'path': 'state'}")};
    T_OK(look_at(&l, AT_US), l.s->err);
    T_CHECK(truth_of(&l, "exists") && !truth_of(&l, "truncated"));
    check_number(&l, "size", 12);
    check_number(&l, "age", 60.25);
    T_SV(text_of(&l, "text"), "maintenance\n");
    check_members(&l);
    T_OK(look_at(&l, 1771120799250000), l.s->err);
    check_number(&l, "age", -1); /* a clock that was set back is not hidden */
    source_free(l.s);
    end();
}

T(a_file_comes_goes_and_changes)
{
    struct look l;

    begin();
    l = (struct look){.s = open_source("file", "{'path': 'folder/state'}")};
    T_OK(look(&l), l.s->err); /* not even the folder */
    T_CHECK(!truth_of(&l, "exists"));
    (void)member(&l, "size", SAMPLE_NULL);
    (void)member(&l, "age", SAMPLE_NULL);
    (void)member(&l, "text", SAMPLE_NULL);
    check_members(&l);
    T_EQ(mkdir("folder", 0700), 0);
    write_file("folder/state", SV("a"));
    T_OK(look(&l), l.s->err);
    T_SV(text_of(&l, "text"), "a");
    write_file("folder/state", SV("b"));
    T_OK(look(&l), l.s->err);
    T_SV(text_of(&l, "text"), "b");
    T_EQ(unlink("folder/state"), 0);
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "exists"));
    T_EQ(rmdir("folder"), 0);
    write_file("folder", SV("now a file"));
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "exists"));
    source_free(l.s);
    end();
}

T(the_text_is_cut_at_the_cap)
{
    static const struct {
        struct sv text;
        const char *want;
        bool truncated;
    } cases[] = {{SV("1234"), "1234", false},
                 {SV("12345"), "12345", false},
                 {SV("123456"), "12345", true},
                 {SV(""), "", false}};
    struct look l;

    begin();
    l = (struct look){.s = open_source("file", "{'path': 'f', 'max_bytes': 5}")};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_file("f", cases[i].text);
        T_OK(look(&l), l.s->err);
        T_CHECK(sv_eq(text_of(&l, "text"), sv_from(cases[i].want)));
        T_EQ(truth_of(&l, "truncated"), cases[i].truncated);
        check_number(&l, "size", (double)cases[i].text.n);
    }
    source_free(l.s);
    end();
}

T(a_json_text_is_taken_apart_and_a_broken_one_is_an_error)
{
    struct look l;

    begin();
    l = (struct look){.s = open_source("file", "{'path': 'f'}")};
    write_file("f", SV("{\"success_count\": 51, \"by\": {\"type\": [1, null]}}"));
    T_OK(look(&l), l.s->err);
    check_number(&l, "json.success_count", 51);
    check_number(&l, "json.by.type.0", 1);
    (void)member(&l, "json.by.type.1", SAMPLE_NULL);
    check_members(&l);
    write_file("f", SV("{\"success_count\": 51, "));
    T_OK(look(&l), l.s->err);
    (void)member(&l, "json", SAMPLE_ERROR);
    T_CHECK(!has(&l, "json.success_count"));
    source_free(l.s);
    end();
}

T(what_is_no_regular_file_has_no_text)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "socket"};
    static const char *const paths[] = {"folder", "fifo", "/dev/null", "socket"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    T_EQ(mkdir("folder", 0700), 0);
    T_EQ(mkfifo("fifo", 0600), 0);
    T_EQ(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    begin();
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct look l = {.s = open_source("file", "{'path': '%s'}", paths[i])};

        T_OK(look(&l), l.s->err);
        T_CHECK(truth_of(&l, "exists"));
        (void)number_of(&l, "age");
        (void)member(&l, "text", SAMPLE_ERROR);
        check_members(&l);
        source_free(l.s);
    }
    end();
    (void)close(fd);
}

T(what_cannot_be_looked_at_is_an_error_not_an_absence)
{
    struct look l;
    char path[4300];

    memset(path, 'a', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    begin();
    l = (struct look){.s = open_source("file", "{'path': '%s'}", path)};
    T_EQ(look(&l), ERR_IO);
    T_EQ(symlink("loop", "loop"), 0);
    source_free(l.s);
    l = (struct look){.s = open_source("file", "{'path': 'loop'}")};
    T_EQ(look(&l), ERR_IO);
    T_STR(l.s->err.msg, "source 'it': look at 'loop': Too many levels of symbolic links");
    source_free(l.s);
    end();
}

T(a_file_that_may_not_be_read_still_has_a_size)
{
    struct look l;

    if (!be_ordinary())
        T_SKIP("cannot become an ordinary user");
    begin();
    l = (struct look){.s = open_source("file", "{'path': '/etc/shadow'}")};
    T_OK(look(&l), l.s->err);
    T_CHECK(truth_of(&l, "exists") && number_of(&l, "size") > 0);
    (void)member(&l, "text", SAMPLE_ERROR);
    check_members(&l);
    source_free(l.s);
    end();
    be_again();
}

T_MAIN(T_CASE(size_age_and_text_are_those_of_the_file), T_CASE(a_file_comes_goes_and_changes),
       T_CASE(the_text_is_cut_at_the_cap),
       T_CASE(a_json_text_is_taken_apart_and_a_broken_one_is_an_error),
       T_CASE(what_is_no_regular_file_has_no_text),
       T_CASE(what_cannot_be_looked_at_is_an_error_not_an_absence),
       T_CASE(a_file_that_may_not_be_read_still_has_a_size))
