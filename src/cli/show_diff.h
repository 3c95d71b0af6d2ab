#pragma once

/*
 * show_diff: what changed between two plans, as a person reads it.
 */
#include "base/strbuf.h"
#include "report/plan_diff.h"

void show_diff(const struct plan_diff *d, struct strbuf *out);
