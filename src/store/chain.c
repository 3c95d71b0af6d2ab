#include "store/chain.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/sv.h"

#define SEAL_TAG      "prusik-seal-2"
#define SEAL_TEXT_TAG "prusik-manifest-1"

static_assert(SEAL_KEY_BYTES == crypto_sign_PUBLICKEYBYTES &&
                  SEAL_SECRET_BYTES == crypto_sign_SECRETKEYBYTES &&
                  SEAL_SIGNATURE_BYTES == crypto_sign_BYTES,
              "ed25519");

enum err_code chain_add(struct chain *c, const struct event *e, const struct hash *kept,
                        struct err *err)
{
    struct hash h = event_hash(c->seq ? &c->head : NULL, e);
    struct event_run_text run = event_run_text(c->run);

    if (e->seq != c->seq + 1)
        return err_set(err, ERR_CORRUPT, "run %s: event %" PRId64 " is missing", run.s, c->seq + 1);
    if (!hash_eq(&h, kept))
        return err_set(err, ERR_CORRUPT, "run %s: event %" PRId64 " (%s) was changed", run.s,
                       e->seq, event_kind_name(e->kind).s);
    if (c->finished)
        return err_set(err, ERR_CORRUPT, "run %s: event %" PRId64 " follows the end of the run",
                       run.s, e->seq);
    c->seq = e->seq;
    c->head = *kept;
    c->finished = e->kind == EVENT_RUN_FINISHED;
    return ERR_OK;
}

/* --- blobs --- */

static enum err_code chain_value(const char *key, const json_t *v, chain_blob_fn *fn, void *arg,
                                 struct err *err)
{
    struct sv name = sv_from(key);
    struct hash h;

    if (!json_is_string(v))
        return chain_each_blob(v, fn, arg, err);
    if (!sv_eq(name, SV("blob")) && !sv_ends(name, SV("_blob")))
        return ERR_OK;
    if (!hash_from_hex((struct sv){json_string_value(v), json_string_length(v)}, &h))
        return err_set(err, ERR_CORRUPT, "'%s' is no hash", key);
    return fn(&h, arg, err);
}

enum err_code chain_each_blob(const json_t *data, chain_blob_fn *fn, void *arg, struct err *err)
{
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)(uintptr_t)data, key, v)
    {
        if (chain_value(key, v, fn, arg, err) != ERR_OK)
            return err->code;
    }
    for (size_t i = 0; i < json_array_size(data); i++)
        if (chain_value("", json_array_get(data, i), fn, arg, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

/* --- the seal --- */

static size_t seal_put(unsigned char *text, size_t n, int64_t v)
{
    for (int i = 0; i < 8; i++)
        text[n++] = (unsigned char)((uint64_t)v >> (8 * i));
    return n;
}

/* tag | run | seq | at_us | head, numbers as 8 bytes little endian */
static size_t seal_text(const struct seal *s, unsigned char text[80])
{
    size_t n = sizeof(SEAL_TAG) - 1;

    memcpy(text, SEAL_TAG, n);
    n = seal_put(text, n, s->run);
    n = seal_put(text, n, s->seq);
    n = seal_put(text, n, s->at_us);
    memcpy(text + n, s->head.b, sizeof(s->head.b));
    return n + sizeof(s->head.b);
}

void seal_sign(struct seal *s, const unsigned char secret[SEAL_SECRET_BYTES])
{
    unsigned char text[80];
    size_t n = seal_text(s, text);

    memcpy(s->key, secret + SEAL_SECRET_BYTES - SEAL_KEY_BYTES, SEAL_KEY_BYTES);
    (void)crypto_sign_detached(s->signature, NULL, text, n, secret); /* always succeeds */
}

enum err_code seal_check(const struct seal *s, const struct chain *c, struct err *err)
{
    struct event_run_text run = event_run_text(c->run);
    unsigned char text[80];
    size_t n = seal_text(s, text);

    if (s->run != c->run || s->seq != c->seq || !hash_eq(&s->head, &c->head))
        return err_set(err, ERR_CORRUPT, "run %s: the seal belongs to another journal", run.s);
    if (crypto_sign_verify_detached(s->signature, text, n, s->key) != 0)
        return err_set(err, ERR_CORRUPT, "run %s: the seal's signature is wrong", run.s);
    return ERR_OK;
}

/* tag | SHA-256 of the text */
static void seal_text_digest(struct sv text, unsigned char ret[sizeof(SEAL_TEXT_TAG) - 1 + 32])
{
    struct hash h = hash_of(text);

    memcpy(ret, SEAL_TEXT_TAG, sizeof(SEAL_TEXT_TAG) - 1);
    memcpy(ret + sizeof(SEAL_TEXT_TAG) - 1, h.b, sizeof(h.b));
}

void seal_sign_text(struct sv text, const unsigned char secret[SEAL_SECRET_BYTES], struct seal *ret)
{
    unsigned char digest[sizeof(SEAL_TEXT_TAG) - 1 + 32];

    seal_text_digest(text, digest);
    memcpy(ret->key, secret + SEAL_SECRET_BYTES - SEAL_KEY_BYTES, SEAL_KEY_BYTES);
    (void)crypto_sign_detached(ret->signature, NULL, digest, sizeof(digest), secret);
}

bool seal_text_holds(const struct seal *s, struct sv text)
{
    unsigned char digest[sizeof(SEAL_TEXT_TAG) - 1 + 32];

    seal_text_digest(text, digest);
    return crypto_sign_verify_detached(s->signature, digest, sizeof(digest), s->key) == 0;
}
