#pragma once

/*
 * app: what every handler needs; made by serve.c, constant while requests run.
 */
#include <stdbool.h>

#include "config.h"
#include "db.h"
#include "log.h"
#include "metrics.h"

struct app {
    const struct config *config;
    struct log *log;
    struct metrics *metrics;
    struct db *db;
    void *release_state;
    double start_s;     /* UTC */
    uint64_t start_ns;  /* monotonic */
    const char *commit; /* 7 hexadecimal digits, or "unknown" */
};

/* Does the maintenance flag file exist now? */
bool app_in_maintenance(const struct app *app);
