/*
 * Sources that the binding names (docs/formats/binding.md): opened from the plan, and what they give under the names
 * that rules have for it.
 */
#include "base/clock.h"
#include "base/sv.h"
#include "exec/watcher_int.h"
#include "plan/settings.h"

/* --- counters --- */

/*
 * What a counter has grown by since it was seen last; false: it was not, or has begun anew.  from_zero: it is ours, and
 * was 0 before.
 */
static bool bound_growth(struct watcher_feed *f, const struct sample *s, bool from_zero,
                         double *growth, int64_t *us)
{
    struct feed_last *last = NULL;
    bool known;

    for (size_t i = 0; i < f->last.n && !last; i++)
        if (sv_eq(f->last.v[i].name, s->name))
            last = &f->last.v[i];
    known = last && s->number >= last->value;
    if (known) {
        *growth = s->number - last->value;
        *us = s->at_us - last->at_us;
    }
    if (!last) {
        last = vec_add(&f->last);
        last->name = arena_sv(&f->w->arena, s->name);
        known = from_zero;
        *growth = s->number;
        *us = 0;
    }
    last->value = s->number;
    last->at_us = s->at_us;
    return known;
}

static void bound_events(struct watcher_feed *f, const struct sample *s)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    double growth;
    int64_t us;

    strbuf_addf(&name, "%.*s.%.*s", SV_FMT(f->name), SV_FMT(s->name));
    if (bound_growth(f, s, false, &growth, &us) && growth > 0)
        (void)samples_add_events(f->w->samples, f->id, strbuf_sv(&name), s->at_us,
                                 (uint64_t)growth); /* false: no rule asks for it */
    strbuf_truncate(&f->position,
                    0); /* what happens while nobody looks is counted by the next process */
    strbuf_addf(&f->position, "%.*s %.0f", SV_FMT(s->name), s->number);
}

/* What bound_events() noted in another process; anything else is nothing. */
static void bound_go_on(struct watcher_feed *f, struct sv position)
{
    struct feed_last *last;
    struct sv name;
    uint64_t value;

    if (!sv_next_word(&position, &name) || !sv_to_u64(sv_trim(position), &value))
        return;
    last = vec_add(&f->last);
    *last = (struct feed_last){.name = arena_sv(&f->w->arena, name), .value = (double)value};
}

void feed_share(struct watcher_feed *f, const struct sample *s)
{
    struct sample share = *s;
    double growth;
    int64_t us;

    if (!bound_growth(f, s, false, &growth, &us) || us <= 0)
        return;
    share.number = growth / ((double)us / CLOCK_US_PER_S);
    feed_member(f, s->name, &share);
}

/* --- what a poll gave --- */

/* The rows that a query gave are one text of JSON; of pairs, another one has what they were before. */
static void bound_rows(struct watcher_feed *f, const struct sample *s)
{
    CLEANUP(json_cleanup) json_t *rows = NULL, *old = NULL;
    const struct sample *before = sample_find(&f->source->samples, SV("old_json"));
    struct err err;

    if (json_read(s->text, &rows, &err) != ERR_OK ||
        (before && json_read(before->text, &old, &err) != ERR_OK))
        return; /* uncovered: both were written by json_write() */
    (void)samples_add_rows(f->w->samples, f->id, f->name, s->at_us, rows,
                           old); /* false: no rule asks for it */
}

static void bound_sample(struct watcher_feed *f, const struct sample *s)
{
    static const struct {
        struct sv name;
        void (*take)(struct watcher_feed *f, const struct sample *s);
    } counters[] = {
        {SV("cpu"), feed_share}, {SV("throttled"), feed_share}, {SV("oom_kills"), bound_events}};
    bool probe = sv_eq(s->name, SV("up")) || sv_eq(s->name, SV("alive"));

    if (probe && s->kind == SAMPLE_BOOL)
        feed_probe(f, s);
    if (sv_eq(s->name, SV("rows_json")) && s->kind == SAMPLE_TEXT) {
        bound_rows(f, s);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(counters); i++)
        if (s->kind == SAMPLE_NUMBER && s->type == SAMPLE_COUNTER &&
            sv_eq(s->name, counters[i].name)) {
            counters[i].take(f, s);
            return;
        }
    feed_member(f, s->name, s);
}

void take_bound(struct watcher_feed *f, const struct sample_list *l)
{
    for (size_t i = 0; i < l->v.n; i++)
        bound_sample(f, &l->v.v[i]);
    rows_take(f, l);
}

/* Lines that say when they were written count then: they follow the counter of their pattern.  How many they are. */
static double bound_place_lines(struct watcher_feed *f, const struct sample_list *l, size_t i,
                                struct sv pattern, struct sv except)
{
    double placed = 0;

    for (; i < l->v.n && l->v.v[i].n_labels > 0; i++) {
        placed += l->v.v[i].number;
        (void)samples_add_lines(f->w->samples, f->id, pattern, except, l->v.v[i].at_us,
                                (uint64_t)l->v.v[i].number); /* false: no rule asks for it */
    }
    return placed;
}

/* Each pattern is a counter of its name; a pattern that cannot be told makes the poll a failed one. */
static void take_log(struct watcher_feed *f, const struct sample_list *l)
{
    for (size_t i = 0; i < l->v.n; i++) {
        const struct sample *s = &l->v.v[i];
        size_t nul = sv_find_byte(s->name, '\0', 0);
        struct sv except = nul == SV_NPOS ? SV("") : sv_sub(s->name, nul + 1, s->name.n);
        double growth, placed;
        int64_t us;

        if (s->n_labels > 0) /* bound_place_lines() has it */
            continue;
        if (sv_eq(s->name, SV("position"))) {
            strbuf_truncate(&f->position, 0);
            strbuf_add_sv(&f->position, s->text);
        } else if (s->kind == SAMPLE_ERROR) {
            feed_is_partial(f, s->text);
        } else if (bound_growth(f, s, true, &growth, &us) && growth > 0) {
            struct sv pattern = sv_sub(s->name, 0, nul);

            placed = bound_place_lines(f, l, i + 1, pattern, except);
            if (growth > placed)
                (void)samples_add_lines(
                    f->w->samples, f->id, pattern, except, s->at_us,
                    (uint64_t)(growth - placed)); /* false: "records", "bytes" */
        }
    }
}

/* --- patterns of a log --- */

static json_t *bound_patterns(const struct sample *s)
{
    json_t *rows = NULL;
    struct err err;

    return json_read(s->text, &rows, &err) == ERR_OK
               ? rows
               : json_array(); /* uncovered: it was written by json_write() */
}

static void take_patterns(struct watcher_feed *f, const struct sample_list *l)
{
    const struct sample *rows = sample_find(l, SV("rows_json")),
                        *known = sample_find(l, SV("known_json")),
                        *limit = sample_find(l, SV("limit")),
                        *position = sample_find(l, SV("position"));
    json_t *list = bound_patterns(rows), *had = known ? bound_patterns(known) : NULL;

    if (f->w->marked) /* what was there before is seen in the moment in which it is known */
        (void)json_array_extend(list, had);
    else if (!f->known)
        f->known = json_incref(had);
    (void)samples_add_rows(f->w->samples, f->id, f->name, l->at_us, list,
                           NULL); /* false: no rule asks for it */
    json_decref(list);
    json_decref(had);
    if (limit)
        feed_is_partial(f, limit->text);
    strbuf_truncate(&f->position, 0);
    if (position)
        strbuf_add_sv(&f->position, position->text);
}

/* --- tickets --- */

static void take_tickets(struct watcher_feed *f, const struct sample_list *l)
{
    const struct sample *new = sample_find(l, SV("new")),
                        *position = sample_find(l, SV("position"));
    double growth;
    int64_t us;

    if (bound_growth(f, new, true, &growth, &us) && growth > 0)
        (void)samples_add_events(f->w->samples, f->id, f->name, l->at_us,
                                 (uint64_t)growth); /* false: no rule asks for it */
    strbuf_truncate(&f->position, 0);
    strbuf_add_sv(&f->position, position->text);
}

/* --- what is known from before --- */

void bound_baseline(struct watcher *w, int64_t at_us)
{
    for (size_t i = 0; i < w->feeds.n; i++) {
        struct watcher_feed *f = &w->feeds.v[i];

        if (f->known)
            (void)samples_add_rows(w->samples, f->id, f->name, at_us, f->known,
                                   NULL); /* false: no rule asks for it */
    }
}

void bound_forget_known(struct watcher *w)
{
    for (size_t i = 0; i < w->feeds.n; i++)
        json_decref(STEAL(w->feeds.v[i].known));
}

/* --- for another process --- */

#define BOUND_KNOWN " known" /* behind the name of a source: no name has a blank */

json_t *bound_save(const struct watcher *w)
{
    json_t *j = json_object();

    for (size_t i = 0; i < w->feeds.n; i++) {
        const struct watcher_feed *f = &w->feeds.v[i];
        CLEANUP(mem_freep) char *name = xstrdup_sv(f->name);

        json_put_sv(j, name, strbuf_sv(&f->position));
        if (f->known) {
            CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);

            strbuf_addf(&key, "%s" BOUND_KNOWN, name);
            json_put(j, strbuf_str(&key), json_incref(f->known));
        }
    }
    return j;
}

size_t watcher_n_placed(const struct watcher *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->feeds.n; i++)
        n += w->feeds.v[i].position.n > 0;
    return n;
}

void bound_restore(struct watcher *w, const json_t *positions)
{
    for (size_t i = 0; i < w->feeds.n; i++) {
        struct watcher_feed *f = &w->feeds.v[i];
        CLEANUP(mem_freep) char *name = xstrdup_sv(f->name);
        CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);
        struct sv position = json_get_sv(positions, name);

        strbuf_addf(&key, "%s" BOUND_KNOWN, name);
        f->known = json_incref(json_object_get(positions, strbuf_str(&key)));
        if (unit_is(f))
            (void)service_count_restore(&f->count, position); /* false: nothing was seen of it */
        else if (f->take == take_bound)
            bound_go_on(f, position);
        else
            source_resume(f->source, position);
    }
}

/* --- opening --- */

static bool bound_is_log(struct sv name)
{
    return sv_starts(name, SV("log."));
}

/* One that somebody tells of: it is opened with those that nobody binds (watcher_event.c). */
static bool bound_is_event(const struct plan_source *s)
{
    return sv_is(s->kind, "event");
}

/* A target that is bound by its URL alone. */
static enum err_code bound_check_url(const char *kind, struct sv name, struct sv url,
                                     struct err *err)
{
    CLEANUP(json_cleanup) json_t *settings = json_object();

    json_put_sv(settings, "url", url);
    if (source_check(sv_from(kind), settings, err) != ERR_OK)
        return err_wrap(err, "source '%.*s'", SV_FMT(name));
    return ERR_OK;
}

static enum err_code bound_check_probe(const struct binding_pair *v, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);

    strbuf_addf(&name, "http.%.*s", SV_FMT(v->name));
    return bound_check_url("http", strbuf_sv(&name), v->value, err);
}

static enum err_code bound_check(const struct plan *p, const struct plan_source *s,
                                 json_t *settings, struct err *err)
{
    if (data_row(s->kind))
        return data_check(p, s, settings, err);
    return bound_is_event(s) ? source_check_row(&source_event, settings, err)
                             : source_check(s->kind, settings, err);
}

enum err_code watcher_check(const struct plan *p, struct err *err)
{
    if (p->scrape.n && bound_check_url("scrape", SV("scrape"), p->scrape, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < p->n_probes; i++)
        if (bound_check_probe(&p->probes[i], err) != ERR_OK)
            return err->code;
    for (size_t i = 0; i < p->n_sources; i++) {
        CLEANUP(json_cleanup) json_t *shown = settings_hide(p->sources[i].settings);

        if (bound_check(p, &p->sources[i], shown, err) != ERR_OK)
            return err_wrap(err, "source '%.*s'", SV_FMT(p->sources[i].name));
    }
    return ERR_OK;
}

enum err_code bound_open(struct watcher *w, struct err *err)
{
    const struct plan *p = w->cfg.plan;

    for (size_t i = 0; i < p->n_sources; i++) {
        const struct plan_source *s = &p->sources[i];
        CLEANUP(mem_freep) char *kind = xstrdup_sv(s->kind);
        feed_take_fn *take = sv_starts(s->name, SV("scrape.")) ? take_scrape
                             : bound_is_log(s->name)           ? take_log
                             : sv_is(s->kind, "patterns")      ? take_patterns
                             : sv_is(s->kind, "tickets")       ? take_tickets
                                                               : take_bound;
        json_t *settings = NULL;

        if (bound_is_event(s))
            continue;
        if (settings_reveal(s->settings, w->cfg.binding, &settings, err) != ERR_OK)
            return err_wrap(err, "source '%.*s'", SV_FMT(s->name));
        if ((data_row(s->kind) ? data_open(w, s, settings, err)
                               : feed_open(w, kind, s->name, settings, take, err)) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

static void bound_want_one(struct watcher *w, const struct watcher_feed *f)
{
    VEC(struct sv) names = {0};
    struct sv pattern, except;
    struct err err;
    enum err_code rc;

    for (size_t i = 0; samples_pattern(w->samples, f->name, i, &pattern, &except); i++) {
        CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);

        strbuf_add_sv(&name, pattern);
        if (except.n) {
            strbuf_add_byte(&name, '\0');
            strbuf_add_sv(&name, except);
        }
        *vec_add(&names) = arena_sv(&w->arena, strbuf_sv(&name));
    }
    rc = source_want(f->source, names.v, names.n, &err);
    assert(rc == ERR_OK); /* the rules were checked, and so their patterns */
    (void)rc;
    vec_release(&names);
}

void bound_want(struct watcher *w)
{
    for (size_t i = 0; i < w->feeds.n; i++)
        if (bound_is_log(w->feeds.v[i].name))
            bound_want_one(w, &w->feeds.v[i]);
}
