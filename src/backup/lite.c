#include "backup/lite.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/ident.h"
#include "base/mem.h"
#include "base/sv.h"
#include "db/db.h"

#define LITE_BUSY_MS   30000
#define LITE_WAIT_MS   3
#define LITE_TICK_ROWS 4096
#define LITE_STEPS     100000 /* of SQLite's machine between two looks: about a millisecond */

static void lite_close(sqlite3 **db)
{
    (void)sqlite3_close(*db); /* no statement of ours is left */
}

static void lite_finalize(sqlite3_stmt **st)
{
    (void)sqlite3_finalize(*st); /* repeats the error of the step */
}

static enum err_code lite_failed(sqlite3 *db, const char *path, struct err *err)
{
    int rc = sqlite3_errcode(db) & 0xff;
    enum err_code code = rc == SQLITE_BUSY || rc == SQLITE_LOCKED      ? ERR_LOCKED
                         : rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB ? ERR_CORRUPT
                         : rc == SQLITE_INTERRUPT                      ? ERR_INTERRUPTED
                         : rc == SQLITE_FULL || rc == SQLITE_IOERR     ? ERR_IO
                                                                       : ERR_DB;

    return err_set(err, code, "'%s': %s", path, sqlite3_errmsg(db));
}

static int lite_on_steps(void *arg)
{
    const struct job *job = arg;

    return atomic_load(job->stop); /* what is told is told by the rows */
}

/* Always as short: who waits longer each time never gets in between writers that come again at once. */
static int lite_wait(void *arg UNUSED, int tries)
{
    return tries < LITE_BUSY_MS / LITE_WAIT_MS && sqlite3_sleep(LITE_WAIT_MS) > 0;
}

static enum err_code lite_open(const char *path, int flags, const struct job *job, sqlite3 **ret,
                               struct err *err)
{
    CLEANUP(lite_close) sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
        if (sqlite3_system_errno(db) == ENOENT)
            return err_set(err, ERR_NOT_FOUND, "'%s': there is no such file", path);
        return lite_failed(db, path, err);
    }
    (void)sqlite3_busy_handler(db, lite_wait, NULL); /* fails for no open database */
    if (job && job->stop)
        sqlite3_progress_handler(db, LITE_STEPS, lite_on_steps, (void *)(uintptr_t)job);
    *ret = STEAL(db);
    return ERR_OK;
}

/* A file that nobody changes, without locks and journals. */
static enum err_code lite_open_still(const char *path, const struct job *job, sqlite3 **ret,
                                     struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf uri = STRBUF(0);

    strbuf_add_str(&uri, "file:");
    for (const char *c = path; *c; c++) {
        if (*c == '?' || *c == '#' || *c == '%')
            strbuf_addf(&uri, "%%%02x", (unsigned char)*c);
        else
            strbuf_add_byte(&uri, *c);
    }
    strbuf_add_str(&uri, "?immutable=1");
    return lite_open(strbuf_str(&uri), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, job, ret, err);
}

static enum err_code lite_exec(sqlite3 *db, const char *path, const char *sql, struct err *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK
                                                                : lite_failed(db, path, err);
}

/* --- the census --- */

/* 128 bits, to be summed: the order of rows does not matter. */
struct lite_sum {
    uint64_t high, low;
};

static void lite_add_value(struct strbuf *b, sqlite3_stmt *st, int i)
{
    static const char types[] = {[SQLITE_INTEGER] = 'i',
                                 [SQLITE_FLOAT] = 'f',
                                 [SQLITE_TEXT] = 't',
                                 [SQLITE_BLOB] = 'b',
                                 [SQLITE_NULL] = 'n'};
    int type = sqlite3_column_type(st, i);
    const void *p = NULL;
    int64_t number = 0;
    double real;

    strbuf_add_byte(b, types[type]);
    if (type == SQLITE_NULL)
        return;
    if (type == SQLITE_INTEGER) {
        number = sqlite3_column_int64(st, i);
    } else if (type == SQLITE_FLOAT) {
        real = sqlite3_column_double(st, i);
        memcpy(&number, &real, sizeof(number));
    } else {
        p = type == SQLITE_TEXT ? (const void *)sqlite3_column_text(st, i)
                                : sqlite3_column_blob(st, i);
        number = sqlite3_column_bytes(st, i);
    }
    for (unsigned k = 0; k < 64; k += 8)
        strbuf_add_byte(b, (char)((uint64_t)number >> k));
    if (p)
        strbuf_add(b, p, (size_t)number);
}

static uint64_t lite_u64(const unsigned char *p)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static void lite_add_row(struct lite_sum *sum, struct strbuf *row, sqlite3_stmt *st, int n)
{
    static const unsigned char key[crypto_shorthash_siphashx24_KEYBYTES];
    unsigned char h[crypto_shorthash_siphashx24_BYTES];
    uint64_t low;

    strbuf_truncate(row, 0);
    for (int i = 0; i < n; i++)
        lite_add_value(row, st, i);
    (void)crypto_shorthash_siphashx24(h, (const unsigned char *)strbuf_str(row), row->n, key);
    low = lite_u64(h);
    sum->low += low;
    sum->high += lite_u64(h + 8) + (sum->low < low);
}

static enum err_code lite_count(sqlite3 *db, const char *path, const struct job *job,
                                struct census *c, struct census_table *t, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0), row = STRBUF(0);
    CLEANUP(lite_finalize) sqlite3_stmt *st = NULL;
    struct lite_sum sum = {0};
    int n, rc;

    strbuf_add_str(&sql, "SELECT * FROM main.");
    db_quote_name(&sql, t->name);
    if (sqlite3_prepare_v2(db, strbuf_str(&sql), -1, &st, NULL) != SQLITE_OK)
        return lite_failed(db, path, err);
    n = sqlite3_column_count(st);
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        lite_add_row(&sum, &row, st, n);
        if (++t->rows % LITE_TICK_ROWS == 0 && job_tick(job, "count", t->rows, 0, err) != ERR_OK)
            return err->code;
    }
    if (rc != SQLITE_DONE)
        return lite_failed(db, path, err);
    t->digest = arena_fmt(&c->arena, "%016llx%016llx", (unsigned long long)sum.high,
                          (unsigned long long)sum.low);
    t->counted = true;
    return ERR_OK;
}

/* What there is, and the digest of how it was declared. */
static enum err_code lite_tables(sqlite3 *db, const char *path, struct census *c, struct err *err)
{
    CLEANUP(hash_state_freep) struct hash_state *schema = hash_state_new();
    CLEANUP(lite_finalize) sqlite3_stmt *st = NULL;
    struct hash h;
    int rc;

    if (sqlite3_prepare_v2(db,
                           "SELECT type, name, tbl_name, coalesce(sql, ''),"
                           " type = 'table', sql LIKE 'CREATE VIRTUAL%'"
                           " FROM main.sqlite_schema ORDER BY 1, 2, 3, 4",
                           -1, &st, NULL) != SQLITE_OK)
        return lite_failed(db, path, err);
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        for (int i = 0; i < 4; i++)
            hash_add_sv(schema, (struct sv){(const char *)sqlite3_column_text(st, i),
                                            (size_t)sqlite3_column_bytes(st, i)});
        if (sqlite3_column_int(st, 4))
            census_add(c, (struct sv){(const char *)sqlite3_column_text(st, 1),
                                      (size_t)sqlite3_column_bytes(st, 1)})
                ->counted = !sqlite3_column_int(st, 5);
    }
    if (rc != SQLITE_DONE)
        return lite_failed(db, path, err);
    h = hash_end(schema);
    census_add_fact(c, "schema", sv_from(hash_hex(&h).s));
    return ERR_OK;
}

static const struct {
    const char *name, *sql;
} lite_facts[] = {
    {"user_version", "PRAGMA main.user_version"},
    {"application_id", "PRAGMA main.application_id"},
    /* What the source has is in the copy, too: it is told, not refused. */
    {"foreign_key_violations", "SELECT count(*) FROM pragma_foreign_key_check"},
};

static enum err_code lite_add_fact(sqlite3 *db, const char *path, size_t i, struct census *c,
                                   struct err *err)
{
    CLEANUP(lite_finalize) sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, lite_facts[i].sql, -1, &st, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ERROR) /* "foreign key mismatch": of the schema, and so of both */
        census_add_fact(c, lite_facts[i].name, sv_from(sqlite3_errmsg(db)));
    else if (rc == SQLITE_ROW)
        census_add_fact(c, lite_facts[i].name, sv_from((const char *)sqlite3_column_text(st, 0)));
    else
        return lite_failed(db, path, err);
    return ERR_OK;
}

static enum err_code lite_take_census(sqlite3 *db, const char *path, const struct job *job,
                                      struct census *ret, struct err *err)
{
    CLEANUP(census_release) struct census c = {0};

    if (lite_tables(db, path, &c, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < ARRAY_LEN(lite_facts); i++)
        if (lite_add_fact(db, path, i, &c, err) != ERR_OK)
            return err->code;
    for (size_t i = 0; i < c.tables.n; i++) {
        bool is_virtual = !c.tables.v[i].counted;

        if (!is_virtual && lite_count(db, path, job, &c, &c.tables.v[i], err) != ERR_OK)
            return err->code;
    }
    census_sort(&c);
    *ret = c;
    memset(&c, 0, sizeof(c));
    return ERR_OK;
}

enum err_code lite_census(const char *path, const struct job *job, struct census *ret,
                          struct err *err)
{
    CLEANUP(lite_close) sqlite3 *db = NULL;

    if (lite_open_still(path, job, &db, err) != ERR_OK)
        return err->code;
    return lite_take_census(db, path, job, ret, err);
}

/* --- copying --- */

struct lite_pair {
    sqlite3 *from, *to;
    const char *from_path, *to_path;
};

static void lite_pair_close(struct lite_pair *p)
{
    lite_close(&p->from);
    lite_close(&p->to);
}

/* In one step: page by page would begin anew with each write of another process. */
static enum err_code lite_copy_pages(const struct lite_pair *p, struct err *err)
{
    sqlite3_backup *b = sqlite3_backup_init(p->to, "main", p->from, "main");
    int rc = b ? sqlite3_backup_step(b, -1) : SQLITE_ERROR;

    (void)sqlite3_backup_finish(b); /* repeats the error of the step */
    if (rc == SQLITE_DONE)
        return ERR_OK;
    if (sqlite3_errcode(p->to) != SQLITE_OK)
        return lite_failed(p->to, p->to_path, err);
    return err_set(err, ERR_DB, "copy '%s': %s", p->from_path, sqlite3_errstr(rc));
}

static enum err_code lite_copy_snapshot(const struct lite_pair *p, const struct job *job,
                                        struct census *ret, struct err *err)
{
    CLEANUP(census_release) struct census c = {0};

    /* The first read takes the snapshot; the census and the copy are made in it. */
    if (lite_exec(p->from, p->from_path, "BEGIN; SELECT count(*) FROM main.sqlite_schema", err) !=
            ERR_OK ||
        lite_take_census(p->from, p->from_path, job, &c, err) != ERR_OK ||
        job_tick(job, "copy", 0, 0, err) != ERR_OK || lite_copy_pages(p, err) != ERR_OK ||
        lite_exec(p->from, p->from_path, "COMMIT", err) != ERR_OK)
        return err->code;
    *ret = c;
    memset(&c, 0, sizeof(c));
    return ERR_OK;
}

enum err_code lite_copy(const char *path, const char *to, const struct job *job, struct census *ret,
                        struct err *err)
{
    CLEANUP(lite_pair_close) struct lite_pair p = {.from_path = path, .to_path = to};

    /* Not read-only: a journal that a crash left is to be rolled back first. */
    if (lite_open(path, SQLITE_OPEN_READWRITE, job, &p.from, err) != ERR_OK ||
        lite_open(to, SQLITE_OPEN_READWRITE, NULL, &p.to, err) != ERR_OK ||
        lite_exec(p.to, to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", err) != ERR_OK)
        return err->code;
    return lite_copy_snapshot(&p, job, ret, err);
}

/* --- checking --- */

enum err_code lite_check(const char *path, const struct job *job, struct err *err)
{
    CLEANUP(lite_close) sqlite3 *db = NULL;
    CLEANUP(lite_finalize) sqlite3_stmt *st = NULL;
    struct sv said;

    if (lite_open_still(path, job, &db, err) != ERR_OK)
        return err->code;
    if (sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &st, NULL) != SQLITE_OK ||
        sqlite3_step(st) != SQLITE_ROW)
        return lite_failed(db, path, err);
    said =
        (struct sv){(const char *)sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0)};
    if (!sv_is(said, "ok"))
        return err_set(err, ERR_CORRUPT, "integrity_check: %.*s", SV_FMT(said));
    return ERR_OK;
}

/* --- keeping others out --- */

struct lite_hold {
    sqlite3 *db;
    bool wal; /* it was in that mode */
};

void lite_unlock(struct lite_hold *h)
{
    if (!h)
        return;
    lite_close(&h->db); /* which gives the lock back */
    free(h);
}

static enum err_code lite_nobody_else(const char *path, struct err *err)
{
    struct stat st;
    int64_t user;

    if (stat(path, &st) != 0)
        return err_sys(err, errno, "look at '%s'", path);
    /* An idle connection holds no lock, and would write on into the file that was replaced. */
    user = ident_opener(&st);
    if (!user)
        return ERR_OK;
    (void)err_set(err, ERR_LOCKED, "'%s' is in use: process %lld has it open", path,
                  (long long)user);
    return err_hint(err, "stop what uses it, then restore");
}

/* A file that is no database, or is damaged, holds no lock. */
static enum err_code lite_open_alone(const char *path, const char *sql, struct lite_hold *h,
                                     bool *damaged, struct err *err)
{
    CLEANUP(lite_finalize) sqlite3_stmt *st = NULL;
    enum err_code rc;

    if (lite_nobody_else(path, err) != ERR_OK)
        return err->code;
    rc = lite_open(path, SQLITE_OPEN_READWRITE, NULL, &h->db, err);
    if (rc == ERR_OK) {
        (void)sqlite3_busy_timeout(h->db, 0); /* fails for no open database */
        if (sqlite3_prepare_v2(h->db, "PRAGMA journal_mode", -1, &st, NULL) == SQLITE_OK &&
            sqlite3_step(st) == SQLITE_ROW)
            h->wal = sv_is(sv_from((const char *)sqlite3_column_text(st, 0)), "wal");
        (void)sqlite3_reset(st); /* it says nothing that the next does not */
        rc = lite_exec(h->db, path, sql, err);
    }
    *damaged = rc == ERR_CORRUPT;
    if (rc == ERR_LOCKED)
        return err_hint(err, "stop what uses it, then restore");
    return *damaged ? ERR_OK : rc;
}

enum err_code lite_is_free(const char *path, struct err *err)
{
    struct lite_hold h = {0};
    bool damaged;
    enum err_code rc = lite_open_alone(
        path, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK", &h, &damaged, err);

    lite_close(&h.db);
    return rc;
}

enum err_code lite_lock(const char *path, struct lite_hold **ret, bool *damaged, struct err *err)
{
    CLEANUP(lite_unlockp) struct lite_hold *h = XNEW(struct lite_hold);

    /* Leaving WAL writes it back and removes it; it needs to be alone. */
    if (lite_open_alone(path, "PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE", h, damaged, err) !=
        ERR_OK)
        return err->code;
    *ret = *damaged ? NULL : STEAL(h);
    return ERR_OK;
}

bool lite_was_wal(const struct lite_hold *h)
{
    return h && h->wal;
}

enum err_code lite_set_wal(const char *path, struct err *err)
{
    CLEANUP(lite_close) sqlite3 *db = NULL;

    if (lite_open(path, SQLITE_OPEN_READWRITE, NULL, &db, err) != ERR_OK)
        return err->code;
    return lite_exec(db, path, "PRAGMA journal_mode = WAL", err);
}
