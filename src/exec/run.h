#pragma once

/*
 * run: one execution of a plan.
 *
 * Every intent is in the journal before its act, every outcome together with the next
 * intent; a run that was killed at any instant is loaded again from the journal, each
 * step in its recorded state, and goes on (promises P3, P9).  What happens is told as
 * events: those that the journal keeps, after they are durable, and passing ones
 * (output, progress) that it does not keep.
 *
 * One run per process; not thread-safe.  Signals are the caller's: run_interrupt().
 */
#include <uv.h>

#include "plan/plan.h"
#include "store/journal.h"

struct run;
struct action_outcome;

/* A thing that happened.  `data` and `step` live during the call. */
struct run_event {
    int64_t run, seq; /* seq of the journal; 0: a passing event */
    int64_t at_us, attempt;
    const char *name;             /* "step-outcome", "output", "progress" */
    const struct plan_step *step; /* or NULL */
    const json_t *data;           /* or NULL */
    struct sv bytes;              /* of "output" */
};

enum run_question_kind {
    QUESTION_MANUAL,     /* do this, and say whether it is done */
    QUESTION_OUTCOME,    /* look at the output: is it as expected? */
    QUESTION_DOUBT,      /* it was begun before a crash: has it happened? (no: it is done again) */
    QUESTION_CHOICE,     /* "if needed": is it?  Or which of several ways is gone? */
    QUESTION_CHECKPOINT, /* a checkpoint wants a look: go on? */
    QUESTION_GATE,       /* a gate before the step: go on? */
    QUESTION_LOOK,       /* the schedule wants a person to look: is it as it should be? */
};

struct run_question {
    enum run_question_kind kind;
    const struct plan_step *step; /* or NULL */
    struct sv text;
    const struct action_outcome *outcome; /* of QUESTION_OUTCOME */
    struct sv into;      /* it prints into this file, as far as that is known; or empty */
    struct sv into_tail; /* the end of it, without secrets */
    int64_t into_bytes;  /* how long it is; -1: it was not looked at */
    struct sv host;      /* of a step on several hosts: the one that is asked about */
    size_t more;         /* further hosts that it will be asked about */
    const struct plan_decision *decision; /* of QUESTION_CHOICE */
    const bool *gone;                     /* of each of its options: it has failed already */
    struct sv failed; /* why `step` failed, when something is done instead of it */
    bool clean;       /* nothing before it in this direction has failed */
};

struct run_options {
    /*
     * Told of everything that happens, what is kept in the order of the journal.  It may stop, hold, turn back or answer
     * the run: that is done when what it was told behind is through.
     */
    void (*listen)(void *arg, const struct run_event *e);
    /* Ask the operator; run_answer() follows some time.  NULL: unattended, nobody can be asked. */
    void (*ask)(void *arg, const struct run_question *q);
    void *arg;
    const struct secrets *secrets;
    const struct binding_pair *secret_env; /* values of the plan's `secrets`, for sessions */
    size_t n_secret_env;
    const struct binding
        *binding; /* that knows the secrets of sources and receivers, or NULL; outlives the run */
    struct sv operator_name;
    struct sv document; /* its text, which the journal keeps without secrets; of a start only */
    const struct binding_options *
        given; /* of a start only: what the command line gave to the binding, whose names are kept; or NULL */
    const json_t
        *differs; /* resume only: how the plan of today would differ, which is kept; or NULL */
    struct sv
        document_now; /* resume only: hash of the document as it stands, which may have been edited; empty: unknown */
    struct sv
        retry; /* resume only to try this failed step again ("*": where it stands); empty: go on */
    struct sv back_to;      /* go back to this step, which stays; empty: the whole way */
    struct sv back_reason;  /* of run_start_back() */
    bool wait;              /* at gates: wait here, and end with EXIT_CODE_WAITING only when ... */
    bool exit_when_waiting; /* ... this is set, then for anything that is not so yet */
    uint64_t grace_ms;      /* between TERM and KILL; 0: 5 s */
    const struct action_terminal *terminal; /* for commands that wait for a person; NULL: none */
};

/* ERR_REFUSED, with the first of them: the plan has open questions; `attended`: that nobody can answer while it runs, either. */
NODISCARD enum err_code run_check_questions(const struct plan *plan, bool attended,
                                            struct err *err);
/*
 * Begin a run: ERR_LOCKED when the environment is in use or has an unfinished run, ERR_REFUSED when
 * the plan has open questions that nobody can answer.  The plan must outlive the run.
 */
NODISCARD enum err_code run_start(struct store *store, const struct plan *plan,
                                  const struct run_options *opt, struct run **ret, struct err *err);
/*
 * Go on with an unfinished run; `plan` is the one of run_plan().  ERR_LOCKED when its process lives,
 * ERR_INVALID when it is finished.
 */
NODISCARD enum err_code run_resume(struct store *store, int64_t id, const struct plan *plan,
                                   const struct run_options *opt, struct run **ret,
                                   struct err *err);
/*
 * Bring back a run that is finished, by a run of its own, which has the plan and the values of the other one.  ERR_INVALID
 * when that was brought back already, ERR_REFUSED when a later run stands on it, or nothing of it can be undone;
 * ERR_LOCKED as of run_start().
 */
NODISCARD enum err_code run_start_back(struct store *store, int64_t id, const struct plan *plan,
                                       const struct run_options *opt, struct run **ret,
                                       struct err *err);
/* What became of the run; when it is finished also whether it may be brought back.  For back_found_release(). */
struct back_found;
NODISCARD enum err_code run_back_check(struct store *store, int64_t id, struct back_found *ret,
                                       struct err *err);
/* The plan that a run was started with. */
NODISCARD enum err_code run_plan(struct store *store, int64_t id, struct plan *ret,
                                 struct err *err);
/* The folder in which it was started, which relative paths of its plan begin at; empty: an older run. */
NODISCARD enum err_code run_folder(struct store *store, int64_t id, struct strbuf *ret,
                                   struct err *err);
void run_free(struct run *r);
DEFINE_CLEANUP(struct run *, run_free)

uv_loop_t *run_uv(struct run *r);
int64_t run_id(const struct run *r);

/* Where it stands before run_go(): of the direction that it goes on in, the steps that do not have their turn again. */
struct run_stand {
    bool way_back;
    size_t over, of;
};
struct run_stand run_stand(const struct run *r);

/* Carry it out until it ends, waits, fails or is interrupted.  *err says why it did not end well,
 * or, when it is done, that it could not be sealed. */
enum exit_code run_go(struct run *r, struct err *err);

/* The operator's answer to the last question; `by` NULL: the run's operator. */
void run_answer(struct run *r, bool yes, struct sv by, struct sv note);
/* The answer to a QUESTION_CHOICE: one of its options, counted from 1; 0: none. */
void run_choose(struct run *r, size_t option, struct sv by, struct sv note);
/* The same for every host that the question is open for: only when the person has said so. */
void run_answer_all(struct run *r, bool yes, struct sv by, struct sv note);
/* Stop: the running command gets TERM, then KILL; everything is given back; run_go() returns 130. */
void run_interrupt(struct run *r, const char *reason);
/* Stop as run_interrupt() does, but not before the step in progress has ended, and a question that is open is answered. */
void run_stop_soon(struct run *r, const char *reason);
/*
 * Begin no step until it is released; the one in progress ends, and what is watched stays watched.  The caller's own
 * handles keep the loop alive meanwhile.
 */
void run_hold(struct run *r, bool hold);
/* Take the way back, as soon as the running command has ended (one that changes something is let end); one that is begun goes on. */
void run_roll_back(struct run *r, struct sv reason, struct sv by);

/*
 * Leave a step out of a run that stands still; a resume goes on behind it.  ERR_INVALID when it is over or belongs to the
 * other direction, ERR_REFUSED when it is an approval, ERR_LOCKED when the run's process lives.
 */
NODISCARD enum err_code run_skip_step(struct store *store, int64_t id, struct sv step, struct sv by,
                                      struct sv why, struct err *err);
/*
 * Take the lock of a run from an owner that is gone: provably, or, on another host, by the word of who names that host.
 * ERR_LOCKED when the process lives or nobody can know, ERR_INVALID when nobody has the run.
 */
struct run_takeover {
    struct sv by, why;
    struct sv confirm; /* name of the host whose process is certainly gone; may be empty */
};
NODISCARD enum err_code run_take_over(struct store *store, int64_t id, const struct run_takeover *t,
                                      struct err *err);

/*
 * End an unfinished run for good, without carrying anything out; what a crash has left running is ended, and the
 * maintenance flag is lifted where that is safe.  ERR_INVALID when it is finished, ERR_LOCKED when its process lives.
 */
NODISCARD enum err_code run_abort(struct store *store, int64_t id, struct sv by, struct sv why,
                                  struct err *err);
/* Can the flags of a plan be switched off at all?  ERR_INVALID, or what reading them gives. */
NODISCARD enum err_code run_flags_check(const struct plan *p, struct err *err);
