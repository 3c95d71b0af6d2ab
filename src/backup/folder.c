#include "backup/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup.h"
#include "backup/scratch.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/sv.h"

#define FOLDER_DAY_US (86400 * CLOCK_US_PER_S)

void folder_release(struct folder *f)
{
    vec_release(&f->files);
    arena_release(&f->arena);
}

/* --- reading --- */

/* A file system may know whole seconds only. */
static bool folder_is_of(int64_t written_us, int64_t created_us)
{
    return written_us == created_us || written_us == created_us - created_us % CLOCK_US_PER_S;
}

static void folder_look(struct folder *f, struct folder_entry *e)
{
    CLEANUP(fd_closep) int fd = open(e->path, O_RDONLY | O_CLOEXEC);
    CLEANUP(pack_reader_freep) struct pack_reader *r = NULL;
    struct stat st;
    struct err err = {0};

    if (fd < 0 || fstat(fd, &st) != 0) {
        (void)err_sys(&err, errno, "open");
    } else {
        e->size_bytes = st.st_size;
        e->written_us = (int64_t)st.st_mtim.tv_sec * CLOCK_US_PER_S + st.st_mtim.tv_nsec / 1000;
        e->whole = pack_open(fd, e->name, &r, &err) == ERR_OK;
    }
    if (!e->whole) {
        e->why = arena_strdup(&f->arena, sv_from(err.msg));
        return;
    }
    e->head = *pack_head(r);
    e->head.database = arena_sv(&f->arena, e->head.database);
    e->head.source = arena_sv(&f->arena, e->head.source);
    e->head.program = arena_sv(&f->arena, e->head.program);
    e->touched = !folder_is_of(e->written_us, e->head.created_us);
}

static int folder_order(const void *a, const void *b)
{
    const struct folder_entry *x = a, *y = b;

    if (x->whole != y->whole)
        return x->whole ? -1 : 1;
    if (x->whole && x->head.created_us != y->head.created_us)
        return x->head.created_us > y->head.created_us ? -1 : 1;
    return sv_cmp(sv_from(x->name), sv_from(y->name));
}

enum err_code folder_read(const char *dir, struct folder *ret, struct err *err)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    struct folder f = {0};

    if (!d && errno == ENOTDIR) {
        (void)err_set(err, ERR_USAGE, "'%s' is a file, and no folder", dir);
        return err_hint(err, "prusik backup verify '%s' reads it", dir);
    }
    if (!d)
        return errno == ENOENT ? err_set(err, ERR_NOT_FOUND, "there is no folder '%s'", dir)
                               : err_sys(err, errno, "open folder '%s'", dir);
    while ((e = readdir(d)) != NULL) {
        struct folder_entry *file;

        if (!sv_ends(sv_from(e->d_name), SV(BACKUP_SUFFIX)))
            continue;
        file = vec_add(&f.files);
        file->name = arena_strdup(&f.arena, sv_from(e->d_name));
        file->path = arena_fmt(&f.arena, "%s/%s", dir, e->d_name).p;
        folder_look(&f, file);
    }
    (void)closedir(d); /* fails only for what is none */
    if (f.files.n)
        qsort(f.files.v, f.files.n, sizeof(*f.files.v), folder_order);
    f.unfinished = scratch_clean(dir);
    *ret = f;
    return ERR_OK;
}

/* --- every byte --- */

static enum err_code folder_check_file(struct folder *f, struct folder_entry *e,
                                       const struct job *job, struct err *err)
{
    CLEANUP(fd_closep) int fd = open(e->path, O_RDONLY | O_CLOEXEC);
    CLEANUP(pack_reader_freep) struct pack_reader *r = NULL;
    struct hash ignored;
    enum err_code rc;

    if (fd < 0)
        return err_sys(err, errno, "open '%s'", e->path);
    rc = pack_open(fd, e->name, &r, err);
    if (rc == ERR_OK)
        rc = pack_check(r, job, &ignored, err);
    if (rc != ERR_OK && rc != ERR_CORRUPT)
        return rc;
    e->checked = true;
    e->whole = rc == ERR_OK;
    if (!e->whole)
        e->why = arena_strdup(&f->arena, sv_from(err->msg));
    return ERR_OK;
}

enum err_code folder_check(struct folder *f, bool only_touched, const struct job *job,
                           struct err *err)
{
    for (size_t i = 0; i < f->files.n; i++) {
        struct folder_entry *e = &f->files.v[i];

        if (e->whole && (e->touched || !only_touched) &&
            folder_check_file(f, e, job, err) != ERR_OK)
            return err->code;
    }
    if (f->files.n)
        qsort(f->files.v, f->files.n, sizeof(*f->files.v), folder_order);
    return ERR_OK;
}

/* --- the policy --- */

static const struct {
    const char *name;
    size_t offset;
} folder_rules[] = {{"last", offsetof(struct folder_policy, last)},
                    {"daily", offsetof(struct folder_policy, daily)},
                    {"weekly", offsetof(struct folder_policy, weekly)},
                    {"monthly", offsetof(struct folder_policy, monthly)}};

static uint64_t *folder_count(struct folder_policy *p, size_t rule)
{
    return (uint64_t *)(void *)((char *)p + folder_rules[rule].offset);
}

static bool folder_read_rule(struct sv piece, struct folder_policy *p)
{
    size_t eq = sv_find_byte(piece, '=', 0);

    for (size_t i = 0; i < ARRAY_LEN(folder_rules) && eq != SV_NPOS; i++)
        if (sv_is(sv_trim(sv_sub(piece, 0, eq)), folder_rules[i].name))
            return sv_to_u64(sv_trim(sv_sub(piece, eq + 1, piece.n)), folder_count(p, i));
    return false;
}

enum err_code folder_policy_read(struct sv text, struct folder_policy *ret, struct err *err)
{
    struct folder_policy p = {0};
    struct sv rest = text, piece;

    while (sv_split(&rest, ',', &piece))
        if (!folder_read_rule(piece, &p)) {
            (void)err_set(err, ERR_USAGE, "'%.*s' is no rule of what is kept", SV_FMT(piece));
            return err_hint(err, "--keep last=7,daily=14,weekly=8,monthly=12");
        }
    if (!p.last && !p.daily && !p.weekly && !p.monthly)
        return err_set(err, ERR_USAGE, "'%.*s' keeps nothing", SV_FMT(text));
    *ret = p;
    return ERR_OK;
}

/* The day, week or month of a moment, as a number that differs from that of the next. */
static int64_t folder_period(size_t rule, int64_t at_us)
{
    int64_t day = at_us / FOLDER_DAY_US;
    struct clock_text month;
    int64_t number = 0;

    switch (rule) {
    case 0: return at_us; /* each is its own */
    case 1: return day;
    case 2: return (day + 3) / 7; /* 1970-01-01 was a Thursday */
    default:
        month = clock_strftime(at_us, "%Y%m", true);
        return sv_to_i64(sv_from(month.s), &number) ? number : 0;
    }
}

/* Two services may each have an app.db, and two servers a shop: none of them takes the place of another. */
static bool folder_same_database(const struct folder_entry *a, const struct folder_entry *b)
{
    return a->head.kind == b->head.kind && sv_eq(a->head.database, b->head.database) &&
           sv_eq(a->head.source, b->head.source);
}

/* The newest of each period, as many periods as the rule says; from the newest file on. */
static void folder_apply(struct folder *f, const struct folder_entry *first, size_t rule,
                         uint64_t count)
{
    int64_t last = -1;

    for (size_t i = 0; i < f->files.n && count > 0; i++) {
        struct folder_entry *e = &f->files.v[i];
        int64_t period;

        if (!e->whole || !folder_same_database(e, first))
            continue;
        period = folder_period(rule, e->head.created_us);
        if (rule > 0 && period == last)
            continue;
        last = period;
        count--;
        e->keep = true;
        if (!e->reason)
            e->reason = folder_rules[rule].name;
    }
}

void folder_choose(struct folder *f, const struct folder_policy *p)
{
    struct folder_policy policy = *p;

    policy.last = policy.last ? policy.last : 1;
    for (size_t i = 0; i < f->files.n; i++) {
        struct folder_entry *e = &f->files.v[i];
        bool first = e->whole;

        if (!e->whole) {
            e->keep = true;
            e->reason = "not whole";
        }
        for (size_t k = 0; k < i && first; k++)
            first = !folder_same_database(&f->files.v[k], e);
        for (size_t rule = 0; rule < ARRAY_LEN(folder_rules) && first; rule++)
            folder_apply(f, e, rule, *folder_count(&policy, rule));
    }
}

enum err_code folder_prune(const struct folder *f, struct err *err)
{
    for (size_t i = 0; i < f->files.n; i++)
        if (!f->files.v[i].keep && unlink(f->files.v[i].path) != 0 && errno != ENOENT)
            return err_sys(err, errno, "remove '%s'", f->files.v[i].path);
    return ERR_OK;
}
