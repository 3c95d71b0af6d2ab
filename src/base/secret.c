#include "base/secret.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/sv.h"
#include "base/vec.h"

struct secret_pattern {
    char *p; /* in wiped memory */
    size_t n;
    bool whole_word;
};

struct secrets {
    VEC(char *) names;
    VEC(struct secret_pattern) patterns;
    size_t longest;
};

struct secrets *secrets_new(void)
{
    return XNEW(struct secrets);
}

void secrets_free(struct secrets *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->names.n; i++)
        free(s->names.v[i]);
    for (size_t i = 0; i < s->patterns.n; i++) {
        sodium_memzero(s->patterns.v[i].p, s->patterns.v[i].n);
        free(s->patterns.v[i].p);
    }
    vec_release(&s->names);
    vec_release(&s->patterns);
    free(s);
}

static bool secret_is_wordlike(struct sv v)
{
    for (size_t i = 0; i < v.n; i++)
        if (!ascii_is_word(v.p[i]))
            return false;
    return true;
}

static void secrets_add_pattern(struct secrets *s, struct sv v)
{
    if (v.n < SECRET_MIN_BYTES)
        return;
    for (size_t i = 0; i < s->patterns.n; i++)
        if (sv_eq((struct sv){s->patterns.v[i].p, s->patterns.v[i].n}, v))
            return;
    *vec_add(&s->patterns) = (struct secret_pattern){
        .p = xstrdup_sv(v), .n = v.n, .whole_word = v.n < 8 && secret_is_wordlike(v)};
    s->longest = size_max(s->longest, v.n);
}

static void secret_encode(struct sv v, bool url, struct strbuf *out)
{
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];

        if (url && !ascii_is_word(c) && c != '-' && c != '.' && c != '~')
            strbuf_addf(out, "%%%02X", (unsigned)(unsigned char)c);
        else if (!url && (c == '"' || c == '\\'))
            strbuf_addf(out, "\\%c", c);
        else if (!url && c == '\n')
            strbuf_add_str(out, "\\n");
        else
            strbuf_add_byte(out, c);
    }
}

/* "scheme://user:password@host": the password is a secret of its own. */
static struct sv secret_url_password(struct sv v)
{
    size_t scheme = sv_find(v, SV("://"), 0);
    struct sv rest, user = {NULL, 0};
    size_t at;

    if (scheme == SV_NPOS)
        return user;
    rest = sv_sub(v, scheme + 3, v.n);
    rest = sv_sub(rest, 0, sv_find_byte(rest, '/', 0));
    at = SV_NPOS;
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] == '@')
            at = i;
    if (at == SV_NPOS)
        return user;
    rest = sv_sub(rest, 0, at);
    at = sv_find_byte(rest, ':', 0);
    return at == SV_NPOS ? user : sv_sub(rest, at + 1, rest.n);
}

bool secrets_add(struct secrets *s, struct sv name, struct sv value)
{
    CLEANUP(strbuf_release) struct strbuf coded = STRBUF(0);

    if (!secrets_is_name(s, name))
        *vec_add(&s->names) = xstrdup_sv(name);
    secrets_add_pattern(s, value);
    secrets_add_pattern(s, secret_url_password(value));
    for (int url = 0; url < 2; url++) {
        strbuf_truncate(&coded, 0);
        secret_encode(value, url, &coded);
        secrets_add_pattern(s, strbuf_sv(&coded));
    }
    if (coded.p)
        sodium_memzero(coded.p, coded.cap);
    return value.n >= SECRET_MIN_BYTES;
}

bool secrets_is_name(const struct secrets *s, struct sv name)
{
    for (size_t i = 0; s && i < s->names.n; i++)
        if (sv_eq(sv_from(s->names.v[i]), name))
            return true;
    return false;
}

bool secrets_looks_like_name(struct sv name)
{
    static const struct sv words[] = {SV("PASSWORD"),    SV("PASSWD"),    SV("SECRET"),
                                      SV("TOKEN"),       SV("APIKEY"),    SV("API_KEY"),
                                      SV("PRIVATE_KEY"), SV("PGPASS"),    SV("CREDENTIAL"),
                                      SV("ACCESS_KEY"),  SV("PASSPHRASE")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(name, words[i]))
            return true;
    return false;
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

/* Where pattern i really matches at or after `from`: a whole word has no word byte beside it. */
static size_t secret_match(const struct secret_pattern *pat, struct sv text, char before,
                           size_t from)
{
    struct sv needle = {pat->p, pat->n};

    for (size_t at = from; (at = sv_find(text, needle, at)) != SV_NPOS; at++) {
        char left = at ? text.p[at - 1] : before;
        char right = at + pat->n < text.n ? text.p[at + pat->n] : '\0';

        if (!pat->whole_word || (!ascii_is_word(left) && !ascii_is_word(right)))
            return at;
    }
    return SV_NPOS;
}

void redactor_feed(struct redactor *r, struct sv piece, bool last, struct strbuf *out)
{
    const struct secrets *s = r->secrets;
    struct sv text;
    size_t done = 0, keep;

    if (!s || s->patterns.n == 0) {
        strbuf_add_sv(out, piece);
        return;
    }
    strbuf_add_sv(&r->held, piece);
    text = strbuf_sv(&r->held);
    /* A match may begin in the last `longest` bytes and end in the next piece (one more byte
     * tells whether a word ends). */
    keep = last ? 0 : size_min(s->longest, text.n);
    for (;;) {
        size_t best = SV_NPOS, best_n = 0;

        for (size_t i = 0; i < s->patterns.n; i++) {
            size_t at = secret_match(&s->patterns.v[i], text, r->before, done);

            if (at < best || (at == best && at != SV_NPOS && s->patterns.v[i].n > best_n)) {
                best = at;
                best_n = s->patterns.v[i].n;
            }
        }
        if (best == SV_NPOS || best >= text.n - keep)
            break;
        strbuf_add_sv(out, sv_sub(text, done, best));
        strbuf_add_str(out, SECRET_MASK);
        done = best + best_n;
    }
    if (done < text.n - keep) {
        strbuf_add_sv(out, sv_sub(text, done, text.n - keep));
        done = text.n - keep;
    }
    if (done)
        r->before = text.p[done - 1];
    strbuf_consume(&r->held, done);
}

void secrets_redact(const struct secrets *s, struct sv text, struct strbuf *out)
{
    struct redactor r;

    redactor_init(&r, s);
    redactor_feed(&r, text, true, out);
    redactor_release(&r);
}
