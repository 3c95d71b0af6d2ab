#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sv.h"
#include "base/text.h"

static json_t *json_must(json_t *j)
{
    if (!j)
        (void)mem_size(SIZE_MAX, 2); /* jansson fails only for want of memory on checked input */
    return j;
}

/* A copy with U+FFFD for each byte that is not UTF-8. */
static void json_clean(struct sv s, struct strbuf *out)
{
    for (size_t bad; (bad = text_bad_utf8(s)) != SV_NPOS; s = sv_sub(s, bad + 1, s.n)) {
        strbuf_add_sv(out, sv_sub(s, 0, bad));
        text_add_utf8(out, 0xfffd);
    }
    strbuf_add_sv(out, s);
}

json_t *json_sv(struct sv s)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);

    if (text_bad_utf8(s) == SV_NPOS)
        return json_must(json_stringn(s.p ? s.p : "", s.n));
    json_clean(s, &clean);
    return json_must(json_stringn(strbuf_str(&clean), clean.n));
}

json_t *json_str(const char *s)
{
    return json_sv(sv_from(s));
}

void json_put(json_t *object, const char *key, json_t *v)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);

    json_clean(sv_from(key), &clean); /* jansson would write a broken document */
    if (json_object_set_new_nocheck(object, strbuf_str(&clean), json_must(v)) != 0)
        (void)json_must(NULL);
}

void json_append(json_t *array, json_t *v)
{
    if (json_array_append_new(array, json_must(v)) != 0)
        (void)json_must(NULL);
}

void json_put_sv(json_t *object, const char *key, struct sv s)
{
    if (s.n)
        json_put(object, key, json_sv(s));
}

void json_put_str(json_t *object, const char *key, const char *s)
{
    json_put_sv(object, key, sv_from(s));
}

void json_put_int(json_t *object, const char *key, int64_t v)
{
    json_put(object, key, json_integer(v));
}

void json_put_real(json_t *object, const char *key, double v)
{
    /* JSON has no infinity and no NaN: they are written as text. */
    if (isfinite(v))
        json_put(object, key, json_real(v));
    else
        json_put(object, key, json_string(v > 0 ? "+Inf" : v < 0 ? "-Inf" : "NaN"));
}

void json_put_bool(json_t *object, const char *key, bool v)
{
    json_put(object, key, json_boolean(v));
}

struct sv json_get_sv(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);

    return json_is_string(v) ? (struct sv){json_string_value(v), json_string_length(v)}
                             : (struct sv){NULL, 0};
}

const char *json_get_str(const json_t *object, const char *key, const char *otherwise)
{
    const json_t *v = json_object_get(object, key);

    return json_is_string(v) && strlen(json_string_value(v)) == json_string_length(v)
               ? json_string_value(v)
               : otherwise;
}

int64_t json_get_int(const json_t *object, const char *key, int64_t otherwise)
{
    const json_t *v = json_object_get(object, key);

    return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

double json_get_real(const json_t *object, const char *key, double otherwise)
{
    const json_t *v = json_object_get(object, key);

    return json_is_number(v) ? json_number_value(v) : otherwise;
}

bool json_get_bool(const json_t *object, const char *key, bool otherwise)
{
    const json_t *v = json_object_get(object, key);

    return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

static int json_to_strbuf(const char *p, size_t n, void *out)
{
    strbuf_add(out, p, n);
    return 0;
}

/*
 * The bytes that json_dumps() gives with JSON_COMPACT and JSON_SORT_KEYS, at a quarter of the time: it keeps a hash table
 * of what it is in, against loops, which our trees do not have.  Hashes are of these bytes: tests compare them.
 */
static void json_write_text(struct sv s, struct strbuf *out)
{
    static const char plain[] = "\b\t\n\f\r\"\\", letter[] = "btnfr\"\\";
    size_t from = 0;

    strbuf_add_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        const char *known;

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        strbuf_add(out, s.p + from, i - from);
        from = i + 1;
        known = c ? strchr(plain, c) : NULL;
        strbuf_add_byte(out, '\\');
        if (known)
            strbuf_add_byte(out, letter[known - plain]);
        else
            strbuf_addf(out, "u%04X", c);
    }
    strbuf_add(out, s.p + from, s.n - from);
    strbuf_add_byte(out, '"');
}

struct json_member {
    struct sv key;
    const json_t *value;
};

enum { JSON_FEW = 32 }; /* members that are sorted by putting each in its place */

static int json_compare_members(const void *a, const void *b)
{
    return sv_cmp(((const struct json_member *)a)->key, ((const struct json_member *)b)->key);
}

static void json_sort(struct json_member *m, size_t n)
{
    if (n > JSON_FEW) {
        qsort(m, n, sizeof(*m), json_compare_members);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct json_member one = m[i];
        size_t k = i;

        for (; k > 0 && sv_cmp(m[k - 1].key, one.key) > 0; k--)
            m[k] = m[k - 1];
        m[k] = one;
    }
}

static void json_write_object(const json_t *j, struct strbuf *out)
{
    json_t *object = (json_t *)(uintptr_t)j; /* it is not changed */
    struct json_member few[JSON_FEW], *m = few;
    size_t n = json_object_size(j), at = 0;

    if (n > JSON_FEW)
        m = XNEWN(struct json_member, n);
    for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it))
        m[at++] =
            (struct json_member){sv_from(json_object_iter_key(it)), json_object_iter_value(it)};
    assert(at == n);
    json_sort(m, n);
    strbuf_add_byte(out, '{');
    for (size_t i = 0; i < n; i++) {
        if (i)
            strbuf_add_byte(out, ',');
        json_write_text(m[i].key, out);
        strbuf_add_byte(out, ':');
        json_write(m[i].value, out);
    }
    strbuf_add_byte(out, '}');
    if (m != few)
        free(m);
}

static void json_write_array(const json_t *j, struct strbuf *out)
{
    strbuf_add_byte(out, '[');
    for (size_t i = 0; i < json_array_size(j); i++) {
        if (i)
            strbuf_add_byte(out, ',');
        json_write(json_array_get(j, i), out);
    }
    strbuf_add_byte(out, ']');
}

/* As deep as what json_read() takes, or what we make. */
void json_write(const json_t *j, struct strbuf *out)
{
    assert(j);
    switch (json_typeof(j)) {
    case JSON_OBJECT: json_write_object(j, out); break;
    case JSON_ARRAY: json_write_array(j, out); break;
    case JSON_STRING:
        json_write_text((struct sv){json_string_value(j), json_string_length(j)}, out);
        break;
    case JSON_INTEGER: strbuf_addf(out, "%lld", (long long)json_integer_value(j)); break;
    case JSON_TRUE: strbuf_add_str(out, "true"); break;
    case JSON_FALSE: strbuf_add_str(out, "false"); break;
    case JSON_NULL: strbuf_add_str(out, "null"); break;
    case JSON_REAL:
    default:
        if (json_dump_callback(j, json_to_strbuf, out, JSON_ENCODE_ANY) != 0)
            (void)json_must(NULL); /* uncovered: it fails only for want of memory */
    }
}

void json_write_pretty(const json_t *j, struct strbuf *out)
{
    if (json_dump_callback(j, json_to_strbuf, out, JSON_INDENT(2) | JSON_ENCODE_ANY) != 0)
        (void)json_must(NULL);
}

enum err_code json_read(struct sv text, json_t **ret, struct err *err)
{
    json_error_t e;
    json_t *j =
        json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);

    if (!j)
        return err_set(err, ERR_INVALID, "line %d, column %d: %s", e.line, e.column, e.text);
    *ret = j;
    return ERR_OK;
}
