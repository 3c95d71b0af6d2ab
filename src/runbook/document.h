#pragma once

/*
 * document: the bytes of a runbook, with line numbers.
 *
 * The text is kept as it was read, without a byte order mark; nothing rewrites it.
 * Lines count from 1 and end at LF, CR LF or CR, as in CommonMark.  Columns count
 * bytes from 1.
 */
#include "base/err.h"
#include "base/hash.h"
#include "base/strbuf.h"

struct document {
    char *path;      /* as given; "-" never */
    struct strbuf b; /* owns the bytes */
    struct sv text;
    size_t *line_at; /* offset of each line; n_lines + 1 entries */
    size_t n_lines;
};

/*
 * Read a file.  ERR_INVALID with line and column: it holds a NUL byte, so it is not text.
 * ERR_LIMIT: larger than LIMIT_DOCUMENT_BYTES.
 */
NODISCARD enum err_code document_load(const char *path, struct document *ret, struct err *err);
/* The same for bytes in memory (copied). */
NODISCARD enum err_code document_init(const char *path, struct sv text, struct document *ret,
                                      struct err *err);
void document_release(struct document *d);
/* Of its text: the same for the same bytes, wherever they lie. */
struct hash document_hash(const struct document *d);

/* Line n without its end; empty when there is no such line. */
struct sv document_line(const struct document *d, size_t n);
/* The line that byte `offset` is in. */
size_t document_line_of(const struct document *d, size_t offset);
