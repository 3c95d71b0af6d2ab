#pragma once

/*
 * env: what a rule may speak of: sources with kind and unit, aliases, names of rules.
 *
 * Filled by the planner from the binding and from what targets expose, read by
 * rule_check().  Everything is copied.
 */
#include "base/vec.h"
#include "rule/rule.h"

struct rule_source {
    struct sv name; /* a metric, or "http.health", "sql.deals", "http.health.json.latency" */
    enum source_kind kind;
    struct dim_type type; /* DIM_ANY: from the name's suffix, or not known */
    double unit;          /* factor to base units; 0 is 1 */
    struct sv said;       /* the word of the binding for it; empty: it says none */
    enum worse worse;
};

struct rule_alias {
    struct sv name;
    struct expr *expr;
    enum worse worse;
};

struct rule_env; /* opaque */
struct rule_env *rule_env_new(void);
void rule_env_free(struct rule_env *env);
DEFINE_CLEANUP(struct rule_env *, rule_env_free)

/* Take unknown names for what their use suggests, instead of refusing them. */
void rule_env_permit_unknown(struct rule_env *env, bool permit);
bool rule_env_permits_unknown(const struct rule_env *env);
/* The poll interval that windows are compared with (RB411); 15 s unless set. */
void rule_env_set_interval(struct rule_env *env, int64_t us);
int64_t rule_env_interval(const struct rule_env *env);

/* The last declaration of a name counts. */
void rule_env_add_source(struct rule_env *env, const struct rule_source *s);
/* ERR_INVALID: the text is no expression; diag is where. */
NODISCARD enum err_code rule_env_add_alias(struct rule_env *env, struct sv name, struct sv text,
                                           enum worse worse, struct rule_diag *diag,
                                           struct err *err);
/* A rule that a checkpoint may name. */
void rule_env_add_rule(struct rule_env *env, struct sv name);

/* NULL: not declared. */
const struct rule_source *rule_env_source(const struct rule_env *env, struct sv name);
const struct rule_alias *rule_env_alias(const struct rule_env *env, struct sv name);
bool rule_env_has_rule(const struct rule_env *env, struct sv name);
/* The declared name (source, alias or built in) nearest to this one; .p NULL: none is near. */
struct sv rule_env_nearest(const struct rule_env *env, struct sv name);
/* Likewise, of the aliases alone. */
struct sv rule_env_nearest_alias(const struct rule_env *env, struct sv name);
struct sv rule_env_nearest_rule(const struct rule_env *env, struct sv name);

/* Read a unit word of a binding or an exposition: "seconds", "ms", "percent", "MB".  False: not one. */
NODISCARD bool rule_unit_parse(struct sv word, struct dim_type *ret, double *unit);
/* Kind and dimension that a metric's name tells ("_total", "_seconds"); SOURCE_UNKNOWN, DIM_COUNT. */
void rule_metric_guess(struct sv name, struct rule_source *ret);

/* A member of a source prefix (conditions.md 1.4): "http" "status". */
struct rule_member {
    const char *prefix, *member; /* member "": the source itself; "*": any other */
    enum source_kind kind;
    enum dim dim;
};
/* The row for parts of a name, or NULL.  *is_prefix: the first part is a known prefix. */
const struct rule_member *rule_member_find(const struct sv *parts, size_t n, bool *is_prefix);
/*
 * Kinds of events that any environment has, and nobody binds: deploy, flag_toggle, incident, rollback.  False: none of these.
 * rule_event_own(i): the i-th, .p NULL after the last.
 */
bool rule_event_is_own(struct sv kind);
struct sv rule_event_own(size_t i);
/* The nearest member name of that prefix; .p NULL: none. */
struct sv rule_member_nearest(struct sv prefix, struct sv member);
/* Of a checked rule.  False: rows that no source gives.  A rule over them would say HOLD for ever. */
bool rule_name_is_fed(const struct expr *name);
/* "http.N.down_time": of each poll how long it was down since the one before, of which only a sum says something. */
bool rule_name_is_spell(const struct expr *name);
/* ".exit, .out, .json.PATH" */
void rule_member_list(struct sv prefix, struct strbuf *out);
/* Parts of the name that name the bound source: 2 of "http.health.status", 1 of a metric. */
size_t rule_bound_parts(const struct expr *name);
