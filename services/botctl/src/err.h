#pragma once

/*
 * err: how a failure is returned, and memory that cannot be missing.
 *
 * A function that can fail returns enum err_code and takes struct err * last; it
 * leaves its results untouched on failure.  The message can be printed as it
 * stands: what was tried, on which thing; lower case, no full stop.  Running out
 * of memory ends the process: committed rows are safe, nothing else is worth it.
 */
#include <stddef.h>

#define NODISCARD         __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define CLEANUP(fn)       __attribute__((cleanup(fn)))
#define ARRAY_LEN(a)      (sizeof(a) / sizeof((a)[0]))

enum err_code {
    ERR_OK = 0,
    ERR_FAILED, /* a system call or a library refused */
    ERR_USAGE,  /* the command line, a setting */
    ERR_LISTEN, /* the address cannot be bound */
    ERR_SCHEMA, /* the database is too old, too new or not ours */
    ERR_ABSENT, /* there is no such database */
    ERR_DB,     /* the database refused or did not answer */
    ERR_INPUT,  /* a request that the client must mend */
    ERR_CACHE,  /* a handler's own store refused */
    ERR__N
};

struct err {
    enum err_code code;
    char msg[512]; /* "..." at the end when it was cut */
};

/* Fill err and return the code.  err_sys adds the text of errno; err_wrap puts "context: " in front. */
enum err_code err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
enum err_code err_sys(struct err *err, int sys, const char *fmt, ...) PRINTF_LIKE(3, 4);
enum err_code err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* What the program exits with for a code: 0, 1 failed, 2 usage or port, 3 schema. */
int err_exit(enum err_code code);

/* Like calloc, realloc, strdup and asprintf; they abort instead of returning NULL. */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* For CLEANUP(). */
void free_charp(char **p);
void close_fdp(const int *fd);
