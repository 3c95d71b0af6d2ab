#pragma once

/*
 * key: the secret that a backup is encrypted with (docs/formats/backup.md, section 1).
 *
 * A passphrase from a file, the environment or a command, or a file with a key.  It is kept in memory that is
 * not swapped, and wiped when it is freed.
 */
#include "base/err.h"

#define KEY_BYTES        32u
#define KEY_SALT_BYTES   16u
#define KEY_STREAM_BYTES 24u
#define KEY_MAX_OPS      20u
#define KEY_MAX_MEMORY   (UINT64_C(1) << 30) /* a stranger's file says how much to use */

enum key_method { KEY_NONE, KEY_PASSPHRASE, KEY_FILE };

/* How the key of one backup is made; stands in its header. */
struct key_lock {
    enum key_method method;
    unsigned char salt[KEY_SALT_BYTES];
    uint64_t ops, memory; /* of a passphrase */
    unsigned char stream[KEY_STREAM_BYTES];
};

/* At most one is not NULL. */
struct key_spec {
    const char *passphrase_file;    /* its first line */
    const char *passphrase_env;     /* name of a variable */
    const char *passphrase_command; /* a line for sh, which prints it */
    const char *key_file;           /* 64 hex digits or 32 bytes */
};

struct key;

/* *ret is NULL when the spec names none.  ERR_USAGE: it names several; ERR_INVALID: empty, or not a key. */
NODISCARD enum err_code key_load(const struct key_spec *spec, struct key **ret, struct err *err);
void key_free(struct key *k);
DEFINE_CLEANUP(struct key *, key_free)

/* A lock of its own for a new backup; KEY_NONE for NULL. */
void key_new_lock(const struct key *k, struct key_lock *ret);
/* ERR_REFUSED: the backup needs another kind of key, or one at all. */
NODISCARD enum err_code key_derive(const struct key *k, const struct key_lock *lock,
                                   unsigned char ret[KEY_BYTES], struct err *err);
/* A new key file: 64 hex digits, mode 0600.  ERR_REFUSED: the file exists. */
NODISCARD enum err_code key_generate(const char *path, struct err *err);
