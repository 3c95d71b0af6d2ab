/*
 * What happened in the environment: events.KIND in rules.  Who keeps it is the watcher's caller, who is asked at each poll for all
 * since the first look; what was not there at the last one is new.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/sv.h"
#include "exec/watcher_int.h"

#define EVENTS_MAX 10000u /* of a kind in one watch */

struct event_source {
    struct source source; /* first */
    struct watcher *w;    /* set behind open */
    struct sv kind;
    int64_t began_us; /* 0: nobody has looked */
    watcher_moments seen, fresh;
};

static struct event_source *event_of(struct source *s)
{
    return container_of(s, struct event_source, source);
}

static enum err_code event_open(struct source *s UNUSED, json_t *settings UNUSED,
                                struct err *err UNUSED)
{
    return ERR_OK; /* what it is, is set behind it */
}

static void event_close(struct source *s)
{
    vec_release(&event_of(s)->seen);
    vec_release(&event_of(s)->fresh);
}

static int event_order(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void event_sort(watcher_moments *m)
{
    if (m->n > 1)
        qsort(m->v, m->n, sizeof(*m->v), event_order);
}

/* What is in `now` and not in `seen`; two of one moment are two. */
static void event_compare(struct event_source *e, const watcher_moments *now)
{
    size_t k = 0;

    e->fresh.n = 0;
    for (size_t i = 0; i < now->n; i++) {
        while (k < e->seen.n && e->seen.v[k] < now->v[i])
            k++;
        if (k < e->seen.n && e->seen.v[k] == now->v[i])
            k++;
        else
            *vec_add(&e->fresh) = now->v[i];
    }
    for (size_t i = 0; i < e->fresh.n; i++)
        *vec_add(&e->seen) = e->fresh.v[i];
    event_sort(&e->seen);
}

/* "BEGAN MOMENT MOMENT ..." */
static void event_add_position(const struct event_source *e, struct sample_list *l)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    strbuf_addf(&text, "%lld", (long long)e->began_us);
    for (size_t i = 0; i < e->seen.n; i++)
        strbuf_addf(&text, " %lld", (long long)e->seen.v[i]);
    sample_add_text(l, "position", strbuf_sv(&text));
}

static void event_resume(struct source *s, struct sv position)
{
    struct event_source *e = event_of(s);
    struct sv word;
    int64_t us;

    if (!sv_next_word(&position, &word) || !sv_to_i64(word, &e->began_us))
        return; /* of another version: it begins anew */
    while (sv_next_word(&position, &word) && sv_to_i64(word, &us) && e->seen.n < EVENTS_MAX)
        *vec_add(&e->seen) = us;
    event_sort(&e->seen);
}

static enum err_code event_give(struct source *s, struct sample_list *l, struct err *err)
{
    struct event_source *e = event_of(s);
    const struct watcher_config *c = &e->w->cfg;
    watcher_moments now = {0};
    int64_t began_us = e->began_us ? e->began_us : l->at_us;
    enum err_code rc = c->events(c->arg, e->kind, began_us, &now, err);

    if (rc == ERR_OK && now.n > EVENTS_MAX)
        rc = err_set(err, ERR_LIMIT, "%zu events of one watch, more than %u", now.n, EVENTS_MAX);
    if (rc == ERR_OK) {
        e->began_us = began_us;
        event_sort(&now);
        event_compare(e, &now);
        sample_add_counter(l, "new", (double)e->seen.n, NULL);
        if (c->round) /* somebody only looks: nobody goes on from here */
            event_add_position(e, l);
    }
    vec_release(&now);
    return rc;
}

static const struct source_key event_keys[] = {
    {"help", SOURCE_TEXT, false, "what it is, for who tells of one"},
    {"token", SOURCE_TEXT, false,
     "who has it may tell of one over HTTP: POST /events/KIND where the watch listens; a secret"},
};

const struct source_ops source_event = {
    .kind = "event",
    .help = "something that happened in the environment, as the journal or somebody tells",
    .keys = event_keys,
    .n_keys = ARRAY_LEN(event_keys),
    .size = sizeof(struct event_source),
    .open = event_open,
    .close = event_close,
    .resume = event_resume,
    .give = event_give,
};

/* Each counts when it happened; one that a clock puts into the future, now. */
static void take_events(struct watcher_feed *f, const struct sample_list *l)
{
    const struct event_source *e = event_of(f->source);
    const struct sample *position = sample_find(l, SV("position"));
    int64_t now_us = clock_steady_us(); /* not l->at_us: at the mark that is where windows begin */

    for (size_t i = 0; i < e->fresh.n; i++)
        (void)samples_add_events(f->w->samples, f->id, f->name,
                                 e->fresh.v[i] < now_us ? e->fresh.v[i] : now_us,
                                 1); /* false: a limit is reached, and rules say so */
    strbuf_truncate(&f->position, 0);
    if (position)
        strbuf_add_sv(&f->position, position->text);
}

/* --- opening --- */

struct events_asked {
    struct watcher *w;
    VEC(struct sv) kinds;
};

static void events_see_name(void *ctx, struct expr *e)
{
    struct events_asked *a = ctx;

    if (e->kind != EXPR_NAME || e->n_parts != 2 || !sv_is(e->parts[0], "events"))
        return;
    for (size_t i = 0; i < a->kinds.n; i++)
        if (sv_eq(a->kinds.v[i], e->parts[1]))
            return;
    *vec_add(&a->kinds) = e->parts[1];
}

static enum err_code event_open_one(struct watcher *w, struct sv kind, struct err *err)
{
    CLEANUP(json_cleanup) json_t *none = json_object();
    struct sv name = arena_fmt(&w->arena, "events.%.*s", SV_FMT(kind));
    struct source_env env = {.loop = w->cfg.loop, .http = w->cfg.http};
    struct source *s;

    if (source_open_row(&source_event, name, none, &env, &s, err) != ERR_OK)
        return err->code; /* uncovered: it has no settings that could be wrong */
    event_of(s)->w = w;
    event_of(s)->kind = arena_sv(&w->arena, kind);
    (void)feed_add(w, s, name, take_events);
    return ERR_OK;
}

enum err_code events_open(struct watcher *w, struct err *err)
{
    struct events_asked a = {.w = w};
    enum err_code rc = ERR_OK;

    for (size_t i = 0; i < w->rules.list.n; i++)
        if (w->rules.list.v[i].rule->expr)
            expr_walk(w->rules.list.v[i].rule->expr, events_see_name, &a);
    for (size_t i = 0; rc == ERR_OK && i < a.kinds.n; i++)
        rc = event_open_one(w, a.kinds.v[i], err);
    vec_release(&a.kinds);
    return rc;
}
