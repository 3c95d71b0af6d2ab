#pragma once

/*
 * action: what a step does, one row per kind.
 *
 * The executor fills a struct action, calls action_start(), and gets done() exactly
 * once from the loop; then the outcome holds what is known of the act: outputs, status
 * and the facts that expectations are checked against.  An action decides nothing about
 * the run.
 */
#include "action/capture.h"
#include "action/session.h"
#include "action/values.h"
#include "net/http.h"

/* How resume finds out whether an act without an outcome happened (promise P3). */
enum action_resume {
    RESUME_AGAIN, /* doing it again does no harm: it only looks, or sets what is set */
    RESUME_PROBE, /* the row's probe() tells */
    RESUME_ASK,   /* only a person knows */
};

enum action_result {
    ACTION_NONE,
    ACTION_ENDED,   /* the act came to its end; the facts say how */
    ACTION_BROKE,   /* it could not be carried out: err */
    ACTION_TIMEOUT, /* it was ended after its time: err */
    ACTION_STOPPED, /* it was cancelled */
    ACTION_LOST,    /* contact was lost: it may or may not have happened */
};

/* What is known after an act; what an action does not know stays as it is here. */
struct action_outcome {
    enum action_result result;
    int64_t started_us; /* by the wall clock, as files and processes are stamped */
    int64_t begun_us;   /* by the steady clock, for how long it took */
    struct err err;
    int64_t status; /* exit status; -1: there is none */
    struct capture out, errs;
    int http_status;    /* 0: none */
    int64_t elapsed_us; /* of a request */
    int64_t rows;       /* of a query, or changed by statements that gave none; -1: none */
    bool only_changed;  /* the rows are those that were changed: nothing was printed */
    bool has_number;    /* a query gave one cell with a number; or two looks a difference */
    double number;
    int active;          /* of a service: 1, 0, -1: not known */
    double free_bytes;   /* of a file system; -1: not known */
    const char *made[4]; /* files that the act was to make; owned by the action's arena */
    size_t n_made;
    struct sv
        proof; /* what reading the backups that it made has shown; .p NULL: nothing was read.  Until its release */
    bool proof_failed;
};

struct action;
typedef void action_done_fn(struct action *a);
typedef void action_output_fn(struct action *a, enum child_stream stream, struct sv shown);

/* The terminal of the person who runs it. */
struct action_terminal {
    /* `fd` is the master of a pseudo-terminal: it is given the size of ours. */
    void (*fit)(void *arg, int fd);
    /* From now on what is typed is written to `fd`, and its size follows ours; what is shown comes by show(), as it is; until
     * back(). */
    void (*lend)(void *arg, int fd);
    void (*show)(void *arg, struct sv bytes);
    void (*back)(void *arg);
    void *arg;
};

/* What an action may use; lives as long as the run. */
struct action_env {
    uv_loop_t *loop;
    struct http_client *http;
    const struct plan *plan;
    const struct values *values;
    const struct secrets *secrets;
    uint64_t grace_ms;
    const struct action_terminal *terminal; /* NULL: nobody is there */
};

struct action_ops {
    const char *kind;
    enum action_resume resume;
    bool uses_session;
    /* Begin; report by action_finish(), also from inside start(). */
    void (*start)(struct action *a);
    /* Stop what was started; the report follows.  NULL: it ends by itself in a moment. */
    void (*cancel)(struct action *a);
    /* Free `state`; called after done(). */
    void (*release)(struct action *a);
    /* RESUME_PROBE: did it happen?  1 yes, 0 no, -1 cannot tell. */
    int (*probe)(const struct action *a);
};

struct action {
    const struct action_ops *ops;
    const struct plan_step *step;
    struct action_env *env;
    struct session *session;  /* of the step's procedure; NULL when the kind needs none */
    uint64_t timeout_ms;      /* scaled; 0: the kind's own */
    action_output_fn *output; /* or NULL */
    action_done_fn *done;
    void *owner;
    struct action_outcome outcome;

    /* private */
    struct arena arena;
    void *state;
    struct proof *proof; /* of the backups that it made; NULL: none is made */
    bool running, finishing;
    uv_timer_t report; /* done() is told from the loop */
    uv_timer_t delay;
    int open_handles;
};

#define ACTION(kind) extern const struct action_ops action_##kind;
#include "action/actions.inc"
#undef ACTION

extern const struct action_ops *const action_table[];
extern const size_t n_actions;
/* The row of a kind, or NULL. */
const struct action_ops *action_find(struct sv kind);

/* a->step, env, session, done are set; the rest is made ready. */
void action_init(struct action *a);
void action_start(struct action *a);
void action_cancel(struct action *a);
/* After done(). */
void action_release(struct action *a);

/* --- for the rows --- */

/* Report: done() follows from the loop.  Once. */
void action_finish(struct action *a, enum action_result result);
/* Report ACTION_BROKE with err (copied). */
void action_break(struct action *a, const struct err *err);
/* Bytes of an output, not yet redacted. */
void action_print(struct action *a, enum child_stream stream, struct sv bytes);
/* Text of a parameter that is a list of pieces; breaks the action and returns false when it cannot be made. */
bool action_text(struct action *a, const char *key, bool for_shell, struct strbuf *out);
/* The same for pieces that are not a parameter of their own. */
bool action_pieces(struct action *a, const json_t *pieces, bool for_shell, struct strbuf *out);
/* Pieces as an absolute path: a relative one is below the session's directory.  Also before it has begun. */
NODISCARD enum err_code action_resolve_path(const struct action *a, const json_t *pieces,
                                            struct strbuf *out, struct err *err);
/* A path parameter, made so. */
bool action_path(struct action *a, const char *key, struct strbuf *out);
/* Milliseconds of the plan, scaled. */
uint64_t action_ms(const struct action *a, const char *key);
