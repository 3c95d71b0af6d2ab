#pragma once

/*
 * judge_int: shared by judge.c, judge_step.c (states), judge_checkpoint.c, judge_json.c and evidence.c.
 */
#include "rule/eval.h"
#include "rule/judge.h"

#define HIST_MAX 21u /* R33 */

/* All that a rule remembers besides its nodes; plain, so that the state before a tick can be kept. */
struct rule_state {
    enum run_phase run;
    enum gate_phase gate;
    int64_t since_us, elapsed_us;
    int64_t fresh_us;  /* counted since a long gap; -1: no such demand */
    int64_t last_us;   /* evaluation; JUDGE_UNSET */
    int64_t result_us; /* last that was no GAP */
    int64_t first_us;  /* a gate's first look */
    bool real;         /* the run holds a BAD result that is no missing value */
    bool holding;      /* a gate: the last known result was true */
    bool flapping;
    bool done_effects, done_rollback; /* of this firing */
    unsigned gaps;                    /* that escalate, in a row */
    uint32_t hist;                    /* bit 0 is the newest: BAD */
    unsigned n_hist;
    uint64_t firings;
    uint64_t looks, known; /* evaluations, and those that were true or false */
    int64_t parts;         /* bit i: the i-th condition was known once */
    bool nulls;            /* a look compared with nothing but nulls of rows */
    unsigned gap;          /* why it was not known last: enum nodata, NODATA__N: ERROR */
};

/* What was seen last. */
struct rule_seen {
    enum judge_result_kind result;
    enum nodata nodata;
    char *error; /* owned */
    enum judge_state state;
    enum verdict verdict;
    bool evaluated, changed, uncovered, no_data_at_checkpoint, at_least, active;
    bool at_checkpoint; /* judged for one */
    struct eval_info info;
};

struct judge_rule {
    struct sv id;
    const struct rule *rule;
    struct rule_prog *prog;
    struct rule_state st, before; /* before: at the beginning of the last evaluation */
    json_t *nodes_before;         /* the same of the nodes, or NULL: they have none */
    struct rule_seen seen;
    size_t derived_from;  /* SIZE_MAX, or the rule that a "baseline" checkpoint compares */
    unsigned checkpoints; /* that judge it only there; 0: it stands */
    size_t family;        /* SIZE_MAX: none */
    size_t scope;         /* JUDGE_WHOLE: none of its own */
    enum verdict worst;   /* rule_verdict() */
    struct sv operands[OPERANDS_MAX];
    size_t n_operands; /* that have their words here */
};

struct judge_check {
    struct sv id;
    size_t scope; /* or JUDGE_WHOLE */
    struct rule_moment at;
    VEC(struct sv) names; /* none: all */
    bool explicit_rule;   /* a "checkpoint" rule, not only an "at" */
    bool all;
    VEC(size_t) members;
    enum check_phase phase;
    int64_t judged_us, closed_us, late_us;
    enum verdict verdict;
};

struct judge_family {
    struct sv subject;
    size_t scope;
    VEC(struct band) rows;
    VEC(size_t) members; /* rules that measure it */
};

struct judge_part {
    struct sv name;
    int64_t t0_us; /* JUDGE_UNSET: its mark is not reached */
};

struct judge_phase {
    struct sv name;
    uint64_t n;
};

struct judge {
    struct arena arena;   /* for its life */
    struct arena scratch; /* of the last tick */
    struct judge_config cfg;
    struct samples *s;
    VEC(struct judge_rule) rules;
    VEC(struct judge_check) checks;
    VEC(struct judge_family) families;
    VEC(struct judge_phase) phases;
    VEC(struct judge_part) scopes;
    int64_t floor_us; /* judge_forget_before(), or JUDGE_UNSET */
    VEC(struct judge_event) events;
    bool ready;
    int64_t at_us; /* last tick */
    enum verdict verdict;
    size_t verdict_rule;
    bool latched;
};

/* Checkpoints and families, once, after the last rule. */
void judge_make_ready(struct judge *j);
/* judge_step.c: one evaluation of a rule. */
void judge_step(struct judge *j, size_t i, int64_t t_us, bool at_checkpoint);
/* The first rule alone, whatever is in force (evidence); no_data: its checkpoint's grace was over. */
void judge_again(struct judge *j, int64_t t_us, bool at_checkpoint, bool no_data);
/* The rule is not in force: whatever it was counting ends. */
void judge_rest(struct judge *j, size_t i);
/* Its run is pending: at the end of its time it is followed to its end, for an hour without a result at most (R28). */
bool judge_rule_followed(const struct judge *j, const struct judge_rule *r, int64_t t_us);
bool judge_rule_active(const struct judge *j, const struct judge_rule *r, int64_t t_us);
/* Where the windows of a rule begin: at its mark, or later. */
int64_t judge_rule_from(const struct judge *j, const struct judge_rule *r);
void judge_event_add(struct judge *j, enum judge_event_kind kind, size_t rule);
/* max(2 intervals, 60 s) of the rule. */
int64_t judge_fresh_us(const struct judge *j, const struct judge_rule *r);

/* judge_checkpoint.c */
void judge_checks_add(struct judge *j, size_t scope, const struct rule *r);
void judge_checks_ready(struct judge *j);
void judge_checks_open(struct judge *j, int64_t t_us);
bool judge_check_wants(const struct judge *j, size_t rule);
void judge_checks_close(struct judge *j, int64_t t_us);
enum verdict judge_checks_verdict(const struct judge *j);

/* judge_operand.c: after an evaluation, what of it was known. */
void judge_operands_note(struct judge_rule *r);

/* judge_json.c */
json_t *judge_rule_save(const struct rule_state *st);
void judge_rule_load(const json_t *o, struct rule_state *st);
json_t *judge_nodes_save(struct rule_prog *p);
NODISCARD bool judge_nodes_load(struct rule_prog *p, const json_t *a);
json_t *judge_baselines_save(struct rule_prog *p);
NODISCARD bool judge_baselines_load(struct rule_prog *p, const json_t *a);
