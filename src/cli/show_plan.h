#pragma once

/*
 * show_plan: a plan as a tree that a person reads in a minute.
 */
#include "base/strbuf.h"
#include "plan/plan.h"

void show_plan(const struct plan *p, bool attended, struct strbuf *out);
void show_questions(const struct plan *p, bool attended, struct strbuf *out);
/* Open questions, and rules that nobody judges unless they are bound. */
void show_open(const struct plan *p, bool attended, struct strbuf *out);
