/*
 * plain: NUMBER_name.sql without any marker is applied as it stands; NUMBER_name.down.sql (or .undo.sql, .rollback.sql)
 * beside it undoes it.
 */
#include "migrate/format.h"

static enum err_code plain_read(const struct format_file *f, struct migrations *ret,
                                struct err *err)
{
    bool down = f->name.direction == FORMAT_DOWN;

    (void)format_add(&format_plain, f, ret);
    (void)format_add_part(ret, down ? MIGRATION_DOWN : MIGRATION_UP, true);
    if (format_add_text(f, 0, f->text.text.n, ret, err) != ERR_OK)
        return err->code;
    format_settle_tx(ret, f->db);
    return ERR_OK;
}

static const struct format_rule plain_rules[] = {
    {.pattern = "^([0-9]{1,18})[_-](.*)\\.(?:down|undo|rollback)\\.sql$",
     .version = 1,
     .name = 2,
     .direction = FORMAT_DOWN},
    {.pattern = "^([0-9]{1,18})[_-](.*?)(?:\\.up)?\\.sql$",
     .version = 1,
     .name = 2,
     .direction = FORMAT_UP},
    {.pattern = NULL},
};

const struct format format_plain = {
    .name = "plain",
    .files = "001_name.sql",
    .rules = plain_rules,
    .runs = true,
    .read = plain_read,
};
