#include "store/journal.h"

#include <sqlite3.h>

#include "base/file.h"
#include "base/sv.h"
#include "t.h"

static struct store *new_store(void)
{
    struct store *s = NULL;
    struct err err = {0};

    T_OK(store_open("s", STORE_WRITE, &s, &err), err);
    return s;
}

static int64_t new_run(struct store *s)
{
    struct store_run run = {.environment = SV("demo"), .document = SV("a.md"), .started_us = 1};
    struct err err = {0};
    int64_t id = 0;

    T_OK(store_run_add(s, &run, &id, &err), err);
    return id;
}

static struct journal *new_journal(struct store *s, int64_t run)
{
    struct journal *j = NULL;
    struct err err = {0};

    T_OK(journal_open(s, run, &j, &err), err);
    return j;
}

static void append(struct journal *j, enum event_kind kind, struct sv step, struct sv data)
{
    struct event e = {.at_us = 1000, .kind = kind, .step = step, .data = data};
    struct err err = {0};

    T_OK(journal_append(j, &e, 1, &err), err);
}

static void sql_run(const char *sql)
{
    sqlite3 *db = NULL;
    char *text = NULL;

    T_EQ(sqlite3_open("s/store.db", &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
        T_FAIL("%s: %s", sql, text);
    sqlite3_close(db);
}

struct seen {
    int64_t n, kinds;
};

static enum err_code count_event(const struct event *e, void *arg, struct err *err UNUSED)
{
    struct seen *s = arg;

    s->n++;
    T_EQ(e->seq, s->n);
    s->kinds = s->kinds * 100 + e->kind;
    return ERR_OK;
}

T(J1_events_are_numbered_without_a_gap_and_read_back_in_order)
{
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    CLEANUP(journal_freep) struct journal *j = new_journal(s, run);
    struct event two[] = {
        {.at_us = 5, .kind = EVENT_STEP_OUTCOME, .step = SV("a"), .data = SV("{}")},
        {.at_us = 6, .kind = EVENT_STEP_INTENT, .step = SV("b"), .data = SV("{}")}};
    struct seen seen = {0};
    struct err err = {0};

    append(j, EVENT_RUN_STARTED, SV(""), SV("{}"));
    T_OK(journal_append(j, two, 2, &err), err);
    T_EQ(two[1].seq, 3);
    T_EQ(journal_last_seq(j), 3);
    T_OK(journal_read(s, run, 0, count_event, &seen, &err), err);
    T_EQ(seen.kinds, 12120);
}

T(J2_a_changed_event_is_found_and_named)
{
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    CLEANUP(journal_freep) struct journal *j = new_journal(s, run);
    static const char *const changes[] = {
        "UPDATE event SET data = '{\"a\":2}' WHERE seq = 2",
        "UPDATE event SET at_us = 1001 WHERE seq = 2",
        "UPDATE event SET kind = 22 WHERE seq = 2",
        "UPDATE event SET step = 'y' WHERE seq = 2",
        "UPDATE event SET attempt = 1 WHERE seq = 2",
        "UPDATE event SET hash = zeroblob(32) WHERE seq = 2",
    };
    struct journal_check check;
    struct err err = {0};

    append(j, EVENT_RUN_STARTED, SV(""), SV("{}"));
    append(j, EVENT_STEP_INTENT, SV("x"), SV("{\"a\":1}"));
    append(j, EVENT_STEP_OUTCOME, SV("x"), SV("{}"));
    T_OK(journal_verify(s, run, &check, &err), err);
    T_EQ(check.events, 3);
    sql_run("CREATE TABLE keep AS SELECT * FROM event");
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        sql_run(changes[i]);
        T_EQ(journal_verify(s, run, &check, &err), ERR_CORRUPT);
        T_CHECK(strstr(err.msg, "event 2") || strstr(err.msg, "event 3"));
        sql_run("DELETE FROM event; INSERT INTO event SELECT * FROM keep");
        T_OK(journal_verify(s, run, &check, &err), err);
    }
}

T(J1_a_missing_event_is_found_and_the_run_cannot_be_continued)
{
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    struct journal *j = new_journal(s, run);
    struct journal_check check;
    struct err err = {0};

    for (int i = 0; i < 4; i++)
        append(j, EVENT_ANSWER, SV("x"), SV("{}"));
    journal_free(j);
    j = NULL;
    sql_run("DELETE FROM event WHERE seq = 2");
    T_EQ(journal_verify(s, run, &check, &err), ERR_CORRUPT);
    T_STR(err.msg, "run r-0001: event 2 is missing");
    T_EQ(journal_open(s, run, &j, &err), ERR_CORRUPT);
    T_CHECK(j == NULL);
}

T(J3_and_J4_a_failed_append_leaves_nothing_and_the_next_one_continues_the_chain)
{
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    CLEANUP(journal_freep) struct journal *j = new_journal(s, run);
    struct event two[] = {{.kind = EVENT_ANSWER, .data = SV("{}")},
                          {.kind = EVENT_MARK, .data = SV("{}")}};
    struct journal_check check;
    struct err err = {0};

    append(j, EVENT_RUN_STARTED, SV(""), SV("{}"));
    sql_run("CREATE TRIGGER no BEFORE INSERT ON event WHEN new.kind = 11 BEGIN"
            " SELECT raise(ABORT, 'refused by the test'); END");
    T_EQ(journal_append(j, two, 2, &err), ERR_DB);
    T_CHECK(strstr(err.msg, "journal of run r-0001 in 's'") &&
            strstr(err.msg, "refused by the test"));
    T_EQ(journal_last_seq(j), 1);
    sql_run("DROP TRIGGER no");
    T_OK(journal_append(j, two, 2, &err), err);
    T_OK(journal_verify(s, run, &check, &err), err);
    T_EQ(check.events, 3);
}

T(J3_and_J4_a_row_that_is_refused_takes_the_whole_append_with_it)
{
    static const char *const tables[] = {"blob", "state", "seal"};

    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        CLEANUP(store_freep) struct store *s = new_store();
        int64_t run = new_run(s);
        CLEANUP(journal_freep) struct journal *j = new_journal(s, run);
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
        bool seal = strcmp(tables[i], "seal") == 0;
        struct event e = {.kind = seal ? EVENT_RUN_FINISHED : EVENT_MARK, .data = SV("{}")};
        struct journal_check check;
        struct err err = {0};

        (void)journal_blob(j, SV("an output"));
        journal_keep(j, SV("judge"), SV("one"));
        strbuf_addf(&sql,
                    "CREATE TRIGGER no BEFORE INSERT ON %s BEGIN"
                    " SELECT raise(ABORT, 'refused by the test'); END",
                    tables[i]);
        sql_run(strbuf_str(&sql));
        T_EQ(journal_append(j, &e, 1, &err), ERR_DB);
        T_CHECK(strstr(err.msg, "refused by the test"));
        if (!seal) {
            T_EQ(journal_flush(j, &err), ERR_DB);
            T_CHECK(strstr(err.msg, "journal of run r-") && strstr(err.msg, "refused by the test"));
        }
        T_OK(journal_verify(s, run, &check, &err), err);
        T_EQ(check.events, 0);
        sql_run("DROP TRIGGER no");
        T_OK(journal_append(j, &e, 1, &err), err);
        T_OK(journal_verify(s, run, &check, &err), err);
        T_EQ(check.events, 1);
        T_EQ(check.sealed, seal);
        store_free(STEAL(s));
        t_remove("s");
    }
}

T(J5_a_blob_is_stored_with_its_event_and_a_damaged_one_is_found)
{
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    CLEANUP(journal_freep) struct journal *j = new_journal(s, run);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), back = STRBUF(0), data = STRBUF(0);
    struct journal_check check;
    struct err err = {0};
    struct hash h;

    for (int i = 0; i < 5000; i++)
        strbuf_addf(&text, "line %d of an output\n", i);
    h = journal_blob(j, strbuf_sv(&text));
    T_EQ(store_blob(s, &h, SIZE_MAX, &back, &err), ERR_NOT_FOUND);
    strbuf_addf(&data, "{\"out\":{\"blob\":\"%s\"}}", hash_hex(&h).s);
    append(j, EVENT_STEP_OUTCOME, SV("x"), strbuf_sv(&data));
    T_OK(store_blob(s, &h, SIZE_MAX, &back, &err), err);
    T_CHECK(sv_eq(strbuf_sv(&back), strbuf_sv(&text)));
    T_EQ(store_blob(s, &h, 100, &back, &err), ERR_LIMIT);
    T_OK(journal_verify(s, run, &check, &err), err);
    T_EQ(check.blobs, 1);
    sql_run("UPDATE blob SET data = substr(data, 1, length(data) - 1)");
    T_EQ(journal_verify(s, run, &check, &err), ERR_CORRUPT);
    sql_run("UPDATE blob SET codec = 7");
    T_EQ(journal_verify(s, run, &check, &err), ERR_CORRUPT);
    T_CHECK(strstr(err.msg, "run r-0001: event 1: blob ") && strstr(err.msg, ": unknown codec 7"));
    sql_run("UPDATE blob SET codec = 1, size = size + 1");
    T_EQ(journal_verify(s, run, &check, &err), ERR_CORRUPT);
    T_CHECK(strstr(err.msg, ": its size is not "));
    sql_run("UPDATE blob SET size = size - 1");
    sql_run("UPDATE blob SET codec = 0, data = CAST('other' AS BLOB)");
    T_EQ(journal_verify(s, run, &check, &err), ERR_CORRUPT);
    sql_run("DELETE FROM blob");
    T_EQ(journal_verify(s, run, &check, &err), ERR_CORRUPT);
}

T(J7_the_end_of_a_run_is_sealed_in_its_own_commit_and_the_seal_covers_it)
{
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    CLEANUP(journal_freep) struct journal *j = new_journal(s, run);
    struct journal_check check;
    struct err err = {0};

    append(j, EVENT_RUN_STARTED, SV(""), SV("{}"));
    T_OK(journal_verify(s, run, &check, &err), err);
    T_CHECK(!check.finished && !check.sealed);
    append(j, EVENT_RUN_FINISHED, SV(""), SV("{}"));
    T_OK(journal_verify(s, run, &check, &err), err);
    T_CHECK(check.finished && check.sealed);
    T_OK(journal_seal(j, 9, &err), err); /* nothing is left to do */
    sql_run("CREATE TABLE was AS SELECT * FROM seal");
    sql_run("UPDATE seal SET signature = zeroblob(64)");
    T_EQ(journal_verify(s, run, &check, &err), ERR_CORRUPT);
    sql_run("DELETE FROM seal");
    sql_run("INSERT INTO seal SELECT * FROM was");
    T_OK(journal_verify(s, run, &check, &err), err);
    sql_run("UPDATE seal SET head = zeroblob(32)");
    T_EQ(journal_verify(s, run, &check, &err), ERR_CORRUPT);
}

T(a_run_ends_without_a_seal_when_the_key_cannot_be_had_and_is_sealed_later)
{
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    CLEANUP(journal_freep) struct journal *j = new_journal(s, run);
    struct journal_check check;
    struct err err = {0};

    (void)unlink("s/seal.key"); /* there is none before the first seal */
    T_OK(file_write_atomic("s/seal.key", SV("short"), 0600, &err), err);
    append(j, EVENT_RUN_FINISHED, SV(""), SV("{}"));
    T_OK(journal_verify(s, run, &check, &err), err);
    T_CHECK(check.finished && !check.sealed);
    T_EQ(journal_seal(j, 9, &err), ERR_CORRUPT);
    T_STR(err.msg, "seal run r-0001: 's/seal.key' is not a seal key");
    T_EQ(unlink("s/seal.key"), 0);
    T_OK(journal_seal(j, 9, &err), err);
    T_OK(journal_verify(s, run, &check, &err), err);
    T_CHECK(check.sealed);
}

T(J7_a_lock_is_given_back_in_the_commit_of_the_event_that_says_so)
{
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    CLEANUP(journal_freep) struct journal *j = new_journal(s, run);
    const struct store_lock_wish wish = {SV("demo"), run, SV("test"), 1};
    struct store_lock lock;
    struct err err = {0};
    bool held, alive;

    T_OK(store_lock_take(s, &wish, &lock, &err), err);
    journal_unlock(j, SV("demo"));
    T_OK(store_lock_get(s, SV("demo"), &held, &alive, &lock, &err), err);
    T_CHECK(held && alive);
    append(j, EVENT_LOCK_GIVEN, SV(""), SV("{}"));
    T_OK(store_lock_get(s, SV("demo"), &held, &alive, &lock, &err), err);
    T_CHECK(!held);
    T_OK(store_lock_take(s, &wish, &lock, &err), err);
    append(j, EVENT_LOCK_TAKEN, SV(""), SV("{}")); /* once */
    T_OK(store_lock_get(s, SV("demo"), &held, &alive, &lock, &err), err);
    T_CHECK(held);
    T_OK(store_lock_rename(s, SV("demo"), run, run + 1, &err), err);
    journal_unlock(j, SV("demo")); /* another run's is not */
    append(j, EVENT_LOCK_GIVEN, SV(""), SV("{}"));
    T_OK(store_lock_get(s, SV("demo"), &held, &alive, &lock, &err), err);
    T_CHECK(held);
}

T(what_is_no_seal_key_event_hash_or_seal_is_said_to_be_damaged)
{
    static const struct {
        const char *change, *msg;
    } damages[] = {
        {"UPDATE seal SET key = x'00'", "run r-0001: the seal is damaged"},
        {"UPDATE seal SET signature = x'00'", "run r-0001: the seal is damaged"},
        {"UPDATE event SET hash = x'00' WHERE seq = 1", "run r-0001: event 1 has no hash"},
    };
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    CLEANUP(journal_freep) struct journal *j = new_journal(s, run);
    struct journal_check check;
    struct err err = {0};

    T_EQ(mkdir("s/seal.key", 0700), 0);
    append(j, EVENT_RUN_FINISHED, SV(""), SV("{}"));
    T_EQ(journal_seal(j, 9, &err), ERR_IO);
    T_STR(err.msg, "seal run r-0001: read 's/seal.key': Is a directory");
    T_EQ(rmdir("s/seal.key"), 0);
    T_OK(journal_seal(j, 9, &err), err);
    for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
        sql_run(damages[i].change);
        T_EQ(journal_verify(s, run, &check, &err), ERR_CORRUPT);
        T_STR(err.msg, damages[i].msg);
    }
}

T(J5_only_what_is_a_hash_names_a_blob)
{
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    CLEANUP(journal_freep) struct journal *j = new_journal(s, run);
    struct journal_check check;
    struct err err = {0};

    append(j, EVENT_STEP_OUTCOME, SV("x"), SV("{\"out\":\"12 rows\",\"err\":{\"bytes\":0}}"));
    T_OK(journal_verify(s, run, &check, &err), err);
    T_EQ(check.blobs, 0);
    append(j, EVENT_STEP_OUTCOME, SV("x"), SV("{\"err\":{\"blob\":\"12\"}}"));
    T_EQ(journal_verify(s, run, &check, &err), ERR_CORRUPT);
    T_STR(err.msg, "run r-0001: event 2: 'blob' is no hash");
}

T(J6_an_event_after_the_end_is_found)
{
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    CLEANUP(journal_freep) struct journal *j = new_journal(s, run);
    struct journal_check check;
    struct err err = {0};
    /* The attacker can compute the chain: only the rule finds this one. */
    struct event extra = {.run = run, .seq = 2, .kind = EVENT_ANSWER, .data = SV("{}")};
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct hash h;

    append(j, EVENT_RUN_FINISHED, SV(""), SV("{}"));
    T_OK(journal_verify(s, run, &check, &err), err);
    h = event_hash(&check.head, &extra);
    strbuf_addf(&sql, "INSERT INTO event VALUES (%lld, 2, 0, 9, '', 0, '{}', x'%s')",
                (long long)run, hash_hex(&h).s);
    sql_run(strbuf_str(&sql));
    T_EQ(journal_verify(s, run, &check, &err), ERR_CORRUPT);
    T_STR(err.msg, "run r-0001: event 2 follows the end of the run");
}

static void expect_kept(struct journal *j, const char *key, const char *value)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct err err = {0};

    T_OK(journal_kept(j, sv_from(key), &b, &err), err);
    T_STR(strbuf_str(&b), value);
}

T(state_is_kept_by_the_next_append_or_a_flush_and_ends_with_the_run)
{
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    CLEANUP(journal_freep) struct journal *j = new_journal(s, run);
    struct err err = {0};

    journal_keep(j, SV("judge"), SV("one"));
    journal_keep(j, SV("samples"), SV("many"));
    expect_kept(j, "judge", "");
    append(j, EVENT_RUN_STARTED, SV(""), SV("{}"));
    expect_kept(j, "judge", "one");
    journal_keep(j, SV("judge"), SV("two"));
    T_OK(journal_flush(j, &err), err);
    T_EQ(journal_last_seq(j), 1);
    journal_free(j);
    j = new_journal(s, run);
    expect_kept(j, "judge", "two");
    expect_kept(j, "samples", "many");
    append(j, EVENT_RUN_FINISHED, SV(""), SV("{}"));
    expect_kept(j, "judge", "");
    expect_kept(j, "samples", "");
}

/* The summary of run `run`; NULL: there is none that can be used. */
static const char *summary_of(struct store *s, int64_t run, struct strbuf *text)
{
    struct err err = {0};
    bool found;

    strbuf_truncate(text, 0);
    T_OK(journal_summary(s, run, &found, text, &err), err);
    return found ? strbuf_str(text) : NULL;
}

T(J8_a_summary_is_of_the_last_event_or_not_there)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    CLEANUP(journal_freep) struct journal *j = new_journal(s, run);

    T_CHECK(!summary_of(s, run, &text));
    journal_summarize(j, SV("{\"old\":1}"));
    journal_summarize(j, SV("{\"n\":1}"));
    append(j, EVENT_RUN_STARTED, SV(""), SV("{}"));
    T_STR(summary_of(s, run, &text), "{\"n\":1}");
    append(j, EVENT_MARK, SV(""), SV("{}"));
    T_CHECK(!summary_of(s, run, &text));
    journal_summarize(j, SV("{\"n\":2}"));
    append(j, EVENT_MARK, SV(""), SV("{}"));
    T_STR(summary_of(s, run, &text), "{\"n\":2}");
    journal_summarize(j, SV("{\"n\":3}"));
    append(j, EVENT_RUN_FINISHED, SV(""), SV("{}"));
    T_STR(summary_of(s, run, &text), "{\"n\":3}"); /* it outlives the run */
}

T(J8_a_summary_of_events_that_were_changed_is_not_used)
{
    static const char *const harm[] = {"UPDATE event SET data = '{\"a\":1}' WHERE seq = 1",
                                       "UPDATE event SET at_us = 1 WHERE seq = 3",
                                       "UPDATE event SET hash = x'00' WHERE seq = 1",
                                       "UPDATE event SET hash = zeroblob(32) WHERE seq = 3",
                                       "UPDATE event SET hash = x'00' WHERE seq = 2",
                                       "UPDATE event SET hash = zeroblob(32) WHERE seq = 2",
                                       "DELETE FROM event WHERE seq = 2",
                                       "DELETE FROM event WHERE seq = 3"};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(store_freep) struct store *s = new_store();

    for (size_t i = 0; i < ARRAY_LEN(harm); i++) {
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
        int64_t run = new_run(s);
        CLEANUP(journal_freep) struct journal *j = new_journal(s, run);

        append(j, EVENT_RUN_STARTED, SV(""), SV("{}"));
        append(j, EVENT_MARK, SV(""), SV("{}"));
        journal_summarize(j, SV("{}"));
        append(j, EVENT_MARK, SV(""), SV("{}"));
        T_CHECK(summary_of(s, run, &text));
        strbuf_addf(&sql, "%s AND run = %lld", harm[i], (long long)run);
        sql_run(strbuf_str(&sql));
        if (summary_of(s, run, &text))
            T_FAIL("%s: it is used", harm[i]);
    }
}

T(J8_an_append_that_fails_takes_its_summary_with_it)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t run = new_run(s);
    CLEANUP(journal_freep) struct journal *j = new_journal(s, run);
    struct event e = {.at_us = 1, .kind = EVENT_MARK, .data = SV("{}")};
    struct err err = {0};

    append(j, EVENT_RUN_STARTED, SV(""), SV("{}"));
    sql_run("CREATE TRIGGER no BEFORE INSERT ON event BEGIN SELECT raise(ABORT, 'no'); END");
    journal_summarize(j, SV("{\"of\":\"what failed\"}"));
    T_EQ(journal_append(j, &e, 1, &err), ERR_DB);
    sql_run("DROP TRIGGER no");
    append(j, EVENT_MARK, SV(""), SV("{}"));
    T_CHECK(!summary_of(s, run, &text));
    sql_run("CREATE TRIGGER no BEFORE INSERT ON summary BEGIN SELECT raise(ABORT, 'no'); END");
    journal_summarize(j, SV("{}"));
    T_EQ(journal_append(j, &e, 1, &err), ERR_DB);
    sql_run("DROP TRIGGER no");
    T_EQ(journal_last_seq(j), 2); /* both or none */
    append(j, EVENT_MARK, SV(""), SV("{}"));
    T_EQ(journal_last_seq(j), 3);
    T_CHECK(!summary_of(s, run, &text));
}

T(a_store_of_version_2_is_read_without_summaries_and_gets_them_from_the_first_writer)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct store *s = new_store();
    int64_t run = new_run(s);
    struct journal *j = new_journal(s, run);
    struct err err = {0};

    append(j, EVENT_RUN_STARTED, SV(""), SV("{}"));
    journal_free(j);
    store_free(s);
    sql_run("DROP TABLE report; DROP TABLE summary; PRAGMA user_version = 2");
    T_OK(store_open("s", STORE_READ, &s, &err), err);
    T_CHECK(!summary_of(s, run, &text));
    store_free(s);
    s = new_store();
    j = new_journal(s, run);
    T_CHECK(!summary_of(s, run, &text));
    journal_summarize(j, SV("{\"n\":1}"));
    append(j, EVENT_MARK, SV(""), SV("{}"));
    T_STR(summary_of(s, run, &text), "{\"n\":1}");
    journal_free(j);
    store_free(s);
    T_OK(store_open("s", STORE_READ, &s, &err), err);
    T_STR(summary_of(s, run, &text), "{\"n\":1}");
    store_free(s);
}

T(two_runs_have_journals_of_their_own)
{
    CLEANUP(store_freep) struct store *s = new_store();
    int64_t a = new_run(s), b = new_run(s);
    CLEANUP(journal_freep) struct journal *ja = new_journal(s, a);
    CLEANUP(journal_freep) struct journal *jb = new_journal(s, b);
    struct journal_check check;
    struct err err = {0};

    T_CHECK(a != b);
    append(ja, EVENT_RUN_STARTED, SV(""), SV("{}"));
    append(jb, EVENT_RUN_STARTED, SV(""), SV("{}"));
    append(ja, EVENT_ANSWER, SV(""), SV("{}"));
    T_OK(journal_verify(s, a, &check, &err), err);
    T_EQ(check.events, 2);
    T_OK(journal_verify(s, b, &check, &err), err);
    T_EQ(check.events, 1);
    T_EQ(journal_verify(s, 99, &check, &err), ERR_NOT_FOUND);
}

T(run_names_are_read_in_every_form_that_is_printed)
{
    int64_t run = 0;

    T_STR(event_run_text(42).s, "r-0042");
    T_CHECK(event_run_parse(SV("r-0042"), &run) && run == 42);
    T_CHECK(event_run_parse(SV("42"), &run) && run == 42);
    T_CHECK(!event_run_parse(SV("r-"), &run) && !event_run_parse(SV("x42"), &run) &&
            !event_run_parse(SV("-1"), &run));
    T_STR(event_kind_name(EVENT_STEP_OUTCOME).s, "step-outcome");
    T_STR(event_kind_name(77).s, "kind-77");
}

T_MAIN(T_CASE(J1_events_are_numbered_without_a_gap_and_read_back_in_order),
       T_CASE(J2_a_changed_event_is_found_and_named),
       T_CASE(J1_a_missing_event_is_found_and_the_run_cannot_be_continued),
       T_CASE(J3_and_J4_a_failed_append_leaves_nothing_and_the_next_one_continues_the_chain),
       T_CASE(J3_and_J4_a_row_that_is_refused_takes_the_whole_append_with_it),
       T_CASE(J5_a_blob_is_stored_with_its_event_and_a_damaged_one_is_found),
       T_CASE(J7_the_end_of_a_run_is_sealed_in_its_own_commit_and_the_seal_covers_it),
       T_CASE(a_run_ends_without_a_seal_when_the_key_cannot_be_had_and_is_sealed_later),
       T_CASE(J7_a_lock_is_given_back_in_the_commit_of_the_event_that_says_so),
       T_CASE(what_is_no_seal_key_event_hash_or_seal_is_said_to_be_damaged),
       T_CASE(J5_only_what_is_a_hash_names_a_blob), T_CASE(J6_an_event_after_the_end_is_found),
       T_CASE(state_is_kept_by_the_next_append_or_a_flush_and_ends_with_the_run),
       T_CASE(J8_a_summary_is_of_the_last_event_or_not_there),
       T_CASE(J8_a_summary_of_events_that_were_changed_is_not_used),
       T_CASE(J8_an_append_that_fails_takes_its_summary_with_it),
       T_CASE(a_store_of_version_2_is_read_without_summaries_and_gets_them_from_the_first_writer),
       T_CASE(two_runs_have_journals_of_their_own),
       T_CASE(run_names_are_read_in_every_form_that_is_printed))
