#include "action/plain.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/sv.h"
#include "t.h"

static const char *const usual[] = {"HOME=/nonexistent", "PATH=/nonexistent:/usr/bin:/bin", NULL};

static bool plain(const char *text)
{
    return plain_command(sv_from(text), usual, "/");
}

/* A program, or what only looks like one. */
static void make(const char *name, struct sv content, mode_t mode)
{
    struct err err;

    T_EQ(file_write_atomic(name, content, mode, &err), ERR_OK);
}

T(a_program_and_its_words_are_plain)
{
    T_CHECK(plain("/bin/true"));
    T_CHECK(plain("  /bin/true  "));
    T_CHECK(plain("ls"));
    T_CHECK(plain("ls -l --color=auto /tmp a@b:c,d+e%f"));
    T_CHECK(plain("grep -c 'a $x `b` \\ !' \"two words\" --name='x'"));
    T_CHECK(plain("bin/true")); /* below the working directory */
}

T(what_a_shell_gives_a_meaning_to_is_not_plain)
{
    static const char *const texts[] = {
        "",         " ",           "ls | wc",    "ls > x",     "ls 2>&1",     "ls &",
        "ls; ls",   "ls && ls",    "ls $HOME",   "ls ~",       "ls ~root",    "ls *",
        "ls ?",     "ls [a]",      "ls {a,b}",   "ls #x",      "ls !x",       "ls a^b",
        "ls \\a",   "ls `x`",      "ls \"$x\"",  "ls \"`x`\"", "ls \"a\\b\"", "ls \"a!b\"",
        "ls 'open", "ls \"open",   "ls 'a\tb'",  "ls 'a\nb'",  "ls\nls",      "(ls)",
        "{ ls; }",  "! ls",        "X=1 ls",     "X=1",        "'ls'",        "l's'",
        "-x",       "ls \xc3\xa4", "[ -e /tmp ]"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        t_say("%s", texts[i]);
        T_CHECK(!plain(texts[i]));
    }
}

T(a_word_of_the_shells_own_is_not_plain_although_a_program_has_its_name)
{
    static const char *const names[] = {"true",  "false", "echo",  "printf", "test",
                                        "pwd",   "kill",  "time",  "cd",     "exec",
                                        "chdir", "alias", "while", "umask"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        T_CHECK(!plain(names[i]));
    T_CHECK(plain("/usr/bin/printf x"));
    T_CHECK(plain("env"));
}

T(only_what_the_kernel_starts_is_plain)
{
    make("elf",
         SV("\x7f"
            "ELF and more"),
         0700);
    make("script", SV("#!/bin/sh\ntrue\n"), 0700);
    make("bare", SV("true\ntrue\n"), 0700); /* each shell runs it itself */
    make("short", SV("x"), 0700);
    make("data", SV("#!/bin/sh\n"), 0600);
    T_EQ(mkdir("folder", 0700), 0);
    T_CHECK(plain_command(SV("./elf"), usual, "."));
    T_CHECK(plain_command(SV("./script a"), usual, "."));
    T_CHECK(!plain_command(SV("./script a"), usual, "/"));
    T_CHECK(!plain_command(SV("./script a"), usual, "/nonexistent"));
    T_CHECK(!plain_command(SV("./bare"), usual, "."));
    T_CHECK(!plain_command(SV("./short"), usual, "."));
    T_CHECK(!plain_command(SV("./data"), usual, "."));
    T_CHECK(!plain_command(SV("./folder"), usual, "."));
    T_CHECK(!plain_command(SV("./missing"), usual, "."));
    T_CHECK(!plain("no-such-program-here"));
}

T(a_path_that_depends_on_the_directory_is_the_shells_affair)
{
    T_CHECK(!plain_command(SV("ls"), (const char *const[]){"PATH=.:/usr/bin", NULL}, "/"));
    T_CHECK(!plain_command(SV("ls"), (const char *const[]){"PATH=:/usr/bin", NULL}, "/"));
    T_CHECK(!plain_command(SV("ls"), (const char *const[]){"HOME=/", NULL}, "/"));
    T_CHECK(plain_command(SV("ls"), (const char *const[]){"PATH=/usr/bin:.", NULL}, "/"));
}

T(an_environment_that_bash_reads_is_not_plain)
{
    T_CHECK(plain_environment(usual));
    T_CHECK(plain_environment((const char *const[]){NULL}));
    T_CHECK(!plain_environment((const char *const[]){"A=b", "BASH_ENV=/x", NULL}));
    T_CHECK(!plain_environment((const char *const[]){"BASH_FUNC_ls%%=() { :; }", NULL}));
    T_CHECK(!plain_environment((const char *const[]){"SHELLOPTS=errexit", NULL}));
    T_CHECK(!plain_environment((const char *const[]){"POSIXLY_CORRECT=y", NULL}));
}

T_MAIN(T_CASE(a_program_and_its_words_are_plain),
       T_CASE(what_a_shell_gives_a_meaning_to_is_not_plain),
       T_CASE(a_word_of_the_shells_own_is_not_plain_although_a_program_has_its_name),
       T_CASE(only_what_the_kernel_starts_is_plain),
       T_CASE(a_path_that_depends_on_the_directory_is_the_shells_affair),
       T_CASE(an_environment_that_bash_reads_is_not_plain))
