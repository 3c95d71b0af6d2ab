#include "net/url.h"

#include "base/sv.h"

static bool url_has_scheme(struct sv *url, const char *schemes)
{
    struct sv rest = sv_from(schemes), scheme;

    while (sv_next_word(&rest, &scheme)) {
        struct sv u = *url;

        if (sv_eat_nocase(&u, scheme) && sv_eat(&u, SV("://"))) {
            *url = u;
            return true;
        }
    }
    return false;
}

/* What stands between the scheme and the path, without user and password. */
static struct sv url_authority(struct sv rest)
{
    size_t end = 0, begin = 0;

    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?' && rest.p[end] != '#')
        end++;
    for (size_t i = 0; i < end; i++)
        if (rest.p[i] == '@')
            begin = i + 1;
    return sv_sub(rest, begin, end);
}

/* Behind the host, whose own colons stand in brackets. */
static enum err_code url_check_port(struct sv authority, struct err *err)
{
    size_t close = sv_find_byte(authority, ']', 0);
    size_t colon = sv_find_byte(authority, ':', close == SV_NPOS ? 0 : close);
    struct sv host = sv_sub(authority, 0, colon == SV_NPOS ? authority.n : colon), text;
    uint64_t port;

    if (!host.n || (sv_starts(host, SV("[")) && close == SV_NPOS))
        return err_set(err, ERR_INVALID, "the URL names no host");
    if (colon == SV_NPOS)
        return ERR_OK;
    text = sv_sub(authority, colon + 1, authority.n);
    if (!sv_to_u64(text, &port) || port == 0 || port > 65535)
        return err_set(err, ERR_INVALID, "the URL has the port '%.*s', which is none",
                       SV_FMT(text));
    return ERR_OK;
}

enum err_code url_check(struct sv url, const char *schemes, struct err *err)
{
    struct sv first = sv_from(schemes), scheme = {NULL, 0};

    (void)sv_next_word(&first, &scheme); /* there is one */
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ' || url.p[i] == 0x7f)
            return err_set(err, ERR_INVALID, "the URL has a blank in it");
    if (!url_has_scheme(&url, schemes))
        return err_set(err, ERR_INVALID, "the URL does not begin with %.*s://", SV_FMT(scheme));
    return url_check_port(url_authority(url), err);
}
