#include "flag/flag_now.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/sv.h"
#include "flag/flag_ask.h"
#include "flag/flag_switch.h"

void flag_now_release(struct flag_now *n)
{
    json_decref(n->value);
    arena_release(&n->arena);
    *n = (struct flag_now){.value = NULL};
}

/* `metadata.version`: a whole number, or a text that is one. */
static void now_take_version(struct flag_now *n, const json_t *body)
{
    const json_t *v = json_object_get(json_object_get(body, "metadata"), "version");

    n->has_version = json_is_number(v);
    if (n->has_version)
        n->version = json_number_value(v);
    else if (json_is_string(v))
        n->has_version =
            sv_to_f64((struct sv){json_string_value(v), json_string_length(v)}, &n->version);
}

/* A body of OFREP. */
static enum err_code now_take_body(struct flag_now *n, struct sv text, struct err *err)
{
    CLEANUP(json_cleanup) json_t *body = NULL;
    struct sv code;

    if (json_read(text, &body, err) != ERR_OK)
        return err->code;
    code = json_get_sv(body, "errorCode");
    if (code.n)
        return err_set(err, sv_is(code, "FLAG_NOT_FOUND") ? ERR_NOT_FOUND : ERR_FAILED, "%.*s: %s",
                       SV_FMT(code), json_get_str(body, "errorDetails", "without a reason"));
    if (!json_get_sv(body, "reason").n)
        return err_set(err, ERR_FAILED, "the answer has no 'reason', which OFREP's have");
    n->value = json_incref(json_object_get(body, "value"));
    n->variant = json_object_get(body, "variant")
                     ? arena_sv(&n->arena, json_get_sv(body, "variant"))
                     : (struct sv){NULL, 0};
    now_take_version(n, body);
    return ERR_OK;
}

/* --- flags of the definitions --- */

static void now_take_share(const struct flag_reader *r, const struct flagset *set, size_t at,
                           struct flag_now *n)
{
    struct flag_info info = flagset_info(set, at);

    n->has_share = flagset_share(set, at, r->off, &n->share);
    if (!n->has_share && info.targeted && (!info.disabled || info.killed.p))
        n->share_why = SV("its targeting depends on who asks, and not on chance alone");
}

static enum err_code now_of_files(const struct flag_reader *r, struct flag_now *n, struct err *err)
{
    CLEANUP(flag_files_release) struct flag_files files = {.definitions = NULL};
    CLEANUP(flagset_freep) struct flagset *set = NULL;
    CLEANUP(json_cleanup) json_t *context = json_object();
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
    struct flag_answer a;
    size_t at;

    flag_files_init(&files, r->definitions);
    if (flag_files_load(&files, &set, err) != ERR_OK)
        return err->code;
    if (!flagset_find(set, r->key, &at))
        return flagset_unknown(set, r->key, err);
    now_take_share(r, set, at, n);
    a = flagset_eval(set, at, context, clock_now_us() / CLOCK_US_PER_S);
    flagset_body(set, at, &a, &body);
    return now_take_body(n, strbuf_sv(&body), err);
}

/* All of them say the same, or nobody knows what the flag is. */
static enum err_code now_of_consumer(const struct flag_reader *r, size_t i, struct flag_now *n,
                                     struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
    CLEANUP(flag_now_release) struct flag_now other = {.value = NULL};
    struct flag_ask ask = {r->binding->consumers[i], r->key, r->token};

    if (flag_ask(&ask, &body, err) != ERR_OK ||
        now_take_body(i ? &other : n, strbuf_sv(&body), err) != ERR_OK)
        return err_wrap(err, "%.*s", SV_FMT(ask.base));
    if (i && (!sv_eq(other.variant, n->variant) || !json_equal(other.value, n->value)) &&
        (other.value || n->value))
        return err_set(err, ERR_FAILED, "%.*s says '%.*s', %.*s says '%.*s'",
                       SV_FMT(r->binding->consumers[0]), SV_FMT(n->variant), SV_FMT(ask.base),
                       SV_FMT(other.variant));
    n->consumers++;
    return ERR_OK;
}

static enum err_code now_of_definitions(const struct flag_reader *r, struct flag_now *n,
                                        struct err *err)
{
    if (now_of_files(r, n, err) != ERR_OK)
        return err->code;
    if (!r->binding || !r->binding->n_consumers)
        return ERR_OK;
    json_decref(STEAL(n->value)); /* what the file says is not what is read */
    for (size_t i = 0; i < r->binding->n_consumers; i++)
        if (now_of_consumer(r, i, n, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

/* --- flags that a service reads elsewhere --- */

/* "false" is no, "12" a number: services write it as text. */
static json_t *now_plain(struct sv text)
{
    double number;

    if (sv_is(text, "true") || sv_is(text, "false"))
        return json_boolean(sv_is(text, "true"));
    return sv_to_f64(text, &number) ? json_real(number) : json_sv(text);
}

static enum err_code now_of_elsewhere(const struct flag_reader *r, const struct flag_elsewhere *f,
                                      struct flag_now *n, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf value = STRBUF(0);

    if (flag_elsewhere_read(f, &value, err) != ERR_OK)
        return err->code;
    n->value = now_plain(strbuf_sv(&value));
    n->consumers = f->read_url.p || f->read_process.p;
    for (size_t i = 0; i < f->n_variants; i++)
        if (sv_eq(f->variants[i].text, strbuf_sv(&value)))
            n->variant = arena_sv(&n->arena, f->variants[i].name);
    n->has_share = n->variant.p != NULL;
    n->share = n->has_share && !sv_eq(n->variant, r->off);
    if (!n->has_share)
        n->share_why = SV("what is read back is none of its variants");
    return ERR_OK;
}

enum err_code flag_now_read(const struct flag_reader *r, struct flag_now *ret, struct err *err)
{
    const struct flag_elsewhere *other = r->binding ? flag_binding_find(r->binding, r->key) : NULL;
    struct flag_now n = {.value = NULL};
    enum err_code rc = other ? now_of_elsewhere(r, other, &n, err) : now_of_definitions(r, &n, err);

    if (rc == ERR_OK)
        *ret = n;
    else
        flag_now_release(&n);
    return rc;
}
