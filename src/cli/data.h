#pragma once

/*
 * data: what the verbs about data share: the data file, the three formats of a result.
 */
#include "cli/verb.h"
#include "compare/data_file.h"

/* --data, or prusik.data.yaml here.  ERR_NOT_FOUND: there is none. */
NODISCARD enum err_code data_load(const struct cli *c, struct data_file *ret, struct err *err);

/* How a result is told: text, json or html. */
struct data_shape {
    const void *result;
    void (*text)(const void *result, struct strbuf *out);
    json_t *(*json)(const void *result);
    void (*html)(const void *result, struct strbuf *out);
};
/* --json, --format and --output are known before any work. */
NODISCARD enum err_code data_check_format(const struct cli *c, struct err *err);
NODISCARD enum err_code data_show(const struct cli *c, const struct data_shape *s, struct err *err);
/* "warning: no record of 'a.json' has totl", on standard error: it would be null on both sides, and so the same. */
void data_warn_absent(struct sv source, const struct strbuf *absent);
