#include "compare/take.h"

#include <string.h>

#include "base/suggest.h"
#include "base/sv.h"

struct take {
    const struct take_spec *spec;
    struct arena arena;
    struct field *fields;
    size_t n_fields;
    bool known; /* the fields are */
    bool declared;
    bool *seen; /* of each declared field: a record had it */
    size_t n;
    struct snapshot_writer *writer;
};

/* Digits without a leading zero, perhaps a sign before and a fraction behind. */
static bool is_plain_number(struct sv s)
{
    size_t i = s.n && s.p[0] == '-', whole = i, digits;

    while (i < s.n && ascii_is_digit(s.p[i]))
        i++;
    digits = i - whole;
    if (digits == 0 || digits > 18 || (digits > 1 && s.p[whole] == '0'))
        return false;
    if (i == s.n)
        return !(whole && digits == 1 && s.p[whole] == '0'); /* -0 */
    if (s.p[i++] != '.' || i == s.n || s.n - i > 15)
        return false;
    while (i < s.n && ascii_is_digit(s.p[i]))
        i++;
    return i == s.n;
}

json_t *take_plain_value(struct sv text)
{
    return is_plain_number(text) ? field_value(FIELD_NUMBER, text) : json_sv(text);
}

static const struct field *find_field(const struct take *t, struct sv name)
{
    for (size_t i = 0; i < t->n_fields; i++)
        if (sv_eq(t->fields[i].name, name))
            return &t->fields[i];
    return NULL;
}

static bool is_key(const struct take_spec *s, struct sv name)
{
    for (size_t i = 0; i < s->n_key; i++)
        if (sv_eq(s->key[i], name))
            return true;
    return false;
}

/* A new reference: the value as its type says. */
static json_t *typed(const struct take *t, const json_t *v, const struct field *f)
{
    struct sv text;

    if (!rows_are_text(t->spec->rows->kind) || !json_is_string(v))
        return v ? json_incref((json_t *)(uintptr_t)v) : json_null();
    text = (struct sv){json_string_value(v), json_string_length(v)};
    return f ? field_value(f->type, text) : take_plain_value(text);
}

/* ---- the fields ---- */

static void adopt_fields(struct take *t, const json_t *row)
{
    const char *name;
    json_t *v;

    t->fields = ARENA_NEWN(&t->arena, struct field, json_object_size(row) + 1);
    json_object_foreach((json_t *)(uintptr_t)row, name, v)
    {
        struct sv n = sv_from(name);

        if (!is_key(t->spec, n))
            t->fields[t->n_fields++] = (struct field){
                .name = arena_sv(&t->arena, n),
                .type = rows_are_text(t->spec->rows->kind) ? FIELD_TEXT : FIELD_JSON};
    }
    t->known = true;
}

static enum err_code check_members(const struct take *t, const json_t *row, struct err *err)
{
    const char *name;
    json_t *v;

    json_object_foreach((json_t *)(uintptr_t)row, name, v)
    {
        struct sv n = sv_from(name);

        if (!is_key(t->spec, n) && !find_field(t, n)) {
            (void)err_set(err, ERR_INVALID,
                          "record %zu has a field '%s', and the first one had not", t->n, name);
            return err_hint(err, "name the fields with --field or in the data file");
        }
    }
    return ERR_OK;
}

static json_t *data_of(struct take *t, const json_t *row)
{
    json_t *data = json_object();

    for (size_t i = 0; i < t->n_fields; i++) {
        const struct field *f = &t->fields[i];
        const json_t *v = json_object_getn(row, f->name.p, f->name.n);

        if (v)
            (void)json_object_setn_new(data, f->name.p, f->name.n, typed(t, v, f));
        if (v && t->seen)
            t->seen[i] = true;
    }
    return data;
}

static enum err_code key_of(const struct take *t, const json_t *row, json_t *key, struct err *err)
{
    for (size_t i = 0; i < t->spec->n_key; i++) {
        struct sv name = t->spec->key[i];
        const json_t *v = json_object_getn(row, name.p, name.n);

        if (!v)
            return err_set(err, ERR_INVALID, "record %zu has no '%.*s', which is its key", t->n,
                           SV_FMT(name));
        json_append(key, typed(t, v, find_field(t, name)));
    }
    return ERR_OK;
}

static bool is_error(const struct take *t, const json_t *row)
{
    return !rows_are_text(t->spec->rows->kind) && json_get_sv(row, "error").n &&
           !(t->declared && find_field(t, SV("error")));
}

/* A column that is not there would be null on both sides, and so the same: a name that is mistyped. */
static enum err_code check_columns(const struct take *t, const json_t *row, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf known = STRBUF(300);
    const char *name;
    json_t *v;

    for (size_t i = 0; i < t->n_fields; i++) {
        const struct field *f = &t->fields[i];
        struct suggest near = suggest_begin(f->name);

        if (json_object_getn(row, f->name.p, f->name.n))
            continue;
        json_object_foreach((json_t *)(uintptr_t)row, name, v)
        {
            suggest_offer(&near, sv_from(name));
            strbuf_addf(&known, "%s%s", known.n ? ", " : "", name);
        }
        (void)err_set(err, ERR_INVALID, "there is no column '%.*s', which is a field",
                      SV_FMT(f->name));
        if (near.best.p)
            return err_hint(err, "did you mean %.*s?", SV_FMT(near.best));
        return err_hint(err, "columns are %s", strbuf_str(&known));
    }
    return ERR_OK;
}

static enum err_code on_row(void *arg, const json_t *row, struct err *err)
{
    CLEANUP(json_cleanup) json_t *key = json_array();
    CLEANUP(json_cleanup) json_t *data = NULL;
    struct take *t = arg;

    t->n++;
    if (pace_step(t->spec->pace, "reading", t->spec->rows->name, t->n, -1, err) != ERR_OK ||
        key_of(t, row, key, err) != ERR_OK)
        return err->code;
    if (is_error(t, row))
        return snapshot_add(t->writer, key, NULL, json_get_sv(row, "error"), err);
    if (t->n == 1 && t->declared && rows_are_text(t->spec->rows->kind) &&
        check_columns(t, row, err) != ERR_OK)
        return err->code;
    if (!t->known)
        adopt_fields(t, row);
    if (!t->declared && check_members(t, row, err) != ERR_OK)
        return err->code;
    data = data_of(t, row);
    if (snapshot_add(t->writer, key, data, (struct sv){NULL, 0}, err) != ERR_OK)
        return err_wrap(err, "record %zu", t->n);
    return ERR_OK;
}

static void tell_absent(const struct take *t)
{
    struct strbuf *out = t->spec->absent;

    for (size_t i = 0; out && t->n > 0 && i < t->n_fields && t->seen; i++)
        if (!t->seen[i] && !t->fields[i].ignored && !is_key(t->spec, t->fields[i].name))
            strbuf_addf(out, "%s%.*s", out->n ? ", " : "", SV_FMT(t->fields[i].name));
}

static enum err_code write_all(struct take *t, size_t *records, struct err *err)
{
    const struct take_spec *s = t->spec;
    struct snapshot_header h = {.name = s->name,
                                .side = s->side,
                                .taken_at_us = s->taken_at_us,
                                .key = (struct sv *)(uintptr_t)s->key,
                                .n_key = s->n_key};
    struct hash_text query;

    if (snapshot_create(s->output, &t->writer, err) != ERR_OK ||
        rows_each(s->rows, on_row, t, err) != ERR_OK)
        return err->code;
    tell_absent(t);
    if (rows_query_hash(s->rows, &query))
        h.query_sha256 = arena_sv(&t->arena, sv_from(query.s));
    h.fields = t->fields;
    h.n_fields = t->n_fields;
    return snapshot_finish(t->writer, &h, s->pace, records, err);
}

enum err_code take_snapshot(const struct take_spec *s, size_t *records, struct err *err)
{
    struct take t = {.spec = s, .declared = s->n_fields > 0, .known = s->n_fields > 0};
    enum err_code rc;

    t.fields = (struct field *)(uintptr_t)s->fields;
    t.n_fields = s->n_fields;
    if (t.declared)
        t.seen = ARENA_NEWN(&t.arena, bool, t.n_fields);
    rc = write_all(&t, records, err);
    snapshot_writer_free(t.writer);
    arena_release(&t.arena);
    return rc;
}
