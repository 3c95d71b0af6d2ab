#pragma once

/*
 * secret_int: the set of values, as the redactor sees it.
 */
#include "base/secret.h"
#include "base/vec.h"

struct secret_pattern {
    char *p; /* wiped when freed */
    size_t n;
    bool whole_word;
};

struct secrets {
    VEC(char *) names;
    VEC(struct secret_pattern) patterns;
    uint64_t begins[256]
                   [4]; /* [first byte], bit of the second: a value may begin so, in some coding */
};

/* Note how the value may begin. */
void secret_note_begin(struct secrets *s, struct sv value);
/* The byte of "%41", at s.p[0] == '%'; -1 when it is no such. */
int secret_percent(struct sv s);
