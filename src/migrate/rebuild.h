#pragma once

/*
 * rebuild: what SQLite's ALTER TABLE cannot do: the table is made anew, filled, and put in the place of the old one.
 *
 * Actions are written as PostgreSQL's ALTER TABLE has them, without "ALTER TABLE name":
 *   ALTER COLUMN c SET NOT NULL [USING e] | DROP NOT NULL | SET DEFAULT e | DROP DEFAULT | TYPE t [USING e]
 *   ADD CONSTRAINT n ... | DROP CONSTRAINT n | ADD COLUMN c ... [USING e] | DROP COLUMN c
 *   AS CREATE TABLE ... (alone: that text as it is)
 * USING is the value that the copy gets (SET NOT NULL: in place of NULL).  Indexes, triggers, views, keys of other
 * tables, counters and statistics stay; of the table's text only the spans change that an action is about.
 * SQLite, "ALTER TABLE", section 7 ("Making Other Kinds Of Table Schema Changes").
 */
#include "db/db.h"

struct rebuild_actions {
    const struct sv *v;
    size_t n;
};

struct rebuild_copy {
    struct sv column; /* plain */
    struct sv value;  /* an expression; empty: the column as it is */
    bool coalesce;    /* `value` stands for NULL only */
};

struct rebuild_plan {
    struct strbuf create;         /* the new table's text; its name is `as` */
    struct rebuild_copy *columns; /* of the new table, in its order */
    size_t n_columns;
};
void rebuild_plan_release(struct rebuild_plan *p);

/*
 * Pure: `create` is the text of sqlite_schema, `as` the new table's name.  Names lie in the arena.  ERR_INVALID:
 * an action that cannot be read; ERR_REFUSED: the table's text cannot, or it has no such column or constraint.
 */
NODISCARD enum err_code rebuild_read(struct sv create, struct sv as, struct rebuild_actions actions,
                                     struct arena *a, struct rebuild_plan *ret, struct err *err);
/*
 * Within the caller's transaction, with foreign_keys off since before it (ERR_REFUSED else, as dropping the old table
 * would delete its children).  ERR_REFUSED: rows, views or triggers stand against it; the caller rolls back.
 */
NODISCARD enum err_code rebuild_run(struct db *db, struct sv table, const struct sv *actions,
                                    size_t n, struct err *err);
