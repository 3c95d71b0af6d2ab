#include "base/sv.h"
#include "net/weblink.h"
#include "watch/inner.h"
#include "watch/source.h"
#include "watch/target.h"

#define HTTP_SOURCE_BYTES  (1u << 20) /* default of max_bytes: what a rule can sensibly compare */
#define HTTP_SOURCE_FIELDS 100u       /* nobody sends so many */

struct http_source {
    struct source source; /* first */
    struct target target;
    const char *method, *body;
    bool health;
    struct http_request request;
    struct strbuf page; /* what is asked for instead of its own address */
};

static struct http_source *http_of(struct source *s)
{
    return container_of(s, struct http_source, source);
}

static enum err_code http_source_open(struct source *s, json_t *settings, struct err *err)
{
    struct http_source *h = http_of(s);
    struct sv method = json_get_sv(settings, "method"), body = json_get_sv(settings, "body");

    h->health = json_get_bool(settings, "health", false);
    if (target_open(&h->target, settings, err) != ERR_OK)
        return err->code;
    if (method.n)
        h->method = arena_strdup(&h->target.arena, method);
    if (body.n)
        h->target.spec.body = arena_sv(&h->target.arena, body);
    return ERR_OK;
}

static void http_source_close(struct source *s)
{
    http_release(&http_of(s)->request);
    target_release(&http_of(s)->target);
    strbuf_release(&http_of(s)->page);
}

/* What a health answer says in its member "status" (conditions.md, 7.5). */
static const struct {
    struct sv word;
    bool up, noted;
} http_health[] = {{SV("pass"), true, false}, {SV("ok"), true, false},   {SV("up"), true, false},
                   {SV("warn"), true, true},  {SV("fail"), false, true}, {SV("error"), false, true},
                   {SV("down"), false, true}};

/* The row of http_health[], or ARRAY_LEN: it says nothing that we know. */
static size_t http_health_row(const struct http_source *h)
{
    struct sv type = http_field_value(&h->request, SV("content-type"));
    const struct sample *status = sample_find(&h->source.samples, SV("json.status"));
    size_t i = 0;

    if (!status || status->kind != SAMPLE_TEXT ||
        (!h->health && !sv_starts_nocase(type, SV("application/health+json"))))
        return ARRAY_LEN(http_health);
    while (i < ARRAY_LEN(http_health) && !sv_eq_nocase(status->text, http_health[i].word))
        i++;
    return i;
}

/* Before anything else is added, so that only fields are searched. */
static void http_add_fields(struct http_source *h)
{
    struct sample_list *l = &h->source.samples;

    if (h->request.fields.n > HTTP_SOURCE_FIELDS) {
        sample_add_error(l, "header", SV("the answer has more than 100 header fields"));
        return;
    }
    for (size_t i = 0; i < h->request.fields.n; i++) {
        const struct http_field *f = &h->request.fields.v[i];
        CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);

        strbuf_add_str(&name, "header.");
        for (size_t k = 0; k < f->name.n; k++)
            strbuf_add_byte(&name, ascii_lower(f->name.p[k]));
        if (!sample_find(l, strbuf_sv(&name))) /* the first one counts */
            sample_add_text(l, strbuf_str(&name), f->value);
    }
}

/* It answered. */
static void http_add_answer(struct http_source *h)
{
    struct sample_list *l = &h->source.samples;
    const struct http_request *r = &h->request;
    bool fine = r->status >= 200 && r->status < 300;
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);
    size_t row;

    http_add_fields(h);
    sample_add_number(l, "status", r->status, NULL);
    sample_add_number(l, "latency", (double)r->timing.total_us / 1e6, "s");
    sample_add_text(l, "text", strbuf_sv(&r->body));
    sample_add_bool(l, "truncated", r->truncated);
    sample_add_json(l, "json", strbuf_sv(&r->body));
    row = http_health_row(h);
    if (!fine)
        strbuf_addf(&why, "status %d", r->status);
    else if (row < ARRAY_LEN(http_health) && http_health[row].noted)
        strbuf_addf(&why, "it says '%.*s'", SV_FMT(http_health[row].word));
    sample_add_bool(l, "up", fine && (row == ARRAY_LEN(http_health) || http_health[row].up));
    if (why.n)
        sample_add_text(l, "why", strbuf_sv(&why));
}

/* It did not: that is known too. */
static void http_add_silence(struct http_source *h)
{
    struct sample_list *l = &h->source.samples;

    sample_add_bool(l, "up", false);
    sample_add_null(l, "status", NULL);
    sample_add_null(l, "latency", "s");
    sample_add_text(l, "why", sv_from(h->request.err.msg));
}

static void http_source_on_done(struct http_request *r, enum err_code rc)
{
    struct http_source *h = container_of(r, struct http_source, request);
    struct source *s = &h->source;

    if (r->failure == HTTP_UNABLE || r->failure == HTTP_ABORTED) { /* it was not looked at */
        s->err = r->err;
        source_report(s, err_wrap(&s->err, "source '%s'", s->name));
        return;
    }
    if (rc == ERR_OK)
        http_add_answer(h);
    else
        http_add_silence(h);
    source_report(s, ERR_OK);
}

void http_source_ask(struct source *s, struct sv url)
{
    strbuf_truncate(&http_of(s)->page, 0);
    strbuf_add_sv(&http_of(s)->page, url);
}

struct sv http_source_asked(const struct source *s)
{
    const struct http_source *h = (const struct http_source *)(const void *)s;

    return h->page.n ? strbuf_sv(&h->page) : h->target.spec.url;
}

bool http_source_next(const struct source *s, struct sv *ret)
{
    const struct http_source *h = (const struct http_source *)(const void *)s;

    for (size_t i = 0; i < h->request.fields.n; i++)
        if (sv_eq_nocase(h->request.fields.v[i].name, SV("link")) &&
            weblink_find(h->request.fields.v[i].value, SV("next"), ret))
            return true;
    return false;
}

static void http_source_start(struct source *s)
{
    struct http_source *h = http_of(s);

    h->request.spec = h->target.spec;
    h->request.spec.url = http_source_asked(s);
    h->request.spec.method = h->method;
    h->request.spec.total_ms = s->timeout_ms;
    if (h->request.spec.max_body == 0)
        h->request.spec.max_body = HTTP_SOURCE_BYTES;
    h->request.done = http_source_on_done;
    http_start(s->env.http, &h->request);
}

static void http_source_cancel(struct source *s)
{
    http_cancel(&http_of(s)->request);
}

static const struct source_key http_keys[] = {
    TARGET_KEYS,
    {"method", SOURCE_TEXT, false, "GET unless given"},
    {"body", SOURCE_TEXT, false, "what to send"},
    {"health", SOURCE_BOOL, false, "the answer's member 'status' says whether it is up"},
};

static const struct source_member http_members[] = {
    {"up", NULL, "true: it answered with a 2xx, and says nothing else itself"},
    {"why", NULL, "why it is down, or what a health answer warns of"},
    {"status", NULL, "of the answer; null: there was none"},
    {"latency", "s", "from the start to the end of the answer"},
    {"text", NULL, "the body"},
    {"truncated", NULL, "the body went on beyond max_bytes"},
    {"json.*", NULL, "each value of a JSON body, by its path"},
    {"header.*", NULL, "each header field, by its name in lower case"},
};

const struct source_ops source_http = {
    .kind = "http",
    .help = "a request: whether it is answered, how fast, and with what",
    .keys = http_keys,
    .n_keys = ARRAY_LEN(http_keys),
    .members = http_members,
    .n_members = ARRAY_LEN(http_members),
    .size = sizeof(struct http_source),
    .open = http_source_open,
    .close = http_source_close,
    .start = http_source_start,
    .cancel = http_source_cancel,
};
