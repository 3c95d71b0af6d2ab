#pragma once

/*
 * ofrep: one request of the OpenFeature Remote Evaluation Protocol 0.3, answered (docs/formats/flags.md, section 4).
 *
 * Pure: a request and a set of flags come in, status, tag and body go out.
 */
#include "base/strbuf.h"
#include "flag/flagset.h"

#define OFREP_BODY_BYTES (1u << 20)

struct ofrep_request {
    struct sv method, path; /* the path percent-decoded */
    struct sv body;
    struct sv if_none_match; /* .p NULL: none */
};
struct ofrep_answer {
    unsigned status;
    char tag[36];       /* with its quotes; "": none */
    struct strbuf body; /* the caller's to release; empty: none */
};
/* Is the path one of OFREP's? */
bool ofrep_is_path(struct sv path);
void ofrep_respond(const struct flagset *s, const struct ofrep_request *r, int64_t now_s,
                   struct ofrep_answer *ret);
