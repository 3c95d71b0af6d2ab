#pragma once

/*
 * daemon: start a program that outlives us, in a session of its own.
 *
 * The new process is nobody's child but init's.  Before it becomes the program it
 * writes its pid to the pid file, and "PID START BOOT" to the file PIDFILE.start beside it,
 * so that a crash of ours between starting and writing loses nothing.  The pid file
 * holds one number, as `kill $(cat FILE)` and service managers expect.
 */
#include "base/err.h"

struct daemon_spec {
    const char *const *argv; /* argv[0] is looked up in PATH of `env` */
    const char *const *env;
    const char *cwd;
    const char *pid_file;
    const char *log; /* both outputs are appended to it; NULL: thrown away */
};

/* Returns when the program runs, or could not be started (ERR_IO with the reason). */
NODISCARD enum err_code daemon_start(const struct daemon_spec *spec, int64_t *ret_pid,
                                     struct err *err);

/*
 * The process that a pid file names: its pid while it lives and is the one that wrote the file, else 0.
 * A pid file without START (another program wrote it) is believed while the process is not younger
 * than the file.  *start (may be NULL): ident_process_start() of it.
 */
int64_t daemon_pid(const char *pid_file, uint64_t *start);
