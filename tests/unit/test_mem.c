#include "base/mem.h"

#include "base/sv.h"
#include "t.h"

T(new_memory_is_zeroed_and_never_null)
{
    CLEANUP(mem_freep) int *v = XNEWN(int, 1000);
    CLEANUP(mem_freep) void *none = xcalloc(0, 8);
    CLEANUP(mem_freep) void *empty = xcalloc(8, 0);

    for (size_t i = 0; i < 1000; i++)
        T_EQ(v[i], 0);
    T_CHECK(none && empty);
}

T(growing_keeps_what_was_there)
{
    CLEANUP(mem_freep) char *p = xrealloc(NULL, 3, 1);

    memcpy(p, "ab", 3);
    p = xrealloc(p, 100, 1000);
    T_STR(p, "ab");
    p = xrealloc(p, 0, 8);
    T_CHECK(p != NULL);
}

T(copies_end_with_a_nul)
{
    CLEANUP(mem_freep) char *a = xstrdup("abc");
    CLEANUP(mem_freep) char *b = xstrdup_sv((struct sv){"abcdef", 3});
    CLEANUP(mem_freep) char *c = xstrdup_sv((struct sv){NULL, 0});
    CLEANUP(mem_freep) char *d = xmemdup("a\0b", 3);
    CLEANUP(mem_freep) char *e = xmemdup(NULL, 0);

    T_STR(a, "abc");
    T_STR(b, "abc");
    T_STR(c, "");
    T_CHECK(memcmp(d, "a\0b", 3) == 0 && e != NULL);
}

T(giving_back_forgets_the_pointer)
{
    char *p = xstrdup("x");

    mem_freep(&p);
    T_CHECK(p == NULL);
    mem_freep(&p);
}

T(a_size_that_does_not_fit_ends_the_process)
{
    T_EQ(mem_size(3, 5), 15);
    T_EQ(mem_size(0, SIZE_MAX), 0);
    T_ABORTS(mem_size(SIZE_MAX / 2, 3));
    T_ABORTS(free(xcalloc(SIZE_MAX / 2, 3)));
    T_ABORTS(free(xrealloc(NULL, SIZE_MAX / 2, 3)));
}

T_MAIN(T_CASE(new_memory_is_zeroed_and_never_null), T_CASE(growing_keeps_what_was_there),
       T_CASE(copies_end_with_a_nul), T_CASE(giving_back_forgets_the_pointer),
       T_CASE(a_size_that_does_not_fit_ends_the_process))
