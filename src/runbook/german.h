#pragma once

/*
 * german: limits in German words ("länger als 5 Minuten über 5 %") in the words and the order of the readers of rules
 * ("above 5 % for 5 minutes").
 */
#include "base/arena.h"
#include "base/sv.h"

/* The text itself when nothing in it says a limit in German; decimal commas of such a text become points. */
struct sv german_phrase(struct sv text, struct arena *arena);

/*
 * "Wenn die Fehlerrate über 5 % liegt, muss zurückgerollt werden": what is before the comma, without its first word, of
 * a sentence that rolls back; empty: it does not.
 */
struct sv german_reasons(struct sv sentence);
