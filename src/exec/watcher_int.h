#pragma once

/*
 * watcher_int: shared by watcher.c (rounds and judging), watcher_feed.c (sources), watcher_tell.c and what else
 * begins with watcher_.
 */
#include "action/service_count.h"
#include "exec/watcher.h"
#include "net/web_server.h"
#include "plan/plan_rules.h"
#include "rule/judge.h"
#include "watch/source.h"

struct watcher_feed;
/* A counter, as it was seen last. */
struct feed_last {
    struct sv name;
    double value;
    int64_t at_us;
};
/* Push what one poll gave. */
typedef void feed_take_fn(struct watcher_feed *f, const struct sample_list *l);

/* A source that is polled, and what of it was seen last. */
struct watcher_feed {
    struct watcher *w;
    struct source *source;
    size_t id;      /* of the judge's store */
    struct sv name; /* "http.db", "unit.app", "scrape" */
    feed_take_fn *take;
    bool busy;
    int64_t round; /* that its poll belongs to */

    /* for who asks how it stands */
    bool up;
    bool partial;    /* what the last poll gave is not all: feed_is_partial() */
    char fault[200]; /* of the last poll; empty: it gave something */
    int64_t answered_us;
    size_t n_samples, n_polls, n_failed;

    struct service_count count; /* of a unit */
    int64_t looked_us;          /* of a probe: when it was known last whether it is up; 0: never */
    VEC(const struct expr *) rows; /* names of lists in what it says, that rules ask for */
    VEC(struct feed_last) last;    /* of counters, by name */
    json_t *known; /* patterns that a log had before; NULL: none, or after the deploy mark */
    struct strbuf position; /* of a log: how far it was read; of a unit, or what
                                is counted: what was seen of it */
};

/* Who may tell of a kind of events. */
struct watcher_teller {
    struct sv kind;
    char *token;
};

struct watcher {
    struct watcher_config cfg;
    struct arena arena;
    struct plan_rules rules;
    struct samples *samples;
    struct judge *judge;
    VEC(struct watcher_feed) feeds;
    VEC(struct plan_checked) judged; /* by the judge's number */
    VEC(struct plan_checked) checkpoints;
    uv_timer_t timer;
    uv_idle_t turn; /* of the loop, between a tick and the end of its round */
    bool turned;
    int64_t interval_ms, round, t0_us;
    size_t waiting;   /* polls of this round */
    size_t n_handles; /* timer and turn, until they are closed */
    bool round_open, started, stopped;
    bool marked;   /* a mark was reached: rounds are judged ... */
    bool paused;   /* ... but not now */
    bool measured; /* the baseline was, here or by the process before */
    bool
        measure_known; /* nothing came before the mark: what logs had before it is all that can be known */
    size_t n_rounds, n_late;
    struct web_server *web; /* NULL: it does not serve */
    char *token;            /* of who tells alerts; NULL: none is asked for */
    bool hears_alerts;
    VEC(struct watcher_teller) tellers; /* of events */
    enum verdict verdict;               /* that was told */
    bool quiet;                         /* it is a HOLD of the beginning: windows fill */
    bool filling;                       /* it was told as a HOLD while windows fill */
    size_t verdict_rule;
};

/* --- watcher_feed.c --- */

NODISCARD enum err_code feeds_open(struct watcher *w, struct err *err);
/* Poll all that are idle, as of at_us; reports call watcher_reported(). */
void feeds_poll(struct watcher *w, int64_t at_us);
void feeds_stop(struct watcher *w);
void feeds_free(struct watcher *w);

/* The value of a source's member, if a rule asks for it. */
void feed_member(struct watcher_feed *f, struct sv member, const struct sample *s);
/* Whether a probe is up, and for how long it was not. */
void feed_probe(struct watcher_feed *f, const struct sample *up);
/* For a take function: the poll gave something, but what rules want of it is not known; `why` is what they say. */
void feed_is_partial(struct watcher_feed *f, struct sv why);
/* Time spent, a counter: the share of the time that went by. */
void feed_share(struct watcher_feed *f, const struct sample *s);
NODISCARD enum err_code feed_open(struct watcher *w, const char *kind, struct sv name,
                                  struct json_t *settings, feed_take_fn *take, struct err *err);
/* One that was opened: it is the watcher's from here. */
struct watcher_feed *feed_add(struct watcher *w, struct source *s, struct sv name,
                              feed_take_fn *take);
void take_scrape(struct watcher_feed *f, const struct sample_list *l);
/* Does a rule speak of PREFIX.NAME? */
bool feed_is_asked(const struct watcher *w, const char *prefix, struct sv name);

/* --- watcher_unit.c: services of the plan --- */

/* Those whose process is told by a file, and those that a rule asks for. */
NODISCARD enum err_code units_open(struct watcher *w, struct err *err);
/* Members of a service under the names that rules know; empty: they know it not. */
struct sv unit_member(struct sv name);
bool unit_is(const struct watcher_feed *f);

/* --- watcher_flag.c: flags of the plan --- */

/* Those that a rule asks for. */
NODISCARD enum err_code flags_open(struct watcher *w, struct err *err);

/* --- watcher_rows.c: lists in what a source says --- */

/* Which lists rules ask for, of all feeds; once they are open. */
void rows_want(struct watcher *w);
/* Those of one poll. */
void rows_take(struct watcher_feed *f, const struct sample_list *l);

/* --- watcher_env.c: the environment of the commands --- */

/* If a rule asks for it. */
NODISCARD enum err_code env_open(struct watcher *w, struct err *err);

/* --- watcher_event.c: what happened in the environment --- */

/* Of each kind that a rule asks for. */
NODISCARD enum err_code events_open(struct watcher *w, struct err *err);
extern const struct source_ops source_event;

/* --- watcher_data.c: snapshots and audits --- */

/* NULL: the kind is none of these. */
const struct source_ops *data_row(struct sv kind);
/* Settings of that kind, without the values of secrets: do they fit, and is there what they name? */
NODISCARD enum err_code data_check(const struct plan *p, const struct plan_source *s,
                                   json_t *settings, struct err *err);
NODISCARD enum err_code data_open(struct watcher *w, const struct plan_source *s, json_t *settings,
                                  struct err *err);

/* --- watcher_bound.c: sources of the binding --- */

/* Members as they come, rows from `rows_json` (and `old_json` beside them). */
void take_bound(struct watcher_feed *f, const struct sample_list *l);

NODISCARD enum err_code bound_open(struct watcher *w, struct err *err);
/* The baseline is measured: what logs had before counts as seen now. */
void bound_baseline(struct watcher *w, int64_t at_us);
/* The deploy mark: nothing more is known from before. */
void bound_forget_known(struct watcher *w);
/* How far each log was read, for another process, and from it. */
json_t *bound_save(const struct watcher *w);
void bound_restore(struct watcher *w, const json_t *positions);
/* The rules are known: so is what logs are searched for. */
void bound_want(struct watcher *w);

/* --- watcher.c --- */

void watcher_reported(struct watcher_feed *f);

/* The title of the phase that a scope of the judge is; empty: of the whole. */
struct sv watcher_phase(const struct watcher *w, size_t scope);

/* Rules into the judge: what samples are kept, and what logs are searched for. */
void watcher_ready(struct watcher *w);

/* --- watcher_tell.c --- */

/* Tell what the last judgement gave. */
/* Is it a HOLD of a rule whose window fills? */
bool watcher_is_filling(const struct watcher *w, enum verdict v, size_t rule);
void watcher_tell_all(struct watcher *w, int64_t now_us);

/* --- watcher_serve.c --- */

/* Listen, if the plan says where. */
NODISCARD enum err_code watcher_serve(struct watcher *w, struct err *err);
void watcher_serve_end(struct watcher *w);

/* --- watcher_metrics.c --- */

void watcher_metrics(struct watcher *w, struct strbuf *b);
