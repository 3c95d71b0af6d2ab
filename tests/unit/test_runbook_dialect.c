/* dialect: front matter, notes and tabs as CommonMark, line by line. */
#include "runbook/dialect.h"

#include "base/sv.h"
#include "t.h"

T(other_dialects_are_written_as_commonmark)
{
    static const struct {
        const char *text, *want; /* NULL: the text itself */
        size_t front;
    } rows[] = {
        {"# A\n\ntext\n", NULL, 0},
        {"---\ntitle: x\n---\n# A\n", "\n\n\n# A\n", 3},
        {"---\r\n# c\r\na: b\r\n...\r\nx", "\r\n\r\n\r\n\r\nx", 4},
        {"---\n\ntext\n\n---\n", NULL, 0},      /* two rules */
        {"---\ntitle: x\n", NULL, 0},           /* not closed */
        {"# A\n---\ntitle: x\n---\n", NULL, 0}, /* not at line 1 */
        {"!!! note \"Mind\"\n    a\n\n    b\nc\n", "> [!NOTE]\n> a\n> \n> b\nc\n", 0},
        {"??? tip\n    a", "> [!TIP]\n> a", 0},
        {"=== \"Docker\"\n\n    ```sh\n    ls\n    ```\n\n=== \"VM\"\n    x\n",
         "**Docker**\n\n```sh\nls\n```\n\n**VM**\nx\n", 0},
        {"- x\n\n  !!! note\n      a\n", "- x\n\n  > [!NOTE]\n  > a\n", 0},
        {"```\n!!! note\n    a\n```\n", NULL, 0}, /* code */
        {"=== x\n    a\n", NULL, 0},
        {"!!!\n", NULL, 0},
        {"", NULL, 0},
        {":::warning\n\na\n\n:::\nb\n", "> [!WARNING]\n> \n> a\n> \n\nb\n", 0},
        {"::::tip[Look]\n```\n:::\n::::\n```\n:::\n::::\n",
         "> [!TIP]\n> ```\n> :::\n> ::::\n> ```\n> :::\n\n", 0},
        {" :::note Title\nx\n :::\n", " > [!NOTE]\n> x\n\n", 0},
        {":::note\nnever closed\n", NULL, 0},
        {":::\n:::: 1\n::x\n:::\n", NULL, 0},
        {"```\n:::note\n:::\n```\n", NULL, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(document_release) struct document d = {0};
        CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
        struct err err = {0};
        size_t front = 99;
        bool changed;

        T_OK(document_init("a.md", sv_from(rows[i].text), &d, &err), err);
        changed = dialect_rewrite(&d, &out, &front);
        T_EQ(front, rows[i].front);
        if (changed != (rows[i].want != NULL))
            T_FAIL("'%s' %s", rows[i].text, changed ? strbuf_str(&out) : "is left alone");
        if (changed && strcmp(strbuf_str(&out), rows[i].want) != 0)
            T_FAIL("'%s' is '%s'", rows[i].text, strbuf_str(&out));
    }
}

T(no_line_moves)
{
    CLEANUP(document_release) struct document d = {0}, again = {0};
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct err err = {0};
    size_t front;

    T_OK(document_init("a.md",
                       SV("---\na: 1\n---\n!!! note\n    x\n\n    ```\n    y\n    ```\nz\n"), &d,
                       &err),
         err);
    T_CHECK(dialect_rewrite(&d, &out, &front));
    T_OK(document_init("a.md", strbuf_sv(&out), &again, &err), err);
    T_EQ(again.n_lines, d.n_lines);
    T_SV(document_line(&again, 8), "> y");
    T_SV(document_line(&again, 10), "z");
}

T_MAIN(T_CASE(other_dialects_are_written_as_commonmark), T_CASE(no_line_moves))
