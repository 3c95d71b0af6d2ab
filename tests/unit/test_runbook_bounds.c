/* Input that nobody wrote: each has a result with a place, in time and memory that grow with it. */
#include "runbook/bounds.h"

#include "base/limits.h"
#include "lint/lint.h"
#include "runbook_read.h"

#include <sys/resource.h>
#include <time.h>

static enum err_code read_bytes(struct sv text, struct err *err)
{
    CLEANUP(document_release) struct document d = {0};
    CLEANUP(runbook_release) struct runbook rb = {0};
    CLEANUP(lint_release) struct lint l = {0};
    enum err_code rc = document_init("bad.md", text, &d, err);

    if (rc == ERR_OK)
        rc = runbook_read(&d, &rb, err);
    if (rc == ERR_OK)
        lint_run(&rb, &l);
    return rc;
}

static void refused(struct strbuf *text, const char *place)
{
    CLEANUP(strbuf_release) struct strbuf b = strbuf_steal(text);
    struct err err = {0};

    T_EQ(read_bytes(strbuf_sv(&b), &err), ERR_LIMIT);
    if (strncmp(err.msg, place, strlen(place)) != 0)
        T_FAIL("'%s' should begin with '%s'", err.msg, place);
}

static void taken(struct strbuf *text)
{
    CLEANUP(strbuf_release) struct strbuf b = strbuf_steal(text);
    struct err err = {0};

    T_OK(read_bytes(strbuf_sv(&b), &err), err);
}

static struct strbuf between(const char *before, struct strbuf inside, const char *after)
{
    CLEANUP(strbuf_release) struct strbuf in = inside;
    struct strbuf b = STRBUF(0);

    strbuf_add_str(&b, before);
    strbuf_add_sv(&b, strbuf_sv(&in));
    strbuf_add_str(&b, after);
    return b;
}

T(a_line_may_be_a_mebibyte_long)
{
    struct strbuf b = repeat("x", LIMIT_LINE_BYTES);

    taken(&b);
    b = between("# Deploy\n", repeat("x", LIMIT_LINE_BYTES + 1), "\n");
    refused(&b, "bad.md:2:1048577: a line has more bytes than 1048576");
}

T(quotes_nest_128_deep_and_lists_half_of_that)
{
    static const char *const markers[] = {"> ", "- ", "* ", "1. ", "12) ", "+\t", ">"};
    struct strbuf b;

    for (size_t i = 0; i < ARRAY_LEN(markers); i++) {
        b = between(
            "", repeat(markers[i], *markers[i] == '>' ? LIMIT_NESTING - 1 : LIMIT_NESTING / 2 - 1),
            "stop\n");
        taken(&b);
        b = between("## Deploy\n", repeat(markers[i], 10000), "stop\n");
        refused(&b, "bad.md:2:");
    }
    b = between("", repeat("- a\n", 2), "-x 1.5 **stop** --- 2)\n"); /* these are no markers */
    taken(&b);
}

T(nesting_line_by_line_ends_at_its_line)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    for (size_t i = 0; i < 200; i++) {
        strbuf_add_n(&b, ' ', 2 * i);
        strbuf_add_str(&b, "- stop\n");
    }
    refused(&b, "bad.md:64: lists or quotes are nested deeper than 128");
}

T(an_item_that_is_indented_without_end_is_refused)
{
    struct strbuf b = between("- a\n", repeat(" ", 2000), "- b\n");

    refused(&b, "bad.md:2:2001: lists or quotes are nested deeper than 128");
}

T(what_cmark_searches_the_end_of_in_a_paragraph_is_counted)
{
    struct strbuf b = between("x ", repeat("<? <!", LIMIT_OPENED / 2), "\n");

    taken(&b);
    b = between("x\n", repeat("<?\n", LIMIT_OPENED + 1), "\n");
    refused(&b, "bad.md:1002:1: \"<?\" and \"<!\" without an empty line: more than 1000");
    b = between("x\n", repeat("<![CDATA[\n\n", (size_t)LIMIT_OPENED * 2), "<");
    taken(&b);
}

T(a_long_paragraph_has_no_table_right_below)
{
    struct strbuf b = between("", repeat("a | b\n", LIMIT_ABOVE_TABLE), "-|-\nc | d\n");

    taken(&b);
    b = between("", repeat("a | b\n", LIMIT_ABOVE_TABLE + 1), "-|-\nc | d\n");
    refused(&b, "bad.md:1002:1: a table stands right below a paragraph of more lines than 1000");
    b = between("a | b\n-|-\n", repeat("c | d\n", 5000), "-|-\n"); /* a row */
    taken(&b);
}

T(a_table_has_at_most_a_thousand_columns)
{
    struct strbuf b = between("a\n", repeat("-|", LIMIT_TABLE_COLUMNS - 1), "-\n");

    taken(&b);
    b = between("a\n", repeat("-|", LIMIT_TABLE_COLUMNS), "-\n");
    refused(&b, "bad.md:2:1: a table has more columns than 1000");
}

T(the_cells_of_a_table_are_counted_with_those_that_are_missing)
{
    struct strbuf b = between("a|b|c\n-|-|-\n", repeat("x\n", 5000), "\n");

    taken(&b);
    b = repeat("|a", 999);
    strbuf_add_str(&b, "\n");
    for (size_t i = 0; i < 999; i++)
        strbuf_add_str(&b, "|-");
    strbuf_add_str(&b, "\n");
    for (size_t i = 0; i < 20000; i++)
        strbuf_add_str(&b, "x\n");
    refused(&b, "bad.md:2002:1: the tables have more cells than 2000000");
}

T(marks_of_the_whole_document_have_an_end)
{
    struct strbuf b = repeat("- a\n\n", LIMIT_MARKS / 8 + 1);

    refused(&b, "bad.md:4194305:3: lines, brackets and other marks: more than 16777216");
}

T(steps_and_sections_have_an_end)
{
    struct strbuf b =
        between("## Deploy\n", repeat("- [ ] call support\n\n", LIMIT_STEPS + 10), "");

    refused(&b, "bad.md:200000: more than 100000 steps, or sections and items");
    b = repeat("# a\n\n", LIMIT_STEPS + 10);
    refused(&b, "bad.md:200001: more than 100000 steps");
    b = between("## Deploy\n", repeat("```bash\nls\ncd\n```\n\n", LIMIT_STEPS / 2 + 10), "");
    refused(&b, "bad.md:250003: more than 100000 steps");
}

/* Fifty are in the benchmark. */
T(five_megabytes_of_text_are_read)
{
    struct strbuf b =
        repeat("The release goes out on Tuesday, if nobody finds anything.\n\n", (5u << 20) / 60);

    taken(&b);
}

/* Processor time, which other programs do not change as they do the clock's. */
static int64_t used_us(void)
{
    return (int64_t)clock() * 1000000 / CLOCKS_PER_SEC;
}

static int64_t time_of(const char *before, const char *text, size_t times, const char *after)
{
    CLEANUP(strbuf_release) struct strbuf b = between(before, repeat(text, times), after);
    int64_t start = used_us();
    struct err err = {0};

    (void)read_bytes(strbuf_sv(&b), &err);
    return used_us() - start;
}

/* Eight times as much may take 40 times as long: measured are 6 to 12, and quadratic would be 64. */
T(time_grows_with_the_input)
{
    static const struct {
        const char *before, *text, *after;
        size_t times;
    } rows[] = {
        {"## Deploy\n```bash\n", "echo a\n", "```\n", 500},
        {"## Deploy\n```bash\n", "if true; then\n", "```\n", 500},
        {"## Deploy\n```bash\n", "# Expected: a\n", "```\n", 400},
        {"## Deploy\n```bash\n", "echo <host>\n", "```\n", 500},
        {"## Deploy\n```bash\nls\n```\nExpected: ", "a, ", "\n", 100},
        {"## Deploy\n", "1. call support\n", "", 500},
        {"## Deploy\n", "- [ ] 1.1 call support\n", "", 500},
        {"", "**Owner:** Dana\n", "", 400},
        {"", "```md\n```b\n```\n", "", 500},
        {"", "```b\n", "", 500},
        {"", "> quoted\n", "", 2000},
        {"## Deploy\n", "### Restart\n\n", "", 500},
        /* on one line */
        {"", "|", "\n", 100000},
        {"", "`", "\n", 100000},
        {"", "[", "\n", 10000},
        {"", "*a_ ", "\n", 5000},
        {"", "[a](b", "\n", 5000},
        {"", "word ", "\n", 20000},
        {"```bash\n", "(", "\n```\n", 5000},
        {"```bash\n", "$(", "\n```\n", 5000},
        /* large, but of one kind */
        {"|a|b|\n|-|-|\n", "|error rate|<5%|\n", "", 2000},
        {"", "# Step 1: do\n", "", 2000},
        {"## Monitoring\n", "- **Error rate:** <5% errors\n", "", 1000},
        {"## Deploy\n```sql\n", "SELECT count(*) FROM t;\n", "```\n", 1000},
        /* what rules compare with each other */
        {"## Deploy\n```bash\nmake\n```\n## Rollback\n",
         "### Back\n```bash\ngit checkout v1\nalembic downgrade -1\n```\n", "", 200},
        {"## Code\n", "```python\nopen('post.json', 'w')\nopen('pre.json')\n```\n", "", 200},
        {"## Deploy\n```bash\n", "pg_dump shop > backup1\ncreatedb x\n", "```\n## Rollback\n", 400},
        {"## Deploy\n```bash\n", "systemctl status shop\n", "```\n", 1000},
        {"", "## a: READY\n- [ ] b\n\n", "", 500},
        {"# X\n\n**Duration:** 2 hours\n\n", "**Complete within 5 minutes**\n\n", "", 500},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t small = INT64_MAX, large = INT64_MAX;

        /* the least of some: the processor is shared, and so are its caches */
        for (int k = 0; k < 10 && (k < 2 || large > small * 40 + 20000); k++) {
            int64_t one = time_of(rows[i].before, rows[i].text, rows[i].times, rows[i].after);

            small = one < small ? one : small;
            one = time_of(rows[i].before, rows[i].text, rows[i].times * 8, rows[i].after);
            large = one < large ? one : large;
        }
        if (large > small * 40 + 20000)
            T_FAIL("row %zu: %" PRId64 " us, and %" PRId64 " us for eight times as much", i, small,
                   large);
    }
}

T(a_small_stack_is_enough)
{
    struct rlimit limit = {256u << 10, 256u << 10};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    T_EQ(setrlimit(RLIMIT_STACK, &limit), 0);
    for (size_t i = 0; i < 60; i++) { /* list and item: two levels each */
        strbuf_add_n(&b, ' ', 2 * i);
        strbuf_add_str(&b, "- [ ] stop\n");
    }
    strbuf_add_str(&b, "\n```bash\n");
    strbuf_add_n(&b, '(', 5000);
    strbuf_add_str(&b, "\n```\n\n");
    strbuf_add_n(&b, '*', 10000);
    taken(&b);
}

T(bytes_of_any_kind_give_a_result_with_a_place)
{
    for (int round = 0; round < 200; round++) {
        char bytes[512];
        struct err err = {0};
        size_t n = t_below(sizeof(bytes));

        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)t_below(256);
        if (read_bytes((struct sv){bytes, n}, &err) != ERR_OK)
            T_CHECK(strncmp(err.msg, "bad.md:", 7) == 0);
    }
}

T(invalid_utf8_is_read_and_noted_with_its_place)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deploy\n1. caf\xe9 schlie\xdf"
                  "en\n");
    T_EQ(r.rb.n_notes, 1);
    T_EQ(r.rb.notes[0].kind, NOTE_BAD_UTF8);
    T_EQ(r.rb.notes[0].line, 2);
    T_EQ(r.rb.notes[0].column, 7);
    T_EQ(r.rb.n_steps, 1);
    T_SV(r.rb.steps[0].text, "caf\xef\xbf\xbd schlie\xef\xbf\xbd"
                             "en");
}

T(line_ends_of_every_kind_give_the_same_steps)
{
    static const char text[] = "## Deploy\n```bash\nsystemctl stop shop\n# Expected: inactive\n"
                               "systemctl status shop\n```\n- [ ] call support\n";
    static const char *const ends[] = {"\n", "\r\n", "\r"};

    for (size_t e = 0; e < ARRAY_LEN(ends); e++)
        for (int last = 0; last < 2; last++) {
            CLEANUP(reading_done) struct reading r = {0};
            CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

            for (const char *c = text; *c && (last || c[1]); c++)
                strbuf_add_str(&b, *c == '\n' ? ends[e] : (char[]){*c, '\0'});
            read_sv(&r, strbuf_sv(&b));
            T_EQ(r.rb.n_steps, 3);
            T_SV(r.rb.steps[0].text, "systemctl stop shop");
            T_EQ(r.rb.steps[1].line, 5);
            T_EQ(r.rb.steps[0].n_expects, 1);
            T_EQ(r.rb.steps[0].expects[0].form, EXPECT_INACTIVE);
            T_EQ(r.rb.steps[2].line, 7);
        }
}

T(an_empty_file_has_nothing)
{
    static const char *const texts[] = {"", "\n", " \n\t\n", "\r\n"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(reading_done) struct reading r = {0};

        read_text(&r, texts[i]);
        T_EQ(r.rb.n_parts + r.rb.n_steps + r.rb.n_blocks + r.rb.n_notes, 0);
    }
}

/* It does not end the run: the other documents are checked all the same. */
T(a_document_that_is_not_read_has_one_finding_at_its_place)
{
    static const struct {
        const char *msg;
        size_t line, column;
        const char *text;
    } rows[] = {
        {"bad.md:12:3: too deep", 12, 3, "too deep"},
        {"bad.md:12: more than 5 steps", 12, 1, "more than 5 steps"},
        {"'bad.md' is longer than 5 bytes", 1, 1, "'bad.md' is longer than 5 bytes"},
        {"bad.md:x", 1, 1, "x"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(lint_release) struct lint l = {0};
        struct err err = {0};

        (void)err_set(&err, ERR_LIMIT, "%s", rows[i].msg);
        lint_unread("bad.md", &err, &l);
        T_EQ(l.findings.n, 1);
        T_STR(l.findings.v[0].id, "RB022");
        T_CHECK(l.findings.v[0].severity == LINT_ERROR && l.findings.v[0].hint.n);
        T_EQ(l.findings.v[0].line, rows[i].line);
        T_EQ(l.findings.v[0].column, rows[i].column);
        T_EQ(l.findings.v[0].message.n, strlen(rows[i].text));
        T_CHECK(sv_eq(l.findings.v[0].message, sv_from(rows[i].text)));
    }
}

T_MAIN(T_CASE(a_document_that_is_not_read_has_one_finding_at_its_place),
       T_CASE(a_line_may_be_a_mebibyte_long), T_CASE(quotes_nest_128_deep_and_lists_half_of_that),
       T_CASE(nesting_line_by_line_ends_at_its_line),
       T_CASE(an_item_that_is_indented_without_end_is_refused),
       T_CASE(what_cmark_searches_the_end_of_in_a_paragraph_is_counted),
       T_CASE(a_long_paragraph_has_no_table_right_below),
       T_CASE(a_table_has_at_most_a_thousand_columns),
       T_CASE(the_cells_of_a_table_are_counted_with_those_that_are_missing),
       T_CASE(marks_of_the_whole_document_have_an_end), T_CASE(steps_and_sections_have_an_end),
       T_CASE(five_megabytes_of_text_are_read), T_CASE(time_grows_with_the_input),
       T_CASE(a_small_stack_is_enough), T_CASE(bytes_of_any_kind_give_a_result_with_a_place),
       T_CASE(invalid_utf8_is_read_and_noted_with_its_place),
       T_CASE(line_ends_of_every_kind_give_the_same_steps), T_CASE(an_empty_file_has_nothing))
