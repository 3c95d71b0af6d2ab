/* Prisma: TIME_name/migration.sql; the folder is the name, and there is no down. */
#include "migrate/format.h"

static enum err_code prisma_read(const struct format_file *f, struct migrations *ret,
                                 struct err *err)
{
    (void)format_add(&format_prisma, f, ret);
    (void)format_add_part(ret, MIGRATION_UP, true);
    if (format_add_text(f, 0, f->text.text.n, ret, err) != ERR_OK)
        return err->code;
    format_settle_tx(ret, f->db);
    return ERR_OK;
}

static const struct format_rule prisma_rules[] = {
    {.pattern = "(?:^|/)(([0-9]+)_[^/]*)/migration\\.sql$",
     .version = 2,
     .name = 1,
     .folder = true},
    {.pattern = NULL},
};

const struct format format_prisma = {
    .name = "prisma",
    .files = "20260101000000_name/migration.sql",
    .rules = prisma_rules,
    .read = prisma_read,
};
