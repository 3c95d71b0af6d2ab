#pragma once

/*
 * checksum: the digests that prusik and other tools keep of a migration.
 *
 * Each is what that tool writes into its own table, so that an adopted history can be held against the
 * files (docs/formats/migrations.md, "Checksums").  `bytes` is the file as it lies on the disk.  Pure.
 */
#include "base/hash.h"
#include "base/strbuf.h"

struct checksum_text {
    char s[129];
};

/* "p1:" and SHA-256 of the text without BOM, CR LF and CR as LF, exactly one LF at the end. */
struct checksum_text checksum_p1(struct sv bytes);
/* "s1:" and SHA-256 of the folded statements (migration_digest()). */
struct checksum_text checksum_s1(const struct hash *folded);

struct checksum_text checksum_sha1(struct sv bytes);    /* FIPS 180-4; Sqitch, graphile-migrate */
struct checksum_text checksum_sha384(struct sv bytes);  /* FIPS 180-4; sqlx */
uint32_t checksum_crc32(uint32_t crc, struct sv bytes); /* IEEE 802.3; start with 0 */

/* Flyway: CRC-32 over the lines without their ends, without BOM. */
int32_t checksum_flyway(struct sv bytes);
/* graphile-migrate: "sha1:..." over the one before ("" for the first) and the body. */
struct checksum_text checksum_graphile(struct sv previous, struct sv body);
/* Sqitch: the id of a change of its plan. */
struct checksum_text checksum_sqitch_change(struct sv info);
/* Prisma: is `stored` the SHA-256 of the file, also with LF and CR LF exchanged, also without leading zeros? */
bool checksum_is_prisma(struct sv bytes, struct sv stored);

/* Atlas: the lines of atlas.sum behind the first, then the first; files in the order of their names. */
struct checksum_file {
    struct sv name, text;
};
void checksum_atlas(const struct checksum_file *files, size_t n, struct strbuf *out);

/* pg_advisory_lock() keys. */
int64_t checksum_lock_prusik(struct sv schema);
int64_t checksum_lock_rails(struct sv database);
int64_t checksum_lock_golang_migrate(struct sv schema, struct sv table, struct sv database);
int64_t checksum_lock_sqlx(struct sv database);
int64_t checksum_lock_flyway(struct sv quoted_table);
