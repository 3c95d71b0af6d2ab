#pragma once

/*
 * remote: what a session on another host needs besides a local one.
 *
 * The user's own ssh(1) carries it: configuration, agent, jump hosts and known hosts
 * are theirs, and nothing is installed over there but bash.  ssh has three streams, so
 * the reports of the shell come in its output, behind a mark that no command knows: two
 * NULs and a random number.  The commands go in by the standard input, which the
 * commands themselves do not see.
 */
#include "action/session.h"
#include "base/child.h"
#include "base/ident.h"
#include "base/strbuf.h"

#define REMOTE_MARK_BYTES 96u /* with its NULs */

/* One output of ssh: what commands printed, and the reports between. */
struct remote_stream {
    struct strbuf held;   /* the beginning of a mark, perhaps */
    struct strbuf report; /* what came behind the mark */
    bool marked;          /* it is a report that comes now */
};

struct remote {
    void (*output)(void *arg, enum child_stream stream, struct sv bytes);
    void *arg;
    char *host;
    char **ssh; /* "ssh", options; NULL-terminated */
    struct strbuf init;
    struct ident_text mark; /* the random number, as text */
    char *script;           /* the command that ssh carries out over there */
    struct remote_stream stream[CHILD_STREAM__N];
    struct strbuf said; /* by ssh, before the shell began */
    int64_t pid;        /* of the shell over there; 0: not known yet */
};

typedef void remote_output_fn(void *arg, enum child_stream stream, struct sv bytes);
struct remote *remote_new(const struct session_remote *spec, remote_output_fn *output, void *arg);
void remote_free(struct remote *r);

/* A new shell is about to begin: mark, script and streams are made anew. */
void remote_begin(struct remote *r);
/* What to start, with the commands as its standard input; NULL-terminated, lives until the next call. */
const char *const *remote_argv(struct remote *r);
/* The same for a terminal over there, with another driver, which gets the mark and `bytes` as $1 and $2. */
const char *const *remote_terminal_argv(struct remote *r, const char *driver, const char *bytes);

/* The mark with its NULs, in buf. */
struct sv remote_mark(const struct remote *r, char buf[REMOTE_MARK_BYTES]);
/* Where the mark begins, or what may become one when more has come; s.n: nowhere. */
size_t remote_find_mark(struct sv s, struct sv mark);

/*
 * Bytes of an output: what commands printed goes to `output`.  *ret is the text of a report once it is whole (the pieces of
 * session.c), valid until the next call; before it is empty.  ERR_LIMIT: it is too long.
 */
NODISCARD enum err_code remote_feed(struct remote *r, enum child_stream stream, struct sv bytes,
                                    struct sv *ret);
/* The report has been read: what comes now is output again. */
void remote_taken(struct remote *r);

/*
 * End everything that the shell over there has started, and with it the shell: TERM, after grace_ms KILL.  `done`
 * is called from the loop when that is so, or nothing more can be known.
 */
void remote_kill(const struct remote *r, uv_loop_t *loop, uint64_t grace_ms,
                 void (*done)(void *arg), void *arg);
