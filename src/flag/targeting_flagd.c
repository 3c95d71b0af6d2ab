/* targeting_flagd: operators that flagd adds to JsonLogic. */
#include "flag/targeting_int.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/sv.h"
#include "flag/murmur3.h"

json_t *targeting_op_affix(struct targeting_state *ev, const struct targeting_args *a,
                           unsigned at_end)
{
    CLEANUP(json_cleanup) json_t *x = targeting_arg(ev, a, 0), *y = targeting_arg(ev, a, 1);

    if (!json_is_string(x) || !json_is_string(y))
        return json_null();
    return json_boolean(at_end ? sv_ends(targeting_text(x), targeting_text(y))
                               : sv_starts(targeting_text(x), targeting_text(y)));
}

json_t *targeting_op_ref(struct targeting_state *ev, const struct targeting_args *a,
                         unsigned what UNUSED)
{
    const json_t *e =
        json_object_get(ev->in->evaluators, json_string_value(targeting_arg_at(a, 0)));

    return targeting_node(ev, e);
}

/* ---- sem_ver ---- */

struct semver {
    uint64_t part[3];
    struct sv pre; /* .n 0: a release */
};

static bool is_identifier_list(struct sv s)
{
    struct sv piece;

    while (sv_split(&s, '.', &piece)) {
        if (piece.n == 0)
            return false;
        for (size_t i = 0; i < piece.n; i++)
            if (!ascii_is_alnum(piece.p[i]) && piece.p[i] != '-')
                return false;
    }
    return true;
}

/* 1.2.3, 1.2, 1; "v" before it; -pre and +build behind it. */
static bool semver_read(struct sv s, struct semver *ret)
{
    size_t plus = sv_find_byte(s, '+', 0), minus;
    struct semver v = {.pre = {NULL, 0}};
    struct sv piece, core;
    size_t n = 0;

    if (plus != SV_NPOS && !is_identifier_list(sv_sub(s, plus + 1, s.n)))
        return false;
    s = sv_sub(s, 0, plus);
    (void)(sv_eat(&s, SV("v")) || sv_eat(&s, SV("V")));
    minus = sv_find_byte(s, '-', 0);
    if (minus != SV_NPOS) {
        v.pre = sv_sub(s, minus + 1, s.n);
        if (!is_identifier_list(v.pre))
            return false;
    }
    core = sv_sub(s, 0, minus);
    while (sv_split(&core, '.', &piece))
        if (n == 3 || (piece.n > 1 && piece.p[0] == '0') || !sv_to_u64(piece, &v.part[n++]))
            return false;
    *ret = v;
    return true;
}

/* Semantic Versioning 2.0.0, 11.4. */
static int identifier_cmp(struct sv a, struct sv b)
{
    uint64_t x, y;
    bool is_x = sv_to_u64(a, &x), is_y = sv_to_u64(b, &y);

    if (is_x && is_y)
        return (x > y) - (x < y);
    if (is_x != is_y)
        return is_x ? -1 : 1;
    return sv_cmp(a, b);
}

static int pre_cmp(struct sv a, struct sv b)
{
    struct sv x, y;

    if (!a.n || !b.n)
        return !a.n - !b.n;
    for (;;) {
        bool more_a = sv_split(&a, '.', &x), more_b = sv_split(&b, '.', &y);
        int c;

        if (!more_a || !more_b)
            return more_a - more_b;
        c = identifier_cmp(x, y);
        if (c)
            return c;
    }
}

static int semver_cmp(const struct semver *a, const struct semver *b)
{
    for (size_t i = 0; i < 3; i++)
        if (a->part[i] != b->part[i])
            return a->part[i] < b->part[i] ? -1 : 1;
    return pre_cmp(a->pre, b->pre);
}

bool targeting_semver_cmp(struct sv a, struct sv b, int *ret)
{
    struct semver x, y;

    if (!semver_read(a, &x) || !semver_read(b, &y))
        return false;
    *ret = semver_cmp(&x, &y);
    return true;
}

static bool semver_holds(const struct semver *a, const struct semver *b, struct sv op, bool *known)
{
    int c = semver_cmp(a, b);

    *known = true;
    if (sv_is(op, "="))
        return c == 0;
    if (sv_is(op, "!="))
        return c != 0;
    if (sv_is(op, "<"))
        return c < 0;
    if (sv_is(op, "<="))
        return c <= 0;
    if (sv_is(op, ">"))
        return c > 0;
    if (sv_is(op, ">="))
        return c >= 0;
    if (sv_is(op, "^"))
        return a->part[0] == b->part[0];
    *known = sv_is(op, "~");
    return a->part[0] == b->part[0] && a->part[1] == b->part[1];
}

json_t *targeting_op_sem_ver(struct targeting_state *ev, const struct targeting_args *a,
                             unsigned what UNUSED)
{
    CLEANUP(json_cleanup)
    json_t *x = targeting_arg(ev, a, 0), *op = targeting_arg(ev, a, 1),
           *y = targeting_arg(ev, a, 2);
    struct semver v, w;
    bool known, holds;

    if (!json_is_string(x) || !json_is_string(y) || !json_is_string(op) ||
        !semver_read(targeting_text(x), &v) || !semver_read(targeting_text(y), &w))
        return json_null();
    holds = semver_holds(&v, &w, targeting_text(op), &known);
    return known ? json_boolean(holds) : json_null();
}

/* ---- fractional ---- */

/* The variants begin at 1 when the first argument is the seed. */
static size_t first_share(const struct targeting_args *a)
{
    return json_is_array(targeting_arg_at(a, 0)) ? 0 : 1;
}

static uint64_t weight_of(const json_t *share)
{
    const json_t *w = json_array_get(share, 1);
    json_int_t n = w ? json_integer_value(w) : 1;

    return n > 0 ? (uint64_t)n : 0;
}

enum err_code targeting_check_fractional(const json_t *args, struct err *err)
{
    struct targeting_args a = {args, json_array_size(args)};
    uint64_t total = 0;

    if (!json_is_array(args) || a.n <= first_share(&a))
        return err_set(err, ERR_INVALID, "'fractional' has no list of variants");
    for (size_t i = first_share(&a); i < a.n; i++) {
        const json_t *share = targeting_arg_at(&a, i), *w = json_array_get(share, 1);

        if (!json_is_array(share) || json_array_size(share) < 1 || json_array_size(share) > 2 ||
            !json_is_string(json_array_get(share, 0)))
            return err_set(err, ERR_INVALID, "'fractional': a share is [\"variant\", weight]");
        if (w && !json_is_integer(w))
            return err_set(err, ERR_INVALID, "'fractional': a weight is a whole number");
        total += size_min(weight_of(share), INT32_MAX + 1ull); /* the sum cannot wrap */
        if (total > INT32_MAX)
            return err_set(err, ERR_INVALID,
                           "'fractional': the sum of weights is above 2147483647");
    }
    return ERR_OK;
}

/* False: there is nothing to tell this one from others. */
static bool seed_of(struct targeting_state *ev, const struct targeting_args *a, struct strbuf *seed)
{
    const json_t *key;

    if (first_share(a)) {
        CLEANUP(json_cleanup) json_t *v = targeting_arg(ev, a, 0);

        if (json_is_string(v))
            strbuf_add_sv(seed, targeting_text(v));
        if (json_is_string(v))
            return true;
    }
    key = json_object_get(ev->in->context, "targetingKey");
    if (!json_is_string(key) || json_string_length(key) == 0)
        return false;
    strbuf_add_sv(seed, ev->in->flag_key);
    strbuf_add_sv(seed, targeting_text(key));
    return true;
}

json_t *targeting_op_fractional(struct targeting_state *ev, const struct targeting_args *a,
                                unsigned what UNUSED)
{
    CLEANUP(strbuf_release) struct strbuf seed = STRBUF(0);
    uint64_t total = 0, sum = 0, bucket;

    if (!seed_of(ev, a, &seed))
        return json_null();
    for (size_t i = first_share(a); i < a->n; i++)
        total += weight_of(targeting_arg_at(a, i));
    if (total == 0)
        return json_null();
    bucket = (uint64_t)murmur3_32(strbuf_sv(&seed), 0) * total >> 32;
    for (size_t i = first_share(a); i < a->n; i++) {
        sum += weight_of(targeting_arg_at(a, i));
        if (bucket < sum)
            return json_incref(json_array_get(targeting_arg_at(a, i), 0));
    }
    return json_null(); /* uncovered: the bucket is below the total */
}

bool targeting_share(const json_t *rule, struct sv off, double *ret)
{
    const json_t *list = json_object_get(rule, "fractional");
    struct targeting_args a = {list, json_array_size(list)};
    uint64_t on = 0, total = 0;

    for (size_t i = list ? first_share(&a) : 0; i < a.n; i++) {
        const json_t *share = targeting_arg_at(&a, i);

        total += weight_of(share);
        if (!sv_eq(targeting_text(json_array_get(share, 0)), off))
            on += weight_of(share);
    }
    if (total == 0)
        return false;
    *ret = (double)on / (double)total;
    return true;
}
