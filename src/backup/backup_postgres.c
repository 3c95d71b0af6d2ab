/* Backups of PostgreSQL: the image is pg_dump's custom format, of the snapshot that was counted. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backup/backup_int.h"
#include "backup/pg.h"
#include "backup/pg_scratch.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"

#define POSTGRES_LEAVE_MS 1000u
#define POSTGRES_LOOK_MS  50

/* --- making --- */

struct postgres_bytes {
    struct pack_writer *writer;
    int64_t done;
};

static enum err_code postgres_on_bytes(void *arg, struct sv bytes, struct err *err)
{
    struct postgres_bytes *b = arg;

    b->done += (int64_t)bytes.n;
    return pack_put(b->writer, PACK_DATA, bytes, err);
}

/* The dump itself is about as large as the database; packed it is a part of that. */
static enum err_code postgres_room(const struct backup_out *out, int64_t *ret, struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct db_value v;
    int64_t bytes = 0;

    if (db_one(out->db, &a, SV("SELECT pg_catalog.pg_database_size(pg_catalog.current_database())"),
               NULL, 0, &v, err) != ERR_OK)
        return err->code;
    if (!sv_to_i64(v.text, &bytes))
        return err_set(err, ERR_INTERNAL, "a size is no number"); /* uncovered: it is one */
    *ret = bytes;
    return scratch_room(out->wish->folder, bytes, "a backup", err);
}

/* Before the work: a backup that cannot be proven as it was asked for is not begun. */
static enum err_code postgres_may_compare(const struct backup_out *out, struct err *err)
{
    if (out->wish->level != PACK_COMPARED || out->wish->scratch)
        return ERR_OK;
    return pg_may_create(out->db, err);
}

static enum err_code postgres_create(struct backup_out *out, struct err *err)
{
    CLEANUP(census_release) struct census c = {0};
    CLEANUP(arena_release) struct arena a = {0};
    struct pg_dump dump = {.url = out->wish->url,
                           .server_version = db_version(out->db),
                           .on_bytes = postgres_on_bytes,
                           .job = out->wish->job};
    struct postgres_bytes bytes = {0};
    struct db_value snapshot;
    int64_t now = clock_now_us(), room = 0;

    if (postgres_may_compare(out, err) != ERR_OK || postgres_room(out, &room, err) != ERR_OK ||
        pg_begin_snapshot(out->db, err) != ERR_OK ||
        db_one(out->db, &a, SV("SELECT pg_catalog.pg_export_snapshot()"), NULL, 0, &snapshot,
               err) != ERR_OK ||
        pg_census(out->db, out->wish->job, &c, err) != ERR_OK)
        return err->code;
    backup_set_room(&c, room);
    if (backup_begin(out, now, &c, err) != ERR_OK)
        return err->code;
    bytes.writer = out->writer;
    dump.snapshot = snapshot.text;
    dump.arg = &bytes;
    dump.done = &bytes.done;
    if (pg_dump(&dump, err) != ERR_OK)
        return err->code;
    return db_run(out->db, SV("COMMIT"), NULL, 0, NULL, err);
}

/* --- a database that is filled and compared --- */

struct postgres_new {
    struct sv url; /* of the server */
    struct sv name;
    struct db *admin; /* by which it is made and dropped */
    bool exists;
};

/* What killed ones left goes first; then a name, and the lock that says that its maker lives. */
static enum err_code postgres_new(struct backup_in *in, struct postgres_new *n, struct db *admin,
                                  const char *what, struct err *err)
{
    n->admin = admin;
    if (pg_scratch_clean(admin, &in->report->arena, &in->report->removed, err) != ERR_OK)
        return err->code;
    return pg_scratch_name(admin, what, &in->report->arena, &n->name, err);
}

/* What is left of it is dropped; its connections are gone, or are ended. */
static enum err_code postgres_drop(struct postgres_new *n, struct err *err)
{
    if (!n->exists)
        return ERR_OK;
    n->exists = false;
    return pg_drop_database(n->admin, n->name, err);
}

static void postgres_new_release(struct postgres_new *n)
{
    struct err err;

    if (postgres_drop(n, &err) != ERR_OK)
        return; /* there is another error already; the name says what it is */
}

static enum err_code postgres_census(const struct backup_in *in, const struct postgres_new *n,
                                     struct census *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);
    CLEANUP(db_closep) struct db *db = NULL;

    pg_url(n->url, n->name, &url);
    if (db_open(&(struct db_config){.url = strbuf_sv(&url), .read_only = true}, &db, err) !=
            ERR_OK ||
        pg_begin_snapshot(db, err) != ERR_OK)
        return err->code;
    return pg_census(db, in->wish->job, ret, err);
}

/* The dump goes through a file without a name: pg_restore reads it once, and nobody else ever. */
static enum err_code postgres_load(const struct backup_in *in, const struct postgres_new *n,
                                   bool owners, struct err *err)
{
    CLEANUP(scratch_release) struct scratch dump = SCRATCH_NONE;
    CLEANUP(mem_freep) char *dir = path_dir(in->path);
    struct pg_restore restore = {
        .url = n->url, .database = n->name, .owners = owners, .job = in->wish->job};

    if (scratch_room(dir, backup_room(in), "the dump", err) != ERR_OK ||
        scratch_open_unnamed(dir, &dump, err) != ERR_OK ||
        backup_unpack(in, dump.fd, err) != ERR_OK)
        return err->code;
    restore.fd = dump.fd;
    if (lseek(dump.fd, 0, SEEK_SET) != 0)
        return err_set(err, ERR_IO, "the dump cannot be read again"); /* uncovered: a file */
    return pg_restore(&restore, err);
}

static enum err_code postgres_fill(const struct backup_in *in, struct postgres_new *n, bool owners,
                                   struct err *err)
{
    CLEANUP(census_release) struct census now = {0};

    if (pg_may_create(n->admin, err) != ERR_OK ||
        pg_create_database(n->admin, n->name, &in->report->census, err) != ERR_OK)
        return err->code;
    n->exists = true;
    if (postgres_load(in, n, owners, err) != ERR_OK ||
        postgres_census(in, n, &now, err) != ERR_OK ||
        census_same(&in->report->census, &now, err) != ERR_OK)
        return err_wrap(err, "what was restored of '%s'", in->path);
    return ERR_OK;
}

/* --- proving --- */

static enum err_code postgres_compare(struct backup_in *in, struct err *err)
{
    CLEANUP(db_closep) struct db *admin = NULL; /* outlives what is dropped by it */
    CLEANUP(postgres_new_release) struct postgres_new n = {0};

    n.url = in->wish->scratch ? sv_from(in->wish->scratch) : in->wish->url;
    if (!n.url.n) {
        (void)err_set(err, ERR_USAGE, "'%s' is a backup of PostgreSQL: it is compared on a server",
                      in->path);
        return err_hint(err, "--scratch postgresql://USER@HOST/NAME, or --level decoded");
    }
    if (db_open(&(struct db_config){.url = n.url}, &admin, err) != ERR_OK)
        return err->code;
    if (postgres_new(in, &n, admin, "scratch", err) != ERR_OK ||
        postgres_fill(in, &n, false, err) != ERR_OK)
        return err->code;
    return postgres_drop(&n, err);
}

/* --- restoring --- */

/* A connection to the server that is not to the database itself. */
static enum err_code postgres_admin(struct sv url, struct db **ret, struct err *err)
{
    static const struct sv names[] = {{"postgres", 8}, {"template1", 9}};
    enum err_code rc = ERR_OK;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(strbuf_release) struct strbuf at = STRBUF(0);

        pg_url(url, names[i], &at);
        rc = db_open(&(struct db_config){.url = strbuf_sv(&at)}, ret, err);
        if (rc == ERR_OK)
            return rc;
    }
    return rc;
}

static enum err_code postgres_exists(struct db *admin, struct sv name, bool *ret, struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct db_value v;

    if (db_one(admin, &a, SV("SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1"),
               &DB_TEXT(name), 1, &v, err) != ERR_OK)
        return err->code;
    *ret = !v.is_null;
    return ERR_OK;
}

/* Nothing but what every new database has. */
static enum err_code postgres_is_empty(const struct backup_in *in, struct sv name, bool *ret,
                                       struct err *err)
{
    const struct postgres_new n = {.url = in->wish->url, .name = name};
    CLEANUP(census_release) struct census c = {0};
    bool empty;

    if (postgres_census(in, &n, &c, err) != ERR_OK)
        return err->code;
    empty = c.tables.n == 0;
    for (size_t i = 0; i < c.facts.n; i++)
        empty = empty && sv_is(c.facts.v[i].text, "0");
    *ret = empty;
    return ERR_OK;
}

/* "123 (web), 124 (psql)"; NULL: nobody but us. */
static enum err_code postgres_users(struct db *admin, struct sv name, struct arena *a,
                                    struct db_value *ret, struct err *err)
{
    return db_one(admin, a,
                  SV("SELECT string_agg(format('%s (%s)', pid, coalesce(nullif(application_name, "
                     "''), usename)), ', ' ORDER BY pid) FROM pg_catalog.pg_stat_activity"
                     " WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid()"),
                  &DB_TEXT(name), 1, ret, err);
}

/* Who has closed a connection, as we have, is seen for some milliseconds more; nothing tells when it is gone. */
static enum err_code postgres_nobody_else(struct db *admin, struct sv name, struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct db_value v = DB_NULL;

    for (unsigned ms = 0; ms <= POSTGRES_LEAVE_MS; ms += POSTGRES_LOOK_MS) {
        if (postgres_users(admin, name, &a, &v, err) != ERR_OK)
            return err->code;
        if (v.is_null)
            return ERR_OK;
        (void)poll(NULL, 0, POSTGRES_LOOK_MS);
    }
    (void)err_set(err, ERR_LOCKED, "database '%.*s' is in use: %.*s", SV_FMT(name), SV_FMT(v.text));
    return err_hint(err, "stop what uses it, then restore");
}

static enum err_code postgres_may_restore(const struct backup_in *in, struct db *admin,
                                          struct sv name, bool *exists, struct err *err)
{
    bool empty = true;

    if (postgres_exists(admin, name, exists, err) != ERR_OK ||
        (*exists && postgres_is_empty(in, name, &empty, err) != ERR_OK))
        return err->code;
    if (*exists && !empty && !in->wish->replace) {
        (void)err_set(err, ERR_REFUSED, "database '%.*s' is not empty", SV_FMT(name));
        return err_hint(err, "--replace puts it aside under another name");
    }
    return *exists ? postgres_nobody_else(admin, name, err) : ERR_OK;
}

static void postgres_add_rename(struct strbuf *sql, struct sv from, struct sv to)
{
    strbuf_add_str(sql, "ALTER DATABASE ");
    db_quote_name(sql, from);
    strbuf_add_str(sql, " RENAME TO ");
    db_quote_name(sql, to);
    strbuf_add_byte(sql, ';');
}

/* Who owned the old one owns the new one. */
static enum err_code postgres_add_owner(struct db *admin, struct sv old, struct sv name,
                                        struct strbuf *sql, struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct db_value v;

    if (db_one(admin, &a,
               SV("SELECT pg_catalog.pg_get_userbyid(datdba) FROM pg_catalog.pg_database"
                  " WHERE datname = $1"),
               &DB_TEXT(old), 1, &v, err) != ERR_OK)
        return err->code;
    strbuf_add_str(sql, "ALTER DATABASE ");
    db_quote_name(sql, name);
    strbuf_add_str(sql, " OWNER TO ");
    db_quote_name(sql, v.text);
    strbuf_add_byte(sql, ';');
    return ERR_OK;
}

/* Several statements at once are one transaction: there is always a database of that name. */
static enum err_code postgres_exchange(struct backup_in *in, struct postgres_new *n, struct sv name,
                                       bool exists, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct clock_text at = clock_strftime(clock_now_us(), "%Y%m%dT%H%M%SZ", true);
    struct sv aside =
        arena_fmt(&in->report->arena, "%.*s_before_%s", SV_FMT(sv_sub(name, 0, 38)), at.s);

    if (exists) {
        if (postgres_nobody_else(n->admin, name, err) != ERR_OK ||
            postgres_add_owner(n->admin, name, n->name, &sql, err) != ERR_OK)
            return err->code;
        postgres_add_rename(&sql, name, aside);
    }
    postgres_add_rename(&sql, n->name, name);
    if (db_run(n->admin, strbuf_sv(&sql), NULL, 0, NULL, err) != ERR_OK)
        return err->code;
    n->exists = false; /* it has its name */
    in->report->aside = exists ? aside.p : NULL;
    return ERR_OK;
}

static enum err_code postgres_restore(struct backup_in *in, struct err *err)
{
    CLEANUP(db_closep) struct db *admin = NULL;
    CLEANUP(postgres_new_release) struct postgres_new n = {.url = in->wish->url};
    struct sv name = {NULL, 0};
    bool exists = false;

    if (pg_url_database(n.url, &in->report->arena, &name, err) != ERR_OK)
        return err_wrap(err, "'%s' is a backup of PostgreSQL", in->path);
    in->report->place = name.p;
    if (postgres_admin(n.url, &admin, err) != ERR_OK ||
        postgres_may_restore(in, admin, name, &exists, err) != ERR_OK)
        return err->code;
    if (postgres_new(in, &n, admin, "restore", err) != ERR_OK ||
        postgres_fill(in, &n, !in->wish->no_owner, err) != ERR_OK)
        return err->code;
    return postgres_exchange(in, &n, name, exists, err);
}

const struct backup_ops backup_postgres = {
    .create = postgres_create,
    .compare = postgres_compare,
    .restore = postgres_restore,
};
