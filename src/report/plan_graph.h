#pragma once

/*
 * plan_graph: a plan as a drawing: phases as boxes, steps and gates in them, the way back.
 *
 * Two renderings of one model: DOT (for Graphviz) and SVG, which needs no other program.
 * Both hold everything that the plan carries out, in its order; what is left out is drawn
 * dim.  Text of the plan is escaped.
 */
#include "base/strbuf.h"
#include "plan/plan.h"

void plan_graph_dot(const struct plan *p, struct strbuf *out);
/* One SVG file that stands alone: the way forward from top to bottom, the way back beside it. */
void plan_graph_svg(const struct plan *p, struct strbuf *out);
