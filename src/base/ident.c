#include "base/ident.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sv.h"

struct ident_text ident_random(size_t n)
{
    static const char letters[] = "23456789abcdefghjkmnpqrstuvwxyz";
    struct ident_text t = {""};

    assert(n <= 32);
    for (size_t i = 0; i < n; i++)
        t.s[i] = letters[randombytes_uniform(sizeof(letters) - 1)];
    return t;
}

static bool ident_name_of(uid_t uid, char *name, size_t size)
{
    struct passwd pw, *found = NULL;
    char buf[4096];

    if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) != 0 || !found)
        return false;
    (void)snprintf(name, size, "%s", found->pw_name);
    return true;
}

struct ident_text ident_user(void)
{
    struct ident_text t;

    if (!ident_name_of(geteuid(), t.s, sizeof(t.s)))
        (void)snprintf(t.s, sizeof(t.s), "uid %u", (unsigned)geteuid());
    return t;
}

/* "4294967295" when nobody has logged in. */
static bool ident_audit_uid(uid_t *ret)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;
    uint64_t uid;

    if (file_read("/proc/self/loginuid", 32, &text, &err) != ERR_OK ||
        !sv_to_u64(sv_trim(strbuf_sv(&text)), &uid) || uid >= UINT32_MAX)
        return false;
    *ret = (uid_t)uid; /* uncovered: needs a login that the audit system has seen */
    return true;       /* uncovered: see above */
}

static struct ident_login ident_as(const char *name, const char *how)
{
    struct ident_login l = {"", "", ""};

    (void)snprintf(l.name, sizeof(l.name), "%s", name);
    (void)snprintf(l.how, sizeof(l.how), "%s", how);
    return l;
}

struct ident_login ident_login(void)
{
    const char *sudo = getenv("SUDO_USER"), *ssh = getenv("SSH_CONNECTION");
    struct sv from = sv_from(ssh), address;
    struct ident_login l = {"", "audit", ""};
    uid_t uid;

    if (ident_audit_uid(&uid) && ident_name_of(uid, l.name, sizeof(l.name)))
        ; /* uncovered: see ident_audit_uid() */
    else if (geteuid() == 0 && sudo && *sudo)
        l = ident_as(sudo, "sudo");
    else
        l = ident_as(ident_user().s, "user");
    if (sv_next_word(&from, &address))
        (void)snprintf(l.from, sizeof(l.from), "%.*s", SV_FMT(address));
    return l;
}

struct ident_text ident_host(void)
{
    struct ident_text t = {""};

    if (gethostname(t.s, sizeof(t.s) - 1) != 0)
        (void)snprintf(t.s, sizeof(t.s), "localhost"); /* uncovered: the buffer is long enough */
    return t;
}

uint64_t ident_process_start(int64_t pid)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv rest, word = {NULL, 0};
    struct err err;
    uint64_t start;
    char path[64];
    bool more = true;
    size_t paren = SV_NPOS;

    (void)snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
    if (pid <= 0 || file_read(path, 4096, &text, &err) != ERR_OK)
        return 0;
    /* The name may hold blanks and parentheses: the fields begin after the last one. */
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == ')')
            paren = i;
    rest = sv_sub(strbuf_sv(&text), paren + 1, text.n);
    if (paren == SV_NPOS || !sv_next_word(&rest, &word) || sv_eq(word, SV("Z")) ||
        sv_eq(word, SV("X")))
        return 0;
    for (int field = 4; field <= 22 && more; field++)
        more = sv_next_word(&rest, &word);
    return more && sv_to_u64(word, &start) ? start : 0;
}

static bool ident_has_open(const char *pid, const struct stat *what)
{
    const struct dirent *f;
    bool found = false;
    struct stat st;
    char path[300];
    DIR *fds;

    (void)snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    fds = opendir(path); /* NULL: it is another user's, or gone */
    while (fds && !found && (f = readdir(fds)) != NULL)
        found = fstatat(dirfd(fds), f->d_name, &st, 0) == 0 && st.st_ino == what->st_ino &&
                (st.st_mode & S_IFMT) == (what->st_mode & S_IFMT) &&
                (!what->st_dev || st.st_dev == what->st_dev);
    if (fds)
        (void)closedir(fds); /* fails only for what is none */
    return found;
}

int64_t ident_opener(const struct stat *what)
{
    DIR *procs = opendir("/proc");
    const struct dirent *p;
    uint64_t pid, found = 0;

    while (procs && !found && (p = readdir(procs)) != NULL)
        if (sv_to_u64(sv_from(p->d_name), &pid) && pid != (uint64_t)getpid() &&
            ident_has_open(p->d_name, what))
            found = pid;
    if (procs)
        (void)closedir(procs); /* fails only for what is none */
    return (int64_t)found;
}

struct ident_text ident_process_name(int64_t pid)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct ident_text t = {""};
    struct err err;
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%" PRId64 "/comm", pid);
    if (file_read(path, sizeof(t.s) - 1, &text, &err) == ERR_OK)
        (void)snprintf(t.s, sizeof(t.s), "%.*s", SV_FMT(sv_trim(strbuf_sv(&text))));
    return t;
}

struct ident_text ident_boot(void)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct ident_text t = {""};
    struct err err;

    if (file_read("/proc/sys/kernel/random/boot_id", 64, &text, &err) == ERR_OK)
        (void)snprintf(t.s, sizeof(t.s), "%.*s", SV_FMT(sv_trim(strbuf_sv(&text))));
    return t;
}
