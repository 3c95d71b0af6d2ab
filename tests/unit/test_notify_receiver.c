#include "notify/receiver.h"

#include <sodium.h>

#include "base/sv.h"
#include "notify/outbox.h"
#include "t.h"

static json_t *from_text(const char *text)
{
    CLEANUP(mem_freep) char *copy = xstrdup(text);
    struct err err;
    json_t *j = NULL;

    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    T_OK(json_read(sv_from(copy), &j, &err), err);
    return j;
}

T(settings_are_checked_by_their_kind)
{
    static const struct {
        const char *kind, *settings, *message;
    } rows[] = {
        {"slick", "{}", "there is no kind of receiver 'slick'"},
        {"slack", "{}", "'url' is missing"},
        {"slack", "{'url':'x','urk':'y'}", "there is no setting 'urk' for the kind 'slack'"},
        {"slack", "{'url':'x','on':'done'}", "'on' must be a list of texts"},
        {"slack", "{'url':'x','on':[1]}", "'on' must be a list of texts"},
        {"slack", "{'url':'x','on':['verdicts']}", "there is no event 'verdicts'"},
        {"slack", "{'url':'x','on':['qqqqqqqq']}", "there is no event 'qqqqqqqq'"},
        {"q", "{}", "there is no kind of receiver 'q'"},
        {"slack", "{'url':'x'}", "'url': the URL does not begin with http://"},
        {"webhook", "{'url':'smtp://h'}", "'url': the URL does not begin with http://"},
        {"alertmanager", "{'url':'http://:9093'}", "'url': the URL names no host"},
        {"grafana", "{'url':'http://h:port'}", "the port 'port', which is none"},
        {"email", "{'url':'http://h','from':'a@b','to':['c@d']}",
         "'url': the URL does not begin with smtp://"},
        {"email", "{'url':'smtp://h','from':'ana','to':['c@d']}",
         "'from' has 'ana', which is no address"},
        {"email", "{'url':'smtp://h','from':'a@b','to':['c@d','dba']}",
         "'to' has 'dba', which is no address"},
        {"email", "{'url':'smtp://h','from':'a@b','to':[]}", "'to' is empty"},
    };
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(json_cleanup) json_t *settings = from_text(rows[i].settings);

        T_EQ(receiver_check(sv_from(rows[i].kind), settings, &err), ERR_INVALID);
        if (!strstr(err.msg, rows[i].message))
            T_FAIL("row %zu says '%s'", i, err.msg);
    }
    {
        CLEANUP(json_cleanup)
        json_t *settings = from_text("{'url':'http://h','on':['verdict','done']}");
        struct plan_source to = {.name = SV("me"), .kind = SV("slack"), .settings = settings};
        struct plan p = {.receivers = &to, .n_receivers = 1};

        T_OK(outbox_check(&p, &err), err);
        to.kind = SV("slick");
        T_EQ(outbox_check(&p, &err), ERR_INVALID);
        T_CHECK(strstr(err.msg, "notify 'me'") && strstr(err.hint, "slack"));
    }
}

T(what_names_a_secret_is_looked_at_when_it_is_known)
{
    static const char *const rows[][2] = {
        {"slack", "{'url':'$SLACK_URL'}"},
        {"email", "{'url':'$MAIL','from':'$FROM','to':['$DBA','a@b']}"},
        {"email", "{'url':'SMTPS://user@[::1]:465','from':'a@b','to':['a@b']}"},
        {"command", "{'command':'true'}"},
    };
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(json_cleanup) json_t *settings = from_text(rows[i][1]);

        T_OK(receiver_check(sv_from(rows[i][0]), settings, &err), err);
    }
}

T(who_is_told_of_what_is_said_by_on_or_by_the_kind)
{
    CLEANUP(json_cleanup) json_t *on = from_text("{'on':['done']}"), *none = json_object();

    T_CHECK(receiver_wants(&receiver_slack, on, NOTICE_DONE));
    T_CHECK(!receiver_wants(&receiver_slack, on, NOTICE_VERDICT));
    T_CHECK(receiver_wants(&receiver_slack, none, NOTICE_VERDICT));
    T_CHECK(!receiver_wants(&receiver_slack, none, NOTICE_STARTED));
    T_CHECK(receiver_wants(&receiver_grafana, none, NOTICE_DEPLOY));
}

T(an_entry_of_a_list_is_called_by_its_text_unless_that_is_secret_or_there_twice)
{
    CLEANUP(json_cleanup) json_t *list = from_text("['a@b',{'secret':'$X'},'c@d','c@d']");
    CLEANUP(arena_release) struct arena a = {0};

    T_SV(receiver_part(list, 0, &a), "a@b");
    T_SV(receiver_part(list, 1, &a), "#2");
    T_SV(receiver_part(list, 2, &a), "#3");
    T_SV(receiver_part(list, 3, &a), "#4");
}

T(a_webhook_is_signed_with_its_key)
{
    CLEANUP(json_cleanup) json_t *settings = from_text("{'url':'http://h','key':'geheim'}");
    CLEANUP(json_cleanup) json_t *body = from_text("{'run':'r-0001','event':'done','text':'done'}");
    unsigned char want[crypto_auth_hmacsha256_BYTES];
    char hex[2 * sizeof(want) + 1];
    struct receiver_item item = {.body = body, .id = SV("r-0001/1/me")};
    struct receiver_call call = {.items = &item, .n = 1, .settings = settings};
    struct receiver_out out = {.n_fields = 0};
    crypto_auth_hmacsha256_state state;
    struct err err;

    T_OK(receiver_webhook.make(&call, &out, &err), err);
    (void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)"geheim", 6);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)out.body.p, out.body.n);
    (void)crypto_auth_hmacsha256_final(&state, want);
    (void)sodium_bin2hex(hex, sizeof(hex), want, sizeof(want));
    T_EQ(out.http.n_fields, 3);
    T_SV(out.http.fields[2].name, "X-Prusik-Signature");
    T_CHECK(sv_eq(sv_sub(out.http.fields[2].value, 7, SIZE_MAX), sv_from(hex)));
    T_CHECK(!sv_has(strbuf_sv(&out.body), SV("geheim")));
    strbuf_release(&out.body);
    arena_release(&out.arena);
}

T(what_slack_takes_for_special_is_escaped_and_several_go_together)
{
    CLEANUP(json_cleanup)
    json_t *settings = from_text("{'url':'http://h','channel':'#ops'}"), *j = NULL;
    CLEANUP(json_cleanup)
    json_t *one = from_text("{'severity':'critical','text':'a < b & c > d','rule':'x<y'}");
    CLEANUP(json_cleanup)
    json_t *two = from_text("{'severity':'info','text':'two','title':'Shop'}");
    struct receiver_item items[] = {{.body = one, .lasts = true}, {.body = two}};
    struct receiver_call call = {.items = items, .n = 2, .settings = settings};
    struct receiver_out out = {.n_fields = 0};
    const json_t *attachments;
    struct err err;

    T_OK(receiver_slack.make(&call, &out, &err), err);
    T_OK(json_read(strbuf_sv(&out.body), &j, &err), err);
    T_CHECK(sv_has(json_get_sv(j, "text"), SV("a &lt; b &amp; c &gt; d\n")));
    T_SV(json_get_sv(j, "channel"), "#ops");
    attachments = json_object_get(j, "attachments");
    T_EQ(json_array_size(attachments), 2);
    T_SV(json_get_sv(json_array_get(attachments, 0), "title"), "x&lt;y");
    T_SV(json_get_sv(json_array_get(attachments, 0), "color"), "#27ae60"); /* it has ended */
    T_SV(json_get_sv(json_array_get(attachments, 1), "title"), "Shop");
    strbuf_release(&out.body);
    arena_release(&out.arena);
}

T_MAIN(T_CASE(settings_are_checked_by_their_kind),
       T_CASE(what_names_a_secret_is_looked_at_when_it_is_known),
       T_CASE(who_is_told_of_what_is_said_by_on_or_by_the_kind),
       T_CASE(an_entry_of_a_list_is_called_by_its_text_unless_that_is_secret_or_there_twice),
       T_CASE(a_webhook_is_signed_with_its_key),
       T_CASE(what_slack_takes_for_special_is_escaped_and_several_go_together))
