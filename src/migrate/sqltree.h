#pragma once

/*
 * sqltree: the parse tree of one PostgreSQL statement.
 *
 * The grammar is that of PostgreSQL 15 (libpg_query, docs/adr/0011-sql-lint.md), the tree its JSON:
 * {"IndexStmt": {"relation": {...}, ...}}; members that are false, 0 or empty are left out.  Offsets are bytes of the
 * statement.  Any thread may parse.
 */
#include "base/json.h"

struct sqltree {
    json_t *root;     /* owned */
    const char *kind; /* "IndexStmt"; "" for no statement */
    json_t *body;     /* of the node of that kind */
};

#define SQLTREE_BYTES  (1u << 20) /* of one statement: beyond it is data, not definitions */
#define SQLTREE_TOKENS 6000u      /* that may stand inside each other: the parser recurses */

/*
 * ERR_INVALID: not in the grammar, *at says where; ERR_LIMIT: too long or too deep.  One statement without its
 * semicolon.
 */
NODISCARD enum err_code sqltree_parse(struct sv stmt, struct sqltree *ret, size_t *at,
                                      struct err *err);
/*
 * The same where a plain SELECT says nothing by its tree: it gets the kind alone, no root and no body, which saves most
 * of the time that it takes.  A long one may have its tree all the same.
 */
NODISCARD enum err_code sqltree_parse_but_select(struct sv stmt, struct sqltree *ret, size_t *at,
                                                 struct err *err);
/* The same without rows of an INSERT that are as others of it are (sqlthin.h): which strings are in it is not known then. */
NODISCARD enum err_code sqltree_parse_but_rows(struct sv stmt, struct sqltree *ret, size_t *at,
                                               struct err *err);
/*
 * The body of a DO or CREATE FUNCTION in PL/pgSQL, as the library shows it: nodes PLpgSQL_stmt_... with `lineno` from 1 in the
 * body.  `body`: its text, for the bounds of sqltree_parse().  ERR_INVALID, ERR_LIMIT; the caller owns *ret.
 */
NODISCARD enum err_code sqltree_parse_body(struct sv stmt, struct sv body, json_t **ret,
                                           struct err *err);
void sqltree_release(struct sqltree *t);

/* What a path of names and numbers leads to ("def.ColumnDef.typeName", "cmds.0"); NULL: nothing. */
json_t *sqltree_at(const json_t *node, const char *path);
struct sv sqltree_sv(const json_t *node, const char *path);
bool sqltree_is(const json_t *node, const char *path, const char *text);
bool sqltree_flag(const json_t *node, const char *path);
int64_t sqltree_int(const json_t *node, const char *path, int64_t otherwise);
/* The offset that a node has, 0 when none. */
size_t sqltree_place(const json_t *node);

/* Called for each node with its kind, parents first; true ends the search. */
typedef bool sqltree_fn(const char *kind, const json_t *body, void *arg);
bool sqltree_find(const json_t *node, sqltree_fn *fn, void *arg);
/* Names of a list of String nodes with dots between; "public." and "pg_catalog." are left out. */
void sqltree_name(const json_t *list, struct strbuf *out);
