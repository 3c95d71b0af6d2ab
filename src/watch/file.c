#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "watch/source.h"

#define FILE_DEFAULT_BYTES (1u << 20)  /* default of max_bytes: what a rule can sensibly compare */
#define FILE_MAX_BYTES     (64u << 20) /* its limit: so much memory is taken at each look */

struct file_source {
    struct source source; /* first */
    char *path;
    size_t max_bytes;
};

static enum err_code file_open(struct source *s, json_t *settings, struct err *err)
{
    struct file_source *f = container_of(s, struct file_source, source);

    f->path = xstrdup(json_get_str(settings, "path", NULL));
    f->max_bytes = (size_t)json_get_int(settings, "max_bytes", FILE_DEFAULT_BYTES);
    if (f->max_bytes > FILE_MAX_BYTES)
        return err_set(err, ERR_INVALID, "'max_bytes' is more than %u", FILE_MAX_BYTES);
    return ERR_OK;
}

static void file_close(struct source *s)
{
    free(container_of(s, struct file_source, source)->path);
}

static void file_add_absence(struct sample_list *l)
{
    sample_add_bool(l, "exists", false);
    sample_add_null(l, "size", "B");
    sample_add_null(l, "age", "s");
    sample_add_null(l, "text", NULL);
}

/* One byte more than the cap is read, to know whether there is one. */
static enum err_code file_add_text(const struct file_source *f, int fd, struct sample_list *l,
                                   struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv kept;
    size_t n;

    strbuf_reserve(&text, f->max_bytes + 1);
    if (fd_read_full(fd, text.p, f->max_bytes + 1, &n, err) != ERR_OK)
        return err_wrap(err, "'%s'", f->path);
    kept = (struct sv){text.p, size_min(n, f->max_bytes)};
    sample_add_text(l, "text", kept);
    sample_add_bool(l, "truncated", n > f->max_bytes);
    sample_add_json(l, "json", kept);
    return ERR_OK;
}

/* The file is opened once, so that size, age and text are of one and the same. */
static enum err_code file_look(const struct source *s, struct sample_list *l, struct err *err)
{
    const struct file_source *f = (const struct file_source *)(const void *)s;
    CLEANUP(fd_closep) int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int64_t written_us;
    struct stat st;

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        file_add_absence(l);
        return ERR_OK;
    }
    /* What is there but cannot be opened (no right, a socket) still has a size and an age. */
    if (fd >= 0 ? fstat(fd, &st) != 0 : stat(f->path, &st) != 0)
        return err_sys(err, errno, "look at '%s'", f->path);
    sample_add_bool(l, "exists", true);
    sample_add_number(l, "size", (double)st.st_size, "B");
    written_us = st.st_mtim.tv_sec * CLOCK_US_PER_S + st.st_mtim.tv_nsec / 1000;
    sample_add_number(l, "age", (double)(l->at_us - written_us) / 1e6, "s");
    if (fd < 0)
        sample_add_error(l, "text", SV("it cannot be opened for reading"));
    else if (!S_ISREG(st.st_mode))
        sample_add_error(l, "text", SV("it is not a regular file"));
    else
        return file_add_text(f, fd, l, err);
    return ERR_OK;
}

static const struct source_key file_keys[] = {
    {"path", SOURCE_TEXT, true, "the file"},
    {"max_bytes", SOURCE_NUMBER, false, "how much of its text is read; 1 MiB unless given"},
};

static const struct source_member file_members[] = {
    {"exists", NULL, "true: something has this name"},
    {"size", "B", "null: it is not there"},
    {"age", "s", "since it was last written; null: it is not there"},
    {"text", NULL, "null: it is not there"},
    {"truncated", NULL, "the text goes on beyond max_bytes"},
    {"json.*", NULL, "each value of a JSON text, by its path"},
};

const struct source_ops source_file = {
    .kind = "file",
    .help = "whether a file is there, how old it is, and what it says",
    .keys = file_keys,
    .n_keys = ARRAY_LEN(file_keys),
    .members = file_members,
    .n_members = ARRAY_LEN(file_members),
    .size = sizeof(struct file_source),
    .open = file_open,
    .close = file_close,
    .look = file_look,
};
