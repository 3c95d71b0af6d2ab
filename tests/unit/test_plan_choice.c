/* plan/make: what is chosen, and what becomes of the commands that are. */
#include "base/strbuf.h"
#include "test_plan_util.h"

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"
#define DEPLOY   "# Web\n\n## Deployment\n"
#define BOUND    "environment: test\n"

#define WAYS \
    SH("cd /srv\n# Via Flask\nflask db upgrade\nflask db current\n\n# Via Alembic (alternative)\nalembic upgrade head")

T(no_to_all_ways_is_an_answer)
{
    struct world w;

    world_make(&w, DEPLOY WAYS, BOUND "choices: {'2': no, '4': no}\n");
    T_EQ(count_questions(&w, "choice"), 0);
    for (size_t i = 0; i < w.plan.n_steps; i++)
        T_EQ(w.plan.steps[i].skip.n > 0, i > 0);
    world_end(&w);
}

/* --- what is asked in the run --- */

static const struct plan_decision *only_decision(struct world *w, size_t options)
{
    T_EQ(w->plan.n_decisions, 1);
    T_EQ(w->plan.decisions[0].n_options, options);
    T_EQ(count_questions(w, "choice"), 1);
    T_CHECK(!find_question(w, "choice", 0)->at_plan); /* a person can be asked then */
    return &w->plan.decisions[0];
}

T(which_way_is_gone_may_be_asked_in_the_run)
{
    static const char *const yaml[] = {BOUND "choices: {'2': ask}\n",
                                       BOUND "choices: {'4': ask}\n"};
    const struct plan_decision *d;
    struct world w;

    for (size_t i = 0; i < ARRAY_LEN(yaml); i++) {
        world_make(&w, DEPLOY WAYS, yaml[i]);
        d = only_decision(&w, 2);
        T_SV(d->id, "deployment/2");
        T_SV(d->options[1].title, "alembic upgrade head");
        want_text(find_question(&w, "choice", 0)->text,
                  "a person is asked then which way: 'flask db upgrade' (line 8), 'alembic upgrade "
                  "head' (line 12)");
        T_EQ(w.plan.steps[0].n_choices, 0);
        for (size_t k = 1; k < 4; k++) {
            T_EQ(w.plan.steps[k].n_choices, 1);
            T_SV(w.plan.steps[k].choices[0].ask, "deployment/2");
            want_text(w.plan.steps[k].choices[0].part, k < 3 ? "deployment/2" : "deployment/4");
        }
        world_end(&w);
    }
}

T(a_way_that_the_binding_says_no_to_is_no_option)
{
    const struct plan_decision *d;
    struct world w;

    world_make(&w, DEPLOY WAYS, BOUND "choices: {'2': no, '4': ask}\n");
    d = only_decision(&w, 1);
    T_SV(d->options[0].id, "deployment/4");
    T_CHECK(w.plan.steps[1].skip.n > 0 && !w.plan.steps[3].skip.n);
    world_end(&w);
}

T(beside_a_way_that_is_gone_another_may_be_asked_about)
{
    const struct plan_decision *d;
    struct world w;

    world_make(&w, DEPLOY WAYS, BOUND "choices: {'2': yes, '4': ask}\n");
    d = only_decision(&w, 1);
    T_SV(d->id, "deployment/4");
    T_EQ(w.plan.steps[1].n_choices, 0);
    T_EQ(w.plan.steps[3].n_choices, 1);
    world_end(&w);
}

T(what_the_document_always_does_may_be_asked_about_as_a_part)
{
    const struct plan_decision *d;
    struct world w;

    world_make(&w, DEPLOY "### Cache\n" SH("rm x"), BOUND "choices: {cache: ask}\n");
    d = only_decision(&w, 1);
    T_SV(d->options[0].condition, "");
    T_SV(w.plan.steps[0].choices[0].text, "optional");
    world_end(&w);
}

T(what_is_left_out_all_the_same_is_not_asked_about)
{
    struct world w;

    world_make(&w, DEPLOY "### Cache (if needed)\n" SH("rm x"),
               BOUND "choices: {cache: ask}\nsteps: {cache: {skip: it is empty}}\n");
    T_EQ(w.plan.n_decisions, 0);
    T_EQ(count_questions(&w, "choice"), 0);
    world_end(&w);
}

T(a_part_of_both_directions_is_one_decision)
{
    struct world w;

    world_make(&w,
               "# Web\n\n## Deployment\n\n### Cache (if needed)\n" SH("rm x") "#### Rollback\n" SH(
                   "touch x"),
               BOUND "choices: {cache: ask}\naccept_gaps: t\n");
    T_EQ(w.plan.n_way_back, 1);
    T_EQ(w.plan.n_decisions, 1);
    T_SV(w.plan.way_back[0].choices[0].ask, "deployment/cache");
    world_end(&w);
}

T(ways_of_both_directions_are_one_decision)
{
    struct world w;

    world_make(&w,
               DEPLOY "### Option 1: Fast\n" SH("touch a") "#### Rollback\n" SH(
                   "rm a") "### Option 2: Slow\n" SH("touch b") "#### Rollback\n" SH("rm b"),
               BOUND "choices: {option-1: ask}\naccept_gaps: t\n");
    T_EQ(w.plan.n_way_back, 2);
    T_EQ(only_decision(&w, 2)->n_options, 2);
    world_end(&w);
}

T(what_the_way_back_does_only_if_is_best_asked_in_the_run)
{
    struct world w;

    world_make(&w,
               DEPLOY SH("touch x") "## Rollback\n\n### Restore (only if the downgrade fails)\n" SH(
                   "rm x"),
               BOUND);
    want_text(find_question(&w, "choice", 0)->answer_with,
              "choices: {\"restore\": ask} (in the run), or yes, or no now");
    world_end(&w);
    world_make(
        &w,
        DEPLOY SH("touch x") "## Rollback\n\n### Restore (If the downgrade is insufficient)\n" SH(
            "rm x"),
        BOUND "choices: {restore: ask}\n");
    T_SV(only_decision(&w, 1)->options[0].condition, "if the downgrade is insufficient");
    T_CHECK(w.plan.decisions[0].options[0].after_failure);
    world_end(&w);
}

#define IF_FAILED                                                                                       \
    DEPLOY                                                                                              \
    SH("touch x")                                                                                       \
    "## Rollback\n\n### Downgrade\n" SH("rm x\ntrue") "### Restore (only if the downgrade fails)\n" SH( \
        "touch y") "### Look\n" SH("ls\n# Again (if it fails)\nls -l")

T(what_is_done_if_another_fails_may_be_said_ahead)
{
    struct world w;

    world_make(&w, IF_FAILED, BOUND);
    want_text(find_question(&w, "choice", 0)->answer_with,
              "choices: {\"restore\": ask} (in the run), or yes, or no now, or {if_failed: "
              "\"downgrade\"}");
    want_text(find_question(&w, "choice", 1)->answer_with,
              "choices: {\"look/2\": ask} (in the run), or yes, or no now, or {if_failed: "
              "\"look/1\"}");
    world_end(&w);
    world_make(&w, IF_FAILED,
               BOUND "choices: {restore: {if_failed: downgrade}, look/2: {if_failed: look/1}}\n");
    T_EQ(count_questions(&w, "choice"), 0);
    T_EQ(w.plan.n_decisions, 0);
    T_SV(w.plan.way_back[2].choices[0].if_failed, "rollback/downgrade");
    T_SV(w.plan.way_back[4].choices[0].if_failed, "rollback/look/1");
    world_end(&w);
}

#define CHOICE_MD                                                     \
    "# Web\n\n## Deployment\n\n### Step 1: Migrate (if needed)\n" SH( \
        "echo a\necho b") "### Step 2: Warm up (optional)\n" SH("echo c") "### Step 3: End\n" SH("echo d")

T(what_has_to_fail_comes_before)
{
    world_refused(CHOICE_MD, BOUND "choices: {2: {if_failed: 9/1}}\n", ERR_INVALID,
                  "prusik.yaml:2: the document has no single step or part '9/1'");
    world_refused(CHOICE_MD, BOUND "choices: {2: {if_failed: 3}}\n", ERR_INVALID,
                  "prusik.yaml:2: 'if_failed' needs what comes before: step 'deployment/3/1' does "
                  "not come before 'deployment/2/1'");
    world_refused(CHOICE_MD, BOUND "choices: {2: {if_failed: 1, contains: x}}\n", ERR_INVALID,
                  "needs 'when' and 'contains', or 'if_failed' alone");
}

T(a_way_that_is_for_the_failure_of_another_is_not_the_one_that_is_chosen)
{
    struct world w;

    world_make(&w, DEPLOY WAYS, BOUND "choices: {'4': {if_failed: '2'}}\n");
    T_EQ(count_questions(&w, "choice"), 0);
    T_EQ(w.plan.steps[1].skip.n, 0);
    T_EQ(w.plan.steps[3].skip.n, 0);
    T_SV(w.plan.steps[3].choices[0].if_failed, "deployment/2");
    world_end(&w);
}

/* What is left out asks nothing, neither what is chosen in it nor which of its ways is gone. */
T(what_lies_in_a_part_that_is_left_out_is_no_choice)
{
    static const char md[] =
        "# Web\n\n## Deployment\n\n### Cache (if needed)\n\n" SH("ls\n# Clear it (if full)\nrm x")
            WAYS;
    struct world w;

    world_make(&w, md, BOUND);
    T_EQ(count_questions(&w, "choice"), 3);
    world_end(&w);
    world_make(&w, md, BOUND "choices: {cache: no}\n");
    T_EQ(count_questions(&w, "choice"), 0);
    world_end(&w);
    world_make(&w, md, BOUND "steps: {cache: {skip: it is empty}}\n");
    T_EQ(count_questions(&w, "choice"), 0);
    world_end(&w);
    world_make(&w, md, BOUND "choices: {cache: yes}\nsteps: {cache/2: {skip: it is empty}}\n");
    T_EQ(count_questions(&w, "choice"), 1);
    T_CHECK(sv_has(find_question(&w, "choice", 0)->text, SV("one of 2 ways")));
    world_end(&w);
}

/* A name with a star is that of the file which this run has made, where one file is meant. */
T(a_star_is_the_date_of_the_file_that_the_run_makes)
{
#define HOSTS BOUND "hosts: {web1: {}}\n"
#define DATED "{\"date\":\"+%F\"}"
    static const struct {
        const char *make, *use, *want;
    } rows[] = {
        {"pg_dump shop > b/shop_$(date +%F).sql", "psql test < b/shop_*.sql",
         "[\"psql test < b/shop_\"," DATED ",\".sql\"]"},
        {"pg_dump -Fc -f shop_$(date +%F).dump shop", "pg_restore -d test shop_*.dump | tail",
         "[\"pg_restore -d test shop_\"," DATED ",\".dump | tail\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql", "sudo cp b/shop_*.sql /mnt",
         "[\"sudo cp b/shop_\"," DATED ",\".sql /mnt\"]"},
        {"mkdir a/of_$(date +%F)", "cp x a/of_*/", "[\"cp x a/of_\"," DATED ",\"/\"]"},
        {"mkdir \"a/of_$(date +%F)\"", "cp x a/of_*/y", "[\"cp x a/of_\"," DATED ",\"/y\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql", "rm b/shop_*.sql", "[\"rm b/shop_*.sql\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql", "ls -t b/shop_*.sql", "[\"ls -t b/shop_*.sql\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql", "psql test < b/shop_*",
         "[\"psql test < b/shop_*\"]"}, /* it would be another name */
        {"pg_dump shop > b/shop_$(date +%F).sql", "cp 'b/shop_*.sql' x",
         "[\"cp 'b/shop_*.sql' x\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql", "cp \"b/shop_*.sql\" x",
         "[\"cp \\\"b/shop_*.sql\\\" x\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql", "if true; then cp b/shop_*.sql x; fi",
         "[\"if true; then cp b/shop_*.sql x; fi\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql\nssh web1", "cp b/shop_*.sql x",
         "[\"cp b/shop_*.sql x\"]"}, /* on another machine */
        {"# If needed\npg_dump shop > b/shop_$(date +%F).sql\n", "cp b/shop_*.sql x",
         "[\"cp b/shop_*.sql x\"]"}, /* which may not be made */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        const json_t *steps;
        struct world w;
        char *text;

        strbuf_addf(&md, DEPLOY SH("%s\n%s"), rows[i].make, rows[i].use);
        world_make(&w, strbuf_str(&md),
                   i + 1 < ARRAY_LEN(rows) ? HOSTS : HOSTS "choices: {'1': no}\n");
        steps = json_object_get(w.json, "steps");
        text = json_dumps(
            json_object_get(
                json_object_get(json_array_get(steps, json_array_size(steps) - 1), "action"),
                "command"),
            JSON_COMPACT);
        if (!text || strcmp(text, rows[i].want) != 0)
            T_FAIL("%s", text ? text : "no command");
        free(text);
        world_end(&w);
    }
#undef DATED
#undef HOSTS
}

/* What is carried out by a shell, and is one request whose status nobody else prints. */
T(a_lone_curl_in_a_shell_is_made_to_say_its_status)
{
    static const struct {
        const char *command;
        bool asks;
    } rows[] = {
        {"curl http://x/", true},
        {"curl -sS -k https://x/", true},
        {"curl -u me:x http://x/", true},
        {"curl -o page --retry 3 http://x/", true},
        {"curl http://x/\n# Expected: \"ok\"", true},
        {"curl -k http://x/\n# Expected: \"no entry\"", false},
        {"curl -s -o /dev/null -w '%{http_code}' http://x/", false},
        {"curl -sw '%{http_code}' http://x/", false},
        {"curl --write-out x http://x/", false},
        {"curl http://x/ --next http://y/", false},
        {"curl --parallel http://x/ http://y/", false},
        {"curl -Z http://x/ http://y/", false},
        {"curl http://x/ -: http://y/", false},
        {"curl --config=all", false},
        {"curl -K all", false},
        {"curl -k http://x/ > page", false},
        {"curl -k http://x/ | jq .", false},
        {"curl -k http://x/ &", false},
        {"curl -d @- http://x/ << END\na\nEND", false},
        {"curls -k http://x/", false},
        {"sudo curl -k http://x/", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        const json_t *step;
        struct world w;

        strbuf_addf(&md, DEPLOY SH("ssh web1\n%s"), rows[i].command);
        world_make(&w, strbuf_str(&md), BOUND "hosts: {web1: {}}\n");
        step = json_array_get(json_object_get(w.json, "steps"), 0);
        if (json_get_bool(json_object_get(step, "action"), "asks_status", false) != rows[i].asks)
            T_FAIL("'%s' is%s asked", rows[i].command, rows[i].asks ? " not" : "");
        world_end(&w);
    }
}

/* "Do not run this in staging": the environment of the run decides; where it is none of those that are known, somebody does. */
T(the_environment_decides_what_is_for_another_one)
{
    static const struct {
        const char *said, *environment;
        size_t questions;
        bool done;
    } rows[] = {
        {"Do not run this in staging.", "staging", 0, false},
        {"Do not run this in staging.", "production", 0, true},
        {"Do not run this in staging.", "blue", 1, true},
        {"Not needed in prod.", "production", 0, false},
        {"Production only:", "production", 0, true},
        {"Production only:", "staging", 0, false},
        {"Production only:", "blue", 1, true},
        {"Skip on replicas.", "production", 1, true},
        {"This must not be run on the standby.", "production", 1, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0), bound = STRBUF(0);
        struct world w;
        size_t skipped = 0;

        strbuf_addf(&md, DEPLOY SH("./a") "%s\n" SH("./b"), rows[i].said);
        strbuf_addf(&bound, "environment: %s\n", rows[i].environment);
        world_make(&w, strbuf_str(&md), strbuf_str(&bound));
        for (size_t k = 0; k < w.plan.n_steps; k++)
            skipped += w.plan.steps[k].skip.n > 0;
        if (count_questions(&w, "choice") != rows[i].questions || (skipped == 0) != rows[i].done)
            T_FAIL("'%s' in %s has %zu questions, and %zu steps are left out", rows[i].said,
                   rows[i].environment, count_questions(&w, "choice"), skipped);
        world_end(&w);
    }
}

T(the_schedule_of_another_environment_is_not_that_of_the_run)
{
    static const char md[] = "# R\n\n## Staging Deployment\n" SH(
        "touch a") "### Monitoring\n\n| Time | Check |\n"
                   "|---|---|\n| T+5m | error rate |\n\n## Production Deployment\n" SH(
                       "touch b") "### Monitoring\n\n| Time | Check |\n|---|---|\n| T+30m | error rate |\n";
    static const struct {
        const char *environment;
        int64_t at_ms;
    } rows[] = {{"staging", 300000}, {"production", 1800000}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf bound = STRBUF(0);
        struct world w;

        strbuf_addf(&bound, "environment: %s\n", rows[i].environment);
        world_make(&w, md, strbuf_str(&bound));
        T_EQ(w.plan.n_checkpoints, 1);
        T_EQ(w.plan.checkpoints[0].at_ms, rows[i].at_ms);
        world_end(&w);
    }
}

T_MAIN(T_CASE(the_environment_decides_what_is_for_another_one), T_CASE(no_to_all_ways_is_an_answer),
       T_CASE(which_way_is_gone_may_be_asked_in_the_run),
       T_CASE(a_way_that_the_binding_says_no_to_is_no_option),
       T_CASE(beside_a_way_that_is_gone_another_may_be_asked_about),
       T_CASE(what_the_document_always_does_may_be_asked_about_as_a_part),
       T_CASE(what_is_left_out_all_the_same_is_not_asked_about),
       T_CASE(a_part_of_both_directions_is_one_decision),
       T_CASE(ways_of_both_directions_are_one_decision),
       T_CASE(what_the_way_back_does_only_if_is_best_asked_in_the_run),
       T_CASE(what_lies_in_a_part_that_is_left_out_is_no_choice),
       T_CASE(a_star_is_the_date_of_the_file_that_the_run_makes),
       T_CASE(a_lone_curl_in_a_shell_is_made_to_say_its_status),
       T_CASE(what_is_done_if_another_fails_may_be_said_ahead),
       T_CASE(a_way_that_is_for_the_failure_of_another_is_not_the_one_that_is_chosen),
       T_CASE(the_schedule_of_another_environment_is_not_that_of_the_run),
       T_CASE(what_has_to_fail_comes_before))
