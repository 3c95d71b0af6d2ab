/* Any text as a dump: read in one piece or byte by byte it says the same; rows are not more than bytes. */
#include "fuzz.h"

#include <string.h>

#include "backup/plain.h"
#include "base/sv.h"

static enum err_code read_in(struct sv text, size_t piece, struct census *c, struct err *err)
{
    CLEANUP(plain_freep) struct plain *p = plain_new();
    enum plain_writer writer = PLAIN_UNKNOWN;

    for (size_t i = 0; i < text.n; i += piece)
        if (plain_feed(p, sv_sub(text, i, i + piece), err) != ERR_OK)
            return err->code;
    if (plain_end(p, &writer, c, err) != ERR_OK)
        return err->code;
    MUST(writer == PLAIN_POSTGRES || writer == PLAIN_SQLITE);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(census_release) struct census whole = {0}, pieces = {0};
    struct sv text = {(const char *)data, size};
    struct err err = {0}, again = {0};
    enum err_code rc = read_in(text, size + 1, &whole, &err);

    MUST(read_in(text, 1, &pieces, &again) == rc);
    if (rc != ERR_OK) {
        MUST(err.code == rc && strcmp(err.msg, again.msg) == 0 && err.msg[0]);
        MUST(!whole.tables.n && !pieces.tables.n);
        return 0;
    }
    MUST(census_same(&whole, &pieces, &err) == ERR_OK);
    MUST(census_rows(&whole) >= 0 && (size_t)census_rows(&whole) <= size);
    return 0;
}
