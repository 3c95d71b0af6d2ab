#pragma once

/*
 * amount: "more than 10 errors per minute" as "errors > 10 per minute", so that the subject stands first.
 */
#include "base/arena.h"
#include "base/sv.h"

/*
 * A condition that begins with an amount, turned round: "there are more than 20 timeouts in 10 minutes" as "timeouts >
 * 20 in 10 minutes", "over 5% of requests fail for 5 min" as "failed requests > 5% for 5 min".  The text itself when
 * it does not begin so, or says more than what is counted and for how long.
 */
struct sv amount_phrase(struct sv text, struct arena *arena);
