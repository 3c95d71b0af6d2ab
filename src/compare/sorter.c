#include "compare/sorter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "compare/key.h"

#define SORTER_RUN_BYTES (64u << 10) /* of a run in memory while it is merged */
#define SORTER_MAX_RUNS  4096u       /* of 32 MiB: 128 GiB of records */

struct item {
    size_t at; /* in `bytes`: the key, then the line */
    size_t key_n, line_n;
};

/* A sorted part of the file, or of the memory: then `from` counts items. */
struct run {
    off_t from, to;
    struct strbuf buf;
    size_t at; /* in buf */
    struct item now;
};

struct sorter {
    char *folder;
    size_t memory;
    int fd;
    off_t size;
    struct strbuf bytes;
    VEC(struct item) items;
    size_t next; /* item, when nothing went to the file */
    VEC(struct run) runs;
    VEC(struct run *) heap; /* those that are not at their end, the smallest first */
    bool sorted, started;
};

struct sorter *sorter_new(const char *folder, size_t memory_bytes)
{
    struct sorter *s = XNEW(struct sorter);

    s->folder = xstrdup(folder);
    s->memory = memory_bytes;
    s->fd = -1;
    return s;
}

void sorter_free(struct sorter *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->runs.n; i++)
        strbuf_release(&s->runs.v[i].buf);
    vec_release(&s->runs);
    vec_release(&s->heap);
    vec_release(&s->items);
    strbuf_release(&s->bytes);
    fd_closep(&s->fd);
    free(s->folder);
    free(s);
}

size_t sorter_runs(const struct sorter *s)
{
    return s->runs.n;
}

static struct sv item_key(const struct strbuf *b, const struct item *i)
{
    return (struct sv){b->p + i->at, i->key_n};
}

static struct sv item_line(const struct strbuf *b, const struct item *i)
{
    return (struct sv){b->p + i->at + i->key_n, i->line_n};
}

static int item_cmp(const void *a, const void *b, void *bytes)
{
    const struct item *x = a, *y = b;
    int c = key_cmp(item_key(bytes, x), item_key(bytes, y));

    return c ? c : (x->at > y->at) - (x->at < y->at);
}

static void sort_items(struct sorter *s)
{
    if (s->items.n)
        qsort_r(s->items.v, s->items.n, sizeof(*s->items.v), item_cmp, &s->bytes);
}

/* ---- to the file ---- */

static enum err_code open_file(struct sorter *s, struct err *err)
{
    CLEANUP(mem_freep) char *path = path_join(s->folder, ".prusik-sort.XXXXXX");

    s->fd = mkostemp(path, O_CLOEXEC);
    if (s->fd < 0)
        return err_sys(err, errno, "make a file to sort in '%s'", s->folder);
    if (unlink(path) != 0)
        return err_sys(err, errno, "unlink '%s'", path); /* uncovered: it was just made */
    return ERR_OK;
}

static enum err_code write_out(struct sorter *s, struct strbuf *out, struct err *err)
{
    if (fd_write_all(s->fd, out->p, out->n, err) != ERR_OK)
        return err_wrap(err, "sort in '%s'", s->folder);
    s->size += (off_t)out->n;
    strbuf_truncate(out, 0);
    return ERR_OK;
}

/* A record: the two lengths, the bytes. */
static enum err_code spill(struct sorter *s, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    off_t from = s->size;

    if (s->runs.n == SORTER_MAX_RUNS)
        return err_set(err, ERR_LIMIT, "more records than can be sorted: %u times %zu bytes",
                       SORTER_MAX_RUNS, s->memory);
    if (s->fd < 0 && open_file(s, err) != ERR_OK)
        return err->code;
    sort_items(s);
    for (size_t i = 0; i < s->items.n; i++) {
        const struct item *it = &s->items.v[i];

        strbuf_add(&out, &it->key_n, sizeof(it->key_n));
        strbuf_add(&out, &it->line_n, sizeof(it->line_n));
        strbuf_add(&out, s->bytes.p + it->at, it->key_n + it->line_n);
        if (out.n >= SORTER_RUN_BYTES && write_out(s, &out, err) != ERR_OK)
            return err->code;
    }
    if (out.n && write_out(s, &out, err) != ERR_OK)
        return err->code;
    *vec_add(&s->runs) = (struct run){.from = from, .to = s->size};
    strbuf_truncate(&s->bytes, 0);
    s->items.n = 0;
    return ERR_OK;
}

enum err_code sorter_add(struct sorter *s, struct sv key, struct sv line, struct err *err)
{
    struct item it = {.at = s->bytes.n, .key_n = key.n, .line_n = line.n};

    assert(!s->sorted && key.n > 0);
    if (s->items.n && s->bytes.n + key.n + line.n + s->items.n * sizeof(it) > s->memory) {
        if (spill(s, err) != ERR_OK)
            return err->code;
        it.at = 0;
    }
    strbuf_add_sv(&s->bytes, key);
    strbuf_add_sv(&s->bytes, line);
    *vec_add(&s->items) = it;
    return ERR_OK;
}

/* ---- from the file ---- */

/* At least n bytes of the run in memory, at buf.p + at. */
static enum err_code run_need(struct sorter *s, struct run *r, size_t n, struct err *err)
{
    while (r->buf.n - r->at < n) {
        size_t want = size_min(size_max(n, SORTER_RUN_BYTES), (size_t)(r->to - r->from));
        ssize_t got;

        strbuf_consume(&r->buf, r->at);
        r->at = 0;
        if (want == 0)
            return err_set(
                err, ERR_CORRUPT,
                "the file that is sorted in has become shorter"); /* uncovered: only we have it */
        strbuf_reserve(&r->buf, want);
        got = pread(s->fd, r->buf.p + r->buf.n, want, r->from);
        if (got <= 0)
            return err_sys(err, got < 0 ? errno : EIO,
                           "read what was sorted"); /* uncovered: a broken disk */
        r->buf.n += (size_t)got;
        r->from += got;
    }
    return ERR_OK;
}

static enum err_code run_step(struct sorter *s, struct run *r, bool *more, struct err *err)
{
    struct item it = {0};

    if (r->at == r->buf.n && r->from == r->to) {
        *more = false;
        return ERR_OK;
    }
    if (run_need(s, r, 2 * sizeof(size_t), err) != ERR_OK)
        return err->code; /* uncovered: a broken disk */
    memcpy(&it.key_n, r->buf.p + r->at, sizeof(it.key_n));
    memcpy(&it.line_n, r->buf.p + r->at + sizeof(it.key_n), sizeof(it.line_n));
    r->at += 2 * sizeof(size_t);
    if (run_need(s, r, it.key_n + it.line_n, err) != ERR_OK)
        return err->code; /* uncovered: a broken disk */
    it.at = r->at;
    r->at += it.key_n + it.line_n;
    r->now = it;
    *more = true;
    return ERR_OK;
}

static bool run_before(const struct run *a, const struct run *b)
{
    int c = key_cmp(item_key(&a->buf, &a->now), item_key(&b->buf, &b->now));

    return c ? c < 0 : a < b; /* an earlier run was added earlier */
}

static void heap_down(struct sorter *s, size_t i)
{
    for (size_t child; (child = 2 * i + 1) < s->heap.n; i = child) {
        struct run *r = s->heap.v[i];

        if (child + 1 < s->heap.n && run_before(s->heap.v[child + 1], s->heap.v[child]))
            child++;
        if (!run_before(s->heap.v[child], r))
            return;
        s->heap.v[i] = s->heap.v[child];
        s->heap.v[child] = r;
    }
}

static void give_back_memory(struct sorter *s)
{
    strbuf_release(&s->bytes);
    s->bytes = STRBUF(0);
    vec_release(&s->items);
}

enum err_code sorter_sort(struct sorter *s, struct err *err)
{
    assert(!s->sorted);
    s->sorted = true;
    if (s->runs.n == 0) {
        sort_items(s);
        return ERR_OK;
    }
    if (s->items.n && spill(s, err) != ERR_OK)
        return err->code;
    give_back_memory(s);
    for (size_t i = 0; i < s->runs.n; i++) {
        bool more = false;

        if (run_step(s, &s->runs.v[i], &more, err) != ERR_OK)
            return err->code; /* uncovered: a broken disk */
        assert(more);
        *vec_add(&s->heap) = &s->runs.v[i];
    }
    for (size_t i = s->heap.n; i-- > 0;)
        heap_down(s, i);
    return ERR_OK;
}

/* The run that gave the last pair goes on, or is at its end. */
static enum err_code heap_step(struct sorter *s, struct err *err)
{
    bool more = false;

    if (run_step(s, s->heap.v[0], &more, err) != ERR_OK)
        return err->code; /* uncovered: a broken disk */
    if (!more) {
        strbuf_release(&s->heap.v[0]->buf);
        s->heap.v[0] = s->heap.v[--s->heap.n];
    }
    heap_down(s, 0);
    return ERR_OK;
}

enum err_code sorter_next(struct sorter *s, struct sv *key, struct sv *line, bool *more,
                          struct err *err)
{
    const struct strbuf *b = &s->bytes;
    const struct item *it;

    assert(s->sorted);
    if (s->runs.n == 0) {
        *more = s->next < s->items.n;
        if (!*more)
            return ERR_OK;
        it = &s->items.v[s->next++];
    } else {
        if (s->started && s->heap.n && heap_step(s, err) != ERR_OK)
            return err->code; /* uncovered: a broken disk */
        s->started = true;
        *more = s->heap.n > 0;
        if (!*more)
            return ERR_OK;
        b = &s->heap.v[0]->buf;
        it = &s->heap.v[0]->now;
    }
    *key = item_key(b, it);
    *line = item_line(b, it);
    return ERR_OK;
}
