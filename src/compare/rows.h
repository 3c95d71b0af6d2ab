#pragma once

/*
 * rows: records from a file, an HTTP answer or a database, one after another (docs/formats/snapshot.md, section 4).
 *
 * Memory does not grow with their number, except for an HTTP answer and a JSON file with `at`, which are read whole.
 * Blocks: on the disk, the network (until timeout_ms), the database.
 */
#include "base/hash.h"
#include "base/json.h"

#define ROWS_WHOLE_BYTES (64u << 20) /* of an answer, or of a JSON file of which a part is meant */
#define ROWS_TIMEOUT_MS  60000u      /* unless the source says otherwise */

enum rows_kind { ROWS_CSV, ROWS_JSON, ROWS_HTTP, ROWS_SQL, ROWS__N };

struct rows_source {
    enum rows_kind kind;
    struct sv name;  /* "sql.deals", or the path */
    struct sv where; /* path, URL, or URL of the database */
    struct sv query; /* ROWS_SQL */
    struct sv at;    /* ROWS_JSON, ROWS_HTTP: path of the array ("deals.items"); empty: the whole */
    struct sv bearer;    /* ROWS_HTTP: the token itself, a secret; empty: none */
    uint64_t timeout_ms; /* 0: ROWS_TIMEOUT_MS */
};

/* A file by its name: .csv, .json, .jsonl, .ndjson.  False: none of them. */
bool rows_file_kind(struct sv path, enum rows_kind *ret);
/* Are its values texts, to be read by their type? */
bool rows_are_text(enum rows_kind kind);
/* What says that two snapshots asked the same; false for files. */
bool rows_query_hash(const struct rows_source *s, struct hash_text *ret);

/* A record: an object, valid during the call.  What it returns other than ERR_OK ends it. */
typedef enum err_code rows_fn(void *arg, const json_t *row, struct err *err);
NODISCARD enum err_code rows_each(const struct rows_source *s, rows_fn *fn, void *arg,
                                  struct err *err);
