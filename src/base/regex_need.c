#include "base/regex_need.h"

#include <string.h>

#include "base/sv.h"

static void need_pair(struct regex_pairs *p, char a, char b)
{
    unsigned x = (unsigned char)ascii_lower(a), y = (unsigned char)ascii_lower(b);
    unsigned bit = (x * 53 + y * 101) & 255u;

    p->bits[bit >> 6] |= UINT64_C(1) << (bit & 63u);
}

/* Folding makes a byte that is not ASCII a letter: the Kelvin sign is a k. */
struct regex_pairs regex_pairs_of(struct sv text)
{
    struct regex_pairs p = {0};

    for (size_t i = 0; i < text.n; i++) {
        p.wide |= (unsigned char)text.p[i] >= 0x80;
        if (i > 0)
            need_pair(&p, text.p[i - 1], text.p[i]);
    }
    return p;
}

/* Behind the class that begins at `at`. */
static size_t need_after_class(struct sv s, size_t at)
{
    at += 1 + (at + 1 < s.n && s.p[at + 1] == '^');
    at += at < s.n && s.p[at] == ']'; /* the first is no end */
    while (at < s.n && s.p[at] != ']') {
        assert(s.p[at] != '[' || s.p[at + 1] != ':'); /* [[:alpha:]]: none of ours has it */
        at += s.p[at] == '\\' ? 2 : 1;
    }
    return at + 1;
}

/* Behind the group that begins at `at`. */
static size_t need_after_group(struct sv s, size_t at)
{
    size_t depth = 0;

    while (at < s.n) {
        char c = s.p[at];

        if (c == '[') {
            at = need_after_class(s, at);
            continue;
        }
        depth += c == '(';
        depth -= c == ')';
        at += c == '\\' ? 2 : 1;
        if (depth == 0)
            break;
    }
    return at;
}

/* Behind what is no plain byte: a class, a group, an escape, a mark. */
static size_t need_after(struct sv s, size_t at)
{
    size_t end;

    switch (s.p[at]) {
    case '[': return need_after_class(s, at);
    case '(': return need_after_group(s, at);
    case '\\':
        assert(at + 1 < s.n && (!ascii_is_alpha(s.p[at + 1]) || strchr("bBdDsSwW", s.p[at + 1])));
        return at + 2;
    case '{': end = sv_find_byte(s, '}', at); return end == SV_NPOS ? at + 1 : end + 1;
    default: return at + 1;
    }
}

static bool need_is_plain(char c)
{
    return ascii_is_alnum(c) || c == ' ' || c == '-' || (unsigned char)c >= 0x80;
}

/* May what stands before `at` be left out? */
static bool need_is_optional(struct sv s, size_t at)
{
    return at < s.n && strchr("?*{", s.p[at]) && s.p[at];
}

/* Bytes that stand together, none of them optional. */
static void need_run(struct regex_pairs *p, struct sv run)
{
    struct regex_pairs more = regex_pairs_of(run);

    for (size_t i = 0; i < ARRAY_LEN(p->bits); i++)
        p->bits[i] |= more.bits[i];
    p->wide |= more.wide;
}

void regex_need_init(struct regex_need *n, struct sv s)
{
    struct regex_pairs *way = vec_add(&n->ways);

    for (size_t i = 0; i < s.n;) {
        size_t to = i;

        while (to < s.n && need_is_plain(s.p[to]))
            to++;
        if (to == i) {
            if (s.p[i] == '|')
                way = vec_add(&n->ways);
            i = need_after(s, i);
            continue;
        }
        if (need_is_optional(s, to)) /* the whole of the last character */
            do {
                to--;
            } while (to > i && ((unsigned char)s.p[to] & 0xc0u) == 0x80u);
        need_run(way, sv_sub(s, i, to));
        i = to == i ? i + 1 : to;
    }
}

void regex_need_release(struct regex_need *n)
{
    vec_release(&n->ways);
}

bool regex_need_met(const struct regex_need *n, const struct regex_pairs *text)
{
    const uint64_t *has = text->bits;

    if (text->wide)
        return true;
    for (size_t i = 0; i < n->ways.n; i++) {
        const struct regex_pairs *p = &n->ways.v[i];

        if (!p->wide && !(p->bits[0] & ~has[0]) && !(p->bits[1] & ~has[1]) &&
            !(p->bits[2] & ~has[2]) && !(p->bits[3] & ~has[3]))
            return true;
    }
    return false;
}
