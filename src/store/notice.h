#pragma once

/*
 * notice: what is still to be told to whom (docs/formats/notify.md).
 *
 * The events of the journal are what is told; this table says which of them were looked at, and for each
 * receiver what became of it. A notice that was added is told at least once, by whichever process comes
 * next: one that takes it has a lease, and when it dies the notice is due again. Not part of the chain.
 */
#include "store/store.h"

enum notice_state { NOTICE_WAITING, NOTICE_SENT, NOTICE_DROPPED, NOTICE_GIVEN_UP, NOTICE_STATE__N };
extern const char *const notice_states[NOTICE_STATE__N];

struct store_notice {
    int64_t run, seq; /* the event that it comes from */
    struct sv receiver;
    struct sv
        key; /* of what lasts (a rule that fired), and is told again until it has ended; empty: once */
    bool firing; /* false, with a key: it has ended */
    struct sv body;
    int64_t at_us, due_us;
    int64_t tries; /* that were begun since it was told last */
    int64_t sent;
    enum notice_state state;
    struct sv error; /* of the last try */
};

/* The tables, if they are not there yet. */
NODISCARD enum err_code store_notices_open(struct store *s, struct err *err);
/* How far the events of a run were looked at; 0: not at all.  *over: nothing comes any more. */
NODISCARD enum err_code store_notices_seen(struct store *s, int64_t run, int64_t *seq, bool *over,
                                           struct err *err);
/* What the events of a run up to `seq` give. */
struct store_notices {
    int64_t run, seq;
    bool over; /* nothing comes any more: what lasts is ended, see store_notices_end() */
    const struct store_notice *v;
    size_t n;
    struct sv said;
    int64_t now_us;
};
/* In one commit.  What has ended is not told again, and never when nobody was told. */
NODISCARD enum err_code store_notices_add(struct store *s, const struct store_notices *a,
                                          struct err *err);
typedef void store_notice_fn(const struct store_notice *n, void *arg);
typedef bool store_notice_take_fn(const struct store_notice *n, void *arg);
/* Those that are due, the oldest first; what fn takes (true) is due again after the lease, and has one try more. */
NODISCARD enum err_code store_notices_take(struct store *s, int64_t now_us, int64_t lease_us,
                                           store_notice_take_fn *fn, void *arg, struct err *err);
/* What was told of a run that is over, and lasts, is due once more as its end: firing is false, and the member `text`
   of its body begins with `said`.  Its place in the journal stays that of the beginning. */
NODISCARD enum err_code store_notices_end(struct store *s, int64_t run, struct sv said,
                                          int64_t now_us, struct err *err);
/* What became of one: state, due_us, tries, sent and error are written, unless it has ended meanwhile. */
NODISCARD enum err_code store_notice_set(struct store *s, const struct store_notice *n,
                                         struct err *err);
/* When the next one is due that is not due before `after_us`; INT64_MAX: none waits. */
NODISCARD enum err_code store_notices_next(struct store *s, int64_t after_us, int64_t *due_us,
                                           struct err *err);
/* All that wait or were given up (`all`: all), the newest last.  A store without the tables has none. */
NODISCARD enum err_code store_notices_list(struct store *s, bool all, store_notice_fn *fn,
                                           void *arg, struct err *err);
