#include "base/pgroup.h"

#include "t.h"

T(our_own_group_runs)
{
    T_CHECK(pgroup_runs(getpgrp()));
}

T(a_group_runs_until_its_last_member_has_ended_whatever_its_name)
{
    int go[2];
    siginfo_t info;
    pid_t pid;
    char c;

    T_EQ(pipe(go), 0);
    pid = fork();
    if (pid == 0) {
        (void)close(go[1]);
        if (setpgid(0, 0) != 0 || prctl(PR_SET_NAME, ") R 1 1 (x") != 0)
            _exit(99);
        _exit((int)read(go[0], &c, 1));
    }
    T_CHECK(setpgid(pid, pid) == 0 || pgroup_runs(pid)); /* whoever of the two is first */
    T_CHECK(pgroup_runs(pid));
    (void)close(go[1]);
    T_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    T_EQ(info.si_status, 0);
    T_EQ(kill(-pid, 0), 0); /* the zombie is still in it */
    T_CHECK(!pgroup_runs(pid));
    T_EQ(waitpid(pid, NULL, 0), pid);
    T_CHECK(!pgroup_runs(pid));
}

T_MAIN(T_CASE(our_own_group_runs),
       T_CASE(a_group_runs_until_its_last_member_has_ended_whatever_its_name))
