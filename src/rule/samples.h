#pragma once

/*
 * samples: what was measured, by name, labels and time; filled by the watcher, read by the judge.
 *
 * A source is whatever is polled as one: a scraped target, a query, a log.  Its name is the bound name
 * of rules ("http.health", "log.app", "sql.deals"); a scraped target may be called anything.  Per tick:
 * push what the poll gave, with the time at which the poll began, then samples_poll_ok() or
 * samples_poll_failed().  The order within a tick does not matter.  Only names that a rule wants
 * (samples_keep(), done by judge_add()) are stored, and only for as long as a window can reach:
 * the longest span wanted + 1.5 poll intervals + 1 s.  A series that successful polls have not shown for
 * an hour (or whose target has not answered for a day, and at least that span) is forgotten.
 */
#include "base/json.h"
#include "rule/expr.h"

#define SAMPLES_SERIES_MAX     1000000u   /* an exposition holds no more samples */
#define SAMPLES_PER_SERIES_MAX (1u << 18) /* 30 days every 10 s */
#define SAMPLES_TOTAL_MAX      (1u << 26) /* 1 GiB */
#define SAMPLES_ROWS_MAX       100000u /* of one set: beyond it a rule over rows is no rule for people */
#define SAMPLES_NEVER          INT64_MIN

struct samples; /* opaque */
struct samples *samples_new(void);
void samples_free(struct samples *s);
DEFINE_CLEANUP(struct samples *, samples_free)

/*
 * Declare a source, or find it again.  interval_us 0: asked once (a step's outcome), never stale.
 * strict: after a failed poll what it delivers is ERROR; else (a scraped target) it goes stale.
 */
size_t samples_source(struct samples *s, struct sv name, int64_t interval_us, bool strict);
void samples_poll_ok(struct samples *s, size_t source, int64_t t_us);
void samples_poll_failed(struct samples *s, size_t source, int64_t t_us, struct sv why);

/* Store samples of this name, for at least so long. */
void samples_keep(struct samples *s, struct sv name, int64_t span_us);

struct samples_label {
    struct sv name, value;
};
/* A series of a source; the labels in any order.  Borrowed. */
struct samples_key {
    struct sv name;
    const struct samples_label *labels;
    size_t n_labels;
};
/*
 * One sample.  False when it was not stored: nobody wants the name (which is normal), there is one
 * of that time already, or a limit is reached (which makes rules over the name an ERROR).
 */
bool samples_add(struct samples *s, size_t source, const struct samples_key *key, int64_t t_us,
                 double v);
/* The created time that the exposition gave with the sample at t_us. */
void samples_created(struct samples *s, size_t source, const struct samples_key *key, int64_t t_us,
                     int64_t created_us);

enum samples_kind {
    SAMPLES_NUM,
    SAMPLES_BOOL,
    SAMPLES_TEXT,
    SAMPLES_NULL,   /* there is none, and that is known */
    SAMPLES_ABSENT, /* no data: no-series */
    SAMPLES_FAULT   /* it could not be had; the text says why */
};
struct sample_value {
    enum samples_kind kind;
    double num; /* also of a bool: 0 or 1 */
    struct sv text;
};
/* The value of a member ("http.health.json.latency"). */
bool samples_add_value(struct samples *s, size_t source, struct sv name, int64_t t_us,
                       const struct sample_value *v);
/* `count` events at t_us ("unit.app.crashes"); none need not be pushed. */
bool samples_add_events(struct samples *s, size_t source, struct sv name, int64_t t_us,
                        uint64_t count);
/* An attempt of the probe that the source is. */
enum sample_probe { PROBE_DOWN, PROBE_UP, PROBE_COULD_NOT_RUN };
void samples_add_probe(struct samples *s, size_t source, int64_t t_us, enum sample_probe result);
/*
 * Rows ("sql.deals"): an array, usually of objects.  old: for pairs, an array of the same length with the
 * record before, or null (NULL: no pairs); a row that vanished is null in rows; a pair that can not be
 * judged is {"error": text} on the side that failed.  A text instead of an array: why there are none, which is an
 * ERROR.  Borrowed and kept by reference: do not change it.
 */
bool samples_add_rows(struct samples *s, size_t source, struct sv name, int64_t t_us, json_t *rows,
                      json_t *old);

/* One line of the log that the source is, against every pattern wanted of it. */
void samples_add_line(struct samples *s, size_t source, int64_t t_us, struct sv line);
/* The same, counted by somebody else: lines that match `pattern` and not `except` (empty: no such). */
bool samples_add_lines(struct samples *s, size_t source, struct sv pattern, struct sv except,
                       int64_t t_us, uint64_t count);
/* The i-th pattern wanted of a log; false after the last. */
bool samples_pattern(const struct samples *s, struct sv log, size_t i, struct sv *pattern,
                     struct sv *except);

/* The run (re)started a process: of this instance (label or source name), or of all (empty). */
void samples_restart(struct samples *s, int64_t t_us, struct sv instance);

/* Forget what is too old at t_us.  Called by the judge; changes no result. */
void samples_sweep(struct samples *s, int64_t t_us);
size_t samples_n_series(const struct samples *s);
/* Samples for which memory is held. */
size_t samples_capacity(const struct samples *s);

/* docs/formats/rules.md, section 3.  restore: into an empty store, ERR_INVALID when the tree is not that. */
json_t *samples_save(const struct samples *s);
NODISCARD enum err_code samples_restore(struct samples *s, const json_t *tree, struct err *err);
