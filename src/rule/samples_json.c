/* samples_json: the store as JSON (docs/formats/rules.md, section 3), and parts of it for evidence. */
#include "rule/samples_json.h"

#include <math.h>

#include "base/sv.h"

#define TIME_MAX_US (1LL << 58) /* 9,000 years */

/* Those from the i-th on. */
static json_t *times_save(const int64_t *v, size_t i, size_t n)
{
    json_t *a = json_array();

    for (; i < n; i++)
        json_append(a, json_integer(v[i]));
    return a;
}

json_t *samples_number_save(double v)
{
    return isfinite(v) ? json_real(v) : json_string(v > 0 ? "+Inf" : v < 0 ? "-Inf" : "NaN");
}

double samples_number(const json_t *v)
{
    struct sv text = {json_string_value(v), json_string_length(v)};

    if (json_is_number(v))
        return json_number_value(v);
    return sv_eq(text, SV("+Inf")) ? HUGE_VAL : sv_eq(text, SV("-Inf")) ? -HUGE_VAL : (double)NAN;
}

static void put_time(json_t *o, const char *key, int64_t us)
{
    if (us != SAMPLES_NEVER)
        json_put_int(o, key, us);
}

json_t *samples_source_save(const struct source *src, int64_t from_us)
{
    json_t *o = json_object();
    size_t from = 0;

    while (from < src->polls.n && src->polls.v[from] < from_us)
        from++;
    json_put(o, "name", json_sv(src->name));
    json_put_int(o, "interval_us", src->interval_us);
    json_put_bool(o, "strict", src->strict);
    json_put(o, "polls", times_save(src->polls.v, from, src->polls.n));
    put_time(o, "poll_us", src->poll_us);
    put_time(o, "ok_us", src->ok_us);
    if (src->error)
        json_put(o, "error", json_str(src->error));
    if (src->start_labels) {
        json_put(o, "start_labels", json_str(src->start_labels));
        json_put(o, "start", samples_number_save(src->start));
        json_put_bool(o, "start_many", src->start_many);
        json_put(o, "starts", times_save(src->starts.v, 0, src->starts.n));
    }
    return o;
}

static json_t *value_save(const struct series *x)
{
    json_t *o = json_object();

    json_put_int(o, "t_us", x->last_us);
    json_put(o, "value",
             x->last.kind == SAMPLES_TEXT   ? json_sv(x->last.text)
             : x->last.kind == SAMPLES_BOOL ? json_boolean(x->last.num > 0)
                                            : json_null());
    if (x->last.kind == SAMPLES_ABSENT)
        json_put_bool(o, "absent", true);
    if (x->last.kind == SAMPLES_FAULT)
        json_put(o, "error", json_sv(x->last.text));
    return o;
}

json_t *samples_series_save(const struct series *x, size_t from, size_t upto, bool values)
{
    json_t *o = json_object(), *labels = json_array(), *samples = json_array(),
           *created = json_array();

    for (size_t i = 0; i < x->n_labels; i++)
        json_append(labels,
                    json_pack("[oo]", json_sv(x->labels[i].name), json_sv(x->labels[i].value)));
    for (size_t i = from; values && i < upto; i++)
        json_append(samples, json_pack("[Io]", (json_int_t)x->v.v[i].t_us,
                                       samples_number_save(x->v.v[i].v)));
    for (size_t i = 0; i < x->created.n; i++)
        json_append(created, json_pack("[II]", (json_int_t)x->created.v[i].t_us,
                                       (json_int_t)x->created.v[i].created_us));
    json_put_int(o, "source", (int64_t)x->source);
    json_put(o, "name", json_sv(x->metric->name));
    json_put(o, "labels", labels);
    put_time(o, "first_us", x->first_us);
    put_time(o, "last_us", x->last_us);
    json_put(o, "samples", samples);
    if (json_array_size(created))
        json_put(o, "created", json_incref(created));
    json_decref(created);
    if (x->has_last)
        json_put(o, "last", value_save(x));
    if (x->events)
        json_put_bool(o, "events", true);
    if (x->overflow)
        json_put_bool(o, "overflow", true);
    if (x->down >= 0 || x->bad || x->good)
        json_put(o, "probe",
                 json_pack("{sosIsI}", "down", x->down < 0 ? json_null() : json_boolean(x->down),
                           "bad", (json_int_t)x->bad, "good", (json_int_t)x->good));
    if (x->pattern)
        json_put(o, "pattern",
                 json_pack("[oo]", json_sv(series_label(x, SV("pattern"))),
                           json_sv(series_label(x, SV("not")))));
    return o;
}

json_t *samples_rows_save(const struct metric *m, int64_t from_us)
{
    json_t *o = json_object(), *sets = json_array();
    size_t from = m->rows.n;

    while (from > 0 && m->rows.v[from - 1].t_us > from_us)
        from--;
    from -= from > 0; /* the one before the window is what is known at its beginning */
    for (size_t i = from; i < m->rows.n; i++)
        json_append(sets, json_pack("{sIsOsO*}", "t_us", (json_int_t)m->rows.v[i].t_us, "rows",
                                    m->rows.v[i].rows, "old", m->rows.v[i].old));
    json_put_int(o, "source", (int64_t)m->rows_source);
    json_put(o, "name", json_sv(m->name));
    json_put(o, "sets", sets);
    put_time(o, "cut_us", m->rows_cut_us);
    return o;
}

json_t *samples_restarts_save(const struct samples *s)
{
    json_t *a = json_array();

    for (size_t i = 0; i < s->restarts.n; i++)
        json_append(a, json_pack("[Io]", (json_int_t)s->restarts.v[i].t_us,
                                 json_sv(s->restarts.v[i].instance)));
    return a;
}

json_t *samples_save(const struct samples *s)
{
    json_t *o = json_object(), *sources = json_array(), *series = json_array(),
           *rows = json_array();
    json_t *keep = json_object();

    for (size_t i = 0; i < s->sources.n; i++)
        json_append(sources, samples_source_save(&s->sources.v[i], INT64_MIN));
    for (size_t i = 0; i < s->series.n; i++)
        if (!s->series.v[i]->dead)
            json_append(series, samples_series_save(s->series.v[i], 0, s->series.v[i]->v.n, true));
    for (size_t i = 0; i < s->metrics.n; i++) {
        const struct metric *m = s->metrics.v[i];

        if (m->rows.n)
            json_append(rows, samples_rows_save(m, INT64_MIN));
        (void)json_object_setn_new_nocheck(keep, m->name.p, m->name.n, json_integer(m->keep_us));
    }
    json_put_int(o, "prusik_samples", 1);
    json_put(o, "keep", keep);
    json_put(o, "sources", sources);
    json_put(o, "series", series);
    json_put(o, "rows", rows);
    json_put(o, "restarts", samples_restarts_save(s));
    return o;
}

/* ---- restore ---- */

static struct sv text_of(const json_t *v)
{
    return json_is_string(v) ? (struct sv){json_string_value(v), json_string_length(v)}
                             : (struct sv){NULL, 0};
}

/* Sources may have other numbers here than where they were saved. */
struct loader {
    struct samples *s;
    VEC(size_t) sources;
};

static bool loader_source(const struct loader *l, const json_t *o, size_t *ret)
{
    int64_t i = json_get_int(o, "source", -1);

    if (i < 0 || (uint64_t)i >= l->sources.n)
        return false;
    *ret = l->sources.v[i];
    return true;
}

/* The store may have had another text there. */
static void text_load(char **to, struct sv text)
{
    free(*to);
    *to = text.p ? xstrdup_sv(text) : NULL;
}

/* A moment or span that sums of a few cannot make overflow. */
static bool time_load(const json_t *v, int64_t *ret)
{
    if (!json_is_integer(v) || json_integer_value(v) > TIME_MAX_US ||
        json_integer_value(v) < -TIME_MAX_US)
        return false;
    *ret = json_integer_value(v);
    return true;
}

/* The member, or SAMPLES_NEVER when there is none. */
static bool time_get(const json_t *o, const char *key, int64_t *ret)
{
    const json_t *v = json_object_get(o, key);

    *ret = SAMPLES_NEVER;
    return !v || time_load(v, ret);
}

static bool span_get(const json_t *o, const char *key, int64_t *ret)
{
    return time_load(json_object_get(o, key), ret) && *ret >= 0;
}

/* As they were kept: pushing them one by one would drop some again. */
static bool times_load(struct source *src, const json_t *polls)
{
    src->polls.n = 0;
    for (size_t i = 0; i < json_array_size(polls); i++) {
        int64_t t;

        if (!time_load(json_array_get(polls, i), &t) || (i > 0 && src->polls.v[i - 1] >= t))
            return false;
        *vec_add(&src->polls) = t;
    }
    return true;
}

static bool starts_load(struct source *src, const json_t *o)
{
    const json_t *starts = json_object_get(o, "starts");

    src->starts.n = 0;
    if (!json_object_get(o, "start_labels"))
        return true;
    text_load(&src->start_labels, json_get_sv(o, "start_labels"));
    src->start = samples_number(json_object_get(o, "start"));
    src->start_many = json_get_bool(o, "start_many", false);
    for (size_t i = 0; i < json_array_size(starts); i++)
        if (!time_load(json_array_get(starts, i), vec_add(&src->starts)))
            return false;
    return src->start_labels != NULL;
}

static bool source_load(struct loader *l, const json_t *o)
{
    struct sv name = json_get_sv(o, "name");
    int64_t interval;
    struct source *src;
    size_t at;

    if (!name.p || !span_get(o, "interval_us", &interval))
        return false;
    at = samples_source(l->s, name, interval, json_get_bool(o, "strict", false));
    for (size_t i = 0; i < l->sources.n; i++)
        if (l->sources.v[i] == at)
            return false;
    *vec_add(&l->sources) = at;
    src = &l->s->sources.v[at];
    text_load(&src->error, text_of(json_object_get(o, "error")));
    if (!time_get(o, "poll_us", &src->poll_us) || !time_get(o, "ok_us", &src->ok_us) ||
        !times_load(src, json_object_get(o, "polls")) || !starts_load(src, o))
        return false;
    if (!src->strict && src->ok_us > l->s->scraped_us)
        l->s->scraped_us = src->ok_us;
    return true;
}

static void last_load(struct series *x, const json_t *o)
{
    const json_t *v = json_object_get(o, "value"), *fault = json_object_get(o, "error");
    const json_t *text = json_is_string(fault) ? fault : v;

    if (!json_is_object(o))
        return;
    x->has_last = true;
    x->last = (struct sample_value){.kind = json_get_bool(o, "absent", false) ? SAMPLES_ABSENT
                                                                              : SAMPLES_NULL};
    if (json_is_boolean(v))
        x->last = (struct sample_value){.kind = SAMPLES_BOOL, .num = json_is_true(v)};
    if (!json_is_string(text))
        return;
    text_load(&x->last_text, text_of(text));
    x->last = (struct sample_value){
        text == v ? SAMPLES_TEXT : SAMPLES_FAULT, 0, {x->last_text, json_string_length(text)}};
}

static void probe_load(struct series *x, const json_t *o)
{
    const json_t *down = json_object_get(o, "down");

    x->down = json_is_boolean(down) ? json_is_true(down) : -1;
    x->bad = (unsigned)json_get_int(o, "bad", 0);
    x->good = (unsigned)json_get_int(o, "good", 0);
}

static struct series *series_of(const struct loader *l, const json_t *o)
{
    const json_t *labels = json_object_get(o, "labels");
    struct samples_label list[256];
    struct sv name = json_get_sv(o, "name");
    size_t n = json_array_size(labels), source;

    if (!name.p || !loader_source(l, o, &source) || n > ARRAY_LEN(list))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const json_t *pair = json_array_get(labels, i);

        list[i] = (struct samples_label){text_of(json_array_get(pair, 0)),
                                         text_of(json_array_get(pair, 1))};
        if (!list[i].name.p || !list[i].value.p)
            return NULL;
    }
    samples_keep(l->s, name, 0);
    return samples_series(l->s, samples_metric(l->s, name), source, list, n);
}

static bool created_load(struct series *x, const json_t *created)
{
    for (size_t i = 0; i < json_array_size(created); i++) {
        const json_t *p = json_array_get(created, i);
        struct created *c = vec_add(&x->created);

        if (!time_load(json_array_get(p, 0), &c->t_us) ||
            !time_load(json_array_get(p, 1), &c->created_us))
            return false;
    }
    return true;
}

static bool values_load(struct samples *s, struct series *x, const json_t *samples)
{
    size_t n = json_array_size(samples);

    if (n > SAMPLES_PER_SERIES_MAX || n > SAMPLES_TOTAL_MAX - s->capacity)
        return false; /* uncovered: a store does not hold so many */
    if (n == 0)
        return true;
    x->v.v = xcalloc(n, sizeof(*x->v.v));
    x->v.cap = n;
    s->capacity += n;
    for (; x->v.n < n; x->v.n++) {
        const json_t *p = json_array_get(samples, x->v.n);
        struct sample *v = &x->v.v[x->v.n];

        if (!time_load(json_array_get(p, 0), &v->t_us) || (x->v.n > 0 && v[-1].t_us >= v->t_us))
            return false;
        v->v = samples_number(json_array_get(p, 1));
    }
    return x->first_us != SAMPLES_NEVER && x->first_us <= x->v.v[0].t_us &&
           x->last_us >= x->v.v[n - 1].t_us;
}

/* One that is there already may be what a rule wants of a log, but nothing with samples. */
static bool series_load(struct loader *l, const json_t *o)
{
    struct series *x = series_of(l, o);

    if (!x || x->first_us != SAMPLES_NEVER || x->v.n || x->created.n || x->has_last)
        return false;
    x->events = json_get_bool(o, "events", x->events);
    x->overflow = json_get_bool(o, "overflow", false);
    if (!time_get(o, "first_us", &x->first_us) || !time_get(o, "last_us", &x->last_us) ||
        (x->first_us == SAMPLES_NEVER) != (x->last_us == SAMPLES_NEVER) ||
        x->first_us > x->last_us || !values_load(l->s, x, json_object_get(o, "samples")) ||
        !created_load(x, json_object_get(o, "created")))
        return false;
    last_load(x, json_object_get(o, "last"));
    probe_load(x, json_object_get(o, "probe"));
    return true;
}

static bool rows_load(struct loader *l, const json_t *o)
{
    const json_t *sets = json_object_get(o, "sets");
    struct sv name = json_get_sv(o, "name");
    struct metric *m;
    size_t source;

    if (!name.p || !loader_source(l, o, &source))
        return false;
    samples_keep(l->s, name, 0);
    m = samples_metric(l->s, name);
    if (m->rows.n > 0 || !time_get(o, "cut_us", &m->rows_cut_us))
        return false;
    for (size_t i = 0; i < json_array_size(sets); i++) {
        const json_t *set = json_array_get(sets, i);
        json_t *rows = json_object_get(set, "rows"), *old = json_object_get(set, "old");
        int64_t t;

        if ((!json_is_array(rows) && !json_is_string(rows)) || (old && !json_is_array(old)) ||
            !time_load(json_object_get(set, "t_us"), &t) ||
            (m->rows.n > 0 && vec_last(&m->rows)->t_us >= t) ||
            !samples_add_rows(l->s, source, name, t, rows, old))
            return false;
    }
    return true;
}

static bool restart_load(struct loader *l, const json_t *o)
{
    int64_t t;

    if (!time_load(json_array_get(o, 0), &t))
        return false;
    samples_restart(l->s, t, text_of(json_array_get(o, 1)));
    return true;
}

static bool keep_load(struct samples *s, json_t *keep)
{
    const char *name;
    json_t *v;

    json_object_foreach(keep, name, v)
    {
        int64_t span;

        if (!span_get(keep, name, &span))
            return false;
        samples_keep(s, sv_from(name), span);
    }
    return true;
}

static enum err_code load_lists(struct loader *l, const json_t *tree, struct err *err)
{
    static const struct {
        const char *key;
        bool (*load)(struct loader *, const json_t *);
    } lists[] = {{"sources", source_load},
                 {"series", series_load},
                 {"rows", rows_load},
                 {"restarts", restart_load}};

    for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
        const json_t *list = json_object_get(tree, lists[k].key);

        for (size_t i = 0; i < json_array_size(list); i++)
            if (!lists[k].load(l, json_array_get(list, i)))
                return err_set(err, ERR_INVALID,
                               "stored samples: %s, element %zu does not hold together",
                               lists[k].key, i);
    }
    return ERR_OK;
}

enum err_code samples_restore(struct samples *s, const json_t *tree, struct err *err)
{
    struct loader l = {.s = s};
    enum err_code rc;

    if (json_get_int(tree, "prusik_samples", 0) != 1)
        return err_set(err, ERR_INVALID, "no stored samples, version 1");
    if (!keep_load(s, json_object_get(tree, "keep")))
        return err_set(err, ERR_INVALID, "stored samples: keep does not hold spans");
    rc = load_lists(&l, tree, err);
    vec_release(&l.sources);
    return rc;
}
