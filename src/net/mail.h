#pragma once

/*
 * mail: one message over SMTP (RFC 5321), by libcurl, in a thread.
 *
 * Embed one, zeroed, fill the first part (which must live until done()), call mail_start().  done() is called exactly
 * once, from the loop, at the latest when its time is over.  ERR_OK: the server has taken it.
 */
#include <uv.h>

#include "base/err.h"
#include "base/strbuf.h"

struct mail;
/* rc is ERR_OK or the code in m->err. */
typedef void mail_done_fn(struct mail *m, enum err_code rc);

struct mail {
    const char *url;                              /* smtp://host:25, smtps://host:465 */
    const char *from, *user, *password, *ca_file; /* the last three: or NULL */
    bool starttls;                                /* nothing goes without TLS */
    const char *const *to;                        /* addresses */
    size_t n_to;
    struct sv text; /* header and body, with CRLF */
    uint64_t timeout_ms;
    mail_done_fn *done;
    void *data;

    struct err err; /* result */

    /* private */
    uv_work_t work;
    size_t sent;
};

void mail_start(struct mail *m, uv_loop_t *loop);
/* Not yet begun: it ends at once.  One that is on its way ends by its timeout. */
void mail_cancel(struct mail *m);

/* An address that can stand in a command of SMTP: "ana@example.org". */
bool mail_is_address(struct sv s);
/*
 * Header and body of a text message: To, Subject (RFC 2047), Date, Message-ID, UTF-8 in base64 (RFC 2045).
 * `id` is unique; the same id is the same message.
 */
struct mail_letter {
    struct sv from, to, subject, text, id;
    int64_t at_us;
};
void mail_write(const struct mail_letter *l, struct strbuf *out);
