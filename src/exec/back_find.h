#pragma once

/*
 * back_find: what became of a run after it was finished: whether it was brought back, and by which run.
 *
 * From the journals of the store alone.  A run brings another one back when its first event says so (`rolls_back`,
 * docs/formats/events.md); with `to` only in part.
 */
#include "base/arena.h"
#include "store/journal.h"

struct back_found {
    struct arena arena;
    bool begun; /* it has a first event */
    bool finished;
    struct sv outcome;  /* of a finished run */
    int64_t rolls_back; /* the run that this one brings back; 0: none */
    int64_t
        by; /* the last run that brings it back, unless it was ended before it did anything; 0 */
    bool by_open; /* that run is not finished */
    bool whole;   /* all of it was brought back, by itself or by another run */
    struct sv
        until; /* id of the last step that is still there; empty: none was taken back but the whole */
    int64_t
        later; /* a later run on the same environment that has carried out steps and stands; 0 */
};

/* For back_found_release(). */
NODISCARD enum err_code back_find(struct store *s, int64_t run, struct back_found *ret,
                                  struct err *err);
/*
 * What came after a run alone: by, by_open, whole and until.  `own` tells of the run itself, and is not looked up.  Of other runs the first event
 * is read, and all of those that bring this one back.
 */
struct back_own {
    int64_t run;
    bool back;    /* it is finished, as rolled back */
    struct sv to; /* only down to this step */
};
NODISCARD enum err_code back_find_after(struct store *s, const struct back_own *own,
                                        struct back_found *ret, struct err *err);
void back_found_release(struct back_found *f);
