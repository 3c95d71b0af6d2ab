#pragma once

/*
 * view_int: what the files of the view share.
 */
#include "report/view.h"

/* Does its process live?  Needs the environment and what the run ended with last. */
NODISCARD enum err_code view_find_state(struct store *s, struct view *v, struct err *err);
/* view_count() of a brief view. */
size_t view_brief_count(const struct view *v, bool way_back, struct sv state);
