/* Any bytes at all as the answer of a Prometheus server. */
#include "fuzz.h"

#include <string.h>

#include "base/sv.h"
#include "watch/prom_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sample_list l = {.at_us = 1771120860000000}, again = l;
    struct sv body = {(const char *)data, size};
    struct err err = {0}, err_again = {0};
    enum err_code rc = prom_answer_add(&l, body, true, &err);

    MUST(rc == prom_answer_add(&again, body, true, &err_again));
    MUST(l.v.n == again.v.n);
    if (rc != ERR_OK) {
        MUST(err.code == rc && err.msg[0] && strcmp(err.msg, err_again.msg) == 0);
    } else { /* there is a value, or it is known why not */
        const struct sample *value = sample_find(&l, SV("value"));

        MUST(value && sample_find(&l, SV("count")));
        MUST(value->kind == SAMPLE_NUMBER || value->kind == SAMPLE_ABSENT ||
             value->kind == SAMPLE_ERROR);
        MUST(value->kind != SAMPLE_NUMBER || sample_find(&l, SV("count"))->number < 1.5);
    }
    sample_list_release(&l);
    sample_list_release(&again);
    return 0;
}
