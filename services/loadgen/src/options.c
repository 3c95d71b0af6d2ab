#include "options.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_TEXT, KIND_RATE, KIND_COUNT, KIND_DURATION };

struct option_row {
    const char *name, *value, *help;
    enum kind kind;
    size_t offset;
};

#define AT(member) offsetof(struct options, member)
/* clang-format off */
static const struct option_row rows[] = {
    {"--url",          "URL",  "the service, such as http://127.0.0.1:8000",       KIND_TEXT,     AT(url)},
    {"--rate",         "N",    "requests a second, whatever the answers (10)",     KIND_RATE,     AT(rate)},
    {"--duration",     "TIME", "how long: 90s, 2m, 1h; at most 24h (60s)",         KIND_DURATION, AT(duration_ms)},
    {"--connections",  "N",    "requests at the same time, 1 to 256 (8)",          KIND_COUNT,    AT(connections)},
    {"--timeout",      "TIME", "for a free connection, and for an answer (5s)", KIND_DURATION, AT(timeout_ms)},
    {"--acks",         "FILE", "append each acknowledged message",                 KIND_TEXT,     AT(acks)},
    {"--report",       "FILE", "write the JSON report",                            KIND_TEXT,     AT(report)},
    {"--until-file",   "FILE", "end as soon as this file exists",                  KIND_TEXT,     AT(until_file)},
    {"--run-id",       "TEXT", "part of every message (random)",                   KIND_TEXT,     AT(run_id)},
    {"--database-url", "URL",  "for verify: as the service's DATABASE_URL",        KIND_TEXT,     AT(database_url)},
};
/* clang-format on */

enum err_code options_duration(const char *text, uint64_t *ret_ms, struct err *err)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60000}, {"h", 3600000}};
    char *end;
    double n = strtod(text, &end);

    for (size_t i = 0; end != text && i < ARRAY_LEN(units); i++)
        if (strcmp(end, units[i].name) == 0 && n > 0 && n * units[i].ms <= 24 * 3600000.0) {
            *ret_ms = (uint64_t)ceil(n * units[i].ms);
            return ERR_OK;
        }
    return err_set(err, ERR_USAGE, "'%s' is not a time such as 90s, 2m or 1h", text);
}

static enum err_code set_number(const char *text, double min, double max, double *ret,
                                struct err *err)
{
    char *end;
    double n = strtod(text, &end);

    if (end == text || *end || !(n >= min && n <= max))
        return err_set(err, ERR_USAGE, "'%s' is not a number from %g to %g", text, min, max);
    *ret = n;
    return ERR_OK;
}

static enum err_code set_option(struct options *o, const struct option_row *row, const char *text,
                                struct err *err)
{
    void *at = (char *)o + row->offset;
    double n = 0;

    switch (row->kind) {
    case KIND_TEXT: *(const char **)at = text; return ERR_OK;
    case KIND_DURATION: return options_duration(text, at, err);
    case KIND_RATE: return set_number(text, 0.1, 20000, at, err);
    case KIND_COUNT: break;
    }
    if (set_number(text, 1, 256, &n, err) != ERR_OK)
        return err->code;
    *(long *)at = lround(n);
    return ERR_OK;
}

static const struct option_row *find_row(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

enum err_code options_parse(int argc, char **argv, int first, struct options *ret, struct err *err)
{
    struct options o = {.rate = 10, .duration_ms = 60000, .timeout_ms = 5000, .connections = 8};

    for (int i = first; i < argc; i += 2) {
        const struct option_row *row = find_row(argv[i]);

        if (!row)
            return err_set(err, ERR_USAGE, "there is no option '%s'", argv[i]);
        if (i + 1 == argc)
            return err_set(err, ERR_USAGE, "%s needs a value", argv[i]);
        if (set_option(&o, row, argv[i + 1], err) != ERR_OK)
            return err_wrap(err, "%s", argv[i]);
    }
    if (o.timeout_ms > 600000)
        return err_set(err, ERR_USAGE, "--timeout: at most 10m");
    *ret = o;
    return ERR_OK;
}

void options_help(FILE *out)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        fprintf(out, "  %-14s %-5s %s\n", rows[i].name, rows[i].value, rows[i].help);
}
