#pragma once

/*
 * audit: named checks over the rows of sources (docs/formats/audit.md).
 *
 * Each source is read once, whatever checks look at it, and memory does not grow with its rows.  What could not be read
 * makes its checks "error", never good.  Blocks as rows_each() does.
 */
#include "compare/data_file.h"
#include "compare/health.h"
#include "compare/pace.h"

#define AUDIT_EXAMPLES 5u  /* rows of a failed check that are named */
#define AUDIT_VALUES   50u /* of a column that are counted apart */

struct audit_check {
    const struct data_check *check;
    struct health_check health;
    enum health_verdict verdict;
    struct sv why;    /* of an error, or what was wrong with values; may be empty */
    json_t *examples; /* array of {column: value}, or of row numbers */
};

struct audit_result {
    struct arena arena;
    const struct data_audit *audit;
    struct health health;
    struct audit_check *checks;
    size_t n_checks;
    uint64_t rows;        /* of the audit's own source */
    json_t *distribution; /* {column: {value: count}} */
};

/* ERR_INVALID: a condition is wrong.  ERR_INTERRUPTED: by its pace (NULL: nobody waits).  The audit lives as long as the result. */
NODISCARD enum err_code audit_run(const struct data_audit *a, const struct pace *pace,
                                  struct audit_result *ret, struct err *err);
void audit_release(struct audit_result *r);
/* docs/formats/audit.md, section 3. */
json_t *audit_json(const struct audit_result *r);
