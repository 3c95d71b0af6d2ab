#include "action/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/ident.h"
#include "base/sv.h"

static const struct manager_ops *const manager_table[] = {
#define MANAGER(name) &manager_##name,
#include "action/managers.inc"
#undef MANAGER
};

const char *manager_verb_name(enum manager_verb v)
{
    static const char *const names[] = {
        [MANAGER_START] = "start",   [MANAGER_STOP] = "stop",     [MANAGER_RESTART] = "restart",
        [MANAGER_RELOAD] = "reload", [MANAGER_STATUS] = "status", [MANAGER_LOGS] = "logs",
    };

    assert((unsigned)v < MANAGER_VERB__N);
    return names[v];
}

const char *manager_state_name(enum manager_state s)
{
    static const char *const names[] = {
        [MANAGER_UNKNOWN] = "in an unknown state", [MANAGER_STOPPED] = "stopped",
        [MANAGER_STARTING] = "starting",           [MANAGER_RUNNING] = "running",
        [MANAGER_STOPPING] = "stopping",           [MANAGER_FAILED] = "failed",
    };

    assert((unsigned)s < MANAGER_STATE__N);
    return names[s];
}

const struct manager_ops *manager_find(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(manager_table); i++)
        if (sv_eq(name, sv_from(manager_table[i]->name)))
            return manager_table[i];
    return NULL;
}

/* --- one call --- */

static void manager_on_closed(uv_handle_t *h)
{
    struct manager_call *c = h->data;

    if (--c->open_handles > 0)
        return;
    c->running = false;
    c->done(c);
}

static void manager_on_report(uv_timer_t *t)
{
    struct manager_call *c = t->data;

    if (c->ops->release)
        c->ops->release(c);
    assert(!c->state);
    uv_close((uv_handle_t *)&c->deadline, manager_on_closed);
    uv_close((uv_handle_t *)&c->report, manager_on_closed);
}

/* What it came to by itself gives way to why it was given up. */
void manager_end(struct manager_call *c, enum err_code rc)
{
    assert(c->running && !c->ending);
    c->ending = true;
    c->rc = rc;
    if (rc == ERR_OK && !c->said)
        c->said = "";
    if (rc != ERR_OK && c->cancelled)
        c->rc = err_set(&c->err, ERR_INTERRUPTED, "%s of %.*s was given up",
                        manager_verb_name(c->verb), SV_FMT(c->service->name));
    else if (rc != ERR_OK && c->timed_out)
        c->rc = err_set(&c->err, ERR_TIMEOUT, "%s of %.*s by %s did not end within %llu ms",
                        manager_verb_name(c->verb), SV_FMT(c->service->name), c->ops->name,
                        (unsigned long long)c->timeout_ms);
    (void)uv_timer_stop(&c->deadline);                         /* always succeeds */
    (void)uv_timer_start(&c->report, manager_on_report, 0, 0); /* fails only without a callback */
}

static void manager_give_up(struct manager_call *c)
{
    if (c->running && !c->ending && c->ops->cancel)
        c->ops->cancel(c);
}

static void manager_on_deadline(uv_timer_t *t)
{
    struct manager_call *c = t->data;

    c->timed_out = true;
    manager_give_up(c);
}

void manager_start(struct manager_call *c)
{
    assert(c->loop && c->service && c->done && !c->running);
    c->ops = manager_find(c->service->manager);
    assert(c->ops); /* the binding was checked, and a plan that names another one is not loaded */
    c->running = true;
    c->ending = c->timed_out = c->cancelled = c->lost = false;
    c->said = NULL;
    c->err = (struct err){0};
    c->status = (struct manager_status){
        .restarts = -1, .exit_status = -1, .memory_bytes = -1, .cpu_us = -1};
    (void)uv_timer_init(c->loop, &c->deadline); /* always succeeds */
    (void)uv_timer_init(c->loop, &c->report);
    c->deadline.data = c->report.data = c;
    c->open_handles = 2;
    if (c->timeout_ms)
        (void)uv_timer_start(&c->deadline, manager_on_deadline, c->timeout_ms, 0);
    c->ops->start(c);
}

void manager_cancel(struct manager_call *c)
{
    c->cancelled = true;
    manager_give_up(c);
}

void manager_release(struct manager_call *c)
{
    assert(!c->running);
    strbuf_release(&c->logs);
}

/* --- a call that is waited for --- */

static void manager_on_asked(struct manager_call *c)
{
    *(bool *)c->data = true;
}

enum err_code manager_ask(const struct plan *plan, const struct plan_service *service,
                          uint64_t timeout_ms, struct manager_status *ret, struct err *err)
{
    bool done = false;
    uv_loop_t loop;
    struct manager_call c = {.loop = &loop,
                             .plan = plan,
                             .service = service,
                             .verb = MANAGER_STATUS,
                             .timeout_ms = timeout_ms,
                             .done = manager_on_asked,
                             .data = &done};
    int r = uv_loop_init(&loop);

    if (r != 0) /* uncovered: no descriptors are left */
        return err_sys(err, -r, "ask for the state of %.*s",
                       SV_FMT(service->name)); /* uncovered: the same */
    c.http = http_client_new(&loop);
    manager_start(&c);
    while (!done)
        (void)uv_run(&loop, UV_RUN_ONCE);
    http_client_free(c.http);
    (void)uv_run(&loop, UV_RUN_DEFAULT); /* until all is closed */
    r = uv_loop_close(&loop);
    assert(r == 0);
    if (c.rc == ERR_OK)
        *ret = c.status;
    else
        *err = c.err;
    manager_release(&c);
    return c.rc;
}

/* --- for the managers --- */

static void manager_explain(struct manager_call *c, enum err_code code, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf hint = STRBUF(0);

    c->ops->by_hand(c->service, c->verb, &hint);
    (void)err_set(&c->err, code, "cannot %s %.*s by %s: %s",
                  c->verb == MANAGER_STATUS ? "see the state of"
                  : c->verb == MANAGER_LOGS ? "read the log of"
                                            : manager_verb_name(c->verb),
                  SV_FMT(c->service->name), c->ops->name, text);
    (void)err_hint(&c->err, "by hand: %s", strbuf_str(&hint));
}

void manager_fail(struct manager_call *c, enum err_code code, const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    manager_explain(c, code, strbuf_str(&text));
    manager_end(c, code);
}

void manager_lose(struct manager_call *c, const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    c->lost = c->verb < MANAGER_STATUS;
    manager_explain(c, ERR_NET, strbuf_str(&text));
    manager_end(c, ERR_NET);
}

struct sv manager_or(struct sv text, const char *otherwise)
{
    return text.n ? text : sv_from(otherwise);
}

struct sv manager_tail(struct sv text, size_t lines)
{
    size_t at = text.n;

    if (at && text.p[at - 1] == '\n')
        at--;
    while (at > 0) {
        if (text.p[at - 1] == '\n' && --lines == 0)
            break;
        at--;
    }
    return sv_sub(text, at, text.n);
}

char **manager_env(const struct plan *p)
{
    VEC(char *) env = {0};

    for (char **e = environ; *e; e++) {
        struct sv name = sv_from(*e);
        bool ours = false;

        name = sv_sub(name, 0, sv_find_byte(name, '=', 0));
        for (size_t i = 0; i < p->n_env; i++)
            ours |= sv_eq(p->env[i].name, name);
        if (!ours)
            *vec_add(&env) = xstrdup(*e);
    }
    for (size_t i = 0; i < p->n_env; i++) {
        struct strbuf pair = STRBUF(0);

        strbuf_addf(&pair, "%.*s=%.*s", SV_FMT(p->env[i].name), SV_FMT(p->env[i].value));
        *vec_add(&env) = strbuf_steal_str(&pair);
    }
    *vec_add(&env) = NULL;
    return env.v;
}

void manager_free_words(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

#define MANAGER_LOG_BYTES (64 << 10) /* from the end of a log: some hundred lines */

enum err_code manager_tail_file(struct manager_call *c)
{
    CLEANUP(mem_freep) char *path = xstrdup_sv(c->service->log);
    CLEANUP(mem_freep) char *bytes = XNEWN(char, MANAGER_LOG_BYTES);
    CLEANUP(fd_closep) int fd = -1;
    size_t n = 0;

    if (!c->service->log.n)
        return ERR_OK;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(&c->err, errno, "open '%s'", path);
    (void)lseek(fd, -MANAGER_LOG_BYTES, SEEK_END); /* a shorter one is read from its beginning */
    if (fd_read_full(fd, bytes, MANAGER_LOG_BYTES, &n, &c->err) != ERR_OK)
        return err_wrap(&c->err, "'%s'", path);
    strbuf_add_sv(&c->logs, manager_tail((struct sv){bytes, n}, c->log_lines));
    return ERR_OK;
}

int64_t manager_process_started_us(int64_t pid)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    uint64_t ticks = ident_process_start(pid);
    struct sv rest, word;
    struct err err;
    double up;

    /* "UP IDLE" in seconds since boot, as the start of a process is: proc(5) */
    if (!ticks || file_read("/proc/uptime", 256, &text, &err) != ERR_OK)
        return 0;
    rest = strbuf_sv(&text);
    if (!sv_next_word(&rest, &word) || !sv_to_f64(word, &up))
        return 0; /* uncovered: it always has two numbers */
    return clock_now_us() - (int64_t)((up - (double)ticks / (double)sysconf(_SC_CLK_TCK)) * 1e6);
}
