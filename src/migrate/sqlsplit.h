#pragma once

/*
 * sqlsplit: the statements of SQL text.
 *
 * A statement ends at a semicolon outside of strings, comments, parentheses (rules), BEGIN ATOMIC ... END
 * (functions) and the body of a trigger (SQLite).  What only a client can do (psql's \commands and :variables, COPY
 * FROM STDIN) is refused, as a server that is sent the rest does something else.  Pure; views of the text.
 */
#include "base/vec.h"
#include "db/db.h"
#include "migrate/sqltext.h"

struct sqlsplit_stmt {
    struct sv text; /* without comments before it and the semicolon behind it */
    size_t at;      /* in the text that was split */
};
typedef VEC(struct sqlsplit_stmt) sqlsplit_stmts;

/*
 * Add the statements of bytes [from, to) of `t`.  ERR_INVALID: FMT009 (not closed), FMT014 (for a client only);
 * what was added before the fault stays in *ret.
 */
NODISCARD enum err_code sqlsplit(const struct sqltext *t, size_t from, size_t to, enum db_kind db,
                                 sqlsplit_stmts *ret, struct err *err);
/* Outside comments a blank stands for all that separates: the text whose digest does not change when only
 * comments and layout do. */
void sqlsplit_fold(struct sv stmt, enum db_kind db, struct strbuf *out);
