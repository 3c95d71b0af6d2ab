#pragma once

/* listener: the listening socket; its connections go to the server. */
#include "http.h"

/* Listen on an address; *ret_port is the port in use (another one when port is "0"). */
NODISCARD enum err_code listener_open(const char *host, const char *port, int *ret_fd,
                                      int *ret_port, struct err *err);

/* Accept all that wait and hand them to http.  false: no room for more now, leave them waiting. */
bool listener_accept(int fd, struct http *http);
