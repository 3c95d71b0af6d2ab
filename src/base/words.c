#include "base/words.h"

#include <pthread.h>

#include "base/sv.h"

#define WORDS_LONGEST 31u

static uint32_t *words_lengths(struct words *w, char first)
{
    return &w->lengths[(unsigned char)first % ARRAY_LEN(w->lengths)];
}

static uint32_t words_length_bit(size_t n)
{
    return UINT32_C(1) << size_min(n, WORDS_LONGEST);
}

static void words_learn(struct words *w)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct sv rest = sv_from(w->list), word;
    bool known;

    (void)pthread_mutex_lock(&lock); /* fails for one that is none */
    known = atomic_load_explicit(&w->known, memory_order_relaxed);
    while (!known && sv_next_word(&rest, &word))
        *words_lengths(w, *word.p) |= words_length_bit(word.n);
    for (size_t i = 0; !known && i < w->n_rows; i++) {
        word = sv_from(*(const char *const *)((const char *)w->rows + i * w->row_bytes));
        *words_lengths(w, *word.p) |= words_length_bit(word.n);
    }
    atomic_store_explicit(&w->known, true, memory_order_release);
    (void)pthread_mutex_unlock(&lock);
}

bool words_in(const char *list, struct sv word)
{
    for (const char *p = list; word.n && *p;) {
        size_t i = 0;

        while (i < word.n && p[i] && ascii_lower(word.p[i]) == p[i])
            i++;
        if (i == word.n && (p[i] == ' ' || !p[i]))
            return true;
        while (p[i] && p[i] != ' ') /* `i` letters of it are the word's, and no blank */
            i++;
        p += i + (p[i] == ' ');
    }
    return false;
}

bool words_may_have(struct words *w, struct sv word)
{
    if (!word.n)
        return false;
    if (!atomic_load_explicit(&w->known, memory_order_acquire))
        words_learn(w);
    return *words_lengths(w, *word.p) & words_length_bit(word.n);
}

bool words_have(struct words *w, struct sv word)
{
    return words_may_have(w, word) && words_in(w->list, word);
}
