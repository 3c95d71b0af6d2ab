/* A real server of TLS (openssl s_server), with certificates of a day, a year and the past. */
#include "program.h"
#include "source_look.h"

static unsigned port;

static pid_t serve(const char *name)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    pid_t pid;

    port = program_port();
    strbuf_addf(
        &b,
        "exec openssl s_server -quiet -accept 127.0.0.1:%u -cert %s.pem -key key.pem < /dev/null",
        port, name);
    {
        char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, xstrdup(strbuf_str(&b)), NULL};

        pid = program_start("s_server.log", argv);
        free(argv[2]);
    }
    program_listens(port);
    return pid;
}

static void make(const char *name, const char *days)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(&b,
                "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out %s.pem %s "
                "-subj '/O=shop/CN=localhost' -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1'",
                name, days);
    program_sh(strbuf_str(&b));
}

static bool openssl_is_there(void)
{
    return access("/usr/bin/openssl", X_OK) == 0;
}

T(a_certificate_that_is_trusted_is_valid_until_its_end)
{
    double left;
    struct look l;
    pid_t pid;

    if (!openssl_is_there())
        T_SKIP("openssl is not installed");
    make("year", "-days 365");
    pid = serve("year");
    begin();
    l = (struct look){
        .s = open_source("tls", "{'host': '127.0.0.1', 'port': %u, 'ca_file': 'year.pem'}", port)};
    T_OK(look_at(&l, clock_now_us()), l.s->err);
    T_CHECK(truth_of(&l, "up") && truth_of(&l, "valid") && !has(&l, "why"));
    left = number_of(&l, "expires_in");
    T_NEAR(left, 365.0 * 86400, 120);
    T_NEAR(number_of(&l, "not_after") - left, (double)clock_now_us() / 1e6, 60);
    T_CHECK(sv_has(text_of(&l, "issuer"), SV("shop")) &&
            sv_has(text_of(&l, "subject"), SV("localhost")));
    check_members(&l);
    source_free(l.s);
    end();
    program_stop(pid);
}

T(one_that_nobody_trusts_is_not_valid_but_its_end_is_known)
{
    struct look l;
    pid_t pid;

    if (!openssl_is_there())
        T_SKIP("openssl is not installed");
    make("day", "-days 1");
    pid = serve("day");
    begin();
    for (int round = 0; round < 2; round++) {
        l = (struct look){.s = open_source("tls", "{'host': '127.0.0.1', 'port': %u}", port)};
        T_OK(look_at(&l, clock_now_us()), l.s->err);
        T_CHECK(truth_of(&l, "up") && !truth_of(&l, "valid"));
        T_NEAR(number_of(&l, "expires_in"), 86400, 120);
        T_CHECK(sv_has(text_of(&l, "why"), SV("not trusted")));
        check_members(&l);
        source_free(l.s);
    }
    end();
    program_stop(pid);
}

T(without_tls_or_without_anybody_nothing_is_known_of_a_certificate)
{
    struct look l;
    int fd = raw_listen(4, &port);
    struct raw raw = {.fd = -1};

    (void)close(fd);
    begin();
    l = (struct look){.s = open_source("tls", "{'host': '127.0.0.1', 'port': %u}", port)};
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "up"));
    (void)member(&l, "valid", SAMPLE_NULL);
    (void)member(&l, "expires_in", SAMPLE_NULL);
    check_members(&l);
    source_free(l.s);
    raw_start(&raw, raw_silence);
    l = (struct look){.s = open_source("tls", "{'host': '127.0.0.1', 'port': %u}", raw.port)};
    start_look(&l, 0, 200);
    await_report(&l);
    T_OK(l.rc, l.s->err);
    T_CHECK(!truth_of(&l, "up"));
    start_look(&l, 0, 5000);
    source_cancel(l.s);
    await_report(&l);
    T_EQ(l.rc, ERR_INTERRUPTED);
    source_free(l.s);
    end();
    raw_stop(&raw);
}

static void treat_garbage(struct raw *r, int fd)
{
    (void)raw_wait(r, fd);
    (void)raw_send(r, fd, SV("220 mail.example.org ESMTP\r\n"));
}

T(what_answers_without_tls_is_not_up)
{
    struct raw raw = {.fd = -1};
    struct look l;

    raw_start(&raw, treat_garbage);
    begin();
    l = (struct look){.s = open_source("tls", "{'host': 'localhost', 'port': %u}", raw.port)};
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "up") && text_of(&l, "why").n > 0);
    source_free(l.s);
    end();
    raw_stop(&raw);
}

T(settings_that_name_no_server_are_refused)
{
    struct source *s;
    struct err err;

    begin();
    T_EQ(try_open("tls", "{\"host\": \"a\", \"port\": 0}", &s, &err), ERR_INVALID);
    T_OK(try_open("tls", "{\"host\": \"::1\"}", &s, &err), err);
    source_free(s);
    end();
}

T_MAIN(T_CASE(a_certificate_that_is_trusted_is_valid_until_its_end),
       T_CASE(one_that_nobody_trusts_is_not_valid_but_its_end_is_known),
       T_CASE(without_tls_or_without_anybody_nothing_is_known_of_a_certificate),
       T_CASE(what_answers_without_tls_is_not_up), T_CASE(settings_that_name_no_server_are_refused))
