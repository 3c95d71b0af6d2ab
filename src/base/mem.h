#pragma once

/*
 * mem: the heap.  Out of memory ends the process: the journal makes that a tested
 * path, and half the branches of the program would exist for no operator's gain.
 *
 * Everything that is returned is given back with free().
 */
#include "base/base.h"

void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
/* A NUL-terminated copy of the view. */
char *xstrdup_sv(struct sv s);
void *xmemdup(const void *p, size_t n);

#define XNEW(type)     ((type *)xcalloc(1, sizeof(type)))
#define XNEWN(type, n) ((type *)xcalloc((n), sizeof(type)))

/* For CLEANUP() on a pointer from here. */
void mem_freep(void *pp);

/* n * size; ends the process when it does not fit. */
size_t mem_size(size_t n, size_t size);
