#pragma once

/*
 * serve: the life of the service, from opening the database to the last answer.
 *
 * SIGTERM or SIGINT: stop accepting, finish open requests up to the drain timeout,
 * close the database, return.  A second one ends the process at once, code 1.
 * SIGHUP reopens the log.
 */
#include "config.h"

/* Serve until told to stop.  ERR_SCHEMA, ERR_LISTEN and others before the first request. */
NODISCARD enum err_code serve_run(const struct config *config, const char *commit, struct err *err);
