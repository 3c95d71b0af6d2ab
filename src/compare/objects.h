#pragma once

/*
 * objects: the objects of a JSON array, or one after another (JSON lines), in pieces of any size.
 *
 * Each is parsed when its last byte is there, so memory does not grow with their number.  Pure.
 */
#include "base/json.h"

#define OBJECTS_BYTES   (16u << 20) /* of one object */
#define OBJECTS_NESTING 512u

typedef enum err_code objects_fn(void *arg, const json_t *object, struct err *err);

struct objects {
    objects_fn *object; /* set by the caller */
    void *arg;

    /* private */
    int state;
    bool array, in_text, escaped;
    size_t depth, n;
    struct strbuf text;
};

/* Zeroed, with `object` and `arg` set, it is ready. */
NODISCARD enum err_code objects_feed(struct objects *o, struct sv bytes, struct err *err);
NODISCARD enum err_code objects_end(struct objects *o, struct err *err);
void objects_release(struct objects *o);
