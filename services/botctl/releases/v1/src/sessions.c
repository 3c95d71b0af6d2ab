#include "sessions.h"

#include <stdlib.h>

enum err_code session_launch(struct db_conn *c, const char *bot_id, const json_t *body,
                             int64_t *ret_session, struct err *err)
{
    (void)body; /* nothing but the bot's id is known of a session */
    return db_query_int(
        c, DB_STMT("INSERT INTO bot_sessions (bot_id) VALUES ($1) RETURNING id", DB_TEXT(bot_id)),
        ret_session, err);
}

static void on_session(void *ctx, int n, const char *const *columns)
{
    char started[DB_TIME];

    (void)n; /* the statement names four columns, none of them NULL */
    db_time_text(columns[3], started);
    json_array_append_new(
        ctx, json_pack("{s:s, s:s, s:I, s:s}", "bot_id", columns[0], "state", columns[1], "session",
                       (json_int_t)strtoll(columns[2], NULL, 10), "started_at", started));
}

enum err_code session_list(struct db_conn *c, json_t *list, struct err *err)
{
    return db_query(c,
                    DB_STMT("SELECT bot_id, state, id, started_at FROM bot_sessions"
                            " WHERE id IN (SELECT max(id) FROM bot_sessions GROUP BY bot_id)"
                            " ORDER BY bot_id LIMIT 500"),
                    on_session, list, err);
}
