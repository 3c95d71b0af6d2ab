#pragma once

/*
 * pack: the backup file, written and read piece by piece (docs/formats/backup.md).
 *
 * A writer makes the file complete or says that it could not.  A reader has checked the header and the size when
 * it is open; pack_check() has checked every byte, and is to come before anything is decoded.
 * Errors: ERR_CORRUPT for a file that was changed or cut off, ERR_INVALID for what is no backup, or a newer one.
 */
#include "backup/job.h"
#include "backup/key.h"
#include "base/arena.h"
#include "base/hash.h"
#include "db/db.h"

#define PACK_VERSION      1u
#define PACK_HEADER_MAX   65536u
#define PACK_CENSUS_MAX   (64u << 20) /* 100,000 tables of 600 bytes */
#define PACK_DATA_MAX     (1u << 20)
#define PACK_MESSAGE      65536u
#define PACK_FRAME_MAX    (PACK_MESSAGE + 17u)
#define PACK_TRAILER_SIZE 52u /* with the end of the frames */

enum pack_level { PACK_DECODED, PACK_COMPARED };
extern const char *const pack_levels[]; /* "decoded", "compared", NULL */
extern const char *const pack_kinds[];  /* by enum db_kind */

struct pack_head {
    enum db_kind kind;
    struct sv database, program;
    struct sv source; /* tells databases of one name apart; empty: not known */
    int server_version;
    int64_t created_us;
    enum pack_level level;
    struct key_lock lock;
};

enum pack_type { PACK_CENSUS = 'C', PACK_DATA = 'D', PACK_END = 'E' };

/* --- writing --- */

struct pack_writer;
/* Writes the header to `fd`, which stays the caller's; key: NULL is not encrypted.  head->lock is set. */
NODISCARD enum err_code pack_create(int fd, struct pack_head *head, const struct key *key,
                                    struct pack_writer **ret, struct err *err);
/* The census first, then data. */
NODISCARD enum err_code pack_put(struct pack_writer *w, enum pack_type type, struct sv bytes,
                                 struct err *err);
/* The end record and the trailer; the file is complete, and not synced. */
NODISCARD enum err_code pack_finish(struct pack_writer *w, struct err *err);
void pack_writer_free(struct pack_writer *w);
DEFINE_CLEANUP(struct pack_writer *, pack_writer_free)

/* --- reading --- */

struct pack_reader;
/* `fd` stays the caller's, `name` is for errors; both live as long as the reader. */
NODISCARD enum err_code pack_open(int fd, const char *name, struct pack_reader **ret,
                                  struct err *err);
void pack_reader_free(struct pack_reader *r);
DEFINE_CLEANUP(struct pack_reader *, pack_reader_free)
const struct pack_head *pack_head(const struct pack_reader *r);
int64_t pack_size(const struct pack_reader *r);
/* The digest of the file, and *ret: SHA-256 of all its bytes, as sha256sum prints it. */
NODISCARD enum err_code pack_check(struct pack_reader *r, const struct job *job, struct hash *ret,
                                   struct err *err);
/* Before the first record. */
NODISCARD enum err_code pack_unlock(struct pack_reader *r, const struct key *key, struct err *err);
/* The next record; PACK_END once, when all was there and its size and digest are right, with no bytes. */
NODISCARD enum err_code pack_next(struct pack_reader *r, enum pack_type *type, struct sv *bytes,
                                  struct err *err);
int64_t pack_image_size(const struct pack_reader *r); /* after PACK_END */
