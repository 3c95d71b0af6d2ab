#pragma once

/*
 * german: limits in German words ("länger als 5 Minuten über 5 %") in the words and the order of the readers of rules
 * ("above 5 % for 5 minutes").
 */
#include "base/arena.h"
#include "base/sv.h"

/*
 * The text itself when nothing in it says a limit in German, or more than a limit and how long it lasts ("seit", "nach dem
 * Deploy"): then nobody reads it.
 */
struct sv german_phrase(struct sv text, struct arena *arena);

/*
 * "Wenn die Fehlerrate über 5 % liegt, muss zurückgerollt werden": what its second half says of a rollback.  *reasons: what
 * stands before the comma, without its first word and its article.
 */
enum german_say {
    GERMAN_NOTHING,
    GERMAN_ROLLS_BACK,
    GERMAN_MORE,    /* "kann der DBA entscheiden, ob zurückgerollt wird" */
    GERMAN_FORBIDS, /* "darf auf keinen Fall zurückgerollt werden" */
};
enum german_say german_reasons(struct sv sentence, struct sv *reasons);
