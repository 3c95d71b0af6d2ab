#pragma once

/*
 * gate: what has to be so, or be said, before a step begins (docs/formats/plan.md, "Gates").
 *
 * A gate is data of the plan.  Judging one is pure: the time, the zones and what people have said come in.
 * Where clocks are changed, a window opens late and closes early, and a freeze the other way round: what a
 * local time leaves open is decided against changing something.
 */
#include "base/arena.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/tz.h"
#include "base/vec.h"

/* clang-format off */
enum plan_gate_kind { /* in the order in which they are judged: people first, then the clock */
    PLAN_GATE_CONFIRM, PLAN_GATE_APPROVE, PLAN_GATE_WAIT, PLAN_GATE_FREEZE, PLAN_GATE_WINDOW, PLAN_GATE__N
};
/* clang-format on */
extern const char *const plan_gate_names[PLAN_GATE__N]; /* "confirm", "wait_until" */

#define PLAN_GATE_FOREVER INT64_MAX

/* A time in which a window is open, or a freeze is on. */
struct plan_span {
    struct sv zone;
    unsigned days; /* weekly: bit 0 is Monday; 0: once */
    int64_t from_s,
        to_s; /* weekly: from midnight, to_s may lie days later; once: local, since 1970 */
};

struct plan_gate {
    enum plan_gate_kind kind;
    struct sv text; /* for people: "mon-thu 22:00 to 04:00 Europe/Berlin" */
    struct sv why;  /* of a freeze */
    size_t line;    /* in the binding */
    bool note;      /* confirm: it needs a note */

    /* approve */
    struct sv *roles, *of;
    size_t n_roles, n_of;
    int64_t need, expires_ms; /* expires_ms 0: never */
    bool not_self;

    /* window, freeze; wait_until a time: one span, of which from_s counts */
    struct plan_span *spans;
    size_t n_spans;

    /* wait_until */
    struct sv command, rule, at_timeout; /* stop, continue, ask */
    int64_t every_ms, timeout_ms;        /* timeout_ms 0: none, of a time */
};

/* Who may approve as what. */
struct plan_person {
    struct sv name;
    struct sv *roles, *logins;
    size_t n_roles, n_logins;
};

/* The rows of "before" of a step.  ERR_CORRUPT: a row is not one. */
NODISCARD enum err_code plan_gates_load(struct arena *a, const json_t *rows, struct plan_gate **ret,
                                        size_t *n, struct err *err);

/* Zones that were opened; one for each name. */
struct plan_zone {
    struct sv name;
    struct tz *tz;
};
typedef VEC(struct plan_zone) plan_zones;
/* Open what the spans of a gate name.  ERR_NOT_FOUND, ERR_CORRUPT: see tz_open(). */
NODISCARD enum err_code plan_zones_open(plan_zones *z, const struct plan_gate *g, struct err *err);
void plan_zones_release(plan_zones *z);

/* Is it in one of the gate's spans, and when does that change (PLAN_GATE_FOREVER: it does not)?  Zones are open. */
struct plan_gate_time {
    bool inside;
    int64_t change_s;
};
struct plan_gate_time plan_gate_at(const struct plan_gate *g, const plan_zones *z, int64_t now_s);

/*
 * The first moment, from now_s on, at which every window among the gates is open and no freeze is on;
 * PLAN_GATE_FOREVER: none within 366 days.
 */
int64_t plan_gates_open_s(const struct plan_gate *g, size_t n, const plan_zones *z, int64_t now_s);
/* When it is that the run waits for, counted from since_s on. */
int64_t plan_gate_moment_s(const struct plan_gate *g, const plan_zones *z, int64_t since_s);
/* A moment as people read it, by the gate's own clock: "2026-11-28T01:00:00Z, 02:00 on sat in Europe/Berlin". */
void plan_gate_say_moment(const struct plan_gate *g, const plan_zones *z, int64_t at_s,
                          struct strbuf *out);

/* --- approvals --- */

/* What somebody said about a step. */
struct plan_word {
    struct sv who, role; /* role empty: any that they have */
    int64_t at_us;
    bool yes;
    bool self; /* it is the one who runs */
};

struct plan_count {
    int64_t have;
    size_t refused;      /* 1 + the word that refuses; 0: none does */
    size_t expired;      /* how many would count, if they were not too old */
    size_t last_expired; /* 1 + the last of them; 0: there is none */
    int64_t until_us;    /* when the first that counts expires; PLAN_GATE_FOREVER */
};

/* What a role means is in people; n_people 0: nobody is declared, and everybody may. */
struct plan_crowd {
    const struct plan_person *people;
    size_t n_people;
    const struct sv *approvers; /* for a gate without roles and names; empty: anybody */
    size_t n_approvers;
};
bool plan_may_approve(const struct plan_gate *g, const struct plan_crowd *c, struct sv who,
                      struct sv role);
/* How many different people have said yes; the last word of each counts. */
struct plan_count plan_gate_count(const struct plan_gate *g, const struct plan_crowd *c,
                                  const struct plan_word *words, size_t n, int64_t now_us);
/* How many could, without `self`; SIZE_MAX: nobody knows. */
size_t plan_gate_eligible(const struct plan_gate *g, const struct plan_crowd *c, struct sv self);
const struct plan_person *plan_find_person(const struct plan_crowd *c, struct sv name);
