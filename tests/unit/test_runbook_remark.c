/* runbook/remark: what must not be done is a warning, never a question. */
#include "runbook/runbook.h"

#include "runbook_read.h"

#define SH(code) "\n```sh\n" code "\n```\n"

static void want_remark(const struct reading *r, size_t i, size_t line, const char *text,
                        uint32_t step)
{
    if (i >= r->rb.n_remarks)
        T_FAIL("no remark '%s'", text);
    T_EQ(r->rb.remarks[i].line, line);
    SAME(r->rb.remarks[i].text, text);
    T_EQ(r->rb.remarks[i].step, step);
}

T(an_item_that_forbids_is_a_remark_on_the_next_step)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deployment\n1. Stop the shop\n2. Never run `make down` here!\n   ```sh\n   rm x\n   ```\n"
        "3. Start the shop\n4. Do NOT touch the cache\n\n## Verification\n- [ ] Look\n");
    T_EQ(r.rb.n_steps, 3);
    T_EQ(r.rb.n_remarks, 2);
    want_remark(&r, 0, 3, "Never run make down here!", 1);
    want_remark(&r, 1, 8, "Do NOT touch the cache", 1); /* the last one of its section */
}

T(what_is_to_be_waited_for_or_done_after_all_is_asked)
{
    static const char *const asked[] = {
        "Do not proceed until the lag is 0",
        "Never start it before the DBA says so",
        "Do not go on unless all tests pass",
        "Do not use the old host. Run the job on db2",
        "Do not delete it; check its age",
        "Neverland is updated",
        "Donut shop is up",
    };

    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(reading_done) struct reading r;

        strbuf_addf(&text, "## Deployment\n1. %s\n", asked[i]);
        read_text(&r, strbuf_str(&text));
        if (r.rb.n_remarks || r.rb.n_steps != 1)
            T_FAIL("'%s' is %zu remarks and %zu steps", asked[i], r.rb.n_remarks, r.rb.n_steps);
    }
}

T(other_words_and_marks_forbid_too)
{
    static const char *const remarks[] = {
        "**WARNING:** never drop the schema",
        "⚠️ Do not restart twice. It loses mails.",
        "Don't panic",
        "Important: don’t use the root user; never",
        "Niemals als root ausführen",
        "Ne jamais relancer le script",
        "绝对 x 请勿",
        "请勿重复执行",
        "二回実行しないでください。",
        "Avoid peak hours",
    };

    for (size_t i = 0; i < ARRAY_LEN(remarks); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(reading_done) struct reading r;

        strbuf_addf(&text, "## Deployment\n- [ ] %s\n", remarks[i]);
        read_text(&r, strbuf_str(&text));
        if ((r.rb.n_remarks == 1) != (i != 6))
            T_FAIL("'%s' is %zu remarks and %zu steps", remarks[i], r.rb.n_remarks, r.rb.n_steps);
    }
}

T(a_comment_that_forbids_is_a_remark)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n" SH(
                      "./a\n\n# Do not interrupt it\n\n# then look\n./b\n# Never as root"));
    T_EQ(r.rb.n_steps, 2);
    T_EQ(r.rb.n_remarks, 2);
    want_remark(&r, 0, 6, "Do not interrupt it", 1);
    want_remark(&r, 1, 10, "Never as root", 1);
    reading_done(&r);
    read_text(&r, "## Rollback\n" SH("# 1. Back\n./a\n\n# 2. DO NOT undo the migration\n"
                                     "# (it cannot be)\n\n# 3. Call Bob"));
    T_EQ(r.rb.n_steps, 2);
    want_remark(&r, 0, 7, "DO NOT undo the migration\n(it cannot be)", 1);
}

T(a_comment_that_forbids_directly_above_a_command_speaks_of_it)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n" SH("./a\n# Do NOT interrupt it\n./b\n\n# Look\n./c"));
    T_EQ(r.rb.n_steps, 3);
    T_EQ(r.rb.n_remarks, 1);
    want_remark(&r, 0, 5, "Do NOT interrupt it", 1);
}

T(a_block_below_a_text_that_forbids_is_not_run)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\nNever run this:\n" SH("rm -rf /srv") "\nRun this:\n" SH("./a"));
    T_EQ(r.rb.n_steps, 1);
    SAME(r.rb.steps[0].text, "./a");
    want_remark(&r, 0, 2, "Never run this:", 0);
}

T(a_row_that_forbids_is_a_remark)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r,
              "## Deployment\n| # | Task |\n|---|---|\n| 1 | Stop it |\n| 2 | Do not kill it |\n");
    T_EQ(r.rb.n_steps, 1);
    want_remark(&r, 0, 5, "Do not kill it", 0);
}

T(a_remark_where_nothing_is_done_speaks_of_nothing)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n1. Never do this\n## Verification\n1. Look\n");
    T_EQ(r.rb.n_steps, 1);
    want_remark(&r, 0, 2, "Never do this", RB_NONE);
}

T(what_safety_rules_forbid_is_told_to_whoever_begins)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "# R\n## Critical Safety Rules\n1. **NEVER run this during peak hours** (9 to 18)\n2. ALWAYS make a backup\n"
        "- Do not use the root account\n## Notes on rules\n1. Never mind\n## Deployment\n" SH(
            "./go"));
    want_remark(&r, 0, 3, "NEVER run this during peak hours (9 to 18)", 0);
    want_remark(&r, 1, 5, "Do not use the root account", 0);
    reading_done(&r);
    read_text(
        &r,
        "# R\n## \xe2\x9a\xa0\xef\xb8\x8f NEVER DO THESE IN PRODUCTION:\n1. **Don't delete files**\n## Deployment\n" SH(
            "./go"));
    want_remark(&r, 0, 3, "Don't delete files", 0);
}

T(without_headings_it_speaks_of_what_follows)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "1. Never do this\n2. Look\n");
    want_remark(&r, 0, 1, "Never do this", 0);
}

T(a_comment_in_an_item_speaks_of_the_section_too)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r, "## Deployment\n1. Stop it:\n   ```sh\n   ./a\n\n   # Never twice\n   ```\n2. Look\n");
    T_EQ(r.rb.n_steps, 2);
    want_remark(&r, 0, 6, "Never twice", 1);
}

T_MAIN(T_CASE(a_comment_in_an_item_speaks_of_the_section_too),
       T_CASE(an_item_that_forbids_is_a_remark_on_the_next_step),
       T_CASE(what_is_to_be_waited_for_or_done_after_all_is_asked),
       T_CASE(other_words_and_marks_forbid_too), T_CASE(a_comment_that_forbids_is_a_remark),
       T_CASE(a_comment_that_forbids_directly_above_a_command_speaks_of_it),
       T_CASE(a_block_below_a_text_that_forbids_is_not_run), T_CASE(a_row_that_forbids_is_a_remark),
       T_CASE(a_remark_where_nothing_is_done_speaks_of_nothing),
       T_CASE(what_safety_rules_forbid_is_told_to_whoever_begins),
       T_CASE(without_headings_it_speaks_of_what_follows))
