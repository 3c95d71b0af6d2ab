#pragma once

/*
 * migration: one change of a database, whatever tool's file it was written in.
 *
 * Parts stand in the order of the file; `up` and `backfill` parts have names.  Everything lies in the arena of the
 * list or in the text of the file, which lives as long.  Plain data.
 */
#include "base/hash.h"
#include "migrate/sqlsplit.h"

enum migration_kind {
    MIGRATION_CHECK,
    MIGRATION_UP,
    MIGRATION_BACKFILL,
    MIGRATION_VERIFY,
    MIGRATION_DOWN,
    MIGRATION__N,
};

#define MIGRATION_DB(db) (1u << (unsigned)(db))
#define MIGRATION_DB_ALL (MIGRATION_DB(DB_SQLITE) | MIGRATION_DB(DB_POSTGRES))

struct migration_attr {
    struct sv key, value;
};

struct migration_stmt {
    struct sv text;
    struct sv probe;     /* a query that is true when the statement has taken effect; or empty */
    size_t line, column; /* in the file */
};

struct migration_part {
    enum migration_kind kind;
    struct sv name; /* of up and backfill; of a down: the part that it undoes, or empty */
    bool tx;        /* in one transaction */
    unsigned dbs;   /* MIGRATION_DB() of those it is for */
    bool none;      /* a down: there is no way back ... */
    bool restore;   /* ... or kept values are put back */
    bool env;       /* "${NAME}" in it has to be bound */
    struct migration_attr *attrs; /* as written; without part, of, tx, db */
    size_t n_attrs;
    struct migration_stmt *stmts;
    size_t n_stmts;
    size_t line;
};

struct migration {
    struct sv version; /* digits without leading zeros; "R:NAME"; or what the tool has instead */
    struct sv name, title;
    struct sv path; /* of the (first) file */
    const struct format *format;
    size_t ordinal; /* in the plan of the tool, where it has one */
    bool repeatable, baseline;
    bool applied;  /* with just these bytes: the parts were not read */
    bool code;     /* a program: known by name only */
    bool has_down; /* a down part stands in a file, be it "none" */
    struct sv requires[16];
    size_t n_requires;
    struct migration_attr *header;
    size_t n_header;
    struct migration_part *parts;
    size_t n_parts;
    struct sv hash;   /* that the file says it has (graphile-migrate, Sqitch) */
    struct sv bytes;  /* of the first file, as on the disk */
    struct sv p1, s1; /* see checksum.h */
    struct sv
        s1_up; /* of two files: of the first alone, by which it may have been applied; or empty */
    struct sv changed; /* what makes it another than was written, for a note; or empty */
};

/* Is it one UPDATE that runs in batches? */
bool migration_is_backfill(const struct migration_part *p);
/* The value of an attribute, or the empty view. */
struct sv migration_attr(const struct migration_part *p, const char *key);
/* The number without leading zeros; "0" stays. */
struct sv migration_canonical(struct sv digits);
/* As numbers, also those with dots; what is none (a name of Sqitch, a revision of Alembic) comes before them. */
int migration_version_cmp(struct sv a, struct sv b);
/* Has the migration something to do there? */
bool migration_is_for(const struct migration *m, enum db_kind db);
const char *migration_kind_text(enum migration_kind kind);

/* What `s1` is the digest of, and that digest, for which no text is longer in memory than a statement. */
struct hash migration_digest(const struct migration *m);
void migration_digest_text(const struct migration *m, struct strbuf *out);
/* The parts whose kind is in `kinds` (bits 1 << kind) in prusik's own format: what is kept in the database, and
 * read again by format_read_stored(). */
void migration_write(const struct migration *m, unsigned kinds, struct strbuf *out);
