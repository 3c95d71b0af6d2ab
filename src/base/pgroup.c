#include "base/pgroup.h"

#include <dirent.h>
#include <signal.h>

#include "base/file.h"
#include "base/sv.h"

/* "pid (name) state ppid pgrp ...": the name may hold blanks and parentheses. */
static bool pgroup_has(struct sv stat, pid_t pgid)
{
    struct sv state, ppid, group;
    size_t paren = stat.n;
    int64_t n;

    while (paren > 0 && stat.p[paren - 1] != ')')
        paren--;
    stat = sv_sub(stat, paren, stat.n);
    return sv_next_word(&stat, &state) && sv_next_word(&stat, &ppid) &&
           sv_next_word(&stat, &group) && !sv_eq(state, SV("Z")) && !sv_eq(state, SV("X")) &&
           sv_to_i64(group, &n) && n == pgid;
}

bool pgroup_runs(pid_t pgid)
{
    DIR *proc = opendir("/proc");
    const struct dirent *d;
    bool runs = false;

    if (!proc)
        return kill(-pgid, 0) == 0; /* uncovered: there is a /proc */
    while (!runs && (d = readdir(proc)) != NULL) {
        CLEANUP(strbuf_release) struct strbuf path = STRBUF(0), text = STRBUF(0);
        struct err err;

        if (!ascii_is_digit(d->d_name[0]))
            continue;
        strbuf_addf(&path, "/proc/%s/stat", d->d_name);
        runs = file_read(strbuf_str(&path), 4096, &text, &err) == ERR_OK &&
               pgroup_has(strbuf_sv(&text), pgid);
    }
    (void)closedir(proc);
    return runs;
}
