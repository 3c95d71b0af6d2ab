/* runbook, block and table: a document becomes parts, steps, rules, checkpoints and messages. */
#include "runbook/runbook.h"

#include "base/limits.h"
#include "runbook/command.h"
#include "runbook_read.h"

#define FENCE "```"

static const struct rb_part *part(const struct reading *r, const char *id)
{
    for (size_t i = 0; i < r->rb.n_parts; i++)
        if (sv_eq(r->rb.parts[i].id, sv_from(id)))
            return &r->rb.parts[i];
    T_FAIL("no part '%s'", id);
}

static const struct rb_step *step(const struct reading *r, size_t i)
{
    if (i >= r->rb.n_steps)
        T_FAIL("there are %zu steps only", r->rb.n_steps);
    return &r->rb.steps[i];
}

static void only_expect(const struct rb_step *s, enum rb_expect_form form, size_t line)
{
    if (s->n_expects != 1 || s->expects[0].form != form)
        T_FAIL("'%.*s' has %zu checks, the first is %s", SV_FMT(s->text), s->n_expects,
               s->n_expects ? rb_expect_name(s->expects[0].form) : "none");
    T_EQ(s->expects[0].line, line);
}

T(sections_have_roles_and_paths)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# Shop 4.2\n## Deployment\n### Phase 1: Database\n#### 1.1 Migrate\n"
                  "## Rollback\n### Deploy the old version\n## Deployment\n## Notes\n");
    T_SV(r.rb.title, "Shop 4.2");
    T_EQ(r.rb.n_parts, 8);
    T_EQ(r.rb.parts[0].id.n, 0);
    T_EQ(part(&r, "deployment/phase-1")->role, ROLE_DEPLOY);
    T_SV(part(&r, "deployment/phase-1/1.1")->title, "Migrate");
    T_EQ(part(&r, "deployment/phase-1/1.1")->parent, 2);
    T_EQ(part(&r, "rollback/deploy-the-old-version")->role, ROLE_ROLLBACK); /* it sticks */
    T_EQ(part(&r, "deployment.2")->line, 7);
    T_EQ(part(&r, "notes")->role, ROLE_NONE);
}

T(a_procedure_that_rolls_back_is_one_wherever_it_stands)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## When to roll back\n### Full Rollback Procedure\n"
                  "## Deployment\n### 5. Emergency rollback steps\n"
                  "## Troubleshooting\n### Rollback fails\n### Rollback procedure\n"
                  "## Contacts\n### Rollback plan\n");
    T_EQ(part(&r, "when-to-roll-back")->role, ROLE_DECIDE);
    T_EQ(part(&r, "when-to-roll-back/full-rollback-procedure")->role, ROLE_ROLLBACK);
    T_EQ(part(&r, "deployment/5")->role, ROLE_ROLLBACK);
    T_EQ(part(&r, "troubleshooting/rollback-fails")->role, ROLE_TROUBLESHOOT);
    T_EQ(part(&r, "troubleshooting/rollback-procedure")->role, ROLE_ROLLBACK);
    T_EQ(part(&r, "contacts/rollback-plan")->role, ROLE_REFERENCE);
}

T(ids_that_clash_with_numbered_ones_stay_different)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## x\n## x.2\n## x\n## x\n## ---\n");
    T_SV(r.rb.parts[0].id, "x");
    T_SV(r.rb.parts[1].id, "x.2");
    T_SV(r.rb.parts[2].id, "x.3");
    T_SV(r.rb.parts[3].id, "x.4");
    T_SV(r.rb.parts[4].id, "part");
}

T(a_document_without_a_deployment_is_one)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# Nightly job\n## Copy the files\n```sh\nls\n```\n## Verification\n");
    T_EQ(part(&r, "copy-the-files")->role, ROLE_DEPLOY);
    T_EQ(part(&r, "verification")->role, ROLE_VERIFY);
    T_SV(step(&r, 0)->id, "copy-the-files/1");
}

T(a_bold_title_with_a_number_is_a_step_and_nothing_else_is)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r,
              "## Deployment\n**Step 1.1: Stop the shop** (if needed)\n\n```sh\ncd /srv\n```\n\n"
              "**Step 1.2: Start it (optional)**\n\n**Note**\n\n**Mind 2.1** the gap\n");
    T_EQ(r.rb.n_parts, 3);
    T_EQ(r.rb.parts[1].kind, PART_STEP);
    T_SV(r.rb.parts[1].title, "Stop the shop");
    T_SV(r.rb.parts[1].condition, "if needed");
    T_CHECK(r.rb.parts[2].optional);
    T_EQ(r.rb.parts[2].parent, 0);
    T_SV(step(&r, 0)->id, "deployment/1.1/1");
}

T(items_are_steps_where_things_are_done)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Pre-deployment\n- [ ] Approval obtained from Dana\n- [x] Backup of\n  last night\n"
        "- plain\n1. Tell support\n   ```sh\n   ls\n   ```\n2.\n\n## Monitoring\n1. look\n- [ ] look\n"
        "## Contacts\n- [ ] call\n1. Dana\n");
    T_EQ(r.rb.n_steps, 4);
    T_EQ(step(&r, 0)->kind, STEP_APPROVAL);
    T_EQ(step(&r, 1)->kind, STEP_MANUAL);
    T_SV(step(&r, 1)->text, "Backup of\nlast night");
    T_EQ(step(&r, 1)->end_line, 4);
    T_CHECK(r.rb.parts[step(&r, 1)->part].checked && r.rb.parts[step(&r, 1)->part].task);
    T_EQ(step(&r, 2)->kind, STEP_SHELL); /* the item is what its block does */
    T_SV(step(&r, 2)->text, "ls");
    T_SV(step(&r, 2)->id, "pre-deployment/1/1");
    T_EQ(step(&r, 3)->line, 14);
}

T(an_item_with_its_inner_lists_is_one_thing_to_do)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n1. Open the console\n   - click on Restart\n   - wait\n\n   > be patient\n");
    T_EQ(r.rb.n_steps, 1);
    T_SV(step(&r, 0)->text, "Open the console\nclick on Restart\nwait\nbe patient");
}

T(a_checklist_item_is_done_when_its_procedure_is)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment checklist\n- [ ] 1.1 Stop\n- [ ] 1.2 Start\n- [ ] 2 Rest\n\n"
                  "### 1.1 Stop\n```sh\nls\n```\n");
    T_EQ(r.rb.n_steps, 3);
    T_EQ(r.rb.parts[1].joined, 4);
    T_EQ(r.rb.parts[2].joined, RB_NONE);
    T_SV(step(&r, 0)->text, "1.2 Start");
    T_EQ(step(&r, 2)->kind, STEP_SHELL);
}

T(commands_of_a_fence_are_steps_with_their_comments)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n```bash\n# Stop the shop\n# (wait max 30 seconds)\nsystemctl stop shop # now\n"
        "# Expected: inactive\n\n# Expected: HTTP 200\ncurl https://shop\n\n"
        "# Test insert (should return HTTP 201)\ncurl https://shop/x\n"
        "ls # first\n# output should be \"x\"\n```\n");
    T_EQ(r.rb.n_steps, 4);
    T_SV(step(&r, 0)->note, "Stop the shop\n(wait max 30 seconds)");
    T_EQ(step(&r, 0)->timeout_ms, 30000);
    T_EQ(step(&r, 0)->line, 5);
    only_expect(step(&r, 0), EXPECT_INACTIVE, 6);
    only_expect(step(&r, 1), EXPECT_STATUS, 8);
    only_expect(step(&r, 2), EXPECT_STATUS, 11);
    T_SV(step(&r, 2)->note, "Test insert (should return HTTP 201)");
    T_SV(step(&r, 3)->note, "first");
    T_EQ(step(&r, 3)->n_expects, 1);
    T_EQ(step(&r, 1)->proc, step(&r, 0)->proc);
}

T(logs_are_watched_and_polls_end)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r,
              "## Deploy\n```bash\ntail -f shop.log\n# Watch for 30 seconds, expect: no errors\n\n"
              "# Expected: falls below 5 over 60-120 seconds\nwatch -n 5 'ss -s'\n"
              "# When active connections <5, proceed\n\n# wait up to 99999999 minutes\nls\n```\n");
    T_EQ(step(&r, 0)->watch_ms, 30000);
    only_expect(step(&r, 0), EXPECT_NOT_MATCHES, 4);
    T_EQ(step(&r, 1)->timeout_ms, 120000);
    only_expect(step(&r, 1), EXPECT_NUMBER, 8);
    T_EQ(step(&r, 2)->timeout_ms, 0);
}

T(what_is_left_of_comments_is_for_a_person)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r,
              "## Deploy\n```bash\nls\n# Check the dashboard\n```\n```bash\n# Look around\n```\n"
              "```bash\nls\n\n# output should be short\n```\n```bash\nls\n# bye\n```\n"
              "```bash\n# Expected: HTTP 200\n```\n```bash\n# Ask Dana (expected: yes)\n```\n");
    T_EQ(r.rb.n_steps, 7);
    T_EQ(step(&r, 1)->kind, STEP_MANUAL);
    T_SV(step(&r, 1)->text, "Check the dashboard");
    T_EQ(step(&r, 1)->line, 4);
    T_SV(step(&r, 2)->text, "Look around");
    T_EQ(step(&r, 3)->n_expects, 1);
    T_EQ(step(&r, 4)->n_expects, 0);
    T_SV(step(&r, 5)->text, "HTTP 200");
    only_expect(step(&r, 6), EXPECT_ASK, 22);
}

T(steps_know_the_host_that_they_run_on)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n```console\n$ # on the server\n$ ssh web1\n$ df -h / \\\n> -k\n/dev/sda 10G\n\n$ exit\n$ ls\n```\n"
        "```bash\nssh web2\nls\n```\n## Verify\n```sh\npwd\n```\n");
    T_EQ(r.rb.n_steps, 4);
    T_SV(step(&r, 0)->host, "web1");
    T_EQ(step(&r, 0)->line, 5);
    T_EQ(step(&r, 1)->host.n, 0);
    T_SV(step(&r, 1)->text, "ls");
    T_SV(step(&r, 2)->host, "web2");
    T_EQ(step(&r, 3)->host.n, 0); /* another section, another session */
}

T(fences_are_what_their_language_label_and_lines_say)
{
    static const struct {
        const char *text;
        enum rb_block_kind kind;
    } rows[] = {
        {"## Deploy\n```bash\nls\n```\n", BLOCK_SHELL},
        {"## Deploy\n```Shell {.numbered}\nls\n```\n", BLOCK_SHELL},
        {"## Deploy\n```bash{1,2}\nls\n```\n", BLOCK_SHELL},
        {"## Deploy\n```sql\nSELECT 1\n```\n", BLOCK_SQL},
        {"## Deploy\n```http\nGET /\n```\n", BLOCK_HTTP},
        {"## Deploy\n```env\nA=1\n```\n", BLOCK_SETTINGS},
        {"## Deploy\n```bash\n# keys\nDB_URL=x\nTOKEN=y\n```\n", BLOCK_SETTINGS},
        {"## Deploy\n```bash\nDB_URL=$(x)\nTOKEN=y\n```\n", BLOCK_SHELL},
        {"## Deploy\n```bash\n/var/log/shop/\n/etc/shop.conf\n```\n", BLOCK_LISTING},
        {"## Deploy\n```bash\n/srv/shop/restart\n/srv/shop/check\n```\n", BLOCK_SHELL},
        {"## Deploy\n```yaml\na: 1\n```\n", BLOCK_CODE},
        {"## Deploy\n```md\n# x\n```\n", BLOCK_CODE},
        {"## Deploy\n```yaml title=\"a.yaml\"\na: 1\n```\n", BLOCK_FILE},
        {"## Deploy\n```yaml\n# /etc/a.yaml\na: 1\n```\n", BLOCK_FILE},
        {"## Deploy\nAdd to `a.yaml`:\n```yaml\na: 1\n```\n", BLOCK_FILE},
        {"## Deploy\nEdit `/etc/a.conf`:\n```bash\nvi /etc/a.conf\n```\n", BLOCK_SHELL},
        {"## Deploy\nExpected output:\n```json\n{}\n```\n", BLOCK_OUTPUT},
        {"## Deploy\nYou should see:\n```\nready\n```\n", BLOCK_OUTPUT},
        {"## Deploy\n```\n$ make it\ndone\n```\n", BLOCK_SHELL},
        {"## Deploy\n```\nshop=# SELECT 1;\n 1\n```\n", BLOCK_SQL},
        {"## Deploy\n```bash\nsqlite3 a.db\nSELECT 1;\n```\n", BLOCK_SQL},
        {"## Deploy\n```bash\ncd x\nsqlite3 a.db\nSELECT 1;\n```\n", BLOCK_SHELL},
        {"## Deploy\n```bash\nsqlite3 a.db 'SELECT 1;'\n```\n", BLOCK_SHELL},
        {"## Deploy\n**File**: `x.sh`\n```bash\nls\n```\n", BLOCK_FILE},
        {"## Deploy\nCreate `x.sh`:\n```bash\nls\n```\n", BLOCK_FILE},
        {"## Deploy\n```\nSubject: Shop\n```\n", BLOCK_MESSAGE},
        {"## Communication\n```\nWe start.\n```\n", BLOCK_MESSAGE},
        {"## Deploy\nMail template:\n```\nWe start.\n```\n", BLOCK_MESSAGE},
        {"## Deploy\n```\na --> b\n```\n", BLOCK_DRAWING},
        {"## Deploy\n```\n├── src\n```\n", BLOCK_DRAWING},
        {"## Deploy\n```\nls\n# all\ndf -h \\\n  /\n```\n", BLOCK_SHELL},
        {"## Deploy\n\n    ls\n", BLOCK_SHELL},
        {"## Deploy\n```\nls\ntotal 4\n```\n", BLOCK_TEXT},
        {"## Communication\n```\nls\n```\n", BLOCK_MESSAGE},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(reading_done) struct reading r;

        read_text(&r, rows[i].text);
        if (r.rb.n_blocks != 1 || r.rb.blocks[0].kind != rows[i].kind)
            T_FAIL("'%s' is %s", rows[i].text, rb_block_name(r.rb.blocks[0].kind));
    }
}

T(sql_is_a_step_and_reference_sections_have_none)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Migration\n```sql\n\nALTER TABLE x;\n```\nExpected: no errors\n```sql\n```\n"
                  "## Appendix\n```sql\nSELECT 1;\n```\n```bash\nls\n```\nExpected: 3 rows\n");
    T_EQ(r.rb.n_steps, 1);
    T_EQ(step(&r, 0)->kind, STEP_SQL);
    T_SV(step(&r, 0)->text, "ALTER TABLE x;");
    T_EQ(step(&r, 0)->end_line, 4);
    only_expect(step(&r, 0), EXPECT_EXIT, 6);
}

T(a_command_that_is_only_spoken_of_is_not_carried_out)
{
    static const struct {
        const char *item;
        bool run;
    } rows[] = {
        {"Run `systemctl stop app`", true},
        {"Then restart the worker with `systemctl restart app`.", true},
        {"Restart: `systemctl restart app`", true},
        {"Run `pgupgradecluster 14 main` and wait for it to finish", true},
        {"Then run `./go now`", true},
        {"Restart with `pgupgradecluster 14 main`", false}, /* may be anything */
        {"Run `It is late`", false},
        {"Overrun `pgupgradecluster 14 main`", false},
        {"`systemctl restart app`.", true},
        {"`systemctl restart app` を実行する", true},
        {"Verify that `systemctl stop app` was run", false},
        {"It's `systemctl stop app` that does it", false},
        {"Never run `systemctl stop app`", false},
        {"If it is broken run `systemctl stop app`", false},
        {"The timer used `systemctl stop app` before", false},
        {"`rm -rf /tmp/x` is dangerous, ask Bob", false},
        {"Check that nobody uses `systemctl stop app` today", false},
        {"See `git reset --hard` in the manual", false},
        {"Use `kubectl drain n1` only if Bob agrees", false},
        {"Check with `git log --oneline -3`", true},
        {"`curl -f http://127.0.0.1/health` returns 200", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(reading_done) struct reading r;
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, "## Steps\n\n- [ ] %s\n", rows[i].item);
        read_text(&r, strbuf_str(&text));
        T_EQ(r.rb.n_steps + r.rb.n_remarks, 1);
        if ((r.rb.n_steps == 1 && step(&r, 0)->kind == STEP_SHELL) != rows[i].run)
            T_FAIL("'%s' is not read as it should be", rows[i].item);
    }
}

T(prose_after_a_block_speaks_of_its_steps)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r,
              "## Verify\n```bash\ncurl https://shop\nls\n```\nExpected: HTTP 200, looks nice\n\n"
              "Success criteria:\n- no errors\n- *HTTP 204*\n");
    T_EQ(step(&r, 0)->n_expects, 2);
    T_EQ(step(&r, 0)->expects[0].form, EXPECT_STATUS);
    T_EQ(step(&r, 0)->expects[1].line, 10);
    T_EQ(step(&r, 1)->n_expects, 2);
    T_EQ(step(&r, 1)->expects[0].form, EXPECT_ASK); /* the last one asks */
    T_EQ(step(&r, 1)->expects[1].form, EXPECT_EXIT);
}

T(what_is_expected_of_a_person_is_asked)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deploy\n```bash\n# Check the page (expected: HTTP 200)\n```\n");
    only_expect(step(&r, 0), EXPECT_ASK, 3);
}

T(an_expectation_without_a_step_or_without_end_is_no_check)
{
    CLEANUP(reading_done) struct reading r;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    read_text(&r, "## Deploy\nExpected: HTTP 200\n\nExpected:\n");
    T_EQ(r.rb.n_steps, 0);
    reading_done(&r);
    strbuf_add_str(&b, "## Deploy\n```bash\nls\n```\nExpected: ");
    for (int i = 0; i < 1000; i++)
        strbuf_add_str(&b, "no errors, ");
    read_sv(&r, strbuf_sv(&b));
    only_expect(step(&r, 0), EXPECT_ASK, 5);
    reading_done(&r);
    strbuf_truncate(&b, 0);
    strbuf_add_str(&b, "## Deploy\n```bash\ncurl https://shop\n");
    for (int i = 0; i < 64; i++)
        strbuf_add_str(&b, "ls\n");
    strbuf_add_str(&b, "```\nExpected: HTTP 200\n");
    read_sv(&r, strbuf_sv(&b));
    T_EQ(step(&r, 0)->n_expects, 0); /* it stands too far back */
    only_expect(step(&r, 64), EXPECT_ASK, 69);
}

T(a_matrix_gives_rules_and_a_schedule_gives_checkpoints)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r, "## Decision matrix\n| Symptom | Since | Action |\n|---|---|---|\n"
            "| Error rate >5% for >5 min | x | ROLLBACK |\n| Users angry | x | rollback |\n"
            "| CPU > 90 | | think |\n\n"
            "## Überwachung\n| Zeit | Was |\n|---|---|\n| T+5 min | Fehlerrate |\n| later | x |\n\n"
            "| Zeit |\n|---|\n| T+1h |\n\n| a | b |\n|---|---|\n| T+1h | c |\n");
    T_EQ(r.rb.n_rules, 3);
    T_SV(r.rb.rules[0].text, "rollback when error_rate[1m] > 5% for 5m");
    T_EQ(r.rb.rules[0].line, 4);
    T_EQ(r.rb.rules[0].offset_ms, -1);
    T_EQ(r.rb.rules[1].text.n, 0);
    T_EQ(r.rb.rules[2].text.n, 0);
    T_EQ(r.rb.n_notes, 2);
    T_EQ(r.rb.notes[0].kind, NOTE_UNKNOWN_RULE);
    T_EQ(r.rb.notes[0].line, 5);
    T_EQ(r.rb.n_checkpoints, 2);
    T_EQ(r.rb.checkpoints[0].offset_ms, 300000);
    T_SV(r.rb.checkpoints[0].source, "Fehlerrate");
    T_EQ(r.rb.checkpoints[1].source.n, 0);
}

T(a_check_at_a_time_is_a_rule_of_that_time)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Post-deployment\n### 15-Minute Checks\n- [ ] Response times P95 <1.5s\n- [ ] all well\n");
    T_EQ(r.rb.n_steps, 0);
    T_EQ(r.rb.n_rules, 2);
    T_SV(r.rb.rules[0].text, "expect p95(response_time)[5m] < 1.5s else investigate");
    T_EQ(r.rb.rules[0].offset_ms, 900000);
    T_EQ(r.rb.rules[1].text.n, 0);
}

T(messages_know_when_they_are_sent)
{
    static const struct {
        const char *label;
        enum rb_message_when when;
    } rows[] = {
        {"Post to #ops when deployment begins", MESSAGE_START},
        {"Deployment complete", MESSAGE_DONE},
        {"If it was rolled back", MESSAGE_ROLLED_BACK},
        {"Every hour", MESSAGE_OTHER},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(reading_done) struct reading r;
        char text[256];

        (void)snprintf(text, sizeof(text),
                       "## Communication\n**%s**\n```\n[service name] at TIMESTAMP\n```\n",
                       rows[i].label);
        read_text(&r, text);
        T_EQ(r.rb.n_messages, 1);
        T_EQ(r.rb.messages[0].when, rows[i].when);
        SAME(r.rb.messages[0].trigger, rows[i].label);
        T_EQ(r.rb.blocks[0].placeholders.n, 2);
        T_CHECK(rb_message_name(rows[i].when)[0]);
    }
}

T(bold_keys_are_read_with_their_lines)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r, "# Shop\n**Owner:** Dana\n**Date**: Tuesday `x`\nnot **this:** one\n**nor this** one\n"
            "**a\n__Deep:__ b:** c\n");
    T_EQ(r.rb.n_metas, 4);
    T_EQ(r.rb.metas[3].line, 6);
    T_SV(r.rb.metas[2].key, "Deep");
    T_EQ(r.rb.metas[2].line, 7);
    T_SV(r.rb.metas[0].key, "Owner");
    T_SV(r.rb.metas[0].value, "Dana");
    T_EQ(r.rb.metas[0].line, 2);
    T_SV(r.rb.metas[1].key, "Date");
    T_SV(r.rb.metas[1].value, "Tuesday x");
    T_EQ(r.rb.metas[1].line, 3);
}

T(notes_say_what_reading_noticed)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deploy\n```md\n```sh\nx\n```\n```\n```bash\nls\necho \"a\n```\n```bash\n");
    T_EQ(r.rb.n_notes, 3);
    T_EQ(r.rb.notes[0].kind, NOTE_NESTED_FENCE);
    T_EQ(r.rb.notes[0].line, 5);
    T_EQ(r.rb.notes[1].kind, NOTE_UNCLOSED_FENCE);
    T_EQ(r.rb.notes[1].line, 11);
    T_EQ(r.rb.notes[2].kind, NOTE_BROKEN_SHELL);
    T_EQ(r.rb.notes[2].line, 9);
}

T(a_block_that_is_too_long_is_noted_as_such)
{
    CLEANUP(reading_done) struct reading r;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_add_str(&b, "## Deploy\n```bash\n");
    while (b.n <= SHELL_MAX_BYTES + 20)
        strbuf_add_str(&b, "echo one more line\n");
    strbuf_add_str(&b, "```\n");
    read_sv(&r, strbuf_sv(&b));
    T_EQ(r.rb.notes[0].kind, NOTE_BROKEN_SHELL);
    T_SV(r.rb.notes[0].text, "a block of more than 65535 bytes is not split into commands");
    T_EQ(r.rb.notes[0].line, 3);
}

T(what_is_too_much_leaves_nothing)
{
    CLEANUP(document_release) struct document d = {0};
    CLEANUP(strbuf_release) struct strbuf b = repeat("> ", 127);
    struct runbook rb = {0};
    struct err err = {0};

    strbuf_add_str(&b, "- x\n");
    T_OK(document_init("deep.md", strbuf_sv(&b), &d, &err), err);
    T_EQ(runbook_read(&d, &rb, &err), ERR_LIMIT);
    T_STR(err.msg, "deep.md:1: lists or quotes are nested deeper than 128");
    T_CHECK(!rb.doc && !rb.arena.chunks);
}

T(a_reference_matches_whole_parts_of_an_id)
{
    static const struct {
        const char *id, *ref;
        bool matches;
    } rows[] = {
        {"deploy/1.1/2", "deploy/1.1/2", true}, {"deploy/1.1/2", "1.1/2", true},
        {"deploy/1.1/2", "1.1", true},          {"deploy/1.1/2", "deploy", true},
        {"deploy/1.1/2", "1", false},           {"deploy/11.1/1.1", "1.1", true},
        {"deploy/1.1/2", "loy/1.1", false},     {"deploy", "", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (runbook_id_matches(sv_from(rows[i].id), sv_from(rows[i].ref)) != rows[i].matches)
            T_FAIL("'%s' and '%s'", rows[i].id, rows[i].ref);
}

T(every_kind_has_a_name)
{
    for (int i = 0; i < ROLE__N; i++)
        T_CHECK(rb_role_name((enum rb_role)i)[0]);
    for (int i = 0; i < STEP__N; i++)
        T_CHECK(rb_step_name((enum rb_step_kind)i)[0]);
    for (int i = 0; i < EXPECT__N; i++)
        T_CHECK(rb_expect_name((enum rb_expect_form)i)[0]);
    for (int i = 0; i < BLOCK__N; i++)
        T_CHECK(rb_block_name((enum rb_block_kind)i)[0]);
    T_STR(rb_op_text(OP_LE), "<=");
    T_STR(rb_message_name(MESSAGE_ROLLED_BACK), "rolled-back");
    T_ABORTS((void)rb_role_name(ROLE__N));
}

/* --- other languages and notations --- */

T(headings_in_french_spanish_and_chinese_have_roles)
{
    static const struct {
        const char *heading;
        enum rb_role role;
    } rows[] = {
        {"Prérequis", ROLE_PREFLIGHT},  {"Déploiement", ROLE_DEPLOY},
        {"Vérification", ROLE_VERIFY},  {"Retour arrière", ROLE_ROLLBACK},
        {"Surveillance", ROLE_MONITOR}, {"Dépannage", ROLE_TROUBLESHOOT},
        {"Requisitos", ROLE_PREFLIGHT}, {"Despliegue", ROLE_DEPLOY},
        {"Verificación", ROLE_VERIFY},  {"准备工作", ROLE_PREFLIGHT},
        {"部署步骤", ROLE_DEPLOY},      {"验证", ROLE_VERIFY},
        {"回滚", ROLE_ROLLBACK},        {"监控", ROLE_MONITOR},
        {"联系人", ROLE_REFERENCE},     {"审批", ROLE_SIGN_OFF},
        {"Dry run", ROLE_PREFLIGHT},    {"What this does", ROLE_REFERENCE},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(reading_done) struct reading r;
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, "## %s\n", rows[i].heading);
        read_text(&r, strbuf_str(&text));
        if (r.rb.parts[0].role != rows[i].role)
            T_FAIL("'%s' is %s", rows[i].heading, rb_role_name(r.rb.parts[0].role));
    }
}

T(steps_in_other_languages_are_numbered)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r, "## Déploiement\n### Étape 2 : Arrêter (si nécessaire)\n### 步骤 3：清理（如有必要）\n"
            "### 手順4：確認\n- [ ] (optional) Warm up\n");
    T_SV(r.rb.parts[1].number, "2");
    T_SV(r.rb.parts[1].condition, "si nécessaire");
    T_SV(r.rb.parts[1].title, "Arrêter");
    T_SV(r.rb.parts[2].number, "3");
    T_SV(r.rb.parts[2].condition, "如有必要");
    T_SV(r.rb.parts[3].number, "4");
    T_CHECK(r.rb.parts[4].optional);
    T_SV(r.rb.parts[4].title, "Warm up");
}

T(a_method_of_procedure_has_commands_and_ways_back_in_its_rows)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Implementation\n| Step | Action | Expected | Rollback | Owner |\n"
                  "|---|---|---|---|---|\n"
                  "| 1 | Run `make apply` | 2 added | Run make back | Bo |\n"
                  "| 2 | Drain it | 0 connections | Undrain it | Bo |\n"
                  "| 3 | `git status` | | none | Bo |\n| 4 | | | | |\n");
    T_EQ(r.rb.n_steps, 3);
    T_EQ(step(&r, 0)->kind, STEP_SHELL);
    T_SV(step(&r, 0)->text, "make apply");
    T_EQ(step(&r, 0)->n_expects, 1);
    T_SV(step(&r, 0)->undo, "Run make back");
    T_EQ(step(&r, 1)->kind, STEP_MANUAL);
    T_SV(step(&r, 1)->undo, "Undrain it");
    T_EQ(step(&r, 2)->undo.n, 0);
}

T(a_section_that_begins_with_signatures_is_a_sign_off)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Hand-over\n| Role | Signature |\n|---|---|\n| Operations | |\n"
                  "## Notes\n- [ ] read\n\n| Role | Signature |\n|---|---|\n| QA | |\n");
    T_EQ(part(&r, "hand-over")->role, ROLE_SIGN_OFF);
    T_EQ(part(&r, "notes")->role, ROLE_DEPLOY);
}

T(pairs_at_the_head_are_metadata_in_other_forms)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# X\n\n负责人：王芳\n\nVersion: 4 · Manager: Bo | Phone: 12\n\n"
                  "| Document | SOP-17 |\n|---|---|\n| Revision | 4 |\n");
    T_EQ(r.rb.n_metas, 6);
    T_SV(r.rb.metas[0].key, "负责人");
    T_SV(r.rb.metas[0].value, "王芳");
    T_SV(r.rb.metas[1].value, "4");
    T_SV(r.rb.metas[2].key, "Manager");
    T_SV(r.rb.metas[2].value, "Bo");
    T_SV(r.rb.metas[3].value, "12");
    T_SV(r.rb.metas[4].key, "Document");
    T_SV(r.rb.metas[5].value, "4");
}

T(a_condition_of_a_way_back_is_one_unless_it_only_speaks_of_trouble)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Rollback\nIf the release had migrations, undo them:\n" FENCE "sh\n./a\n" FENCE
                  "\nIf anything fails, go back:\n" FENCE "sh\n./b\n" FENCE
                  "\nRestore only if data is lost:\n" FENCE "sh\n./c\n" FENCE "\n");
    T_SV(step(&r, 0)->condition, "If the release had migrations");
    T_EQ(step(&r, 1)->condition.n, 0);
    T_SV(step(&r, 2)->condition, "only if data is lost");
}

T(procedures_that_say_what_they_are_for_are_each_asked_about)
{
    static const char one[] =
        "# Doc\n## Rollout\n**When:** the release is tagged\n" FENCE "sh\nmake\n" FENCE "\n";
    static const char timed[] = "# Doc\n## Monday\n**When:** 22:00\n" FENCE "sh\nmake\n" FENCE
                                "\n## Tuesday\n**When:** T+1d\n" FENCE "sh\nmake\n" FENCE "\n";
    static const char two[] =
        "# Doc\n## New version\n**Use case:** a release\n**Time:** 1 h\n" FENCE "sh\nmake\n" FENCE
        "\n## Rollback\n**Use case:** it is broken\n" FENCE "sh\n./back\n" FENCE
        "\n## Rotate\n**Trigger:** the key is old\n" FENCE "sh\n./rotate\n" FENCE "\n";
    CLEANUP(reading_done) struct reading r, s, t, u;

    read_text(&r, one);
    T_EQ(r.rb.parts[1].condition.n, 0);
    read_text(&s, timed);
    T_EQ(s.rb.parts[1].condition.n, 0);
    T_EQ(s.rb.parts[2].condition.n, 0);
    read_text(&u, "# Doc\n## Scenario 1: Fire\n" FENCE "sh\n./out\n" FENCE
                  "\n## Scenario 2: Water\n" FENCE "sh\n./pump\n" FENCE
                  "\n## Scenario 3: Rollback\n" FENCE "sh\n./back\n" FENCE "\n");
    T_SV(u.rb.parts[1].condition, "in this scenario only");
    T_SV(u.rb.parts[2].condition, "in this scenario only");
    T_EQ(u.rb.parts[3].condition.n, 0);
    read_text(&t, two);
    T_SV(t.rb.parts[1].condition, "in the case: a release");
    T_EQ(t.rb.parts[2].condition.n, 0); /* deciding for it is one */
    T_SV(t.rb.parts[3].condition, "when there is: the key is old");
}

T(sentences_that_decide_are_rules)
{
    static const struct {
        const char *text, *rules; /* "a; b"; "?": one that is not understood */
    } rows[] = {
        {"If 5xx > 2 % for 3 min or p99 > 2s for 5 min \u2192 **rollback**.",
         "rollback when error_rate[1m] > 2% min 100 samples for 3m; "
         "rollback when p99(response_time)[5m] > 2s min 100 samples for 5m"},
        {"Roll back if the error rate stays above 5 % for five minutes.",
         "rollback when error_rate[1m] > 5% min 100 samples for 5m"},
        {"Roll back if the error rate is above 5 % for a long while of minutes", "?"},
        {"Roll back if the error rate is above 5 % for three checks in a row", "?"},
        {"Watch it. If the error rate is above 1%, page the on-call. Thank you.",
         "page oncall when error_rate[1m] > 1% min 100 samples"},
        {"When the error rate exceeds 1%, then please investigate",
         "investigate when error_rate[1m] > 1% min 100 samples"},
        {"Roll back immediately when the moon is > 3 cheese", "?"},
        {"If anything fails: roll back", ""},
        {"If the disk is > 80% full, order another one", ""},
        {"We roll back often.", ""},
        {"If the error rate is above 1%, alert", ""},
        {"If the error rate is above 5% and the CPU is above 90%, roll back.", "?"},
        {"If the error rate is above 5%, roll back is not needed.", "?"},
        {"Roll back if the error rate is above 5% unless it is night.", "?"},
        {"If the error rate is above 1%, or p99 > 2s, hold",
         "hold when error_rate[1m] > 1% min 100 samples; "
         "hold when p99(response_time)[5m] > 2s min 100 samples"},
        {"If the error rate is above 1%: fix forward",
         "fix-forward when error_rate[1m] > 1% min 100 samples"},
        {"Roll back if the error rate is above 1% for several minutes", "?"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), got = STRBUF(0);
        CLEANUP(reading_done) struct reading r;

        strbuf_addf(&text, "## Monitoring\n\n%s\n", rows[i].text);
        read_text(&r, strbuf_str(&text));
        for (size_t k = 0; k < r.rb.n_rules; k++)
            if (!r.rb.rules[k].proposal)
                strbuf_addf(&got, "%s%.*s", got.n ? "; " : "",
                            SV_FMT(r.rb.rules[k].text.n ? r.rb.rules[k].text : SV("?")));
        if (strcmp(strbuf_str(&got), rows[i].rules) != 0)
            T_FAIL("'%s' is read as '%s'", rows[i].text, strbuf_str(&got));
    }
}

T(sentences_of_a_reference_decide_nothing)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r, "# Doc\n## Troubleshooting\nRoll back if the error rate is above 1%.\n## Steps\n" FENCE
            "sh\nmake\n" FENCE "\n");
    for (size_t i = 0; i < r.rb.n_rules; i++)
        T_CHECK(r.rb.rules[i].proposal);
}

T(what_stands_behind_a_command_on_its_line_may_be_expected)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r,
              "## Deployment\n" FENCE "sh\nwc -l < x # => 42\ncurl -so /dev/null -w '%{http_code}' "
              "http://x/ # 201\nls # 201\ndocker ps # all containers running\n" FENCE
              "\n1. `kubectl config current-context` shows **prod-eu**\n");
    T_EQ(step(&r, 0)->n_expects, 1);
    T_SV(step(&r, 0)->expects[0].source, "42");
    T_EQ(step(&r, 1)->n_expects, 1);
    T_EQ(step(&r, 2)->n_expects, 0);
    T_EQ(step(&r, 3)->n_expects, 1);
    T_EQ(step(&r, 3)->expects[0].form, EXPECT_ASK);
    T_EQ(step(&r, 4)->n_expects, 1);
    T_EQ(step(&r, 4)->expects[0].form, EXPECT_CONTAINS);
    T_SV(step(&r, 4)->expects[0].text, "prod-eu");
}

T(loops_in_plain_blocks_are_commands)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n" FENCE "\nfor h in a b; do ssh $h uptime; done\n" FENCE
                  "\n" FENCE "\nwhile true; do\n  sleep 1\ndone\n" FENCE "\n" FENCE
                  "\nfor each host, do as below\n" FENCE "\n");
    T_EQ(r.rb.n_blocks, 3);
    T_EQ(r.rb.blocks[0].kind, BLOCK_SHELL);
    T_EQ(r.rb.blocks[1].kind, BLOCK_SHELL);
    T_EQ(r.rb.blocks[2].kind, BLOCK_TEXT);
}

T(a_box_in_plain_text_is_an_item)
{
    CLEANUP(reading_done) struct reading r, s;

    read_text(&r, "## Before\n" FENCE
                  "\nLIST\n[ ] one\n- [x] two\n\u2610 Approved by the owner\n[ ]\n" FENCE "\n");
    T_EQ(r.rb.n_steps, 3);
    T_SV(step(&r, 0)->text, "one");
    T_EQ(step(&r, 0)->line, 4);
    T_SV(step(&r, 1)->text, "two");
    T_EQ(step(&r, 2)->kind, STEP_APPROVAL);
    read_text(&s, "## Before\n" FENCE "sh\n[ -f x ]\n" FENCE "\n"); /* a test of the shell */
    T_EQ(s.rb.n_steps, 1);
    T_EQ(step(&s, 0)->kind, STEP_SHELL);
}

T_MAIN(T_CASE(procedures_that_say_what_they_are_for_are_each_asked_about),
       T_CASE(a_box_in_plain_text_is_an_item), T_CASE(sentences_that_decide_are_rules),
       T_CASE(sentences_of_a_reference_decide_nothing),
       T_CASE(what_stands_behind_a_command_on_its_line_may_be_expected),
       T_CASE(loops_in_plain_blocks_are_commands),
       T_CASE(headings_in_french_spanish_and_chinese_have_roles),
       T_CASE(steps_in_other_languages_are_numbered),
       T_CASE(a_method_of_procedure_has_commands_and_ways_back_in_its_rows),
       T_CASE(a_section_that_begins_with_signatures_is_a_sign_off),
       T_CASE(pairs_at_the_head_are_metadata_in_other_forms),
       T_CASE(a_condition_of_a_way_back_is_one_unless_it_only_speaks_of_trouble),
       T_CASE(a_procedure_that_rolls_back_is_one_wherever_it_stands),
       T_CASE(sections_have_roles_and_paths),
       T_CASE(ids_that_clash_with_numbered_ones_stay_different),
       T_CASE(a_document_without_a_deployment_is_one),
       T_CASE(a_bold_title_with_a_number_is_a_step_and_nothing_else_is),
       T_CASE(items_are_steps_where_things_are_done),
       T_CASE(an_item_with_its_inner_lists_is_one_thing_to_do),
       T_CASE(a_checklist_item_is_done_when_its_procedure_is),
       T_CASE(commands_of_a_fence_are_steps_with_their_comments),
       T_CASE(logs_are_watched_and_polls_end), T_CASE(what_is_left_of_comments_is_for_a_person),
       T_CASE(steps_know_the_host_that_they_run_on),
       T_CASE(fences_are_what_their_language_label_and_lines_say),
       T_CASE(sql_is_a_step_and_reference_sections_have_none),
       T_CASE(a_command_that_is_only_spoken_of_is_not_carried_out),
       T_CASE(prose_after_a_block_speaks_of_its_steps),
       T_CASE(what_is_expected_of_a_person_is_asked),
       T_CASE(an_expectation_without_a_step_or_without_end_is_no_check),
       T_CASE(a_matrix_gives_rules_and_a_schedule_gives_checkpoints),
       T_CASE(a_check_at_a_time_is_a_rule_of_that_time), T_CASE(messages_know_when_they_are_sent),
       T_CASE(bold_keys_are_read_with_their_lines), T_CASE(notes_say_what_reading_noticed),
       T_CASE(a_block_that_is_too_long_is_noted_as_such), T_CASE(what_is_too_much_leaves_nothing),
       T_CASE(a_reference_matches_whole_parts_of_an_id), T_CASE(every_kind_has_a_name))
