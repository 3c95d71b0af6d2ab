/* A document: what is read is written and read back as the same tree, and the same tree gives the same bytes. */
#include "base/json.h"
#include "base/mem.h"
#include "base/sv.h"
#include "fuzz.h"

/* Any bytes can be a text, and any without a NUL a name. */
static void must_hold_anything(struct sv bytes)
{
    CLEANUP(json_cleanup) json_t *j = json_object(), *again = NULL;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(mem_freep) char *name = xstrdup_sv(bytes);
    struct err err = {0};

    json_put(j, name, json_sv(bytes));
    json_write(j, &text);
    MUST(json_read(strbuf_sv(&text), &again, &err) == ERR_OK && json_equal(j, again));
}

/* Hashes in journals and approvals are of these bytes. */
static bool is_as_jansson_writes_it(const json_t *j, struct sv ours)
{
    char *theirs = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    bool same = theirs && sv_eq(sv_from(theirs), ours);

    free(theirs);
    return same;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(json_cleanup) json_t *j = NULL, *again = NULL;
    CLEANUP(strbuf_release) struct strbuf first = STRBUF(0), second = STRBUF(0), pretty = STRBUF(0);
    struct sv text = {(const char *)data, size};
    struct err err = {0};

    must_hold_anything(text);
    if (json_read(text, &j, &err) != ERR_OK) {
        MUST(err.code == ERR_INVALID && err.msg[0] && !j);
        return 0;
    }
    json_write(j, &first);
    MUST(is_as_jansson_writes_it(j, strbuf_sv(&first)));
    MUST(json_read(strbuf_sv(&first), &again, &err) == ERR_OK);
    MUST(json_equal(j, again));
    json_write(again, &second);
    MUST(sv_eq(strbuf_sv(&first), strbuf_sv(&second)));
    json_write_pretty(j, &pretty);
    json_decref(again);
    again = NULL;
    MUST(json_read(strbuf_sv(&pretty), &again, &err) == ERR_OK && json_equal(j, again));
    return 0;
}
