/*
 * The outbox of a run: whoever is to be told is told while it goes on, and for a moment after its end.
 */
#include "exec/run_int.h"
#include "notify/outbox.h"

#define NOTIFY_END_MS 10000u /* what is not told by then is told by the next process */

void run_notify_begin(struct run *r)
{
    struct outbox_config c = {
        .store = r->store, .binding = r->opt.binding, .loop = &r->loop, .http = r->http};
    struct err ignored; /* who cannot be told does not stop the run; `prusik notify` shows it */

    if (r->plan->n_receivers == 0 || outbox_new(&c, &r->outbox, &ignored) != ERR_OK)
        return;
    outbox_kick(r->outbox, 0); /* also what other runs have left */
}

void run_notify(struct run *r)
{
    if (r->outbox)
        outbox_kick(r->outbox, r->id);
}

void run_notify_end(struct run *r)
{
    if (r->outbox)
        outbox_drain(r->outbox, NOTIFY_END_MS);
}

void run_notify_free(struct run *r)
{
    outbox_free(STEAL(r->outbox));
}
