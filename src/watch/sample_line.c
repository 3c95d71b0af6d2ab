#include "watch/sample_line.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "watch/decimal.h"
#include "watch/oddity.h"
#include "watch/watch_int.h"

#define SAMPLE_LINE_INSERTION 16 /* labels up to which sorting by insertion is the fastest */

#define SAMPLE_LINE_LETTER (BYTE_NAME_FIRST | BYTE_NAME | BYTE_LABEL_FIRST | BYTE_LABEL)
const unsigned char sample_line_bytes[256] = {
    ['A' ... 'Z'] = SAMPLE_LINE_LETTER,
    ['a' ... 'z'] = SAMPLE_LINE_LETTER,
    ['_'] = SAMPLE_LINE_LETTER,
    [':'] = BYTE_NAME_FIRST | BYTE_NAME,
    ['0' ... '9'] = BYTE_NAME | BYTE_LABEL,
    ['"'] = BYTE_VALUE_END,
    ['\\'] = BYTE_VALUE_END,
    ['\n'] = BYTE_VALUE_END,
};

static inline bool sample_line_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

void sample_line_begin(struct sample_line *l, bool openmetrics)
{
    l->openmetrics = openmetrics;
    l->key = tagset_key();
    l->name = (struct sv){NULL, 0};
    l->n_known = 0;
}

void sample_line_release(struct sample_line *l)
{
    free(l->labels);
    strbuf_release(&l->decoded);
    strbuf_release(&l->pair);
    *l = (struct sample_line){0};
}

size_t sample_line_name(struct sv s)
{
    size_t n = 0;

    if (s.n > 0 && sample_line_is(s.p[0], BYTE_NAME_FIRST))
        while (n < s.n && sample_line_is(s.p[n], BYTE_NAME))
            n++;
    return n;
}

static int sample_line_qsort_cmp(const void *a, const void *b)
{
    return sample_line_cmp(a, b);
}

bool sample_line_sort(struct sample_line *l)
{
    struct sample_label *v = l->labels;

    if (l->n_labels > SAMPLE_LINE_INSERTION)
        qsort(v, l->n_labels, sizeof(*v), sample_line_qsort_cmp);
    else
        for (size_t i = 1; i < l->n_labels; i++) {
            struct sample_label moved = v[i];
            size_t k = i;

            for (; k > 0 && sample_line_cmp(&v[k - 1], &moved) > 0; k--)
                v[k] = v[k - 1];
            v[k] = moved;
        }
    for (size_t i = 1; i < l->n_labels; i++)
        if (sample_line_cmp(&v[i - 1], &v[i]) == 0)
            return false;
    return true;
}

static enum err_code sample_line_fail(struct err *err, const char *what, struct sv at)
{
    CLEANUP(strbuf_release) struct strbuf shown = STRBUF(0);

    text_add_line(&shown, sv_sub(at, 0, 40));
    if (at.n == 0)
        return err_set(err, ERR_INVALID, "%s", what);
    return err_set(err, ERR_INVALID, "%s: '%s%s'", what, strbuf_str(&shown),
                   at.n > 40 ? "..." : "");
}

static bool sample_line_eat(struct sv *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = sv_sub(*s, 1, s->n);
    return true;
}

/* 0.0.4 has blanks nearly everywhere, OpenMetrics nowhere. */
static bool sample_line_skip(const struct sample_line *l, struct sv *s)
{
    size_t n = 0;

    while (!l->openmetrics && n < s->n && sample_line_is_blank(s->p[n]))
        n++;
    *s = sv_sub(*s, n, s->n);
    return n > 0;
}

/* What stands before the next blank. */
static struct sv sample_line_token(const struct sample_line *l, struct sv *s)
{
    struct sv token;
    size_t n = 0;

    while (n < s->n && s->p[n] != ' ' && (l->openmetrics || s->p[n] != '\t'))
        n++;
    token = sv_sub(*s, 0, n);
    *s = sv_sub(*s, n, s->n);
    return token;
}

/* Append the value to l->decoded, where there is room for the whole line: it does not move. */
static struct sv sample_line_decode(struct sample_line *l, struct sv raw)
{
    size_t from = l->decoded.n;

    for (size_t i = 0; i < raw.n; i++) {
        char next;

        if (raw.p[i] != '\\') {
            strbuf_add_byte(&l->decoded, raw.p[i]);
            continue;
        }
        next = raw.p[i + 1]; /* a backslash is never the last byte */
        if (next == 'n') {
            strbuf_add_byte(&l->decoded, '\n');
        } else if (next == '\\' || next == '"') {
            strbuf_add_byte(&l->decoded, next);
        } else {
            strbuf_add(&l->decoded, &raw.p[i], 2);
            l->oddities |= 1u << ODDITY_ESCAPE;
        }
        i++;
    }
    return sv_sub(strbuf_sv(&l->decoded), from, l->decoded.n);
}

/* The value between quotes at the front of *s. */
static enum err_code sample_line_value(struct sample_line *l, struct sv *s, struct sv *ret,
                                       struct err *err)
{
    bool escapes = false;
    struct sv raw;
    size_t n = 0;

    if (!sample_line_eat(s, '"'))
        return sample_line_fail(err, "label value not quoted", *s);
    for (; n < s->n && s->p[n] != '"'; n++)
        if (s->p[n] == '\\') {
            escapes = true;
            n++;
        }
    if (n >= s->n)
        return sample_line_fail(err, "line ends inside a label value", (struct sv){NULL, 0});
    raw = sv_sub(*s, 0, n);
    *s = sv_sub(*s, n + 1, s->n);
    if (text_bad_utf8(raw) != SV_NPOS)
        return sample_line_fail(err, "label value is not UTF-8", raw);
    *ret = escapes ? sample_line_decode(l, raw) : raw;
    return ERR_OK;
}

static enum err_code sample_line_label(struct sample_line *l, struct sv *s, struct err *err)
{
    struct sv name, value = {NULL, 0};
    size_t n = 0;

    if (s->n > 0 && sample_line_is(s->p[0], BYTE_LABEL_FIRST))
        while (n < s->n && sample_line_is(s->p[n], BYTE_LABEL))
            n++;
    if (n == 0)
        return sample_line_fail(err, "bad label name", *s);
    name = sv_sub(*s, 0, n);
    *s = sv_sub(*s, n, s->n);
    (void)sample_line_skip(l, s);
    if (!sample_line_eat(s, '='))
        return sample_line_fail(err, "= missing after label name", name);
    (void)sample_line_skip(l, s);
    if (sample_line_value(l, s, &value, err) != ERR_OK)
        return err->code;
    (void)sample_line_skip(l, s);
    sample_line_add_label(l, name, value);
    return ERR_OK;
}

/* What follows '{', up to and with '}'. */
static enum err_code sample_line_labels(struct sample_line *l, struct sv *s, struct err *err)
{
    bool comma = false;

    (void)sample_line_skip(l, s);
    while (!sample_line_eat(s, '}')) {
        if (s->n > 0 && s->p[0] == ',')
            return sample_line_fail(err, "comma without a label", *s);
        if (sample_line_label(l, s, err) != ERR_OK)
            return err->code;
        comma = sample_line_eat(s, ',');
        (void)sample_line_skip(l, s);
        if (comma || (s->n > 0 && s->p[0] == '}'))
            continue;
        if (l->openmetrics)
            return sample_line_fail(err, "comma missing between labels", *s);
        l->oddities |= 1u << ODDITY_NO_COMMA;
    }
    if (comma && l->openmetrics)
        return sample_line_fail(err, "comma after the last label", *s);
    return ERR_OK;
}

static void sample_line_hash_label(struct sample_line *l, const struct sample_label *label)
{
    strbuf_truncate(&l->pair, 0);
    strbuf_add_sv(&l->pair, label->name);
    strbuf_add_str(&l->pair, "=\"");
    strbuf_add_sv(&l->pair, label->value);
    sample_line_hash_pair(l, l->pair.p, l->pair.n);
}

/* Sort, refuse what is there twice, and drop what is empty: that is the same as absent. */
static enum err_code sample_line_settle(struct sample_line *l, struct err *err)
{
    size_t kept = 0;

    if (!sample_line_sort(l))
        return sample_line_fail(err, "label name twice", l->name);
    for (size_t i = 0; i < l->n_labels; i++) {
        if (sample_line_is_reserved(l->labels[i].name))
            return sample_line_fail(err, "the label __name__ is reserved", (struct sv){NULL, 0});
        if (l->labels[i].value.n == 0) {
            l->empty_le |= sv_eq(l->labels[i].name, SV("le"));
            l->empty_quantile |= sv_eq(l->labels[i].name, SV("quantile"));
            continue;
        }
        l->labels[kept++] = l->labels[i];
        sample_line_hash_label(l, &l->labels[kept - 1]);
    }
    l->n_labels = kept;
    return ERR_OK;
}

static enum err_code sample_line_number(struct sv token, double *ret, struct err *err)
{
    if (token.n == 0)
        return sample_line_fail(err, "no value", token);
    switch (decimal_read(token, ret)) {
    case DECIMAL_OK: return ERR_OK;
    case DECIMAL_TOO_LARGE: return sample_line_fail(err, "value out of range", token);
    case DECIMAL_NOT_A_NUMBER: break;
    }
    return sample_line_fail(err, "not a number", token);
}

/* The timestamp of 0.0.4: whole milliseconds. */
static enum err_code sample_line_time_ms(struct sample_line *l, struct sv token, struct err *err)
{
    struct sv digits = token;

    if (sample_line_eat(&digits, '+') || sample_line_eat(&digits, '-'))
        l->oddities |= 1u << ODDITY_TIME_SIGN;
    for (size_t i = 0; i < digits.n; i++)
        if (!ascii_is_digit(digits.p[i]))
            return sample_line_fail(err, "timestamp is not an integer", token);
    if (digits.n == 0)
        return sample_line_fail(err, "timestamp is not an integer", token);
    if (!sv_to_i64(token, &l->time_ms))
        return sample_line_fail(err, "timestamp out of range", token);
    l->has_time = true;
    return ERR_OK;
}

/* The timestamp of OpenMetrics: seconds.  Kept inside 64 bits: nobody computes with it. */
static enum err_code sample_line_seconds(struct sv token, int64_t *ret_ms, struct err *err)
{
    double s;

    if (decimal_read(token, &s) != DECIMAL_OK || !isfinite(s))
        return sample_line_fail(err, "timestamp is not a number of seconds", token);
    s *= 1000;
    *ret_ms = s >= 0x1p63 ? INT64_MAX : s <= -0x1p63 ? INT64_MIN : (int64_t)s;
    return ERR_OK;
}

/* What follows the value in 0.0.4. */
static enum err_code sample_line_rest(struct sample_line *l, struct sv s, struct err *err)
{
    bool blank = sample_line_skip(l, &s);

    if (s.n > 0) {
        if (sample_line_time_ms(l, sample_line_token(l, &s), err) != ERR_OK)
            return err->code;
        blank = sample_line_skip(l, &s);
    }
    if (s.n > 0)
        return sample_line_fail(err, "text after the timestamp", s);
    l->oddities |= (unsigned)blank << ODDITY_BLANK_AFTER;
    return ERR_OK;
}

/* It is checked and left out. */
static enum err_code sample_line_exemplar(struct sample_line *l, struct sv s, struct err *err)
{
    size_t kept = l->n_labels;
    int64_t ms;
    double v;

    if (!sv_ends(l->name, SV("_total")) && !sv_ends(l->name, SV("_bucket")))
        return sample_line_fail(err, "an exemplar is for _total and _bucket only", l->name);
    if (sample_line_labels(l, &s, err) != ERR_OK)
        return err->code;
    l->n_labels = kept;
    if (!sample_line_eat(&s, ' '))
        return sample_line_fail(err, "no value in the exemplar", s);
    if (sample_line_number(sample_line_token(l, &s), &v, err) != ERR_OK)
        return err_wrap(err, "exemplar");
    if (sample_line_eat(&s, ' ') &&
        sample_line_seconds(sample_line_token(l, &s), &ms, err) != ERR_OK)
        return err_wrap(err, "exemplar");
    return s.n > 0 ? sample_line_fail(err, "text after the exemplar", s) : ERR_OK;
}

/* What follows the value in OpenMetrics. */
static enum err_code sample_line_tail(struct sample_line *l, struct sv s, struct err *err)
{
    struct sv exemplar = s;

    if (s.n > 0 && !sv_starts(s, SV(" # {"))) {
        if (!sample_line_eat(&s, ' '))
            return sample_line_fail(err, "text after the value", s);
        if (sample_line_seconds(sample_line_token(l, &s), &l->time_ms, err) != ERR_OK)
            return err->code;
        l->has_time = true;
        exemplar = s;
    }
    if (sv_eat(&exemplar, SV(" # {")))
        return sample_line_exemplar(l, exemplar, err);
    return s.n > 0 ? sample_line_fail(err, "text after the timestamp", s) : ERR_OK;
}

enum err_code sample_line_read(struct sample_line *l, struct sv line, struct err *err)
{
    struct sv s = line;

    sample_line_clear(l);
    l->oddities = (unsigned)sample_line_skip(l, &s) << ODDITY_BLANK_BEFORE;
    strbuf_truncate(&l->decoded, 0);
    strbuf_reserve(&l->decoded, line.n + 1);
    l->name = sv_sub(s, 0, sample_line_name(s));
    if (l->name.n == 0)
        return sample_line_fail(err, "no metric name", s);
    s = sv_sub(s, l->name.n, s.n);
    (void)sample_line_skip(l, &s);
    if (sample_line_eat(&s, '{') &&
        (sample_line_labels(l, &s, err) != ERR_OK || sample_line_settle(l, err) != ERR_OK))
        return err->code;
    (void)sample_line_skip(l, &s);
    if (l->openmetrics && !sample_line_eat(&s, ' '))
        return sample_line_fail(err, "no value", s);
    if (sample_line_number(sample_line_token(l, &s), &l->value, err) != ERR_OK)
        return err->code;
    sample_line_hash_end(l);
    return l->openmetrics ? sample_line_tail(l, s, err) : sample_line_rest(l, s, err);
}
