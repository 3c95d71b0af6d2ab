#pragma once

/* report: a JSON file that is there whole, or not at all. */
#include <jansson.h>

#include "err.h"

/* Write beside the path, sync, rename: whoever reads it sees the old one or the new one. */
NODISCARD enum err_code report_write(const char *path, const json_t *report, struct err *err);
