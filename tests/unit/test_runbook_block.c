/* What blocks, comments, tables and texts make a person or the machine do. */
#include "base/sv.h"
#include "runbook/command.h"
#include "runbook_read.h"

static const struct rb_step *step(const struct reading *r, size_t i)
{
    if (i >= r->rb.n_steps)
        T_FAIL("there are %zu steps only", r->rb.n_steps);
    return &r->rb.steps[i];
}

static void steps_are(const struct reading *r, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);

    for (size_t i = 0; i < r->rb.n_steps; i++)
        strbuf_addf(&got, "%s%s:%zu", i ? " " : "", rb_step_name(r->rb.steps[i].kind),
                    r->rb.steps[i].line);
    T_STR(strbuf_str(&got), want);
}

T(numbered_comments_are_steps_with_and_without_a_command)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n```sh\n# 1. Stop\nmake stop\nmake wait\n\n# 2. Enter maintenance (if available)\n"
        "# touch flag\n\n# 3. Log in\nssh web1\n\n# 4. Start\nmake start\n\n# 5. Tell support\n```\n");
    steps_are(&r, "shell:4 shell:5 manual:7 shell:14 manual:16");
    T_SV(step(&r, 0)->number, "1");
    T_SV(step(&r, 1)->number, "1");
    T_SV(step(&r, 2)->condition, "if available");
    T_SV(step(&r, 2)->number, "2");
    T_SV(step(&r, 3)->host, "web1");
    T_SV(step(&r, 4)->text, "Tell support");
}

T(comments_that_stand_alone_are_for_people_when_they_say_so)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r, "## Deploy\n```sh\n# Announce it\n# Ensure that all are there\n\n# --- database ---\n\n"
            "# Check the disk\ndf\n\n# Nothing else is needed\n```\n");
    steps_are(&r, "manual:3 shell:9");
    T_SV(step(&r, 0)->text, "Announce it\nEnsure that all are there");
    T_SV(step(&r, 1)->note, "Check the disk");
}

T(a_condition_holds_to_the_next_empty_line)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n```sh\n# Restart (if load balanced)\nmake a\nmake b\n\nmake c  # If using x\nmake d\n\n"
        "# If it fails, undo:\nmake e\n\n# If there is a proxy, skip the next one\nmake f\nmake g\n\n"
        "# load test (optional)\nmake h\n```\n");
    T_EQ(r.rb.n_steps, 8);
    T_SV(step(&r, 0)->condition, "if load balanced");
    T_SV(step(&r, 1)->condition, "if load balanced");
    T_SV(step(&r, 2)->condition, "If using x");
    T_EQ(step(&r, 3)->condition.n, 0);
    T_SV(step(&r, 4)->condition, "If it fails");
    T_SV(step(&r, 5)->condition, "If there is a proxy, skip the next one");
    T_EQ(step(&r, 6)->condition.n, 0);
    T_CHECK(step(&r, 7)->optional && !step(&r, 6)->optional);
}

T(what_introduces_a_block_can_be_its_condition)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r, "## Deploy\nIf that does not help, restart it:\n```sh\nls\n\nls\n```\n```sh\nls\n```\n"
            "## Rollback\n### Now\nIf it fails:\n```sh\nls\n```\n");
    T_SV(step(&r, 0)->condition, "If that does not help");
    T_SV(step(&r, 1)->condition, "If that does not help");
    T_EQ(step(&r, 2)->condition.n, 0);
    T_EQ(step(&r, 3)->condition.n, 0); /* of the part */
    T_SV(r.rb.parts[2].condition, "If it fails");
}

T(ways_to_do_the_same_know_each_other)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n- [ ] first\n```sh\n# Via a (recommended)\ncd x\nmake a\n\n# Via b (alternative)\nmake b\n\n"
        "# Via c\nmake c\n\n# Check\nmake d\n```\n```sh\nmake e\n\n# or\nmake f\n```\n");
    T_EQ(r.rb.n_steps, 8);
    T_EQ(step(&r, 1)->one_of, RB_NONE); /* cd holds for all of them */
    for (size_t i = 2; i < 5; i++)
        T_EQ(step(&r, i)->one_of, 2);
    T_EQ(step(&r, 5)->one_of, RB_NONE);
    T_EQ(step(&r, 6)->one_of, 6);
    T_EQ(step(&r, 7)->one_of, 6);
}

T(variants_of_a_section_know_each_other)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n### PostgreSQL (production)\n### SQLite\n### Restart\n**For Docker:**\n```sh\nls\n```\n"
        "**systemd**\n```sh\nls\n```\nThen look.\n```sh\ndf\n```\n");
    T_EQ(r.rb.parts[1].one_of, 1);
    T_EQ(r.rb.parts[2].one_of, 1);
    T_EQ(r.rb.parts[3].one_of, RB_NONE);
    T_EQ(r.rb.parts[4].one_of, 4);
    T_EQ(r.rb.parts[5].one_of, 4);
    T_EQ(step(&r, 2)->part, 3); /* what follows holds for both */
}

T(sql_sessions_are_statements_with_their_client)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Verify\n```sql\n-- Connect\npsql -h db\n\n-- 1. Look\n\\d x\n-- 2. Count\nSELECT 1;\n-- Should show: 1\n\\q\n```\n"
        "```sh\ncd /srv\nssh db1\nsqlite3 a.db\nDELETE FROM x;\n.quit\nls\n```\n");
    steps_are(&r, "sql:7 sql:9 shell:14 sql:17 shell:19");
    T_SV(step(&r, 0)->client, "psql -h db");
    T_SV(step(&r, 0)->number, "1");
    T_EQ(step(&r, 1)->n_expects, 1);
    T_EQ(step(&r, 0)->command->effect, EFFECT_NONE);
    T_SV(step(&r, 3)->client, "sqlite3 a.db");
    T_EQ(step(&r, 3)->command->effect, EFFECT_DATABASE);
    T_SV(step(&r, 3)->host, "db1");
    T_EQ(r.rb.blocks[0].kind, BLOCK_SQL);
    T_EQ(r.rb.blocks[1].kind, BLOCK_SHELL);
}

T(prompts_name_the_host_and_their_output_is_no_command)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r,
              "## Deploy\n```console\nroot@db1:~# df\n/dev/sda 1\nroot@db1:~# ls \\\n> -l\n```\n"
              "```console\n# systemctl stop x\nstopped\n```\n```\nme@a:~$ ls\nme@b:~$ ls\n```\n");
    T_EQ(r.rb.n_steps, 5);
    T_SV(step(&r, 0)->host, "db1");
    T_SV(step(&r, 0)->text, "df");
    T_EQ(step(&r, 1)->end_line, 6);
    T_SV(step(&r, 2)->text, "systemctl stop x");
    T_EQ(step(&r, 2)->host.n, 0);
    T_SV(step(&r, 3)->host, "a");
    T_SV(step(&r, 4)->host, "b");
}

/* Where the commands of a block run that has no language: "web1:systemctl stop app|..." */
static void want_typed(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf md = STRBUF(0), got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    strbuf_addf(&md, "## Deploy\n```console\n%s\n```\n", text);
    read_text(&r, strbuf_str(&md));
    for (size_t i = 0; i < r.rb.n_steps; i++)
        strbuf_addf(&got, "%s%.*s:%.*s", i ? "|" : "", SV_FMT(step(&r, i)->host),
                    SV_FMT(step(&r, i)->text));
    if (!sv_eq(strbuf_sv(&got), sv_from(want)))
        T_FAIL("'%s' gives '%s' and should give '%s'", text, strbuf_str(&got), want);
}

T(prompts_of_other_shells_are_known)
{
    want_typed("web1$ df\nok\nweb1$ exit\ndb-2# df", "web1:df|db-2:df");
    want_typed("db01:~ # df\nweb:/srv# ls", "db01:df|web:ls");
    want_typed("(venv) $ df\n(my.env) me@a:~$ ls", ":df|a:ls");
    want_typed("bash-5.1# df\nout", ":df");
    want_typed("root@localhost:~# df", ":df");
    want_typed("% df\n% ls -l\nout", ":df|:ls -l");
    want_typed("web1$ df\n  sda 1\nweb2$ df", "web1:df|web2:df");
    want_typed("me@a:~$ ssh web1\nroot@web1:~# df", "web1:df");
    want_typed("web$ df\n$ ls", ":ls"); /* "web$" may be anything, but beside "web1$" */
    want_typed("app$ df\nweb1$ ls", "app:df|web1:ls");
    want_typed("web6:$ df", "web6:df");
    want_typed("issue12# comment\n$ ls", ":ls");
    want_typed("Web1$ df\n$ ls", ":ls");
    want_typed("1web$ df\n$ ls", ":ls");
    want_typed("web1 $ df\n$ ls", ":ls");
}

T(what_an_ssh_in_it_begins_goes_on_behind_the_block)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deploy\n```console\nme@a:~$ ssh web1\n```\n```sh\ndf\n```\n");
    T_EQ(r.rb.n_steps, 1);
    T_SV(step(&r, 0)->host, "web1");
}

T(what_is_timed_is_one_command)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deploy\n```sh\ntime {\n  ./a\n  ./b\n}\ntime ./c\ntimes { ./d\n```\n");
    T_CHECK(r.rb.n_steps >= 2);
    T_SV(step(&r, 0)->text, "{\n  ./a\n  ./b\n}");
    T_SV(step(&r, 1)->text, "time ./c");
}

T(a_file_with_a_date_in_its_name_is_known_again)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n```sh\npg_dump x > b/x_$(date +%s).sql\npg_dump x > b/x_$(date +%F).sql\nmkdir old_$(date +%F)\n"
        "ls b/*.sql\nhead b/x_*.sql\ncp a old_*/a\nls b/x_*\nls b/x_*.gz\nls b/x_YYYYMMDD_HHMMSS.sql b/x_YYYY-MM-DD.sql\n```\n## Rollback\n```sh\n"
        "psql x < \"b/x_TIMESTAMP.sql\"\npsql x < b/x_<date>.sql\n```\n");
    static const uint32_t makers[] = {RB_NONE, RB_NONE, RB_NONE, RB_NONE, 0, 2,
                                      0,       RB_NONE, 0,       0,       0};

    T_EQ(r.rb.n_steps, ARRAY_LEN(makers));
    for (size_t i = 0; i < r.rb.n_steps; i++)
        T_EQ(step(&r, i)->made_by, makers[i]);
}

T(a_reboot_ends_the_session)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deploy\n```sh\nssh web1\nsudo reboot\nls\n```\n");
    T_SV(step(&r, 0)->host, "web1");
    T_EQ(step(&r, 1)->host.n, 0);
}

T(commands_in_texts_and_tables_are_steps)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n1. Go on with `ssh web1`\n2. Run `git checkout <tag>` and `make it`.\n"
        "3. Never run `rm -rf /`\n4. Restart `nginx`\n\n"
        "| Step | Command | Expected |\n|---|---|---|\n| 1 | `df /` | 0 rows |\n| 2 | none | |\n\n"
        "| # | Task |\n|---|---|\n| 1 | Call Dana |\n| 2 | |\n");
    steps_are(&r, "shell:3 shell:3 manual:5 shell:9 manual:14");
    T_SV(step(&r, 0)->text, "git checkout <tag>");
    T_SV(step(&r, 0)->host, "web1");
    T_SV(r.rb.blocks[step(&r, 0)->block].placeholders.v[0].name, "tag");
    T_EQ(step(&r, 3)->n_expects, 1);
}

T(an_item_is_the_title_of_the_block_right_below_it)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n1. Stop it\n\n```sh\nmake stop\n```\n\n2. Look\n3. Draw\n\n```mermaid\na\n```\n");
    steps_are(&r, "shell:5 manual:8 manual:9");
    T_SV(step(&r, 0)->id, "deploy/1/1");
}

T(what_is_only_shown_is_no_step_and_what_people_must_do_is_one)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\nCreate `a.yaml`:\n```yaml\na: 1\n```\n```yaml\nb: 1\n```\n```powershell\nStop-Site\n```\n"
        "```http\nGET /\n```\n> [!TIP]\n> ```sh\n> ls\n> ```\n\n## Notes\nFile: `b.py`\n```python\nx\n```\n");
    steps_are(&r, "manual:3 manual:9 manual:12 shell:17");
    T_SV(step(&r, 0)->text, "Create a.yaml:");
    T_SV(r.rb.blocks[0].path, "a.yaml");
    T_CHECK(step(&r, 3)->optional);
}

T(each_line_of_an_expected_output_is_looked_for)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n```sh\nls\n```\nOutput:\n```\na\nb\n```\n```sh\nls\n# Expected output:\n#   1 a\n#   2 b\n\n# Check x\nls\n```\n");
    T_EQ(step(&r, 0)->n_expects, 2);
    T_EQ(step(&r, 0)->expects[0].form, EXPECT_CONTAINS);
    T_SV(step(&r, 0)->expects[1].source, "b");
    T_EQ(step(&r, 1)->n_expects, 2);
    T_SV(step(&r, 1)->expects[0].source, "1 a");
    T_SV(step(&r, 1)->expects[1].source, "2 b");
    T_SV(step(&r, 2)->note, "Check x");
}

T(a_comment_beside_or_below_a_command_says_what_it_must_show)
{
    static const enum rb_expect_form forms[] = {EXPECT_ROWS, EXPECT_EMPTY, EXPECT_MATCHES,
                                                EXPECT_EMPTY, EXPECT_ASK};
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Verify\n```sh\npsql -c 'SELECT 1'  # must return 0 rows\nmake list\n"
                  "# the output must be empty\nmake say  # should print OK\n\n"
                  "# Nothing should be printed\nmake diff\nmake speed  # should be fast\n"
                  "make a  # this must be done once\n```\n");
    T_EQ(r.rb.n_steps, 6);
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        T_EQ(step(&r, i)->n_expects, 1);
        T_EQ(step(&r, i)->expects[0].form, forms[i]);
    }
    T_EQ(step(&r, 5)->n_expects, 0);
}

T(signers_are_approvals)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deploy\nStart time: ______\n### Phase 1 sign-off\n- [ ] all done\n\n"
                  "**Approved By**: ____  **Date**: ____\n\nQA: ____\n\n## Approvals\n"
                  "| Role | Signature |\n|---|---|\n| Owner | |\n");
    steps_are(&r, "manual:4 approval:6 approval:8 approval:13");
    T_EQ(r.rb.n_signers, 3);
    T_SV(r.rb.signers[0].name, "Approved By");
    T_SV(r.rb.signers[1].name, "QA");
    T_SV(r.rb.signers[2].name, "Owner");
    T_EQ(r.rb.n_metas, 0);
}

T(a_checklist_item_stays_when_its_procedure_has_no_steps)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n- [ ] **1.1** Review\n- [ ] **1.2** Stop\n\n### 1.1 Review\nIt is big.\n### 1.2 Stop\n```sh\nls\n```\n");
    steps_are(&r, "manual:2 shell:9");
}

T(follow_ups_have_a_time_and_no_steps)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n### 1. Audit (30 days later)\n```sh\nls\n```\n## Post-Deployment Tasks\n### Within 1 week\n- [ ] x\n"
        "### Within a day\n### In 2 months\n");
    steps_are(&r, "shell:4");
    T_EQ(r.rb.parts[1].due_ms, INT64_C(30) * 86400000);
    T_EQ(r.rb.parts[2].role, ROLE_FOLLOW_UP);
    T_EQ(r.rb.parts[3].due_ms, INT64_C(7) * 86400000);
    T_CHECK(r.rb.parts[4].task);
    T_EQ(r.rb.parts[5].due_ms, 86400000);
    T_EQ(r.rb.parts[6].due_ms, INT64_C(60) * 86400000);
}

T(keys_are_found_at_the_head_in_tables_and_in_front_matter)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "---\ntitle: Shop\nowner: dana\n# c\n---\nSeverity: S2\nWindow: 1 h. Risk: low\nsee: x\nhttps://x y\n\n"
        "| Field | Value |\n|---|---|\n| Change | 7 |\n\n<table>\n<tr><th>Host</th><td>a</td></tr>\n</table>\n\n"
        "## Deploy\nMode: on\n\nDuration: 5 min\n\n**A:** 1 **B:** 2\n");
    static const struct {
        size_t line;
        const char *key, *value;
    } rows[] = {{2, "title", "Shop"}, {3, "owner", "dana"},      {6, "Severity", "S2"},
                {7, "Window", "1 h"}, {7, "Risk", "low"},        {13, "Change", "7"},
                {16, "Host", "a"},    {22, "Duration", "5 min"}, {24, "A", "1"},
                {24, "B", "2"}};

    T_SV(r.rb.title, "Shop");
    T_EQ(r.rb.n_metas, ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        T_EQ(r.rb.metas[i].line, rows[i].line);
        SAME(r.rb.metas[i].key, rows[i].key);
        SAME(r.rb.metas[i].value, rows[i].value);
    }
}

T(commands_of_a_terminal_are_known)
{
    static const struct {
        const char *command;
        bool endless, interactive;
    } rows[] = {
        {"tail -f x", true, false},
        {"tail -f x | grep y", true, false},
        {"timeout 30 tail -n 5 x", false, false},
        {"kubectl -n shop logs -f deploy/x", true, false},
        {"kubectl get pods -w", true, false},
        {"gunicorn web:app --reload", true, false},
        {"gunicorn web:app --daemon", false, false},
        {"gunicorn web:app &", false, false},
        {"while true; do ls; sleep 1; done", true, false},
        {"while true; do ls && break; done", false, false},
        {"vmstat 5", true, false},
        {"vmstat 5 3", false, false},
        {"ping x", true, false},
        {"ping -c 3 x", false, false},
        {"ping -c3 x", false, false},
        {"ping -qw 5 x", false, false},
        {"kubectl rollout status deploy/x -w", false, false},
        {"kubectl get pods -w --timeout=60s", false, false},
        {"kubectl get pods -w | grep -m1 Running", false, false},
        {"kubectl get pods -w | grep Running", true, false},
        {"kubectl get pods -w | grep -q Running", false, false},
        {"kubectl get pods -w | head -5", false, false},
        {"while true; do ls && exit 0; sleep 1; done", false, false},
        {"sar -u 5", true, false},
        {"celery -A app worker", true, false},
        {"celery -A app worker --detach", false, false},
        {"flask run --help", false, false},
        {"kubectl port-forward svc/x 1:2", true, false},
        {"ssh web1 tail -f x", true, false},
        {"ssh web1 'sudo tail -f x'", true, false},
        {"ssh web1 ls", false, false},
        {"vim x", false, true},
        {"sudo visudo", false, true},
        {"sudo -i", false, true},
        {"su - postgres", false, true},
        {"su - postgres -c ls", false, false},
        {"psql shop", false, true},
        {"psql shop < x", false, false},
        {"python3", false, true},
        {"python3 x.py", false, false},
        {"python3 -c 'x'", false, false},
        {"docker exec -it x bash", false, true},
        {"sudo -u x ssh -p 22 web1", false, true},
        {"ls | less", false, false},
        {"git pull", false, false},
        {"read -s p < /dev/tty && test $p = x", false, true},
        {"read p < answer.txt", false, false},
        {"read -r -p 'Which release? ' R", false, true},
        {"read -r -t 5 R", false, false},
        {"read -r R <<< 1.2", false, false},
        {"psql shop <<< 'SELECT 1'", false, false},
        {"while read -r R; do echo $R; done < hosts", false, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(reading_done) struct reading r;
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

        strbuf_addf(&b, "## Deploy\n```sh\n%s\n```\n", rows[i].command);
        read_sv(&r, strbuf_sv(&b));
        if (step(&r, 0)->command->endless != rows[i].endless ||
            step(&r, 0)->command->interactive != rows[i].interactive)
            T_FAIL("'%s': endless %d, interactive %d", rows[i].command,
                   step(&r, 0)->command->endless, step(&r, 0)->command->interactive);
    }
}

T(hosts_of_ssh_are_known_whatever_its_options)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n```sh\nssh -i key -p 22 -l me web1\nls\nssh -t web2 sudo ls > out\nssh web3 \"a b\" c\n```\n");
    T_SV(step(&r, 0)->host, "web1");
    T_EQ(step(&r, 1)->command->form, COMMAND_REMOTE);
    T_SV(step(&r, 1)->command->target->value, "web2");
    T_SV(step(&r, 1)->command->inner, "sudo ls");
    T_SV(step(&r, 2)->command->inner, "a b c");
}

T_MAIN(T_CASE(numbered_comments_are_steps_with_and_without_a_command),
       T_CASE(comments_that_stand_alone_are_for_people_when_they_say_so),
       T_CASE(a_condition_holds_to_the_next_empty_line),
       T_CASE(what_introduces_a_block_can_be_its_condition),
       T_CASE(ways_to_do_the_same_know_each_other), T_CASE(variants_of_a_section_know_each_other),
       T_CASE(sql_sessions_are_statements_with_their_client),
       T_CASE(prompts_name_the_host_and_their_output_is_no_command),
       T_CASE(prompts_of_other_shells_are_known),
       T_CASE(what_an_ssh_in_it_begins_goes_on_behind_the_block),
       T_CASE(what_is_timed_is_one_command), T_CASE(a_file_with_a_date_in_its_name_is_known_again),
       T_CASE(a_reboot_ends_the_session), T_CASE(commands_in_texts_and_tables_are_steps),
       T_CASE(an_item_is_the_title_of_the_block_right_below_it),
       T_CASE(what_is_only_shown_is_no_step_and_what_people_must_do_is_one),
       T_CASE(each_line_of_an_expected_output_is_looked_for),
       T_CASE(a_comment_beside_or_below_a_command_says_what_it_must_show),
       T_CASE(signers_are_approvals),
       T_CASE(a_checklist_item_stays_when_its_procedure_has_no_steps),
       T_CASE(follow_ups_have_a_time_and_no_steps),
       T_CASE(keys_are_found_at_the_head_in_tables_and_in_front_matter),
       T_CASE(commands_of_a_terminal_are_known),
       T_CASE(hosts_of_ssh_are_known_whatever_its_options))
