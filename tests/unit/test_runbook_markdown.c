#include "runbook/markdown.h"

#include "runbook_read.h"

struct tree {
    struct document doc;
    struct arena arena;
    struct markdown md;
};

static void tree_done(struct tree *t)
{
    arena_release(&t->arena);
    document_release(&t->doc);
}

static void parse(struct tree *t, const char *text)
{
    struct err err = {0};

    *t = (struct tree){.arena = {0}};
    T_OK(document_init("book.md", sv_from(text), &t->doc, &err), err);
    T_OK(markdown_parse(&t->doc, &t->arena, &t->md, &err), err);
}

/* The `nth` node of a kind, from 0. */
static const struct md_node *find(const struct tree *t, enum md_kind kind, size_t nth)
{
    for (size_t i = 0; i < t->md.n; i++)
        if (t->md.v[i].kind == kind && nth-- == 0)
            return &t->md.v[i];
    T_FAIL("no node of kind %d", (int)kind);
}

T(every_kind_of_block_has_its_node_and_its_lines)
{
    CLEANUP(tree_done) struct tree t;

    parse(&t,
          "# Shop\n\nStop *it*\nnow.\n\n> quoted\n\n---\n\n<div>\n\n```bash title\nls\n```\n\n"
          "    indented\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n3. three\n4. four\n\n- [x] done\n");
    T_EQ(find(&t, MD_DOCUMENT, 0)->parent, MD_NONE);
    T_SV(find(&t, MD_HEADING, 0)->text, "Shop");
    T_EQ(find(&t, MD_HEADING, 0)->level, 1);
    T_SV(find(&t, MD_PARAGRAPH, 0)->text, "Stop it\nnow.");
    T_EQ(find(&t, MD_PARAGRAPH, 0)->line, 3);
    T_EQ(find(&t, MD_PARAGRAPH, 0)->end_line, 4);
    T_EQ(find(&t, MD_QUOTE, 0)->line, 6);
    T_EQ(find(&t, MD_RULE, 0)->line, 8);
    T_SV(find(&t, MD_HTML, 0)->text, "<div>\n");
    T_SV(find(&t, MD_CODE, 0)->text, "ls\n");
    T_SV(find(&t, MD_CODE, 0)->info, "bash title");
    T_CHECK(find(&t, MD_CODE, 0)->fenced && !find(&t, MD_CODE, 1)->fenced);
    T_EQ(find(&t, MD_TABLE, 0)->line, 18);
    T_CHECK(find(&t, MD_ROW, 0)->header && !find(&t, MD_ROW, 1)->header);
    T_SV(find(&t, MD_CELL, 3)->text, "2");
    T_EQ(find(&t, MD_ITEM, 0)->number, 3);
    T_EQ(find(&t, MD_ITEM, 1)->number, 4);
    T_CHECK(find(&t, MD_ITEM, 1)->ordered && !find(&t, MD_ITEM, 1)->task);
    T_CHECK(find(&t, MD_ITEM, 2)->task && find(&t, MD_ITEM, 2)->checked);
}

T(inline_text_is_flat_and_spans_say_what_it_was)
{
    CLEANUP(tree_done) struct tree t;
    const struct md_node *p;

    parse(&t, "**Owner:** `bob` <b>see</b> [page](http://x) ![pic](y) ~~old~~\\\nend\n");
    p = find(&t, MD_PARAGRAPH, 0);
    T_SV(p->text, "Owner: bob <b>see</b> page pic old\nend");
    T_EQ(p->n_spans, 6);
    T_EQ(p->spans[0].kind, MD_STRONG);
    T_SV(sv_sub(p->text, p->spans[0].from, p->spans[0].to), "Owner:");
    T_EQ(p->spans[1].kind, MD_CODE_SPAN);
    T_EQ(p->spans[2].kind, MD_HTML_SPAN);
    T_EQ(p->spans[4].kind, MD_LINK);
    T_SV(p->spans[4].url, "http://x");
    T_EQ(p->spans[5].kind, MD_IMAGE);
    T_SV(sv_sub(p->text, p->spans[5].from, p->spans[5].to), "pic");
}

T(a_paragraph_may_begin_bold_or_be_bold)
{
    static const struct {
        const char *text, *strong;
        bool all;
    } rows[] = {
        {"**Step 1:** stop\n", "Step 1:", false},
        {"**Step 1: stop**\n", "Step 1: stop", true},
        {"stop **now**\n", "", false},
        {"stop\n", "", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(tree_done) struct tree t;
        size_t end = 77;

        parse(&t, rows[i].text);
        SAME(md_leading_strong(find(&t, MD_PARAGRAPH, 0), &end), rows[i].strong);
        T_EQ(end, strlen(rows[i].strong));
        T_EQ(md_is_all_strong(find(&t, MD_PARAGRAPH, 0)), rows[i].all);
    }
}

T(the_line_of_a_byte_of_a_node_is_known)
{
    CLEANUP(tree_done) struct tree t;

    parse(&t, "one\ntwo\n\n```\na\nb\n```\n");
    T_EQ(md_line_at(find(&t, MD_PARAGRAPH, 0), 0), 1);
    T_EQ(md_line_at(find(&t, MD_PARAGRAPH, 0), 4), 2);
    T_EQ(md_line_at(find(&t, MD_CODE, 0), 0), 5);
    T_EQ(md_line_at(find(&t, MD_CODE, 0), 2), 6);
    T_EQ(md_line_at(find(&t, MD_CODE, 0), 99), 7);
}

T(a_table_right_below_a_paragraph_has_its_own_lines)
{
    CLEANUP(tree_done) struct tree t;

    parse(&t, "## Monitor\nExpected: `a\nb`\n| Time | Check |\n|---|---|\n| T+5 | x |\n| y |\n");
    T_EQ(find(&t, MD_PARAGRAPH, 0)->line, 2);
    T_EQ(find(&t, MD_PARAGRAPH, 0)->end_line, 3);
    T_EQ(find(&t, MD_TABLE, 0)->line, 4);
    T_EQ(find(&t, MD_ROW, 0)->line, 4);
    T_EQ(find(&t, MD_CELL, 0)->line, 4);
    T_EQ(find(&t, MD_ROW, 1)->line, 6);
    T_EQ(find(&t, MD_CELL, 5)->column, 1); /* the row is short: it was made up */
}

T(a_table_of_a_head_only_has_its_line)
{
    CLEANUP(tree_done) struct tree t;

    parse(&t, "text\n|a|\n|-|\n");
    T_EQ(find(&t, MD_PARAGRAPH, 0)->line, 1);
    T_EQ(find(&t, MD_TABLE, 0)->line, 2);
}

T(fences_in_a_markdown_fence_nest)
{
    CLEANUP(tree_done) struct tree t;

    parse(&t, "```markdown\n# Post\n```bash\nls\n```\nend\n```\n\nafter\n");
    T_SV(find(&t, MD_CODE, 0)->text, "# Post\n```bash\nls\n```\nend\n");
    T_SV(find(&t, MD_PARAGRAPH, 0)->text, "after");
    T_EQ(find(&t, MD_PARAGRAPH, 0)->line, 9);
    T_EQ(t.md.n_nested_fences, 1);
    T_EQ(t.md.nested_fences[0], 5);
    T_EQ(t.md.unclosed_fence, 0);
}

T(the_outer_fence_becomes_longer_than_any_inside)
{
    CLEANUP(tree_done) struct tree t;

    parse(&t, "  ```md\n  ````````bash\n  ls\n  ````````\n  ```\nafter\n");
    T_SV(find(&t, MD_CODE, 0)->text, "````````bash\nls\n````````\n");
    T_SV(find(&t, MD_PARAGRAPH, 0)->text, "after");
}

T(other_fences_end_as_commonmark_says)
{
    static const struct {
        const char *text;
        size_t nested, unclosed;
        const char *code;
    } rows[] = {
        {"```bash\nls\n```\n", 0, 0, "ls\n"},
        {"```bash\nls\n", 0, 1, "ls\n"},
        {"```md\na\n```\n", 0, 0, "a\n"},
        {"````md\n```bash\nls\n```\n````\n", 0, 0, "```bash\nls\n```\n"},
        {"```md\n```bash\nls\n```\n", 0, 0, "```bash\nls\n"}, /* does not balance */
        {"~~~md\n```bash\nls\n```\n~~~\n", 0, 0, "```bash\nls\n```\n"},
        {"```text\n```bash\nls\n```\n", 0, 0, "```bash\nls\n"},
        {"a\n\n~~~\n``` x ` y\n~~~\n", 0, 0, "``` x ` y\n"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(tree_done) struct tree t;

        parse(&t, rows[i].text);
        SAME(find(&t, MD_CODE, 0)->text, rows[i].code);
        T_EQ(t.md.n_nested_fences, rows[i].nested);
        T_EQ(t.md.unclosed_fence, rows[i].unclosed);
    }
}

T(after_many_markdown_fences_that_do_not_balance_none_is_repaired)
{
    CLEANUP(tree_done) struct tree t;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_add_str(&b, "```md\n```b\n```\n```\n\n");
    parse(&t, strbuf_str(&b));
    T_EQ(t.md.n_nested_fences, 1);
    tree_done(&t);
    strbuf_truncate(&b, 0);
    for (int i = 0; i < 17; i++)
        strbuf_add_str(&b, "```md\n```b\n```\n\n");
    strbuf_add_str(&b, "```md\n```b\n```\n```\n");
    parse(&t, strbuf_str(&b));
    T_EQ(t.md.n_nested_fences, 0);
}

/* Nobody types them: a wiki puts them there. */
T(no_break_spaces_in_code_of_a_text_are_spaces)
{
    CLEANUP(tree_done) struct tree t;

    parse(&t, "Run `kubectl\xc2\xa0get\xe2\x80\xafpods \xc3\xa9` on\xc2\xa0it\n");
    T_SV(find(&t, MD_PARAGRAPH, 0)->text, "Run kubectl get pods \xc3\xa9 on\xc2\xa0it");
    T_EQ(find(&t, MD_PARAGRAPH, 0)->spans[0].to, 23);
}

T_MAIN(T_CASE(no_break_spaces_in_code_of_a_text_are_spaces),
       T_CASE(every_kind_of_block_has_its_node_and_its_lines),
       T_CASE(inline_text_is_flat_and_spans_say_what_it_was),
       T_CASE(a_paragraph_may_begin_bold_or_be_bold), T_CASE(the_line_of_a_byte_of_a_node_is_known),
       T_CASE(a_table_right_below_a_paragraph_has_its_own_lines),
       T_CASE(a_table_of_a_head_only_has_its_line), T_CASE(fences_in_a_markdown_fence_nest),
       T_CASE(the_outer_fence_becomes_longer_than_any_inside),
       T_CASE(other_fences_end_as_commonmark_says),
       T_CASE(after_many_markdown_fences_that_do_not_balance_none_is_repaired))
