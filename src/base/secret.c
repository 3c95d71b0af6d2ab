#include "base/secret.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret_int.h"
#include "base/sv.h"

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
    secret_note_begin(s, v);
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

/* What the program sends: the password in a URL is percent-encoded. */
static void secret_decode(struct sv v, struct strbuf *out)
{
    while (v.n) {
        int byte = secret_percent(v);

        strbuf_add_byte(out, byte < 0 ? *v.p : (char)byte);
        v = sv_sub(v, byte < 0 ? 1 : 3, v.n);
    }
}

/*
 * "Authorization: Basic ..." and the secrets of Kubernetes show a value in base64 (RFC 4648), where 0, 1 or 2 bytes stand before it in its group
 * of three: of each the digits that depend on the value alone.  Fewer than 8 could be anything.
 */
static void secrets_add_base64(struct secrets *s, struct sv v)
{
    static const int variants[] = {sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
                                   sodium_base64_VARIANT_URLSAFE_NO_PADDING};

    for (size_t before = 0; before < 3; before++) {
        size_t n = before + v.n, from = (before * 8 + 5) / 6, to = n * 8 / 6;
        size_t room = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
        unsigned char *bytes = XNEWN(unsigned char, n + 1);
        char *text = XNEWN(char, room);

        if (v.n)
            memcpy(bytes + before, v.p, v.n);
        for (size_t i = 0; i < ARRAY_LEN(variants) && to >= from + 8; i++) {
            (void)sodium_bin2base64(text, room, bytes, n, variants[i]); /* it is `text` */
            secrets_add_pattern(s, (struct sv){text + from, to - from});
        }
        sodium_memzero(bytes, n);
        sodium_memzero(text, room);
        free(bytes);
        free(text);
    }
}

bool secrets_add(struct secrets *s, struct sv name, struct sv value)
{
    CLEANUP(strbuf_release) struct strbuf decoded = STRBUF(0);
    struct sv password = secret_url_password(value);

    if (!secrets_is_name(s, name))
        *vec_add(&s->names) = xstrdup_sv(name);
    secrets_add_pattern(s, value);
    secrets_add_pattern(s, password);
    strbuf_reserve(&decoded, password.n); /* so that no copy is left behind by growing */
    secret_decode(password, &decoded);
    secrets_add_pattern(s, strbuf_sv(&decoded));
    secrets_add_base64(s, value);
    secrets_add_base64(s, strbuf_sv(&decoded));
    sodium_memzero(decoded.p, decoded.cap);
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
