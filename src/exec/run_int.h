#pragma once

/*
 * run_int: what the files of src/exec share.
 */
#include "action/action.h"
#include "action/verify.h"
#include "exec/back.h"
#include "exec/run.h"
#include "exec/step_fsm.h"
#include "exec/watcher.h"
#include "rule/rule.h"

/* How often a step is begun whose contact is lost, when beginning it again does no harm. */
#define RUN_LOST_TRIES 3u

enum run_stage {
    STAGE_VALUES, /* placeholders get their values */
    STAGE_FORWARD,
    STAGE_WATCH,
    STAGE_WAY_BACK,
};

/* A host of a step that runs on several. */
struct run_host {
    enum step_state state;     /* PLANNED: its turn has not come, or comes again */
    bool touched, was_touched; /* a command was begun on it; what that was before this attempt */
    struct sv reason;          /* why it failed, or is in doubt */
};

/* A phase of the document with rules of its own. */
struct run_phase {
    struct sv id;       /* of its part */
    size_t first, step; /* its changing steps; SIZE_MAX: none is left */
    int64_t at_us;      /* its mark, or 0 */
};

struct run_step {
    const struct plan_step *p;
    enum step_state state;
    int64_t attempt;              /* 0: never begun */
    int64_t started_us, ended_us; /* by the steady clock */
    int64_t intent_us; /* when it began by the wall clock, as files and processes are stamped */
    struct hash out;   /* of its output, when has_out */
    bool has_out;
    bool way_back;
    uint64_t gates_passed;  /* those that are not asked again */
    int64_t gate_since_us;  /* its gates are waited for since; 0: they are not */
    int64_t tries;          /* repetitions of this turn */
    int64_t retry_due_us;   /* it failed, and is tried again then; 0: it is not */
    bool denied;            /* a person said no to it */
    bool left;              /* it failed, and the run went on */
    struct sv instead;      /* ... to this part or step, which is done if it fails; empty: none */
    int64_t approvals_us;   /* words up to this moment are in the journal */
    struct run_host *hosts; /* p->n_on of them */
};

/* The act of a step on one of its hosts. */
struct run_on {
    struct run *run;
    size_t at; /* of p->on */
    struct action action;
    bool ready, acting;
    struct strbuf lines[CHILD_STREAM__N]; /* what is not a whole line yet */
    json_t *checks;
    size_t check_at;
    double first_sum;
    bool has_first_sum;
};

/* The step in progress on its hosts, all at the same time. */
struct run_fleet {
    struct run_on *on; /* one for each host; NULL: no such step is in progress */
    size_t n, running;
    size_t asked;      /* the host that a question is about */
    uint64_t said_all; /* by number of the expectation: yes for all hosts */
    bool second_look;
    uv_timer_t keep; /* outcomes are committed together */
};

/* Somebody who has run it: they do not approve it. */
struct run_operator {
    struct sv name, login;
};

struct run_session {
    struct run *run;
    struct sv name;
    struct session *s;
    json_t *restore; /* diff to start from, or NULL */
};

/* The maintenance flag, while it is on. */
struct run_flag {
    bool held;
    char *path;
    size_t step;          /* that switched it on */
    bool untold;          /* it has, and was killed before it could say so */
    bool lifted_for_stop; /* given back while the run is interrupted */
};

struct brief;
struct outbox;
struct run_decision;
struct run_switch;
struct run_watch;
struct run_gate_watch;

/* The gates of the step whose turn it is. */
struct run_gates {
    size_t step;        /* that this is about; SIZE_MAX: none yet */
    struct sv what;     /* that is waited for, as it was told */
    size_t asked;       /* while r->asking */
    bool checking;      /* a command of wait_until runs */
    bool holds;         /* it ended well */
    int64_t checked_us; /* when it ended last; 0: never */
    uv_timer_t timer;
    uv_fs_event_t files;
    plan_zones zones;
    struct run_gate_watch *watch;
};

/* Events with what they are made of; one row each. */
struct run_events_list {
    VEC(struct event) v;
    VEC(json_t *) data;
    VEC(char *) texts;
};

struct run {
    struct store *store;
    struct journal *journal;
    const struct plan *plan;
    struct run_options opt;
    int64_t id;
    uv_loop_t loop;
    struct http_client *http;
    struct values values;
    struct action_env env;
    struct arena arena;

    enum run_stage stage, after_values;
    bool settle;                /* resumed: the step whose turn it is was begun and not ended */
    VEC(struct run_step) steps; /* forward, then way back */
    size_t n_forward;
    size_t at;        /* the step whose turn it is */
    size_t branch_of; /* the failed step whose branch is gone; SIZE_MAX: none */
    uv_timer_t retry;
    enum step_state resumed;      /* of the step at which it stood, before a resume */
    size_t mark_step;             /* the last changing one; SIZE_MAX: none */
    int64_t mark_us;              /* T0, or 0 */
    VEC(struct run_phase) phases; /* that rules belong to */
    size_t next_variable;
    bool started_message;

    /* the step in progress */
    struct action action;
    bool acting, action_ready;
    struct run_fleet fleet;
    struct verify check;
    json_t *checks; /* results of the expectations so far */
    size_t check_at;
    double first_sum;
    bool has_first_sum;
    int64_t wait_until_us; /* of a step that is repeated until it holds; 0: not */
    uv_timer_t again;
    bool asking;
    int64_t asked_us,
        waited_us;        /* since when, and how long people thought over what the step came to */
    bool fleet_asks;      /* about one host of several */
    bool way_back_failed; /* on some hosts; the others go on */
    enum run_question_kind question;
    char *reason; /* why the step failed */

    VEC(struct run_session *) sessions;
    struct run_flag flag;
    struct run_watch *watch;
    struct alerts *alerts;             /* what an Alertmanager has told */
    int64_t last_report;               /* the number of what was told last and is in the journal */
    struct outbox *outbox;             /* NULL: nobody is told */
    VEC(struct run_switch *) switches; /* of flags, that have no outcome yet */
    size_t n_switching;                /* that are carried out just now */
    int64_t n_switched;                /* the number of the last one */
    struct run_gates gates;
    struct run_choices {
        struct run_decision *of; /* for each decision of the plan */
        size_t asked;            /* while r->asking */
        size_t
            failed; /* the step that failed, while it is asked what is done instead; SIZE_MAX: none */
        size_t denied; /* the step that failed, instead of which nothing is done; likewise */
    } choice;
    VEC(struct run_operator) operators;
    struct run_look {
        bool *done;   /* for each checkpoint of the plan */
        size_t asked; /* while r->asking */
        uv_timer_t timer;
    } look;

    struct run_events_list queue; /* that wait for the next commit */
    struct run_events_list kept;  /* that are durable, while the listener is told of them */
    bool telling;
    uv_timer_t later;    /* the loop's next turn, in which the run does what the listener wants */
    struct brief *brief; /* of what is in the journal; NULL: a commit has failed */

    bool interrupted, stop_wanted, held, hold_told, roll_back_wanted, rolled_back, shells_open;
    char *interrupt_reason, *last_reason;
    bool advancing, want_advance;
    json_t *finish; /* data of run-finished, when the run is over for good */
    enum verdict verdict;
    char *verdict_text;
    bool watch_longer;   /* the watch goes on behind its end, and that was said */
    bool watch_unjudged; /* that rules saw nothing was said */
    struct sv roll_back_reason, roll_back_by;
    struct back back;       /* of the way back, when it has begun */
    struct sv back_to;      /* the last step that stays; empty: none does */
    struct sv old_document; /* hash of its text */
    int64_t created_us;
    int64_t rolls_back; /* the finished run that this one brings back; 0: none */
    enum exit_code exit;
    struct err err; /* why it ended so */
    bool ending;    /* only what became of flags is waited for */
    bool over, closing;
    int open_sessions;
};

/* --- run.c --- */

struct run *run_new(struct store *store, const struct plan *plan, const struct run_options *opt);
/*
 * Lock, journal and recorded state of the unfinished run r->id.  A run whose process lives is not ours to go on
 * with (ERR_LOCKED); one that was stopped or crashed is.
 */
NODISCARD enum err_code run_take(struct run *r, struct err *err);
/* It cannot begin, or go on: whoever comes next may.  *err is r->err. */
enum err_code run_give_up(struct run *r, struct err *err);
/* Lock, number and journal of a new run; its first events wait for run_commit(). */
NODISCARD enum err_code run_create_back(struct run *r, json_t *about, struct err *err);
/* Its turn does not come again: done, left out, or failed and left. */
bool run_step_is_passed(const struct run_step *s);
void run_begin_way_back(struct run *r, struct sv reason, struct sv by);
/* The step whose turn it is really begins: what is said, and measured, before it. */
void run_step_opened(struct run *r);
/* Nothing is in progress: decide what comes next.  Never re-entered. */
void run_advance(struct run *r);
/* The run ends here, with this exit code; r->err is set for bad ends.  What is open is closed. */
void run_end(struct run *r, enum exit_code code);
/* The journal cannot be written: stop at once, without another event. */
void run_broken(struct run *r, const struct err *err);

/* --- run_record.c --- */

/* Put an event into the next commit; takes over data. */
void run_queue(struct run *r, enum event_kind kind, const struct run_step *s, json_t *data);
/* Make everything that is queued durable, then tell the listener.  False: run_broken() was called. */
NODISCARD bool run_commit(struct run *r);
/* Tell the listener of something that is not kept. */
void run_tell(struct run *r, const char *name, const struct run_step *s, json_t *data);
/* `host`: of a step on several; empty otherwise. */
void run_tell_output(struct run *r, const struct run_step *s, struct sv host,
                     enum child_stream stream, struct sv bytes);
/* "host-outcome" of a host of the step in progress, in its present state. */
void run_queue_host_outcome(struct run *r, struct run_step *s, size_t host);
/* "step-outcome" of the step in progress, in its present state. */
void run_queue_outcome(struct run *r, struct run_step *s);
/* What a person who was asked during the watch has said. */
json_t *run_answer_data(bool yes, struct sv by, struct sv note);
void run_queue_free(struct run *r);

/* --- run_step.c --- */

void run_step_event(struct run *r, enum step_event ev);
/* Begin the step at r->at; its intent goes into the queue and is committed. */
void run_step_begin(struct run *r);
void run_step_cancel(struct run *r);
void run_step_answer(struct run *r, bool yes, struct sv by, struct sv note);
void run_queue_answer(struct run *r, bool yes, struct sv by, struct sv note, const char *how,
                      struct sv host);
struct run_step *run_current(struct run *r);
/* What a machine can say of an outcome: the worst result; each is added to `checks`. */
enum verify_result run_judge(struct run *r, const struct plan_step *p,
                             const struct action_outcome *o, json_t *checks);
/* What a person said of an expectation. */
void run_add_said(struct run *r, const struct plan_expect *e, bool yes, struct sv by,
                  struct sv note, json_t *checks);
/* Why the checks do not hold. */
void run_explain(const json_t *checks, struct strbuf *out);
/* The step whose turn it is, and that was not begun, is left out. */
void run_step_skip(struct run *r, struct sv why);
/*
 * A person is asked, who may take hours; what was done before is durable.  Where nobody is there, the run waits for somebody
 * who is.
 */
void run_ask(struct run *r, const struct run_question *q);
/* The first expectation from *at on that no machine answers, or NULL. */
const struct plan_expect *run_open_expect(const struct plan_step *p, size_t *at);
/* All of them, a line each: they are asked about at once. */
struct sv run_open_expects(struct run *r, const struct plan_step *p, size_t at);
bool run_expects_increase(const struct plan_step *p);
/* May a look that does not hold be repeated? */
bool run_time_left(struct run *r, const struct plan_step *p);
void run_look_again(struct run *r, uint64_t ms);
void run_queue_doubt(struct run *r, const char *decision, struct sv evidence, json_t *hosts);
/* Ends what is in progress. */
void run_act_cancel(struct run *r);

/* --- run_fleet.c: a step on several hosts; what run_step.c does for one --- */

void run_fleet_init(struct run *r);
void run_fleet_free(struct run *r);
void run_fleet_clear(struct run *r); /* the step is over, or begins anew */
/* Way back: hosts that nothing was begun on are left alone.  True: all of them, *why. */
bool run_fleet_leave_alone(struct run *r, struct sv *why);
/* Before an intent: what failed has its turn again; the names of those whose turn it is. */
json_t *run_fleet_ready(struct run *r);
void run_fleet_act(struct run *r);
void run_fleet_cancel(struct run *r);
void run_fleet_check(struct run *r);
void run_fleet_probe(struct run *r);
void run_fleet_answer(struct run *r, bool yes, bool all, struct sv by, struct sv note);
/* The question that is open. */
void run_fleet_question(struct run *r, struct run_question *q);
/* The way back failed, and the step whose turn it is brings no other host of the same group back. */
bool run_way_back_is_over(const struct run *r);
/* From the journal. */
void run_fleet_load_intent(struct run_step *s, const json_t *data);
NODISCARD bool run_fleet_load_outcome(struct run *r, struct run_step *s, const json_t *data);
/* Resumed: true when a host was begun and nobody knows how it ended. */
bool run_fleet_settle(struct run_step *s);
/* A step that resume found begun and not ended. */
void run_step_settle(struct run *r);
void run_set_reason(struct run *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* --- run_choice.c --- */

void run_choices_init(struct run *r);
/* May the step at r->at be carried out?  False: it is left out, a person is asked, or the run has ended. */
bool run_choices_open(struct run *r);
/* The answer: which option, from 1; 0: none; SIZE_MAX: it was not understood. */
void run_choice_answer(struct run *r, size_t option, struct sv by, struct sv note);
/* What a mere yes means: the only option that is left; SIZE_MAX: there are several. */
size_t run_choice_of_yes(const struct run *r);
/* Where the command of a QUESTION_OUTCOME has printed, when that is a file (run_printed.c). */
void run_printed_into(struct run *r, struct run_question *q);
/* The step at r->at failed.  True: the plan says what is done instead, and the run has gone on. */
bool run_choice_planned(struct run *r, struct run_step *s);
/* The step at r->at failed.  True: a person is asked what is done instead. */
bool run_choice_instead(struct run *r);
/* From the journal: an answer, or that it was asked for when `step` had failed. */
void run_choice_load(struct run *r, size_t step, const struct event *e, const json_t *data);

/* --- run_fail.c --- */

void run_fail_init(struct run *r);
/* "or back: prusik rollback r-0001": how else a run that stands is left. */
const char *run_or_back(struct run *r);
/* A step failed: again, on, a branch, back, or a stop. */
void run_after_failure(struct run *r, struct run_step *s);
int64_t run_retry_wait_ms(const struct plan_step *p, int64_t n, double random);
/* The branch of this failed step is taken from its beginning. */
void run_branch_begin(struct run *r, const struct run_step *s);
/* A resume: true, and r->at is the step of a branch that was begun and not ended. */
bool run_branch_resume(struct run *r);
/* A step of a branch is over: true, and r->at is the next one of it or the run has ended. */
bool run_branch_step_over(struct run *r);
/* Why a step of a branch that is not gone is left out; empty: it is no such step. */
struct sv run_branch_skip(struct run *r, const struct plan_step *p);
/* A step that failed and was left; NULL: there is none. */
const struct run_step *run_left_step(const struct run *r);

/* --- run_back.c --- */

/* The way back begins: what is left out of it; what is said of that goes into `data`. */
void run_back_begin(struct run *r, json_t *data);
/* Can it go to this step?  Empty: it is not asked.  ERR_REFUSED says what cannot be undone. */
NODISCARD enum err_code run_back_choose(struct run *r, struct sv to, struct err *err);
/* From the journal: "rollback-started", and "rolls_back" of the first event. */
NODISCARD enum err_code run_back_load(struct run *r, const json_t *data, struct err *err);
NODISCARD enum err_code run_back_load_old(struct run *r, const json_t *old, struct err *err);
/* Why the step whose turn it is is left out of the way back; empty: it is not. */
struct sv run_back_skip(struct run *r);
/* Maintenance was switched on by a step that stays. */
bool run_back_keeps_flag(const struct run *r);

/* --- run_gate.c --- */

void run_gates_init(struct run *r);
/* May the step at r->at begin?  False: it is waited for (run_advance() comes again), or the run has ended. */
bool run_gates_open(struct run *r);
/* A command of a gate runs: its end calls run_advance(). */
bool run_gates_busy(const struct run *r);
void run_gates_cancel(struct run *r);
void run_gate_answer(struct run *r, bool yes, struct sv by, struct sv note);
void run_gates_stop(struct run *r);
void run_gates_free(struct run *r);
/* From the journal: what was said and passed. */
void run_gates_load(struct run_step *s, const struct event *e, const json_t *data);
/* Has this person, or this login, run it? */
bool run_is_operator(const struct run *r, struct sv who, struct sv login);

/* --- run_gate_watch.c --- */

/* Rules are judged while the gate is waited for, if there are any; once, until it is stopped. */
void run_gate_watch_begin(struct run *r, const struct plan_gate *g);
/* The rule that the gate waits for holds. */
bool run_gate_watch_open(const struct run *r);
void run_gate_watch_stop(struct run *r);
void run_gate_watch_free(struct run *r);

/* --- run_session.c --- */

struct session *run_session_for(struct run *r, const struct plan_step *p);
/* What commands have left in the background: which of it stays, and which is ended with its shell. */
void run_sessions_tell(struct run *r);
void run_sessions_close(struct run *r); /* run_end() goes on when all are closed */
void run_session_remember(struct run *r, const struct plan_step *p, json_t *diff);

/* --- run_hold.c --- */

/* After the act of a step, whatever it is found to be worth: what is held now. */
void run_hold_update(struct run *r, size_t step);
/* Into its intent: the flag that it is about to set, and that nobody has set. */
void run_hold_put_intent(struct run *r, const struct plan_step *p, json_t *intent);
/* From the journal: the step's intent is the last that is known of it, and `file` what it was about to set. */
void run_hold_suspect(struct run *r, size_t step, const char *file);
/* What was not told for a kill is told now. */
void run_hold_tell(struct run *r);
/* At an end of the run: lift what can be lifted safely; *kept says what stays and why. */
void run_hold_give_back(struct run *r, bool stopped, json_t *kept);
/* When going on after a stop: what was given back is taken again. */
bool run_hold_retake(struct run *r);

/* --- run_load.c --- */

NODISCARD enum err_code run_load(struct run *r, struct err *err);
/* What another run of the same plan has done, as if this one had. */
NODISCARD enum err_code run_load_old(struct run *r, int64_t id, struct err *err);
/* Where a resume begins that is to try a failed step again.  ERR_INVALID: there is none, or another one. */
NODISCARD enum err_code run_choose_retry(struct run *r, struct err *err);

/* --- run_watch.c --- */

/* Sources are polled from now on, for the baseline; a resumed watch goes on. */
NODISCARD enum err_code run_watch_begin(struct run *r, struct err *err);
bool run_step_is_change(const struct run_step *s);
/* A step of a plan after which a deployment counts as done. */
bool run_step_marks(const struct plan_step *p);

/* --- run_phase.c --- */

/* Which there are. */
void run_phases_init(struct run *r);
/* The step whose turn it was is over: the marks of those phases that it was the last of. */
void run_phases_over(struct run *r);
/* The deploy mark of the run is that of all phases that have none. */
void run_phases_done(struct run *r, int64_t at_us);
void run_phases_load(struct run *r, struct sv id, int64_t at_us);
/* Is the mark of any phase, or of the run, reached? */
bool run_is_marked(const struct run *r);
/* The phase is being deployed: something of it may be changed, and its mark is not reached.  Of an unknown one: true. */
bool run_phase_is_begun(const struct run *r, struct sv id);
/* For the watcher, `arg` is the run: a section of this name ("phase-4") has no step whose turn is still to come. */
bool run_phase_is_over(void *arg, struct sv name);
/* Does the run stop or start services of a later phase, while rules of an earlier one are judged?  opened: the step whose turn it is begins. */
bool run_phase_pauses(const struct run *r, bool opened);
void run_watch_baseline(struct run *r); /* the first changing step begins */
/* A mark is reached: the rules of the phase, or with an empty one all, are judged from there on. */
void run_watch_mark(struct run *r, struct sv phase, int64_t at_us);
/* The step whose turn it is begins: nothing is judged while services are stopped and started. */
void run_watch_pause(struct run *r);
bool run_watch_has_baseline(const struct run *r);
/*
 * The step whose turn it is is the first that changes something, and rules compare with what was not measured yet: it waits,
 * no longer than the plan says.  A round of the watch calls run_advance() then.
 */
bool run_watch_awaits_baseline(struct run *r, const struct run_step *s);
bool run_watch_needed(const struct run *r);
bool run_watch_over(const struct run *r);
/* At its end: tell which rules never saw a value; an OK becomes INVESTIGATE when one of them had a say in it. */
void run_watch_tell_unjudged(struct run *r);
void run_watch_answer(struct run *r, bool yes, struct sv by, struct sv note);
void run_watch_stop(struct run *r);
void run_watch_free(struct run *r);
/* From the journal: the verdict as it was. */
NODISCARD enum err_code run_watch_load(struct run *r, const struct event *e, const json_t *data,
                                       struct err *err);

/* --- run_event.c: what happens in the environment meanwhile --- */

/* For the watcher: `arg` is the run. */
NODISCARD enum err_code run_event_moments(void *arg, struct sv kind, int64_t after_us,
                                          watcher_moments *ret, struct err *err);
/* Likewise: what is told over HTTP is kept in the store, where the next round finds it. */
NODISCARD enum err_code run_event_note(void *arg, const struct watcher_note *n, struct err *err);
/* What people and programs have told since the last time is put into the journal with the next commit. */
void run_events_journal(struct run *r);
/* From the journal: it is there. */
void run_events_load(struct run *r, const json_t *data);

/* --- run_look.c --- */

void run_look_init(struct run *r);
/* Something is left that a person is to look at. */
bool run_look_needed(const struct run *r);
/* Ask for what is due, or wait for it; false: there is nothing, or nobody who could be asked. */
bool run_look_waits(struct run *r);
void run_look_answer(struct run *r, bool yes, struct sv by, struct sv note);
/* From the journal: it was answered. */
void run_look_load(struct run *r, const json_t *data);
void run_look_stop(struct run *r);

/* --- run_notify.c: receivers are told what is in the journal --- */

void run_notify_begin(struct run *r);
void run_notify(struct run *r); /* events were committed */
void run_notify_end(struct run *r);
void run_notify_free(struct run *r);

/* --- run_flag.c: flags that rules switch off --- */

/* Of the watcher: the rule fired.  Takes over data; its intent waits for the next commit. */
void run_flags_fired(struct run *r, json_t *data);
/* Intents are durable: they are carried out.  False: run_broken() was called. */
NODISCARD bool run_flags_go(struct run *r);
bool run_flags_open(const struct run *r); /* some have no outcome yet */
bool run_flags_busy(const struct run *r); /* some are carried out just now */
void run_flags_cancel(struct run *r);     /* those end soon, in the loop */
/* The run ends for good, and they are in doubt. */
void run_flags_leave(struct run *r, const char *why);
void run_flags_free(struct run *r);
/* From the journal. */
void run_flags_load(struct run *r, const struct event *e, const json_t *data);

/* --- run_message.c --- */

void run_message(struct run *r, const char *when);
