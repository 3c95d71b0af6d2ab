#pragma once

/*
 * manager: what keeps services running, behind one interface (docs/adr/0006-service-managers.md).
 *
 * Embed a call, zeroed, fill what stands under "in", call manager_start().  done() is called
 * exactly once, from the loop, never from inside a function of this header, after the last
 * handle is closed, also when it could not be begun, was cancelled or took too long; the struct
 * may be used again there after manager_release().  A verb only says that the manager took it
 * and did what it says it did: whether the service then runs, and what, is for who looks with
 * MANAGER_STATUS (action/service.c).
 */
#include <uv.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "net/http.h"
#include "plan/plan.h"

enum manager_verb {
    MANAGER_START, /* of what runs: nothing */
    MANAGER_STOP,  /* of what does not run: nothing */
    MANAGER_RESTART,
    MANAGER_RELOAD, /* its configuration; the process stays */
    MANAGER_STATUS, /* `status` */
    MANAGER_LOGS,   /* the last lines, into `logs` */
    MANAGER_VERB__N
};
const char *manager_verb_name(enum manager_verb v);

enum manager_state {
    MANAGER_UNKNOWN,
    MANAGER_STOPPED,
    MANAGER_STARTING, /* or waiting to be started again after a crash */
    MANAGER_RUNNING,
    MANAGER_STOPPING,
    MANAGER_FAILED, /* ended, and the manager gave up */
    MANAGER_STATE__N
};
const char *manager_state_name(enum manager_state s);

struct manager_status {
    enum manager_state state;
    int64_t pid;        /* of the main process, here; 0: none */
    int64_t started_us; /* of the main process, UTC; 0: not known */
    int64_t
        restarts; /* after crashes, by the manager itself, since it was told to start; -1: it does not count */
    int64_t exit_status; /* of the last main process; -1: not known */
    int64_t memory_bytes,
        cpu_us;     /* of all its processes, as the manager accounts; -1: it does not */
    bool ended;     /* it ended unasked, and that is not yet counted in `restarts` */
    bool once;      /* it is to do its work and end: nothing stays */
    bool old_image; /* a container of an image that its name no longer means */
    char text[160]; /* in the manager's own words: "active (running)" */
    char
        at_boot[24]; /* whether it starts with the machine, likewise: "enabled"; empty: not known */
};

struct manager_call;
typedef void manager_done_fn(struct manager_call *c);

struct manager_ops {
    const char *name; /* as the binding says it */
    /* Begin; report by manager_end(), also from inside. */
    void (*start)(struct manager_call *c);
    /* Give up: manager_end() follows.  NULL: it ends by itself in a moment. */
    void (*cancel)(struct manager_call *c);
    /* Free `state`; called before done(). */
    void (*release)(struct manager_call *c);
    /* The command with which a person looks at the service's log. */
    void (*look)(const struct plan_service *s, struct strbuf *out);
    /* The command with which a person does the same. */
    void (*by_hand)(const struct plan_service *s, enum manager_verb v, struct strbuf *out);
};

struct manager_call {
    /* in; all must live until done() */
    uv_loop_t *loop;
    struct http_client *http;
    const struct plan *plan;
    const struct plan_service *service;
    enum manager_verb verb;
    uint64_t timeout_ms; /* 0: none */
    size_t log_lines;    /* of MANAGER_LOGS */
    manager_done_fn *done;
    void *data; /* the caller's */

    /* results */
    enum err_code rc;             /* ERR_INTERRUPTED: cancelled; ERR_TIMEOUT: it took too long */
    bool lost;                    /* it was asked for, and nobody knows whether it was done */
    struct err err;               /* what, why; the hint is the command to look or to do it with */
    struct manager_status status; /* of MANAGER_STATUS */
    struct strbuf logs;           /* of MANAGER_LOGS: lines */
    const char *said; /* of a verb: "started", "is running already"; never NULL after ERR_OK */

    /* private */
    const struct manager_ops *ops;
    void *state;
    bool running, ending, timed_out, cancelled;
    uv_timer_t deadline, report;
    int open_handles;
};

#define MANAGER(name) extern const struct manager_ops manager_##name;
#include "action/managers.inc"
#undef MANAGER

/* The row of a name of the binding ("systemd"), or NULL. */
const struct manager_ops *manager_find(struct sv name);
void manager_start(struct manager_call *c);
/* Harmless when it has ended. */
void manager_cancel(struct manager_call *c);
/* Give the results back; not between manager_start() and done(). */
void manager_release(struct manager_call *c);
/*
 * Ask for the status and wait for it, on a loop of its own: for a resume, when nothing else runs.
 * Bounded by timeout_ms.
 */
NODISCARD enum err_code manager_ask(const struct plan *plan, const struct plan_service *service,
                                    uint64_t timeout_ms, struct manager_status *ret,
                                    struct err *err);

/* --- for the managers --- */

/* Report: done() follows from the loop.  Once.  c->err is filled when rc is not ERR_OK. */
void manager_end(struct manager_call *c, enum err_code rc);
/* "cannot restart web by systemd: ...", with the command by hand as hint; ends the call. */
void manager_fail(struct manager_call *c, enum err_code code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The same when it was asked for, and the answer did not come. */
void manager_lose(struct manager_call *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* `key` of the binding, or what stands in its place. */
struct sv manager_or(struct sv text, const char *otherwise);
/* The last `lines` lines of a text. */
struct sv manager_tail(struct sv text, size_t lines);
/* The last log_lines lines of the service's `log` into `logs`; without one, nothing.  Fills c->err. */
NODISCARD enum err_code manager_tail_file(struct manager_call *c);
/* Our environment with that of the plan, NULL-terminated; and how such a list is freed (NULL is nothing). */
char **manager_env(const struct plan *p);
void manager_free_words(char **words);
/* When a process here started, UTC; 0: there is none. */
int64_t manager_process_started_us(int64_t pid);
