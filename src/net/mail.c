#include "net/mail.h"

#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/sv.h"
#include "base/text.h"
#include "net/libcurl.h"

#define MAIL_LINE_BYTES 57u /* that make a line of 76 in base64 */

/* --- sending --- */

static size_t mail_on_read(char *to, size_t size, size_t n, void *arg)
{
    struct mail *m = arg;

    n = size_min(n * size, m->text.n - m->sent);
    memcpy(to, m->text.p + m->sent, n);
    m->sent += n;
    return n;
}

#define MAIL_SET(rc, easy, option, value)                                  \
    do {                                                                   \
        if ((rc) == CURLE_OK)                                              \
            (rc) = libcurl.easy_setopt((easy), CURLOPT_##option, (value)); \
    } while (0)

static CURLcode mail_setup_server(const struct mail *m, CURL *easy, char *error)
{
    CURLcode rc = CURLE_OK;

    MAIL_SET(rc, easy, ERRORBUFFER, error);
    MAIL_SET(rc, easy, NOSIGNAL, 1L);
    MAIL_SET(rc, easy, PROTOCOLS_STR, "smtp,smtps");
    MAIL_SET(rc, easy, URL, m->url);
    MAIL_SET(rc, easy, NOPROXY, "*");
    MAIL_SET(rc, easy, USE_SSL, m->starttls ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY);
    MAIL_SET(rc, easy, TIMEOUT_MS, (long)m->timeout_ms);
    return rc;
}

/* NULL for what is not given: libcurl takes that for its default. */
static CURLcode mail_setup_login(const struct mail *m, CURL *easy)
{
    CURLcode rc = CURLE_OK;

    MAIL_SET(rc, easy, USERNAME, m->user);
    MAIL_SET(rc, easy, PASSWORD, m->password);
    if (m->ca_file)
        MAIL_SET(rc, easy, CAINFO, m->ca_file);
    return rc;
}

static CURLcode mail_setup(struct mail *m, CURL *easy, struct curl_slist *to, char *error)
{
    CURLcode rc = mail_setup_server(m, easy, error);

    if (rc == CURLE_OK)
        rc = mail_setup_login(m, easy);
    MAIL_SET(rc, easy, MAIL_FROM, m->from);
    MAIL_SET(rc, easy, MAIL_RCPT, to);
    MAIL_SET(rc, easy, UPLOAD, 1L);
    MAIL_SET(rc, easy, READFUNCTION, mail_on_read);
    MAIL_SET(rc, easy, READDATA, m);
    return rc;
}

static void mail_work(uv_work_t *w)
{
    struct mail *m = container_of(w, struct mail, work);
    char error[CURL_ERROR_SIZE] = "";
    struct curl_slist *to = NULL;
    CURL *easy = libcurl.easy_init();
    CURLcode rc;

    assert(easy); /* fails only for want of memory */
    for (size_t i = 0; i < m->n_to; i++)
        to = libcurl.slist_append(to, m->to[i]);
    rc = mail_setup(m, easy, to, error);
    if (rc == CURLE_OK)
        rc = libcurl.easy_perform(easy);
    if (rc != CURLE_OK)
        (void)err_set(&m->err, rc == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_NET,
                      "the mail server does not take it: %s",
                      error[0] ? error : libcurl.easy_strerror(rc));
    libcurl.easy_cleanup(easy);
    libcurl.slist_free_all(to);
}

static void mail_on_worked(uv_work_t *w, int status)
{
    struct mail *m = container_of(w, struct mail, work);

    if (status != 0)
        (void)err_set(&m->err, ERR_INTERRUPTED, "the mail was cancelled");
    m->done(m, m->err.code);
}

static void mail_nothing(uv_work_t *w UNUSED)
{
}

void mail_start(struct mail *m, uv_loop_t *loop)
{
    m->err = (struct err){0};
    m->sent = 0;
    /* In the loop's thread: it is opened once for all. */
    if (libcurl_open(&m->err) != ERR_OK)
        (void)uv_queue_work(loop, &m->work, mail_nothing, mail_on_worked);
    else
        (void)uv_queue_work(loop, &m->work, mail_work, mail_on_worked);
}

void mail_cancel(struct mail *m)
{
    (void)uv_cancel((uv_req_t *)&m->work); /* it may be on its way */
}

/* --- writing --- */

bool mail_is_address(struct sv s)
{
    size_t at = sv_find_byte(s, '@', 0);

    if (at == SV_NPOS || at == 0 || at + 1 == s.n)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("<>,;:\"\\", s.p[i]))
            return false;
    return sv_find_byte(s, '@', at + 1) == SV_NPOS;
}

static void mail_base64(struct strbuf *out, struct sv bytes)
{
    size_t room = sodium_base64_encoded_len(bytes.n, sodium_base64_VARIANT_ORIGINAL);

    strbuf_reserve(out, room);
    (void)sodium_bin2base64(out->p + out->n, room, (const unsigned char *)bytes.p, bytes.n,
                            sodium_base64_VARIANT_ORIGINAL);
    out->n += strlen(out->p + out->n);
}

/* Words of at most 75 characters (RFC 2047, section 2), each of whole sequences of UTF-8. */
static void mail_header_text(struct strbuf *out, struct sv text)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);
    bool plain = true;
    struct sv rest;

    text_add_line(&clean, text);
    for (size_t i = 0; i < clean.n; i++)
        plain &= (unsigned char)clean.p[i] >= ' ' && (unsigned char)clean.p[i] < 0x7f;
    rest = strbuf_sv(&clean);
    if (plain && rest.n < 200) {
        strbuf_add_sv(out, rest);
        return;
    }
    while (rest.n) {
        size_t n = size_min(rest.n, 42);

        while (n < rest.n && n > 0 && ((unsigned char)rest.p[n] & 0xc0) == 0x80)
            n--;
        strbuf_add_str(out, "=?UTF-8?B?");
        mail_base64(out, sv_sub(rest, 0, n));
        rest = sv_sub(rest, n, rest.n);
        strbuf_add_str(out, rest.n ? "?=\r\n " : "?=");
    }
}

void mail_write(const struct mail_letter *l, struct strbuf *out)
{
    struct clock_text date = clock_strftime(l->at_us, "%a, %d %b %Y %H:%M:%S +0000", true);
    size_t host = sv_find_byte(l->from, '@', 0);

    strbuf_addf(out, "From: %.*s\r\nTo: %.*s\r\nDate: %s\r\n", SV_FMT(l->from), SV_FMT(l->to),
                date.s);
    strbuf_addf(out, "Message-ID: <%.*s@%.*s>\r\nSubject: ", SV_FMT(l->id),
                SV_FMT(sv_sub(l->from, host + 1, l->from.n)));
    mail_header_text(out, l->subject);
    strbuf_add_str(out,
                   "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                   "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n");
    for (size_t at = 0; at < l->text.n; at += MAIL_LINE_BYTES) {
        mail_base64(out, sv_sub(l->text, at, at + MAIL_LINE_BYTES));
        strbuf_add_str(out, "\r\n");
    }
}
