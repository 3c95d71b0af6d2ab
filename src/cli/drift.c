#include "cli/drift.h"

#include <malloc.h>
#include <string.h>
#include <sys/stat.h>

#include "base/map.h"
#include "base/sv.h"
#include "base/text.h"
#include "exec/run.h"
#include "report/plan_diff.h"
#include "runbook/runbook.h"
#include "store/journal.h"

/* How much of the differences is said; the journal has all of them. */
enum { DRIFT_NAMED = 6, DRIFT_VALUE = 40, DRIFT_BEFORE = 12, DRIFT_TEXT = 2000 };

/* What a plan has from where it was made, or only from the document. */
static const struct sv drift_nothing[] = {SV("document"), SV("binding"), SV("title")};

/* What the journal tells of the run: a long one is read without keeping it. */
struct drift_run {
    const struct plan *plan;
    json_t *started; /* data of run-started */
    int64_t at_us;   /* when that was */
    bool way_back;   /* it has begun */
    struct map over; /* ids of steps that are done or skipped: 1, and 0 when one was begun again */
};

static enum err_code drift_on_event(const struct event *e, void *arg, struct err *err)
{
    struct drift_run *v = arg;
    json_t *data = NULL;
    bool over = e->kind == EVENT_STEP_SKIPPED;

    v->way_back |= e->kind == EVENT_ROLLBACK_STARTED;
    if (e->kind != EVENT_STEP_OUTCOME && e->kind != EVENT_RUN_STARTED && !over)
        return ERR_OK;
    if (json_read(e->data, &data, err) != ERR_OK)
        return err->code;
    if (e->kind == EVENT_RUN_STARTED && !v->started)
        v->started = json_incref(data), v->at_us = e->at_us;
    else
        (void)map_put(&v->over, e->step, over || sv_eq(json_get_sv(data, "state"), SV("done")));
    json_decref(data);
    return ERR_OK;
}

static void drift_run_release(struct drift_run *v)
{
    json_decref(v->started);
    map_release(&v->over);
}

static bool drift_is_over(const struct drift_run *v, struct sv id)
{
    size_t over = 0;

    return map_get(&v->over, id, &over) && over;
}

/* But for where it stands, "file", which is seen from where it is read. */
static bool drift_is_same(const json_t *before, json_t *now)
{
    bool same = json_typeof(before) == json_typeof(now);

    if (json_is_array(now)) {
        same = same && json_array_size(before) == json_array_size(now);
        for (size_t i = 0; same && i < json_array_size(now); i++)
            same = drift_is_same(json_array_get(before, i), json_array_get(now, i));
        return same;
    }
    if (!json_is_object(now))
        return json_equal(before, now);
    same = same && json_object_size(before) == json_object_size(now);
    for (void *it = json_object_iter(now); same && it; it = json_object_iter_next(now, it)) {
        const char *key = json_object_iter_key(it);
        const json_t *was = json_object_get(before, key);

        same = was && (strcmp(key, "file") == 0 || drift_is_same(was, json_object_iter_value(it)));
    }
    return same;
}

static bool drift_is_one_of(const char *key, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

/* What nearly every resume finds, without the copies that a comparison needs; false: it has to be compared. */
static bool drift_is_nothing(const json_t *before, json_t *now)
{
    static const char *const place[] = {"document", "binding",  "title",     "hash",
                                        "approval", "operator", "questions", "advice"};
    static const char *const placed[] = {"steps", "way_back", "rules", "parts", "checkpoints"};
    bool same = json_object_size(before) == json_object_size(now);

    for (void *it = json_object_iter(now); same && it; it = json_object_iter_next(now, it)) {
        const char *key = json_object_iter_key(it);
        const json_t *was = json_object_get(before, key);

        if (drift_is_one_of(key, place, ARRAY_LEN(place)))
            continue;
        if (drift_is_one_of(key, placed, ARRAY_LEN(placed)))
            same = was && drift_is_same(was, json_object_iter_value(it));
        else
            same = was && json_equal(was, json_object_iter_value(it));
    }
    return same;
}

/* Does it matter to what is left of the run? */
static bool drift_matters(const struct drift_run *v, const struct plan_change *c)
{
    if (sv_eq(sv_from(c->what), SV("heading")))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(drift_nothing); i++)
        if (sv_eq(sv_from(c->what), SV("setting")) && sv_eq(c->name, drift_nothing[i]))
            return false;
    return !sv_eq(sv_from(c->what), SV("step")) || !drift_is_over(v, c->name);
}

/* From where a long text is shown: a little before the place at which the two part. */
static size_t drift_from(struct sv before, struct sv after)
{
    size_t n = size_min(before.n, after.n), same = 0;

    while (same < n && before.p[same] == after.p[same])
        same++;
    if (same <= DRIFT_VALUE - DRIFT_BEFORE || size_max(before.n, after.n) <= DRIFT_VALUE)
        return 0;
    same -= DRIFT_BEFORE;
    while (same > 0 && ((unsigned char)before.p[same] & 0xc0) == 0x80) /* inside a character */
        same--;
    return same;
}

static void drift_value(struct strbuf *out, struct sv value, size_t from)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    struct sv shown = text_cut(sv_sub(value, from, value.n), DRIFT_VALUE);

    text_add_line(&line, shown);
    strbuf_addf(out, "%s%s%s", from ? "..." : "", value.n ? strbuf_str(&line) : "nothing",
                from + shown.n < value.n ? "..." : "");
}

/* " (named by steps/2/1 and 3 more)": of what is left to do; other steps may read a variable of the environment in what they start. */
static void drift_named_by(struct strbuf *out, const struct drift_run *v, struct sv name)
{
    size_t n = 0;

    for (size_t i = 0; i < v->plan->n_steps + v->plan->n_way_back; i++) {
        const struct plan_step *p =
            i < v->plan->n_steps ? &v->plan->steps[i] : &v->plan->way_back[i - v->plan->n_steps];

        if (!sv_has(p->command, name) || drift_is_over(v, p->id))
            continue;
        if (n++ == 0)
            strbuf_addf(out, " (named by %.*s", SV_FMT(p->id));
    }
    if (n > 1)
        strbuf_addf(out, " and %zu more", n - 1);
    strbuf_add_str(out, n ? ")" : "");
}

/* "ON off -> on"; empty before: there was none. */
static void drift_pair(struct strbuf *out, struct sv name, struct sv before, struct sv after)
{
    size_t from = drift_from(before, after);

    if (name.n)
        strbuf_addf(out, "%.*s ", SV_FMT(name));
    drift_value(out, before, from);
    strbuf_add_str(out, " -> ");
    drift_value(out, after, from);
}

/* What a person reads of one value. */
static struct sv drift_text(const json_t *j, struct strbuf *own)
{
    if (json_is_string(j))
        return sv_from(json_string_value(j));
    if (j)
        json_write(j, own);
    return strbuf_sv(own);
}

static bool drift_is_deep(const json_t *a, const json_t *b)
{
    return json_typeof(a) == json_typeof(b) && (json_is_object(a) || json_is_array(a));
}

/* Down to what is another within it: "settings.path /a -> /b", where the whole is a screen of JSON. */
static void drift_leaves(struct strbuf *out, const char *name, json_t *before, json_t *after,
                         size_t *said)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0), was = STRBUF(0), is = STRBUF(0);
    size_t n = json_is_array(after) ? size_max(json_array_size(before), json_array_size(after)) : 0;
    json_t *all;

    if (before && after && json_equal(before, after))
        return;
    if (!before || !after || !drift_is_deep(before, after)) {
        strbuf_add_str(out, (*said)++ ? ", " : "");
        drift_pair(out, sv_from(name), drift_text(before, &was), drift_text(after, &is));
        return;
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_truncate(&path, 0);
        strbuf_addf(&path, "%s %zu", name, i + 1);
        drift_leaves(out, strbuf_str(&path), json_array_get(before, i), json_array_get(after, i),
                     said);
    }
    if (n)
        return;
    all = json_copy(before);
    json_object_update(all, after);
    for (void *it = json_object_iter(all); it; it = json_object_iter_next(all, it)) {
        const char *key = json_object_iter_key(it);

        strbuf_truncate(&path, 0);
        strbuf_addf(&path, "%s%s%s", name, *name ? " " : "", key);
        drift_leaves(out, strbuf_str(&path), json_object_get(before, key),
                     json_object_get(after, key), said);
    }
    json_decref(all);
}

static json_t *drift_read(struct sv text)
{
    struct err err;
    json_t *j = NULL;

    if (!sv_starts(text, SV("{")) && !sv_starts(text, SV("[")))
        return NULL;
    return json_read(text, &j, &err) == ERR_OK ? j : NULL;
}

static void drift_member(struct strbuf *out, struct sv name, const struct plan_change_member *m)
{
    CLEANUP(json_cleanup) json_t *before = drift_read(m->before), *after = drift_read(m->after);
    CLEANUP(mem_freep) char *of = xstrdup_sv(name);
    size_t said = 0;

    if (before && after && drift_is_deep(before, after))
        drift_leaves(out, of, before, after, &said);
    else
        drift_pair(out, name, m->before, m->after);
}

/* "step steps/2 timeout_ms 1000 -> 60000" */
static void drift_say(struct strbuf *out, const struct drift_run *v, const struct plan_change *c)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);

    text_add_line(&name, c->name);
    strbuf_addf(out, "%s %s", c->what, strbuf_str(&name));
    if (c->kind != CHANGE_CHANGED)
        strbuf_addf(out, " %s", plan_change_name(c->kind));
    for (size_t i = 0; i < c->members.n; i++) {
        const struct plan_change_member *m = &c->members.v[i];
        bool same = sv_eq(m->name, c->name);

        strbuf_addf(out, "%s ", i ? "," : "");
        drift_member(out, same ? (struct sv){NULL, 0} : m->name, m);
    }
    if (!sv_eq(sv_from(c->what), SV("step")))
        drift_named_by(out, v, c->name);
}

/* Those that matter, into text and json. */
static void drift_tell(struct drift *d, const struct drift_run *v, const struct plan_diff *diff)
{
    CLEANUP(json_cleanup) json_t *all = plan_diff_json(diff);
    const json_t *list = json_object_get(all, "changes");
    json_t *kept = json_array();
    size_t n = 0;

    for (size_t i = 0; i < diff->changes.n; i++) {
        if (!drift_matters(v, &diff->changes.v[i]))
            continue;
        (void)json_array_append(kept, json_array_get(list, i));
        if (n++ >= DRIFT_NAMED)
            continue;
        strbuf_add_str(&d->text, n > 1 ? "; " : "");
        drift_say(&d->text, v, &diff->changes.v[i]);
    }
    if (n > DRIFT_NAMED)
        strbuf_addf(&d->text, "; and %zu more", n - DRIFT_NAMED);
    if (n) {
        d->json = json_object();
        json_put(d->json, "changes", json_incref(kept));
    }
    json_decref(kept);
}

/* --- how the run was begun --- */

/* The document of the run: as it lies there, or when it has been edited as the journal has it. */
static enum err_code drift_document(struct store *store, const struct drift_run *v,
                                    const char *path, struct document *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err ignored;
    struct hash hash, blob;

    if (document_load(path, ret, &ignored) == ERR_OK) {
        hash = document_hash(ret);
        if (sv_eq(sv_from(hash_hex(&hash).s), json_get_sv(v->plan->json, "document_hash")))
            return ERR_OK;
        document_release(ret);
    }
    if (!hash_from_hex(json_get_sv(v->started, "document_blob"), &blob))
        return err_set(err, ERR_NOT_FOUND,
                       "the document has been edited, and the run has not kept it");
    if (store_blob(store, &blob, SIZE_MAX, &text, err) != ERR_OK)
        return err->code;
    return document_init(path, strbuf_sv(&text), ret, err);
}

/* "NAME=VALUE" for what --set gave at the start, and nothing gives today: as the plan has it. */
static void drift_sets(const struct drift_run *v, const json_t *given, struct arena *arena,
                       struct binding_options *opt)
{
    const json_t *names = json_object_get(given, "set");
    const char **sets = ARENA_NEWN(arena, const char *, json_array_size(names) + opt->n_sets + 1);
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(names); i++) {
        struct sv name = sv_from(json_string_value(json_array_get(names, i)));

        for (size_t k = 0; k < v->plan->n_env; k++)
            if (sv_eq(v->plan->env[k].name, name))
                sets[n++] =
                    arena_fmt(arena, "%.*s=%.*s", SV_FMT(name), SV_FMT(v->plan->env[k].value)).p;
    }
    for (size_t i = 0; i < opt->n_sets; i++) /* what is given today wins */
        sets[n++] = opt->sets[i];
    opt->sets = sets;
    opt->n_sets = n;
}

/* What the plan of today is made with.  Who goes on with a run is not what it does: as the run has it. */
static void drift_options(const struct drift_run *v, const struct binding_options *today,
                          struct arena *arena, struct binding_options *ret)
{
    const json_t *given = json_object_get(v->started, "given");

    *ret = *today;
    ret->operator_name = arena_strdup(arena, v->plan->operator_name);
    if (json_get_bool(given, "environment", false))
        ret->environment = arena_strdup(arena, v->plan->environment);
    if (json_get_bool(given, "time_scale", false))
        ret->time_scale = v->plan->time_scale;
    drift_sets(v, given, arena, ret);
}

/* Of the files that the binding refers to those that were written since the run began. */
static json_t *drift_written(const struct binding *b, int64_t since_us)
{
    json_t *list = json_array();

    for (size_t i = 0; i < b->files.n; i++) {
        CLEANUP(mem_freep) char *path = xstrdup_sv(b->files.v[i]);
        struct stat st;

        if (stat(path, &st) == 0 &&
            (int64_t)st.st_mtim.tv_sec * 1000000 + (int64_t)st.st_mtim.tv_nsec / 1000 >= since_us)
            json_append(list, json_str(path));
    }
    return list;
}

/* The plan of today; `doc` is the document of the run.  *edited: also when it cannot be made. */
static enum err_code drift_plan_now(const struct document *doc, const struct binding_options *opt,
                                    const struct drift_run *v, struct drift *d, json_t **ret,
                                    struct err *err)
{
    struct runbook rb = {0};
    struct binding b = {0};
    enum err_code rc = runbook_read(doc, &rb, err);

    if (rc != ERR_OK)
        return rc;
    rc = binding_load(doc->path, opt, &b, err);
    d->edited = rc != ERR_OK ||
                !sv_eq(json_get_sv(v->started, "binding_hash"), sv_from(hash_hex(&b.hash).s));
    if (rc == ERR_OK)
        d->files = drift_written(&b, v->at_us);
    if (rc == ERR_OK)
        rc = plan_make(&rb, &b, ret, err);
    if (rc == ERR_OK || b.dir)
        binding_release(&b);
    runbook_release(&rb);
    return rc;
}

/*
 * The run may be a long one: its plan is not kept beside all that another is made of, but read again.  `why`: what is said of today; the
 * error is that of the plan of the run.
 */
static enum err_code drift_compare(struct store *store, const struct drift_of *of,
                                   const struct drift_run *v, struct drift *d, struct err *why,
                                   struct err *err)
{
    CLEANUP(arena_release) struct arena arena = {0};
    CLEANUP(json_cleanup) json_t *now = NULL;
    struct binding_options opt;
    struct document doc = {0};
    struct plan_diff diff;

    drift_options(v, of->opt, &arena, &opt);
    if (drift_document(store, v, of->document, &doc, why) != ERR_OK)
        return ERR_OK;
    plan_release(of->plan);
    (void)!drift_plan_now(&doc, &opt, v, d, &now, why); /* `why` says it */
    document_release(&doc);
    (void)malloc_trim(0);
    if (run_plan(store, of->run, of->plan, err) != ERR_OK)
        return err->code;
    if (now && !drift_is_nothing(of->plan->json, now)) {
        plan_diff_make(of->plan->json, now, &diff);
        drift_tell(d, v, &diff);
        plan_diff_release(&diff);
    }
    return ERR_OK;
}

enum err_code drift_find(struct store *store, const struct drift_of *of, struct drift *ret,
                         struct err *err)
{
    struct drift_run v = {.plan = of->plan};
    struct err why = {.code = ERR_OK};
    enum err_code rc;

    *ret = (struct drift){.text = STRBUF(DRIFT_TEXT)};
    if (of->plan->watch_only) /* it was planned with less */
        return ERR_OK;
    rc = journal_read(store, of->run, 0, drift_on_event, &v, err);
    ret->way_back = v.way_back;
    if (rc == ERR_OK && json_object_get(v.started, "binding_hash"))
        rc = drift_compare(store, of, &v, ret, &why, err);
    if (rc == ERR_OK && why.code != ERR_OK) {
        strbuf_addf(&ret->text, "no plan can be made of it today: %s", why.msg);
        ret->json = json_object();
    }
    if (ret->json) {
        json_put_bool(ret->json, "edited", ret->edited);
        json_put_sv(ret->json, "text", strbuf_sv(&ret->text));
        if (json_array_size(ret->files))
            json_put(ret->json, "files", json_incref(ret->files));
    }
    drift_run_release(&v);
    (void)malloc_trim(0); /* of a second plan */
    return rc;
}

void drift_release(struct drift *d)
{
    strbuf_release(&d->text);
    json_decref(d->json);
    json_decref(d->files);
    *d = (struct drift){.json = NULL};
}
