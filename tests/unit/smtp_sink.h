#pragma once

/*
 * smtp_sink: a mail server of a test: it takes every mail, and keeps what was said to it.
 */
#include "net_server.h"

static UNUSED struct raw smtp;
static UNUSED struct strbuf smtp_heard; /* what clients said, CRLF as LF */
static UNUSED const char *smtp_refuses; /* the command that is answered with 550; NULL: none */
static UNUSED atomic_int smtp_mails;
static UNUSED pthread_mutex_t smtp_lock = PTHREAD_MUTEX_INITIALIZER;

static inline bool smtp_line(struct raw *r, int fd, struct strbuf *line)
{
    char c;

    strbuf_truncate(line, 0);
    while (raw_wait(r, fd) && read(fd, &c, 1) == 1) {
        if (c == '\n') {
            (void)pthread_mutex_lock(&smtp_lock);
            strbuf_addf(&smtp_heard, "%s\n", strbuf_str(line));
            (void)pthread_mutex_unlock(&smtp_lock);
            return true;
        }
        if (c != '\r')
            strbuf_add_byte(line, c);
    }
    return false;
}

static inline void smtp_treat(struct raw *r, int fd)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    bool data = false, auth = false;

    (void)raw_send(r, fd, SV("220 sink\r\n"));
    while (smtp_line(r, fd, &line)) {
        struct sv s = strbuf_sv(&line);

        if (data && !sv_eq(s, SV(".")))
            continue;
        if (data) {
            data = false;
            atomic_fetch_add(&smtp_mails, 1);
        }
        if (smtp_refuses && sv_starts(s, sv_from(smtp_refuses))) {
            (void)raw_send(r, fd, SV("550 not here\r\n"));
        } else if (sv_starts(s, SV("EHLO"))) {
            (void)raw_send(r, fd, SV("250-sink\r\n250 AUTH PLAIN\r\n"));
        } else if (auth) {
            auth = false;
            (void)raw_send(r, fd, SV("235 fine\r\n"));
        } else if (sv_eq(s, SV("AUTH PLAIN"))) {
            auth = true;
            (void)raw_send(r, fd, SV("334 \r\n"));
        } else if (sv_eq(s, SV("DATA"))) {
            data = true;
            (void)raw_send(r, fd, SV("354 go on\r\n"));
        } else {
            (void)raw_send(r, fd, SV("250 fine\r\n"));
        }
        if (sv_eq(s, SV("QUIT")))
            return;
    }
}

static inline const char *smtp_begin(void)
{
    static char url[64];

    raw_start(&smtp, smtp_treat);
    (void)snprintf(url, sizeof(url), "smtp://127.0.0.1:%u", smtp.port);
    return url;
}

static inline void smtp_end(void)
{
    raw_stop(&smtp);
    strbuf_release(&smtp_heard);
}
