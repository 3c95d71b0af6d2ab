#pragma once

/*
 * verify_members: is what a document shows of an answer what the answer has?
 *
 * The object of the document is compared with the whole answer where that has one of its members, else with the one
 * object within it that has all of them ({"data": {...}}).  Members that the document does not show are not looked
 * at; of an array each element is, in order.  1 and 1.0 are the same number.  Pure.
 */
#include <jansson.h>

#include "base/strbuf.h"

enum members {
    MEMBERS_SAME,
    MEMBERS_OTHER,
    MEMBERS_SEVERAL /* objects have them: which is meant? */
};

/* `want` is an object.  `seen` gets, for people, the first member that differs, or all of them. */
enum members verify_members(const json_t *want, const json_t *have, struct strbuf *seen);
