#include "lint/lint_buckets.h"

#include "base/sv.h"
#include "rule/check.h"

struct buckets_read {
    struct lint_buckets *ret;
    struct sv name; /* of the histogram */
    bool several;
};

static void buckets_put(struct buckets_read *b, double bound)
{
    struct lint_buckets *r = b->ret;
    size_t at = r->n;

    while (at > 0 && r->bounds[at - 1] > bound)
        at--;
    if (at > 0 && num_same(r->bounds[at - 1], bound))
        return;
    if (r->n == ARRAY_LEN(r->bounds)) {
        b->several = true; /* nobody has so many */
        return;
    }
    for (size_t i = r->n++; i > at; i--)
        r->bounds[i] = r->bounds[i - 1];
    r->bounds[at] = bound;
}

/* The name before "_bucket{"; of two histograms nobody knows which is meant. */
static void buckets_name(struct buckets_read *b, struct sv line, size_t end)
{
    size_t from = end;
    struct sv name;

    while (from > 0 && ascii_is_word(line.p[from - 1]))
        from--;
    name = sv_sub(line, from, end);
    b->several |= b->name.n && !sv_eq(b->name, name);
    b->name = name;
}

/* http_request_duration_seconds_bucket{method="GET",le="0.5"} */
static void buckets_from_series(struct buckets_read *b, struct sv line)
{
    static const struct sv mark = SV("_seconds_bucket{");

    for (size_t at = 0; (at = sv_find(line, mark, at)) != SV_NPOS; at += mark.n) {
        size_t end = sv_find_byte(line, '}', at), le = sv_find(line, SV("le=\""), at);
        double bound;

        if (le == SV_NPOS || le > end)
            continue;
        le += 4;
        if (!sv_to_f64(sv_sub(line, le, sv_find_byte(line, '"', le)), &bound))
            continue; /* +Inf, a pattern */
        buckets_name(b, line, at);
        buckets_put(b, bound);
    }
}

/* "buckets: [0.1, 0.5, 1]", "buckets=(0.1, 0.5)"; *at moves behind the word. */
static bool buckets_list(struct sv line, size_t *at, struct sv *list)
{
    size_t i;

    *at += SV("buckets").n;
    for (i = *at; i < line.n && (line.p[i] == ' ' || line.p[i] == ':' || line.p[i] == '=');)
        i++;
    if (i == *at || i >= line.n || (line.p[i] != '[' && line.p[i] != '('))
        return false;
    *list = sv_sub(line, i + 1, sv_find_byte(line, line.p[i] == '[' ? ']' : ')', i));
    return true;
}

static void buckets_from_list(struct buckets_read *b, struct sv line)
{
    struct sv list, piece;

    for (size_t at = 0; (at = sv_find(line, SV("buckets"), at)) != SV_NPOS;) {
        struct lint_buckets before = *b->ret;
        double bound;
        bool all = true;

        if (!buckets_list(line, &at, &list))
            continue;
        b->several |= b->name.n > 0;
        b->name = SV("buckets");
        while (all && sv_split(&list, ',', &piece)) {
            all = sv_to_f64(sv_trim(piece), &bound);
            if (all)
                buckets_put(b, bound);
        }
        if (!all)
            *b->ret = before;
    }
}

bool lint_buckets_read(const struct lint *l, struct lint_buckets *ret)
{
    struct buckets_read b = {.ret = ret};
    const struct document *d = l->rb->doc;

    *ret = (struct lint_buckets){.n = 0};
    if (!sv_has(d->text, SV("bucket")))
        return false;
    for (size_t line = 1; line <= d->n_lines && !b.several; line++) {
        buckets_from_series(&b, document_line(d, line));
        buckets_from_list(&b, document_line(d, line));
    }
    return !b.several && ret->n > 1;
}

bool lint_buckets_limit(const struct rule *r, double *limit_s)
{
    bool negated;
    const struct expr *cmp = rule_comparison(r, &negated), *subject;
    struct num limit;

    if (!cmp || cmp->kind != EXPR_CMP)
        return false;
    subject = rule_subject(cmp);
    if (!rule_is_percentile(subject) ||
        !rule_literal(subject == cmp->a ? cmp->b : cmp->a, &limit) || limit.dim != DIM_TIME ||
        limit.per_s > 0)
        return false;
    *limit_s = limit.value;
    return true;
}
