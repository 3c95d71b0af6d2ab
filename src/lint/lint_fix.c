#include "lint/lint_fix.h"

#include "base/sv.h"
#include "base/text.h"

/* Windows-1252, 0x80 to 0x9f (WHATWG Encoding, index windows-1252). */
static const uint16_t fix_cp1252[32] = {
    0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};

/* The byte that Windows-1252 shows as this character; false when there is none, or it is ASCII. */
static bool fix_byte(uint32_t cp, char *ret)
{
    if (cp >= 0xa0 && cp <= 0xff) {
        *ret = (char)cp;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(fix_cp1252); i++)
        if (cp == fix_cp1252[i]) {
            *ret = (char)(0x80 + i);
            return true;
        }
    return false;
}

/* Characters from `at` on that are one sequence in disguise: bytes of the line that it takes up, or 0. */
static size_t fix_sequence(struct sv line, size_t at, char bytes[4], size_t *n)
{
    size_t want = 0;

    for (*n = 0; at < line.n;) {
        uint32_t cp;
        size_t size = text_utf8_next(sv_sub(line, at, line.n), &cp);
        unsigned char b;

        if (!size || cp < 0x80 || !fix_byte(cp, &bytes[*n]))
            return 0;
        b = (unsigned char)bytes[*n];
        if (*n == 0)
            want = b >= 0xf0 && b <= 0xf4  ? 4
                   : b >= 0xe0 && b < 0xf0 ? 3
                   : b >= 0xc2 && b < 0xe0 ? 2
                                           : 0;
        if (!want)
            return 0;
        at += size;
        if (++*n == want)
            return text_bad_utf8((struct sv){bytes, want}) == SV_NPOS ? at : 0;
    }
    return 0;
}

/* Where the ASCII ends that begins at `at`; eight bytes at once. */
static size_t fix_ascii_end(struct sv line, size_t at)
{
    uint64_t eight;

    for (; line.n - at >= sizeof(eight); at += sizeof(eight)) {
        memcpy(&eight, line.p + at, sizeof(eight));
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    while (at < line.n && !((unsigned char)line.p[at] & 0x80u))
        at++;
    return at;
}

bool lint_unmangle(struct sv line, struct strbuf *out, struct sv *where)
{
    bool found = false;

    for (size_t at = 0; at < line.n;) {
        char bytes[4];
        size_t n, to;
        uint32_t cp;

        to = fix_ascii_end(line, at); /* most of it */
        if (to > at) {
            if (out)
                strbuf_add(out, line.p + at, to - at);
            at = to;
            continue;
        }
        to = fix_sequence(line, at, bytes, &n);
        if (to) {
            if (!found)
                *where = sv_sub(line, at, to);
            found = true;
            if (out)
                strbuf_add(out, bytes, n);
            at = to;
            continue;
        }
        n = text_utf8_next(sv_sub(line, at, line.n), &cp);
        n = n ? n : 1;
        if (out)
            strbuf_add(out, line.p + at, n);
        at += n;
    }
    return found;
}

/* The block around line n whose fence is too short; NULL: none. */
static const struct md_node *fix_outer(const struct runbook *rb, size_t n, bool *open)
{
    for (size_t i = 0; i < rb->md.n; i++) {
        const struct md_node *m = &rb->md.v[i];
        bool nested = false;

        if (m->kind != MD_CODE || !m->fenced || (m->line != n && m->end_line != n))
            continue;
        for (size_t k = 0; k < rb->md.n_nested_fences; k++)
            nested |= rb->md.nested_fences[k] > m->line && rb->md.nested_fences[k] < m->end_line;
        *open = m->line == n;
        if (nested && m->end_line > m->line)
            return m;
    }
    return NULL;
}

/* The marks at the front of a line: how many, and where they begin. */
static size_t fix_fence(struct sv line, size_t *at)
{
    size_t n = 0;

    for (*at = 0; *at < line.n && (line.p[*at] == ' ' || line.p[*at] == '\t');)
        ++*at;
    if (*at < line.n && (line.p[*at] == '`' || line.p[*at] == '~'))
        while (*at + n < line.n && line.p[*at + n] == line.p[*at])
            n++;
    return n >= 3 ? n : 0;
}

static size_t fix_longest(const struct runbook *rb, const struct md_node *m)
{
    size_t longest = 0, at;

    for (size_t n = m->line + 1; n < m->end_line; n++)
        longest = size_max(longest, fix_fence(document_line(rb->doc, n), &at));
    return longest;
}

/* The line with a longer fence; false: it is none. */
static bool fix_widen(const struct runbook *rb, size_t n, struct sv line, struct strbuf *out)
{
    bool open;
    const struct md_node *m = fix_outer(rb, n, &open);
    size_t at, marks = m ? fix_fence(line, &at) : 0, want = m ? fix_longest(rb, m) + 1 : 0;

    if (!marks || want <= marks)
        return false;
    strbuf_add(out, line.p, at);
    strbuf_add_n(out, line.p[at], want);
    strbuf_add(out, line.p + at + marks, line.n - at - marks);
    return true;
}

void lint_fix(const struct runbook *rb, struct strbuf *out, struct lint_mends *ret)
{
    const struct document *d = rb->doc;

    if (d->text.p > d->b.p && d->b.p)
        strbuf_add(out, d->b.p, (size_t)(d->text.p - d->b.p)); /* a byte order mark */
    for (size_t n = 1; n <= d->n_lines; n++) {
        struct sv line = document_line(d, n), where;
        size_t from = d->line_at[n - 1] + line.n, to = d->line_at[n];
        size_t before = out->n;

        if (rb->md.n_nested_fences && fix_widen(rb, n, line, out))
            *vec_add(&ret->list) = (struct lint_mend){"RB001", n};
        else if (lint_unmangle(line, out, &where))
            *vec_add(&ret->list) = (struct lint_mend){"RB003", n};
        else {
            strbuf_truncate(out, before);
            strbuf_add_sv(out, line);
        }
        strbuf_add(out, d->text.p + from, to - from); /* the line's own end */
    }
    if (!ret->list.n)
        strbuf_truncate(out, 0);
}
