#pragma once

/*
 * service_proof: is the new version the one that runs?
 *
 * What can be told from the process itself: the file it runs is the one on disk, it started after the
 * step began, and after the files it is to be made of were written.  And from what it says: a URL or
 * a command, of which the binding names the version that is expected.
 */
#include "action/manager.h"

struct service_proof {
    const struct plan_service *service;
    const struct manager_status *status;
    bool fresh;         /* a new process is expected */
    int64_t elapsed_us; /* since the step began, by a clock that does not jump */
};

/* ERR_FAILED: it is an old one, err says how that is seen.  What cannot be told is appended to `notes`, a line each. */
NODISCARD enum err_code service_prove_process(const struct service_proof *p, struct strbuf *notes,
                                              struct err *err);
/* The version in an answer: member `field` ("a.b") of JSON, or with an empty field all of it, trimmed. */
NODISCARD enum err_code service_version_of(struct sv text, struct sv field, struct strbuf *ret,
                                           struct err *err);
/* Is it the expected one?  Of a field the same text, else a word of it. */
bool service_version_is(struct sv version, struct sv expected, bool is_field);
