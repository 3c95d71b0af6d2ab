#pragma once

/*
 * backup_int: what creating, proving and restoring share, and the row of each kind of database.
 */
#include "backup/backup.h"
#include "backup/scratch.h"

/* A backup that is being made. */
struct backup_out {
    const struct backup_wish *wish;
    const struct key *key;
    struct db *db;              /* an open connection to the source */
    struct scratch file;        /* the backup */
    struct pack_head *head;     /* kind, database and level are set */
    struct pack_writer *writer; /* after backup_begin() */
};
/* The header and the census, when the snapshot was taken. */
NODISCARD enum err_code backup_begin(struct backup_out *out, int64_t created_us,
                                     const struct census *c, struct err *err);

/* What unpacking it will need, in the census. */
void backup_set_room(struct census *c, int64_t bytes);

/* A backup that is being read: its census is read, and its image is next. */
struct backup_in {
    const struct backup_wish *wish;
    const char *path;
    struct pack_reader *reader;
    struct backup_report *report;
};
/* The image into a file (-1: nowhere), to its end. */
NODISCARD enum err_code backup_unpack(const struct backup_in *in, int fd, struct err *err);

int64_t backup_room(const struct backup_in *in);

struct backup_ops {
    NODISCARD enum err_code (*create)(struct backup_out *out, struct err *err);
    /* The image into a scratch database, and compared with the census. */
    NODISCARD enum err_code (*compare)(struct backup_in *in, struct err *err);
    NODISCARD enum err_code (*restore)(struct backup_in *in, struct err *err);
};
extern const struct backup_ops backup_sqlite, backup_postgres;
