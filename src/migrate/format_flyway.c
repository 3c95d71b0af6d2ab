/*
 * Flyway: V1_2__name.sql is applied, U1_2__name.sql undoes it, R__name.sql is repeated, B3__name.sql is a baseline;
 * "_" in a version is ".".
 */
#include "base/sv.h"
#include "migrate/format.h"

static enum err_code flyway_read(const struct format_file *f, struct migrations *ret,
                                 struct err *err)
{
    bool down = f->name.direction == FORMAT_DOWN;
    struct migration *m = format_add(&format_flyway, f, ret);
    char *version = arena_strdup(&ret->arena, m->version);
    char *name = arena_strdup(&ret->arena, m->name);

    for (char *c = version; *c; c++)
        *c = *c == '_' ? '.' : *c;
    for (char *c = name; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    m->version = sv_from(version);
    m->name = sv_from(name);
    (void)format_add_part(ret, down ? MIGRATION_DOWN : MIGRATION_UP, true);
    if (format_add_text(f, 0, f->text.text.n, ret, err) != ERR_OK)
        return err->code;
    format_settle_tx(ret, f->db);
    return ERR_OK;
}

#define FLYWAY_NAME "([0-9]+(?:[._][0-9]+)*)__(.*)\\.sql$"

static const struct format_rule flyway_rules[] = {
    {.pattern = "^V" FLYWAY_NAME, .version = 1, .name = 2, .direction = FORMAT_UP},
    {.pattern = "^U" FLYWAY_NAME, .version = 1, .name = 2, .direction = FORMAT_DOWN},
    {.pattern = "^B" FLYWAY_NAME,
     .version = 1,
     .name = 2,
     .direction = FORMAT_UP,
     .baseline = true},
    {.pattern = "^R__(.*)\\.sql$", .name = 1, .direction = FORMAT_UP, .repeatable = true},
    {.pattern = NULL},
};

const struct format format_flyway = {
    .name = "flyway",
    .files = "V1_2__name.sql",
    .rules = flyway_rules,
    .read = flyway_read,
};
