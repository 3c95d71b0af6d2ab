#pragma once

/*
 * make_thing: what a step changes, as far as its command names it: files and folders, checkouts, databases.
 *
 * Names that a command only knows when it runs (a variable, a date) are compared as they are written.  What is not
 * recognised has no thing, and is then only comparable by its kind of effect.
 */
#include "plan/make_int.h"

enum thing_kind {
    THING_PATH,     /* a file or folder */
    THING_CHECKOUT, /* a working tree of git */
    THING_BUILD,    /* a folder in which something is built or installed */
    THING_DATABASE,
    THING_FLAG, /* a feature's */
    THING__N
};

struct thing {
    enum thing_kind kind;
    struct sv name; /* a path from the root on, or from the folder that shells start in */
    struct sv host;
};

typedef VEC(struct thing) things;

/* Where shells stand, by session and host; for thing_places_release(). */
struct thing_place {
    struct sv session, host, dir;
};
struct thing_places {
    VEC(struct thing_place) v;
};
void thing_places_release(struct thing_places *places);

/*
 * Things that the step changes, into `ret`, which the caller releases; texts live in the arena of `m`.  `places` goes
 * along with the steps of a list, in their order.
 */
void thing_read(struct make *m, struct thing_places *places, const struct rb_step *s,
                const json_t *step, things *ret);

enum thing_match {
    THING_SAME,    /* `back` has one of the things of `change`, or a folder around it */
    THING_OTHER,   /* both are known, and they are different */
    THING_UNKNOWN, /* of one of them it is not known */
};
/* `anywhere`: a thing of the same name on another host is the same. */
enum thing_match thing_compare(const things *back, const things *change, bool anywhere);
