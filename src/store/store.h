#pragma once

/*
 * store: the folder that holds the journal, blobs, locks, approvals and the seal key.
 *
 * One SQLite database and one key file (docs/formats/journal.md).  Opening for
 * writing creates both.  What a writing function reported as ERR_OK survives a
 * power cut; what it reported as failed has changed nothing.  Errors name the
 * folder.  Not thread-safe; each call may block for one sync, or for up to five
 * seconds while another process writes.
 */
#include "base/err.h"
#include "base/hash.h"
#include "base/strbuf.h"

struct store;
enum store_mode { STORE_READ, STORE_WRITE };

/* ERR_NOT_FOUND when there is no store in `dir` and the mode is STORE_READ. */
NODISCARD enum err_code store_open(const char *dir, enum store_mode mode, struct store **ret,
                                   struct err *err);
void store_free(struct store *s);
DEFINE_CLEANUP(struct store *, store_free)
const char *store_dir(const struct store *s);

/* A row of `run`; texts live until the callback returns. */
struct store_run {
    int64_t id, started_us;
    struct sv environment, document, plan;
};
NODISCARD enum err_code store_run_add(struct store *s, const struct store_run *run, int64_t *id,
                                      struct err *err);
/* Newest first; false from fn ends the walk. */
typedef bool store_run_fn(const struct store_run *run, void *arg);
NODISCARD enum err_code store_runs(struct store *s, store_run_fn *fn, void *arg, struct err *err);
/* The newest run (of this environment, unless it is empty): 0 when there is none. */
NODISCARD enum err_code store_last_run(struct store *s, struct sv environment, int64_t *id,
                                       struct err *err);

/* ERR_NOT_FOUND, ERR_CORRUPT (does not decompress, or its hash is another), ERR_LIMIT (larger than max). */
NODISCARD enum err_code store_blob(struct store *s, const struct hash *h, size_t max,
                                   struct strbuf *ret, struct err *err);
/* Keep bytes; the same bytes are kept once. */
NODISCARD enum err_code store_blob_add(struct store *s, struct sv bytes, struct hash *ret,
                                       struct err *err);

/* Who has an environment. */
struct store_lock {
    int64_t run, pid, at_us;
    uint64_t start; /* ident_process_start() of the owner */
    char owner[80], host[80], boot[80], reason[160];
};
/*
 * Take the lock of an environment for this process.  ERR_LOCKED with *holder filled when a living
 * process has it, or one of another machine, which cannot be asked.  A lock whose owner is provably
 * gone (same machine, and another boot, or no such process any more) is taken over.
 */
struct store_lock_wish {
    struct sv environment;
    int64_t run;
    struct sv reason; /* for who finds it taken */
    int64_t now_us;
};
NODISCARD enum err_code store_lock_take(struct store *s, const struct store_lock_wish *wish,
                                        struct store_lock *holder, struct err *err);
/* The lock that this process took under `from` belongs to run `to`. */
NODISCARD enum err_code store_lock_rename(struct store *s, struct sv environment, int64_t from,
                                          int64_t to, struct err *err);
/* ERR_LOCKED with *holder filled where store_lock_take() would be refused now. */
NODISCARD enum err_code store_lock_check(struct store *s, struct sv environment,
                                         struct store_lock *holder, struct err *err);
/* Give it back, if it is this run's. */
NODISCARD enum err_code store_lock_give(struct store *s, struct sv environment, int64_t run,
                                        struct err *err);
/* The present holder; false when free.  `alive`: not provably gone. */
NODISCARD enum err_code store_lock_get(struct store *s, struct sv environment, bool *held,
                                       bool *alive, struct store_lock *ret, struct err *err);

/* An approval, or a refusal, given ahead of, or outside, a run: for this plan (and run) and step only. */
struct store_approval {
    int64_t at_us;
    struct sv plan, step, who, role, note;
    int64_t run;             /* only for this one; 0: for any run of the plan */
    bool refused;            /* it is a no */
    struct sv login, origin; /* as whom the operating system knows them, and from where */
};
NODISCARD enum err_code store_approval_add(struct store *s, const struct store_approval *a,
                                           struct err *err);
/* Those of the plan, under either of its names, for any run and for `run`; the oldest first. */
struct store_approval_of {
    struct sv plan, also; /* also: may be empty */
    int64_t run;
};
typedef void store_approval_fn(const struct store_approval *a, void *arg);
NODISCARD enum err_code store_approvals(struct store *s, const struct store_approval_of *of,
                                        store_approval_fn *fn, void *arg, struct err *err);

/* What somebody has told of an environment (prusik event); texts live until the callback returns. */
struct store_report {
    int64_t id, at_us,
        run; /* run: for which it was told; the others of the environment count it, too */
    struct sv environment, kind, who, note, login, origin;
};
NODISCARD enum err_code store_report_add(struct store *s, const struct store_report *r,
                                         struct err *err);
/* Those of the environment after this one and this time, of this kind unless it is empty; the oldest first. */
struct store_reports_of {
    struct sv environment, kind;
    int64_t after_id, after_us;
};
typedef void store_report_fn(const struct store_report *r, void *arg);
NODISCARD enum err_code store_reports(struct store *s, const struct store_reports_of *of,
                                      store_report_fn *fn, void *arg, struct err *err);

/* Events of one kind in the journals of an environment, after a time, whichever run they are of. */
struct store_moments_of {
    struct sv environment, suffix; /* suffix: its name with this is the same environment */
    int64_t kind, after_us;
};
struct store_moment {
    int64_t at_us, run;
    struct sv step, data;
};
typedef void store_moment_fn(const struct store_moment *m, void *arg);
NODISCARD enum err_code store_moments(struct store *s, const struct store_moments_of *of,
                                      store_moment_fn *fn, void *arg, struct err *err);
