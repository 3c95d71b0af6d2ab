/* The backup file: written and read, cut off at every length, flipped in every bit. */
#include "t.h"

#include <sodium.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "backup/pack.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "base/sv.h"

#define KEY_HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct key *a_key(void)
{
    struct key *k = NULL;
    struct err err = {0};

    T_OK(file_write_atomic("key", SV(KEY_HEX "\n"), 0600, &err), err);
    T_OK(key_load(&(struct key_spec){.key_file = "key"}, &k, &err), err);
    return k;
}

static struct pack_head a_head(void)
{
    return (struct pack_head){.kind = DB_SQLITE,
                              .database = SV("app.db"),
                              .program = SV("1.2.3"),
                              .server_version = 3040001,
                              .created_us = INT64_C(1770000000123000),
                              .level = PACK_COMPARED};
}

/* n bytes that do not shrink. */
static struct strbuf noise(size_t n)
{
    struct strbuf b = STRBUF(0);

    while (b.n < n) {
        uint64_t r = t_random();

        strbuf_add(&b, &r, sizeof(r));
    }
    strbuf_truncate(&b, n);
    return b;
}

static int write_pack(const char *name, const struct key *key, struct sv image)
{
    CLEANUP(pack_writer_freep) struct pack_writer *w = NULL;
    struct pack_head head = a_head();
    struct err err = {0};
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    T_CHECK(fd >= 0);
    T_OK(pack_create(fd, &head, key, &w, &err), err);
    T_OK(pack_put(w, PACK_CENSUS, SV("{\"tables\":[]}"), &err), err);
    T_OK(pack_put(w, PACK_DATA, image, &err), err);
    T_OK(pack_finish(w, &err), err);
    return fd;
}

/* All of it, as restoring does it; what was read is the image. */
static enum err_code read_pack(int fd, const struct key *key, struct strbuf *image, struct err *err)
{
    CLEANUP(pack_reader_freep) struct pack_reader *r = NULL;
    enum pack_type type = PACK_CENSUS;
    struct hash h;
    struct sv bytes;

    if (pack_open(fd, "x", &r, err) != ERR_OK || pack_check(r, NULL, &h, err) != ERR_OK ||
        pack_unlock(r, key, err) != ERR_OK)
        return err->code;
    while (type != PACK_END) {
        if (pack_next(r, &type, &bytes, err) != ERR_OK)
            return err->code;
        if (type == PACK_DATA)
            strbuf_add_sv(image, bytes);
    }
    T_EQ(pack_image_size(r), image->n);
    return ERR_OK;
}

static void round_trip(const struct key *key, size_t n)
{
    CLEANUP(strbuf_release) struct strbuf image = noise(n), got = STRBUF(0);
    CLEANUP(fd_closep) int fd = write_pack("x", key, strbuf_sv(&image));
    struct err err = {0};

    T_OK(read_pack(fd, key, &got, &err), err);
    T_CHECK(sv_eq(strbuf_sv(&image), strbuf_sv(&got)));
}

T(what_was_written_is_read)
{
    CLEANUP(key_freep) struct key *key = a_key();
    static const size_t sizes[] = {
        0, 1, 65535, 65536, 65537, PACK_DATA_MAX - 5, PACK_DATA_MAX, 2500000, 130000};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        round_trip(NULL, sizes[i]);
        round_trip(key, sizes[i]);
    }
}

T(the_header_tells_what_it_is_without_a_key)
{
    CLEANUP(key_freep) struct key *key = a_key();
    CLEANUP(fd_closep) int fd = write_pack("x", key, SV("geheim geheim"));
    CLEANUP(pack_reader_freep) struct pack_reader *r = NULL;
    CLEANUP(strbuf_release) struct strbuf all = STRBUF(0);
    const struct pack_head *h;
    struct err err = {0};

    T_OK(pack_open(fd, "x", &r, &err), err);
    h = pack_head(r);
    T_EQ(h->kind, DB_SQLITE);
    T_SV(h->database, "app.db");
    T_SV(h->program, "1.2.3");
    T_EQ(h->server_version, 3040001);
    T_EQ(h->created_us, INT64_C(1770000000123000));
    T_EQ(h->level, PACK_COMPARED);
    T_EQ(h->lock.method, KEY_FILE);
    T_OK(file_read("x", 1000000, &all, &err), err);
    T_EQ(pack_size(r), all.n);
    T_CHECK(!sv_has(strbuf_sv(&all), SV("geheim")) && !sv_has(strbuf_sv(&all), SV("tables")));
}

/* The digest of the report is that of sha256sum. */
T(the_digest_is_that_of_the_whole_file)
{
    CLEANUP(fd_closep) int fd = write_pack("x", NULL, SV("abc"));
    CLEANUP(pack_reader_freep) struct pack_reader *r = NULL;
    CLEANUP(strbuf_release) struct strbuf all = STRBUF(0);
    struct hash got, want;
    struct err err = {0};

    T_OK(pack_open(fd, "x", &r, &err), err);
    T_OK(pack_check(r, NULL, &got, &err), err);
    T_OK(file_read("x", 1000000, &all, &err), err);
    want = hash_of(strbuf_sv(&all));
    T_CHECK(hash_eq(&got, &want));
}

static int memory(struct sv bytes)
{
    int fd = memfd_create("x", MFD_CLOEXEC);
    struct err err = {0};

    T_CHECK(fd >= 0);
    T_OK(fd_write_all(fd, bytes.p, bytes.n, &err), err);
    return fd;
}

static void every_change_is_found(const struct key *key)
{
    CLEANUP(strbuf_release) struct strbuf image = noise(700), all = STRBUF(0), got = STRBUF(0);
    CLEANUP(fd_closep) int file UNUSED = write_pack("x", key, strbuf_sv(&image));
    struct err err = {0};

    T_OK(file_read("x", 1000000, &all, &err), err);
    T_CHECK(all.n > 1000);
    for (size_t n = 0; n < all.n; n++) {
        CLEANUP(fd_closep) int fd = memory(sv_sub(strbuf_sv(&all), 0, n));

        err = (struct err){0};
        T_CHECK(read_pack(fd, key, &got, &err) != ERR_OK && err.msg[0]);
        T_EQ(got.n, 0); /* and nothing of it was decoded */
    }
    for (size_t i = 0; i < 8 * all.n; i++) {
        char bit = (char)(1 << i % 8);
        CLEANUP(fd_closep) int fd = -1;

        all.p[i / 8] ^= bit;
        fd = memory(strbuf_sv(&all));
        all.p[i / 8] ^= bit;
        err = (struct err){0};
        if (read_pack(fd, key, &got, &err) == ERR_OK)
            T_FAIL("bit %zu was flipped and not found", i);
        T_CHECK(err.code == ERR_CORRUPT || err.code == ERR_INVALID);
        T_EQ(got.n, 0);
    }
    strbuf_add_byte(&all, 'x'); /* something more */
    {
        CLEANUP(fd_closep) int fd = memory(strbuf_sv(&all));

        T_EQ(read_pack(fd, key, &got, &err), ERR_CORRUPT);
    }
}

T(a_file_that_is_cut_off_or_flipped_in_a_bit_is_found)
{
    every_change_is_found(NULL);
}

T(so_is_an_encrypted_one)
{
    CLEANUP(key_freep) struct key *key = a_key();

    every_change_is_found(key);
}

/* Who changes a file on purpose makes new digests. */
static void reseal(struct strbuf *all)
{
    size_t n = (unsigned char)all->p[12] | (size_t)(unsigned char)all->p[13] << 8,
           end = all->n - 40;

    (void)crypto_hash_sha256((unsigned char *)all->p + 16 + n, (unsigned char *)all->p, 16 + n);
    (void)crypto_hash_sha256((unsigned char *)all->p + end, (unsigned char *)all->p, end);
}

/* Every byte changed, and the digests made anew: with a key it is found, without one nothing worse than an error. */
static void every_forgery(const struct key *key)
{
    CLEANUP(strbuf_release) struct strbuf image = noise(300), all = STRBUF(0);
    CLEANUP(fd_closep) int file UNUSED = write_pack("x", key, strbuf_sv(&image));
    struct err err = {0};

    T_OK(file_read("x", 1000000, &all, &err), err);
    for (size_t i = 0; i < all.n; i++) {
        CLEANUP(strbuf_release) struct strbuf forged = STRBUF(0), got = STRBUF(0);
        CLEANUP(fd_closep) int fd = -1;
        enum err_code rc;

        if (i >= 12 && i < 16)
            continue; /* the size of the header: reseal() needs it */
        strbuf_add_sv(&forged, strbuf_sv(&all));
        forged.p[i] = (char)(forged.p[i] ^ 0x15);
        reseal(&forged);
        fd = memory(strbuf_sv(&forged));
        rc = read_pack(fd, key, &got, &err);
        if (key && rc == ERR_OK && !sv_eq(strbuf_sv(&forged), strbuf_sv(&all)))
            T_FAIL("byte %zu was forged", i);
        if (rc == ERR_OK) /* a word of the header, or what reseal() mended */
            T_CHECK(sv_eq(strbuf_sv(&got), strbuf_sv(&image)));
    }
}

T(what_is_forged_with_new_digests_breaks_on_the_encryption)
{
    CLEANUP(key_freep) struct key *key = a_key();

    every_forgery(key);
}

T(what_is_forged_without_encryption_is_still_no_other_image)
{
    every_forgery(NULL);
}

T(a_key_that_is_not_its_own_is_told)
{
    CLEANUP(key_freep) struct key *key = a_key();
    CLEANUP(key_freep) struct key *other = NULL;
    CLEANUP(key_freep) struct key *words = NULL;
    CLEANUP(fd_closep) int fd = write_pack("x", key, SV("abc"));
    CLEANUP(fd_closep) int with_words = -1;
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    struct err err = {0};

    T_OK(key_generate("other", &err), err);
    T_OK(key_load(&(struct key_spec){.key_file = "other"}, &other, &err), err);
    T_CHECK(setenv("WORDS", "correct horse", 1) == 0);
    T_OK(key_load(&(struct key_spec){.passphrase_env = "WORDS"}, &words, &err), err);
    T_REFUSED(read_pack(fd, NULL, &got, &err), err, ERR_REFUSED, "it needs a key file");
    T_REFUSED(read_pack(fd, words, &got, &err), err, ERR_REFUSED, "it needs a key file");
    T_REFUSED(read_pack(fd, other, &got, &err), err, ERR_REFUSED, "is not its own");
    with_words = write_pack("y", words, SV("abc"));
    T_REFUSED(read_pack(with_words, key, &got, &err), err, ERR_REFUSED, "it needs a passphrase");
    T_OK(read_pack(with_words, words, &got, &err), err);
    T_SV(strbuf_sv(&got), "abc");
}

T(a_passphrase_comes_from_a_file_a_variable_or_a_command)
{
    struct key_spec specs[] = {{.passphrase_file = "words"},
                               {.passphrase_env = "WORDS"},
                               {.passphrase_command = "echo correct horse; echo second line"}};
    unsigned char first[KEY_BYTES], next[KEY_BYTES];
    struct key_lock lock = {.method = KEY_PASSPHRASE, .ops = 1, .memory = 8192};
    struct err err = {0};

    T_OK(file_write_atomic("words", SV("correct horse\nsecond line\n"), 0600, &err), err);
    T_CHECK(setenv("WORDS", "correct horse", 1) == 0);
    for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
        CLEANUP(key_freep) struct key *key = NULL;

        T_OK(key_load(&specs[i], &key, &err), err);
        T_OK(key_derive(key, &lock, i ? next : first, &err), err);
        T_CHECK(i == 0 || memcmp(first, next, sizeof(first)) == 0);
    }
}

T(what_is_no_key_is_told)
{
    struct key *k = NULL;
    struct err err = {0};

    T_REFUSED(key_load(&(struct key_spec){.key_file = "a", .passphrase_env = "b"}, &k, &err), err,
              ERR_USAGE, "more than one");
    T_REFUSED(key_load(&(struct key_spec){.passphrase_env = "NOBODY_SET_ME"}, &k, &err), err,
              ERR_INVALID, "there is no variable");
    T_REFUSED(key_load(&(struct key_spec){.passphrase_command = "echo no >&2; exit 3"}, &k, &err),
              err, ERR_FAILED, "the command of the passphrase: no");
    T_REFUSED(key_load(&(struct key_spec){.passphrase_command = "true"}, &k, &err), err,
              ERR_INVALID, "has no passphrase");
    T_REFUSED(key_load(&(struct key_spec){.passphrase_file = "none"}, &k, &err), err, ERR_IO,
              "open 'none'");
    T_REFUSED(key_load(&(struct key_spec){.key_file = "none"}, &k, &err), err, ERR_IO,
              "open 'none'");
    T_OK(file_write_atomic("short", SV("abcdef"), 0600, &err), err);
    T_REFUSED(key_load(&(struct key_spec){.key_file = "short"}, &k, &err), err, ERR_INVALID,
              "is no key");
    T_CHECK(strstr(err.hint, "keygen") != NULL && k == NULL);
    T_OK(file_write_atomic("raw", SV("0123456789abcdef0123456789abcdef"), 0600, &err), err);
    T_OK(key_load(&(struct key_spec){.key_file = "raw"}, &k, &err), err);
    key_free(k);
    T_REFUSED(key_generate("raw", &err), err, ERR_REFUSED, "exists");
    T_REFUSED(key_generate("no/folder", &err), err, ERR_IO, "create");
}

/* A header of our own making around the frames of a file. */
static void want_header(const char *json, enum err_code want, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf all = STRBUF(0), b = STRBUF(0), got = STRBUF(0);
    CLEANUP(fd_closep) int file UNUSED = write_pack("x", NULL, SV("abc"));
    CLEANUP(fd_closep) int fd = -1;
    unsigned char digest[HASH_BYTES];
    struct err err = {0};
    size_t begin, n = strlen(json);

    T_OK(file_read("x", 1000000, &all, &err), err);
    begin = 16 + ((unsigned char)all.p[12] | (size_t)(unsigned char)all.p[13] << 8) + HASH_BYTES;
    strbuf_add(&b, all.p, 12);
    strbuf_add_byte(&b, (char)n);
    strbuf_add_byte(&b, (char)(n >> 8));
    strbuf_add_n(&b, '\0', 2);
    strbuf_add_str(&b, json);
    (void)crypto_hash_sha256(digest, (unsigned char *)b.p, b.n);
    strbuf_add(&b, digest, sizeof(digest));
    strbuf_add(&b, all.p + begin, all.n - begin);
    for (unsigned i = 0; i < 8; i++)
        b.p[b.n - 48 + i] = (char)(b.n >> 8 * i);
    reseal(&b);
    fd = memory(strbuf_sv(&b));
    T_EQ(read_pack(fd, NULL, &got, &err), want);
    if (want != ERR_OK && !strstr(err.msg, text))
        T_FAIL("'%s' does not say '%s'", err.msg, text);
}

#define HEADER_BEGIN \
    "{\"kind\":\"sqlite\",\"level\":\"decoded\",\"created\":\"2026-02-02T02:40:00Z\","
#define SALT   "\"salt\":\"00000000000000000000000000000000\","
#define STREAM "\"stream\":\"000000000000000000000000000000000000000000000000\""

T(a_header_of_another_time_is_refused)
{
    want_header(HEADER_BEGIN "\"server_version\":1,\"database\":\"a\",\"new\":1}", ERR_OK, "");
    want_header("{", ERR_INVALID, "the header");
    want_header("{}", ERR_INVALID, "does not know");
    want_header(HEADER_BEGIN "\"server_version\":-1}", ERR_INVALID, "does not know");
    want_header(HEADER_BEGIN "\"server_version\":1,\"encryption\":{}}", ERR_INVALID,
                "does not know");
    want_header(HEADER_BEGIN "\"server_version\":1,\"encryption\":{\"method\":\"none\"," SALT STREAM
                             "}}",
                ERR_INVALID, "does not know");
    /* a stranger says how much memory is used */
    want_header(HEADER_BEGIN
                "\"server_version\":1,\"encryption\":{\"method\":\"passphrase\",\"ops\":3,"
                "\"memory\":1099511627776," SALT STREAM "}}",
                ERR_INVALID, "does not know");
    want_header(HEADER_BEGIN "\"server_version\":1,\"encryption\":{\"method\":\"key\"," SALT STREAM
                             "}}",
                ERR_REFUSED, "it needs a key file");
}

T(another_version_is_told)
{
    CLEANUP(strbuf_release) struct strbuf all = STRBUF(0), got = STRBUF(0);
    CLEANUP(fd_closep) int file UNUSED = write_pack("x", NULL, SV("abc"));
    CLEANUP(fd_closep) int fd = -1;
    struct err err = {0};

    T_OK(file_read("x", 1000000, &all, &err), err);
    all.p[8] = 9;
    reseal(&all);
    fd = memory(strbuf_sv(&all));
    T_REFUSED(read_pack(fd, NULL, &got, &err), err, ERR_INVALID, "has version 9");
}

static void stop_at_once(void *arg UNUSED, const char *phase UNUSED, int64_t done UNUSED,
                         int64_t total UNUSED)
{
    T_FAIL("%s", "it went on");
}

T(checking_ends_when_it_is_told_to)
{
    CLEANUP(fd_closep) int fd = write_pack("x", NULL, SV("abc"));
    CLEANUP(pack_reader_freep) struct pack_reader *r = NULL;
    atomic_bool stop = true;
    struct job job = {.progress = stop_at_once, .stop = &stop};
    struct err err = {0};
    struct hash h;

    T_OK(pack_open(fd, "x", &r, &err), err);
    T_EQ(pack_check(r, &job, &h, &err), ERR_INTERRUPTED);
}

/* A limit of the file size is as good as a full disk: writing fails with EFBIG. */
static void write_up_to(rlim_t bytes)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct rlimit limit = {bytes, RLIM_INFINITY};
    struct pack_head head = a_head();
    CLEANUP(pack_writer_freep) struct pack_writer *w = NULL;
    CLEANUP(strbuf_release) struct strbuf image = noise(100000);
    CLEANUP(fd_closep) int fd = open("x", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct err err = {0};

    T_CHECK(sigaction(SIGXFSZ, &ignore, NULL) == 0 && setrlimit(RLIMIT_FSIZE, &limit) == 0);
    T_CHECK(pack_create(fd, &head, NULL, &w, &err) != ERR_OK ||
            pack_put(w, PACK_CENSUS, SV("{\"tables\":[]}"), &err) != ERR_OK ||
            pack_put(w, PACK_DATA, strbuf_sv(&image), &err) != ERR_OK ||
            pack_finish(w, &err) != ERR_OK);
    T_REFUSED(err.code, err, ERR_IO, "File too large");
}

T(a_disk_that_is_full_is_told_wherever_it_happens)
{
    static const rlim_t limits[] = {0, 10, 200, 60000, 100000};

    for (size_t i = 0; i < ARRAY_LEN(limits); i++)
        write_up_to(limits[i]);
}

T_MAIN(T_CASE(what_was_written_is_read), T_CASE(the_header_tells_what_it_is_without_a_key),
       T_CASE(the_digest_is_that_of_the_whole_file),
       T_CASE(a_file_that_is_cut_off_or_flipped_in_a_bit_is_found), T_CASE(so_is_an_encrypted_one),
       T_CASE(what_is_forged_with_new_digests_breaks_on_the_encryption),
       T_CASE(what_is_forged_without_encryption_is_still_no_other_image),
       T_CASE(a_key_that_is_not_its_own_is_told),
       T_CASE(a_passphrase_comes_from_a_file_a_variable_or_a_command),
       T_CASE(what_is_no_key_is_told), T_CASE(a_header_of_another_time_is_refused),
       T_CASE(another_version_is_told), T_CASE(checking_ends_when_it_is_told_to),
       T_CASE(a_disk_that_is_full_is_told_wherever_it_happens))
