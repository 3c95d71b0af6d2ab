#pragma once

/*
 * yaml_file: a file of settings in YAML, read strictly: a key that is not known is an error, with the nearest that is.
 *
 * Errors are ERR_INVALID with "path:line: ..." of the node.
 */
#include "runbook/yaml.h"

struct yaml_file {
    const char *path;
    struct arena *arena; /* texts are kept there */
    struct err *err;
};

/* Fill the error for `n` and return its code. */
enum err_code yaml_file_bad(const struct yaml_file *f, const struct yaml_node *n, const char *fmt,
                            ...) PRINTF_LIKE(3, 4);
/* `map` is a map of known keys only (NULL-terminated); `what`: "a source". */
NODISCARD enum err_code yaml_file_keys(const struct yaml_file *f, const struct yaml_node *map,
                                       const char *what, const char *const *known);
/* A text that is not empty and has no NUL; where there is none and none is needed, *ret stays as it is. */
NODISCARD enum err_code yaml_file_text(const struct yaml_file *f, const struct yaml_node *map,
                                       const char *key, bool needed, struct sv *ret);
