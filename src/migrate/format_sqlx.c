/*
 * sqlx: NUMBER_name.sql, or NUMBER_name.up.sql with .down.sql; a file whose first bytes are "-- no-transaction" runs
 * without one.
 */
#include "base/sv.h"
#include "migrate/format.h"

static bool sqlx_is(struct sv text)
{
    return sv_starts(text, SV("-- no-transaction"));
}

static enum err_code sqlx_read(const struct format_file *f, struct migrations *ret, struct err *err)
{
    bool down = f->name.direction == FORMAT_DOWN;

    (void)format_add(&format_sqlx, f, ret);
    (void)format_add_part(ret, down ? MIGRATION_DOWN : MIGRATION_UP, !sqlx_is(f->text.text));
    return format_add_text(f, 0, f->text.text.n, ret, err);
}

static const struct format_rule sqlx_rules[] = {
    {.pattern = "^([0-9]+)_(.*)\\.up\\.sql$", .version = 1, .name = 2, .direction = FORMAT_UP},
    {.pattern = "^([0-9]+)_(.*)\\.down\\.sql$", .version = 1, .name = 2, .direction = FORMAT_DOWN},
    {.pattern = "^([0-9]+)_(.*)\\.sql$", .version = 1, .name = 2, .direction = FORMAT_UP},
    {.pattern = NULL},
};

const struct format format_sqlx = {
    .name = "sqlx",
    .files = "20260101000000_name.sql",
    .rules = sqlx_rules,
    .runs = true,
    .is = sqlx_is,
    .read = sqlx_read,
};
