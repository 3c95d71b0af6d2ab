#include "flag/flag_switch.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/daemon.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "flag/env_text.h"
#include "flag/flag_ask.h"
#include "net/http_wait.h"

#define LOOK_AGAIN_MS 200u  /* between two looks at a consumer */
#define LOOK_MS       5000u /* one look */
#define APPLY_MS      120000u
#define ENVIRON_BYTES (4u << 20)

/* ---- waiting ---- */

/* How long it may take, and whether it is still wanted. */
struct pace {
    const struct flag_switch *s;
    uint64_t end_ns; /* of the steady clock; 0: none */
};

static bool is_stopped(const struct pace *p)
{
    return p->s->stopped && p->s->stopped(p->s->arg);
}

/* What is left of the whole, at most `ms`, at least one. */
static uint64_t left_ms(const struct pace *p, uint64_t ms)
{
    uint64_t now = clock_mono_ns(), left = p->end_ns > now ? (p->end_ns - now) / 1000000u : 0;

    if (!p->end_ns || ms < left)
        return ms;
    return left ? left : 1;
}

static void on_timer(uv_timer_t *t UNUSED)
{
}

static void wait_ms(uint64_t ms)
{
    uv_timer_t timer;
    uv_loop_t loop;

    if (uv_loop_init(&loop) != 0)
        return; /* uncovered: no descriptors left; the next look comes at once */
    (void)uv_timer_init(&loop, &timer);
    (void)uv_timer_start(&timer, on_timer, ms, 0);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&timer, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop); /* it is empty */
}

/* True when it is seen; else err says what was seen instead. */
typedef bool look_fn(const void *arg, struct err *err);

/* ERR_FAILED: whatever was seen instead. */
static enum err_code wait_until(const struct pace *p, look_fn *look, const void *arg,
                                uint64_t within_ms, struct err *err)
{
    uint64_t end = clock_mono_ns() + left_ms(p, within_ms) * 1000000u;

    while (!look(arg, err)) {
        if (is_stopped(p))
            return err_set(err, ERR_INTERRUPTED, "written, and stopped before it was seen");
        if (clock_mono_ns() >= end) {
            err->code = ERR_FAILED;
            return err_wrap(err, "written, but not in effect");
        }
        wait_ms(LOOK_AGAIN_MS);
    }
    return ERR_OK;
}

/* ---- flags of the definitions, read by OFREP ---- */

struct ofrep_look {
    struct flag_ask ask;
    struct sv body; /* what it must answer */
};

static bool see_ofrep(const void *arg, struct err *err)
{
    const struct ofrep_look *l = arg;
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
    bool seen;

    if (flag_ask(&l->ask, &body, err) != ERR_OK)
        return false;
    seen = sv_eq(strbuf_sv(&body), l->body);
    if (!seen)
        (void)err_set(err, ERR_FAILED, "%.*s answers %.*s", SV_FMT(l->ask.base),
                      SV_FMT(sv_sub(strbuf_sv(&body), 0, 300)));
    return seen;
}

/* The body that everybody must give now, from the files as they are. */
static enum err_code expected_body(const struct flag_files *f, const struct flag_change *c,
                                   struct strbuf *body, struct err *err)
{
    CLEANUP(flagset_freep) struct flagset *set = NULL;
    CLEANUP(json_cleanup) json_t *context = json_object();
    struct flag_answer a;
    struct flag_info info;
    struct sv now;
    size_t at;

    if (flag_files_load(f, &set, err) != ERR_OK)
        return err->code;
    if (!flagset_find(set, c->key, &at))
        return err_set(err, ERR_FAILED,
                       "the flag is gone again"); /* uncovered: somebody else wrote meanwhile */
    info = flagset_info(set, at);
    now = c->kill ? info.killed : info.default_variant;
    if (!sv_eq(now, c->variant))
        return err_set(err, ERR_FAILED, "somebody else set it to '%.*s' meanwhile",
                       SV_FMT(now)); /* uncovered: the same */
    a = flagset_eval(set, at, context, clock_now_us() / CLOCK_US_PER_S);
    flagset_body(set, at, &a, body);
    return ERR_OK;
}

static enum err_code see_consumers(const struct pace *p, const struct flag_files *f,
                                   struct flag_switched *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
    const struct flag_switch *s = p->s;
    uint64_t within = s->within_ms ? s->within_ms : FLAG_WITHIN_MS;

    if (expected_body(f, &s->change, &body, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; s->binding && i < s->binding->n_consumers; i++) {
        struct ofrep_look l = {{s->binding->consumers[i], s->change.key, s->token},
                               strbuf_sv(&body)};

        if (wait_until(p, see_ofrep, &l, within, err) != ERR_OK)
            return err->code;
        ret->consumers++;
    }
    return ERR_OK;
}

/* ---- flags that are read elsewhere ---- */

static enum err_code read_text(struct sv name, struct strbuf *text, struct err *err)
{
    CLEANUP(mem_freep) char *path = xstrdup_sv(name);

    if (!file_exists(path))
        return ERR_OK;
    return file_read(path, LIMIT_ENV_FILE_BYTES, text, err);
}

static enum err_code write_place(enum env_text_kind kind, const struct flag_place *p,
                                 struct sv value, struct err *err)
{
    CLEANUP(mem_freep) char *path = xstrdup_sv(p->path);
    CLEANUP(mem_freep) char *folder = path_dir(path);
    CLEANUP(strbuf_release) struct strbuf before = STRBUF(0), after = STRBUF(0);
    struct stat st;
    unsigned mode = stat(path, &st) == 0 ? st.st_mode & 07777 : kind == ENV_TEXT_FILE ? 0600 : 0644;

    if (read_text(p->path, &before, err) != ERR_OK ||
        env_text_set(kind, strbuf_sv(&before), p->name, value, &after, err) != ERR_OK ||
        (kind == ENV_TEXT_DROPIN && file_mkdirs(folder, err) != ERR_OK))
        return err->code;
    return file_write_atomic(path, strbuf_sv(&after), mode, err);
}

static enum err_code send_http(const struct pace *p, const struct flag_elsewhere *f,
                               struct sv value, struct err *err)
{
    static const struct http_field fields[] = {{SV("Content-Type"), SV("application/json")}};
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
    CLEANUP(mem_freep) char *method = xstrdup_sv(f->http_method);
    struct http_request r = {.failure = HTTP_FINE};
    size_t at = sv_find(f->http_json, SV("$VALUE"), 0);
    enum err_code rc;

    strbuf_add_sv(&body, sv_sub(f->http_json, 0, at));
    if (at != SV_NPOS) {
        strbuf_add_sv(&body, value);
        strbuf_add_sv(&body, sv_sub(f->http_json, at + 6, f->http_json.n));
    }
    r.spec = (struct http_spec){.url = f->http_url,
                                .method = method,
                                .fields = fields,
                                .n_fields = 1,
                                .body = strbuf_sv(&body),
                                .total_ms = left_ms(p, FLAG_WITHIN_MS)};
    rc = http_wait(&r, err);
    if (rc == ERR_OK && (r.status < 200 || r.status > 299))
        rc = err_set(err, ERR_FAILED, "%.*s answered %d", SV_FMT(f->http_url), r.status);
    http_release(&r);
    return rc;
}

struct program {
    struct child c;
    const struct pace *pace;
    uv_timer_t timer;
};

static void on_applied(struct child *c, enum err_code rc UNUSED)
{
    struct program *g = (struct program *)((char *)c - offsetof(struct program, c));

    uv_close((uv_handle_t *)&g->timer, NULL);
}

static void on_look(uv_timer_t *t)
{
    struct program *g = t->data;

    if (is_stopped(g->pace))
        child_stop(&g->c);
}

static enum err_code apply(const struct pace *p, const struct flag_elsewhere *f, struct err *err)
{
    struct program g = {
        .c = {.spec = {.argv = f->apply, .timeout_ms = left_ms(p, APPLY_MS)}, .done = on_applied},
        .pace = p};
    uv_loop_t loop;
    int failed = f->apply ? uv_loop_init(&loop) : 0;

    if (failed)
        return err_sys(err, -failed, "make an event loop"); /* uncovered: no descriptors left */
    if (!f->apply)
        return ERR_OK;
    (void)uv_timer_init(&loop, &g.timer); /* always succeeds */
    g.timer.data = &g;
    (void)uv_timer_start(&g.timer, on_look, LOOK_AGAIN_MS, LOOK_AGAIN_MS);
    child_start(&g.c, &loop);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop); /* it is empty */
    if (g.c.err.code == ERR_OK && g.c.status == 0)
        return ERR_OK;
    *err = g.c.err;
    if (!g.c.timed_out && is_stopped(p))
        err->code = ERR_INTERRUPTED;
    return err_wrap(err, "apply");
}

/* ---- reading back ---- */

static void add_scalar(struct strbuf *out, const json_t *v)
{
    char *text = json_is_string(v) ? NULL : json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

    strbuf_add_str(out, text ? text : json_string_value(v));
    free(text);
}

static enum err_code value_of_json(struct sv body, struct sv path, struct strbuf *value,
                                   struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    const json_t *v;
    struct sv name = path;

    if (json_read(body, &j, err) != ERR_OK)
        return err->code;
    v = j;
    while (v && sv_split(&path, '.', &name))
        v = json_is_object(v) ? json_object_getn(v, name.p, name.n) : NULL;
    if (!v)
        return err_set(err, ERR_NOT_FOUND, "there is no '%.*s' in the answer", SV_FMT(name));
    add_scalar(value, v);
    return ERR_OK;
}

static enum err_code read_url(const struct flag_elsewhere *f, struct strbuf *value, struct err *err)
{
    struct http_request r = {.spec = {.url = f->read_url, .total_ms = LOOK_MS}};
    enum err_code rc = http_wait(&r, err);

    if (rc == ERR_OK && (r.status < 200 || r.status > 299))
        rc = err_set(err, ERR_FAILED, "%.*s answered %d", SV_FMT(f->read_url), r.status);
    else if (rc == ERR_OK && f->read_json.p)
        rc = value_of_json(strbuf_sv(&r.body), f->read_json, value, err);
    else if (rc == ERR_OK)
        strbuf_add_sv(value, sv_trim(strbuf_sv(&r.body)));
    http_release(&r);
    return rc;
}

/* The environment that the process was started with: proc(5). */
static enum err_code read_process(const struct flag_elsewhere *f, struct strbuf *value,
                                  struct err *err)
{
    CLEANUP(mem_freep) char *pid_file = xstrdup_sv(f->read_process);
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(64), text = STRBUF(0);
    struct sv name = f->env_file.path.p ? f->env_file.name : f->dropin.name;
    int64_t pid = daemon_pid(pid_file, NULL);
    struct sv rest, entry;

    if (pid <= 0)
        return err_set(err, ERR_NOT_FOUND, "'%s' names no process that lives", pid_file);
    strbuf_addf(&path, "/proc/%lld/environ", (long long)pid);
    if (file_read(strbuf_str(&path), ENVIRON_BYTES, &text, err) != ERR_OK)
        return err->code;
    rest = strbuf_sv(&text);
    while (rest.p && sv_split(&rest, '\0', &entry))
        if (sv_eat(&entry, name) && sv_eat(&entry, SV("="))) {
            strbuf_add_sv(value, entry);
            return ERR_OK;
        }
    return err_set(err, ERR_NOT_FOUND, "process %lld has no '%.*s' in its environment",
                   (long long)pid, SV_FMT(name));
}

static enum err_code read_place(const struct flag_elsewhere *f, struct strbuf *value,
                                struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    enum env_text_kind kind = f->env_file.path.p ? ENV_TEXT_FILE : ENV_TEXT_DROPIN;
    const struct flag_place *p = f->env_file.path.p ? &f->env_file : &f->dropin;

    if (!p->path.p)
        return err_set(err, ERR_NOT_FOUND, "flag '%.*s' is in no file, and nothing reads it back",
                       SV_FMT(f->key));
    if (read_text(p->path, &text, err) != ERR_OK)
        return err->code;
    if (env_text_get(kind, strbuf_sv(&text), p->name, value))
        return ERR_OK;
    return err_set(err, ERR_NOT_FOUND, "'%.*s' is not in '%.*s'", SV_FMT(p->name), SV_FMT(p->path));
}

enum err_code flag_elsewhere_read(const struct flag_elsewhere *f, struct strbuf *value,
                                  struct err *err)
{
    return f->read_url.p       ? read_url(f, value, err)
           : f->read_process.p ? read_process(f, value, err)
                               : read_place(f, value, err);
}

struct elsewhere_look {
    const struct flag_elsewhere *f;
    struct sv value;
};

static bool see_elsewhere(const void *arg, struct err *err)
{
    const struct elsewhere_look *l = arg;
    CLEANUP(strbuf_release) struct strbuf value = STRBUF(0);

    if (flag_elsewhere_read(l->f, &value, err) != ERR_OK)
        return false;
    if (sv_eq(strbuf_sv(&value), l->value))
        return true;
    (void)err_set(err, ERR_FAILED, "it is still '%.*s'", SV_FMT(sv_sub(strbuf_sv(&value), 0, 200)));
    return false;
}

static const struct flag_variant *find_variant(const struct flag_elsewhere *f, struct sv name)
{
    for (size_t i = 0; i < f->n_variants; i++)
        if (sv_eq(f->variants[i].name, name))
            return &f->variants[i];
    return NULL;
}

/* The name of the variant whose text is there now. */
static struct sv variant_now(const struct flag_elsewhere *f)
{
    CLEANUP(strbuf_release) struct strbuf value = STRBUF(0);
    struct err ignored;

    if (flag_elsewhere_read(f, &value, &ignored) == ERR_OK)
        for (size_t i = 0; i < f->n_variants; i++)
            if (sv_eq(f->variants[i].text, strbuf_sv(&value)))
                return f->variants[i].name;
    return (struct sv){NULL, 0};
}

/* Nobody can be asked: it is sent, and that is all. */
static bool is_only_sent(const struct flag_elsewhere *f)
{
    return f->http_url.p && !f->read_url.p && !f->env_file.path.p && !f->dropin.path.p;
}

static enum err_code no_variant(const struct flag_elsewhere *f, const struct flag_change *c,
                                struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf list = STRBUF(300);

    for (size_t i = 0; i < f->n_variants; i++)
        strbuf_addf(&list, "%s%.*s", i ? ", " : "", SV_FMT(f->variants[i].name));
    (void)err_set(err, ERR_INVALID, "flag '%.*s' has no variant '%.*s'", SV_FMT(c->key),
                  SV_FMT(c->variant));
    return err_hint(err, "it has %s", strbuf_str(&list));
}

static enum err_code switch_elsewhere(const struct pace *p, const struct flag_files *files,
                                      const struct flag_elsewhere *f, struct flag_switched *ret,
                                      struct err *err)
{
    const struct flag_change *c = &p->s->change;
    const struct flag_variant *v = c->variant.p ? find_variant(f, c->variant) : NULL;
    struct elsewhere_look look = {f, {NULL, 0}};

    if (c->kill)
        return err_set(err, ERR_INVALID, "flag '%.*s' is read elsewhere: it can be set, not killed",
                       SV_FMT(c->key));
    if (!v)
        return no_variant(f, c, err);
    ret->from = variant_now(f);
    look.value = v->text;
    flag_files_log_begin(files, c, ret->from);
    if ((f->env_file.path.p && write_place(ENV_TEXT_FILE, &f->env_file, v->text, err) != ERR_OK) ||
        (f->dropin.path.p && write_place(ENV_TEXT_DROPIN, &f->dropin, v->text, err) != ERR_OK) ||
        (f->http_url.p && send_http(p, f, v->text, err) != ERR_OK) || apply(p, f, err) != ERR_OK)
        return err->code;
    if (is_only_sent(f))
        return ERR_OK; /* the answer says so */
    if (wait_until(p, see_elsewhere, &look, f->within_ms, err) != ERR_OK)
        return err->code;
    ret->consumers = f->read_url.p || f->read_process.p;
    return ERR_OK;
}

/* ---- all of it ---- */

static const struct flag_elsewhere *find_elsewhere(const struct flag_switch *s)
{
    return s->binding ? flag_binding_find(s->binding, s->change.key) : NULL;
}

static enum err_code switch_now(const struct flag_switch *s, const struct flag_files *f,
                                struct arena *a, struct flag_switched *ret, struct err *err)
{
    const struct flag_elsewhere *other = find_elsewhere(s);
    struct pace p = {s, s->limit_ms ? clock_mono_ns() + s->limit_ms * 1000000u : 0};

    if (is_stopped(&p))
        return err_set(err, ERR_INTERRUPTED, "stopped before anything was written");
    if (other)
        return switch_elsewhere(&p, f, other, ret, err);
    if (flag_files_change(f, &s->change, a, &ret->from, err) != ERR_OK)
        return err->code;
    return see_consumers(&p, f, ret, err);
}

/* A place that is not declared has nothing to say. */
static bool place_holds(enum env_text_kind kind, const struct flag_place *p, struct sv value)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), now = STRBUF(0);
    struct err ignored;

    return !p->path.p ||
           (read_text(p->path, &text, &ignored) == ERR_OK &&
            env_text_get(kind, strbuf_sv(&text), p->name, &now) && sv_eq(strbuf_sv(&now), value));
}

/* What is written counts as well: a service that is started again reads it anew. */
static bool elsewhere_holds(const struct flag_elsewhere *f, const struct flag_change *c)
{
    const struct flag_variant *v = c->variant.p && !c->kill ? find_variant(f, c->variant) : NULL;
    struct err ignored;

    if (!v || (f->apply && !f->read_url.p && !f->read_process.p) || is_only_sent(f))
        return false;
    return place_holds(ENV_TEXT_FILE, &f->env_file, v->text) &&
           place_holds(ENV_TEXT_DROPIN, &f->dropin, v->text) &&
           see_elsewhere(&(struct elsewhere_look){f, v->text}, &ignored);
}

bool flag_switch_holds(const struct flag_switch *s)
{
    CLEANUP(flag_files_release) struct flag_files f = {.definitions = NULL};
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
    const struct flag_elsewhere *other = find_elsewhere(s);
    struct err ignored;

    if (other)
        return elsewhere_holds(other, &s->change);
    flag_files_init(&f, s->definitions);
    if (expected_body(&f, &s->change, &body, &ignored) != ERR_OK)
        return false;
    for (size_t i = 0; s->binding && i < s->binding->n_consumers; i++)
        if (!see_ofrep(&(struct ofrep_look){{s->binding->consumers[i], s->change.key, s->token},
                                            strbuf_sv(&body)},
                       &ignored))
            return false;
    return true;
}

static json_t *log_line(const struct flag_switch *s, const struct flag_switched *r,
                        const struct err *err, enum err_code rc)
{
    json_t *j = flag_files_line(&s->change, r->from);

    json_put_bool(j, "in_effect", rc == ERR_OK);
    json_put_int(j, "consumers", (int64_t)r->consumers);
    json_put_int(j, "ms", r->ms);
    if (rc != ERR_OK)
        json_put_str(j, "error", err->msg);
    return j;
}

enum err_code flag_switch(const struct flag_switch *s, struct arena *a, struct flag_switched *ret,
                          struct err *err)
{
    CLEANUP(flag_files_release) struct flag_files f = {.definitions = NULL};
    CLEANUP(json_cleanup) json_t *line = NULL;
    struct flag_switched r = {.consumers = 0};
    uint64_t begun = clock_mono_ns();
    struct err log_err;
    enum err_code rc;

    flag_files_init(&f, s->definitions);
    rc = switch_now(s, &f, a, &r, err);
    r.ms = (int64_t)((clock_mono_ns() - begun) / 1000000u);
    line = log_line(s, &r, err, rc);
    if (flag_files_log(&f, line, &log_err) != ERR_OK && rc == ERR_OK) {
        *err = log_err;
        return err_wrap(err, "switched, but not logged");
    }
    if (rc == ERR_OK)
        *ret = r;
    return rc;
}
