#include "cli/untold.h"

#include "base/clock.h"
#include "base/sv.h"
#include "store/notice.h"

static void untold_on_notice(const struct store_notice *n, void *arg)
{
    struct untold *u = arg;
    struct untold_row *row = NULL;

    if (n->run != u->run || !n->error.n)
        return;
    for (size_t i = 0; i < u->rows.n && !row; i++)
        row = sv_eq(u->rows.v[i].receiver, n->receiver) ? &u->rows.v[i] : NULL;
    if (!row) {
        row = vec_add(&u->rows);
        *row =
            (struct untold_row){.receiver = arena_sv(&u->arena, n->receiver), .since_us = n->at_us};
    }
    row->n++;
    row->given_up += n->state == NOTICE_GIVEN_UP;
    row->error = arena_sv(&u->arena, n->error);
}

struct untold untold_of(struct store *s, int64_t run)
{
    struct untold u = {.run = run};
    struct err ignored;

    (void)!store_notices_list(s, false, untold_on_notice, &u, &ignored);
    return u;
}

void untold_release(struct untold *u)
{
    vec_release(&u->rows);
    arena_release(&u->arena);
}

void untold_add(const struct untold_row *row, struct strbuf *out)
{
    strbuf_addf(out, "%.*s: %lld notice%s since %s, ", SV_FMT(row->receiver), (long long)row->n,
                row->n == 1 ? "" : "s", clock_format_s(row->since_us).s);
    if (row->given_up)
        strbuf_addf(out, "%lld given up, ", (long long)row->given_up);
    strbuf_addf(out, "%.*s (prusik notify)", SV_FMT(row->error));
}
