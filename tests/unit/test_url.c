/* Addresses: what can be asked, and what is wrong with the rest. */
#include "net/url.h"

#include "base/sv.h"
#include "t.h"

T(what_can_be_asked_is_taken)
{
    static const char *const rows[][2] = {
        {"http://h", "http https"},
        {"https://h:8443/p?q=a:b@c#d", "http https"},
        {"HTTP://ana:s3cret@h:80/", "http https"},
        {"http://[::1]:9090/metrics", "http https"},
        {"http://[::1]", "http https"},
        {"http://h?x=1", "http"},
        {"smtps://mail.example.org:465", "smtp smtps"},
        {"http://ana:p@ss@h:65535", "http https"},
    };
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        T_OK(url_check(sv_from(rows[i][0]), rows[i][1], &err), err);
}

T(what_cannot_be_asked_is_refused_with_the_reason)
{
    static const struct {
        const char *url, *why;
    } rows[] = {
        {"", "does not begin with http://"},
        {"h:9090/metrics", "does not begin with http://"},
        {"ftp://h", "does not begin with http://"},
        {"http:/h", "does not begin with http://"},
        {"http://", "names no host"},
        {"http:///metrics", "names no host"},
        {"http://ana@/p", "names no host"},
        {"http://:80", "names no host"},
        {"http://[::1:80", "names no host"},
        {"http://h:", "the port ''"},
        {"http://h:0/", "the port '0'"},
        {"http://h:65536", "the port '65536'"},
        {"http://h:80a", "the port '80a'"},
        {"http://h /p", "a blank in it"},
        {"http://h/\n", "a blank in it"},
        {"http://h/\x7f", "a blank in it"},
    };
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        T_EQ(url_check(sv_from(rows[i].url), "http https", &err), ERR_INVALID);
        if (!strstr(err.msg, rows[i].why))
            T_FAIL("'%s': %s", rows[i].url, err.msg);
    }
}

T(a_password_is_in_no_message)
{
    struct err err;

    T_EQ(url_check(SV("http://ana:s3cret@h:x"), "http", &err), ERR_INVALID);
    T_CHECK(!strstr(err.msg, "s3cret"));
}

T_MAIN(T_CASE(what_can_be_asked_is_taken), T_CASE(what_cannot_be_asked_is_refused_with_the_reason),
       T_CASE(a_password_is_in_no_message))
