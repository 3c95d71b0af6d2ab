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
#include "store/stmt.h"
#include "store/store_int.h"

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
    char *unlock; /* environment whose lock the next append gives back, or NULL */
};

#define JOURNAL_SEAL_TAG "prusik-seal-1"

struct journal_key {
    unsigned char b[crypto_sign_SECRETKEYBYTES]; /* the public half is its end */
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

void journal_free(struct journal *j)
{
    if (!j)
        return;
    journal_drop_pending(j);
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

static enum err_code journal_rows(struct store *s, int64_t run, int64_t after, journal_row_fn *fn,
                                  void *arg, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st =
        STMT(s->db, "SELECT seq, at_us, kind, step, attempt, data, hash FROM main.event"
                    " WHERE run = ? AND seq > ? ORDER BY seq");
    bool more = true;

    stmt_bind_i64(&st, run);
    stmt_bind_i64(&st, after);
    while (stmt_next(&st, &more, err) == ERR_OK) {
        struct journal_row row = {.e = {.run = run}};
        struct sv hash;

        if (!more)
            return ERR_OK;
        row.e.seq = stmt_i64(&st, 0);
        row.e.at_us = stmt_i64(&st, 1);
        row.e.kind = stmt_i64(&st, 2);
        row.e.step = stmt_sv(&st, 3);
        row.e.attempt = stmt_i64(&st, 4);
        row.e.data = stmt_sv(&st, 5);
        hash = stmt_sv(&st, 6);
        if (hash.n != sizeof(row.hash.b))
            return err_set(err, ERR_CORRUPT, "run %s: event %" PRId64 " has no hash",
                           event_run_text(run).s, row.e.seq);
        memcpy(row.hash.b, hash.p, hash.n);
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

    return journal_rows(s, run, after, journal_read_row, &r, err);
}

struct journal_walk {
    struct store *s;
    int64_t run, seq, blobs;
    struct hash head;
    bool finished;
    bool check_blobs;
};

static enum err_code journal_check_blob(struct journal_walk *w, const json_t *v, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct hash h;

    if (!hash_from_hex((struct sv){json_string_value(v), json_string_length(v)}, &h))
        return ERR_OK;
    w->blobs++;
    return store_blob(w->s, &h, SIZE_MAX, &b, err);
}

/* Members that name blobs: by name, as a hex hash may also be the plan's or a document's. */
static enum err_code journal_check_blobs(struct journal_walk *w, const json_t *data,
                                         struct err *err)
{
    static const char *const names[] = {"out",     "err",        "plan_blob", "document_blob",
                                        "samples", "state_blob", "judge"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const json_t *v = json_object_get(data, names[i]);

        if (json_is_object(v)) /* an output: {blob, bytes, ...} */
            v = json_object_get(v, "blob");
        if (json_is_string(v) && journal_check_blob(w, v, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

static enum err_code journal_walk_row(const struct journal_row *row, void *arg, struct err *err)
{
    struct journal_walk *w = arg;
    CLEANUP(json_cleanup) json_t *data = NULL;
    struct hash h = event_hash(w->seq ? &w->head : NULL, &row->e);
    struct event_run_text run = event_run_text(w->run);

    if (row->e.seq != w->seq + 1)
        return err_set(err, ERR_CORRUPT, "run %s: event %" PRId64 " is missing", run.s, w->seq + 1);
    if (!hash_eq(&h, &row->hash))
        return err_set(err, ERR_CORRUPT, "run %s: event %" PRId64 " (%s) was changed", run.s,
                       row->e.seq, event_kind_name(row->e.kind).s);
    if (w->finished)
        return err_set(err, ERR_CORRUPT, "run %s: event %" PRId64 " follows the end of the run",
                       run.s, row->e.seq);
    w->seq = row->e.seq;
    w->head = row->hash;
    w->finished = row->e.kind == EVENT_RUN_FINISHED;
    if (!w->check_blobs)
        return ERR_OK;
    if (json_read(row->e.data, &data, err) != ERR_OK ||
        journal_check_blobs(w, data, err) != ERR_OK) {
        if (err->code != ERR_DB) /* what could not be read may well be whole */
            err->code = ERR_CORRUPT;
        return err_wrap(err, "run %s: event %" PRId64, run.s, row->e.seq);
    }
    return ERR_OK;
}

static enum err_code journal_run_exists(struct store *s, int64_t run, struct err *err)
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
    struct journal_walk w = {.s = s, .run = run};

    if (journal_run_exists(s, run, err) != ERR_OK ||
        journal_rows(s, run, 0, journal_walk_row, &w, err) != ERR_OK)
        return err->code;
    j->s = s;
    j->run = run;
    j->seq = w.seq;
    j->head = w.head;
    j->finished = w.finished;
    *ret = STEAL(j);
    return ERR_OK;
}

/* --- the seal --- */

/* tag | run | seq | head, numbers as 8 bytes little endian */
static size_t journal_seal_text(int64_t run, int64_t seq, const struct hash *head,
                                unsigned char text[64])
{
    size_t n = sizeof(JOURNAL_SEAL_TAG) - 1;

    memcpy(text, JOURNAL_SEAL_TAG, n);
    for (int i = 0; i < 8; i++)
        text[n++] = (unsigned char)((uint64_t)run >> (8 * i));
    for (int i = 0; i < 8; i++)
        text[n++] = (unsigned char)((uint64_t)seq >> (8 * i));
    memcpy(text + n, head->b, sizeof(head->b));
    return n + sizeof(head->b);
}

/* The secret key of the store; made when there is none. */
static enum err_code journal_key(const struct store *s, struct journal_key *ret, struct err *err)
{
    CLEANUP(mem_freep) char *path = path_join(store_dir(s), "seal.key");
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    unsigned char public_key[crypto_sign_PUBLICKEYBYTES];

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
    unsigned char sig[crypto_sign_BYTES], text[64];
    size_t n = journal_seal_text(j->run, seq, head, text);

    (void)crypto_sign_detached(sig, NULL, text, n, key->b); /* always succeeds */
    stmt_bind_i64(&st, j->run);
    stmt_bind_blob(&st, head->b, sizeof(head->b));
    stmt_bind_blob(&st, key->b + crypto_sign_SECRETKEYBYTES - crypto_sign_PUBLICKEYBYTES,
                   crypto_sign_PUBLICKEYBYTES);
    stmt_bind_blob(&st, sig, sizeof(sig));
    stmt_bind_i64(&st, at_us);
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

static enum err_code journal_check_seal(struct store *s, int64_t run, int64_t seq,
                                        struct journal_check *c, struct err *err)
{
    CLEANUP(stmt_done)
    struct stmt st = STMT(s->db, "SELECT head, key, signature FROM main.seal WHERE run = ?");
    struct event_run_text name = event_run_text(run);
    unsigned char text[64];
    bool more = false;

    stmt_bind_i64(&st, run);
    if (stmt_next(&st, &more, err) != ERR_OK)
        return err->code;
    c->sealed = more;
    if (!more)
        return ERR_OK;
    if (stmt_sv(&st, 0).n != sizeof(c->head.b) || stmt_sv(&st, 1).n != sizeof(c->key) ||
        stmt_sv(&st, 2).n != crypto_sign_BYTES)
        return err_set(err, ERR_CORRUPT, "run %s: the seal is damaged", name.s);
    if (memcmp(stmt_sv(&st, 0).p, c->head.b, sizeof(c->head.b)) != 0)
        return err_set(err, ERR_CORRUPT, "run %s: the seal belongs to another journal", name.s);
    memcpy(c->key, stmt_sv(&st, 1).p, sizeof(c->key));
    if (crypto_sign_verify_detached((const unsigned char *)stmt_sv(&st, 2).p, text,
                                    journal_seal_text(run, seq, &c->head, text), c->key) != 0)
        return err_set(err, ERR_CORRUPT, "run %s: the seal's signature is wrong", name.s);
    return ERR_OK;
}

enum err_code journal_verify(struct store *s, int64_t run, struct journal_check *ret,
                             struct err *err)
{
    struct journal_walk w = {.s = s, .run = run, .check_blobs = true};
    struct journal_check c = {0};

    if (journal_run_exists(s, run, err) != ERR_OK ||
        journal_rows(s, run, 0, journal_walk_row, &w, err) != ERR_OK)
        return err->code;
    c.events = w.seq;
    c.blobs = w.blobs;
    c.finished = w.finished;
    c.head = w.head;
    if (journal_check_seal(s, run, w.seq, &c, err) != ERR_OK)
        return err->code;
    *ret = c;
    return ERR_OK;
}
