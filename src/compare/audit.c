#include "compare/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "compare/condition.h"
#include "compare/key.h"
#include "compare/sorter.h"
#include "compare/take.h"

#define SORT_BYTES (16u << 20) /* of keys in memory, of each check for duplicates */

/* A check while rows come. */
struct probe {
    struct audit_check *c;
    struct condition *where, *expr;
    struct sorter *sorter;
    struct err err; /* .code: it could not be evaluated */
};

struct audit {
    const struct data_audit *a;
    struct audit_result *r;
    struct probe *probes;
    const struct rows_source *source; /* that is read now */
    uint64_t n;                       /* of its rows */
    const struct pace *pace;
};

typedef void probe_row_fn(struct audit *a, struct probe *p, const json_t *row);

/* ---- what is told of rows ---- */

static const json_t *column(const json_t *row, struct sv name)
{
    return json_object_getn(row, name.p, name.n);
}

static json_t *example_of(const struct audit *a, const json_t *row)
{
    json_t *j;

    if (!a->a->n_key)
        return json_integer((json_int_t)a->n);
    j = json_object();
    for (size_t i = 0; i < a->a->n_key; i++) {
        struct sv name = a->a->key[i];
        const json_t *v = column(row, name);

        (void)json_object_setn_new(j, name.p, name.n, v ? json_deep_copy(v) : json_null());
    }
    return j;
}

static void fail_row(struct audit *a, struct probe *p, const json_t *row, const char *why)
{
    if (json_array_size(p->c->examples) < AUDIT_EXAMPLES)
        json_append(p->c->examples, example_of(a, row));
    if (*why && !p->c->why.p)
        p->c->why = arena_sv(&a->r->arena, sv_from(why));
}

static void count_row(struct audit *a, struct probe *p, const json_t *row, bool passed,
                      const char *why)
{
    p->c->health.evaluated++;
    p->c->health.passed += passed;
    if (!passed)
        fail_row(a, p, row, why);
}

/* ---- kinds of checks ---- */

static void row_expr(struct audit *a, struct probe *p, const json_t *row)
{
    const char *why;
    enum condition_result res = condition_row(p->expr, row, &why);

    count_row(a, p, row, res == CONDITION_TRUE, why);
}

static void row_total(struct audit *a UNUSED, struct probe *p, const json_t *row)
{
    condition_feed(p->expr, row);
}

/* Covered: neither null nor an empty text. */
static void row_coverage(struct audit *a, struct probe *p, const json_t *row)
{
    const json_t *v = column(row, p->c->check->columns[0]);
    bool empty = !v || json_is_null(v) || (json_is_string(v) && json_string_length(v) == 0);

    count_row(a, p, row, !empty, "");
}

static void row_allowed(struct audit *a, struct probe *p, const json_t *row)
{
    const struct data_check *c = p->c->check;
    const json_t *v = column(row, c->columns[0]);
    CLEANUP(strbuf_release) struct strbuf mine = STRBUF(0), other = STRBUF(0);
    bool found = false;

    if (v)
        key_canon(v, &mine);
    for (size_t i = 0; v && !found && i < json_array_size(c->allowed); i++) {
        strbuf_truncate(&other, 0);
        key_canon(json_array_get(c->allowed, i), &other);
        found = sv_eq(strbuf_sv(&mine), strbuf_sv(&other));
    }
    count_row(a, p, row, found, "");
}

/* As a unique key of SQL sees it: a row with a null in it collides with none. */
static void row_unique(struct audit *a UNUSED, struct probe *p, const json_t *row)
{
    CLEANUP(strbuf_release) struct strbuf key = STRBUF(0), line = STRBUF(0);
    CLEANUP(json_cleanup) json_t *example = NULL;
    const struct data_check *c = p->c->check;

    for (size_t i = 0; i < c->n_columns; i++) {
        const json_t *v = column(row, c->columns[i]);

        if (!v || json_is_null(v))
            return;
        key_canon(v, &key);
    }
    example = json_object();
    for (size_t i = 0; i < c->n_columns; i++)
        (void)json_object_setn_new(example, c->columns[i].p, c->columns[i].n,
                                   json_incref((json_t *)(uintptr_t)column(row, c->columns[i])));
    json_write(example, &line);
    if (p->err.code != ERR_OK ||
        sorter_add(p->sorter, strbuf_sv(&key), strbuf_sv(&line), &p->err) != ERR_OK)
        return; /* the probe has the error */
}

static probe_row_fn *const row_fns[] = {[CHECK_EXPR] = row_expr,
                                        [CHECK_TOTAL] = row_total,
                                        [CHECK_UNIQUE] = row_unique,
                                        [CHECK_COVERAGE] = row_coverage,
                                        [CHECK_ALLOWED] = row_allowed};

/* ---- making probes ---- */

static enum err_code probe_open(struct probe *p, struct audit_check *c, struct err *err)
{
    const struct data_check *k = c->check;
    struct sv rows = k->rows->name;
    enum err_code rc = ERR_OK;

    p->c = c;
    if (k->where.p)
        rc = condition_new(CONDITION_ROW, k->where, SV(""), &p->where, err);
    if (rc == ERR_OK && k->kind == CHECK_EXPR)
        rc = condition_new(CONDITION_ROW, k->expr, SV(""), &p->expr, err);
    if (rc == ERR_OK && k->kind == CHECK_TOTAL)
        rc = condition_new(CONDITION_TOTAL, k->expr, rows, &p->expr, err);
    if (k->kind == CHECK_UNIQUE)
        p->sorter = sorter_new(file_temp_dir(), SORT_BYTES);
    return rc == ERR_OK ? ERR_OK : err_wrap(err, "check '%.*s'", SV_FMT(k->name));
}

static void probe_release(struct probe *p)
{
    condition_free(p->where);
    condition_free(p->expr);
    sorter_free(p->sorter);
}

/* ---- rows ---- */

static json_t *typed(const struct audit *a, struct sv name, const json_t *v)
{
    struct sv text = {json_string_value(v), json_string_length(v)};

    for (size_t i = 0; i < a->a->n_fields; i++)
        if (sv_eq(a->a->fields[i].name, name))
            return field_value(a->a->fields[i].type, text);
    return take_plain_value(text);
}

/* The row with its texts as their types say. */
static json_t *typed_row(const struct audit *a, const json_t *row)
{
    json_t *j = json_object(), *v;
    const char *name;

    json_object_foreach((json_t *)(uintptr_t)row, name, v)(void) json_object_set_new(
        j, name, json_is_string(v) ? typed(a, sv_from(name), v) : json_incref(v));
    return j;
}

static bool is_selected(struct audit *a, struct probe *p, const json_t *row)
{
    enum condition_result res;
    const char *why;

    if (!p->where)
        return true;
    res = condition_row(p->where, row, &why);
    if (res == CONDITION_ERROR && p->err.code == ERR_OK)
        (void)err_set(&p->err, ERR_INVALID, "'where' cannot be judged for row %llu: %s",
                      (unsigned long long)a->n, why);
    return res == CONDITION_TRUE;
}

static void count_values(struct audit *a, const json_t *row)
{
    for (size_t i = 0; i < a->a->n_distribution; i++) {
        struct sv name = a->a->distribution[i];
        json_t *counts = json_object_getn(a->r->distribution, name.p, name.n), *n;
        const json_t *v = column(row, name);
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(200);

        if (json_is_string(v))
            strbuf_add_str(&text, json_string_value(v));
        else if (v && (json_is_number(v) || json_is_boolean(v))) {
            char *s = json_dumps(v, JSON_ENCODE_ANY);

            strbuf_add_str(&text, s);
            free(s);
        } else {
            strbuf_add_str(&text, v && !json_is_null(v) ? "(json)" : "(null)");
        }
        n = json_object_get(counts, strbuf_str(&text));
        if (!n && json_object_size(counts) >= AUDIT_VALUES) {
            strbuf_truncate(&text, 0);
            strbuf_add_str(&text, "(others)");
            n = json_object_get(counts, strbuf_str(&text));
        }
        json_put_int(counts, strbuf_str(&text), json_integer_value(n) + 1);
    }
}

static enum err_code on_row(void *arg, const json_t *raw, struct err *err)
{
    struct audit *a = arg;
    CLEANUP(json_cleanup) json_t *own = rows_are_text(a->source->kind) ? typed_row(a, raw) : NULL;
    const json_t *row = own ? own : raw;

    a->n++;
    if (a->source == a->a->rows) {
        a->r->rows++;
        count_values(a, row);
    }
    for (size_t i = 0; i < a->r->n_checks; i++) {
        struct probe *p = &a->probes[i];

        if (p->c->check->rows == a->source && is_selected(a, p, row))
            row_fns[p->c->check->kind](a, p, row);
    }
    return pace_step(a->pace, "reading", a->source->name, a->n, -1, err);
}

/* ---- the end of a check ---- */

static void end_unique(struct probe *p, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf last = STRBUF(0);
    uint64_t same = 0;
    struct sv key, line;
    bool more = true;

    if (sorter_sort(p->sorter, err) != ERR_OK)
        return; /* uncovered: a full disk */
    while (sorter_next(p->sorter, &key, &line, &more, err) == ERR_OK && more) {
        bool again = p->c->health.evaluated++ && sv_eq(strbuf_sv(&last), key);
        json_t *example;
        struct err ignored;

        p->c->health.passed++;
        same = again ? same + 1 : 0;
        if (again)
            p->c->health.passed -= same == 1 ? 2 : 1; /* the first of them is one, too */
        if (same == 1 && json_array_size(p->c->examples) < AUDIT_EXAMPLES &&
            json_read(line, &example, &ignored) == ERR_OK)
            json_append(p->c->examples, example);
        strbuf_truncate(&last, 0);
        strbuf_add_sv(&last, key);
    }
}

static void end_total(struct probe *p, struct err *err)
{
    const char *why;
    enum condition_result res = condition_total(p->expr, &why);

    if (res == CONDITION_ERROR) {
        (void)err_set(err, ERR_INVALID, "%s", why);
        return;
    }
    if (res == CONDITION_UNKNOWN)
        return; /* no rows: nothing was evaluated */
    p->c->health.evaluated = 1;
    p->c->health.passed = res == CONDITION_TRUE;
}

static void end_check(struct audit *a, struct probe *p, uint64_t rows)
{
    struct sv unknown = {NULL, 0};
    struct err *err = &p->err;

    if (err->code == ERR_OK && p->where)
        unknown = condition_unknown_field(p->where);
    if (err->code == ERR_OK && p->expr && !unknown.p)
        unknown = condition_unknown_field(p->expr);
    if (unknown.p && rows)
        (void)err_set(err, ERR_INVALID, "no row has a field '%.*s'", SV_FMT(unknown));
    if (err->code == ERR_OK && p->c->check->kind == CHECK_UNIQUE)
        end_unique(p, err);
    if (err->code == ERR_OK && p->c->check->kind == CHECK_TOTAL)
        end_total(p, err);
    if (err->code == ERR_OK)
        return;
    p->c->health.error = true;
    p->c->health.passed = p->c->health.evaluated = 0;
    (void)json_array_clear(p->c->examples); /* of rows that say nothing now */
    p->c->why = arena_sv(&a->r->arena, sv_from(err->msg));
}

/* A column that no row has cannot be covered, allowed or unique. */
static bool in_row(const json_t *row, const struct data_check *c)
{
    for (size_t i = 0; i < c->n_columns; i++)
        if (!column(row, c->columns[i]))
            return false;
    return true;
}

struct first_row {
    struct audit *a;
    bool seen;
};

/* CSV and SQL have the same columns in every row: the first one tells. */
static enum err_code on_row_checked(void *arg, const json_t *row, struct err *err)
{
    struct first_row *f = arg;
    struct audit *a = f->a;

    for (size_t i = 0; !f->seen && rows_are_text(a->source->kind) && i < a->r->n_checks; i++) {
        struct probe *p = &a->probes[i];

        if (p->c->check->rows == a->source && !in_row(row, p->c->check))
            (void)err_set(&p->err, ERR_INVALID, "the rows have no such column");
    }
    f->seen = true;
    return on_row(a, row, err);
}

/* What cannot be read is an error of its checks; what is stopped is none. */
static enum err_code read_source(struct audit *a, const struct rows_source *s, struct err *stopped)
{
    struct first_row f = {a, false};
    struct err err = {0};
    enum err_code rc;

    a->source = s;
    a->n = 0;
    rc = rows_each(s, on_row_checked, &f, &err);
    if (rc == ERR_INTERRUPTED) {
        *stopped = err;
        return rc;
    }
    for (size_t i = 0; i < a->r->n_checks; i++) {
        struct probe *p = &a->probes[i];

        if (p->c->check->rows != s)
            continue;
        if (rc != ERR_OK)
            p->err = err;
        end_check(a, p, a->n);
        p->c->verdict = health_verdict(&p->c->health);
    }
    return ERR_OK;
}

static bool was_read(const struct audit_result *r, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (r->checks[k].check->rows == r->checks[i].check->rows)
            return true;
    return false;
}

static void judge(struct audit_result *r)
{
    struct health_check *all = XNEWN(struct health_check, r->n_checks);

    for (size_t i = 0; i < r->n_checks; i++)
        all[i] = r->checks[i].health;
    r->health = health_of(all, r->n_checks);
    free(all);
}

static void prepare(const struct data_audit *a, struct audit_result *r)
{
    r->audit = a;
    r->checks = ARENA_NEWN(&r->arena, struct audit_check, a->n_checks);
    r->n_checks = a->n_checks;
    r->distribution = json_object();
    for (size_t i = 0; i < a->n_distribution; i++)
        (void)json_object_setn_new(r->distribution, a->distribution[i].p, a->distribution[i].n,
                                   json_object());
    for (size_t i = 0; i < a->n_checks; i++) {
        const struct data_check *c = &a->checks[i];

        r->checks[i] = (struct audit_check){
            .check = c,
            .health = {.weight = c->weight, .mostly = c->mostly, .critical = c->critical},
            .examples = json_array()};
    }
}

enum err_code audit_run(const struct data_audit *a, const struct pace *pace,
                        struct audit_result *ret, struct err *err)
{
    struct audit_result r = {.rows = 0};
    struct audit run = {.a = a, .r = &r, .pace = pace};
    enum err_code rc = ERR_OK;

    prepare(a, &r);
    run.probes = XNEWN(struct probe, a->n_checks);
    for (size_t i = 0; rc == ERR_OK && i < r.n_checks; i++)
        rc = probe_open(&run.probes[i], &r.checks[i], err);
    for (size_t i = 0; rc == ERR_OK && i < r.n_checks; i++)
        if (!was_read(&r, i))
            rc = read_source(&run, r.checks[i].check->rows, err);
    for (size_t i = 0; i < r.n_checks; i++)
        probe_release(&run.probes[i]);
    free(run.probes);
    if (rc != ERR_OK) {
        audit_release(&r);
        return rc;
    }
    judge(&r);
    *ret = r;
    return ERR_OK;
}

void audit_release(struct audit_result *r)
{
    for (size_t i = 0; i < r->n_checks; i++)
        json_decref(r->checks[i].examples);
    json_decref(r->distribution);
    arena_release(&r->arena);
    memset(r, 0, sizeof(*r));
}

/* ---- JSON ---- */

static json_t *check_json(const struct audit_check *c)
{
    json_t *j = json_object();

    json_put(j, "name", json_sv(c->check->name));
    json_put_int(j, "passed", (int64_t)c->health.passed);
    json_put_int(j, "evaluated", (int64_t)c->health.evaluated);
    json_put_str(j, "status", health_verdict_names[c->verdict]);
    json_put_real(j, "weight", c->check->weight);
    if (c->check->critical)
        json_put_bool(j, "critical", true);
    json_put_sv(j, "why", c->why);
    if (json_array_size(c->examples))
        json_put(j, "examples", json_incref(c->examples));
    return j;
}

json_t *audit_json(const struct audit_result *r)
{
    json_t *j = json_object(), *score = json_object(), *checks = json_array();

    json_put_int(j, "format", 1);
    json_put(j, "audit", json_sv(r->audit->name));
    json_put_int(j, "rows", (int64_t)r->rows);
    json_put(score, "value", r->health.has_score ? json_real(r->health.score) : json_null());
    json_put_str(score, "shown", health_shown(&r->health).s);
    json_put_str(score, "status", health_status_names[r->health.status]);
    json_put_int(score, "evaluated", (int64_t)r->health.evaluated);
    json_put_int(score, "total", (int64_t)r->health.total);
    json_put(j, "health_score", score);
    for (size_t i = 0; i < r->n_checks; i++)
        json_append(checks, check_json(&r->checks[i]));
    json_put(j, "checks", checks);
    json_put(j, "distribution", json_incref(r->distribution));
    json_put_int(j, "exit", r->health.exit);
    return j;
}
