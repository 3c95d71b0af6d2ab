#pragma once

/*
 * notice: what an event of a run says to people (docs/formats/notify.md, section 2).
 *
 * Pure: an event and the plan give at most one notice, as JSON, and say whom it is for.
 */
#include "plan/plan.h"
#include "store/event.h"

enum notice_kind {
    NOTICE_STARTED,     /* the run begins */
    NOTICE_DEPLOY,      /* the deploy mark */
    NOTICE_GATE,        /* it waits for something, or somebody */
    NOTICE_VERDICT,     /* the verdict changed */
    NOTICE_CHECKPOINT,  /* a moment of the schedule was judged */
    NOTICE_ALERT,       /* a rule fired that tells somebody, or has ended */
    NOTICE_ROLLBACK,    /* the way back begins */
    NOTICE_ROLLED_BACK, /* it has ended */
    NOTICE_FAILED,      /* the run stands, and somebody is needed */
    NOTICE_DONE,        /* it is over */
    NOTICE_FLAG,        /* what became of a flag that a rule switched off */
    NOTICE_MESSAGE,     /* a text of the document's own communication section */
    NOTICE_KIND__N
};
extern const char *const notice_kinds[NOTICE_KIND__N];
bool notice_kind_of(struct sv name, enum notice_kind *ret);

struct notice {
    enum notice_kind kind;
    json_t *body; /* for json_decref(); members: docs/formats/notify.md */
    /* of ALERT: who is told, and only they; the texts live in the arena */
    struct sv *to;
    size_t n_to;
    struct sv key; /* what lasts: "rule/ID", "verdict"; empty: it is told once */
    bool firing;   /* else, with a key: it has ended */
};
/* False: nobody is told of it. */
bool notice_of_event(const struct plan *p, const struct event *e, const json_t *data,
                     struct arena *a, struct notice *ret);
