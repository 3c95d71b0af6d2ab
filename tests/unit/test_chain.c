/* chain: events one after the other, the blobs that they name, the seal; and every byte of a store. */
#include "store/chain.h"

#include <sodium.h>

#include "base/file.h"
#include "base/sv.h"
#include "base/vec.h"
#include "store/journal.h"
#include "t.h"

static struct event an_event(int64_t seq, enum event_kind kind, struct sv data)
{
    return (struct event){.run = 7, .seq = seq, .at_us = 1000 * seq, .kind = kind, .data = data};
}

static void want_broken(enum err_code rc, const struct err *err, const char *message)
{
    T_EQ(rc, ERR_CORRUPT);
    T_STR(err->msg, message);
}

/* --- the chain --- */

T(J1_J2_and_J6_an_event_that_is_missing_changed_or_too_late_is_named)
{
    struct chain c = {.run = 7}, was;
    struct event e = an_event(1, EVENT_RUN_STARTED, SV("{}"));
    struct hash h = event_hash(NULL, &e);
    struct err err = {0};

    T_OK(chain_add(&c, &e, &h, &err), err);
    was = c;
    e = an_event(3, EVENT_ANSWER, SV("{}"));
    h = event_hash(&c.head, &e);
    want_broken(chain_add(&c, &e, &h, &err), &err, "run r-0007: event 2 is missing");
    e = an_event(2, EVENT_ANSWER, SV("{}"));
    want_broken(chain_add(&c, &e, &h, &err), &err, "run r-0007: event 2 (answer) was changed");
    T_CHECK(c.run == was.run && c.seq == was.seq && c.finished == was.finished &&
            hash_eq(&c.head, &was.head));
    e = an_event(2, EVENT_RUN_FINISHED, SV("{}"));
    h = event_hash(&c.head, &e);
    T_OK(chain_add(&c, &e, &h, &err), err);
    T_CHECK(c.finished && c.seq == 2 && hash_eq(&c.head, &h));
    e = an_event(3, EVENT_ANSWER, SV("{}"));
    h = event_hash(&c.head, &e);
    want_broken(chain_add(&c, &e, &h, &err), &err,
                "run r-0007: event 3 follows the end of the run");
}

struct names {
    struct strbuf text;
    enum err_code rc;
};

static enum err_code take_name(const struct hash *h, void *arg, struct err *err)
{
    struct names *n = arg;

    strbuf_addf(&n->text, "%.2s ", hash_hex(h).s);
    return n->rc == ERR_OK ? ERR_OK : err_set(err, n->rc, "no more");
}

static enum err_code each_blob(const char *text, struct names *n, struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;

    *n = (struct names){.text = STRBUF(0), .rc = n->rc};
    T_OK(json_read(sv_from(text), &j, err), *err);
    return chain_each_blob(j, take_name, n, err);
}

#define HEX(c) c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c

T(blobs_are_found_by_their_names_at_any_depth)
{
    struct names n = {.rc = ERR_OK};
    struct err err = {0};

    T_OK(
        each_blob(
            "{\"plan_blob\":\"" HEX("aa") "\",\"plan\":\"" HEX("bb") "\",\"out\":{\"blob\":\"" HEX(
                "cc") "\"},\"list\":[{\"x\":{\"blob\":\"" HEX("dd") "\"}},\"" HEX("ee") "\",1],\"n\":2}",
            &n, &err),
        err);
    T_STR(strbuf_str(&n.text), "aa cc dd ");
    strbuf_release(&n.text);
    want_broken(each_blob("{\"out\":{\"blob\":\"ff\"}}", &n, &err), &err, "'blob' is no hash");
    strbuf_release(&n.text);
    n.rc = ERR_IO;
    T_EQ(each_blob("{\"a\":[{\"blob\":\"" HEX("aa") "\"},{\"blob\":\"" HEX("aa") "\"}]}", &n, &err),
         ERR_IO);
    T_STR(strbuf_str(&n.text), "aa ");
    strbuf_release(&n.text);
}

T(a_seal_is_of_one_chain_and_one_moment_only)
{
    unsigned char secret[SEAL_SECRET_BYTES], public_key[SEAL_KEY_BYTES];
    struct chain c = {.run = 7, .seq = 3, .head = hash_of(SV("x"))};
    struct seal s = {.run = 7, .seq = 3, .at_us = 99, .head = c.head}, other;
    struct err err = {0};

    T_EQ(crypto_sign_keypair(public_key, secret), 0);
    seal_sign(&s, secret);
    T_EQ(memcmp(s.key, public_key, sizeof(public_key)), 0);
    T_OK(seal_check(&s, &c, &err), err);
    other = s;
    other.at_us++;
    want_broken(seal_check(&other, &c, &err), &err, "run r-0007: the seal's signature is wrong");
    other = s;
    other.signature[5] ^= 1;
    want_broken(seal_check(&other, &c, &err), &err, "run r-0007: the seal's signature is wrong");
    other = s;
    other.key[5] ^= 1;
    want_broken(seal_check(&other, &c, &err), &err, "run r-0007: the seal's signature is wrong");
    for (int i = 0; i < 3; i++) {
        other = s;
        other.run += i == 0;
        other.seq += i == 1;
        other.head.b[0] ^= i == 2;
        want_broken(seal_check(&other, &c, &err), &err,
                    "run r-0007: the seal belongs to another journal");
    }
}

/* --- every byte --- */

/* All that can be read of a run, as one hash; verify holds its row against the first event. */
struct record {
    struct hash_state *h;
    struct store *s;
};

static enum err_code record_blob(const struct hash *h, void *arg, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct record *r = arg;
    enum err_code rc = store_blob(r->s, h, SIZE_MAX, &b, err);

    hash_add_sv(r->h, strbuf_sv(&b));
    return rc;
}

static enum err_code record_event(const struct event *e, const struct hash *h, void *arg,
                                  struct err *err)
{
    CLEANUP(json_cleanup) json_t *data = NULL;
    struct record *r = arg;
    struct hash own = event_hash(NULL, e);

    hash_add(r->h, own.b, sizeof(own.b));
    hash_add(r->h, h->b, sizeof(h->b));
    if (json_read(e->data, &data, err) != ERR_OK)
        return err->code;
    return chain_each_blob(data, record_blob, r, err);
}

/* False: it does not hold, and verify says so. */
static bool record_of(const char *dir, struct hash *ret)
{
    CLEANUP(store_freep) struct store *s = NULL;
    struct record r;
    struct journal_check k;
    struct err err;

    if (store_open(dir, STORE_READ, &s, &err) != ERR_OK)
        return false;
    if (journal_verify(s, 1, &k, &err) != ERR_OK) {
        T_CHECK(err.code != ERR_OK && err.msg[0]);
        return false;
    }
    if (!k.finished || !k.sealed)
        return false;
    r = (struct record){.h = hash_state_new(), .s = s};
    T_OK(journal_read_links(s, 1, record_event, &r, &err), err);
    hash_add(r.h, k.seal.key, sizeof(k.seal.key));
    hash_add(r.h, k.seal.signature, sizeof(k.seal.signature));
    hash_add_i64(r.h, k.seal.at_us);
    *ret = hash_end(r.h);
    hash_state_free(r.h);
    return true;
}

static void add(struct journal *j, enum event_kind kind, const char *data)
{
    struct event e = {.at_us = 5, .kind = kind, .step = SV("a/1"), .data = sv_from(data)};
    struct err err;

    T_OK(journal_append(j, &e, 1, &err), err);
}

static void make_store(void)
{
    CLEANUP(store_freep) struct store *s = NULL;
    CLEANUP(journal_freep) struct journal *j = NULL;
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0), data = STRBUF(0);
    struct store_run run = {
        .environment = SV("test"), .document = SV("d.md"), .plan = SV("p"), .started_us = 77};
    struct hash h;
    struct err err;
    int64_t id;

    T_OK(store_open("s", STORE_WRITE, &s, &err), err);
    for (int i = 0; i < 2; i++) { /* the second is another run, which may change */
        T_OK(store_run_add(s, &run, &id, &err), err);
        T_OK(journal_open(s, id, &j, &err), err);
        add(j, EVENT_RUN_STARTED,
            "{\"document\":\"d.md\",\"environment\":\"test\",\"now_us\":77,\"plan\":\"p\"}");
        for (int n = 0; n < 30; n++) {
            strbuf_truncate(&out, 0);
            strbuf_truncate(&data, 0);
            for (int k = 0; k < 10 * n; k++)
                strbuf_addf(&out, "line %d of %d\n", k, n);
            strbuf_add_str(&out, "end");
            h = journal_blob(j, strbuf_sv(&out));
            strbuf_addf(&data, "{\"out\":{\"blob\":\"%s\"},\"state\":\"done\"}", hash_hex(&h).s);
            add(j, EVENT_STEP_OUTCOME, strbuf_str(&data));
        }
        add(j, EVENT_RUN_FINISHED, "{\"outcome\":\"done\"}");
        journal_free(STEAL(j));
    }
}

/* Is this a byte that SQLite's own structures are made of: the head of the file or of a page, cell pointers? */
static bool is_structural(size_t at)
{
    return at < 100 || at % 4096 < 40;
}

T(a_changed_byte_of_the_store_is_found_or_changes_nothing)
{
    CLEANUP(strbuf_release) struct strbuf bytes = STRBUF(0);
    size_t found = 0, same = 0;
    struct hash want, got;
    struct err err;
    int fd;

    make_store();
    T_CHECK(!file_exists("s/store.db-wal")); /* all is in the one file */
    T_CHECK(record_of("s", &want));
    T_OK(file_read("s/store.db", SIZE_MAX, &bytes, &err), err);
    fd = open("s/store.db", O_WRONLY | O_CLOEXEC);
    T_CHECK(fd >= 0);
    for (size_t at = 0; at < bytes.n; at++) {
        unsigned char was = (unsigned char)bytes.p[at],
                      now = was ^ (unsigned char)(1 + t_below(255));

        if (!is_structural(at) && t_below(bytes.n) > 700)
            continue;
        T_EQ(pwrite(fd, &now, 1, (off_t)at), 1);
        if (!record_of("s", &got))
            found++;
        else if (hash_eq(&got, &want))
            same++;
        else
            T_FAIL("byte %zu of %zu: %02x became %02x, which verify does not see", at, bytes.n, was,
                   now);
        T_EQ(pwrite(fd, &was, 1, (off_t)at), 1);
    }
    (void)close(fd);
    printf("# %zu bytes, %zu changed: %zu found, %zu without a consequence\n", bytes.n,
           found + same, found, same);
    T_CHECK(found > 200 && found + same > 1000);
    T_CHECK(record_of("s", &got) && hash_eq(&got, &want));
}

T_MAIN(T_CASE(J1_J2_and_J6_an_event_that_is_missing_changed_or_too_late_is_named),
       T_CASE(blobs_are_found_by_their_names_at_any_depth),
       T_CASE(a_seal_is_of_one_chain_and_one_moment_only),
       T_CASE(a_changed_byte_of_the_store_is_found_or_changes_nothing))
