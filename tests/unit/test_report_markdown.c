/* report_markdown: the document of a run, filled in (docs/formats/report.md, "Markdown"). */
#include "exec/run.h"
#include "fill_strip.h"
#include "report_bench.h"

static const char document[] =
    "# Shop\n\n- [ ] Notes read\n- [x] Backups made\n\n## Checklist\n\n- [ ] **1.1** Code\n- [ ] **1.2** Migrate\n\n## Deployment\n\n"
    "### 1.1 Code\n" SH("git pull origin main\n# Expected: \"release 4.2\"") "### 1.2 Migrate\n" SH(
        "./migrate a\n./migrate b") "### 1.3 Sign\n\n**Approved By**: ________ **Date**: ____\n\n"
                                    "## Rollback\n" SH(
                                        "git reset --hard HEAD~1") "## Decision Matrix\n\n| Symptom | Action |\n|---|---|\n"
                                                                   "| Error rate >5% for >5 min | ROLLBACK |\n| The moon is full | ROLLBACK |\n\n"
                                                                   "## Monitoring Schedule\n\n| Time | Check |\n|---|---|\n| T+5 min | Error rate |\n";
static const char binding[] =
    "environment: staging\noperator: ana\nscrape: http://127.0.0.1:1/metrics\n"
    "metrics: {error_rate: 'ratio(bad_total, all_total)'}\nwatch: {until: T+10m}\n"
    "drop: {The moon is full: super*stition}\n"
    "steps: {deployment/1.2/1: {undo: by hand}, deployment/1.2/2: {undo: by hand}}\n";

static void bench_begin(struct bench *b)
{
    bench_of(b, document, binding);
}

/* The filled-in document; what was put in comes out again. */
static void bench_report(struct bench *b)
{
    CLEANUP(strbuf_release) struct strbuf back = STRBUF(0);

    bench_view(b);
    strbuf_truncate(&b->html, 0);
    T_OK(report_markdown(b->store, &b->view, &b->html, &b->err), b->err);
    fill_strip(strbuf_sv(&b->html), "r-0001", &back);
    if (!sv_eq(strbuf_sv(&back), b->w.doc.text))
        T_FAIL("the document does not come back:\n%s", strbuf_str(&back));
}

static void want(const struct bench *b, const char *text)
{
    if (!strstr(strbuf_str(&b->html), text)) {
        t_say("%s", strbuf_str(&b->html));
        T_FAIL("the document does not have '%s'", text);
    }
}

static void want_no(const struct bench *b, const char *text)
{
    if (strstr(strbuf_str(&b->html), text)) {
        t_say("%s", strbuf_str(&b->html));
        T_FAIL("the document has '%s'", text);
    }
}

static void done(struct bench *b, const char *step)
{
    add(b, EVENT_STEP_INTENT, step, 1, "{}");
    add(b, EVENT_STEP_OUTCOME, step, 1, "{\"state\":\"done\",\"status\":0}");
}

T(the_summary_says_how_it_ended_and_is_at_the_top)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_MARK, "deployment/1.1/1", 1, "{\"name\":\"deploy\",\"at_us\":1771120900000000}");
    add(&b, EVENT_VALUE_BOUND, "", 0, "{\"name\":\"tag\",\"value\":\"v4|2\",\"from\":\"binding\"}");
    add(&b, EVENT_VERDICT, "", 0, "{\"verdict\":\"ROLLBACK\",\"text\":\"error_rate > 5%\"}");
    add(&b, EVENT_ROLLBACK_STARTED, "", 0, "{\"reason\":\"too many errors\",\"by\":\"rule\"}");
    add(&b, EVENT_RUN_FINISHED, "", 0, "{\"outcome\":\"rolled-back\",\"exit\":5}");
    bench_report(&b);
    T_CHECK(sv_starts(
        strbuf_sv(&b.html),
        SV("<!-- r-0001 begin -->\n> **Rolled back**: run r-0001, staging, after 7.5 s\n>\n"
           "> - verdict **ROLLBACK**: error_rate &#62; 5%\n"
           "> - rolled back because: too many errors\n> - rolled back by: rule\n"
           "> - begun: 2026-02-15T02:01:00.000Z\n> - ended: 2026-02-15T02:01:07.500Z\n"
           "> - deployed at (T0): 2026-02-15T02:01:40.000Z\n> - operator: ana &#60;a@b&#62;\n"
           "> - host: web1\n> - prusik: 9.9.9\n> - document SHA-256: ")));
    want(&b, "> - value tag: v4&#124;2\n> - journal: 6 events, head ");
    want(&b, ", sealed\n<!-- r-0001 end -->\n# Shop\n");
    bench_end(&b);
}

T(what_was_not_reached_stays_as_it_was)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_VERDICT, "", 0, "{\"verdict\":\"OK\",\"text\":\"\"}");
    add(&b, EVENT_RUN_WAITING, "", 0, "{\"exit\":7,\"why\":\"bo must say\",\"next\":\"ask bo\"}");
    bench_report(&b);
    want(&b, "**Waiting**");
    want(&b, "> - verdict **OK**\n");
    want(&b, "> - why: bo must say\n> - next: ask bo\n");
    want(&b, "not sealed\n");
    want(&b, "\n- [ ] Notes read\n");
    want(&b,
         "\n- [x] Backups made <!-- r-0001 note -->**not done in this run**<!-- r-0001 done -->\n");
    want(&b, "\n- [ ] **1.1** Code\n");
    want(&b, "**Approved By**: ________ **Date**: ____\n");
    want(&b, "Error rate >5% for >5 min | ROLLBACK |\n");
    want(&b, "| The moon is full | ROLLBACK <!-- r-0001 note -->**not judged**: "
             "super&#42;stition<!-- r-0001 done --> |\n");
    bench_end(&b);
}

T(boxes_are_ticked_with_who_and_when)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_ANSWER, "notes-read/1", 0,
        "{\"answer\":\"yes\",\"by\":\"bo\",\"role\":\"owner\",\"note\":\"all\",\"how\":\"asked\"}");
    add(&b, EVENT_STEP_OUTCOME, "notes-read/1", 0, "{\"state\":\"done\"}");
    add(&b, EVENT_ANSWER, "backups-made/1", 0, "{\"answer\":\"no\",\"by\":\"cy\"}");
    add(&b, EVENT_STEP_OUTCOME, "backups-made/1", 0,
        "{\"state\":\"failed\",\"reason\":\"cy says no\"}");
    done(&b, "deployment/1.1/1");
    done(&b, "deployment/1.2/1");
    bench_report(&b);
    want(
        &b,
        "- [x] <!-- r-0001 ticked --> Notes read <!-- r-0001 note -->**done**, answered by bo (owner), "
        "yes, all, asked, 2026-02-15T02:01:01Z<!-- r-0001 done -->\n");
    want(&b, "- [x] Backups made <!-- r-0001 note -->**failed**, answered by cy, no, ");
    want(&b, ": cy says no<!-- r-0001 done -->\n");
    /* the list above stands for the steps below */
    want(&b, "- [x] <!-- r-0001 ticked --> **1.1** Code <!-- r-0001 note -->**done**, "
             "2026-02-15T02:01:09Z<!-- r-0001 done -->\n");
    want(&b, "- [ ] **1.2** Migrate <!-- r-0001 note -->**1 of 2 done**<!-- r-0001 done -->\n");
    bench_end(&b);
}

T(results_stand_under_their_command_block)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_STEP_INTENT, "deployment/1.1/1", 1, "{}");
    add_output(
        &b, "deployment/1.1/1", SV("fetched\n"),
        ",\"state\":\"failed\",\"status\":1,\"reason\":\"expected 4.2\",\"expectations\":[{\"text\":"
        "\"release 4.2\",\"line\":16,\"result\":\"fails\",\"seen\":\"release 4.1\",\"by\":\"machine\"}]");
    add(&b, EVENT_RUN_RESUMED, "", 0, "{}");
    add(&b, EVENT_STEP_INTENT, "deployment/1.1/1", 2, "{}");
    add(&b, EVENT_STEP_DOUBT, "deployment/1.1/1", 2,
        "{\"decision\":\"again\",\"evidence\":\"no harm\"}");
    add(&b, EVENT_ANSWER, "deployment/1.1/1", 0, "{\"answer\":\"yes\",\"by\":\"bo\"}");
    add_output(&b, "deployment/1.1/1", SV("second"), ",\"state\":\"done\",\"http_status\":204");
    done(&b, "deployment/1.2/1");
    bench_report(&b);
    want(
        &b,
        "# Expected: \"release 4.2\"\n```\n<!-- r-0001 begin -->\n"
        "> answered by bo, yes, 2026-02-15T02:01:09Z\n>\n"
        "> **failed**, attempt 1, exit status 1, 1.5 s, 2026-02-15T02:01:01.500Z, on local: "
        "`git pull origin main`\n> - expected 4.2\n"
        "> - expected release 4.2 (line 16): **fails**, found release 4.1, by machine\n>\n> output:\n>\n"
        "> ```text\n> fetched\n> ```\n>\n> **done**, attempt 2, HTTP 204, ");
    want(&b, "> - begun before an interruption; decided: again, no harm\n");
    want(&b, "> ```text\n> second\n> ```\n<!-- r-0001 end -->\n");
    want(&b, "./migrate b\n```\n<!-- r-0001 begin -->\n> **done**, exit status 0, 1.5 s, ");
    want(&b, "on local: `./migrate a`\n<!-- r-0001 end -->\n");
    want(&b, "HEAD~1\n```\n\n"); /* the way back was not taken */
    bench_end(&b);
}

T(a_long_output_keeps_its_ends_and_a_cut_one_says_so)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0), data = STRBUF(0);
    struct bench b;
    struct hash h;

    bench_begin(&b);
    for (int i = 1; i <= 100; i++)
        strbuf_addf(&out, "line %d\n", i);
    h = journal_blob(b.journal, strbuf_sv(&out));
    strbuf_addf(&data,
                "{\"state\":\"done\",\"err\":{\"blob\":\"%s\",\"bytes\":5000000,\"cut\":true}}",
                hash_hex(&h).s);
    add(&b, EVENT_STEP_INTENT, "deployment/1.1/1", 1, "{}");
    add(&b, EVENT_STEP_OUTCOME, "deployment/1.1/1", 1, strbuf_str(&data));
    bench_report(&b);
    want(&b, "> error output, cut: it had 5000000 bytes:\n");
    want(&b, "> line 13\n> ... 60 lines ...\n> line 74\n");
    want(&b, "> line 100\n> ```\n");
    bench_end(&b);
}

T(signatures_stand_on_their_blanks)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_APPROVAL, "deployment/1.3/1", 0,
        "{\"by\":\"cy\",\"role\":\"CTO\",\"note\":\"go\"}");
    add(&b, EVENT_APPROVAL, "deployment/1.3/1", 0, "{\"by\":\"di_\"}");
    add(&b, EVENT_STEP_OUTCOME, "deployment/1.3/1", 0, "{\"state\":\"done\"}");
    bench_report(&b);
    want(
        &b,
        "**Approved By**: <!-- r-0001 was \"________\" -->cy (CTO), di&#95;<!-- r-0001 done --> **Date**: "
        "<!-- r-0001 was \"____\" -->2026-02-15T02:01:03Z<!-- r-0001 done -->\n");
    bench_end(&b);
}

T(a_table_of_signers_and_an_approval_without_a_blank_are_filled)
{
    struct bench b;

    bench_of(
        &b,
        "# D\n\n## Deployment\n\n### Gate\n\n| Role | Approval |\n|---|---|\n| Lead | |\n\n### Go\n\n"
        "- [ ] Approval obtained\n" SH("true"),
        "environment: staging\n");
    for (size_t i = 0; i < b.w.plan.n_steps; i++)
        if (sv_eq(b.w.plan.steps[i].kind, SV("approval"))) {
            char *id = xstrdup_sv(b.w.plan.steps[i].id);

            add(&b, EVENT_APPROVAL, id, 0, "{\"by\":\"cy\"}");
            add(&b, EVENT_STEP_OUTCOME, id, 0, "{\"state\":\"done\"}");
            free(id);
        }
    T_CHECK(b.at_us > T0_US + 3000000);
    bench_report(&b);
    want(&b, "| Lead | <!-- r-0001 note -->cy, 2026-02-15T02:01:01Z<!-- r-0001 done --> |\n");
    want(
        &b,
        "- [x] <!-- r-0001 ticked --> Approval obtained <!-- r-0001 note -->**done**, approved by cy, ");
    bench_end(&b);
}

T(what_is_left_out_says_why)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_STEP_SKIPPED, "deployment/1.1/1", 0,
        "{\"reason\":\"not *needed*\",\"by\":\"eve\"}");
    add(&b, EVENT_STEP_SKIPPED, "deployment/1.2/1", 0, "{\"reason\":\"no\",\"by\":\"plan\"}");
    add(&b, EVENT_STEP_SKIPPED, "notes-read/1", 0, "{\"reason\":\"no notes\",\"by\":\"plan\"}");
    bench_report(&b);
    want(
        &b,
        "```\n<!-- r-0001 begin -->\n> **left out**: not &#42;needed&#42;, says eve\n<!-- r-0001 end -->\n");
    want(&b, "> **left out**: no\n");
    want(&b, "- [ ] Notes read <!-- r-0001 note -->**left out**: no notes<!-- r-0001 done -->\n");
    bench_end(&b);
}

T(rules_checkpoints_and_the_way_back_are_marked)
{
    CLEANUP(strbuf_release) struct strbuf data = STRBUF(0);
    struct bench b;

    bench_begin(&b);
    for (int i = 0; i < 3; i++) {
        strbuf_truncate(&data, 0);
        strbuf_addf(&data, "{\"rule\":\"%.*s\",\"state\":\"%s\",%s}", SV_FMT(b.w.plan.rules[0].id),
                    i == 1 ? "fired" : "good",
                    i ? "\"explain\":\"7% > 5%\"" : "\"text\":\"a rule\"");
        add(&b, EVENT_RULE_STATE, "", 0, strbuf_str(&data));
        if (i == 0) {
            bench_report(&b);
            want(
                &b,
                "ROLLBACK <!-- r-0001 note -->**good**, 2026-02-15T02:01:01Z: a rule<!-- r-0001 done --> |\n");
        }
    }
    add(&b, EVENT_RULE_STATE, "", 0, "{\"rule\":\"unknown\",\"state\":\"fired\"}");
    add(&b, EVENT_CHECKPOINT, "", 0,
        "{\"name\":\"T+5m\",\"verdict\":\"OK\",\"text\":\"all good\"}");
    add(&b, EVENT_CHECKPOINT, "", 0, "{\"name\":\"T+5m\",\"verdict\":\"HOLD\"}");
    add(&b, EVENT_ROLLBACK_STARTED, "", 0, "{\"reason\":\"7%\",\"by\":\"rule\"}");
    done(&b, "rollback/1");
    bench_report(&b);
    want(
        &b,
        "| Error rate >5% for >5 min | ROLLBACK <!-- r-0001 note -->**fired**, 2026-02-15T02:01:03Z: "
        "7% &#62; 5%<!-- r-0001 done --> |\n");
    want(
        &b,
        "| T+5 min | Error rate <!-- r-0001 note -->**OK**, 2026-02-15T02:01:07Z: all good"
        "<!-- r-0001 done --> <!-- r-0001 note -->**HOLD**, 2026-02-15T02:01:09Z<!-- r-0001 done --> |\n");
    want(&b, "HEAD~1\n```\n<!-- r-0001 begin -->\n> **done**, exit status 0, ");
    bench_end(&b);
}

T(a_message_stands_under_its_template)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_MESSAGE, "", 0, "{\"line\":16,\"text\":\"Deployed <b>\\nall\"}");
    bench_report(&b);
    want(
        &b,
        "```\n<!-- r-0001 begin -->\n> **message**, 2026-02-15T02:01:01Z\n>\n> ```text\n> Deployed <b>\n> all\n"
        "> ```\n<!-- r-0001 end -->\n");
    bench_end(&b);
}

/* The document may be another one, or gone, after the run. */
T(the_journals_document_is_filled_in_not_the_file)
{
    struct bench b;

    bench_begin(&b);
    done(&b, "deployment/1.1/1");
    put_file("deploy.md", "# Another\n");
    bench_report(&b);
    want(&b, "> **done**, exit status 0, ");
    want_no(&b, "Another");
    bench_end(&b);
}

T(without_its_document_or_with_a_damaged_one_there_is_no_report)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_STEP_INTENT, "deployment/1.1/1", 1, "{}");
    add(&b, EVENT_STEP_OUTCOME, "deployment/1.1/1", 1,
        "{\"state\":\"done\",\"out\":{\"blob\":\"no hash\"}}");
    bench_view(&b);
    T_EQ(report_markdown(b.store, &b.view, &b.html, &b.err), ERR_CORRUPT);
    want_message(&b.err, "step deployment/1.1/1: an output without a hash");
    T_EQ(b.html.n, 0);
    sql_run("UPDATE event SET data = '{}' WHERE seq = 2"); /* the chain does not hold */
    T_EQ(report_markdown(b.store, &b.view, &b.html, &b.err), ERR_CORRUPT);
    for (size_t i = 0; i < b.view.events.n; i++)
        (void)json_object_del(b.view.events.v[i].data, "document_blob");
    T_EQ(report_markdown(b.store, &b.view, &b.html, &b.err), ERR_NOT_FOUND);
    want_message(&b.err, "run r-0001 has not kept its document");
    bench_end(&b);
}

/* P8, and the document as the run itself keeps it: with CR LF, Unicode, and a secret in it. */
static void run_document(struct bench *b, const char *md, const char *yaml)
{
    struct run_options opt = {.operator_name = SV("ana")};
    struct run *run = NULL;

    *b = (struct bench){.html = STRBUF(0)};
    world_make(&b->w, md, yaml);
    opt.secrets = b->w.b.secrets;
    opt.document = b->w.doc.text;
    T_OK(store_open("s", STORE_WRITE, &b->store, &b->err), b->err);
    T_OK(run_start(b->store, &b->w.plan, &opt, &run, &b->err), b->err);
    b->run = run_id(run);
    T_EQ(run_go(run, &b->err), EXIT_CODE_DONE);
    run_free(run);
    bench_view(b);
}

T(a_run_keeps_its_document_byte_for_byte)
{
    struct bench b;

    run_document(&b,
                 "# Gr\xc3\xbc\xc3\x9f\x65\r\n\r\n```bash\r\necho \xe2\x82\xac\r\n```\r\n\r\nend",
                 "environment: test\n");
    bench_report(&b);
    want(&b, "> ```text\r\n> \xe2\x82\xac\r\n> ```\r\n<!-- r-0001 end -->\r\n\r\nend");
    bench_end(&b);
}

T(a_secret_in_the_document_is_not_kept)
{
    CLEANUP(strbuf_release) struct strbuf kept = STRBUF(0);
    struct bench b;

    run_document(&b, "# W\n\nThe token is canary-4711-xyz.\n\n```bash\necho ok\n```\n",
                 "environment: test\nenv: {APP_TOKEN: canary-4711-xyz}\n");
    T_OK(view_document(b.store, &b.view, &kept, &b.err), b.err);
    T_SV(strbuf_sv(&kept), "# W\n\nThe token is ***.\n\n```bash\necho ok\n```\n");
    T_OK(report_markdown(b.store, &b.view, &b.html, &b.err), b.err);
    want_no(&b, "canary");
    bench_end(&b);
}

T(a_document_that_loses_lines_with_a_secret_is_not_kept)
{
    CLEANUP(strbuf_release) struct strbuf kept = STRBUF(0);
    struct bench b;

    run_document(&b, "# W\n\ncanary\n4711-xyz\n\n```bash\necho ok\n```\n",
                 "environment: test\nenv: {APP_TOKEN: \"canary\\n4711-xyz\"}\n");
    T_EQ(view_document(b.store, &b.view, &kept, &b.err), ERR_NOT_FOUND);
    bench_end(&b);
}

T_MAIN(T_CASE(the_summary_says_how_it_ended_and_is_at_the_top),
       T_CASE(what_was_not_reached_stays_as_it_was), T_CASE(boxes_are_ticked_with_who_and_when),
       T_CASE(results_stand_under_their_command_block),
       T_CASE(a_long_output_keeps_its_ends_and_a_cut_one_says_so),
       T_CASE(signatures_stand_on_their_blanks),
       T_CASE(a_table_of_signers_and_an_approval_without_a_blank_are_filled),
       T_CASE(what_is_left_out_says_why), T_CASE(rules_checkpoints_and_the_way_back_are_marked),
       T_CASE(a_message_stands_under_its_template),
       T_CASE(the_journals_document_is_filled_in_not_the_file),
       T_CASE(without_its_document_or_with_a_damaged_one_there_is_no_report),
       T_CASE(a_run_keeps_its_document_byte_for_byte), T_CASE(a_secret_in_the_document_is_not_kept),
       T_CASE(a_document_that_loses_lines_with_a_secret_is_not_kept))
