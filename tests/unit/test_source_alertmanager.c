#include "net_server.h"
#include "source_look.h"
#include "watch/alerts.h"

#define AT_US 1771120860000000
#define BODY                                                                                              \
    "{\"version\":\"4\",\"alerts\":[{\"status\":\"firing\",\"labels\":{\"alertname\":\"Full\"}},"         \
    "{\"status\":\"resolved\",\"labels\":{\"alertname\":\"Slow\"},\"endsAt\":\"2026-02-15T02:03:00Z\"}]," \
    "\"truncatedAlerts\":3}"

T(what_was_heard_is_given_with_its_age)
{
    struct look l;
    struct err err;
    CLEANUP(alerts_freep) struct alerts *a = alerts_new();

    begin();
    env.alerts = a;
    l = (struct look){.s = open_source("alertmanager", "{'silence': '2s'}")};
    T_EQ(look_at(&l, AT_US), ERR_NOT_FOUND);
    T_CHECK(strstr(l.s->err.msg, "no Alertmanager has told anything yet") != NULL);
    T_OK(alerts_take(a, SV(BODY), AT_US - 1000000, &err), err);
    T_OK(look_at(&l, AT_US), l.s->err);
    T_NEAR(number_of(&l, "firing"), 1, 0);
    T_NEAR(number_of(&l, "truncated"), 3, 0);
    T_NEAR(number_of(&l, "age"), 1, 0.9);
    T_CHECK(sv_has(text_of(&l, "rows_json"), SV("\"alertname\":\"Full\"")));
    check_members(&l);
    T_OK(alerts_take(a, SV(BODY), AT_US - 3000000, &err), err);
    T_EQ(look_at(&l, AT_US), ERR_TIMEOUT);
    T_CHECK(strstr(l.s->err.msg, "has told anything for 3") != NULL);
    source_free(l.s);
    end();
}

T(nobody_listens_while_sources_are_tried)
{
    struct look l;

    begin();
    l = (struct look){.s = open_source("alertmanager", "{}")};
    T_EQ(look_at(&l, AT_US), ERR_NOT_FOUND);
    T_CHECK(strstr(l.s->err.msg, "only while somebody watches") != NULL);
    start_look(&l, 0, 5000);
    source_cancel(l.s);
    await_report(&l);
    T_EQ(l.rc, ERR_INTERRUPTED);
    source_free(l.s);
    end();
}

T(a_silence_that_is_no_time_is_refused)
{
    struct source *s;
    struct err err;

    begin();
    T_EQ(try_open("alertmanager", "{\"silence\": \"soon\"}", &s, &err), ERR_INVALID);
    T_EQ(try_open("alertmanager", "{\"silence\": \"0s\"}", &s, &err), ERR_INVALID);
    end();
}

T_MAIN(T_CASE(what_was_heard_is_given_with_its_age), T_CASE(nobody_listens_while_sources_are_tried),
       T_CASE(a_silence_that_is_no_time_is_refused))
