#pragma once

/*
 * suggest: the nearest known name, for "did you mean".
 */
#include "base/base.h"

/* Optimal string alignment distance, ASCII case ignored; names over 64 bytes give their length. */
size_t suggest_distance(struct sv a, struct sv b);

struct suggest {
    struct sv word;
    struct sv best; /* .p NULL: nothing is near */
    size_t distance;
};
/* Start with suggest_begin(word), offer every known name, read .best. */
struct suggest suggest_begin(struct sv word);
void suggest_offer(struct suggest *s, struct sv candidate);
