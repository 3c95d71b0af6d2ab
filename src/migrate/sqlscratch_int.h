#pragma once

/*
 * sqlscratch_int: what the files of sqlscratch share: the database in memory, the names that are known in it, and what a
 * file of migrations has done to them so far.
 *
 * sqlscratch.c opens and copies it and begins a file; sqlscratch_run.c runs a statement and notes what it is about to do;
 * sqlscratch_names.c knows names and who refers to whom; sqlscratch_seed.c puts rows where there are none;
 * sqlscratch_assume.c makes what nobody made, and finds names that are taken for text; sqlscratch_trial.c tries a way back.
 */
#include <sqlite3.h>

#include "base/map.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "migrate/sqlscratch.h"

/* A table, or what else has a name, and what is kept about it. */
struct scratch_name {
    char *name;
    bool ordinary;        /* it is, or was, a table that takes rows of ours */
    bool touched;         /* in this file: written to, altered, dropped */
    bool forced;          /* it has a row of ours that its CHECK refuses, ... */
    bool emptied;         /* ... which was taken away in this file */
    size_t trial;         /* the last whose file has made it */
    VEC(size_t) children; /* tables that have referred to it at some time */
};

/* Statements that are tried in a transaction, and what was there before it. */
struct scratch_trial {
    bool on;
    size_t number;
    struct strbuf sql;  /* what the file has made; nothing: it did more than to make definitions */
    sqlite3_int64 from; /* those have higher rowids */
    uint64_t others;    /* number of definitions */
    /* as in struct sqlscratch */
    sqlite3_int64 seen;
    size_t assumed;
};

struct sqlscratch {
    sqlite3 *lite;
    bool empty;  /* on opening: tables may be assumed */
    bool rows;   /* of a database */
    bool assume; /* in this file */
    size_t counts;
    VEC(char *) assumed; /* tables */
    VEC(struct scratch_name) names;
    struct map index; /* name in lower case: its place in names */
    VEC(size_t) touched;
    VEC(size_t) made;   /* tables that the statement makes */
    sqlite3_int64 seen; /* rowid in sqlite_schema: tables up to it have had their row */
    bool fewer;         /* a definition may be gone */
    bool edges;         /* any table may refer to another one by now */
    struct scratch_trial trial;
    struct strbuf reads; /* of the statement */
    bool outside;        /* it would have reached outside */
};

/* --- sqlscratch.c: questions of our own, without the limits of a statement --- */

/* The first column of the first row, or the empty view. */
struct sv scratch_ask(struct sqlscratch *s, struct arena *a, const char *sql, struct sv one,
                      struct sv two);
bool scratch_do(struct sqlscratch *s, const char *sql);
/* The largest rowid of a definition; 0: there are none. */
sqlite3_int64 scratch_last_definition(struct sqlscratch *s);

/* --- sqlscratch_run.c --- */

/* The authorizer: what a statement may do, and a note of what it is about to do. */
int scratch_allow(void *arg, int action, const char *one, const char *two, const char *schema,
                  const char *trigger);
/* What SQLite says, which may cut a character in two. */
struct sv scratch_say(struct arena *a, const char *text);

/* --- sqlscratch_names.c --- */

/* Its place in `names`; it is made when it is new. */
size_t scratch_name(struct sqlscratch *s, struct sv name);
/* Valid until the next new name. */
struct scratch_name *scratch_named(struct sqlscratch *s, struct sv name);
/* Tables of SQLite's own do not count, but for what is temporary. */
void scratch_touch(struct sqlscratch *s, const char *name);
void scratch_untouch(struct sqlscratch *s);
/* sql: rows of a child and its parent; child: its parameter ?1, or NULL. */
void scratch_read_children(struct sqlscratch *s, const char *sql, const char *child);
/* Behind an ALTER or a ROLLBACK all of them are read anew. */
void scratch_read_edges(struct sqlscratch *s);
/* The first in the order of names that refers to the table; empty: none does. */
struct sv scratch_child(struct sqlscratch *s, struct sv table, struct arena *a);

/* --- sqlscratch_seed.c --- */

/* Rows of ours that no CHECK would have let in, where a statement has met one; false: there are none. */
bool scratch_drop_forced(struct sqlscratch *s);
/* Between two files: each table that may have become empty has a row again. */
void scratch_settle(struct sqlscratch *s);

/* --- sqlscratch_assume.c --- */

/* Is a name in double quotes always one, and never text? */
void scratch_quotes_are_names(struct sqlscratch *s, bool on);
/* A name in double quotes that SQLite takes for text; or empty. */
struct sv scratch_text_name(struct sqlscratch *s, struct sv stmt, struct arena *a);
/* Make what the message says is missing; false: it cannot be, or that is not what is wrong. */
bool scratch_assume(struct sqlscratch *s, struct sv stmt);
