#pragma once

/*
 * procs: the processes of a session (setsid(2)), from /proc.
 */
#include <sys/types.h>

#include "base/vec.h"

typedef VEC(pid_t) procs_list;

/* Append every living process whose session is `sid`, without `except`.  Zombies do not live. */
void procs_of_session(pid_t sid, pid_t except, procs_list *out);
/* 0: it is gone. */
pid_t procs_parent(pid_t pid);
/* Only those whose environment has this "NAME=value"; that of another user's process cannot be seen. */
void procs_keep(procs_list *list, struct sv pair);
/* Signal each of them; what is gone meanwhile is no error. */
void procs_signal(const procs_list *list, int sig);
/* Those that are not among `told` yet, where they are put: many programs take a second signal for impatience. */
void procs_signal_new(const procs_list *list, int sig, procs_list *told);
