#include "base/file.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/mem.h"
#include "base/sv.h"
#include "t.h"

static void put(const char *path, const char *text)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);

    T_CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
}

/* Names in the current folder. */
static size_t count_files(void)
{
    DIR *dir = opendir(".");
    size_t n = 0;

    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n - 2;
}

T(a_file_is_read_whole_up_to_the_limit)
{
    struct strbuf text = STRBUF(0);
    struct err err = {0};

    put("file", "12345");
    T_OK(file_read("file", 5, &text, &err), err);
    T_STR(strbuf_str(&text), "12345");
    strbuf_release(&text);
    T_EQ(file_read("file", 4, &text, &err), ERR_LIMIT);
    T_STR(err.msg, "'file' is longer than 4 bytes");
    T_CHECK(!text.p && text.n == 0); /* left alone */
    put("file", "");
    T_OK(file_read("file", 5, &text, &err), err);
    T_EQ(text.n, 0);
    strbuf_release(&text);
}

T(a_big_file_is_read_in_pieces)
{
    CLEANUP(strbuf_release) struct strbuf big = STRBUF(0), text = STRBUF(0);
    struct err err = {0};

    strbuf_add_n(&big, 'x', 300000);
    put("file", strbuf_str(&big));
    T_OK(file_read("file", 300000, &text, &err), err);
    T_CHECK(sv_eq(strbuf_sv(&big), strbuf_sv(&text)));
}

T(what_cannot_be_read_is_told_with_its_name)
{
    struct strbuf text = STRBUF(0);
    struct err err = {0};

    T_EQ(file_read("none", 5, &text, &err), ERR_IO);
    T_EQ(err.sys, ENOENT);
    T_STR(err.msg, "open 'none': No such file or directory");
    T_EQ(file_read(".", 5, &text, &err), ERR_IO);
    T_STR(err.msg, "read '.': Is a directory");
    T_CHECK(!text.p);
}

T(a_file_is_replaced_whole_with_its_permissions)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err = {0};
    struct stat st;

    (void)umask(077);
    T_OK(file_write_atomic("file", SV("old"), 0600, &err), err);
    T_OK(file_write_atomic("file", SV("new\0text"), 0644, &err), err);
    T_OK(file_read("file", 100, &text, &err), err);
    T_SV(strbuf_sv(&text), "new\0text");
    T_EQ(stat("file", &st), 0);
    T_EQ(st.st_mode & 07777, 0644);
    T_EQ(count_files(), 1);
    T_OK(file_write_atomic("file", (struct sv){NULL, 0}, 0600, &err), err);
    T_EQ(stat("file", &st), 0);
    T_EQ(st.st_size, 0);
}

T(a_file_that_cannot_be_replaced_is_as_it_was_and_nothing_is_left_beside_it)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct rlimit limit;
    struct err err = {0};

    T_EQ(file_write_atomic("none/file", SV("x"), 0600, &err), ERR_IO);
    T_STR(err.msg, "create a file beside 'none/file': No such file or directory");
    T_EQ(mkdir("file", 0700), 0);
    put("file/inside", "x");
    T_EQ(file_write_atomic("file", SV("x"), 0600, &err), ERR_IO);
    T_STR(err.msg, "rename to 'file': Is a directory");
    T_EQ(count_files(), 1);
    T_CHECK(file_exists("file/inside"));
    T_EQ(sigaction(SIGXFSZ, &ignore, NULL), 0);
    T_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 5;
    T_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    T_EQ(file_write_atomic("big", SV("123456"), 0600, &err), ERR_IO);
    limit.rlim_cur = limit.rlim_max;
    T_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    T_STR(err.msg, "'big': write 1 bytes: File too large");
    T_EQ(count_files(), 1);
}

T(folders_are_made_with_their_parents)
{
    struct err err = {0};
    struct stat st;

    T_OK(file_mkdirs("a/b/c", &err), err);
    T_OK(file_mkdirs("a/b/c", &err), err);
    T_OK(file_mkdirs("a/b/d/", &err), err);
    T_OK(file_mkdirs(".", &err), err);
    T_OK(file_mkdirs("/", &err), err);
    T_EQ(stat("a/b/d", &st), 0);
    T_EQ(st.st_mode & 07777, 0700);
    put("a/file", "");
    T_EQ(file_mkdirs("a/file", &err), ERR_IO);
    T_STR(err.msg, "make folder 'a/file': File exists");
    T_EQ(file_mkdirs("a/file/b", &err), ERR_IO);
    T_STR(err.msg, "make folder 'a/file/b': Not a directory");
    T_EQ(file_mkdirs("/proc/none/x/y", &err), ERR_IO);
    T_STR(err.msg, "make folder '/proc/none': No such file or directory");
    T_EQ(file_mkdirs("", &err), ERR_IO);
    T_STR(err.msg, "make folder '': No such file or directory");
    T_EQ(symlink("gone", "link"), 0);
    T_EQ(file_mkdirs("link", &err), ERR_IO);
    T_STR(err.msg, "make folder 'link': File exists");
}

T(a_folder_is_synced_and_nothing_else_is)
{
    struct err err = {0};

    T_OK(file_sync_dir(".", &err), err);
    T_EQ(file_sync_dir("none", &err), ERR_IO);
    T_STR(err.msg, "open folder 'none': No such file or directory");
    put("file", "");
    T_EQ(file_sync_dir("file", &err), ERR_IO);
    T_STR(err.msg, "open folder 'file': Not a directory");
}

T(existing_is_being_there)
{
    put("file", "");
    T_CHECK(file_exists("file") && file_exists(".") && !file_exists("none") && !file_exists(""));
}

T(paths_are_joined_and_taken_apart)
{
    static const struct {
        const char *dir, *name, *want;
    } joins[] = {{"a", "b", "a/b"},   {"a/", "b", "a/b"}, {"", "b", "b"},
                 {".", "b", "b"},     {"a", "/b", "/b"},  {"/", "b", "/b"},
                 {"..", "b", "../b"}, {"a", "", "a/"},    {"./a", "b", "./a/b"}};
    static const struct {
        const char *path, *dir, *base;
    } parts[] = {{"a/b", "a", "b"}, {"b", ".", "b"},     {"/b", "/", "b"}, {"/", "/", ""},
                 {"a/", "a", ""},   {"/a/b", "/a", "b"}, {"", ".", ""}};

    for (size_t i = 0; i < ARRAY_LEN(joins); i++) {
        CLEANUP(mem_freep) char *got = path_join(joins[i].dir, joins[i].name);

        T_STR(got, joins[i].want);
    }
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        CLEANUP(mem_freep) char *got = path_dir(parts[i].path);

        T_STR(got, parts[i].dir);
        T_STR(path_base(parts[i].path), parts[i].base);
    }
}

T(temporary_folders_are_where_the_user_wants_them)
{
    CLEANUP(mem_freep) char *dir = NULL;
    CLEANUP(mem_freep) char *above = NULL;
    char *none, here[1024];
    struct err err;
    struct stat st;

    T_CHECK(getcwd(here, sizeof(here)));
    T_CHECK(setenv("TMPDIR", here, 1) == 0);
    T_STR(file_temp_dir(), here);
    T_OK(file_make_temp("name", &dir, &err), err);
    above = path_dir(dir);
    T_STR(above, here);
    T_CHECK(strncmp(path_base(dir), "name.", 5) == 0);
    T_CHECK(stat(dir, &st) == 0 && (st.st_mode & 07777) == 0700);
    T_CHECK(setenv("TMPDIR", "relative", 1) == 0);
    T_STR(file_temp_dir(), "/tmp");
    T_CHECK(setenv("TMPDIR", "/none", 1) == 0);
    T_EQ(file_make_temp("name", &none, &err), ERR_IO);
    T_STR(err.msg, "make a folder in '/none': No such file or directory");
    T_CHECK(unsetenv("TMPDIR") == 0);
    T_STR(file_temp_dir(), "/tmp");
}

T_MAIN(T_CASE(a_file_is_read_whole_up_to_the_limit), T_CASE(a_big_file_is_read_in_pieces),
       T_CASE(what_cannot_be_read_is_told_with_its_name),
       T_CASE(a_file_is_replaced_whole_with_its_permissions),
       T_CASE(a_file_that_cannot_be_replaced_is_as_it_was_and_nothing_is_left_beside_it),
       T_CASE(folders_are_made_with_their_parents), T_CASE(a_folder_is_synced_and_nothing_else_is),
       T_CASE(existing_is_being_there), T_CASE(temporary_folders_are_where_the_user_wants_them),
       T_CASE(paths_are_joined_and_taken_apart))
