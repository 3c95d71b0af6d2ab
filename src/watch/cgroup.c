/*
 * The row `cgroup`: what a control group uses, of the unified hierarchy (cgroup v2): the kernel's
 * Documentation/admin-guide/cgroup-v2.rst says what stands in which file.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"
#include "watch/source.h"

#define CGROUP_ROOT       "/sys/fs/cgroup"
#define CGROUP_FILE_BYTES 65536

struct cgroup_source {
    struct source source; /* first */
    char *path;
};

static enum err_code cgroup_open(struct source *s, json_t *settings, struct err *err UNUSED)
{
    struct cgroup_source *c = container_of(s, struct cgroup_source, source);

    c->path = path_join(CGROUP_ROOT, json_get_str(settings, "group", ""));
    return ERR_OK;
}

static void cgroup_close(struct source *s)
{
    free(container_of(s, struct cgroup_source, source)->path);
}

/* False: there is no such file, as that controller is not enabled; or, with err, it cannot be read. */
static bool cgroup_read(const char *dir, const char *name, struct strbuf *ret, struct err *err)
{
    CLEANUP(mem_freep) char *path = path_join(dir, name);

    return file_read(path, CGROUP_FILE_BYTES, ret, err) == ERR_OK;
}

/* A file that holds one number, or "max". */
static void cgroup_add_number(const char *dir, const char *file, const char *member,
                              struct sample_list *l)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;
    uint64_t v;

    if (!cgroup_read(dir, file, &text, &err)) {
        sample_add_error(l, member, sv_from(err.msg));
        return;
    }
    if (sv_eq(sv_trim(strbuf_sv(&text)), SV("max")))
        sample_add_null(l, member, "B"); /* there is no limit */
    else if (sv_to_u64(sv_trim(strbuf_sv(&text)), &v))
        sample_add_number(l, member, (double)v, "B");
    else
        sample_add_error(l, member, SV("the file does not hold one number"));
}

/* "name number" a line; what is not there is an error of the member alone. */
static const struct cgroup_counter {
    const char *file, *key, *member;
    double factor;
    const char *unit;
} cgroup_counters[] = {
    {"memory.events", "oom_kill", "oom_kills", 1, NULL},
    {"memory.events", "max", "memory_max_hits", 1, NULL},
    {"cpu.stat", "usage_usec", "cpu", 1e-6, "s"},
    {"cpu.stat", "throttled_usec", "throttled", 1e-6, "s"},
};

static bool cgroup_find(struct sv text, const char *key, uint64_t *ret)
{
    struct sv line, word;

    while (sv_next_line(&text, &line))
        if (sv_next_word(&line, &word) && sv_eq(word, sv_from(key)))
            return sv_next_word(&line, &word) && sv_to_u64(word, ret);
    return false;
}

static void cgroup_add_counter(const char *dir, const struct cgroup_counter *c,
                               struct sample_list *l)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), why = STRBUF(0);
    struct err err;
    uint64_t v;

    if (!cgroup_read(dir, c->file, &text, &err)) {
        sample_add_error(l, c->member, sv_from(err.msg));
    } else if (!cgroup_find(strbuf_sv(&text), c->key, &v)) {
        strbuf_addf(&why, "%s has no %s", c->file, c->key);
        sample_add_error(l, c->member, strbuf_sv(&why));
    } else {
        sample_add_counter(l, c->member, (double)v * c->factor, c->unit);
    }
}

static void cgroup_add_processes(const char *dir, struct sample_list *l)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;
    struct sv rest, line;
    size_t n = 0;

    if (!cgroup_read(dir, "cgroup.procs", &text, &err)) {
        sample_add_error(l, "processes", sv_from(err.msg));
        return;
    }
    rest = strbuf_sv(&text);
    while (sv_next_line(&rest, &line))
        n++;
    sample_add_number(l, "processes", (double)n, NULL);
}

/* What is not known of a group that is gone; the kills that were counted happened. */
static const struct {
    const char *member, *unit;
} cgroup_gone[] = {
    {"processes", NULL}, {"memory", "B"}, {"memory_max", "B"}, {"cpu", "s"}, {"throttled", "s"}};

static enum err_code cgroup_look(const struct source *s, struct sample_list *l, struct err *err)
{
    const char *dir = ((const struct cgroup_source *)(const void *)s)->path;
    struct stat st;
    bool exists = stat(dir, &st) == 0;

    if (!exists && errno != ENOENT)
        return err_sys(err, errno, "look at the control group '%s'", dir);
    sample_add_bool(l, "exists", exists);
    if (!exists) { /* the unit has stopped: no number is made up, and none of before stands any longer */
        for (size_t i = 0; i < ARRAY_LEN(cgroup_gone); i++)
            sample_add_null(l, cgroup_gone[i].member, cgroup_gone[i].unit);
        return ERR_OK;
    }
    cgroup_add_processes(dir, l);
    cgroup_add_number(dir, "memory.current", "memory", l);
    cgroup_add_number(dir, "memory.max", "memory_max", l);
    for (size_t i = 0; i < ARRAY_LEN(cgroup_counters); i++)
        cgroup_add_counter(dir, &cgroup_counters[i], l);
    return ERR_OK;
}

static const struct source_key cgroup_keys[] = {
    {"group", SOURCE_TEXT, true, "below " CGROUP_ROOT " (system.slice/web.service), or absolute"},
};

static const struct source_member cgroup_members[] = {
    {"exists", NULL, "false: the unit does not run; then the rest is null"},
    {"processes", NULL, "in the group itself"},
    {"memory", "B", "in use"},
    {"memory_max", "B", "its limit; null: there is none"},
    {"oom_kills", NULL, "processes that the kernel has killed for want of memory, a counter"},
    {"memory_max_hits", NULL, "how often the limit was met, a counter"},
    {"cpu", "s", "time spent, a counter"},
    {"throttled", "s", "time it was kept from running, a counter"},
};

const struct source_ops source_cgroup = {
    .kind = "cgroup",
    .help = "what a control group (a unit, a container) uses",
    .keys = cgroup_keys,
    .n_keys = ARRAY_LEN(cgroup_keys),
    .members = cgroup_members,
    .n_members = ARRAY_LEN(cgroup_members),
    .size = sizeof(struct cgroup_source),
    .open = cgroup_open,
    .close = cgroup_close,
    .look = cgroup_look,
};
