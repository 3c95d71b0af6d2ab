#pragma once

/*
 * brief: what a run amounts to, event by event, in as many bytes as `prusik status` shows.
 *
 * Whoever carries a run out keeps one and writes it beside each commit (docs/formats/journal.md, section 6), so that
 * a look at a long run does not read all of it.  Pure: the plan and the events come in, and one JSON object goes out.
 * An event costs the same however many came before it.
 */
#include "base/json.h"
#include "plan/plan.h"
#include "store/event.h"

#define BRIEF_VERSION 1  /* of the object; another one is not read */
#define BRIEF_HOSTS   64 /* a step on more of them makes the object too large for every commit */

struct brief; /* opaque */

/* The plan outlives it. */
struct brief *brief_new(const struct plan *plan);
void brief_free(struct brief *b);
DEFINE_CLEANUP(struct brief *, brief_free)

/* The next event; `data` is e->data as a tree. */
void brief_take(struct brief *b, const struct event *e, const json_t *data);
/* False: it would be too large; whoever wants to know reads the events. */
NODISCARD bool brief_write(struct brief *b, struct strbuf *out);
