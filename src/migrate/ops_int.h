#pragma once

/*
 * ops_int: one operation on its way to parts; what the rows of ops_rows.c share.
 */
#include "db/db.h"
#include "migrate/ops.h"
#include "runbook/yaml_file.h"

struct ops {
    struct yaml_file f;
    struct arena arena;
    const struct yaml_node *node;   /* the operation's fields */
    const struct yaml_node *before; /* the list it stands in, up to ... */
    size_t n_before;                /* ... it */
    struct strbuf up, down;         /* what is written for it */
    bool undo;                      /* it stands under `down`: its way forth is a way back */
    size_t number;                  /* of it, from 1 */
    size_t part;                    /* of its last part, from 1 */
    bool failed;                    /* f.err is filled */
};

struct ops_row {
    const char *name;
    size_t n_needed; /* of the fields, from the front */
    const char *keys[16];
    void (*write)(struct ops *o); /* faults are kept in `o` */
};
extern const struct ops_row ops_rows[];
extern const size_t n_ops_rows;

/* A fault; the first one counts. */
void ops_bad(struct ops *o, const struct yaml_node *n, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A field as text, empty when it is not there or null; of "{postgres: ..., sqlite: ...}" that of `db`. */
struct sv ops_text(struct ops *o, const char *key, enum db_kind db);
bool ops_has(const struct ops *o, const char *key);
bool ops_yes(struct ops *o, const char *key, bool otherwise);
struct sv ops_node_text(struct ops *o, const struct yaml_node *n, enum db_kind db);
/* The same, checked to be one expression. */
struct sv ops_expr(struct ops *o, const char *key, enum db_kind db);
struct sv ops_node_expr(struct ops *o, const struct yaml_node *n, enum db_kind db);
/* Quoted: a name with a dot is one in a schema. */
struct sv ops_quote(struct ops *o, struct sv name);
struct sv ops_name(struct ops *o, const char *key);
struct sv ops_literal(struct ops *o, struct sv text);
/* The quoted names of a list, with commas. */
struct sv ops_names(struct ops *o, const struct yaml_node *list);
/* Without its schema; of two words with "_" between them. */
struct sv ops_plain(struct ops *o, const char *key);
/* The type as the database has it. */
struct sv ops_type(struct ops *o, const struct yaml_node *n, enum db_kind db, bool strict);

/* Parts.  `attrs`: what stands behind the word, as ops_attr() writes it, or NULL. */
void ops_up(struct ops *o, enum db_kind db, const char *attrs, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
void ops_down(struct ops *o, enum db_kind db, const char *attrs, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
void ops_check(struct ops *o, enum db_kind db, const char *name, const char *expect,
               const char *fmt, ...) PRINTF_LIKE(5, 6);
void ops_none(struct ops *o, enum db_kind db, const char *reason);
/* " key=\"value\"" in the arena. */
const char *ops_attr(struct ops *o, const char *key, struct sv value);
/* The text of a down part is what this query gives before the next part of the way forth. */
void ops_down_from(struct ops *o, enum db_kind db, const char *attrs, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* --- what the rows share --- */

#define PG   DB_POSTGRES
#define LITE DB_SQLITE

/* NOLINTBEGIN(bugprone-macro-parentheses): `d` is a name */
#define EACH_DB(d) for (const enum db_kind *d = ops_dbs; d < ops_dbs + 2; d++)
/* NOLINTEND(bugprone-macro-parentheses) */
extern const enum db_kind ops_dbs[2];

/* "TABLE_COLUMN" and the suffix. */
struct sv ops_join(struct ops *o, const char *suffix);
/* The attribute of a part that makes the table anew. */
const char *ops_rebuild(struct ops *o);
/* A field as an SQL text. */
struct sv ops_lit(struct ops *o, const char *key);
/* Attributes of an UPDATE in batches; its keys, else the primary key. */
const char *ops_job(struct ops *o, struct sv name, const struct yaml_node *keys);
/* Is there an operation of this name before this one on its table? */
bool ops_touched(struct ops *o, const char *by);

/* ops_data.c: rows of ops_rows.c */
void ops_backfill(struct ops *o);
void ops_map_values(struct ops *o);
void ops_promote_json(struct ops *o);
void ops_add_enum_value(struct ops *o);
void ops_attach_partition(struct ops *o);
void ops_contract_rename(struct ops *o);
void ops_create_enum(struct ops *o);
void ops_create_view(struct ops *o);
void ops_detach_partition(struct ops *o);
void ops_drop_enum(struct ops *o);
void ops_drop_view(struct ops *o);
void ops_expand_rename(struct ops *o);
void ops_replace_view(struct ops *o);
void ops_sql(struct ops *o);
