#pragma once

/*
 * rule: one line of the condition language (docs/reference/rules.md), parsed.
 *
 * rule_parse() is one pass without backtracking.  What it returns lives in the caller's
 * arena, is plain data, and holds copies of the text.  Types, names and aliases are
 * rule_check()'s (check.h).  Pure: no clock, no I/O.
 */
#include "base/strbuf.h"
#include "rule/expr.h"

#define RULE_MAX_BYTES   4096u /* a screen holds 2,000 characters: nobody reviews a longer line */
#define RULE_MAX_NESTING 64u   /* the parser recurses */
#define RULE_MAX_OF      100u  /* n of "k of n": results that are kept per rule */
#define RULE_MIN_SHARE \
    100u /* R11: fewer samples are no data for a ratio or percentile, unless 'min' says so */

enum verdict { VERDICT_OK, VERDICT_HOLD, VERDICT_INVESTIGATE, VERDICT_ROLLBACK, VERDICT__N };
extern const char *const verdict_names[VERDICT__N]; /* "OK", ... */

/* clang-format off */
enum rule_action {
    ACTION_ROLLBACK, ACTION_INVESTIGATE, ACTION_OK, ACTION_FIX_FORWARD, ACTION_HOLD, ACTION_PROCEED,
    ACTION_ALERT, ACTION_PAGE, ACTION_INFO, ACTION_FLAG_OFF, ACTION__N
};
/* clang-format on */
struct rule_action_info {
    struct sv name;
    bool named;           /* a receiver or flag follows */
    bool effect;          /* something happens once per firing */
    enum verdict verdict; /* VERDICT_OK: contributes nothing */
};
extern const struct rule_action_info rule_actions[ACTION__N];

struct rule_act {
    enum rule_action action;
    struct sv name; /* of ALERT, PAGE, INFO, FLAG_OFF */
};

enum rule_form { RULE_WHEN, RULE_EXPECT, RULE_CHECKPOINT, RULE_REPORT };
enum rule_from { FROM_NONE, FROM_DEPLOY, FROM_STEP };
enum rule_missing { MISSING_HOLD, MISSING_BAD, MISSING_OK, MISSING__N };
extern const struct sv rule_missing_names[MISSING__N];

struct rule_moment {
    enum rule_from from; /* FROM_NONE: no moment */
    struct rule_span after;
};

/* clang-format off */
enum rule_clause {
    CLAUSE_FOR, CLAUSE_EVERY, CLAUSE_WITHIN, CLAUSE_AT, CLAUSE_MIN, CLAUSE_MISSING, CLAUSE_RECOVER,
    CLAUSE_BASELINE, CLAUSE_CONFIDENT, CLAUSE_AFTER, CLAUSE_ELSE, CLAUSE__N
};
/* clang-format on */

struct rule {
    struct sv text; /* as written, trimmed */
    enum rule_form form;
    struct rule_act *acts; /* of "expect": what stands after else, if anything does */
    size_t n_acts;
    struct expr *expr; /* NULL for a checkpoint */

    struct rule_span hold;  /* for D */
    struct rule_span every; /* every D */
    struct rule_span within;
    enum rule_from within_of;
    struct rule_moment at; /* also of a checkpoint */
    bool has_min, has_missing, has_recover, has_baseline, has_confident;
    uint64_t min;
    enum rule_missing missing;
    struct num recover, baseline, confident;
    struct sv after; /* .p NULL: no such clause */
    bool after_numbered;
    uint64_t after_n;
    struct sv *names; /* of a checkpoint; none: all */
    size_t *name_at;  /* and where they stand */
    size_t n_names;
    size_t clause_at[CLAUSE__N]; /* where a clause stands, for findings */

    double scale;     /* of its durations, 1 as parsed */
    unsigned n_slots; /* set by rule_check() */
};

/* Where a text is wrong. */
struct rule_diag {
    size_t column; /* byte offset in the text that was given */
    char id[8];    /* "RB405", or "" for grammar */
};

/* ERR_INVALID with diag, message and often a hint; ERR_LIMIT: longer than RULE_MAX_BYTES. */
NODISCARD enum err_code rule_parse(struct arena *a, struct sv text, struct rule **ret,
                                   struct rule_diag *diag, struct err *err);
/* An expression alone (an alias), until the end of the text. */
NODISCARD enum err_code rule_parse_expr(struct arena *a, struct sv text, struct expr **ret,
                                        struct rule_diag *diag, struct err *err);

/* The canonical text; it parses to the same rule.  Durations as written, also after scaling. */
void rule_print(const struct rule *r, struct strbuf *out);
void rule_print_expr(const struct expr *e, struct strbuf *out);
/* A pattern in its quotes, as matches() takes it. */
void rule_print_pattern(struct sv pattern, struct strbuf *out);
/* Same rule, whatever its spacing. */
bool rule_eq(const struct rule *x, const struct rule *y);

/* Multiply every duration that the rule waits for (for, windows, within, every, at, T) by factor > 0. */
void rule_scale(struct rule *r, double factor);
int64_t rule_scale_us(int64_t us, double factor);

/* The worst verdict of the rule's actions; of an "expect" without else INVESTIGATE. */
enum verdict rule_verdict(const struct rule *r);
bool rule_has_action(const struct rule *r, enum rule_action action);
/* "expect ... for D" and "proceed when ...": passes once, instead of firing. */
bool rule_is_gate(const struct rule *r);
/*
 * Does it compare with nothing of before but the patterns that a log had?  Those are known without a time before the deployment: the
 * log has it.  False also for a rule that compares with nothing of before.
 */
bool rule_knows_before(const struct rule *r);
