/* Any bytes as a snapshot: what is accepted is in order, and is no regression of itself. */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sv.h"
#include "compare/compare.h"

static void on_pair(void *arg, const struct compare_pair *p)
{
    size_t *n = arg;

    MUST(p->old && p->new);
    MUST(p->class == RECORD_IDENTICAL || p->class == RECORD_NOT_EVALUATED);
    MUST(p->old->key.n == p->new->key.n &&memcmp(p->old->key.p, p->new->key.p, p->old->key.n) == 0);
    MUST(!p->old->data == (p->class == RECORD_NOT_EVALUATED));
    ++*n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(fd_closep) int fd = memfd_create("snapshot", MFD_CLOEXEC);
    struct compare_options opt = {.any_time = true, .pair = on_pair};
    struct compare_result r;
    struct err err = {0};
    char path[64];
    size_t pairs = 0;
    enum err_code rc;

    MUST(fd >= 0 && fd_write_all(fd, data, size, &err) == ERR_OK);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    opt.arg = &pairs;
    rc = compare_files(path, path, &opt, &r, &err);
    if (rc != ERR_OK) {
        MUST(err.code == rc && err.msg[0]);
        return 0;
    }
    MUST(r.old.records == r.new.records &&r.old.records == pairs &&r.n_worst == 0);
    MUST(r.outcome != COMPARE_REGRESSION);
    compare_release(&r);
    return 0;
}
