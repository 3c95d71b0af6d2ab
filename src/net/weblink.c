#include "net/weblink.h"

#include <string.h>

#include "base/sv.h"

/* --- the field --- */

static void link_skip(struct sv *s, const char *bytes)
{
    while (s->n && strchr(bytes, s->p[0]) && s->p[0])
        *s = sv_sub(*s, 1, s->n);
}

/* Up to one of `ends`, or the end. */
static struct sv link_until(struct sv *s, const char *ends)
{
    size_t n = 0;
    struct sv ret;

    while (n < s->n && !(s->p[n] && strchr(ends, s->p[n])))
        n++;
    ret = sv_sub(*s, 0, n);
    *s = sv_sub(*s, n, s->n);
    return ret;
}

/* A quoted text, with what is escaped in it as it stands; false: it has no end. */
static bool link_quoted(struct sv *s, struct sv *ret)
{
    size_t n = 1;

    while (n < s->n && s->p[n] != '"')
        n += s->p[n] == '\\' ? 2 : 1;
    if (n >= s->n)
        return false;
    *ret = sv_sub(*s, 1, n);
    *s = sv_sub(*s, n + 1, s->n);
    return true;
}

static bool link_has_word(struct sv words, struct sv word)
{
    struct sv one;

    while (sv_next_word(&words, &one))
        if (sv_eq_nocase(one, word))
            return true;
    return false;
}

/* ;name=value of one link; *has: its first rel has the word.  False: no link goes on like this. */
static bool link_params(struct sv *s, struct sv rel, bool *has)
{
    bool seen = false;

    *has = false;
    for (;;) {
        struct sv name, value = {"", 0};

        link_skip(s, " \t");
        if (!s->n || s->p[0] == ',')
            return true;
        if (s->p[0] != ';')
            return false;
        link_skip(s, "; \t");
        name = sv_trim(link_until(s, "=;,"));
        if (s->n && s->p[0] == '=') {
            *s = sv_sub(*s, 1, s->n);
            link_skip(s, " \t");
            if (s->n && s->p[0] == '"') {
                if (!link_quoted(s, &value))
                    return false;
            } else {
                value = sv_trim(link_until(s, ";,"));
            }
        }
        if (!seen && sv_eq_nocase(name, SV("rel"))) {
            seen = true;
            *has = link_has_word(value, rel);
        }
    }
}

bool weblink_find(struct sv field, struct sv rel, struct sv *ret)
{
    for (;;) {
        struct sv target;
        bool has;

        link_skip(&field, ", \t");
        if (!field.n || field.p[0] != '<')
            return false;
        field = sv_sub(field, 1, field.n);
        target = link_until(&field, ">");
        if (!field.n)
            return false;
        field = sv_sub(field, 1, field.n);
        if (!link_params(&field, rel, &has))
            return false;
        if (has) {
            *ret = sv_trim(target);
            return true;
        }
    }
}

/* --- the address --- */

struct link_parts {
    struct sv scheme, authority, path, query; /* query: with its '?' */
};

static bool link_split(struct sv url, struct link_parts *p)
{
    size_t colon = sv_find_byte(url, ':', 0), end;

    if (colon == SV_NPOS || !sv_starts(sv_sub(url, colon, url.n), SV("://")))
        return false;
    p->scheme = sv_sub(url, 0, colon);
    url = sv_sub(url, colon + 3, url.n);
    url = sv_sub(url, 0, sv_find_byte(url, '#', 0));
    p->authority = link_until(&url, "/?");
    end = sv_find_byte(url, '?', 0);
    p->path = sv_sub(url, 0, end);
    p->query = sv_sub(url, p->path.n, url.n);
    return p->authority.n > 0;
}

/* Without who asks: "user:password@". */
static struct sv link_host(struct sv authority)
{
    size_t at = sv_find_byte(authority, '@', 0);

    return at == SV_NPOS ? authority : sv_sub(authority, at + 1, authority.n);
}

/* Control bytes and blanks are in no address. */
static bool link_is_clean(struct sv ref)
{
    for (size_t i = 0; i < ref.n; i++)
        if ((unsigned char)ref.p[i] <= ' ' || ref.p[i] == 0x7f)
            return false;
    return ref.n > 0;
}

/* "mailto:x", or what is no address. */
static bool link_has_scheme(struct sv ref)
{
    return sv_find_byte(sv_sub(ref, 0, sv_find_byte(ref, '/', 0)), ':', 0) != SV_NPOS;
}

static enum err_code link_elsewhere(struct sv ref, struct err *err)
{
    return err_set(err, ERR_REFUSED, "'%.*s' is at another place than what told of it",
                   SV_FMT(sv_sub(ref, 0, 200)));
}

/* The path and query of ref below those of the base. */
static void link_add_path(struct strbuf *out, const struct link_parts *b, struct sv ref)
{
    size_t dir = b->path.n;

    if (!sv_starts(ref, SV("/"))) {
        while (!sv_starts(ref, SV("?")) && dir > 0 && b->path.p[dir - 1] != '/')
            dir--;
        strbuf_add_sv(out, dir ? sv_sub(b->path, 0, dir) : SV("/"));
    }
    strbuf_add_sv(out, ref);
}

enum err_code weblink_resolve(struct sv base, struct sv ref, struct strbuf *out, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf full = STRBUF(0);
    struct link_parts b, r;
    bool absolute;

    if (!link_split(base, &b))
        return err_set(err, ERR_INVALID, "'%.*s' is no address", SV_FMT(sv_sub(base, 0, 200)));
    ref = sv_sub(ref, 0, sv_find_byte(ref, '#', 0));
    if (!link_is_clean(ref))
        return err_set(err, ERR_INVALID, "the next page has no address");
    if (sv_starts(ref, SV("//"))) { /* of the same scheme */
        strbuf_addf(&full, "%.*s:%.*s", SV_FMT(b.scheme), SV_FMT(ref));
        ref = strbuf_sv(&full);
    }
    absolute = link_split(ref, &r);
    if (absolute ? !sv_eq_nocase(r.scheme, b.scheme) ||
                       !sv_eq_nocase(r.authority, link_host(b.authority))
                 : link_has_scheme(ref))
        return link_elsewhere(ref, err);
    strbuf_truncate(out, 0);
    strbuf_addf(out, "%.*s://%.*s", SV_FMT(b.scheme), SV_FMT(b.authority));
    if (absolute)
        strbuf_addf(out, "%.*s%.*s", SV_FMT(r.path), SV_FMT(r.query));
    else
        link_add_path(out, &b, ref);
    return ERR_OK;
}
