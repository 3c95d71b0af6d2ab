#include "watch/target.h"

#include "base/sv.h"
#include "t.h"

static json_t *settings_of(const char *text)
{
    json_t *j = NULL;
    struct err err;

    T_OK(json_read(sv_from(text), &j, &err), err);
    return j;
}

#define ALL                                                                                      \
    "{\"url\": \"http://h/p\", \"headers\": {\"A\": \"1\", \"B\": \"\"}, \"bearer\": \"t0ken\"," \
    " \"ca_file\": \"ca\", \"cert_file\": \"cert\", \"key_file\": \"key\", \"insecure\": true,"  \
    " \"unix_socket\": \"s\", \"follow\": 3, \"max_bytes\": 77}"

/* All of them, from a tree that is gone. */
static struct target open_all(void)
{
    CLEANUP(json_cleanup) json_t *j = settings_of(ALL);
    struct target t = {.bearer = NULL};
    struct err err;

    T_OK(target_open(&t, j, &err), err);
    return t;
}

T(every_setting_has_its_place_in_the_request)
{
    struct target t = open_all();

    T_SV(t.spec.url, "http://h/p");
    T_SV(t.spec.bearer, "t0ken");
    T_STR(t.spec.ca_file, "ca");
    T_STR(t.spec.cert_file, "cert");
    T_STR(t.spec.key_file, "key");
    T_STR(t.spec.unix_socket, "s");
    T_CHECK(t.spec.no_verify);
    T_EQ(t.spec.max_redirects, 3);
    T_EQ(t.spec.max_body, 77);
    target_release(&t);
    T_CHECK(!t.bearer && !t.spec.url.p);
}

T(header_fields_keep_their_order_and_an_empty_value)
{
    struct target t = open_all();

    T_EQ(t.spec.n_fields, 2);
    T_SV(t.spec.fields[0].name, "A");
    T_SV(t.spec.fields[0].value, "1");
    T_SV(t.spec.fields[1].name, "B");
    T_SV(t.spec.fields[1].value, "");
    target_release(&t);
}

T(what_is_not_set_is_as_careful_as_can_be)
{
    CLEANUP(json_cleanup) json_t *j = settings_of("{\"url\": \"http://h/p\"}");
    struct target t = {.bearer = NULL};
    struct err err;

    T_OK(target_open(&t, j, &err), err);
    T_CHECK(!t.spec.no_verify && !t.spec.ca_file && !t.spec.cert_file && !t.spec.key_file);
    T_CHECK(!t.spec.unix_socket && !t.spec.bearer.n && !t.spec.n_fields);
    T_EQ(t.spec.max_redirects, 0);
    T_EQ(t.spec.max_body, 0);
    target_release(&t);
    target_release(&t); /* harmless */
}

T(a_number_beyond_its_limit_is_refused)
{
    static const struct {
        const char *settings, *msg;
    } cases[] = {{"{\"url\": \"http://h\", \"max_bytes\": 1073741824, \"follow\": 50}", NULL},
                 {"{\"url\": \"http://h\", \"max_bytes\": 1073741825}",
                  "'max_bytes' is more than 1073741824"},
                 {"{\"url\": \"http://h\", \"follow\": 51}", "'follow' is more than 50"},
                 {"{\"url\": \"$SECRET_URL\"}", NULL},
                 {"{\"url\": \"h:9090\"}", "'url': the URL does not begin with http://"}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(json_cleanup) json_t *j = settings_of(cases[i].settings);
        struct target t = {.bearer = NULL};
        struct err err = {0};

        T_EQ(target_open(&t, j, &err), cases[i].msg ? ERR_INVALID : ERR_OK);
        T_STR(err.msg, cases[i].msg ? cases[i].msg : "");
        target_release(&t);
    }
}

T_MAIN(T_CASE(every_setting_has_its_place_in_the_request),
       T_CASE(header_fields_keep_their_order_and_an_empty_value),
       T_CASE(what_is_not_set_is_as_careful_as_can_be),
       T_CASE(a_number_beyond_its_limit_is_refused))
