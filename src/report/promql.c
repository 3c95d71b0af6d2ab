#include "report/promql.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/sv.h"

#define PROMQL_MIN_RATIO 100 /* R11 */
#define PROMQL_MIN_MEAN  20

static bool promql_no(struct promql *p, struct sv why)
{
    if (!p->why.n)
        p->why = why;
    return false;
}

void promql_duration(int64_t us, struct strbuf *out)
{
    static const struct {
        int64_t us;
        const char *name;
    } units[] = {{86400000000, "d"}, {3600000000, "h"}, {60000000, "m"}, {1000000, "s"}};

    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (us % units[i].us == 0) {
            strbuf_addf(out, "%lld%s", (long long)(us / units[i].us), units[i].name);
            return;
        }
    strbuf_addf(out, "%lldms", (long long)(us / 1000));
}

/* --- selectors --- */

static void promql_string(struct strbuf *out, struct sv s)
{
    strbuf_add_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            strbuf_add_byte(out, '\\');
        if (s.p[i] == '\n')
            strbuf_add_str(out, "\\n");
        else
            strbuf_add_byte(out, s.p[i]);
    }
    strbuf_add_byte(out, '"');
}

static bool promql_is_metric_name(struct sv s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_word(s.p[i]) && s.p[i] != ':')
            return false;
    return s.n > 0 && !ascii_is_digit(s.p[0]);
}

/* `suffix`: "_bucket", "_sum", ...; `more`: a further matcher, or "". */
static bool promql_selector(struct promql *p, const struct expr *e, const char *suffix,
                            const char *more)
{
    bool any = more[0] != '\0';

    if (e->kind != EXPR_NAME || e->n_parts != 1 || e->source == SOURCE_BUILTIN)
        return promql_no(p, SV("it looks at something else than metrics"));
    if (!promql_is_metric_name(e->text))
        return promql_no(p, SV("the name of the metric cannot be written there"));
    strbuf_addf(&p->out, "%.*s%s", SV_FMT(e->text), suffix);
    if (!any && !e->n_labels)
        return true;
    strbuf_addf(&p->out, "{%s", more);
    for (size_t i = 0; i < e->n_labels; i++) {
        strbuf_addf(&p->out, "%s%.*s%.*s", any ? "," : "", SV_FMT(e->labels[i].name),
                    SV_FMT(label_op_names[e->labels[i].op]));
        promql_string(&p->out, e->labels[i].value);
        any = true;
    }
    strbuf_add_byte(&p->out, '}');
    return true;
}

/* "sum(increase(NAME[w]))"; without `sum` where each series counts. */
static bool promql_range(struct promql *p, const char *call, const struct expr *name,
                         const char *suffix, int64_t window_us)
{
    strbuf_addf(&p->out, "%s(", call);
    if (!promql_selector(p, name, suffix, ""))
        return false;
    strbuf_add_byte(&p->out, '[');
    promql_duration(window_us, &p->out);
    strbuf_add_str(&p->out, "])");
    return true;
}

static bool promql_sum(struct promql *p, const char *call, const struct expr *name,
                       const char *suffix, int64_t window_us)
{
    strbuf_add_str(&p->out, "sum(");
    if (!promql_range(p, call, name, suffix, window_us))
        return false;
    strbuf_add_byte(&p->out, ')');
    return true;
}

/* --- values --- */

static bool promql_value(struct promql *p, const struct expr *e);

static uint64_t promql_min(const struct promql *p, uint64_t otherwise)
{
    return p->rule->has_min ? p->rule->min : otherwise;
}

struct promql_series {
    const struct expr *name;
    const char *suffix;
};

/* increase(a) / increase(b), when b has enough; a series of a that is not there counts as 0. */
static bool promql_share(struct promql *p, struct promql_series a, struct promql_series b,
                         int64_t window_us, uint64_t min)
{
    strbuf_add_str(&p->out, "(");
    if (!promql_sum(p, "increase", a.name, a.suffix, window_us))
        return false;
    strbuf_add_str(&p->out, " or vector(0)) / (");
    if (!promql_sum(p, "increase", b.name, b.suffix, window_us))
        return false;
    strbuf_addf(&p->out, " >= %llu)", (unsigned long long)min);
    return true;
}

static void promql_number(struct promql *p, double v)
{
    double back;
    char text[32];

    for (int digits = 15; digits <= 17; digits++) { /* the shortest that is this number */
        (void)snprintf(text, sizeof(text), "%.*g", digits, v);
        if (sv_to_f64(sv_from(text), &back) && fabs(back - v) <= 0)
            break;
    }
    strbuf_add_str(&p->out, text);
}

static int64_t promql_window(const struct expr *f)
{
    return f->window.us ? f->window.us : f->items[0]->window.us;
}

/* Metrics in other units than the base: what is measured times the factor. */
static double promql_unit(const struct expr *name)
{
    return name->unit > 0 ? name->unit : 1;
}

/* Of a histogram; of what may be one or a gauge, that which is there: the other gives nothing. */
static bool promql_mean(struct promql *p, const struct expr *f)
{
    const struct expr *name = f->items[0];
    bool unknown = name->source != SOURCE_HISTOGRAM;

    strbuf_add_str(&p->out, unknown ? "((" : "");
    if (!promql_share(p, (struct promql_series){name, "_sum"},
                      (struct promql_series){name, "_count"}, promql_window(f),
                      promql_min(p, PROMQL_MIN_MEAN)))
        return false;
    if (!unknown)
        return true;
    strbuf_add_str(&p->out, ") or ");
    if (!promql_range(p, "avg_over_time", name, "", promql_window(f)))
        return false;
    strbuf_add_byte(&p->out, ')');
    return true;
}

/* Over the window, or across series. */
static bool promql_aggregate(struct promql *p, const struct expr *f)
{
    static const char *const over[FUNC__N] = {[FUNC_AVG] = "avg_over_time",
                                              [FUNC_MAX] = "max_over_time",
                                              [FUNC_MIN] = "min_over_time",
                                              [FUNC_SUM] = "sum_over_time",
                                              [FUNC_LAST] = "last_over_time"};
    const struct expr *arg = f->items[0];

    if (f->window.us && f->op == FUNC_AVG && arg->source != SOURCE_GAUGE)
        return promql_mean(p, f);
    if (f->window.us)
        return promql_range(p, over[f->op], arg, "", f->window.us);
    strbuf_addf(&p->out, "%.*s(", SV_FMT(rule_funcs[f->op].name));
    if (!promql_value(p, arg))
        return false;
    strbuf_add_byte(&p->out, ')');
    return true;
}

static bool promql_func(struct promql *p, const struct expr *f)
{
    const char *call = f->op == FUNC_RATE ? "rate" : "increase";

    switch (f->op) {
    case FUNC_RATE:
    case FUNC_INCREASE:
        return f->per_series ? promql_range(p, call, f->items[0], "", promql_window(f))
                             : promql_sum(p, call, f->items[0], "", promql_window(f));
    case FUNC_RATIO:
        return promql_share(p, (struct promql_series){f->items[0], ""},
                            (struct promql_series){f->items[1], ""}, promql_window(f),
                            promql_min(p, PROMQL_MIN_RATIO));
    case FUNC_SLOPE: return promql_range(p, "deriv", f->items[0], "", promql_window(f));
    case FUNC_AVG:
    case FUNC_MAX:
    case FUNC_MIN:
    case FUNC_SUM:
    case FUNC_LAST: return promql_aggregate(p, f);
    case FUNC_ABS:
        strbuf_add_str(&p->out, "abs(");
        if (!promql_value(p, f->items[0]))
            return false;
        strbuf_add_byte(&p->out, ')');
        return true;
    case FUNC_MATCHES: return promql_no(p, SV("it looks at something else than metrics"));
    default: return promql_no(p, SV("it has a function that is not known there"));
    }
}

/* A query of the binding stands for itself. */
static bool promql_bound(struct promql *p, const struct expr *e)
{
    struct sv name = e->text;

    if (sv_ends(name, SV(".value")))
        name.n -= 6;
    for (size_t i = 0; i < p->plan->n_sources; i++)
        if (sv_eq(p->plan->sources[i].name, name) &&
            !json_get_sv(p->plan->sources[i].settings, "range").n) {
            strbuf_addf(&p->out, "(%.*s)",
                        SV_FMT(json_get_sv(p->plan->sources[i].settings, "query")));
            return true;
        }
    return promql_no(p, SV("it looks at something else than metrics"));
}

static bool promql_name(struct promql *p, const struct expr *e)
{
    if (e->n_parts > 1 && sv_is(e->parts[0], "prom") &&
        (e->n_parts == 2 || sv_is(e->parts[2], "value")))
        return promql_bound(p, e);
    if (e->window.us)
        return e->per_series ? promql_range(p, "increase", e, "", e->window.us)
                             : promql_sum(p, "increase", e, "", e->window.us);
    return promql_selector(p, e, "", "");
}

static const struct expr *promql_leaf(const struct expr *e)
{
    while (e && e->kind == EXPR_FUNC && e->op != FUNC_RATIO && e->n_items)
        e = e->items[0];
    return e && e->kind == EXPR_NAME ? e : NULL;
}

static bool promql_literal(struct promql *p, const struct expr *e)
{
    promql_number(p, e->num.per_s > 0 ? e->num.value / e->num.per_s : e->num.value);
    return true;
}

static bool promql_baseline(struct promql *p, const struct expr *e)
{
    if (!p->rule->has_baseline)
        return promql_no(p, SV("it compares with a measured baseline"));
    promql_number(p, p->rule->baseline.value * (e->on ? e->num.value : 1));
    return true;
}

static bool promql_negative(struct promql *p, const struct expr *e)
{
    strbuf_add_str(&p->out, "-(");
    if (!promql_value(p, e->a))
        return false;
    strbuf_add_byte(&p->out, ')');
    return true;
}

static bool promql_operands(struct promql *p, const struct expr *e)
{
    if (e->relative)
        return promql_no(p, SV("it compares with a measured baseline"));
    if (!promql_value(p, e->a))
        return false;
    strbuf_addf(&p->out, " %c ", (char)e->op);
    return promql_value(p, e->b);
}

static bool promql_arith(struct promql *p, const struct expr *e)
{
    strbuf_add_byte(&p->out, '(');
    if (!promql_operands(p, e))
        return false;
    strbuf_add_byte(&p->out, ')');
    return true;
}

static bool promql_value(struct promql *p, const struct expr *e)
{
    static bool (*const values[EXPR__N])(struct promql * p, const struct expr *e) = {
        [EXPR_NUM] = promql_literal,  [EXPR_BASELINE] = promql_baseline,
        [EXPR_NAME] = promql_name,    [EXPR_FUNC] = promql_func,
        [EXPR_NEG] = promql_negative, [EXPR_ARITH] = promql_arith};
    const struct expr *leaf = promql_leaf(e);
    bool scaled = leaf && !e->per_series && fabs(promql_unit(leaf) - 1) > 0;

    if (!values[e->kind])
        return promql_no(p, SV("it is no condition over numbers"));
    strbuf_add_str(&p->out, scaled ? "(" : "");
    if (!values[e->kind](p, e))
        return false;
    if (scaled)
        strbuf_addf(&p->out, ") * %.15g", promql_unit(leaf));
    return true;
}

/* --- conditions --- */

static const char *const promql_ops[CMP__N] = {"<", "<=", ">", ">=", "==", "!="};
static const enum rule_cmp promql_negated[CMP__N] = {CMP_GE, CMP_GT, CMP_LE,
                                                     CMP_LT, CMP_NE, CMP_EQ};

/* "5|5\\.0": how exporters write the bound of a bucket. */
static void promql_bound_pattern(double limit, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    bool whole;

    strbuf_addf(&text, "%.15g", limit);
    whole = sv_find_byte(strbuf_sv(&text), '.', 0) == SV_NPOS &&
            sv_find_byte(strbuf_sv(&text), 'e', 0) == SV_NPOS;
    for (size_t i = 0; i < text.n; i++)
        strbuf_addf(out, text.p[i] == '.' || text.p[i] == '+' ? "\\\\%c" : "%c", text.p[i]);
    if (whole)
        strbuf_addf(out, "|%s\\\\.0", strbuf_str(&text));
}

/* R12: "p95 > L" says that more than 5 % of the observations lie above L. */
static bool promql_percentile(struct promql *p, const struct expr *f, enum rule_cmp op,
                              double limit)
{
    CLEANUP(strbuf_release) struct strbuf le = STRBUF(0);
    const struct expr *h = f->items[0];
    double q = rule_funcs[f->op].per_mille / 1000.0;
    bool above = op == CMP_GT || op == CMP_GE;

    if (op == CMP_EQ || op == CMP_NE)
        return promql_no(p, SV("a percentile is compared with == or !="));
    if (h->source != SOURCE_HISTOGRAM && h->source != SOURCE_UNKNOWN) {
        strbuf_addf(&p->out, "quantile_over_time(%.3g, ", q);
        if (!promql_selector(p, h, "", ""))
            return false;
        strbuf_add_byte(&p->out, '[');
        promql_duration(promql_window(f), &p->out);
        strbuf_addf(&p->out, "]) %s %.15g", promql_ops[op], limit / promql_unit(h));
        return true;
    }
    strbuf_add_str(&le, "le=~\"");
    promql_bound_pattern(limit / promql_unit(h), &le);
    strbuf_add_byte(&le, '"');
    strbuf_add_str(&p->out, "1 - sum(increase(");
    if (!promql_selector(p, h, "_bucket", strbuf_str(&le)))
        return false;
    strbuf_add_byte(&p->out, '[');
    promql_duration(promql_window(f), &p->out);
    strbuf_add_str(&p->out, "])) / (");
    if (!promql_sum(p, "increase", h, "_count", promql_window(f)))
        return false;
    strbuf_addf(&p->out, " >= %llu) %s %.6g", (unsigned long long)promql_min(p, PROMQL_MIN_RATIO),
                above ? ">" : "<=", (1000 - rule_funcs[f->op].per_mille) / 1000.0);
    return true;
}

/* "100MB/m": what is measured is times 60, and the limit stands as it was written. */
static double promql_per(const struct expr *e)
{
    struct num v;

    return rule_literal(e, &v) && v.per_s > 1 ? v.per_s : 1;
}

/* One side of a comparison with the other. */
static bool promql_side(struct promql *p, const struct expr *e, const struct expr *other)
{
    double per = promql_per(other);
    struct num v;

    if (rule_literal(e, &v) && promql_per(e) > 1) {
        promql_number(p, v.value);
        return true;
    }
    if (e->kind == EXPR_ARITH && per <= 1) /* a comparison binds less */
        return promql_operands(p, e);
    if (!promql_value(p, e))
        return false;
    if (per > 1)
        strbuf_addf(&p->out, " * %.15g", per);
    return true;
}

static bool promql_compare(struct promql *p, const struct expr *a, enum rule_cmp op,
                           const struct expr *b)
{
    struct num limit;

    if (rule_is_percentile(a)) {
        if (!rule_literal(b, &limit))
            return promql_no(p, SV("a percentile is compared with something else than a number"));
        return promql_percentile(p, a, op, limit.value);
    }
    if (rule_is_percentile(b))
        return promql_compare(p, b, rule_cmp_mirror(op), a);
    if (!promql_side(p, a, b))
        return false;
    strbuf_addf(&p->out, " %s ", promql_ops[op]);
    return promql_side(p, b, a);
}

static bool promql_cond(struct promql *p, const struct expr *e, bool negate);

static bool promql_join(struct promql *p, const struct expr *e, bool negate, bool is_and)
{
    strbuf_add_byte(&p->out, '(');
    if (!promql_cond(p, e->a, negate))
        return false;
    strbuf_add_str(&p->out, is_and != negate ? ") and on() (" : ") or on() (");
    if (!promql_cond(p, e->b, negate))
        return false;
    strbuf_add_byte(&p->out, ')');
    return true;
}

/* a in [b, c]; outside of it when it is negated. */
static bool promql_between(struct promql *p, const struct expr *e, bool negate)
{
    enum rule_cmp lo = e->open_lo ? CMP_GT : CMP_GE, hi = e->open_hi ? CMP_LT : CMP_LE;

    strbuf_add_byte(&p->out, '(');
    if (!promql_compare(p, e->a, negate ? promql_negated[lo] : lo, e->b))
        return false;
    strbuf_add_str(&p->out, negate ? ") or on() (" : ") and on() (");
    if (!promql_compare(p, e->a, negate ? promql_negated[hi] : hi, e->c))
        return false;
    strbuf_add_byte(&p->out, ')');
    return true;
}

static bool promql_cond(struct promql *p, const struct expr *e, bool negate)
{
    if (e->kind == EXPR_CMP)
        return promql_compare(p, e->a, negate ? promql_negated[e->op] : (enum rule_cmp)e->op, e->b);
    if (e->kind == EXPR_NOT)
        return promql_cond(p, e->a, !negate);
    if (e->kind == EXPR_AND || e->kind == EXPR_OR)
        return promql_join(p, e, negate, e->kind == EXPR_AND);
    if (e->kind == EXPR_RANGE)
        return promql_between(p, e, negate);
    return promql_no(p, e->kind == EXPR_KOFN ? SV("'k of n' is not known there")
                                             : SV("it is no comparison of numbers"));
}

static bool promql_clauses(struct promql *p)
{
    const struct rule *r = p->rule;
    const struct {
        bool given;
        struct sv why;
    } rows[] = {
        {r->form != RULE_WHEN && r->form != RULE_EXPECT, SV("it is no condition")},
        {rule_is_gate(r), SV("it is passed once")},
        {r->at.from != FROM_NONE, SV("it is judged at one moment")},
        {r->has_confident, SV("'confident' is not known there")},
        {r->has_recover, SV("'recover' is not known there")},
        {r->has_missing, SV("'missing' is not known there")},
        {r->after.p != NULL, SV("'after' is not known there")},
        {r->within_of == FROM_STEP, SV("it belongs to a step")},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].given)
            return promql_no(p, rows[i].why);
    return true;
}

bool promql_rule(struct promql *p)
{
    const struct rule *r = p->rule;
    bool within = r->within_of == FROM_DEPLOY;

    if (!promql_clauses(p))
        return false;
    strbuf_add_str(&p->out, within ? "(" : "");
    if (!promql_cond(p, r->expr, r->form == RULE_EXPECT))
        return false;
    if (within) {
        strbuf_add_str(&p->out, ") and on() (time() - max(prusik_deploy_timestamp_seconds) <= ");
        strbuf_addf(&p->out, "%lld)", (long long)(r->within.us / 1000000));
    }
    return true;
}

bool promql_subject(struct promql *p, const struct expr **measured)
{
    bool negated;
    const struct expr *cmp = p->rule->expr ? rule_comparison(p->rule, &negated) : NULL;
    const struct expr *e = cmp ? rule_subject(cmp) : NULL;

    if (!e)
        return promql_no(p, SV("it measures several things, or none"));
    *measured = e;
    if (!rule_is_percentile(e))
        return promql_value(p, e);
    if (e->items[0]->source != SOURCE_HISTOGRAM && e->items[0]->source != SOURCE_UNKNOWN)
        return promql_no(p, SV("it is a percentile of single values"));
    strbuf_addf(&p->out, "histogram_quantile(%.3g, sum by (le) (",
                rule_funcs[e->op].per_mille / 1000.0);
    if (!promql_range(p, "rate", e->items[0], "_bucket", promql_window(e)))
        return false;
    strbuf_add_str(&p->out, "))");
    return true;
}
