#pragma once

/*
 * yaml: a YAML document as a tree with line numbers (libfyaml, YAML 1.2).
 *
 * Keys are scalars and occur once.  Anchors and aliases are resolved; merge keys
 * ("<<") are keys like others, and directives ("%YAML") and
 * explicit keys ("? key") are refused.  Everything
 * lives in the arena.
 */
#include "base/arena.h"
#include "base/err.h"

enum yaml_kind { YAML_SCALAR, YAML_MAP, YAML_LIST };

struct yaml_node {
    enum yaml_kind kind;
    size_t line;   /* from 1 */
    struct sv key; /* in a map */
    struct sv text;
    bool quoted; /* 'no' is text, no is a boolean */
    struct yaml_node *items;
    size_t n_items;
};

/* ERR_INVALID with "path:line:column: ...".  An empty document is an empty map. */
NODISCARD enum err_code yaml_parse(struct sv text, const char *path, struct arena *arena,
                                   struct yaml_node *ret, struct err *err);
/* The member of a map, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* yes, true, on / no, false, off, not in quotes; false when it is neither. */
NODISCARD bool yaml_bool(const struct yaml_node *n, bool *ret);
