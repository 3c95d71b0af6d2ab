/*
 * The certificate of the peer, out of the text that libcurl makes of it.
 */
#include "base/clock.h"
#include "base/sv.h"
#include "net/net_int.h"

/* "Feb 15 02:06:00 2027 GMT", as OpenSSL writes it; the day may have one digit. */
static bool http_certificate_openssl(struct sv s, int64_t *ret)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct sv word[4];
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    uint64_t day;
    size_t at;

    for (size_t i = 0; i < ARRAY_LEN(word); i++)
        if (!sv_next_word(&s, &word[i]))
            return false;
    at = word[0].n == 3 ? sv_find(sv_from(months), word[0], 0) : SV_NPOS;
    if (at == SV_NPOS || at % 3 || !sv_to_u64(word[1], &day) || day > 31)
        return false;
    strbuf_addf(&b, "%.*s-%02zu-%02u %.*sZ", SV_FMT(word[3]), at / 3 + 1, (unsigned)day,
                SV_FMT(word[2]));
    return clock_parse(strbuf_sv(&b), ret);
}

/* The same, or "2027-02-15 02:06:00 GMT", as libcurl writes it for other libraries. */
bool http_certificate_date(struct sv s, int64_t *ret)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    s = sv_trim(s);
    if (!sv_ends(s, SV(" GMT")))
        return false;
    strbuf_addf(&b, "%.*sZ", SV_FMT(sv_sub(s, 0, s.n - 4)));
    return clock_parse(strbuf_sv(&b), ret) || http_certificate_openssl(s, ret);
}

void http_certificate_note(struct http_flight *f)
{
    struct http_certificate *c = &f->request->certificate;
    struct curl_certinfo *info = NULL;

    if (libcurl.easy_getinfo(f->easy, CURLINFO_CERTINFO, &info) != CURLE_OK || !info ||
        info->num_of_certs < 1)
        return;
    for (const struct curl_slist *l = info->certinfo[0]; l; l = l->next) {
        struct sv line = sv_from(l->data);

        if (sv_eat(&line, SV("Expire date:")))
            c->has = http_certificate_date(line, &c->not_after_us);
        else if (sv_eat(&line, SV("Subject:")))
            c->subject = arena_sv(&f->request->arena, line);
        else if (sv_eat(&line, SV("Issuer:")))
            c->issuer = arena_sv(&f->request->arena, line);
    }
}
