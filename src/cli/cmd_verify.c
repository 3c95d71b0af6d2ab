#include <sodium.h>
#include <stdio.h>

#include "base/json.h"
#include "cli/load.h"
#include "store/journal.h"

static const char *const verify_opts[] = {"--store", "--json", NULL};

static void verify_print_json(int64_t id, const struct journal_check *k)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = json_object();
    char key[2 * SEAL_KEY_BYTES + 1];

    json_put_str(j, "run", event_run_text(id).s);
    json_put_int(j, "events", k->events);
    json_put_int(j, "blobs", k->blobs);
    json_put_bool(j, "finished", k->finished);
    json_put_bool(j, "sealed", k->sealed);
    json_put_str(j, "head", hash_hex(&k->head).s);
    if (k->sealed)
        json_put_str(j, "key", sodium_bin2hex(key, sizeof(key), k->seal.key, SEAL_KEY_BYTES));
    json_write_pretty(j, &text);
    printf("%s\n", strbuf_str(&text));
}

static enum err_code verify_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    struct journal_check k;
    int64_t id;

    if (load_store(c, STORE_READ, &store, err) != ERR_OK ||
        load_run(store, c, &id, err) != ERR_OK || journal_verify(store, id, &k, err) != ERR_OK)
        return err->code;
    if (c->json) {
        verify_print_json(id, &k);
        return ERR_OK;
    }
    printf("%s: %lld events, %lld texts, chain holds, %s\n", event_run_text(id).s,
           (long long)k.events, (long long)k.blobs,
           k.sealed     ? "sealed"
           : k.finished ? "NOT SEALED"
                        : "not finished");
    printf("head %s\n", hash_hex(&k.head).s);
    return ERR_OK;
}

const struct verb verb_verify = {
    .name = "verify",
    .args = "[RUN]",
    .help = "check a run's journal: chain, outputs, seal",
    .more = "Walks the hash chain of the run, hashes every output that it names, and checks the "
            "seal. Any\n"
            "changed byte is found and named (exit code 4).\n\n"
            "  prusik verify r-0007",
    .opts = verify_opts,
    .min_args = 0,
    .max_args = 1,
    .run = verify_run,
};
