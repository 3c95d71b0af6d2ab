#include "suggest.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    SUGGEST_SLOTS = 4096,
    SUGGEST_SPREAD = 4451, /* a prime spreads hashes better than a power of two */
    SUGGEST_PROBES = 8,
    SUGGEST_CONTEXT = 8192 /* bytes of context that a suggestion is made from */
};

struct entry {
    uint64_t hash;
    const char *reply;
    struct entry *next; /* made before this one */
    char context[SUGGEST_CONTEXT];
};

struct suggest {
    pthread_mutex_t lock;
    struct entry *slots[SUGGEST_SLOTS];
    struct entry *all; /* newest first, for suggest_free() */
};

/* clang-format off */
static const struct {
    const char *word, *reply;
} replies[] = {
    {"?",     "Let me look that up for you."},
    {"thank", "You are welcome."},
    {"error", "Which message do you see?"},
    {"help",  "What are you trying to do?"},
    {"",      "Tell me more."},
};
/* clang-format on */

struct suggest *suggest_new(void)
{
    struct suggest *s = xcalloc(1, sizeof(*s));

    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void suggest_free(struct suggest *s)
{
    while (s->all) {
        struct entry *e = s->all;

        s->all = e->next;
        free(e);
    }
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t add_to_hash(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3U;
    return hash * 0x100000001b3U; /* a NUL: "a" + "b" is not "ab" + "" */
}

/* The slot of a hash, else an empty one, else one to take over; NULL: there is none. */
static struct entry **find_slot(struct suggest *s, uint64_t hash)
{
    size_t at = hash % SUGGEST_SPREAD;
    struct entry **slot = NULL;

    for (int probe = 0; probe < SUGGEST_PROBES && at < SUGGEST_SLOTS; probe++, at++) {
        slot = &s->slots[at];
        if (!*slot || (*slot)->hash == hash)
            break;
    }
    return slot;
}

static const char *choose_reply(const char *context)
{
    size_t i = 0;

    while (!strstr(context, replies[i].word)) /* the last word is in every text */
        i++;
    return replies[i].reply;
}

/* The context is of one size: the message, over and over. */
static void fill_context(char *context, const char *text)
{
    size_t n = strlen(text); /* at least 1: empty messages are not taken */

    for (size_t i = 0; i < SUGGEST_CONTEXT - 1; i++)
        context[i] = text[i % n];
    context[SUGGEST_CONTEXT - 1] = '\0';
}

static struct entry *make_entry(struct suggest *s, uint64_t hash, const char *text)
{
    struct entry *e = xcalloc(1, sizeof(*e));

    e->hash = hash;
    fill_context(e->context, text);
    e->reply = choose_reply(e->context);
    e->next = s->all;
    s->all = e;
    return e;
}

enum err_code suggest_reply(struct suggest *s, const char *bot_id, const char *text,
                            const char **ret, struct err *err)
{
    uint64_t hash = add_to_hash(add_to_hash(0xcbf29ce484222325U, bot_id), text);
    enum err_code rc = ERR_OK;
    struct entry **slot;

    pthread_mutex_lock(&s->lock);
    slot = find_slot(s, hash);
    if (slot) {
        if (!*slot || (*slot)->hash != hash)
            *slot = make_entry(s, hash, text);
        *ret = (*slot)->reply;
    } else {
        rc = err_set(err, ERR_CACHE, "suggestion cache: no slot");
    }
    pthread_mutex_unlock(&s->lock);
    return rc;
}
