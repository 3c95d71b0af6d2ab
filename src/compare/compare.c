#include "compare/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/sv.h"
#include "compare/key.h"

const char *const record_class_names[RECORD__N] = {"identical",     "within",       "changed",
                                                   "null_mismatch", "added",        "removed",
                                                   "moved",         "not_evaluated"};
const struct compare_outcome_info compare_outcomes[COMPARE__N] = {
    [COMPARE_NO_REGRESSION] = {"no_regression", "no regression", EXIT_CODE_DONE},
    [COMPARE_REGRESSION] = {"regression", "regression", EXIT_CODE_FAILED},
    [COMPARE_CANNOT_TELL] = {"cannot_tell", "cannot tell", EXIT_CODE_INVESTIGATE},
    [COMPARE_NOTHING] = {"nothing_compared", "nothing was compared", EXIT_CODE_INVESTIGATE},
};

struct merge {
    const struct compare_options *opt;
    struct snapshot_reader *old_file, *new_file;
    const struct snapshot_record *old, *new; /* NULL: at the end */
    const struct field *fields;
    size_t n_fields;
    enum field_class *classes;
    struct field_distance *distances;
    struct compare_result *r;
    size_t n_within; /* of the records that are told */
};

/* ---- what is told ---- */

static json_t *own(const json_t *j)
{
    return j ? json_deep_copy(j) : json_null();
}

static const json_t *value_of(const struct snapshot_record *x, struct sv field)
{
    return x && x->data ? json_object_getn(x->data, field.p, field.n) : NULL;
}

/* Without a relative distance (from 0) it is further than with one. */
static bool is_worse(const struct compare_distance *a, const struct compare_distance *b)
{
    double x = a->distance.relative < 0 ? HUGE_VAL : a->distance.relative;
    double y = b->distance.relative < 0 ? HUGE_VAL : b->distance.relative;

    if (a->class != b->class)
        return a->class > b->class;
    return x > y || (x >= y && a->distance.d > b->distance.d);
}

static void distance_release(struct compare_distance *d)
{
    json_decref(d->key);
    json_decref(d->old);
    json_decref(d->new);
}

static void note_distance(struct merge *m, size_t i)
{
    struct compare_result *r = m->r;
    struct compare_distance d = {
        .field = m->r->fields[i].name, .class = m->classes[i], .distance = m->distances[i]};
    size_t at = r->n_worst;

    if (!d.distance.is_number || d.class == FIELD_IDENTICAL)
        return;
    while (at > 0 && is_worse(&d, &r->worst[at - 1]))
        at--;
    if (at == COMPARE_WORST)
        return;
    if (r->n_worst == COMPARE_WORST)
        distance_release(&r->worst[--r->n_worst]);
    memmove(&r->worst[at + 1], &r->worst[at], (r->n_worst - at) * sizeof(d));
    d.key = own(snapshot_key(m->old));
    d.old = own(value_of(m->old, d.field));
    d.new = own(value_of(m->new, d.field));
    r->worst[at] = d;
    r->n_worst++;
}

static json_t *record_fields(const struct merge *m)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->n_fields; i++) {
        json_t *f;

        if (m->classes[i] == FIELD_IDENTICAL || m->fields[i].ignored)
            continue;
        f = json_object();
        json_put(f, "name", json_sv(m->fields[i].name));
        json_put_str(f, "class", field_class_names[m->classes[i]]);
        json_put(f, "old", own(value_of(m->old, m->fields[i].name)));
        json_put(f, "new", own(value_of(m->new, m->fields[i].name)));
        json_append(list, f);
    }
    return list;
}

static void put_error(json_t *j, const char *name, const struct snapshot_record *x)
{
    if (x && !x->data)
        json_put(j, name, json_sv(x->error));
}

/*
 * What is within its tolerances gives way to what is not: the last of it is left out.  False: there is no room, as
 * all that is told is as bad.
 */
static bool make_room(struct merge *m, enum record_class class)
{
    json_t *list = m->r->records;

    if (json_array_size(list) < COMPARE_RECORDS)
        return true;
    m->r->not_shown++;
    if (m->n_within == 0 || class == RECORD_WITHIN)
        return false;
    for (size_t i = json_array_size(list); i-- > 0;)
        if (sv_is(json_get_sv(json_array_get(list, i), "class"),
                  record_class_names[RECORD_WITHIN])) {
            (void)json_array_remove(list, i);
            break;
        }
    m->n_within--;
    return true;
}

static void tell(struct merge *m, const struct compare_pair *p)
{
    json_t *j;

    m->r->counts[p->class]++;
    if (m->opt->pair)
        m->opt->pair(m->opt->arg, p);
    if (p->class == RECORD_IDENTICAL)
        return;
    if (!make_room(m, p->class))
        return;
    m->n_within += p->class == RECORD_WITHIN;
    j = json_object();
    json_put(j, "key", own(snapshot_key(p->old ? p->old : p->new)));
    json_put_str(j, "class", record_class_names[p->class]);
    if (p->classes)
        json_put(j, "fields", record_fields(m));
    put_error(j, "old_error", p->old);
    put_error(j, "new_error", p->new);
    json_append(m->r->records, j);
}

/* ---- one record ---- */

static enum record_class worst_class(const struct merge *m)
{
    static const enum record_class of[FIELD_CLASS__N] = {
        [FIELD_IDENTICAL] = RECORD_IDENTICAL,
        [FIELD_WITHIN] = RECORD_WITHIN,
        [FIELD_NULL_MISMATCH] = RECORD_NULL_MISMATCH,
        [FIELD_CHANGED] = RECORD_CHANGED,
    };
    enum field_class worst = FIELD_IDENTICAL;

    for (size_t i = 0; i < m->n_fields; i++)
        if (m->classes[i] > worst)
            worst = m->classes[i];
    return of[worst];
}

static void judge_fields(struct merge *m)
{
    bool same = m->old->json == m->new->json; /* the same bytes */

    for (size_t i = 0; i < m->n_fields; i++) {
        const struct field *f = &m->fields[i];

        m->classes[i] = FIELD_IDENTICAL;
        if (f->ignored)
            continue;
        if (!same)
            m->classes[i] = field_compare(f, value_of(m->old, f->name), value_of(m->new, f->name),
                                          &m->distances[i]);
        m->r->fields[i].counts[m->classes[i]]++;
        if (!same)
            note_distance(m, i);
    }
}

static enum err_code selected(const struct merge *m, const struct snapshot_record *x, bool *ret,
                              struct err *err)
{
    const char *why;
    enum condition_result res;

    *ret = true;
    if (!m->opt->where || !x || !x->data)
        return ERR_OK;
    res = condition_row(m->opt->where, x->data, &why);
    if (res == CONDITION_ERROR)
        return err_set(err, ERR_INVALID, "--where cannot be judged for %.*s: %s",
                       SV_FMT(sv_trim(sv_sub(x->line, 0, 120))), why);
    *ret = res == CONDITION_TRUE;
    return ERR_OK;
}

/* Both sides have the key. */
static enum err_code judge_pair(struct merge *m, struct err *err)
{
    struct compare_pair p = {RECORD_NOT_EVALUATED, m->old, m->new, m->n_fields, m->fields, NULL};
    bool in_old, in_new;

    if (selected(m, m->old, &in_old, err) != ERR_OK || selected(m, m->new, &in_new, err) != ERR_OK)
        return err->code;
    if (!in_old && !in_new)
        return ERR_OK;
    if (m->old->data && m->new->data &&in_old != in_new) {
        p.class = RECORD_MOVED;
    } else if (m->old->data && m->new->data) {
        judge_fields(m);
        p.classes = m->classes;
        p.class = worst_class(m);
    }
    tell(m, &p);
    return ERR_OK;
}

static enum err_code judge_single(struct merge *m, bool is_old, struct err *err)
{
    struct compare_pair p = {RECORD_REMOVED,
                             is_old ? m->old : NULL,
                             is_old ? NULL : m->new,
                             m->n_fields,
                             m->fields,
                             NULL};
    bool in;

    if (selected(m, is_old ? m->old : m->new, &in, err) != ERR_OK)
        return err->code;
    if (!is_old)
        p.class = m->new->data ? RECORD_ADDED : RECORD_NOT_EVALUATED;
    if (in)
        tell(m, &p);
    return ERR_OK;
}

/* ---- all of them ---- */

static int side_cmp(const struct merge *m)
{
    if (!m->old || !m->new)
        return m->old ? -1 : 1;
    return m->old->json == m->new->json ? 0
                                        : key_cmp(strbuf_sv(&m->old->key), strbuf_sv(&m->new->key));
}

static enum err_code merge_pace(const struct merge *m, uint64_t n, struct err *err)
{
    uint64_t read, size;

    if (!pace_is_due(m->opt->pace, n))
        return ERR_OK;
    read = snapshot_read_bytes(m->old_file) + snapshot_read_bytes(m->new_file);
    size = snapshot_file_bytes(m->old_file) + snapshot_file_bytes(m->new_file);
    return pace_step(m->opt->pace, "comparing", sv_from(snapshot_path(m->new_file)), n,
                     size >= read ? (double)read / (double)size : -1, err);
}

static enum err_code merge(struct merge *m, struct err *err)
{
    uint64_t n = 0;
    enum err_code rc = snapshot_next(m->old_file, NULL, &m->old, err);

    if (rc == ERR_OK)
        rc = snapshot_next(m->new_file, m->old, &m->new, err);
    while (rc == ERR_OK && (m->old || m->new)) {
        int c = side_cmp(m);

        rc = c == 0 ? judge_pair(m, err) : judge_single(m, c < 0, err);
        if (rc == ERR_OK && c <= 0)
            rc = snapshot_next(m->old_file, c < 0 ? m->new : NULL, &m->old, err);
        if (rc == ERR_OK && c >= 0)
            rc = snapshot_next(m->new_file, m->old, &m->new, err);
        if (rc == ERR_OK)
            rc = merge_pace(m, ++n, err);
    }
    return rc;
}

static void decide(struct compare_result *r, const struct compare_options *opt)
{
    const size_t *n = r->counts;

    if (n[RECORD_CHANGED] || n[RECORD_NULL_MISMATCH] || n[RECORD_REMOVED] ||
        (opt->added_fails && n[RECORD_ADDED]))
        r->outcome = COMPARE_REGRESSION;
    else if (n[RECORD_NOT_EVALUATED] || n[RECORD_MOVED])
        r->outcome = COMPARE_CANNOT_TELL;
    else if (!n[RECORD_IDENTICAL] && !n[RECORD_WITHIN])
        r->outcome = COMPARE_NOTHING;
    else
        r->outcome = COMPARE_NO_REGRESSION;
}

static struct compare_side side_of(struct arena *a, const struct snapshot_reader *f)
{
    const struct snapshot_header *h = snapshot_header(f);

    return (struct compare_side){arena_sv(a, sv_from(snapshot_path(f))), arena_sv(a, h->name),
                                 arena_sv(a, h->side), h->taken_at_us, snapshot_count(f)};
}

static enum err_code check_headers(const struct merge *m, struct err *err)
{
    const struct snapshot_header *old = snapshot_header(m->old_file);
    const struct snapshot_header *new = snapshot_header(m->new_file);

    if (snapshot_same_kind(old, new, err) != ERR_OK)
        return err->code;
    if (m->opt->any_time || new->taken_at_us > old->taken_at_us)
        return ERR_OK;
    (void)err_set(err, ERR_INVALID, "'%s' is not younger than '%s'", snapshot_path(m->new_file),
                  snapshot_path(m->old_file));
    return err_hint(err, "the old side is the one before the change; was it overwritten?");
}

static enum err_code check_where(const struct merge *m, struct err *err)
{
    struct sv name = m->opt->where ? condition_unknown_field(m->opt->where) : (struct sv){NULL, 0};

    if (!name.p)
        return ERR_OK;
    for (size_t i = 0; i < m->n_fields; i++) /* absent in every record is null */
        if (sv_eq(m->fields[i].name, name))
            return ERR_OK;
    return err_set(err, ERR_INVALID, "--where: no record has a field '%.*s'", SV_FMT(name));
}

static void prepare(struct merge *m)
{
    const struct snapshot_header *h = snapshot_header(m->old_file);
    struct compare_result *r = m->r;

    m->fields = h->fields;
    m->n_fields = h->n_fields;
    m->classes = ARENA_NEWN(&r->arena, enum field_class, h->n_fields + 1);
    m->distances = ARENA_NEWN(&r->arena, struct field_distance, h->n_fields + 1);
    r->fields = ARENA_NEWN(&r->arena, struct compare_field, h->n_fields + 1);
    r->n_fields = h->n_fields;
    for (size_t i = 0; i < h->n_fields; i++)
        r->fields[i].name = arena_sv(&r->arena, h->fields[i].name);
    r->records = json_array();
}

enum err_code compare_files(const char *old, const char *new, const struct compare_options *opt,
                            struct compare_result *ret, struct err *err)
{
    CLEANUP(snapshot_reader_freep) struct snapshot_reader *a = NULL, *b = NULL;
    struct compare_result r = {.n_worst = 0};
    struct merge m = {.opt = opt, .r = &r};
    enum err_code rc;

    if (snapshot_open(old, &a, err) != ERR_OK || snapshot_open(new, &b, err) != ERR_OK)
        return err->code;
    m.old_file = a;
    m.new_file = b;
    if (check_headers(&m, err) != ERR_OK)
        return err->code;
    prepare(&m);
    rc = merge(&m, err);
    if (rc == ERR_OK)
        rc = check_where(&m, err);
    if (rc != ERR_OK) {
        compare_release(&r);
        return rc;
    }
    r.old = side_of(&r.arena, a);
    r.new = side_of(&r.arena, b);
    decide(&r, opt);
    *ret = r;
    return ERR_OK;
}

void compare_release(struct compare_result *r)
{
    for (size_t i = 0; i < r->n_worst; i++)
        distance_release(&r->worst[i]);
    json_decref(r->records);
    arena_release(&r->arena);
    memset(r, 0, sizeof(*r));
}

/* ---- JSON ---- */

static json_t *side_json(const struct compare_side *s)
{
    json_t *j = json_object();

    json_put(j, "file", json_sv(s->file));
    json_put(j, "name", json_sv(s->name));
    json_put(j, "side", json_sv(s->side));
    json_put_str(j, "taken_at", clock_format(s->taken_at_us).s);
    json_put_int(j, "records", (int64_t)s->records);
    return j;
}

static json_t *counts_json(const size_t *counts, const char *const *names, size_t n)
{
    json_t *j = json_object();

    for (size_t i = 0; i < n; i++)
        json_put_int(j, names[i], (int64_t)counts[i]);
    return j;
}

static json_t *distance_json(const struct compare_distance *d)
{
    json_t *j = json_object();

    json_put(j, "key", json_incref(d->key));
    json_put(j, "field", json_sv(d->field));
    json_put_str(j, "class", field_class_names[d->class]);
    json_put(j, "old", json_incref(d->old));
    json_put(j, "new", json_incref(d->new));
    if (isfinite(d->distance.d))
        json_put_real(j, "difference", d->distance.d);
    if (d->distance.relative >= 0 && isfinite(d->distance.relative))
        json_put_real(j, "relative", d->distance.relative);
    return j;
}

json_t *compare_json(const struct compare_result *r)
{
    const struct compare_outcome_info *o = &compare_outcomes[r->outcome];
    json_t *j = json_object(), *fields = json_array(), *worst = json_array();

    json_put_int(j, "format", 1);
    json_put_str(j, "result", o->name);
    json_put_int(j, "exit", o->exit);
    json_put(j, "old", side_json(&r->old));
    json_put(j, "new", side_json(&r->new));
    json_put(j, "counts", counts_json(r->counts, record_class_names, RECORD__N));
    for (size_t i = 0; i < r->n_fields; i++) {
        json_t *f = counts_json(r->fields[i].counts, field_class_names, FIELD_CLASS__N);

        json_put(f, "name", json_sv(r->fields[i].name));
        json_append(fields, f);
    }
    json_put(j, "fields", fields);
    for (size_t i = 0; i < r->n_worst; i++)
        json_append(worst, distance_json(&r->worst[i]));
    json_put(j, "worst", worst);
    json_put(j, "records", json_incref(r->records));
    json_put_int(j, "not_shown", (int64_t)r->not_shown);
    return j;
}
