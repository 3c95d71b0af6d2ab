/*
 * Invariants; tests cite them by number.
 *
 * J1  seq of a run is 1, 2, 3, ... without a gap.
 * J2  hash(n) covers hash(n-1) and every field of event n.
 * J3  an append is all or none, and durable when it returns.
 * J4  a failed append leaves seq and head as they were, so that the next one continues the chain.
 * J5  every blob named by an event is in the store when that event is.
 * J6  run-finished is the last event of a run; nothing is appended after it.
 * J7  the seal of a run is in the same commit as its run-finished, and a lock that is given back in the same as
 *     the event that says so.
 * J8  a summary that is read was written in the commit of the last event of its run.
 */
#include "store/journal.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/sv.h"
#include "base/vec.h"
#include "store/chain.h"
#include "store/stmt.h"
#include "store/store_int.h"

#define JOURNAL_SUMMARY_VERSION 3 /* of the store: it has the table */

struct journal_pending {
    struct hash h;
    char *bytes;
    size_t n;
};

struct journal_state {
    char *key, *value;
    size_t n_value;
};

struct journal {
    struct store *s;
    int64_t run, seq;
    struct hash head;
    bool finished, sealed;
    VEC(struct journal_pending) pending;
    VEC(struct journal_state) states;
    char *summary; /* of the next append, or NULL */
    char *unlock;  /* environment whose lock the next append gives back, or NULL */
};

struct journal_key {
    unsigned char b[SEAL_SECRET_BYTES];
};

static void journal_drop_pending(struct journal *j)
{
    for (size_t i = 0; i < j->pending.n; i++)
        free(j->pending.v[i].bytes);
    for (size_t i = 0; i < j->states.n; i++) {
        free(j->states.v[i].key);
        free(j->states.v[i].value);
    }
    j->pending.n = j->states.n = 0;
    free(j->unlock);
    j->unlock = NULL;
}

/* It is of the events of one append: after that, done or failed, it tells of something else. */
static void journal_drop_summary(struct journal *j)
{
    free(j->summary);
    j->summary = NULL;
}

void journal_free(struct journal *j)
{
    if (!j)
        return;
    journal_drop_pending(j);
    journal_drop_summary(j);
    vec_release(&j->pending);
    vec_release(&j->states);
    free(j);
}

int64_t journal_last_seq(const struct journal *j)
{
    return j->seq;
}

/* --- reading --- */

struct journal_row {
    struct event e;
    struct hash hash;
};
typedef enum err_code journal_row_fn(const struct journal_row *row, void *arg, struct err *err);

static bool journal_take_bytes(struct sv from, unsigned char *to, size_t n)
{
    if (from.n != n)
        return false;
    memcpy(to, from.p, n);
    return true;
}

/* Seven columns from `at` on; false: the last of them is no hash. */
static bool journal_take_row(const struct stmt *st, int at, struct journal_row *row)
{
    struct sv hash = stmt_sv(st, at + 6);

    row->e.seq = stmt_i64(st, at);
    row->e.at_us = stmt_i64(st, at + 1);
    row->e.kind = stmt_i64(st, at + 2);
    row->e.step = stmt_sv(st, at + 3);
    row->e.attempt = stmt_i64(st, at + 4);
    row->e.data = stmt_sv(st, at + 5);
    return journal_take_bytes(hash, row->hash.b, sizeof(row->hash.b));
}

/* Events with after < seq <= last. */
struct journal_range {
    int64_t after, last;
};

static const struct journal_range journal_whole = {0, INT64_MAX};

static enum err_code journal_rows(struct store *s, int64_t run, struct journal_range range,
                                  journal_row_fn *fn, void *arg, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st =
        STMT(s->db, "SELECT seq, at_us, kind, step, attempt, data, hash FROM main.event"
                    " WHERE run = ? AND seq > ? AND seq <= ? ORDER BY seq");
    bool more = true;

    stmt_bind_i64(&st, run);
    stmt_bind_i64(&st, range.after);
    stmt_bind_i64(&st, range.last);
    while (stmt_next(&st, &more, err) == ERR_OK) {
        struct journal_row row = {.e = {.run = run}};

        if (!more)
            return ERR_OK;
        if (!journal_take_row(&st, 0, &row))
            return err_set(err, ERR_CORRUPT, "run %s: event %" PRId64 " has no hash",
                           event_run_text(run).s, row.e.seq);
        if (fn(&row, arg, err) != ERR_OK)
            return err->code;
    }
    return err->code;
}

struct journal_reader {
    journal_event_fn *fn;
    void *arg;
};

static enum err_code journal_read_row(const struct journal_row *row, void *arg, struct err *err)
{
    const struct journal_reader *r = arg;

    return r->fn(&row->e, r->arg, err);
}

enum err_code journal_read(struct store *s, int64_t run, int64_t after, journal_event_fn *fn,
                           void *arg, struct err *err)
{
    struct journal_reader r = {fn, arg};

    return journal_rows(s, run, (struct journal_range){after, INT64_MAX}, journal_read_row, &r,
                        err);
}

enum err_code journal_read_first(struct store *s, int64_t run, journal_event_fn *fn, void *arg,
                                 struct err *err)
{
    struct journal_reader r = {fn, arg};

    return journal_rows(s, run, (struct journal_range){0, 1}, journal_read_row, &r, err);
}

struct journal_link_reader {
    journal_link_fn *fn;
    void *arg;
};

static enum err_code journal_read_link(const struct journal_row *row, void *arg, struct err *err)
{
    const struct journal_link_reader *r = arg;

    return r->fn(&row->e, &row->hash, r->arg, err);
}

enum err_code journal_read_links(struct store *s, int64_t run, journal_link_fn *fn, void *arg,
                                 struct err *err)
{
    struct journal_link_reader r = {fn, arg};

    return journal_rows(s, run, journal_whole, journal_read_link, &r, err);
}

/* The row of the run says what its first event says, which the chain covers. */
static enum err_code journal_check_run(struct store *s, int64_t run, const json_t *data,
                                       struct err *err)
{
    static const char *const names[] = {"environment", "document", "plan"};
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "SELECT environment, document, plan, started_us FROM main.run"
                                 " WHERE id = ?");
    bool more = false;

    stmt_bind_i64(&st, run);
    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    for (int i = 0; i < (int)ARRAY_LEN(names); i++)
        if (json_object_get(data, names[i]) && !sv_eq(stmt_sv(&st, i), json_get_sv(data, names[i])))
            return err_set(err, ERR_CORRUPT, "the %s of the run's row is another", names[i]);
    if (json_get_int(data, "now_us", stmt_i64(&st, 3)) != stmt_i64(&st, 3))
        return err_set(err, ERR_CORRUPT, "the start of the run's row is another");
    return ERR_OK;
}

struct journal_walk {
    struct store *s;
    struct chain chain;
    int64_t blobs;
    bool check_blobs;
};

static enum err_code journal_check_blob(const struct hash *h, void *arg, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct journal_walk *w = arg;

    w->blobs++;
    return store_blob(w->s, h, SIZE_MAX, &b, err);
}

static enum err_code journal_check_row(struct journal_walk *w, const struct event *e,
                                       const json_t *data, struct err *err)
{
    if (e->kind == EVENT_RUN_STARTED && journal_check_run(w->s, w->chain.run, data, err) != ERR_OK)
        return err->code;
    return chain_each_blob(data, journal_check_blob, w, err);
}

static enum err_code journal_walk_row(const struct journal_row *row, void *arg, struct err *err)
{
    struct journal_walk *w = arg;
    CLEANUP(json_cleanup) json_t *data = NULL;

    if (chain_add(&w->chain, &row->e, &row->hash, err) != ERR_OK)
        return err->code;
    if (!w->check_blobs)
        return ERR_OK;
    if (json_read(row->e.data, &data, err) != ERR_OK ||
        journal_check_row(w, &row->e, data, err) != ERR_OK) {
        if (err->code != ERR_DB) /* what could not be read may well be whole */
            err->code = ERR_CORRUPT;
        return err_wrap(err, "run %s: event %" PRId64, event_run_text(w->chain.run).s, row->e.seq);
    }
    return ERR_OK;
}

enum err_code journal_run_exists(struct store *s, int64_t run, struct err *err)
{
    CLEANUP(stmt_done) struct stmt st = STMT(s->db, "SELECT 1 FROM main.run WHERE id = ?");
    bool more = false;

    stmt_bind_i64(&st, run);
    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    if (more)
        return ERR_OK;
    (void)err_set(err, ERR_NOT_FOUND, "there is no run %s in '%s'", event_run_text(run).s,
                  store_dir(s));
    return err_hint(err, "prusik status --all lists the runs");
}

enum err_code journal_open(struct store *s, int64_t run, struct journal **ret, struct err *err)
{
    CLEANUP(journal_freep) struct journal *j = XNEW(struct journal);
    struct journal_walk w = {.s = s, .chain = {.run = run}};

    if (journal_run_exists(s, run, err) != ERR_OK ||
        journal_rows(s, run, journal_whole, journal_walk_row, &w, err) != ERR_OK)
        return err->code;
    j->s = s;
    j->run = run;
    j->seq = w.chain.seq;
    j->head = w.chain.head;
    j->finished = w.chain.finished;
    *ret = STEAL(j);
    return ERR_OK;
}

/* --- the seal --- */

/* The secret key of the store; made when there is none. */
static enum err_code journal_key(const struct store *s, struct journal_key *ret, struct err *err)
{
    CLEANUP(mem_freep) char *path = path_join(store_dir(s), "seal.key");
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    unsigned char public_key[SEAL_KEY_BYTES];

    if (!file_exists(path)) {
        (void)crypto_sign_keypair(public_key, ret->b);
        return file_write_atomic(path, (struct sv){(char *)ret->b, sizeof(ret->b)}, 0600, err);
    }
    if (file_read(path, sizeof(ret->b), &b, err) != ERR_OK)
        return err->code;
    if (b.n != sizeof(ret->b))
        return err_set(err, ERR_CORRUPT, "'%s' is not a seal key", path);
    memcpy(ret->b, b.p, b.n);
    sodium_memzero(b.p, b.n);
    return ERR_OK;
}

static enum err_code journal_put_seal(struct journal *j, int64_t seq, const struct hash *head,
                                      const struct journal_key *key, int64_t at_us, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(j->s->db, "INSERT OR REPLACE INTO main.seal (run, head, key, signature,"
                                    " at_us) VALUES (?, ?, ?, ?, ?)");
    struct seal seal = {.run = j->run, .seq = seq, .at_us = at_us, .head = *head};

    seal_sign(&seal, key->b);
    stmt_bind_i64(&st, seal.run);
    stmt_bind_blob(&st, seal.head.b, sizeof(seal.head.b));
    stmt_bind_blob(&st, seal.key, sizeof(seal.key));
    stmt_bind_blob(&st, seal.signature, sizeof(seal.signature));
    stmt_bind_i64(&st, seal.at_us);
    return stmt_exec(&st, err);
}

enum err_code journal_seal(struct journal *j, int64_t now_us, struct err *err)
{
    struct journal_key key;
    enum err_code rc;

    assert(j->finished);
    if (j->sealed)
        return ERR_OK;
    if (journal_key(j->s, &key, err) != ERR_OK)
        return err_wrap(err, "seal run %s", event_run_text(j->run).s);
    rc = journal_put_seal(j, j->seq, &j->head, &key, now_us, err);
    sodium_memzero(&key, sizeof(key));
    j->sealed = rc == ERR_OK;
    return rc;
}

enum err_code journal_sign_text(const struct store *s, struct sv text, struct seal *ret,
                                struct err *err)
{
    CLEANUP(mem_freep) char *path = path_join(store_dir(s), "seal.key");
    struct journal_key key;

    if (!file_exists(path))
        return err_set(err, ERR_NOT_FOUND, "there is no '%s' yet", path);
    if (journal_key(s, &key, err) != ERR_OK)
        return err->code;
    seal_sign_text(text, key.b, ret);
    sodium_memzero(&key, sizeof(key));
    return ERR_OK;
}

/* --- appending --- */

struct hash journal_blob(struct journal *j, struct sv bytes)
{
    struct hash h = hash_of(bytes);

    if (bytes.n)
        *vec_add(&j->pending) =
            (struct journal_pending){.h = h, .bytes = xmemdup(bytes.p, bytes.n), .n = bytes.n};
    return h;
}

void journal_keep(struct journal *j, struct sv key, struct sv value)
{
    *vec_add(&j->states) = (struct journal_state){
        .key = xstrdup_sv(key), .value = xmemdup(value.p, value.n), .n_value = value.n};
}

static enum err_code journal_write_states(struct journal *j, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(j->s->db, "INSERT OR REPLACE INTO main.state (run, key, value)"
                                    " VALUES (?, ?, ?)");

    for (size_t i = 0; i < j->states.n; i++) {
        const struct journal_state *state = &j->states.v[i];

        stmt_bind_i64(&st, j->run);
        stmt_bind_sv(&st, sv_from(state->key));
        stmt_bind_sv(&st, (struct sv){state->value, state->n_value});
        if (stmt_exec(&st, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

/* A finished run is not resumed. */
static enum err_code journal_drop_states(struct journal *j, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(j->s->db, "DELETE FROM main.state WHERE run = ?");

    stmt_bind_i64(&st, j->run);
    return stmt_exec(&st, err);
}

enum err_code journal_kept(struct journal *j, struct sv key, struct strbuf *ret, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(j->s->db, "SELECT value FROM main.state WHERE run = ? AND key = ?");
    bool more = false;

    stmt_bind_i64(&st, j->run);
    stmt_bind_sv(&st, key);
    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    if (more)
        strbuf_add_sv(ret, stmt_sv(&st, 0));
    return ERR_OK;
}

void journal_summarize(struct journal *j, struct sv data)
{
    journal_drop_summary(j);
    j->summary = xstrdup_sv(data);
}

static enum err_code journal_write_summary(struct journal *j, int64_t seq, const struct hash *head,
                                           struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(j->s->db, "INSERT OR REPLACE INTO main.summary (run, seq, head, data)"
                                    " VALUES (?, ?, ?, ?)");

    stmt_bind_i64(&st, j->run);
    stmt_bind_i64(&st, seq);
    stmt_bind_blob(&st, head->b, sizeof(head->b));
    stmt_bind_sv(&st, sv_from(j->summary));
    return stmt_exec(&st, err);
}

static bool journal_row_holds(const struct journal_row *row, const struct hash *before)
{
    struct hash h = event_hash(before, &row->e);

    return hash_eq(&h, &row->hash);
}

/* J8.  One statement, so that a run which goes on is seen at one moment. */
enum err_code journal_summary(struct store *s, int64_t run, bool *found, struct strbuf *ret,
                              struct err *err)
{
    CLEANUP(stmt_done) struct stmt st = {.db = s->db};
    struct journal_row first = {.e = {.run = run}}, last = first;
    struct hash head, before;
    bool more = false;

    *found = false;
    if (s->version < JOURNAL_SUMMARY_VERSION)
        return ERR_OK;
    st = STMT(s->db,
              "SELECT f.seq, f.at_us, f.kind, f.step, f.attempt, f.data, f.hash,"
              " l.seq, l.at_us, l.kind, l.step, l.attempt, l.data, l.hash, s.head, b.hash, s.data"
              " FROM main.summary AS s JOIN main.event AS f ON f.run = s.run AND f.seq = 1"
              " JOIN main.event AS l ON l.run = s.run AND l.seq = s.seq"
              " LEFT JOIN main.event AS b ON b.run = s.run AND b.seq = s.seq - 1"
              " WHERE s.run = ?1 AND s.seq = (SELECT max(seq) FROM main.event WHERE run = ?1)");
    stmt_bind_i64(&st, run);
    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    if (!more || !journal_take_row(&st, 0, &first) || !journal_take_row(&st, 7, &last) ||
        !journal_take_bytes(stmt_sv(&st, 14), head.b, sizeof(head.b)) ||
        !hash_eq(&head, &last.hash) || !journal_row_holds(&first, NULL))
        return ERR_OK;
    if (last.e.seq > 1 && (!journal_take_bytes(stmt_sv(&st, 15), before.b, sizeof(before.b)) ||
                           !journal_row_holds(&last, &before)))
        return ERR_OK;
    strbuf_add_sv(ret, stmt_sv(&st, 16));
    *found = true;
    return ERR_OK;
}

static enum err_code journal_insert(struct stmt *st, const struct event *e, const struct hash *h,
                                    struct err *err)
{
    stmt_bind_i64(st, e->run);
    stmt_bind_i64(st, e->seq);
    stmt_bind_i64(st, e->at_us);
    stmt_bind_i64(st, e->kind);
    stmt_bind_sv(st, e->step);
    stmt_bind_i64(st, e->attempt);
    stmt_bind_sv(st, e->data);
    stmt_bind_blob(st, h->b, sizeof(h->b));
    return stmt_exec(st, err);
}

static enum err_code journal_write_blobs(struct journal *j, struct err *err)
{
    for (size_t i = 0; i < j->pending.n; i++) {
        const struct journal_pending *p = &j->pending.v[i];

        if (store_blob_put(j->s, (struct sv){p->bytes, p->n}, &p->h, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

/* J7: what belongs to the last of the events.  No key (it is said later): the run ends without a seal. */
static enum err_code journal_write_end(struct journal *j, const struct event *last,
                                       const struct hash *head, const struct journal_key *key,
                                       struct err *err)
{
    if (j->unlock && store_lock_give(j->s, sv_from(j->unlock), j->run, err) != ERR_OK)
        return err->code;
    if (!last || last->kind != EVENT_RUN_FINISHED)
        return journal_write_states(j, err);
    if (key && journal_put_seal(j, last->seq, head, key, last->at_us, err) != ERR_OK)
        return err->code;
    return journal_drop_states(j, err);
}

static enum err_code journal_write(struct journal *j, struct event *e, size_t n, struct hash *head,
                                   const struct journal_key *key, struct err *err)
{
    CLEANUP(txn_done) struct txn t = {.db = j->s->db};
    CLEANUP(stmt_done)
    struct stmt st = STMT(j->s->db, "INSERT INTO main.event (run, seq, at_us, kind, step, attempt,"
                                    " data, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

    if (txn_begin(&t, err) != ERR_OK || journal_write_blobs(j, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < n; i++) {
        *head = event_hash(e[i].seq > 1 ? head : NULL, &e[i]);
        if (journal_insert(&st, &e[i], head, err) != ERR_OK)
            return err->code;
    }
    if (n && j->summary && journal_write_summary(j, e[n - 1].seq, head, err) != ERR_OK)
        return err->code;
    if (journal_write_end(j, n ? &e[n - 1] : NULL, head, key, err) != ERR_OK)
        return err->code;
    return txn_commit(&t, err); /* the sync is in the commit */
}

static enum err_code journal_failed(const struct journal *j, struct err *err)
{
    return err_wrap(err, "journal of run %s in '%s'", event_run_text(j->run).s, store_dir(j->s));
}

enum err_code journal_flush(struct journal *j, struct err *err)
{
    struct hash head = j->head;

    if (!j->states.n && !j->pending.n)
        return ERR_OK;
    if (journal_write(j, NULL, 0, &head, NULL, err) != ERR_OK)
        return journal_failed(j, err);
    journal_drop_pending(j);
    return ERR_OK;
}

void journal_unlock(struct journal *j, struct sv environment)
{
    free(j->unlock);
    j->unlock = xstrdup_sv(environment);
}

enum err_code journal_append(struct journal *j, struct event *e, size_t n, struct err *err)
{
    struct hash head = j->head;
    struct journal_key key;
    struct err ignored; /* journal_seal() says it again */
    bool finishes = n > 0 && e[n - 1].kind == EVENT_RUN_FINISHED, has_key;
    enum err_code rc;

    assert(n > 0);
    assert(!j->finished); /* J6 */
    for (size_t i = 0; i < n; i++) {
        assert(e[i].kind != EVENT_NONE && e[i].data.n >= 2 && e[i].data.p[0] == '{');
        e[i].run = j->run;
        e[i].seq = j->seq + 1 + (int64_t)i;
    }
    has_key = finishes && journal_key(j->s, &key, &ignored) == ERR_OK;
    rc = journal_write(j, e, n, &head, has_key ? &key : NULL, err);
    journal_drop_summary(j);
    if (has_key)
        sodium_memzero(&key, sizeof(key));
    if (rc != ERR_OK)
        return journal_failed(j, err); /* J4: seq, head and pending stay */
    j->seq += (int64_t)n;
    j->head = head;
    j->finished = finishes;
    j->sealed = has_key;
    journal_drop_pending(j);
    return ERR_OK;
}

/* --- checking --- */

static enum err_code journal_read_seal(struct store *s, const struct chain *c, bool *sealed,
                                       struct seal *ret, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "SELECT head, key, signature, at_us FROM main.seal WHERE run = ?");
    struct seal seal = {.run = c->run, .seq = c->seq};
    bool more = false;

    stmt_bind_i64(&st, c->run);
    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    if (more && (!journal_take_bytes(stmt_sv(&st, 0), seal.head.b, sizeof(seal.head.b)) ||
                 !journal_take_bytes(stmt_sv(&st, 1), seal.key, sizeof(seal.key)) ||
                 !journal_take_bytes(stmt_sv(&st, 2), seal.signature, sizeof(seal.signature))))
        return err_set(err, ERR_CORRUPT, "run %s: the seal is damaged", event_run_text(c->run).s);
    seal.at_us = more ? stmt_i64(&st, 3) : 0;
    if (more && seal_check(&seal, c, err) != ERR_OK)
        return err->code;
    *sealed = more;
    *ret = seal;
    return ERR_OK;
}

enum err_code journal_verify(struct store *s, int64_t run, struct journal_check *ret,
                             struct err *err)
{
    struct journal_walk w = {.s = s, .chain = {.run = run}, .check_blobs = true};
    struct journal_check c = {0};

    if (journal_run_exists(s, run, err) != ERR_OK ||
        journal_rows(s, run, journal_whole, journal_walk_row, &w, err) != ERR_OK ||
        journal_read_seal(s, &w.chain, &c.sealed, &c.seal, err) != ERR_OK)
        return err->code;
    c.events = w.chain.seq;
    c.blobs = w.blobs;
    c.finished = w.chain.finished;
    c.head = w.chain.head;
    *ret = c;
    return ERR_OK;
}
