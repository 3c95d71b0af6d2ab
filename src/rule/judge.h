#pragma once

/*
 * judge: rules over time: results become states, states become the verdict of the run.
 *
 * Make one per watch (or per gate of a step), add checked rules, then, after each round of polls,
 * call judge_tick() with the time.  It is a function of its state, the samples and that time:
 * saved and restored at any moment it goes on to the same verdicts (docs/formats/rules.md).  Fixed spans
 * and poll interval come in already scaled (rule_scale(), rule_times_scale()).  Not thread-safe.
 */
#include "rule/bands.h"
#include "rule/judge_fsm.h"
#include "rule/samples.h"
#include "rule/times.h"
#include "rule/value.h"

#define JUDGE_UNSET INT64_MIN /* a moment that is not known */

struct judge_config {
    struct sv run;        /* id of the run, for evidence */
    int64_t interval_us;  /* of polls; 0: 15 s */
    int64_t t0_us;        /* the deploy mark; JUDGE_UNSET: the step's begin, else the first tick */
    int64_t step_us;      /* begin of the step that a gate belongs to */
    int64_t run_start_us; /* "after week N" counts from here */
    int64_t rollback_until_us; /* how long the way back is possible */
    int64_t
        watch_us; /* length of the watch; a later checkpoint or longer "within" makes it longer ... */
    bool watch_fixed;        /* ... unless somebody said how long it is */
    struct rule_times times; /* all 0: rule_times_default() */
};

struct judge; /* opaque */
struct judge *judge_new(const struct judge_config *c, struct samples *s);
void judge_free(struct judge *j);
DEFINE_CLEANUP(struct judge *, judge_free)

/*
 * Add a rule that rule_check() made; it must live as long as the judge.  Returns its index, or the
 * number that checkpoints have.  All rules come before the first tick.
 */
size_t judge_add(struct judge *j, struct sv id, const struct rule *r);
/*
 * A part of the watch that has a deploy mark of its own, such as one phase of several: rules and checkpoints in it count from
 * there, and are not in force before.  The same name is the same scope.
 */
#define JUDGE_WHOLE SIZE_MAX
size_t judge_scope(struct judge *j, struct sv name);
struct sv judge_scope_name(const struct judge *j, size_t scope);
size_t judge_add_in(struct judge *j, size_t scope, struct sv id, const struct rule *r);
/* Measure what the rules compare with, from the samples up to the first changing step (R5). */
void judge_measure_baseline(struct judge *j, int64_t at_us);
/* The same of rules that compare with nothing but what logs had before (rule_knows_before()): that is known at any time. */
void judge_measure_known(struct judge *j, int64_t at_us);
/* A rule that compares with what was not measured, or too seldom: it can only say HOLD. */
bool judge_lacks_baseline(const struct judge *j, size_t rule);
/* Give a rule's baselines by hand: all become this number. */
void judge_set_baseline(struct judge *j, size_t rule, double value);
/* A phase of the document is done ("after phase 4": name "phase", n 4; "after cleanup": n 0). */
void judge_phase_done(struct judge *j, struct sv name, uint64_t n);
bool judge_phase_is_done(const struct judge *j, struct sv name, uint64_t n);
/* That of the whole watch: scopes that have none get it too. */
void judge_set_t0(struct judge *j, int64_t t0_us);
void judge_set_scope_t0(struct judge *j, size_t scope, int64_t t0_us);
/* The mark of a scope, or of JUDGE_WHOLE; JUDGE_UNSET: it is not reached. */
int64_t judge_t0(const struct judge *j, size_t scope);
/* What was there before is not looked at any more: no window reaches back over it. */
void judge_forget_before(struct judge *j, int64_t t_us);
void judge_set_step(struct judge *j, int64_t step_us);
void judge_set_rollback_until(struct judge *j, int64_t until_us);

/* Judge what is due at t_us.  A time that is not later than the last one does nothing. */
void judge_tick(struct judge *j, int64_t t_us);

/* clang-format off */
enum judge_result_kind { RESULT_NONE, RESULT_FALSE, RESULT_TRUE, RESULT_NODATA, RESULT_ERROR, RESULT__N };
enum judge_state {
    STATE_INACTIVE, STATE_GOOD, STATE_NODATA, STATE_ERROR, STATE_PENDING, STATE_SUSPENDED, STATE_FIRED,
    STATE_WAITING, STATE_OPEN, STATE_TIMEOUT, STATE_PASSED, STATE_FAILED, STATE_REPORT, STATE__N
};
/* clang-format on */
extern const char *const judge_result_names[RESULT__N]; /* "", "false", "true", "NODATA", "ERROR" */
extern const char *const judge_state_names[STATE__N];

/* What is known of a rule after a tick.  Views are valid until the next one. */
struct judge_result {
    struct sv id;
    const struct rule *rule;
    enum judge_result_kind result;
    enum nodata nodata; /* of RESULT_NODATA */
    struct sv why;      /* its name, or the text of ERROR; .p NULL: none */
    enum judge_state state;
    enum verdict verdict; /* contribution */
    bool evaluated;       /* at this tick */
    bool changed;         /* state, verdict or flapping: worth an evidence record */
    bool flapping, uncovered;
    bool no_data_at_checkpoint;
    bool has_value, has_limit, has_limit_to, has_n, has_share, has_window, has_for;
    double value, limit, limit_to, n, share, share_to;
    struct dim_type type;   /* of value and limit */
    struct num written;     /* the limit as the rule has it; .text.n 0: it computes it */
    bool at_least;          /* a report's percentile lies in the last bucket (R14) */
    int64_t at_us;          /* of the evaluation; JUDGE_UNSET: none yet */
    int64_t from_us, to_us; /* window */
    double covered_s;
    int64_t since_us, elapsed_us, need_us; /* "for", or how long a gate held */
};
size_t judge_n_rules(const struct judge *j);
void judge_result(const struct judge *j, size_t rule, struct judge_result *ret);
/* What of has_share lies above the limit: "6.6%", or between two buckets both that are possible, "0% to 50%". */
struct dim_text judge_share_text(const struct judge_result *r);

/* One of the conditions that a rule joins; a rule that is one comparison of a number has none beside itself. */
struct judge_operand_text {
    char s[256];
};
struct judge_operand {
    struct sv text; /* "error_rate[1m] > 5%" */
    enum judge_result_kind result;
    struct sv why; /* of NODATA and ERROR; .p NULL: none */
    bool has_value, has_limit, has_limit_to;
    bool share_open; /* value_text has the two shares that are possible, between two buckets */
    double value, limit, limit_to; /* value: of a percentile the share above the limit */
    struct dim_type type;
    struct num written;                   /* as in struct judge_result */
    struct judge_operand_text value_text; /* "8.1%"; "": nothing was measured */
};
size_t judge_n_operands(const struct judge *j, size_t rule);
void judge_operand(const struct judge *j, size_t rule, size_t i, struct judge_operand *ret);
/* "a > 1 is true (3); b > 2 is NODATA (stale)"; nothing for a rule without. */
void judge_explain_operands(const struct judge *j, size_t rule, struct strbuf *out);

/*
 * What a rule never saw, in all looks of the watch: a value at all, or one of its conditions, which then can decide nothing.
 * False: nothing of the kind.
 */
struct judge_unseen {
    uint64_t looks;  /* 0: it was never in force */
    struct sv part;  /* the condition; .p NULL: the rule itself */
    const char *why; /* "no-series", ... */
    bool
        decides; /* it would have had a say in the verdict: not "ok", "info", "missing ok", nor what saw rows of nulls */
};
bool judge_unseen(const struct judge *j, size_t rule, struct judge_unseen *ret);

/* One line for people: "error_rate 10% > 5% for 5m (3m 00s of 5m 00s)". */
void judge_explain(const struct judge *j, size_t rule, struct strbuf *out);

/* The run's verdict (R39), latched; and which rule it comes from (SIZE_MAX: a checkpoint or none). */
enum verdict judge_verdict(const struct judge *j, size_t *rule);
/* The watch is over: the last checkpoint is closed, and the longest stated period has passed. */
bool judge_is_over(const struct judge *j);
int64_t judge_watch_end(const struct judge *j);
/* The last moment at which a rule was judged; JUDGE_UNSET: none was. */
int64_t judge_last_us(const struct judge *j);

/* What happened at the last tick: to be journaled, then done. */
enum judge_event_kind {
    JUDGE_FIRED,    /* an action of a rule: do it, once */
    JUDGE_RESOLVED, /* a rule that had fired is good again */
    JUDGE_NO_DATA,  /* four GAPs in a row (R24): one message */
    JUDGE_FLAPPING, /* R33: one message */
    JUDGE_CLOSED,   /* a checkpoint closed; INVESTIGATE wants judge_answer() */
};
struct judge_event {
    enum judge_event_kind kind;
    size_t rule; /* or the number of the checkpoint */
    enum rule_action action;
    struct sv name;
    bool again; /* a rollback when there was one already: page people, repeat nothing (R39) */
};
const struct judge_event *judge_events(const struct judge *j, size_t *n);

/* Checkpoints, in the order of their time. */
struct judge_checkpoint {
    struct sv id;   /* "T+5m", "step+30s" */
    size_t scope;   /* or JUDGE_WHOLE */
    int64_t due_us; /* JUDGE_UNSET: its beginning is not known yet */
    enum check_phase phase;
    int64_t judged_us, closed_us; /* JUDGE_UNSET: not yet */
    int64_t late_us;              /* 0: on time */
    enum verdict verdict;         /* once closed */
};
size_t judge_n_checkpoints(const struct judge *j);
void judge_checkpoint(const struct judge *j, size_t i, struct judge_checkpoint *ret);
/* The i-th rule that it judges; SIZE_MAX after the last. */
size_t judge_checkpoint_rule(const struct judge *j, size_t checkpoint, size_t i);
/* A person's answer to a closed checkpoint (CHECK_GO_ON, CHECK_AGAIN, CHECK_ROLL_BACK); false: not asked. */
bool judge_answer(struct judge *j, size_t checkpoint, enum check_event answer);

/* docs/formats/rules.md, section 2.  Restore into a judge with the same rules, before its first tick. */
json_t *judge_save(const struct judge *j);
NODISCARD enum err_code judge_restore(struct judge *j, const json_t *tree, struct err *err);
