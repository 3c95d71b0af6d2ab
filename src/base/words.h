#pragma once

/*
 * words: is a word one of a fixed list?  The case of ASCII letters does not matter.
 *
 *     static struct words verbs = WORDS("run execute do");
 *     if (words_have(&verbs, word))
 *
 * The list is a literal: words without capital letters, one blank between two.  How its words begin and how long they are
 * is told when it is first asked, once for all threads; what begins otherwise, as most words do, is then refused at once.
 */
#include <stdatomic.h>

#include "base/base.h"

struct words {
    const char *list;
    const char *const *rows; /* or the names of a table */
    size_t n_rows, row_bytes;
    atomic_bool known;
    uint32_t lengths
        [32]; /* by the low bits of the first byte: a bit for each length, the last for all longer ones */
};

#define WORDS(literal)    \
    {                     \
        .list = (literal) \
    }
/* The names in a table of constant rows, for words_may_have(). */
#define WORDS_OF(table, member)                                                                 \
    {                                                                                           \
        .rows = &(table)[0].member, .n_rows = ARRAY_LEN(table), .row_bytes = sizeof((table)[0]) \
    }
#define WORDS_OF_NAMES(names)                                                        \
    {                                                                                \
        .rows = (names), .n_rows = ARRAY_LEN(names), .row_bytes = sizeof((names)[0]) \
    }
/* A list at the place where it is asked for. */
#define WORDS_HERE(literal)                        \
    (__extension__({                               \
        static struct words here = WORDS(literal); \
        &here;                                     \
    }))

/* Is the word, as a whole, one of them?  The empty one is none. */
bool words_have(struct words *w, struct sv word);
/* False only when it is none of them: is a table worth a look? */
bool words_may_have(struct words *w, struct sv word);
/* The same as words_have() of a list that is not worth telling anything of: one of many, each asked seldom. */
bool words_in(const char *list, struct sv word);
