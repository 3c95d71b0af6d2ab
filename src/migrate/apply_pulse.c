/*
 * How long the writes of others take beside a backfill: a connection of its own writes one row over and over, and each
 * time that it took counts for the batches or for the pauses between them.  Only what is measured beside a batch shows
 * what a batch does: processors and disks that are shared, a log that is flushed.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/sv.h"
#include "migrate/apply_int.h"

#define PULSE_CONNECT_MS 2000
#define PULSE_WRITE_MS   2000 /* a write that takes longer is given up: it counts as this */
#define PULSE_EVERY_NS   15000000
#define PULSE_KEPT       128 /* of each kind, at most */
#define PULSE_FEWEST     16

struct pulse_times {
    uint64_t ns[PULSE_KEPT];
    size_t n; /* since they were asked for */
};

struct pulse {
    struct db *db;
    struct sv sql;
    struct arena arena;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* under the lock */
    bool end, busy;
    uint64_t batches; /* that have begun */
    struct pulse_times beside, between;
};

/* Of the write that began when `batches` had begun and it was `busy`: was there a batch at any time of it? */
static void pulse_keep(struct pulse *p, uint64_t batches, bool busy, uint64_t took_ns)
{
    bool beside = busy || p->busy || p->batches != batches;
    struct pulse_times *t = beside ? &p->beside : &p->between;

    t->ns[t->n++ % PULSE_KEPT] = took_ns;
}

/* Under the lock, which is given away for the time of the write.  false: it cannot be asked any more. */
static bool pulse_write(struct pulse *p)
{
    uint64_t batches = p->batches, start = clock_mono_ns();
    bool busy = p->busy;
    enum err_code rc;
    struct err err;

    (void)pthread_mutex_unlock(&p->lock); /* it is ours */
    rc = db_run(p->db, p->sql, NULL, 0, NULL, &err);
    (void)pthread_mutex_lock(&p->lock); /* it is no error-checking one */
    if (rc != ERR_OK && rc != ERR_TIMEOUT)
        return false;
    pulse_keep(p, batches, busy, clock_mono_ns() - start);
    return true;
}

static void *pulse_run(void *arg)
{
    struct pulse *p = arg;

    (void)pthread_mutex_lock(&p->lock); /* it is no error-checking one */
    while (!p->end && pulse_write(p)) {
        uint64_t at = clock_mono_ns() + PULSE_EVERY_NS;
        struct timespec until = {.tv_sec = (time_t)(at / 1000000000),
                                 .tv_nsec = (long)(at % 1000000000)};

        if (!p->end)
            (void)pthread_cond_timedwait(&p->wake, &p->lock, &until); /* too early is no harm */
    }
    (void)pthread_mutex_unlock(&p->lock); /* it is ours */
    return NULL;
}

static bool pulse_open(struct pulse *p, const struct apply *a)
{
    const struct db_config config = {.url = a->o.url, .connect_ms = PULSE_CONNECT_MS};
    struct err ignored;

    if (db_open(&config, &p->db, &ignored) != ERR_OK)
        return false;
    db_limit(p->db, PULSE_WRITE_MS);
    p->sql = arena_fmt(&p->arena,
                       "INSERT INTO %smeta (key, value) VALUES ('pulse', '') ON CONFLICT (key)"
                       " DO UPDATE SET value = excluded.value",
                       a->book.prefix);
    return db_run(p->db, SV("SET application_name = '" PULSE_NAME "'"), NULL, 0, NULL, &ignored) ==
               ERR_OK &&
           db_run(p->db, p->sql, NULL, 0, NULL, &ignored) == ERR_OK;
}

/* Signals are for the other threads. */
static bool pulse_start(struct pulse *p)
{
    pthread_condattr_t attr;
    sigset_t all, before;
    bool good;

    (void)pthread_mutex_init(&p->lock, NULL); /* does not fail on Linux, nor do these */
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&p->wake, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    good = pthread_create(&p->thread, NULL, pulse_run, p) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good;
}

static void pulse_drop(struct pulse *p)
{
    db_close(p->db);
    arena_release(&p->arena);
    free(p);
}

bool pulse_may(const struct apply *a)
{
    return db_kind(a->db) == DB_POSTGRES && a->o.url.n;
}

struct pulse *pulse_begin(const struct apply *a)
{
    struct pulse *p;

    if (!pulse_may(a))
        return NULL;
    p = XNEW(struct pulse);
    if (pulse_open(p, a) && pulse_start(p))
        return p;
    pulse_drop(p);
    return NULL;
}

void pulse_end(struct pulse *p)
{
    if (!p)
        return;
    (void)pthread_mutex_lock(&p->lock); /* it is no error-checking one */
    p->end = true;
    (void)pthread_cond_signal(&p->wake);
    (void)pthread_mutex_unlock(&p->lock);
    (void)pthread_join(p->thread, NULL); /* it ends after its write */
    (void)pthread_cond_destroy(&p->wake);
    (void)pthread_mutex_destroy(&p->lock);
    pulse_drop(p);
}

void pulse_batch(struct pulse *p, bool begins)
{
    if (!p)
        return;
    (void)pthread_mutex_lock(&p->lock); /* it is no error-checking one */
    p->busy = begins;
    p->batches += begins;
    (void)pthread_mutex_unlock(&p->lock);
}

static int pulse_cmp(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static struct pulse_said pulse_say(const struct pulse_times *t)
{
    uint64_t sorted[PULSE_KEPT];
    size_t n = t->n < PULSE_KEPT ? t->n : PULSE_KEPT;

    memcpy(sorted, t->ns, sizeof(sorted));
    qsort(sorted, n, sizeof(*sorted), pulse_cmp);
    return (struct pulse_said){.half_ns = sorted[n / 2], .most_ns = sorted[n * 9 / 10]};
}

bool pulse_ask(struct pulse *p, struct pulse_said *beside, struct pulse_said *between)
{
    bool enough;

    (void)pthread_mutex_lock(&p->lock); /* it is no error-checking one */
    enough = p->beside.n >= PULSE_FEWEST && p->between.n >= PULSE_FEWEST;
    if (enough) {
        *beside = pulse_say(&p->beside);
        *between = pulse_say(&p->between);
        p->beside.n = p->between.n = 0; /* of what is changed now they would say nothing */
    }
    (void)pthread_mutex_unlock(&p->lock); /* it is ours */
    return enough;
}
