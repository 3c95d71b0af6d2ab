#include "base/secret_int.h"

#include <sodium.h>
#include <string.h>

#include "base/sv.h"
#include "base/text.h"

/*
 * Every position of the text is asked whether a value begins there, in any of three readings: as it is,
 * percent-encoded, as JSON text.  The answer depends on the bytes from there on and on SECRET_CONTEXT bytes before,
 * never on how the text was cut into pieces: a position whose answer needs bytes that are not there yet waits.
 * Where a value begins, its bytes are covered; a run of covered bytes is one mask.
 */
#define SECRET_CONTEXT 6u /* "\u000a" before a word */

enum secret_answer { SECRET_NO, SECRET_YES, SECRET_WAIT };

/* One unit of text: the bytes that it stands for, and how many it took; took 0: it may go on. */
struct secret_unit {
    char bytes[4];
    size_t n, took;
};

static int secret_hex(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hex digits at s[at], at most `max`, and their value. */
static size_t secret_hex_run(struct sv s, size_t at, size_t max, uint32_t *value)
{
    size_t n = 0;

    for (*value = 0; n < max && at + n < s.n && secret_hex(s.p[at + n]) >= 0; n++)
        *value = *value << 4 | (uint32_t)secret_hex(s.p[at + n]);
    return n;
}

int secret_percent(struct sv s)
{
    uint32_t value;

    return s.n && *s.p == '%' && secret_hex_run(s, 1, 2, &value) == 2 ? (int)value : -1;
}

static struct secret_unit secret_literal(struct sv s)
{
    return (struct secret_unit){{*s.p}, 1, 1};
}

static struct secret_unit secret_read_plain(struct sv s, bool last UNUSED)
{
    return secret_literal(s);
}

static struct secret_unit secret_read_url(struct sv s, bool last)
{
    uint32_t value;
    size_t digits;

    if (*s.p != '%')
        return secret_literal(s);
    digits = secret_hex_run(s, 1, 2, &value);
    if (digits == 2)
        return (struct secret_unit){{(char)value}, 1, 3};
    return 1 + digits == s.n && !last ? (struct secret_unit){.took = 0} : secret_literal(s);
}

/* "\uXXXX", and for a code point beyond 16 bits two of them (RFC 8259, section 7). */
static struct secret_unit secret_read_json_u(struct sv s, bool last)
{
    struct secret_unit u = {.took = 6};
    size_t digits, n;
    uint32_t cp, low;

    digits = secret_hex_run(s, 2, 4, &cp);
    if (digits < 4)
        return 2 + digits == s.n && !last ? (struct secret_unit){.took = 0} : secret_literal(s);
    if (cp >= 0xd800 && cp <= 0xdbff) {
        n = size_min(s.n - 6, 2);
        digits = secret_hex_run(s, 8, 4, &low);
        if (memcmp(s.p + 6, "\\u", n) != 0 || (digits < 4 && (8 + digits < s.n || last)))
            return secret_literal(s);
        if (digits < 4)
            return (struct secret_unit){.took = 0};
        if (low < 0xdc00 || low > 0xdfff)
            return secret_literal(s);
        cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
        u.took = 12;
    } else if (cp >= 0xdc00 && cp <= 0xdfff) {
        return secret_literal(s);
    }
    u.n = text_put_utf8(cp, u.bytes);
    return u;
}

static const char secret_escapes[] = "bfnrt\"\\/", secret_escaped[] = "\b\f\n\r\t\"\\/";

static struct secret_unit secret_read_json(struct sv s, bool last)
{
    const char *escape;

    if (*s.p != '\\' || (s.n == 1 && last))
        return secret_literal(s);
    if (s.n == 1)
        return (struct secret_unit){.took = 0};
    if (s.p[1] == 'u')
        return secret_read_json_u(s, last);
    escape = memchr(secret_escapes, s.p[1], sizeof(secret_escapes) - 1);
    if (!escape)
        return secret_literal(s);
    return (struct secret_unit){{secret_escaped[escape - secret_escapes]}, 1, 2};
}

typedef struct secret_unit secret_read_fn(struct sv s, bool last);
static const struct {
    secret_read_fn *read;
    char leads[2]; /* of what stands for another byte */
} secret_readings[] = {{secret_read_plain, {'\0', '\0'}},
                       {secret_read_url, {'%', '+'}},
                       {secret_read_json, {'\\', '\\'}}};

/* Does a word begin at `at`, whichever way the text before it is read? */
static bool secret_word_begins(struct sv text, size_t at)
{
    char before = at ? text.p[at - 1] : ' ';
    uint32_t value;

    if (!ascii_is_word(before))
        return true;
    if (at >= 3 && text.p[at - 3] == '%' && secret_hex_run(text, at - 2, 2, &value) == 2)
        return !ascii_is_word((char)value);
    if (at >= 2 && text.p[at - 2] == '\\' && strchr("bfnrt", before))
        return true;
    return at >= 6 && text.p[at - 6] == '\\' && text.p[at - 5] == 'u' &&
           secret_hex_run(text, at - 4, 4, &value) == 4 &&
           (value > 0x7f || !ascii_is_word((char)value));
}

/* Does the value stand at `at` in this reading?  How long it is there, in *n. */
static enum secret_answer secret_is_at(const struct secret_pattern *pat, secret_read_fn *read,
                                       struct sv text, size_t at, bool last, size_t *n)
{
    size_t i = at;

    for (size_t k = 0; k < pat->n;) {
        struct secret_unit u;

        if (i == text.n)
            return last ? SECRET_NO : SECRET_WAIT;
        u = read(sv_sub(text, i, text.n), last);
        if (u.took == 0)
            return SECRET_WAIT;
        if (read == secret_read_url && text.p[i] == '+' && pat->p[k] == ' ')
            u.bytes[0] = ' '; /* of a form */
        if (u.n > pat->n - k || memcmp(u.bytes, pat->p + k, u.n) != 0)
            return SECRET_NO;
        k += u.n;
        i += u.took;
    }
    *n = i - at;
    if (!pat->whole_word)
        return SECRET_YES;
    if (!secret_word_begins(text, at) || (i < text.n && ascii_is_word(text.p[i])))
        return SECRET_NO;
    return i < text.n || last ? SECRET_YES : SECRET_WAIT;
}

static void secret_note(struct secrets *s, int first, int second)
{
    s->begins[first][second >> 6] |= 1ull << (second & 63);
}

void secret_note_begin(struct secrets *s, struct sv value)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    int second = (unsigned char)value.p[1];
    int firsts[] = {(unsigned char)value.p[0], value.p[0] == ' ' ? '+' : (unsigned char)value.p[0]};

    for (size_t i = 0; i < ARRAY_LEN(firsts); i++) {
        secret_note(s, firsts[i], second);
        secret_note(s, firsts[i], second == ' ' ? '+' : second);
        secret_note(s, firsts[i], '%');
        secret_note(s, firsts[i], '\\');
    }
    for (size_t i = 0; hex[i]; i++)
        secret_note(s, '%', (unsigned char)hex[i]);
    for (size_t i = 0; secret_escapes[i]; i++)
        secret_note(s, '\\', (unsigned char)secret_escapes[i]);
    secret_note(s, '\\', 'u');
}

static bool secret_may_begin(const struct secrets *s, struct sv text, size_t at)
{
    const uint64_t *seconds = s->begins[(unsigned char)text.p[at]];
    unsigned char second;

    if (at + 1 == text.n)
        return (seconds[0] | seconds[1] | seconds[2] | seconds[3]) != 0;
    second = (unsigned char)text.p[at + 1];
    return seconds[second >> 6] >> (second & 63) & 1;
}

/* The longest value at `at`, in *n: 0 when there is none.  False: more bytes are needed to tell. */
static bool secret_find(const struct secrets *s, struct sv text, size_t at, bool last, size_t *n)
{
    char c = text.p[at];

    *n = 0;
    for (size_t i = 0; i < s->patterns.n; i++)
        for (size_t k = 0; k < ARRAY_LEN(secret_readings); k++) {
            const struct secret_pattern *pat = &s->patterns.v[i];
            size_t here;

            if (c != *pat->p && c != secret_readings[k].leads[0] &&
                c != secret_readings[k].leads[1])
                continue;
            switch (secret_is_at(pat, secret_readings[k].read, text, at, last, &here)) {
            case SECRET_WAIT: return false;
            case SECRET_YES: *n = size_max(*n, here); break;
            case SECRET_NO: break;
            }
        }
    return true;
}

void redactor_init(struct redactor *r, const struct secrets *s)
{
    *r = (struct redactor){.secrets = s, .held = STRBUF(0)};
}

void redactor_release(struct redactor *r)
{
    if (r->held.p)
        sodium_memzero(r->held.p, r->held.cap);
    strbuf_release(&r->held);
}

void redactor_feed(struct redactor *r, struct sv piece, bool last, struct strbuf *out)
{
    const struct secrets *s = r->secrets;
    size_t i = r->context, n;
    size_t clear = i; /* from here to i may be shown */
    struct sv text;

    if (!s || s->patterns.n == 0) {
        strbuf_add_sv(out, piece);
        return;
    }
    strbuf_add_sv(&r->held, piece);
    text = strbuf_sv(&r->held);
    for (; i < text.n; i++) {
        if (r->covered == 0) /* most bytes are done with here */
            while (i < text.n && !secret_may_begin(s, text, i))
                i++;
        if (i == text.n || !secret_find(s, text, i, last, &n))
            break;
        if (n && r->covered == 0) {
            strbuf_add_sv(out, sv_sub(text, clear, i));
            strbuf_add_str(out, SECRET_MASK);
        }
        r->covered = size_max(r->covered, n);
        if (r->covered) {
            r->covered--;
            clear = i + 1;
        }
    }
    strbuf_add_sv(out, sv_sub(text, clear, i));
    r->context = size_min(i, SECRET_CONTEXT);
    strbuf_consume(&r->held, i - r->context);
}

void secrets_redact(const struct secrets *s, struct sv text, struct strbuf *out)
{
    struct redactor r;

    redactor_init(&r, s);
    redactor_feed(&r, text, true, out);
    redactor_release(&r);
}
