#pragma once

/*
 * alerts: what an Alertmanager has told, by its webhook (version 4), and what of it stands.
 *
 * A message says again what it said before, may be repeated, and may come late: an alert is known by its fingerprint,
 * a resolution of an earlier episode does not end a later one, and where a message contradicts itself the alert is
 * firing.  A message that cannot be read changes nothing.  Resolved alerts are kept for an hour.  Not thread-safe.
 */
#include "base/err.h"
#include "base/json.h"

#define ALERTS_BODY_BYTES  (1u << 20) /* of a message (conditions.md, 7.4) */
#define ALERTS_MAX         10000u     /* that are kept; more are ERR_LIMIT */
#define ALERTS_RESOLVED_US (3600 * 1000000LL)
#define ALERTS_NEVER       INT64_MIN

struct alerts; /* opaque */
struct alerts *alerts_new(void);
void alerts_free(struct alerts *a);
DEFINE_CLEANUP(struct alerts *, alerts_free)

/*
 * Take a message that came at now_us.  ERR_INVALID says what is wrong with it: it is no JSON, of another version, an
 * alert has no labels.  ERR_LIMIT: there would be too many.
 */
NODISCARD enum err_code alerts_take(struct alerts *a, struct sv body, int64_t now_us,
                                    struct err *err);
/* When a message came last; ALERTS_NEVER: none did. */
int64_t alerts_heard_us(const struct alerts *a);
/* How many fire, and how many were left out of the messages that stand. */
size_t alerts_firing(const struct alerts *a);
uint64_t alerts_truncated(const struct alerts *a);
/*
 * An array of objects: the labels, and `status` ("firing", "resolved"), `fingerprint`, `starts_at`; `ends_at` of one that is
 * resolved.  A label of one of these names is hidden.  The caller owns it.
 */
json_t *alerts_rows(const struct alerts *a);

/* For another process.  restore: ERR_INVALID when the tree is not that; *a is as it was then. */
json_t *alerts_save(const struct alerts *a);
NODISCARD enum err_code alerts_restore(struct alerts *a, const json_t *tree, struct err *err);
