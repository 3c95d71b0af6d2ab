/* fill: text put into a document, and got out again (docs/formats/report.md, "Markdown"). */
#include "report/fill.h"

#include "base/file.h"
#include "fill_strip.h"

#define TAG "r-0001"

struct bench {
    struct document doc;
    struct arena arena;
    struct markdown md;
    struct fill fill;
    struct strbuf out;
    struct err err;
};

static void bench_begin(struct bench *b, struct sv text)
{
    *b = (struct bench){.out = STRBUF(0)};
    T_OK(document_init("d.md", text, &b->doc, &b->err), b->err);
    T_OK(markdown_parse(&b->doc, &b->arena, &b->md, &b->err), b->err);
    b->fill.doc = &b->doc;
    b->fill.md = &b->md;
}

static void bench_end(struct bench *b)
{
    fill_release(&b->fill);
    strbuf_release(&b->out);
    arena_release(&b->arena);
    document_release(&b->doc);
}

static void want_back(struct bench *b, const char *tag)
{
    CLEANUP(strbuf_release) struct strbuf back = STRBUF(0);

    fill_strip(strbuf_sv(&b->out), tag, &back);
    if (!sv_eq(strbuf_sv(&back), b->doc.text)) {
        t_say("%s", strbuf_str(&b->out));
        T_FAIL("it does not give the document back but\n%s", strbuf_str(&back));
    }
}

/* The document with what `put` does to it, and back. */
static void want_filled(const char *text, void (*put)(struct fill *f), const char *want)
{
    struct bench b;

    bench_begin(&b, sv_from(text));
    put(&b.fill);
    fill_write(&b.fill, TAG, &b.out);
    T_STR(strbuf_str(&b.out), want);
    want_back(&b, TAG);
    bench_end(&b);
}

/* --- places --- */

static void put_after_2(struct fill *f)
{
    fill_after(f, 2, SV("ok\n\nso"));
}

T(lines_stand_behind_the_fence_the_table_or_the_paragraph)
{
    want_filled(
        "```sh\nls\n```\nnext\n", put_after_2,
        "```sh\nls\n```\n<!-- r-0001 begin -->\n> ok\n>\n> so\n<!-- r-0001 end -->\nnext\n");
    want_filled(
        "|a|b|\n|-|-|\n|c|d|\n\nx\n", put_after_2,
        "|a|b|\n|-|-|\n|c|d|\n<!-- r-0001 begin -->\n> ok\n>\n> so\n<!-- r-0001 end -->\n\nx\n");
    want_filled("one\ntwo\nthree\n", put_after_2,
                "one\ntwo\nthree\n<!-- r-0001 begin -->\n> ok\n>\n> so\n<!-- r-0001 end -->\n");
    want_filled("text\n\n", put_after_2, /* a line that no block has */
                "text\n\n<!-- r-0001 begin -->\n> ok\n>\n> so\n<!-- r-0001 end -->\n");
}

T(lines_in_a_list_or_quote_stay_inside_it)
{
    want_filled("- a\n  ```sh\n  ls\n  ```\n- b\n", put_after_2,
                "- a\n  ```sh\n  ls\n  ```\n  <!-- r-0001 begin -->\n  > ok\n  >\n  > so\n"
                "  <!-- r-0001 end -->\n- b\n");
    want_filled("> 1. ```sh\n>    ls\n>    ```\n", put_after_2,
                "> 1. ```sh\n>    ls\n>    ```\n>    <!-- r-0001 begin -->\n>    > ok\n>    >\n"
                ">    > so\n>    <!-- r-0001 end -->\n");
    want_filled("a\n\n    ls -l\n\nb\n", put_after_2,
                "a\n\n<!-- r-0001 begin -->\n> ok\n>\n> so\n<!-- r-0001 end -->\n    ls -l\n\nb\n");
}

static void put_after_3(struct fill *f)
{
    fill_after(f, 3, SV("ok"));
}

T(behind_indented_code_nothing_becomes_code)
{
    want_filled("a\n\n    ls -l\n\nb\n", put_after_3,
                "a\n\n    ls -l\n\n<!-- r-0001 begin -->\n> ok\n<!-- r-0001 end -->\nb\n");
    want_filled("a\n\n\tls\n", put_after_3,
                "a\n\n\tls\n<!-- r-0001 begin -->\n> ok\n<!-- r-0001 end -->\n");
}

T(what_would_swallow_the_lines_has_them_in_front)
{
    want_filled("a\n\n```sh\nls\n", put_after_3,
                "a\n\n<!-- r-0001 begin -->\n> ok\n<!-- r-0001 end -->\n```sh\nls\n");
    want_filled("a\n\n<div>\nx\n</div>\n", put_after_3,
                "a\n\n<!-- r-0001 begin -->\n> ok\n<!-- r-0001 end -->\n<div>\nx\n</div>\n");
}

static void put_note_1(struct fill *f)
{
    fill_note(f, 1, SV("n"));
}

static void put_note_3(struct fill *f)
{
    fill_note(f, 3, SV("n"));
}

T(a_note_ends_the_paragraph_or_the_row)
{
    want_filled("- [ ] a\n  b\n", put_note_1,
                "- [ ] a\n  b <!-- r-0001 note -->n<!-- r-0001 done -->\n");
    want_filled("-\n", put_note_1, "- <!-- r-0001 note -->n<!-- r-0001 done -->\n");
    want_filled("|a|b|\n|-|-|\n|c| d  |\n", put_note_3,
                "|a|b|\n|-|-|\n|c| d <!-- r-0001 note -->n<!-- r-0001 done -->  |\n");
    want_filled("|a|b|\n|-|-|\nc|d\\|\n", put_note_3,
                "|a|b|\n|-|-|\nc|d\\| <!-- r-0001 note -->n<!-- r-0001 done -->\n");
    want_filled("## H ##\n", put_note_1,
                "## H ##\n<!-- r-0001 begin -->\n> n\n<!-- r-0001 end -->\n");
}

static void put_tick_1(struct fill *f)
{
    fill_tick(f, 1);
}

T(only_an_open_box_is_ticked)
{
    want_filled("- [ ] a\n", put_tick_1, "- [x] <!-- r-0001 ticked --> a\n");
    want_filled("> 1. [ ] a\n", put_tick_1, "> 1. [x] <!-- r-0001 ticked --> a\n");
    want_filled("- [x] a [ ] b\n", put_tick_1, "- [x] a [ ] b\n");
    want_filled("- a [ ] b\n", put_tick_1, "- a [ ] b\n");
    want_filled("    - [ ] a\n", put_tick_1, "    - [ ] a\n"); /* code */
}

static void put_blanks(struct fill *f)
{
    size_t at = fill_blank(f, 1, 0, SV("ana"));

    if (at != SV_NPOS)
        T_EQ(fill_blank(f, 1, at, SV("today")) != SV_NPOS, true);
}

static void put_cell_3(struct fill *f)
{
    if (!fill_cell(f, 3, SV("ana")))
        fill_note(f, 3, SV("full"));
}

T(blanks_and_empty_cells_are_written_on)
{
    want_filled("**Lead**: ____ Date: ___\n", put_blanks,
                "**Lead**: <!-- r-0001 was \"____\" -->ana<!-- r-0001 done --> Date: "
                "<!-- r-0001 was \"___\" -->today<!-- r-0001 done -->\n");
    want_filled("no __ blank\n", put_blanks, "no __ blank\n");
    want_filled("    code ____\n", put_blanks, "    code ____\n");
    want_filled("|a|b|c|\n|-|-|-|\n| Lead | |  |\n", put_cell_3,
                "|a|b|c|\n|-|-|-|\n| Lead | <!-- r-0001 note -->ana<!-- r-0001 done --> |  |\n");
    want_filled("a|b|c\n-|-|-\nLead| |x\n", put_cell_3,
                "a|b|c\n-|-|-\nLead| <!-- r-0001 note -->ana<!-- r-0001 done --> |x\n");
    want_filled("|a|b|\n|-|-|\n| x\\|y | z |\n", put_cell_3,
                "|a|b|\n|-|-|\n| x\\|y | z <!-- r-0001 note -->full<!-- r-0001 done --> |\n");
    want_filled("a\n\nb\n", put_cell_3, "a\n\nb <!-- r-0001 note -->full<!-- r-0001 done -->\n");
}

static void put_top(struct fill *f)
{
    fill_top(f, SV("top"));
    fill_after(f, f->doc->n_lines, SV("end"));
}

T(the_summary_stands_at_the_top_but_behind_front_matter)
{
    want_filled("# T\n", put_top,
                "<!-- r-0001 begin -->\n> top\n<!-- r-0001 end -->\n# T\n"
                "<!-- r-0001 begin -->\n> end\n<!-- r-0001 end -->\n");
    want_filled("---\na: b\n---\n# T", put_top,
                "---\na: b\n---\n<!-- r-0001 begin -->\n> top\n<!-- r-0001 end -->\n# T"
                "\n<!-- r-0001 begin -->\n> end\n<!-- r-0001 end -->");
    want_filled("", put_top, "<!-- r-0001 begin -->\n> top\n<!-- r-0001 end -->\n");
}

T(lines_end_as_those_of_the_document)
{
    want_filled("# T\r\n\r\nx", put_top,
                "<!-- r-0001 begin -->\r\n> top\r\n<!-- r-0001 end -->\r\n# T\r\n\r\nx"
                "\r\n<!-- r-0001 begin -->\r\n> end\r\n<!-- r-0001 end -->");
    want_filled("a\rb", put_top,
                "<!-- r-0001 begin -->\r> top\r<!-- r-0001 end -->\ra\rb"
                "\r<!-- r-0001 begin -->\r> end\r<!-- r-0001 end -->");
}

static void put_twice(struct fill *f)
{
    fill_after(f, 1, SV("one"));
    fill_after(f, 1, SV("two"));
    fill_note(f, 99, SV("nowhere"));
    fill_after(f, 0, SV("nowhere"));
}

T(neighbours_share_their_marks_and_lines_that_are_not_there_nothing)
{
    want_filled("a\n", put_twice,
                "a\n<!-- r-0001 begin -->\n> one\n>\n> two\n<!-- r-0001 end -->\n");
}

T(a_document_that_has_the_mark_gets_another)
{
    struct bench b;

    bench_begin(&b, SV("a <!-- r-0001 note -->\n\nb\n"));
    fill_note(&b.fill, 3, SV("see <!-- r-0001-2 note -->"));
    fill_write(&b.fill, TAG, &b.out);
    T_STR(strbuf_str(&b.out), "a <!-- r-0001 note -->\n\nb <!-- r-0001-3 note -->see "
                              "<!-- r-0001-2 note --><!-- r-0001-3 done -->\n");
    want_back(&b, "r-0001-3");
    bench_end(&b);
}

T(what_is_written_over_twice_is_written_over_once)
{
    struct bench b;

    bench_begin(&b, SV("_____\n"));
    (void)fill_blank(&b.fill, 1, 0, SV("one"));
    (void)fill_blank(&b.fill, 1, 1, SV("two"));
    fill_write(&b.fill, TAG, &b.out);
    want_back(&b, TAG);
    T_CHECK(!sv_has(strbuf_sv(&b.out), SV("two")));
    bench_end(&b);
}

/* --- texts --- */

T(text_from_outside_is_no_markup)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    fill_add_text(&b, SV("a_b _c_ *d* `e` [f](g) <h> & i|j ~~k~~ \\ --> l\nm\x1b"));
    T_STR(strbuf_str(&b),
          "a_b &#95;c&#95; &#42;d&#42; &#96;e&#96; &#91;f&#93;(g) &#60;h&#62; &#38; i&#124;j "
          "&#126;&#126;k&#126;&#126; &#92; --&#62; l m&#92;x1b");
}

T(code_has_a_mark_that_is_longer_than_what_is_in_it)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"ls", "`ls`"}, {"echo `a`", "`` echo `a` ``"}, {"``", "``` `` ```"}, {"a\nb", "`a b`"}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

        fill_add_code(&b, sv_from(rows[i].text));
        T_STR(strbuf_str(&b), rows[i].want);
    }
}

T(a_fence_holds_any_output_and_leaves_the_middle_out)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    fill_add_fence(&b, SV("```\n\x07\n1"), 9);
    T_STR(strbuf_str(&b), "````text\n```\n\\x07\n1\n````\n");
    strbuf_truncate(&b, 0);
    fill_add_fence(&b, SV("1\n2\n3\n4\n5\n6\n7\n8\n"), 6);
    T_STR(strbuf_str(&b), "```text\n1\n2\n... 2 lines ...\n5\n6\n7\n8\n```\n");
}

/* --- any document --- */

/* What must stand in the filled document in the same order: titles, code, rows, tasks. */
static bool is_kept(const struct md_node *n)
{
    return n->kind == MD_HEADING || n->kind == MD_CODE || n->kind == MD_CELL || n->kind == MD_HTML;
}

static void want_structure(const struct bench *b)
{
    struct bench after;
    size_t k = 0;

    bench_begin(&after, strbuf_sv(&b->out));
    for (size_t i = 0; i < b->md.n; i++) {
        const struct md_node *n = &b->md.v[i];

        if (!is_kept(n))
            continue;
        while (k < after.md.n && !(after.md.v[k].kind == n->kind &&
                                   sv_starts(after.md.v[k].text, sv_trim_right(n->text))))
            k++;
        if (k++ == after.md.n) {
            t_say("%s", strbuf_str(&b->out));
            T_FAIL("line %zu: '%.*s' is not what it was", n->line, SV_FMT(n->text));
        }
    }
    bench_end(&after);
}

static void put_anything(struct bench *b, bool structured)
{
    static const char *const texts[] = {"x", "a *b*", "one\n\n```text\n- [ ] y\n```\n",
                                        "- [ ] item\n"};

    for (size_t n = t_below(30); n > 0 && b->doc.n_lines; n--) {
        size_t line = 1 + t_below(b->doc.n_lines);
        struct sv at = sv_trim(document_line(&b->doc, line));
        struct sv text = sv_from(texts[t_below(ARRAY_LEN(texts))]);

        /* nothing of a plan stands on an empty line, or on the title of a block of MkDocs, which it would part */
        if (structured && (!at.n || sv_starts(at, SV("===")) || sv_starts(at, SV("!!!")) ||
                           sv_starts(at, SV("???"))))
            continue;
        switch (t_below(6)) {
        case 0: fill_after(&b->fill, line, text); break;
        case 1: fill_note(&b->fill, line, SV("n *b*")); break;
        case 2: fill_tick(&b->fill, line); break;
        case 3: (void)fill_blank(&b->fill, line, 0, SV("ana")); break;
        case 4: (void)fill_cell(&b->fill, line, SV("bo")); break;
        default: fill_top(&b->fill, text); break;
        }
    }
}

static void try_document(struct sv text, bool structure)
{
    struct bench b;

    bench_begin(&b, text);
    put_anything(&b, structure);
    fill_write(&b.fill, TAG, &b.out);
    want_back(&b, TAG);
    if (structure)
        want_structure(&b);
    bench_end(&b);
}

/* LF as CR LF or CR. */
static void with_ends(struct sv text, const char *end, struct strbuf *out)
{
    strbuf_truncate(out, 0);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\n')
            strbuf_add_str(out, end);
        else
            strbuf_add_byte(out, text.p[i]);
}

static size_t try_folder(const char *folder)
{
    DIR *d = folder ? opendir(folder) : NULL;
    struct dirent *e;
    size_t n = 0;

    while (d && (e = readdir(d)) != NULL) {
        char *path = path_join(folder, e->d_name);
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), ends = STRBUF(0);
        struct err err;

        if (e->d_name[0] != '.' && file_read(path, 1u << 22, &text, &err) == ERR_OK) {
            for (int i = 0; i < 3; i++)
                try_document(strbuf_sv(&text), true);
            with_ends(strbuf_sv(&text), "\r\n", &ends);
            try_document(strbuf_sv(&ends), true);
            with_ends(strbuf_sv(&text), "\r", &ends);
            try_document(strbuf_sv(&ends), false);
            n++;
        }
        free(path);
    }
    if (d)
        (void)closedir(d);
    return n;
}

T(any_document_is_given_back_and_keeps_its_titles_tables_and_code)
{
    const char *shared = getenv("PRUSIK_SHARED");
    char *seeds = shared ? path_join(shared, "seeds") : NULL;

    T_CHECK(try_folder(getenv("PRUSIK_DOCUMENTS")) > 20);
    (void)try_folder(seeds); /* where they are */
    free(seeds);
}

/* Short ones made of what is hard. */
T(documents_of_random_pieces_are_given_back)
{
    static const char *const pieces[] = {
        "- ",      "[ ] ",  "\n",   "\n", "\n\n", "> ",    "```",       "```sh\n", "|",
        "|-|-|\n", "a",     "____", "# ", "    ", "\t",    "\r\n",      "\r",      "1. ",
        "<div>",   "<!-- ", "-->",  "`",  "x",    "---\n", "| b | |\n", "\xc3\xa4"};

    for (int i = 0; i < 3000; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        for (size_t n = t_below(25); n > 0; n--)
            strbuf_add_str(&text, pieces[t_below(ARRAY_LEN(pieces))]);
        try_document(strbuf_sv(&text), false);
    }
}

T_MAIN(T_CASE(lines_stand_behind_the_fence_the_table_or_the_paragraph),
       T_CASE(lines_in_a_list_or_quote_stay_inside_it),
       T_CASE(behind_indented_code_nothing_becomes_code),
       T_CASE(what_would_swallow_the_lines_has_them_in_front),
       T_CASE(a_note_ends_the_paragraph_or_the_row), T_CASE(only_an_open_box_is_ticked),
       T_CASE(blanks_and_empty_cells_are_written_on),
       T_CASE(the_summary_stands_at_the_top_but_behind_front_matter),
       T_CASE(lines_end_as_those_of_the_document),
       T_CASE(neighbours_share_their_marks_and_lines_that_are_not_there_nothing),
       T_CASE(a_document_that_has_the_mark_gets_another),
       T_CASE(what_is_written_over_twice_is_written_over_once),
       T_CASE(text_from_outside_is_no_markup),
       T_CASE(code_has_a_mark_that_is_longer_than_what_is_in_it),
       T_CASE(a_fence_holds_any_output_and_leaves_the_middle_out),
       T_CASE(any_document_is_given_back_and_keeps_its_titles_tables_and_code),
       T_CASE(documents_of_random_pieces_are_given_back))
