#pragma once

/*
 * eval: what a checked rule's condition is at a moment.
 *
 * rule_prog_new() ties a rule to a store once: names to series, patterns to PCRE2.  rule_eval()
 * looks.  A program remembers what its "k of n" saw, what its tests decided, and its baselines:
 * rule_eval() is called once per moment, in order of time.  Not thread-safe.
 */
#include "rule/check.h"
#include "rule/operand.h"
#include "rule/stats.h"
#include "rule/value.h"
#include "rule/window.h"

/* What a node remembers between looks. */
struct kofn_state {
    unsigned n;             /* results seen, at most of the node's n */
    char seen[RULE_MAX_OF]; /* 'T', 'F', '?', oldest first */
};
struct test_state {
    int64_t window;      /* number of the window that is open */
    signed char decided; /* in it: 1 bad, -1 ok, 0 undecided */
    signed char before;  /* in the one before it */
};
#define BASELINE_VALUES_MIN 5u /* fewer are not tested against */
enum baseline_kind { BASELINE_NONE, BASELINE_NUM, BASELINE_RATIO, BASELINE_VALUES, BASELINE_ROWS };
struct baseline {
    enum baseline_kind kind;
    double value;
    double bad, n; /* of a ratio */
    VEC(double) values;
    json_t *rows;
};

/* What the run knows and the store does not.  LOOK_LONG_AGO: not set. */
struct eval_run {
    int64_t step_us, rollback_until_us;
    int64_t watch_us;     /* length of the watch, 0: not known */
    unsigned checkpoints; /* that judge this rule; 0: a standing rule */
};

#define EVAL_TEXT_BYTES 256u /* of an ERROR */
#define EVAL_TEXT_SHOWN 100u /* of a text that was compared; a longer one is told by its length */

/* What one of the conditions was that the rule joins (operand.h). */
struct eval_operand {
    enum val_kind kind; /* VAL_BOOL, VAL_NODATA, VAL_ERROR */
    bool truth;
    enum nodata why;
    bool has_value, has_limit, has_limit_to, has_share;
    double value, limit, limit_to, share, share_to;
    struct dim_type type;       /* of value and limits */
    char text[EVAL_TEXT_BYTES]; /* of a value that is no number, of an ERROR; "": none */
};

/* What a look found besides the result: of the comparison that the rule is. */
struct eval_info {
    bool has_value, has_limit, has_limit_to, has_n, has_window, has_share;
    double value, limit, limit_to, n, covered_s, share, share_to;
    struct window window;
    struct val subject; /* lives as long as the scratch arena; VAL_NULL: none */
    bool cannot_tell;   /* NODATA(undecided) of a comparison of samples: INVESTIGATE */
    bool drifting;      /* the samples are not independent: at most INVESTIGATE */
    bool only_nulls;    /* a field that rows were compared by was null in all of them */
    size_t n_operands;  /* as operand_texts() counts them */
    struct eval_operand operands[OPERANDS_MAX];
};

struct rule_prog; /* opaque */
/* The rule must be checked; it and the times live as long as the program.  Names are kept in the store. */
struct rule_prog *rule_prog_new(struct samples *s, const struct rule *r,
                                const struct rule_times *times);
void rule_prog_free(struct rule_prog *p);
DEFINE_CLEANUP(struct rule_prog *, rule_prog_free)

/* The condition at look->t_us: VAL_BOOL, VAL_NODATA or VAL_ERROR; of a report any value. */
struct val rule_eval(struct rule_prog *p, const struct look *l, const struct eval_run *run,
                     struct arena *scratch, struct eval_info *info);
/* The comparison again, with another limit (R32); after rule_eval(), in the same scratch arena. */
struct val rule_eval_limit(const struct rule_prog *p, struct arena *scratch,
                           const struct eval_info *info, unsigned op, double limit);
/* The last poll of any source that the rule reads; SAMPLES_NEVER: none yet.  *open: a name has no source. */
int64_t rule_prog_polled(struct rule_prog *p, bool *open);

/*
 * Patterns of a log among the rows that held at the last rule_eval(): "\"ERROR <n> lost\" 3 times (ERROR 17 lost); and 2 more".  Nothing is
 * added where there are none.
 */
void rule_prog_explain_patterns(const struct rule_prog *p, struct strbuf *out);
/* The same as an array of their rows, at most RULE_PATTERNS of them; NULL: there are none. */
json_t *rule_prog_patterns(const struct rule_prog *p);
#define RULE_PATTERNS 5u

/* Measure all baselines as of look->t_us (look->baseline_us is set). */
void rule_prog_measure(struct rule_prog *p, const struct look *l, struct arena *scratch);
/* Is there a use of "baseline" that must be measured? */
bool rule_prog_wants_baseline(const struct rule_prog *p);

/* State, for saving: the k-of-n and test nodes, and the baselines, each in order of evaluation. */
size_t rule_prog_n_kofn(const struct rule_prog *p);
struct kofn_state *rule_prog_kofn(struct rule_prog *p, size_t i);
unsigned rule_prog_kofn_max(const struct rule_prog *p, size_t i); /* the node's n */
size_t rule_prog_n_tests(const struct rule_prog *p);
struct test_state *rule_prog_test(struct rule_prog *p, size_t i);
size_t rule_prog_n_baselines(const struct rule_prog *p);
struct baseline *rule_prog_baseline(struct rule_prog *p, size_t i);
void baseline_release(struct baseline *b);

/* The series that the rule reads, with the span before t_us of which it reads samples (evidence). */
typedef void rule_series_fn(void *ctx, const struct series *x, int64_t span_us);
void rule_prog_each_series(struct rule_prog *p, rule_series_fn *fn, void *ctx);
/* The metrics whose rows it reads. */
typedef void rule_metric_fn(void *ctx, const struct metric *m, int64_t span_us);
void rule_prog_each_rows(struct rule_prog *p, rule_metric_fn *fn, void *ctx);
