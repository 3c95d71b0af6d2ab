#pragma once

/*
 * pg: PostgreSQL's part of a backup: counting in a snapshot, pg_dump, pg_restore, databases made and renamed.
 *
 * The programs of PostgreSQL are given the connection by the environment, part by part under libpq's own names: no
 * password is in an argument.  They are looked up in PATH.
 */
#include "backup/census.h"
#include "backup/job.h"
#include "db/db.h"

/* The same address with another database. */
void pg_url(struct sv url, struct sv database, struct strbuf *ret);
/* The database that an address names.  ERR_INVALID: none, or no address of PostgreSQL. */
NODISCARD enum err_code pg_url_database(struct sv url, struct arena *a, struct sv *ret,
                                        struct err *err);

/* In a transaction that sees one moment. */
NODISCARD enum err_code pg_begin_snapshot(struct db *db, struct err *err);
/* Of the connected database, in the transaction; ends nothing. */
NODISCARD enum err_code pg_census(struct db *db, const struct job *job, struct census *ret,
                                  struct err *err);

struct pg_dump {
    struct sv url;
    struct sv snapshot; /* pg_export_snapshot() */
    int server_version;
    enum err_code (*on_bytes)(void *arg, struct sv bytes, struct err *err);
    void *arg;
    const int64_t *done; /* bytes so far */
    const struct job *job;
};
/* Custom format, not compressed.  ERR_NOT_FOUND: no pg_dump; ERR_REFUSED: it is older than the server. */
NODISCARD enum err_code pg_dump(const struct pg_dump *d, struct err *err);

struct pg_restore {
    struct sv url;
    struct sv database; /* of that server */
    int fd;             /* the dump, at its begin */
    bool owners;        /* who owned what, and privileges */
    const struct job *job;
};
/* In one transaction: all of it or nothing. */
NODISCARD enum err_code pg_restore(const struct pg_restore *r, struct err *err);

/* ERR_REFUSED: the role may not make databases. */
NODISCARD enum err_code pg_may_create(struct db *db, struct err *err);
/* An empty one with the encoding and locale of the census. */
NODISCARD enum err_code pg_create_database(struct db *db, struct sv name, const struct census *c,
                                           struct err *err);
NODISCARD enum err_code pg_drop_database(struct db *db, struct sv name, struct err *err);
