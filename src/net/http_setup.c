#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/sv.h"
#include "net/net_int.h"

#define HTTP_TRUST_S 600L /* after it a bundle that was changed counts */

/* The first failure stays: every option is set or the request is not sent. */
#define HTTP_SET(f, rc, option, value)                                      \
    do {                                                                    \
        if ((rc) == CURLE_OK)                                               \
            (rc) = libcurl.easy_setopt((f)->easy, CURLOPT_##option, value); \
    } while (0)

static bool http_is_token(struct sv s)
{
    static const char others[] = "!#$%&'*+-.^_`|~"; /* RFC 9110, section 5.6.2 */

    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && (!s.p[i] || !strchr(others, s.p[i])))
            return false;
    return s.n > 0;
}

/* A CR, LF or NUL would start a field of its own. */
static bool http_is_value(struct sv s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\t')
            return false;
    return true;
}

static void http_add_field(struct http_flight *f, struct sv line)
{
    CLEANUP(mem_freep) char *text = xstrdup_sv(line);
    struct curl_slist *longer = libcurl.slist_append(f->fields, text);

    assert(longer); /* out of memory ends the process, here as elsewhere */
    f->fields = longer;
}

static enum err_code http_setup_fields(struct http_flight *f, struct err *err)
{
    const struct http_spec *spec = &f->request->spec;
    bool typed = false;

    for (size_t i = 0; i < spec->n_fields; i++) {
        const struct http_field *field = &spec->fields[i];
        CLEANUP(strbuf_release) struct strbuf line = STRBUF(HTTP_FIELDS_BYTES);

        if (!http_is_token(field->name) || !http_is_value(field->value))
            return err_set(err, ERR_INVALID, "the header field '%.*s' cannot be sent",
                           SV_FMT(field->name));
        /* libcurl takes "name:" for "do not send it", and "name;" for an empty value */
        strbuf_addf(&line, "%.*s", SV_FMT(field->name));
        if (field->value.n > 0)
            strbuf_addf(&line, ": %.*s", SV_FMT(field->value));
        else
            strbuf_add_byte(&line, ';');
        if (line.overflow)
            return err_set(err, ERR_LIMIT, "the header field '%.*s' is longer than %u bytes",
                           SV_FMT(field->name), HTTP_FIELDS_BYTES);
        http_add_field(f, strbuf_sv(&line));
        typed |= sv_eq_nocase(field->name, SV("content-type"));
    }
    http_add_field(f, SV("Expect:")); /* else libcurl waits a second for servers that ignore it */
    if (!typed)
        http_add_field(f, SV("Content-Type:")); /* else libcurl calls every body a form */
    return ERR_OK;
}

static void http_setup_method(struct http_flight *f, CURLcode *rc)
{
    const struct http_spec *spec = &f->request->spec;
    struct sv method = sv_from(spec->method ? spec->method : "GET");
    bool post = sv_eq(method, SV("POST"));

    if (post || spec->body.p) {
        HTTP_SET(f, *rc, POST, 1L);
        HTTP_SET(f, *rc, POSTFIELDSIZE_LARGE, (curl_off_t)spec->body.n);
        HTTP_SET(f, *rc, COPYPOSTFIELDS, spec->body.p ? spec->body.p : "");
    }
    if (sv_eq(method, SV("HEAD")))
        HTTP_SET(f, *rc, NOBODY, 1L);
    else if (!post && (spec->body.p || !sv_eq(method, SV("GET"))))
        HTTP_SET(f, *rc, CUSTOMREQUEST, spec->method ? spec->method : "GET");
}

/*
 * A bundle of trusted certificates is read on the loop, some 50 ms for the system's, and whatever else is measured there
 * meanwhile takes so much longer.  libcurl keeps what it has read for the other requests of a client (CURLOPT_CA_CACHE_TIMEOUT), but
 * not while there is a folder of them as well; where there is a file, the folder says nothing else.  Nothing is read
 * where nothing is checked.
 */
static void http_setup_trust(struct http_flight *f, CURLcode *rc)
{
    const struct http_spec *spec = &f->request->spec;
    const char *file = spec->ca_file;

    if (!file)
        (void)libcurl.easy_getinfo(f->easy, CURLINFO_CAINFO, &file); /* NULL: the folder is all */
    if (file || spec->no_verify)
        HTTP_SET(f, *rc, CAPATH, NULL);
    if (spec->ca_file || spec->no_verify)
        HTTP_SET(f, *rc, CAINFO, spec->no_verify ? NULL : spec->ca_file);
    /* A client keeps one: a file of somebody's own, which is small, does not take its place. */
    HTTP_SET(f, *rc, CA_CACHE_TIMEOUT, spec->ca_file ? 0L : HTTP_TRUST_S);
}

static void http_setup_tls(struct http_flight *f, CURLcode *rc)
{
    const struct http_spec *spec = &f->request->spec;

    HTTP_SET(f, *rc, SSL_VERIFYPEER, spec->no_verify ? 0L : 1L);
    HTTP_SET(f, *rc, SSL_VERIFYHOST, spec->no_verify ? 0L : 2L);
    http_setup_trust(f, rc);
    if (spec->cert_file)
        HTTP_SET(f, *rc, SSLCERT, spec->cert_file);
    if (spec->key_file)
        HTTP_SET(f, *rc, SSLKEY, spec->key_file);
    if (spec->only_tls) {
        HTTP_SET(f, *rc, CONNECT_ONLY, 1L);
        HTTP_SET(f, *rc, CERTINFO, 1L);
    }
}

static void http_setup_limits(struct http_flight *f, CURLcode *rc)
{
    const struct http_spec *spec = &f->request->spec;

    HTTP_SET(f, *rc, NOSIGNAL, 1L);
    HTTP_SET(f, *rc, QUICK_EXIT, 1L); /* a cancel must not wait for a name server */
    HTTP_SET(f, *rc, PROTOCOLS_STR, "http,https");
    HTTP_SET(f, *rc, REDIR_PROTOCOLS_STR, "http,https");
    HTTP_SET(f, *rc, FOLLOWLOCATION, spec->max_redirects ? 1L : 0L);
    HTTP_SET(f, *rc, MAXREDIRS, (long)spec->max_redirects);
    HTTP_SET(f, *rc, CONNECTTIMEOUT_MS, (long)f->connect_ms);
    HTTP_SET(f, *rc, TIMEOUT_MS, (long)f->total_ms);
}

static void http_setup_transport(struct http_flight *f, const char *no_proxy, CURLcode *rc)
{
    const struct http_spec *spec = &f->request->spec;

    HTTP_SET(f, *rc, ERRORBUFFER, f->error);
    HTTP_SET(f, *rc, USERAGENT, "prusik");
    HTTP_SET(f, *rc, NOPROXY, no_proxy);
    HTTP_SET(f, *rc, HTTPHEADER, f->fields);
    if (spec->compressed)
        HTTP_SET(f, *rc, ACCEPT_ENCODING, "");
    if (spec->unix_socket) {
        HTTP_SET(f, *rc, UNIX_SOCKET_PATH, spec->unix_socket);
        HTTP_SET(f, *rc, PROXY, "");
    }
    if (f->bearer) {
        HTTP_SET(f, *rc, HTTPAUTH, (long)CURLAUTH_BEARER);
        HTTP_SET(f, *rc, XOAUTH2_BEARER, f->bearer);
    }
}

struct http_url {
    CURLU *handle;
    char *scheme, *host, *port, *user, *password, *clean; /* the last without user and password */
};

static void http_url_done(struct http_url *u)
{
    char *parts[] = {u->scheme, u->host, u->port, u->user, u->password, u->clean};

    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        libcurl.free(parts[i]);
    libcurl.url_cleanup(u->handle);
}

static bool http_url_get(struct http_url *u, CURLUPart part, unsigned flags, char **ret)
{
    return libcurl.url_get(u->handle, part, ret, flags) == CURLUE_OK;
}

/* False: not a URL of http or https.  Give u back in both cases. */
static bool http_url_read(struct http_url *u, struct sv text)
{
    CLEANUP(mem_freep) char *copy = xstrdup_sv(text);

    u->handle = libcurl.url();
    assert(u->handle);
    if (strlen(copy) != text.n || libcurl.url_set(u->handle, CURLUPART_URL, copy, 0) != CURLUE_OK ||
        !http_url_get(u, CURLUPART_SCHEME, 0, &u->scheme) ||
        !http_url_get(u, CURLUPART_HOST, 0, &u->host) ||
        !http_url_get(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, &u->port))
        return false;
    (void)http_url_get(u, CURLUPART_USER, CURLU_URLDECODE, &u->user); /* may be absent */
    (void)http_url_get(u, CURLUPART_PASSWORD, CURLU_URLDECODE, &u->password);
    return libcurl.url_set(u->handle, CURLUPART_USER, NULL, 0) == CURLUE_OK &&
           libcurl.url_set(u->handle, CURLUPART_PASSWORD, NULL, 0) == CURLUE_OK &&
           http_url_get(u, CURLUPART_URL, 0, &u->clean) &&
           (strcmp(u->scheme, "http") == 0 || strcmp(u->scheme, "https") == 0);
}

static void http_note(struct http_flight *f, const struct http_url *u)
{
    const char *path = f->request->spec.unix_socket;

    f->request->url = arena_sv(&f->request->arena, sv_from(u->clean));
    f->peer = path ? arena_fmt(&f->request->arena, "unix socket '%s'", path)
                   : arena_fmt(&f->request->arena, "%s:%s", u->host, u->port);
}

void http_note_url(struct http_flight *f, const char *url)
{
    CLEANUP(http_url_done) struct http_url u = {0};

    if (http_url_read(&u, sv_from(url)))
        http_note(f, &u);
}

/* User and password go their own way, so that no URL that is shown ever holds them. */
static enum err_code http_setup_url(struct http_flight *f, CURLcode *rc, struct err *err)
{
    CLEANUP(http_url_done) struct http_url u = {0};

    if (!http_url_read(&u, f->request->spec.url))
        return err_set(err, ERR_INVALID, "the URL is not of the form http://host/path");
    http_note(f, &u);
    HTTP_SET(f, *rc, URL, u.clean);
    if (u.user)
        HTTP_SET(f, *rc, USERNAME, u.user);
    if (u.password)
        HTTP_SET(f, *rc, PASSWORD, u.password);
    return ERR_OK;
}

enum err_code http_setup(struct http_flight *f, const char *no_proxy, struct err *err)
{
    const char *method = f->request->spec.method;
    CURLcode rc = CURLE_OK;

    if (method && !http_is_token(sv_from(method)))
        return err_set(err, ERR_INVALID, "'%s' is not a method of HTTP", method);
    if (!http_is_value(f->request->spec.bearer))
        return err_set(err, ERR_INVALID,
                       "the bearer token has bytes that no header field may have");
    if (http_setup_url(f, &rc, err) != ERR_OK || http_setup_fields(f, err) != ERR_OK)
        return err->code;
    http_setup_method(f, &rc);
    http_setup_tls(f, &rc);
    http_setup_limits(f, &rc);
    http_setup_transport(f, no_proxy, &rc);
    if (rc != CURLE_OK) /* uncovered: every option is one that this libcurl has */
        return err_set(err, ERR_INVALID, "libcurl refuses the request: %s",
                       libcurl.easy_strerror(rc));
    return ERR_OK;
}
