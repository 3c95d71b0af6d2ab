#pragma once

/*
 * tree: the parts of a document as headings, for the plan and for the run.
 */
#include "cli/term.h"
#include "plan/plan.h"

/* Depth of a part: the number of '/' in its id. */
size_t tree_depth(struct sv part);
/*
 * The headings that lead to `part` and do not stand yet; *shown is the part whose headings stand.
 * lines: with the line of the document.
 */
void tree_titles(const struct plan *p, struct sv *shown, struct sv part, bool lines,
                 struct strbuf *out);
