#pragma once

/*
 * secret: values that must not be shown, and the filter that takes them out.
 *
 * A secret set is filled from bindings when a run starts.  Every byte that a
 * command printed passes a redactor before it is kept or shown: a secret becomes
 * "***", also when it arrives in pieces, percent-encoded (RFC 3986; "+" for a blank),
 * as JSON text (RFC 8259, any of its escapes) or inside of base64 that is not broken into
 * lines (up to a digit at its ends); what overlaps is hidden together.
 * The password of a URL is a secret of its own.  Values shorter than
 * SECRET_MIN_BYTES are never replaced (they would turn ordinary words into stars):
 * secrets_add() says so, and lint reports the variable.  Values of fewer than 8
 * letters and digits are replaced only as whole words.
 */
#include "base/strbuf.h"

#define SECRET_MIN_BYTES 4u
#define SECRET_MASK      "***"

struct secrets; /* opaque; wiped when freed */

struct secrets *secrets_new(void);
void secrets_free(struct secrets *s);
DEFINE_CLEANUP(struct secrets *, secrets_free)

/* Copies both.  False: too short to be hidden (the name is still a secret's). */
bool secrets_add(struct secrets *s, struct sv name, struct sv value);
/* Is this the name of a variable whose value must not be written down? */
bool secrets_is_name(const struct secrets *s, struct sv name);
/* Does the name look like one (PASSWORD, TOKEN, SECRET, KEY, ...), whatever the binding says? */
bool secrets_looks_like_name(struct sv name);
/* Append text with every secret replaced; for text that is complete. */
void secrets_redact(const struct secrets *s, struct sv text, struct strbuf *out);

/* A stream: only what may be the beginning of a secret is held back until the next piece. */
struct redactor {
    const struct secrets *secrets;
    struct strbuf held; /* `context` bytes that were dealt with, then those that wait */
    size_t context;
    size_t covered; /* of those that wait, how many belong to a secret that was found */
};
void redactor_init(struct redactor *r, const struct secrets *s);
void redactor_release(struct redactor *r);
/* Append to out what is safe to show; `last`: nothing follows. */
void redactor_feed(struct redactor *r, struct sv piece, bool last, struct strbuf *out);
