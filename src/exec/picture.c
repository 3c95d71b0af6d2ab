#include "exec/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/sv.h"
#include "exec/picture_int.h"

void picture_add(struct picture *p, const char *what, const char *name, const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf key = STRBUF(0), value = STRBUF(0);
    va_list ap;

    strbuf_addf(&key, "%s %s", what, name);
    va_start(ap, fmt);
    strbuf_vaddf(&value, fmt, ap);
    va_end(ap);
    json_put_str(p->facts, strbuf_str(&key), strbuf_str(&value));
}

enum err_code picture_hash_file(const char *path, struct hash *ret, struct err *err)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    CLEANUP(hash_state_freep) struct hash_state *state = hash_state_new();
    char bytes[65536];
    size_t n = 0;

    if (fd < 0)
        return err_sys(err, errno, "read '%s'", path); /* uncovered: for users who may not */
    do {
        if (fd_read_full(fd, bytes, sizeof(bytes), &n, err) != ERR_OK)
            return err_wrap(err, "%s", path);
        hash_add(state, bytes, n);
    } while (n == sizeof(bytes));
    *ret = hash_end(state);
    return ERR_OK;
}

/* --- files --- */

static bool picture_is_left_out(const struct picture *p, const char *path)
{
    for (size_t i = 0; i < p->of->n_except; i++) {
        CLEANUP(mem_freep) char *pattern = xstrdup_sv(p->of->except[i]);

        if (fnmatch(pattern, path, 0) == 0)
            return true;
    }
    return false;
}

static void picture_add_link(struct picture *p, const char *path)
{
    char target[4096];
    ssize_t n = readlink(path, target, sizeof(target) - 1);

    target[n > 0 ? n : 0] = '\0';
    picture_add(p, "link", path, "to %s", target);
}

static enum err_code picture_entry(struct picture *p, const FTSENT *e, struct err *err)
{
    const struct stat *s = e->fts_statp;
    struct hash h;

    switch (e->fts_info) {
    case FTS_D:
        picture_add(p, "folder", e->fts_path, "%04o %u:%u", s->st_mode & 07777u, s->st_uid,
                    s->st_gid);
        return ERR_OK;
    case FTS_SL:
    case FTS_SLNONE: picture_add_link(p, e->fts_path); return ERR_OK;
    case FTS_F:
        if (picture_hash_file(e->fts_accpath, &h, err) != ERR_OK)
            return err->code;
        picture_add(p, "file", e->fts_path, "%04o %u:%u, %lld bytes, sha256 %s",
                    s->st_mode & 07777u, s->st_uid, s->st_gid, (long long)s->st_size,
                    hash_hex(&h).s);
        return ERR_OK;
    case FTS_DEFAULT: /* a socket, a pipe, a device: that it is there */
        picture_add(p, "special file", e->fts_path, "%06o %u:%u", s->st_mode, s->st_uid, s->st_gid);
        return ERR_OK;
    case FTS_DNR: /* uncovered: root reads all */
    case FTS_ERR:
    case FTS_NS:
        return err_sys(err, e->fts_errno, "look at '%s'", e->fts_path); /* uncovered: likewise */
    default: return ERR_OK; /* a folder once more, when it is left */
    }
}

static enum err_code picture_walk(struct picture *p, char *path, struct err *err)
{
    char *const roots[] = {path, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    enum err_code rc = ERR_OK;
    FTSENT *e;

    if (!walk)
        return err_sys(err, errno, "look at '%s'", path); /* uncovered: only for want of memory */
    while (rc == ERR_OK && (e = fts_read(walk))) {
        if (picture_is_left_out(p, e->fts_path)) {
            (void)fts_set(walk, e, FTS_SKIP); /* always succeeds */
            continue;
        }
        if (++p->n_files > PICTURE_FILES)
            rc = err_set(err, ERR_LIMIT, "more than %u files are to be compared",
                         PICTURE_FILES); /* uncovered: takes a minute */
        else
            rc = picture_entry(p, e, err);
    }
    (void)fts_close(walk); /* only read from */
    return rc;
}

static enum err_code picture_files(struct picture *p, struct sv pattern, struct err *err)
{
    CLEANUP(mem_freep) char *text = xstrdup_sv(pattern);
    glob_t found = {0};
    int r = glob(text, GLOB_NOSORT, NULL, &found); /* the facts are sorted by their names */
    enum err_code rc = ERR_OK;

    if (r == GLOB_NOMATCH)
        picture_add(p, "files", text, "none are there");
    else if (r != 0)
        rc = err_set(err, ERR_IO, "cannot look for '%s'",
                     text); /* uncovered: it ignores what it cannot read */
    for (size_t i = 0; rc == ERR_OK && i < found.gl_pathc; i++)
        rc = picture_walk(p, found.gl_pathv[i], err);
    globfree(&found);
    return rc;
}

/* --- all of it --- */

static enum err_code picture_all(struct picture *p, struct err *err)
{
    const struct picture_of *of = p->of;

    for (size_t i = 0; i < of->n_files; i++)
        if (picture_files(p, of->files[i], err) != ERR_OK)
            return err->code;
    for (size_t i = 0; i < of->n_services; i++)
        if (picture_service(p, of->services[i], err) != ERR_OK)
            return err->code;
    for (size_t i = 0; i < of->n_databases; i++)
        if (picture_database(p, of->databases[i], err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

enum err_code picture_take(const struct picture_of *of, json_t **ret, struct err *err)
{
    struct picture p = {.of = of, .facts = json_object()};

    if (picture_all(&p, err) != ERR_OK) {
        json_decref(p.facts);
        return err->code;
    }
    *ret = p.facts;
    return ERR_OK;
}

/* --- comparing --- */

static int picture_by_name(const void *a, const void *b)
{
    return strcmp(((const struct picture_change *)a)->what,
                  ((const struct picture_change *)b)->what);
}

void picture_compare(const json_t *before, const json_t *after, picture_changes *ret)
{
    const json_t *sides[] = {before, after};
    const char *key;
    json_t *value;

    for (size_t side = 0; side < 2; side++)
        json_object_foreach((json_t *)(uintptr_t)sides[side], key, value)
        {
            const char *was = json_get_str(before, key, NULL), *is = json_get_str(after, key, NULL);

            if ((side == 1 && was) || (was && is && strcmp(was, is) == 0))
                continue; /* seen from the other side, or the same */
            *vec_add(ret) = (struct picture_change){key, was, is};
        }
    if (ret->n)
        qsort(ret->v, ret->n, sizeof(*ret->v), picture_by_name);
}
