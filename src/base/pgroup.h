#pragma once

/*
 * pgroup: who is in a process group, as proc(5) tells it.
 */
#include <sys/types.h>

#include "base/base.h"

/* Does anything of the group run?  A zombie does not.  Where there is no /proc, zombies count. */
bool pgroup_runs(pid_t pgid);
