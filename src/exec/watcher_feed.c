/*
 * The sources of a watch: how each is opened, and how its samples become those of the judge.
 */
#include "exec/watcher_int.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/sv.h"

#define FEED_TIMEOUT_MIN_MS 1000 /* a rehearsal polls more often than a request may take */

/* --- from the watch's samples to the judge's --- */

void take_scrape(struct watcher_feed *f, const struct sample_list *l)
{
    for (size_t i = 0; i < l->v.n; i++) {
        const struct sample *s = &l->v.v[i];

        struct samples_key key = {s->name, (const struct samples_label *)s->labels, s->n_labels};

        if (s->kind == SAMPLE_NUMBER) /* false: no rule asks for it */
            (void)samples_add(f->w->samples, f->id, &key, s->at_us, s->number);
    }
}
_Static_assert(sizeof(struct samples_label) == sizeof(struct sample_label) &&
                   offsetof(struct samples_label, value) == offsetof(struct sample_label, value),
               "labels are handed on as they are");

static void feed_value(const struct sample *s, struct sample_value *ret)
{
    switch (s->kind) {
    case SAMPLE_NUMBER: *ret = (struct sample_value){.kind = SAMPLES_NUM, .num = s->number}; return;
    case SAMPLE_BOOL: *ret = (struct sample_value){.kind = SAMPLES_BOOL, .num = s->truth}; return;
    case SAMPLE_TEXT: *ret = (struct sample_value){.kind = SAMPLES_TEXT, .text = s->text}; return;
    case SAMPLE_ABSENT: *ret = (struct sample_value){.kind = SAMPLES_ABSENT}; return;
    case SAMPLE_ERROR: *ret = (struct sample_value){.kind = SAMPLES_FAULT, .text = s->text}; return;
    case SAMPLE_NULL:
    case SAMPLE_KIND__N:
    default: *ret = (struct sample_value){.kind = SAMPLES_NULL}; return;
    }
}

void feed_member(struct watcher_feed *f, struct sv member, const struct sample *s)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    struct sample_value v;

    strbuf_addf(&name, "%.*s.%.*s", SV_FMT(f->name), SV_FMT(member));
    feed_value(s, &v);
    (void)samples_add_value(f->w->samples, f->id, strbuf_sv(&name), s->at_us,
                            &v); /* false: no rule asks for it */
}

/* Down is the time since the look before; where there was none lately, it is that of one poll. */
static double feed_down_s(struct watcher_feed *f, const struct sample *up)
{
    int64_t interval_us = f->w->interval_ms * 1000, us = up->at_us - f->looked_us;

    if (!f->looked_us || us > interval_us + interval_us / 2)
        us = interval_us;
    f->looked_us = up->at_us;
    return up->truth ? 0 : (double)us / CLOCK_US_PER_S;
}

void feed_probe(struct watcher_feed *f, const struct sample *up)
{
    struct sample down = *up;

    samples_add_probe(f->w->samples, f->id, up->at_us, up->truth ? PROBE_UP : PROBE_DOWN);
    if (!sv_starts(f->name, SV("http.")))
        return;
    down.kind = SAMPLE_NUMBER;
    down.number = feed_down_s(f, up);
    feed_member(f, SV("down_time"), &down);
}

static void take_http(struct watcher_feed *f, const struct sample_list *l)
{
    for (size_t i = 0; i < l->v.n; i++) {
        const struct sample *s = &l->v.v[i];

        if (sv_eq(s->name, SV("up")))
            feed_probe(f, s);
        feed_member(f, s->name, s);
    }
    rows_take(f, l);
}

/* --- polling --- */

void feed_is_partial(struct watcher_feed *f, struct sv why)
{
    f->partial = true;
    (void)snprintf(f->fault, sizeof(f->fault), "%.*s", (int)size_min(why.n, 199), why.p);
}

static void feed_poll(struct watcher_feed *f, int64_t at_us);

static void feed_on_report(struct source *source, void *data, enum err_code rc)
{
    struct watcher_feed *f = data;

    bool before_mark = f->w->marked && source->at_us < f->w->t0_us;

    f->busy = false;
    if (f->w->stopped)
        return;
    f->n_polls++;
    f->up = rc == ERR_OK;
    if (rc == ERR_OK) {
        f->answered_us = source->at_us;
        f->fault[0] = '\0';
        f->partial = false;
        f->n_samples = source->samples.v.n;
        f->take(f, &source->samples);
        samples_poll_ok(f->w->samples, f->id, source->at_us);
        if (f->partial) /* behind it, of the same time: the source answers with an error */
            samples_poll_failed(f->w->samples, f->id, source->at_us, sv_from(f->fault));
    } else {
        f->n_failed++;
        (void)snprintf(f->fault, sizeof(f->fault), "%.199s", source->err.msg);
        samples_poll_failed(f->w->samples, f->id, source->at_us, sv_from(source->err.msg));
    }
    if (before_mark) { /* it was under way at the mark, where every window begins */
        bool counted = f->round == f->w->round;

        feed_poll(f, f->w->t0_us);
        f->w->waiting -= counted;
        return;
    }
    watcher_reported(f);
}

static void feed_poll(struct watcher_feed *f, int64_t at_us)
{
    int64_t interval_ms = f->w->interval_ms;
    struct source_poll p = {
        .at_us = at_us, .timeout_ms = SOURCE_TIMEOUT_MS, .done = feed_on_report, .data = f};

    if (interval_ms < (int64_t)SOURCE_TIMEOUT_MS)
        p.timeout_ms =
            interval_ms < FEED_TIMEOUT_MIN_MS ? FEED_TIMEOUT_MIN_MS : (uint64_t)interval_ms;
    f->busy = true;
    f->round = f->w->round;
    f->w->waiting++;
    source_poll(f->source, &p);
}

void feeds_poll(struct watcher *w, int64_t at_us)
{
    for (size_t i = 0; i < w->feeds.n; i++) {
        struct watcher_feed *f = &w->feeds.v[i];

        if (!f->busy) {
            feed_poll(f, at_us);
        } else if (w->marked && at_us == w->t0_us) { /* it will be asked again, as of the mark */
            f->round = w->round;
            w->waiting++;
        }
    }
}

void feeds_stop(struct watcher *w)
{
    for (size_t i = 0; i < w->feeds.n; i++)
        source_cancel(w->feeds.v[i].source);
}

void feeds_free(struct watcher *w)
{
    for (size_t i = 0; i < w->feeds.n; i++) {
        source_free(w->feeds.v[i].source);
        vec_release(&w->feeds.v[i].last);
        vec_release(&w->feeds.v[i].rows);
        strbuf_release(&w->feeds.v[i].position);
        json_decref(w->feeds.v[i].known);
    }
    vec_release(&w->feeds);
}

/* --- opening --- */

struct watcher_feed *feed_add(struct watcher *w, struct source *s, struct sv name,
                              feed_take_fn *take)
{
    struct watcher_feed *f = vec_add(&w->feeds);
    bool strict = take != take_scrape; /* a target that does not answer makes its series old */

    *f = (struct watcher_feed){.w = w, .source = s, .name = name, .take = take};
    f->id = samples_source(w->samples, name, w->interval_ms * 1000, strict);
    return f;
}

enum err_code feed_open(struct watcher *w, const char *kind, struct sv name,
                        struct json_t *settings, feed_take_fn *take, struct err *err)
{
    CLEANUP(json_cleanup) json_t *owned = settings;
    struct source_env env = {.loop = w->cfg.loop,
                             .http = w->cfg.http,
                             .alerts = w->cfg.alerts,
                             .time_scale = w->cfg.plan->time_scale,
                             .secrets = w->cfg.binding ? w->cfg.binding->secrets : NULL};
    struct source *s;

    if (source_open(sv_from(kind), name, owned, &env, &s, err) != ERR_OK)
        return err->code;
    (void)feed_add(w, s, name, take);
    return ERR_OK;
}

struct feed_asked {
    const char *prefix;
    struct sv name;
    bool asked;
};

static void feed_see_name(void *ctx, struct expr *e)
{
    struct feed_asked *a = ctx;

    if (e->kind == EXPR_NAME && e->n_parts > 1 && sv_is(e->parts[0], a->prefix))
        a->asked |= sv_eq(e->parts[1], a->name);
}

bool feed_is_asked(const struct watcher *w, const char *prefix, struct sv name)
{
    struct feed_asked a = {.prefix = prefix, .name = name};

    for (size_t i = 0; i < w->rules.list.n && !a.asked; i++)
        if (w->rules.list.v[i].rule->expr)
            expr_walk(w->rules.list.v[i].rule->expr, feed_see_name, &a);
    return a.asked;
}

static json_t *feed_setting(const char *key, struct sv value)
{
    json_t *j = json_object();

    json_put_sv(j, key, value);
    return j;
}

enum err_code feeds_open(struct watcher *w, struct err *err)
{
    const struct plan *p = w->cfg.plan;
    enum err_code rc = ERR_OK;

    if (p->scrape.n)
        rc = feed_open(w, "scrape", SV("scrape"), feed_setting("url", p->scrape), take_scrape, err);
    for (size_t i = 0; rc == ERR_OK && i < p->n_probes; i++)
        rc = feed_open(w, "http", arena_fmt(&w->arena, "http.%.*s", SV_FMT(p->probes[i].name)),
                       feed_setting("url", p->probes[i].value), take_http, err);
    if (rc == ERR_OK)
        rc = units_open(w, err);
    if (rc == ERR_OK)
        rc = flags_open(w, err);
    if (rc == ERR_OK)
        rc = events_open(w, err);
    if (rc == ERR_OK)
        rc = env_open(w, err);
    if (rc == ERR_OK)
        rc = bound_open(w, err);
    if (rc == ERR_OK)
        rows_want(w);
    return rc;
}
