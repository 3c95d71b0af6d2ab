/*
 * The row `prom`: a query to a Prometheus server (conditions.md 7.2), at one moment or over a range.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "watch/prom_answer.h"
#include "watch/source.h"
#include "watch/target.h"

#define PROM_RANGE_POINTS 11000 /* the server's own limit of points for each series */

struct prom_source {
    struct source source; /* first */
    struct target target;
    struct sv query;
    int64_t range_ms, step_ms; /* 0: at one moment */
    struct strbuf form;
    struct http_request request;
};

static struct prom_source *prom_of(struct source *s)
{
    return container_of(s, struct prom_source, source);
}

static enum err_code prom_duration(json_t *settings, const char *key, int64_t *ret, struct err *err)
{
    struct sv text = json_get_sv(settings, key);

    if (!text.n)
        return ERR_OK;
    if (!duration_parse(text, ret) || *ret <= 0)
        return err_set(err, ERR_INVALID, "'%s' is not a duration such as 5m", key);
    return ERR_OK;
}

/* The URL of the server becomes that of its API, and the fields get one that says what is sent. */
static void prom_address(struct prom_source *p)
{
    struct http_spec *spec = &p->target.spec;
    struct arena *a = &p->target.arena;
    struct http_field *fields = ARENA_NEWN(a, struct http_field, spec->n_fields + 1);
    struct sv url = spec->url;

    while (sv_ends(url, SV("/")))
        url.n--;
    spec->url = arena_fmt(a, "%.*s/api/v1/query%s", SV_FMT(url), p->range_ms ? "_range" : "");
    for (size_t i = 0; i < spec->n_fields; i++)
        fields[i] = spec->fields[i];
    fields[spec->n_fields++] =
        (struct http_field){SV("Content-Type"), SV("application/x-www-form-urlencoded")};
    spec->fields = fields;
    spec->method = "POST";
    spec->over_fails = true;
}

static enum err_code prom_open(struct source *s, json_t *settings, struct err *err)
{
    struct prom_source *p = prom_of(s);

    if (target_open(&p->target, settings, err) != ERR_OK ||
        prom_duration(settings, "range", &p->range_ms, err) != ERR_OK ||
        prom_duration(settings, "step", &p->step_ms, err) != ERR_OK)
        return err->code;
    if (p->range_ms && !p->step_ms)
        p->step_ms = 15000;
    if (p->step_ms && p->range_ms / p->step_ms > PROM_RANGE_POINTS)
        return err_set(err, ERR_INVALID, "'range' has more than %d steps", PROM_RANGE_POINTS);
    p->query = arena_sv(&p->target.arena, json_get_sv(settings, "query"));
    prom_address(p);
    return ERR_OK;
}

static void prom_close(struct source *s)
{
    struct prom_source *p = prom_of(s);

    http_release(&p->request);
    target_release(&p->target);
    strbuf_release(&p->form);
}

static void prom_encode(struct strbuf *b, struct sv text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if (ascii_is_word((char)c) || c == '-' || c == '.') {
            strbuf_add_byte(b, (char)c);
            continue;
        }
        strbuf_add_byte(b, '%');
        strbuf_add_byte(b, hex[c >> 4]);
        strbuf_add_byte(b, hex[c & 15]);
    }
}

/* The moment is ours: the server's clock may differ, and what is judged is judged at our time. */
static void prom_form(struct prom_source *p)
{
    struct strbuf *b = &p->form;
    int64_t at_ms = p->source.at_us / 1000;

    strbuf_truncate(b, 0);
    strbuf_add_str(b, "query=");
    prom_encode(b, p->query);
    if (p->range_ms)
        strbuf_addf(b, "&start=%lld.%03lld&end=%lld.%03lld&step=%lld.%03lld",
                    (long long)((at_ms - p->range_ms) / 1000),
                    (long long)((at_ms - p->range_ms) % 1000), (long long)(at_ms / 1000),
                    (long long)(at_ms % 1000), (long long)(p->step_ms / 1000),
                    (long long)(p->step_ms % 1000));
    else
        strbuf_addf(b, "&time=%lld.%03lld", (long long)(at_ms / 1000), (long long)(at_ms % 1000));
    strbuf_addf(b, "&timeout=%llums", (unsigned long long)p->source.timeout_ms);
}

/* 400, 422 and 503 come with a JSON that says why. */
static enum err_code prom_take(struct prom_source *p, struct err *err)
{
    struct http_request *r = &p->request;
    bool answered = r->status == 200 || r->status == 400 || r->status == 422 || r->status == 503;

    if (!answered)
        return err_set(err, ERR_FAILED, "status %d", r->status);
    if (prom_answer_add(&p->source.samples, strbuf_sv(&r->body), p->range_ms > 0, err) != ERR_OK)
        return err->code;
    return r->status == 200 ? ERR_OK
                            : err_set(err, ERR_INVALID, "status %d with a result", r->status);
}

static void prom_on_done(struct http_request *r, enum err_code rc)
{
    struct prom_source *p = container_of(r, struct prom_source, request);
    struct source *s = &p->source;

    if (rc != ERR_OK)
        s->err = r->err;
    else if (prom_take(p, &s->err) != ERR_OK)
        (void)err_wrap(&s->err, "%.*s", SV_FMT(r->url));
    if (s->err.code != ERR_OK)
        (void)err_wrap(&s->err, "source '%s'", s->name);
    source_report(s, s->err.code);
}

static void prom_start(struct source *s)
{
    struct prom_source *p = prom_of(s);

    prom_form(p);
    p->request.spec = p->target.spec;
    p->request.spec.body = strbuf_sv(&p->form);
    p->request.spec.total_ms = s->timeout_ms;
    p->request.done = prom_on_done;
    http_start(s->env.http, &p->request);
}

static void prom_cancel(struct source *s)
{
    http_cancel(&prom_of(s)->request);
}

static const struct source_key prom_keys[] = {
    TARGET_KEYS,
    {"query", SOURCE_TEXT, true, "in PromQL; one number is wanted"},
    {"range", SOURCE_TEXT, false, "ask for so long a time before now, such as 5m"},
    {"step", SOURCE_TEXT, false, "between the points of a range; 15s unless given"},
};

static const struct source_member prom_members[] = {
    {"value", NULL, "the number, of a range the last; none: there is no series"},
    {"count", NULL, "how many series there are"},
    {"min", NULL, "of the points of a range"},
    {"max", NULL, "of the points of a range"},
    {"avg", NULL, "of the points of a range"},
    {"points", NULL, "how many a range has"},
    {"age", "s", "of the last point of a range"},
    {"warnings", NULL, "what the server adds to its answer"},
};

const struct source_ops source_prom = {
    .kind = "prom",
    .help = "a query to a Prometheus server",
    .keys = prom_keys,
    .n_keys = ARRAY_LEN(prom_keys),
    .members = prom_members,
    .n_members = ARRAY_LEN(prom_members),
    .size = sizeof(struct prom_source),
    .open = prom_open,
    .close = prom_close,
    .start = prom_start,
    .cancel = prom_cancel,
};
