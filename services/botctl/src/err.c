#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Text that was cut shows it, so that nobody takes half a path for a path. */
static void mark_cut(char *out, size_t size, int wanted)
{
    if (wanted >= 0 && (size_t)wanted >= size)
        memcpy(out + size - 4, "...", 4);
}

enum err_code err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    va_list ap;

    err->code = code;
    va_start(ap, fmt);
    mark_cut(err->msg, sizeof(err->msg), vsnprintf(err->msg, sizeof(err->msg), fmt, ap));
    va_end(ap);
    return code;
}

enum err_code err_sys(struct err *err, int sys, const char *fmt, ...)
{
    char what[400], why[96];
    va_list ap;

    va_start(ap, fmt);
    mark_cut(what, sizeof(what), vsnprintf(what, sizeof(what), fmt, ap));
    va_end(ap);
    return err_set(err, ERR_FAILED, "%s: %s", what, strerror_r(sys, why, sizeof(why)));
}

enum err_code err_wrap(struct err *err, const char *fmt, ...)
{
    char context[200], msg[sizeof(err->msg)];
    va_list ap;

    va_start(ap, fmt);
    mark_cut(context, sizeof(context), vsnprintf(context, sizeof(context), fmt, ap));
    va_end(ap);
    memcpy(msg, err->msg, sizeof(msg));
    return err_set(err, err->code, "%s: %s", context, msg);
}

int err_exit(enum err_code code)
{
    static const int exits[ERR__N] = {
        [ERR_OK] = 0,     [ERR_FAILED] = 1, [ERR_USAGE] = 2, [ERR_LISTEN] = 2, [ERR_SCHEMA] = 3,
        [ERR_ABSENT] = 3, [ERR_DB] = 1,     [ERR_INPUT] = 2, [ERR_CACHE] = 1,
    };

    return exits[code];
}

static void *memory_or_abort(void *p)
{
    if (!p) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return p;
}

void *xcalloc(size_t n, size_t size)
{
    return memory_or_abort(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *p, size_t size)
{
    return memory_or_abort(realloc(p, size ? size : 1));
}

char *xstrdup(const char *s)
{
    return memory_or_abort(strdup(s));
}

char *xasprintf(const char *fmt, ...)
{
    char *s = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&s, fmt, ap);
    va_end(ap);
    return memory_or_abort(n < 0 ? NULL : s);
}

void free_charp(char **p)
{
    free(*p);
}

void close_fdp(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
