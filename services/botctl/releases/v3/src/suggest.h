#pragma once

/*
 * suggest: what to reply to a message.
 *
 * Suggestions are cached by message together with the context that they were made
 * from, so that a message that comes again is answered at once.  Safe to use from
 * every thread.
 */
#include "err.h"

struct suggest;

struct suggest *suggest_new(void);
void suggest_free(struct suggest *s);

/* The suggestion for a message to a bot; *ret lives as long as s. */
NODISCARD enum err_code suggest_reply(struct suggest *s, const char *bot_id, const char *text,
                                      const char **ret, struct err *err);
