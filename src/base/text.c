#include "base/text.h"

#include <string.h>

#include "base/sv.h"

static bool text_is_tail(struct sv s, size_t i)
{
    return i < s.n && ((unsigned char)s.p[i] & 0xc0) == 0x80;
}

size_t text_utf8_next(struct sv s, uint32_t *cp)
{
    unsigned char c;
    uint32_t v;
    size_t n;

    if (s.n == 0)
        return 0;
    c = (unsigned char)*s.p;
    if (c < 0x80) {
        *cp = c;
        return 1;
    }
    if (c < 0xc2 || c > 0xf4)
        return 0;
    n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    v = c & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if (!text_is_tail(s, i))
            return 0;
        v = v << 6 | ((unsigned char)s.p[i] & 0x3fu);
    }
    /* overlong, surrogate, beyond U+10FFFF */
    if ((n == 3 && (v < 0x800 || (v >= 0xd800 && v <= 0xdfff))) ||
        (n == 4 && (v < 0x10000 || v > 0x10ffff)))
        return 0;
    *cp = v;
    return n;
}

/* Behind the ASCII that begins at `i`, as far as that is whole words of the machine. */
static size_t text_after_ascii(struct sv s, size_t i)
{
    uint64_t eight;

    for (; s.n - i >= sizeof(eight); i += sizeof(eight)) {
        memcpy(&eight, s.p + i, sizeof(eight));
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    return i;
}

size_t text_bad_utf8(struct sv s)
{
    uint32_t cp;

    for (size_t i = text_after_ascii(s, 0), n; i < s.n; i = text_after_ascii(s, i + n)) {
        n = text_utf8_next(sv_sub(s, i, s.n), &cp);
        if (n == 0)
            return i;
    }
    return SV_NPOS;
}

size_t text_put_utf8(uint32_t cp, char out[4])
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--, cp >>= 6)
        out[i] = (char)(0x80 | (cp & 0x3f));
    out[0] = (char)(lead[n] | cp);
    return n;
}

void text_add_utf8(struct strbuf *b, uint32_t cp)
{
    char bytes[4];

    strbuf_add(b, bytes, text_put_utf8(cp, bytes));
}

/* Unicode 15, EastAsianWidth.txt and the nonspacing marks, coarse: what terminals agree on.  Sorted. */
static size_t text_cp_width(uint32_t cp)
{
    static const struct {
        uint32_t from, to;
        size_t width;
    } ranges[] = {
        {0x0300, 0x036f, 0},   {0x0483, 0x0489, 0},   {0x0591, 0x05bd, 0},   {0x1100, 0x115f, 2},
        {0x200b, 0x200f, 0},   {0x20d0, 0x20ff, 0},   {0x231a, 0x231b, 2},   {0x2329, 0x232a, 2},
        {0x23e9, 0x23ec, 2},   {0x23f0, 0x23f0, 2},   {0x23f3, 0x23f3, 2},   {0x25fd, 0x25fe, 2},
        {0x2614, 0x2615, 2},   {0x2648, 0x2653, 2},   {0x267f, 0x267f, 2},   {0x2693, 0x2693, 2},
        {0x26a1, 0x26a1, 2},   {0x26aa, 0x26ab, 2},   {0x26bd, 0x26be, 2},   {0x26c4, 0x26c5, 2},
        {0x26ce, 0x26ce, 2},   {0x26d4, 0x26d4, 2},   {0x26ea, 0x26ea, 2},   {0x26f2, 0x26f3, 2},
        {0x26f5, 0x26f5, 2},   {0x26fa, 0x26fa, 2},   {0x26fd, 0x26fd, 2},   {0x2705, 0x2705, 2},
        {0x270a, 0x270b, 2},   {0x2728, 0x2728, 2},   {0x274c, 0x274c, 2},   {0x274e, 0x274e, 2},
        {0x2753, 0x2755, 2},   {0x2757, 0x2757, 2},   {0x2795, 0x2797, 2},   {0x27b0, 0x27b0, 2},
        {0x27bf, 0x27bf, 2},   {0x2b1b, 0x2b1c, 2},   {0x2b50, 0x2b50, 2},   {0x2b55, 0x2b55, 2},
        {0x2e80, 0x303e, 2},   {0x3041, 0x33ff, 2},   {0x3400, 0x4dbf, 2},   {0x4e00, 0x9fff, 2},
        {0xa000, 0xa4cf, 2},   {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},
        {0xfe30, 0xfe4f, 2},   {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},   {0x1f18e, 0x1f18e, 2},
        {0x1f191, 0x1f19a, 2}, {0x1f200, 0x1f265, 2}, {0x1f300, 0x1f64f, 2}, {0x1f680, 0x1f6ff, 2},
        {0x1f7e0, 0x1f7f0, 2}, {0x1f90c, 0x1f9ff, 2}, {0x1fa70, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
    };

    for (size_t i = 0; i < ARRAY_LEN(ranges) && cp >= ranges[i].from; i++)
        if (cp <= ranges[i].to)
            return ranges[i].width;
    return 1;
}

struct sv text_cut(struct sv s, size_t columns)
{
    size_t used = 0, i = 0;

    while (i < s.n) {
        uint32_t cp = 0xfffd;
        size_t n = text_utf8_next(sv_sub(s, i, s.n), &cp);
        size_t w = text_cp_width(cp);

        if (used + w > columns)
            break;
        used += w;
        i += n ? n : 1;
    }
    return sv_sub(s, 0, i);
}

size_t text_width(struct sv s)
{
    size_t used = 0;

    for (size_t i = 0; i < s.n;) {
        uint32_t cp = 0xfffd;
        size_t n = text_utf8_next(sv_sub(s, i, s.n), &cp);

        used += text_cp_width(cp);
        i += n ? n : 1;
    }
    return used;
}

static bool text_is_control(uint32_t cp)
{
    /* C0, DEL, C1, and what turns the direction of text around */
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x202a && cp <= 0x202e) ||
           (cp >= 0x2066 && cp <= 0x2069);
}

/* Where the letters, digits, blanks and points end that begin at `at`: they are harmless everywhere. */
static size_t text_plain(struct sv s, size_t at)
{
    while (at < s.n &&
           (ascii_is_alnum(s.p[at]) || (s.p[at] >= '(' && s.p[at] <= '/') || s.p[at] == ' '))
        at++;
    return at;
}

struct sv text_last_written(struct sv line)
{
    size_t from;

    while (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    for (from = line.n; from > 0 && line.p[from - 1] != '\r'; from--)
        ;
    return sv_sub(line, from, line.n);
}

/* Copy what is harmless, and let `hide` write the rest. */
static void text_add_filtered(struct strbuf *b, struct sv s,
                              bool (*hide)(struct strbuf *b, uint32_t cp, struct sv bytes))
{
    for (size_t i = 0; i < s.n;) {
        uint32_t cp = UINT32_MAX; /* not UTF-8 */
        size_t plain = text_plain(s, i), n;

        strbuf_add_sv(b, sv_sub(s, i, plain));
        i = plain;
        if (i == s.n)
            break;
        n = size_max(1, text_utf8_next(sv_sub(s, i, s.n), &cp));

        if (!hide(b, cp, sv_sub(s, i, i + n)))
            strbuf_add_sv(b, sv_sub(s, i, i + n));
        i += n;
    }
}

static void text_add_escaped(struct strbuf *b, struct sv bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        strbuf_addf(b, "\\x%02x", (unsigned)(unsigned char)bytes.p[i]);
}

static bool text_hide_terminal(struct strbuf *b, uint32_t cp, struct sv bytes)
{
    if (cp == '\n' || cp == '\t' || (cp != UINT32_MAX && !text_is_control(cp)))
        return false;
    text_add_escaped(b, bytes);
    return true;
}

static bool text_hide_line(struct strbuf *b, uint32_t cp, struct sv bytes)
{
    if (cp != '\n' && cp != '\t')
        return text_hide_terminal(b, cp, bytes);
    strbuf_add_byte(b, ' ');
    return true;
}

static bool text_hide_html(struct strbuf *b, uint32_t cp, struct sv bytes UNUSED)
{
    switch (cp) {
    case '&': strbuf_add_str(b, "&amp;"); return true;
    case '<': strbuf_add_str(b, "&lt;"); return true;
    case '>': strbuf_add_str(b, "&gt;"); return true;
    case '"': strbuf_add_str(b, "&quot;"); return true;
    case '\'': strbuf_add_str(b, "&#39;"); return true;
    case '\n':
    case '\t': return false;
    default: break;
    }
    if (cp != UINT32_MAX && !text_is_control(cp))
        return false;
    text_add_utf8(b, 0xfffd);
    return true;
}

void text_add_terminal(struct strbuf *b, struct sv s)
{
    text_add_filtered(b, s, text_hide_terminal);
}

void text_add_line(struct strbuf *b, struct sv s)
{
    text_add_filtered(b, s, text_hide_line);
}

void text_add_html(struct strbuf *b, struct sv s)
{
    text_add_filtered(b, s, text_hide_html);
}

void text_add_brief(struct strbuf *out, struct sv command)
{
    size_t from = out->n;
    struct sv line;

    command = sv_trim(command);
    while (sv_next_line(&command, &line)) {
        struct sv part = sv_trim(line);
        bool more = part.n > 1 && part.p[part.n - 1] == '\\',
             open = part.n == 1 && strchr("{(", *part.p);

        if (out->n > from && part.n)
            strbuf_add_byte(out, ' ');
        strbuf_add_sv(out, more ? sv_trim(sv_sub(part, 0, part.n - 1)) : part);
        if (!more && !open)
            break;
    }
    if (sv_trim(command).n)
        strbuf_add_str(out, " ...");
}
