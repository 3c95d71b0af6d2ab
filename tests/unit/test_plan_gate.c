/* Gates: what the binding says, when a window is open, and who has approved. */
#include "base/clock.h"
#include "test_plan_util.h"

#define DOC                                                                                          \
    "# Doc\n\n## Deployment\n\n### 1. First\n\n```bash\necho one\n```\n\n### 2. Second\n\n```bash\n" \
    "echo two\n```\n\n## Rollback\n\n```bash\necho back\n```\n"
#define HEAD "environment: test\n"

static int64_t at(const char *text)
{
    int64_t us = 0;

    T_CHECK(clock_parse(sv_from(text), &us));
    return us / CLOCK_US_PER_S;
}

/* The only gates of step 1, with zones opened. */
struct gates {
    struct world w;
    const struct plan_step *s;
    plan_zones zones;
};

static void gates_make(struct gates *g, const char *yaml)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    *g = (struct gates){.s = NULL};
    strbuf_addf(&text, HEAD "%s", yaml);
    world_make(&g->w, DOC, strbuf_str(&text));
    g->s = find_step(&g->w, "deployment/1/1");
    for (size_t i = 0; i < g->s->n_gates; i++)
        T_OK(plan_zones_open(&g->zones, &g->s->gates[i], &g->w.err), g->w.err);
}

static void gates_end(struct gates *g)
{
    plan_zones_release(&g->zones);
    world_end(&g->w);
}

static void is_inside(const struct gates *g, const char *now, bool inside, const char *change)
{
    struct plan_gate_time t = plan_gate_at(&g->s->gates[0], &g->zones, at(now));

    if (t.inside != inside || t.change_s != (change ? at(change) : PLAN_GATE_FOREVER))
        T_FAIL("%s: inside %d, until %s", now, t.inside,
               t.change_s == PLAN_GATE_FOREVER ? "for ever"
                                               : clock_format_s(t.change_s * CLOCK_US_PER_S).s);
}

static void reads_as(const struct gates *g, const char *moment, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    plan_gate_say_moment(&g->s->gates[0], &g->zones, at(moment), &text);
    T_STR(strbuf_str(&text), want);
}

T(a_moment_is_told_by_the_clock_of_the_gate)
{
    struct gates g;

    gates_make(&g,
               "gates: {\"1\": {window: {from: \"22:00\", to: \"04:00\", zone: Europe/Berlin}}}\n");
    reads_as(&g, "2026-11-16T23:30:00Z", "2026-11-16T23:30:00Z, 00:30 on tue in Europe/Berlin");
    reads_as(&g, "2026-07-06T20:00:00Z", "2026-07-06T20:00:00Z, 22:00 on mon in Europe/Berlin");
    gates_end(&g);
    gates_make(&g, "gates: {\"1\": {window: {from: \"22:00\", to: \"04:00\", zone: UTC}}}\n");
    reads_as(&g, "2026-11-16T22:00:00Z", "2026-11-16T22:00:00Z");
    gates_end(&g);
}

T(a_window_is_open_on_its_days_and_over_midnight)
{
    struct gates g;

    gates_make(&g,
               "gates: {\"1\": {window: {days: [mon-thu], from: \"22:00\", to: \"04:00\", zone: "
               "Europe/Berlin}}}\n");
    T_SV(g.s->gates[0].text, "mon-thu 22:00 to 04:00 Europe/Berlin");
    is_inside(&g, "2026-11-16T20:59:59Z", false, "2026-11-16T21:00:00Z"); /* a Monday */
    is_inside(&g, "2026-11-16T21:00:00Z", true, "2026-11-17T03:00:00Z");
    is_inside(&g, "2026-11-17T02:59:59Z", true, "2026-11-17T03:00:00Z");
    is_inside(&g, "2026-11-17T03:00:00Z", false, "2026-11-17T21:00:00Z");
    is_inside(&g, "2026-11-20T02:00:00Z", true,
              "2026-11-20T03:00:00Z"); /* Friday: Thursday's night */
    is_inside(&g, "2026-11-20T22:00:00Z", false, "2026-11-23T21:00:00Z");
    is_inside(&g, "2026-07-06T20:00:00Z", true, "2026-07-07T02:00:00Z"); /* in summer */
    gates_end(&g);
}

T(a_window_may_have_several_spans_and_a_default_zone)
{
    struct gates g;

    gates_make(&g, "zone: UTC\ngates:\n  \"1\":\n    window:\n"
                   "      - {days: sat, from: \"10:00\", to: \"12:00\"}\n"
                   "      - {from: \"11:00:30\", to: \"11:30\"}\n"
                   "      - {days: [sun]}\n");
    T_SV(g.s->gates[0].text, "sat 10:00 to 12:00 UTC, or 11:00:30 to 11:30 UTC, or sun UTC");
    is_inside(&g, "2026-11-20T11:00:00Z", false, "2026-11-20T11:00:30Z");
    is_inside(&g, "2026-11-21T11:15:00Z", true, "2026-11-21T12:00:00Z"); /* a Saturday: both */
    is_inside(&g, "2026-11-22T00:00:00Z", true, "2026-11-23T00:00:00Z");
    gates_end(&g);
}

T(a_span_from_weekday_to_weekday_lasts_over_the_weekend)
{
    struct gates g;

    gates_make(
        &g,
        "gates: {\"1\": {freeze: {from: fri 16:00, to: Monday 06:00, zone: UTC, why: no weekend}}}\n");
    T_EQ(g.s->gates[0].kind, PLAN_GATE_FREEZE);
    T_SV(g.s->gates[0].why, "no weekend");
    is_inside(&g, "2026-11-20T15:59:59Z", false, "2026-11-20T16:00:00Z");
    is_inside(&g, "2026-11-22T12:00:00Z", true, "2026-11-23T06:00:00Z");
    is_inside(&g, "2026-11-23T06:00:00Z", false, "2026-11-27T16:00:00Z");
    gates_end(&g);
    gates_make(&g, "gates: {\"1\": {freeze: {from: fri 16:00, to: fri 06:00, zone: UTC}}}\n");
    is_inside(&g, "2026-11-27T05:00:00Z", true, "2026-11-27T06:00:00Z"); /* all but ten hours */
    gates_end(&g);
}

T(a_freeze_with_dates_is_once_and_its_last_date_belongs_to_it)
{
    struct gates g;

    gates_make(
        &g, "gates: {\"1\": {freeze: {from: 2026-12-20, to: 2027-01-02, zone: Europe/Berlin}}}\n");
    is_inside(&g, "2026-12-19T22:59:59Z", false, "2026-12-19T23:00:00Z");
    is_inside(&g, "2027-01-02T22:59:59Z", true, "2027-01-02T23:00:00Z");
    is_inside(&g, "2027-01-02T23:00:00Z", false, NULL);
    gates_end(&g);
    gates_make(
        &g,
        "gates: {\"1\": {freeze: {from: 2026-12-20 12:00, to: 2026-12-20T13:30:15, zone: UTC}}}\n");
    is_inside(&g, "2026-12-20T13:30:14Z", true, "2026-12-20T13:30:15Z");
    gates_end(&g);
}

T(where_clocks_are_changed_a_window_is_short_and_a_freeze_is_long)
{
    struct gates g;

    gates_make(&g,
               "gates: {\"1\": {window: {from: \"02:30\", to: \"06:00\", zone: Europe/Berlin}}}\n");
    is_inside(&g, "2026-03-28T12:00:00Z", false, "2026-03-29T01:30:00Z"); /* 02:30 does not exist */
    is_inside(&g, "2026-10-24T12:00:00Z", false, "2026-10-25T01:30:00Z"); /* the second 02:30 */
    gates_end(&g);
    gates_make(&g,
               "gates: {\"1\": {window: {from: \"00:00\", to: \"02:30\", zone: Europe/Berlin}}}\n");
    is_inside(&g, "2026-10-25T00:00:00Z", true, "2026-10-25T00:30:00Z"); /* until the first */
    gates_end(&g);
    gates_make(&g,
               "gates: {\"1\": {freeze: {from: \"02:30\", to: \"02:45\", zone: Europe/Berlin}}}\n");
    is_inside(&g, "2026-10-24T12:00:00Z", false, "2026-10-25T00:30:00Z");
    is_inside(&g, "2026-10-25T00:30:00Z", true, "2026-10-25T01:45:00Z");
    gates_end(&g);
    gates_make(&g,
               "gates: {\"1\": {window: {from: \"02:30\", to: \"03:00\", zone: Europe/Berlin}}}\n");
    is_inside(&g, "2026-03-28T12:00:00Z", false,
              "2026-03-30T00:30:00Z"); /* nothing is left of it that night */
    gates_end(&g);
}

T(the_opening_is_where_the_window_is_open_and_no_freeze_is_on)
{
    struct gates g;

    gates_make(&g, "zone: UTC\ngates:\n"
                   "  \"1\":\n    freeze: {from: 2026-12-20, to: 2027-01-02}\n"
                   "  role=deploy:\n    window: {days: sat, from: \"01:00\", to: \"02:00\"}\n");
    T_EQ(g.s->n_gates, 2);
    T_EQ(g.s->gates[1].kind, PLAN_GATE_WINDOW);
    T_EQ(plan_gates_open_s(g.s->gates, 2, &g.zones, at("2026-12-19T01:30:00Z")),
         at("2026-12-19T01:30:00Z"));
    T_EQ(plan_gates_open_s(g.s->gates, 2, &g.zones, at("2026-12-19T02:00:00Z")),
         at("2027-01-09T01:00:00Z"));
    gates_end(&g);
}

T(a_time_to_wait_for_is_the_next_one)
{
    struct gates g;

    gates_make(&g, "gates: {\"1\": {wait_until: {time: \"02:00\", zone: Europe/Berlin}}}\n");
    T_SV(g.s->gates[0].text, "02:00 Europe/Berlin");
    T_EQ(plan_gate_moment_s(&g.s->gates[0], &g.zones, at("2026-02-15T00:00:00Z")),
         at("2026-02-15T01:00:00Z"));
    T_EQ(plan_gate_moment_s(&g.s->gates[0], &g.zones, at("2026-02-15T01:00:01Z")),
         at("2026-02-16T01:00:00Z"));
    gates_end(&g);
    gates_make(&g, "gates: {\"1\": {wait_until: {time: 2026-02-15 02:00, zone: UTC}}}\n");
    T_EQ(plan_gate_moment_s(&g.s->gates[0], &g.zones, 0), at("2026-02-15T02:00:00Z"));
    gates_end(&g);
}

T(people_come_before_the_clock_whatever_the_order_in_the_file)
{
    struct gates g;

    gates_make(
        &g,
        "zone: UTC\ngates:\n  \"1\":\n    window: {days: sun}\n    wait_until: {command: \"true\", timeout: "
        "5m, every: 1s, at_timeout: ask}\n    confirm: {note: required, text: \"all told?\"}\n"
        "    approve: {of: [bo, cy], need: 2, expires: 8h, not_self: no}\n");
    T_EQ(g.s->n_gates, 4);
    for (size_t i = 1; i < 4; i++)
        T_CHECK(g.s->gates[i - 1].kind < g.s->gates[i].kind);
    T_CHECK(g.s->gates[0].note && sv_eq(g.s->gates[0].text, SV("all told?")));
    T_SV(g.s->gates[1].text, "2 approvals of bo, cy");
    T_EQ(g.s->gates[1].expires_ms, 8 * 3600 * 1000);
    T_CHECK(!g.s->gates[1].not_self);
    T_SV(g.s->gates[2].at_timeout, "ask");
    T_EQ(g.s->gates[2].every_ms, 1000);
    T_EQ(g.s->gates[2].timeout_ms, 300000);
    want_json(json_object_get(step_json(&g.w, "deployment/1/1"), "gates"),
              "[\"window\",\"wait_until\",\"confirm\",\"approve\"]");
    gates_end(&g);
}

T(a_gate_stands_before_the_first_step_that_is_carried_out)
{
    struct world w;

    world_make(&w, DOC,
               HEAD "zone: UTC\nsteps: {\"1\": {skip: not today}}\ngates:\n"
                    "  role=deploy: {window: {days: sun}}\n  rollback: {confirm: }\n");
    T_EQ(find_step(&w, "deployment/1/1")->n_gates, 0);
    T_EQ(find_step(&w, "deployment/2/1")->n_gates, 1);
    T_EQ(find_step(&w, "rollback/1")->n_gates, 1);
    T_SV(find_step(&w, "rollback/1")->gates[0].text, "go on");
    world_end(&w);
}

T(what_is_no_gate_is_refused_with_its_line)
{
    static const struct {
        const char *yaml, *says;
    } rows[] = {
        {"gates: [a]\n", "2: 'gates' must be a map"},
        {"gates:\n  \"9\": {confirm: }\n", "3: the document has no single step or part '9'"},
        {"gates:\n  \"1\": {confrm: }\n", "3: there is no gate 'confrm'"},
        {"gates:\n  \"1\": {zzzzzzzz: }\n", "3: there is no gate 'zzzzzzzz'"},
        {"gates:\n  \"1\": {}\n", "3: '1' must be a map of gates"},
        {"gates:\n  role=rome: {confirm: }\n", "3: 'role=rome' names no role"},
        {"gates:\n  role=verify: {confirm: }\n", "'role=verify' stands before nothing"},
        {"gates:\n  \"1\": {confirm: {nte: required}}\n", "unknown key 'nte'"},
        {"gates:\n  \"1\": {confirm: {qqqqqqqqqqq: required}}\n", "unknown key 'qqqqqqqqqqq'"},
        {"gates:\n  \"1\": {confirm: {note: maybe}}\n", "'note' must be required or optional"},
        {"gates:\n  \"1\": {confirm: [a]}\n", "'confirm' must be a map of keys"},
        {"gates:\n  \"1\": {confirm: {text: }}\n", "'text' must be a text"},
        {"gates:\n  \"1\": {approve: {need: 0}}\n", "'need' must be a number from 1 to 100"},
        {"gates:\n  \"1\": {approve: {of: {a: b}}}\n", "'of' must be a list of names"},
        {"gates:\n  \"1\": {approve: {of: [[a]]}}\n", "'of' must be a list of names"},
        {"gates:\n  \"1\": {approve: {not_self: 3}}\n", "'not_self' must be yes or no"},
        {"gates:\n  \"1\": {approve: {expires: soon}}\n", "'expires' must be a duration"},
        {"gates:\n  \"1\": {approve: {roles: dba}}\n", "'approve' has roles, and nobody has one"},
        {"gates:\n  \"1\": {window: }\n", "'window' needs from and to"},
        {"gates:\n  \"1\": {window: []}\n", "'window' must not be empty"},
        {"gates:\n  \"1\": {window: [{days: lun}]}\n", "'days' must be days"},
        {"gates:\n  \"1\": {window: {days: [mon-xyz]}}\n", "'days' must be days"},
        {"gates:\n  \"1\": {window: {days: []}}\n", "'days' must be days"},
        {"gates:\n  \"1\": {window: {days: mon}}\n", "'window' needs a zone"},
        {"gates:\n  \"1\": {window: {from: \"25:00\", to: \"26:00\", zone: UTC}}\n",
         "needs from and to"},
        {"gates:\n  \"1\": {window: {from: \"2:00\", to: \"03:00\", zone: UTC}}\n",
         "needs from and to"},
        {"gates:\n  \"1\": {window: {from: \"24:00\", to: \"03:00\", zone: UTC}}\n",
         "needs from and to"},
        {"gates:\n  \"1\": {window: {from: mon 99:00, to: \"03:00\", zone: UTC}}\n",
         "needs from and to"},
        {"gates:\n  \"1\": {window: {from: mon 01:00, to: \"03:00\", zone: UTC}}\n",
         "needs from and to"},
        {"gates:\n  \"1\": {window: {from: 2026-02-30, to: 2026-03-01, zone: UTC}}\n",
         "needs from and to"},
        {"gates:\n  \"1\": {window: {from: 2026-02-03, to: 2026-02-01, zone: UTC}}\n",
         "needs from and to"},
        {"gates:\n  \"1\": {wait_until: {}}\n", "'wait_until' needs one of time, command and rule"},
        {"gates:\n  \"1\": {wait_until: {command: x}}\n", "'wait_until' needs a timeout"},
        {"gates:\n  \"1\": {wait_until: {command: x, at_timeout: die}}\n",
         "must be stop, continue or ask"},
        {"gates:\n  \"1\": {wait_until: {time: fri 02:00, zone: UTC}}\n",
         "'wait_until' needs a time"},
        {"gates:\n  \"1\": {wait_until: {time: \"02:00\"}}\n", "'wait_until' needs a zone"},
        {"people: {ana: {rles: [x]}}\n", "unknown key 'rles'"},
    };

    world_refused(DOC, HEAD "gates:\n  \"1\": {window: {days: mon, zone: Mars/Base}}\n",
                  ERR_NOT_FOUND, "there is no time zone 'Mars/Base'");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);

        strbuf_addf(&yaml, HEAD "%s", rows[i].yaml);
        world_refused(DOC, strbuf_str(&yaml), ERR_INVALID, rows[i].says);
    }
}

/* --- approvals --- */

static const char crowd_yaml[] =
    "people:\n  ana: {roles: [dba]}\n  bo: {roles: [dba, owner], logins: [bo, root]}\n"
    "  cy: {roles: [owner]}\n  dan: {}\n"
    "gates: {\"1\": {approve: {roles: [dba, owner], of: [dan], need: 2, expires: 1h}}}\n";

static struct plan_count count(const struct gates *g, const struct plan_word *w, size_t n)
{
    struct plan_crowd c = plan_crowd(&g->w.plan);

    return plan_gate_count(&g->s->gates[0], &c, w, n, 1000000);
}

T(different_people_are_counted_and_the_one_who_runs_is_not)
{
    struct gates g;
    struct plan_word w[] = {
        {SV("ana"), SV(""), 10, true, true},    {SV("bo"), SV("owner"), 20, true, false},
        {SV("bo"), SV("dba"), 30, true, false}, {SV("eve"), SV("dba"), 40, true, false},
        {SV("cy"), SV("dba"), 50, true, false}, {SV("dan"), SV(""), 60, true, false}};
    struct plan_count c;

    gates_make(&g, crowd_yaml);
    T_SV(g.s->gates[0].text, "2 approvals of dba, owner, dan");
    T_EQ(count(&g, w, 2).have, 1); /* ana runs it */
    T_EQ(count(&g, w, 5).have, 1); /* bo twice is once; eve is nobody; cy is no dba */
    c = count(&g, w, 6);
    T_EQ(c.have, 2);
    T_EQ(c.refused, 0);
    T_EQ(c.until_us, 30 + INT64_C(3600000000));
    gates_end(&g);
}

T(an_approval_expires)
{
    struct gates g;
    struct plan_word w = {SV("bo"), SV(""), 1000000 - INT64_C(3600000000), true, false};

    gates_make(&g, crowd_yaml);
    T_EQ(count(&g, &w, 1).have, 0);
    T_EQ(count(&g, &w, 1).expired, 1);
    T_EQ(count(&g, &w, 1).last_expired, 1);
    w.at_us++;
    T_EQ(count(&g, &w, 1).have, 1);
    T_EQ(count(&g, &w, 1).expired, 0);
    gates_end(&g);
}

T(the_last_word_of_each_counts_and_one_no_refuses)
{
    struct gates g;
    struct plan_word w[] = {{SV("bo"), SV(""), 1, true, false},
                            {SV("cy"), SV(""), 2, false, false},
                            {SV("bo"), SV(""), 3, false, false},
                            {SV("bo"), SV(""), 4, true, false},
                            {SV("cy"), SV(""), 5, true, false}};

    gates_make(&g, crowd_yaml);
    T_EQ(count(&g, w, 1).refused, 0);
    T_EQ(count(&g, w, 2).refused, 2);
    T_EQ(count(&g, w, 4).have, 1);
    T_EQ(count(&g, w, 4).refused, 2);
    T_EQ(count(&g, w, 5).have, 2);
    T_EQ(count(&g, w, 5).refused, 0);
    gates_end(&g);
}

T(without_people_the_approvers_count_or_anybody_does)
{
    struct gates g;
    struct plan_word w[] = {{SV("bo"), SV("whatever"), 1, true, false},
                            {SV("cy"), SV(""), 2, true, false}};

    gates_make(&g, "gates: {\"1\": {approve: {}}}\n");
    T_EQ(count(&g, w, 2).have, 2);
    gates_end(&g);
    gates_make(&g, "approvers: [cy]\ngates: {\"1\": {approve: }}\n");
    T_EQ(count(&g, w, 2).have, 1);
    gates_end(&g);
    gates_make(&g, "gates: {\"1\": {approve: {of: bo}}}\n");
    T_EQ(count(&g, w, 2).have, 1);
    gates_end(&g);
}

static void checked(const char *yaml, enum err_code code, const char *says)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct world w;
    struct err err = {0};

    strbuf_addf(&text, HEAD "operator: ana\n%s", yaml);
    world_make(&w, DOC, strbuf_str(&text));
    if (plan_check_gates(&w.plan, at("2026-06-01T00:00:00Z"), &err) != code)
        T_FAIL("%s: %s", yaml, err.msg);
    if (says)
        want_message(&err, says);
    world_end(&w);
}

T(a_gate_that_nobody_could_pass_is_refused_before_the_start)
{
    static const char people[] = "people: {ana: {roles: [dba]}, bo: {roles: [dba]}}\n";
    CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);

    strbuf_addf(&yaml, "%sgates: {\"1\": {approve: {roles: [dba], need: 2}}}\n", people);
    checked(
        strbuf_str(&yaml), ERR_REFUSED,
        "step deployment/1/1 can never begin: it needs 2 approvals of dba, and only 1 may give one, without the operator");
    strbuf_truncate(&yaml, 0);
    strbuf_addf(&yaml, "%sgates: {\"1\": {approve: {roles: [dba], need: 2, not_self: no}}}\n",
                people);
    checked(strbuf_str(&yaml), ERR_OK, NULL);
    checked("gates: {\"1\": {approve: {of: [ana, bo], need: 2}}}\n", ERR_REFUSED,
            "only 1 may give one");
    checked("approvers: [bo]\ngates: {\"rollback\": {approve: {need: 2}}}\n", ERR_REFUSED,
            "step rollback/1 can");
    checked("gates: {\"1\": {approve: {need: 50}}}\n", ERR_OK,
            NULL); /* nobody knows how many there are */
}

T(a_window_that_never_opens_is_refused_before_the_start)
{
    checked("gates: {\"1\": {window: {from: 2026-05-01, to: 2026-05-02, zone: UTC}}}\n",
            ERR_REFUSED, "within a year its window is never open");
    checked("zone: UTC\ngates: {\"1\": {window: {days: sun}, freeze: {days: sun}}}\n", ERR_REFUSED,
            "is never open");
    checked(
        "zone: UTC\ngates: {\"1\": {window: {days: sun}, freeze: {from: 2026-01-01, to: 2026-12-31}}}\n",
        ERR_OK, NULL);
    checked("zone: UTC\ngates: {\"1\": {freeze: {from: 2026-01-01, to: 2028-12-31}}}\n",
            ERR_REFUSED, "is never open");
}

/* --- what a failure leads to --- */

T(what_is_no_policy_is_refused_with_its_line)
{
    static const struct {
        const char *yaml, *says;
    } rows[] = {
        {"steps: {\"1\": {on_failure: \"9\"}}\n",
         "prusik.yaml:2: the document has no single step or part '9'"},
        {"steps: {\"1\": {on_failure: \"1\"}}\n", "prusik.yaml:2: '1' is no branch for step '1'"},
        {"steps: {\"1\": {on_failure: rollback/1}}\n", "'rollback/1' is no branch for step '1'"},
        {"steps: {rollback: {on_failure: \"9\"}}\n", "no single step or part '9'"},
        {"steps: {\"1\": {retries: {wait: 5s}}}\n", "'retries' needs times"},
        {"steps: {\"1\": {retries: {times: x}}}\n", "'times' must be a number from 0 to 1000"},
        {"steps: {\"1\": {retries: {times: 2, factor: 0.5}}}\n",
         "'factor' must be a number from 1 to 100"},
        {"steps: {\"1\": {retries: {times: 2, jitter: 5}}}\n",
         "'jitter' must be a share from 0% to 100%"},
        {"steps: {\"1\": {retries: {times: 2, jitter: 500%}}}\n", "'jitter' must be a share"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);

        strbuf_addf(&yaml, HEAD "%s", rows[i].yaml);
        world_refused(DOC, strbuf_str(&yaml), ERR_INVALID, rows[i].says);
    }
}

T(the_first_entry_that_covers_a_step_says_what_its_failure_leads_to)
{
    struct world w;

    world_make(
        &w, DOC,
        HEAD
        "steps:\n  \"1\": {on_failure: rollback, retries: {times: 2, wait: 5s, factor: 2, max: 1m, jitter: "
        "50%}}\n  deployment: {on_failure: continue}\n  rollback: {on_failure: continue}\n");
    T_SV(find_step(&w, "deployment/1/1")->on_failure, "rollback");
    T_SV(find_step(&w, "deployment/2/1")->on_failure, "continue");
    T_SV(find_step(&w, "rollback/1")->on_failure, "continue");
    T_EQ(find_step(&w, "deployment/1/1")->retries, 2);
    want_json(json_object_get(step_json(&w, "deployment/1/1"), "retry"),
              "{\"factor\":2.0,\"jitter\":0.5,\"max_ms\":60000,\"wait_ms\":5000}");
    world_end(&w);
}

T(one_branch_may_be_that_of_several_steps)
{
    struct world w;

    world_make(
        &w,
        "# Doc\n\n## Deployment\n\n### 1. First\n\n```bash\necho one\n```\n\n### 2. Second\n\n```bash\n"
        "echo two\n```\n\n### 3. Collect\n\n```bash\necho three\n```\n",
        HEAD "steps: {\"1\": {on_failure: \"3/1\"}, \"2\": {on_failure: \"3\"}}\n");
    T_EQ(find_step(&w, "deployment/3/1")->n_branch_of, 2);
    T_SV(find_step(&w, "deployment/1/1")->branch, "deployment/3/1");
    T_SV(find_step(&w, "deployment/2/1")->branch, "deployment/3");
    world_end(&w);
}

T(a_label_without_a_step_before_it_or_of_the_way_back_leads_nowhere)
{
    struct world w;

    world_make(
        &w,
        "# Doc\n\n**If all fails**: weep\n- loudly\n\n## Deployment\n\n**On failure:**\n- call us\n\n```bash\necho "
        "one\n```\n\n**If nothing, then**:\n\n**Fail**\n\n## Rollback\n\n```bash\necho back\n```\n\n**If it "
        "fails**:\n- call us\n",
        HEAD);
    T_EQ(w.plan.steps[0].if_failed.n, 0);
    T_EQ(w.plan.steps[0].on_failure.n, 0);
    world_end(&w);
}

/* --- the plan --- */

T(an_approval_of_the_document_is_a_gate_of_one)
{
    static const char doc[] =
        "# Doc\n\n## Pre-Deployment Checklist\n\n- [ ] **1. Approval obtained**\n"
        "  - Sign-off from the service owner\n";
    struct world w;

    world_make(&w, doc, HEAD "zone: UTC\ngates: {\"1\": {window: {days: sun}}}\n");
    T_EQ(w.plan.steps[0].n_gates, 2);
    T_EQ(w.plan.steps[0].gates[0].kind, PLAN_GATE_APPROVE);
    T_CHECK(w.plan.steps[0].gates[0].not_self);
    world_end(&w);
    world_make(&w, doc, HEAD "gates: {\"1\": {approve: {need: 3}}}\n");
    T_EQ(w.plan.steps[0].n_gates, 1);
    T_EQ(w.plan.steps[0].gates[0].need, 3);
    world_end(&w);
}

T(a_row_that_is_no_gate_does_not_load)
{
    static const char *const rows[] = {
        "[{\"gate\":\"door\"}]",
        "[{\"gate\":\"window\",\"spans\":[{\"from_s\":1,\"to_s\":2}]}]",
        "[{\"gate\":\"window\",\"spans\":[{\"zone\":\"UTC\",\"from_s\":-1,\"to_s\":2}]}]",
        "[{\"gate\":\"window\",\"spans\":[{\"zone\":\"UTC\",\"from_s\":3,\"to_s\":2}]}]",
        "[{\"gate\":\"window\",\"spans\":[{\"zone\":\"UTC\",\"days\":128,\"from_s\":1,\"to_s\":2}]}]",
        "[{\"gate\":\"window\",\"spans\":[{\"zone\":\"UTC\",\"days\":1,\"from_s\":1,\"to_s\":9999999}]}]",
    };
    CLEANUP(arena_release) struct arena a = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(json_cleanup) json_t *j = NULL;
        struct plan_gate *g;
        struct err err;
        size_t n;

        T_OK(json_read(sv_from(rows[i]), &j, &err), err);
        T_EQ(plan_gates_load(&a, j, &g, &n, &err), ERR_CORRUPT);
    }
}

T(an_unknown_zone_of_an_old_plan_is_told)
{
    struct plan_span span = {.zone = SV("Mars/Base"), .days = 1};
    struct plan_gate g = {.kind = PLAN_GATE_WINDOW, .spans = &span, .n_spans = 1};
    plan_zones zones = {0};
    struct err err;

    T_EQ(plan_zones_open(&zones, &g, &err), ERR_NOT_FOUND);
    plan_zones_release(&zones);
}

T(an_approval_holds_for_the_same_plan_in_another_folder)
{
    static const char yaml[] = HEAD "maintenance: {flag: run/FLAG}\nenv: {X: \"1\"}\n";
    struct world a, b, c;
    char *cwd = getcwd(NULL, 0);

    world_make(&a, DOC, yaml);
    T_EQ(mkdir("elsewhere", 0700), 0);
    T_EQ(chdir("elsewhere"), 0);
    world_make(&b, DOC, yaml);
    world_make(&c, DOC, HEAD "maintenance: {flag: run/FLAG2}\nenv: {X: \"1\"}\n");
    T_CHECK(!hash_eq(&a.plan.hash, &b.plan.hash)); /* it is carried out in another folder */
    T_CHECK(hash_eq(&a.plan.approval, &b.plan.approval));
    T_CHECK(!hash_eq(&b.plan.approval, &c.plan.approval));
    T_EQ(chdir(cwd), 0);
    free(cwd);
    world_end(&a);
    world_end(&b);
    world_end(&c);
}

T_MAIN(T_CASE(a_moment_is_told_by_the_clock_of_the_gate),
       T_CASE(a_window_is_open_on_its_days_and_over_midnight),
       T_CASE(a_window_may_have_several_spans_and_a_default_zone),
       T_CASE(a_span_from_weekday_to_weekday_lasts_over_the_weekend),
       T_CASE(a_freeze_with_dates_is_once_and_its_last_date_belongs_to_it),
       T_CASE(where_clocks_are_changed_a_window_is_short_and_a_freeze_is_long),
       T_CASE(the_opening_is_where_the_window_is_open_and_no_freeze_is_on),
       T_CASE(a_time_to_wait_for_is_the_next_one),
       T_CASE(people_come_before_the_clock_whatever_the_order_in_the_file),
       T_CASE(a_gate_stands_before_the_first_step_that_is_carried_out),
       T_CASE(what_is_no_gate_is_refused_with_its_line),
       T_CASE(different_people_are_counted_and_the_one_who_runs_is_not),
       T_CASE(an_approval_expires), T_CASE(the_last_word_of_each_counts_and_one_no_refuses),
       T_CASE(without_people_the_approvers_count_or_anybody_does),
       T_CASE(a_gate_that_nobody_could_pass_is_refused_before_the_start),
       T_CASE(a_window_that_never_opens_is_refused_before_the_start),
       T_CASE(what_is_no_policy_is_refused_with_its_line),
       T_CASE(the_first_entry_that_covers_a_step_says_what_its_failure_leads_to),
       T_CASE(one_branch_may_be_that_of_several_steps),
       T_CASE(a_label_without_a_step_before_it_or_of_the_way_back_leads_nowhere),
       T_CASE(an_approval_of_the_document_is_a_gate_of_one),
       T_CASE(a_row_that_is_no_gate_does_not_load), T_CASE(an_unknown_zone_of_an_old_plan_is_told),
       T_CASE(an_approval_holds_for_the_same_plan_in_another_folder))
