/* select: which series a name with matchers means, kept until new series appear. */
#include "rule/samples_int.h"

#include "base/sv.h"

/* Unlike for unlike matchers: no name has a NUL, and the length stands before the value. */
static void selector_key_add(struct strbuf *key, const struct label *l)
{
    strbuf_add_byte(key, '\0');
    strbuf_addf(key, "%u %zu:", (unsigned)l->op, l->value.n);
    strbuf_add_sv(key, l->value);
    strbuf_add_sv(key, l->name);
}

static void selector_key(struct samples *s, struct sv name, const struct label *labels, size_t n)
{
    strbuf_truncate(&s->key, 0);
    strbuf_add_sv(&s->key, name);
    for (size_t i = 0; i < n; i++)
        selector_key_add(&s->key, &labels[i]);
}

/* A pattern matches the whole value. */
static struct regex *pattern_new(struct sv pattern)
{
    CLEANUP(strbuf_release) struct strbuf whole = STRBUF(0);
    struct regex *re = NULL;
    struct err err;
    enum err_code rc;

    strbuf_addf(&whole, "\\A(?:%.*s)\\z", SV_FMT(pattern));
    rc = regex_new(strbuf_sv(&whole), 0, &re, &err);
    assert(rc == ERR_OK); /* rule_check() compiled it */
    return rc == ERR_OK ? re : NULL;
}

struct selector *samples_selector(struct samples *s, struct sv name, const struct label *labels,
                                  size_t n_labels)
{
    struct selector *sel;
    size_t i;

    samples_keep(s, name, 0);
    selector_key(s, name, labels, n_labels);
    if (map_get(&s->selector_by_key, strbuf_sv(&s->key), &i))
        return s->selectors.v[i];
    sel = ARENA_NEW(&s->arena, struct selector);
    sel->metric = samples_metric(s, name);
    sel->n_labels = n_labels;
    sel->labels = ARENA_NEWN(&s->arena, struct label, n_labels);
    sel->patterns = ARENA_NEWN(&s->arena, struct regex *, n_labels);
    for (i = 0; i < n_labels; i++) {
        sel->labels[i] = (struct label){arena_sv(&s->arena, labels[i].name), labels[i].op,
                                        arena_sv(&s->arena, labels[i].value)};
        if (labels[i].op == LABEL_RE || labels[i].op == LABEL_NRE)
            sel->patterns[i] = pattern_new(labels[i].value);
    }
    (void)map_put(&s->selector_by_key, strbuf_sv(&s->key), s->selectors.n);
    *vec_add(&s->selectors) = sel;
    return sel;
}

static bool selector_takes(const struct selector *sel, const struct series *x)
{
    for (size_t i = 0; i < sel->n_labels; i++) {
        struct sv value = series_label(x, sel->labels[i].name); /* absent is "" */
        bool same = sel->patterns[i] ? regex_has(sel->patterns[i], value)
                                     : sv_eq(value, sel->labels[i].value);
        bool want = sel->labels[i].op == LABEL_EQ || sel->labels[i].op == LABEL_RE;

        if (same != want)
            return false;
    }
    return true;
}

static int series_order(const void *a, const void *b)
{
    const struct series *const *x = a, *const *y = b;
    int c = sv_cmp((*x)->text, (*y)->text);

    if (c == 0)
        return (*x)->source < (*y)->source ? -1 : (*x)->source > (*y)->source;
    return c;
}

static void selector_add_source(struct selector *sel, size_t source)
{
    for (size_t i = 0; i < sel->sources.n; i++)
        if (sel->sources.v[i] == source)
            return;
    *vec_add(&sel->sources) = source;
}

void selector_refresh(struct selector *sel)
{
    const struct metric *m = sel->metric;
    size_t before;

    if (sel->generation != m->generation) {
        sel->generation = m->generation;
        sel->list.n = sel->sources.n = sel->seen = 0;
    }
    before = sel->list.n;
    for (; sel->seen < m->series.n; sel->seen++) {
        struct series *x = m->series.v[sel->seen];

        if (!selector_takes(sel, x))
            continue;
        *vec_add(&sel->list) = x;
        selector_add_source(sel, x->source);
    }
    /* A fixed order: sums of doubles must not depend on who came first. */
    if (sel->list.n > before && sel->list.n > 1)
        qsort(sel->list.v, sel->list.n, sizeof(struct series *), series_order);
}
