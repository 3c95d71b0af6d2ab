#include "exec/watcher_try.h"

#include "base/clock.h"
#include "base/sv.h"
#include "exec/watcher_int.h"

struct try_one {
    struct watcher_feed *feed;
    uint64_t began_ns;
    int64_t took_us;
    enum err_code rc;
    size_t *left;
};

static void try_on_report(struct source *s, void *data, enum err_code rc)
{
    struct try_one *t = data;

    assert(s == t->feed->source);
    t->rc = rc;
    t->took_us = (int64_t)((clock_mono_ns() - t->began_ns) / 1000);
    (*t->left)--;
}

static struct sv try_unit(const struct plan *p, struct sv name)
{
    for (size_t i = 0; i < p->n_sources; i++)
        if (sv_eq(p->sources[i].name, name))
            return p->sources[i].unit;
    return (struct sv){NULL, 0};
}

static void try_all(struct watcher *w, watcher_try_fn *fn, void *arg)
{
    struct try_one *all = XNEWN(struct try_one, w->feeds.n + 1);
    size_t left = w->feeds.n;
    int64_t now_us = clock_now_us();

    for (size_t i = 0; i < w->feeds.n; i++) {
        struct source_poll poll = {.at_us = now_us, .done = try_on_report, .data = &all[i]};

        all[i] =
            (struct try_one){.feed = &w->feeds.v[i], .began_ns = clock_mono_ns(), .left = &left};
        source_poll(w->feeds.v[i].source, &poll);
    }
    while (left > 0)
        (void)uv_run(w->cfg.loop, UV_RUN_ONCE);
    for (size_t i = 0; i < w->feeds.n; i++) {
        const struct source *s = all[i].feed->source;
        struct watcher_tried t = {.name = all[i].feed->name,
                                  .kind = sv_from(s->ops->kind),
                                  .unit = try_unit(w->cfg.plan, all[i].feed->name),
                                  .rc = all[i].rc,
                                  .err = &s->err,
                                  .samples = &s->samples,
                                  .took_us = all[i].took_us};

        fn(arg, &t);
    }
    free(all);
}

/* What cannot be judged is another question. */
static void try_ignore(void *arg UNUSED, const json_t *entry UNUSED,
                       const struct rule_finding *f UNUSED)
{
}

enum err_code watcher_try(const struct plan *p, const struct binding *b, watcher_try_fn *fn,
                          void *arg, struct err *err)
{
    uv_loop_t loop;
    struct watcher *w = XNEW(struct watcher);
    enum err_code rc;

    (void)uv_loop_init(&loop); /* fails only for want of descriptors, which the first use reports */
    w->cfg = (struct watcher_config){
        .plan = p, .binding = b, .loop = &loop, .http = http_client_new(&loop)};
    w->stopped = true;
    w->interval_ms = p->interval_ms;
    w->samples = samples_new();
    rc = plan_rules_read(p->json, try_ignore, NULL, &w->rules, err);
    if (rc == ERR_OK)
        rc = feeds_open(w, err);
    if (rc == ERR_OK) {
        watcher_ready(w);
        try_all(w, fn, arg);
    }
    http_client_free(w->cfg.http);
    watcher_free(w);
    while (uv_run(&loop, UV_RUN_DEFAULT) != 0)
        ; /* uncovered: what is closing ends in the first turn */
    (void)uv_loop_close(&loop);
    return rc;
}
