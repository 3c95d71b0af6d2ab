#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/secret.h"
#include "base/sv.h"
#include "base/text.h"
#include "net/net_int.h"

/* clang-format off */
static const struct {
    const char *text;
    enum err_code code;
} http_kinds[HTTP_FAILURE__N] = {
    [HTTP_FINE]      = {"fine",             ERR_OK},
    [HTTP_REFUSED]   = {"refused",          ERR_NET},
    [HTTP_TIMED_OUT] = {"timed out",        ERR_TIMEOUT},
    [HTTP_DNS]       = {"unknown host",     ERR_NET},
    [HTTP_TLS]       = {"TLS failed",       ERR_NET},
    [HTTP_CLOSED]    = {"connection closed", ERR_NET},
    [HTTP_TOO_LARGE] = {"too large",        ERR_LIMIT},
    [HTTP_ABORTED]   = {"cancelled",        ERR_INTERRUPTED},
    [HTTP_UNABLE]    = {"could not be sent", ERR_INVALID},
    [HTTP_OTHER]     = {"failed",           ERR_NET},
};

/* libcurl's codes that have a kind; "%s" is the peer.  With `detail`, libcurl's own words follow. */
static const struct {
    CURLcode code;
    enum http_failure kind;
    bool detail;
    const char *text;
} http_codes[] = {
    {CURLE_COULDNT_RESOLVE_HOST,    HTTP_DNS,       false, "no address is known for the host of"},
    {CURLE_COULDNT_RESOLVE_PROXY,   HTTP_DNS,       true,  "no address is known for the proxy to"},
    {CURLE_SSL_CONNECT_ERROR,       HTTP_TLS,       true,  "no TLS with"},
    {CURLE_PEER_FAILED_VERIFICATION,HTTP_TLS,       true,  "the certificate is not trusted, of"},
    {CURLE_SSL_ISSUER_ERROR,        HTTP_TLS,       true,  "the certificate is not trusted, of"},
    {CURLE_SSL_CIPHER,              HTTP_TLS,       true,  "no TLS with"},
    {CURLE_SSL_CERTPROBLEM,         HTTP_UNABLE,    true,  "our own certificate cannot be used with"},
    {CURLE_SSL_CACERT_BADFILE,      HTTP_UNABLE,    true,  "the file of trusted certificates cannot be read, for"},
    {CURLE_GOT_NOTHING,             HTTP_CLOSED,    false, "the connection was closed without an answer by"},
    {CURLE_PARTIAL_FILE,            HTTP_CLOSED,    false, "the connection was closed within the answer by"},
    {CURLE_RECV_ERROR,              HTTP_CLOSED,    false, "the connection was reset by"},
    {CURLE_SEND_ERROR,              HTTP_CLOSED,    false, "the connection was reset by"},
    {CURLE_TOO_MANY_REDIRECTS,      HTTP_OTHER,     false, "too many redirects, the last one by"},
    {CURLE_BAD_CONTENT_ENCODING,    HTTP_OTHER,     true,  "the answer cannot be decompressed, of"},
    {CURLE_UNSUPPORTED_PROTOCOL,    HTTP_OTHER,     true,  "no answer of HTTP from"},
    {CURLE_WEIRD_SERVER_REPLY,      HTTP_OTHER,     true,  "no answer of HTTP from"},
};
/* clang-format on */

const char *http_failure_text(enum http_failure f)
{
    assert((unsigned)f < HTTP_FAILURE__N);
    return http_kinds[f].text;
}

/* "text: detail", on one line, harmless, and without the token, whatever a server put into it. */
static void http_fail(struct http_flight *f, enum http_failure kind, const char *detail,
                      const char *fmt, ...) PRINTF_LIKE(4, 5);
static void http_fail(struct http_flight *f, enum http_failure kind, const char *detail,
                      const char *fmt, ...)
{
    CLEANUP(secrets_freep) struct secrets *secrets = secrets_new();
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), line = STRBUF(0), safe = STRBUF(0);
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    if (detail && detail[0])
        strbuf_addf(&text, ": %s", detail);
    text_add_line(&line, sv_trim(strbuf_sv(&text)));
    if (f->bearer) /* one that is too short to be hidden is a word like others */
        (void)secrets_add(secrets, SV("bearer"), sv_from(f->bearer));
    secrets_redact(secrets, strbuf_sv(&line), &safe);
    f->request->failure = kind;
    (void)err_set(&f->request->err, http_kinds[kind].code, "%s", strbuf_str(&safe));
}

void http_failure_early(struct http_flight *f, enum http_failure kind, const char *what)
{
    http_fail(f, kind, NULL, "%s", what);
}

/* libcurl has one code for all ways not to be connected; errno tells them apart. */
static void http_fail_connect(struct http_flight *f)
{
    long sys = 0;

    (void)libcurl.easy_getinfo(f->easy, CURLINFO_OS_ERRNO, &sys); /* stays 0 when unknown */
    if (sys == ECONNREFUSED || sys == ENOENT) /* ENOENT: a unix socket that is not there */
        http_fail(f, HTTP_REFUSED, NULL, "connection refused by %.*s", SV_FMT(f->peer));
    else if (sys == ETIMEDOUT) /* uncovered: takes the kernel two minutes */
        http_fail(f, HTTP_TIMED_OUT, NULL, "no connection in time to %.*s", SV_FMT(f->peer));
    else
        http_fail(f, HTTP_OTHER, f->error, "no connection to %.*s", SV_FMT(f->peer));
}

static void http_fail_timeout(struct http_flight *f)
{
    uint64_t connect_ms = f->connect_ms < f->total_ms ? f->connect_ms : f->total_ms;
    curl_off_t sent_us = 0;

    (void)libcurl.easy_getinfo(f->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
    if (sent_us == 0)
        http_fail(f, HTTP_TIMED_OUT, NULL, "no connection to %.*s within %" PRIu64 " ms",
                  SV_FMT(f->peer), connect_ms);
    else
        http_fail(f, HTTP_TIMED_OUT, NULL, "no complete answer from %.*s within %" PRIu64 " ms",
                  SV_FMT(f->peer), f->total_ms);
}

/* True: it was us who told libcurl to stop. */
static bool http_fail_over(struct http_flight *f)
{
    if (f->over_fields)
        http_fail(f, HTTP_TOO_LARGE, NULL,
                  "the header of the answer is longer than %u bytes, from %.*s", HTTP_FIELDS_BYTES,
                  SV_FMT(f->peer));
    else if (f->over_body && f->over_fails)
        http_fail(f, HTTP_TOO_LARGE, NULL, "the answer is longer than %zu bytes, from %.*s",
                  f->max_body, SV_FMT(f->peer));
    return f->over_fields || f->over_body;
}

static void http_fail_code(struct http_flight *f, CURLcode code)
{
    for (size_t i = 0; i < ARRAY_LEN(http_codes); i++)
        if (http_codes[i].code == code) {
            http_fail(f, http_codes[i].kind, http_codes[i].detail ? f->error : NULL, "%s %.*s",
                      http_codes[i].text, SV_FMT(f->peer));
            return;
        }
    http_fail(f, HTTP_OTHER, f->error[0] ? f->error : libcurl.easy_strerror(code),
              "the request failed, to %.*s", SV_FMT(f->peer));
}

void http_failure_set(struct http_flight *f, CURLcode code)
{
    if (http_fail_over(f) || code == CURLE_OK)
        return; /* a body that was cut on purpose is an answer */
    if (code == CURLE_OPERATION_TIMEDOUT)
        http_fail_timeout(f);
    else if (code == CURLE_COULDNT_CONNECT)
        http_fail_connect(f);
    else
        http_fail_code(f, code);
}
