/* What holds a backfill, and how much of the time is its own: the judging alone, then on SQLite and PostgreSQL. */
#include <poll.h>

#include "base/clock.h"
#include "migrate/apply_int.h"
#include "migrate_base.h"

/* --- what is judged --- */

T(each_fact_that_holds_it_is_named_and_none_below_its_limit)
{
    static const struct {
        struct brake b;
        struct brake_facts f;
        const char *why;
    } rows[] = {
        {{.lag_ms = 5000}, {.lag_ms = 5000, .lag_bytes = 64 << 20, .ready = 100}, ""},
        {{.lag_ms = 5000}, {.lag_ms = 7000}, "a replica is 7.0 s behind (max_lag 5.0 s)"},
        {{.lag_ms = 300}, {.lag_ms = 3600000}, "a replica is 1h 00m behind (max_lag 300 ms)"},
        {{.lag_ms = 5000}, {.lag_bytes = 70LL << 20}, "a replica is 70 MB behind (at most 64 MB)"},
        {{.lag_ms = 0}, {.lag_ms = 9000, .lag_bytes = 70LL << 20}, ""},
        {{.max_active = 4}, {.active = 4}, ""},
        {{.max_active = 4}, {.active = 5}, "5 sessions are active (max_active 4)"},
        {{.max_active = 0}, {.active = 500}, ""},
        {{.max_active = 4},
         {.ready = 101},
         "101 files of the log wait to be archived (at most 100)"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);

        brake_judge(&rows[i].b, &rows[i].f, &why);
        T_STR(strbuf_str(&why), rows[i].why);
    }
}

T(a_disk_holds_it_by_its_share_and_by_what_the_table_will_still_grow)
{
    struct brake all = {.disk = ".", .min_free = 101}, some = {.disk = ".", .size_first = 1};
    struct brake nowhere = {.min_free = 101}, gone = {.disk = "nowhere", .min_free = 101};
    struct brake_facts f = {.size = 1};
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);

    brake_disk(&some, &f, 5, &why);
    brake_disk(&nowhere, &f, 5, &why);
    brake_disk(&gone, &f, 5, &why);
    T_STR(strbuf_str(&why), "");
    brake_disk(&all, &f, 5, &why);
    T_CHECK(sv_ends(strbuf_sv(&why), SV("% of the disk are free (min_free 101)")));
    brake_disk(&some, &f, 5, &why); /* one reason is enough */
    T_CHECK(sv_ends(strbuf_sv(&why), SV("% of the disk are free (min_free 101)")));
    strbuf_truncate(&why, 0);
    f.size = INT64_C(1) << 50; /* has grown by a petabyte, and as much is to come twice */
    brake_disk(&some, &f, 2, &why);
    T_CHECK(sv_has(strbuf_sv(&why), SV("MB, and the table may still grow by 2251799814 MB")));
}

#define MS 1000000

static struct pulse_said said(uint64_t half_ms, uint64_t most_ms)
{
    return (struct pulse_said){.half_ns = half_ms * MS, .most_ns = most_ms * MS};
}

T(what_only_some_writes_feel_makes_batches_shorter_and_not_fewer)
{
    struct brake b = {.target_ms = 11, .most_ms = 20, .duty = 50};

    for (size_t i = 0; i < 5; i++)
        brake_adapt(&b, said(1, 9), said(1, 4));
    T_EQ(b.target_ms, 5);
    T_EQ(b.duty, 50);
    brake_adapt(&b, said(9, 9),
                said(4, 9)); /* all of them feel it, and the slowest no more than before */
    T_EQ(b.duty, 25);
}

T(batches_get_shorter_then_fewer_and_come_back_the_other_way)
{
    struct brake b = {.target_ms = 20, .most_ms = 20, .duty = 50};
    static const struct {
        uint64_t with_ms, without_ms, target_ms;
        unsigned duty;
    } rows[] =
        {
            {9, 4, 10, 50}, {9, 4, 5, 50}, {9, 4, 5, 25}, {9, 4, 5, 12},
            {9, 4, 5, 10},  {9, 4, 5, 10}, {8, 4, 5, 20}, {8, 4, 5, 40},
            {8, 4, 5, 50},  {8, 4, 5, 50},                /* neither well nor ill: it stays */
            {6, 4, 6, 50},  {0, 0, 7, 50}, {2, 0, 7, 50}, /* makes nobody wait, and is no reason for more */
            {3, 1, 5, 50},
        };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        brake_adapt(&b, said(rows[i].with_ms, rows[i].with_ms),
                    said(rows[i].without_ms, rows[i].without_ms));
        if (b.target_ms != rows[i].target_ms || b.duty != rows[i].duty)
            T_FAIL("row %zu: %llu ms, %u %%", i, (unsigned long long)b.target_ms, b.duty);
    }
    for (size_t i = 0; i < 40; i++)
        brake_adapt(&b, said(1, 1), said(1, 1));
    T_EQ(b.target_ms, 20);
    b = (struct brake){.target_ms = 3, .most_ms = 3, .duty = 50}; /* target=3ms */
    brake_adapt(&b, said(9, 9), said(1, 1));
    T_EQ(b.target_ms, 3);
    T_EQ(b.duty, 25);
}

/* --- with a database --- */

static struct migration_attr attrs[] = {
    {.key = SV("throttle"), .value = SV("SELECT held FROM hold")},
    {.key = SV("max_lag"), .value = SV("1m")},
    {.key = SV("min_free"), .value = SV("0")},
    {.key = SV("target"), .value = SV("40ms")},
};
static const struct migration_part part = {.attrs = attrs, .n_attrs = ARRAY_LEN(attrs)};

static void begin(struct base *b, struct sv url, struct apply *a, struct brake *brake)
{
    struct apply_options o = {.url = url};
    struct err err = {0};

    T_OK(apply_begin(b->db, &o, a, &err), err);
    sql(b,
        db_kind(b->db) == DB_POSTGRES
            ? "CREATE TABLE prusik.backfill (job text, wish text); CREATE TABLE hold (held boolean)"
            : "CREATE TABLE prusik_backfill (job text, wish text); CREATE TABLE hold (held)");
    sql(b, "INSERT INTO hold VALUES (false)");
    T_OK(brake_begin(a, &part, SV("j"), SV("hold"), brake, &err), err);
}

static void why_is(struct brake *brake, const char *wanted)
{
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);
    struct err err = {0};

    T_OK(brake_ask(brake, 0, &why, &err), err);
    T_STR(strbuf_str(&why), wanted);
}

T(a_query_a_file_and_a_person_hold_it_on_sqlite)
{
    struct base b = {.url = "sqlite:test.db"};
    struct brake brake;
    struct apply a;

    open_db(&b);
    begin(&b, SV("sqlite:test.db"), &a, &brake);
    T_CHECK(!brake.pulse); /* a writer would only lock the batches out */
    T_EQ(brake.lag_ms, 60000);
    T_EQ(brake.target_ms, 40);
    why_is(&brake, "");
    sql(&b, "UPDATE hold SET held = 1");
    why_is(&brake, "throttle is true: SELECT held FROM hold");
    put("./prusik.throttle", "");
    why_is(&brake, "there is a file prusik.throttle");
    sql(&b, "INSERT INTO prusik_backfill VALUES ('j', 'pause')");
    why_is(&brake, "paused: prusik db backfill resume j");
    T_CHECK(brake.paused && !brake.cancelled);
    sql(&b, "UPDATE prusik_backfill SET wish = 'cancel'");
    why_is(&brake, "there is a file prusik.throttle");
    T_CHECK(!brake.paused && brake.cancelled);
    brake_end(&brake);
    apply_end(&a);
    db_close(b.db);
}

/* A batch, in which the pulse's own row is locked when `other` is given, and a pause. */
static void beat(struct pulse *p, struct db *other)
{
    pulse_batch(p, true);
    if (other)
        sql_on(other, "BEGIN; UPDATE prusik.meta SET value = value WHERE key = 'pulse'");
    (void)poll(NULL, 0, other ? 100 : 20); /* about one write, or one that waits */
    if (other)
        sql_on(other, "COMMIT");
    pulse_batch(p, false);
    (void)poll(NULL, 0, 20);
}

T(writes_beside_a_batch_and_between_two_are_told_apart_on_postgresql)
{
    static const struct sv blind[] = {SV(""), SV("postgresql://nobody@/nowhere?host=/nowhere")};
    struct base b = {0};
    struct db_config second;
    struct db *other = NULL;
    struct pulse_said beside = {0}, between = {0};
    struct brake brake;
    struct apply a;
    struct err err = {0};

    t_pg_start(&b.pg);
    b.url = b.pg.url;
    second = (struct db_config){.url = sv_from(b.url)};
    open_db(&b);
    T_OK(db_open(&second, &other, &err), err);
    begin(&b, sv_from(b.url), &a, &brake);
    T_EQ(brake.target_ms, 5);
    T_EQ(brake.most_ms, 40);
    why_is(&brake, "");
    T_CHECK(!brake.pulse); /* it may be over soon */
    why_is(&brake, "");
    T_CHECK(brake.pulse);
    T_CHECK(!pulse_ask(brake.pulse, &beside, &between));
    brake.max_active = 1;
    why_is(&brake, ""); /* we and the pulse do not count */
    sql(&b, "UPDATE hold SET held = true");
    why_is(&brake, "throttle is true: SELECT held FROM hold");
    sql(&b, "UPDATE hold SET held = false");
    while (!pulse_ask(brake.pulse, &beside, &between))
        beat(brake.pulse, NULL);
    T_CHECK(beside.half_ns > 0 && beside.most_ns >= beside.half_ns && between.half_ns > 0);
    while (brake.duty == 50) {
        beat(brake.pulse, other);
        why_is(&brake, "");
    }
    T_EQ(brake.duty, 25);
    T_EQ(brake.target_ms, 5);
    T_CHECK(
        !pulse_ask(brake.pulse, &beside, &between)); /* of what is changed nothing is known yet */
    sql_on(
        other,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '" PULSE_NAME
        "'");
    why_is(&brake, ""); /* what is known of it stays */
    brake_end(&brake);
    brake_end(&brake); /* again is nothing */
    apply_end(&a);
    /* one write between two batches is what is known then */
    for (size_t i = 0; i < ARRAY_LEN(blind); i++) {
        sql(&b, "DROP TABLE hold, prusik.backfill");
        begin(&b, blind[i], &a, &brake);
        T_CHECK(brake.idle_ns > 0);
        why_is(&brake, "");
        why_is(&brake, "");
        T_CHECK(!brake.pulse);
        T_EQ(brake.target_ms, 40);
        T_EQ(brake.n_probes, 2);
        brake_end(&brake);
        apply_end(&a);
    }
    db_close(other);
    db_close(b.db);
    t_pg_stop(&b.pg);
}

T_MAIN(T_CASE(each_fact_that_holds_it_is_named_and_none_below_its_limit),
       T_CASE(a_disk_holds_it_by_its_share_and_by_what_the_table_will_still_grow),
       T_CASE(what_only_some_writes_feel_makes_batches_shorter_and_not_fewer),
       T_CASE(batches_get_shorter_then_fewer_and_come_back_the_other_way),
       T_CASE(a_query_a_file_and_a_person_hold_it_on_sqlite),
       T_CASE(writes_beside_a_batch_and_between_two_are_told_apart_on_postgresql))
