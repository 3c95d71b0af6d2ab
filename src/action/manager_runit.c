/*
 * runit: the control pipe and the status file of a service directory, as sv(8) uses them
 * (runsv(8), "CONTROL"; runit_status.h).  A byte in the pipe is a request; what became of it is seen
 * in the status, which whoever asked looks at.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "action/manager.h"
#include "action/runit_status.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/sv.h"

static void runit_path(const struct manager_call *c, const char *name, struct strbuf *out)
{
    strbuf_addf(out, "%.*s/%s", SV_FMT(c->service->dir), name);
}

/* A pipe that runsv reads; false: nobody does, and the call has ended. */
static bool runit_open(struct manager_call *c, const char *name, int *ret)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);
    struct err err;

    runit_path(c, name, &path);
    *ret = open(strbuf_str(&path), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (*ret >= 0)
        return true;
    if (errno == ENXIO || errno == ENOENT)
        manager_fail(c, ERR_NOT_FOUND, "no runsv supervises '%.*s'", SV_FMT(c->service->dir));
    else
        manager_fail(c, err_sys(&err, errno, "open '%s'", strbuf_str(&path)), "%s", err.msg);
    return false;
}

static const struct {
    const char *bytes, *said;
} runit_requests[MANAGER_STATUS] = {
    [MANAGER_START] = {"u", "was told to run"},
    [MANAGER_STOP] = {"d", "was told to stop"},
    [MANAGER_RESTART] = {"tcu", "was told to restart"}, /* sv(8), restart */
    [MANAGER_RELOAD] = {"h", "was told to reload"},     /* HUP */
};

static void runit_request(struct manager_call *c)
{
    CLEANUP(fd_closep) int fd = -1;
    const char *bytes = runit_requests[c->verb].bytes;

    if (!runit_open(c, "supervise/control", &fd))
        return;
    if (write(fd, bytes, strlen(bytes)) != (ssize_t)strlen(bytes)) {
        manager_fail(c, ERR_IO, "runsv does not read"); /* uncovered: the pipe holds thousands */
        return;                                         /* uncovered: the same */
    }
    c->said = runit_requests[c->verb].said;
    manager_end(c, ERR_OK);
}

static enum manager_state runit_state(const struct runit_status *r)
{
    if (r->now == RUNIT_RUN)
        return r->wants_up && !r->paused ? MANAGER_RUNNING : MANAGER_STOPPING;
    return r->wants_up              ? MANAGER_STARTING
           : r->now == RUNIT_FINISH ? MANAGER_STOPPING
                                    : MANAGER_STOPPED;
}

static void runit_look(struct manager_call *c)
{
    static const char *const words[] = {"down", "run", "finish"};
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0), bytes = STRBUF(0);
    CLEANUP(fd_closep) int fd = -1;
    struct runit_status r;
    struct err err;

    if (!runit_open(c, "supervise/ok", &fd)) /* without runsv the status is an old one */
        return;
    runit_path(c, "supervise/status", &path);
    if (file_read(strbuf_str(&path), 256, &bytes, &err) != ERR_OK ||
        runit_status_read(strbuf_sv(&bytes), &r, &err) != ERR_OK) {
        manager_fail(c, err.code, "'%s': %s", strbuf_str(&path), err.msg);
        return;
    }
    c->status.state = runit_state(&r);
    c->status.pid = r.now == RUNIT_RUN ? r.pid : 0;
    c->status.started_us = r.now == RUNIT_RUN ? r.since_us : 0;
    (void)snprintf(c->status.text, sizeof(c->status.text), "%s%s%s%s", words[r.now],
                   r.paused ? ", paused" : "", r.got_term ? ", got TERM" : "",
                   r.wants_up == (r.now == RUNIT_RUN) ? ""
                   : r.wants_up                       ? ", want up"
                                                      : ", want down");
    manager_end(c, ERR_OK);
}

/* svlogd(8) writes where its run script says; the binding names the file. */
static void runit_logs(struct manager_call *c)
{
    manager_end(c, manager_tail_file(c));
}

static void runit_start(struct manager_call *c)
{
    if (c->verb == MANAGER_STATUS)
        runit_look(c);
    else if (c->verb == MANAGER_LOGS)
        runit_logs(c);
    else
        runit_request(c);
}

static void runit_how_to_look(const struct plan_service *s, struct strbuf *out)
{
    if (s->log.n)
        strbuf_addf(out, "tail -n 50 %.*s", SV_FMT(s->log));
    else
        strbuf_addf(out, "sv status %.*s", SV_FMT(s->dir));
}

static void runit_by_hand(const struct plan_service *s, enum manager_verb v, struct strbuf *out)
{
    strbuf_addf(out, "sv %s %.*s", v == MANAGER_LOGS ? "status" : manager_verb_name(v),
                SV_FMT(s->dir));
}

const struct manager_ops manager_runit = {
    .name = "runit",
    .start = runit_start,
    .look = runit_how_to_look,
    .by_hand = runit_by_hand,
};
