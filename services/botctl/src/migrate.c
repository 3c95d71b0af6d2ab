#include "migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What differs between the databases.  The key of the lock is any number of our own. */
/* clang-format off */
static const struct dialect {
    const char *kind, *has_table, *make_table, *lock;
} dialects[] = {
    {"sqlite",
     "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'",
     "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL,"
     " applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))",
     NULL /* BEGIN IMMEDIATE has it */},
    {"postgresql",
     "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('schema_migrations')",
     "CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, name text NOT NULL,"
     " applied_at timestamptz NOT NULL DEFAULT now())",
     "SELECT pg_advisory_xact_lock(7266873331)"},
};
/* clang-format on */

static const struct dialect *dialect_of(const char *kind)
{
    size_t i = 0;

    while (i + 1 < ARRAY_LEN(dialects) && strcmp(dialects[i].kind, kind) != 0)
        i++;
    return &dialects[i];
}

char *migrate_label(const struct migration *m)
{
    return xasprintf("%d_%s", m->version, m->name);
}

/* What schema_migrations says, read row by row in order of version. */
struct applied {
    int n;
    char wrong[200]; /* "" or what does not fit */
};

static void on_applied(void *ctx, int n, const char *const *columns)
{
    struct applied *a = ctx;
    int version = (int)strtol(columns[0], NULL, 10);

    (void)n; /* the statement names two columns */
    a->n++;
    if (*a->wrong)
        return;
    if (version != a->n)
        (void)snprintf(a->wrong, sizeof(a->wrong), "version %d follows version %d", version,
                       a->n - 1);
    else if (version <= n_migrations && strcmp(migrations[version - 1].name, columns[1]) != 0)
        (void)snprintf(a->wrong, sizeof(a->wrong), "version %d is '%s' there and '%s' here",
                       version, columns[1], migrations[version - 1].name);
}

enum err_code migrate_version(struct db_conn *c, int *ret, struct err *err)
{
    const struct dialect *d = dialect_of(db_conn_kind(c));
    struct applied a = {0};
    int64_t tables = 0;

    if (db_query_int(c, DB_STMT_OF(d->has_table), &tables, err) != ERR_OK)
        return err->code;
    if (tables &&
        db_query(c, DB_STMT("SELECT version, name FROM schema_migrations ORDER BY version"),
                 on_applied, &a, err) != ERR_OK)
        return err->code;
    if (*a.wrong)
        return err_set(err, ERR_SCHEMA, "schema_migrations is not of this program: %s", a.wrong);
    *ret = a.n;
    return ERR_OK;
}

static const char *sql_of(const struct migration *m, const char *kind, bool up)
{
    size_t i = strcmp(m->sql[0].kind, kind) == 0 ? 0 : 1;

    return up ? m->sql[i].up : m->sql[i].down;
}

static enum err_code record(struct db_conn *c, const struct migration *m, bool up, struct err *err)
{
    if (up)
        return db_query(c,
                        DB_STMT("INSERT INTO schema_migrations (version, name) VALUES ($1, $2)",
                                DB_INT(m->version), DB_TEXT(m->name)),
                        NULL, NULL, err);
    return db_query(c,
                    DB_STMT("DELETE FROM schema_migrations WHERE version = $1", DB_INT(m->version)),
                    NULL, NULL, err);
}

/* Begin a transaction in which nobody else migrates, and tell the version there. */
static enum err_code begin_alone(struct db_conn *c, int *version, struct err *err)
{
    const struct dialect *d = dialect_of(db_conn_kind(c));

    if (db_begin(c, err) != ERR_OK || (d->lock && db_script(c, d->lock, err) != ERR_OK) ||
        db_script(c, d->make_table, err) != ERR_OK)
        return err->code;
    return migrate_version(c, version, err);
}

static enum err_code refuse_unknown(int version, struct err *err)
{
    return err_set(err, ERR_SCHEMA,
                   "migration %d is not known to this release (latest %d): migrate down with the"
                   " release that brought it",
                   version, n_migrations);
}

/*
 * One step towards `to` in a transaction of its own.  *done: the version is `to` already, or
 * beyond it.  The transaction of a failed step is rolled back when the connection is given back.
 */
static enum err_code step(struct db_conn *c, int to, bool up, const struct migration **done,
                          struct err *err)
{
    const struct migration *m;
    int version = 0;

    *done = NULL;
    if (begin_alone(c, &version, err) != ERR_OK)
        return err->code;
    if (up ? version >= to : version <= to)
        return db_commit(c, err);
    if (!up && version > n_migrations)
        return refuse_unknown(version, err);
    m = &migrations[up ? version : version - 1];
    if (db_script(c, sql_of(m, db_conn_kind(c), up), err) != ERR_OK ||
        record(c, m, up, err) != ERR_OK || db_commit(c, err) != ERR_OK)
        return err_wrap(err, "migration %d_%s %s", m->version, m->name, up ? "up" : "down");
    *done = m;
    return ERR_OK;
}

static enum err_code walk(struct db_conn *c, int to, bool up, migrate_fn done, void *ctx,
                          struct err *err)
{
    const struct migration *m;

    do {
        if (step(c, to, up, &m, err) != ERR_OK)
            return err->code;
        if (m)
            done(ctx, m, up);
    } while (m);
    return ERR_OK;
}

enum err_code migrate_up(struct db_conn *c, int to, migrate_fn done, void *ctx, struct err *err)
{
    if (to < 1 || to > n_migrations)
        return err_set(err, ERR_USAGE, "there is no migration %d (latest %d)", to, n_migrations);
    return walk(c, to, true, done, ctx, err);
}

enum err_code migrate_down(struct db_conn *c, int to, migrate_fn done, void *ctx, struct err *err)
{
    if (to < 0)
        return err_set(err, ERR_USAGE, "there is no schema version %d", to);
    return walk(c, to, false, done, ctx, err);
}

enum err_code migrate_may_serve(int version, int wanted, struct err *err)
{
    if (version < wanted)
        return err_set(err, ERR_SCHEMA,
                       "the schema is at version %d and this release needs %d: run 'botctl migrate"
                       " up'",
                       version, wanted);
    if (version > wanted + 1)
        return err_set(err, ERR_SCHEMA,
                       "the schema is at version %d and this release knows %d: it works at most one"
                       " version ahead",
                       version, wanted);
    return ERR_OK;
}
