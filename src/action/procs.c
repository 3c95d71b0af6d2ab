#include "action/procs.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/ident.h"
#include "base/sv.h"

/* What the kernel takes for arguments and environment together is a quarter of the stack: 2 MiB by default. */
#define PROCS_ENVIRON_BYTES (6u << 20)

/* State, parent and session of a process: fields 3, 4 and 6 of proc(5) stat, behind the name in parentheses. */
static bool procs_read(const char *pid, char *state, int64_t *parent, int64_t *sid)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv rest, word = {NULL, 0};
    struct err err;
    char path[64];
    size_t paren = SV_NPOS;

    (void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    if (file_read(path, 4096, &text, &err) != ERR_OK)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == ')')
            paren = i;
    if (paren == SV_NPOS)
        return false;
    rest = sv_sub(strbuf_sv(&text), paren + 1, text.n);
    if (!sv_next_word(&rest, &word))
        return false;
    *state = *word.p;
    if (!sv_next_word(&rest, &word) || !sv_to_i64(word, parent))
        return false;
    for (int field = 5; field <= 6; field++)
        if (!sv_next_word(&rest, &word))
            return false;
    return sv_to_i64(word, sid);
}

pid_t procs_parent(pid_t pid)
{
    int64_t parent = 0, sid;
    char name[32], state;

    (void)snprintf(name, sizeof(name), "%d", (int)pid);
    return procs_read(name, &state, &parent, &sid) ? (pid_t)parent : 0;
}

void procs_of_session(pid_t sid, pid_t except, procs_list *out)
{
    DIR *dir = opendir("/proc");
    struct dirent *e;

    if (!dir)
        return; /* uncovered: there is always /proc where this runs */
    while ((e = readdir(dir)) != NULL) {
        int64_t pid, parent, its_sid = 0;
        char state = 'Z';

        if (!sv_to_i64(sv_from(e->d_name), &pid) ||
            !procs_read(e->d_name, &state, &parent, &its_sid))
            continue;
        if (its_sid == sid && pid != except && state != 'Z' && state != 'X')
            *vec_add(out) = (pid_t)pid;
    }
    (void)closedir(dir); /* nothing was written */
}

static bool procs_has(pid_t pid, struct sv pair)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv rest, one;
    struct err err;
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    if (file_read(path, PROCS_ENVIRON_BYTES, &text, &err) != ERR_OK)
        return false;
    rest = strbuf_sv(&text);
    while (sv_split(&rest, '\0', &one))
        if (sv_eq(one, pair))
            return true;
    return false;
}

void procs_keep(procs_list *list, struct sv pair)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        if (procs_has(list->v[i], pair))
            list->v[n++] = list->v[i];
    list->n = n;
}

static bool procs_ignores_hangup(pid_t pid)
{
    static const struct sv label = SV("SigIgn:");
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv rest, line;
    struct err err;
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    if (file_read(path, 1u << 16, &text, &err) != ERR_OK)
        return false;
    rest = strbuf_sv(&text);
    while (sv_next_line(&rest, &line))
        if (sv_eat(&line, label)) /* a hexadecimal mask, signal 1 is its lowest bit */
            return (strtoull(line.p, NULL, 16) >> (SIGHUP - 1)) & 1;
    return false; /* uncovered: each process has that line */
}

void procs_command(pid_t pid, struct strbuf *out)
{
    struct err err;
    char path[64];
    size_t from = out->n;

    (void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
    if (file_read(path, PROCS_ENVIRON_BYTES, out, &err) != ERR_OK)
        return;
    while (out->n > from && !out->p[out->n - 1])
        strbuf_truncate(out, out->n - 1);
    for (size_t i = from; i < out->n; i++)
        if (!out->p[i])
            out->p[i] = ' ';
}

bool procs_stays(pid_t pid)
{
    CLEANUP(strbuf_release) struct strbuf command = STRBUF(0);

    if (procs_ignores_hangup(pid))
        return true;
    procs_command(pid, &command);
    return sv_starts(strbuf_sv(&command), SV("nohup "));
}

uint64_t procs_at(int64_t at_us)
{
    int64_t ago_us = clock_now_us() - at_us, boot_us = clock_since_boot_us();

    if (ago_us < 0)
        ago_us = 0; /* the wall clock was set back */
    return ago_us > boot_us
               ? 0
               : (uint64_t)(boot_us - ago_us) * (uint64_t)sysconf(_SC_CLK_TCK) / CLOCK_US_PER_S;
}

void procs_drop_staying(procs_list *list, uint64_t before)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        if (!procs_stays(list->v[i]) || ident_process_start(list->v[i]) >= before)
            list->v[n++] = list->v[i];
    list->n = n;
}

bool procs_prints_into_pipe(pid_t pid)
{
    bool pipe = false;

    for (int fd = 1; fd <= 2; fd++) { /* its outputs */
        char path[64], target[32];
        ssize_t n;

        (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
        n = readlink(path, target, sizeof(target));
        pipe |= n > 0 && sv_starts((struct sv){target, (size_t)n}, SV("pipe:"));
    }
    return pipe;
}

void procs_signal(const procs_list *list, int sig)
{
    for (size_t i = 0; i < list->n; i++)
        (void)kill(list->v[i], sig); /* ESRCH: it is gone */
}

void procs_signal_new(const procs_list *list, int sig, procs_list *told)
{
    for (size_t i = 0; i < list->n; i++) {
        bool is_told = false;

        for (size_t k = 0; k < told->n && !is_told; k++)
            is_told = told->v[k] == list->v[i];
        if (is_told)
            continue;
        (void)kill(list->v[i], sig); /* ESRCH: it is gone */
        *vec_add(told) = list->v[i];
    }
}
