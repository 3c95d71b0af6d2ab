#pragma once

/*
 * bundle: the evidence of a run as one file, FILE.tar.zst (docs/formats/bundle.md), written from the journal and
 * checked without a store.
 *
 * The same run, with the same further files, gives the same bytes.  Outputs are streamed.  Both directions block.
 */
#include "report/view.h"
#include "store/chain.h"

struct bundle_wish {
    const char *path;         /* is replaced when it is there, whole or not at all */
    const char *const *files; /* further files, under files/ with the last part of their names */
    size_t n_files;
};

/* ERR_INVALID: two of the further files have one name.  *is_signed: the store has a key, which signed the list. */
NODISCARD enum err_code bundle_write(struct store *s, const struct view *v,
                                     const struct bundle_wish *wish, bool *is_signed,
                                     struct err *err);

struct bundle_check {
    struct chain chain;
    struct seal seal; /* when sealed */
    int64_t files, blobs;
    bool sealed,
        is_signed; /* is_signed: the list of files, and by the key of the seal if there is one */
};
/*
 * The list of files, every file's hash, the chain, every text that its events name, the seal, the signature.
 * ERR_CORRUPT names the first that does not hold.
 */
NODISCARD enum err_code bundle_verify(const char *path, struct bundle_check *ret, struct err *err);
