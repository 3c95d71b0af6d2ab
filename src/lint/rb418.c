#include "base/regex.h"
#include "base/sv.h"
#include "lint/lint_conditions.h"
#include "lint/lint_util.h"

/* How many requests come, as the document says it: per second. */
struct rb418_traffic {
    double per_s;
    size_t line;
};

static double rb418_unit_s(struct sv unit)
{
    switch (ascii_lower(*unit.p)) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    default: return 86400; /* a day */
    }
}

/* "1,500" and "1.5k" */
static bool rb418_number(struct sv text, double *ret)
{
    char digits[32];
    bool thousands = text.n && ascii_lower(text.p[text.n - 1]) == 'k';
    size_t n = 0;

    for (size_t i = 0; i < text.n - thousands && n < sizeof(digits); i++)
        if (text.p[i] != ',')
            digits[n++] = text.p[i];
    if (!sv_to_f64((struct sv){digits, n}, ret))
        return false;
    *ret *= thousands ? 1000 : 1;
    return true;
}

/* The most that any line tells: who says two numbers may mean two times of the day. */
static bool rb418_find(const struct lint *l, struct rb418_traffic *ret)
{
    CLEANUP(regex_freep)
    struct regex *says =
        regex_must("\\b(?:traffic|receives?|serves?|handles|gets|sees)\\b[^<>]*?"
                   "\\b([0-9][0-9,]*(?:\\.[0-9]+)?k?) ?(?:requests|req)"
                   "(?: ?/ ?| per | a | an )(second|sec|s|minute|min|m|hour|h|day)\\b",
                   REGEX_NOCASE);
    size_t line = 0;

    *ret = (struct rb418_traffic){.line = 0};
    while (lint_next_line_with(l, SV("req"), &line)) {
        struct sv text = document_line(l->rb->doc, line);
        struct regex_match g[3];
        double n;

        if (sv_has_nocase(text, SV("limit")) || sv_has_nocase(text, SV("test")) ||
            !regex_find(says, text, 0, g, ARRAY_LEN(g)) ||
            !rb418_number(sv_sub(text, g[1].from, g[1].to), &n))
            continue;
        n /= rb418_unit_s(sv_sub(text, g[2].from, g[2].to));
        if (n > ret->per_s)
            *ret = (struct rb418_traffic){n, line};
    }
    return ret->per_s > 0;
}

/* The window that samples are counted in; 0: it is no share and no percentile. */
static double rb418_window_s(const struct rule *r)
{
    bool negated;
    const struct expr *cmp = rule_comparison(r, &negated),
                      *subject = cmp ? rule_subject(cmp) : NULL;

    if (!subject || subject->kind != EXPR_FUNC ||
        (subject->op != FUNC_RATIO && !rule_is_percentile(subject)))
        return 0;
    return (double)subject->window.us / 1e6;
}

static void rb418_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_checked *c = lint_checked(l);
    struct rb418_traffic traffic;

    if (!c->rules.n || !rb418_find(l, &traffic))
        return;
    for (size_t i = 0; i < c->rules.n; i++) {
        const struct lint_checked_rule *r = &c->rules.v[i];
        double window_s = rb418_window_s(r->rule), seen = traffic.per_s * window_s;
        uint64_t min = r->rule->has_min ? r->rule->min : RULE_MIN_SHARE;

        if (window_s > 0 && seen < (double)min)
            lint_add(
                l, rule, r->said->line, r->said->source,
                "judged from %llu requests on, and %s brings some %.0f (line %zu): it never is",
                (unsigned long long)min, num_format(window_s, (struct dim_type){.dim = DIM_TIME}).s,
                seen, traffic.line);
    }
}

const struct lint_rule lint_rb418 = {
    .id = "RB418",
    .severity = LINT_WARNING,
    .title = "too little traffic for the rule",
    .why =
        "A share of a few requests says nothing, so a rule waits until there are enough in its window: where they never "
        "come it holds for ever, whatever happens.",
    .mend = "name a longer window, or fewer samples ('min 20 samples')",
    .check = rb418_check,
};
