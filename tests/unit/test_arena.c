#include "base/arena.h"

#include "base/sv.h"
#include "t.h"

T(memory_is_zeroed_aligned_and_apart)
{
    struct arena a = {0};
    unsigned char *last = NULL;
    size_t last_n = 0, total = 0;

    for (int i = 0; i < 5000; i++) {
        size_t n = t_below(i % 50 == 0 ? 100000 : 200);
        unsigned char *p = arena_alloc(&a, n, 1);

        T_EQ((uintptr_t)p % 16, 0);
        for (size_t k = 0; k < n; k++)
            T_EQ(p[k], 0);
        memset(p, 0xaa, n);
        for (size_t k = 0; k < last_n; k++)
            T_EQ(last[k], 0xaa); /* the block before was not touched */
        if (n)
            memset(p, 0xaa, n);
        last = p;
        last_n = n;
        total += n;
    }
    T_CHECK(a.total_bytes >= total);
    arena_release(&a);
    T_CHECK(!a.chunks && a.total_bytes == 0);
    arena_release(&a);
}

T(pointers_stay_where_they_are)
{
    struct arena a = {0};
    const char *p[2000];

    for (int i = 0; i < 2000; i++)
        p[i] = arena_fmt(&a, "text %d", i).p;
    for (int i = 0; i < 2000; i++) {
        char want[32];

        (void)snprintf(want, sizeof(want), "text %d", i);
        T_STR(p[i], want);
    }
    arena_release(&a);
}

T(copies_end_with_a_nul)
{
    struct arena a = {0};
    struct sv copy;
    long *numbers;

    T_STR(arena_strdup(&a, (struct sv){"abcdef", 3}), "abc");
    T_STR(arena_strdup(&a, (struct sv){NULL, 0}), "");
    copy = arena_sv(&a, SV("view"));
    T_SV(copy, "view");
    T_EQ(copy.p[4], '\0');
    copy = arena_sv(&a, (struct sv){NULL, 0});
    T_CHECK(copy.p && copy.n == 0);
    T_SV(arena_fmt(&a, "%d-%s", 7, "x"), "7-x");
    T_EQ(arena_fmt(&a, "%s", "").n, 0);
    T_CHECK(memcmp(arena_memdup(&a, "a\0b", 3), "a\0b", 3) == 0);
    T_CHECK(arena_memdup(&a, NULL, 0) != NULL);
    numbers = ARENA_NEWN(&a, long, 3);
    T_EQ(numbers[0] + numbers[2] + *ARENA_NEW(&a, long), 0);
    arena_release(&a);
}

T(many_small_pieces_share_few_chunks)
{
    struct arena a = {0};

    (void)arena_alloc(&a, 1, 1);
    T_CHECK(a.size >= 1024 && a.size < 4096); /* many hold no more */
    for (int i = 0; i < 100000; i++)
        (void)arena_alloc(&a, 1, 64);
    T_CHECK(a.size >= 1u << 20); /* grown with what was used */
    arena_release(&a);
}

T(a_size_that_does_not_fit_ends_the_process)
{
    struct arena a = {0};

    T_ABORTS(arena_alloc(&a, SIZE_MAX, 2));
    T_ABORTS(arena_alloc(&a, SIZE_MAX, 1));      /* rounding up wraps */
    T_ABORTS(arena_alloc(&a, SIZE_MAX - 31, 1)); /* the head of the chunk wraps */
}

T_MAIN(T_CASE(memory_is_zeroed_aligned_and_apart), T_CASE(pointers_stay_where_they_are),
       T_CASE(copies_end_with_a_nul), T_CASE(many_small_pieces_share_few_chunks),
       T_CASE(a_size_that_does_not_fit_ends_the_process))
