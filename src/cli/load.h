#pragma once

/*
 * load: what most verbs begin with: document, binding, plan, store.
 */
#include "cli/verb.h"
#include "plan/plan.h"
#include "store/store.h"

struct loaded {
    struct document doc;
    struct runbook rb;
    struct binding b;
    struct plan plan;
    bool has_doc, has_rb, has_b, has_plan;
    bool watch_only;  /* the plan is the watch alone ... */
    int64_t watch_ms; /* ... for so long; -1: as the document and the binding say */
};

/* Read the document, understand it, bind it, plan it. */
NODISCARD enum err_code load_plan(const struct cli *c, const char *path, struct loaded *ret,
                                  struct err *err);
/* The same, of which only the watch is left; for_ms -1: as the document and the binding say. */
NODISCARD enum err_code load_watch(const struct cli *c, const char *path, int64_t for_ms,
                                   struct loaded *ret, struct err *err);
void loaded_release(struct loaded *l);

/* The folder of the store: --store, the binding's, or .prusik beside it.  For free(). */
char *load_store_dir(const struct cli *c, const struct binding *b);
/* The folder of the store that a verb finds here without options, whether it is there or not; for free(); NULL: prusik.yaml here cannot be read. */
char *load_store_unasked(void);
/* Open it for writing, made where it is not there yet. */
NODISCARD enum err_code load_make_store(const char *dir, struct store **ret, struct err *err);
/* The store of verbs that name a run: --store, else the one of prusik.yaml or .prusik here. */
NODISCARD enum err_code load_store(const struct cli *c, enum store_mode mode, struct store **ret,
                                   struct err *err);
/* The run that an argument names, which is there; the newest when there is no argument. */
NODISCARD enum err_code load_run(struct store *s, const struct cli *c, int64_t *ret,
                                 struct err *err);
/* The folder that --output names must be there: said before any work, ERR_USAGE. */
NODISCARD enum err_code load_output(const struct cli *c, struct err *err);
