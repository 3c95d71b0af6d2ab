#include "compare/field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "base/vec.h"
#include "compare/key.h"

/* Doubles are off by some 1e-16 each; the bound stays inside (conditions.md, section 5.1). */
#define FIELD_SLACK 1e-12

const char *const field_type_names[FIELD__N] = {"number", "integer", "text", "bool",
                                                "time",   "set",     "list", "json"};
const char *const field_class_names[FIELD_CLASS__N] = {"identical", "within", "null_mismatch",
                                                       "changed"};

/* ---- definitions ---- */

static enum err_code read_type(struct sv name, struct sv word, enum field_type *ret,
                               struct err *err)
{
    struct suggest s = suggest_begin(word);

    for (size_t i = 0; i < FIELD__N; i++) {
        if (sv_is(word, field_type_names[i])) {
            *ret = (enum field_type)i;
            return ERR_OK;
        }
        suggest_offer(&s, sv_from(field_type_names[i]));
    }
    (void)err_set(err, ERR_INVALID, "field '%.*s': '%.*s' is no type", SV_FMT(name), SV_FMT(word));
    if (s.best.p)
        return err_hint(err, "did you mean %.*s?", SV_FMT(s.best));
    return err_hint(err, "types are number, integer, text, bool, time, set, list and json");
}

/* "5%" is the double nearest 0.05: the power of ten goes into the text. */
static bool read_number(struct sv text, double *ret)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(64);
    bool percent = sv_ends(text, SV("%"));

    strbuf_add_sv(&b, sv_sub(text, 0, text.n - percent));
    if (percent)
        strbuf_add_str(&b, "e-2");
    return !b.overflow && sv_to_f64(strbuf_sv(&b), ret) && isfinite(*ret) && *ret >= 0;
}

static enum err_code read_tolerance(struct arena *a, struct field *f, struct sv what,
                                    struct sv text, struct err *err)
{
    bool rel = sv_is(what, "rel");
    double v;

    if (!read_number(text, &v) || (!rel && sv_ends(text, SV("%"))))
        return err_set(err, ERR_INVALID, "field '%.*s': %.*s '%.*s' is no %s", SV_FMT(f->name),
                       SV_FMT(what), SV_FMT(text), rel ? "share like 5%" : "number of at least 0");
    if (rel && v >= 1 && !sv_ends(text, SV("%"))) { /* 5 is 500 %, which nobody means */
        (void)err_set(err, ERR_INVALID, "field '%.*s': rel '%.*s' would be %g %%", SV_FMT(f->name),
                      SV_FMT(text), v * 100);
        return err_hint(err, "rel=%.*s%%, or with %% what is meant", SV_FMT(text));
    }
    if (rel) {
        f->rel = v;
        f->rel_text = arena_sv(a, text);
    } else {
        f->abs = v;
        f->abs_text = arena_sv(a, text);
    }
    return ERR_OK;
}

static enum err_code field_check(const struct field *f, struct err *err)
{
    if ((f->rel_text.p || f->abs_text.p) && f->type != FIELD_NUMBER && f->type != FIELD_INTEGER)
        return err_set(err, ERR_INVALID, "field '%.*s': a %s has no tolerance", SV_FMT(f->name),
                       field_type_names[f->type]);
    return ERR_OK;
}

enum err_code field_read(struct arena *a, struct sv name, const json_t *def, struct field *ret,
                         struct err *err)
{
    struct field f = {.name = arena_sv(a, name), .type = FIELD_JSON};
    const char *key;
    json_t *v;

    if (!json_is_object(def) || !json_is_string(json_object_get(def, "type")))
        return err_set(err, ERR_INVALID, "field '%.*s' has no type", SV_FMT(name));
    json_object_foreach((json_t *)(uintptr_t)def, key, v)
    {
        struct sv k = sv_from(key), text = json_get_sv(def, key);
        enum err_code rc = ERR_OK;

        if (sv_is(k, "type"))
            rc = read_type(name, text, &f.type, err);
        else if ((sv_is(k, "rel") || sv_is(k, "abs")) && json_is_string(v))
            rc = read_tolerance(a, &f, k, text, err);
        else if (sv_is(k, "compare") && json_is_boolean(v))
            f.ignored = json_is_false(v);
        else
            rc = err_set(err, ERR_INVALID, "field '%.*s': '%s' is not known, or is of another type",
                         SV_FMT(name), key);
        if (rc != ERR_OK)
            return rc;
    }
    if (field_check(&f, err) != ERR_OK)
        return err->code;
    *ret = f;
    return ERR_OK;
}

enum err_code field_parse(struct arena *a, struct sv text, struct field *ret, struct err *err)
{
    struct sv rest = text, piece = {0}, name;
    struct field f = {.type = FIELD_TEXT};
    size_t eq = sv_find_byte(text, '=', 0);

    name = sv_sub(text, 0, eq);
    if (name.n == 0 || eq == SV_NPOS)
        return err_set(err, ERR_USAGE,
                       "--field '%.*s' is not NAME=TYPE[,rel=5%%][,abs=0.01][,ignore]",
                       SV_FMT(text));
    f.name = arena_sv(a, name);
    rest = sv_sub(text, eq + 1, text.n);
    for (bool first = true; sv_split(&rest, ',', &piece); first = false) {
        enum err_code rc = ERR_OK;

        eq = sv_find_byte(piece, '=', 0);
        if (first)
            rc = read_type(name, piece, &f.type, err);
        else if (sv_is(piece, "ignore"))
            f.ignored = true;
        else if (sv_starts(piece, SV("rel=")) || sv_starts(piece, SV("abs=")))
            rc = read_tolerance(a, &f, sv_sub(piece, 0, eq), sv_sub(piece, eq + 1, piece.n), err);
        else
            rc = err_set(err, ERR_INVALID, "field '%.*s': '%.*s' is not known", SV_FMT(name),
                         SV_FMT(piece));
        if (rc != ERR_OK)
            return rc;
    }
    if (field_check(&f, err) != ERR_OK)
        return err->code;
    *ret = f;
    return ERR_OK;
}

json_t *field_json(const struct field *f)
{
    json_t *def = json_object();

    json_put_str(def, "type", field_type_names[f->type]);
    json_put_sv(def, "rel", f->rel_text);
    json_put_sv(def, "abs", f->abs_text);
    if (f->ignored)
        json_put_bool(def, "compare", false);
    return def;
}

bool field_same(const struct field *a, const struct field *b)
{
    return sv_eq(a->name, b->name) && a->type == b->type && a->ignored == b->ignored &&
           a->rel <= b->rel && a->rel >= b->rel && a->abs <= b->abs && a->abs >= b->abs;
}

/* ---- values ---- */

static json_t *number_value(struct sv text)
{
    int64_t i;
    double d;

    if (sv_to_i64(text, &i))
        return json_integer(i);
    if (sv_to_f64(text, &d) && isfinite(d))
        return json_real(d);
    return json_sv(text);
}

static json_t *bool_value(struct sv text)
{
    static const char *const yes[] = {"true", "t", "1"}, *const no[] = {"false", "f", "0"};

    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        if (sv_is(text, yes[i]))
            return json_true();
        if (sv_is(text, no[i]))
            return json_false();
    }
    return json_sv(text);
}

static json_t *json_value(struct sv text)
{
    struct err err;
    json_t *j;

    return json_read(text, &j, &err) == ERR_OK ? j : json_sv(text);
}

json_t *field_value(enum field_type type, struct sv text)
{
    if (!text.p)
        return json_null();
    switch (type) {
    case FIELD_NUMBER:
    case FIELD_INTEGER: return number_value(text);
    case FIELD_BOOL: return bool_value(text);
    case FIELD_SET:
    case FIELD_LIST:
    case FIELD_JSON: return json_value(text);
    case FIELD_TEXT:
    case FIELD_TIME:
    case FIELD__N:
    default: return json_sv(text);
    }
}

/* ---- comparison ---- */

static struct sv text_of(const json_t *v)
{
    return (struct sv){json_string_value(v), json_string_length(v)};
}

static bool same_value(const json_t *old, const json_t *new)
{
    CLEANUP(strbuf_release) struct strbuf a = STRBUF(0), b = STRBUF(0);

    /* What most values are, without the detour. */
    if (old == new)
        return true;
    if (json_is_string(old) && json_is_string(new))
        return sv_eq(text_of(old), text_of(new));
    if (json_is_integer(old) && json_is_integer(new))
        return json_integer_value(old) == json_integer_value(new);
    if (json_is_real(old) && json_is_real(new))
        return json_real_value(old) <= json_real_value(new) &&
               json_real_value(old) >= json_real_value(new);
    key_canon(old, &a);
    key_canon(new, &b);
    return sv_eq(strbuf_sv(&a), strbuf_sv(&b));
}

static int element_cmp(const void *a, const void *b)
{
    return key_cmp(strbuf_sv(a), strbuf_sv(b));
}

typedef VEC(struct strbuf) elements;

static void elements_sort(const json_t *array, elements *ret)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        key_canon(json_array_get(array, i), vec_add(ret));
    if (ret->n)
        qsort(ret->v, ret->n, sizeof(*ret->v), element_cmp);
}

/* Any order, and each as often. */
static bool same_set(const json_t *old, const json_t *new)
{
    elements a = {0}, b = {0};
    bool same;

    elements_sort(old, &a);
    elements_sort(new, &b);
    same = a.n == b.n;
    for (size_t i = 0; same && i < a.n; i++)
        same = sv_eq(strbuf_sv(&a.v[i]), strbuf_sv(&b.v[i]));
    for (size_t i = 0; i < a.n; i++)
        strbuf_release(&a.v[i]);
    for (size_t i = 0; i < b.n; i++)
        strbuf_release(&b.v[i]);
    vec_release(&a);
    vec_release(&b);
    return same;
}

static bool same_time(const json_t *old, const json_t *new)
{
    int64_t a, b;

    return json_is_string(old) && json_is_string(new) &&
           clock_parse(sv_from(json_string_value(old)), &a) &&
           clock_parse(sv_from(json_string_value(new)), &b) && a == b;
}

static bool is_within(const struct field *f, double old, const struct field_distance *x, double new)
{
    double slack = FIELD_SLACK * fmax(fabs(old), fabs(new));

    return (x->relative >= 0 && f->rel > 0 && x->d <= f->rel * fabs(old) + slack) ||
           (f->abs > 0 && x->d <= f->abs + slack);
}

enum field_class field_compare(const struct field *f, const json_t *old, const json_t *new,
                               struct field_distance *distance)
{
    double a, b;

    *distance = (struct field_distance){.relative = -1};
    old = json_is_null(old) ? NULL : old;
    new = json_is_null(new) ? NULL : new;
    if (!old || !new)
        return old || new ? FIELD_NULL_MISMATCH : FIELD_IDENTICAL;
    if (!json_is_number(old) || !json_is_number(new))
        return same_value(old, new) ||
                       (f->type == FIELD_SET && json_is_array(old) && json_is_array(new) &&
                        same_set(old, new)) ||
                       (f->type == FIELD_TIME && same_time(old, new))
                   ? FIELD_IDENTICAL
                   : FIELD_CHANGED;
    a = json_number_value(old);
    b = json_number_value(new);
    distance->is_number = true;
    distance->d = fabs(b - a);
    if (fabs(a) > 0)
        distance->relative = distance->d / fabs(a);
    if (same_value(old, new))
        return FIELD_IDENTICAL;
    return is_within(f, a, distance, b) ? FIELD_WITHIN : FIELD_CHANGED;
}
