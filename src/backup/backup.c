#include "backup/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backup/backup_int.h"
#include "backup/foreign.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"
#include "base/version.h"

static const struct backup_ops *const backup_kinds[] = {
    [DB_SQLITE] = &backup_sqlite, [DB_POSTGRES] = &backup_postgres};

void backup_report_release(struct backup_report *r)
{
    census_release(&r->census);
    arena_release(&r->arena);
}

/* --- reading --- */

static void backup_copy_head(struct backup_report *r, const struct pack_head *head)
{
    r->head = *head;
    r->head.database = arena_sv(&r->arena, head->database);
    r->head.program = arena_sv(&r->arena, head->program);
    r->head.source = arena_sv(&r->arena, head->source);
}

enum err_code backup_unpack(const struct backup_in *in, int fd, struct err *err)
{
    enum pack_type type = PACK_DATA;
    struct sv bytes;

    while (pack_next(in->reader, &type, &bytes, err) == ERR_OK && type != PACK_END) {
        if (job_tick(in->wish->job, "decode", pack_image_size(in->reader), 0, err) != ERR_OK)
            return err->code;
        if (fd >= 0 && fd_write_all(fd, bytes.p, bytes.n, err) != ERR_OK)
            return err_wrap(err, "decode '%s'", in->path);
    }
    if (type != PACK_END)
        return err->code;
    in->report->image_bytes = pack_image_size(in->reader);
    return ERR_OK;
}

void backup_set_room(struct census *c, int64_t bytes)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    strbuf_addf(&text, "%lld", (long long)bytes);
    census_add_setting(c, SV("room"), strbuf_sv(&text));
}

int64_t backup_room(const struct backup_in *in)
{
    int64_t bytes;

    return sv_to_i64(census_setting(&in->report->census, "room"), &bytes) ? bytes
                                                                          : pack_size(in->reader);
}

/* Every byte is checked before the first is decoded. */
static enum err_code backup_in_begin(struct backup_in *in, const struct key *key, struct err *err)
{
    struct backup_report *r = in->report;
    enum pack_type type;
    struct sv census;

    backup_copy_head(r, pack_head(in->reader));
    r->size_bytes = pack_size(in->reader);
    if (pack_check(in->reader, in->wish->job, &r->sha256, err) != ERR_OK ||
        pack_unlock(in->reader, key, err) != ERR_OK ||
        pack_next(in->reader, &type, &census, err) != ERR_OK)
        return err->code;
    assert(type == PACK_CENSUS);
    if (census_read(census, &r->census, err) != ERR_OK)
        return err_wrap(err, "backup '%s'", in->path);
    return ERR_OK;
}

static enum err_code backup_prove(int fd, const char *path, const struct backup_wish *w,
                                  const struct key *key, struct backup_report *r, struct err *err)
{
    CLEANUP(pack_reader_freep) struct pack_reader *reader = NULL;
    struct backup_in in = {.wish = w, .path = path, .report = r};
    enum err_code rc;

    if (pack_open(fd, path, &reader, err) != ERR_OK)
        return err->code;
    in.reader = reader;
    if (backup_in_begin(&in, key, err) != ERR_OK)
        return err->code;
    rc = w->level == PACK_COMPARED ? backup_kinds[r->head.kind]->compare(&in, err)
                                   : backup_unpack(&in, -1, err);
    r->level = w->level;
    return rc;
}

static enum err_code backup_open(const char *path, int *ret, struct err *err)
{
    struct stat st;

    *ret = open(path, O_RDONLY | O_CLOEXEC);
    if (*ret >= 0 && fstat(*ret, &st) == 0 && S_ISDIR(st.st_mode)) {
        (void)err_set(err, ERR_USAGE, "'%s' is a folder", path);
        return err_hint(err, "prusik backup list '%s' names the backups that are in it", path);
    }
    if (*ret >= 0)
        return ERR_OK;
    if (errno == ENOENT)
        return err_set(err, ERR_NOT_FOUND, "'%s': there is no such file", path);
    return err_sys(err, errno, "open '%s'", path);
}

enum err_code backup_verify(const char *path, const struct backup_wish *w,
                            struct backup_report *ret, struct err *err)
{
    CLEANUP(key_freep) struct key *key = NULL;
    CLEANUP(fd_closep) int fd = -1;

    ret->path = arena_strdup(&ret->arena, sv_from(path));
    if (key_load(&w->key, &key, err) != ERR_OK || backup_open(path, &fd, err) != ERR_OK)
        return err->code;
    if (foreign_is(fd))
        return foreign_verify(fd, path, w, ret, err);
    return backup_prove(fd, path, w, key, ret, err);
}

enum err_code backup_restore(const char *path, const struct backup_wish *w,
                             struct backup_report *ret, struct err *err)
{
    CLEANUP(key_freep) struct key *key = NULL;
    CLEANUP(fd_closep) int fd = -1;
    CLEANUP(pack_reader_freep) struct pack_reader *reader = NULL;
    struct backup_in in = {.wish = w, .path = path, .report = ret};

    ret->path = arena_strdup(&ret->arena, sv_from(path));
    if (key_load(&w->key, &key, err) != ERR_OK || backup_open(path, &fd, err) != ERR_OK ||
        pack_open(fd, path, &reader, err) != ERR_OK)
        return err->code;
    in.reader = reader;
    if (backup_in_begin(&in, key, err) != ERR_OK)
        return err->code;
    ret->level = PACK_COMPARED;
    return backup_kinds[ret->head.kind]->restore(&in, err);
}

/* --- making --- */

enum err_code backup_begin(struct backup_out *out, int64_t created_us, const struct census *c,
                           struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf json = STRBUF(0);

    out->head->created_us = created_us;
    if (pack_create(out->file.fd, out->head, out->key, &out->writer, err) != ERR_OK)
        return err->code;
    census_write(c, &json);
    return pack_put(out->writer, PACK_CENSUS, strbuf_sv(&json), err);
}

/* What the database is called: of "user@host/name" or "folder/name" the last part, without what a file name or a
 * shell would stumble over. */
static struct sv backup_name(const char *db_name, struct arena *a)
{
    struct sv name = arena_sv(a, sv_from(path_base(db_name)));
    char *p = (char *)(uintptr_t)name.p;

    for (size_t i = 0; i < name.n; i++)
        if (!ascii_is_alnum(p[i]) && p[i] != '_' && p[i] != '-' && (p[i] != '.' || i == 0))
            p[i] = '_';
    return name;
}

static const char *backup_file_name(const struct backup_wish *w, struct backup_report *r)
{
    struct clock_text at = clock_strftime(r->head.created_us, "%Y%m%dT%H%M%SZ", true);
    unsigned char id[4];
    char hex[2 * sizeof(id) + 1];

    randombytes_buf(id, sizeof(id));
    return arena_fmt(&r->arena, "%s/%.*s-%s-%s" BACKUP_SUFFIX, w->folder,
                     SV_FMT(backup_name(r->head.database.p, &r->arena)), at.s,
                     sodium_bin2hex(hex, sizeof(hex), id, sizeof(id)))
        .p;
}

/* The file is of the moment that it has a copy of: whatever writes to it later gives it another time (folder.h). */
static void backup_set_time(int fd, int64_t created_us)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                      {.tv_sec = (time_t)(created_us / CLOCK_US_PER_S),
                                       .tv_nsec = (long)(created_us % CLOCK_US_PER_S) * 1000}};

    (void)futimens(fd, times); /* where it cannot be set, who lists it is told to check it */
}

static enum err_code backup_out_fill(struct backup_out *out, struct err *err)
{
    enum err_code rc = backup_kinds[db_kind(out->db)]->create(out, err);

    if (rc == ERR_OK)
        rc = pack_finish(out->writer, err);
    pack_writer_free(out->writer);
    return rc;
}

static enum err_code backup_connect(const struct db_config *c, struct db **ret, struct err *err)
{
    enum err_code rc = db_open(c, ret, err);

    if (rc == ERR_NOT_FOUND && !err->hint[0])
        return err_hint(err, "a database is postgresql://USER@HOST/NAME, the path of a SQLite "
                             "file, or env:VARIABLE that has one");
    return rc;
}

/*
 * Which database of its name: of PostgreSQL by the cluster, of SQLite by the machine (where that has an identity: a
 * container has often none) and the path of the file.  16 hex digits, as a header is in the clear; empty where the server
 * does not tell (some take the function from everybody but its owner): no reason to have no backup.
 */
static struct sv backup_source(struct db *db, struct arena *a)
{
    CLEANUP(hash_state_freep) struct hash_state *s = hash_state_new();
    CLEANUP(strbuf_release) struct strbuf machine = STRBUF(0);
    struct hash digest;
    struct err none;

    if (db_kind(db) == DB_POSTGRES) {
        struct db_value id;

        if (db_one(db, a, SV("SELECT system_identifier FROM pg_control_system()"), NULL, 0, &id,
                   &none) != ERR_OK)
            return (struct sv){NULL, 0};
        hash_add_sv(s, id.text);
    } else {
        CLEANUP(mem_freep) char *path = realpath(db_name(db), NULL);

        (void)!file_read("/etc/machine-id", 100, &machine, &none);
        hash_add_sv(s, strbuf_sv(&machine));
        hash_add_sv(s, sv_from(path ? path : db_name(db)));
    }
    digest = hash_end(s);
    return arena_sv(a, sv_sub(sv_from(hash_hex(&digest).s), 0, 16));
}

enum err_code backup_create(const struct backup_wish *w, struct backup_report *ret, struct err *err)
{
    CLEANUP(key_freep) struct key *key = NULL;
    CLEANUP(db_closep) struct db *db = NULL;
    CLEANUP(scratch_release) struct scratch file = SCRATCH_NONE;
    struct pack_head head = {.level = w->level, .program = sv_from(prusik_version)};
    struct backup_out out = {.wish = w, .head = &head};
    const struct db_config c = {.url = w->url, .read_only = true};
    const char *path;

    if (key_load(&w->key, &key, err) != ERR_OK || backup_connect(&c, &db, err) != ERR_OK ||
        file_mkdirs(w->folder, err) != ERR_OK || scratch_open(w->folder, &file, err) != ERR_OK)
        return err->code;
    out.key = key;
    out.db = db;
    out.file = file;
    head.kind = db_kind(db);
    head.server_version = db_version(db);
    head.database = sv_from(path_base(db_name(db)));
    head.source = backup_source(db, &ret->arena);
    if (backup_out_fill(&out, err) != ERR_OK)
        return err_wrap(err, "backup of '%s'", db_name(db));
    if (backup_prove(file.fd, file.path, w, key, ret, err) != ERR_OK)
        return err_wrap(err, "the backup of '%s' was not kept", db_name(db));
    path = backup_file_name(w, ret);
    backup_set_time(file.fd, ret->head.created_us);
    if (scratch_keep(&file, path, err) != ERR_OK)
        return err->code;
    ret->path = path;
    return ERR_OK;
}
