#pragma once

/*
 * t_vfs: SQLite on a disk whose Nth call fails, in the process of the test.
 *
 *     t_vfs_fail(n, always);   from now on; 0: nothing fails, calls are only counted
 *     ...
 *     t_vfs.calls              how many there were since
 *
 * It stands before the methods of the unix VFS, for each file opened after t_vfs_init().  Counted are the calls that
 * a disk can refuse: open, read, write, truncate, sync, lock, and mapping the WAL's index.  What is given back
 * (unlock, close) never fails.  Where fail_nth.c kills or counts in a program, this looks at what a library says.
 */
#include <sqlite3.h>

#include "t.h"

static struct {
    unsigned at, calls;
    bool always;
    bool no_wal; /* the file system cannot share memory: no write-ahead log */
    sqlite3_vfs *real, vfs;
    struct
        t_vfs_kind { /* a table of methods of the unix VFS (with locks or without), and ours before it */
        sqlite3_io_methods methods;
        const sqlite3_io_methods *of;
    } kinds[4];
} t_vfs;

static inline const sqlite3_io_methods *t_vfs_of(const sqlite3_file *f)
{
    return ((const struct t_vfs_kind *)(const void *)f->pMethods)
        ->of; /* they are its first member */
}

static inline void t_vfs_fail(unsigned at, bool always)
{
    t_vfs.at = at;
    t_vfs.always = always;
    t_vfs.calls = 0;
}

static inline bool t_vfs_now(void)
{
    unsigned n = ++t_vfs.calls;

    return t_vfs.at && (n == t_vfs.at || (n > t_vfs.at && t_vfs.always));
}

static inline int t_vfs_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return t_vfs_now() ? SQLITE_IOERR_READ : t_vfs_of(f)->xRead(f, p, n, at);
}

static inline int t_vfs_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    return t_vfs_now() ? SQLITE_FULL : t_vfs_of(f)->xWrite(f, p, n, at);
}

static inline int t_vfs_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return t_vfs_now() ? SQLITE_IOERR_TRUNCATE : t_vfs_of(f)->xTruncate(f, size);
}

/* No test here loses power: a sync that succeeds need not be one. */
static inline int t_vfs_sync(sqlite3_file *f UNUSED, int flags UNUSED)
{
    return t_vfs_now() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static inline int t_vfs_lock(sqlite3_file *f, int level)
{
    return t_vfs_now() ? SQLITE_IOERR_LOCK : t_vfs_of(f)->xLock(f, level);
}

static inline int t_vfs_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
    return t_vfs_now() ? SQLITE_IOERR_SHMMAP : t_vfs_of(f)->xShmMap(f, page, size, extend, p);
}

static inline int t_vfs_shm_lock(sqlite3_file *f, int from, int n, int flags)
{
    bool refuses = (flags & SQLITE_SHM_LOCK) && t_vfs_now();

    return refuses ? SQLITE_IOERR_SHMLOCK : t_vfs_of(f)->xShmLock(f, from, n, flags);
}

/* Our table before that one. */
static inline const sqlite3_io_methods *t_vfs_before(const sqlite3_io_methods *of)
{
    struct t_vfs_kind *k = t_vfs.kinds;

    while (k->of && k->of != of)
        k++;
    T_CHECK(k < t_vfs.kinds + ARRAY_LEN(t_vfs.kinds) - 1);
    k->of = of;
    k->methods = *of;
    k->methods.iVersion = t_vfs.no_wal ? 1 : of->iVersion;
    k->methods.xRead = t_vfs_read;
    k->methods.xWrite = t_vfs_write;
    k->methods.xTruncate = t_vfs_truncate;
    k->methods.xSync = t_vfs_sync;
    k->methods.xLock = t_vfs_lock;
    k->methods.xShmMap = t_vfs_shm_map;
    k->methods.xShmLock = t_vfs_shm_lock;
    return &k->methods;
}

static inline int t_vfs_open(sqlite3_vfs *vfs UNUSED, const char *name, sqlite3_file *f, int flags,
                             int *out)
{
    int rc = SQLITE_CANTOPEN;

    f->pMethods = NULL; /* sqlite3.h, sqlite3_io_methods: then it is not closed */
    if (!t_vfs_now())
        rc = t_vfs.real->xOpen(t_vfs.real, name, f, flags, out);
    if (rc == SQLITE_OK)
        f->pMethods = t_vfs_before(f->pMethods);
    return rc;
}

static inline void t_vfs_init(void)
{
    t_vfs.real = sqlite3_vfs_find("unix");
    T_CHECK(t_vfs.real);
    t_vfs.vfs = *t_vfs.real; /* its calls do not ask which of the two they were made on */
    t_vfs.vfs.zName = "t_vfs";
    t_vfs.vfs.pNext = NULL;
    t_vfs.vfs.xOpen = t_vfs_open;
    T_EQ(sqlite3_vfs_register(&t_vfs.vfs, 1), SQLITE_OK);
}
