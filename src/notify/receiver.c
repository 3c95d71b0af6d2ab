#include "notify/receiver.h"

#include "base/suggest.h"
#include "base/sv.h"
#include "net/url.h"

static const struct receiver_ops *const receiver_table[] = {
#define RECEIVER(kind) &receiver_##kind,
#include "notify/receivers.inc"
#undef RECEIVER
};

const struct receiver_ops *receiver_find(struct sv kind)
{
    for (size_t i = 0; i < ARRAY_LEN(receiver_table); i++)
        if (sv_is(kind, receiver_table[i]->kind))
            return receiver_table[i];
    return NULL;
}

static enum err_code receiver_unknown(struct sv kind, struct err *err)
{
    struct suggest near = suggest_begin(kind);

    for (size_t i = 0; i < ARRAY_LEN(receiver_table); i++)
        suggest_offer(&near, sv_from(receiver_table[i]->kind));
    (void)err_set(err, ERR_INVALID, "there is no kind of receiver '%.*s'", SV_FMT(kind));
    return near.best.p ? err_hint(err, "did you mean '%.*s'?", SV_FMT(near.best)) : ERR_INVALID;
}

static enum err_code receiver_check_on(const json_t *on, struct err *err)
{
    for (size_t i = 0; i < json_array_size(on); i++) {
        struct sv name = sv_from(json_string_value(json_array_get(on, i)));
        struct suggest near = suggest_begin(name);
        enum notice_kind kind;

        if (notice_kind_of(name, &kind))
            continue;
        for (size_t k = 0; k < NOTICE_KIND__N; k++)
            suggest_offer(&near, sv_from(notice_kinds[k]));
        (void)err_set(err, ERR_INVALID, "'on': there is no event '%.*s'", SV_FMT(name));
        return near.best.p ? err_hint(err, "did you mean '%.*s'?", SV_FMT(near.best)) : ERR_INVALID;
    }
    return ERR_OK;
}

static enum err_code receiver_check_url(const struct receiver_ops *ops, const json_t *settings,
                                        struct err *err)
{
    static const char *const schemes[] = {
        [RECEIVER_HTTP] = "http https", [RECEIVER_MAIL] = "smtp smtps"};
    struct sv url = json_get_sv(settings, "url");

    if (ops->way == RECEIVER_COMMAND || receiver_is_secret(url) ||
        url_check(url, schemes[ops->way], err) == ERR_OK)
        return ERR_OK;
    return err_wrap(err, "'url'");
}

enum err_code receiver_check(struct sv kind, json_t *settings, struct err *err)
{
    const struct receiver_ops *ops = receiver_find(kind);

    if (!ops)
        return receiver_unknown(kind, err);
    if (source_check_keys(ops->keys, ops->n_keys, ops->kind, settings, err) != ERR_OK)
        return err->code;
    if (receiver_check_on(json_object_get(settings, "on"), err) != ERR_OK ||
        receiver_check_url(ops, settings, err) != ERR_OK)
        return err->code;
    return ops->check ? ops->check(settings, err) : ERR_OK;
}

bool receiver_wants(const struct receiver_ops *ops, const json_t *settings, enum notice_kind kind)
{
    const json_t *on = json_object_get(settings, "on");
    struct sv rest = sv_from(ops->events), word;

    for (size_t i = 0; i < json_array_size(on); i++)
        if (sv_is(sv_from(json_string_value(json_array_get(on, i))), notice_kinds[kind]))
            return true;
    while (!on && sv_next_word(&rest, &word))
        if (sv_is(word, notice_kinds[kind]))
            return true;
    return false;
}

struct sv receiver_part(const json_t *list, size_t i, struct arena *a)
{
    struct sv name = sv_from(json_string_value(json_array_get(list, i)));
    bool clear = name.n > 0;

    for (size_t k = 0; k < json_array_size(list); k++)
        clear &= k == i || !sv_eq(name, sv_from(json_string_value(json_array_get(list, k))));
    return clear ? name : arena_fmt(a, "#%zu", i + 1);
}

void receiver_line(const json_t *body, struct strbuf *out)
{
    struct sv verdict = json_get_sv(body, "verdict"), event = json_get_sv(body, "event");

    strbuf_addf(out, "%.*s %.*s %.*s: %.*s", SV_FMT(verdict.n ? verdict : event),
                SV_FMT(json_get_sv(body, "environment")), SV_FMT(json_get_sv(body, "run")),
                SV_FMT(json_get_sv(body, "text")));
}

void receiver_add_field(struct receiver_out *out, struct sv name, struct sv value)
{
    assert(out->n_fields < ARRAY_LEN(out->fields));
    out->fields[out->n_fields++] = (struct http_field){name, value};
}

void receiver_post(const struct receiver_call *c, struct receiver_out *out, struct sv url,
                   const json_t *body)
{
    json_write(body, &out->body);
    receiver_add_field(out, SV("Content-Type"), SV("application/json"));
    receiver_add_field(out, SV("Idempotency-Key"), c->id);
    out->http = (struct http_spec){.url = url,
                                   .method = "POST",
                                   .body = strbuf_sv(&out->body),
                                   .bearer = json_get_sv(c->settings, "bearer"),
                                   .ca_file = json_get_str(c->settings, "ca_file", NULL),
                                   .fields = out->fields,
                                   .n_fields = out->n_fields,
                                   .max_body = 65536};
}
