#include "report/promql_read.h"

#include "base/sv.h"
#include "base/text.h"
#include "report/promql.h"
#include "rule/env.h"

#define READ_MS     315360000000u /* ten years: rules take no more */
#define READ_PLACES 40u           /* of a number: more no rule takes */

struct read {
    struct sv s;
    size_t at;
};

/* --- words --- */

static void read_blank(struct read *r)
{
    while (r->at < r->s.n && ascii_is_space(r->s.p[r->at]))
        r->at++;
}

static bool read_eat(struct read *r, const char *text)
{
    struct sv rest;

    read_blank(r);
    rest = sv_sub(r->s, r->at, r->s.n);
    if (!sv_starts(rest, sv_from(text)))
        return false;
    r->at += sv_from(text).n;
    return true;
}

static bool read_is_name(char c, bool first)
{
    return c == ':' || (ascii_is_word(c) && !(first && ascii_is_digit(c)));
}

static struct sv read_name(struct read *r)
{
    size_t from;

    read_blank(r);
    from = r->at;
    while (r->at < r->s.n && read_is_name(r->s.p[r->at], r->at == from))
        r->at++;
    return sv_sub(r->s, from, r->at);
}

/* A word, whole: "sum" is not the begin of "summary". */
static bool read_word(struct read *r, const char *word)
{
    size_t at = r->at;

    if (sv_is(read_name(r), word))
        return true;
    r->at = at;
    return false;
}

/* --- durations --- */

static bool read_unit(struct sv *s, uint64_t *ms)
{
    static const struct {
        struct sv word;
        uint64_t ms;
    } units[] = {{SV("ms"), 1},         {SV("s"), 1000},     {SV("m"), 60000},
                 {SV("h"), 3600000},    {SV("d"), 86400000}, {SV("w"), 604800000},
                 {SV("y"), 31536000000}};

    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (sv_eat(s, units[i].word)) {
            *ms = units[i].ms;
            return true;
        }
    return false;
}

static bool read_ms(struct sv s, uint64_t *ret)
{
    uint64_t total = 0;

    while (s.n) {
        uint64_t n, unit;
        size_t digits = 0;

        while (digits < s.n && ascii_is_digit(s.p[digits]))
            digits++;
        if (!sv_to_u64(sv_sub(s, 0, digits), &n))
            return false;
        s = sv_sub(s, digits, s.n);
        if (!read_unit(&s, &unit) || n > READ_MS / unit)
            return false;
        total += n * unit;
        if (total > READ_MS)
            return false;
    }
    *ret = total;
    return total > 0;
}

bool promql_read_duration(struct sv text, struct strbuf *out)
{
    uint64_t ms;

    if (!read_ms(sv_trim(text), &ms))
        return false;
    promql_duration((int64_t)ms * 1000, out);
    return true;
}

/* --- numbers --- */

/* Digits without a point, and where it stands. */
struct decimal_text {
    char digits[READ_PLACES];
    size_t n;
    int64_t point; /* digits before it; may lie outside of them */
    bool negative;
};

static bool read_digit(struct decimal_text *d, char c)
{
    if (d->n == READ_PLACES)
        return false;
    d->digits[d->n++] = c;
    return true;
}

static bool read_number(struct read *r, struct decimal_text *d)
{
    bool point = false;
    size_t from;
    int64_t e = 0;

    *d = (struct decimal_text){.n = 0};
    d->negative = read_eat(r, "-");
    read_blank(r);
    from = r->at;
    for (; r->at < r->s.n && (ascii_is_digit(r->s.p[r->at]) || (r->s.p[r->at] == '.' && !point));
         r->at++) {
        if (r->s.p[r->at] == '.')
            point = true;
        else if (!read_digit(d, r->s.p[r->at]))
            return false;
        else
            d->point += !point;
    }
    if (d->n == 0 || r->at == from)
        return false;
    if (r->at < r->s.n && (r->s.p[r->at] == 'e' || r->s.p[r->at] == 'E')) {
        size_t begin = ++r->at;

        while (r->at < r->s.n &&
               (ascii_is_digit(r->s.p[r->at]) ||
                (r->at == begin && (r->s.p[r->at] == '-' || r->s.p[r->at] == '+'))))
            r->at++;
        begin += begin < r->s.n && r->s.p[begin] == '+';
        if (!sv_to_i64(sv_sub(r->s, begin, r->at), &e) || e < -20 || e > 20)
            return false;
    }
    d->point += e;
    return r->at == r->s.n || !read_is_name(r->s.p[r->at], false); /* "0x10", "5m" */
}

/* Plain, as rules write numbers: 2e9 is 2000000000; times 10^shift. */
static void read_put_number(const struct decimal_text *d, int64_t shift, struct strbuf *out)
{
    int64_t point = d->point + shift, n = (int64_t)d->n, first = 0;
    int64_t last = n; /* behind the last digit that says something */

    while (last > 0 && last > point && d->digits[last - 1] == '0')
        last--;
    while (first < point - 1 && first < n && d->digits[first] == '0')
        first++;
    if (d->negative)
        strbuf_add_byte(out, '-');
    if (point <= 0)
        strbuf_add_byte(out, '0');
    for (int64_t i = first; i < point; i++)
        strbuf_add_byte(out, i < n ? d->digits[i] : '0');
    if (last > point)
        strbuf_add_byte(out, '.');
    for (int64_t i = point; i < last; i++)
        strbuf_add_byte(out, i < 0 ? '0' : d->digits[i]);
}

/* --- selectors --- */

struct selector {
    struct sv name;
    struct strbuf labels; /* "{a=\"b\"}", or empty */
    uint64_t window_ms;   /* 0: none */
};

/* A text of PromQL as one of rules: there a pattern keeps its backslashes, here they are doubled. */
static bool read_string(struct read *r, bool pattern, struct strbuf *out)
{
    strbuf_add_byte(out, '"');
    if (!read_eat(r, "\""))
        return false;
    while (r->at < r->s.n && r->s.p[r->at] != '"') {
        char c = r->s.p[r->at++];

        if (c == '\\') {
            if (r->at == r->s.n || (r->s.p[r->at] != '\\' && r->s.p[r->at] != '"'))
                return false;
            c = r->s.p[r->at++];
        }
        if (c == '"' || (c == '\\' && !pattern))
            strbuf_add_byte(out, '\\');
        strbuf_add_byte(out, c);
    }
    strbuf_add_byte(out, '"');
    return read_eat(r, "\"");
}

static bool read_label(struct read *r, struct strbuf *out)
{
    static const char *const ops[] = {"=~", "!~", "!=", "="};
    struct sv name = read_name(r);
    size_t op = 0;

    if (!name.n || sv_find_byte(name, ':', 0) != SV_NPOS || sv_is(name, "__name__"))
        return false;
    while (op < ARRAY_LEN(ops) && !read_eat(r, ops[op]))
        op++;
    if (op == ARRAY_LEN(ops))
        return false;
    strbuf_addf(out, "%.*s%s", SV_FMT(name), ops[op]);
    return read_string(r, op < 2, out);
}

static bool read_labels(struct read *r, struct strbuf *out)
{
    if (!read_eat(r, "{") || read_eat(r, "}"))
        return true;
    strbuf_add_byte(out, '{');
    do {
        if (out->n > 1)
            strbuf_add_byte(out, ',');
        if (!read_label(r, out))
            return false;
        (void)read_eat(r, ","); /* one may stand behind the last */
    } while (!read_eat(r, "}"));
    strbuf_add_byte(out, '}');
    return true;
}

static bool read_selector(struct read *r, bool window, struct selector *ret)
{
    size_t from;

    ret->name = read_name(r);
    strbuf_truncate(&ret->labels, 0);
    if (!ret->name.n || !read_labels(r, &ret->labels) || read_eat(r, "[") != window)
        return false;
    ret->window_ms = 0;
    if (!window)
        return true;
    read_blank(r);
    from = r->at;
    while (r->at < r->s.n && ascii_is_word(r->s.p[r->at]))
        r->at++;
    return read_ms(sv_sub(r->s, from, r->at), &ret->window_ms) && read_eat(r, "]");
}

/* Names with a colon stand in back quotes; `cut` bytes of its end are left out ("_bucket"). */
static void read_put_selector(const struct selector *s, size_t cut, struct strbuf *out)
{
    const char *quote = sv_find_byte(s->name, ':', 0) == SV_NPOS ? "" : "`";

    strbuf_addf(out, "%s%.*s%s", quote, SV_FMT(sv_sub(s->name, 0, s->name.n - cut)), quote);
    strbuf_add_sv(out, strbuf_sv(&s->labels));
}

/* --- shapes --- */

enum read_shape {
    SHAPE_GAUGE,
    SHAPE_RATE,
    SHAPE_INCREASE,
    SHAPE_SLOPE,
    SHAPE_SHARE,
    SHAPE_PERCENTILE
};

struct measured {
    enum read_shape shape;
    bool summed; /* over all series */
    struct selector a, b;
    const char *percentile;
};

/* rate(a[w]): of the functions that there are. */
static bool read_function(struct read *r, bool slope, enum read_shape *shape, struct selector *s)
{
    static const struct {
        const char *name;
        enum read_shape shape;
    } functions[] = {{"rate", SHAPE_RATE}, {"increase", SHAPE_INCREASE}, {"deriv", SHAPE_SLOPE}};

    for (size_t i = 0; i < ARRAY_LEN(functions) - !slope; i++)
        if (read_word(r, functions[i].name)) {
            *shape = functions[i].shape;
            return read_eat(r, "(") && read_selector(r, true, s) && read_eat(r, ")");
        }
    return false;
}

static bool read_sum(struct read *r, enum read_shape *shape, struct selector *s)
{
    return read_eat(r, "(") && read_function(r, false, shape, s) && read_eat(r, ")");
}

static bool read_share(struct read *r, struct measured *m)
{
    enum read_shape other;

    m->summed = true;
    if (!read_sum(r, &m->shape, &m->a))
        return false;
    if (!read_eat(r, "/"))
        return true;
    if (!read_word(r, "sum") || !read_sum(r, &other, &m->b) || other != m->shape ||
        m->a.window_ms != m->b.window_ms)
        return false;
    m->shape = SHAPE_SHARE;
    return true;
}

static bool read_by_le(struct read *r)
{
    return read_word(r, "by") && read_eat(r, "(") && read_word(r, "le") && read_eat(r, ")");
}

static bool read_percentile(struct read *r, struct measured *m)
{
    static const struct {
        const char *q, *name;
    } known[] = {{"0.999", "p999"}, {"0.99", "p99"}, {"0.95", "p95"}, {"0.90", "p90"},
                 {"0.9", "p90"},    {"0.75", "p75"}, {"0.50", "p50"}, {"0.5", "p50"}};
    bool before;

    if (!read_eat(r, "("))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(known) && !m->percentile; i++)
        if (read_eat(r, known[i].q))
            m->percentile = known[i].name;
    if (!m->percentile || !read_eat(r, ",") || !read_word(r, "sum"))
        return false;
    before = read_by_le(r);
    if (!read_sum(r, &m->shape, &m->a) || (!before && !read_by_le(r)))
        return false;
    m->shape = SHAPE_PERCENTILE;
    return read_eat(r, ")") && sv_ends(m->a.name, SV("_bucket"));
}

static bool read_measured(struct read *r, struct measured *m)
{
    size_t at = r->at;

    if (read_word(r, "histogram_quantile"))
        return read_percentile(r, m);
    if (read_word(r, "sum"))
        return read_share(r, m);
    if (read_function(r, true, &m->shape, &m->a))
        return true;
    r->at = at;
    m->shape = SHAPE_GAUGE;
    return read_selector(r, false, &m->a);
}

/* --- writing --- */

/* Of which kind and unit the metric is, by its name. */
static struct rule_source read_source(const struct measured *m)
{
    struct rule_source s = {.unit = 1};
    struct sv name = m->a.name;

    if (m->shape == SHAPE_PERCENTILE)
        name = sv_sub(name, 0, name.n - SV("_bucket").n);
    rule_metric_guess(name, &s);
    return s;
}

/* The limit with the unit of what is measured; false: it is not known how to say it. */
static bool read_put_limit(const struct measured *m, const struct rule_source *s,
                           const struct decimal_text *d, struct strbuf *out)
{
    bool share = m->shape == SHAPE_SHARE || s->type.dim == DIM_RATIO;
    bool whole = !(s->unit < 1) && !(s->unit > 1); /* not milliseconds */

    if (!share && !whole)
        return false;
    read_put_number(d, share && (m->shape == SHAPE_SHARE || whole) ? 2 : 0, out);
    if (share)
        strbuf_add_byte(out, '%');
    else if (s->type.dim == DIM_TIME)
        strbuf_add_byte(out, 's');
    else if (s->type.dim == DIM_BYTES)
        strbuf_add_byte(out, 'B');
    if (m->shape == SHAPE_RATE || m->shape == SHAPE_SLOPE)
        strbuf_add_str(out, "/s");
    return true;
}

static void read_put_window(const struct measured *m, struct strbuf *out)
{
    strbuf_add_byte(out, '[');
    promql_duration((int64_t)m->a.window_ms * 1000, out);
    strbuf_add_byte(out, ']');
}

/* One series suffices: that of all which is furthest on the side that is asked about. */
static const char *read_over(const struct measured *m, struct sv op)
{
    if (m->summed || m->shape == SHAPE_PERCENTILE)
        return "";
    return op.p[0] == '>' ? "max" : "min";
}

static void read_put_measured(const struct measured *m, struct sv op, struct strbuf *out)
{
    static const char *const functions[] = {[SHAPE_GAUGE] = "",
                                            [SHAPE_RATE] = "rate",
                                            [SHAPE_INCREASE] = "increase",
                                            [SHAPE_SLOPE] = "slope",
                                            [SHAPE_SHARE] = "ratio"};
    const char *over = read_over(m, op);
    size_t open = (over[0] != '\0') + (m->shape != SHAPE_GAUGE);

    strbuf_addf(out, "%s%s%s%s", over, over[0] ? "(" : "",
                m->shape == SHAPE_PERCENTILE ? m->percentile : functions[m->shape],
                m->shape == SHAPE_GAUGE ? "" : "(");
    read_put_selector(&m->a, m->shape == SHAPE_PERCENTILE ? SV("_bucket").n : 0, out);
    if (m->shape == SHAPE_SHARE) {
        strbuf_add_str(out, ", ");
        read_put_selector(&m->b, 0, out);
    }
    if (m->shape == SHAPE_SHARE || m->shape == SHAPE_PERCENTILE) {
        strbuf_add_byte(out, ')');
        read_put_window(m, out);
        return;
    }
    if (m->shape != SHAPE_GAUGE)
        read_put_window(m, out);
    for (; open > 0; open--)
        strbuf_add_byte(out, ')');
}

static bool read_is_counter(struct sv name)
{
    return sv_ends(name, SV("_total")) || sv_ends(name, SV("_count")) ||
           sv_ends(name, SV("_sum")) || sv_ends(name, SV("_bucket"));
}

/* A comparison that means the same on the extreme of all series as on each of them. */
static bool read_fits(const struct measured *m, struct sv op, const struct decimal_text *d)
{
    bool is_up =
        m->shape == SHAPE_GAUGE && sv_is(m->a.name, "up") && d->n == 1 && d->digits[0] == '0';

    if (m->shape == SHAPE_GAUGE && read_is_counter(m->a.name))
        return false;
    return op.p[0] == '>' || op.p[0] == '<' || (is_up && op.p[0] == '=');
}

static struct sv read_op(struct read *r)
{
    static const char *const ops[] = {">=", "<=", "==", ">", "<"};

    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        if (read_eat(r, ops[i]))
            return sv_from(ops[i]);
    return (struct sv){NULL, 0};
}

static bool read_comparison(struct sv expr, struct measured *m, struct strbuf *out)
{
    struct read r = {.s = expr};
    struct decimal_text d;
    struct rule_source source;
    bool group = read_eat(&r, "(");
    struct sv op;

    if (!read_measured(&r, m) || (group && !read_eat(&r, ")")))
        return false;
    op = read_op(&r);
    if (!op.n || !read_number(&r, &d) || !read_fits(m, op, &d))
        return false;
    read_blank(&r);
    if (r.at < expr.n)
        return false;
    source = read_source(m);
    if (m->shape == SHAPE_GAUGE && source.kind == SOURCE_COUNTER)
        return false;
    read_put_measured(m, op, out);
    strbuf_addf(out, " %.*s ", SV_FMT(op));
    return read_put_limit(m, &source, &d, out);
}

bool promql_read(struct sv expr, struct strbuf *out)
{
    struct measured m = {.a = {.labels = STRBUF(0)}, .b = {.labels = STRBUF(0)}};
    size_t before = out->n;
    bool good = read_comparison(sv_trim(expr), &m, out);

    if (!good)
        strbuf_truncate(out, before);
    strbuf_release(&m.a.labels);
    strbuf_release(&m.b.labels);
    return good;
}
