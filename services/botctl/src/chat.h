#pragma once

/*
 * chat: the table chat_messages.
 */
#include <jansson.h>

#include "db.h"

enum { CHAT_TEXT_MAX = 8000, CHAT_LIST_MAX = 500, CHAT_LIST_DEFAULT = 50 };

NODISCARD enum err_code chat_add(struct db_conn *c, const char *bot_id, const char *text,
                                 int64_t *ret_id, struct err *err);

/* Append the newest `limit` messages of a bot, newest first, to the array. */
NODISCARD enum err_code chat_list(struct db_conn *c, const char *bot_id, int64_t limit,
                                  json_t *list, struct err *err);
