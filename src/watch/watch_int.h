#pragma once

/*
 * watch_int: what the two readers of a sample line share.
 *
 * sample_line.c is the one that knows everything, sample_line_quick.c the one for
 * lines written as everybody writes them.  Both end with the same labels and hashes.
 */
#include "base/mem.h"
#include "base/sv.h"
#include "watch/sample_line.h"

/* What a byte may be. */
enum {
    BYTE_NAME_FIRST = 1,
    BYTE_NAME = 2,
    BYTE_LABEL_FIRST = 4,
    BYTE_LABEL = 8,
    BYTE_VALUE_END = 16, /* ends the run of ordinary bytes of a label value */
};

extern const unsigned char sample_line_bytes[256];

static inline bool sample_line_is(char c, unsigned kind)
{
    return (sample_line_bytes[(unsigned char)c] & kind) != 0;
}

static inline void sample_line_clear(struct sample_line *l)
{
    l->n_labels = 0;
    l->hash = 0;
    l->oddities = 0;
    l->has_time = l->empty_le = l->empty_quantile = false;
}

static inline void sample_line_add_label(struct sample_line *l, struct sv name, struct sv value)
{
    if (l->n_labels == l->cap_labels) {
        l->cap_labels = l->cap_labels ? l->cap_labels * 2 : 16;
        l->labels = xrealloc(l->labels, l->cap_labels, sizeof(*l->labels));
    }
    l->labels[l->n_labels++] = (struct sample_label){name, value};
    l->n_known = size_max(l->n_known, l->n_labels);
}

static inline int sample_line_cmp(const struct sample_label *a, const struct sample_label *b)
{
    if (a->name.p[0] != b->name.p[0]) /* a label name is not empty */
        return (unsigned char)a->name.p[0] < (unsigned char)b->name.p[0] ? -1 : 1;
    return sv_cmp(a->name, b->name);
}

/* Sort the labels by name; false: a name stands there twice. */
bool sample_line_sort(struct sample_line *l);

static inline bool sample_line_is_reserved(struct sv name)
{
    return name.p[0] == '_' && sv_eq(name, SV("__name__"));
}

/* The sum does not depend on the order; `pair` is the text name="value. */
static inline void sample_line_hash_pair(struct sample_line *l, const char *pair, size_t n)
{
    l->hash += tagset_hash(l->key, pair, n);
}

static inline void sample_line_hash_end(struct sample_line *l)
{
    l->name_hash = tagset_hash(l->key, l->name.p, l->name.n);
    l->hash = tagset_mix(l->hash ^ l->name_hash, l->key->b | 1);
}
