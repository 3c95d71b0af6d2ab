#pragma once

/*
 * flag_binding: prusik.flags.yaml: who reads flags, and how a flag is switched that a service reads elsewhere.
 *
 * docs/formats/flags.md, section 5.  Unknown keys are errors that name the nearest known one.
 */
#include "base/arena.h"
#include "base/err.h"

#define FLAG_BINDING_NAME "prusik.flags.yaml"
#define FLAG_WITHIN_MS    30000u

struct flag_place { /* .env file or drop-in; path .p NULL: none */
    struct sv path, name;
};

struct flag_variant {
    struct sv name, text;
};

struct flag_elsewhere {
    struct sv key;
    struct flag_variant *variants;
    size_t n_variants;
    struct flag_place env_file, dropin;
    struct sv http_url, http_method, http_json;  /* url .p NULL: none */
    const char **apply;                          /* NULL-terminated; NULL: nothing is run */
    struct sv read_url, read_json, read_process; /* of what is read back; .p NULL: not */
    uint64_t within_ms;
};

struct flag_binding {
    struct arena arena;
    struct sv *consumers; /* base URLs of OFREP servers */
    size_t n_consumers;
    struct flag_elsewhere *flags;
    size_t n_flags;
};

/* `folder`: what relative paths are relative to.  ERR_INVALID with "path:line: ...". */
NODISCARD enum err_code flag_binding_parse(struct sv text, const char *path, const char *folder,
                                           struct flag_binding *ret, struct err *err);
void flag_binding_release(struct flag_binding *b);
/* NULL: the flag is not one of them. */
const struct flag_elsewhere *flag_binding_find(const struct flag_binding *b, struct sv key);
