#include "store/notice.h"

#include <sqlite3.h>

#include "base/sv.h"
#include "t.h"

static struct store *store;
static struct err err;

static void begin(void)
{
    struct store_run run = {.environment = SV("test"), .document = SV("d"), .plan = SV("p")};
    int64_t id;

    T_OK(store_open("s", STORE_WRITE, &store, &err), err);
    T_OK(store_run_add(store, &run, &id, &err), err);
    T_OK(store_run_add(store, &run, &id, &err), err);
    T_OK(store_notices_open(store, &err), err);
    T_OK(store_notices_open(store, &err), err); /* again is nothing */
}

static struct store_notice notice(int64_t seq, const char *key, bool firing)
{
    return (struct store_notice){.run = 1,
                                 .seq = seq,
                                 .receiver = SV("me"),
                                 .key = sv_from(key),
                                 .firing = firing,
                                 .body = SV("{\"text\":\"x\"}"),
                                 .at_us = seq * 10,
                                 .due_us = seq * 10};
}

static void add(struct store_notice n, bool over)
{
    T_OK(store_notices_add(
             store,
             &(struct store_notices){.run = n.run, .seq = n.seq, .over = over, .v = &n, .n = 1},
             &err),
         err);
}

/* What was taken, or is listed: "SEQ:STATE:SENT ". */
static struct strbuf seen;

static void on_notice(const struct store_notice *n, void *arg UNUSED)
{
    strbuf_addf(&seen, "%d:%s:%d ", (int)n->seq, notice_states[n->state], (int)n->sent);
}

static bool on_due(const struct store_notice *n, void *arg)
{
    const int64_t *not_this = arg;

    if (not_this && n->seq == *not_this)
        return false;
    on_notice(n, NULL);
    return true;
}

static const char *taken(int64_t now_us)
{
    strbuf_truncate(&seen, 0);
    T_OK(store_notices_take(store, now_us, 1000, on_due, NULL, &err), err);
    return strbuf_str(&seen);
}

static void on_tries(const struct store_notice *n, void *arg UNUSED)
{
    strbuf_addf(&seen, "%d:%d ", (int)n->seq, (int)n->tries);
}

static const char *listed(bool all)
{
    strbuf_truncate(&seen, 0);
    T_OK(store_notices_list(store, all, on_notice, NULL, &err), err);
    return strbuf_str(&seen);
}

static void end(void)
{
    strbuf_release(&seen);
    store_free(store);
}

static void sent(int64_t seq, bool firing, int64_t due_us, enum notice_state state)
{
    struct store_notice n = notice(seq, "", firing);

    n.sent = 1;
    n.due_us = due_us;
    n.state = state;
    T_OK(store_notice_set(store, &n, &err), err);
}

T(what_is_taken_is_due_again_after_its_lease)
{
    int64_t due_us, seq;
    bool over;

    begin();
    T_OK(store_notices_next(store, 0, &due_us, &err), err);
    T_EQ(due_us, INT64_MAX);
    T_OK(store_notices_seen(store, 1, &seq, &over, &err), err);
    T_CHECK(seq == 0 && !over);
    add(notice(3, "", false), false);
    T_OK(store_notices_next(store, 0, &due_us, &err), err);
    T_EQ(due_us, 30);
    T_STR(taken(29), "");
    T_STR(taken(30), "3:waiting:0 ");
    T_STR(taken(30), ""); /* somebody has it */
    T_STR(taken(1030), "3:waiting:0 ");
    sent(3, false, 0, NOTICE_SENT);
    T_STR(taken(9999), "");
    T_STR(listed(false), "");
    T_STR(listed(true), "3:sent:1 ");
    T_OK(store_notices_seen(store, 1, &seq, &over, &err), err);
    T_CHECK(seq == 3 && !over);
    end();
}

T(what_is_left_stays_due_and_what_is_tried_counts)
{
    int64_t due_us, not_this = 3;

    begin();
    add(notice(3, "", false), false);
    add(notice(4, "", false), false);
    strbuf_truncate(&seen, 0);
    T_OK(store_notices_take(store, 50, 1000, on_due, &not_this, &err), err);
    T_STR(strbuf_str(&seen), "4:waiting:0 ");
    T_OK(store_notices_next(store, 0, &due_us, &err), err);
    T_EQ(due_us, 30);
    T_OK(store_notices_next(store, 51, &due_us, &err), err);
    T_EQ(due_us, 1050);
    strbuf_truncate(&seen, 0);
    T_OK(store_notices_list(store, true, on_tries, NULL, &err), err);
    T_STR(strbuf_str(&seen), "3:0 4:1 ");
    end();
}

/* The process that tells it has not heard yet whether it was taken. */
T(what_ends_while_it_is_told_is_told_as_ended_and_not_lost)
{
    begin();
    add(notice(1, "rule/a", true), false);
    T_STR(taken(30), "1:waiting:0 ");
    add(notice(2, "rule/a", false), false);
    T_STR(listed(true), "1:dropped:0 2:waiting:0 ");
    sent(1, true, 5000, NOTICE_WAITING);
    T_STR(listed(true), "1:sent:1 2:waiting:0 ");
    end();
}

T(the_same_event_is_told_once_however_often_it_is_looked_at)
{
    begin();
    add(notice(3, "", false), false);
    T_STR(taken(30), "3:waiting:0 ");
    sent(3, false, 0, NOTICE_SENT);
    add(notice(3, "", false), false);
    T_STR(listed(true), "3:sent:1 ");
    end();
}

T(what_has_ended_is_told_only_to_whom_it_was_told)
{
    begin();
    add(notice(1, "rule/a", true), false);
    add(notice(2, "rule/a", false), false); /* it ended before anybody was told */
    T_STR(listed(true), "1:dropped:0 2:dropped:0 ");
    add(notice(3, "rule/a", true), false);
    T_STR(taken(30), "3:waiting:0 ");
    sent(3, true, 5000, NOTICE_WAITING); /* told, and to be repeated */
    add(notice(4, "rule/a", false), false);
    T_STR(listed(true), "1:dropped:0 2:dropped:0 3:sent:1 4:waiting:0 ");
    sent(3, true, 9000,
         NOTICE_WAITING); /* a repetition that was on its way does not bring it back */
    T_STR(listed(false), "4:waiting:0 ");
    end();
}

static struct store_notices over_at(int64_t seq, int64_t now_us)
{
    return (struct store_notices){
        .run = 1, .seq = seq, .over = true, .said = SV("over: "), .now_us = now_us};
}

static void on_body(const struct store_notice *n, void *arg UNUSED)
{
    strbuf_addf(&seen, "%d:%s:%lld:%.*s ", (int)n->seq, n->firing ? "firing" : "ended",
                (long long)n->at_us, SV_FMT(n->body));
}

T(the_end_of_a_run_ends_what_lasts_and_what_waits_for_company)
{
    struct store_notice late = notice(2, "rule/b", true);
    struct store_notices end_of = over_at(3, 40);
    int64_t seq;
    bool over;

    begin();
    add(notice(1, "rule/a", true), false);
    T_STR(taken(10), "1:waiting:0 ");
    sent(1, true, 5000, NOTICE_WAITING);
    late.due_us = 100000;
    add(late, false);
    T_OK(store_notices_add(store, &end_of, &err), err);
    T_STR(listed(true), "1:waiting:1 2:waiting:0 ");
    strbuf_truncate(&seen, 0);
    T_OK(store_notices_list(store, true, on_body, NULL, &err), err);
    T_STR(strbuf_str(&seen), "1:ended:40:{\"text\":\"over: x\"} 2:firing:20:{\"text\":\"x\"} ");
    sent(1, true, 9000, NOTICE_WAITING); /* a repetition that was on its way delays the end not */
    T_STR(taken(50), "1:waiting:1 2:waiting:0 ");
    sent(1, false, 50, NOTICE_SENT);
    sent(2, true, 5000, NOTICE_WAITING); /* told of only now: its end follows */
    T_OK(store_notices_end(store, 1, SV("over: "), 60, &err), err);
    T_STR(taken(60), "2:waiting:1 ");
    sent(2, false, 60, NOTICE_SENT);
    T_OK(store_notices_end(store, 1, SV("over: "), 70, &err), err);
    T_STR(taken(80), "");
    T_STR(listed(true), "1:sent:1 2:sent:1 ");
    T_OK(store_notices_seen(store, 1, &seq, &over, &err), err);
    T_CHECK(seq == 3 && over);
    end();
}

T(a_store_that_knows_no_notices_has_none)
{
    T_OK(store_open("s", STORE_WRITE, &store, &err), err);
    T_STR(listed(true), "");
    end();
}

T(a_notice_of_a_run_that_is_not_there_is_refused_whole)
{
    struct store_notice v[] = {notice(1, "", false), notice(2, "", false)};

    begin();
    v[1].run = 99;
    T_EQ(
        store_notices_add(store, &(struct store_notices){.run = 1, .seq = 2, .v = v, .n = 2}, &err),
        ERR_DB);
    T_STR(listed(true), "");
    end();
}

/* Somebody has taken a table away. */
T(a_store_that_is_broken_says_so)
{
    static const char *const tables[] = {"notice", "notice_seen"};
    struct store_notice n = notice(1, "rule/a", false);
    int64_t due_us, seq;
    bool over;

    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        char sql[60];
        sqlite3 *db;

        begin();
        (void)snprintf(sql, sizeof(sql), "DROP TABLE %s", tables[i]);
        T_EQ(sqlite3_open("s/store.db", &db), SQLITE_OK);
        T_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        T_EQ(store_notices_add(store, &(struct store_notices){.run = 1, .seq = 1, .v = &n, .n = 1},
                               &err),
             ERR_DB);
        n.key = SV("");
        T_EQ(store_notices_add(
                 store, &(struct store_notices){.run = 1, .seq = 1, .over = true, .v = &n, .n = 1},
                 &err),
             ERR_DB);
        if (i == 0) {
            T_EQ(store_notices_take(store, 99, 1, on_due, NULL, &err), ERR_DB);
            T_EQ(store_notice_set(store, &n, &err), ERR_DB);
            T_EQ(store_notices_end(store, 1, SV(""), 0, &err), ERR_DB);
            T_EQ(store_notices_next(store, 0, &due_us, &err), ERR_DB);
            T_STR(listed(true), "");
        } else {
            T_EQ(store_notices_seen(store, 1, &seq, &over, &err), ERR_DB);
        }
        end();
    }
}

T_MAIN(T_CASE(a_store_that_is_broken_says_so), T_CASE(what_is_taken_is_due_again_after_its_lease),
       T_CASE(what_is_left_stays_due_and_what_is_tried_counts),
       T_CASE(what_ends_while_it_is_told_is_told_as_ended_and_not_lost),
       T_CASE(the_same_event_is_told_once_however_often_it_is_looked_at),
       T_CASE(what_has_ended_is_told_only_to_whom_it_was_told),
       T_CASE(the_end_of_a_run_ends_what_lasts_and_what_waits_for_company),
       T_CASE(a_store_that_knows_no_notices_has_none),
       T_CASE(a_notice_of_a_run_that_is_not_there_is_refused_whole))
