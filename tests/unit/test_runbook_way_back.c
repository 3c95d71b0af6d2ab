/* runbook/way_back: what stands below "Rollback:" is never carried out on the way forward. */
#include "runbook/runbook.h"

#include "runbook_read.h"

#define SH(code) "\n```sh\n" code "\n```\n"

/* The steps of a text below "## Deployment": those of the way back with '<' before them, and what names them. */
static void want_steps(const char *body, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    strbuf_addf(&text, "## Deployment\n%s", body);
    read_text(&r, strbuf_str(&text));
    for (size_t i = 0; i < r.rb.n_steps; i++) {
        const struct rb_step *s = &r.rb.steps[i];

        strbuf_addf(&got, "%s%s%.*s%s%.*s", i ? "|" : "",
                    r.rb.parts[s->part].role == ROLE_ROLLBACK ? "<" : "", SV_FMT(s->text),
                    s->undo.n ? " by " : "", SV_FMT(s->undo));
    }
    if (!sv_eq(strbuf_sv(&got), sv_from(want)))
        T_FAIL("'%s' gives '%s' and should give '%s'", body, strbuf_str(&got), want);
}

T(a_label_above_a_block_makes_it_the_way_back_of_the_step)
{
    want_steps("\n### Step 1\n" SH("./a") "\n**Rollback:**\n" SH("./b") "\n### Step 2\n" SH("./c"),
               "./a by deployment/1/rollback|<./b|./c");
    want_steps("\n### Step 1\n" SH("./a") "\nRollback:\n" SH("./b") "\nThen go on.\n" SH("./c"),
               "./a by deployment/1/rollback|<./b|./c");
    want_steps(
        "1. Do it:\n\n   ```sh\n   ./a\n   ```\n\n   To roll back:\n\n   ```sh\n   ./b\n   ```\n"
        "2. Go on:\n\n   ```sh\n   ./c\n   ```\n",
        "./a by deployment/1/to-roll-back|<./b|./c");
    want_steps(SH("./a") "\n**Undo this step**:\n" SH("./b") "\nExpected: 0\n" SH("./c"),
               "./a by deployment/undo-this-step|<./b|<./c");
    want_steps(SH("ls") "\nIn case a rollback is needed:\n" SH("./b"), "ls|<./b");
    want_steps("\n**Step 1 - Go**\n" SH("./a") "\n**Rollback**\n" SH("./b"), "./a|<./b");
}

T(a_list_behind_its_block_is_no_part_of_it)
{
    want_steps(SH("./a") "\nRollback:\n" SH("./b") "\n- [ ] It is up\n",
               "./a by deployment/rollback|<./b|It is up");
    want_steps(SH("./a") "\nRollback:\n\n- [ ] Tell Bob\n\n" SH("./b") "\nThen:\n" SH("./c"),
               "./a by deployment/rollback|<Tell Bob|<./b|./c");
}

T(each_label_undoes_what_stands_before_it)
{
    want_steps(SH("./a") "\nRollback:\n" SH("./b") "\nNext:\n" SH("./c") "\nRollback:\n" SH("./d"),
               "./a by deployment/rollback|<./b|./c by deployment/rollback.2|<./d");
}

T(a_title_is_the_way_back_of_all_up_to_the_next_one)
{
    want_steps(
        SH("./a") "\n**Rollback**\n\nFirst:\n" SH("./b") "\n- Tell Bob\n\n**Then**\n" SH("./c"),
        "./a|<./b|<Tell Bob|./c");
    want_steps(SH("./a") "\nROLLBACK\n" SH("./b") "\nVERIFY\n" SH("./c"), "./a|<./b|./c");
    want_steps(SH("./a") "\n**Rollback**\n" SH("./b") "\n## Verification\n" SH("./c"),
               "./a|<./b|./c");
}

T(a_line_that_was_meant_to_be_a_heading_is_one)
{
    want_steps(SH("./a") "\nRollback\n" SH("./b") "\nThen restart\n" SH(
                   "./c") "\nVerification\n" SH("./d"),
               "./a|<./b|<./c|./d");
    want_steps(SH("./a") "\nRollback steps\n\nStop it first.\n" SH("./b"), "./a|<./b");
    want_steps(SH("./a") "\n**Rollback**\n" SH("./b") "\nVerification\n" SH("./c"),
               "./a|<./b|<./c");
    want_steps(SH("./a") "\n回滚：\n" SH("./b"), "./a by deployment/回滚：|<./b");
    want_steps(SH("./a") "\nロールバック手順\n" SH("./b"), "./a|<./b");
    want_steps(SH("./a") "\nRetour arrière :\n" SH("./b"), "./a by deployment/retour-arrière|<./b");
    want_steps(SH("./a") "\nRollback was tried in staging\n" SH("./b"), "./a|./b");
    want_steps(SH("./a") "\nRollback plan\n\nKeep it until Friday.\n\nStart\n" SH("./b"),
               "./a|Rollback plan|./b");
    want_steps(SH("./a") "\nRollback\n" SH("./b") "\nCleanup\n" SH("./c"), "./a|<./b|./c");
    want_steps(SH("./a") "\nRollback\n\n- `./b`\n- `./c`\n\nFinish\n\n" SH("./d"),
               "./a|<./b|<./c|./d");
    want_steps(SH("./a") "\nRollback\n\n`./b`\n\n`systemctl restart app`\n",
               "./a|<./b|<systemctl restart app");
    want_steps(SH("./a") "\nRollback `x`\n" SH("./b"), "./a|./b");
}

T(what_is_for_a_failure_behind_it_is_no_condition_of_the_section)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n### 1. Restart\n" SH("./a") "\nRollback:\n" SH(
                      "./b") "\n**If this fails:**\n" SH("./c"));
    T_EQ(r.rb.n_failures, 1);
    for (size_t i = 0; i < r.rb.n_parts; i++)
        T_EQ(r.rb.parts[i].condition.n, 0);
}

T(what_only_speaks_of_it_is_no_label)
{
    want_steps("Roll back the old node pool:\n" SH("./a"), "./a");
    want_steps("Rollback window: 30 minutes\n" SH("./a"), "./a");
    want_steps("**Rollback time: 5 minutes**\n" SH("./a"), "./a");
    want_steps("Rollback:\n\nSee the wiki.\n" SH("./a"), "./a");
    want_steps("If no rollback is needed:\n" SH("./a"), "./a");
    want_steps("ÄNDERN\n" SH("./a"), "./a");
    want_steps("> Rollback:\n" SH("./a"), "./a");
}

T_MAIN(T_CASE(a_label_above_a_block_makes_it_the_way_back_of_the_step),
       T_CASE(a_list_behind_its_block_is_no_part_of_it),
       T_CASE(each_label_undoes_what_stands_before_it),
       T_CASE(a_title_is_the_way_back_of_all_up_to_the_next_one),
       T_CASE(a_line_that_was_meant_to_be_a_heading_is_one),
       T_CASE(what_is_for_a_failure_behind_it_is_no_condition_of_the_section),
       T_CASE(what_only_speaks_of_it_is_no_label))
