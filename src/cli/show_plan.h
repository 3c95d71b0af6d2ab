#pragma once

/*
 * show_plan: a plan as a tree that a person reads in a minute.
 */
#include "base/strbuf.h"
#include "cli/term.h"
#include "plan/plan.h"

/* A text on one line, cut to `room` columns. */
void show_line(struct strbuf *out, size_t indent, enum term_style style, struct sv text,
               size_t room);
/* What the step waits for before it begins: a line for each gate. */
void show_gates(const struct plan *p, const struct plan_step *s, size_t indent, struct strbuf *out);
void show_plan(const struct plan *p, bool attended, struct strbuf *out);
void show_questions(const struct plan *p, bool attended, struct strbuf *out);
/* Open questions, and rules that nobody judges unless they are bound. */
void show_open(const struct plan *p, bool attended, struct strbuf *out);
