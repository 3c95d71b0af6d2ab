#pragma once

/*
 * pty: a pseudo-terminal of our own (pty(7)), whose master the loop reads and writes.
 *
 * Zeroed and filled with `shown`, `closed` and `arg` it is embedded: pty_open(), pty_start(), then pty_send() as often
 * as wanted, and pty_close(), after which closed() is called once from the loop.  pty_release() gives
 * back what was only opened; harmless otherwise.  When we die the kernel hangs it up.
 */
#include <uv.h>

#include "base/err.h"
#include "base/strbuf.h"

struct pty {
    /* What is shown there; valid during the call. */
    void (*shown)(void *arg, struct sv bytes);
    void (*closed)(void *arg);
    void *arg;
    char name[64]; /* of the slave; from pty_open() on */
    int master;

    /* private */
    int slave; /* held open until the end, or the master would tell of one before the start */
    struct strbuf unsent;
    uv_poll_t poll;
    bool started;
};

/* raw: nothing is echoed or changed on its way. */
NODISCARD enum err_code pty_open(struct pty *p, bool raw, struct err *err);
void pty_start(struct pty *p, uv_loop_t *loop);
/* As typed there; copied, and written as it is read there. */
void pty_send(struct pty *p, struct sv bytes);
/* Read what has been shown up to now. */
void pty_take(struct pty *p);
void pty_close(struct pty *p);
void pty_release(struct pty *p);
