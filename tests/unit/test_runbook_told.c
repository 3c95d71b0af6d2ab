/* runbook/told: what sentences tell a person to do is a manual step, also where commands stand below it. */
#include "runbook/told_verb.h"

#include "runbook_read.h"

#define SH(code) "\n```sh\n" code "\n```\n"

T(verbs_tell_and_nouns_do_not)
{
    static const struct {
        const char *text;
        enum told_how how;
    } rows[] = {
        {"Announce the release", TOLD_BY_HAND},
        {"announce", TOLD_BY_HAND},
        {"Please edit /etc/app.conf", TOLD_BY_HAND},
        {"Then, finally, restart the service", TOLD_BY_ANY},
        {"You must restart it", TOLD_BY_ANY},
        {"⚠️ Make sure that nobody writes", TOLD_BY_ANY},
        {"Check constraints of the table", TOLD_BY_ANY},
        {"Log in to web1", TOLD_BY_HAND},
        {"Do app01 first, then app02", TOLD_BY_HAND},
        {"Do the same on each of them", TOLD_BY_HAND},
        {"Continue with app02", TOLD_BY_HAND},
        {"Begin with app01", TOLD_BY_HAND},
        {"Then app02 and app03", TOLD_BY_HAND},
        {"Finally the same on db-03.", TOLD_BY_HAND},
        {"Same again on app05", TOLD_BY_HAND},
        {"Do not restart it", TOLD_NOT},
        {"Do one at a time", TOLD_NOT},
        {"Continue with step 5", TOLD_NOT},
        {"Proceed with the section below", TOLD_NOT},
        {"Then python3 is installed", TOLD_NOT},
        {"Then the release is out", TOLD_NOT},
        {"Next up", TOLD_NOT},
        {"Release 4.7.0 adds a column", TOLD_NOT},
        {"Release v4.7.0 contains one migration", TOLD_NOT},
        {"Release 4.7.0 to production", TOLD_BY_ANY},
        {"Restart 3 nodes", TOLD_BY_ANY},
        {"Make the cake", TOLD_NOT},
        {"Log files are rotated", TOLD_NOT},
        {"Check constraints are validated later", TOLD_NOT},
        {"Update scripts will run at night", TOLD_NOT},
        {"We deploy from a laptop", TOLD_NOT},
        {"You can restart it", TOLD_NOT},
        {"Contact: Sam", TOLD_NOT},
        {"Change ID: 4711", TOLD_NOT},
        {"The release is announced", TOLD_NOT},
        {"Announcement", TOLD_NOT},
        {"Log", TOLD_NOT},
        {"⚠️", TOLD_NOT},
        {"please", TOLD_NOT},
        {"⚠️ ", TOLD_NOT},
        {"you", TOLD_NOT},
        {"You should", TOLD_NOT},
        {"", TOLD_NOT},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (told_verb(sv_from(rows[i].text)) != rows[i].how)
            T_FAIL("'%s' is %d", rows[i].text, (int)told_verb(sv_from(rows[i].text)));
}

/* The steps of a text below "## Deployment", joined by '|'; manual ones in brackets. */
static void want_steps(const char *body, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    strbuf_addf(&text, "## Deployment\n%s", body);
    read_text(&r, strbuf_str(&text));
    for (size_t i = 0; i < r.rb.n_steps; i++)
        strbuf_addf(&got, r.rb.steps[i].kind == STEP_SHELL ? "%s%.*s" : "%s[%.*s]", i ? "|" : "",
                    SV_FMT(r.rb.steps[i].text));
    if (!sv_eq(strbuf_sv(&got), sv_from(want)))
        T_FAIL("'%s' gives '%s' and should give '%s'", body, strbuf_str(&got), want);
}

T(what_no_command_does_is_asked)
{
    want_steps("Wait until all pods are ready.\n", "[Wait until all pods are ready.]");
    want_steps("This takes a while. Post in #ops that it is done. Close the ticket.\n",
               "[Post in #ops that it is done. Close the ticket.]");
    want_steps("In the console, open the settings.\n", "[In the console, open the settings.]");
    want_steps("- Tell the team\n- It is big\n", "[Tell the team]");
    want_steps("- The queue is full: page the team\n", "[The queue is full: page the team]");
    want_steps("Get sign-off from Bob.\n", "[Get sign-off from Bob.]");
    want_steps("Open `x` in e.g. the editor of etc. and look.\n",
               "[Open x in e.g. the editor of etc. and look.]");
}

T(what_the_commands_below_do_is_not_asked)
{
    want_steps("Restart the service." SH("./restart"), "./restart");
    want_steps("Announce it:" SH("./announce"), "./announce");
    want_steps("Stop it. Then restart it." SH("./stop\n./start"), "./stop|./start");
    want_steps("Check the following.\n\n- [ ] a\n", "[a]");
}

T(what_is_done_by_hand_before_the_commands_is_asked)
{
    want_steps("Edit `/etc/a.conf` on both hosts and set `x = 1`, then:" SH("./reload"),
               "[Edit /etc/a.conf on both hosts and set x = 1]|./reload");
    want_steps("Set `x = 1` in `/etc/a.conf` and reload:" SH("./reload"),
               "[Set x = 1 in /etc/a.conf]|./reload");
    want_steps("Stop the old and start the new:" SH("./switch"), "./switch"); /* nothing to edit */
    want_steps("Stop the workers. Then tell the team." SH("./go"),
               "[Stop the workers. Then tell the team.]|./go");
    want_steps("1. Change it.\n\n   Edit `a.conf`.\n\n   ```sh\n   ./x\n   ```\n",
               "[Edit a.conf.]|./x");
    want_steps("1. Change it.\n\n   Edit `a.conf`.\n" SH("./x"), "[Change it.\nEdit a.conf.]|./x");
}

T(what_is_no_instruction_is_not_asked)
{
    want_steps("The release is big. We deploy at night. Is it done?\n", "");
    want_steps("**Watch for 2 hours**\n", "");
    want_steps("**Send to**: all users\n", "");
    want_steps("Replace `<host>` by the name of the host.\n", "");
    want_steps("> [!NOTE]\n> Tell the team.\n", "");
    want_steps("**If it fails:**\n\n- Check the log\n- Tell Bob\n", "");
    want_steps("\n### Overview\nTell the team.\n", "");
    want_steps("Roll back if the error rate is above 5% for 5 minutes.\n", "");
}

T(what_is_told_for_a_case_or_forbidden_is_a_remark)
{
    static const char *const remarks[] = {
        "If it takes longer than ten minutes, stop and call the DBA.",
        "If this fails, DO NOT GO ON. Go to the wiki.", /* the second sentence as well */
        "Do not close the terminal.",
        "> [!WARNING]\n> Tell the team first.",
    };

    for (size_t i = 0; i < ARRAY_LEN(remarks); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(reading_done) struct reading r;

        strbuf_addf(&text, "## Deployment\n" SH("./a") "\n%s\n", remarks[i]);
        read_text(&r, strbuf_str(&text));
        T_EQ(r.rb.n_steps, 1);
        if (r.rb.n_remarks != 1)
            T_FAIL("'%s' is %zu remarks", remarks[i], r.rb.n_remarks);
        T_EQ(r.rb.remarks[0].line, i == 3 ? 8 : 7);
        T_EQ(r.rb.remarks[0].step, 0);
    }
}

T(in_a_way_back_what_is_told_for_a_case_is_asked)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Rollback\nIf step 6 fails, drop the cluster and start the old one.\n");
    T_EQ(r.rb.n_steps, 1);
    T_EQ(r.rb.n_remarks, 0);
    SAME(r.rb.steps[0].text, "If step 6 fails, drop the cluster and start the old one.");
}

T(a_numbered_section_without_commands_is_done_by_a_person)
{
    want_steps("\n### 1. Announce the release\n\n### 2. Start\n" SH("./a"),
               "[Announce the release]|./a");
    want_steps("\n### Step 1: Hand over\nBob does it.\n\nAll of it.\n",
               "[Hand over\nBob does it.\nAll of it.]");
    want_steps("\n**Step 1: Hand over**\n\n**Step 2: Start**\n" SH("./a"), "[Hand over]|./a");
    want_steps("\n### 1. Check the queue\n", "[Check the queue]");
    want_steps("\n### 1. Update DNS\n", "[Update DNS]");
    want_steps("\n### 1. Change History\nIt is big.\n", "");
    want_steps("\n### 1. Test strategy\nIt is big.\n", "");
    want_steps("\n### 1. Details\nIt is big.\n", "");
    want_steps("\n### 1. Move the data\n\n#### Why\nIt is big.\n", "");
    want_steps("\n### Phase 1: Announce it\nBob does it.\n", "");
}

T(a_procedure_of_a_checklist_is_confirmed_there)
{
    want_steps("- [ ] **2.1** Review changes\n\n### 2.1 Review changes\nIt is big.\n",
               "[2.1 Review changes]");
    want_steps("- [ ] **2.1** Run: `ls -l`\n\n### 2.1 Review changes\nIt is big.\n",
               "ls -l|[Review changes\nIt is big.]");
}

T(what_the_commands_must_show_is_said_below_them)
{
    static const struct {
        const char *sentence;
        enum rb_expect_form form; /* EXPECT__N: none */
    } rows[] = {
        {"The output should be empty.", EXPECT_EMPTY},
        {"You should see no output.", EXPECT_EMPTY},
        {"You should not see any output.", EXPECT_EMPTY},
        {"Nothing should be printed.", EXPECT_EMPTY},
        {"No output means it worked.", EXPECT_EMPTY},
        {"The command produces no output on success.", EXPECT_EMPTY},
        {"No output means nothing.", EXPECT_ASK},
        {"You should see no output but one line.", EXPECT_ASK},
        {"This should return nothing.", EXPECT_EMPTY},
        {"It returns `3 rows`.", EXPECT_CONTAINS},
        {"The command must print \"ready\".", EXPECT_CONTAINS},
        {"The web service should be active.", EXPECT_ASK}, /* nobody asked systemd */
        {"It is big. The exit code must be 3.", EXPECT_EXIT},
        {"It should look right.", EXPECT_ASK},
        {"The lag of the group should go down.", EXPECT_ASK},
        {"`pg2` should be `Leader`.", EXPECT_ASK},
        {"PLAY RECAP must have failed=0", EXPECT_ASK},
        {"\"All is well\" must appear.", EXPECT_ASK},
        {"Users must have a key", EXPECT__N},
        {"The database team must be informed.", EXPECT__N},
        {"It should list the following:", EXPECT__N},
        {"It should take five minutes.", EXPECT__N},
        {"This must be run as root.", EXPECT__N},
        {"It should only be needed once.", EXPECT__N},
        {"This will restart the service.", EXPECT__N},
        {"This lists all pods.", EXPECT__N},
        {"You will need a key.", EXPECT__N},
        {"> It should be empty.", EXPECT__N},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(reading_done) struct reading r;
        const struct rb_step *s;

        strbuf_addf(&text, "## Deployment\n" SH("pgrep java") "\n%s\n", rows[i].sentence);
        read_text(&r, strbuf_str(&text));
        s = &r.rb.steps[0];
        if (s->n_expects != (rows[i].form != EXPECT__N) ||
            (s->n_expects && s->expects[0].form != rows[i].form))
            T_FAIL("'%s' is %zu expectations, the first %s", rows[i].sentence, s->n_expects,
                   s->n_expects ? rb_expect_name(s->expects[0].form) : "none");
        T_EQ(r.rb.n_rules, 0);
    }
}

T(a_row_without_a_command_is_done_by_a_person)
{
    want_steps(
        "| Step | Description | Command | Rollback |\n|--|--|--|--|\n"
        "| 1 | Copy it | `cp a b` | Delete it again |\n| 2 | Inform the NOC | | |\n| 3 | | | |\n",
        "cp a b|[Inform the NOC]");
    want_steps("| What | How | Good |\n|--|--|--|\n| Queue | `redis-cli llen q` | 0 |\n"
               "| Page | look at it | it is green |\n",
               "redis-cli llen q|[look at it]");
}

T(a_section_that_a_case_leads_to_is_for_that_case)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Diagnosis\n" SH(
            "./look") "\nIf you see `A`, go to [Restart](#restart-all-of-it). If you see B, "
                      "see [Restart](#restart-all-of-it) or [x](#nowhere).\nGo on with [More](#more).\n\n"
                      "## Restart all of it!\n" SH("./a") "\n## More\n" SH("./b") "\n1. If it is down, use [the rest](#rest)\n\n## Rest\n" SH(
                          "./c") "\n## Rollback\n" SH("./d"));
    SAME(r.rb.parts[1].condition, "If you see A; or If you see B");
    SAME(r.rb.parts[2].condition, "");
    SAME(r.rb.parts[4].condition, "If it is down");
}

T(a_case_that_leads_to_what_is_done_anyway_is_no_condition)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r, "# Doc\n## Deploy it\n" SH(
                "./a") "\n## Look\n\nIf it fails, go back to [it](#deploy-it).\n"
                       "If it fails, go to [it](#look). If it is there, skip to [Clean](#clean).\n"
                       "If all is well, go to [it](#verification). If not, go to [it](#1-more).\n"
                       "\n## Clean\n" SH("./b") "\n## 1. More\n" SH("./c") "\n## Verification\n" SH(
                           "./d"));
    for (size_t i = 0; i < r.rb.n_parts; i++)
        SAME(r.rb.parts[i].condition, "");
}

T(a_section_is_done_when_a_text_before_it_says_of_its_title)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"**Hot upgrade** only when sockets must not drop. Ask Ben.",
         "only when sockets must not drop"},
        {"**Hot upgrade:** only if it is urgent.", "only if it is urgent"},
        {"**Hot upgrade** – if it is urgent", "if it is urgent"},
        {"**Hot upgrade** is only for the live site", "only for the live site"},
        {"**Hot upgrade** is what we like.", ""},
        {"**Cold upgrade** only if it is urgent.", ""},
        {"**Hot upgrade**", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(reading_done) struct reading r;

        strbuf_addf(&text, "# R\n\n* %s\n\n## Hot upgrade\n" SH("./a") "\n## Rollback\n" SH("./b"),
                    rows[i].text);
        read_text(&r, strbuf_str(&text));
        SAME(r.rb.parts[r.rb.n_parts - 2].condition, rows[i].want);
    }
}

/* The kinds and texts of the steps. */
static void want_kinds(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_steps; i++)
        strbuf_addf(&got, "%s%s %.*s", i ? "|" : "", rb_step_name(r.rb.steps[i].kind),
                    SV_FMT(r.rb.steps[i].text));
    if (!sv_eq(strbuf_sv(&got), sv_from(want)))
        T_FAIL("'%s' is '%s' and should be '%s'", text, strbuf_str(&got), want);
}

T(the_same_as_before_is_done_by_a_person)
{
    want_kinds("# R\n## Upgrade a\n" SH("./a") "\n## Upgrade b\n\nSame as a.\n",
               "shell ./a|manual Upgrade b: Same as a.");
    want_kinds("# R\n## Upgrade a\n" SH("./a") "\n## Old primary\n\nAs above.\n\n## Next\n",
               "shell ./a|manual Old primary: As above.");
    want_kinds("# R\n## Upgrade a\n" SH("./a") "\n## Upgrade b\n\nAs above:\n" SH("./a"),
               "shell ./a|shell ./a");
    want_kinds("# R\n## Upgrade a\n" SH("./a") "\n## Overview\n\nSame as a.\n", "shell ./a");
    want_kinds("# R\n## Upgrade a\n" SH("./a") "\nAs above.\n", "shell ./a");
    want_kinds("# R\n## Upgrade a\n" SH(
                   "./a") "\n## Old primary\n\nOn pg1 (now a standby): as for the standbys.\n",
               "shell ./a|manual Old primary: On pg1 (now a standby): as for the standbys.");
}

T(an_approval_in_a_heading_stands_before_what_is_below)
{
    want_kinds("# R\n## Failover (approval of the owner needed)\n" SH("./a"),
               "approval Failover (approval of the owner needed)|shell ./a");
    want_kinds("# R\n## Failover (of the owner)\n" SH("./a"), "shell ./a");
    want_kinds("# R\n## Overview (approval of the owner needed)\n\nIt is big.\n", "");
}

T(one_empty_box_is_confirmed)
{
    want_kinds("# R\n## Deploy\n\n☐ All is quiet\n", "manual All is quiet");
    want_kinds("# R\n## Deploy\n\n☐ Dry run\n" SH("./a"), "shell ./a");
    want_kinds("# R\n## Deploy\n\n☐ No flag: `ls /run/a` → No such file\n☐ Dry run\n" SH("./a"),
               "manual No flag: ls /run/a → No such file|manual Dry run|shell ./a");
    want_kinds("# R\n## Deploy\n\n✅ Done\n", "");
}

T(what_was_shown_is_said_without_a_verb)
{
    static const struct {
        const char *code, *sentence;
        enum rb_expect_form form; /* EXPECT__N: none */
    } rows[] = {
        {"pgrep java", "Two rows, both `streaming`.", EXPECT_ASK},
        {"pgrep java", "(no output)", EXPECT_EMPTY},
        {"pgrep java", "PONG", EXPECT_CONTAINS},
        {"pgrep java", "All of them: 203.0.113.20", EXPECT_ASK},
        {"pgrep java", "Every line: `notAfter=Mar ... 2026`", EXPECT_ASK},
        {"pgrep java", "Lag of it under 1 second.", EXPECT_NUMBER},
        {"./migrate", "Two rows, both `streaming`.", EXPECT__N},
        {"pgrep java", "All commands are harmless.", EXPECT__N},
        {"pgrep java", "No endpoints?", EXPECT__N},
        {"pgrep java", "Each node takes a minute.", EXPECT__N},
        {"pgrep java", "0 でない場合は切り戻しを行う。", EXPECT__N},
        {"pgrep java", "It is slow.", EXPECT__N},
        {"pgrep java",
         "All of this is known to everybody, and nothing else of any kind whatsoever, in any of the places, on any day, ever, 5.",
         EXPECT__N},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(reading_done) struct reading r;
        const struct rb_step *s;

        strbuf_addf(&text, "## Deployment\n\n```sh\n%s\n```\n\n%s\n", rows[i].code,
                    rows[i].sentence);
        read_text(&r, strbuf_str(&text));
        s = &r.rb.steps[0];
        if ((s->n_expects > 0) != (rows[i].form != EXPECT__N) ||
            (s->n_expects && s->expects[0].form != rows[i].form))
            T_FAIL("'%s' is %zu expectations, the first %s", rows[i].sentence, s->n_expects,
                   s->n_expects ? rb_expect_name(s->expects[0].form) : "none");
    }
}

T(a_question_with_what_follows_from_its_answer_is_asked)
{
    want_kinds("# R\n## Deploy\n" SH("./a") "\nIs there an incident open? If yes, stop here.\n",
               "shell ./a|manual Is there an incident open? If yes, stop here.");
    want_kinds("# R\n## Deploy\n" SH("./a") "\nIs it green? If not, stop here.\n",
               "shell ./a|manual Is it green? If not, stop here.");
    want_kinds("# R\n## Deploy\n" SH("./a") "\nIs it slow? It is.\n", "shell ./a");
}

T(a_section_that_silences_alerts_is_done)
{
    want_kinds("# R\n## 1. Silence alerts\n\nSilence `RedisDown` for 1h.\n",
               "manual Silence RedisDown for 1h.");
    want_kinds("# R\n## 1. Alerts\n\nSilence `RedisDown` for 1h.\n", "");
}

T(that_all_have_to_agree_is_no_approval)
{
    want_kinds("# R\n## Deploy\n\nRepeat it on sen-2, all have to agree.\n",
               "manual Repeat it on sen-2, all have to agree.");
    want_kinds("# R\n## Deploy\n\nAsk: the DBAs have to agree.\n",
               "approval Ask: the DBAs have to agree.");
}

/* Lines that an editor wrapped are one paragraph; no box of it is lost. */
T(boxes_behind_other_text_are_confirmed_each)
{
    want_kinds("# R\n## Deploy\n\nIn order: ☐ 7. `systemctl stop a`\n☐ 8. `systemctl start a`\n",
               "manual 7. systemctl stop a|manual 8. systemctl start a");
    want_kinds("# R\n## Deploy\n\nBefore: [ ] 5. `./warm`,\nthen [x] 6. `./open` |\n",
               "manual 5. ./warm, then|manual 6. ./open");
    want_kinds("# R\n## Deploy\n\n☐ 1. Tell them\nand wait\n☐ 2. Open it\n",
               "manual 1. Tell them and wait|manual 2. Open it");
    want_kinds("# R\n## Deploy\n\nRestart the proxy. ☐ 1. `./open`\n",
               "manual Restart the proxy.|manual 1. ./open");
    want_kinds("# R\n## Deploy\n\n`./x` is slow. ☐️ `./open` ☐ \n",
               "manual ./x is slow.|manual ./open ☐");
    want_kinds("# R\n## Deploy\n\nIn order: ☐ 1. Open all of it\n☐ |\n",
               "manual 1. Open all of it");
    want_kinds("# R\n## Deploy\n\nBackup taken? ☐ Yes ☐ No\n", "manual Backup taken? ☐ Yes ☐ No");
    want_kinds("# R\n## Deploy\n\nIf it is on, do: ☐ Flush the whole cache now\n",
               "manual If it is on, do: ☐ Flush the whole cache now");
    want_kinds("# R\n## Deploy\n\nTick the box ☐ when it is done.\n", "");
    want_kinds("# R\n## Deploy\n\nIt is `☐ A box`, a\u2610 Box, ☐.\n", "");
    want_kinds("# R\n## Deploy\n\nWrite \"- [ ] Do it at once\" there.\n", "");
    want_kinds("# R\n## Overview\n\nIn order: ☐ 7. `systemctl stop a`\n", "");
}

T_MAIN(T_CASE(what_was_shown_is_said_without_a_verb),
       T_CASE(a_question_with_what_follows_from_its_answer_is_asked),
       T_CASE(a_section_that_silences_alerts_is_done),
       T_CASE(that_all_have_to_agree_is_no_approval),
       T_CASE(a_section_is_done_when_a_text_before_it_says_of_its_title),
       T_CASE(the_same_as_before_is_done_by_a_person),
       T_CASE(an_approval_in_a_heading_stands_before_what_is_below),
       T_CASE(one_empty_box_is_confirmed), T_CASE(a_section_that_a_case_leads_to_is_for_that_case),
       T_CASE(a_case_that_leads_to_what_is_done_anyway_is_no_condition),
       T_CASE(a_row_without_a_command_is_done_by_a_person),
       T_CASE(what_the_commands_must_show_is_said_below_them), T_CASE(verbs_tell_and_nouns_do_not),
       T_CASE(what_no_command_does_is_asked), T_CASE(what_the_commands_below_do_is_not_asked),
       T_CASE(what_is_done_by_hand_before_the_commands_is_asked),
       T_CASE(what_is_no_instruction_is_not_asked),
       T_CASE(what_is_told_for_a_case_or_forbidden_is_a_remark),
       T_CASE(in_a_way_back_what_is_told_for_a_case_is_asked),
       T_CASE(a_numbered_section_without_commands_is_done_by_a_person),
       T_CASE(a_procedure_of_a_checklist_is_confirmed_there),
       T_CASE(boxes_behind_other_text_are_confirmed_each))
