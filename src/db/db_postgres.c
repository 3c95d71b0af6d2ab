/* db_postgres: a connection to PostgreSQL, by libpq without blocking calls: so that a limit and a cancel hold. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "db/db_int.h"
#include "db/libpq.h"

#define DB_POSTGRES_CONNECT_MS 10000
#define DB_POSTGRES_DRAIN_MS \
    5000 /* a server that does not end what was cancelled: the connection is given up */

#define DB_POSTGRES_WAIT_MS 1000

struct db_postgres {
    PGconn *pg;
    int wake; /* db_cancel() */
    bool lost;
};

/* --- errors --- */

/* libpq's words have line ends, and an address that it cannot read stands in them with its password. */
static enum err_code db_postgres_words(struct err *err, const char *what, const char *words)
{
    struct sv rest = sv_trim(sv_from(words)), line = {NULL, 0};

    (void)sv_next_line(&rest, &line);
    return err_set(err, ERR_NET, "%s: %.*s", what, SV_FMT(line));
}

static enum err_code db_postgres_lost(struct db *db, struct err *err)
{
    struct db_postgres *p = db->private;

    p->lost = true;
    return db_postgres_words(err, db->name, libpq.errorMessage(p->pg));
}

static void db_postgres_field(char *to, size_t n, const PGresult *r, int field)
{
    const char *text = libpq.resultErrorField(r, field);

    (void)snprintf(to, n, "%s", text ? text : "");
}

/* PostgreSQL counts characters. */
static size_t db_postgres_byte(struct sv sql, const char *position)
{
    uint64_t chars;
    size_t i = 0;

    if (!sv_to_u64(sv_from(position), &chars) || chars == 0)
        return 0;
    for (; i < sql.n; i++)
        if (((unsigned char)sql.p[i] & 0xc0) != 0x80 && --chars == 0)
            break;
    return i + 1;
}

static enum err_code db_postgres_failed(struct db *db, struct sv sql, const PGresult *r,
                                        struct err *err)
{
    struct db_error *e = &db->error;
    char hint[256];

    db_postgres_field(e->sqlstate, sizeof(e->sqlstate), r, PG_DIAG_SQLSTATE);
    db_postgres_field(e->message, sizeof(e->message), r, PG_DIAG_MESSAGE_PRIMARY);
    db_postgres_field(e->detail, sizeof(e->detail), r, PG_DIAG_MESSAGE_DETAIL);
    db_postgres_field(e->constraint, sizeof(e->constraint), r, PG_DIAG_CONSTRAINT_NAME);
    db_postgres_field(hint, sizeof(hint), r, PG_DIAG_STATEMENT_POSITION);
    e->position = db_postgres_byte(sql, hint);
    db_postgres_field(hint, sizeof(hint), r, PG_DIAG_MESSAGE_HINT);
    if (!e->message[0]) /* libpq's own: the connection */
        return db_postgres_lost(db, err);
    /* 57P01 to 57P03: it goes down, and closes the connection, if it has not yet */
    if (strncmp(e->sqlstate, "57P0", 4) == 0 && e->sqlstate[4] <= '3')
        ((struct db_postgres *)db->private)->lost = true;
    /* 55P03: lock_not_available */
    (void)err_set(err, strcmp(e->sqlstate, "55P03") == 0 ? ERR_LOCKED : ERR_DB, "%s: %s (%s)%s%s",
                  db->name, e->message, e->sqlstate, e->detail[0] ? ": " : "", e->detail);
    /* Its last full stop would stand before what a caller adds. */
    return hint[0]
               ? err_hint(err, "%.*s", (int)(strlen(hint) - (hint[strlen(hint) - 1] == '.')), hint)
               : err->code;
}

static void db_postgres_on_notice(void *arg, const PGresult *r)
{
    struct db *db = arg;
    const char *severity = libpq.resultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *message = libpq.resultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

    if (db->notice)
        db->notice(db->notice_arg, sv_from(severity), sv_from(message));
}

/* --- waiting --- */

static int db_postgres_wait_ms(const struct db *db)
{
    int left = db_left_ms(db);

    return db->wait && (left < 0 || left > DB_POSTGRES_WAIT_MS) ? DB_POSTGRES_WAIT_MS : left;
}

static void db_postgres_tick(struct db *db)
{
    uint64_t now = clock_mono_ns();

    if (!db->wait || now < db->wait_ns)
        return;
    db->wait(db->wait_arg);
    db->wait_ns = now + DB_POSTGRES_WAIT_MS * (uint64_t)1000000;
}

/* Until the socket is ready, or less: false when the statement is to be cut off. */
static bool db_postgres_wait(struct db *db, short events, bool may_cancel)
{
    struct db_postgres *p = db->private;
    struct pollfd fds[] = {{.fd = libpq.socket(p->pg), .events = events},
                           {.fd = may_cancel ? p->wake : -1, .events = POLLIN}};
    uint64_t count;

    if (may_cancel && atomic_load(&db->cancelled))
        return false;
    if (poll(fds, ARRAY_LEN(fds), db_postgres_wait_ms(db)) == 0) {
        if (db_left_ms(db) == 0)
            return false;
        db_postgres_tick(db);
    }
    if (fds[1].revents && read(p->wake, &count, sizeof(count)) < 0)
        return true; /* nobody else reads it: it was woken for nothing */
    return !(may_cancel && atomic_load(&db->cancelled));
}

static bool db_postgres_send(struct db *db)
{
    struct db_postgres *p = db->private;

    while (libpq.flush(p->pg) == 1) {
        if (!db_postgres_wait(db, POLLIN | POLLOUT, true))
            return false;
        (void)libpq.consumeInput(p->pg); /* a server that writes is read, or both wait */
    }
    return true; /* an error shows when the result is read */
}

/* *r: the next result, NULL after the last.  false: to be cut off. */
static bool db_postgres_result(struct db *db, bool may_cancel, PGresult **r)
{
    struct db_postgres *p = db->private;

    while (libpq.isBusy(p->pg)) {
        if (!db_postgres_wait(db, POLLIN, may_cancel))
            return false;
        if (!libpq.consumeInput(p->pg))
            break; /* the result says so */
    }
    *r = libpq.getResult(p->pg);
    return true;
}

/* What is left of a statement is thrown away; false: it does not come to its end.  *whole: nothing of it was lost. */
static bool db_postgres_drain(struct db *db, bool *whole)
{
    struct db_postgres *p = db->private;
    PGresult *r;
    char *bytes;

    *whole = true;
    db->deadline_ns = clock_mono_ns() + DB_POSTGRES_DRAIN_MS * UINT64_C(1000000);
    while (db_postgres_result(db, false, &r)) {
        ExecStatusType status = r ? libpq.resultStatus(r) : PGRES_EMPTY_QUERY;

        if (!r)
            return true;
        libpq.clear(r);
        db->done += status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
        *whole = *whole && (status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY);
        if (status == PGRES_COPY_IN)
            (void)libpq.putCopyEnd(p->pg, "not from here");
        while (status == PGRES_COPY_OUT && libpq.getCopyData(p->pg, &bytes, 0) > 0)
            libpq.freemem(bytes);
    }
    return false;
}

/* Ends what runs at the server, too.  True: it came to its end all the same (a COMMIT that had begun), and nothing of it was lost. */
static bool db_postgres_stop(struct db *db)
{
    struct db_postgres *p = db->private;
    PGcancel *c = libpq.getCancel(p->pg);
    bool whole;
    char text[256];

    if (c)
        (void)libpq.cancel(c, text, sizeof(text)); /* if it fails, draining takes its time */
    libpq.freeCancel(c);
    p->lost = !db_postgres_drain(db, &whole);
    return whole && !p->lost;
}

/* --- statements --- */

struct db_postgres_read {
    db_row_fn *fn;
    void *arg;
    struct sv *names;
    struct db_value *v;
    size_t n;
    bool known; /* the columns of the present statement */
};

static void db_postgres_read_release(struct db_postgres_read *read)
{
    free(read->names);
    free(read->v);
}

/* The names live as long as the result whose header they are; each row brings its own result. */
static enum err_code db_postgres_header(struct db_postgres_read *read, const PGresult *r,
                                        struct err *err)
{
    read->n = (size_t)libpq.nfields(r);
    read->names = xrealloc(read->names, read->n + 1, sizeof(*read->names));
    read->v = xrealloc(read->v, read->n + 1, sizeof(*read->v));
    for (size_t i = 0; i < read->n; i++)
        read->names[i] = sv_from(libpq.fname(r, (int)i));
    if (read->known)
        return ERR_OK;
    read->known = true;
    return read->fn(read->arg, &(struct db_row){.n = read->n, .names = read->names}, err);
}

static enum err_code db_postgres_rows(struct db_postgres_read *read, const PGresult *r,
                                      struct err *err)
{
    if (db_postgres_header(read, r, err) != ERR_OK)
        return err->code;
    for (int row = 0; row < libpq.ntuples(r); row++) {
        for (size_t i = 0; i < read->n; i++)
            read->v[i] = (struct db_value){
                .is_null = libpq.getisnull(r, row, (int)i) != 0,
                .text = {libpq.getvalue(r, row, (int)i), (size_t)libpq.getlength(r, row, (int)i)}};
        if (read->fn(read->arg, &(struct db_row){.n = read->n, .names = read->names, .v = read->v},
                     err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

static enum err_code db_postgres_take(struct db *db, struct db_postgres_read *read, struct sv sql,
                                      PGresult *r, int64_t *changed, struct err *err)
{
    int64_t n;

    switch ((int)libpq.resultStatus(r)) {
    case PGRES_SINGLE_TUPLE: return db_postgres_rows(read, r, err);
    case PGRES_TUPLES_OK: /* the end of the rows */
        if (db_postgres_rows(read, r, err) != ERR_OK)
            return err->code;
        read->known = false;
        db->done++;
        return ERR_OK;
    case PGRES_COMMAND_OK:
        db->done++;
        if (sv_to_i64(sv_from(libpq.cmdTuples(r)), &n))
            *changed = n;
        return ERR_OK;
    case PGRES_EMPTY_QUERY: return ERR_OK;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        return err_set(err, ERR_INVALID, "%s: COPY from or to the client is for psql", db->name);
    default: return db_postgres_failed(db, sql, r, err);
    }
}

static enum err_code db_postgres_ask(struct db *db, struct sv sql, const struct db_value *v,
                                     size_t n, struct err *err)
{
    struct db_postgres *p = db->private;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), values = STRBUF(0);
    const char **params = xcalloc(n + 1, sizeof(*params));
    int sent;

    strbuf_add_sv(&text, sql);
    for (size_t i = 0; i < n; i++) { /* the offsets first, as the buffer moves */
        strbuf_add_sv(&values, v[i].text);
        strbuf_add_byte(&values, '\0');
    }
    for (size_t i = 0, at = 0; i < n; at += v[i++].text.n + 1)
        params[i] = v[i].is_null ? NULL : values.p + at;
    if (db->runs_often)
        sent = libpq.sendQueryPrepared(p->pg, DB_OFTEN, (int)n, params, NULL, NULL, 0);
    else
        sent =
            n ? libpq.sendQueryParams(p->pg, strbuf_str(&text), (int)n, NULL, params, NULL, NULL, 0)
              : libpq.sendQuery(p->pg, strbuf_str(&text));
    free(params);
    if (!sent)
        return db_postgres_lost(db, err);
    (void)libpq.setSingleRowMode(p->pg);
    return ERR_OK;
}

/* NOLINTNEXTLINE(readability-function-size): a row of db_ops */
static enum err_code db_postgres_each(struct db *db, struct sv sql, const struct db_value *v,
                                      size_t n, db_row_fn *fn, void *arg, int64_t *changed,
                                      struct err *err)
{
    CLEANUP(db_postgres_read_release) struct db_postgres_read read = {.fn = fn, .arg = arg};
    enum err_code rc = ERR_OK;
    PGresult *r = NULL;
    bool cut;

    if (!db_is_open(db))
        return err_set(err, ERR_NET, "%s: the connection is lost", db->name);
    if (db_postgres_ask(db, sql, v, n, err) != ERR_OK)
        return err->code;
    cut = !db_postgres_send(db);
    while (!cut && rc == ERR_OK && !(cut = !db_postgres_result(db, true, &r)) && r) {
        rc = db_postgres_take(db, &read, sql, r, changed, err);
        libpq.clear(r);
    }
    if (cut) /* a wish that came too late is for the next statement */
        return db_postgres_stop(db) && atomic_load(&db->cancelled) ? ERR_OK : db_cut_off(db, err);
    if (rc != ERR_OK && db_is_open(db)) {
        bool whole;

        if (db->error.message[0])
            (void)db_postgres_drain(db, &whole);
        else /* our own wish: more of it would come */
            (void)db_postgres_stop(db);
    }
    if (rc != ERR_OK && !db_is_open(db)) /* the last word of a server that goes down */
        rc = err->code = ERR_NET;
    return rc;
}

static void db_postgres_cancel(struct db *db)
{
    struct db_postgres *p = db->private;
    uint64_t one = 1;

    if (write(p->wake, &one, sizeof(one)) < 0) /* full: it is awake */
        return;
}

static void db_postgres_close(struct db *db)
{
    struct db_postgres *p = db->private;

    libpq.finish(p->pg);
    fd_closep(&p->wake);
    free(p);
}

static bool db_postgres_is_open(const struct db *db)
{
    const struct db_postgres *p = db->private;

    return !p->lost && libpq.status(p->pg) == CONNECTION_OK;
}

static bool db_postgres_in_transaction(const struct db *db)
{
    const struct db_postgres *p = db->private;

    return libpq.transactionStatus(p->pg) != PQTRANS_IDLE;
}

static const struct db_ops db_postgres_ops = {
    .each = db_postgres_each,
    .cancel = db_postgres_cancel,
    .close = db_postgres_close,
    .is_open = db_postgres_is_open,
    .in_transaction = db_postgres_in_transaction,
};

/* --- connecting --- */

static const char *db_postgres_option(const PQconninfoOption *o, const char *keyword)
{
    for (; o->keyword; o++)
        if (strcmp(o->keyword, keyword) == 0)
            return o->val ? o->val : "";
    return "";
}

/* "user@host:port/name", with what the address leaves out left out. */
static void db_postgres_add_name(struct strbuf *b, const char *user, const char *host,
                                 const char *port, const char *name)
{
    strbuf_addf(b, "postgresql://%s%s%s%s%s/%s", user, *user ? "@" : "", *host == '/' ? "" : host,
                *port ? ":" : "", port, name);
}

static enum err_code db_postgres_parse(struct db *db, const char *url, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    char *words = NULL;
    PQconninfoOption *o = libpq.conninfoParse(url, &words);

    if (!o) {
        libpq.freemem(words); /* they repeat the address */
        (void)err_set(err, ERR_INVALID, "the address of the database is not one that libpq reads");
        return err_hint(err, "postgresql://USER@HOST:PORT/NAME?sslmode=require");
    }
    db_postgres_add_name(&name, db_postgres_option(o, "user"), db_postgres_option(o, "host"),
                         db_postgres_option(o, "port"), db_postgres_option(o, "dbname"));
    libpq.conninfoFree(o);
    db->name = strbuf_steal_str(&name);
    return ERR_OK;
}

static const char *db_postgres_known(const char *text)
{
    return text && *text ? text : "...";
}

/* The same way by hand, without the password. */
static enum err_code db_postgres_by_hand(const struct db *db, struct err *err)
{
    const struct db_postgres *p = db->private;

    return err_hint(err,
                    "psql -h %s -p %s -U %s -d %s tries the same; passwords are in the address, in"
                    " PGPASSWORD or in ~/.pgpass",
                    db_postgres_known(libpq.host(p->pg)), db_postgres_known(libpq.port(p->pg)),
                    db_postgres_known(libpq.user(p->pg)), db_postgres_known(libpq.db(p->pg)));
}

static enum err_code db_postgres_refused(struct db *db, struct err *err)
{
    (void)db_postgres_lost(db, err);
    return db_postgres_by_hand(db, err);
}

static enum err_code db_postgres_connect(struct db *db, const struct db_config *c, const char *url,
                                         struct err *err)
{
    static const char *const keys[] = {"fallback_application_name", "client_encoding", "dbname",
                                       NULL};
    struct db_postgres *p = db->private;
    uint64_t ms = c->connect_ms ? c->connect_ms : DB_POSTGRES_CONNECT_MS;
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;

    p->pg = libpq.connectStartParams(keys, (const char *const[]){"prusik", "UTF8", url, NULL}, 1);
    if (libpq.status(p->pg) == CONNECTION_BAD)
        return db_postgres_refused(db, err);
    (void)libpq.setNoticeReceiver(p->pg, db_postgres_on_notice, db); /* else libpq prints them */
    db->deadline_ns = clock_mono_ns() + ms * 1000000;
    while (state != PGRES_POLLING_OK) {
        if (!db_postgres_wait(db, state == PGRES_POLLING_READING ? POLLIN : POLLOUT, false)) {
            (void)err_set(err, ERR_NET, "%s: no connection in %llu ms", db->name,
                          (unsigned long long)ms);
            return db_postgres_by_hand(db, err);
        }
        state = libpq.connectPoll(p->pg);
        if (state == PGRES_POLLING_FAILED)
            return db_postgres_refused(db, err);
    }
    return ERR_OK;
}

enum err_code db_postgres_open(struct db *db, const struct db_config *c, const char *url,
                               struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    struct db_postgres *p;

    if (libpq_open(err) != ERR_OK || db_postgres_parse(db, url, err) != ERR_OK)
        return err->code;
    p = XNEW(struct db_postgres);
    db->private = p;
    db->ops = &db_postgres_ops;
    db->kind = DB_POSTGRES;
    p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->wake < 0)
        return err_sys(err, errno, "an event descriptor");
    if (db_postgres_connect(db, c, url, err) != ERR_OK)
        return err->code;
    (void)libpq.setnonblocking(p->pg, 1);
    db_postgres_add_name(&name, libpq.user(p->pg), libpq.host(p->pg), libpq.port(p->pg),
                         libpq.db(p->pg));
    free(db->name);
    db->name = strbuf_steal_str(&name);
    db->version = libpq.serverVersion(p->pg);
    return c->read_only
               ? db_run(db, SV("SET default_transaction_read_only = on"), NULL, 0, NULL, err)
               : ERR_OK;
}
