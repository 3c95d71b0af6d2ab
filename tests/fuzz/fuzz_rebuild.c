/*
 * Any bytes as the text of a table, and behind the first line as actions on it: what is read begins as the new table,
 * and is read again with the same columns or more, none of them twice.
 */
#include "fuzz.h"

#include <string.h>

#include "base/sv.h"
#include "migrate/rebuild.h"

static void check(struct sv create, const struct sv *actions, size_t n)
{
    struct rebuild_plan p, again;
    struct arena a = {0};
    struct err err = {0};

    if (rebuild_read(create, SV("t"), (struct rebuild_actions){actions, n}, &a, &p, &err) !=
        ERR_OK) {
        MUST(err.code == ERR_INVALID || err.code == ERR_REFUSED);
    } else {
        MUST(sv_starts(strbuf_sv(&p.create), SV("CREATE TABLE \"t\"")));
        if (n == 0) {
            MUST(rebuild_read(strbuf_sv(&p.create), SV("t"), (struct rebuild_actions){NULL, 0}, &a,
                              &again, &err) == ERR_OK);
            MUST(again.n_columns == p.n_columns);
            MUST(strcmp(strbuf_str(&again.create), strbuf_str(&p.create)) == 0);
            rebuild_plan_release(&again);
        }
        rebuild_plan_release(&p);
    }
    arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv rest = {(const char *)data, size}, create = {NULL, 0}, actions[8];
    size_t n = 0;

    (void)sv_split(&rest, '\n', &create);
    while (n < ARRAY_LEN(actions) && sv_split(&rest, '\n', &actions[n]))
        n++;
    check(create, NULL, 0);
    check(create, actions, n);
    return 0;
}
