/*
 * The row `log`: a file that others write to.  Rotation by renaming (also several times between two looks), by copying
 * and truncating, and lines that are not whole yet lose nothing; what stood there before the first look is not counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sv.h"
#include "watch/inner.h"
#include "watch/log_count.h"
#include "watch/source.h"

#define LOG_BLOCK_BYTES (1u << 20) /* read at once */
#define LOG_HEAD_BYTES  256u       /* by which a file that was begun anew is known */
#define LOG_ROTATED     9u         /* NAME.1 to NAME.9 are looked at when NAME is another file */

/* What looks leave for the next one; there is never more than one look at a time. */
struct log_state {
    int fd; /* -1: none yet */
    struct stat st;
    uint64_t offset;
    char head[LOG_HEAD_BYTES];
    size_t n_head;
    bool begun;        /* looked at before: a file that comes is new from its beginning */
    bool resumed;      /* st, offset and n_head are those of another process, as is ... */
    struct hash known; /* ... the hash of the head: what a log says is not kept */
    bool skip;         /* the first look fell into a line: it is no whole one */
    struct strbuf buf; /* what is not a whole line yet */
    struct log_count count;
};

struct log_source {
    struct source source; /* first */
    char *path;
    bool from_start;
    struct log_state *state;
};

static struct log_source *log_of(struct source *s)
{
    return container_of(s, struct log_source, source);
}

static enum err_code log_open(struct source *s, json_t *settings, struct err *err)
{
    struct log_source *g = log_of(s);
    struct sv record = json_get_sv(settings, "record"), zone = json_get_sv(settings, "zone");

    g->path = xstrdup(json_get_str(settings, "path", ""));
    g->from_start = json_get_bool(settings, "from_start", false);
    g->state = XNEW(struct log_state);
    g->state->fd = -1;
    if (zone.n && tz_open(NULL, zone, &g->state->count.zone, err) != ERR_OK)
        return err->code = ERR_INVALID; /* whatever it is for others: here a setting is wrong */
    return record.n ? log_count_record(&g->state->count, record, err) : ERR_OK;
}

static void log_close(struct source *s)
{
    struct log_source *g = log_of(s);

    fd_closep(&g->state->fd);
    strbuf_release(&g->state->buf);
    log_count_release(&g->state->count);
    free(g->state);
    free(g->path);
}

static enum err_code log_want(struct source *s, const struct sv *names, size_t n, struct err *err)
{
    return log_count_want(&log_of(s)->state->count, names, n, err);
}

/* "DEVICE INODE OFFSET BYTES HASH": the file, how much of it was counted, and how it begins. */
static void log_add_position(const struct log_state *st, struct sample_list *l)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct hash head;

    strbuf_addf(&text, "%llu %llu %llu ", (unsigned long long)st->st.st_dev,
                (unsigned long long)st->st.st_ino, (unsigned long long)(st->offset - st->buf.n));
    head = hash_of((struct sv){st->head, st->n_head});
    strbuf_addf(&text, "%zu %s", st->n_head, hash_hex(&head).s);
    sample_add_text(l, "position", strbuf_sv(&text));
}

static void log_resume(struct source *s, struct sv position)
{
    struct log_state *st = log_of(s)->state;
    uint64_t v[4];
    struct sv word;

    for (size_t i = 0; i < ARRAY_LEN(v); i++)
        if (!sv_next_word(&position, &word) || !sv_to_u64(word, &v[i]))
            return; /* of another version: it begins at the end, as if it were new */
    if (v[3] > LOG_HEAD_BYTES || !hash_from_hex(sv_trim(position), &st->known))
        return;
    st->st.st_dev = (dev_t)v[0];
    st->st.st_ino = (ino_t)v[1];
    st->offset = v[2];
    st->n_head = (size_t)v[3];
    st->resumed = st->begun = true;
}

/* Whole lines are counted, the rest stays.  A line without end that is too long is cut there. */
static void log_take(struct log_state *st)
{
    struct sv text = strbuf_sv(&st->buf);
    size_t end = text.n;

    while (end > 0 && text.p[end - 1] != '\n')
        end--;
    if (end == 0 && text.n < LIMIT_LINE_BYTES)
        return;
    if (end == 0)
        end = text.n;
    if (st->skip) {
        size_t lf = sv_find_byte(text, '\n', 0);

        st->skip = lf == SV_NPOS;
        log_count_lines(&st->count, sv_sub(text, lf == SV_NPOS ? end : lf + 1, end));
    } else {
        log_count_lines(&st->count, sv_sub(text, 0, end));
    }
    strbuf_consume(&st->buf, end);
}

/* The file goes on no more: what it ends with is a line. */
static void log_take_rest(struct log_state *st)
{
    if (st->buf.n && !st->skip)
        log_count_lines(&st->count, strbuf_sv(&st->buf));
    strbuf_truncate(&st->buf, 0);
    st->skip = false;
}

static enum err_code log_read(struct log_state *st, struct err *err)
{
    ssize_t got;

    do {
        strbuf_reserve(&st->buf, LOG_BLOCK_BYTES);
        got = pread(st->fd, st->buf.p + st->buf.n, LOG_BLOCK_BYTES, (off_t)st->offset);
        if (got < 0 && errno != EINTR)
            return err_sys(err, errno, "read");
        if (got <= 0)
            continue;
        if (st->offset == st->n_head && st->n_head < LOG_HEAD_BYTES) {
            size_t n = size_min((size_t)got, LOG_HEAD_BYTES - st->n_head);

            memcpy(st->head + st->n_head, st->buf.p + st->buf.n, n);
            st->n_head += n;
        }
        st->offset += (uint64_t)got;
        st->buf.n += (size_t)got;
        log_take(st);
    } while (got != 0);
    return ERR_OK;
}

/* Shorter than what was read, or beginning with something else: it was emptied and written anew. */
static bool log_is_anew(const struct log_state *st, const struct stat *now)
{
    char head[LOG_HEAD_BYTES];

    if ((uint64_t)now->st_size < st->offset)
        return true;
    return st->n_head > 0 && (pread(st->fd, head, st->n_head, 0) != (ssize_t)st->n_head ||
                              memcmp(head, st->head, st->n_head) != 0);
}

/* Is this the file that another process has read, so far?  Then its head is ours. */
static bool log_is_known(struct log_state *st, int fd, const struct stat *now)
{
    struct hash head;

    if (now->st_dev != st->st.st_dev || now->st_ino != st->st.st_ino ||
        (uint64_t)now->st_size < st->offset ||
        pread(fd, st->head, st->n_head, 0) != (ssize_t)st->n_head)
        return false;
    head = hash_of((struct sv){st->head, st->n_head});
    return hash_eq(&head, &st->known);
}

/* NAME.k, a file; -1: there is none. */
static int log_open_rotated(const struct log_source *g, unsigned k, struct stat *st)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    int fd;

    strbuf_addf(&name, "%s.%u", g->path, k);
    fd = open(strbuf_str(&name), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode)))
        fd_closep(&fd);
    return fd;
}

/* The rest of a file that is not written to any more. */
static enum err_code log_read_last(struct log_state *st, int fd, struct err *err)
{
    enum err_code rc;

    st->fd = fd;
    rc = log_read(st, err);
    st->fd = -1;
    log_take_rest(st);
    return rc;
}

/* What was begun after NAME.k, and renamed itself since the last look: the oldest first. */
static enum err_code log_read_younger(const struct log_source *g, unsigned k, struct err *err)
{
    struct log_state *st = g->state;

    while (--k > 0) {
        struct stat now;
        CLEANUP(fd_closep) int fd = log_open_rotated(g, k, &now);

        st->offset = st->n_head = 0;
        if (fd >= 0 && log_read_last(st, fd, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

/* While nobody looked it may have been renamed to NAME.1, and again: the rest of it first. */
static enum err_code log_read_renamed(const struct log_source *g, struct err *err)
{
    struct log_state *st = g->state;

    for (unsigned k = 1; k <= LOG_ROTATED; k++) {
        struct stat now;
        CLEANUP(fd_closep) int fd = log_open_rotated(g, k, &now);

        if (fd < 0)
            return ERR_OK;
        if (!log_is_known(st, fd, &now))
            continue;
        if (log_read_last(st, fd, err) != ERR_OK)
            return err->code;
        return log_read_younger(g, k, err);
    }
    return ERR_OK;
}

/* As which NAME.k the file that was read until now is there; 1: as the first, or nowhere. */
static unsigned log_place(const struct log_source *g)
{
    for (unsigned k = 1; k <= LOG_ROTATED; k++) {
        struct stat now;
        CLEANUP(fd_closep) int fd = log_open_rotated(g, k, &now);

        if (fd < 0)
            return 1;
        if (now.st_dev == g->state->st.st_dev && now.st_ino == g->state->st.st_ino)
            return k;
    }
    return 1;
}

/* Only what comes from now on counts: from the end, and from the next line when it falls into one. */
static enum err_code log_skip(struct log_state *st, struct err *err)
{
    char last = '\n';

    st->offset = (uint64_t)st->st.st_size;
    st->n_head = size_min(LOG_HEAD_BYTES, (size_t)st->offset);
    if (st->n_head && pread(st->fd, st->head, st->n_head, 0) != (ssize_t)st->n_head)
        return err_sys(err, errno, "read");
    if (st->offset && pread(st->fd, &last, 1, (off_t)st->offset - 1) != 1)
        return err_sys(err, errno, "read");
    st->skip = last != '\n';
    return ERR_OK;
}

static enum err_code log_adopt(const struct log_source *g, int *fd, const struct stat *now,
                               struct err *err)
{
    struct log_state *st = g->state;
    bool first = !st->begun && !g->from_start, resumed = st->resumed;

    st->resumed = false;
    if (resumed && log_is_known(st, *fd, now)) {
        st->fd = *fd;
        *fd = -1;
        return ERR_OK;
    }
    if (resumed && log_read_renamed(g, err) != ERR_OK)
        return err->code;
    st->fd = *fd;
    *fd = -1;
    st->st = *now;
    st->offset = 0;
    st->n_head = 0;
    st->begun = true;
    return first ? log_skip(st, err) : ERR_OK;
}

/* The file of this name, if it is another one now than that which is read. */
static enum err_code log_follow(const struct log_source *g, struct err *err)
{
    struct log_state *st = g->state;
    CLEANUP(fd_closep) int fd = open(g->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int why = errno;
    struct stat now;

    if (fd < 0) {
        st->begun |= why == ENOENT;
        if (st->fd >= 0 && log_read(st, err) != ERR_OK) /* renamed, and the new one not there yet */
            return err->code;
        return err_sys(err, why, "open");
    }
    if (fstat(fd, &now) != 0 || !S_ISREG(now.st_mode))
        return err_set(err, ERR_INVALID, "it is not a regular file");
    if (st->fd >= 0 && now.st_dev == st->st.st_dev && now.st_ino == st->st.st_ino) {
        if (!log_is_anew(st, &now))
            return ERR_OK;
        log_take_rest(st);
        st->offset = st->n_head = 0;
        return ERR_OK;
    }
    if (st->fd >= 0) {
        if (log_read(st, err) != ERR_OK)
            return err->code;
        log_take_rest(st);
        fd_closep(&st->fd);
        if (log_read_younger(g, log_place(g), err) != ERR_OK)
            return err->code;
    }
    return log_adopt(g, &fd, &now, err);
}

static enum err_code log_look(const struct source *s, struct sample_list *l, struct err *err)
{
    const struct log_source *g = (const struct log_source *)(const void *)s;
    struct log_state *st = g->state;

    if (log_follow(g, err) != ERR_OK || log_read(st, err) != ERR_OK)
        return err_wrap(err, "log '%s'", g->path);
    log_count_settle(&st->count);
    log_count_report(&st->count, l);
    log_add_position(st, l);
    return ERR_OK;
}

/* --- for patterns.c --- */

struct log_count *log_source_count(struct source *s)
{
    return &log_of(s)->state->count;
}

/* Records are made of whole lines; the first may be a piece. */
static void log_take_history(const struct log_source *g, struct sv text, bool piece,
                             struct log_shapes *to)
{
    struct log_count whole = {.record = g->state->count.record, .shapes = to};
    size_t lf = piece ? sv_find_byte(text, '\n', 0) : 0;

    if (piece)
        text = lf == SV_NPOS ? SV("") : sv_sub(text, lf + 1, text.n);
    log_count_lines(&whole, text);
    log_count_settle(&whole);
    log_count_settle(&whole); /* the last record may go on: it is one all the same */
    whole.record = NULL;      /* it is the source's */
    log_count_release(&whole);
}

enum err_code log_source_history(const struct source *s, uint64_t bytes, struct log_shapes *to,
                                 struct err *err)
{
    const struct log_source *g = (const struct log_source *)(const void *)s;
    CLEANUP(fd_closep) int fd = open(g->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    uint64_t from;
    struct stat now;
    ssize_t got = 1;

    if (fd < 0 || fstat(fd, &now) != 0)
        return err_sys(err, errno, "log '%s': open", g->path);
    from = (uint64_t)now.st_size > bytes ? (uint64_t)now.st_size - bytes : 0;
    for (uint64_t at = from; at < (uint64_t)now.st_size && got > 0; at += (uint64_t)got) {
        size_t n = size_min(LOG_BLOCK_BYTES, (size_t)((uint64_t)now.st_size - at));

        strbuf_reserve(&text, n);
        got = pread(fd, text.p + text.n, n, (off_t)at);
        if (got < 0)
            return err_sys(err, errno, "log '%s': read", g->path);
        text.n += (size_t)got;
    }
    log_take_history(g, strbuf_sv(&text), from > 0, to);
    return ERR_OK;
}

static const struct source_key log_keys[] = {
    {"path", SOURCE_TEXT, true, "the file"},
    {"record", SOURCE_TEXT, false,
     "a pattern: lines that do not match belong to the record before"},
    {"zone", SOURCE_TEXT, false, "time zone of times in it that name none: Europe/Berlin"},
    {"from_start", SOURCE_BOOL, false, "what stands there at the first look counts too"},
};

static const struct source_member log_members[] = {LOG_COUNT_MEMBERS};

const struct source_ops source_log = {
    .kind = "log",
    .help = "how many records of a log file match a pattern",
    .keys = log_keys,
    .n_keys = ARRAY_LEN(log_keys),
    .members = log_members,
    .n_members = ARRAY_LEN(log_members),
    .size = sizeof(struct log_source),
    .open = log_open,
    .close = log_close,
    .want = log_want,
    .resume = log_resume,
    .look = log_look,
};
