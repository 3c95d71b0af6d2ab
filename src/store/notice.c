#include "store/notice.h"

#include "base/arena.h"
#include "base/sv.h"
#include "base/vec.h"
#include "store/stmt.h"
#include "store/store_int.h"

const char *const notice_states[NOTICE_STATE__N] = {
    [NOTICE_WAITING] = "waiting",
    [NOTICE_SENT] = "sent",
    [NOTICE_DROPPED] = "dropped",
    [NOTICE_GIVEN_UP] = "given up",
};

enum err_code store_notices_open(struct store *s, struct err *err)
{
    static const char *const sql[] = {
        "CREATE TABLE IF NOT EXISTS main.notice_seen (run INTEGER PRIMARY KEY REFERENCES run,"
        " seq INTEGER NOT NULL, over INTEGER NOT NULL)",
        "CREATE TABLE IF NOT EXISTS main.notice (run INTEGER NOT NULL REFERENCES run,"
        " seq INTEGER NOT NULL, receiver TEXT NOT NULL, key TEXT NOT NULL, firing INTEGER NOT NULL,"
        " body TEXT NOT NULL, at_us INTEGER NOT NULL, due_us INTEGER NOT NULL,"
        " tries INTEGER NOT NULL, sent INTEGER NOT NULL, state INTEGER NOT NULL,"
        " error TEXT NOT NULL, PRIMARY KEY (run, seq, receiver)) WITHOUT ROWID",
        "CREATE INDEX IF NOT EXISTS main.notice_due ON notice (due_us) WHERE state = 0",
    };
    enum err_code rc = ERR_OK;

    for (size_t i = 0; i < ARRAY_LEN(sql) && rc == ERR_OK; i++) {
        CLEANUP(stmt_done) struct stmt st = stmt_begin(s->db, sql[i]);

        rc = stmt_exec(&st, err);
    }
    return rc;
}

enum err_code store_notices_seen(struct store *s, int64_t run, int64_t *seq, bool *over,
                                 struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "SELECT seq, over FROM main.notice_seen WHERE run = ?");
    bool more = false;

    stmt_bind_i64(&st, run);
    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    *seq = more ? stmt_i64(&st, 0) : 0;
    *over = more && stmt_i64(&st, 1) != 0;
    return ERR_OK;
}

/* --- adding --- */

static enum err_code notice_insert(struct store *s, const struct store_notice *n, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(
        s->db, "INSERT OR IGNORE INTO main.notice (run, seq, receiver, key, firing, body, at_us,"
               " due_us, tries, sent, state, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, '')");

    stmt_bind_i64(&st, n->run);
    stmt_bind_i64(&st, n->seq);
    stmt_bind_sv(&st, n->receiver);
    stmt_bind_sv(&st, n->key);
    stmt_bind_i64(&st, n->firing);
    stmt_bind_sv(&st, n->body);
    stmt_bind_i64(&st, n->at_us);
    stmt_bind_i64(&st, n->due_us);
    stmt_bind_i64(&st, n->state);
    return stmt_exec(&st, err);
}

/* Was anybody told of what has ended, or is being told? */
static enum err_code notice_was_told(struct store *s, const struct store_notice *n, bool *told,
                                     struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "SELECT count(*) FROM main.notice WHERE run = ? AND receiver = ?"
                                 " AND key = ? AND firing = 1 AND (sent > 0 OR tries > 0)");
    bool more = false;

    stmt_bind_i64(&st, n->run);
    stmt_bind_sv(&st, n->receiver);
    stmt_bind_sv(&st, n->key);
    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    *told = stmt_i64(&st, 0) > 0;
    return ERR_OK;
}

static enum err_code notice_end_key(struct store *s, const struct store_notice *n, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st =
        STMT(s->db, "UPDATE main.notice SET state = CASE WHEN sent > 0 THEN 1 ELSE 2 END"
                    " WHERE run = ? AND receiver = ? AND key = ? AND firing = 1 AND state = 0"
                    " AND seq < ?");

    stmt_bind_i64(&st, n->run);
    stmt_bind_sv(&st, n->receiver);
    stmt_bind_sv(&st, n->key);
    stmt_bind_i64(&st, n->seq);
    return stmt_exec(&st, err);
}

static enum err_code notice_add(struct store *s, const struct store_notice *n, struct err *err)
{
    struct store_notice added = *n;
    bool told = true;

    if (n->key.n && !n->firing && notice_was_told(s, n, &told, err) != ERR_OK)
        return err->code;
    added.state = told ? NOTICE_WAITING : NOTICE_DROPPED;
    if (n->key.n && notice_end_key(s, n, err) != ERR_OK) /* a newer one stands for those before */
        return err->code;
    return notice_insert(s, &added, err);
}

static enum err_code notice_note_seen(struct store *s, int64_t run, int64_t seq, bool over,
                                      struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt seen = STMT(s->db, "INSERT OR REPLACE INTO main.notice_seen (run, seq, over)"
                                   " VALUES (?, ?, ?)");
    CLEANUP(stmt_done)
    struct stmt now =
        STMT(s->db, "UPDATE main.notice SET due_us = at_us WHERE run = ? AND state = 0"
                    " AND tries = 0");

    stmt_bind_i64(&seen, run);
    stmt_bind_i64(&seen, seq);
    stmt_bind_i64(&seen, over);
    stmt_bind_i64(&now, run);
    if (stmt_exec(&seen, err) != ERR_OK)
        return err->code;
    return over ? stmt_exec(&now, err) : ERR_OK; /* nothing comes that it could be told with */
}

enum err_code store_notices_end(struct store *s, int64_t run, struct sv said, int64_t now_us,
                                struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(
        s->db, "UPDATE main.notice SET firing = 0, tries = 0, error = '', at_us = ?1,"
               " due_us = ?1, body = json_set(body, '$.text', ?2 || json_extract(body, '$.text'))"
               " WHERE run = ?3 AND state = 0 AND firing = 1 AND sent > 0");

    stmt_bind_i64(&st, now_us);
    stmt_bind_sv(&st, said);
    stmt_bind_i64(&st, run);
    return stmt_exec(&st, err);
}

enum err_code store_notices_add(struct store *s, const struct store_notices *a, struct err *err)
{
    CLEANUP(txn_done) struct txn t = {.db = s->db};

    if (txn_begin(&t, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < a->n; i++)
        if (notice_add(s, &a->v[i], err) != ERR_OK)
            return err->code;
    if (notice_note_seen(s, a->run, a->seq, a->over, err) != ERR_OK ||
        (a->over && store_notices_end(s, a->run, a->said, a->now_us, err) != ERR_OK))
        return err->code;
    return txn_commit(&t, err);
}

/* --- taking --- */

#define NOTICE_COLUMNS \
    "run, seq, receiver, key, firing, body, at_us, due_us, tries, sent, state, error"

static struct store_notice notice_row(const struct stmt *st)
{
    int64_t state = stmt_i64(st, 10);

    return (struct store_notice){
        .run = stmt_i64(st, 0),
        .seq = stmt_i64(st, 1),
        .receiver = stmt_sv(st, 2),
        .key = stmt_sv(st, 3),
        .firing = stmt_i64(st, 4) != 0,
        .body = stmt_sv(st, 5),
        .at_us = stmt_i64(st, 6),
        .due_us = stmt_i64(st, 7),
        .tries = stmt_i64(st, 8),
        .sent = stmt_i64(st, 9),
        .state = state >= 0 && state < NOTICE_STATE__N ? (enum notice_state)state : NOTICE_DROPPED,
        .error = stmt_sv(st, 11),
    };
}

/* Each row to fn, until the last. */
static enum err_code notice_rows(struct stmt *st, store_notice_fn *fn, void *arg, struct err *err)
{
    bool more = true;

    while (stmt_next(st, &more, err) == ERR_OK) {
        struct store_notice n;

        if (!more)
            return ERR_OK;
        n = notice_row(st);
        fn(&n, arg);
    }
    return err->code;
}

/* Which of them were taken. */
struct notice_taking {
    store_notice_take_fn *fn;
    void *arg;
    struct arena arena;
    VEC(struct store_notice) taken;
};

static void notice_on_due(const struct store_notice *n, void *arg)
{
    struct notice_taking *t = arg;

    if (t->fn(n, t->arg))
        *vec_add(&t->taken) = (struct store_notice){
            .run = n->run, .seq = n->seq, .receiver = arena_sv(&t->arena, n->receiver)};
}

static enum err_code notice_due(struct store *s, int64_t now_us, struct notice_taking *t,
                                struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "SELECT " NOTICE_COLUMNS " FROM main.notice WHERE state = 0"
                                 " AND due_us <= ? ORDER BY run, seq, receiver");

    stmt_bind_i64(&st, now_us);
    return notice_rows(&st, notice_on_due, t, err);
}

static enum err_code notice_lease(struct store *s, const struct store_notice *n, int64_t until_us,
                                  struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "UPDATE main.notice SET due_us = ?, tries = tries + 1"
                                 " WHERE run = ? AND seq = ? AND receiver = ?");

    stmt_bind_i64(&st, until_us);
    stmt_bind_i64(&st, n->run);
    stmt_bind_i64(&st, n->seq);
    stmt_bind_sv(&st, n->receiver);
    return stmt_exec(&st, err);
}

enum err_code store_notices_take(struct store *s, int64_t now_us, int64_t lease_us,
                                 store_notice_take_fn *fn, void *arg, struct err *err)
{
    CLEANUP(txn_done) struct txn t = {.db = s->db};
    struct notice_taking taking = {.fn = fn, .arg = arg};
    enum err_code rc = txn_begin(&t, err);

    if (rc == ERR_OK)
        rc = notice_due(s, now_us, &taking, err);
    for (size_t i = 0; rc == ERR_OK && i < taking.taken.n; i++)
        rc = notice_lease(s, &taking.taken.v[i], now_us + lease_us, err);
    vec_release(&taking.taken);
    arena_release(&taking.arena);
    return rc == ERR_OK ? txn_commit(&t, err) : rc;
}

enum err_code store_notice_set(struct store *s, const struct store_notice *n, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st =
        STMT(s->db, "UPDATE main.notice SET due_us = ?, tries = ?, sent = ?, error = ?,"
                    " state = CASE WHEN state = 0 THEN ?5 WHEN state = 2 AND ?3 > 0 THEN 1"
                    " ELSE state END WHERE run = ? AND seq = ? AND receiver = ? AND firing = ?");

    stmt_bind_i64(&st, n->due_us);
    stmt_bind_i64(&st, n->tries);
    stmt_bind_i64(&st, n->sent);
    stmt_bind_sv(&st, n->error);
    stmt_bind_i64(&st, n->state);
    stmt_bind_i64(&st, n->run);
    stmt_bind_i64(&st, n->seq);
    stmt_bind_sv(&st, n->receiver);
    stmt_bind_i64(&st, n->firing);
    return stmt_exec(&st, err);
}

enum err_code store_notices_next(struct store *s, int64_t after_us, int64_t *due_us,
                                 struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "SELECT due_us FROM main.notice WHERE state = 0 AND due_us >= ?"
                                 " ORDER BY due_us LIMIT 1");
    bool more = false;

    stmt_bind_i64(&st, after_us);
    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    *due_us = more ? stmt_i64(&st, 0) : INT64_MAX;
    return ERR_OK;
}

static enum err_code notice_is_there(struct store *s, bool *there, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "SELECT 1 FROM main.sqlite_master WHERE name = 'notice'");

    return stmt_next(&st, there, err);
}

enum err_code store_notices_list(struct store *s, bool all, store_notice_fn *fn, void *arg,
                                 struct err *err)
{
    bool there = false;

    if (notice_is_there(s, &there, err) != ERR_OK)
        return err->code;
    if (!there)
        return ERR_OK;
    {
        CLEANUP(stmt_done)
        struct stmt st = STMT(s->db, "SELECT " NOTICE_COLUMNS " FROM main.notice"
                                     " WHERE ? OR state IN (0, 3) ORDER BY run, seq, receiver");

        stmt_bind_i64(&st, all);
        return notice_rows(&st, fn, arg, err);
    }
}
