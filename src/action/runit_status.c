#include "action/runit_status.h"

/* The second 1970-01-01 00:00:00 UTC, as libtai and daemontools count it: 2^62 + 10. */
#define TAI64_EPOCH 4611686018427387914ull

static uint64_t runit_big_endian(const unsigned char *b, size_t n)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++)
        v = v << 8 | b[i];
    return v;
}

enum err_code runit_status_read(struct sv bytes, struct runit_status *ret, struct err *err)
{
    const unsigned char *b = (const unsigned char *)bytes.p;
    uint64_t second, nano;
    uint32_t pid;

    if (bytes.n != RUNIT_STATUS_BYTES)
        return err_set(err, ERR_CORRUPT, "a status of runit has %d bytes, this has %zu",
                       RUNIT_STATUS_BYTES, bytes.n);
    second = runit_big_endian(b, 8);
    nano = runit_big_endian(b + 8, 4);
    pid = (uint32_t)b[12] | (uint32_t)b[13] << 8 | (uint32_t)b[14] << 16 | (uint32_t)b[15] << 24;
    /* 4000 AD: beyond it microseconds still fit, and no clock is so wrong */
    if (second < TAI64_EPOCH || second - TAI64_EPOCH > 64092211200ull || nano > 999999999 ||
        pid > INT32_MAX || b[19] > RUNIT_FINISH || (b[19] == RUNIT_RUN && pid == 0))
        return err_set(err, ERR_CORRUPT, "this is no status of runit");
    *ret = (struct runit_status){.now = (enum runit_now)b[19],
                                 .since_us = (int64_t)(second - TAI64_EPOCH) * 1000000 +
                                             (int64_t)(nano / 1000),
                                 .pid = pid,
                                 .paused = b[16] != 0,
                                 .wants_up = b[17] == 'u',
                                 .got_term = b[18] != 0};
    return ERR_OK;
}
