/*
 * Any bytes as a file of operations: a fault has a place; what is read is the same when it is kept and read again,
 * and no expression has opened a part of its own.
 */
#include "fuzz.h"

#include <string.h>

#include "base/sv.h"
#include "migrate/format.h"

/* Each operation writes some 10 parts for each database at most. */
#define FUZZ_PARTS_EACH 24u

static size_t lists(struct sv yaml)
{
    size_t n = 1;

    for (size_t i = 0; i < yaml.n; i++)
        n += yaml.p[i] == '-' || yaml.p[i] == ',' || yaml.p[i] == '[' || yaml.p[i] == '{' ||
             yaml.p[i] == '*';
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(migrations_release) struct migrations got = {0}, again = {0};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), before = STRBUF(0), after = STRBUF(0);
    struct sv yaml = {(const char *)data, size};
    struct err err = {0};
    const struct migration *m;

    if (format_read(&format_prusik, SV("1_a.yaml"), yaml, DB_SQLITE, &got, &err) != ERR_OK) {
        MUST(err.code == ERR_INVALID && strstr(err.msg, "1_a.yaml") && got.v.n == 0);
        return 0;
    }
    MUST(got.v.n == 1);
    m = &got.v.v[0];
    MUST(m->n_parts > 0 && m->n_parts <= FUZZ_PARTS_EACH * lists(yaml));
    for (size_t i = 0; i < m->n_parts; i++)
        MUST(m->parts[i].n_stmts > 0 || m->parts[i].none || m->parts[i].restore ||
             migration_attr(&m->parts[i], "from").n);
    migration_write(m, ~0u, &text);
    if (format_read_stored(SV("kept"), strbuf_sv(&text), DB_SQLITE, &again, &err) != ERR_OK) {
        fprintf(stderr, "%s\n%s\n", err.msg, strbuf_str(&text));
        abort();
    }
    migration_digest_text(m, &before);
    migration_digest_text(&again.v.v[0], &after);
    MUST(strcmp(strbuf_str(&before), strbuf_str(&after)) == 0);
    return 0;
}
