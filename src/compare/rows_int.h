#pragma once

/*
 * rows_int: what the kinds of sources share.
 */
#include "compare/rows.h"

NODISCARD enum err_code rows_csv(const struct rows_source *s, rows_fn *fn, void *arg,
                                 struct err *err);
NODISCARD enum err_code rows_json(const struct rows_source *s, rows_fn *fn, void *arg,
                                  struct err *err);
NODISCARD enum err_code rows_http(const struct rows_source *s, rows_fn *fn, void *arg,
                                  struct err *err);
NODISCARD enum err_code rows_sql(const struct rows_source *s, rows_fn *fn, void *arg,
                                 struct err *err);

/* The records of a whole JSON text, at `at`. */
NODISCARD enum err_code rows_of_text(struct sv text, struct sv at, rows_fn *fn, void *arg,
                                     struct err *err);
