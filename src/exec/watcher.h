#pragma once

/*
 * watcher: polls what a plan names, feeds the samples to the judge, and tells what it found.
 *
 * Polling begins with watcher_start(), so that there is a baseline; judging begins with
 * watcher_mark(), the deploy mark, of which each phase with rules of its own has one.  A round is one poll of everything and one judgement; one
 * that hangs does not delay the others.  Knows nothing of steps or journals: it tells, and the
 * caller writes and acts.  On the caller's loop; nothing blocks.
 */
#include <uv.h>

#include "net/http.h"
#include "plan/plan.h"
#include "rule/rule.h"
#include "watch/alerts.h"

typedef VEC(int64_t) watcher_moments;

enum watcher_told {
    WATCHER_RULE, /* evidence: the state of a rule changed */
    WATCHER_CHECKPOINT, /* {name, phase, title, due_us, judged_us, late_us, verdict, text, rules}: it closed */
    WATCHER_VERDICT, /* {verdict, rule, text}: the verdict of the run changed */
    WATCHER_FLAG, /* {flag, rule, text}: a rule fired that switches it off; after the rule's own */
    WATCHER_SHOW, /* {at_ms, until_ms, rules}: how things stand, for the screen only */
};

/* What somebody tells of over HTTP. */
struct watcher_note {
    struct sv kind, by, note;
};

struct watcher_config {
    const struct plan *plan;
    struct sv run; /* its name, for evidence */
    int64_t run_start_us;
    uv_loop_t *loop;
    struct http_client *http;
    const struct binding *binding; /* that knows the secrets of sources; NULL: nobody does */
    struct alerts *alerts;         /* what an Alertmanager has told; NULL: nobody listens */
    /* Alerts were told: write them down (alerts_save()).  False: it cannot be.  NULL: this watch does not serve. */
    bool (*keep)(void *arg);
    /*
     * When something of this kind happened in the environment after after_us (UTC), added to *ret in any order.  On the loop: it
     * may not block for long.
     */
    enum err_code (*events)(void *arg, struct sv kind, int64_t after_us, watcher_moments *ret,
                            struct err *err);
    /* Is the phase of this name ("phase-4", "cleanup") over?  What was is not asked again.  NULL: none ever is. */
    bool (*phase_over)(void *arg, struct sv name);
    /* Somebody has told of an event: write it down.  NULL: this watch does not serve. */
    enum err_code (*note)(void *arg, const struct watcher_note *n, struct err *err);
    /* Of what happened in a round; takes over data. */
    void (*tell)(void *arg, enum watcher_told what, json_t *data);
    /* After all of it; the watcher may be asked and stopped in it. */
    void (*round)(void *arg);
    void *arg;
};

struct watcher;
/* Are the sources of a plan of kinds that there are, and do their settings fit?  ERR_INVALID names what does not. */
NODISCARD enum err_code watcher_check(const struct plan *p, struct err *err);
/* Will the watch of a plan be able to serve where it says?  ERR_REFUSED: it cannot listen there. */
NODISCARD enum err_code watcher_check_serve(const struct plan *p, struct err *err);
/* How many threads its looks keep when all of them hang (base/pool.h). */
unsigned watcher_threads(const struct plan *p);
/*
 * NULL in *ret when the plan watches nothing.  ERR_INVALID: a rule or source of the plan does not hold.  ERR_REFUSED:
 * the address that it serves on is taken.
 */
NODISCARD enum err_code watcher_new(const struct watcher_config *c, struct watcher **ret,
                                    struct err *err);
/* After watcher_stop(), and when it is not busy any more. */
void watcher_free(struct watcher *w);
DEFINE_CLEANUP(struct watcher *, watcher_free)

/* What was watched in another process (watcher_save(), both texts); before the start. */
NODISCARD enum err_code watcher_restore(struct watcher *w, struct sv judge, struct sv samples,
                                        struct err *err);
void watcher_start(struct watcher *w);
/* No more polls and rounds.  Polls under way and its handles end soon, in the loop: until then it is busy. */
void watcher_stop(struct watcher *w);
bool watcher_is_busy(const struct watcher *w);

/* The first changing step begins now: what was seen so far is what rules compare with. */
void watcher_baseline(struct watcher *w);
/*
 * Rules that compare with what was not measured, after watcher_baseline() or where there is none: {text, rules}, for
 * json_decref().  NULL: there are none.
 */
json_t *watcher_lacks_baseline(const struct watcher *w);
/* The deploy mark T0 of a phase (id of a part), or with an empty one of all that have none yet. */
void watcher_mark(struct watcher *w, struct sv phase, int64_t t0_us);
/*
 * Steps of the run begin to stop or start services: what is seen until the next mark is their doing, so nothing is judged, and
 * from there on nothing from before counts.
 */
void watcher_pause(struct watcher *w);

/* Nothing more is judged: the last checkpoint is closed and the watch's time is over. */
bool watcher_is_over(const struct watcher *w);
/*
 * Its time is over, but something is not decided: {state: "longer", until_us, text, rules, checkpoints}, for
 * json_decref().  NULL: its time goes on, or all is decided.
 */
json_t *watcher_unfinished(const struct watcher *w);
/*
 * Rules that never had a value in the whole watch, and those of which a condition had none: {state: "unjudged", text, decisive,
 * rules: [{rule, source, file, line, looks, part, why, decides}]}, for json_decref(); decisive: the text of those that would
 * have had a say in the verdict.  NULL: there are none.
 */
json_t *watcher_unjudged(const struct watcher *w);
/* From the deploy mark to the end of the watch. */
int64_t watcher_length_us(const struct watcher *w);
enum verdict watcher_verdict(const struct watcher *w);
/* A checkpoint that closed with INVESTIGATE and that nobody has answered; phase: its title; false: none is. */
bool watcher_open_checkpoint(const struct watcher *w, size_t *number, struct sv *name,
                             struct sv *phase);
void watcher_answer(struct watcher *w, size_t checkpoint, bool go_on);

/* Where it is asked, "http://127.0.0.1:9107"; NULL: nowhere. */
const char *watcher_url(const struct watcher *w);

/* State for another process.  Samples are large: less often. */
void watcher_save_judge(const struct watcher *w, struct strbuf *out);
void watcher_save_samples(const struct watcher *w, struct strbuf *out);
/* Of the sources that another process goes on reading (logs, the journal): how many have told their place. */
size_t watcher_n_placed(const struct watcher *w);
