#include <assert.h>
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "db_int.h"

enum {
    PG_CONNECT_S = 3,  /* seconds for a connection, which a request may have to wait for */
    PG_GRACE_MS = 1000 /* the server's own timeout is to come first: its message is better */
};

struct pg_conn {
    struct db_conn base; /* first: a struct db_conn * is a pointer to this */
    PGconn *pg;
    char *url;
    int timeout_ms;
    bool broken; /* a statement may still be running on it */
};

static const char *const schemes[] = {"postgresql://", "postgres://", NULL};

static struct pg_conn *of(struct db_conn *c)
{
    assert(c->backend == &db_backend_pg);
    return (struct pg_conn *)c;
}

static void on_notice(void *ctx, const char *text)
{
    (void)ctx; /* "relation exists, skipping" is no news; errors come back as results */
    (void)text;
}

/* libpq's messages have several lines: keep the first. */
static enum err_code pg_fail(const char *text, struct err *err)
{
    return err_set(err, ERR_DB, "PostgreSQL: %.*s", (int)strcspn(text, "\n"), text);
}

static enum err_code pg_check_url(const char *url, struct err *err)
{
    char *why = NULL;
    PQconninfoOption *parsed = PQconninfoParse(url, &why);
    enum err_code rc = ERR_OK;

    if (!parsed)
        rc = err_set(err, ERR_USAGE, "DATABASE_URL: %.*s", (int)strcspn(why ? why : "", "\n"),
                     why ? why : "");
    PQconninfoFree(parsed);
    PQfreemem(why);
    return rc;
}

static enum err_code pg_connect(struct pg_conn *s, struct err *err)
{
    char timeout[16], setup[160];
    const char *const keys[] = {"connect_timeout", "fallback_application_name", "dbname",
                                "client_encoding", NULL};
    const char *const values[] = {timeout, "botctl", s->url, "UTF8", NULL};

    (void)snprintf(timeout, sizeof(timeout), "%d", PG_CONNECT_S);
    (void)snprintf(setup, sizeof(setup),
                   "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET statement_timeout = %d",
                   s->timeout_ms);
    PQfinish(s->pg);
    s->pg = PQconnectdbParams(keys, values, 1);
    s->broken = false;
    if (PQstatus(s->pg) != CONNECTION_OK)
        return pg_fail(PQerrorMessage(s->pg), err);
    PQsetNoticeProcessor(s->pg, on_notice, NULL);
    if (PQsetnonblocking(s->pg, 1))
        return pg_fail(PQerrorMessage(s->pg), err);
    return s->base.backend->script(&s->base, setup, err);
}

static void pg_close(struct db_conn *c)
{
    struct pg_conn *s = of(c);

    PQfinish(s->pg);
    free(s->url);
    free(s);
}

static enum err_code pg_open(const char *url, const struct db_options *options,
                             struct db_conn **ret, struct err *err)
{
    struct pg_conn *s = xcalloc(1, sizeof(*s));

    s->base.backend = &db_backend_pg;
    s->url = xstrdup(url);
    s->timeout_ms = options->timeout_ms;
    if (pg_connect(s, err) != ERR_OK) {
        pg_close(&s->base);
        return err->code;
    }
    *ret = &s->base;
    return ERR_OK;
}

/* Reading what the server may have sent shows whether it has gone meanwhile. */
static enum err_code pg_ready(struct db_conn *c, struct err *err)
{
    struct pg_conn *s = of(c);

    if (!s->broken && PQconsumeInput(s->pg) && PQstatus(s->pg) == CONNECTION_OK &&
        PQtransactionStatus(s->pg) == PQTRANS_IDLE)
        return ERR_OK;
    return pg_connect(s, err);
}

/* Wait until the socket is ready for what libpq wants; broken at the deadline. */
static enum err_code pg_wait(struct pg_conn *s, bool unsent, uint64_t deadline_ns, struct err *err)
{
    uint64_t now = clock_mono_ns();
    struct pollfd p = {.fd = PQsocket(s->pg), .events = POLLIN};

    if (unsent)
        p.events |= POLLOUT;
    if (now >= deadline_ns) {
        s->broken = true;
        return err_set(err, ERR_DB, "PostgreSQL: no answer within %d ms",
                       s->timeout_ms + PG_GRACE_MS);
    }
    if (poll(&p, 1, (int)((deadline_ns - now) / 1000000 + 1)) < 0 && errno != EINTR)
        return err_sys(err, errno, "wait for PostgreSQL");
    if (p.revents & ~POLLOUT && !PQconsumeInput(s->pg)) {
        s->broken = true;
        return pg_fail(PQerrorMessage(s->pg), err);
    }
    return ERR_OK;
}

static void hand_out_rows(const PGresult *res, db_row_fn row, void *ctx)
{
    const char *columns[DB_MAX_COLUMNS];
    int n = PQnfields(res);

    assert(n <= DB_MAX_COLUMNS);
    for (int r = 0; row && r < PQntuples(res); r++) {
        for (int i = 0; i < n; i++)
            columns[i] = PQgetisnull(res, r, i) ? NULL : PQgetvalue(res, r, i);
        row(ctx, n, columns);
    }
}

/* Take all results of what was sent: rows go out, the first error stays. */
static enum err_code pg_finish(struct pg_conn *s, db_row_fn row, void *ctx, struct err *err)
{
    uint64_t deadline = clock_mono_ns() + (uint64_t)(s->timeout_ms + PG_GRACE_MS) * 1000000U;
    enum err_code rc = ERR_OK;

    for (;;) {
        int unsent = PQflush(s->pg);
        PGresult *res;

        if (unsent < 0) {
            s->broken = true;
            return pg_fail(PQerrorMessage(s->pg), err);
        }
        if (unsent || PQisBusy(s->pg)) {
            if (pg_wait(s, unsent, deadline, err) != ERR_OK)
                return err->code;
            continue;
        }
        res = PQgetResult(s->pg);
        if (!res)
            return rc;
        if (PQresultStatus(res) == PGRES_TUPLES_OK)
            hand_out_rows(res, row, ctx);
        else if (PQresultStatus(res) != PGRES_COMMAND_OK && rc == ERR_OK)
            rc = pg_fail(PQresultErrorMessage(res), err);
        PQclear(res);
    }
}

static enum err_code pg_query(struct db_conn *c, struct db_stmt stmt, db_row_fn row, void *ctx,
                              struct err *err)
{
    struct pg_conn *s = of(c);
    char numbers[DB_MAX_PARAMS][24];
    const char *values[DB_MAX_PARAMS];

    if (s->broken)
        return err_set(err, ERR_DB, "PostgreSQL: the connection was given up");
    for (size_t i = 0; i < stmt.n_params; i++) {
        (void)snprintf(numbers[i], sizeof(numbers[i]), "%lld", (long long)stmt.params[i].number);
        values[i] = stmt.params[i].text ? stmt.params[i].text : numbers[i];
        if (stmt.params[i].null)
            values[i] = NULL;
    }
    if (!PQsendQueryParams(s->pg, stmt.sql, (int)stmt.n_params, NULL, values, NULL, NULL, 0))
        return pg_fail(PQerrorMessage(s->pg), err);
    return pg_finish(s, row, ctx, err);
}

static enum err_code pg_script(struct db_conn *c, const char *sql, struct err *err)
{
    struct pg_conn *s = of(c);

    if (s->broken)
        return err_set(err, ERR_DB, "PostgreSQL: the connection was given up");
    if (!PQsendQuery(s->pg, sql))
        return pg_fail(PQerrorMessage(s->pg), err);
    return pg_finish(s, NULL, NULL, err);
}

const struct db_backend db_backend_pg = {
    .kind = "postgresql",
    .schemes = schemes,
    .begin = "BEGIN",
    .check_url = pg_check_url,
    .open = pg_open,
    .close = pg_close,
    .ready = pg_ready,
    .query = pg_query,
    .script = pg_script,
};
