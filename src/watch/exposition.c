#include "watch/exposition.h"

#include <string.h>

#include "base/limits.h"
#include "base/sv.h"
#include "base/text.h"
#include "watch/decimal.h"
#include "watch/oddity.h"

static const struct {
    struct sv type;
    enum exposition_format format;
} exposition_types[] = {
    {SV("text/plain"), EXPOSITION_TEXT},
    {SV("application/openmetrics-text"), EXPOSITION_OPENMETRICS},
    {SV(""), EXPOSITION_TEXT},
};

enum err_code exposition_format_of(struct sv content_type, enum exposition_format *ret,
                                   struct err *err)
{
    struct sv type = sv_trim(sv_sub(content_type, 0, sv_find_byte(content_type, ';', 0)));
    CLEANUP(strbuf_release) struct strbuf shown = STRBUF(0);

    for (size_t i = 0; i < ARRAY_LEN(exposition_types); i++)
        if (sv_eq_nocase(type, exposition_types[i].type)) {
            *ret = exposition_types[i].format;
            return ERR_OK;
        }
    text_add_line(&shown, sv_sub(content_type, 0, 100));
    return err_set(err, ERR_INVALID, "the content type '%s' is no metrics exposition",
                   strbuf_str(&shown));
}

/* What is odd. */

static const char *exposition_judge(unsigned bit)
{
    return bit == ODDITY_SERVER    ? "the server"
           : bit == ODDITY_LIBRARY ? "the format library"
                                   : "the specification";
}

/* Refused by one: by strict.  Refused by the server and by the library: by everyone. */
static enum err_code exposition_refuse(struct exposition *x, unsigned oddity, struct err *err)
{
    const struct oddity_info *o = &oddity_info[oddity];
    unsigned judges =
        x->opt->format == EXPOSITION_OPENMETRICS ? ODDITY_SPEC : ODDITY_SERVER | ODDITY_LIBRARY;
    unsigned now = o->refused_by & judges;

    if (now == 0)
        return ERR_OK;
    if (x->opt->strict)
        return err_set(err, ERR_INVALID, "%s, which %s refuses", o->text, exposition_judge(now));
    if (judges == ODDITY_SPEC)
        return ERR_OK;
    if (x->refused && x->refused != now)
        return err_set(err, ERR_INVALID, "%s, which %s refuses, while %s refuses line %zu for %s",
                       o->text, exposition_judge(now), exposition_judge(x->refused),
                       x->refused_line, oddity_info[x->refused_oddity].text);
    if (!x->refused) {
        x->refused = now;
        x->refused_line = x->line;
        x->refused_oddity = oddity;
    }
    return ERR_OK;
}

static enum err_code exposition_note(struct exposition *x, unsigned oddities, struct err *err)
{
    for (unsigned i = 0; oddities; i++, oddities >>= 1) {
        if (!(oddities & 1))
            continue;
        if (exposition_refuse(x, i, err) != ERR_OK)
            return err->code;
        if (!oddity_info[i].warns)
            continue;
        if (x->n_warnings++ == 0) {
            x->warning_line = x->line;
            x->warning = oddity_info[i].text;
        }
    }
    return ERR_OK;
}

/* Series that were there before. */

struct exposition_lookup {
    struct exposition *x;
    const struct sample_line *l;
};

/* The line of the body that begins at `at`, without its LF. */
static struct sv exposition_line(const struct exposition *x, size_t at)
{
    return sv_sub(x->body, at, sv_find_byte(x->body, '\n', at));
}

static bool exposition_same(void *arg, uint32_t at)
{
    const struct exposition_lookup *look = arg;
    const struct sample_line *a = look->l, *b = &look->x->before;
    struct err err;

    if (sample_line_read(&look->x->before, exposition_line(look->x, at), &err) != ERR_OK)
        return false; /* uncovered: it was read before */
    if (!sv_eq(a->name, b->name) || a->n_labels != b->n_labels)
        return false;
    for (size_t i = 0; i < a->n_labels; i++)
        if (!sv_eq(a->labels[i].name, b->labels[i].name) ||
            !sv_eq(a->labels[i].value, b->labels[i].value))
            return false;
    return true;
}

/*
 * True: this series was there.  Its entry then points to the shorter of the two lines, so that each
 * comparison is paid for by the bytes of the line that asks, and a body cannot make the work grow
 * faster than itself.
 */
static bool exposition_seen(struct exposition *x, const struct exposition_pending *p)
{
    struct exposition_lookup look = {x, &p->sample};
    uint64_t *entry = tagset_find(&x->series, p->sample.hash, exposition_same, &look);

    if (!entry) {
        tagset_add(&x->series, p->sample.hash, (uint32_t)p->at);
        return false;
    }
    if (exposition_line(x, tagset_value(*entry)).n > p->n)
        tagset_set_value(entry, (uint32_t)p->at);
    return true;
}

/* Samples. */

/* The library reads the bounds of histograms and the quantiles of summaries as numbers. */
static bool exposition_has_bad_bound(const struct exposition *x, const struct sample_line *l,
                                     enum sample_type type)
{
    bool histogram = type == SAMPLE_HISTOGRAM;
    struct sv wanted = histogram ? SV("le") : SV("quantile");
    double v;

    if ((!histogram && type != SAMPLE_SUMMARY) || x->families.openmetrics)
        return false;
    for (size_t i = 0; i < l->n_labels; i++)
        if (sv_eq(l->labels[i].name, wanted))
            return decimal_read(l->labels[i].value, &v) != DECIMAL_OK;
    return histogram ? l->empty_le : l->empty_quantile;
}

static void exposition_hand_over(const struct exposition *x, const struct exposition_pending *p,
                                 const struct family *f)
{
    const struct sample_line *l = &p->sample;
    struct exposition_sample s = {.name = l->name,
                                  .labels = l->labels,
                                  .n_labels = l->n_labels,
                                  .value = l->value,
                                  .has_time = l->has_time,
                                  .time_ms = l->time_ms,
                                  .family = f,
                                  .line = p->line};

    if (x->opt->sample)
        x->opt->sample(x->opt->arg, &s);
}

/* What was read: its family, whether it is new, and off it goes. */
static enum err_code exposition_finish(struct exposition *x, struct exposition_pending *p,
                                       struct err *err)
{
    size_t max = x->opt->max_samples ? x->opt->max_samples : EXPOSITION_MAX_SAMPLES;
    struct sample_line *l = &p->sample;
    const struct family *f = family_of_sample(&x->families, l->name, l->name_hash, &l->oddities);
    bool again;

    x->line = p->line;
    if (x->n_samples + x->n_again == max)
        return err_set(err, ERR_LIMIT, "more than %zu samples", max);
    again = exposition_seen(x, p);
    l->oddities |= (unsigned)again << ODDITY_SERIES_AGAIN;
    l->oddities |= (unsigned)exposition_has_bad_bound(x, l, f->type) << ODDITY_BOUND;
    if (l->oddities && exposition_note(x, l->oddities, err) != ERR_OK)
        return err->code;
    x->n_again += again;
    x->n_samples += !again;
    if (!again)
        exposition_hand_over(x, p, f);
    return ERR_OK;
}

/*
 * The table of series is larger than the caches.  Its place for a line is fetched as soon as the
 * hash is known; the line itself waits in the ring until some more were read, so that nobody waits
 * for memory.  Anything but an ordinary sample empties the ring first: the order stays.
 */
static struct exposition_pending *exposition_last(struct exposition *x)
{
    return &x->pending[(x->first_pending + x->n_pending) % EXPOSITION_PENDING];
}

static enum err_code exposition_finish_first(struct exposition *x, struct err *err)
{
    struct exposition_pending *p = &x->pending[x->first_pending];

    x->first_pending = (x->first_pending + 1) % EXPOSITION_PENDING;
    x->n_pending--;
    return exposition_finish(x, p, err);
}

static enum err_code exposition_drain(struct exposition *x, struct err *err)
{
    while (x->n_pending > 0)
        if (exposition_finish_first(x, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

/* Lines. */

static enum err_code exposition_meta_line(struct exposition *x, struct sv line, unsigned oddities,
                                          struct err *err)
{
    if (family_read(&x->families, line, &oddities, err) != ERR_OK)
        return err->code;
    return exposition_note(x, oddities, err);
}

static enum err_code exposition_sample_line(struct exposition *x, struct sv line, unsigned oddities,
                                            struct err *err)
{
    struct exposition_pending *p = exposition_last(x);

    if (sample_line_read(&p->sample, line, err) != ERR_OK)
        return err->code;
    p->sample.oddities |= oddities;
    p->at = (size_t)(line.p - x->body.p);
    p->n = line.n;
    p->line = x->line;
    return exposition_finish(x, p, err);
}

/* 0.0.4: a line of blanks is empty, and a comment may be indented. */
static enum err_code exposition_text_line(struct exposition *x, struct sv line, bool ends,
                                          struct err *err)
{
    unsigned oddities = (unsigned)!ends << ODDITY_NO_LF;
    struct sv text = line;

    while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t'))
        text = sv_sub(text, 1, text.n);
    if (text.n == 0)
        return ERR_OK;
    return text.p[0] == '#' ? exposition_meta_line(x, text, oddities, err)
                            : exposition_sample_line(x, line, oddities, err);
}

/* OpenMetrics: the end is marked, and nothing follows it. */
static enum err_code exposition_open_line(struct exposition *x, struct sv line, bool ends,
                                          struct err *err)
{
    if (sv_eq(line, SV("# EOF"))) {
        x->ended = true;
        return ERR_OK;
    }
    if (!ends)
        return err_set(err, ERR_INVALID, "the body does not end with # EOF");
    if (line.n == 0)
        return err_set(err, ERR_INVALID, "an empty line");
    return line.p[0] == '#' ? exposition_meta_line(x, line, 0, err)
                            : exposition_sample_line(x, line, 0, err);
}

/* Any line at p; *next is where the next one begins. */
static enum err_code exposition_take_line(struct exposition *x, const char *p, const char **next,
                                          struct err *err)
{
    const char *end = x->body.p + x->body.n;
    const char *lf = memchr(p, '\n', (size_t)(end - p));
    size_t max = x->opt->max_line ? x->opt->max_line : EXPOSITION_MAX_LINE;
    struct sv line = {p, (size_t)((lf ? lf : end) - p)};

    *next = lf ? lf + 1 : end;
    if (x->ended)
        return err_set(err, ERR_INVALID, "text after # EOF");
    if (line.n > max)
        return err_set(err, ERR_LIMIT, "the line is longer than %zu bytes", max);
    return x->families.openmetrics ? exposition_open_line(x, line, lf != NULL, err)
                                   : exposition_text_line(x, line, lf != NULL, err);
}

/* The line at p, if it is an ordinary sample; else NULL. */
static const char *exposition_quick(struct exposition *x, const char *p, const char *last_lf,
                                    size_t line)
{
    struct exposition_pending *slot = exposition_last(x);
    const char *next = sample_line_quick(&slot->sample, p, last_lf + 1);

    if (!next)
        return NULL;
    slot->at = (size_t)(p - x->body.p);
    slot->n = (size_t)(next - 1 - p);
    slot->line = line;
    tagset_prefetch(&x->series, slot->sample.hash);
    return next;
}
static void exposition_begin(struct exposition *x, struct sv body,
                             const struct exposition_options *opt)
{
    bool openmetrics = opt->format == EXPOSITION_OPENMETRICS;

    x->opt = opt;
    x->body = body.p ? body : SV(""); /* nothing may be added to NULL, not even 0 */
    x->line = x->n_samples = x->n_again = x->n_warnings = x->warning_line = 0;
    x->warning = NULL;
    x->refused = 0;
    x->ended = false;
    x->n_pending = 0;
    tagset_clear(&x->series);
    family_begin(&x->families, openmetrics);
    sample_line_begin(&x->before, openmetrics);
    for (size_t i = 0; i < EXPOSITION_PENDING; i++)
        sample_line_begin(&x->pending[i].sample, openmetrics);
}

/* ERR_...: x->line is the line where it failed. */
static enum err_code exposition_read(struct exposition *x, struct err *err)
{
    const char *p = x->body.p, *end = p + x->body.n, *next;
    const char *last_lf = x->body.n ? memrchr(p, '\n', x->body.n) : NULL;
    size_t max = x->opt->max_line ? x->opt->max_line : EXPOSITION_MAX_LINE;
    bool quick = !x->opt->careful && last_lf;

    for (size_t line = 1; p < end; line++, p = next) {
        next = quick && p < last_lf && !x->ended ? exposition_quick(x, p, last_lf, line) : NULL;
        if (next && (size_t)(next - p) <= max) {
            if (++x->n_pending == EXPOSITION_PENDING && exposition_finish_first(x, err) != ERR_OK)
                return err->code;
            continue;
        }
        if (exposition_drain(x, err) != ERR_OK)
            return err->code;
        x->line = line;
        if (exposition_take_line(x, p, &next, err) != ERR_OK)
            return err->code;
    }
    if (exposition_drain(x, err) != ERR_OK)
        return err->code;
    return x->families.openmetrics && !x->ended
               ? err_set(err, ERR_INVALID, "the body does not end with # EOF")
               : ERR_OK;
}

enum err_code exposition_parse(struct exposition *x, struct sv body,
                               const struct exposition_options *opt, struct err *err)
{
    size_t max = opt->max_bytes ? opt->max_bytes : LIMIT_SCRAPE_BYTES;

    assert(max <= TAGSET_MAX);
    exposition_begin(x, body, opt);
    if (body.n > max)
        return err_set(err, ERR_LIMIT, "the exposition is longer than %zu bytes", max);
    if (exposition_read(x, err) != ERR_OK)
        return err_wrap(err, "line %zu", x->line);
    return ERR_OK;
}

void exposition_release(struct exposition *x)
{
    family_release(&x->families);
    tagset_release(&x->series);
    sample_line_release(&x->before);
    for (size_t i = 0; i < EXPOSITION_PENDING; i++)
        sample_line_release(&x->pending[i].sample);
    *x = (struct exposition){0};
}
