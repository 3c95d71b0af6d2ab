#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ident.h"
#include "base/sv.h"
#include "store/event.h"
#include "store/stmt.h"
#include "store/store_int.h"

/* Same machine, and another boot or no such process any more: only then it is certain. */
static bool store_lock_is_gone(const struct store_lock *l)
{
    if (!sv_eq(sv_from(l->host), sv_from(ident_host().s)))
        return false;
    if (!sv_eq(sv_from(l->boot), sv_from(ident_boot().s)))
        return true;
    return ident_process_start(l->pid) != l->start;
}

static void store_lock_text(char *to, size_t size, struct sv from)
{
    (void)snprintf(to, size, "%.*s", SV_FMT(from));
}

enum err_code store_lock_get(struct store *s, struct sv environment, bool *held, bool *alive,
                             struct store_lock *ret, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "SELECT run, pid, at_us, start, owner, host, boot, reason"
                                 " FROM main.lock WHERE environment = ?");
    struct store_lock l = {0};
    bool more = false;

    stmt_bind_sv(&st, environment);
    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    *held = more;
    *alive = false;
    if (!more)
        return ERR_OK;
    l.run = stmt_i64(&st, 0);
    l.pid = stmt_i64(&st, 1);
    l.at_us = stmt_i64(&st, 2);
    l.start = (uint64_t)stmt_i64(&st, 3);
    store_lock_text(l.owner, sizeof(l.owner), stmt_sv(&st, 4));
    store_lock_text(l.host, sizeof(l.host), stmt_sv(&st, 5));
    store_lock_text(l.boot, sizeof(l.boot), stmt_sv(&st, 6));
    store_lock_text(l.reason, sizeof(l.reason), stmt_sv(&st, 7));
    *alive = !store_lock_is_gone(&l);
    *ret = l;
    return ERR_OK;
}

static enum err_code store_lock_put(struct store *s, const struct store_lock_wish *wish,
                                    struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "INSERT OR REPLACE INTO main.lock (environment, run, owner, host,"
                                 " boot, pid, start, at_us, reason)"
                                 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    int64_t pid = getpid();

    stmt_bind_sv(&st, wish->environment);
    stmt_bind_i64(&st, wish->run);
    stmt_bind_sv(&st, sv_from(ident_user().s));
    stmt_bind_sv(&st, sv_from(ident_host().s));
    stmt_bind_sv(&st, sv_from(ident_boot().s));
    stmt_bind_i64(&st, pid);
    stmt_bind_i64(&st, (int64_t)ident_process_start(pid));
    stmt_bind_i64(&st, wish->now_us);
    stmt_bind_sv(&st, wish->reason);
    return stmt_exec(&st, err);
}

enum err_code store_lock_check(struct store *s, struct sv environment, struct store_lock *holder,
                               struct err *err)
{
    struct store_lock l = {0};
    bool held = false, alive = false;
    enum err_code rc = store_lock_get(s, environment, &held, &alive, &l, err);

    if (rc != ERR_OK || !held || !alive)
        return rc;
    *holder = l;
    (void)err_set(err, ERR_LOCKED,
                  "environment '%.*s' is in use by %s on %s (pid %" PRId64 ", run %s, since %s)",
                  SV_FMT(environment), l.owner, l.host, l.pid, event_run_text(l.run).s,
                  clock_format_s(l.at_us).s);
    return err_hint(err, "wait for it, or see: prusik status %s", event_run_text(l.run).s);
}

enum err_code store_lock_take(struct store *s, const struct store_lock_wish *wish,
                              struct store_lock *holder, struct err *err)
{
    CLEANUP(txn_done) struct txn t = {.db = s->db};

    if (txn_begin(&t, err) != ERR_OK ||
        store_lock_check(s, wish->environment, holder, err) != ERR_OK ||
        store_lock_put(s, wish, err) != ERR_OK)
        return err->code;
    return txn_commit(&t, err);
}

enum err_code store_lock_rename(struct store *s, struct sv environment, int64_t from, int64_t to,
                                struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "UPDATE main.lock SET run = ? WHERE environment = ? AND run = ?"
                                 " AND pid = ?");

    stmt_bind_i64(&st, to);
    stmt_bind_sv(&st, environment);
    stmt_bind_i64(&st, from);
    stmt_bind_i64(&st, getpid());
    return stmt_exec(&st, err);
}

enum err_code store_lock_give(struct store *s, struct sv environment, int64_t run, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "DELETE FROM main.lock WHERE environment = ? AND run = ?");

    stmt_bind_sv(&st, environment);
    stmt_bind_i64(&st, run);
    return stmt_exec(&st, err);
}
