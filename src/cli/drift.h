#pragma once

/*
 * drift: what of the binding is another today than when a run began, and matters to what is left of it.
 *
 * A run goes on with its plan.  So an edit of prusik.yaml between run and resume would change nothing, and whoever made it expects that it
 * does: the plan is made again from the document of the run and the binding of today, and compared.
 */
#include "base/json.h"
#include "cli/verb.h"
#include "plan/binding.h"
#include "plan/plan.h"
#include "store/store.h"

struct drift {
    bool way_back; /* the run has begun its way back */
    bool edited;   /* the bytes of prusik.yaml are others, or it is another file */
    struct strbuf
        text;     /* what differs, for people, in one line; empty: nothing that is left uses */
    json_t *json; /* {edited, text, changes, files} for the journal; NULL: nothing */
    json_t *
        files; /* of those that prusik.yaml refers to, what was written since the run began; or NULL */
};

/* What is compared: a run, its plan, the path of its document, and how the binding of today is read. */
struct drift_of {
    int64_t run;
    struct plan *plan; /* it is read anew from the store: what points into it is lost */
    const char *document;
    const struct binding_options *opt;
};

/*
 * *ret is for drift_release(), also when nothing differs.  A binding of which no plan can be made today is a difference, and no error;
 * the plan of the run that cannot be read again is one, and then there is none.
 */
NODISCARD enum err_code drift_find(struct store *store, const struct drift_of *of,
                                   struct drift *ret, struct err *err);
void drift_release(struct drift *d);
