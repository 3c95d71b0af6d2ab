#pragma once

/*
 * http_wait: one request of http.h, for a program that waits for nothing else.
 *
 * It has a loop and a client of its own, and blocks until the request has ended (total_ms at the latest).
 */
#include "net/http.h"

/* r->spec is filled; the results are in r as after done(), and given back with http_release().  The code is r->err's. */
NODISCARD enum err_code http_wait(struct http_request *r, struct err *err);
