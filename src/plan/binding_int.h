#pragma once

/*
 * binding_int: what the files that read a binding share.
 */
#include "plan/binding.h"

/* Set or replace a variable of the environment. */
void binding_set_env(struct binding *b, struct sv name, struct sv value, size_t line);
/* Put the values of the rehearsal in the place of the others.  ERR_REFUSED: nothing says that it is scratch. */
NODISCARD enum err_code binding_apply_rehearse(struct binding *b, struct err *err);
void binding_release_rehearse(struct binding_rehearse *r);
/* Fill `flags` from `flag_map`, and read the files that they name.  ERR_INVALID, ERR_NOT_FOUND. */
NODISCARD enum err_code binding_read_flags(struct binding *b, struct err *err);
/* ERR_INVALID with file and line: an unknown member, a group inside itself; ERR_LIMIT: too many hosts. */
NODISCARD enum err_code binding_check_groups(const struct binding *b, const char *path,
                                             struct err *err);
