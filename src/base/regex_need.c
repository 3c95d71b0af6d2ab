#include "base/regex_need.h"

#include <string.h>

#include "base/sv.h"

/* Alternatives of groups are multiplied in up to so many ways: each costs a few instructions a text. */
#define NEED_WAYS    32u
#define NEED_ALSO    256u /* of the second list */
#define NEED_LEVELS  16u  /* of groups in groups */
#define NEED_MEMBERS 8u   /* of a class that is a choice of marks */

#define NEED_DIGITS   (UINT64_C(0x3ff) << '0')
#define NEED_LETTERS  UINT32_C(0x3ffffff)
#define NEED_CAPITALS (UINT64_C(0x3ffffff) << ('A' & 63))

typedef VEC(struct regex_pairs) need_ways;

/* The ways of a pattern or of a part of it, and what holds besides. */
struct need_set {
    need_ways ways, also;
};

static void need_set_release(struct need_set *s)
{
    vec_release(&s->ways);
    vec_release(&s->also);
}

/* --- what a text holds --- */

enum { SIGN_OTHER = 0, SIGN_A = 1, SIGN_BLANK = 27, SIGN_DIGIT, SIGN_DASH, SIGN_MARK, SIGN_WIDE };

#define SIGN_LETTER(lower, upper) [lower] = SIGN_A + (lower) - 'a', [upper] = SIGN_A + (lower) - 'a'

static const uint8_t need_signs[256] = {
    SIGN_LETTER('a', 'A'),      SIGN_LETTER('b', 'B'),      SIGN_LETTER('c', 'C'),
    SIGN_LETTER('d', 'D'),      SIGN_LETTER('e', 'E'),      SIGN_LETTER('f', 'F'),
    SIGN_LETTER('g', 'G'),      SIGN_LETTER('h', 'H'),      SIGN_LETTER('i', 'I'),
    SIGN_LETTER('j', 'J'),      SIGN_LETTER('k', 'K'),      SIGN_LETTER('l', 'L'),
    SIGN_LETTER('m', 'M'),      SIGN_LETTER('n', 'N'),      SIGN_LETTER('o', 'O'),
    SIGN_LETTER('p', 'P'),      SIGN_LETTER('q', 'Q'),      SIGN_LETTER('r', 'R'),
    SIGN_LETTER('s', 'S'),      SIGN_LETTER('t', 'T'),      SIGN_LETTER('u', 'U'),
    SIGN_LETTER('v', 'V'),      SIGN_LETTER('w', 'W'),      SIGN_LETTER('x', 'X'),
    SIGN_LETTER('y', 'Y'),      SIGN_LETTER('z', 'Z'),      [' '] = SIGN_BLANK,
    ['0' ... '9'] = SIGN_DIGIT, ['-'] = SIGN_DASH,          ['!' ... ','] = SIGN_MARK,
    ['.' ... '/'] = SIGN_MARK,  [':' ... '@'] = SIGN_MARK,  ['[' ... '`'] = SIGN_MARK,
    ['{' ... '~'] = SIGN_MARK,  [0x80 ... 0xff] = SIGN_WIDE};

static void need_pair(struct regex_pairs *p, char a, char b)
{
    p->next[need_signs[(unsigned char)a]] |= UINT32_C(1) << need_signs[(unsigned char)b];
}

/* U+017F folds to s, U+212A to k; no other does to an ASCII letter. */
static bool need_folds(struct sv text)
{
    return sv_has(text, SV("\xc5\xbf")) || sv_has(text, SV("\xe2\x84\xaa"));
}

struct regex_pairs regex_pairs_of(struct sv text)
{
    struct regex_pairs p = {.wide = false};
    uint8_t before = SIGN_OTHER;
    uint64_t bytes[4] = {0};

    /* the first byte has none before it: a bit too many errs to the right side */
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        uint8_t sign = need_signs[c];

        bytes[c >> 6] |= UINT64_C(1) << (c & 63u);
        p.next[before] |= UINT32_C(1) << sign;
        before = sign;
    }
    p.bytes[0] = (bytes[0] & ~UINT64_C(1)) | ((bytes[0] & NEED_DIGITS) != 0);
    p.bytes[1] = bytes[1] | ((bytes[1] & NEED_CAPITALS) << ('a' - 'A'));
    p.wide = bytes[2] | bytes[3];
    p.folds = p.wide && need_folds(text);
    return p;
}

/* --- what a pattern needs --- */

static bool need_is_empty(const struct regex_pairs *p)
{
    return !(p->bytes[0] | p->bytes[1]) && !p->wide; /* a pair has its bytes */
}

static bool need_has_empty(const need_ways *ways)
{
    for (size_t i = 0; i < ways->n; i++)
        if (need_is_empty(&ways->v[i]))
            return true;
    return false;
}

static void need_join(struct regex_pairs *to, const struct regex_pairs *from)
{
    for (size_t i = 0; i < ARRAY_LEN(to->next); i++)
        to->next[i] |= from->next[i];
    for (size_t i = 0; i < ARRAY_LEN(to->bytes); i++)
        to->bytes[i] |= from->bytes[i];
    to->wide |= from->wide;
}

static void need_append(need_ways *to, const need_ways *from)
{
    for (size_t i = 0; i < from->n; i++)
        *vec_add(to) = from->v[i];
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
            need_pair(p, run.p[i - 1], run.p[i]);
    }
}

/* One of them holds as well, instead of what was known to so far if that are more: a choice of few says most. */
static void need_keep(struct need_set *set, const need_ways *more)
{
    if (!more->n || more->n > NEED_ALSO || need_has_empty(more) ||
        (set->also.n && set->also.n <= more->n))
        return;
    set->also.n = 0;
    need_append(&set->also, more);
}

/* One of `more` besides each way so far; as it was when that says nothing, and besides all of them when it is too much. */
static void need_multiply(struct need_set *set, const need_ways *more)
{
    need_ways *ways = &set->ways;
    size_t n = ways->n;

    if (need_has_empty(more))
        return;
    if (n * more->n > NEED_WAYS) {
        need_keep(set, more);
        return;
    }
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

static const bool need_marks[256] = {
    [' '] = true, ['-'] = true,  ['<'] = true, ['>'] = true, ['='] = true,
    ['%'] = true, ['/'] = true,  ['_'] = true, [':'] = true, [','] = true,
    ['"'] = true, ['\''] = true, ['`'] = true, ['~'] = true, ['#'] = true,
    ['&'] = true, ['@'] = true,  ['!'] = true, [';'] = true};

static bool need_is_plain(char c)
{
    return ascii_is_alnum(c) || (unsigned char)c >= 0x80 || need_marks[(unsigned char)c];
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
static void need_class(struct need_set *set, struct sv members)
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
    need_multiply(set, &more);
    vec_release(&more);
}

/* \b and the like say nothing; an escaped mark is itself. */
static void need_escape(struct need_set *set, struct sv s, size_t at)
{
    need_ways more = {0};
    char c;

    assert(at + 1 < s.n);
    c = s.p[at + 1];
    if (c == 'd')
        vec_add(&more)->bytes[0] = 1;
    else if (!ascii_is_alnum(c))
        need_run(vec_add(&more), sv_sub(s, at + 1, at + 2));
    need_multiply(set, &more);
    vec_release(&more);
}

static size_t need_alternatives(struct sv s, size_t at, size_t level, struct need_set *ret);

/* The group that begins at `at`, behind which it goes on. */
static size_t need_group(struct need_set *set, struct sv s, size_t at, size_t level)
{
    CLEANUP(need_set_release) struct need_set inner = {0};
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
    if (!looks && !need_is_optional(s, end)) {
        need_multiply(set, &inner.ways);
        need_keep(set, &inner.also);
    }
    return end;
}

/* What begins at `at` and is neither plain nor an end; gives back what is behind it. */
static size_t need_atom(struct need_set *set, struct sv s, size_t at, size_t level)
{
    size_t end;

    switch (s.p[at]) {
    case '(': return need_group(set, s, at, level);
    case '[':
        end = need_after_class(s, at);
        if (!need_is_optional(s, end))
            need_class(set, sv_sub(s, at + 1, end - 1));
        return end;
    case '\\':
        if (!need_is_optional(s, at + 2))
            need_escape(set, s, at);
        return at + 2;
    case '{': end = sv_find_byte(s, '}', at); return end == SV_NPOS ? at + 1 : end + 1;
    default: return at + 1;
    }
}

/* One alternative is at its end: the next one begins with a way that needs nothing.  *more: one had a second list. */
static void need_alternative(struct need_set *ret, struct need_set *one, bool *more)
{
    *more |= one->also.n > 0;
    need_append(&ret->ways, &one->ways);
    need_append(&ret->also, one->also.n ? &one->also : &one->ways);
    one->ways.n = one->also.n = 0;
    (void)vec_add(&one->ways);
}

/* Up to the ')' that ends them, or the end of the pattern; where that is. */
static size_t need_alternatives(struct sv s, size_t at, size_t level, struct need_set *ret)
{
    CLEANUP(need_set_release) struct need_set one = {0};
    bool more = false;

    assert(level <= NEED_LEVELS);
    (void)vec_add(&one.ways);
    for (; at < s.n && s.p[at] != ')';) {
        size_t to = need_plain_end(s, at);

        if (s.p[at] == '|') {
            need_alternative(ret, &one, &more);
            at++;
            continue;
        }
        for (size_t i = 0; i < one.ways.n; i++)
            need_run(&one.ways.v[i], sv_sub(s, at, to));
        at = to > at ? to : need_atom(&one, s, at, level);
    }
    need_alternative(ret, &one, &more);
    if (!more || ret->also.n > NEED_ALSO || need_has_empty(&ret->also))
        ret->also.n = 0;
    return at;
}

/* --- the same, as it is compared with texts --- */

/* The letters, from the one that texts have most to the rarest; all that is no letter is frequent. */
#define RARITY(letter, rank) [SIGN_A + (letter) - 'a'] = (rank)

static const uint8_t need_rarity[REGEX_SIGNS] = {
    RARITY('e', 0),  RARITY('t', 1),  RARITY('a', 2),  RARITY('o', 3),  RARITY('i', 4),
    RARITY('n', 5),  RARITY('s', 6),  RARITY('r', 7),  RARITY('h', 8),  RARITY('l', 9),
    RARITY('d', 10), RARITY('c', 11), RARITY('u', 12), RARITY('m', 13), RARITY('f', 14),
    RARITY('p', 15), RARITY('g', 16), RARITY('w', 17), RARITY('y', 18), RARITY('b', 19),
    RARITY('v', 20), RARITY('k', 21), RARITY('x', 22), RARITY('j', 23), RARITY('q', 24),
    RARITY('z', 25)};

/* Puts a pair where it belongs among the rarest so far. */
static void need_add_pair(struct regex_way *w, size_t sign, size_t next)
{
    int rarity = need_rarity[sign] + need_rarity[next];
    size_t at = w->n_pairs;

    while (at > 0 &&
           need_rarity[w->pairs[at - 1].sign] + need_rarity[w->pairs[at - 1].next] < rarity)
        at--;
    if (at == REGEX_WAY_PAIRS)
        return;
    if (w->n_pairs < REGEX_WAY_PAIRS)
        w->n_pairs++;
    for (size_t i = w->n_pairs - 1u; i > at; i--)
        w->pairs[i] = w->pairs[i - 1];
    w->pairs[at].sign = (uint8_t)sign;
    w->pairs[at].next = (uint8_t)next;
}

static struct regex_way need_way_of(const struct regex_pairs *p)
{
    struct regex_way w = {.bytes = {p->bytes[0], p->bytes[1]}, .wide = p->wide};

    for (size_t i = 0; i < REGEX_SIGNS; i++)
        for (uint32_t rest = p->next[i]; rest; rest &= rest - 1)
            need_add_pair(&w, i, (size_t)__builtin_ctz(rest));
    return w;
}

/* Of the rarest pair; REGEX_SIGNS: there is none. */
static size_t need_sign(const struct regex_way *w)
{
    return w->n_pairs ? w->pairs[0].sign : REGEX_SIGNS;
}

static void need_fill(struct regex_ways *ret, const need_ways *ways)
{
    CLEANUP(mem_freep) struct regex_way *made = NULL;
    uint16_t next[REGEX_SIGNS + 1];

    if (!ways->n || need_has_empty(ways))
        return;
    assert(ways->n <= UINT16_MAX);
    made = XNEWN(struct regex_way, ways->n);
    for (size_t i = 0; i < ways->n; i++) {
        made[i] = need_way_of(&ways->v[i]);
        ret->at[need_sign(&made[i]) + 1]++;
    }
    for (size_t sign = 0; sign <= REGEX_SIGNS; sign++)
        ret->at[sign + 1] += ret->at[sign];
    memcpy(next, ret->at, sizeof(next));
    ret->list.v = XNEWN(struct regex_way, ways->n);
    ret->list.n = ret->list.cap = ways->n;
    for (size_t i = 0; i < ways->n; i++)
        ret->list.v[next[need_sign(&made[i])]++] = made[i];
    for (size_t i = 0; i < ret->at[REGEX_SIGNS]; i++) {
        size_t sign = need_sign(&ret->list.v[i]);

        ret->marks[sign] |= UINT32_C(1) << ret->list.v[i].pairs[0].next;
        ret->signs |= UINT32_C(1) << sign;
    }
}

/* The bytes that each way needs. */
static void need_common(const struct regex_ways *ways, uint64_t ret[2])
{
    for (size_t k = 0; k < 2; k++) {
        ret[k] = ways->list.n ? ~UINT64_C(0) : 0;
        for (size_t i = 0; i < ways->list.n; i++)
            ret[k] &= ways->list.v[i].bytes[k];
    }
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
    CLEANUP(need_set_release) struct need_set set = {0};

    if (!need_is_known(pattern))
        return;
    (void)need_alternatives(pattern, 0, 0, &set);
    need_fill(&n->ways, &set.ways);
    need_fill(&n->also, &set.also);
    need_common(&n->ways, n->bytes);
}

void regex_need_release(struct regex_need *n)
{
    vec_release(&n->ways.list);
    vec_release(&n->also.list);
}

static bool need_holds(const struct regex_pairs *text, const struct regex_way *w)
{
    /* letters first: they tell most texts apart */
    if ((w->bytes[1] & ~text->bytes[1]) || (w->bytes[0] & ~text->bytes[0]) || w->wide > text->wide)
        return false;
    for (size_t i = 0; i < w->n_pairs; i++)
        if (!((text->next[w->pairs[i].sign] >> w->pairs[i].next) & 1u))
            return false;
    return true;
}

/* One of those that begin at the sign. */
static bool need_holds_at(const struct regex_pairs *text, const struct regex_ways *ways,
                          size_t sign)
{
    for (size_t i = ways->at[sign]; i < ways->at[sign + 1]; i++)
        if (need_holds(text, &ways->list.v[i]))
            return true;
    return false;
}

/* The signs of its letters, and all that are none. */
static uint32_t need_may_begin(const struct regex_pairs *text)
{
    uint32_t letters = (uint32_t)(text->bytes[1] >> ('a' & 63)) << SIGN_A;

    return letters | ~(NEED_LETTERS << SIGN_A);
}

/* Only those are looked at whose rarest pair is in the text. */
static bool need_holds_one(const struct regex_pairs *text, const struct regex_ways *ways)
{
    if (!ways->list.n)
        return true;
    for (uint32_t rest = ways->signs & need_may_begin(text); rest; rest &= rest - 1) {
        size_t sign = (size_t)__builtin_ctz(rest);

        if ((text->next[sign] & ways->marks[sign]) && need_holds_at(text, ways, sign))
            return true;
    }
    return need_holds_at(text, ways, REGEX_SIGNS);
}

bool regex_pairs_may_hold(const struct regex_pairs *text, struct sv word)
{
    for (size_t i = 1; i < word.n; i++)
        if (!((text->next[need_signs[(unsigned char)word.p[i - 1]]] >>
               need_signs[(unsigned char)word.p[i]]) &
              1u))
            return false;
    return true;
}

bool regex_need_met_one(const struct regex_need *n, const struct regex_pairs *text)
{
    return text->folds || (need_holds_one(text, &n->ways) && need_holds_one(text, &n->also));
}
