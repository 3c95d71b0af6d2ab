/* plan: groups of hosts in the binding, and procedures on them, batch by batch (docs/adr/0008-fleets.md). */
#include "base/sv.h"
#include "test_plan_util.h"

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"
#define DEPLOY   "# Web\n\n## Deployment\n"
#define BOUND    "environment: test\n"
#define THREE    "web1: {}, web2: {address: ops@10.0.0.2, ssh: [-p, \"22\"]}, web3: local"
#define WEB      "hosts: {" THREE ", web: {group: [web1, web2, web3]"
#define HEALTH   "health: {command: 'systemctl is-active app', within: 30s, every: 2s}"
#define ACCEPTED "steps: {deployment: {undo: a test}}\n"

/* "id kind host", one step a line. */
static void want_steps(const struct plan_step *v, size_t n, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    for (size_t i = 0; i < n; i++)
        strbuf_addf(&text, "%.*s %.*s %.*s\n", SV_FMT(v[i].id), SV_FMT(v[i].kind),
                    SV_FMT(v[i].host));
    if (strcmp(strbuf_str(&text), want) != 0)
        T_FAIL("%s\nshould be\n%s", strbuf_str(&text), want);
}

T(a_procedure_on_a_group_goes_batch_by_batch_with_its_health)
{
    struct world w;
    const struct plan_step *s;

    world_make(&w, DEPLOY SH("ssh web\nsystemctl stop app\nsystemctl start app\nexit\nuptime"),
               BOUND WEB ", batch: 2, " HEALTH "}}\n" ACCEPTED);
    want_steps(w.plan.steps, w.plan.n_steps,
               "deployment/1@batch-1 fleet web1, web2\n"
               "deployment/2@batch-1 fleet web1, web2\n"
               "deployment/2@batch-1/health fleet web1, web2\n"
               "deployment/1@batch-2 fleet web3\n"
               "deployment/2@batch-2 fleet web3\n"
               "deployment/2@batch-2/health fleet web3\n"
               "deployment/3 shell local\n");
    s = &w.plan.steps[1];
    T_SV(s->group, "web");
    T_EQ(s->batch, 1);
    T_EQ(s->n_batches, 2);
    T_EQ(s->n_on, 2);
    T_SV(s->on[0].kind, "shell");
    T_SV(s->on[0].host, "web1");
    T_SV(s->on[0].address, "web1");
    T_SV(s->on[0].session, "deployment@web/web1");
    T_SV(s->on[1].address, "ops@10.0.0.2");
    T_EQ(s->on[1].n_ssh, 2);
    T_EQ(s->undo, UNDO_ACCEPTED);
    T_EQ(s->on[1].n_on, 0);
    want_json(s->on[1].action, "{\"command\":[\"systemctl start app\"]}");
    s = &w.plan.steps[2];
    T_SV(s->command, "systemctl is-active app");
    T_SV(s->on[0].session, "deployment@web/health/web1");
    T_SV(s->in_doubt, "again");
    T_SV(s->effect, "none");
    T_EQ(s->wait_ms, 30000);
    T_EQ(s->on[1].timeout_ms, 30000);
    T_EQ(s->every_ms, 2000);
    T_EQ(s->undo, UNDO_NOTHING);
    T_EQ(w.plan.steps[3].on[0].address.n, 0); /* local */
    T_EQ(w.plan.n_questions, 0);
    world_end(&w);
}

T(a_batch_is_a_number_or_a_share_rounded_down)
{
    static const struct {
        const char *batch;
        size_t first, batches;
    } cases[] = {{"", 1, 3},
                 {", batch: 1", 1, 3},
                 {", batch: 2", 2, 2},
                 {", batch: 7", 3, 1},
                 {", batch: 50%", 1, 3},
                 {", batch: 67%", 2, 2},
                 {", batch: 1%", 1, 3},
                 {", batch: 100%", 3, 1}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);
        struct world w;

        strbuf_addf(&yaml, "%s%s%s}}\n%s", BOUND, WEB, cases[i].batch, ACCEPTED);
        world_make(&w, DEPLOY SH("ssh web\nrm -f x"), strbuf_str(&yaml));
        T_EQ(w.plan.n_steps, cases[i].batches);
        T_EQ(w.plan.steps[0].n_on, cases[i].first);
        world_end(&w);
    }
}

T(groups_may_contain_groups_and_a_host_is_there_once)
{
    struct world w;

    world_make(
        &w, DEPLOY SH("ssh all\nrm -f x"),
        BOUND
        "hosts: {'*': {}, old: {group: [a, b]}, new: {group: [c, old, b]}, all: {group: [old, "
        "new, old, d], batch: 100%}}\n" ACCEPTED);
    want_steps(w.plan.steps, w.plan.n_steps, "deployment/1@batch-1 fleet a, b, c, d\n");
    T_SV(w.plan.steps[0].on[3].address, "d");
    world_end(&w);
}

T(where_nothing_changes_there_is_no_health_to_look_at)
{
    struct world w;

    world_make(&w, DEPLOY SH("ssh web\nuptime"), BOUND WEB ", batch: 3, " HEALTH "}}\n");
    want_steps(w.plan.steps, w.plan.n_steps, "deployment/1@batch-1 fleet web1, web2, web3\n");
    world_end(&w);
}

T(what_is_left_out_stands_once)
{
    struct world w;

    world_make(&w, DEPLOY SH("ssh web\nrm -f x\nrm -f y"),
               BOUND WEB
               "}}\nsteps: {'deployment/1': {skip: not here}, deployment: {undo: a test}}\n");
    want_steps(w.plan.steps, w.plan.n_steps,
               "deployment/1 shell web\n"
               "deployment/2@batch-1 fleet web1\n"
               "deployment/2@batch-2 fleet web2\n"
               "deployment/2@batch-3 fleet web3\n");
    world_end(&w);
}

T(a_health_over_http_is_asked_from_here_for_each_host)
{
    struct world w;
    const struct plan_step *s;

    world_make(&w, DEPLOY SH("ssh web\nrm -f x"),
               BOUND WEB ", batch: 2, health: {http: 'http://{address}:80/{host}'}}}\n" ACCEPTED);
    s = &w.plan.steps[1];
    T_SV(s->on[0].kind, "http");
    T_SV(s->command, "http://{address}:80/{host}");
    T_SV(s->on[0].command, "http://web1:80/web1"); /* what is really asked */
    T_SV(s->on[1].command, "http://10.0.0.2:80/web2");
    want_json(s->on[1].action,
              "{\"fail_on_status\":true,\"follow\":false,\"headers\":[],\"method\":"
              "\"GET\",\"url\":[\"http://10.0.0.2:80/web2\"]}");
    T_SV(plan_command(s), "http://{address}:80/{host}"); /* several are asked */
    T_SV(plan_command(&s->on[1]), "http://10.0.0.2:80/web2");
    T_EQ(s->wait_ms, 60000);
    T_EQ(s->every_ms, 1000);
    world_end(&w);
}

T(the_way_back_goes_through_the_same_batches)
{
    struct world w;

    world_make(&w,
               DEPLOY SH("ssh web\nsystemctl restart app") "## Rollback\n" SH(
                   "ssh web\nsystemctl restart app"),
               BOUND WEB ", batch: 2, " HEALTH "}}\n");
    T_EQ(w.plan.steps[0].undo, UNDO_SECTION);
    want_steps(w.plan.way_back, w.plan.n_way_back,
               "rollback/1@batch-1 fleet web1, web2\n"
               "rollback/1@batch-1/health fleet web1, web2\n"
               "rollback/1@batch-2 fleet web3\n"
               "rollback/1@batch-2/health fleet web3\n");
    T_EQ(w.plan.way_back[0].undo, UNDO_NOTHING);
    world_end(&w);
}

#define LOOKS DEPLOY SH("ssh web\nrm -f x\n# Expected: the page looks right")

T(an_answer_ahead_is_for_one_host_unless_it_says_all)
{
    struct world w;

    world_make(&w, LOOKS, BOUND WEB "}}\n" ACCEPTED);
    want_question(&w, "expectation", 8, "no machine check for \"the page looks right\"",
                  "answers: {\"1\": {answer: yes, by: NAME, hosts: all}}");
    world_end(&w);
    world_make(&w, LOOKS,
               BOUND WEB "}}\n" ACCEPTED "answers: {deployment: {answer: yes, by: ana}}\n");
    T_EQ(count_questions(&w, "expectation"), 1);
    T_CHECK(!w.plan.steps[0].answered);
    world_end(&w);
    world_make(&w, LOOKS,
               BOUND WEB "}}\n" ACCEPTED
                         "answers: {deployment: {answer: yes, by: ana, hosts: all}}\n");
    T_EQ(w.plan.n_questions, 0);
    T_CHECK(w.plan.steps[0].answered && w.plan.steps[0].on[0].answered);
    world_end(&w);
    world_refused(LOOKS,
                  BOUND WEB "}}\nanswers: {deployment: {answer: yes, by: ana, hosts: web1}}\n",
                  ERR_INVALID, "must be all");
}

T(what_a_person_does_is_done_for_each_host)
{
    struct world w;

    world_make(&w, DEPLOY SH("ssh web\nrm -f x") "- [ ] Look at the dashboard\n" SH("rm -f y"),
               BOUND WEB ", batch: 2}}\n" ACCEPTED);
    want_steps(w.plan.steps, w.plan.n_steps,
               "deployment/1@batch-1 fleet web1, web2\n"
               "deployment/look-at-the-dashboard/1@web1 manual web1\n"
               "deployment/look-at-the-dashboard/1@web2 manual web2\n"
               "deployment/2@batch-1 fleet web1, web2\n"
               "deployment/1@batch-2 fleet web3\n"
               "deployment/look-at-the-dashboard/1@web3 manual web3\n"
               "deployment/2@batch-2 fleet web3\n");
    world_end(&w);
}

/* At the ends of the procedure once, in the middle once a batch; what is said of each host for each. */
T(what_is_done_with_other_people_is_asked_once)
{
    struct world w;

    world_make(
        &w,
        DEPLOY "- [ ] Tell support that it begins\n" SH(
            "ssh web\nrm -f x") "- [ ] Notify the channel\n- [ ] Notify each owner\n" SH("rm -f y") "- [ ] Announce that it is over\n",
        BOUND WEB ", batch: 2}}\n" ACCEPTED);
    want_steps(w.plan.steps, w.plan.n_steps,
               "deployment/tell-support-that-it/1 manual local\n"
               "deployment/1@batch-1 fleet web1, web2\n"
               "deployment/notify-the-channel/1@batch-1 manual web1, web2\n"
               "deployment/notify-each-owner/1@web1 manual web1\n"
               "deployment/notify-each-owner/1@web2 manual web2\n"
               "deployment/2@batch-1 fleet web1, web2\n"
               "deployment/1@batch-2 fleet web3\n"
               "deployment/notify-the-channel/1@batch-2 manual web3\n"
               "deployment/notify-each-owner/1@web3 manual web3\n"
               "deployment/2@batch-2 fleet web3\n"
               "deployment/announce-that-it-is-over/1 manual local\n");
    world_end(&w);
}

/* The gates of each step, one step a line. */
static void want_gates(const struct world *w, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const json_t *steps = json_object_get(w->json, "steps");

    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *names = json_object_get(json_array_get(steps, i), "gates");

        strbuf_addf(&text, "%zu", w->plan.steps[i].n_gates);
        for (size_t k = 0; k < json_array_size(names); k++)
            strbuf_addf(&text, " %s", json_string_value(json_array_get(names, k)));
        strbuf_add_str(&text, "\n");
    }
    T_STR(strbuf_str(&text), want);
}

T(gates_stand_before_the_first_batch_only)
{
    struct world w;

    world_make(&w, DEPLOY SH("ssh web\nrm -f x") "- [ ] Look at the dashboard\n" SH("rm -f y"),
               BOUND WEB
               ", batch: 2}}\n" ACCEPTED
               "zone: UTC\ngates:\n  deployment: {confirm: {}}\n  look-at-the-dashboard/1: "
               "{approve: {of: [bo]}, freeze: {from: 2035-01-01, to: 2035-01-02}}\n");
    want_gates(&w, "1 confirm\n"
                   "2 confirm approve freeze\n"
                   "0 confirm\n"
                   "0\n"
                   "0\n"
                   "0 confirm\n"
                   "0\n");
    world_end(&w);
}

/* Of each step, the ids of those whose branch it belongs to. */
static void want_branches(const struct world *w, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    for (size_t i = 0; i < w->plan.n_steps; i++) {
        const struct plan_step *s = &w->plan.steps[i];

        strbuf_addf(&text, "%.*s:", SV_FMT(s->id));
        for (size_t k = 0; k < s->n_branch_of; k++)
            strbuf_addf(&text, " %.*s", SV_FMT(s->branch_of[k]));
        strbuf_add_str(&text, "\n");
    }
    T_STR(strbuf_str(&text), want);
}

T(a_branch_on_the_group_belongs_to_its_own_batch)
{
    struct world w;

    world_make(
        &w,
        DEPLOY
        "### 1. New\n" SH("ssh web\nrm -f x\nexit\nuptime") "### 2. Mend\n" SH("ssh web\nrm -f y"),
        BOUND WEB
        ", batch: 2, " HEALTH
        "}}\nsteps: {'1/1': {undo: a test, on_failure: '2'}, '1/2': {undo: a test}, '2': {undo: a test}}\n");
    want_branches(&w, "deployment/1/1@batch-1:\n"
                      "deployment/1/1@batch-1/health:\n"
                      "deployment/1/1@batch-2:\n"
                      "deployment/1/1@batch-2/health:\n"
                      "deployment/1/2:\n"
                      "deployment/2/1@batch-1: deployment/1/1@batch-1\n"
                      "deployment/2/1@batch-1/health: deployment/1/1@batch-1\n"
                      "deployment/2/1@batch-2: deployment/1/1@batch-2\n"
                      "deployment/2/1@batch-2/health: deployment/1/1@batch-2\n");
    world_end(&w);
}

T(a_branch_in_the_procedure_is_gone_before_the_health_of_its_batch)
{
    struct world w;

    world_make(&w, DEPLOY "### 1. New\n" SH("ssh web\nrm -f x") "### 2. Mend\n" SH("rm -f y"),
               BOUND WEB
               ", batch: 3, " HEALTH
               "}}\nsteps: {'1': {undo: a test, on_failure: '2'}, '2': {undo: a test}}\n");
    want_branches(&w, "deployment/1/1@batch-1:\n"
                      "deployment/2/1@batch-1: deployment/1/1@batch-1\n"
                      "deployment/1/1@batch-1/health:\n");
    world_end(&w);
}

T(a_branch_elsewhere_belongs_to_every_batch)
{
    struct world w;

    world_make(&w, DEPLOY "### 1. New\n" SH("ssh web\nrm -f x\nexit") "### 2. Mend\n" SH("rm -f y"),
               BOUND WEB ", batch: 2}}\n"
                         "steps: {'1': {undo: a test, on_failure: '2'}, '2': {undo: a test}}\n");
    want_branches(&w, "deployment/1/1@batch-1:\n"
                      "deployment/1/1@batch-2:\n"
                      "deployment/2/1: deployment/1/1@batch-1 deployment/1/1@batch-2\n");
    world_end(&w);
}

T(an_approval_is_for_all_hosts_of_a_batch)
{
    struct world w;

    world_make(&w, DEPLOY SH("ssh web\nrm -f x") "- [ ] **Approval obtained**\n" SH("rm -f y"),
               BOUND WEB ", batch: 3}}\n" ACCEPTED);
    T_EQ(w.plan.n_steps, 3);
    T_SV(w.plan.steps[1].kind, "approval");
    T_SV(w.plan.steps[1].host, "web1, web2, web3");
    T_EQ(w.plan.steps[1].n_on, 0);
    world_end(&w);
}

T(a_choice_cannot_look_at_the_output_of_several_hosts)
{
    struct world w;

    world_make(
        &w, DEPLOY "### 1. Look\n" SH("ssh web\nuptime") "### 2. Mend (optional)\n" SH("rm -f x"),
        BOUND WEB "}}\nchoices: {'2': {when: '1/1', contains: load}}\n" ACCEPTED);
    T_EQ(count_questions(&w, "choice"), 1);
    T_CHECK(sv_has(find_question(&w, "choice", 0)->text, SV("several hosts")));
    world_end(&w);
}

T(a_wrong_group_is_refused_with_its_line)
{
    static const struct {
        const char *hosts, *message;
    } cases[] = {
        {"{web: {group: [web9]}}", "prusik.yaml:2: there is no host 'web9'"},
        {"{'*': {}, web: {group: ['*']}}", "there is no host '*'"},
        {"{web: {group: []}}", "must be a list of hosts"},
        {"{web: {group: web1}}", "must be a list of hosts"},
        {"{web: {group: [[a]]}}", "must be a list of hosts"},
        {"{web: {group: ['']}}", "must be a list of hosts"},
        {"{web: {group: [web]}}", "prusik.yaml:2: group 'web' is inside itself"},
        {"{a: {group: [b]}, b: {group: [a]}}", "is inside itself"},
        {"{a: {}, '*': {group: [a]}}", "cannot be a group"},
        {"{a: {}, b: {group: [a], address: x}}", "is a group: its hosts say how they are reached"},
        {"{a: {}, b: {group: [a], ssh: [-4]}}", "is a group"},
        {"{a: {batch: 2}}", "has no group"},
        {"{a: {health: {command: 'true'}}}", "has no group"},
        {"{a: {}, b: {group: [a], batch: 0}}", "must be a number of hosts"},
        {"{a: {}, b: {group: [a], batch: 101%}}", "or a share such as 25%"},
        {"{a: {}, b: {group: [a], batch: many}}", "must be a number of hosts"},
        {"{a: {}, b: {group: [a], health: {}}}", "needs a command, or http"},
        {"{a: {}, b: {group: [a], health: {command: x, http: y}}}", "needs a command, or http"},
        {"{a: {}, b: {group: [a], health: {command: x, every: 0s}}}", "needs an 'every' above 0"},
        {"{a: {}, b: {group: [a], health: {http: 'http://x/'}}}", "the same for each host"},
        {"{a: {}, b: {group: [a], health: {often: 1}}}", "unknown key 'often'"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);

        strbuf_addf(&yaml, "%shosts: %s\n", BOUND, cases[i].hosts);
        world_refused(DEPLOY SH("ls"), strbuf_str(&yaml), ERR_INVALID, cases[i].message);
    }
}

T(a_member_that_is_nearly_right_is_named)
{
    struct world w;

    T_EQ(world_try(&w, DEPLOY SH("ls"), BOUND "hosts: {web1: {}, web: {group: [wbe1]}}\n", NULL),
         ERR_INVALID);
    T_STR(w.err.hint, "did you mean 'web1'?");
    world_end(&w);
    T_EQ(world_try(&w, DEPLOY SH("ls"), BOUND "hosts: {web: {group: [xxxxxxxx]}}\n", NULL),
         ERR_INVALID);
    T_STR(w.err.hint, "hosts: {\"xxxxxxxx\": {}} says that ssh knows it");
    world_end(&w);
}

T(a_group_has_its_limit_and_nesting_costs_nothing)
{
    CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0), deep = STRBUF(0);
    struct world w;

    strbuf_add_str(&yaml, BOUND "hosts:\n  '*': {}\n  many:\n    group: [");
    for (int i = 0; i < 1001; i++)
        strbuf_addf(&yaml, "%sh%d", i ? ", " : "", i);
    strbuf_add_str(&yaml, "]\n");
    world_refused(DEPLOY SH("ls"), strbuf_str(&yaml), ERR_LIMIT, "more than 1000 hosts");

    strbuf_add_str(&deep, BOUND "hosts:\n  '*': {}\n  g0: {group: [a, b]}\n");
    for (int i = 1; i < 60; i++)
        strbuf_addf(&deep, "  g%d: {group: [g%d, g%d]}\n", i, i - 1, i - 1);
    strbuf_add_str(&deep, ACCEPTED);
    world_make(&w, DEPLOY SH("ssh g59\nrm -f x"), strbuf_str(&deep));
    T_EQ(w.plan.n_steps, 2);
    world_end(&w);
}

/* A plan whose first fleet step is spoiled. */
static void want_corrupt(void (*spoil)(json_t *step), const char *text)
{
    struct world w;
    struct plan plan;
    json_t *copy;

    world_make(&w, DEPLOY SH("ssh web\nrm -f x"), BOUND WEB "}}\n" ACCEPTED);
    copy = json_deep_copy(w.json);
    spoil(json_array_get(json_object_get(copy, "steps"), 0));
    T_EQ(plan_load(copy, &plan, &w.err), ERR_CORRUPT);
    want_message(&w.err, text);
    world_end(&w);
}

static void spoil_hosts(json_t *step)
{
    json_put(json_object_get(step, "fleet"), "hosts", json_array());
}

static void spoil_name(json_t *step)
{
    json_t *hosts = json_object_get(json_object_get(step, "fleet"), "hosts");

    (void)json_object_del(json_array_get(hosts, 0), "name");
}

static void spoil_kind(json_t *step)
{
    json_put_str(json_object_get(step, "action"), "kind", "fleet");
}

static void spoil_action(json_t *step)
{
    (void)json_object_del(json_object_get(step, "action"), "action");
}

T(a_spoiled_fleet_step_is_no_plan)
{
    want_corrupt(spoil_hosts, "has no hosts");
    want_corrupt(spoil_name, "has a host without name or action");
    want_corrupt(spoil_kind, "nothing to do there");
    want_corrupt(spoil_action, "has a host without name or action");
}

T(a_name_of_machines_is_one_however_it_is_spelled)
{
    static const char *const same[][2] = {{"web servers", "Web Servers"},
                                          {"web servers", "webservers"},
                                          {"web-servers", "web_servers"},
                                          {"DB1", "db1"}};
    static const char *const others[][2] = {{"web1", "web-1"},
                                            {"web servers", "web serverss x"},
                                            {"web", "web1"},
                                            {"web server", "web servers"},
                                            {"web", ""}};
    struct world w;

    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        T_CHECK(binding_same_host(sv_from(same[i][0]), sv_from(same[i][1]), false));
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        T_CHECK(!binding_same_host(sv_from(others[i][0]), sv_from(others[i][1]), false));
    T_CHECK(binding_same_host(SV("web server"), SV("Web Servers"), true));
    T_CHECK(binding_same_host(SV("webservers"), SV("web server"), true));
    T_CHECK(!binding_same_host(SV("web"), SV("web1s"), true));
    T_CHECK(!binding_same_host(SV("web1"), SV("web1s"), true));
    world_make(&w,
               DEPLOY "On each web server:\n" SH("systemctl stop app") "On all Web-Servers:\n" SH(
                   "uptime"),
               BOUND "hosts: {" THREE ", webservers: {group: [web1, web2]}}\n" ACCEPTED);
    T_EQ(count_questions(&w, "host"), 0);
    world_end(&w);
    world_make(&w,
               DEPLOY "On all web servers:\n" SH("systemctl stop app") "On all Web-Servers:\n" SH(
                   "uptime"),
               BOUND);
    T_EQ(count_questions(&w, "host"), 1);
    world_end(&w);
    world_make(&w, DEPLOY "On all web servers:\n" SH("systemctl stop app"),
               BOUND "hosts: {Web-Servers: local, webservers: local}\n");
    T_EQ(count_questions(&w, "host"), 1); /* which of the two? */
    world_end(&w);
}

T_MAIN(T_CASE(what_is_done_with_other_people_is_asked_once),
       T_CASE(a_name_of_machines_is_one_however_it_is_spelled),
       T_CASE(a_procedure_on_a_group_goes_batch_by_batch_with_its_health),
       T_CASE(a_batch_is_a_number_or_a_share_rounded_down),
       T_CASE(groups_may_contain_groups_and_a_host_is_there_once),
       T_CASE(where_nothing_changes_there_is_no_health_to_look_at),
       T_CASE(what_is_left_out_stands_once),
       T_CASE(a_health_over_http_is_asked_from_here_for_each_host),
       T_CASE(the_way_back_goes_through_the_same_batches),
       T_CASE(an_answer_ahead_is_for_one_host_unless_it_says_all),
       T_CASE(what_a_person_does_is_done_for_each_host),
       T_CASE(gates_stand_before_the_first_batch_only),
       T_CASE(a_branch_on_the_group_belongs_to_its_own_batch),
       T_CASE(a_branch_in_the_procedure_is_gone_before_the_health_of_its_batch),
       T_CASE(a_branch_elsewhere_belongs_to_every_batch),
       T_CASE(an_approval_is_for_all_hosts_of_a_batch),
       T_CASE(a_choice_cannot_look_at_the_output_of_several_hosts),
       T_CASE(a_wrong_group_is_refused_with_its_line),
       T_CASE(a_member_that_is_nearly_right_is_named),
       T_CASE(a_group_has_its_limit_and_nesting_costs_nothing),
       T_CASE(a_spoiled_fleet_step_is_no_plan))
