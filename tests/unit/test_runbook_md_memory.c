#include "runbook/md_memory.h"

#include <stdint.h>
#include <string.h>

#include "t.h"

T(pieces_are_zeroed_aligned_and_apart)
{
    CLEANUP(md_memory_release) struct md_memory m = {.last = NULL};
    cmark_mem *mem = md_memory_begin(&m);
    unsigned char *p[200];

    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        p[i] = mem->calloc(i + 1, 7);
        T_CHECK((uintptr_t)p[i] % 16 == 0);
        for (size_t k = 0; k < (i + 1) * 7; k++)
            T_EQ(p[i][k], 0);
        memset(p[i], (int)i + 1, (i + 1) * 7);
    }
    for (size_t i = 0; i < ARRAY_LEN(p); i++)
        for (size_t k = 0; k < (i + 1) * 7; k++)
            T_EQ(p[i][k], (unsigned char)(i + 1));
}

T(the_last_piece_is_used_again_and_others_stay)
{
    CLEANUP(md_memory_release) struct md_memory m = {.last = NULL};
    cmark_mem *mem = md_memory_begin(&m);
    char *a = mem->calloc(1, 10), *b = mem->calloc(1, 10), *c;

    memcpy(b, "dirty", 6);
    mem->free(b);
    c = mem->calloc(1, 40);
    T_CHECK(c == b && c[0] == 0);
    mem->free(a); /* not the last: it stays, and nothing else gets it */
    T_CHECK((char *)mem->calloc(1, 10) > c);
    mem->free(NULL);
}

T(a_piece_grows_where_it_is_when_it_is_the_last_and_moves_otherwise)
{
    CLEANUP(md_memory_release) struct md_memory m = {.last = NULL};
    cmark_mem *mem = md_memory_begin(&m);
    char *a = mem->realloc(NULL, 8), *b, *c;

    memcpy(a, "content", 8);
    T_CHECK(mem->realloc(a, 100) == a && mem->realloc(a, 4) == a);
    b = mem->calloc(1, 8);
    c = mem->realloc(a, 1000);
    T_CHECK(c > b);
    T_STR(c, "content");
    T_CHECK(mem->realloc(c, 1u << 20) != c); /* more than what is left of the chunk */
    T_EQ(m.chunks.n, 2);
}

T(a_second_reading_begins_when_the_first_has_ended)
{
    struct md_memory m = {.last = NULL}, other = {.last = NULL};

    T_CHECK(md_memory_begin(&m)->calloc(1, 1) != NULL);
    T_ABORTS((void)md_memory_begin(&other));
    md_memory_release(&other); /* one that was not begun ends nothing */
    T_ABORTS((void)md_memory_begin(&other));
    md_memory_release(&m);
    T_CHECK(md_memory_begin(&other)->calloc(1, 1) != NULL);
    T_ABORTS((void)md_memory_begin(&m)->calloc(SIZE_MAX, 2));
    md_memory_release(&other);
    T_ABORTS((void)md_memory_begin(&m)->calloc(SIZE_MAX - 8, 1));
}

T_MAIN(T_CASE(pieces_are_zeroed_aligned_and_apart),
       T_CASE(the_last_piece_is_used_again_and_others_stay),
       T_CASE(a_piece_grows_where_it_is_when_it_is_the_last_and_moves_otherwise),
       T_CASE(a_second_reading_begins_when_the_first_has_ended))
