/*
 * watch_decide: sentences that decide: "If 5xx > 2 % for 3 min or p99 > 2s, roll back", "Page the on-call when the
 * error rate exceeds 5 %".  Each reason is a rule of its own; a reason that is not understood is a question.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "base/words.h"
#include "runbook/amount.h"
#include "runbook/german.h"
#include "runbook/reader_int.h"

/* --- sentences --- */

/* The next sentence: up to a full stop before a blank, which no number has. */
static bool decide_next_sentence(struct sv *rest, struct sv *ret)
{
    *rest = sv_trim(*rest);
    if (!rest->n)
        return false;
    for (size_t i = 0; i < rest->n; i++) {
        bool stop = rest->p[i] == '.' || rest->p[i] == '!';

        if (stop && (i + 1 == rest->n || rest->p[i + 1] == ' ')) {
            *ret = sv_sub(*rest, 0, i);
            *rest = sv_sub(*rest, i + 1, rest->n);
            return true;
        }
    }
    *ret = *rest;
    rest->n = 0;
    return true;
}

/* The next reason: up to "or". */
static bool decide_next_reason(struct sv *rest, struct sv *ret)
{
    size_t at;

    *rest = sv_trim(*rest);
    if (!rest->n)
        return false;
    at = sv_find_nocase(*rest, SV(" or "), 0);
    *ret = sv_sub(*rest, 0, at);
    *rest = at == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(*rest, at + 4, rest->n);
    while (ret->n && (ret->p[ret->n - 1] == ',' || ascii_is_space(ret->p[ret->n - 1])))
        ret->n--;
    return true;
}

/* --- actions --- */

struct sv watch_action(struct rb_build *b, struct sv words)
{
    static const struct sv verbs[] = {SV("page "), SV("alert "), SV("notify ")};
    struct sv verdict = watch_verdict(words);

    if (verdict.n)
        return verdict;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        struct sv rest = words;

        if (sv_eat_nocase(&rest, verbs[i]) && sv_eat_nocase(&rest, SV("the ")))
            words = arena_fmt(b->arena, "%.*s%.*s", SV_FMT(verbs[i]), SV_FMT(rest));
    }
    return shape_action(words, b->arena);
}

/* --- rules --- */

struct sv watch_english(struct rb_build *b, struct sv text)
{
    return amount_phrase(german_phrase(text, b->arena), b->arena);
}

struct sv watch_bare(struct rb_build *b, struct sv reason)
{
    struct regex_match g[3];
    struct sv bare = reason;

    if (regex_find(b->watch_patterns[WATCH_STAYS], bare, 0, g, 3))
        bare = arena_fmt(b->arena, "%.*s%.*s", SV_FMT(sv_sub(bare, g[1].from, g[1].to)),
                         SV_FMT(sv_sub(bare, g[2].from, g[2].to)));
    (void)sv_eat_nocase(&bare, SV("the "));
    return bare;
}

struct sv watch_digits(struct rb_build *b, struct sv text)
{
    static const struct {
        struct sv word;
        unsigned n;
    } rows[] = {
        {SV("a"), 1},        {SV("an"), 1},      {SV("one"), 1},     {SV("two"), 2},
        {SV("three"), 3},    {SV("four"), 4},    {SV("five"), 5},    {SV("six"), 6},
        {SV("seven"), 7},    {SV("eight"), 8},   {SV("nine"), 9},    {SV("ten"), 10},
        {SV("fifteen"), 15}, {SV("twenty"), 20}, {SV("thirty"), 30}, {SV("sixty"), 60},
    };
    struct regex_match g[4];

    if (!regex_find(b->watch_patterns[WATCH_FOR_WORD], text, 0, g, 4))
        return text;
    if (ascii_is_digit(text.p[g[1].from]))
        return arena_fmt(b->arena, "%.*sfor %.*s %.*s", SV_FMT(sv_sub(text, 0, g[0].from)),
                         SV_FMT(sv_sub(text, g[1].from, g[1].to)),
                         SV_FMT(sv_sub(text, g[3].from, text.n)));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq_nocase(sv_sub(text, g[1].from, g[1].to), rows[i].word))
            return arena_fmt(b->arena, "%.*sfor %u %.*s", SV_FMT(sv_sub(text, 0, g[0].from)),
                             rows[i].n, SV_FMT(sv_sub(text, g[3].from, text.n)));
    return text;
}

bool watch_is_simple(const struct rb_build *b, struct sv text)
{
    return !regex_has(b->watch_patterns[WATCH_MORE], text);
}

bool watch_keeps_span(const struct rb_build *b, struct sv reason, struct sv clauses)
{
    struct regex_match g[1];

    return !regex_find(b->watch_patterns[WATCH_LASTS], reason, 0, g, 1) ||
           sv_has(clauses, SV(" for "));
}

/* "it goes above 2 s", "this number is over 5 %": what it is, the sentence before says, or nobody. */
static bool decide_is_spoken_of(struct sv reason)
{
    static const struct sv fronts[] = {
        SV("it "),       SV("they "),      SV("this "),       SV("that "),   SV("these "),
        SV("those "),    SV("the value "), SV("the number "), SV("either "), SV("both "),
        SV("anything "), SV("any of "),    SV("one of "),     SV("er "),     SV("sie "),
        SV("es "),       SV("der wert "),  SV("die zahl ")};
    static const struct sv bare[] = {SV("above "), SV("below "), SV("over "), SV("under ")};

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        if (sv_starts_nocase(reason, fronts[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(bare); i++)
        if (sv_starts_nocase(reason, bare[i]) && reason.n > bare[i].n &&
            ascii_is_digit(reason.p[bare[i].n]))
            return true; /* "Above 2 s" */
    return false;
}

/* With the sentence right before it in the paragraph, which says of what it speaks. */
static struct sv decide_source(const struct rb_build *b, struct sv reason)
{
    const char *begin = b->decided_from, *end = reason.p + reason.n;

    return begin && begin < reason.p ? (struct sv){begin, (size_t)(end - begin)} : reason;
}

static void decide_reason(struct rb_build *b, struct sv action, struct sv reason, bool simple,
                          size_t line)
{
    struct shape_request q = {.phrase = watch_digits(b, watch_bare(b, watch_english(b, reason))),
                              .count_window = "[5m]",
                              .min_samples = true,
                              .offset_ms = -1};
    struct shape s;
    struct sv text = {NULL, 0};
    bool spoken = decide_is_spoken_of(amount_phrase(reason, b->arena));

    if (spoken)
        reason = decide_source(b, reason);
    if (simple && !spoken && watch_limited(b, q.phrase) && !watch_is_repeated(b, q.phrase) &&
        shape_read(b->shape, &q, b->arena, &s) && watch_keeps_span(b, q.phrase, s.clauses))
        text = arena_fmt(b->arena, "%.*s when %.*s%.*s", SV_FMT(action), SV_FMT(s.condition),
                         SV_FMT(s.clauses));
    if (!text.n && b->rules.n && vec_last(&b->rules)->line == line && !vec_last(&b->rules)->text.n)
        return; /* it was found open already, as an item of its list */
    watch_rule(b, line, reason, text);
    if (!text.n)
        build_note(b, NOTE_UNKNOWN_RULE, line, 1, reason);
}

/* "Wenn A über 5 % liegt oder B ..., muss zurückgerollt werden"; simple: nothing else is said behind the comma. */
static bool decide_german(struct rb_build *b, struct sv reasons, bool simple, size_t line)
{
    static const struct sv mark = SV(" oder ");

    simple &= watch_is_simple(b, reasons);
    while (reasons.n) {
        size_t at = sv_find_nocase(reasons, mark, 0);

        decide_reason(b, SV("rollback"), sv_sub(reasons, 0, at), simple, line);
        reasons = at == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(reasons, at + mark.n, reasons.n);
    }
    return true;
}

/* "..., go back to 1.4", "..., undo it": a way back, and a person says whether it is the document's. */
static bool decide_goes_back(struct sv sentence)
{
    static const struct sv words[] = {SV("go back"), SV("switch back"), SV("fall back"),
                                      SV("fail back"), SV("undo")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(sentence, words[i]))
            return true;
    return false;
}

/* "Roll back if users report errors": where the release is watched, what no machine judges is for people.  "If any of
 * these fails", "Roll back as soon as:" speaks of what stands beside it. */
static bool decide_is_for_people(const struct rb_build *b, struct sv sentence)
{
    static struct words others = WORDS(
        "any anything something one either both these those this that it they them each following below above");
    struct sv rest = sentence, word;

    if (build_role(b) != ROLE_MONITOR && build_role(b) != ROLE_DECIDE)
        return false;
    while (sv_next_word(&rest, &word)) {
        if (sv_ends(word, SV(":")) && !rest.n)
            return false;
        while (word.n && !ascii_is_alnum(word.p[word.n - 1]))
            word.n--;
        if (words_have(&others, word))
            return false;
    }
    return true;
}

static bool decide_sentence(struct rb_build *b, struct sv sentence, size_t line)
{
    struct regex_match g[5];
    struct sv reasons, action, reason;
    enum german_say german;
    size_t from = b->rules.n;
    bool limited = watch_limited(b, sentence);

    german = german_reasons(sentence, &reasons);
    if (german != GERMAN_NOTHING && watch_limited(b, reasons))
        return german == GERMAN_FORBIDS ||
               decide_german(b, reasons, german == GERMAN_ROLLS_BACK, line);

    if (!(limited || decide_is_for_people(b, sentence)) ||
        !regex_find(b->watch_patterns[WATCH_DECIDES], sentence, 0, g, 5))
        return false;
    if (g[1].from != SV_NPOS) { /* "if reasons: action" */
        reasons = sv_sub(sentence, g[1].from, g[1].to);
        action = watch_action(b, sv_sub(sentence, g[2].from, g[2].to));
    } else {
        action = watch_action(b, sv_sub(sentence, g[3].from, g[3].to));
        reasons = sv_sub(sentence, g[4].from, g[4].to);
    }
    if (sv_starts_nocase(sentence, SV("consider ")))
        action = SV("hold"); /* a person does */
    if (!limited && !sv_eq(action, SV("rollback")))
        return false;
    if (!action.n) {
        if (decide_goes_back(sentence))
            decide_reason(b, action, sentence, false, line);
        return decide_goes_back(sentence);
    }
    while (decide_next_reason(&reasons, &reason))
        decide_reason(b, action, reason, watch_is_simple(b, sentence), line);
    watch_mark_halves(b, from, action);
    return true;
}

/* Parts of "Error rate > 1%: immediate rollback", "CPU > 90% -> page the on-call"; false: it has no such two. */
static bool decide_split(struct sv text, struct sv *when, struct sv *what)
{
    static const struct sv marks[] = {SV("\xe2\x86\x92"), SV("->"), SV("=>"), SV(": ")};

    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        size_t at = sv_find(text, marks[i], 0);

        if (at == SV_NPOS)
            continue;
        *when = sv_trim(sv_sub(text, 0, at));
        *what = sv_trim(sv_sub(text, at + marks[i].n, text.n));
        return when->n > 0 && what->n > 0;
    }
    return false;
}

/* A case and what is done in it. */
static bool decide_case(struct rb_build *b, struct sv text, size_t line)
{
    struct sv when, what, action, reason;
    size_t from = b->rules.n;
    bool simple;

    if (!decide_split(text, &when, &what) || !watch_limited(b, when) || watch_limited(b, what))
        return false;
    action = watch_action(b, what);
    if (!action.n)
        return false;
    when = told_last_sentence(when); /* "Watch it for 10 minutes. Above 2 s: roll back" */
    (void)(sv_eat_nocase(&when, SV("if ")) || sv_eat_nocase(&when, SV("when ")));
    simple = watch_is_simple(b, when);
    while (decide_next_reason(&when, &reason))
        decide_reason(b, action, reason, simple, line);
    watch_mark_halves(b, from, action);
    return true;
}

bool watch_decides(struct rb_build *b, struct sv text, size_t line)
{
    enum rb_role role = build_role(b);
    struct sv sentence, before = {NULL, 0};
    bool found = false;

    if (role == ROLE_COMMUNICATE || role == ROLE_TROUBLESHOOT || role == ROLE_REFERENCE ||
        role == ROLE_FOLLOW_UP)
        return false;
    if (decide_case(b, text, line))
        return true;
    while (decide_next_sentence(&text, &sentence)) {
        b->decided_from = before.p;
        found |= decide_sentence(b, sentence, line);
        before = sentence;
    }
    b->decided_from = NULL;
    return found;
}
