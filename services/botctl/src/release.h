#pragma once

/*
 * release: what differs from one release to the next, apart from sessions.c.
 *
 * A release has a version, and may do something of its own after a launch or a chat
 * message was stored, with a state that lives as long as the service.
 */
#include <jansson.h>

#include "db.h"

/* What was just stored, inside the transaction that is still open. */
struct release_event {
    const char *source; /* "launch" or "chat" */
    int64_t id;         /* of the session or the message */
    const char *bot_id;
    const char *text; /* of the message; the bot's id for a launch */
};

struct release {
    const char *version;
    /* The state; all three are NULL in a release that has nothing of its own to do. */
    void *(*open)(void);
    void (*close)(void *state);
    /* May add to the reply.  A failure undoes what was stored.  Called from several threads. */
    enum err_code (*after)(void *state, struct db_conn *c, const struct release_event *event,
                           json_t *reply, struct err *err);
};

extern const struct release release;
