#pragma once

/*
 * capture: what a command printed, with a bound: the head and the tail are kept, what
 * lies between is counted.
 *
 * Bytes pass a redactor first, so that no secret is ever kept.  Memory is at most
 * LIMIT_OUTPUT_HEAD + 2 * LIMIT_OUTPUT_TAIL, whatever is printed.
 */
#include "base/secret.h"

struct capture {
    struct redactor redact;
    struct strbuf head, tail, scratch;
    uint64_t total; /* bytes after redaction */
};

void capture_begin(struct capture *c, const struct secrets *secrets);
void capture_release(struct capture *c);
/* Add bytes; *shown (or NULL) are those that may be shown now: valid until the next call. */
void capture_add(struct capture *c, struct sv bytes, struct sv *shown);
/* Nothing follows: what was held back comes out. */
void capture_end(struct capture *c, struct sv *shown);
/* Forget what was captured, keep the secrets: for the next look of a step that is repeated. */
void capture_clear(struct capture *c);
/* Head and tail, with a line between them that says how much is missing. */
void capture_text(const struct capture *c, struct strbuf *out);
bool capture_is_cut(const struct capture *c);
