#include "base/strbuf.h"

#include "base/mem.h"
#include "base/sv.h"
#include "t.h"

T(text_is_built_from_every_kind_of_piece)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    T_STR(strbuf_str(&b), "");
    T_EQ(strbuf_sv(&b).n, 0);
    strbuf_add(&b, "ab", 2);
    strbuf_add_str(&b, "cd");
    strbuf_add_sv(&b, SV("ef"));
    strbuf_add_sv(&b, (struct sv){NULL, 0});
    strbuf_add_byte(&b, '-');
    strbuf_add_n(&b, '=', 3);
    strbuf_add_n(&b, '!', 0);
    strbuf_addf(&b, "%d %s", 42, "x");
    strbuf_addf(&b, "%s", "");
    T_STR(strbuf_str(&b), "abcdef-===42 x");
    T_EQ(b.n, 14);
    T_CHECK(!b.overflow);
}

T(nuls_are_kept_and_one_more_follows)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_add(&b, "a\0b", 3);
    T_EQ(b.n, 3);
    T_CHECK(memcmp(b.p, "a\0b", 4) == 0);
}

T(beyond_the_maximum_is_dropped_and_remembered)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(5);

    strbuf_add_str(&b, "12345");
    T_CHECK(!b.overflow);
    strbuf_add_str(&b, "");
    strbuf_addf(&b, "%s", "");
    T_CHECK(!b.overflow);
    strbuf_add_byte(&b, '6');
    T_CHECK(b.overflow);
    T_STR(strbuf_str(&b), "12345");
    strbuf_truncate(&b, 2);
    strbuf_addf(&b, "%d", 123456);
    T_STR(strbuf_str(&b), "12123");
    T_CHECK(b.overflow); /* it stays */
    strbuf_release(&b);
    T_CHECK(!b.overflow && b.max == 5);
    strbuf_addf(&b, "%s", "abcdefgh");
    T_STR(strbuf_str(&b), "abcde");
    T_CHECK(b.overflow);
}

T(cutting_and_consuming_take_from_the_ends)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_truncate(&b, 0);
    strbuf_consume(&b, 0);
    strbuf_add_str(&b, "abcdef");
    strbuf_truncate(&b, 4);
    T_STR(strbuf_str(&b), "abcd");
    strbuf_consume(&b, 1);
    T_STR(strbuf_str(&b), "bcd");
    T_EQ(b.p[3], '\0');
    strbuf_consume(&b, 3);
    T_STR(strbuf_str(&b), "");
    T_ABORTS(strbuf_truncate(&b, 1));
    T_ABORTS(strbuf_consume(&b, 1));
}

T(a_caller_may_fill_the_room_itself)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_add_str(&b, "ab");
    strbuf_reserve(&b, 1000);
    T_CHECK(b.cap >= 1003);
    memset(b.p + b.n, 'c', 1000);
    strbuf_truncate(&b, 2); /* what is beyond n is nobody's */
    b.n += 1000;
    strbuf_add_str(&b, "d");
    T_EQ(b.n, 1003);
    T_STR(b.p + 1000, "ccd");
    T_ABORTS(strbuf_reserve(&b, SIZE_MAX));
    T_ABORTS(strbuf_reserve(&b, SIZE_MAX - b.n));
}

T(stealing_leaves_an_empty_buffer_with_the_same_maximum)
{
    struct strbuf b = STRBUF(10), taken;
    char *text;

    text = strbuf_steal_str(&b);
    T_STR(text, "");
    mem_freep(&text);
    strbuf_add_str(&b, "abc");
    taken = strbuf_steal(&b);
    T_STR(strbuf_str(&taken), "abc");
    T_CHECK(b.n == 0 && !b.p && b.max == 10);
    strbuf_release(&taken);
    strbuf_add_str(&b, "de");
    text = strbuf_steal_str(&b);
    T_STR(text, "de");
    mem_freep(&text);
}

/* Random changes, against a plain array. */
T(any_sequence_of_changes_agrees_with_an_array)
{
    for (int round = 0; round < 300; round++) {
        size_t max = t_below(4) ? t_below(300) : 0, n = 0;
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(max);
        char truth[20000], piece[64];
        bool overflow = false;

        for (int step = 0; step < 100; step++) {
            size_t len = t_below(sizeof(piece)), cut;

            switch (t_below(4)) {
            case 0:
                cut = t_below(n + 1);
                strbuf_truncate(&b, cut);
                n = cut;
                break;
            case 1:
                cut = t_below(n / 4 + 1);
                strbuf_consume(&b, cut);
                n -= cut;
                memmove(truth, truth + cut, n);
                break;
            default:
                for (size_t i = 0; i < len; i++)
                    piece[i] = (char)('a' + t_below(26));
                if (step % 2)
                    strbuf_add(&b, piece, len);
                else
                    strbuf_addf(&b, "%.*s", (int)len, piece);
                for (size_t i = 0; i < len; i++)
                    if (max && n == max)
                        overflow = true;
                    else
                        truth[n++] = piece[i];
            }
            T_EQ(b.n, n);
            T_EQ(b.overflow, overflow);
            T_CHECK(memcmp(strbuf_str(&b), truth, n) == 0 && strbuf_str(&b)[n] == '\0');
        }
    }
}

T_MAIN(T_CASE(text_is_built_from_every_kind_of_piece), T_CASE(nuls_are_kept_and_one_more_follows),
       T_CASE(beyond_the_maximum_is_dropped_and_remembered),
       T_CASE(cutting_and_consuming_take_from_the_ends), T_CASE(a_caller_may_fill_the_room_itself),
       T_CASE(stealing_leaves_an_empty_buffer_with_the_same_maximum),
       T_CASE(any_sequence_of_changes_agrees_with_an_array))
