#include "acks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum err_code acks_open(const char *path, int *ret_fd, struct err *err)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0)
        return err_sys(err, errno, "open '%s'", path);
    *ret_fd = fd;
    return ERR_OK;
}

enum err_code acks_add(int fd, const struct ack *ack, struct err *err)
{
    CLEANUP(free_charp)
    char *line = xasprintf("%lld\t%s\t%s\n", (long long)ack->id, ack->bot_id, ack->text);
    size_t n = strlen(line);
    ssize_t done = write(fd, line, n);

    if (done != (ssize_t)n)
        return err_sys(err, done < 0 ? errno : ENOSPC, "write an acknowledgement");
    return ERR_OK;
}

/* Split a line in place; its end is cut off. */
static enum err_code parse_line(char *line, struct ack *ack, struct err *err)
{
    char *end = NULL, *bot = strchr(line, '\t'), *text = bot ? strchr(bot + 1, '\t') : NULL;
    char *newline = text ? strchr(text, '\n') : NULL;

    if (!newline)
        return err_set(err, ERR_FAILED, "not ID, bot and text, or cut off");
    *bot = *text = *newline = '\0';
    ack->id = strtoll(line, &end, 10);
    ack->bot_id = bot + 1;
    ack->text = text + 1;
    if (end == line || *end || ack->id < 1)
        return err_set(err, ERR_FAILED, "'%s' is not an id", line);
    return ERR_OK;
}

enum err_code acks_read(const char *path, ack_fn fn, void *ctx, struct err *err)
{
    CLEANUP(free_charp) char *line = NULL;
    FILE *f = fopen(path, "re");
    enum err_code rc = ERR_OK;
    size_t size = 0, number = 0;
    struct ack ack;

    if (!f)
        return err_sys(err, errno, "open '%s'", path);
    while (rc == ERR_OK && getline(&line, &size, f) > 0) {
        number++;
        rc = parse_line(line, &ack, err);
        if (rc != ERR_OK)
            (void)err_wrap(err, "%s:%zu", path, number);
        else
            rc = fn(ctx, &ack, err);
    }
    if (rc == ERR_OK && ferror(f))
        rc = err_sys(err, EIO, "read '%s'", path);
    fclose(f);
    return rc;
}
