/*
 * golang-migrate: NUMBER_name.up.sql and NUMBER_name.down.sql without markers; a file is one message to the server,
 * so one transaction unless it says otherwise.
 */
#include "migrate/format.h"

static enum err_code golang_migrate_read(const struct format_file *f, struct migrations *ret,
                                         struct err *err)
{
    bool up = f->name.direction == FORMAT_UP;

    (void)format_add(&format_golang_migrate, f, ret);
    (void)format_add_part(ret, up ? MIGRATION_UP : MIGRATION_DOWN, true);
    if (format_add_text(f, 0, f->text.text.n, ret, err) != ERR_OK)
        return err->code;
    format_settle_tx(ret, f->db);
    return ERR_OK;
}

static const struct format_rule golang_migrate_rules[] = {
    {.pattern = "^([0-9]+)_(.*)\\.up\\.sql$", .version = 1, .name = 2, .direction = FORMAT_UP},
    {.pattern = "^([0-9]+)_(.*)\\.down\\.sql$", .version = 1, .name = 2, .direction = FORMAT_DOWN},
    {.pattern = NULL},
};

const struct format format_golang_migrate = {
    .name = "golang-migrate",
    .files = "1_name.up.sql and 1_name.down.sql",
    .rules = golang_migrate_rules,
    .runs = true,
    .read = golang_migrate_read,
};
