#include "base/err.h"

#include "t.h"

T(a_message_that_is_cut_shows_it)
{
    struct err err = {0};
    char name[2000];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    T_EQ(err_set(&err, ERR_INVALID, "open '%s'", name), ERR_INVALID);
    T_EQ(strlen(err.msg), sizeof(err.msg) - 1);
    T_STR(err.msg + sizeof(err.msg) - 4, "...");
}

T(wrapping_puts_the_context_before_and_keeps_code_and_hint)
{
    struct err err = {0};

    T_EQ(err_set(&err, ERR_NOT_FOUND, "no step '%s'", "2.1"), ERR_NOT_FOUND);
    T_EQ(err_hint(&err, "prusik plan lists them"), ERR_NOT_FOUND);
    T_EQ(err_wrap(&err, "run %d", 7), ERR_NOT_FOUND);
    T_STR(err.msg, "run 7: no step '2.1'");
    T_STR(err.hint, "prusik plan lists them");
}

T(a_system_error_ends_in_its_text)
{
    struct err err = {0};

    T_EQ(err_sys(&err, 2, "open '%s'", "x"), ERR_IO);
    T_STR(err.msg, "open 'x': No such file or directory");
    T_EQ(err.sys, 2);
}

T(numbers_are_unique_and_every_row_is_complete)
{
    size_t n;
    const struct err_info *rows = err_all(&n);

    T_CHECK(n > 10);
    for (size_t i = 0; i < n; i++) {
        T_CHECK(rows[i].code != ERR_OK && rows[i].name[0] && rows[i].text[0]);
        T_CHECK(err_info(rows[i].code) == &rows[i]);
        for (size_t k = 0; k < i; k++)
            T_CHECK(rows[k].code != rows[i].code);
    }
}

T(an_unknown_code_is_a_bug_of_ours)
{
    T_EQ(err_info((enum err_code)9999)->exit, EXIT_CODE_INTERNAL);
}

T(exit_codes_are_the_documented_ones)
{
    static const int want[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 130};

    T_EQ(n_exit_codes, ARRAY_LEN(want));
    for (size_t i = 0; i < n_exit_codes; i++) {
        T_EQ(exit_codes[i].code, want[i]);
        T_CHECK(exit_codes[i].name[0] && exit_codes[i].text[0]);
    }
}

T_MAIN(T_CASE(a_message_that_is_cut_shows_it),
       T_CASE(wrapping_puts_the_context_before_and_keeps_code_and_hint),
       T_CASE(a_system_error_ends_in_its_text),
       T_CASE(numbers_are_unique_and_every_row_is_complete),
       T_CASE(an_unknown_code_is_a_bug_of_ours), T_CASE(exit_codes_are_the_documented_ones))
