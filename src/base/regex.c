#include "base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/sv.h"
#include "base/vec.h"

/* A pattern comes from a document, the subject from a program: neither may take the processor.  Steps of one
 * search: about 25 ms on a short subject; ".*?" takes one for each byte of a long one. */
#define REGEX_MATCH_LIMIT    1000000u
#define REGEX_MATCH_PER_BYTE 16u
#define REGEX_HEAP_KIB       (256u << 10) /* where there is no JIT */
/* PCRE2 begins with 32 KiB on the C stack, which "(.|\n)*" uses up within a kilobyte or two of text.  This
 * is enough for it on LIMIT_OUTPUT_HEAD + LIMIT_OUTPUT_TAIL (45 bytes a character). */
#define REGEX_STACK_BYTES (64u << 20)
/* Machine code costs as much to make as the search of about so many bytes without it. */
#define REGEX_JIT_BYTES 1024u
/* A line is searched for dozens of patterns: what it holds is told once.  Of a longer text that pays nothing. */
#define REGEX_SEEN_BYTES 480u
#define REGEX_SEEN       16u /* texts; a power of two */
#define REGEX_REFUSED \
    512u /* literals of which it is kept that such a text was searched for them in vain */
#define REGEX_GROUPS   16u /* of a literal of ours, with the whole */
#define REGEX_FLAGS__N 4u

/* A pattern.  Nobody changes `code` or `jit` once they are set, so all threads may search with them. */
struct regex_code {
    _Atomic(pcre2_code *) code; /* of a literal: once a text may match */
    _Atomic(pcre2_code *) jit;  /* a copy with machine code, once that pays */
    atomic_size_t searched;     /* bytes so far */
    const uint8_t *
        first; /* anchored: a bit for each byte that a match may begin with; NULL: any may; set before `code` */
    struct regex_need need;
    size_t number; /* of a literal: in the order in which they were first searched for */
};

/* A text of a search before, what it holds, and the literals that it does not match. */
struct regex_seen {
    struct regex_pairs pairs;
    uint64_t refused[REGEX_REFUSED / 64]; /* bits, by their numbers */
    size_t n;                             /* 0: none */
    char text[REGEX_SEEN_BYTES];
};

/* What a search writes to. */
struct regex_scratch {
    struct regex_seen *seen; /* of a thread's: REGEX_SEEN of them */
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack; /* once it was needed */
    uint32_t limit;         /* that the context has */
};

struct regex {
    struct regex_code *code; /* NULL: a literal that was not searched for yet */
    struct regex_code
        own; /* of a document's pattern, with a scratch of its own: both end with it */
    struct regex_scratch scratch;
    bool hit_limit;
    unsigned flags;
    size_t n;
    char pattern[]; /* of a literal */
};

/* --- what a search writes to --- */

static struct regex_scratch regex_scratch_new(uint32_t groups)
{
    struct regex_scratch s = {.data = pcre2_match_data_create(groups, NULL),
                              .context = pcre2_match_context_create(NULL)};

    if (!s.data || !s.context)
        (void)mem_size(SIZE_MAX, 2); /* uncovered: out of memory */
    (void)pcre2_set_heap_limit(s.context, REGEX_HEAP_KIB);
    return s;
}

static void regex_scratch_release(struct regex_scratch *s)
{
    pcre2_jit_stack_free(s->stack);
    pcre2_match_context_free(s->context);
    pcre2_match_data_free(s->data);
    free(s->seen);
}

static pthread_key_t regex_thread_key;

static void regex_thread_end(void *p)
{
    regex_scratch_release(p);
    free(p);
}

static void regex_thread_begin(void)
{
    int rc = pthread_key_create(&regex_thread_key, regex_thread_end);

    assert(rc == 0); /* there are 1,024 keys, and we make one */
    (void)rc;
}

/* Of this thread, for the literals; given back when it ends. */
static struct regex_scratch *regex_thread_scratch(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static _Thread_local struct regex_scratch *mine;

    if (mine)
        return mine;
    (void)pthread_once(&once, regex_thread_begin); /* fails for one that is none */
    mine = XNEW(struct regex_scratch);
    *mine = regex_scratch_new(REGEX_GROUPS);
    mine->seen = XNEWN(struct regex_seen, REGEX_SEEN);
    (void)pthread_setspecific(regex_thread_key, mine); /* fails for a key that is none */
    return mine;
}

/* --- compiling --- */

static enum err_code regex_compile(struct sv pattern, unsigned flags, pcre2_code **ret,
                                   struct err *err)
{
    uint32_t options = PCRE2_NEVER_BACKSLASH_C | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
    PCRE2_UCHAR text[128] = "";
    PCRE2_SIZE at;
    int number;
    pcre2_code *code;

    if (flags & REGEX_NOCASE)
        options |= PCRE2_CASELESS;
    if (flags & REGEX_MULTI)
        options |= PCRE2_MULTILINE;
    code = pcre2_compile((PCRE2_SPTR)(pattern.p ? pattern.p : ""), pattern.n, options, &number, &at,
                         NULL);
    if (!code) {
        (void)pcre2_get_error_message(number, text, sizeof(text));
        return err_set(err, ERR_INVALID, "pattern '%.*s': %s at byte %zu", SV_FMT(pattern),
                       (char *)text, at);
    }
    *ret = code;
    return ERR_OK;
}

enum err_code regex_new(struct sv pattern, unsigned flags, struct regex **ret, struct err *err)
{
    uint32_t groups = 0;
    struct regex *r;
    pcre2_code *code = NULL;

    if (regex_compile(pattern, flags, &code, err) != ERR_OK)
        return err->code;
    r = XNEW(struct regex);
    r->own.code = code;
    r->code = &r->own;
    (void)pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups); /* fails for no code */
    r->scratch = regex_scratch_new(groups + 1);
    *ret = r;
    return ERR_OK;
}

struct regex *regex_must(const char *pattern, unsigned flags)
{
    size_t n = strlen(pattern);
    struct regex *r = xcalloc(1, sizeof(*r) + n + 1);

    assert(flags < REGEX_FLAGS__N);
    r->flags = flags;
    r->n = n;
    memcpy(r->pattern, pattern, n);
    return r;
}

/* PCRE2's own study; the bits belong to the code. */
static const uint8_t *regex_first(const pcre2_code *code)
{
    const uint8_t *bits = NULL;
    uint32_t options = 0;

    (void)pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options); /* fails for no code */
    if (options & PCRE2_ANCHORED)
        (void)pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, &bits);
    return bits;
}

/* One that does not compile is our bug, which tests under the sanitizers find whatever texts they have. */
#ifdef REGEX_COMPILES_ALL
enum { REGEX_AT_ONCE = true };
#else
enum { REGEX_AT_ONCE = false };
#endif

static pthread_mutex_t regex_lock = PTHREAD_MUTEX_INITIALIZER; /* of the literals of the process */

/* Under the lock. */
static void regex_compile_literal(struct regex_code *c, struct sv pattern, unsigned flags)
{
    struct err err = {0};
    uint32_t groups = 0;
    pcre2_code *code = NULL;
    enum err_code rc = regex_compile(pattern, flags, &code, &err);

    assert(rc == ERR_OK);
    (void)rc;
    (void)pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups); /* fails for no code */
    assert(groups < REGEX_GROUPS);
    c->first = regex_first(code);
    atomic_store_explicit(&c->code, code, memory_order_release);
}

/* Most literals are asked only about texts that cannot match: what they need costs less to find out than to compile them. */
static void regex_compile_once(const struct regex *r)
{
    if (atomic_load_explicit(&r->code->code, memory_order_acquire))
        return;
    (void)pthread_mutex_lock(&regex_lock); /* fails for one that is none */
    if (!atomic_load_explicit(&r->code->code, memory_order_relaxed))
        regex_compile_literal(r->code, (struct sv){r->pattern, r->n}, r->flags);
    (void)pthread_mutex_unlock(&regex_lock);
}

/* Of the process: what a literal needs is found out when it is first searched for, and stays. */
static struct regex_code *regex_literal(const struct regex *r)
{
    static struct map known[REGEX_FLAGS__N];
    static VEC(struct regex_code *) codes;
    struct sv pattern = {r->pattern, r->n};
    struct regex_code *c;
    size_t i;

    (void)pthread_mutex_lock(&regex_lock); /* fails for one that is none */
    if (map_get(&known[r->flags], pattern, &i)) {
        c = codes.v[i];
    } else {
        c = XNEW(struct regex_code);
        regex_need_init(&c->need, pattern);
        if (REGEX_AT_ONCE)
            regex_compile_literal(c, pattern, r->flags);
        c->number = codes.n;
        (void)map_put(&known[r->flags], pattern, codes.n);
        *vec_add(&codes) = c;
    }
    (void)pthread_mutex_unlock(&regex_lock);
    return c;
}

/* The thread whose search passes the mark makes the machine code, of a copy that nobody else sees yet. */
static void regex_count(struct regex_code *c, size_t bytes)
{
    size_t before = atomic_load_explicit(&c->searched, memory_order_relaxed);
    pcre2_code *copy;

    if (before >= REGEX_JIT_BYTES) /* nothing is written: other threads read it, too */
        return;
    before = atomic_fetch_add_explicit(&c->searched, bytes, memory_order_relaxed);
    if (before >= REGEX_JIT_BYTES || bytes < REGEX_JIT_BYTES - before)
        return;
    copy = pcre2_code_copy(atomic_load_explicit(
        &c->code, memory_order_relaxed)); /* it was compiled to be searched for */
    if (!copy)
        (void)mem_size(SIZE_MAX, 2); /* uncovered: out of memory */
    if (pcre2_jit_compile(copy, PCRE2_JIT_COMPLETE) == 0)
        atomic_store_explicit(&c->jit, copy, memory_order_release);
    else
        pcre2_code_free(copy); /* uncovered: where there is none it is slower, not wrong */
}

void regex_free(struct regex *r)
{
    if (!r)
        return;
    if (r->own.code) {
        regex_scratch_release(&r->scratch);
        pcre2_code_free(r->own.jit);
        pcre2_code_free(r->own.code);
    }
    free(r);
}

/* --- searching --- */

static int regex_match(struct regex_code *c, struct regex_scratch *s, struct sv subject,
                       size_t from)
{
    size_t most = REGEX_MATCH_LIMIT + size_min(subject.n, UINT32_MAX / 2) * REGEX_MATCH_PER_BYTE;
    uint32_t limit = (uint32_t)size_min(most, UINT32_MAX);
    pcre2_code *jit = atomic_load_explicit(&c->jit, memory_order_acquire);
    PCRE2_SPTR text = (PCRE2_SPTR)(subject.p ? subject.p : "");

    if (limit != s->limit) {
        (void)pcre2_set_match_limit(s->context, limit);
        s->limit = limit;
    }
    return jit ? pcre2_jit_match(jit, text, subject.n, from, 0, s->data, s->context)
               : pcre2_match(atomic_load_explicit(&c->code, memory_order_relaxed), text, subject.n,
                             from, 0, s->data, s->context);
}

/* What the text holds; it is compared, as another may stand where one stood. */
static struct regex_seen *regex_seen(struct regex_scratch *s, struct sv text)
{
    size_t mark = text.n + (unsigned char)text.p[0] + (unsigned char)text.p[text.n - 1];
    struct regex_seen *seen = &s->seen[mark & (REGEX_SEEN - 1)];

    if (seen->n == text.n && memcmp(seen->text, text.p, text.n) == 0)
        return seen;
    memcpy(seen->text, text.p, text.n);
    seen->n = text.n;
    seen->pairs = regex_pairs_of(text);
    memset(seen->refused, 0, sizeof(seen->refused));
    return seen;
}

struct regex_pairs regex_pairs_known(struct sv text)
{
    return text.n - 1 < REGEX_SEEN_BYTES ? regex_seen(regex_thread_scratch(), text)->pairs
                                         : regex_pairs_of(text);
}

bool regex_says_any(struct sv text, const struct sv *words, size_t n)
{
    const struct regex_pairs *pairs =
        text.n - 1 < REGEX_SEEN_BYTES ? &regex_seen(regex_thread_scratch(), text)->pairs : NULL;

    for (size_t i = 0; i < n; i++)
        if ((!pairs || regex_pairs_may_hold(pairs, words[i])) && sv_has_nocase(text, words[i]))
            return true;
    return false;
}

static bool regex_is_refused(const struct regex_code *c, const struct regex_seen *seen)
{
    return c->number < REGEX_REFUSED && ((seen->refused[c->number / 64] >> (c->number % 64)) & 1);
}

/* False, as the search. */
static bool regex_refuse(const struct regex_code *c, struct regex_seen *seen)
{
    if (seen && c->number < REGEX_REFUSED)
        seen->refused[c->number / 64] |= UINT64_C(1) << (c->number % 64);
    return false;
}

/* Does the text begin as no match does? */
static bool regex_begins_otherwise(const struct regex_code *c, struct sv text)
{
    return atomic_load_explicit(&c->code, memory_order_acquire) && c->first && text.n &&
           !((c->first[(unsigned char)*text.p >> 3] >> (*text.p & 7)) & 1);
}

/* A search that nothing ruled out. */
static bool regex_search(struct regex *r, struct regex_scratch *s, struct sv subject, size_t from,
                         struct regex_match *groups, size_t n)
{
    const PCRE2_SIZE *v;
    int rc;

    regex_compile_once(r);
    regex_count(r->code, subject.n - from);
    rc = regex_match(r->code, s, subject, from);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT && !s->stack) {
        s->stack = pcre2_jit_stack_create(32768, REGEX_STACK_BYTES, NULL);
        pcre2_jit_stack_assign(s->context, NULL, s->stack);
        rc = regex_match(r->code, s, subject, from);
    }
    if (rc < 0) {
        r->hit_limit = rc != PCRE2_ERROR_NOMATCH;
        return false;
    }
    v = pcre2_get_ovector_pointer(s->data);
    for (size_t i = 0; i < n; i++)
        groups[i] = i < (size_t)rc && v[2 * i] != PCRE2_UNSET
                        ? (struct regex_match){v[2 * i], v[2 * i + 1]}
                        : (struct regex_match){SV_NPOS, SV_NPOS};
    return true;
}

bool regex_find(struct regex *r, struct sv subject, size_t from, struct regex_match *groups,
                size_t n)
{
    struct regex_seen *seen = NULL;
    struct regex_scratch *s;

    r->hit_limit = false;
    if (from > subject.n)
        return false;
    if (r->own.code)
        return regex_search(r, &r->scratch, subject, from, groups, n);
    if (!r->code)
        r->code = regex_literal(r);
    if (from == 0 && regex_begins_otherwise(r->code, subject))
        return false;
    s = regex_thread_scratch();
    if (subject.n && subject.n <= REGEX_SEEN_BYTES) {
        seen = regex_seen(s, subject);
        if (from == 0 && regex_is_refused(r->code, seen))
            return false;
        if (!regex_need_met(&r->code->need, &seen->pairs))
            return regex_refuse(r->code, seen);
    }
    if (regex_search(r, s, subject, from, groups, n))
        return true;
    return from == 0 && !r->hit_limit ? regex_refuse(r->code, seen) : false;
}

bool regex_has(struct regex *r, struct sv subject)
{
    return regex_find(r, subject, 0, NULL, 0);
}

bool regex_may_match(struct regex *r, const struct regex_pairs *text)
{
    assert(!r->own.code);
    if (!r->code)
        r->code = regex_literal(r);
    return regex_need_met(&r->code->need, text);
}

size_t regex_next_may_match(struct regex *const *list, size_t n, size_t from,
                            const struct regex_pairs *text)
{
    while (from < n && !regex_may_match(list[from], text))
        from++;
    return from;
}

bool regex_hit_limit(const struct regex *r)
{
    return r->hit_limit;
}
