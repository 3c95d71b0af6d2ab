#include "base/regex_need.h"

#include <string.h>

#include "base/sv.h"

/* Alternatives of groups are multiplied in up to so many ways: each costs a few instructions a text. */
#define NEED_WAYS    32u
#define NEED_LEVELS  16u /* of groups in groups */
#define NEED_MEMBERS 8u  /* of a class that is a choice of marks */

#define NEED_DIGITS (UINT64_C(0x3ff) << '0')

typedef VEC(struct regex_pairs) need_ways;

/* --- what a text holds --- */

static unsigned need_bit(unsigned char a, unsigned char b)
{
    return (a * 53u + b * 101u) & 255u;
}

static void need_pair(struct regex_pairs *p, unsigned char a, unsigned char b)
{
    unsigned bit = need_bit(a, b);

    p->bits[bit >> 6] |= UINT64_C(1) << (bit & 63u);
}

/* U+017F folds to s, U+212A to k; no other does to an ASCII letter. */
static bool need_folds(struct sv text)
{
    return sv_has(text, SV("\xc5\xbf")) || sv_has(text, SV("\xe2\x84\xaa"));
}

struct regex_pairs regex_pairs_of(struct sv text)
{
    struct regex_pairs p = {.wide = false};
    unsigned char before = 0, all = 0;
    uint64_t pairs[4] = {0}, bytes[4] = {0};

    /* the first byte has none before it: a bit too many errs to the right side */
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)ascii_lower(text.p[i]);
        unsigned bit = need_bit(before, c);

        all |= c;
        bytes[c >> 6] |= UINT64_C(1) << (c & 63u);
        pairs[bit >> 6] |= UINT64_C(1) << (bit & 63u);
        before = c;
    }
    memcpy(p.bits, pairs, sizeof(p.bits));
    p.bytes[0] = (bytes[0] & ~UINT64_C(1)) | ((bytes[0] & NEED_DIGITS) != 0);
    p.bytes[1] = bytes[1];
    p.wide = all >= 0x80;
    p.folds = p.wide && need_folds(text);
    return p;
}

/* --- what a pattern needs --- */

static bool need_is_empty(const struct regex_pairs *p)
{
    return !(p->bits[0] | p->bits[1] | p->bits[2] | p->bits[3] | p->bytes[0] | p->bytes[1]) &&
           !p->wide;
}

static void need_join(struct regex_pairs *to, const struct regex_pairs *from)
{
    for (size_t i = 0; i < ARRAY_LEN(to->bits); i++)
        to->bits[i] |= from->bits[i];
    for (size_t i = 0; i < ARRAY_LEN(to->bytes); i++)
        to->bytes[i] |= from->bytes[i];
    to->wide |= from->wide;
}

/* Bytes that stand together, none of them optional; what is not ASCII may stand in the text in its other case. */
static void need_run(struct regex_pairs *p, struct sv run)
{
    for (size_t i = 0; i < run.n; i++) {
        unsigned char c = (unsigned char)ascii_lower(run.p[i]);

        if (c >= 0x80) {
            p->wide = true;
            continue;
        }
        p->bytes[(c >> 6) & 1] |= UINT64_C(1) << (c & 63u);
        if (i > 0 && (unsigned char)run.p[i - 1] < 0x80)
            need_pair(p, (unsigned char)ascii_lower(run.p[i - 1]), c);
    }
}

/* One of `more` besides each way so far; as it was when that says nothing, or too much. */
static void need_multiply(need_ways *ways, const need_ways *more)
{
    size_t n = ways->n;

    if (n * more->n > NEED_WAYS)
        return;
    for (size_t k = 0; k < more->n; k++)
        if (need_is_empty(&more->v[k]))
            return;
    for (size_t k = 1; k < more->n; k++)
        for (size_t i = 0; i < n; i++) {
            struct regex_pairs copy = ways->v[i];

            need_join(&copy, &more->v[k]);
            *vec_add(ways) = copy;
        }
    for (size_t i = 0; more->n && i < n; i++)
        need_join(&ways->v[i], &more->v[0]);
}

/* Behind the class that begins at `at`. */
static size_t need_after_class(struct sv s, size_t at)
{
    at += 1 + (at + 1 < s.n && s.p[at + 1] == '^');
    at += at < s.n && s.p[at] == ']'; /* the first is no end */
    while (at < s.n && s.p[at] != ']') {
        at += s.p[at] == '\\' ? 2 : 1;
    }
    return at + 1;
}

/* May what ends before `at` be left out? */
static bool need_is_optional(struct sv s, size_t at)
{
    if (at >= s.n)
        return false;
    return s.p[at] == '?' || s.p[at] == '*' ||
           (s.p[at] == '{' && (at + 1 == s.n || s.p[at + 1] < '1' || s.p[at + 1] > '9'));
}

static bool need_is_plain(char c)
{
    return ascii_is_alnum(c) || (unsigned char)c >= 0x80 ||
           (c && strchr(" -<>=%/_:,\"'`~#&@!;", c));
}

/* The bytes from `at` on that stand for themselves, without a last character that may be left out. */
static size_t need_plain_end(struct sv s, size_t at)
{
    size_t to = at;

    while (to < s.n && need_is_plain(s.p[to]))
        to++;
    if (to == at || !need_is_optional(s, to))
        return to;
    do /* the whole of the character */
        to--;
    while (to > at && ((unsigned char)s.p[to] & 0xc0u) == 0x80u);
    return to;
}

/* What the member at `i` of a choice needs; *wide: it is not ASCII. */
static void need_member(need_ways *more, struct sv members, size_t i, bool *wide)
{
    char c = members.p[i];

    if ((unsigned char)c >= 0x80) {
        *wide = true;
        return;
    }
    (void)vec_add(more);
    if (c != '-' && c != '\\') /* those two say nothing by themselves */
        need_run(vec_last(more), sv_sub(members, i, i + 1));
}

/* [0-9], or a choice of a few marks: [<>]. */
static void need_class(need_ways *ways, struct sv members)
{
    need_ways more = {0};
    bool wide = false;

    if (sv_eq(members, SV("0-9"))) {
        vec_add(&more)->bytes[0] = 1;
    } else if (members.n && members.n <= NEED_MEMBERS && *members.p != '^') {
        for (size_t i = 0; i < members.n; i++)
            need_member(&more, members, i, &wide);
        if (wide)
            vec_add(&more)->wide = true;
    }
    need_multiply(ways, &more);
    vec_release(&more);
}

/* \b and the like say nothing; an escaped mark is itself. */
static void need_escape(need_ways *ways, struct sv s, size_t at)
{
    need_ways more = {0};
    char c;

    assert(at + 1 < s.n);
    c = s.p[at + 1];
    if (c == 'd')
        vec_add(&more)->bytes[0] = 1;
    else if (!ascii_is_alnum(c))
        need_run(vec_add(&more), sv_sub(s, at + 1, at + 2));
    need_multiply(ways, &more);
    vec_release(&more);
}

static size_t need_alternatives(struct sv s, size_t at, size_t level, need_ways *ret);

/* The group that begins at `at`, behind which it goes on. */
static size_t need_group(need_ways *ways, struct sv s, size_t at, size_t level)
{
    need_ways inner = {0};
    struct sv rest = sv_sub(s, at + 1, s.n);
    bool looks =
        sv_starts(rest, SV("?!")) || sv_starts(rest, SV("?=")) || sv_starts(rest, SV("?<"));
    size_t end;

    at++;
    if (looks) {
        at += 2 + (s.p[at + 1] == '<');
    } else if (sv_starts(rest, SV("?"))) {
        while (s.p[at] != ':' && s.p[at] != ')')
            at++;
        if (s.p[at++] == ')') /* "(?s)" */
            return at;
    }
    end = need_alternatives(s, at, level + 1, &inner) + 1;
    if (!looks && !need_is_optional(s, end))
        need_multiply(ways, &inner);
    vec_release(&inner);
    return end;
}

/* What begins at `at` and is neither plain nor an end; gives back what is behind it. */
static size_t need_atom(need_ways *ways, struct sv s, size_t at, size_t level)
{
    size_t end;

    switch (s.p[at]) {
    case '(': return need_group(ways, s, at, level);
    case '[':
        end = need_after_class(s, at);
        if (!need_is_optional(s, end))
            need_class(ways, sv_sub(s, at + 1, end - 1));
        return end;
    case '\\':
        if (!need_is_optional(s, at + 2))
            need_escape(ways, s, at);
        return at + 2;
    case '{': end = sv_find_byte(s, '}', at); return end == SV_NPOS ? at + 1 : end + 1;
    default: return at + 1;
    }
}

/* The ways of one alternative are at their end: the next one begins with one that needs nothing. */
static void need_alternative(need_ways *ret, need_ways *ways)
{
    for (size_t i = 0; i < ways->n; i++)
        *vec_add(ret) = ways->v[i];
    ways->n = 0;
    (void)vec_add(ways);
}

/* Up to the ')' that ends them, or the end of the pattern; where that is. */
static size_t need_alternatives(struct sv s, size_t at, size_t level, need_ways *ret)
{
    need_ways ways = {0};

    assert(level <= NEED_LEVELS);
    (void)vec_add(&ways);
    for (; at < s.n && s.p[at] != ')';) {
        size_t to = need_plain_end(s, at);

        if (s.p[at] == '|') {
            need_alternative(ret, &ways);
            at++;
            continue;
        }
        for (size_t i = 0; i < ways.n; i++)
            need_run(&ways.v[i], sv_sub(s, at, to));
        at = to > at ? to : need_atom(&ways, s, at, level);
    }
    need_alternative(ret, &ways);
    vec_release(&ways);
    return at;
}

static void need_common(struct regex_pairs *all, const struct regex_pairs *one)
{
    for (size_t i = 0; i < ARRAY_LEN(all->bits); i++)
        all->bits[i] &= one->bits[i];
    for (size_t i = 0; i < ARRAY_LEN(all->bytes); i++)
        all->bytes[i] &= one->bytes[i];
    all->wide &= one->wide;
}

/* [:alpha:], [:^space:]; "[:.]" is a choice of two marks. */
static bool need_has_named_class(struct sv s)
{
    for (size_t at = 0; (at = sv_find(s, SV("[:"), at)) != SV_NPOS; at++)
        if (at + 2 < s.n && (ascii_is_alpha(s.p[at + 2]) || s.p[at + 2] == '^'))
            return true;
    return false;
}

/* Is everything in the pattern read above?  Named escapes, atomic groups and the like are not. */
static bool need_is_known(struct sv s)
{
    size_t level = 0;

    for (size_t i = 0; i < s.n;) {
        char next = i + 1 < s.n ? s.p[i + 1] : '\0', after = i + 2 < s.n ? s.p[i + 2] : '\0';

        if (s.p[i] == '[') {
            i = need_after_class(s, i);
            continue;
        }
        level += s.p[i] == '(';
        level -= s.p[i] == ')';
        if ((s.p[i] == '\\' && ascii_is_alpha(next) && !strchr("bBdDsSwWnrt", next)) ||
            (s.p[i] == '(' && next == '?' && !strchr(":=!<-is", after)) || level > NEED_LEVELS)
            return false;
        i += s.p[i] == '\\' ? 2 : 1;
    }
    return !need_has_named_class(s);
}

void regex_need_init(struct regex_need *n, struct sv pattern)
{
    need_ways ways = {0};

    n->any = !need_is_known(pattern);
    if (n->any)
        return;
    (void)need_alternatives(pattern, 0, 0, &ways);
    n->all = ways.v[0];
    for (size_t i = 0; i < ways.n; i++) {
        n->any |= need_is_empty(&ways.v[i]);
        need_common(&n->all, &ways.v[i]);
    }
    n->ways.v = ways.v;
    n->ways.n = ways.n;
    n->ways.cap = ways.cap;
}

void regex_need_release(struct regex_need *n)
{
    vec_release(&n->ways);
}

static bool need_holds(const struct regex_pairs *text, const struct regex_pairs *p)
{
    return !(p->bytes[1] & ~text->bytes[1]) && !(p->bits[0] & ~text->bits[0]) &&
           !(p->bits[1] & ~text->bits[1]) && !(p->bits[2] & ~text->bits[2]) &&
           !(p->bits[3] & ~text->bits[3]) && !(p->bytes[0] & ~text->bytes[0]) &&
           p->wide <= text->wide;
}

bool regex_need_one_met(const struct regex_need *n, const struct regex_pairs *text)
{
    for (size_t i = 0; i < n->ways.n; i++)
        if (need_holds(text, &n->ways.v[i]))
            return true;
    return false;
}
