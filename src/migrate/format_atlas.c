/* Atlas: TIME_name.sql; "-- atlas:txmode none" runs without a transaction.  atlas.sum is in checksum.h. */
#include "base/sv.h"
#include "migrate/format.h"

static bool atlas_is(struct sv text)
{
    return sv_has(text, SV("-- atlas:"));
}

static enum err_code atlas_read(const struct format_file *f, struct migrations *ret,
                                struct err *err)
{
    if (sv_has(f->text.text, SV("-- atlas:delimiter")))
        return sqltext_fail(err, &f->text, sv_find(f->text.text, SV("-- atlas:delimiter"), 0),
                            "FMT003", "a delimiter of its own is not read");
    (void)format_add(&format_atlas, f, ret);
    (void)format_add_part(ret, MIGRATION_UP, !sv_has(f->text.text, SV("-- atlas:txmode none")));
    return format_add_text(f, 0, f->text.text.n, ret, err);
}

static const struct format_rule atlas_rules[] = {
    {.pattern = "^([0-9]+)_(.*)\\.sql$", .version = 1, .name = 2},
    {.pattern = NULL},
};

const struct format format_atlas = {
    .name = "atlas",
    .files = "20260101000000_name.sql",
    .rules = atlas_rules,
    .is = atlas_is,
    .read = atlas_read,
};
