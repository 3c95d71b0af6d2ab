#pragma once

/*
 * census: what was in a database: rows and a digest of each table, and facts of its structure.
 *
 * Made when a backup is taken, in the snapshot of the image, and again of what was restored from it; the two must be
 * the same (docs/formats/backup.md, section 4).
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/vec.h"

struct census_table {
    struct sv name;
    bool counted; /* false: a virtual table */
    int64_t rows;
    struct sv digest;
};
struct census_fact {
    struct sv name, text;
};

struct census {
    struct arena arena; /* of every text */
    VEC(struct census_table) tables;
    VEC(struct census_fact) facts;
    VEC(struct census_fact) settings; /* not compared */
};

void census_release(struct census *c);
/* They copy. */
struct census_table *census_add(struct census *c, struct sv table);
void census_add_fact(struct census *c, const char *name, struct sv text);
void census_add_setting(struct census *c, struct sv name, struct sv text);
/* By name; to be called when all tables are there. */
void census_sort(struct census *c);
/* Empty when there is none. */
struct sv census_setting(const struct census *c, const char *name);
int64_t census_rows(const struct census *c);

void census_write(const struct census *c, struct strbuf *out);
NODISCARD enum err_code census_read(struct sv json, struct census *ret, struct err *err);
/* ERR_FAILED with the first difference: "count of facts: 100000 in the snapshot, 99951 restored". */
NODISCARD enum err_code census_same(const struct census *snapshot, const struct census *restored,
                                    struct err *err);
