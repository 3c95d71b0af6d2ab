#include "runbook/german.h"

#include "base/regex.h"
#include "base/strbuf.h"

/* --- words --- */

static const struct german_word {
    struct sv german;
    const char *english;
    bool als; /* "als" stands behind it */
} german_limits[] = {
    {SV("über"), "above", false},          {SV("oberhalb"), "above", false},
    {SV("unter"), "below", false},         {SV("unterhalb"), "below", false},
    {SV("mindestens"), "at least", false}, {SV("höchstens"), "at most", false},
    {SV("maximal"), "at most", false},     {SV("mehr"), "more than", true},
    {SV("größer"), "more than", true},     {SV("höher"), "more than", true},
    {SV("weniger"), "less than", true},    {SV("kleiner"), "less than", true},
    {SV("niedriger"), "less than", true},
};

static const struct german_word german_spans[] = {
    {SV("Sekunde"), "seconds", false}, {SV("Sekunden"), "seconds", false},
    {SV("Minute"), "minutes", false},  {SV("Minuten"), "minutes", false},
    {SV("Stunde"), "hours", false},    {SV("Stunden"), "hours", false},
};

/* "..., sobald sie über 5 % liegt": says nothing more than the limit. */
static const struct sv german_verbs[] = {SV("liegt"), SV("liegen"), SV("steigt"), SV("fällt"),
                                         SV("sinkt"), SV("bleibt"), SV("beträgt")};

/* Words of a time or an order that is not read here: without it a rule would act at another moment. */
static const struct sv german_others[] = {
    SV("für"),     SV("länger"),  SV("seit"),      SV("lang"),  SV("innerhalb"),
    SV("nach"),    SV("vor"),     SV("bis"),       SV("min"),   SV("Tag"),
    SV("Tage"),    SV("Tagen"),   SV("mal"),       SV("je"),    SV("pro"),
    SV("zweimal"), SV("dreimal"), SV("dauerhaft"), SV("Woche"), SV("Wochen"),
};

static const struct german_word *german_find(const struct german_word *rows, size_t n,
                                             struct sv word)
{
    for (size_t i = 0; i < n; i++)
        if (sv_eq_nocase(rows[i].german, word))
            return &rows[i];
    return NULL;
}

static bool german_is_in(const struct sv *words, size_t n, struct sv word)
{
    for (size_t i = 0; i < n; i++)
        if (sv_eq_nocase(words[i], word))
            return true;
    return false;
}

static struct sv german_bare(struct sv word)
{
    while (word.n && (word.p[word.n - 1] == ',' || word.p[word.n - 1] == '.'))
        word.n--;
    return word;
}

static bool german_is_number(struct sv text)
{
    text = sv_trim_left(text);
    return text.n && ascii_is_digit(*text.p);
}

/* --- phrases --- */

struct german {
    struct sv rest;
    struct strbuf out;
    struct sv span, unit; /* of "länger als 5 Minuten"; unit in English */
    bool said;            /* something was German */
    bool odd;             /* and something is not understood */
    bool limit, number;   /* the word before is a limit, or its number */
    bool limited;         /* there is one since the last "oder" or "und" */
};

static void german_add(struct german *g, struct sv word)
{
    if (g->out.n)
        strbuf_add_byte(&g->out, ' ');
    strbuf_add_sv(&g->out, word);
}

/* "0,5": the comma is a point.  "1.500" may be one and a half, or a thousand times as much. */
static void german_add_number(struct german *g, struct sv word)
{
    size_t comma = sv_find_byte(word, ',', 0), point = sv_find_byte(word, '.', 0), digits = 0;

    german_add(g, word);
    while (comma != SV_NPOS && comma + 1 + digits < word.n &&
           ascii_is_digit(word.p[comma + 1 + digits]))
        digits++;
    if (point != SV_NPOS && point + 3 < word.n && ascii_is_digit(word.p[point + 1]))
        g->odd = true;
    if (digits != 1 && digits != 2)
        return;
    g->out.p[g->out.n - word.n + comma] = '.';
    g->said = true;
}

/* "5 Minuten" behind "länger als" or "für"; false: it is no span. */
static bool german_take_span(struct german *g, struct sv behind)
{
    struct sv number, unit;
    const struct german_word *w;

    if (g->span.n || !german_is_number(behind) || !sv_next_word(&behind, &number) ||
        !sv_next_word(&behind, &unit))
        return false;
    w = german_find(german_spans, ARRAY_LEN(german_spans), german_bare(unit));
    if (!w)
        return false;
    g->span = number;
    g->unit = sv_from(w->english);
    g->rest = behind;
    return true;
}

static bool german_lasts(struct german *g, struct sv word)
{
    static const struct sv more[] = {SV("mindestens "), SV("mehr als ")};
    struct sv behind = sv_trim_left(g->rest);

    if (sv_eq_nocase(word, SV("länger")) && sv_eat_nocase(&behind, SV("als ")))
        return german_take_span(g, behind);
    if (!sv_eq_nocase(word, SV("für")))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(more); i++)
        (void)sv_eat_nocase(&behind, more[i]);
    return german_take_span(g, behind);
}

static bool german_limit(struct german *g, struct sv word)
{
    const struct german_word *w = german_find(german_limits, ARRAY_LEN(german_limits), word);
    struct sv behind = sv_trim_left(g->rest);

    if (!w || (w->als && !sv_eat_nocase(&behind, SV("als "))) || !german_is_number(behind))
        return false;
    german_add(g, sv_from(w->english));
    g->rest = behind;
    g->odd |= g->limited; /* "über 5 Minuten über 5 %" */
    g->limited = true;
    return true;
}

/* "<", ">5": a number behind it, or in it, is a limit. */
static bool german_is_sign(struct sv word)
{
    return *word.p == '<' || *word.p == '>' || *word.p == '\xe2';
}

static void german_word(struct german *g, struct sv word)
{
    struct sv bare = german_bare(word);
    const struct german_word *unit = german_find(german_spans, ARRAY_LEN(german_spans), bare);
    bool limit = g->limit, number = g->number;

    g->limit = g->number = false;
    if (sv_eq_nocase(bare, SV("oder")) || sv_eq_nocase(bare, SV("und")) || bare.n < word.n)
        g->limited = false;
    if (german_lasts(g, bare)) {
        g->said = true;
        return;
    }
    if (german_limit(g, bare)) {
        g->said = g->limit = true;
        return;
    }
    if (german_is_in(german_verbs, ARRAY_LEN(german_verbs), bare))
        return;
    g->odd |= german_is_in(german_others, ARRAY_LEN(german_others), bare) || (unit && !number);
    g->limit = german_is_sign(word);
    if (unit) {
        german_add(g, sv_from(unit->english));
    } else if (g->limit || (limit && german_is_number(word))) {
        g->number = true;
        german_add_number(g, word);
    } else {
        german_add(g, word);
    }
}

/* Most texts are not German: first the cheap look. */
static bool german_may_be(struct sv text)
{
    static const struct sv words[] = {SV("unter"),    SV("mehr"),    SV("weniger"),
                                      SV("kleiner"),  SV("maximal"), SV("mindestens"),
                                      SV("niedriger")};

    for (size_t i = 0; i + 1 < text.n; i++)
        if (text.p[i] == '\xc3' || (text.p[i] == ',' && ascii_is_digit(text.p[i + 1])))
            return true;
    return REGEX_SAYS_ANY(text, words);
}

struct sv german_phrase(struct sv text, struct arena *arena)
{
    struct german g = {.rest = text, .out = STRBUF(0)};
    struct sv word;

    if (!german_may_be(text))
        return text;
    while (sv_next_word(&g.rest, &word))
        german_word(&g, word);
    if (g.span.n)
        strbuf_addf(&g.out, " for %.*s %.*s", SV_FMT(g.span), SV_FMT(g.unit));
    text = g.said && !g.odd ? arena_sv(arena, strbuf_sv(&g.out)) : text;
    strbuf_release(&g.out);
    return text;
}

/* --- sentences --- */

/* "muss sofort zurückgerollt werden", "Rollback einleiten"; or more than that, or the contrary. */
static enum german_say german_says(struct sv text)
{
    static const struct sv backs[] = {SV("zurückgerollt"),  SV("zurückrollen"),
                                      SV("zurückzurollen"), SV("zurückgesetzt"),
                                      SV("zurückgefahren"), SV("Rollback")};
    static const struct sv others[] = {
        SV("muss"),        SV("wird"),        SV("ist"),      SV("soll"),    SV("sofort"),
        SV("umgehend"),    SV("dann"),        SV("bitte"),    SV("ein"),     SV("einen"),
        SV("der"),         SV("den"),         SV("zu"),       SV("werden"),  SV("einleiten"),
        SV("einzuleiten"), SV("durchführen"), SV("auslösen"), SV("starten"), SV("automatisch")};
    static const struct sv nots[] = {SV("nicht"), SV("kein"),    SV("keine"), SV("keinen"),
                                     SV("nie"),   SV("niemals"), SV("ohne")};
    struct sv word;
    bool back = false, only = true, forbids = false;

    while (sv_next_word(&text, &word)) {
        word = german_bare(word);
        forbids |= german_is_in(nots, ARRAY_LEN(nots), word);
        if (german_is_in(backs, ARRAY_LEN(backs), word))
            back = true;
        else
            only &= german_is_in(others, ARRAY_LEN(others), word);
    }
    if (!back)
        return GERMAN_NOTHING;
    return forbids ? GERMAN_FORBIDS : only ? GERMAN_ROLLS_BACK : GERMAN_MORE;
}

enum german_say german_reasons(struct sv sentence, struct sv *reasons)
{
    static const struct sv firsts[] = {SV("wenn "), SV("falls "), SV("sobald ")};
    static const struct sv articles[] = {SV("die "), SV("der "), SV("das ")};
    struct sv rest = sentence;
    bool first = false;
    size_t at;

    for (size_t i = 0; i < ARRAY_LEN(firsts) && !first; i++)
        first = sv_eat_nocase(&rest, firsts[i]);
    at = sv_find(rest, SV(", "), 0);
    if (!first || at == SV_NPOS)
        return GERMAN_NOTHING;
    *reasons = sv_sub(rest, 0, at);
    for (size_t i = 0; i < ARRAY_LEN(articles); i++)
        (void)sv_eat_nocase(reasons, articles[i]);
    return german_says(sv_sub(rest, at + 2, rest.n));
}
