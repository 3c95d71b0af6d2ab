/* Any bytes as definitions of flags (the kill list behind the first 0 byte): what is accepted gives an answer for every flag. */
#include "fuzz.h"

#include "base/sv.h"
#include "flag/ofrep.h"

static void check_flag(const struct flagset *s, size_t i, const json_t *context)
{
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0), again = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct flag_answer a = flagset_eval(s, i, context, 7), b = flagset_eval(s, i, context, 7);
    struct flag_info f = flagset_info(s, i);
    struct err err;
    size_t at;

    MUST(f.key.n > 0 && f.n_variants > 0 && flagset_find(s, f.key, &at) && at == i);
    flagset_body(s, i, &a, &body);
    flagset_body(s, i, &b, &again);
    MUST(sv_eq(strbuf_sv(&body), strbuf_sv(&again)));
    MUST(json_read(strbuf_sv(&body), &j, &err) == ERR_OK);
    MUST((a.variant.p != NULL) == (json_object_get(j, "value") != NULL));
    MUST(a.outcome == FLAG_FINE || json_object_get(j, "errorCode"));
    MUST(!a.killed || sv_eq(a.variant, f.killed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv text = {(const char *)data, size}, kill = {NULL, 0};
    size_t nul = size ? sv_find_byte(text, '\0', 0) : SV_NPOS;
    CLEANUP(json_cleanup)
    json_t *context =
        json_pack("{s:s,s:s,s:i,s:[s]}", "targetingKey", "u", "email", "a@b.c", "n", 3, "l", "x");
    CLEANUP(flagset_freep) struct flagset *s = NULL;
    struct err err = {0};
    struct ofrep_request r = {.method = SV("POST"),
                              .path = SV("/ofrep/v1/evaluate/flags"),
                              .body = SV("{\"context\":{}}")};
    struct ofrep_answer a;

    if (nul != SV_NPOS)
        kill = sv_sub(text, nul + 1, size);
    if (flagset_parse(sv_sub(text, 0, nul), kill, &s, &err) != ERR_OK) {
        MUST(!s && err.msg[0]);
        return 0;
    }
    for (size_t i = 0; i < flagset_count(s) && i < 20; i++)
        check_flag(s, i, context);
    r.body = kill.p ? kill : r.body;
    ofrep_respond(s, &r, 7, &a);
    MUST(a.status == 200 || a.status == 400);
    strbuf_release(&a.body);
    return 0;
}
