/* A document: what is read is written and read back as the same tree, and the same tree gives the same bytes. */
#include "base/json.h"
#include "base/sv.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(json_cleanup)
    json_t *j = NULL,
           *again = NULL, *whole = json_sv((struct sv){(const char *)data, size});
    CLEANUP(strbuf_release) struct strbuf first = STRBUF(0), second = STRBUF(0), pretty = STRBUF(0);
    struct err err = {0};

    json_write(whole, &first); /* any bytes at all are a string */
    strbuf_truncate(&first, 0);
    if (json_read((struct sv){(const char *)data, size}, &j, &err) != ERR_OK) {
        MUST(err.code == ERR_INVALID && err.msg[0] && !j);
        return 0;
    }
    json_write(j, &first);
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
