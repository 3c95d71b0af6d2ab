/* plan/make: what a document and a binding become (docs/formats/plan.md). */
#include "base/strbuf.h"
#include "test_plan_util.h"

#define FENCE     "```"
#define SH(code)  "\n" FENCE "bash\n" code "\n" FENCE "\n\n"
#define DEPLOY    "# Web\n\n## Deployment\n"
#define BOUND     "environment: test\n"
#define SQL(text) "\n" FENCE "sql\n" text "\n" FENCE "\n"
#define SHOP      "databases: {shop: {url: 'sqlite:data/shop.db'}}\n"

/* --- the head --- */

T(the_head_says_what_for_and_who)
{
    struct hash hash;
    struct world w;

    world_make(&w, DEPLOY SH("true"),
               "environment: staging\noperator: ana\ntime_scale: 0.5\non_failure: rollback\n"
               "approvers: [bo, cy]\nenv: {A: '1', B_TOKEN: canary}\nworkdir: run\n"
               "variables: {tag: v1, commit: {command: git rev-parse HEAD}}\n");
    T_EQ(w.plan.n_questions, 0);
    T_SV(w.plan.document, "deploy.md");
    T_SV(w.plan.title, "Web");
    T_SV(w.plan.environment, "staging");
    T_SV(w.plan.operator_name, "ana");
    T_NEAR(w.plan.time_scale, 0.5, 0);
    T_SV(w.plan.on_failure, "rollback");
    T_CHECK(sv_ends(w.plan.workdir, SV("/run")));
    want_json(json_object_get(w.json, "env"), "{\"A\":\"1\"}");
    want_json(json_object_get(w.json, "secrets"), "[\"B_TOKEN\"]");
    want_json(json_object_get(w.json, "approvers"), "[\"bo\",\"cy\"]");
    want_json(json_object_get(w.json, "variables"),
              "[{\"line\":8,\"name\":\"tag\",\"value\":\"v1\"},"
              "{\"command\":\"git rev-parse HEAD\",\"line\":8,\"name\":\"commit\"}]");
    hash = document_hash(&w.doc);
    want_text(json_get_sv(w.json, "document_hash"), hash_hex(&hash).s);
    want_text(json_get_sv(w.json, "binding"), "prusik.yaml");
    world_end(&w);
}

T(a_document_without_a_step_is_a_question)
{
    struct world w;

    world_make(&w, "# Web\n\nIt is deployed by the other team.\n", "environment: staging\n");
    want_question(
        &w, "steps", 1, "the document has no step that could be carried out",
        "commands in ```bash blocks or items to tick, under a heading that says deploy, steps "
        "or phase");
    T_CHECK(w.plan.n_questions == 1);
    world_end(&w);
}

T(without_an_environment_it_asks_which)
{
    struct world w;
    char here[4096];

    world_make(&w, DEPLOY SH("true"), NULL);
    want_question(&w, "environment", 1, "which environment is this for?",
                  "environment: NAME in prusik.yaml, or --env NAME");
    T_EQ(plan_open(&w.plan, true), 1); /* before any run */
    T_CHECK(w.plan.operator_name.n > 0);
    T_CHECK(getcwd(here, sizeof(here)));
    want_text(w.plan.workdir, here);
    world_end(&w);
}

T(a_folder_that_needs_an_unset_variable_is_refused)
{
    world_refused(DEPLOY SH("true"), "workdir: $NOT_SET_HERE\n", ERR_INVALID,
                  "NOT_SET_HERE is not set");
    world_refused(DEPLOY SH("true"), "\nmaintenance: {flag: $NOT_SET_HERE}\n", ERR_INVALID,
                  "prusik.yaml: maintenance");
    world_refused(DEPLOY SH("true"),
                  "services:\n  w: {manager: process, command: [$NOT_SET_HERE], pid_file: p}\n",
                  ERR_INVALID, "prusik.yaml:2: '$NOT_SET_HERE'");
    world_refused(DEPLOY SH("true"),
                  "services:\n  w: {manager: process, command: [a], pid_file: $NOT_SET_HERE}\n",
                  ERR_INVALID, "prusik.yaml:2: '$NOT_SET_HERE'");
    world_refused(DEPLOY SH("true"), "services:\n  w: {manager: systemd, unit: $NOT_SET_HERE}\n",
                  ERR_INVALID, "prusik.yaml:2: '$NOT_SET_HERE'");
    world_refused(DEPLOY SH("true"),
                  "services:\n  w: {manager: systemd, version: {url: $NOT_SET_HERE}}\n",
                  ERR_INVALID, "prusik.yaml:2: '$NOT_SET_HERE'");
    world_refused(DEPLOY SH("sv stop x"),
                  BOUND "services: {'*': {manager: runit, log: $NOT_SET_HERE}}\n", ERR_INVALID,
                  "'$NOT_SET_HERE'");
    world_refused(DEPLOY SH("true"), "scrape: $NOT_SET_HERE\n", ERR_INVALID, "prusik.yaml: ");
    world_refused(DEPLOY SH("true"), "probes: {a: $NOT_SET_HERE}\n", ERR_INVALID, "prusik.yaml: ");
}

/* P8: what stands in a plan is printed, and kept in the journal. */
T(no_secret_stands_in_a_plan)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct world w;

    world_make(&w, DEPLOY SH("login <db_password> <user>"),
               BOUND "variables:\n  user: app\n  db_password: canary-1\n"
                     "env: {APP_SECRET: canary-2, URL: 'pg://u:canary-3@h/d'}\n"
                     "steps: {1: {undo: nothing}}\n");
    json_write(w.json, &text);
    T_CHECK(!strstr(strbuf_str(&text), "canary"));
    want_question(&w, "secret", 4, "'db_password' looks like a secret: it would be written down",
                  "variables: {db_password: {command: 'printf %s \"$NAME\"'}}, and NAME in the "
                  "environment");
    world_end(&w);
    world_refused(DEPLOY SH("true"), "env: {A_TOKEN: canary}\nscrape: http://h/$A_TOKEN\n",
                  ERR_INVALID, "A_TOKEN is a secret");
}

/* --- questions --- */

T(an_unbound_placeholder_is_asked_about_once)
{
    struct world w;

    world_make(&w, DEPLOY SH("git checkout <new tag>\ngit tag -v <new tag> <other>"),
               BOUND "variables: {other: x}\nsteps: {deployment: {undo: tested}}\n");
    want_question(&w, "placeholder", 6, "what does <new tag> stand for?",
                  "variables: {new_tag: ...}");
    T_CHECK(find_question(&w, "placeholder", 0)->at_plan);
    want_text(find_question(&w, "placeholder", 0)->file, "deploy.md");
    want_action(&w, "deployment/1", "shell",
                "{\"command\":[\"git checkout \",{\"value\":\"new_tag\"}]}");
    want_action(
        &w, "deployment/2", "shell",
        "{\"command\":[\"git tag -v \",{\"value\":\"new_tag\"},\" \",{\"value\":\"other\"}]}");
    world_end(&w);
}

T(an_expectation_that_no_machine_reads_is_asked_in_the_run_or_answered_ahead)
{
    static const char md[] = DEPLOY SH("ls\n# Expected: the lights go out");
    struct world w;

    world_make(&w, md, BOUND);
    want_question(&w, "expectation", 7, "no machine check for \"the lights go out\"",
                  "answers: {\"1\": {answer: yes, by: NAME}}");
    T_EQ(plan_open(&w.plan, true), 0);
    T_EQ(plan_open(&w.plan, false), 1);
    T_CHECK(!w.plan.steps[0].expects[0].machine);
    world_end(&w);

    world_make(&w, md, BOUND "answers: {deployment/1: {answer: yes, by: ana, note: saw it}}\n");
    T_EQ(w.plan.n_questions, 0);
    T_CHECK(w.plan.steps[0].answered && w.plan.steps[0].answer);
    T_SV(w.plan.steps[0].answer_by, "ana");
    T_SV(w.plan.steps[0].answer_note, "saw it");
    world_end(&w);

    world_make(&w, md, BOUND "drop: {7: nobody looks}\n");
    T_EQ(w.plan.n_questions, 0);
    T_EQ(w.plan.steps[0].n_expects, 0);
    T_EQ(w.plan.steps[0].n_dropped, 1); /* it is left out where everybody sees it */
    T_SV(w.plan.steps[0].dropped[0].text, "the lights go out");
    T_SV(w.plan.steps[0].dropped[0].reason, "nobody looks");
    T_EQ(w.plan.steps[0].dropped[0].line, 7);
    world_end(&w);
}

T(a_drop_that_drops_nothing_is_refused)
{
    static const char md[] = DEPLOY SH(
        "ls\n# Expected: the lights go out") "## Decision Matrix\n\n"
                                             "| Symptom | Action |\n|---|---|\n| Error rate >5% | ROLLBACK |\n\n"
                                             "## Monitoring Schedule\n\n| Time | Check |\n|---|---|\n| T+5 min | Error rate, logs |\n";
    static const char *const good[] = {
        "7",    "deploy.md:7", "the lights go out", "14", "deploy.md:14", "Error rate >5%",
        "logs", "20"};
    static const char *const bad[] = {"8", "deploy.md:8", "deploy.md7", "lights", "other.md:7"};
    struct world w;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        char yaml[200];

        (void)snprintf(yaml, sizeof(yaml), BOUND "drop: {'%s': r}\n", good[i]);
        world_make(&w, md, yaml);
        world_end(&w);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char yaml[200], message[200];

        (void)snprintf(yaml, sizeof(yaml), BOUND "drop: {'%s': r}\n", bad[i]);
        (void)snprintf(message, sizeof(message),
                       "prusik.yaml:2: nothing that is judged is called '%s'", bad[i]);
        world_refused(md, yaml, ERR_INVALID, message);
    }
    world_make(&w, md,
               BOUND "rules: {mine: rollback when up < 1}\ndrop: {rollback when up < 1: r}\n");
    T_CHECK(w.plan.rules[1].dropped);
    world_end(&w);
}

T(what_the_reader_could_not_read_is_a_question)
{
    struct world w;

    world_make(&w, DEPLOY SH("echo 'open\ntrue") "caf\xe9\n", BOUND);
    T_EQ(find_question(&w, "syntax", 0)->line, 6);
    T_EQ(find_question(&w, "text", 0)->line, 10);
    T_CHECK(find_question(&w, "syntax", 0)->at_plan && find_question(&w, "text", 0)->at_plan);
    world_end(&w);
}

T(a_block_that_is_too_long_is_a_question_that_says_so)
{
    CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
    struct world w;

    strbuf_add_str(&md, DEPLOY "\n" FENCE "bash\n");
    while (md.n < 70000)
        strbuf_add_str(&md, "true\n");
    strbuf_add_str(&md, FENCE "\n");
    world_make(&w, md.p, BOUND);
    T_CHECK(find_question(&w, "syntax", 0)->line == 6 && count_questions(&w, "syntax") == 1);
    T_SV(find_question(&w, "syntax", 0)->text,
         "a block of more than 65535 bytes is not split into commands");
    world_end(&w);
}

T(questions_stand_in_the_order_of_the_document)
{
    struct world w;

    world_make(&w, DEPLOY SH("frobnicate <b> <a>\nls\n# Expected: fine weather") "- [ ] Look\n",
               NULL);
    T_CHECK(w.plan.n_questions >= 5);
    for (size_t i = 1; i < w.plan.n_questions; i++) {
        const struct plan_question *q = &w.plan.questions[i - 1], *next = q + 1;

        T_CHECK(q->line < next->line ||
                (q->line == next->line && sv_cmp(q->text, next->text) <= 0));
    }
    world_end(&w);
}

/* --- references --- */

T(a_reference_to_nothing_names_the_nearest)
{
    static const char *const keys[] = {"answers: {deploymnt/1: {answer: yes, by: a}}",
                                       "steps: {deploymnt/1: {retries: 1}}",
                                       "choices: {deploymnt/1: yes}"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct world w;

        T_EQ(world_try(&w, DEPLOY SH("true"), keys[i], NULL), ERR_INVALID);
        want_message(&w.err,
                     "prusik.yaml:1: the document has no single step or part 'deploymnt/1'");
        T_STR(w.err.hint, "did you mean 'deployment/1'?");
        world_end(&w);
        T_EQ(world_try(&w, DEPLOY SH("true"), "steps: {qqqqqqqqqqqqqqq: {retries: 1}}", NULL),
             ERR_INVALID);
        T_STR(w.err.hint, "prusik plan lists the ids");
        world_end(&w);
    }
}

T(a_choice_about_a_step_is_refused)
{
    world_refused(DEPLOY SH("true"), "\nchoices: {deployment/1: yes}\n", ERR_INVALID,
                  "prusik.yaml:2: step 'deployment/1' is always carried out: there is no choice");
}

/* "1" alone would be the part that is called so. */
T(what_is_proposed_as_an_answer_answers_that_question)
{
    static const char md[] = "# Web\n\n## Deployment\n\n### Step 1: One\n" SH(
        "true\nfrobnicate 2") "### Step 2: Two\n" SH("true");
    struct world w;
    char yaml[300];

    world_make(&w, md, BOUND);
    want_question(&w, "way-back", 9, "nothing in the document undoes 'frobnicate 2'",
                  "steps: {\"1/2\": {undo: why nothing has to be done}}");
    (void)snprintf(yaml, sizeof(yaml), BOUND "%.*s\n",
                   SV_FMT(find_question(&w, "way-back", 0)->answer_with));
    world_end(&w);
    world_make(&w, md, yaml);
    T_EQ(w.plan.n_questions, 0);
    T_EQ(find_step(&w, "deployment/1/2")->undo, UNDO_ACCEPTED);
    T_EQ(find_step(&w, "deployment/2/1")->undo, UNDO_NOTHING);
    world_end(&w);
}

/* --- choices --- */

#define CHOICE_MD                                                     \
    "# Web\n\n## Deployment\n\n### Step 1: Migrate (if needed)\n" SH( \
        "echo a\necho b") "### Step 2: Warm up (optional)\n" SH("echo c") "### Step 3: End\n" SH("echo d")

T(what_is_done_only_if_is_asked_once_for_the_part)
{
    struct world w;

    world_make(&w, CHOICE_MD, BOUND);
    T_EQ(count_questions(&w, "choice"), 2);
    want_text(find_question(&w, "choice", 0)->text,
              "'Migrate' is done if needed: does this run do it?");
    T_CHECK(sv_starts(find_question(&w, "choice", 0)->answer_with, SV("choices: {\"1\": ")));
    want_text(find_question(&w, "choice", 1)->text, "'Warm up' is optional: does this run do it?");
    T_CHECK(find_question(&w, "choice", 0)->at_plan);
    world_end(&w);
}

T(a_choice_of_the_binding_is_no_question)
{
    struct world w;
    const struct plan_step *s;

    world_make(&w, CHOICE_MD, BOUND "choices: {1: no, 2: {when: 1/1, contains: Applied}}\n");
    T_EQ(w.plan.n_questions, 0);
    T_SV(find_step(&w, "1/1")->skip, "the binding says no (line 2): 'Migrate'");
    T_CHECK(find_step(&w, "1/2")->skip.n > 0);
    s = find_step(&w, "2/1");
    T_EQ(s->skip.n, 0);
    T_EQ(s->n_choices, 1);
    T_SV(s->choices[0].part, "deployment/2");
    T_SV(s->choices[0].text, "optional");
    T_SV(s->choices[0].when, "deployment/1/1"); /* the whole id: it was unique in this document */
    T_SV(s->choices[0].contains, "Applied");
    T_EQ(find_step(&w, "3/1")->n_choices, 0);
    world_end(&w);
    world_make(&w, CHOICE_MD, BOUND "choices: {1: yes, 2: yes}\n");
    T_EQ(find_step(&w, "1/1")->skip.n + find_step(&w, "1/1")->n_choices, 0);
    world_end(&w);
}

T(a_choice_looks_at_one_step_that_has_run)
{
    struct world w;

    world_refused(CHOICE_MD, BOUND "choices: {2: {when: 9/1, contains: x}}\n", ERR_INVALID,
                  "prusik.yaml:2: the document has no single step or part '9/1'");
    world_refused(CHOICE_MD, BOUND "choices: {2: {when: 1, contains: x}}\n", ERR_INVALID,
                  "prusik.yaml:2: 'when' needs one step: '1' is a part");
    world_refused(
        CHOICE_MD, BOUND "choices: {2: {when: 3/1, contains: x}}\n", ERR_INVALID,
        "prusik.yaml:2: 'when' needs an earlier step: '3/1' does not come before 'deployment/2/1'");
    world_refused(
        CHOICE_MD, BOUND "choices: {2: {when: 2/1, contains: x}}\n", ERR_INVALID,
        "prusik.yaml:2: 'when' needs an earlier step: '2/1' does not come before 'deployment/2/1'");
    world_make(&w, CHOICE_MD "## Rollback\n\n### Step 9: Back (if needed)\n" SH("echo e"),
               BOUND "choices: {1: no, 2: no, 9: {when: 3/1, contains: x}}\n");
    T_EQ(count_questions(&w, "choice"), 0);
    world_end(&w);
    world_refused("# Web\n\n## Rollback\n\n### Step 9: Back\n" SH(
                      "echo e") "## Deployment\n\n### Step 1: A (if needed)\n" SH("echo a"),
                  BOUND "choices: {1: {when: 9/1, contains: x}}\n", ERR_INVALID,
                  "needs an earlier step: '9/1'");
    /* "1/1" is a step of both: neither is guessed */
    world_refused(CHOICE_MD "## Verification\n\n### Step 1: Look\n" SH("echo e"),
                  BOUND "choices: {2: {when: 1/1, contains: x}}\n", ERR_INVALID,
                  "the document has no single step or part '1/1'");
}

#define STAGES_MD                                                                             \
    "# Web\n\n## Deployment\n\n### A (Development)\n" SH("echo a") "### B (Production)\n" SH( \
        "echo b") "### C\n" SH("echo c")

T(the_environment_of_the_run_chooses_between_those_that_are_named)
{
    struct world w;

    world_make(&w, STAGES_MD, "environment: prod\n");
    T_EQ(count_questions(&w, "choice"), 0);
    T_SV(find_step(&w, "a-development/1")->skip,
         "'A (Development)': for Development only, and this is for prod");
    T_EQ(find_step(&w, "b-production/1")->skip.n + find_step(&w, "c/1")->skip.n, 0);
    world_end(&w);
    world_make(&w, STAGES_MD, "environment: eu-west\n"); /* who knows what that is */
    T_EQ(count_questions(&w, "choice"), 2);
    T_EQ(find_step(&w, "a-development/1")->skip.n, 0);
    world_end(&w);
    world_make(&w, STAGES_MD, "environment: prod\nchoices: {a-development: yes}\n");
    T_EQ(find_step(&w, "a-development/1")->skip.n, 0); /* a person knows better */
    world_end(&w);
}

/* --- settings --- */

T(settings_of_a_part_hold_for_its_steps)
{
    struct world w;

    world_make(&w,
               "# Web\n\n## Deployment\n\n### Step 1: One\n" SH(
                   "touch a\ntouch b") "### Step 2: Two\n" SH("touch c"),
               BOUND
               "steps:\n  2/1: {skip: not here}\n"
               "  deployment: {timeout: 3s, retries: 2, undo: they are empty, in_doubt: done}\n");
    T_EQ(find_step(&w, "1/1")->timeout_ms, 3000);
    T_EQ(find_step(&w, "1/2")->retries, 2);
    T_EQ(find_step(&w, "1/2")->undo, UNDO_ACCEPTED);
    T_SV(find_step(&w, "1/2")->undo_text, "they are empty");
    T_SV(find_step(&w, "1/2")->in_doubt, "done");
    T_SV(find_step(&w, "1/2")->in_doubt_why, "the binding says so");
    T_CHECK(!json_object_get(step_json(&w, "deployment/1/1"), "undo_accepted"));
    T_SV(find_step(&w, "2/1")->skip, "not here"); /* the first that covers it */
    T_EQ(find_step(&w, "2/1")->timeout_ms, 0);
    world_end(&w);
}

T(what_stands_in_the_document_about_time_is_kept)
{
    struct world w;

    world_make(&w,
               DEPLOY SH("systemctl status web\n# Expected: active (running)\n\n"
                         "# Wait until it answers (max 30 seconds)\ncurl http://h/\n"
                         "# Expected: HTTP 200"),
               BOUND);
    T_EQ(w.plan.steps[1].wait_ms, 30000);
    T_EQ(w.plan.steps[1].timeout_ms, 0);
    T_EQ(w.plan.steps[1].retries, 0);
    T_SV(w.plan.steps[1].in_doubt, "again");
    T_CHECK(w.plan.steps[1].in_doubt_why.n > 0);
    world_end(&w);
}

/* --- kinds of steps --- */

T(a_person_confirms_and_another_approves)
{
    struct world w;

    world_make(
        &w, "# Web\n\n## Pre-checks\n\n- [ ] **1. Notes read**\n- [ ] **2. Approval obtained**\n",
        BOUND "answers: {2: {answer: yes, by: ana}}\n");
    want_question(&w, "manual", 5, "a person does this: \"1. Notes read\"",
                  "answers: {\"1/1\": {answer: yes, by: NAME}}");
    want_action(&w, "pre-checks/1/1", "manual", "{}");
    want_json(json_object_get(step_json(&w, "pre-checks/1/1"), "gates"), "[\"confirm\"]");
    want_action(&w, "pre-checks/2/1", "approval", "{}");
    want_json(json_object_get(step_json(&w, "pre-checks/2/1"), "gates"), "[\"approval\"]");
    T_CHECK(!find_step(&w, "2/1")->answered); /* an approval is not given by a file */
    world_end(&w);
}

T(every_form_of_a_command_becomes_its_action)
{
    struct world w;

    world_make(&w,
               DEPLOY SH("curl -f -L -m 5 -H \"X-A: b\" http://h/$APP\n"
                         "curl -X POST -d '{\"k\": 1}' http://h/x\n"
                         "sqlite3 data/app.db \"SELECT 1\"\n"
                         "sleep 2\n"
                         "sleep 5 && curl http://h/y\n"
                         "df -h /srv\n"
                         "# Expected: >1GB free\n"
                         "df -h /\n"
                         "sudo systemctl restart web.service\n"
                         "systemctl restart other\n"
                         "touch run/MAINTENANCE\n"
                         "rm run/MAINTENANCE\n"
                         "touch run/other\n"
                         "cp a b\n"
                         "curl http://h/\"x\"'y'$APP\"b\"c"),
               BOUND "services: {web: {manager: process, command: [web], pid_file: p}}\n"
                     "steps: {deployment: {undo: tested}}\n");
    want_action(
        &w, "deployment/1", "http",
        "{\"fail_on_status\":true,\"follow\":true,\"headers\":[[\"X-A: b\"]],\"method\":\"GET\","
        "\"timeout_ms\":5000,\"url\":[\"http://h/\",{\"env\":\"APP\"}]}");
    want_action(&w, "deployment/2", "http",
                "{\"body\":[\"{\\\"k\\\": 1}\"],\"fail_on_status\":false,\"follow\":false,"
                "\"headers\":[],\"method\":\"POST\",\"timeout_ms\":0,\"url\":[\"http://h/x\"]}");
    want_action(&w, "deployment/3", "sqlite",
                "{\"file\":[\"data/app.db\"],\"sql\":[\"SELECT 1\"]}");
    want_action(&w, "deployment/4", "pause", "{\"ms\":2000}");
    T_EQ(json_get_int(json_object_get(step_json(&w, "deployment/5"), "action"), "delay_ms", 0),
         5000);
    want_action(&w, "deployment/6", "disk", "{\"path\":[\"/srv\"]}");
    want_action(&w, "deployment/7", "shell",
                "{\"command\":[\"df -h /\"]}"); /* nothing to compare */
    want_action(&w, "deployment/8", "service", "{\"service\":\"web\",\"verb\":\"restart\"}");
    want_action(&w, "deployment/9", "shell", "{\"command\":[\"systemctl restart other\"]}");
    want_action(&w, "deployment/10", "maintenance", "{\"file\":[\"run/MAINTENANCE\"],\"on\":true}");
    want_action(&w, "deployment/11", "maintenance",
                "{\"file\":[\"run/MAINTENANCE\"],\"on\":false}");
    want_action(&w, "deployment/12", "shell", "{\"command\":[\"touch run/other\"]}");
    want_action(&w, "deployment/13", "shell", "{\"command\":[\"cp a b\"],\"makes\":[[\"b\"]]}");
    want_json(json_object_get(json_object_get(step_json(&w, "deployment/14"), "action"), "url"),
              "[\"http://h/xy\",{\"env\":\"APP\"},\"bc\"]");
    world_end(&w);
}

T(the_bound_flag_is_the_maintenance_flag_and_no_other)
{
    struct world w;

    world_make(&w, DEPLOY SH("touch $APP/closed\ntouch run/MAINTENANCE\ntouch $UNSET/MAINTENANCE"),
               BOUND "env: {APP: /srv}\nmaintenance: {flag: $APP/closed}\n"
                     "steps: {deployment: {undo: u}}\n");
    want_action(&w, "deployment/1", "maintenance",
                "{\"file\":[{\"env\":\"APP\"},\"/closed\"],\"on\":true}");
    T_SV(find_step(&w, "2")->kind, "shell");
    T_SV(find_step(&w, "3")->kind, "shell"); /* where it lies shows in the run only */
    T_SV(w.plan.flag, "/srv/closed");
    world_end(&w);
}

T(a_unit_that_is_named_in_the_run_only_is_left_to_the_shell)
{
    struct world w;

    world_make(&w,
               DEPLOY SH("systemctl restart <unit>\nsystemctl restart $UNSET_UNIT\n"
                         "systemctl restart $UNIT"),
               BOUND "env: {UNIT: web}\nvariables: {unit: web}\nsteps: {deployment: {undo: u}}\n"
                     "services: {web: {manager: process, command: [web, $UNIT], pid_file: run/p,"
                     " log: l, workdir: w}}\n");
    T_SV(find_step(&w, "1")->kind, "shell");
    T_SV(find_step(&w, "2")->kind, "shell");
    want_action(&w, "deployment/3", "service", "{\"service\":\"web\",\"verb\":\"restart\"}");
    T_EQ(w.plan.n_services, 1);
    T_SV(w.plan.services[0].command[1], "web");
    T_CHECK(sv_ends(w.plan.services[0].pid_file, SV("/run/p")));
    T_CHECK(sv_ends(w.plan.services[0].log, SV("/l")));
    T_CHECK(sv_ends(w.plan.services[0].workdir, SV("/w")));
    T_EQ(w.plan.services[0].stop_timeout_ms, 30000);
    world_end(&w);
}

T(a_service_of_any_manager_is_bound_by_name_or_all_of_one_manager)
{
    struct world w;

    world_make(
        &w,
        DEPLOY SH("systemctl restart web\nsudo systemctl stop db.service\nsystemctl restart db\n"
                  "supervisorctl restart worker\nsv restart cache\ndocker compose restart api\n"
                  "systemctl --user restart mine"),
        BOUND
        "env: {REL: v7}\nvariables: {build: b9}\nsteps: {deployment: {undo: u}}\n"
        "services:\n  web: {manager: compose, project: shop, socket: d.sock, ready: http://h/$REL,"
        " version: {url: http://h/v, field: version, is: $REL-<build>, newer_than: bin/x}}\n"
        "  '*': {manager: systemd}\n  cache: {manager: runit}\n");
    want_action(&w, "deployment/1", "service", "{\"service\":\"web\",\"verb\":\"restart\"}");
    want_action(&w, "deployment/2", "service", "{\"service\":\"db\",\"verb\":\"stop\"}");
    want_action(&w, "deployment/3", "service", "{\"service\":\"db\",\"verb\":\"restart\"}");
    T_SV(find_step(&w, "4")->kind, "shell"); /* of another manager than "*" */
    want_action(&w, "deployment/5", "service", "{\"service\":\"cache\",\"verb\":\"restart\"}");
    T_SV(find_step(&w, "6")->kind, "shell");
    T_SV(find_step(&w, "7")->kind, "shell");
    T_SV(find_step(&w, "2")->command, "sudo systemctl stop db.service");
    T_EQ(w.plan.n_services, 3); /* "*" is none, and db stands once */
    T_SV(w.plan.services[0].manager, "compose");
    T_SV(w.plan.services[0].project, "shop");
    T_CHECK(sv_ends(w.plan.services[0].socket, SV("/d.sock")));
    T_SV(w.plan.services[0].ready, "http://h/v7");
    T_SV(w.plan.services[0].version.field, "version");
    T_CHECK(sv_ends(w.plan.services[0].version.newer_than, SV("/bin/x")));
    T_EQ(json_array_size(w.plan.services[0].version.is), 2); /* "v7-" and the placeholder */
    T_EQ(w.plan.services[0].stable_ms, 2000);
    T_SV(w.plan.services[1].dir, "/etc/service/cache");
    T_SV(w.plan.services[2].name, "db");
    T_SV(w.plan.services[2].manager, "systemd");
    world_end(&w);
}

T(the_status_of_a_service_on_another_host_is_judged_by_what_is_printed)
{
    struct world w;

    world_make(&w,
               DEPLOY SH("ssh web1\nsystemctl status web\n# Expected: active (running)\n"
                         "systemctl restart web"),
               BOUND "hosts: {web1: ops@web1}\nservices: {'*': {manager: systemd}}\n"
                     "steps: {deployment: {undo: u}}\n");
    T_SV(find_step(&w, "1")->kind, "shell");
    T_EQ(find_step(&w, "1")->n_expects, 1);
    T_CHECK(find_step(&w, "1")->expects[0].machine);
    T_EQ(find_step(&w, "1")->expects[0].e.form, EXPECT_ACTIVE);
    T_EQ(w.plan.n_services, 0);
    world_end(&w);
}

T(what_looks_again_and_again_needs_an_end)
{
    static const char md[] = DEPLOY SH("watch -n 5 'echo 1'\ntail -f /var/log/x");
    struct world w;

    world_make(&w, md, BOUND);
    want_question(&w, "condition", 6, "this looks again and again: when is it done?",
                  "a line such as '# When connections <5, proceed' in the document");
    T_EQ(count_questions(&w, "bound"), 2);
    want_text(find_question(&w, "bound", 0)->answer_with, "steps: {\"1\": {timeout: 5m}}");
    want_text(find_question(&w, "bound", 1)->text, "this never ends: how long is it watched?");
    want_action(&w, "deployment/1", "poll", "{\"command\":[\"echo 1\"],\"every_ms\":5000}");
    want_action(&w, "deployment/2", "follow",
                "{\"command\":[\"tail -f /var/log/x\"],\"for_ms\":0}");
    world_end(&w);
    world_make(&w, DEPLOY SH("watch -n 5 'echo 1'\n# When connections <5, proceed\ntail -f x"),
               BOUND "steps: {deployment: {timeout: 1m}}\n");
    T_EQ(count_questions(&w, "condition") + count_questions(&w, "bound"), 0);
    world_end(&w);
    world_make(&w, DEPLOY SH("kubectl get pods -w\nkubectl port-forward a 1:2\nping -c 1 web1"),
               BOUND);
    want_action(&w, "deployment/1", "follow",
                "{\"command\":[\"kubectl get pods -w\"],\"for_ms\":0}");
    T_SV(w.plan.steps[1].kind, "shell");
    want_text(find_question(&w, "bound", 1)->text,
              "this does not come back: nothing behind it is reached");
    T_EQ(count_questions(&w, "bound"), 2);
    world_end(&w);
}

T(a_host_of_the_document_is_one_that_the_binding_knows)
{
    struct world w;

    world_make(&w, DEPLOY SH("ssh web1\nuptime\ncurl -f http://x/\n# Expected: HTTP 200"), BOUND);
    T_EQ(count_questions(&w, "host"), 1);
    T_CHECK(plan_open(&w.plan, true) > 0);
    T_SV(w.plan.steps[0].host, "web1");
    world_end(&w);
    world_make(&w, "# Web\n\n## Rollback\n" SH("ssh web1\nuptime"), BOUND);
    T_EQ(count_questions(&w, "host"), 1);
    world_end(&w);
    world_make(&w,
               DEPLOY "On web1 and web2:" SH("./a") "\nOn web1:" SH("./a") "\nOn web1:" SH("./b"),
               BOUND);
    T_EQ(count_questions(&w, "host"), 2); /* a name in another one is a name */
    world_end(&w);

    world_make(&w, DEPLOY SH("ssh web1\nuptime\ncurl -f http://x/\n# Expected: HTTP 200"),
               BOUND "hosts: {web1: {address: ops@10.0.0.7, ssh: [-p, 2200]}}\n");
    T_EQ(count_questions(&w, "host"), 0);
    T_SV(w.plan.steps[0].address, "ops@10.0.0.7");
    T_EQ(w.plan.steps[0].n_ssh, 2);
    T_SV(w.plan.steps[0].ssh[1], "2200");
    T_CHECK(sv_ends(w.plan.steps[0].session, SV("@web1")));
    T_SV(w.plan.steps[1].kind, "shell");         /* there, not by our own HTTP client */
    T_EQ(count_questions(&w, "expectation"), 0); /* curl is made to say the status */
    world_end(&w);

    world_make(&w,
               DEPLOY SH("ssh web1\nsleep 2\nwatch -n 5 'echo 1'\n# When connections <5, proceed")
                   SQL("SELECT 1;"),
               BOUND SHOP "hosts: {web1: {}}\nsteps: {deployment: {timeout: 1m}}\n");
    T_SV(w.plan.steps[0].kind, "pause");
    T_SV(w.plan.steps[1].kind, "poll");
    T_SV(w.plan.steps[1].address, "web1");
    T_EQ(count_questions(&w, "database"), 1); /* SQL over there: the same name may be another one */
    world_end(&w);
    world_make(&w, DEPLOY SH("ssh web1\nuptime") SQL("SELECT 1;"),
               BOUND SHOP "hosts: {web1: {}}\nsteps: {'2': {database: shop}}\n");
    T_EQ(count_questions(&w, "unsupported"), 1); /* a file over there */
    world_end(&w);
    world_make(&w, DEPLOY SH("ssh web1\nuptime") SQL("SELECT 1;"),
               BOUND "databases: {shop: {url: 'postgresql://db/shop'}}\nhosts: {web1: {}}\n"
                     "steps: {'2': {database: shop}}\n");
    T_EQ(w.plan.n_questions, 0);
    T_SV(w.plan.steps[1].kind, "postgres");
    world_end(&w);

    world_make(&w, DEPLOY SH("ssh web1\nuptime\ncurl -f http://x/\n# Expected: HTTP 200"),
               BOUND "hosts: {'*': local}\n");
    T_EQ(w.plan.n_questions, 0);
    T_SV(w.plan.steps[0].host, "local");
    T_EQ(w.plan.steps[0].address.n, 0);
    T_SV(w.plan.steps[1].kind, "http");
    world_end(&w);
    world_refused(DEPLOY SH("ls"), BOUND "hosts: {web1: '-oProxyCommand=x'}\n", ERR_INVALID,
                  "must not begin with '-'");
}

#define WAYS \
    SH("cd /srv\n# Via Flask\nflask db upgrade\nflask db current\n\n# Via Alembic (alternative)\nalembic upgrade head")

static void skipped(const struct world *w, const char *which)
{
    size_t n = 0;

    for (size_t i = 0; i < w->plan.n_steps; i++, n++)
        if ((w->plan.steps[i].skip.n > 0) != (which[i] == 's'))
            T_FAIL("'%.*s' is%s skipped", SV_FMT(w->plan.steps[i].command),
                   w->plan.steps[i].skip.n ? "" : " not");
    T_EQ(n, strlen(which));
}

T(of_several_ways_one_is_gone)
{
    struct world w;

    world_make(&w, DEPLOY WAYS, BOUND);
    T_EQ(count_questions(&w, "choice"), 1);
    T_CHECK(sv_has(
        find_question(&w, "choice", 0)->text,
        SV("one of 2 ways, which? 'flask db upgrade' (line 8), 'alembic upgrade head' (line 12)")));
    world_end(&w);
    world_make(&w, DEPLOY WAYS, BOUND "choices: {'2': yes}\n");
    T_EQ(count_questions(&w, "choice"), 0);
    skipped(&w, "...s");
    T_CHECK(sv_has(w.plan.steps[3].skip, SV("another way was chosen: 'flask db upgrade'")));
    world_end(&w);
    world_make(&w, DEPLOY WAYS, BOUND "choices: {'4': yes}\n");
    skipped(&w, ".ss.");
    world_end(&w);
    world_make(&w, DEPLOY WAYS, BOUND "choices: {'3': no}\n"); /* the other one, then */
    T_EQ(count_questions(&w, "choice"), 0);
    skipped(&w, ".ss.");
    world_end(&w);
    world_make(&w, DEPLOY "\n**For Docker:**\n" SH("mv a b") "\n**For systemd:**\n" SH("mv c d"),
               BOUND);
    T_EQ(count_questions(&w, "choice"), 1);
    world_end(&w);
}

T(a_condition_on_a_command_is_a_choice)
{
    struct world w;

    world_make(&w, DEPLOY SH("ls\n# Clear it (if needed)\nrm x\nrm y\n\n# Optional: look\npwd"),
               BOUND);
    T_EQ(count_questions(&w, "choice"), 2);
    world_end(&w);
    world_make(&w, DEPLOY SH("ls\n# Clear it (if needed)\nrm x\nrm y\n\n# Optional: look\npwd"),
               BOUND
               "choices: {'3': no, '4': yes}\n"); /* both commands stand under the condition */
    T_EQ(count_questions(&w, "choice"), 0);
    skipped(&w, ".ss.");
    world_end(&w);
}

/* The pieces of a member of the first step's action, as JSON. */
static void action_has(const struct world *w, const char *member, const char *want)
{
    const json_t *step = json_array_get(json_object_get(w->json, "steps"), 0);
    const json_t *v = json_object_get(json_object_get(step, "action"), member);
    char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

    if (!text || strcmp(text, want) != 0)
        T_FAIL("%s is %s and should be %s", member, text ? text : "not there", want);
    free(text);
}

T(sql_is_for_the_database_that_is_bound)
{
    CLEANUP(strbuf_release) struct strbuf file = STRBUF(0);
    struct world w;

    world_make(&w, DEPLOY SQL("SELECT 1;"), BOUND SHOP);
    T_EQ(w.plan.n_questions, 0);
    T_SV(w.plan.steps[0].effect, "none");
    strbuf_addf(&file, "[\"%s/data/shop.db\"]", w.b.dir);
    action_has(&w, "file", strbuf_str(&file));
    action_has(&w, "sql", "[\"SELECT 1;\"]");
    world_end(&w);

    world_make(&w, DEPLOY SQL("SELECT 1;"),
               BOUND "databases: {a: {url: 'sqlite:/a.db'}, b: {url: 'sqlite:b.db'}}\n");
    T_EQ(count_questions(&w, "database"), 1);
    world_end(&w);
    world_make(
        &w, DEPLOY SQL("SELECT 1;"),
        BOUND
        "databases: {a: {url: 'sqlite:/a.db'}, b: {url: 'sqlite:b.db'}}\nsteps: {'1': {database: a}}\n");
    T_EQ(count_questions(&w, "database"), 0);
    action_has(&w, "file", "[\"/a.db\"]");
    world_end(&w);
    world_make(&w, DEPLOY SQL("SELECT 1;"), BOUND);
    T_EQ(count_questions(&w, "database"), 1);
    T_SV(find_question(&w, "database", 0)->answer_with,
         "databases: {main: {url: \"sqlite:PATH\"}}");
    world_end(&w);
    world_make(&w, DEPLOY SH("pg_dump shop > a") SQL("SELECT 1;"), BOUND); /* what it works with */
    T_SV(find_question(&w, "database", 0)->answer_with,
         "databases: {main: {url: \"postgresql://USER@HOST/NAME\"}}");
    world_end(&w);
    world_make(&w, DEPLOY SQL("psql -h x\nSELECT 1;"), BOUND);
    T_CHECK(sv_has(find_question(&w, "database", 0)->answer_with, SV("postgresql:")));
    world_end(&w);
    world_refused(DEPLOY SQL("SELECT 1;"), BOUND SHOP "steps: {'1': {database: shpo}}\n",
                  ERR_INVALID, "there is no database 'shpo'");
    world_refused(
        DEPLOY SH("true") "## Rollback\n\n" SQL("SELECT 1;"),
        BOUND SHOP "steps: {'rollback/1': {database: shpo}}\n", ERR_INVALID,
        "there is no database 'shpo'"); /* the way back is looked at before it is needed */
    world_refused(DEPLOY SQL("SELECT 1;"), BOUND "databases: {a: {url: 'mysql://x/y'}}\n",
                  ERR_INVALID, "prusik.yaml:2");
    world_refused(DEPLOY SQL("SELECT 1;"), BOUND "databases: {a: {url: 'sqlite:///a.db'}}\n",
                  ERR_INVALID, "relative path to some programs");
    world_make(&w, DEPLOY SQL("SELECT 1;"), BOUND "databases: {a: {url: 'sqlite:////a.db'}}\n");
    action_has(&w, "file", "[\"/a.db\"]");
    world_end(&w);
}

T(a_command_that_waits_for_a_person_gets_a_terminal)
{
    struct world w;

    world_make(&w, DEPLOY SH("vim app.conf"), BOUND "steps: {'1': {undo: x}}\n");
    T_SV(w.plan.steps[0].kind, "terminal");
    T_EQ(count_questions(&w, "terminal"), 1);
    T_CHECK(!find_question(&w, "terminal", 0)->at_plan); /* a person who runs it is there */
    world_end(&w);
    world_make(&w, DEPLOY SH("vim app.conf"), BOUND "steps: {'1': {terminal: no, undo: x}}\n");
    T_SV(w.plan.steps[0].kind, "shell");
    T_EQ(w.plan.n_questions, 0);
    world_end(&w);
    world_make(&w, DEPLOY SH("./ask.sh"), BOUND "steps: {'1': {terminal: yes, undo: x}}\n");
    T_SV(w.plan.steps[0].kind, "terminal");
    world_end(&w);
    world_make(&w, DEPLOY SH("ssh web1\nvim app.conf"),
               BOUND "hosts: {web1: {}}\nsteps: {'1': {undo: x}}\n");
    T_SV(w.plan.steps[0].kind, "terminal");
    T_CHECK(!find_question(&w, "terminal", 0)->at_plan); /* it gets one there */
    world_end(&w);
    world_make(&w, DEPLOY SH("ssh web\nvim app.conf"),
               BOUND
               "hosts: {web: {group: [a, b], batch: 2}, a: {}, b: {}}\nsteps: {'1': {undo: x}}\n");
    T_CHECK(find_question(&w, "terminal", 0)->at_plan); /* one person, two terminals */
    world_end(&w);
    world_refused(DEPLOY SH("ls"), BOUND "steps: {'1': {terminal: maybe}}\n", ERR_INVALID,
                  "must be yes or no");
}

#define PG(url) BOUND "databases: {main: {url: '" url "'}}\n"

T(sql_on_postgresql_has_an_address_without_values)
{
    struct world w;

    world_make(&w, DEPLOY SQL("SELECT 1;"), PG("postgresql://app:${PW}@db/shop?sslmode=$MODE"));
    T_EQ(w.plan.n_questions, 0);
    T_SV(w.plan.steps[0].kind, "postgres");
    action_has(&w, "url",
               "[\"postgresql://app:\",{\"env\":\"PW\"},\"@db/shop?sslmode=\",{\"env\":\"MODE\"}]");
    action_has(&w, "database", "\"main\"");
    world_end(&w);
    world_make(&w, DEPLOY SQL("psql -h x\n\\d deals\nSELECT 1;"), PG("postgres:///shop"));
    T_EQ(w.plan.n_questions, 0); /* the one PostgreSQL there is */
    T_CHECK(
        sv_has(json_get_sv(json_array_get(json_object_get(w.json, "steps"), 0), "id"), SV("1")));
    world_end(&w);
    world_make(&w, DEPLOY SQL("sqlite3 x.db\nSELECT 1;"), PG("postgres:///shop"));
    T_SV(w.plan.steps[0].kind, "sqlite"); /* it names its file */
    world_end(&w);
    world_make(&w, DEPLOY SQL("psql shop\n\\copy t FROM 'x'"), PG("postgres:///shop"));
    T_EQ(count_questions(&w, "unsupported"), 1);
    world_end(&w);

    world_make(&w, DEPLOY SQL("SELECT 1;"),
               PG("$DB") "env: {DB: 'postgres://app:geheim@db/shop'}\n");
    action_has(&w, "url", "[{\"env\":\"DB\"}]");
    world_end(&w);
    world_make(&w, DEPLOY SQL("SELECT 1;"), PG("${DB}") "env: {DB: 'sqlite:/srv/shop.db'}\n");
    action_has(&w, "file", "[\"/srv/shop.db\"]");
    world_end(&w);
    world_refused(DEPLOY SQL("SELECT 1;"), PG("$NOT_SET_HERE"), ERR_INVALID,
                  "variable $NOT_SET_HERE is not set");
    world_refused(DEPLOY SQL("SELECT 1;"), PG("postgres://$/x"), ERR_INVALID, "'$' must begin");
    world_refused(DEPLOY SQL("SELECT 1;"), PG("postgres://a:b@h/x"), ERR_INVALID,
                  "has a password in its address");
}

T(the_client_before_the_statements_says_what_they_are_for)
{
    struct world w;

    world_make(&w, DEPLOY SQL("sqlite3 -header shop.db\nSELECT 1;"), BOUND);
    T_EQ(w.plan.n_questions, 0);
    action_has(&w, "file", "[\"shop.db\"]");
    world_end(&w);
    world_make(&w, DEPLOY SQL("sqlite3\nSELECT 1;"), BOUND SHOP);
    T_EQ(w.plan.n_questions, 0); /* it names no file: the bound one */
    world_end(&w);
    world_refused(DEPLOY SQL("SELECT 1;"), BOUND "databases: {a: {url: 'sqlite:$NOT_SET/a.db'}}\n",
                  ERR_INVALID, "prusik.yaml:2: ");
    world_make(&w, DEPLOY SQL("psql shop\nSELECT 1;"), BOUND SHOP);
    T_EQ(count_questions(&w, "database"), 1); /* psql is not SQLite: a person says so */
    world_end(&w);
    world_make(&w, DEPLOY SQL("psql shop\nSELECT 1;"),
               BOUND SHOP "steps: {'1': {database: shop}}\n");
    T_EQ(count_questions(&w, "database"), 0);
    world_end(&w);
}

T(meta_commands_that_only_look_become_statements)
{
    struct world w;

    world_make(&w, DEPLOY SQL("\\d deals"), BOUND SHOP);
    T_EQ(w.plan.n_questions, 0);
    action_has(&w, "sql",
               "[\"SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name = 'deals'\"]");
    world_end(&w);
    world_make(&w, DEPLOY SQL(".backup copy.db"), BOUND SHOP);
    action_has(&w, "sql", "[\".backup copy.db\"]");
    T_SV(w.plan.steps[0].effect, "backup");
    world_end(&w);
    world_make(&w, DEPLOY SQL("\\copy t from 'x'"), BOUND SHOP);
    T_EQ(count_questions(&w, "unsupported"), 1);
    world_end(&w);
}

/* --- texts --- */

T(a_file_made_with_a_date_is_found_by_its_placeholder)
{
    struct world w;

    world_make(&w,
               DEPLOY SH("cp app.db \"backups/app_$(date -u +%F).db\"\n"
                         "ls backups/app_TIMESTAMP.db backups/web_TIMESTAMP.db"),
               BOUND "steps: {1: {undo: u}}\n");
    want_action(&w, "deployment/2", "shell",
                "{\"command\":[\"ls backups/app_\",{\"date\":\"-u +%F\"},\".db backups/web_\","
                "{\"value\":\"timestamp\"},\".db\"]}");
    want_question(&w, "placeholder", 7, "what does TIMESTAMP stand for?",
                  "variables: {timestamp: ...}");
    world_end(&w);
}

/* Both are the moment at which the run started (docs/formats/plan.md). */
T(two_dates_of_one_format_are_the_same_piece)
{
    struct world w;

    world_make(&w, DEPLOY SH("touch a_$(date +%s)\nls a_$(date +%s) a_`date +%s`"),
               BOUND "steps: {1: {undo: u}}\n");
    want_action(&w, "deployment/2", "shell",
                "{\"command\":[\"ls a_\",{\"date\":\"+%s\"},\" a_\",{\"date\":\"+%s\"}]}");
    want_json(json_object_get(json_object_get(step_json(&w, "deployment/1"), "action"), "command"),
              "[\"touch a_\",{\"date\":\"+%s\"}]");
    world_end(&w);
}

T(a_message_keeps_its_fields_and_asks_nothing)
{
    struct world w;

    world_make(
        &w,
        DEPLOY SH("true") "## Communication\n\n**Post when the deployment is complete:**\n\n" FENCE
                          "\nDeployed [commit] at [time].\n" FENCE "\n",
        BOUND);
    T_EQ(w.plan.n_questions, 0);
    T_EQ(w.plan.n_messages, 1);
    T_SV(w.plan.messages[0].when, "done");
    want_json(w.plan.messages[0].text,
              "[\"Deployed \",{\"value\":\"commit\"},\" at \",{\"value\":\"time\"},\".\\n\"]");
    world_end(&w);
}

T(parts_stand_in_order_with_what_they_are_for)
{
    struct world w;

    world_make(&w, "# Web\n\n## Deployment\n\n### Step 1: One\n" SH("true") "## Rollback\n", BOUND);
    T_EQ(w.plan.n_parts, 3);
    T_SV(plan_part(&w.plan, SV("deployment/1"))->title, "One");
    T_SV(plan_part(&w.plan, SV("deployment/1"))->number, "1");
    T_SV(plan_part(&w.plan, SV("rollback"))->role, "rollback");
    T_EQ(plan_part(&w.plan, SV("rollback"))->line, 11);
    T_CHECK(!plan_part(&w.plan, SV("1")));
    world_end(&w);
}

T(what_stands_before_any_heading_is_deployed_and_what_is_for_later_is_not)
{
    struct world w;

    world_make(&w,
               SH("true") "## Verification\n\n### 5-Minute Checks\n" SH(
                   "echo later") "## Reference\n" SH("echo never"),
               BOUND);
    T_EQ(w.plan.n_steps, 1);
    T_SV(w.plan.steps[0].role, "deploy");
    T_EQ(w.plan.n_way_back, 0);
    world_end(&w);
}

/* --- the hash --- */

static struct hash hash_with(const char *md, const char *yaml)
{
    struct world w;
    struct hash h;

    world_make(&w, md, yaml);
    h = w.plan.hash;
    world_end(&w);
    return h;
}

T(the_same_plan_has_the_same_hash_and_another_has_another)
{
    static const char md[] = DEPLOY SH("cp a b\n# Expected: exit code 0");
    static const char yaml[] = "environment: test\nenv: {A: '1', B: '2'}\n";
    static const char *const others[] = {
        "environment: prod\nenv: {A: '1', B: '2'}\n",
        "environment: test\nenv: {A: '1', B: '3'}\n",
        "environment: test\nenv: {A: '1', B: '2', C: '3'}\n",
        "environment: test\nenv: {A: '1', B: '2'}\ntime_scale: 0.5\n",
        "environment: test\nenv: {A: '1', B: '2'}\non_failure: rollback\n",
        "environment: test\nenv: {A: '1', B: '2'}\napprovers: [bo]\n",
        "environment: test\nenv: {A: '1', B: '2'}\nsteps: {deployment: {timeout: 1s}}\n",
        "environment: test\nenv: {A: '1', B: '2'}\nsteps: {deployment: {undo: u}}\n",
        "environment: test\nenv: {A: '1', B: '2'}\nvariables: {x: y}\n",
        "environment: test\nenv: {A: '1', B: '2'}\ndrop: {7: r}\n",
        "environment: test\nenv: {A: '1', B: '2'}\nworkdir: sub\n",
    };
    struct hash h = hash_with(md, yaml), other;

    other = hash_with(md, yaml);
    T_CHECK(hash_eq(&h, &other));
    other = hash_with(md, "env: {B: '2', A: '1'}\n# a comment\nenvironment: test\n");
    T_CHECK(hash_eq(&h, &other)); /* the order of keys is nobody's business */
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        other = hash_with(md, others[i]);
        if (hash_eq(&h, &other))
            T_FAIL("not in the hash: %s", others[i]);
    }
    other = hash_with(DEPLOY SH("cp a c\n# Expected: exit code 0"), yaml);
    T_CHECK(!hash_eq(&h, &other));
    other = hash_with(DEPLOY SH("cp a b\n# Expected: exit code 1"), yaml);
    T_CHECK(!hash_eq(&h, &other));
}

T(who_runs_it_and_what_is_open_is_not_in_the_hash)
{
    static const char md[] = DEPLOY SH("true");
    struct world w;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    json_t *copy;
    struct hash h = hash_with(md, "environment: test\noperator: ana\n"),
                other = hash_with(md, "environment: test\noperator: bo\n");

    T_CHECK(hash_eq(&h, &other));
    world_make(&w, md, NULL);
    copy = json_deep_copy(w.json);
    T_EQ(json_object_del(copy, "questions"), 0);
    T_EQ(json_object_del(copy, "operator"), 0);
    T_EQ(json_object_del(copy, "left"), 0);
    T_EQ(json_object_del(copy, "hash"), 0);
    json_write(copy, &text);
    h = hash_of(strbuf_sv(&text));
    T_CHECK(hash_eq(&h, &w.plan.hash)); /* as docs/formats/plan.md says it is made */
    json_decref(copy);
    world_end(&w);
}

/* --- directives --- */

T(a_directive_sets_what_the_binding_leaves_open)
{
    struct world w;

    world_make(&w,
               DEPLOY
               "```bash {name=migrate timeout=10m retries=3 undo=rollback-db}\n"
               "./migrate up\n```\n\n```bash {skip=\"the platform does it\"}\n./warm\n```\n\n"
               "```bash {name=seed undo=\"seeds may stay\"}\n./seed db\n```\n\n"
               "```bash {name=rollback-db role=rollback}\n./migrate down\n```\n",
               BOUND "steps: {seed: {timeout: 1m, retries: 1}}\n");
    T_EQ(w.plan.n_steps, 3);
    T_SV(w.plan.steps[0].id, "deployment/migrate");
    T_EQ(w.plan.steps[0].timeout_ms, 600000);
    T_EQ(w.plan.steps[0].retries, 3);
    T_EQ(w.plan.steps[0].undo, UNDO_SECTION);
    T_SV(w.plan.steps[0].undo_text, "deployment/rollback-db (line 17)");
    T_SV(w.plan.steps[1].skip, "the platform does it");
    T_EQ(w.plan.steps[2].timeout_ms, 60000);
    T_EQ(w.plan.steps[2].retries, 1);
    T_EQ(w.plan.steps[2].undo, UNDO_ACCEPTED);
    T_SV(w.plan.steps[2].undo_text, "seeds may stay");
    T_EQ(w.plan.n_way_back, 1);
    world_end(&w);
}

T(the_binding_wins_over_a_directive)
{
    struct world w;

    world_make(&w,
               DEPLOY "```bash {name=migrate timeout=10m retries=3 undo=down}\n./migrate\n```\n\n"
                      "```bash {name=down role=rollback}\n./back\n```\n",
               BOUND "steps: {migrate: {timeout: 1m, retries: 0, undo: not today}}\n");
    T_EQ(w.plan.steps[0].timeout_ms, 60000);
    T_EQ(w.plan.steps[0].retries, 0);
    T_EQ(w.plan.steps[0].undo, UNDO_ACCEPTED);
    T_SV(w.plan.steps[0].undo_text, "not today");
    world_end(&w);
}

T(a_directive_names_the_database)
{
    struct world w;

    world_make(&w,
               DEPLOY
               "```sql {database=log}\nSELECT 1;\n```\n\n```sql {database=nope}\nSELECT 2;\n```\n",
               BOUND "databases: {shop: {url: 'sqlite:a.db'}, log: {url: 'sqlite:b.db'}}\n");
    want_question(&w, "database", 9, "which database is 'nope' here?",
                  "steps: {\"2\": {database: shop}}");
    T_EQ(w.plan.n_questions, 1);
    world_end(&w);
}

T(a_wrong_directive_refuses_the_document)
{
    world_refused(DEPLOY "```bash {tiemout=10m}\ntrue\n```\n", BOUND, ERR_INVALID,
                  "deploy.md:4:10: unknown key 'tiemout'");
    world_refused(DEPLOY "```bash {skip=\"a}\ntrue\n```\n", BOUND, ERR_INVALID,
                  "deploy.md:4:15: the quote is not closed");
}

T(a_document_is_for_the_environments_that_it_names)
{
    struct world w;
    const char *doc =
        "---\nprusik:\n  environments: [staging, production]\n---\n" DEPLOY SH("true");
    const char *one = "---\nprusik:\n  environments: [qa]\n---\n" DEPLOY SH("true");

    world_make(&w, doc, "environment: production\n");
    T_EQ(w.plan.n_questions, 0);
    world_end(&w);
    world_make(&w, doc, NULL); /* asked */
    world_end(&w);
    T_EQ(world_try(&w, doc, "environment: stagin\n", NULL), ERR_INVALID);
    want_message(&w.err, "deploy.md: the document is not for environment 'stagin'");
    T_STR(w.err.hint, "did you mean 'staging'?");
    world_end(&w);
    T_EQ(world_try(&w, doc, "environment: zzzzzzzzz\n", NULL), ERR_INVALID);
    T_STR(w.err.hint, "its front matter names staging and others");
    world_end(&w);
    T_EQ(world_try(&w, one, "environment: zzzzzzzzz\n", NULL), ERR_INVALID);
    T_STR(w.err.hint, "its front matter names qa");
    world_end(&w);
}

/* --- warnings --- */

T(what_must_not_be_done_is_a_warning_at_the_step)
{
    struct world w;

    world_make(&w, DEPLOY "1. Do NOT stop the proxy\n2. Never as root\n3. Drain it\n",
               BOUND "answers: {'3': {answer: yes, by: ana}}\n");
    T_EQ(w.plan.n_steps, 1);
    T_EQ(w.plan.n_questions, 0);
    T_EQ(w.plan.steps[0].n_warnings, 2);
    T_SV(w.plan.steps[0].warnings[0].text, "Do NOT stop the proxy");
    T_EQ(w.plan.steps[0].warnings[0].line, 4);
    T_SV(w.plan.steps[0].warnings[1].text, "Never as root");
    world_end(&w);
}

T_MAIN(T_CASE(what_must_not_be_done_is_a_warning_at_the_step),
       T_CASE(a_directive_sets_what_the_binding_leaves_open),
       T_CASE(the_binding_wins_over_a_directive), T_CASE(a_directive_names_the_database),
       T_CASE(a_wrong_directive_refuses_the_document),
       T_CASE(a_document_is_for_the_environments_that_it_names),
       T_CASE(the_head_says_what_for_and_who), T_CASE(a_document_without_a_step_is_a_question),
       T_CASE(without_an_environment_it_asks_which),
       T_CASE(a_folder_that_needs_an_unset_variable_is_refused), T_CASE(no_secret_stands_in_a_plan),
       T_CASE(an_unbound_placeholder_is_asked_about_once),
       T_CASE(an_expectation_that_no_machine_reads_is_asked_in_the_run_or_answered_ahead),
       T_CASE(a_drop_that_drops_nothing_is_refused),
       T_CASE(what_the_reader_could_not_read_is_a_question),
       T_CASE(a_block_that_is_too_long_is_a_question_that_says_so),
       T_CASE(questions_stand_in_the_order_of_the_document),
       T_CASE(a_reference_to_nothing_names_the_nearest), T_CASE(a_choice_about_a_step_is_refused),
       T_CASE(what_is_proposed_as_an_answer_answers_that_question),
       T_CASE(what_is_done_only_if_is_asked_once_for_the_part),
       T_CASE(a_choice_of_the_binding_is_no_question),
       T_CASE(a_choice_looks_at_one_step_that_has_run),
       T_CASE(the_environment_of_the_run_chooses_between_those_that_are_named),
       T_CASE(settings_of_a_part_hold_for_its_steps),
       T_CASE(what_stands_in_the_document_about_time_is_kept),
       T_CASE(a_person_confirms_and_another_approves),
       T_CASE(every_form_of_a_command_becomes_its_action),
       T_CASE(the_bound_flag_is_the_maintenance_flag_and_no_other),
       T_CASE(a_unit_that_is_named_in_the_run_only_is_left_to_the_shell),
       T_CASE(a_service_of_any_manager_is_bound_by_name_or_all_of_one_manager),
       T_CASE(the_status_of_a_service_on_another_host_is_judged_by_what_is_printed),
       T_CASE(what_looks_again_and_again_needs_an_end), T_CASE(of_several_ways_one_is_gone),
       T_CASE(a_condition_on_a_command_is_a_choice),
       T_CASE(a_host_of_the_document_is_one_that_the_binding_knows),
       T_CASE(sql_is_for_the_database_that_is_bound),
       T_CASE(sql_on_postgresql_has_an_address_without_values),
       T_CASE(a_command_that_waits_for_a_person_gets_a_terminal),
       T_CASE(the_client_before_the_statements_says_what_they_are_for),
       T_CASE(meta_commands_that_only_look_become_statements),
       T_CASE(a_file_made_with_a_date_is_found_by_its_placeholder),
       T_CASE(two_dates_of_one_format_are_the_same_piece),
       T_CASE(a_message_keeps_its_fields_and_asks_nothing),
       T_CASE(parts_stand_in_order_with_what_they_are_for),
       T_CASE(what_stands_before_any_heading_is_deployed_and_what_is_for_later_is_not),
       T_CASE(the_same_plan_has_the_same_hash_and_another_has_another),
       T_CASE(who_runs_it_and_what_is_open_is_not_in_the_hash))
