#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/sv.h"
#include "cli/load.h"
#include "report/bundle.h"

static const char *const verify_opts[] = {"--store", "--json", "--key", NULL};

/* What was checked, of a store or of a bundle. */
struct verify {
    struct bundle_check c;
    bool bundle;
};

static void verify_key(const struct verify *v, char hex[2 * SEAL_KEY_BYTES + 1])
{
    (void)sodium_bin2hex(hex, 2 * SEAL_KEY_BYTES + 1, v->c.seal.key, SEAL_KEY_BYTES);
}

static void verify_print_json(const struct verify *v)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = json_object();
    char key[2 * SEAL_KEY_BYTES + 1];

    json_put_str(j, "run", event_run_text(v->c.chain.run).s);
    json_put_int(j, "events", v->c.chain.seq);
    json_put_int(j, "texts", v->c.blobs);
    json_put_bool(j, "finished", v->c.chain.finished);
    json_put_bool(j, "sealed", v->c.sealed);
    json_put_str(j, "head", hash_hex(&v->c.chain.head).s);
    if (v->bundle) {
        json_put_int(j, "files", v->c.files);
        json_put_bool(j, "signed", v->c.is_signed);
    }
    if (v->c.sealed || v->c.is_signed) {
        verify_key(v, key);
        json_put_str(j, "key", key);
    }
    json_write_pretty(j, &text);
    printf("%s\n", strbuf_str(&text));
}

static void verify_print(const struct verify *v)
{
    char key[2 * SEAL_KEY_BYTES + 1];

    printf("%s: %lld events, %lld text%s, chain holds, %s\n", event_run_text(v->c.chain.run).s,
           (long long)v->c.chain.seq, (long long)v->c.blobs, v->c.blobs == 1 ? "" : "s",
           v->c.sealed           ? "sealed"
           : v->c.chain.finished ? "NOT SEALED"
                                 : "not finished");
    if (v->bundle)
        printf("%lld files, as listed; the list is %s\n", (long long)v->c.files,
               v->c.is_signed ? "signed" : "NOT SIGNED");
    printf("head %s\n", hash_hex(&v->c.chain.head).s);
    if (v->c.sealed || v->c.is_signed) {
        verify_key(v, key);
        printf("key  %s\n", key);
    }
}

/* What anybody who can write could have made is no proof. */
static enum err_code verify_judge(const struct cli *c, const struct verify *v, struct err *err)
{
    struct event_run_text run = event_run_text(v->c.chain.run);
    char key[2 * SEAL_KEY_BYTES + 1];

    if (v->c.chain.finished && !v->c.sealed) {
        (void)err_set(err, ERR_CORRUPT, "run %s is finished and not sealed", run.s);
        return err_hint(err,
                        "a run is sealed when it ends, unless its key cannot be read; its record "
                        "proves no more than a file");
    }
    if (v->bundle && v->c.sealed && !v->c.is_signed)
        return err_set(err, ERR_CORRUPT, "the list of files is not signed");
    if (!c->key)
        return ERR_OK;
    if (!v->c.sealed && !v->c.is_signed)
        return err_set(err, ERR_CORRUPT, "run %s is not sealed by any key", run.s);
    verify_key(v, key);
    if (!sv_eq_nocase(sv_from(c->key), sv_from(key)))
        return err_set(err, ERR_CORRUPT, "run %s is sealed by another key, %s", run.s, key);
    return ERR_OK;
}

static enum err_code verify_store(struct cli *c, struct verify *v, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    struct journal_check k;
    int64_t id;

    if (load_store(c, STORE_READ, &store, err) != ERR_OK ||
        load_run(store, c, &id, err) != ERR_OK || journal_verify(store, id, &k, err) != ERR_OK)
        return err->code;
    v->c = (struct bundle_check){
        .chain = {.run = id, .seq = k.events, .head = k.head, .finished = k.finished},
        .seal = k.seal,
        .sealed = k.sealed,
        .blobs = k.blobs};
    return ERR_OK;
}

/* An archive may be called anything: whatever is no name of a run and is there. */
static bool verify_is_file(const struct cli *c)
{
    int64_t run;

    return c->n_args && (sv_ends(sv_from(c->args[0]), SV(".tar.zst")) ||
                         (!event_run_parse(sv_from(c->args[0]), &run) && file_exists(c->args[0])));
}

static enum err_code verify_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    struct verify v = {.bundle = verify_is_file(c)};
    enum err_code rc = v.bundle ? bundle_verify(c->args[0], &v.c, err) : verify_store(c, &v, err);

    if (rc != ERR_OK)
        return rc;
    if (c->json)
        verify_print_json(&v);
    else
        verify_print(&v);
    return verify_judge(c, &v, err);
}

const struct verb verb_verify = {
    .name = "verify",
    .args = "[RUN | FILE.tar.zst]",
    .help = "check a run's journal, or its archive: chain, outputs, seal",
    .more =
        "Walks the hash chain of the run, hashes every text that it names, and checks the seal; of an\n"
        "archive also the hash of every file and the signature of their list. Any changed byte is\n"
        "found and named (exit code 4). --key says whose seal it has to be: what is sealed by any key\n"
        "is whole, what is sealed by yours was written by your store.\n\n"
        "  prusik verify r-0007\n"
        "  prusik verify r-0007.tar.zst --key 9f86d081884c7d65...",
    .opts = verify_opts,
    .min_args = 0,
    .max_args = 1,
    .run = verify_run,
};
