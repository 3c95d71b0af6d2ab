#pragma once

/*
 * sessions: the table bot_sessions, one row for each launch of a bot.
 */
#include <jansson.h>

#include "db.h"

/* Store a launch of bot_id; further fields of the request's body are the release's. */
NODISCARD enum err_code session_launch(struct db_conn *c, const char *bot_id, const json_t *body,
                                       int64_t *ret_session, struct err *err);

/* Append an object for each bot's last session, by bot id, to the array; at most 500. */
NODISCARD enum err_code session_list(struct db_conn *c, json_t *list, struct err *err);
