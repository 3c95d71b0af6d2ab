/* Any answer: an error that says something, or a tree that is read the same again. */
#include "action/xmlrpc.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv in = {(const char *)data, size};
    json_t *tree = NULL, *again = NULL;
    int64_t fault = 0;
    struct err err = {0}, other = {0};
    enum err_code rc = xmlrpc_read(in, &tree, &fault, &err);

    MUST(xmlrpc_read(in, &again, &fault, &other) == rc);
    if (rc != ERR_OK) {
        MUST(err.code == rc && !tree && !again);
        MUST(err.msg[0] || rc == ERR_FAILED); /* a fault says what it likes, also nothing */
        return 0;
    }
    MUST(tree && json_equal(tree, again));
    if (json_is_object(tree) || json_is_array(tree))
        json_write(tree, &text);
    json_decref(tree);
    json_decref(again);
    return 0;
}
