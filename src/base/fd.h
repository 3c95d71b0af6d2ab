#pragma once

/*
 * fd: file descriptors: closing, whole writes, close-on-exec pipes.
 */
#include "base/err.h"

/*
 * What main() does first.  Descriptors 0, 1 and 2 are open afterwards (on /dev/null where the caller
 * closed one), as a database that got number 2 would be written messages, and libuv aborts; what else the
 * caller left open is not passed on to what we start.
 */
void fd_settle_inherited(void);

/* For CLEANUP() on an int; -1 is nothing. */
void fd_closep(int *fd);
/* All n bytes, through short writes and signals. */
NODISCARD enum err_code fd_write_all(int fd, const void *p, size_t n, struct err *err);
/* Read until `n` bytes or the end of file; *got says how many. */
NODISCARD enum err_code fd_read_full(int fd, void *p, size_t n, size_t *got, struct err *err);
