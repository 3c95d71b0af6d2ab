#include "release.h"

#include <string.h>

#include "suggest.h"

/* Store a suggestion for what was just stored, and show it in the reply. */
static enum err_code after(void *state, struct db_conn *c, const struct release_event *event,
                           json_t *reply, struct err *err)
{
    const char *text;

    if (strncmp(event->bot_id, "TEST-", 5) == 0)
        return ERR_OK; /* nobody reads what a test bot would reply */
    if (suggest_reply(state, event->bot_id, event->text, &text, err) != ERR_OK)
        return err->code;
    if (db_query(c,
                 DB_STMT("INSERT INTO suggestions (source, source_id, bot_id, text)"
                         " VALUES ($1, $2, $3, $4)",
                         DB_TEXT(event->source), DB_INT(event->id), DB_TEXT(event->bot_id),
                         DB_TEXT(text)),
                 NULL, NULL, err) != ERR_OK)
        return err->code;
    json_object_set_new(reply, "suggestion", json_string(text));
    return ERR_OK;
}

static void *open_state(void)
{
    return suggest_new();
}

static void close_state(void *state)
{
    suggest_free(state);
}

const struct release release = {
    .version = "v3",
    .open = open_state,
    .close = close_state,
    .after = after,
};
