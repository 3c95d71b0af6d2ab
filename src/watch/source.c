#include "watch/source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "base/sv.h"

/* A kind that starts keeps to the timeout itself; this is for what it then still waits for. */
#define SOURCE_GUARD_MS 1000u

static const struct source_ops *const source_table[] = {
#define SOURCE(kind) &source_##kind,
#include "watch/sources.inc"
#undef SOURCE
};

const struct source_ops *const *source_kinds(size_t *n)
{
    *n = ARRAY_LEN(source_table);
    return source_table;
}

/* A look in a thread.  It belongs to the thread until source_on_looked(). */
struct source_job {
    uv_work_t work;
    struct source *source;
    bool left; /* nobody waits for it any more */
    struct sample_list samples;
    struct err err;
    enum err_code rc;
};

/* Opening. */

static bool source_are_texts(json_t *v)
{
    bool fits = json_is_array(v);

    for (size_t i = 0; i < json_array_size(v); i++)
        fits &= json_is_string(json_array_get(v, i)) != 0;
    return fits;
}

static bool source_fits(json_t *v, enum source_key_kind kind)
{
    const char *k;
    json_t *field;

    switch (kind) {
    case SOURCE_TEXT: return json_is_string(v) && json_string_length(v) > 0;
    case SOURCE_NUMBER: return json_is_integer(v) && json_integer_value(v) >= 0;
    case SOURCE_BOOL: return json_is_boolean(v);
    case SOURCE_TEXTS: return source_are_texts(v);
    case SOURCE_FIELDS: break;
    }
    if (!json_is_object(v))
        return false;
    json_object_foreach(v, k, field) if (!json_is_string(field)) return false;
    return true;
}

/* A table of settings, and whose it is. */
struct source_table {
    const struct source_key *keys;
    size_t n;
    const char *what;
};

/* The settings of a table, when none is near what was written. */
static enum err_code source_list_keys(const struct source_table *t, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf list = STRBUF(0);

    for (size_t i = 0; i < t->n; i++)
        strbuf_addf(&list, "%s%s", i ? ", " : "", t->keys[i].name);
    return list.n ? err_hint(err, "it has %s", strbuf_str(&list)) : err->code;
}

static enum err_code source_check_key(const struct source_table *t, const char *name, json_t *v,
                                      struct err *err)
{
    static const char *const wanted[] = {"a text", "a whole number", "true or false",
                                         "an object of texts", "a list of texts"};
    struct suggest near = suggest_begin(sv_from(name));

    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->keys[i].name, name) == 0)
            return source_fits(v, t->keys[i].kind) ? ERR_OK
                                                   : err_set(err, ERR_INVALID, "'%s' must be %s",
                                                             name, wanted[t->keys[i].kind]);
        suggest_offer(&near, sv_from(t->keys[i].name));
    }
    (void)err_set(err, ERR_INVALID, "there is no setting '%s' for the kind '%s'", name, t->what);
    return near.best.p ? err_hint(err, "did you mean '%.*s'?", SV_FMT(near.best))
                       : source_list_keys(t, err);
}

enum err_code source_check_keys(const struct source_key *keys, size_t n, const char *what,
                                json_t *settings, struct err *err)
{
    const struct source_table t = {keys, n, what};
    const char *k;
    json_t *v;

    if (!json_is_object(settings))
        return err_set(err, ERR_INVALID, "the settings are not an object");
    json_object_foreach(settings, k, v)
    {
        if (source_check_key(&t, k, v, err) != ERR_OK)
            return err->code;
    }
    for (size_t i = 0; i < n; i++)
        if (keys[i].required && !json_object_get(settings, keys[i].name))
            return err_set(err, ERR_INVALID, "'%s' is missing: %s", keys[i].name, keys[i].help);
    return ERR_OK;
}

static const struct source_ops *source_find(struct sv kind, struct err *err)
{
    struct suggest near = suggest_begin(kind);

    for (size_t i = 0; i < ARRAY_LEN(source_table); i++) {
        if (sv_eq(kind, sv_from(source_table[i]->kind)))
            return source_table[i];
        suggest_offer(&near, sv_from(source_table[i]->kind));
    }
    (void)err_set(err, ERR_INVALID, "there is no kind of source '%.*s'", SV_FMT(kind));
    if (near.best.p)
        (void)err_hint(err, "did you mean '%.*s'?", SV_FMT(near.best));
    return NULL;
}

/* Zeroed but for its row and name: as open() wants it. */
static struct source *source_blank(const struct source_ops *ops, struct sv name)
{
    struct source *s = xcalloc(1, ops->size);

    s->ops = ops;
    s->name = xstrdup_sv(name);
    return s;
}

static void source_discard(struct source *s)
{
    s->ops->close(s);
    free(s->name);
    free(s);
}

enum err_code source_check_row(const struct source_ops *ops, json_t *settings, struct err *err)
{
    struct source *s;
    enum err_code rc;

    if (source_check_keys(ops->keys, ops->n_keys, ops->kind, settings, err) != ERR_OK)
        return err->code;
    s = source_blank(ops, sv_from(ops->kind));
    rc = ops->open(s, settings, err);
    source_discard(s);
    return rc;
}

enum err_code source_check(struct sv kind, json_t *settings, struct err *err)
{
    const struct source_ops *ops = source_find(kind, err);

    return ops ? source_check_row(ops, settings, err) : err->code;
}

enum err_code source_want(struct source *s, const struct sv *names, size_t n, struct err *err)
{
    if (!s->ops->want)
        return err_set(err, ERR_INVALID, "source '%s': a %s has no lines that could be counted",
                       s->name, s->ops->kind);
    if (s->ops->want(s, names, n, err) != ERR_OK)
        return err_wrap(err, "source '%s'", s->name);
    return ERR_OK;
}

void source_resume(struct source *s, struct sv position)
{
    if (s->ops->resume && position.n)
        s->ops->resume(s, position);
}

enum err_code source_open(struct sv kind, struct sv name, json_t *settings,
                          const struct source_env *env, struct source **ret, struct err *err)
{
    const struct source_ops *ops = source_find(kind, err);

    return ops ? source_open_row(ops, name, settings, env, ret, err)
               : err_wrap(err, "source '%.*s'", SV_FMT(name));
}

enum err_code source_open_row(const struct source_ops *ops, struct sv name, json_t *settings,
                              const struct source_env *env, struct source **ret, struct err *err)
{
    struct source *s;

    if (source_check_keys(ops->keys, ops->n_keys, ops->kind, settings, err) != ERR_OK)
        return err_wrap(err, "source '%.*s'", SV_FMT(name));
    assert(!!ops->look + !!ops->start + !!ops->give == 1 && !ops->start == !ops->cancel &&
           ops->size >= sizeof(*s));
    s = source_blank(ops, name);
    s->env = *env;
    if (ops->open(s, settings, err) != ERR_OK) {
        source_discard(s);
        return err_wrap(err, "source '%.*s'", SV_FMT(name));
    }
    (void)uv_timer_init(env->loop, &s->timer); /* always succeeds */
    s->timer.data = s;
    *ret = s;
    return ERR_OK;
}

/* Freeing: when the timer is closed and no thread looks any more. */

static void source_maybe_gone(struct source *s)
{
    if (!s->closed || s->job)
        return;
    s->ops->close(s);
    sample_list_release(&s->samples);
    free(s->name);
    free(s);
}

static void source_on_timer_closed(uv_handle_t *h)
{
    struct source *s = h->data;

    s->closed = true;
    source_maybe_gone(s);
}

void source_free(struct source *s)
{
    if (!s)
        return;
    assert(!s->done && !s->freed);
    s->freed = true;
    uv_close((uv_handle_t *)&s->timer, source_on_timer_closed);
}

/* Polling. */

static enum err_code source_fail_late(struct source *s)
{
    return err_set(&s->err, ERR_TIMEOUT, "source '%s': no answer within %" PRIu64 " ms", s->name,
                   s->timeout_ms);
}

void source_report(struct source *s, enum err_code rc)
{
    source_done_fn *done = s->done;

    assert(done && (rc == ERR_OK || rc == s->err.code));
    if (s->late && rc == ERR_INTERRUPTED)
        rc = source_fail_late(s);
    s->done = NULL;
    (void)uv_timer_stop(&s->timer); /* always succeeds */
    if (rc != ERR_OK)
        sample_list_release(&s->samples);
    done(s, s->data, rc);
}

/* The poll ends with s->err, or what is there; a look that is under way is left behind. */
static void source_on_timer(uv_timer_t *t)
{
    struct source *s = t->data;

    if (s->soon) {
        s->soon = false;
        source_report(s, s->err.code);
        return;
    }
    if (s->ops->start) {
        s->late = true;
        s->ops->cancel(s);
        return;
    }
    if (s->ops->give) {
        if (s->err.code == ERR_OK && s->ops->give(s, &s->samples, &s->err) != ERR_OK)
            (void)err_wrap(&s->err, "source '%s'", s->name);
        source_report(s, s->err.code);
        return;
    }
    if (s->err.code == ERR_OK)
        (void)source_fail_late(s);
    if (s->job)
        s->job->left = true;
    source_report(s, s->err.code);
}

static void source_arm(struct source *s, uint64_t ms)
{
    (void)uv_timer_start(&s->timer, source_on_timer, ms, 0); /* fails only without a callback */
}

void source_report_soon(struct source *s)
{
    assert(s->done && s->ops->start);
    s->soon = true;
    source_arm(s, 0);
}

static void source_look(uv_work_t *w)
{
    struct source_job *job = container_of(w, struct source_job, work);

    job->rc = job->source->ops->look(job->source, &job->samples, &job->err);
}

static void source_on_looked(uv_work_t *w, int status)
{
    struct source_job *job = container_of(w, struct source_job, work);
    struct source *s = job->source;

    s->job = NULL;
    if (job->left || status != 0) {
        sample_list_release(&job->samples);
        free(job);
        source_maybe_gone(s);
        return;
    }
    s->samples = job->samples;
    s->err = job->err;
    if (job->rc != ERR_OK)
        (void)err_wrap(&s->err, "source '%s'", s->name);
    free(job);
    source_report(s, s->err.code);
}

static void source_start_look(struct source *s)
{
    if (s->job) {
        (void)err_set(&s->err, ERR_TIMEOUT, "source '%s': the look before this one is still out",
                      s->name);
        source_arm(s, 0);
        return;
    }
    s->job = XNEW(struct source_job);
    s->job->source = s;
    s->job->samples.at_us = s->at_us;
    (void)uv_queue_work(s->env.loop, &s->job->work, source_look, source_on_looked);
    source_arm(s, s->timeout_ms);
}

void source_poll(struct source *s, const struct source_poll *p)
{
    assert(!s->done && !s->freed && p->done);
    sample_list_release(&s->samples);
    s->samples.at_us = s->at_us = p->at_us;
    s->timeout_ms = p->timeout_ms ? p->timeout_ms : SOURCE_TIMEOUT_MS;
    s->want = p->want;
    s->n_want = p->n_want;
    s->err = (struct err){0};
    s->late = false;
    s->done = p->done;
    s->data = p->data;
    uv_update_time(s->env.loop); /* the timeout counts from here */
    if (s->ops->look) {
        source_start_look(s);
        return;
    }
    if (s->ops->give) {
        source_arm(s, 0);
        return;
    }
    source_arm(s, s->timeout_ms + SOURCE_GUARD_MS);
    s->ops->start(s);
}

void source_cancel(struct source *s)
{
    if (!s->done)
        return;
    if (s->ops->start && !s->soon) {
        s->ops->cancel(s);
        return;
    }
    if (s->err.code == ERR_OK)
        (void)err_set(&s->err, ERR_INTERRUPTED, "source '%s': cancelled", s->name);
    if (s->job)
        (void)uv_cancel((uv_req_t *)&s->job->work); /* it may not have begun */
    source_arm(s, 0);
}
