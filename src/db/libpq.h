#pragma once

/*
 * libpq: PostgreSQL's client library, opened when the first address of one is used (docs/adr/0009-databases.md).
 *
 * Its functions are called as libpq.connectdb() and so on, after libpq_open().  Which they are: the manual of PostgreSQL,
 * "libpq - C Library".
 */
#include <libpq-fe.h>

#include "base/err.h"

#define LIBPQ_CALLS(CALL)    \
    CALL(cancel)             \
    CALL(clear)              \
    CALL(cmdTuples)          \
    CALL(connectPoll)        \
    CALL(connectStartParams) \
    CALL(conninfoFree)       \
    CALL(conninfoParse)      \
    CALL(consumeInput)       \
    CALL(db)                 \
    CALL(errorMessage)       \
    CALL(finish)             \
    CALL(flush)              \
    CALL(fname)              \
    CALL(freeCancel)         \
    CALL(freemem)            \
    CALL(getCancel)          \
    CALL(getCopyData)        \
    CALL(getResult)          \
    CALL(getisnull)          \
    CALL(getlength)          \
    CALL(getvalue)           \
    CALL(host)               \
    CALL(isBusy)             \
    CALL(nfields)            \
    CALL(ntuples)            \
    CALL(port)               \
    CALL(putCopyEnd)         \
    CALL(resultErrorField)   \
    CALL(resultStatus)       \
    CALL(sendQuery)          \
    CALL(sendQueryParams)    \
    CALL(sendQueryPrepared)  \
    CALL(serverVersion)      \
    CALL(setNoticeReceiver)  \
    CALL(setSingleRowMode)   \
    CALL(setnonblocking)     \
    CALL(socket)             \
    CALL(status)             \
    CALL(transactionStatus)  \
    CALL(user)

struct libpq {
#define CALL(name) __typeof__ (&PQ##name)(name);
    LIBPQ_CALLS(CALL)
#undef CALL
};
extern struct libpq libpq;

/* Once per process; again is free.  ERR_NOT_FOUND: it is not installed, or too old.  Not from two threads at once. */
NODISCARD enum err_code libpq_open(struct err *err);
