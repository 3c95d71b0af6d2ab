#include "flag/flag_files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/sv.h"

#define LOCK_TRIES  500 /* whoever has it writes two small files: 10 s are plenty */
#define LOCK_TRY_MS 20

static char *beside(struct sv stem, const char *end)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_add_sv(&b, stem);
    strbuf_add_str(&b, end);
    return strbuf_steal_str(&b);
}

void flag_files_init(struct flag_files *f, const char *definitions)
{
    struct sv stem = sv_from(definitions);

    if (sv_ends(stem, SV(".json")))
        stem = sv_sub(stem, 0, stem.n - 5);
    *f = (struct flag_files){xstrdup(definitions), beside(stem, ".kill.json"),
                             beside(stem, ".log.jsonl"), beside(stem, ".lock")};
}

void flag_files_release(struct flag_files *f)
{
    free(f->definitions);
    free(f->kill);
    free(f->log);
    free(f->lock);
    memset(f, 0, sizeof(*f));
}

static enum err_code read_texts(const struct flag_files *f, struct strbuf *definitions,
                                struct strbuf *kill, bool *killed, struct err *err)
{
    if (!file_exists(f->definitions)) {
        (void)err_set(err, ERR_NOT_FOUND, "there are no flags: '%s'", f->definitions);
        return err_hint(err, "--flags FILE says where they are");
    }
    if (file_read(f->definitions, FLAGSET_BYTES, definitions, err) != ERR_OK)
        return err->code;
    *killed = file_exists(f->kill);
    return *killed ? file_read(f->kill, FLAGSET_BYTES, kill, err) : ERR_OK;
}

enum err_code flag_files_load(const struct flag_files *f, struct flagset **ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf definitions = STRBUF(0), kill = STRBUF(0);
    bool killed = false;

    if (read_texts(f, &definitions, &kill, &killed, err) != ERR_OK)
        return err->code;
    if (flagset_parse(strbuf_sv(&definitions),
                      killed ? (struct sv){strbuf_str(&kill), kill.n} : (struct sv){NULL, 0}, ret,
                      err) != ERR_OK)
        return err_wrap(err, "'%s'", f->definitions);
    return ERR_OK;
}

struct flag_stamp flag_files_stamp(const struct flag_files *f)
{
    const char *paths[] = {f->definitions, f->kill};
    struct flag_stamp s = {{0}, {0}, {0}};
    struct stat st;

    for (size_t i = 0; i < 2; i++)
        if (stat(paths[i], &st) == 0) {
            s.ino[i] = (int64_t)st.st_ino;
            s.size[i] = st.st_size;
            s.mtime_ns[i] = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
        }
    return s;
}

bool flag_stamp_eq(const struct flag_stamp *a, const struct flag_stamp *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

/* ---- changing ---- */

static enum err_code lock(const struct flag_files *f, int *fd, struct err *err)
{
    *fd = open(f->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return err_sys(err, errno, "open '%s'", f->lock);
    for (int tries = 0; flock(*fd, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK)
            return err_sys(err, errno, "lock '%s'", f->lock); /* uncovered: it is a file of ours */
        if (tries == LOCK_TRIES)
            return err_set(err, ERR_LOCKED, "'%s' is held by another process", f->lock);
        (void)poll(NULL, 0, LOCK_TRY_MS); /* nobody tells when it is given back */
    }
    return ERR_OK;
}

static enum err_code check_change(const struct flagset *s, const struct flag_change *c,
                                  struct arena *a, struct sv *from, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf list = STRBUF(0);
    struct flag_info info;
    struct sv value;
    size_t at;

    if (!flagset_find(s, c->key, &at))
        return flagset_unknown(s, c->key, err);
    info = flagset_info(s, at);
    *from = c->kill ? info.killed : info.default_variant;
    *from = from->p ? arena_sv(a, *from) : *from;
    if (!c->variant.p)
        return info.killed.p ? ERR_OK
                             : err_set(err, ERR_INVALID, "'%.*s' is not killed", SV_FMT(c->key));
    for (size_t i = 0; i < info.n_variants; i++)
        if (sv_eq(flagset_variant(s, at, i, &value), c->variant))
            return ERR_OK;
    (void)err_set(err, ERR_INVALID, "flag '%.*s' has no variant '%.*s'", SV_FMT(c->key),
                  SV_FMT(c->variant));
    flagset_list_variants(s, at, &list);
    return err_hint(err, "it has %s", strbuf_str(&list));
}

static json_t *definition_of(json_t *flags, struct sv key)
{
    if (json_is_object(flags))
        return json_object_getn(flags, key.p, key.n);
    for (size_t i = 0; i < json_array_size(flags); i++)
        if (sv_eq(json_get_sv(json_array_get(flags, i), "key"), key))
            return json_array_get(flags, i);
    return NULL;
}

/* "12" becomes "13", 12 becomes 13; what is no whole number stays. */
static void raise_version(json_t *document)
{
    json_t *metadata = json_object_get(document, "metadata");
    const json_t *version = json_object_get(metadata, "version");
    int64_t n;

    if (json_is_integer(version) && json_integer_value(version) < INT64_MAX) {
        json_put_int(metadata, "version", json_integer_value(version) + 1);
    } else if (sv_to_i64(json_get_sv(metadata, "version"), &n) && n < INT64_MAX) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(32);

        strbuf_addf(&b, "%lld", (long long)n + 1);
        json_put_str(metadata, "version", strbuf_str(&b));
    }
}

static enum err_code write_json(const char *path, const json_t *j, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct stat st;
    unsigned mode = stat(path, &st) == 0 ? st.st_mode & 07777 : 0644;

    json_write_pretty(j, &b);
    strbuf_add_byte(&b, '\n');
    return file_write_atomic(path, strbuf_sv(&b), mode, err);
}

static enum err_code change_default(const struct flag_files *f, json_t *document,
                                    const struct flag_change *c, struct err *err)
{
    json_t *def = definition_of(json_object_get(document, "flags"), c->key);

    json_put(def, "defaultVariant", json_sv(c->variant));
    raise_version(document);
    return write_json(f->definitions, document, err);
}

static enum err_code change_kill(const struct flag_files *f, struct sv text,
                                 const struct flag_change *c, struct err *err)
{
    CLEANUP(json_cleanup) json_t *list = NULL;
    CLEANUP(mem_freep) char *key = xstrdup_sv(c->key);
    json_t *kill, *entry;

    if (text.n == 0)
        list = json_pack("{s:i,s:{}}", "prusik_kill", 1, "kill");
    else if (json_read(text, &list, err) != ERR_OK)
        return err->code; /* uncovered: flagset_parse() has read it */
    kill = json_object_get(list, "kill");
    if (!c->variant.p) {
        (void)json_object_del(kill, key);
        return write_json(f->kill, list, err);
    }
    entry = json_object();
    json_put(entry, "variant", json_sv(c->variant));
    json_put(entry, "by", json_sv(c->by));
    json_put_str(entry, "at", clock_format_s(c->at_us).s);
    json_put(entry, "reason", json_sv(c->why));
    json_put(kill, key, entry);
    return write_json(f->kill, list, err);
}

json_t *flag_files_line(const struct flag_change *c, struct sv from)
{
    json_t *j = json_object();

    json_put_str(j, "at", clock_format_s(c->at_us).s);
    json_put_int(j, "at_us", c->at_us);
    json_put(j, "by", json_sv(c->by));
    json_put(j, "flag", json_sv(c->key));
    json_put_str(j, "what", !c->kill ? "set" : c->variant.p ? "kill" : "unkill");
    json_put_sv(j, "from", from);
    json_put_sv(j, "to", c->variant);
    json_put(j, "why", json_sv(c->why));
    return j;
}

void flag_files_log_begin(const struct flag_files *f, const struct flag_change *c, struct sv from)
{
    CLEANUP(json_cleanup) json_t *line = flag_files_line(c, from);
    struct err ignored; /* see the header */

    json_put_bool(line, "begun", true);
    (void)!flag_files_log(f, line, &ignored);
}

enum err_code flag_files_change(const struct flag_files *f, const struct flag_change *c,
                                struct arena *a, struct sv *from, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf definitions = STRBUF(0), kill = STRBUF(0);
    CLEANUP(flagset_freep) struct flagset *s = NULL;
    CLEANUP(json_cleanup) json_t *document = NULL;
    CLEANUP(fd_closep) int fd = -1;
    struct sv before = {NULL, 0};
    bool killed = false;
    enum err_code rc;

    if (lock(f, &fd, err) != ERR_OK || read_texts(f, &definitions, &kill, &killed, err) != ERR_OK ||
        flag_files_load(f, &s, err) != ERR_OK || check_change(s, c, a, &before, err) != ERR_OK ||
        json_read(strbuf_sv(&definitions), &document, err) != ERR_OK)
        return err->code;
    flag_files_log_begin(f, c, before);
    rc = c->kill ? change_kill(f, strbuf_sv(&kill), c, err) : change_default(f, document, c, err);
    if (rc == ERR_OK)
        *from = before;
    return rc;
}

enum err_code flag_files_log(const struct flag_files *f, const json_t *line, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(fd_closep) int fd = open(f->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    char *text = json_dumps(line, JSON_COMPACT);

    strbuf_add_str(&b, text);
    free(text);
    strbuf_add_byte(&b, '\n');
    if (fd < 0)
        return err_sys(err, errno, "open '%s'", f->log);
    if (fd_write_all(fd, b.p, b.n, err) != ERR_OK)
        return err_wrap(err, "write '%s'", f->log);
    return fsync(fd) == 0 ? ERR_OK : err_sys(err, errno, "sync '%s'", f->log);
}
