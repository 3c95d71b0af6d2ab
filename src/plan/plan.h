#pragma once

/*
 * plan: runbook + binding for one environment: immutable, printable, hashable.
 *
 * A plan is one JSON object (docs/formats/plan.md).  plan_make() writes it,
 * plan_load() reads it into structs whose texts live in the object; a run and its
 * resume see only what plan_load() gives, so the document may change meanwhile.
 */
#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"
#include "plan/binding.h"
#include "plan/gate.h"
#include "runbook/runbook.h"

struct plan_choice {
    struct sv part, text;     /* "database-rollback", "if the release applied a migration" */
    struct sv when, contains; /* decided by a step's output; or ... */
    struct sv ask;       /* ... by the decision of this id, of which `part` is an option; or ... */
    struct sv if_failed; /* ... since this step, or one of this part, has failed */
};

/* What the person at the run decides when its turn has come: whether the one option is carried out, or which of several. */
struct plan_option {
    struct sv id, title,
        condition; /* "rollback-steps/3", "Restore from Backup", "only if ..."; may be empty */
    size_t line;
    bool after_failure; /* the condition speaks of something that fails */
};

struct plan_decision {
    struct sv id; /* of its first option */
    struct plan_option *options;
    size_t n_options;
};

struct plan_expect {
    struct rb_expect e; /* `any` is unused: see `any` below */
    bool machine;
    struct plan_expect *any;
    size_t n_any;
};

/* What must not be done there. */
struct plan_warning {
    struct sv text;
    size_t line;
};

/* An expectation that the binding drops, with its reason. */
struct plan_dropped {
    struct sv text, reason;
    size_t line;
};

enum plan_undo { UNDO_NOTHING, UNDO_INVERSE, UNDO_SECTION, UNDO_ACCEPTED, UNDO_GAP, UNDO__N };
const char *plan_undo_name(enum plan_undo u);

/* How it is known what undoes a step. */
enum plan_undo_by {
    UNDO_BY_NOTHING, /* also of a plan of an older version */
    UNDO_BY_NAME,    /* the document or the binding names it */
    UNDO_BY_THING,   /* both change the same service, database, file, folder or checkout */
    UNDO_BY_KIND,    /* both have the same kind of effect, and no more is known */
    UNDO_BY__N
};
const char *plan_undo_by_name(enum plan_undo_by by);

/* Of a step of the way back: a step that it undoes. */
struct plan_undoes {
    struct sv step; /* id, of a step on several hosts without the batch */
    enum plan_undo_by by;
};

struct plan_step {
    struct sv address; /* of another host, as ssh takes it; empty: here */
    struct sv *ssh;    /* options of ssh for it */
    size_t n_ssh;
    bool login; /* its shell there reads the user's profile */
    struct sv id, role, kind, host, session, part, title, note, command, effect;
    size_t line, end_line;
    const json_t *action;
    struct plan_expect *expects;
    size_t n_expects;
    struct plan_dropped *dropped;
    size_t n_dropped;
    struct plan_warning *warnings;
    size_t n_warnings;
    int64_t timeout_ms, wait_ms, retries;
    int64_t retry_wait_ms, retry_max_ms; /* before a repetition, and at most; max 0: none */
    double retry_factor, retry_jitter;   /* of one wait to the next; share by which it is moved */
    struct sv on_failure;                /* stop, continue, rollback, branch; empty: the plan's */
    struct sv branch;                    /* where a failure leads to, for people */
    struct sv *branch_of; /* it is carried out only when one of these steps has failed */
    size_t n_branch_of;
    struct sv if_failed; /* what the document says to do when it fails */
    enum plan_undo undo;
    struct sv undo_text;
    enum plan_undo_by undo_by;
    struct sv undo_step; /* of UNDO_SECTION: id of the step of the way back */
    struct sv verb; /* of the effect "service": start, stop, restart, reload; empty: not known */
    struct plan_undoes *undoes; /* NULL: not known */
    size_t n_undoes;
    struct plan_choice *choices;
    size_t n_choices;
    bool answered, answer; /* given ahead, by ... */
    struct sv answer_by, answer_note;
    struct sv skip;                   /* reason; empty: it is carried out */
    struct sv in_doubt, in_doubt_why; /* again, done, ask: when it was begun and not ended */
    struct plan_gate *gates;          /* in the order in which they are judged */
    size_t n_gates;
    int64_t every_ms; /* how often it is repeated while it waits; 0: as usual */
    /* On several hosts: the step on each of them, in a session of its own; `action` is then for readers only. */
    struct plan_step *on;
    size_t n_on;
    struct sv group;
    size_t batch, n_batches; /* batch from 1 */
};

/* What is carried out: of a step on one host of a group that host's own words ("http://10.0.0.1:8080/health"). */
struct sv plan_command(const struct plan_step *s);

struct plan_variable {
    struct sv name, value, command;
};

struct plan_rule {
    struct sv id, source, text, reason; /* reason: why it is dropped */
    struct sv person; /* it is for people: what follows when it is so; empty: it is judged */
    struct sv phase;  /* id of the part whose mark it counts from; empty: the last of all */
    size_t line;
    int64_t at_ms;
    bool dropped;
};

/* A rule that is only proposed: nobody judges it unless it is bound. */
struct plan_proposal {
    struct sv id, file, source, text, answer_with;
    size_t line;
};

struct plan_checkpoint_item {
    struct sv text;
    struct sv *rules;
    size_t n_rules;
    bool ask;
};

struct plan_checkpoint {
    struct sv name, phase; /* phase: as of a rule */
    int64_t at_ms;
    size_t line;
    struct plan_checkpoint_item *items;
    size_t n_items;
};

/* What tells which version of a service runs; all empty: only its process does. */
struct plan_version {
    struct sv url, field; /* a member of the JSON that it answers; without field the whole answer */
    struct sv command;    /* its output */
    struct sv newer_than; /* a file: the process must have started after it was written */
    const json_t *is;     /* pieces of the version that is expected; NULL: it is shown */
};

struct plan_service {
    struct sv name, manager;
    struct sv unit;                   /* its name there; empty: `name` */
    struct sv socket, url;            /* of the manager; empty: its own default */
    struct sv project;                /* of compose */
    struct sv dir;                    /* of runit */
    struct sv pid_file, log, workdir; /* of process; log: of runit too */
    struct sv *command;
    size_t n_command;
    int64_t start_timeout_ms, stop_timeout_ms;
    int64_t stable_ms; /* how long it must run without a crash before it counts as started */
    int64_t crashes;   /* how many are borne until then */
    struct sv ready;   /* URL that answers 2xx when it is ready; empty: it is when it runs */
    struct plan_version version;
};

struct plan_question {
    struct sv file, kind, text, answer_with;
    size_t line;
    bool at_plan; /* must be answered before a run starts */
};

struct plan_message {
    struct sv when, trigger;
    size_t line;
    const json_t *text;
};

/* A source that is watched ("log.app"), or a receiver of notices ("oncall"). */
struct plan_source {
    struct sv name, kind;
    struct sv unit;         /* of its value; empty: none, or its members have their own */
    const json_t *settings; /* for settings_reveal() */
};

/* A flag that rules and steps switch. */
struct plan_flag {
    struct sv name, definitions; /* a path */
    struct sv consumers,
        text; /* the file that says who reads it, and what stood in it; empty: there is none */
    struct sv off;
    int64_t within_ms;
    bool rehearsal;         /* it is left alone */
    const json_t *settings; /* {token}, for settings_reveal() */
};

struct plan_part {
    struct sv id, title, number, role;
    size_t line;
};

struct plan {
    struct arena arena;
    json_t *json;               /* owned */
    struct hash hash, approval; /* approval: what an approval is for */
    struct sv document, title, environment, operator_name, workdir, on_failure, flag;
    double time_scale;
    bool watch_only; /* by plan_watch_only() */
    RB_ARRAY(struct binding_pair, env);
    RB_ARRAY(struct sv, secrets);
    RB_ARRAY(struct sv, approvers);
    RB_ARRAY(struct plan_person, people);
    RB_ARRAY(struct plan_variable, variables);
    RB_ARRAY(struct plan_step, steps);
    RB_ARRAY(struct plan_step, way_back);
    RB_ARRAY(struct plan_rule, rules);
    RB_ARRAY(struct plan_proposal, proposals);
    RB_ARRAY(struct plan_checkpoint, checkpoints);
    RB_ARRAY(struct plan_service, services);
    RB_ARRAY(struct plan_question, questions);
    RB_ARRAY(struct plan_decision, decisions);
    RB_ARRAY(struct plan_message, messages);
    RB_ARRAY(struct plan_part, parts);
    struct map part_ids; /* to the first of `parts` */
    RB_ARRAY(struct binding_pair, probes);
    RB_ARRAY(struct plan_source, sources);
    RB_ARRAY(struct plan_source, receivers);
    RB_ARRAY(struct plan_flag, flags);
    RB_ARRAY(struct binding_pair, aliases);
    struct sv scrape;
    struct sv listen; /* ADDRESS:PORT where the watch is asked and told; empty: nowhere */
    int64_t interval_ms, until_ms;
    int64_t
        baseline_ms; /* how long the first changing step waits at most for what rules compare with */
    bool until_fixed; /* somebody said so: no rule makes the watch longer */
};

/* ERR_INVALID: the binding names something that the document does not have, or a value is wrong. */
NODISCARD enum err_code plan_make(const struct runbook *rb, struct binding *b, json_t **ret,
                                  struct err *err);
/*
 * Leave only the watch of it: rules, checkpoints, sources, receivers.  Its environment is one of its own, so that it
 * stands in nobody's way.
 */
#define PLAN_WATCH_SUFFIX " (watch)"
void plan_watch_only(json_t *plan);
/* Takes over `json`, also on failure.  ERR_CORRUPT when it is not a plan, ERR_INVALID for a newer format. */
NODISCARD enum err_code plan_load(json_t *json, struct plan *ret, struct err *err);
void plan_release(struct plan *p);

/*
 * The step with this id (or unique end of it) in steps or way_back, or the only one of the part that is called so; NULL and a
 * candidate otherwise.
 */
const struct plan_step *plan_find(const struct plan *p, struct sv ref, struct sv *nearest);
/* The flag of this name, or NULL. */
const struct plan_flag *plan_find_flag(const struct plan *p, struct sv name);
/* The decision with exactly this id, or NULL; and its option, or NULL. */
const struct plan_decision *plan_decision(const struct plan *p, struct sv id);
const struct plan_option *plan_option(const struct plan_decision *d, struct sv id);
/* The part with exactly this id, or NULL. */
const struct plan_part *plan_part(const struct plan *p, struct sv id);
/* What stands in front of its title, as in the document: "1.2 ", "Phase 1: ", "Option b: " (number "option-b"); of most nothing. */
void plan_add_number(const struct plan_part *part, struct strbuf *out);
/* Number of open questions; `attended`: those that a person can answer during the run do not count. */
size_t plan_open(const struct plan *p, bool attended);
/* Who may approve what. */
struct plan_crowd plan_crowd(const struct plan *p);
/* It has a rule that is not dropped. */
bool plan_judges(const struct plan *p);
/*
 * Can every gate be passed at all?  ERR_REFUSED: too few people may approve, or a window is never open from
 * now_s on; ERR_NOT_FOUND: a zone is not known.
 */
NODISCARD enum err_code plan_check_gates(const struct plan *p, int64_t now_s, struct err *err);
/* A duration of the plan that passes by the clock, scaled; not below 1 ms unless it is 0, and at most 292
 * years. */
int64_t plan_scale(const struct plan *p, int64_t ms);
/* How long something real may take: a rehearsal does not make machines faster, so it is never shortened. */
int64_t plan_bound(const struct plan *p, int64_t ms);
