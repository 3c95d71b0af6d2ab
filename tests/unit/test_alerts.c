/* What an Alertmanager tells, message by message. */
#include "watch/alerts.h"

#include "base/file.h"
#include "base/sv.h"
#include "t.h"

#define S 1000000LL

static struct alerts *a;
static int64_t now_us = 1771120860 * S;

/* Messages with 'quotes' for "quotes"; ALERTS stands for the list of them. */
static enum err_code tell(const char *alerts, int truncated, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(&b, "{'version':'4','groupKey':'g','truncatedAlerts':%d,'alerts':[%s]}", truncated,
                alerts);
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] == '\'')
            b.p[i] = '"';
    return alerts_take(a, strbuf_sv(&b), now_us, err);
}

static void told(const char *alerts)
{
    struct err err;

    T_OK(tell(alerts, 0, &err), err);
}

#define FIRING(print, starts)                                                               \
    "{'status':'firing','labels':{'alertname':'Full','on':'" print "'},'startsAt':'" starts \
    "','endsAt':'0001-01-01T00:00:00Z','fingerprint':'" print "'}"
#define RESOLVED(print, starts, ends)                                                         \
    "{'status':'resolved','labels':{'alertname':'Full','on':'" print "'},'startsAt':'" starts \
    "','endsAt':'" ends "','fingerprint':'" print "'}"
#define T02 "2026-02-15T02:02:00Z"
#define T03 "2026-02-15T02:03:00Z"
#define T04 "2026-02-15T02:04:00Z"

/* "f1:firing f2:resolved", sorted as they came. */
static const char *state(void)
{
    static char text[400];
    CLEANUP(json_cleanup) json_t *rows = alerts_rows(a);
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s:%s", i ? " " : "",
                              json_get_str(row, "fingerprint", "?"),
                              json_get_str(row, "status", "?"));
    }
    return text;
}

T(a_message_of_alertmanager_is_read)
{
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
    CLEANUP(json_cleanup) json_t *rows = NULL;
    const json_t *row;
    struct err err;

    a = alerts_new();
    T_EQ(alerts_heard_us(a), ALERTS_NEVER);
    T_OK(file_read(TEST_CORPUS "/alerts/firing.json", 1 << 20, &body, &err), err);
    T_OK(alerts_take(a, strbuf_sv(&body), now_us, &err), err);
    T_EQ(alerts_heard_us(a), now_us);
    T_EQ(alerts_firing(a), 1);
    T_EQ(alerts_truncated(a), 0);
    rows = alerts_rows(a);
    T_EQ(json_array_size(rows), 1);
    row = json_array_get(rows, 0);
    T_SV(json_get_sv(row, "alertname"), "PoolFull");
    T_SV(json_get_sv(row, "service"), "web");
    T_SV(json_get_sv(row, "status"), "firing");
    T_SV(json_get_sv(row, "fingerprint"), "18d86c18363f52ba");
    T_SV(json_get_sv(row, "starts_at"), "2026-02-15T02:03:00Z");
    T_CHECK(!json_object_get(row, "ends_at"));
    alerts_free(a);
}

T(an_alert_is_itself_however_often_it_is_told)
{
    a = alerts_new();
    told(FIRING("f1", T02) "," FIRING("f2", T02));
    told(FIRING("f1", T02));
    T_STR(state(), "f1:firing f2:firing");
    told(RESOLVED("f1", T02, T03));
    told(RESOLVED("f1", T02, T03));
    T_STR(state(), "f1:resolved f2:firing");
    T_EQ(alerts_firing(a), 1);
    told(FIRING("f1", T04));
    T_STR(state(), "f1:firing f2:firing");
    told(RESOLVED("f1", T02, T03)); /* a message of before, that was late */
    T_STR(state(), "f1:firing f2:firing");
    told(RESOLVED("f1", T04, T04));
    T_STR(state(), "f1:resolved f2:firing");
    alerts_free(a);
}

T(what_contradicts_itself_is_firing)
{
    a = alerts_new();
    told(RESOLVED("f1", T02, "0001-01-01T00:00:00Z"));
    T_STR(state(), "f1:firing");
    told("{'status':'resolved','labels':{'alertname':'Full'},'fingerprint':'f2'}");
    T_STR(state(), "f1:firing f2:firing");
    told("{'status':'firing','labels':{'b':'1','a':'2','status':'mine'},'endsAt':'" T02 "'}");
    T_STR(state(), "f1:firing f2:firing {\"a\":\"2\",\"b\":\"1\",\"status\":\"mine\"}:firing");
    alerts_free(a);
}

T(what_is_left_out_stands_until_the_group_is_told_again)
{
    struct err err;

    a = alerts_new();
    T_OK(tell(FIRING("f1", T02), 7, &err), err);
    T_EQ(alerts_truncated(a), 7);
    T_OK(tell(FIRING("f1", T02), 3, &err), err);
    T_EQ(alerts_truncated(a), 3);
    told(FIRING("f1", T02));
    T_EQ(alerts_truncated(a), 0);
    alerts_free(a);
}

T(what_is_over_is_forgotten_and_what_fires_is_not)
{
    a = alerts_new();
    told(FIRING("f1", T02) "," RESOLVED("f2", T02, T03));
    now_us += ALERTS_RESOLVED_US;
    told("");
    T_STR(state(), "f1:firing f2:resolved");
    now_us += S;
    told("");
    T_STR(state(), "f1:firing");
    alerts_free(a);
}

T(a_message_that_is_wrong_changes_nothing)
{
    static const struct {
        const char *body, *why;
    } wrong[] = {
        {"", "line 1"},
        {"[]", "version \"4\""},
        {"{\"version\": \"3\", \"alerts\": []}", "version \"4\""},
        {"{\"version\": 4, \"alerts\": []}", "version \"4\""},
        {"{\"version\": \"4\"}", "no list of alerts"},
        {"{\"version\": \"4\", \"alerts\": {}}", "no list of alerts"},
        {"{\"version\": \"4\", \"alerts\": [1]}", "alert 1 is no object"},
        {"{\"version\": \"4\", \"alerts\": [{\"status\": \"pending\", \"labels\": {\"a\": \"b\"}}]}",
         "alert 1 is neither firing nor resolved"},
        {"{\"version\": \"4\", \"alerts\": [{\"status\": \"firing\"}]}", "alert 1 has no labels"},
        {"{\"version\": \"4\", \"alerts\": [{\"status\": \"firing\", \"labels\": {}}]}",
         "alert 1 has no labels"},
        {"{\"version\": \"4\", \"alerts\": [{\"status\": \"firing\", \"labels\": {\"a\": \"b\"}},"
         "{\"status\": \"firing\", \"labels\": {\"a\": 1}}]}",
         "alert 2 has no labels"},
    };
    struct err err;

    a = alerts_new();
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        T_EQ(alerts_take(a, sv_from(wrong[i].body), now_us, &err), ERR_INVALID);
        T_CHECK(strstr(err.msg, wrong[i].why) != NULL);
        T_EQ(alerts_heard_us(a), ALERTS_NEVER);
        T_STR(state(), "");
    }
    alerts_free(a);
}

T(there_is_a_most_of_alerts)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct err err;

    a = alerts_new();
    for (unsigned i = 0; i < ALERTS_MAX; i++)
        strbuf_addf(&b, "%s{'status':'firing','labels':{'a':'%u'}}", i ? "," : "", i);
    told(strbuf_str(&b));
    T_EQ(alerts_firing(a), ALERTS_MAX);
    T_EQ(tell(FIRING("f1", T02), 0, &err), ERR_LIMIT);
    T_EQ(alerts_firing(a), ALERTS_MAX);
    alerts_free(a);
}

T(another_process_goes_on_with_what_was_told)
{
    CLEANUP(json_cleanup) json_t *saved = NULL, *wrong = NULL;
    struct err err;

    a = alerts_new();
    T_OK(tell(FIRING("f1", T02) "," RESOLVED("f2", T02, T03), 2, &err), err);
    saved = alerts_save(a);
    alerts_free(a);
    a = alerts_new();
    T_OK(json_read(SV("{\"alerts\": {\"f\": {\"labels\": 1}}, \"groups\": {}}"), &wrong, &err),
         err);
    T_EQ(alerts_restore(a, wrong, &err), ERR_INVALID);
    T_EQ(alerts_restore(a, NULL, &err), ERR_INVALID);
    T_EQ(alerts_heard_us(a), ALERTS_NEVER);
    T_OK(alerts_restore(a, saved, &err), err);
    T_STR(state(), "f1:firing f2:resolved");
    T_EQ(alerts_truncated(a), 2);
    T_EQ(alerts_heard_us(a), now_us);
    told(RESOLVED("f1", T02, T03));
    T_STR(state(), "f1:resolved f2:resolved");
    alerts_free(a);
    alerts_free(NULL);
}

T(what_is_told_again_is_not_one_more)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct err err;

    a = alerts_new();
    for (unsigned i = 0; i < ALERTS_MAX; i++)
        strbuf_addf(&b, "%s{'status':'firing','labels':{'a':'%u'}}", i ? "," : "", i);
    told(strbuf_str(&b));
    told(strbuf_str(&b));
    told("{'status':'resolved','labels':{'a':'7'},'endsAt':'" T02 "'}");
    T_EQ(alerts_firing(a), ALERTS_MAX - 1);
    T_EQ(tell(FIRING("f1", T02), 0, &err), ERR_LIMIT);
    alerts_free(a);
}

T(there_is_a_most_of_groups_that_leave_some_out)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct err err;

    a = alerts_new();
    for (unsigned i = 0; i <= ALERTS_MAX; i++) {
        strbuf_truncate(&b, 0);
        strbuf_addf(&b,
                    "{\"version\":\"4\",\"groupKey\":\"%u\",\"truncatedAlerts\":1,\"alerts\":[]}",
                    i % ALERTS_MAX);
        T_OK(alerts_take(a, strbuf_sv(&b), now_us, &err), err);
    }
    T_EQ(alerts_truncated(a), ALERTS_MAX);
    told(FIRING("f1", T02)); /* a group more, that leaves nothing out */
    T_EQ(tell(FIRING("f1", T02), 1, &err), ERR_LIMIT);
    T_EQ(alerts_truncated(a), ALERTS_MAX);
    alerts_free(a);
}

/* --- the list of messages, in tests/corpus/alerts_cases.json --- */

static unsigned status_of(enum err_code rc)
{
    return rc == ERR_OK ? 200 : rc == ERR_LIMIT ? 413 : 400; /* as the watch answers */
}

static void take_case(const json_t *c)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(c, "told"), i, one)
    {
        CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
        const json_t *tree = json_object_get(one, "body");
        struct err err = {0};
        enum err_code rc;

        now_us += json_get_int(one, "after_s", 0) * S;
        strbuf_add_sv(&body, json_get_sv(one, "text"));
        if (tree)
            json_write(tree, &body);
        rc = alerts_take(a, strbuf_sv(&body), now_us, &err);
        if (status_of(rc) != (unsigned)json_get_int(one, "status", 0) ||
            !strstr(err.msg, json_get_str(one, "why", "")))
            T_FAIL("%s: message %zu: %u, %s", json_get_str(c, "name", "?"), i + 1, status_of(rc),
                   err.msg);
    }
}

/* Each row of `want` is there, with all that it names. */
static void check_case(const json_t *c)
{
    CLEANUP(json_cleanup) json_t *rows = alerts_rows(a);
    const json_t *want = json_object_get(c, "rows"), *w, *row;
    size_t i, k, firing = 0;

    T_EQ(json_array_size(rows), json_array_size(want));
    json_array_foreach(want, i, w)
    {
        CLEANUP(json_cleanup) json_t *both = NULL;

        json_array_foreach(rows, k, row) if (json_equal(json_object_get(row, "fingerprint"),
                                                        json_object_get(w, "fingerprint")))
        {
            both = json_deep_copy(row);
            (void)json_object_update(both,
                                     (json_t *)(uintptr_t)w); /* the same again, or it differs */
            T_CHECK(json_equal(both, row));
        }
        if (!both)
            T_FAIL("%s: there is no '%s'", json_get_str(c, "name", "?"),
                   json_get_str(w, "fingerprint", "?"));
        firing += sv_is(json_get_sv(w, "status"), "firing");
    }
    T_EQ(alerts_firing(a), firing);
    T_EQ((int64_t)alerts_truncated(a), json_get_int(c, "truncated", -1));
}

T(each_message_of_the_list_is_answered_and_taken_as_it_says)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(json_cleanup) json_t *all = NULL;
    const json_t *c;
    struct err err;
    size_t i;

    T_OK(file_read(TEST_CORPUS "/alerts_cases.json", 1 << 20, &text, &err), err);
    T_OK(json_read(strbuf_sv(&text), &all, &err), err);
    json_array_foreach(json_object_get(all, "alertmanager_push"), i, c)
    {
        printf("# %s\n", json_get_str(c, "name", "?"));
        a = alerts_new();
        take_case(c);
        check_case(c);
        alerts_free(a);
    }
    T_CHECK(i > 80);
    t_vectors("interop.json", "alertmanager_push", "own", i);
}

T_MAIN(T_CASE(a_message_of_alertmanager_is_read),
       T_CASE(an_alert_is_itself_however_often_it_is_told),
       T_CASE(what_contradicts_itself_is_firing),
       T_CASE(what_is_left_out_stands_until_the_group_is_told_again),
       T_CASE(what_is_over_is_forgotten_and_what_fires_is_not),
       T_CASE(a_message_that_is_wrong_changes_nothing), T_CASE(there_is_a_most_of_alerts),
       T_CASE(what_is_told_again_is_not_one_more),
       T_CASE(there_is_a_most_of_groups_that_leave_some_out),
       T_CASE(each_message_of_the_list_is_answered_and_taken_as_it_says),
       T_CASE(another_process_goes_on_with_what_was_told))
