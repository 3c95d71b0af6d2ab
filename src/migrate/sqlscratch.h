#pragma once

/*
 * sqlscratch: a SQLite database in memory on which statements are tried, so that SQLite itself says what they do.
 *
 * It begins empty, or as a copy of a file, which is only read.  Nothing outside of it is reached: ATTACH, extensions and
 * VACUUM are not run, nor pragmas that are not about tables; a statement ends after a bounded number of steps.  foreign_keys is on, as in
 * a program that keeps its references.  Where rows decide and there are none, each table has one.  A table that nobody made is
 * taken for one that is there, with the columns that statements name, when the scratch knows no others.  One thread at a time.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"

#define SQLSCRATCH_COPY (64u << 20) /* bytes: of a larger file only the definitions are copied */

struct sqlscratch;

/* What a statement did. */
struct sqlscratch_result {
    int code;            /* SQLITE_OK, or the extended code of the error */
    struct sv message;   /* of the error, as SQLite says it */
    size_t at;           /* byte of the statement at which it is */
    struct sv text_name; /* a name in double quotes that SQLite takes for text; or empty */
    struct sv child;     /* a table that refers to the one that is dropped or renamed, before ... */
    struct sv follows;   /* ... and one that refers to the new name, after */
    bool skipped;        /* not run: it reaches outside, or would do nothing here */
    bool cut;            /* ended before its end */
    bool in_tx, foreign_keys; /* before */
    struct sv reads;          /* tables that it reads: ",a,b," */
};

/* path NULL: empty.  ERR_NOT_FOUND, ERR_DB: no such file, or no database. */
NODISCARD enum err_code sqlscratch_open(const char *path, struct sqlscratch **ret, struct err *err);
/* A copy of it as it is now, without what is temporary: as dear as all its tables. */
struct sqlscratch *sqlscratch_copy(struct sqlscratch *s);
void sqlscratch_free(struct sqlscratch *s); /* NULL: nothing */
DEFINE_CLEANUP(struct sqlscratch *, sqlscratch_free)

/* Is there anything temporary? */
bool sqlscratch_is_temporary(struct sqlscratch *s);
/* Are its rows those of a database? */
bool sqlscratch_has_rows(const struct sqlscratch *s);
/* Settings as on opening, no transaction; rows where there are none.  Before each file. */
void sqlscratch_begin(struct sqlscratch *s);
/* `table`: the one that the statement drops or renames, `to` its new name; or empty.  Views are in the arena. */
void sqlscratch_run(struct sqlscratch *s, struct sv stmt, struct sv table, struct sv to,
                    struct arena *a, struct sqlscratch_result *ret);
/* From here to undo nothing stays.  As sqlscratch_begin(), and then a transaction, which no statement may begin or end. */
void sqlscratch_try(struct sqlscratch *s);
void sqlscratch_undo(struct sqlscratch *s);
/* Indexes and triggers of the table: "index NAME\n...". */
struct sv sqlscratch_objects(struct sqlscratch *s, struct sv table, struct arena *a);
/* Is there an object of the type ("table", "index", "trigger")? */
bool sqlscratch_has(struct sqlscratch *s, const char *type, struct sv name);
/* Is what nobody made taken for something that is there? */
bool sqlscratch_assumes(const struct sqlscratch *s);
