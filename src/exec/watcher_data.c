/*
 * Snapshots and audits: snapshot.NAME and audit.NAME in rules (docs/formats/binding.md, sources).
 *
 * Each poll compares, or carries out the audit, in the loop's pool.  What could not be judged is never good: a value that
 * would be better than is known is no value.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/sv.h"
#include "compare/audit.h"
#include "compare/compare.h"
#include "compare/data_file.h"
#include "compare/take.h"
#include "exec/watcher_int.h"

#define DATA_FILES_MS 60000u /* two files, which are compared once */
#define DATA_PAIRS    10000u /* that rules can look at one by one */

/* What tells that a file is another one. */
struct data_stamp {
    int64_t ino, size, mtime_ns;
};

/* What was found, for the next poll when nothing has changed; of one look at a time. */
struct data_kept {
    bool is;
    struct data_stamp stamp[2];
    struct sample_list samples;
};

struct data_source {
    struct source source;   /* first */
    char *path, *old, *new; /* path: of the data file */
    bool added_fails;
    struct condition *where; /* NULL: all records */
    struct data_file file;
    const struct data_audit *audit;
    const struct data_snapshot *snapshot;
    struct data_kept *kept;
};

static struct data_source *data_of(struct source *s)
{
    return container_of(s, struct data_source, source);
}

static char *data_setting(const json_t *settings, const char *key)
{
    struct sv v = json_get_sv(settings, key);

    return v.n ? xstrdup_sv(v) : NULL;
}

static enum err_code data_take(struct source *s, json_t *settings, struct err *err)
{
    struct data_source *d = data_of(s);
    struct sv where = json_get_sv(settings, "where");

    d->path = data_setting(settings, "data");
    d->old = data_setting(settings, "old");
    d->new = data_setting(settings, "new");
    d->added_fails = json_get_bool(settings, "added_fails", false);
    d->kept = XNEW(struct data_kept);
    if (d->old && !d->new == !d->path)
        return err_set(err, ERR_INVALID,
                       d->new ? "either 'new' or 'data' says what it is compared "
                                "with, not both"
                              : "'new' (a snapshot) or 'data' (the file that "
                                "says how one is taken) is missing");
    if (where.n && condition_new(CONDITION_ROW, where, SV(""), &d->where, err) != ERR_OK)
        return err_wrap(err, "'where'");
    return ERR_OK;
}

static void data_close(struct source *s)
{
    struct data_source *d = data_of(s);

    free(d->path);
    free(d->old);
    free(d->new);
    condition_free(d->where);
    sample_list_release(&d->kept->samples);
    free(d->kept);
    data_file_release(&d->file);
}

/* --- how long it may take --- */

struct data_limit {
    struct pace pace;
    uint64_t end_ns;
    uint64_t ms;
};

static bool data_go_on(void *arg, const char *what UNUSED, struct sv of UNUSED,
                       uint64_t records UNUSED, double share UNUSED)
{
    const struct data_limit *l = arg;

    return clock_mono_ns() < l->end_ns;
}

static void data_limit_begin(struct data_limit *l, uint64_t ms)
{
    *l = (struct data_limit){
        .pace = {data_go_on, l}, .end_ns = clock_mono_ns() + ms * 1000000u, .ms = ms};
}

/* What is out later than its poll is of no use: it ends by itself, and says why. */
static enum err_code data_failed(const struct data_limit *l, struct err *err)
{
    if (err->code != ERR_INTERRUPTED)
        return err->code;
    err->code = ERR_TIMEOUT;
    return err_wrap(err, "it may take %s here", duration_format((int64_t)l->ms).s);
}

/* --- audits --- */

static void data_add_rows(struct sample_list *l, const char *name, const json_t *rows)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    json_write(rows, &text);
    sample_add_text(l, name, strbuf_sv(&text));
}

static json_t *audit_check_row(const struct audit_check *c)
{
    json_t *j = json_object();

    json_put_sv(j, "name", c->check->name);
    json_put_str(j, "status", health_verdict_names[c->verdict]);
    json_put_int(j, "passed", (int64_t)c->health.passed);
    json_put_int(j, "evaluated", (int64_t)c->health.evaluated);
    if (c->health.evaluated)
        json_put(j, "share", json_real((double)c->health.passed / (double)c->health.evaluated));
    json_put_bool(j, "critical", c->check->critical);
    return j;
}

static void audit_add(const struct audit_result *r, struct sample_list *l)
{
    CLEANUP(json_cleanup) json_t *rows = json_array();
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);
    size_t failed = 0;

    for (size_t i = 0; i < r->n_checks; i++) {
        const struct audit_check *c = &r->checks[i];

        failed += c->verdict == HEALTH_FAIL;
        if (c->verdict == HEALTH_ERROR && !why.n)
            strbuf_addf(&why, "the check '%.*s' could not be evaluated: %.*s",
                        SV_FMT(c->check->name), SV_FMT(c->why));
        json_append(rows, audit_check_row(c));
    }
    sample_add_text(l, "status", sv_from(health_status_names[r->health.status]));
    if (why.n)
        sample_add_error(l, "score", strbuf_sv(&why));
    else if (r->health.has_score)
        sample_add_number(l, "score", r->health.score / 100, "ratio");
    else
        sample_add_absent(l, "score");
    if (why.n)
        sample_add_error(l, "failed", strbuf_sv(&why));
    else
        sample_add_number(l, "failed", (double)failed, NULL);
    sample_add_number(l, "evaluated", (double)r->health.evaluated, NULL);
    sample_add_number(l, "total", (double)r->health.total, NULL);
    sample_add_number(l, "rows", (double)r->rows, NULL);
    data_add_rows(l, "rows_json", rows);
}

static enum err_code audit_look(const struct source *s, struct sample_list *l, struct err *err)
{
    const struct data_source *d = (const struct data_source *)(const void *)s;
    struct data_limit limit;
    struct audit_result r;

    data_limit_begin(&limit, s->timeout_ms / 10 * 9);
    if (audit_run(d->audit, &limit.pace, &r, err) != ERR_OK)
        return data_failed(&limit, err);
    audit_add(&r, l);
    audit_release(&r);
    return ERR_OK;
}

/* --- snapshots --- */

struct data_pairs {
    const struct snapshot_header *header;
    json_t *rows, *old;
    bool cut;
};

/* A record with its key, as rules look at it. */
static json_t *data_side(const struct data_pairs *p, const struct snapshot_record *r,
                         enum record_class class)
{
    json_t *j;

    if (!r)
        return json_null();
    j = r->data && class != RECORD_MOVED ? json_deep_copy(r->data) : json_object();
    if (!r->data || class == RECORD_MOVED)
        json_put_sv(j, "error", r->data ? SV("'where' holds on one side only") : r->error);
    for (size_t i = 0; r->data && i < p->header->n_key; i++) {
        CLEANUP(mem_freep) char *name = xstrdup_sv(p->header->key[i]);

        if (!json_object_get(j, name))
            json_put(j, name, json_incref(json_array_get(snapshot_key(r), i)));
    }
    return j;
}

static void data_pair(void *arg, const struct compare_pair *p)
{
    struct data_pairs *pairs = arg;

    pairs->cut |= json_array_size(pairs->rows) >= DATA_PAIRS;
    if (pairs->cut)
        return;
    json_append(pairs->rows, data_side(pairs, p->new, p->class));
    json_append(pairs->old, data_side(pairs, p->old, p->class));
}

/* What is bad is known as soon as there is one; that there is none only when all could be judged. */
static void data_add_bad(struct sample_list *l, const char *name, size_t n, size_t unknown)
{
    if (n == 0 && unknown > 0)
        sample_add_absent(l, name);
    else
        sample_add_number(l, name, (double)n, NULL);
}

static void data_add_compared(const struct compare_result *r, const struct data_pairs *pairs,
                              struct sample_list *l)
{
    const size_t *n = r->counts;
    size_t unknown = n[RECORD_NOT_EVALUATED] + n[RECORD_MOVED];
    size_t bad = n[RECORD_CHANGED] + n[RECORD_NULL_MISMATCH] + n[RECORD_REMOVED];
    size_t judged = bad + n[RECORD_IDENTICAL] + n[RECORD_WITHIN];

    sample_add_text(l, "result", sv_from(compare_outcomes[r->outcome].name));
    if (judged == 0 || (bad == 0 && unknown > 0))
        sample_add_absent(l, "changed_share");
    else
        sample_add_number(l, "changed_share", (double)bad / (double)judged, "ratio");
    for (size_t i = 0; i < RECORD__N; i++)
        if (i == RECORD_CHANGED || i == RECORD_NULL_MISMATCH || i == RECORD_REMOVED)
            data_add_bad(l, record_class_names[i], n[i], unknown);
        else
            sample_add_number(l, record_class_names[i], (double)n[i], NULL);
    if (pairs->cut)
        return;
    data_add_rows(l, "rows_json", pairs->rows);
    data_add_rows(l, "old_json", pairs->old);
}

static enum err_code data_compare(const struct data_source *d, const char *new,
                                  struct data_limit *limit, struct sample_list *l, struct err *err)
{
    CLEANUP(json_cleanup) json_t *rows = json_array(), *old = json_array();
    CLEANUP(snapshot_reader_freep) struct snapshot_reader *reader = NULL;
    struct data_pairs pairs = {.rows = rows, .old = old};
    struct compare_options opt = {.where = d->where,
                                  .added_fails = d->added_fails,
                                  .pair = data_pair,
                                  .arg = &pairs,
                                  .pace = &limit->pace};
    struct compare_result r = {.outcome = COMPARE_NOTHING};

    if (snapshot_open(d->old, &reader, err) != ERR_OK)
        return err->code;
    pairs.header = snapshot_header(reader);
    if (compare_files(d->old, new, &opt, &r, err) != ERR_OK)
        return data_failed(limit, err);
    data_add_compared(&r, &pairs, l);
    compare_release(&r);
    return ERR_OK;
}

/* The records as they are now, in a folder of our own. */
static enum err_code data_live(const struct data_source *d, struct data_limit *limit,
                               struct sample_list *l, struct err *err)
{
    CLEANUP(mem_freep) char *folder = NULL;
    CLEANUP(mem_freep) char *file = NULL;
    struct take_spec t = {.rows = d->snapshot->rows,
                          .name = d->snapshot->name,
                          .side = SV("now"),
                          .key = d->snapshot->key,
                          .n_key = d->snapshot->n_key,
                          .fields = d->snapshot->fields,
                          .n_fields = d->snapshot->n_fields,
                          .taken_at_us = clock_now_us(),
                          .pace = &limit->pace};
    enum err_code rc;
    size_t n;

    if (file_make_temp("prusik-watch", &folder, err) != ERR_OK)
        return err->code; /* uncovered: there tests write, too */
    file = path_join(folder, "now");
    t.output = file;
    rc = take_snapshot(&t, &n, err) == ERR_OK ? data_compare(d, file, limit, l, err)
                                              : data_failed(limit, err);
    (void)unlink(file);  /* it may not have been written */
    (void)rmdir(folder); /* empty now */
    return rc;
}

static bool data_stamp(const char *path, struct data_stamp *ret)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return false;
    *ret = (struct data_stamp){(int64_t)st.st_ino, (int64_t)st.st_size,
                               (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
    return true;
}

static bool data_stamp_eq(const struct data_stamp *a, const struct data_stamp *b)
{
    return a->ino == b->ino && a->size == b->size && a->mtime_ns == b->mtime_ns;
}

static void data_give_kept(const struct data_kept *k, struct sample_list *l)
{
    for (size_t i = 0; i < k->samples.v.n; i++) {
        struct sample *s = vec_add(&l->v);

        *s = k->samples.v.v[i];
        s->name = arena_sv(&l->arena, s->name);
        s->text = arena_sv(&l->arena, s->text);
        s->at_us = l->at_us;
    }
}

/* Two files: as long as they are the same, so is what they say. */
static enum err_code data_files(const struct data_source *d, struct sample_list *l, struct err *err)
{
    struct data_kept *k = d->kept;
    struct data_stamp now[2];
    struct data_limit limit;

    if (!data_stamp(d->new, &now[1])) {
        sample_add_absent(l, "result"); /* a step will write it */
        return ERR_OK;
    }
    if (!data_stamp(d->old, &now[0]))
        return err_sys(err, errno, "look at '%s'", d->old);
    if (!k->is || !data_stamp_eq(&k->stamp[0], &now[0]) || !data_stamp_eq(&k->stamp[1], &now[1])) {
        k->is = false;
        sample_list_release(&k->samples);
        data_limit_begin(&limit, DATA_FILES_MS);
        if (data_compare(d, d->new, &limit, &k->samples, err) != ERR_OK)
            return err->code;
        k->is = true;
        k->stamp[0] = now[0];
        k->stamp[1] = now[1];
    }
    data_give_kept(k, l);
    return ERR_OK;
}

static enum err_code data_look(const struct source *s, struct sample_list *l, struct err *err)
{
    const struct data_source *d = (const struct data_source *)(const void *)s;
    struct data_limit limit;

    if (d->new)
        return data_files(d, l, err);
    data_limit_begin(&limit, s->timeout_ms / 10 * 9);
    return data_live(d, &limit, l, err);
}

/* --- the rows --- */

static const struct source_key audit_keys[] = {
    {"data", SOURCE_TEXT, true, "the data file, prusik.data.yaml"},
    {"name", SOURCE_TEXT, false, "the audit in it; the name of the source unless given"},
};

static const struct source_key snapshot_keys[] = {
    {"old", SOURCE_TEXT, true, "the snapshot from before"},
    {"new", SOURCE_TEXT, false, "the one from after; there may be none yet"},
    {"data", SOURCE_TEXT, false,
     "instead of new: the data file, and records are taken at each poll"},
    {"name", SOURCE_TEXT, false, "the snapshot in it; the name of the source unless given"},
    {"where", SOURCE_TEXT, false, "a condition that chooses records"},
    {"added_fails", SOURCE_BOOL, false, "a record that is new is a regression, too"},
};

static const struct source_ops data_rows[] = {
    {.kind = "audit",
     .help = "named checks over records, and their score",
     .keys = audit_keys,
     .n_keys = ARRAY_LEN(audit_keys),
     .size = sizeof(struct data_source),
     .open = data_take,
     .close = data_close,
     .look = audit_look},
    {.kind = "snapshot",
     .help = "records as they are now against those from before",
     .keys = snapshot_keys,
     .n_keys = ARRAY_LEN(snapshot_keys),
     .size = sizeof(struct data_source),
     .open = data_take,
     .close = data_close,
     .look = data_look},
};

const struct source_ops *data_row(struct sv kind)
{
    for (size_t i = 0; i < ARRAY_LEN(data_rows); i++)
        if (sv_eq(kind, sv_from(data_rows[i].kind)))
            return &data_rows[i];
    return NULL;
}

/* --- the data file --- */

struct data_variables {
    const struct plan *plan;
    const struct binding *binding; /* NULL: nobody knows the secrets, and none is shown */
    struct strbuf value;
};

static bool data_is_secret(const struct plan *p, struct sv name)
{
    for (size_t i = 0; i < p->n_secrets; i++)
        if (sv_eq(p->secrets[i], name))
            return true;
    return false;
}

static const char *data_variable(void *arg, const char *name)
{
    struct data_variables *v = arg;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err ignored;

    for (size_t i = 0; i < v->plan->n_env; i++)
        if (sv_is(v->plan->env[i].name, name)) {
            strbuf_truncate(&v->value, 0);
            strbuf_add_sv(&v->value, v->plan->env[i].value);
            return strbuf_str(&v->value);
        }
    if (!data_is_secret(v->plan, sv_from(name)))
        return getenv(name);
    if (!v->binding)
        return "a secret";
    strbuf_truncate(&v->value, 0);
    strbuf_addf(&text, "${%s}", name);
    return binding_reveal(v->binding, strbuf_sv(&text), &v->value, &ignored) == ERR_OK
               ? strbuf_str(&v->value)
               : NULL;
}

static enum err_code data_read(struct sv path, struct data_variables *v, struct data_file *ret,
                               struct err *err)
{
    CLEANUP(mem_freep) char *file = xstrdup_sv(path), *folder = path_dir(file);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const struct data_env env = {data_variable, v};

    if (file_read(file, LIMIT_BINDING_BYTES, &text, err) != ERR_OK)
        return err->code;
    return data_file_parse(strbuf_sv(&text), file, folder, &env, ret, err);
}

/* What the source is of the file: what is named there as it is, unless its settings say otherwise. */
static enum err_code data_find(const struct data_file *f, const struct plan_source *s,
                               const struct data_audit **audit,
                               const struct data_snapshot **snapshot, struct err *err)
{
    struct sv name = json_get_sv(s->settings, "name");

    if (!name.n)
        name = sv_sub(s->name, sv_find_byte(s->name, '.', 0) + 1, s->name.n);
    return sv_is(s->kind, "audit") ? data_file_audit(f, name, audit, err)
                                   : data_file_snapshot(f, name, snapshot, err);
}

enum err_code data_check(const struct plan *p, const struct plan_source *s, json_t *settings,
                         struct err *err)
{
    struct sv path = json_get_sv(settings, "data");
    struct data_variables v = {.plan = p, .value = STRBUF(0)};
    struct data_file f = {.n_sources = 0};
    const struct data_audit *audit;
    const struct data_snapshot *snapshot;
    enum err_code rc = source_check_row(data_row(s->kind), settings, err);

    if (rc == ERR_OK && path.n)
        rc = data_read(path, &v, &f, err);
    if (rc == ERR_OK && path.n)
        rc = data_find(&f, s, &audit, &snapshot, err);
    data_file_release(&f);
    strbuf_release(&v.value);
    if (rc == ERR_NOT_FOUND || rc == ERR_IO) /* the binding names what is not there */
        rc = err->code = ERR_INVALID;
    return rc;
}

enum err_code data_open(struct watcher *w, const struct plan_source *source, json_t *settings,
                        struct err *err)
{
    CLEANUP(json_cleanup) json_t *owned = settings;
    struct data_variables v = {.plan = w->cfg.plan, .binding = w->cfg.binding, .value = STRBUF(0)};
    struct source_env env = {.loop = w->cfg.loop, .http = w->cfg.http};
    const struct source_ops *row = data_row(source->kind);
    struct data_source *d;
    struct source *s;
    enum err_code rc = ERR_OK;

    if (source_open_row(row, source->name, owned, &env, &s, err) != ERR_OK)
        return err->code; /* uncovered: watcher_check() has seen to it */
    (void)feed_add(w, s, source->name, take_bound);
    d = data_of(s);
    if (d->path)
        rc = data_read(sv_from(d->path), &v, &d->file, err);
    if (rc == ERR_OK && d->path)
        rc = data_find(&d->file, source, &d->audit, &d->snapshot, err);
    strbuf_release(&v.value);
    return rc == ERR_OK ? ERR_OK : err_wrap(err, "source '%.*s'", SV_FMT(source->name));
}
