#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"
#include "cli/load.h"
#include "report/bundle.h"

static const char *const archive_opts[] = {"--store", "--output", NULL};

static enum err_code archive_write(struct store *store, const struct cli *c, int64_t id,
                                   struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    struct bundle_wish wish = {.files = c->n_args > 1 ? c->args + 1 : NULL,
                               .n_files = c->n_args > 1 ? (size_t)c->n_args - 1 : 0};
    struct view v;
    enum err_code rc;
    bool is_signed;

    strbuf_addf(&name, "%s.tar.zst", event_run_text(id).s);
    wish.path = c->output ? c->output : strbuf_str(&name);
    if (view_load(store, id, &v, err) != ERR_OK)
        return err->code;
    rc = bundle_write(store, &v, &wish, &is_signed, err);
    view_release(&v);
    if (rc == ERR_OK)
        printf("written to %s%s\n", wish.path,
               is_signed ? "" : " (not signed: the store has no key yet)");
    return rc;
}

static enum err_code archive_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    int64_t id;

    if (load_output(c, err) != ERR_OK || load_store(c, STORE_READ, &store, err) != ERR_OK ||
        load_run(store, c, &id, err) != ERR_OK)
        return err->code;
    return archive_write(store, c, id, err);
}

const struct verb verb_archive = {
    .name = "archive",
    .args = "[RUN [FILE...]]",
    .help = "write the evidence of a run as one file that can be checked anywhere",
    .more =
        "The journal, every output, the document, the plan, what the binding gave (secrets are names\n"
        "only), the record in all formats, the seal, and a signed list with the SHA-256 of each. FILEs\n"
        "(snapshots, audits, test results) are put beside them. The same run gives the same bytes.\n"
        "prusik verify FILE.tar.zst checks it without the store.\n\n"
        "  prusik archive r-0007 -o r-0007.tar.zst\n"
        "  prusik archive r-0007 data/pre_snapshot.json data/post_snapshot.json",
    .opts = archive_opts,
    .min_args = 0,
    .max_args = -1,
    .run = archive_run,
};
