#pragma once

/*
 * draft: a first prusik.yaml for a document, with everything that it leaves open.
 *
 * Sections stand ready; each entry is a comment ("#name: value") with the line and the words
 * that it is for, so nothing is decided before a person takes the '#' away.  An entry
 * without a proposal holds "", which the binding's reader does not take.
 */
#include "base/strbuf.h"
#include "plan/plan.h"

/* `p`: the plan of the document with an empty binding. */
void draft_binding(const struct plan *p, const struct runbook *rb, struct strbuf *out);
