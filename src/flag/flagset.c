#include "flag/flagset.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "base/vec.h"
#include "flag/targeting.h"

struct variant {
    struct sv name, value; /* value: compact JSON */
};

struct flag {
    struct sv key;
    struct sv key_json; /* "\"key\"" */
    struct sv metadata; /* members without braces, "" when there are none */
    bool disabled;
    struct variant *variants;
    size_t n_variants;
    size_t fallback, killed; /* SIZE_MAX: none */
    bool bad_kill;           /* it names a variant that is not there */
    struct sv kill_by, kill_at, kill_reason;
    const json_t *targeting; /* NULL: none */
};

struct flagset {
    struct arena arena;
    json_t *document;
    const json_t *evaluators;
    struct flag *flags;
    size_t n_flags;
    struct map index; /* key: place in flags */
    struct sv metadata;
};

#define NONE SIZE_MAX

void flagset_free(struct flagset *s)
{
    if (!s)
        return;
    json_decref(s->document);
    map_release(&s->index);
    arena_release(&s->arena);
    free(s);
}

/* ---- reading ---- */

static struct sv compact(struct arena *a, const json_t *j)
{
    char *text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
    struct sv v = arena_sv(a, sv_from(text));

    free(text);
    return v;
}

/* {"a":1} without its braces. */
static struct sv members(struct arena *a, const json_t *j)
{
    struct sv s;

    if (json_object_size(j) == 0)
        return SV("");
    s = compact(a, j);
    return sv_sub(s, 1, s.n - 1);
}

static enum err_code check_keys(const json_t *j, const char *const *known, const char *what,
                                struct err *err)
{
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)(uintptr_t)j, key, v)
    {
        struct suggest s = suggest_begin(sv_from(key));
        bool is = false;

        for (size_t i = 0; known[i]; i++) {
            is |= strcmp(known[i], key) == 0;
            suggest_offer(&s, sv_from(known[i]));
        }
        if (is)
            continue;
        (void)err_set(err, ERR_INVALID, "%s has no member '%s'", what, key);
        if (s.best.p)
            return err_hint(err, "did you mean '%.*s'?", SV_FMT(s.best));
        return err->code;
    }
    return ERR_OK;
}

/* true and false are one type, 1 and 1.5 too. */
static int kind_of(const json_t *v)
{
    return json_is_boolean(v)  ? (int)JSON_TRUE
           : json_is_number(v) ? (int)JSON_REAL
                               : (int)json_typeof(v);
}

static enum err_code read_variants(struct flagset *s, const json_t *j, struct flag *f,
                                   struct err *err)
{
    const json_t *variants = json_object_get(j, "variants");
    const char *name;
    int kind = -1;
    json_t *v;

    if (!json_is_object(variants) || json_object_size(variants) == 0)
        return err_set(err, ERR_INVALID, "it has no variants");
    f->variants = ARENA_NEWN(&s->arena, struct variant, json_object_size(variants));
    json_object_foreach((json_t *)(uintptr_t)variants, name, v)
    {
        if (json_is_null(v) || json_is_array(v) || (kind >= 0 && kind_of(v) != kind))
            return err_set(err, ERR_INVALID,
                           "its variants are not all bool, text, number or object");
        kind = kind_of(v);
        f->variants[f->n_variants++] =
            (struct variant){arena_sv(&s->arena, sv_from(name)), compact(&s->arena, v)};
    }
    return ERR_OK;
}

static size_t find_variant(const struct flag *f, struct sv name)
{
    for (size_t i = 0; i < f->n_variants; i++)
        if (sv_eq(f->variants[i].name, name))
            return i;
    return NONE;
}

static enum err_code read_default(const json_t *j, struct flag *f, struct err *err)
{
    const json_t *d = json_object_get(j, "defaultVariant");

    f->fallback = NONE;
    if (!d || json_is_null(d))
        return ERR_OK;
    if (json_is_string(d))
        f->fallback = find_variant(f, json_get_sv(j, "defaultVariant"));
    return f->fallback != NONE ? ERR_OK
                               : err_set(err, ERR_INVALID, "its defaultVariant is no variant");
}

static enum err_code read_state(const json_t *j, struct flag *f, struct err *err)
{
    struct sv state = json_get_sv(j, "state");

    f->disabled = sv_is(state, "DISABLED");
    return f->disabled || sv_is(state, "ENABLED")
               ? ERR_OK
               : err_set(err, ERR_INVALID, "its state is neither ENABLED nor DISABLED");
}

static enum err_code read_metadata(struct flagset *s, const json_t *shared, const json_t *own,
                                   struct sv *ret, struct err *err)
{
    CLEANUP(json_cleanup) json_t *all = json_object();
    const json_t *parts[] = {shared, own};
    const char *name;
    json_t *v;

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i] && !json_is_object(parts[i]))
            return err_set(err, ERR_INVALID, "'metadata' is no object");
        json_object_foreach((json_t *)(uintptr_t)parts[i], name, v)
        {
            if (json_is_object(v) || json_is_array(v) || json_is_null(v))
                return err_set(err, ERR_INVALID, "metadata '%s' is no text, number or bool", name);
            (void)json_object_set(all, name, v);
        }
    }
    *ret = members(&s->arena, all);
    return ERR_OK;
}

static enum err_code read_flag(struct flagset *s, struct sv key, const json_t *j, struct flag *f,
                               struct err *err)
{
    static const char *const known[] = {"key",       "state",    "variants", "defaultVariant",
                                        "targeting", "metadata", NULL};
    CLEANUP(json_cleanup) json_t *name = json_sv(key);
    const json_t *targeting = json_object_get(j, "targeting");

    f->key = arena_sv(&s->arena, key);
    f->key_json = compact(&s->arena, name);
    f->killed = NONE;
    if (!json_is_object(j) || key.n == 0)
        return err_set(err, ERR_INVALID, "it is no object with a key");
    if (check_keys(j, known, "a flag", err) != ERR_OK || read_state(j, f, err) != ERR_OK ||
        read_variants(s, j, f, err) != ERR_OK || read_default(j, f, err) != ERR_OK ||
        read_metadata(s, json_object_get(s->document, "metadata"), json_object_get(j, "metadata"),
                      &f->metadata, err) != ERR_OK)
        return err->code;
    if (!targeting || json_is_null(targeting) ||
        (json_is_object(targeting) && json_object_size(targeting) == 0))
        return ERR_OK;
    if (!json_is_object(targeting))
        return err_set(err, ERR_INVALID, "its targeting is no object");
    f->targeting = targeting;
    return targeting_check(targeting, s->evaluators, err);
}

static int flag_cmp(const void *a, const void *b)
{
    return sv_cmp(((const struct flag *)a)->key, ((const struct flag *)b)->key);
}

static enum err_code add_flag(struct flagset *s, struct sv key, const json_t *j, struct err *err)
{
    if (read_flag(s, key, j, &s->flags[s->n_flags++], err) == ERR_OK)
        return ERR_OK;
    return err_wrap(err, "flag '%.*s'", SV_FMT(key));
}

static enum err_code read_flags(struct flagset *s, const json_t *flags, struct err *err)
{
    size_t n = json_is_array(flags) ? json_array_size(flags) : json_object_size(flags);
    const char *key;
    json_t *j;

    if ((!json_is_array(flags) && !json_is_object(flags)) || n > FLAGSET_FLAGS)
        return err_set(err, ERR_INVALID, "'flags' is no object or list of at most %u flags",
                       FLAGSET_FLAGS);
    s->flags = ARENA_NEWN(&s->arena, struct flag, n + 1);
    for (size_t i = 0; json_is_array(flags) && i < n; i++) {
        j = json_array_get(flags, i);
        if (add_flag(s, json_get_sv(j, "key"), j, err) != ERR_OK)
            return err->code;
    }
    json_object_foreach((json_t *)(uintptr_t)flags, key, j)
    {
        if (add_flag(s, sv_from(key), j, err) != ERR_OK)
            return err->code;
    }
    if (n)
        qsort(s->flags, n, sizeof(*s->flags), flag_cmp);
    for (size_t i = 0; i < n; i++)
        if (!map_put(&s->index, s->flags[i].key, i))
            return err_set(err, ERR_INVALID, "flag '%.*s' is there twice", SV_FMT(s->flags[i].key));
    return ERR_OK;
}

static enum err_code read_document(struct flagset *s, struct err *err)
{
    static const char *const known[] = {"$schema", "flags", "$evaluators", "metadata", NULL};

    if (!json_is_object(s->document))
        return err_set(err, ERR_INVALID, "the definitions are no object");
    s->evaluators = json_object_get(s->document, "$evaluators");
    if (s->evaluators && !json_is_object(s->evaluators))
        return err_set(err, ERR_INVALID, "'$evaluators' is no object");
    if (check_keys(s->document, known, "the document", err) != ERR_OK ||
        read_metadata(s, json_object_get(s->document, "metadata"), NULL, &s->metadata, err) !=
            ERR_OK)
        return err->code;
    return read_flags(s, json_object_get(s->document, "flags"), err);
}

/* ---- the kill list ---- */

static enum err_code read_kill(struct flagset *s, const json_t *kill, struct err *err)
{
    static const char *const known[] = {"variant", "by", "at", "reason", NULL};
    const char *key;
    json_t *j;

    json_object_foreach((json_t *)(uintptr_t)kill, key, j)
    {
        struct flag *f;
        size_t i;

        if (check_keys(j, known, "a kill", err) != ERR_OK)
            return err->code;
        if (!json_is_string(json_object_get(j, "variant")))
            return err_set(err, ERR_INVALID, "the kill of '%s' has no variant", key);
        if (!map_get(&s->index, sv_from(key), &i))
            continue; /* the flag went: there is nothing to kill */
        f = &s->flags[i];
        f->killed = find_variant(f, json_get_sv(j, "variant"));
        f->bad_kill = f->killed == NONE;
        f->kill_by = arena_sv(&s->arena, json_get_sv(j, "by"));
        f->kill_at = arena_sv(&s->arena, json_get_sv(j, "at"));
        f->kill_reason = arena_sv(&s->arena, json_get_sv(j, "reason"));
    }
    return ERR_OK;
}

static enum err_code parse_kill(struct flagset *s, struct sv text, struct err *err)
{
    static const char *const known[] = {"prusik_kill", "kill", NULL};
    CLEANUP(json_cleanup) json_t *j = NULL;

    if (json_read(text, &j, err) != ERR_OK || check_keys(j, known, "the kill list", err) != ERR_OK)
        return err->code;
    if (json_get_int(j, "prusik_kill", 0) != 1 || !json_is_object(json_object_get(j, "kill")))
        return err_set(err, ERR_INVALID, "it is no kill list of version 1");
    return read_kill(s, json_object_get(j, "kill"), err);
}

enum err_code flagset_parse(struct sv definitions, struct sv kill, struct flagset **ret,
                            struct err *err)
{
    CLEANUP(flagset_freep) struct flagset *s = XNEW(struct flagset);

    if (definitions.n > FLAGSET_BYTES || kill.n > FLAGSET_BYTES)
        return err_set(err, ERR_LIMIT, "definitions of more than %u bytes", FLAGSET_BYTES);
    if (json_read(definitions, &s->document, err) != ERR_OK || read_document(s, err) != ERR_OK)
        return err->code;
    if (kill.p && parse_kill(s, kill, err) != ERR_OK)
        return err_wrap(err, "kill list");
    *ret = STEAL(s);
    return ERR_OK;
}

/* ---- what there is ---- */

size_t flagset_count(const struct flagset *s)
{
    return s->n_flags;
}

static struct sv variant_name(const struct flag *f, size_t i)
{
    return i == NONE ? (struct sv){NULL, 0} : f->variants[i].name;
}

struct flag_info flagset_info(const struct flagset *s, size_t i)
{
    const struct flag *f = &s->flags[i];

    assert(i < s->n_flags);
    return (struct flag_info){.key = f->key,
                              .disabled = f->disabled,
                              .targeted = f->targeting != NULL,
                              .default_variant = variant_name(f, f->fallback),
                              .killed = variant_name(f, f->killed),
                              .kill_by = f->kill_by,
                              .kill_at = f->kill_at,
                              .kill_reason = f->kill_reason,
                              .n_variants = f->n_variants};
}

enum err_code flagset_unknown(const struct flagset *s, struct sv key, struct err *err)
{
    struct suggest near = suggest_begin(key);

    for (size_t i = 0; i < flagset_count(s); i++)
        suggest_offer(&near, flagset_info(s, i).key);
    (void)err_set(err, ERR_NOT_FOUND, "there is no flag '%.*s'", SV_FMT(key));
    return near.best.p ? err_hint(err, "did you mean '%.*s'?", SV_FMT(near.best))
                       : err_hint(err, "prusik flag list shows them");
}

void flagset_list_variants(const struct flagset *s, size_t i, struct strbuf *out)
{
    struct sv value;

    for (size_t k = 0; k < flagset_info(s, i).n_variants; k++)
        strbuf_addf(out, "%s%.*s", k ? ", " : "", SV_FMT(flagset_variant(s, i, k, &value)));
}

bool flagset_find(const struct flagset *s, struct sv key, size_t *ret)
{
    return map_get(&s->index, key, ret);
}

struct sv flagset_variant(const struct flagset *s, size_t i, size_t variant, struct sv *value)
{
    assert(i < s->n_flags && variant < s->flags[i].n_variants);
    *value = s->flags[i].variants[variant].value;
    return s->flags[i].variants[variant].name;
}

/* ---- evaluation ---- */

static struct flag_answer answer(const struct flag *f, size_t variant, struct sv reason)
{
    struct flag_answer a = {.reason = reason};

    if (variant != NONE) {
        a.variant = f->variants[variant].name;
        a.value = f->variants[variant].value;
    }
    return a;
}

static struct flag_answer failure(const char *details)
{
    return (struct flag_answer){.outcome = FLAG_GENERAL, .details = details};
}

static struct flag_answer eval_targeting(const struct flagset *s, const struct flag *f,
                                         const json_t *context, int64_t now_s)
{
    struct targeting_input in = {context, s->evaluators, f->key, now_s};
    CLEANUP(json_cleanup) json_t *v = targeting_eval(f->targeting, &in);
    struct sv name;
    size_t i;

    if (!v)
        return failure("targeting takes too many steps");
    if (json_is_null(v))
        return answer(f, f->fallback, SV("DEFAULT"));
    name = json_is_boolean(v) ? json_is_true(v) ? SV("true") : SV("false")
                              : (struct sv){json_string_value(v), json_string_length(v)};
    i = name.p ? find_variant(f, name) : NONE;
    return i == NONE ? failure("targeting gives no variant of this flag")
                     : answer(f, i, SV("TARGETING_MATCH"));
}

struct flag_answer flagset_eval(const struct flagset *s, size_t i, const json_t *context,
                                int64_t now_s)
{
    const struct flag *f = &s->flags[i];
    struct flag_answer a;

    assert(i < s->n_flags);
    if (f->bad_kill)
        return failure("the kill list names no variant of this flag");
    if (f->killed != NONE) {
        a = answer(f, f->killed, SV("STATIC"));
        a.killed = true;
        return a;
    }
    if (f->disabled)
        return answer(f, NONE, SV("DISABLED"));
    if (f->targeting)
        return eval_targeting(s, f, context, now_s);
    return answer(f, f->fallback, f->fallback == NONE ? SV("DEFAULT") : SV("STATIC"));
}

bool flagset_share(const struct flagset *s, size_t i, struct sv off, double *ret)
{
    const struct flag *f = &s->flags[i];
    size_t variant = f->killed != NONE ? f->killed : f->fallback;

    assert(i < s->n_flags);
    if (f->bad_kill || (f->killed == NONE && f->disabled))
        return false;
    if (f->killed == NONE && f->targeting)
        return targeting_share(f->targeting, off, ret);
    if (variant == NONE)
        return false;
    *ret = sv_eq(f->variants[variant].name, off) ? 0 : 1;
    return true;
}

/* ---- bodies ---- */

static void add_text(struct strbuf *out, struct sv text)
{
    CLEANUP(json_cleanup) json_t *j = json_sv(text);
    char *quoted = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);

    strbuf_add_str(out, quoted);
    free(quoted);
}

void flagset_error_body(struct sv key, const char *code, const char *details, struct strbuf *out)
{
    strbuf_add_byte(out, '{');
    if (key.p) {
        strbuf_add_str(out, "\"key\":");
        add_text(out, key);
        strbuf_add_byte(out, ',');
    }
    strbuf_addf(out, "\"errorCode\":\"%s\",\"errorDetails\":", code);
    add_text(out, sv_from(details));
    strbuf_add_byte(out, '}');
}

static void add_metadata(const struct flag *f, bool killed, struct strbuf *out)
{
    if (f->metadata.n || killed) {
        strbuf_add_str(out, ",\"metadata\":{");
        strbuf_add_sv(out, f->metadata);
        strbuf_add_str(out, !killed         ? ""
                            : f->metadata.n ? ",\"prusik.kill\":true"
                                            : "\"prusik.kill\":true");
        strbuf_add_byte(out, '}');
    }
}

void flagset_body(const struct flagset *s, size_t i, const struct flag_answer *a,
                  struct strbuf *out)
{
    const struct flag *f = &s->flags[i];

    if (a->outcome != FLAG_FINE) {
        flagset_error_body(f->key, "GENERAL", a->details, out);
        return;
    }
    strbuf_add_str(out, "{\"key\":");
    strbuf_add_sv(out, f->key_json);
    if (a->variant.p) {
        strbuf_add_str(out, ",\"value\":");
        strbuf_add_sv(out, a->value);
    }
    strbuf_add_str(out, ",\"reason\":\"");
    strbuf_add_sv(out, a->reason);
    strbuf_add_byte(out, '"');
    if (a->variant.p) {
        strbuf_add_str(out, ",\"variant\":");
        add_text(out, a->variant);
    }
    add_metadata(f, a->killed, out);
    strbuf_add_byte(out, '}');
}

void flagset_bulk(const struct flagset *s, const json_t *context, int64_t now_s, struct strbuf *out)
{
    strbuf_add_str(out, "{\"flags\":[");
    for (size_t i = 0; i < s->n_flags; i++) {
        struct flag_answer a = flagset_eval(s, i, context, now_s);

        if (i)
            strbuf_add_byte(out, ',');
        flagset_body(s, i, &a, out);
    }
    strbuf_add_byte(out, ']');
    if (s->metadata.n) {
        strbuf_add_str(out, ",\"metadata\":{");
        strbuf_add_sv(out, s->metadata);
        strbuf_add_byte(out, '}');
    }
    strbuf_add_byte(out, '}');
}
