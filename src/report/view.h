#pragma once

/*
 * view: a run as its journal tells it, for those who show it.
 *
 * Read once, from the events alone; texts live in the view.
 */
#include "plan/plan.h"
#include "store/journal.h"

struct view_attempt {
    int64_t number, begun_us, ended_us;
    struct sv state;       /* "done", "failed", ...; "running" without an outcome */
    const json_t *outcome; /* data of step-outcome, or NULL */
    const json_t *doubt;   /* data of step-doubt: how resume decided about it; or NULL */
};

struct view_answer {
    int64_t at_us;
    bool approval;
    const json_t *data; /* of answer or approval */
};

/* A host of a step on several, in one attempt. */
struct view_host {
    int64_t attempt;
    struct sv host, state; /* "running" without an outcome */
    const json_t *outcome; /* data of host-outcome, or NULL */
};

struct view_step {
    const struct plan_step *p;
    bool way_back;
    struct sv state; /* of the last attempt; "planned", "skipped" */
    struct sv skipped, skipped_by;
    VEC(struct view_attempt) attempts;
    VEC(struct view_answer) answers;
    VEC(struct view_host) hosts; /* in the order in which they begin */
};

struct view_event {
    int64_t seq, at_us, attempt, kind;
    struct sv step;
    json_t *data;
};

enum view_state {
    VIEW_RUNNING, /* its process lives */
    VIEW_CRASHED, /* its process is gone, and it did not say goodbye */
    VIEW_STOPPED, /* failed, interrupted or waiting: it can be resumed */
    VIEW_FINISHED,
};

struct view {
    struct arena arena;
    struct plan plan;
    int64_t id, begun_us, ended_us;
    enum view_state state;
    struct store_lock owner; /* of VIEW_RUNNING */
    struct sv outcome;       /* "done", "rolled-back", "aborted", ... of a finished run */
    int64_t exit;
    const json_t *gate; /* data of gate-waiting while it waits at one, or NULL */
    struct sv gate_step;
    const json_t *last; /* data of the event that ended or stopped it, or NULL */
    int64_t last_kind;
    struct sv operator_name, host, version;
    struct sv verdict, verdict_text;
    struct sv rollback_reason, rollback_by;
    struct sv held; /* the file of the maintenance that is on; empty: none */
    int64_t mark_us;
    int64_t rolls_back; /* the run that this one brings back; 0: none */
    struct sv back_to;  /* the way back went only to this step, which stays; empty: it did not */
    VEC(struct view_step) steps;
    VEC(struct view_event) events;
    size_t found;         /* private: the step of the last event */
    const json_t *counts; /* private: of a brief view */
};

NODISCARD enum err_code view_load(struct store *s, int64_t id, struct view *ret, struct err *err);
/*
 * The same as far as `prusik status` shows it, from the run's summary (exec/brief.h), in a time that does not grow with the run: of the
 * plan title, document, environment and the numbers of steps; of the steps the current one, with its last attempt and its hosts, and the one
 * whose gate waits, with its approvals; of the events those of flags.  Without a summary that is made after the last event, and
 * when `full` is set: view_load().
 */
NODISCARD enum err_code view_load_brief(struct store *s, int64_t id, bool full, struct view *ret,
                                        struct err *err);
void view_release(struct view *v);

/* How long the attempt took, without the time that people thought over what they were asked; and that time. */
int64_t view_took_us(const struct view_attempt *a);
int64_t view_waited_us(const struct view_attempt *a);

/* The step that has begun and not ended, or that failed or waits; NULL when there is none. */
const struct view_step *view_current(const struct view *v);
/* The document that was carried out, without secrets.  ERR_NOT_FOUND when the journal does not have it. */
NODISCARD enum err_code view_document(struct store *s, const struct view *v, struct strbuf *ret,
                                      struct err *err);
/* The event that tells most of a rule: the first that fired, or else the last; NULL when it was not judged. */
const struct view_event *view_rule_event(const struct view *v, struct sv id);
/* What it is, in one word: "running", "crashed", "waiting", "refused", "failed", "interrupted",
 * "rollback-failed", or the outcome of a finished run. */
const char *view_word(const struct view *v);
/* What is known last of a host of a step on several; NULL: its turn has not come. */
const struct view_host *view_host_of(const struct view_step *s, struct sv host);
/* One of the flags that rules switched: "NEW_UI to off by rule queue: in effect 1.2 s after the verdict, at 1 consumer".  False:
 * the event is not its outcome, nor an intent that has none. */
bool view_flag_text(const struct view *v, const struct view_event *e, struct strbuf *out);
size_t view_count(const struct view *v, bool way_back, struct sv state);
