#include "base/suggest.h"

#include "base/sv.h"

#define SUGGEST_MAX 64u

static size_t suggest_min3(size_t a, size_t b, size_t c)
{
    return size_min(a, size_min(b, c));
}

/* Optimal string alignment: Levenshtein, and a swap of neighbours counts one. */
size_t suggest_distance(struct sv a, struct sv b)
{
    size_t rows[3][SUGGEST_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    if (a.n > SUGGEST_MAX || b.n > SUGGEST_MAX)
        return size_max(a.n, b.n);
    for (size_t j = 0; j <= b.n; j++) {
        before[j] = 0;
        last[j] = j;
    }
    for (size_t i = 1; i <= a.n; i++) {
        char x = ascii_lower(a.p[i - 1]);
        size_t *oldest = before;

        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            char y = ascii_lower(b.p[j - 1]);

            now[j] = suggest_min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == ascii_lower(b.p[j - 2]) && ascii_lower(a.p[i - 2]) == y)
                now[j] = size_min(now[j], before[j - 2] + 1);
        }
        before = last;
        last = now;
        now = oldest;
    }
    return last[b.n];
}

struct suggest suggest_begin(struct sv word)
{
    /* Up to a third of the word may be wrong, but never all of it. */
    size_t allowed = size_max(1, word.n / 3);

    return (struct suggest){.word = word, .distance = size_min(allowed, 4) + 1};
}

void suggest_offer(struct suggest *s, struct sv candidate)
{
    size_t apart = size_max(s->word.n, candidate.n) - size_min(s->word.n, candidate.n), d;

    if (apart >= s->distance) /* each letter more is one to put in: no need to count */
        return;
    d = suggest_distance(s->word, candidate);
    if (d < s->distance && d < size_max(candidate.n, 1)) {
        s->distance = d;
        s->best = candidate;
    }
}
