/* plan/make_left: what a plan leaves to people. */
#include "base/strbuf.h"
#include "test_plan_util.h"

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"
#define DEPLOY   "# Web\n\n## Deployment\n"
#define BOUND    "environment: test\n"

T(commands_of_sections_that_only_tell_are_left_to_people)
{
    struct world w;
    const json_t *left, *one;

    world_make(&w,
               DEPLOY SH("echo a") "## Troubleshooting\n" SH(
                   "# look\ndf -h\nrm -rf /tmp/x") "## Never do this\n" SH("./drop.sh"),
               BOUND);
    left = json_object_get(w.json, "left");
    T_EQ(json_array_size(left), 3);
    one = json_array_get(left, 1);
    T_SV(json_get_sv(one, "text"), "rm -rf /tmp/x");
    T_SV(json_get_sv(one, "kind"), "command");
    T_SV(json_get_sv(one, "id"), "troubleshooting");
    T_CHECK(json_get_int(one, "line", 0) > json_get_int(json_array_get(left, 0), "line", 0));
    T_SV(json_get_sv(json_array_get(left, 2), "title"), "Never do this");
    world_end(&w);
}

/* The way back ends before it: whoever is asked for it at night cannot say yes. */
T(what_is_tried_again_after_the_fix_is_no_step_of_the_way_back)
{
    static const char *const later[] = {
        "Re-attempt migration after fix", "Re-run the migration",    "Retry deployment",
        "Try the release again",          "Investigate the issue",   "Analyse the root cause of it",
        "Find and fix the problems.",     "Find out what went wrong"};
    static const char *const now[] = {"Re-run the smoke tests",
                                      "Retry the rollback of the release",
                                      "Try the release",
                                      "Tell the release manager",
                                      "Investigate",
                                      "Find the issue number",
                                      "Identify the failed node",
                                      "Debug the issuer"};
    struct world w;

    for (size_t i = 0; i < 2 * ARRAY_LEN(later); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        bool is_later = i < ARRAY_LEN(later);
        const char *text = is_later ? later[i] : now[i - ARRAY_LEN(later)];

        strbuf_addf(&md, DEPLOY SH("touch a") "## Rollback\n" SH("rm a\n\n# 2. %s"), text);
        world_make(&w, strbuf_str(&md), BOUND);
        if (w.plan.n_way_back != (is_later ? 1 : 2))
            T_FAIL("'%s' gives %zu steps", text, w.plan.n_way_back);
        T_EQ(json_array_size(json_object_get(w.json, "left")), is_later);
        world_end(&w);
    }
}

T(commands_of_a_block_that_must_not_be_run_are_listed)
{
    struct world w;
    const json_t *left;

    world_make(&w, DEPLOY SH("./a\n# Never run this\nrm -rf /srv\n\n./b"), BOUND);
    left = json_object_get(w.json, "left");
    T_EQ(w.plan.n_steps, 2);
    T_EQ(json_array_size(left), 1);
    T_SV(json_get_sv(json_array_get(left, 0), "text"), "rm -rf /srv");
    world_end(&w);
}

T(commands_of_lists_and_tables_that_only_tell_are_left_to_people)
{
    struct world w;
    const json_t *left;

    world_make(&w,
               DEPLOY SH("./a") "## Timeline\n| Time | Action |\n|---|---|\n"
                                "| 22:00 | Stop it: `systemctl stop app` |\n\n"
                                "- 22:05: `systemctl start app`\n",
               BOUND);
    left = json_object_get(w.json, "left");
    T_EQ(w.plan.n_steps, 1);
    T_EQ(json_array_size(left), 2);
    T_SV(json_get_sv(json_array_get(left, 0), "text"), "systemctl stop app");
    T_SV(json_get_sv(json_array_get(left, 0), "title"), "Timeline");
    T_EQ(json_get_int(json_array_get(left, 1), "line", 0), 14);
    world_end(&w);
}

T(bullets_of_a_follow_up_that_tell_what_to_do_are_left_to_people)
{
    struct world w;
    const json_t *left;

    world_make(&w,
               DEPLOY SH("touch a") "## Follow-up\n\n- Update the CMDB\n- It is big\n"
                                    "- Archive it: `rm -rf /tmp/x`\n- Never delete it\n",
               BOUND);
    left = json_object_get(w.json, "left");
    T_EQ(json_array_size(left), 2);
    T_SV(json_get_sv(json_array_get(left, 0), "text"), "Update the CMDB");
    T_SV(json_get_sv(json_array_get(left, 1), "text"), "rm -rf /tmp/x");
    world_end(&w);
}

T(tasks_for_the_days_after_are_left_to_people_with_when_they_are_due)
{
    struct world w;
    const json_t *left;

    world_make(
        &w,
        DEPLOY SH(
            "./a") "## Verification (Within 24 hours)\n- [ ] Look at the graphs\n## Day 2-7\n- [ ] Delete the old one (after 7 days)\n"
                   "- [ ] Thank all\n## Verification (after 2 days)\n" SH("./check"),
        BOUND);
    left = json_object_get(w.json, "left");
    T_EQ(w.plan.n_steps, 2); /* commands are not left to anybody's memory */
    T_EQ(json_array_size(left), 3);
    T_SV(json_get_sv(json_array_get(left, 0), "text"), "Look at the graphs");
    T_SV(json_get_sv(json_array_get(left, 0), "kind"), "task");
    T_EQ(json_get_int(json_array_get(left, 0), "due_ms", -1), 86400000);
    T_EQ(json_get_int(json_array_get(left, 1), "due_ms", -1), 7 * INT64_C(86400000));
    T_EQ(json_get_int(json_array_get(left, 2), "due_ms", -1), -1);
    T_SV(json_get_sv(json_array_get(left, 2), "title"), "Day 2-7");
    world_end(&w);
}

T(what_is_left_out_asks_nothing)
{
    struct world w;

    world_make(
        &w, DEPLOY SH("frobnicate <name>\n# Expected: fine weather\nwatch -n 5 x") "- [ ] Look\n",
        BOUND "steps: {deployment: {skip: not here}}\n");
    T_EQ(w.plan.n_questions, 0);
    T_EQ(w.plan.n_steps, 3);
    T_SV(w.plan.steps[0].kind, "shell");
    want_json(json_object_get(step_json(&w, "deployment/1"), "action"), "{}");
    T_EQ(w.plan.steps[0].n_expects, 0);
    world_end(&w);
}

T(what_is_due_later_is_asked_about)
{
    static const struct {
        const char *md, *want;
    } rows[] = {{"## Cleanup (30 days later)\n" SH("rm x"),
                 "'Cleanup (30 days later)' is done 30 days later: does this run do it?"},
                {"## One day later\n" SH("rm x"),
                 "'One day later' is done 1 day later: does this run do it?"},
                {"## Verification\n\n**When:** 36 hours after the release\n" SH("rm x"),
                 "'Verification' is done 1d 12h later: does this run do it?"},
                {"## Cleanup (30 minutes later)\n" SH("rm x"), NULL},
                {"## Upgrade within 24 hours\n" SH("rm x"), NULL},
                {"## Remove sessions older than 30 days after the upgrade\n" SH("rm x"), NULL},
                {"## Rollback (within 24 hours)\n" SH("rm x"), NULL}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        struct world w;

        strbuf_addf(&md, "%s%s", DEPLOY SH("./a") "\n", rows[i].md);
        world_make(&w, strbuf_str(&md), BOUND);
        if (count_questions(&w, "choice") != !!rows[i].want)
            T_FAIL("'%s' has %zu questions", rows[i].md, count_questions(&w, "choice"));
        if (rows[i].want)
            want_text(find_question(&w, "choice", 0)->text, rows[i].want);
        world_end(&w);
    }
}

T(what_is_read_from_a_person_and_used_later_is_bound_before)
{
    static const char *const others[] = {
        "read -n1 -p \"Any key \" key\necho done $keys",   /* nobody uses it */
        "read -p \"Which? \" R && echo \"$R\"\necho done", /* in its own shell */
        "read -p \"Which? $R \"\necho $R ${RR} R $",       /* it reads no R */
        "read -p \"Which? \" R\n" FENCE "\n\n## More\n\n" FENCE
        "bash\necho $R", /* of another shell */
    };
    struct world w;

    world_make(&w, DEPLOY SH("read -p \"Which? \" -n 3 A R\nls\n./deploy.sh \"v${R}\""),
               BOUND "accept_gaps: a test\n");
    T_EQ(count_questions(&w, "terminal"), 2);
    T_CHECK(find_question(&w, "terminal", 1)->at_plan);
    T_CHECK(sv_ends(find_question(&w, "terminal", 1)->text, SV("and line 8 uses $R")));
    T_CHECK(sv_starts(find_question(&w, "terminal", 1)->answer_with,
                      SV("env: {R: VALUE}, and steps: {\"1\"")));
    world_end(&w);
    world_make(&w, DEPLOY SH("read -p \"Which? \" R\n./deploy.sh $R"),
               BOUND "env: {R: v2}\nsteps: {'1': {skip: it is bound}, '2': {undo: n}}\n");
    T_EQ(w.plan.n_questions, 0);
    world_end(&w);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);

        strbuf_addf(&md, DEPLOY SH("%s"), others[i]);
        world_make(&w, strbuf_str(&md), BOUND "accept_gaps: a test\n");
        if (count_questions(&w, "terminal") != 1 || find_question(&w, "terminal", 0)->at_plan)
            T_FAIL("'%s' is asked about", others[i]);
        world_end(&w);
    }
}

T(paragraphs_of_troubleshooting_are_left_to_people)
{
    struct world w;
    const json_t *left;

    world_make(
        &w,
        DEPLOY SH(
            "echo a") "## Troubleshooting\n\nIf it does not start, restart the database.\n\n"
                      "Clear the cache with `redis-cli flushall`.\n\n- Restart `web` when it hangs\n\n"
                      "It is a big service.\n\nLook here:\n\n> [!NOTE]\n> Restart it by hand.\n",
        BOUND);
    left = json_object_get(w.json, "left");
    T_EQ(json_array_size(left), 3);
    T_SV(json_get_sv(json_array_get(left, 0), "text"),
         "If it does not start, restart the database.");
    T_SV(json_get_sv(json_array_get(left, 0), "kind"), "task");
    T_SV(json_get_sv(json_array_get(left, 1), "text"), "redis-cli flushall");
    T_SV(json_get_sv(json_array_get(left, 1), "kind"), "command");
    world_end(&w);
}

T_MAIN(T_CASE(bullets_of_a_follow_up_that_tell_what_to_do_are_left_to_people),
       T_CASE(what_is_due_later_is_asked_about),
       T_CASE(commands_of_sections_that_only_tell_are_left_to_people),
       T_CASE(what_is_tried_again_after_the_fix_is_no_step_of_the_way_back),
       T_CASE(commands_of_a_block_that_must_not_be_run_are_listed),
       T_CASE(commands_of_lists_and_tables_that_only_tell_are_left_to_people),
       T_CASE(tasks_for_the_days_after_are_left_to_people_with_when_they_are_due),
       T_CASE(what_is_read_from_a_person_and_used_later_is_bound_before),
       T_CASE(what_is_left_out_asks_nothing),
       T_CASE(paragraphs_of_troubleshooting_are_left_to_people))
