#pragma once

/* handlers: the routes of the service. */
#include "http.h"

extern const struct http_route app_routes[];
extern const size_t n_app_routes;
