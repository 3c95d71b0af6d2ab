/* Any bytes as a .env file and as a drop-in: a variable that was set is read back, and setting it again changes nothing. */
#include "fuzz.h"

#include "base/sv.h"
#include "flag/env_text.h"

static void check(enum env_text_kind kind, struct sv text, struct sv value)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0), again = STRBUF(0), got = STRBUF(0);
    struct err err = {0};

    MUST(env_text_get(kind, text, SV("NAME"), &got) || got.n == 0);
    if (env_text_set(kind, text, SV("NAME"), value, &out, &err) != ERR_OK) {
        MUST(err.code == ERR_INVALID && err.msg[0]);
        return;
    }
    strbuf_truncate(&got, 0);
    MUST(env_text_get(kind, strbuf_sv(&out), SV("NAME"), &got) && sv_eq(strbuf_sv(&got), value));
    MUST(env_text_set(kind, strbuf_sv(&out), SV("NAME"), value, &again, &err) == ERR_OK);
    MUST(sv_eq(strbuf_sv(&out), strbuf_sv(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv text = {(const char *)data, size};
    size_t n = size ? data[0] % 8 : 0;

    text = sv_sub(text, size ? 1 : 0, size);
    check(ENV_TEXT_FILE, sv_sub(text, n, text.n), sv_sub(text, 0, n));
    check(ENV_TEXT_DROPIN, sv_sub(text, n, text.n), sv_sub(text, 0, n));
    return 0;
}
