#include "base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sv.h"

/* A pattern comes from a document, the subject from a program: neither may take the processor.  Steps of one
 * search: about 25 ms on a short subject; ".*?" takes one for each byte of a long one. */
#define REGEX_MATCH_LIMIT    1000000u
#define REGEX_MATCH_PER_BYTE 16u
#define REGEX_HEAP_KIB       (256u << 10) /* where there is no JIT */
/* PCRE2 begins with 32 KiB on the C stack, which "(.|\n)*" uses up within a kilobyte or two of text.  This
 * is enough for it on LIMIT_OUTPUT_HEAD + LIMIT_OUTPUT_TAIL (45 bytes a character). */
#define REGEX_STACK_BYTES (64u << 20)
/* Machine code takes some 0.1 ms to make, and pays from about here: a runbook of 1 MB is read in two thirds of the time with it. */
#define REGEX_JIT_BYTES 4096u

struct regex {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack; /* once it was needed */
    size_t searched;        /* bytes so far */
    bool hit_limit;
};

void regex_free(struct regex *r)
{
    if (!r)
        return;
    pcre2_jit_stack_free(r->stack);
    pcre2_match_context_free(r->context);
    pcre2_match_data_free(r->data);
    pcre2_code_free(r->code);
    free(r);
}

enum err_code regex_new(struct sv pattern, unsigned flags, struct regex **ret, struct err *err)
{
    CLEANUP(regex_freep) struct regex *r = XNEW(struct regex);
    uint32_t options = PCRE2_NEVER_BACKSLASH_C | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
    PCRE2_UCHAR text[128] = "";
    PCRE2_SIZE at;
    int number;

    if (flags & REGEX_NOCASE)
        options |= PCRE2_CASELESS;
    if (flags & REGEX_MULTI)
        options |= PCRE2_MULTILINE;
    r->code = pcre2_compile((PCRE2_SPTR)(pattern.p ? pattern.p : ""), pattern.n, options, &number,
                            &at, NULL);
    if (!r->code) {
        (void)pcre2_get_error_message(number, text, sizeof(text));
        return err_set(err, ERR_INVALID, "pattern '%.*s': %s at byte %zu", SV_FMT(pattern),
                       (char *)text, at);
    }
    r->data = pcre2_match_data_create_from_pattern(r->code, NULL);
    r->context = pcre2_match_context_create(NULL);
    if (!r->data || !r->context)
        (void)mem_size(SIZE_MAX, 2); /* uncovered: out of memory */
    (void)pcre2_set_heap_limit(r->context, REGEX_HEAP_KIB);
    *ret = STEAL(r);
    return ERR_OK;
}

struct regex *regex_must(const char *pattern, unsigned flags)
{
    struct regex *r = NULL;
    struct err err = {0};
    enum err_code rc = regex_new(sv_from(pattern), flags, &r, &err);

    assert(rc == ERR_OK);
    return rc == ERR_OK ? r : NULL;
}

static int regex_match(struct regex *r, struct sv subject, size_t from)
{
    size_t limit = REGEX_MATCH_LIMIT + size_min(subject.n, UINT32_MAX / 2) * REGEX_MATCH_PER_BYTE;

    (void)pcre2_set_match_limit(r->context, (uint32_t)size_min(limit, UINT32_MAX));
    return pcre2_match(r->code, (PCRE2_SPTR)(subject.p ? subject.p : ""), subject.n, from, 0,
                       r->data, r->context);
}

bool regex_find(struct regex *r, struct sv subject, size_t from, struct regex_match *groups,
                size_t n)
{
    const PCRE2_SIZE *v;
    int rc;

    r->hit_limit = false;
    if (from > subject.n)
        return false;
    r->searched += subject.n - from;
    if (r->searched >= REGEX_JIT_BYTES && r->searched - (subject.n - from) < REGEX_JIT_BYTES)
        (void)pcre2_jit_compile(
            r->code, PCRE2_JIT_COMPLETE); /* where there is none it is slower, not wrong */
    rc = regex_match(r, subject, from);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT && !r->stack) {
        r->stack = pcre2_jit_stack_create(32768, REGEX_STACK_BYTES, NULL);
        pcre2_jit_stack_assign(r->context, NULL, r->stack);
        rc = regex_match(r, subject, from);
    }
    if (rc < 0) {
        r->hit_limit = rc != PCRE2_ERROR_NOMATCH;
        return false;
    }
    v = pcre2_get_ovector_pointer(r->data);
    for (size_t i = 0; i < n; i++)
        groups[i] = i < (size_t)rc && v[2 * i] != PCRE2_UNSET
                        ? (struct regex_match){v[2 * i], v[2 * i + 1]}
                        : (struct regex_match){SV_NPOS, SV_NPOS};
    return true;
}

bool regex_has(struct regex *r, struct sv subject)
{
    return regex_find(r, subject, 0, NULL, 0);
}

bool regex_hit_limit(const struct regex *r)
{
    return r->hit_limit;
}
