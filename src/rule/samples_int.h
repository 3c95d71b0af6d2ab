#pragma once

/*
 * samples_int: the store as the evaluation and the evidence see it.
 *
 * Pointers to series, metrics and selectors stay valid as long as the store; a series that was
 * forgotten leaves the lists of its metric and of the selectors at their next look.
 */
#include "base/map.h"
#include "base/regex.h"
#include "base/vec.h"
#include "rule/samples.h"

struct sample {
    int64_t t_us;
    double v;
};

struct created {
    int64_t t_us, created_us;
};

struct series {
    struct metric *metric;
    size_t source;
    struct samples_label *labels; /* sorted by name */
    size_t n_labels;
    struct sv text;       /* status="500",... : orders series and finds equal label sets */
    double le, quantile;  /* NaN: no such label */
    int64_t first_us;     /* the first sample ever */
    int64_t last_us;      /* SAMPLES_NEVER: none */
    VEC(struct sample) v; /* oldest first, times differ */
    bool overflow;        /* samples were refused */
    bool events;
    bool dead; /* forgotten */
    VEC(struct created) created;
    struct sample_value last; /* when it was no number at last_us */
    bool has_last;
    char *last_text;
    int down; /* probe: 1 down, 0 up, -1 not known */
    unsigned bad, good;
    struct regex *pattern, *except; /* of log lines */
};

struct rowset {
    int64_t t_us;
    json_t *rows, *old;
};

struct metric {
    struct sv name;
    int64_t keep_us;
    VEC(struct series *) series;
    unsigned generation; /* changes when a series leaves */
    VEC(struct rowset) rows;
    size_t rows_source;
    size_t n_rows;       /* of all sets */
    int64_t rows_cut_us; /* sets up to here were dropped, although a window may want them */
};

struct source {
    struct sv name;
    int64_t interval_us;
    bool strict;
    int64_t poll_us, ok_us; /* last of all, last that succeeded; SAMPLES_NEVER */
    VEC(int64_t) polls;     /* that succeeded, oldest first */
    char *error;            /* of the last poll, or NULL */
    /* process_start_time_seconds of the target: times at which it was seen to differ */
    VEC(int64_t) starts;
    double start;
    char *start_labels; /* NULL: not seen; the series that was seen first */
    bool start_many;    /* several processes behind one source: it tells nothing */
};

struct restart {
    int64_t t_us;
    struct sv instance;
};

struct selector {
    struct metric *metric;
    struct label *labels;
    size_t n_labels;
    struct regex **patterns;   /* per label, or NULL */
    VEC(struct series *) list; /* by text, then source */
    VEC(size_t) sources;
    unsigned generation;
    size_t seen;
};

struct samples {
    struct arena arena;
    VEC(struct source) sources;
    struct map source_by_name;
    VEC(struct metric *) metrics;
    struct map metric_by_name;
    VEC(struct series *) series;
    struct map series_by_key;
    VEC(struct selector *) selectors;
    struct map selector_by_key;
    VEC(struct restart) restarts;
    size_t capacity, dead;
    int64_t sweep_us, keep_us,
        scraped_us;    /* next sweep; longest keep; last good poll of a scraped target */
    struct strbuf key; /* scratch */
};

/* NULL: nobody wants it. */
struct metric *samples_metric(const struct samples *s, struct sv name);
/* The source of that name, or NULL. */
const struct source *samples_find_source(const struct samples *s, struct sv name);
static inline const struct source *samples_source_of(const struct samples *s,
                                                     const struct series *x)
{
    return &s->sources.v[x->source];
}

/* The same name and matchers give the same selector.  Patterns must compile (rule_check() looked). */
struct selector *samples_selector(struct samples *s, struct sv name, const struct label *labels,
                                  size_t n_labels);
/* Bring its list up to date. */
void selector_refresh(struct selector *sel);
/* Want the lines that match: the event series that counts them. */
struct series *samples_want_lines(struct samples *s, struct sv log, struct sv pattern,
                                  struct sv except);

/* Samples with t <= t_us: how many, from the front. */
size_t series_upto(const struct series *x, int64_t t_us);
/* Known at t_us: has a sample by then, and one that is not too old to be forgotten. */
bool series_alive(const struct samples *s, const struct series *x, int64_t t_us);
/* The last successful poll before t_us, or SAMPLES_NEVER. */
int64_t source_poll_before(const struct source *src, int64_t t_us);
/* The label's value, "" when it has none. */
struct sv series_label(const struct series *x, struct sv name);
/* name{labels} */
void series_name(const struct series *x, struct strbuf *out);

struct series *samples_series(struct samples *s, struct metric *m, size_t source,
                              const struct samples_label *labels, size_t n_labels);
bool series_push(struct samples *s, struct series *x, int64_t t_us, double v);
