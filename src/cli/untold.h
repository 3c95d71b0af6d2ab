#pragma once

/*
 * untold: whom a run could not tell, and why.
 *
 * What is on its way for the first time is not among it.
 */
#include "base/arena.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "store/store.h"

struct untold_row {
    struct sv receiver, error; /* of the last try */
    int64_t n, given_up;       /* notices; those of them that are not tried any more */
    int64_t since_us;
};

struct untold {
    int64_t run;
    struct arena arena;
    VEC(struct untold_row) rows; /* one for each receiver */
};

/* A store whose notices cannot be read has none. */
struct untold untold_of(struct store *s, int64_t run);
void untold_release(struct untold *u);
/* One line for people, which names the command that tries again. */
void untold_add(const struct untold_row *row, struct strbuf *out);
