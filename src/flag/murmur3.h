#pragma once

/*
 * murmur3: MurmurHash3, x86, 32 bit (Austin Appleby, public domain; docs/formats/flags.md, section 1).  Pure.
 */
#include "base/base.h"

uint32_t murmur3_32(struct sv bytes, uint32_t seed);
