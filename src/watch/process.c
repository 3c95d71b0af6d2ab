#include "watch/process.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"
#include "watch/source.h"

struct process_source {
    struct source source; /* first */
    char *pid_file;       /* NULL: pid */
    int64_t pid;
};

/* What /proc says of a process, or why it is none. */
struct process {
    int64_t pid;
    char state;
    uint64_t cpu_ticks, threads, start_ticks, rss_pages;
};

static enum err_code process_open(struct source *s, json_t *settings, struct err *err)
{
    struct process_source *p = container_of(s, struct process_source, source);
    const char *path = json_get_str(settings, "pid_file", NULL);

    p->pid = json_get_int(settings, "pid", 0);
    if (!path == !p->pid)
        return err_set(err, ERR_INVALID, "either 'pid' or 'pid_file' must be given");
    p->pid_file = path ? xstrdup(path) : NULL;
    return ERR_OK;
}

static void process_close(struct source *s)
{
    free(container_of(s, struct process_source, source)->pid_file);
}

/* proc(5): fields are counted from 1, and the second, the name, may hold blanks and parentheses. */
static bool process_stat_field(struct sv stat, unsigned field, struct sv *ret)
{
    size_t end = stat.n;
    struct sv rest;

    while (end > 0 && stat.p[end - 1] != ')')
        end--;
    rest = sv_sub(stat, end, stat.n);
    for (unsigned i = 2; i < field; i++)
        if (!sv_next_word(&rest, ret))
            return false;
    return end > 0;
}

static bool process_stat_u64(struct sv stat, unsigned field, uint64_t *ret)
{
    struct sv word;

    return process_stat_field(stat, field, &word) && sv_to_u64(word, ret);
}

static enum err_code process_proc_file(int64_t pid, const char *name, struct strbuf *ret,
                                       struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);

    strbuf_addf(&path, "/proc/%" PRId64 "/%s", pid, name);
    return file_read(strbuf_str(&path), 65536, ret, err);
}

/* The text of /proc/PID/stat and statm, taken apart. */
static bool process_take(struct process *p, struct sv stat, struct sv statm)
{
    uint64_t user, kernel;
    struct sv word;

    if (!process_stat_field(stat, 3, &word) || word.n != 1)
        return false;
    p->state = word.p[0];
    if (!process_stat_u64(stat, 14, &user) || !process_stat_u64(stat, 15, &kernel) ||
        !process_stat_u64(stat, 20, &p->threads) || !process_stat_u64(stat, 22, &p->start_ticks))
        return false;
    p->cpu_ticks = user + kernel;
    if (!sv_next_word(&statm, &word)) /* the whole size; the second word is what is resident */
        return false;
    return sv_next_word(&statm, &word) && sv_to_u64(word, &p->rss_pages);
}

static enum err_code process_read(struct process *p, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf stat = STRBUF(0), statm = STRBUF(0);

    if (process_proc_file(p->pid, "stat", &stat, err) != ERR_OK ||
        process_proc_file(p->pid, "statm", &statm, err) != ERR_OK)
        return err->code;
    if (!process_take(p, strbuf_sv(&stat), strbuf_sv(&statm)))
        return err_set(err, ERR_CORRUPT, "/proc/%" PRId64 "/stat is not as in proc(5)", p->pid);
    return ERR_OK;
}

enum err_code process_use(int64_t pid, struct process_used *ret, struct err *err)
{
    struct process p = {.pid = pid};

    if (process_read(&p, err) != ERR_OK)
        return err->code;
    ret->rss_bytes = (double)p.rss_pages * (double)sysconf(_SC_PAGESIZE);
    ret->cpu_s = (double)p.cpu_ticks / (double)sysconf(_SC_CLK_TCK);
    return ERR_OK;
}

/* Seconds of UTC at which the clock of /proc/PID/stat began. */
static bool process_boot_s(uint64_t *ret)
{
    CLEANUP(strbuf_release) struct strbuf stat = STRBUF(0);
    struct sv rest, line;
    struct err err;

    if (file_read("/proc/stat", 4u << 20, &stat, &err) != ERR_OK)
        return false;
    rest = strbuf_sv(&stat);
    while (sv_next_line(&rest, &line))
        if (sv_eat(&line, SV("btime ")))
            return sv_to_u64(line, ret);
    return false;
}

static void process_add_fds(int64_t pid, struct sample_list *l)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);
    DIR *dir;
    size_t n = 0;

    strbuf_addf(&path, "/proc/%" PRId64 "/fd", pid);
    dir = opendir(strbuf_str(&path));
    if (!dir) {
        sample_add_error(l, "fds", SV("the descriptors of this process may not be counted"));
        return;
    }
    for (const struct dirent *d; (d = readdir(dir)) != NULL;)
        n += d->d_name[0] != '.';
    (void)closedir(dir);
    sample_add_number(l, "fds", (double)n, NULL);
}

static void process_add_life(const struct process *p, struct sample_list *l)
{
    double ticks = (double)sysconf(_SC_CLK_TCK);
    uint64_t boot_s;

    sample_add_bool(l, "alive", true);
    sample_add_number(l, "pid", (double)p->pid, NULL);
    sample_add_number(l, "rss", (double)p->rss_pages * (double)sysconf(_SC_PAGESIZE), "B");
    sample_add_number(l, "threads", (double)p->threads, NULL);
    sample_add_counter(l, "cpu", (double)p->cpu_ticks / ticks, "s");
    if (process_boot_s(&boot_s))
        sample_add_number(l, "started", (double)boot_s + (double)p->start_ticks / ticks, "s");
    else
        sample_add_error(l, "started", SV("/proc/stat has no line btime"));
    process_add_fds(p->pid, l);
}

static void process_add_death(struct sample_list *l, struct sv why)
{
    static const struct {
        const char *name, *unit;
    } members[] = {{"pid", NULL},     {"rss", "B"}, {"fds", NULL},
                   {"threads", NULL}, {"cpu", "s"}, {"started", "s"}};

    sample_add_bool(l, "alive", false);
    sample_add_text(l, "why", why);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        sample_add_null(l, members[i].name, members[i].unit);
}

/* err->sys is ENOENT when there is no such file. */
static enum err_code process_read_pid(const char *path, int64_t *pid, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (file_read(path, 4096, &text, err) != ERR_OK)
        return err_wrap(err, "pid file");
    if (!sv_to_i64(sv_trim(strbuf_sv(&text)), pid) || *pid <= 0)
        return err_set(err, ERR_INVALID, "the pid file '%s' does not hold one number", path);
    return ERR_OK;
}

static enum err_code process_look(const struct source *s, struct sample_list *l, struct err *err)
{
    const struct process_source *source = (const struct process_source *)(const void *)s;
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);
    struct process p = {.pid = source->pid};

    if (source->pid_file && process_read_pid(source->pid_file, &p.pid, err) != ERR_OK) {
        if (err->sys != ENOENT)
            return err->code;
        strbuf_addf(&why, "there is no pid file '%s'", source->pid_file);
    } else if (process_read(&p, err) != ERR_OK) {
        /* Also what hides from us (hidepid) has no folder in /proc: ask for it by number. */
        if ((err->sys != ENOENT && err->sys != ESRCH) || kill((pid_t)p.pid, 0) == 0 ||
            errno != ESRCH)
            return err->code;
        strbuf_addf(&why, "there is no process %" PRId64, p.pid);
    } else if (p.state == 'Z' || p.state == 'X') {
        strbuf_addf(&why, "process %" PRId64 " has ended, but its parent has not looked yet",
                    p.pid);
    }
    if (why.n)
        process_add_death(l, strbuf_sv(&why));
    else
        process_add_life(&p, l);
    *err = (struct err){0};
    return ERR_OK;
}

static const struct source_key process_keys[] = {
    {"pid", SOURCE_NUMBER, false, "the process; or pid_file"},
    {"pid_file", SOURCE_TEXT, false, "a file that holds its number; read at each poll"},
};

static const struct source_member process_members[] = {
    {"alive", NULL, "false also for a zombie, or without pid file; then the rest is null"},
    {"why", NULL, "why it is not alive"},
    {"pid", NULL, "the number"},
    {"rss", "B", "resident memory"},
    {"fds", NULL, "open descriptors"},
    {"threads", NULL, "their number"},
    {"cpu", "s", "time spent since the start, a counter"},
    {"started", "s", "since 1970, UTC; another one means another process"},
};

const struct source_ops source_process = {
    .kind = "process",
    .help = "whether a process lives, and what it uses",
    .keys = process_keys,
    .n_keys = ARRAY_LEN(process_keys),
    .members = process_members,
    .n_members = ARRAY_LEN(process_members),
    .size = sizeof(struct process_source),
    .open = process_open,
    .close = process_close,
    .look = process_look,
};
