#include "backup/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/proc.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"

#define KEY_MAX_SECRET 4096u /* bytes of a passphrase */
#define KEY_OPS        crypto_pwhash_OPSLIMIT_MODERATE
#define KEY_MEMORY     crypto_pwhash_MEMLIMIT_INTERACTIVE /* 64 MiB: small machines make backups */

struct key {
    enum key_method method;
    unsigned char *secret; /* sodium_malloc() */
    size_t n;
};

void key_free(struct key *k)
{
    if (!k)
        return;
    sodium_free(k->secret);
    free(k);
}

static struct key *key_new(enum key_method method, const void *secret, size_t n)
{
    struct key *k = XNEW(struct key);

    k->method = method;
    k->n = n;
    k->secret = sodium_init() < 0 ? NULL : sodium_malloc(n);
    if (!k->secret)
        abort(); /* uncovered: out of memory, as everywhere */
    memcpy(k->secret, secret, n);
    return k;
}

static void key_wipe(struct strbuf *b)
{
    if (b->p)
        sodium_memzero(b->p, b->cap);
    strbuf_release(b);
}

static enum err_code key_from_line(struct sv text, const char *where, struct key **ret,
                                   struct err *err)
{
    struct sv rest = text, line = {NULL, 0};

    if (!sv_next_line(&rest, &line) || !line.n)
        return err_set(err, ERR_INVALID, "%s has no passphrase", where);
    *ret = key_new(KEY_PASSPHRASE, line.p, line.n);
    return ERR_OK;
}

static enum err_code key_from_passphrase_file(const char *path, struct key **ret, struct err *err)
{
    CLEANUP(key_wipe) struct strbuf text = STRBUF(0);

    if (file_read(path, KEY_MAX_SECRET, &text, err) != ERR_OK)
        return err->code;
    return key_from_line(strbuf_sv(&text), path, ret, err);
}

static enum err_code key_from_env(const char *name, struct key **ret, struct err *err)
{
    const char *text = getenv(name);

    if (!text)
        return err_set(err, ERR_INVALID, "there is no variable %s", name);
    return key_from_line(sv_from(text), name, ret, err);
}

static enum err_code key_from_command(const char *command, struct key **ret, struct err *err)
{
    CLEANUP(key_wipe) struct strbuf text = STRBUF(KEY_MAX_SECRET);
    const char *const argv[] = {"sh", "-c", command, NULL};
    struct proc p = {.argv = argv, .out = &text};

    if (proc_run(&p, err) != ERR_OK)
        return err_wrap(err, "the command of the passphrase");
    return key_from_line(strbuf_sv(&text), "the output of the command", ret, err);
}

static enum err_code key_from_key_file(const char *path, struct key **ret, struct err *err)
{
    CLEANUP(key_wipe) struct strbuf text = STRBUF(0);
    unsigned char raw[KEY_BYTES];
    struct sv hex;
    size_t n = 0;

    if (file_read(path, KEY_MAX_SECRET, &text, err) != ERR_OK)
        return err->code;
    hex = sv_trim(strbuf_sv(&text));
    if (hex.n == 2 * sizeof(raw) &&
        sodium_hex2bin(raw, sizeof(raw), hex.p, hex.n, NULL, &n, NULL) == 0 && n == sizeof(raw))
        *ret = key_new(KEY_FILE, raw, sizeof(raw));
    else if (text.n == sizeof(raw))
        *ret = key_new(KEY_FILE, text.p, sizeof(raw));
    else
        (void)err_set(err, ERR_INVALID, "'%s' is no key: 64 hex digits, or 32 bytes", path);
    sodium_memzero(raw, sizeof(raw));
    return *ret ? ERR_OK : err_hint(err, "prusik backup keygen FILE");
}

enum err_code key_load(const struct key_spec *spec, struct key **ret, struct err *err)
{
    const struct {
        const char *value;
        enum err_code (*load)(const char *value, struct key **ret, struct err *err);
    } ways[] = {{spec->passphrase_file, key_from_passphrase_file},
                {spec->passphrase_env, key_from_env},
                {spec->passphrase_command, key_from_command},
                {spec->key_file, key_from_key_file}};
    size_t way = ARRAY_LEN(ways);

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        if (!ways[i].value)
            continue;
        if (way < ARRAY_LEN(ways))
            return err_set(err, ERR_USAGE, "more than one passphrase or key is named");
        way = i;
    }
    *ret = NULL;
    if (way < ARRAY_LEN(ways))
        return ways[way].load(ways[way].value, ret, err);
    return ERR_OK;
}

void key_new_lock(const struct key *k, struct key_lock *ret)
{
    *ret = (struct key_lock){.method = k ? k->method : KEY_NONE};
    randombytes_buf(ret->salt, sizeof(ret->salt));
    if (ret->method == KEY_PASSPHRASE) {
        ret->ops = KEY_OPS;
        ret->memory = KEY_MEMORY;
    }
}

enum err_code key_derive(const struct key *k, const struct key_lock *lock,
                         unsigned char ret[KEY_BYTES], struct err *err)
{
    static const char *const needs[] = {[KEY_PASSPHRASE] =
                                            "a passphrase (--passphrase-file, -env or -command)",
                                        [KEY_FILE] = "a key file (--key-file)"};

    assert(lock->method != KEY_NONE);
    if (!k || k->method != lock->method)
        return err_set(err, ERR_REFUSED, "the backup is encrypted: it needs %s",
                       needs[lock->method]);
    if (lock->method == KEY_FILE) {
        (void)crypto_generichash(ret, KEY_BYTES, lock->salt, sizeof(lock->salt), k->secret, k->n);
        return ERR_OK; /* it fails only for sizes that it does not take */
    }
    if (crypto_pwhash(ret, KEY_BYTES, (const char *)k->secret, k->n, lock->salt, lock->ops,
                      (size_t)lock->memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return err_set(err, ERR_INVALID, "the key of the passphrase cannot be made: %llu bytes",
                       (unsigned long long)lock->memory);
    return ERR_OK;
}

enum err_code key_generate(const char *path, struct err *err)
{
    CLEANUP(fd_closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    unsigned char raw[KEY_BYTES];
    char hex[2 * KEY_BYTES + 2];
    enum err_code rc;

    if (fd < 0 && errno == EEXIST)
        return err_set(err, ERR_REFUSED, "'%s' exists: what it opens would be lost", path);
    if (fd < 0)
        return err_sys(err, errno, "create '%s'", path);
    randombytes_buf(raw, sizeof(raw));
    (void)sodium_bin2hex(hex, sizeof(hex), raw, sizeof(raw));
    hex[sizeof(hex) - 2] = '\n';
    rc = fd_write_all(fd, hex, sizeof(hex) - 1, err);
    if (rc == ERR_OK && fsync(fd) != 0)
        rc = err_sys(err, errno, "sync '%s'", path);
    if (rc != ERR_OK)
        (void)unlink(path); /* half a key is none */
    sodium_memzero(raw, sizeof(raw));
    sodium_memzero(hex, sizeof(hex));
    return rc;
}
