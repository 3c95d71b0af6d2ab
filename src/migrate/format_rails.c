/* Rails: db/migrate/TIME_name.rb is a program, known by its version only. */
#include "migrate/format.h"

static const struct format_rule rails_rules[] = {
    {.pattern = "^([0-9]+)_(.*)\\.rb$", .version = 1, .name = 2, .code = true},
    {.pattern = NULL},
};

const struct format format_rails = {
    .name = "rails",
    .files = "20260101000000_name.rb",
    .rules = rails_rules,
};
