#pragma once

/*
 * data_file: prusik.data.yaml: sources, snapshots and audits by name (docs/formats/snapshot.md, section 5; audit.md).
 *
 * Unknown keys are errors that name the nearest known one.  Everything lives in the arena of the struct.
 */
#include "base/arena.h"
#include "compare/field.h"
#include "compare/rows.h"

#define DATA_FILE_NAME "prusik.data.yaml"

struct data_snapshot {
    struct sv name;
    const struct rows_source *rows;
    struct sv *key;
    size_t n_key;
    struct field *fields; /* none: those of the first record */
    size_t n_fields;
};

enum data_check_kind { CHECK_EXPR, CHECK_TOTAL, CHECK_UNIQUE, CHECK_COVERAGE, CHECK_ALLOWED };
struct data_check {
    struct sv name;
    enum data_check_kind kind;
    const struct rows_source *rows;
    struct sv expr;     /* CHECK_EXPR, CHECK_TOTAL */
    struct sv where;    /* empty: all rows */
    struct sv *columns; /* CHECK_UNIQUE: all; CHECK_COVERAGE, CHECK_ALLOWED: one */
    size_t n_columns;
    json_t *allowed; /* array; freed with the file */
    double weight, mostly;
    bool critical;
};

struct data_audit {
    struct sv name;
    const struct rows_source *rows;
    struct field *fields; /* types of columns of CSV and SQL */
    size_t n_fields;
    struct sv *key; /* which columns name a row to people */
    size_t n_key;
    struct sv *distribution; /* columns whose values are counted */
    size_t n_distribution;
    struct data_check *checks;
    size_t n_checks;
};

struct data_file {
    struct arena arena;
    struct rows_source *sources;
    size_t n_sources;
    struct data_snapshot *snapshots;
    size_t n_snapshots;
    struct data_audit *audits;
    size_t n_audits;
};

/* Who knows variables: the value, valid until the next call, or NULL. */
struct data_env {
    const char *(*get)(void *arg, const char *name);
    void *arg;
};

/* `folder`: what relative paths are relative to.  ERR_INVALID with "path:line: ...". */
NODISCARD enum err_code data_file_parse(struct sv text, const char *path, const char *folder,
                                        const struct data_env *env, struct data_file *ret,
                                        struct err *err);
void data_file_release(struct data_file *f);

/* ERR_NOT_FOUND with the names that there are. */
NODISCARD enum err_code data_file_snapshot(const struct data_file *f, struct sv name,
                                           const struct data_snapshot **ret, struct err *err);
NODISCARD enum err_code data_file_audit(const struct data_file *f, struct sv name,
                                        const struct data_audit **ret, struct err *err);
