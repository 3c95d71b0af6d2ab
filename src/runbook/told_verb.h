#pragma once

/*
 * told_verb: does a sentence tell somebody to do something, and can a command do it?
 *
 * English imperatives, at its beginning or behind "please", "then", "you must".  A verb that is a noun as well
 * ("check", "update") is one when an object stands behind it or no finite verb follows.
 */
#include "base/words.h"

enum told_how {
    TOLD_NOT,     /* it tells nobody to do anything */
    TOLD_BY_ANY,  /* the command below it may do it: "Restart the service." */
    TOLD_BY_HAND, /* no command does it: "Announce the release." */
};

enum told_how told_verb(struct sv text);
/* Of a heading, where "Change History" and "Test strategy" are no verbs. */
enum told_how told_verb_of_title(struct sv title);

/* The word without the marks behind it. */
struct sv told_bare(struct sv word);
/* Is the first word of the text, without the marks behind it, one of them? */
bool told_starts(struct sv text, struct words *words);
/* A small ASCII letter. */
bool told_is_small(char c);
