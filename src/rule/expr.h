#pragma once

/*
 * expr: a condition as a tree.
 *
 * Made by the parser in its arena and never changed by readers; rule_check() makes a copy
 * with aliases put in and the members under "set by rule_check()" filled.  Offsets are bytes
 * of the rule's text.  Which members a kind uses stands beside it.
 */
#include "base/arena.h"
#include "rule/dim.h"

enum expr_kind {
    EXPR_NUM,       /* num */
    EXPR_STRING,    /* text */
    EXPR_BOOL,      /* on */
    EXPR_NULL,      /* */
    EXPR_SET,       /* items: strings and numbers */
    EXPR_NAME,      /* parts, text, labels, window */
    EXPR_BASELINE,  /* on: with factor num; parts: baseline.F */
    EXPR_FUNC,      /* op: enum rule_func, items, window */
    EXPR_QUANT,     /* op: enum rule_quant, a: data, b: where or NULL, c: condition or NULL */
    EXPR_KOFN,      /* k, n, a */
    EXPR_NEG,       /* a */
    EXPR_NOT,       /* a */
    EXPR_AND,       /* a, b */
    EXPR_OR,        /* a, b */
    EXPR_ARITH,     /* op: '+', '-', '*', '/', a, b */
    EXPR_CMP,       /* op: enum rule_cmp, a, b */
    EXPR_IN,        /* a in b */
    EXPR_RANGE,     /* a in b to c, open_lo, open_hi */
    EXPR_SUPERSET,  /* a superset b */
    EXPR_CONTAINS,  /* a contains text */
    EXPR_MATCHES,   /* a matches text */
    EXPR_WITHIN,    /* a within num of b */
    EXPR_NOT_WORSE, /* a not worse than baseline, on: by num */
    EXPR_IS,        /* a is op (enum rule_is), on: not */
    EXPR__N
};

/* clang-format off */
enum rule_cmp { CMP_LT, CMP_LE, CMP_GT, CMP_GE, CMP_EQ, CMP_NE, CMP__N };
enum rule_is { IS_NULL, IS_UP, IS_DOWN, IS_MISSING, IS_STALE, IS__N };
enum rule_quant { QUANT_ALL, QUANT_ANY, QUANT_NONE, QUANT_SHARE, QUANT_COUNT, QUANT_MEDIAN, QUANT__N };
enum rule_func {
    FUNC_RATE, FUNC_INCREASE, FUNC_RATIO, FUNC_AVG, FUNC_MAX, FUNC_MIN, FUNC_SUM, FUNC_LAST,
    FUNC_P50, FUNC_P75, FUNC_P90, FUNC_P95, FUNC_P99, FUNC_P999, FUNC_SLOPE, FUNC_MATCHES,
    FUNC_VERSION, FUNC_ABS, FUNC__N
};
enum label_op { LABEL_EQ, LABEL_NE, LABEL_RE, LABEL_NRE, LABEL__N };
/* clang-format on */

/* What stands behind a name. */
enum source_kind {
    SOURCE_UNKNOWN, /* decided when it is looked at */
    SOURCE_GAUGE,
    SOURCE_COUNTER,
    SOURCE_HISTOGRAM,
    SOURCE_SUMMARY,
    SOURCE_VALUE,  /* a member: number, text, bool or null */
    SOURCE_EVENTS, /* counts with times */
    SOURCE_LOG,
    SOURCE_ROWS,
    SOURCE_SET,
    SOURCE_PROBE,
    SOURCE_FIELD,   /* of the row of the quantifier around it */
    SOURCE_BUILTIN, /* op: enum rule_builtin */
    SOURCE__N
};
/* clang-format off */
enum rule_builtin {
    BUILTIN_DEPLOY, BUILTIN_NOW, BUILTIN_STEP_ELAPSED, BUILTIN_ROLLBACK_LEFT, BUILTIN_IT, BUILTIN_RECORD,
    BUILTIN__N
};
enum worse { WORSE_UNKNOWN, WORSE_UP, WORSE_DOWN };
/* clang-format on */

struct label {
    struct sv name;
    enum label_op op;
    struct sv value;
};

/* A duration as written, and as it counts (after scaling); us 0: none. */
struct rule_span {
    struct sv text;
    int64_t us;
};

struct expr {
    enum expr_kind kind;
    unsigned op;
    bool on, open_lo, open_hi;
    size_t at, end;
    struct expr *a, *b, *c;
    struct expr **items;
    size_t n_items;
    struct num num;
    struct sv text; /* decoded string; a name joined by dots */
    struct sv *parts;
    size_t n_parts;
    bool quoted; /* the only part stood in back quotes */
    struct label *labels;
    size_t n_labels;
    struct rule_span window;
    unsigned k, n;

    /* set by rule_check() */
    struct dim_type type;
    enum source_kind source;
    enum worse worse;
    double unit;          /* of a source: its numbers times this are base units */
    bool per_series;      /* stands inside an aggregate over series */
    bool relative;        /* of "baseline + 10%": the second operand is relative to the first */
    struct expr *subject; /* of a baseline: what it is the baseline of */
    unsigned slot;        /* number of the node, 0 ... rule.n_slots - 1, in order of evaluation */
};

extern const struct sv rule_cmp_names[CMP__N];
extern const struct sv rule_is_names[IS__N];
extern const struct sv rule_quant_names[QUANT__N];
extern const struct sv label_op_names[LABEL__N];
extern const char *const source_kind_names[SOURCE__N];

struct rule_func_info {
    struct sv name;
    uint8_t min_args, max_args;
    uint16_t per_mille; /* of a percentile: 500 ... 999, else 0 */
    bool aggregates;    /* over series, when it has no window */
};
extern const struct rule_func_info rule_funcs[FUNC__N];

/* The row whose name it is, or -1. */
int rule_word_find(const struct sv *names, size_t n, struct sv name);
int rule_func_find(struct sv name);
/* May not be used as a name unless quoted, or followed by '(' or '.'. */
bool rule_word_is_reserved(struct sv name);
/* BUILTIN__N when the name is none. */
enum rule_builtin rule_builtin_find(const struct expr *name);

/* A deep copy; views are shared. */
struct expr *expr_copy(struct arena *a, const struct expr *e);
/* Same tree: offsets, scaled durations and what the check sets do not count. */
bool expr_eq(const struct expr *x, const struct expr *y);
/* The i-th child, in order of evaluation; NULL entries are left out.  NULL after the last. */
struct expr *expr_child(const struct expr *e, size_t i);
/* Call fn for every node, parents first. */
typedef void expr_visit_fn(void *ctx, struct expr *e);
void expr_walk(struct expr *e, expr_visit_fn *fn, void *ctx);
