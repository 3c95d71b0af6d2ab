/*
 * The row `tls`: the certificate of a server, whatever it speaks inside.  When it is not taken, it is asked for once
 * more without a check, as only then its dates are known.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/sv.h"
#include "watch/source.h"

struct tls_source {
    struct source source; /* first */
    char *url, *ca_file;
    bool again; /* it was not taken, as ... */
    struct err first;
    struct http_request request;
};

static struct tls_source *tls_of(struct source *s)
{
    return container_of(s, struct tls_source, source);
}

static enum err_code tls_open(struct source *s, json_t *settings, struct err *err)
{
    struct tls_source *t = tls_of(s);
    struct sv host = json_get_sv(settings, "host");
    const char *ca_file = json_get_str(settings, "ca_file", NULL);
    int64_t port = json_get_int(settings, "port", 443);
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);
    bool v6 = sv_find_byte(host, ':', 0) != SV_NPOS && !sv_starts(host, SV("["));

    if (port < 1 || port > 65535)
        return err_set(err, ERR_INVALID, "'port' is not from 1 to 65535");
    strbuf_addf(&url, "https://%s%.*s%s:%lld/", v6 ? "[" : "", SV_FMT(host), v6 ? "]" : "",
                (long long)port);
    t->url = strbuf_steal_str(&url);
    t->ca_file = ca_file ? xstrdup(ca_file) : NULL;
    return ERR_OK;
}

static void tls_close(struct source *s)
{
    struct tls_source *t = tls_of(s);

    http_release(&t->request);
    free(t->url);
    free(t->ca_file);
}

/* Without an answer nothing is known of the certificate. */
static void tls_add_silence(struct sample_list *l, struct sv why)
{
    sample_add_bool(l, "up", false);
    sample_add_null(l, "valid", NULL);
    sample_add_null(l, "expires_in", "s");
    sample_add_null(l, "not_after", "s");
    sample_add_text(l, "why", why);
}

static void tls_add_certificate(struct tls_source *t)
{
    const struct http_certificate *c = &t->request.certificate;
    struct sample_list *l = &t->source.samples;
    double not_after = (double)c->not_after_us / CLOCK_US_PER_S;

    sample_add_bool(l, "up", true);
    sample_add_bool(l, "valid", !t->again);
    if (c->has) {
        sample_add_number(l, "expires_in", not_after - (double)l->at_us / CLOCK_US_PER_S, "s");
        sample_add_number(l, "not_after", not_after, "s");
    } else {
        sample_add_error(l, "expires_in", SV("the certificate cannot be read"));
        sample_add_error(l, "not_after", SV("the certificate cannot be read"));
    }
    sample_add_text(l, "issuer", c->issuer);
    sample_add_text(l, "subject", c->subject);
    if (t->again)
        sample_add_text(l, "why", sv_from(t->first.msg));
}

static void tls_ask(struct tls_source *t);

static void tls_on_done(struct http_request *r, enum err_code rc)
{
    struct tls_source *t = container_of(r, struct tls_source, request);
    struct source *s = &t->source;

    if (r->failure == HTTP_UNABLE || r->failure == HTTP_ABORTED) { /* it was not looked at */
        s->err = r->err;
        source_report(s, err_wrap(&s->err, "source '%s'", s->name));
        return;
    }
    if (r->failure == HTTP_TLS && !t->again) {
        t->again = true;
        t->first = r->err;
        tls_ask(t);
        return;
    }
    if (rc == ERR_OK)
        tls_add_certificate(t);
    else
        tls_add_silence(&s->samples, sv_from(r->err.msg));
    source_report(s, ERR_OK);
}

static void tls_ask(struct tls_source *t)
{
    t->request.spec = (struct http_spec){.url = sv_from(t->url),
                                         .ca_file = t->ca_file,
                                         .total_ms = t->source.timeout_ms,
                                         .connect_ms = t->source.timeout_ms,
                                         .no_verify = t->again,
                                         .only_tls = true};
    t->request.done = tls_on_done;
    http_start(t->source.env.http, &t->request);
}

static void tls_start(struct source *s)
{
    tls_of(s)->again = false;
    tls_ask(tls_of(s));
}

static void tls_cancel(struct source *s)
{
    http_cancel(&tls_of(s)->request);
}

static const struct source_key tls_keys[] = {
    {"host", SOURCE_TEXT, true, "the server's name, which its certificate must have"},
    {"port", SOURCE_NUMBER, false, "443 unless given"},
    {"ca_file", SOURCE_TEXT, false, "certificates to trust instead of the system's, PEM"},
};

static const struct source_member tls_members[] = {
    {"up", NULL, "true: it speaks TLS"},
    {"valid", NULL, "true: the certificate is the server's, in time, and from somebody trusted"},
    {"expires_in", "s", "until the certificate ends; below 0: it has"},
    {"not_after", "s", "when it ends, since 1970, UTC"},
    {"issuer", NULL, "who has signed it"},
    {"subject", NULL, "whose it is"},
    {"why", NULL, "why it is not valid, or not up"},
};

const struct source_ops source_tls = {
    .kind = "tls",
    .help = "whether the certificate of a server is valid, and how long",
    .keys = tls_keys,
    .n_keys = ARRAY_LEN(tls_keys),
    .members = tls_members,
    .n_members = ARRAY_LEN(tls_members),
    .size = sizeof(struct tls_source),
    .open = tls_open,
    .close = tls_close,
    .start = tls_start,
    .cancel = tls_cancel,
};
