#pragma once

/*
 * snapshot: keyed records of a moment, in a file (docs/formats/snapshot.md, section 1).
 *
 * A reader goes through the file once, with the memory of one record; only when the last record was given out
 * is it known that count and hash are right, so nothing may be concluded before.  A writer takes records in any
 * order; the file has its name only when it is complete, and never replaces another.  Blocks on the disk.
 */
#include "base/json.h"
#include "base/vec.h"
#include "compare/field.h"
#include "compare/pace.h"

#define SNAPSHOT_VERSION    1
#define SNAPSHOT_LINE_BYTES (16u << 20) /* of one record: a page of text has 5 KB */
#define SNAPSHOT_KEY_PARTS  16u         /* columns of a key: an index of PostgreSQL has 32 */
#define SNAPSHOT_FIELDS     1000u       /* of a record: PostgreSQL has 1,600 columns in a table */
#define SNAPSHOT_SORT_BYTES (32u << 20) /* of records in memory while they are sorted */

struct snapshot_header {
    struct sv name, side;
    struct sv query_sha256; /* .p NULL: none */
    int64_t taken_at_us;
    struct sv *key;
    size_t n_key;
    struct field *fields;
    size_t n_fields;
};
/* ERR_INVALID: what differs, so that the two cannot be compared (name, key, fields, query). */
NODISCARD enum err_code snapshot_same_kind(const struct snapshot_header *old,
                                           const struct snapshot_header *new, struct err *err);

struct snapshot_record {
    struct sv line;     /* with its LF */
    struct strbuf key;  /* key_encode() */
    json_t *json;       /* the whole record */
    const json_t *data; /* NULL: an error */
    struct sv error;
};
/* The key as JSON. */
static inline const json_t *snapshot_key(const struct snapshot_record *r)
{
    return json_object_get(r->json, "key");
}

struct snapshot_reader; /* opaque */
/* ERR_INVALID: the header is none.  Errors name the file. */
NODISCARD enum err_code snapshot_open(const char *path, struct snapshot_reader **ret,
                                      struct err *err);
void snapshot_reader_free(struct snapshot_reader *r);
DEFINE_CLEANUP(struct snapshot_reader *, snapshot_reader_free)
const struct snapshot_header *snapshot_header(const struct snapshot_reader *r);
const char *snapshot_path(const struct snapshot_reader *r);
size_t snapshot_count(const struct snapshot_reader *r); /* records given out */
/* How much of the file was read, and its size; 0: it is none of those that have one. */
uint64_t snapshot_read_bytes(const struct snapshot_reader *r);
uint64_t snapshot_file_bytes(const struct snapshot_reader *r);
/* Is this file a snapshot, by its first bytes? */
bool snapshot_is(const char *path);
/*
 * The next record, valid until the next call; NULL after the last one, when the file is whole.  `other`: a record (or NULL) of
 * another reader; when the bytes are the same, or differ in values only, what was read of it is taken over instead of being read again.
 */
NODISCARD enum err_code snapshot_next(struct snapshot_reader *r,
                                      const struct snapshot_record *other,
                                      const struct snapshot_record **ret, struct err *err);

struct snapshot_writer; /* opaque */
/* ERR_REFUSED: the file exists.  What the header points to lives as long as the writer. */
NODISCARD enum err_code snapshot_create(const char *path, struct snapshot_writer **ret,
                                        struct err *err);
void snapshot_writer_free(struct snapshot_writer *w); /* without snapshot_finish(): no file */
DEFINE_CLEANUP(struct snapshot_writer *, snapshot_writer_free)
/* `data` NULL: the record could not be read because of `error`. */
NODISCARD enum err_code snapshot_add(struct snapshot_writer *w, const json_t *key,
                                     const json_t *data, struct sv error, struct err *err);
/* Sort, write, sync, name.  ERR_INVALID: two records have one key.  ERR_INTERRUPTED: by its pace. */
NODISCARD enum err_code snapshot_finish(struct snapshot_writer *w, const struct snapshot_header *h,
                                        const struct pace *pace, size_t *records, struct err *err);
