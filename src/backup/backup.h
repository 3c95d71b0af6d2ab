#pragma once

/*
 * backup: one database as one file that proves itself (docs/formats/backup.md, docs/adr/0010-backups.md).
 *
 * backup_create() gives a file its name when it was read back and, at level PACK_COMPARED, restored to a scratch
 * database and compared.  backup_restore() changes nothing until what it made was compared, and keeps what was there.
 * All block, and look at job->stop.  Errors: ERR_CORRUPT for a file that was changed or cut off, ERR_FAILED when what was
 * restored differs, ERR_REFUSED for what would be lost or is not allowed, ERR_LOCKED for a database in use,
 * ERR_INTERRUPTED; else those of db.h.
 */
#include "backup/census.h"
#include "backup/pack.h"

#define BACKUP_SUFFIX ".prbak"

struct backup_wish {
    struct sv url;      /* create: of what; restore: of the place */
    const char *folder; /* create: where to; is made when it is not there */
    const char *
        scratch; /* folder (SQLite), address of a server (PostgreSQL); NULL: beside the file, the same server */
    enum pack_level level;
    struct key_spec key;
    bool replace;  /* restore: what is there is put aside */
    bool no_owner; /* restore, PostgreSQL: everything belongs to who restores; no privileges */
    const struct job *job;
};

/* What was made, proven or restored.  Zeroed before, released after. */
struct backup_report {
    struct arena arena; /* of every text */
    struct pack_head head;
    struct census census;
    const char *path;          /* of the backup */
    const char *format;        /* of another program's: "plain SQL, gzip"; NULL: ours */
    const char *place, *aside; /* restore: what was filled; where what was there is now, or NULL */
    struct sv removed;         /* what killed ones left on the server, and is gone now; or empty */
    int64_t size_bytes, image_bytes;
    struct hash sha256;    /* of the file, as sha256sum prints it */
    enum pack_level level; /* reached */
};
void backup_report_release(struct backup_report *r);

NODISCARD enum err_code backup_create(const struct backup_wish *w, struct backup_report *ret,
                                      struct err *err);
/* Also a dump that another program made (foreign.h): it is decoded, as there is nothing to compare it with. */
NODISCARD enum err_code backup_verify(const char *path, const struct backup_wish *w,
                                      struct backup_report *ret, struct err *err);
NODISCARD enum err_code backup_restore(const char *path, const struct backup_wish *w,
                                       struct backup_report *ret, struct err *err);
