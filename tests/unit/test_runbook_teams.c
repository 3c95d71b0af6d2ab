/* Documents as teams write them: what was dropped, done at once or done elsewhere in one of them. */
#include "runbook_want.h"

#define DEPLOY "# R\n## Deployment\n"

/* The conditions of the steps, joined by '|', "-" for none. */
static void want_conditions(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_steps; i++)
        strbuf_addf(&got, "%s%.*s", i ? "|" : "",
                    SV_FMT(r.rb.steps[i].condition.n ? r.rb.steps[i].condition : SV("-")));
    want_given(text, &got, want);
}

T(what_is_done_after_an_answer_is_a_choice)
{
    want_conditions(
        DEPLOY SH("./a") "\nAnything other than 200 → go back to the old one:\n" SH("./b"),
        "-|Anything other than 200");
    want_conditions(DEPLOY SH("./a") "\nThe page is red -> restart it:\n" SH("./b"),
                    "-|The page is red");
    want_conditions(DEPLOY SH("./a") "\nIs it red? Restart it:\n" SH("./b"), "-|Is it red");
    want_conditions(DEPLOY SH("./a") "\nStep 3 → restart it:\n" SH("./b"), "-|-");
    want_conditions(DEPLOY SH("./a") "\nFrom pg1 → pg2:\n" SH("./b"), "-|-");
    want_conditions(DEPLOY SH("./a") "\nFrom pg1 → restart it\n" SH("./b"), "-|-");
}

T(only_after_some_hours_is_not_now)
{
    want_conditions(DEPLOY "Bump it **only after 24 hours without incidents**:\n" SH("./b"),
                    "after 24 hours");
    want_conditions(DEPLOY "It is slow after 24 hours:\n" SH("./b"), "-");
}

T(a_heading_that_says_for_each_in_brackets_is_of_each)
{
    want_places("# R\n## Procedure (repeat for each broker, one at a time)\n" SH("./a"),
                "broker:./a");
    want_places("# R\n## Rollback\n\nPer broker:\n" SH("./a"), "broker:./a");
    want_places(DEPLOY "1. Copy it to both hosts\n\n   ```sh\n   ./a\n   ```\n", ":./a");
    want_places(DEPLOY "Restart both hosts:\n" SH("./a"), "hosts:./a");
    want_places(
        DEPLOY
        "1. Fail over: `systemctl stop x` on edge01, wait 30 seconds, then repeat step 3 on edge01.\n",
        "edge01:systemctl stop x|[on edge01, wait 30 seconds, then repeat step 3 on edge01.]");
}

T(what_is_done_when_it_is_not_so_is_no_expectation)
{
    static const char text[] =
        DEPLOY SH("pgrep x") "\nExpected output: nothing. If anything is listed, stop here.\n";

    want_expects(text, "0 empty:");
    want_remarks(text, "If anything is listed, stop here.");
    want_expects(DEPLOY SH("./a") "\nMust be up within 60 s, otherwise page the DBA.\n",
                 "0 ask:Must be up within 60 s");
}

T(expectations_are_found_in_other_languages)
{
    want_expects(DEPLOY SH("pgrep x") "\nRésultat attendu\u00a0: `f`\n", "0 contains:f");
    want_expects(DEPLOY SH("pgrep x") "\nResultado esperado: `f`\n", "0 contains:f");
    want_expects(DEPLOY SH("pgrep x") "\nOutput atteso: `f`\n", "0 contains:f");
    want_expects(DEPLOY "1. Comprobar: `pgrep x` debe devolver `t`.\n", "0 contains:t");
    want_expects(DEPLOY "1. Comprobar: `pgrep x` debe estar `t` hoy.\n",
                 "0 ask:debe estar `t` hoy");
    want_expects(DEPLOY "1. Comprobar: `pgrep x` debe\n", "");
}

T(a_case_that_goes_on_elsewhere_is_told)
{
    want_remarks(DEPLOY SH("./a") "\nIf the error rate stays high, go on with 3.\n",
                 "If the error rate stays high, go on with 3.");
    want_remarks(
        DEPLOY SH("./a") "\nIf anything goes wrong: restore the backup with `pg_restore x`.\n",
        "If anything goes wrong: restore the backup with pg_restore x.");
    want_remarks(DEPLOY SH("./a") "\nIf anything goes wrong: run `pg_restore x`.\n",
                 "If anything goes wrong: run pg_restore x.");
    want_remarks(DEPLOY SH("./a") "\nIf it fails, restart it: `systemctl restart x`.\n",
                 "If it fails, restart it: systemctl restart x.");
    want_remarks(DEPLOY "Never touch pg1 before the end of it.\n" SH("./a"),
                 "Never touch pg1 before the end of it.");
    want_remarks(DEPLOY "Never touch pg1 before that:\n" SH("./a"), "");
}

T(what_is_edited_before_commands_is_done_by_a_person)
{
    want_steps(DEPLOY "Modifier `HOST` dans `/etc/x.env`, puis :\n" SH("./a"),
               "deploy [Modifier HOST dans /etc/x.env]|deploy ./a");
    want_steps(DEPLOY "Modifier la page, puis :\n" SH("./a"), "deploy ./a");
}

T(a_sign_off_that_is_needed_is_an_approval)
{
    static const char *const texts[] = {"**Needs sign-off from the product owner.**",
                                        "- [ ] ⚠️ Manual approval by @release-manager",
                                        "Requires the approval of Ana."};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(reading_done) struct reading r;

        strbuf_addf(&text, DEPLOY "%s\n" SH("./a"), texts[i]);
        read_text(&r, strbuf_str(&text));
        if (r.rb.n_steps != 2 || r.rb.steps[0].kind != STEP_APPROVAL)
            T_FAIL("'%s' is no approval", texts[i]);
    }
}

T(rows_of_a_way_back_say_how)
{
    want_steps("# R\n## Rollback\n| What | How | Who |\n|--|--|--|\n| Web | Copy it back | Web |\n"
               "| API | `ssh api01 ./back` | Ops |\n| DB | not needed | |\n| | Tell them all | |\n",
               "rollback [Web: Copy it back]|rollback ssh api01 ./back|rollback [Tell them all]");
}

T(what_a_command_prints_is_compared_where_nothing_runs_it)
{
    want_steps(DEPLOY "Expected output of `redis-cli INFO`:\n\n```\nrole:master\n```\n",
               "deploy [Expected output of `redis-cli INFO`:\nrole:master]");
    want_steps(
        DEPLOY SH(
            "redis-cli INFO") "\nExpected output of `redis-cli INFO`:\n\n```\nrole:master\n```\n",
        "deploy redis-cli INFO");
}

T(what_is_struck_out_is_done_by_nobody)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r, DEPLOY
        "- [ ] ~~Run the migrator~~ (not needed)\n- [ ] ~~Stop it~~ start it\n- [ ] ~~No end\n1. ~~Look~~\n");
    T_EQ(r.rb.n_steps, 2);
    T_EQ(r.rb.n_mentions, 2);
    SAME(r.rb.mentions[0].text, "struck out: Run the migrator (not needed)");
}

T(what_is_typed_at_psql_is_sql)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r,
              DEPLOY "```\npostgres@db1:~$ psql\npsql (15.4)\npostgres=# CHECKPOINT;\nCHECKPOINT\n"
                     "postgres=# SELECT 1;\n 1\n\npostgres=# \\q\n```\n");
    T_EQ(r.rb.n_steps, 2);
    T_EQ(r.rb.steps[0].kind, STEP_SQL);
    SAME(r.rb.steps[0].text, "CHECKPOINT;");
}

/* As a wiki exports them: bold numbers that are no titles. */
T(sentences_behind_a_bold_number_are_told)
{
    want_steps(DEPLOY "**Step 1** Make sure that it is down\n\n**Step 2** Stop it on web2\n" SH(
                   "./a") "\n**Step 5** Do not start it on web1 until the DBA says so.\n",
               "deploy [Step 1 Make sure that it is down]|deploy ./a|"
               "deploy [Step 5 Do not start it on web1 until the DBA says so.]");
    want_places(DEPLOY "**Step 2** Stop it on web2\n" SH("./a"), "web2:./a");
    want_steps(
        DEPLOY "**Step one** Make sure that it is down\n\nStep 3 make it\n\nStep 3x Make it\n", "");
}

T(only_on_a_host_is_where_it_is_done)
{
    want_places(
        DEPLOY
        "1. Migration (nur auf app01!):\n\n   ```sh\n   ./a\n   ```\n\n2. Then:\n\n   ```sh\n   ./b\n   ```\n",
        "app01:./a|:./b");
    want_places(DEPLOY "\n### Migration (only on app01)\n" SH("./a"), "app01:./a");
    want_places(DEPLOY "1. Migration (only on app01 when it is new):\n\n   ```sh\n   ./a\n   ```\n",
                ":./a");
}

T_MAIN(T_CASE(what_is_done_after_an_answer_is_a_choice), T_CASE(only_after_some_hours_is_not_now),
       T_CASE(a_heading_that_says_for_each_in_brackets_is_of_each),
       T_CASE(what_is_done_when_it_is_not_so_is_no_expectation),
       T_CASE(expectations_are_found_in_other_languages),
       T_CASE(a_case_that_goes_on_elsewhere_is_told),
       T_CASE(what_is_edited_before_commands_is_done_by_a_person),
       T_CASE(a_sign_off_that_is_needed_is_an_approval), T_CASE(rows_of_a_way_back_say_how),
       T_CASE(what_a_command_prints_is_compared_where_nothing_runs_it),
       T_CASE(what_is_struck_out_is_done_by_nobody), T_CASE(what_is_typed_at_psql_is_sql),
       T_CASE(sentences_behind_a_bold_number_are_told), T_CASE(only_on_a_host_is_where_it_is_done))
