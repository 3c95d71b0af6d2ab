#pragma once

/*
 * acks: the file of acknowledged messages, one "ID<TAB>BOT<TAB>TEXT" a line.
 *
 * A line is written with one write() when the answer has come, so that a generator
 * that is killed has recorded what it was told, but for at most one torn last line.
 */
#include <stdint.h>

#include "err.h"

struct ack {
    int64_t id;
    const char *bot_id, *text; /* without tabs and line ends */
};

/* Open for appending.  The descriptor is the caller's. */
NODISCARD enum err_code acks_open(const char *path, int *ret_fd, struct err *err);
NODISCARD enum err_code acks_add(int fd, const struct ack *ack, struct err *err);

typedef enum err_code (*ack_fn)(void *ctx, const struct ack *ack, struct err *err);

/* Read all; a line that is none is ERR_FAILED with its number. */
NODISCARD enum err_code acks_read(const char *path, ack_fn fn, void *ctx, struct err *err);
