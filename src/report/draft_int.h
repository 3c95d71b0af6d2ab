#pragma once

/*
 * draft_int: what is collected before it is written.
 */
#include "base/map.h"
#include "base/vec.h"
#include "report/draft.h"

struct draft_remark {
    size_t line; /* of the document; 0: about the whole */
    struct sv text;
    VEC(size_t) more; /* further lines of which the same is said */
};

/* One key of a section; `section` alone when key is empty. */
struct draft_entry {
    struct sv section, key, value;
    VEC(struct draft_remark) remarks;
};

struct draft {
    const struct plan *plan;
    const struct runbook *rb;
    struct arena arena;
    VEC(struct draft_entry) entries;
    struct map entry_at;             /* "SECTION\0KEY": index in entries */
    VEC(struct draft_remark) others; /* what prusik.yaml cannot answer */
};

/* Text as a YAML scalar on one line. */
struct sv draft_scalar(struct draft *d, struct sv text);
/* The entry; made when it is not there.  `value` is taken by the first, further settings are put to it. */
void draft_add(struct draft *d, struct sv section, struct sv key, struct sv value, size_t line,
               struct sv why);

/* --- draft_find.c --- */

/* What the document uses without asking: variables, services, the flag, metrics. */
void draft_find(struct draft *d);
