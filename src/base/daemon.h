#pragma once

/*
 * daemon: start a program that outlives us, in a session of its own.
 *
 * The new process is nobody's child but init's.  Before it becomes the program it
 * writes its pid and start time to the pid file, so that a crash of ours between
 * starting and writing loses nothing.
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
 * A pid file without start time (another program wrote it) is believed while the process is not younger
 * than the file.
 */
int64_t daemon_pid(const char *pid_file);
