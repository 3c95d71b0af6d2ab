#include "compare/key.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/sv.h"
#include "base/vec.h"

/* The first byte of a value. */
enum key_tag { KEY_NULL = 1, KEY_FALSE, KEY_TRUE, KEY_NUMBER, KEY_TEXT, KEY_ARRAY, KEY_OBJECT };

static void add_u64(struct strbuf *out, uint64_t v)
{
    unsigned char b[8];

    for (int i = 0; i < 8; i++)
        b[i] = (unsigned char)(v >> (56 - 8 * i));
    strbuf_add(out, b, sizeof(b));
}

/* A double whose unsigned order is the numbers' (IEEE 754: the sign is the first bit). */
static uint64_t ordered(double d)
{
    uint64_t u;

    memcpy(&u, &d, sizeof(u));
    return u >> 63 ? ~u : u | 1ull << 63;
}

/* The nearest double, then what an integer has beyond it. */
static void add_number(const json_t *v, struct strbuf *out)
{
    json_int_t i = json_is_integer(v) ? json_integer_value(v) : 0;
    double d = json_is_integer(v) ? (double)i : json_real_value(v);
    int64_t rest = 0;

    if (json_is_integer(v)) /* 2^63 itself does not fit: one less, and one more in the rest */
        rest = d >= 0x1p63 ? i - INT64_MAX - 1 : i - (int64_t)d;
    strbuf_add_byte(out, KEY_NUMBER);
    add_u64(out, ordered(d + 0.0)); /* -0 is 0 */
    add_u64(out, (uint64_t)rest ^ 1ull << 63);
}

/* A NUL inside is followed by FF, the end by another NUL: a prefix stays smaller. */
static void add_text(struct sv s, struct strbuf *out)
{
    size_t nul;

    while ((nul = sv_find_byte(s, '\0', 0)) != SV_NPOS) {
        strbuf_add(out, s.p, nul + 1);
        strbuf_add_byte(out, (char)0xff);
        s = sv_sub(s, nul + 1, s.n);
    }
    strbuf_add_sv(out, s);
    strbuf_add(out, "\0", 2);
}

static struct sv text_of(const json_t *v)
{
    return (struct sv){json_string_value(v), json_string_length(v)};
}

static bool add_scalar(const json_t *v, struct strbuf *out)
{
    switch (json_typeof(v)) {
    case JSON_NULL: strbuf_add_byte(out, KEY_NULL); return true;
    case JSON_FALSE: strbuf_add_byte(out, KEY_FALSE); return true;
    case JSON_TRUE: strbuf_add_byte(out, KEY_TRUE); return true;
    case JSON_INTEGER:
    case JSON_REAL: add_number(v, out); return true;
    case JSON_STRING:
        strbuf_add_byte(out, KEY_TEXT);
        add_text(text_of(v), out);
        return true;
    case JSON_ARRAY:
    case JSON_OBJECT:
    default: return false;
    }
}

enum err_code key_encode(const json_t *key, size_t n, struct strbuf *out, struct err *err)
{
    if (!json_is_array(key) || json_array_size(key) != n)
        return err_set(err, ERR_INVALID, "the key is no array of %zu values", n);
    for (size_t i = 0; i < n; i++)
        if (!add_scalar(json_array_get(key, i), out))
            return err_set(err, ERR_INVALID,
                           "a key is made of texts, numbers, bools and null only");
    return ERR_OK;
}

static int name_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void canon_object(const json_t *value, struct strbuf *out)
{
    VEC(const char *) names = {0};
    const char *name;
    json_t *member;

    json_object_foreach((json_t *)(uintptr_t)value, name, member) * vec_add(&names) = name;
    if (names.n)
        qsort(names.v, names.n, sizeof(*names.v), name_cmp);
    strbuf_add_byte(out, KEY_OBJECT);
    add_u64(out, names.n);
    for (size_t i = 0; i < names.n; i++) {
        add_text(sv_from(names.v[i]), out);
        key_canon(json_object_get(value, names.v[i]), out);
    }
    vec_release(&names);
}

void key_canon(const json_t *value, struct strbuf *out)
{
    if (add_scalar(value, out))
        return;
    if (json_is_object(value)) {
        canon_object(value, out);
        return;
    }
    strbuf_add_byte(out, KEY_ARRAY);
    add_u64(out, json_array_size(value));
    for (size_t i = 0; i < json_array_size(value); i++)
        key_canon(json_array_get(value, i), out);
}
