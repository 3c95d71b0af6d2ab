/*
 * A disk that refuses, under the store: each call of the database fails in turn, N = 1, 2, ... until the job succeeds
 * (style 41).  What is reported as failed has changed nothing, can be done again, and is named with its file.
 */
#include <sqlite3.h>

#include "base/file.h"
#include "base/sv.h"
#include "store/journal.h"
#include "t_vfs.h"

/* --- a store with something in every table, and copies of it --- */

enum { EVENTS = 300 }; /* of run 1, which is finished; run 2 has one, and holds "prod" */

static struct store *open_store(enum store_mode mode)
{
    struct store *s = NULL;
    struct err err = {0};

    T_OK(store_open("s", mode, &s, &err), err);
    return s;
}

static struct journal *open_journal(struct store *s, int64_t run)
{
    struct journal *j = NULL;
    struct err err = {0};

    T_OK(journal_open(s, run, &j, &err), err);
    return j;
}

static struct sv outcome_data(struct journal *j, struct sv output, struct strbuf *data)
{
    struct hash h = journal_blob(j, output);

    strbuf_truncate(data, 0);
    strbuf_addf(data, "{\"out\":{\"blob\":\"%s\"}}", hash_hex(&h).s);
    return strbuf_sv(data);
}

static void append(struct journal *j, enum event_kind kind, struct sv data)
{
    struct event e = {.at_us = 1000, .kind = kind, .step = SV("x"), .data = data};
    struct err err = {0};

    T_OK(journal_append(j, &e, 1, &err), err);
}

static const struct store_lock_wish prod = {SV("prod"), 2, SV("deploy"), 5};

static void fill_run_1(struct store *s)
{
    CLEANUP(journal_freep) struct journal *j = open_journal(s, 1);
    CLEANUP(strbuf_release) struct strbuf data = STRBUF(0);

    for (int i = 2; i < EVENTS; i++)
        append(j, EVENT_ANSWER, SV("{\"answer\":\"yes\",\"by\":\"ana\"}"));
    append(j, EVENT_STEP_OUTCOME, outcome_data(j, SV("what it printed"), &data));
    append(j, EVENT_RUN_FINISHED, SV("{}"));
}

static void make_template(void)
{
    struct store *s = open_store(STORE_WRITE);
    const struct store_approval a = {.plan = SV("p"), .step = SV("1"), .who = SV("bo")};
    const struct store_report told = {
        .environment = SV("prod"), .kind = SV("incident"), .who = SV("bo"), .at_us = 8};
    struct store_run run = {.environment = SV("prod"), .document = SV("a.md"), .started_us = 1};
    struct store_lock lock;
    struct journal *j;
    struct err err = {0};
    int64_t id;

    T_OK(store_run_add(s, &run, &id, &err), err);
    fill_run_1(s);
    T_OK(store_run_add(s, &run, &id, &err), err);
    T_EQ(id, 2);
    j = open_journal(s, 2);
    journal_keep(j, SV("judge"), SV("one"));
    append(j, EVENT_RUN_STARTED, SV("{}"));
    journal_free(j);
    T_OK(store_approval_add(s, &a, &err), err);
    T_OK(store_report_add(s, &told, &err), err);
    T_OK(store_lock_take(s, &prod, &lock, &err), err);
    store_free(s);
    T_EQ(rename("s", "template"), 0);
}

static void copy_file(const char *from, const char *to)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct err err;
    int fd = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    T_OK(file_read(from, 10000000, &b, &err), err);
    T_CHECK(fd >= 0 && write(fd, b.p, b.n) == (ssize_t)b.n);
    T_EQ(close(fd), 0);
}

static void use_copy(void)
{
    if (file_exists("s"))
        t_remove("s");
    T_EQ(mkdir("s", 0700), 0);
    copy_file("template/store.db", "s/store.db");
    copy_file("template/seal.key", "s/seal.key");
    copy_file("template/.gitignore", "s/.gitignore");
}

/* What another process sees: the rows of every table, and what the locks, states and runs' ends are. */
static void look(struct strbuf *ret)
{
    static const char sql[] =
        "SELECT (SELECT count(*) FROM run) || ' ' || (SELECT count(*) FROM event) || ' ' ||"
        " (SELECT count(*) FROM blob) || ' ' || (SELECT count(*) FROM approval) || ' ' ||"
        " (SELECT count(*) FROM report) || ' ' ||"
        " (SELECT group_concat(run || head) FROM seal) || ' ' ||"
        " (SELECT group_concat(environment || run || reason) FROM lock) || ' ' ||"
        " (SELECT group_concat(key || value) FROM state)";
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;

    T_EQ(sqlite3_open_v2("s/store.db", &db, SQLITE_OPEN_READWRITE, "unix"), SQLITE_OK);
    T_EQ(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    T_EQ(sqlite3_step(st), SQLITE_ROW);
    strbuf_truncate(ret, 0);
    strbuf_addf(ret, "%s", (const char *)sqlite3_column_text(st, 0));
    (void)sqlite3_finalize(st);
    (void)sqlite3_close(db);
}

/* --- the jobs --- */

typedef enum err_code job_fn(struct store *s, struct journal *j, struct err *err);

static enum err_code add_run(struct store *s, struct journal *j UNUSED, struct err *err)
{
    struct store_run run = {.environment = SV("e"), .document = SV("d")};
    int64_t id = -7;
    enum err_code rc = store_run_add(s, &run, &id, err);

    T_EQ(id, rc == ERR_OK ? 3 : -7);
    return rc;
}

static bool count_run(const struct store_run *run UNUSED, void *arg)
{
    ++*(int *)arg;
    return true;
}

static enum err_code list_runs(struct store *s, struct journal *j UNUSED, struct err *err)
{
    int n = 0;
    enum err_code rc = store_runs(s, count_run, &n, err);

    T_CHECK(rc != ERR_OK || n == 2);
    return rc;
}

static enum err_code last_run(struct store *s, struct journal *j UNUSED, struct err *err)
{
    int64_t id = -7;
    enum err_code rc = store_last_run(s, SV("prod"), &id, err);

    T_EQ(id, rc == ERR_OK ? 2 : -7);
    return rc;
}

static enum err_code add_blob(struct store *s, struct journal *j UNUSED, struct err *err)
{
    struct hash h = {{0}}, none = {{0}};
    enum err_code rc = store_blob_add(s, SV("more"), &h, err);

    T_CHECK(hash_eq(&h, &none) == (rc != ERR_OK));
    return rc;
}

static enum err_code read_blob(struct store *s, struct journal *j UNUSED, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct hash h = hash_of(SV("what it printed"));
    enum err_code rc = store_blob(s, &h, 100, &b, err);

    T_STR(strbuf_str(&b), rc == ERR_OK ? "what it printed" : "");
    return rc;
}

static enum err_code add_approval(struct store *s, struct journal *j UNUSED, struct err *err)
{
    const struct store_approval a = {.plan = SV("p"), .step = SV("2"), .who = SV("cleo")};

    return store_approval_add(s, &a, err);
}

static void count_approval(const struct store_approval *a UNUSED, void *arg)
{
    ++*(int *)arg;
}

static enum err_code list_approvals(struct store *s, struct journal *j UNUSED, struct err *err)
{
    int n = 0;
    enum err_code rc =
        store_approvals(s, &(struct store_approval_of){.plan = SV("p")}, count_approval, &n, err);

    T_CHECK(rc != ERR_OK || n == 1);
    return rc;
}

static enum err_code add_report(struct store *s, struct journal *j UNUSED, struct err *err)
{
    const struct store_report r = {
        .environment = SV("prod"), .kind = SV("incident"), .who = SV("cleo"), .at_us = 9};

    return store_report_add(s, &r, err);
}

static void count_report(const struct store_report *r UNUSED, void *arg)
{
    ++*(int *)arg;
}

static enum err_code list_reports(struct store *s, struct journal *j UNUSED, struct err *err)
{
    int n = 0;
    enum err_code rc = store_reports(s, &(struct store_reports_of){.environment = SV("prod")},
                                     count_report, &n, err);

    T_CHECK(rc != ERR_OK || n == 1);
    return rc;
}

static void count_moment(const struct store_moment *m UNUSED, void *arg)
{
    ++*(int *)arg;
}

static enum err_code list_moments(struct store *s, struct journal *j UNUSED, struct err *err)
{
    const struct store_moments_of of = {
        .environment = SV("prod"), .suffix = SV(" (rehearsal)"), .kind = EVENT_ANSWER};
    int n = 0;
    enum err_code rc = store_moments(s, &of, count_moment, &n, err);

    T_CHECK(rc != ERR_OK || n == EVENTS - 2);
    return rc;
}

static enum err_code take_lock(struct store *s, struct journal *j UNUSED, struct err *err)
{
    const struct store_lock_wish wish = {SV("staging"), 2, SV("try"), 5};
    struct store_lock holder;

    return store_lock_take(s, &wish, &holder, err);
}

static enum err_code get_lock(struct store *s, struct journal *j UNUSED, struct err *err)
{
    struct store_lock holder = {.run = -7};
    bool held = false, alive = false;
    enum err_code rc = store_lock_get(s, SV("prod"), &held, &alive, &holder, err);

    T_EQ(holder.run, rc == ERR_OK ? 2 : -7);
    return rc;
}

static enum err_code rename_lock(struct store *s, struct journal *j UNUSED, struct err *err)
{
    return store_lock_rename(s, SV("prod"), 2, 9, err);
}

static enum err_code give_lock(struct store *s, struct journal *j UNUSED, struct err *err)
{
    return store_lock_give(s, SV("prod"), 2, err);
}

static enum err_code open_run(struct store *s, struct journal *j UNUSED, struct err *err)
{
    CLEANUP(journal_freep) struct journal *mine = NULL;
    enum err_code rc = journal_open(s, 1, &mine, err);

    T_EQ(mine ? journal_last_seq(mine) : 0, rc == ERR_OK ? EVENTS : 0);
    return rc;
}

static enum err_code count_event(const struct event *e UNUSED, void *arg, struct err *err UNUSED)
{
    ++*(int *)arg;
    return ERR_OK;
}

static enum err_code read_run(struct store *s, struct journal *j UNUSED, struct err *err)
{
    int n = 0;
    enum err_code rc = journal_read(s, 1, 0, count_event, &n, err);

    T_CHECK((n == EVENTS) == (rc == ERR_OK));
    return rc;
}

static enum err_code verify_run(struct store *s, struct journal *j UNUSED, struct err *err)
{
    struct journal_check check = {.events = -7};
    enum err_code rc = journal_verify(s, 1, &check, err);

    T_EQ(check.events, rc == ERR_OK ? EVENTS : -7);
    T_CHECK(rc != ERR_OK || (check.sealed && check.blobs == 1));
    return rc;
}

static enum err_code read_state(struct store *s UNUSED, struct journal *j, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    enum err_code rc = journal_kept(j, SV("judge"), &b, err);

    T_STR(strbuf_str(&b), rc == ERR_OK ? "one" : "");
    return rc;
}

static enum err_code append_outcome(struct store *s UNUSED, struct journal *j, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf data = STRBUF(0);
    struct event two[] = {{.kind = EVENT_STEP_OUTCOME, .step = SV("a")},
                          {.kind = EVENT_STEP_INTENT, .step = SV("b"), .data = SV("{}")}};
    int64_t seq = journal_last_seq(j);
    enum err_code rc;

    two[0].data = outcome_data(j, SV("a line"), &data);
    journal_keep(j, SV("judge"), SV("two"));
    rc = journal_append(j, two, 2, err);
    T_EQ(journal_last_seq(j), rc == ERR_OK ? seq + 2 : seq); /* J4 */
    return rc;
}

static enum err_code append_end(struct store *s UNUSED, struct journal *j, struct err *err)
{
    struct event end = {.kind = EVENT_RUN_FINISHED, .data = SV("{}")};
    int64_t seq = journal_last_seq(j);
    enum err_code rc;

    journal_unlock(j, SV("prod"));
    rc = journal_append(j, &end, 1, err);
    T_EQ(journal_last_seq(j), rc == ERR_OK ? seq + 1 : seq);
    return rc;
}

static enum err_code flush_state(struct store *s UNUSED, struct journal *j, struct err *err)
{
    journal_keep(j, SV("judge"), SV("three"));
    return journal_flush(j, err);
}

/* --- the walks --- */

/* One job on a copy, its Nth call failing; the calls that it made. */
static unsigned try_job(job_fn *job, unsigned at, bool always)
{
    CLEANUP(strbuf_release) struct strbuf before = STRBUF(0), after = STRBUF(0);
    CLEANUP(store_freep) struct store *s = NULL;
    CLEANUP(journal_freep) struct journal *j = NULL;
    struct journal_check check;
    struct err err = {0};
    enum err_code rc;
    unsigned calls;

    use_copy();
    look(&before);
    s = open_store(STORE_WRITE);
    j = open_journal(s, 2);
    t_vfs_fail(at, always);
    rc = job(s, j, &err);
    calls = t_vfs.calls;
    t_vfs_fail(0, false);
    if (rc != ERR_OK) {
        T_EQ(rc, ERR_DB);
        T_CHECK(strstr(err.msg, "s/store.db") || strstr(err.msg, "in 's'"));
        look(&after);
        T_STR(strbuf_str(&after), strbuf_str(&before));
        err = (struct err){0};
        T_OK(job(s, j, &err), err); /* J4 */
    }
    T_OK(journal_verify(s, 2, &check, &err), err);
    T_EQ(check.sealed, check.finished); /* J7 */
    return calls;
}

static void walk_job(job_fn *job)
{
    for (int always = 0; always < 2; always++) {
        unsigned at = 1;

        while (try_job(job, at, always) >= at)
            at++;
        T_CHECK(at > 1); /* a walk of nothing proves nothing */
    }
}

/* Made with a cold cache: a page that nobody has read yet has to come from the disk. */
static void walk_jobs(job_fn *const *jobs, size_t n)
{
    t_vfs_init();
    make_template();
    for (size_t i = 0; i < n; i++)
        walk_job(jobs[i]);
}

T(what_is_not_written_has_changed_nothing_and_can_be_done_again)
{
    static job_fn *const jobs[] = {add_run, add_blob, add_approval, add_report, flush_state};

    walk_jobs(jobs, ARRAY_LEN(jobs));
}

T(J3_J4_and_J7_an_append_is_all_or_none_whichever_call_fails)
{
    static job_fn *const jobs[] = {append_outcome, append_end};

    walk_jobs(jobs, ARRAY_LEN(jobs));
}

T(a_lock_is_as_it_was_when_it_could_not_be_written)
{
    static job_fn *const jobs[] = {take_lock, get_lock, rename_lock, give_lock};

    walk_jobs(jobs, ARRAY_LEN(jobs));
}

T(what_cannot_be_read_is_not_taken_for_missing_or_damaged)
{
    static job_fn *const jobs[] = {list_runs,    last_run, read_blob, list_approvals, list_reports,
                                   list_moments, open_run, read_run,  verify_run,     read_state};

    walk_jobs(jobs, ARRAY_LEN(jobs));
}

T(nothing_to_write_is_no_work_for_the_disk)
{
    CLEANUP(store_freep) struct store *s = NULL;
    struct journal *j;
    struct err err = {0};

    t_vfs_init();
    make_template();
    use_copy();
    s = open_store(STORE_WRITE);
    j = open_journal(s, 2);
    t_vfs_fail(1, true);
    T_OK(journal_flush(j, &err), err);
    T_EQ(t_vfs.calls, 0);
    journal_free(j);
    j = NULL;
    T_EQ(journal_open(s, 2, &j, &err), ERR_DB);
    journal_free(j); /* nothing was opened */
    t_vfs_fail(0, false);
}

static unsigned try_open(enum store_mode mode, unsigned at, bool always)
{
    CLEANUP(store_freep) struct store *s = NULL;
    struct err err = {0};
    enum err_code rc;
    unsigned calls;

    t_vfs_fail(at, always);
    rc = store_open("s", mode, &s, &err);
    calls = t_vfs.calls;
    t_vfs_fail(0, false);
    T_CHECK((s != NULL) == (rc == ERR_OK));
    if (rc != ERR_OK) {
        T_EQ(rc, ERR_DB);
        T_CHECK(strstr(err.msg, "s/store.db"));
        T_OK(store_open("s", mode, &s, &err), err);
    }
    if (mode == STORE_WRITE)
        T_OK(add_approval(s, NULL, &err), err);
    else
        T_OK(last_run(s, NULL, &err), err);
    return calls;
}

T(a_store_that_could_not_be_opened_is_opened_later)
{
    t_vfs_init();
    make_template();
    for (int always = 0; always < 2; always++) {
        unsigned at = 0, calls;

        do {
            if (file_exists("s"))
                t_remove("s");
            calls = try_open(STORE_WRITE, ++at, always); /* and made */
        } while (calls >= at);
        T_CHECK(at > 20);
        at = 0;
        do {
            use_copy();
            calls = try_open(STORE_WRITE, ++at, always);
        } while (calls >= at);
        at = 0;
        do {
            use_copy();
            calls = try_open(STORE_READ, ++at, always);
        } while (calls >= at);
    }
}

T(a_file_system_without_a_write_ahead_log_is_refused)
{
    struct store *s = NULL;
    struct err err = {0};

    t_vfs_init();
    t_vfs.no_wal = true;
    T_EQ(store_open("s", STORE_WRITE, &s, &err), ERR_DB);
    T_STR(err.msg, "store 's/store.db': the file system does not allow a write-ahead log");
    T_CHECK(!s);
}

T_MAIN(T_CASE(what_is_not_written_has_changed_nothing_and_can_be_done_again),
       T_CASE(J3_J4_and_J7_an_append_is_all_or_none_whichever_call_fails),
       T_CASE(a_lock_is_as_it_was_when_it_could_not_be_written),
       T_CASE(what_cannot_be_read_is_not_taken_for_missing_or_damaged),
       T_CASE(nothing_to_write_is_no_work_for_the_disk),
       T_CASE(a_store_that_could_not_be_opened_is_opened_later),
       T_CASE(a_file_system_without_a_write_ahead_log_is_refused))
