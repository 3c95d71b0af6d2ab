#pragma once

/*
 * db_verb: what the commands of `prusik db` share: the folder of migrations and the connection.
 */
#include "cli/verb.h"
#include "migrate/apply.h"
#include "migrate/discover.h"

/* What is asked before the files are read: those that are applied as they are need not be read for their parts. */
enum db_beside { DB_BESIDE_NOTHING, DB_BESIDE_DIGESTS, DB_BESIDE_ROWS };

/* One call of `prusik db COMMAND`. */
struct db_verb {
    const struct cli *c;
    const char *command;
    const char **args; /* behind the command */
    int n_args;
    enum exit_code *exit;
    /* what the command's row asks for */
    struct db *db;
    char *url; /* of it */
    char *dir;
    struct discover_ahead *ahead; /* its files, while the database is asked */
    struct discover tree;
    bool has_tree;
    struct book_rows applied; /* as the tables were before the files were read */
    enum db_beside beside;
    bool live;         /* progress stands on the last line of the terminal */
    uint64_t shown_ns; /* when progress was shown */
};

typedef enum err_code db_verb_fn(struct db_verb *v, struct err *err);

struct db_command {
    const char *name, *alias; /* alias: NULL, or another word for it */
    const char *takes;        /* its arguments, for people; "": none */
    int min_args, max_args;   /* max -1: no limit */
    bool files, database;     /* the folder is read, the database opened */
    bool create;              /* a SQLite file that is not there is made */
    enum db_beside beside;
    db_verb_fn *run;
    bool as_new; /* ... or taken to be there, and empty */
};

db_verb_fn db_new, db_status, db_current, db_history, db_plan, db_verify, db_upgrade, db_downgrade,
    db_stamp, db_repair, db_adopt, db_lint, db_backfill;

/* The options of a run, from the command line; its events are shown.  ERR_USAGE: no duration. */
NODISCARD enum err_code db_verb_options(struct db_verb *v, struct apply_options *ret,
                                        struct err *err);
/* What --db means: an address, the path of a file, or a name of the binding. */
NODISCARD enum err_code db_verb_url(const struct cli *c, struct strbuf *url, struct err *err);
/* The folder: --dir, or the one that is there.  For free(). */
char *db_verb_dir(const struct cli *c);
/* What the tables say, held against the files; both released by the caller. */
NODISCARD enum err_code db_verb_compare(struct db_verb *v, enum book_texts texts,
                                        struct book_rows *rows, pendings *ret, struct err *err);
/* Revisions of Alembic: ERR_INVALID when there are two heads, and not all are applied. */
NODISCARD enum err_code db_verb_heads(const struct db_verb *v, const pendings *p, struct err *err);
/* How many entries are wanted, from the front: up to --to, or --count that are due. */
NODISCARD enum err_code db_go_end(const struct db_verb *v, const pendings *p, size_t *ret,
                                  struct err *err);
/* Remarks on the folder, on standard output unless --json or --quiet. */
void db_verb_notes(const struct db_verb *v);
/* The whole verb. */
enum err_code db_verb_run(struct cli *c, enum exit_code *exit, struct err *err);
