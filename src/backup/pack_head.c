/* The header of a backup file: what stands in the clear. */
#include <string.h>

#include "backup/pack_int.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/sv.h"

const char *const pack_levels[] = {"decoded", "compared", NULL};
const char *const pack_kinds[] = {
    [DB_SQLITE] = "sqlite", [DB_POSTGRES] = "postgresql", [DB_POSTGRES + 1] = NULL};
static const char *const pack_methods[] = {[KEY_NONE] = "none",
                                           [KEY_PASSPHRASE] = "passphrase",
                                           [KEY_FILE] = "key",
                                           [KEY_FILE + 1] = NULL};

static void pack_put_hex(json_t *j, const char *key, const unsigned char *p, size_t n)
{
    char hex[2 * KEY_STREAM_BYTES + 1];

    assert(n <= KEY_STREAM_BYTES);
    json_put_str(j, key, sodium_bin2hex(hex, sizeof(hex), p, n));
}

static json_t *pack_lock_json(const struct key_lock *l)
{
    json_t *j = json_object();

    json_put_str(j, "method", pack_methods[l->method]);
    pack_put_hex(j, "salt", l->salt, sizeof(l->salt));
    if (l->method == KEY_PASSPHRASE) {
        json_put_int(j, "ops", (int64_t)l->ops);
        json_put_int(j, "memory", (int64_t)l->memory);
    }
    pack_put_hex(j, "stream", l->stream, sizeof(l->stream));
    return j;
}

void pack_head_write(const struct pack_head *head, struct strbuf *out)
{
    CLEANUP(json_cleanup) json_t *j = json_object();

    json_put_str(j, "kind", pack_kinds[head->kind]);
    json_put_sv(j, "database", head->database);
    if (head->source.n)
        json_put_sv(j, "source", head->source);
    json_put_int(j, "server_version", head->server_version);
    json_put_str(j, "created", clock_format(head->created_us).s);
    json_put_str(j, "level", pack_levels[head->level]);
    json_put_sv(j, "program", head->program);
    if (head->lock.method != KEY_NONE)
        json_put(j, "encryption", pack_lock_json(&head->lock));
    json_write(j, out);
}

/* Its place in the list; false: it is not there. */
static bool pack_word(const json_t *j, const char *key, const char *const *words, unsigned *ret)
{
    struct sv word = json_get_sv(j, key);

    for (unsigned i = 0; words[i]; i++)
        if (sv_is(word, words[i])) {
            *ret = i;
            return true;
        }
    return false;
}

static bool pack_get_hex(const json_t *j, const char *key, unsigned char *p, size_t n)
{
    struct sv hex = json_get_sv(j, key);
    size_t got = 0;

    return hex.n == 2 * n && sodium_hex2bin(p, n, hex.p, hex.n, NULL, &got, NULL) == 0 && got == n;
}

static bool pack_lock_read(const json_t *j, struct key_lock *l)
{
    int64_t ops = json_get_int(j, "ops", 0), memory = json_get_int(j, "memory", 0);
    unsigned method = KEY_NONE;

    if (!pack_word(j, "method", pack_methods, &method) || method == KEY_NONE ||
        !pack_get_hex(j, "salt", l->salt, sizeof(l->salt)) ||
        !pack_get_hex(j, "stream", l->stream, sizeof(l->stream)))
        return false;
    if (method == KEY_PASSPHRASE &&
        (ops < (int64_t)crypto_pwhash_OPSLIMIT_MIN || ops > (int64_t)KEY_MAX_OPS ||
         memory < (int64_t)crypto_pwhash_MEMLIMIT_MIN || memory > (int64_t)KEY_MAX_MEMORY))
        return false;
    l->method = (enum key_method)method;
    l->ops = (uint64_t)ops;
    l->memory = (uint64_t)memory;
    return true;
}

enum err_code pack_head_read(struct sv text, struct arena *a, struct pack_head *ret,
                             struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct pack_head head = {0};
    const json_t *lock;
    unsigned kind = 0, level = 0;
    int64_t version;

    if (json_read(text, &j, err) != ERR_OK)
        return err_wrap(err, "the header");
    lock = json_object_get(j, "encryption");
    version = json_get_int(j, "server_version", -1);
    if (!pack_word(j, "kind", pack_kinds, &kind) || !pack_word(j, "level", pack_levels, &level) ||
        !clock_parse(json_get_sv(j, "created"), &head.created_us) || version < 0 ||
        version > INT32_MAX || (lock && !pack_lock_read(lock, &head.lock)))
        return err_set(err, ERR_INVALID,
                       "the header has what this version of prusik does not know");
    head.kind = (enum db_kind)kind;
    head.level = (enum pack_level)level;
    head.server_version = (int)version;
    head.database = arena_sv(a, json_get_sv(j, "database"));
    head.source = arena_sv(a, json_get_sv(j, "source"));
    head.program = arena_sv(a, json_get_sv(j, "program"));
    *ret = head;
    return ERR_OK;
}
