#pragma once

/*
 * picture: what an environment is like at one moment, as facts that can be compared: files, services, databases.
 *
 * A picture is a JSON object from what a fact is about ("file /srv/app/a.conf") to what is so ("0644 0:0, 12 bytes,
 * sha256 ...").  The same state gives the same picture: no times, no process numbers, no order of rows.  Taking one only
 * reads.  Blocks; a service that does not answer is a fact.
 */
#include "base/json.h"
#include "plan/plan.h"

struct picture_of {
    const struct plan *plan; /* its services, and the environment of their commands */
    const struct sv *files;  /* patterns, absolute; a folder stands for all that is in it */
    size_t n_files;
    const struct sv *except; /* patterns of paths; '*' is any text */
    size_t n_except;
    const struct sv *services; /* names of services of the plan */
    size_t n_services;
    const struct sv *databases; /* files of SQLite, absolute; or URLs of PostgreSQL */
    size_t n_databases;
};

/*
 * ERR_NOT_FOUND: no such service in the plan; ERR_LIMIT: more files than PICTURE_FILES; ERR_IO, ERR_DB: something that is
 * there cannot be read.
 */
#define PICTURE_FILES 200000u /* of one picture: a list that nobody would read */
NODISCARD enum err_code picture_take(const struct picture_of *of, json_t **ret, struct err *err);

struct picture_change {
    const char *what;   /* "file /srv/app/a.conf" */
    const char *before; /* NULL: it was not there */
    const char *after;  /* NULL: it is not there */
};
typedef VEC(struct picture_change) picture_changes;
/* In the order of their names; texts live in the pictures.  The caller releases *ret. */
void picture_compare(const json_t *before, const json_t *after, picture_changes *ret);
