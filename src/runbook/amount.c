#include "runbook/amount.h"

#include "base/strbuf.h"
#include "base/words.h"

enum { AMOUNT_NOUNS = 4 };

struct amount {
    struct sv rest, op, number, noun;
    bool share, failed;
};

static bool amount_eat_one(struct sv *rest, const struct sv *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sv_eat_nocase(rest, words[i]))
            return true;
    return false;
}

/* "there are", "we see": nothing is lost with it. */
static void amount_lead(struct amount *a)
{
    static const struct sv leads[] = {SV("there are "), SV("there is "), SV("there were "),
                                      SV("we see "),    SV("you see "),  SV("we get "),
                                      SV("we have "),   SV("you get ")};

    (void)amount_eat_one(&a->rest, leads, ARRAY_LEN(leads));
}

static bool amount_op(struct amount *a)
{
    static const struct {
        struct sv word, op;
    } rows[] = {
        {SV("more than "), SV(">")},    {SV("over "), SV(">")},      {SV("at least "), SV(">=")},
        {SV("fewer than "), SV("<")},   {SV("less than "), SV("<")}, {SV(">="), SV(">=")},
        {SV("\xe2\x89\xa5"), SV(">=")}, {SV(">"), SV(">")},          {SV("<="), SV("<=")},
        {SV("\xe2\x89\xa4"), SV("<=")}, {SV("<"), SV("<")}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eat_nocase(&a->rest, rows[i].word)) {
            a->op = rows[i].op;
            a->rest = sv_trim(a->rest);
            return true;
        }
    return false;
}

/* "10", "2.5%", "5 percent", and what is counted is not far: "of the". */
static bool amount_number(struct amount *a)
{
    static const struct sv percents[] = {SV("%"), SV(" %"), SV(" percent"), SV(" per cent")};
    static const struct sv ofs[] = {SV("of all "), SV("of the "), SV("of our "), SV("of ")};
    size_t n = 0;

    while (n < a->rest.n && (ascii_is_digit(a->rest.p[n]) || a->rest.p[n] == '.'))
        n++;
    if (!n || !ascii_is_digit(a->rest.p[0]) || !ascii_is_digit(a->rest.p[n - 1]))
        return false;
    a->number = sv_sub(a->rest, 0, n);
    a->rest = sv_sub(a->rest, n, a->rest.n);
    a->share = amount_eat_one(&a->rest, percents, ARRAY_LEN(percents));
    if (!sv_eat(&a->rest, SV(" ")))
        return false;
    (void)amount_eat_one(&a->rest, ofs, ARRAY_LEN(ofs));
    return true;
}

/* "errors", "5xx": what can be counted. */
static bool amount_is_plural(struct sv word)
{
    return word.n > 2 && (ascii_lower(word.p[word.n - 1]) == 's' || sv_ends(word, SV("xx")));
}

/* The words up to one that says how often, for how long, or what becomes of them. */
static bool amount_noun(struct amount *a)
{
    static struct words tails = WORDS("per a an each every in within over during for");
    static struct words fails = WORDS("fail fails failed failing");
    struct sv rest = a->rest, word, last = {NULL, 0};
    size_t n = 0;

    for (; sv_next_word(&rest, &word) && !words_have(&tails, word); a->rest = rest) {
        if (n && words_have(&fails, word)) {
            a->failed = true;
            a->rest = rest;
            break;
        }
        if (n++ == AMOUNT_NOUNS)
            return false;
        a->noun.p = a->noun.p ? a->noun.p : word.p;
        last = word;
    }
    if (!amount_is_plural(last))
        return false;
    a->noun.n = (size_t)(last.p + last.n - a->noun.p);
    return true;
}

/* "per minute for 5 minutes", and no word of anything else. */
static bool amount_is_span(struct sv tail)
{
    static struct words known = WORDS(
        "per a an each every in within over during for more than at least s sec secs second seconds m "
        "min mins minute minutes h hr hour hours day days");
    struct sv word;

    while (sv_next_word(&tail, &word)) {
        if (sv_ends(word, SV(".")))
            word.n--;
        if (word.n && !ascii_is_digit(*word.p) && !words_have(&known, word))
            return false;
    }
    return true;
}

/* "a minute", "within 5 minutes" as readers of rules have them. */
static void amount_put_tail(const struct amount *a, struct strbuf *b)
{
    static const struct sv pers[] = {SV("a "), SV("an "), SV("each "), SV("every ")};
    static const struct sv ins[] = {SV("within "), SV("over "), SV("during ")};
    struct sv tail = sv_trim(a->rest);

    if (amount_eat_one(&tail, pers, ARRAY_LEN(pers)))
        strbuf_add_str(b, " per ");
    else if (!a->share && amount_eat_one(&tail, ins, ARRAY_LEN(ins)))
        strbuf_add_str(b, " in ");
    else if (tail.n)
        strbuf_add_byte(b, ' ');
    strbuf_add_sv(b, tail);
}

/* A share is one of what fails: "5% errors", "5% of requests fail". */
static bool amount_put_noun(const struct amount *a, struct strbuf *b)
{
    bool errors = sv_eq_nocase(a->noun, SV("errors"));

    if (a->share && !a->failed && !errors && !sv_starts_nocase(a->noun, SV("failed ")) &&
        !sv_starts(a->noun, SV("5xx")))
        return false;
    if (a->failed)
        strbuf_add_str(b, "failed ");
    if (a->share && errors)
        strbuf_add_str(b, "error rate");
    else
        strbuf_add_sv(b, a->noun);
    return true;
}

struct sv amount_phrase(struct sv text, struct arena *arena)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct amount a = {.rest = sv_trim(text)};

    amount_lead(&a);
    if (!amount_op(&a) || !amount_number(&a) || !amount_noun(&a) || !amount_is_span(a.rest) ||
        !amount_put_noun(&a, &b))
        return text;
    strbuf_addf(&b, " %.*s %.*s%s", SV_FMT(a.op), SV_FMT(a.number), a.share ? "%" : "");
    amount_put_tail(&a, &b);
    return arena_sv(arena, strbuf_sv(&b));
}
