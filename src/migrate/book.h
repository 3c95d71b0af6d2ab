#pragma once

/*
 * book: what prusik keeps in the database itself about its migrations (docs/formats/migrations.md, "Tables").
 *
 * Tables meta, migration, event, progress: in the schema `prusik` on PostgreSQL, with the prefix "prusik_" on SQLite.
 * Writing happens in the transaction of the caller, so that a change and its row are one.  Events are only added.
 */
#include "base/vec.h"
#include "db/db.h"

#define BOOK_VERSION 1 /* of the tables: a newer one is refused */

struct book {
    struct db *db;
    char prefix[140]; /* "\"prusik\"." or "prusik_" */
    char schema[64];
    char run[90]; /* names this call in events */
    char os_user[80], host[80];
    char *put; /* the statement of book_put_with(), for PostgreSQL, once it was made; or NULL */
};
void book_release(struct book *b);

/* A row of `migration`; views live in the arena of book_rows. */
struct book_migration {
    struct sv version, name, kind, state, format, path, title, p1, s1;
    struct sv up_text, down_text, verify_text;
    struct sv origin, origin_ref, origin_at, applied_at, applied_by;
    int64_t ordinal, duration_ms;
};

/* A row of `progress`. */
struct book_step {
    struct sv version, direction, part;
    int64_t stmt;            /* from 1; 0: the part as a whole */
    struct sv digest, state; /* state: intent, done, failed */
    int64_t backend_pid;
    struct sv backend_start, error;
};

struct book_rows {
    struct arena arena;
    VEC(struct book_migration) migrations; /* by ordinal */
    VEC(struct book_step) steps;
    bool exists; /* the tables are there */
};
void book_rows_release(struct book_rows *r);

struct book_event {
    const char *kind; /* "up-done" */
    struct sv version, direction, part;
    int64_t stmt, duration_ms;           /* -1: none */
    struct sv sqlstate, message, detail; /* detail: JSON, or empty */
};

/* For what fails while another failure is on its way to the caller, or at the very end: that it failed changes
 * nothing. */
static inline void book_besides(enum err_code rc UNUSED)
{
}

/* Nothing is asked yet.  ERR_INVALID: the schema is no plain name. */
NODISCARD enum err_code book_open(struct db *db, struct sv schema, struct book *ret,
                                  struct err *err);
/* Make the tables that are not there.  ERR_REFUSED: they are of a newer prusik. */
NODISCARD enum err_code book_create(struct book *b, struct err *err);
/* Of the texts: none, all of them, or what undoes and verifies.  Of an up_text that is left out "x" says that there is one. */
enum book_texts { BOOK_TEXTS_NONE, BOOK_TEXTS_ALL, BOOK_TEXTS_BACK };
/* What is kept, without format, path, title, origin_ref and origin_at, which are for people; without tables nothing. */
NODISCARD enum err_code book_load(struct book *b, enum book_texts texts, struct book_rows *ret,
                                  struct err *err);

/* Of what is applied as a whole or in part only version, state, origin, p1 and s1; "partial": also what is on its way
 * back. */
NODISCARD enum err_code book_load_digests(struct book *b, struct book_rows *ret, struct err *err);

/* Add or replace. */
NODISCARD enum err_code book_put(struct book *b, const struct book_migration *m, struct err *err);
/*
 * The same, the event, and the statements `behind` them: in one message where that is possible.  *done: what came to its end,
 * 1 for both rows, and one more for each statement behind them.
 */
NODISCARD enum err_code book_put_with(struct book *b, const struct book_migration *m,
                                      const struct book_event *e, struct sv behind, size_t *done,
                                      struct err *err);
/*
 * Both rows as one statement of a message of PostgreSQL; nothing is added where db_often_text() adds nothing.  Their duration
 * is what is said there and what the message has taken since it came.
 */
NODISCARD enum err_code book_put_text(struct book *b, const struct book_migration *m,
                                      const struct book_event *e, struct strbuf *text,
                                      struct err *err);
/* Has this call kept an event of this kind about the version? */
NODISCARD enum err_code book_has_event(struct book *b, struct sv version, const char *kind,
                                       bool *ret, struct err *err);
NODISCARD enum err_code book_set_state(struct book *b, struct sv version, const char *state,
                                       struct err *err);
NODISCARD enum err_code book_delete(struct book *b, struct sv version, struct err *err);
NODISCARD enum err_code book_put_step(struct book *b, const struct book_step *s, struct err *err);
NODISCARD enum err_code book_clear_steps(struct book *b, struct sv version, struct err *err);
NODISCARD enum err_code book_add_event(struct book *b, const struct book_event *e, struct err *err);

/* Events, newest first, at most `limit`: the columns of book_event_columns. */
extern const char *const book_event_columns[];
NODISCARD enum err_code book_events(struct book *b, struct sv version, int64_t limit,
                                    struct arena *a, struct db_table *ret, struct err *err);
