/* knex: TIME_name.js is a program, known by its whole name. */
#include "migrate/format.h"

static const struct format_rule knex_rules[] = {
    {.pattern = "^(([0-9]+)_.*\\.[cm]?[jt]s)$", .version = 2, .name = 1, .code = true},
    {.pattern = NULL},
};

const struct format format_knex = {
    .name = "knex",
    .files = "20260101000000_name.js",
    .rules = knex_rules,
};
