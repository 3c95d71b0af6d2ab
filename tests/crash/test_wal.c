/*
 * The power fails: what was not synced yet is gone, in part, or garbage (promise P3).
 *
 * The log of SQLite (https://www.sqlite.org/fileformat2.html#walformat) is cut at every byte of its last 64 KB: what the
 * store then has is what was acknowledged when the log was so long, to the event, in a chain that holds.  And a run
 * whose last commit is torn anywhere is resumed and ends as if nothing had happened.
 *
 * PRUSIK_CRASH_EVERY=97: only each 97th byte, and fewer runs.
 */
#include "crash.h"
#include "store/journal.h"

#define LOG "journal/store.db-wal"

enum { LOOK_BYTES = 65536, EVENTS_MAX = 2000, COMMITS_MAX = 2000 };

static unsigned every(void)
{
    const char *text = getenv("PRUSIK_CRASH_EVERY");
    int64_t n;

    return text && sv_to_i64(sv_from(text), &n) && n > 0 ? (unsigned)n : 1;
}

/* --- the log --- */

static uint32_t big_endian(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Where commits end, in order; the first of them is where the log's header does. */
struct commits {
    size_t end[COMMITS_MAX], n;
};

static void find_commits(struct sv log, struct commits *c)
{
    size_t frame;

    c->n = 0;
    if (log.n < 32)
        return;
    c->end[c->n++] = 32;
    frame = 24 + big_endian(log.p + 8);
    for (size_t at = 32; at + frame <= log.n; at += frame)
        if (big_endian(log.p + at + 4) != 0) { /* the size of the database after it */
            T_CHECK(c->n < COMMITS_MAX);
            c->end[c->n++] = at + frame;
        }
}

static void read_log(struct strbuf *ret)
{
    struct err err;

    T_OK(file_read(LOG, 100000000, ret, &err), err);
}

/* The log as the disk has it after the power is back: this much of it, and then nothing, or garbage. */
static void write_log(struct sv log, size_t cut, size_t garbage)
{
    int fd = open(LOG, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    T_CHECK(fd >= 0 && write(fd, log.p, cut) == (ssize_t)cut);
    for (size_t i = 0; i < garbage; i += 8) {
        uint64_t bytes = t_random();

        T_EQ(write(fd, &bytes, sizeof(bytes)), sizeof(bytes));
    }
    T_EQ(close(fd), 0);
    (void)unlink("journal/store.db-shm"); /* shared memory is gone */
}

/* --- what the store has --- */

struct seen {
    struct hash hash[EVENTS_MAX];
    int64_t n;
};

static enum err_code see(const struct event *e, void *arg, struct err *err UNUSED)
{
    struct seen *s = arg;

    T_CHECK(s->n < EVENTS_MAX);
    T_EQ(e->seq, s->n + 1);
    s->hash[s->n] = event_hash(s->n ? &s->hash[s->n - 1] : NULL, e);
    s->n++;
    return ERR_OK;
}

/* The events of the run, whose chain, blobs and number must hold; nothing is written. */
static void look(enum store_mode mode, struct seen *ret)
{
    CLEANUP(store_freep) struct store *s = NULL;
    struct journal_check check;
    struct err err = {0};

    T_OK(store_open("journal", mode, &s, &err), err);
    T_OK(journal_verify(s, 1, &check, &err), err);
    ret->n = 0;
    T_OK(journal_read(s, 1, 0, see, ret, &err), err);
    T_EQ(check.events, ret->n);
    T_CHECK(ret->n == 0 || hash_eq(&check.head, &ret->hash[ret->n - 1]));
}

static void check_prefix(const struct seen *of, const struct seen *now, int64_t n, size_t cut)
{
    if (now->n != n)
        T_FAIL("cut at %zu: %" PRId64 " events and not %" PRId64, cut, now->n, n);
    T_CHECK(n == 0 || hash_eq(&of->hash[n - 1], &now->hash[n - 1])); /* and so all before it */
}

/* It can be gone on with: the next event continues the chain. */
static void check_goes_on(const struct seen *of, int64_t n, size_t cut)
{
    CLEANUP(store_freep) struct store *s = NULL;
    CLEANUP(journal_freep) struct journal *j = NULL;
    struct event e = {.at_us = 1, .kind = EVENT_ANSWER, .data = SV("{}")};
    struct journal_check check;
    struct err err = {0};
    static struct seen now;

    T_OK(store_open("journal", STORE_WRITE, &s, &err), err);
    T_OK(journal_open(s, 1, &j, &err), err);
    T_EQ(journal_last_seq(j), n);
    T_OK(journal_append(j, &e, 1, &err), err);
    T_OK(journal_verify(s, 1, &check, &err), err);
    T_EQ(check.events, n + 1);
    now.n = 0;
    T_OK(journal_read(s, 1, 0, see, &now, &err), err);
    now.n--;
    check_prefix(of, &now, n, cut);
}

static struct crash broken = {.next = "broken", .payments = 1, .want = EXIT_CODE_ROLLED_BACK};

/* A run that was killed late, its log whole: what it has is what had been acknowledged, to the last commit. */
static void make_log(struct strbuf *log, struct strbuf *db)
{
    struct t_fail f = {.kinds = "commit", .mode = "kill", .path = "store.db-wal", .at = 30};
    struct err err;

    crash_begin(&broken);
    T_EQ(crash_prusik(&broken, false, &f), 128 + SIGKILL);
    read_log(log);
    T_OK(file_read("journal/store.db", 10000000, db, &err), err);
    T_CHECK(log->n > LOOK_BYTES);
}

/* How many events the store has when the log ends with each of the commits. */
static void count_events(struct sv log, const struct commits *c, const struct seen *all,
                         int64_t count[COMMITS_MAX])
{
    static struct seen now;

    for (size_t i = c->n; i-- > 0 && c->end[i] + LOOK_BYTES >= log.n;) {
        write_log(log, c->end[i], 0);
        look(STORE_READ, &now);
        check_prefix(all, &now, now.n, c->end[i]);
        count[i] = now.n;
        T_CHECK(i + 1 == c->n || count[i] <= count[i + 1]);
    }
}

static void restore_db(struct strbuf *db)
{
    struct err err;

    T_OK(file_write_atomic("journal/store.db", strbuf_sv(db), 0600, &err), err);
}

T(a_log_that_is_cut_anywhere_has_what_was_acknowledged_when_it_was_so_long)
{
    CLEANUP(strbuf_release) struct strbuf log = STRBUF(0), db = STRBUF(0);
    static struct seen all, now;
    static struct commits c;
    static int64_t count[COMMITS_MAX];
    size_t at, cuts = 0;

    crash_open(&broken);
    make_log(&log, &db);
    find_commits(strbuf_sv(&log), &c);
    write_log(strbuf_sv(&log), log.n, 0);
    look(STORE_READ, &all);
    T_CHECK(all.n > 20 && c.n > 10);
    count_events(strbuf_sv(&log), &c, &all, count);
    at = c.n - 1;
    for (size_t cut = log.n; cut + LOOK_BYTES > log.n; cut -= every(), cuts++) {
        bool garbage = cuts % 3 == 1, writes = cuts % 16 == 2;

        while (c.end[at] > cut)
            at--;
        if (c.end[at] + LOOK_BYTES < log.n)
            break; /* its commit was not counted */
        write_log(strbuf_sv(&log), cut, garbage ? 5000 : 0);
        look(STORE_READ, &now);
        check_prefix(&all, &now, count[at], cut);
        if (writes) {
            check_goes_on(&all, count[at], cut);
            restore_db(&db);
        }
    }
    t_say("%zu cuts over %zu commits", cuts, c.n - at);
    T_CHECK(cuts > 60000 / every() / 2);
    crash_check_processes(&broken);
    crash_close(&broken);
}

/* The last commit was on its way to the disk; the process never heard of it. */
static void tear(unsigned at)
{
    CLEANUP(strbuf_release) struct strbuf log = STRBUF(0);
    static struct commits c;
    size_t from, cut;

    read_log(&log);
    find_commits(strbuf_sv(&log), &c);
    from = c.n > 1 ? c.end[c.n - 2] : 0;
    cut = from + t_random() % (log.n - from);
    write_log(strbuf_sv(&log), cut, at % 2 ? log.n - cut : 0);
}

static const struct t_fail at_a_flush = {.kinds = "fsync,fdatasync", .mode = "kill-after"};

T(a_run_whose_last_commit_is_torn_is_resumed)
{
    crash_walk(&broken, &at_a_flush, every() == 1 ? 1 : 11, tear);
}

T(a_good_run_whose_last_commit_is_torn_is_resumed)
{
    static struct crash good = {.next = "good", .payments = 2, .want = EXIT_CODE_DONE};

    crash_walk(&good, &at_a_flush, every() == 1 ? 1 : 13, tear);
}

T_MAIN(T_CASE(a_log_that_is_cut_anywhere_has_what_was_acknowledged_when_it_was_so_long),
       T_CASE(a_run_whose_last_commit_is_torn_is_resumed),
       T_CASE(a_good_run_whose_last_commit_is_torn_is_resumed))
