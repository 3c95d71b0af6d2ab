#include "migrate/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sv.h"
#include "migrate/format.h"

/* --- files of one version --- */

static int order_cmp(const void *a, const void *b)
{
    const struct migration *x = a, *y = b;
    int c;

    if (x->repeatable != y->repeatable)
        return x->repeatable ? 1 : -1;
    if (x->repeatable)
        return sv_cmp(x->name, y->name);
    if (x->ordinal != y->ordinal)
        return x->ordinal < y->ordinal ? -1 : 1;
    c = migration_version_cmp(x->version, y->version);
    return c ? c : sv_cmp(x->path, y->path);
}

static bool order_has(const struct migration *m, enum migration_kind kind)
{
    if (m->applied) /* its parts were not read: it has what it is applied by */
        return kind == MIGRATION_UP;
    for (size_t i = 0; i < m->n_parts; i++)
        if (m->parts[i].kind == kind)
            return true;
    return false;
}

static bool order_same(const struct migration *a, const struct migration *b)
{
    return a->repeatable == b->repeatable &&
           (a->repeatable ? sv_eq(a->name, b->name)
                          : migration_version_cmp(a->version, b->version) == 0);
}

/* The way back alone, be it without a statement (a merge of Alembic). */
static bool order_is_back(const struct migration *m)
{
    return m->has_down && !order_has(m, MIGRATION_UP);
}

/* One is the way there of the other: they are files of one migration. */
static bool order_is_pair(const struct migration *a, const struct migration *b)
{
    return order_has(a, MIGRATION_UP) != order_has(b, MIGRATION_UP) ||
           (!order_has(a, MIGRATION_UP) && order_is_back(a) != order_is_back(b));
}

/* The parts of `b` behind those of `a`: up, then down. */
static void order_join(struct arena *arena, struct migration *a, const struct migration *b)
{
    bool there = order_has(a, MIGRATION_UP) || (!order_has(b, MIGRATION_UP) && order_is_back(b));
    const struct migration *up = there ? a : b, *down = there ? b : a;
    struct migration_part *parts =
        ARENA_NEWN(arena, struct migration_part, a->n_parts + b->n_parts + 1);
    struct migration joined = *up;

    for (size_t i = 0; i < up->n_parts; i++)
        parts[i] = up->parts[i];
    for (size_t i = 0; i < down->n_parts; i++)
        parts[up->n_parts + i] = down->parts[i];
    joined.parts = parts;
    joined.n_parts = a->n_parts + b->n_parts;
    joined.has_down = a->has_down || b->has_down;
    joined.s1_up = up->s1;
    format_digest(&joined, arena); /* who edits the way back edits the migration */
    *a = joined;
}

static enum err_code order_join_all(struct migrations *m, struct err *err)
{
    size_t n = 0;

    for (size_t i = 0; i < m->v.n; i++) {
        struct migration *last = n ? &m->v.v[n - 1] : NULL, *one = &m->v.v[i];

        assert(one); /* m->v.v is not NULL where n is not 0 */
        if (!last || !order_same(last, one)) {
            m->v.v[n++] = *one;
            continue;
        }
        if (!order_is_pair(last, one))
            return err_set(err, ERR_INVALID, "version %.*s twice: %.*s, %.*s (FMT011)",
                           SV_FMT(one->version), SV_FMT(last->path), SV_FMT(one->path));
        order_join(&m->arena, last, one);
    }
    m->v.n = n;
    for (size_t i = 0; i < n; i++)
        if (!m->v.v[i].code && m->v.v[i].format->read && !order_has(&m->v.v[i], MIGRATION_UP) &&
            !order_has(&m->v.v[i], MIGRATION_BACKFILL) && !m->v.v[i].format->planned)
            return err_set(err, ERR_INVALID, "%.*s: a way back without a way there (FMT001)",
                           SV_FMT(m->v.v[i].path));
    return ERR_OK;
}

/* --- graphs --- */

static size_t order_find(const struct migrations *m, struct sv version)
{
    for (size_t i = 0; i < m->v.n; i++)
        if (sv_eq(m->v.v[i].version, version) || sv_eq(m->v.v[i].name, version))
            return i;
    return SV_NPOS;
}

static bool order_is_base(const struct migrations *m, size_t i)
{
    for (size_t k = 0; k < m->v.n; k++)
        for (size_t r = 0; r < m->v.v[k].n_requires; r++)
            if (sv_eq(m->v.v[k].requires[r], m -> v.v[i].version))
                return true;
    return false;
}

void order_heads(const struct migrations *m, order_indices *ret)
{
    for (size_t i = 0; i < m->v.n; i++)
        if (!order_is_base(m, i))
            *vec_add(ret) = i;
    for (size_t i = 1; i < ret->n; i++)
        for (size_t k = i;
             k > 0 && sv_cmp(m->v.v[ret->v[k]].version, m->v.v[ret->v[k - 1]].version) < 0; k--) {
            size_t swap = ret->v[k];

            ret->v[k] = ret->v[k - 1];
            ret->v[k - 1] = swap;
        }
}

static void order_name_heads(const struct migrations *m, const order_indices *heads,
                             struct strbuf *files, struct strbuf *names)
{
    for (size_t i = 0; i < heads->n; i++) {
        const struct migration *one = &m->v.v[heads->v[i]];

        strbuf_addf(files, "%s%.*s (%.*s)", i ? ", " : "", SV_FMT(one->version), SV_FMT(one->path));
        strbuf_addf(names, " %.*s", SV_FMT(one->version));
    }
}

enum err_code order_one_head(const struct migrations *m, order_applied_fn *fn, const void *arg,
                             struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf files = STRBUF(400), names = STRBUF(200);
    order_indices heads = {0};
    bool all = fn != NULL;
    size_t n;

    order_heads(m, &heads);
    n = heads.n;
    for (size_t i = 0; i < n && all; i++)
        all = fn(arg, &m->v.v[heads.v[i]]);
    order_name_heads(m, &heads, &files, &names);
    vec_release(&heads);
    if (n < 2 || all)
        return ERR_OK;
    (void)err_set(err, ERR_INVALID, "%zu heads: nothing is based on %s%s (FMT021)", n,
                  strbuf_str(&files), files.overflow ? "..." : "");
    return err_hint(
        err,
        "two branches were merged: alembic merge -m NAME%s makes the revision that joins"
        " them",
        names.overflow ? " heads" : strbuf_str(&names));
}

/* Which revisions are below each: a row of bits per revision, by their index. */
struct order_graph {
    struct migrations *m;
    bool *below;          /* [i * n + k]: k is an ancestor of i */
    unsigned char *state; /* 0: not looked at, 1: being looked at, 2: done */
    bool *out;
};

static enum err_code order_walk(struct order_graph *g, size_t i, struct err *err)
{
    size_t n = g->m->v.n;
    const struct migration *m = &g->m->v.v[i];

    if (g->state[i] == 1)
        return err_set(err, ERR_INVALID, "%.*s: revision %.*s is based on itself (FMT003)",
                       SV_FMT(m->path), SV_FMT(m->version));
    if (g->state[i] == 2)
        return ERR_OK;
    g->state[i] = 1;
    for (size_t r = 0; r < m->n_requires; r++) {
        size_t base = order_find(g->m, m->requires[r]);

        if (base == SV_NPOS)
            return err_set(err, ERR_INVALID,
                           "%.*s: it is based on %.*s, which is not there (FMT003)",
                           SV_FMT(m->path), SV_FMT(m->requires[r]));
        if (order_walk(g, base, err) != ERR_OK)
            return err->code;
        g->below[i * n + base] = true;
        for (size_t k = 0; k < n; k++)
            g->below[i * n + k] |= g->below[base * n + k];
    }
    g->state[i] = 2;
    return ERR_OK;
}

/* The other open revision that is above `i`: it has to go first. */
static size_t order_above(const struct order_graph *g, const order_indices *open, size_t i)
{
    for (size_t k = 0; k < open->n; k++)
        if (g->below[open->v[k] * g->m->v.n + i])
            return k;
    return SV_NPOS;
}

static bool order_is_open(const order_indices *open, size_t i)
{
    for (size_t k = 0; k < open->n; k++)
        if (open->v[k] == i)
            return true;
    return false;
}

static void order_replace(struct order_graph *g, order_indices *open, size_t at)
{
    const struct migration *m = &g->m->v.v[open->v[at]];
    bool placed = false;

    for (size_t r = 0; r < m->n_requires; r++) {
        size_t base = order_find(g->m, m->requires[r]);

        if (order_is_open(open, base) || g->out[base])
            continue;
        if (placed)
            *vec_add(open) = base;
        else
            open->v[at] = base;
        placed = true;
    }
    if (!placed) {
        memmove(&open->v[at], &open->v[at + 1], (open->n - at - 1) * sizeof(*open->v));
        open->n--;
    }
}

/* From the heads, the last by name first, down to the roots; what comes out first is applied last. */
static void order_number(struct order_graph *g)
{
    order_indices open = {0};
    size_t number = g->m->v.n, at = 0;

    order_heads(g->m, &open);
    for (size_t i = 0; i < open.n / 2; i++) {
        size_t swap = open.v[i];

        open.v[i] = open.v[open.n - 1 - i];
        open.v[open.n - 1 - i] = swap;
    }
    while (open.n) {
        size_t above = order_above(g, &open, open.v[at]);

        if (above != SV_NPOS) {
            at = above;
            continue;
        }
        g->out[open.v[at]] = true;
        g->m->v.v[open.v[at]].ordinal = number--;
        order_replace(g, &open, at);
        at = at < open.n ? at : open.n ? open.n - 1 : 0;
    }
    vec_release(&open);
}

static enum err_code order_graph(struct migrations *m, struct err *err)
{
    struct order_graph g = {.m = m};
    enum err_code rc = ERR_OK;

    if (m->v.n > 5000)
        return err_set(err, ERR_LIMIT, "%zu revisions, and at most 5000 are ordered", m->v.n);
    g.below = XNEWN(bool, m->v.n * m->v.n + 1);
    g.state = XNEWN(unsigned char, m->v.n + 1);
    g.out = XNEWN(bool, m->v.n + 1);
    for (size_t i = 0; rc == ERR_OK && i < m->v.n; i++)
        rc = order_walk(&g, i, err);
    if (rc == ERR_OK)
        order_number(&g);
    free(g.below);
    free(g.state);
    free(g.out);
    return rc;
}

/* `alembic upgrade A:B --sql` begins behind A, which need not be there. */
static void order_forget(struct migrations *m)
{
    for (size_t i = 0; i < m->v.n; i++) {
        struct migration *one = &m->v.v[i];
        size_t kept = 0;

        for (size_t r = 0; r < one->n_requires; r++)
            if (order_find(m, one->requires[r]) != SV_NPOS)
        one->requires[kept++] = one->requires[r];
        one->n_requires = kept;
    }
}

/* --- the whole --- */

static enum err_code order_check_requires(const struct migrations *m, struct err *err)
{
    for (size_t i = 0; i < m->v.n; i++)
        for (size_t r = 0; r < m->v.v[i].n_requires; r++) {
            struct sv name = m->v.v[i].requires[r];
            size_t k = order_find(m, migration_canonical(name));

            k = k == SV_NPOS ? order_find(m, sv_sub(name, 0, sv_find_byte(name, '@', 0))) : k;
            if (k == SV_NPOS)
                return err_set(err, ERR_INVALID, "%.*s requires %.*s, which is not there (FMT003)",
                               SV_FMT(m->v.v[i].path), SV_FMT(name));
            if (k > i)
                return err_set(err, ERR_INVALID, "%.*s requires %.*s, which comes later (FMT003)",
                               SV_FMT(m->v.v[i].path), SV_FMT(name));
        }
    return ERR_OK;
}

/* As the names of files mostly are already. */
static bool order_is_sorted(const struct migrations *m)
{
    for (size_t i = 1; i < m->v.n; i++)
        if (order_cmp(&m->v.v[i - 1], &m->v.v[i]) > 0)
            return false;
    return true;
}

enum err_code order_settle(struct migrations *m, struct err *err)
{
    bool graph =
        m->v.n && (m->v.v[0].format == &format_alembic || m->v.v[0].format == &format_alembic_sql ||
                   m->v.v[0].format == &format_yoyo);

    if (!order_is_sorted(m))
        qsort(m->v.v, m->v.n, sizeof(*m->v.v), order_cmp);
    if (order_join_all(m, err) != ERR_OK)
        return err->code;
    if (graph && m->v.v[0].format == &format_alembic_sql)
        order_forget(m);
    if (graph && order_graph(m, err) != ERR_OK)
        return err->code;
    if (graph)
        qsort(m->v.v, m->v.n, sizeof(*m->v.v), order_cmp);
    return order_check_requires(m, err);
}
