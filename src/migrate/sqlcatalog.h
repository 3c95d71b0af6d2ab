#pragma once

/*
 * sqlcatalog: what the linter asks of a PostgreSQL server: tables with their size, columns, keys and checks, functions.
 *
 * Read once, in one read-only transaction with a statement timeout; afterwards in memory, without the connection.  Names are
 * those of the linter: "table" in public or on the search path, "schema.table" in any schema.  What files that were
 * linted before make is added by name (sqlcatalog_add()).
 */
#include "base/map.h"
#include "base/vec.h"
#include "db/db.h"

#define SQLCATALOG_SMALL_BYTES ((int64_t)8 << 20)
#define SQLCATALOG_SMALL_ROWS  10000

struct sqlcatalog_table {
    struct sv name;
    char kind; /* pg_class.relkind: 'r' table, 'p' partitioned, 'v' view, ... */
    int64_t rows,
        bytes; /* rows: as last counted by the server, -1: never; of a partitioned table with its partitions */
};

struct sqlcatalog_column {
    struct sv type; /* pg_type.typname: "varchar" */
    int64_t typmod; /* -1: none */
    bool not_null;
    bool
        bound; /* a CHECK, or an index with an expression or condition, uses it: another type reads or builds it anew */
    struct sv proof; /* the valid CHECK that says it has no NULL; or empty */
};

struct sqlcatalog_constraint {
    char kind;        /* pg_constraint.contype: 'p', 'u', 'f', 'c', 'x' */
    struct sv parent; /* of a foreign key */
};

struct sqlcatalog {
    struct arena arena;
    VEC(struct sqlcatalog_table) tables;
    VEC(struct sqlcatalog_column) columns;
    VEC(struct sqlcatalog_constraint) constraints;
    struct map table_at, column_at /* "table.column" */, constraint_at /* "table.constraint" */,
        index_at /* name: its table */, function_at /* name: 'i', 's', 'v' */, made;
    int version; /* 150004 */
    bool utc;    /* TimeZone of the session */
    int64_t small_bytes, small_rows;
};

/* ERR_DB, ERR_TIMEOUT, ERR_NET. */
NODISCARD enum err_code sqlcatalog_read(struct db *db, struct sqlcatalog *ret, struct err *err);
void sqlcatalog_release(struct sqlcatalog *c);

/* NULL: it is not there. */
const struct sqlcatalog_table *sqlcatalog_table(const struct sqlcatalog *c, struct sv name);
const struct sqlcatalog_column *sqlcatalog_column(const struct sqlcatalog *c, struct sv table,
                                                  struct sv name);
const struct sqlcatalog_constraint *sqlcatalog_constraint(const struct sqlcatalog *c,
                                                          struct sv table, struct sv name);
/* The table of an index. */
const struct sqlcatalog_table *sqlcatalog_index(const struct sqlcatalog *c, struct sv name);
bool sqlcatalog_is_small(const struct sqlcatalog *c, const struct sqlcatalog_table *t);
/* A table, or "table.column", that a file before makes. */
void sqlcatalog_add(struct sqlcatalog *c, struct sv name);
bool sqlcatalog_is_added(const struct sqlcatalog *c, struct sv name);
/* May a column change to the type without being written anew?  typmods: as written, -1: none. */
bool sqlcatalog_is_safe(const struct sqlcatalog *c, const struct sqlcatalog_column *from,
                        struct sv type, int64_t first, int64_t second);
