#pragma once

/*
 * chain: the events of a run looked at one after the other, wherever they were kept, and the seal over the last
 * (docs/formats/journal.md, sections 3 and 5).
 *
 * Pure: it hands on errors of the one that it calls, and ERR_CORRUPT for what does not hold.
 */
#include "base/json.h"
#include "store/event.h"

/* Zeroed but for `run`. */
struct chain {
    int64_t run, seq; /* seq of the last event; 0: none */
    struct hash head;
    bool finished;
};

/* The next event, with the hash that was kept beside it.  ERR_CORRUPT names it. */
NODISCARD enum err_code chain_add(struct chain *c, const struct event *e, const struct hash *kept,
                                  struct err *err);

typedef enum err_code chain_blob_fn(const struct hash *h, void *arg, struct err *err);
/* Every blob that an event's data name, at any depth: members `blob` and `..._blob`. */
NODISCARD enum err_code chain_each_blob(const json_t *data, chain_blob_fn *fn, void *arg,
                                        struct err *err);

#define SEAL_KEY_BYTES       32u
#define SEAL_SECRET_BYTES    64u /* its end is the public half */
#define SEAL_SIGNATURE_BYTES 64u

struct seal {
    int64_t run, seq, at_us;
    struct hash head;
    unsigned char key[SEAL_KEY_BYTES], signature[SEAL_SIGNATURE_BYTES];
};

/* Fill in key and signature. */
void seal_sign(struct seal *s, const unsigned char secret[SEAL_SECRET_BYTES]);
/* It is the seal of this chain, as it stands.  ERR_CORRUPT otherwise. */
NODISCARD enum err_code seal_check(const struct seal *s, const struct chain *c, struct err *err);

/* A signature over a text, by the same key: the list of files of a bundle (docs/formats/bundle.md). */
void seal_sign_text(struct sv text, const unsigned char secret[SEAL_SECRET_BYTES],
                    struct seal *ret);
NODISCARD bool seal_text_holds(const struct seal *s, struct sv text);
