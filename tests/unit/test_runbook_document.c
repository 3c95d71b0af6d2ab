#include "runbook/document.h"

#include "base/limits.h"
#include "runbook_read.h"

T(a_line_ends_at_lf_crlf_or_cr)
{
    static const struct {
        const char *text;
        size_t n;
        const char *lines[3];
    } rows[] = {
        {"", 0, {NULL}},
        {"# Deploy", 1, {"# Deploy"}},
        {"# Deploy\n", 1, {"# Deploy"}},
        {"# Deploy\r\nstop\r\n", 2, {"# Deploy", "stop"}},
        {"# Deploy\rstop\rstart", 3, {"# Deploy", "stop", "start"}},
        {"a\r\rb\n", 3, {"a", "", "b"}},
        {"a\n\nb", 3, {"a", "", "b"}},
        {"\r\n", 1, {""}},
        {"\xef\xbb\xbf# Deploy\n", 1, {"# Deploy"}},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(document_release) struct document d = {0};
        struct err err = {0};

        T_OK(document_init("book.md", sv_from(rows[i].text), &d, &err), err);
        T_EQ(d.n_lines, rows[i].n);
        for (size_t n = 0; n < rows[i].n; n++)
            SAME(document_line(&d, n + 1), rows[i].lines[n]);
        T_EQ(document_line(&d, 0).n, 0);
        T_EQ(document_line(&d, rows[i].n + 1).n, 0);
    }
}

T(the_line_of_a_byte_is_the_one_it_stands_in)
{
    CLEANUP(document_release) struct document d = {0};
    struct err err = {0};

    T_OK(document_init("book.md", SV("ab\ncd\r\n\nef"), &d, &err), err);
    T_EQ(document_line_of(&d, 0), 1);
    T_EQ(document_line_of(&d, 2), 1);
    T_EQ(document_line_of(&d, 3), 2);
    T_EQ(document_line_of(&d, 6), 2);
    T_EQ(document_line_of(&d, 7), 3);
    T_EQ(document_line_of(&d, 9), 4);
}

T(a_nul_byte_is_refused_with_its_place)
{
    struct document d = {0};
    struct err err = {0};

    T_EQ(document_init("book.md", SV("# Deploy\nstop \0 start\n"), &d, &err), ERR_INVALID);
    T_STR(err.msg, "book.md:2:6: NUL byte: this is not a text file");
    T_CHECK(err.hint[0] && !d.path && !d.line_at);
}

T(a_file_is_read_and_known_by_its_bytes)
{
    CLEANUP(document_release) struct document d = {0}, same = {0}, other = {0};
    struct hash hash;
    struct err err = {0};
    int fd = open("book.md", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    T_EQ(write(fd, "# Deploy\n", 9), 9);
    T_EQ(close(fd), 0);
    T_OK(document_load("book.md", &d, &err), err);
    T_STR(d.path, "book.md");
    T_SV(d.text, "# Deploy\n");
    T_OK(document_init("else.md", SV("# Deploy\n"), &same, &err), err);
    T_OK(document_init("book.md", SV("# Deploy!\n"), &other, &err), err);
    hash = document_hash(&d);
    T_CHECK(hash_eq(&hash, &(struct hash[]){document_hash(&same)}[0]));
    T_CHECK(!hash_eq(&hash, &(struct hash[]){document_hash(&other)}[0]));
}

T(a_file_that_cannot_be_read_is_a_wrong_request)
{
    struct document d = {0};
    struct err err = {0};

    T_EQ(document_load("nowhere.md", &d, &err), ERR_NOT_FOUND);
    T_EQ(mkdir("folder.md", 0700), 0);
    T_EQ(document_load("folder.md", &d, &err), ERR_NOT_FOUND);
}

T(more_than_the_largest_document_is_refused_in_memory_and_on_disk)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct document d = {0};
    struct err err = {0};
    int fd = open("big.md", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    strbuf_add_n(&b, 'x', LIMIT_DOCUMENT_BYTES + 1);
    T_EQ(document_init("big.md", strbuf_sv(&b), &d, &err), ERR_LIMIT);
    T_EQ(ftruncate(fd, LIMIT_DOCUMENT_BYTES + 1), 0);
    T_EQ(close(fd), 0);
    T_EQ(document_load("big.md", &d, &err), ERR_LIMIT);
    T_CHECK(!d.path);
}

T_MAIN(T_CASE(a_line_ends_at_lf_crlf_or_cr), T_CASE(the_line_of_a_byte_is_the_one_it_stands_in),
       T_CASE(a_nul_byte_is_refused_with_its_place), T_CASE(a_file_is_read_and_known_by_its_bytes),
       T_CASE(a_file_that_cannot_be_read_is_a_wrong_request),
       T_CASE(more_than_the_largest_document_is_refused_in_memory_and_on_disk))
