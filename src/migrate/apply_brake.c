/*
 * What makes a backfill wait: replicas that fall behind, a disk that fills, an archive that does not keep up, sessions
 * that have enough to do, batches that take too long, a query or a file that says so, a person.  Asked once a second
 * between batches, and again until nothing holds it; how long one write of our own takes says how much of the time is
 * ours.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/file.h"
#include "base/sv.h"
#include "migrate/apply_int.h"

#define BRAKE_LAG_MS     5000
#define BRAKE_LAG_BYTES  (64 << 20)
#define BRAKE_FREE       10 /* percent */
#define BRAKE_ARCHIVE    100
#define BRAKE_DUTY       50
#define BRAKE_DUTY_LEAST 10
#define BRAKE_PROBE_MS   2  /* a write that takes less makes nobody wait */
#define BRAKE_BATCH_MS   20 /* a batch, where nobody waits for it */
#define BRAKE_LEAST_MS   5  /* a batch, where somebody does or may */
#define BRAKE_FILE       "prusik.throttle"

static bool brake_is_postgres(const struct brake *b)
{
    return db_kind(b->a->db) == DB_POSTGRES;
}

static uint64_t brake_number(const struct migration_part *p, const char *key, uint64_t otherwise)
{
    uint64_t n;

    return sv_to_u64(migration_attr(p, key), &n) ? n : otherwise;
}

/* --- where the disk is --- */

/* Of a server on this machine the folder of its data; of a file its own. */
static enum err_code brake_find_disk(struct brake *b, struct err *err)
{
    struct db_table t;
    char *dir;

    if (!brake_is_postgres(b)) {
        dir = path_dir(db_name(b->a->db));
        b->disk = arena_strdup(&b->a->arena, sv_from(dir));
        free(dir);
        return ERR_OK;
    }
    if (db_all(
            b->a->db, &b->a->arena,
            SV("SELECT coalesce(inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1',"
               " true), CASE WHEN pg_has_role('pg_read_all_settings', 'MEMBER')"
               " THEN current_setting('data_directory') END,"
               " (SELECT count(*) FROM pg_stat_replication WHERE state IS NULL)"),
            NULL, 0, &t, err) != ERR_OK)
        return err->code;
    if (sv_is(t.v[0].text, "t") && !t.v[1].is_null)
        b->disk = arena_strdup(&b->a->arena, t.v[1].text);
    if (sv_is(t.v[0].text, "t") && !b->max_active)
        b->max_active = 2 * (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
    b->blind = !sv_is(t.v[2].text, "0");
    return ERR_OK;
}

/* --- one write of our own --- */

static enum err_code brake_probe(struct brake *b, uint64_t *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    uint64_t start = clock_mono_ns();

    strbuf_addf(&sql,
                "INSERT INTO %smeta (key, value) VALUES ('probe', '') ON CONFLICT (key)"
                " DO UPDATE SET value = excluded.value",
                b->a->book.prefix);
    if (db_run(b->a->db, strbuf_sv(&sql), NULL, 0, NULL, err) != ERR_OK && err->code != ERR_LOCKED)
        return err->code;
    *ret = clock_mono_ns() - start;
    return ERR_OK;
}

static int brake_cmp(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static uint64_t brake_median(const struct brake *b)
{
    uint64_t sorted[BRAKE_PROBES];

    memcpy(sorted, b->probes, sizeof(sorted));
    qsort(sorted, BRAKE_PROBES, sizeof(*sorted), brake_cmp);
    return sorted[BRAKE_PROBES / 2];
}

static bool brake_is_slow(uint64_t with_ns, uint64_t without_ns)
{
    return with_ns > 2 * without_ns && with_ns > (uint64_t)BRAKE_PROBE_MS * 1000000;
}

/* That some wait is what sharing a processor with a batch comes to; its share of the time is only for what all feel. */
void brake_adapt(struct brake *b, struct pulse_said with, struct pulse_said without)
{
    bool some = brake_is_slow(with.most_ns, without.most_ns);

    if (some && b->target_ms > BRAKE_LEAST_MS)
        b->target_ms = b->target_ms / 2 < BRAKE_LEAST_MS ? BRAKE_LEAST_MS : b->target_ms / 2;
    else if (brake_is_slow(with.half_ns, without.half_ns))
        b->duty = b->duty / 2 < BRAKE_DUTY_LEAST ? BRAKE_DUTY_LEAST : b->duty / 2;
    else if (b->duty < BRAKE_DUTY)
        b->duty = 2 * b->duty > BRAKE_DUTY ? BRAKE_DUTY : 2 * b->duty;
    else if (2 * with.most_ns <= 3 * without.most_ns && b->target_ms < b->most_ms)
        b->target_ms++;
}

static enum err_code brake_share(struct brake *b, struct err *err)
{
    struct pulse_said with, without;
    uint64_t took = 0, median;

    if (b->n_asked++ == 1) { /* it is no job of a moment */
        b->pulse = pulse_begin(b->a);
        b->target_ms = b->pulse ? b->target_ms : b->most_ms;
    }
    if (b->pulse) {
        if (pulse_ask(b->pulse, &with, &without))
            brake_adapt(b, with, without);
        return ERR_OK;
    }
    if (brake_probe(b, &took, err) != ERR_OK)
        return err->code;
    b->probes[b->n_probes++ % BRAKE_PROBES] = took;
    median = brake_median(b);
    brake_adapt(b, (struct pulse_said){median, median},
                (struct pulse_said){b->idle_ns, b->idle_ns});
    return ERR_OK;
}

/* What a write takes before the job begins.  Until more is known batches are short. */
static enum err_code brake_feel(struct brake *b, struct err *err)
{
    b->target_ms = pulse_may(b->a) && b->most_ms > BRAKE_LEAST_MS ? BRAKE_LEAST_MS : b->most_ms;
    for (size_t i = 0; i < BRAKE_PROBES; i++)
        if (brake_probe(b, &b->probes[i], err) != ERR_OK)
            return err->code;
    b->idle_ns = brake_median(b);
    return ERR_OK;
}

enum err_code brake_begin(struct apply *a, const struct migration_part *p, struct sv job,
                          struct sv table, struct brake *ret, struct err *err)
{
    struct brake b = {.a = a,
                      .job = job,
                      .table = table,
                      .throttle = migration_attr(p, "throttle"),
                      .lag_ms = BRAKE_LAG_MS,
                      .max_active = brake_number(p, "max_active", 0),
                      .min_free = brake_number(p, "min_free", BRAKE_FREE),
                      .duty = BRAKE_DUTY,
                      .most_ms = BRAKE_BATCH_MS};
    int64_t ms;

    if (duration_parse(migration_attr(p, "max_lag"), &ms))
        b.lag_ms = (uint64_t)ms;
    if (duration_parse(migration_attr(p, "target"), &ms) && ms > 0)
        b.most_ms = (uint64_t)ms;
    if (brake_find_disk(&b, err) != ERR_OK || brake_feel(&b, err) != ERR_OK)
        return err->code;
    *ret = b;
    return ERR_OK;
}

void brake_end(struct brake *b)
{
    pulse_end(b->pulse);
    b->pulse = NULL;
}

/* --- what holds --- */

static enum err_code brake_facts(struct brake *b, struct arena *arena, struct brake_facts *f,
                                 struct err *err)
{
    struct db_value v = DB_TEXT(b->table);
    int64_t *const to[] = {&f->lag_ms, &f->lag_bytes, &f->active, &f->ready, &f->size};
    struct db_table t;

    if (db_all(b->a->db, arena,
               SV("SELECT coalesce(max(extract(epoch FROM replay_lag) * 1000), 0)::bigint,"
                  " coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 0)::bigint,"
                  " (SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND"
                  "  backend_type = 'client backend' AND pid <> pg_backend_pid() AND"
                  "  application_name <> '" PULSE_NAME "'),"
                  " CASE WHEN current_setting('archive_mode') <> 'off' AND"
                  "  has_function_privilege('pg_ls_archive_statusdir()', 'EXECUTE') THEN (SELECT"
                  "  count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready') ELSE 0 END,"
                  " coalesce(pg_total_relation_size(to_regclass($1)), 0)"
                  " FROM pg_stat_replication WHERE state IN ('streaming', 'catchup')"),
               &v, 1, &t, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < ARRAY_LEN(to); i++)
        if (!sv_to_i64(t.v[i].text, to[i]))
            *to[i] = 0;
    return ERR_OK;
}

void brake_judge(const struct brake *b, const struct brake_facts *f, struct strbuf *why)
{
    if (b->lag_ms && f->lag_ms > (int64_t)b->lag_ms)
        strbuf_addf(why, "a replica is %s behind (max_lag %s)", duration_format(f->lag_ms).s,
                    duration_format((int64_t)b->lag_ms).s);
    else if (b->lag_ms && f->lag_bytes > BRAKE_LAG_BYTES)
        strbuf_addf(why, "a replica is %lld MB behind (at most %d MB)",
                    (long long)(f->lag_bytes >> 20), BRAKE_LAG_BYTES >> 20);
    else if (b->max_active && f->active > (int64_t)b->max_active)
        strbuf_addf(why, "%lld session%s active (max_active %llu)", (long long)f->active,
                    f->active == 1 ? " is" : "s are", (unsigned long long)b->max_active);
    else if (f->ready > BRAKE_ARCHIVE)
        strbuf_addf(why, "%lld files of the log wait to be archived (at most %d)",
                    (long long)f->ready, BRAKE_ARCHIVE);
}

void brake_disk(struct brake *b, const struct brake_facts *f, double left, struct strbuf *why)
{
    struct statvfs s;
    double free_bytes, growth;

    if (!b->size_first)
        b->size_first = f->size;
    if (why->n || !b->disk || statvfs(b->disk, &s) != 0 || !s.f_blocks)
        return;
    free_bytes = (double)s.f_bavail * (double)s.f_frsize;
    growth = (double)(f->size - b->size_first) * left;
    if ((double)s.f_bavail * 100 < (double)b->min_free * (double)s.f_blocks)
        strbuf_addf(why, "%.1f %% of the disk are free (min_free %llu)",
                    100.0 * (double)s.f_bavail / (double)s.f_blocks,
                    (unsigned long long)b->min_free);
    else if (free_bytes < 2 * growth)
        strbuf_addf(why, "the disk has %.0f MB, and the table may still grow by %.0f MB",
                    free_bytes / 1e6, growth / 1e6);
}

static enum err_code brake_wish(struct brake *b, struct arena *arena, struct strbuf *why,
                                struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct db_value v = DB_TEXT(b->job), got;

    strbuf_addf(&sql, "SELECT wish FROM %sbackfill WHERE job = $1", b->a->book.prefix);
    if (db_one(b->a->db, arena, strbuf_sv(&sql), &v, 1, &got, err) != ERR_OK)
        return err->code;
    b->cancelled = sv_is(got.text, "cancel");
    b->paused = sv_is(got.text, "pause");
    if (b->paused)
        strbuf_addf(why, "paused: prusik db backfill resume %.*s", SV_FMT(b->job));
    return ERR_OK;
}

static enum err_code brake_query(struct brake *b, struct arena *arena, struct strbuf *why,
                                 struct err *err)
{
    struct db_value v;

    if (why->n || !b->throttle.n)
        return ERR_OK;
    if (db_one(b->a->db, arena, b->throttle, NULL, 0, &v, err) != ERR_OK)
        return err_wrap(err, "throttle");
    if (!v.is_null && (sv_is(v.text, "t") || sv_is(v.text, "1")))
        strbuf_addf(why, "throttle is true: %.*s", SV_FMT(b->throttle));
    return ERR_OK;
}

enum err_code brake_ask(struct brake *b, double left, struct strbuf *why, struct err *err)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct brake_facts f = {0};

    if (brake_wish(b, &arena, why, err) != ERR_OK || brake_share(b, err) != ERR_OK ||
        (brake_is_postgres(b) && brake_facts(b, &arena, &f, err) != ERR_OK))
        return err->code;
    if (!why->n && access(BRAKE_FILE, F_OK) == 0)
        strbuf_add_str(why, "there is a file " BRAKE_FILE);
    if (!why->n)
        brake_judge(b, &f, why);
    brake_disk(b, &f, left, why);
    return brake_query(b, &arena, why, err);
}
