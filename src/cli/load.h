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
};

/* Read the document, understand it, bind it, plan it. */
NODISCARD enum err_code load_plan(const struct cli *c, const char *path, struct loaded *ret,
                                  struct err *err);
void loaded_release(struct loaded *l);

/* The folder of the store: --store, the binding's, or .prusik beside it.  For free(). */
char *load_store_dir(const struct cli *c, const struct binding *b);
/* The store of verbs that name a run: --store, else the one of prusik.yaml or .prusik here. */
NODISCARD enum err_code load_store(const struct cli *c, enum store_mode mode, struct store **ret,
                                   struct err *err);
/* The run that an argument names; the newest when there is no argument. */
NODISCARD enum err_code load_run(struct store *s, const struct cli *c, int64_t *ret,
                                 struct err *err);
/* The folder that --output names must be there: said before any work, ERR_USAGE. */
NODISCARD enum err_code load_output(const struct cli *c, struct err *err);
