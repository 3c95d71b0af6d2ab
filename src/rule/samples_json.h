#pragma once

/*
 * samples_json: pieces of the stored samples, which evidence shares.  Internal to rule.
 */
#include "rule/samples_int.h"

/* The polls from from_us on. */
json_t *samples_source_save(const struct source *src, int64_t from_us);
/* Samples [from, upto) of the series, or none of them (their values stand elsewhere). */
json_t *samples_series_save(const struct series *x, size_t from, size_t upto, bool values);
/* The sets from the last before from_us on. */
json_t *samples_rows_save(const struct metric *m, int64_t from_us);
json_t *samples_restarts_save(const struct samples *s);
/* A number, or "+Inf", "-Inf", "NaN" as text. */
double samples_number(const json_t *v);
json_t *samples_number_save(double v);
