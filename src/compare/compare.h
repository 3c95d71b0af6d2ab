#pragma once

/*
 * compare: two snapshots record by record (docs/formats/snapshot.md, section 2).
 *
 * One pass, with the memory of one record of each side and of what is reported.  Nothing is concluded unless
 * both files were whole.  Blocks on the disk.
 */
#include "compare/condition.h"
#include "compare/snapshot.h"

enum record_class {
    RECORD_IDENTICAL,
    RECORD_WITHIN,
    RECORD_CHANGED,
    RECORD_NULL_MISMATCH,
    RECORD_ADDED,
    RECORD_REMOVED,
    RECORD_MOVED,
    RECORD_NOT_EVALUATED,
    RECORD__N
};
extern const char *const record_class_names[RECORD__N];

enum compare_outcome {
    COMPARE_NO_REGRESSION,
    COMPARE_REGRESSION,
    COMPARE_CANNOT_TELL,
    COMPARE_NOTHING,
    COMPARE__N
};
struct compare_outcome_info {
    const char *name; /* as JSON has it */
    const char *text; /* for people */
    enum exit_code exit;
};
extern const struct compare_outcome_info compare_outcomes[COMPARE__N];

#define COMPARE_WORST   10u  /* distances that are told: a screen */
#define COMPARE_RECORDS 100u /* records that are told: what a person reads through */

/* A record that was judged, or stands alone; valid during the call. */
struct compare_pair {
    enum record_class class;
    const struct snapshot_record *old, *new; /* NULL: it is not there */
    size_t n_fields;
    const struct field *fields;
    const enum field_class
        *classes; /* of each field; NULL: the record has no partner, or was not evaluated */
};
typedef void compare_pair_fn(void *arg, const struct compare_pair *p);

struct compare_options {
    struct condition *where; /* NULL: all records */
    bool added_fails;
    bool any_time;         /* both sides were taken now, from files */
    compare_pair_fn *pair; /* NULL: none */
    void *arg;
    const struct pace *pace; /* NULL: nobody waits */
};

struct compare_side {
    struct sv file, name, side;
    int64_t taken_at_us;
    size_t records;
};
struct compare_field {
    struct sv name;
    size_t counts[FIELD_CLASS__N];
};
struct compare_distance {
    json_t *key, *old, *new;
    struct sv field;
    enum field_class class;
    struct field_distance distance;
};
struct compare_result {
    struct arena arena;
    enum compare_outcome outcome;
    struct compare_side old, new;
    size_t counts[RECORD__N];
    struct compare_field *fields;
    size_t n_fields;
    struct compare_distance worst[COMPARE_WORST]; /* the largest first */
    size_t n_worst;
    json_t
        *records; /* array, as --json has it: not identical; what is within gives way to the rest */
    size_t not_shown;
};

/* ERR_INVALID and others: refused; nothing was compared then.  ERR_INTERRUPTED: by its pace. */
NODISCARD enum err_code compare_files(const char *old, const char *new,
                                      const struct compare_options *opt, struct compare_result *ret,
                                      struct err *err);
void compare_release(struct compare_result *r);
/* docs/formats/snapshot.md, section 3. */
json_t *compare_json(const struct compare_result *r);
