/* What the linter remembers of a file, and how it writes names. */
#include <string.h>

#include "base/sv.h"
#include "migrate/sqlcatalog.h"
#include "migrate/sqllex.h"
#include "migrate/sqllint_int.h"

/* The key under which the newest of a fact and name is found. */
static struct sv know_key(enum sqllint_fact fact, struct sv name, struct strbuf *b)
{
    strbuf_addf(b, "%d %.*s", (int)fact, SV_FMT(name));
    return strbuf_sv(b);
}

struct sqllint_known *sqllint_know(struct sqllint_run *r, enum sqllint_fact fact, struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);
    struct sqllint_known *k = vec_add(&r->known);

    name = arena_sv(&r->l->arena, name); /* it may lie in the tree of the statement */
    *k = (struct sqllint_known){.fact = fact, .name = name, .tx = r->tx, .stmt = r->number};
    (void)map_put(&r->newest, know_key(fact, name, &key), r->known.n - 1); /* new or not */
    return k;
}

const struct sqllint_known *sqllint_find(const struct sqllint_run *r, enum sqllint_fact fact,
                                         struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);
    size_t i;

    return map_get(&r->newest, know_key(fact, name, &key), &i) ? &r->known.v[i] : NULL;
}

/* --- names --- */

struct sv sqllint_table(struct sqllint_run *r, const json_t *range)
{
    struct sv schema = sqltree_sv(range, "schemaname"), name = sqltree_sv(range, "relname");

    if (!schema.n || sv_is(schema, "public"))
        return arena_sv(&r->l->arena, name);
    return arena_fmt(&r->l->arena, "%.*s.%.*s", SV_FMT(schema), SV_FMT(name));
}

struct sv sqllint_name(struct sqllint_run *r, const json_t *list)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    sqltree_name(list, &b);
    return arena_sv(&r->l->arena, strbuf_sv(&b));
}

/* Keywords that are no name without quotes (pg_get_keywords() of PostgreSQL 15, reserved). */
static const char *const know_reserved[] = {
#include "migrate/sqlreserved.inc"
};

struct sv sqllint_ident(struct sqllint_run *r, struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    bool plain = name.n && !ascii_is_digit(name.p[0]);

    for (size_t i = 0; i < name.n; i++)
        plain = plain && ascii_is_word(name.p[i]) && !ascii_is_upper(name.p[i]);
    for (size_t i = 0; plain && i < ARRAY_LEN(know_reserved); i++)
        plain = !sv_is(name, know_reserved[i]);
    if (plain)
        return arena_sv(&r->l->arena, name);
    strbuf_add_byte(&b, '"');
    for (size_t i = 0; i < name.n; i++)
        strbuf_add_n(&b, name.p[i], name.p[i] == '"' ? 2 : 1);
    strbuf_add_byte(&b, '"');
    return arena_sv(&r->l->arena, strbuf_sv(&b));
}

struct sv sqllint_written(struct sqllint_run *r, const json_t *range)
{
    struct sv schema = sqltree_sv(range, "schemaname"), name = sqltree_sv(range, "relname");

    if (!schema.n)
        return sqllint_ident(r, name);
    return arena_fmt(&r->l->arena, "%.*s.%.*s", SV_FMT(sqllint_ident(r, schema)),
                     SV_FMT(sqllint_ident(r, name)));
}

struct sv sqllint_slice(const struct sqllint_run *r, size_t from, size_t to)
{
    struct sv s = sv_trim(sv_sub(r->stmt->text, from, size_max(from, to)));

    while (s.n && (s.p[s.n - 1] == ',' || s.p[s.n - 1] == ';'))
        s = sv_trim(sv_sub(s, 0, s.n - 1));
    return s;
}

/* --- tables --- */

/* Made here and not filled in an earlier transaction: nobody else sees rows of it. */
bool sqllint_is_live(const struct sqllint_run *r, struct sv table)
{
    const struct sqllint_known *filled = sqllint_find(r, FACT_FILLED, table);

    if (!table.n || sv_starts(table, SV("pg_catalog.")) ||
        sv_starts(table, SV("information_schema.")) || sv_starts(table, SV("pg_")))
        return false;
    if (!sqllint_find(r, FACT_TABLE, table) || sqllint_find(r, FACT_LIVE, table))
        return true;
    return filled && filled->tx != r->tx;
}

static bool know_reads(const char *kind, const json_t *body, void *arg)
{
    return strcmp(kind, "RangeVar") == 0 && sqllint_is_live(arg, sqllint_table(arg, body));
}

bool sqllint_reads(struct sqllint_run *r, const json_t *query)
{
    return sqltree_find(query, know_reads, r);
}

/* RUN013, RUN005: of a strong lock. */
static void know_strong(struct sqllint_run *r, struct sv table, enum sqllint_lock level)
{
    for (size_t i = r->tx_known; i < r->known.n && r->in_tx && !r->said_two; i++) {
        const struct sqllint_known *k = &r->known.v[i];

        if (k->fact == FACT_LOCKED && k->tx == r->tx && k->stmt != r->number &&
            k->level >= SQLLINT_SRE && level >= SQLLINT_SRE && !sv_eq(k->name, table)) {
            r->said_two = true;
            (void)sqllint_add(r, SQLLINT_RUN013, 0,
                              "the transaction holds a strong lock on %.*s and now takes one on "
                              "%.*s",
                              SV_FMT(k->name), SV_FMT(table));
        }
    }
    if ((r->plain || r->unlimited) && !r->document && !r->lock_timeout && !r->said_timeout) {
        r->said_timeout = true;
        (void)sqllint_add(r, SQLLINT_RUN005, 0, "%.*s is locked with no limit on the wait",
                          SV_FMT(table));
    }
}

void sqllint_take(struct sqllint_run *r, struct sv table, enum sqllint_lock level)
{
    if (!sqllint_is_live(r, table))
        return;
    if (level >= SQLLINT_SH)
        know_strong(r, table, level);
    sqllint_know(r, FACT_LOCKED, table)->level = level;
}

void sqllint_changes(struct sqllint_run *r, struct sv table)
{
    if (sqllint_is_live(r, table))
        (void)sqllint_know(r, FACT_DDL, table);
}

/* --- functions --- */

#define VOLATILE SQLLINT_VOLATILE
#define STEADY   SQLLINT_STEADY
static const struct {
    const char *name;
    enum sqllint_volatility volatility;
} know_functions[] = {
#define SQLVOLATILE(name, volatility) {#name, volatility},
#include "migrate/sqlvolatile.inc"
#undef SQLVOLATILE
};
#undef VOLATILE
#undef STEADY

static enum sqllint_volatility know_function(struct sv name)
{
    size_t lo = 0, hi = ARRAY_LEN(know_functions);

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = sv_cmp(name, sv_from(know_functions[mid].name));

        if (c == 0)
            return know_functions[mid].volatility;
        if (c < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return SQLLINT_UNKNOWN;
}

bool sqllint_is_function(struct sv name)
{
    return know_function(name) != SQLLINT_UNKNOWN;
}

/* A function that was made there. */
static enum sqllint_volatility know_catalog(const struct sqllint_run *r, struct sv name)
{
    size_t v;

    if (!r->catalog || !map_get(&r->catalog->function_at, name, &v))
        return SQLLINT_UNKNOWN;
    return v == 'v' ? SQLLINT_VOLATILE : SQLLINT_STEADY;
}

struct know_calls {
    const struct sqllint_run *r;
    enum sqllint_volatility worst;
    struct strbuf *name;
};

static bool know_call(const char *kind, const json_t *body, void *arg)
{
    struct know_calls *c = arg;
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    enum sqllint_volatility v;

    if (strcmp(kind, "FuncCall") != 0)
        return false;
    sqltree_name(sqltree_at(body, "funcname"), &name);
    v = know_function(strbuf_sv(&name));
    if (v == SQLLINT_UNKNOWN)
        v = know_catalog(c->r, strbuf_sv(&name));
    if (v > c->worst) {
        c->worst = v;
        strbuf_truncate(c->name, 0);
        strbuf_add_sv(c->name, strbuf_sv(&name));
    }
    return v == SQLLINT_VOLATILE;
}

enum sqllint_volatility sqllint_volatile(const struct sqllint_run *r, const json_t *expr,
                                         struct strbuf *name)
{
    struct know_calls c = {.r = r, .worst = SQLLINT_STEADY, .name = name};

    (void)sqltree_find(expr, know_call, &c); /* the answer is in c */
    return c.worst;
}

static bool know_moving(const char *kind, const json_t *body, void *arg)
{
    static const char *const of_time[] = {"now", "statement_timestamp", "transaction_timestamp",
                                          "age"};
    struct strbuf *name = arg;

    strbuf_truncate(name, 0);
    if (strcmp(kind, "SQLValueFunction") == 0) {
        strbuf_add_str(name, "the current time or user");
        return true;
    }
    if (strcmp(kind, "FuncCall") != 0)
        return false;
    sqltree_name(sqltree_at(body, "funcname"), name);
    for (size_t i = 0; i < ARRAY_LEN(of_time); i++)
        if (sv_is(strbuf_sv(name), of_time[i]))
            return true;
    return know_function(strbuf_sv(name)) == SQLLINT_VOLATILE;
}

bool sqllint_moves(const json_t *expr, struct strbuf *name)
{
    return sqltree_find(expr, know_moving, name);
}
