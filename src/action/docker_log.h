#pragma once

/*
 * docker_log: the answer of GET /containers/ID/logs.
 *
 * Without a terminal it is frames of 8 bytes {stream, 0, 0, 0, size (big-endian)} and a payload
 * (https://docs.docker.com/engine/api/v1.41/, "Attach to a container", stream format); with one it is
 * the bytes themselves.  Pure.
 */
#include "base/strbuf.h"

/* Append the payloads; bytes that are no frames as they are.  A frame that is cut short is taken as far as it goes. */
void docker_log_read(struct sv body, struct strbuf *out);
