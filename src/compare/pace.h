#pragma once

/*
 * pace: how far long work on records has come, for whoever waits for it; who says that it is to end ends it.
 *
 * Embed where work is described; NULL: nobody waits.
 */
#include "base/err.h"
#include "base/sv.h"

#define PACE_RECORDS 1024u /* between two looks: some milliseconds */

struct pace {
    /* "reading", "deals.csv", 2048 records; the share of the whole, or -1: nobody knows.  False: end it. */
    bool (*step)(void *arg, const char *what, struct sv of, uint64_t records, double share);
    void *arg;
};

/* At each record; `records` is their number so far. */
static inline NODISCARD bool pace_is_due(const struct pace *p, uint64_t records)
{
    return p && records % PACE_RECORDS == 0;
}

/* ERR_INTERRUPTED: it is to end. */
static inline NODISCARD enum err_code pace_step(const struct pace *p, const char *what,
                                                struct sv of, uint64_t records, double share,
                                                struct err *err)
{
    if (!pace_is_due(p, records) || p->step(p->arg, what, of, records, share))
        return ERR_OK;
    return err_set(err, ERR_INTERRUPTED, "%s '%.*s' was stopped after %llu records", what,
                   SV_FMT(of), (unsigned long long)records);
}
