/* How statements run: transactions, settings, and what they do to each other. */
#include <string.h>

#include "base/sv.h"
#include "migrate/sqlkind.h"
#include "migrate/sqllint_int.h"

/* --- transactions and settings --- */

static void run_transaction(struct sqllint_run *r, const json_t *body)
{
    struct sv kind = sqltree_sv(body, "kind");
    bool begins = sv_is(kind, "TRANS_STMT_BEGIN") || sv_is(kind, "TRANS_STMT_START");
    bool ends = sv_is(kind, "TRANS_STMT_COMMIT") || sv_is(kind, "TRANS_STMT_ROLLBACK");

    if (!r->plain && !r->said_transaction) {
        r->said_transaction = true; /* COMMIT is the other half of the same mistake */
        (void)sqllint_add(r, SQLLINT_RUN007, 0,
                          "the part is a transaction already, or is to be none");
    }
    if (!r->plain || (!begins && !ends))
        return;
    r->tx++;
    r->tx_known = r->known.n;
    r->in_tx = begins;
    r->said_two = false;
}

static bool run_is_timeout(struct sv name)
{
    return sv_is(name, "lock_timeout") || sv_is(name, "statement_timeout");
}

/* Is the value of the setting 0, as a number or as text? */
static bool run_is_zero(const json_t *body)
{
    const json_t *v = sqltree_at(body, "args.0.A_Const");
    struct sv text = sqltree_sv(v, "sval.sval");

    return (sqltree_at(v, "ival") && sqltree_int(v, "ival.ival", 0) == 0) || sv_is(text, "0") ||
           sv_is(text, "0s") || sv_is(text, "0ms");
}

static void run_set(struct sqllint_run *r, const json_t *body)
{
    struct sv name = sqltree_sv(body, "name");
    bool zero = run_is_timeout(name) && run_is_zero(body);

    if (sv_is(name, "lock_timeout"))
        r->lock_timeout = sqltree_is(body, "kind", "VAR_SET_VALUE") && !zero;
    if (r->plain || !sqltree_is(body, "kind", "VAR_SET_VALUE"))
        return;
    if (zero)
        (void)sqllint_add(r, SQLLINT_RUN006, 0, "%.*s of 0 is no limit", SV_FMT(name));
    else if (!sqltree_flag(body, "is_local"))
        (void)sqllint_add(r, SQLLINT_RUN006, 0, "%.*s stays set for the session", SV_FMT(name));
    sqllint_rewrite(r, SQLLINT_RUN006, "SET LOCAL %.*s = ...;", SV_FMT(name));
}

/* --- DO and CALL --- */

static void run_asked(struct sqllint_run *r)
{
    sqllint_grade(r, SQLLINT_D);
    if (!r->plain && !r->part->tx && !r->stmt->probe.n && !r->body_depth)
        (void)sqllint_add(r, SQLLINT_RUN011, 0,
                          "whether it took effect cannot be asked after a crash");
}

static void run_do(struct sqllint_run *r, const json_t *body)
{
    sqllint_do(r, body);
    run_asked(r);
}

static void run_call(struct sqllint_run *r, const json_t *body)
{
    sqllint_call(r, body);
    run_asked(r);
}

const struct sqllint_check sqllint_checks_run[] = {
    {"TransactionStmt", run_transaction},
    {"VariableSetStmt", run_set},
    {"DoStmt", run_do},
    {"CallStmt", run_call},
    {NULL, NULL},
};

/* --- across statements --- */

struct run_literals {
    const struct sqllint_run *r;
    struct sv found;
};

static bool run_is_new_value(const char *kind, const json_t *body, void *arg)
{
    struct run_literals *l = arg;
    struct sv text = sqltree_sv(body, "sval.sval");

    if (strcmp(kind, "A_Const") != 0 || !text.n)
        return false;
    for (size_t i = l->r->tx_known; i < l->r->known.n; i++) {
        const struct sqllint_known *k = &l->r->known.v[i];

        if (k->fact == FACT_VALUE && k->tx == l->r->tx && k->stmt != l->r->number &&
            sv_eq(k->name, text)) {
            l->found = k->name;
            return true;
        }
    }
    return false;
}

static void run_new_value(struct sqllint_run *r)
{
    struct run_literals l = {.r = r};

    if (r->in_tx && r->tree && sqltree_find(r->tree->body, run_is_new_value, &l))
        (void)sqllint_add(r, SQLLINT_RUN010, 0, "'%.*s' was added to its type in this transaction",
                          SV_FMT(l.found));
}

/* Slow work while an earlier statement's lock is held; what a worse finding says is not said again. */
static void run_slow(struct sqllint_run *r)
{
    if (!r->works || !r->in_tx || r->said[SQLLINT_RUN001] || r->said[SQLLINT_RUN003] ||
        r->said[SQLLINT_RUN004])
        return;
    for (size_t i = r->tx_known; i < r->known.n; i++) {
        const struct sqllint_known *k = &r->known.v[i];

        if (k->fact == FACT_LOCKED && k->tx == r->tx && k->stmt != r->number &&
            k->level >= SQLLINT_SH) {
            (void)sqllint_add(r, SQLLINT_RUN002, 0, "%.*s stays locked until this is done",
                              SV_FMT(k->name));
            return;
        }
    }
}

/* Some kinds cannot run in a transaction in one of their forms only. */
void sqllint_check_run(struct sqllint_run *r, struct sv text)
{
    bool down = r->part->kind == MIGRATION_DOWN, up = r->part->kind == MIGRATION_UP;

    if ((up || down) && r->in_tx && sqlkind_needs_none(sqlkind_of(text, DB_POSTGRES)) && r->tree)
        (void)sqllint_add(r, SQLLINT_RUN001, 0, "the server refuses it in a transaction");
    if (!up || !r->tree)
        return;
    run_new_value(r);
    run_slow(r);
}
