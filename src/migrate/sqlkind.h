#pragma once

/*
 * sqlkind: what a statement is, as far as running it once and knowing about it needs that.
 *
 * By its first words.  PostgreSQL 15, "SQL Commands": the notes on transaction blocks; SQLite: "PRAGMA Statements".
 */
#include "db/db.h"

enum sqlkind {
    SQLKIND_PLAIN,       /* may run in a transaction */
    SQLKIND_TRANSACTION, /* BEGIN, COMMIT, SAVEPOINT, ... */
    /* cannot run in one; what each is asked after a crash is in apply_probe.c */
    SQLKIND_CREATE_INDEX,
    SQLKIND_DROP_INDEX,
    SQLKIND_REINDEX,
    SQLKIND_DETACH,
    SQLKIND_REPEATABLE, /* VACUUM, ALTER SYSTEM, CLUSTER, PRAGMA: again is the same */
    SQLKIND_CREATE_DATABASE,
    SQLKIND_DROP_DATABASE,
    SQLKIND_CREATE_TABLESPACE,
    SQLKIND_DROP_TABLESPACE,
    SQLKIND_SUBSCRIPTION,
    SQLKIND_CALL, /* CALL, DO with COMMIT in it */
    SQLKIND__N,
};

enum sqlkind sqlkind_of(struct sv stmt, enum db_kind db);
/* Must it run outside of a transaction?  (CALL and DO may have to: false.) */
bool sqlkind_needs_none(enum sqlkind k);
/* Does it change rows or definitions, or only read? */
bool sqlkind_is_query(struct sv stmt, enum db_kind db);
/* PostgreSQL: its waits are for old transactions and block nobody (M12): no limit of time on it. */
bool sqlkind_waits_long(struct sv stmt, enum db_kind db);
/* The name that stands after the words of a CREATE/DROP INDEX CONCURRENTLY, CREATE/DROP DATABASE, ..., as written;
 * false: none. */
bool sqlkind_object(struct sv stmt, enum sqlkind k, struct sv *ret);
