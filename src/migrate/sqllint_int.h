#pragma once

/*
 * sqllint_int: the run of the linter over one file, as the rules see it.
 *
 * Statements come one after another in file order, each with its tree; what later ones need to know of earlier
 * ones is remembered here by name, in the arena of the lint.
 */
#include "base/map.h"
#include "migrate/sqllint.h"
#include "migrate/sqlscratch.h"
#include "migrate/sqltree.h"

/* Table locks of PostgreSQL that matter here, weakest first. */
enum sqllint_lock {
    SQLLINT_UNLOCKED,
    SQLLINT_SUE,
    SQLLINT_SH,
    SQLLINT_SRE,
    SQLLINT_EX,
    SQLLINT_AEL,
};

/* What is remembered by name, of this file. */
enum sqllint_fact {
    FACT_TABLE,     /* made here */
    FACT_FILLED,    /* a table made here has rows of another */
    FACT_LIVE,      /* a table made here was attached */
    FACT_SPLIT,     /* a partitioned table made here */
    FACT_OBJECT,    /* index, view, function, ... made here */
    FACT_COLUMN,    /* "table.column" added here */
    FACT_NOT_VALID, /* "table.constraint" added without a check of the rows */
    FACT_KEY,       /* "table.constraint": a foreign key added here */
    FACT_ADDED,     /* "table.constraint" of any kind added here */
    FACT_PROOF,     /* "table.constraint.column": its CHECK holds column IS NOT NULL */
    FACT_PROVED,    /* "table.column": such a CHECK is valid */
    FACT_VALUE,     /* a value added to an enum */
    FACT_COUNTED,   /* "table" whose duplicates a check counts; `more`: its columns */
    FACT_LOCKED,    /* an existing table; `level` */
    FACT_DDL,       /* an existing table whose definition was changed */
    FACT_NAMED,     /* a table or "table.column" that is there from here on, with a catalog */
    FACT_PROCEDURE, /* or function, made here in PL/pgSQL or SQL; `more`: its CREATE */
    FACT_GONE,      /* "table.constraint" that was there and was dropped */
};

struct sqllint_known {
    enum sqllint_fact fact;
    struct sv name, more;
    unsigned tx; /* of the statement */
    size_t stmt; /* its number */
    enum sqllint_lock level;
};

/* A finding that a later statement takes back or softens. */
enum sqllint_until {
    UNTIL_VIEW,   /* a view with the old name: a note */
    UNTIL_POLICY, /* a policy on the table: gone */
    UNTIL_SETVAL, /* setval: gone */
    UNTIL_MADE,   /* the dropped object is made again: gone */
};
struct sqllint_pending {
    enum sqllint_until until;
    size_t finding; /* index */
    struct sv name;
    unsigned tx;
    bool met;
};

struct sqllint_ignore {
    size_t line;
    struct sv ids; /* "PG001,RUN002" */
    bool reason;
};

struct sqllint_run {
    struct sqllint *l;
    enum db_kind db;            /* whose files these are */
    int server;                 /* that runs them; 0: not known */
    struct sqlcatalog *catalog; /* of a server; or NULL */
    size_t body_depth;          /* of bodies that are read */
    size_t n_bodies;            /* that the file makes */
    bool body_tx;               /* the transaction is that of a body */
    bool unseen;                /* a statement was not read: it may have made anything */
    struct sqlscratch *scratch; /* where parts for SQLite are run; NULL until the first */
    bool trial;                 /* sqlscratch_try() has begun a transaction there */
    VEC(struct sv) failed;      /* statements that SQLite refused */
    bool unlimited;             /* who runs it sets no lock_timeout */
    bool plain;                 /* BEGIN and COMMIT count */
    bool marked;                /* the file has prusik's markers */
    bool document;              /* statements of a runbook: only what locks and fails */
    VEC(struct sqllint_known) known;
    struct map newest; /* fact and name: the last in `known` */
    size_t tx_known;   /* what is known from here on is of this transaction */
    VEC(struct sqllint_pending) pending;
    VEC(struct sqllint_ignore) ignores;
    unsigned tx; /* number of the transaction */
    bool in_tx;
    bool lock_timeout; /* one is in force */
    bool said_timeout, said_two, said_transaction, said_other;
    VEC(size_t)
    masked; /* lines with what only psql understands: their statements are not looked at */
    /* the statement */
    const struct migration_part *part;
    const struct migration_stmt *stmt;
    size_t number, end_line, last_line; /* last_line: where the one before ended */
    const struct sqltree *tree;
    bool said[SQLLINT__N];
    size_t first_finding;
    enum sqllint_grade grade;
    bool works; /* it reads or writes many rows of existing tables */
};

/* The statement that findings are of, and its end: its grade is that of the file when it is applied. */
void sqllint_begin_statement(struct sqllint_run *r, const struct migration_stmt *s);
void sqllint_end_statement(struct sqllint_run *r, bool applied);
/* Add a finding at a byte of the statement, unless the rule has spoken of it.  Its index, SIZE_MAX when not added. */
size_t sqllint_add(struct sqllint_run *r, enum sqllint_id id, size_t at, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* The rewrite of the finding that was added last, if it is of this rule; no semicolon at its end is needed. */
void sqllint_rewrite(struct sqllint_run *r, enum sqllint_id id, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void sqllint_severity(struct sqllint_run *r, enum sqllint_id id, enum sqllint_severity s);
void sqllint_until(struct sqllint_run *r, size_t finding, enum sqllint_until until, struct sv name);
void sqllint_meet(struct sqllint_run *r, enum sqllint_until until, struct sv name);
void sqllint_grade(struct sqllint_run *r, enum sqllint_grade g);

struct sqllint_known *sqllint_know(struct sqllint_run *r, enum sqllint_fact fact, struct sv name);
/* The newest that is known of the name, or NULL. */
const struct sqllint_known *sqllint_find(const struct sqllint_run *r, enum sqllint_fact fact,
                                         struct sv name);

/* "schema.table" of a RangeVar, in the arena; as written, with its quotes: sqllint_written(). */
struct sv sqllint_table(struct sqllint_run *r, const json_t *range);
struct sv sqllint_written(struct sqllint_run *r, const json_t *range);
/* Names of a list with dots between, in the arena. */
struct sv sqllint_name(struct sqllint_run *r, const json_t *list);
/* An identifier as SQL writes it, quoted when it must be. */
struct sv sqllint_ident(struct sqllint_run *r, struct sv name);
/* Text of the statement between two bytes, trimmed, without a comma or semicolon at its end. */
struct sv sqllint_slice(const struct sqllint_run *r, size_t from, size_t to);
/* Does the table exist before this file, or do others see it by now? */
bool sqllint_is_live(const struct sqllint_run *r, struct sv table);
/* Does a query read an existing table? */
bool sqllint_reads(struct sqllint_run *r, const json_t *query);
/* A lock on a table; counts when the table is live. */
void sqllint_take(struct sqllint_run *r, struct sv table, enum sqllint_lock level);
/* The statement changes a definition. */
void sqllint_changes(struct sqllint_run *r, struct sv table);

/* How a function answers: the same in all of a statement (STEADY), or for each row (VOLATILE). */
enum sqllint_volatility { SQLLINT_STEADY, SQLLINT_UNKNOWN, SQLLINT_VOLATILE };
/* The worst of the calls in an expression; *name: the function. */
enum sqllint_volatility sqllint_volatile(const struct sqllint_run *r, const json_t *expr,
                                         struct strbuf *name);
/* Does the expression depend on the time, or on chance? */
bool sqllint_moves(const json_t *expr, struct strbuf *name);

/* One statement, by its kind; rows of sqllint_table of each file. */
struct sqllint_check {
    const char *kind;
    void (*check)(struct sqllint_run *r, const json_t *body);
};
extern const struct sqllint_check sqllint_checks_alter[], sqllint_checks_make[],
    sqllint_checks_drop[], sqllint_checks_rows[], sqllint_checks_run[];
/* The statement as a whole, after the check of its kind. */
void sqllint_check_run(struct sqllint_run *r, struct sv text);
/* Add what a CHECK of a constraint says: its expression and the columns it proves. */
void sqllint_check_expr(struct sqllint_run *r, const json_t *constraint, struct sv table);
/* "table" and columns of a query that counts duplicates. */
void sqllint_counted(struct sqllint_run *r, const struct sqltree *t);
bool sqllint_is_counted(const struct sqllint_run *r, struct sv table, struct sv columns);
/* The statement of r->tree that is applied, by the row of its kind. */
void sqllint_judge(struct sqllint_run *r);
/* What DO, CALL and SELECT execute, and a procedure or function for these. */
void sqllint_do(struct sqllint_run *r, const json_t *stmt);
void sqllint_call(struct sqllint_run *r, const json_t *stmt);
void sqllint_select(struct sqllint_run *r, const json_t *stmt);
void sqllint_remember_body(struct sqllint_run *r, const json_t *function);
/* With a catalog: what the statement needs and is not there; what it makes; at the end of the file, for those behind it. */
void sqllint_there(struct sqllint_run *r);
void sqllint_there_end(struct sqllint_run *r);
/* Findings of the statement say how large the table is; of a small one they are notes. */
void sqllint_there_sizes(struct sqllint_run *r);
/* Does the catalog say that the column has no NULL? */
bool sqllint_is_never_null(const struct sqllint_run *r, struct sv table, struct sv column);
/* Is it a function of PostgreSQL? */
bool sqllint_is_function(struct sv name);
/* A part for SQLite, on r->scratch. */
void sqllint_lite_part(struct sqllint_run *r, const struct migration_part *part);
