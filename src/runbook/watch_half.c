/*
 * watch_half: conditions of which one half can be judged: "Error rate > 5% or users complain".  With "or" each half is reason
 * enough, so each is a rule of its own; with "and" the half that is judged says when people have to look at the other one.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"

enum { HALVES = 4 };

struct half {
    struct sv phrase, text, dropped; /* text empty: not understood */
    bool lasts;
};

/* The next of what the words join. */
static struct sv half_next(struct sv *rest, struct sv word)
{
    size_t at = sv_find_nocase(*rest, word, 0);
    struct sv piece = sv_trim(sv_sub(*rest, 0, at));

    *rest = at == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(*rest, at + word.n, rest->n);
    while (piece.n && piece.p[piece.n - 1] == ',')
        piece.n--;
    (void)(sv_eat_nocase(&piece, SV("if ")) || sv_eat_nocase(&piece, SV("when ")));
    return piece;
}

/* "> 5% or 100 errors": the second has no subject of its own. */
static bool half_is_bare(struct sv phrase)
{
    return !phrase.n || ascii_is_digit(*phrase.p) || *phrase.p == '>' || *phrase.p == '<';
}

/* How many there are, 0: they cannot be told apart; *known: how many of them are understood. */
static size_t half_read(struct rb_build *b, struct sv phrase, struct sv word,
                        enum prose_verdict verdict, struct half *v, size_t *known)
{
    struct regex_match g[1];
    size_t n = 0;

    *known = 0;
    while (phrase.n) {
        struct half *h = &v[n];

        if (n++ == HALVES)
            return 0;
        h->phrase = half_next(&phrase, word);
        if (half_is_bare(h->phrase))
            return 0;
        h->text = watch_phrase(b, h->phrase, verdict, &h->dropped);
        h->lasts = regex_find(b->watch_patterns[WATCH_LASTS], h->phrase, 0, g, 1);
        *known += h->text.n > 0;
    }
    for (size_t i = 0; i + 1 < n; i++) /* "a or b for 5 minutes": of both, or of b only */
        if (v[n - 1].lasts && !v[i].lasts)
            return 0;
    return n;
}

static void half_add(struct rb_build *b, size_t line, struct sv source, struct sv text,
                     struct sv action)
{
    watch_rule(b, line, source, text);
    vec_last(&b->rules)->half = !text.n;
    vec_last(&b->rules)->action = action;
    if (!text.n)
        build_note(b, NOTE_UNKNOWN_RULE, line, 1, source);
}

static bool half_any(struct rb_build *b, struct sv phrase, enum prose_verdict verdict, size_t line)
{
    struct half v[HALVES + 1];
    size_t known, n = half_read(b, phrase, SV(" or "), verdict, v, &known);

    if (n < 2 || !known)
        return false;
    for (size_t i = 0; i < n; i++) {
        half_add(b, line, v[i].phrase, v[i].text, sv_from(prose_action(verdict)));
        vec_last(&b->rules)->dropped = v[i].dropped;
    }
    return true;
}

/* What is true and unknown is unknown: it is looked into, and by people. */
static bool half_all(struct rb_build *b, struct sv phrase, enum prose_verdict verdict, size_t line)
{
    struct half v[HALVES + 1];
    size_t known, n = half_read(b, phrase, SV(" and "), PROSE_INVESTIGATE, v, &known), other;

    if (n != 2 || known != 1 || sv_has_nocase(phrase, SV(" or ")))
        return false;
    other = v[0].text.n ? 1 : 0;
    if (watch_limited(b, v[other].phrase)) /* a limit that is not understood is no remark */
        return false;
    half_add(b, line, v[1 - other].phrase, v[1 - other].text, sv_from(prose_action(verdict)));
    half_add(b, line, phrase, (struct sv){NULL, 0}, sv_from(prose_action(verdict)));
    return true;
}

bool watch_halves(struct rb_build *b, struct sv phrase, enum prose_verdict verdict, size_t line)
{
    return half_any(b, phrase, verdict, line) || half_all(b, phrase, verdict, line);
}

void watch_mark_halves(struct rb_build *b, size_t from, struct sv action)
{
    bool known = false;

    for (size_t i = from; i < b->rules.n; i++)
        known |= b->rules.v[i].text.n > 0 && !b->rules.v[i].proposal;
    for (size_t i = from; known && i < b->rules.n; i++)
        if (!b->rules.v[i].text.n) {
            b->rules.v[i].half = true;
            b->rules.v[i].action = action;
        }
}
