#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sv.h"
#include "store/stmt.h"
#include "store/store_int.h"

#define STORE_APPLICATION_ID  0x5052534b /* "PRSK" */
#define STORE_VERSION         4
#define STORE_VERSION_REPORTS 4
#define STORE_BUSY_MS         5000
#define STORE_SYNC_FULL       2
#define STORE_BLOB_BYTES      LIMIT_PLAN_BYTES /* the largest that is written */

static const char *const store_schema[] = {
    "CREATE TABLE run (id INTEGER PRIMARY KEY, environment TEXT NOT NULL, document TEXT NOT NULL,"
    " plan TEXT NOT NULL, started_us INTEGER NOT NULL)",
    "CREATE TABLE event (run INTEGER NOT NULL REFERENCES run, seq INTEGER NOT NULL,"
    " at_us INTEGER NOT NULL, kind INTEGER NOT NULL, step TEXT NOT NULL, attempt INTEGER NOT NULL,"
    " data TEXT NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (run, seq)) WITHOUT ROWID",
    "CREATE TABLE blob (hash BLOB PRIMARY KEY, size INTEGER NOT NULL, codec INTEGER NOT NULL,"
    " data BLOB NOT NULL)",
    "CREATE TABLE lock (environment TEXT PRIMARY KEY, run INTEGER NOT NULL, owner TEXT NOT NULL,"
    " host TEXT NOT NULL, boot TEXT NOT NULL, pid INTEGER NOT NULL, start INTEGER NOT NULL,"
    " at_us INTEGER NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE approval (plan TEXT NOT NULL, step TEXT NOT NULL, who TEXT NOT NULL,"
    " role TEXT NOT NULL, note TEXT NOT NULL, at_us INTEGER NOT NULL)",
    "CREATE TABLE seal (run INTEGER PRIMARY KEY REFERENCES run, head BLOB NOT NULL,"
    " key BLOB NOT NULL, signature BLOB NOT NULL, at_us INTEGER NOT NULL)",
    "CREATE TABLE state (run INTEGER NOT NULL REFERENCES run, key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (run, key)) WITHOUT ROWID",
    "PRAGMA application_id = 1347572555",
    "PRAGMA user_version = 1",
};

/* From version 1 to 2: an approval may be for one run, may be a no, and says who the system says it was. */
static const char *const store_schema_2[] = {
    "ALTER TABLE approval ADD COLUMN run INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE approval ADD COLUMN answer TEXT NOT NULL DEFAULT 'yes'",
    "ALTER TABLE approval ADD COLUMN login TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE approval ADD COLUMN origin TEXT NOT NULL DEFAULT ''",
    "PRAGMA user_version = 2",
};

/* From version 2 to 3: what a run amounts to, beside the event that it was made after. */
static const char *const store_schema_3[] = {
    "CREATE TABLE summary (run INTEGER PRIMARY KEY REFERENCES run, seq INTEGER NOT NULL,"
    " head BLOB NOT NULL, data TEXT NOT NULL)",
    "PRAGMA user_version = 3",
};

/* From version 3 to 4: what people and programs tell of an environment. */
static const char *const store_schema_4[] = {
    "CREATE TABLE report (id INTEGER PRIMARY KEY, environment TEXT NOT NULL,"
    " kind TEXT NOT NULL, run INTEGER NOT NULL, who TEXT NOT NULL, note TEXT NOT NULL,"
    " at_us INTEGER NOT NULL, login TEXT NOT NULL, origin TEXT NOT NULL)",
    "PRAGMA user_version = 4",
};

/* Row n leads from version n to the next. */
static const struct store_raise {
    const char *const *v;
    size_t n;
} store_raises[STORE_VERSION] = {{store_schema, ARRAY_LEN(store_schema)},
                                 {store_schema_2, ARRAY_LEN(store_schema_2)},
                                 {store_schema_3, ARRAY_LEN(store_schema_3)},
                                 {store_schema_4, ARRAY_LEN(store_schema_4)}};

void store_free(struct store *s)
{
    if (!s)
        return;
    stmt_forget(s->db);
    (void)sqlite3_close(s->db); /* every statement has been finalized */
    free(s->dir);
    free(s);
}

const char *store_dir(const struct store *s)
{
    return s->dir;
}

static enum err_code store_fail(const struct store *s, struct err *err)
{
    return stmt_db_error(s->db, err);
}

static enum err_code store_foreign(struct err *err)
{
    return err_set(err, ERR_CORRUPT, "this is not a store of prusik");
}

/* The answer of what always has one. */
static enum err_code store_number(const struct store *s, const char *sql, int64_t *ret,
                                  struct err *err)
{
    CLEANUP(stmt_done) struct stmt st = stmt_begin(s->db, sql);
    bool more = false;

    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    *ret = stmt_i64(&st, 0);
    return ERR_OK;
}

static enum err_code store_want_wal(const struct store *s, struct err *err)
{
    CLEANUP(stmt_done) struct stmt st = STMT(s->db, "PRAGMA journal_mode = WAL");
    bool more = false;

    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    if (!more || !sv_eq(stmt_sv(&st, 0), SV("wal")))
        return err_set(err, ERR_DB, "the file system does not allow a write-ahead log");
    return ERR_OK;
}

static enum err_code store_settings(const struct store *s, struct err *err)
{
    enum err_code rc;
    int64_t level = 0;

    if (sqlite3_busy_timeout(s->db, STORE_BUSY_MS) != SQLITE_OK ||
        sqlite3_exec(s->db, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON", NULL, NULL,
                     NULL) != SQLITE_OK)
        return store_fail(s, err);
    if (s->mode == STORE_WRITE && store_want_wal(s, err) != ERR_OK)
        return err->code;
    rc = store_number(s, "PRAGMA synchronous", &level, err);
    if (rc == ERR_OK && level != STORE_SYNC_FULL)
        return err_set(err, ERR_DB, "no synchronous=FULL"); /* uncovered: every SQLite has it */
    return rc;
}

static enum err_code store_exec_all(struct store *s, const char *const *v, size_t n,
                                    struct err *err)
{
    enum err_code rc = ERR_OK;

    for (size_t i = 0; i < n && rc == ERR_OK; i++) {
        CLEANUP(stmt_done) struct stmt st = stmt_begin(s->db, v[i]);

        rc = stmt_exec(&st, err);
    }
    return rc;
}

/*
 * From nothing, or from an older version, to the present one.  A database that has tables and no version is somebody's,
 * who left the marks of SQLite as they are.
 */
static enum err_code store_create(struct store *s, struct err *err)
{
    CLEANUP(txn_done) struct txn t = {.db = s->db};
    int64_t version = 0, tables = 0;
    enum err_code rc = ERR_OK;

    if (txn_begin(&t, err) != ERR_OK ||
        store_number(s, "PRAGMA user_version", &version, err) != ERR_OK ||
        store_number(s, "SELECT count(*) FROM main.sqlite_master", &tables, err) != ERR_OK)
        return err->code;
    s->version = STORE_VERSION;
    if (version == STORE_VERSION)
        return ERR_OK; /* another process was first */
    if (version == 0 && tables)
        return store_foreign(err);
    for (; rc == ERR_OK && version < STORE_VERSION; version++)
        rc = store_exec_all(s, store_raises[version].v, store_raises[version].n, err);
    return rc == ERR_OK ? txn_commit(&t, err) : rc;
}

static enum err_code store_check_version(struct store *s, struct err *err)
{
    int64_t application = 0, version = 0;

    if (store_number(s, "PRAGMA application_id", &application, err) != ERR_OK ||
        store_number(s, "PRAGMA user_version", &version, err) != ERR_OK)
        return err->code;
    if (version == 0 && application == 0 && s->mode == STORE_WRITE)
        return store_create(s, err);
    if (application != STORE_APPLICATION_ID)
        return store_foreign(err);
    if (version > STORE_VERSION) {
        (void)err_set(err, ERR_INVALID,
                      "written by a newer version (format %lld, this one knows %d)",
                      (long long)version, STORE_VERSION);
        return err_hint(err, "use the newer prusik");
    }
    s->version = version;
    if (version < STORE_VERSION && s->mode == STORE_WRITE)
        return store_create(s, err);
    return ERR_OK;
}

/* The folder keeps itself out of version control, as a build folder does. */
static enum err_code store_prepare_dir(const char *dir, struct err *err)
{
    CLEANUP(mem_freep) char *ignore = path_join(dir, ".gitignore");

    if (file_mkdirs(dir, err) != ERR_OK)
        return err->code;
    return file_exists(ignore) ? ERR_OK : file_write_atomic(ignore, SV("*\n"), 0600, err);
}

static enum err_code store_connect(struct store *s, const char *path, struct err *err)
{
    int flags =
        s->mode == STORE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    mode_t mask = umask(077);
    int rc = sqlite3_open_v2(path, &s->db, flags, NULL);

    if (rc == SQLITE_OK && s->mode == STORE_WRITE)
        rc = sqlite3_exec(s->db, "PRAGMA user_version", NULL, NULL, NULL); /* creates the file */
    (void)umask(mask);
    if (rc != SQLITE_OK)
        return store_fail(s, err);
    if (store_settings(s, err) != ERR_OK)
        return err->code;
    return store_check_version(s, err);
}

/*
 * On a full disk there is no room for the memory that readers and writers of a log share.  Who is alone reads without it, and changes nothing: the
 * log stays as it is.
 */
static enum err_code store_connect_alone(struct store *s, const char *path, struct err *err)
{
    struct err why = *err;

    stmt_forget(s->db);
    (void)sqlite3_close(s->db); /* every statement has been finalized */
    s->db = NULL;
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) == SQLITE_OK &&
        sqlite3_exec(s->db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON", NULL, NULL,
                     NULL) == SQLITE_OK &&
        store_settings(s, err) == ERR_OK && store_check_version(s, err) == ERR_OK)
        return ERR_OK;
    *err = why;       /* uncovered: a disk that cannot be read; what is wrong in the first place */
    return err->code; /* uncovered: likewise */
}

static enum err_code store_connect_any(struct store *s, const char *path, struct err *err)
{
    if (store_connect(s, path, err) == ERR_OK)
        return ERR_OK;
    if (s->mode == STORE_READ && (sqlite3_errcode(s->db) & 0xff) == SQLITE_IOERR)
        return store_connect_alone(s, path, err);
    return err->code;
}

enum err_code store_open(const char *dir, enum store_mode mode, struct store **ret, struct err *err)
{
    CLEANUP(store_freep) struct store *s = XNEW(struct store);
    CLEANUP(mem_freep) char *path = path_join(dir, "store.db");

    s->dir = xstrdup(dir);
    s->mode = mode;
    if (mode == STORE_READ && !file_exists(path)) {
        (void)err_set(err, ERR_NOT_FOUND, "there is no store in '%s'", dir);
        return err_hint(err, "a run makes it; --store names another folder");
    }
    if (mode == STORE_WRITE && store_prepare_dir(dir, err) != ERR_OK)
        return err_wrap(err, "store '%s'", dir);
    if (store_connect_any(s, path, err) != ERR_OK)
        return err_wrap(err, "store '%s'", path);
    *ret = STEAL(s);
    return ERR_OK;
}

enum err_code store_run_add(struct store *s, const struct store_run *run, int64_t *id,
                            struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "INSERT INTO main.run (environment, document, plan, started_us)"
                                 " VALUES (?, ?, ?, ?)");

    stmt_bind_sv(&st, run->environment);
    stmt_bind_sv(&st, run->document);
    stmt_bind_sv(&st, run->plan);
    stmt_bind_i64(&st, run->started_us);
    if (stmt_exec(&st, err) != ERR_OK)
        return err->code;
    *id = sqlite3_last_insert_rowid(s->db);
    return ERR_OK;
}

enum err_code store_runs(struct store *s, store_run_fn *fn, void *arg, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "SELECT id, environment, document, plan, started_us FROM main.run"
                                 " ORDER BY id DESC");
    bool more = true;

    while (stmt_next(&st, &more, err) == ERR_OK) {
        struct store_run run = {.id = more ? stmt_i64(&st, 0) : 0};

        if (!more)
            return ERR_OK;
        run.environment = stmt_sv(&st, 1);
        run.document = stmt_sv(&st, 2);
        run.plan = stmt_sv(&st, 3);
        run.started_us = stmt_i64(&st, 4);
        if (!fn(&run, arg))
            return ERR_OK;
    }
    return err->code;
}

enum err_code store_last_run(struct store *s, struct sv environment, int64_t *id, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "SELECT max(id) FROM main.run WHERE ?1 = '' OR environment = ?1");
    bool more = false;

    stmt_bind_sv(&st, environment);
    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    *id = more ? stmt_i64(&st, 0) : 0;
    return ERR_OK;
}

/* Small or incompressible bytes are kept as they are. */
enum err_code store_blob_put(struct store *s, struct sv bytes, const struct hash *h,
                             struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "INSERT OR IGNORE INTO main.blob (hash, size, codec, data)"
                                 " VALUES (?, ?, ?, ?)");
    CLEANUP(mem_freep) void *packed = NULL;
    size_t n = SIZE_MAX;

    if (bytes.n > 256) {
        size_t bound = ZSTD_compressBound(bytes.n);

        packed = xcalloc(bound, 1);
        n = ZSTD_compress(packed, bound, bytes.p, bytes.n, 3);
    }
    stmt_bind_blob(&st, h->b, sizeof(h->b));
    stmt_bind_i64(&st, (int64_t)bytes.n);
    if (packed && !ZSTD_isError(n) && n < bytes.n) {
        stmt_bind_i64(&st, 1);
        stmt_bind_blob(&st, packed, n);
    } else {
        stmt_bind_i64(&st, 0);
        stmt_bind_blob(&st, bytes.p ? bytes.p : "", bytes.n);
    }
    return stmt_exec(&st, err);
}

enum err_code store_blob_add(struct store *s, struct sv bytes, struct hash *ret, struct err *err)
{
    struct hash h = hash_of(bytes);

    if (store_blob_put(s, bytes, &h, err) != ERR_OK)
        return err->code;
    *ret = h;
    return ERR_OK;
}

static enum err_code store_blob_unpack(struct sv data, size_t size, int64_t codec,
                                       struct strbuf *out, struct err *err)
{
    if (codec == 0) {
        strbuf_add_sv(out, data);
    } else if (codec == 1) {
        size_t n;

        if (size > STORE_BLOB_BYTES || ZSTD_getFrameContentSize(data.p, data.n) != size)
            return err_set(err, ERR_CORRUPT, "its size is not %zu bytes", size);
        strbuf_reserve(out, size);
        n = ZSTD_decompress(out->p, size, data.p, data.n);
        if (ZSTD_isError(n))
            return err_set(err, ERR_CORRUPT, "does not decompress: %s", ZSTD_getErrorName(n));
        out->n = n;
        out->p[n] = '\0';
    } else {
        return err_set(err, ERR_CORRUPT, "unknown codec %lld", (long long)codec);
    }
    return ERR_OK;
}

static enum err_code store_blob_read(struct store *s, const struct hash *h, size_t max,
                                     struct strbuf *out, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "SELECT size, codec, data FROM main.blob WHERE hash = ?");
    struct hash now;
    bool more = false;

    stmt_bind_blob(&st, h->b, sizeof(h->b));
    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    if (!more)
        return err_set(err, ERR_NOT_FOUND, "it is not there");
    if (stmt_i64(&st, 0) < 0 || (uint64_t)stmt_i64(&st, 0) > max)
        return err_set(err, ERR_LIMIT, "it has %lld bytes, more than %zu",
                       (long long)stmt_i64(&st, 0), max);
    if (store_blob_unpack(stmt_sv(&st, 2), (size_t)stmt_i64(&st, 0), stmt_i64(&st, 1), out, err) !=
        ERR_OK)
        return err->code;
    if (out->n != (size_t)stmt_i64(&st, 0))
        return err_set(err, ERR_CORRUPT, "its size is %zu bytes, not %lld", out->n,
                       (long long)stmt_i64(&st, 0));
    now = hash_of(strbuf_sv(out));
    if (!hash_eq(&now, h))
        return err_set(err, ERR_CORRUPT, "its bytes have another hash");
    return ERR_OK;
}

enum err_code store_blob(struct store *s, const struct hash *h, size_t max, struct strbuf *ret,
                         struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (store_blob_read(s, h, max, &b, err) != ERR_OK)
        return err_wrap(err, "blob %s", hash_hex(h).s);
    *ret = strbuf_steal(&b);
    return ERR_OK;
}

enum err_code store_approval_add(struct store *s, const struct store_approval *a, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st =
        STMT(s->db, "INSERT INTO main.approval (plan, step, who, role, note, at_us, run,"
                    " answer, login, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

    stmt_bind_sv(&st, a->plan);
    stmt_bind_sv(&st, a->step);
    stmt_bind_sv(&st, a->who);
    stmt_bind_sv(&st, a->role);
    stmt_bind_sv(&st, a->note);
    stmt_bind_i64(&st, a->at_us);
    stmt_bind_i64(&st, a->run);
    stmt_bind_sv(&st, a->refused ? SV("no") : SV("yes"));
    stmt_bind_sv(&st, a->login);
    stmt_bind_sv(&st, a->origin);
    return stmt_exec(&st, err);
}

enum err_code store_approvals(struct store *s, const struct store_approval_of *of,
                              store_approval_fn *fn, void *arg, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st =
        STMT(s->db, "SELECT step, who, role, note, at_us, run, answer, login, origin, plan"
                    " FROM main.approval WHERE plan IN (?, ?) AND run IN (0, ?)"
                    " ORDER BY rowid");
    bool more = true;

    stmt_bind_sv(&st, of->plan);
    stmt_bind_sv(&st, of->also.n ? of->also : of->plan);
    stmt_bind_i64(&st, of->run);
    while (stmt_next(&st, &more, err) == ERR_OK) {
        struct store_approval a = {.step = stmt_sv(&st, 0)};

        if (!more)
            return ERR_OK;
        a.who = stmt_sv(&st, 1);
        a.role = stmt_sv(&st, 2);
        a.note = stmt_sv(&st, 3);
        a.at_us = stmt_i64(&st, 4);
        a.run = stmt_i64(&st, 5);
        a.refused = !sv_eq(stmt_sv(&st, 6), SV("yes"));
        a.login = stmt_sv(&st, 7);
        a.origin = stmt_sv(&st, 8);
        a.plan = stmt_sv(&st, 9);
        fn(&a, arg);
    }
    return err->code;
}

enum err_code store_report_add(struct store *s, const struct store_report *r, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "INSERT INTO main.report (environment, kind, run, who, note,"
                                 " at_us, login, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

    stmt_bind_sv(&st, r->environment);
    stmt_bind_sv(&st, r->kind);
    stmt_bind_i64(&st, r->run);
    stmt_bind_sv(&st, r->who);
    stmt_bind_sv(&st, r->note);
    stmt_bind_i64(&st, r->at_us);
    stmt_bind_sv(&st, r->login);
    stmt_bind_sv(&st, r->origin);
    return stmt_exec(&st, err);
}

enum err_code store_reports(struct store *s, const struct store_reports_of *of, store_report_fn *fn,
                            void *arg, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "SELECT id, kind, run, who, note, at_us, login, origin"
                                 " FROM main.report WHERE environment = ?1 AND id > ?2"
                                 " AND at_us > ?3 AND (?4 = '' OR kind = ?4) ORDER BY id");
    bool more = true;

    if (s->version < STORE_VERSION_REPORTS)
        return ERR_OK; /* an older store that is read as it is has none */
    stmt_bind_sv(&st, of->environment);
    stmt_bind_i64(&st, of->after_id);
    stmt_bind_i64(&st, of->after_us);
    stmt_bind_sv(&st, of->kind);
    while (stmt_next(&st, &more, err) == ERR_OK) {
        struct store_report r = {.environment = of->environment};

        if (!more)
            return ERR_OK;
        r.id = stmt_i64(&st, 0);
        r.kind = stmt_sv(&st, 1);
        r.run = stmt_i64(&st, 2);
        r.who = stmt_sv(&st, 3);
        r.note = stmt_sv(&st, 4);
        r.at_us = stmt_i64(&st, 5);
        r.login = stmt_sv(&st, 6);
        r.origin = stmt_sv(&st, 7);
        fn(&r, arg);
    }
    return err->code;
}

enum err_code store_moments(struct store *s, const struct store_moments_of *of, store_moment_fn *fn,
                            void *arg, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(
        s->db, "WITH live AS (SELECT r.id FROM main.run r WHERE r.environment IN (?1, ?1 || ?4)"
               " AND (SELECT"
               " e.at_us FROM main.event e WHERE e.run = r.id ORDER BY e.seq DESC LIMIT 1) > ?2)"
               " SELECT e.at_us, e.run, e.step, e.data FROM main.event e JOIN live"
               " ON e.run = live.id WHERE e.kind = ?3 AND e.at_us > ?2 ORDER BY e.run, e.seq");
    bool more = true;

    stmt_bind_sv(&st, of->environment);
    stmt_bind_i64(&st, of->after_us);
    stmt_bind_i64(&st, of->kind);
    stmt_bind_sv(&st, of->suffix);
    while (stmt_next(&st, &more, err) == ERR_OK) {
        struct store_moment m = {.at_us = more ? stmt_i64(&st, 0) : 0};

        if (!more)
            return ERR_OK;
        m.run = stmt_i64(&st, 1);
        m.step = stmt_sv(&st, 2);
        m.data = stmt_sv(&st, 3);
        fn(&m, arg);
    }
    return err->code;
}
