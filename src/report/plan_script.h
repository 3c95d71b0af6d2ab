#pragma once

/*
 * plan_script: a plan as a bash script that a person can read, keep, and fall back on.
 *
 * It holds the equivalent command of every step with its line, host, expectations and
 * gates, and the way back (--way-back).  It is no run: it keeps no journal, watches no
 * rule, and asks a person wherever prusik checks by itself.  Values of the plan are
 * quoted; the words of the document's own commands stay as they are.
 */
#include "base/strbuf.h"
#include "plan/plan.h"

void plan_script(const struct plan *p, struct strbuf *out);
