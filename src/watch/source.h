#pragma once

/*
 * source: where metrics come from; one row for each kind, named in sources.inc.
 *
 * Open a source from its binding, poll it again and again, free it.  A poll reports
 * exactly once, from the loop, never from inside source_poll() or source_cancel(), at
 * the latest a second after its timeout: a list of samples, or an error.  That something is down
 * is a sample; an error is that it could not be looked at.  Looks that can block
 * (files, disks, /proc) run in a thread: one that hangs is left behind, reported as
 * timed out, and until it is back every further poll says so.
 */
#include <uv.h>

#include "base/secret.h"
#include "net/http.h"
#include "watch/sample.h"

#define SOURCE_TIMEOUT_MS 10000u /* default of timeout_ms (conditions.md, R3) */

struct source;
/* rc is ERR_OK and s->samples holds what was seen, or the code in s->err.  Both until the next poll. */
typedef void source_done_fn(struct source *s, void *data, enum err_code rc);

enum source_key_kind { SOURCE_TEXT, SOURCE_NUMBER, SOURCE_BOOL, SOURCE_FIELDS, SOURCE_TEXTS };

/* A setting of a kind, as prusik.yaml has it. */
struct source_key {
    const char *name;
    enum source_key_kind kind; /* SOURCE_FIELDS: an object of texts, SOURCE_TEXTS: an array */
    bool required;
    const char *help;
};

/* A member that a kind reports; a name that ends in '*' stands for any. */
struct source_member {
    const char *name, *unit, *help;
};

struct source_ops {
    const char *kind, *help;
    const struct source_key *keys;
    size_t n_keys;
    const struct source_member *members;
    size_t n_members;
    size_t size; /* of the struct that begins with struct source */

    /* Take the settings, which fit `keys`, and touch nothing else.  ERR_INVALID: their values do not. */
    enum err_code (*open)(struct source *s, json_t *settings, struct err *err);
    void (*close)(struct source *s); /* also after a failed open */
    /* Take the patterns that are counted, see source_want(); NULL: this kind counts none. */
    enum err_code (*want)(struct source *s, const struct sv *names, size_t n, struct err *err);

    /* Go on where the text member "position" of an earlier poll was; NULL: this kind has no such place. */
    void (*resume)(struct source *s, struct sv position);

    /* Either: look, blocking, in a thread; add to *l.  Reads of s only what open() set. */
    enum err_code (*look)(const struct source *s, struct sample_list *l, struct err *err);
    /* Or: start; source_report() follows exactly once from the loop, by s->timeout_ms. */
    void (*start)(struct source *s);
    void (*cancel)(struct source *s);
    /* Or: give what is there already, on the loop; does not block. */
    enum err_code (*give)(struct source *s, struct sample_list *l, struct err *err);
};

struct source_env {
    uv_loop_t *loop;
    struct http_client *http; /* of that loop; must outlive the source, as must ... */
    struct alerts *alerts;    /* ... what was heard; NULL: nobody listens */
    const struct secrets
        *secrets;      /* likewise: what no text that is kept may have; NULL: nobody knows any */
    double time_scale; /* of what a source does in its own time; 0: as it is */
};

struct source {
    const struct source_ops *ops;
    struct source_env env;
    char *name;

    /* the poll */
    int64_t at_us;
    uint64_t timeout_ms;
    const struct sv *want;
    size_t n_want;
    struct sample_list samples;
    struct err err;

    /* private to source.c */
    source_done_fn *done; /* NULL: no poll is under way */
    void *data;
    struct source_job *job;
    uv_timer_t timer;
    bool freed, closed, late;
    bool soon; /* source_report_soon() */
};

struct source_poll {
    int64_t at_us;       /* the time of the samples */
    uint64_t timeout_ms; /* 0: SOURCE_TIMEOUT_MS */
    const struct sv
        *want;     /* names of the metrics to keep, for kinds with any number of them; NULL: */
    size_t n_want; /* all.  Must live until the report */
    source_done_fn *done;
    void *data;
};

/* `name` is the binding's, for messages.  ERR_INVALID names the setting that is wrong. */
NODISCARD enum err_code source_open(struct sv kind, struct sv name, json_t *settings,
                                    const struct source_env *env, struct source **ret,
                                    struct err *err);
/* The same for a row that is not in sources.inc: what the caller knows how to look at. */
NODISCARD enum err_code source_open_row(const struct source_ops *ops, struct sv name,
                                        json_t *settings, const struct source_env *env,
                                        struct source **ret, struct err *err);
/*
 * What logs are searched for: "PATTERN", or "PATTERN\0EXCEPT".  Each is then a member of that name.  Once,
 * before the first poll; the names are copied.  ERR_INVALID: a pattern does not compile, or the kind has none.
 */
NODISCARD enum err_code source_want(struct source *s, const struct sv *names, size_t n,
                                    struct err *err);
/* Do these settings and their values fit the row?  See source_check(). */
NODISCARD enum err_code source_check_row(const struct source_ops *ops, json_t *settings,
                                         struct err *err);
/* The same for any table of settings: `what` is "kind". */
NODISCARD enum err_code source_check_keys(const struct source_key *keys, size_t n, const char *what,
                                          json_t *settings, struct err *err);
/*
 * Go on where another process was: what the member "position" of its last poll said.  Once, before the first
 * poll.  Kinds that have no place in what they read ignore it.
 */
void source_resume(struct source *s, struct sv position);
/* Is this a kind, and do these settings and their values fit it?  ERR_INVALID says what does not; nothing is looked at. */
NODISCARD enum err_code source_check(struct sv kind, json_t *settings, struct err *err);
/* Not while a poll is under way.  Memory goes when the loop has closed the handles. */
void source_free(struct source *s);

void source_poll(struct source *s, const struct source_poll *p);
/* End the poll: its report follows, with ERR_INTERRUPTED unless it was on its way.  Harmless at any time. */
void source_cancel(struct source *s);

/* For kinds with start(): the end of the poll, with s->err or s->samples. */
void source_report(struct source *s, enum err_code rc);
/* From inside of start(): what it would give is there already; the report follows in the loop's next turn. */
void source_report_soon(struct source *s);

/* All rows, sorted by kind, and their number. */
const struct source_ops *const *source_kinds(size_t *n);

#define SOURCE(kind) extern const struct source_ops source_##kind;
#include "watch/sources.inc"
#undef SOURCE
