#pragma once

/*
 * strbuf: text that is built, with a maximum.
 *
 * Start with STRBUF(max) (bytes; 0: no limit but memory) and end with
 * strbuf_release().  What would go beyond max is dropped and `overflow` stays set,
 * so a caller checks once, at the end.  The text is always NUL-terminated and may
 * hold NULs.
 */
#include <stdarg.h>

#include "base/base.h"

struct strbuf {
    char *p;
    size_t n, cap;
    size_t max;
    bool overflow;
};

#define STRBUF(max_bytes) ((struct strbuf){.max = (max_bytes)})

void strbuf_release(struct strbuf *b);
void strbuf_add(struct strbuf *b, const void *p, size_t n);
void strbuf_add_sv(struct strbuf *b, struct sv s);
void strbuf_add_str(struct strbuf *b, const char *s);
void strbuf_add_byte(struct strbuf *b, char c);
void strbuf_add_n(struct strbuf *b, char c, size_t n);
void strbuf_addf(struct strbuf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strbuf_vaddf(struct strbuf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Cut to n bytes; n must not be more than there are. */
void strbuf_truncate(struct strbuf *b, size_t n);
/* Remove n bytes at the front. */
void strbuf_consume(struct strbuf *b, size_t n);
/* Room for n more bytes at b->p + b->n, for a caller that then adds to b->n itself. */
void strbuf_reserve(struct strbuf *b, size_t n);

/* The text as a C string, "" when empty; valid until the next change. */
const char *strbuf_str(const struct strbuf *b);
struct sv strbuf_sv(const struct strbuf *b);
/* Hand the whole buffer on; b is empty afterwards. */
struct strbuf strbuf_steal(struct strbuf *b);
/* Hand the text on as a C string for free(). */
char *strbuf_steal_str(struct strbuf *b);
