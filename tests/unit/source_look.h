#pragma once

/*
 * source_look: one source of a test, opened from JSON, and what a poll of it reported.
 *
 * begin(), open_source(), look(), number_of() and friends, end().
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/sv.h"
#include "t.h"
#include "watch/source.h"

static UNUSED uv_loop_t loop;
static UNUSED struct source_env env;

struct look {
    struct source *s;
    int calls;
    enum err_code rc;
    struct source *cancel; /* when this one has reported */
};

static inline void begin(void)
{
    T_EQ(uv_loop_init(&loop), 0);
    env = (struct source_env){.loop = &loop, .http = http_client_new(&loop)};
}

/* Nothing may be left: no handle, no memory. */
static inline void end(void)
{
    http_client_free(env.http);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(uv_loop_close(&loop), 0);
}

static inline enum err_code try_open(const char *kind, const char *settings, struct source **ret,
                                     struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;

    T_OK(json_read(sv_from(settings), &j, err), *err);
    return source_open(sv_from(kind), SV("it"), j, &env, ret, err);
}

/* Settings with 'quotes' for "quotes". */
static inline struct source *open_source(const char *kind, const char *fmt, ...) PRINTF_LIKE(2, 3);
static inline struct source *open_source(const char *kind, const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf settings = STRBUF(0);
    struct source *s = NULL;
    struct err err;
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&settings, fmt, ap);
    va_end(ap);
    for (size_t i = 0; i < settings.n; i++)
        if (settings.p[i] == '\'')
            settings.p[i] = '"';
    T_OK(try_open(kind, strbuf_str(&settings), &s, &err), err);
    return s;
}

static inline void on_report(struct source *s, void *data, enum err_code rc)
{
    struct look *l = data;

    T_CHECK(s == l->s);
    l->calls++;
    l->rc = rc;
    T_EQ(rc, s->err.code);
    T_EQ(rc == ERR_OK, s->err.msg[0] == '\0');
    T_CHECK(rc == ERR_OK || s->samples.v.n == 0);
    for (size_t i = 0; i < s->samples.v.n; i++)
        T_CHECK(s->samples.v.v[i].at_us == s->at_us || s->samples.v.v[i].n_labels > 0);
    if (l->cancel)
        source_cancel(l->cancel);
}

static inline void start_look(struct look *l, int64_t at_us, uint64_t timeout_ms)
{
    struct source_poll p = {.at_us = at_us, .timeout_ms = timeout_ms, .done = on_report, .data = l};

    l->calls = 0;
    source_poll(l->s, &p);
    T_EQ(l->calls, 0); /* never from inside */
}

/* uv_run(UV_RUN_ONCE) would wait once more after the report, for a look that hangs. */
static inline void await_report(const struct look *l)
{
    while (uv_run(&loop, UV_RUN_NOWAIT), l->calls == 0) {
        struct pollfd p = {.fd = uv_backend_fd(&loop), .events = POLLIN};

        (void)poll(&p, 1, uv_backend_timeout(&loop)); /* a signal only makes it look again */
    }
}

static inline enum err_code look_at(struct look *l, int64_t at_us)
{
    start_look(l, at_us, 5000);
    await_report(l);
    T_EQ(l->calls, 1);
    return l->rc;
}

static inline enum err_code look(struct look *l)
{
    return look_at(l, 1771120860000000);
}

/* Looks that hang: the pid file is a FIFO, and nobody writes. */
static inline void hang_begin(void)
{
    T_EQ(mkfifo("hang", 0600), 0);
}
static inline struct source *open_hanging(void)
{
    return open_source("process", "{'pid_file': 'hang'}");
}
/* Let all go on, also one that is only about to hang, until the loop has nothing left to do. */
static inline void hang_end(void)
{
    do {
        int fd = open("hang", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

        if (fd >= 0)
            (void)close(fd);
    } while (uv_run(&loop, UV_RUN_NOWAIT));
}

/* For root nothing is forbidden: be somebody else for a while.  False: it cannot be. */
static inline bool be_ordinary(void)
{
    return geteuid() != 0 || (setegid(65534) == 0 && seteuid(65534) == 0);
}
static inline void be_again(void)
{
    if (getuid() == 0)
        T_CHECK(seteuid(0) == 0 && setegid(0) == 0);
    T_EQ(prctl(PR_SET_DUMPABLE, 1), 0); /* or LeakSanitizer cannot look */
}

static inline const struct sample *member(const struct look *l, const char *name,
                                          enum sample_kind kind)
{
    const struct sample *s = sample_find(&l->s->samples, sv_from(name));

    if (!s || s->kind != kind)
        T_FAIL("member '%s' is %s, not of kind %d", name, s ? "there" : "missing", (int)kind);
    return s;
}

static inline double number_of(const struct look *l, const char *name)
{
    return member(l, name, SAMPLE_NUMBER)->number;
}
static inline void check_number(const struct look *l, const char *name, double want)
{
    double got = number_of(l, name);

    if (got < want || got > want)
        T_FAIL("'%s' is %.17g and should be %.17g", name, got, want);
}
static inline struct sv text_of(const struct look *l, const char *name)
{
    return member(l, name, SAMPLE_TEXT)->text;
}
static inline bool truth_of(const struct look *l, const char *name)
{
    return member(l, name, SAMPLE_BOOL)->truth;
}
static inline bool has(const struct look *l, const char *name)
{
    return sample_find(&l->s->samples, sv_from(name)) != NULL;
}

/* Every member that was reported is one that the row names, with its unit. */
static inline void check_members(const struct look *l)
{
    const struct source_ops *ops = l->s->ops;

    T_CHECK(l->s->samples.v.n > 0);
    for (size_t i = 0; i < l->s->samples.v.n; i++) {
        const struct sample *s = &l->s->samples.v.v[i];
        const struct source_member *found = NULL;

        for (size_t k = 0; k < ops->n_members && !found; k++) {
            struct sv name = sv_from(ops->members[k].name);

            if (sv_ends(name, SV("*")) ? sv_starts(s->name, sv_sub(name, 0, name.n - 2))
                                       : sv_eq(s->name, name))
                found = &ops->members[k];
        }
        if (!found)
            T_FAIL("'%.*s' is not a member of %s", SV_FMT(s->name), ops->kind);
        if (s->kind == SAMPLE_NUMBER || s->kind == SAMPLE_NULL || s->kind == SAMPLE_ABSENT)
            T_CHECK(sv_eq(s->unit, sv_from(found->unit)));
    }
}
