#pragma once

/*
 * make_int: the state of making one plan, shared by the files that do it.
 */
#include "plan/plan.h"
#include "runbook/command.h"
#include "runbook/names.h"

/* A step or a part (with all its steps) of the document that the binding speaks of. */
struct make_ref {
    uint32_t part, step; /* one of them RB_NONE */
};

/* Where a step of a sign-off stands. */
enum make_sign {
    SIGN_NONE,   /* it is none */
    SIGN_BEFORE, /* before the first step that deploys: it approves */
    SIGN_AHEAD,  /* at the end of the document, for what is to be done: it is moved there */
    SIGN_AFTER,  /* after something was deployed: it accepts that */
};

/* What lint is sure of about a step of the way back. */
struct make_fault {
    uint32_t step;
    size_t line;
    const char *id;
    struct sv text, hint;
};

/* Of a step: an item above a block that is asked with what the block shows. */
struct make_look {
    uint32_t
        shown_by; /* of the item: the step whose output is looked at; RB_NONE: it is asked by itself */
    uint32_t first; /* of that step: the first such item, or RB_NONE ... */
    uint32_t next;  /* ... and of each item the next one */
};

struct make {
    const struct runbook *rb;
    struct names names;
    struct binding *b;
    struct arena *arena;
    struct err *err;
    json_t *root, *questions;         /* borrowed from root */
    VEC(struct make_ref) answer_refs; /* parallel to b->answers, b->steps, b->choices */
    VEC(struct make_ref) step_refs;
    VEC(struct make_ref) choice_refs;
    struct map hosts_asked;         /* by name */
    uint32_t *failure_of;           /* for each step: the step whose failure it is for; RB_NONE */
    VEC(struct sv) values;          /* placeholder names that were used */
    struct make_look *looks;        /* of each step of the document */
    enum make_sign *signs;          /* of each step of the document */
    uint32_t first_deploy;          /* step; RB_NONE: there is none */
    bool postgres_sought, postgres; /* a command speaks of PostgreSQL; once it was looked for */
    VEC(struct make_fault) back_faults; /* by line */
    size_t *changes;  /* of each part, itself and below: how many steps deploy something ... */
    size_t n_changes; /* ... and in the whole document */
};

/* --- make.c --- */

/* The step or part that a reference of the binding means.  ERR_INVALID names the nearest one. */
NODISCARD enum err_code make_resolve(struct make *m, struct sv ref, size_t line,
                                     struct make_ref *ret);
/* A question; texts are copied. */
struct make_asked {
    const char *file;
    size_t line;
    const char *kind;
    bool at_plan; /* before any run; false: a person can be asked during the run */
    struct sv text, answer_with;
};
void make_ask(struct make *m, const struct make_asked *asked);
/* About the document. */
void make_question(struct make *m, size_t line, const char *kind, bool at_plan, struct sv text,
                   struct sv answer_with);
/* "deploy.md:369": the document's name without folder, and the line.  The id of a rule of the document. */
struct sv make_place(const struct make *m, size_t line);
/* Is the step meant by the reference? */
bool make_ref_covers(const struct make *m, const struct make_ref *ref, uint32_t step);
/* The reason why the binding drops the rule or expectation at this line, or with this text; NULL: it does not. */
const struct binding_pair *make_dropped(const struct make *m, size_t line, struct sv text);
/* A list that several files fill. */
json_t *make_pairs(const struct binding_pair *v, size_t n);

/* --- make_text.c --- */

/* Text with placeholders as pieces; asks for those that are not bound. */
json_t *make_pieces(struct make *m, struct sv text, size_t line, bool is_template);
/* The command of a step, likewise; "a_*.sql" is the file that the run makes as "a_$(date +F).sql". */
json_t *make_command(struct make *m, const struct rb_step *s);
/* A word of a command, with its variables. */
json_t *make_word(struct make *m, const struct shell_word *w, size_t line);
/* The word's text when the binding can say it now (no run-time values in it); false otherwise. */
bool make_word_now(struct make *m, const struct shell_word *w, struct strbuf *out);

/* --- make_host.c --- */

/* How the step's host is reached; NULL: it runs here.  *bound: the binding says so. */
const struct binding_host *make_host(const struct make *m, const struct rb_step *s, bool *bound);
/* Does it run on another host? */
bool make_is_remote(const struct make *m, const struct rb_step *s);
/* "host", "remote" and "session" of a step; asks for a host that is not bound. */
void make_where_host(struct make *m, const struct rb_step *s, struct sv session, json_t *out);
/* How it is reached, into `out`: address (that of this machine: none), ssh, login. */
void make_put_reach(const struct binding_host *h, struct sv name, json_t *out);
/* Is the step's host a group? */
bool make_is_fleet(const struct make *m, const struct rb_step *s);
/* Can the form be judged from what the step's command on another host prints? */
bool make_remote_shows(const struct rb_step *s, enum rb_expect_form form);

/* --- make_source.c --- */

/* "sources" of the binding into "watch" of the plan. */
NODISCARD enum err_code make_bound_sources(struct make *m, json_t *watch);
/* "listen" of the binding, likewise; ERR_INVALID: it is no address, or a source needs it. */
NODISCARD enum err_code make_listen(struct make *m, json_t *watch);
/* Rules that a source brings along: what was left out of what it was told is looked into. */
void make_source_rules(const struct make *m, json_t *rules);
/* "notify" of the binding into the plan. */
NODISCARD enum err_code make_notify(struct make *m);

/* --- make_flag.c --- */

/* "flags" and "flag_files" of the plan. */
void make_flags(struct make *m);

/* --- make_service.c --- */

/* A service of the binding, under this name, into "services" of the plan. */
NODISCARD enum err_code make_service_bound(struct make *m, const struct binding_service *s,
                                           struct sv name);
/* A step that a manager of the binding carries out; *ours is false when none is bound for it. */
NODISCARD enum err_code make_service(struct make *m, const struct command *c, json_t *out,
                                     json_t *action, bool *ours);

/* --- make_action.c --- */

/* make_sql.c: kind and parameters of a step of SQL. */
enum err_code make_sql(struct make *m, const struct rb_step *s, const struct binding_step *set,
                       json_t *out, json_t *action);

/* {"kind", "action"} of a step into `out`; `set`: what the binding says of it, or NULL. */
NODISCARD enum err_code make_action(struct make *m, uint32_t step, const struct binding_step *set,
                                    json_t *out);

/* --- make_choice.c --- */

/* Asks which of the conditional, optional and alternative parts and steps of one direction are carried out. */
void make_ask_choices(struct make *m, bool way_back);
/* "choices" of a step; *skip is why it is left out, if it is. */
void make_choices(struct make *m, uint32_t step, json_t *out, struct sv *skip);
/* Why a run leaves the part out from the beginning: for another environment, or the binding says no; empty: it does not. */
struct sv make_part_left(struct make *m, uint32_t part);
/* Is it carried out whatever its run meets, as far as the binding says? */
bool make_is_sure(struct make *m, uint32_t step);
/* Is there anything to choose about the step? */
bool make_is_choice(const struct rb_step *s);

/* --- make_step.c --- */

/* What `steps` of the binding says of it; NULL: nothing. */
const struct binding_step *make_settings_of(const struct make *m, uint32_t step);
/* What is answered ahead for it, or NULL. */
const struct binding_answer *make_answer_of(const struct make *m, uint32_t step);

/* --- make_look.c --- */

/* Items that are asked with the output of the block below them: m->looks. */
void make_looks(struct make *m);
bool make_is_forward(const struct make *m, const struct rb_step *s);
bool make_is_way_back(const struct make *m, const struct rb_step *s);

NODISCARD enum err_code make_steps(struct make *m, bool way_back, json_t **ret);

/* --- make_left.c --- */

/* "left": what was read as something to do, and neither the way forward, the way back nor the watch does it. */
void make_left(struct make *m);

/* --- make_sign.c --- */

/* Fill `signs` and `first_deploy`. */
void make_order(struct make *m);
/* Does it accept what was done? */
bool make_accepts(const struct make *m, uint32_t step);
/* Kind and role of an approval. */
void make_approval(const struct make *m, uint32_t step, json_t *out, json_t *action);
/* --- make_gate.c --- */

/* "people" of the plan. */
NODISCARD enum err_code make_people(struct make *m);
/* "before" of the steps that a gate of the binding stands before. */
NODISCARD enum err_code make_gates(struct make *m, json_t *steps, json_t *way_back);
/* Rows of `before` at the first of these steps that is carried out and has the role, or without one is meant; false: none is. */
bool make_gate_place(const struct make *m, const struct make_ref *ref, struct sv role,
                     const json_t *steps, const json_t *rows);
/* --- make_when.c --- */

/* Does it say when the document is to be carried out? */
bool make_is_when(const struct rb_meta *meta);
/* A person is asked whether it is time, where no window of the binding is judged. */
void make_whens(struct make *m, json_t *steps);

/* --- make_policy.c --- */

/* Fill failure_of, from labels such as "**If Tests Fail**:". */
void make_find_branches(struct make *m);
/* "on_failure", "branch", "branch_of" and "if_failed" of the steps. */
NODISCARD enum err_code make_policies(struct make *m, json_t *steps, json_t *way_back);

/* --- make_back.c --- */

/* The way back with the sections of phases in their reverse order; takes over `way_back`. */
json_t *make_back_order(const struct make *m, json_t *way_back);

/* --- make_place.c --- */

/* "production" of "prod"; loose: also of words that mean many other things inside a command ("test"); empty: it is none. */
struct sv make_stage_of(struct sv said, bool loose);
/* The environment that a step speaks of, "staging"; empty: of none, or of several. */
struct sv make_place_of(const struct make *m, const struct rb_step *s);

/* --- make_refused.c --- */

/* Is it one statement of SQL that is expected to be refused?  Then it changes nothing. */
bool make_is_refused(const struct make *m, const struct rb_step *s);

/* --- make_lint.c --- */

/* Fill `back_faults`. */
void make_lint_begin(struct make *m);
/* Asks about those of steps that are carried out; those that are dropped into "accepted". */
void make_lint_ask(struct make *m, const json_t *way_back);

/* --- make_undo.c --- */

/* A step of this effect leaves nothing that would have to be undone. */
bool make_changes_nothing(struct sv effect);

/* Fill "undo" of every step that is carried out, from what the way back does; asks about gaps. */
void make_undos(struct make *m, json_t *steps, json_t *way_back);

/* --- make_fleet.c --- */

/* The list with the procedures on groups carried out batch by batch, each with its health; takes over `steps`. */
json_t *make_fleets(struct make *m, json_t *steps);

/* --- make_phase.c --- */

/* Fill `changes`. */
void make_phases(struct make *m, const json_t *steps);
/* Id of the phase that what stands in this part speaks of; empty: of the whole document. */
struct sv make_phase(const struct make *m, uint32_t part);

/* --- make_watch.c --- */

/* A rule of the plan; drop: why it is not judged, or NULL. */
json_t *make_rule(struct sv id, struct sv source, struct sv text, size_t line,
                  const struct binding_pair *drop);

NODISCARD enum err_code make_watch(struct make *m);
