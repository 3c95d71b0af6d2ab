#pragma once

/*
 * config: the settings of the program, from the environment and a file.
 *
 * The environment wins over the file, the file over the default.  A name in the
 * file that starts with BOTCTL_ and is not a setting is an error; other names are
 * somebody else's and ignored.  What is loaded is checked: it can be used as it is.
 */
#include <stdio.h>

#include "err.h"

enum { CONFIG_MAX = 8 }; /* at least the number of settings */

struct config {
    char *host, *port;      /* of BOTCTL_LISTEN */
    char *database_url;     /* "" when it is not set */
    char *maintenance_flag; /* path, or "" */
    char *log;              /* path, or "" for stderr */
    long workers;
    long drain_timeout_s;
    char *source[CONFIG_MAX]; /* "environment", "FILE:LINE" or "default", by row */
};

/* Load; file may be NULL.  ERR_USAGE names the setting and where it came from. */
NODISCARD enum err_code config_load(const char *file, struct config *ret, struct err *err);
void config_release(struct config *c);

/* Print one "NAME=value (source)" line each, passwords hidden. */
void config_print(const struct config *c, FILE *out);

/* Print one line of help for each setting. */
void config_help(FILE *out);

/* A database URL without its password, for messages and logs; the caller frees it. */
char *config_hide_password(const char *url);
