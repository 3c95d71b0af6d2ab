/* runbook/ways: "There are two options for rolling back:" and what they are. */
#include "runbook_want.h"

/* "title" of each part that is one of several ways, joined by '|', with the steps in each behind ':'. */
static void want_ways(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    read_text(&r, text);
    for (uint32_t i = 0; i < r.rb.n_parts; i++) {
        size_t n = 0;

        if (r.rb.parts[i].one_of == RB_NONE)
            continue;
        for (size_t k = 0; k < r.rb.n_steps; k++)
            n += r.rb.steps[k].part == i;
        strbuf_addf(&got, "%s%.*s:%zu", got.n ? "|" : "", SV_FMT(r.rb.parts[i].title), n);
    }
    want_given(text, &got, want);
}

T(numbered_items_are_one_way_each_where_the_text_says_so)
{
    want_ways(
        "# R\n## Rollback\nThere are two main options for rolling back.\n\n1. Use the snapshot\n2. Use the dump\n",
        "Use the snapshot:1|Use the dump:1");
    want_ways(
        "# R\n## Rollback\nChoose one of the following methods:\n1. Snapshot\n2. Dump\n3. By hand\n",
        "Snapshot:1|Dump:1|By hand:1");
    want_ways(
        "# R\n## Rollback\nThere are two ways this can fail.\n\n1. Use the snapshot\n2. Use the dump\n",
        "");
    want_ways("# R\n## Rollback\n1. Use the snapshot\n2. Use the dump\n", "");
    want_ways("# R\n## Rollback\nYou have 2 options:\n- [ ] 1. Snapshot\n- [ ] 2. Dump\n",
              ""); /* boxes are ticked, each */
    want_ways("# R\n## Background\nThere are two options:\n1. a\n2. b\n", "");
}

T(bullets_that_are_not_indented_belong_to_the_item_above_them)
{
    want_ways(
        "# R\n## Rollback\nThere are two options:\n\n1. Use the snapshot\n- Restore it\n- Restart the application\n\n"
        "2. Use the dump\n- Restore the dump\n",
        "Use the snapshot:3|Use the dump:2");
    want_ways(
        "# R\n## Rollback\nThere are two options:\n\n1. Use the snapshot\n\nThen:\n- Restore it\n\n2. Use the dump\n",
        ""); /* who knows where it ends */
    want_ways(
        "# R\n## Rollback\nThere are two options:\n1. A\n2. B\n\n- [ ] Confirm with QA\n\nAfterwards:\n1. Flush\n2. Reopen\n",
        "A:1|B:1");
    want_ways("# R\n## Rollback\nThere are two options:\n1. A\n- x\n\n1. B\n",
              ""); /* it begins anew */
}

T(as_many_sections_as_it_says_are_one_way_each)
{
    want_ways(
        "# R\n## Rollback\nThere are two ways to roll back:\n### With git\n" SH(
            "git revert x") "### With the image\n" SH("./deploy old") "### Check\n" SH("./check"),
        "With git:1|With the image:1");
    want_ways("# R\n## Rollback\nThere are several ways to roll back:\n### With git\n" SH(
                  "git revert x") "### Check\n" SH("./check"),
              ""); /* nobody knows where they end */
    want_ways("# R\n## Rollback\nThere are two ways to roll back.\n## Deployment\n### A\n" SH(
                  "./a") "### B\n" SH("./b"),
              "");
    want_ways(
        "# R\n## Rollback\nThere are two ways to roll back:\n1. Snapshot\n2. Dump\n### Check\n" SH(
            "./check"),
        "Snapshot:1|Dump:1");
}

T(what_is_said_in_passing_and_what_is_not_as_many_are_steps)
{
    static const char *const intros[] = {
        "There are several ways to watch the rollout; Grafana is one of the options available.",
        "Traffic is balanced with one of the strategies of the mesh.",
        "If one of the methods for authentication fails, tell security.",
        "We have several strategies for monitoring, described in the wiki.",
        "Use one of the available options to authenticate (SSO or token).",
        "You have several options here. Talk to the DBA if unsure.",
        "You have three options.",
        "You have two methods for authentication:",
        "You have two options for the console:",
        "There are two ways to follow the progress.",
        "You have two options for access: VPN or bastion.",
    };

    for (size_t i = 0; i < ARRAY_LEN(intros); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, "# R\n## Deployment\n%s\n\n1. Stop\n2. Start\n", intros[i]);
        want_ways(strbuf_str(&text), "");
    }
    want_ways(
        "# R\n## Deployment\nYou have two options for access: VPN or bastion.\n### 1. Stop\n" SH(
            "./a") "### 2. Start\n" SH("./b"),
        "");
    want_ways("# R\n## Deployment\nYou have two options.\n### Stop\n" SH("./a") "### Migrate\n" SH(
                  "./b") "### Start\n" SH("./c"),
              "");
    want_ways(
        "# R\n## Deployment\nChoose one of the following methods:\n1. A\n2. B\n\nThen:\n1. C\n2. D\n",
        "A:1|B:1");
}

T(options_with_names_and_conditions_keep_them)
{
    CLEANUP(reading_done) struct reading r;

    want_ways(
        "# R\n## Rollout\nThere are two options for rolling out.\n### Prerequisites\n" SH(
            "./prepare") "### Option A: Rolling\n" SH("./rolling") "### Option B: Full stop\n" SH("./full"),
        "Rolling:1|Full stop:1");
    read_text(
        &r,
        "# R\n## Rollback\nThere are two ways to do it:\n1. Helm (only if the chart is intact)\n2. By hand (if the chart is broken)\n");
    T_EQ(r.rb.n_steps, 2);
    T_EQ(r.rb.parts[r.rb.steps[0].part].one_of, RB_NONE);
    T_SV(r.rb.parts[r.rb.steps[0].part].condition, "only if the chart is intact");
}

T(sections_that_say_by_what_means_are_alternatives)
{
    want_ways("# R\n## Upgrade\n### Using Blue/Green (Recommended)\n" SH(
                  "./a") "### Using Direct Upgrade\n" SH("./b"),
              "Using Blue/Green (Recommended):1|Using Direct Upgrade:1");
    want_ways("# R\n## Upgrade\n### Using the console\n" SH("./a") "### Check\n" SH("./b"), "");
    want_ways("# R\n## Upgrade\n### Using the new schema, migrate\n" SH(
                  "./a") "### Via the load balancer, reopen\n" SH("./b"),
              "");
}

/* The way back is none of the steps forward: without a question the run would go on as if nothing had been chosen. */
T(a_way_that_leads_back_asks_whether_the_run_goes_on)
{
    static const char *const titles[] = {"Go back", "Roll back", "Revert", "Zurückrollen"};

    for (size_t i = 0; i < ARRAY_LEN(titles); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(reading_done) struct reading r;
        size_t n = 0;

        strbuf_addf(&text,
                    "# R\n## Deployment\n### 1. Decide\n#### Option A: Continue\n" SH(
                        "./open") "#### Option B: %s\n\nSee below.\n### 2. End\n" SH("./end"),
                    titles[i]);
        read_text(&r, strbuf_str(&text));
        for (size_t k = 0; k < r.rb.n_steps; k++)
            n += sv_has(r.rb.steps[k].text, SV("Does the run go on all the same?")) &&
                 r.rb.parts[r.rb.steps[k].part].role == ROLE_DEPLOY;
        if (n != 1)
            T_FAIL("'%s' is asked %zu times", titles[i], n);
    }
}

T(a_lone_option_that_leads_back_is_the_way_back)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# R\n## Deployment\n" SH("./a") "### Option B: Roll back\n" SH("./b"));
    T_EQ(r.rb.n_steps, 2);
}

T_MAIN(T_CASE(numbered_items_are_one_way_each_where_the_text_says_so),
       T_CASE(bullets_that_are_not_indented_belong_to_the_item_above_them),
       T_CASE(as_many_sections_as_it_says_are_one_way_each),
       T_CASE(what_is_said_in_passing_and_what_is_not_as_many_are_steps),
       T_CASE(options_with_names_and_conditions_keep_them),
       T_CASE(sections_that_say_by_what_means_are_alternatives),
       T_CASE(a_way_that_leads_back_asks_whether_the_run_goes_on),
       T_CASE(a_lone_option_that_leads_back_is_the_way_back))
