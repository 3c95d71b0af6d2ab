#include "migrate/checksum.h"

#include <sodium.h>
#include <string.h>

#include "base/mem.h"
#include "base/sv.h"
#include "migrate/sha1.h"

static void checksum_hex(const unsigned char *b, size_t n, struct checksum_text *ret)
{
    assert(2 * n < sizeof(ret->s));
    (void)sodium_bin2hex(ret->s, sizeof(ret->s), b, n);
}

/* Two letters, a colon and the hash. */
static struct checksum_text checksum_named(const char *name, const struct hash *h)
{
    struct hash_text hex = hash_hex(h);
    struct checksum_text t;

    static_assert(sizeof(hex.s) + 3 <= sizeof(t.s), "it fits");
    memcpy(t.s, name, 2);
    t.s[2] = ':';
    memcpy(t.s + 3, hex.s, sizeof(hex.s));
    return t;
}

static struct checksum_text checksum_p1_of(struct sv bytes)
{
    struct hash h = hash_of(bytes);

    return checksum_named("p1", &h);
}

struct checksum_text checksum_p1(struct sv bytes)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    (void)sv_eat(&bytes, SV("\xef\xbb\xbf"));
    if (sv_ends(bytes, SV("\n")) && !sv_ends(bytes, SV("\n\n")) && !memchr(bytes.p, '\r', bytes.n))
        return checksum_p1_of(bytes); /* as most are: nothing is to be changed */
    for (size_t i = 0; i < bytes.n; i++) {
        bool cr = bytes.p[i] == '\r';

        strbuf_add_byte(&b, cr ? '\n' : bytes.p[i]);
        i += cr && i + 1 < bytes.n && bytes.p[i + 1] == '\n';
    }
    while (b.n && b.p[b.n - 1] == '\n')
        strbuf_truncate(&b, b.n - 1);
    strbuf_add_byte(&b, '\n');
    return checksum_p1_of(strbuf_sv(&b));
}

struct checksum_text checksum_s1(const struct hash *folded)
{
    return checksum_named("s1", folded);
}

struct checksum_text checksum_sha1(struct sv bytes)
{
    struct checksum_text t;
    unsigned char out[SHA1_BYTES];

    sha1_of(bytes, out);
    checksum_hex(out, sizeof(out), &t);
    return t;
}

/* SHA-384 is SHA-512 with other first values, cut (FIPS 180-4, 5.3.4 and 6.5); libsodium has the latter. */
struct checksum_text checksum_sha384(struct sv bytes)
{
    static const uint64_t first[8] = {0xcbbb9d5dc1059ed8u, 0x629a292a367cd507u, 0x9159015a3070dd17u,
                                      0x152fecd8f70e5939u, 0x67332667ffc00b31u, 0x8eb44a8768581511u,
                                      0xdb0c2e0d64f98fa7u, 0x47b5481dbefa4fa4u};
    unsigned char out[crypto_hash_sha512_BYTES];
    crypto_hash_sha512_state s;
    struct checksum_text t;

    (void)crypto_hash_sha512_init(&s);
    memcpy(s.state, first, sizeof(first));
    (void)crypto_hash_sha512_update(&s, (const unsigned char *)bytes.p, bytes.n);
    (void)crypto_hash_sha512_final(&s, out);
    checksum_hex(out, 48, &t);
    return t;
}

uint32_t checksum_crc32(uint32_t crc, struct sv bytes)
{
    crc = ~crc;
    for (size_t i = 0; i < bytes.n; i++) {
        crc ^= (unsigned char)bytes.p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

int32_t checksum_flyway(struct sv bytes)
{
    uint32_t crc = 0;

    (void)sv_eat(&bytes, SV("\xef\xbb\xbf"));
    for (size_t i = 0, from = 0; i <= bytes.n; i++)
        if (i == bytes.n || bytes.p[i] == '\n' || bytes.p[i] == '\r') {
            crc = checksum_crc32(crc, sv_sub(bytes, from, i));
            from = i + 1;
        }
    return (int32_t)crc;
}

struct checksum_text checksum_graphile(struct sv previous, struct sv body)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct checksum_text t, named;
    struct sv whole;
    size_t from;

    strbuf_add_sv(&b, previous);
    strbuf_add_byte(&b, '\n');
    strbuf_add_sv(&b, sv_trim(body));
    whole = sv_trim(strbuf_sv(&b));
    from = (size_t)(whole.p - b.p);
    strbuf_truncate(&b, from + whole.n);
    strbuf_add_byte(&b, '\n');
    t = checksum_sha1(sv_sub(strbuf_sv(&b), from, b.n));
    memcpy(named.s, "sha1:", 5);
    memcpy(named.s + 5, t.s, strlen(t.s) + 1);
    return named;
}

struct checksum_text checksum_sqitch_change(struct sv info)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(&b, "change %zu", info.n);
    strbuf_add_byte(&b, '\0');
    strbuf_add_sv(&b, info);
    return checksum_sha1(strbuf_sv(&b));
}

/* Digits of the hash as Prisma wrote them before 2021: each byte without its leading zero. */
static void checksum_unpadded(const struct hash *h, struct strbuf *out)
{
    for (size_t i = 0; i < HASH_BYTES; i++)
        strbuf_addf(out, "%x", (unsigned)h->b[i]);
}

static bool checksum_prisma_one(struct sv text, struct sv stored)
{
    CLEANUP(strbuf_release) struct strbuf unpadded = STRBUF(0);
    struct hash h = hash_of(text);
    struct hash_text hex = hash_hex(&h);

    checksum_unpadded(&h, &unpadded);
    return sv_eq_nocase(stored, sv_from(hex.s)) || sv_eq_nocase(stored, strbuf_sv(&unpadded));
}

bool checksum_is_prisma(struct sv bytes, struct sv stored)
{
    CLEANUP(strbuf_release) struct strbuf lf = STRBUF(0), crlf = STRBUF(0);

    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] == '\r' && i + 1 < bytes.n && bytes.p[i + 1] == '\n')
            continue;
        strbuf_add_byte(&lf, bytes.p[i]);
    }
    for (size_t i = 0; i < lf.n; i++) {
        if (lf.p[i] == '\n')
            strbuf_add_byte(&crlf, '\r');
        strbuf_add_byte(&crlf, lf.p[i]);
    }
    return checksum_prisma_one(bytes, stored) || checksum_prisma_one(strbuf_sv(&lf), stored) ||
           checksum_prisma_one(strbuf_sv(&crlf), stored);
}

static void checksum_base64(const unsigned char *b, size_t n, struct strbuf *out)
{
    char text[sodium_base64_ENCODED_LEN(HASH_BYTES, sodium_base64_VARIANT_ORIGINAL)];

    strbuf_add_str(out,
                   sodium_bin2base64(text, sizeof(text), b, n, sodium_base64_VARIANT_ORIGINAL));
}

void checksum_atlas(const struct checksum_file *files, size_t n, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF(0), all = STRBUF(0);
    CLEANUP(hash_state_freep) struct hash_state *sum = hash_state_new();
    CLEANUP(strbuf_release) struct strbuf running = STRBUF(0);
    struct hash h;

    for (size_t i = 0; i < n; i++) {
        size_t from = all.n;

        strbuf_add_sv(&running, files[i].name);
        strbuf_add_sv(&running, files[i].text);
        h = hash_of(strbuf_sv(&running));
        strbuf_addf(&lines, "%.*s h1:", SV_FMT(files[i].name));
        checksum_base64(h.b, sizeof(h.b), &lines);
        strbuf_add_byte(&lines, '\n');
        strbuf_add_sv(&all, files[i].name);
        checksum_base64(h.b, sizeof(h.b), &all);
        hash_add(sum, all.p + from, all.n - from);
    }
    h = hash_end(sum);
    strbuf_add_str(out, "h1:");
    checksum_base64(h.b, sizeof(h.b), out);
    strbuf_add_byte(out, '\n');
    strbuf_add_sv(out, strbuf_sv(&lines));
}

/* --- keys of advisory locks --- */

int64_t checksum_lock_prusik(struct sv schema)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    uint64_t key = 0;
    struct hash h;

    strbuf_addf(&b, "prusik:migrate:%.*s", SV_FMT(schema));
    h = hash_of(strbuf_sv(&b));
    for (size_t i = 0; i < 8; i++)
        key = key << 8 | h.b[i];
    return (int64_t)key;
}

int64_t checksum_lock_rails(struct sv database)
{
    return 2053462845 * (int64_t)checksum_crc32(0, database);
}

int64_t checksum_lock_golang_migrate(struct sv schema, struct sv table, struct sv database)
{
    uint32_t crc = checksum_crc32(0, schema);

    crc = checksum_crc32(checksum_crc32(crc, SV("\0")), table);
    crc = checksum_crc32(checksum_crc32(crc, SV("\0")), database);
    return (int64_t)(uint32_t)(crc * 1486364155u);
}

int64_t checksum_lock_sqlx(struct sv database)
{
    return 0x3d32ad9e * (int64_t)checksum_crc32(0, database);
}

/* Java's String.hashCode() (its API documentation): s[0] * 31^(n-1) + ... + s[n-1] in 32 bits. */
int64_t checksum_lock_flyway(struct sv quoted_table)
{
    uint32_t hash = 0;

    for (size_t i = 0; i < quoted_table.n; i++)
        hash = hash * 31u + (unsigned char)quoted_table.p[i];
    return 0x466C79776179 + (int64_t)(int32_t)hash;
}
