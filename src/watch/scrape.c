#include "watch/scrape.h"

#include "base/limits.h"
#include "base/sv.h"
#include "watch/source.h"
#include "watch/target.h"

static void scrape_end(struct scrape *s, enum scrape_why why, enum err_code rc)
{
    s->why = why;
    s->running = s->reading = false;
    if (rc != ERR_OK)
        sample_list_release(&s->samples);
    s->done(s, rc);
}

/* Reading, in a thread: nothing of the loop is touched. */

static bool scrape_wants(struct scrape *s, struct sv name)
{
    if (!s->want || sv_eq(name, s->last_name))
        return s->last_wanted;
    s->last_name = name;
    s->last_wanted = false;
    for (size_t i = 0; i < s->n_want && !s->last_wanted; i++)
        s->last_wanted = sv_eq(name, s->want[i]);
    return s->last_wanted;
}

/* Views into the body stay, since the body does; decoded text is the parser's and is copied. */
static struct sv scrape_keep(struct scrape *s, struct sv v)
{
    const char *body = s->request.body.p;

    return v.p >= body && v.p <= body + s->request.body.n ? v : arena_sv(&s->samples.arena, v);
}

static void scrape_on_sample(void *arg, const struct exposition_sample *e)
{
    struct scrape *s = arg;
    struct sample_label *labels;
    struct sample *sample;

    if (!scrape_wants(s, e->name))
        return;
    labels = ARENA_NEWN(&s->samples.arena, struct sample_label, e->n_labels);
    for (size_t i = 0; i < e->n_labels; i++)
        labels[i] = (struct sample_label){e->labels[i].name, scrape_keep(s, e->labels[i].value)};
    sample = vec_add(&s->samples.v);
    *sample = (struct sample){.name = e->name,
                              .labels = labels,
                              .n_labels = e->n_labels,
                              .kind = SAMPLE_NUMBER,
                              .type = e->family->type,
                              .number = e->value,
                              .unit = e->family->unit,
                              .at_us = s->at_us};
}

static void scrape_read(uv_work_t *w)
{
    struct scrape *s = container_of(w, struct scrape, work);

    s->rc = exposition_parse(&s->exposition, strbuf_sv(&s->request.body), &s->options, &s->err);
}

static void scrape_on_read(uv_work_t *w, int status)
{
    struct scrape *s = container_of(w, struct scrape, work);

    if (s->cancelled || status != 0)
        scrape_end(s, SCRAPE_CANCELLED,
                   err_set(&s->err, ERR_INTERRUPTED, "the scrape was cancelled"));
    else if (s->rc == ERR_OK)
        scrape_end(s, SCRAPE_FINE, ERR_OK);
    else
        scrape_end(s, s->rc == ERR_LIMIT ? SCRAPE_TOO_LARGE : SCRAPE_BAD_LINE,
                   err_wrap(&s->err, "metrics of %.*s", SV_FMT(s->request.url)));
}

/* Asking. */

static void scrape_on_answer(struct http_request *r, enum err_code rc)
{
    static const enum scrape_why whys[HTTP_FAILURE__N] = {
        [HTTP_TOO_LARGE] = SCRAPE_TOO_LARGE, [HTTP_ABORTED] = SCRAPE_CANCELLED};
    struct scrape *s = r->data;
    struct sv type = http_field_value(r, SV("content-type"));

    if (rc != ERR_OK) {
        s->err = r->err;
        scrape_end(s, whys[r->failure] ? whys[r->failure] : SCRAPE_UNREACHABLE, rc);
    } else if (r->status != 200) {
        scrape_end(s, SCRAPE_STATUS,
                   err_set(&s->err, ERR_FAILED, "metrics of %.*s: status %d instead of 200",
                           SV_FMT(r->url), r->status));
    } else if (exposition_format_of(type, &s->options.format, &s->err) != ERR_OK) {
        scrape_end(s, SCRAPE_TYPE, err_wrap(&s->err, "metrics of %.*s", SV_FMT(r->url)));
    } else {
        s->reading = true;
        (void)uv_queue_work(s->loop, &s->work, scrape_read, scrape_on_read);
    }
}

/* The caller's fields and the one that says what we read; they are copied before it returns. */
static void scrape_ask(struct scrape *s, struct http_client *c)
{
    struct http_spec *spec = &s->request.spec;
    VEC(struct http_field) fields = {0};

    for (size_t i = 0; i < s->spec.n_fields; i++)
        *vec_add(&fields) = s->spec.fields[i];
    *vec_add(&fields) = (struct http_field){SV("Accept"), SV(EXPOSITION_ACCEPT)};
    *spec = s->spec;
    spec->fields = fields.v;
    spec->n_fields = fields.n;
    spec->max_body = s->spec.max_body ? s->spec.max_body : LIMIT_SCRAPE_BYTES;
    spec->over_fails = true;
    spec->compressed = true;
    s->options = (struct exposition_options){.strict = s->strict,
                                             .max_bytes = spec->max_body,
                                             .max_samples = s->max_samples,
                                             .sample = scrape_on_sample,
                                             .arg = s};
    http_start(c, &s->request);
    spec->fields = NULL;
    spec->n_fields = 0;
    vec_release(&fields);
}

void scrape_start(struct scrape *s, struct http_client *c, uv_loop_t *loop)
{
    assert(s->done && !s->running);
    s->running = true;
    s->cancelled = false;
    s->loop = loop;
    s->why = SCRAPE_FINE;
    s->err = (struct err){0};
    s->last_name = (struct sv){NULL, 0};
    s->last_wanted = !s->want;
    sample_list_release(&s->samples);
    s->samples.at_us = s->at_us;
    s->request.done = scrape_on_answer;
    s->request.data = s;
    scrape_ask(s, c);
}

void scrape_cancel(struct scrape *s)
{
    if (!s->running)
        return;
    s->cancelled = true;
    if (s->reading)
        (void)uv_cancel((uv_req_t *)&s->work); /* else it ends by itself, soon */
    else
        http_cancel(&s->request);
}

void scrape_release(struct scrape *s)
{
    assert(!s->running);
    sample_list_release(&s->samples);
    http_release(&s->request);
    exposition_release(&s->exposition);
}

/* The row. */

struct scrape_source {
    struct source source; /* first */
    struct target target;
    struct scrape scrape;
};

static struct scrape_source *scrape_of(struct source *s)
{
    return container_of(s, struct scrape_source, source);
}

static enum err_code scrape_source_open(struct source *s, json_t *settings, struct err *err)
{
    struct scrape_source *p = scrape_of(s);

    p->scrape.strict = json_get_bool(settings, "strict", false);
    return target_open(&p->target, settings, err);
}

static void scrape_source_close(struct source *s)
{
    scrape_release(&scrape_of(s)->scrape);
    target_release(&scrape_of(s)->target);
}

static void scrape_source_on_done(struct scrape *scrape, enum err_code rc)
{
    struct scrape_source *p = container_of(scrape, struct scrape_source, scrape);

    p->source.err = scrape->err;
    if (rc != ERR_OK)
        (void)err_wrap(&p->source.err, "source '%s'", p->source.name);
    p->source.samples = scrape->samples; /* the views lie in the scrape's body, which stays */
    scrape->samples = (struct sample_list){.at_us = 0};
    source_report(&p->source, rc);
}

static void scrape_source_start(struct source *s)
{
    struct scrape_source *p = scrape_of(s);

    p->scrape.spec = p->target.spec;
    p->scrape.spec.total_ms = s->timeout_ms;
    p->scrape.at_us = s->at_us;
    p->scrape.want = s->want;
    p->scrape.n_want = s->n_want;
    p->scrape.done = scrape_source_on_done;
    scrape_start(&p->scrape, s->env.http, s->env.loop);
}

static void scrape_source_cancel(struct source *s)
{
    scrape_cancel(&scrape_of(s)->scrape);
}

static const struct source_key scrape_keys[] = {
    TARGET_KEYS,
    {"strict", SOURCE_BOOL, false, "take only what every reader of the format takes"},
};

static const struct source_member scrape_members[] = {
    {"*", NULL, "the metrics of the target, under their own names"},
};

const struct source_ops source_scrape = {
    .kind = "scrape",
    .help = "metrics of a target, in the Prometheus text format or OpenMetrics",
    .keys = scrape_keys,
    .n_keys = ARRAY_LEN(scrape_keys),
    .members = scrape_members,
    .n_members = ARRAY_LEN(scrape_members),
    .size = sizeof(struct scrape_source),
    .open = scrape_source_open,
    .close = scrape_source_close,
    .start = scrape_source_start,
    .cancel = scrape_source_cancel,
};
