#pragma once

/*
 * fd: file descriptors: closing, whole writes, close-on-exec pipes.
 */
#include "base/err.h"

/* For CLEANUP() on an int; -1 is nothing. */
void fd_closep(int *fd);
/* All n bytes, through short writes and signals. */
NODISCARD enum err_code fd_write_all(int fd, const void *p, size_t n, struct err *err);
/* Read until `n` bytes or the end of file; *got says how many. */
NODISCARD enum err_code fd_read_full(int fd, void *p, size_t n, size_t *got, struct err *err);
