/* Django: APP/migrations/NNNN_name.py is a program, known by its app and its name. */
#include "migrate/format.h"

static const struct format_rule django_rules[] = {
    {.pattern = "(?:^|/)([^/]+)/migrations/([0-9]+[^/]*)\\.py$",
     .version = 1,
     .name = 2,
     .code = true,
     .folder = true},
    {.pattern = NULL},
};

const struct format format_django = {
    .name = "django",
    .files = "APP/migrations/0001_name.py",
    .rules = django_rules,
};
