#include "store/notice.h"

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
                                 .body = SV("{}"),
                                 .at_us = seq * 10,
                                 .due_us = seq * 10};
}

static void add(struct store_notice n, bool over)
{
    T_OK(store_notices_add(store, &(struct store_notices){n.run, n.seq, over, &n, 1}, &err), err);
}

/* What was taken, or is listed: "SEQ:STATE:SENT ". */
static struct strbuf seen;

static void on_notice(const struct store_notice *n, void *arg UNUSED)
{
    strbuf_addf(&seen, "%d:%s:%d ", (int)n->seq, notice_states[n->state], (int)n->sent);
}

static const char *taken(int64_t now_us)
{
    strbuf_truncate(&seen, 0);
    T_OK(store_notices_take(store, now_us, 1000, on_notice, NULL, &err), err);
    return strbuf_str(&seen);
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

static void sent(int64_t seq, int64_t due_us, enum notice_state state)
{
    struct store_notice n = notice(seq, "", false);

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
    T_OK(store_notices_next(store, &due_us, &err), err);
    T_EQ(due_us, INT64_MAX);
    T_OK(store_notices_seen(store, 1, &seq, &over, &err), err);
    T_CHECK(seq == 0 && !over);
    add(notice(3, "", false), false);
    T_OK(store_notices_next(store, &due_us, &err), err);
    T_EQ(due_us, 30);
    T_STR(taken(29), "");
    T_STR(taken(30), "3:waiting:0 ");
    T_STR(taken(30), ""); /* somebody has it */
    T_STR(taken(1030), "3:waiting:0 ");
    sent(3, 0, NOTICE_SENT);
    T_STR(taken(9999), "");
    T_STR(listed(false), "");
    T_STR(listed(true), "3:sent:1 ");
    T_OK(store_notices_seen(store, 1, &seq, &over, &err), err);
    T_CHECK(seq == 3 && !over);
    end();
}

T(the_same_event_is_told_once_however_often_it_is_looked_at)
{
    begin();
    add(notice(3, "", false), false);
    T_STR(taken(30), "3:waiting:0 ");
    sent(3, 0, NOTICE_SENT);
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
    sent(3, 5000, NOTICE_WAITING); /* told, and to be repeated */
    add(notice(4, "rule/a", false), false);
    T_STR(listed(true), "1:dropped:0 2:dropped:0 3:sent:1 4:waiting:0 ");
    sent(3, 9000, NOTICE_WAITING); /* a repetition that was on its way does not bring it back */
    T_STR(listed(false), "4:waiting:0 ");
    end();
}

T(the_end_of_a_run_ends_what_lasts_and_what_waits_for_company)
{
    struct store_notice late = notice(2, "rule/b", true);
    int64_t seq;
    bool over;

    begin();
    add(notice(1, "rule/a", true), false);
    T_STR(taken(10), "1:waiting:0 ");
    sent(1, 5000, NOTICE_WAITING);
    late.due_us = 100000;
    add(late, false);
    T_OK(store_notices_add(store, &(struct store_notices){1, 3, true, NULL, 0}, &err), err);
    T_STR(taken(50), "2:waiting:0 ");
    T_STR(listed(true), "1:sent:1 2:waiting:0 ");
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
    T_EQ(store_notices_add(store, &(struct store_notices){1, 2, false, v, 2}, &err), ERR_DB);
    T_STR(listed(true), "");
    end();
}

T_MAIN(T_CASE(what_is_taken_is_due_again_after_its_lease),
       T_CASE(the_same_event_is_told_once_however_often_it_is_looked_at),
       T_CASE(what_has_ended_is_told_only_to_whom_it_was_told),
       T_CASE(the_end_of_a_run_ends_what_lasts_and_what_waits_for_company),
       T_CASE(a_store_that_knows_no_notices_has_none),
       T_CASE(a_notice_of_a_run_that_is_not_there_is_refused_whole))
