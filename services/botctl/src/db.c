#include "db.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "db_int.h"

struct db {
    const struct db_backend *backend;
    struct db_options options;
    pthread_mutex_t lock; /* of free */
    struct db_conn *free;
    pthread_mutex_t writer; /* held by the open transaction when there is a single writer */
    int n_conns;
};

static const char *const pg_schemes[] = {"postgresql://", "postgres://", NULL};

static const struct db_backend *const backends[] = {
    &db_backend_sqlite,
#ifdef HAVE_LIBPQ
    &db_backend_pg,
#endif
};

static bool has_scheme(const char *url, const char *const *schemes)
{
    for (; *schemes; schemes++)
        if (strncmp(url, *schemes, strlen(*schemes)) == 0)
            return true;
    return false;
}

static const struct db_backend *find_backend(const char *url, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(backends); i++)
        if (has_scheme(url, backends[i]->schemes))
            return backends[i];
    if (has_scheme(url, pg_schemes))
        (void)err_set(
            err, ERR_USAGE,
            "this program was built without PostgreSQL: install libpq-dev and build again");
    else if (!*url)
        (void)err_set(err, ERR_USAGE, "DATABASE_URL is not set");
    else
        (void)err_set(err, ERR_USAGE,
                      "DATABASE_URL is neither sqlite:///path, sqlite:path nor postgresql://...");
    return NULL;
}

enum err_code db_check_url(const char *url, struct err *err)
{
    const struct db_backend *b = find_backend(url, err);

    return b ? b->check_url(url, err) : err->code;
}

enum err_code db_open(const char *url, const struct db_options *options, struct db **ret,
                      struct err *err)
{
    const struct db_backend *backend = find_backend(url, err);
    struct db *db;

    if (!backend || backend->check_url(url, err) != ERR_OK)
        return err->code;
    db = xcalloc(1, sizeof(*db));
    db->backend = backend;
    db->options = *options;
    pthread_mutex_init(&db->lock, NULL);
    pthread_mutex_init(&db->writer, NULL);
    for (; db->n_conns < options->n_conns; db->n_conns++) {
        struct db_conn *c;

        if (backend->open(url, options, &c, err) != ERR_OK) {
            db_free(db);
            return err->code;
        }
        *c = (struct db_conn){.db = db, .backend = backend, .next_free = db->free};
        db->free = c;
    }
    *ret = db;
    return ERR_OK;
}

void db_free(struct db *db)
{
    if (!db)
        return;
    for (; db->free; db->n_conns--) {
        struct db_conn *c = db->free;

        db->free = c->next_free;
        db->backend->close(c);
    }
    assert(db->n_conns == 0); /* all were given back */
    pthread_mutex_destroy(&db->writer);
    pthread_mutex_destroy(&db->lock);
    free(db);
}

const char *db_kind(const struct db *db)
{
    return db->backend->kind;
}

const char *db_conn_kind(const struct db_conn *c)
{
    return c->backend->kind;
}

enum err_code db_take(struct db *db, struct db_conn **ret, struct err *err)
{
    struct db_conn *c;

    pthread_mutex_lock(&db->lock);
    c = db->free;
    assert(c); /* there are as many as threads, and a thread takes one at a time */
    db->free = c->next_free;
    pthread_mutex_unlock(&db->lock);
    if (db->backend->ready(c, err) != ERR_OK) {
        db_give(c);
        return err->code;
    }
    *ret = c;
    return ERR_OK;
}

static void end_transaction(struct db_conn *c)
{
    c->in_transaction = false;
    if (c->backend->single_writer)
        pthread_mutex_unlock(&c->db->writer);
}

static void roll_back(struct db_conn *c)
{
    struct err ignored; /* a connection that cannot even roll back is broken: ready() mends it */

    (void)c->backend->script(c, "ROLLBACK", &ignored);
    end_transaction(c);
}

void db_give(struct db_conn *c)
{
    struct db *db;

    if (!c)
        return;
    db = c->db;
    if (c->in_transaction)
        roll_back(c);
    pthread_mutex_lock(&db->lock);
    c->next_free = db->free;
    db->free = c;
    pthread_mutex_unlock(&db->lock);
}

void db_givep(struct db_conn *const *c)
{
    db_give(*c);
}

static void observe(const struct db *db, uint64_t start_ns)
{
    if (db->options.observe)
        db->options.observe(db->options.observe_ctx, clock_mono_ns() - start_ns);
}

enum err_code db_query(struct db_conn *c, struct db_stmt stmt, db_row_fn row, void *ctx,
                       struct err *err)
{
    uint64_t start = clock_mono_ns();
    enum err_code rc;

    assert(stmt.n_params <= DB_MAX_PARAMS);
    rc = c->backend->query(c, stmt, row, ctx, err);
    observe(c->db, start);
    return rc;
}

struct one_int {
    int rows;
    bool set;
    int64_t value;
};

static void on_int_row(void *ctx, int n, const char *const *columns)
{
    struct one_int *one = ctx;

    one->rows++;
    one->set = n == 1 && columns[0];
    if (one->set)
        one->value = strtoll(columns[0], NULL, 10);
}

enum err_code db_query_int(struct db_conn *c, struct db_stmt stmt, int64_t *ret, struct err *err)
{
    struct one_int one = {0};
    enum err_code rc = db_query(c, stmt, on_int_row, &one, err);

    if (rc != ERR_OK)
        return rc;
    if (one.rows != 1 || !one.set)
        return err_set(err, ERR_DB, "one number was expected, %d rows came: %s", one.rows,
                       stmt.sql);
    *ret = one.value;
    return ERR_OK;
}

enum err_code db_script(struct db_conn *c, const char *sql, struct err *err)
{
    return c->backend->script(c, sql, err);
}

/* Wait for the writer's turn, at most as long as a statement may take. */
static enum err_code lock_writer(struct db *db, struct err *err)
{
    struct timespec until;
    int r;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += db->options.timeout_ms / 1000;
    until.tv_nsec += db->options.timeout_ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    r = pthread_mutex_timedlock(&db->writer, &until);
    if (r)
        return err_set(err, ERR_DB, "no turn to write within %d ms", db->options.timeout_ms);
    return ERR_OK;
}

enum err_code db_begin(struct db_conn *c, struct err *err)
{
    assert(!c->in_transaction);
    if (c->backend->single_writer && lock_writer(c->db, err) != ERR_OK)
        return err->code;
    c->in_transaction = true; /* from here on db_give() lets the next writer in */
    return c->backend->script(c, c->backend->begin, err);
}

enum err_code db_commit(struct db_conn *c, struct err *err)
{
    uint64_t start = clock_mono_ns();
    enum err_code rc;

    assert(c->in_transaction);
    rc = c->backend->script(c, "COMMIT", err);
    observe(c->db, start);
    if (rc == ERR_OK)
        end_transaction(c);
    return rc;
}

/* "2025-10-25 21:00:00.123456+00" (PostgreSQL in UTC) or "2025-10-25T21:00:00.123Z" (SQLite). */
void db_time_text(const char *in, char out[DB_TIME])
{
    size_t n = strspn(in, "0123456789-:T. ");

    if (n > 23)
        n = 23; /* milliseconds are enough */
    if (n > 10 && in[n - 1] == '-')
        n--;
    memcpy(out, in, n);
    memcpy(out + n, "Z", 2);
    if (n > 10)
        out[10] = 'T';
}
