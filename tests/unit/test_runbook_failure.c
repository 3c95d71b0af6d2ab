/* runbook/failure: what the document says to do when something fails. */
#include "runbook/runbook.h"

#include "runbook_read.h"

#define SH(code) "```sh\n" code "\n```\n"

/* lines: "9-19 of 3", of the heading on line 3. */
static void want(const struct reading *r, size_t i, const char *lines, const char *label,
                 const char *text)
{
    const struct rb_failure *f = &r->rb.failures[i];
    char got[80];

    T_CHECK(i < r->rb.n_failures);
    (void)snprintf(got, sizeof(got), "%zu-%zu of %zu", f->line, f->end, f->heading_line);
    T_STR(got, lines);
    SAME(f->label, label);
    SAME(f->text, text);
}

T(a_label_has_its_items_and_fences_up_to_the_next_text)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r, "# Doc\n\n## Tests\n\n" SH(
                "pytest") "\n**If Tests Fail**:\n- Write it down\n  in the log\n"
                          "2. Call us\n\n" SH("# - no item\nmake report") "\nGo on.\n- Not this\n");
    T_EQ(r.rb.n_failures, 1);
    want(&r, 0, "9-19 of 3", "If Tests Fail", "Write it down; Call us");
}

T(a_label_without_items_has_no_text_and_one_before_all_headings_no_heading)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "**On failure:**\n\n" SH(
                      "make undo") "\n## Next\n\n  **if it FAILED**: weep\n* loudly");
    T_EQ(r.rb.n_failures, 2);
    want(&r, 0, "1-7 of 0", "On failure", "");
    want(&r, 1, "9-11 of 7", "if it FAILED", "weep; loudly");
}

T(other_bold_words_are_no_label)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Deploy\n**If nothing, then**:\n\n**Fail**\n\nIf it fails:\n\n**Note: if it fails**\n"
        "**If so** it fails\n");
    T_EQ(r.rb.n_failures, 0);
}

T(of_many_items_the_first_are_kept)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    strbuf_add_str(&b, "## Deploy\n**If it fails**:\n");
    for (int i = 0; i < 100; i++)
        strbuf_add_str(&b, "- look at ten\n");
    read_text(&r, strbuf_str(&b));
    T_EQ(r.rb.failures[0].end, 103);
    T_CHECK(r.rb.failures[0].text.n >= 400 && r.rb.failures[0].text.n < 420);
}

T(what_is_far_below_a_label_does_not_hang_on_it)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    strbuf_add_str(&b, "## Deploy\n**If it fails**:\n");
    for (int i = 0; i < 1000; i++)
        strbuf_add_str(&b, "- look at ten\n");
    read_text(&r, strbuf_str(&b));
    T_EQ(r.rb.failures[0].end, 303);
}

T(a_step_is_named_by_its_number)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Steps\n**If step 7 fails:** `opatch rollback`, then go on.\n\n"
                  "- Abort: if step 4.2 fails for any study, fail back at once.\n\n"
                  "Falls Schritt 3 scheitert: Ann rufen.\n\n> Si l'étape 2 échoue, revenir.\n");
    T_EQ(r.rb.n_failures, 4);
    want(&r, 0, "2-3 of 1", "If step 7 fails", "`opatch rollback`, then go on.");
    SAME(r.rb.failures[0].number, "7");
    want(&r, 1, "4-5 of 1", "if step 4.2 fails for any study", "fail back at once.");
    SAME(r.rb.failures[1].number, "4.2");
    want(&r, 2, "6-7 of 1", "Falls Schritt 3 scheitert", "Ann rufen.");
    want(&r, 3, "8-9 of 1", "Si l'étape 2 échoue", "revenir.");
}

T(other_sentences_about_steps_are_no_failure)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "## Steps\nIf step 7 is done, go on.\n\nIf step 7 fails\n\nIf step 7 fails:\n\nIf step x fails, go.\n\n"
        "**If step 7 is done:** go on.\n\nNote: step 7 fails, sometimes.\n");
    T_EQ(r.rb.n_failures, 0);
}

T(of_more_steps_that_may_fail_than_anybody_names_the_first_are_kept)
{
    CLEANUP(strbuf_release) struct strbuf b = repeat("If step 1 fails, call Ann.\n\n", 300);
    CLEANUP(reading_done) struct reading r;

    read_text(&r, strbuf_str(&b));
    T_EQ(r.rb.n_failures, 256);
}

T_MAIN(T_CASE(of_more_steps_that_may_fail_than_anybody_names_the_first_are_kept),
       T_CASE(a_step_is_named_by_its_number), T_CASE(other_sentences_about_steps_are_no_failure),
       T_CASE(a_label_has_its_items_and_fences_up_to_the_next_text),
       T_CASE(a_label_without_items_has_no_text_and_one_before_all_headings_no_heading),
       T_CASE(other_bold_words_are_no_label), T_CASE(of_many_items_the_first_are_kept),
       T_CASE(what_is_far_below_a_label_does_not_hang_on_it))
