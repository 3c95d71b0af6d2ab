/*
 * The share of messages that v3's suggestion cache refuses, and that it does not depend on what
 * was asked before.  Exit status 0 when it is 8 % +- 1 % in every run.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "suggest.h"

enum { MESSAGES = 20000, RUNS = 5 };

/* xorshift64: the same messages every time. */
static uint64_t next(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static bool refused(struct suggest *s, uint64_t random)
{
    struct err err;
    const char *reply;
    char bot[32], text[64];

    (void)snprintf(bot, sizeof(bot), "bot-%u", (unsigned)(random % 50));
    (void)snprintf(text, sizeof(text), "message %016llx", (unsigned long long)random);
    return suggest_reply(s, bot, text, &reply, &err) != ERR_OK;
}

int main(void)
{
    uint64_t x = 88172645463325252U;
    int wrong = 0;

    for (int run = 0; run < RUNS; run++) {
        struct suggest *used = suggest_new();
        int n = 0;

        for (int i = 0; i < MESSAGES; i++) {
            uint64_t random = next(&x);
            bool here = refused(used, random);

            n += here;
            if (i % 100 == 0) { /* the same in a cache that knows nothing */
                struct suggest *fresh = suggest_new();

                wrong += refused(fresh, random) != here;
                suggest_free(fresh);
            }
        }
        printf("run %d: %.2f %% of %d messages refused\n", run, 100.0 * n / MESSAGES, MESSAGES);
        wrong += n < MESSAGES * 7 / 100 || n > MESSAGES * 9 / 100;
        suggest_free(used);
    }
    return wrong > 0;
}
