/* Any bytes as CSV and as JSON objects: in whatever pieces they come, the same records or the same refusal. */
#include "fuzz.h"

#include <string.h>

#include "base/sv.h"
#include "compare/csv.h"
#include "compare/objects.h"

static enum err_code on_cells(void *arg, const struct sv *cells, size_t n, struct err *err UNUSED)
{
    for (size_t i = 0; i < n; i++)
        strbuf_addf(arg, "%zu%s:%.*s;", cells[i].n, cells[i].p ? "" : "null", SV_FMT(cells[i]));
    strbuf_add_byte(arg, '\n');
    return ERR_OK;
}

static enum err_code on_object(void *arg, const json_t *row, struct err *err UNUSED)
{
    MUST(json_is_object(row));
    json_write(row, arg);
    return ERR_OK;
}

static enum err_code as_csv(struct sv text, size_t piece, struct strbuf *out, struct err *err)
{
    struct csv c = {.row = on_cells, .arg = out};
    enum err_code rc = ERR_OK;

    for (size_t i = 0; rc == ERR_OK && i < text.n; i += piece)
        rc = csv_feed(&c, sv_sub(text, i, i + piece), err);
    if (rc == ERR_OK)
        rc = csv_end(&c, err);
    csv_release(&c);
    return rc;
}

static enum err_code as_objects(struct sv text, size_t piece, struct strbuf *out, struct err *err)
{
    struct objects o = {.object = on_object, .arg = out};
    enum err_code rc = ERR_OK;

    for (size_t i = 0; rc == ERR_OK && i < text.n; i += piece)
        rc = objects_feed(&o, sv_sub(text, i, i + piece), err);
    if (rc == ERR_OK)
        rc = objects_end(&o, err);
    objects_release(&o);
    return rc;
}

typedef enum err_code parse_fn(struct sv text, size_t piece, struct strbuf *out, struct err *err);

static void check(parse_fn *parse, struct sv text, size_t piece)
{
    CLEANUP(strbuf_release) struct strbuf whole = STRBUF(0), parts = STRBUF(0);
    struct err a = {0}, b = {0};
    enum err_code rc = parse(text, text.n + 1, &whole, &a);

    MUST(rc == ERR_OK || (a.code == rc && a.msg[0]));
    MUST(parse(text, piece, &parts, &b) == rc);
    MUST(sv_eq(strbuf_sv(&whole), strbuf_sv(&parts)));
    MUST(rc == ERR_OK || strcmp(a.msg, b.msg) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv text = {(const char *)data, size};
    size_t piece;

    if (size == 0)
        return 0;
    piece = 1 + data[0] % 7;
    text = sv_sub(text, 1, size);
    check(as_csv, text, piece);
    check(as_objects, text, piece);
    return 0;
}
