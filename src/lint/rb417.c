#include "base/sv.h"
#include "lint/lint_util.h"

/* Aggregates of PromQL. */
static bool rb417_is_aggregate(struct sv word)
{
    static const struct sv names[] = {SV("sum"),   SV("avg"),    SV("min"),      SV("max"),
                                      SV("count"), SV("stddev"), SV("quantile"), SV("group")};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (sv_eq_nocase(word, names[i]))
            return true;
    return false;
}

static struct sv rb417_word(struct sv *text)
{
    size_t n = 0;
    struct sv word;

    *text = sv_trim_left(*text);
    while (n < text->n && ascii_is_word(text->p[n]))
        n++;
    word = sv_sub(*text, 0, n);
    *text = sv_trim_left(sv_sub(*text, n, text->n));
    return word;
}

/* What stands between the parentheses at the front; *text moves behind them.  False: there are none that close. */
static bool rb417_parens(struct sv *text, struct sv *inside)
{
    size_t depth = 0;

    if (!text->n || *text->p != '(')
        return false;
    for (size_t i = 0; i < text->n; i++) {
        if (text->p[i] == '"') {
            i = sv_find_byte(*text, '"', i + 1);
            if (i == SV_NPOS)
                return false;
        }
        depth += text->p[i] == '(';
        depth -= text->p[i] == ')';
        if (depth == 0) {
            *inside = sv_trim(sv_sub(*text, 1, i));
            *text = sv_trim_left(sv_sub(*text, i + 1, text->n));
            return true;
        }
    }
    return false;
}

/* The first label that tells series of the answer apart; le does not where a percentile is taken. */
static struct sv rb417_label(struct sv labels, bool percentile)
{
    struct sv label;

    while (sv_split(&labels, ',', &label)) {
        label = sv_trim(label);
        if (label.n && !(percentile && sv_eq(label, SV("le"))))
            return label;
    }
    return (struct sv){NULL, 0};
}

/* "sum by (instance) (...)", "sum(...) by (instance)", and either below histogram_quantile(). */
static struct sv rb417_several(struct sv query)
{
    struct sv rest = query, word = rb417_word(&rest), inside, labels = {NULL, 0}, by;
    bool percentile = sv_eq(word, SV("histogram_quantile"));

    if (percentile) {
        if (!rb417_parens(&rest, &inside) || rest.n)
            return (struct sv){NULL, 0};
        rest = sv_sub(inside, sv_find_byte(inside, ',', 0), inside.n);
        (void)sv_eat(&rest, SV(","));
        word = rb417_word(&rest);
    }
    if (!rb417_is_aggregate(word))
        return (struct sv){NULL, 0};
    if (!rb417_parens(&rest, &inside)) {
        by = rb417_word(&rest);
        if (!sv_eq_nocase(by, SV("by")) || !rb417_parens(&rest, &labels) ||
            !rb417_parens(&rest, &inside) || rest.n)
            return (struct sv){NULL, 0};
    } else if (!rest.n || !sv_eq_nocase(rb417_word(&rest), SV("by")) ||
               !rb417_parens(&rest, &labels) || rest.n) {
        return (struct sv){NULL, 0};
    }
    return rb417_label(labels, percentile);
}

/* A cell that is a limit: "<5%", "> 2 s". */
static bool rb417_is_limit(struct sv cell)
{
    struct sv text = sv_trim(cell);

    if (!sv_eat(&text, SV("<")) && !sv_eat(&text, SV(">")))
        return false;
    (void)sv_eat(&text, SV("="));
    text = sv_trim_left(text);
    return text.n && ascii_is_digit(*text.p);
}

static void rb417_row(struct lint *l, const struct lint_rule *rule, const struct md_node *row)
{
    const struct md_node *v = l->rb->md.v;
    bool limit = false;

    for (uint32_t c = row->first; c != MD_NONE; c = v[c].next)
        limit |= rb417_is_limit(v[c].text);
    for (uint32_t c = row->first; limit && c != MD_NONE; c = v[c].next)
        for (size_t k = 0; k < v[c].n_spans; k++) {
            struct sv query = sv_sub(v[c].text, v[c].spans[k].from, v[c].spans[k].to);
            struct sv label =
                v[c].spans[k].kind == MD_CODE_SPAN ? rb417_several(query) : (struct sv){NULL, 0};

            if (label.n)
                lint_add(l, rule, row->line, query,
                         "the query answers with a number for each %.*s, and one is compared",
                         SV_FMT(label));
        }
}

static void rb417_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->md.n; i++)
        if (l->rb->md.v[i].kind == MD_ROW && !l->rb->md.v[i].header)
            rb417_row(l, rule, &l->rb->md.v[i]);
}

const struct lint_rule lint_rb417 = {
    .id = "RB417",
    .severity = LINT_ERROR,
    .title = "many numbers for one limit",
    .why =
        "A rule compares one number: of several series nobody knows which, and the rule ends with an error when it is "
        "judged.",
    .mend = "take the worst of them (max), or all together (sum without by)",
    .check = rb417_check,
};
