#pragma once

/*
 * format: the files of each tool that prusik reads as they are, one row per tool (formats.inc).
 *
 * A row says which files belong to it, what their names mean, and how their text becomes migrations.
 * What stands in no file of a row is not there: nothing is guessed.  Pure.  docs/formats/migrations.md
 */
#include "migrate/migration.h"

enum format_direction { FORMAT_WHOLE, FORMAT_UP, FORMAT_DOWN, FORMAT_VERIFY };

/* What the name of a file says. */
struct format_name {
    struct sv version; /* canonical; empty: it has none */
    struct sv name;
    enum format_direction direction;
    bool repeatable, baseline, code;
};

/* Pattern of a name: groups of version and name, 0: none. */
struct format_rule {
    const char *pattern;
    size_t version, name;
    enum format_direction direction;
    bool repeatable, baseline, code;
    bool folder; /* the pattern is for the path with its folder */
};

/* Migrations that are read, with the memory of all of them. */
struct migrations {
    struct arena arena;
    VEC(struct migration) v;
    struct sqltext_place place; /* of the last statement */
};
void migrations_release(struct migrations *m);

struct format_file {
    struct sqltext text;
    struct sv bytes; /* as on the disk */
    struct format_name name;
    enum db_kind db; /* whose lexical rules hold; format prusik says it itself */
    bool stored;     /* migration_write() made it: it need not be whole */
};

struct format {
    const char *name;                /* "golang-migrate" */
    const char *files;               /* what its files are called, for messages */
    const struct format_rule *rules; /* ended by a NULL pattern */
    bool runs; /* prusik applies its files; else they are read to be adopted */
    bool
        whole; /* a file is all of a migration, down included: the same bytes are the same migration */
    bool planned; /* the order is that of a plan (`ordinal`), not of versions */
    /* Is the text in this format?  NULL: it has no mark of its own. */
    bool (*is)(struct sv text);
    /* Add the migrations of a file; NULL: it is code, and known by name only. */
    enum err_code (*read)(const struct format_file *f, struct migrations *ret, struct err *err);
};

#define FORMAT(name) extern const struct format format_##name;
#include "migrate/formats.inc"
#undef FORMAT

extern const struct format *const format_table[];
extern const size_t n_formats;

const struct format *format_find(struct sv name);
/* What the name of a file says; ERR_INVALID (FMT010): it has no version. */
NODISCARD enum err_code format_name(const struct format *f, struct sv path, struct arena *a,
                                    struct format_name *ret, struct err *err);
/* Read one file: its name and its text.  Adds to *ret, which keeps copies. */
NODISCARD enum err_code format_read(const struct format *f, struct sv path, struct sv bytes,
                                    enum db_kind db, struct migrations *ret, struct err *err);
/* The same of bytes that live as long as *ret. */
NODISCARD enum err_code format_read_there(const struct format *f, struct sv path, struct sv bytes,
                                          enum db_kind db, struct migrations *ret, struct err *err);
/* A file that is applied as it is: its name and digests, and no parts. */
NODISCARD enum err_code format_read_applied(const struct format *f, struct sv path, struct sv p1,
                                            struct sv s1, struct migrations *ret, struct err *err);
/* Parts that migration_write() has written; `where` is shown in messages. */
NODISCARD enum err_code format_read_stored(struct sv where, struct sv text, enum db_kind db,
                                           struct migrations *ret, struct err *err);

/* Alembic's `revision = '...'`, plain or annotated (REGEX_MULTI): group 1 is its name. */
#define FORMAT_ALEMBIC_VALUE    "(?:[ \\t]*:[^=\\n]*)?[ \\t]*=[ \\t]*"
#define FORMAT_ALEMBIC_REVISION "^revision" FORMAT_ALEMBIC_VALUE "['\"]([^'\"\\n]+)['\"]"

/* --- for the rows --- */

/* Add a migration with what the file says of it. */
struct migration *format_add(const struct format *f, const struct format_file *file,
                             struct migrations *ret);
/* Add a part to the last migration: valid until the next. */
struct migration_part *format_add_part(struct migrations *ret, enum migration_kind kind, bool tx);
/* Add the statements of bytes [from, to) to the last part of the last migration. */
NODISCARD enum err_code format_add_text(const struct format_file *file, size_t from, size_t to,
                                        struct migrations *ret, struct err *err);
void format_add_stmt(const struct format_file *file, struct sv text, size_t at,
                     struct migrations *ret);
/*
 * The last part, whose text knew nothing of transactions: BEGIN ... COMMIT around all of it are what `tx` is, and
 * what cannot run in a transaction makes it run without one.
 */
void format_settle_tx(struct migrations *ret, enum db_kind db);
/* p1 and s1, when all parts are there. */
void format_digest(struct migration *m, struct arena *a);
