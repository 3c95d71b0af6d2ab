#pragma once

/*
 * binding_int: what the files that read a binding share.
 */
#include "plan/binding.h"

/* ERR_INVALID with file and line: an unknown member, a group inside itself; ERR_LIMIT: too many hosts. */
NODISCARD enum err_code binding_check_groups(const struct binding *b, const char *path,
                                             struct err *err);
