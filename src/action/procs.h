#pragma once

/*
 * procs: the processes of a session (setsid(2)), from /proc.
 */
#include <sys/types.h>

#include "base/strbuf.h"
#include "base/sv.h"
#include "base/vec.h"

typedef VEC(pid_t) procs_list;

/* Append every living process whose session is `sid`, without `except`.  Zombies do not live. */
void procs_of_session(pid_t sid, pid_t except, procs_list *out);
/* 0: it is gone. */
pid_t procs_parent(pid_t pid);
/* Only those whose environment has this "NAME=value"; that of another user's process cannot be seen. */
void procs_keep(procs_list *list, struct sv pair);
/* Would a terminal that closes leave it running?  It ignores SIGHUP, as nohup(1) sees to, or is nohup, which is about to. */
bool procs_stays(pid_t pid);
/* Take out of the list what stays and began before `before` (procs_at()); UINT64_MAX: whenever it began. */
void procs_drop_staying(procs_list *list, uint64_t before);
/* A moment of the past by the wall clock, as the kernel counts the beginnings of processes: clock ticks since it started. */
uint64_t procs_at(int64_t at_us);
/* Does it print into a pipe, which whoever started it reads? */
bool procs_prints_into_pipe(pid_t pid);
/* Its command line, arguments with blanks between them; that of a process that is gone is empty. */
void procs_command(pid_t pid, struct strbuf *out);
/* Signal each of them; what is gone meanwhile is no error. */
void procs_signal(const procs_list *list, int sig);
/* Those that are not among `told` yet, where they are put: many programs take a second signal for impatience. */
void procs_signal_new(const procs_list *list, int sig, procs_list *told);
