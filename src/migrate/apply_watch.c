/*
 * While PostgreSQL works on a statement for longer than a second, another connection asks how far it is: the progress
 * views of the server for an index, CLUSTER, VACUUM and ANALYZE, else what it waits for and who is in the way.  That
 * nobody can be asked is no failure: then nothing is told.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/sv.h"
#include "migrate/apply_int.h"

#define WATCH_CONNECT_MS 2000
#define WATCH_ASK_MS     1000

struct watch {
    struct apply_job *j;
    const struct migration_part *p;
    size_t stmt;
    uint64_t start_ns;
    /* of the phase that runs */
    struct strbuf phase;
    int64_t first;
    uint64_t first_ns;
};

/* Phase, done, total, how many of others are waited for: done, all, the one that is on, and what it does. */
static const char watch_progress[] =
    "SELECT p.*, a.usename, a.state, date_trunc('second', clock_timestamp() - a.xact_start)::text FROM ("
    "SELECT phase, CASE WHEN blocks_total > 0 THEN blocks_done ELSE tuples_done END,"
    " CASE WHEN blocks_total > 0 THEN blocks_total ELSE tuples_total END, lockers_done, lockers_total,"
    " nullif(current_locker_pid, 0) AS locker FROM pg_stat_progress_create_index WHERE pid = $1::int"
    " UNION ALL SELECT command || ': ' || phase, heap_blks_scanned, heap_blks_total, 0, 0, NULL"
    " FROM pg_stat_progress_cluster WHERE pid = $1::int"
    " UNION ALL SELECT 'VACUUM: ' || phase, heap_blks_scanned, heap_blks_total, 0, 0, NULL"
    " FROM pg_stat_progress_vacuum WHERE pid = $1::int"
    " UNION ALL SELECT 'ANALYZE: ' || phase, sample_blks_scanned, sample_blks_total, 0, 0, NULL"
    " FROM pg_stat_progress_analyze WHERE pid = $1::int"
    ") p LEFT JOIN pg_stat_activity a ON a.pid = p.locker LIMIT 1";
/* The same columns for what has no view. */
static const char watch_waits[] =
    "SELECT CASE WHEN s.wait_event_type = 'Lock' THEN 'waits for a lock' ELSE 'runs' END, 0, 0, 0,"
    " cardinality(s.blockers), s.blockers[1], a.usename, a.state,"
    " date_trunc('second', clock_timestamp() - a.xact_start)::text"
    " FROM (SELECT wait_event_type, pg_blocking_pids(pid) AS blockers FROM pg_stat_activity"
    " WHERE pid = $1::int) s LEFT JOIN pg_stat_activity a ON a.pid = s.blockers[1]";

static int64_t watch_int(const struct db_value *v)
{
    int64_t n;

    return sv_to_i64(v->text, &n) ? n : 0;
}

static void watch_share(struct watch *w, const struct db_value *v, struct strbuf *out)
{
    int64_t done = watch_int(&v[1]), total = watch_int(&v[2]);
    uint64_t now = clock_mono_ns();
    double rate;

    if (!sv_eq(strbuf_sv(&w->phase), v[0].text)) {
        strbuf_truncate(&w->phase, 0);
        strbuf_add_sv(&w->phase, v[0].text);
        w->first = done;
        w->first_ns = now;
    }
    if (total <= 0)
        return;
    strbuf_addf(out, ", %.0f %%", 100.0 * (double)(done < total ? done : total) / (double)total);
    rate = (double)(done - w->first) / ((double)(now - w->first_ns) / 1e9 + 1e-9);
    if (rate > 0 && done < total)
        strbuf_addf(out, ", about %.0f s left of it", (double)(total - done) / rate);
}

static void watch_say(struct watch *w, const struct db_value *v)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct book_event e = {.kind = "stmt-progress",
                           .version = w->j->version,
                           .direction = sv_from(w->j->direction),
                           .part = apply_part_name(w->j, w->p),
                           .stmt = (int64_t)w->stmt + 1,
                           .duration_ms = (int64_t)((clock_mono_ns() - w->start_ns) / 1000000)};

    strbuf_add_sv(&text, v[0].text);
    watch_share(w, v, &text);
    if (watch_int(&v[4]) > 1)
        strbuf_addf(&text, ", %lld of %lld", (long long)watch_int(&v[3]) + 1,
                    (long long)watch_int(&v[4]));
    if (!v[5].is_null)
        strbuf_addf(&text, ", for pid %.*s (%.*s) %.*s for %.*s", SV_FMT(v[5].text),
                    SV_FMT(v[6].text), SV_FMT(v[7].text), SV_FMT(v[8].text));
    e.message = strbuf_sv(&text);
    w->j->a->o.tell(w->j->a->o.arg, &e);
}

static bool watch_open(struct apply *a)
{
    struct db_config config = {.url = a->o.url, .connect_ms = WATCH_CONNECT_MS};
    struct err ignored;

    if (a->watch || a->blind)
        return a->watch != NULL;
    a->blind = db_open(&config, &a->watch, &ignored) != ERR_OK ||
               db_run(a->watch, SV("SET application_name = 'prusik watches'"), NULL, 0, NULL,
                      &ignored) != ERR_OK;
    if (a->blind)
        return false;
    db_limit(a->watch, WATCH_ASK_MS);
    return true;
}

static void watch_tick(void *arg)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct watch *w = arg;
    struct apply *a = w->j->a;
    struct db_value pid = DB_TEXT(a->pid);
    struct db_table t = {0};
    struct err ignored;

    if (!watch_open(a))
        return;
    if (db_all(a->watch, &arena, sv_from(watch_progress), &pid, 1, &t, &ignored) == ERR_OK &&
        (t.n_rows ||
         db_all(a->watch, &arena, sv_from(watch_waits), &pid, 1, &t, &ignored) == ERR_OK) &&
        t.n_rows)
        watch_say(w, t.v);
}

static enum err_code watch_row(void *arg, const struct db_row *row UNUSED, struct err *err UNUSED)
{
    bool *rows = arg;

    *rows = true;
    return ERR_OK;
}

enum err_code apply_watched(struct apply_job *j, const struct migration_part *p, size_t stmt,
                            struct sv sql, bool *rows, struct err *err)
{
    struct watch w = {
        .j = j, .p = p, .stmt = stmt, .start_ns = clock_mono_ns(), .phase = STRBUF(0)};
    enum err_code rc;

    if (j->a->o.tell && j->a->o.url.n)
        db_on_wait(j->a->db, watch_tick, &w);
    *rows = false;
    rc = db_each(j->a->db, sql, NULL, 0, watch_row, rows, err);
    db_on_wait(j->a->db, NULL, NULL);
    strbuf_release(&w.phase);
    return rc;
}
