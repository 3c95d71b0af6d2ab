#pragma once

/*
 * md_memory: memory for one reading by cmark, given back whole.
 *
 * cmark asks for a hundred thousand small pieces for a megabyte and gives each back by itself.  Here they are cut from
 * chunks one behind the other; what is freed in the reverse order is used again, everything else stays until
 * md_memory_release().  Between begin and release the pieces of this thread come from here: nothing of them may
 * be used afterwards, and no two may be begun at once in one thread.
 */
#include <cmark-gfm.h>

#include "base/vec.h"

struct md_memory {
    VEC(unsigned char *) chunks;
    size_t used, size;   /* of the newest */
    unsigned char *last; /* the piece at its end; NULL */
};

/* The functions to give to cmark_parser_new_with_mem(); they end the process when memory is out. */
cmark_mem *md_memory_begin(struct md_memory *m);
/* Give everything back. */
void md_memory_release(struct md_memory *m);
