#pragma once

/*
 * adopt: a database whose migrations another tool has kept the record of, taken over from that record.
 *
 * Tools are recognised by the columns of their tables (adopt_tools.c).  Their tables are read and never written,
 * but by adopt_retire().  What their record says and what the files say are held against each other: by the checksum
 * where the tool keeps one, else the file is taken as it is now, and says so.  docs/formats/migrations.md
 */
#include "migrate/apply.h"

enum adopt_match_by { ADOPT_VERSION, ADOPT_NAME, ADOPT_FILE, ADOPT_APP, ADOPT_ID };

struct adopt_tool {
    const char
        *name; /* "golang-migrate"; "dbmate?rails": one of them, the table alone does not say */
    const char *table;   /* lower case */
    const char *schema;  /* where it is on PostgreSQL; NULL: in the search path */
    const char *columns; /* "version dirty" */
    bool whole;          /* these and no others */
    const char *beside;  /* a table that is there too; NULL: none; "!NAME": one that is not */
    const char *format;  /* of its files; NULL: recognised, and not adopted */
    enum adopt_match_by by;
    /* Five columns: key, name, time, checksum, and "" or "failed" or "cancel"; "{}": the table. */
    const char *rows, *rows_sqlite;
    const char
        *locked;  /* gives a row when someone is at it ("{lock}": the table beside); NULL: none */
    int64_t lock; /* key of its advisory lock; 0: none, or made from a name */
};
extern const struct adopt_tool adopt_tools[];
extern const size_t n_adopt_tools;
const char *adopt_tool_name(const struct adopt_tool *t);

struct adopt_found {
    const struct adopt_tool *tool;
    struct sv schema, table; /* schema: "" on SQLite */
};
typedef VEC(struct adopt_found) adopt_list;

/* Every tool whose tables are there; in the arena.  `table` (or empty): another name of the table of tool `from`. */
NODISCARD enum err_code adopt_detect(struct db *db, struct sv from, struct sv table,
                                     struct arena *a, adopt_list *ret, struct err *err);
/* The one to adopt.  ERR_NOT_FOUND: none; ERR_INVALID: two, and `from` does not say which. */
NODISCARD enum err_code adopt_choose(const adopt_list *l, struct sv from,
                                     const struct format *files, struct adopt_found *ret,
                                     struct err *err);

enum adopt_state { ADOPT_MATCHED, ADOPT_UNVERIFIED, ADOPT_CHANGED, ADOPT_NO_FILE, ADOPT_STATE__N };
struct adopt_row {
    struct sv key, name, at, checksum;
    bool failed;
    bool
        undone; /* prusik itself has undone it since it was adopted: the record is behind, and it stays undone */
    const struct migration *file;
    enum adopt_state state;
};
struct adopt {
    struct adopt_found found;
    struct arena arena;
    VEC(struct adopt_row) rows;
    size_t n_state[ADOPT_STATE__N], n_failed, n_undone, n_only_files;
};
void adopt_release(struct adopt *a);
const char *adopt_state_text(enum adopt_state s);

/* The record, and the files it is about. */
NODISCARD enum err_code adopt_read(struct db *db, const struct adopt_found *f,
                                   const struct migrations *files, struct adopt *ret,
                                   struct err *err);
/* What prusik's own tables say of the record: what was adopted before, and undone since. */
void adopt_mark(struct adopt *ad, const struct book_rows *rows);
/* May it be adopted?  ERR_REFUSED: half done or changed, unless `anyway`; ERR_LOCKED: the tool is running. */
NODISCARD enum err_code adopt_check(struct db *db, const struct adopt *ad, bool anyway,
                                    struct err *err);
/* Write it into prusik's tables, in one transaction; `retire`: rename the tool's table in the same. */
NODISCARD enum err_code adopt_write(struct apply *a, const struct adopt *ad, bool retire,
                                    struct err *err);
/*
 * Before an upgrade: ERR_REFUSED when another tool's record is there and was never adopted (unless `anyway`), or
 * when an adopted tool has gone on since.
 */
NODISCARD enum err_code adopt_guard(struct db *db, const struct book_rows *rows, bool anyway,
                                    struct err *err);
