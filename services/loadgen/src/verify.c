#include "verify.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "acks.h"
#include "db.h"

enum { VERIFY_SHOWN = 10, VERIFY_TIMEOUT_MS = 10000 };

struct verifying {
    struct db_conn *conn;
    struct verdict verdict;
    const struct ack *ack; /* that is looked for */
    bool found, same;
};

static void on_row(void *ctx, int n, const char *const *columns)
{
    struct verifying *v = ctx;

    (void)n; /* the statement names two columns, none of them NULL */
    v->found = true;
    v->same = strcmp(columns[0], v->ack->bot_id) == 0 && strcmp(columns[1], v->ack->text) == 0;
}

static enum err_code check_one(void *ctx, const struct ack *ack, struct err *err)
{
    struct verifying *v = ctx;
    struct verdict *d = &v->verdict;

    v->ack = ack;
    v->found = v->same = false;
    if (db_query(v->conn,
                 DB_STMT("SELECT bot_id, text FROM chat_messages WHERE id = $1", DB_INT(ack->id)),
                 on_row, v, err) != ERR_OK)
        return err->code;
    d->acknowledged++;
    d->missing += !v->found;
    d->different += v->found && !v->same;
    if (!v->same && d->missing + d->different <= VERIFY_SHOWN)
        fprintf(stderr, "%s: message %lld of %s: %s\n", v->found ? "different" : "missing",
                (long long)ack->id, ack->bot_id, ack->text);
    return ERR_OK;
}

static enum err_code check_all(struct db *db, const char *acks, struct verdict *ret,
                               struct err *err)
{
    CLEANUP(db_givep) struct db_conn *c = NULL;
    struct verifying v = {0};

    if (db_take(db, &c, err) != ERR_OK)
        return err->code;
    v.conn = c;
    if (acks_read(acks, check_one, &v, err) != ERR_OK)
        return err->code;
    if (!v.verdict.acknowledged)
        return err_set(err, ERR_FAILED, "'%s' has no acknowledged message: nothing is proved",
                       acks);
    *ret = v.verdict;
    return ERR_OK;
}

enum err_code verify_acks(const char *acks, const char *database_url, struct verdict *ret,
                          struct err *err)
{
    const struct db_options options = {.n_conns = 1, .timeout_ms = VERIFY_TIMEOUT_MS};
    struct db *db;
    enum err_code rc = db_open(database_url, &options, &db, err);

    if (rc != ERR_OK)
        return rc;
    rc = check_all(db, acks, ret, err);
    db_free(db);
    return rc;
}
