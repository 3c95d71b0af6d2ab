#include "net/mail.h"

#include "smtp_sink.h"
#include "t_loop.h"

static bool ended;
static enum err_code ended_with;

static void on_done(struct mail *m UNUSED, enum err_code rc)
{
    ended = true;
    ended_with = rc;
}

static struct mail mail_to(const char *url, struct sv text)
{
    static const char *const to[] = {"ana@example.org", "bo@example.org"};

    return (struct mail){.url = url,
                         .from = "prusik@example.org",
                         .to = to,
                         .n_to = 2,
                         .text = text,
                         .timeout_ms = 5000,
                         .done = on_done};
}

static void send_mail(struct mail *m)
{
    uv_loop_t *loop = t_loop_new();

    ended = false;
    mail_start(m, loop);
    T_CHECK(!ended);
    t_loop_until(loop, &ended, 20000);
    t_loop_free(loop);
    T_EQ(ended_with, m->err.code);
}

static void check_heard(const char *line)
{
    if (!sv_has(strbuf_sv(&smtp_heard), sv_from(line)))
        T_FAIL("the server did not hear '%s' in:\n%s", line, strbuf_str(&smtp_heard));
}

T(a_mail_reaches_the_server_as_it_was_written)
{
    struct mail m = mail_to(smtp_begin(), SV("Subject: a\r\n\r\nline\r\n.dot\r\n"));

    m.user = "prusik";
    m.password = "geheim";
    send_mail(&m);
    T_OK(m.err.code, m.err);
    check_heard("AUTH PLAIN\nAHBydXNpawBnZWhlaW0=\n");
    check_heard("MAIL FROM:<prusik@example.org>\n");
    check_heard("RCPT TO:<ana@example.org>\n");
    check_heard("RCPT TO:<bo@example.org>\n");
    check_heard("Subject: a\n\nline\n..dot\n.\n");
    T_EQ(atomic_load(&smtp_mails), 1);
    smtp_end();
}

T(a_server_that_refuses_is_a_failure_in_its_own_words)
{
    struct mail m = mail_to(smtp_begin(), SV("a\r\n"));

    smtp_refuses = "RCPT TO:<bo";
    send_mail(&m);
    T_EQ(m.err.code, ERR_NET);
    T_CHECK(sv_has(sv_from(m.err.msg), SV("550")));
    smtp_end();
}

T(a_mail_that_wants_tls_is_not_sent_without)
{
    struct mail m = mail_to(smtp_begin(), SV("a\r\n"));

    m.starttls = true;
    m.ca_file = "nothing.pem";
    send_mail(&m);
    T_EQ(m.err.code, ERR_NET);
    T_EQ(atomic_load(&smtp_mails), 0);
    smtp_end();
}

T(a_server_that_says_nothing_is_left_at_the_timeout)
{
    struct raw raw = {.fd = -1};
    struct mail m;
    char url[64];

    raw_start(&raw, raw_silence);
    (void)snprintf(url, sizeof(url), "smtp://127.0.0.1:%u", raw.port);
    m = mail_to(url, SV("a\r\n"));
    m.timeout_ms = 200;
    send_mail(&m);
    T_EQ(m.err.code, ERR_TIMEOUT);
    raw_stop(&raw);
}

T(what_is_no_mail_server_is_refused)
{
    struct mail m = mail_to("http://127.0.0.1:1/", SV("a\r\n"));

    send_mail(&m);
    T_EQ(m.err.code, ERR_NET);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static uv_work_t blockers[64];

static void block(uv_work_t *w UNUSED)
{
    (void)pthread_mutex_lock(&gate);
    (void)pthread_mutex_unlock(&gate);
}

static void on_blocked(uv_work_t *w UNUSED, int status UNUSED)
{
}

T(a_mail_that_was_not_begun_can_be_cancelled)
{
    uv_loop_t *loop = t_loop_new();
    struct mail m = mail_to("smtp://127.0.0.1:1", SV("a\r\n"));

    (void)pthread_mutex_lock(&gate);
    for (size_t i = 0; i < ARRAY_LEN(blockers); i++)
        T_EQ(uv_queue_work(loop, &blockers[i], block, on_blocked), 0);
    mail_start(&m, loop);
    mail_cancel(&m);
    (void)pthread_mutex_unlock(&gate);
    t_loop_run(loop, 20000);
    T_CHECK(ended);
    T_EQ(m.err.code, ERR_INTERRUPTED);
    t_loop_free(loop);
}

T(an_address_is_one_that_can_stand_in_a_command)
{
    static const struct {
        struct sv text;
        bool is;
    } rows[] = {{SV("a@b"), true},      {SV("ana.b+c@example.org"), true},
                {SV(""), false},        {SV("a"), false},
                {SV("@b"), false},      {SV("a@"), false},
                {SV("a@b@c"), false},   {SV("a b@c"), false},
                {SV("<a@b>"), false},   {SV("a@b\r\nRCPT"), false},
                {SV("a@b,c@d"), false}, {SV("\"a\"@b"), false}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (mail_is_address(rows[i].text) != rows[i].is)
            T_FAIL("'%.*s' is not judged right", SV_FMT(rows[i].text));
}

T(a_letter_has_its_header_and_its_text_in_lines_that_fit)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0), long_text = STRBUF(0);
    struct mail_letter l = {.from = SV("p@example.org"),
                            .to = SV("a@b, c@d"),
                            .subject = SV("plain\r\nBcc: x@y"),
                            .text = SV("h\xc3\xa4llo\n"),
                            .id = SV("r-0042/17/me"),
                            .at_us = 1771120860000000};
    struct sv rest, line;

    mail_write(&l, &b);
    T_STR(strbuf_str(&b),
          "From: p@example.org\r\nTo: a@b, c@d\r\n"
          "Date: Sun, 15 Feb 2026 02:01:00 +0000\r\n"
          "Message-ID: <r-0042/17/me@example.org>\r\nSubject: plain\\x0d Bcc: x@y\r\n"
          "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
          "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n"
          "aMOkbGxvCg==\r\n");
    for (int i = 0; i < 200; i++)
        strbuf_add_str(&long_text, "\xc3\xa4");
    l.subject = l.text = strbuf_sv(&long_text);
    strbuf_truncate(&b, 0);
    mail_write(&l, &b);
    rest = strbuf_sv(&b);
    while (sv_next_line(&rest, &line))
        T_CHECK(line.n <= 80);
    T_CHECK(sv_has(strbuf_sv(&b), SV("Subject: =?UTF-8?B?w6TDpM")));
}

T_MAIN(T_CASE(a_mail_reaches_the_server_as_it_was_written),
       T_CASE(a_server_that_refuses_is_a_failure_in_its_own_words),
       T_CASE(a_mail_that_wants_tls_is_not_sent_without),
       T_CASE(a_server_that_says_nothing_is_left_at_the_timeout),
       T_CASE(what_is_no_mail_server_is_refused),
       T_CASE(a_mail_that_was_not_begun_can_be_cancelled),
       T_CASE(an_address_is_one_that_can_stand_in_a_command),
       T_CASE(a_letter_has_its_header_and_its_text_in_lines_that_fit))
