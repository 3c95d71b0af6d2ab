#include "action/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sv.h"

/*
 * What a program sends to its own group does not end the shell, which is in it without job control; a signal that is
 * caught is reset in what the shell starts.
 */
const char plain_driver[] =
    "trap : HUP INT QUIT TERM ALRM USR1 USR2\n"
    "while IFS= read -r __prusik_cmd <&3; do\n"
    "  [ -n \"$__prusik_cmd\" ] || exec bash --noprofile --norc -c \"$1\" prusik\n"
    "  eval \"$__prusik_cmd\" 3<&- 4>&- 5>&-\n"
    "  printf '%s\\0' \"$?\" >&4\n"
    "done\n";

/* Reserved words and builtins of bash 5.2 and of dash 0.5.12, sorted: these are the shell's own. */
static const char *const plain_not[] = {
    "alias",  "bg",      "bind",     "break",    "builtin",   "caller",   "case",    "cd",
    "chdir",  "command", "compgen",  "complete", "compopt",   "continue", "coproc",  "declare",
    "dirs",   "disown",  "do",       "done",     "echo",      "elif",     "else",    "enable",
    "esac",   "eval",    "exec",     "exit",     "export",    "false",    "fc",      "fg",
    "fi",     "for",     "function", "getopts",  "hash",      "help",     "history", "if",
    "in",     "jobs",    "kill",     "let",      "local",     "logout",   "mapfile", "popd",
    "printf", "pushd",   "pwd",      "read",     "readarray", "readonly", "return",  "select",
    "set",    "shift",   "shopt",    "source",   "suspend",   "test",     "then",    "time",
    "times",  "trap",    "true",     "type",     "typeset",   "ulimit",   "umask",   "unalias",
    "unset",  "until",   "wait",     "while"};

/* A shell reads these when it starts, or takes functions and options from them. */
static const struct sv plain_not_env[] = {
    SV("BASH_ENV="),  SV("BASH_FUNC_"),   SV("BASHOPTS="), SV("POSIXLY_CORRECT"),
    SV("SHELLOPTS="), SV("BASH_COMPAT="), SV("IFS=")};

bool plain_environment(const char *const *env)
{
    for (; *env; env++)
        for (size_t i = 0; i < ARRAY_LEN(plain_not_env); i++)
            if (sv_starts(sv_from(*env), plain_not_env[i]))
                return false;
    return true;
}

static int plain_compare(const void *key, const void *row)
{
    return sv_cmp(*(const struct sv *)key, sv_from(*(const char *const *)row));
}

bool plain_is_shells_own(struct sv name)
{
    return bsearch(&name, plain_not, ARRAY_LEN(plain_not), sizeof(*plain_not), plain_compare);
}

/* Characters that no shell gives a meaning to outside of quotes, wherever in a word they are. */
static bool plain_bare(char c)
{
    return ascii_is_alnum(c) || (c && strchr("_./:@%+=,-", c));
}

/* Past a quoted string; SV_NPOS: it does not end, or the shell would look into it. */
static size_t plain_quoted(struct sv text, size_t at)
{
    char quote = text.p[at++];

    for (; at < text.n && text.p[at] != quote; at++)
        if (text.p[at] < ' ' || text.p[at] == '\x7f' ||
            (quote == '"' && strchr("$`\\!", text.p[at])))
            return SV_NPOS;
    return at < text.n ? at + 1 : SV_NPOS;
}

static bool plain_words(struct sv text)
{
    for (size_t at = 0; at < text.n;) {
        char c = text.p[at];

        if (c == '\'' || c == '"')
            at = plain_quoted(text, at);
        else if (c == ' ' || plain_bare(c))
            at++;
        else
            return false;
        if (at == SV_NPOS)
            return false;
    }
    return true;
}

/* A program that the kernel starts: what it refuses, each shell reads as its own. */
static bool plain_starts(int dir, const char *path)
{
    CLEANUP(fd_closep) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char magic[4] = {0};
    struct stat st;

    return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
           faccessat(dir, path, X_OK, AT_EACCESS) == 0 && pread(fd, magic, 4, 0) == 4 &&
           (memcmp(magic, "#!", 2) == 0 || memcmp(magic,
                                                  "\x7f"
                                                  "ELF",
                                                  4) == 0);
}

/* The first of PATH, as the shells look for it. */
static bool plain_in_path(struct sv name, const char *const *env)
{
    char file[PATH_MAX];
    struct sv path = {0}, dir;

    for (; *env; env++)
        if (sv_starts(sv_from(*env), SV("PATH=")))
            path = sv_from(*env + 5);
    while (sv_split(&path, ':', &dir)) {
        if (dir.n == 0 || *dir.p != '/' || dir.n + name.n + 2 > sizeof(file))
            return false;
        (void)snprintf(file, sizeof(file), "%.*s/%.*s", SV_FMT(dir), SV_FMT(name));
        if (access(file, X_OK) == 0)
            return plain_starts(AT_FDCWD, file);
    }
    return false;
}

bool plain_command(struct sv text, const char *const *env, const char *cwd)
{
    CLEANUP(fd_closep) int dir = -1;
    char file[PATH_MAX];
    struct sv name;

    text = sv_trim(text);
    name = sv_sub(text, 0, sv_find_byte(text, ' ', 0));
    if (name.n == 0 || name.n >= sizeof(file) || *name.p == '-' || !plain_words(text))
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!plain_bare(name.p[i]) || name.p[i] == '=')
            return false;
    if (sv_find_byte(name, '/', 0) == SV_NPOS)
        return !plain_is_shells_own(name) && plain_in_path(name, env);
    (void)snprintf(file, sizeof(file), "%.*s", SV_FMT(name));
    dir = open(cwd, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return plain_starts(dir, file);
}
