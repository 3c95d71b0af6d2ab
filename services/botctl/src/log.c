#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

struct log {
    pthread_mutex_t lock;
    char *path; /* "": stderr */
    int fd;
};

static int open_path(const char *path)
{
    if (!*path)
        return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

enum err_code log_open(const char *path, struct log **ret, struct err *err)
{
    struct log *log;
    int fd = open_path(path);

    if (fd < 0) {
        (void)err_sys(err, errno, "open the log '%s'", *path ? path : "(stderr)");
        err->code = ERR_USAGE; /* the setting is wrong */
        return ERR_USAGE;
    }
    log = xcalloc(1, sizeof(*log));
    pthread_mutex_init(&log->lock, NULL);
    log->path = xstrdup(path);
    log->fd = fd;
    *ret = log;
    return ERR_OK;
}

void log_free(struct log *log)
{
    if (!log)
        return;
    close(log->fd);
    pthread_mutex_destroy(&log->lock);
    free(log->path);
    free(log);
}

enum err_code log_reopen(struct log *log, struct err *err)
{
    int fd = open_path(log->path), old;

    if (fd < 0)
        return err_sys(err, errno, "reopen the log '%s'", log->path);
    pthread_mutex_lock(&log->lock);
    old = log->fd;
    log->fd = fd;
    pthread_mutex_unlock(&log->lock);
    close(old);
    return ERR_OK;
}

static void log_write(struct log *log, const char *line, size_t n)
{
    pthread_mutex_lock(&log->lock);
    while (n > 0) {
        ssize_t done = write(log->fd, line, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            break; /* a full disk must not stop the service */
        line += done;
        n -= (size_t)done;
    }
    pthread_mutex_unlock(&log->lock);
}

void log_event(struct log *log, enum log_level level, const char *event, const char *fields, ...)
{
    static const char *const names[] = {"info", "warn", "error"};
    CLEANUP(free_charp) char *text = NULL, *line = NULL;
    char now[CLOCK_TEXT];
    json_error_t why;
    json_t *all, *more;
    va_list ap;

    clock_text(now);
    all = json_pack("{s:s, s:s, s:s}", "time", now, "level", names[level], "event", event);
    va_start(ap, fields);
    more = json_vpack_ex(&why, 0, fields, ap);
    va_end(ap);
    if (!more) /* text that is not UTF-8: say so rather than lose the event */
        more = json_pack("{s:s}", "log_error", why.text);
    json_object_update(all, more);
    text = json_dumps(all, JSON_COMPACT | JSON_REAL_PRECISION(9));
    line = xasprintf("%s\n", text);
    log_write(log, line, strlen(line));
    json_decref(more);
    json_decref(all);
}

json_t *log_text(const char *s)
{
    json_t *text = json_string(s);
    CLEANUP(free_charp) char *copy = NULL;

    if (text)
        return text;
    copy = xstrdup(s);
    for (char *p = copy; *p; p++)
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    return json_string(copy);
}
