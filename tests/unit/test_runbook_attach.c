/* Which command an expectation speaks of, wherever the document has it. */
#include "runbook/command.h"
#include "runbook_read.h"

/* "LINE FORM VALUE @COMMAND" of each check, "LINE person TEXT" of what a person does. */
static void same_checks(const char *text, const char *const *want)
{
    CLEANUP(reading_done) struct reading r;
    CLEANUP(arena_release) struct arena arena = {0};
    size_t n = 0;

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_steps; i++) {
        const struct rb_step *s = &r.rb.steps[i];
        bool person = s->kind == STEP_MANUAL;

        for (size_t k = 0; k < s->n_expects + person; k++) {
            const struct rb_expect *e = person && k == 0 ? NULL : &s->expects[k - person];
            struct sv got =
                e ? arena_fmt(&arena, "%zu %s %.*s @%zu", e->line, rb_expect_name(e->form),
                              SV_FMT(e->text), s->line)
                  : arena_fmt(&arena, "%zu person %.*s", s->line,
                              SV_FMT(sv_sub(s->text, 0, sv_find_byte(s->text, '\n', 0))));

            if (!want[n])
                T_FAIL("one more: %.*s", SV_FMT(got));
            SAME(got, want[n]);
            n++;
        }
    }
    if (want[n])
        T_FAIL("missing: %s", want[n]);
}

T(a_code_span_is_what_is_looked_for)
{
    static const char *const want[] = {"5 contains ok @3", "7 number  @3", NULL};

    same_checks("# Deploy\n```bash\n./look\n```\nExpected: `ok`\n\nExpected: `2`\n", want);
}

T(an_item_with_a_command_in_it_says_what_that_must_show)
{
    static const char *const want[] = {"2 http-status  @2", "3 ask Check the application log @3",
                                       "4 http-status  @4", "5 ask Verify it came back @5",
                                       "6 contains ok @6",  NULL};

    same_checks("## Checks after the deployment\n"
                "- [ ] Verify API endpoints responding: `curl http://shop/health`\n"
                "- [ ] Check the application log: `tail -n 20 app.log`\n"
                "- [ ] `curl http://shop/cart` should return 200\n"
                "- [ ] Verify it came back: `systemctl restart shop`\n"
                "- [ ] Check the state: `systemctl status shop` (should print \"ok\")\n"
                "- [ ] Restart: `systemctl restart shop`\n",
                want);
}

T(what_sums_up_speaks_of_the_command_of_its_sort)
{
    static const char *const want[] = {"9 exit  @3", "11 active  @4", "10 exit  @5",
                                       "12 ask Test restore succeeds (optional) @6", NULL};

    same_checks(
        "# Deploy\n```bash\nflask db upgrade\nsystemctl status web\npytest tests\ndropdb x\n```\n"
        "**Success Criteria**:\n- Migration runs without errors\n- Smoke tests pass\n"
        "- Application starts successfully\n- Test restore succeeds (optional)\n",
        want);
}

T(a_status_is_that_of_the_command_before_echo)
{
    static const char *const want[] = {"4 exit  @3", NULL};

    same_checks("# Deploy\n```bash\nmake check\necho $?  # Should be 0 (all passed)\n```\n", want);
}

T(what_is_to_be_run_later_is_no_command_here)
{
    static const char *const want[] = {"5 exit x @3", NULL};

    same_checks(
        "# Deploy\n```bash\nnpm run db:status\n```\nExpected: \"x\" or list of migrations to run\n",
        want);
}

T(both_are_both_and_files_are_all)
{
    static const char *const want[] = {"6 exit  @4", "6 exit  @5", NULL};
    static const char *const files[] = {"6 exists  @3", "6 exists  @4", NULL};

    same_checks("# Deploy\n```bash\nexport A=1\nmake a\nmake b\n# Both should pass\n```\n", want);
    same_checks(
        "# Deploy\n```bash\npg_dump db > a.sql\ncp x y\n```\nExpected: Backup files created\n",
        files);
}

T(an_expected_failure_is_summed_up)
{
    static const char *const want[] = {"3 fail  @4", "7 fail rejected @4", NULL};
    static const char *const none[] = {"6 ask Invalid inserts rejected @3", NULL};

    same_checks(
        "# Deploy\n```bash\n# Test insert (should fail)\npsql -c \"INSERT INTO t VALUES ('x')\"\n```\n"
        "**Success criteria:**\n- Invalid inserts rejected\n",
        want);
    same_checks("# Deploy\n```bash\nls\n```\n**Success criteria:**\n- Invalid inserts rejected\n",
                none);
}

T(comments_show_an_output)
{
    static const char *const want[] = {"5 row *|a=b @3", "7 contains done @3", NULL};

    same_checks(
        "# Deploy\n```bash\ngrep -o x log | sort | uniq -c\n# Expected output:\n#   150 a=b\n\n"
        "# Expected: \"done\"\n```\n",
        want);
}

T(a_fence_shows_an_output)
{
    static const char *const want[] = {"8 contains all good @3", NULL};

    same_checks("# Deploy\n```bash\n./check\n```\nExpected output:\n\n```\nall good\n```\n", want);
}

T(searches_for_errors_want_none)
{
    static const char *const want[] = {"3 empty  @4", "6 ask Check for migration errors @7",
                                       "9 active  @10", NULL};

    same_checks(
        "# Deploy\n```bash\n# Check for errors in last hour\njournalctl -u web | grep -i error\n\n"
        "# Check for migration errors\ngrep alembic app.log\n\n# Check service is running\n"
        "systemctl status web\n```\n",
        want);
}

T(comments_that_ask_a_person_are_a_step)
{
    static const char *const want[] = {"3 person Announce the deployment",
                                       "9 person Check the usage page", NULL};

    same_checks(
        "# Deploy\n```bash\n# Announce the deployment\n# to the team\n\n# take a backup\ncp a b\n\n"
        "# 2. Check the usage page\n# it is under /usage\n```\n",
        want);
}

T(comments_of_a_query_speak_of_it)
{
    static const char *const want[] = {"7 row known|* @5", "8 row NULL|* @5",  "11 rows  @9",
                                       "14 rows  @15",     "19 ask a | b @18", NULL};

    same_checks("# Deploy\n```sql\npsql -h db\n\nSELECT a, b\n  FROM t;\n-- known | (count)\n```\n",
                (const char *const[]){NULL});
    same_checks(
        "# Deploy\n```sql\npsql -h db\n\nSELECT a, count(*) FROM t;\n-- Should show:\n--  known | (count)\n"
        "--  NULL | (count)\nSELECT *\n  FROM bad;\n-- Should return 0 rows\n\n-- other\n"
        "-- Check for doubles (should return 0)\nSELECT x;\n\n\n\\d t\n-- Should show: a | b\n```\n",
        want);
}

T(criteria_without_a_command_are_for_a_person)
{
    static const char *const shown[] = {"7 ask how many @3", NULL}, *const kept[] = {
                                                                        "6 ask how many @3", NULL};
    static const char *const want[] = {"3 person flag checks in place", "4 person fallback works",
                                       NULL};
    static const char *const task[] = {"2 person 1.1 Review it", "5 ask fallback works @2", NULL};
    static const char *const review[] = {"6 ask exit code 0 @3", NULL};

    same_checks("# Deploy\n**Review Points**:\n- flag checks in place\n- fallback works\n", want);
    same_checks(
        "# Deploy\n- [ ] **1.1** Review it\n#### 1.1 Review\n**Review Points**:\n- fallback works\n",
        task);
    same_checks("# Deploy\n```bash\nls\n```\n**Review Output**:\n- exit code 0\n", review);
    same_checks(
        "# Deploy\n```bash\n./audit\n./audit > audit.txt\n```\n**Review Output**:\n- how many\n",
        shown);
    same_checks("# Deploy\n```bash\n./audit > audit.txt\n```\n**Review Output**:\n- how many\n",
                kept);
}

T_MAIN(T_CASE(a_code_span_is_what_is_looked_for),
       T_CASE(an_item_with_a_command_in_it_says_what_that_must_show),
       T_CASE(what_sums_up_speaks_of_the_command_of_its_sort),
       T_CASE(a_status_is_that_of_the_command_before_echo),
       T_CASE(what_is_to_be_run_later_is_no_command_here), T_CASE(both_are_both_and_files_are_all),
       T_CASE(an_expected_failure_is_summed_up), T_CASE(comments_show_an_output),
       T_CASE(a_fence_shows_an_output), T_CASE(searches_for_errors_want_none),
       T_CASE(comments_that_ask_a_person_are_a_step),

       T_CASE(comments_of_a_query_speak_of_it), T_CASE(criteria_without_a_command_are_for_a_person))
