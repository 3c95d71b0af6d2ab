#include "notify/notice.h"

#include "base/sv.h"
#include "t.h"

static struct plan plan = {.environment = {"prod", 4}, .title = {"Shop", 4}};
static struct plan_source receivers[] = {{.name = {"ops", 3}}, {.name = {"dba", 3}}};

/* The notice of an event, 'quotes' for "quotes". */
static bool of(enum event_kind kind, const char *data, struct arena *a, struct notice *n)
{
    CLEANUP(mem_freep) char *text = xstrdup(data);
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct event e = {
        .run = 42, .seq = 17, .at_us = 1771120860000000, .kind = kind, .step = SV("2/1")};
    struct err err;

    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    T_OK(json_read(sv_from(text), &j, &err), err);
    plan.receivers = receivers;
    plan.n_receivers = ARRAY_LEN(receivers);
    return notice_of_event(&plan, &e, j, a, n);
}

T(each_kind_of_event_says_what_people_want_to_know)
{
    static const struct {
        enum event_kind kind;
        const char *data, *event, *severity, *text;
        bool lasts, firing;
    } rows[] = {
        {EVENT_RUN_STARTED, "{}", "started", "info", "it has begun", false, false},
        {EVENT_MARK, "{}", "deploy", "info", "deployed", false, false},
        {EVENT_GATE_WAITING, "{'for':'approval by dba','why':'0 of 2'}", "gate", "info",
         "step 2/1 waits: approval by dba: 0 of 2", false, false},
        {EVENT_GATE_WAITING, "{'for':'window'}", "gate", "info", "step 2/1 waits: window", false,
         false},
        {EVENT_VERDICT, "{'verdict':'ROLLBACK','text':'errors'}", "verdict", "critical", "errors",
         true, true},
        {EVENT_VERDICT, "{'verdict':'INVESTIGATE'}", "verdict", "warning",
         "the verdict is INVESTIGATE", true, true},
        {EVENT_VERDICT, "{'verdict':'OK'}", "verdict", "info", "the verdict is OK", true, false},
        {EVENT_CHECKPOINT, "{'name':'T+5m','verdict':'OK'}", "checkpoint", "info",
         "checkpoint T+5m: OK", false, false},
        {EVENT_CHECKPOINT, "{'name':'T+5m','verdict':'INVESTIGATE','text':'slow'}", "checkpoint",
         "warning", "checkpoint T+5m: INVESTIGATE: slow", false, false},
        {EVENT_ROLLBACK_STARTED, "{'reason':'errors'}", "rollback", "critical",
         "the way back begins: errors", false, false},
        {EVENT_RUN_WAITING, "{'exit':4,'why':'step 2 failed'}", "failed", "critical",
         "it failed: step 2 failed", false, false},
        {EVENT_RUN_WAITING, "{'exit':6,'why':'x','way_back':true}", "failed", "critical",
         "the way back failed: x", false, false},
        {EVENT_RUN_FINISHED, "{'outcome':'done'}", "done", "info", "done", true, false},
        {EVENT_RUN_FINISHED, "{'outcome':'investigate','verdict_text':'slow'}", "done", "warning",
         "done, but people should look: slow", true, false},
        {EVENT_RUN_FINISHED, "{'outcome':'rolled-back'}", "rolled-back", "critical", "rolled back",
         true, false},
        {EVENT_RUN_FINISHED, "{'outcome':'rollback-due'}", "failed", "critical",
         "the verdict is ROLLBACK, nothing was carried out", true, false},
        {EVENT_FLAG_OUTCOME,
         "{'flag':'NEW','to':'off','rule':'q','result':'in-effect','ms':1200,'consumers':1}",
         "flag", "warning", "flag NEW to off: in-effect, 1.2 s after the verdict", false, false},
        {EVENT_FLAG_OUTCOME,
         "{'flag':'NEW','to':'off','rule':'q','result':'failed','ms':30000,'why':'no answer'}",
         "flag", "critical", "flag NEW to off: failed, 30.0 s after the verdict: no answer", false,
         false},
        {EVENT_MESSAGE, "{'when':'start','text':'We begin.\\n'}", "message", "info", "We begin.",
         false, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena a = {.used = 0};
        struct notice n;

        T_CHECK(of(rows[i].kind, rows[i].data, &a, &n));
        if (!sv_eq(json_get_sv(n.body, "text"), sv_from(rows[i].text)) ||
            !sv_eq(json_get_sv(n.body, "event"), sv_from(rows[i].event)) ||
            !sv_eq(json_get_sv(n.body, "severity"), sv_from(rows[i].severity)))
            T_FAIL("row %zu says %s", i, json_dumps(n.body, 0));
        T_EQ(n.key.n > 0, rows[i].lasts);
        T_EQ(n.firing, rows[i].firing);
        T_SV(json_get_sv(n.body, "run"), "r-0042");
        T_SV(json_get_sv(n.body, "environment"), "prod");
        json_decref(n.body);
        arena_release(&a);
    }
}

T(the_deploy_mark_speaks_of_rules_where_there_are_some)
{
    struct plan_rule rules[] = {{.dropped = true}, {.dropped = false}};
    struct arena a = {.used = 0};
    struct notice n;

    plan.rules = rules;
    plan.n_rules = 1;
    T_CHECK(of(EVENT_MARK, "{}", &a, &n));
    T_SV(json_get_sv(n.body, "text"), "deployed");
    json_decref(n.body);
    plan.n_rules = 2;
    T_CHECK(of(EVENT_MARK, "{}", &a, &n));
    T_SV(json_get_sv(n.body, "text"), "deployed: rules are judged from here on");
    json_decref(n.body);
    plan.rules = NULL;
    plan.n_rules = 0;
    arena_release(&a);
}

T(of_what_concerns_nobody_there_is_no_notice)
{
    static const struct {
        enum event_kind kind;
        const char *data;
    } rows[] = {{EVENT_STEP_INTENT, "{}"},
                {EVENT_GATE_WAITING, "{'gate':'question','for':'an answer of ann'}"},
                {EVENT_VERDICT, "{'verdict':'HOLD','quiet':true}"},
                {EVENT_RUN_WAITING, "{'exit':7}"},
                {EVENT_RUN_FINISHED, "{'outcome':'of a newer version'}"},
                {EVENT_RULE_STATE, "{'state':'good','text':'page ops when x > 1'}"},
                {EVENT_RULE_STATE, "{'state':'fired','text':'rollback when x > 1'}"},
                {EVENT_RULE_STATE, "{'state':'fired','text':'page nobody when x > 1'}"},
                {EVENT_RULE_STATE, "{'state':'fired','text':'flag-off ops when x > 1'}"},
                {EVENT_RULE_STATE, "{'state':'fired','text':'no rule'}"}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena a = {.used = 0};
        struct notice n;

        if (of(rows[i].kind, rows[i].data, &a, &n))
            T_FAIL("row %zu has one", i);
        arena_release(&a);
    }
}

T(a_rule_that_fires_tells_whom_it_names)
{
    static const struct {
        const char *text, *severity;
        size_t n;
    } rows[] = {{"page ops when x > 1", "critical", 1},
                {"alert dba, rollback when x > 1", "warning", 1},
                {"info ops when x > 1", "info", 1},
                {"expect x < 1 else page ops", "critical", 1}};
    CLEANUP(strbuf_release) struct strbuf data = STRBUF(0);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena a = {.used = 0};
        struct notice n;

        strbuf_truncate(&data, 0);
        strbuf_addf(&data, "{'rule':'r','text':'%s','state':'fired','explain':'x is 7'}",
                    rows[i].text);
        T_CHECK(of(EVENT_RULE_STATE, strbuf_str(&data), &a, &n));
        T_EQ(n.kind, NOTICE_ALERT);
        T_EQ(n.n_to, rows[i].n);
        T_CHECK(n.firing);
        T_SV(n.key, "rule/r");
        T_CHECK(sv_is(json_get_sv(n.body, "severity"), rows[i].severity));
        json_decref(n.body);
        arena_release(&a);
    }
}

T(every_kind_has_a_name_and_is_found_by_it)
{
    for (unsigned i = 0; i < NOTICE_KIND__N; i++) {
        enum notice_kind kind = NOTICE_KIND__N;

        T_CHECK(notice_kind_of(sv_from(notice_kinds[i]), &kind));
        T_EQ(kind, i);
    }
    T_CHECK(!notice_kind_of(SV("nothing"), &(enum notice_kind){0}));
}

T_MAIN(T_CASE(each_kind_of_event_says_what_people_want_to_know),
       T_CASE(the_deploy_mark_speaks_of_rules_where_there_are_some),
       T_CASE(of_what_concerns_nobody_there_is_no_notice),
       T_CASE(a_rule_that_fires_tells_whom_it_names),
       T_CASE(every_kind_has_a_name_and_is_found_by_it))
