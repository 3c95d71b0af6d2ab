#pragma once

/*
 * sha1: SHA-1 (FIPS 180-4, 6.1), for what other tools have stored.  Never for something that must hold
 * against an attacker: libsodium does not have it for that reason.
 */
#include "base/base.h"

#define SHA1_BYTES 20u

void sha1_of(struct sv bytes, unsigned char out[SHA1_BYTES]);
