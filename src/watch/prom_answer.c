#include "watch/prom_answer.h"

#include <math.h>

#include "base/clock.h"
#include "base/sv.h"

/* "1.5", "NaN", "+Inf", "-Inf": as the server writes numbers. */
static bool prom_number(const json_t *j, double *ret)
{
    static const struct {
        struct sv word;
        double value;
    } words[] = {
        {SV("NaN"), (double)NAN}, {SV("+Inf"), (double)INFINITY}, {SV("-Inf"), -(double)INFINITY}};
    struct sv s = {json_string_value(j), json_string_length(j)};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (s.p && sv_eq(s, words[i].word)) {
            *ret = words[i].value;
            return true;
        }
    return s.p && sv_to_f64(s, ret);
}

/* [seconds, "value"] */
static bool prom_point(const json_t *j, double *at_s, double *value)
{
    if (json_array_size(j) != 2 || !json_is_number(json_array_get(j, 0)))
        return false;
    *at_s = json_number_value(json_array_get(j, 0));
    return prom_number(json_array_get(j, 1), value);
}

static enum err_code prom_bad(struct err *err, const char *what)
{
    return err_set(err, ERR_INVALID, "the answer is no %s of Prometheus", what);
}

static void prom_add_several(struct sample_list *l, size_t n)
{
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);

    strbuf_addf(&why, "the query gives %zu series where one number is wanted", n);
    sample_add_error(l, "value", strbuf_sv(&why));
}

static enum err_code prom_add_vector(struct sample_list *l, const json_t *result, struct err *err)
{
    size_t n = json_array_size(result);
    double at_s, v;

    for (size_t i = 0; i < n; i++)
        if (!prom_point(json_object_get(json_array_get(result, i), "value"), &at_s, &v))
            return prom_bad(err, "vector");
    if (n == 0)
        sample_add_absent(l, "value");
    else if (n == 1)
        sample_add_number(l, "value", v, NULL);
    else
        prom_add_several(l, n);
    sample_add_number(l, "count", (double)n, NULL);
    return ERR_OK;
}

static enum err_code prom_add_scalar(struct sample_list *l, const json_t *result, struct err *err)
{
    double at_s, v;

    if (!prom_point(result, &at_s, &v))
        return prom_bad(err, "scalar");
    sample_add_number(l, "value", v, NULL);
    sample_add_number(l, "count", 1, NULL);
    return ERR_OK;
}

/* The points of one series; those that are no number (NaN) count for nothing but the last. */
static enum err_code prom_add_points(struct sample_list *l, const json_t *points, struct err *err)
{
    double at_s = 0, v = 0, min = (double)INFINITY, max = -(double)INFINITY, sum = 0;
    size_t n = json_array_size(points), n_real = 0;

    for (size_t i = 0; i < n; i++) {
        if (!prom_point(json_array_get(points, i), &at_s, &v))
            return prom_bad(err, "matrix");
        if (isnan(v))
            continue;
        n_real++;
        min = fmin(min, v);
        max = fmax(max, v);
        sum += v;
    }
    if (n == 0)
        return prom_bad(err, "matrix"); /* a series that has no point is not there */
    sample_add_number(l, "value", v, NULL);
    sample_add_number(l, "min", n_real ? min : (double)NAN, NULL);
    sample_add_number(l, "max", n_real ? max : (double)NAN, NULL);
    sample_add_number(l, "avg", n_real ? sum / (double)n_real : (double)NAN, NULL);
    sample_add_number(l, "points", (double)n, NULL);
    sample_add_number(l, "age", (double)l->at_us / CLOCK_US_PER_S - at_s, "s");
    return ERR_OK;
}

static enum err_code prom_add_matrix(struct sample_list *l, const json_t *result, struct err *err)
{
    static const char *const members[] = {"min", "max", "avg"};
    size_t n = json_array_size(result);

    if (n == 1 &&
        prom_add_points(l, json_object_get(json_array_get(result, 0), "values"), err) != ERR_OK)
        return err->code;
    if (n == 0) {
        sample_add_absent(l, "value");
        for (size_t i = 0; i < ARRAY_LEN(members); i++)
            sample_add_absent(l, members[i]);
    }
    if (n > 1)
        prom_add_several(l, n);
    sample_add_number(l, "count", (double)n, NULL);
    return ERR_OK;
}

static enum err_code prom_add_result(struct sample_list *l, const json_t *data, bool range,
                                     struct err *err)
{
    static const struct {
        struct sv type;
        bool range; /* of a range alone */
        enum err_code (*add)(struct sample_list *l, const json_t *result, struct err *err);
    } types[] = {{SV("vector"), false, prom_add_vector},
                 {SV("scalar"), false, prom_add_scalar},
                 {SV("matrix"), true, prom_add_matrix}};
    struct sv type = json_get_sv(data, "resultType");
    const json_t *result = json_object_get(data, "result");

    if (!json_is_array(result) || json_array_size(result) > PROM_MAX_SERIES)
        return prom_bad(err, "result");
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (sv_eq(type, types[i].type) && (range || !types[i].range))
            return types[i].add(l, result, err);
    return err_set(err, ERR_INVALID, "the query gives a %.*s where one number is wanted",
                   SV_FMT(sv_sub(type, 0, 40)));
}

static void prom_add_warnings(struct sample_list *l, const json_t *warnings)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(4096);

    for (size_t i = 0; i < json_array_size(warnings); i++) {
        const json_t *w = json_array_get(warnings, i);

        strbuf_addf(&text, "%s%s", i ? "; " : "", json_is_string(w) ? json_string_value(w) : "?");
    }
    if (text.n)
        sample_add_text(l, "warnings", strbuf_sv(&text));
}

enum err_code prom_answer_add(struct sample_list *l, struct sv body, bool range, struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct sv status;

    if (json_read(body, &j, err) != ERR_OK)
        return err_wrap(err, "the answer");
    status = json_get_sv(j, "status");
    if (sv_eq(status, SV("error")))
        return err_set(err, ERR_FAILED, "the server says %.*s: %.*s",
                       SV_FMT(sv_sub(json_get_sv(j, "errorType"), 0, 40)),
                       SV_FMT(sv_sub(json_get_sv(j, "error"), 0, 500)));
    if (!sv_eq(status, SV("success")))
        return prom_bad(err, "answer");
    if (prom_add_result(l, json_object_get(j, "data"), range, err) != ERR_OK)
        return err->code;
    prom_add_warnings(l, json_object_get(j, "warnings"));
    return ERR_OK;
}
