#pragma once

/* options: the command line of botload. */
#include <stdint.h>
#include <stdio.h>

#include "err.h"

struct options {
    const char *url; /* of the service, without a path */
    double rate;     /* requests per second */
    uint64_t duration_ms, timeout_ms;
    long connections;
    const char *acks, *report, *until_file; /* paths, or NULL */
    const char *run_id;                     /* part of every text, or NULL */
    const char *database_url;               /* for verify */
};

/* Read the options of argv[first..]; ERR_USAGE names the one that is wrong. */
NODISCARD enum err_code options_parse(int argc, char **argv, int first, struct options *ret,
                                      struct err *err);

/* One line of help for each. */
void options_help(FILE *out);

/* "120s", "2m", "500ms", "1h" or seconds without a unit. */
NODISCARD enum err_code options_duration(const char *text, uint64_t *ret_ms, struct err *err);
