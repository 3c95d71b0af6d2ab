#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant: an assert that says where, whatever the build. */
#define MUST(x) ((x) ? (void)0 : (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x), abort()))

static inline bool fuzz_inside(struct sv text, struct sv view)
{
    return view.p >= text.p && view.p + view.n <= text.p + text.n;
}
