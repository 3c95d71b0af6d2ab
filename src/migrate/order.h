#pragma once

/*
 * order: in which order migrations come, and what is wrong with it.
 *
 * Where a tool has a plan or a graph, its order; else versions as numbers, repeatables behind them by name.  Pure.
 */
#include "migrate/format.h"

/*
 * Sort, and join the files of one version (up, down, verify) into one migration.  ERR_INVALID: FMT011 (a version
 * twice), a requirement that is not there or comes later, a circle.
 */
NODISCARD enum err_code order_settle(struct migrations *m, struct err *err);
/* Alembic: revisions that nothing is based on, by name.  Indices; the caller releases *ret. */
typedef VEC(size_t) order_indices;
void order_heads(const struct migrations *m, order_indices *ret);
/*
 * Two of them, and not all are applied: ERR_INVALID (FMT021) names them, their files, and what joins them.  fn NULL: nothing is
 * applied.
 */
typedef bool order_applied_fn(const void *arg, const struct migration *m);
NODISCARD enum err_code order_one_head(const struct migrations *m, order_applied_fn *fn,
                                       const void *arg, struct err *err);
