#pragma once

/*
 * migrate: the versions of the schema and the steps between them.
 *
 * Version n is reached by applying migrations 1..n in order, each in a transaction
 * of its own together with its row in schema_migrations(version, name, applied_at).
 * Two programs may migrate at once: one waits, then finds nothing left to do.
 */
#include "db.h"

struct migration {
    int version; /* 1, 2, 3, ... without a gap */
    const char *name;
    /* The texts of migrations/NN_name.KIND.{up,down}.sql, by db_kind(). */
    struct {
        const char *kind, *up, *down;
    } sql[2];
};

/* Made by the build from migrations/, in order. */
extern const struct migration migrations[];
extern const int n_migrations;

/* "1_initial"; the caller frees it. */
char *migrate_label(const struct migration *m);

/* The version the database is at; 0: nothing was ever applied.  ERR_SCHEMA: applied by others. */
NODISCARD enum err_code migrate_version(struct db_conn *c, int *ret, struct err *err);

/* Called after each migration was committed. */
typedef void (*migrate_fn)(void *ctx, const struct migration *m, bool up);

/* Go up to `to`, or down to it; calls done for each step.  A failed step changes nothing. */
NODISCARD enum err_code migrate_up(struct db_conn *c, int to, migrate_fn done, void *ctx,
                                   struct err *err);
NODISCARD enum err_code migrate_down(struct db_conn *c, int to, migrate_fn done, void *ctx,
                                     struct err *err);

/* May this program serve a database at `version`?  It wants RELEASE_SCHEMA, and bears one more. */
NODISCARD enum err_code migrate_may_serve(int version, int wanted, struct err *err);
