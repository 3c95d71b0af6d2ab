#include "chat.h"

#include <stdlib.h>

enum err_code chat_add(struct db_conn *c, const char *bot_id, const char *text, int64_t *ret_id,
                       struct err *err)
{
    return db_query_int(
        c,
        DB_STMT("INSERT INTO chat_messages (bot_id, text) VALUES ($1, $2) RETURNING id",
                DB_TEXT(bot_id), DB_TEXT(text)),
        ret_id, err);
}

static void on_message(void *ctx, int n, const char *const *columns)
{
    char created[DB_TIME];

    (void)n; /* the statement names four columns, none of them NULL */
    db_time_text(columns[3], created);
    json_array_append_new(ctx, json_pack("{s:I, s:s, s:s, s:s}", "id",
                                         (json_int_t)strtoll(columns[0], NULL, 10), "bot_id",
                                         columns[1], "text", columns[2], "created_at", created));
}

enum err_code chat_list(struct db_conn *c, const char *bot_id, int64_t limit, json_t *list,
                        struct err *err)
{
    return db_query(c,
                    DB_STMT("SELECT id, bot_id, text, created_at FROM chat_messages"
                            " WHERE bot_id = $1 ORDER BY id DESC LIMIT $2",
                            DB_TEXT(bot_id), DB_INT(limit)),
                    on_message, list, err);
}
