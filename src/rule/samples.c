#include "rule/samples.h"

#include "rule/samples_int.h"

#include <math.h>

#include "base/sv.h"

#define SECOND_US      1000000LL
#define FORGET_US      (3600 * SECOND_US)
#define FORGET_DEAD_US (86400 * SECOND_US)
#define SWEEP_EVERY_US (600 * SECOND_US)
#define LABELS_MAX     256u  /* of one series */
#define KEPT_STARTS    1024u /* of one process: one per minute for 17 hours */

/* Drop the older half. */
#define HALVE(vec)                                                            \
    do {                                                                      \
        (vec)->n /= 2;                                                        \
        memmove((vec)->v, (vec)->v + (vec)->n, (vec)->n * sizeof(*(vec)->v)); \
    } while (0)

struct samples *samples_new(void)
{
    struct samples *s = XNEW(struct samples);

    s->sweep_us = SAMPLES_NEVER;
    s->scraped_us = SAMPLES_NEVER;
    s->key = STRBUF(0);
    return s;
}

static void series_empty(struct samples *s, struct series *x)
{
    s->capacity -= x->v.cap;
    vec_release(&x->v);
    vec_release(&x->created);
    free(x->last_text);
    x->last_text = NULL;
    x->has_last = false;
}

static void series_free(struct samples *s, struct series *x)
{
    series_empty(s, x);
    regex_free(x->pattern);
    regex_free(x->except);
    free(x->labels);
    free(x);
}

static void metric_release(struct metric *m)
{
    for (size_t i = 0; i < m->rows.n; i++) {
        json_decref(m->rows.v[i].rows);
        json_decref(m->rows.v[i].old);
    }
    vec_release(&m->rows);
    vec_release(&m->series);
}

static void selector_free(struct selector *sel)
{
    for (size_t i = 0; i < sel->n_labels; i++)
        regex_free(sel->patterns[i]);
    vec_release(&sel->list);
    vec_release(&sel->sources);
}

void samples_free(struct samples *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->series.n; i++)
        series_free(s, s->series.v[i]);
    for (size_t i = 0; i < s->metrics.n; i++)
        metric_release(s->metrics.v[i]);
    for (size_t i = 0; i < s->selectors.n; i++)
        selector_free(s->selectors.v[i]);
    for (size_t i = 0; i < s->sources.n; i++) {
        vec_release(&s->sources.v[i].polls);
        vec_release(&s->sources.v[i].starts);
        free(s->sources.v[i].error);
        free(s->sources.v[i].start_labels);
    }
    vec_release(&s->sources);
    vec_release(&s->metrics);
    vec_release(&s->series);
    vec_release(&s->selectors);
    vec_release(&s->restarts);
    map_release(&s->source_by_name);
    map_release(&s->metric_by_name);
    map_release(&s->series_by_key);
    map_release(&s->selector_by_key);
    strbuf_release(&s->key);
    arena_release(&s->arena);
    free(s);
}

/* ---- sources ---- */

static size_t source_get(struct samples *s, struct sv name)
{
    size_t i;

    if (!map_get(&s->source_by_name, name, &i)) {
        i = s->sources.n;
        *vec_add(&s->sources) = (struct source){
            .name = arena_sv(&s->arena, name), .poll_us = SAMPLES_NEVER, .ok_us = SAMPLES_NEVER};
        (void)map_put(&s->source_by_name, name, i);
    }
    return i;
}

size_t samples_source(struct samples *s, struct sv name, int64_t interval_us, bool strict)
{
    size_t i = source_get(s, name);

    s->sources.v[i].interval_us = interval_us;
    s->sources.v[i].strict = strict;
    return i;
}

const struct source *samples_find_source(const struct samples *s, struct sv name)
{
    size_t i;

    return map_get(&s->source_by_name, name, &i) ? &s->sources.v[i] : NULL;
}

/* The span that a sample may be asked for after its time. */
static int64_t keep_span(const struct samples *s, int64_t keep_us, size_t source)
{
    return keep_us + s->sources.v[source].interval_us * 3 / 2 + SECOND_US;
}

/* Keep times in order; one that is there already is not added again. */
static void times_add(struct source *src, int64_t t_us, int64_t before_us)
{
    size_t i = src->polls.n;

    while (i > 0 && src->polls.v[i - 1] > t_us)
        i--;
    if (i > 0 && src->polls.v[i - 1] == t_us)
        return;
    (void)vec_add(&src->polls);
    memmove(src->polls.v + i + 1, src->polls.v + i, (src->polls.n - 1 - i) * sizeof(*src->polls.v));
    src->polls.v[i] = t_us;
    if (src->polls.n < src->polls.cap)
        return;
    for (i = 0; src->polls.v[i] < before_us;)
        i++; /* the newest stays */
    memmove(src->polls.v, src->polls.v + i, (src->polls.n - i) * sizeof(*src->polls.v));
    src->polls.n -= i;
}

static void poll_done(struct source *src, int64_t t_us, struct sv why)
{
    if (t_us < src->poll_us)
        return;
    src->poll_us = t_us;
    free(src->error);
    src->error = why.p ? xstrdup_sv(why) : NULL;
}

void samples_poll_ok(struct samples *s, size_t source, int64_t t_us)
{
    struct source *src = &s->sources.v[source];

    assert(source < s->sources.n);
    poll_done(src, t_us, (struct sv){NULL, 0});
    src->ok_us = src->ok_us > t_us ? src->ok_us : t_us;
    times_add(src, t_us, t_us - keep_span(s, s->keep_us, source));
    if (!src->strict && t_us > s->scraped_us)
        s->scraped_us = t_us;
}

void samples_poll_failed(struct samples *s, size_t source, int64_t t_us, struct sv why)
{
    assert(source < s->sources.n);
    poll_done(&s->sources.v[source], t_us, why.p ? why : SV(""));
}

/* ---- names ---- */

struct metric *samples_metric(const struct samples *s, struct sv name)
{
    size_t i;

    return map_get(&s->metric_by_name, name, &i) ? s->metrics.v[i] : NULL;
}

void samples_keep(struct samples *s, struct sv name, int64_t span_us)
{
    struct metric *m = samples_metric(s, name);

    if (!m) {
        m = ARENA_NEW(&s->arena, struct metric);
        m->name = arena_sv(&s->arena, name);
        m->rows_cut_us = SAMPLES_NEVER;
        (void)map_put(&s->metric_by_name, name, s->metrics.n);
        *vec_add(&s->metrics) = m;
    }
    if (span_us > m->keep_us)
        m->keep_us = span_us;
    if (span_us > s->keep_us)
        s->keep_us = span_us;
}

/* ---- series ---- */

static int label_order(const void *a, const void *b)
{
    const struct samples_label *x = a, *y = b;

    return sv_cmp(x->name, y->name);
}

static void text_quoted(struct strbuf *out, struct sv s)
{
    strbuf_add_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            strbuf_add_byte(out, '\\');
        strbuf_add_byte(out, s.p[i]);
    }
    strbuf_add_byte(out, '"');
}

static void labels_text(const struct samples_label *labels, size_t n, struct strbuf *out)
{
    for (size_t i = 0; i < n; i++) {
        strbuf_add_str(out, i ? "," : "");
        strbuf_add_sv(out, labels[i].name);
        strbuf_add_byte(out, '=');
        text_quoted(out, labels[i].value);
    }
}

struct sv series_label(const struct series *x, struct sv name)
{
    for (size_t i = 0; i < x->n_labels; i++)
        if (sv_eq(x->labels[i].name, name))
            return x->labels[i].value;
    return (struct sv){NULL, 0};
}

void series_name(const struct series *x, struct strbuf *out)
{
    strbuf_add_sv(out, x->metric->name);
    if (x->n_labels)
        strbuf_addf(out, "{%.*s}", SV_FMT(x->text));
}

static double label_number(const struct series *x, struct sv name)
{
    struct sv text = series_label(x, name);
    double v;

    if (sv_eq(text, SV("+Inf")))
        return HUGE_VAL;
    return sv_to_f64(text, &v) ? v : (double)NAN;
}

/* Labels, their text and the struct in as few pieces as can be: there may be a million. */
static struct series *series_new(struct metric *m, size_t source,
                                 const struct samples_label *sorted, size_t n, struct sv text)
{
    struct series *x = XNEW(struct series);
    size_t bytes = text.n;
    char *p;

    for (size_t i = 0; i < n; i++)
        bytes += sorted[i].name.n + sorted[i].value.n;
    x->labels = xcalloc(1, n * sizeof(*sorted) + bytes + 1);
    p = (char *)(x->labels + n);
    for (size_t i = 0; i < n; i++) {
        const struct sv parts[] = {sorted[i].name, sorted[i].value};
        struct sv *const to[] = {&x->labels[i].name, &x->labels[i].value};

        for (size_t k = 0; k < 2; k++) {
            *to[k] = (struct sv){p, parts[k].n};
            if (parts[k].n)
                memcpy(p, parts[k].p, parts[k].n);
            p += parts[k].n;
        }
    }
    if (text.n)
        memcpy(p, text.p, text.n);
    x->text = (struct sv){p, text.n};
    x->n_labels = n;
    x->metric = m;
    x->source = source;
    x->first_us = x->last_us = SAMPLES_NEVER;
    x->down = -1;
    x->le = label_number(x, SV("le"));
    x->quantile = label_number(x, SV("quantile"));
    return x;
}

/* Source and name, then a byte that neither has; the labels' text follows at the offset returned. */
static size_t key_begin(struct samples *s, const struct metric *m, size_t source)
{
    strbuf_truncate(&s->key, 0);
    strbuf_addf(&s->key, "%zx ", source);
    strbuf_add_sv(&s->key, m->name);
    strbuf_add_byte(&s->key, '\0');
    return s->key.n;
}

struct series *samples_series(struct samples *s, struct metric *m, size_t source,
                              const struct samples_label *labels, size_t n_labels)
{
    struct samples_label sorted[LABELS_MAX];
    size_t key_text, i;
    struct series *x;

    if (n_labels > LABELS_MAX)
        return NULL;
    if (n_labels)
        memcpy(sorted, labels, n_labels * sizeof(*labels));
    if (n_labels > 1)
        qsort(sorted, n_labels, sizeof(*sorted), label_order);
    key_text = key_begin(s, m, source);
    labels_text(sorted, n_labels, &s->key);
    if (map_get(&s->series_by_key, strbuf_sv(&s->key), &i))
        return s->series.v[i];
    if (s->series.n - s->dead >= SAMPLES_SERIES_MAX)
        return NULL; /* uncovered: a million series */
    x = series_new(m, source, sorted, n_labels, sv_sub(strbuf_sv(&s->key), key_text, s->key.n));
    (void)map_put(&s->series_by_key, strbuf_sv(&s->key), s->series.n);
    *vec_add(&s->series) = x;
    *vec_add(&m->series) = x;
    return x;
}

size_t series_upto(const struct series *x, int64_t t_us)
{
    size_t lo = 0, hi = x->v.n;

    if (hi && x->v.v[hi - 1].t_us <= t_us) /* the usual question is about now */
        return hi;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (x->v.v[mid].t_us <= t_us)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/*
 * Is a series whose last sample is that old forgotten?  After an hour of polls that no longer show
 * it, or after a day without any answer of its target; never before the longest window is over.
 */
static bool is_forgotten(const struct metric *m, int64_t last_us, int64_t polled_us, int64_t t_us)
{
    int64_t hour = m->keep_us > FORGET_US ? m->keep_us : FORGET_US;
    int64_t day = m->keep_us > FORGET_DEAD_US ? m->keep_us : FORGET_DEAD_US;

    return (polled_us != SAMPLES_NEVER && last_us < polled_us - hour) || last_us < t_us - day;
}

int64_t source_poll_before(const struct source *src, int64_t t_us)
{
    size_t lo = 0, hi = src->polls.n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (src->polls.v[mid] < t_us)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo > 0 ? src->polls.v[lo - 1] : SAMPLES_NEVER;
}

bool series_alive(const struct samples *s, const struct series *x, int64_t t_us)
{
    const struct source *src = &s->sources.v[x->source];
    int64_t polled = src->ok_us <= t_us ? src->ok_us : source_poll_before(src, t_us + 1);

    return !x->dead && x->first_us != SAMPLES_NEVER && x->first_us <= t_us &&
           !is_forgotten(x->metric, x->last_us, polled, t_us);
}

/* Halve the times of events: neighbours join at the later one, no event is lost. */
static void events_merge(struct series *x)
{
    size_t to = 0;

    for (size_t i = 0; i < x->v.n; i += 2) {
        struct sample first = x->v.v[i];

        if (i + 1 < x->v.n) {
            double sum = first.v + x->v.v[i + 1].v;

            first = (struct sample){x->v.v[i + 1].t_us, sum};
        }
        x->v.v[to++] = first;
    }
    x->v.n = to;
}

/* Make room for one more; false when a limit forbids it. */
static bool series_room(struct samples *s, struct series *x, int64_t t_us)
{
    int64_t now = s->sources.v[x->source].poll_us;
    int64_t before;
    size_t cap = x->v.cap, old = 0;

    if (x->v.n < cap)
        return true;
    if (now == SAMPLES_NEVER ||
        now > t_us) /* a log line may come from the future: it drops nothing */
        now = t_us;
    before = now - keep_span(s, x->metric->keep_us, x->source);
    while (old + 1 < x->v.n && x->v.v[old].t_us < before)
        old++;
    if (old > x->v.n / 4) {
        memmove(x->v.v, x->v.v + old, (x->v.n - old) * sizeof(*x->v.v));
        x->v.n -= old;
        return true;
    }
    if (x->events && x->v.n >= SAMPLES_PER_SERIES_MAX) {
        events_merge(x);
        return true;
    }
    x->overflow |= x->v.n >= SAMPLES_PER_SERIES_MAX || s->capacity >= SAMPLES_TOTAL_MAX;
    if (x->overflow)
        return false;
    cap = cap ? cap * 2 : 4;
    s->capacity += cap - x->v.cap;
    x->v.v = xrealloc(x->v.v, cap, sizeof(*x->v.v));
    x->v.cap = cap;
    return true;
}

/* What comes back after it was forgotten is new (R8 d): whether it was swept meanwhile must not show. */
static void series_revive(struct samples *s, struct series *x, int64_t t_us)
{
    int64_t polled = source_poll_before(&s->sources.v[x->source], t_us);

    if (!x->events && x->last_us != SAMPLES_NEVER &&
        is_forgotten(x->metric, x->last_us, polled, t_us)) {
        series_empty(s, x);
        x->first_us = x->last_us = SAMPLES_NEVER;
        x->down = -1;
        x->bad = x->good = 0;
        x->overflow = false;
    }
    if (x->dead) {
        x->dead = false;
        s->dead--;
        *vec_add(&x->metric->series) = x;
    }
}

static void series_seen(struct series *x, int64_t t_us)
{
    if (x->first_us == SAMPLES_NEVER || t_us < x->first_us)
        x->first_us = t_us;
    if (t_us > x->last_us)
        x->last_us = t_us;
}

bool series_push(struct samples *s, struct series *x, int64_t t_us, double v)
{
    size_t i;

    series_revive(s, x, t_us);
    i = series_upto(x, t_us);
    if (i > 0 && x->v.v[i - 1].t_us == t_us) {
        if (x->events)
            x->v.v[i - 1].v += v;
        return x->events;
    }
    if (!series_room(s, x, t_us))
        return false;
    i = series_upto(x, t_us); /* room may have moved them */
    memmove(x->v.v + i + 1, x->v.v + i, (x->v.n - i) * sizeof(*x->v.v));
    x->v.v[i] = (struct sample){t_us, v};
    x->v.n++;
    series_seen(x, t_us);
    return true;
}

/* A changed process_start_time_seconds resets every counter of the target. */
static void source_start(struct samples *s, size_t source, const struct series *x, int64_t t_us,
                         double v)
{
    struct source *src = &s->sources.v[source];

    if (!src->start_labels)
        src->start_labels = xstrdup_sv(x->text);
    else if (!sv_eq(sv_from(src->start_labels), x->text))
        src->start_many = true;
    else if (!num_same(src->start, v))
        *vec_add(&src->starts) = t_us;
    if (src->starts.n == KEPT_STARTS) /* a target that restarts with every poll */
        HALVE(&src->starts);
    src->start = v;
}

/* NULL: nobody wants the name. */
static struct series *series_by(struct samples *s, size_t source, const struct samples_key *key)
{
    struct metric *m = samples_metric(s, key->name);

    return m ? samples_series(s, m, source, key->labels, key->n_labels) : NULL;
}

bool samples_add(struct samples *s, size_t source, const struct samples_key *key, int64_t t_us,
                 double v)
{
    static const struct sv start_name = SV("process_start_time_seconds");
    bool start = key->name.n == start_name.n && sv_eq(key->name, start_name);
    struct series *x;

    assert(source < s->sources.n);
    if (start)
        samples_keep(s, key->name, 0);
    x = series_by(s, source, key);
    if (!x)
        return false;
    if (start)
        source_start(s, source, x, t_us, v);
    return series_push(s, x, t_us, v);
}

void samples_created(struct samples *s, size_t source, const struct samples_key *key, int64_t t_us,
                     int64_t created_us)
{
    struct series *x = series_by(s, source, key);

    if (!x)
        return;
    if (x->created.n && vec_last(&x->created)->created_us == created_us)
        return;
    *vec_add(&x->created) = (struct created){t_us, created_us};
    if (x->created.n == KEPT_STARTS)
        HALVE(&x->created);
}

/* ---- values, events, probes, lines ---- */

static struct series *series_alone(struct samples *s, size_t source, struct sv name)
{
    struct metric *m = samples_metric(s, name);

    assert(source < s->sources.n);
    return m ? samples_series(s, m, source, NULL, 0) : NULL;
}

bool samples_add_value(struct samples *s, size_t source, struct sv name, int64_t t_us,
                       const struct sample_value *v)
{
    struct series *x = series_alone(s, source, name);

    if (!x)
        return false;
    series_revive(s, x, t_us);
    if (t_us == x->last_us || (v->kind != SAMPLES_NUM && t_us < x->last_us))
        return false;
    if (v->kind == SAMPLES_NUM) {
        x->has_last = x->has_last && t_us < x->last_us;
        return series_push(s, x, t_us, v->num);
    }
    free(x->last_text);
    x->last_text = v->kind == SAMPLES_TEXT || v->kind == SAMPLES_FAULT ? xstrdup_sv(v->text) : NULL;
    x->last = (struct sample_value){v->kind, v->num, {x->last_text, x->last_text ? v->text.n : 0}};
    x->has_last = true;
    series_seen(x, t_us);
    return true;
}

static bool events_push(struct samples *s, struct series *x, int64_t t_us, uint64_t count)
{
    x->events = true;
    return count == 0 || series_push(s, x, t_us, (double)count);
}

bool samples_add_events(struct samples *s, size_t source, struct sv name, int64_t t_us,
                        uint64_t count)
{
    struct series *x = series_alone(s, source, name);

    return x && events_push(s, x, t_us, count);
}

void samples_add_probe(struct samples *s, size_t source, int64_t t_us, enum sample_probe result)
{
    struct series *x = series_alone(s, source, s->sources.v[source].name);

    if (!x || t_us <= x->last_us)
        return;
    (void)series_push(s, x, t_us, result == PROBE_COULD_NOT_RUN ? -1 : (double)result);
    if (result == PROBE_COULD_NOT_RUN)
        return; /* neither up nor down */
    x->bad = result == PROBE_DOWN ? x->bad + 1 : 0;
    x->good = result == PROBE_UP ? x->good + 1 : 0;
    if (x->bad >= 3)
        x->down = 1;
    else if (x->good >= 2 || (result == PROBE_UP && x->down < 0))
        x->down = 0;
}

struct series *samples_want_lines(struct samples *s, struct sv log, struct sv pattern,
                                  struct sv except)
{
    const struct samples_label labels[] = {{SV("not"), except}, {SV("pattern"), pattern}};
    size_t source = source_get(s, log);
    struct metric *m = samples_metric(s, log);
    struct series *x;
    struct err err;

    assert(m);
    x = samples_series(s, m, source, labels, ARRAY_LEN(labels));
    if (!x || x->pattern)
        return x;
    x->events = true;
    if (regex_new(pattern, 0, &x->pattern, &err) != ERR_OK ||
        (except.n && regex_new(except, 0, &x->except, &err) != ERR_OK))
        assert(!(bool)"rule_check() compiled it"); /* uncovered: our own bug */
    return x;
}

void samples_add_line(struct samples *s, size_t source, int64_t t_us, struct sv line)
{
    struct metric *m = samples_metric(s, s->sources.v[source].name);

    for (size_t i = 0; m && i < m->series.n; i++) {
        struct series *x = m->series.v[i];

        if (x->pattern && regex_has(x->pattern, line) && !(x->except && regex_has(x->except, line)))
            (void)events_push(s, x, t_us, 1);
    }
}

bool samples_add_lines(struct samples *s, size_t source, struct sv pattern, struct sv except,
                       int64_t t_us, uint64_t count)
{
    struct metric *m = samples_metric(s, s->sources.v[source].name);

    for (size_t i = 0; m && i < m->series.n; i++) {
        struct series *x = m->series.v[i];

        if (x->pattern && sv_eq(series_label(x, SV("pattern")), pattern) &&
            sv_eq(series_label(x, SV("not")), except))
            return events_push(s, x, t_us, count);
    }
    return false;
}

bool samples_pattern(const struct samples *s, struct sv log, size_t i, struct sv *pattern,
                     struct sv *except)
{
    const struct metric *m = samples_metric(s, log);

    if (!m || i >= m->series.n)
        return false;
    *except = m->series.v[i]->labels[0].value;
    *pattern = m->series.v[i]->labels[1].value;
    return true;
}

/* ---- rows ---- */

static void rows_drop_first(struct metric *m)
{
    m->n_rows -= json_array_size(m->rows.v[0].rows);
    json_decref(m->rows.v[0].rows);
    json_decref(m->rows.v[0].old);
    memmove(m->rows.v, m->rows.v + 1, (m->rows.n - 1) * sizeof(*m->rows.v));
    m->rows.n--;
}

bool samples_add_rows(struct samples *s, size_t source, struct sv name, int64_t t_us, json_t *rows,
                      json_t *old)
{
    struct metric *m = samples_metric(s, name);
    size_t i;

    assert(source < s->sources.n && (json_is_array(rows) || json_is_string(rows)));
    if (!m || json_array_size(rows) > SAMPLES_ROWS_MAX)
        return false;
    m->rows_source = source;
    for (i = m->rows.n; i > 0 && m->rows.v[i - 1].t_us >= t_us; i--)
        if (m->rows.v[i - 1].t_us == t_us)
            return false;
    (void)vec_add(&m->rows);
    memmove(m->rows.v + i + 1, m->rows.v + i, (m->rows.n - 1 - i) * sizeof(*m->rows.v));
    m->rows.v[i] = (struct rowset){t_us, json_incref(rows), json_incref(old)};
    m->n_rows += json_array_size(rows);
    while (m->rows.n > 1 && m->rows.v[1].t_us < t_us - m->keep_us) /* one before the window stays */
        rows_drop_first(m);
    while (m->rows.n > 1 && m->n_rows > (size_t)4 * SAMPLES_ROWS_MAX) {
        m->rows_cut_us = m->rows.v[0].t_us;
        rows_drop_first(m);
    }
    return true;
}

/* ---- the run ---- */

void samples_restart(struct samples *s, int64_t t_us, struct sv instance)
{
    *vec_add(&s->restarts) = (struct restart){t_us, arena_sv(&s->arena, instance)};
}

static void metric_drop_dead(struct metric *m)
{
    size_t to = 0;

    for (size_t i = 0; i < m->series.n; i++)
        if (!m->series.v[i]->dead)
            m->series.v[to++] = m->series.v[i];
    if (to < m->series.n)
        m->generation++;
    m->series.n = to;
}

/* Half of the keys lead to series that are gone: make the index anew. */
static void samples_rehash(struct samples *s)
{
    size_t to = 0;

    map_release(&s->series_by_key);
    for (size_t i = 0; i < s->series.n; i++) {
        struct series *x = s->series.v[i];

        if (x->dead) {
            series_free(s, x);
            continue;
        }
        (void)key_begin(s, x->metric, x->source);
        strbuf_add_sv(&s->key, x->text);
        (void)map_put(&s->series_by_key, strbuf_sv(&s->key), to);
        s->series.v[to++] = x;
    }
    s->series.n = to;
    s->dead = 0;
}

void samples_sweep(struct samples *s, int64_t t_us)
{
    if (s->sweep_us != SAMPLES_NEVER && t_us < s->sweep_us)
        return;
    s->sweep_us = t_us + SWEEP_EVERY_US;
    for (size_t i = 0; i < s->series.n; i++) {
        struct series *x = s->series.v[i];

        if (x->dead || x->pattern || x->last_us == SAMPLES_NEVER || series_alive(s, x, t_us))
            continue;
        series_empty(s, x);
        x->first_us = x->last_us = SAMPLES_NEVER;
        x->dead = true;
        s->dead++;
    }
    for (size_t i = 0; s->dead && i < s->metrics.n; i++)
        metric_drop_dead(s->metrics.v[i]);
    for (size_t i = 0; s->dead && i < s->selectors.n; i++)
        selector_refresh(s->selectors.v[i]);
    if (s->dead > s->series.n / 2)
        samples_rehash(s);
}

size_t samples_n_series(const struct samples *s)
{
    return s->series.n - s->dead;
}

size_t samples_capacity(const struct samples *s)
{
    return s->capacity;
}
